"""Smallest fixes on a street network: equal to brute force, and applied they serve."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import scipy.sparse as sparse
import shapely
from scipy.sparse.csgraph import dijkstra
from shapely import LineString, Point, box

from metrogis import read_feed, white_spots
from metrogis.streets import from_lines

CRS = "EPSG:2180"
X0, Y0 = 450_000.0, 740_000.0
TO_DEGREES = pyproj.Transformer.from_crs(2180, 4326, always_xy=True)
ENOUGH = (5.5, 6, 7, 10, 13, 14, 15, 20)
STEP = 20


def write_feed(folder, stops, trips):
    """A bus feed of every day. Stops: id -> (x, y); trips: lists of (stop, hour)."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["stop_id,stop_name,stop_lat,stop_lon"]
    for name, (x, y) in stops.items():
        lon, lat = TO_DEGREES.transform(X0 + x, Y0 + y)
        lines.append(f"{name},Stop {name},{lat!r},{lon!r}")
    times = ["trip_id,departure_time,stop_id,stop_sequence"]
    for i, calls in enumerate(trips):
        for order, (stop, hour) in enumerate(calls):
            s = round(hour * 3600)
            times.append(f"t{i},{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d},{stop},{order}")
    tables = {
        "stops": lines,
        "routes": ["route_id,route_short_name,route_type", "r,1,3"],
        "trips": ["trip_id,route_id,service_id", *(f"t{i},r,x" for i in range(len(trips)))],
        "stop_times": times,
        "calendar": [
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
            "start_date,end_date",
            "x,1,1,1,1,1,1,1,20241001,20241031",
        ],
    }
    for name, rows in tables.items():
        (folder / f"{name}.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return read_feed(folder)


def town(side=6000):
    return gpd.GeoDataFrame(
        {"teryt": ["2215011"], "name": ["Town"]},
        geometry=[box(X0 - side, Y0 - side, X0 + side, Y0 + side)],
        crs=CRS,
    )


def cells(centres, people=None):
    return gpd.GeoDataFrame(
        {"population": np.arange(1.0, len(centres) + 1) if people is None else people},
        geometry=[box(X0 + x - 9, Y0 + y - 9, X0 + x + 9, Y0 + y + 9) for x, y in centres],
        crs=CRS,
    )


COMPLETE = pd.DataFrame({"feed": "*", "teryt": ["2215011"], "mode": "all", "state": "complete"})


def streets(lines):
    """A network whose lines meet wherever they touch."""
    moved = [shapely.transform(line, lambda p: p + np.array([X0, Y0])) for line in lines]
    noded = shapely.get_parts(shapely.node(shapely.union_all(moved)))
    return from_lines(gpd.GeoDataFrame(geometry=noded, crs=CRS), mode="walk")


def check(feed, places, network, **options):
    return white_spots(
        town(), places, feed, coverage=COMPLETE, streets=network, day_types=("school_day",),
        **options,
    )  # fmt: skip


# ------------------------------------------------------------------ paths


def two_banks(rng):
    """Street lines on both banks of a river at x = 0..60, and a bridge far to the south.

    All corners are multiples of 100 m, so that places every 20 m are the same for everyone.
    """
    lines = []
    for x in (-400, -300, -200, -100, 0, 60, 160, 260, 360):
        lines.append(LineString([(x, -1500), (x, 500)]))
    for y in range(-1500, 501, 100):
        west, east = rng.random(2) < 0.7
        if west or y in (-1500, 500):
            lines.append(LineString([(-400, y), (0, y)]))
        if east or y in (-1500, 500):
            lines.append(LineString([(60, y), (360, y)]))
    lines.append(LineString([(0, -1500), (60, -1500)]))
    return lines


def brute_force(lines, home, stop, limit=500.0):
    """Shortest link between any two places 20 m apart on streets, home and stop among them."""
    noded = shapely.get_parts(shapely.node(shapely.union_all(lines)))
    number: dict[tuple[float, float], int] = {}
    rows = []
    for line in noded:
        count = max(round(np.ceil(line.length / STEP)), 1)
        points = [line.interpolate(k / count, normalized=True) for k in range(count + 1)]
        keys = [(round(p.x, 3), round(p.y, 3)) for p in points]
        ids = [number.setdefault(key, len(number)) for key in keys]
        rows += [(a, b, line.length / count) for a, b in itertools.pairwise(ids)]
    xy = np.array(list(number))
    a, b, w = (np.array(c) for c in zip(*rows, strict=True))
    graph = sparse.coo_matrix((w, (a, b)), shape=(len(xy),) * 2).tocsr()
    walks = []
    for point in (home, stop):
        gap = np.hypot(*(xy - point).T)
        at = int(gap.argmin())  # homes and stops lie square to one of the places
        own = dijkstra(graph, directed=False, indices=at) + gap[at]
        walks.append((np.vstack([xy, point]), np.append(own, 0.0)))
    (u, du), (v, dv) = walks
    length = np.maximum(np.hypot(u[:, None, 0] - v[None, :, 0], u[:, None, 1] - v[None, :, 1]), 1.0)
    fits = du[:, None] + length + dv[None, :] <= limit + 1e-6
    walk = dijkstra(graph, directed=False, indices=int(np.hypot(*(xy - home).T).argmin()))
    now = walk[int(np.hypot(*(xy - stop).T).argmin())]
    now += np.hypot(*(xy - home).T).min() + np.hypot(*(xy - stop).T).min()
    return (0.0 if now <= limit else length[fits].min()), now


@pytest.mark.parametrize("seed", range(4))
def test_the_shortest_path_equals_brute_force_and_serves(tmp_path, seed) -> None:
    rng = np.random.default_rng(seed)
    lines = two_banks(rng)
    stop = (60.0 + 4, float(rng.integers(-5, 10) * 20))
    homes = [
        (float(rng.choice([-300, -200, -100, 0])) - 4, stop[1] + 20.0 * rng.integers(-12, 13))
        for _ in range(12)
    ]
    homes = [h for h in dict.fromkeys(homes) if -1400 < h[1] < 500]
    feed = write_feed(
        tmp_path / "f", {"a": stop, "far": (5000, 0)}, [[("a", h), ("far", h + 1)] for h in ENOUGH]
    )
    table = check(feed, cells(homes), streets(lines)).features["cells"].sort_values("population")
    paths = 0
    for home, (_, row) in zip(homes, table.iterrows(), strict=True):
        best, now = brute_force(lines, home, stop)
        assert row["state"] == ("served" if now <= 500 + 1e-6 else "white")
        air = float(np.hypot(home[0] - stop[0], home[1] - stop[1]))
        if row["state"] == "served" or air > 500:
            continue
        paths += 1
        assert (row["fix"], row["fix_verified"]) == ("path", True)
        assert row["fix_size"] == pytest.approx(best, abs=0.01)
    assert paths


def test_a_path_applied_serves_its_cell_and_the_neighbours_who_gain(tmp_path) -> None:
    lines = two_banks(np.random.default_rng(11))
    stop = (64.0, 0.0)
    homes = [(-4.0, 0.0), (-104.0, 0.0), (-204.0, 40.0), (-304.0, -40.0)]
    feed = write_feed(
        tmp_path / "f", {"a": stop, "far": (5000, 0)}, [[("a", h), ("far", h + 1)] for h in ENOUGH]
    )
    people = [5.0, 10.0, 20.0, 40.0]
    for k in range(len(homes)):
        one = check(feed, cells(homes[k : k + 1]), streets(lines))
        size = one.features["cells"]["fix_size"].iloc[0]
        middle = one.features["fixes"].geometry.iloc[0]
        assert one.features["spots"]["fix_verified"].all()
        # the river is 60 m wide and is crossed at a right angle: the middle tells where
        assert size == pytest.approx(60)
        y = middle.y - Y0
        built = [*lines, LineString([(0, y), (60, y)])]
        after = check(feed, cells(homes, people), streets(built)).features["cells"]
        assert after.sort_values("population")["state"].iloc[k] == "served"


def test_people_who_gain_by_a_path_are_those_it_serves(tmp_path) -> None:
    lines = two_banks(np.random.default_rng(11))
    feed = write_feed(
        tmp_path / "f", {"a": (64.0, 0.0), "far": (5000, 0)},
        [[("a", h), ("far", h + 1)] for h in ENOUGH],
    )  # fmt: skip
    homes = [(-4.0 - 18 * k, 0.0) for k in range(24)]  # one spot in a row, from the river west
    result = check(feed, cells(homes, np.full(24, 10.0)), streets(lines))
    spot = result.features["spots"].iloc[0]
    assert (spot["fix"], bool(spot["fix_verified"])) == ("path", True)
    y = result.features["fixes"].geometry.iloc[0].y - Y0
    built = [*lines, LineString([(0, y), (60, y)])]
    after = check(feed, cells(homes, np.full(24, 10.0)), streets(built))
    served = (after.features["cells"]["state"] == "served").sum()
    assert 0 < spot["fix_people"] == 10 * served


# ------------------------------------------------------------------ new stops


def test_a_new_stop_is_walked_to_along_the_streets(tmp_path) -> None:
    # a line along y = 0; houses north of it behind a fence, with one gate at x = 1000
    stops = {"a": (0, 0), "b": (3000, 0)}
    trips = [[("a", h), ("b", h + 0.1)] for h in ENOUGH]
    road = LineString([(0, 0), (3000, 0)])
    gate = LineString([(1000, 0), (1000, 200)])
    back = LineString([(600, 200), (3000, 200)])
    homes = [(1200.0, 200.0), (1290.0, 200.0), (1320.0, 200.0), (1900.0, 200.0)]
    network = streets([road, gate, back])
    feed = write_feed(tmp_path / "f", stops, trips)
    result = check(feed, cells(homes), network)
    table = result.features["cells"].sort_values("population")
    # 400, 490, 520 and 1100 m on foot, though all live 200 m from the line
    assert table["fix"].tolist() == ["new_stop", "new_stop", "none", "none"]
    assert table["fix_verified"].tolist() == [True, True, False, False]
    for k in (0, 1):
        one = check(feed, cells(homes[k : k + 1]), network)
        at = one.features["fixes"].geometry.iloc[0]
        assert at.distance(Point(X0 + 1000, Y0)) < 13
        calls = [[("a", h), ("new", h + 0.05), ("b", h + 0.1)] for h in ENOUGH]
        more = write_feed(tmp_path / f"g{k}", {**stops, "new": (at.x - X0, at.y - Y0)}, calls)
        after = check(more, cells(homes[k : k + 1]), network)
        assert after.features["cells"]["state"].tolist() == ["served"]
    spots = result.features["spots"]
    offered = spots[spots["fix"] == "new_stop"]
    assert offered["fix_verified"].all()


@pytest.mark.parametrize(
    ("morning", "offered"),
    [((8.0, 8.5), True), ((8.98, 9.02), False), ((4.9, 5.1), False), ((8.9, 9.0), False)],
)
def test_a_new_stop_is_passed_in_the_windows(tmp_path, morning, offered) -> None:
    # the only trip of the morning leaves a at one time and reaches b at another: between them it
    # may pass outside 05-09, and then the new stop would have no departure in the window
    stops = {"a": (0, 0), "b": (3000, 0), "far": (5500, 0)}
    hours = (10, 11, 12, 13, 14, 15, 16)
    trips = [[("a", h), ("b", h + 0.1), ("far", h + 0.3)] for h in hours]
    trips.append([("a", morning[0]), ("b", morning[1]), ("far", 10.5)])
    feed = write_feed(tmp_path / "f", stops, trips)
    result = white_spots(
        town(), cells([(1500.0, 100.0)]), feed, coverage=COMPLETE, day_types=("school_day",)
    )
    row = result.features["cells"].iloc[0]
    assert (row["fix"] == "new_stop") == offered


# ------------------------------------------------------------------ a path and departures together


def bridged(lines, y):
    """The streets with a footbridge over the river."""
    return [*lines, LineString([(0, y), (60, y)])]


def test_a_path_and_departures_together_before_a_new_line(tmp_path) -> None:
    lines = two_banks(np.random.default_rng(11))
    stops, home = {"a": (64.0, 0.0), "far": (5000, 0)}, [(-104.0, 0.0)]

    def feed(name, hours):
        return write_feed(tmp_path / name, stops, [[("a", h), ("far", h + 1)] for h in hours])

    few = feed("few", ENOUGH[1:7])  # six of eight departures
    result = check(few, cells(home), streets(lines))
    row = result.features["cells"].iloc[0]
    assert (row["state"], row["cause"]) == ("white", "barrier")
    assert (row["fix"], row["fix_verified"]) == ("path_departures", True)
    assert (row["fix_size"], row["fix_departures"]) == (pytest.approx(60), 2)
    spot = result.features["spots"].iloc[0]
    assert (spot["fix"], spot["fix_place"], spot["fix_people"]) == ("path_departures", "Stop a", 1)
    assert bool(spot["fix_verified"])
    assert result.features["fixes"]["fix_departures"].tolist() == [2]
    assert "60 m of path to Stop a and 2 more departures there" in " ".join(result.sentences("en"))
    # applied it serves; the path alone, the departures alone, or one fewer of them do not
    y = result.features["fixes"].geometry.iloc[0].y - Y0
    more = {"few": ENOUGH[1:7], "one": ENOUGH[1:8], "two": ENOUGH}
    for name, hours in more.items():
        for built in (False, True):
            way = streets(bridged(lines, y) if built else lines)
            found = check(feed(f"{name}{built}", hours), cells(home), way).features["cells"]
            served = found["state"].tolist() == ["served"]
            assert served == (built and name == "two"), (name, built)


@pytest.mark.parametrize(("worth", "size", "departures"), [(10, 60, 5), (200, 360, 1)])
def test_the_cheapest_pair_is_taken(tmp_path, worth, size, departures) -> None:
    # over the river a stop that lacks five departures; farther away one that lacks one
    lines = [
        LineString([(0, 0), (-100, 0), (-100, -3000), (60, -3000), (60, 0)]),
        LineString([(-100, -3000), (-3000, -3000), (-3000, 2000), (0, 2000), (0, 360)]),
    ]
    stops = {"a": (64.0, 0.0), "b": (4.0, 364.0), "far": (9000, 0)}
    trips = [[("a", h), ("far", h + 1)] for h in (7, 14, 15)]
    trips += [[("b", h), ("far", h + 1)] for h in (6, 7, 8, 13, 14, 15, 16)]
    feed = write_feed(tmp_path / "f", stops, trips)
    result = check(feed, cells([(-4.0, 0.0)]), streets(lines), metres_per_departure=worth)
    row = result.features["cells"].iloc[0]
    assert (row["fix"], row["fix_verified"]) == ("path_departures", True)
    assert row["fix_size"] == pytest.approx(size, abs=5)
    assert row["fix_departures"] == departures
