"""Lines counted once are remembered by their shapes, and what is remembered stays as it was."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import LineString

from metrogis.streets.overlaps import counted_once


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
