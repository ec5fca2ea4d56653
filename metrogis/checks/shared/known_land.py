"""What is known of the land of each municipality on a raster, and of the people who live there.

Land without a valid cell, and land beyond the raster, is not known: no sum holds it, and no ratio
has it on one side only. A coast is never drawn alike twice: unknown cells that hang together with
the outer border of the municipalities are its edge, as long as they are a small share of the land.
Beyond the municipalities a raster ends somewhere, at the sea or where it was cut: there what it
shows counts. A hole in it is unknown land like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from affine import Affine
from pydantic import Field

from metrogis import population as people_tools
from metrogis.checks.contract import Run, Spec
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.layers import Given, MunicipalPopulation, PopulationCells
from metrogis.evidence.rasters import RasterEvidence, extent_of, within
from metrogis.i18n import _
from metrogis.landscape import edges
from metrogis.landscape.grid import Grid
from metrogis.landscape.growth import unit_cells

_OWN = ours("06-where-rasters-are-valid")

Array = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]

_NAMED = 6
EdgeShare = Annotated[
    float,
    Spec(
        _("unknown cells along the outer border are its edge up to a share of the land of"),
        "1",
        _OWN.saying(
            _("a coast is drawn differently in every source; more is unknown land"),
        ),
    ),
    Field(ge=0, le=1),
]
_FINE = 250.0
"""Population cells up to this wide (m) are given to the municipality of their middle."""


@dataclass(frozen=True, eq=False)
class KnownLand:
    """What is known of each municipality's land.

    Attributes
    ----------
    unit : ndarray of int32 (rows, columns)
        Municipality (from 1) of each cell of land; 0 outside, and the sea.
    home : ndarray of int32 (rows, columns)
        The same with the sea: a place on the shore may have its middle there.
    dark : ndarray of bool (rows, columns) or None
        Cells of land that are not known, the edge apart, and holes in the raster around it; None:
        there are none.
    beyond : ndarray of geometry (n,)
        Land of each municipality beyond the raster; empty where that is only its edge.
    known, unknown, dark_area : ndarray (n,)
        m2: land known; land not known, the edge too; land not known, the edge apart.
    """

    unit: Array
    home: Array
    dark: Bools | None
    beyond: Array
    known: Array
    unknown: Array
    dark_area: Array

    @property
    def share(self) -> Array:
        """Share of the land that is known (1: all of it, the edge apart); NaN: none is."""
        whole = self.known + self.dark_area
        return np.divide(self.known, whole, out=np.full(len(whole), np.nan), where=self.known > 0)

    @property
    def partly(self) -> Bools:
        """Tell which municipalities are not known whole."""
        return np.asarray((self.dark_area > 0) | (self.known == 0))

    def near(self, grid: Grid, limit: float) -> Bools | None:
        """Return which cells have unknown land within a distance.

        Parameters
        ----------
        grid : Grid
            On which the land was measured.
        limit : float
            Metres.

        Returns
        -------
        ndarray of bool (rows, columns) or None
            None: no cell has.
        """
        if self.dark is None and shapely.is_empty(self.beyond).all():
            return None
        dark, margin = self.around(grid, limit)
        middle = tuple(slice(m, m + n) for m, n in zip(margin, grid.shape, strict=True))
        return within(dark, limit, grid.cell)[middle]

    def around(self, grid: Grid, limit: float) -> tuple[Bools, tuple[int, int]]:
        """Return unknown land on the grid and as far around it as matters.

        Parameters
        ----------
        grid : Grid
        limit : float
            Metres.

        Returns
        -------
        (ndarray of bool (rows + 2 r, columns + 2 c), (int, int))
            The mask, and r and c: rows and columns added on each side; 0, 0 where no municipality
            has land beyond the raster.
        """
        from rasterio import features

        rest = self.beyond[~shapely.is_empty(self.beyond)]
        margin = (0, 0)
        if len(rest):
            # a margin as wide as the limit: land beyond the raster may lie that near to its cells
            margin = int(limit / grid.cell[1]) + 1, int(limit / grid.cell[0]) + 1
        (down, across), (rows, columns) = margin, grid.shape
        out: Bools = np.zeros((rows + 2 * down, columns + 2 * across), bool)
        if len(rest):
            t = grid.transform
            assert t is not None
            moved = Affine(t.a, t.b, t.c - across * t.a, t.d, t.e, t.f - down * t.e)
            features.rasterize(list(rest), out=out.view(np.uint8), transform=moved)
            out[down : down + rows, across : across + columns] = False
        if self.dark is not None:
            out[down : down + rows, across : across + columns] |= self.dark
        return out, margin


def known_land(
    run: Run,
    names: tuple[str, ...],
    grid: Grid,
    unit: Array,
    municipalities: gpd.GeoDataFrame,
    *,
    edge_share: float,
    sea: Bools | None = None,
) -> KnownLand:
    """Find out what is known of the land of each municipality, and tell the run's evidence.

    Parameters
    ----------
    names : tuple of str
        Layers that the grid stands for (two of two dates): their evidence is set.
    grid : Grid
        Valid where all of them are.
    unit : ndarray
        Municipality of each cell (from 1; 0 outside).
    edge_share : float
        Unknown cells along the outer border are edge up to this share of the municipality's land.
    sea : ndarray of bool, optional
        Cells known to be sea: no land.
    """
    land, certain = measure(grid, unit, municipalities, edge_share=edge_share, sea=sea)
    assert grid.transform is not None
    for name in names:
        found = RasterEvidence.of_mask(name, certain, grid.transform, run.crs)
        run.evidence[name] = replace(found, losses=run.evidence[name].losses)
    return land


def measure(
    grid: Grid,
    unit: Array,
    areas: gpd.GeoDataFrame,
    *,
    edge_share: float,
    sea: Bools | None = None,
) -> tuple[KnownLand, Bools]:
    """Return what is known of the land of areas on a raster.

    Parameters
    ----------
    grid : Grid
    unit : ndarray of int (rows, columns)
        Area of each cell, from 1; 0 outside all.
    areas : GeoDataFrame
    edge_share : float
        Unknown cells along the outline of an area, and slivers of it beyond the raster, are its
        edge (two sources never fit to the cell) while they take at most this share of its land.
    sea : ndarray of bool (rows, columns), optional
        Cells that are no land.

    Returns
    -------
    (KnownLand, ndarray of bool (rows, columns))
        The second: cells that are certain, for they are known, edge or sea.
    """
    n, size = len(areas), grid.cell_area
    land = unit if sea is None else np.where(sea, 0, unit).astype(unit.dtype)
    # row 0: cells outside all areas; columns: cells known, cells not
    counts = edges.count_known(land, grid.valid, n)
    known, unknown = counts[1:].T
    beyond, narrow = _beyond(areas, grid)
    outside = shapely.area(beyond)
    edge = np.zeros(grid.shape, np.bool_) if unknown.any() else None
    count = (
        np.zeros(n, np.int64) if edge is None else edges.mark_edge(land, grid.valid, n, edge)[1:]
    )
    # an edge that takes much of the land is no edge
    most = edge_share * ((known + unknown) * size + outside)
    fine = count * size + np.where(narrow, outside, 0.0) <= most
    beyond[fine & narrow] = shapely.Polygon()
    dark_cells = unknown - np.where(fine, count, 0)
    dark, certain = None, grid.valid
    if edge is not None:
        edge &= np.concatenate([[False], fine])[land]
        certain = grid.valid | edge
        dark = (land > 0) & ~certain if dark_cells.any() else None
    # cells that are gone in the middle of the raster, outside all areas: holes, not its margin
    if counts[0, 1]:
        gone = ~grid.valid if sea is None else ~(grid.valid | sea)
        holes = gone & (land == 0) & ~edges.open_to_the_end(gone)
        if holes.any():
            dark = holes if dark is None else dark | holes
    if sea is not None:
        certain = certain | sea
    found = KnownLand(
        land, unit, dark, beyond, known * size, unknown * size + outside,
        dark_cells * size + shapely.area(beyond),
    )  # fmt: skip
    return found, certain


def _beyond(municipalities: gpd.GeoDataFrame, grid: Grid) -> tuple[Array, Array]:
    """Land of each municipality beyond the raster, and whether it is at most a cell wide."""
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    x0, y0 = grid.xy(-0.5, -0.5)
    x1, y1 = grid.xy(grid.shape[0] - 0.5, grid.shape[1] - 0.5)
    west, east = sorted((float(x0), float(x1)))
    south, north = sorted((float(y0), float(y1)))
    rest = np.asarray(shapely.difference(shapes, shapely.box(west, south, east, north)))
    width, height = grid.cell
    # at most a cell wide: the outline and the raster differ by less than they can show
    wider = shapely.box(west - width, south - height, east + width, north + height)
    return rest, np.asarray(shapely.is_empty(shapely.difference(rest, wider)))


def some_names(names: pd.Series) -> str:
    """Return the first names of municipalities, for a sentence.

    >>> some_names(pd.Series(["A", "B"]))
    'A, B'
    """
    shown = names.astype(str).tolist()
    return ", ".join(shown[:_NAMED]) + (", ..." if len(shown) > _NAMED else "")


# --------------------------------------------------------------------------- people


@dataclass(frozen=True, eq=False)
class People:
    """People of each municipality; NaN where not known.

    Attributes
    ----------
    total : ndarray (n,)
        Of the municipality, as the source has it.
    known : ndarray (n,)
        On the land known on the raster: what goes into ratios.
    lost : int
        Cells whose people are not known, or that could not be read: sums are at least.
    """

    total: Array
    known: Array
    lost: int = 0


def people_on(
    run: Run,
    municipalities: gpd.GeoDataFrame,
    land: KnownLand,
    grid: Grid,
    *,
    table: Given[MunicipalPopulation],
    cells: Given[PopulationCells],
    edge_share: float,
) -> People | None:
    """Count people by municipality, and those on land known on the raster.

    Where a municipality is known in part its people are too: those of the cells of population on
    known land, scaled to the table where there is one. A table alone cannot tell them apart.

    Parameters
    ----------
    table, cells : Given
        Layers, with their names; the table goes first.

    Returns
    -------
    People or None
        None without both layers.
    """
    totals = found = None
    if table.layer is not None:
        totals, audit = people_tools.municipal_totals(municipalities, table.layer, layer=table.name)
        run.add(audit)
    # a table with all its land known needs no cells
    if cells.layer is not None and (totals is None or land.partly.any()):
        found = _in_cells(run, land, grid, cells.name, cells.layer, edge_share)
    if totals is None and found is None:
        return None
    nothing = np.full(len(municipalities), np.nan)
    whole, part = (nothing, nothing) if found is None else (found.total, found.known)
    if totals is None:
        lost = 0 if found is None else found.lost
        return People(whole, np.where(land.known > 0, part, np.nan), lost)
    # the table says how many, the cells which share of them lives on known land
    share = np.divide(part, whole, out=np.full(len(municipalities), np.nan), where=whole > 0)
    known = np.where(land.partly, totals * share, totals)
    return People(totals, np.where(land.known > 0, known, np.nan))


def _in_cells(
    run: Run, land: KnownLand, grid: Grid, name: str, cells: PopulationCells, edge_share: float
) -> People:
    """People of cells by municipality; NaN where cells of it are not known."""
    municipalities = run.municipalities
    n = len(municipalities)
    shapes: Any = cells.geometry.array  # bounds of rectangles need no polygons
    # a sample tells the width of cells: wide ones are cut by border, fine ones go by their middle
    some = np.asarray(shapes[:: max(1, len(shapes) // 1000)], dtype=object)
    where = _Where(municipalities, land, grid)
    if len(some) and np.median(people_tools.cell_width(some)) > _FINE:
        pieces, audit = people_tools.settle(municipalities, cells=cells)
        run.add(audit)
        shapes = pieces.geometry.array
        owner = pd.Index(municipalities["teryt"]).get_indexer(pieces["teryt"])
        people = pieces["population"].to_numpy("float64")
        bounds = shapes.bounds
    else:
        people = cells["population"].to_numpy("float64")
        bounds = shapes.bounds
        owner = where.owner(*_middle(bounds))
    held = np.isfinite(people) & (owner >= 0)
    count = np.bincount(owner[held], minlength=n)
    total = np.where(count > 0, np.bincount(owner[held], people[held], minlength=n), np.nan)
    blank = np.flatnonzero(~np.isfinite(people) & (owner >= 0))
    run.note(
        name,
        "unknown",
        len(blank),
        _("cells of unknown population: in no municipal sum"),
    )
    off = _population_unknown(run, name, cells, where, owner, shapes, blank, edge_share)
    on = np.zeros(len(people), bool)
    on[held] = where.known(*(v[held] for v in _middle(bounds)))
    known = np.where(count > 0, np.bincount(owner[on], people[on], minlength=n), np.nan)
    known = np.where(land.partly, known, total)
    total, known = (np.where(off, np.nan, v) for v in (total, known))
    return People(total, known, len(blank) + sum(e.count for e in run.evidence[name].losses))


def _population_unknown(
    run: Run,
    name: str,
    cells: PopulationCells,
    where: _Where,
    owner: Array,
    shapes: Any,
    blank: Array,
    edge_share: float,
) -> Bools:
    """Tell in which municipalities the layer of cells does not know the whole population.

    Cells made of a raster: where the raster does not. Others: where cells of unknown population
    lie off the outer border, or take more of the land than an edge.
    """
    municipalities = run.municipalities
    n = len(municipalities)
    evidence = run.evidence[name]
    if isinstance(evidence, RasterEvidence) and evidence.masks[0].crs is None:
        mask = evidence.masks[0]
        cell = (abs(mask.transform.a), abs(mask.transform.e))
        grid = Grid(mask.valid, mask.valid, mask.transform, run.crs, cell)
        return measure(
            grid, unit_cells(municipalities, grid), municipalities, edge_share=edge_share
        )[0].partly
    land = shapely.area(np.asarray(municipalities.geometry.to_numpy(), dtype=object))
    west, south, east, north = shapes[blank].bounds.T
    inside = np.ones(len(blank), bool)
    # a blank cell with all corners in the area is no matter of its edge
    for x, y in ((west, south), (west, north), (east, south), (east, north)):
        inside &= where.owner(x, y) >= 0
    area = shapes[blank].area
    inner = np.bincount(owner[blank][inside], area[inside], minlength=n)
    edge = np.bincount(owner[blank][~inside], area[~inside], minlength=n)
    off: Bools = (inner > 0) | (edge > edge_share * land)
    extent = extent_of(cells, run.crs)
    if extent is not None:
        rest = shapely.difference(
            np.asarray(municipalities.geometry.to_numpy(), dtype=object), extent
        )
        off |= shapely.area(rest) > edge_share * land
    return off


def _middle(bounds: Array) -> tuple[Array, Array]:
    west, south, east, north = bounds.T
    return (west + east) / 2, (south + north) / 2


class _Where:
    """Municipality of any point, and whether the raster knows the land there."""

    def __init__(self, municipalities: gpd.GeoDataFrame, land: KnownLand, grid: Grid) -> None:
        self._shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
        self._land, self._grid = land, grid

    def _cells(self, x: Array, y: Array) -> tuple[Bools, Array, Array]:
        own = self._grid.transform
        assert own is not None
        columns, rows = (np.asarray(x) - own.c) / own.a, (np.asarray(y) - own.f) / own.e
        with np.errstate(invalid="ignore"):
            inside = (rows >= 0) & (columns >= 0)
            inside &= (rows < self._grid.shape[0]) & (columns < self._grid.shape[1])
        return inside, rows[inside].astype(np.int64), columns[inside].astype(np.int64)

    def owner(self, x: Array, y: Array) -> Array:
        """Position of the municipality of each point, -1 outside all."""
        out = np.full(len(x), -1, np.int64)
        inside, rows, columns = self._cells(x, y)
        out[inside] = self._land.home[rows, columns].astype(np.int64) - 1
        # beyond the raster the outlines say whose land it is
        rest = np.flatnonzero(~inside & np.isfinite(x) & np.isfinite(y))
        if len(rest):
            points = np.asarray(shapely.points(x[rest], y[rest]), dtype=object)
            town, point = shapely.STRtree(points).query(self._shapes, predicate="intersects")
            out[rest[point]] = town
        return out

    def known(self, x: Array, y: Array) -> Bools:
        """Tell at which points the raster knows the land (an edge forgiven counts)."""
        out: Bools = np.zeros(len(x), bool)
        inside, rows, columns = self._cells(x, y)
        out[inside] = self._grid.valid[rows, columns]
        if self._land.dark is None:
            out[inside] = True
        else:
            out[inside] |= ~self._land.dark[rows, columns] & (self._land.unit[rows, columns] > 0)
        return out
