"""Connections between seats: pairs of journeys out and back on one day, as the draft law counts.

A connection that the timetables at hand show is certain. That there are too few is certain only
where all timetables of both places are at hand; elsewhere it is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import crs as crs_rules
from metrogis.checks.contract import Check, Input, Result, Run
from metrogis.checks.transport_accessibility import coverage as cover
from metrogis.checks.transport_accessibility.connection_flows import (
    add_flow_relations,
    flow_findings,
    flow_table,
)
from metrogis.checks.transport_accessibility.connection_parameters import (
    WORKING,
    ConnectionsParameters,
)
from metrogis.checks.transport_accessibility.connection_places import (
    LAW,
    Places,
    Relation,
    certain,
    find_relations,
    pair_up,
    read_places,
)
from metrogis.checks.transport_accessibility.connection_texts import (
    COLUMNS,
    INPUTS,
    METHOD,
    QUESTION,
    TITLE,
    VIEWS,
    findings,
)
from metrogis.checks.transport_accessibility.evidence import seen_modes
from metrogis.checks.transport_accessibility.service import Bools, StraightLine, walking
from metrogis.provenance import audit_of
from metrogis.texts import Text
from metrogis.transit.journeys import profiles, read_rides

GROUPS = ("rail", "metro", "tram", "bus", "ferry", "cableway")


def connections(
    municipalities: gpd.GeoDataFrame,
    localities: gpd.GeoDataFrame | None = None,
    timetable: Any = None,
    *,
    coverage: pd.DataFrame | None = None,
    streets: Any = None,
    stop_posts: gpd.GeoDataFrame | None = None,
    rail_stations: gpd.GeoDataFrame | None = None,
    od_flows: pd.DataFrame | None = None,
    **parameters: Any,
) -> Result:
    """Count pairs of connections between seats, and tell where there are too few.

    Definition (METHODS 5.6, draft Polish law of 2026): voivodeship city - county seats, county
    seat - municipal seats; at least 4 pairs on working days, 2 on days off (earlier draft: 3 every
    day). A pair is one journey out and one back on the same service day: the number of pairs is the
    smaller of the two numbers of journeys (``pairing="round_trip"`` asks that the journey back
    follows the one out after ``min_stay``). Journeys are those that no other one beats: none leaves
    as late and arrives as early.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Polygons with ``teryt`` and ``name``, CRS in metres.
    localities : GeoDataFrame
        Points with ``name`` and ``seat`` (voivodeship, county, municipality, or empty).
    timetable : metrogis.transit.Feed
    coverage : DataFrame, optional
        As in ``white_spots``: too few connections are certain only where it is complete.
    streets : street network, optional
        For the walk from a place to its stops; else straight lines times ``detour``.
    stop_posts, rail_stations : GeoDataFrame, optional
        Stops without times: evidence that their mode could serve.
    od_flows : DataFrame, optional
        ``origin``, ``destination`` (TERYT), ``flow``: the strongest flows are checked too, whether
        the law names the pair or not.
    **parameters
        See :class:`ConnectionsParameters`.

    Returns
    -------
    Result
        ``municipalities``: the relation of each seat: pairs on working days and days off, state.
        ``features``: ``relations`` (lines, pairs by day type), ``places`` (points),
        ``pairs`` (each pair between seats: out, back, times, transfers, lines), ``flow_pairs``
        (the strongest flows, with the connections of their seats).

    Raises
    ------
    MetrogisError
        On bad layers or parameters, before anything is computed.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from metrogis.transit import read_feed
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> tables = {
    ...     "stops": "stop_id,stop_lat,stop_lon|A,54.60,18.23|B,54.70,18.30",
    ...     "routes": "route_id,route_type|7,3",
    ...     "trips": "trip_id,route_id,service_id|1,7,W|2,7,W",
    ...     "stop_times": "trip_id,stop_id,departure_time|1,A,8:00:00|1,B,8:20:00|"
    ...                   "2,B,15:00:00|2,A,15:20:00",
    ...     "calendar_dates": "service_id,date,exception_type|W,20241016,1",
    ... }
    >>> for table, text in tables.items():
    ...     _ = (folder / f"{table}.txt").write_text(text.replace("|", chr(10)))
    >>> feed = read_feed(folder)
    >>> points = feed.stop_points("EPSG:2180").geometry
    >>> towns = gpd.GeoDataFrame({"teryt": ["2261011", "2204011"], "name": ["City", "Town"]},
    ...                          geometry=points.buffer(3000).tolist(), crs=points.crs)
    >>> seats = gpd.GeoDataFrame({"name": ["City", "Town"], "seat": ["voivodeship", "county"]},
    ...                          geometry=points.tolist(), crs=points.crs)
    >>> result = connections(towns, seats, feed, day_types=["school_day"])
    >>> result.features["relations"][["name_from", "name_to", "pairs_school_day"]].values.tolist()
    [['Town', 'City', 1.0]]
    """
    run = CHECK.begin(
        parameters,
        municipalities=municipalities,
        localities=localities,
        timetable=timetable,
        coverage=coverage,
        streets=streets,
        stop_posts=stop_posts,
        rail_stations=rail_stations,
        od_flows=od_flows,
    )
    p: ConnectionsParameters = run.parameters
    towns: gpd.GeoDataFrame = run.layers["municipalities"]
    walk = walking(streets, p.detour)
    straight = isinstance(walk, StraightLine)
    run.add(audit_of(walk))
    if not straight and hasattr(streets, "crs"):
        crs_rules.require_same(municipalities=towns, streets=streets.crs)
    stops = timetable.stop_points(run.crs)
    places, audit = read_places(
        towns, run.layers["localities"], stops, streets=streets, detour=p.detour,
        seat_distance=p.seat_distance, locality_distance=p.locality_distance,
    )  # fmt: skip
    run.add(audit)
    relations, seat, audit = find_relations(places, towns, seats=p.seats, every=p.all_localities)
    run.add(audit)
    relations, flows = add_flow_relations(run, towns, relations, seat)
    run.note(
        "localities",
        "noted",
        sum(not len(own) for own in places.stops),
        Text(
            "miejscowości bez przystanku z rozkładem w zasięgu",
            "localities without a timetabled stop within reach",
        ),
    )
    if straight:
        run.note(
            "streets",
            "modelled",
            1,
            Text(
                "bez sieci ulic: dojście do przystanku to linia prosta × {detour:2}",
                "no street network: the walk to a stop is the straight line times {detour:2}",
            ).fill(detour=p.detour),
        )
    levels, sure = _certainty(run, towns, places, stops)
    days = _known_days(run, timetable, p)
    found = _count(run, timetable, places, relations, days, p)
    table = _relation_table(run, places, relations, found, sure, p)
    features = {
        "relations": table,
        "places": _place_table(run, places, relations, table),
        "pairs": _pair_table(run, places, relations, found, table),
        "flow_pairs": flow_table(towns, flows, table),
    }
    towns_table = _municipal_table(towns, places, relations, seat, table, levels)
    return run.result(
        municipalities=towns_table,
        features=features,
        findings=[
            *findings(towns_table, features, p, list(days)),
            *flow_findings(features["flow_pairs"]),
        ],
    )


# --------------------------------------------------------------------------- steps


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


def _known_days(run: Run, timetable: Any, p: ConnectionsParameters) -> dict[str, bool]:
    """Day types asked for: whether the timetable knows them."""
    kinds = timetable.day_types()
    days: dict[str, bool] = {day: kinds[day].date is not None for day in p.day_types}
    unknown = [day for day, known in days.items() if not known]
    run.note(
        "timetable",
        "unknown",
        len(unknown),
        Text("rodzaje dnia nieznane w rozkładzie", "day types unknown in the timetable"),
        unknown,
    )
    return days


def _certainty(
    run: Run, towns: gpd.GeoDataFrame, places: Places, stops: gpd.GeoDataFrame
) -> tuple[np.ndarray, dict[str, Bools]]:
    """Coverage of the municipalities; by day type, the places whose every service is known."""
    p: ConnectionsParameters = run.parameters
    table = run.layers["coverage"]
    if table is not None:
        run.add(cover.code_audit(towns, table))
    seen = seen_modes(
        towns,
        GROUPS,
        stops=stops,
        stop_posts=run.layers["stop_posts"],
        rail_stations=run.layers["rail_stations"],
    )
    timetable = run.layers["timetable"]
    kinds = timetable.day_types()
    sure: dict[str, Bools] = {}
    level = None
    for day in p.day_types:
        silent = timetable.unknown_feeds(day) if kinds[day].date is not None else ()
        known = cover.read_coverage(
            towns, table, seen, groups=GROUPS, required=p.modes_required, silent_feeds=silent
        )
        level = known.level if level is None else level
        sure[day] = certain(places, towns, known.complete, transfers=p.max_transfers)
    assert level is not None
    return level, sure


def _count(
    run: Run,
    timetable: Any,
    places: Places,
    relations: list[Relation],
    days: Mapping[str, bool],
    p: ConnectionsParameters,
) -> dict[tuple[int, str], Journeys]:
    """Search the journeys of every relation, both ways, on every known day type."""
    out: dict[tuple[int, str], Journeys] = {}
    by_end: dict[int, list[int]] = {}
    for k, r in enumerate(relations):
        if places.own_stops(r.start, r.end) and places.stops[r.end]:
            by_end.setdefault(r.end, []).append(k)
    limits: dict[str, Any] = {
        "window": (3600 * p.hours[0], 3600 * p.hours[1]),
        "max_seconds": 60 * p.max_minutes,
    }
    listed = {k for k, r in enumerate(relations) if r.kind != "locality_municipality"}
    rides = None
    for day in [d for d, known in days.items() if known]:
        rides = read_rides(timetable, day, rules=p.rules(), crs=run.crs, walks=rides)
        run.add(rides.audit)
        turned = rides.mirror()
        for end, own in by_end.items():
            stops = places.stops[end]
            search: dict[str, Any] = {
                "max_transfers": p.max_transfers,
                "max_seconds": limits["max_seconds"],
            }
            there = profiles(rides, stops, **search)
            home = profiles(turned, stops, backwards=True, **search)
            for k in own:
                start = places.own_stops(relations[k].start, end)
                go, come = (f.arrays(start, **limits) for f in (there, home))
                lines = [
                    f.lines(start, *t) if k in listed else None
                    for f, t in ((there, go), (home, come))
                ]
                paired = pair_up(go[:2], come[:2], 60 * p.min_stay)
                out[k, day] = Journeys(go, come, lines[0], lines[1], *paired)
    return out


def _near(places: Places, relation: Relation, detour: float) -> bool:
    """Tell whether one can walk: the higher place is within reach of the lower one."""
    gap = places.xy[relation.start] - places.xy[relation.end]
    return bool(np.hypot(*gap) * detour <= places.reach[relation.start])


def _relation_table(
    run: Run,
    places: Places,
    relations: list[Relation],
    found: Found,
    sure: Mapping[str, Bools],
    p: ConnectionsParameters,
) -> gpd.GeoDataFrame:
    """One row per relation: pairs by day type, states."""
    kinds = run.layers["timetable"].day_types()
    rows = []
    for k, r in enumerate(relations):
        row: dict[str, Any] = {
            "name_from": places.name[r.start],
            "name_to": places.name[r.end],
            "kind": r.kind,
            "teryt_from": places.teryt[r.start],
            "teryt_to": places.teryt[r.end],
        }
        near = _near(places, r, p.detour)
        states: dict[str, str] = {}
        earlier: list[str] = []
        fastest = np.inf
        for day in p.day_types:
            known = kinds[day].date is not None
            own = found.get((k, day))
            pairs = own.pairs if own else 0
            trips = own.round_trips if own else 0
            counted = pairs if p.pairing == "directions" else trips
            certainly = bool(sure[day][r.start] and sure[day][r.end])
            for name, value in (("pairs", pairs), ("round_trips", trips)):
                row[f"{name}_{day}"] = float(value) if known else np.nan
            for name, way in (("out", own.out), ("back", own.back)) if own else ():
                row[f"{name}_{day}"] = float(len(way[0]))
            if not own:
                row[f"out_{day}"] = row[f"back_{day}"] = 0.0 if known else np.nan
            states[day] = _state(counted, p.needed(day), known, certainly)
            earlier.append(_state(counted, p.pairs_earlier, known, certainly))
            for leave, arrive, _ in (own.out, own.back) if own else ():
                fastest = min(fastest, float((arrive - leave).min(initial=1 << 30)))
        for name, chosen in (
            ("working", [d for d in p.day_types if d in WORKING]),
            ("off", [d for d in p.day_types if d not in WORKING]),
        ):
            shown = "pairs" if p.pairing == "directions" else "round_trips"
            values = [row[f"{shown}_{d}"] for d in chosen]
            row[f"pairs_{name}"] = float(np.nanmin(values)) if np.isfinite(values).any() else np.nan
            row[f"state_{name}"] = "walk" if near else _whole(
                [states[d] for d in chosen], [kinds[d].date is not None for d in chosen]
            )  # fmt: skip
        known_days = [kinds[d].date is not None for d in p.day_types]
        row["state"] = "walk" if near else _whole(list(states.values()), known_days)
        row["state_earlier"] = "walk" if near else _whole(earlier, known_days)
        row["fastest_min"] = fastest / 60 if fastest < 1 << 30 else np.nan
        rows.append(row)
    lines = [shapely.LineString([places.xy[r.start], places.xy[r.end]]) for r in relations]
    columns = [c for c in COLUMNS["relations"] if rows and c in rows[0]]
    table = pd.DataFrame(rows, columns=columns or list(COLUMNS["relations"]))
    return gpd.GeoDataFrame(table, geometry=np.array(lines, dtype=object), crs=run.crs)


def _state(pairs: int, needed: int, known: bool, certainly: bool) -> str:
    if not known:
        return "unknown"
    if pairs >= needed:
        return "enough"
    return "not_enough" if certainly else "unknown"


def _whole(states: list[str], known: list[bool]) -> str:
    """State over day types; one that the timetable does not know says nothing if another does."""
    if "not_enough" in states:
        return "not_enough"
    told = [s for s, k in zip(states, known, strict=True) if k]
    if not told or "unknown" in told:
        return "unknown"
    return "enough"


def _place_table(
    run: Run, places: Places, relations: list[Relation], table: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """One row per place: what it is the seat of, its stops, the state of its relation."""
    order = ("enough", "walk", "unknown", "not_enough")
    state = np.full(len(places), "none", dtype=object)
    higher = np.full(len(places), "", dtype=object)
    for r, s in zip(relations, table["state"], strict=True):
        old = state[r.start]
        if old == "none" or order.index(s) > order.index(old):
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
            "stops": [len(own) for own in places.stops],
            "name_to": higher,
            "state": state,
        },
        geometry=shapely.points(places.xy) if len(places) else [],
        crs=run.crs,
    )


def _pair_table(
    run: Run,
    places: Places,
    relations: list[Relation],
    found: Found,
    table: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Every pair between seats, by day type: the journey out and the one back."""
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
    for way in ("out", "back"):
        chosen = [own.first if way == "out" else own.second for _, _, own in rows]
        journeys = [own.out if way == "out" else own.back for _, _, own in rows]
        lines = [own.out_lines if way == "out" else own.back_lines for _, _, own in rows]
        leave, arrive, transfers = (
            np.concatenate([j[i][at] for j, at in zip(journeys, chosen, strict=True)])
            for i in range(3)
        )
        columns |= {
            f"{way}_departure": [clock(s) for s in leave.tolist()],
            f"{way}_arrival": [clock(s) for s in arrive.tolist()],
            f"{way}_min": (arrive - leave) / 60,
            f"{way}_transfers": transfers,
            f"{way}_lines": np.concatenate([a[at] for a, at in zip(lines, chosen, strict=True)]),
        }
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


def _municipal_table(
    towns: gpd.GeoDataFrame,
    places: Places,
    relations: list[Relation],
    seat: Mapping[str, int],
    table: gpd.GeoDataFrame,
    levels: np.ndarray,
) -> gpd.GeoDataFrame:
    """One row per municipality: the relation of its seat, and of its other localities."""
    legal = {r.start: k for k, r in enumerate(relations) if r.kind in LAW}
    rows = []
    states = table["state"].to_numpy(dtype=object) if len(relations) else np.zeros(0, dtype=object)
    for code in towns["teryt"]:
        i = seat.get(code)
        k = legal.get(i) if i is not None else None
        row: dict[str, Any] = {"seat": places.name[i] if i is not None else ""}
        if k is None:
            # the voivodeship city itself, or a seat that nothing can be told of
            city = i is not None and "voivodeship" in places.levels[i]
            row |= {"name_to": "", "kind": "none", "state": "city" if city else "unknown"}
            row |= {"state_working": row["state"], "state_off": row["state"]}
        else:
            names = ("name_to", "kind", "pairs_working", "pairs_off", "state", "state_working",
                     "state_off", "state_earlier", "fastest_min")  # fmt: skip
            row |= {name: table[name].iloc[k] for name in names}
        own = [
            states[k]
            for k, r in enumerate(relations)
            if r.kind == "locality_municipality" and places.teryt[r.start] == code
        ]
        row["localities"] = float(len(own))
        for name in ("enough", "not_enough", "unknown"):
            row[f"localities_{name}"] = (
                float(sum(s == name or (name == "enough" and s == "walk") for s in own)) / len(own)
                if own
                else np.nan
            )
        rows.append(row)
    columns = [c for c in COLUMNS["municipalities"] if c not in ("teryt", "name", "coverage")]
    found = pd.DataFrame(rows).reindex(columns=columns)
    found["state_earlier"] = found["state_earlier"].astype(object).where(
        found["state_earlier"].notna(), found["state"]
    )  # fmt: skip
    return gpd.GeoDataFrame(
        {
            "teryt": towns["teryt"].to_numpy(),
            "name": towns["name"].to_numpy(),
            "coverage": levels,
            **{c: found[c].to_numpy() for c in columns},
        },
        geometry=towns.geometry.to_numpy(),
        crs=towns.crs,
        index=towns.index,
    )


CHECK = Check(
    id="connections",
    direction="2.1.2",
    title=TITLE,
    question=QUESTION,
    method=METHOD,
    inputs=tuple(Input(*row) for row in INPUTS),
    parameters=ConnectionsParameters,
    function=connections,
    columns=COLUMNS,
    views=VIEWS,
)
