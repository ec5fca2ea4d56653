"""``driver = "osm_features"``: features of OpenStreetMap chosen by tags."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from metrogis.catalog.models import OsmFeaturesLayer
from metrogis.catalog.readers import columns
from metrogis.provenance import Source
from metrogis.sources import osm_features

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened


def read(
    metro: Opened, name: str, layer: OsmFeaturesLayer, paths: list[Path], source: Source
) -> Any:
    """Read the features of one extract, or of several one after another."""

    def features() -> Any:
        parts = [
            osm_features.read(
                path,
                layer=name,
                geometry=layer.geometry,
                select=layer.select,
                without=layer.without,
                columns=layer.columns,
                seats=layer.seats,
            )
            for path in paths
        ]
        return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)

    return columns.read(metro, name, layer, paths, source, features)
