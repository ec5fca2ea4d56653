"""Scenarios of the timetable: what each word does, and what must stay."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import metrogis as mg
from metrogis.fingerprint import fingerprint as mark
from metrogis.scenario.timetables import line_table

LINE = "3"


def fingerprint(feed: Any) -> list[Any]:
    """Mark of all tables of a timetable; a whole feed has open files, and no mark."""
    tables = [getattr(feed, t) for t in ("stops", "routes", "trips", "transfers", "agency", "calls",
                                         "headways")]  # fmt: skip
    calendar = (feed.calendar.services, feed.calendar.runs, list(feed.calendar.validity.items()))
    marks = [mark(part) for part in (*tables, feed.calendar.runs, str(calendar[::2]))]
    assert all(marks)
    return [*marks, str(feed.day_types())]


def _after(metro: mg.Metro, plan: mg.Scenario) -> Any:
    return metro.with_scenario(plan).timetable


def _of_line(feed: Any, line: str = LINE, day: str = "school_day") -> Any:
    table = feed.departures(day)
    return table[table["route_short_name"] == line]


def _centre(metro: mg.Metro, row: int = 3) -> tuple[float, float]:
    point = metro.municipalities.geometry.iloc[row].representative_point()
    return float(point.x), float(point.y)


def _course(metro: mg.Metro, line: str = LINE) -> list[str]:
    """Stops of one run of a line."""
    feed = metro.timetable
    route = feed.routes["route_id"][feed.routes["route_short_name"] == line].iloc[0]
    trip = int(np.flatnonzero(feed.trips["route_id"] == route)[0])
    return feed.stops["stop_id"].iloc[feed.calls.stop[feed.calls.trip == trip]].tolist()


def test_an_added_line_runs_there_and_back_by_its_headway_and_speed(metro: mg.Metro) -> None:
    x, y = _centre(metro)
    plan = mg.Scenario("x").add_line(
        "l", path=[(x, y), (x + 3000, y)], name="900", headway=30, start="06:00", end="08:00",
        spacing=1000, speed=36, dwell=20, days=["school_day"],
    )  # fmt: skip
    feed = _after(metro, plan)
    runs = _of_line(feed, "900")
    there = runs[(runs["direction_id"] == 0) & (runs["seconds"] < 6.3 * 3600)]
    # 1 km at 36 km/h is 100 s; at each stop between the vehicle stands 20 s
    assert there["seconds"].tolist() == [21600, 21720, 21840]
    assert runs["trip_id"].nunique() == 2 * 5
    assert not len(_of_line(feed, "900", "sunday"))
    table = line_table(metro.timetable, feed, metro.crs)
    assert table["line"].tolist() == ["900"]
    assert table["runs"].tolist() == [10.0]
    assert table["vehicle_km"].iloc[0] == pytest.approx(30.0, abs=0.1)
    assert table["vehicle_km_before"].tolist() == [0.0]
    assert feed.feeds[:-1] == metro.timetable.feeds
    assert feed.feeds[-1] == "plan_x"
    days = {k: d.date for k, d in metro.timetable.day_types().items()}
    assert {k: d.date for k, d in feed.day_types().items()} == days


@pytest.mark.parametrize(
    ("do", "what", "least", "most"),
    [
        ("shift", {"minutes": 7}, 7, 7),
        ("shift", {"minutes": -7}, -7, -7),
        ("set_speed", {"factor": 2.0}, -120, 0),
        ("set_dwell", {"dwell": 60}, 0, 60),
    ],
)
def test_times_of_a_line_move_and_those_of_others_stay(
    metro: mg.Metro, do: str, what: Any, least: int, most: int
) -> None:
    base = metro.timetable
    feed = _after(metro, mg.Scenario("x").add(do, "c", target=LINE, **what))
    was, now = _of_line(base), _of_line(feed)
    assert len(was) == len(now)
    for day in base.day_types():
        others = [
            t[t["route_short_name"] != LINE] for t in (base.departures(day), feed.departures(day))
        ]
        assert others[0].reset_index(drop=True).equals(others[1].reset_index(drop=True))
    minutes = (now["seconds"].to_numpy() - was["seconds"].to_numpy()) / 60
    assert minutes.min() >= least
    assert minutes.max() <= most
    assert np.abs(minutes).max() > 0


def test_a_headway_replaces_the_runs_of_its_window_only(metro: mg.Metro) -> None:
    window = (6 * 3600, 9 * 3600)
    plan = mg.Scenario("x").set_headway(
        "h", target=LINE, headway=15, start="06:00", end="09:00", days=["school_day"]
    )
    feed = _after(metro, plan)
    was, now = (t[t["first_stop"]] for t in (_of_line(metro.timetable), _of_line(feed)))
    inside = now[now["seconds"].between(*window)]
    for _direction, part in inside.groupby("direction_id"):
        assert np.diff(np.sort(part["seconds"])).tolist() == [900] * 12
    outside = [sorted(t["seconds"][~t["seconds"].between(*window)]) for t in (was, now)]
    assert outside[0] == outside[1]
    assert len(outside[0])
    for day in ("saturday", "sunday"):
        assert feed.trips_on(day) == metro.timetable.trips_on(day)


def test_a_span_cuts_and_goes_on_at_the_interval(metro: mg.Metro) -> None:
    feed = _after(metro, mg.Scenario("x").set_span("s", target=LINE, start="04:00", end="25:00"))
    was, now = (t[t["first_stop"]] for t in (_of_line(metro.timetable), _of_line(feed)))
    for (_d, a), (_e, b) in zip(
        was.groupby("direction_id"), now.groupby("direction_id"), strict=True
    ):
        old, new = np.unique(a["seconds"]), np.unique(b["seconds"])
        assert set(old) <= set(new)
        assert new[0] - 4 * 3600 < old[1] - old[0]
        assert 25 * 3600 - new[-1] < old[-1] - old[-2]
        assert len(new) > len(old)
    short = _after(metro, mg.Scenario("x").set_span("s", target=LINE, start="08:00", end="10:00"))
    starts = _of_line(short)
    starts = starts[starts["first_stop"]]["seconds"]
    assert starts.between(8 * 3600, 10 * 3600).all()
    assert len(starts)


def test_a_removed_line_and_a_removed_stop_have_no_departures(metro: mg.Metro) -> None:
    stops = _course(metro)
    feed = _after(metro, mg.Scenario("x").remove_line("r", target=LINE))
    assert not len(_of_line(feed))
    assert len(feed.stops) == len(metro.timetable.stops)
    feed = _after(metro, mg.Scenario("x").remove_stop("r", target=stops[2]))
    assert stops[2] not in set(feed.stops["stop_id"])
    assert feed.trips_on("school_day") == metro.timetable.trips_on("school_day")
    with pytest.raises(mg.ScenarioError, match="no stop"):
        _after(metro, mg.Scenario("x").remove_stop("a", target=stops[2]).move_stop(
            "b", target=stops[2], at=_centre(metro)))  # fmt: skip


def test_a_reroute_replaces_the_calls_between_two_stops(metro: mg.Metro) -> None:
    stops = _course(metro)
    plan = mg.Scenario("x").add_stop("new", at=_centre(metro), name="Nowy")
    plan = plan.reroute("r", target=LINE, from_=stops[1], to=stops[4], stops=["new"])
    feed = _after(metro, plan)
    trips = feed.stop_times.groupby("trip_id", observed=True)["stop_id"].agg(
        lambda s: list(map(str, s))
    )
    new = "plan_x:new"
    hit = [t for t in trips if new in t]
    assert hit
    assert all(t[t.index(new) - 1] == stops[1] and t[t.index(new) + 1] == stops[4] for t in hit)
    assert not any(a == stops[1] and b == stops[2] for t in hit for a, b in itertools.pairwise(t))
    times = feed.stop_times
    assert (times.groupby("trip_id", observed=True)["departure_time"].diff().dropna() >= 0).all()


# --------------------------------------------------------------------------- what must stay


def test_nothing_changes_nothing(metro: mg.Metro) -> None:
    base = metro.timetable
    for plan in (
        mg.Scenario("empty"),
        mg.Scenario("x").add_stop("s", at=_centre(metro)),
        mg.Scenario("x").shift("s", target=LINE, minutes=0),
        mg.Scenario("x").set_speed("s", target=LINE, factor=1),
    ):
        feed = _after(metro, plan)
        assert fingerprint(feed) == fingerprint(base), plan
        assert feed.source == base.source
        assert len(feed.audit) == len(base.audit) + len(plan)


def test_a_run_listed_twice_is_the_base(metro: mg.Metro) -> None:
    """A line added over stops of today whose runs stand in the timetable already."""
    base = metro.timetable
    x, y = _centre(metro)
    plan = mg.Scenario("x").add_line(
        "l", path=[(x, y), (x + 900, y)], name="900", departures=["07:00", "08:00"],
    )  # fmt: skip
    once = metro.with_scenario(plan)
    stops = sorted(s for s in once.timetable.stops["stop_id"] if s.startswith("plan_x:"))
    again = mg.Scenario("y").add_line(
        "l", stops=stops, name="900", departures=["07:00"], both_directions=False
    )
    twice = once.with_scenario(again)
    assert fingerprint(twice.timetable) == fingerprint(once.timetable) != fingerprint(base)
    other = once.with_scenario(mg.Scenario("y").add_line(
        "l", stops=stops, name="900", departures=["07:01"], both_directions=False))  # fmt: skip
    assert other.timetable.trips_on("sunday") == once.timetable.trips_on("sunday") + 1


def test_an_item_left_out_gives_back_the_base(metro: mg.Metro) -> None:
    one = mg.Scenario("x").shift("a", target=LINE, minutes=5)
    two = one.remove_line("b", target="4")
    assert fingerprint(_after(metro, two.without("b"))) == fingerprint(_after(metro, one))
    assert fingerprint(_after(metro, two.without("a", "b"))) == fingerprint(metro.timetable)


_INDEPENDENT = [
    ("shift", {"target": "3", "minutes": 4}),
    ("remove_line", {"target": "4"}),
    ("set_headway", {"target": "6", "headway": 20, "start": "07:00", "end": "08:00"}),
    ("set_span", {"target": "7", "start": "05:00", "end": "21:00"}),
    ("add_stop", {"at": None}),
    ("add_line", {"path": None, "departures": ["07:00"]}),
]


@settings(max_examples=2)
@given(st.permutations(range(len(_INDEPENDENT))))
def test_the_order_of_independent_changes_does_not_matter(metro: mg.Metro, order: Any) -> None:
    x, y = _centre(metro)
    plans = []
    for places in (range(len(_INDEPENDENT)), order):
        plan = mg.Scenario("x")
        for k in places:
            do, what = _INDEPENDENT[k]
            what = dict(what)
            if "at" in what:
                what["at"] = (x, y + 400)
            if "path" in what:
                what["path"] = [(x, y), (x + 1200, y)]
            plan = plan.add(do, f"c{k}", **what)
        plans.append(plan)
    one, two = (_after(metro, plan) for plan in plans)
    assert fingerprint(one) == fingerprint(two)


def test_places_of_the_base_stay_where_a_stop_is_added_between_them(metro: mg.Metro) -> None:
    import geopandas as gpd

    from metrogis.transit.stop_places import join_posts

    posts = gpd.GeoDataFrame(
        {"name": ["a", "b", "c"], "station": ["a", "b", "c"], "added": [False, False, True]},
        geometry=gpd.points_from_xy([0, 80, 40], [0, 0, 0]), crs="EPSG:2180",
    )  # fmt: skip
    assert len(set(join_posts(posts.drop(columns="added")))) == 1
    place = join_posts(posts)
    assert place[0] != place[1]
    assert place[2] in (place[0], place[1])
    points = _after(metro, mg.Scenario("x").move_stop(
        "m", target=_course(metro)[1], at=_centre(metro))).stop_points(metro.crs)  # fmt: skip
    assert points["added"].sum() == 1
    assert "added" not in metro.timetable.stop_points(metro.crs)


def test_what_is_known_of_others_does_not_hang_on_an_added_line(metro: mg.Metro) -> None:
    """A tram in a municipality whose coverage names no tram: as complete as before."""
    from metrogis.evidence.timetable import evidence

    x, y = _centre(metro)
    plan = mg.Scenario("x").add_line(
        "l", path=[(x, y), (x + 900, y)], mode="metro", departures=["07:00"]
    )
    feed = _after(metro, plan)
    found = [
        evidence(metro.municipalities, metro.coverage, f, groups=("bus", "metro"),
                 stops=f.stop_points(metro.crs))
        for f in (metro.timetable, feed)
    ]  # fmt: skip
    assert (found[0].state == found[1].state).all()
    assert (found[0].level == found[1].level).all()


@pytest.mark.parametrize(
    ("do", "what", "says"),
    [
        ("remove_line", {"target": "no such"}, "no such line"),
        ("remove_stop", {"target": "no such"}, "no stop"),
        ("add_stop", {"at": (0, 0)}, "outside"),
        ("add_stop", {"at": (54.4, 16.4), "crs": "EPSG:4326"}, "outside"),
        ("add_stop", {"at": (1, 1), "crs": "EPSG:0"}, "CRS"),
        ("add_line", {"stops": ["no such", "neither"], "headway": 10}, "no stop"),
        ("add_line", {"headway": 10}, "stops or a path"),
        ("shift", {"target": LINE, "minutes": -1440}, "midnight"),
        ("reroute", {"target": LINE}, "before it"),
        ("set_span", {"target": LINE, "start": "09:00", "end": "08:00"}, "before the first"),
    ],
)
def test_what_does_not_fit_the_timetable_is_refused(
    metro: mg.Metro, do: str, what: Any, says: str
) -> None:
    what = {k: v for k, v in what.items() if v is not None}
    with pytest.raises(mg.ScenarioError, match=says) as caught:
        metro.with_scenario(mg.Scenario("x").add(do, "c", **what))
    assert (caught.value.place or "").startswith("c")
