"""Whether a file that somebody has to fill in is filled: it is there, and holds a row.

A new catalog comes with empty tables. As long as such a table is empty, or such a file not there,
its layer is missing for the reason the catalog gives (``until_filled``), and is no fault.
"""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrogis.catalog.paths import paths_of

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened

_TEXTS = (".csv", ".tsv", ".txt")
_LONGEST_HEAD = 1 << 20
"""Bytes of a text in which a second line must begin: no head of a table is longer."""


def is_filled(metro: Opened, layer: Any) -> bool:
    """Tell whether a layer may be read; True for every layer that waits for nobody.

    Parameters
    ----------
    metro : Opened
    layer : model of a layer
        One with ``until_filled`` is asked for the rows of its first file.
    """
    if getattr(layer, "until_filled", None) is None:
        return True
    return has_rows(paths_of(metro, layer)[0])


def has_rows(path: Path) -> bool:
    """Tell whether a file is there and holds something beside its head.

    A file that cannot be read counts as filled: what is wrong with it is told when it is read.

    Examples
    --------
    >>> has_rows(Path("no-such-file.csv"))
    False
    """
    try:
        if path.is_dir():
            return any(file.is_file() for file in path.rglob("*"))
        if not path.is_file() or not path.stat().st_size:
            return False
        if path.suffix.lower() in _TEXTS:
            with path.open("rb") as stream:
                return len([line for line in stream.read(_LONGEST_HEAD).splitlines()
                            if line.strip(b' \t;,"\xef\xbb\xbf')]) > 1  # fmt: skip
        if path.suffix.lower() == ".gpkg":
            return _features(path)
        if path.suffix.lower() == ".xlsx":
            return _sheet_rows(path)
    except (OSError, sqlite3.Error, zipfile.BadZipFile, KeyError, ValueError):
        return True
    return True


def _features(path: Path) -> bool:
    """Tell whether a layer of a GeoPackage has a feature."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        names = base.execute("SELECT table_name FROM gpkg_contents").fetchall()
        quoted = ('"' + str(name).replace('"', '""') + '"' for (name,) in names)
        return any(base.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() for name in quoted)


def _sheet_rows(path: Path) -> bool:
    """Tell whether the first sheet of a workbook has a second row."""
    import python_calamine

    sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    rows = sheet.to_python(nrows=2)
    return len([row for row in rows if any(cell not in ("", None) for cell in row)]) > 1
