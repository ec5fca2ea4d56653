"""The arrays of a street network, and what follows from them without a search.

See :class:`metrogis.streets.network.StreetNetwork` for what each array holds; searches, snapping
and tables are there too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from metrogis.arrays import Array
from metrogis.evidence.losses import Loss
from metrogis.provenance import Audit, Source
from metrogis.streets import paths as kernels
from metrogis.streets.permissions import Mode


@dataclass(frozen=True, eq=False, repr=False)
class Arrays:
    """Nodes, edges and arcs of a network; none of the arrays can be written to.

    The attributes are those of :class:`~metrogis.streets.network.StreetNetwork`.
    """

    crs: pyproj.CRS
    mode: Mode
    x: Array
    y: Array
    node_id: Array
    signals: Array
    edge_u: Array
    edge_v: Array
    edge_length: Array
    edge_way: Array
    coords: Array
    coord_ptr: Array
    indptr: Array
    indices: Array
    arc_edge: Array
    arc_forward: Array
    weights: Array
    ways: pd.DataFrame
    unit: str = "m"
    audit: Audit = field(default_factory=Audit)
    source: Source = field(default_factory=lambda: Source("streets"))
    extent: Any = None
    losses: tuple[Loss, ...] = ()
    cache: dict[Any, Any] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.x)

    @property
    def n_edges(self) -> int:
        """Number of edges, closed ones included."""
        return len(self.edge_u)

    @property
    def n_arcs(self) -> int:
        """Number of arcs."""
        return len(self.indices)

    @property
    def lengths(self) -> Array:
        """Metres of each arc."""
        return np.asarray(self.edge_length[self.arc_edge])

    @cached_property
    def arc_tail(self) -> Array:
        """Node that each arc leaves."""
        tails = np.repeat(np.arange(self.n_nodes, dtype=np.int32), np.diff(self.indptr))
        tails.flags.writeable = False
        return tails

    @cached_property
    def edge_arcs(self) -> Array:
        """Arc along and arc against each edge, shape (edges, 2); -1 where closed."""
        out = np.full((self.n_edges, 2), -1, np.int32)
        out[self.arc_edge, np.where(self.arc_forward, 0, 1)] = np.arange(self.n_arcs)
        out.flags.writeable = False
        return out

    @property
    def reverse(self) -> Array:
        """Arc of the same edge in the other direction; -1 where closed."""
        return np.asarray(self.edge_arcs[self.arc_edge, np.where(self.arc_forward, 1, 0)])

    @cached_property
    def open_edges(self) -> Array:
        """Which edges can be travelled in at least one direction."""
        arcs = self.edge_arcs
        out = np.asarray((arcs[:, 0] >= 0) | (arcs[:, 1] >= 0))
        out.flags.writeable = False
        return out

    def edge_weights(self, edges: Array) -> tuple[Array, Array]:
        """Return the weights of edges in both directions.

        Parameters
        ----------
        edges : array of int (n,)

        Returns
        -------
        along, against : array of float (n,)
            Of the arcs along and against the drawing; infinite where the direction is closed.
        """
        arcs = self.edge_arcs[edges]
        weight = np.append(self.weights, np.inf)[arcs]
        return np.ascontiguousarray(weight[:, 0]), np.ascontiguousarray(weight[:, 1])

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays and of the table of ways."""
        arrays = (getattr(self, name) for name in self.__dataclass_fields__)
        own = sum(a.nbytes for a in arrays if isinstance(a, np.ndarray))
        return int(own + self.ways.memory_usage(index=True, deep=True).sum())

    @cached_property
    def reverse_order(self) -> Array:
        """Arcs ordered by their head: the arc behind each place of the reversed graph."""
        return np.argsort(self.indices, kind="stable")

    def graph(self, *, reverse: bool = False) -> kernels.Graph:
        """Return the arrays that kernels search, kept for the next call.

        Parameters
        ----------
        reverse : bool
            Against the arcs: distances *to* a place are searched from it. Arcs are then in the
            order of :attr:`reverse_order`.
        """
        key = ("graph", reverse)
        if key not in self.cache:
            if reverse:
                order = self.reverse_order
                indptr = np.zeros(self.n_nodes + 1, np.int32)
                np.cumsum(np.bincount(self.indices, minlength=self.n_nodes), out=indptr[1:])
                found = kernels.graph(indptr, self.arc_tail[order], self.weights[order])
            else:
                found = kernels.graph(self.indptr, self.indices, self.weights)
            self.cache[key] = found
        return self.cache[key]
