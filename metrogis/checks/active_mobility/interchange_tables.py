"""People around interchanges, and the table by municipality."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis import population as people_rules
from metrogis.checks.active_mobility.places import Places
from metrogis.checks.contract import Run
from metrogis.streets import access
from metrogis.streets.cycleways import Split
from metrogis.texts import Text

Array = npt.NDArray[Any]

_UNSPLIT = 100_000.0  # m: cells need no splitting here, their overlap with each zone is exact


def settled(run: Run) -> gpd.GeoDataFrame | None:
    """Population by municipality: cells cut at borders, scaled to municipal totals if given."""
    if run.layers["population"] is None:
        return None
    pieces, audit = people_rules.settle(
        run.layers["municipalities"],
        cells=run.layers["population"],
        totals=run.layers["population_municipal"],
        max_size=_UNSPLIT,
    )
    run.add(audit)
    half = run.parameters.walk_limit / run.parameters.detour / 2
    wide = people_rules.cell_width(pieces.geometry.to_numpy()) > half
    pieces["modelled"] = pieces["modelled"].astype(bool) | wide
    run.note(
        "population",
        "modelled",
        int(wide.sum()),
        Text(
            f"komórki szersze niż {half:.0f} m: ludzie liczeni udziałem powierzchni",
            f"cells wider than {half:.0f} m: people counted by share of area",
        ),
    )
    return pieces


def around_places(
    run: Run, places: Places, hubs: gpd.GeoDataFrame, pieces: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Add people within reach of each place, and the nearest bike-share station."""
    p, count = run.parameters, len(hubs)
    hubs = hubs.assign(people_walk=np.nan, people_bike=np.nan)
    hubs["people_modelled"] = pd.Series(pd.NA, index=hubs.index, dtype="boolean")
    if pieces is not None:
        cells = pieces.geometry.to_numpy()
        people = pieces["population"].to_numpy(dtype=float)
        for name, limit in (("people_walk", p.walk_limit), ("people_bike", p.bike_limit)):
            zones = access.around(places.points, places.owner, count, radius=limit / p.detour)
            hubs[name] = access.people_in(zones, cells, people)
            if name == "people_walk":
                zone, cell, _ = access.shares(zones, cells)
                spread = np.bincount(zone, pieces["modelled"].to_numpy()[cell], minlength=count)
                hubs["people_modelled"] = pd.Series(spread > 0, dtype="boolean").mask(
                    hubs["people_walk"].isna()
                )
    bikes = run.layers["bike_share"]
    hubs["bike_share_m"], hubs["bike_share_docks"] = np.nan, np.nan
    if bikes is not None:
        found = access.nearest_line(places.points, places.owner, count, bikes.geometry.to_numpy())
        hubs["bike_share_m"] = found.distance
        if "capacity" in bikes:
            docks = np.append(bikes["capacity"].to_numpy(float, na_value=np.nan), np.nan)
            hubs["bike_share_docks"] = docks[found.line]
    return hubs


def _share_near(pieces: gpd.GeoDataFrame, zones: Array, unit: Array, count: int) -> Array:
    """People of each municipality inside any of the zones; NaN where a cell's are unknown."""
    near: Array = np.zeros(count)
    if len(zones):
        parts = shapely.get_parts(shapely.union_all(zones))
        _, cell, share = access.shares(parts, pieces.geometry.to_numpy())
        whole = np.minimum(np.bincount(cell, share, minlength=len(pieces)), 1.0)
        people = pieces["population"].to_numpy(dtype=float)
        touched = whole > 0
        near = np.bincount(unit[touched], weights=people[touched] * whole[touched], minlength=count)
    return near


def municipal(
    run: Run,
    places: Places,
    split: Split,
    hubs: gpd.GeoDataFrame,
    mapped: Array,
    pieces: gpd.GeoDataFrame | None,
) -> gpd.GeoDataFrame:
    """Build the table of municipalities, one row each, in the order of the input."""
    p, towns = run.parameters, run.layers["municipalities"]
    count = len(towns)
    state = hubs["state"].to_numpy()
    counted = {
        s: np.bincount(places.unit[state == s], minlength=count) for s in ("yes", "no", "unknown")
    }
    known = counted["yes"] + counted["no"]
    distance = pd.Series(hubs["distance_m"].to_numpy()).groupby(places.unit).median()
    table = gpd.GeoDataFrame(
        {
            "teryt": towns["teryt"].to_numpy(),
            "name": towns["name"].to_numpy(),
            "interchanges": known + counted["unknown"],
            "interchanges_joined": counted["yes"],
            "interchanges_not_joined": counted["no"],
            "interchanges_unknown": counted["unknown"],
            "joined_share": _ratio(counted["yes"], known),
            "distance_median_m": distance.reindex(np.arange(count)).to_numpy(),
            "cycle_data": pd.Series(mapped, dtype="boolean").mask(pd.Series(~mapped)),
            "cycle_km": np.where(
                mapped,
                access.length_in(split.built.geometry.to_numpy(), towns.geometry.to_numpy()) / 1e3,
                np.nan,
            ),
        },
        geometry=towns.geometry.to_numpy(),
        crs=run.crs,
    )
    people = np.full(count, np.nan)
    if run.layers["population_municipal"] is not None:
        people, audit = people_rules.municipal_totals(towns, run.layers["population_municipal"])
        run.add(audit)
    for name in ("walk", "bike", "joined", "untold"):
        table[f"people_near_{name}"] = np.nan
        table[f"share_near_{name}"] = np.nan
    if pieces is not None:
        row = pd.Series(np.arange(count), index=towns["teryt"].to_numpy())
        unit = row.loc[pieces["teryt"]].to_numpy()
        pieces = _rims_emptied(run, pieces, unit)
        inside = np.bincount(unit, weights=pieces["population"].to_numpy(float), minlength=count)
        met = np.bincount(unit, minlength=count) > 0
        inside = np.where(met, inside, np.nan)
        people = np.where(np.isnan(people), inside, people)
        on_foot = access.around(
            places.points, places.owner, len(hubs), radius=p.walk_limit / p.detour
        )
        by_bike = access.around(
            places.points, places.owner, len(hubs), radius=p.bike_limit / p.detour
        )
        for name, zones in (
            ("walk", on_foot),
            ("bike", by_bike),
            ("joined", by_bike[state == "yes"]),
        ):
            near = np.where(met, _share_near(pieces, zones, unit, count), np.nan)
            table[f"people_near_{name}"] = near
            table[f"share_near_{name}"] = _ratio(near, inside)
        perhaps = _share_near(pieces, by_bike[state != "no"], unit, count)
        untold = np.maximum(np.where(met, perhaps, np.nan) - table["people_near_joined"], 0.0)
        # where nothing is told of any place within reach, nobody is "not near a joined one"
        dark = (untold > 0) & (untold >= table["people_near_bike"] * (1 - 1e-9))
        table.loc[dark, ["people_near_joined", "share_near_joined"]] = np.nan
        table["people_near_untold"] = untold
        table["share_near_untold"] = _ratio(untold.to_numpy(), inside)
    table["population"] = people
    table["cycle_km_per_10k"] = _ratio(table["cycle_km"].to_numpy(), people / 1e4)
    table.index = towns.index
    return table


def _rims_emptied(run: Run, pieces: gpd.GeoDataFrame, unit: Array) -> gpd.GeoDataFrame:
    """Count cells of unknown population as empty where they are a rim of their municipality.

    At a coast or at the edge of a raster cells without a value overlap land a little; they would
    make all of the municipality unknown.
    """
    towns = run.layers["municipalities"].geometry.to_numpy()
    dark = pieces["population"].isna().to_numpy()
    area = np.bincount(unit[dark], shapely.area(pieces.geometry.to_numpy()[dark]), len(towns))
    rim = dark & (area <= (1 - run.parameters.coverage_share) * shapely.area(towns))[unit]
    run.note(
        "population",
        "guessed",
        int(rim.sum()),
        Text(
            "komórki o nieznanej ludności na skraju gmin: liczone jak puste",
            "cells of unknown population at rims of municipalities: counted as empty",
        ),
    )
    return pieces.assign(population=pieces["population"].mask(rim, 0.0))


def _ratio(part: Array, whole: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
