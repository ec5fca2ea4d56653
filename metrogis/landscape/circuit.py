"""An electric circuit over a raster or a network, and currents in it. See :mod:`.current`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sparse
from numba import njit
from scipy.sparse.csgraph import connected_components

from metrogis.landscape.multigrid import Multigrid


@dataclass(frozen=True, eq=False)
class Circuit:
    """Nodes joined by conductances.

    Attributes
    ----------
    size : int
        Number of nodes.
    u, v : ndarray of int
        Ends of each branch.
    g : ndarray of float
        Conductance of each branch.
    component : ndarray of int
        Connected part each node belongs to.
    """

    size: int
    u: np.ndarray
    v: np.ndarray
    g: np.ndarray
    component: np.ndarray


class Flow(NamedTuple):
    """Resistance between source and ground (infinite: not joined), and currents at 1 A."""

    resistance: float
    nodes: np.ndarray | None
    branches: np.ndarray | None


def build(size: int, u: np.ndarray, v: np.ndarray, g: np.ndarray) -> Circuit:
    """Return a circuit.

    Parameters
    ----------
    size : int
        Number of nodes.
    u, v : array of int (branches,)
    g : array of float (branches,)
        Conductances, siemens; parallel branches are kept and add up. Branches from a node to itself
        carry nothing and are left out.
    """
    own = u == v
    u, v, g = u[~own], v[~own], g[~own]
    graph = sparse.coo_array((np.ones(len(u), np.int8), (u, v)), shape=(size, size))
    return Circuit(size, u, v, g, connected_components(graph, directed=False)[1])


def grid_branches(
    conductance: np.ndarray, *, neighbours: int, average: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Branches between the cells of a grid that conduct (conductance > 0), by flat cell index.

    Parameters
    ----------
    conductance : ndarray
        Of each cell; 0 = barrier.
    neighbours : 4 or 8
    average : ``"resistance"`` or ``"conductance"``
        A branch has the mean resistance, or the mean conductance, of its two cells; a diagonal one
        is sqrt(2) times as long.
    """
    height, width = conductance.shape
    index = np.arange(height * width).reshape(height, width)
    steps = [(0, 1, 1.0), (1, 0, 1.0)]
    if neighbours == 8:
        steps += [(1, 1, np.sqrt(2)), (1, -1, np.sqrt(2))]
    us, vs, gs = [], [], []
    for down, right, length in steps:
        one = (slice(0, height - down), slice(max(0, -right), width - max(0, right)))
        two = (slice(down, height), slice(max(0, right), width - max(0, -right)))
        a, b = conductance[one], conductance[two]
        joined = (a > 0) & (b > 0)
        a, b = a[joined], b[joined]
        mean = (a + b) / 2 if average == "conductance" else 2 / (1 / a + 1 / b)
        us.append(index[one][joined])
        vs.append(index[two][joined])
        gs.append(mean / length)
    return np.concatenate(us), np.concatenate(vs), np.concatenate(gs)


def merge(circuit: Circuit, groups: list[np.ndarray]) -> tuple[Circuit, np.ndarray]:
    """Short-circuit groups of nodes: each becomes one node.

    Parameters
    ----------
    circuit : Circuit
    groups : list of array of int
        Groups that share a node become one.

    Returns
    -------
    circuit : Circuit
        Its nodes are numbered anew.
    new : array of int
        New node of each old one.
    """
    pairs = [(group[0], node) for group in groups for node in group[1:]]
    if not pairs:
        return circuit, np.arange(circuit.size)
    ends = np.array(pairs).T
    graph = sparse.coo_array((np.ones(len(pairs)), ends), shape=(circuit.size, circuit.size))
    count, new = connected_components(graph, directed=False)
    return build(count, new[circuit.u], new[circuit.v], circuit.g), new


class Part:
    """One connected part of a circuit, solved for many pairs of its nodes.

    The potentials of each node against one reference node are kept: the pair (i, j) is the
    difference of two of them, so k nodes need k - 1 solutions and not k (k - 1) / 2.
    """

    def __init__(
        self, circuit: Circuit, component: int, reference: int, *, tolerance: float = 1e-9
    ) -> None:
        self.nodes = np.flatnonzero(circuit.component == component)
        local = np.full(circuit.size, -1, np.int64)
        local[self.nodes] = np.arange(len(self.nodes))
        self.circuit, self.local, self.tolerance = circuit, local, tolerance
        self.branch = np.flatnonzero(local[circuit.u] >= 0)
        self.u, self.v = local[circuit.u[self.branch]], local[circuit.v[self.branch]]
        self.g = circuit.g[self.branch]
        self.reference = reference
        self._matrix = _laplacian(len(self.nodes), self.u, self.v, self.g)
        self._solver: Multigrid | None = None
        self._potentials: dict[int, np.ndarray] = {}

    def _potential(self, node: int) -> np.ndarray:
        if node not in self._potentials:
            b = np.zeros(len(self.nodes))
            if node != self.reference:
                b[self.local[node]] += 1.0
                b[self.local[self.reference]] -= 1.0
            if self._solver is None:
                self._solver = Multigrid(self._matrix, singular=True)
            self._potentials[node] = self._solver.solve(b, tolerance=self.tolerance)
        return self._potentials[node]

    def flow(self, source: int, ground: int, *, currents: bool = True) -> Flow:
        """Send 1 A from one node to another.

        Parameters
        ----------
        source, ground : int
            Nodes of the whole circuit that lie in this part.
        currents : bool
            Whether to compute currents; without, only the resistance is, which is far cheaper.

        Returns
        -------
        Flow
            Effective resistance (ohm), and the current through nodes and branches (A).
        """
        x = self._potential(source) - self._potential(ground)
        a, b = self.local[source], self.local[ground]
        resistance = float(x[a] - x[b])
        if not currents:
            return Flow(resistance, None, None)
        external = np.zeros(len(x))
        external[a] = external[b] = 1.0
        return Flow(resistance, *self._currents(x, external))

    def _currents(self, x: np.ndarray, external: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        nodes, branches = np.zeros(self.circuit.size), np.zeros(len(self.circuit.u))
        half, flows = _flows(self.u, self.v, self.g, x)
        nodes[self.nodes] = half + external / 2
        branches[self.branch] = flows
        return nodes, branches

    def to_grounds(self, source: int, grounds: np.ndarray) -> Flow:
        """Send 1 A from a node to several others that are held at zero.

        Parameters
        ----------
        source : int
            A node of the whole circuit in this part.
        grounds : array of int
            Nodes of this part, the source not among them.

        Returns
        -------
        Flow
            The resistance is the potential of the source: that to all grounds joined.
        """
        held = np.zeros(len(self.nodes), bool)
        held[self.local[grounds]] = True
        free = ~held
        # at[i]: row of node i among those not held; the system is solved for these alone
        at = np.cumsum(free) - 1
        inner = sparse.csr_array(self._matrix[free][:, free])
        b = np.zeros(inner.shape[0])
        b[at[self.local[source]]] = 1.0
        x = np.zeros(len(self.nodes))
        x[free] = _solve_parts(inner, b, self.tolerance)
        # what leaves the circuit at each ground is what the held rows of the matrix say
        external = np.where(held, np.abs(self._matrix @ x), 0.0)
        external[self.local[source]] = 1.0
        return Flow(float(x[self.local[source]]), *self._currents(x, external))


def _solve_parts(matrix: Any, b: np.ndarray, tolerance: float) -> np.ndarray:
    """Solve only where current can go: grounds may cut the circuit in pieces."""
    component = connected_components(matrix, directed=False)[1]
    part = component == component[np.flatnonzero(b)[0]]
    x = np.zeros(len(b))
    inner = sparse.csr_array(matrix[part][:, part])
    x[part] = Multigrid(inner, singular=False).solve(b[part], tolerance=tolerance)
    return x


def _laplacian(size: int, u: np.ndarray, v: np.ndarray, g: np.ndarray) -> Any:
    off = sparse.coo_array(
        (np.concatenate([-g, -g]), (np.concatenate([u, v]), np.concatenate([v, u]))),
        shape=(size, size),
    ).tocsr()
    degree = np.bincount(u, g, minlength=size) + np.bincount(v, g, minlength=size)
    return sparse.csr_array(off + sparse.diags_array(degree))


@njit(cache=True)
def _flows(u, v, g, x):  # type: ignore[no-untyped-def]
    """Half the sum of |current| at each node, and |current| of each branch."""
    nodes = np.zeros(x.size)
    branches = np.empty(u.size)
    for e in range(u.size):
        flow = abs(g[e] * (x[u[e]] - x[v[e]]))
        branches[e] = flow
        nodes[u[e]] += 0.5 * flow
        nodes[v[e]] += 0.5 * flow
    return nodes, branches
