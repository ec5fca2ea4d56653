"""Streets as OpenStreetMap writes them: shape points, ways, tags, a PBF file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
import osmium.osm.mutable as mutable
import pandas as pd
import shapely

from metrogis.demo.cycling import Cycling
from metrogis.demo.fabric import ZONE
from metrogis.demo.frame import Array, Index, Streams
from metrogis.demo.graph import CLASS, CLASSES, Graph
from metrogis.demo.names import street_names
from metrogis.demo.settlements import Settled
from metrogis.demo.terrain import Terrain
from metrogis.demo.writing import lonlat


@dataclass
class Shapes:
    """Points between the ends of each edge: ``x``, ``y`` from ``start[e]`` to ``start[e + 1]``."""

    x: Array
    y: Array
    start: Index


def make_shapes(graph: Graph, streams: Streams) -> Shapes:
    """Bend long edges a little: straight lines of 200 m are rare in a street map."""
    rng = streams("shapes")
    length = graph.lengths()
    country = graph.zone < 0
    k = np.where(
        country, np.clip(np.round(length / 60) - 1, 0, 8), (length > 80) + 0 + (length > 150)
    )
    k = k.astype(np.int64)
    k[graph.cls == CLASS["footway"]] = 0
    start = np.concatenate([[0], np.cumsum(k)])
    e = np.repeat(np.arange(graph.edges), k)
    t = (np.arange(start[-1]) - start[e] + 1) / (k[e] + 1)
    dx, dy = (graph.x[graph.v] - graph.x[graph.u])[e], (graph.y[graph.v] - graph.y[graph.u])[e]
    bulge = np.clip(rng.standard_normal(graph.edges), -2, 2) * np.where(country, 0.022, 0.028)
    swing = bulge[e] * 4 * t * (1 - t) + rng.normal(0, 0.004, len(e))
    x = graph.x[graph.u][e] + dx * t - dy * swing
    y = graph.y[graph.u][e] + dy * t + dx * swing
    return Shapes(x, y, start)


def edge_lines(graph: Graph, shapes: Shapes, edges: Index) -> Array:
    """Return edges with their shape points as shapely lines."""
    k = np.diff(shapes.start)[edges]
    count = k + 2
    owner = np.repeat(np.arange(len(edges)), count)
    pos = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    inner = (pos > 0) & (pos <= k[owner])
    x = np.where(pos == 0, graph.x[graph.u[edges]][owner], graph.x[graph.v[edges]][owner])
    y = np.where(pos == 0, graph.y[graph.u[edges]][owner], graph.y[graph.v[edges]][owner])
    at = (shapes.start[edges][owner] + pos - 1)[inner]
    x[inner], y[inner] = shapes.x[at], shapes.y[at]
    return np.asarray(shapely.linestrings(np.column_stack([x, y]), indices=owner))


def chains(graph: Graph, key: Index) -> list[list[int]]:
    """Join edges of one key that run on nearly straight: each list is one way.

    An edge is given as ``2 e`` from u to v, as ``2 e + 1`` from v to u.
    """
    n_edge = graph.edges
    node = np.concatenate([graph.u, graph.v])
    other = np.concatenate([graph.v, graph.u])
    edge = np.tile(np.arange(n_edge), 2)
    angle = np.arctan2(graph.y[other] - graph.y[node], graph.x[other] - graph.x[node])
    order = np.argsort(node, kind="stable")
    degree = np.bincount(node, minlength=graph.nodes)
    first = np.cumsum(degree) - degree
    width = int(degree.max())
    table = np.full((graph.nodes, width), -1)
    table[node[order], np.arange(len(order)) - first[node[order]]] = order
    best = np.full(2 * n_edge, -1)
    score = np.full(2 * n_edge, 0.7)  # rad from straight
    for a in range(width):
        for b in range(width):
            i, j = table[:, a], table[:, b]
            ok = (i >= 0) & (j >= 0) & (a != b)
            i, j = i[ok], j[ok]
            same = key[edge[i]] == key[edge[j]]
            i, j = i[same], j[same]
            turn = np.abs(np.pi - np.abs(angle[i] - angle[j]))
            better = turn < score[i]
            score[i[better]] = turn[better]
            best[i[better]] = j[better]
    mutual = (best >= 0) & (best[np.maximum(best, 0)] == np.arange(2 * n_edge))
    partner = np.where(mutual, best, -1).tolist()
    done = np.zeros(n_edge, dtype=bool).tolist()
    out: list[list[int]] = []
    loose = [i for i in range(2 * n_edge) if partner[i] < 0]
    for begin in [*loose, *range(2 * n_edge)]:
        e = begin % n_edge
        if done[e]:
            continue
        way: list[int] = []
        at = begin
        while at >= 0 and not done[at % n_edge]:
            e = at % n_edge
            done[e] = True
            way.append(2 * e + (1 if at >= n_edge else 0))
            far = at - n_edge if at >= n_edge else at + n_edge
            at = partner[far]
        out.append(way)
    return out


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
    """Write the PBF; return counts of nodes and ways."""
    rng = streams("osm")
    bridge = _bridges(graph, terrain, settled)
    kind = np.where(cycling.built, rng.choice([1, 2, 3], graph.edges, p=[0.45, 0.25, 0.30]), 0)
    # infrastructure of one street is of one kind along it
    kind = np.where(cycling.built, (graph.line * 7919) % 3 + 1, 0)
    country = (graph.zone < 0).astype(np.int64)
    key = ((graph.cls * 4 + kind) * 2 + bridge) * 2 + country
    ways = chains(graph, key)

    n = graph.nodes
    lon, lat = lonlat(np.concatenate([graph.x, shapes.x]), np.concatenate([graph.y, shapes.y]))
    path.unlink(missing_ok=True)
    header = osmium.io.Header()
    header.set("generator", "metrogis demo")
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
        nodes: list[int] = []
        for step in way:
            e, back = step >> 1, step & 1
            inner = list(range(start[e] + n + 1, start[e + 1] + n + 1))
            run = [u[e] + 1, *inner, v[e] + 1]
            if back:
                run.reverse()
            nodes += run[1:] if nodes else run
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
                    len(way),
                ),
            )
        )
    # railway and rivers for the picture
    for shape, tags in [
        *(
            (r, [("railway", "rail"), ("usage", "main"), ("electrified", "contact_line")])
            for r in settled.rails
        ),
        *(
            (r, [("waterway", "river" if w > 30 else "stream")])
            for r, w in zip(terrain.rivers, terrain.widths, strict=True)
        ),
    ]:
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
        writer.add_node(
            mutable.Node(id=extra, location=(round(float(a[k]), 7), round(float(b[k]), 7)), version=1,
                         tags=[("name", station.name), ("railway", "station" if station.main else "halt")])
        )  # fmt: skip
    for w, (nodes, tags) in enumerate(lines):
        writer.add_way(mutable.Way(id=w + 1, nodes=nodes, tags=tags, version=1))
    writer.close()
    return {
        "nodes": extra,
        "ways": len(lines),
        "street_nodes": n + len(shapes.x),
        "street_edges": graph.edges + len(shapes.x),
    }


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


def _tags(
    cls: int, zone: int, kind: int, bridge: int, name: str, draw: Array, edges: int
) -> list[tuple[str, str]]:
    """Return the tags of a way; some are left out, as on the real map."""
    road = CLASSES[cls]
    tags = [("highway", road)]
    if name:
        tags.append(("name", name))
    town = zone >= 0
    if road in ("primary", "secondary", "tertiary"):
        speed = "50" if town else {"primary": "90", "secondary": "90", "tertiary": "70"}[road]
        if draw[0] < 0.85:
            tags.append(("maxspeed", speed))
        if draw[1] < 0.7:
            tags.append(("lanes", "4" if road == "primary" and town and draw[2] < 0.4 else "2"))
        tags.append(("surface", "asphalt"))
        tags.append(
            (
                "ref",
                {"primary": "DK", "secondary": "DW", "tertiary": "DP"}[road]
                + str(1 + int(draw[3] * 60)),
            )
        )
    elif road in ("unclassified", "residential"):
        if draw[0] < 0.45:
            tags.append(("maxspeed", "30" if draw[1] < 0.5 and town else "50"))
        if draw[2] < 0.75:
            tags.append(
                ("surface", "asphalt" if draw[3] < 0.7 else "paving_stones" if town else "gravel")
            )
        if town and zone in (ZONE["core"], ZONE["tenements"]) and draw[4] < 0.16 and edges > 1:
            tags.append(("oneway", "yes"))
            if draw[1] < 0.4:
                tags.append(("oneway:bicycle", "no"))
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
