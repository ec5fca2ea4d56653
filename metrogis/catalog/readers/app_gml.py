"""``driver = "app_gml"``: planning acts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrogis.catalog.models import AppGmlLayer
from metrogis.provenance import Source

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened


def read(metro: Opened, name: str, layer: AppGmlLayer, paths: list[Path], source: Source) -> Any:
    """Read planning acts.

    Files parsed once are taken from the cache. ``as_of`` of the catalog chooses the versions in
    force that day; ``assume_crs`` is the CRS of geometries that name none.
    """
    from metrogis.sources import app_cache

    plan = app_cache.read(
        paths, crs=metro.crs, as_of=layer.as_of, assume_crs=layer.assume_crs, layer=name
    )
    return replace(plan, source=source)
