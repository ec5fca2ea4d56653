"""Built-up land as the urban checks take it: a mask of cells, and the land it lies on."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from pydantic import Field

from metrogis import crs as crs_rules
from metrogis.arrays import Array
from metrogis.checks.contract import Parameters, Run, Spec
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.layers import Given, Raster
from metrogis.checks.contract.shared_types import BuiltUpValue
from metrogis.checks.shared.known_land import EdgeShare
from metrogis.errors import ParameterError, SchemaError
from metrogis.i18n import Text, _
from metrogis.landscape import expected
from metrogis.landscape import grid as grids
from metrogis.landscape.expected import Expected
from metrogis.landscape.grid import Grid
from metrogis.landscape.growth import same_grid, unit_cells
from metrogis.provenance import source_of

_OWN = ours("11-growth-of-built-up-land")


_SLACK = 1e-6
"""Share of a threshold by which float32, or a scale of a whole number, may miss it."""


BuiltUpValues = Annotated[
    tuple[float, ...],
    Spec(
        _("codes of built-up classes (given: in place of the threshold)"),
        "-",
        _OWN.saying(
            _("none; CORINE 111-142, or 1-11 in rasters of its class numbers"),
        ),
    ),
]


class BuiltUpParameters(Parameters):
    """What a built-up cell is, and what is no land."""

    built_up_value: BuiltUpValue = 1
    built_up_values: BuiltUpValues = ()
    sea_values: Annotated[
        tuple[float, ...],
        Spec(
            _("codes of the sea in land cover: it is no land of a municipality"),
            "-",
            _OWN.saying(
                _("none; CORINE 523, or 44 in rasters of its class numbers"),
            ),
        ),
    ] = ()
    edge_share: EdgeShare = 0.02


# --------------------------------------------------------------------------- rasters


def placed(run: Run, given: Given[Raster]) -> Grid:
    """Return a raster layer of the run.

    Parameters
    ----------
    run : Run
    name : str
        Of the layer.

    Returns
    -------
    Grid

    Raises
    ------
    SchemaError
        If the raster has no place on earth.
    CRSError
        If its CRS is not that of the municipalities.
    """
    name = given.name
    grid = grids.read(given.layer, layer=name)
    if grid.transform is None or grid.crs is None:
        raise SchemaError(
            _("the raster has no place (CRS)"),
            layer=name,
            remedy=_("give a raster with a CRS"),
        )
    crs_rules.require_same(**{"municipalities": run.crs, name: grid.crs})
    return grid


def is_one_of(values: Array, codes: tuple[float, ...]) -> npt.NDArray[np.bool_]:
    """Return which cells have one of some codes.

    Parameters
    ----------
    values : ndarray
        Any shape. Floats compare with the accuracy of float32: rasters scaled on reading.
    codes : tuple of float

    Returns
    -------
    ndarray of bool

    Examples
    --------
    >>> is_one_of(np.array([[1, 2], [3, 2]]), (2,)).tolist()
    [[False, True], [False, True]]
    """
    out: npt.NDArray[np.bool_] = np.zeros(values.shape, bool)
    for code in codes:  # few codes: a pass for each is quicker than sorting the raster
        if values.dtype.kind == "f":
            out |= np.abs(values - code) <= _SLACK * max(1.0, abs(code))
        else:
            out |= values == code
    return out


class Units:
    """Municipality of each cell of a grid (from 1; 0 outside), remembered for the last grid."""

    def __init__(self, municipalities: gpd.GeoDataFrame) -> None:
        self._towns = municipalities
        self._last: tuple[Grid, Array] | None = None

    def __call__(self, grid: Grid) -> Array:
        """Return the municipality of each cell."""
        if self._last is None or not same_grid(self._last[0], grid):
            self._last = (grid, unit_cells(self._towns, grid))
        return self._last[1]


def built_mask(run: Run, given: Given[Raster], unit_of: Units) -> Grid:
    """Return the mask of built-up cells of a layer.

    Raises
    ------
    SchemaError
        When all or none of the land of the municipalities is built up: values misread.
    """
    params, name = run.parameters, given.name
    grid = placed(run, given)
    usual = expected.built_up(grid, grid.cell_area, params.built_up_values)
    grid = taken(run, name, grid, usual)
    if params.built_up_values:
        mask = is_one_of(grid.values, params.built_up_values)
    else:
        # the last bit of a float, or of a scaled whole number, decides nothing
        least = params.built_up_value - _SLACK * abs(params.built_up_value)
        mask = np.asarray(grid.values >= least)
    mask &= grid.valid
    inside = grid.valid & (unit_of(grid) > 0)
    count, whole = int((mask & inside).sum()), int(inside.sum())
    if whole == 0:
        raise SchemaError(
            _("the raster covers no municipality"),
            layer=name,
            remedy=_("check extent and CRS of the layer"),
        )
    # of land known in part all may be open; of a whole raster that is a misread one
    if count in (0, whole) and int(mask.sum()) in (0, int(grid.valid.sum())):
        found = np.unique(grid.values[inside])
        shown = ", ".join(f"{v:g}" for v in found[:8]) + (", ..." if len(found) > 8 else "")
        raise SchemaError(
            (
                _("every cell in the municipalities would be built-up; values: {shown}")
                if count
                else _("every cell in the municipalities would be not built-up; values: {shown}")
            ).fill(shown=shown),
            layer=name,
            remedy=_(
                "set built_up_value (threshold) or built_up_values (codes of built-up classes)"
            ),
        )
    return replace(grid, values=mask)


def taken(run: Run, name: str, grid: Grid, usual: Expected) -> Grid:
    """Take away the cells of a layer whose values it cannot have.

    Parameters
    ----------
    run : Run
        Its audit gets the values and their counts.
    name : str
        Of the layer.
    grid : Grid
    usual : Expected
        Values the layer can have.

    Returns
    -------
    Grid
        Those cells are not valid: unknown, not empty.
    """
    kept = grids.only_expected(grid, usual, layer=name)
    if kept is not grid:
        run.add(kept.audit)
    return kept


def one_grid(run: Run, before: Grid, after: Grid) -> tuple[Grid, Grid]:
    """Bring two dates to the coarser of their grids, that of ``after`` when they are alike.

    Cells are moved to the nearest, for a mean of classes is no class; edges may then be off by half
    a cell, which the audit says.

    Parameters
    ----------
    run : Run
    before, after : Grid

    Returns
    -------
    (Grid, Grid)
        ``before`` and ``after`` on one grid.
    """
    if same_grid(before, after):
        return before, after
    # within 2 % in area cells are alike
    coarser_before = before.cell_area > 1.02 * after.cell_area
    target, other = (before, after) if coarser_before else (after, before)
    moved = grids.warp(other, like=target, layer="built_up")

    def size(g: Grid) -> Text:
        return _("{width:3} x {height:3} m").fill(width=g.cell[0], height=g.cell[1])

    run.note(
        "built_up" if coarser_before else "built_up_before",
        "repaired",
        int(moved.valid.sum()),
        _(
            "the two dates lie on different grids ({before}; {after}): cells brought onto one "
            "by the nearest; edges may be off by half a cell, so narrow strips of gain and loss "
            "along the edge of built-up land are uncertain"
        ).fill(before=size(before), after=size(after)),
    )
    return (before, moved) if coarser_before else (moved, after)


def sea_of(run: Run, land_cover: Raster | None, grid: Grid) -> npt.NDArray[np.bool_] | None:
    """Return the cells that land cover names as sea, for municipalities often hold some.

    Returns
    -------
    ndarray of bool (rows, columns) or None
        On ``grid``; None without land cover or codes of the sea.
    """
    codes = run.parameters.sea_values
    if land_cover is None or not codes:
        return None
    cover = grids.warp(placed(run, Given("land_cover", land_cover)), like=grid, layer="land_cover")
    return is_one_of(cover.values, codes) & cover.valid


def without(grid: Grid, sea: npt.NDArray[np.bool_] | None) -> Grid:
    """Return a grid whose sea is no land: nothing there counts."""
    return grid if sea is None else replace(grid, valid=grid.valid & ~sea)


# --------------------------------------------------------------------------- dates


def years_between(run: Run, before: Given[Raster], after: Given[Raster]) -> float | None:
    """Years between two layers, by parameters ``year_before``, ``year_after`` or their dates.

    None (audited) where that is not known. The coarser of two dates decides: a bare year is
    compared with a year.

    Raises
    ------
    ParameterError
        When the earlier layer is the later one.
    """
    params = run.parameters
    dates = []
    for layer, year in ((before, params.year_before), (after, params.year_after)):
        text = f"{year:g}" if year is not None else source_of(layer.layer, layer.name).date
        dates.append((text, year))
    parts = [_date(text, given) for text, given in dates]
    if parts[0] is None or parts[1] is None:
        both = zip((before, after), parts, strict=True)
        unknown = [layer.name for layer, part in both if part is None]
        run.note(
            unknown[0],
            "unknown",
            len(unknown),
            _(
                "date of the layer unknown: figures per year are unknown (set "
                "year_before, year_after)"
            ),
            unknown,
        )
        return None
    length = min(len(parts[0]), len(parts[1]))
    units = (1.0, 1 / 12, 1 / 365.25)
    years = sum(
        unit * (two - one)
        for unit, one, two in zip(units, parts[0][:length], parts[1][:length], strict=False)
    )
    if years > 0:
        return float(years)
    if years == 0 and params.year_before is None and params.year_after is None:
        run.note(
            before.name,
            "unknown",
            1,
            _(
                "both layers have the same date: the period and figures per year are "
                "unknown (fix the dates in the catalog, or set year_before, year_after)"
            ),
            [dates[0][0]],
        )
        return None
    raise ParameterError(
        _("the earlier date ({dates}) is not before the later one ({dates2})").fill(
            dates=dates[0][0], dates2=dates[1][0]
        ),
        layer=before.name,
        remedy=_("swap the layers, or fix their dates"),
    )


def _date(text: str, given: float | None) -> tuple[float, ...] | None:
    if given is not None:
        return (given,)
    try:
        return tuple(float(part) for part in text.split("-")) if text else None
    except ValueError:
        return None


YearBefore = Annotated[
    float | None,
    Spec(
        _("year of the earlier built-up land"),
        "year",
        _OWN.saying(_("the date of the layer")),
    ),
    Field(ge=1800, le=2200),
]
YearAfter = Annotated[
    float | None,
    Spec(
        _("year of the later built-up land"),
        "year",
        _OWN.saying(_("the date of the layer")),
    ),
    Field(ge=1800, le=2200),
]
