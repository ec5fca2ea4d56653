"""The state of each cell by day type: served, white or unknown, and why it is unknown.

Served needs one stop that certainly suffices. White needs to know that there is none: timetables
of every mode that could serve are complete as far as people would walk, nothing within that was
lost in reading, and no street that is not in the data could bring a stop into reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.shared.service import (
    TOLERANCE,
    Pairs,
    Service,
    StraightLine,
    Walk,
    level_of,
    served,
)
from metrogis.checks.transport_accessibility.white_spots.inputs import Inputs
from metrogis.checks.transport_accessibility.white_spots.parameters import WhiteSpotsParameters
from metrogis.checks.transport_accessibility.white_spots.tables import SERVED, UNKNOWN, WHITE, Codes
from metrogis.evidence import Evidence
from metrogis.evidence.streets import streets_evidence
from metrogis.evidence.timetable import Around, TimetableEvidence, evidence
from metrogis.i18n import _

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class States:
    """What is known of each cell.

    Attributes
    ----------
    by_day : dict of ndarray of int8 (cells,)
        Main day type first.
    why : ndarray of str (cells,)
        Of the main day type: why a cell is unknown; empty for the others.
    levels : ndarray of str (municipalities,)
        Coverage of each municipality on the main day type.
    by_air : Pairs
        Straight lines from the cells that are not served on some day to posts.
    timetable : TimetableEvidence
        Of the main day type.
    """

    by_day: dict[str, Codes]
    why: Texts
    levels: Texts
    by_air: Pairs
    timetable: TimetableEvidence


@dataclass(frozen=True, eq=False)
class Cells:
    """Pieces of population: municipality (position), where people walk from, whose people no
    source tells.
    """

    unit: Ints
    xy: Floats
    unpeopled: Bools


def decide(
    run: Run,
    inputs: Inputs,
    municipalities: gpd.GeoDataFrame,
    cells: Cells,
    service: Service | None,
    near: Pairs,
    walk: Walk,
) -> States:
    """Return the state of each cell on each day type.

    Parameters
    ----------
    run : Run
        Its audit and its evidence of ``timetable`` and ``streets`` are written.
    municipalities : GeoDataFrame
        Municipalities.
    cells : Cells
    service : Service or None
        None: no timetable.
    near : Pairs
        Walks from cells to posts.
    walk : Walk
        A street network, or the straight line that stands in for it.
    """
    params: WhiteSpotsParameters = run.parameters
    count = len(cells.unit)
    straight = isinstance(walk, StraightLine)
    # straight lines that stand in for streets reach less far
    reach = {
        g: limit / (params.detour if straight else 1.0) for g, limit in params.rule().limits.items()
    }
    known: dict[Any, Around] = {}
    sure: dict[str, tuple[Around, Bools, Bools]] = {}
    days: tuple[str, ...] = (params.main_day_type, *params.day_types)
    for day in dict.fromkeys(days):
        day_known = service is not None and day in service.counts
        silent = service.unknown_feeds.get(day, frozenset()) if service is not None else frozenset()
        # days on which the same feeds are silent share their evidence: asking for it is dear
        if (silent, day_known) not in known:
            found = _evidence(run, inputs, municipalities, service, silent, day_known)
            known[silent, day_known] = found.around(cells.xy, cells.unit)
        around = known[silent, day_known]
        good = np.zeros(count, bool)
        if service is not None and day_known:
            good = served(near, service.reach(day), service.place, count)
        elif service is not None:
            run.note(
                "timetable",
                "unknown",
                1,
                _("day type unknown in the timetable"),
                [day],
            )
        sure[day] = around, good, around.known(reach)
    # only cells that could be white on some day need the street data asked
    maybe = np.zeros(count, bool)
    for _unused, good, allowed in sure.values():
        maybe |= allowed & ~good
    by_air = _by_air(cells.xy, maybe, service)
    streets = None if straight else _Streets(run, municipalities, cells.xy, service, by_air, walk)
    by_day: dict[str, Codes] = {}
    why = np.full(count, "", dtype=object)
    for day, (around, good, allowed) in sure.items():
        apart = np.ones(count, bool) if streets is None else streets.known(day)
        state = np.full(count, UNKNOWN, np.int8)
        # white only what is certain; served, for what is known, whatever is missing
        state[allowed & apart & ~cells.unpeopled] = WHITE
        state[good] = SERVED
        by_day[day] = state
        if day == params.main_day_type:
            run.evidence["timetable"] = around.evidence.as_evidence()
            why = _why(around, reach, state, apart, cells)
            _note(run, around, why, cells.unit)
    main = sure[params.main_day_type][0].evidence
    return States(by_day, why, main.level, by_air, main)


def _evidence(
    run: Run,
    inputs: Inputs,
    municipalities: gpd.GeoDataFrame,
    service: Service | None,
    silent: frozenset[str],
    day_known: bool,
) -> TimetableEvidence:
    """Return what is known of the timetables on days on which some feeds are silent."""
    params: WhiteSpotsParameters = run.parameters
    found = evidence(
        municipalities,
        inputs.coverage,
        inputs.timetable,
        groups=tuple(params.rule().limits),
        required=params.modes_required,
        stops=service.posts if service is not None else None,
        stop_posts=inputs.stop_posts,
        rail_stations=inputs.rail_stations,
        silent=silent,
        day_known=day_known,
        neighbours=params.neighbours_complete,
    )
    run.add(found.audit)
    return found


def _by_air(xy: Floats, cells: Bools, service: Service | None) -> Pairs:
    """Straight lines from some cells to posts, as far as the longest walk."""
    if service is None or not cells.any():
        none = np.zeros(0, np.int64)
        return Pairs(none, none, np.zeros(0))
    index = np.flatnonzero(cells)
    found = StraightLine(1.0).walk_pairs(xy[index], service.xy, limit=service.rule.longest)
    return Pairs(index[found.origin], found.target, found.metres)


class _Streets:
    """For which cells the street data can say that a walk is too long."""

    def __init__(
        self,
        run: Run,
        municipalities: gpd.GeoDataFrame,
        xy: Floats,
        service: Service | None,
        by_air: Pairs,
        walk: Any,
    ) -> None:
        self.service, self.by_air, self.count = service, by_air, len(xy)
        known = streets_evidence(walk, run.crs, municipalities)
        run.evidence["streets"] = known
        posts = service.xy if service is not None else np.zeros((0, 2))
        self.off = _off(walk, xy, "population")
        self.lost = _off(walk, posts, "stops")
        run.note(
            "streets",
            "unknown",
            int(self.off.sum()),
            _("cells with no street near in the data: their walk cannot be computed"),
        )
        run.note(
            "streets",
            "unknown",
            int(self.lost.sum()),
            _(
                "stops with no street near in the data: nothing certain is known of "
                "those who live within their straight-line reach"
            ),
        )
        self.room = self._room(known, xy, posts)

    def _room(self, known: Evidence, xy: Floats, posts: Floats) -> Floats:
        """How long (m) a path between a cell and a post surely stays on streets that are known."""
        pairs = self.by_air
        if known.complete or not len(pairs.origin) or self.service is None:
            return np.full(len(pairs.origin), np.inf)
        longest = self.service.rule.longest
        room = np.zeros(len(pairs.origin))
        # from both ends: a path that leaves the known streets is at least as long as both together
        for points, index in ((xy, pairs.origin), (posts, pairs.target)):
            used, member = np.unique(index, return_inverse=True)
            room += known.clearance(points[used], 2 * longest)[member]
        return room

    def known(self, day: str) -> Bools:
        """Tell for which cells no street that is missing could bring a sufficient stop in reach."""
        sure = ~self.off
        service = self.service
        if service is None or day not in service.counts or not len(self.by_air.origin):
            return sure
        reach = service.reach(day)[service.place[self.by_air.target]]
        # stops in a straight line within reach whose walk a missing street could make short enough
        could = (reach > 0) & (self.by_air.metres <= reach + TOLERANCE)
        doubt = could & (self.lost[self.by_air.target] | (self.room <= reach + TOLERANCE))
        sure[self.by_air.origin[doubt]] = False
        return sure


def _off(walk: Any, points: Floats, layer: str) -> Bools:
    """Tell which points have no street near."""
    snap = getattr(walk, "snap", None)
    if snap is None or not len(points):
        return np.zeros(len(points), bool)
    return ~np.asarray(snap(points, layer=layer).known, dtype=bool)


def _why(
    around: Around, reach: dict[str, float], state: Codes, apart: Bools, cells: Cells
) -> Texts:
    """Return why cells are unknown: the first of the reasons that holds."""
    unknown = state == UNKNOWN
    why = np.full(len(state), "", dtype=object)
    if not around.evidence.given:
        why[unknown] = "timetable"
        return why
    lost = around.lost(reach)
    # a municipality that is not complete explains more than what was lost in it
    complete = np.append(around.evidence.complete, False)[cells.unit]
    reasons = (
        ("population", cells.unpeopled),
        ("streets", ~apart),
        ("coverage", ~around.known(reach)),
        ("lost", lost & complete),
    )
    for name, holds in reasons:  # the last that holds stays
        why[unknown & holds] = name
    return why


def _note(run: Run, around: Around, why: Texts, unit: Ints) -> None:
    """Note the cells of complete municipalities that are unknown, by what makes them so."""
    inside = np.append(around.evidence.complete, False)[unit]
    run.note(
        "timetable",
        "unknown",
        int((why == "lost").sum()),
        _("cells within the walk to a stop or trip that could not be read"),
    )
    run.note(
        "coverage",
        "unknown",
        int((inside & (why == "coverage")).sum()),
        _(
            "cells by the border of a municipality without complete coverage: its "
            "stops may serve them"
        ),
    )
    run.note(
        "streets",
        "unknown",
        int((why == "streets").sum()),
        _(
            "cells from which a street that is not in the data could bring a stop with "
            "enough service within reach"
        ),
    )


def causes(
    state: Codes, day: str, service: Service | None, near: Pairs, states: States, straight: bool
) -> Texts:
    """Return why each white cell is white on a day type.

    Parameters
    ----------
    state : ndarray of int8 (cells,)
        On that day.
    day : str
    service : Service or None
    near : Pairs
        Walks from cells to posts.
    states : States
    straight : bool
        Walks are straight lines; on streets a stop near in a straight line alone is a ``barrier``.

    Returns
    -------
    ndarray of str (cells,)
        ``no_stop``, ``barrier``, ``too_few``, ``wrong_hours`` (enough in the day, not in a window),
        ``other_days`` (served on another day type); the last that holds. Empty for cells that are
        not white.
    """
    cause = np.full(len(state), "", dtype=object)
    white = state == WHITE
    if service is None or not white.any():
        return cause
    place = service.place[near.target]
    within = white[near.origin] & service.within(near)
    cell, place, metres = near.origin[within], place[within], near.metres[within]
    stop = np.zeros(len(state), bool)
    stop[cell] = True
    enough = np.zeros(len(state), bool)
    counts = service.counts[day][0][level_of(service.rule, metres), place]
    enough[cell[counts >= service.rule.per_day]] = True
    other = np.zeros(len(state), bool)
    for name, codes in states.by_day.items():
        if name != day:
            other |= codes == SERVED
    # from the weakest cause to the one that says most: what is written last stays
    cause[white] = "no_stop"
    if not straight:
        barred = np.zeros(len(state), bool)
        barred[states.by_air.origin[service.within(states.by_air)]] = True
        cause[white & barred] = "barrier"
    cause[white & stop] = "too_few"
    cause[white & stop & enough] = "wrong_hours"
    cause[white & stop & other] = "other_days"
    return cause
