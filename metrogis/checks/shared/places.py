"""Interchanges and railway stations as one set of places, each with the points to reach it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.shared.homes import home_of
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.streets.cycleways import group_labels


@dataclass(frozen=True)
class Places:
    """Places, and the points each is reached by.

    Attributes
    ----------
    table : GeoDataFrame
        ``name``, ``teryt``, ``municipality``, ``origin`` (``interchange``, ``station``, ``both``),
        ``rank``, ``ref``, ``bike_stands``, ``entrances`` (0: measured from the point itself).
    unit : array of int, shape (places,)
        Row of the municipality each lies in.
    points : array of Point, owner : array of int
        Entrances (else the points of the place), and the place of each.
    loose : array of Point
        Entrances that name no place within reach: they belong to some place near them.
    """

    table: gpd.GeoDataFrame
    unit: Array
    points: Array
    owner: Array
    audit: Audit
    loose: Array


def unify(
    municipalities: gpd.GeoDataFrame,
    interchanges: gpd.GeoDataFrame | None,
    stations: gpd.GeoDataFrame | None,
    entrances: gpd.GeoDataFrame | None,
    *,
    merge_distance: float,
    same_name_distance: float,
    entrance_distance: float,
) -> Places:
    """Bring interchanges and stations together.

    A station belongs to the nearest interchange within ``merge_distance`` (of the same name:
    ``same_name_distance``); repeated names within ``same_name_distance`` are one place. Places
    outside the municipalities are left out. All distances in metres.
    """
    audit = Audit()
    crs = municipalities.crs
    hubs, found = _prepare(interchanges, "interchanges", municipalities, same_name_distance)
    audit += found
    stops, found = _prepare(stations, "rail_stations", municipalities, same_name_distance)
    audit += found
    home, found = _homes(hubs.table, stops.table, merge_distance, same_name_distance)
    audit += found
    alone = home < 0
    table = pd.concat([hubs.table, stops.table[alone]], ignore_index=True)
    # stations that joined an interchange take its row, the others rows of their own below
    place_of_stop = home.copy()
    place_of_stop[alone] = len(hubs.table) + np.arange(int(alone.sum()))
    joined = np.unique(home[~alone])
    table.loc[joined, "origin"] = "both"
    nearest_first = stops.table.assign(_home=home)[~alone].dropna(subset=["ref"])
    # an interchange without a reference of its own takes that of its nearest station that has one
    refs = nearest_first.drop_duplicates("_home").set_index("_home")["ref"]
    lacking = table.index.isin(refs.index) & table["ref"].isna().to_numpy()
    table.loc[lacking, "ref"] = refs.reindex(table.index[lacking])
    table = gpd.GeoDataFrame(table, geometry="geometry", crs=crs)
    points = np.concatenate([hubs.points, stops.points])
    owner = np.concatenate([hubs.owner, place_of_stop[stops.owner]]).astype(np.int64)
    names = np.concatenate([hubs.names, stops.names])
    ids = np.concatenate([hubs.ids, stops.ids])
    table["entrances"] = 0
    loose = np.zeros(0, dtype=object)
    if entrances is not None:
        gates, gate_owner, loose, found = _gates(
            entrances, points, owner, (names, ids), entrance_distance
        )
        audit += found
        count = np.bincount(gate_owner, minlength=len(table))
        table["entrances"] = count
        # a place with entrances is reached by these alone, one without by its points
        bare = count[owner] == 0
        points = np.concatenate([points[bare], gates])
        owner = np.concatenate([owner[bare], gate_owner])
    audit = audit.add(
        "interchanges" if interchanges is not None else "rail_stations",
        "guessed",
        int((table["entrances"] == 0).sum()),
        _("places without known entrances: distances are measured from the place's point"),
    )
    unit = table.pop("_unit").to_numpy(dtype=np.int64)
    table = table.drop(columns="id")
    return Places(table, unit, points, owner, audit, loose)


def place_keys(names: pd.Series) -> Array:
    """Return names as they are compared: case and blanks do not matter; empty where there is none.

    >>> place_keys(pd.Series(["Gdynia  Główna ", None])).tolist()
    ['gdynia główna', '']
    """
    text = names.astype(object).where(names.notna(), "")
    return np.array([" ".join(str(t).casefold().split()) for t in text], dtype=object)


class _Layer(NamedTuple):
    """Places of one layer, one row each, and all their points with the names and ids given."""

    table: gpd.GeoDataFrame
    points: Array
    owner: Array
    names: Array
    ids: Array


def _prepare(
    layer: gpd.GeoDataFrame | None,
    name: str,
    municipalities: gpd.GeoDataFrame,
    same_name_distance: float,
) -> tuple[_Layer, Audit]:
    """Keep places inside the municipalities, once each, with the columns of :class:`Places`.

    Rows of one name near each other are one place with several points; its attributes are those
    of its westernmost (then southernmost) row that has them.
    """
    columns = ["id", "name", "rank", "ref", "bike_stands"]
    audit, crs = Audit(), municipalities.crs
    if layer is None:
        empty = pd.DataFrame({c: pd.Series(dtype=object) for c in columns})
        for c in ("origin", "teryt", "municipality", "_unit"):
            empty[c] = pd.Series(dtype=object)
        void = gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=crs), crs=crs)
        none = np.zeros(0, dtype=object)
        return _Layer(void, none, np.zeros(0, np.int64), none, none), audit
    points = layer.geometry.to_numpy()
    unit = home_of(points, municipalities)
    inside = unit >= 0
    audit = audit.add(
        name,
        "dropped",
        int((~inside).sum()),
        _("outside the municipalities of the area"),
        layer["name"][~inside],
    )
    table = pd.DataFrame(
        {c: layer[c].to_numpy(dtype=object) if c in layer else None for c in columns}
    )
    table["bike_stands"] = pd.to_numeric(table["bike_stands"]).astype("float64")
    table["origin"] = "interchange" if name == "interchanges" else "station"
    table["_unit"] = unit
    every = gpd.GeoDataFrame(table, geometry=points, crs=crs)[inside].reset_index(drop=True)
    key = place_keys(every["name"])
    shapes = every.geometry.to_numpy()
    a, b = _pairs(shapes, same_name_distance)
    same = (key[a] == key[b]) & (key[a] != "")
    labels = group_labels(a[same], b[same], len(every))
    repeated = pd.Series(labels).duplicated().to_numpy()
    audit = audit.add(
        name,
        "dropped",
        int(repeated.sum()),
        _("repeated names within {same_name_distance} m: the same place").fill(
            same_name_distance=f"{same_name_distance:g}"
        ),
        every["name"][repeated],
    )
    order = np.lexsort((shapely.get_y(shapes), shapely.get_x(shapes)))
    # row of the westernmost point of each group, by label
    west = pd.Series(labels[order]).drop_duplicates().index.to_numpy()
    first = every.iloc[order[west]].set_index(labels[order[west]]).sort_index()
    for column in columns:  # what the westernmost row lacks, another one may have
        filled = every[column].astype(object).iloc[order].groupby(labels[order]).first()
        first[column] = filled.reindex(first.index).to_numpy(dtype=object)
    first["bike_stands"] = first["bike_stands"].astype("float64")
    out = gpd.GeoDataFrame(first.reset_index(drop=True), geometry="geometry", crs=crs)
    row = out["_unit"].to_numpy(dtype=np.int64)
    out["teryt"] = municipalities["teryt"].to_numpy()[row]
    out["municipality"] = municipalities["name"].to_numpy()[row]
    return _Layer(out, shapes, labels, key, place_keys(every["id"])), audit


def _pairs(points: Array, distance: float) -> tuple[Array, Array]:
    i, j = shapely.STRtree(points).query(points, predicate="dwithin", distance=distance)
    once = i < j
    return i[once], j[once]


def _homes(
    hubs: gpd.GeoDataFrame, stops: gpd.GeoDataFrame, near: float, named: float
) -> tuple[Array, Audit]:
    """Return the interchange each station belongs to, -1 for none."""
    home = np.full(len(stops), -1)
    if len(hubs) == 0 or len(stops) == 0:
        return home, Audit()
    a, b = stops.geometry.to_numpy(), hubs.geometry.to_numpy()
    i, j = shapely.STRtree(b).query(a, predicate="dwithin", distance=max(near, named))
    d = shapely.distance(a[i], b[j])
    key_a, key_b = place_keys(stops["name"]), place_keys(hubs["name"])
    same = (key_a[i] == key_b[j]) & (key_a[i] != "")
    kept = (d <= near) | (same & (d <= named))
    i, j, d, same = i[kept], j[kept], d[kept], same[kept]
    place = shapely.get_coordinates(b)[j]
    # an equal name first, then the nearest, then by place
    order = np.lexsort((place[:, 1], place[:, 0], d, ~same, i))
    stop, first = np.unique(i[order], return_index=True)
    home[stop] = j[order][first]
    return home, Audit().add(
        "rail_stations",
        "noted",
        len(stop),
        _("stations joined to an interchange (within {near} m, of one name {named} m)").fill(
            near=f"{near:g}", named=f"{named:g}"
        ),
        stops["name"].to_numpy()[stop],
    )


def _gates(
    entrances: gpd.GeoDataFrame,
    points: Array,
    owner: Array,
    names: tuple[Array, Array],
    distance: float,
) -> tuple[Array, Array, Array, Audit]:
    """Give each entrance to the nearest place of the name (or id) it states; what is left over."""
    gates = entrances.geometry.to_numpy()
    wanted = place_keys(entrances["interchange"])
    i, j = shapely.STRtree(points).query(gates, predicate="dwithin", distance=distance)
    same = (wanted[i] != "") & ((wanted[i] == names[0][j]) | (wanted[i] == names[1][j]))
    i, j = i[same], j[same]
    d = shapely.distance(gates[i], points[j])
    # the nearest point of that name; of equally near ones the first
    order = np.lexsort((j, d, i))
    gate, first = np.unique(i[order], return_index=True)
    lost = np.setdiff1d(np.arange(len(gates)), gate)
    audit = Audit().add(
        "interchange_entrances",
        "dropped",
        len(lost),
        _("entrances without an interchange of that name within {distance} m").fill(
            distance=f"{distance:g}"
        ),
        entrances["interchange"].to_numpy()[lost],
    )
    return gates[gate], owner[j[order][first]], gates[lost], audit
