"""Built-up land as the urban checks take it: a mask of cells, the land it lies on, its people."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pydantic import Field

from metrogis import crs as crs_rules
from metrogis import population as people_tools
from metrogis.checks.contract import Input, Parameters, Run, Spec
from metrogis.errors import ParameterError, SchemaError
from metrogis.landscape import grid as grids
from metrogis.landscape.grid import Grid
from metrogis.landscape.growth import same_grid, unit_cells
from metrogis.provenance import source_of
from metrogis.texts import Text, number

Array = npt.NDArray[Any]

_OWN = "this project's choice"
_FINE = 250.0
"""Population cells up to this wide (m) are given to the municipality of their middle."""

BUILT_UP = Input("built_up", Text("zabudowa (raster)", "built-up land (raster)"), "")
LAND_COVER = Input("land_cover", Text("pokrycie terenu", "land cover"), "", required=False)
POPULATION = Input(
    "population", Text("ludność w siatce", "population grid"), "PopulationCells", required=False
)
TOTALS = Input(
    "population_municipal",
    Text("ludność gmin", "population by municipality"),
    "MunicipalPopulation",
    required=False,
)


class BuiltUpParameters(Parameters):
    """What a built-up cell is, and what is no land."""

    built_up_value: Annotated[
        float,
        Spec(
            Text("komórka zabudowana od wartości", "a cell is built-up from a value of"),
            "-",
            f"{_OWN}: 1 in a raster of 0 and 1; state a share for a raster of shares",
        ),
    ] = 1
    built_up_values: Annotated[
        tuple[float, ...],
        Spec(
            Text(
                "kody klas zabudowy (podane: zastępują próg)",
                "codes of built-up classes (given: in place of the threshold)",
            ),
            "-",
            f"{_OWN}: none; CORINE 111-142, or 1-11 in rasters of its class numbers",
        ),
    ] = ()
    sea_values: Annotated[
        tuple[float, ...],
        Spec(
            Text(
                "kody morza w pokryciu terenu: to nie jest ląd gminy",
                "codes of the sea in land cover: it is no land of a municipality",
            ),
            "-",
            f"{_OWN}: none; CORINE 523, or 44 in rasters of its class numbers",
        ),
    ] = ()


# --------------------------------------------------------------------------- rasters


def placed(run: Run, name: str) -> Grid:
    """Return a raster layer, which must have a place in the working CRS."""
    grid = grids.read(run.layers[name], layer=name)
    if grid.transform is None or grid.crs is None:
        raise SchemaError(
            Text("raster nie ma położenia (CRS)", "the raster has no place (CRS)"),
            layer=name,
            remedy=Text("podaj raster z układem współrzędnych", "give a raster with a CRS"),
        )
    crs_rules.require_same(**{"municipalities": run.crs, name: grid.crs})
    return grid


def is_one_of(values: Array, codes: tuple[float, ...]) -> npt.NDArray[np.bool_]:
    """Tell which cells have one of ``codes``."""
    out: npt.NDArray[np.bool_] = np.zeros(values.shape, bool)
    for code in codes:  # few codes: a pass for each is quicker than sorting the raster
        out |= values == code
    return out


class Units:
    """Municipality of each cell of a grid (from 1; 0 outside), remembered for the last grid."""

    def __init__(self, towns: gpd.GeoDataFrame) -> None:
        self._towns = towns
        self._last: tuple[Grid, Array] | None = None

    def __call__(self, grid: Grid) -> Array:
        """Return the municipality of each cell."""
        if self._last is None or not same_grid(self._last[0], grid):
            self._last = (grid, unit_cells(self._towns, grid))
        return self._last[1]


def built_mask(run: Run, name: str, unit_of: Units) -> Grid:
    """Return the mask of built-up cells of a layer.

    Raises
    ------
    SchemaError
        When all or none of the land of the municipalities is built up: values misread.
    """
    p = run.parameters
    grid = placed(run, name)
    if p.built_up_values:
        mask = is_one_of(grid.values, p.built_up_values)
    else:
        mask = np.asarray(grid.values >= p.built_up_value)
    mask &= grid.valid
    inside = grid.valid & (unit_of(grid) > 0)
    count, whole = int((mask & inside).sum()), int(inside.sum())
    if whole == 0:
        raise SchemaError(
            Text("raster nie obejmuje żadnej gminy", "the raster covers no municipality"),
            layer=name,
            remedy=Text("sprawdź zasięg i układ warstwy", "check extent and CRS of the layer"),
        )
    if count in (0, whole):
        found = np.unique(grid.values[inside])
        shown = ", ".join(f"{v:g}" for v in found[:8]) + (", ..." if len(found) > 8 else "")
        state = ("zabudowane", "built-up") if count else ("niezabudowane", "not built-up")
        raise SchemaError(
            Text(
                f"wszystkie komórki w gminach byłyby {state[0]}; wartości: {shown}",
                f"every cell in the municipalities would be {state[1]}; values: {shown}",
            ),
            layer=name,
            remedy=Text(
                "podaj built_up_value (próg) lub built_up_values (kody klas zabudowy)",
                "set built_up_value (threshold) or built_up_values (codes of built-up classes)",
            ),
        )
    return replace(grid, values=mask)


def one_grid(run: Run, before: Grid, after: Grid) -> tuple[Grid, Grid]:
    """Bring two dates to the coarser of their grids (that of ``after`` when they are alike)."""
    if same_grid(before, after):
        return before, after
    coarser_before = before.cell_area > 1.02 * after.cell_area
    target, other = (before, after) if coarser_before else (after, before)
    moved = grids.warp(other, like=target, layer="built_up")

    def size(g: Grid, language: str) -> str:
        return f"{number(g.cell[0], language, 3)} x {number(g.cell[1], language, 3)} m"

    run.note(
        "built_up" if coarser_before else "built_up_before",
        "repaired",
        int(moved.valid.sum()),
        Text(
            f"dwie daty na różnych siatkach ({size(before, 'pl')}; {size(after, 'pl')}): komórki "
            "przeniesione na jedną metodą najbliższej; brzegi mogą być przesunięte o pół komórki, "
            "więc wąskie pasy przyrostu i ubytku na skraju zabudowy są niepewne",
            f"the two dates lie on different grids ({size(before, 'en')}; {size(after, 'en')}): "
            "cells brought onto one by the nearest; edges may be off by half a cell, so narrow "
            "strips of gain and loss along the edge of built-up land are uncertain",
        ),
    )
    return (before, moved) if coarser_before else (moved, after)


def land_only(run: Run, grid: Grid) -> Grid:
    """Make the sea unknown: municipal boundaries often include it."""
    codes, cover = run.parameters.sea_values, run.layers["land_cover"]
    if cover is None or not codes:
        return grid
    cover = grids.warp(placed(run, "land_cover"), like=grid, layer="land_cover")
    return replace(grid, valid=grid.valid & ~(is_one_of(cover.values, codes) & cover.valid))


def sea_left_out(run: Run, cover: Grid) -> Grid:
    """Make the sea unknown in land cover itself."""
    codes = run.parameters.sea_values
    return replace(cover, valid=cover.valid & ~is_one_of(cover.values, codes)) if codes else cover


# --------------------------------------------------------------------------- people


def people_of(run: Run, towns: gpd.GeoDataFrame, unit: Array, grid: Grid, suffix: str = "") -> Any:
    """Return people by municipality from the table, else from the cells; None without both.

    ``unit`` is the municipality of each cell of ``grid``; ``suffix`` is ``""`` or ``"_before"``.
    """
    table = run.layers.get(f"population_municipal{suffix}")
    if table is not None:
        totals, audit = people_tools.municipal_totals(
            towns, table, layer=f"population_municipal{suffix}"
        )
        run.add(audit)
        return totals
    return people_in_cells(run, towns, unit, grid, f"population{suffix}")


def people_in_cells(run: Run, towns: gpd.GeoDataFrame, unit: Array, grid: Grid, name: str) -> Any:
    """Return people by municipality from a layer of cells; NaN where none is known."""
    cells = run.layers.get(name)
    if cells is None:
        return None
    n = len(towns)
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)
    people = cells["population"].to_numpy("float64")
    some = shapes[:: max(1, len(shapes) // 1000)]
    if len(some) and np.median(people_tools.cell_width(some)) > _FINE:
        pieces, audit = people_tools.settle(towns, cells=cells)
        run.add(audit)
        owner = pd.Index(towns["teryt"]).get_indexer(pieces["teryt"])
        people = pieces["population"].to_numpy("float64")
    else:
        west, south, east, north = shapely.bounds(shapes).T
        owner = sample(unit, grid, (west + east) / 2, (south + north) / 2) - 1
    known = np.isfinite(people) & (owner >= 0)
    run.note(
        name,
        "unknown",
        int((~np.isfinite(people) & (owner >= 0)).sum()),
        Text(
            "komórki o nieznanej ludności: nie ma jej w sumach gmin",
            "cells of unknown population: in no municipal sum",
        ),
    )
    sums = np.bincount(owner[known], people[known], minlength=n)
    return np.where(np.bincount(owner[known], minlength=n) > 0, sums, np.nan)


def sample(values: Array, grid: Grid, x: Array, y: Array) -> Array:
    """Value of the cell each point falls in, 0 outside the raster."""
    assert grid.transform is not None
    own = grid.transform
    columns, rows = (np.asarray(x) - own.c) / own.a, (np.asarray(y) - own.f) / own.e
    with np.errstate(invalid="ignore"):
        inside = (rows >= 0) & (columns >= 0) & (rows < grid.shape[0]) & (columns < grid.shape[1])
    out = np.zeros(len(rows), values.dtype)
    out[inside] = values[rows[inside].astype(np.int64), columns[inside].astype(np.int64)]
    return out


# --------------------------------------------------------------------------- dates


def years_between(run: Run, before: str, after: str) -> float | None:
    """Years between two layers, by parameters ``year_before``, ``year_after`` or their dates.

    None (audited) where that is not known. The coarser of two dates decides: a bare year is
    compared with a year.

    Raises
    ------
    ParameterError
        When the earlier layer is the later one.
    """
    p = run.parameters
    dates = []
    for name, given in ((before, p.year_before), (after, p.year_after)):
        text = f"{given:g}" if given is not None else source_of(run.layers[name], name).date
        dates.append((text, given))
    parts = [_date(text, given) for text, given in dates]
    if parts[0] is None or parts[1] is None:
        unknown = [name for name, part in zip((before, after), parts, strict=True) if part is None]
        run.note(
            unknown[0],
            "unknown",
            len(unknown),
            Text(
                "data warstwy nieznana: wielkości na rok są nieznane (podaj year_before, "
                "year_after)",
                "date of the layer unknown: figures per year are unknown (set year_before, "
                "year_after)",
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
    if years == 0 and p.year_before is None and p.year_after is None:
        run.note(
            before,
            "unknown",
            1,
            Text(
                "obie warstwy mają tę samą datę: okres i wielkości na rok są nieznane (popraw "
                "daty w katalogu lub podaj year_before, year_after)",
                "both layers have the same date: the period and figures per year are unknown "
                "(mend the dates in the catalog, or set year_before, year_after)",
            ),
            [dates[0][0]],
        )
        return None
    raise ParameterError(
        Text(
            f"wcześniejsza data ({dates[0][0]}) nie poprzedza późniejszej ({dates[1][0]})",
            f"the earlier date ({dates[0][0]}) is not before the later one ({dates[1][0]})",
        ),
        layer=before,
        remedy=Text("zamień warstwy lub popraw daty", "swap the layers, or mend their dates"),
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
        Text("rok wcześniejszej zabudowy", "year of the earlier built-up land"),
        "year",
        f"{_OWN}: the date of the layer",
    ),
    Field(ge=1800, le=2200),
]
YearAfter = Annotated[
    float | None,
    Spec(
        Text("rok późniejszej zabudowy", "year of the later built-up land"),
        "year",
        f"{_OWN}: the date of the layer",
    ),
    Field(ge=1800, le=2200),
]
