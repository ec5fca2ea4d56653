"""What is known at municipal borders: which pairs, gaps and ends the data decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from metrogis.arrays import Array
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import CycleCoverage
from metrogis.checks.shared.borders import Border
from metrogis.checks.shared.cycle_graph import CycleGraph
from metrogis.checks.shared.infrastructure import pieces_by_municipality
from metrogis.checks.shared.known_routes import (
    Routes,
    known_routes,
    known_streets,
    known_strip,
    land_share,
)
from metrogis.evidence import Evidence
from metrogis.streets import StreetNetwork


def graph_routes(
    run: Run,
    graph: CycleGraph,
    official: gpd.GeoDataFrame | None,
    home: Array,
    network: StreetNetwork,
    coverage: CycleCoverage | None,
) -> Routes:
    """Return where cycle infrastructure is known, from the tags of streets and the layer.

    Parameters
    ----------
    official : GeoDataFrame of built lines, optional
    home : array of int, shape (nodes,)
        Row of the municipality of each node; -1 outside all.
    coverage : GeoDataFrame or DataFrame, optional
        The layer ``cycle_coverage``.
    """
    municipalities, n = run.municipalities, graph.network
    count = len(municipalities)
    at = home[n.edge_u]
    mine = graph.built & (at >= 0)
    metres = np.bincount(at[mine], weights=graph.length[mine], minlength=count)
    if official is not None:
        _, row, length = pieces_by_municipality(official.geometry.to_numpy(), municipalities)
        metres = np.maximum(metres, np.bincount(row, weights=length, minlength=count))
    return known_routes(run, metres, coverage, network)


@dataclass(frozen=True)
class Known:
    """Knowledge of routes and streets, asked about borders.

    Attributes
    ----------
    routes : Routes
    streets : Evidence
    covered : array of bool, shape (municipalities,)
        Whose streets are known (from ``coverage_share`` of the land).
    graph : CycleGraph
    areas : array of geometries, shape (municipalities,)
    """

    routes: Routes
    streets: Evidence
    covered: Array
    graph: CycleGraph
    areas: Array

    @classmethod
    def of(
        cls,
        run: Run,
        graph: CycleGraph,
        official: gpd.GeoDataFrame | None,
        home: Array,
        network: StreetNetwork,
        coverage: CycleCoverage | None,
    ) -> Known:
        """Ask the evidence of a run what is known of routes and streets.

        Parameters
        ----------
        run : Run
        graph : CycleGraph
        official : GeoDataFrame or None
            Lines of the municipal layer.
        home : ndarray of int (nodes,)
            Municipality of each node; -1 outside all.
        network : StreetNetwork
        """
        areas = np.asarray(run.municipalities.geometry.to_numpy(), dtype=object)
        streets = known_streets(run, network)
        routes = graph_routes(run, graph, official, home, network, coverage)
        covered = np.nan_to_num(land_share(streets, areas)) >= run.parameters.coverage_share - 1e-9
        return cls(routes, streets, covered, graph, areas)

    def decided(self, pairs: list[Border], reach: float) -> tuple[Array, Array]:
        """Tell along which borders all within ``reach`` (m) is known, on both sides.

        The second answer leaves out municipalities that are only guessed to have no data: where
        infrastructure is drawn on both sides of a border, somebody mapped it there.
        """
        a, b = (np.array([p[k] for p in pairs], np.int64) for k in (0, 1))
        lines = np.array([p.line for p in pairs], dtype=object)
        both = np.asarray(shapely.union(self.areas[a], self.areas[b]), dtype=object)
        stated = np.ones(len(pairs), bool)
        for evidence in (self.routes.stated, self.streets):
            rows = np.flatnonzero(stated)
            stated[rows] = known_strip(evidence, lines[rows], both[rows], reach)
        return stated & self.routes.mapped[a] & self.routes.mapped[b], stated

    def clearance(self, nodes: Array, most: float) -> Array:
        """Return how far from nodes of the network nothing is unknown.

        Parameters
        ----------
        nodes : ndarray of int
        most : float
            Metres; larger distances are not looked for.

        Returns
        -------
        ndarray of float (nodes,)
            Metres, at most ``most``: a path that leaves the known land is longer.
        """
        n = self.graph.network
        places = np.column_stack([n.x[nodes], n.y[nodes]])
        near = self.routes.stated.clearance(places, most)
        return np.minimum(near, self.streets.clearance(places, most))

    def judge(self, gaps: dict[int, list[dict[str, Any]]], detour_min: float) -> None:
        """Mark gaps as unknown where infrastructure that is not known could close them.

        A way round over land that is not known is at least as long as its distance from both ends.
        """
        rows = [row for some in gaps.values() for row in some]
        if not rows:
            return
        most = detour_min * max(row["length_m"] for row in rows)
        ends = np.array([row["_nodes"] for row in rows])
        near = self.clearance(ends[:, 0], most) + self.clearance(ends[:, 1], most)
        along = self.routes.stated.known_at(np.array([r["geometry"] for r in rows], object))
        for row, metres, known in zip(rows, near.tolist(), along.tolist(), strict=True):
            if not known or metres <= detour_min * row["length_m"]:
                row["state"], row["reason"] = "unknown", "may_be_closed"

    def ends_certain(self, ends: Array, limit: float) -> Array:
        """Return from which ends nothing unknown could be within a distance.

        Parameters
        ----------
        ends : ndarray of int
            Nodes.
        limit : float
            Metres.

        Returns
        -------
        ndarray of bool (ends,)
            False where a lost route or the end of the street data is that near.
        """
        n = self.graph.network
        places = np.column_stack([n.x[ends], n.y[ends]])
        lost = self.routes.evidence.lost_near(places, limit)
        return ~lost & self.streets.known_near(places, limit)
