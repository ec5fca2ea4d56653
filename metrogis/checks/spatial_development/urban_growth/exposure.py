"""Where new built-up land lies: in corridors, protected areas, transit service, building zones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from metrogis.arrays import Array, Bools
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Coverage, Given, Timetable
from metrogis.checks.shared.plans import read_plans
from metrogis.checks.shared.service import ANYWHERE, TOLERANCE, Rule, read_service
from metrogis.checks.spatial_development.urban_growth.inputs import Inputs
from metrogis.evidence import Evidence
from metrogis.evidence.timetable import evidence
from metrogis.i18n import _
from metrogis.landscape.grid import Grid

EXPOSURES = ("corridor", "protected", "served", "planned")
_DAY = "school_day"
_ZONE, _DARK, _BUILDING = 1, 2, 3
_MANY = 500_000
"""Cells looked up at a time: bounds memory."""


@dataclass(frozen=True)
class State:
    """State of each gained cell: ``yes``, and whether that is ``known``."""

    yes: Bools
    known: Bools


def exposures(
    run: Run,
    inputs: Inputs,
    grid: Grid,
    cells: tuple[Array, Array],
    unit: Array,
    towns: gpd.GeoDataFrame,
) -> dict[str, State]:
    """Return the state of each gained cell, by kind of place; unknown where a layer is missing.

    Parameters
    ----------
    cells : (rows, columns)
        Gained cells.
    unit : ndarray
        Municipality of each gained cell, from 1; 0 outside.
    """
    n = len(cells[0])
    out = {}
    for name, (layer, areas) in {
        "corridor": Given("corridors", inputs.corridors),
        "protected": Given("protected_areas", inputs.protected_areas),
    }.items():
        if areas is None:
            out[name] = _missing(run, layer, n)
        else:
            out[name] = _inside(grid, cells, areas, run.evidence[layer])
    out["served"] = _served(run, inputs.timetable, inputs.coverage, grid, cells, unit, towns)
    out["planned"] = _planned(run, inputs, grid, cells)
    return out


def _missing(run: Run, layer: str, n: int) -> State:
    run.note(
        layer,
        "unknown",
        1,
        _("no such layer: what part of the gain lies there is unknown"),
    )
    none = np.zeros(n, bool)
    return State(none, none)


def _pairs(grid: Grid, cells: tuple[Array, Array], shapes: Array) -> Iterator[tuple[Array, Array]]:
    """Positions of cells whose middle lies in a shape, and of that shape; some cells at a time."""
    for start in range(0, len(cells[0]), _MANY):
        x, y = grid.xy(cells[0][start : start + _MANY], cells[1][start : start + _MANY])
        # the tree holds the points: each shape is then prepared once for all of them
        points = np.asarray(shapely.points(x, y), dtype=object)
        shape, point = shapely.STRtree(points).query(shapes, predicate="intersects")
        yield point + start, shape


def _inside(
    grid: Grid, cells: tuple[Array, Array], areas: gpd.GeoDataFrame, evidence: Evidence
) -> State:
    """Inside a polygon of a layer: yes; outside all of them no, where the layer is known."""
    yes = np.zeros(len(cells[0]), bool)
    for cell, _unused in _pairs(grid, cells, areas.geometry.to_numpy()):
        yes[cell] = True
    if evidence.complete:
        return State(yes, np.ones(len(yes), bool))
    return State(yes, yes | evidence.known_at(_points(grid, cells)))


def _points(grid: Grid, cells: tuple[Array, Array]) -> Array:
    return np.column_stack(grid.xy(*cells)).reshape(len(cells[0]), 2)


def _planned(run: Run, inputs: Inputs, grid: Grid, cells: tuple[Array, Array]) -> State:
    if inputs.plans is None and inputs.planning_zones is None:
        return _missing(run, "plans", len(cells[0]))
    plans = read_plans(run, inputs.plans, inputs.planning_zones)
    zones = plans.zones
    symbols = zones["symbol"].to_numpy()
    value = np.where(np.isin(symbols.astype(str), run.parameters.building_zones), _BUILDING, _ZONE)
    value[zones["symbol"].isna().to_numpy()] = _DARK
    found = np.zeros(len(cells[0]), np.int64)
    for cell, zone in _pairs(grid, cells, zones.geometry.to_numpy()):
        np.maximum.at(found, cell, value[zone])  # where zones overlap, building wins
    # where a zone was lost, one for building may lie over the zone that was read
    other = found == _ZONE
    if plans.evidence.losses and other.any():
        rows = np.flatnonzero(other)
        part = (cells[0][rows], cells[1][rows])
        other[rows] = ~plans.evidence.lost_near(_points(grid, part), 0.0)
    return State(found == _BUILDING, (found == _BUILDING) | other)


def _served(
    run: Run,
    timetable: Timetable | None,
    coverage: Coverage | None,
    grid: Grid,
    cells: tuple[Array, Array],
    unit: Array,
    towns: gpd.GeoDataFrame,
) -> State:
    """Served near a stop with enough departures; not served only where coverage is complete."""
    n = len(cells[0])
    if timetable is None:
        return _missing(run, "timetable", n)
    p = run.parameters
    near, far = p.bus_walk_limit, p.rail_walk_limit
    limits = {
        "bus": near, "tram": near, "cableway": near, "rail": far, "metro": far, "ferry": far,
    }  # fmt: skip
    rule = Rule(limits, per_day=p.min_departures)
    service = read_service(timetable, run.crs, rule, days=[_DAY])
    run.add(service.audit)
    if _DAY not in service.counts:
        run.note(
            "timetable",
            "unknown",
            1,
            _("day type unknown in the timetable"),
            [_DAY],
        )
        none = np.zeros(n, bool)
        return State(none, none)
    run.note(
        "timetable",
        "modelled",
        1,
        _(
            "service area: straight lines times {detour:2} from stops with enough "
            "service on a school day"
        ).fill(detour=p.detour),
    )
    xy = _points(grid, cells)
    reach = service.reach(_DAY)[service.place] if len(service.place) else np.zeros(0)
    yes = np.zeros(n, bool)
    # a tree for each reach: stops of one reach share the limit, in straight metres
    for metres in np.unique(reach[reach > 0]):
        tree = cKDTree(service.xy[reach == metres])
        limit = metres / p.detour + TOLERANCE
        yes |= np.isfinite(tree.query(xy, distance_upper_bound=limit)[0])
    return State(yes, yes | _covered(run, timetable, coverage, service, towns, unit, xy, yes))


def _covered(
    run: Run,
    timetable: Timetable | None,
    coverage: Coverage | None,
    service: Any,
    towns: gpd.GeoDataFrame,
    unit: Array,
    xy: Array,
    yes: Bools,
) -> Bools:
    """Tell which cells lie where every timetable that could serve them is at hand."""
    known = evidence(
        towns,
        coverage,
        timetable,
        groups=tuple(service.rule.limits),
        required=ANYWHERE,
        stops=service.posts,
        silent=service.unknown_feeds.get(_DAY, frozenset()),
    )
    run.add(known.audit)
    if coverage is None:
        run.note(
            "coverage",
            "unknown",
            1,
            _("no coverage table: beyond the reach of known stops service is unknown"),
        )
    out = np.zeros(len(yes), bool)
    # only cells that no stop serves ask whether every timetable is there; outside nobody knows
    asked = np.flatnonzero(~yes & (unit > 0))
    reach = {g: limit / run.parameters.detour for g, limit in service.rule.limits.items()}
    out[asked] = known.known_near(xy[asked], reach, unit[asked].astype(np.int64) - 1)
    return out
