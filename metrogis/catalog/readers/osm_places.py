"""``driver = "osm_places"``: stations and stop areas of an extract of OpenStreetMap."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrogis import crs as crs_rules
from metrogis import provenance, schemas
from metrogis.catalog.models import OsmPlacesLayer
from metrogis.catalog.registry import LAYERS
from metrogis.provenance import Source
from metrogis.sources import osm_places

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened


def read(metro: Opened, name: str, layer: OsmPlacesLayer, paths: list[Path], source: Source) -> Any:
    """Return points in the working CRS, with the schema of the layer."""
    frame = osm_places.read(paths[0], kind=layer.take, layer=name, modes=layer.modes)
    audit = provenance.audit_of(frame)
    frame = crs_rules.moved(frame, metro.crs)
    schema = LAYERS[name].schema if name in LAYERS else ""
    frame, found = schemas.conform(frame, schema or "Table", layer=name)
    return provenance.attach(frame, source, audit + found)
