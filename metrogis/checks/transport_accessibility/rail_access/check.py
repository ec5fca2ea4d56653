"""Access to rail: who reaches a station with enough trains, on foot, by bike, or by feeder.

Stations come from the timetable (:mod:`.stations`). Each home is asked of four modes, in three
states (:mod:`.reach`, :mod:`.feeder`), and counted at the easiest of them.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import population as people_of
from metrogis.arrays import Floats, Ints
from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.shared.interchange_streets import Homes, networks
from metrogis.checks.shared.known_timetable import known_timetable
from metrogis.checks.shared.settled import settle
from metrogis.checks.shared.share_weights import share_weights
from metrogis.checks.transport_accessibility.rail_access import presentation as texts
from metrogis.checks.transport_accessibility.rail_access.feeder import Feeders, feeders
from metrogis.checks.transport_accessibility.rail_access.findings import findings
from metrogis.checks.transport_accessibility.rail_access.inputs import Inputs
from metrogis.checks.transport_accessibility.rail_access.measures import measures
from metrogis.checks.transport_accessibility.rail_access.parameters import RailAccessParameters
from metrogis.checks.transport_accessibility.rail_access.reach import (
    STATES,
    ByMode,
    assigned,
    by_mode,
    easiest,
    search,
)
from metrogis.checks.transport_accessibility.rail_access.reading import READING
from metrogis.checks.transport_accessibility.rail_access.stations import Stations, read_stations
from metrogis.checks.transport_accessibility.rail_access.tables import (
    Answer,
    barrier_table,
    catchment_table,
    desire_table,
    municipal_table,
    reach_table,
    station_table,
)
from metrogis.checks.transport_accessibility.rail_access.taken import TAKEN
from metrogis.evidence.streets import streets_evidence
from metrogis.i18n import _

GROUPS = ("bus", "tram", "cableway", "rail", "metro", "ferry")
"""Mode groups that count: trains, and what may bring one to them."""


@check(
    id="rail_access",
    direction="2.1.2",
    reach=20_000.0,
    of_all={"measures": ("gained", "gained_new")},
    one_of=(("population", "population_municipal"),),
    section="58-access-to-rail",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def rail_access(inputs: Inputs, params: RailAccessParameters, run: Run) -> Outcome:
    """Find who reaches a useful railway station on foot, by bike and by feeder.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Polygons with ``teryt`` and ``name``, CRS in metres.
    population : GeoDataFrame, optional
        Polygons with ``population``; cells wider than ``cell_size`` are split.
    timetable : metrogis.transit.Feed, optional
        Trains and feeders. Without it no station is known to be useful.
    coverage : DataFrame, optional
        feed, teryt, mode, state: where timetables are complete. Without it nobody is known to be
        without access.
    streets : street network, optional
        A street layer, or networks of mode ``walk`` and ``bike``. Without it paths are straight
        lines times ``detour``, low stress is unknown, and the audit says so.
    population_municipal : DataFrame, optional
        ``teryt``, ``population``: cells are scaled to it; without cells it is spread over land.
    built_up : GeoDataFrame or raster, optional
        Weights by which people are spread inside a cell.
    stop_posts, rail_stations : GeoDataFrame, optional
        Stops without times: their mode could serve; such a station is unknown, or has no trains
        where the timetables of rail are complete.
    interchange_entrances : GeoDataFrame, optional
        Points with ``interchange`` (a station's name), or beside a station. Else paths lead to
        entrances of the timetable, else to platforms.
    **parameters
        See :class:`RailAccessParameters`.

    Returns
    -------
    Result
        ``municipalities``: residents by mode and by easiest mode, cycling multiplier. ``features``:
        ``stations`` (ranked by residents), ``reach`` (populated land by easiest mode),
        ``barriers`` (homes near in a straight line and far on foot), ``measures`` (the best path,
        entrance, low-stress link and feeder of each station), ``catchments``, ``desire_lines``
        (from where people live to their station), ``cells``.

    Raises
    ------
    MetrogisError
        On bad layers or parameters, before anything is computed.

    Examples
    --------
    >>> town = gpd.GeoDataFrame({"teryt": ["2215031"], "name": ["Wejherowo"]}, crs="EPSG:2180",
    ...                         geometry=[shapely.box(450000, 740000, 450500, 740500)])
    >>> cells = gpd.GeoDataFrame({"population": [100.0]}, geometry=town.geometry, crs=town.crs)
    >>> result = rail_access(town, cells)            # no timetable: nothing is certain
    >>> result.municipalities[["reached", "unknown"]].values.tolist()
    [[0.0, 100.0]]
    """
    municipalities = inputs.municipalities
    known, day_known = known_timetable(
        run,
        inputs.timetable,
        inputs.coverage,
        groups=GROUPS,
        stops=None if inputs.timetable is None else inputs.timetable.stop_points(run.crs),
        stop_posts=inputs.stop_posts,
        rail_stations=inputs.rail_stations,
    )
    stations = read_stations(run, inputs, known, day_known)
    cells, unit, homes, totals = _homes(run, inputs, municipalities, params)
    given = networks(inputs.streets, run.crs) if inputs.streets is not None else {}
    if given:
        run.evidence["streets"] = streets_evidence(
            next(iter(given.values())), run.crs, municipalities
        )
    else:
        run.note(
            "streets",
            "modelled",
            1,
            _(
                "no street network: paths are straight lines times {detour:2}, stress is unknown"
            ).fill(detour=params.detour),
        )
    around = known.around(homes.xy, unit)
    streets_found = search(run, stations, homes, given)
    modes = by_mode(run, stations, homes, streets_found, around)
    fed = feeders(
        run,
        inputs.timetable,
        inputs.streets,
        stations,
        homes,
        given.get("walk"),
        known,
        around,
        day_known,
    )
    answer = _answer(stations, homes, modes, fed, unit)
    cells = _cells(cells, answer)
    weights = share_weights(run, cells, given.get("walk"))
    features = {
        "stations": station_table(run, stations, answer, streets_found),
        "reach": reach_table(municipalities, cells, unit),
        "barriers": barrier_table(run, stations, answer, streets_found, cells),
        "measures": measures(run, inputs.timetable, stations, answer, streets_found),
        "catchments": catchment_table(run, stations, streets_found),
        "desire_lines": desire_table(run, stations, answer),
        "cells": cells,
    }
    table = municipal_table(run, answer, stations, totals, weights, known)
    return Outcome(
        municipalities=table,
        features=features,
        findings=findings(run, table, features, answer, bool(given), inputs.timetable is not None),
    )


CHECK = rail_access.check


# --------------------------------------------------------------------------- steps


def _homes(
    run: Run, inputs: Inputs, municipalities: gpd.GeoDataFrame, p: RailAccessParameters
) -> tuple[gpd.GeoDataFrame, Ints, Homes, Floats]:
    """Return pieces of population, their municipality, the points people set out from, totals."""
    cells = settle(
        run,
        municipalities,
        cells=inputs.population,
        totals=inputs.population_municipal,
        weights=inputs.built_up,
        size=min(p.cell_size, p.walk_limit / 2),
    )
    unit = pd.Index(municipalities["teryt"]).get_indexer(cells["teryt"]).astype(np.int64)
    people = cells["population"].to_numpy("float64")
    known = np.bincount(unit, np.isfinite(people), minlength=len(municipalities)) > 0
    totals = np.where(known, np.bincount(unit, np.nan_to_num(people), len(municipalities)), np.nan)
    run.note(
        "population",
        "unknown",
        int(np.isnan(people).sum()),
        _("cells of unknown population: in no sum"),
    )
    cells, unit = cells[people != 0].reset_index(drop=True), unit[people != 0]
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)
    point = np.asarray(shapely.centroid(shapes), dtype=object)
    outside = ~shapely.contains(shapes, point)
    point[outside] = shapely.point_on_surface(shapes[outside])
    xy = np.column_stack([shapely.get_x(point), shapely.get_y(point)])
    table = inputs.population_municipal
    if table is not None:
        listed, _unused = people_of.municipal_totals(municipalities, table)
        totals = np.where(np.isfinite(listed), listed, totals)
    half = np.sqrt(shapely.area(shapes)) / 2
    people = cells["population"].to_numpy("float64")
    return cells, unit, Homes(xy, people, unit, half, shapes, True), totals


def _answer(
    stations: Stations, homes: Homes, modes: dict[str, ByMode], fed: Feeders, unit: Ints
) -> Answer:
    states = {name: one.state for name, one in modes.items()} | {"feeder": fed.state}
    way = easiest(states)
    return Answer(homes, unit, modes, fed, states, way, assigned(modes, stations, way, fed.station))


def _cells(cells: gpd.GeoDataFrame, answer: Answer) -> gpd.GeoDataFrame:
    for name, state in answer.states.items():
        cells[name] = STATES[state]
    cells["easiest"] = answer.way
    cells["feeder_share"] = answer.fed.share
    return cells
