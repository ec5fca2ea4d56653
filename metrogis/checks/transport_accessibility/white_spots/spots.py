"""White cells joined into spots: contiguous, named after the nearest place, each with its fix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sparse
import shapely
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.shared.service import TOLERANCE, Pairs, Service, Walk, served
from metrogis.checks.transport_accessibility.white_spots.fixes import Fixes, added
from metrogis.checks.transport_accessibility.white_spots.sections import Sections, section_reach

CONTACT = 1.0
"""Metres: cells cut from different borders touch within this much, corners included."""

_CANDIDATES = 5
_MOST_STOPS = 2000

Shapes = npt.NDArray[np.object_]


def join(shapes: Shapes, unit: Ints | None = None) -> Ints:
    """Number the contiguous groups of cells (sides or corners touch).

    Parameters
    ----------
    shapes : ndarray of polygons
    unit : ndarray of int, optional
        Cells of different units (municipalities) are kept apart.

    Returns
    -------
    ndarray of int
        Group of each cell, from 0.

    Examples
    --------
    >>> squares = shapely.box([0, 10, 30], [0, 10, 0], [10, 20, 40], [10, 20, 10])
    >>> join(squares).tolist()
    [0, 0, 1]
    """
    if not len(shapes):
        return np.zeros(0, np.int64)
    a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=CONTACT)
    if unit is not None:
        same = unit[a] == unit[b]
        a, b = a[same], b[same]
    graph = sparse.coo_matrix((np.ones(len(a), bool), (a, b)), shape=(len(shapes),) * 2)
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def name_spots(
    points: Shapes,
    unit: Ints,
    municipalities: gpd.GeoDataFrame,
    localities: gpd.GeoDataFrame | None,
    stops: gpd.GeoDataFrame | None,
) -> Shapes:
    """Name each spot after the nearest locality, else the nearest stop of its municipality.

    Where neither is at hand the municipality gives the name.
    """
    names = municipalities["name"].to_numpy(dtype=object)[unit].copy()
    layer = localities if localities is not None else stops
    if layer is None or not len(points):
        return names
    layer = layer[layer["name"].notna() & (layer["name"].astype(str).str.strip() != "")]
    if not len(layer):
        return names
    shapes = np.asarray(layer.geometry.to_numpy(), dtype=object)
    (at, found) = shapely.STRtree(shapes).query_nearest(points, all_matches=False)
    good = np.ones(len(at), bool)
    if localities is None:  # a stop of the next town would mislead
        border = np.asarray(municipalities.geometry.to_numpy(), dtype=object)[unit[at]]
        good = shapely.intersects(border, shapes[found])
    names[at[good]] = layer["name"].to_numpy(dtype=object)[found[good]]
    return names


@dataclass(frozen=True)
class Chosen:
    """The fix of one spot."""

    cell: int
    people: float
    verified: bool


class Chooser:
    """Finds the fix that serves most people of a spot, by applying each and asking again.

    ``worth`` is the path (m) that one departure a day is worth, where both are needed.
    """

    def __init__(
        self,
        service: Service,
        day: str,
        near: Pairs,
        fixes: Fixes,
        sections: Sections | None,
        xy: Floats,
        people: Floats,
        detour: float,
        walk: Walk | None = None,
        worth: float = 0.0,
    ) -> None:
        order = np.argsort(near.origin, kind="stable")
        self.near = Pairs(near.origin[order], near.target[order], near.metres[order])
        # walks of cell i are near[bounds[i]:bounds[i + 1]]
        self.bounds = np.searchsorted(self.near.origin, np.arange(len(xy) + 1))
        self.service, self.day, self.rule = service, day, service.rule.on(day)
        self.fixes, self.sections, self.xy, self.detour = fixes, sections, xy, detour
        self.walk, self.worth = walk, worth
        self.people = np.nan_to_num(people)
        self.reach = service.reach(day)
        self.sections_reach = section_reach(sections, self.rule) if sections is not None else None

    def choose(self, cells: Ints, kind: str) -> Chosen | None:
        """Return the fix of a kind that serves most people of some cells, in ascending order.

        None where no cell has a fix of that kind.
        """
        tried: list[tuple[float, float, int, bool]] = []
        apply: Callable[[int, Ints], Bools] | None = {
            "departures": self._with_departures,
            "new_stop": self._with_stop,
            "path": self._with_path,
            "path_departures": self._with_both,
        }.get(kind)
        if apply is None:
            return None
        for cell in self._candidates(cells[self.fixes.kind[cells] == kind], kind, cells):
            now = apply(cell, cells)
            proven = bool(self.fixes.verified[cell] and now[np.searchsorted(cells, cell)])
            gained = float(self.people[cells[now]].sum())
            tried.append((-gained, self._price(cell), cell, proven))
        if not tried:
            return None
        # most people first; then the smaller fix, then the lower cell, whatever the order of trial
        gain, _, cell, proven = min(tried, key=lambda t: t[:3])
        return Chosen(cell, -gain, proven)

    def _price(self, cell: int) -> float:
        """Size of a cell's fix: of two that serve as many people the smaller one is chosen."""
        size = float(self.fixes.size[cell])
        if self.fixes.kind[cell] == "path_departures":
            size += float(self.fixes.extra[cell]) * self.worth
        return size

    def _candidates(self, cells: Ints, name: str, spot: Ints) -> list[int]:
        if not len(cells):
            return []
        ranked = cells[np.lexsort((cells, -self.people[cells]))]
        if name in ("path", "path_departures"):
            return [int(c) for c in ranked[:_CANDIDATES]]
        if name == "new_stop":
            ranked = ranked[:_MOST_STOPS]
            gain = self._people_near(ranked, spot)
            # by air that is the answer; on streets several are walked to
            most = 1 if self.walk is None else _CANDIDATES
            return [int(c) for c in ranked[np.lexsort((ranked, -gain))[:most]]]
        # one and the same stop and size is one candidate, whoever asks for it
        table = pd.DataFrame(
            {
                "place": self.service.place[self.fixes.target[ranked]],
                "departures": self.fixes.size[ranked],
                "people": self.people[ranked],
                "cell": ranked,
            }
        )
        same = table.groupby(["place", "departures"]).agg({"people": "sum", "cell": "first"})
        best = same.sort_values("people", ascending=False, kind="stable").head(_CANDIDATES)
        return [int(cell) for cell in best["cell"]]

    def _people_near(self, cells: Ints, spot: Ints) -> Floats:
        """People of the spot within reach of the new stop of each of some cells."""
        assert self.sections_reach is not None
        reach = self.sections_reach[self.fixes.target[cells]]
        detour = self.detour if self.walk is None else 1.0
        stops = np.column_stack([self.fixes.x[cells], self.fixes.y[cells]])
        found = cKDTree(stops).sparse_distance_matrix(
            cKDTree(self.xy[spot]),
            (reach.max() + TOLERANCE) / detour,
            output_type="ndarray",
        )
        inside = found["v"] * detour <= reach[found["i"]] + TOLERANCE
        weight = self.people[spot][found["j"]] * inside
        gain: Floats = np.bincount(found["i"], weight, minlength=len(cells)).astype("float64")
        return gain

    def _walks(self, cells: Ints) -> Pairs:
        start, stop = self.bounds[cells], self.bounds[cells + 1]
        many = stop - start
        # rows of all cells one after the other: each cell's start, counted on
        offset = np.repeat(start - np.cumsum(many) + many, many)
        row = offset + np.arange(many.sum())
        number = np.repeat(np.arange(len(cells)), many)
        return Pairs(number, self.near.target[row], self.near.metres[row])

    def _with_departures(self, cell: int, cells: Ints) -> Bools:
        place = int(self.service.place[self.fixes.target[cell]])
        level = int(
            np.searchsorted(self.rule.levels, self.fixes.metres[cell] - TOLERANCE, side="left")
        )
        counts = self.service.counts[self.day][:, :, place]
        extra = self.rule.lacking(counts)[:, level]
        # of the place's modes the one with the shortest limit that still reaches this far; it
        # counts for every shorter walk as well
        top = level + int(np.argmax(self.service.has_level[level:, place]))
        after = counts.copy()
        after[:, : top + 1] = added(counts[:, : top + 1], extra[:, None])
        reach = self.reach.copy()
        enough = self.rule.suffices(after)
        reach[place] = np.where(enough, self.rule.levels, 0.0).max()
        return served(self._walks(cells), reach, self.service.place, len(cells))

    def _with_both(self, cell: int, cells: Ints) -> Bools:
        return self._with_path(cell, cells) | self._with_departures(cell, cells)

    def _with_stop(self, cell: int, cells: Ints) -> Bools:
        assert self.sections_reach is not None
        reach = self.sections_reach[self.fixes.target[cell]]
        x, y = self.fixes.x[cell], self.fixes.y[cell]
        if self.walk is not None:
            metres = self._on_foot(cells, x, y, reach)
            return np.asarray(metres <= reach + TOLERANCE, dtype=bool)
        away = np.hypot(self.xy[cells, 0] - x, self.xy[cells, 1] - y)
        return np.asarray(away * self.detour <= reach + TOLERANCE, dtype=bool)

    def _with_path(self, cell: int, cells: Ints) -> Bools:
        f = self.fixes
        # walk left to the start of the path when the path itself is walked
        left = f.left[cell] - f.size[cell]
        metres = self._on_foot(cells, f.start_x[cell], f.start_y[cell], left)
        # for its own cell the path was computed with the very place on the street
        return np.asarray((metres <= left + TOLERANCE) | (cells == cell), dtype=bool)

    def _on_foot(self, cells: Ints, x: float, y: float, limit: float) -> Floats:
        """Walk from cells to a place; infinite beyond the limit."""
        out = np.full(len(cells), np.inf)
        air = np.hypot(self.xy[cells, 0] - x, self.xy[cells, 1] - y)
        # walks are no shorter than the straight line: who is farther need not be asked
        some = np.flatnonzero(air <= limit + TOLERANCE)
        if self.walk is not None and len(some) and limit > 0:
            found = self.walk.walk_pairs(self.xy[cells[some]], np.array([[x, y]]), limit=limit)
            out[some[found.origin]] = found.metres
        return out
