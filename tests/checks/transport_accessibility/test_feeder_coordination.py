"""Meetings of buses and trains: by hand at every edge, by plain loops, shifts verified."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metrogis as mg
from metrogis.checks.transport_accessibility.feeder_coordination.meetings import _FAR as FAR
from metrogis.checks.transport_accessibility.feeder_coordination.meetings import (
    CLASSES,
    FROM_TRAIN,
    KEPT,
    TO_TRAIN,
    Meetings,
    Rules,
    best_shifts,
)
from metrogis.errors import ParameterError
from metrogis.transit import read_feed

RULES = Rules(1, 15, 30, 5, 20)
MINUTE = 60_000_000


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"


def feed_of(
    folder: Path, buses: list[int], trains: list[int], *, back: tuple[int, ...] = ()
) -> Any:
    """Buses reach S at these minutes, trains leave S for C; ``back``: buses leave S for V."""
    folder.mkdir(parents=True, exist_ok=True)
    calls, trips = [], []
    for k, m in enumerate(buses):
        trips.append(f"b{k},7,W,0")
        calls += [f"b{k},V,{clock(m - 20)}", f"b{k},S,{clock(m)}"]
    for k, m in enumerate(trains):
        trips.append(f"t{k},R,W,0")
        calls += [f"t{k},S,{clock(m)}", f"t{k},C,{clock(m + 20)}"]
    for k, m in enumerate(back):
        trips.append(f"r{k},7,W,1")
        calls += [f"r{k},S,{clock(m)}", f"r{k},V,{clock(m + 20)}"]
    tables = {
        "stops": ["stop_id,stop_lat,stop_lon", "V,54.60,18.23", "S,54.65,18.23", "C,54.70,18.23"],
        "routes": ["route_id,route_short_name,route_type", "7,7,3", "R,R,2"],
        "trips": ["trip_id,route_id,service_id,direction_id", *trips],
        "stop_times": ["trip_id,stop_id,departure_time", *calls],
        "calendar_dates": ["service_id,date,exception_type", "W,20241016,1"],
    }
    for table, rows in tables.items():
        (folder / f"{table}.txt").write_text("\n".join(rows))
    return read_feed(folder)


def run(feed: Any, **parameters: Any) -> mg.Result:
    town = gpd.GeoDataFrame(
        {"teryt": ["2215031"], "name": ["Town"]}, crs="EPSG:2180",
        geometry=[feed.stop_points("EPSG:2180").union_all().buffer(9000)],
    )  # fmt: skip
    every = pd.DataFrame({"feed": ["*"], "teryt": ["*"], "mode": ["all"], "state": ["complete"]})
    return mg.feeder_coordination(town, feed, **{"coverage": every} | parameters)


@pytest.mark.parametrize(
    ("wait", "kind"),
    [(0, "tight"), (1, "kept"), (15, "kept"), (16, "loose"), (30, "loose"), (31, "none")],
)
def test_classes_at_their_edges(tmp_path: Path, wait: int, kind: str) -> None:
    row = run(feed_of(tmp_path, [440], [440 + wait])).features["connections"].iloc[0]
    assert row["way"] == TO_TRAIN
    assert [row[name] for name in CLASSES] == [int(name == kind) for name in CLASSES]


@pytest.mark.parametrize(
    ("gone", "headway", "missed"),
    [(5, 40, 1), (6, 40, 0), (3, 20, 1), (3, 19, 0), (1, 60, 1)],
)
def test_just_missed(tmp_path: Path, gone: int, headway: int, missed: int) -> None:
    """The train left so long before, the next one comes so long after it."""
    feed = feed_of(tmp_path, [440], [440 - gone, 440 - gone + headway])
    assert run(feed).features["connections"].iloc[0]["missed"] == missed


def test_the_smallest_shift_that_helps(tmp_path: Path) -> None:
    """All buses miss the train by 3 minutes: 4 minutes earlier leave one to change."""
    trains = [417 + 60 * k for k in range(6)]
    result = run(feed_of(tmp_path, [t + 3 for t in trains], trains))
    row = result.features["shifts"].iloc[0]
    assert (row["line"], row["shift"], row["gained"], row["missed"]) == ("7", -4, 6, 6)
    assert row["missed_after"] == 0
    # applied, the check finds the same
    moved = run(feed_of(tmp_path / "moved", [t - 1 for t in trains], trains))
    again = moved.features["shifts"].iloc[0]
    assert (again["kept"], again["shift"]) == (row["kept_after"], 0)


def test_no_kept_connection_is_lost(tmp_path: Path) -> None:
    """A bus back that the train just meets holds the line where it is."""
    trains = [417 + 60 * k for k in range(6)]
    feed = feed_of(tmp_path / "a", [t + 3 for t in trains], trains)
    free = run(feed).features["shifts"].iloc[0]
    assert free["shift"] == -4
    # the train that comes from C at 7:17 + 20 is met by a bus one minute later
    held = tmp_path / "b"
    feed_of(held, [t + 3 for t in trains], trains, back=(478,))
    text = (held / "stop_times.txt").read_text() + f"\nx,C,{clock(457)}\nx,S,{clock(477)}"
    (held / "stop_times.txt").write_text(text)
    (held / "trips.txt").write_text((held / "trips.txt").read_text() + "\nx,R,W,1")
    row = run(read_feed(held)).features["shifts"].iloc[0]
    assert row["shift"] == 0


def test_the_last_train(tmp_path: Path) -> None:
    for wait, state in ((30, "yes"), (31, "no")):
        folder = tmp_path / state
        feed_of(folder, [440], [450], back=(1300 + wait,))
        text = (folder / "stop_times.txt").read_text() + f"\nx,C,{clock(1280)}\nx,S,{clock(1300)}"
        (folder / "stop_times.txt").write_text(text)
        (folder / "trips.txt").write_text((folder / "trips.txt").read_text() + "\nx,R,W,1")
        feed = read_feed(folder)
        found = run(feed).features["stations"].set_index("name")
        assert found["last"].iloc[list(found["from_train_meetings"]).index(1)] == state
        # another train may come later still: all trains must be known
        unknown = run(feed, coverage=None).features["stations"]
        assert set(unknown["last"]) == {"unknown"}
        rail = pd.DataFrame(
            {"feed": ["*"], "teryt": ["*"], "mode": ["rail"], "state": ["complete"]}
        )
        trains = run(feed, coverage=rail).features["stations"]
        assert ("yes" if state == "yes" else "unknown") in set(trains["last"])
        assert "no" not in set(trains["last"])


def test_without_trains_on_an_unknown_day_and_with_limits_of_zero(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, [440], [450])
    for parameters in ({"day_type": "sunday"}, {"hours": (20, 26)}):
        result = run(feed, **parameters)
        assert result.features["connections"].empty
        assert result.findings[0].unknown
    assert len(run(feed, transfer_limit=0).features["connections"]) == 1  # at the very stop
    with pytest.raises(ParameterError):
        run(feed, hours=(9, 7))


times = st.lists(st.integers(0, 200), min_size=1, max_size=12)


@settings(max_examples=80, deadline=None)
@given(times, times, times, times, st.integers(-10, 10))
def test_meetings_and_shifts_by_plain_loops(
    buses: list[int], trains: list[int], come: list[int], back: list[int], shift: int
) -> None:
    """Classes, waits, missed and the best shift, each counted with loops over minutes."""
    table = pd.DataFrame({
        "way": [TO_TRAIN] * len(buses) + [FROM_TRAIN] * len(come), "line": 7,
        "ready": np.array(buses + come) * MINUTE,
        "group": [0] * len(buses) + [1] * len(come),
    })  # fmt: skip
    catch = np.sort(np.array([t * MINUTE for t in trains] + [FAR + t * MINUTE for t in back]))
    found = Meetings(table, catch)

    def plain(move: int) -> list[tuple[int, float, bool]]:
        out = []
        for ready, catchable, moved in (
            *((b + move, trains, 0) for b in buses), *((c, back, move) for c in come)
        ):  # fmt: skip
            due = [t + moved for t in catchable]
            wait = min((t - ready for t in due if t >= ready), default=np.inf)
            gone = min((ready - t for t in due if t < ready), default=np.inf)
            kind = 0 if wait < 1 else 1 if wait <= 15 else 2 if wait <= 30 else 3
            out.append((kind, wait, gone <= 5 and wait + gone >= 20))
        return out

    kind, wait, missed = found.at(shift, RULES)
    assert list(zip(kind.tolist(), wait.tolist(), missed.tolist(), strict=True)) == plain(shift)
    kept = [row[0] == KEPT for row in plain(0)]
    best, gain = 0, 0
    for s in sorted(range(-10, 11), key=lambda s: (abs(s), s)):
        now = [row[0] == KEPT for row in plain(s)]
        if all(n or not k for n, k in zip(now, kept, strict=True)) and sum(now) - sum(kept) > gain:
            best, gain = s, sum(now) - sum(kept)
    row = best_shifts(found, RULES, 10).iloc[0]
    assert (row["shift"], row["kept_after"] - row["kept"]) == (best, gain)


def test_the_demo_has_stations_and_shifts(transport_demo: Any) -> None:
    result = transport_demo.check("feeder_coordination")
    stations, shifts = result.features["stations"], result.features["shifts"]
    assert len(stations)
    for way in (TO_TRAIN, FROM_TRAIN):
        parts = sum(stations[f"{way}_{name}"] for name in CLASSES)
        assert (parts == stations[f"{way}_meetings"]).all()
    assert (shifts["kept_after"] >= shifts["kept"]).all()
    assert ((shifts["gained"] > 0) == (shifts["shift"] != 0)).all()


@pytest.mark.parametrize(
    ("wait", "band"),
    [(0, "0-1"), (1, "1-5"), (4, "1-5"), (5, "5-10"), (10, "10-15"), (15, "15-30"), (29, "15-30"),
     (30, "30-"), (31, "30-")],
)  # fmt: skip
def test_waits_are_counted_by_band(tmp_path: Path, wait: int, band: str) -> None:
    waits = run(feed_of(tmp_path, [440], [440 + wait])).features["waits"]
    own = waits[(waits["way"] == TO_TRAIN) & (waits["connections"] > 0)]
    assert own[["band", "connections", "share"]].values.tolist() == [[band, 1, 1.0]]
    other = waits[waits["way"] == FROM_TRAIN]
    assert other["connections"].sum() == 0
    assert other["share"].isna().all()


def test_bands_of_waits_add_up_to_the_connections(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, [420, 437, 460, 500], [425, 441, 490], back=(430, 470))
    result = run(feed)
    waits, stations = result.features["waits"], result.features["stations"]
    for way in (TO_TRAIN, FROM_TRAIN):
        by = waits[waits["way"] == way].groupby("station")["connections"].sum()
        expected = stations.set_index("name")[f"{way}_meetings"]
        assert by.to_dict() == expected[expected.index.isin(by.index)].to_dict()


def test_a_line_of_a_lost_mode_is_neither_bus_nor_train(tmp_path: Path) -> None:
    """What may be a train meets none for certain, and is not the bus after the last train."""
    feed_of(tmp_path, [440], [450], back=(470,))
    text = (tmp_path / "trips.txt").read_text().replace(",7,W", ",nowhere,W")
    (tmp_path / "trips.txt").write_text(text)
    found = run(read_feed(tmp_path))
    assert found.features["connections"].empty
    assert "yes" not in set(found.features["stations"]["last"])
