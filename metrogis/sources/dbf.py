"""Encoding of the texts of a Shapefile: what says it, and what can be told from the bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from metrogis.errors import SourceError
from metrogis.i18n import _

_SILENT = (0x00, 0x57)
"""Marks of a .dbf that say nothing: none, and "ANSI", which is the code page of whoever wrote."""

CHOOSE = _('write encoding = "cp1250" (Polish Windows), "utf-8" or "iso-8859-2" into the catalog')


def encoding_of(path: Path, *, layer: str) -> str | None:
    """Return the encoding of a Shapefile that states none; None where the file or nothing says it.

    Parameters
    ----------
    path : Path
        The ``.shp``. A ``.cpg`` beside it and a code page in the ``.dbf`` are left to GDAL.
    layer : str
        Named by the error.

    Raises
    ------
    SourceError
        When texts have letters beyond ASCII that are not UTF-8: guessed, they would be others.
    """
    dbf, page = _beside(path, ".dbf"), _beside(path, ".cpg")
    if dbf is None or (page is not None and page.read_bytes().strip()):
        return None
    raw = dbf.read_bytes()
    if len(raw) < 32 or raw[29] not in _SILENT:
        return None
    odd = _odd_texts(raw)
    if not odd:
        return None
    wrong = [text for text in odd if not _is_utf8(text)]
    if not wrong:
        return "UTF-8"
    shown = ", ".join(repr(text.decode("ascii", "replace")) for text in wrong[:3])
    raise SourceError(
        _(
            "nothing says how letters beyond ASCII are encoded ({shown}): there is no .cpg file"
        ).fill(shown=shown),
        layer=layer,
        place=dbf.name,
        remedy=CHOOSE,
    )


def _beside(path: Path, suffix: str) -> Path | None:
    """Return the member of a Shapefile with a suffix, whatever its case."""
    for file in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if file.is_file():
            return file
    return None


def _odd_texts(raw: bytes) -> list[bytes]:
    """Return the distinct texts of a .dbf that hold bytes beyond ASCII, names of columns too."""
    start, length = int.from_bytes(raw[8:10], "little"), int.from_bytes(raw[10:12], "little")
    found: set[bytes] = set()
    records = (len(raw) - start) // length if length else 0
    table = np.frombuffer(raw, np.uint8, max(records, 0) * length, start).reshape(
        -1, max(length, 1)
    )
    offset = 1
    for at in range(32, max(start - 1, 32), 32):
        field = raw[at : at + 32]
        if len(field) < 32 or field[0] == 0x0D:
            break
        name, width = field[:11].split(b"\0")[0], field[16]
        if not name.isascii():
            found.add(name)
        if field[11:12] == b"C":
            width += field[17] << 8
            cells = table[:, offset : offset + width]
            odd = cells[(cells >= 0x80).any(axis=1)]
            found.update(row.tobytes().rstrip(b" \0") for row in odd)
        offset += width
    return sorted(found)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        # a letter cut at the width of the column is UTF-8 all the same
        return error.reason == "unexpected end of data" and error.start > 0
    return True
