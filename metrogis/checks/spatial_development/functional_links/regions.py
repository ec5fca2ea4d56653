"""Structure of a flow matrix: dominant-flow hierarchy and functional regions.

Pure functions of arrays. A flow matrix holds at ``[i, j]`` the flow from place ``i`` to place
``j``; its diagonal (flows that stay) is not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TINY = 1e-12  # relative to the total weight: smaller gains are rounding, and could cycle


# --------------------------------------------------------------------------- hierarchy


@dataclass(frozen=True)
class Hierarchy:
    """Dominant flows of ``n`` places.

    Attributes
    ----------
    largest : array (n,) of int
        Place to which the largest outflow goes; -1 where there is none (or it is below the limit).
    parent : array (n,) of int
        ``largest`` where that place is larger than the own one, else -1.
    root : array (n,) of int
        Place at the top of the own tree (the place itself when it has no parent).
    level : array (n,) of int
        Steps up to the root.
    """

    largest: Ints
    parent: Ints
    root: Ints
    level: Ints


def association(flow: Floats, *, indirect: bool = False) -> Floats:
    """Return the strength of association between places.

    Parameters
    ----------
    flow : array (n, n)
    indirect : bool
        Add the associations over intermediate places: ``Y + Y^2 + Y^3 + ...`` with ``Y`` the flow
        divided by the largest column sum (Nystuen & Dacey 1961). Else ``Y`` alone.

    Raises
    ------
    ValueError
        When the series does not converge (every place of some closed group receives the maximum).

    Examples
    --------
    >>> association(np.array([[0.0, 2.0], [0.0, 0.0]])).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    y = np.array(flow, dtype=np.float64)
    np.fill_diagonal(y, 0.0)
    top = y.sum(axis=0).max(initial=0.0)
    if top > 0:
        y /= top
    if not indirect or top == 0:
        return y
    if np.abs(np.linalg.eigvals(y)).max() > 1 - 1e-9:
        raise ValueError("the power series of associations does not converge")
    # the series Y + Y^2 + ... is Y (1 - Y)^-1 where it converges
    return np.linalg.solve(np.eye(len(y)) - y, y).astype(np.float64)


def dominant_flows(
    flow: Floats,
    size: Floats,
    *,
    strength: Floats | None = None,
    min_flow: float = 0.0,
    min_share: float = 0.0,
) -> Hierarchy:
    """Order places by their dominant flows.

    A place is *subordinate* when its largest outflow goes to a larger place, else *terminal*
    (a centre of its own nodal region). Size strictly grows from child to parent, so the links form
    trees without cycles. Ties go to the larger place, then to the first one.

    Parameters
    ----------
    flow : array (n, n)
        Flow from row to column; the diagonal is not used.
    size : array (n,)
        Size of each place, as a rule its total inflow. NaN compares as "not larger".
    strength : array (n, n), optional
        What ranks the destinations (see :func:`association`); default the flow itself.
    min_flow : float
        A largest flow below it, in the flow's unit, is no dominant flow.
    min_share : float
        A largest flow below this share (0-1) of the place's outflow is no dominant flow.

    Returns
    -------
    Hierarchy

    References
    ----------
    Nystuen, J. D., Dacey, M. F. (1961). A graph theory interpretation of nodal regions. Papers of
    the Regional Science Association 7, 29-42.

    Examples
    --------
    >>> flow = np.array([[0, 5, 1], [3, 0, 2], [0, 9, 0]], dtype=float)
    >>> dominant_flows(flow, flow.sum(axis=0)).parent.tolist()
    [1, -1, 1]
    """
    n = len(size)
    own = np.array(flow, dtype=np.float64)
    np.fill_diagonal(own, 0.0)
    rank = own if strength is None else np.array(strength, dtype=np.float64)
    np.fill_diagonal(rank, -1.0)
    bigger_first = np.lexsort((np.arange(n), -np.nan_to_num(size, nan=-1.0)))
    largest = np.full(n, -1, dtype=np.int64)
    parent = largest.copy()
    if n > 1:
        # argmax takes the first of equals: columns stand from the largest place to the smallest
        best = bigger_first[rank[:, bigger_first].argmax(axis=1)]
        amount = own[np.arange(n), best]
        enough = (
            (rank[np.arange(n), best] > 0)
            & (amount >= min_flow)
            & (amount >= min_share * own.sum(axis=1))
        )
        largest = np.where(enough, best, -1)
        parent = np.where(enough & (size[best] > size), best, -1)
    root, level = np.arange(n), np.zeros(n, dtype=np.int64)
    while True:  # at most as many steps as the highest tree has levels
        up = parent[root]
        if (up < 0).all():
            break
        level += up >= 0
        root = np.where(up >= 0, up, root)
    return Hierarchy(largest, parent, root, level)


# --------------------------------------------------------------------------- regions


@dataclass(frozen=True)
class Partition:
    """Places grouped into regions.

    Attributes
    ----------
    labels : array (n,) of int
        Region of each place, numbered 0, 1, ... in the order of their first places.
    modularity : float
        Of ``labels``; NaN without any flow.
    together : array (n, n)
        Share of the runs in which two places fell into one region.
    """

    labels: Ints
    modularity: float
    together: Floats


def symmetric(flow: Floats) -> Floats:
    """Return the weight of each pair, both directions added, without flows that stay.

    Parameters
    ----------
    flow : ndarray (n, n)
        From row to column.

    Returns
    -------
    ndarray (n, n)

    Examples
    --------
    >>> symmetric(np.array([[9.0, 2.0], [3.0, 9.0]])).tolist()
    [[0.0, 5.0], [5.0, 0.0]]
    """
    weights = np.array(flow, dtype=np.float64)
    weights += weights.T.copy()
    np.fill_diagonal(weights, 0.0)
    return weights


def modularity(weights: Floats, labels: Ints, *, resolution: float = 1.0) -> float:
    """Return the modularity of a partition of a weighted undirected graph.

    ``Q = sum_c [L_c/m - resolution * (d_c/2m)^2]`` with ``L_c`` the weight inside region ``c``,
    ``d_c`` the sum of its places' weights, ``m`` the total weight (Newman 2004; resolution:
    Reichardt & Bornholdt 2006). NaN without any weight.

    Examples
    --------
    >>> w = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]], dtype=float)
    >>> modularity(w, np.array([0, 0, 1, 1]))
    0.5
    """
    total = weights.sum()
    if total <= 0:
        return float("nan")
    degree = weights.sum(axis=1)
    group = np.unique(labels, return_inverse=True)[1]
    sums = np.bincount(group, degree)
    inside = weights[group[:, None] == group[None, :]].sum()
    return float(inside / total - resolution * (sums**2).sum() / total**2)


def communities(
    weights: Floats, *, resolution: float = 1.0, seed: int = 0, runs: int = 20
) -> Partition:
    """Group places so that flows inside groups exceed what their sizes alone would give.

    Greedy optimisation of modularity by local moves and aggregation (Blondel et al. 2008), then
    moves of single places until none helps, and regions that fall apart are split. It runs
    ``runs`` times in different orders and keeps the best; equal ones by the smallest labels, so the
    answer depends on the seed only, not on chance. A heuristic: the optimum is not guaranteed.

    Parameters
    ----------
    weights : array (n, n)
        Symmetric, not negative; the diagonal is not used (see :func:`symmetric`).
    resolution : float
        Above 1 more and smaller regions, below 1 fewer and larger ones.
    seed : int
        Of the orders in which places are visited.
    runs : int

    Returns
    -------
    Partition

    References
    ----------
    Blondel, V. D., Guillaume, J.-L., Lambiotte, R., Lefebvre, E. (2008). Fast unfolding of
    communities in large networks. J. Stat. Mech. P10008.

    Examples
    --------
    >>> w = np.kron(np.eye(2), np.ones((3, 3))) + 0.1
    >>> communities(w).labels.tolist()
    [0, 0, 0, 1, 1, 1]
    """
    base = np.array(weights, dtype=np.float64)
    np.fill_diagonal(base, 0.0)
    n = len(base)
    if base.sum() <= 0:
        return Partition(np.arange(n), float("nan"), np.eye(n))
    graph = sparse.csr_array(base)
    rng = np.random.default_rng(seed)
    together = np.zeros((n, n))
    best: tuple[float, list[int]] | None = None
    for _ in range(runs):
        labels = _first_order(_one_run(graph, resolution, rng))
        together += labels[:, None] == labels[None, :]
        quality = modularity(base, labels, resolution=resolution)
        listed = labels.tolist()
        if (
            best is None
            or quality > best[0] + _TINY
            or (quality > best[0] - _TINY and listed < best[1])
        ):
            best = (quality, listed)
    assert best is not None
    return Partition(np.array(best[1], dtype=np.int64), best[0], together / runs)


def _one_run(graph: Any, resolution: float, rng: np.random.Generator) -> Ints:
    n = graph.shape[0]
    labels = np.arange(n)
    while True:
        before = labels
        level = _aggregate(graph, labels)
        while True:
            moved = _local_moves(level, np.arange(level.shape[0]), resolution, rng)
            if moved.max() + 1 == level.shape[0]:
                break
            labels = moved[labels]
            level = _aggregate(level, moved)
        labels = _local_moves(graph, labels, resolution, rng)
        labels = _split_apart(graph, labels)
        if (_first_order(labels) == _first_order(before)).all():
            return labels


def _aggregate(graph: Any, labels: Ints) -> Any:
    """Graph of groups; its diagonal holds twice the weight inside a group."""
    n = graph.shape[0]
    group = sparse.csr_array((np.ones(n), (np.arange(n), labels)), shape=(n, labels.max() + 1))
    return sparse.csr_array(group.T @ graph @ group)


def _local_moves(graph: Any, labels: Ints, resolution: float, rng: np.random.Generator) -> Ints:
    """Move single nodes to the group of the highest gain until none gains."""
    n = graph.shape[0]
    start, others, weight = graph.indptr, graph.indices, graph.data
    degree = np.asarray(graph.sum(axis=1)).ravel()
    own = graph.diagonal()
    total = degree.sum()
    labels = labels.copy()
    sums = np.bincount(labels, degree, minlength=n)
    improved = True
    while improved:
        improved = False
        for i in rng.permutation(n):
            here = labels[i]
            near = slice(start[i], start[i + 1])
            links = np.bincount(labels[others[near]], weight[near], minlength=n)
            links[here] -= own[i]
            sums[here] -= degree[i]
            # an empty group, always at hand, gains 0: so a node may also leave to be alone
            gain = links - resolution * degree[i] / total * sums
            target = int(gain.argmax())
            if gain[target] <= gain[here] + _TINY * total:
                target = here
            sums[target] += degree[i]
            if target != here:
                labels[i] = target
                improved = True
    return np.asarray(np.unique(labels, return_inverse=True)[1], dtype=np.int64)


def _split_apart(graph: Any, labels: Ints) -> Ints:
    """Split groups whose places are not linked inside the group; modularity never falls."""
    pairs = graph.tocoo()
    same = labels[pairs.row] == labels[pairs.col]
    inside = sparse.csr_array(
        (pairs.data[same], (pairs.row[same], pairs.col[same])), shape=graph.shape
    )
    labels = csgraph.connected_components(inside, directed=False)[1]
    return np.asarray(labels, dtype=np.int64)


def _first_order(labels: Ints) -> Ints:
    """Number groups in the order of their first places."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[inverse], dtype=np.int64)
