"""Zones of plans for dwellings, municipality by municipality, and the cells that each holds."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from metrogis.arrays import Array, Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.shared.plans import Plans, zones_by_owner
from metrogis.i18n import _
from metrogis.landscape.grid import Grid

DWELLING = ("SW", "SJ", "SZ")
"""Zone types that the rules on housing count, the densest first: multi-family, single-family,
farmsteads."""
_HECTARE = 1e4
_SLIT = 1.0
"""Square metres up to which zones overlap by rounding of their corners."""


def dwelling_zones(run: Run, plans: Plans, tolerance: float) -> tuple[gpd.GeoDataFrame, Array]:
    """Return dwelling zones by municipality, the smallest last: small ones are not hidden.

    Returns
    -------
    pieces : GeoDataFrame
        See :attr:`metrogis.checks.shared.dwelling_land.DwellingLand.pieces`.
    contested : array of geometry
        Their land over which a zone of another type of the same plan lies.
    """
    zones = plans.zones
    shapes, zone, owner = zones_by_owner(run, zones, run.municipalities, tolerance)
    kept = np.isin(zones["symbol"].astype(str).to_numpy()[zone], DWELLING) & (owner >= 0)
    frame = gpd.GeoDataFrame(
        {"zone": zone[kept], "owner": owner[kept]}, geometry=shapes[kept], crs=run.crs
    )
    for name in ("symbol", "label", "max_intensity"):
        frame[name] = zones[name].to_numpy()[frame["zone"]]
    bounds = frame.bounds
    # by size and place, so that the order of rows in a file decides nothing
    order = np.lexsort((bounds["miny"], bounds["minx"], -frame.area.to_numpy()))
    frame = gpd.GeoDataFrame(frame.iloc[order].reset_index(drop=True), crs=run.crs)
    frame["own_m2"] = _own_land(frame.geometry.to_numpy())
    symbol = zones["symbol"].astype(str).to_numpy()[zone]
    return frame, _contested(run, plans.layer, frame, (shapes, symbol, owner))


def _own_land(shapes: Array) -> Floats:
    """Return the area of each polygon that none of those after it covers, m2.

    >>> _own_land(np.array([shapely.box(0, 0, 10, 1), shapely.box(8, 0, 12, 1)])).tolist()
    [8.0, 4.0]
    """
    area = shapely.area(shapes)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    later = first < second
    first, second = first[later], second[later]
    over = _overlap(shapes[first], shapes[second])
    first, second = first[over], second[over]
    for i in np.unique(first).tolist():
        above = shapely.union_all(shapes[second[first == i]])
        area[i] = shapely.area(shapely.difference(shapes[i], above))
    return np.asarray(area, dtype=float)


def _contested(
    run: Run, layer: str, pieces: gpd.GeoDataFrame, zones: tuple[Array, Array, Array]
) -> Array:
    """Return land of dwelling zones under a zone of another type: which of them holds is unknown.

    Zones of a plan may not overlap; of two of one type each hectare counts once.
    """
    shapes, symbol, owner = zones
    own = pieces.geometry.to_numpy()
    piece, other = shapely.STRtree(shapes).query(own, predicate="intersects")
    apart = pieces["symbol"].astype(str).to_numpy()[piece] != symbol[other]
    apart &= pieces["owner"].to_numpy()[piece] == owner[other]
    piece, other = piece[apart], other[apart]
    over = _overlap(own[piece], shapes[other])
    piece, other = piece[over], other[over]
    land = shapely.intersection(own[piece], shapes[other])
    some = shapely.area(land) > _SLIT
    run.note(
        layer,
        "unknown",
        int(some.sum()),
        _("dwelling zones under a zone of another type: what their common land holds is unknown"),
        pieces["label"].to_numpy()[piece[some]].astype(str),
    )
    return np.asarray(land[some], dtype=object)


def _overlap(first: Array, second: Array) -> Bools:
    """Tell which pairs of polygons have land in common; nearly all zones only touch.

    Asking for a relation takes a quarter of the time of cutting, and most pairs end there.
    """
    return np.asarray(shapely.relate_pattern(first, second, "T********"), dtype=np.bool_)


def cells_of(pieces: gpd.GeoDataFrame, grid: Grid) -> tuple[Ints, Ints, Ints]:
    """Return rows and columns of the cells whose middle a piece holds, and the piece of each."""
    from rasterio import features

    number = np.zeros(grid.shape, np.int32)
    if len(pieces):
        burnt = zip(pieces.geometry, range(1, len(pieces) + 1), strict=True)
        features.rasterize(burnt, out=number, transform=grid.transform)
    rows, columns = np.nonzero(number)
    return rows, columns, number[rows, columns].astype(np.int64) - 1


def hectares_of(run: Run, pieces: gpd.GeoDataFrame, piece: Ints) -> Floats:
    """Return the hectares that a cell of each piece stands for: its cells share its own land."""
    count = np.bincount(piece, minlength=len(pieces))
    area = pieces["own_m2"].to_numpy(float)
    gone = (count == 0) & (area > _SLIT)
    run.note(
        "plans" if run.has("plans") else "planning_zones",
        "dropped",
        int(gone.sum()),
        _("zones smaller than a cell: in no sum"),
        pieces["label"][gone].astype(str),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(count > 0, area / count, 0.0) / _HECTARE
