"""Where would restoring land help: barriers of the most important links, sites that are verified.

Of the land as it is today: plans may build on a site, which its row then says.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from metrogis.arrays import Array
from metrogis.checks.contract import Finding, Run
from metrogis.checks.spatial_development.corridor_connectivity import presentation as texts
from metrogis.checks.spatial_development.corridor_connectivity.land import Land
from metrogis.checks.spatial_development.corridor_connectivity.tables import States
from metrogis.i18n import Text, _
from metrogis.landscape import barriers
from metrogis.landscape.grid import Grid

_HECTARE = 1e4
_COLUMNS = (
    "rank", "municipality", "i", "j", "area_ha", "improvement", "cost", "said_cost", "cost_after",
    "spared", "spared_per_ha",
)  # fmt: skip


def restoration(
    run: Run, land: Land, states: States, links: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, Grid | None]:
    """Return the best sites to restore, each verified, and the map of barriers.

    Parameters
    ----------
    run : Run
    land : Land
    states : States
    links : GeoDataFrame
        The table of links, with ``dPC``.

    Returns
    -------
    sites : GeoDataFrame
        Discs, best first by cost spared per hectare: ``i`` and ``j`` of the link that gains most,
        ``area_ha`` that changes, ``improvement`` (estimate, per metre), ``cost`` today,
        ``said_cost`` by the estimate, ``cost_after`` computed anew with the site restored,
        ``spared`` = ``cost`` - ``cost_after``, ``spared_per_ha``.
    map : Grid or None
        Improvement of each cell, cost per metre; None where nothing helps.
    """
    params, b = run.parameters, land.blocks
    chosen = links.sort_values("dPC", ascending=False, na_position="last", kind="stable")
    chosen = chosen.iloc[: params.barrier_links]
    run.note(
        "links",
        "noted",
        len(links) - len(chosen),
        _("links whose barriers were not mapped: the others matter more (dPC)"),
    )
    if not len(chosen):
        return _table([], [], run), None
    surface = b.grid(b.resistance)
    if land.dark is not None:
        # land of unknown cover is no barrier that restoring removes
        surface = Grid(surface.values, surface.valid & ~land.dark, surface.transform, surface.crs,
                       surface.cell)  # fmt: skip
    labels = states.today.labels
    diameter, restored = params.barrier_diameter, params.restored_resistance
    found = barriers.barriers(
        surface, labels, chosen[["i", "j", "cost"]], diameter=diameter, restored=restored
    )
    rows, shapes = [], []
    for row, column in barriers.sites(
        found.improvement, surface.cell, diameter, params.restorations
    ).tolist():
        at = int(found.link[row, column])
        i, j = int(chosen["i"].iloc[at]), int(chosen["j"].iloc[at])
        cost, gain = float(found.cost[at]), float(found.improvement[row, column])
        after, cells = barriers.restored_cost(
            surface, labels, (i, j), (row, column), diameter=diameter, restored=restored, limit=cost
        )
        hectares = cells * surface.cell[0] * surface.cell[1] / _HECTARE
        spared = max(0.0, cost - after)
        rows.append(
            {
                "municipality": _place(land, row, column),
                "i": i,
                "j": j,
                "area_ha": hectares,
                "improvement": gain,
                "cost": cost,
                "said_cost": cost - gain * diameter,
                "cost_after": after,
                "spared": spared,
                "spared_per_ha": spared / hectares if hectares > 0 else np.nan,
            }
        )
        x, y = surface.xy(np.array([row]), np.array([column]))
        shapes.append(shapely.Point(float(x[0]), float(y[0])).buffer(diameter / 2))
    table = _table(rows, shapes, run)
    if not len(table) and np.isnan(found.improvement).all():
        return table, None
    out = Grid(
        found.improvement, ~np.isnan(found.improvement), surface.transform, surface.crs,
        surface.cell,
    )  # fmt: skip
    return table, out


def _place(land: Land, row: int, column: int) -> str | None:
    town = int(land.town[row, column])
    return str(land.municipalities["name"].iloc[town]) if town >= 0 else None


def _table(rows: list[dict[str, Any]], shapes: list[Any], run: Run) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(rows, columns=_COLUMNS[1:], geometry=shapes, crs=run.crs)
    for name in _COLUMNS[4:]:
        table[name] = table[name].astype(float)
    order: Array = np.argsort(-table["spared_per_ha"].fillna(0).to_numpy(), kind="stable")
    table = table.iloc[order].reset_index(drop=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table


def restoration_findings(table: gpd.GeoDataFrame) -> list[Finding]:
    """Say which site spares most per hectare; nothing where no site helps."""
    helping = table[table["spared"] > 0]
    if not len(helping):
        return []
    best = helping.iloc[0]
    place: str | Text = best["municipality"] if isinstance(best["municipality"], str) else (
        texts.OUTSIDE
    )  # fmt: skip
    return [
        Finding(
            texts.RESTORE,
            {
                "restore_ha": float(best["area_ha"]),
                "restore_share": float(best["spared"] / best["cost"]),
                "restore_sites": len(helping),
            },
            {"place": place, "link": f"{best['i']}-{best['j']}"},
        )
    ]
