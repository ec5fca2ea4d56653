"""A network from any line layer: lines join where they share a vertex.

Lines that cross without a shared vertex (a bridge and the road below) stay apart. With a tolerance,
loose ends are joined to what lies near.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from metrogis import crs as crs_rules
from metrogis.arrays import Array
from metrogis.errors import CRSError, ParameterError, SchemaError
from metrogis.i18n import _, both
from metrogis.osm.lifecycle import has_tags, standing
from metrogis.osm.tagtable import distinct_tags
from metrogis.provenance import Action, Audit, audit_of, source_of
from metrogis.streets import topology
from metrogis.streets.network import StreetNetwork
from metrogis.streets.permissions import DROPPED, MODES, Mode, Rules, decide, matters

_DEGREES_LENGTH = 0.5  # m: half of the lines shorter, at coordinates below 180, are degrees


def from_lines(
    gdf: gpd.GeoDataFrame,
    *,
    mode: Mode,
    tolerance: float = 0.0,
    simplify: bool = True,
    rules: Rules = Rules(),
    layer: str = "streets",
) -> StreetNetwork:
    """Build a network from lines.

    Parameters
    ----------
    gdf : GeoDataFrame
        Lines in a projected CRS in metres. Columns become :attr:`StreetNetwork.ways`. Where a
        column ``highway`` is filled, OpenStreetMap's access and one-way rules hold, as far as
        their tags are columns; other lines are open both ways.
    mode : {"walk", "bike", "car"}
    tolerance : float
        Metres. Above 0 the end of a line joins the nearest vertex of another line within it, else
        the nearest point on another line, which gets a vertex there. 0: only shared vertices.
    simplify : bool
        Nodes only where lines meet or end; else every vertex is a node.
    rules : Rules
        Which doubtful ways are used.
    layer : str
        Name in errors and audit.

    Raises
    ------
    CRSError, SchemaError, ParameterError
        When the CRS is not metric, when geometry is not lines, or nothing is left.

    Examples
    --------
    >>> cross = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (5, 0), (9, 0)]),
    ...                                    shapely.LineString([(5, 0), (5, 7)]),
    ...                                    shapely.LineString([(7, -3), (7, 3)])], crs="EPSG:2180")
    >>> from_lines(cross, mode="walk").components().length.tolist()
    [16.0, 6.0]
    """
    if mode not in MODES:
        raise ParameterError(
            _("unknown mode {mode}").fill(mode=repr(mode)),
            layer=layer,
            remedy=_("give walk, bike or car"),
        )
    if not 0 <= tolerance < np.inf:
        raise ParameterError(_("tolerance must be >= 0 m"), layer=layer)
    gdf = _frame(gdf, layer)
    working = crs_rules.require_metric(gdf, layer=layer)
    source, audit = source_of(gdf, layer), audit_of(gdf)
    frame, audit = _single_lines(gdf, audit, layer)
    frame, audit = _drawn_once(frame, audit, layer)
    forward, backward, keep, audit = _open_directions(frame, mode, rules, audit, layer)
    frame, forward, backward = frame[keep].reset_index(drop=True), forward[keep], backward[keep]
    if frame.empty:
        raise SchemaError(
            _("no line of this mode is left"),
            layer=layer,
            remedy=_("check geometry and the tag highway"),
        )
    shapes = np.asarray(frame.geometry.array, dtype=object)
    # vertices of all lines in one array: line i has start[i]:start[i + 1]
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(shapes)))])
    if tolerance > 0:
        xy, start, joined = _join_ends(xy, start, tolerance)
        audit = audit.add(
            layer,
            "repaired",
            joined,
            _("loose ends of lines joined (within {tolerance} m)").fill(tolerance=f"{tolerance:g}"),
        )
    # lines meet where they share a vertex, to the bit; what only crosses (a bridge) does not meet
    key = _places(xy)
    built = topology.build(
        topology.Ways(start, key, xy[:, 0], xy[:, 1], forward, backward, np.zeros(len(key), bool)),
        simplify=simplify,
    )
    return StreetNetwork.from_topology(
        built,
        crs=working,
        mode=mode,
        ways=_table(frame),
        signals=np.zeros(0, np.int64),
        audit=audit,
        source=source,
    )


def _frame(given: Any, layer: str) -> gpd.GeoDataFrame:
    if isinstance(given, gpd.GeoSeries):
        return gpd.GeoDataFrame(geometry=given)
    if isinstance(given, gpd.GeoDataFrame) and given.active_geometry_name is not None:
        return given
    kind = type(given).__name__
    raise SchemaError(
        _("no layer of lines but a {kind}").fill(kind=kind),
        layer=layer,
        remedy=_("give a GeoDataFrame of lines"),
    )


def _places(xy: Array) -> Array:
    """Number the different places among points."""
    # equal points follow each other, a new number begins where one differs from that before
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    new = np.ones(len(xy), bool)
    new[1:] = (np.diff(xy[order], axis=0) != 0).any(axis=1)
    out = np.empty(len(xy), np.int64)
    out[order] = np.cumsum(new) - 1
    return out


def _single_lines(
    gdf: gpd.GeoDataFrame, audit: Audit, layer: str
) -> tuple[gpd.GeoDataFrame, Audit]:
    shapes = np.asarray(gdf.geometry.array, dtype=object)
    kind = shapely.get_type_id(shapes)
    empty = (kind == -1) | shapely.is_empty(shapes)
    # 1 a line, 2 a ring, 5 several lines
    wrong = ~np.isin(kind, (1, 2, 5)) & ~empty
    if wrong.any():
        raise SchemaError(
            _("geometry is not a line"),
            layer=layer,
            place=f"row {gdf.index[wrong][0]}",
            remedy=_("give a layer of lines"),
        )
    audit = audit.add(
        layer,
        "dropped",
        int(empty.sum()),
        _("rows without geometry"),
        map(str, gdf.index[empty][:6]),
    )
    frame = gdf[~empty].explode(ignore_index=True)
    flat = shapely.force_2d(np.asarray(frame.geometry.array, dtype=object))
    length = shapely.length(flat)
    finite = np.isfinite(length) & (length > 0)
    # lines of a few thousandths of a metre, within the range of degrees: the CRS is stated wrongly
    if finite.any() and np.median(length[finite]) < _DEGREES_LENGTH:
        x0, y0, x1, y1 = shapely.total_bounds(flat[finite])
        if -180 <= x0 <= x1 <= 180 and -90 <= y0 <= y1 <= 90:
            raise CRSError(
                _("the coordinates look like degrees, but the layer's CRS is in metres"),
                layer=layer,
                place=f"{x0:.3f} {y0:.3f} - {x1:.3f} {y1:.3f}",
                remedy=both('gdf.set_crs("EPSG:4326", allow_override=True).to_crs("EPSG:2180")'),
            )
    audit = audit.add(layer, "dropped", int((~finite).sum()), _("lines of no length"))
    frame = frame.set_geometry(gpd.GeoSeries(flat, index=frame.index, crs=gdf.crs))
    return frame[finite].reset_index(drop=True), audit


def _drawn_once(
    frame: gpd.GeoDataFrame, audit: Audit, layer: str
) -> tuple[gpd.GeoDataFrame, Audit]:
    """Drop rows that repeat another one in everything; count other lines drawn twice."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    place = pd.Series(shapely.to_wkb(shapely.normalize(shapes)))
    twice = np.flatnonzero(place.duplicated(keep=False))
    if len(twice) == 0:
        return frame, audit
    rows = pd.DataFrame(frame.drop(columns=[frame.geometry.name])).iloc[twice].astype(str)
    # the shape as drawn: a line drawn the other way round is open in the other direction
    rows["_shape"] = shapely.to_wkb(shapes[twice])
    again = np.zeros(len(frame), bool)
    again[twice] = rows.duplicated().to_numpy()
    audit = audit.add(
        layer,
        "dropped",
        int(again.sum()),
        _("rows that repeat another one in everything"),
    )
    audit = audit.add(
        layer,
        "noted",
        int(place[~again].duplicated().sum()),
        _("lines with the course of another line: each counts"),
    )
    return frame[~again].reset_index(drop=True), audit


def _open_directions(
    frame: gpd.GeoDataFrame, mode: Mode, rules: Rules, audit: Audit, layer: str
) -> tuple[Array, Array, Array, Audit]:
    n = len(frame)
    forward, backward, keep = np.ones(n, bool), np.ones(n, bool), np.ones(n, bool)
    table = pd.DataFrame(frame.drop(columns=[frame.geometry.name]))
    columns = [c for c in table.columns if isinstance(c, str)]
    # a layer without a single tag is a plain drawing: open both ways
    if not any(c == "other_tags" or has_tags(c) for c in columns):
        return forward, backward, keep, audit
    found = distinct_tags(table[columns], matters, layer=layer)  # each set of tags once
    audit, kind = audit + found.audit, found.which
    said = [bool(standing(tags).state) or "highway" in tags for tags in found.sets]
    tagged = np.array(said, bool)[kind]
    verdicts = [decide(tags, mode, rules) for tags in found.sets]
    forward = np.array([v.forward for v in verdicts], bool)[kind] | ~tagged
    backward = np.array([v.backward for v in verdicts], bool)[kind] | ~tagged
    keep = forward | backward
    dropped = Counter[str]()
    for verdict, count in zip(
        verdicts, np.bincount(kind[tagged], minlength=len(verdicts)), strict=True
    ):
        if verdict.dropped:
            dropped[verdict.dropped] += int(count)
    for reason, count in dropped.items():
        # a value that the rules do not list may be a street all the same
        action: Action = "unknown" if reason == "unlisted" else "dropped"
        audit = audit.add(layer, action, count, DROPPED[reason])
    audit = audit.add(
        layer,
        "guessed",
        int((~tagged).sum()),
        _("lines without a highway value taken as open both ways"),
    )
    return forward, backward, keep, audit


def _join_ends(xy: Array, start: Array, tolerance: float) -> tuple[Array, Array, int]:
    """Move loose ends onto what lies within the tolerance; return the number of ends joined."""
    count = np.diff(start)
    owner = np.repeat(np.arange(len(count)), count)
    ends = np.unique(np.concatenate([start[:-1], start[1:] - 1]))
    place = _places(xy)
    # an end is loose when no other vertex lies at its place
    loose = ends[np.bincount(place)[place[ends]] == 1]
    if len(loose) == 0:
        return xy, start, 0
    # ends that are near each other form one place; an end near another line's vertex moves to it
    near, other = _vertex_pairs(xy, owner, loose, tolerance)
    out = xy.copy()
    is_loose = np.zeros(len(xy), bool)
    is_loose[loose] = True
    both = is_loose[other]
    fixed_near, fixed_other = near[~both], other[~both]
    gap = np.hypot(*(xy[fixed_near] - xy[fixed_other]).T)
    # of several vertices the nearest, of equally near ones the first
    order = np.lexsort((fixed_other, gap, fixed_near))
    moved, first = np.unique(fixed_near[order], return_index=True)
    out[moved] = xy[fixed_other[order][first]]
    done = np.zeros(len(xy), bool)
    done[moved] = True
    free = both & ~done[near] & ~done[other]
    if free.any():
        links = coo_array(
            (np.ones(int(free.sum())), (near[free], other[free])), shape=(len(xy), len(xy))
        )
        # chains of loose ends near each other meet at their mean
        _, label = connected_components(links, directed=False)
        members = np.unique(np.concatenate([near[free], other[free]]))
        _, group = np.unique(label[members], return_inverse=True)
        for k in (0, 1):
            mean = np.bincount(group, weights=xy[members, k]) / np.bincount(group)
            out[members, k] = mean[group]
        done[members] = True
    # an end that moved to a line's vertex draws the ends beside it along
    late = both & ~done[near] & done[other]
    out[near[late]] = out[other[late]]
    done[near[late]] = True
    # what met no vertex may still touch the inside of a line
    left = loose[~done[loose]]
    out, start, split = _split_lines(out, start, left, tolerance)
    return out, start, int(done.sum()) + split


def _vertex_pairs(xy: Array, owner: Array, loose: Array, tolerance: float) -> tuple[Array, Array]:
    """Return pairs (loose end, vertex of another line, or the other end) within the tolerance."""
    reach = cKDTree(xy[loose]).sparse_distance_matrix(cKDTree(xy), tolerance, output_type="ndarray")
    near, other = loose[reach["i"]], reach["j"]
    strange = owner[near] != owner[other]
    return near[strange], other[strange]


def _split_lines(
    xy: Array, start: Array, ends: Array, tolerance: float
) -> tuple[Array, Array, int]:
    """Give lines a vertex where a loose end comes near their inside, and move the end there."""
    if len(ends) == 0:
        return xy, start, 0
    owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
    # vertex i begins a straight piece when the next vertex is of the same line
    piece = np.flatnonzero(owner[:-1] == owner[1:])
    pieces = np.asarray(shapely.linestrings(np.stack([xy[piece], xy[piece + 1]], axis=1)))
    tree = shapely.STRtree(pieces)
    i, j = tree.query(shapely.points(xy[ends]), predicate="dwithin", distance=tolerance)
    # a line does not end on itself: a loop that nearly closes stays open
    i, j = i[owner[ends[i]] != owner[piece[j]]], j[owner[ends[i]] != owner[piece[j]]]
    if len(i) == 0:
        return xy, start, 0
    at, a, b = xy[ends[i]], xy[piece[j]], xy[piece[j] + 1]
    step = b - a
    square = (step**2).sum(axis=1)
    share = np.clip(((at - a) * step).sum(axis=1) / np.where(square > 0, square, 1.0), 0.0, 1.0)
    foot = a + share[:, None] * step
    order = np.lexsort((j, np.hypot(*(at - foot).T), i))
    _, first = np.unique(i[order], return_index=True)
    pick = order[first]
    out = xy.copy()
    out[ends[i[pick]]] = foot[pick]
    # new vertices go in behind the first vertex of their piece, in order along it
    where = piece[j[pick]] + 1
    along = np.lexsort((share[pick], where))
    new = np.insert(out, where[along], foot[pick][along], axis=0)
    lines = owner[piece[j[pick]]]
    added = np.bincount(lines, minlength=len(start) - 1)
    return new, np.concatenate([[0], np.cumsum(np.diff(start) + added)]), len(pick)


def _table(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    table = pd.DataFrame(frame.drop(columns=[frame.geometry.name]))
    for name in table:
        if pd.api.types.is_string_dtype(table[name]) or table[name].dtype == object:
            table[name] = table[name].astype("category")
    return table
