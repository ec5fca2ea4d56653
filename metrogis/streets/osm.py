"""Read streets from OpenStreetMap: PBF, XML (both by osmium) or Overpass JSON.

Ways that share an OSM node meet there; ways that only cross (a bridge over a road) do not. Only
nodes and ways are read: streets that exist as multipolygon relations only are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from metrogis import boundary
from metrogis import crs as crs_rules
from metrogis.arrays import Array
from metrogis.errors import ParameterError, SourceError
from metrogis.i18n import _
from metrogis.provenance import Audit, Source, file_hash
from metrogis.streets import topology
from metrogis.streets.extent import extent_of
from metrogis.streets.lost import WHY, losses_of_streets
from metrogis.streets.network import StreetNetwork
from metrogis.streets.osmium_file import read_osmium
from metrogis.streets.overpass import read_overpass
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
from metrogis.streets.raw import AGAIN, NOT_READ, RawStreets

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

_LICENCE = "ODbL 1.0"
_ATTRIBUTION = "© OpenStreetMap contributors"


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
    mode : {"walk", "bike", "car"}
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
            _("unknown mode {mode}").fill(mode=repr(mode)),
            layer=layer,
            remedy=_("give walk, bike or car"),
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


@boundary.reader(NOT_READ, remedy=AGAIN)
def read_raw(path: Path, *, layer: str = "streets") -> RawStreets:
    """Read all ways that may be streets, with no choice of mode made.

    Raises
    ------
    SourceError
        When the file is missing or cannot be read.
    """
    if not path.is_file():
        raise SourceError(
            _("there is no such file"),
            layer=layer,
            place=path.name,
            remedy=_("check the path"),
        )
    if path.suffix.lower() in (".json", ".overpassjson"):
        return read_overpass(path, layer)
    return read_osmium(path, layer)


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
    extent: Any = None,
) -> StreetNetwork:
    """Choose the ways of a mode, project them, and build the network; see `read_osm`.

    ``extent`` is the area in which streets are known, where it was found before.
    """
    working = crs
    if extent is None:
        extent = extent_of(raw.start, raw.lon, raw.lat, working, raw.box)
    unread = raw.unread
    losses = losses_of_streets(unread, [mode], rules)
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
        extent = shapely.intersection(extent, _area(clip, working, layer))
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
    audit += _audit_of_building(built, raw, layer)
    return StreetNetwork.from_topology(
        built,
        crs=working,
        mode=mode,
        ways=_tag_table(raw, keep_tags),
        signals=raw.signals,
        audit=audit,
        source=source,
        extent=extent,
        losses=losses,
    )


def _audit_of_building(built: topology.Topology, raw: RawStreets, layer: str) -> Audit:
    """Count what of the ways chosen is broken, blocked, or could not be read."""
    audit = (
        Audit()
        .add(
            layer,
            "dropped",
            built.missing_vertices,
            _("nodes of ways that the file lacks; the ways are broken there"),
            f"{built.broken_ways} ways",
        )
        .add(
            layer,
            "noted",
            built.blocked_nodes,
            _("barriers that cannot be passed (wall, closed gate ...)"),
        )
        .add(
            layer,
            "dropped",
            raw.relations,
            _("streets stored as relations"),
        )
    )
    audit = audit.add(
        layer,
        "dropped",
        raw.deleted,
        _("streets deleted in an editor (JOSM)"),
    )
    for why in ("short", "tags"):
        ids = [item.id for item in raw.unread if item.why == why]
        audit = audit.add(layer, "dropped", len(ids), WHY[why], [f"way {i}" for i in ids])
    return audit


def _no_streets(mode: str, layer: str, place: str, why: str) -> SourceError:
    if why == "clip":
        message = _("no street lies in the area of clip")
    else:
        message = _("the file has no street for {mode}").fill(mode=mode)
    return SourceError(
        message,
        layer=layer,
        place=place,
        remedy=_("check the extent of the file, and that its ways have the tag highway"),
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
        action = "unknown" if reason == "unlisted" else "dropped"
        audit = audit.add(layer, action, why[reason], text, shown)  # type: ignore[arg-type]
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


def _area(clip: Any, working: pyproj.CRS, layer: str) -> Any:
    if isinstance(clip, gpd.GeoDataFrame | gpd.GeoSeries):
        crs_rules.require_same(**{layer: working, "clip": clip})
        clip = clip.geometry.union_all()
    return clip


def _inside(x: Array, y: Array, clip: Any, working: pyproj.CRS, layer: str) -> Array:
    area = _area(clip, working, layer)
    shapely.prepare(area)
    return np.asarray(shapely.contains_xy(area, x, y))


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
