"""Rules of Polish planning acts: zone types, overlays with land, infill areas (OUZ).

Pure functions of geometries and tables; nothing here knows of checks, files or maps.

>>> import geopandas as gpd, shapely
>>> from metrogis.planning import ZONE_TYPES, compute_ouz, zone_table
>>> ZONE_TYPES["SN"].min_bio_share, ZONE_TYPES["SK"].severity, len(zone_table("pl"))
(50, 'barrier', 13)
>>> houses = [shapely.box(60 * i, 0, 60 * i + 10, 10) for i in range(5)]
>>> found = compute_ouz(gpd.GeoDataFrame(geometry=houses, crs="EPSG:2180"))
>>> len(found.areas), round(found.allowed) == round(0.25 * (found.before - found.after))
(1, True)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metrogis.planning.borders import shared_borders
    from metrogis.planning.compatibility import COMPATIBILITY, CompatibilityTable
    from metrogis.planning.corridors import cut_corridors
    from metrogis.planning.ouz import Ouz, OuzParameters
    from metrogis.planning.ouz import compute as compute_ouz
    from metrogis.planning.overlay import intersect, self_overlaps
    from metrogis.planning.validity import find_faults
    from metrogis.planning.zones import (
        DEVELOPMENT,
        OPEN,
        SEVERITIES,
        ZONE_TYPES,
        SeverityTable,
        ZoneType,
        zone_table,
    )

# Loaded on first use: who asks for a zone's colour needs no overlay.
_WHERE = {
    "COMPATIBILITY": "compatibility",
    "CompatibilityTable": "compatibility",
    "DEVELOPMENT": "zones",
    "OPEN": "zones",
    "Ouz": "ouz",
    "OuzParameters": "ouz",
    "SEVERITIES": "zones",
    "SeverityTable": "zones",
    "ZONE_TYPES": "zones",
    "ZoneType": "zones",
    "compute_ouz": "ouz.compute",
    "cut_corridors": "corridors",
    "find_faults": "validity",
    "intersect": "overlay",
    "self_overlaps": "overlay",
    "shared_borders": "borders",
    "zone_table": "zones",
}

__all__ = [
    "COMPATIBILITY",
    "DEVELOPMENT",
    "OPEN",
    "SEVERITIES",
    "ZONE_TYPES",
    "CompatibilityTable",
    "Ouz",
    "OuzParameters",
    "SeverityTable",
    "ZoneType",
    "compute_ouz",
    "cut_corridors",
    "find_faults",
    "intersect",
    "self_overlaps",
    "shared_borders",
    "zone_table",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, own = _WHERE[name].partition(".")
    return getattr(importlib.import_module(f"{__name__}.{module}"), own or name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
