"""A street file as a layer: the networks of each mode, read when a check asks for them.

Networks of large files are kept in the cache folder, named by the hash of the file.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import shapely

from metrogis import __version__
from metrogis import crs as crs_rules
from metrogis.errors import SourceError
from metrogis.evidence.losses import Loss, from_plain, to_plain
from metrogis.provenance import Source, file_hash
from metrogis.sources import files
from metrogis.streets.extent import extent_of
from metrogis.streets.lost import losses_of_streets
from metrogis.streets.network import StreetNetwork
from metrogis.streets.osm import network_from, read_raw
from metrogis.streets.permissions import WITHOUT_MOTOR, Mode
from metrogis.streets.raw import RawStreets
from metrogis.streets.saved import load

_CACHE_VERSION = 3
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
    walk, bike, car : StreetNetwork
        Read on first use, each with its own ``audit``.
    extent : geometry or None
        Area in which the streets are known, working CRS.
    losses : tuple of Loss
        Streets open to people on foot or on bicycles that could not be read whole.

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

    @cached_property
    def car(self) -> StreetNetwork:
        """The network of cars, in metres (:func:`metrogis.streets.driving.timed` has seconds)."""
        return self._network("car")

    @property
    def extent(self) -> Any:
        """Area in which the streets are known; the same for both modes."""
        return self._reach[0]

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What was lost in reading, for either mode."""
        return self._reach[1]

    @cached_property
    def _reach(self) -> tuple[Any, tuple[Loss, ...]]:
        """Extent and losses, of the file itself: asked for before any network is."""
        working = crs_rules.require_metric(self.crs, layer=self.source.layer)
        kept = self._kept("reach", working, "json")
        if kept is not None and kept.is_file():
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                found = json.loads(kept.read_text(encoding="utf-8"))
                return shapely.from_wkb(found["extent"]), from_plain(found["losses"])
        raw = self._read()
        extent = extent_of(raw.start, raw.lon, raw.lat, working, raw.box)
        losses = losses_of_streets(raw.unread, WITHOUT_MOTOR)
        if kept is not None:
            written = {
                "extent": None if extent is None else shapely.to_wkb(extent, hex=True),
                "losses": to_plain(losses),
            }
            with contextlib.suppress(OSError), files.replacing(kept) as temporary:
                temporary.write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
        return extent, losses

    def _read(self) -> RawStreets:
        """Return the file as read, kept for what is asked for next."""
        raw: RawStreets | None = self.__dict__.get("_raw")
        if raw is None:
            raw = read_raw(self.path, layer=self.source.layer)
            object.__setattr__(self, "_raw", raw)
        return raw

    def _network(self, mode: Mode) -> StreetNetwork:
        layer = self.source.layer
        working = crs_rules.require_metric(self.crs, layer=layer)
        kept = self._kept(mode, working, "npz")
        if kept is not None and kept.is_file():
            try:
                return replace(load(kept), source=self.source)
            except SourceError:  # broken: read the streets themselves
                pass
        network = network_from(
            self._read(),
            mode=mode,
            crs=working,
            layer=layer,
            place=self.path.name,
            source=self.source,
            extent=self.extent,
        )
        if "walk" in self.__dict__ or "bike" in self.__dict__:
            self.__dict__.pop("_raw", None)  # the other mode is there: nothing more is asked of it
        if kept is not None:
            with contextlib.suppress(OSError):  # a cache that cannot be written does no harm
                network.save(kept)
        return network

    def _kept(self, what: str, working: Any, suffix: str) -> Path | None:
        if not self.path.is_file() or self.path.stat().st_size < _CACHE_FROM_BYTES:
            return None
        digest = self.source.sha256 or file_hash(self.path)
        key = files.settings_key(_CACHE_VERSION, __version__, digest, what, working.to_wkt())
        return files.cache_directory() / "streets" / f"{what}-{key}.{suffix}"


def network_of(streets: Any, mode: str) -> StreetNetwork | None:
    """Return the network of ``mode``: of a :class:`Streets`, or a network given as it is.

    Returns ``None`` where ``streets`` is none, or a network of another mode.
    """
    if isinstance(streets, Streets):
        return streets.walk if mode == "walk" else streets.bike
    if isinstance(streets, StreetNetwork) and streets.mode == mode:
        return streets
    return None
