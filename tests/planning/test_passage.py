from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, affinity, box

from metrogis.planning.passage import end_lines, passage, tips

STRAIGHT = box(0, 0, 6000, 800)


def brute_force(free, *, cell: float = 8.0) -> float:
    """Width by discs on a raster: the greatest clearance that still joins left and right end."""
    from scipy import ndimage

    x, y = np.meshgrid(np.arange(0, 6000, cell), np.arange(0, 800, cell))
    shapely.prepare(free)
    inside = shapely.contains_xy(free, x, y)
    far = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1] * cell

    def joined(radius: float) -> bool:
        label, _ = ndimage.label(far >= radius, structure=np.ones((3, 3)))
        left = set(np.unique(label[x <= radius + cell]))
        right = set(np.unique(label[6000 - x <= radius + cell]))
        return bool((left & right) - {0})

    low, high = 0.0, float(far.max())
    while high - low > cell / 8:
        middle = (low + high) / 2
        low, high = (middle, high) if joined(middle) else (low, middle)
    return 2 * low


def test_a_straight_corridor_and_one_that_bends() -> None:
    assert passage(STRAIGHT, STRAIGHT).width == pytest.approx(800, rel=1e-3)
    axis = LineString([(0, 0), (3000, 0), (3000, 3000)])
    bend = axis.buffer(300, cap_style="flat", join_style="mitre")
    assert passage(bend, bend).width == pytest.approx(600, rel=1e-3)
    ring = (Point(0, 0).buffer(3000, quad_segs=64) - Point(0, 0).buffer(2500, quad_segs=64)) & box(
        -4000, 0, 4000, 4000
    )
    assert passage(ring, ring).width == pytest.approx(500, rel=2e-3)


def test_the_wider_strand_counts_and_strands_are_listed_not_added() -> None:
    found = passage(STRAIGHT - box(2000, 200, 3000, 500), STRAIGHT)
    assert found.width == pytest.approx(300, rel=5e-3)
    assert found.strands == pytest.approx([300, 200], rel=5e-3)
    point, width = min(found.narrows, key=lambda n: n[1])
    assert width == found.width
    assert point.distance(Point(2500, 650)) < 60


def test_two_bottlenecks_are_two_places() -> None:
    free = STRAIGHT - box(1000, 0, 1400, 500) - box(4000, 350, 4200, 800)
    found = passage(free, STRAIGHT)
    for x, width in ((1200, 300), (4100, 350)):
        near = [w for p, w in found.narrows if abs(p.x - x) < 120]
        assert near == pytest.approx([width], rel=5e-3)


@pytest.mark.parametrize("angle", [0, 17, 33, 90, 141])
def test_a_wall_cuts_and_a_slit_lets_through_under_any_angle(angle) -> None:
    def turn(shape):
        return affinity.rotate(affinity.translate(shape, 4e5, 6e5), angle, origin=(4e5, 6e5))

    corridor = turn(STRAIGHT)
    assert passage(corridor - turn(box(3000, -10, 3004, 810)), corridor).width == 0
    slit = passage(corridor - turn(box(3000, 60, 3004, 810)), corridor)
    assert slit.width == pytest.approx(60, rel=0.02)


def test_a_fork_ends_at_what_it_joins() -> None:
    parts = [
        LineString([(0, 0), (3000, 0)]).buffer(300, cap_style="flat"),
        LineString([(2900, 0), (6000, 1500)]).buffer(200, cap_style="flat"),
        LineString([(2900, 0), (6000, -1500)]).buffer(150, cap_style="flat"),
    ]
    fork = shapely.union_all(parts)
    left, up, down = box(-500, -400, 5, 400), Point(6000, 1500).buffer(150), Point(6000, -1500)
    ends = end_lines(fork, shapely.union_all([left, up]), None)
    assert len(ends) == 2
    assert passage(fork, fork, ends=ends).width == pytest.approx(400, rel=0.02)
    three = end_lines(fork, shapely.union_all([left, up, down.buffer(100)]), None)
    assert len(three) == 3  # the worst pair counts: one arm is 300 m wide
    assert passage(fork, fork, ends=three).width == pytest.approx(300, rel=0.02)


def test_ends_at_the_border_of_the_study_area() -> None:
    study = box(0, -5000, 6000, 5000)
    ends = end_lines(STRAIGHT, None, study)
    assert len(ends) == 2
    blocked = STRAIGHT - box(-10, -10, 200, 900)  # the way out is built up
    assert passage(blocked, STRAIGHT, ends=ends).width == 0
    assert passage(STRAIGHT, STRAIGHT, ends=ends).width == pytest.approx(800, rel=1e-3)


def test_a_spike_of_the_outline_is_no_end() -> None:
    shape = STRAIGHT | box(6000, 395, 7500, 405)
    found = passage(shape, shape)
    assert found.width == pytest.approx(800, rel=0.01)
    assert all(p[0] < 6100 for p, _ in tips(shape))


def test_nothing_left_is_no_passage() -> None:
    assert passage(shapely.Polygon(), STRAIGHT).width == 0
    assert passage(box(0, 0, 100, 800), STRAIGHT).width == 0


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(500, 5000), st.floats(0, 750), st.floats(80, 700), st.floats(80, 500)),
        min_size=1,
        max_size=4,
    )
)
def test_width_equals_a_search_on_a_raster(blocks) -> None:
    free = STRAIGHT
    for x, y, w, h in blocks:
        free = free - box(x, y, x + w, y + h)
    study = box(0, -5000, 6000, 5000)
    found = passage(free, STRAIGHT, ends=end_lines(STRAIGHT, None, study))
    assert found.width == pytest.approx(brute_force(free), abs=26)
