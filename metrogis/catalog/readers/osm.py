"""``driver = "osm"``: streets from OpenStreetMap."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrogis.catalog.models import OsmLayer
from metrogis.provenance import Source

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened


def read(metro: Opened, name: str, layer: OsmLayer, paths: list[Path], source: Source) -> Any:
    """Return streets whose networks are built when a check asks for one."""
    from metrogis.streets.layer import Streets

    return Streets(paths[0], metro.crs, source)
