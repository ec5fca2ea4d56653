"""Timetables as GTFS, written the way operators write it: each with its own habits.

``city_bus``: calendar with exceptions, trips past midnight, a trolleybus line by frequencies.
``regional_bus``: dates only in calendar_dates, times only at some stops, shapes with distances.
``rail``: stations with platforms, an extended route type.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from metrogis.demo import schedule
from metrogis.demo.frame import Array, Index
from metrogis.demo.graph import Graph
from metrogis.demo.lines import Line
from metrogis.demo.writing import lonlat

_LAST_MINUTE = 36 * 60
SHOWN_EVERY = 3
"""The regional operator prints the time of every third stop, the first and the last."""


@dataclass
class _Times:
    """Stop times as they grow: whole arrays by block, trips and stops by number."""

    trips: list[dict[str, Any]] = field(default_factory=list)
    trip: list[Index] = field(default_factory=list)
    minute: list[Index] = field(default_factory=list)
    stop: list[Index] = field(default_factory=list)
    sequence: list[Index] = field(default_factory=list)
    along: list[Array] = field(default_factory=list)

    def add(
        self,
        names: list[str],
        first: Index,
        offsets: Index,
        stops: Index,
        along: Array | None = None,
        **columns: Any,
    ) -> None:
        """Add trips that start at ``first`` and call at ``stops`` after ``offsets`` minutes."""
        n, k = len(first), len(stops)
        number = len(self.trips)
        self.trips += [{**columns, "trip_id": name} for name in names]
        self.trip.append(np.repeat(np.arange(number, number + n), k))
        self.minute.append((first[:, None] + offsets[None, :]).ravel())
        self.stop.append(np.tile(stops, n))
        self.sequence.append(np.tile(np.arange(1, k + 1), n))
        if along is not None:
            self.along.append(np.tile(np.round(along, 1), n))

    def files(self, stop_ids: list[str]) -> dict[str, bytes]:
        """Return trips.txt and stop_times.txt."""
        minute, sequence = np.concatenate(self.minute), np.concatenate(self.sequence)
        trip = np.concatenate(self.trip)
        blank: Any = False
        if self.along:
            last = np.append(trip[1:] != trip[:-1], True)
            blank = ((sequence - 1) % SHOWN_EVERY != 0) & ~last
        clock = pa.array(np.where(blank, _LAST_MINUTE, minute))
        names = pa.array([t["trip_id"] for t in self.trips])
        columns = {
            "trip_id": names.take(pa.array(trip)),
            "arrival_time": _CLOCK.take(clock),
            "departure_time": _CLOCK.take(clock),
            "stop_id": pa.array(stop_ids).take(pa.array(np.concatenate(self.stop))),
            "stop_sequence": pa.array(sequence),
        }
        if self.along:
            columns["shape_dist_traveled"] = pa.array(np.concatenate(self.along))
        return {
            "trips.txt": csv(pd.DataFrame(self.trips)),
            "stop_times.txt": _bytes(pa.table(columns)),
        }


def write_bus(
    feed: str, lines: list[Line], stops: pd.DataFrame, graph: Graph, operator: str
) -> dict[str, bytes]:
    """Return the GTFS of one bus operator.

    Parameters
    ----------
    feed : {"city_bus", "regional_bus"}
        Decides which lines are written, and the operator's habits (see the module).
    lines : list of Line
    stops : DataFrame
        Stop places; each is written as two stops, one a direction.
    graph : Graph
        Streets, for ``shapes.txt``.
    operator : str
        Name of the agency.

    Returns
    -------
    dict of str to bytes
        Content by file name.
    """
    lines = [line for line in lines if line.feed == feed]
    used = np.unique(np.concatenate([line.stops for line in lines]))
    # number[i]: position of stop place i among those served; its two stops are 2 n and 2 n + 1
    number = np.full(len(stops), -1)
    number[used] = np.arange(len(used))
    name = stops["name"].tolist()
    regional = feed == "regional_bus"
    routes: list[dict[str, Any]] = []
    frequencies: list[dict[str, Any]] = []
    shapes: list[pd.DataFrame] = []
    times = _Times()
    for k, line in enumerate(lines):
        route = f"R{k + 1}" if regional else str(k + 1)
        ends = [name[line.stops[0]], name[line.stops[-1]]]
        routes.append(
            {
                "route_id": route,
                "agency_id": "1",
                "route_short_name": line.name,
                "route_long_name": f"{ends[0]} - {ends[1]}",
                "route_type": {"bus": 3, "trolleybus": 11}[line.mode],
            }
        )
        forth, metres = schedule.minutes_of(line), schedule.metres_along(line)
        for direction in (0, 1):
            # the way back calls at the same places in reverse, in the same times between them
            turned = slice(None, None, -1 if direction else 1)
            order = number[line.stops][turned] * 2 + direction
            offsets = forth[-1] - forth[::-1] if direction else forth
            along = metres[-1] - metres[::-1] if direction else metres
            shape = f"{route}_{direction}"
            if regional:
                shapes.append(_shape(shape, line, graph, direction))
            for day, first in schedule.trip_starts(line, k, direction).items():
                base = f"{route}_{direction}_{day}"
                names = [f"{base}_{n + 1}" for n in range(len(first))]
                # one trip stands for all: frequencies.txt repeats it
                if line.plan == "frequency":
                    first, names = first[:1], [base]
                    frequencies += [
                        {
                            "trip_id": base,
                            "start_time": clock(a * 60),
                            "end_time": clock(b * 60),
                            "headway_secs": h * 60,
                            "exact_times": 1,
                        }
                        for a, b, h in schedule.spans(day)
                    ]
                times.add(
                    names,
                    first,
                    offsets,
                    order,
                    along if regional else None,
                    route_id=route,
                    service_id=day,
                    trip_headsign=ends[1 - direction],
                    direction_id=direction,
                    **({"shape_id": shape} if regional else {}),
                )
    posts = _posts(used, stops)
    out = _common(operator)
    out["stops.txt"] = csv(posts)
    out["routes.txt"] = csv(pd.DataFrame(routes))
    out.update(times.files(posts["stop_id"].tolist()))
    if regional:
        out["calendar_dates.txt"] = csv(schedule.dates_only())
        out["shapes.txt"] = csv(pd.concat(shapes, ignore_index=True))
    else:
        out.update(_weekly())
    if frequencies:
        out["frequencies.txt"] = csv(pd.DataFrame(frequencies))
    return out


def write_rail(stations: pd.DataFrame, operator: str) -> dict[str, bytes]:
    """Return the GTFS of the railway.

    Parameters
    ----------
    stations : DataFrame
        ``x``, ``y``, ``name``, ``rail`` (number of the line), ``at`` (metres along it), ``main``.
    operator : str

    Returns
    -------
    dict of str to bytes
        Content by file name: every station with two platforms, trains stop at platforms.
    """
    lon, lat = lonlat(stations["x"].to_numpy(), stations["y"].to_numpy())
    rows: list[dict[str, Any]] = []
    for i, name in enumerate(stations["name"]):
        place = {"stop_name": name, "stop_lon": round(float(lon[i]), 6)}
        at = float(lat[i])
        for platform, shift in ((1, 0.00008), (2, -0.00008)):
            rows.append(
                {
                    "stop_id": f"S{i}_{platform}",
                    **place,
                    "stop_lat": round(at + shift, 6),
                    "location_type": 0,
                    "parent_station": f"S{i}",
                }
            )
        rows.append(
            {
                "stop_id": f"S{i}",
                **place,
                "stop_lat": round(at, 6),
                "location_type": 1,
                "parent_station": "",
            }
        )
    routes: list[dict[str, Any]] = []
    times = _Times()
    for run in schedule.rail_runs(stations):
        rail, order, forth = run.rail, run.order, run.forth
        route = f"K{rail + 1}"
        ends = [stations["name"].iloc[order[0]], stations["name"].iloc[order[-1]]]
        routes.append(
            {
                "route_id": route,
                "agency_id": "1",
                "route_short_name": f"S{rail + 1}",
                "route_long_name": f"{ends[0]} - {ends[1]}",
                "route_type": 109 if rail == 0 else 2,
            }
        )
        for direction in (0, 1):
            calls = order[::-1] if direction else order
            offsets = forth[-1] - forth[::-1] if direction else forth
            for day in schedule.DAYS:
                first = run.starts(day, direction)
                times.add(
                    [f"{route}_{direction}_{day}_{n + 1}" for n in range(len(first))],
                    first,
                    offsets,
                    calls * 3 + direction,
                    route_id=route,
                    service_id=day,
                    trip_headsign=ends[1 - direction],
                    direction_id=direction,
                )
    out = _common(operator)
    out["stops.txt"] = csv(pd.DataFrame(rows))
    out["routes.txt"] = csv(pd.DataFrame(routes))
    out.update(times.files([str(r["stop_id"]) for r in rows]))
    out.update(_weekly())
    return out


def _common(operator: str) -> dict[str, bytes]:
    agency = {
        "agency_id": "1",
        "agency_name": operator,
        "agency_url": "https://example.org/",
        "agency_timezone": "Europe/Warsaw",
        "agency_lang": "pl",
    }
    info = {
        "feed_publisher_name": operator,
        "feed_publisher_url": "https://example.org/",
        "feed_lang": "pl",
        "feed_start_date": f"{schedule.FIRST:%Y%m%d}",
        "feed_end_date": f"{schedule.LAST:%Y%m%d}",
    }
    return {
        "agency.txt": csv(pd.DataFrame([agency])),
        "feed_info.txt": csv(pd.DataFrame([info])),
    }


def _weekly() -> dict[str, bytes]:
    calendar, exceptions = schedule.with_exceptions()
    return {"calendar.txt": csv(calendar), "calendar_dates.txt": csv(exceptions)}


def _posts(used: Index, stops: pd.DataFrame) -> pd.DataFrame:
    """Two posts a few metres to either side of the street at each stop place, A then B."""
    x, y = stops["x"].to_numpy()[used], stops["y"].to_numpy()[used]
    # a direction for each stop that neither repeats nor asks a random stream (the golden angle)
    turn = stops["node"].to_numpy()[used] * 2.399
    shift = np.array([7.0, -7.0])
    lon, lat = lonlat(
        (x[:, None] + np.cos(turn)[:, None] * shift).ravel(),
        (y[:, None] + np.sin(turn)[:, None] * shift).ravel(),
    )
    pairs = [(k + 1, side) for k in range(len(used)) for side in (0, 1)]
    return pd.DataFrame(
        {
            "stop_id": [f"{k}{'AB'[side]}" for k, side in pairs],
            "stop_code": [f"{k:04d}-0{side + 1}" for k, side in pairs],
            "stop_name": np.repeat(stops["name"].to_numpy()[used], 2),
            "stop_lat": np.round(lat, 6),
            "stop_lon": np.round(lon, 6),
        }
    )


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


def clock(seconds: int) -> str:
    """Return a time as GTFS writes it; hours go past 24.

    >>> clock(90_060)
    '25:01:00'
    """
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


_CLOCK = pa.array([*(clock(60 * m) for m in range(_LAST_MINUTE)), ""])


def csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV in UTF-8; text is quoted where it must be."""
    return _bytes(pa.Table.from_pandas(table, preserve_index=False))


def _bytes(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    sink.write(",".join(table.column_names).encode() + b"\n")
    # numbers and codes bare, text in quotes, as real feeds mix them
    pacsv.write_csv(table, sink, pacsv.WriteOptions(include_header=False))
    return sink.getvalue()
