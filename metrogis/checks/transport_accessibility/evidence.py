"""Where a mode is known to have a stop: evidence that it could serve, timetable or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.checks.transport_accessibility import coverage as cover
from metrogis.checks.transport_accessibility.service import Bools


def seen_modes(
    towns: gpd.GeoDataFrame,
    groups: Sequence[str],
    *,
    stops: gpd.GeoDataFrame | None = None,
    stop_posts: gpd.GeoDataFrame | None = None,
    rail_stations: gpd.GeoDataFrame | None = None,
) -> Bools:
    """Tell in which municipalities some layer has a stop of a mode group.

    Parameters
    ----------
    towns : GeoDataFrame
        Municipalities.
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
    layers: list[tuple[gpd.GeoDataFrame, list[list[str]]]] = []
    if stops is not None:
        layers.append((stops, [g.split(",") for g in stops["mode_groups"]]))
    if stop_posts is not None:
        named = stop_posts["mode"] if "mode" in stop_posts.columns else ["bus"] * len(stop_posts)
        known = {mode: groups_named(mode) for mode in pd.unique(pd.Series(named, dtype=object))}
        layers.append((stop_posts, [known[mode] for mode in named]))
    if rail_stations is not None:
        layers.append((rail_stations, [["rail"]] * len(rail_stations)))
    seen = np.zeros((len(towns), len(groups)), bool)
    column = {g: i for i, g in enumerate(groups)}
    for layer, modes in layers:
        shapes = np.asarray(layer.geometry.to_numpy(), dtype=object)
        town, point = cover.inside_pairs(towns, shapes)
        for u, i in zip(town.tolist(), point.tolist(), strict=True):
            for group in modes[i]:
                if group in column:
                    seen[u, column[group]] = True
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
            found.append(cover.group_of(part))
        except ValueError:
            continue
    return found
