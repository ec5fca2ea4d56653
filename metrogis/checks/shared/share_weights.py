"""What shares are shares of: people where they are known, else street nodes, else land."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from metrogis.arrays import Floats
from metrogis.checks.contract import Run
from metrogis.i18n import _

Basis = Literal["people", "nodes", "land"]


class Weights(NamedTuple):
    """Weight of each cell (people, street nodes, or m2 of land) and what it is."""

    values: Floats
    basis: Basis


def share_weights(run: Run, cells: gpd.GeoDataFrame, network: Any) -> Weights:
    """Return the weight of each cell in shares, and note in the audit when it is not people.

    Parameters
    ----------
    run : Run
    cells : GeoDataFrame
        ``population`` (NaN: unknown), polygons.
    network : street network or None
        With ``x``, ``y`` of its nodes: without population each of them weighs the same.
    """
    people = cells["population"].to_numpy("float64")
    if np.isfinite(people).any() or not len(cells):
        return Weights(np.nan_to_num(people), "people")
    weight, basis = np.asarray(cells.geometry.array.area), "land"
    text = _("population unknown: shares are of land")
    if network is not None and hasattr(network, "x"):
        nodes = shapely.points(network.x, network.y)
        tree = shapely.STRtree(np.asarray(cells.geometry.to_numpy(), dtype=object))
        node, cell = tree.query(nodes, predicate="intersects")
        _unused, first = np.unique(node, return_index=True)  # a node on a border counts once
        inside = np.bincount(cell[first], minlength=len(cells)).astype(np.float64)
        if inside.any():
            weight, basis = inside, "nodes"
            text = _(
                "population unknown: every street node weighs the same, shares are of "
                "nodes, no number of people is told"
            )
    run.note("population", "modelled", len(cells), text)
    return Weights(weight, basis)  # type: ignore[arg-type]
