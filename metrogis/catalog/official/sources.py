"""The table of official sources: read, laid over by an office's own, filled in for a metropolis.

``sources.toml`` and ``feeds.toml`` are the one place where addresses of official services stand. A
file of the same form (``--sources FILE`` or ``METROGIS_SOURCES``) may replace any of them: an
office that mirrors the services names its own addresses, and may add layers of its own.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from metrogis import boundary
from metrogis.catalog.official import units
from metrogis.errors import CatalogError
from metrogis.i18n import _
from metrogis.validation import joined

VARIABLE = "METROGIS_SOURCES"
_KEYS = {"countries", "crs", "about", "catalog"}
_WHOLE = {"layers", "feeds", "addresses", "allow_local", "only"}


@dataclass(frozen=True)
class Feed:
    """A timetable that is published: file name, operator, where it runs, address, terms."""

    name: str
    operator: str
    areas: tuple[str, ...]
    url: str
    licence: str
    attribution: str
    redistribute: str = "no"
    fallback: str = ""
    registry: str = ""

    def serves(self, codes: Iterable[str]) -> bool:
        """Tell whether its vehicles run in one of the units.

        A feed of the whole country (``*``) serves all of them.
        """
        own = self.areas
        return any(
            a == "*" or code.startswith(a) or a.startswith(code) for code in codes for a in own
        )


@dataclass(frozen=True)
class Table:
    """Official sources by layer, timetables, and where addresses are replaced by others.

    Attributes
    ----------
    layers : mapping
        Name -> ``countries``, ``crs``, ``about``, ``catalog`` as in ``sources.toml``.
    feeds : tuple of Feed
    addresses : mapping
        Beginning of an address -> what stands in its place (a mirror).
    allow_local : bool
        Whether the mirror may be a machine of the local network.
    """

    layers: Mapping[str, Mapping[str, Any]]
    feeds: tuple[Feed, ...]
    addresses: Mapping[str, str] = field(default_factory=dict)
    allow_local: bool = False

    def mirrored(self, value: Any) -> Any:
        """Return a value of a catalog with its addresses replaced.

        >>> table = Table({}, (), {"https://a.example/": "http://mirror.example/a/"})
        >>> table.mirrored({"url": "https://a.example/wfs"})
        {'url': 'http://mirror.example/a/wfs'}
        """
        if isinstance(value, dict):
            return {key: self.mirrored(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.mirrored(item) for item in value]
        if isinstance(value, str):
            for start in sorted(self.addresses, key=len, reverse=True):
                if value.startswith(start):
                    return self.addresses[start] + value[len(start) :]
        return value


def read_table(own: Path | None = None) -> Table:
    """Return the official sources, laid over by a file of one's own.

    Parameters
    ----------
    own : Path, optional
        A file of the form of ``sources.toml``; default: the one ``METROGIS_SOURCES`` names, if any.
        Its layers and feeds replace those of the same name, or stand beside them. Where it has
        ``only``, a list of layers, a catalog has none but these, and no feeds but its own.

    Raises
    ------
    CatalogError
        For a file that is not there, is no TOML or has keys that mean nothing here.
    """
    folder = resources.files(__package__)
    layers = tomllib.loads((folder / "sources.toml").read_text(encoding="utf-8"))["layers"]
    rows = tomllib.loads((folder / "feeds.toml").read_text(encoding="utf-8"))["feeds"]
    named = os.environ.get(VARIABLE)
    path = own or (Path(named) if named else None)
    content = _own(path) if path is not None else {}
    layers = {**layers, **content.get("layers", {})}
    only = content.get("only")
    if only is not None:
        layers = {name: layer for name, layer in layers.items() if name in only}
        rows = []
    feeds = {row["name"]: row for row in [*rows, *content.get("feeds", [])]}
    return Table(
        layers,
        tuple(_feed(row, path) for row in feeds.values()),
        dict(content.get("addresses", {})),
        bool(content.get("allow_local", False)),
    )


def _feed(row: Mapping[str, Any], path: Path | None) -> Feed:
    try:
        feed = Feed(**{**row, "areas": tuple(row["areas"])})
        if feed.redistribute not in ("yes", "derived", "no"):
            raise ValueError(f"redistribute = {feed.redistribute!r}")
        return feed
    except (TypeError, KeyError, ValueError) as error:
        raise CatalogError(
            _("a feed of the sources lacks a key or has an unknown one: {why}").fill(
                why=boundary.why(error)
            ),
            place=path.name if path else None,
            remedy=_("a feed has: name, operator, areas, url, licence, attribution, redistribute"),
        ) from error


def _own(path: Path) -> dict[str, Any]:
    """Return the content of a file of one's own."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except Exception as error:  # of TOML, of the encoding and of the disk
        kind = boundary.why(error)
        raise CatalogError(
            _("the file of sources cannot be read: {kind}").fill(kind=kind),
            place=path.name,
            remedy=_("name a TOML file (--sources, METROGIS_SOURCES)"),
        ) from error
    wrong = [f"{key}" for key in content if key not in _WHOLE]
    for name, layer in content.get("layers", {}).items():
        if not isinstance(layer, dict) or "catalog" not in layer:
            wrong.append(f"layers.{name}")
        else:
            wrong += [f"layers.{name}.{key}" for key in layer if key not in _KEYS]
    addresses = content.get("addresses", {})
    if not isinstance(addresses, dict) or not all(isinstance(v, str) for v in addresses.values()):
        wrong.append("addresses")
    if wrong:
        raise CatalogError(
            _("keys that mean nothing here: {shown}").fill(shown=", ".join(wrong)),
            place=path.name,
            remedy=_("the file may have addresses, allow_local, only, feeds, layers.NAME.catalog"),
        )
    return content


@dataclass(frozen=True)
class Place:
    """What the words of the table are filled in with.

    ``codes`` are empty outside Poland; ``extract`` names an extract of OpenStreetMap, below
    ``europe/``.
    """

    country: str
    codes: tuple[str, ...]
    extract: str
    today: dt.date


def place_of(country: str, codes: tuple[str, ...], today: dt.date) -> Place:
    """Return what is filled in for a metropolis.

    The extract is that of its voivodeship, of the whole of Poland where it lies in several, or of
    the country.
    """
    if country != "PL":
        return Place(country, (), _EXTRACTS.get(country, country.lower()), today)
    found = units.voivodeships_of(codes)
    extract = f"poland/{found[0].extract}" if len(found) == 1 else "poland"
    return Place(country, codes, extract, today)


_EXTRACTS = {
    "AT": "austria", "BE": "belgium", "BG": "bulgaria", "CH": "switzerland", "CZ": "czech-republic",
    "DE": "germany", "DK": "denmark", "EE": "estonia", "ES": "spain", "FI": "finland",
    "FR": "france", "GB": "great-britain", "GR": "greece", "HR": "croatia", "HU": "hungary",
    "IE": "ireland-and-northern-ireland", "IT": "italy", "LT": "lithuania", "LU": "luxembourg",
    "LV": "latvia", "NL": "netherlands", "NO": "norway", "PT": "portugal", "RO": "romania",
    "SE": "sweden", "SI": "slovenia", "SK": "slovakia", "UA": "ukraine",
}  # fmt: skip
"""Names of the extracts of countries of Europe (download.geofabrik.de)."""


def layers_for(table: Table, place: Place) -> dict[str, dict[str, Any]]:
    """Return what stands in the catalog of a metropolis, by layer, in the order of the table."""
    found: dict[str, dict[str, Any]] = {}
    for name, row in table.layers.items():
        countries = row.get("countries", ["*"])
        if place.country in countries or "*" in countries:
            found[name] = table.mirrored(_filled(row["catalog"], table, place))
            if table.allow_local:
                _allow(found[name])
    return found


def _filled(value: Any, table: Table, place: Place) -> Any:
    """Return a value of the table with its words filled in."""
    if isinstance(value, dict):
        made = {key: _filled(item, table, place) for key, item in value.items()}
        return {key: item for key, item in made.items() if item is not None}
    if isinstance(value, list):
        return [_filled(item, table, place) for item in value]
    if not isinstance(value, str):
        return value
    if value == "{counties}":
        return list(units.counties_of(place.codes))
    if value == "{teryt}":
        return list(place.codes)
    if (whole := re.fullmatch(r"\{year(?:-(\d+))?\}#", value)) is not None:  # a number
        return place.today.year - int(whole.group(1) or 0)
    text = value.replace("{extract}", place.extract).replace("{today}", place.today.isoformat())

    def year(found: re.Match[str]) -> str:
        return str(place.today.year - int(found.group(1) or 0))

    return re.sub(r"\{year(?:-(\d+))?\}", year, text)


def _allow(layer: dict[str, Any]) -> None:
    """Let the origins of a layer be machines of the local network."""
    origins = layer.get("fetch", [])
    for origin in origins if isinstance(origins, list) else [origins]:
        origin["allow_local"] = True


_OF_SERVICES = ("{format}", "{voivodeship}", "{county}")
"""Words that a service fills in itself (BDOT10k)."""


def require_valid(table: Table, place: Place) -> None:
    """Raise unless every word of the table could be filled in.

    Raises
    ------
    CatalogError
    """
    left = [
        _("layers.{name}: {word}").fill(name=name, word=found.group(0))
        for name, layer in layers_for(table, place).items()
        for found in re.finditer(r"\{[a-z]+(-\d+)?\}", repr(layer))
        if found.group(0) not in _OF_SERVICES
    ]
    if left:
        raise CatalogError(joined(left), remedy=_("words that are filled in: see sources.toml"))
