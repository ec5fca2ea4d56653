"""Timetables: feeds with their audit, day types, departures, intervals between them."""

from metrogis.transit.archive import Limits
from metrogis.transit.calendar import DAY_TYPES, DayType
from metrogis.transit.feed import Feed, read_feed
from metrogis.transit.intervals import count_interval, intervals, waiting_interval
from metrogis.transit.modes import MODE_GROUPS, MODES, mode_group, mode_of, rail_kind

__all__ = [
    "DAY_TYPES",
    "MODES",
    "MODE_GROUPS",
    "DayType",
    "Feed",
    "Limits",
    "count_interval",
    "intervals",
    "mode_group",
    "mode_of",
    "rail_kind",
    "read_feed",
    "waiting_interval",
]
