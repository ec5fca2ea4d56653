"""Files of an editor (JOSM): what it has deleted and not yet uploaded.

JOSM marks such things by ``action='delete'``, an attribute of its own that readers of OSM XML pass
over; ``visible='false'`` they know.
"""

from __future__ import annotations

import bz2
import gzip
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20
_TEXT = rb"\s*=\s*(?:'[^']*'|\"[^\"]*\")"
# alternatives of a value begin with different quotes: no backtracking
_ELEMENT = re.compile(rb"<(node|way|relation)((?:\s+[\w:.-]+" + _TEXT + rb")*)\s*/?>")
_DELETE = re.compile(rb"\baction\s*=\s*['\"]delete['\"]")
_ID = re.compile(rb"\bid\s*=\s*['\"](-?\d+)['\"]")
_OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open}


def deleted_in_editor(path: Path) -> frozenset[tuple[str, int]]:
    """Return the type (``n``, ``w``, ``r``) and id of the things that an OSM XML file deletes.

    Nothing for files that are no XML or cannot be read: their reader reports them.
    """
    if path.name.lower().endswith(".pbf"):
        return frozenset()
    found: set[tuple[str, int]] = set()
    rest = b""
    try:
        with _OPENERS.get(path.suffix.lower(), open)(path, "rb") as stream:
            while chunk := stream.read(_CHUNK):
                text = rest + chunk
                # an element may go on in the next chunk; one without an end is no XML
                cut = text.rfind(b"<")
                rest = text[cut:] if cut >= 0 and len(text) - cut < _CHUNK else b""
                _collect(text[:cut] if cut >= 0 else text, found)
            _collect(rest, found)
    except (OSError, EOFError, zlib.error):
        return frozenset()
    return frozenset(found)


def _collect(text: bytes, found: set[tuple[str, int]]) -> None:
    if b"delete" not in text:
        return
    for match in _ELEMENT.finditer(text):
        attributes = match[2]
        number = _ID.search(attributes)
        if number and _DELETE.search(attributes):
            found.add((match[1][:1].decode(), int(number[1])))
