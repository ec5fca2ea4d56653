"""Whether cells lie in areas, or in reach of usable transit: yes, no, or not known."""

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
from metrogis.checks.contract.layers import Coverage, Timetable
from metrogis.checks.shared.service import ANYWHERE, TOLERANCE, Rule, read_service
from metrogis.evidence import Evidence
from metrogis.evidence.timetable import evidence
from metrogis.i18n import Text, _
from metrogis.landscape.grid import Grid

_DAY = "school_day"
_MANY = 500_000
"""Cells looked up at a time: bounds memory."""


@dataclass(frozen=True)
class State:
    """State of each cell: ``yes``, and whether that is ``known``."""

    yes: Bools
    known: Bools


def missing(run: Run, layer: str, cells: int, what: Text) -> State:
    """Return states of which nothing is known, and say so in the audit.

    Parameters
    ----------
    run : Run
    layer : str
        The one that is not there.
    cells : int
    what : Text
        What is unknown without it.
    """
    run.note(layer, "unknown", 1, what)
    none = np.zeros(cells, bool)
    return State(none, none)


def pairs(grid: Grid, cells: tuple[Array, Array], shapes: Array) -> Iterator[tuple[Array, Array]]:
    """Yield positions of cells whose middle lies in a shape, and of that shape; some at a time."""
    for start in range(0, len(cells[0]), _MANY):
        x, y = grid.xy(cells[0][start : start + _MANY], cells[1][start : start + _MANY])
        # the tree holds the points: each shape is then prepared once for all of them
        points = np.asarray(shapely.points(x, y), dtype=object)
        shape, point = shapely.STRtree(points).query(shapes, predicate="intersects")
        yield point + start, shape


def inside(
    grid: Grid, cells: tuple[Array, Array], areas: gpd.GeoDataFrame, evidence: Evidence
) -> State:
    """Inside a polygon of a layer: yes; outside all of them no, where the layer is known."""
    yes = np.zeros(len(cells[0]), bool)
    for cell, _unused in pairs(grid, cells, areas.geometry.to_numpy()):
        yes[cell] = True
    if evidence.complete:
        return State(yes, np.ones(len(yes), bool))
    return State(yes, yes | evidence.known_at(middles(grid, cells)))


def middles(grid: Grid, cells: tuple[Array, Array]) -> Array:
    """Return the middles of cells, (n, 2)."""
    return np.column_stack(grid.xy(*cells)).reshape(len(cells[0]), 2)


def served(
    run: Run,
    timetable: Timetable | None,
    coverage: Coverage | None,
    xy: Array,
    unit: Array,
    without: Text,
) -> State:
    """Served near a stop with enough departures; not served only where coverage is complete.

    Parameters
    ----------
    run : Run
        Its parameters have ``bus_walk_limit``, ``rail_walk_limit``, ``min_departures``, ``detour``.
    timetable, coverage : optional
    xy : ndarray (n, 2)
        Places.
    unit : ndarray (n,)
        Municipality of each, from 1; 0 outside.
    without : Text
        What is unknown without a timetable.
    """
    n = len(xy)
    if timetable is None:
        return missing(run, "timetable", n, without)
    params = run.parameters
    near, far = params.bus_walk_limit, params.rail_walk_limit
    limits = {
        "bus": near, "tram": near, "cableway": near, "rail": far, "metro": far, "ferry": far,
    }  # fmt: skip
    rule = Rule(limits, per_day=params.min_departures)
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
        ).fill(detour=params.detour),
    )
    reach = service.reach(_DAY)[service.place] if len(service.place) else np.zeros(0)
    yes = np.zeros(n, bool)
    # a tree for each reach: stops of one reach share the limit, in straight metres
    for metres in np.unique(reach[reach > 0]):
        tree = cKDTree(service.xy[reach == metres])
        limit = metres / params.detour + TOLERANCE
        yes |= np.isfinite(tree.query(xy, distance_upper_bound=limit)[0])
    return State(yes, yes | _covered(run, timetable, coverage, service, unit, xy, yes))


def _covered(
    run: Run,
    timetable: Timetable | None,
    coverage: Coverage | None,
    service: Any,
    unit: Array,
    xy: Array,
    yes: Bools,
) -> Bools:
    """Tell which cells lie where every timetable that could serve them is at hand."""
    known = evidence(
        run.municipalities,
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
