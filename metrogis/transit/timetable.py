"""The data of a timetable, and what is worked out of them once: positions, runs, boardings.

:class:`~metrogis.transit.Feed` is such a timetable with the questions one asks it; what answers
them (days, directions, health ...) takes the data from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as Date
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.evidence.losses import Loss
from metrogis.provenance import Audit, Source
from metrogis.transit.archive import Archive
from metrogis.transit.boardings import Boardings, boardings
from metrogis.transit.calendar import Calendar
from metrogis.transit.calls import StopTimes
from metrogis.transit.columns import Mask, positions
from metrogis.transit.options import Options
from metrogis.transit.runs import Runs, Twins, find_twins, listed_twice, runs_on

DAY = 86_400
"""Seconds of a day."""


@dataclass(frozen=True, eq=False)
class Timetable:
    """Data of a timetable; never changed in place.

    What each table holds stands at :class:`metrogis.transit.Feed`, which adds the questions.
    """

    name: str
    stops: pd.DataFrame
    routes: pd.DataFrame
    trips: pd.DataFrame
    transfers: pd.DataFrame
    agency: pd.DataFrame
    calls: StopTimes
    headways: pd.DataFrame
    calendar: Calendar
    audit: Audit
    source: Source
    options: Options
    archives: Mapping[str, Archive] = field(default_factory=dict)
    lost: Mapping[str, tuple[Loss, ...]] = field(default_factory=dict)
    before: Self | None = None
    """The timetable that a scenario was applied to: what is known where is asked of it."""

    @property
    def feeds(self) -> tuple[str, ...]:
        """Names of the feeds it was made of."""
        return tuple(self.calendar.validity)

    @cached_property
    def losses(self) -> tuple[Loss, ...]:
        """What existed and could not be used, and where it may have been.

        Of all feeds but those that the catalog trusts (``trust``): their losses are in ``lost``
        alone.
        """
        return tuple(
            item
            for feed, found in self.lost.items()
            if self.options.trusted(feed) is None
            for item in found
        )

    @property
    def doubts(self) -> tuple[Loss, ...]:
        """Why the timetable is incomplete somewhere: the same as its losses."""
        return self.losses

    @property
    def validity(self) -> tuple[Date, Date]:
        """First and last date for which the timetable speaks (any of its feeds)."""
        spans = self.calendar.validity.values()
        return min(a for a, _ in spans), max(b for _, b in spans)

    def keeping(self, other: Timetable) -> Self:
        """Take over what was worked out for the same timetable.

        Parameters
        ----------
        other : Feed
            The timetable that this one is a copy of: calls, trips and calendar must be the same,
            for the cached properties are copied as they are.
        """
        self.__dict__.update({k: v for k, v in other.__dict__.items() if k.startswith("_")})
        return self

    @cached_property
    def _trip_route(self) -> npt.NDArray[np.int32]:
        return positions(self.trips["route_id"], self.routes["route_id"])

    @cached_property
    def _trip_service(self) -> npt.NDArray[np.int32]:
        return positions(self.trips["service_id"], self.calendar.services)

    @cached_property
    def _trip_last(self) -> npt.NDArray[np.int32]:
        """Stop (position) each trip ends at; -1 for trips without calls."""
        last = np.full(len(self.trips), -1, np.int32)
        last[self.calls.trip] = self.calls.stop  # rows are in order: the last one stays
        return last

    def _trips_on(self, days: Mapping[str, Date]) -> Mask:
        services = np.zeros(len(self.calendar.services), bool)
        for name, date in days.items():
            services |= self.calendar.on(date) & (self.calendar.feed_of == name)
        return np.append(services, False)[self._trip_service]

    @cached_property
    def _twins(self) -> Twins:
        by_headway = np.zeros(len(self.trips), bool)
        by_headway[self.headways["trip"].to_numpy()] = True
        return find_twins(
            self.calls, self.stops, self.trips, self.routes, self._trip_route, by_headway
        )

    @cached_property
    def listed_twice(self) -> Mask:
        """Trips that repeat an earlier one on a date that both run on, as a mask over trips.

        Equal in line, places of stops and times: operators list a run in two feeds, or twice in
        one.
        """
        return listed_twice(self._twins, self.calendar, self._trip_service)

    def _runs_on(self, days: Mapping[str, Date]) -> Runs:
        """Return the runs of one date: headways expanded, runs listed twice once."""
        return runs_on(
            self._trips_on(days), self.headways, self._twins, limit=self.options.max_runs,
            layer=self.name,
        )  # fmt: skip

    def _boardings(self, days: Mapping[str, Date]) -> Boardings:
        runs = self._runs_on(days)
        return boardings(self.calls, runs, limit=self.options.max_runs, layer=self.name)

    def _count(self, days: Mapping[str, Date]) -> int:
        runs = self._runs_on(days)
        calls = np.zeros(len(self.trips), bool)
        calls[self.calls.trip] = True
        return int((runs.plain & calls).sum()) + int(calls[runs.trip].sum())
