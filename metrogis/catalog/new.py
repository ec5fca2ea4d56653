"""A new catalog for a metropolis: a folder with all that is known before anything is fetched.

The catalog names official sources (:mod:`metrogis.catalog.official`); tables that only an office
can fill in are there with their columns, and their layers wait for them. Nothing is asked from the
network: ``metrogis layers fetch`` does that.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from metrogis.catalog import templates
from metrogis.catalog.official import sources, units
from metrogis.catalog.registry import LAYERS
from metrogis.catalog.toml import of_content
from metrogis.errors import CatalogError, ParameterError
from metrogis.i18n import Text, _, both
from metrogis.sources import files

_ID = re.compile(r"[a-z0-9_-]+")
_SHOWN = 8
_STRICT = ("yes", "derived", "no")
"""What may be passed on, the strictest last: a layer of several feeds keeps to that."""
_WEEK = 7
"""Days after which an update asks for a timetable again."""


@dataclass(frozen=True)
class Wish:
    """What a new metropolis is to be.

    Attributes
    ----------
    id : str
        Small letters, digits, ``_``, ``-``.
    name : str
        In both languages, until somebody translates it.
    country : str
        Two letters.
    codes : tuple of str
        Units it is made of, as :func:`metrogis.catalog.official.units.checked` returns them; none
        outside Poland.
    members : DataFrame or None
        ``teryt, name, member``; default: the units.
    crs : str
    bbox : tuple of float or None
        Needed where there are no units.
    across : bool
        Whether it may lie in several voivodeships.
    """

    id: str
    name: str
    country: str = "PL"
    codes: tuple[str, ...] = ()
    members: pd.DataFrame | None = None
    crs: str = "EPSG:2180"
    bbox: tuple[float, float, float, float] | None = None
    across: bool = False


def content_of(wish: Wish, table: sources.Table, today: dt.date) -> dict[str, Any]:
    """Return the content of the catalog, before it is written.

    Raises
    ------
    ParameterError
        For a name that is no id, units of several voivodeships, or no area at all.
    """
    _require_sound(wish)
    place = sources.place_of(wish.country, wish.codes, today)
    sources.require_valid(table, place)
    layers = sources.layers_for(table, place)
    metro: dict[str, Any] = {
        "id": wish.id,
        "name": wish.name,
        "crs": wish.crs,
        "country": wish.country,
    }
    if wish.codes:
        metro["teryt"] = list(wish.codes)
    if wish.bbox is not None:
        metro["bbox"] = list(wish.bbox)
    metro["date"] = today.isoformat()
    found = {}
    if "municipalities" not in layers:
        found["municipalities"] = _own_boundaries(today)
    for name, layer in layers.items():
        found[name] = layer
        if name == "municipalities":
            found["members"] = _members_layer(today)
    timetable = found.get("timetable", {})
    if timetable.get("fetch", {}).get("service") == "gtfs":
        found["timetable"] = _with_feeds(timetable, table, wish)
    parameters: dict[str, dict[str, Any]] = {}
    cities = units.cities_of(wish.codes)
    if cities:
        for check in ("functional_links", "rail_access"):
            parameters[check] = {"core": list(cities)}
    for name, row in table.layers.items():
        if name in layers:
            for check, values in row.get("parameters", {}).items():
                parameters.setdefault(check, {}).update(values)
    return {"metro": metro, "parameters": parameters, "layers": found}


def _require_sound(wish: Wish) -> None:
    if _ID.fullmatch(wish.id) is None:
        raise ParameterError(
            _("a name has small letters, digits, _ and - only"),
            layer="NAME",
            place=wish.id[:60],
            remedy=_("for example poznan; the title is given with --title"),
        )
    if wish.country == "PL" and not wish.codes:
        units.checked(())
    over = units.voivodeships_of(wish.codes)
    if len(over) > 1 and not wish.across:
        shown = ", ".join(f"{v.code} {v.name}" for v in over)
        raise ParameterError(
            _("the codes lie in {n} voivodeships: {shown}").fill(n=len(over), shown=shown),
            layer="teryt",
            remedy=_("check the codes; a metropolis that does lie in several needs --across "
                     "(its streets then come from the extract of the whole country)"),
        )  # fmt: skip
    if not wish.codes and wish.bbox is None:
        raise ParameterError(
            _("without units it is not known which area is meant"),
            layer="bbox",
            remedy=_("give --bbox west,south,east,north in degrees"),
        )


def _own_boundaries(today: dt.date) -> dict[str, Any]:
    """Return the layer of boundaries where no official source of them is known."""
    return {
        "driver": "vector",
        "path": "municipalities.gpkg",
        "schema": "Municipalities",
        "licence": "to be stated",
        "redistribute": "no",
        "attribution": "to be stated",
        "date": today.isoformat(),
    }


def _members_layer(today: dt.date) -> dict[str, Any]:
    return {
        "driver": "table",
        "base": "catalog",
        "path": "members.csv",
        "schema": "Members",
        "licence": "facts",
        "redistribute": "yes",
        "attribution": "the office",
        "date": today.isoformat(),
    }


def _with_feeds(
    layer: dict[str, Any], table: sources.Table, wish: Wish
) -> dict[str, Any]:  # fmt: skip
    """Return the layer of timetables with the feeds that are known to run there, if any."""
    known = [feed for feed in table.feeds if wish.codes and feed.serves(wish.codes)]
    if all("*" in feed.areas for feed in known):
        return layer  # trains alone: every place without a station would look unserved
    licences = dict.fromkeys(feed.licence for feed in known)
    named = dict.fromkeys(feed.attribution for feed in known)
    return {
        **{key: value for key, value in layer.items() if key != "until_filled"},
        "licence": "; ".join(licences),
        "redistribute": max((feed.redistribute for feed in known), key=_STRICT.index),
        "attribution": ", ".join(named),
        "fetch": {**layer["fetch"], "feeds": [_feed_row(feed, table) for feed in known]},
    }


def _feed_row(feed: sources.Feed, table: sources.Table) -> dict[str, Any]:
    row: dict[str, Any] = {"name": feed.name, "url": table.mirrored(feed.url)}
    if feed.fallback:
        row["fallback"] = [table.mirrored(feed.fallback)]
    return {
        **row,
        "licence": feed.licence,
        "attribution": feed.attribution,
        "redistribute": feed.redistribute,
        "interval": _WEEK,
        "tested": False,
    }


# --------------------------------------------------------------------------- writing


def write(folder: Path, wish: Wish, table: sources.Table, today: dt.date, *, force: bool) -> Path:
    """Write the folder of a new catalog, whole or not at all.

    Parameters
    ----------
    folder : Path
    wish : Wish
    table : sources.Table
    today : date
        Day of what is fetched.
    force : bool
        Replace a folder that is there: its catalog and empty tables; other files stay, filled
        tables too.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ParameterError
        As :func:`content_of`.
    CatalogError
        When the folder is there already.
    """
    content = content_of(wish, table, today)
    of_content(content)  # what is written opens
    if folder.exists() and not force:
        raise CatalogError(
            _("the folder is there already"),
            place=str(folder),
            remedy=_("choose another name, or replace its catalog with --force"),
        )
    made: dict[str, str] = {
        "catalog.toml": text_of(content),
        "README.md": _readme(folder, wish, content),
    }
    made["members.csv"] = _members(wish)
    for name, layer in content["layers"].items():
        if layer.get("base") == "catalog" and name != "members" and "until_filled" in layer:
            made[layer["path"]] = templates.csv_of(name, LAYERS.get(name))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        path = folder / name
        if path.exists() and name.endswith(".csv"):
            continue  # filled in by somebody
        with files.replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return folder


def _members(wish: Wish) -> str:
    frame = wish.members
    if frame is None:
        frame = pd.DataFrame(
            {"teryt": list(wish.codes), "name": [_unit_name(code) for code in wish.codes]}
        )
        frame["member"] = "yes"
    return frame.to_csv(index=False, lineterminator="\n")


def _unit_name(code: str) -> str:
    """Return what a unit is called before its boundaries are there."""
    known = units.voivodeships().get(code)
    return known.name if known else code


def text_of(content: Mapping[str, Any]) -> str:
    """Return a catalog as TOML, one line a key.

    Parameters
    ----------
    content : mapping
        ``metro``, ``parameters``, ``layers``.
    """
    lines = [
        "# Layers of a metropolis. Addresses under `fetch` with tested = false were read in",
        "# public documents and code, and were never asked by this project.",
        "",
        "[metro]",
    ]
    lines += [f"{key} = {value_of(value)}" for key, value in content["metro"].items()]
    for check, values in content.get("parameters", {}).items():
        lines += ["", f"[parameters.{check}]"]
        lines += [f"{_key(key)} = {value_of(value)}" for key, value in values.items()]
    for name, layer in content["layers"].items():
        lines += ["", f"[layers.{_key(name)}]"]
        lines += [f"{_key(key)} = {value_of(value)}" for key, value in layer.items()]
    return "\n".join(lines) + "\n"


def value_of(value: Any) -> str:
    """Return a value as TOML; a list of tables has a line each.

    >>> value_of({"a": [1, 2.5], "b": True})
    '{ a = [1, 2.5], b = true }'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {value_of(v)}" for k, v in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        if value and isinstance(value[0], Mapping):
            return "[\n" + "".join(f"    {value_of(item)},\n" for item in value) + "]"
        return "[" + ", ".join(map(value_of, value)) + "]"
    # the escapes of JSON are those of TOML; a lone DEL is the one character JSON lets pass
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else value_of(name)


_README = _(
    """# {title}

`catalog.toml` names every layer, its licence, and where it is fetched from. Three commands:

    metrogis layers fetch {folder} --data DATA
    metrogis layers check {folder} --data DATA
    metrogis atlas {folder} --data DATA -o public/

What nobody can fetch waits until its file is filled in or put there. Until then its checks are
skipped, or say what they do not know:

{waiting}

Columns of a table and their meaning: `metrogis layers schema NAME`; a table to fill in:
`metrogis layers template NAME`. `members.csv` lists the members of the metropolis.
"""
)


def _readme(folder: Path, wish: Wish, content: Mapping[str, Any]) -> str:
    from metrogis.i18n import default_language

    language = default_language()
    waiting = []
    for name, layer in content["layers"].items():
        reason = layer.get("until_filled")
        if reason is not None:
            text = Text(reason["pl"], reason["en"]) if isinstance(reason, Mapping) else both(reason)
            waiting.append(f"- `{name}` ({layer['path']}): {text.get(language)}")
    return _README.fill(
        title=wish.name, folder=folder.as_posix(), waiting="\n".join(waiting) or "-"
    ).get(language)  # fmt: skip


# --------------------------------------------------------------------------- names


def resolved(names: Iterable[str], boundaries: pd.DataFrame | None) -> tuple[str, ...]:
    """Return the codes of units given by code or by name of a municipality.

    Parameters
    ----------
    names : iterable of str
        Codes stay what they are.
    boundaries : DataFrame or None
        ``teryt`` and ``name`` of the municipalities a name may mean.

    Raises
    ------
    ParameterError
        For names without boundaries, names that no municipality has, and names that several have
        (a town and the rural municipality around it): the codes to choose from are listed.

    Examples
    --------
    >>> table = pd.DataFrame({"teryt": ["3214011", "3214102"], "name": ["Stargard", "Stargard"]})
    >>> resolved(["3262"], None)
    ('3262',)
    """
    asked = [name.strip() for name in names if name.strip()]
    words = [name for name in asked if not name.isdigit()]
    if not words:
        return tuple(asked)
    if boundaries is None:
        raise ParameterError(
            _("names of municipalities can be found only in boundaries: {shown}").fill(
                shown=", ".join(words[:_SHOWN])
            ),
            layer="teryt",
            remedy=_("give TERYT codes, or a file of boundaries (--boundaries)"),
        )
    known: dict[str, list[str]] = {}
    for code, name in zip(boundaries["teryt"], boundaries["name"], strict=True):
        known.setdefault(_plain(str(name)), []).append(str(code))
    problems, found = [], []
    for name in asked:
        codes = [name] if name.isdigit() else sorted(known.get(_plain(name), []))
        if len(codes) == 1:
            found.append(codes[0])
        elif codes:
            problems.append(f"{name}: {', '.join(codes)}")
        else:
            problems.append(f"{name}: -")
    if problems:
        raise ParameterError(
            _("these names are not one municipality each: {shown}").fill(
                shown="; ".join(problems[:_SHOWN])
            ),
            layer="teryt",
            remedy=_("give the code that is meant: the last digit is 1 for a town, 2 for a rural "
                     "municipality, 3 for both together"),
        )  # fmt: skip
    return tuple(found)


def _plain(name: str) -> str:
    """Return a name as it is compared: without case, spaces around, and forms of letters."""
    return unicodedata.normalize("NFC", " ".join(name.split())).casefold()
