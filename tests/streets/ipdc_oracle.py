"""The IPDC procedure in plain loops over networkx, word for word, for tests."""

from __future__ import annotations

import functools
import itertools
import math

import networkx as nx
import pandas as pd

from metrogis.streets.betweenness import whole_lengths
from metrogis.streets.gaps_kernels import NEAR, tie_numbers


class Oracle:
    def __init__(self, nodes: pd.DataFrame, edges: pd.DataFrame) -> None:
        ids = sorted(nodes["id"])
        place = {name: i for i, name in enumerate(ids)}
        u = pd.Series([place[x] for x in edges["u"]], dtype="int64").to_numpy()
        v = pd.Series([place[x] for x in edges["v"]], dtype="int64").to_numpy()
        units, self.unit = whole_lengths(edges["length"].to_numpy(float))
        ties = tie_numbers(len(ids), u, v)
        self.length = dict(zip(edges.index, edges["length"], strict=True))
        self.units = dict(zip(edges.index, units.tolist(), strict=True))
        self.kind = dict(zip(edges.index, edges["kind"], strict=True))
        self.ends = {e: (a, b) for e, a, b in edges[["u", "v"]].itertuples(name=None)}
        # the tie number stands behind the length: never so large that it would change an order
        self.weight = {
            e: (n << 80) + t
            for e, n, t in zip(edges.index, units.tolist(), ties.tolist(), strict=True)
        }
        self.all = self.graph(edges.index)
        self.all.add_nodes_from(ids)

    def graph(self, labels) -> nx.MultiGraph:
        g = nx.MultiGraph()
        for e in labels:
            g.add_edge(*self.ends[e], key=e, weight=self.weight[e], units=self.units[e])
        return g

    def path(self, g, s, t):
        """Return nodes and edges of the shortest path, None without one."""
        try:
            nodes = nx.dijkstra_path(g, s, t)
        except (nx.NetworkXNoPath, nx.NodeNotFound):
            return None
        edges = [min(g[a][b], key=lambda e: self.weight[e]) for a, b in itertools.pairwise(nodes)]
        return tuple(nodes), tuple(edges)

    def betweenness(self, radius=math.inf):
        """Return raw betweenness: over pairs, the share of shortest paths that use an edge."""
        dist = {
            s: nx.single_source_dijkstra_path_length(self.all, s, weight="units") for s in self.all
        }
        paths = {}
        for s in self.all:
            count = dict.fromkeys(dist[s], 0)
            count[s] = 1
            for x in sorted(dist[s], key=dist[s].get):
                for y in self.all[x]:
                    for e in self.all[x][y]:
                        if dist[s][x] + self.units[e] == dist[s][y]:
                            count[y] += count[x]
            paths[s] = count
        out = dict.fromkeys(self.ends, 0.0)
        limit = math.inf if math.isinf(radius) else round(radius / self.unit)
        for s, t in itertools.combinations(self.all, 2):
            if t not in dist[s] or dist[s][t] > limit:
                continue
            for e, (a, b) in self.ends.items():
                for x, y in ((a, b), (b, a)):
                    if (
                        a != b
                        and x in dist[s]
                        and dist[s][x] + self.units[e] + dist[t].get(y, math.inf) == dist[s][t]
                    ):
                        out[e] += paths[s][x] * paths[t][y] / paths[s][t]
        return out

    def run(self, *, detour_min=1.5, radius=2500, benefit_min=0.0, length_max=math.inf):
        between = self.betweenness(radius)
        solid = {e for e, k in self.kind.items() if k in ("protected", "both")}
        at = {x: [e for e, ends in self.ends.items() if x in ends] for x in self.all}
        contact = sorted(
            x
            for x in self.all
            if any(self.kind[e] in ("protected", "both") for e in at[x])
            and any(self.kind[e] in ("mixed", "both") for e in at[x])
        )
        protected = self.graph(solid)
        most = math.inf if math.isinf(length_max) else round(length_max / self.unit)

        def within(path):
            return sum(self.units[e] for e in path[1]) <= most

        def row(nodes, edges):
            length = sum(self.length[e] for e in edges)
            units = sum(self.units[e] for e in edges)
            around = self.path(protected, nodes[0], nodes[-1])
            detour = math.inf if around is None else sum(self.units[e] for e in around[1]) / units
            benefit = sum(self.length[e] * between[e] for e in edges) / length
            return {
                "nodes": nodes,
                "edges": edges,
                "length": length,
                "detour": detour,
                "benefit": benefit,
            }

        candidates = []
        for s, t in itertools.combinations(contact, 2):
            found = self.path(self.all, s, t)
            if found and all(self.kind[e] == "mixed" for e in found[1]) and within(found):
                candidates.append(row(*found))
        filtered = [c for c in candidates if c["detour"] >= detour_min]
        enough = benefit_min - NEAR * abs(benefit_min)
        left = [c for c in filtered if c["benefit"] >= enough]

        def before(a, b):
            if abs(a["benefit"] - b["benefit"]) > NEAR * max(a["benefit"], b["benefit"]):
                return -1 if a["benefit"] > b["benefit"] else 1
            key = [
                (sum(self.units[e] for e in c["edges"]), c["nodes"][0], c["nodes"][-1])
                for c in (a, b)
            ]
            return -1 if key[0] < key[1] else 1

        gaps = []
        whole = self.graph({e for c in left for e in c["edges"]})
        for part in nx.connected_components(whole):
            h = whole.subgraph(part).copy()
            while True:
                ends = [x for x in contact if x in h and h.degree(x) != 2]
                found = [self.path(h, s, t) for s, t in itertools.combinations(ends, 2)]
                rows = [row(*f) for f in found if f and within(f)]
                if not rows:
                    break
                best = min(rows, key=functools.cmp_to_key(before))
                gaps.append(best)
                h.remove_edges_from([(*self.ends[e], e) for e in best["edges"]])
        gaps = [c for c in gaps if c["benefit"] >= enough]
        gaps.sort(key=functools.cmp_to_key(before))
        return {
            "contact": contact,
            "candidates": candidates,
            "filtered": filtered,
            "gaps": gaps,
            "betweenness": between,
        }
