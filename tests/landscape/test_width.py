from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import ndimage
from shapely import LineString, Point, Polygon, affinity, box

from metrogis.errors import CRSError, ParameterError, SchemaError
from metrogis.landscape import width
from metrogis.landscape.width import clear_width, ends_of, farthest_ends, minima

STRAIGHT = box(0, 0, 6000, 800)
GATES = [LineString([(0, 0), (0, 800)]), LineString([(6000, 0), (6000, 800)])]


def narrowed(corridor, barriers=None, ends=None, **options):
    """Clear width of a corridor with barriers in it."""
    free = corridor if barriers is None else shapely.difference(corridor, barriers)
    return clear_width(free, ends, corridor=corridor, **options)


@pytest.mark.parametrize("ends", [None, GATES])
def test_a_straight_corridor_and_one_that_bends(ends) -> None:
    found = narrowed(STRAIGHT, ends=ends)
    assert found.width == pytest.approx(800, rel=1e-3)
    assert not found.cut
    assert found.bottlenecks.empty
    axis = LineString([(0, 0), (3000, 0), (3000, 3000), (6000, 4000)])
    bend = axis.buffer(300, cap_style="flat", join_style="mitre")
    assert clear_width(bend).width == pytest.approx(600, rel=1e-3)
    ring = Point(0, 0).buffer(3000, quad_segs=64) - Point(0, 0).buffer(2500, quad_segs=64)
    half = ring & box(-4000, 0, 4000, 4000)
    assert clear_width(half).width == pytest.approx(500, rel=2e-3)


@pytest.mark.parametrize("ends", [None, GATES])
@pytest.mark.parametrize("gap", [1, 3, 12, 40, 120, 300, 450])
@pytest.mark.parametrize("angle", [0, 33])
def test_a_gap_is_measured_however_narrow_and_under_any_angle(ends, gap, angle) -> None:
    def turn(shape):
        return affinity.rotate(affinity.translate(shape, 4e5, 6e5), angle, origin=(4e5, 6e5))

    turned = None if ends is None else [turn(end) for end in ends]
    found = narrowed(turn(STRAIGHT), turn(box(3000, -5, 3100, 800 - gap)), turned)
    assert found.width == pytest.approx(gap, rel=0.01)
    there = turn(box(3000, 800 - gap, 3100, 800))
    assert found.place.distance(there) < 1
    assert found.bottlenecks["width"].tolist() == pytest.approx([gap], rel=0.01)
    assert found.bottlenecks.geometry[0].distance(there) < 1
    assert found.path.distance(there) < 1
    wall = turn(box(3000, -10, 3004, 810))
    assert narrowed(turn(STRAIGHT), wall, turned).cut


def test_bottlenecks_are_local_minima_below_the_threshold() -> None:
    barriers = shapely.union(box(2000, 0, 2100, 450), box(2320, 380, 2420, 800))
    found = narrowed(STRAIGHT, barriers, GATES)
    assert found.width == pytest.approx(220, rel=0.01)  # between them
    assert found.bottlenecks["width"].min() == found.width
    apart = shapely.union(box(1000, 0, 1100, 600), box(4500, 300, 4600, 800))
    found = narrowed(STRAIGHT, apart, GATES)
    assert found.bottlenecks["width"].tolist() == pytest.approx([200, 300], rel=0.01)
    assert found.bottlenecks.geometry.x.tolist() == pytest.approx([1050, 4550], abs=60)
    low = narrowed(STRAIGHT, apart, GATES, threshold=250)
    assert low.bottlenecks["width"].tolist() == pytest.approx([200], rel=0.01)
    at = minima(np.array([9.0, 4, 5, 4.8, 9, 3, 3.01, 3, 8]))
    assert at == [1, 6]  # 5 rises too little above 4.8; the middle of a long narrow stretch


def test_a_slanted_gap_is_measured_across() -> None:
    one = Polygon([(2000, 0), (3000, 0), (2500, 500)])
    two = Polygon([(1900, 800), (3600, 800), (2800, 620)])
    found = narrowed(STRAIGHT, shapely.union(one, two), GATES)
    assert found.width == pytest.approx(one.distance(two), rel=0.005)
    narrow = Polygon([(0, 0), (3000, 200), (6000, 0), (6000, 800), (3000, 500), (0, 800)])
    found = clear_width(narrow, GATES)
    assert found.width == pytest.approx(300, rel=0.01)
    assert found.place.distance(Point(3000, 350)) < 30


def test_parallel_strands_are_listed_not_added() -> None:
    found = narrowed(STRAIGHT, box(2000, 300, 4000, 600), GATES)
    assert found.width == pytest.approx(300, rel=0.01)
    assert found.strands == pytest.approx([300, 200], rel=0.01)
    assert found.path.distance(Point(3000, 150)) < 5
    holed = STRAIGHT.difference(box(2900, 100, 3100, 500))  # a hole is a barrier
    found = clear_width(holed)
    assert found.width == pytest.approx(300, rel=0.01)
    assert found.strands == pytest.approx([300, 100], rel=0.01)


def test_cuts_and_slits() -> None:
    whole = narrowed(STRAIGHT, box(3000, 0, 3100, 800), GATES)
    assert whole.cut
    assert (whole.width, whole.place, whole.path, whole.strands) == (0, None, None, [])
    slit = box(3000, 0, 3100, 795)
    assert narrowed(STRAIGHT, slit, GATES).width == pytest.approx(5, rel=0.01)
    assert narrowed(STRAIGHT, slit, GATES, min_width=10).cut
    assert narrowed(STRAIGHT, STRAIGHT).cut
    assert narrowed(STRAIGHT, box(-10, -10, 3000, 900), GATES).cut
    assert clear_width(box(0, 0, 100, 800), corridor=STRAIGHT).cut


def test_a_barrier_in_the_corner_of_an_end_does_not_cut() -> None:
    corners = shapely.union(box(0, 0, 700, 700), box(5300, 0, 6000, 700))
    found = narrowed(STRAIGHT, corners)
    assert found.width == pytest.approx(100, rel=0.01)
    across = shapely.union(box(0, 0, 900, 800), box(5100, 0, 6000, 800))
    assert narrowed(STRAIGHT, across).cut


def test_a_fork_ends_at_what_it_joins() -> None:
    arms = [
        LineString([(0, 0), (3000, 0)]).buffer(300, cap_style="flat"),
        LineString([(2900, 0), (6000, 1500)]).buffer(200, cap_style="flat"),
        LineString([(2900, 0), (6000, -1500)]).buffer(150, cap_style="flat"),
    ]
    fork = shapely.union_all(arms)
    left, up = box(-500, -400, 5, 400), Point(6000, 1500).buffer(150)
    down = Point(6000, -1500).buffer(100)
    two = ends_of(fork, shapely.union_all([left, up]))
    assert len(two) == 2
    assert clear_width(fork, two).width == pytest.approx(400, rel=0.02)
    three = ends_of(fork, shapely.union_all([left, up, down, box(90000, 0, 90001, 1)]))
    assert len(three) == 3  # the worst pair counts: one arm is 300 m wide
    assert clear_width(fork, three).width == pytest.approx(300, rel=0.02)


def test_ends_at_the_border_of_the_study_area() -> None:
    ends = ends_of(STRAIGHT, None, box(0, -5000, 6000, 5000))
    assert len(ends) == 2
    assert narrowed(STRAIGHT, box(-10, -10, 200, 900), ends).cut  # the way out is built up
    assert narrowed(STRAIGHT, None, ends).width == pytest.approx(800, rel=1e-3)
    slanted = Polygon([(0, 0), (6000, 0), (4600, 800), (0, 800)])  # the border runs aslant
    aslant = LineString([(6000, 0), (4600, 800)])
    assert clear_width(slanted, [aslant, GATES[0]]).width == pytest.approx(800, rel=1e-3)


def test_one_known_end_and_one_of_its_axis() -> None:
    near = [box(-100, 0, 10, 800)]
    assert narrowed(STRAIGHT, box(200, 0, 300, 800), near).cut
    assert narrowed(STRAIGHT, box(5000, 0, 5100, 600), near).width == pytest.approx(200, rel=0.01)


@pytest.mark.parametrize("x", [600, 2500, 4400])
def test_a_border_beside_the_corridor_leaves_it_both_ends(x: float) -> None:
    # it passes by the border of the study area somewhere in the middle
    beside = [box(2300, 800, 2700, 900)]
    assert narrowed(STRAIGHT, box(x, 0, x + 100, 800), beside).cut
    left = narrowed(STRAIGHT, box(x, 0, x + 100, 500), beside)
    assert left.width == pytest.approx(300, rel=0.01)


def test_a_spike_of_the_outline_is_no_end() -> None:
    shape = STRAIGHT | box(6000, 395, 7500, 405)
    assert clear_width(shape).width == pytest.approx(800, rel=0.01)
    assert all(end.geometry.bounds[2] < 6100 for end in farthest_ends(shape))


def by_raster(free: Polygon, cell: float) -> float:
    """Clear width between left and right edge of a 3000 x 1000 field, by distance transform."""
    x, y = np.meshgrid(np.arange(cell / 2, 3000, cell), np.arange(cell / 2, 1000, cell))
    shapely.prepare(free)
    inside = np.pad(shapely.contains_xy(free, x, y), ((1, 1), (0, 0)))
    distance = ndimage.distance_transform_edt(inside) * cell
    low, high = 0.0, 1000.0
    for _ in range(20):
        middle = (low + high) / 2
        labels, _ = ndimage.label(distance >= middle / 2, np.ones((3, 3)))
        joined = np.intersect1d(labels[:, 0], labels[:, -1])
        low, high = (middle, high) if (joined > 0).any() else (low, middle)
    return low


@given(st.integers(0, 10_000))
@example(3)
@settings(max_examples=25, deadline=None)
def test_random_barriers_equal_a_distance_transform(seed: int) -> None:
    rng = np.random.default_rng(seed)
    field, cell = box(0, 0, 3000, 1000), 5.0
    barriers = []
    for x, y, w, h, turn in rng.random((rng.integers(0, 9), 5)):
        made = affinity.rotate(box(0, 0, 30 + 400 * w, 30 + 400 * h), 90 * turn)
        barriers.append(affinity.translate(made, 300 + 2000 * x, 900 * y - 100))
    free = shapely.difference(field, shapely.union_all(barriers))
    gates = [LineString([(0, 0), (0, 1000)]), LineString([(3000, 0), (3000, 1000)])]
    found = clear_width(free, gates, spacing=10)
    expected = by_raster(free, cell)
    if expected < 4 * cell or found.width < 4 * cell:  # too narrow for the raster to tell
        assert found.width < 8 * cell
        assert expected < 8 * cell
        return
    assert found.width == pytest.approx(expected, abs=3 * cell + 0.01 * expected)
    # the disc fits all along the path
    assert shapely.covers(free, found.path)
    assert 2 * found.path.distance(free.boundary) >= 0.98 * found.width


def test_layers_with_a_crs_and_bad_input() -> None:
    corridor = gpd.GeoSeries([box(0, 0, 3000, 800), box(3000, 0, 6000, 800)], crs="EPSG:2180")
    free = gpd.GeoDataFrame(geometry=[STRAIGHT - box(3000, 0, 3100, 600)], crs="EPSG:2180")
    found = clear_width(free, corridor=corridor)
    assert found.width == pytest.approx(200, rel=0.01)
    assert found.bottlenecks.crs == corridor.crs
    with pytest.raises(CRSError):
        clear_width(corridor.to_crs("EPSG:4326"))
    with pytest.raises(CRSError):
        clear_width(free.to_crs("EPSG:2177"), corridor=corridor)
    with pytest.raises(SchemaError):
        clear_width(Polygon())
    for wrong in ({"threshold": -1}, {"spacing": 0}, {"min_width": np.nan}, {"most_strands": 0}):
        with pytest.raises(ParameterError):
            clear_width(STRAIGHT, **wrong)
    assert clear_width(Polygon(), corridor=STRAIGHT).cut


@pytest.mark.parametrize(
    ("profile", "places"),
    [
        ([50, 10, 11, 10, 50], [1, 3]),  # a rise of just the share parts two bottlenecks
        ([50, 10, 10.9, 10, 50], [1]),  # a smaller one does not: the first of equal places
        ([50, 10, 11, 10.1, 50], [1]),  # what rises must fall as far
        ([50, 20, 21, 20, 10, 50], [1, 4]),  # the share is of the narrowest place, here 1
        ([50, 20, 20.9, 20, 10, 50], [4]),
        ([50, 20, 21, 19.9, 40, 10, 50], [1, 3, 5]),
        ([10, 50, 10], [0, 2]),  # at the ends
        ([7, 7, 7, 7, 7], [2]),  # all of one width: its middle
        ([50, 10, 10.2, 10.2, 50], [2]),  # within 2 % it is one stretch
        ([50, 10, 10.21, 10.21, 50], [1]),
        ([4], [0]),
    ],
)
def test_bottlenecks_are_parted_by_a_rise_of_ten_per_cent(profile, places) -> None:
    assert width.minima(np.array(profile, dtype=float)) == places


def test_the_rise_is_a_parameter() -> None:
    profile = np.array([50, 10, 11, 10, 50], dtype=float)
    assert width.minima(profile, rise=0.11) == [1]
    assert width.minima(profile, rise=0.05) == [1, 3]
