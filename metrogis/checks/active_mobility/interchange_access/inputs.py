"""What interchange access is asked of, where a layer is missing: lines, gradients and stands."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.contract import Run, layer
from metrogis.checks.contract.layers import (
    BikeParking,
    BikeShare,
    CycleCoverage,
    CycleRoutes,
    Entrances,
    Interchanges,
    Municipalities,
    MunicipalPopulation,
    PopulationCells,
    Raster,
    Stations,
    StreetLayer,
)
from metrogis.checks.shared.places import Places
from metrogis.evidence import Evidence
from metrogis.i18n import _, is_missing
from metrogis.osm.values import listed, plain_value
from metrogis.streets import StreetNetwork
from metrogis.streets.slope import gradients, heights, with_slope


@dataclass(frozen=True)
class Inputs:
    """Layers of ``interchange_access``; those with a default may be missing."""

    municipalities: Municipalities
    interchanges: Interchanges | None = layer(_("interchanges (these, or the stations)"))
    cycle_routes: CycleRoutes | None = None
    _named: KW_ONLY
    rail_stations: Stations | None = layer(_("railway stations (these, or interchanges)"))
    interchange_entrances: Entrances | None = None
    population: PopulationCells | None = None
    population_municipal: MunicipalPopulation | None = None
    bike_share: BikeShare | None = None
    cycle_coverage: CycleCoverage | None = None
    bike_parking: BikeParking | None = None
    streets: StreetLayer | None = None
    elevation: Raster | None = None


_CLOSED = (
    "private",
    "no",
    "customers",
    "permit",
    "delivery",
    "residents",
    "resident",
    "members",
    "staff",
    "employees",
    "key",
    "prohibited",
    "restricted",
)
"""Values of ``access`` whose stands are not for everyone who takes a train."""


# --------------------------------------------------------------------------- cycle lines


# --------------------------------------------------------------------------- gradients


class Sloped(NamedTuple):
    """A network in flat metres; gradient of edges without sign (per cent, NaN unknown)."""

    network: StreetNetwork
    steep: Array


def sloped(run: Run, elevation: Raster | None, bike: StreetNetwork) -> Sloped | None:
    """Return the network with gradients, so that ways cost what riding them does.

    Parameters
    ----------
    run : Run
        Its layer ``elevation`` is a raster of heights (m) in the working CRS.
    bike : StreetNetwork

    Returns
    -------
    Sloped or None
        None without a raster of heights. Where it has no value an edge counts as flat, and its
        gradient is NaN.
    """
    if elevation is None:
        return None
    from metrogis import crs as crs_rules
    from metrogis.landscape import grid as grids

    params = run.parameters
    grid = grids.read(elevation, layer="elevation", crs=run.crs)
    if grid.crs is not None:
        crs_rules.require_same(municipalities=run.crs, elevation=grid.crs)
    values = np.where(grid.valid, grid.values.astype(float), np.nan)
    network = with_slope(
        bike,
        values,
        grid.transform,
        flat_speed=params.flat_speed,
        uphill=params.uphill_loss,
        downhill=params.downhill_gain,
        slowest=params.slowest_speed,
        steepest=params.steepest,
    )
    height = heights(bike, values, grid.transform)
    steep = np.full(bike.n_edges, np.nan)
    steep[bike.arc_edge] = np.abs(gradients(bike, height))
    return Sloped(network, np.minimum(steep, params.steepest))


# --------------------------------------------------------------------------- stands


class Stands(NamedTuple):
    """Stands by place: all of them (NaN unknown), those known, racks of unknown capacity."""

    total: Array
    known: Array
    uncounted: Array


def stands(run: Run, bike_parking: BikeParking | None, places: Places) -> Stands:
    """Count bicycle stands within ``parking_distance`` of the entrances of each place.

    From the layer ``bike_parking``, else from the column ``bike_stands`` of interchanges. Unknown:
    where a rack of unknown capacity is near, where one was lost in reading, and near
    municipalities where the layer has nothing. What is counted all the same is a lower bound.
    """
    given = places.table["bike_stands"].to_numpy(float)
    none = np.full(len(given), np.nan)
    if bike_parking is None:
        return Stands(given, given, none)
    params, count = run.parameters, len(given)
    unsure = np.zeros(len(bike_parking), bool)
    if "access" in bike_parking:
        words = bike_parking["access"].map(
            lambda v: "" if is_missing(v) else plain_value("access", str(v))
        )
        closed = words.isin(_CLOSED).to_numpy(bool)
        strange = (words != "").to_numpy(bool) & ~words.map(_listed_access).to_numpy(bool)
        run.note(
            "bike_parking",
            "unknown",
            int(strange.sum()),
            _("stands whose access nobody lists: unknown whether open to everyone"),
            sorted(set(words[strange])),
        )
        run.note(
            "bike_parking",
            "dropped",
            int(closed.sum()),
            _("stands not open to everyone (access)"),
        )
        bike_parking, unsure = bike_parking[~closed], strange[~closed]
    told = (
        bike_parking["capacity"]
        if "capacity" in bike_parking
        else pd.Series(np.nan, index=bike_parking.index)
    )
    capacity = pd.to_numeric(told, errors="coerce").to_numpy(float, na_value=np.nan)
    capacity = np.where((capacity >= 0) & ~unsure, capacity, np.nan)
    run.note(
        "bike_parking",
        "unknown",
        int(np.isnan(capacity).sum()),
        _("stands of unknown capacity"),
    )
    shapes = bike_parking.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    point, rack = tree.query(places.points, predicate="dwithin", distance=params.parking_distance)
    # a rack near two entrances of a place counts once
    pairs = np.unique(np.column_stack([places.owner[point], rack]), axis=0)
    owner, size = pairs[:, 0], capacity[pairs[:, 1]]
    known = np.bincount(owner, np.nan_to_num(size), count)
    uncounted = np.bincount(owner, np.isnan(size), count)
    evidence = _known_racks(run, tree)
    near = np.ones(count, bool)
    np.logical_and.at(
        near, places.owner, evidence.known_near(places.points, params.parking_distance)
    )
    some = (known > 0) | (uncounted > 0)
    run.note(
        "bike_parking",
        "unknown",
        int((~near & ~some).sum()),
        _("places where data on stands are not complete: no data, not no stands"),
        places.table["name"][~near & ~some],
    )
    # nothing known and nothing near: silence, in place of 0 stands
    silent = ~near & ~some
    total = np.where(~near | (uncounted > 0), np.nan, known)
    return Stands(total, np.where(silent, np.nan, known), np.where(silent, np.nan, uncounted))


def _listed_access(value: str) -> bool:
    return listed("access", value)


def _known_racks(run: Run, tree: shapely.STRtree) -> Evidence:
    """Return where bicycle stands are known: in municipalities that have some, and nothing lost.

    Nobody states the coverage of stands: a municipality without any in the data is not one without
    stands. That those with some are complete is a guess.
    """
    municipalities = run.municipalities
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    mapped = np.zeros(len(shapes), bool)
    mapped[tree.query(shapes, predicate="intersects")[0]] = True
    run.note(
        "bike_parking",
        "guessed",
        int(mapped.sum()),
        _("municipalities with stands in the data taken as complete"),
    )
    by_place = Evidence.by_municipality("bike_parking", municipalities, mapped)
    both = run.evidence["bike_parking"] & by_place
    found: Evidence = replace(both, layer="bike_parking")
    run.evidence["bike_parking"] = found
    return found
