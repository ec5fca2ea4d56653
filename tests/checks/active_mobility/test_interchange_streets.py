from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from shapely import LineString, Point, box

from metrogis.checks.active_mobility.interchange_access import street_presentation as texts
from metrogis.checks.active_mobility.interchange_access.check import CHECK, interchange_access
from metrogis.checks.active_mobility.interchange_access.street_tables import quantile
from metrogis.errors import CRSError, ParameterError
from metrogis.landscape import grid as grids
from metrogis.streets import from_lines, read_osm
from metrogis.streets.arc_stress import arc_stress
from metrogis.streets.slope import with_slope
from metrogis.streets.uptake import bike_share
from metrogis.streets.ways import air_pairs, ways_to

CRS = "EPSG:2180"
AREA = gpd.GeoDataFrame(
    {"teryt": ["2261011"], "name": ["A"]}, geometry=[box(-500, -500, 9000, 9000)], crs=CRS
)
ROUTES = gpd.GeoDataFrame(
    {"highway": ["cycleway"]}, geometry=[LineString([(0, 8000), (4000, 8000)])], crs=CRS
)


def streets(*lines: list, mode: str = "bike", **columns: list) -> Any:
    columns.setdefault("highway", ["residential"] * len(lines))
    frame = gpd.GeoDataFrame(columns, geometry=[LineString(c) for c in lines], crs=CRS)
    return from_lines(frame, mode=mode)


def hub(*points: tuple, **columns: list) -> gpd.GeoDataFrame:
    names = [f"hub {i}" for i in range(len(points))]
    return gpd.GeoDataFrame(
        {"name": names, **columns}, geometry=[Point(p) for p in points], crs=CRS
    )


def cells(*centres: tuple, people: list | None = None, size: float = 100) -> gpd.GeoDataFrame:
    shapes = [box(x - size / 2, y - size / 2, x + size / 2, y + size / 2) for x, y in centres]
    counts = people or [100.0] * len(centres)
    return gpd.GeoDataFrame({"population": counts}, geometry=shapes, crs=CRS)


def run(given: Any, hubs: Any, homes: Any = None, **more: Any) -> Any:
    result = interchange_access(AREA, hubs, ROUTES, streets=given, population=homes, **more)
    return result, result.features["interchanges"]


# --------------------------------------------------------------------------- people in reach


def test_reach_is_by_street_and_includes_its_bound() -> None:
    walk = streets([(0, 0), (1000, 0), (2000, 0)], [(1000, 0), (1000, 2000)], mode="walk")
    homes = cells((1000, 300), (1000, 301), people=[10.0, 7.0], size=1)
    result, found = run(walk, hub((500, 0)), homes)
    assert found["people_walk_streets"].tolist() == [10]  # 300 + 500 m is in, 301 + 500 is out
    assert found["people_bike_streets"].isna().all()  # no cycling network was given
    assert result.municipalities["people_walk_streets"].tolist() == [10]
    assert result.municipalities["share_walk_streets"].tolist() == [10 / 17]
    _, found = run(walk, hub((500, 0)), homes, walk_limit=801)
    assert found["people_walk_streets"].tolist() == [17]


def test_travel_is_towards_the_interchange() -> None:
    oneway = streets([(0, 0), (1000, 0)], [(1000, 0), (1000, 900), (0, 900), (0, 0)],
                     oneway=["yes", "yes"])  # fmt: skip
    homes = cells((100, 0), (900, 0), people=[10.0, 7.0], size=1)
    _, found = run(oneway, hub((500, 0)), homes, bike_limit=500, street_part=0)
    assert found["people_bike_streets"].tolist() == [10]


def test_the_nearest_entrance_counts() -> None:
    walk = streets([(0, 0), (2000, 0)], mode="walk")
    gates = gpd.GeoDataFrame(
        {"interchange": ["hub 0", "hub 0"]}, geometry=[Point(100, 0), Point(600, 0)], crs=CRS
    )
    homes = cells((1400, 0), (1401, 0), people=[10.0, 7.0], size=1)
    _, found = run(walk, hub((350, 0)), homes, interchange_entrances=gates)
    assert found["people_walk_streets"].tolist() == [10]


def test_overlapping_reach_counts_people_once_in_the_municipality() -> None:
    walk = streets([(0, 0), (2000, 0)], mode="walk")
    result, found = run(walk, hub((400, 0), (1000, 0)), cells((700, 0), size=1))
    assert found["people_walk_streets"].tolist() == [100, 100]
    assert result.municipalities["people_walk_streets"].tolist() == [100]


# --------------------------------------------------------------------------- stress


def test_low_stress_reach_and_the_test_of_1_25() -> None:
    # straight: a main road; beside it a residential detour of 1000 + 2 * side
    def both(side: float) -> Any:
        return streets(
            [(0, 0), (1000, 0)],
            [(0, 0), (0, side), (1000, side), (1000, 0)],
            highway=["primary", "residential"],
        )

    home = cells((0, 0), size=1)
    for side, direct, calm in ((125, 100, 100), (126, 0, 100), (1376, 0, 0)):
        result, found = run(both(side), hub((1000, 0)), home)
        assert found["people_bike_streets"].tolist() == [100]
        assert found["people_bike_direct"].tolist() == [direct]
        assert found["people_bike_calm"].tolist() == [calm]
        assert found["calm_share"].tolist() == [direct / 100]
        assert result.municipalities["calm_share"].tolist() == [direct / 100]
    _, found = run(both(126), hub((1000, 0)), home, stress_limit=4)
    assert found["people_bike_direct"].tolist() == [100]
    _, found = run(both(126), hub((1000, 0)), home, direct_ratio=1.26)
    assert found["people_bike_direct"].tolist() == [100]


def test_unrated_streets_leave_low_stress_open() -> None:
    given = streets([(0, 0), (1000, 0)], highway=["service"])
    _, found = run(given, hub((1000, 0)), cells((0, 0), size=1), stress_rules="r5")
    assert found["people_bike_calm"].tolist() == [0]
    assert found["people_bike_calm_maybe"].tolist() == [100]
    bare = from_lines(
        gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1000, 0)])], crs=CRS), mode="bike"
    )
    result, found = run(bare, hub((1000, 0)), cells((0, 0), size=1))
    assert found[["people_bike_calm", "people_bike_calm_maybe"]].values.tolist() == [[0, 100]]
    assert found["infrastructure_share"].isna().all()
    assert any("level of traffic stress unknown" in row.what.en for row in result.audit)


def test_stress_differs_by_direction_and_counts_defaults() -> None:
    given = streets(
        [(0, 0), (1000, 0)], [(1000, 0), (1500, 0)],
        highway=["tertiary", "residential"],
        **{"cycleway:right": ["track", None], "maxspeed": ["50", "30"], "lanes": ["2", "2"]},
    )  # fmt: skip
    levels = arc_stress(given)
    tertiary = given.lengths == 1000
    assert sorted(levels.level[tertiary].tolist()) == [1, 3]
    assert not levels.on_defaults.any()
    _, found = run(
        given, hub((1000, 0), (0, 0)), cells((0, 0), (1000, 0), people=[10.0, 7], size=1)
    )
    # with the track to the first; against it, on the roadway, nobody rides calmly to the second
    assert found["people_bike_calm"].tolist() == [17, 10]
    bare = streets([(0, 0), (1000, 0)])
    assert arc_stress(bare).on_defaults.all()
    result, found = run(bare, hub((1000, 0)), cells((0, 0), size=1))
    assert found["stress_default_share"].tolist() == [1]
    assert result.figures["stress_default_share"] == 1


# --------------------------------------------------------------------------- unknown, barriers


def test_outside_the_street_data_is_unknown() -> None:
    given = streets([(0, 0), (1000, 0)], mode="walk")
    homes = cells((0, 0), (500, 251), people=[10.0, 7.0], size=1)
    result, found = run(given, hub((500, 0), (500, 400)), homes)
    assert found["on_streets"].tolist()[0] is True
    assert found["on_streets"].isna().tolist() == [False, True]
    assert found["people_walk_streets"].tolist()[0] == 10
    assert np.isnan(found["people_walk_streets"].tolist()[1])
    assert found["people_at_least"].tolist()[0] is True
    assert result.municipalities["people_off_streets"].tolist() == [7]
    assert result.figures["off_streets_places"] == 1
    assert result.figures["off_streets_people"] == 7


def test_people_unknown_in_a_cell_make_the_rest_a_lower_bound() -> None:
    given = streets([(0, 0), (1000, 0)], mode="walk")
    homes = cells((0, 0), (100, 0), people=[10.0, np.nan], size=1)
    _, found = run(given, hub((500, 0)), homes)
    assert found["people_walk_streets"].tolist() == [10]
    assert found["people_at_least"].tolist() == [True]


def test_a_barrier_is_near_by_air_and_far_by_street() -> None:
    # a railway along y = 50, one bridge at x = 2000
    given = streets(
        [(0, 0), (2000, 0)], [(0, 100), (2000, 100)], [(2000, 0), (2000, 100)], mode="walk"
    )
    homes = cells((100, 100), (1800, 100), (100, 0), people=[10.0, 7.0, 3.0], size=1)
    result, found = run(given, hub((100, 0), (1900, 0)), homes)
    assert found["barrier_walk"].tolist() == [10, 0]
    assert found["people_walk_streets"].tolist() == [3, 7]
    blocked = result.features["barriers"]
    assert blocked[["interchange", "mode", "people", "homes"]].values.tolist() == [
        ["hub 0", "walk", 10.0, 1]
    ]
    assert blocked["air_m"].tolist() == [100]
    assert blocked["way_m"].isna().tolist() == [True]  # farther than was searched
    assert result.municipalities["people_walk_barrier"].tolist() == [10]


def test_detours_are_a_whole_distribution() -> None:
    given = streets([(0, 0), (400, 0)], [(400, 0), (400, 300)], mode="walk")
    homes = cells((100, 0), (400, 300), people=[30.0, 10.0], size=1)
    result, found = run(given, hub((400, 0)), homes)
    table = result.features["detours"]
    assert table["people"].tolist() == [40]
    assert table[["q50", "q95"]].values.tolist() == [[1, 1]]
    result, found = run(given, hub((0, 0)), homes, walk_limit=1000, detour_from=50)
    table = result.features["detours"].iloc[0]
    assert table[["q50", "q75"]].tolist() == [1, 1]
    assert table["q90"] == pytest.approx(700 / 500)
    assert table[["good_share", "over_share"]].tolist() == [0.75, 0]
    assert found["detour_walk"].tolist() == [1]


def test_share_on_infrastructure_and_longest_break() -> None:
    given = streets(
        [(0, 0), (300, 0)], [(300, 0), (500, 0)], [(500, 0), (1000, 0)], [(1000, 0), (1100, 0)],
        highway=["residential", "cycleway", "residential", "cycleway"],
    )  # fmt: skip
    _, found = run(given, hub((1100, 0)), cells((0, 0), size=1))
    assert found["infrastructure_share"].tolist() == [pytest.approx(300 / 1100)]
    assert found["longest_break_m"].tolist() == [500]


def test_bike_parking_counts_each_home_at_its_nearest_interchange() -> None:
    given = streets([(0, 0), (4000, 0)])
    homes = cells((1000, 0), people=[1000.0], size=1)
    _, found = run(given, hub((0, 0), (2500, 0), bike_stands=[10, 30]), homes)
    share = 1 / (1 + np.exp(-(-3.959 - 0.5963 + 1.866 + 0.00805)))
    assert found["potential_bikes"].tolist() == [pytest.approx(1000 * share), 0]
    assert found["stands_missing"].tolist() == [np.ceil(1000 * share) - 10, 0]
    assert (found["potential_bikes_dutch"] >= found["potential_bikes"]).all()


# --------------------------------------------------------------------------- kernels


@pytest.mark.parametrize("seed", range(4))
def test_ways_equal_shortest_paths_of_the_network(seed: int) -> None:
    rng = np.random.default_rng(seed)
    side, step = 6, 200.0
    lines, ways, kinds = [], [], []
    for i in range(side):
        for j in range(side):
            for di, dj in ((1, 0), (0, 1)):
                if i + di < side and j + dj < side and rng.random() < 0.9:
                    ends = np.array([(i, j), (i + di, j + dj)]) * step
                    lines.append(
                        np.vstack([ends[:1], ends.mean(0) + rng.normal(0, 20, 2), ends[1:]])
                    )
                    ways.append(rng.choice(["yes", "no"], p=[0.2, 0.8]))
                    kinds.append(rng.choice(["cycleway", "residential"]))
    given = streets(*lines, highway=kinds, oneway=ways)
    mark = (given.ways["highway"] == "cycleway").to_numpy()[given.edge_way]
    gates = given.snap(rng.uniform(0, 1000, (5, 2)), component=None)
    owner = np.array([0, 0, 1, 2, 1])
    homes = given.snap(rng.uniform(0, 1000, (40, 2)), component=None)
    found, _ = ways_to(given, gates, owner, homes, limit=1200, marked=mark)
    row = {(p, h): i for i, (p, h) in enumerate(zip(found.place, found.home, strict=True))}
    for place in range(3):
        mine = np.flatnonzero(owner == place)
        for home in range(40):
            way = given.paths(homes[np.repeat(home, len(mine))], gates[mine])
            cost = way.distance + gates.distance[mine] + homes.distance[home]
            best = int(np.argmin(cost))
            if not cost[best] <= 1200:
                assert (place, home) not in row
                continue
            i = row[place, home]
            assert found.cost[i] == pytest.approx(cost[best])
            if (np.sort(cost)[1:] - cost[best] < 1e-6).any():
                continue  # two entrances equally near: either way is right
            steps = way.steps()
            steps = steps[steps["path"] == best]
            on, run_, longest = 0.0, 0.0, 0.0
            for metres, flag in zip(steps["metres"], mark[steps["edge"]], strict=True):
                on += metres * flag
                run_ = 0.0 if flag else run_ + metres
                longest = max(longest, run_)
            assert found.metres[i] == pytest.approx(steps["metres"].sum())
            assert found.marked[i] == pytest.approx(on)
            assert found.longest[i] == pytest.approx(longest)


def test_pairs_by_air_equal_plain_search() -> None:
    rng = np.random.default_rng(1)
    gates, owner, homes = rng.uniform(0, 100, (6, 2)), np.array([0, 1, 0, 2, 2, 1]), \
        rng.uniform(0, 100, (30, 2))  # fmt: skip
    place, home, metres = air_pairs(gates, owner, homes, limit=40)
    found = dict(zip(zip(place.tolist(), home.tolist(), strict=True), metres, strict=True))
    for p in range(3):
        for h in range(30):
            least = np.hypot(*(gates[owner == p] - homes[h]).T).min()
            assert ((p, h) in found) == (least <= 40)
            if least <= 40:
                assert found[p, h] == pytest.approx(least)


def test_weighted_quantile_equals_repeated_values() -> None:
    rng = np.random.default_rng(2)
    values, weights = rng.normal(size=30), rng.integers(0, 5, 30).astype(float)
    plain = np.repeat(values, weights.astype(int))
    shares = [0.05, 0.25, 0.5, 0.75, 0.9, 1]
    wanted = np.quantile(plain, shares, method="inverted_cdf")
    assert quantile(values, weights, shares).tolist() == wanted.tolist()
    assert np.isnan(quantile(values, np.zeros(30), 0.5)).all()


# --------------------------------------------------------------------------- contract


def test_declaration_matches_result_with_and_without_streets() -> None:
    given = [streets([(0, 0), (1000, 0)]), streets([(0, 0), (1000, 0)], mode="walk")]
    for value in (given, None):
        result, _ = run(value, hub((500, 0)), cells((0, 0), size=1))
        assert set(result.tables) == set(CHECK.columns)
        for table, frame in result.tables.items():
            declared = [c for c in CHECK.columns[table] if c in frame.columns]
            assert [c for c in frame.columns if c != "geometry"] == declared
            assert frame.crs == CRS
        for language in ("pl", "en"):
            for sentence in result.sentences(language):
                assert not re.search(r"[{}]|\bnan\b|None", sentence)
    names = {*texts.HUB_COLUMNS, "geometry"}
    assert result.features["interchanges"][[*names - {"geometry"}]].isna().all().all()


def test_wrong_streets_are_one_clear_error() -> None:
    with pytest.raises(ParameterError, match="streets"):
        run("streets.osm.pbf", hub((500, 0)))
    other = from_lines(
        gpd.GeoDataFrame(geometry=[LineString([(0, 0), (9, 0)])], crs="EPSG:2177"), mode="walk"
    )
    with pytest.raises(CRSError, match="streets"):
        run(other, hub((500, 0)))


# --------------------------------------------------------------------------- real and demo data


def test_the_station_cut_off_by_the_railway(demo_metro: Any, demo_truth: Any) -> None:
    data = demo_metro
    told = next(i for i in demo_truth if i["kind"] == "interchange_cut_off")["expected"]
    # its housing as one cell: what the truth says of it, whatever the rest of the raster holds
    housing = cells((told["housing_x"], told["housing_y"]), people=[told["housing_people"]])
    result = interchange_access(
        data.municipalities,
        data.interchanges,
        data.cycle_routes,
        interchange_entrances=data.interchange_entrances,
        population=housing,
        streets=data.streets,
        detour_limit=1.4,
    )
    found = result.features["interchanges"].set_index("name").loc["Podtorze"]
    assert found["on_streets"]
    assert found["people_walk_streets"] == 0
    # told of, either way: behind a barrier, or where the data have no street; never dropped
    lost = found["barrier_walk"] + found["people_off_streets"]
    assert lost == pytest.approx(told["housing_people"])
    assert result.municipalities["people_walk_streets"].sum() == 0


def test_streets_change_no_answer_of_route_access(demo_metro: Any) -> None:
    data = demo_metro
    layers = (data.municipalities, data.interchanges, data.cycle_routes)
    without = interchange_access(*layers).features["interchanges"]
    along = interchange_access(*layers, streets=data.streets)
    found = along.features["interchanges"]
    assert found["state"].tolist() == without["state"].tolist()
    assert without["people_walk_streets"].isna().all()
    # no population: people are unknown, the streets still tell detours
    assert found["people_bike_streets"].isna().all()
    assert found["detour_bike"].ge(1).all()
    outline = along.features["catchments"]
    km = outline.pivot(index="interchange", columns="kind", values="street_km")
    assert (km["bike_calm"] <= km["bike"] * (1 + 1e-9)).all()
    assert along.municipalities["people_bike_streets"].isna().all()


@pytest.mark.parametrize(
    ("path", "crs", "side"),
    [
        ("walbrzych/streets_overpass.json", "EPSG:2180", "right"),
        ("newport/streets.osm.pbf", "EPSG:27700", "left"),
    ],
)
def test_real_streets_without_population(shared: Path, path: str, crs: str, side: str) -> None:
    network = read_osm(shared / "data" / path, mode="bike", crs=crs)
    x, y = np.median(network.x), np.median(network.y)
    area = gpd.GeoDataFrame(
        {"teryt": ["0200000"], "name": ["A"]}, geometry=[box(x - 9e4, y - 9e4, x + 9e4, y + 9e4)],
        crs=crs,
    )  # fmt: skip
    lines = gpd.GeoDataFrame(
        {"highway": ["cycleway"]}, geometry=[LineString([(x, y), (x + 4000, y)])], crs=crs
    )
    points = gpd.GeoDataFrame(
        {"name": ["middle", "far"]}, geometry=[Point(x, y), Point(x + 8e4, y)], crs=crs
    )
    result = interchange_access(
        area, points, lines, streets=network, driving_side=side, bike_limit=2500
    )
    found = result.features["interchanges"].set_index("name")
    assert found["on_streets"].isna().tolist() == [False, True]
    assert found["people_bike_streets"].isna().all()
    assert found.loc["middle", "detour_bike"] > 1
    assert 0 < found.loc["middle", "stress_default_share"] <= 1
    assert np.isnan(found.loc["far", "detour_bike"])
    assert result.municipalities["people_bike_streets"].isna().all()
    outline = result.features["catchments"].set_index("kind").geometry
    assert shapely.area(outline["bike"]) > 5e5
    assert shapely.area(outline["bike_calm"]) < shapely.area(outline["bike"])


def test_slope_is_in_the_weights_of_a_network_given() -> None:
    flat = streets([(0, 0), (3000, 0)])
    rise = np.tile(np.arange(40) * 5.0, (20, 1))  # 5 per cent up to the east
    steep = with_slope(flat, rise, (100.0, 0.0, -500.0, 0.0, -100.0, 1000.0))
    homes = cells((200, 0), (2900, 0), people=[10.0, 7.0], size=1)
    # 2700 m: uphill as 4050 flat metres, downhill less
    _, found = run((steep,), hub((2900, 0), (200, 0)), homes)
    assert found["people_bike_streets"].tolist() == [7, 17]
    _, found = run(flat, hub((2900, 0), (200, 0)), homes)
    assert found["people_bike_streets"].tolist() == [17, 17]


# --------------------------------------------------------------------------- gradients


def hill(per_cent: float = 5.0, *, known_to: float = 9000.0, crs: str = CRS) -> grids.Grid:
    """Return heights that rise to the east; unknown east of ``known_to``."""
    east = np.arange(-500.0, 9500.0, 100) + 50
    values = np.tile(np.where(east < known_to, east * per_cent / 100, np.nan), (100, 1))
    return grids.read(values, transform=Affine(100, 0, -500, 0, -100, 9500), crs=crs)


def test_uphill_homes_reach_farther_than_downhill_ones() -> None:
    # towards (3000, 0): homes in the west climb 5 %, those in the east roll down
    given = streets([(0, 0), (1000, 0), (3000, 0), (5000, 0), (6000, 0)])
    homes = cells((1000, 0), (5000, 0), people=[10.0, 7.0], size=1)
    flat, up, down = 2000.0, 2000 * 21.6 / (21.6 - 7.2), 2000 * 21.6 / (21.6 + 4.3)
    for limit, people in ((down + 1, 7), (up - 1, 7), (up + 1, 17)):
        result, found = run(given, hub((3000, 0)), homes, elevation=hill(), bike_limit=limit)
        assert found["people_bike_streets"].tolist() == [people]
        level = 17 if limit > flat else 0
        assert found["people_bike_flat"].tolist() == [level]
        assert result.municipalities["people_bike_streets"].tolist() == [people]
    assert found["slope_percent"].tolist() == [pytest.approx(5)]
    assert result.figures["slope_median"] == pytest.approx(5)
    assert any("5.0%" in sentence for sentence in result.sentences("en"))
    assert found["detour_bike"].tolist() == [pytest.approx(1)]  # metres, not effort
    _, found = run(
        given, hub((3000, 0)), homes, elevation=hill(), bike_limit=up - 1, uphill_loss=1.0
    )
    assert found["people_bike_streets"].tolist() == [17]


def test_gradients_lower_the_potential() -> None:
    given = streets([(0, 0), (1000, 0), (2000, 0)])
    _, found = run(given, hub((2000, 0)), cells((0, 0), people=[1000.0], size=1), elevation=hill())
    wanted = 1000 * bike_share(2.0, 5.0)
    assert found["potential_bikes"].tolist() == [pytest.approx(float(wanted))]
    _, found = run(given, hub((2000, 0)), cells((0, 0), people=[1000.0], size=1))
    assert found["potential_bikes"].tolist() == [pytest.approx(float(1000 * bike_share(2.0)))]
    assert found[["people_bike_flat", "slope_percent"]].isna().all(axis=None)


def test_reach_is_unknown_where_heights_are() -> None:
    ends = [(x, 0) for x in (0, 1000, 2000, 3000, 8000, 8500)]
    given = streets(*(list(pair) for pair in itertools.pairwise(ends)))
    homes = cells((1000, 0), (8500, 0), people=[10.0, 7.0], size=1)
    result, found = run(
        given, hub((500, 0), (8000, 0)), homes, elevation=hill(0, known_to=4000), bike_limit=2000
    )
    assert found["people_bike_streets"].tolist()[0] == 10
    assert np.isnan(found["people_bike_streets"].tolist()[1])
    assert found["people_bike_flat"].tolist() == [10, 7]
    assert result.municipalities["people_bike_streets"].tolist() == [10]
    assert result.municipalities["people_off_streets"].tolist() == [7]
    told = {row.what.en: row.count for row in result.audit}
    assert told["interchanges in whose reach heights are missing: cycling reach unknown"] == 1
    assert told["streets of unknown height: counted as flat"] >= 1


def test_heights_must_share_the_crs() -> None:
    given = streets([(0, 0), (1000, 0)])
    with pytest.raises(CRSError):
        run(given, hub((0, 0)), elevation=hill(crs="EPSG:2177"))


# --------------------------------------------------------------------------- infrastructure by tags


def test_without_routes_tags_of_streets_tell_of_infrastructure() -> None:
    given = streets(
        [(0, 0), (3000, 0)], [(3000, 0), (3000, 500)], highway=["cycleway", "residential"]
    )
    result = interchange_access(AREA, hub((0, 40), (3000, 500)), streets=given)
    found = result.features["interchanges"]
    assert found["state"].tolist() == ["yes", "no"]
    assert found["distance_m"].tolist() == [40, 500]
    assert any("from tags of streets" in row.what.en for row in result.audit)
    assert result.municipalities["cycle_km"].tolist() == [3]
