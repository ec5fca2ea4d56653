"""Lines counted once are remembered by their shapes, and what is remembered stays as it was."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from metrogis.streets.overlaps import counted_once, overlapping


def test_answers_are_of_the_shapes_asked_for_and_changing_one_changes_no_other():
    lines = np.array([LineString([(0, 0), (9, 0)]), LineString([(4, 0), (9, 0), (9, 3)])])
    first = counted_once(lines)
    assert shapely.length(first).tolist() == [9.0, 3.0]
    first[0] = None
    assert shapely.length(counted_once(lines.copy())).tolist() == [9.0, 3.0]
    lines[0] = LineString([(0, 0), (5, 0)])  # the same array, another line: asked anew
    assert shapely.length(counted_once(lines)).tolist() == [4.0, 8.0]


def test_lines_missing_empty_and_none_at_all_are_kept_as_they_are():
    lines = np.array([None, LineString(), LineString([(0, 0, 5), (3, 0, 5)])], dtype=object)
    found = counted_once(lines)
    assert found[0] is None
    assert found[1].is_empty
    assert shapely.get_coordinates(found[2], include_z=True).tolist() == [[0, 0, 5], [3, 0, 5]]
    assert len(counted_once(np.zeros(0, dtype=object))) == 0


def test_a_line_that_runs_along_itself_counts_once_also_when_it_is_alone():
    there_and_back = np.array([LineString([(0, 0), (9, 0), (2, 0)])])
    assert overlapping(there_and_back).tolist() == [True]
    assert shapely.length(counted_once(there_and_back)).tolist() == [9.0]


def test_a_line_that_only_crosses_itself_is_whole():
    eight = LineString([(0, 0), (9, 9), (9, 0), (0, 9)])
    beside = [LineString([(20, 0), (29, 0)]), LineString([(20, 0), (25, 0)])]
    lines = np.array([eight, *beside])
    assert overlapping(lines).tolist() == [False, True, True]
    assert counted_once(lines)[0].equals_exact(eight)
    assert shapely.length(counted_once(lines)[1:]).tolist() == [9.0, 0.0]


def test_lines_that_touch_or_cross_share_no_stretch():
    lines = np.array([
        LineString([(0, 0), (9, 0)]), LineString([(9, 0), (9, 9)]), LineString([(4, -4), (4, 4)]),
        LineString([(0, 5), (9, 5)]), LineString([(3, 5), (6, 5)]),
    ])  # fmt: skip
    assert overlapping(lines).tolist() == [False, False, False, True, True]


def test_what_several_longer_lines_cover_is_taken_from_the_shortest():
    lines = np.array([
        LineString([(4, 0), (12, 0)]), LineString([(0, 0), (9, 0)]), LineString([(8, 0), (20, 0)]),
    ])  # fmt: skip
    assert shapely.length(counted_once(lines)).tolist() == [0.0, 8.0, 12.0]


_STEPS = st.lists(st.integers(0, 6), min_size=2, max_size=5).filter(lambda x: len(set(x)) > 1)


@settings(max_examples=40)
@given(st.lists(st.tuples(_STEPS, st.integers(0, 1)), min_size=1, max_size=6), st.randoms())
def test_lengths_add_up_to_the_union_in_any_order_and_direction(drawn, chance):
    """Lines along two rails of whole numbers: stretches are shared, retraced, covered, touched."""
    lines = np.array([LineString([(x, 9 * rail) for x in xs]) for xs, rail in drawn])
    once = counted_once(lines)
    total = shapely.length(shapely.union_all(lines))
    assert shapely.length(once).sum() == pytest.approx(total)
    assert shapely.is_empty(shapely.difference(once, shapely.buffer(lines, 1e-9))).all()
    order = list(range(len(lines)))
    chance.shuffle(order)
    turned = shapely.reverse(lines[order])
    # of lines of one shape any may keep the stretch
    lengths = np.sort(shapely.length(counted_once(turned)))
    assert lengths == pytest.approx(np.sort(shapely.length(once)))
