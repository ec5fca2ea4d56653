"""Reading of the two tables of a street graph: checked once, then plain arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from metrogis import crs as crs_rules
from metrogis.arrays import Array
from metrogis.errors import SchemaError
from metrogis.i18n import Text, _, both
from metrogis.streets.link_lines import EdgeLines, geometry_of

KINDS = ("protected", "mixed", "both")


class StreetGraph(NamedTuple):
    """A street graph as arrays; nodes stand in the order of their ids.

    Attributes
    ----------
    ids : Index
        Node ids, sorted.
    order : array of int
        Row of the table of nodes of each.
    x, y : array of float
        Coordinates, m.
    u, v : array of int
        Ends of edges, as positions in ``ids``.
    length : array of float
        m.
    kind : array of str
    labels : Index
        Labels of edges: the index of their table.
    lines : EdgeLines
    crs : any
        CRS of the tables, None when they state none.
    """

    ids: pd.Index
    order: Array
    x: Array
    y: Array
    u: Array
    v: Array
    length: Array
    kind: Array
    labels: pd.Index
    lines: EdgeLines
    crs: Any


def _wrong(layer: str, text: Text, place: str = "", remedy: Text | None = None) -> SchemaError:
    return SchemaError(text, layer=layer, place=place or None, remedy=remedy)


def _some(values: Any) -> str:
    shown = [str(v) for v in list(values)[:5]]
    return ", ".join(shown) + (", ..." if len(values) > 5 else "")


def read_graph(nodes: pd.DataFrame, edges: pd.DataFrame) -> StreetGraph:
    """Check the tables and return them as arrays.

    Parameters
    ----------
    nodes : DataFrame
        Columns ``id`` (or the index), ``x``, ``y`` in metres (or point geometry).
    edges : DataFrame
        Columns ``u``, ``v``, ``length`` (m, above 0), ``kind``; optional ``geometry``. A unique
        index labels them.

    Raises
    ------
    SchemaError
        Naming table, rows and what is wrong.
    CRSError
        When a table states a CRS in which lengths cannot be computed.
    """
    crs = None
    for name, table in (("nodes", nodes), ("edges", edges)):
        if not isinstance(table, pd.DataFrame):
            raise _wrong(
                name,
                _("this is no table but a {name}").fill(name=type(table).__name__),
                remedy=_("give a pandas.DataFrame"),
            )
        stated = getattr(table, "crs", None)
        if stated is not None:
            found = crs_rules.require_metric(stated, layer=name)
            if crs is not None:
                crs_rules.require_same(nodes=crs, edges=found)
            crs = found
    ids = pd.Index(nodes["id"]) if "id" in nodes.columns else nodes.index
    if {"x", "y"} <= set(nodes.columns):
        x, y = nodes["x"].to_numpy(float), nodes["y"].to_numpy(float)
    elif hasattr(nodes, "geom_type"):
        x, y = nodes.geometry.x.to_numpy(float), nodes.geometry.y.to_numpy(float)
    else:
        raise _wrong("nodes", _("columns x and y are missing"))
    bad = ids.duplicated() | ids.isna()
    if bad.any():
        raise _wrong("nodes", _("ids repeated or missing"), _some(ids[bad]))
    if not (np.isfinite(x) & np.isfinite(y)).all():
        rows = ids[~(np.isfinite(x) & np.isfinite(y))]
        raise _wrong("nodes", _("nodes without coordinates"), _some(rows))
    missing = [c for c in ("u", "v", "length", "kind") if c not in edges.columns]
    if missing:
        raise _wrong("edges", _("columns are missing: {some}").fill(some=_some(missing)))
    if not edges.index.is_unique:
        raise _wrong(
            "edges",
            _("the index is not unique"),
            _some(edges.index[edges.index.duplicated()]),
            both("edges.reset_index(drop=True)"),
        )
    try:
        # nodes are numbered by rank of their id: ties go by number, so that the answer does not
        # depend on the order of rows
        order = np.asarray(ids.argsort())
    except TypeError as error:
        raise _wrong(
            "nodes",
            _("ids are of mixed types"),
            remedy=_("use one type"),
        ) from error
    ranked = ids[order]
    ends = [ranked.get_indexer(pd.Index(edges[c])) for c in ("u", "v")]
    lost = (ends[0] < 0) | (ends[1] < 0)
    if lost.any():
        raise _wrong(
            "edges",
            _("edges to nodes that do not exist"),
            _some(edges.index[lost]),
        )
    # text that is no number becomes NaN and is refused with the rest
    length = pd.to_numeric(edges["length"], errors="coerce").to_numpy(float)
    short = ~(np.isfinite(length) & (length > 0))
    if short.any():
        raise _wrong(
            "edges",
            _("lengths missing, infinite or not above 0"),
            _some(edges.index[short]),
        )
    kind = edges["kind"].astype(object).to_numpy()
    odd = ~pd.Series(kind, dtype=object).isin(KINDS).to_numpy(bool)
    if odd.any():
        raise _wrong(
            "edges",
            _("kind other than {kinds}: {some}").fill(
                kinds=", ".join(KINDS), some=_some(set(kind[odd]))
            ),
            _some(edges.index[odd]),
        )
    u, v = (end.astype(np.int64) for end in ends)
    lines = EdgeLines(x[order], y[order], u, v, geometry_of(edges))
    return StreetGraph(
        ranked, order, x[order], y[order], u, v, length, kind, edges.index, lines, crs
    )
