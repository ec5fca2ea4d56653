"""Keys numbered in order, by a table or by a sort."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metrogis.transit.columns import numbered


@given(
    st.lists(st.sampled_from([-1, 0, 1, 2, 3, 5, 9, 10, 11, 400]), max_size=8), st.integers(0, 3)
)
def test_keys_are_numbered_as_a_sort_would(keys, more):
    # few keys are spread too far for a table, many of small numbers are not
    values = np.array(keys + [1] * (4 * more), np.int64)
    found, member = numbered(values)
    expected, positions = np.unique(values, return_inverse=True)
    assert found.tolist() == expected.tolist()
    assert member.tolist() == positions.tolist()
