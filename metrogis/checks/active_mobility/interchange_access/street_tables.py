"""Tables of reach along streets: by interchange, by municipality, detours, barriers, catchments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.active_mobility.interchange_access import street_presentation as texts
from metrogis.checks.active_mobility.interchange_access.inputs import Stands, sloped
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Raster
from metrogis.checks.shared.interchange_streets import (
    Calm,
    Homes,
    Mode,
    Reach,
    calm,
    direct,
    homes_of,
    infrastructure_edges,
    reach,
)
from metrogis.checks.shared.known_routes import known_streets, land_share
from metrogis.checks.shared.places import Places
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.streets import StreetNetwork
from metrogis.streets.uptake import potential_cyclists

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95)
_SIMPLE = 10.0  # m: outlines are drawn on cells of 20 m


class StreetTables(NamedTuple):
    """Columns for interchanges and municipalities, tables of features, network-wide figures."""

    hubs: pd.DataFrame
    municipalities: pd.DataFrame
    features: dict[str, gpd.GeoDataFrame]
    figures: dict[str, float]


def quantile(values: Array, weights: Array, shares: Any) -> Array:
    """Return weighted quantiles: the least value that at least the share of weight lies up to.

    Examples
    --------
    >>> quantile(np.array([3.0, 1, 2]), np.array([1.0, 1, 2]), [0.25, 0.5, 1]).tolist()
    [1.0, 2.0, 3.0]
    """
    shares = np.atleast_1d(np.asarray(shares, float))
    kept = weights > 0
    if not kept.any():
        return np.full(len(shares), np.nan)
    order = np.argsort(values[kept], kind="stable")
    value, weight = values[kept][order], np.cumsum(weights[kept][order])
    at = np.searchsorted(weight, shares * weight[-1] * (1 - 1e-12))
    return np.asarray(value[np.minimum(at, len(value) - 1)])


def street_tables(
    run: Run,
    elevation: Raster | None,
    places: Places,
    given: dict[Mode, StreetNetwork],
    pieces: gpd.GeoDataFrame | None,
    racks: Stands,
) -> StreetTables:
    """Measure how people reach places along streets.

    Parameters
    ----------
    run : Run
    places : Places
    given : dict of str to StreetNetwork
        Network by mode, ``walk`` and ``bike``; of a mode without one everything is unknown.
    pieces : GeoDataFrame or None
        Population cut by municipality; None: shares are of street nodes, people unknown.
    racks : Stands
        Bicycle stands by place.

    Returns
    -------
    StreetTables
    """
    municipalities = run.municipalities
    count = len(places.table)
    hubs = pd.DataFrame(
        {c: np.full(count, np.nan) for c in texts.HUB_COLUMNS}, index=places.table.index
    )
    for name in ("on_streets", "people_at_least"):
        hubs[name] = pd.Series(pd.NA, index=hubs.index, dtype="boolean")
    table = pd.DataFrame({c: np.full(len(municipalities), np.nan) for c in texts.TOWN_COLUMNS})
    features = _empty(run.crs)
    if not given or count == 0:
        return StreetTables(hubs, table, features, {})
    for network in given.values():
        run.add(network.audit)
    streets = known_streets(run, list(given.values()))
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    table["streets_known_share"] = land_share(streets, shapes)
    homes = homes_of(run, pieces, given, shapely.get_coordinates(places.points))
    on_foot = reach(run, given["walk"], places, homes) if "walk" in given else None
    by_bike, low = None, None
    marked = None
    if "bike" in given:
        marked = infrastructure_edges(given["bike"])
        by_bike = reach(run, given["bike"], places, homes, marked)
    both = [r for r in (on_foot, by_bike) if r is not None]
    known = np.logical_and.reduce([r.on_place for r in both])
    hubs["on_streets"] = pd.Series(known, index=hubs.index, dtype="boolean").mask(~known)
    run.note(
        "streets",
        "unknown",
        int((~known).sum()),
        _("interchanges farther than {street_distance} m from streets in data").fill(
            street_distance=f"{run.parameters.street_distance:g}"
        ),
        places.table["name"][~known],
    )
    if by_bike is not None:
        by_bike = _with_slope(run, elevation, places, homes, by_bike, marked)
        both[-1] = by_bike
        low = calm(run, by_bike, places, homes)
    figures: dict[str, float] = {}
    unit = _Units(homes, municipalities, pieces)
    for one in both:
        _mode_columns(run, places, homes, one, hubs)
        unit.mode_columns(run, one, table)
    if by_bike is not None and low is not None:
        _bike_columns(run, homes, by_bike, low, marked, hubs)
        if homes.counted:
            _parking(racks, homes, by_bike, hubs)
        unit.bike_columns(run, by_bike, low, table)
        used = by_bike.network.lengths
        rated = np.isfinite(low.stress.level)
        figures["stress_default_share"] = float(used[low.stress.on_defaults].sum() / used.sum())
        figures["stress_unrated_share"] = float(used[~rated].sum() / used.sum())
    unit.unknown(both, table)
    hubs["people_at_least"] = _at_least(both, homes, count, known)
    features["detours"] = _detours(run, places, homes, [r.plain for r in both])
    features["barriers"] = _barriers(run, places, homes, [r.plain for r in both])
    features["catchments"] = _catchments(run, places, both, low)
    return StreetTables(hubs, table, features, figures)


def _with_slope(
    run: Run,
    elevation: Raster | None,
    places: Places,
    homes: Homes,
    flat: Reach,
    marked: Array | None,
) -> Reach:
    """Return the ways with gradients, where heights are known of (almost) all streets in reach."""
    uphill = sloped(run, elevation, flat.network)
    if uphill is None:
        return flat
    run.add(Audit(uphill.network.audit.rows[len(flat.network.audit.rows) :]))
    one = reach(run, uphill.network, places, homes, marked, uphill.steep)
    edges = flat.found.edges(limit=flat.limit)
    metres = (edges["end"] - edges["start"]).to_numpy()
    dark = np.isnan(uphill.steep)[edges["edge"].to_numpy()]
    at, count = edges["place"].to_numpy(), len(places.table)
    share = _ratio(np.bincount(at, metres * dark, count), np.bincount(at, metres, count))
    hidden = flat.on_place & (np.nan_to_num(share) > run.parameters.unknown_heights)
    run.note(
        "elevation",
        "unknown",
        int(hidden.sum()),
        _("interchanges in whose reach heights are missing: cycling reach unknown"),
        places.table["name"][hidden],
    )
    return replace(one, on_place=one.on_place & ~hidden, level=flat)


# --------------------------------------------------------------------------- interchanges


def _at_least(both: list[Reach], homes: Homes, count: int, known: Array) -> pd.Series:
    """Tell whether someone uncounted may be within reach: people unknown, or off the streets."""
    if not homes.counted:
        return pd.Series(pd.NA, index=range(count), dtype="boolean")
    open_ = np.zeros(count, bool)
    for one in both:
        rows = one.reached
        dark = np.isnan(homes.people[one.ways.home[rows]])
        open_[one.ways.place[rows][dark]] = True
        open_[one.air[0][one.undecided]] = True
    return pd.Series(open_, dtype="boolean").mask(~known)


def _barrier_rows(one: Reach, limit: float) -> Array:
    """Return rows of ``one.air`` that a detour of ``limit`` would bring into reach, yet are not."""
    _, _, metres = one.air
    near = (metres * limit <= one.limit) & (one.cost_by_air > one.limit)
    near[one.undecided] = False
    return np.flatnonzero(near)


def _mode_columns(run: Run, places: Places, homes: Homes, one: Reach, hubs: pd.DataFrame) -> None:
    params, count = run.parameters, len(hubs)
    rows = one.reached
    people = homes.total(one.ways.place[rows], one.ways.home[rows], count)
    plain = one.plain
    blocked = _barrier_rows(plain, params.detour_limit)
    barrier = homes.total(plain.air[0][blocked], plain.air[1][blocked], count)
    lost = one.undecided
    off = homes.total(one.air[0][lost], one.air[1][lost], count)
    # nobody known to reach the place is not nobody where someone may
    told = one.on_place & ~((people == 0) & (off > 0))
    hubs[f"people_{one.mode}_streets"] = np.where(told, people, np.nan)
    hubs[f"barrier_{one.mode}"] = np.where(plain.on_place, barrier, np.nan)
    place, ratio, weight = _ratios(run, homes, plain)
    for k in np.unique(place).tolist():
        mine = place == k
        hubs.loc[k, f"detour_{one.mode}"] = quantile(ratio[mine], weight[mine], 0.5)[0]
    if one.mode == "bike":
        hubs["people_off_streets"] = np.where(one.on_place, off, np.nan)


def _ratios(run: Run, homes: Homes, one: Reach) -> tuple[Array, Array, Array]:
    """Return place, detour and weight of all homes that a detour at the limit brings into reach.

    Where no way was found as far as searched, the detour is at least that of the search: the
    value stands for it, so that quantiles are not made better by leaving it out.
    """
    params = run.parameters
    place, home, metres = one.air
    rows = np.flatnonzero(
        (metres >= params.detour_from)
        & (metres * params.detour_limit <= one.limit)
        & one.on_place[place]
        & one.on_home[home]
        & (homes.weight[home] > 0)
    )
    cost = np.minimum(one.cost_by_air[rows], one.limit * params.direct_ratio)
    sure = one.slack(place[rows], home[rows]) >= cost - 1e-6
    rows, cost = rows[sure], cost[sure]
    return place[rows], cost / metres[rows], homes.weight[home[rows]]


def _bike_columns(
    run: Run, homes: Homes, one: Reach, low: Calm, marked: Array | None, hubs: pd.DataFrame
) -> None:
    params, count = run.parameters, len(hubs)

    def told(values: Array) -> Array:
        return np.where(one.on_place, values, np.nan)

    def people(place: Array, home: Array) -> Array:
        return told(homes.total(place, home, count))

    if one.level is not None:
        flat = one.level
        rows = flat.reached
        flat_people = homes.total(flat.ways.place[rows], flat.ways.home[rows], count)
        hubs["people_bike_flat"] = np.where(flat.on_place, flat_people, np.nan)
        rows = one.certain
        place, steep = one.ways.place[rows], _slope(one, rows)
        weight = homes.weight[one.ways.home[rows]]
        for k in np.unique(place).tolist():
            mine = place == k
            hubs.loc[k, "slope_percent"] = quantile(steep[mine], weight[mine], 0.5)[0]
    near = low.sure.cost <= one.limit
    far = low.maybe.cost <= one.limit
    hubs["people_bike_calm"] = people(low.sure.place[near], low.sure.home[near])
    # unrated streets may be calm or not: what they add is given apart
    hubs["people_bike_calm_maybe"] = (
        people(low.maybe.place[far], low.maybe.home[far]) - hubs["people_bike_calm"]
    )
    rows = direct(one, low.sure, len(homes.xy), params.direct_ratio)
    hubs["people_bike_direct"] = people(one.ways.place[rows], one.ways.home[rows])
    hubs["calm_share"] = _ratio(hubs["people_bike_direct"], hubs["people_bike_streets"])
    place, ratio, weight = _ratios(run, homes, one.plain)
    over = np.bincount(place, weight * (ratio > params.detour_limit), count)
    hubs["detour_bike_over"] = _ratio(over, np.bincount(place, weight, count))
    rows = one.certain
    place, home = one.ways.place[rows], one.ways.home[rows]
    weight = homes.weight[home]
    if marked is not None:
        on = np.bincount(place, weight * one.ways.marked[rows], count)
        hubs["infrastructure_share"] = _ratio(
            on, np.bincount(place, weight * one.ways.metres[rows], count)
        )
        for k in np.unique(place).tolist():
            mine = place == k
            stretch = quantile(one.ways.longest[rows][mine], weight[mine], 0.5)[0]
            hubs.loc[k, "longest_break_m"] = stretch
    edges = one.found.edges(limit=one.limit)
    rests = np.zeros(one.network.n_edges, bool)
    rests[one.network.arc_edge[low.stress.on_defaults]] = True
    metres = (edges["end"] - edges["start"]).to_numpy()
    at = edges["place"].to_numpy()
    hubs["stress_default_share"] = _ratio(
        np.bincount(at, metres * rests[edges["edge"].to_numpy()], count),
        np.bincount(at, metres, count),
    )


def _slope(one: Reach, rows: Array) -> Array:
    """Return the mean gradient along ways, without sign, per cent."""
    metres, climb = one.ways.metres[rows], one.ways.climb[rows]
    return np.where(metres > 0, 100 * climb / np.maximum(metres, 1e-9), 0.0)


def _parking(racks: Stands, homes: Homes, one: Reach, hubs: pd.DataFrame) -> None:
    """Add potential cyclists, each home counted at its nearest interchange only, and stands."""
    rows = one.reached[np.lexsort((one.ways.cost[one.reached], one.ways.home[one.reached]))]
    # sorted by home, then cost: the first row of each home is its nearest place
    home, first = np.unique(one.ways.home[rows], return_index=True)
    rows = rows[first]
    people, km = np.nan_to_num(homes.people[home]), one.ways.metres[rows] / 1000
    steep = _slope(one, rows)
    for name, scenario in (("potential_bikes", "today"), ("potential_bikes_dutch", "go_dutch")):
        riders = potential_cyclists(people, km, steep, scenario=scenario)  # type: ignore[arg-type]
        total = np.bincount(one.ways.place[rows], riders, len(hubs))
        hubs[name] = np.where(one.on_place, total, np.nan)
    hubs["stands_missing"] = np.maximum(np.ceil(hubs["potential_bikes"] - racks.total), 0.0)


def _ratio(part: Any, whole: Any) -> Array:
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


# --------------------------------------------------------------------------- municipalities


class _Units:
    """People by municipality of their home."""

    def __init__(
        self, homes: Homes, municipalities: gpd.GeoDataFrame, pieces: gpd.GeoDataFrame | None
    ) -> None:
        self.homes, self.count = homes, len(municipalities)
        self.all = np.full(self.count, np.nan)
        if pieces is not None:
            row = pd.Series(np.arange(self.count), index=municipalities["teryt"].to_numpy())
            unit = row.loc[pieces["teryt"]].to_numpy()
            known = pieces["population"].notna().to_numpy()
            met = np.bincount(unit[known], minlength=self.count) > 0
            total = np.bincount(unit, pieces["population"].fillna(0).to_numpy(float), self.count)
            self.all = np.where(met, total, np.nan)

    def people(self, home: Array) -> Array:
        """Return the known people of homes, each once, by municipality."""
        home = np.unique(home)
        found = self.homes.total(self.homes.unit[home], home, self.count)
        return np.where(np.isnan(self.all), np.nan, found)

    def mode_columns(self, run: Run, one: Reach, table: pd.DataFrame) -> None:
        near, plain = one.ways.home[one.reached], one.plain
        people, off = self.people(near), self.people(self._undecided(one))
        people = np.where((people == 0) & (off > 0), np.nan, people)
        table[f"people_{one.mode}_streets"] = people
        table[f"share_{one.mode}_streets"] = _ratio(people, self.all)
        blocked = plain.air[1][_barrier_rows(plain, run.parameters.detour_limit)]
        level = plain.ways.home[plain.reached]
        # a barrier for the municipality: the home reaches no place at all, not just this one
        table[f"people_{one.mode}_barrier"] = self.people(np.setdiff1d(blocked, level))

    def bike_columns(self, run: Run, one: Reach, low: Calm, table: pd.DataFrame) -> None:
        rows = direct(one, low.sure, len(self.homes.xy), run.parameters.direct_ratio)
        home = one.ways.home[rows]
        table["people_bike_direct"] = self.people(home)
        table["calm_share"] = _ratio(table["people_bike_direct"], table["people_bike_streets"])

    @staticmethod
    def _undecided(one: Reach) -> Array:
        """Homes that reach no place for certain, and perhaps one."""
        return np.setdiff1d(one.air[1][one.undecided], one.ways.home[one.reached])

    def unknown(self, both: list[Reach], table: pd.DataFrame) -> None:
        """People near a place by air of whom the streets do not tell whether they reach one."""
        table["people_off_streets"] = self.people(self._undecided(both[-1]))


# --------------------------------------------------------------------------- features


def _empty(crs: Any) -> dict[str, gpd.GeoDataFrame]:
    return {
        name: gpd.GeoDataFrame(
            {c: pd.Series(dtype=object) for c in texts.FEATURE_COLUMNS[name]},
            geometry=gpd.GeoSeries([], crs=crs),
            crs=crs,
        )
        for name in texts.FEATURE_COLUMNS
    }


def _named(places: Places, at: Array) -> dict[str, Any]:
    return {
        "interchange": places.table["name"].to_numpy()[at],
        "teryt": places.table["teryt"].to_numpy()[at],
    }


def _table(
    run: Run, name: str, places: Places, place: list[int], columns: dict[str, Any], shape: Any
) -> gpd.GeoDataFrame:
    if not place:
        return _empty(run.crs)[name]
    frame = {**_named(places, np.array(place)), **columns}
    return gpd.GeoDataFrame(
        {c: frame[c] for c in texts.FEATURE_COLUMNS[name]},
        geometry=gpd.GeoSeries(list(shape), crs=run.crs),
        crs=run.crs,
    )


def _detours(run: Run, places: Places, homes: Homes, both: list[Reach]) -> gpd.GeoDataFrame:
    """One row per interchange and mode: the distribution of way over straight line."""
    params = run.parameters
    rows: list[dict[str, Any]] = []
    for one in both:
        place, ratio, weight = _ratios(run, homes, one)
        for k in np.unique(place).tolist():
            mine = place == k
            r, w = ratio[mine], weight[mine]
            found = quantile(r, w, QUANTILES)
            rows.append(
                {
                    "k": k,
                    "mode": one.mode,
                    "homes": int(mine.sum()),
                    "people": float(w.sum()) if homes.counted else np.nan,
                    **{f"q{100 * q:02.0f}": v for q, v in zip(QUANTILES, found, strict=True)},
                    "good_share": float(w[r <= params.detour_target].sum() / w.sum()),
                    "over_share": float(w[r > params.detour_limit].sum() / w.sum()),
                }
            )
    at = [int(r["k"]) for r in rows]
    columns = {c: [r[c] for r in rows] for c in (rows[0] if rows else {}) if c != "k"}
    return _table(run, "detours", places, at, columns, places.table.geometry.to_numpy()[at])


def _barriers(run: Run, places: Places, homes: Homes, both: list[Reach]) -> gpd.GeoDataFrame:
    """One row per interchange and mode: the homes near by air and far by street."""
    rows: list[tuple[int, str, int, float, float, float, Any]] = []
    for one in both:
        found = _barrier_rows(one, run.parameters.detour_limit)
        found = found[homes.weight[one.air[1][found]] > 0]
        place, home, air = (column[found] for column in one.air)
        way = one.cost_by_air[found]
        for k in np.unique(place).tolist():
            mine = place == k
            mass = homes.weight[home[mine]]
            middle = float(quantile(way[mine], mass, 0.5)[0])
            rows.append(
                (
                    k,
                    one.mode,
                    int(mine.sum()),
                    float(mass.sum()) if homes.counted else np.nan,
                    float(quantile(air[mine], mass, 0.5)[0]),
                    middle if np.isfinite(middle) else np.nan,
                    shapely.union_all(homes.shape[home[mine]]),
                )
            )
    rows.sort(key=lambda r: (r[1], -np.nan_to_num(r[3]), -r[2], r[0]))
    names = ("mode", "homes", "people", "air_m", "way_m")
    columns = {c: [r[i + 1] for r in rows] for i, c in enumerate(names)}
    return _table(run, "barriers", places, [r[0] for r in rows], columns, [r[6] for r in rows])


def _catchments(run: Run, places: Places, both: list[Reach], low: Calm | None) -> gpd.GeoDataFrame:
    """Outlines, for the map: on foot, by bike, by bike at low stress."""
    drawn = [(one.mode, one.found, one.limit, one.on_place) for one in both]
    if low is not None:
        drawn.append(("bike_calm", low.found, both[-1].limit, both[-1].on_place))  # type: ignore[arg-type]
    at: list[int] = []
    kinds: list[str] = []
    shapes: list[Any] = []
    km: list[float] = []
    for kind, found, limit, known in drawn:
        outline = found.to_polygons(limits=[limit]).geometry.to_numpy()
        length = found.length(limit=limit)
        for k in np.flatnonzero(known).tolist():
            at.append(k)
            kinds.append(kind)
            km.append(float(length[k]) / 1000)
            shapes.append(outline[k])
    shapes = [s if s is not None else shapely.MultiPolygon() for s in shapes]
    return _table(
        run,
        "catchments",
        places,
        at,
        {"kind": kinds, "street_km": km},
        shapely.simplify(np.array(shapes, dtype=object), _SIMPLE),
    )
