"""Travel time: door to door by transit to city, county seats and services, against the car.

The engine is :mod:`metrogis.transit.door_to_door`; here its answers become times of residents, and
what is not known stays so (:mod:`.times`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import crs as crs_rules
from metrogis import population as people_of
from metrogis.arrays import Floats, Ints
from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.contract.layers import MunicipalPopulation, Table, Timetable
from metrogis.checks.shared.known_timetable import known_timetable
from metrogis.checks.shared.service import StraightLine, walking
from metrogis.checks.shared.settled import settle
from metrogis.checks.shared.share_weights import share_weights
from metrogis.checks.transport_accessibility.travel_time.findings import findings
from metrogis.checks.transport_accessibility.travel_time.inputs import Inputs
from metrogis.checks.transport_accessibility.travel_time.parameters import TravelTimeParameters
from metrogis.checks.transport_accessibility.travel_time.performance import (
    reached,
    square_table,
    squares_of,
)
from metrogis.checks.transport_accessibility.travel_time.presentation import (
    COLUMNS,
    METHOD,
    QUESTION,
    TITLE,
    VIEWS,
)
from metrogis.checks.transport_accessibility.travel_time.reading import READING
from metrogis.checks.transport_accessibility.travel_time.tables import (
    band_table,
    cell_table,
    mean_of,
    municipal_table,
    share_of,
    target_tables,
)
from metrogis.checks.transport_accessibility.travel_time.taken import TAKEN
from metrogis.checks.transport_accessibility.travel_time.targets import lost_kinds, read_targets
from metrogis.checks.transport_accessibility.travel_time.times import (
    GROUPS,
    Nearest,
    Times,
    costs_of,
    measure,
    of_kind,
)
from metrogis.i18n import _
from metrogis.provenance import audit_of
from metrogis.transit.accessibility import two_step


@check(
    id="travel_time",
    direction="2.1.2",
    one_of=(("localities", "services"),),
    section="59-travel-time",
    title=TITLE,
    question=QUESTION,
    method=METHOD,
    columns=COLUMNS,
    views=VIEWS,
    reading=READING,
    taken=TAKEN,
)
def travel_time(inputs: Inputs, params: TravelTimeParameters, run: Run) -> Outcome:
    """Measure door-to-door times by transit, against the car, and who is within reach.

    Definition (methods, 5.9): the percentiles over the minutes of the window of the least of
    walking all the way and of walk, wait, ride, changes and walk; of several targets of a kind the
    quickest counts.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Polygons with ``teryt`` and ``name``, CRS in metres.
    localities : GeoDataFrame, optional
        Points with ``name`` and ``seat``: seats of voivodeships and counties are targets.
    timetable : metrogis.transit.Feed
    population : GeoDataFrame, optional
        Polygons with ``population``; as in ``service_quality``.
    services : GeoDataFrame, optional
        Points with ``name``, ``kind`` and (for the floating catchments) ``capacity``.
    coverage : DataFrame, optional
        feed, teryt, mode, state: where timetables are complete. Elsewhere times are at most what is
        found, and "out of reach" is unknown.
    streets : Streets, optional
        For walking and driving. Without it walks are straight lines times ``detour``, and nothing
        is said of cars.
    population_municipal, built_up : optional
        As in ``white_spots``.
    stop_posts, rail_stations : GeoDataFrame, optional
        Stops without times: evidence that their mode could serve.
    jobs : DataFrame, optional
        ``teryt``, ``jobs``: jobs within reach, spread in a municipality as its residents are.
    **parameters
        See :class:`TravelTimeParameters`.

    Returns
    -------
    Result
        ``municipalities``: times to the first kind of target there is (core city, county seats,
        ``kinds``), shares within limits, against the car, transport performance. ``features``:
        ``bands`` and ``bands_late`` (isochrones by median and 90th percentile), ``targets``,
        ``relations`` (municipality and target), ``performance`` (squares), ``supply`` (places per
        1000 residents), ``cells``.

    Raises
    ------
    MetrogisError
        On bad layers or parameters, before anything is computed; without any target.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from metrogis.transit import read_feed
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> tables = {
    ...     "stops": "stop_id,stop_lat,stop_lon|A,54.6,18.23|B,54.7,18.3",
    ...     "routes": "route_id,route_type|7,3",
    ...     "trips": "trip_id,route_id,service_id|1,7,W",
    ...     "stop_times": "trip_id,stop_id,departure_time|1,A,7:00:00|1,B,7:20:00",
    ...     "calendar_dates": "service_id,date,exception_type|W,20241016,1",
    ...     "frequencies": "trip_id,start_time,end_time,headway_secs|1,6:00:00,20:00:00,600",
    ... }
    >>> for table, text in tables.items():
    ...     _ = (folder / f"{table}.txt").write_text(text.replace("|", chr(10)))
    >>> feed = read_feed(folder)
    >>> a, b = feed.stop_points("EPSG:2180").geometry
    >>> town = gpd.GeoDataFrame({"teryt": ["2215031"], "name": ["Wejherowo"]}, crs="EPSG:2180",
    ...                         geometry=[a.buffer(3000)])
    >>> home = gpd.GeoDataFrame({"population": [100.0]}, crs=town.crs, geometry=[a.buffer(50)])
    >>> city = gpd.GeoDataFrame({"name": ["City"], "seat": ["city"]}, crs=town.crs, geometry=[b])
    >>> result = travel_time(town, city, feed, population=home)
    >>> result.municipalities[["minutes", "minutes_late"]].round(2).values.tolist()
    [[25.0, 29.0]]
    """
    municipalities: gpd.GeoDataFrame = inputs.municipalities
    targets = read_targets(run, inputs)
    walk: Any = walking(inputs.streets, params.detour)
    network = None if isinstance(walk, StraightLine) else walk
    run.add(audit_of(network))
    if network is not None and hasattr(network, "crs"):
        crs_rules.require_same(municipalities=municipalities, streets=network.crs)
    cells, unit, xy = _cells(run, inputs, municipalities, params.cell_size)
    weight, basis = share_weights(run, cells, network)
    known, _day_known = known_timetable(
        run,
        inputs.timetable,
        inputs.coverage,
        groups=GROUPS,
        stops=inputs.timetable.stop_points(run.crs),
        stop_posts=inputs.stop_posts,
        rail_stations=inputs.rail_stations,
    )
    inputs = replace(inputs, timetable=_at_own_places(run, inputs.timetable))
    times = measure(run, inputs.timetable, inputs.streets, xy, targets, network, known)
    lost = lost_kinds(run, params.kinds)
    nearest: dict[str, Nearest] = {
        kind: of_kind(times, np.flatnonzero(targets["kind"] == kind), kind not in lost,
                      params.max_minutes)
        for kind in dict.fromkeys(targets["kind"])
    }  # fmt: skip
    main = next(iter(nearest))
    table = municipal_table(
        municipalities,
        unit,
        weight,
        _totals(inputs.population_municipal, municipalities, cells, unit),
        nearest,
        main,
        known.level,
        params,
    )
    squares, found = _performance(
        run, inputs, municipalities, cells, unit, xy, network, known, table
    )
    cells = cell_table(cells, nearest[main], params)
    points, relations = target_tables(
        municipalities, targets, times, unit, weight, basis == "people", params
    )
    features = {
        "bands": band_table(municipalities, unit, cells, "band"),
        "bands_late": band_table(municipalities, unit, cells, "band_late"),
        "targets": points,
        "relations": relations[~(relations.geometry.isna())],
        "performance": square_table(squares, found, run.crs),
        "supply": _supply(run, municipalities, cells, unit, weight, targets, times),
        "cells": cells,
    }
    what = (
        _("of residents") if basis == "people"
        else _("of the area (population unknown)")
    )  # fmt: skip
    return Outcome(
        municipalities=table,
        features=features,
        findings=findings(table, nearest, weight, what, params, network is None),
    )


CHECK = travel_time.check


# --------------------------------------------------------------------------- steps


def _at_own_places(run: Run, timetable: Timetable) -> Timetable:
    """Return the timetable in which nobody boards where the place of a stop is not known.

    At its station's position a platform may be nearer than it is: times would be too short, and no
    longer hold as "at most".
    """
    borrowed = int(timetable.stops["at_station"].sum())
    what = _("stops without a position of their own: nobody boards there, times are at most those")
    run.note("timetable", "unknown", borrowed, what)
    return timetable.at_own_places()


def _cells(
    run: Run, inputs: Inputs, municipalities: gpd.GeoDataFrame, size: float
) -> tuple[gpd.GeoDataFrame, Ints, Floats]:
    """Pieces of population that anybody may live in, their municipality, where people start."""
    cells = settle(
        run,
        municipalities,
        cells=inputs.population,
        totals=inputs.population_municipal,
        weights=inputs.built_up,
        size=size,
    )
    people = cells["population"].to_numpy("float64")
    if np.isfinite(people).any():
        run.note(
            "population", "unknown", int(np.isnan(people).sum()),
            _("cells of unknown population: in no sum or share"),
        )  # fmt: skip
    run.note(
        "population", "noted", int((people == 0).sum()),
        _("cells without residents: left out"),
    )  # fmt: skip
    cells = cells[people != 0].reset_index(drop=True)
    unit = pd.Index(municipalities["teryt"]).get_indexer(cells["teryt"]).astype(np.int64)
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)
    point = np.asarray(shapely.centroid(shapes), dtype=object)
    outside = ~shapely.contains(shapes, point)
    point[outside] = shapely.point_on_surface(shapes[outside])
    out = gpd.GeoDataFrame(
        {
            "teryt": cells["teryt"].to_numpy(dtype=object),
            "population": cells["population"].to_numpy("float64"),
            "modelled": cells["modelled"].to_numpy(bool),
        },
        geometry=shapes,
        crs=cells.crs,
    )
    return out, unit, np.column_stack([shapely.get_x(point), shapely.get_y(point)])


def _totals(
    population_municipal: MunicipalPopulation | None,
    municipalities: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    unit: Ints,
) -> Floats:
    """Residents of each municipality: of the table, else of its cells."""
    people = cells["population"].to_numpy("float64")
    known = np.bincount(unit, np.isfinite(people), minlength=len(municipalities)) > 0
    sums = np.bincount(unit, np.nan_to_num(people), minlength=len(municipalities))
    totals = np.where(known, sums, np.nan)
    table = population_municipal
    if table is not None:
        listed, _ = people_of.municipal_totals(municipalities, table)
        totals = np.where(np.isfinite(listed), listed, totals)
    return np.asarray(totals, float)


def _performance(
    run: Run,
    inputs: Inputs,
    municipalities: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    unit: Ints,
    xy: Floats,
    network: Any,
    known: Any,
    table: gpd.GeoDataFrame,
) -> tuple[Any, pd.DataFrame | None]:
    """Transport performance of squares; its means go into the municipal table (in place)."""
    params: TravelTimeParameters = run.parameters
    people = cells["population"].to_numpy("float64")
    squares = squares_of(
        xy, people, _jobs(run, inputs.jobs, municipalities, people, unit), params.performance_cell
    )
    found = reached(run, inputs.timetable, squares, network, known)
    inside = squares.of_cell >= 0
    for column, name in (
        ("performance", "as_origin"), ("performance_target", "as_target"),
        ("people_reached", "people"), ("jobs_reached", "jobs"),
    ):  # fmt: skip
        values = np.full(len(people), np.nan)
        if found is not None:
            values[inside] = found[name].to_numpy(float)[squares.of_cell[inside]]
        table[column] = mean_of(values, np.nan_to_num(people), unit, len(municipalities))
    return squares, found


def _jobs(
    run: Run, jobs: Table | None, municipalities: gpd.GeoDataFrame, people: Floats, unit: Ints
) -> Floats:
    """Jobs of each cell: those of its municipality, spread as its residents are."""
    table = jobs
    if table is None:
        return np.full(len(people), np.nan)
    numbers = pd.to_numeric(table["jobs"], errors="coerce").to_numpy(float)
    given = pd.Series(numbers, index=table["teryt"].astype(str))
    own = given.groupby(level=0).sum(min_count=1).reindex(municipalities["teryt"]).to_numpy(float)
    run.note(
        "jobs", "unknown", int(np.isnan(own).sum()),
        _("municipalities of unknown jobs: not counted"),
        municipalities["name"][np.isnan(own)],
    )  # fmt: skip
    run.note(
        "jobs", "modelled", int(np.isfinite(own).sum()),
        _("municipalities: jobs spread as residents are"),
    )  # fmt: skip
    whole = np.bincount(unit, np.nan_to_num(people), minlength=len(municipalities))
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(whole > 0, np.nan_to_num(own) / whole, 0.0)
    return np.asarray(each[unit] * np.nan_to_num(people), float)


def _supply(
    run: Run,
    municipalities: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    unit: Ints,
    weight: Floats,
    targets: gpd.GeoDataFrame,
    times: Times,
) -> gpd.GeoDataFrame:
    """Places of services per 1000 residents by two-step floating catchments, by municipality."""
    params: TravelTimeParameters = run.parameters
    people = np.nan_to_num(cells["population"].to_numpy("float64"))
    rows = []
    for kind in params.kinds:
        own = np.flatnonzero(targets["kind"] == kind)
        if not len(own):
            continue
        capacity = pd.Series(targets["capacity"].to_numpy(float)[own], index=own)
        unknown = capacity.isna()
        run.note(
            "services", "unknown", int(unknown.sum()),
            _("services of unknown capacity: in no places per resident"),
            targets["name"].to_numpy()[own[unknown.to_numpy()]],
        )  # fmt: skip
        middle = times.middle[:, own]
        # what is not known is not within the catchment: the numbers speak of what is known
        costs = costs_of(np.where(np.isnan(middle), np.inf, middle), capacity.index)
        each = two_step(
            costs, capacity.fillna(0.0), pd.Series(people), params.catchment
        ).reindex(range(len(cells))).to_numpy(float)  # fmt: skip
        told = bool((~unknown).any()) and people.any()
        near = np.asarray((middle <= params.catchment).any(axis=1), bool)
        rows.append(
            pd.DataFrame(
                {
                    "teryt": municipalities["teryt"].to_numpy(),
                    "name": municipalities["name"].to_numpy(),
                    "kind": kind,
                    "places": _inside(municipalities, targets.iloc[own], capacity),
                    "per_1000": mean_of(each, people, unit, len(municipalities)) * 1000
                    if told
                    else np.nan,
                    "reach_share": share_of(near, weight, unit, len(municipalities)),
                }
            )
        )
    columns = list(COLUMNS["supply"])
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    return gpd.GeoDataFrame(table, geometry=np.tile(shapes, len(rows)), crs=municipalities.crs)


def _inside(municipalities: gpd.GeoDataFrame, own: gpd.GeoDataFrame, capacity: pd.Series) -> Floats:
    """Known places of the services in each municipality; one on a border counts once."""
    tree = shapely.STRtree(np.asarray(municipalities.geometry.to_numpy(), dtype=object))
    point, town = tree.query(np.asarray(own.geometry.to_numpy(), object), predicate="intersects")
    point, first = np.unique(point, return_index=True)
    counted = np.nan_to_num(capacity.to_numpy(float)[point])
    return np.bincount(town[first], counted, minlength=len(municipalities)).astype(float)
