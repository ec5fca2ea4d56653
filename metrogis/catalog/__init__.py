"""The catalog of a metropolis: ``layers/<metro>/catalog.toml`` -> :class:`Metro`.

One table per layer says its driver, where it is, what it must contain, and its licence,
attribution and date, which are required. Unknown keys are refused. A layer that cannot be had is
declared ``missing = "reason"``; checks that need it say so. Example::

    [metro]
    id = "omggs"
    name = { pl = "Obszar Metropolitalny", en = "Metropolitan Area" }
    crs = "EPSG:2180"
    bbox = [17.0, 53.6, 19.7, 54.9]      # lon, lat: where every layer must have something
    date = "2024-10-16"                  # day the analysis speaks of

    [layers.municipalities]
    driver = "vector"
    path = "municipalities.gpkg"         # relative to the data folder
    schema = "Municipalities"
    licence = "free"
    attribution = "PRG"
    date = "2015"
    rename = { JPT_KOD_JE = "teryt", JPT_NAZWA_ = "name" }

    [layers.population]
    driver = "vector"
    path = "grid_5km.gpkg"
    finer = [{ layer = "population_hexagons", municipalities = ["2261011"] }]
    ...

    [layers.timetable]
    driver = "gtfs"
    path = "bus.zip"
    date = "2024-10"                     # every feed is looked at on usual dates near it
    trust = "no weekend service, says the operator"   # doubts about it are set aside
    ...

    [layers.corridors]
    missing = "no public copy"
    official = { service = "WFS", url = "https://sdi.gdos.gov.pl/wfs" }

    [parameters.functional_links]        # what this metropolis sets otherwise than the default
    core = ["2261011", "2262011", "2264011"]
"""

from metrogis.catalog.models import (
    AppGmlLayer,
    Bilingual,
    Catalog,
    FileLayer,
    Finer,
    GbfsLayer,
    GtfsLayer,
    Locate,
    MetroInfo,
    MissingLayer,
    Official,
    OsmLayer,
    RasterLayer,
    TableLayer,
    VectorLayer,
)
from metrogis.catalog.registry import LAYERS
from metrogis.catalog.toml import of_content, read_catalog

__all__ = [
    "LAYERS",
    "AppGmlLayer",
    "Bilingual",
    "Catalog",
    "FileLayer",
    "Finer",
    "GbfsLayer",
    "GtfsLayer",
    "Locate",
    "MetroInfo",
    "MissingLayer",
    "Official",
    "OsmLayer",
    "RasterLayer",
    "TableLayer",
    "VectorLayer",
    "of_content",
    "read_catalog",
]
