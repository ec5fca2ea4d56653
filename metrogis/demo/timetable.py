"""Timetables of the lines, written as GTFS the way operators write it: each with its own habits.

``city_bus``: calendar with exceptions, trips past midnight, a trolleybus line by frequencies.
``regional_bus``: dates only in calendar_dates, times only at some stops, shapes with distances.
``rail``: stations with platforms, extended route type.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from metrogis.demo.frame import Array, Index
from metrogis.demo.graph import Graph
from metrogis.demo.lines import Line
from metrogis.demo.settlements import Settled
from metrogis.demo.writing import lonlat

FIRST, LAST = date(2024, 9, 2), date(2025, 2, 28)
HOLIDAYS = (
    (date(2024, 12, 23), date(2024, 12, 31), "zimowa przerwa świąteczna"),
    (date(2025, 2, 3), date(2025, 2, 16), "ferie zimowe"),
)
FREE_DAYS = {
    date(2024, 11, 1), date(2024, 11, 11), date(2024, 12, 25), date(2024, 12, 26),
    date(2025, 1, 1), date(2025, 1, 6),
}  # fmt: skip
DAYS = ("SZK", "FER", "SOB", "NIE")
"""School day, weekday in school holidays, Saturday, Sunday and public holiday."""


@dataclass(frozen=True)
class Plan:
    """How often a line runs: first, last, headway in the peak and off it, in min, by day."""

    first: int
    last: int
    headway: dict[str, tuple[int, int]]


_EVERY = dict.fromkeys(DAYS, 0)
PLANS = {
    "frequency": Plan(
        285, 1380, {"SZK": (10, 15), "FER": (15, 15), "SOB": (20, 20), "NIE": (20, 20)}
    ),
    "city": Plan(285, 1455, {"SZK": (12, 20), "FER": (20, 20), "SOB": (25, 25), "NIE": (30, 30)}),
    "urban": Plan(290, 1360, {"SZK": (20, 30), "FER": (30, 30), "SOB": (45, 45), "NIE": (60, 60)}),
    "rural": Plan(300, 1290, {"SZK": (50, 70), "FER": (70, 75), "SOB": (90, 90), "NIE": (90, 90)}),
    "link": Plan(290, 1320, {"SZK": (40, 60), "FER": (60, 60), "SOB": (90, 90), "NIE": (90, 90)}),
    "rail": Plan(270, 1420, {"SZK": (15, 30), "FER": (30, 30), "SOB": (40, 40), "NIE": (40, 40)}),
    "rail_branch": Plan(
        280, 1380, {"SZK": (40, 60), "FER": (60, 60), "SOB": (75, 75), "NIE": (75, 75)}
    ),
}

# times at the planted village itself, minutes after midnight, both directions alike
PLANTED = {
    "too_few": dict.fromkeys(DAYS, (400, 900, 1000)),
    "wrong_hours": dict.fromkeys(
        DAYS, (560, 590, 620, 650, 680, 710, 740, 1050, 1090, 1130, 1170, 1210)
    ),
    "sundays_only": {"NIE": tuple(range(360, 1300, 75))},
    "weekdays_only": {d: tuple(range(310, 1300, 70)) for d in ("SZK", "FER")},
}
SPEED = {"city": 19.0, "frequency": 19.0, "urban": 23.0, "rural": 36.0, "link": 48.0}
"""Speed with stops, km/h."""


def starts(plan: Plan, day: str) -> Index:
    """Return departures of the first stop, minutes after midnight."""
    peak, off = plan.headway[day]
    out, t = [], plan.first
    while t <= plan.last:
        out.append(t)
        t += peak if 330 <= t < 540 or 810 <= t < 1050 else off
    return np.array(out)


def day_of(day: date) -> str:
    """Return the day type of a date in the invented voivodeship."""
    if day in FREE_DAYS or day.weekday() == 6:
        return "NIE"
    if day.weekday() == 5:
        return "SOB"
    return "FER" if any(a <= day <= b for a, b, _ in HOLIDAYS) else "SZK"


def minutes_of(line: Line) -> Array:
    """Return minutes from the first stop to each stop of a line (whole minutes)."""
    speed = SPEED.get(line.plan, SPEED["rural"])
    exact = np.concatenate([[0.0], np.cumsum(line.metres)]) / (speed * 1000 / 60)
    out = np.round(exact)
    for k in range(1, len(out)):  # at least one minute from stop to stop
        out[k] = max(out[k], out[k - 1] + 1)
    return out


def trip_starts(line: Line, number: int, direction: int) -> dict[str, Index]:
    """Return departures of the first stop by day, for one direction."""
    if line.plant:
        # the planted village is the last stop; what counts are the departures there
        run = int(minutes_of(line)[-1])
        back = {d: np.array(t) for d, t in PLANTED[line.plant].items()}
        if direction == 1:
            return back
        return {d: np.maximum(t - run - 4, 240) for d, t in back.items()}
    plan = PLANS[line.plan]
    shift = (number * 7 + direction * 5) % 11
    return {d: starts(plan, d) + shift for d in DAYS}


def write_bus(
    feed: str, lines: list[Line], stops: pd.DataFrame, graph: Graph, settled: Settled, operator: str
) -> dict[str, bytes]:
    """Return the files of one bus operator's GTFS."""
    lines = [line for line in lines if line.feed == feed]
    used = np.unique(np.concatenate([line.stops for line in lines]))
    number_of = np.full(len(stops), -1)
    number_of[used] = np.arange(1, len(used) + 1)
    regional = feed == "regional_bus"
    rows: list[dict[str, object]] = []
    trips: list[pd.DataFrame] = []
    times: list[pd.DataFrame] = []
    frequencies: list[dict[str, object]] = []
    shapes: list[pd.DataFrame] = []
    for k, line in enumerate(lines):
        route = f"R{k + 1}" if regional else str(k + 1)
        kind = {"bus": 3, "trolleybus": 11}[line.mode]
        ends = [stops["name"].iloc[line.stops[0]], stops["name"].iloc[line.stops[-1]]]
        rows.append(
            {
                "route_id": route,
                "agency_id": "1",
                "route_short_name": line.name,
                "route_long_name": f"{ends[0]} - {ends[1]}",
                "route_type": kind,
            }
        )
        offsets = minutes_of(line)
        metres = np.concatenate([[0.0], np.cumsum(line.metres)])
        for direction in (0, 1):
            order = line.stops if direction == 0 else line.stops[::-1]
            off = offsets if direction == 0 else offsets[-1] - offsets[::-1]
            along = metres if direction == 0 else metres[-1] - metres[::-1]
            ids = np.array([f"{number_of[s]}{'AB'[direction]}" for s in order], dtype=object)
            shape = f"{route}_{direction}"
            if regional:
                shapes.append(_shape(shape, line, graph, direction))
            for day, first in trip_starts(line, k, direction).items():
                if line.plan == "frequency":
                    trip = f"{route}_{direction}_{day}"
                    peak, away = PLANS["frequency"].headway[day]
                    spans = (
                        (285, 330, away),
                        (330, 540, peak),
                        (540, 810, away),
                        (810, 1050, peak),
                        (1050, 1380, away),
                    )
                    frequencies += [
                        {"trip_id": trip, "start_time": clock(a * 60), "end_time": clock(b * 60),
                         "headway_secs": h * 60, "exact_times": 1}
                        for a, b, h in spans
                    ]  # fmt: skip
                    first = np.array([285])
                    names = np.array([trip], dtype=object)
                else:
                    names = np.array(
                        [f"{route}_{direction}_{day}_{n + 1}" for n in range(len(first))],
                        dtype=object,
                    )
                trips.append(
                    pd.DataFrame(
                        {
                            "route_id": route,
                            "service_id": day,
                            "trip_id": names,
                            "trip_headsign": ends[1 - direction],
                            "direction_id": direction,
                            **({"shape_id": shape} if regional else {}),
                        }
                    )
                )
                minute = (first[:, None] + off[None, :]).astype(np.int64)
                n = len(first)
                table = pd.DataFrame(
                    {
                        "trip_id": np.repeat(names, len(order)),
                        "minute": minute.ravel(),
                        "stop_id": np.tile(ids, n),
                        "stop_sequence": np.tile(np.arange(1, len(order) + 1), n),
                    }
                )
                if regional:
                    table["shape_dist_traveled"] = np.tile(np.round(along, 1), n)
                    shown = (np.arange(len(order)) % 3 == 0) | (
                        np.arange(len(order)) == len(order) - 1
                    )
                    table["shown"] = np.tile(shown, n)
                times.append(table)
    out: dict[str, bytes] = {}
    out["agency.txt"] = csv(
        pd.DataFrame(
            [{"agency_id": "1", "agency_name": operator, "agency_url": "https://example.org/",
              "agency_timezone": "Europe/Warsaw", "agency_lang": "pl"}]
        )
    )  # fmt: skip
    out["stops.txt"] = csv(_posts(used, number_of, stops, graph))
    out["routes.txt"] = csv(pd.DataFrame(rows))
    out["trips.txt"] = csv(pd.concat(trips, ignore_index=True))
    out["stop_times.txt"] = stop_times(pd.concat(times, ignore_index=True))
    if regional:
        out["calendar_dates.txt"] = csv(dates_only())
        out["shapes.txt"] = csv(pd.concat(shapes, ignore_index=True))
    else:
        calendar, exceptions = with_exceptions()
        out["calendar.txt"], out["calendar_dates.txt"] = csv(calendar), csv(exceptions)
    if frequencies:
        out["frequencies.txt"] = csv(pd.DataFrame(frequencies))
    out["feed_info.txt"] = csv(feed_info(operator))
    return out


def feed_info(operator: str) -> pd.DataFrame:
    """Return the table feed_info."""
    return pd.DataFrame(
        [
            {
                "feed_publisher_name": operator,
                "feed_publisher_url": "https://example.org/",
                "feed_lang": "pl",
                "feed_start_date": f"{FIRST:%Y%m%d}",
                "feed_end_date": f"{LAST:%Y%m%d}",
            }
        ]
    )


def _posts(used: Index, number_of: Index, stops: pd.DataFrame, graph: Graph) -> pd.DataFrame:
    """Two posts a few metres to either side of the street at each stop place."""
    rows = []
    x, y = stops["x"].to_numpy()[used], stops["y"].to_numpy()[used]
    turn = stops["node"].to_numpy()[used] * 2.399
    for side, letter in ((1, "A"), (-1, "B")):
        lon, lat = lonlat(x + side * 7 * np.cos(turn), y + side * 7 * np.sin(turn))
        rows.append(
            pd.DataFrame(
                {
                    "stop_id": [f"{number_of[s]}{letter}" for s in used],
                    "stop_code": [f"{number_of[s]:04d}-0{1 if side > 0 else 2}" for s in used],
                    "stop_name": stops["name"].to_numpy()[used],
                    "stop_lat": np.round(lat, 6),
                    "stop_lon": np.round(lon, 6),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def _shape(name: str, line: Line, graph: Graph, direction: int) -> pd.DataFrame:
    nodes = np.concatenate([line.paths[0], *(p[1:] for p in line.paths[1:])])
    if direction == 1:
        nodes = nodes[::-1]
    x, y = graph.x[nodes], graph.y[nodes]
    lon, lat = lonlat(x, y)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    return pd.DataFrame(
        {
            "shape_id": name,
            "shape_pt_lat": np.round(lat, 6),
            "shape_pt_lon": np.round(lon, 6),
            "shape_pt_sequence": np.arange(1, len(nodes) + 1),
            "shape_dist_traveled": np.round(along, 1),
        }
    )


def all_days() -> list[date]:
    """Return every day of the timetable."""
    return [FIRST + timedelta(days=k) for k in range((LAST - FIRST).days + 1)]


def dates_only() -> pd.DataFrame:
    """Return a calendar that lists every date of every service."""
    return pd.DataFrame(
        [{"service_id": day_of(d), "date": f"{d:%Y%m%d}", "exception_type": 1} for d in all_days()]
    )


def with_exceptions() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a weekly calendar and the dates that differ from it."""
    week = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    pattern = {"SZK": "1111100", "FER": "0000000", "SOB": "0000010", "NIE": "0000001"}
    calendar = pd.DataFrame(
        [
            {
                "service_id": d,
                **dict(zip(week, map(int, bits), strict=True)),
                "start_date": f"{FIRST:%Y%m%d}",
                "end_date": f"{LAST:%Y%m%d}",
            }
            for d, bits in pattern.items()
        ]
    )
    rows = []
    for d in all_days():
        usual = next((s for s, bits in pattern.items() if bits[d.weekday()] == "1"), "")
        actual = day_of(d)
        if usual != actual:
            rows.append({"service_id": usual, "date": f"{d:%Y%m%d}", "exception_type": 2})
            rows.append({"service_id": actual, "date": f"{d:%Y%m%d}", "exception_type": 1})
    return calendar, pd.DataFrame(rows)


def write_rail(stations: pd.DataFrame, settled: Settled, operator: str) -> dict[str, bytes]:
    """Return the files of the railway's GTFS."""
    served = stations[stations["municipality"] >= 0]
    stops = []
    lon, lat = lonlat(served["x"].to_numpy(), served["y"].to_numpy())
    for k, (i, s) in enumerate(served.iterrows()):
        stops.append({"stop_id": f"S{i}", "stop_name": s["name"], "stop_lat": round(float(lat[k]), 6),
                      "stop_lon": round(float(lon[k]), 6), "location_type": 1, "parent_station": ""})  # fmt: skip
        for p, shift in ((1, 0.00008), (2, -0.00008)):
            stops.append({"stop_id": f"S{i}_{p}", "stop_name": s["name"], "stop_lat": round(float(lat[k]) + shift, 6),
                          "stop_lon": round(float(lon[k]), 6), "location_type": 0, "parent_station": f"S{i}"})  # fmt: skip
    routes, trips, times = [], [], []
    main = int(served.index[served["main"]][0]) if served["main"].any() else int(served.index[0])
    for rail in sorted(served["rail"].unique()):
        mine = served[served["rail"] == rail]
        order, at = mine.index.to_list(), mine["at"].to_numpy()
        if rail > 0 and main not in order:
            join = 2500.0
            order, at = [main, *order], np.concatenate([[at.min() - join], at])
        if len(order) < 2:
            continue
        route = f"K{rail + 1}"
        routes.append({"route_id": route, "agency_id": "1", "route_short_name": f"S{rail + 1}",
                       "route_long_name": f"{served['name'][order[0]]} - {served['name'][order[-1]]}",
                       "route_type": 109 if rail == 0 else 2})  # fmt: skip
        minute = np.round((at - at.min()) / 1000 / 48 * 60 + np.arange(len(at)) * 0.6)
        plan = PLANS["rail" if rail == 0 else "rail_branch"]
        for direction in (0, 1):
            stations_ = order if direction == 0 else order[::-1]
            off = minute if direction == 0 else minute[-1] - minute[::-1]
            ids = np.array([f"S{s}_{direction + 1}" for s in stations_], dtype=object)
            for day in DAYS:
                first = starts(plan, day) + 3 * direction
                names = np.array(
                    [f"{route}_{direction}_{day}_{n}" for n in range(len(first))], dtype=object
                )
                trips.append(pd.DataFrame({"route_id": route, "service_id": day, "trip_id": names,
                                           "trip_headsign": served["name"][stations_[-1]], "direction_id": direction}))  # fmt: skip
                times.append(
                    pd.DataFrame(
                        {
                            "trip_id": np.repeat(names, len(ids)),
                            "minute": (first[:, None] + off[None, :]).astype(np.int64).ravel(),
                            "stop_id": np.tile(ids, len(first)),
                            "stop_sequence": np.tile(np.arange(1, len(ids) + 1), len(first)),
                        }
                    )
                )
    calendar, exceptions = with_exceptions()
    return {
        "agency.txt": csv(pd.DataFrame([{"agency_id": "1", "agency_name": operator, "agency_url": "https://example.org/", "agency_timezone": "Europe/Warsaw", "agency_lang": "pl"}])),
        "stops.txt": csv(pd.DataFrame(stops)),
        "routes.txt": csv(pd.DataFrame(routes)),
        "trips.txt": csv(pd.concat(trips, ignore_index=True)),
        "stop_times.txt": stop_times(pd.concat(times, ignore_index=True)),
        "calendar.txt": csv(calendar),
        "calendar_dates.txt": csv(exceptions),
        "feed_info.txt": csv(feed_info(operator)),
    }  # fmt: skip


def clock(seconds: int) -> str:
    """Return a time as GTFS writes it; hours go past 24.

    >>> clock(90_060)
    '25:01:00'
    """
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


_CLOCK = pa.array([clock(60 * m) for m in range(36 * 60)] + [""])


def stop_times(table: pd.DataFrame) -> bytes:
    """Return stop_times.txt; times that an operator does not show are blank."""
    minute = table["minute"].to_numpy()
    if "shown" in table:
        minute = np.where(table["shown"], minute, 36 * 60)
    texts = _CLOCK.take(pa.array(minute))
    columns = {
        "trip_id": pa.array(table["trip_id"]),
        "arrival_time": texts,
        "departure_time": texts,
        "stop_id": pa.array(table["stop_id"]),
        "stop_sequence": pa.array(table["stop_sequence"]),
    }
    if "shape_dist_traveled" in table:
        columns["shape_dist_traveled"] = pa.array(table["shape_dist_traveled"])
    return _bytes(pa.table(columns))


def csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV in UTF-8."""
    return _bytes(pa.Table.from_pandas(table, preserve_index=False))


def _bytes(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    options = pacsv.WriteOptions(quoting_style="needed")
    names = ",".join(table.column_names)
    sink.write(names.encode() + b"\n")
    pacsv.write_csv(
        table, sink, pacsv.WriteOptions(include_header=False, quoting_style=options.quoting_style)
    )
    return sink.getvalue()
