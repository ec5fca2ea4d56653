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
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The largest timetable of the demo of size L."""
    folder = demo.build(tmp_path_factory.mktemp("gtfs") / "l", size="L")
    return max((folder / "gtfs").glob("*.zip"), key=lambda p: p.stat().st_size)


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


def _ours(path: Path, day: str):
    return read_feed(path).departures_per_stop_hour(day)


def test_departures_per_stop_and_hour(archive: Path) -> None:
    feed = read_feed(archive)
    date = feed.day_types()["school_day"].date
    assert date is not None
    day = date.isoformat()
    ours, mine = _best(lambda: _ours(archive, day))
    size, floor = _best(lambda: _inflate(archive))
    print(
        f"\n{size / 1e6:.0f} MB inflated, {len(feed.calls):,} stop times: metrogis {mine:.2f} s, "
        f"inflate alone {floor:.2f} s, ratio {mine / floor:.2f} (goal <= 2)"
    )
    kit = pytest.importorskip("gtfs_kit", reason="peer gtfs-kit is not installed")

    def theirs():
        peer = kit.read_feed(archive, dist_units="km")
        trips = peer.get_trips(day.replace("-", ""))
        times = peer.stop_times.merge(trips[["trip_id"]], on="trip_id")
        times["hour"] = times["departure_time"].str.slice(0, 2).astype(int)
        last = times.groupby("trip_id")["stop_sequence"].transform("max")
        rows = times[times["stop_sequence"] < last]
        return rows.groupby(["stop_id", "hour"]).size().unstack(fill_value=0)

    peers, other = _best(theirs, times=1)
    print(f"gtfs-kit {other:.2f} s, ratio {other / mine:.1f} (goal >= 20)")
    if len(feed.headways) == 0:  # gtfs-kit does not expand headways
        both = ours.reindex(index=peers.index, columns=peers.columns, fill_value=0)
        assert np.array_equal(both.to_numpy(), peers.to_numpy())
        assert int(ours.to_numpy().sum()) == int(peers.to_numpy().sum())
