"""The form of streets: points between crossings, and edges joined to ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from metrogis.demo.frame import Array, Index, Size, Streams
from metrogis.demo.graph import CLASS, Graph


@dataclass
class Shapes:
    """Points between the ends of each edge: ``x``, ``y`` from ``start[e]`` to ``start[e + 1]``."""

    x: Array
    y: Array
    start: Index


def make_shapes(size: Size, graph: Graph, streams: Streams) -> Shapes:
    """Bend long edges a little: straight lines of 200 m are rare in a street map.

    Returns
    -------
    Shapes
        0 to 14 points between the ends of each edge, more in demos of more detail. The arc leaves
        its chord by a few per cent of the length; footways stay straight.
    """
    rng = streams("shapes")
    length = graph.lengths()
    country = graph.zone < 0
    spacing = np.where(country, 62.0, 46.0) / (0.62 + 1.05 * size.detail)
    wanted = np.clip(np.round(length / spacing * rng.uniform(0.6, 1.4, len(length))) - 1, 0, 14)
    k: Index = np.where(graph.cls == CLASS["footway"], 0, wanted).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(k)])
    e = np.repeat(np.arange(graph.edges), k)
    t = (np.arange(start[-1]) - start[e] + 1) / (k[e] + 1)
    dx, dy = (graph.x[graph.v] - graph.x[graph.u])[e], (graph.y[graph.v] - graph.y[graph.u])[e]
    bulge = np.clip(rng.standard_normal(graph.edges), -2, 2) * np.where(country, 0.022, 0.028)
    # a parabola over the chord (0 at both ends), plus a little noise at each point
    swing = bulge[e] * 4 * t * (1 - t) + rng.normal(0, 0.004, len(e))
    x = graph.x[graph.u][e] + dx * t - dy * swing
    y = graph.y[graph.u][e] + dy * t + dx * swing
    return Shapes(x, y, start)


def edge_lines(graph: Graph, shapes: Shapes, edges: Index) -> Array:
    """Return edges with their shape points as lines.

    Parameters
    ----------
    graph : Graph
    shapes : Shapes
    edges : array of int (n,)

    Returns
    -------
    array of LineString (n,)
        From ``u`` to ``v`` of each edge.
    """
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


def pieces(graph: Graph, shapes: Shapes) -> tuple[Index, Index]:
    """Return the ends of every straight piece of street.

    Returns
    -------
    a, b : array of int (pieces,)
        Numbers of points: nodes first, then shape points after them (``graph.nodes + i``). Pieces
        of an edge follow each other from ``u`` to ``v``.
    """
    k = np.diff(shapes.start)
    edge = np.repeat(np.arange(graph.edges), k + 1)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(k + 1) - (k + 1), k + 1)
    point = graph.nodes + shapes.start[edge] + step
    a = np.where(step == 0, graph.u[edge], point - 1)
    b = np.where(step == k[edge], graph.v[edge], point)
    return a, b


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
