"""What a timetable loses in reading lies where it was; far from it nothing changes."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrogis.evidence import Evidence
from metrogis.transit import Feed, read_feed

DAY = "2024-10-16"
WALK = 500.0
TO_METRES = pyproj.Transformer.from_crs(4326, 2180, always_xy=True)

# two towns 60 km apart; each line's stops in order, about 900 m from one to the next, with bends
NORTH = [(18.20 + 0.013 * i, 54.60 + 0.004 * (i % 3)) for i in range(8)]
SIDE = [(18.25, 54.56 + 0.008 * i) for i in range(8)]
SOUTH = [(18.30 + 0.013 * i, 54.05 + 0.004 * (i % 2)) for i in range(6)]
STOPS = {
    **{f"N{i}": xy for i, xy in enumerate(NORTH)},
    **{f"E{i}": xy for i, xy in enumerate(SIDE)},
    **{f"S{i}": xy for i, xy in enumerate(SOUTH)},
}
LINES = {
    "1": ("3", [f"N{i}" for i in range(8)]),
    "2": ("900", [f"E{i}" for i in range(8)]),
    "3": ("3", ["N1", "N2", "E4", "E5"]),
    "9": ("3", [f"S{i}" for i in range(6)]),
}
SPEED = 7.0

Rows = dict[str, list[list[str]]]


def clock(seconds: float) -> str:
    s = round(seconds)
    return f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}"


@functools.cache
def metres(stop: str) -> tuple[float, float]:
    x, y = TO_METRES.transform(*STOPS[stop])
    return x, y


def network() -> Rows:
    """Return the tables of the two towns, header first."""
    tables: Rows = {
        "stops": [["stop_id", "stop_name", "stop_lat", "stop_lon"]],
        "routes": [["route_id", "route_short_name", "route_type"]],
        "trips": [["trip_id", "route_id", "service_id", "direction_id"]],
        "stop_times": [["trip_id", "stop_sequence", "stop_id", "arrival_time", "departure_time"]],
        "calendar": [
            ["service_id", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
             "sunday", "start_date", "end_date"],
        ],
        "calendar_dates": [["service_id", "date", "exception_type"], ["X", "20241016", "1"]],
        "frequencies": [["trip_id", "start_time", "end_time", "headway_secs"]],
    }  # fmt: skip
    for service in ("W", "V", "Y"):
        tables["calendar"].append([service, *"1111100", "20241001", "20241231"])
    for stop, (lon, lat) in STOPS.items():
        tables["stops"].append([stop, f"Stop {stop}", f"{lat:.6f}", f"{lon:.6f}"])
    for line, (kind, stops) in LINES.items():
        tables["routes"].append([f"r{line}", line, kind])
        for k in range(4):
            trip = f"t{line}{k}"
            order = stops[::-1] if k % 2 else stops
            tables["trips"].append([trip, f"r{line}", "WVXY"[k], str(k % 2)])
            seconds = (6 + 2 * k) * 3600.0 + 7 * int(line)
            for i, stop in enumerate(order):
                if i:
                    a, b = metres(order[i - 1]), metres(stop)
                    seconds += np.hypot(a[0] - b[0], a[1] - b[1]) / SPEED
                at = clock(seconds)
                tables["stop_times"].append([trip, str(i), stop, at, at])
    tables["frequencies"].append(["t10", "06:00:00", "09:00:00", "1800"])
    return tables


def written(tables: Rows, folder: Path, cut: int = 0) -> Path:
    folder.mkdir(parents=True)
    for name, rows in tables.items():
        text = "\n".join(map(",".join, rows)) + "\n"
        if name == "stop_times" and cut:
            text = text[:-cut]
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def departures(feed: Feed) -> Counter[tuple[Any, ...]]:
    """Count departures at their true places: stop, mode group, time."""
    found = feed.departures(DAY)
    stops = feed.stops.set_index("stop_id")[["stop_lon", "stop_lat"]]
    placed = {s for s, xy in STOPS.items() if s in stops.index and np.allclose(stops.loc[s], xy)}
    rows = zip(
        found["stop_id"].astype(str), found["mode_group"].astype(str), found["seconds"].tolist(),
        strict=True,
    )  # fmt: skip
    return Counter(row for row in rows if row[0] in placed)


def distance(item: Any, stop: str) -> float:
    """Metres from where something was lost to the true place of a stop."""
    if item.where is None:
        return 0.0
    return float(shapely.distance(item.located(2180).where, shapely.Point(metres(stop))))


def covered(feed: Feed, stop: str, group: str) -> bool:
    return any(
        distance(item, stop) <= WALK and (not item.groups or group in item.groups)
        for item in feed.losses
    )


# ---------------------------------------------------------------- faults: table, how a row is lost

Fault = Callable[[Rows, int], None]


def cell(table: str, column: str, value: str) -> Fault:
    def change(t: Rows, row: int) -> None:
        t[table][row][t[table][0].index(column)] = value

    return change


def cells(table: str, **values: str) -> Fault:
    def change(t: Rows, row: int) -> None:
        for column, value in values.items():
            cell(table, column, value)(t, row)

    return change


def moved(degrees: float) -> Fault:
    def change(t: Rows, row: int) -> None:
        t["stops"][row][2] = f"{float(t['stops'][row][2]) + degrees:.6f}"

    return change


def exchanged(t: Rows, row: int) -> None:
    r = t["stops"][row]
    r[2], r[3] = r[3], r[2]


def gone(table: str) -> Fault:
    return lambda t, row: t[table].pop(row) and None  # type: ignore[func-returns-value]


def longer(table: str, at: int = 1) -> Fault:
    return lambda t, row: t[table][row].insert(at, ["Las", " Wejherowo"][1])


def again(table: str, column: str, value: str) -> Fault:
    def change(t: Rows, row: int) -> None:
        t[table].append(list(t[table][row]))
        cell(table, column, value)(t, -1)

    return change


FAULTS: dict[str, tuple[str, Fault]] = {
    "stop without coordinates": ("stops", cells("stops", stop_lat="", stop_lon="")),
    "stop with half of them": ("stops", cell("stops", "stop_lon", "")),
    "stop with words": ("stops", cell("stops", "stop_lat", "54N")),
    "stop at 0,0": ("stops", cells("stops", stop_lat="0.0", stop_lon="0")),
    "stop off the globe": ("stops", cell("stops", "stop_lat", "546.05")),
    "stop with exchanged coordinates": ("stops", exchanged),
    "stop a degree away": ("stops", moved(-1.0)),
    "stop row gone": ("stops", gone("stops")),
    "stop row too long": ("stops", longer("stops")),
    "stop id blank": ("stops", cell("stops", "stop_id", "")),
    "call at an unknown stop": ("stop_times", cell("stop_times", "stop_id", "??")),
    "call without a stop": ("stop_times", cell("stop_times", "stop_id", "")),
    "call of an unknown trip": ("stop_times", cell("stop_times", "trip_id", "??")),
    "call with words for times": (
        "stop_times", cells("stop_times", arrival_time="noon", departure_time="noon")
    ),
    "call with a departure in words": (
        "stop_times", cells("stop_times", arrival_time="", departure_time="noon")
    ),
    "call row too long": ("stop_times", longer("stop_times")),
    "call with a long tail": ("stop_times", longer("stop_times", 5)),
    "call with a sequence in words": ("stop_times", cell("stop_times", "stop_sequence", "x")),
    "trip without a service": ("trips", cell("trips", "service_id", "")),
    "trip of an unknown service": ("trips", cell("trips", "service_id", "??")),
    "trip of an unknown route": ("trips", cell("trips", "route_id", "??")),
    "trip without an id": ("trips", cell("trips", "trip_id", "")),
    "trip row gone": ("trips", gone("trips")),
    "trip row too long": ("trips", longer("trips")),
    "trip twice, otherwise": ("trips", again("trips", "service_id", "X")),
    "route row gone": ("routes", gone("routes")),
    "route row too long": ("routes", longer("routes")),
    "route of an unknown type": ("routes", cell("routes", "route_type", "77")),
    "route of a shared taxi": ("routes", cell("routes", "route_type", "1501")),
    "route of no kind in particular": ("routes", cell("routes", "route_type", "1700")),
    "route type blank": ("routes", cell("routes", "route_type", "")),
    "route twice, otherwise": ("routes", again("routes", "route_type", "2")),
    "period with a bad date": ("calendar", cell("calendar", "end_date", "20241331")),
    "period backwards": ("calendar", cell("calendar", "start_date", "20250101")),
    "weekday unreadable": ("calendar", cell("calendar", "wednesday", "x")),
    "weekday blank": ("calendar", cell("calendar", "wednesday", "")),
    "period gone": ("calendar", gone("calendar")),
    "period too long": ("calendar", longer("calendar")),
    "period of nobody": ("calendar", cell("calendar", "service_id", "")),
    "date unreadable": ("calendar_dates", cell("calendar_dates", "date", "someday")),
    "exception of no type": ("calendar_dates", cell("calendar_dates", "exception_type", "5")),
    "headway of zero": ("frequencies", cell("frequencies", "headway_secs", "0")),
    "headway in words": ("frequencies", cell("frequencies", "headway_secs", "often")),
    "headway of an unknown trip": ("frequencies", cell("frequencies", "trip_id", "??")),
    "headway row too long": ("frequencies", longer("frequencies")),
    "headway with a bad time": ("frequencies", cell("frequencies", "start_time", "dawn")),
}  # fmt: skip

ANYWHERE = {  # nothing tells where these were: all the feed serves may be concerned
    "period of nobody", "headway of an unknown trip", "headway row too long", "trip row too long",
    "trip without an id", "call of an unknown trip",
}  # fmt: skip


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Counter[tuple[Any, ...]]:
    feed = read_feed(written(network(), tmp_path_factory.mktemp("intact") / "feed"))
    assert feed.losses == ()
    told = [r for r in feed.audit if not r.layer.endswith("/day_types")]
    assert [r.action for r in told] == ["noted", "modelled"]  # no agency; by headway
    return departures(feed)


def check(feed: Feed, intact: Counter[tuple[Any, ...]]) -> None:
    """Every departure that is missing, or is another one now, lies near something lost."""
    after = departures(feed)
    for stop, group, seconds in (*(intact - after), *(after - intact)):
        assert covered(feed, stop, group), (stop, group, clock(seconds), feed.losses)
    for item in feed.losses:
        assert item.count > 0
        assert item.what.pl != item.what.en


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.long] if k % 3 else []) for k, n in enumerate(FAULTS)],
)
def test_what_is_missing_lies_near_what_was_lost(tmp_path, intact, name):
    table, fault = FAULTS[name]
    rows = len(network()[table])
    # rows of the first trips and stops of each line, and their ends
    for k, row in enumerate(sorted({1, 1 + rows // 3, rows - 1} - {0})):
        if row >= rows:
            continue
        tables = network()
        fault(tables, row)
        feed = read_feed(written(tables, tmp_path / str(k)))
        check(feed, intact)
        if departures(feed) != intact:
            assert feed.losses


@pytest.mark.parametrize("name", sorted(set(FAULTS) - ANYWHERE))
def test_far_from_what_was_lost_nothing_is(tmp_path, name):
    """A fault in the northern town leaves the southern one alone."""
    table, fault = FAULTS[name]
    tables = network()
    if table in ("calendar", "calendar_dates"):  # a service of the north alone
        tables["calendar"].append(["N", *"1111100", "20241001", "20241231"])
        for row in tables["trips"][1:]:
            row[2] = "N" if row[0][1] != "9" else row[2]
        if table == "calendar_dates":
            tables["calendar_dates"].append(["N", "20241019", "1"])
        row = len(tables[table]) - 1
    else:
        row = 2
    fault(tables, min(row, len(tables[table]) - 1))
    feed = read_feed(written(tables, tmp_path / "feed"))
    assert feed.losses
    for stop in (s for s in STOPS if s.startswith("S")):
        assert min(distance(item, stop) for item in feed.losses) > 20_000, feed.losses


@pytest.mark.long
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    found=st.lists(
        st.tuples(st.sampled_from(sorted(FAULTS)), st.integers(1, 10_000)), min_size=1, max_size=5
    ),
    cut=st.sampled_from([0, 0, 1, 3, 10, 200]),
)
def test_several_faults_at_once(tmp_path_factory, intact, found, cut):
    tables = network()
    for name, number in found:
        table, fault = FAULTS[name]
        rows = len(tables[table])
        if rows > 2 and len(tables[table][row := 1 + number % (rows - 1)]) == len(tables[table][0]):
            fault(tables, row)
    feed = read_feed(written(tables, tmp_path_factory.mktemp("f") / "feed", cut))
    check(feed, intact)


@pytest.mark.parametrize("cut", [1, 2, 8, 12, 16, 20, 22, 40, 300, 900])
def test_a_file_that_ends_too_early(tmp_path, intact, cut):
    check(read_feed(written(network(), tmp_path / "feed", cut)), intact)


# ---------------------------------------------------------------- where exactly


def feed_with(tmp_path: Path, fault: Fault, row: int = 1) -> Feed:
    tables = network()
    fault(tables, row)
    return read_feed(written(tables, tmp_path / f"feed{len(list(tmp_path.iterdir()))}"))


def row_of(stop: str) -> int:
    return 1 + list(STOPS).index(stop)


def test_a_lost_stop_lies_between_its_neighbours(tmp_path):
    feed = feed_with(tmp_path, cell("stops", "stop_lat", ""), row_of("N3"))
    (item,) = feed.losses
    assert (item.kind, item.count, item.ids, item.groups) == ("stop", 1, ("N3",), ("bus",))
    assert distance(item, "N3") == 0
    assert distance(item, "N2") <= WALK
    assert distance(item, "N4") <= WALK
    for far in ("N0", "N6", "N7", "E0", "S0"):
        assert distance(item, far) > WALK


def test_a_lost_stop_at_an_end_is_as_far_as_the_trip_gets(tmp_path):
    feed = feed_with(tmp_path, cell("stops", "stop_lat", ""), row_of("N7"))
    (item,) = feed.losses
    assert distance(item, "N7") == 0
    assert distance(item, "N6") == 0
    assert distance(item, "N3") > WALK


def test_a_stop_that_no_trip_calls_at_is_no_loss(tmp_path):
    tables = network()
    tables["stops"].append(["idle", "Idle", "", ""])
    feed = read_feed(written(tables, tmp_path / "feed"))
    assert feed.losses == ()
    assert any(r.action == "unknown" and r.examples == "idle" for r in feed.audit)


def test_a_stop_with_a_station_or_namesakes_may_be_there(tmp_path):
    tables = network()
    for row in tables["stops"]:
        row.append("parent_station" if row[0] == "stop_id" else "")
    tables["stops"].append(["P", "Stop N3", "54.65", "18.35", ""])
    tables["stops"][row_of("N3")][2] = ""
    lost = shapely.Point(TO_METRES.transform(18.35, 54.65))
    feed = read_feed(written(tables, tmp_path / "name"))
    (item,) = feed.losses
    assert shapely.distance(item.located(2180).where, lost) < 1
    assert distance(item, "N3") == 0
    tables["stops"][row_of("N3")][4] = "P"
    feed = read_feed(written(tables, tmp_path / "parent"))
    (item,) = feed.losses
    assert (item.kind, item.ids) == ("stop", ("N3",))
    assert shapely.distance(item.located(2180).where, lost) < 1
    assert any(r.action == "repaired" and "station" in r.what.en for r in feed.audit)


def test_no_one_boards_at_a_place_that_is_only_its_station_s(tmp_path):
    """At its own places a timetable has none of such stops; all else is as it was read."""
    tables = network()
    for row in tables["stops"]:
        row.append("parent_station" if row[0] == "stop_id" else "")
    tables["stops"].append(["P", "Station", "54.65", "18.35", ""])
    whole = read_feed(written(tables, tmp_path / "whole"))
    assert whole.at_own_places() is whole
    tables["stops"][row_of("N3")][2:] = ["", "", "P"]
    feed = read_feed(written(tables, tmp_path / "feed"))
    own = feed.at_own_places()
    before, after = (f.stops.set_index("stop_id")[["stop_lat", "stop_lon"]] for f in (feed, own))
    assert before.loc["N3"].tolist() == [54.65, 18.35]
    assert after.index[after.isna().any(axis=1)].tolist() == ["N3"]
    assert after.drop("N3").equals(before.drop("N3"))
    assert own.losses == feed.losses
    assert own.stop_times.equals(feed.stop_times)


def test_a_boarding_area_lies_at_its_station_by_definition(tmp_path):
    tables = network()
    for row in tables["stops"]:
        row += ["parent_station", "location_type"] if row[0] == "stop_id" else ["", ""]
    tables["stops"].append(["P", "Station", "54.60", "18.24", "", "0"])
    tables["stops"][row_of("N3")][2:] = ["", "", "P", "4"]
    assert read_feed(written(tables, tmp_path / "feed")).losses == ()


def test_without_neighbours_the_route_says_where(tmp_path):
    tables = network()
    for stop in ("N1", "N2", "E4", "E5"):
        tables["stops"][row_of(stop)][2] = ""
    tables["stop_times"] = [
        r for r in tables["stop_times"] if r[0] in ("trip_id", "t30", "t10", "t90")
    ]
    feed = read_feed(written(tables, tmp_path / "feed"))
    lost = {i for item in feed.losses for i in item.ids if item.kind == "stop"}
    assert lost == {"N1", "N2", "E4", "E5"}
    assert all(item.where is not None for item in feed.losses)
    # line 3 has no known stop at all: E4, E5 may be anywhere the feed serves, the south as well
    assert covered(feed, "S3", "bus")


def test_a_lost_trip_called_at_its_stops(tmp_path):
    feed = feed_with(tmp_path, cell("trips", "service_id", "??"), 1)
    (item,) = feed.losses
    assert (item.kind, item.ids, item.groups) == ("trip", ("t10",), ("bus",))
    for stop in STOPS:
        assert (distance(item, stop) < 1) == stop.startswith("N")


def test_a_trip_without_calls_went_where_its_route_goes(tmp_path):
    tables = network()
    tables["trips"].insert(1, ["bare", "r2", "W", "0"])
    (item,) = read_feed(written(tables, tmp_path / "feed")).losses
    assert (item.ids, item.groups) == (("bare",), ("tram",))
    for stop in STOPS:
        assert (distance(item, stop) < 1) == stop.startswith("E")


def test_merged_feeds_keep_all_losses_and_trust_sets_those_of_one_aside(tmp_path):
    tables = network()
    cell("stops", "stop_lat", "")(tables, row_of("N3"))
    one = written(tables, tmp_path / "one")
    two = written(network(), tmp_path / "two")
    other = network()
    cell("trips", "service_id", "")(other, 2)
    three = written(other, tmp_path / "three")
    feed = read_feed([one, two, three])
    assert [i.kind for i in feed.losses] == ["stop", "trip"]
    assert {k: len(v) for k, v in feed.lost.items()} == {"one": 1, "two": 0, "three": 1}
    trusted = read_feed([one, two, three], trust={"one": "checked with the operator"})
    assert [i.kind for i in trusted.losses] == ["trip"]
    assert len(trusted.lost["one"]) == 1
    assert read_feed([one, three], trust="checked").losses == ()


def test_evidence_takes_losses_as_they_are(tmp_path):
    feed = feed_with(tmp_path, cell("stops", "stop_lat", ""), row_of("N3"))
    evidence = Evidence("timetable", crs="EPSG:2180").losing(feed.losses)
    places = np.array([metres(s) for s in ("N3", "S0")])
    assert evidence.known_near(places, WALK).tolist() == [False, True]
    points = feed.stop_points("EPSG:2180")
    assert "N3" not in set(points["stop_id"])


def test_many_losses_of_one_kind_are_one_record_a_mode(tmp_path):
    tables = network()
    for row in tables["stop_times"][1::3]:
        row[3] = row[4] = "noon"
    found = read_feed(written(tables, tmp_path / "feed")).losses
    assert len(found) <= 8
    assert sum(i.count for i in found) >= len(tables["stop_times"][1::3])


@pytest.mark.parametrize("unknown", [1, 2, 3])
def test_more_stops_unknown_than_there_are_known_ones(tmp_path: Path, unknown: int) -> None:
    """Each stop that stops.txt does not have is a loss, however few stops it has."""
    tables = {
        "stops": "stop_id,stop_name,stop_lat,stop_lon\nA,A,54.4,18.5\n",
        "routes": "route_id,route_type\n7,3\n",
        "trips": "trip_id,route_id,service_id\n1,7,W\n",
        "stop_times": "trip_id,stop_id,departure_time,stop_sequence\n1,A,8:00:00,1\n"
        + "".join(f"1,X{i},8:1{i}:00,{i + 2}\n" for i in range(unknown)),
        "calendar_dates": "service_id,date,exception_type\nW,20241016,1\n",
    }
    for table, text in tables.items():
        (tmp_path / f"{table}.txt").write_text(text)
    feed = read_feed(tmp_path)
    assert len(feed.stops) == 1
    assert sum(item.count for item in feed.losses) == unknown
