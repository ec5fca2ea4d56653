"""A timetable read from GTFS: cleaned tables, audit, day types, departures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import timedelta
from functools import cached_property
from html import escape
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.provenance import Source
from metrogis.transit import days as day_rules
from metrogis.transit import daytypes as cal
from metrogis.transit import frames, points
from metrogis.transit.boardings import Boardings
from metrogis.transit.daytypes import DAY_TYPES, DateLike, DayType
from metrogis.transit.departures import departure_table
from metrogis.transit.directions import trip_directions
from metrogis.transit.health import health_table
from metrogis.transit.options import DateRule
from metrogis.transit.reference import FeedDates
from metrogis.transit.timetable import DAY, Timetable


@dataclass(frozen=True, eq=False, repr=False)
class Feed(Timetable):
    """A timetable. Made by :func:`read_feed`; never changed in place.

    Attributes
    ----------
    name : str
        Its name, for messages.
    stops : DataFrame
        stop_id, stop_code, stop_name, stop_lat, stop_lon (degrees, WGS 84; NaN = unknown),
        location_type, parent_station (empty = none), station (root of the station, or the stop
        itself), platform_code, at_station (without coordinates: those are its station's), feed.
    routes : DataFrame
        route_id, agency_id, route_short_name (the line as shown), route_long_name, route_type
        (-1: trips name the route, no row tells of it), mode, mode_group, line (its name as stated;
        empty for a route without one), feed.
    trips : DataFrame
        trip_id, route_id, service_id, trip_headsign, direction_id (-1 = not stated), block_id,
        shape_id, feed.
    transfers : DataFrame
        from_stop_id, to_stop_id, transfer_type, min_transfer_time (seconds, NaN = not stated),
        from_trip_id, to_trip_id, from_route_id, to_route_id (empty = any).
    audit : Audit
        What was dropped, repaired, guessed or modelled while reading.
    source : Source
        Where the timetable came from.
    lost : mapping of str to tuple of Loss
        By feed: what existed and could not be used, and where it may have been.
    """

    @property
    def health(self) -> pd.DataFrame:
        """Health of every feed: what is lost, odd, or was put right.

        feed, what (id), title_pl, title_en, count, examples, doubt (it makes things uncertain near
        what it speaks of), trusted (why its doubt is set aside). See
        :func:`metrogis.transit.health_of`, which has the titles as texts.
        """
        return health_table(self)

    def with_source(self, source: Source) -> Feed:
        """Return the feed with another source (the catalog's licence, attribution, date)."""
        return replace(self, source=source).keeping(self)

    def with_date_rule(self, rule: DateRule) -> Feed:
        """Return the feed with reference dates by other thresholds; the audit says which."""
        return day_rules.with_rule(self, rule)

    @cached_property
    def stop_times(self) -> pd.DataFrame:
        """Calls of trips at stops; trips with headways stand once.

        trip_id, stop_id (categories), arrival_time, departure_time (seconds after midnight of the
        service day, past 86400 kept), stop_sequence, pickup_type, drop_off_type, modelled (the
        time was interpolated).
        """
        return frames.call_table(self)

    @property
    def frequencies(self) -> pd.DataFrame:
        """Headways: trip_id, start_time, end_time (seconds), headway_secs, exact_times."""
        return frames.headway_table(self)

    @cached_property
    def shapes(self) -> pd.DataFrame:
        """Shapes, read on first use: shape_id, shape_pt_lat, shape_pt_lon, shape_pt_sequence."""
        return frames.shape_table(self)

    def _days(self, day: DateLike) -> dict[str, Date]:
        """Return the date at which each feed is looked at; feeds not valid then are left out."""
        if isinstance(day, str) and day in DAY_TYPES:
            kind = self.day_types()[day]
            if kind.date is None:
                raise ParameterError(
                    _("{title}: {why}").fill(title=kind.title, why=kind.why),
                    layer=self.name,
                    place=day,
                )
            return day_rules.dates_of(kind)
        date = cal.as_date(day)
        valid = {f: date for f, (a, b) in self.calendar.validity.items() if a <= date <= b}
        if not valid:
            first, last = self.validity
            raise ParameterError(
                _("{date} is outside the validity of the timetable {first}..{last}").fill(
                    date=date.isoformat(), first=first, last=last
                ),
                layer=self.name,
                remedy=_("give a date of that period, or a newer timetable"),
            )
        return valid

    @cached_property
    def _trip_direction(self) -> npt.NDArray[np.int8]:
        return trip_directions(self)

    def _with_previous(self, day: DateLike, previous: bool) -> Boardings:
        days = self._days(day)
        found = self._boardings(days)
        if not previous:
            return found
        before = {
            f: d - timedelta(days=1)
            for f, d in days.items()
            if d - timedelta(days=1) >= self.calendar.validity[f][0]
        }
        night = self._boardings(before)
        late = night.seconds >= DAY
        return Boardings(
            np.concatenate([found.call, night.call[late]]),
            np.concatenate([found.seconds, night.seconds[late] - DAY]),
        )

    def departures(self, day: DateLike, *, include_previous_day: bool = False) -> pd.DataFrame:
        """Return every departure on a service date from a stop where passengers may board.

        Runs listed twice (equal in line, places of stops and times) count once.

        Parameters
        ----------
        day : date, str or day type
            A date within the validity, or a day type (``"saturday"``): its reference date, which
            of several merged feeds with different validity may differ by feed.
        include_previous_day : bool, default False
            Add what the service day before still runs after midnight (seconds then count from
            this day's midnight).

        Returns
        -------
        DataFrame
            One row per departure, by trip: stop_id, route_id, route_short_name, line, direction_id
            (-1 = not stated), direction (0 or 1 within a line: as stated, else by the order of
            its stops; -1 where that does not tell), trip_id, mode, mode_group, seconds (after
            midnight of the service date; past 86400 kept), headsign, first_stop (the trip starts
            here), terminal_id (the stop it ends at), route_type, feed. Texts are categories.
            ``attrs["dates"]`` tells each feed's date, ``attrs["unknown_feeds"]`` those that say
            nothing certain of it (:meth:`unknown_feeds`).

        Raises
        ------
        ParameterError
            If the date is outside the validity, or the day type unknown here.
        """
        found = self._with_previous(day, include_previous_day)
        frame = departure_table(self, found, self._days(day), self._trip_direction)
        frame.attrs["unknown_feeds"] = list(self.unknown_feeds(day))
        return frame

    def departures_per_stop_hour(
        self, day: DateLike, *, include_previous_day: bool = False
    ) -> pd.DataFrame:
        """Return the number of departures per stop and hour of the service day.

        Returns
        -------
        DataFrame
            Index ``stop_id`` of every stop; columns 0, 1, ... 23 and on, as far as trips run past
            midnight. 0 means: the timetable has no departure there in that hour.

        Raises
        ------
        ParameterError
            As :meth:`departures`.
        """
        found = self._with_previous(day, include_previous_day)
        hour = found.seconds // 3600
        width = max(24, int(hour.max()) + 1 if hour.size else 0)
        cell = self.calls.stop[found.call].astype(np.int64) * width + hour
        counts = np.bincount(cell, minlength=len(self.stops) * width)
        return pd.DataFrame(
            counts.reshape(len(self.stops), width),
            index=pd.Index(self.stops["stop_id"], name="stop_id"),
        )

    def trips_on(self, day: DateLike) -> int:
        """Return the number of runs on a date: headways expanded, runs listed twice once.

        Parameters
        ----------
        day : date, str or day type
            Of several feeds each is looked at its own reference date of a day type.
        """
        return self._count(self._days(day))

    def day_types(self) -> dict[str, DayType]:
        """Return the four day types: school_day, holiday_weekday, saturday, sunday.

        Public holidays count as Sundays, by the rule of the country. Without a table of school
        holidays ``school_day`` stands for every working weekday and ``holiday_weekday`` is
        unknown. Each feed has a reference date of its own near one anchor: the date the user
        names for the type, else ``reference_date``, else that of the largest feed. The rule is in
        :mod:`metrogis.transit.reference`, its thresholds in ``options.date_rule``.
        """
        return dict(self._day_types)

    def unknown_feeds(self, day: DateLike) -> tuple[str, ...]:
        """Return the feeds that say nothing certain of a date or day type.

        Their operators are unknown then, not absent: the date is outside the feed's validity, or
        it has no reference date.
        """
        if isinstance(day, str) and day in DAY_TYPES:
            return self._day_types[day].unknown_feeds
        date = cal.as_date(day)
        return tuple(name for name, own in self._feed_dates.items() if not own.says(date))

    def trips_by_date(self) -> pd.DataFrame:
        """Return the trips of every feed on every date of its span.

        Columns: feed, date, day_type (None: the table of school holidays does not reach there),
        trips (headways expanded), valid (no week without most trips, not beyond a fall).
        """
        return day_rules.trips_by_date(self._feed_dates)

    @property
    def _feed_dates(self) -> dict[str, FeedDates]:
        return day_rules.feed_dates(self)

    @property
    def _day_types(self) -> dict[str, DayType]:
        return day_rules.types_of(self)

    def at_own_places(self) -> Feed:
        """Return the timetable without positions that stops only borrow from their station.

        Where a platform lies is then unknown: nobody walks to it, and times become no shorter than
        they are. Everything else stays, and what was worked out is shared.
        """
        borrowed = self.stops["at_station"].to_numpy(bool)
        if not borrowed.any():
            return self
        stops = self.stops.copy()
        stops.loc[borrowed, ["stop_lat", "stop_lon"]] = np.nan
        return replace(self, stops=stops).keeping(self)

    def stop_points(self, crs: Any) -> gpd.GeoDataFrame:
        """Return the stops as points in a projected CRS.

        Parameters
        ----------
        crs : anything pyproj reads
            A projected CRS in metres.

        Returns
        -------
        GeoDataFrame
            stop_id, name, station (root of the station, else the stop), modes and mode_groups
            (of the trips that ever call there, joined by commas; empty = none), feed, geometry.
            Stations and entrances are left out unless trips call at them, and so are stops without
            coordinates, which the audit counts.

        Raises
        ------
        CRSError
            If the CRS is not a projected one, or the stops lie outside its area of use.
        """
        return points.stop_points(self, crs)

    def describe(self, language: str = "en") -> pd.DataFrame:
        """Return one row per day type (the index).

        Columns: state, date, dates (in the validity), same_services (those with the timetable of
        the reference date), trips, median, busiest, departures, stops, unknown_feeds, why.
        """
        return day_rules.describe(self, language)

    def __repr__(self) -> str:
        first, last = self.validity
        return (
            f"<Feed {self.name}: {len(self.routes)} routes, {len(self.stops)} stops, "
            f"{len(self.trips)} trips, {len(self.calls)} stop times, {first}..{last}, "
            f"{len(self.audit)} audit rows>"
        )

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self)[1:-1])}</p>" + cast(str, self.describe().to_html())
