"""Features of OpenStreetMap chosen by their tags: stations, stops, cycle routes, hospitals.

An extract (PBF or XML) holds nodes, ways and relations. What is asked for as points comes from
nodes, and from closed ways and multipolygons by a point inside them; lines come from ways.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import shapely

from metrogis import boundary
from metrogis.errors import SourceError
from metrogis.i18n import _
from metrogis.sources.files import require_plain

Select = Mapping[str, Sequence[str]]
Geometry = Literal["point", "line", "area"]

ANY = "*"
"""Stands for every value of a key."""
_WHAT = _("the OpenStreetMap file cannot be read")
_SUFFIXES = (".pbf", ".osm")
_POLYGONS = (3, 6)
"""Polygon and MultiPolygon, as shapely numbers types."""
_LEVELS = {"4": "voivodeship", "6": "county", "7": "municipality", "8": "municipality"}
"""``admin_level`` of a boundary -> what its ``admin_centre`` is the seat of (Poland: OSM wiki)."""


def matches(tags: Mapping[str, str], select: Select) -> bool:
    """Tell whether tags have one of the chosen values; a list of values is split at ``;``.

    >>> matches({"railway": "halt"}, {"railway": ["station", "halt"]})
    True
    >>> matches({"railway": "rail"}, {"railway": ["station"]}), matches({"a": "x"}, {"a": ["*"]})
    (False, True)
    """
    for key, values in select.items():
        value = tags.get(key)
        if value is None:
            continue
        if ANY in values or any(part.strip() in values for part in value.split(";")):
            return True
    return False


def read(
    path: Path,
    *,
    layer: str,
    geometry: Geometry,
    select: Select,
    without: Select | None = None,
    columns: Mapping[str, str] | None = None,
    seats: bool = False,
) -> gpd.GeoDataFrame:
    """Return the features of an extract that have chosen tags.

    Parameters
    ----------
    path : Path
        PBF or XML.
    layer : str
        Name used in messages.
    geometry : {"point", "line", "area"}
        Areas as points are a point inside them.
    select : mapping of str to list of str
        Key -> values; one match is enough. ``*`` is any value.
    without : mapping, optional
        Features that match it are not taken.
    columns : mapping of str to str, optional
        Column -> tag. All other tags stand in ``other_tags`` as hstore text, as GDAL writes them.
    seats : bool
        Add ``seat``: what a node is the administrative centre of, by the relations of boundaries.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, by kind and id; ``osm_id`` begins with n, w or r. A way of which a node is not in
        the file has no geometry.

    Raises
    ------
    SourceError
        For a file that is no extract or is damaged.

    Examples
    --------
    >>> import tempfile
    >>> text = ('<osm version="0.6"><node id="1" version="1" lat="54" lon="18">'
    ...         '<tag k="railway" v="halt"/><tag k="name" v="A"/></node></osm>')
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.osm"
    ...     _ = file.write_text(text)
    ...     found = read(file, layer="rail_stations", geometry="point",
    ...                  select={"railway": ["halt"]}, columns={"name": "name"})
    >>> found["osm_id"].tolist(), found["name"].tolist()
    (['n1'], ['A'])
    """
    require_plain(path, layer=layer)
    if path.suffix.lower() not in _SUFFIXES:
        raise SourceError(
            _("'{suffix}' is no extract of OpenStreetMap").fill(suffix=path.suffix),
            layer=layer,
            place=path.name,
            remedy=_("give a .osm.pbf or .osm file"),
        )
    with boundary.reading(_WHAT, layer=layer, place=path.name):
        found = _collected(path, geometry, select, without or {})
        centres = _centres(path) if seats else {}
    return _frame(found, geometry, columns or {}, centres if seats else None)


Row = tuple[str, dict[str, str], bytes | None]


def _collected(path: Path, geometry: Geometry, select: Select, without: Select) -> list[Row]:
    """Return id, tags and geometry (WKB) of the features chosen."""
    import osmium

    kinds = osmium.osm
    factory = osmium.geom.WKBFactory()
    wanted = osmium.filter.KeyFilter(*select)
    rows: list[Row] = []

    def take(prefix: str, number: int, tags: Any, shape: Any) -> None:
        held = {tag.k: tag.v for tag in tags}
        if matches(held, select) and not matches(held, without):
            try:
                made = bytes.fromhex(shape())
            except (RuntimeError, osmium.InvalidLocationError):  # its nodes are not all here
                made = None
            rows.append((f"{prefix}{number}", held, made))

    if geometry == "line":
        ways = osmium.FileProcessor(str(path), kinds.NODE | kinds.WAY).with_locations()
        for way in ways.with_filter(wanted.enable_for(kinds.NODE | kinds.WAY)):
            if way.is_way():
                take("w", way.id, way.tags, lambda way=way: factory.create_linestring(way))
        return rows
    areas = osmium.FileProcessor(str(path)).with_areas(wanted).with_filter(wanted)
    for item in areas:
        if item.is_node() and geometry == "point":
            take("n", item.id, item.tags, lambda item=item: factory.create_point(item))
        elif item.is_area():
            prefix = "w" if item.from_way() else "r"
            take(prefix, item.orig_id(), item.tags,
                 lambda item=item: factory.create_multipolygon(item))  # fmt: skip
    return rows


def _centres(path: Path) -> dict[int, list[str]]:
    """Return, by node, what it is the administrative centre of."""
    import osmium

    found: dict[int, list[str]] = {}
    borders = osmium.FileProcessor(str(path), osmium.osm.RELATION)
    for relation in borders.with_filter(osmium.filter.TagFilter(("boundary", "administrative"))):
        level = _LEVELS.get(relation.tags.get("admin_level", ""))
        if level is None:
            continue
        for member in relation.members:
            if member.type == "n" and member.role in ("admin_centre", "admin_center"):
                words = found.setdefault(member.ref, [])
                if level not in words:
                    words.append(level)
    return found


def _frame(
    rows: list[Row],
    geometry: Geometry,
    columns: Mapping[str, str],
    centres: Mapping[int, list[str]] | None,
) -> gpd.GeoDataFrame:
    rows = sorted(rows, key=lambda row: ("nwr".index(row[0][0]), int(row[0][1:])))
    data: dict[str, Any] = {"osm_id": [row[0] for row in rows]}
    for column, tag in columns.items():
        data[column] = [row[1].get(tag) for row in rows]
    used = set(columns.values())
    data["other_tags"] = [
        ",".join(f"{_quoted(k)}=>{_quoted(v)}" for k, v in row[1].items() if k not in used) or None
        for row in rows
    ]
    if centres is not None:
        data["seat"] = [
            ", ".join(centres.get(int(row[0][1:]), [])) or None if row[0][0] == "n" else None
            for row in rows
        ]
    shapes = np.asarray(shapely.from_wkb(np.array([row[2] for row in rows], dtype=object)))
    areas = np.isin(shapely.get_type_id(shapes), _POLYGONS)
    if geometry == "point" and areas.any():
        shapes[areas] = shapely.point_on_surface(shapes[areas])
    return gpd.GeoDataFrame(data, geometry=shapes, crs="EPSG:4326")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
