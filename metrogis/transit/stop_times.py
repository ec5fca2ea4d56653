"""Stop times as arrays, ordered by trip and sequence, with blank times interpolated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.arrays import Floats
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.transit.calls import Ints, StopTimes
from metrogis.transit.columns import Mask
from metrogis.transit.distances import Shapes, along
from metrogis.transit.flexible import boards_between, on_request
from metrogis.transit.lost import Losing
from metrogis.transit.speeds import misplaced
from metrogis.transit.tables import Table, with_broken
from metrogis.transit.values import NO_TIME, Log, clock, decimal, integer


def stop_times(
    table: Table,
    trips: pd.DataFrame,
    stops: pd.DataFrame,
    feed: str,
    *,
    max_time: int,
    shapes: Shapes,
    speed: Floats | None = None,
    losing: Losing | None = None,
) -> tuple[StopTimes, Audit]:
    """Clean ``stop_times.txt``.

    Rows of unknown trips or stops are dropped; blank times interpolated by distance along the
    shape (else between stops); times that fall back past midnight carried on to the next day.

    Parameters
    ----------
    table : Table
    trips, stops : DataFrame
        Positions that cannot be true, given ``speed``, are taken out of ``stops`` (in place).
    feed : str
    max_time : int
        Seconds after midnight; later times are errors.
    shapes : callable
        Reads the shapes, if they are needed.
    speed : ndarray (trips,), optional
        m/s that no vehicle exceeds, see :func:`metrogis.transit.speeds.trip_speeds`.
    losing : Losing, optional
        Takes note of what is lost.
    """
    log = Log(feed, table.file)
    losing = losing if losing is not None else Losing()
    table, broken = with_broken(table)
    trip = table["trip_id"].find(trips["trip_id"])
    stop = table["stop_id"].find(stops["stop_id"])
    no_trip = trip < 0
    if no_trip.any():
        _unknown_trips(table, no_trip, trip, stop, trips, losing, log)
        table, broken = table.filter(~no_trip), broken[~no_trip]
        trip, stop = trip[~no_trip], stop[~no_trip]
    had = np.bincount(trip, minlength=len(trips)) > 0
    if len(trip) and (table.cut or (not had[trip[-1] + 1 :].any() and len(had) > trip[-1] + 1)):
        # trips behind the last one have no row: the file may have been cut off within it
        losing.note(
            "trip", _("the file may end too early"),
            [trips["trip_id"].iloc[trip[-1]]], trips=trip[-1:], whole_route=True,
            told=False,
        )  # fmt: skip
    if "continuous_pickup" in table:
        stated, _unused = integer(table["continuous_pickup"], -1, range(4), np.int8)
        losing.between = boards_between(stated, trip, len(trips))
    asked = on_request(table)
    if asked.any():
        losing.requests = table.filter(asked), trip[asked]
        table, broken, trip, stop = table.filter(~asked), broken[~asked], trip[~asked], stop[~asked]
    stop, no_stop = _unknown_stops(table, stop, broken, trip, losing, log)
    order, sequence = _order(table, trip, log, losing)
    arrival, departure, unread = _times(table, log, max_time)
    pickup, drop = (_boarding(table, c, log) for c in ("pickup_type", "drop_off_type"))
    phone = (pickup == 2) | (pickup == 3)
    log("noted", phone, _("departures on request"))
    dist = decimal(table["shape_dist_traveled"]) if "shape_dist_traveled" in table else None
    if order is not None:
        trip, stop, sequence, no_stop = trip[order], stop[order], sequence[order], no_stop[order]
        arrival, departure, unread = arrival[order], departure[order], unread[order]
        pickup, drop = pickup[order], drop[order]
        dist = dist[order] if dist is not None else None
    change = np.r_[True, trip[1:] != trip[:-1]] if len(trip) else np.zeros(0, bool)
    calls = StopTimes(
        trip, stop, arrival, departure, sequence, pickup, drop, change,
        np.r_[change[1:], True] if len(trip) else change, np.zeros(len(trip), bool),
    )  # fmt: skip
    losing.note(
        "call", _("time unreadable"), count=int(unread.sum()),
        trips=trip[unread], stops=stop[unread & ~no_stop],
    )  # fmt: skip
    if speed is not None:
        _take_out_misplaced(calls, stops, speed, losing, log)
    losing.calls = calls
    if no_stop.any():
        calls = calls.take(~no_stop)
        dist = dist[~no_stop] if dist is not None else None
    calls, keep = _same_call_twice(calls, trips, log, losing)
    dist = dist[keep] if dist is not None else None
    calls = _past_midnight(calls, trips, log)
    calls = _fill(calls, dist, trips, stops, shapes, log, losing)
    if calls.modelled.any():
        _modelled_beside_lost(calls, losing, stops)
    return _short_trips(calls, trips, had, log, losing), log.audit


def _modelled_beside_lost(calls: StopTimes, losing: Losing, stops: pd.DataFrame) -> None:
    """Note interpolated times of trips with a stop of unknown position: they hang on it."""
    raw = losing.calls
    assert raw is not None
    blank = np.append(stops["stop_lat"].isna().to_numpy(), np.ones(len(losing.unknown), bool))
    there = np.isin(calls.trip, raw.trip[blank[raw.stop]]) & calls.modelled
    losing.note(
        "call", _("times interpolated beside a stop of unknown position"), count=int(there.sum()),
        trips=calls.trip[there], stops=calls.stop[there], told=False,
    )  # fmt: skip


def _unknown_trips(
    table: Table,
    no_trip: Mask,
    trip: Ints,
    stop: Ints,
    trips: pd.DataFrame,
    losing: Losing,
    log: Log,
) -> None:
    """Note rows of trips that trips.txt does not have: lost trips at the stops they name.

    Where their numbers go on after the row before, or go on in the row after, they are part of that
    trip, of which then every call is uncertain.
    """
    names = table["trip_id"].filter(no_trip)
    log(
        "dropped", no_trip, _("rows of unknown trips"),
        dict.fromkeys(names.text()),
    )  # fmt: skip
    there = stop[no_trip]
    placeless = np.setdiff1d(names.codes, names.codes[there >= 0])
    losing.note(
        "trip", _("rows of stop_times with a trip that trips.txt does not have"),
        dict.fromkeys(names.text()), stops=there[there >= 0], anywhere=bool(len(placeless)),
        by_mode=False,
    )  # fmt: skip
    sequence, _unused = integer(table["stop_sequence"], NO_TIME)
    step = np.diff(sequence) > 0
    step |= (sequence[1:] == NO_TIME) | (sequence[:-1] == NO_TIME)
    before = trip[:-1][step & no_trip[1:] & ~no_trip[:-1]]
    after = trip[1:][step & no_trip[:-1] & ~no_trip[1:]]
    torn = np.unique(np.concatenate([before, after]))
    losing.note(
        "trip", _("trips of which a part has another id"),
        trips["trip_id"].iloc[torn], trips=torn, told=False,
    )  # fmt: skip


def _unknown_stops(
    table: Table, stop: Ints, broken: Mask, trip: Ints, losing: Losing, log: Log
) -> tuple[Ints, Mask]:
    """Number the stops that stops.txt does not have below zero; tell which rows these are.

    Of a row with too many fields it is not known which field is the stop: it counts as unknown.
    """
    no_stop = (stop < 0) | broken
    if not no_stop.any():
        return stop, no_stop
    texts = table["stop_id"].filter(no_stop).text()
    log(
        "dropped", no_stop & ~broken, _("rows of unknown stops"),
        dict.fromkeys(texts[~broken[no_stop]]),
    )  # fmt: skip
    named = broken & (stop >= 0)
    losing.note(
        "call", _("rows with too many fields"),
        count=int(named.sum()), trips=trip[named], stops=stop[named],
    )  # fmt: skip
    texts[broken[no_stop]] = [f"{text} (?)" for text in texts[broken[no_stop]]]
    return losing.unknown_stops(texts, np.where(no_stop, np.int32(-1), stop)), no_stop


def _boarding(table: Table, name: str, log: Log) -> npt.NDArray[np.int8]:
    found, bad = integer(table[name], 0, range(4), np.int8, log=log, name=name)
    log("guessed", bad, _("unknown {name}: 0 taken").fill(name=name))
    return np.asarray(found)


def _take_out_misplaced(
    calls: StopTimes, stops: pd.DataFrame, speed: Floats, losing: Losing, log: Log
) -> None:
    """Forget positions that cannot be: where such a stop lies is not known."""
    wrong = misplaced(calls, stops, speed)
    if wrong.any():
        log(
            "unknown",
            wrong,
            _("position impossible: no vehicle can be there in time; taken as unknown"),
            stops["stop_id"][wrong],
        )
        losing.misplaced = wrong
        stops.loc[wrong, ["stop_lat", "stop_lon"]] = np.nan


def _order(
    table: Table, trip: Ints, log: Log, losing: Losing
) -> tuple[npt.NDArray[np.int64] | None, Ints]:
    sequence, bad = integer(
        table["stop_sequence"], NO_TIME, dtype=np.int32, log=log, name="stop_sequence"
    )
    blank = (sequence == NO_TIME) | bad
    log("noted", (sequence < 0) & ~blank, _("negative stop_sequence"))
    if blank.any():
        # a trip without a full sequence keeps the order of the file
        lost = np.unique(trip[blank])
        inside = np.isin(trip, lost)
        log(
            "repaired", blank, _("stop_sequence missing or unreadable: order of the file used"),
        )  # fmt: skip
        losing.note(
            "call", _("stop_sequence unreadable: order of the file used"), count=int(bad.sum()),
            trips=trip[bad],
        )  # fmt: skip
        sequence = np.where(inside, np.arange(len(trip), dtype=np.int32), sequence)
    same = trip[1:] == trip[:-1]
    # most feeds are in order: sorting millions of rows is spared
    if ((trip[1:] > trip[:-1]) | (same & (sequence[1:] > sequence[:-1]))).all():
        return None, sequence
    order = np.lexsort((sequence, trip))
    return order, sequence


def _times(table: Table, log: Log, max_time: int) -> tuple[Ints, Ints, Mask]:
    """Return arrivals, departures, and where the departure was given but could not be read."""

    def read(name: str) -> tuple[Ints, Mask | None]:
        column = table[name]
        seconds, no_time = clock(column, max_time, log, name)
        far = seconds > max_time
        seconds[far] = NO_TIME
        if not no_time and not far.any():
            return seconds, None
        wrong = far | column.map(no_time.__contains__, bool)
        log(
            "dropped", wrong, _("time unreadable, negative or too large: taken as blank"),
            sorted(no_time) or column.filter(far).text(),
        )  # fmt: skip
        return seconds, wrong

    unread = np.zeros(table.n, bool)
    remarks = len(log.audit)
    arrival, bad_arrival = read("arrival_time")
    # read once where both columns hold the same texts, unless there is something to say of each
    if len(log.audit) == remarks and table["arrival_time"].same_as(table["departure_time"]):
        return arrival, arrival, unread
    departure, bad_departure = read("departure_time")
    no_arrival, no_departure = arrival == NO_TIME, departure == NO_TIME
    if bad_departure is not None:
        unread |= bad_departure
    if bad_arrival is not None:
        unread |= bad_arrival & no_departure
    if no_arrival.any() or no_departure.any():
        log("repaired", no_arrival & ~no_departure, _("no time of arrival: departure copied"))
        log("repaired", no_departure & ~no_arrival, _("no time of departure: arrival copied"))
        arrival = np.where(no_arrival, departure, arrival)
        departure = np.where(no_departure, arrival, departure)
    return arrival, departure, unread


def _same_call_twice(
    calls: StopTimes, trips: pd.DataFrame, log: Log, losing: Losing
) -> tuple[StopTimes, Mask]:
    """Drop a row that repeats the one before (trip, sequence, stop and time)."""
    keep = np.ones(len(calls), bool)
    if len(calls) > 1:
        same = (calls.trip[1:] == calls.trip[:-1]) & (calls.sequence[1:] == calls.sequence[:-1])
        twin = same & (calls.stop[1:] == calls.stop[:-1])
        twin &= calls.departure[1:] == calls.departure[:-1]
        keep[1:] = ~twin
        log("dropped", twin, _("rows repeated"))
        log(
            "noted", same & ~twin, _("same stop_sequence twice in a trip"),
        )  # fmt: skip
        torn = np.unique(calls.trip[1:][same & ~twin])
        losing.note(
            "trip", _("same stop_sequence twice in a trip"),
            trips["trip_id"].iloc[torn], trips=torn,
        )  # fmt: skip
    if keep.all():
        return calls, keep
    last = calls.last.copy()
    last[:-1] |= last[1:] & ~keep[1:]  # the twin of a final call was the final one
    return replace(calls, last=last).take(keep), keep


def _past_midnight(calls: StopTimes, trips: pd.DataFrame, log: Log) -> StopTimes:
    """Carry on trips whose clock starts again at 00:00; smaller steps back are only noted."""
    a, d = calls.arrival, calls.departure
    if (a[1:] >= d[:-1])[~calls.first[1:]].all() and (d >= a).all():
        return calls  # a blank time is below all others: with blanks at most a detour
    rows = np.flatnonzero(calls.departure != NO_TIME)
    if len(rows) < 1:
        return calls
    trip = calls.trip[rows]
    # the clock of a trip: arrival, departure, arrival, departure ...
    clock = np.stack([calls.arrival[rows], calls.departure[rows]], axis=1).ravel().astype(np.int64)
    owner = np.repeat(trip, 2)
    step = np.r_[0, np.diff(clock)]
    step[np.r_[True, owner[1:] != owner[:-1]]] = 0
    if (step >= 0).all():
        return calls
    # a step back of over half a day is midnight, a smaller one a mistake
    over = step < -43200
    back = (step < 0) & ~over
    ids = trips["trip_id"].to_numpy()
    log(
        "noted", back, _("times go back within a trip"),
        ids[np.unique(owner[back])],
    )  # fmt: skip
    if not over.any():
        return calls
    log(
        "repaired",
        over,
        _("time past midnight without 24:00: a day added"),
        ids[np.unique(owner[over])],
    )
    total = np.cumsum(over)
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    before = np.repeat(total[starts], np.diff(np.r_[starts, len(owner)]))
    clock += 86400 * (total - before)
    arrival, departure = calls.arrival.copy(), calls.departure.copy()
    arrival[rows], departure[rows] = clock[0::2], clock[1::2]
    return replace(calls, arrival=arrival, departure=departure)


def _fill(
    calls: StopTimes,
    dist: Floats | None,
    trips: pd.DataFrame,
    stops: pd.DataFrame,
    shapes: Shapes,
    log: Log,
    losing: Losing,
) -> StopTimes:

    blank = calls.departure == NO_TIME
    if not blank.any():
        return calls
    known = np.flatnonzero(~blank)
    here = np.flatnonzero(blank)
    right = here - np.arange(len(here))  # of the known rows, how many stand before
    before = known[np.clip(right - 1, 0, None)] if known.size else here
    after = known[np.clip(right, None, max(known.size - 1, 0))] if known.size else here
    trip = calls.trip[here]
    inner = (right > 0) & (right < known.size)
    inner &= (calls.trip[before] == trip) & (calls.trip[after] == trip)
    here, before, after = here[inner], before[inner], after[inner]
    arrival, departure = calls.arrival.copy(), calls.departure.copy()
    modelled = calls.modelled.copy()
    if here.size:
        x, how = along(calls, np.unique(calls.trip[here]), dist, trips, stops, shapes)
        total = x[after] - x[before]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = (x[here] - x[before]) / total
        # stops at one place or without coordinates: share the time evenly
        even = (here - before) / (after - before)
        share = np.where(np.isfinite(share) & (share >= 0) & (share <= 1), share, even)
        t0, t1 = departure[before].astype(float), arrival[after].astype(float)
        value = np.rint(t0 + share * (t1 - t0)).astype(np.int32)
        arrival[here] = departure[here] = value
        modelled[here] = True
        log("modelled", how[here] == 2, _("blank times by shape_dist_traveled"))
        log("modelled", how[here] == 1, _("blank times by distance along the shape"))
        log("modelled", how[here] == 0, _("blank times by distance between stops"))
    calls = replace(calls, arrival=arrival, departure=departure, modelled=modelled)
    lost = departure == NO_TIME
    log(
        "dropped", lost, _("rows without time at the start or end of a trip"),
        trips["trip_id"].iloc[np.unique(calls.trip[lost])],
    )  # fmt: skip
    losing.note(
        "call", _("rows without time at the start or end of a trip"), count=int(lost.sum()),
        trips=calls.trip[lost], stops=calls.stop[lost],
    )  # fmt: skip
    return calls.take(~lost)


def _short_trips(
    calls: StopTimes, trips: pd.DataFrame, had: Mask, log: Log, losing: Losing
) -> StopTimes:
    count = np.bincount(calls.trip, minlength=len(trips))
    ids = trips["trip_id"]
    log("noted", count == 0, _("trips without stop_times"), ids[count == 0])
    losing.note(
        "trip", _("trips without stop_times"), ids[~had],
        trips=np.flatnonzero(~had),
    )  # fmt: skip
    if not (count == 1).any():
        return calls
    single = (count == 1)[calls.trip] & calls.first & calls.last
    alone = np.unique(calls.trip[single])
    log(
        "dropped", single, _("trips with a single stop"),
        ids.to_numpy()[alone],
    )  # fmt: skip
    losing.note(
        "trip", _("trips with a single stop"),
        ids.to_numpy()[alone], trips=alone, whole_route=True,
    )  # fmt: skip
    return calls.take(~single)


def from_first_known(headways: pd.DataFrame, calls: StopTimes, losing: Losing) -> pd.DataFrame:
    """Return headways counted from the first call that is left of each trip.

    They are stated for the first call of all. Where the time of that one is not known, neither is
    when the trip comes to the others.
    """
    raw = losing.calls
    if raw is None or not len(headways) or len(raw) == len(calls):
        return headways
    n = int(max(raw.trip.max(initial=0), headways["trip"].max())) + 1
    trip = headways["trip"].to_numpy(np.int64)
    first, left = (bounds[:-1][trip] for bounds in (raw.bounds(n), calls.bounds(n)))
    has = np.bincount(calls.trip, minlength=n)[trip] > 0
    stated = raw.departure[np.minimum(first, len(raw) - 1)].astype(np.int64)
    late = calls.departure[np.minimum(left, len(calls) - 1)] - stated
    unknown = has & (stated == NO_TIME)
    losing.note(
        "trip",
        _("trips by headway without the time of their first stop"),
        count=int(unknown.sum()),
        trips=trip[unknown],
        told=False,
    )
    late = np.where(has & ~unknown, late % 86400, 0)
    return headways.assign(start=headways["start"] + late, end=headways["end"] + late)
