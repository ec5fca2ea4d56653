"""Empty tables of layers, with their columns: what an office fills in.

Columns and their meaning come from the registry of layers. A table of points has columns for its
coordinates; a layer with another geometry is a GeoPackage without features.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import xlsxwriter

from metrogis.catalog import document
from metrogis.catalog.registry import LAYERS, Layer
from metrogis.errors import ParameterError
from metrogis.i18n import _, default_language
from metrogis.schemas import Field

PLACE = {"interchanges": ("id", "station"), "interchange_entrances": (), "members": ()}
"""Further columns that a table of a layer has in a new catalog: how its rows are placed."""
XY = ("x", "y")
_ABOUT = _("columns")
_NUMBERS = ("number", "integer")
_SHEET_NAME, _LIST_LENGTH, _ROWS = 31, 255, 5000
"""Of the format: letters of a sheet's name and of a list in a cell; and rows with such lists."""
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
    return (".csv", ".xlsx", ".gpkg") if layer.geometry else (".csv", ".xlsx")


def write(name: str, path: Path, crs: Any = "EPSG:2180") -> list[Path]:
    """Write an empty table of a layer, and beside it what its columns mean.

    A workbook (``.xlsx``) has the meaning of its columns on a sheet of its own; codes and words are
    texts there, so that no leading zero is lost, and a list offers the values that are allowed.

    Parameters
    ----------
    name : str
        Of the registry.
    path : Path
        ``.csv``, ``.xlsx`` or ``.gpkg``.
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
    if path.suffix.lower() == ".xlsx":
        _write_workbook(layer, heads, path)
        return [path]
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


def _write_workbook(layer: Layer, heads: list[str], path: Path) -> None:
    """Write a workbook: the empty table on a sheet called as the layer, then its columns."""
    language = default_language()
    with xlsxwriter.Workbook(str(path)) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E9EDF1"})
        text, wrapped = book.add_format({"num_format": "@"}), book.add_format({"text_wrap": True})
        page = book.add_worksheet(layer.name[:_SHEET_NAME])
        page.freeze_panes(1, 0)
        for i, head in enumerate(heads):
            field = layer.fields.get(head)
            words = field is not None and field.kind not in _NUMBERS
            page.set_column(i, i, max(12, len(head) + 2), text if words else None)
            page.write_string(0, i, head, bold)
            if field is None:
                continue
            page.write_comment(0, i, field.text.get(language))
            offered = _offered(field)
            if offered:
                page.data_validation(
                    1, i, _ROWS, i, {"validate": "list", "source": offered, "error_type": "warning"}
                )
        about = book.add_worksheet(_ABOUT.get(language)[:_SHEET_NAME])
        for i, width in enumerate((22, 14, 12, 30, 18, 80)):
            about.set_column(i, i, width, wrapped)
        titles = tuple(head.get(language) for head in document.HEADS)
        for row, cells in enumerate((titles, *document.rows(layer, language))):
            for i, cell in enumerate(cells):
                about.write_string(row, i, cell, bold if row == 0 else wrapped)


def _offered(field: Field) -> list[str]:
    """Return the words that a list in a cell offers; none where they are too long for one."""
    words = ["yes", "no"] if field.kind == "flag" else list(field.allowed)
    return words if len(",".join(words)) <= _LIST_LENGTH else []


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
