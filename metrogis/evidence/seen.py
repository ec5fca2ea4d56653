"""Which mode groups stop where: the stops of timetables, stop posts and stations by municipality.

A group that is seen in a municipality could serve it, so its absence from a timetable is not known
there; see :mod:`metrogis.evidence.timetable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.arrays import Bools
from metrogis.evidence.coverage import group_of

Shapes = npt.NDArray[np.object_]


def seen_groups(
    municipalities: gpd.GeoDataFrame,
    groups: Sequence[str],
    *,
    stops: gpd.GeoDataFrame | None = None,
    stop_posts: gpd.GeoDataFrame | None = None,
    rail_stations: gpd.GeoDataFrame | None = None,
) -> Bools:
    """Tell in which municipalities some layer has a stop of a mode group: it could serve.

    Parameters
    ----------
    municipalities : GeoDataFrame
    groups : sequence of str
        Mode groups: the columns of the answer.
    stops : GeoDataFrame, optional
        Stops of a timetable, with ``mode_groups`` (joined by commas).
    stop_posts : GeoDataFrame, optional
        Stops without times; ``mode`` where it is known, else a bus.
    rail_stations : GeoDataFrame, optional

    Returns
    -------
    ndarray of bool (municipalities, groups)
    """
    seen = np.zeros((len(municipalities), len(groups)), bool)
    layers: list[tuple[gpd.GeoDataFrame, Any, Any]] = []
    if stops is not None:
        layers.append((stops, stops["mode_groups"], lambda text: str(text).split(",")))
    if stop_posts is not None:
        named = stop_posts["mode"] if "mode" in stop_posts.columns else ["bus"] * len(stop_posts)
        layers.append((stop_posts, named, groups_named))
    if rail_stations is not None:
        layers.append((rail_stations, ["rail"] * len(rail_stations), lambda text: [text]))
    for layer, modes, read in layers:
        code, words = pd.factorize(pd.Series(list(modes), dtype=object), use_na_sentinel=False)
        table = np.array([[g in read(w) for g in groups] for w in words], dtype=bool)
        town, point = inside_pairs(municipalities, shapes_of(layer))
        if len(point):
            hit, mode = np.nonzero(table.reshape(-1, len(groups))[code[point]])
            seen[town[hit], mode] = True
    return seen


def groups_named(mode: Any) -> list[str]:
    """Return the mode groups that a stop post names; an unknown word is evidence of nothing.

    >>> groups_named("tram, bus"), groups_named(None), groups_named("balloon")
    (['tram', 'bus'], ['bus'], [])
    """
    found = []
    text = mode if isinstance(mode, str) and mode else "bus"
    for part in text.replace(";", ",").split(","):
        try:
            found.append(group_of(part))
        except ValueError:
            continue
    return found


def inside_pairs(municipalities: gpd.GeoDataFrame, points: Shapes) -> npt.NDArray[np.int64]:
    """Return which points lie in which municipalities.

    Parameters
    ----------
    municipalities : GeoDataFrame
    points : array of geometry (n,)
        In the CRS of the municipalities; missing ones lie nowhere.

    Returns
    -------
    array of int (2, pairs)
        Positions of municipality and point. A point on a common border is in both.
    """
    if not len(points):
        return np.zeros((2, 0), np.int64)
    tree = shapely.STRtree(points)
    found = tree.query(shapes_of(municipalities), predicate="intersects")
    return np.asarray(found, dtype=np.int64)


def shapes_of(frame: gpd.GeoDataFrame) -> Shapes:
    """Return the geometries of a frame as a plain array."""
    return np.asarray(frame.geometry.to_numpy(), dtype=object)
