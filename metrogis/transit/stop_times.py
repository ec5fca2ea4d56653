"""Stop times as arrays, ordered by trip and sequence, with blank times interpolated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from metrogis.provenance import Audit
from metrogis.transit.columns import Mask
from metrogis.transit.tables import Table
from metrogis.transit.values import NO_TIME, Log, clock, decimal, integer

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Shapes = Callable[[], pd.DataFrame]


@dataclass(frozen=True)
class StopTimes:
    """One row per call of a trip at a stop, sorted by trip, then sequence.

    ``trip`` and ``stop`` are positions in the tables of trips and stops; ``arrival`` and
    ``departure`` seconds after midnight of the service day. ``last`` marks a trip's final call,
    ``first`` its first; ``pickup`` and ``drop_off`` are GTFS types; ``modelled`` marks times that
    were interpolated.
    """

    trip: Ints
    stop: Ints
    arrival: Ints
    departure: Ints
    sequence: Ints
    pickup: npt.NDArray[np.int8]
    drop_off: npt.NDArray[np.int8]
    first: Mask
    last: Mask
    modelled: Mask

    def __len__(self) -> int:
        return len(self.trip)

    def take(self, keep: Mask) -> StopTimes:
        """Return the rows where ``keep``."""
        if keep.all():
            return self
        return StopTimes(*(getattr(self, f)[keep] for f in self.__dataclass_fields__))

    def bounds(self, n_trips: int) -> npt.NDArray[np.int64]:
        """Return where each trip's rows start; trip i has rows bounds[i]:bounds[i+1]."""
        count = np.bincount(self.trip, minlength=n_trips)
        return np.concatenate([[0], np.cumsum(count)])


def stop_times(
    table: Table,
    trips: pd.DataFrame,
    stops: pd.DataFrame,
    feed: str,
    *,
    max_time: int,
    shapes: Shapes,
) -> tuple[StopTimes, Audit]:
    """Clean ``stop_times.txt``.

    Rows of unknown trips or stops are dropped; blank times interpolated by distance along the
    shape (else between stops); times that fall back past midnight carried on to the next day.
    """
    log = Log(feed, table.file)
    trip = table["trip_id"].find(trips["trip_id"])
    stop = table["stop_id"].find(stops["stop_id"])
    no_trip, no_stop = trip < 0, (stop < 0) & (trip >= 0)
    if no_trip.any():
        log(
            "dropped", no_trip, "wiersze nieznanych kursów", "rows of unknown trips",
            dict.fromkeys(table["trip_id"].filter(no_trip).text()),
        )  # fmt: skip
        table = table.filter(~no_trip)
        trip, stop, no_stop = trip[~no_trip], stop[~no_trip], no_stop[~no_trip]
    order, sequence = _order(table, trip, log)
    arrival, departure, _ = _times(table, log, max_time)
    pickup, bad = integer(
        table["pickup_type"], 0, range(4), np.int8, log=log, name="pickup_type"
    )  # fmt: skip
    log("guessed", bad, "nieznany pickup_type: przyjęto 0", "unknown pickup_type: 0 taken")
    drop, bad = integer(
        table["drop_off_type"], 0, range(4), np.int8, log=log, name="drop_off_type"
    )  # fmt: skip
    log("guessed", bad, "nieznany drop_off_type: przyjęto 0", "unknown drop_off_type: 0 taken")
    phone = (pickup == 2) | (pickup == 3)
    log("noted", phone, "odjazdy na żądanie (telefon, kierowca)", "departures on request")
    dist = decimal(table["shape_dist_traveled"]) if "shape_dist_traveled" in table else None
    if order is not None:
        trip, stop, sequence, no_stop = trip[order], stop[order], sequence[order], no_stop[order]
        arrival, departure = arrival[order], departure[order]
        pickup, drop = pickup[order], drop[order]
        dist = dist[order] if dist is not None else None
    change = np.r_[True, trip[1:] != trip[:-1]] if len(trip) else np.zeros(0, bool)
    calls = StopTimes(
        trip, stop, arrival, departure, sequence, pickup, drop, change,
        np.r_[change[1:], True] if len(trip) else change, np.zeros(len(trip), bool),
    )  # fmt: skip
    if no_stop.any():
        names = table["stop_id"].text()
        names = names[order] if order is not None else names
        log(
            "dropped", no_stop, "wiersze nieznanych przystanków", "rows of unknown stops",
            dict.fromkeys(names[no_stop]),
        )  # fmt: skip
        calls = calls.take(~no_stop)
        dist = dist[~no_stop] if dist is not None else None
    calls, keep = _same_call_twice(calls, log)
    dist = dist[keep] if dist is not None else None
    calls = _past_midnight(calls, trips, log)
    calls = _fill(calls, dist, trips, stops, shapes, log)
    return _short_trips(calls, trips, log), log.audit


def _order(table: Table, trip: Ints, log: Log) -> tuple[npt.NDArray[np.int64] | None, Ints]:
    sequence, bad = integer(
        table["stop_sequence"], NO_TIME, dtype=np.int32, log=log, name="stop_sequence"
    )  # fmt: skip
    blank = (sequence == NO_TIME) | bad
    log("noted", (sequence < 0) & ~blank, "ujemne stop_sequence", "negative stop_sequence")
    if blank.any():
        # a trip without a full sequence keeps the order of the file
        lost = np.unique(trip[blank])
        inside = np.isin(trip, lost)
        log(
            "repaired", blank, "brak stop_sequence lub nieczytelny: kolejność jak w pliku",
            "stop_sequence missing or unreadable: order of the file used",
        )  # fmt: skip
        sequence = np.where(inside, np.arange(len(trip), dtype=np.int32), sequence)
    same = trip[1:] == trip[:-1]
    if ((trip[1:] > trip[:-1]) | (same & (sequence[1:] > sequence[:-1]))).all():
        return None, sequence
    order = np.lexsort((sequence, trip))
    return order, sequence


def _times(table: Table, log: Log, max_time: int) -> tuple[Ints, Ints, Mask]:
    """Return arrivals, departures, and where a time was given that could not be read."""
    unread = np.zeros(table.n, bool)

    def read(name: str) -> Ints:
        column = table[name]
        seconds, no_time = clock(column, max_time, log, name)
        far = seconds > max_time
        seconds[far] = NO_TIME
        if no_time or far.any():
            wrong = far | column.map(no_time.__contains__, bool)
            log(
                "dropped", wrong, "czas nieczytelny, ujemny lub za duży: uznano za pusty",
                "time unreadable, negative or too large: taken as blank",
                sorted(no_time) or column.filter(far).text(),
            )  # fmt: skip
            unread[wrong] = True
        return seconds

    arrival = read("arrival_time")
    if table["arrival_time"].same_as(table["departure_time"]):
        return arrival, arrival, unread
    departure = read("departure_time")
    no_arrival, no_departure = arrival == NO_TIME, departure == NO_TIME
    if no_arrival.any() or no_departure.any():
        for blank, pl, en in (
            (no_arrival & ~no_departure, "przyjazdu: przyjęto odjazd", "arrival: departure copied"),
            (no_departure & ~no_arrival, "odjazdu: przyjęto przyjazd", "departure: arrival copied"),
        ):
            log("repaired", blank, f"brak czasu {pl}", f"no time of {en}")
        arrival = np.where(no_arrival, departure, arrival)
        departure = np.where(no_departure, arrival, departure)
    return arrival, departure, unread & (departure == NO_TIME)


def _same_call_twice(calls: StopTimes, log: Log) -> tuple[StopTimes, Mask]:
    """Drop a row that repeats the one before (trip, sequence, stop and time)."""
    keep = np.ones(len(calls), bool)
    if len(calls) > 1:
        same = (calls.trip[1:] == calls.trip[:-1]) & (calls.sequence[1:] == calls.sequence[:-1])
        twin = same & (calls.stop[1:] == calls.stop[:-1])
        twin &= calls.departure[1:] == calls.departure[:-1]
        keep[1:] = ~twin
        log("dropped", twin, "wiersze powtórzone", "rows repeated")
        log(
            "noted", same & ~twin, "ten sam stop_sequence dwa razy w kursie",
            "same stop_sequence twice in a trip",
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
    over = step < -43200
    back = (step < 0) & ~over
    ids = trips["trip_id"].to_numpy()
    log(
        "noted", back, "czasy w kursie cofają się", "times go back within a trip",
        ids[np.unique(owner[back])],
    )  # fmt: skip
    if not over.any():
        return calls
    log(
        "repaired", over, "czas po północy bez 24:00: dodano dobę",
        "time past midnight without 24:00: a day added", ids[np.unique(owner[over])],
    )  # fmt: skip
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
) -> StopTimes:
    from metrogis.transit.distances import along

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
        for count, pl, en in (
            (how[here] == 2, "według shape_dist_traveled", "by shape_dist_traveled"),
            (how[here] == 1, "według odległości po trasie", "by distance along the shape"),
            (how[here] == 0, "według odległości przystanków", "by distance between stops"),
        ):
            log("modelled", count, f"puste czasy {pl}", f"blank times {en}")
    calls = replace(calls, arrival=arrival, departure=departure, modelled=modelled)
    lost = departure == NO_TIME
    log(
        "dropped", lost, "wiersze bez czasu na początku lub końcu kursu",
        "rows without time at the start or end of a trip",
        trips["trip_id"].iloc[np.unique(calls.trip[lost])],
    )  # fmt: skip
    return calls.take(~lost)


def _short_trips(calls: StopTimes, trips: pd.DataFrame, log: Log) -> StopTimes:
    count = np.bincount(calls.trip, minlength=len(trips))
    ids = trips["trip_id"]
    log("noted", count == 0, "kursy bez stop_times", "trips without stop_times", ids[count == 0])
    if not (count == 1).any():
        return calls
    single = (count == 1)[calls.trip] & calls.first & calls.last
    log(
        "dropped", single, "kursy o jednym przystanku", "trips with a single stop",
        ids.to_numpy()[calls.trip[single]],
    )  # fmt: skip
    return calls.take(~single)
