from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from metrogis.checks.active_mobility.interchange_access.check import CHECK, interchange_access
from metrogis.errors import CRSError, MissingLayerError, ParameterError, SchemaError

CRS = "EPSG:2180"


def layer(shapes: list, **columns: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def municipalities(*boxes: tuple, names: str = "ABCDEFGH") -> gpd.GeoDataFrame:
    codes = [f"22{i:02d}011" for i in range(1, len(boxes) + 1)]
    return layer([box(*b) for b in boxes], teryt=codes, name=list(names[: len(boxes)]))


ONE = municipalities((0, 0, 20_000, 20_000))
LONG = LineString([(1000, 1000), (4000, 1000)])  # 3 km exactly


def routes(*lines: LineString, highway: list | None = None, **columns: list) -> gpd.GeoDataFrame:
    return layer(list(lines), highway=highway or ["cycleway"] * len(lines), **columns)


def hubs(*points: tuple, **columns: list) -> gpd.GeoDataFrame:
    names = columns.pop("name", [f"hub {i}" for i in range(len(points))])
    return layer([Point(p) for p in points], name=names, **columns)


def judged(result) -> pd.DataFrame:
    return result.features["interchanges"]


# --------------------------------------------------------------------------- stands


def racks(*points: tuple, **columns: list) -> gpd.GeoDataFrame:
    return layer([Point(p) for p in points], **columns)


def test_stands_within_the_distance_are_added_up() -> None:
    parking = racks(
        (2000, 1100), (2000, 1101), (2100, 1000), (9000, 9000), capacity=["10", "50", "7", "3"]
    )
    found = judged(interchange_access(ONE, hubs((2000, 1000)), routes(LONG), bike_parking=parking))
    assert found["bike_stands"].tolist() == [17]
    far = judged(
        interchange_access(
            ONE, hubs((2000, 1000)), routes(LONG), bike_parking=parking, parking_distance=101
        )
    )
    assert far["bike_stands"].tolist() == [67]


def test_stands_at_two_entrances_count_once_and_outlines_are_places() -> None:
    gates = layer([Point(2000, 1000), Point(2050, 1000)], interchange=["hub 0", "hub 0"])
    parking = layer([Point(2025, 1000), box(2140, 990, 2160, 1010)], capacity=["4", "8"])
    found = judged(
        interchange_access(
            ONE, hubs((2000, 1000)), routes(LONG), bike_parking=parking, interchange_entrances=gates
        )
    )
    assert found["bike_stands"].tolist() == [12]


def test_stands_are_unknown_not_none_where_the_data_do_not_tell() -> None:
    two = municipalities((0, 0, 20_000, 20_000), (20_000, 0, 40_000, 20_000))
    points = hubs((2000, 1000), (9000, 9000), (30_000, 9000), bike_stands=[5.0, 6.0, 7.0])
    without = judged(interchange_access(two, points, routes(LONG)))
    assert without["bike_stands"].tolist() == [5, 6, 7]
    parking = racks((2000, 1000), (2000, 1010), (2000, 1020), capacity=["8", "yes", None])
    result = interchange_access(two, points, routes(LONG), bike_parking=parking)
    found = judged(result)
    assert found["bike_stands"].isna().tolist() == [True, False, True]
    assert found["bike_stands"][1] == 0  # others of the municipality are mapped
    assert found["stands_known"].tolist()[:2] == [8, 0]
    assert found["racks_uncounted"].tolist()[:2] == [2, 0]
    told = {row.what.en: row.count for row in result.audit if row.layer == "bike_parking"}
    assert told["stands of unknown capacity"] == 2


def test_private_stands_do_not_count() -> None:
    parking = racks(
        (2000, 1000), (2000, 1001), capacity=[9, 4], access=["private", "yes"]
    )  # fmt: skip
    result = interchange_access(ONE, hubs((2000, 1000)), routes(LONG), bike_parking=parking)
    assert judged(result)["bike_stands"].tolist() == [4]


def test_rights_of_stands_are_read_as_openstreetmap_writes_them() -> None:
    access = [" Private", "no;yes", "Customers", "mały zadaszony", None]
    spots = [(2000, 1000 + i) for i in range(5)]
    parking = racks(*spots, capacity=[1, 2, 4, 8, 16], access=access)
    result = interchange_access(ONE, hubs((2000, 1000)), routes(LONG), bike_parking=parking)
    found = judged(result)
    assert found["stands_known"].tolist() == [18]
    assert found["racks_uncounted"].tolist() == [1]  # nobody knows who may use it
    notes = {row.what.en: (row.count, row.examples) for row in result.audit}
    assert notes["stands whose access nobody lists: unknown whether open to everyone"] == (
        1, "mały_zadaszony",
    )  # fmt: skip


@pytest.mark.parametrize(
    "tags",
    [
        {"other_tags": '"proposed:highway"=>"cycleway"'},
        {"disused:highway": "cycleway"},
        {"highway": "Construction"},
        {"highway": "cycleawy"},
    ],
)
def test_a_route_that_is_not_built_joins_nobody(tags: dict[str, str]) -> None:
    lines = layer([LONG], **{key: [value] for key, value in tags.items()})
    stood = interchange_access(ONE, hubs((2000, 1000)), routes(LONG))
    assert judged(stood)["state"].tolist() == ["yes"]
    assert "yes" not in judged(interchange_access(ONE, hubs((2000, 1000)), lines))["state"].tolist()


def test_docks_of_the_nearest_bike_share_station() -> None:
    shared_bikes = layer([Point(2300, 1000), Point(9000, 1000)], capacity=[12.0, np.nan])
    found = judged(
        interchange_access(
            ONE, hubs((2000, 1000), (9000, 1100)), routes(LONG), bike_share=shared_bikes
        )
    )
    assert found["bike_share_m"].tolist() == [300, 100]
    assert found["bike_share_docks"].tolist()[0] == 12
    assert np.isnan(found["bike_share_docks"].tolist()[1])


# --------------------------------------------------------------------------- yes, no, unknown


def test_bounds_of_distance_and_length_are_inclusive() -> None:
    lines = routes(
        LONG,
        LineString([(1000, 9000), (3999, 9000)]),  # 1 m too short
        LineString([(10_000, 1000), (11_500, 1000)]),  # 3 km in two pieces with a vertex in common
        LineString([(11_500, 1000), (11_500, 2500)]),
    )
    points = hubs((2000, 1050), (2000, 1050.01), (2000, 9000), (10_000, 950))
    found = judged(interchange_access(ONE, points, lines))
    assert found["state"].tolist() == ["yes", "no", "no", "yes"]
    assert found["reason"].tolist() == ["joined", "too_far", "too_short", "joined"]
    assert found["distance_m"].round(2).tolist() == [50, 50.01, 0, 50]
    assert found["network_km"].tolist() == [3, 0, 2.999, 3]
    assert interchange_access(ONE, points, lines, join_distance=51, min_network=2.9).municipalities[
        "interchanges_joined"
    ].tolist() == [4]


def test_gap_between_lines_decides_by_tolerance() -> None:
    lines = routes(
        LineString([(0, 500), (2000, 500)]),
        LineString([(2010, 500), (4000, 500)]),
        LineString([(4020, 500), (9000, 500)]),
    )
    found = judged(interchange_access(ONE, hubs((0, 500)), lines)).iloc[0]
    assert found[["network_km", "network_km_medium", "network_km_wide"]].tolist() == [
        2,
        3.99,
        8.97,
    ]
    assert found["state"] == "no"
    assert found["joined_medium"] is True or found["joined_medium"]
    assert judged(interchange_access(ONE, hubs((0, 500)), lines, tolerance=10))["state"][0] == "yes"


def test_places_the_data_do_not_cover_are_unknown() -> None:
    two = municipalities((0, 0, 20_000, 20_000), (20_000, 0, 40_000, 20_000))
    points = hubs((1000, 1000), (1000, 7001), (1000, 5900), (21_000, 1000))
    result = interchange_access(two, points, routes(LONG))
    found = judged(result)
    assert found["state"].tolist() == ["yes", "unknown", "no", "unknown"]
    assert found["reason"].tolist() == ["joined", "outside_data", "too_far", "outside_data"]
    assert found["distance_m"].isna().tolist() == [False, True, False, True]
    table = result.municipalities
    assert table["cycle_km"].isna().tolist() == [False, True]
    assert table["cycle_data"].isna().tolist() == [False, True]
    assert table["interchanges_unknown"].tolist() == [1, 1]
    assert table["joined_share"].tolist()[0] == 0.5
    assert np.isnan(table["joined_share"].tolist()[1])
    assert result.figures["unknown"] == 2
    assert result.figures["known"] == 2


def test_a_stub_of_the_neighbour_does_not_make_a_municipality_mapped() -> None:
    two = municipalities((0, 0, 4100, 9000), (4100, 0, 9000, 9000))
    lines = routes(LineString([(1000, 1000), (5099, 1000)]))  # 999 m in the second
    far = hubs((4500, 1500), (5099, 1000))
    assert judged(interchange_access(two, far, lines))["state"].tolist() == ["unknown", "yes"]
    longer = routes(LineString([(1000, 1000), (5100, 1000)]))  # 1 km
    assert judged(interchange_access(two, far, longer))["state"].tolist() == ["no", "yes"]


def test_network_that_goes_on_into_unmapped_land_is_not_called_too_short() -> None:
    two = municipalities((0, 0, 4000, 9000), (4000, 0, 9000, 9000))
    lines = routes(LineString([(2500, 1000), (4100, 1000)]), LineString([(0, 5000), (1500, 5000)]))
    found = judged(interchange_access(two, hubs((3000, 1000), (1000, 5000)), lines))
    assert found["state"].tolist() == ["unknown", "no"]
    assert found["reason"].tolist() == ["leaves_data", "too_short"]


def test_coverage_polygon_replaces_the_rule() -> None:
    two = municipalities((0, 0, 10_000, 10_000), (10_000, 0, 20_000, 10_000))
    covered = layer([box(0, 0, 15_000, 10_000)], name=["survey"])
    points = hubs((500, 9000), (12_000, 9000), (16_000, 9000), (14_000, 900))
    lines = routes(LONG, LineString([(14_000, 900), (15_100, 900)]))
    result = interchange_access(two, points, lines, cycle_coverage=covered)
    # 8 km from any line, yet the survey says there is none: a known "no"
    assert judged(result)["state"].tolist() == ["no", "no", "unknown", "unknown"]
    assert judged(result)["reason"].tolist()[2:] == ["outside_data", "leaves_data"]
    assert result.municipalities["cycle_km"].tolist()[0] == 3
    assert np.isnan(result.municipalities["cycle_km"].tolist()[1])
    partly = interchange_access(two, points, lines, cycle_coverage=covered, coverage_share=0.5)
    assert partly.municipalities["cycle_km"].tolist() == [3, 1.1]


def test_covered_municipality_without_lines_has_zero_not_nan() -> None:
    covered = layer([box(-1, -1, 30_000, 30_000)], name=["survey"])
    lines = routes(LONG, highway=["proposed"])
    result = interchange_access(ONE, hubs((2000, 1000)), lines, cycle_coverage=covered)
    assert result.municipalities["cycle_km"].tolist() == [0]
    assert judged(result)["state"].tolist() == ["no"]
    assert judged(result)["joined_if_planned"].tolist() == [True]
    assert judged(result)["planned_m"].tolist() == [0]
    assert judged(result)["distance_m"].isna().all()
    assert result.figures["planned_joins"] == 1
    assert len(result.features["cycle_network"]) == 0
    assert len(result.features["planned"]) == 1
    assert result.figures["networks"] == 0


def test_line_of_unknown_state_leaves_the_answer_open() -> None:
    lines = routes(
        LineString([(1000, 1000), (3000, 1000)]),
        LineString([(3000, 1000), (4000, 1000)]),
        LineString([(0, 9000), (1500, 9000)]),
        state=["built", "unknown", "built"],
    )
    found = judged(interchange_access(ONE, hubs((1000, 1000), (0, 9000)), lines))
    assert found["reason"].tolist() == ["line_state", "too_short"]
    assert found["state"].tolist() == ["unknown", "no"]


def test_unknown_entrance_may_leave_the_answer_open() -> None:
    points = hubs((2000, 1120), (3000, 1120), (3000, 1300))
    gates = layer([Point(3000, 1121)], interchange=["hub 1"])
    kept = {"interchange_entrances": gates}
    strict = interchange_access(ONE, points, routes(LONG), **kept)
    assert judged(strict)["state"].tolist() == ["no"] * 3
    assert strict.figures["doubtful"] == 1
    wide = interchange_access(ONE, points, routes(LONG), entrance_offset=100, **kept)
    assert judged(wide)["state"].tolist() == ["unknown", "no", "no"]
    assert judged(wide)["reason"].tolist()[0] == "entrance"


# --------------------------------------------------------------------------- places


def test_stations_and_interchanges_are_one_set_of_places() -> None:
    points = hubs((1000, 1000), (5000, 5000), name=["Centrum", "Port"], rank=["main", None])
    stations = layer(
        [Point(1000, 1200), Point(1000, 1201), Point(5000, 5499), Point(9000, 9000), Point(-5, 0)],
        name=["Centrum Główne", "Obok", " port ", "Las", "Obcy"],
        ref=["1", "2", "3", "4", "5"],
    )
    result = interchange_access(ONE, points, routes(LONG), rail_stations=stations)
    found = judged(result)
    assert found["name"].tolist() == ["Centrum", "Port", "Obok", "Las"]
    assert found["origin"].tolist() == ["both", "both", "station", "station"]
    assert found["ref"].tolist() == ["1", "3", "2", "4"]
    rows = {(r.layer, r.action): (r.count, r.examples) for r in result.audit}
    assert rows["rail_stations", "dropped"] == (1, "Obcy")
    assert rows["rail_stations", "noted"] == (2, "Centrum Główne, port")


@pytest.mark.parametrize("given_layer", ["interchanges", "rail_stations"])
def test_one_of_the_two_is_enough(given_layer: str) -> None:
    points = hubs((2000, 1000))
    result = interchange_access(ONE, cycle_routes=routes(LONG), **{given_layer: points})
    assert judged(result)["state"].tolist() == ["yes"]
    assert judged(result)["origin"].tolist() == [
        {"interchanges": "interchange", "rail_stations": "station"}[given_layer]
    ]


def test_repeated_names_near_each_other_are_one_place() -> None:
    stations = layer(
        [Point(1000, 1000), Point(1300, 1400), Point(1300, 1500.1), Point(9000, 9000)],
        name=["Osowa", "OSOWA ", "Osowa", "Osowa"],
    )
    result = interchange_access(ONE, None, routes(LONG), rail_stations=stations)
    # 500 m is the same place, and a chain of such steps too; 11 km away it is another one
    assert len(judged(result)) == 2
    unnamed = layer([Point(1000, 1000), Point(1001, 1000)], name=[None, None])
    assert len(judged(interchange_access(ONE, None, routes(LONG), rail_stations=unnamed))) == 2


def test_distance_is_measured_from_the_nearest_entrance() -> None:
    points = hubs((2000, 1300), (6000, 1300), id=["a", "b"])
    gates = layer(
        [Point(2000, 1040), Point(2000, 1290), Point(6000, 1200), Point(6000, 1300)],
        interchange=["hub 0", "a", "HUB 1", "nowhere"],
    )
    result = interchange_access(ONE, points, routes(LONG), interchange_entrances=gates)
    assert judged(result)["distance_m"].round(2).tolist() == [40, 2009.98]
    assert judged(result)["entrances"].tolist() == [2, 1]
    rows = {(r.layer, r.action): (r.count, r.examples) for r in result.audit}
    assert rows["interchange_entrances", "dropped"] == (1, "nowhere")
    assert ("interchanges", "guessed") not in rows


def test_every_municipality_is_a_row_and_none_without_places_has_a_share() -> None:
    three = municipalities((0, 0, 9000, 9000), (9000, 0, 18_000, 9000), (18_000, 0, 27_000, 9000))
    result = interchange_access(three, hubs((2000, 1000)), routes(LONG))
    table = result.municipalities
    assert table["teryt"].tolist() == three["teryt"].tolist()
    assert table["interchanges"].tolist() == [1, 0, 0]
    assert table["joined_share"].isna().tolist() == [False, True, True]


def test_no_place_inside_the_area() -> None:
    result = interchange_access(ONE, hubs((-10, -10)), routes(LONG))
    assert len(judged(result)) == 0
    assert np.isnan(result.figures["joined_share"])
    assert all(result.sentences("pl"))


# --------------------------------------------------------------------------- network, gaps


def test_gaps_lead_to_the_nearest_network_that_counts() -> None:
    lines = routes(
        LONG,
        LineString([(2000, 2000), (2100, 2000)]),  # a scrap near the first place
        LineString([(8000, 1000), (9000, 1000)]),  # a stretch at the second place
    )
    points = hubs((2000, 2200), (9000, 1000), (4000, 1100), (3000, 1000))
    gaps = interchange_access(ONE, points, lines).features["gaps_to_network"]
    assert gaps[["interchange", "kind", "length_m"]].values.tolist() == [
        ["hub 0", "to_infrastructure", 200.0],
        ["hub 0", "to_network", 1200.0],
        ["hub 1", "fragment_to_network", 4000.0],
        ["hub 2", "to_network", 100.0],
    ]
    assert gaps.length.tolist() == gaps["length_m"].tolist()
    assert gaps["network_km"].tolist() == [0.1, 3, 3, 3]


def test_lines_that_cross_without_joining_give_a_gap_of_no_length() -> None:
    lines = routes(LONG, LineString([(2000, 0), (2000, 1500)]))
    result = interchange_access(ONE, hubs((2000, 0)), lines)
    (gap,) = result.features["gaps_to_network"].itertuples()
    assert (gap.kind, gap.length_m, gap.geometry.is_empty) == ("fragment_to_network", 0, True)


def test_network_table_keeps_all_length() -> None:
    lines = routes(
        LONG, LineString([(4000, 1000), (4000, 2000)]), LineString([(0, 9000), (500, 9000)])
    )
    result = interchange_access(ONE, hubs((2000, 1000), (3000, 1000)), lines)
    table = result.features["cycle_network"]
    assert table["network"].tolist() == [1, 2]
    assert table["length_km"].tolist() == [4, 0.5]
    assert table["lines"].tolist() == [2, 1]
    assert table["interchanges"].tolist() == [2, 0]
    assert table.length.tolist() == [4000, 500]


# --------------------------------------------------------------------------- people


def grid(side: float, count: int, people: list | None = None) -> gpd.GeoDataFrame:
    cells = [
        box(x * side, y * side, (x + 1) * side, (y + 1) * side)
        for x in range(count)
        for y in range(count)
    ]
    return layer(cells, population=people or [100.0] * len(cells))


def test_people_by_share_of_area() -> None:
    result = interchange_access(ONE, hubs((10_000, 10_000)), routes(LONG), population=grid(5000, 4))
    found = judged(result).iloc[0]
    density = 100 / 5000**2
    radius = 800 / 1.3
    assert found["people_walk"] == pytest.approx(np.pi * radius**2 * density, rel=1e-3)
    assert found["people_bike"] == pytest.approx(np.pi * (3750 / 1.3) ** 2 * density, rel=1e-3)
    assert found["people_modelled"]
    table = result.municipalities.iloc[0]
    assert table["people_near_walk"] == pytest.approx(found["people_walk"])
    assert table["share_near_bike"] == pytest.approx(found["people_bike"] / 1600)
    assert table["population"] == 1600
    assert table["cycle_km_per_10k"] == pytest.approx(3 / 0.16)
    fine = judged(
        interchange_access(ONE, hubs((10_000, 10_000)), routes(LONG), population=grid(250, 80))
    ).iloc[0]
    assert not fine["people_modelled"]
    assert fine["people_walk"] == pytest.approx(np.pi * radius**2 * 100 / 250**2, rel=1e-3)


def test_no_population_is_nan_not_zero() -> None:
    result = interchange_access(ONE, hubs((2000, 1000)), routes(LONG))
    columns = ["people_walk", "people_bike"]
    assert judged(result)[columns].isna().all().all()
    names = ["population", "cycle_km_per_10k", "people_near_walk", "share_near_joined"]
    assert result.municipalities[names].isna().all().all()
    assert "share_near_bike" not in result.figures


def test_people_near_places_nobody_knows_of_are_not_told_to_be_unserved() -> None:
    """Hub 0 is joined, hub 1 lies where no cycle data are: of its people nothing is known."""
    two = municipalities((0, 0, 20_000, 20_000), (40_000, 0, 60_000, 20_000))
    people = layer(
        [box(2000, 1000, 2200, 1200), box(50_000, 9000, 50_200, 9200)], population=[100.0, 70.0]
    )
    places = hubs((2000, 1000), (50_000, 9000))
    result = interchange_access(two, places, routes(LONG), population=people)
    assert judged(result)["state"].tolist() == ["yes", "unknown"]
    table = result.municipalities
    assert table["people_near_bike"].tolist() == [100, 70]
    assert table["people_near_untold"].tolist() == [0, 70]
    assert table["people_near_joined"].iloc[0] == 100
    assert np.isnan(table[["people_near_joined", "share_near_joined"]].iloc[1]).all()
    assert result.figures["people_near_joined"] == 100
    assert result.figures["share_near_untold"] == pytest.approx(70 / 170)
    assert any("it is not known" in sentence for sentence in result.sentences("en"))
    # nothing is known at all: nothing is said of joined ones
    dark = interchange_access(two, places, population=people)
    assert "people_near_joined" not in dark.figures
    assert dark.figures["people_near_bike"] == 170
    # all is known: no word of doubt
    sure = interchange_access(two[:1], places[:1], routes(LONG), population=people)
    assert sure.figures["share_near_untold"] == 0
    assert not any("it is not known" in sentence for sentence in sure.sentences("en"))


def test_unknown_people_stay_unknown() -> None:
    people = [float("nan"), *[100.0] * 15]
    cells = grid(5000, 4, people)  # the first cell covers (0, 0)-(5000, 5000)
    points = hubs((2000, 1000), (12_000, 12_000))
    result = interchange_access(ONE, points, routes(LONG), population=cells)
    assert judged(result)["people_walk"].isna().tolist() == [True, False]
    assert result.municipalities["people_near_walk"].isna().all()


def test_municipal_totals_scale_people_and_length_per_head() -> None:
    totals = pd.DataFrame({"teryt": ["2201011", "2201014"], "population": [3200, 999]})
    result = interchange_access(
        ONE,
        hubs((10_000, 10_000)),
        routes(LONG),
        population=grid(5000, 4),
        population_municipal=totals,
    )
    table = result.municipalities.iloc[0]
    assert table["population"] == 3200
    assert table["cycle_km_per_10k"] == pytest.approx(3 / 0.32)
    assert table["people_near_walk"] == pytest.approx(
        np.pi * (800 / 1.3) ** 2 * 200 / 5000**2, rel=1e-3
    )


def test_overlapping_catchments_count_people_once() -> None:
    points = hubs((2000, 1000), (2010, 1000))
    result = interchange_access(ONE, points, routes(LONG), population=grid(5000, 4))
    each = judged(result)["people_walk"]
    near = result.municipalities["people_near_walk"][0]
    assert each.max() < near < 1.1 * each.max()


def test_bike_share_and_stands() -> None:
    points = hubs((2000, 1000), (3000, 1000), bike_stands=[12, None])
    bikes = layer([Point(2030, 1040)], name=["stacja"])
    found = judged(interchange_access(ONE, points, routes(LONG), bike_share=bikes))
    assert found["bike_share_m"].round(1).tolist() == [50, 970.8]
    assert found["bike_stands"].tolist()[0] == 12
    assert found["bike_stands"].isna().tolist() == [False, True]


# --------------------------------------------------------------------------- invariants


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_state_follows_from_plain_search(data: st.DataObject) -> None:
    coordinate = st.integers(0, 40).map(lambda v: v * 100.0)
    point = st.tuples(coordinate, coordinate)
    lines = data.draw(st.lists(st.tuples(point, point).filter(lambda p: p[0] != p[1]), min_size=1))
    shapes = list({frozenset(p): LineString(p) for p in lines}.values())
    spots = data.draw(st.lists(st.tuples(coordinate, coordinate), min_size=1, unique=True))
    covered = layer([box(-1e4, -1e4, 1e5, 1e5)], name=["all"])
    result = interchange_access(
        municipalities((-1000, -1000, 9000, 9000)),
        hubs(*spots),
        routes(*shapes),
        cycle_coverage=covered,
        join_distance=130,
        line_tolerance=0,  # what meets or runs together within it is tested elsewhere
    )
    for spot, row in zip(spots, judged(result).itertuples(), strict=True):
        place = Point(spot)
        near = {k for k, s in enumerate(shapes) if s.distance(place) <= 130}
        best = 0.0
        for k in near:
            group, grown = {k}, True
            while grown:
                ends = {c for g in group for c in shapes[g].coords}
                more = {j for j, s in enumerate(shapes) if set(s.coords) & ends}
                grown, group = more != group, more
            best = max(best, sum(shapes[g].length for g in group))
        assert row.network_km == pytest.approx(best / 1000)
        assert row.distance_m == pytest.approx(min(s.distance(place) for s in shapes))
        assert row.state == ("yes" if best >= 3000 - 1e-6 else "no")
        assert row.network_km <= row.network_km_medium + 1e-9 <= row.network_km_wide + 2e-9


def test_sensitivity_never_loses_joined_places_when_limits_loosen() -> None:
    points = hubs((2000, 1030), (2500, 1080), (3000, 1150))
    result = interchange_access(ONE, points, routes(LONG))
    table = result.sensitivity(join_distance=[30, 50, 100, 200])
    assert table["joined"].tolist() == [1, 1, 2, 3]
    assert table["current"].tolist() == [False, True, False, False]


# --------------------------------------------------------------------------- input


def test_missing_layers_are_named() -> None:
    with pytest.raises(MissingLayerError) as error:
        interchange_access(ONE, cycle_routes=routes(LONG))
    assert error.value.layer == "interchanges"
    assert "rail_stations" in error.value.text.pl


def test_bad_input_is_one_error() -> None:
    with pytest.raises(CRSError):
        interchange_access(ONE, hubs((1, 1)).to_crs(4326), routes(LONG))
    with pytest.raises(SchemaError):
        interchange_access(ONE, hubs((1, 1)), layer([Point(1, 1)], highway=["path"]))
    with pytest.raises(ParameterError, match="join_distance"):
        interchange_access(ONE, hubs((1, 1)), routes(LONG), joindistance=3)
    gates = layer([Point(1, 1)], name=["no column"])
    with pytest.raises(SchemaError, match="interchange_entrances"):
        interchange_access(ONE, hubs((1, 1)), routes(LONG), interchange_entrances=gates)


def test_input_is_not_changed_and_index_is_free() -> None:
    lines = routes(LONG, LineString([(4000, 1000), (4000, 2000)])).set_index(pd.Index([7, 7]))
    points = hubs((2000, 1000), (2, 2)).set_index(pd.Index(["a", "a"]))
    area = ONE.set_index(pd.Index([99]))
    before = [x.copy() for x in (area, points, lines)]
    result = interchange_access(area, points, lines)
    assert result.municipalities.index.tolist() == [99]
    assert judged(result)["state"].tolist() == ["yes", "no"]
    for old, new in zip(before, (area, points, lines), strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(old), pd.DataFrame(new))


def test_hostile_names_stay_text() -> None:
    name = "<img src=x onerror=alert(1)> {joined} ${x}"
    one = ONE.assign(name=[name])
    totals = pd.DataFrame({"teryt": ["2201011"], "population": [3200]})
    result = interchange_access(
        one, hubs((2000, 1000), name=[name]), routes(LONG), population_municipal=totals
    )
    assert judged(result)["name"].tolist() == [name]
    assert any(name in s for s in result.sentences("en"))


def test_declaration_matches_result() -> None:
    result = interchange_access(
        ONE,
        hubs((2000, 1000), (2000, 1100)),
        routes(LONG, LineString([(0, 0), (9, 9)]), highway=["path", "proposed"]),
        population=grid(5000, 4),
    )
    for table, frame in result.tables.items():
        assert [c for c in frame.columns if c != "geometry"] == [
            c for c in CHECK.columns[table] if c in frame.columns
        ]
        assert frame.crs == CRS
    for view in CHECK.views:
        assert view.column is None or view.column in result.tables[view.table]
        assert set(view.popup) <= set(CHECK.columns[view.table])
    assert len(CHECK.parameters.specs()) == len(CHECK.parameters.model_fields)
    for language in ("pl", "en"):
        for sentence in result.sentences(language):
            assert not re.search(r"[{}]|\bnan\b|None", sentence)


# --------------------------------------------------------------------------- real data


def test_real_metropolis(shared) -> None:
    data = shared / "data/omggs"
    area = gpd.read_file(data / "municipalities.gpkg")
    lines = gpd.read_file(data / "cycle_routes.geojson").to_crs(CRS)
    stations = gpd.read_file(data / "rail_stations.geojson").to_crs(CRS)
    cells = gpd.read_file(data / "population_grid_5km.gpkg")
    result = interchange_access(area, cycle_routes=lines, rail_stations=stations, population=cells)
    found = judged(result).set_index("name")
    assert len(found) == 90
    # 702.797 km as drawn, 1.834 of it closed to bicycles; what runs again counts once
    assert 700.963 - 0.3 < result.figures["network_km"] < 700.963 - 0.2
    assert result.figures["networks"] == 368
    # 117.443 km: networkx on the vertices of the lines
    assert result.figures["largest_share"] == pytest.approx(0.16760, abs=2e-4)
    joined = found.index[found["state"] == "yes"]
    assert set(joined) == {
        "Gdańsk Główny",
        "Gdańsk Matarnia",
        "Gdynia Główna",
        "Gdynia Karwiny",
        "Kuźnica (Hel)",
        "Reda",
        "Rumia",
    }
    # towns that have no line in the layer are not towns without cycle routes
    assert set(found.loc[["Malbork", "Lębork", "Pelplin", "Łeba"], "state"]) == {"unknown"}
    # the distance equals a plain search over all built lines that are open to bicycles
    tags = lines["other_tags"].fillna("")
    closed = tags.str.contains('"access"=>"no"', regex=False)
    closed &= ~tags.str.contains('"bicycle"=>', regex=False)
    closed |= lines["highway"].isin(["proposed", "construction", "steps", "rest_area"])
    built = lines[~closed]
    for name in ("Sopot", "Tczew", "Gdańsk Wrzeszcz"):
        point = found.loc[name, "geometry"]
        assert found.loc[name, "distance_m"] == pytest.approx(built.distance(point).min())
    # all built lines of the area, with their lengths, are in one municipality or another
    inside = shapely.length(
        shapely.intersection(built.geometry.to_numpy(), shapely.union_all(area.geometry))
    ).sum()
    mapped = result.municipalities["cycle_km"].sum()
    assert mapped <= inside / 1000
    assert mapped == pytest.approx(inside / 1000, rel=0.003)
    assert result.municipalities["cycle_km"].isna().sum() == 30
    near = result.municipalities[["people_near_walk", "people_near_bike", "population"]].sum()
    assert near.is_monotonic_increasing


def test_metropolis_without_cycle_layer(shared) -> None:
    data = shared / "data/som"
    area = gpd.read_file(data / "municipalities.gpkg")
    stations = gpd.read_file(data / "rail_stations.geojson").to_crs(CRS)
    cells = gpd.read_file(data / "population_grid_5km.gpkg").to_crs(CRS)
    column = next(c for c in cells if c.lower() in ("population", "tot_p", "tot_p_2018", "pop"))
    cells = cells.rename(columns={column: "population"})
    result = interchange_access(area, rail_stations=stations, population=cells)
    found = judged(result)
    assert set(found["state"]) == {"unknown"}
    assert found[["distance_m", "network_km", "planned_m"]].isna().all(axis=None)
    assert found["people_bike"].notna().any()
    assert result.municipalities["joined_share"].isna().all()
    assert result.municipalities["cycle_data"].isna().all()
    assert "network_km" not in result.figures
    assert any("whether joined is unknown" in row.what.en for row in result.audit)
