"""Service quality: the class of every populated place by six methods, on one timetable.

Each method answers another question, so they disagree; the check shows where, and what decided the
class of each cell. Where timetables or streets are not known as far as a method reaches, no class
is unknown, not "none", and a class found is the least possible
(:mod:`metrogis.checks.transport_accessibility.service_quality.known`).
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import crs as crs_rules
from metrogis import population as people_of
from metrogis.arrays import Floats, Ints
from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.shared.service import StraightLine, walking
from metrogis.checks.shared.settled import settle
from metrogis.checks.shared.share_weights import share_weights
from metrogis.checks.transport_accessibility.service_quality import methods as q
from metrogis.checks.transport_accessibility.service_quality.inputs import Inputs
from metrogis.checks.transport_accessibility.service_quality.known import (
    EXACT,
    Labels,
    all_labels,
    read_evidence,
)
from metrogis.checks.transport_accessibility.service_quality.parameters import (
    Method,
    ServiceQualityParameters,
)
from metrogis.checks.transport_accessibility.service_quality.presentation import (
    COLUMNS,
    METHOD,
    QUESTION,
    TITLE,
    VIEWS,
    findings,
)
from metrogis.checks.transport_accessibility.service_quality.reading import READING
from metrogis.checks.transport_accessibility.service_quality.tables import (
    area_table,
    explanation,
    municipal_table,
    stop_table,
)
from metrogis.checks.transport_accessibility.service_quality.taken import TAKEN
from metrogis.i18n import _
from metrogis.provenance import audit_of
from metrogis.transit.classes import Classes

NONE, UNKNOWN = q.NONE, q.UNKNOWN


@check(
    id="service_quality",
    direction="2.1.2",
    reach=10_000.0,
    section="53-service-quality-classes",
    title=TITLE,
    question=QUESTION,
    method=METHOD,
    columns=COLUMNS,
    views=VIEWS,
    reading=READING,
    taken=TAKEN,
)
def service_quality(inputs: Inputs, params: ServiceQualityParameters, run: Run) -> Outcome:
    """Classify populated places by six methods of service quality, and show where they disagree.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Polygons with ``teryt`` and ``name``, CRS in metres.
    population : GeoDataFrame, optional
        Polygons with ``population``; cells wider than ``cell_size`` are split. Without it, and
        without municipal totals, no people are told: shares are of street nodes in the cells (of
        land where there is no street network), and the audit says so.
    timetable : metrogis.transit.Feed
    coverage : DataFrame, optional
        feed, teryt, mode, state, as in ``white_spots``: only where it is complete as far as a
        method reaches may a cell have no class; elsewhere that is unknown, and a class found there
        is a lower bound.
    streets : street network, optional
        For walking. Without it walks are straight lines times ``detour``; the Swiss method always
        uses straight lines.
    population_municipal, built_up : optional
        As in ``white_spots``: totals to scale to, weights to spread people by.
    stop_posts, rail_stations : GeoDataFrame, optional
        Stops without times: evidence that their mode could serve.
    **parameters
        See :class:`ServiceQualityParameters`.

    Returns
    -------
    Result
        ``municipalities``: shares of people with good service, any class, none, unknown, by
        method. ``features``: ``areas_<method>`` (people and land by municipality and class),
        ``agreement``, ``stops`` (categories of the Swiss method), ``cells`` (class by each method,
        whether it is a lower bound (``<method>_at_least``), and what decided it: stop, line,
        interval, walk; every term of PTAL).

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
    ...     "stops": "stop_id,stop_lat,stop_lon|A,54.6,18.23|B,54.7,18.3",
    ...     "routes": "route_id,route_type|7,3",
    ...     "trips": "trip_id,route_id,service_id|1,7,W",
    ...     "stop_times": "trip_id,stop_id,departure_time|1,A,8:00:00|1,B,8:20:00",
    ...     "calendar_dates": "service_id,date,exception_type|W,20241016,1",
    ...     "frequencies": "trip_id,start_time,end_time,headway_secs|1,6:00:00,20:00:00,600",
    ... }
    >>> for table, text in tables.items():
    ...     _ = (folder / f"{table}.txt").write_text(text.replace("|", chr(10)))
    >>> feed = read_feed(folder)
    >>> stop = feed.stop_points("EPSG:2180").geometry.iloc[0]
    >>> town = gpd.GeoDataFrame({"teryt": ["2215031"], "name": ["Wejherowo"]}, crs="EPSG:2180",
    ...                         geometry=[stop.buffer(3000)])
    >>> home = gpd.GeoDataFrame({"population": [100.0]}, crs=town.crs, geometry=[stop.buffer(50)])
    >>> cells = service_quality(town, home, feed).features["cells"]
    >>> cells[["are", "austria", "ptal", "dg_regio", "sdg", "sdg_pl"]].values.tolist()
    [['C', 'unknown', '1b', 'medium', 'yes', 'yes']]
    """
    municipalities: gpd.GeoDataFrame = inputs.municipalities
    walk: Any = walking(inputs.streets, params.detour)  # of a street layer: its walking network
    network = None if isinstance(walk, StraightLine) else walk
    run.add(audit_of(network))
    if network is not None and hasattr(network, "crs"):
        crs_rules.require_same(municipalities=municipalities, streets=network.crs)
    cells, unit, xy, totals = _settle(run, inputs, municipalities, params)
    weight, basis = share_weights(run, cells, network)
    people_known = basis == "people"
    stops = inputs.timetable.stop_points(run.crs)
    days = _departures(run, inputs.timetable, params)
    walked = q.remembering(network)
    known = read_evidence(run, inputs, municipalities, stops, days, walked)
    found: dict[Method, Classes] = {}
    if params.day_type in days:
        doubtful = known.doubtful(stops)
        found = q.run_methods(params, days, stops, xy, walked, doubtful if doubtful.any() else None)
        for classes in found.values():
            run.add(classes.audit)

    def one_day(second: bool) -> Classes | None:
        day = days.get(params.second_day_type if second else params.day_type)
        return q.austria_alone(params, day, stops, xy, walked)

    labels = all_labels(params, found, known.around(params, xy, unit), one_day)
    level = {m: q.levels(labels[m].label, m) for m in params.methods}
    _add_labels(cells, labels, level)
    explanation(cells, found)
    features = {
        f"areas_{m}": area_table(
            municipalities,
            unit,
            cells,
            labels[m].label,
            (*q.LABELS[m], NONE, UNKNOWN),
            labels[m].certainty,
        )
        for m in params.methods
    }
    kinds = ("same", "differ", "opposite", "unknown")
    features["agreement"] = area_table(
        municipalities, unit, cells, cells["agreement"].to_numpy(), kinds
    )
    features["stops"] = stop_table(found.get("are"), stops, known.first, params.merge_distance)
    features["cells"] = cells
    table = municipal_table(
        municipalities, unit, cells, weight, totals, labels, level, known.first.level, people_known
    )
    return Outcome(
        municipalities=table,
        features=features,
        findings=findings(cells, labels, level, weight, params, people_known, network is None),
    )


CHECK = service_quality.check


# --------------------------------------------------------------------------- steps


def _settle(
    run: Run, inputs: Inputs, municipalities: gpd.GeoDataFrame, p: ServiceQualityParameters
) -> tuple[gpd.GeoDataFrame, Ints, Floats, Floats]:
    """Pieces of population, their municipality, the point people walk from, municipal totals."""
    table = inputs.population_municipal
    cells = settle(
        run,
        municipalities,
        cells=inputs.population,
        totals=inputs.population_municipal,
        weights=inputs.built_up,
        size=p.cell_size,
    )
    unit = pd.Index(municipalities["teryt"]).get_indexer(cells["teryt"]).astype(np.int64)
    people = cells["population"].to_numpy("float64")
    known = np.bincount(unit, np.isfinite(people), minlength=len(municipalities)) > 0
    sums = np.bincount(unit, np.nan_to_num(people), minlength=len(municipalities))
    totals = np.where(known, sums, np.nan)
    if table is not None:
        listed, _unused = people_of.municipal_totals(municipalities, table)
        totals = np.where(np.isfinite(listed), listed, totals)
    empty = people == 0
    if np.isfinite(people).any():
        unknown = np.isnan(people)
        run.note(
            "population",
            "unknown",
            int(unknown.sum()),
            _("cells of unknown population: in no sum or share"),
        )
    run.note(
        "population",
        "noted",
        int(empty.sum()),
        _("cells without residents: left out"),
    )
    cells, unit = cells[~empty].reset_index(drop=True), unit[~empty]
    shapes = np.asarray(cells.geometry.to_numpy(), dtype=object)
    point = np.asarray(shapely.centroid(shapes), dtype=object)
    outside = ~shapely.contains(shapes, point)
    point[outside] = shapely.point_on_surface(shapes[outside])
    cells = gpd.GeoDataFrame(
        {
            "teryt": cells["teryt"].to_numpy(dtype=object),
            "population": cells["population"].to_numpy("float64"),
            "modelled": cells["modelled"].to_numpy(bool),
        },
        geometry=shapes,
        crs=cells.crs,
    )
    return cells, unit, np.column_stack([shapely.get_x(point), shapely.get_y(point)]), totals


def _departures(run: Run, timetable: Any, p: ServiceQualityParameters) -> dict[str, pd.DataFrame]:
    """Departures of the day types that are known."""
    known = timetable.day_types()
    wanted = [p.day_type]
    if "austria" in p.methods:
        wanted.append(p.second_day_type)
    days: dict[str, pd.DataFrame] = {}
    for day in dict.fromkeys(wanted):
        if day in known and known[day].date is not None:
            days[day] = timetable.departures(day)
        else:
            run.note(
                "timetable",
                "unknown",
                1,
                _("day type unknown in the timetable"),
                [day],
            )
    if "austria" in p.methods and p.second_day_type not in days and p.day_type in days:
        run.note(
            "timetable",
            "unknown",
            1,
            _(
                "second day of the Austrian method unknown: the worse of two days "
                "counts, so its classes are unknown (one day only: second_day_type = "
                "day_type)"
            ),
        )
    return days


def _add_labels(
    cells: gpd.GeoDataFrame, labels: dict[Method, Labels], level: dict[Method, Ints]
) -> None:
    """Write classes, what they are, and how methods agree into the cells (in place)."""
    compared = [q.comparable(level[m], labels[m].certainty == EXACT) for m in labels if m in q.GOOD]
    cells["agreement"] = q.agreement(
        np.array(compared, dtype=np.int64).reshape(len(compared), len(cells))
    )  # fmt: skip
    for method, own in labels.items():
        cells[method] = own.label
        cells[f"{method}_at_least"] = own.at_least
    bound = np.array([own.certainty != EXACT for own in labels.values()])
    cells["lower_bound"] = bound.any(axis=0)
    # of all methods: which say there is service, of those that know
    any_level = np.array(list(level.values()))
    cells["served_by"] = (any_level > 0).sum(axis=0)
    cells["told_by"] = (any_level >= 0).sum(axis=0)
