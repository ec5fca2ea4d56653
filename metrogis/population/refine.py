"""Finer cells of a part of the area in place of coarse ones: each resident counts once."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import crs as crs_rules
from metrogis.i18n import _
from metrogis.population.split import polygons_only
from metrogis.provenance import Audit


def refine(
    cells: gpd.GeoDataFrame, finer: gpd.GeoDataFrame, area: Any, *, layer: str = "population"
) -> tuple[gpd.GeoDataFrame, Audit]:
    """Return cells that are ``finer`` inside an area and ``cells`` outside it.

    Finer cells that reach beyond the area keep all their residents on their part inside: they
    speak of the area's residents. Coarse cells lose what lies inside, residents by area.

    Parameters
    ----------
    cells, finer : GeoDataFrame
        Polygons with ``population``, one CRS in metres.
    area : geometry
        Where ``finer`` holds, in that CRS (a city).
    layer : str
        Name used in the audit.

    Returns
    -------
    cells, audit
        Columns ``population``, ``modelled`` (True for coarse cells that were cut), geometry.

    Raises
    ------
    CRSError

    Examples
    --------
    >>> def squares(people, *boxes):
    ...     shapes = [shapely.box(*b) for b in boxes]
    ...     return gpd.GeoDataFrame({"population": people}, geometry=shapes, crs="EPSG:2180")
    >>> coarse = squares([100.0], (0, 0, 10, 10))
    >>> fine = squares([70.0, 5.0], (0, 0, 4, 5), (0, 5, 6, 10))
    >>> both, _ = refine(coarse, fine, shapely.box(0, 0, 5, 10))
    >>> both["population"].tolist(), both.area.tolist()
    ([50.0, 70.0, 5.0], [50.0, 20.0, 25.0])
    """
    crs_rules.require_same(**{layer: cells, f"{layer} (finer)": finer})
    shapely.prepare(area)
    coarse, cut = _without(cells, area)
    shape = np.asarray(finer.geometry.to_numpy(), dtype=object)
    people = finer["population"].to_numpy("float64")
    inside = polygons_only(shapely.intersection(shape, area))
    here = shapely.area(inside) > 0
    fine = _frame(people[here], inside[here], _modelled(finer)[here], cells.crs)
    lost = float(np.nansum(people[~here]))
    audit = (
        Audit()
        .add(
            layer,
            "modelled",
            cut,
            _("cells cut to the area without finer ones; residents by area"),
        )
        .add(
            layer,
            "dropped",
            round(lost),
            _("residents of finer cells outside their municipalities"),
        )
    )
    whole = pd.concat([coarse, fine], ignore_index=True)
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=cells.crs), audit


def _without(cells: gpd.GeoDataFrame, area: Any) -> tuple[gpd.GeoDataFrame, int]:
    """Return the parts of cells outside the area, and how many were cut."""
    shape = np.asarray(cells.geometry.to_numpy(), dtype=object)
    people = cells["population"].to_numpy("float64").copy()
    near = np.flatnonzero(shapely.intersects(area, shape))
    rest = polygons_only(shapely.difference(shape[near], area))
    share = shapely.area(rest) / shapely.area(shape[near])
    touched = share < 1 - 1e-9
    near, rest, share = near[touched], rest[touched], share[touched]
    shape[near] = rest
    people[near] *= share
    modelled = _modelled(cells)
    modelled[near] = True
    kept = np.ones(len(shape), bool)
    kept[near[share <= 1e-9]] = False
    frame = _frame(people[kept], shape[kept], modelled[kept], cells.crs)
    return frame, int((share > 1e-9).sum())


def _modelled(cells: gpd.GeoDataFrame) -> np.ndarray:
    if "modelled" not in cells.columns:
        return np.zeros(len(cells), bool)
    return np.asarray(cells["modelled"].astype("boolean").fillna(False).to_numpy(bool)).copy()


def _frame(people: Any, shapes: Any, modelled: Any, crs: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"population": people, "modelled": modelled}, geometry=shapes, crs=crs)
