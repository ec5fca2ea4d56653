"""Municipal borders piece by piece: what lies on either side, and whether green land goes on.

Plans never share a border exactly, so what lies on a side is the nearest zone of that side's plan
within a tolerance.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.arrays import Array


class Border(NamedTuple):
    """Pieces of all shared borders.

    Attributes
    ----------
    pieces : DataFrame
        ``a``, ``b`` (positions of the two municipalities, a < b), ``line`` (number of the unbroken
        line a piece belongs to), ``length`` (m); pieces of a line follow one another.
    shapes : ndarray of LineString
    middles : ndarray of Point
    """

    pieces: pd.DataFrame
    shapes: Array
    middles: Array


def shared_borders(municipalities: Any, *, tolerance: float = 25.0, step: float = 10.0) -> Border:
    """Cut the borders that municipalities share into pieces.

    Parameters
    ----------
    municipalities : array of Polygon or MultiPolygon
        Valid, projected CRS in metres.
    tolerance : float
        Two boundaries this near are one border, m.
    step : float
        Greatest length of a piece, m.

    Returns
    -------
    Border

    Examples
    --------
    >>> from shapely import box
    >>> found = shared_borders([box(0, 0, 100, 100), box(103, 0, 200, 100)])
    >>> found.pieces.groupby(["a", "b"])["length"].sum().to_dict()
    {(0, 1): 100.0}
    """
    municipalities = np.asarray(municipalities, dtype=object)
    shapely.prepare(municipalities)
    tree = shapely.STRtree(municipalities)
    left, right = tree.query(municipalities, predicate="dwithin", distance=tolerance)
    neighbours: dict[int, list[int]] = {}
    for i, j in zip(left.tolist(), right.tolist(), strict=True):
        if i != j:
            neighbours.setdefault(i, []).append(j)
    frames, shapes = [], []
    count = 0
    for a in sorted(neighbours):
        boundary = shapely.boundary(municipalities[a])
        for b in sorted(neighbours[a]):
            # each pair once, along the boundary of the first
            if b < a:
                continue
            near = shapely.intersection(boundary, shapely.buffer(municipalities[b], tolerance))
            parts = shapely.get_parts(shapely.line_merge(_lines(near)))
            for part in parts:
                pieces = _pieces(part, step)
                kept = _nearest(
                    pieces, municipalities, b, [c for c in neighbours[a] if c != b], tolerance
                )
                kept &= _facing(pieces, municipalities[a], municipalities[b], tolerance)
                # a new run wherever kept pieces begin again: the border of two municipalities may
                # have several stretches
                runs = np.cumsum(np.diff(kept, prepend=False) & kept)
                frames.append(pd.DataFrame({"a": a, "b": b, "line": count + runs[kept]}))
                shapes.append(pieces[kept])
                count += int(runs[-1]) + 1 if len(runs) else 0
    if not frames:
        empty = np.empty(0, dtype=object)
        none = pd.DataFrame({"a": [], "b": [], "line": [], "length": []}).astype("int64")
        return Border(none.astype({"length": "float64"}), empty, empty)
    table = pd.concat(frames, ignore_index=True)
    lines = np.concatenate(shapes)
    table["length"] = shapely.length(lines)
    middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    return Border(table, lines, middles)


def _lines(geometry: Any) -> Any:
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.multilinestrings(parts[shapely.get_dimensions(parts) == 1])


def _pieces(line: Any, step: float) -> Array:
    xy = shapely.get_coordinates(shapely.segmentize(line, step))
    return np.asarray(shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)), dtype=object)


def _nearest(
    pieces: Array, municipalities: Array, b: int, others: list[int], tolerance: float
) -> npt.NDArray[np.bool_]:
    """Tell which pieces are nearer to ``b`` than to a third municipality (near triple points)."""
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    keep = np.ones(len(pieces), dtype=bool)
    for c in others:
        rivals = np.flatnonzero(shapely.dwithin(municipalities[c], middles, tolerance))
        if len(rivals):
            to_c = shapely.distance(municipalities[c], middles[rivals])
            to_b = shapely.distance(municipalities[b], middles[rivals])
            # where three meet a piece belongs to one pair only; equally near, to the lower number
            keep[rivals[(to_c < to_b) | ((to_c == to_b) & (c < b))]] = False
    return keep


def _facing(pieces: Array, a: Any, b: Any, tolerance: float) -> npt.NDArray[np.bool_]:
    """Tell which pieces of ``a`` face ``b``; where a border ends, walls lead away within reach.

    From a facing piece the nearest point of ``b`` has nothing of ``a`` nearer than the piece.
    """
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    keep = np.asarray(shapely.dwithin(b, middles, 0.01), dtype=bool)
    doubtful = np.flatnonzero(~keep)
    if len(doubtful):
        across = shapely.shortest_line(middles[doubtful], b)
        reached = shapely.get_point(across, 1)
        nearer = shapely.distance(reached, a) < shapely.length(across) - tolerance / 10
        keep[doubtful[~nearer]] = True
    return keep


def nearest_of(
    points: Array,
    owner: Array,
    shapes: Array,
    owners: Array,
    tolerance: float,
    *,
    rank: Array | None = None,
) -> Array:
    """Find for each point the nearest shape that has the same owner.

    Parameters
    ----------
    points, shapes : array of geometry
    owner, owners : array of int
        Whose point, whose shape; -1: nobody's.
    tolerance : float
        Farther shapes do not count, m.
    rank : array of int, optional
        Of shapes equally near (within a micrometre) the one of the lowest rank is taken, so that
        the order of rows does not decide; default: the first.

    Returns
    -------
    ndarray of int
        Position in ``shapes``, -1 where there is none.
    """
    found = np.full(len(points), -1, dtype=np.int64)
    rank = np.arange(len(shapes)) if rank is None else np.asarray(rank)
    for who in np.unique(owner):
        mine, theirs = np.flatnonzero(owner == who), np.flatnonzero(owners == who)
        if who < 0 or not len(theirs):
            continue
        tree = shapely.STRtree(shapes[theirs])
        (i, _), gap = tree.query_nearest(
            points[mine], max_distance=tolerance, return_distance=True, all_matches=False
        )
        if not len(i):
            continue
        # all shapes as near as the nearest: the tree itself gives an arbitrary one of them
        near, at = tree.query(points[mine[i]], predicate="dwithin", distance=gap + 1e-6)
        order = np.lexsort((rank[theirs[at]], near))
        first = order[np.unique(near[order], return_index=True)[1]]
        found[mine[i[near[first]]]] = theirs[at[first]]
    return found


def across(border: Border, shapes: Array, found: Array) -> Array:
    """Leave out shapes that lie beside a piece along the border, not across from it.

    The tolerance bridges slits between two municipalities; it must not make a corridor wider
    where it meets the border.

    Parameters
    ----------
    border : Border
    shapes, found : ndarray
        Geometries, and which of them is the nearest of each piece (-1: none).

    Examples
    --------
    >>> from shapely import box
    >>> border = shared_borders([box(0, 0, 100, 100), box(103, 0, 200, 100)])
    >>> strip = np.array([box(103, 40, 200, 60)], dtype=object)
    >>> near = nearest_of(border.middles, np.zeros(10, int), strip, np.zeros(1, int), 25)
    >>> int((near == 0).sum()), int((across(border, strip, near) == 0).sum())
    (6, 2)
    """
    out = found.copy()
    some = np.flatnonzero(found >= 0)
    way = shapely.get_coordinates(shapely.shortest_line(border.middles[some], shapes[found[some]]))
    ends = shapely.get_coordinates(border.shapes[some]).reshape(-1, 2, 2)
    along = ends[:, 1] - ends[:, 0]
    length = np.hypot(*along.T)
    shift = way.reshape(-1, 2, 2)
    shift = shift[:, 1] - shift[:, 0]
    # how far the way to the shape leads along the border, as a projection on the piece
    aside = np.abs((shift * along).sum(axis=1)) / np.maximum(length, 1e-9)
    # 30 degrees from straight across: the two boundaries are drawn a little differently
    out[some[aside > 0.5 * np.hypot(*shift.T) + 1e-6]] = -1
    return out


def side_state(green: Array, effect: Array, sure: Array | None = None) -> Array:
    """Tell whether green land goes on across the border: yes, no, unknown; None where none is.

    Parameters
    ----------
    green : array of bool
        Corridor or open zone on this side.
    effect : array of str or None
        Severity of the zone on the other side (``barrier``, ``filter``, ``permeable``).
    sure : array of bool, optional
        Where it is certain whether green land lies on this side; default: everywhere. Where it is
        not, and none was found, nothing is known of what happens here.

    Examples
    --------
    >>> side_state(np.array([True, True, True, False]), ["barrier", "filter", None, "barrier"])
    array(['no', 'yes', 'unknown', None], dtype=object)
    >>> side_state(np.array([False, True]), ["barrier", "barrier"], np.array([False, False]))
    array(['unknown', 'no'], dtype=object)
    """
    effects, green = np.asarray(effect, dtype=object), np.asarray(green, dtype=bool)
    state = np.full(len(effects), "unknown", dtype=object)
    state[effects == "barrier"] = "no"
    state[(effects == "filter") | (effects == "permeable")] = "yes"
    sure = np.ones(len(effects), bool) if sure is None else np.asarray(sure, dtype=bool)
    # order matters: a barrier beyond land that is not green is no state at all
    state[~green] = None
    state[~green & ~sure] = "unknown"
    return state
