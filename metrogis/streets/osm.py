"""Read streets from OpenStreetMap: PBF, XML (both by osmium) or Overpass JSON.

Ways that share an OSM node meet there; ways that only cross (a bridge over a road) do not. Only
nodes and ways are read: streets that exist as multipolygon relations only are not.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from metrogis import crs as crs_rules
from metrogis.errors import ParameterError, SourceError
from metrogis.provenance import Audit, Source, file_hash
from metrogis.streets import topology
from metrogis.streets.network import StreetNetwork
from metrogis.streets.permissions import (
    DROPPED,
    MODES,
    NOTED,
    Mode,
    Permissions,
    Rules,
    Verdict,
    passable,
)
from metrogis.texts import Text

Array = npt.NDArray[Any]

KEEP_TAGS = (
    "highway", "name", "ref", "maxspeed", "maxspeed:forward", "maxspeed:backward", "maxspeed:type",
    "source:maxspeed", "zone:maxspeed", "maxspeed:conditional",
    "lanes", "lanes:forward", "lanes:backward", "oneway", "oneway:bicycle",
    "junction", "access", "foot", "bicycle", "vehicle", "motor_vehicle", "motorroad", "service",
    "footway", "construction", "surface", "smoothness", "tracktype", "width", "segregated",
    "bridge", "tunnel", "layer", "covered", "lit", "incline", "lts", "parking", "parking:lane*",
    "parking:left*", "parking:right*", "parking:both*", "shoulder*", "cycleway*", "sidewalk*",
    "bicycle:*", "bicycle_road", "cyclestreet", "ramp*", "crossing*", "est_width", "lcn", "rcn",
)  # fmt: skip
"""Tags kept for later questions (stress, slope, names); ``*`` stands for any ending."""

_KEYS = ("highway", "route", "railway", "public_transport")
_WKB_HEAD = 9  # bytes of a line before its coordinates: order, type, number of points
_LICENCE = "ODbL 1.0"
_ATTRIBUTION = "© OpenStreetMap contributors"


class RawStreets(NamedTuple):
    """Ways of a file before any choice: ids, tags, vertices in longitude and latitude.

    Vertex places are NaN where the file lacks the node. ``barriers`` holds the tags of barrier
    nodes, ``signals`` the ids of nodes with traffic signals.
    """

    way_id: Array
    tags: list[dict[str, str]]
    start: Array
    node: Array
    lon: Array
    lat: Array
    barriers: dict[int, dict[str, str]]
    signals: Array
    date: str
    relations: int


def read_osm(
    path: str | Path,
    *,
    mode: Mode = "walk",
    crs: Any = crs_rules.WORKING_CRS,
    clip: Any = None,
    simplify: bool = True,
    private: bool = False,
    trunk: bool = False,
    stairs: bool = False,
    dismount: bool = False,
    ferries: bool = False,
    keep_tags: Iterable[str] = KEEP_TAGS,
    layer: str = "streets",
    source: Source | None = None,
) -> StreetNetwork:
    """Read the street network of one mode from an OpenStreetMap file.

    Parameters
    ----------
    path : path
        ``.osm.pbf``, ``.osm`` (also ``.gz``, ``.bz2``), or Overpass ``.json`` with ``out body``
        and nodes, or ``out geom``.
    mode : {"walk", "bike"}
        Whose access and one-way rules hold (:mod:`metrogis.streets.permissions`).
    crs : any
        Working CRS, projected, metres. Lengths are planar in it.
    clip : GeoDataFrame, GeoSeries or geometry, optional
        In the working CRS: ways with no vertex inside are left out, the others stay whole.
    simplify : bool
        Graph nodes only where ways meet or end; else every OSM node is one.
    private, trunk, stairs, dismount, ferries : bool
        Also use private ways; trunk roads without a tagged right; stairs by bicycle; ways where a
        bicycle is pushed; ferries (their length counts as that of a street).
    keep_tags : iterable of str
        Tags kept in :attr:`StreetNetwork.ways`; ``*`` at the end stands for any ending.
    layer : str
        Name in errors and audit.
    source : Source, optional
        Provenance, when the catalog knows more than the file.

    Returns
    -------
    StreetNetwork
        ``audit`` says how many ways were dropped and why, and what was guessed.

    Raises
    ------
    SourceError
        When the file is missing, broken, incomplete, or holds no street of this mode.
    CRSError
        When the CRS is not metric, or the streets lie outside its area of use.
    """
    file = Path(path)
    if mode not in MODES:
        raise ParameterError(
            Text(f"nieznany tryb {mode!r}", f"unknown mode {mode!r}"),
            layer=layer,
            remedy=Text("podaj walk albo bike", "give walk or bike"),
        )
    working = crs_rules.require_metric(crs, layer=layer)
    raw = read_raw(file, layer=layer)
    rules = Rules(private, trunk, stairs, dismount, ferries)
    if source is None:
        source = Source(layer, file.name, _LICENCE, _ATTRIBUTION, raw.date, sha256=file_hash(file))
    return network_from(
        raw,
        mode=mode,
        rules=rules,
        crs=working,
        clip=clip,
        simplify=simplify,
        keep_tags=tuple(keep_tags),
        layer=layer,
        place=file.name,
        source=source,
    )


def read_raw(path: Path, *, layer: str = "streets") -> RawStreets:
    """Read all ways that may be streets, with no choice of mode made.

    Raises
    ------
    SourceError
        When the file is missing or cannot be read.
    """
    if not path.is_file():
        raise SourceError(
            Text("nie ma takiego pliku", "there is no such file"),
            layer=layer,
            place=path.name,
            remedy=Text("sprawdź ścieżkę", "check the path"),
        )
    if path.suffix.lower() in (".json", ".overpassjson"):
        return _read_overpass(path, layer)
    return _read_osmium(path, layer)


def _unreadable(error: object, path: Path, layer: str) -> SourceError:
    cause = " ".join(str(error).split())[:200]
    return SourceError(
        Text(f"nie da się odczytać pliku OSM ({cause})", f"not a readable OSM file ({cause})"),
        layer=layer,
        place=path.name,
        remedy=Text(
            "pobierz plik jeszcze raz: .osm.pbf, .osm lub .json z Overpass",
            "download it again: .osm.pbf, .osm, or .json of Overpass",
        ),
    )


# --------------------------------------------------------------------------- osmium


def _read_osmium(path: Path, layer: str) -> RawStreets:
    import osmium  # half a second to import, and Overpass files do without

    way_id, tags, count = array("q"), [], array("q")
    node = array("q")
    place: list[bytes] = []
    barriers: dict[int, dict[str, str]] = {}
    signals = array("q")
    relations = 0
    entity = osmium.osm
    factory, every = osmium.geom.WKBFactory(), osmium.geom.use_nodes.ALL
    wanted = osmium.filter.KeyFilter(*_KEYS).enable_for(entity.WAY | entity.RELATION)
    special = osmium.filter.KeyFilter("barrier", "highway", "crossing").enable_for(entity.NODE)
    try:
        with osmium.io.Reader(str(path), entity.NOTHING) as reader:
            stamp = reader.header().get("osmosis_replication_timestamp") or ""
        objects = (
            osmium.FileProcessor(str(path), entity.NODE | entity.WAY | entity.RELATION)
            .with_locations()
            .with_filter(wanted)
            .with_filter(special)
        )
        for thing in objects:
            if thing.is_node():
                own = dict(thing.tags)
                if "barrier" in own:
                    barriers[thing.id] = own
                if "traffic_signals" in (own.get("highway"), own.get("crossing")):
                    signals.append(thing.id)
                continue
            if not thing.is_way():
                relations += "highway" in thing.tags
                continue
            own = dict(thing.tags)
            if not _may_be_street(own):
                continue
            way_id.append(thing.id)
            tags.append(own)
            refs = [ref.ref for ref in thing.nodes]
            count.append(len(refs))
            node.extend(refs)
            try:  # all places in one call
                place.append(bytes.fromhex(factory.create_linestring(thing, every))[_WKB_HEAD:])
            except (
                RuntimeError,
                osmium.InvalidLocationError,
            ):  # fewer than two nodes, or some that the file lacks
                place.append(_places(thing))
    except (RuntimeError, ValueError, OSError) as error:
        raise _unreadable(error, path, layer) from error
    lon, lat = np.frombuffer(b"".join(place), dtype="<f8").reshape(-1, 2).T.copy()
    if not path.name.lower().endswith(".pbf"):
        _late_places(path, np.asarray(node, dtype=np.int64), lon, lat)
    return RawStreets(
        np.asarray(way_id, dtype=np.int64),
        tags,
        np.concatenate([[0], np.cumsum(np.asarray(count, dtype=np.int64))]),
        np.asarray(node, dtype=np.int64),
        lon,
        lat,
        barriers,
        np.asarray(signals, dtype=np.int64),
        stamp[:10],
        relations,
    )


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


def _may_be_street(tags: Mapping[str, Any]) -> bool:
    """Tell streets, ferries and platforms from railways, bus routes and stops."""
    return (
        "highway" in tags
        or tags.get("route") == "ferry"
        or "platform" in (tags.get("railway"), tags.get("public_transport"))
    )


# --------------------------------------------------------------------------- overpass


def _read_overpass(path: Path, layer: str) -> RawStreets:
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, OSError, RecursionError) as error:
        raise _unreadable(error, path, layer) from error
    elements = found.get("elements") if isinstance(found, dict) else None
    if not isinstance(elements, list):
        raise _unreadable("no list 'elements'", path, layer)
    remark = str(found.get("remark") or "")
    if "error" in remark:  # the server ran out of time or memory: part of the answer is missing
        raise _unreadable(f"Overpass: {remark}", path, layer)
    try:
        return _overpass_streets(
            elements, str((found.get("osm3s") or {}).get("timestamp_osm_base", ""))
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _unreadable(f"{type(error).__name__}: {error}", path, layer) from error


def _overpass_streets(elements: list[Any], stamp: str) -> RawStreets:
    places: dict[int, tuple[float, float]] = {}
    barriers: dict[int, dict[str, str]] = {}
    signals = []
    ways: dict[int, dict[str, Any]] = {}
    relations = 0
    for element in elements:
        kind, tags = element["type"], element.get("tags") or {}
        if kind == "node":
            places[int(element["id"])] = (float(element["lon"]), float(element["lat"]))
            if "barrier" in tags:
                barriers[int(element["id"])] = tags
            if "traffic_signals" in (tags.get("highway"), tags.get("crossing")):
                signals.append(int(element["id"]))
        elif kind == "way" and _may_be_street(tags):
            ways.setdefault(int(element["id"]), element)
        elif kind == "relation":
            relations += "highway" in tags
    node: list[int] = []
    lon: list[float] = []
    lat: list[float] = []
    count = []
    nowhere = (np.nan, np.nan)
    for element in ways.values():
        shape = element.get("geometry")
        refs = element.get("nodes")
        if shape is not None:
            at = [(float(p["lon"]), float(p["lat"])) if p else nowhere for p in shape]
            if refs is None:
                # without node ids vertices at one place are one node: below any drawing accuracy
                refs = [_place_key(p) for p in at]
        else:
            refs = refs or []
            at = [places.get(int(r), nowhere) for r in refs]
        if len(at) != len(refs):
            raise ValueError(f"way {element['id']}: nodes and geometry differ in length")
        node += [int(r) for r in refs]
        lon += [p[0] for p in at]
        lat += [p[1] for p in at]
        count.append(len(refs))
    return RawStreets(
        np.array(list(ways), dtype=np.int64),
        [{str(k): str(v) for k, v in e["tags"].items()} for e in ways.values()],
        np.concatenate([[0], np.cumsum(np.array(count, dtype=np.int64))]),
        np.array(node, dtype=np.int64),
        np.array(lon, dtype=np.float64),
        np.array(lat, dtype=np.float64),
        barriers,
        np.array(signals, dtype=np.int64),
        stamp[:10],
        relations,
    )


def _place_key(place: tuple[float, float]) -> int:
    if place[0] != place[0]:
        return 0
    return -((round((place[0] + 180) * 1e7) << 32) + round((place[1] + 90) * 1e7) + 1)


# --------------------------------------------------------------------------- choices


def network_from(
    raw: RawStreets,
    *,
    mode: Mode,
    crs: pyproj.CRS,
    layer: str,
    place: str,
    source: Source,
    rules: Rules = Rules(),
    clip: Any = None,
    simplify: bool = True,
    keep_tags: Sequence[str] = KEEP_TAGS,
) -> StreetNetwork:
    """Choose the ways of a mode, project them, and build the network; see `read_osm`."""
    working = crs
    allow = Permissions(mode, rules)
    verdicts = [allow(tags) for tags in raw.tags]
    audit = _audit_of_choice(verdicts, raw, layer)
    chosen = np.array([not v.dropped for v in verdicts], dtype=bool)
    chosen &= np.diff(raw.start) > 1
    if not chosen.any():
        raise _no_streets(mode, layer, place, "")
    raw, verdicts = _only(raw, verdicts, chosen)
    x, y = _project(raw.lon, raw.lat, working, layer, place)
    if clip is not None:
        inside = _inside(x, y, clip, working, layer)
        touched = np.logical_or.reduceat(inside, raw.start[:-1])
        if not touched.any():
            raise _no_streets(mode, layer, place, "clip")
        vertices = np.repeat(touched, np.diff(raw.start))
        raw, verdicts = _only(raw, verdicts, touched)
        x, y = x[vertices], y[vertices]
    walls = np.array(
        [n for n, tags in raw.barriers.items() if not passable(tags, mode, rules)], dtype=np.int64
    )
    built = topology.build(
        topology.Ways(
            raw.start,
            raw.node,
            x,
            y,
            np.array([v.forward for v in verdicts], dtype=bool),
            np.array([v.backward for v in verdicts], dtype=bool),
            np.isin(raw.node, walls),
        ),
        simplify=simplify,
    )
    if len(built.edge_u) == 0:
        raise _no_streets(mode, layer, place, "")
    audit = (
        audit.add(
            layer,
            "dropped",
            built.missing_vertices,
            Text(
                "węzły dróg, których nie ma w pliku; drogi są w tych miejscach przerwane",
                "nodes of ways that the file lacks; the ways are broken there",
            ),
            f"{built.broken_ways} ways",
        )
        .add(
            layer,
            "noted",
            built.blocked_nodes,
            Text(
                "przeszkody nie do przejścia (mur, zamknięta brama ...)",
                "barriers that cannot be passed (wall, closed gate ...)",
            ),
        )
        .add(
            layer,
            "dropped",
            raw.relations,
            Text("drogi zapisane jako relacje", "streets stored as relations"),
        )
    )
    return StreetNetwork.from_topology(
        built,
        crs=working,
        mode=mode,
        ways=_tag_table(raw, keep_tags),
        signals=raw.signals,
        audit=audit,
        source=source,
    )


def _no_streets(mode: str, layer: str, place: str, why: str) -> SourceError:
    if why == "clip":
        message = Text(
            "żadna droga nie leży w podanym obszarze", "no street lies in the area of clip"
        )
    else:
        message = Text(
            f"plik nie zawiera żadnej drogi dla trybu {mode}", f"the file has no street for {mode}"
        )
    return SourceError(
        message,
        layer=layer,
        place=place,
        remedy=Text(
            "sprawdź zasięg pliku i czy drogi mają tag highway",
            "check the extent of the file, and that its ways have the tag highway",
        ),
    )


def _audit_of_choice(verdicts: list[Verdict], raw: RawStreets, layer: str) -> Audit:
    audit = Audit()
    why = Counter(v.dropped for v in verdicts if v.dropped)
    kinds: dict[str, Counter[str]] = {reason: Counter() for reason in why}
    noted: Counter[str] = Counter()
    ids: dict[str, list[int]] = {}
    for i, v in enumerate(verdicts):
        if v.dropped:
            kinds[v.dropped][raw.tags[i].get("highway") or raw.tags[i].get("route", "-")] += 1
        for note in v.noted:
            noted[note] += 1
            ids.setdefault(note, []).append(int(raw.way_id[i]))
    for reason, text in DROPPED.items():
        shown = [f"{kind} {n}" for kind, n in kinds.get(reason, Counter()).most_common()]
        audit = audit.add(layer, "dropped", why[reason], text, shown)
    for note, text in NOTED.items():
        action = "noted" if note == "area" else "guessed"
        audit = audit.add(layer, action, noted[note], text, [f"way {i}" for i in ids.get(note, [])])  # type: ignore[arg-type]
    return audit


def _only(
    raw: RawStreets, verdicts: list[Verdict], keep: Array
) -> tuple[RawStreets, list[Verdict]]:
    count = np.diff(raw.start)
    vertices = np.repeat(keep, count)
    rows = np.flatnonzero(keep)
    return (
        raw._replace(
            way_id=raw.way_id[keep],
            tags=[raw.tags[i] for i in rows],
            start=np.concatenate([[0], np.cumsum(count[keep])]),
            node=raw.node[vertices],
            lon=raw.lon[vertices],
            lat=raw.lat[vertices],
        ),
        [verdicts[i] for i in rows],
    )


def _project(
    lon: Array, lat: Array, working: pyproj.CRS, layer: str, place: str
) -> tuple[Array, Array]:
    known = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    x, y = np.full(len(lon), np.nan), np.full(len(lon), np.nan)
    if known.any():
        to_working = pyproj.Transformer.from_crs(crs_rules.GEOGRAPHIC_CRS, working, always_xy=True)
        x[known], y[known] = to_working.transform(lon[known], lat[known])
        x[~np.isfinite(x)] = np.nan
        y[~np.isfinite(y)] = np.nan
        corners = gpd.GeoDataFrame(
            geometry=shapely.points(
                [
                    (np.nanmin(lon[known]), np.nanmin(lat[known])),
                    (lon[known].max(), lat[known].max()),
                ]
            ),
            crs=crs_rules.GEOGRAPHIC_CRS,
        ).to_crs(working)
        crs_rules.check_area_of_use(corners, layer=f"{layer} ({place})")
    return x, y


def _inside(x: Array, y: Array, clip: Any, working: pyproj.CRS, layer: str) -> Array:
    if isinstance(clip, gpd.GeoDataFrame | gpd.GeoSeries):
        crs_rules.require_same(**{layer: working, "clip": clip})
        clip = clip.geometry.union_all()
    shapely.prepare(clip)
    return np.asarray(shapely.contains_xy(clip, x, y))


def _tag_table(raw: RawStreets, keep: Sequence[str]) -> pd.DataFrame:
    """Return one row per way: osm_id and the kept tags, as categories."""
    exact = [k for k in dict.fromkeys(keep) if not k.endswith("*")]
    prefixes = tuple(k[:-1] for k in keep if k.endswith("*"))
    codes = {k: np.full(len(raw.tags), -1, np.int32) for k in exact}
    seen: dict[str, dict[str, int]] = {k: {} for k in exact}
    others: set[str] = set()  # keys that are not kept: asked once
    for i, tags in enumerate(raw.tags):
        for key, value in tags.items():
            values = seen.get(key)
            if values is None:
                if key in others or not key.startswith(prefixes):
                    others.add(key)
                    continue
                values = seen[key] = {}
                codes[key] = np.full(len(raw.tags), -1, np.int32)
            codes[key][i] = values.setdefault(value, len(values))
    columns: dict[str, Any] = {"osm_id": raw.way_id}
    for key in [*exact, *sorted(set(codes) - set(exact))]:
        columns[key] = _categorical(codes[key], [*seen[key]])
    return pd.DataFrame(columns)


def _categorical(codes: Array, values: Sequence[str | None]) -> pd.Categorical:
    """Return the column that pandas would make of the values themselves."""
    whole = pd.Categorical(values or [None])
    if not values:
        return whole.take(np.zeros(len(codes), np.int64))
    return pd.Categorical.from_codes(np.where(codes < 0, -1, whole.codes[codes]), dtype=whole.dtype)
