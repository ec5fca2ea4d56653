"""People on cells of 1 km, and their class; cells of population that are no such cells."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import population as people_rules
from metrogis.arrays import Array, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.i18n import _
from metrogis.population.urbanisation import Thresholds, classify

SIDE = 1000.0
_SLACK = 0.05
"""Share by which a cell of 1 km may be wider or narrower (reprojected grids)."""
_ANY = 1e12
_SAMPLE = 500
UNKNOWN = -1


class Lattice(NamedTuple):
    """Square cells of 1 km: corner of the first, m, and how far they are turned, radians."""

    x: float
    y: float
    turn: float

    def place(self, xy: Floats) -> Ints:
        """Return column and row of points (n, 2)."""
        return np.floor(self._turned(xy - (self.x, self.y), -self.turn) / SIDE + 1e-9).astype(
            np.int64
        )

    def boxes(self, cells: Ints) -> Array:
        """Return the polygons of cells (n, 2)."""
        corner = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
        xy = (cells[:, None, :] + corner[None]) * SIDE
        xy = self._turned(xy, self.turn) + np.array([self.x, self.y])
        return np.asarray(shapely.polygons(xy), dtype=object)

    @staticmethod
    def _turned(xy: Floats, angle: float) -> Floats:
        c, s = np.cos(angle), np.sin(angle)
        return np.stack([c * xy[..., 0] - s * xy[..., 1], s * xy[..., 0] + c * xy[..., 1]], axis=-1)


class Classes(NamedTuple):
    """Cells of 1 km.

    Attributes
    ----------
    lattice : Lattice
    cells : ndarray of int (cells, 2)
        Column and row.
    people, land : ndarray (cells,)
        People known, and km2 of land.
    more : ndarray (cells,)
        People that may live there besides: on land of unknown people, at the greatest density that
        is known of any.
    kind : ndarray of int (cells,)
        Class of :mod:`metrogis.population.urbanisation`; -1 unknown.
    of_piece : ndarray of int (pieces,)
        Cell of each piece of population.
    """

    lattice: Lattice
    cells: Ints
    people: Floats
    land: Floats
    more: Floats
    kind: Ints
    of_piece: Ints


def lattice_of(run: Run, population: gpd.GeoDataFrame) -> Lattice | None:
    """Return the cells of 1 km that a layer of population fits; None where it is coarser.

    Cells of 1 km are kept as they are, also turned ones of a grid in another CRS; smaller squares
    are added up on whole kilometres of the CRS. Hexagons and other shapes fit none.
    """
    shapes: Any = population.geometry.array
    some = np.asarray(shapes[:: max(1, len(shapes) // _SAMPLE)], dtype=object)
    some = some[~shapely.is_empty(some)]
    if not len(some):
        return Lattice(0.0, 0.0, 0.0)
    width = np.median(people_rules.cell_width(some))
    square = shapely.area(some) >= (1 - _SLACK) * shapely.area(shapely.oriented_envelope(some))
    if width > (1 + _SLACK) * SIDE or square.mean() < 1 - _SLACK:
        run.note(
            "population",
            "unknown",
            len(population),
            _("cells of population that are wider than 1 km or no squares: nothing is classed"),
        )
        return None
    if width < (1 - _SLACK) * SIDE:
        return Lattice(0.0, 0.0, 0.0)
    corner = shapely.get_coordinates(some[int(np.argmin(np.abs(shapely.area(some) - SIDE**2)))])
    # the side that runs most nearly to the east
    sides = np.diff(corner[:5], axis=0)
    east = sides[np.argmax(sides[:, 0])]
    turn = float(np.arctan2(east[1], east[0]))
    first = corner[np.argmin(Lattice._turned(corner, -turn).sum(axis=1))]
    return Lattice(float(first[0]), float(first[1]), turn if abs(turn) > 1e-9 else 0.0)


def classes_of(run: Run, lattice: Lattice, pieces: gpd.GeoDataFrame, rules: Thresholds) -> Classes:
    """Return the cells of 1 km that pieces of population lie on, and their class.

    Land of unknown people is taken as empty and as the densest: what both give is known.
    """
    shapes = np.asarray(pieces.geometry.to_numpy(), dtype=object)
    people = pieces["population"].to_numpy(float).copy()
    # land without a cell has people by municipal totals alone: where they live is not known
    people[pieces["cell"].to_numpy() < 0] = np.nan
    at = lattice.place(shapely.get_coordinates(shapely.centroid(shapes)))
    frame = pd.DataFrame({"column": at[:, 0], "row": at[:, 1]})
    group = frame.groupby(["column", "row"], sort=True).ngroup().to_numpy()
    cells = np.unique(at, axis=0) if len(at) else np.zeros((0, 2), np.int64)
    n = len(cells)
    area = shapely.area(shapes)
    dark = np.bincount(group, np.where(np.isnan(people), area, 0.0), minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        densest = np.nanmax(np.append(people / area, 0.0))
    # where nobody is known nothing bounds what may be
    more = dark * (densest if densest > 0 else _ANY)
    held = np.bincount(group, np.nan_to_num(people), minlength=n).astype(float)
    municipalities = shapely.union_all(run.municipalities.geometry.to_numpy())
    shapely.prepare(municipalities)
    boxes = lattice.boxes(cells)
    land = np.full(n, SIDE**2)
    cut = ~shapely.contains_properly(municipalities, boxes)
    land[cut] = shapely.area(shapely.intersection(boxes[cut], municipalities))
    kind = _kinds(cells, held, held + more, land / SIDE**2, rules)
    return Classes(lattice, cells, held, land / SIDE**2, more, kind, group)


def _kinds(cells: Ints, low: Floats, high: Floats, land: Floats, rules: Thresholds) -> Ints:
    if not len(cells):
        return np.zeros(0, np.int64)
    first = cells.min(axis=0)
    shape = tuple((cells.max(axis=0) - first + 1)[::-1].tolist())
    place = tuple((cells - first).T[::-1])

    def grid(values: Floats) -> Floats:
        out = np.zeros(shape)
        out[place] = values
        return out

    least, most = (classify(grid(v), grid(land), rules)[place] for v in (low, high))
    return np.where(least == most, least, UNKNOWN).astype(np.int64)
