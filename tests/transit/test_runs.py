"""Runs listed twice are one, whatever their ids, feeds and calendars."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrogis.transit import Feed, read_feed

Tables = dict[str, Any]
WEDNESDAY, FRIDAY, SATURDAY = "2024-10-16", "2024-10-18", "2024-10-19"


def departures(feed: Feed, day: str = WEDNESDAY) -> Counter[tuple[Any, ...]]:
    """Count departures by what a passenger sees: line, position, time."""
    d = feed.departures(day)
    stops = feed.stops.set_index("stop_id")
    at = stops.loc[d["stop_id"].astype(str), ["stop_lat", "stop_lon"]].to_numpy()
    return Counter(
        (str(line), str(mode), *map(float, xy), s)
        for line, mode, xy, s in zip(
            d["route_short_name"], d["mode"], at, d["seconds"].tolist(), strict=True
        )
    )


def renamed(tables: Tables, prefix: str = "x") -> Tables:
    """Return the same timetable with other ids everywhere."""
    ids = ("stop_id", "parent_station", "trip_id", "route_id", "service_id", "shape_id")
    result = {}
    for name, text in tables.items():
        rows = [line.split(",") for line in str(text).splitlines()]
        of_ids = [i for i, column in enumerate(rows[0]) if column in ids] if rows else []
        for row in rows[1:]:
            for i in of_ids:
                row[i] = prefix + row[i] if row[i] else ""
        result[name] = "\n".join(map(",".join, rows)) + "\n"
    return result


def test_a_feed_given_twice_is_one(town, write):
    one, two = write(town, name="one.zip"), write(renamed(town), name="two.zip")
    single, feed = read_feed(one), read_feed([one, two])
    for day in (WEDNESDAY, SATURDAY, "2024-10-20"):
        assert departures(feed, day) == departures(single, day)
        assert feed.trips_on(day) == single.trips_on(day)
    table = feed.departures_per_stop_hour(WEDNESDAY)
    assert table.to_numpy().sum() == len(single.departures(WEDNESDAY))


def test_of_equal_runs_of_two_directions_the_same_one_counts_in_any_order(town, write):
    turned = {n: str(t).replace("t1,Las,0", "t1,Las,1") for n, t in renamed(town).items()}
    one, two = write(town, name="one.zip"), write(turned, name="two.zip")

    def by_direction(feed: Feed) -> Counter[tuple[Any, ...]]:
        d = feed.departures(WEDNESDAY)
        return Counter(zip(d["route_short_name"].astype(str), d["direction_id"], d["seconds"],
                           strict=True))  # fmt: skip

    assert by_direction(read_feed([one, two])) == by_direction(read_feed([two, one]))
    assert by_direction(read_feed([one, two])) == by_direction(read_feed(one))


@pytest.mark.parametrize(
    ("what", "old", "new", "once"),
    [
        ("the same", "", "", True),
        ("another line", "R1,1,1,", "R1,1,2,", False),
        ("another long name beside a short one", "Dworzec - Las,3", "Las - Dworzec,3", True),
        ("another mode", "Dworzec - Las,3", "Dworzec - Las,900", False),
        ("a minute later", "t1,08:05:00,08:06:00", "t1,08:05:00,08:07:00", False),
        ("waiting longer", "t1,08:05:00,08:06:00", "t1,08:04:00,08:06:00", False),
        ("earlier at its first stop", "t1,08:00:00,08:00", "t1,07:50:00,08:00", True),
        ("leaving its last stop", "08:20:00,08:20:00,D", "08:20:00,08:29:00,D", True),
        ("a stop a centimetre off", "54.605,", "54.6050001,", True),
        ("a stop 19 metres north", "54.605,", "54.60517,", True),
        ("a stop 21 metres north", "54.605,", "54.60519,", False),
        ("a stop 19 metres east", "18.235", "18.235294", True),
        ("a stop 21 metres east", "18.235", "18.235330", False),
        ("another name of a stop", "Łąkowa", "Łąka", True),
        ("another head sign", "t1,Las", "t1,Bór", True),
        ("another direction", "t1,Las,0", "t1,Las,1", True),
    ],
)
def test_what_makes_two_runs_one(town, write, what, old, new, once):
    town["trips"] = "\n".join(r for r in str(town["trips"]).splitlines() if ",t1," in r or "_" in r)
    one = write(town, name="one.zip")
    tables = {name: str(text).replace(old, new) if old else text for name, text in town.items()}
    assert not old or tables != town
    feed = read_feed([one, write(renamed(tables), name="two.zip")])
    assert feed.trips_on(WEDNESDAY) == (1 if once else 2), what


def test_calendars_that_overlap_count_once_on_the_shared_dates(town, write):
    town["calendar"] = str(town["calendar"]) + "W3,0,0,1,0,0,1,0,20241001,20241231\n"
    town["trips"] = str(town["trips"]) + "R1,W3,again,Las,0,S\n"
    rows = [r for r in str(town["stop_times"]).splitlines() if r.startswith("t1,")]
    town["stop_times"] = str(town["stop_times"]) + "".join(f"again{r[2:]}\n" for r in rows)
    feed = read_feed(write(town))
    at_eight = "seconds == 28800"
    for day in (WEDNESDAY, FRIDAY, SATURDAY):
        assert len(feed.departures(day).query(at_eight)) == 1
    assert any(r.count == 1 and "twice" in r.what.en for r in feed.audit)


def test_trips_that_never_share_a_date_are_not_listed_twice(town, write):
    town["trips"] = str(town["trips"]) + "R1,SA,again,Las,0,S\n"
    rows = [r for r in str(town["stop_times"]).splitlines() if r.startswith("t1,")]
    town["stop_times"] = str(town["stop_times"]) + "".join(f"again{r[2:]}\n" for r in rows)
    feed = read_feed(write(town))
    assert not any("twice" in r.what.en for r in feed.audit)
    assert feed.trips_on(SATURDAY) == 2


def test_a_run_by_headway_equals_the_one_in_the_timetable(town, write):
    town["trips"] = str(town["trips"]) + "R1,WD,every,Las,0,S\n"
    rows = [r for r in str(town["stop_times"]).splitlines() if r.startswith("t1,")]
    town["stop_times"] = str(town["stop_times"]) + "".join(f"every{r[2:]}\n" for r in rows)
    town["frequencies"] = "trip_id,start_time,end_time,headway_secs\nevery,07:00:00,09:00:00,1800\n"
    feed = read_feed(write(town))
    at_a = feed.departures(WEDNESDAY).query("stop_id == 'A' and route_id == 'R1'")["seconds"]
    assert sorted(at_a / 60) == [420, 450, 480, 510]  # the one at 8:00 once
    assert feed.trips_on(WEDNESDAY) == 4 + 2


def test_of_two_equal_runs_that_with_more_boardings_counts(town, write):
    one = write(town, name="one.zip")  # nobody boards at C
    town["stop_times"] = str(town["stop_times"]).replace("C,3,1,0", "C,3,0,0")
    two = write(town, name="two.zip")
    for paths in ([one, two], [two, one]):
        assert departures(read_feed(paths)) == departures(read_feed(two))


def test_nameless_lines_and_stops_without_position_are_compared_by_what_there_is(town, write):
    town["routes"] = "route_id,agency_id,route_type\nR1,1,3\nR2,1,900\nR3,1,109\n"
    town["stops"] = str(town["stops"]).replace("54.605,18.235", ",")
    one, two = write(town, name="one.zip"), write(renamed(town), name="two.zip")
    feed = read_feed([one, two])
    assert len(feed.departures(WEDNESDAY)) == len(read_feed(one).departures(WEDNESDAY))


@pytest.mark.parametrize("decimals", [6, 5, 4])
@pytest.mark.parametrize("cut", [round, lambda v, n: int(v * 10**n) / 10**n])
def test_portals_that_round_coordinates_export_one_timetable(town, write, decimals, cut):
    exact = renamed(town, "")
    rows = [r.split(",") for r in str(town["stops"]).splitlines()]
    lat, lon = rows[0].index("stop_lat"), rows[0].index("stop_lon")
    for k, row in enumerate(rows[1:], 1):  # each stop somewhere between two rounded places
        row[lat], row[lon] = (
            f"{float(row[lat]) + k * 7.3e-5:.7f}",
            f"{float(row[lon]) - k * 4e-5:.7f}",
        )
    exact["stops"] = "\n".join(map(",".join, rows)) + "\n"
    for row in rows[1:]:
        row[lat], row[lon] = (f"{cut(float(row[c]), decimals)}" for c in (lat, lon))
    twin = renamed({**exact, "stops": "\n".join(map(",".join, rows)) + "\n"})
    one, two = write(exact, name="one.zip"), write(twin, name="two.zip")
    single = read_feed(one)
    for paths in ([one, two], [two, one]):
        feed = read_feed(paths)
        for day in (WEDNESDAY, SATURDAY):
            assert len(feed.departures(day)) == len(single.departures(day))
            assert feed.trips_on(day) == single.trips_on(day)


def test_interpolated_times_between_rounded_places_do_not_part_runs(tmp_path_factory):
    def tables(mid: str) -> Tables:
        return {
            "stops": f"stop_id,stop_lat,stop_lon\nA,54.40,18.50\nB,{mid},18.50\nC,54.50,18.50\n",
            "routes": "route_id,route_short_name,route_type\nr1,1,3\n",
            "trips": "trip_id,route_id,service_id\nt,r1,W\n",
            "stop_times": "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n"
            "t,A,1,08:00:00,08:00:00\nt,B,2,,\nt,C,3,09:00:00,09:00:00\n",
            "calendar_dates": f"service_id,date,exception_type\nW,{WEDNESDAY.replace('-', '')},1\n",
        }

    folder = tmp_path_factory.mktemp("feeds")
    paths = [folder_of(tables(mid), folder / mid) for mid in ("54.43146", "54.4315", "54.4314")]
    feed = read_feed(paths)
    assert len(set(feed.calls.departure.tolist())) > 3  # the times at B differ
    assert feed.trips_on(WEDNESDAY) == 1


@given(
    offsets=st.lists(
        st.sampled_from([0.0, 0.00005, 0.00011, 0.0003, 0.001]), min_size=2, max_size=8
    ),
    line=st.lists(st.sampled_from(["1", "2"]), min_size=8, max_size=8),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_runs_at_one_minute_are_as_many_as_their_lines_and_places(tmp_path_factory, offsets, line):
    folder = tmp_path_factory.mktemp("feeds")
    paths = []
    for i, offset in enumerate(offsets):
        tables = {
            "stops": "stop_id,stop_lat,stop_lon\n"
            f"A,{54.4 + offset},18.50\nB,{54.5 + offset},18.50\n",
            "routes": f"route_id,route_short_name,route_type\nr,{line[i]},3\n",
            "trips": "trip_id,route_id,service_id\nt,r,W\n",
            "stop_times": "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n"
            "t,A,1,08:00:00,08:00:00\nt,B,2,08:30:00,08:30:00\n",
            "calendar_dates": f"service_id,date,exception_type\nW,{WEDNESDAY.replace('-', '')},1\n",
        }
        paths.append(folder_of(tables, folder / f"f{i}"))
    # 0, 5.6 and 12.2 m are one place; 33 m and 111 m are others
    expected = {(line[i], 0.0 if v < 0.0002 else v) for i, v in enumerate(offsets)}
    assert read_feed(paths).trips_on(WEDNESDAY) == len(expected)
    assert read_feed(paths[::-1]).trips_on(WEDNESDAY) == len(expected)


TIMES = st.lists(st.integers(0, 5), min_size=1, max_size=6)


@given(
    starts=TIMES,
    lines=st.lists(st.sampled_from(["1", "2"]), min_size=6, max_size=6),
    services=st.lists(st.sampled_from(["A", "B", "C"]), min_size=6, max_size=6),
    day=st.sampled_from([WEDNESDAY, FRIDAY, SATURDAY]),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_departures_are_a_set_of_runs(tmp_path_factory, starts, lines, services, day):
    runs_on = {"A": {WEDNESDAY, FRIDAY}, "B": {FRIDAY, SATURDAY}, "C": {WEDNESDAY}}
    tables = {
        "stops": "stop_id,stop_lat,stop_lon\nA,54.40,18.50\nB,54.41,18.51\n",
        "routes": "route_id,route_short_name,route_type\nr1,1,3\nr2,2,3\n",
        "trips": "trip_id,route_id,service_id\n"
        + "".join(f"t{i},r{lines[i]},{services[i]}\n" for i in range(len(starts))),
        "stop_times": "trip_id,stop_id,stop_sequence,departure_time\n"
        + "".join(f"t{i},A,1,08:0{s}:00\nt{i},B,2,08:1{s}:00\n" for i, s in enumerate(starts)),
        "calendar_dates": "service_id,date,exception_type\n"
        + "".join(f"{k},{d.replace('-', '')},1\n" for k, days in runs_on.items() for d in days),
    }
    folder = tmp_path_factory.mktemp("feed")
    feed = read_feed([folder_of(tables, folder / "a"), folder_of(renamed(tables), folder / "b")])
    expected = {
        (line, s) for line, s, k in zip(lines, starts, services, strict=False) if day in runs_on[k]
    }
    first, last = feed.validity
    if not first <= date.fromisoformat(day) <= last:
        assert not expected
        return
    found = feed.departures(day)
    got = [(str(a), b // 60 - 480) for a, b in zip(found["route_short_name"], found["seconds"],
                                                  strict=True)]  # fmt: skip
    assert len(got) == len(set(got))
    assert set(got) == expected


def folder_of(tables: Tables, folder: Path) -> Path:
    """Write tables into a folder."""
    folder.mkdir()
    for name, text in tables.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder
