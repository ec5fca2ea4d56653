"""``driver = "table"``: CSV, XLSX, ODS, Parquet; rows may be placed by columns or by names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from metrogis.catalog.models import TableLayer
from metrogis.catalog.readers import columns
from metrogis.evidence import loss, record
from metrogis.i18n import _
from metrogis.provenance import Audit, Source
from metrogis.sources import gdal, grid_cells, tables

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened


def read(metro: Opened, name: str, layer: TableLayer, paths: list[Path], source: Source) -> Any:
    """Read rows of one file, or of several of one form.

    Rows are placed by two columns of coordinates or by the names of another layer, where the
    catalog says so; without, the layer is a plain table.
    """
    place = columns.place_of(paths)

    def rows() -> Any:
        return _joined([_one(path, name, layer) for path in paths], name, place)

    def placed(frame: Any, audit: Audit) -> tuple[Any, Audit]:
        return _placed(metro, frame, layer, name, audit, place)

    return columns.read(metro, name, layer, paths, source, rows, placed)


def _one(path: Path, name: str, layer: TableLayer) -> pd.DataFrame:
    with gdal.unpacked(path, layer=name, kind="table", member=layer.member) as file:
        return tables.read(
            file,
            layer=name,
            encoding=layer.encoding,
            separator=layer.separator,
            sheet=layer.sheet,
            skip_rows=layer.skip_rows,
            header_rows=layer.header_rows,
        )


def _joined(parts: list[pd.DataFrame], name: str, place: str) -> pd.DataFrame:
    first = list(parts[0].columns)
    for part in parts[1:]:
        tables.require_columns(part, first, layer=name, place=place)
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def _placed(
    metro: Opened, frame: Any, layer: TableLayer, name: str, audit: Audit, place: str
) -> tuple[Any, Audit]:
    if layer.x is not None and layer.y is not None and layer.crs is not None:
        tables.require_numbers(frame, [layer.x, layer.y], layer=name, place=place)
        frame, without = tables.points(
            frame, layer=name, x=layer.x, y=layer.y, crs=layer.crs, place=place
        )
        audit = audit.add(
            name,
            "dropped",
            len(without),
            _("rows without coordinates"),
            without,
        )
        record(frame, [loss("row", _("row without coordinates"),
                            without)])  # fmt: skip
    elif layer.cell is not None:
        frame, without_code = grid_cells.placed(
            frame, layer=name, column=layer.rename.get(layer.cell, layer.cell), place=place
        )
        what = _("rows without the code of a grid cell")
        audit = audit.add(name, "dropped", len(without_code), what, without_code)
        record(frame, [loss("row", _("row without the code of a grid cell"), without_code)])
    elif layer.locate is not None:
        frame, lost, repeated = tables.locate(
            frame,
            metro[layer.locate.layer],
            column=layer.locate.column,
            match=layer.locate.match,
            layer=name,
        )
        gone = loss("row", _("place of a row unknown"), lost)
        record(frame, [replace(gone, names=tuple(map(str, lost)) if all(lost) else ())])
        audit = audit.add(
            name,
            "unknown",
            len(lost),
            _("place unknown: name not in layer {layer}").fill(layer=layer.locate.layer),
            lost,
        ).add(
            name,
            "guessed",
            len(repeated),
            _("several features of that name: their middle is taken"),
            repeated,
        )
    return frame, audit
