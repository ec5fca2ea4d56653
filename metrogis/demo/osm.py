"""Streets as OpenStreetMap writes them: shape points, ways, tags, a PBF file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import osmium
import osmium.osm.mutable as mutable
import pandas as pd
import shapely

from metrogis.demo.cycling import Cycling
from metrogis.demo.fabric import ZONE
from metrogis.demo.frame import Array, Index, Shape, Streams
from metrogis.demo.graph import CLASS, CLASSES, Graph
from metrogis.demo.names import street_names
from metrogis.demo.settlements import Settled
from metrogis.demo.shapes import Shapes, chains
from metrogis.demo.terrain import Terrain
from metrogis.demo.writing import lonlat

_AROUND = 8000.0  # m: farther than any walk or ride in question


def write_osm(
    path: Path,
    terrain: Terrain,
    settled: Settled,
    graph: Graph,
    shapes: Shapes,
    cycling: Cycling,
    stations: pd.DataFrame,
    streams: Streams,
) -> dict[str, int]:
    """Write streets and cycle infrastructure as an OpenStreetMap file.

    Parameters
    ----------
    path : Path
        Of the PBF; replaced.
    shapes : Shapes
        Points between crossings.
    cycling : Cycling
        What only the official layer has is not written.

    Returns
    -------
    dict
        Numbers of nodes and of ways written.
    """
    rng = streams("osm")
    bridge = _bridges(graph, terrain, settled)
    # infrastructure of one street is of one kind along it
    mapped = cycling.built & ~cycling.official_only
    kind = np.where(mapped, (graph.line * 7919) % 3 + 1, 0)
    country = (graph.zone < 0).astype(np.int64)
    plain = np.zeros(graph.edges, dtype=bool)  # a planted link is open both ways
    for plant in cycling.plants:
        plain[np.asarray(plant.get("both_ways", plant["edges"]), dtype=np.int64)] = True
    key = (((graph.cls * 4 + kind) * 2 + bridge) * 2 + country) * 2 + plain
    ways = chains(graph, key)

    n = graph.nodes
    lon, lat = lonlat(np.concatenate([graph.x, shapes.x]), np.concatenate([graph.y, shapes.y]))
    path.unlink(missing_ok=True)
    header = osmium.io.Header()
    header.set("generator", "metrogis demo")
    header.add_box(_box(settled))
    writer = osmium.SimpleWriter(str(path), header=header)
    lon_, lat_ = np.round(lon, 7).tolist(), np.round(lat, 7).tolist()
    for i in range(len(lon_)):
        writer.add_node(mutable.Node(id=i + 1, location=(lon_[i], lat_[i]), version=1))
    extra = len(lon_)
    u, v, start = graph.u.tolist(), graph.v.tolist(), shapes.start.tolist()
    names = _names(settled, graph, ways, rng)
    lines: list[tuple[list[int], list[tuple[str, str]]]] = []
    draw = rng.random((len(ways), 5))
    for w, way in enumerate(ways):
        nodes = _street_nodes(way, u, v, start, n)
        e = way[0] >> 1
        lines.append(
            (
                nodes,
                _tags(
                    int(graph.cls[e]),
                    int(graph.zone[e]),
                    int(kind[e]),
                    int(bridge[e]),
                    names[w],
                    draw[w],
                    0 if plain[e] else len(way),
                ),
            )
        )
    for shape, tags in _rails_and_rivers(terrain, settled):
        xy = shapely.get_coordinates(shape)
        a, b = lonlat(xy[:, 0], xy[:, 1])
        ids = list(range(extra + 1, extra + len(xy) + 1))
        for i, p, q in zip(ids, a, b, strict=True):
            writer.add_node(
                mutable.Node(id=i, location=(round(float(p), 7), round(float(q), 7)), version=1)
            )
        extra += len(xy)
        lines.append((ids, tags))
    a, b = lonlat(stations["x"].to_numpy(), stations["y"].to_numpy())
    for k, station in enumerate(stations.itertuples()):
        extra += 1
        place = (round(float(a[k]), 7), round(float(b[k]), 7))
        what = [("name", station.name), ("railway", "station" if station.main else "halt")]
        writer.add_node(mutable.Node(id=extra, location=place, version=1, tags=what))
    for w, (nodes, tags) in enumerate(lines):
        writer.add_way(mutable.Way(id=w + 1, nodes=nodes, tags=tags, version=1))
    writer.close()
    return {
        "nodes": extra,
        "ways": len(lines),
        "street_nodes": n + len(shapes.x),
        "street_edges": graph.edges + len(shapes.x),
    }


def _box(settled: Settled) -> osmium.osm.Box:
    """Return the area the file covers: the invented land has no streets around it."""
    west, south, east, north = settled.municipalities.total_bounds
    x = np.array([west, west, east, east]) + np.array([-1, -1, 1, 1]) * _AROUND
    y = np.array([south, north, south, north]) + np.array([-1, 1, -1, 1]) * _AROUND
    lon, lat = lonlat(x, y)
    return osmium.osm.Box(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))


def _bridges(graph: Graph, terrain: Terrain, settled: Settled) -> Index:
    out = np.zeros(graph.edges, dtype=np.int64)
    tree = shapely.STRtree(graph.segments())
    for line in (*terrain.rivers, *settled.rails):
        out[tree.query(line, predicate="intersects")] = 1
    return out


def _names(
    settled: Settled, graph: Graph, ways: list[list[int]], rng: np.random.Generator
) -> list[str]:
    pool = street_names()
    used: dict[int, int] = {}
    shift = rng.integers(0, len(pool), len(settled.places) + 1)
    out = []
    for way in ways:
        e = way[0] >> 1
        owner = int(graph.owner[e])
        if owner < 0 or graph.cls[e] >= CLASS["service"]:
            out.append("")
            continue
        k = used.get(owner, 0)
        used[owner] = k + 1
        base = pool[(k * 31 + int(shift[owner])) % len(pool)]
        round_ = k // len(pool)
        out.append(
            base
            if round_ == 0
            else f"{('Nowa', 'Mała', 'Górna', 'Dolna', 'Stara')[(round_ - 1) % 5]} {base}"
        )
    return out


def _rails_and_rivers(
    terrain: Terrain, settled: Settled
) -> list[tuple[Shape, list[tuple[str, str]]]]:
    """Return lines for the picture with their tags."""
    rail = [("railway", "rail"), ("usage", "main"), ("electrified", "contact_line")]
    return [
        *((line, rail) for line in settled.rails),
        *(
            (line, [("waterway", "river" if width > 30 else "stream")])
            for line, width in zip(terrain.rivers, terrain.widths, strict=True)
        ),
    ]


def _street_nodes(
    way: list[int], u: list[int], v: list[int], start: list[int], n: int
) -> list[int]:
    """Return the OSM nodes of a way; a step is 2 x edge, + 1 against the edge's direction."""
    nodes: list[int] = []
    for step in way:
        e, back = step >> 1, step & 1
        run = [u[e] + 1, *range(start[e] + n + 1, start[e + 1] + n + 1), v[e] + 1]
        if back:
            run.reverse()
        nodes += run[1:] if nodes else run
    return nodes


def _tags(
    cls: int, zone: int, kind: int, bridge: int, name: str, draw: Array, edges: int
) -> list[tuple[str, str]]:
    """Return the tags of a way; some are left out, as on the real map."""
    road = CLASSES[cls]
    tags = [("highway", road)]
    if name:
        tags.append(("name", name))
    if road in ("primary", "secondary", "tertiary"):
        tags += _main_road_tags(road, zone >= 0, draw)
    elif road in ("unclassified", "residential"):
        tags += _minor_road_tags(zone, draw, edges)
    elif road == "service" and draw[0] < 0.3:
        tags.append(("access", "private"))
    elif road == "track":
        tags.append(("surface", "ground" if draw[1] < 0.6 else "compacted"))
        if draw[0] < 0.35:
            tags.append(("motor_vehicle", "agricultural;forestry"))
    if kind == 1:
        tags.append(("cycleway:both", "track"))
    elif kind == 2 and road != "footway":
        tags.append(("cycleway:both", "lane"))
    elif kind == 3 and road != "footway":
        tags += [("cycleway:right", "track"), ("cycleway:right:oneway", "no")]
    if road == "footway" and kind:
        tags = [
            ("highway", "cycleway"),
            ("foot", "designated"),
            ("segregated", "no"),
            ("surface", "asphalt"),
        ]
    if bridge:
        tags += (
            [("tunnel", "yes"), ("layer", "-1")]
            if road == "footway"
            else [("bridge", "yes"), ("layer", "1")]
        )
    return sorted(dict(tags).items())


def _main_road_tags(road: str, town: bool, draw: Array) -> list[tuple[str, str]]:
    tags = []
    if draw[0] < 0.85:
        country = {"primary": "90", "secondary": "90", "tertiary": "70"}
        tags.append(("maxspeed", "50" if town else country[road]))
    if draw[1] < 0.7:
        tags.append(("lanes", "4" if road == "primary" and town and draw[2] < 0.4 else "2"))
    letters = {"primary": "DK", "secondary": "DW", "tertiary": "DP"}[road]
    return [*tags, ("surface", "asphalt"), ("ref", f"{letters}{1 + int(draw[3] * 60)}")]


def _minor_road_tags(zone: int, draw: Array, edges: int) -> list[tuple[str, str]]:
    town = zone >= 0
    tags = []
    if draw[0] < 0.45:
        tags.append(("maxspeed", "30" if draw[1] < 0.5 and town else "50"))
    if draw[2] < 0.75:
        other = "paving_stones" if town else "gravel"
        tags.append(("surface", "asphalt" if draw[3] < 0.7 else other))
    if town and zone in (ZONE["core"], ZONE["tenements"]) and draw[4] < 0.16 and edges > 1:
        tags.append(("oneway", "yes"))
        if draw[1] < 0.4:
            tags.append(("oneway:bicycle", "no"))
    return tags
