"""Speed limits as OpenStreetMap writes them, in km/h, with how each was read.

>>> speed_limit({"maxspeed": "30 mph"})
Speed(kmh=48.28032, how='tag', key='maxspeed')
>>> speed_limit({"source:maxspeed": "PL:urban"})
Speed(kmh=50.0, how='implicit', key='source:maxspeed')
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

Direction = Literal["forward", "backward"]
How = Literal["tag", "implicit", "conditional", "national", "unreadable", "missing"]

KMH_OF_MPH = 1.609344
KMH_OF_KNOT = 1.852
WALK_KMH = 5.0
"""``maxspeed=walk``: walking speed. Laws give 4-7 km/h; no stress rule tells these apart."""

IMPLICIT_KEYS = ("maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic")
"""Keys that say which limit holds where ``maxspeed`` is not tagged, in the order they are tried."""

_UNITS = {
    **dict.fromkeys(("", "km/h", "kmh", "kph", "kmph"), 1.0),
    "mph": KMH_OF_MPH,
    **dict.fromkeys(("knots", "knot", "kn", "kt", "kts"), KMH_OF_KNOT),
}
_NUMBER = re.compile(r"(\d{1,4}(?:\.\d{1,6})?)\s*([a-z/]*)", re.ASCII)
_COUNTRY = re.compile(r"([a-z]{2})(?:-[a-z0-9]{1,3})?\s*:\s*(.+)")
_ZONE = re.compile(r"(?:zone\s*[:_ ]?\s*)?(\d{1,3})\s*(mph)?")
_MILES = {"gb", "uk", "us"}


class Speed(NamedTuple):
    """A speed limit: km/h (NaN: not known, infinite: none), how it was read, and from which tag."""

    kmh: float
    how: How
    key: str = ""


class _Read(NamedTuple):
    always: float
    at_times: float
    how: How


@cache
def implicit_speeds() -> dict[tuple[str, str], float]:
    """Return the speed limits that names of places stand for, from the shipped rule table.

    Returns
    -------
    dict
        (country, place) to km/h, in lower case: ``("pl", "urban")``.
    """
    table = files("metrogis.streets").joinpath("rules/implicit_speeds.csv")
    return {
        (row["country"].lower(), row["context"]): float(row["kmh"])
        for row in csv.DictReader(io.StringIO(table.read_text(encoding="utf-8")))
    }


def parse_speed(text: str) -> float:
    """Read one speed limit, in km/h.

    Numbers (km/h, ``mph``, ``knots``), ``walk``, ``none`` (no limit: infinite) and limits by
    country (``PL:urban``, ``DE:zone30``, ``GB:nsl_single``). Of a list (``50;30``, by lanes
    ``50|30``) the highest counts. What holds only at times (``30 @ (22:00-06:00)``) does not.

    Returns
    -------
    float
        NaN when it cannot be read (or holds only at times).

    Examples
    --------
    >>> [parse_speed(s) for s in ("50", "10 knots", "PL:rural", "50;30", "pl:zone40", "none")]
    [50.0, 18.52, 90.0, 50.0, 40.0, inf]
    >>> parse_speed("signals")
    nan
    """
    return _read(text).always


def speed_limit(tags: Mapping[str, str], direction: Direction | None = None) -> Speed:
    """Return the speed limit of a way.

    Parameters
    ----------
    tags : mapping of str to str
        OSM tags.
    direction : {"forward", "backward"}, optional
        ``maxspeed:forward`` or ``:backward`` goes before ``maxspeed``. Without a direction they
        are used only where ``maxspeed`` is absent: the higher one.

    Returns
    -------
    Speed
        ``how``: ``tag``; ``implicit`` (a named limit such as ``PL:urban``, in ``maxspeed`` or in
        one of `IMPLICIT_KEYS`); ``conditional`` (only a limit that holds at times is tagged:
        ``kmh`` is the highest such, what holds otherwise is not known); ``national`` (a limit
        that depends on a place not named; NaN); ``unreadable`` or ``missing`` (NaN).

    Examples
    --------
    >>> speed_limit({"maxspeed": "50", "maxspeed:backward": "30"}, "backward").kmh
    30.0
    >>> speed_limit({"maxspeed:conditional": "30 @ (Mo-Fr 07:00-17:00)"})
    Speed(kmh=30.0, how='conditional', key='maxspeed:conditional')
    >>> speed_limit({"maxspeed": "fast"}).how
    'unreadable'
    """
    keys = [*([f"maxspeed:{direction}"] if direction else []), "maxspeed"]
    failed: Speed | None = None
    at_times: Speed | None = None
    for key in keys:
        if key not in tags:
            continue
        read = _read(tags[key])
        if not math.isnan(read.always):
            return Speed(read.always, read.how, key)
        if not math.isnan(read.at_times):
            at_times = at_times or Speed(read.at_times, "conditional", key)
        else:
            failed = failed or Speed(math.nan, read.how, key)
    certain: Speed | None = None
    if direction is None and failed is None and at_times is None:
        certain = _faster_side(tags)
    # a mapper who wrote "national" meant that word: the published rules give it its own value
    if failed is None or failed.how != "national":
        certain = certain or _implicit(tags)
    return certain or at_times or _conditional(tags, keys) or failed or Speed(math.nan, "missing")


def _faster_side(tags: Mapping[str, str]) -> Speed | None:
    """Return the higher limit of the two directions, where either has one."""
    sides = [
        Speed(read.always, read.how, key)
        for key in ("maxspeed:forward", "maxspeed:backward")
        if key in tags and not math.isnan((read := _read(tags[key])).always)
    ]
    return max(sides, key=lambda s: s.kmh) if sides else None


def _implicit(tags: Mapping[str, str]) -> Speed | None:
    """Return the limit that a named zone or source stands for."""
    for key in IMPLICIT_KEYS:
        if key in tags and (":" in tags[key] or key == "zone:maxspeed"):
            kmh = _read(tags[key]).always
            if not math.isnan(kmh):
                return Speed(kmh, "implicit", key)
    return None


def _conditional(tags: Mapping[str, str], keys: Sequence[str]) -> Speed | None:
    """Return the limit of the first ``KEY:conditional`` that states one."""
    for key in (f"{key}:conditional" for key in keys):
        if key in tags and not math.isnan(kmh := _read(tags[key]).at_times):
            return Speed(kmh, "conditional", key)
    return None


def _read(text: str) -> _Read:
    """Read every part of a value: the highest limit that always holds, and that holds at times."""
    always: list[tuple[float, How]] = []
    at_times: list[float] = []
    whole = text.strip().lower()
    for part in _parts(whole):
        value, _, condition = part.partition("@")
        kmh, how = _one(value.strip())
        if math.isnan(kmh):
            continue
        if condition:
            at_times.append(kmh)
        else:
            always.append((kmh, how))
    best_times = max(at_times, default=math.nan)
    if always:
        kmh, how = max(always, key=lambda found: found[0])
        return _Read(kmh, best_times, how)
    return _Read(math.nan, best_times, "national" if whole == "national" else "unreadable")


def _parts(text: str) -> list[str]:
    """Split a list at ``;``, ``|`` and ``,`` outside of parentheses."""
    parts, depth = [""], 0
    for sign in text:
        depth = max(0, depth + (sign == "(") - (sign == ")"))
        if sign in ";|," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _one(text: str) -> tuple[float, How]:
    number = _NUMBER.fullmatch(text)
    if number:
        unit = _UNITS.get(number[2])
        kmh = float(number[1]) * unit if unit else math.nan
        return (kmh if kmh > 0 else math.nan), "tag"  # 0 is no limit anyone may drive
    if text in ("walk", "walking", "walking_pace"):
        return WALK_KMH, "implicit"
    if text == "none":
        return math.inf, "implicit"
    named = _COUNTRY.fullmatch(text)
    country, place = (named[1], named[2].strip()) if named else ("", text)
    country = "gb" if country == "uk" else country
    known = implicit_speeds().get((country, place))
    if known is not None:
        return known, "implicit"
    if place == "walk":
        return WALK_KMH, "implicit"
    zone = _ZONE.fullmatch(place)
    if zone and int(zone[1]) > 0:
        miles = zone[2] or country in _MILES
        return int(zone[1]) * (KMH_OF_MPH if miles else 1.0), "implicit"
    return math.nan, "unreadable"
