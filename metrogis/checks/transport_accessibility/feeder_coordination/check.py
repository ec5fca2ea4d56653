"""Feeder coordination: do buses and trains meet, and which shift of a line would help.

Meetings and shifts are arrays (:mod:`.meetings`); here they get names, places and what is known.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis import crs as crs_rules
from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.shared.known_timetable import known_timetable
from metrogis.checks.shared.service import StraightLine, walking
from metrogis.checks.shared.service_words import ON_DAY
from metrogis.checks.transport_accessibility.feeder_coordination.inputs import Inputs
from metrogis.checks.transport_accessibility.feeder_coordination.meetings import (
    RAIL,
    Meetings,
    Rules,
    best_shifts,
    last_trains,
    lines_of,
    meetings,
)
from metrogis.checks.transport_accessibility.feeder_coordination.parameters import FeederParameters
from metrogis.checks.transport_accessibility.feeder_coordination.presentation import (
    COLUMNS,
    METHOD,
    QUESTION,
    TITLE,
    VIEWS,
    findings,
)
from metrogis.checks.transport_accessibility.feeder_coordination.reading import READING
from metrogis.checks.transport_accessibility.feeder_coordination.tables import (
    connection_table,
    judged,
    municipal_table,
    place_points,
    shift_table,
    station_table,
    wait_table,
)
from metrogis.checks.transport_accessibility.feeder_coordination.taken import TAKEN
from metrogis.provenance import audit_of
from metrogis.transit.door_search import DoorRules, Search, prepare
from metrogis.transit.stop_places import join_posts

GROUPS = ("rail", "metro", "tram", "bus", "ferry", "cableway")


@check(
    id="feeder_coordination",
    direction="2.1.2",
    reach=20_000.0,
    section="510-feeder-coordination",
    title=TITLE,
    question=QUESTION,
    method=METHOD,
    columns=COLUMNS,
    views=VIEWS,
    reading=READING,
    taken=TAKEN,
)
def feeder_coordination(inputs: Inputs, params: FeederParameters, run: Run) -> Outcome:
    """Judge every change between feeders and trains, and find each line's best shift.

    Definition (methods, 5.10): the wait after the walk for the next train of each direction, and
    from each train for the next departure of each line, is too tight, kept, loose or none.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Polygons with ``teryt`` and ``name``, CRS in metres.
    timetable : metrogis.transit.Feed
        With trains and feeders; several feeds read as one.
    coverage : DataFrame, optional
        feed, teryt, mode, state: only where timetables are complete is it certain that no bus
        waits.
    streets : street network, optional
        For walks to the platforms; else straight lines times ``detour``.
    stop_posts, rail_stations : GeoDataFrame, optional
        Stops without times: evidence that their mode could serve.
    **parameters
        See :class:`FeederParameters`.

    Returns
    -------
    Result
        ``municipalities``; ``features``: ``stations``, ``connections`` (station, line and direction
        of trains), ``shifts`` (by line), ``waits`` (connections of a station by band of waits).

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
    ...     "stops": "stop_id,stop_lat,stop_lon|V,54.60,18.23|S,54.65,18.23|C,54.70,18.23",
    ...     "routes": "route_id,route_type|7,3|R,2",
    ...     "trips": "trip_id,route_id,service_id|1,7,W|2,R,W",
    ...     "stop_times": "trip_id,stop_id,departure_time|1,V,7:00:00|1,S,7:20:00|"
    ...                   "2,S,7:17:00|2,C,7:40:00",
    ...     "calendar_dates": "service_id,date,exception_type|W,20241016,1",
    ... }
    >>> for table, text in tables.items():
    ...     _ = (folder / f"{table}.txt").write_text(text.replace("|", chr(10)))
    >>> feed = read_feed(folder)
    >>> town = gpd.GeoDataFrame({"teryt": ["2215031"], "name": ["Town"]}, crs="EPSG:2180",
    ...                         geometry=[feed.stop_points("EPSG:2180").union_all().buffer(9000)])
    >>> shifts = feeder_coordination(town, feed).features["shifts"]
    >>> shifts[["line", "shift", "kept", "kept_after"]].values.tolist()   # the bus is 3 min late
    [['7', -4, 0, 1]]
    """
    municipalities: gpd.GeoDataFrame = inputs.municipalities
    walk: Any = walking(inputs.streets, params.detour)
    network = None if isinstance(walk, StraightLine) else walk
    run.add(audit_of(network))
    if network is not None and hasattr(network, "crs"):
        crs_rules.require_same(municipalities=municipalities, streets=network.crs)
    stops = inputs.timetable.stop_points(run.crs)
    known, _day_known = known_timetable(
        run, inputs.timetable, inputs.coverage, groups=GROUPS, stops=stops,
        stop_posts=inputs.stop_posts, rail_stations=inputs.rail_stations,
    )  # fmt: skip
    lines = lines_of(inputs.timetable)
    rules = Rules(params.tight, params.kept, params.loose, params.missed, params.rare)
    place, names, points = _places(inputs.timetable, stops)
    if known.given:
        rules_of_walks = DoorRules(
            walk_speed=params.walk_speed,
            transfer_limit=params.transfer_limit,
            slack=0,
            detour=params.detour,
        )
        low, high = (round(h * 3600) for h in params.hours)
        search = prepare(
            inputs.timetable, params.day_type, rules_of_walks, network, run.crs, low, high
        )
        place = place[search.real]
        found = meetings(inputs.timetable, search.rides, search.feet, place)
        last = last_trains(search.rides, inputs.timetable, place, search.feet, params.loose)
        stations = _stations(search, place)
    else:
        found = Meetings(_NOTHING.copy(), np.zeros(0, np.int64))
        last = pd.DataFrame({"station": [], "served": []})
        stations = np.zeros(0, np.int64)
    rows = judged(found, rules)
    sure = known.known_near(points[stations], dict.fromkeys(GROUPS, params.transfer_limit))
    trains = known.known_near(points[stations], {RAIL: params.transfer_limit})
    table = station_table(rows, last, stations, names, points, sure, trains, municipalities)
    best = best_shifts(found, rules, params.longest_shift) if len(rows) else pd.DataFrame()
    shifts = shift_table(best, rows, inputs.timetable, lines, names, points, run.crs)
    return Outcome(
        municipalities=municipal_table(municipalities, table, known.level),
        features={
            "stations": table,
            "connections": connection_table(rows, inputs.timetable, lines, names, points, run.crs),
            "shifts": shifts,
            "waits": wait_table(rows, names, points, run.crs),
        },
        findings=findings(table, shifts, params, ON_DAY[params.day_type]),
    )


CHECK = feeder_coordination.check


_NOTHING = pd.DataFrame({
    "way": pd.Series(dtype=object),
    **{name: pd.Series(dtype="int64")
       for name in ("station", "line", "direction", "train", "ready", "run", "group")},
})  # fmt: skip


def _places(timetable: Any, stops: gpd.GeoDataFrame) -> tuple[Any, Any, Any]:
    """Place of each stop of the feed (the last one for stops without a position), names, points."""
    joined = join_posts(stops)
    count = int(joined.max()) + 1 if len(joined) else 0
    row = pd.Index(stops["stop_id"].astype(str)).get_indexer(timetable.stops["stop_id"].astype(str))
    place = np.where(row >= 0, np.append(joined, count)[row], count).astype(np.int64)
    names = np.full(count + 1, "", dtype=object)
    order = np.argsort(stops["name"].astype(str).to_numpy(), kind="stable")[::-1]
    names[joined[order]] = stops["name"].astype(str).to_numpy()[order]
    xy = np.column_stack([stops.geometry.x, stops.geometry.y]).astype(float)
    points = place_points(xy, joined, np.arange(len(joined)), count + 1)
    return place, names, points


def _stations(search: Search, place: Any) -> Any:
    """Places where trains call."""
    feed = search.feed
    rail = feed.routes["mode_group"].to_numpy(dtype=object) == RAIL
    own = rail[np.asarray(feed._trip_route, np.int64)[search.rides.trip]]
    called = [search.rides.dep_stop[own], search.rides.arr_stop[own]]
    return np.unique(place[np.concatenate(called)])
