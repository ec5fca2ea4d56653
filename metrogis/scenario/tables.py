"""Changes of plain layers: people, jobs, buildings, parking, entrances.

New rows stand behind those of the base, by the id of their change: so the order of changes that do
not touch each other does not matter.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.i18n import _
from metrogis.scenario.base import Base, is_in
from metrogis.scenario.change import Change
from metrogis.scenario.words import PEOPLE_PER_DWELLING


def buildings(layer: gpd.GeoDataFrame, changes: Sequence[Change], base: Base) -> gpd.GeoDataFrame:
    """Return the buildings with those that are added; their columns are the values."""
    return _with_rows(layer, "buildings", changes, base)


def parking(layer: gpd.GeoDataFrame, changes: Sequence[Change], base: Base) -> gpd.GeoDataFrame:
    """Return the bicycle parking with what is added; ``capacity`` as the layer writes it."""
    return _with_rows(layer, "bike_parking", changes, base)


def entrances(layer: gpd.GeoDataFrame, changes: Sequence[Change], base: Base) -> gpd.GeoDataFrame:
    """Return the entrances of interchanges with those that are added.

    Raises
    ------
    ScenarioError
        For an interchange that no layer has.
    """
    known = set(layer["interchange"].dropna().astype(str))
    for name in ("interchanges", "rail_stations"):
        places = base.get(name)
        for column in ("id", "name", "ref"):
            if places is not None and column in places.columns:
                known |= set(places[column].dropna().astype(str))
    for change in changes:
        if change.target not in known:
            raise change.wrong(_("there is no such interchange"), remedy=near(change.target, known))
    rows = {change.id: {"interchange": change.target} for change in changes}
    return _with_rows(layer, "interchange_entrances", changes, base, rows)


def _with_rows(
    layer: gpd.GeoDataFrame,
    name: str,
    changes: Sequence[Change],
    base: Base,
    given: dict[str, dict[str, Any]] | None = None,
) -> gpd.GeoDataFrame:
    """Return a layer with one row more for each change, by their ids."""
    rows = []
    for change in sorted(changes, key=lambda c: c.id):
        values = {**dict(change.values), **(given or {}).get(change.id, {})}
        for column in values:
            if column not in layer.columns or column == "geometry":
                raise change.wrong(
                    _("the layer {name} has no column {column}").fill(name=name, column=column),
                    remedy=near(column, layer.columns),
                )
        rows.append({**values, "geometry": is_in(base, change, change.shape_in(base.crs))})
    for change in changes:
        base.note(name, change)
    more = gpd.GeoDataFrame(rows, geometry="geometry", crs=layer.crs)
    for column in layer.columns.drop("geometry"):
        values = more[column] if column in more else pd.Series([None] * len(more), dtype=object)
        more[column] = _cast(values, layer[column].dtype)
    return _stacked(layer, more[list(layer.columns)])


def _cast(values: pd.Series, dtype: Any) -> pd.Series:
    """Return new values in the type of their column, as far as it can hold them."""
    if pd.api.types.is_bool_dtype(dtype) and values.isna().any():
        values = values.where(values.notna(), False)
    if pd.api.types.is_string_dtype(dtype):
        values = values.map(lambda v: v if v is None or isinstance(v, str) else f"{v:g}")
    try:
        return values.astype(dtype)
    except (TypeError, ValueError):
        return values


def _stacked(layer: gpd.GeoDataFrame, more: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return rows under those of a layer, with the layer's source and audit."""
    made = pd.concat([layer, more], ignore_index=True)
    made = gpd.GeoDataFrame(made, geometry="geometry", crs=layer.crs)
    made.attrs = dict(layer.attrs)
    return made


def near(word: str, known: Any) -> Any:
    """Return the remedy that names the nearest of some words."""
    found = difflib.get_close_matches(word, [str(k) for k in known], n=1, cutoff=0.5)
    if found:
        return _("did you mean '{near}'?").fill(near=found[0])
    shown = sorted(str(k) for k in known)
    more = " ..." if len(shown) > 12 else ""
    return _("there are: {words}").fill(words=", ".join(shown[:12]) + more)


# ---------------------------------------------------------------------------- people


def people_of(change: Change) -> float:
    """Return the residents of new dwellings."""
    return float(change.get("dwellings")) * float(
        change.get("people_per_dwelling", PEOPLE_PER_DWELLING)
    )


def population(layer: gpd.GeoDataFrame, changes: Sequence[Change], base: Base) -> gpd.GeoDataFrame:
    """Return the cells with the residents of new dwellings, shared out by area.

    Cells keep their shapes: each gets the share of the new area that lies in it; what lies in no
    cell is a cell of its own. A cell of unknown people stays unknown.
    """
    shapes = np.asarray(layer.geometry.to_numpy(), dtype=object)
    tree = shapely.STRtree(shapes)
    # summed by the id of the change, so that the order of the list is not in the last bit
    people = layer["population"].to_numpy(float).copy()
    added = []
    for change in sorted(changes, key=lambda c: c.id):
        area = is_in(base, change, change.shape_in(base.crs))
        cells = np.sort(tree.query(area, predicate="intersects"))
        common = shapely.area(shapely.intersection(shapes[cells], area))
        people[cells] += people_of(change) * common / area.area
        rest = area.difference(shapely.union_all(shapes[cells])) if len(cells) else area
        if rest.area > 1e-9 * area.area:
            added.append((people_of(change) * rest.area / area.area, rest))
    for change in changes:
        base.note("population", change, f"{people_of(change):g}")
    made = layer.copy()
    made["population"] = people
    made.attrs = dict(layer.attrs)
    if added:
        more = gpd.GeoDataFrame(
            {"population": [n for n, _s in added]}, geometry=[s for _n, s in added], crs=layer.crs
        )
        for column in layer.columns.drop(["population", "geometry"]):
            values = pd.Series([None] * len(more), dtype=object)
            more[column] = _cast(values, layer[column].dtype)
        made = _stacked(made, more[list(layer.columns)])
    return made


def population_municipal(layer: pd.DataFrame, changes: Sequence[Change], base: Base) -> Any:
    """Return residents by municipality with those of new dwellings, by the land they stand on."""
    municipalities = base.municipalities
    shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
    code = layer["teryt"].astype(str).to_numpy()
    people = layer["population"].to_numpy(float).copy()
    for change in sorted(changes, key=lambda c: c.id):
        area = is_in(base, change, change.shape_in(base.crs))
        common = shapely.area(shapely.intersection(shapes, area))
        for town in np.flatnonzero(common > 0):
            people[code == str(municipalities["teryt"].iloc[town])] += (
                people_of(change) * common[town] / area.area
            )
    for change in changes:
        base.note("population_municipal", change, f"{people_of(change):g}")
    made = layer.copy()
    before = layer["population"].to_numpy(float)
    made["population"] = people
    if "density" in made.columns:  # residents by the area that the table states
        with np.errstate(divide="ignore", invalid="ignore"):
            grown = made["density"].to_numpy(float) * people / before
        made["density"] = np.where(people == before, made["density"], grown)
    made.attrs = dict(layer.attrs)
    return made


def jobs(layer: pd.DataFrame, changes: Sequence[Change], base: Base) -> pd.DataFrame:
    """Return jobs by municipality with those that are added.

    Raises
    ------
    ScenarioError
        For a municipality that is not in the table.
    """
    made = layer.copy()
    made.attrs = dict(layer.attrs)
    column = "jobs" if "jobs" in layer.columns else None
    code = layer["teryt"].astype(str) if "teryt" in layer.columns else None
    for change in sorted(changes, key=lambda c: c.id):
        if column is None or code is None:
            raise change.wrong(
                _("the layer {name} has no column {column}").fill(name="jobs", column="teryt, jobs")
            )
        target = change.target
        if not target:
            shape = change.shape_in(base.crs)
            if shape is None:
                raise change.wrong(_("{do} needs a place").fill(do=change.do))
            target = str(base.municipalities["teryt"].iloc[base.municipality_at(change, shape)])
        rows = (code == target).to_numpy()
        if not rows.any():
            raise change.wrong(
                _("there is no such municipality in the layer"), remedy=near(target, set(code))
            )
        made.loc[rows, column] = made.loc[rows, column] + change.get("jobs")
    for change in changes:
        base.note("jobs", change)
    return made
