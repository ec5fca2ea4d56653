"""Railway stations and interchanges from an extract of OpenStreetMap.

A station is a node or an area ``railway=station|halt`` (``public_transport=station`` with trains
among its modes as well); an interchange is a relation ``public_transport=stop_area``. What is
disused, planned or a miniature is none. The same station is often drawn twice, as a node and as an
area: of one name near each other the node is kept.

Source: https://wiki.openstreetmap.org/wiki/Railway_stations, .../Tag:public_transport=stop_area
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import boundary, provenance
from metrogis.errors import SourceError
from metrogis.i18n import _
from metrogis.provenance import Audit, Source

Kind = Literal["stations", "stop_areas"]
NEAR = 300.0
"""Metres within which a node and an area of one name are one station (project choice)."""
_RAILWAY = ("station", "halt")
_NOT_TRAVEL = ("miniature", "funicular", "model")
_NAMED = ("train", "subway", "monorail", "tram", "bus", "trolleybus", "ferry")
_MODE_OF = {"train": "rail", "subway": "metro", "light_rail": "rail"}
_REFS = ("railway:ref", "ref:IBNR", "uic_ref", "ref")
_DEGREE = 111_195.0
"""Metres of a degree of latitude."""


@dataclass
class _Place:
    """A station or stop area, as it is found."""

    key: str
    tags: dict[str, str]
    nodes: list[int] = field(default_factory=list)
    modes: set[str] = field(default_factory=set)


def modes_of(tags: Mapping[str, str]) -> set[str]:
    """Return the modes that call at something, by its tags.

    >>> sorted(modes_of({"railway": "station", "tram": "yes"}))
    ['rail', 'tram']
    """
    found = {_MODE_OF.get(word, word) for word in _NAMED if tags.get(word) == "yes"}
    if tags.get("light_rail") == "yes":
        found.add("rail")
    railway, station = tags.get("railway"), tags.get("station")
    if railway in _RAILWAY or (railway in ("stop", "platform") and not found):
        if station in ("subway", "monorail"):
            found.add("metro" if station == "subway" else station)
        elif not found & {"metro", "monorail"} or tags.get("train") == "yes":
            found.add("rail")
    if railway == "tram_stop":
        found.add("tram")
    if tags.get("highway") == "bus_stop" and not found & {"bus", "trolleybus", "tram"}:
        found.add("bus")
    if tags.get("amenity") == "bus_station":
        found.add("bus")
    if tags.get("amenity") == "ferry_terminal":
        found.add("ferry")
    return found


def is_station(tags: Mapping[str, str]) -> bool:
    """Tell whether trains stop at something for passengers.

    >>> is_station({"railway": "halt"}), is_station({"railway": "station", "station": "miniature"})
    (True, False)
    """
    if tags.get("station") in _NOT_TRAVEL or tags.get("abandoned") == "yes":
        return False
    if tags.get("disused") == "yes" or tags.get("train") == "no":
        return False
    known = tags.get("railway") in _RAILWAY or tags.get("public_transport") == "station"
    return known and "rail" in modes_of(tags)


def read(path: Path, *, kind: Kind, layer: str, modes: int = 1) -> gpd.GeoDataFrame:
    """Read stations or stop areas.

    Parameters
    ----------
    path : Path
        ``.osm.pbf`` or ``.osm``.
    kind : {"stations", "stop_areas"}
    layer : str
        Name in errors and audit.
    modes : int
        Fewest modes of a stop area.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, points: ``source_id`` (``node/1``), ``name``, ``ref``, ``mode`` (modes, sorted,
        with commas), ``kind``. A stop area lies in the middle of its members; of a name that is not
        there the id stands in. ``attrs`` hold the audit.

    Raises
    ------
    SourceError
        When the file is damaged, or has none.
    """
    what = _("the OSM extract cannot be read")
    with boundary.reading(what, layer=layer, place=path.name):
        found = _stations(path) if kind == "stations" else _stop_areas(path)
        points = _points(path, found)
    audit = Audit()
    lost = [place.key for place in found if place.key not in points]
    audit = audit.add(layer, "dropped", len(lost), _("places without a position"), lost)
    found = [place for place in found if place.key in points]
    if kind == "stop_areas":
        few = [place.key for place in found if len(place.modes) < modes]
        what = _("stop areas with fewer modes than asked for")
        audit = audit.add(layer, "dropped", len(few), what, few)
        found = [place for place in found if len(place.modes) >= modes]
    if not found:
        raise SourceError(
            _("the extract has no stations")
            if kind == "stations"
            else _("the extract has no stop areas"),
            layer=layer,
            place=path.name,
            remedy=_("choose the extract of the right region"),
        )
    frame = _frame(found, points)
    again = _drawn_twice(frame) if kind == "stations" else np.zeros(len(frame), dtype=bool)
    what = _("stations drawn a second time, as an area beside their point")
    audit = audit.add(layer, "dropped", int(again.sum()), what, frame["name"][again])
    unnamed = frame["name"].isna().to_numpy() & ~again
    what = _("without a name: the id stands in")
    audit = audit.add(layer, "guessed", int(unnamed.sum()), what, frame["source_id"][unnamed])
    frame["name"] = frame["name"].where(frame["name"].notna(), frame["source_id"])
    frame = frame[~again].reset_index(drop=True)
    source = Source(layer=layer, origin=path.name, licence="ODbL 1.0",
                    attribution="OpenStreetMap contributors", date="", sha256="")  # fmt: skip
    result: gpd.GeoDataFrame = provenance.attach(frame, source, audit)
    return result


def _objects(path: Path, kinds: Any, *keys: str) -> Iterator[Any]:
    import osmium

    reading = osmium.FileProcessor(str(path), kinds)
    yield from reading.with_filter(osmium.filter.KeyFilter(*keys))


def _stations(path: Path) -> list[_Place]:
    import osmium

    found = []
    for one in _objects(path, osmium.osm.NODE | osmium.osm.WAY, "railway", "public_transport"):
        tags = dict(one.tags)
        if not is_station(tags):
            continue
        if one.is_node():
            found.append(_Place(f"node/{one.id}", tags, [one.id], modes_of(tags)))
        else:
            nodes = [node.ref for node in one.nodes]
            found.append(_Place(f"way/{one.id}", tags, nodes, modes_of(tags)))
    return found


def _stop_areas(path: Path) -> list[_Place]:
    import osmium

    areas, members = list[_Place](), dict[tuple[str, int], list[_Place]]()
    for one in _objects(path, osmium.osm.RELATION, "public_transport"):
        tags = dict(one.tags)
        if tags.get("public_transport") != "stop_area":
            continue
        place = _Place(f"relation/{one.id}", tags, modes=modes_of(tags))
        areas.append(place)
        for member in one.members:
            members.setdefault((member.type, member.ref), []).append(place)
    if not areas:
        return []
    keys = ("railway", "public_transport", "highway", "amenity")
    for one in _objects(path, osmium.osm.NODE | osmium.osm.WAY, *keys):
        for place in members.get(("n" if one.is_node() else "w", one.id), ()):
            place.modes |= modes_of(dict(one.tags))
            place.nodes += [one.id] if one.is_node() else [node.ref for node in one.nodes]
    return areas


def _points(path: Path, found: list[_Place]) -> dict[str, tuple[float, float]]:
    """Return the place of each: the middle of the extent of its nodes."""
    import osmium

    wanted = {number for place in found for number in place.nodes}
    if not wanted:
        return {}
    at: dict[int, tuple[float, float]] = {}
    reading = osmium.FileProcessor(str(path), osmium.osm.NODE)
    for node in reading.with_filter(osmium.filter.IdFilter(wanted)):
        if node.location.valid():
            at[node.id] = node.location.lon, node.location.lat
    points = {}
    for place in found:
        spots = np.array([at[number] for number in place.nodes if number in at])
        if len(spots):
            low, high = spots.min(axis=0), spots.max(axis=0)
            points[place.key] = tuple(float(v) for v in (low + high) / 2)
    return points  # type: ignore[return-value]


def _frame(found: list[_Place], points: Mapping[str, tuple[float, float]]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        {
            "source_id": [place.key for place in found],
            "name": pd.Series([_said(place.tags, "name:pl", "name") for place in found],
                              dtype=object),
            "ref": pd.Series([_said(place.tags, *_REFS) for place in found], dtype=object),
            "mode": [", ".join(sorted(place.modes)) for place in found],
            "kind": [
                place.tags.get("railway") or place.tags.get("public_transport", "")
                for place in found
            ],
        }
    )  # fmt: skip
    places = shapely.points([points[place.key] for place in found])
    return gpd.GeoDataFrame(table, geometry=places, crs="EPSG:4326")


def _said(tags: Mapping[str, str], *names: str) -> str | None:
    return next((tags[name].strip() for name in names if tags.get(name, "").strip()), None)


def _drawn_twice(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Mark what has the name of an earlier one near it: nodes come before areas."""
    again = np.zeros(len(frame), dtype=bool)
    order = np.argsort(frame["source_id"].str.startswith("way/").to_numpy(), kind="stable")
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    kept: dict[str, list[int]] = {}
    for i in order:
        name = frame["name"].iloc[i]
        if not isinstance(name, str):
            continue
        beside = kept.setdefault(name.casefold(), [])
        for j in beside:
            east = (x[i] - x[j]) * np.cos(np.radians(y[i])) * _DEGREE
            if np.hypot(east, (y[i] - y[j]) * _DEGREE) <= NEAR:
                again[i] = True
                break
        else:
            beside.append(int(i))
    return again
