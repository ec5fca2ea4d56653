"""Where people live: cells from a grid, a raster, or municipal totals spread by weights.

Coarse cells are split into pieces before anything is asked of them, for a 5 km cell says nothing
about one place in it; pieces are cut by municipal borders and scaled to municipal totals. What was
spread is marked ``modelled``. An unknown population (NaN) stays unknown and is never 0.

Readers return cells that carry their audit; the other functions return ``(frame, Audit)``. Columns
of pieces: ``cell`` (row number of the cell they come from), ``teryt`` (once cut by municipalities),
``population``, ``modelled``, ``geometry``.
"""

from metrogis.population.cells import from_grid, from_raster
from metrogis.population.municipal import (
    cut_by_municipalities,
    from_municipal,
    municipal_totals,
    scale_to_municipal,
    settle,
)
from metrogis.population.refine import refine
from metrogis.population.split import cell_width, split_cells
from metrogis.population.weights import spread, weigh

__all__ = [
    "cell_width",
    "cut_by_municipalities",
    "from_grid",
    "from_municipal",
    "from_raster",
    "municipal_totals",
    "refine",
    "scale_to_municipal",
    "settle",
    "split_cells",
    "spread",
    "weigh",
]
