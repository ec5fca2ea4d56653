"""Connectivity of habitat: PC, ECA, IIC, flux, and what the loss of each patch or link costs.

Patches carry an attribute a (area or quality), links a cost distance d. A link is used with
probability p = exp(ln(p0)/d0 d), where p0 is the probability at distance d0; p* is the probability
of the best path (the product along it, so the path of least cost); p*_ii = 1.

=========== ====================================================================
PC          sum_ij a_i a_j p*_ij / A_L^2 over ordered pairs (Saura & Pascual-Hortal 2007)
ECA         sqrt(sum_ij a_i a_j p*_ij), in units of a (Saura et al. 2011)
IIC         sum_ij a_i a_j / (1 + nl_ij) / A_L^2, nl = fewest links between i and j
            (Pascual-Hortal & Saura 2006); patches that are not joined add nothing
flux        F_i = sum_{j != i} a_j p*_ij
dPC_k       100 (PC - PC without k) / PC = intra + flux + connector (Saura & Rubio 2010)
intra       100 a_k^2 / sum
flux part   100 sum_{j != k} a_k a_j (p*_kj + p*_jk) / sum
connector   what the other patches lose among themselves
=========== ====================================================================

The loss of a link has only a connector part. The connector is not estimated as a difference of two
large sums: :mod:`metrogis.landscape.shortest` adds up the losses themselves.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sparse
from scipy.sparse import csgraph

from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.landscape import network, shortest
from metrogis.landscape.grid import bad_parameter
from metrogis.provenance import Audit

_CHUNKS = 16
_NEGLIGIBLE = 1e-14
"""Losses that together stay below this share of a dPC are not searched for."""
_PARTS = ["dPC", "dPC_intra", "dPC_flux", "dPC_connector"]


@dataclass(frozen=True, eq=False)
class Connectivity:
    """Indices of one network of patches.

    Attributes
    ----------
    PC, IIC : float
        Shares of 1; NaN when no landscape area was given.
    ECA : float
        Equivalent connected area, unit of the attribute.
    PC_numerator, IIC_numerator : float
        The same without the division by A_L^2, unit of the attribute squared.
    patches : DataFrame
        Per patch, in the order and with the index of the input: id, attribute, ``flux`` (unit of
        the attribute), ``dPC``, ``dPC_intra``, ``dPC_flux``, ``dPC_connector`` (per cent of PC).
        NaN where it was not asked for (``top``).
    links : DataFrame
        Per link (one row per pair): its two ends, ``cost``, ``probability``, the same four parts.
    audit : Audit
        Links dropped or merged.
    """

    PC: float
    IIC: float
    ECA: float
    PC_numerator: float
    IIC_numerator: float
    patches: pd.DataFrame
    links: pd.DataFrame
    audit: Audit = field(default_factory=Audit)

    @property
    def flux(self) -> pd.Series:
        """Flux F_i by patch id."""
        return self.patches.set_index(self.patches.columns[0])["flux"]

    @property
    def dPC(self) -> pd.DataFrame:
        """The four parts of dPC by patch id."""
        return self.patches.set_index(self.patches.columns[0])[_PARTS]

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


class _Graph(NamedTuple):
    """Arcs by start and by end; ``link`` is the row in the table of unique links of each arc."""

    indptr: np.ndarray
    indices: np.ndarray
    weights: np.ndarray
    link: np.ndarray
    rptr: np.ndarray
    rind: np.ndarray
    rweights: np.ndarray
    rarc: np.ndarray


def indices(
    patches: pd.DataFrame,
    links: Any,
    *,
    distance: float | None = None,
    probability: Any = None,
    landscape_area: float | None = None,
    id: str = "id",
    attribute: str = "attribute",
    ends: tuple[str, str] = ("i", "j"),
    cost: str = "cost",
    max_cost: float = math.inf,
    directed: bool = False,
    dpc: bool | Literal["patches"] = True,
    top: int | None = None,
) -> Connectivity:
    """Compute the connectivity indices of a network of patches.

    Parameters
    ----------
    patches : DataFrame
        Columns ``id`` (unique) and ``attribute`` (not negative; 0 = a stepping stone).
    links : DataFrame, square array, sparse matrix or square DataFrame
        A table with columns ``i``, ``j`` (patch ids) and ``cost`` (>= 0, unit of ``distance``);
        or a matrix of direct probabilities (0-1, rows and columns in the order of ``patches``, or
        labelled by id; 0 = no link, the diagonal is not used). A matrix that is not symmetric is
        taken as directed.
    distance, probability : float
        A link of cost ``distance`` is used with ``probability`` (0 < p <= 1). Not for a matrix,
        which may also be given here, with ``links=None``.
    landscape_area : float, optional
        A_L, unit of the attribute. Without it PC and IIC are NaN (unknown).
    id, attribute, ends, cost : str
        Names of the columns.
    max_cost : float
        Links that cost more do not exist (they matter most for IIC, which asks only whether a link
        is there).
    directed : bool
        Rows of the table are one way, from i to j.
    dpc : bool or ``"patches"``
        Work out dPC of patches and links, or of patches only (the others are NaN).
    top : int, optional
        dPC of the ``top`` patches with the largest attribute only, and of the ``top`` links that
        carry most (sum of a_i a_j p*_ij through them, an upper bound of their loss). The others
        are NaN.

    Returns
    -------
    Connectivity

    Notes
    -----
    Repeated links of one pair: the smallest cost counts, and so a loss takes all of them. A link
    of a patch to itself and one of infinite cost change nothing. Both stand in the audit.

    Raises
    ------
    SchemaError
        Columns missing, ids repeated or unknown, negative or missing values.
    ParameterError

    Examples
    --------
    >>> patches = pd.DataFrame({"id": ["a", "b", "c"], "attribute": [2.0, 1.0, 1.0]})
    >>> links = pd.DataFrame({"i": ["a", "b"], "j": ["b", "c"], "cost": [100.0, 100.0]})
    >>> found = indices(patches, links, distance=100, probability=0.5, landscape_area=10)
    >>> found.PC, found.flux.to_dict()
    (0.1, {'a': 0.75, 'b': 1.5, 'c': 1.0})
    >>> found.patches[["id", "dPC", "dPC_connector"]].values.tolist()
    [['a', 70.0, 0.0], ['b', 50.0, 10.0], ['c', 30.0, 0.0]]
    >>> found.links[["i", "j", "dPC"]].round(6).values.tolist()
    [['a', 'b', 30.0], ['b', 'c', 20.0]]
    """
    if dpc not in (True, False, "patches"):
        raise bad_parameter("dpc", _("must be a bool or 'patches'"))
    ids, a = network.patches_of(patches, id, attribute)
    if top is not None and top < 1:
        raise bad_parameter("top", _("must be at least 1"))
    if landscape_area is not None and not (landscape_area > 0 and math.isfinite(landscape_area)):
        raise bad_parameter("landscape_area", _("must be positive"))
    if links is None and np.ndim(probability) == 2:
        links, probability = probability, None
    if links is None:
        raise bad_parameter("links", _("give links, or a matrix"))
    matrix = network.as_matrix(links, ids, ends)
    if matrix is not None:
        _require_no_costs(distance, probability, max_cost)
        table, directed, audit = network.from_matrix(matrix)
        alpha = 1.0
    else:
        alpha = _decay(distance, probability)
        table, audit = network.from_table(links, ids, ends, cost, max_cost, directed)
    n = len(a)
    order = _order(table, n)
    graph = _graph(table, order, directed)
    losses = _losses(a[order], order, alpha, graph, directed, dpc, top, len(table))
    total, iic_sum = losses.total, shortest.hop_sum(graph.indptr, graph.indices, a[order])
    back = np.empty(n, np.int64)
    back[order] = np.arange(n)
    to_percent = 100.0 / total if total > 0 else math.nan

    out = patches[[id, attribute]].copy()
    out = pd.DataFrame(out)  # a GeoDataFrame without its geometry
    out["flux"] = losses.out_flux[back]
    intra, flux = a * a * to_percent, a * (losses.out_flux + losses.in_flux)[back] * to_percent
    connector = losses.nodes[back] * to_percent
    for name, values in zip(
        _PARTS, (intra + flux + connector, intra, flux, connector), strict=True
    ):
        out[name] = values if dpc else math.nan
    lost = losses.links * to_percent
    out_links = pd.DataFrame(
        {
            ends[0]: ids[table["i"].to_numpy()],
            ends[1]: ids[table["j"].to_numpy()],
            "cost": table["cost"].to_numpy() if matrix is None else math.nan,
            "probability": np.exp(-alpha * table["cost"].to_numpy()),
        }
    )
    nothing = np.where(np.isnan(lost), math.nan, 0.0)
    for name, values in zip(_PARTS, (lost, nothing, nothing, lost), strict=True):
        out_links[name] = values
    square = landscape_area**2 if landscape_area is not None else math.nan
    return Connectivity(
        PC=total / square,
        IIC=iic_sum / square,
        ECA=math.sqrt(total),
        PC_numerator=total,
        IIC_numerator=iic_sum,
        patches=out,
        links=out_links,
        audit=audit,
    )


def _require_no_costs(distance: object, probability: object, max_cost: float) -> None:
    """Refuse what turns costs into probabilities beside a matrix that holds probabilities."""
    if distance is not None or probability is not None:
        raise ParameterError(_("distance and probability do not go with a matrix of probabilities"))
    if max_cost != math.inf:
        raise bad_parameter("max_cost", _("does not go with a matrix"))


def probability_of(cost: Any, *, distance: float, probability: float) -> Any:
    """Probability that a distance is crossed, exp(ln(p0)/d0 d).

    >>> float(probability_of(1200.0, distance=600, probability=0.5))
    0.25
    """
    return np.exp(-_decay(distance, probability) * np.asarray(cost, float))


def shortest_costs(
    patches: pd.DataFrame,
    links: pd.DataFrame,
    *,
    id: str = "id",
    ends: tuple[str, str] = ("i", "j"),
    cost: str = "cost",
    directed: bool = False,
) -> pd.DataFrame:
    """Cost of the best path between all patches: a square table by id, infinite where none.

    >>> patches = pd.DataFrame({"id": [1, 2, 3]})
    >>> links = pd.DataFrame({"i": [1, 2], "j": [2, 3], "cost": [1.5, 2.0]})
    >>> shortest_costs(patches, links).loc[1, 3]
    np.float64(3.5)
    """
    ids = network.ids_of(patches, id)
    table, _ = network.from_table(links, ids, ends, cost, math.inf, directed)
    graph = _graph(table, np.arange(len(ids)), directed)
    found = shortest.all_distances(graph.indptr, graph.indices, graph.weights)
    return pd.DataFrame(found, index=ids, columns=ids)


# --------------------------------------------------------------------------- input


def _decay(distance: float | None, probability: float | None) -> float:
    if distance is None or probability is None:
        raise ParameterError(
            _("give distance and probability: how probable it is that this distance is crossed")
        )
    if not (distance > 0 and math.isfinite(distance)):
        raise bad_parameter("distance", _("must be positive"))
    if not 0 < probability <= 1:
        raise bad_parameter("probability", _("must lie in (0, 1]"))
    return -math.log(probability) / distance


# --------------------------------------------------------------------------- graph


def _order(table: pd.DataFrame, n: int) -> np.ndarray:
    """Number nodes from one end of the graph to the other, which halves the work on pairs."""
    pattern = sparse.csr_array(
        (np.ones(len(table)), (table["i"].to_numpy(), table["j"].to_numpy())), shape=(n, n)
    )
    pattern = sparse.csr_matrix(pattern + pattern.T)
    return np.asarray(csgraph.reverse_cuthill_mckee(pattern, symmetric_mode=True), np.int64)


def _graph(table: pd.DataFrame, order: np.ndarray, directed: bool) -> _Graph:
    n = len(order)
    back = np.empty(n, np.int64)
    back[order] = np.arange(n)
    i, j = back[table["i"].to_numpy()], back[table["j"].to_numpy()]
    w, link = table["cost"].to_numpy(float), np.arange(len(table))
    if not directed:
        i, j = np.concatenate([i, j]), np.concatenate([j, i])
        w, link = np.tile(w, 2), np.tile(link, 2)
    by_start = np.lexsort((j, i))
    i, j, w, link = i[by_start], j[by_start], w[by_start], link[by_start]
    ptr = np.concatenate([[0], np.cumsum(np.bincount(i, minlength=n))]).astype(np.int32)
    end = j.astype(np.int32)
    by_end = np.lexsort((i, j))
    arc = by_end.astype(np.int32)
    if not directed:  # both tables are the same: one copy stays in the processor's cache
        return _Graph(ptr, end, w, link, ptr, end, w, arc)
    rptr = np.concatenate([[0], np.cumsum(np.bincount(j, minlength=n))]).astype(np.int32)
    return _Graph(ptr, end, w, link, rptr, i[by_end].astype(np.int32), w[by_end], arc)


class _Losses(NamedTuple):
    total: float
    out_flux: np.ndarray
    in_flux: np.ndarray
    nodes: np.ndarray
    links: np.ndarray


def _losses(
    a: np.ndarray,
    order: np.ndarray,
    alpha: float,
    graph: _Graph,
    directed: bool,
    dpc: bool | Literal["patches"],
    top: int | None,
    link_count: int,
) -> _Losses:
    n, arcs = len(a), len(graph.indices)

    def run(*, at_source: bool, nodes: Any, links: Any, floors: Any, negligible: float) -> Any:
        def one(chunk: int) -> Any:
            return shortest.losses(
                chunk, _CHUNKS, a, alpha, graph.indptr, graph.indices, graph.weights, graph.rptr,
                graph.rind, graph.rweights, graph.rarc, directed, at_source, nodes, links, *floors,
                negligible,
            )  # fmt: skip

        with ThreadPoolExecutor(min(os.cpu_count() or 1, _CHUNKS)) as pool:
            parts = list(pool.map(one, range(_CHUNKS)))
        # always the same chunks in the same order: the last digit does not depend on the machine
        return [np.sum([part[i] for part in parts], axis=0) for i in range(6)]

    every_arc, no_arc, no_node = np.full(arcs, dpc is True), np.zeros(arcs, bool), np.zeros(n, bool)
    zeros = (np.zeros(n), np.zeros(arcs))
    node_mask, arc_mask = np.full(n, bool(dpc)), every_arc
    first = run(
        at_source=True,
        nodes=no_node,
        links=every_arc if top is None else no_arc,
        floors=zeros,
        negligible=0.0,
    )
    totals, out_flux, in_flux, _, near, through = first
    if dpc and top is not None:
        node_mask[:] = False
        node_mask[np.lexsort((order, -a))[:top]] = True  # ties in the order of the input
        best = np.zeros(link_count, bool)
        carried = np.bincount(graph.link, through, minlength=link_count)
        best[np.argsort(-carried, kind="stable")[: top if dpc is True else 0]] = True
        arc_mask = best[graph.link]
        near = run(at_source=True, nodes=no_node, links=arc_mask, floors=zeros, negligible=0.0)[4]
    links = np.bincount(graph.link, near, minlength=link_count).astype(float)
    nodes = np.zeros(n)
    if dpc:
        known = (a * (a + out_flux + in_flux), links[graph.link])
        rest = run(
            at_source=False,
            nodes=node_mask,
            links=arc_mask,
            floors=known,
            negligible=_NEGLIGIBLE / n,
        )
        nodes = rest[3]
        links += np.bincount(graph.link, rest[4], minlength=link_count)
    wanted = np.zeros(link_count, bool)
    wanted[graph.link[arc_mask]] = True
    return _Losses(
        float(totals.sum()),
        out_flux,
        in_flux,
        np.where(node_mask, nodes, math.nan),
        np.where(wanted, links, math.nan),
    )
