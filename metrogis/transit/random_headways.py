"""Door-to-door times where vehicles run by headway and nobody knows when: by convolution.

At each boarding, after slack, the wait for each line is uniform on 0 .. headway - 1 whole seconds,
independent of all else. The passenger boards the first vehicle of the attractive set: lines in
order of expected remaining time, added while the expectation falls. A minute thus has a
distribution of times, and the window the mixture of its minutes.

Frozen: all headways are those in force (at the line's first stop) in the minute of departure.
Laws are of stops and lines: which vehicle a passenger came by is not followed. Rows of
``transfers.txt`` that hold for certain trips or routes alone, and vehicles that go on as another
line (type 4), would need that: where such rows speak of lines of the window, the question is
refused.

Remaining times are in whole seconds; what goes beyond the longest time counts as that in an
expectation, and as infinite in the answer. Source of the rule: Spiess and Florian 1989, "Optimal
strategies" (doi:10.1016/0191-2615(89)90034-9), with uniform waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

from metrogis.arrays import Ints
from metrogis.errors import ParameterError
from metrogis.i18n import _, both
from metrogis.transit.profile_search import NEVER
from metrogis.transit.transfers import LINES
from metrogis.transit.vehicles import MICRO
from metrogis.transit.walking import Floats, Places

if TYPE_CHECKING:
    from metrogis.transit.door_search import Search
    from metrogis.transit.feed import Feed


_GAP = 60
"""Seconds: a headway goes on to the trip's next period if that begins so soon (``04:59`` ends)."""


@dataclass(frozen=True, eq=False)
class Law:
    """A distribution of whole seconds: ``mass[i]`` at ``start + i``; the rest never arrives."""

    start: int
    mass: Floats
    mean: float

    @classmethod
    def of(cls, start: int, mass: Floats, longest: int) -> Law:
        """Return the law of a mass by second, cut at the longest time.

        Parameters
        ----------
        start : int
            Second that ``mass[0]`` stands at.
        mass : ndarray of float
            Probabilities, at most 1 in all; what is missing to 1, and what lies past ``longest``,
            never arrives and counts as ``longest`` in the mean.
        longest : int
            Seconds.
        """
        mass = mass[: max(0, longest + 1 - start)]
        lost = max(0.0, 1.0 - float(mass.sum()))
        mean = float((np.arange(start, start + len(mass)) * mass).sum()) + lost * longest
        return cls(start, mass, mean)

    def later(self, seconds: int, longest: int) -> Law:
        """Return the law of the same time and so many seconds more, cut at the longest time."""
        return Law.of(self.start + seconds, self.mass, longest)


@dataclass(frozen=True, eq=False)
class _Line:
    """A trip by headway: stops, times from its start, where one may get on and off."""

    trip: int
    stop: Ints
    arrival: Ints
    departure: Ints
    board: npt.NDArray[np.bool_]
    alight: npt.NDArray[np.bool_]


def random_times(search: Search, places: tuple[Places, ...], asked: Any) -> Any:
    """Return the times of all origins to all targets; see the module.

    Raises
    ------
    ParameterError
        Where trips of the window run by timetable, or changes between its lines depend on the
        trip or route.
    """
    from metrogis.transit.door_search import Found

    origins, targets = places
    n, m = len(origins.xy), len(targets.xy)
    rules = search.rules
    lines, states = _lines(search, asked)
    _require_free_changes(search.feed, [lines[k].trip for k in _in_force(states)])
    access, egress = search.links(origins, access=True), search.links(targets, access=False)
    longest = int(rules.max_time * 60)
    out = Found(
        np.full((n, m, len(asked.percentiles)), np.inf), np.zeros((n, m, len(asked.limits))),
        np.full((n, m), np.inf), np.empty((0, 0, 0)),
    )  # fmt: skip
    limit = rules.walk_speed / 3.6 * rules.max_time * 60
    for t in range(m):
        metres = search.walker.all_the_way(origins, targets, t, towards=True, limit=limit)
        walk = search.walker.micro(metres)
        out.walk[:, t] = np.where(walk < NEVER, walk / (60 * MICRO), metres)
        end = np.full(len(search.real), NEVER, np.int64)
        own = slice(int(egress.ptr[t]), int(egress.ptr[t + 1]))
        np.minimum.at(end, egress.stop[own], egress.micro[own])
        ends = np.where(end < NEVER, np.rint(end / MICRO), np.inf)
        laws = [
            (share, _remaining(search, [(lines[k], h) for k, h in state], ends, longest))
            for state, share in states
        ]
        for o in range(n):
            value, mass = [], []
            for share, law_of in laws:
                best, chosen, offset = float(longest), None, 0.0
                if walk[o] < NEVER:
                    best = walk[o] / MICRO
                for i in range(access.ptr[o], access.ptr[o + 1]):
                    law = law_of.get(int(access.stop[i]))
                    # the traveller takes the stop of the least mean, walk included, before seeing
                    # any vehicle
                    if law is not None and access.micro[i] / MICRO + law.mean < best:
                        best, chosen = access.micro[i] / MICRO + law.mean, law
                        offset = access.micro[i] / MICRO
                if chosen is not None:
                    value.append(offset + np.arange(chosen.start, chosen.start + len(chosen.mass)))
                    mass.append(chosen.mass * share)
                elif walk[o] < NEVER:
                    value.append(np.array([walk[o] / MICRO]))
                    mass.append(np.array([share]))
            if value:
                row = _quantiles(np.concatenate(value), np.concatenate(mass), asked, longest)
                out.percentiles[o, t], out.shares[o, t] = row
    return out


def _quantiles(value: Floats, mass: Floats, asked: Any, longest: int) -> tuple[Floats, Floats]:
    """Percentiles (minutes) and shares of a law given as values (s) and their mass."""
    keep = (mass > 0) & (value <= longest)
    order = np.argsort(value[keep], kind="stable")
    value, total = value[keep][order], np.cumsum(mass[keep][order])
    shares = np.array(
        [total[k - 1] if k else 0.0 for k in
         np.searchsorted(value, np.asarray(asked.limits) * 60 + 1e-9, side="right")]
    )  # fmt: skip
    wanted = np.asarray(asked.percentiles, float) / 100
    at = np.searchsorted(total, wanted - 1e-9)
    found = np.append(value, np.inf)[at] / 60
    return found, np.minimum(shares, 1.0)


def _lines(search: Search, asked: Any) -> tuple[list[_Line], list[tuple[Any, float]]]:
    """Lines by headway, and for each state of headways in force its share of the minutes."""
    feed = search.feed
    heads = feed.headways[~feed.headways["exact"].to_numpy(bool)]
    loose = np.zeros(len(feed.trips), bool)
    loose[heads["trip"].to_numpy()] = True
    timed = np.unique(search.rides.trip[~loose[search.rides.trip]])
    if len(timed):
        raise ParameterError(
            _("{count} trips of the window have fixed times, not headways").fill(count=len(timed)),
            layer="frequencies.txt",
            place=str(feed.trips["trip_id"].iloc[int(timed[0])]),
            remedy=both('headways="scheduled"'),
        )
    on = feed._trips_on(search.days)
    heads = heads[on[heads["trip"].to_numpy()]]
    c = feed.calls
    bounds = c.bounds(len(feed.trips))
    lines: list[_Line] = []
    number: dict[int, int] = {}
    for trip in heads["trip"].unique().tolist():
        rows = slice(int(bounds[trip]), int(bounds[trip + 1]))
        if rows.stop - rows.start < 2:
            continue
        number[trip] = len(lines)
        lines.append(
            _Line(
                trip,
                c.stop[rows].astype(np.int64),
                c.arrival[rows].astype(np.int64),
                c.departure[rows].astype(np.int64),
                c.pickup[rows] == 0,
                c.drop_off[rows] == 0,
            )
        )
    ticks = asked.ticks
    states: dict[Any, int] = {}
    periods = heads.sort_values(["trip", "start"], kind="stable")
    trip, start, end, headway = (
        periods[name].to_numpy(np.int64) for name in ("trip", "start", "end", "headway")
    )
    # periods that nearly touch are one: the minutes between are no break in service
    soon = (trip[1:] == trip[:-1]) & (start[1:] >= end[:-1]) & (start[1:] - end[:-1] <= _GAP)
    end = end.copy()
    end[:-1][soon] = start[1:][soon]
    for k in range(ticks.count):
        now = ticks.first // MICRO + 60 * k
        active = np.flatnonzero((start <= now) & (now < end))
        state = tuple((number[t], h) for t, h in
                      zip(trip[active].tolist(), headway[active].tolist(), strict=True)
                      if t in number)  # fmt: skip
        states[state] = states.get(state, 0) + 1
    return lines, [(state, minutes / ticks.count) for state, minutes in states.items()]


def _in_force(states: list[tuple[Any, float]]) -> list[int]:
    """Lines that run by some headway in some minute of the window."""
    return sorted({k for state, _share in states for k, _headway in state})


def _require_free_changes(feed: Feed, trips: list[int]) -> None:
    """Refuse rows of ``transfers.txt`` for certain trips or routes, if the lines are among them.

    A side that names nothing speaks of every line; a row concerns the lines where each side names
    one of them or nothing. That passengers must leave a vehicle at its end (type 5) needs no row
    here: nobody stays aboard beyond a line.

    Raises
    ------
    ParameterError
        Names the first such row's stops.
    """
    table = feed.transfers
    rows = table[(table["transfer_type"] <= 4) & (table[list(LINES)] != "").any(axis=1)]
    if rows.empty or not trips:
        return
    chosen = feed.trips.iloc[trips]
    own = {"trip": set(chosen["trip_id"].astype(str)), "route": set(chosen["route_id"].astype(str))}
    concerned = np.ones(len(rows), bool)
    for side in ("from", "to"):
        trip, route = (rows[f"{side}_{kind}_id"].astype(str) for kind in ("trip", "route"))
        # a side that names its trip is not asked for its route
        named = np.where(trip != "", trip.isin(own["trip"]), route.isin(own["route"]))
        concerned &= np.where((trip == "") & (route == ""), True, named)
    if not concerned.any():
        return
    first = rows[concerned].iloc[0]
    raise ParameterError(
        _(
            "rows on changes that hold for certain trips or routes alone: {count}; with random "
            "headways it is not followed by which vehicle a passenger came"
        ).fill(count=int(concerned.sum())),
        layer="transfers.txt",
        place=f"{first['from_stop_id']} - {first['to_stop_id']}",
        remedy=both('headways="scheduled"'),
    )


def _remaining(
    search: Search, lines: list[tuple[_Line, int]], ends: Floats, longest: int
) -> dict[int, Law]:
    """Laws of the time from being ready to board at a stop to being at the target.

    Parameters
    ----------
    lines : list of (line, headway)
    ends : ndarray of float (stops,)
        Whole seconds from alighting to the target; infinite where it is too far.
    """
    feet = search.feet
    found: dict[int, Law] = {}
    # invariant: `found` holds the laws by as many vehicles as rounds are done
    for _unused in range(int(search.rules.max_transfers) + 1):
        after: dict[int, Law | None] = {}
        choices: dict[int, dict[int, tuple[Law, int]]] = {}
        for row, (line, headway) in enumerate(lines):
            for p, law in _boardings(line, feet, ends, found, after, longest):
                own = choices.setdefault(int(line.stop[p]), {})
                # a line that passes a stop twice is one line: its better call counts
                if row not in own or law.mean < own[row][0].mean:
                    own[row] = law, headway
        # by one vehicle more nothing is worse: what is found replaces the former laws
        better = {}
        for stop, own in choices.items():
            law = _attractive(list(own.values()), longest)
            former = found.get(stop)
            better[stop] = former if former is not None and former.mean <= law.mean else law
        if all(better[s] is found.get(s) for s in better):
            break
        found = {**found, **better}
    return found


def _boardings(
    line: _Line, feet: Any, ends: Floats, found: dict[int, Law], after: dict[int, Law | None],
    longest: int,
) -> list[tuple[int, Law]]:  # fmt: skip
    """The law of each call at which a line can be boarded, from its departure there on."""
    out = []
    best: Law | None = None
    best_q, best_time = -1, np.inf
    # from the last call back: best is the call from which who is aboard gets to the target soonest
    for q in range(len(line.stop) - 1, 0, -1):
        v = int(line.stop[q])
        if line.alight[q]:
            if v not in after:
                after[v] = _after(v, feet, ends, found, longest)
            law = after[v]
            if law is not None and line.arrival[q] + law.mean < best_time:
                best, best_q, best_time = law, q, line.arrival[q] + law.mean
        if best is not None and line.board[q - 1]:
            ride = int(line.arrival[best_q] - line.departure[q - 1])
            law = best.later(ride, longest)
            if len(law.mass) and law.mass.sum() > 0:
                out.append((q - 1, law))
    return out


def _after(stop: int, feet: Any, ends: Floats, found: dict[int, Law], longest: int) -> Law | None:
    """What is best after alighting at a stop: walk to the target, or change."""
    best = None
    if np.isfinite(ends[stop]) and ends[stop] <= longest:
        best = Law.of(int(ends[stop]), np.ones(1), longest)
    for f in range(feet.ptr[stop], feet.ptr[stop + 1]):
        law = found.get(int(feet.to[f]))
        if law is None:
            continue
        seconds = round(feet.change[f] / MICRO)
        if best is None or seconds + law.mean < best.mean:
            moved = law.later(seconds, longest)
            if best is None or moved.mean < best.mean:
                best = moved
    return best


def _attractive(options: list[tuple[Law, int]], longest: int) -> Law:
    """The law of waiting for the first vehicle of the attractive set, and of what follows."""
    options = sorted(options, key=lambda option: (option[0].mean, option[1]))
    chosen = options[:1]
    first = _first(chosen)
    best = _expected(chosen, first)
    for option in options[1:]:
        if option[0].mean >= best:
            break  # boarding it is no better than waiting on
        more = [*chosen, option]
        firsts = _first(more)
        mean = _expected(more, firsts)
        if mean >= best:
            break
        chosen, first, best = more, firsts, mean
    start = min(law.start for law, _ in chosen)
    last = max(law.start + len(law.mass) for law, _ in chosen) + len(first[0])
    mass = np.zeros(max(1, last - start))
    for (law, _unused), weight in zip(chosen, first, strict=True):
        if not len(law.mass):
            continue
        both = law.mass if len(weight) == 1 else _convolve(law.mass, weight)
        at = law.start - start
        mass[at : at + len(both)] += both
    return Law.of(start, mass, longest)


def _convolve(a: Floats, b: Floats) -> Floats:
    if min(len(a), len(b)) < 64:
        return np.convolve(a, b)
    return np.maximum(np.asarray(fftconvolve(a, b)), 0.0)


def _first(options: list[tuple[Law, int]]) -> list[Floats]:
    """For each line the probability that it is the first, and comes after w seconds.

    Of vehicles in the same second that of the better line is boarded.
    """
    span = np.arange(min(h for _, h in options))
    later = [np.clip((h - 1 - span) / h, 0, 1) for _, h in options]  # P(wait > w)
    not_before = [np.clip((h - span) / h, 0, 1) for _, h in options]  # P(wait >= w)
    out = []
    for i, (_unused, headway) in enumerate(options):
        share = np.full(len(span), 1.0 / headway)
        for j in range(len(options)):
            if j != i:
                share = share * (later[j] if j < i else not_before[j])
        out.append(share)
    return out


def _expected(options: list[tuple[Law, int]], first: list[Floats]) -> float:
    span = np.arange(len(first[0]))
    return float(
        sum(
            (weight * (span + law.mean)).sum()
            for (law, _), weight in zip(options, first, strict=True)
        )
    )
