"""A street file as a layer: the networks of each mode, read when a check asks for them.

Networks of large files are kept in the cache folder, named by the hash of the file.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from metrogis import __version__
from metrogis import crs as crs_rules
from metrogis.errors import SourceError
from metrogis.provenance import Source, file_hash
from metrogis.sources import files
from metrogis.streets.network import StreetNetwork
from metrogis.streets.osm import RawStreets, network_from, read_raw
from metrogis.streets.permissions import Mode
from metrogis.streets.store import load

_CACHE_VERSION = 1
"""Raise when reading changes what a kept network would hold."""
_CACHE_FROM_BYTES = 100_000
"""Smaller files are read anew: that takes no time."""


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
        return self._network("walk")

    @cached_property
    def bike(self) -> StreetNetwork:
        """The network of people on bicycles."""
        return self._network("bike")

    def _network(self, mode: Mode) -> StreetNetwork:
        layer = self.source.layer
        working = crs_rules.require_metric(self.crs, layer=layer)
        kept = self._kept(mode, working)
        if kept is not None and kept.is_file():
            try:
                return replace(load(kept), source=self.source)
            except SourceError:  # broken: read the streets themselves
                pass
        raw: RawStreets | None = self.__dict__.pop("_raw", None)
        if raw is None:
            raw = read_raw(self.path, layer=layer)
            object.__setattr__(self, "_raw", raw)  # for the other mode, asked for soon as a rule
        network = network_from(
            raw, mode=mode, crs=working, layer=layer, place=self.path.name, source=self.source
        )
        if kept is not None:
            with contextlib.suppress(OSError):  # a cache that cannot be written does no harm
                network.save(kept)
        return network

    def _kept(self, mode: str, working: Any) -> Path | None:
        if not self.path.is_file() or self.path.stat().st_size < _CACHE_FROM_BYTES:
            return None
        digest = self.source.sha256 or file_hash(self.path)
        key = files.settings_key(_CACHE_VERSION, __version__, digest, mode, working.to_wkt())
        return files.cache_directory() / "streets" / f"{mode}-{key}.npz"


def network_of(streets: Any, mode: str) -> StreetNetwork | None:
    """Return the network of ``mode``: of a :class:`Streets`, or a network given as it is.

    Returns ``None`` where ``streets`` is none, or a network of another mode.
    """
    if isinstance(streets, Streets):
        return streets.walk if mode == "walk" else streets.bike
    if isinstance(streets, StreetNetwork) and streets.mode == mode:
        return streets
    return None
