"""How far points are from posts: straight lines, or walks on a street network.

Straight lines use a grid of posts and one kernel that looks at every post near a point, so the
answer is exact and no pair is stored. On a network one search per category of posts is enough: the
nearest post of a category gives its best class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numba import njit

from metrogis import crs as crs_rules
from metrogis.arrays import Bools, Floats, Ints
from metrogis.errors import ParameterError, SchemaError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.transit.classes.tables import TOLERANCE

Walk = Literal["network", "straight"]

SNAP_LIMIT = 250.0
"""Metres: points and posts farther than this from any street are not on the network."""

_CHUNK = 100_000


def coordinates(points: Any, crs: Any, *, layer: str = "points") -> Floats:
    """Return x, y of points, or of the centres of other shapes; shape (n, 2).

    Raises
    ------
    CRSError, SchemaError
        Another CRS than ``crs``; points without coordinates.
    """
    if isinstance(points, gpd.GeoDataFrame | gpd.GeoSeries):
        crs_rules.require_same(**{"stops": crs, layer: points.crs})
        shapes = np.asarray(points.geometry.array, dtype=object)
        other = shapely.get_type_id(shapes) != 0
        if other.any():
            shapes = np.where(other, shapely.centroid(shapes), shapes)
        xy = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
    else:
        xy = np.asarray(points, dtype="float64").reshape(-1, 2)
    if not np.isfinite(xy).all():
        raise SchemaError(_("points without coordinates"), layer=layer)
    return np.ascontiguousarray(xy)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Walks by point: those of point ``i`` are ``ptr[i]:ptr[i + 1]``."""

    ptr: Ints
    post: Ints
    metres: Floats


class Remembering:
    """A street network that snaps the same points once, for several methods in a row.

    Parameters
    ----------
    network : metrogis.streets.StreetNetwork
    """

    def __init__(self, network: Any) -> None:
        self.network = network
        self._kept: dict[Any, Any] = {}

    def snap(self, points: Floats, **options: Any) -> Any:
        """Snap points, or return the result for the very same points and options.

        Parameters
        ----------
        points : ndarray (n, 2)
            Metres, CRS of the network.
        options
            Those of :meth:`metrogis.streets.StreetNetwork.snap`. With ``among`` nothing is
            remembered; ``layer``, a name for messages, does not tell one request from another.

        Returns
        -------
        Snapped
        """
        among = options.get("among")
        if among is not None:
            return self.network.snap(points, **options)
        array = np.ascontiguousarray(points)
        options.pop("layer", None)
        key = (array.shape, hash(array.tobytes()), tuple(sorted(options.items())))
        if key not in self._kept:
            self._kept[key] = self.network.snap(array, **options)
        return self._kept[key]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)


class Reach:
    """Walks from points to posts.

    Parameters
    ----------
    points, posts : ndarray (n, 2), (m, 2)
        Metres.
    network : street network, optional
        A walking :class:`metrogis.streets.StreetNetwork`. Without it walks are straight lines times
        ``detour``.
    detour : float
    snap_limit : float
        Metres; see :data:`SNAP_LIMIT`.
    """

    def __init__(
        self,
        points: Floats,
        posts: Floats,
        *,
        network: Any = None,
        detour: float = 1.0,
        snap_limit: float = SNAP_LIMIT,
    ) -> None:
        if not detour >= 1:
            raise ParameterError(_("detour must be >= 1"), place=f"detour={detour}")
        self.points, self.posts = points, np.ascontiguousarray(posts)
        self.network, self.detour, self.snap_limit = network, detour, snap_limit
        self.walk: Walk = "straight" if network is None else "network"

    @cached_property
    def snapped(self) -> tuple[Any, Any]:
        """Points and posts on the network."""
        found = self.network.snap(self.points, limit=self.snap_limit, layer="points")
        return found, self.network.snap(self.posts, limit=self.snap_limit, layer="stops")

    @cached_property
    def known(self) -> Bools:
        """Points from which a walk can be told: all, or those on the network."""
        if self.network is None:
            return np.ones(len(self.points), bool)
        return np.asarray(self.snapped[0].known, dtype=bool)

    @cached_property
    def audit(self) -> Audit:
        """What is not on the network, with counts; without a network, that walks are modelled.

        Points and posts farther than ``snap_limit`` from any street have unknown walks. Straight
        lines times a ``detour`` above 1 stand in for walks and are said once; plain distances, of
        methods that ask for these, are no model and have no row.
        """
        if self.network is None:
            if self.detour == 1:
                return Audit()
            text = _("no street network: walks are straight lines times {detour:2}")
            return Audit().add("streets", "modelled", 1, text.fill(detour=self.detour))
        points, posts = self.snapped
        limit = self.snap_limit
        audit = Audit().add(
            "points",
            "unknown",
            int((~points.known).sum()),
            _("farther than {limit} m from any street: walks unknown").fill(limit=f"{limit:g}"),
        )
        return audit.add(
            "stops",
            "unknown",
            int((~posts.known).sum()),
            _("posts farther than {limit} m from any street: walks to them unknown").fill(
                limit=f"{limit:g}"
            ),
        )

    def best(self, category: Ints, ranks: Ints, edges: Floats) -> tuple[Ints, Ints, Floats]:
        """Return the best rank of each point, the post that gives it, and the walk to it.

        Parameters
        ----------
        category : ndarray of int (posts,)
            Row of ``ranks``; negative for posts that do not count.
        ranks : ndarray of int (categories, bands)
            The lower the better; a post's rank must not get better with distance.
        edges : ndarray of float (bands,)
            Longest walk of each band, ascending (:func:`.tables.band_edges`).

        Returns
        -------
        rank, post, metres
            Where no post is in reach: the rank past the worst, -1, NaN. Of posts of one rank the
            nearest is named.
        """
        worst = int(ranks.max()) + 1 if ranks.size else 0
        n = len(self.points)
        rank = np.full(n, worst, np.int64)
        post, metres = np.full(n, -1, np.int64), np.full(n, np.nan)
        if not (category >= 0).any() or not n:
            return rank, post, metres
        if self.network is None:
            limit = edges[-1] / self.detour
            grid = _grid(self.posts, np.flatnonzero(category >= 0), limit)
            _best_near(
                self.points, self.posts, grid, limit, self.detour, category, ranks, edges,
                rank, post, metres,
            )  # fmt: skip
            return rank, post, metres
        points, posts = self.snapped
        # a search for each category: within one the nearest post gives the best rank
        for row in np.unique(category[category >= 0]):
            own = np.flatnonzero(category == row)
            useful = np.flatnonzero(ranks[row] < worst)
            if not len(useful):
                continue
            # no walk is farther than the last band in which the category gives a class
            found = self.network.nearest(
                posts[own], limit=edges[useful[-1]] + TOLERANCE, snap_cost=True
            )
            walk, at = found.at(points)
            walk = np.where(np.isnan(walk), np.inf, walk)
            step = np.searchsorted(edges, walk, side="left")
            mine = np.append(ranks[row], worst)[step]
            better = (at >= 0) & (
                (mine < rank) | ((mine == rank) & (mine < worst) & ~(walk >= metres))
            )
            rank[better], metres[better] = mine[better], walk[better]
            post[better] = own[at[better]]
        return rank, post, metres

    def pairs(self, limit: float, among: Ints) -> Iterator[tuple[slice, Pairs]]:
        """Yield all walks of at most ``limit`` metres to some posts, points in chunks.

        Parameters
        ----------
        limit : float
            Metres, inclusive.
        among : ndarray of int
            Positions of the posts.
        """
        n = len(self.points)
        if self.network is not None:
            points, posts = self.snapped
            found = self.network.pairs(
                points, posts[among], limit=limit + TOLERANCE, snap_cost=True
            )
            order = np.argsort(found.origin, kind="stable")
            ptr = np.searchsorted(found.origin[order], np.arange(n + 1)).astype(np.int64)
            post = among[found.target[order]]
            yield slice(0, n), Pairs(ptr, post, np.asarray(found.metres[order]))
            return
        reach = (limit + TOLERANCE) / self.detour
        grid = _grid(self.posts, among, reach) if len(among) else None
        for start in range(0, n, _CHUNK):
            part = slice(start, min(start + _CHUNK, n))
            if grid is None:
                none = np.zeros(part.stop - start + 1, np.int64)
                yield part, Pairs(none, none[:0], np.zeros(0))
                continue
            ptr, post, metres = _pairs_near(
                self.points[part], self.posts, *grid, reach, self.detour
            )
            yield part, Pairs(ptr, post, metres)


class _Squares(NamedTuple):
    """Posts by square (``member``, rows ``ptr``): origin, side (m) and columns of the squares."""

    ptr: Ints
    member: Ints
    x0: float
    y0: float
    side: float
    columns: int


def _grid(posts: Floats, among: Ints, size: float) -> _Squares:
    """Sort posts into squares."""
    x0, y0 = posts[among].min(axis=0)
    x1, y1 = posts[among].max(axis=0)
    # a lone post far away must not make a huge grid of tiny squares
    side = max(size, np.sqrt((x1 - x0 + size) * (y1 - y0 + size) / 4_000_000))
    # squares are no narrower than the limit: what is in reach lies in the nine around a point
    column = ((posts[among, 0] - x0) // side).astype(np.int64)
    line = ((posts[among, 1] - y0) // side).astype(np.int64)
    columns, lines = int(column.max()) + 1, int(line.max()) + 1
    cell = line * columns + column
    order = np.argsort(cell, kind="stable")
    ptr = np.searchsorted(cell[order], np.arange(columns * lines + 1)).astype(np.int64)
    return _Squares(ptr, among[order], float(x0), float(y0), float(side), columns)


@njit(cache=True, nogil=True)
def _best_near(  # type: ignore[no-untyped-def]
    points, posts, squares, limit, detour, category, ranks, edges, rank, post, metres
):
    """Look at every post in the squares around a point."""
    ptr, member, x0, y0, side, columns = squares
    lines = (ptr.size - 1) // columns
    bands = edges.size
    square = limit * limit
    for i in range(points.shape[0]):
        x = points[i, 0]
        y = points[i, 1]
        c = int(np.floor((x - x0) / side))
        r = int(np.floor((y - y0) / side))
        for row in range(max(r - 1, 0), min(r + 2, lines)):
            for col in range(max(c - 1, 0), min(c + 2, columns)):
                cell = row * columns + col
                for k in range(ptr[cell], ptr[cell + 1]):
                    p = member[k]
                    dx = posts[p, 0] - x
                    dy = posts[p, 1] - y
                    far = dx * dx + dy * dy
                    if far > square:
                        continue
                    walk = np.sqrt(far) * detour
                    # bands are few: a loop is quicker than bisection
                    b = 0
                    while b < bands and walk > edges[b]:
                        b += 1
                    if b == bands:
                        continue
                    mine = ranks[category[p], b]
                    # metres is NaN until a post is in reach, but then rank is past the worst and
                    # `mine` is lower
                    if mine < rank[i] or (mine == rank[i] and walk < metres[i]):
                        rank[i] = mine
                        post[i] = p
                        metres[i] = walk


@njit(cache=True, nogil=True)
def _pairs_near(points, posts, ptr, member, x0, y0, side, columns, limit, detour):  # type: ignore[no-untyped-def]
    """Return all posts within the limit of each point, in rows: count, then fill."""
    n = points.shape[0]
    lines = (ptr.size - 1) // columns
    square = limit * limit
    out = np.zeros(n + 1, np.int64)
    target = np.zeros(0, np.int64)
    metres = np.zeros(0)
    # count, then fill: after the first turn out[i] is where the row of point i begins
    for turn in range(2):
        for i in range(n):
            x = points[i, 0]
            y = points[i, 1]
            c = int(np.floor((x - x0) / side))
            r = int(np.floor((y - y0) / side))
            used = out[i]
            for row in range(max(r - 1, 0), min(r + 2, lines)):
                for col in range(max(c - 1, 0), min(c + 2, columns)):
                    cell = row * columns + col
                    for k in range(ptr[cell], ptr[cell + 1]):
                        p = member[k]
                        dx = posts[p, 0] - x
                        dy = posts[p, 1] - y
                        far = dx * dx + dy * dy
                        if far <= square:
                            if turn == 1:
                                target[used] = p
                                metres[used] = np.sqrt(far) * detour
                            used += 1
            if turn == 0:
                out[i + 1] = used
        if turn == 0:
            target = np.empty(out[n], np.int64)
            metres = np.empty(out[n])
    return out, target, metres
