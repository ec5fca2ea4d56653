"""A street file as a layer: the networks of each mode, read when a check asks for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from metrogis.provenance import Audit, Source
from metrogis.streets.network import StreetNetwork
from metrogis.streets.osm import read_osm


@dataclass(frozen=True)
class Streets:
    """Street data of a metropolis.

    Attributes
    ----------
    path : Path
        OpenStreetMap file (PBF, XML or Overpass JSON).
    crs : any
        Working CRS, projected, metres.
    source : Source
    walk, bike : StreetNetwork
        Read on first use, each with its own ``audit``.

    Examples
    --------
    >>> streets = Streets(Path("pomorskie.osm.pbf"), "EPSG:2180")
    >>> streets.walk  # doctest: +SKIP
    """

    path: Path
    crs: Any
    source: Source = field(default_factory=lambda: Source("streets"))

    @cached_property
    def walk(self) -> StreetNetwork:
        """The network of people on foot."""
        return read_osm(self.path, mode="walk", crs=self.crs, source=self.source)

    @cached_property
    def bike(self) -> StreetNetwork:
        """The network of people on bicycles."""
        return read_osm(self.path, mode="bike", crs=self.crs, source=self.source)

    @property
    def audit(self) -> Audit:
        """What was dropped or guessed in the networks read so far."""
        audit = Audit()
        for mode in ("walk", "bike"):
            network = self.__dict__.get(mode)  # where cached_property keeps it
            if network is not None:
                audit += network.audit
        return audit


def network_of(streets: Any, mode: str) -> StreetNetwork | None:
    """Return the network of ``mode``: of a :class:`Streets`, or a network given as it is.

    Returns ``None`` where ``streets`` is none, or a network of another mode.
    """
    if isinstance(streets, Streets):
        return streets.walk if mode == "walk" else streets.bike
    if isinstance(streets, StreetNetwork) and streets.mode == mode:
        return streets
    return None
