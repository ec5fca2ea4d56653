"""White spots: where people live without usable transit, on which days, why, and what would help.

Every populated cell is served, white or unknown on each day type (METHODS 5.4). Served: a stop
within the walk limit has the minimum service. White: it has not, and the timetables of every mode
that could serve are complete there. All else is unknown: a timetable that is not at hand is not a
service that is not there.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from metrogis import population as people_of
from metrogis.checks.contract import Check, Input, Result, Run
from metrogis.checks.transport_accessibility import fixes as fixing
from metrogis.checks.transport_accessibility.path_fixes import new_path
from metrogis.checks.transport_accessibility.service import (
    Bools,
    Floats,
    Ints,
    Pairs,
    Rule,
    Service,
    StraightLine,
    Walk,
    level_of,
    read_service,
    served,
    walking,
)
from metrogis.checks.transport_accessibility.settled import settle
from metrogis.checks.transport_accessibility.share_weights import share_weights
from metrogis.checks.transport_accessibility.white_parameters import WhiteSpotsParameters
from metrogis.checks.transport_accessibility.white_sections import read_sections
from metrogis.checks.transport_accessibility.white_tables import (
    SERVED,
    STATES,
    UNKNOWN,
    WHITE,
    Codes,
    municipal_table,
    spot_tables,
    state_table,
    stop_table,
)
from metrogis.checks.transport_accessibility.white_texts import (
    COLUMNS,
    INPUTS,
    METHOD,
    QUESTION,
    TITLE,
    VIEWS,
    findings,
)
from metrogis.errors import MissingLayerError
from metrogis.evidence.timetable import Around, TimetableEvidence, evidence
from metrogis.provenance import audit_of
from metrogis.texts import Text


def white_spots(
    municipalities: gpd.GeoDataFrame,
    population: gpd.GeoDataFrame | None = None,
    timetable: Any = None,
    *,
    coverage: pd.DataFrame | None = None,
    streets: Any = None,
    population_municipal: pd.DataFrame | None = None,
    built_up: Any = None,
    stop_posts: gpd.GeoDataFrame | None = None,
    rail_stations: gpd.GeoDataFrame | None = None,
    localities: gpd.GeoDataFrame | None = None,
    **parameters: Any,
) -> Result:
    """Find where people live without usable transit, by day type, with cause and smallest fix.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Polygons with ``teryt`` and ``name``, CRS in metres.
    population : GeoDataFrame, optional
        Polygons with ``population``. Cells wider than ``cell_size`` (or half the shortest walk
        limit) are split, so that none is judged by the centre of a coarse cell; a piece is judged
        by its own centre, at most 177 m from its corner at 250 m.
    timetable : metrogis.transit.Feed, optional
        Without it everything is unknown.
    coverage : DataFrame, optional
        feed, teryt, mode (or ``all``), state: complete / partial / none. Without a row: none.
        Only where every row is complete, for each mode that has a stop there or is required, may
        a cell be white.
    streets : street network, optional
        Object with ``walk_pairs`` (see :class:`.service.Walk`). Without it, or with a file that
        is not yet a network, walks are straight lines times ``detour``, and the audit says so.
    population_municipal : DataFrame, optional
        ``teryt``, ``population``: cells are scaled to it; without cells it is spread over land.
    built_up : GeoDataFrame or raster, optional
        Weights by which people are spread inside a cell (:func:`metrogis.population.weigh`).
    stop_posts, rail_stations : GeoDataFrame, optional
        Stops without times: shown, and evidence that their mode could serve.
    localities : GeoDataFrame, optional
        Points with ``name``, for the names of spots.
    **parameters
        See :class:`WhiteSpotsParameters`.

    Returns
    -------
    Result
        ``municipalities``: people and shares by state (main day type; shares on the others).
        ``features``: ``states`` (served / white / unknown land of each municipality), ``spots``,
        ``fixes``, ``stops``, ``cells``.

    Raises
    ------
    MetrogisError
        On bad layers or parameters, before anything is computed.

    Examples
    --------
    >>> town = gpd.GeoDataFrame({"teryt": ["2215031"], "name": ["Wejherowo"]}, crs="EPSG:2180",
    ...                         geometry=[shapely.box(450000, 740000, 450500, 740500)])
    >>> cells = gpd.GeoDataFrame({"population": [100.0]}, geometry=town.geometry, crs=town.crs)
    >>> result = white_spots(town, cells)            # no timetable: nothing is certain
    >>> result.municipalities[["unknown_share", "white_share"]].values.tolist()
    [[1.0, 0.0]]
    """
    if population is None and population_municipal is None and timetable is None:
        raise MissingLayerError(
            Text(
                "bez ludności i bez rozkładu nie ma czego sprawdzić",
                "without population and timetable there is nothing to check",
            ),
            layer="population",
            remedy=Text("podaj ludność lub rozkład", "give the population or a timetable"),
        )
    run = CHECK.begin(
        parameters,
        municipalities=municipalities,
        population=population,
        timetable=timetable,
        coverage=coverage,
        streets=streets,
        population_municipal=population_municipal,
        built_up=built_up,
        stop_posts=stop_posts,
        rail_stations=rail_stations,
        localities=localities,
    )
    p: WhiteSpotsParameters = run.parameters
    towns: gpd.GeoDataFrame = run.layers["municipalities"]
    rule = p.rule()
    walk = walking(streets, p.detour)
    run.add(audit_of(walk))
    main = p.main_day_type

    cells, unit, xy, totals = _settle(run, towns, p, rule)
    service, near = None, Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    if timetable is not None:
        service = read_service(
            timetable, run.crs, rule, days=p.day_types, merge_distance=p.merge_distance,
            place_distance=p.place_distance,
        )  # fmt: skip
        run.add(service.audit)
        near = walk.walk_pairs(xy, service.xy, limit=rule.longest)
    straight = isinstance(walk, StraightLine)
    if straight:
        run.note(
            "streets",
            "modelled",
            1,
            Text(
                "bez policzonej sieci ulic: dojście to linia prosta × {detour:2}",
                "no routable street network: walks are straight lines times {detour:2}",
            ).fill(detour=p.detour),
        )

    people = cells["population"].to_numpy("float64")
    weights = share_weights(run, cells, None if straight else walk)
    # a white spot is a populated place; with no population at all every place is one
    in_doubt = np.isnan(people) & np.isfinite(people).any()
    if not straight:
        in_doubt |= _off_streets(run, walk, xy, service)
    states, levels = _states(run, towns, unit, xy, service, near, straight, in_doubt)
    causes = {
        day: _causes(state, day, service, near, states, None if straight else _by_air(xy, service))
        for day, state in states.items()
    }
    for day, state in states.items():
        cells[f"state_{day}"] = STATES[state]
        cells[f"cause_{day}"] = causes[day]
    cells["state"], cells["cause"] = cells[f"state_{main}"], cells[f"cause_{main}"]

    white = states[main] == WHITE
    features: dict[str, gpd.GeoDataFrame] = {"states": state_table(towns, unit, cells)}
    fixes = fixing.Fixes.empty(len(cells))
    sections = None
    if service is not None and white.any():
        fixing.extra_departures(fixes, service, main, near, white)
        if not straight:
            barrier = white & (causes[main] == "barrier")
            new_path(fixes, service, main, xy, _by_air(xy, service), barrier, walk)
        bare = np.flatnonzero(white & (fixes.kind == "none"))
        if len(bare):
            sections = read_sections(timetable, service, main, run.crs)
            fixing.new_stops(
                fixes, sections, rule.on(main), xy, bare, p.detour, None if straight else walk
            )
    stops = stop_table(run, service, p.day_types, main)
    features["spots"], features["fixes"], label = spot_tables(
        run, towns, unit, xy, cells, white, causes[main], service, near, fixes, sections, stops,
        None if straight else walk,
    )  # fmt: skip
    features["stops"] = stops
    cells["fix"] = np.where(white, fixes.kind, "")
    cells["fix_size"], cells["fix_verified"] = fixes.size, fixes.verified
    cells["spot"] = label
    cells["nearest_stop_m"] = _nearest(near, len(cells))
    features["cells"] = cells
    table = municipal_table(towns, unit, people, totals, states, p, levels, weights)
    return run.result(
        municipalities=table,
        features=features,
        findings=findings(table, features, p, timetable, straight, weights),
    )


# --------------------------------------------------------------------------- steps


def _settle(
    run: Run, towns: gpd.GeoDataFrame, p: WhiteSpotsParameters, rule: Rule
) -> tuple[gpd.GeoDataFrame, Ints, Floats, Floats]:
    """Pieces of population, their municipality, the point people walk from, municipal totals."""
    size = min(p.cell_size, min(rule.limits.values()) / 2)
    table = run.layers["population_municipal"]
    cells = settle(run, towns, size)
    unit = pd.Index(towns["teryt"]).get_indexer(cells["teryt"]).astype(np.int64)
    people = cells["population"].to_numpy("float64")
    known = np.bincount(unit, np.isfinite(people), minlength=len(towns)) > 0
    sums = np.bincount(unit, np.nan_to_num(people), minlength=len(towns))
    totals = np.where(known, sums, np.nan)
    run.note(
        "population",
        "unknown",
        int(np.isnan(people).sum()),
        Text(
            "komórki o nieznanej ludności: nie ma jej w żadnej sumie, a gdzie nic nie kursuje, "
            "stan jest nieznany (może nikt tam nie mieszka)",
            "cells of unknown population: in no sum, and where nothing serves them their state is "
            "unknown (maybe nobody lives there)",
        ),
    )
    run.note(
        "population",
        "noted",
        int((people == 0).sum()),
        Text("komórki bez mieszkańców: pominięte", "cells without residents: left out"),
    )
    cells, unit = cells[people != 0].reset_index(drop=True), unit[people != 0]
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)
    point = np.asarray(shapely.centroid(shapes), dtype=object)
    outside = ~shapely.contains(shapes, point)
    point[outside] = shapely.point_on_surface(shapes[outside])
    if table is not None:
        listed, _ = people_of.municipal_totals(towns, table)
        totals = np.where(np.isfinite(listed), listed, totals)
    return cells, unit, np.column_stack([shapely.get_x(point), shapely.get_y(point)]), totals


def _off_streets(run: Run, walk: Walk, xy: Floats, service: Service | None) -> Bools:
    """Tell which cells the street data cannot judge: no street near, or a stop off the streets."""
    snap = getattr(walk, "snap", None)
    if snap is None:
        return np.zeros(len(xy), bool)
    rule = run.parameters.rule()
    off: Bools = ~np.asarray(snap(xy, layer="population").known)
    run.note(
        "streets",
        "unknown",
        int(off.sum()),
        Text(
            "komórki bez ulicy w pobliżu w danych: dojścia nie da się policzyć",
            "cells with no street near in the data: their walk cannot be computed",
        ),
    )
    if service is not None and len(service.xy):
        lost = ~np.asarray(snap(service.xy, layer="stops").known)
        if lost.any():
            run.note(
                "streets",
                "unknown",
                int(lost.sum()),
                Text(
                    "przystanki bez ulicy w pobliżu w danych: kto mieszka w ich zasięgu w linii "
                    "prostej, o tym nic pewnego nie wiadomo",
                    "stops with no street near in the data: nothing certain is known of those who "
                    "live within their reach by air",
                ),
            )
            near = cKDTree(service.xy[lost]).query(xy, distance_upper_bound=rule.longest)[0]
            off |= np.isfinite(near)
    return off


def _states(
    run: Run,
    towns: gpd.GeoDataFrame,
    unit: Ints,
    xy: Floats,
    service: Service | None,
    near: Pairs,
    straight: bool,
    in_doubt: Bools,
) -> tuple[dict[str, Codes], npt.NDArray[np.object_]]:
    """Return the state of each cell by day type, and the municipalities' coverage."""
    p: WhiteSpotsParameters = run.parameters
    rule = p.rule()
    # straight lines that stand in for streets reach less far
    reach = {g: limit / (p.detour if straight else 1.0) for g, limit in rule.limits.items()}
    states: dict[str, Codes] = {}
    known: dict[Any, Around] = {}
    level = None
    for day in (p.main_day_type, *p.day_types):
        if day in states:
            continue
        day_known = service is not None and day in service.counts
        silent = service.unknown_feeds.get(day, frozenset()) if service is not None else frozenset()
        if (silent, day_known) not in known:
            found = _evidence(run, towns, service, silent, day_known)
            known[silent, day_known] = found.around(xy, unit)
        around = known[silent, day_known]
        level = around.evidence.level if level is None else level
        state = np.full(len(unit), UNKNOWN, np.int8)
        if service is not None and day_known:
            good = served(near, service.reach(day), service.place, len(unit))
            allowed = around.known(reach)
            state[allowed & ~in_doubt] = WHITE
            state[good] = SERVED
            if day == p.main_day_type:
                run.evidence["timetable"] = around.evidence.as_evidence()
                _note_unknown(run, around, reach, allowed | good, unit)
        elif service is not None:
            run.note(
                "timetable",
                "unknown",
                1,
                Text("rodzaj dnia nieznany w rozkładzie", "day type unknown in the timetable"),
                [day],
            )
        states[day] = state
    assert level is not None
    return states, level


def _evidence(
    run: Run,
    towns: gpd.GeoDataFrame,
    service: Service | None,
    silent: frozenset[str],
    day_known: bool,
) -> TimetableEvidence:
    """Return what is known of the timetables on days on which some feeds are silent."""
    p: WhiteSpotsParameters = run.parameters
    found = evidence(
        towns,
        run.layers["coverage"],
        run.layers["timetable"],
        groups=tuple(p.rule().limits),
        required=p.modes_required,
        stops=service.posts if service is not None else None,
        stop_posts=run.layers["stop_posts"],
        rail_stations=run.layers["rail_stations"],
        silent=silent,
        day_known=day_known,
        neighbours=p.neighbours_complete,
    )
    run.add(found.audit)
    return found


def _note_unknown(
    run: Run, around: Around, reach: dict[str, float], settled: Bools, unit: Ints
) -> None:
    """Note the cells of complete municipalities that are unknown, by what makes them so."""
    inside = around.evidence.complete[unit] & ~settled
    lost = around.lost(reach)
    run.note(
        "timetable",
        "unknown",
        int((inside & lost).sum()),
        Text(
            "komórki w zasięgu dojścia do przystanku lub kursu, którego nie dało się odczytać",
            "cells within the walk to a stop or trip that could not be read",
        ),
    )
    run.note(
        "coverage",
        "unknown",
        int((inside & ~lost).sum()),
        Text(
            "komórki przy granicy gminy o niepełnym pokryciu: mogą je obsługiwać jej przystanki",
            "cells by the border of a municipality without complete coverage: its stops may serve "
            "them",
        ),
    )


def _by_air(xy: Floats, service: Service | None) -> Pairs:
    assert service is not None
    return StraightLine(1.0).walk_pairs(xy, service.xy, limit=service.rule.longest)


def _causes(
    state: Codes,
    day: str,
    service: Service | None,
    near: Pairs,
    states: dict[str, Codes],
    by_air: Pairs | None,
) -> npt.NDArray[np.object_]:
    """Return why each white cell is white on a day type; empty for the others."""
    cause = np.full(len(state), "", dtype=object)
    white = state == WHITE
    if service is None or not white.any():
        return cause
    place = service.place[near.target]
    within = white[near.origin] & service.within(near)
    cell, place, metres = near.origin[within], place[within], near.metres[within]
    stop = np.zeros(len(state), bool)
    stop[cell] = True
    enough = np.zeros(len(state), bool)
    counts = service.counts[day][0][level_of(service.rule, metres), place]
    enough[cell[counts >= service.rule.per_day]] = True
    other = np.zeros(len(state), bool)
    for name, codes in states.items():
        if name != day:
            other |= codes == SERVED
    cause[white] = "no_stop"
    if by_air is not None:
        close = service.within(by_air)
        barred = np.zeros(len(state), bool)
        barred[by_air.origin[close]] = True
        cause[white & barred] = "barrier"
    cause[white & stop] = "too_few"
    cause[white & stop & enough] = "wrong_hours"
    cause[white & stop & other] = "other_days"
    return cause


def _nearest(near: Pairs, count: int) -> Floats:
    out = np.full(count, np.inf)
    np.minimum.at(out, near.origin, near.metres)
    out[np.isinf(out)] = np.nan
    return np.round(out, 1)


CHECK = Check(
    id="white_spots",
    direction="2.1.2",
    title=TITLE,
    question=QUESTION,
    method=METHOD,
    inputs=tuple(Input(*row) for row in INPUTS),
    parameters=WhiteSpotsParameters,
    function=white_spots,
    columns=COLUMNS,
    views=VIEWS,
)
