"""Changes that depend on the line: by hand, and against a plain search that knows who came how."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import metrogis as mg
from metrogis.streets import from_lines
from metrogis.transit import read_feed

MINUTE = 60
SLACK = 60
STOPS = {"A": (54.40, 18.50), "M": (54.45, 18.55), "N": (54.4515, 18.55), "B": (54.50, 18.60)}
"""M and N are some 170 m apart, the others kilometres."""


class Trip(NamedTuple):
    name: str
    route: str
    start: str
    end: str
    leaves: int
    arrives: int


class Row(NamedTuple):
    start: str
    end: str
    kind: int
    least: int | None = None
    trips: tuple[str, str] = ("", "")
    routes: tuple[str, str] = ("", "")


def clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def feed_of(folder: Path, trips: list[Trip], rows: list[Row]) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "stops": ["stop_id,stop_lat,stop_lon", *(f"{n},{y},{x}" for n, (y, x) in STOPS.items())],
        "routes": ["route_id,route_short_name,route_type",
                   *(f"{r},{r},3" for r in sorted({t.route for t in trips}))],
        "trips": ["trip_id,route_id,service_id", *(f"{t.name},{t.route},W" for t in trips)],
        "stop_times": ["trip_id,stop_id,departure_time,stop_sequence",
                       *(f"{t.name},{s},{clock(m)},{k}" for t in trips
                         for k, (s, m) in enumerate(((t.start, t.leaves), (t.end, t.arrives))))],
        "calendar_dates": ["service_id,date,exception_type", "W,20241016,1"],
        "transfers": ["from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id,"
                      "to_trip_id,from_route_id,to_route_id",
                      *(f"{r.start},{r.end},{r.kind},{'' if r.least is None else r.least},"
                        f"{r.trips[0]},{r.trips[1]},{r.routes[0]},{r.routes[1]}" for r in rows)],
    }  # fmt: skip
    for table, lines in tables.items():
        (folder / f"{table}.txt").write_text("\n".join(lines))
    return read_feed(folder)


def ends(feed: Any) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, dict[str, tuple[float, float]]]:
    points = feed.stop_points("EPSG:2180").set_index("stop_id").geometry
    at = {name: (points[name].x, points[name].y) for name in STOPS}
    frame = [gpd.GeoDataFrame(geometry=[points[n]], crs=2180) for n in ("A", "B")]
    return frame[0], frame[1], at


# --------------------------------------------------------------------------- the plain search


def weight(row: Row) -> int:
    """How specific a row is, by the reference of GTFS."""
    trips = sum(bool(v) for v in row.trips)
    routes = sum(bool(r) and not t for r, t in zip(row.routes, row.trips, strict=True))
    return [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0)].index((trips, routes))


def change(rows: list[Row], a: Trip, b: Trip, metres: float) -> float:
    """Seconds between alighting from one trip and boarding another; infinite where it cannot be."""
    walk = metres * 1.3 * 3.6 / 4.8
    best: tuple[int, int] | None = None
    for k, row in enumerate(rows):
        if (row.start, row.end) != (a.end, b.start):
            continue
        sides = zip((a, b), row.trips, row.routes, strict=True)
        if all((t == x.name) if t else (r in ("", x.route)) for x, t, r in sides):
            best = max(best or (-1, -1), (weight(row), k))
    if best is None:
        return walk + SLACK if metres * 1.3 <= 400.001 else np.inf
    row = rows[best[1]]
    if row.kind == 3:
        return np.inf
    if row.kind == 2 and row.least is not None:
        return float(row.least)
    return walk if row.kind == 1 else walk + SLACK


def plain(trips: list[Trip], rows: list[Row], at: dict[str, tuple[float, float]]) -> list[float]:
    """The same times, vehicle by vehicle."""

    def apart(a: str, b: str) -> float:
        return float(np.hypot(at[a][0] - at[b][0], at[a][1] - at[b][1]))

    def arrive(trip: Trip, vehicles: int) -> float:
        best = float(trip.arrives) if trip.end == "B" else np.inf
        if vehicles == 3:
            return best
        for other in trips:
            ready = trip.arrives + change(rows, trip, other, apart(trip.end, other.start))
            if other.leaves >= ready - 1e-3:
                best = min(best, arrive(other, vehicles + 1))
        return best

    out = []
    for m in range(20):
        now = 7 * 3600 + 60 * m
        first = [t for t in trips if t.start == "A" and t.leaves >= now + SLACK]
        best = min((arrive(t, 1) for t in first), default=np.inf)
        out.append((best - now) / 60 if best - now <= 90 * 60 else np.inf)
    return out


# --------------------------------------------------------------------------- tests


COMES = Trip("in", "1", "A", "M", 7 * 3600 + 600, 7 * 3600 + 1200)
OTHER = Trip("in2", "2", "A", "M", 7 * 3600 + 600, 7 * 3600 + 1200)
SOON = Trip("soon", "7", "M", "B", 7 * 3600 + 1200, 7 * 3600 + 1800)
LATER = Trip("later", "7", "N", "B", 7 * 3600 + 1800, 7 * 3600 + 2400)


@pytest.mark.parametrize(
    ("rows", "arrives"),
    [
        ([], 40),
        # a timed change of these two trips, of the trip and the route, of routes, of one of them
        ([Row("M", "M", 1, trips=("in", "soon"))], 30),
        ([Row("M", "M", 1, trips=("in", ""), routes=("", "7"))], 30),
        ([Row("M", "M", 1, routes=("1", "7"))], 30),
        ([Row("M", "M", 1, routes=("1", ""))], 30),
        ([Row("M", "M", 1, routes=("", "7"))], 30),
        # of other lines: nothing
        ([Row("M", "M", 1, trips=("in2", "soon"))], 40),
        ([Row("M", "M", 1, routes=("2", ""))], 40),
        # the more specific row holds, wherever it stands
        ([Row("M", "M", 1), Row("M", "M", 3, routes=("1", "7"))], 40),
        ([Row("M", "M", 3, routes=("1", "7")), Row("M", "M", 1)], 40),
        ([Row("M", "M", 1, trips=("in", "soon")), Row("M", "M", 3, routes=("1", "7"))], 30),
        ([Row("M", "M", 1, routes=("1", "7")), Row("M", "M", 3, trips=("", "soon"))], 40),
        # a minimum time of these lines alone, to another stop: kept to the second, and not
        ([Row("M", "N", 2, 600, routes=("1", "7"))], 40),
        ([Row("M", "N", 2, 601, routes=("1", "7"))], np.inf),
        ([Row("M", "N", 3, routes=("1", ""))], np.inf),
        ([Row("M", "N", 3, routes=("2", ""))], 40),
    ],
)  # fmt: skip
def test_who_comes_by_what_changes_as_the_row_says(
    tmp_path: Path, rows: list[Row], arrives: float
) -> None:
    feed = feed_of(tmp_path, [COMES, SOON, LATER], rows)
    home, work, at = ends(feed)
    table = mg.journeys(feed, home, work, date="2024-10-16", depart="07:00", slack=SLACK)
    found = float(table["arrival"].iloc[-1]) / 60 - 420 if len(table) else np.inf
    assert found == pytest.approx(arrives)
    assert plain([COMES, SOON, LATER], rows, at)[0] == pytest.approx(arrives)
    rides = table[table["kind"] == "ride"] if len(table) else table
    # copies of stops are nobody's business
    assert set(rides.get("from_stop", [])) | set(rides.get("to_stop", [])) <= set(STOPS)


TIMES = st.integers(0, 25).map(lambda m: 7 * 3600 + m * 60)
NAMES = st.sampled_from(["", "0", "1", "2", "3", "4", "5"])
ROUTES = st.sampled_from(["", "R0", "R1", "R2"])


@settings(deadline=None, max_examples=60)
@given(
    legs=st.lists(
        st.tuples(st.sampled_from(["AM", "AN", "MB", "NB", "MN", "AB"]), TIMES,
                  st.integers(1, 15), st.integers(0, 2)),
        min_size=2, max_size=6,
    ),
    rows=st.lists(
        st.builds(
            Row, st.sampled_from(["M", "N"]), st.sampled_from(["M", "N"]),
            st.sampled_from([0, 1, 2, 3]), st.sampled_from([None, 0, 120, 300]),
            st.tuples(NAMES, NAMES), st.tuples(ROUTES, ROUTES),
        ),
        max_size=5,
    ),
)  # fmt: skip
def test_times_equal_a_search_that_knows_who_came_by_what(
    tmp_path_factory: pytest.TempPathFactory, legs: Any, rows: list[Row]
) -> None:
    trips = [
        Trip(str(k), f"R{r}", where[0], where[1], leaves, leaves + 60 * ride)
        for k, (where, leaves, ride, r) in enumerate(legs)
    ]
    feed = feed_of(tmp_path_factory.mktemp("feed"), trips, rows)
    home, work, at = ends(feed)
    found = mg.travel_times(
        feed, home, work, date="2024-10-16", window=("07:00", "07:20"), percentiles=(0, 50, 100),
        slack=SLACK, max_time=90, max_transfers=2, transfer_limit=400, detour=1.3,
    )  # fmt: skip
    expected = sorted(plain(trips, rows, at))
    ranks = [expected[0], expected[9], expected[19]]
    walk = float(found["walk"].iloc[0])
    ranks = [min(v, walk) if walk <= 90 else v for v in ranks]
    assert found[["p0", "p50", "p100"]].iloc[0].tolist() == pytest.approx(ranks, abs=1e-6)


def test_a_row_of_a_station_holds_for_its_stops_and_less_than_one_of_stops(tmp_path: Path) -> None:
    text = "stop_id,stop_lat,stop_lon,location_type,parent_station\n" + "\n".join(
        f"{n},{y},{x},0,{'S' if n in 'MN' else ''}" for n, (y, x) in STOPS.items()
    )
    rows = [Row("S", "S", 1, routes=("1", "7")), Row("M", "M", 3, routes=("1", "7"))]
    trips = [COMES, SOON, LATER]
    for kept, arrives in ((rows[:1], 30), (rows, 40)):
        folder = tmp_path / str(len(kept))
        feed_of(folder, trips, kept)
        (folder / "stops.txt").write_text(text + "\nS,54.45,18.55,1,")
        feed = read_feed(folder)
        home, work, _at = ends(feed)
        table = mg.journeys(feed, home, work, date="2024-10-16", depart="07:00", slack=SLACK)
        assert float(table["arrival"].iloc[-1]) / 60 - 420 == pytest.approx(arrives)


def test_geometry_of_the_scene(tmp_path: Path) -> None:
    """M and N are within a change of each other, no other two stops are."""
    _home, _work, at = ends(feed_of(tmp_path, [COMES, SOON], []))
    points = {n: shapely.Point(p) for n, p in at.items()}
    near = {a + b for a in at for b in at if a < b and points[a].distance(points[b]) * 1.3 <= 400}
    assert near == {"MN"}


def test_stops_of_two_feeds_at_one_spot_are_one(tmp_path: Path) -> None:
    """Changing between two feeds takes what it takes within one, with streets and without."""
    both = feed_of(tmp_path / "one", [COMES, SOON._replace(leaves=SOON.leaves + 60)], [])
    first = feed_of(tmp_path / "a", [COMES], [])
    second = feed_of(tmp_path / "b", [SOON._replace(leaves=SOON.leaves + 60)], [])
    home, work, at = ends(both)
    # a street 30 m beside the stops: on it, changing at one stop would be a walk of 60 m
    street = shapely.LineString([(at[n][0] + 30, at[n][1]) for n in "AMB"])
    walk = from_lines(gpd.GeoDataFrame(geometry=[street], crs=2180), mode="walk")
    for streets in (None, walk):
        times = [
            mg.travel_times(
                feeds, home, work, date="2024-10-16", window=("07:00", "07:01"),
                percentiles=(50,), slack=SLACK, streets=streets,
            )["p50"].iloc[0]
            for feeds in (both, [first, second])
        ]  # fmt: skip
        assert np.isfinite(times[0])
        assert times[0] == times[1]
