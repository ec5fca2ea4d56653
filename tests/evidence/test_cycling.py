"""Evidence of cycle routes: tables by code, polygons, what is guessed, what was lost."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from metrogis.errors import SchemaError
from metrogis.evidence import loss, record
from metrogis.evidence.cycling import STATES, cycle_coverage, states_by_code
from metrogis.texts import both

CRS = "EPSG:2180"
CODES = ["2205011", "2205022", "2261011", "3262011"]


def municipalities() -> gpd.GeoDataFrame:
    shapes = [shapely.box(1000 * i, 0, 1000 * (i + 1), 1000) for i in range(4)]
    return gpd.GeoDataFrame({"teryt": CODES, "name": list("ABCD")}, geometry=shapes, crs=CRS)


def routes() -> gpd.GeoDataFrame:
    line = shapely.LineString([(100, 500), (3900, 500)])
    return gpd.GeoDataFrame({"highway": ["cycleway"]}, geometry=[line], crs=CRS)


def table(**rows: str) -> pd.DataFrame:
    return pd.DataFrame({"teryt": list(rows), "state": list(rows.values())}, dtype=object)


MIDDLES = np.array([[500.0 + 1000 * i, 500] for i in range(4)])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("*", "complete")], ["complete"] * 4),
        ([("*", "complete"), ("2205", "partial")], ["partial"] * 2 + ["complete"] * 2),
        ([("2205", "partial"), ("2205022", "complete")], ["partial", "complete", "none", "none"]),
        ([("22", "complete"), ("2205022", "none")], ["complete", "none", "complete", "none"]),
        ([("2205", "complete"), ("2205", "none")], ["none"] * 4),
        ([("2205", " Complete ")], ["complete", "complete", "none", "none"]),
        ([("2205", "full")], ["none"] * 4),
        ([("1111011", "complete")], ["none"] * 4),
        ([], ["none"] * 4),
    ],
)
def test_the_longest_match_decides_and_of_equals_the_weaker(rows, expected):
    frame = pd.DataFrame(rows, columns=["teryt", "state"], dtype=object)
    assert states_by_code(frame, CODES)[0].tolist() == expected
    assert states_by_code(frame.iloc[::-1], CODES)[0].tolist() == expected


def test_rows_that_name_nothing_of_the_area_are_in_the_audit():
    frame = pd.DataFrame({"teryt": ["2205011", "9999011"], "state": ["complete", "complete"]})
    _, audit = states_by_code(frame, CODES)
    assert [(row.action, row.count, row.examples) for row in audit] == [("unknown", 1, "9999011")]
    _, audit = states_by_code(table(**{"2205": "tak"}), CODES)
    assert [row.count for row in audit] == [1]


def test_codes_from_a_spreadsheet():
    frame = pd.DataFrame({"teryt": [205011.0, 2261011.0], "state": ["complete"] * 2})
    assert states_by_code(frame, ["0205011", "2261011"])[0].tolist() == ["complete"] * 2


def test_a_table_says_where_no_route_means_none():
    found = cycle_coverage(routes(), table(**{"2205": "complete"}), municipalities(), [True] * 4)
    assert not found.guessed
    assert found.evidence.known_at(MIDDLES).tolist() == [True, True, False, False]
    # the border within the county is inside what is known, the one to the next county its edge;
    # beyond the metropolis nothing is asked
    at = np.array([[1000.0, 500], [1950, 500], [50, 500]])
    assert found.evidence.known_near(at, 60).tolist() == [True, False, True]


def test_without_a_layer_what_is_drawn_decides_and_is_a_guess():
    found = cycle_coverage(routes(), None, municipalities(), [True, False, True, False])
    assert found.guessed
    assert found.state.tolist() == ["complete", "none", "complete", "none"]
    assert [(row.action, row.count) for row in found.audit] == [("guessed", 2)]
    assert found.evidence.known_at(MIDDLES).tolist() == [True, False, True, False]


def test_polygons_cover_land_not_municipalities():
    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1500, 1000)], crs=CRS)
    found = cycle_coverage(routes(), area, municipalities(), [True] * 4)
    assert found.state.tolist() == ["complete", "partial", "none", "none"]
    assert found.evidence.known_share(municipalities()).tolist() == [1.0, 0.5, 0.0, 0.0]
    hole = gpd.GeoDataFrame(
        {"state": ["complete", "none"]},
        geometry=[shapely.box(0, 0, 1500, 1000), shapely.box(0, 0, 100, 1000)],
        crs=CRS,
    )
    found = cycle_coverage(routes(), hole, municipalities(), [True] * 4)
    assert found.evidence.known_share(municipalities()).tolist() == [0.9, 0.5, 0.0, 0.0]


@pytest.mark.parametrize(("width", "known"), [(49.0, True), (51.0, False)])
def test_slivers_between_outlines_are_no_unknown_land(width, known):
    area = gpd.GeoDataFrame(
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000 + width, 0, 2000, 1000)],
        crs=CRS,
    )
    found = cycle_coverage(routes(), area, municipalities(), [True] * 4)
    assert found.evidence.known_at(np.array([[1000 + width / 2, 500]])).tolist() == [known]


def test_a_coverage_that_names_no_place_covers_nothing():
    with pytest.raises(SchemaError, match="cycle_coverage"):
        cycle_coverage(routes(), pd.DataFrame({"name": ["A"]}), municipalities(), [True] * 4)
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (9, 9)])], crs=CRS)
    with pytest.raises(SchemaError, match="not areas"):
        cycle_coverage(routes(), lines, municipalities(), [True] * 4)


@pytest.mark.parametrize(
    ("state", "known"), [("complete", True), ("partial", False), (None, False)]
)
def test_a_row_without_a_code_takes_certainty_unless_it_only_gives(state, known):
    frame = pd.DataFrame({"teryt": ["2205", None], "state": ["complete", state]}, dtype=object)
    found = cycle_coverage(routes(), frame, municipalities(), [True] * 4)
    assert found.evidence.known_at(MIDDLES[:1]).tolist() == [known]


def test_lost_rows_of_routes_stay_in_the_evidence():
    lost = record(routes(), [loss("row", both("x"), [7], where=shapely.Point(500, 500), crs=CRS)])
    found = cycle_coverage(lost, table(**{"22": "complete"}), municipalities(), [True] * 4)
    assert found.evidence.known_near(MIDDLES[:3], 400).tolist() == [False, True, True]
    anywhere = record(routes(), [loss("row", both("x"), [7])])
    found = cycle_coverage(anywhere, table(**{"*": "complete"}), municipalities(), [True] * 4)
    assert not found.evidence.known_at(MIDDLES).any()


names = st.sampled_from(["*", "22", "2205", "2205011", "2205022", "2261011", "3262", "9999"])


@given(st.lists(st.tuples(names, st.sampled_from(STATES)), max_size=5), st.data())
def test_a_row_made_weaker_or_dropped_for_good_never_adds_knowledge(rows, data):
    frame = pd.DataFrame(rows, columns=["teryt", "state"], dtype=object)
    before = cycle_coverage(routes(), frame, municipalities(), [True] * 4)
    if rows:
        i = data.draw(st.integers(0, len(rows) - 1))
        frame.loc[i, "state"] = data.draw(
            st.sampled_from(STATES[: STATES.index(rows[i][1]) + 1]), label="weaker"
        )
    after = cycle_coverage(routes(), frame, municipalities(), [True] * 4)
    assert not (after.evidence.known_at(MIDDLES) & ~before.evidence.known_at(MIDDLES)).any()
    rank = {s: i for i, s in enumerate(STATES)}
    for one, two in zip(before.state, after.state, strict=True):
        assert rank[two] <= rank[one]
