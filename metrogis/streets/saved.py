"""Networks that were saved, read again."""

from __future__ import annotations

from pathlib import Path

from metrogis.streets.network import StreetNetwork
from metrogis.streets.store import fields_of


def load(path: str | Path) -> StreetNetwork:
    """Read a network written by :meth:`StreetNetwork.save`.

    Raises
    ------
    SourceError
        When the file is missing, broken, or of another version.
    """
    return StreetNetwork(**fields_of(path))
