"""Where timetables are complete around points: what makes a time more than an upper bound.

The coverage of operators is stated elsewhere (a table, areas, or evidence made of it); here it is
only asked about points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Bools, Floats
from metrogis.errors import ParameterError, SchemaError
from metrogis.i18n import _, both

if TYPE_CHECKING:
    from metrogis.transit.door_search import Search


def complete(
    coverage: Any, search: Search, frame: Any, xy: Floats, reach: float, layer: str
) -> Bools:
    """Return the points around which every timetable that could serve is complete.

    A time from such a point is exact; elsewhere a timetable that is missing could make it shorter.

    Parameters
    ----------
    coverage : bool, Coverage, GeoDataFrame, DataFrame or None
        What is known of coverage: True everywhere, None or False nowhere; coverage evidence; areas
        with a column ``state``; or the table of coverage by municipality.
    search : Search
    frame : Any
        The points as given, for the codes of their municipalities.
    xy : ndarray (points, 2)
        Metres, CRS of the search; NaN for points without a place, which are not known.
    reach : float
        Metres within which a stop could serve a point.
    layer : str
        Name of the points, for messages.

    Returns
    -------
    ndarray of bool (points,)

    Raises
    ------
    ParameterError
        If ``coverage`` has none of these forms.
    """
    n = len(xy)
    if coverage is None or coverage is False:
        return np.zeros(n, bool)
    placed = np.isfinite(xy).all(axis=1)
    points = np.full(n, None, dtype=object)
    points[placed] = shapely.points(xy[placed])
    if coverage is True:
        found = np.ones(n, bool)
    elif hasattr(coverage, "around"):
        limits = dict.fromkeys(coverage.groups, float(reach))
        moved = points
        area = coverage.municipalities.crs
        if area != search.crs:
            moved = np.asarray(gpd.GeoSeries(points, crs=search.crs).to_crs(area).array, object)
        found = np.zeros(n, bool)
        found[placed] = coverage.around(moved[placed]).known(limits)
        return found
    elif isinstance(coverage, gpd.GeoDataFrame):
        found = _by_area(coverage, points, search.crs, reach)
    elif isinstance(coverage, pd.DataFrame):
        found = _by_table(coverage, frame, layer)
    else:
        raise ParameterError(
            _("unknown form of coverage"),
            layer="coverage",
            remedy=_("True, areas with a column state, or the coverage table"),
        )
    return found & ~_near_losses(search, points, reach)


def _states(coverage: pd.DataFrame) -> Bools:
    if "state" not in coverage:
        raise SchemaError(_("the column state is missing"), layer="coverage")
    state = coverage["state"].astype(str).str.strip().str.lower()
    strange = ~state.isin(["complete", "partial", "none"])
    if strange.any():
        raise SchemaError(
            _("unknown state"),
            layer="coverage",
            place=f"state={state[strange].iloc[0]!r}",
            remedy=both("complete, partial, none"),
        )  # fmt: skip
    return np.asarray(state == "complete")


def _by_area(coverage: gpd.GeoDataFrame, points: Any, crs: Any, reach: float) -> Bools:
    """Inside a complete area, and no area that is not complete within the walk."""
    full = _states(coverage)
    shapes = np.asarray(coverage.to_crs(crs).geometry.array, dtype=object)
    tree = shapely.STRtree(points)
    found = np.zeros(len(points), bool)
    found[tree.query(shapes[full], predicate="intersects")[1]] = True
    found[tree.query(shapes[~full], predicate="dwithin", distance=float(reach))[1]] = False
    return found


def _by_table(coverage: pd.DataFrame, frame: Any, layer: str) -> Bools:
    """By the municipality that a point names; of a feed's rows the more exact one holds."""
    full = _states(coverage)
    code = coverage["teryt"].astype(str) if "teryt" in coverage else pd.Series("*", coverage.index)
    everywhere = np.asarray(code == "*")
    if everywhere.all():
        return np.full(len(frame), bool(full.all() and len(full)))
    if "teryt" not in getattr(frame, "columns", ()):
        raise SchemaError(
            _("the coverage table names municipalities, and the points do not"),
            layer=layer,
            remedy=_("add a column teryt, or give the municipalities' areas with a column state"),
        )
    key = [c for c in ("feed", "mode") if c in coverage]
    found = np.zeros(len(frame), bool)
    own = frame["teryt"].astype(str)
    for teryt in own.unique():
        fits = np.array([c == "*" or (c != "" and teryt.startswith(c)) for c in code])
        rows = (
            coverage[key].astype(str).assign(full=full, size=code.str.len().where(code != "*", 0))
        )
        rows = rows[fits].sort_values("size", kind="stable")
        rows = rows.drop_duplicates(key, keep="last") if key else rows.tail(1)
        found[own == teryt] = bool(len(rows)) and bool(rows["full"].all())
    return found


def _near_losses(search: Search, points: Any, reach: float) -> Bools:
    """Points with something lost of the timetable within the walk."""
    out = np.zeros(len(points), bool)
    for item in search.feed.losses:
        where = item.located(search.crs).where
        if where is None:
            return np.ones(len(points), bool)
        placed = np.flatnonzero(~shapely.is_missing(points))
        out[placed] |= shapely.dwithin(points[placed], where, float(reach))
    return out
