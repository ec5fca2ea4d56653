"""Solve Laplacian systems of grids and networks: conjugate gradients with algebraic multigrid.

Aggregation multigrid after Notay (2010): nodes are paired twice along their strongest coupling, the
coarse problem is solved by two steps of flexible conjugate gradients at every level (K-cycle), the
smoother is one symmetric Gauss-Seidel step. It works on any graph: barriers, merged nodes and
large contrasts of conductance do not break it. Small problems are factorised instead.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sparse
from numba import njit
from scipy.sparse.linalg import splu

from metrogis.errors import MetrogisError
from metrogis.i18n import _

DIRECT_NODES = 20_000
"""Up to this many unknowns a factorisation is faster than iterating."""
_COARSEST = 600
_STRONG = 0.25
_INNER = 0.25
_LARGEST = 3
_STALLED = 15


class _Level(NamedTuple):
    """Off-diagonal entries by row (those left of the diagonal first), and the way down."""

    ptr: np.ndarray
    split: np.ndarray
    idx: np.ndarray
    val: np.ndarray
    diag: np.ndarray
    coarse: np.ndarray
    coarse_size: int


@njit(cache=True)
def _pair(ptr, idx, val, order, strong, largest):  # type: ignore[no-untyped-def]
    """Match each node with its strongest free neighbour; return group of each node and count.

    Where the free ones couple weakly, the node joins the group of its strongest neighbour (up to
    ``largest`` nodes): else large contrasts leave single nodes and levels hardly shrink.
    """
    n = ptr.size - 1
    group = np.full(n, -1, np.int32)
    members = np.zeros(n, np.int32)
    count = 0
    for i in order:
        if group[i] >= 0:
            continue
        best = -1
        top = 0.0
        strongest = 0.0
        host = -1
        hold = 0.0
        for e in range(ptr[i], ptr[i + 1]):
            coupling = -val[e]
            strongest = max(strongest, coupling)
            g = group[idx[e]]
            if g < 0:
                if coupling > top:
                    top = coupling
                    best = idx[e]
            elif coupling > hold and members[g] < largest:
                hold = coupling
                host = g
        if best >= 0 and top >= strong * strongest:
            group[i] = count
            group[best] = count
            members[count] = 2
            count += 1
        elif host >= 0 and hold >= strong * strongest:
            group[i] = host
            members[host] += 1
        else:
            group[i] = count
            members[count] = 1
            count += 1
    return group, count


def _strongest_first(ptr: np.ndarray, val: np.ndarray) -> np.ndarray:
    """Order nodes by their strongest coupling, so that weak ones do not break strong pairs."""
    strongest = np.zeros(len(ptr) - 1)
    some = np.flatnonzero(np.diff(ptr))
    if len(some):
        strongest[some] = np.minimum.reduceat(val, ptr[some])
    return np.argsort(np.round(np.log2(-strongest + 1e-300)), kind="stable")[::-1].astype(np.int32)


@njit(cache=True)
def _galerkin(ptr, idx, val, diag, group, count):  # type: ignore[no-untyped-def]
    """Sum rows and columns of each group; return the coarse matrix in the same layout."""
    n = ptr.size - 1
    head = np.full(count, -1, np.int32)
    follow = np.full(n, -1, np.int32)
    for i in range(n - 1, -1, -1):
        g = group[i]
        follow[i] = head[g]
        head[g] = i
    out_ptr = np.zeros(count + 1, np.int32)
    out_idx = np.empty(idx.size, np.int32)
    out_val = np.empty(idx.size)
    out_diag = np.zeros(count)
    place = np.full(count, -1, np.int32)
    filled = 0
    for g in range(count):
        begin = filled
        i = head[g]
        while i >= 0:
            out_diag[g] += diag[i]
            for e in range(ptr[i], ptr[i + 1]):
                h = group[idx[e]]
                if h == g:
                    out_diag[g] += val[e]
                elif place[h] >= begin:
                    out_val[place[h]] += val[e]
                else:
                    place[h] = filled
                    out_idx[filled] = h
                    out_val[filled] = val[e]
                    filled += 1
            i = follow[i]
        out_ptr[g + 1] = filled
    return out_ptr, out_idx[:filled].copy(), out_val[:filled].copy(), out_diag


@njit(cache=True)
def _sort_rows(ptr, idx, val):  # type: ignore[no-untyped-def]
    """Put entries left of the diagonal first in every row; return where the others begin."""
    n = ptr.size - 1
    split = np.empty(n, np.int32)
    for i in range(n):
        low = ptr[i]
        for e in range(ptr[i], ptr[i + 1]):
            if idx[e] < i:
                idx[low], idx[e] = idx[e], idx[low]
                val[low], val[e] = val[e], val[low]
                low += 1
        split[i] = low
    return split


@njit(cache=True)
def _multiply(ptr, idx, val, diag, x, out):  # type: ignore[no-untyped-def]
    """Write A x to ``out``; return x . A x."""
    dot = 0.0
    for i in range(diag.size):
        s = diag[i] * x[i]
        for e in range(ptr[i], ptr[i + 1]):
            s += val[e] * x[idx[e]]
        out[i] = s
        dot += s * x[i]
    return dot


@njit(cache=True)
def _down(ptr, split, idx, val, diag, r, x, coarse, rc):  # type: ignore[no-untyped-def]
    """Forward Gauss-Seidel from zero, and its residual (minus the upper part) summed by group."""
    n = diag.size
    for i in range(n):
        s = r[i]
        for e in range(ptr[i], split[i]):
            s -= val[e] * x[idx[e]]
        x[i] = s / diag[i] if diag[i] > 0.0 else 0.0
    rc[:] = 0.0
    for i in range(n):
        s = 0.0
        for e in range(split[i], ptr[i + 1]):
            s -= val[e] * x[idx[e]]
        rc[coarse[i]] += s


@njit(cache=True)
def _up(ptr, idx, val, diag, r, x, coarse, ec):  # type: ignore[no-untyped-def]
    """Add the coarse correction, then backward Gauss-Seidel."""
    n = diag.size
    for i in range(n):
        x[i] += ec[coarse[i]]
    for i in range(n - 1, -1, -1):
        s = r[i]
        for e in range(ptr[i], ptr[i + 1]):
            s -= val[e] * x[idx[e]]
        x[i] = s / diag[i] if diag[i] > 0.0 else 0.0


# numpy would hand these to a threaded BLAS, whose threads cost more than they save here
@njit(cache=True)
def _dot(x, y):  # type: ignore[no-untyped-def]
    """Return x . y."""
    s = 0.0
    for i in range(x.size):
        s += x[i] * y[i]
    return s


@njit(cache=True)
def _add(a, x, y):  # type: ignore[no-untyped-def]
    """Write y + a x to ``y``; return its squared length."""
    s = 0.0
    for i in range(x.size):
        y[i] += a * x[i]
        s += y[i] * y[i]
    return s


class Multigrid:
    """A symmetric positive (semi)definite M-matrix, ready to be solved many times.

    Parameters
    ----------
    matrix : sparse array
        Laplacian of a connected graph (``singular=True``: right-hand sides must sum to zero), or
        one with some nodes held at zero.
    singular : bool
    direct_nodes : int
        Up to this size the matrix is factorised.

    Examples
    --------
    >>> chain = sparse.diags_array([[-1.0] * 4, [1.0, 2, 2, 2, 1], [-1.0] * 4], offsets=[-1, 0, 1])
    >>> x = Multigrid(chain, singular=True).solve(np.array([1.0, 0, 0, 0, -1]))
    >>> round(float(x[0] - x[4]), 9)
    4.0
    """

    def __init__(self, matrix: Any, *, singular: bool, direct_nodes: int = DIRECT_NODES) -> None:
        csr = sparse.csr_array(matrix, dtype=float)
        self.size = csr.shape[0]
        self.singular = singular
        self.levels: list[_Level] = []
        self.iterations = 0
        if self.size <= direct_nodes:
            self._factorise(csr)
            return
        csr.sum_duplicates()
        diag = csr.diagonal()
        off = sparse.csr_array(csr - sparse.diags_array(diag))
        off.eliminate_zeros()
        ptr, idx, val = off.indptr.astype(np.int32), off.indices.astype(np.int32), off.data
        while True:
            split = _sort_rows(ptr, idx, val)
            group, count = _pair(ptr, idx, val, _strongest_first(ptr, val), _STRONG, _LARGEST)
            half = _galerkin(ptr, idx, val, diag, group, count)
            again, count = _pair(*half[:3], _strongest_first(half[0], half[2]), _STRONG, _LARGEST)
            group = again[group]
            self.levels.append(_Level(ptr, split, idx, val, diag, group, count))
            stuck = count > 0.8 * len(diag)
            ptr, idx, val, diag = _galerkin(*half, again, count)
            if count <= _COARSEST or stuck:
                break
        rows = np.repeat(np.arange(count), np.diff(ptr))
        coarsest = sparse.csr_array((val, (rows, idx)), shape=(count, count))
        self._factorise(sparse.csr_array(coarsest + sparse.diags_array(diag)))

    def _factorise(self, csr: Any) -> None:
        inner = csr[1:, 1:] if self.singular else csr
        self._factor = None
        if inner.shape[0]:
            self._factor = splu(
                sparse.csc_matrix(inner),
                permc_spec="MMD_AT_PLUS_A",
                diag_pivot_thresh=0.0,
                options={"SymmetricMode": True},
            )

    def _direct(self, b: np.ndarray) -> np.ndarray:
        if not self.singular:
            return np.asarray(self._factor.solve(b)) if self._factor else np.zeros_like(b)
        x = np.zeros_like(b)
        if self._factor:
            x[1:] = self._factor.solve(b[1:])  # the first node is held at zero
        return x

    def _cycle(self, depth: int, r: np.ndarray) -> np.ndarray:
        level = self.levels[depth]
        x = np.empty(len(r))
        rc = np.empty(level.coarse_size)
        _down(*level[:5], r, x, level.coarse, rc)
        ec = self._direct(rc) if depth + 1 == len(self.levels) else self._inner(depth + 1, rc)
        _up(level.ptr, level.idx, level.val, level.diag, r, x, level.coarse, ec)
        return x

    def _inner(self, depth: int, r: np.ndarray) -> np.ndarray:
        """One or two steps of flexible conjugate gradients on a coarse level."""
        level = self.levels[depth]
        matrix = (level.ptr, level.idx, level.val, level.diag)
        c = self._cycle(depth, r)
        v = np.empty_like(r)
        rho1 = _multiply(*matrix, c, v)
        if rho1 <= 0.0:
            return c
        step = _dot(c, r) / rho1
        rest = r.copy()
        if _add(-step, v, rest) <= _INNER**2 * _dot(r, r):
            c *= step
            return c
        d = self._cycle(depth, rest)
        w = np.empty_like(r)
        beta = _multiply(*matrix, d, w)
        gamma, second = _dot(d, v), _dot(d, rest)
        rho2 = beta - gamma * gamma / rho1
        if rho2 <= 1e-14 * abs(beta):
            c *= step
            return c
        c *= step - gamma * second / (rho1 * rho2)
        _add(second / rho2, d, c)
        return c

    def solve(
        self, b: np.ndarray, *, tolerance: float = 1e-9, max_iterations: int = 500
    ) -> np.ndarray:
        """Solve A x = b.

        Iteration stops when the error, measured in energy (e . A e) by the preconditioner, is
        ``tolerance`` times the solution; or, within a thousandth of that goal, when rounding lets
        it fall no more.

        Raises
        ------
        MetrogisError
            When it does not converge.
        """
        self.iterations = 0
        if not self.levels:
            return self._direct(b)
        top = self.levels[0]
        matrix = (top.ptr, top.idx, top.val, top.diag)
        x, r = np.zeros(self.size), np.array(b, float)
        direction = image = np.zeros(self.size)
        energy = 0.0
        best, since = np.inf, 0
        while True:
            z = self._cycle(0, r)
            error, whole = _dot(z, r), _dot(x, b)
            if error <= tolerance**2 * whole or error <= 0.0:
                return x
            if error < 0.5 * best:
                best, since = error, 0
            since += 1
            if since > _STALLED and best <= (1e3 * tolerance) ** 2 * whole:
                return x
            if self.iterations >= max_iterations or since > 4 * _STALLED:
                break
            if energy > 0.0:
                _add(-_dot(z, image) / energy, direction, z)
            direction = z
            image = np.empty(self.size)
            energy = _multiply(*matrix, direction, image)
            if energy <= 0.0:
                return x
            step = _dot(direction, r) / energy
            _add(step, direction, x)
            _add(-step, image, r)
            self.iterations += 1
        raise MetrogisError(
            _("the system did not converge in {iterations} steps").fill(iterations=self.iterations),
            remedy=_("narrow the range of resistances, or raise tolerance"),
        )
