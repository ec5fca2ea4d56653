"""Cycle infrastructure as a network of lines: what is built, how long, how connected.

Lines belong together where they share a vertex (any vertex, not only an end: OSM ways meet in the
middle, too), and, at a tolerance above 0, where they come that near to each other. Two lines that
cross without a shared vertex are a bridge and what runs below it: they stay apart at tolerance 0,
and are one at any tolerance above it.

What it does not say: infrastructure is not the whole network a cyclist uses; quiet streets between
its parts are not in these lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from metrogis import crs as crs_rules
from metrogis.errors import ParameterError
from metrogis.osm import hstore
from metrogis.osm.lifecycle import states_of
from metrogis.osm.tagtable import distinct_tags
from metrogis.osm.values import GONE, PLANNED, plain_key
from metrogis.provenance import Audit
from metrogis.streets.directions import (
    INFRASTRUCTURE,
    RINGS,
    side_of,
    sides_served,
    traffic_direction,
)
from metrogis.streets.overlaps import overlapping
from metrogis.streets.permissions import decide, matters
from metrogis.texts import Text, is_missing

Lines: TypeAlias = "gpd.GeoSeries | gpd.GeoDataFrame"
Array: TypeAlias = npt.NDArray[Any]

_OWN_STATES = {
    **{state: state for state in ("built", "planned", "unknown")},
    **dict.fromkeys(PLANNED, "planned"),
    **dict.fromkeys(GONE, "gone"),
}
"""Words of the column ``state``; all others are unknown."""

_OFF_ROAD = ("bridleway", "cycleway", "footway", "path", "pedestrian", "steps", "track")


class Split(NamedTuple):
    """Cycle infrastructure by its state; ``audit`` says what was decided and how."""

    built: gpd.GeoDataFrame
    planned: gpd.GeoDataFrame
    unknown: gpd.GeoDataFrame
    audit: Audit


def by_state(routes: gpd.GeoDataFrame, *, layer: str = "cycle_routes") -> Split:
    """Part cycle infrastructure into built, planned (or under construction), and unknown.

    A column ``state`` (``built``, ``planned``, ``unknown``) decides where it is filled; else OSM
    tags do (:func:`metrogis.osm.lifecycle.standing`): ``highway=proposed`` and
    ``proposed:highway=cycleway`` are planned, ``disused`` and the like are dropped, values that
    nobody lists are unknown. Rows whose tags say nothing are built. Multi-part lines become one
    row per part (parts need not touch), and a line drawn twice (in either direction) is kept once,
    so that length counts once.

    Parameters
    ----------
    routes : GeoDataFrame of lines
        Any CRS. Columns used when there: ``state``, ``other_tags``, and a column per OSM tag.
    layer : str
        Named in the audit.

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
    what = Text("linie bez geometrii", "lines without geometry")
    audit = audit.add(layer, "dropped", int(void.sum()), what, routes.index[void])
    routes = routes.loc[~void]
    state, found = _states(routes, layer)
    audit += found
    parts, multi = _single_parts(routes.assign(_state=state))
    what = Text("linie wieloczęściowe podzielono na części", "multi-part lines split into parts")
    audit = audit.add(layer, "repaired", multi, what)
    # built first: of a line drawn as built and as planned the built one is kept
    rank = parts["_state"].map({"built": 0, "unknown": 1, "planned": 2, "gone": 3}).to_numpy()
    order = np.argsort(rank, kind="stable")
    degrees = parts.crs is not None and parts.crs.is_geographic
    keys = _courses(parts.geometry.to_numpy()[order], digits=8 if degrees else 3)
    repeated = np.zeros(len(parts), dtype=bool)
    repeated[order] = pd.Series(keys).duplicated().to_numpy()
    what = Text("linie narysowane drugi raz", "lines drawn a second time")
    audit = audit.add(layer, "dropped", int(repeated.sum()), what, parts.index[repeated])
    parts = parts.loc[~repeated]

    def only(value: str) -> gpd.GeoDataFrame:
        return parts.loc[(parts["_state"] == value).to_numpy()].drop(columns="_state")

    built = only("built")
    over = overlapping(built.geometry.to_numpy())
    what = Text(
        "linie, które częścią przebiegu leżą na innej: ta część liczy się raz",
        "lines that lie on another one along a part: that part counts once",
    )
    audit = audit.add(layer, "noted", int(over.sum()), what, built.index[over])
    return Split(built, only("planned"), only("unknown"), audit)


def _courses(lines: Array, *, digits: int) -> Array:
    """Return what lines of one course have in common, however many vertices they are drawn with.

    A vertex that lies on the line through its neighbours, but for rounding to ``digits`` decimals,
    changes nothing.
    """
    bare = np.asarray(shapely.simplify(lines, 10.0**-digits), dtype=object)
    closed = shapely.is_closed(lines)  # where a ring begins is a vertex of its own
    bare[closed] = lines[closed]
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
    audit = audit.add(
        layer,
        "guessed",
        int(hinted.sum()),
        Text(
            "brak wartości highway, a tagi mówią o budowie lub planie: liczone jako istniejące",
            "no highway value, but tags speak of construction or a plan: counted as built",
        ),
        _names(routes, hinted),
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
            Text(
                "brak kolumn state i highway: wszystkie linie liczone jako istniejące",
                "no column state or highway: all lines counted as built",
            ),
        )
    listed = np.array([t == "" or t == "state=unknown" for t in tag], dtype=bool)
    strange = (state == "unknown") & ~listed & ~unread
    audit = audit.add(
        layer,
        "unknown",
        int(strange.sum()),
        Text(
            "wartości spoza list: nie wiadomo, czy linie istnieją",
            "values that no list has: whether the lines stand is unknown",
        ),
        [f"{t} ({n})" for t, n in Counter(tag[strange]).most_common()],
    )
    for value, action, text in (
        ("planned", "noted", Text("linie planowane lub w budowie", "lines planned or being built")),
        ("unknown", "unknown", Text("linie o nieznanym stanie", "lines of unknown state")),
        ("gone", "dropped", Text("linie zlikwidowane", "lines that are gone")),
    ):
        here = (state == value) & ~strange
        audit = audit.add(layer, action, int(here.sum()), text, _names(routes, here))  # type: ignore[arg-type]
    return state, audit


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


def _names(routes: gpd.GeoDataFrame, mask: Array) -> list[Any]:
    column = routes["osm_id"] if "osm_id" in routes else routes.index.to_series()
    return column[mask].head(6).tolist()


# --------------------------------------------------------------------------- directions


def directions(routes: gpd.GeoDataFrame, *, layer: str = "cycle_routes") -> tuple[Array, Audit]:
    """Tell in how many directions each line may be ridden: 0, 1 or 2.

    As the table of direction and access says that the network is built by
    (:func:`metrogis.streets.permissions.decide`); of a two-way road with a lane or track on one
    side only the directions count in which that runs. Of lines without ``highway`` only what
    other tags say counts.

    Parameters
    ----------
    routes : GeoDataFrame
        With ``other_tags``, or tags as columns (``oneway``, ``oneway:bicycle``, ...).

    Returns
    -------
    count : array of int, shape (rows,)
    audit : Audit
        How many lines carry no tag that tells: 2 is then a guess; how many are closed to bicycles.

    Examples
    --------
    >>> from shapely import LineString
    >>> routes = gpd.GeoDataFrame(
    ...     {"highway": ["cycleway", "path"], "other_tags": ['"oneway"=>"yes"', None]},
    ...     geometry=[LineString([(0, 0), (9, 0)])] * 2, crs="EPSG:2180")
    >>> directions(routes)[0].tolist()
    [1, 2]
    """
    shape = getattr(routes, "active_geometry_name", None)
    table = pd.DataFrame(routes)[[c for c in routes.columns if isinstance(c, str) and c != shape]]
    audit, sets, which = Audit(), [dict[str, str]()], np.zeros(len(routes), np.int64)
    if any(c in ("tags", "other_tags") or matters(c) for c in table.columns):
        found = distinct_tags(table, matters, layer=layer)
        audit, sets, which = found.audit, found.sets or sets, found.which
    counts = np.array([_ridden(tags) for tags in sets], dtype=np.int64)[which]
    silent = np.array([not _tells_direction(tags) for tags in sets], dtype=bool)[which]
    audit = audit.add(
        layer,
        "guessed",
        int((silent & (counts > 0)).sum()),
        Text(
            "brak tagu kierunku: liczone jako dwukierunkowe",
            "no tag of direction: counted in both directions",
        ),
    )
    shut = counts == 0
    return counts, audit.add(
        layer,
        "noted",
        int(shut.sum()),
        Text(
            "linie, po których tagi nie pozwalają jechać rowerem: w długości według kierunków zero",
            "lines that tags close to bicycles: zero in the length by direction",
        ),
        _names(routes, shut),
    )


def _ridden(tags: dict[str, str]) -> int:
    """Return the number of directions in which a line may be ridden as infrastructure."""
    highway = tags.get("highway")
    if highway is None:
        # what is no street by its tags is in the layer all the same: access does not decide
        verdict = decide({**tags, "highway": "cycleway"}, "bike")
    else:
        verdict = decide(tags, "bike")
    open_ = verdict[:2]
    if highway is not None and _one_sided(tags):
        open_ = sides_served(tags, open_)
    return sum(open_)


def _one_sided(tags: dict[str, str]) -> bool:
    """Tell whether a two-way road has infrastructure on one side only."""
    if tags.get("highway") in _OFF_ROAD or traffic_direction(tags) is not None:
        return False
    sides = [side_of(tags, side)[0] for side in ("left", "right")]
    return (sides[0] in INFRASTRUCTURE) != (sides[1] in INFRASTRUCTURE) and not any(
        kind.startswith("opposite") for kind in sides
    )


def _tells_direction(tags: dict[str, str]) -> bool:
    """Tell whether any tag of a line speaks of directions."""
    if "oneway" in tags or "oneway:bicycle" in tags or tags.get("junction") in RINGS:
        return True
    if any(key.endswith((":oneway", ":forward", ":backward")) for key in tags):
        return True
    sides = [tags.get(f"cycleway:{side}", "") for side in ("left", "right", "both")]
    if any(v.startswith("opposite") for v in (*sides, tags.get("cycleway", ""))):
        return True
    return _one_sided(tags)


# --------------------------------------------------------------------------- connection


def components(lines: Lines, *, tolerance: float = 0.0) -> Array:
    """Label lines by the connected network they belong to.

    Parameters
    ----------
    lines : GeoSeries or GeoDataFrame of lines
        Projected CRS in metres. A row is one line, its parts (if any) together.
    tolerance : float
        Metres. 0: lines are joined by a vertex with exactly equal coordinates (equal positions
        stay equal in a reprojection). Above: also by a distance of at most this.

    Returns
    -------
    array of int, shape (rows,)
        Labels 0, 1, ... in order of first appearance.

    Raises
    ------
    CRSError, ParameterError

    Examples
    --------
    >>> from shapely import LineString
    >>> lines = gpd.GeoSeries(
    ...     [LineString([(0, 0), (5, 0), (9, 0)]), LineString([(5, 0), (5, 7)]),
    ...      LineString([(5, 12), (5, 20)])], crs="EPSG:2180")
    >>> components(lines).tolist(), components(lines, tolerance=5).tolist()
    ([0, 0, 1], [0, 0, 0])
    """
    crs_rules.require_metric(lines, layer="lines")
    if not 0 <= tolerance < np.inf:
        raise ParameterError(
            Text(
                f"tolerancja {tolerance} nie jest odległością w metrach",
                f"a tolerance of {tolerance} is not a distance in metres",
            ),
            place="tolerance",
            remedy=Text("podaj liczbę od 0", "give a number from 0"),
        )
    geometry = lines.geometry.to_numpy()
    a, b = _shared_vertices(geometry)
    if tolerance > 0:
        near = shapely.STRtree(geometry).query(geometry, predicate="dwithin", distance=tolerance)
        once = near[0] < near[1]
        a, b = np.concatenate([a, near[0][once]]), np.concatenate([b, near[1][once]])
    return group_labels(a, b, len(geometry))


def group_labels(a: Array, b: Array, count: int) -> Array:
    """Label ``count`` things joined by the pairs ``a``, ``b``, in order of first appearance.

    >>> group_labels(np.array([2]), np.array([0]), 3).tolist()
    [0, 1, 0]
    """
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
    _, raw = connected_components(graph.tocsr(), directed=False)
    # numbered by first appearance, whatever scipy's own order
    return pd.factorize(raw)[0].astype(np.int64)


def _vertices(geometry: Array) -> tuple[Array, Array, Array]:
    """Return coordinates, their line, and an id of their position; repeats in a row left out."""
    xy, line = shapely.get_coordinates(geometry, return_index=True)
    xy = xy + 0.0  # -0.0 and 0.0 are one place
    if len(xy):
        fresh = np.ones(len(xy), dtype=bool)
        fresh[1:] = (line[1:] != line[:-1]) | (xy[1:] != xy[:-1]).any(axis=1)
        xy, line = xy[fresh], line[fresh]
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    step = np.zeros(len(xy), dtype=np.int64)
    step[1:] = (xy[order][1:] != xy[order][:-1]).any(axis=1)
    place = np.empty(len(xy), dtype=np.int64)
    place[order] = np.cumsum(step)
    return xy, line, place


def _shared_vertices(geometry: Array) -> tuple[Array, Array]:
    """Pairs of lines that chain together all lines of each shared vertex."""
    _, line, place = _vertices(geometry)
    order = np.lexsort((line, place))
    line, place = line[order], place[order]
    same = (place[1:] == place[:-1]) & (line[1:] != line[:-1])
    return line[:-1][same], line[1:][same]


def component_lengths(lines: Lines, labels: Array) -> Array:
    """Return the length in metres of each connected network, by label.

    >>> from shapely import LineString
    >>> lines = gpd.GeoSeries([LineString([(0, 0), (0, 3)]), LineString([(9, 0), (9, 4)])],
    ...                       crs="EPSG:2180")
    >>> component_lengths(lines, components(lines)).tolist()
    [3.0, 4.0]
    """
    return np.bincount(labels, weights=shapely.length(lines.geometry.to_numpy()))


def network_form(lines: Lines, *, tolerances: Sequence[float] = (0.0, 10.0, 20.0)) -> pd.DataFrame:
    """Describe how connected a network is, at several tolerances.

    Parameters
    ----------
    lines : GeoSeries or GeoDataFrame of lines
        Projected CRS in metres.
    tolerances : sequence of float
        Metres, see :func:`components`.

    Returns
    -------
    DataFrame
        One row per tolerance: ``tolerance`` (m), ``lines``, ``length_km``, ``components``,
        ``largest_km``, ``largest_share`` (of the length; NaN without lines).

    Examples
    --------
    >>> from shapely import LineString
    >>> lines = gpd.GeoSeries([LineString([(0, 0), (0, 3)]), LineString([(9, 0), (9, 1)])],
    ...                       crs="EPSG:2180")
    >>> network_form(lines)[["tolerance", "components", "largest_share"]].values.tolist()
    [[0.0, 2.0, 0.75], [10.0, 1.0, 1.0], [20.0, 1.0, 1.0]]
    """
    crs_rules.require_metric(lines, layer="lines")
    total = float(shapely.length(lines.geometry.to_numpy()).sum())
    rows = []
    for tolerance in tolerances:
        lengths = component_lengths(lines, components(lines, tolerance=tolerance))
        largest = float(lengths.max(initial=0.0))
        rows.append(
            {
                "tolerance": float(tolerance),
                "lines": len(lines),
                "length_km": total / 1000,
                "components": len(lengths),
                "largest_km": largest / 1000,
                "largest_share": largest / total if total > 0 else np.nan,
            }
        )
    return pd.DataFrame(rows)


# --------------------------------------------------------------------------- ends


def line_ends(lines: Lines, *, tolerance: float = 3.0) -> gpd.GeoDataFrame:
    """Find ends that lead nowhere, and those that look like drawing errors.

    Parameters
    ----------
    lines : GeoSeries or GeoDataFrame of single-part lines
        Projected CRS in metres.
    tolerance : float
        Metres; 3 by default, as in BikeDNA (Viero et al. 2023).

    Returns
    -------
    GeoDataFrame of points
        One row per dangling end (an end whose vertex no line has again): ``line`` (index of the
        line), ``kind``, ``spur_m`` (length of the line from the end to its nearest shared
        vertex; infinite without one), ``gap_m`` (distance to the nearest other line; NaN
        unless an undershoot). Kinds: ``overshoot`` (spur within the tolerance: the line was drawn
        past its junction), ``undershoot`` (another line within the tolerance, not joined:
        the line was drawn too short), else ``dangling``.

    Examples
    --------
    >>> from shapely import LineString
    >>> lines = gpd.GeoSeries([LineString([(0, 0), (50, 0), (100, 0), (102, 0)]),
    ...                        LineString([(50, 0), (50, 30)]), LineString([(100, 0), (100, 30)]),
    ...                        LineString([(0, 2), (0, 30)])], crs="EPSG:2180")
    >>> line_ends(lines)[["line", "kind", "gap_m"]].values.tolist()
    [[0, 'undershoot', 2.0], [0, 'overshoot', nan], [1, 'dangling', nan],
     [2, 'dangling', nan], [3, 'undershoot', 2.0], [3, 'dangling', nan]]
    """
    crs = crs_rules.require_metric(lines, layer="lines")
    geometry = lines.geometry.to_numpy()
    xy, line, place = _vertices(geometry)
    shared = np.bincount(place, minlength=1)[place] > 1 if len(place) else np.zeros(0, dtype=bool)
    first = np.flatnonzero(np.r_[True, line[1:] != line[:-1]]) if len(line) else np.zeros(0, int)
    last = np.r_[first[1:], len(line)] - 1 if len(line) else first
    step = np.zeros(len(xy))
    step[1:] = np.where(line[1:] == line[:-1], np.hypot(*(xy[1:] - xy[:-1]).T), 0.0)
    along = np.cumsum(step)
    # the nearest shared vertex ahead of each vertex, and behind it, on its own line
    ahead = np.minimum.accumulate(np.where(shared, np.arange(len(xy)), len(xy))[::-1])[::-1]
    behind = np.maximum.accumulate(np.where(shared, np.arange(len(xy)), -1))

    def spur(ends: Array, nearest: Array) -> Array:
        inside = (nearest >= 0) & (nearest < len(xy))
        target = np.where(inside, nearest, ends)
        inside &= line[target] == line[ends]
        return np.where(inside, np.abs(along[target] - along[ends]), np.inf)

    ends = np.concatenate([first, last])
    spurs = np.concatenate([spur(first, ahead[first]), spur(last, behind[last])])
    order = np.argsort(ends, kind="stable")
    ends, spurs = ends[order], spurs[order]
    loose = ~shared[ends]
    ends, spurs = ends[loose], spurs[loose]
    points = shapely.points(xy[ends])
    gap = np.full(len(ends), np.nan)
    overshoot = spurs <= tolerance
    tree = shapely.STRtree(geometry)
    i, j = tree.query(points, predicate="dwithin", distance=tolerance)
    other = (j != line[ends][i]) & ~overshoot[i]
    i, j = i[other], j[other]
    np.fmin.at(gap, i, shapely.distance(points[i], geometry[j]))
    kind = np.select([overshoot, ~np.isnan(gap)], ["overshoot", "undershoot"], "dangling")
    return gpd.GeoDataFrame(
        {"line": lines.index[line[ends]], "kind": kind, "spur_m": spurs, "gap_m": gap},
        geometry=points,
        crs=crs,
    )
