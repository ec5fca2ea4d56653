"""When the buses run: day types, headways, the hours of the planted villages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from metrogis.demo.frame import Array, Index
from metrogis.demo.lines import Line

FIRST, LAST = date(2024, 9, 2), date(2025, 2, 28)
HOLIDAYS = (
    (date(2024, 12, 23), date(2024, 12, 31), "zimowa przerwa świąteczna"),
    (date(2025, 2, 3), date(2025, 2, 16), "ferie zimowe"),
)
FREE_DAYS = frozenset(
    date(*d)
    for d in (
        (2024, 11, 1),
        (2024, 11, 11),
        (2024, 12, 25),
        (2024, 12, 26),
        (2025, 1, 1),
        (2025, 1, 6),
    )
)
DAYS = ("SZK", "FER", "SOB", "NIE")
"""School day, weekday in school holidays, Saturday, Sunday and public holiday."""

PEAKS = ((330, 540), (810, 1050))
"""Rush hours, minutes after midnight."""


@dataclass(frozen=True)
class Plan:
    """How often a line runs: first and last departure, headways by day type (peak, else), min."""

    first: int
    last: int
    headway: dict[str, tuple[int, int]]


def _plan(first: int, last: int, *headways: tuple[int, int]) -> Plan:
    return Plan(first, last, dict(zip(DAYS, headways, strict=True)))


PLANS = {
    "frequency": _plan(285, 1380, (10, 15), (15, 15), (20, 20), (20, 20)),
    "big_city": _plan(280, 1465, (5, 6), (6, 6), (7, 8), (8, 10)),
    "city": _plan(285, 1455, (8, 12), (12, 12), (15, 15), (20, 20)),
    "urban": _plan(290, 1360, (12, 20), (20, 20), (30, 30), (40, 40)),
    "rural": _plan(300, 1290, (40, 60), (60, 60), (80, 80), (90, 90)),
    "link": _plan(290, 1320, (40, 60), (60, 60), (90, 90), (90, 90)),
    "rail": _plan(270, 1420, (15, 30), (30, 30), (40, 40), (40, 40)),
    "rail_branch": _plan(280, 1380, (40, 60), (60, 60), (75, 75), (75, 75)),
}

# departures in the planted village itself, minutes after midnight
_OFF_HOURS = (560, 590, 620, 650, 680, 710, 740, 1050, 1090, 1130, 1170, 1210)
STEADY = 24
"""Minutes between departures in the planted village with one even headway."""
SLOW_RIDE = 42
"""Minutes from the planted village with the slow bus to the city."""
PLANTED: dict[str, dict[str, tuple[int, ...]]] = {
    "too_few": dict.fromkeys(DAYS, (400, 900, 1000)),
    "wrong_hours": dict.fromkeys(DAYS, _OFF_HOURS),
    "sundays_only": {"NIE": tuple(range(360, 1300, 75))},
    "weekdays_only": dict.fromkeys(("SZK", "FER"), tuple(range(310, 1300, 70))),
    "steady": dict.fromkeys(DAYS, tuple(range(300, 1300, STEADY))),
    "slow": dict.fromkeys(DAYS, tuple(range(320, 1300, 60))),
}

SPEED = {
    "big_city": 18.0,
    "city": 19.0,
    "frequency": 19.0,
    "urban": 23.0,
    "rural": 36.0,
    "link": 48.0,
}
"""Speed of buses with stops, km/h."""


def starts(plan: Plan, day: str) -> Index:
    """Return departures of the first stop, minutes after midnight.

    >>> len(starts(PLANS["rural"], "NIE"))
    12
    """
    peak, off = plan.headway[day]
    out, t = [], plan.first
    while t <= plan.last:
        out.append(t)
        t += peak if any(a <= t < b for a, b in PEAKS) else off
    return np.array(out, dtype=np.int64)


def minutes_of(line: Line) -> Index:
    """Return whole minutes from the first stop to each stop of a line, one at least between two."""
    if line.plant == "slow":
        return np.array([0, SLOW_RIDE], dtype=np.int64)
    speed = SPEED.get(line.plan, SPEED["rural"])
    exact = np.concatenate([[0.0], np.cumsum(line.metres)]) / (speed * 1000 / 60)
    steps = np.arange(len(exact))
    whole = np.round(exact).astype(np.int64)
    # subtracting the position makes "at least one more than before" into "not less than before"
    return np.asarray(np.maximum.accumulate(whole - steps) + steps)


def trip_starts(line: Line, number: int, direction: int) -> dict[str, Index]:
    """Return the departures of a line's first stop in one direction.

    Parameters
    ----------
    line : Line
    number : int
        Of the line in its feed; shifts departures so that lines do not leave together.
    direction : {0, 1}

    Returns
    -------
    dict of str to array of int
        Minutes after midnight by day type (:data:`DAYS`); a day without service is absent. For a
        planted village the departures in the village are given, and those from the other end
        follow.
    """
    if line.times:
        return line.times[direction]
    if line.plant:
        # the planted village is the last stop: the way back starts there
        back = {d: np.array(t, dtype=np.int64) for d, t in PLANTED[line.plant].items()}
        if direction == 1:
            return back
        run = int(minutes_of(line)[-1])
        return {d: np.maximum(t - run - 4, 240) for d, t in back.items()}
    shift = (number * 7 + direction * 5) % 11
    return {d: starts(PLANS[line.plan], d) + shift for d in DAYS}


@dataclass(frozen=True)
class RailRun:
    """Trains of one line of rails.

    ``order``: stations (rows); ``forth``: whole minutes from the first to each.
    """

    rail: int
    order: Index
    forth: Index

    def starts(self, day: str, direction: int) -> Index:
        """Return the departures of the first station of a direction, minutes after midnight."""
        return starts(PLANS["rail" if self.rail == 0 else "rail_branch"], day) + 3 * direction

    def departures(self, day: str, direction: int, at: int) -> Index:
        """Return the departures of the station that lies ``at`` minutes from the first one."""
        along = int(self.forth[-1]) - at if direction else at
        return self.starts(day, direction) + along


def rail_runs(stations: pd.DataFrame) -> list[RailRun]:
    """Return the trains of each line of rails; those of the branch start at the main station.

    Parameters
    ----------
    stations : DataFrame
        ``rail``, ``at`` (metres along it), ``main``.
    """
    main = int(np.argmax(stations["main"].to_numpy())) if stations["main"].any() else 0
    out = []
    for rail in sorted(stations["rail"].unique()):
        order = np.flatnonzero((stations["rail"] == rail).to_numpy())
        at = stations["at"].to_numpy()[order]
        if rail > 0 and main not in order:
            order, at = np.r_[main, order], np.r_[at.min() - 2500.0, at]
        if len(order) < 2:
            continue
        forth = np.round((at - at.min()) / 800 + np.arange(len(at)) * 0.6).astype(np.int64)
        out.append(RailRun(int(rail), order, forth))
    return out


def spans(day: str) -> list[tuple[int, int, int]]:
    """Return the headways of the line that is run by ``frequencies.txt``.

    Returns
    -------
    list of (int, int, int)
        From, to (minutes after midnight) and headway (min); they meet without a gap.

    Examples
    --------
    >>> spans("SZK")[:2]
    [(285, 330, 15), (330, 540, 10)]
    """
    plan = PLANS["frequency"]
    peak, off = plan.headway[day]
    edges = [plan.first, *PEAKS[0], *PEAKS[1], plan.last]
    return [(edges[k], edges[k + 1], peak if k % 2 else off) for k in range(5)]


def day_of(day: date) -> str:
    """Return the day type of a date in the invented voivodeship.

    >>> day_of(date(2024, 11, 11)), day_of(date(2024, 12, 30)), day_of(date(2024, 11, 13))
    ('NIE', 'FER', 'SZK')
    """
    if day in FREE_DAYS or day.weekday() == 6:
        return "NIE"
    if day.weekday() == 5:
        return "SOB"
    return "FER" if any(a <= day <= b for a, b, _ in HOLIDAYS) else "SZK"


def all_days() -> list[date]:
    """Return every day of the timetable."""
    return [FIRST + timedelta(days=k) for k in range((LAST - FIRST).days + 1)]


def dates_only() -> pd.DataFrame:
    """Return a calendar that lists every date of every service."""
    days = all_days()
    return pd.DataFrame(
        {
            "service_id": [day_of(d) for d in days],
            "date": [f"{d:%Y%m%d}" for d in days],
            "exception_type": 1,
        }
    )


_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PATTERN = {"SZK": "1111100", "FER": "0000000", "SOB": "0000010", "NIE": "0000001"}


def with_exceptions() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a weekly calendar and the dates that differ from it.

    Returns
    -------
    calendar : DataFrame
        ``calendar.txt``: each day type on its weekdays of the whole period.
    dates : DataFrame
        ``calendar_dates.txt``: for each holiday the usual service is removed (2) and the right one
        added (1).
    """
    calendar = pd.DataFrame(
        [
            {
                "service_id": d,
                **dict(zip(_WEEK, map(int, bits), strict=True)),
                "start_date": f"{FIRST:%Y%m%d}",
                "end_date": f"{LAST:%Y%m%d}",
            }
            for d, bits in _PATTERN.items()
        ]
    )
    rows: list[tuple[str, str, int]] = []
    for d in all_days():
        usual = next(s for s, bits in _PATTERN.items() if bits[d.weekday()] == "1")
        actual = day_of(d)
        if usual != actual:
            rows += [(usual, f"{d:%Y%m%d}", 2), (actual, f"{d:%Y%m%d}", 1)]
    return calendar, pd.DataFrame(rows, columns=["service_id", "date", "exception_type"])


def metres_along(line: Line) -> Array:
    """Return metres from the first stop to each stop."""
    return np.concatenate([[0.0], np.cumsum(line.metres)])
