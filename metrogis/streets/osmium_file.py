"""Read streets from an OpenStreetMap file by osmium: PBF or XML."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from metrogis.arrays import Array
from metrogis.i18n import _
from metrogis.osm.editor import deleted_in_editor
from metrogis.osm.values import clean
from metrogis.streets.lost import Lost, members_place
from metrogis.streets.raw import RawStreets, may_be_street, unreadable

_KEYS = ("highway", "route", "railway", "public_transport")
_WKB_HEAD = 9  # bytes of a line before its coordinates: order, type, number of points

_Relation = tuple[int, dict[str, str], list[int], list[int]]
"""Id, tags, ids of the member ways, ids of the member nodes."""


def read_osmium(path: Path, layer: str) -> RawStreets:
    """Read all ways that may be streets; see :func:`metrogis.streets.osm.read_raw`."""
    import osmium  # half a second to import, and Overpass files do without

    entity = osmium.osm
    erased = deleted_in_editor(path)
    wanted = osmium.filter.KeyFilter(*_KEYS).enable_for(entity.WAY | entity.RELATION)
    special = osmium.filter.KeyFilter("barrier", "highway", "crossing").enable_for(entity.NODE)
    collected = _Collected()
    try:
        with osmium.io.Reader(str(path), entity.NOTHING) as reader:
            header = reader.header()
            stamp, stated = header.get("osmosis_replication_timestamp") or "", header.box()
        objects = (
            osmium.FileProcessor(str(path), entity.NODE | entity.WAY | entity.RELATION)
            .with_locations()
            .with_filter(wanted)
            .with_filter(special)
        )
        for thing in objects:
            if thing.deleted or (erased and (thing.type_str(), thing.id) in erased):
                collected.deleted += thing.is_way() and may_be_street(clean(dict(thing.tags)))
            elif thing.is_node():
                collected.add_node(thing)
            elif thing.is_way():
                collected.add_way(thing)
            else:
                collected.add_relation(thing)
    except RuntimeError as error:  # osmium has no other for a file that is broken
        why = _("the file is cut or damaged")
        raise unreadable(why, path, layer) from error
    return collected.streets(path, stamp[:10], stated)


class _Collected:
    """Ways, barriers, signals and relations of a file in its own order."""

    def __init__(self) -> None:
        import osmium

        self._line = osmium.geom.WKBFactory().create_linestring
        self._every = osmium.geom.use_nodes.ALL
        self._no_line = (RuntimeError, osmium.InvalidLocationError)
        self._way_id, self._count, self._node = array("q"), array("q"), array("q")
        self._tags: list[dict[str, str]] = []
        self._place: list[bytes] = []
        self._barriers: dict[int, dict[str, str]] = {}
        self._signals = array("q")
        self._relations: list[_Relation] = []
        self.deleted = 0

    def add_node(self, node: Any) -> None:
        tags = clean(dict(node.tags))
        if "barrier" in tags:
            self._barriers[node.id] = tags
        if "traffic_signals" in (tags.get("highway"), tags.get("crossing")):
            self._signals.append(node.id)

    def add_way(self, way: Any) -> None:
        tags = clean(dict(way.tags))
        if not may_be_street(tags):
            return
        self._way_id.append(way.id)
        self._tags.append(tags)
        refs = [ref.ref for ref in way.nodes]
        self._count.append(len(refs))
        self._node.extend(refs)
        try:  # all places in one call
            self._place.append(bytes.fromhex(self._line(way, self._every))[_WKB_HEAD:])
        except self._no_line:  # fewer than two nodes, or some that the file lacks
            self._place.append(_places(way))

    def add_relation(self, relation: Any) -> None:
        if "highway" in relation.tags:
            ways, nodes = ([m.ref for m in relation.members if m.type == kind] for kind in "wn")
            self._relations.append((relation.id, clean(dict(relation.tags)), ways, nodes))

    def streets(self, path: Path, date: str, stated: Any) -> RawStreets:
        """Return what was collected; ``stated`` is the box of the file's header."""
        node = np.asarray(self._node, dtype=np.int64)
        lon, lat = np.frombuffer(b"".join(self._place), dtype="<f8").reshape(-1, 2).T.copy()
        if not path.name.lower().endswith(".pbf"):
            _late_places(path, node, lon, lat)
        box = None
        if stated.valid():
            low, high = stated.bottom_left, stated.top_right
            box = (low.lon, low.lat, high.lon, high.lat)
        return RawStreets(
            np.asarray(self._way_id, dtype=np.int64),
            self._tags,
            np.concatenate([[0], np.cumsum(np.asarray(self._count, dtype=np.int64))]),
            node,
            lon,
            lat,
            self._barriers,
            np.asarray(self._signals, dtype=np.int64),
            date,
            len(self._relations),
            box,
            tuple(_relations(path, self._relations)),
            self.deleted,
        )


def _relations(path: Path, found: list[_Relation]) -> Iterator[Lost]:
    """Yield the streets stored as relations, each at the box of those members the file holds."""
    if not found:
        return
    import osmium

    ways = {ref for _, _, own, _ in found for ref in own}
    nodes = {ref for _, _, _, own in found for ref in own}
    place: dict[tuple[str, int], list[tuple[float, float]]] = {}
    wanted = osmium.filter.IdFilter([*ways, *nodes])
    kinds = osmium.osm.NODE | osmium.osm.WAY
    for thing in osmium.FileProcessor(str(path), kinds).with_locations().with_filter(wanted):
        if thing.is_node():
            if thing.id in nodes and thing.location.valid():
                place["n", thing.id] = [(thing.location.lon, thing.location.lat)]
        elif thing.id in ways:
            xy = np.frombuffer(_places(thing), dtype="<f8").reshape(-1, 2)
            place["w", thing.id] = [(float(x), float(y)) for x, y in xy]
    for number, tags, own_ways, own_nodes in found:
        keys = [("w", ref) for ref in own_ways] + [("n", ref) for ref in own_nodes]
        at = [p for key in keys for p in place.get(key, [])]
        yield Lost("relation", number, tags, members_place(at))


def _places(way: Any) -> bytes:
    """Return the places of a way's nodes one by one, NaN for those that the file lacks."""
    out = array("d")
    for ref in way.nodes:
        known = ref.location.valid()
        out.extend((ref.location.lon, ref.location.lat) if known else (np.nan, np.nan))
    return np.asarray(out, dtype="<f8").tobytes()


def _late_places(path: Path, node: Array, lon: Array, lat: Array) -> None:
    """Fill in places of nodes that stand behind the ways (a usual order of Overpass XML)."""
    import osmium

    missing = np.flatnonzero(np.isnan(lon))
    if len(missing) == 0:
        return
    wanted = set(node[missing].tolist())
    found = {
        thing.id: (thing.location.lon, thing.location.lat)
        for thing in osmium.FileProcessor(str(path), osmium.osm.NODE)
        if thing.id in wanted and thing.location.valid()
    }
    for i in missing.tolist():
        lon[i], lat[i] = found.get(int(node[i]), (np.nan, np.nan))
