"""``driver = "gbfs"``: stations of a bike-share system."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrogis import crs as crs_rules
from metrogis import provenance, schemas
from metrogis.catalog.models import GbfsLayer
from metrogis.provenance import Source

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened


def read(metro: Opened, name: str, layer: GbfsLayer, paths: list[Path], source: Source) -> Any:
    """Read stations of a bike-share system, in the working CRS.

    The path of the layer is a folder, or ``station_information`` with the other files beside it.
    """
    from metrogis.sources.gbfs import read_gbfs

    frame = read_gbfs(paths[0], layer=name)
    audit = provenance.audit_of(frame)
    frame = crs_rules.moved(frame, metro.crs)
    frame, found = schemas.conform(frame, "BikeShare", layer=name)
    return provenance.attach(frame, source, audit + found)
