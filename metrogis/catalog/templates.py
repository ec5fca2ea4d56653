"""Empty tables of layers, with their columns: what an office fills in.

Columns and their meaning come from the registry of layers. A table of points has columns for its
coordinates; a layer with another geometry is a GeoPackage without features.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from metrogis.catalog import document
from metrogis.catalog.registry import LAYERS, Layer
from metrogis.errors import ParameterError
from metrogis.i18n import _, default_language

PLACE = {"interchanges": ("id", "station"), "interchange_entrances": (), "members": ()}
"""Further columns that a table of a layer has in a new catalog: how its rows are placed."""
XY = ("x", "y")
_KINDS = {"point": "Point", "place": "Point", "line": "MultiLineString", "polygon": "MultiPolygon"}


def columns(name: str, layer: Layer | None) -> list[str]:
    """Return the columns of an empty table of a layer.

    >>> columns("school_holidays", LAYERS["school_holidays"])
    ['first', 'last']
    """
    return [*PLACE.get(name, ()), *(layer.fields if layer else ())]


def csv_of(name: str, layer: Layer | None) -> str:
    """Return an empty table as CSV: its head alone."""
    return ",".join(columns(name, layer)) + "\n"


def formats(layer: Layer) -> tuple[str, ...]:
    """Return the endings a template of a layer may have; the first is the usual one.

    Empty for layers that validate themselves (timetables, streets, plans) and for rasters.
    """
    if not layer.fields and layer.geometry == "":
        return ()
    if layer.geometry in ("line", "polygon"):
        return (".gpkg",)
    return (".csv", ".gpkg") if layer.geometry else (".csv",)


def write(name: str, path: Path, crs: Any = "EPSG:2180") -> list[Path]:
    """Write an empty table of a layer, and beside it what its columns mean.

    Parameters
    ----------
    name : str
        Of the registry.
    path : Path
        ``.csv`` or ``.gpkg``.
    crs : object
        Of a GeoPackage.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ParameterError
        For a layer that has no table, or a format that does not fit it.
    """
    layer = LAYERS[name]
    able = formats(layer)
    if path.suffix.lower() not in able:
        raise ParameterError(
            _("a template of '{name}' cannot be written as {suffix}").fill(
                name=name, suffix=path.suffix or "-"
            ),
            layer=name,
            remedy=_("endings that fit: {able}").fill(able=", ".join(able))
            if able
            else _("this layer is a file of its own format, with no table to fill in"),
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    heads = list(layer.fields)
    if layer.geometry and path.suffix.lower() != ".gpkg":
        heads += XY
    if path.suffix.lower() == ".gpkg":
        empty = gpd.GeoDataFrame(
            {head: pd.Series(dtype=_dtype(layer.fields[head].kind)) for head in heads},
            geometry=gpd.GeoSeries([], crs=crs),
        )
        empty.to_file(path, driver="GPKG", layer=name, geometry_type=_KINDS[layer.geometry])
    else:
        path.write_text(",".join(heads) + "\n", encoding="utf-8")
    about = path.with_suffix(".md")
    about.write_text(meaning(name, layer), encoding="utf-8")
    return [path, about]


def _dtype(kind: str) -> str:
    return {"number": "float64", "integer": "int64", "flag": "bool"}.get(kind, "object")


def meaning(name: str, layer: Layer, language: str | None = None) -> str:
    """Return what the columns of a layer mean, as Markdown."""
    language = language or default_language()
    lines = [f"# {name}: {layer.title.get(language)}", "", document.summary(layer, language), ""]
    heads = tuple(head.get(language) for head in document.HEADS)
    rows = [heads, ("---",) * len(heads), *document.rows(layer, language)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    if layer.geometry in ("point", "place"):
        lines += ["", _("x, y: coordinates; say in the catalog which columns and which CRS they "
                        "have (x, y, crs).").get(language)]  # fmt: skip
    return "\n".join(lines) + "\n"
