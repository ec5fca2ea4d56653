"""``driver = "file"``: a file handed to checks as a path."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from metrogis.catalog.models import FileLayer
from metrogis.provenance import Audit, Source

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened


@dataclass(frozen=True)
class LayerFile:
    """A file handed to a check as it is, and where it came from."""

    path: Path
    source: Source
    audit: Audit = field(default_factory=Audit)


def read(
    metro: Opened, name: str, layer: FileLayer, paths: list[Path], source: Source
) -> LayerFile:
    """Hand on the file as it is."""
    return LayerFile(paths[0], source)
