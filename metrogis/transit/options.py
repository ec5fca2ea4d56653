"""What a timetable is read with: country, holidays, dates, limits, trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date as Date

from metrogis.errors import ParameterError
from metrogis.i18n import _, both
from metrogis.transit.daytypes import Interval


@dataclass(frozen=True)
class DateRule:
    """Thresholds of the choice of reference dates (:mod:`metrogis.transit.reference`).

    All are choices of this project, made on timetables of Polish operators; no standard gives
    them.

    Attributes
    ----------
    least_share : float, default 0.75
        A date may stand for its type from this share of the trips of the type's usual busy date
        (the k-th busiest), so that neither a reduced day nor a rest of the network does.
    within_days : int, default 62
        Days from the anchor within which a date may stand for its type.
    busiest_share : float, default 0.03
        k of "the k-th busiest date", as a share of the dates, rounded up ...
    busiest_least, busiest_most : int, default 2 and 10
        ... but at least and at most this many dates (and never more than there are): k - 1 special
        dates do not set the measure.
    active_share : float, default 0.25
        A week is active from a date of this share of the trips of the feed's k-th busiest date.
    fall_weekdays : int, default 5
        School-day weekdays in a row at the end (or start) of a feed, all below ``least_share``,
        that make a fall: the feed is not valid beyond it.
    none_dates : int, default 4
        Dates of a type needed to tell that nothing runs on such days.
    none_share : float, default 0.25
        "Nothing runs" is not certain where a date of the type has this share of the trips of the
        feed's busiest date.
    weekday_trips : int, default 300
        A feed of this many trips on a weekday and none on Saturdays and Sundays was probably cut
        to weekdays: its weekends are unknown unless the catalog trusts it.

    Examples
    --------
    >>> DateRule(within_days=31).within_days
    31
    """

    least_share: float = 0.75
    within_days: int = 62
    busiest_share: float = 0.03
    busiest_least: int = 2
    busiest_most: int = 10
    active_share: float = 0.25
    fall_weekdays: int = 5
    none_dates: int = 4
    none_share: float = 0.25
    weekday_trips: int = 300

    def __post_init__(self) -> None:
        """Refuse shares outside (0, 1] and counts below 1."""
        for item in fields(self):
            value = getattr(self, item.name)
            share = item.name.endswith("_share")
            if not (0 < value <= 1 if share else value >= 1 and value == int(value)):
                span = both("(0, 1]") if share else _("1, 2, 3 ...")
                raise ParameterError(
                    _("threshold out of range"),
                    layer="date_rule",
                    place=f"{item.name} = {value}",
                    remedy=span,
                )


@dataclass(frozen=True)
class Options:
    """What a feed was read with (see :func:`read_feed`)."""

    country: str = "PL"
    school: tuple[Interval, ...] | None = None
    reference_date: Interval | None = None
    dates: Mapping[str, Date] = field(default_factory=dict)
    max_runs: int = 5_000_000
    trust: str | Mapping[str, str] | None = None
    date_rule: DateRule = DateRule()

    def trusted(self, feed: str) -> str | None:
        """Return why doubts about a feed are set aside.

        Parameters
        ----------
        feed : str
            Name of the feed. ``trust`` is one reason for all feeds, or one by name.

        Returns
        -------
        str or None
            None where the doubts stand.
        """
        given = self.trust
        return (given if isinstance(given, str) or given is None else given.get(feed)) or None
