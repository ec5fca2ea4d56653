"""Land that a layer of population does not speak of: whoever lives there is not known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.evidence.rasters import extent_of
from metrogis.i18n import _
from metrogis.population.split import split_cells
from metrogis.provenance import Audit

_LAYER = "population"
EDGE_SHARE = 0.02
"""Land without data up to this share of a municipality is its edge (a coast is never drawn alike
twice), not land whose people are unknown (this project's choice)."""
REACHED = 0.1
"""Cells that cover less of a municipality only spill over its border (this project's choice)."""
_LISTED = 0.05
"""A grid in which this share of the cells holds nobody lists empty cells: where it has none, it
does not know (grids that leave empty cells out have next to none)."""


def uncovered(
    cells: gpd.GeoDataFrame,
    pieces: gpd.GeoDataFrame,
    municipalities: gpd.GeoDataFrame,
    edge_share: float,
) -> np.ndarray:
    """Land of each municipality that the layer of cells does not speak of; empty for an edge.

    Of grids that leave empty cells out nothing can be told.
    """
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    nothing = np.full(len(shapes), shapely.Polygon(), dtype=object)
    extent = extent_of(cells, municipalities.crs)
    area = shapely.area(shapes)
    if extent is not None:
        rest = np.asarray(shapely.difference(shapes, extent), dtype=object)
    else:
        people = cells["population"].to_numpy("float64")
        if not (people == 0).sum() > _LISTED * len(people):
            return nothing
        unit = pd.Index(municipalities["teryt"]).get_indexer(pieces["teryt"])
        held = np.bincount(unit, pieces.area.to_numpy(), minlength=len(shapes))
        rest = nothing.copy()
        for i in np.flatnonzero(area - held > edge_share * area).tolist():
            own = pieces.geometry.to_numpy()[unit == i]
            rest[i] = shapely.difference(shapes[i], shapely.union_all(own))
    rest[shapely.area(rest) <= edge_share * area] = shapely.Polygon()
    return rest


def with_rest(
    pieces: gpd.GeoDataFrame, rest: np.ndarray, municipalities: gpd.GeoDataFrame, max_size: float
) -> tuple[gpd.GeoDataFrame, Audit]:
    """Add the land of which a layer of cells says nothing, as pieces of unknown population.

    Parameters
    ----------
    pieces : GeoDataFrame
        Pieces of cells, in the CRS of the municipalities.
    rest : array of geometry (municipalities,)
        Land of each municipality that no cell covers; empty for most.
    municipalities : GeoDataFrame
    max_size : float
        Longest side of a piece, m.

    Returns
    -------
    GeoDataFrame
        With further rows of ``population`` NaN and ``cell`` -1.
    Audit
        How many municipalities it concerns.
    """
    some = np.flatnonzero(~shapely.is_empty(rest))
    if not len(some):
        return pieces, Audit()
    land = gpd.GeoDataFrame(
        {"population": np.full(len(some), np.nan), "modelled": False},
        geometry=rest[some],
        crs=municipalities.crs,
    )
    more, _unused = split_cells(land, max_size=max_size)
    more["teryt"] = municipalities["teryt"].to_numpy()[some][more["cell"]]
    more["cell"], more["modelled"] = -1, False
    names = municipalities["teryt"].to_numpy()[some]
    audit = Audit().add(
        _LAYER,
        "unknown",
        len(some),
        _("municipalities part of which lies beyond the layer of population: people unknown"),
        names,
    )
    return gpd.GeoDataFrame(pd.concat([pieces, more], ignore_index=True), crs=pieces.crs), audit
