"""What is known of a timetable, where, by mode group: coverage, stops seen, losses in one object.

Only where the timetables of every mode that could serve are complete is the absence of a departure
known. A mode group is complete in a municipality when rows of the coverage table hold for it, all
of them say ``complete`` (see :mod:`.coverage`), and every loaded agency that calls there is among
those they name. A group that no row, no stop and no requirement names does not apply there; one
that has a stop but no row is not complete.

What was lost in reading existed: within the walk to where it may have been nothing is certain, for
the modes it may have been of; beyond nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.arrays import Bools, Ints
from metrogis.errors import ParameterError
from metrogis.evidence.core import TOLERANCE, Evidence
from metrogis.evidence.coverage import Loaded, Stated, group_of, loaded, read_rows
from metrogis.evidence.losses import Loss, losses_of
from metrogis.evidence.seen import Shapes, inside_pairs, seen_groups, shapes_of
from metrogis.i18n import _
from metrogis.provenance import Audit

COMPLETE, NOT_APPLICABLE, INCOMPLETE = 1, 0, -1


@dataclass(frozen=True, eq=False)
class TimetableEvidence:
    """Where the timetables are complete, by municipality and mode group; made by :func:`evidence`.

    Attributes
    ----------
    groups : tuple of str
        Mode groups: the columns.
    state : ndarray of int8 (municipalities, groups)
        1 complete, 0 does not apply, -1 not complete: by the coverage table and stops seen.
    level : ndarray of str (municipalities,)
        ``complete``, ``partial`` or ``none`` of the municipality as a whole; one in which
        something was lost is not ``complete``.
    municipalities : GeoDataFrame
    losses : tuple of Loss
        In the CRS of the municipalities; only those of the groups counted here.
    given : bool
        Whether there is a timetable, and it knows the day asked for.
    neighbours : bool
        Whether municipalities within reach must be complete as well.
    audit : Audit
        What the coverage table says that could not be used, and what is taken as not complete.
    """

    groups: tuple[str, ...]
    state: npt.NDArray[np.int8]
    level: npt.NDArray[np.object_]
    municipalities: gpd.GeoDataFrame
    losses: tuple[Loss, ...] = ()
    given: bool = True
    neighbours: bool = True
    audit: Audit = field(default_factory=Audit)

    @property
    def complete(self) -> Bools:
        """Municipalities where every mode that could serve is complete (losses apart)."""
        return np.asarray(
            (self.state != INCOMPLETE).all(axis=1) & (self.state == COMPLETE).any(axis=1)
        )

    @property
    def complete_everywhere(self) -> bool:
        """Whether every municipality is complete and nothing was lost."""
        return self.given and bool(self.complete.all()) and not self.losses

    @cached_property
    def blocked(self) -> Bools:
        """Mask (municipalities, groups): a service may run there that is in no timetable loaded.

        A group that does not apply is blocked as well where the coverage table says nothing of the
        municipality (no group of it is complete).
        """
        # a municipality without a single complete group says nothing of any
        unsaid = ~(self.state == COMPLETE).any(axis=1)
        return np.asarray((self.state == INCOMPLETE) | unsaid[:, None], dtype=bool)

    def around(self, points: Any, unit: npt.ArrayLike | None = None) -> Around:
        """Return these points as they are asked about, once for several limits.

        Parameters
        ----------
        points : ndarray (n, 2) or array of points
        unit : ndarray of int (n,), optional
            Municipality (position) of each point, -1 outside; found by place otherwise.
        """
        values = np.asarray(points)
        if values.dtype != object:
            values = np.asarray(shapely.points(values.reshape(-1, 2)), dtype=object)
        if unit is None:
            own = np.full(len(values), -1, np.int64)
            town, at = inside_pairs(self.municipalities, values)
            own[at[::-1]] = town[::-1]
        else:
            own = np.asarray(unit, dtype=np.int64)
        return Around(self, values, own)

    def known_near(
        self, points: Any, limits: Mapping[str, float], unit: npt.ArrayLike | None = None
    ) -> Bools:
        """Return a mask of points around which every departure within the limits is known.

        Parameters
        ----------
        points : array (n, 2) or of Point (n,)
            In the CRS of the municipalities.
        limits : mapping of str to float
            Metres of walk for each mode group; a group not counted here is skipped.
        unit : array of int (n,), optional
            Municipality of each point by position, -1 for none (never known); found when not given.

        Returns
        -------
        ndarray of bool (n,)
            See :class:`Around` to ask several times about the same points.
        """
        return self.around(points, unit).known(limits)

    def known_groups(
        self, points: Any, limits: Mapping[str, float], unit: npt.ArrayLike | None = None
    ) -> dict[str, Bools]:
        """Return the mask of :meth:`known_near` for each mode group by itself."""
        return self.around(points, unit).groups(limits)

    def lost_near(self, points: Any, limits: Mapping[str, float]) -> Bools:
        """Tell which points have something lost within the limits."""
        return self.around(points, np.zeros(len(points), np.int64)).lost(limits)

    def as_evidence(self, layer: str = "timetable") -> Evidence:
        """Return the evidence of all mode groups together, as a result publishes it.

        A municipality is known when no group is blocked in it; the finer statement by group is
        lost, so that checks ask the timetable's own evidence.
        """
        if not self.given:
            return Evidence.absent(layer)
        outlines = self.municipalities
        known = Evidence.by_municipality(layer, outlines, ~self.blocked.any(axis=1))
        return known.losing(self.losses)


class Around:
    """Points about which a timetable's evidence is asked, several times.

    >>> town = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, crs="EPSG:2180",
    ...                         geometry=[shapely.box(0, 0, 1000, 1000)])
    >>> rows = pd.DataFrame({"feed": ["*"], "teryt": ["*"], "mode": ["all"],
    ...                      "state": ["complete"]})
    >>> here = evidence(town, rows, None, groups=("bus",))
    >>> here.known_near(np.array([[500.0, 500.0]]), {"bus": 400.0}).tolist()   # no timetable
    [False]
    """

    def __init__(self, known: TimetableEvidence, points: Shapes, unit: Ints) -> None:
        self.evidence, self.points, self.unit = known, points, unit
        self._tree: shapely.STRtree | None = None
        self._asked: dict[tuple[bytes, float], Bools] = {}

    def known(self, limits: Mapping[str, float]) -> Bools:
        """Tell where a "no" is certain: all that could serve within the limits is known.

        Parameters
        ----------
        limits : mapping
            Mode group -> straight-line distance (m) to which it could serve. Groups not named
            cannot matter.

        Returns
        -------
        ndarray of bool (points,)
            False outside all municipalities, of which no coverage is stated.
        """
        found = self.groups(limits)
        sure = np.full(len(self.points), self.evidence.given)
        for group in found.values():
            sure &= group
        return sure

    def groups(self, limits: Mapping[str, float]) -> dict[str, Bools]:
        """Return for each mode group a mask of points within whose limit all of it is known.

        Parameters
        ----------
        limits : mapping of str to float
            Metres by group.

        Returns
        -------
        dict of str to ndarray of bool (points,)
            Without the groups that are not counted here. False outside all municipalities, where a
            service of the group may be missing within the limit, and where something was lost
            there.
        """
        out = {}
        for group, metres in limits.items():
            if group not in self.evidence.groups:
                continue
            column = self.evidence.groups.index(group)
            sure = ~self._blocked(column, float(metres)) & ~self._lost(group, float(metres))
            out[group] = sure & (self.unit >= 0) & self.evidence.given
        return out

    def lost(self, limits: Mapping[str, float]) -> Bools:
        """Return a mask of points within whose limits something of a timetable was lost."""
        found = np.zeros(len(self.points), bool)
        for group, metres in limits.items():
            if group in self.evidence.groups:
                found |= self._lost(group, float(metres))
        return found

    def _blocked(self, column: int, metres: float) -> Bools:
        """Points in, or within reach of, a municipality that is not complete for a group."""
        blocked = self.evidence.blocked[:, column]
        own = np.append(blocked, True)[self.unit]
        if not self.evidence.neighbours or own.all():
            return own
        outlines = shapes_of(self.evidence.municipalities)
        shapes = outlines[blocked]
        if shapely.is_empty(shapes).any():  # its land may begin where that of the others ends
            edge = shapely.boundary(shapely.union_all(outlines))
            shapes = np.append(shapes, np.array([edge], dtype=object))
        return own | self._near(blocked.tobytes(), shapes, metres)

    def _lost(self, group: str, metres: float) -> Bools:
        """Points within reach of where something of a group may have been lost."""
        losses = self.evidence.losses
        own = [k for k, item in enumerate(losses) if not item.groups or group in item.groups]
        if any(losses[k].where is None for k in own):
            return np.ones(len(self.points), bool)
        if not own:
            return np.zeros(len(self.points), bool)
        shapes = shapely.get_parts(np.array([losses[k].where for k in own], dtype=object))
        return self._near(str(own).encode(), np.asarray(shapes, dtype=object), metres)

    def _near(self, key: bytes, shapes: Shapes, metres: float) -> Bools:
        """Points within some metres of any of the shapes; asked once."""
        known = self._asked.get((key, metres))
        if known is None:
            known = np.zeros(len(self.points), bool)
            shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
            if len(shapes) and len(self.points):
                if self._tree is None:
                    self._tree = shapely.STRtree(self.points)
                # few shapes, many points: what queries is prepared, so the shapes query
                _, hit = self._tree.query(shapes, predicate="dwithin", distance=metres + TOLERANCE)
                known[hit] = True
            self._asked[key, metres] = known
        return known


# --------------------------------------------------------------------------- made from


def evidence(
    municipalities: gpd.GeoDataFrame,
    table: pd.DataFrame | None,
    feed: Any,
    *,
    groups: Sequence[str],
    required: Iterable[str] = (),
    stops: gpd.GeoDataFrame | None = None,
    stop_posts: gpd.GeoDataFrame | None = None,
    rail_stations: gpd.GeoDataFrame | None = None,
    silent: Iterable[str] = (),
    day_known: bool = True,
    neighbours: bool = True,
) -> TimetableEvidence:
    """Return what is known of a timetable on a day.

    Parameters
    ----------
    municipalities : GeoDataFrame
        ``teryt``, polygons; CRS in metres.
    table : DataFrame, optional
        The coverage table: feed, teryt, mode, state. None: no coverage anywhere.
    feed : metrogis.transit.Feed or None
        Its ``losses``, ``feeds``, ``agency`` and ``routes``. None: nothing is known.
    groups : sequence of str
        Mode groups that count as transit.
    required : iterable of str
        Modes that must be complete in every municipality.
    stops : GeoDataFrame, optional
        Stops of the timetable as :meth:`metrogis.transit.Feed.stop_points` gives them.
    stop_posts, rail_stations : GeoDataFrame, optional
        Stops without times: their mode could serve.
    silent : iterable of str
        Feeds that do not speak of the day (``departures(day).attrs["unknown_feeds"]``).
    day_known : bool
        False where the timetable does not know the day at all.
    neighbours : bool
        Also ask for coverage of the neighbours within reach, whose stops could serve.

    Raises
    ------
    SchemaError, ParameterError
        For unknown modes.

    Examples
    --------
    >>> town = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, crs="EPSG:2180",
    ...                         geometry=[shapely.box(0, 0, 1000, 1000)])
    >>> evidence(town, None, None, groups=("bus",), required=["bus"]).level.tolist()
    ['none']
    """
    groups = tuple(groups)
    before = getattr(feed, "before", None)
    if before is not None:  # lines of a scenario say nothing of what others run
        feed = before
        stops = None if stops is None else before.stop_points(municipalities.crs)
    parts = loaded(feed)
    quiet = tuple(silent)
    stated = read_rows(municipalities, table, parts, groups, quiet)
    seen = seen_groups(
        municipalities, groups, stops=stops, stop_posts=stop_posts, rail_stations=rail_stations
    )
    seen |= _required(groups, required)[None, :]
    calls = _calls(municipalities, groups, feed, parts, stated, stops)
    unsaid = (calls & ~stated.covered).any(axis=0) & stated.rows & ~stated.short
    full = stated.rows & ~stated.short & ~unsaid
    rest = np.where(stated.rows | seen, INCOMPLETE, NOT_APPLICABLE)
    state = np.where(full, COMPLETE, rest).astype(np.int8)
    audit = stated.audit.add(
        "coverage",
        "unknown",
        int(unsaid.sum()),
        _(
            "municipalities and modes where a loaded operator has stops of which the "
            "table says nothing: coverage is not complete"
        ),
        municipalities["name"].to_numpy()[unsaid.any(axis=1)],
    )
    nowhere = (state == NOT_APPLICABLE) & (state == COMPLETE).any(axis=1)[:, None]
    audit = audit.add(
        "coverage",
        "guessed",
        int(nowhere.any(axis=1).sum()),
        _(
            "municipalities of which the table leaves out some modes, and no layer "
            "shows a stop of theirs: taken as not serving there"
        ),
        [group for group, some in zip(groups, nowhere.any(axis=0), strict=True) if some],
    )
    losses = tuple(
        _where_its_feed_serves(item.located(municipalities.crs), served, municipalities)
        for item, served in _losses_by_feed(feed, parts, stated)
        if not item.groups or set(item.groups) & set(groups)
    )
    out = TimetableEvidence(
        groups,
        state,
        np.full(len(municipalities), "none", dtype=object),
        municipalities,
        losses,
        feed is not None and day_known,
        neighbours,
        audit,
    )
    whole = out.complete & ~_touched(municipalities, losses)
    level = np.where(whole, "complete", np.where(stated.some | out.complete, "partial", "none"))
    out.level[:] = level
    return out


def _losses_by_feed(feed: Any, parts: Loaded, stated: Stated) -> Iterable[tuple[Loss, Bools]]:
    """Return every loss with the municipalities of which the coverage table names its feed."""
    feed_of = {id(i): name for name, found in getattr(feed, "lost", {}).items() for i in found}
    for item in losses_of(feed) if feed is not None else ():
        own = [feed_of[id(item)]] if id(item) in feed_of else parts.feed
        yield item, np.asarray(stated.covered[parts.parts_of(own)].any(axis=(0, 2)))


def _where_its_feed_serves(item: Loss, served: Bools, municipalities: gpd.GeoDataFrame) -> Loss:
    """Widen a loss that may be anywhere its feed serves.

    Of a feed that has lost much, the stops that are left show too little of where it serves.
    """
    if not item.anywhere or item.where is None or not served.any():
        return item
    shapes = municipalities.geometry.to_numpy()[served]
    outlines = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    return replace(
        item, where=shapely.geometrycollections([*outlines, *shapely.get_parts(item.where)])
    )


def _required(groups: tuple[str, ...], modes: Iterable[str]) -> Bools:
    needed = np.zeros(len(groups), bool)
    for mode in modes:
        group = group_of(mode, layer="modes_required")
        if group not in groups:
            raise ParameterError(
                _("'{mode}' is not counted here").fill(mode=mode),
                layer="modes_required",
            )
        needed[groups.index(group)] = True
    return needed


def _touched(municipalities: gpd.GeoDataFrame, losses: Sequence[Loss]) -> Bools:
    """Municipalities in which something was lost."""
    if any(item.where is None for item in losses):
        return np.ones(len(municipalities), bool)
    out = np.zeros(len(municipalities), bool)
    if losses:
        places = shapely.get_parts(np.array([item.where for item in losses], dtype=object))
        town, _ = inside_pairs(municipalities, np.asarray(places, dtype=object))
        out[town] = True
    return out


def _calls(
    municipalities: gpd.GeoDataFrame,
    groups: Sequence[str],
    feed: Any,
    parts: Loaded,
    stated: Stated,
    stops: gpd.GeoDataFrame | None,
) -> Bools:
    """Tell which part calls where (parts, municipalities, groups)."""
    out = np.zeros((len(parts), len(municipalities), len(groups)), bool)
    if feed is None or stops is None or not stated.rows.any():
        return out
    if len(parts) == 1:  # its rows name it, or nothing that is loaded
        return out
    town, point = inside_pairs(municipalities, shapes_of(stops))
    # stop x part x group, each once
    route = np.asarray(feed._trip_route, dtype=np.int64)[feed.calls.trip]
    width = max(len(parts.of_route), 1)
    pair = np.unique(np.asarray(feed.calls.stop, dtype=np.int64) * width + route)
    at = pd.Index(stops["stop_id"]).get_indexer(feed.stops["stop_id"])[pair // width]
    column = {g: i for i, g in enumerate(groups)}
    kind = np.array([column.get(g, -1) for g in feed.routes["mode_group"]], dtype=np.int64)
    kind = kind[pair % width]
    used = (at >= 0) & (kind >= 0)
    member = np.zeros((len(stops), len(parts), len(groups)), bool)
    member[at[used], parts.of_route[pair % width][used], kind[used]] = True
    for part in range(len(parts)):
        hit, mode = np.nonzero(member[point, part])
        out[part, town[hit], mode] = True
    return out
