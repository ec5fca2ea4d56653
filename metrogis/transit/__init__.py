"""Timetables: feeds with their audit, day types, departures, intervals between them."""

from metrogis.transit.archive import Limits
from metrogis.transit.daytypes import DAY_TYPES, DayType, FeedDay
from metrogis.transit.feed import Feed
from metrogis.transit.health import HealthRow, health_lines, health_of
from metrogis.transit.intervals import count_interval, intervals, waiting_interval
from metrogis.transit.modes import MODE_GROUPS, MODES, mode_group, mode_of, rail_kind
from metrogis.transit.options import DateRule
from metrogis.transit.read import read_feed

__all__ = [
    "DAY_TYPES",
    "MODES",
    "MODE_GROUPS",
    "DateRule",
    "DayType",
    "Feed",
    "FeedDay",
    "HealthRow",
    "Limits",
    "count_interval",
    "health_lines",
    "health_of",
    "intervals",
    "mode_group",
    "mode_of",
    "rail_kind",
    "read_feed",
    "waiting_interval",
]
