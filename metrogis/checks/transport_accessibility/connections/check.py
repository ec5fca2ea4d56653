"""Connections between seats: pairs of journeys out and back on one day, as the draft law counts.

A connection that the timetables at hand show is certain. That there are too few is certain only
where all that could serve both places is known
(:mod:`metrogis.checks.transport_accessibility.connections.known`); elsewhere it is unknown, and
why is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd

from metrogis import crs as crs_rules
from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.contract.layers import Flows
from metrogis.checks.shared.service import StraightLine, walking
from metrogis.checks.transport_accessibility.connections.flows import (
    add_flow_relations,
    flow_findings,
    flow_table,
)
from metrogis.checks.transport_accessibility.connections.inputs import Inputs
from metrogis.checks.transport_accessibility.connections.known import (
    Knowledge,
    lost_on_the_way,
    read_knowledge,
)
from metrogis.checks.transport_accessibility.connections.parameters import (
    ConnectionsParameters,
)
from metrogis.checks.transport_accessibility.connections.places import (
    Places,
    Relation,
    find_relations,
    pair_up,
    read_places,
)
from metrogis.checks.transport_accessibility.connections.presentation import (
    COLUMNS,
    METHOD,
    QUESTION,
    TITLE,
    VIEWS,
    findings,
)
from metrogis.checks.transport_accessibility.connections.reading import READING
from metrogis.checks.transport_accessibility.connections.tables import (
    Journeys,
    municipal_table,
    pair_table,
    place_table,
    relation_table,
)
from metrogis.checks.transport_accessibility.connections.taken import TAKEN
from metrogis.i18n import _
from metrogis.provenance import audit_of
from metrogis.transit.journeys import profiles, read_rides


@check(
    id="connections",
    direction="2.1.2",
    section="56-connections-between-seats",
    title=TITLE,
    question=QUESTION,
    method=METHOD,
    columns=COLUMNS,
    views=VIEWS,
    reading=READING,
    taken=TAKEN,
)
def connections(inputs: Inputs, params: ConnectionsParameters, run: Run) -> Outcome:
    """Count pairs of connections between seats, and tell where there are too few.

    Definition (methods, 5.6; draft law of 2026): voivodeship city - county seats, county
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
    >>> municipalities = gpd.GeoDataFrame({"teryt": ["2261011", "2204011"], "name": ["City",
    ...     "Town"]},
    ...                          geometry=points.buffer(3000).tolist(), crs=points.crs)
    >>> seats = gpd.GeoDataFrame({"name": ["City", "Town"], "seat": ["voivodeship", "county"]},
    ...                          geometry=points.tolist(), crs=points.crs)
    >>> result = connections(municipalities, seats, feed, day_types=["school_day"])
    >>> result.features["relations"][["name_from", "name_to", "pairs_school_day"]].values.tolist()
    [['Town', 'City', 1.0]]
    """
    municipalities: gpd.GeoDataFrame = inputs.municipalities
    walk = walking(inputs.streets, params.detour)
    straight = isinstance(walk, StraightLine)
    run.add(audit_of(walk))
    if not straight and inputs.streets is not None and hasattr(inputs.streets, "crs"):
        crs_rules.require_same(municipalities=municipalities, streets=inputs.streets.crs)
    stops = inputs.timetable.stop_points(run.crs)
    places, audit = read_places(
        municipalities, inputs.localities, stops, streets=inputs.streets, detour=params.detour,
        seat_distance=params.seat_distance, locality_distance=params.locality_distance,
    )  # fmt: skip
    run.add(audit)
    relations, seat, audit = find_relations(
        places, municipalities, seats=params.seats, every=params.all_localities,
        unread=bool(run.evidence["localities"].losses),
    )  # fmt: skip
    run.add(audit)
    relations, flows = add_flow_relations(run, inputs.od_flows, municipalities, relations, seat)
    run.note(
        "localities",
        "noted",
        sum(not len(own) for own in places.stops),
        _("localities without a timetabled stop within reach"),
    )
    if straight:
        run.note(
            "streets",
            "modelled",
            1,
            _("no street network: the walk to a stop is the straight line times {detour:2}").fill(
                detour=params.detour
            ),
        )
    known = read_knowledge(run, inputs, municipalities, places, stops, walk)
    days = _known_days(run, inputs.timetable, params)
    found = _count(run, inputs.timetable, places, relations, days, params, known, stops)
    table = relation_table(run, inputs.timetable, places, relations, found, known, params)
    features = {
        "relations": table,
        "places": place_table(run, places, relations, table),
        "pairs": pair_table(run, places, relations, found, table),
        "flow_pairs": flow_table(municipalities, flows, table),
    }
    towns_table = municipal_table(municipalities, places, relations, seat, table, known.level)
    return Outcome(
        municipalities=towns_table,
        features=features,
        findings=[
            *findings(towns_table, features, params, list(days)),
            *flow_findings(features["flow_pairs"], _lost_flows(run, inputs.od_flows)),
        ],
    )


CHECK = connections.check


# --------------------------------------------------------------------------- steps


def _lost_flows(run: Run, od_flows: Flows | None) -> int:
    """Count rows of the flows that say nothing: not readable, or blank."""
    if od_flows is None:
        return 0
    blank = int(od_flows[["origin", "destination", "flow"]].isna().any(axis=1).sum())
    return max(blank, sum(item.count for item in run.evidence["od_flows"].losses))


def _known_days(run: Run, timetable: Any, p: ConnectionsParameters) -> dict[str, bool]:
    """Day types asked for: whether the timetable knows them."""
    kinds = timetable.day_types()
    days: dict[str, bool] = {day: kinds[day].date is not None for day in p.day_types}
    unknown = [day for day, known in days.items() if not known]
    run.note(
        "timetable",
        "unknown",
        len(unknown),
        _("day types unknown in the timetable"),
        unknown,
    )
    return days


def _count(
    run: Run,
    timetable: Any,
    places: Places,
    relations: list[Relation],
    days: Mapping[str, bool],
    p: ConnectionsParameters,
    known: Knowledge,
    posts: gpd.GeoDataFrame,
) -> dict[tuple[int, str], Journeys]:
    """Search the journeys of every relation, both ways, on every known day type."""
    out: dict[tuple[int, str], Journeys] = {}
    # relations by their higher end: two searches serve all places below one seat
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
    for day in [d for d, told in days.items() if told]:
        # walks between stops do not hang on the day: the next one takes them over
        rides = read_rides(timetable, day, rules=p.rules(), crs=run.crs, walks=rides)
        run.add(rides.audit)
        lost = lost_on_the_way(run, rides, places, posts)
        if lost is not None:
            known.on_the_way[day] = lost
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
