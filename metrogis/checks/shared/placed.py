"""People of cells by municipality, and cells of unknown population at the outer rim."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis import population as people_rules
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import MunicipalPopulation, PopulationCells
from metrogis.i18n import _

_UNSPLIT = 100_000.0  # m: cells need no splitting here, their overlap with each zone is exact


_WHOLE = 1 - 1e-6
"""Share of a cell's area that lies in the municipalities, when all of it does."""


def placed(
    run: Run, cells: PopulationCells, totals: MunicipalPopulation | None
) -> gpd.GeoDataFrame:
    """Population by municipality: cells cut at borders, scaled to municipal totals if given.

    Where no cell of a municipality is known its total says nothing of places: unknown there.
    ``_strip`` marks pieces of unknown cells that the outer border cuts.
    """
    pieces, audit = people_rules.settle(
        run.municipalities,
        cells=cells,
        totals=totals,
        max_size=_UNSPLIT,
    )
    run.add(audit)
    row = pieces["cell"].to_numpy()
    blank = np.append(cells["population"].isna().to_numpy(), True)[row]
    people = pieces["population"].to_numpy(float, copy=True)
    people[blank & ~(people == 0)] = np.nan
    pieces["population"] = people
    return with_strips(pieces, cells)


def with_strips(pieces: gpd.GeoDataFrame, cells: PopulationCells) -> gpd.GeoDataFrame:
    """Mark pieces of unknown cells that the outer border cuts (column ``_strip``)."""
    row, area = pieces["cell"].to_numpy(), pieces.area.to_numpy()
    share = np.bincount(row[row >= 0], area[row >= 0], len(cells))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.append(share / cells.geometry.array.area, 1.0)
    # of a cell cut by the outer border, at a coast say, a strip is inside
    strip = pieces["population"].isna().to_numpy() & (row >= 0) & (share[row] < _WHOLE)
    return pieces.assign(_strip=strip)


def strips_emptied(run: Run, pieces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Count strips of cells of unknown population at the outer border as empty.

    At a coast or at the edge of a raster cells without a value overlap land a little; they would
    make all of the municipality unknown. Where they are more than a rim, they stay unknown.
    """
    strip, code = pieces["_strip"].to_numpy(bool), pieces["teryt"].to_numpy()
    area = pieces.area
    rim = (area * strip).groupby(code).sum() / area.groupby(code).sum()
    strip = strip & (rim <= 1 - run.parameters.coverage_share).reindex(code).to_numpy(bool)
    run.note(
        "population",
        "guessed",
        int(strip.sum()),
        _("cells of unknown population at the outer rim of municipalities: counted as empty"),
    )
    return pieces.assign(population=pieces["population"].mask(strip, 0.0))
