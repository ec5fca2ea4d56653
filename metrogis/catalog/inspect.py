"""What can be said of the layers of a catalog without a check: state, size, licence, source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from metrogis import crs as crs_rules
from metrogis.catalog.models import MissingLayer
from metrogis.catalog.paths import paths_of
from metrogis.catalog.registry import LAYERS
from metrogis.errors import MetrogisError
from metrogis.i18n import both

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened

COLUMNS = (
    "layer",
    "title",
    "state",
    "rows",
    "crs",
    "licence",
    "attribution",
    "date",
    "source",
    "reason",
)


def overview(
    metro: Opened,
    sizes: Mapping[str, tuple[int | None, str | None]],
    unreadable: Mapping[str, MetrogisError],
) -> pd.DataFrame:
    """Return a row a layer of the catalog, with the columns of :data:`COLUMNS`.

    Parameters
    ----------
    metro : Opened
    sizes : mapping
        Layer -> rows and CRS, of those that were loaded.
    unreadable : mapping
        Layer -> the error that reading it raised.
    """
    rows: list[dict[str, Any]] = []
    for name, layer in metro.catalog.layers.items():
        known = LAYERS.get(name)
        title = known.title if known else both(name)
        reason = metro.reason(name)
        if isinstance(layer, MissingLayer) or reason is not None:
            rows.append({"layer": name, "title": title, "state": "missing", "reason": reason})
            continue
        error = unreadable.get(name)
        if name in sizes:
            state = "loaded"
        elif not all(p.exists() for p in paths_of(metro, layer)):
            state = "absent"
        else:
            state = "ready" if error is None else "unreadable"
        rows_, crs_ = sizes.get(name, (None, None))
        rows.append(
            {
                "layer": name,
                "title": title,
                "state": state,
                "rows": rows_,
                "crs": crs_,
                "licence": layer.licence,
                "attribution": layer.attribution,
                "date": layer.date,
                "source": layer.path,
                "reason": error.text if error is not None else None,
            }
        )
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["rows"] = frame["rows"].astype("Int64")
    return frame


def crs_name(layer: Any) -> str | None:
    """Return the name of a layer's CRS; None where it has none."""
    return crs_rules.name_of(layer.crs) if isinstance(layer, gpd.GeoDataFrame) else None


def length(layer: Any) -> int | None:
    """Return how many rows a layer has.

    Rows of a table or of features, stop times of a timetable; None for what has no rows (rasters,
    streets, plans).
    """
    if isinstance(layer, pd.DataFrame):
        return len(layer)
    stop_times = getattr(layer, "stop_times", None)
    return len(stop_times) if isinstance(stop_times, pd.DataFrame) else None
