"""Types of the fields of ``Inputs``: what a check finds under the name of a layer.

What columns a table has is said by its schema (:mod:`metrogis.catalog.registry`); it has been
validated, and brought to the common CRS, before a check sees it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar

import geopandas as gpd
import pandas as pd

from metrogis.landscape.grid import Grid
from metrogis.transit import Feed

if TYPE_CHECKING:
    from metrogis.sources.app_gml import Plan

T = TypeVar("T")


class Given(NamedTuple, Generic[T]):
    """A layer that may be there, with its name: for what does the same with several layers."""

    name: str
    layer: T | None


# --------------------------------------------------------------------------- polygons

Municipalities: TypeAlias = gpd.GeoDataFrame
"""Polygons with ``teryt`` and ``name``; every one is a row of the result."""
PopulationCells: TypeAlias = gpd.GeoDataFrame
"""Polygons with ``population``; NaN is unknown."""
Areas: TypeAlias = gpd.GeoDataFrame
Corridors: TypeAlias = gpd.GeoDataFrame
ProtectedAreas: TypeAlias = gpd.GeoDataFrame
PlanningZones: TypeAlias = gpd.GeoDataFrame

# --------------------------------------------------------------------------- lines and points

CycleRoutes: TypeAlias = gpd.GeoDataFrame
Roads: TypeAlias = gpd.GeoDataFrame
Investments: TypeAlias = gpd.GeoDataFrame
Stops: TypeAlias = gpd.GeoDataFrame
Stations: TypeAlias = gpd.GeoDataFrame
Services: TypeAlias = gpd.GeoDataFrame
Localities: TypeAlias = gpd.GeoDataFrame
Interchanges: TypeAlias = gpd.GeoDataFrame
Entrances: TypeAlias = gpd.GeoDataFrame
BikeParking: TypeAlias = gpd.GeoDataFrame
BikeShare: TypeAlias = gpd.GeoDataFrame

# --------------------------------------------------------------------------- tables

MunicipalPopulation: TypeAlias = pd.DataFrame
Flows: TypeAlias = pd.DataFrame
Coverage: TypeAlias = pd.DataFrame
CycleCoverage: TypeAlias = gpd.GeoDataFrame | pd.DataFrame
"""Polygons inside which routes are complete, or a table of municipalities."""
Table: TypeAlias = pd.DataFrame
"""A plain table that the check itself reads: its columns stand in the registry of layers."""

# --------------------------------------------------------------------------- rasters, timetables

Raster: TypeAlias = Grid | str | Path | tuple[Any, Any]
"""A grid, a file of one, or (array, transform)."""
Weights: TypeAlias = Raster | gpd.GeoDataFrame
"""Built-up land by which people are spread."""
Timetable: TypeAlias = Feed
StreetLayer: TypeAlias = Any
"""A street layer (:class:`metrogis.streets.Streets`), a network, or one of each mode."""
PlanLayer: TypeAlias = "Plan"
"""Planning acts, as :func:`metrogis.read_app` reads them."""
