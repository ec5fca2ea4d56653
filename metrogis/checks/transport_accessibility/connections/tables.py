"""Tables of the result of ``connections``: relations, places, pairs, municipalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Bools
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Timetable
from metrogis.checks.contract.shared_types import DayName
from metrogis.checks.transport_accessibility.connections.known import Knowledge
from metrogis.checks.transport_accessibility.connections.parameters import (
    WORKING,
    ConnectionsParameters,
)
from metrogis.checks.transport_accessibility.connections.places import LAW, Places, Relation
from metrogis.checks.transport_accessibility.connections.presentation import COLUMNS


class Journeys(NamedTuple):
    """Journeys of one relation on one day type, and how they pair.

    ``out`` and ``back`` hold departures, arrivals (s) and transfers; lines only between seats.
    """

    out: tuple[Any, Any, Any]
    back: tuple[Any, Any, Any]
    out_lines: Any
    back_lines: Any
    first: Any
    second: Any
    returns: Bools

    @property
    def pairs(self) -> int:
        """Journeys out and back, whatever their order."""
        return len(self.first)

    @property
    def round_trips(self) -> int:
        """Journeys out followed by a journey back."""
        return int(self.returns.sum())


Found = Mapping[tuple[int, str], Journeys]


def _near(places: Places, relation: Relation, detour: float) -> bool:
    """Tell whether one can walk: the higher place is within reach of the lower one."""
    gap = places.xy[relation.start] - places.xy[relation.end]
    return bool(np.hypot(*gap) * detour <= places.reach[relation.start])


def relation_table(
    run: Run,
    timetable: Timetable,
    places: Places,
    relations: list[Relation],
    found: Found,
    knowledge: Knowledge,
    p: ConnectionsParameters,
) -> gpd.GeoDataFrame:
    """Return one row per relation: pairs by day type, states.

    Parameters
    ----------
    run : Run
    places : Places
    relations : list of Relation
    found : Found
        Journeys by relation and day type; a relation without an entry has none.
    knowledge : Knowledge
        What is lacking of a relation leaves it ``unknown`` unless what is known is enough.
    p : ConnectionsParameters

    Returns
    -------
    GeoDataFrame (relations,)
        Lines between the places. ``pairs_working`` and ``pairs_off`` are of the worst day type; NaN
        where the timetable does not speak of any. The state is the worst of the days asked for, or
        ``walk`` where the places are near enough to walk.
    """
    kinds = timetable.day_types()
    dated = {day: kinds[day].date is not None for day in p.day_types}
    asked = days_asked(timetable, p.day_types)
    rows = []
    for k, r in enumerate(relations):
        own = {day: found.get((k, day)) for day in p.day_types}
        row: dict[str, Any] = {
            "name_from": places.name[r.start],
            "name_to": places.name[r.end],
            "kind": r.kind,
            "teryt_from": places.teryt[r.start],
            "teryt_to": places.teryt[r.end],
        }
        for day in p.day_types:
            row |= _counts(day, own[day], known=dated[day])
        lacking = {day: knowledge.lacking(day, r.start, r.end) for day in p.day_types}
        row |= _states(row, lacking, dated, asked, _near(places, r, p.detour), p)
        row["fastest_min"] = _fastest([pair for pair in own.values() if pair])
        rows.append(row)
    lines = [shapely.LineString([places.xy[r.start], places.xy[r.end]]) for r in relations]
    columns = [c for c in COLUMNS["relations"] if rows and c in rows[0]]
    table = pd.DataFrame(rows, columns=columns or list(COLUMNS["relations"]))
    return gpd.GeoDataFrame(table, geometry=np.array(lines, dtype=object), crs=run.crs)


def _state(pairs: float, needed: int, known: bool, certainly: bool) -> str:
    if not known:
        return "unknown"
    if pairs >= needed:
        return "enough"
    return "not_enough" if certainly else "unknown"


def _whole(states: list[str], near: bool) -> str:
    """State over the day types that are asked for: a day that is not known leaves it unknown."""
    if near:
        return "walk"
    if "not_enough" in states:
        return "not_enough"
    return "unknown" if "unknown" in states or not states else "enough"


def days_asked(timetable: Any, days: Sequence[str]) -> tuple[str, ...]:
    """Return the day types that decide: without school holidays all weekdays are one type.

    Parameters
    ----------
    timetable : metrogis.transit.Feed
    days : sequence of str
        Day types of the parameters.
    """
    school = getattr(getattr(timetable, "options", None), "school", None)
    kinds = timetable.day_types()
    one = school is None and "school_day" in days and kinds["holiday_weekday"].date is None
    return tuple(d for d in days if not (one and d == "holiday_weekday"))


def place_table(
    run: Run, places: Places, relations: list[Relation], table: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return one row per place: what it is the seat of, its stops, the state of its relation.

    Parameters
    ----------
    run : Run
    places : Places
    relations : list of Relation
    table : GeoDataFrame
        From :func:`relation_table`.

    Returns
    -------
    GeoDataFrame (places,)
        Of several relations upwards the worst state counts (``not_enough``, ``unknown``, ``walk``,
        ``enough``); relations of flows say nothing of one place and are left out. ``none`` is a
        place that needs none: a voivodeship city, a locality where only seats are asked about. One
        whose other end is not among the localities is ``unknown``.
    """
    order = ("enough", "walk", "unknown", "not_enough")
    every = run.parameters.all_localities
    asked = [
        "voivodeship" not in levels and bool(code) and (every or bool(levels))
        for levels, code in zip(places.levels, places.teryt, strict=True)
    ]
    state = np.where(asked, "unknown", "none").astype(object)
    higher = np.full(len(places), "", dtype=object)
    for r, s in zip(relations, table["state"], strict=True):
        if r.kind == "flow":  # of two municipalities, whichever sends more: not of this place
            continue
        # the worst of the place's relations stays: order is from good to bad
        if not higher[r.start] or order.index(s) > order.index(state[r.start]):
            state[r.start], higher[r.start] = s, places.name[r.end]
    top = [
        next((w for w in ("voivodeship", "county", "municipality") if w in s), "none")
        for s in places.levels
    ]
    return gpd.GeoDataFrame(
        {
            "name": places.name,
            "teryt": places.teryt,
            "seat": np.array(top, dtype=object),
            "stops": places.posts,
            "name_to": higher,
            "state": state,
        },
        geometry=shapely.points(places.xy) if len(places) else [],
        crs=run.crs,
    )


def _counts(day: str, own: Journeys | None, *, known: bool) -> dict[str, float]:
    """Return pairs, round trips and journeys of one day type; NaN where it has no date."""
    nothing = 0.0 if known else np.nan
    return {
        f"pairs_{day}": float(own.pairs if own else 0) if known else np.nan,
        f"round_trips_{day}": float(own.round_trips if own else 0) if known else np.nan,
        f"out_{day}": float(len(own.out[0])) if own else nothing,
        f"back_{day}": float(len(own.back[0])) if own else nothing,
    }


def _fastest(days: list[Journeys]) -> float:
    """Return the minutes of the shortest journey of all days, there or back; NaN without one."""
    rides = [way for own in days for way in (own.out, own.back)]
    seconds = [float((arrive - leave).min()) for leave, arrive, _unused in rides if len(leave)]
    return min(seconds) / 60 if seconds else np.nan


def _states(
    row: Mapping[str, float],
    lacking: Mapping[DayName, str],
    dated: Mapping[DayName, bool],
    asked: Sequence[str],
    near: bool,
    p: ConnectionsParameters,
) -> dict[str, Any]:
    """Return the states of a relation from its counts, and why one is unknown."""
    shown = "pairs" if p.pairing == "directions" else "round_trips"
    counted = {d: row[f"{shown}_{d}"] if dated[d] else 0.0 for d in p.day_types}
    states = {d: _state(counted[d], p.needed(d), dated[d], not lacking[d]) for d in p.day_types}
    earlier = {
        d: _state(counted[d], p.pairs_earlier, dated[d], not lacking[d]) for d in p.day_types
    }
    out: dict[str, Any] = {}
    for name, chosen in _split(p.day_types).items():
        out[f"pairs_{name}"] = _least([row[f"{shown}_{d}"] for d in chosen])
        # without school holidays all weekdays are one type, and the second decides nothing
        out[f"state_{name}"] = _whole([states[d] for d in chosen if d in asked], near)
    out["state"] = _whole([states[d] for d in p.day_types if d in asked], near)
    out["state_earlier"] = _whole([earlier[d] for d in p.day_types if d in asked], near)
    if out["state"] != "unknown":
        return out | {"why": "none"}
    reasons = (lacking[d] for d in p.day_types if d in asked and states[d] == "unknown")
    return out | {"why": next(filter(None, reasons), "")}


def _split(days: Sequence[DayName]) -> dict[str, list[DayName]]:
    return {
        "working": [d for d in days if d in WORKING],
        "off": [d for d in days if d not in WORKING],
    }


def _least(values: list[float]) -> float:
    return float(np.nanmin(values)) if np.isfinite(values).any() else np.nan


def pair_table(
    run: Run,
    places: Places,
    relations: list[Relation],
    found: Found,
    table: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Return every pair of journeys between seats, by day type.

    Parameters
    ----------
    run : Run
    places : Places
    relations : list of Relation
        Localities to the seat of their municipality, of which there are thousands, are not listed.
    found : Found
        Journeys by relation and day type.
    table : GeoDataFrame
        From :func:`relation_table`, for the lines.

    Returns
    -------
    GeoDataFrame
        The journey out and the one back: departure and arrival as clocks, minutes, transfers,
        lines; ``returns`` says whether the one back follows the one out.
    """
    rows = [
        (k, day, own)
        for (k, day), own in found.items()
        if relations[k].kind != "locality_municipality" and own.pairs
    ]
    if not rows:
        empty = {c: pd.Series(dtype="object") for c in COLUMNS["pairs"]}
        return gpd.GeoDataFrame(empty, geometry=[], crs=run.crs)
    many = [own.pairs for _, _, own in rows]

    def repeated(values: list[Any]) -> list[Any]:
        return [v for v, n in zip(values, many, strict=True) for _ in range(n)]

    columns: dict[str, Any] = {  # one table of all: a small one of each pair takes much longer
        "name_from": repeated([places.name[relations[k].start] for k, _, _ in rows]),
        "name_to": repeated([places.name[relations[k].end] for k, _, _ in rows]),
        "day_type": repeated([day for _, day, _ in rows]),
        "pair": np.concatenate([np.arange(1, n + 1) for n in many]),
        "relation": np.repeat([k for k, _, _ in rows], many),
    }
    there = [(own.out, own.out_lines, own.first) for _, _, own in rows]
    back = [(own.back, own.back_lines, own.second) for _, _, own in rows]
    columns |= _one_way("out", there) | _one_way("back", back)
    columns["returns"] = np.concatenate([own.returns for _, _, own in rows])
    out = pd.DataFrame(columns)
    out = out.sort_values(["relation", "day_type", "pair"], kind="stable", ignore_index=True)
    geometry = np.asarray(table.geometry.to_numpy(), dtype=object)[out.pop("relation")]
    return gpd.GeoDataFrame(out, geometry=geometry, crs=run.crs)


def clock(seconds: float) -> str:
    """Return a time of the service day as text; hours go on past midnight.

    >>> clock(27_000), clock(90_060)
    ('07:30', '25:01')
    """
    minutes = int(seconds // 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def municipal_table(
    municipalities: gpd.GeoDataFrame,
    places: Places,
    relations: list[Relation],
    seat: Mapping[str, int],
    table: gpd.GeoDataFrame,
    levels: np.ndarray,
) -> gpd.GeoDataFrame:
    """Return one row per municipality: the relation of its seat, and of its other localities.

    Parameters
    ----------
    municipalities : GeoDataFrame
    places : Places
    relations : list of Relation
    seat : mapping of str to int
        Place by code of the municipality; a code without one has no known seat.
    table : GeoDataFrame
        From :func:`relation_table`.
    levels : ndarray of str (municipalities,)
        Coverage of the timetables.

    Returns
    -------
    GeoDataFrame (municipalities,)
        The city that is the seat of the voivodeship has no relation upwards: its state is ``city``.
        Shares of localities are NaN where there are none.
    """
    legal = {r.start: k for k, r in enumerate(relations) if r.kind in LAW}
    rows = []
    states = table["state"].to_numpy(dtype=object) if len(relations) else np.zeros(0, dtype=object)
    for code in municipalities["teryt"]:
        i = seat.get(code)
        k = legal.get(i) if i is not None else None
        row: dict[str, Any] = {"seat": places.name[i] if i is not None else ""}
        if k is None:
            row |= _without_relation(places, i)
        else:
            names = ("name_to", "kind", "pairs_working", "pairs_off", "state", "state_working",
                     "state_off", "state_earlier", "why", "fastest_min")  # fmt: skip
            row |= {name: table[name].iloc[k] for name in names}
        own = [
            states[k]
            for k, r in enumerate(relations)
            if r.kind == "locality_municipality" and places.teryt[r.start] == code
        ]
        row["localities"] = float(len(own))
        for name, counted in (
            ("enough", ("enough", "walk")),
            ("not_enough", ("not_enough",)),
            ("unknown", ("unknown",)),
        ):
            count = sum(state in counted for state in own)
            row[f"localities_{name}"] = count / len(own) if own else np.nan
        rows.append(row)
    given = ("teryt", "name", "coverage", "timetable_known")
    columns = [c for c in COLUMNS["municipalities"] if c not in given]
    found = pd.DataFrame(rows).reindex(columns=columns)
    found["state_earlier"] = found["state_earlier"].astype(object).where(
        found["state_earlier"].notna(), found["state"]
    )  # fmt: skip
    return gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy(),
            "name": municipalities["name"].to_numpy(),
            "coverage": levels,
            "timetable_known": levels == "complete",
            **{c: found[c].to_numpy() for c in columns},
        },
        geometry=municipalities.geometry.to_numpy(),
        crs=municipalities.crs,
        index=municipalities.index,
    )


def _without_relation(places: Places, seat: int | None) -> dict[str, str]:
    """Return the row of the voivodeship city itself, or of a seat that nothing can be told of."""
    city = seat is not None and "voivodeship" in places.levels[seat]
    state = "city" if city else "unknown"
    return {
        "name_to": "",
        "kind": "none" if city else "unknown",
        "why": "none" if city else "seat" if seat is None else "higher",
        "state": state,
        "state_working": state,
        "state_off": state,
    }


def _one_way(way: str, parts: list[tuple[Any, np.ndarray, np.ndarray]]) -> dict[str, Any]:
    """Return the columns of the journeys out or back.

    Each part is (departures, arrivals, transfers), their lines, and which of them are in pairs.
    """
    leave, arrive, transfers = (
        np.concatenate([journeys[i][at] for journeys, _, at in parts]) for i in range(3)
    )
    return {
        f"{way}_departure": [clock(s) for s in leave.tolist()],
        f"{way}_arrival": [clock(s) for s in arrive.tolist()],
        f"{way}_min": (arrive - leave) / 60,
        f"{way}_transfers": transfers,
        f"{way}_lines": np.concatenate([lines[at] for _, lines, at in parts]),
    }
