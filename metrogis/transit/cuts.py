"""Parts of many lines at once."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def cut_lines(coords, ptr, edge, low, high):  # type: ignore[no-untyped-def]
    """Return the points of parts of lines, and which part each is of.

    Parameters
    ----------
    coords : ndarray (n, 2)
    ptr : ndarray of int
        Line ``e`` has points ``ptr[e]:ptr[e + 1]``.
    edge : ndarray of int (parts,)
        Line of each part.
    low, high : ndarray (parts,)
        From which share of the line's length to which.

    Examples
    --------
    >>> line = np.array([[0.0, 0], [10, 0], [10, 10]])
    >>> points, part = cut_lines(line, np.array([0, 3]), np.array([0]), np.array([0.25]),
    ...                          np.array([1.0]))
    >>> points.tolist(), part.tolist()
    ([[5.0, 0.0], [10.0, 0.0], [10.0, 10.0]], [0, 0, 0])
    """
    # a part has at most the points of its line and a new one at either end
    most = 0
    for k in range(edge.size):
        most += ptr[edge[k] + 1] - ptr[edge[k]] + 2
    points = np.empty((most, 2))
    part = np.empty(most, np.int64)
    used = 0
    for k in range(edge.size):
        first = ptr[edge[k]]
        last = ptr[edge[k] + 1] - 1
        total = 0.0
        for i in range(first, last):
            total += np.hypot(coords[i + 1, 0] - coords[i, 0], coords[i + 1, 1] - coords[i, 1])
        start = low[k] * total
        stop = high[k] * total
        # invariant: vertex i lies `done` metres along the line; `open_`: the part has begun before
        # it
        done = 0.0
        open_ = False
        for i in range(first, last):
            dx = coords[i + 1, 0] - coords[i, 0]
            dy = coords[i + 1, 1] - coords[i, 1]
            step = np.hypot(dx, dy)
            # the last segment begins a part whose start rounding has put past the end of the line
            if not open_ and (start <= done + step or i == last - 1):
                share = 0.0 if step == 0 else min(max((start - done) / step, 0.0), 1.0)
                points[used, 0] = coords[i, 0] + share * dx
                points[used, 1] = coords[i, 1] + share * dy
                part[used] = k
                used += 1
                open_ = True
            if open_:
                share = 0.0 if step == 0 else min((stop - done) / step, 1.0)
                points[used, 0] = coords[i, 0] + share * dx
                points[used, 1] = coords[i, 1] + share * dy
                part[used] = k
                used += 1
                # the part ends within this segment
                if stop <= done + step:
                    break
            done += step
    return points[:used], part[:used]
