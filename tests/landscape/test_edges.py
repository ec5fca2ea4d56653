"""Cells without data that hang together with the end of a raster."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from metrogis.landscape import edges


def _reference(gone: np.ndarray) -> np.ndarray:
    """Parts (8 neighbours) that have a cell in the first or last row or column."""
    parts, _ = ndimage.label(gone, np.ones((3, 3)))
    ends = np.ones(gone.shape, bool)
    ends[1:-1, 1:-1] = False
    return np.isin(parts, np.unique(parts[ends & gone])) & gone


@given(
    arrays.arrays(
        bool, arrays.array_shapes(min_dims=2, max_dims=2, max_side=14), elements=st.booleans()
    )
)
def test_what_reaches_the_end_of_the_raster_is_what_labels_say(gone):
    np.testing.assert_array_equal(edges.open_to_the_end(gone), _reference(gone))


@pytest.mark.parametrize("turned", range(4))
def test_a_spiral_is_followed_to_its_heart_and_a_ring_is_not_entered(turned):
    # a lane that winds inwards runs against both passes over the raster on some of its legs
    lane = np.array([[c == "." for c in row] for row in (
        ".##########",
        ".#.......##",
        ".#.#####.##",
        ".#.#...#.##",
        ".#.#.###.##",
        ".#.#.....##",
        ".#.########",
        ".#........#",
        ".########.#",
        "..........#",
        "###########",
    )])  # fmt: skip
    lane = np.rot90(lane, turned)
    np.testing.assert_array_equal(edges.open_to_the_end(lane), lane)
    ring = np.zeros((5, 5), bool)
    ring[2, 2] = True
    assert not edges.open_to_the_end(ring).any()
