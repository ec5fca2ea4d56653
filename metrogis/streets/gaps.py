"""Missing links of a cycle network: gaps worth closing, by the IPDC procedure.

Identify, prioritise, declutter, classify (Vybornova, Cunha, Gühnemann & Szell 2023, "Automated
detection of missing links in bicycle networks"), on any street graph given as two tables. The
graph is expected simplified (`metrogis.streets.simplify`): a node of degree 2 inside a street would
count as an end.

What it does not say: whether a gap can be built. Betweenness stands for use, unless people and
places are given as weights; what closing a gap opens, and for whom, is for the checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.streets import gaps_kernels as kernels
from metrogis.streets.betweenness import (
    Arcs,
    arcs,
    edge_betweenness,
    local_order,
    renumbered,
    whole_limit,
)
from metrogis.streets.declutter import MOST_KEPT, MOST_LISTED, declutter
from metrogis.streets.gap_input import StreetGraph, read_graph
from metrogis.streets.simplify import simplify

__all__ = ["DETOUR_MIN", "RADIUS", "MissingLinks", "missing_links", "simplify"]


DETOUR_MIN = 1.5
"""Least detour of a gap: path over infrastructure / gap (Vybornova et al. 2023)."""
RADIUS = 2500.0
"""Pairs within this network distance count for the benefit, m (Vybornova et al. 2023)."""


@dataclass(frozen=True)
class MissingLinks:
    """What `missing_links` found, stage by stage; tables are built when first asked for.

    Attributes
    ----------
    contact_nodes : GeoDataFrame
        ``id``, ``geometry``: nodes that touch infrastructure and mixed streets.
    candidates, filtered, gaps : GeoDataFrame
        ``nodes``, ``edges`` (tuples of ids and labels in the order walked, from the smaller node
        id), ``length`` (m), ``detour`` (ratio; infinite: no way round), ``benefit``, ``geometry``.
        Candidates: every shortest path between contact nodes over mixed edges alone. Filtered:
        those with detour enough. Gaps: after decluttering, best benefit first.
    betweenness : Series
        Of every edge, by its label.
    audit : Audit
    """

    graph: StreetGraph = field(repr=False)
    betweenness: pd.Series = field(repr=False)
    audit: Audit
    _near: Arcs = field(repr=False)
    _local: Array = field(repr=False)
    _tie: Array = field(repr=False)
    _closed: Array = field(repr=False)
    _contact: Array = field(repr=False)
    _pairs: dict[str, Array] = field(repr=False)
    _units: Array = field(repr=False)
    _keep: Array = field(repr=False)
    _gaps: dict[str, Array] = field(repr=False)

    def __getitem__(self, stage: str) -> gpd.GeoDataFrame:
        """Return the table of a stage by its name."""
        if stage not in ("contact_nodes", "candidates", "filtered", "gaps"):
            raise KeyError(stage)
        return getattr(self, stage)

    @cached_property
    def contact_nodes(self) -> gpd.GeoDataFrame:
        """Nodes that touch infrastructure and mixed streets."""
        at = np.flatnonzero(self._contact)
        points = shapely.points(self.graph.x[at], self.graph.y[at])
        return gpd.GeoDataFrame({"id": self.graph.ids[at]}, geometry=points, crs=self.graph.crs)

    @cached_property
    def candidates(self) -> gpd.GeoDataFrame:
        """Every shortest path between two contact nodes that runs over mixed edges alone."""
        return self._traced(np.ones(len(self._keep), bool))

    @cached_property
    def filtered(self) -> gpd.GeoDataFrame:
        """Candidates whose detour is enough."""
        return self._traced(self._keep)

    @cached_property
    def gaps(self) -> gpd.GeoDataFrame:
        """Missing links, best benefit first."""
        return self._table(**self._gaps)

    def _traced(self, rows: Array) -> gpd.GeoDataFrame:
        pairs = {key: values[rows] for key, values in self._pairs.items()}
        place = np.empty_like(self._local)
        place[self._local] = np.arange(len(self._local))
        start, path, nodes = kernels.trace(
            self._near.indptr,
            self._near.head,
            self._near.edge,
            self._near.length,
            self._tie,
            self._closed,
            place[pairs["source"]],
            place[pairs["target"]],
            self._units[rows],
        )
        nodes = self._local[nodes]
        return self._table(start=start, path=path, nodes=nodes, **pairs)

    def _table(
        self,
        start: Array,
        path: Array,
        nodes: Array,
        source: Array,
        target: Array,
        length: Array,
        detour: Array,
        benefit: Array,
    ) -> gpd.GeoDataFrame:
        """Return paths, traced from target back to source, as a table."""
        g = self.graph
        count = np.diff(start)
        # turn every path round: from source to target
        back = np.repeat(start[1:] - 1, count) - (
            np.arange(len(path)) - np.repeat(start[:-1], count)
        )
        path, nodes = path[back], nodes[back]
        forward = g.v[path] == nodes
        lines = g.lines.joined(start, path, forward)
        ids, labels = g.ids.to_numpy(object), g.labels.to_numpy(object)
        node_ids, edge_labels = ids[nodes].tolist(), labels[path].tolist()
        first = ids[source].tolist()
        cuts = list(zip(start[:-1].tolist(), start[1:].tolist(), strict=True))
        walked = np.empty(len(cuts), object)
        walked[:] = [(s, *node_ids[a:b]) for s, (a, b) in zip(first, cuts, strict=True)]
        used = np.empty(len(cuts), object)
        used[:] = [tuple(edge_labels[a:b]) for a, b in cuts]
        return gpd.GeoDataFrame(
            {
                "nodes": pd.Series(walked, dtype=object),
                "edges": pd.Series(used, dtype=object),
                "length": length,
                "detour": detour,
                "benefit": benefit,
            },
            geometry=gpd.GeoSeries(lines, crs=g.crs),
            crs=g.crs,
        )


_LOOPS = _("loops: they count as contact, never as a way")


def missing_links(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    *,
    detour_min: float = DETOUR_MIN,
    radius: float = RADIUS,
    benefit_min: float = 0.0,
    length_max: float = np.inf,
    weights: str | Any = None,
    origins: str | Any = None,
    destinations: str | Any = None,
    threads: int | None = None,
) -> MissingLinks:
    """Find the missing links of the protected network of a street graph (IPDC).

    Contact nodes touch (protected or both) and (mixed or both) edges. A candidate gap is the
    shortest path on the whole graph between two contact nodes, where every edge of it is mixed.
    Detour is the shortest path over protected and both edges between its ends, divided by its
    length. Benefit is the mean, weighted by length, of the betweenness of its edges. Of the gaps
    with detour enough, whose benefit is ``benefit_min`` or more, the edges are taken together and
    parted again: the best shortest path between contact nodes whose degree there is not 2 is a
    gap, its edges are deleted, and so on until none is left; gaps below ``benefit_min`` drop out.

    Parameters
    ----------
    nodes : DataFrame
        ``id`` (or the index), ``x``, ``y`` in metres (or point geometry).
    edges : DataFrame
        ``u``, ``v``, ``length`` (m), ``kind`` (``protected``, ``mixed``, ``both``: a street that
        has protected infrastructure), optional ``geometry`` (lines; straight ones where missing).
        Undirected; parallel edges and loops may occur.
    detour_min : float
        Least detour (ratio).
    radius : float
        Pairs at this network distance or nearer count for betweenness, m.
    benefit_min : float
        Least benefit, in the units of betweenness.
    length_max : float
        Longest gap, m: neither a candidate nor a gap parted from others is longer. IPDC has no such
        limit (the default). With one the search stays local: on large graphs of sparse
        infrastructure the number of candidates grows with the square of the contact nodes without.
    weights : str or array-like, optional
        Weights of nodes (column name, or values by row): a pair of nodes counts the product of
        its weights, not 1.
    origins, destinations : str or array-like, optional
        Instead of ``weights``: people at nodes, and what they go to (such as 1 at an
        interchange). The benefit is then the number of people whose way to a destination within
        the radius uses the edge: each pair counts ``origin * destination``, both ways added.
    threads : int, optional
        Threads for betweenness; the answer does not depend on it.

    Returns
    -------
    MissingLinks
        Tables ``contact_nodes``, ``candidates``, ``filtered``, ``gaps``; ``betweenness``.

    Raises
    ------
    SchemaError
        When a table lacks what it must contain.
    CRSError
        When a table states a CRS in which lengths cannot be computed.
    ParameterError
        When a parameter is out of range.

    Notes
    -----
    Ties: of paths of equal length the one through the smaller node ids (the least sum of their
    positions among the sorted ids), then, of parallel edges, the one further up in the table. Of
    gaps of equal benefit the shorter, then the one with smaller ids of its ends. Lengths are
    compared to 1e-11 of the longest, benefits to 1e-9: what is less is rounding.

    Source: Vybornova, Cunha, Gühnemann & Szell (2023), Geographical Analysis 55(2).

    Examples
    --------
    >>> nodes = pd.DataFrame({"id": range(4), "x": [0, 100, 200, 300], "y": [0] * 4})
    >>> edges = pd.DataFrame({
    ...     "u": [0, 1, 2], "v": [1, 2, 3], "length": [100.0] * 3,
    ...     "kind": ["protected", "mixed", "protected"]})
    >>> found = missing_links(nodes, edges)
    >>> found.gaps[["nodes", "length", "detour", "benefit"]].values.tolist()
    [[(1, 2), 100.0, inf, 4.0]]
    """
    _check("detour_min", detour_min, 0.0)
    _check("radius", radius, 0.0)
    _check("benefit_min", benefit_min, -np.inf)
    _check("length_max", length_max, 0.0)
    g = read_graph(nodes, edges)
    n = len(g.ids)
    start, end, factor = _pair_weights(nodes, g, weights, origins, destinations)
    mixed = g.kind == "mixed"
    # solid edges have infrastructure (protected or both): a gap uses none of them
    solid = ~mixed
    streets = arcs(n, g.u, g.v, g.length)
    protected = arcs(n, g.u, g.v, g.length, solid)
    most = whole_limit(length_max, streets.unit)
    tie = kernels.tie_numbers(n, g.u, g.v)
    contact = _touched(n, g, solid) & _touched(n, g, g.kind != "protected")
    between = factor * edge_betweenness(
        streets, radius=radius, origins=start, destinations=end, threads=threads
    )
    local = local_order(streets)
    near, near_protected = renumbered(streets, local), renumbered(protected, local)
    # benefits are sums of floats: what is less than the threshold by rounding alone is kept
    enough = benefit_min - kernels.NEAR * abs(benefit_min)
    source, target, units, gain, metres, around, used = kernels.candidate_pairs(
        near.indptr,
        near.head,
        near.edge,
        streets.length,
        tie,
        solid,
        g.length,
        between,
        np.flatnonzero(contact[local]),
        contact[local],
        local,
        near_protected.indptr,
        near_protected.head,
        near_protected.length[near_protected.edge],
        most,
        float(detour_min),
        float(enough),
    )
    # back from the order in memory to the numbers of the graph, in which rows are sorted
    source, target = local[source], local[target]
    order = np.lexsort((target, source))
    source, target, units, gain, metres, around = (
        column[order] for column in (source, target, units, gain, metres, around)
    )
    pairs = {
        "source": source,
        "target": target,
        "length": metres,
        "detour": _ratio(around, units),
        "benefit": gain / metres,
    }
    keep = pairs["detour"] >= detour_min
    picked = _declutter(g, used, tie, between, contact, protected, most, enough)
    loops = g.u == g.v
    audit = Audit().add("edges", "noted", int(loops.sum()), _LOOPS, g.labels[loops])
    series = pd.Series(between, index=g.labels, name="betweenness")
    return MissingLinks(
        g, series, audit, near, local, tie, solid, contact, pairs, units, keep, picked
    )


def _declutter(
    g: StreetGraph,
    used: Array,
    tie: Array,
    between: Array,
    contact: Array,
    protected: Arcs,
    most: int,
    enough: float,
) -> dict[str, Array]:
    """Part the edges of the remaining gaps into gaps that share none."""
    h = arcs(len(g.ids), g.u, g.v, g.length, used)
    start, path, nodes, first, second = declutter(
        h.indptr,
        h.head,
        h.edge,
        g.u,
        g.v,
        h.length,
        tie,
        g.length,
        g.length * between,
        contact,
        most,
        MOST_KEPT,
        MOST_LISTED,
    )
    count: Array = np.diff(start)
    row = np.repeat(np.arange(len(count)), count)
    metres: Array = np.bincount(row, g.length[path], minlength=len(count))
    benefit: Array = np.bincount(row, g.length[path] * between[path], minlength=len(count))
    benefit = benefit / np.where(metres > 0, metres, 1.0)
    units: Array = np.zeros(len(count), np.int64)
    np.add.at(units, row, h.length[path])
    around = kernels.detours(
        protected.indptr, protected.head, protected.length[protected.edge], first, second
    )
    # only now: a pick of too little benefit has used its edges up, as the procedure says
    left = np.flatnonzero(benefit >= enough)
    # as the picks of all parts would have come, had they been picked together: best first
    step = np.maximum(kernels.NEAR * np.abs(benefit[left]).max(initial=0.0), 1e-300)
    order = left[
        np.lexsort((second[left], first[left], units[left], -np.rint(benefit[left] / step)))
    ]
    # take: rows of path and nodes in the new order of gaps
    shifted = np.concatenate([[0], np.cumsum(count[order])])
    first_row: Array = start[order] - shifted[:-1]
    take = np.repeat(first_row, count[order]) + np.arange(shifted[-1])
    return {
        "start": shifted,
        "path": path[take],
        "nodes": nodes[take],
        "source": first[order],
        "target": second[order],
        "length": metres[order],
        "detour": _ratio(around, units)[order],
        "benefit": benefit[order],
    }


def _ratio(around: Array, units: Array) -> Array:
    out: Array = np.where(around < 0, np.inf, around / np.maximum(units, 1))
    return out


def _touched(n: int, g: StreetGraph, edges: Array) -> Array:
    """Tell which nodes touch an edge of a mask."""
    out = np.zeros(n, bool)
    out[g.u[edges]] = True
    out[g.v[edges]] = True
    return out


def _pair_weights(
    nodes: pd.DataFrame, g: StreetGraph, weights: Any, origins: Any, destinations: Any
) -> tuple[Array | None, Array | None, float]:
    if (origins is None) != (destinations is None) or (weights is not None and origins is not None):
        raise ParameterError(
            _("give weights, or origins and destinations together"),
            layer="nodes",
        )
    if origins is not None:
        pair = (
            _node_values(nodes, g, "origins", origins),
            _node_values(nodes, g, "destinations", destinations),
        )
        return (*pair, 2.0)  # both ways are added, not averaged
    if weights is None:
        return None, None, 1.0
    values = _node_values(nodes, g, "weights", weights)
    return values, values, 1.0


def _node_values(nodes: pd.DataFrame, g: StreetGraph, name: str, given: Any) -> Array:
    if isinstance(given, str) and given not in nodes.columns:
        raise ParameterError(
            _("{name}: no column {given}").fill(name=name, given=repr(given)),
            layer="nodes",
        )
    column = nodes[given] if isinstance(given, str) else given
    values = np.asarray(column, float)
    if values.shape != (len(nodes),) or not (np.isfinite(values) & (values >= 0)).all():
        raise ParameterError(
            _("{name}: one value of 0 or more per node is needed").fill(name=name),
            layer="nodes",
            remedy=_("fill missing values knowingly, for example fillna(0)"),
        )
    ordered: Array = values[g.order]
    return ordered


def _check(name: str, value: float, least: float) -> None:
    if not value >= least:
        raise ParameterError(
            _("parameter {name} is {value}").fill(name=name, value=value),
            remedy=_("give a number from {least}").fill(least=f"{least:g}"),
        )
