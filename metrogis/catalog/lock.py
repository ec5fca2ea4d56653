"""``layers.lock``: what was fetched, from where, when, and whether it is all.

The file lies beside the catalog and is meant to be kept with it: who has the catalog and the lock
can tell which data a result stands on. It holds no secrets.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from metrogis.errors import CatalogError
from metrogis.i18n import _
from metrogis.sources.services.store import write_text

NAME = "layers.lock"
SCHEMA = 1


@dataclass(frozen=True)
class Entry:
    """One file that was fetched.

    Attributes
    ----------
    layer, file : str
        Name of the layer; the file, relative to the data folder.
    service, address : str
        As the catalog states them, values that may be secrets left out.
    key : str
        Hash of what was asked for: another question needs another answer.
    fetched : str
        Day and time, UTC, ISO.
    sha256 : str
        Hash of the file.
    size : int
        Bytes.
    rows, hits : int or None
        Features that came, and that the service announced.
    bounds : list of float or None
        West, south, east, north of the features, in the CRS of the file.
    doubts : list of {pl, en}
        Why something may be missing; empty: complete.
    notes : list of {pl, en}
        What else is worth knowing: when a timetable is valid.
    etag, modified : str
        What the server said of the file.
    raw : str
        Hash of what the server sent, where the file was made of it.
    licence, attribution : str
    software : str
        Name and version of this program.
    """

    layer: str
    file: str
    service: str
    address: str
    key: str
    fetched: str
    sha256: str
    size: int
    rows: int | None = None
    hits: int | None = None
    bounds: list[float] | None = None
    doubts: list[dict[str, str]] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)
    etag: str = ""
    modified: str = ""
    raw: str = ""
    licence: str = ""
    attribution: str = ""
    software: str = ""

    @property
    def complete(self) -> bool:
        """Whether nothing speaks against all having come."""
        return not self.doubts


def read(folder: Path) -> dict[str, Entry]:
    """Return the entries of the lock beside a catalog, by file; none where there is no lock.

    Raises
    ------
    CatalogError
        For a lock that cannot be read: it is not overwritten.
    """
    path = folder / NAME
    if not path.is_file():
        return {}
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content.get("schema") != SCHEMA:
            raise ValueError(f"schema {content.get('schema')}")
        return {row["file"]: Entry(**row) for row in content["files"]}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CatalogError(
            _("the lock cannot be read"),
            place=NAME,
            remedy=_("restore it from the repository, or remove it: layers are then fetched anew"),
        ) from error


def write(folder: Path, entries: dict[str, Entry]) -> None:
    """Write the lock, whole or not at all, in a fixed order."""
    rows = [asdict(entries[name]) for name in sorted(entries)]
    content = {"schema": SCHEMA, "files": rows}
    write_text(folder / NAME, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
