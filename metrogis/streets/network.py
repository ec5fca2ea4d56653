"""The street network: a directed graph with the shape of its edges, and the questions one asks it.

An *edge* is a piece of street between two nodes, drawn once, in the direction of its way. An *arc*
is an edge travelled in one direction: two of them, or one where only one direction is open. Nodes
and edges keep their numbers in :meth:`StreetNetwork.subnetwork` and :meth:`~.with_weights`, so that
points snapped once serve all variants of a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse as sparse
import shapely

from metrogis import crs as crs_rules
from metrogis.arrays import Array
from metrogis.errors import ParameterError
from metrogis.evidence.losses import Loss
from metrogis.i18n import _
from metrogis.provenance import Audit, Source
from metrogis.streets import parts, routes, shapes, snap, store
from metrogis.streets.catchments import Catchments, catchments
from metrogis.streets.nearest import Direction, Nearest, nearest
from metrogis.streets.network_arrays import Arrays
from metrogis.streets.parts import Components
from metrogis.streets.permissions import Mode
from metrogis.streets.routes import Pairs, Paths
from metrogis.streets.snap import Component, Snapped
from metrogis.streets.topology import Topology

POINT_LIMIT = 250.0
"""Metres: default farthest straight line from a place to its street (this project's choice)."""


@dataclass(frozen=True, eq=False, repr=False)
class StreetNetwork(Arrays):
    """A street network of one mode, in a projected CRS in metres.

    Made by :func:`~metrogis.streets.read_osm` and :func:`~metrogis.streets.from_lines`.

    Attributes
    ----------
    crs : pyproj.CRS
    mode : {"walk", "bike", "car"}
    x, y : array of float, shape (nodes,)
        Metres.
    node_id : array of int, shape (nodes,)
        OSM node id. A barrier that cannot be passed is one node for each way that ends at it.
    signals : array of bool, shape (nodes,)
        Traffic signals, as tagged on the node itself.
    edge_u, edge_v : array of int, shape (edges,)
    edge_length : array of float, shape (edges,)
        Metres along the shape of the edge.
    edge_way : array of int, shape (edges,)
        Row of :attr:`ways`.
    coords, coord_ptr : arrays
        Shape of the edges: edge ``e`` has points ``coords[coord_ptr[e]:coord_ptr[e + 1]]``.
    indptr, indices : arrays of int
        Arcs in compressed sparse rows: those leaving node ``u`` are ``indptr[u]:indptr[u + 1]``,
        their heads ``indices``. Parallel arcs and loops are kept.
    arc_edge, arc_forward : arrays, shape (arcs,)
        Edge of each arc; whether it runs along the drawing.
    weights : array of float, shape (arcs,)
        What the searches add up: metres, unless replaced (:meth:`with_weights`).
    ways : DataFrame
        One row per way: ``osm_id`` and tags, as categories.
    unit : str
        Unit of the weights.
    audit : Audit
        What was dropped, guessed or repaired when the network was read.
    source : Source
    extent : geometry or None
        Area in which the streets are known; None: everywhere.
    losses : tuple of Loss
        Streets that existed in the source and are not, or not whole, in the network.
    """

    @classmethod
    def from_topology(
        cls,
        built: Topology,
        *,
        crs: Any,
        mode: Mode,
        ways: pd.DataFrame,
        signals: Array,
        audit: Audit,
        source: Source,
        extent: Any = None,
        losses: tuple[Loss, ...] = (),
    ) -> StreetNetwork:
        """Assemble a network from its topology.

        Parameters
        ----------
        built : Topology
        crs : CRS
            Projected, metres.
        mode : {"walk", "bike"}
        ways : DataFrame
            A row for each way that ``built.edge_way`` names.
        signals : array of int
            Node ids with traffic signals.
        audit : Audit
        source : Source
        extent : geometry, optional
            Where the streets are known; None: everywhere.
        losses : tuple of Loss

        Returns
        -------
        StreetNetwork
            Weights are lengths (m).

        Raises
        ------
        CRSError
            When the CRS is not in metres.
        """
        return cls(
            crs=crs_rules.require_metric(crs, layer=source.layer),
            mode=mode,
            x=built.x,
            y=built.y,
            node_id=built.key,
            signals=np.isin(built.key, signals),
            edge_u=built.edge_u,
            edge_v=built.edge_v,
            edge_length=built.edge_length,
            edge_way=built.edge_way,
            coords=built.coords,
            coord_ptr=built.coord_ptr,
            indptr=built.indptr,
            indices=built.indices,
            arc_edge=built.arc_edge,
            arc_forward=built.arc_forward,
            weights=built.edge_length[built.arc_edge],
            ways=ways,
            audit=audit,
            source=source,
            extent=extent,
            losses=losses,
        )

    # ----------------------------------------------------------------------- what it is

    @cached_property
    def nodes(self) -> gpd.GeoDataFrame:
        """Nodes as points, with ``node_id`` and ``signals``; the index is the node number."""
        return gpd.GeoDataFrame(
            {"node_id": self.node_id, "signals": self.signals},
            geometry=shapely.points(self.x, self.y),
            crs=self.crs,
        )

    @cached_property
    def edges(self) -> gpd.GeoDataFrame:
        """Open edges as lines; the index is the edge number.

        Columns ``u``, ``v``, ``length`` (m), ``way`` (row of :attr:`ways`), ``forward``,
        ``backward`` (open in that direction), and ``osm_id``, ``highway``, ``name`` where known.
        """
        return shapes.edge_table(self)

    def lines(self, edges: Array) -> Array:
        """Return the shape of edges as LineStrings."""
        return shapes.lines(self, np.asarray(edges))

    def part_of_edge(self, edge: int, start: float, end: float) -> Array:
        """Return the points of a part of an edge.

        Parameters
        ----------
        edge : int
        start, end : float
            Shares of its length (0-1), along the drawing.

        Returns
        -------
        array of float (points, 2)
            In the order of travel: reversed where ``start > end``.
        """
        return shapes.part_of_edge(self, edge, start, end)

    def matrix(self) -> sparse.csr_array:
        """Return the weights as a sparse matrix (the least of parallel arcs), for other tools."""
        return parts.matrix(self)

    def components(self, *, strong: bool = False) -> Components:
        """Return the connected parts, the longest first.

        Parameters
        ----------
        strong : bool
            From everywhere to everywhere along the arcs; else joined whatever the direction.
        """
        return parts.components(self, strong=strong)

    # ----------------------------------------------------------------------- searches' views

    # ----------------------------------------------------------------------- variants

    def with_weights(self, weights: Any, *, unit: str = "m") -> StreetNetwork:
        """Return the same network whose searches add up other weights.

        Parameters
        ----------
        weights : array of float, shape (arcs,) or (edges,)
            Not negative; infinite closes an arc. Given by edge, both directions weigh the same. A
            part of an edge weighs its share.
        unit : str
            For example ``"s"``; :attr:`edge_length` stays in metres.

        Raises
        ------
        ParameterError
            For another shape, negative weights or NaN.
        """
        given = np.asarray(weights, dtype=np.float64)
        if given.shape == (self.n_edges,) and self.n_edges != self.n_arcs:
            given = given[self.arc_edge]
        if given.shape != (self.n_arcs,) or not (given >= 0).all():
            raise ParameterError(
                _("weights: {n_arcs} (arcs) or {n_edges} (edges) numbers >= 0").fill(
                    n_arcs=self.n_arcs, n_edges=self.n_edges
                ),
                layer=self.source.layer,
                place="weights",
            )
        closed = np.isinf(given)
        variant = replace(self, weights=given.copy(), unit=unit)
        return variant.subnetwork(arcs=~closed) if closed.any() else variant

    def subnetwork(self, edges: Any = None, *, arcs: Any = None) -> StreetNetwork:
        """Return the network of some edges or arcs only; numbers of nodes and edges stay.

        Parameters
        ----------
        edges : array of bool, shape (edges,), optional
        arcs : array of bool, shape (arcs,), optional
            For a choice by direction (stress differs by side).
        """
        keep = np.ones(self.n_arcs, bool)
        for mask, size, name in ((edges, self.n_edges, "edges"), (arcs, self.n_arcs, "arcs")):
            if mask is None:
                continue
            chosen = np.asarray(mask)
            if chosen.shape != (size,) or chosen.dtype != bool:
                raise ParameterError(
                    _("{name}: a boolean mask of length {size}").fill(name=name, size=size),
                    layer=self.source.layer,
                    place=name,
                )
            keep &= chosen[self.arc_edge] if name == "edges" else chosen
        indptr = np.zeros(self.n_nodes + 1, np.int32)
        np.cumsum(np.bincount(self.arc_tail[keep], minlength=self.n_nodes), out=indptr[1:])
        return replace(
            self,
            indptr=indptr,
            indices=self.indices[keep],
            arc_edge=self.arc_edge[keep],
            arc_forward=self.arc_forward[keep],
            weights=self.weights[keep],
        )

    def save(self, path: str | Path) -> Path:
        """Write the network to one ``.npz`` file (:func:`metrogis.streets.load` reads it)."""
        return store.save(self, path)

    # ----------------------------------------------------------------------- questions

    def snap(
        self,
        points: Any,
        *,
        limit: float = POINT_LIMIT,
        to: Literal["edge", "node"] = "edge",
        component: Component = "largest",
        among: Array | None = None,
        layer: str = "points",
    ) -> Snapped:
        """Find the nearest place on the network for each point.

        Parameters
        ----------
        points : GeoDataFrame, GeoSeries or array of float, shape (n, 2)
            Points in the network's CRS.
        limit : float
            Metres; points farther off are unknown.
        to : {"edge", "node"}
            The nearest place of any edge (exact), or the nearest node.
        component : {"largest"}, float or None
            Only edges of the longest strongly connected part; of any such part of at least so many
            metres; or all.
        among : array of bool, shape (edges,), optional
            Only these edges (no tunnels, say).
        layer : str
            Name of the points in errors and audit.

        Returns
        -------
        Snapped
            One row per point; ``distance`` is the straight line to the street, m.

        Raises
        ------
        CRSError, SchemaError, ParameterError
        """
        return snap.snap(
            self, points, limit=limit, to=to, component=component, among=among, layer=layer
        )

    def nearest(
        self,
        sources: Any,
        *,
        k: int = 1,
        limit: float = np.inf,
        direction: Direction = "to",
        groups: Any = None,
        snap_cost: float = 0.0,
    ) -> Nearest:
        """Return, for every node, the distance to its nearest place, and which place it is.

        Parameters
        ----------
        sources : Snapped, or array of int
            The places: snapped points, or node numbers.
        k : int
            How many different places.
        limit : float
            In the network's unit (m); inclusive.
        direction : {"to", "from"}
            From the node to the place, or from the place to the node: they differ where streets
            are one-way.
        groups : array of int, optional
            Place of each source, 0-based, when a place has several points (entrances).
        snap_cost : float
            Cost of a metre of the straight line from a point to its street, in the network's unit
            (1 where it is m); 0 does not count it.

        Returns
        -------
        Nearest
            Equal distances go to the lower place number. ``.at(points)`` answers for points.
        """
        return nearest(
            self, sources, k=k, limit=limit, direction=direction, groups=groups, snap_cost=snap_cost
        )

    def catchments(
        self,
        sources: Any,
        limits: float | Sequence[float],
        *,
        direction: Direction = "from",
        groups: Any = None,
        snap_cost: float = 0.0,
        polygons: bool = False,
        width: float = 50.0,
        cell: float = 20.0,
    ) -> Catchments:
        """Return, for every place, the nodes and parts of edges within limits.

        Parameters
        ----------
        sources, groups, snap_cost
            As in :meth:`nearest`.
        limits : float or sequence of float
            In the network's unit (m); inclusive. One search goes to the largest.
        direction : {"from", "to"}
            What is reached from the place, or from where the place is reached.
        polygons : bool
            Also draw areas, ``width`` metres around the streets, on a raster of ``cell`` metres
            (:meth:`Catchments.to_polygons`).
        """
        return catchments(
            self, sources, limits, direction=direction, groups=groups, snap_cost=snap_cost,
            polygons=polygons, width=width, cell=cell,
        )  # fmt: skip

    def pairs(
        self, origins: Any, destinations: Any, *, limit: float, snap_cost: float = 0.0
    ) -> Pairs:
        """Return all pairs of origin and destination at most ``limit`` apart.

        Parameters
        ----------
        origins, destinations : Snapped, or array of int
            Snapped points, or node numbers. Unknown points have no pairs.
        limit : float
            In the network's unit (m); inclusive.
        snap_cost : float
            Cost of a metre of the straight lines at both ends, in the network's unit.
        """
        return routes.pairs(self, origins, destinations, limit=limit, snap_cost=snap_cost)

    def distances(
        self,
        origins: Any,
        destinations: Any,
        *,
        limit: float = np.inf,
        snap_cost: float = 0.0,
    ) -> Array:
        """Return the distances from all origins to all destinations, shape (origins, destinations).

        Infinite where there is no way within ``limit``, NaN where a point is unknown.
        """
        return routes.distances(self, origins, destinations, limit=limit, snap_cost=snap_cost)

    def paths(self, origins: Any, destinations: Any) -> Paths:
        """Return the shortest path of each pair (origin ``i``, destination ``i``).

        Parameters
        ----------
        origins, destinations : Snapped, or array of int
            Of one length.
        """
        return routes.shortest(self, origins, destinations)

    def walk_pairs(
        self, origins: Array, targets: Array, *, limit: float, snap_limit: float = POINT_LIMIT
    ) -> Pairs:
        """Return all walks of at most ``limit`` metres between points.

        The straight lines to and from the street count. Points farther than ``snap_limit`` from
        any street have no walks: ask :meth:`snap` which they are, and show them as unknown.

        Parameters
        ----------
        origins, targets : arrays of float, shape (n, 2)
            Working CRS.
        limit, snap_limit : float
            Metres.
        """
        reach = min(limit, snap_limit)
        return self.pairs(
            self.snap(origins, limit=reach, layer="origins"),
            self.snap(targets, limit=reach, layer="targets"),
            limit=limit,
            snap_cost=1.0,
        )

    # ----------------------------------------------------------------------- how it is shown

    def __repr__(self) -> str:
        km, edges = self.edge_length[self.open_edges].sum() / 1000, int(self.open_edges.sum())
        return (
            f"<StreetNetwork {self.mode}: {self.n_nodes} nodes, {edges} edges, "
            f"{self.n_arcs} arcs, {km:.1f} km, {crs_rules.name_of(self.crs)}>"
        )

    def _repr_html_(self) -> str:
        return shapes.describe(self)
