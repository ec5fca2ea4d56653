"""Cycle infrastructure as a network of lines: what is built, and in how many directions one rides.

How lines are connected is in :mod:`metrogis.streets.connection`, whose functions stand here, too.
What it does not say: infrastructure is not the whole network a cyclist uses; quiet streets between
its parts are not in these lines.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.i18n import LANGUAGES, Text, _, is_missing, plain_number
from metrogis.osm import hstore
from metrogis.osm.lifecycle import standing, states_of
from metrogis.osm.tagtable import distinct_tags
from metrogis.osm.values import GONE, PLANNED, plain_key
from metrogis.provenance import Audit
from metrogis.streets.connection import (
    _shared_vertices,
    component_lengths,
    components,
    group_labels,
    line_ends,
    network_form,
)
from metrogis.streets.once import drawn_once
from metrogis.streets.overlaps import overlapping
from metrogis.streets.ridden import directions, row_names, ways_ridden

__all__ = [
    "Split",
    "_shared_vertices",
    "built",
    "by_state",
    "component_lengths",
    "components",
    "directions",
    "group_labels",
    "has_ids",
    "line_ends",
    "met",
    "network_form",
]

_OWN_STATES = {
    **{state: state for state in ("built", "planned", "unknown")},
    **dict.fromkeys(PLANNED, "planned"),
    **dict.fromkeys(GONE, "gone"),
}
"""Words of the column ``state``; all others are unknown."""


class Split(NamedTuple):
    """Cycle infrastructure by its state; ``audit`` says what was decided and how.

    ``meets``: metres within which ends of lines meet what is there; 0 where lines share OSM's
    nodes.
    """

    built: gpd.GeoDataFrame
    planned: gpd.GeoDataFrame
    unknown: gpd.GeoDataFrame
    audit: Audit
    meets: float = 0.0


def by_state(
    routes: gpd.GeoDataFrame,
    *,
    layer: str = "cycle_routes",
    line_tolerance: float = 1.0,
    shared_nodes: bool | None = None,
) -> Split:
    """Part cycle infrastructure into built, planned (or under construction), and unknown.

    A column ``state`` (``built``, ``planned``, ``unknown``) decides where it is filled; else OSM
    tags do (:func:`metrogis.osm.lifecycle.standing`): ``highway=proposed`` and
    ``proposed:highway=cycleway`` are planned, ``disused`` and the like are dropped, values that
    nobody lists are unknown. Rows whose tags say nothing are built. What stands and is closed to
    bicycles by its tags (:func:`directions` counts none) is dropped: length, network and stress
    say the same of it. Multi-part lines become one
    row per part (parts need not touch), and what is drawn twice (in either direction, there and
    back, within ``line_tolerance``) is kept once, so that length counts once.

    Parameters
    ----------
    routes : GeoDataFrame of lines
        Any CRS. Columns used when there: ``state``, ``other_tags``, and a column per OSM tag.
    layer : str
        Named in the audit.
    line_tolerance : float
        Metres, see :func:`metrogis.streets.once.drawn_once`; of data in degrees only lines of
        exactly one course are one. In data without shared nodes ends of lines meet within it.
    shared_nodes : bool, optional
        Whether lines that meet share a vertex, as OpenStreetMap's do. By default where a column
        of its ids is filled (``osm_id``, ``@id`` ...).

    Returns
    -------
    Split
        Three frames with the index and columns of ``routes``, and the audit.

    Examples
    --------
    >>> from shapely import LineString
    >>> routes = gpd.GeoDataFrame(
    ...     {"highway": ["cycleway", "proposed", None]},
    ...     geometry=[LineString([(i, 0), (i, 9)]) for i in range(3)], crs="EPSG:2180")
    >>> split = by_state(routes)
    >>> len(split.built), len(split.planned), len(split.unknown)
    (2, 1, 0)
    """
    audit = Audit()
    geometry = routes.geometry.to_numpy()
    void = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    what = _("lines without geometry")
    audit = audit.add(layer, "dropped", int(void.sum()), what, routes.index[void])
    routes = routes.loc[~void]
    state, found = _states(routes, layer)
    audit += found
    state, found = _closed(routes, state, layer)
    audit += found
    parts, multi = _single_parts(routes.assign(_state=state))
    what = _("multi-part lines split into parts")
    audit = audit.add(layer, "repaired", multi, what)
    # built first: of a line drawn as built and as planned the built one is kept
    rank = (
        parts["_state"]
        .map({"built": 0, "unknown": 1, "planned": 2, "gone": 3, "closed": 3})
        .to_numpy()
    )
    order = np.argsort(rank, kind="stable")
    degrees = parts.crs is not None and parts.crs.is_geographic
    # a millimetre, or 1e-8 degrees: lines of one course that differ by less are one
    keys = _courses(parts.geometry.to_numpy()[order], digits=8 if degrees else 3)
    repeated = np.zeros(len(parts), dtype=bool)
    repeated[order] = pd.Series(keys).duplicated().to_numpy()
    what = _("lines drawn a second time")
    audit = audit.add(layer, "dropped", int(repeated.sum()), what, parts.index[repeated])
    parts = parts.loc[~repeated]
    built = parts[(parts["_state"] == "built").to_numpy()]
    over = overlapping(built.geometry.to_numpy())
    what = _("lines that lie on another one along a part: that part counts once")
    audit = audit.add(layer, "noted", int(over.sum()), what, built.index[over])
    if not degrees:
        parts, found = _once(parts, rank[~repeated], line_tolerance, layer)
        audit += found

    def only(value: str) -> gpd.GeoDataFrame:
        return parts.loc[(parts["_state"] == value).to_numpy()].drop(columns="_state")

    if shared_nodes is None:
        shared_nodes = has_ids(routes)
    meets = 0.0 if shared_nodes or degrees else line_tolerance
    return Split(only("built"), only("planned"), only("unknown"), audit, meets)


def _once(
    parts: gpd.GeoDataFrame, rank: Array, tolerance: float, layer: str
) -> tuple[gpd.GeoDataFrame, Audit]:
    """Keep every stretch of lines once; say what was taken away."""
    kept = drawn_once(parts.geometry.to_numpy(), tolerance, rank=rank)
    if len(kept.dropped) == 0 and len(kept.cut) == 0:
        return parts, Audit()
    km = kept.metres.sum() / 1000
    touched = np.sort(np.concatenate([kept.dropped, kept.cut]))
    within = _plain(tolerance)
    what = _("stretches drawn again within {within} m: {km:2} km count once").fill(
        within=within, km=km
    )
    audit = Audit().add(layer, "dropped", len(touched), what, row_names(parts, touched))
    whole = parts.iloc[kept.row]
    return whole.set_geometry(gpd.GeoSeries(kept.line, index=whole.index, crs=parts.crs)), audit


_IDS = frozenset({"osm_id", "@id", "osm_way_id", "full_id", "@osm_id", "osmid", "way_id", "@type"})


def has_ids(routes: pd.DataFrame) -> bool:
    """Tell whether lines come from OpenStreetMap, whose lines share the nodes where they meet.

    >>> has_ids(pd.DataFrame({"osm_id": ["123"]})), has_ids(pd.DataFrame({"NAZWA": ["A"]}))
    (True, False)
    """
    for column in routes.columns:
        if not isinstance(column, str):
            continue
        key = column.strip().lower()
        filled = routes[column].notna()
        if (key in _IDS or key == "other_tags") and filled.any():
            return True
        if key == "id" and routes[column][filled].astype(str).str.match(r"way/\d").any():
            return True
    return False


def met(split: Split, *, layer: str = "cycle_routes") -> Audit:
    """Say how many parts of the built network meet only because lines may lie a little apart.

    >>> from shapely import LineString
    >>> lines = [LineString([(0, 0), (9, 0)]), LineString([(9.5, 0), (20, 0)])]
    >>> routes = gpd.GeoDataFrame(geometry=lines, crs="EPSG:2180")
    >>> met(by_state(routes)).rows[0].count, len(met(by_state(routes, shared_nodes=True)))
    (1, 0)
    """
    built = split.built
    if split.meets <= 0 or len(built) == 0:
        return Audit()
    apart, joined = components(built), components(built, meets=split.meets)
    # of every part joined by the tolerance one keeps its name, the others hang on it
    first = np.unique(joined, return_index=True)[1]
    # parts of the network that are not the first of theirs hang on it by the tolerance alone
    hanging = np.unique(apart[apart != apart[first][joined]])
    what = _("parts of the network joined within {plain} m (data without OSM nodes)").fill(
        plain=_plain(split.meets)
    )
    shown = [int(np.flatnonzero(apart == label)[0]) for label in hanging[:6]]
    return Audit().add(layer, "repaired", len(hanging), what, built.index[shown])


def _plain(metres: float) -> Text:
    return Text.of({x: plain_number(metres, x) for x in LANGUAGES})


def _courses(lines: Array, *, digits: int) -> Array:
    """Return what lines of one course have in common, however many vertices they are drawn with.

    A vertex that lies on the line through its neighbours, but for rounding to ``digits`` decimals,
    changes nothing.
    """
    bare = np.asarray(shapely.simplify(lines, 10.0**-digits), dtype=object)
    closed = shapely.is_closed(lines)  # where a ring begins is a vertex of its own
    bare[closed] = lines[closed]
    # + 0.0: -0.0 and 0.0 are written differently
    rounded = shapely.transform(bare, lambda xy: xy.round(digits) + 0.0)
    return np.asarray(shapely.to_wkb(shapely.normalize(rounded)))


def built(
    routes: gpd.GeoDataFrame, *, layer: str = "cycle_routes"
) -> tuple[gpd.GeoDataFrame, Audit]:
    """Return the built lines of :func:`by_state`, and the audit.

    Examples
    --------
    >>> from shapely import LineString
    >>> line = LineString([(0, 0), (9, 0)])
    >>> routes = gpd.GeoDataFrame({"highway": ["construction"]}, geometry=[line], crs=2180)
    >>> lines, audit = built(routes)
    >>> len(lines), audit.rows[0].count
    (0, 1)
    """
    split = by_state(routes, layer=layer)
    return split.built, split.audit


def _single_parts(routes: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int]:
    counts = shapely.get_num_geometries(routes.geometry.to_numpy())
    if (counts == 1).all() and (routes.geom_type == "LineString").all():
        return routes, 0
    return routes.explode(index_parts=False), int((counts > 1).sum())


def _states(routes: gpd.GeoDataFrame, layer: str) -> tuple[Array, Audit]:
    table = pd.DataFrame(routes.drop(columns=routes.geometry.name))
    own = table["state"].astype(object).map(_word) if "state" in table else None
    tagged = [c for c in table.columns if c != "state"]
    found = states_of(table[tagged], ("highway",), layer=layer)
    audit = found.audit
    tag = found.tag.copy()
    told = found.state != ""
    state = np.where(told, found.state, "built").astype(object)
    hinted, unread = _hinted(table, ~told)
    state[unread] = "unknown"
    along, tag_along = _along_streets(table[tagged], (state == "built") & told, found.tag, layer)
    state = np.where(along != "", along, state)
    tag = np.where(along != "", tag_along, tag)
    audit = audit.add(
        layer,
        "guessed",
        int(hinted.sum()),
        _("no highway value, but tags speak of construction or a plan: counted as built"),
        row_names(routes, hinted),
    )
    if own is not None:
        stated = own.notna().to_numpy()
        state[stated] = own[stated].map(lambda v: _OWN_STATES.get(v, "unknown"))
        tag[stated] = [f"state={v}" for v in own[stated]]
    elif "highway" not in {plain_key(str(c)) for c in table.columns} and not told.any():
        audit = audit.add(
            layer,
            "guessed",
            len(routes),
            _("no column state or highway: all lines counted as built"),
        )
    listed = np.array([t == "" or t == "state=unknown" for t in tag], dtype=bool)
    strange = (state == "unknown") & ~listed & ~unread
    audit = audit.add(
        layer,
        "unknown",
        int(strange.sum()),
        _("values that no list has: whether the lines stand is unknown"),
        [f"{t} ({n})" for t, n in Counter(tag[strange]).most_common()],
    )
    for value, action, text in (
        ("planned", "noted", _("lines planned or being built")),
        ("unknown", "unknown", _("lines of unknown state")),
        ("gone", "dropped", _("lines that are gone")),
    ):
        here = (state == value) & ~strange
        audit = audit.add(layer, action, int(here.sum()), text, row_names(routes, here))  # type: ignore[arg-type]
    return state, audit


def _closed(routes: gpd.GeoDataFrame, state: Array, layer: str) -> tuple[Array, Audit]:
    """Mark what stands and no bicycle may use, by the table of direction and access."""
    state = np.asarray(state, dtype=object).copy()
    rows = np.flatnonzero(state == "built")
    shut = ways_ridden(routes.iloc[rows]) == 0
    state[rows[shut]] = "closed"
    what = _("lines that tags close to bicycles: in no network and no length")
    return state, Audit().add(
        layer, "dropped", int(shut.sum()), what, row_names(routes, rows[shut])
    )


_STREETS = frozenset({
    "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential",
    "living_street", "service", "road",
})  # fmt: skip
"""Highways that are there for cars: a cycle route on one is what its cycleway tags say."""
_SIDES = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")


def _along_streets(
    table: pd.DataFrame, built: Array, tag: Array, layer: str
) -> tuple[Array, Array]:
    """Return the state of cycleways planned, or gone, along streets that stand; empty: no word."""
    state, told = (np.full(len(table), "", dtype=object) for _ in range(2))
    value = pd.Series(tag, dtype=object).str.removeprefix("highway=").str.removesuffix("_link")
    rows = np.flatnonzero(built & value.isin(_STREETS).to_numpy())
    if not len(rows):
        return state, told

    def concerns(key: str) -> bool:
        return key in _SIDES or key.partition(":")[2] in _SIDES

    if not any(c in ("tags", "other_tags") or concerns(plain_key(str(c))) for c in table.columns):
        return state, told
    found = distinct_tags(table.iloc[rows], concerns, layer=layer)
    each = [standing(tags, _SIDES) for tags in found.sets]
    for row, which in zip(rows.tolist(), found.which.tolist(), strict=True):
        if each[which].state in ("planned", "gone"):
            state[row], told[row] = each[which]
    return state, told


def _word(value: Any) -> str | None:
    """Return a state as it is compared; None for a blank one."""
    return None if is_missing(value) else str(value).strip().lower() or None


def _hinted(table: pd.DataFrame, silent: Array) -> tuple[Array, Array]:
    """Rows that tags do not decide: whose tags name a plan or a site; whose tags are unreadable."""
    hinted, unread = np.zeros(len(table), dtype=bool), np.zeros(len(table), dtype=bool)
    if "other_tags" in table and silent.any():
        given = table["other_tags"][silent].astype(object)
        tags, audit = hstore.tags_of(given, layer="")
        hinted[silent] = [any(key in t for key in PLANNED) for t in tags]
        if len(audit):
            unread[silent] = [
                len(t) == 0 and isinstance(text, str) and text.strip() != ""
                for t, text in zip(tags, given, strict=True)
            ]
    return hinted, unread
