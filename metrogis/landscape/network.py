"""Patches and links as arrays: tables and matrices of a network, checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sparse

from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.provenance import Audit


def require_columns(columns: Sequence[str], frame: pd.DataFrame, layer: str) -> None:
    """Raise where a table lacks columns."""
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        shown = ", ".join(missing)
        raise SchemaError(
            _("columns are missing: {shown}").fill(shown=shown),
            layer=layer,
            remedy=_("name the columns in the parameters"),
        )


def ids_of(patches: pd.DataFrame, id: str) -> np.ndarray:
    """Return the ids of patches.

    Raises
    ------
    SchemaError
        When there is no such column, no patch, a patch without an id, or an id twice.
    """
    require_columns([id], patches, "patches")
    column = patches[id]
    if column.isna().any():
        raise SchemaError(_("a patch has no id"), layer="patches", place=id)
    repeated = column[column.duplicated()].unique()
    if len(repeated):
        shown = ", ".join(map(str, repeated[:5]))
        raise SchemaError(_("repeated ids: {shown}").fill(shown=shown), layer="patches", place=id)
    if column.empty:
        raise SchemaError(_("there are no patches"), layer="patches")
    return column.to_numpy()


def numbers_of(column: pd.Series, layer: str) -> np.ndarray:
    """Return a column as numbers.

    Parameters
    ----------
    column : Series
        Text that reads as a number is one.
    layer : str
        Named by errors.

    Raises
    ------
    SchemaError
        When a value is missing, no number, or negative; an infinite one passes.
    """
    values = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=math.nan)
    bad = np.flatnonzero(np.isnan(values) | (values < 0))
    if len(bad):
        shown = ", ".join(str(column.iloc[i]) for i in bad[:5])
        raise SchemaError(
            _("{count} values are negative or missing: {shown}").fill(count=len(bad), shown=shown),
            layer=layer,
            place=str(column.name),
            remedy=_("fix them, or drop these rows"),
        )
    return values


def patches_of(patches: pd.DataFrame, id: str, attribute: str) -> tuple[np.ndarray, np.ndarray]:
    """Return ids and attributes of patches.

    Parameters
    ----------
    patches : DataFrame
    id, attribute : str
        Columns; attributes are finite and not negative (area, quality).

    Returns
    -------
    ids : array
    a : array of float

    Raises
    ------
    SchemaError
        See :func:`ids_of` and :func:`numbers_of`.
    """
    require_columns([id, attribute], patches, "patches")
    ids = ids_of(patches, id)
    a = numbers_of(patches[attribute], "patches")
    if not np.isfinite(a).all():
        raise SchemaError(_("an infinite value"), layer="patches", place=attribute)
    return ids, a


def as_matrix(links: Any, ids: np.ndarray, ends: tuple[str, str]) -> Any:
    """Return the matrix of probabilities, or None for a table of links.

    Parameters
    ----------
    links : DataFrame, sparse or dense matrix
        A table with the columns ``ends`` is one of links; one whose index and columns are the ids
        is a matrix, in any order.
    ids : array (n,)
        Patches, in the order that the result has.
    ends : (str, str)

    Raises
    ------
    SchemaError
        When a matrix does not fit the patches.
    """
    if isinstance(links, pd.DataFrame):
        if set(ends) <= set(links.columns):
            return None
        same = len(links) == len(ids) and set(links.index) == set(links.columns) == set(ids)
        if not same:
            require_columns(ends, links, "links")
        return links.loc[ids, ids].to_numpy(float)
    matrix = links if sparse.issparse(links) else np.asarray(links, float)
    if matrix.shape != (len(ids), len(ids)):
        raise SchemaError(
            _("a matrix of shape {shape} does not fit {count} patches").fill(
                shape=matrix.shape, count=len(ids)
            ),
            layer="links",
        )
    return matrix


def from_matrix(matrix: Any) -> tuple[pd.DataFrame, bool, Audit]:
    """Return the links of a matrix of probabilities.

    Parameters
    ----------
    matrix : sparse or dense (n, n)
        Probability of movement from row to column, 0-1; 0 is no link, the diagonal does not count.

    Returns
    -------
    table : DataFrame
        ``i`` and ``j`` (positions), ``cost`` (-ln p); once a pair where the matrix is symmetric.
    directed : bool
        Whether it is not.
    audit : Audit

    Raises
    ------
    SchemaError
        For a probability that is missing or outside 0-1.
    """
    coo = sparse.coo_array(matrix)
    p = coo.data.astype(float)
    if np.isnan(p).any() or (p < 0).any() or (p > 1).any():
        raise SchemaError(_("a probability is outside 0-1"), layer="links")
    i, j = coo.coords
    keep = (p > 0) & (i != j)
    csr = sparse.csr_array((p[keep], (i[keep], j[keep])), shape=coo.shape)
    directed = abs(csr - csr.T).nnz > 0
    coo = csr.tocoo()
    i, j = coo.coords
    table = pd.DataFrame({"i": i, "j": j, "cost": np.abs(-np.log(coo.data))})
    # a symmetric matrix has each link twice
    if not directed:
        table = table[table["i"] < table["j"]].reset_index(drop=True)
    audit = Audit().add(
        "links",
        "noted",
        int(directed),
        _("the matrix is not symmetric: links are one way"),
    )
    return table, directed, audit


def from_table(
    links: pd.DataFrame,
    ids: np.ndarray,
    ends: tuple[str, str],
    cost: str,
    max_cost: float,
    directed: bool,
) -> tuple[pd.DataFrame, Audit]:
    """Return links by the position of their patches, one row a pair.

    Parameters
    ----------
    links : DataFrame
    ids : array (n,)
        Patches.
    ends : (str, str)
        Columns of the two ids.
    cost : str
        Column of the cost distance.
    max_cost : float
        Links that cost more are dropped, infinite ones always.
    directed : bool
        Whether (i, j) and (j, i) are two links.

    Returns
    -------
    table : DataFrame
        ``i``, ``j``, ``cost``; of repeated links the cheapest.
    audit : Audit
        What was dropped: links of a patch with itself, too costly ones, repeated ones.

    Raises
    ------
    SchemaError
        For links to patches that do not exist, or costs that are missing or negative.
    """
    require_columns([*ends, cost], links, "links")
    index = pd.Index(ids)
    at = [index.get_indexer(pd.Index(links[end])) for end in ends]
    lost = np.flatnonzero((at[0] < 0) | (at[1] < 0))
    if len(lost):
        shown = "; ".join(f"{links[ends[0]].iloc[r]}-{links[ends[1]].iloc[r]}" for r in lost[:5])
        raise SchemaError(
            _("{count} links to patches that do not exist: {shown}").fill(
                count=len(lost), shown=shown
            ),
            layer="links",
            remedy=_("add the patches or drop the links"),
        )
    values = numbers_of(links[cost], "links")
    table = pd.DataFrame({"i": at[0], "j": at[1], "cost": values})
    audit = Audit()
    loop = (table["i"] == table["j"]).to_numpy()
    audit = audit.add("links", "dropped", int(loop.sum()), _("links to itself"))
    far = ~loop & ((values > max_cost) | np.isinf(values))
    audit = audit.add(
        "links",
        "dropped",
        int(far.sum()),
        _("links that cost more than the limit"),
    )
    table = table[~loop & ~far]
    if not directed:
        low = np.minimum(table["i"].to_numpy(), table["j"].to_numpy())
        high = np.maximum(table["i"].to_numpy(), table["j"].to_numpy())
        pair = pd.DataFrame({"low": low, "high": high}, index=table.index)
    else:
        pair = pd.DataFrame({"low": table["i"], "high": table["j"]})
    cheapest = table["cost"].groupby([pair["low"], pair["high"]]).idxmin()
    kept = table.loc[np.sort(cheapest.to_numpy())].reset_index(drop=True)
    audit = audit.add(
        "links",
        "dropped",
        len(table) - len(kept),
        _("repeated links: the cheapest one counts"),
    )
    return kept, audit
