"""Lines drawn again beside themselves: every stretch is kept once, and all that met still meets.

Registers of routes and editors' exports hold the same route twice: with one vertex more, a
centimetre off, there and back in one line, in other pieces. Of lines that run along each other
within a tolerance the longer one keeps the stretch; the other is cut there, and whatever met it is
moved onto the line that stays (by no more than a few tolerances). Lines that cross, meet or fork
are left alone: they are near each other for a few tolerances only.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from metrogis.arrays import Array

ALONG = 2.0
"""Tolerances that lines must run along each other to be one stretch (this project's choice).

Lines that fork at more than 30 degrees are apart by a tolerance sooner.
"""
_TURNED = np.radians(170.0)
"""A line that comes back along itself has turned about."""


class Once(NamedTuple):
    """Lines of which every stretch is there once.

    ``line``: the lines that are left; ``row``: the given line each belongs to, in order;
    ``dropped``: rows of which nothing is left; ``cut``: rows of which a part is gone; ``metres``:
    length taken away from each given line.
    """

    line: Array
    row: Array
    dropped: Array
    cut: Array
    metres: Array


class _Pieces:
    """Pieces of the given lines in the order in which they keep what is drawn twice."""

    def __init__(self, lines: Array, rank: Array, tolerance: float) -> None:
        self.near = tolerance * (1 - 1e-6)  # lines exactly a tolerance apart are two
        self.least = ALONG * tolerance
        self.line, self.row = _turned_apart(lines, self.near, self.least)
        self.rank = rank[self.row]
        length = np.round(shapely.length(self.line), 6)
        shape = shapely.to_wkb(shapely.normalize(self.line), hex=True).astype(str)
        place = np.empty(len(self.line), dtype=np.int64)
        place[np.lexsort((shape, -length, self.rank))] = np.arange(len(self.line))
        self.order = place
        self.tree = shapely.STRtree(self.line)
        # what is left of each piece, and the pieces that keep what is not
        self.left: dict[int, list[Any]] = {}
        self.keepers: dict[int, list[int]] = {}

    def candidates(self) -> Array:
        """Return the pieces that run along an earlier one for long enough, in order."""
        piece, other = self.tree.query(self.line, predicate="dwithin", distance=self.near)
        later = self.order[other] < self.order[piece]
        piece, other = piece[later], other[later]
        if len(piece) == 0:
            return piece
        zones = np.full(len(self.line), None, dtype=object)
        used = np.unique(other)
        zones[used] = shapely.buffer(self.line[used], self.near, cap_style="flat")
        along = shapely.length(shapely.intersection(self.line[piece], zones[other]))
        length = shapely.length(self.line)
        # short pieces may be parts of a long stretch
        found = np.unique(piece[along >= np.minimum(self.least, 0.5 * length[piece])])
        return found[np.argsort(self.order[found])]

    def earlier(self, piece: int) -> Array:
        """Return the pieces near one that come before it."""
        near = self.tree.query(self.line[piece], predicate="dwithin", distance=self.near)
        return near[self.order[near] < self.order[piece]]


def drawn_once(lines: Array, tolerance: float, *, rank: Array | None = None) -> Once:
    """Return lines without what is drawn a second time.

    Parameters
    ----------
    lines : array of LineString, shape (n,)
        CRS in metres.
    tolerance : float
        Metres: lines nearer than this that run along each other for :data:`ALONG` tolerances are
        one stretch, and so are short lines of one shape. 0: nothing changes.
    rank : array of int, optional
        Lines of a lower rank keep theirs first; of a higher rank a line goes only as a whole.

    Examples
    --------
    >>> a = shapely.LineString([(0, 0), (800, 0)])
    >>> b = shapely.LineString([(800, 0.01), (300, 0.01), (0, 0.01)])
    >>> found = drawn_once(np.array([a, b]), 1.0)
    >>> found.row.tolist(), float(shapely.length(found.line).sum()), found.dropped.tolist()
    ([0], 800.0, [1])
    >>> back = shapely.LineString([(0, 0), (800, 0), (800, 0.01), (0, 0.01)])
    >>> round(float(shapely.length(drawn_once(np.array([back]), 1.0).line).sum()), 2)
    800.0
    """
    lines = np.asarray(lines, dtype=object)
    nothing = np.zeros(0, dtype=np.int64)
    same = Once(lines, np.arange(len(lines)), nothing, nothing, np.zeros(len(lines)))
    if tolerance <= 0 or len(lines) == 0:
        return same
    pieces = _Pieces(lines, np.zeros(len(lines), int) if rank is None else rank, tolerance)
    covered = {int(k): _covered(pieces, int(k)) for k in pieces.candidates()}
    stretches = _long_enough(pieces, covered)
    for piece, parts in stretches.items():
        _take(pieces, piece, parts)
    if not pieces.left:
        return same
    return _assembled(lines, pieces)


# --------------------------------------------------------------------------- what is covered


class _Cover(NamedTuple):
    """Parts of a piece that lie along earlier ones, what is not covered, and those ones."""

    parts: list[Any]
    rest: list[Any]
    keepers: list[int]
    twin: bool


def _lines_of(shape: Any) -> list[Any]:
    return [g for g in shapely.get_parts(shape) if g.geom_type == "LineString" and g.length > 0]


def _covered(pieces: _Pieces, piece: int) -> _Cover:
    line, near = pieces.line[piece], pieces.near
    others = pieces.earlier(piece)
    zones = shapely.buffer(pieces.line[others], near, cap_style="flat")
    # ends that earlier lines share are no ends: without a disc a bend there would leave a wedge
    ends = np.concatenate(
        [shapely.get_point(pieces.line[others], 0), shapely.get_point(pieces.line[others], -1)]
    )
    places, times = np.unique(shapely.to_wkb(ends), return_counts=True)
    joints = shapely.buffer(shapely.from_wkb(places[times > 1]), near)
    zone = shapely.union_all([*zones, *joints])
    parts = _lines_of(shapely.intersection(line, zone))
    rest = _lines_of(shapely.difference(line, zone))
    keepers: set[int] = set()
    for part in list(parts):  # a line that only crosses or meets the part keeps nothing of it
        along = shapely.length(shapely.intersection(part, zones))
        if along.sum() < 0.5 * part.length:  # it goes on where earlier ones end
            parts.remove(part)
            rest.append(part)
            continue
        enough = (along >= 0.6 * part.length) | (along >= 3 * near)
        enough[np.argmax(along)] = True
        keepers.update(others[enough].tolist())
    # a line about as short as the tolerance is like any other near it
    alike = np.abs(shapely.length(pieces.line[others]) - line.length) <= 2 * near
    alike &= line.length > 2 * near
    twin = bool((shapely.hausdorff_distance(pieces.line[others][alike], line) <= near).any())
    return _Cover(parts, rest, sorted(keepers), twin)


def _long_enough(pieces: _Pieces, covered: dict[int, _Cover]) -> dict[int, _Cover]:
    """Keep the covered parts that, with those they join end to end, are long enough."""
    flat = [(piece, part) for piece, cover in covered.items() for part in cover.parts]
    if not flat:
        return {}
    ends = [(part.coords[0], part.coords[-1]) for _, part in flat]
    number = {xy: i for i, xy in enumerate(dict.fromkeys(itertools.chain(*ends)))}
    a, b = (np.array([number[pair[k]] for pair in ends]) for k in (0, 1))
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(number),) * 2)
    label = connected_components(graph.tocsr(), directed=False)[1][a]
    total = np.bincount(label, weights=[part.length for _, part in flat])
    out: dict[int, _Cover] = {}
    for (piece, part), group in zip(flat, label, strict=True):
        cover = covered[piece]
        wanted = total[group] >= pieces.least or cover.twin
        old = out.setdefault(piece, _Cover([], list(cover.rest), cover.keepers, cover.twin))
        (old.parts if wanted else old.rest).append(part)
    return {
        piece: cover
        for piece, cover in sorted(out.items(), key=lambda item: pieces.order[item[0]])
        if cover.parts and cover.keepers
    }


def _take(pieces: _Pieces, piece: int, cover: _Cover) -> None:
    """Take the covered parts away from a piece."""
    line = pieces.line[piece]
    ends = {line.coords[0], line.coords[-1]}
    merged = _lines_of(shapely.line_merge(shapely.union_all(cover.rest))) if cover.rest else []
    # what juts out beyond the line that stays, by less than the tolerance, is its end drawn anew
    left = [
        part
        for part in merged
        if part.length > pieces.near or not ends & {part.coords[0], part.coords[-1]}
    ]
    lower = min(pieces.rank[k] for k in cover.keepers)
    if lower < pieces.rank[piece] and left:
        return
    pieces.left[piece] = left
    pieces.keepers[piece] = cover.keepers


# --------------------------------------------------------------------------- what meets what


def _assembled(lines: Array, pieces: _Pieces) -> Once:
    """Put the pieces together again, what met a lost stretch moved to the line that keeps it."""
    whole = np.ones(len(lines), dtype=bool)
    whole[pieces.row[list(pieces.left)]] = False
    parts: list[Any] = list(lines[whole])
    rows: list[int] = np.flatnonzero(whole).tolist()
    home: list[int] = [-1] * len(parts)  # piece of each part; -1: a whole line
    place = {row: k for k, row in enumerate(rows)}
    at: dict[int, list[int]] = {}
    for piece in range(len(pieces.line)):
        row = int(pieces.row[piece])
        if whole[row]:
            at[piece] = [place[row]]
            continue
        kept = pieces.left.get(piece, [pieces.line[piece]])
        at[piece] = list(range(len(parts), len(parts) + len(kept)))
        parts += kept
        rows += [row] * len(kept)
        home += [piece] * len(kept)
    shapes = _moved(pieces, np.array(parts, dtype=object), at)
    mine = np.array(rows, dtype=np.int64)
    good = shapely.length(shapes) > 0
    shapes, mine = shapes[good], mine[good]
    order = np.argsort(mine, kind="stable")
    shapes, mine = shapes[order], mine[order]
    left = np.bincount(mine, weights=shapely.length(shapes), minlength=len(lines))
    there = np.bincount(mine, minlength=len(lines)) > 0
    metres = np.where(whole, 0.0, np.maximum(shapely.length(lines) - left, 0.0))
    return Once(shapes, mine, np.flatnonzero(~there), np.flatnonzero(~whole & there), metres)


def _moved(pieces: _Pieces, parts: Array, at: dict[int, list[int]]) -> Array:
    """Move the vertices of lost stretches, wherever they stand, onto the lines that keep these."""
    pairs: list[tuple[tuple[float, float], tuple[float, float]]] = []
    new: dict[int, list[tuple[float, float]]] = {}
    for piece in pieces.left:
        targets = sorted({k for keeper in _keepers(pieces, piece) for k in at[keeper]})
        if not targets:
            continue
        old = set(pieces.line[piece].coords)
        kept = [xy for k in at[piece] for xy in parts[k].coords]
        # vertices that are gone, and the ends where the piece was cut
        anchors = (old - set(kept)) | (set(kept) - old)
        for xy in sorted(anchors):
            spot, target, fresh = _spot(parts, targets, xy, pieces.near)
            if spot is not None and spot != xy:
                pairs.append((xy, spot))
            if spot is not None and fresh:
                new.setdefault(target, []).append(spot)
    out = parts.copy()
    for k, spots in new.items():
        out[k] = _with_vertices(out[k], spots)
    if not pairs:
        return out
    keys, values = _places(pairs)
    xy, owner = shapely.get_coordinates(out, return_index=True)
    code, wanted = _complex(xy), _complex(keys)
    order = np.argsort(wanted)
    place = np.minimum(np.searchsorted(wanted[order], code), len(order) - 1)
    hit = wanted[order][place] == code
    touched = np.unique(owner[hit])
    moved = xy.copy()
    moved[hit] = values[order][place[hit]]
    for k in touched:
        mine = moved[owner == k]
        fresh_xy = np.r_[True, (mine[1:] != mine[:-1]).any(axis=1)]
        mine = mine[fresh_xy]
        out[k] = shapely.LineString(mine) if len(mine) > 1 else shapely.LineString()
    return out


def _places(
    pairs: list[tuple[tuple[float, float], tuple[float, float]]],
) -> tuple[Array, Array]:
    """Return every position that is one place with another, and the position of that place.

    Of two copies each may keep some of the lines that meet: their vertices point at each other.
    """
    number = {xy: i for i, xy in enumerate(dict.fromkeys(itertools.chain(*pairs)))}
    a, b = (np.array([number[pair[k]] for pair in pairs]) for k in (0, 1))
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(number),) * 2)
    label = connected_components(graph.tocsr(), directed=False)[1]
    keys = np.array(list(number), dtype=float)
    # one that others point at; of several the first from the west, whatever the order of rows
    aimed = np.zeros(len(keys), dtype=bool)
    aimed[b] = True
    order = np.lexsort((keys[:, 1], keys[:, 0], ~aimed, label))
    _, first = np.unique(label[order], return_index=True)
    return keys, keys[order[first]][label]


def _complex(xy: Array) -> Array:
    out: Array = xy[:, 0] + 1j * xy[:, 1]
    return out


def _keepers(pieces: _Pieces, piece: int) -> Iterable[int]:
    """Yield the pieces that keep the stretches of one, and of those that lost some themselves."""
    seen: set[int] = set()
    ahead = list(pieces.keepers.get(piece, ()))
    while ahead:
        keeper = ahead.pop()
        if keeper in seen:
            continue
        seen.add(keeper)
        yield keeper
        ahead += pieces.keepers.get(keeper, ())


def _spot(
    parts: Array, targets: list[int], xy: tuple[float, float], near: float
) -> tuple[tuple[float, float] | None, int, bool]:
    """Return where a lost vertex goes, on which line, and whether that needs a vertex there."""
    point = shapely.Point(xy)
    apart = shapely.distance(parts[targets], point)
    best = int(np.argmin(apart))
    if apart[best] > 3 * near:
        return None, -1, False
    target = targets[best]
    line = parts[target]
    own = np.asarray(line.coords)
    far = np.hypot(*(own - xy).T)
    vertex = int(np.argmin(far))
    if far[vertex] <= near:  # an old vertex near by is the place where things meet
        return (float(own[vertex, 0]), float(own[vertex, 1])), target, False
    foot = line.interpolate(line.project(point))
    return (float(foot.x), float(foot.y)), target, True


def _with_vertices(line: Any, spots: list[tuple[float, float]]) -> Any:
    """Return a line with more vertices, each where it is nearest to the line."""
    own = np.asarray(line.coords)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(own, axis=0).T))])
    new = np.array(sorted(set(spots)), dtype=float)
    where = shapely.line_locate_point(line, shapely.points(new))
    xy = np.concatenate([own, new])
    order = np.argsort(np.concatenate([along, where]), kind="stable")
    return shapely.LineString(xy[order])


# --------------------------------------------------------------------------- there and back


def _turned_apart(lines: Array, near: float, least: float) -> tuple[Array, Array]:
    """Cut the lines that come back along themselves where they turn; return pieces and rows."""
    rows = np.arange(len(lines))
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    step = np.diff(xy, axis=0)
    same = (owner[1:] == owner[:-1]) & (step != 0).any(axis=1)
    heading, line = np.arctan2(step[same, 1], step[same, 0]), owner[1:][same]
    turn = np.diff(heading, prepend=heading[:1])
    turn = (turn + np.pi) % (2 * np.pi) - np.pi
    turn[np.r_[True, line[1:] != line[:-1]]] = 0.0
    faced = np.cumsum(turn)
    high, low = np.full(len(lines), -np.inf), np.full(len(lines), np.inf)
    np.maximum.at(high, line, faced)
    np.minimum.at(low, line, faced)
    doubtful = np.flatnonzero(high - low >= _TURNED)
    # a line twice on the same ground covers less of it than its length says
    ground = shapely.area(shapely.buffer(lines[doubtful], near, cap_style="flat"))
    missing = 2 * near * shapely.length(lines[doubtful]) - ground
    turned = doubtful[missing > 2 * near * 0.9 * least]
    if len(turned) == 0:
        return lines, rows
    cut = [_monotone(np.asarray(lines[k].coords)) for k in turned]
    rest = np.setdiff1d(rows, turned)
    shapes = np.array([*lines[rest], *itertools.chain(*cut)], dtype=object)
    return shapes, np.concatenate([rest, np.repeat(turned, [len(c) for c in cut])])


def _monotone(xy: Array) -> list[Any]:
    """Cut a line into runs that never go against their first step.

    >>> [run.wkt for run in _monotone(np.array([(0, 0), (9, 0), (9, 1), (0, 1)]))]
    ['LINESTRING (0 0, 9 0)', 'LINESTRING (9 0, 9 1)', 'LINESTRING (9 1, 0 1)']
    """
    runs, start = [], 0
    first = xy[1] - xy[0]
    for k in range(1, len(xy) - 1):
        step = xy[k + 1] - xy[k]
        if first @ step <= 0 and step.any():
            runs.append(shapely.LineString(xy[start : k + 1]))
            start, first = k, step
    runs.append(shapely.LineString(xy[start:]))
    return [run for run in runs if run.length > 0]
