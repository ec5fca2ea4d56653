"""Lines as chains between junctions: the same whether a line is drawn whole or in parts.

A junction is a vertex where three or more straight pieces meet, an end one where a single piece
does. Between them runs a chain, over every vertex that two pieces share.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from metrogis.arrays import Array


class Chains(NamedTuple):
    """Chains, and a line that each runs along (the lowest row)."""

    shape: Array
    line: Array


def chains(lines: Array) -> Chains:
    """Return lines cut at junctions and joined everywhere else.

    Parameters
    ----------
    lines : array of LineString
        They meet where they share a vertex; a piece drawn twice is one.

    Examples
    --------
    >>> halves = [shapely.LineString([(0, 0), (5, 0)]), shapely.LineString([(9, 0), (5, 0)])]
    >>> [c.wkt for c in chains(np.array(halves)).shape]
    ['LINESTRING (0 0, 5 0, 9 0)']
    """
    none = np.zeros(0, dtype=object)
    xy, owner = shapely.get_coordinates(np.asarray(lines, dtype=object), return_index=True)
    xy = xy + 0.0  # -0.0 and 0.0 are one place
    same = np.flatnonzero(owner[1:] == owner[:-1]) if len(xy) > 1 else np.zeros(0, np.int64)
    same = same[(xy[same] != xy[same + 1]).any(axis=1)]
    if len(same) == 0:
        return Chains(none, np.zeros(0, np.int64))
    places, number = np.unique(xy, axis=0, return_inverse=True)
    number = number.ravel()
    ends = np.sort(np.column_stack([number[same], number[same + 1]]), axis=1)
    ends, first = np.unique(ends, axis=0, return_index=True)
    line = owner[same[first]]
    degree = np.bincount(ends.ravel(), minlength=len(places))
    # pieces that share a vertex of two pieces follow each other
    piece = np.tile(np.arange(len(ends)), 2)
    at = np.concatenate([ends[:, 0], ends[:, 1]])
    passed = degree[at] == 2
    piece, at = piece[passed], at[passed]
    order = np.argsort(at, kind="stable")
    pair = piece[order].reshape(-1, 2)
    joined = coo_array((np.ones(len(pair)), (pair[:, 0], pair[:, 1])), shape=(len(ends),) * 2)
    _, label = connected_components(joined.tocsr(), directed=False)
    order = np.argsort(label, kind="stable")
    parts = shapely.multilinestrings(
        np.asarray(shapely.linestrings(places[ends[order]]), dtype=object), indices=label[order]
    )
    least = np.full(int(label.max()) + 1, len(lines))
    np.minimum.at(least, label, line)
    return Chains(np.asarray(shapely.line_merge(parts), dtype=object), least)
