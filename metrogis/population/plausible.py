"""Whether numbers of residents can be true: against the municipal table, and by density.

Nothing is changed here: what is suspicious is a row of the audit, with the municipality or cell,
for a person to look at. A wrong column, a total of a county in the row of a village, a fill
(65535), or a grid of another year show as a density nobody has seen, or as two sources that differ.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Floats
from metrogis.i18n import _, number
from metrogis.population.cells import most_people
from metrogis.population.municipal import municipal_totals
from metrogis.provenance import Audit

DENSEST = 5_000.0
"""Residents per km2 of a municipality. The densest one of Poland, Legionowo, has 3,998 (Statistics
Poland, "Area and population in the territorial profile in 2017", https://stat.gov.pl); rounded up.
A catalog of another country sets ``densest`` in its table ``[metro]``."""
FACTOR = 2.0
"""Ratio of two sources from which they are told to differ: a choice of this project. Cells of one
year and a table of another differ by some per cent."""
_FEW = 10
"""Cells of a municipality below which their sum says little: coarse cells straddle its border."""
_AT_A_TIME = 500_000
"""Cells looked up at a time: bounds memory."""


def of_table(
    table: pd.DataFrame,
    municipalities: gpd.GeoDataFrame,
    *,
    densest: float = DENSEST,
    layer: str = "population_municipal",
) -> Audit:
    """Return an audit of the municipalities with more residents than their area can hold.

    Parameters
    ----------
    table : DataFrame
        ``teryt``, ``population`` (NaN is unknown, and not judged).
    municipalities : GeoDataFrame
        ``teryt`` and polygons, CRS in metres.
    densest : float
        Residents per km2.
    layer : str
        Named in the audit.

    Examples
    --------
    >>> square = gpd.GeoDataFrame({"teryt": ["2261011"]}, geometry=[shapely.box(0, 0, 1e4, 1e4)],
    ...                           crs="EPSG:2180")
    >>> people = pd.DataFrame({"teryt": ["2261011"], "population": [4_000_000.0]})
    >>> of_table(people, square).rows[0].examples
    '2261011: 4,000,000 (40,000 per km2)'
    """
    totals, _unused = municipal_totals(municipalities, table, layer=layer)
    area = shapely.area(municipalities.geometry.to_numpy()) / 1e6
    with np.errstate(divide="ignore", invalid="ignore"):
        density = totals / area
    dense = (density > densest) & (area > 0)
    return Audit().add(
        layer,
        "noted",
        int(dense.sum()),
        _("municipalities of more than {densest:0} people per km2: check column and rows").fill(
            densest=densest
        ),
        [
            f"{code}: {number(total, 'en')} ({number(per, 'en')} per km2)"
            for code, total, per in zip(
                municipalities["teryt"][dense], totals[dense], density[dense], strict=True
            )
        ],
    )


def of_cells(
    cells: gpd.GeoDataFrame,
    municipalities: gpd.GeoDataFrame,
    table: pd.DataFrame | None = None,
    *,
    factor: float = FACTOR,
    layer: str = "population",
) -> Audit:
    """Return an audit of cells nobody has seen as dense, and of sums that contradict a table.

    Parameters
    ----------
    cells : GeoDataFrame
        Polygons with ``population``, CRS of the municipalities.
    municipalities : GeoDataFrame
    table : DataFrame, optional
        As of :func:`of_table`. A municipality is compared when at least ten cells have their
        centre in it, all of them of known population.
    factor : float
        Ratio of the two from which they are told to differ.
    layer : str
    """
    shapes = cells.geometry.array  # bounds and areas of rectangles need no polygons
    people = cells["population"].to_numpy("float64")
    area = shapes.area / 1e6
    with np.errstate(divide="ignore", invalid="ignore"):
        dense = people > most_people(area * 1e6)
    audit = Audit().add(
        layer,
        "noted",
        int(dense.sum()),
        _("cells denser than any that is known: check the values"),
        [f"{row}: {number(value, 'en')}" for row, value in zip(
            cells.index[dense], people[dense], strict=True)],
    )  # fmt: skip
    if table is None or not len(cells):
        return audit
    sums, counts = _sums(shapes, people, municipalities)
    totals, _unused = municipal_totals(municipalities, table)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(totals > 0, sums / totals, np.where(sums > 0, np.inf, 1.0))
    known = (counts >= _FEW) & np.isfinite(totals) & np.isfinite(sums)
    differs = known & ((ratio > factor) | (ratio < 1 / factor))
    return audit.add(
        layer,
        "noted",
        int(differs.sum()),
        _("municipalities where grid and table differ more than {factor:1} times").fill(
            factor=factor
        ),
        [
            f"{code}: {number(grid, 'en')} / {number(total, 'en')}"
            for code, grid, total in zip(
                municipalities["teryt"][differs], sums[differs], totals[differs], strict=True
            )
        ],
    )


def _sums(shapes: Any, people: Floats, municipalities: gpd.GeoDataFrame) -> tuple[Floats, Any]:
    """Sum the cells whose centre lies in each municipality; NaN where one is unknown."""
    low_x, low_y, high_x, high_y = shapes.bounds.T
    x, y = (low_x + high_x) / 2, (low_y + high_y) / 2
    many = len(municipalities)
    sums: Floats = np.zeros(many)
    counts = np.zeros(many, np.int64)
    for first in range(0, len(x), _AT_A_TIME):
        part = slice(first, first + _AT_A_TIME)
        tree = shapely.STRtree(shapely.points(x[part], y[part]))
        unit, cell = tree.query(municipalities.geometry.to_numpy(), predicate="contains")
        sums += np.bincount(unit, people[part][cell], minlength=many)
        counts += np.bincount(unit, minlength=many)
    return sums, counts
