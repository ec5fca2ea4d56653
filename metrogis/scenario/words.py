"""The words of a scenario: what each ``do`` changes, where, and with which values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from metrogis.i18n import Text, _

Place = Literal["", "point", "line", "area"]
"""What a change draws: nothing, a point, a line, a polygon."""

_CLOCK = re.compile(r"([0-3]?\d):([0-5]\d)")

PEOPLE_PER_DWELLING = 2.4
"""Residents of a new dwelling (project choice, near the average household of the 2021 census)."""

DWELL = 20.0
"""Seconds that a vehicle of an added line stands at a stop (project choice)."""

DAYS = ("school_day", "holiday_weekday", "saturday", "sunday")
"""Day types on which an added line may run."""


@dataclass(frozen=True)
class Value:
    """What a value of a change may be.

    Attributes
    ----------
    kind : str
        ``number``, ``text``, ``clock`` (HH:MM, past 24:00 kept), ``flag``, ``texts`` (a list),
        ``clocks`` (a list), ``days`` (a list of day types).
    text : Text
        What it says, with its unit.
    low, high : float
        Bounds of numbers; ``above``: greater than ``low``.
    required : bool
    allowed : tuple of str
        Words, where only some may be given.
    """

    kind: str
    text: Text
    low: float = float("-inf")
    high: float = float("inf")
    above: bool = False
    required: bool = False
    allowed: tuple[str, ...] = ()

    def fits(self, value: Any) -> bool:
        """Return whether a value is of the kind and within the bounds."""
        if self.kind == "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                return False
            return self.low <= value <= self.high and not (self.above and value == self.low)
        if self.kind == "flag":
            return isinstance(value, bool)
        if self.kind in ("clock", "text"):
            return self._word(value)
        return isinstance(value, list | tuple) and bool(value) and all(map(self._word, value))

    def _word(self, value: Any) -> bool:
        """Tell whether a value, or each of a list, is a word of the kind."""
        if not isinstance(value, str):
            return False
        if self.kind in ("clock", "clocks"):
            return _CLOCK.fullmatch(value) is not None
        within = DAYS if self.kind == "days" else self.allowed
        return not within or value in within


def seconds(clock: str) -> int:
    """Return the seconds after midnight of a time of day.

    >>> seconds("6:30"), seconds("25:00")
    (23400, 90000)
    """
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


@dataclass(frozen=True)
class Word:
    """One ``do``.

    Attributes
    ----------
    text : Text
    layers : tuple of str
        Layers that a change may name; the first where it names none.
    place : str
        What it draws; ``optional``: need not.
    target : bool or None
        Whether ``target`` must be given; None: it may.
    values : mapping of str to Value
    columns : bool
        Further values are columns of the layer.
    with_layers : tuple of str
        Further layers that it writes.
    """

    text: Text
    layers: tuple[str, ...]
    place: Place = ""
    optional: bool = False
    target: bool | None = False
    values: Mapping[str, Value] = field(default_factory=dict)
    columns: bool = False
    with_layers: tuple[str, ...] = ()


_MODES = ("bus", "trolleybus", "tram", "rail", "metro", "ferry", "coach", "cableway")


def _number(text: Text, *, low: float = 0.0, above: bool = False, high: float = float("inf"),
            required: bool = False) -> Value:  # fmt: skip
    return Value("number", text, low=low, high=high, above=above, required=required)


_NAME = Value("text", _("name"))
_START = Value("clock", _("first departure, HH:MM"))
_END = Value("clock", _("last departure, HH:MM"))
_HEADWAY = _number(_("minutes between departures"), above=True, high=24 * 60)
_SPEED = _number(_("speed between stops, km/h"), above=True, high=400)
_DWELL = _number(_("seconds at each stop"), high=3600)
_DAYS = Value("days", _("day types"))
_STOPS = Value("texts", _("stops, by id, in their order"))

WORDS: dict[str, Word] = {
    "add_stop": Word(
        _("a new stop"), ("timetable",), "point", values={"name": _NAME}
    ),
    "move_stop": Word(_("a stop moved"), ("timetable",), "point", target=True),
    "remove_stop": Word(_("a stop removed"), ("timetable",), target=True),
    "add_line": Word(
        _("a new line"), ("timetable",), "line", optional=True,
        values={
            "name": _NAME,
            "mode": Value("text", _("means of transport"), allowed=_MODES),
            "stops": _STOPS,
            "spacing": _number(_("metres between stops of a line given by its path"), above=True),
            "speed": _SPEED,
            "dwell": _DWELL,
            "headway": _HEADWAY,
            "start": _START,
            "end": _END,
            "departures": Value(
                "clocks", _("departures from the first stop, in place of a headway")
            ),
            "days": _DAYS,
            "both_directions": Value("flag", _("runs there and back")),
        },
    ),
    "remove_line": Word(_("a line removed"), ("timetable",), target=True),
    "reroute": Word(
        _("a line over other stops"), ("timetable",), target=True,
        values={
            "from": Value("text", _("last stop before the change, by id")),
            "to": Value("text", _("first stop after the change, by id")),
            "stops": Value("texts", _("stops between, by id, in their order")),
            "speed": _SPEED,
            "dwell": _DWELL,
        },
    ),
    "set_headway": Word(
        _("another headway"), ("timetable",), target=True,
        values={
            "headway": _number(_("minutes between departures"), above=True, high=24 * 60,
                               required=True),
            "start": _START, "end": _END, "days": _DAYS,
        },
    ),
    "set_span": Word(
        _("other hours of service"), ("timetable",), target=True,
        values={
            "start": Value("clock", _("first departure, HH:MM"), required=True),
            "end": Value("clock", _("last departure, HH:MM"), required=True),
            "days": _DAYS,
        },
    ),
    "shift": Word(
        _("departures earlier or later"), ("timetable",), target=True,
        values={
            "minutes": _number(_("minutes; below 0: earlier"), low=-1440, high=1440, required=True),
            "days": _DAYS,
        },
    ),
    "set_speed": Word(
        _("another speed"), ("timetable",), target=True,
        values={
            "factor": _number(_("times the speed of today"), above=True, high=100),
            "speed": _SPEED,
        },
    ),
    "set_dwell": Word(
        _("another time at stops"), ("timetable",), target=True,
        values={"dwell": _number(_("seconds at each stop"), high=3600, required=True)},
    ),
    "add_path": Word(
        _("a new path or crossing"), ("streets",), "line",
        values={
            "name": _NAME,
            "modes": Value("texts", _("who may use it"), allowed=("walk", "bike")),
            "highway": Value("text", _("kind of way, as in OpenStreetMap")),
        },
    ),
    "add_entrance": Word(
        _("a new entrance of an interchange"), ("interchange_entrances",), "point", target=True,
        values={"name": _NAME},
    ),
    "add_cycle_link": Word(
        _("a new cycle link"), ("streets",), "line",
        values={
            "name": _NAME,
            "protection": Value(
                "text", _("what parts it from cars"), allowed=("track", "path")
            ),
        },
        with_layers=("cycle_routes",),
    ),
    "set_zone": Word(
        _("another planning zone"), ("plans", "planning_zones"), "area", optional=True,
        target=None,
        values={"symbol": Value("text", _("symbol of the zone"))},
        columns=True,
    ),
    "add_building": Word(
        _("a new building"), ("buildings",), "area", columns=True
    ),
    "add_housing": Word(
        _("new dwellings"), ("population",), "area",
        values={
            "dwellings": _number(_("dwellings"), above=True, high=1_000_000, required=True),
            "people_per_dwelling": _number(_("residents of a dwelling"), above=True, high=20),
        },
        with_layers=("population_municipal",),
    ),
    "add_jobs": Word(
        _("new jobs"), ("jobs",), "point", optional=True, target=None,
        values={"jobs": _number(_("jobs"), above=True, high=10_000_000, required=True)},
    ),
    "add_parking": Word(
        _("new parking"), ("bike_parking",), "point",
        values={
            "name": _NAME,
            "capacity": _number(_("places"), above=True, high=1_000_000, required=True),
        },
        columns=True,
    ),
    "fix_corridor": Word(
        _("a corridor opened"), ("land_cover",), "area",
        values={"class": _number(_("code of the land cover that is restored"), required=True)},
    ),
}  # fmt: skip
"""Every ``do`` and what it means, in the order of the documentation."""
