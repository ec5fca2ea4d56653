"""People around interchanges, and the table by municipality."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import population as people_rules
from metrogis.arrays import Array
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import BikeShare, MunicipalPopulation, PopulationCells
from metrogis.checks.shared.infrastructure import pieces_by_municipality
from metrogis.checks.shared.known_routes import Routes
from metrogis.checks.shared.placed import placed, strips_emptied
from metrogis.checks.shared.places import Places
from metrogis.i18n import _
from metrogis.streets import access
from metrogis.streets.cycleways import Split
from metrogis.streets.overlaps import counted_once


def settled(
    run: Run, population: PopulationCells | None, population_municipal: MunicipalPopulation | None
) -> gpd.GeoDataFrame | None:
    """Return where people live, cut by municipality, with what is modelled.

    Cells wider than half the walking distance do not say who lives within it: they are marked as
    modelled, for their people are counted by share of area.

    Returns
    -------
    GeoDataFrame or None
        None without population.
    """
    if population is None:
        return None
    pieces = placed(run, population, population_municipal)
    half = run.parameters.walk_limit / run.parameters.detour / 2
    wide = people_rules.cell_width(pieces.geometry.to_numpy()) > half
    pieces["modelled"] = pieces["modelled"].astype(bool) | wide
    run.note(
        "population",
        "modelled",
        int(wide.sum()),
        _("cells wider than {half} m: people counted by share of area").fill(half=f"{half:.0f}"),
    )
    return pieces


def around_places(
    run: Run,
    bike_share: BikeShare | None,
    places: Places,
    hubs: gpd.GeoDataFrame,
    pieces: gpd.GeoDataFrame | None,
) -> gpd.GeoDataFrame:
    """Add people within a straight line of each place, and the nearest bike-share station.

    Distances are the limits over ``detour``.

    Parameters
    ----------
    run : Run
    places : Places
        Points that each place is reached by: its entrances where they are known.
    hubs : GeoDataFrame
        One row per place.
    pieces : GeoDataFrame or None
        From :func:`settled`.

    Returns
    -------
    GeoDataFrame
        ``people_*`` is NaN where a cell in reach has unknown people or was lost; ``people_*_known``
        counts those known. Numbers are NaN without population.
    """
    params, count = run.parameters, len(hubs)
    names = [f"people_{mode}{part}" for mode in ("walk", "bike") for part in ("", "_known")]
    hubs = hubs.assign(**dict.fromkeys(names, np.nan))
    hubs["people_modelled"] = pd.Series(pd.NA, index=hubs.index, dtype="boolean")
    if pieces is not None:
        cells = pieces.geometry.to_numpy()
        people = pieces["population"].to_numpy(dtype=float)
        for name, limit in (("people_walk", params.walk_limit), ("people_bike", params.bike_limit)):
            # limits are of walks, zones are of straight lines
            zones = access.around(places.points, places.owner, count, radius=limit / params.detour)
            hubs[name] = access.people_in(zones, cells, people)
            lost = run.evidence["population"].lost_near(zones, 0.0)
            hubs.loc[lost, name] = np.nan
            hubs[f"{name}_known"] = access.people_in(zones, cells, np.nan_to_num(people))
            if name == "people_walk":
                zone, cell, _ = access.shares(zones, cells)
                spread = np.bincount(zone, pieces["modelled"].to_numpy()[cell], minlength=count)
                hubs["people_modelled"] = pd.Series(spread > 0, dtype="boolean").mask(
                    hubs["people_walk"].isna()
                )
    hubs["bike_share_m"], hubs["bike_share_docks"] = np.nan, np.nan
    if bike_share is not None:
        found = access.nearest_line(
            places.points, places.owner, count, bike_share.geometry.to_numpy()
        )
        hubs["bike_share_m"] = found.distance
        if "capacity" in bike_share:
            # NaN is at the end: a place without a station (line -1) has unknown docks
            docks = np.append(bike_share["capacity"].to_numpy(float, na_value=np.nan), np.nan)
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
    population_municipal: MunicipalPopulation | None,
    places: Places,
    split: Split,
    hubs: gpd.GeoDataFrame,
    routes: Routes,
    pieces: gpd.GeoDataFrame | None,
) -> gpd.GeoDataFrame:
    """Build the table of municipalities, one row each, in the order of the input.

    Parameters
    ----------
    run : Run
    places : Places
    split : Split
    hubs : GeoDataFrame
        One row per place: ``state``, ``distance_m``.
    routes : Routes
        Where the cycle data are complete; elsewhere lengths are NaN but for what is drawn.
    pieces : GeoDataFrame or None
        From :func:`settled`.
    """
    municipalities = run.municipalities
    count = len(municipalities)
    state = hubs["state"].to_numpy()
    counted = {
        s: np.bincount(places.unit[state == s], minlength=count) for s in ("yes", "no", "unknown")
    }
    known = counted["yes"] + counted["no"]
    distance = pd.Series(hubs["distance_m"].to_numpy()).groupby(places.unit).median()
    built = counted_once(split.built.geometry.to_numpy())
    _, row, metres = pieces_by_municipality(built, municipalities)
    km = np.bincount(row, weights=metres, minlength=count) / 1000
    table = gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy(),
            "name": municipalities["name"].to_numpy(),
            "interchanges": known + counted["unknown"],
            "interchanges_joined": counted["yes"],
            "interchanges_not_joined": counted["no"],
            "interchanges_unknown": counted["unknown"],
            "joined_share": _ratio(counted["yes"], known),
            "distance_median_m": distance.reindex(np.arange(count)).to_numpy(),
            "cycle_data": routes.flag,
            "cycle_known_share": routes.share,
            "cycle_km": np.where(routes.mapped, km, np.nan),
            "cycle_km_known": np.where(routes.mapped | (km > 0), km, np.nan),
        },
        geometry=municipalities.geometry.to_numpy(),
        crs=run.crs,
    )
    _people(run, population_municipal, places, state, pieces, table)
    table["cycle_km_per_10k"] = _ratio(
        table["cycle_km"].to_numpy(), table["population"].to_numpy() / 1e4
    )
    table.index = municipalities.index
    return table


_NEAR = ("walk", "bike", "joined", "untold")


def _people(
    run: Run,
    population_municipal: MunicipalPopulation | None,
    places: Places,
    state: Array,
    pieces: gpd.GeoDataFrame | None,
    table: gpd.GeoDataFrame,
) -> None:
    """Add people within reach by municipality: all of them, and those whose place is known."""
    params, municipalities, count = run.parameters, run.municipalities, len(table)
    total = np.full(count, np.nan)
    if population_municipal is not None:
        total, audit = people_rules.municipal_totals(municipalities, population_municipal)
        run.add(audit)
    for name in _NEAR:
        table[f"people_near_{name}"] = np.nan
        table[f"share_near_{name}"] = np.nan
    for name in ("people_placed", "population_known_share", "people_near_bike_known",
                 "people_near_joined_known"):  # fmt: skip
        table[name] = np.nan
    table["population"] = total
    if pieces is None:
        return
    row = pd.Series(np.arange(count), index=municipalities["teryt"].to_numpy())
    unit = row.loc[pieces["teryt"]].to_numpy()
    pieces = strips_emptied(run, pieces)
    unknown = pieces["population"].isna().to_numpy()
    counted = pieces.assign(population=pieces["population"].fillna(0.0))
    inside = np.bincount(unit, weights=pieces["population"].to_numpy(float), minlength=count)
    sure = np.bincount(unit[~unknown], minlength=count) > 0
    area = shapely.area(pieces.geometry.to_numpy())
    table["population_known_share"] = _ratio(
        np.bincount(unit, area * ~unknown, count), np.bincount(unit, area, count)
    )
    known = np.bincount(unit, weights=counted["population"].to_numpy(float), minlength=count)
    table["people_placed"] = np.where(sure, known, np.nan)
    table["population"] = np.where(np.isnan(total), np.where(sure, inside, np.nan), total)
    lost = run.evidence["population"].lost_near(municipalities.geometry.to_numpy(), 0.0)

    def around(limit: float) -> Array:
        return access.around(places.points, places.owner, len(state), radius=limit / params.detour)

    by_bike = around(params.bike_limit)
    zones = {"walk": around(params.walk_limit), "bike": by_bike, "joined": by_bike[state == "yes"]}
    for name, some in zones.items():
        near = np.where(sure & ~lost, _share_near(pieces, some, unit, count), np.nan)
        table[f"people_near_{name}"] = near
        table[f"share_near_{name}"] = _ratio(near, inside)
        if name != "walk":
            shown = np.where(sure, _share_near(counted, some, unit, count), np.nan)
            table[f"people_near_{name}_known"] = shown
    perhaps = _share_near(counted, by_bike[state != "no"], unit, count)
    untold = np.where(sure, perhaps, np.nan) - table["people_near_joined_known"].to_numpy()
    untold = np.maximum(untold, 0.0)
    # where nothing is known of any place within reach, nobody is "not near a joined one"
    dark = (untold > 0) & (untold >= table["people_near_bike_known"] * (1 - 1e-9))
    columns = ["people_near_joined", "share_near_joined", "people_near_joined_known"]
    table.loc[dark, columns] = np.nan
    table["people_near_untold"] = untold
    table["share_near_untold"] = _ratio(untold, known)


def _ratio(part: Array, whole: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
