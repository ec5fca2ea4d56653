"""Read streets from the JSON of an Overpass server (``out body`` with nodes, or ``out geom``)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from metrogis.i18n import Text, _
from metrogis.osm.values import clean
from metrogis.streets.lost import Lost, members_place
from metrogis.streets.raw import RawStreets, may_be_street, unreadable


def read_overpass(path: Path, layer: str) -> RawStreets:
    """Read all ways that may be streets; see :func:`metrogis.streets.osm.read_raw`.

    An element whose tags or place cannot be read is lost, and the others are kept; a file of
    another form is refused as a whole.
    """
    found = json.loads(path.read_bytes())
    elements = found.get("elements") if isinstance(found, dict) else None
    if not isinstance(elements, list):
        raise unreadable(_("there is no list 'elements'"), path, layer)
    remark = str(found.get("remark") or "")
    if "error" in remark:  # the server ran out of time or memory: part of the answer is missing
        why = _("the Overpass server broke off its answer (time or memory)")
        raise unreadable(why, path, layer)
    for number, element in enumerate(elements):
        odd = _misshapen(element)
        if odd is not None:
            where = _("element {number}: {odd}").fill(number=number, odd=odd)
            raise unreadable(where, path, layer)
    server = found.get("osm3s")
    stamp = str(server.get("timestamp_osm_base", "")) if isinstance(server, dict) else ""
    return _overpass_streets(elements, stamp, _box(found.get("bounds")))


def _misshapen(element: Any) -> Text | None:
    """Return why an element is none of OpenStreetMap's: then the file is of another form."""
    if not isinstance(element, dict) or not isinstance(element.get("type"), str):
        return _("it has no type")
    kind = element["type"]
    if kind in ("node", "way", "relation") and not _is_id(element.get("id")):
        return _("it has no id")
    nodes, shape = element.get("nodes"), element.get("geometry")
    if kind == "way":
        if nodes is not None and not (isinstance(nodes, list) and all(map(_is_id, nodes))):
            return _("its nodes are no list of ids")
        if shape is not None and not isinstance(shape, list):
            return _("its geometry is no list")
        if nodes is not None and shape is not None and len(nodes) != len(shape):
            return _("nodes and geometry differ in length")
    if kind == "relation":
        members = element.get("members")
        if not (members is None or (isinstance(members, list) and all(map(_is_member, members)))):
            return _("its members are odd")
    return None


def _is_id(value: Any) -> bool:
    """Tell whether a value is a number of an element; ids are whole and fit 64 bits."""
    if isinstance(value, str):
        return re.fullmatch(r"-?[0-9]{1,18}", value) is not None
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63


def _is_member(value: Any) -> bool:
    """Tell whether a relation's member has a place or an id; ones without an object are passed."""
    if not isinstance(value, dict):
        return True
    shape = value.get("geometry")
    return isinstance(shape, list) if shape is not None else _is_id(value.get("ref"))


Box = tuple[float, float, float, float]
_NOWHERE = (np.nan, np.nan)


def _overpass_streets(elements: list[Any], stamp: str, box: Box | None) -> RawStreets:
    sorted_out = _Elements()
    for element in elements:
        sorted_out.add(element)
    places, ways = sorted_out.places, sorted_out.ways
    node: list[int] = []
    at: list[tuple[float, float]] = []
    count = []
    for element in ways.values():
        refs, own = _vertices(element, places)
        node += refs
        at += own
        count.append(len(refs))
    lon, lat = np.array(at, dtype=np.float64).reshape(-1, 2).T
    return RawStreets(
        np.array(list(ways), dtype=np.int64),
        [clean(e["tags"]) for e in ways.values()],
        np.concatenate([[0], np.cumsum(np.array(count, dtype=np.int64))]),
        np.array(node, dtype=np.int64),
        lon.copy(),
        lat.copy(),
        sorted_out.barriers,
        np.array(sorted_out.signals, dtype=np.int64),
        stamp[:10],
        len(sorted_out.relations),
        box,
        tuple(sorted_out.lost()),
        sorted_out.deleted,
    )


class _Elements:
    """Elements of an answer by what they are for: the first of an id counts."""

    def __init__(self) -> None:
        self.places: dict[int, tuple[float, float]] = {}
        self.barriers: dict[int, dict[str, str]] = {}
        self.signals: list[int] = []
        self.ways: dict[int, dict[str, Any]] = {}
        self.every_way: dict[int, dict[str, Any]] = {}
        self.relations: list[dict[str, Any]] = []
        self.untagged: list[dict[str, Any]] = []
        self.deleted = 0

    def add(self, element: dict[str, Any]) -> None:
        kind, tags = element["type"], element.get("tags") or {}
        if _deleted(element):
            self.deleted += kind == "way" and isinstance(tags, dict) and may_be_street(clean(tags))
            return
        if not isinstance(tags, dict):
            tags = {}
            self.untagged += [element] * (kind == "way")
        tags = clean(tags)
        if kind == "node":
            self._add_node(element, tags)
        elif kind == "way":
            self.every_way.setdefault(int(element["id"]), element)
            if may_be_street(tags):
                self.ways.setdefault(int(element["id"]), element)
        elif kind == "relation" and "highway" in tags:
            self.relations.append(element)

    def _add_node(self, element: dict[str, Any], tags: dict[str, str]) -> None:
        number = int(element["id"])
        self.places[number] = _place(element)
        if "barrier" in tags:
            self.barriers[number] = tags
        if "traffic_signals" in (tags.get("highway"), tags.get("crossing")):
            self.signals.append(number)

    def lost(self) -> Iterator[Lost]:
        """Yield ways whose tags cannot be read, and streets stored as relations."""
        for way in self.untagged:
            place = members_place(_vertices(way, self.places)[1])
            yield Lost("tags", int(way["id"]), None, place)
        for relation in self.relations:
            members = relation.get("members") or []
            at = [p for m in members for p in _member(m, self.every_way, self.places)]
            yield Lost("relation", int(relation["id"]), clean(relation["tags"]), members_place(at))


def _deleted(element: dict[str, Any]) -> bool:
    """Tell whether an editor deleted an element."""
    shown = element.get("visible")
    return (shown is not None and str(shown).lower() == "false") or (
        str(element.get("action")).lower() == "delete"
    )


def _place(point: Any) -> tuple[float, float]:
    """Return longitude and latitude; NaN where they are no numbers."""
    try:
        return float(point["lon"]), float(point["lat"])
    except (KeyError, TypeError, ValueError):
        return _NOWHERE


def _vertices(
    element: dict[str, Any], places: dict[int, tuple[float, float]]
) -> tuple[list[int], list[tuple[float, float]]]:
    """Return node ids and places of a way, from its own geometry or from the nodes."""
    shape, refs = element.get("geometry"), element.get("nodes")
    if shape is None:
        refs = [int(r) for r in refs or []]
        return refs, [places.get(r, _NOWHERE) for r in refs]
    at = [_place(p) for p in shape]
    if refs is None:
        # without node ids vertices at one place are one node: below any drawing accuracy
        refs = [_place_key(p) for p in at]
    return [int(r) for r in refs], at


def _member(
    member: Any, ways: dict[int, dict[str, Any]], places: dict[int, tuple[float, float]]
) -> list[tuple[float, float]]:
    """Return the places of a relation's member that the file holds."""
    if not isinstance(member, dict):
        return []
    if member.get("geometry") is not None:
        return [_place(p) for p in member["geometry"]]
    ref = int(member["ref"])
    if member.get("type") == "node":
        return [places.get(ref, _place(member))]
    return _vertices(ways[ref], places)[1] if member.get("type") == "way" and ref in ways else []


def _box(bounds: Any) -> Box | None:
    """Return the area that the query asked for, where the answer states it."""
    if not isinstance(bounds, dict):
        return None
    names = ("minlon", "minlat", "maxlon", "maxlat")
    try:
        west, south, east, north = (float(bounds[name]) for name in names)
    except (KeyError, TypeError, ValueError):  # not stated: known is where there are streets
        return None
    return (west, south, east, north) if west < east and south < north else None


def _place_key(place: tuple[float, float]) -> int:
    if not (math.isfinite(place[0]) and math.isfinite(place[1])):
        return 0
    return -((round((place[0] + 180) * 1e7) << 32) + round((place[1] + 90) * 1e7) + 1)
