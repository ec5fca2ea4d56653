"""What of a timetable existed and could not be used, and where it may have been.

Readers note what they lose in :class:`Losing`; :meth:`Losing.places` turns the notes into
:class:`metrogis.evidence.losses.Loss` once stops, calls and routes are known. *Near* means:

- a lost stop may be anywhere between its known neighbours in its trips, as far off the straight
  line as the time between them allows at the trip's own speed; at its parent station; at stops of
  its name. Where only one neighbour is known: around it, as far as the trip gets in that time.
  Where none is: anywhere its route goes.
- a lost trip called at its known stops, else those of its route, else anywhere the feed serves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.evidence.losses import Loss, loss
from metrogis.i18n import Text, _
from metrogis.provenance import Audit
from metrogis.transit.calls import StopTimes
from metrogis.transit.columns import Mask
from metrogis.transit.gaps import Gaps, gaps

if TYPE_CHECKING:
    from metrogis.transit.tables import Table

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

CRS = "EPSG:4326"

_MOST = 20_000
"""Shapes from which on the hull of the feed's stops stands for them."""


@dataclass
class Note:
    """Lost things of one kind, as positions in the feed's tables; see :class:`Losing`."""

    kind: str
    what: Text
    ids: list[str]
    count: int
    trips: Longs
    stops: Longs
    routes: Longs
    shapes: list[Any]
    whole_route: bool
    anywhere: bool
    by_mode: bool
    told: bool = True


@dataclass
class Losing:
    """Collects what one feed loses while it is read.

    Attributes
    ----------
    notes : list of Note
    unknown : list of str
        Texts of ``stop_times.stop_id`` that name no stop: stop -1 - k of ``calls`` is the k-th.
    calls : StopTimes or None
        All rows of known trips in order, before any was dropped; times as read.
    misplaced : ndarray of bool (stops,) or None
        Stops whose position is impossible.
    at_station : ndarray of bool (stops,) or None
        Stops without coordinates that took those of their station.
    requests : (Table, ndarray of int) or None
        Rows of ``stop_times`` of services on request, and their trips.
    between : ndarray of int8 (trips,) or None
        What calls state on boarding between stops: 0 allowed, 1 not, -1 as the route has it.
    """

    notes: list[Note] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    calls: StopTimes | None = None
    misplaced: Mask | None = None
    at_station: Mask | None = None
    requests: tuple[Table, npt.NDArray[np.int32]] | None = None
    between: npt.NDArray[np.int8] | None = None

    def note(
        self,
        kind: str,
        text: Text,
        ids: Iterable[Any] = (),
        *,
        count: int | None = None,
        trips: Any = (),
        stops: Any = (),
        routes: Any = (),
        points: Any = (),
        shapes: Iterable[Any] = (),
        whole_route: bool = False,
        anywhere: bool = False,
        by_mode: bool = True,
        told: bool = True,
    ) -> None:
        """Note lost things.

        Parameters
        ----------
        kind : str
            ``stop``, ``trip``, ``call``, ``route`` or ``service`` (what runs on request).
        pl, en : str
            Why it could not be used.
        ids : iterable
            Ids or row numbers, one per lost thing unless ``count`` says otherwise.
        trips, stops, routes : positions in the feed's tables
            Where it was: stops, those of trips, those of routes. ``trips`` one per lost thing, if
            they are to be counted by mode.
        points : ndarray (n, 2)
            Further places: longitude, latitude.
        shapes : iterable of geometries
            Further places, degrees.
        whole_route : bool
            The stops known of the trips are not all of theirs: their routes' are added.
        anywhere : bool
            It may have been wherever the feed serves.
        by_mode : bool
            Whether the mode of the trips is known.
        told : bool
            Whether the reader has put a row in the audit; :meth:`audit` has the others.
        """
        names = [str(i) for i in ids]
        n = len(names) if count is None else count
        if n:
            a, b, c = (np.asarray(v, dtype=np.int64) for v in (trips, stops, routes))
            where = np.asarray(points, dtype=float).reshape(-1, 2)
            further = [*shapely.points(where[np.isfinite(where).all(axis=1)]), *shapes]
            note = Note(
                kind, text, names, n, a, b, c, further, whole_route, anywhere, by_mode, told
            )
            self.notes.append(note)

    def unknown_stops(self, texts: Iterable[str], known: Ints) -> Ints:
        """Return positions of stops with a number below zero for every text that names no stop.

        Parameters
        ----------
        texts : iterable of str
            ``stop_id`` of the rows where ``known`` is below zero, in their order.
        known : ndarray of int (rows,)
            Positions of stops.

        Returns
        -------
        ndarray of int (rows,)
            -1 - k for the k-th distinct text of ``unknown``: one id is one stop, wherever it may
            be.
        """
        found = known.copy()
        place = {text: k for k, text in enumerate(self.unknown)}
        for row, text in zip(np.flatnonzero(known < 0).tolist(), texts, strict=True):
            found[row] = -1 - place.setdefault(text, len(place))
        self.unknown = list(place)
        return found

    def audit(self, feed: str) -> Audit:
        """Return rows for what was lost and is in no other audit.

        Parameters
        ----------
        feed : str
            Layer of the rows.

        Returns
        -------
        Audit
            ``unknown``, one row per note that no reader put in its own audit (``told``).
        """
        audit = Audit()
        for item in self.notes:
            if not item.told:
                audit = audit.add(feed, "unknown", item.count, item.what, item.ids)
        return audit

    def places(
        self,
        calls: StopTimes,
        trips: pd.DataFrame,
        stops: pd.DataFrame,
        routes: pd.DataFrame,
        trip_route: npt.NDArray[np.int32],
    ) -> tuple[Loss, ...]:
        """Return the losses with the places where they may have been.

        Cheap where nothing was lost.

        Parameters
        ----------
        calls : StopTimes
        trips, stops, routes : DataFrame
            As cleaned.
        trip_route : ndarray of int32 (trips,)
            Row of each trip's route.

        Returns
        -------
        tuple of Loss
            One or more per note, then those of stops without a position.
        """
        found = gaps(self, calls, trips, stops, trip_route)
        if not self.notes and not len(found):
            return ()
        atlas = _Atlas(self.calls or calls, stops, routes, trip_route)
        result: list[Loss] = []
        for item in self.notes:
            result += _placed(item, atlas)
        return (*result, *_lost_stops(found, atlas, stops, self))


class _Atlas:
    """Where stops, trips and routes of a feed are."""

    def __init__(
        self, calls: StopTimes, stops: pd.DataFrame, routes: pd.DataFrame,
        trip_route: npt.NDArray[np.int32],
    ) -> None:  # fmt: skip
        self.xy = stops[["stop_lon", "stop_lat"]].to_numpy(float)
        self.group = np.append(routes["mode_group"].to_numpy(dtype=object), "")
        self.trip_route = trip_route
        placed = calls.stop >= 0
        width = max(len(self.xy), 1)
        pair = np.unique(calls.trip[placed].astype(np.int64) * width + calls.stop[placed])
        self.trip, self.stop = pair // width, pair % width
        used = self.xy[np.isfinite(self.xy).all(axis=1)]
        self.hull = shapely.convex_hull(shapely.multipoints(used)) if len(used) else None

    def stops_of_trips(self, trips: Longs) -> Longs:
        return np.unique(self.stop[np.isin(self.trip, trips)])

    def stops_of_routes(self, routes: Longs) -> Longs:
        return np.unique(self.stop[np.isin(self.trip_route[self.trip], routes)])

    def points(self, stops: Longs) -> npt.NDArray[np.float64]:
        found = self.xy[stops]
        return found[np.isfinite(found).all(axis=1)]

    def geometries(self, stops: Longs) -> list[Any]:
        return [*np.asarray(shapely.points(self.points(stops)), dtype=object)]

    def loss(
        self, item: Note, shapes: Sequence[Any], anywhere: bool, groups: Iterable[str],
        count: int, ids: Sequence[str],
    ) -> Loss:  # fmt: skip
        parts: list[Any] = list(shapes)
        if anywhere or len(parts) > _MOST:
            parts = [self.hull] if self.hull is not None else []
        where = np.array(parts, dtype=object) if parts else None
        named = [g for g in groups if g]
        found = loss(
            item.kind, item.what, ids, count=count, where=where, crs=CRS,
            groups=sorted(named),
        )  # fmt: skip
        return replace(found, anywhere=anywhere)


def _placed(item: Note, atlas: _Atlas) -> list[Loss]:
    """Return a note's losses, one for each mode group of its trips."""
    route = atlas.trip_route[item.trips]
    group = atlas.group[route] if item.by_mode else np.full(len(route), "", dtype=object)
    of_routes = atlas.group[item.routes]
    of_routes = of_routes if item.by_mode else np.full(len(of_routes), "", dtype=object)
    names = sorted({*group, *of_routes}) or [""]
    if "" in names:  # of one the mode is not known: the others are within that
        names = [""]
    result = []
    for name in names:
        mine = item.trips[(group == name) | (name == "")]
        lines = item.routes[(of_routes == name) | (name == "")]
        placed = bool(len(item.stops)) or bool(item.shapes)
        bare = mine if item.whole_route else mine[~np.isin(mine, atlas.trip) & (not placed)]
        lines = np.unique(np.concatenate([lines, atlas.trip_route[bare]]))
        lines = lines[lines >= 0]
        served = np.isin(lines, atlas.trip_route[atlas.trip])
        stops = item.stops if len(item.stops) else atlas.stops_of_trips(mine)
        stops = np.unique(np.concatenate([stops, atlas.stops_of_routes(lines)]))
        shapes = [*atlas.geometries(stops), *item.shapes]
        # a route that no readable trip serves may go anywhere the feed does
        anywhere = item.anywhere or bool((~served).any()) or not len(shapes)
        share = len(names) == 1 or not len(item.trips)
        count = item.count if share else len(mine)
        ids = item.ids
        if not share and len(item.ids) == len(item.trips) == item.count:
            ids = [i for i, g in zip(item.ids, group, strict=True) if g == name]
        result.append(atlas.loss(item, shapes, anywhere, [name], count, ids))
    return result


_NO_POSITION = _("stops without a position (no coordinates, 0,0 or off the globe)")
_IMPOSSIBLE = _("stops where no vehicle can be in time")
_UNKNOWN = _("rows of stop_times with a stop that stops.txt does not have")
_AT_STATION = _("stops without coordinates: position of the station taken")


def _lost_stops(found: Gaps, atlas: _Atlas, stops: pd.DataFrame, losing: Losing) -> list[Loss]:
    """Return the losses of stops without a usable position, by reason and by modes."""
    if not len(found):
        return []
    result = []
    route = atlas.trip_route[found.trip].astype(np.int64)
    group = atlas.group[route]
    wrong = losing.misplaced if losing.misplaced is not None else np.zeros(len(stops), bool)
    lent = losing.at_station if losing.at_station is not None else np.zeros(len(stops), bool)
    # stops that stops.txt does not have bear numbers below 0: they look at a place behind the last
    at = np.where(found.stop < 0, len(stops), found.stop)
    wrong, lent = np.append(wrong, False), np.append(lent, False)
    reason = np.select([found.stop < 0, wrong[at], lent[at]], [2, 1, 3], 0)
    names = stops["stop_name"].to_numpy(dtype=object)
    ids = stops["stop_id"].to_numpy(dtype=object)
    for why, what in enumerate((_NO_POSITION, _IMPOSSIBLE, _UNKNOWN, _AT_STATION)):
        for modes in _mode_sets(found.stop[reason == why], group[reason == why]):
            mine = np.flatnonzero((reason == why) & np.isin(found.stop, modes.stops))
            which = np.array(modes.stops)
            shapes = list(found.shape[mine][~shapely.is_missing(found.shape[mine])])
            blank = mine[shapely.is_missing(found.shape[mine])]
            # no neighbour is known: anywhere the route goes, other than this trip alone
            placeless = np.setdiff1d(found.stop[blank], found.stop[np.setdiff1d(mine, blank)])
            lines = np.unique(route[blank[np.isin(found.stop[blank], placeless)]])
            there = atlas.stops_of_routes(lines)
            served = all(len(atlas.points(atlas.stops_of_routes(lines[k : k + 1])))
                         for k in range(len(lines)))  # fmt: skip
            real = which[which >= 0]
            alike = np.isin(names, names[real]) & (names != ids)
            further = np.concatenate([there, np.flatnonzero(alike)])
            if why == 3:
                shapes, further, served = [], real, True
            shapes += atlas.geometries(further)
            texts = [ids[s] if s >= 0 else losing.unknown[-1 - s] for s in which.tolist()]
            none = np.zeros(0, np.int64)
            note = Note("stop", what, texts, len(which), none, none, none, [], False, False,
                        True)  # fmt: skip
            result.append(
                atlas.loss(note, shapes, not served or not shapes, modes.groups, len(which), texts)
            )
    return result


@dataclass(frozen=True)
class _Modes:
    groups: tuple[str, ...]
    stops: list[int]


def _mode_sets(stop: Longs, group: npt.NDArray[np.object_]) -> list[_Modes]:
    """Put stops together that are called at by the same mode groups."""
    of_stop: dict[int, set[str]] = {}
    for s, g in zip(stop.tolist(), group.tolist(), strict=True):
        of_stop.setdefault(s, set()).add(g)
    by_groups: dict[tuple[str, ...], list[int]] = {}
    for s, groups in of_stop.items():
        key = () if "" in groups else tuple(sorted(groups))
        by_groups.setdefault(key, []).append(s)
    return [_Modes(groups, sorted(stops)) for groups, stops in sorted(by_groups.items())]
