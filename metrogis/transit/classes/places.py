"""Stops as methods count them, and the departures of each line from them in one direction.

A *post* is one stop point of the timetable; a *place* is what a method counts as one stop: a
station, the posts of one name near each other, or the posts within some metres. The same post in
two feeds is one place by every method. A *line* is what bears one name with one mode, in whatever
feeds; a vehicle that stops at two posts of a place in a row calls there once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sparse
import shapely
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from metrogis import crs as crs_rules
from metrogis.arrays import Bools, Floats, Ints
from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.transit.classes.numbers import codes, run_numbers, trip_starts
from metrogis.transit.modes import MODE_GROUPS, mode_group, rail_kind
from metrogis.transit.stop_places import base_name

Texts = npt.NDArray[np.object_]
Joining = Literal["station", "name", "distance"]

SAME_POST = 10.0
"""Metres: posts of two feeds this near each other are one post."""

SAME_NAME = 50.0
"""Metres: posts of two feeds that bear one name and lie this near each other are one post; for
SDG 11.2.1 those of one feed too are one stop (project choice: the width of a main street)."""


@dataclass(frozen=True, eq=False)
class Places:
    """Posts and the places they belong to.

    Attributes
    ----------
    xy : ndarray (posts, 2)
        Metres, working CRS.
    ids, names : ndarray of str (posts,)
    place : ndarray of int (posts,)
    count : int
        Number of places.
    crs : CRS
    """

    xy: Floats
    ids: Texts
    names: Texts
    place: Ints
    count: int
    crs: Any

    @property
    def _first_post(self) -> Ints:
        """The first post of each place by name and id, whatever the order of rows."""
        out = np.zeros(self.count, np.int64)
        order = np.lexsort((self.ids.astype(str), self.names.astype(str)))[::-1]
        out[self.place[order]] = order
        return out

    def name_of(self, place: Ints) -> Texts:
        """Return the name of the first post of places, by name and id.

        Parameters
        ----------
        place : ndarray of int
            Any shape; -1 stands for no place.

        Returns
        -------
        ndarray of str
            Of the same shape; empty for no place.
        """
        names = np.append(self.names[self._first_post], "")
        return np.asarray(names[place], dtype=object)

    def table(self, columns: Mapping[str, Any]) -> gpd.GeoDataFrame:
        """Return one row per place, at the mean position of its posts.

        Parameters
        ----------
        columns : mapping of str to array (places,)
            What a method knows of places, added as it is.

        Returns
        -------
        GeoDataFrame (places,)
            ``stop_id`` and ``name`` of the first post, ``posts`` (their number), ``columns``;
            points in the CRS of the posts.
        """
        posts = np.bincount(self.place, minlength=self.count)
        x, y = (
            np.bincount(self.place, self.xy[:, k], minlength=self.count) / np.maximum(posts, 1)
            for k in (0, 1)
        )
        first = self._first_post
        return gpd.GeoDataFrame(
            {"stop_id": self.ids[first], "name": self.names[first], "posts": posts, **columns},
            geometry=shapely.points(x, y),
            crs=self.crs,
        )


def read_places(stops: gpd.GeoDataFrame, *, by: Joining, distance: float = 0.0) -> Places:
    """Join posts into places.

    Parameters
    ----------
    stops : GeoDataFrame
        Points with ``stop_id``; ``name`` and ``station`` where they are known (see
        :meth:`metrogis.transit.Feed.stop_points`). CRS in metres.
    by : {"station", "name", "distance"}
        Posts of one station; and those of one name within ``distance``; or all posts within it,
        whatever their names.
    distance : float
        Metres, inclusive; chains are followed.

    Raises
    ------
    CRSError, SchemaError
    """
    crs_rules.require_metric(stops.crs, layer="stops")
    if "stop_id" not in stops.columns:
        raise SchemaError(_("column 'stop_id' is missing"), layer="stops")
    ids = stops["stop_id"].astype(str).to_numpy(dtype=object)
    if len(set(ids)) < len(ids):
        raise SchemaError(_("repeated stop_id"), layer="stops")
    names = _column(stops, "name", ids)
    station = pd.factorize(_column(stops, "station", ids))[0].astype(np.int64)
    shapes = np.asarray(stops.geometry.to_numpy(), dtype=object)
    xy = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
    if not np.isfinite(xy).all():
        raise SchemaError(
            _("stops without a position"),
            layer="stops",
            remedy=_("leave them out before"),
        )
    place = np.arange(len(ids)) if by == "distance" else station
    words = np.array([base_name(n) for n in names], dtype=object)
    code = pd.factorize(words)[0]
    near = same_posts(stops, xy, code)
    if by != "station" and distance > 0 and len(ids):
        close = cKDTree(xy).query_pairs(distance + 1e-6, output_type="ndarray")
        if by == "name":
            close = close[code[close[:, 0]] == code[close[:, 1]]]
        near = np.concatenate([near, close])
    if len(near):
        size = int(place.max()) + 1
        links = sparse.coo_matrix(
            (np.ones(len(near)), (place[near[:, 0]], place[near[:, 1]])), shape=(size, size)
        )
        place = connected_components(links, directed=False)[1].astype(np.int64)[place]
    place = pd.factorize(place)[0].astype(np.int64)
    count = int(place.max()) + 1 if len(place) else 0
    return Places(xy, ids, names, place, count, stops.crs)


def same_posts(stops: gpd.GeoDataFrame, xy: Floats, name: Ints) -> Ints:
    """Return pairs of posts that are one post in two feeds, shape (pairs, 2).

    Nearest pairs first; a post of one feed is the same as at most one post of each other feed, so
    that the two posts of a stop stay apart where both feeds have both.

    Parameters
    ----------
    stops : GeoDataFrame
        ``feed`` where the timetable was made of several.
    xy : ndarray (posts, 2)
        Metres.
    name : ndarray of int (posts,)
        Posts of one number bear one name.
    """
    none = np.zeros((0, 2), np.int64)
    if "feed" not in stops.columns or not len(xy):
        return none
    feed = pd.factorize(stops["feed"])[0]
    if feed.max() == 0:
        return none
    near = cKDTree(xy).query_pairs(max(SAME_POST, SAME_NAME) + 1e-6, output_type="ndarray")
    apart = np.hypot(*(xy[near[:, 0]] - xy[near[:, 1]]).T)
    limit = np.where(name[near[:, 0]] == name[near[:, 1]], SAME_NAME, SAME_POST) + 1e-6
    kept = (feed[near[:, 0]] != feed[near[:, 1]]) & (apart <= limit)
    near, apart = near[kept], apart[kept]
    # a pair by the positions of its ends, west to east, whatever the order of rows
    ends = np.sort(np.round(xy[near], 3).view(np.complex128)[..., 0], axis=1)
    order = np.lexsort((ends[:, 1], ends[:, 0], np.round(apart, 3)))
    # a post and a feed: it has its like there already
    taken: set[tuple[int, int]] = set()
    found = []
    for a, b in near[order].tolist():
        if (a, feed[b]) not in taken and (b, feed[a]) not in taken:
            taken |= {(a, feed[b]), (b, feed[a])}
            found.append((a, b))
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _column(frame: pd.DataFrame, name: str, instead: Texts) -> Texts:
    if name not in frame.columns:
        return instead
    values = frame[name].to_numpy(dtype=object)
    missing = np.asarray(pd.isna(values)) | (values == "")
    return np.asarray(np.where(missing, instead, values), dtype=object)


@dataclass(frozen=True, eq=False)
class Calls:
    """Departures at places, as arrays of one length, in the order of the departures given.

    Attributes
    ----------
    row : ndarray of int
        Row of the departures given.
    place, line : ndarray of int
    group : ndarray of int
        Position in :data:`metrogis.transit.modes.MODE_GROUPS`.
    direction : ndarray of int
        0 or 1; -1 where neither the timetable nor the terminus tells.
    seconds : ndarray of float
    first : ndarray of bool
        Whether the trip starts here; all False where the timetable does not tell.
    line_names : ndarray of str
        By line.
    long_distance : ndarray of bool
        Whether the route type says so.
    doubtful : ndarray of bool (places,)
        Places where trips may be missing: no line is known to run one way there.
    audit : Audit
    """

    row: Ints
    place: Ints
    line: Ints
    group: Ints
    direction: Ints
    seconds: Floats
    first: Bools
    line_names: Texts
    long_distance: Bools
    doubtful: Bools
    audit: Audit

    def take(self, keep: Bools) -> Calls:
        """Return the departures where ``keep``.

        Parameters
        ----------
        keep : ndarray of bool (calls,)

        Returns
        -------
        Calls
            Lines, places and their doubts keep their numbers; the audit is that of all departures.
        """
        return replace(
            self,
            row=self.row[keep],
            place=self.place[keep],
            line=self.line[keep],
            group=self.group[keep],
            direction=self.direction[keep],
            seconds=self.seconds[keep],
            first=self.first[keep],
            long_distance=self.long_distance[keep],
        )


def read_calls(
    departures: pd.DataFrame,
    places: Places,
    *,
    start: float = -np.inf,
    end: float = np.inf,
    doubtful: Bools | None = None,
) -> Calls:
    """Read departures in a window [start, end), seconds, at the places.

    Parameters
    ----------
    departures : DataFrame
        ``stop_id``, ``seconds`` and ``mode_group`` (or ``mode``, or ``route_type``); ``route_id``,
        ``route_short_name``, ``line``, ``direction`` (or ``direction_id``), ``terminal_id``,
        ``trip_id`` where known (see :meth:`metrogis.transit.Feed.departures`).
    places : Places
    start, end : float
    doubtful : ndarray of bool (posts,), optional
        Posts where trips that the timetable should have may be missing.

    Raises
    ------
    SchemaError
        Without the first three.
    """
    missing = [c for c in ("stop_id", "seconds") if c not in departures.columns]
    if not {"mode_group", "mode", "route_type"} & set(departures.columns):
        missing.append("mode_group")
    if missing:
        raise SchemaError(
            _("columns missing: {missing}").fill(missing=", ".join(missing)),
            layer="departures",
        )
    time = departures["seconds"].to_numpy("float64")
    inside = (time >= start) & (time < end)
    post_of = pd.Index(places.ids)
    code, ids = codes(departures["stop_id"])
    post = np.append(post_of.get_indexer([str(i) for i in ids]), -1)[code]
    audit = Audit().add(
        "timetable",
        "dropped",
        int((inside & (post < 0)).sum()),
        _("departures from stops without a position"),
    )
    row = np.flatnonzero(inside & (post >= 0) & _calls_anew(departures, places, post))
    post = post[row]
    place = places.place[post]
    line, names = _lines(departures, row)
    group, is_long = _groups(departures, row)
    direction, unknown = _directions(departures, row, post, place, line, places, post_of)
    audit = audit.add(
        "timetable",
        "guessed",
        unknown,
        _("departures without direction_id: direction taken from where the trip ends"),
    ).add(
        "timetable",
        "unknown",
        int((direction < 0).sum()),
        _("departures of unknown direction: counted as going both ways (one half)"),
    )
    first = trip_starts(departures)[row]
    doubt = np.zeros(places.count, bool)
    if doubtful is not None:
        doubt[places.place[doubtful]] = True
    return Calls(
        row, place, line, group, direction, time[row], first, names, is_long, doubt, audit
    )  # fmt: skip


def _calls_anew(departures: pd.DataFrame, places: Places, post: Ints) -> Bools:
    """Tell which departures are not those of a run that called at the same place just before.

    A vehicle that stops at two posts of one place calls there once; one that comes back later
    calls again.
    """
    out = np.ones(len(post), bool)
    if "trip_id" not in departures.columns or not len(post):
        return out
    place, run = np.append(places.place, -1)[post], run_numbers(departures)
    out[1:] = (run[1:] != run[:-1]) | (place[1:] != place[:-1]) | (place[1:] < 0)
    return out


def _lines(departures: pd.DataFrame, row: Ints) -> tuple[Ints, Texts]:
    """Line of each departure, and what lines are called.

    A line is one name with one mode; a route without a name is a line of its own.
    """
    shown = "route_short_name" if "route_short_name" in departures.columns else "route_id"
    if shown not in departures.columns:
        return np.zeros(len(row), np.int64), np.array([""], dtype=object)
    label_code, labels = codes(departures[shown])
    key, count = label_code[row].astype(np.int64), len(labels) + 1
    for name in ("route_id", "line", "mode"):
        if name not in departures.columns:
            continue
        code, values = codes(departures[name])
        own = code[row].astype(np.int64)
        if name == "route_id":
            route, key, count = own, own, len(values) + 1
        elif name == "line":
            named = np.append(np.array([str(v) != "" for v in values], dtype=bool), False)[own]
            # a line's key is its name as stated, or behind all names its route
            key = np.where(named, own, len(values) + 1 + key)
            count += len(values) + 1
        else:
            key = key * (len(values) + 1) + own
    _, first, line = np.unique(key, return_index=True, return_inverse=True)
    names = np.array([*map(str, labels), ""], dtype=object)[label_code[row[first]]]
    if "route_id" in departures.columns and len(first):
        ids = np.array([*map(str, codes(departures["route_id"])[1]), ""], dtype=object)
        names = np.where(names == "", ids[route[first]], names).astype(object)
    # by name, shorter ones first (2 before 10): ties are decided so, not by the order of rows
    order = np.array(sorted(range(len(names)), key=lambda k: (len(names[k]), names[k])), np.int64)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[line], np.append(names[order], "").astype(object)


def _groups(departures: pd.DataFrame, row: Ints) -> tuple[Ints, Bools]:
    """Mode group of each departure, and whether its route type says long distance."""
    name = next(c for c in ("mode_group", "mode", "route_type") if c in departures.columns)
    code, values = codes(departures[name])
    position = {g: i for i, g in enumerate(MODE_GROUPS)}
    known = [v if v in position else mode_group(v) for v in values]
    group = np.array([*(position[k] for k in known), position["other"]], dtype=np.int64)[code[row]]
    is_long = np.zeros(len(row), bool)
    if "route_type" in departures.columns:
        code, kinds = codes(departures["route_type"])
        far = np.array([*(rail_kind(int(k)) == "long_distance" for k in kinds), False])
        is_long = far[code[row]]
    return group, is_long


def _directions(
    departures: pd.DataFrame,
    row: Ints,
    post: Ints,
    place: Ints,
    line: Ints,
    places: Places,
    post_of: pd.Index,
) -> tuple[Ints, int]:
    """Direction of each departure, and of how many it was taken from where the trip ends.

    At one place the trips of a line whose ends lie on the far side of the place from each other go
    opposite ways.
    """
    direction = np.full(len(row), -1, np.int64)
    stated = next((c for c in ("direction", "direction_id") if c in departures.columns), None)
    if stated is not None:
        given = pd.to_numeric(departures[stated]).fillna(-1).to_numpy(np.int64)[row]
        direction = np.where(np.isin(given, (0, 1)), given, -1)
    if stated == "direction":  # by the order of stops: where it heads says no more
        return direction, 0
    open_ = np.flatnonzero(direction < 0)
    if not len(open_) or "terminal_id" not in departures.columns:
        return direction, 0
    code, ids = codes(departures["terminal_id"])
    end = np.append(post_of.get_indexer([str(i) for i in ids]), -1)[code[row[open_]]]
    open_, end = open_[end >= 0], end[end >= 0]
    if not len(open_):
        return direction, 0
    way = places.xy[end] - places.xy[post[open_]]
    key = place[open_] * (int(line.max()) + 1) + line[open_]
    _, first, member = np.unique(key, return_index=True, return_inverse=True)
    ahead = (way * way[first][member]).sum(axis=1) >= 0
    direction[open_] = np.where(ahead, 0, 1)
    return direction, len(open_)
