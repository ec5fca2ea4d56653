"""An open metropolis, as those who read its layers see it.

:class:`metrogis.metro.Metro` reads layers through :mod:`metrogis.catalog.readers`, whose steps ask
it for its catalog and for other layers. They know this much of it, so that neither module needs the
other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyproj

from metrogis.catalog.models import Catalog, MetroInfo
from metrogis.i18n import Text


class Opened(Protocol):
    """What reading a layer asks of a metropolis.

    ``directory`` holds the catalog, ``data`` the files; ``box`` is the extent that layers must meet
    (west, south, east, north in ``crs``), None where nothing states one.
    """

    directory: Path
    data: Path
    catalog: Catalog

    @property
    def info(self) -> MetroInfo:
        """Name, country, date."""

    @property
    def crs(self) -> pyproj.CRS:
        """Working CRS, in metres."""

    @property
    def box(self) -> np.ndarray | None:
        """Extent that layers must meet."""

    def __getitem__(self, name: str) -> Any:
        """Return a layer, read once."""

    def get(self, name: str) -> Any:
        """Return a layer, or None where it is not there."""

    def reason(self, name: str) -> Text | None:
        """Return why a layer cannot be had, or None."""

    def is_being_read(self, name: str) -> bool:
        """Tell whether a layer is on its way: it must not be asked for again."""
