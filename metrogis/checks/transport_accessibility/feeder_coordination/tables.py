"""Tables of the result of ``feeder_coordination``."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Bools, Floats, Ints
from metrogis.checks.shared.homes import home_of, names_of
from metrogis.checks.transport_accessibility.feeder_coordination.meetings import (
    CLASSES,
    FROM_TRAIN,
    TO_TRAIN,
    Meetings,
    Rules,
)
from metrogis.transit.feed import Feed


def counts(table: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Count meetings by class for each value of a key; medians of waits that end."""
    by = table.groupby(key, sort=True)
    out = by.size().to_frame("meetings")
    for k, name in enumerate(CLASSES):
        out[name] = by["kind"].apply(lambda kind, k=k: int((kind == k).sum()))
    out["missed"] = by["missed"].sum().astype(int)
    out["wait"] = by["wait"].median().replace(np.inf, np.nan)
    out["kept_share"] = out["kept"] / out["meetings"]
    return out.reset_index()


WAIT_EDGES = (1.0, 5.0, 10.0, 15.0, 30.0)
WAITS = ("0-1", "1-5", "5-10", "10-15", "15-30", "30-")
"""Bands of waits, minutes; a band ends just below its upper edge, the last one holds "none"."""


def wait_bands(minutes: Floats) -> Any:
    """Return the band of each wait.

    >>> wait_bands(np.array([0.99, 1.0, 15.0, np.inf])).tolist()
    ['0-1', '1-5', '15-30', '30-']
    """
    return np.array(WAITS, dtype=object)[np.searchsorted(WAIT_EDGES, minutes, side="right")]


def wait_table(rows: pd.DataFrame, names: Any, points: Any, crs: Any) -> gpd.GeoDataFrame:
    """Return how long one waits at each station: connections by way and band of waits.

    Parameters
    ----------
    rows : DataFrame
        Meetings, judged.
    names, points : ndarray
        By place.
    crs : CRS

    Returns
    -------
    GeoDataFrame
        A row for each station, way and band, also those without a connection: distributions of
        one station can be drawn as they stand. ``share`` is of the connections of station and way,
        NaN without any.
    """
    columns = ["station", "way", "band", "connections", "share"]
    if not len(rows):
        return gpd.GeoDataFrame(pd.DataFrame(columns=columns), geometry=[], crs=crs)
    own = rows[["station", "way"]].assign(band=wait_bands(rows["wait"].to_numpy(float)))
    count = own.groupby(["station", "way", "band"]).size()
    every = pd.MultiIndex.from_product(
        [np.unique(own["station"]), (TO_TRAIN, FROM_TRAIN), WAITS], names=columns[:3]
    )
    table = count.reindex(every, fill_value=0).rename("connections").reset_index()
    whole = table.groupby(["station", "way"])["connections"].transform("sum")
    table["share"] = table["connections"] / whole.where(whole > 0)
    station = table["station"].to_numpy(np.int64)
    return gpd.GeoDataFrame(table.assign(station=names[station]), geometry=points[station], crs=crs)


def judged(found: Meetings, rules: Rules) -> pd.DataFrame:
    """Return the meetings with class, wait and whether the vehicle was just missed."""
    kind, wait, missed = found.at(0, rules)
    return found.table.assign(kind=kind, wait=wait, missed=missed)


def line_names(feed: Feed, lines: Ints, numbers: Any) -> pd.Series:
    """Return the name of each line number."""
    routes = feed.routes[["line", "route_id"]].astype(str)
    named = routes["line"].where(routes["line"] != "", routes["route_id"])
    names = pd.Series(named.to_numpy(), index=lines)
    return names[~names.index.duplicated()].reindex(numbers).to_numpy()


def connection_table(
    rows: pd.DataFrame, feed: Feed, lines: Ints, names: Any, points: Any, crs: Any
) -> gpd.GeoDataFrame:
    """Return one row a station, way, line in a direction, and direction of trains."""
    key = ["station", "way", "line", "direction", "train"]
    table = counts(rows, key) if len(rows) else _none(key)
    table = table.sort_values(
        ["missed", "meetings", *key], ascending=[False, False, *[True] * len(key)], kind="stable"
    )
    station = table["station"].to_numpy(np.int64)
    out = table.drop(columns=["station", "train"]).assign(
        station=names[station], line=line_names(feed, lines, table["line"]),
        train=names[table["train"].to_numpy(np.int64)],
        direction=table["direction"].to_numpy(np.int64).astype(str),
    )  # fmt: skip
    return gpd.GeoDataFrame(out.reset_index(drop=True), geometry=points[station], crs=crs)


def station_table(
    rows: pd.DataFrame,
    last: pd.DataFrame,
    stations: Ints,
    names: Any,
    points: Any,
    known: Bools,
    trains_known: Bools,
    municipalities: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Return one row a station: meetings by class, both ways, the last connections.

    Which train is the last needs all trains; that no bus follows it needs all lines.
    """
    out = pd.DataFrame({"place": stations, "name": names[stations]})
    out["known"] = known
    for way in (TO_TRAIN, FROM_TRAIN):
        part = rows[rows["way"] == way]
        own = counts(part, ["station"]) if len(part) else _none(["station"])
        own = own.set_index("station").reindex(stations)
        for name in ("meetings", *CLASSES, "missed"):
            out[f"{way}_{name}"] = own[name].fillna(0).to_numpy(float)
        out[f"{way}_wait"] = own["wait"].to_numpy(float)
    meetings = out[f"{TO_TRAIN}_meetings"] + out[f"{FROM_TRAIN}_meetings"]
    kept = out[f"{TO_TRAIN}_kept"] + out[f"{FROM_TRAIN}_kept"]
    out["missed"] = out[f"{TO_TRAIN}_missed"] + out[f"{FROM_TRAIN}_missed"]
    out["kept_share"] = (kept / meetings.where(meetings > 0)).to_numpy(float)
    served = last.groupby("station")["served"].all().reindex(stations)
    yes = served.eq(True).to_numpy(bool)
    out["last"] = np.select([yes & trains_known, ~yes & known], ["yes", "no"], "unknown")
    home = home_of(points[stations], municipalities)
    out["teryt"] = names_of(home, municipalities, "teryt")
    return gpd.GeoDataFrame(
        out.drop(columns="place"), geometry=points[stations], crs=municipalities.crs
    )


def shift_table(
    best: pd.DataFrame, rows: pd.DataFrame, feed: Feed, lines: Ints, names: Any, points: Any,
    crs: Any,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Return one row a line: its best shift, what it gains, and where most are missed."""
    if best.empty:
        names_of_columns = ("line", "station", "shift", "gained", "kept", "kept_after", "missed",
                            "missed_after")  # fmt: skip
        columns: dict[str, list[float]] = {name: [] for name in names_of_columns}
        return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=[], crs=crs)
    where = rows.groupby(["line", "station"])["missed"].agg(["sum", "size"]).reset_index()
    where = where.sort_values(["line", "sum", "size"], ascending=[True, False, False])
    station = where.groupby("line")["station"].first().reindex(best["line"]).to_numpy(np.int64)
    out = best.assign(
        gained=best["kept_after"] - best["kept"], station=names[station],
        line=line_names(feed, lines, best["line"]),
    )  # fmt: skip
    out = gpd.GeoDataFrame(out, geometry=points[station], crs=crs)
    return out.sort_values(["gained", "missed"], ascending=False, kind="stable", ignore_index=True)


def municipal_table(
    municipalities: gpd.GeoDataFrame, stations: gpd.GeoDataFrame, level: Any
) -> gpd.GeoDataFrame:
    """Return one row a municipality: its stations and what meets there."""
    by = stations.groupby("teryt")
    table = pd.DataFrame(index=municipalities["teryt"])
    table["stations"] = by.size().reindex(table.index).fillna(0)
    ways = (TO_TRAIN, FROM_TRAIN)

    def total(name: str) -> Floats:
        found = sum(by[f"{way}_{name}"].sum() for way in ways)
        return np.asarray(found.reindex(table.index).fillna(0), float)

    table["meetings"], table["kept"] = total("meetings"), total("kept")
    table["missed"] = total("missed")
    table["kept_share"] = table["kept"] / table["meetings"].where(table["meetings"] > 0)
    table["known"] = np.asarray(level == "complete")
    return gpd.GeoDataFrame(
        {
            "teryt": municipalities["teryt"].to_numpy(),
            "name": municipalities["name"].to_numpy(),
            "coverage": level,
            **{c: table[c].to_numpy() for c in table},
        },
        geometry=municipalities.geometry.to_numpy(),
        crs=municipalities.crs,
        index=municipalities.index,
    )


def place_points(xy: Floats, place: Ints, used: Ints, count: int) -> Any:
    """Return the middle of the stops of each place; ``used`` are stops with a position."""
    own = place[used]
    n = np.bincount(own, minlength=count)
    with np.errstate(invalid="ignore"):
        middle = [np.bincount(own, xy[used][:, k], minlength=count) / n for k in (0, 1)]
    return np.asarray(shapely.points(np.column_stack(middle)), dtype=object)


def _none(key: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {n: pd.Series(dtype="int64") for n in
         (*key, "meetings", *CLASSES, "missed", "wait", "kept_share")}
    )  # fmt: skip
