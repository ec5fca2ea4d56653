"""From a zip to departures per stop and hour, against inflating it alone and against gtfs-kit."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from metrogis import demo
from metrogis.transit import read_feed


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The timetables of the demo of size L, the largest last."""
    folder = demo.build(tmp_path_factory.mktemp("gtfs") / "l", size="L")
    return sorted((folder / "gtfs").glob("*.zip"), key=lambda p: p.stat().st_size)


@pytest.fixture
def archive(archives: list[Path]) -> Path:
    """The largest of them."""
    return archives[-1]


def _best(run, times: int = 3):
    found, seconds = None, []
    for _ in range(times):
        start = time.perf_counter()
        found = run()
        seconds.append(time.perf_counter() - start)
    return found, min(seconds)


def _inflate(path: Path) -> int:
    with zipfile.ZipFile(path) as z:
        return sum(len(z.read(name)) for name in z.namelist())


def _ours(path: Path | list[Path], day: str):
    return read_feed(path).departures_per_stop_hour(day)


def test_all_feeds_as_one(archives: list[Path]) -> None:
    feed = read_feed(archives)
    date = feed.day_types()["school_day"].date
    assert date is not None
    table, mine = _best(lambda: _ours(archives, date.isoformat()))
    size, floor = _best(lambda: sum(map(_inflate, archives)))
    print(
        f"\n{size / 1e6:.0f} MB inflated, {len(archives)} feeds merged, {len(feed.calls):,} stop "
        f"times: metrogis {mine:.2f} s, inflate alone {floor:.2f} s, ratio {mine / floor:.2f}"
    )
    alone = [read_feed(path).departures_per_stop_hour(date.isoformat()) for path in archives]
    assert table.to_numpy().sum() == sum(part.to_numpy().sum() for part in alone)


def test_departures_per_stop_and_hour(archive: Path) -> None:
    feed = read_feed(archive)
    date = feed.day_types()["school_day"].date
    assert date is not None
    day = date.isoformat()
    ours, mine = _best(lambda: _ours(archive, day))
    size, floor = _best(lambda: _inflate(archive))
    print(
        f"\n{size / 1e6:.0f} MB inflated, {len(feed.calls):,} stop times: metrogis {mine:.2f} s, "
        f"inflate alone {floor:.2f} s, ratio {mine / floor:.2f} (goal <= 3)"
    )
    kit = pytest.importorskip("gtfs_kit", reason="peer gtfs-kit is not installed")

    def theirs():
        peer = kit.read_feed(archive, dist_units="km")
        trips = peer.get_trips(day.replace("-", ""))
        times = peer.stop_times.merge(trips[["trip_id"]], on="trip_id")
        last = times.groupby("trip_id")["stop_sequence"].transform("max")
        rows = times[(times["stop_sequence"] < last) & times["departure_time"].notna()].copy()
        if "pickup_type" in rows:
            rows = rows[rows["pickup_type"].fillna(0) != 1]
        rows["hour"] = rows["departure_time"].str.split(":").str[0].astype(int)
        return rows.groupby(["stop_id", "hour"]).size().unstack(fill_value=0), len(rows)

    (peers, rows), other = _best(theirs, times=1)
    print(f"gtfs-kit's tables, counted by hand: {other:.2f} s, ratio {other / mine:.1f}")
    start = time.perf_counter()
    kit.read_feed(archive, dist_units="km").compute_stop_time_series(
        [day.replace("-", "")], freq="h"
    )
    series = time.perf_counter() - start
    print(f"gtfs-kit's own time series: {series:.2f} s, ratio {series / mine:.1f} (goal >= 10)")
    # the peer expands no headways and fills no blank times: stops without either must agree
    odd = np.isin(feed.calls.trip, feed.headways["trip"]) | feed.calls.modelled
    stops = ours.index.difference(feed.stops["stop_id"].iloc[np.unique(feed.calls.stop[odd])])
    assert len(stops) > len(ours) / 10
    both = [t.reindex(index=stops, columns=ours.columns, fill_value=0) for t in (ours, peers)]
    assert np.array_equal(both[0].to_numpy(), both[1].to_numpy())
    assert 0 < both[0].to_numpy().sum() <= rows
