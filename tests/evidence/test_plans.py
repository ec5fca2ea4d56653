"""Plans are known on the land their zones cover, and nowhere else."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from metrogis.evidence import Evidence, loss
from metrogis.evidence.plans import PLAN_STATES, TOLERANCE, plan_cover, united
from metrogis.texts import both

WHAT = both("lost")


def municipalities() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
        geometry=[box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)],
        crs="EPSG:2180",
    )


def cover(*zones, losses=(), **options):
    base = Evidence("plans", crs="EPSG:2180").losing(losses)
    return plan_cover(base, municipalities(), zones, **options)


def test_one_zone_is_no_plan():
    found = cover(box(100, 100, 200, 200))
    assert found.state.tolist() == ["partly", "unknown"]
    assert found.share.tolist() == pytest.approx([0.01, 0])
    assert found.known.tolist() == [True, False]
    assert found.whole.tolist() == [False, False]
    inside, beside = np.array([[150.0, 150]]), np.array([[250.0, 150]])
    assert found.evidence.known_at(inside).tolist() == [True]
    assert found.evidence.known_at(beside).tolist() == [False]
    assert found.evidence.known_near(inside, 49).tolist() == [True]
    assert found.evidence.known_near(inside, 51).tolist() == [False]


def test_an_outline_tells_that_there_is_a_plan_and_not_what_it_says():
    found = cover(outlined=[True, False])
    assert found.state.tolist() == ["outline", "unknown"]
    assert found.share.tolist() == [0, 0]
    assert not found.known.any()
    assert set(found.state) <= set(PLAN_STATES)


@pytest.mark.parametrize(
    ("slit", "state"), [(TOLERANCE - 1, "yes"), (TOLERANCE, "yes"), (TOLERANCE + 1, "partly")]
)
def test_slits_up_to_the_tolerance_count_as_covered(slit, state):
    found = cover(box(0, 0, 500, 1000), box(500 + slit, 0, 1000, 1000))
    assert found.state.tolist() == [state, "unknown"]
    wider = cover(box(0, 0, 500, 1000), box(500 + slit, 0, 1000, 1000), tolerance=slit + 1)
    assert wider.state[0] == "yes"


@pytest.mark.parametrize(
    ("over", "state"), [(0, "unknown"), (TOLERANCE, "unknown"), (TOLERANCE + 1, "partly")]
)
def test_a_zone_that_spills_over_the_border_gives_the_neighbour_no_plan(over, state):
    assert cover(box(0, 0, 1000 + over, 1000)).state.tolist() == ["yes", state]


def test_a_zone_of_a_plan_counts_in_its_own_municipality_only():
    found = cover(box(0, 0, 1500, 1000), home=[0])
    assert found.state.tolist() == ["yes", "unknown"]
    assert found.evidence.known_at(np.array([[1200.0, 500]])).tolist() == [False]
    assert cover(box(0, 0, 1500, 1000), home=[-1]).state.tolist() == ["yes", "partly"]


def test_near_what_was_lost_nothing_is_known_though_a_zone_lies_there():
    whole = (box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000))
    here = loss("zone", WHAT, ["z"], where=box(100, 100, 300, 200), crs="EPSG:2180")
    found = cover(*whole, losses=[here])
    assert found.state.tolist() == ["partly", "yes"]
    assert found.share.tolist() == pytest.approx([0.98, 1])
    by_code = cover(*whole, losses=[loss("zone", WHAT, ["z"], codes=["226101"])])
    assert by_code.share.tolist() == [0, 1]
    assert by_code.state.tolist() == ["partly", "yes"]
    for anywhere in (loss("zone", WHAT, ["z"]), loss("zone", WHAT, ["z"], codes=["999999"])):
        assert cover(*whole, losses=[anywhere]).share.tolist() == [0, 0]


def test_a_municipality_without_outline_has_no_known_land():
    frame = municipalities()
    frame.geometry = [box(0, 0, 1000, 1000), shapely.Polygon()]
    found = plan_cover(Evidence("plans", crs="EPSG:2180"), frame, [box(0, 0, 3000, 3000)])
    assert found.state.tolist() == ["yes", "unknown"]


squares = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 9)), max_size=60, unique=True)


def tiles(cells):
    return [box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100) for x, y in cells]


@given(squares, squares, st.randoms())
def test_cover_is_what_the_zones_cover_however_they_are_drawn(cells, more, random):
    zones = tiles(cells)
    found = cover(*zones)
    expected = [sum(x < 10 for x, _ in cells) / 100, sum(x >= 10 for x, _ in cells) / 100]
    assert found.share.tolist() == pytest.approx(expected, abs=1e-9)
    drawn = [shapely.segmentize(shapely.reverse(z), random.choice([7, 100])) for z in zones]
    random.shuffle(drawn)
    home = [random.choice([-1, int(z.centroid.x > 1000)]) for z in drawn]
    again = cover(*drawn, home=home)
    joined = cover(shapely.union_all(zones)) if zones else found
    for other in (again, joined):
        assert other.state.tolist() == found.state.tolist()
        assert other.share.tolist() == pytest.approx(found.share.tolist(), abs=1e-9)
    # less land with a plan never adds certainty
    places = np.array([(100 * x + 50, 100 * y + 50) for x in range(20) for y in range(10)])
    fewer = cover(*tiles([c for c in cells if c not in more]))
    sure, less = found.evidence.known_at(places), fewer.evidence.known_at(places)
    assert not (less & ~sure).any()
    assert sure.sum() == len(cells)


@given(st.lists(st.tuples(*[st.integers(0, 12)] * 2, *[st.integers(1, 6)] * 2), max_size=8))
def test_the_fast_union_is_the_union(bands):
    shapes = np.array([box(x, y, x + w, y + h) for x, y, w, h in bands], dtype=object)
    assert united(shapes).area == pytest.approx(shapely.union_all(shapes).area)
