"""White spots: where people live without usable transit, on which days, why, and what would help.

Every populated cell is served, white or unknown on each day type (:mod:`.white_states`). White
cells are joined into spots, each with its causes and with the smallest fix that would serve most of
its people.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import population as people_of
from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.contract.layers import Timetable
from metrogis.checks.shared.service import (
    Pairs,
    Rule,
    Service,
    StraightLine,
    Walk,
    read_service,
    walking,
)
from metrogis.checks.shared.settled import settle
from metrogis.checks.shared.share_weights import share_weights
from metrogis.checks.transport_accessibility.white_spots import fixes as fixing
from metrogis.checks.transport_accessibility.white_spots.findings import findings, people_from
from metrogis.checks.transport_accessibility.white_spots.fixes import Fixes
from metrogis.checks.transport_accessibility.white_spots.inputs import Inputs
from metrogis.checks.transport_accessibility.white_spots.parameters import WhiteSpotsParameters
from metrogis.checks.transport_accessibility.white_spots.path_fixes import (
    new_path,
    path_and_departures,
)
from metrogis.checks.transport_accessibility.white_spots.presentation import (
    COLUMNS,
    METHOD,
    QUESTION,
    TITLE,
    VIEWS,
)
from metrogis.checks.transport_accessibility.white_spots.reading import READING
from metrogis.checks.transport_accessibility.white_spots.sections import Sections, read_sections
from metrogis.checks.transport_accessibility.white_spots.spot_tables import spot_tables
from metrogis.checks.transport_accessibility.white_spots.spots import Chooser
from metrogis.checks.transport_accessibility.white_spots.states import Cells, States, causes, decide
from metrogis.checks.transport_accessibility.white_spots.tables import (
    STATES,
    WHITE,
    municipal_table,
    state_table,
    stop_table,
)
from metrogis.checks.transport_accessibility.white_spots.taken import TAKEN
from metrogis.i18n import _
from metrogis.provenance import audit_of


@check(
    id="white_spots",
    direction="2.1.2",
    reach=10_000.0,
    of_all={"fixes": ("fix_people",)},
    one_of=(("population", "population_municipal", "timetable"),),
    section="54-white-spots",
    title=TITLE,
    question=QUESTION,
    method=METHOD,
    columns=COLUMNS,
    views=VIEWS,
    reading=READING,
    taken=TAKEN,
)
def white_spots(inputs: Inputs, params: WhiteSpotsParameters, run: Run) -> Outcome:
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
    municipalities: gpd.GeoDataFrame = inputs.municipalities
    rule = params.rule()
    walk = walking(inputs.streets, params.detour)
    run.add(audit_of(walk))
    main = params.main_day_type

    cells, unit, xy, totals = _settle(run, inputs, municipalities, params, rule)
    service, near = None, Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    if inputs.timetable is not None:
        service = read_service(
            inputs.timetable,
            run.crs,
            rule,
            days=params.day_types,
            merge_distance=params.merge_distance,
            place_distance=params.place_distance,
        )
        run.add(service.audit)
        near = walk.walk_pairs(xy, service.xy, limit=rule.longest)
    straight = isinstance(walk, StraightLine)
    if straight:
        what = _("no routable street network: walks are straight lines times {detour:2}")
        run.note("streets", "modelled", 1, what.fill(detour=params.detour))

    people = cells["population"].to_numpy("float64")
    weights = share_weights(run, cells, None if straight else walk)
    # a white spot is a populated place; with no population at all every place is one
    unpeopled = np.isnan(people) & np.isfinite(people).any()
    states = decide(run, inputs, municipalities, Cells(unit, xy, unpeopled), service, near, walk)
    table = municipal_table(municipalities, unit, people, totals, states, params, weights)
    if not run.whole:
        return Outcome(municipalities=table)
    for day, state in states.by_day.items():
        cells[f"state_{day}"] = STATES[state]
        cells[f"cause_{day}"] = causes(state, day, service, near, states, straight)
    cells["state"], cells["cause"] = cells[f"state_{main}"], cells[f"cause_{main}"]
    cells["unknown_why"] = states.why

    white = states.by_day[main] == WHITE
    features: dict[str, gpd.GeoDataFrame] = {"states": state_table(municipalities, unit, cells)}
    fixes, sections = _fixes(
        run, inputs.timetable, service, near, xy, white, states, None if straight else walk
    )
    stops = stop_table(run, inputs, service, params.day_types, main, states.timetable)
    chooser = None
    if service is not None and white.any():
        chooser = Chooser(
            service, main, near, fixes, sections, xy, people, params.detour,
            None if straight else walk, params.metres_per_departure,
        )  # fmt: skip
    tables, label = spot_tables(
        run, inputs.localities, municipalities, unit, xy, cells, white, chooser, stops
    )
    features |= tables
    features["stops"] = stops
    cells["fix"] = np.where(white, fixes.kind, "")
    cells["fix_size"], cells["fix_verified"] = fixes.size, fixes.verified
    cells["fix_departures"] = fixes.extra
    cells["spot"] = label
    cells["nearest_stop_m"] = _nearest(near, len(cells))
    features["cells"] = cells
    source = people_from(run, inputs.population, inputs.population_municipal)
    sentences = findings(table, features, params, inputs.timetable, straight, weights, source)
    return Outcome(municipalities=table, features=features, findings=sentences)


CHECK = white_spots.check


# --------------------------------------------------------------------------- steps


def _settle(
    run: Run, inputs: Inputs, municipalities: gpd.GeoDataFrame, p: WhiteSpotsParameters, rule: Rule
) -> tuple[gpd.GeoDataFrame, Ints, Floats, Floats]:
    """Pieces of population, their municipality, the point people walk from, municipal totals."""
    size = min(p.cell_size, min(rule.limits.values()) / 2)
    table = inputs.population_municipal
    cells = settle(
        run,
        municipalities,
        cells=inputs.population,
        totals=inputs.population_municipal,
        weights=inputs.built_up,
        size=size,
    )
    unit = pd.Index(municipalities["teryt"]).get_indexer(cells["teryt"]).astype(np.int64)
    people = cells["population"].to_numpy("float64")
    known = np.bincount(unit, np.isfinite(people), minlength=len(municipalities)) > 0
    sums = np.bincount(unit, np.nan_to_num(people), minlength=len(municipalities))
    totals = np.where(known, sums, np.nan)
    run.note(
        "population",
        "unknown",
        int(np.isnan(people).sum()),
        _(
            "cells of unknown population: in no sum, and where nothing serves them "
            "their state is unknown (maybe nobody lives there)"
        ),
    )
    run.note(
        "population",
        "noted",
        int((people == 0).sum()),
        _("cells without residents: left out"),
    )
    cells, unit = cells[people != 0].reset_index(drop=True), unit[people != 0]
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)
    point = np.asarray(shapely.centroid(shapes), dtype=object)
    outside = ~shapely.contains(shapes, point)
    point[outside] = shapely.point_on_surface(shapes[outside])
    if table is not None:
        listed, _unused = people_of.municipal_totals(municipalities, table)
        totals = np.where(np.isfinite(listed), listed, totals)
    return cells, unit, np.column_stack([shapely.get_x(point), shapely.get_y(point)]), totals


def _fixes(
    run: Run,
    timetable: Timetable | None,
    service: Service | None,
    near: Pairs,
    xy: Floats,
    white: Bools,
    states: States,
    walk: Walk | None,
) -> tuple[Fixes, Sections | None]:
    """Find the smallest fix of each white cell; ``walk`` is the street network, if there is one.

    Departures where a stop is in reach, else a path to a stop that suffices, else a new stop, else
    a path and departures together: only where none of them does is a new line needed.
    """
    params: WhiteSpotsParameters = run.parameters
    main = params.main_day_type
    fixes = Fixes.empty(len(white))
    if service is None or not white.any():
        return fixes, None
    fixing.extra_departures(fixes, service, main, near, white)
    if walk is not None:
        new_path(fixes, service, main, xy, states.by_air, white & (fixes.kind == "none"), walk)
    bare = np.flatnonzero(white & (fixes.kind == "none"))
    if not len(bare):
        return fixes, None
    sections = read_sections(timetable, service, main, run.crs)
    fixing.new_stops(fixes, sections, service.rule.on(main), xy, bare, params.detour, walk)
    if walk is not None:
        both = white & (fixes.kind == "none")
        path_and_departures(
            fixes, service, main, xy, states.by_air, both, walk, worth=params.metres_per_departure
        )
    return fixes, sections


def _nearest(near: Pairs, count: int) -> Floats:
    out = np.full(count, np.inf)
    np.minimum.at(out, near.origin, near.metres)
    out[np.isinf(out)] = np.nan
    return np.round(out, 1)
