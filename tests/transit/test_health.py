"""Health of a feed: doubts and notes, impossible speeds and positions, services not read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from metrogis.transit import Feed, health_lines, health_of, read_feed
from metrogis.transit.health import DOUBTS, TITLES, with_health
from metrogis.transit.speeds import FAR, METRES_PER_DEGREE, TOP_SPEED

Tables = dict[str, Any]


def counts(feed: Feed, **options: Any) -> dict[str, int]:
    """Count by id, all feeds and reasons together."""
    found: dict[str, int] = {}
    for row in health_of(feed, **options):
        found[row.what] = found.get(row.what, 0) + row.count
    return found


def test_a_sound_feed_has_notes_only(town, write):
    feed = read_feed(write(town))
    table = feed.health
    assert list(table.columns) == [
        "feed", "what", "title_pl", "title_en", "count", "examples", "doubt", "trusted"
    ]  # fmt: skip
    assert set(table["feed"]) == {"town"}
    assert set(table["what"]) == set(TITLES) - {"stops_outside"}
    assert not table["doubt"].any()
    assert (table["title_pl"] != table["title_en"]).all()
    found = table.set_index("what")["count"]
    assert found["dates_with_trips"] == 92
    assert found["dates_without_trips"] == 0
    assert (found[sorted(DOUBTS)] == 0).all()
    assert feed.doubts == ()


def test_hours_and_dates_without_trips_are_notes(town, write):
    town["calendar"] = str(town["calendar"]).replace("SA,0,0,0,0,0,1,0", "SA,0,0,0,0,0,0,0")
    town["trips"] = str(town["trips"]).replace("R1,SA,t3", "R1,WD,t3")
    found = {r.what: r for r in health_of(read_feed(write(town)))}
    assert found["dates_without_trips"].count == 13  # the Saturdays of three months
    assert "2024-10-05" in found["dates_without_trips"].examples
    # departures at 7, 8, 9 and, of t3, at 23 and 24
    hours = found["hours_without_departures"]
    assert hours.count == 24 - 5
    assert hours.examples.startswith("2024-10-01: 1, 2, 3, 4, 5, 6, 10")
    assert not hours.doubt


CHANGES = {
    "lost_stops": ("stops", "54.605,18.235", ","),
    "lost_trips": ("trips", "R1,WD,t1", "R1,??,t1"),
    "lost_calls": ("stop_times", "08:05:00,08:06:00", "noon,noon"),
    "unknown_modes": ("routes", "Dworzec - Las,3", "Dworzec - Las,77"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_lost_is_a_doubt_unless_the_feed_is_trusted(town, write, what):
    table, old, new = CHANGES[what]
    assert old in str(town[table])
    town[table] = str(town[table]).replace(old, new)
    path = write(town)
    feed = read_feed(path)
    rows = [r for r in health_of(feed) if r.doubt]
    assert {r.what for r in rows} == {what}
    assert sum(r.count for r in rows) == sum(i.count for i in feed.losses) > 0
    assert any("WĄTPLIWOŚĆ" in line for line in health_lines(health_of(feed), "pl"))
    assert any("DOUBT" in line for line in health_lines(health_of(feed), "en"))
    trusted = read_feed(path, trust="operator asked")
    assert trusted.losses == ()
    listed = [r for r in health_of(trusted) if r.trusted]
    assert [(r.what, r.count, r.doubt) for r in listed] == [(r.what, r.count, False) for r in rows]
    assert any("operator asked" in line for line in health_lines(health_of(trusted), "en"))


def test_the_audit_has_the_health(town, write):
    town["stops"] = str(town["stops"]).replace("54.605,18.235", ",")
    feed = with_health(read_feed(write(town)))
    rows = [r for r in feed.audit if r.layer == "town/health"]
    assert {r.action for r in rows} == {"noted", "unknown"}
    assert all(r.count > 0 for r in rows)
    assert [r.examples for r in rows if r.action == "unknown"] == ["B"]
    # said once, not counted again as values repaired
    assert counts(feed) == counts(read_feed(write(town)))


def test_each_of_several_feeds_has_its_own_rows(town, write):
    one = write(town, name="one.zip")
    town["stops"] = str(town["stops"]).replace("54.605,18.235", ",").replace("54.6", "54.7")
    town["agency"] = str(town["agency"]).replace("Europe/Warsaw", "Europe/Berlin")
    two = write(town, name="two.zip")
    three = write({**town, "stops": str(town["stops"]).replace("54.7", "54.8"),
                   "agency": str(town["agency"]).replace("Berlin", "Warsaw")},
                  name="three.zip")  # fmt: skip
    table = read_feed([one, two, three]).health.set_index(["feed", "what"])["count"]
    assert table["one", "lost_stops"] == 0
    assert table["two", "lost_stops"] == table["three", "lost_stops"] == 1
    assert (table["one", "time_zones"], table["two", "time_zones"]) == (0, 1)


def test_stops_outside_the_area_are_a_note(town, write):
    feed = read_feed(write(town))
    points = feed.stop_points("EPSG:2180").set_index("stop_id").geometry
    area = gpd.GeoDataFrame(geometry=[shapely.box(*points["A"].buffer(500).bounds)], crs=2180)
    (row,) = [r for r in health_of(feed, area=area) if r.what == "stops_outside"]
    assert (row.count, row.examples, row.doubt) == (3, "B, C, D", False)
    far = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:27700")
    assert counts(feed, area=far)["stops_outside"] == 4


# ---------------------------------------------------------------- speeds and positions


def line(seconds: int, degrees: float, kind: str = "3") -> Tables:
    """Return a feed of one trip north from 54 N: one usual hop, one of ``degrees`` in a time."""
    return {
        "stops": "stop_id,stop_lat,stop_lon\nA,54.0,18.5\nB,54.01,18.5\n"
        f"C,{54.01 + degrees:.9f},18.5\nD,{54.02 + degrees:.9f},18.5\n",
        "routes": f"route_id,route_type\nr,{kind}\n",
        "trips": "trip_id,route_id,service_id\nt,r,W\n",
        "stop_times": "trip_id,stop_id,stop_sequence,departure_time\n"
        f"t,A,1,08:00:00\nt,B,2,08:03:00\nt,C,3,{clock(29_340 - 360 + seconds)}\n"
        f"t,D,4,{clock(29_340 - 360 + seconds + 180)}\n",
        "calendar_dates": "service_id,date,exception_type\nW,20241016,1\n",
    }


def clock(s: int) -> str:
    return f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}"


@pytest.mark.parametrize(("kind", "mode"), [("3", "bus"), ("0", "tram"), ("2", "rail")])
@pytest.mark.parametrize("seconds", [0, 60, 200])
@pytest.mark.parametrize(("metres", "hops"), [(-1.0, 0), (1.0, 1)])
def test_the_edge_of_an_impossible_speed(write, kind, mode, seconds, metres, hops):
    reach = TOP_SPEED[mode] / 3.6 * (seconds + 60)
    tables = line(seconds, (reach + metres) / METRES_PER_DEGREE, kind)
    tables["stop_times"] = str(tables["stop_times"]).replace("08:03:00", "08:03:00")
    feed = read_feed(write(tables))
    start = 8 * 3600 + 180
    times = feed.stop_times["departure_time"].tolist()
    assert times[2] - times[1] == 28_980 + seconds - start
    if reach > FAR and hops:
        return  # so far off that the position is what cannot be
    assert counts(feed)["impossible_speeds"] == hops
    # other limits, other answers
    slow = {**TOP_SPEED, mode: TOP_SPEED[mode] * 0.9}
    assert counts(feed, top_speed=slow)["impossible_speeds"] == 1
    assert counts(feed, slack=120)["impossible_speeds"] == 0


def test_blank_times_count_as_the_span_around_them(write):
    tables = line(180, 0.01)
    tables["stop_times"] = str(tables["stop_times"]).replace("08:03:00", "")
    assert counts(read_feed(write(tables)))["impossible_speeds"] == 0


@pytest.mark.parametrize(("metres", "lost"), [(-50.0, False), (50.0, True)])
def test_a_stop_that_no_vehicle_reaches_is_lost(write, metres, lost):
    """One stop off the line: beyond 10 km of its neighbours it cannot be there, nearer it may."""
    tables = line(60, 0.01)
    away = (FAR + metres) / METRES_PER_DEGREE
    stops = str(tables["stops"]).splitlines()
    stops[3] = f"C,{54.02 + away:.9f},18.5"
    stops[4] = "D,54.02,18.5"
    tables["stops"] = "\n".join(stops) + "\n"
    feed = read_feed(write(tables))
    assert bool(np.isnan(feed.stops["stop_lat"]).any()) == lost
    assert [i.ids for i in feed.losses] == ([("C",)] if lost else [])
    if lost:
        assert any("impossible" in r.what.en and r.examples == "C" for r in feed.audit)


def test_a_time_that_cannot_be_does_not_cost_the_stops_of_a_town(write):
    """Two towns 100 km apart, each with trips of its own, and a coach that takes a minute."""
    names = "ABCDEFGH"
    stops = [f"{n},{54.0 + 0.01 * (i % 4) + (0.9 if i > 3 else 0):.4f},18.5"
             for i, n in enumerate(names)]  # fmt: skip
    trips = [f"t{k},r,W" for k in range(4)]
    times = []
    for k, part in enumerate(("ABCD", "EFGH", "HGFE", "DE")):
        step = 1 if part == "DE" else 3
        times += [f"t{k},{n},{i},08:{i * step:02}:00" for i, n in enumerate(part)]
    tables = {
        "stops": "\n".join(["stop_id,stop_lat,stop_lon", *stops]) + "\n",
        "routes": "route_id,route_type\nr,3\n",
        "trips": "\n".join(["trip_id,route_id,service_id", *trips]) + "\n",
        "stop_times": "\n".join(["trip_id,stop_id,stop_sequence,departure_time", *times]) + "\n",
        "calendar_dates": "service_id,date,exception_type\nW,20241016,1\n",
    }
    feed = read_feed(write(tables))
    assert feed.losses == ()
    assert counts(feed)["impossible_speeds"] == 1


def block(tail: int, own: bool) -> Tables:
    """A line of nine stops 500 m apart, there and back, of which the last ones lie 33 km off."""
    names = "ABCDEFGHI"
    stops = [f"{n},{54.0 + 0.0045 * i + (0.3 if i >= 9 - tail else 0):.5f},18.5"
             for i, n in enumerate(names)]  # fmt: skip
    parts = [
        names,
        names[::-1],
        names,
        *([names[9 - tail :], *[names[: 9 - tail]] * 2] if own else []),
    ]
    trips = [f"t{k},r,W" for k in range(len(parts))]
    times = [f"t{k},{n},{i},{8 + k}:{2 * i:02}:00"
             for k, part in enumerate(parts) for i, n in enumerate(part)]  # fmt: skip
    return {
        "stops": "\n".join(["stop_id,stop_lat,stop_lon", *stops]) + "\n",
        "routes": "route_id,route_type\nr,3\n",
        "trips": "\n".join(["trip_id,route_id,service_id", *trips]) + "\n",
        "stop_times": "\n".join(["trip_id,stop_id,stop_sequence,departure_time", *times]) + "\n",
        "calendar_dates": "service_id,date,exception_type\nW,20241016,1\n",
    }


@pytest.mark.parametrize("tail", [3, 4])
def test_a_block_of_stops_out_of_all_proportion_is_lost(write, tail):
    """Rows shifted in a table: the end of a line lies 33 km off, and every run flies there."""
    feed = read_feed(write(block(tail, own=False)))
    assert sorted(i for loss in feed.losses for i in loss.ids) == list("ABCDEFGHI"[9 - tail :])
    # a place with runs of its own is a place: then the time is what is wrong
    assert read_feed(write(block(tail, own=True))).losses == ()


@pytest.mark.parametrize(("lines", "lost"), [(2, False), (3, True)])
def test_three_different_hops_tell_of_a_place_that_has_runs_of_its_own(write, lines, lost):
    """Two towns with own runs, 33 km apart, and coaches between different stops in two minutes."""
    near, far = "ABCDE", "PQRS"
    stops = [f"{n},{54.0 + 0.0045 * i:.5f},18.5" for i, n in enumerate(near)]
    stops += [f"{n},{54.3 + 0.0045 * i:.5f},18.5" for i, n in enumerate(far)]
    parts = [near, near, near, far, *(near[i] + far[i] for i in range(lines))]
    times = [f"t{k},{n},{i},{6 + k}:{2 * i:02}:00"
             for k, part in enumerate(parts) for i, n in enumerate(part)]  # fmt: skip
    feed = read_feed(write({
        "stops": "\n".join(["stop_id,stop_lat,stop_lon", *stops]) + "\n",
        "routes": "route_id,route_type\nr,3\n",
        "trips": "trip_id,route_id,service_id\n"
                 + "".join(f"t{k},r,W\n" for k in range(len(parts))),
        "stop_times": "\n".join(["trip_id,stop_id,stop_sequence,departure_time", *times]) + "\n",
        "calendar_dates": "service_id,date,exception_type\nW,20241016,1\n",
    }))  # fmt: skip
    assert sorted(i for loss in feed.losses for i in loss.ids) == (list(far) if lost else [])


# ---------------------------------------------------------------- services that are not read


AREA = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": "zone",
            "properties": {},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[18.3, 54.7], [18.4, 54.7], [18.4, 54.8], [18.3, 54.8], [18.3, 54.7]]
                ],
            },
        }
    ],
}


def with_requests(town: Tables, location: str, group: str = "") -> Tables:
    """Add a trip on request in an area or a group of stops."""
    town["trips"] = str(town["trips"]) + "R1,WD,call,Las,0,\n"
    rows = str(town["stop_times"]).splitlines()
    rows[0] += ",location_id,location_group_id,start_pickup_drop_off_window"
    rows[1:] = [row + ",,," for row in rows[1:]]
    rows += [f"call,,,,{n},2,2,{location},{group},06:00:00" for n in (1, 2)]
    town["stop_times"] = "\n".join(rows) + "\n"
    return town


def folder(tables: Tables, path: Path, area: dict[str, Any] | None = None) -> Path:
    path.mkdir()
    for name, text in tables.items():
        (path / f"{name}.txt").write_text(str(text), encoding="utf-8")
    if area is not None:
        (path / "locations.geojson").write_text(json.dumps(area))
    return path


def test_services_on_request_are_lost_in_their_area(town, tmp_path):
    before = read_feed(folder(town, tmp_path / "plain")).departures("2024-10-16")
    feed = read_feed(folder(with_requests(town, "zone"), tmp_path / "f", AREA))
    (item,) = feed.losses
    assert (item.kind, item.count, item.groups) == ("service", 1, ("bus",))
    assert item.where.bounds == pytest.approx((18.3, 54.7, 18.4, 54.8))
    assert len(feed.departures("2024-10-16")) == len(before)
    (row,) = [r for r in health_of(feed) if r.doubt]
    assert (row.what, row.count) == ("flexible_services", 1)
    assert any(r.action == "unknown" and "request" in r.what.en for r in feed.audit)


@pytest.mark.parametrize("area", [None, {"features": [{"id": "zone"}]}, {"type": "x"}, []])
def test_an_area_that_cannot_be_read_is_anywhere_the_feed_serves(town, tmp_path, area):
    feed = read_feed(folder(with_requests(town, "zone"), tmp_path / "f", area))
    (item,) = feed.losses
    for lon, lat in ((18.23, 54.60), (18.24, 54.61), (18.25, 54.62)):
        assert shapely.distance(item.where, shapely.Point(lon, lat)) < 1e-6


def test_a_group_of_stops_and_a_window_at_a_stop(town, tmp_path):
    town["location_group_stops"] = "location_group_id,stop_id\ng,C\ng,D\n"
    feed = read_feed(folder(with_requests(dict(town), "", "g"), tmp_path / "group"))
    (item,) = feed.losses
    assert {(p.x, p.y) for p in item.where.geoms} == {(18.24, 54.61), (18.25, 54.62)}
    tables = with_requests(dict(town), "")
    tables["stop_times"] = str(tables["stop_times"]).replace("call,,,,", "call,,,B,")
    feed = read_feed(folder(tables, tmp_path / "window"))
    (item,) = feed.losses
    assert {(p.x, p.y) for p in item.where.geoms} == {(18.235, 54.605)}


@pytest.mark.parametrize(
    ("of_route", "of_calls", "open_"),
    [("", "", False), ("1", "", False), ("0", "", True), ("3", "", True), ("0", "1", False),
     ("", "2", True), ("1", "0", True)],
)  # fmt: skip
def test_boarding_between_stops_is_lost_along_the_line(town, write, of_route, of_calls, open_):
    routes = str(town["routes"]).splitlines()
    town["routes"] = "\n".join(
        [routes[0] + ",continuous_pickup", *(
            r + f",{of_route if r.startswith('R2') else ''}" for r in routes[1:]
        )]
    )  # fmt: skip
    rows = str(town["stop_times"]).splitlines()
    town["stop_times"] = "\n".join(
        [rows[0] + ",continuous_pickup", *(
            r + f",{of_calls if r.startswith('t4') else ''}" for r in rows[1:]
        )]
    )  # fmt: skip
    feed = read_feed(write(town))
    assert bool(feed.losses) == open_
    if open_:
        (item,) = feed.losses
        assert (item.kind, item.groups) == ("service", ("tram",))
        # the tram runs from A to D and stops nowhere between
        assert shapely.distance(item.where, shapely.Point(18.24, 54.61)) < 1e-4


# ---------------------------------------------------------------- real feeds


def test_szczecin_has_no_impossible_speeds(shared: Path):
    feed = read_feed(shared / "data/som/gtfs/zditm_2021-11.zip")
    found = counts(feed)
    assert found["impossible_speeds"] == 0
    # times are in whole minutes: without slack thousands of hops between near stops look so
    assert counts(feed, slack=0)["impossible_speeds"] == 5_439
    assert found["runs_listed_twice"] == 10
    assert feed.losses == ()
    assert found["dates_not_valid"] == 104
    assert feed.trips_on("2021-12-01") == 7_319


def test_wejherowo(shared: Path):
    feed = read_feed(shared / "data/omggs/gtfs/mzk_wejherowo.zip")
    found = counts(feed)
    assert feed.losses == ()
    assert (found["impossible_speeds"], found["hours_without_departures"]) == (0, 3)
    assert (found["runs_listed_twice"], found["dates_with_trips"]) == (1, 88)


def test_a_sample_feed_whose_weekend_service_has_no_dates(shared: Path):
    feed = read_feed(shared / "reference/gtfs/sample-feed-calendar_dates.zip", country="US")
    (item,) = feed.losses
    assert (item.kind, item.ids) == ("trip", ("AAMV1", "AAMV2", "AAMV3", "AAMV4"))
    assert counts(feed)["lost_trips"] == 4


@pytest.mark.parametrize(
    ("path", "country"),
    [("data/newport/gtfs.zip", "GB-WLS"), ("data/sao_paulo/gtfs.zip", "BR"),
     ("reference/gtfs/cairns_gtfs.zip", "AU"), ("reference/gtfs/routing.zip", "US"),
     ("reference/gtfs/sample-feed-1.zip", "US")],
)  # fmt: skip
def test_real_feeds_without_losses(shared: Path, path: str, country: str):
    feed = read_feed(shared / path, country=country)
    assert feed.losses == ()
    assert counts(feed)["impossible_speeds"] == 0
