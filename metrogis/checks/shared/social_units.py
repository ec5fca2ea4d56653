"""Places that access is asked of: parcels or cells, with residents or with capacity of plans."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array, Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.shared.capacity import Capacity
from metrogis.checks.shared.exposure import middles
from metrogis.i18n import _


class Units(NamedTuple):
    """Parcels or cells (n,): shape, municipality, people (NaN unknown), and whether a parcel."""

    shapes: Array
    owner: Ints
    people: Floats
    parcel: Bools


def resident_units(run: Run, pieces: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame | None) -> Units:
    """Return parcels that people live on; without parcels, or where none is, pieces of cells.

    Residents of a piece are shared among its parcels by area. Pieces where nobody lives are left
    out; of unknown residents they stay.

    Parameters
    ----------
    run : Run
    pieces : GeoDataFrame
        Population cut by municipality, with ``teryt`` and ``population``.
    parcels : GeoDataFrame or None
        Those known not to be built up do not count.
    """
    code = pd.Index(run.municipalities["teryt"])
    people = pieces["population"].to_numpy(float)
    run.note(
        "population",
        "unknown",
        int(np.isnan(people).sum()),
        _("cells of unknown population: in no sum or share"),
    )
    some = np.flatnonzero(~(people == 0))
    shapes = np.asarray(pieces.geometry.to_numpy(), dtype=object)[some]
    owner = code.get_indexer(pieces["teryt"]).astype(np.int64)[some]
    people = people[some]
    plain = Units(shapes, owner, people, np.zeros(len(some), bool))
    if parcels is None or not len(parcels):
        return plain
    built = parcels.geometry.to_numpy()
    if "built" in parcels:
        flag = parcels["built"].astype("boolean").fillna(True).to_numpy(bool)
        built = built[flag]
    piece, parcel = shapely.STRtree(built).query(shapes, predicate="intersects")
    area = shapely.area(shapely.intersection(shapes[piece], built[parcel]))
    piece, parcel, area = piece[area > 0], parcel[area > 0], area[area > 0]
    whole = np.bincount(piece, area, minlength=len(shapes))
    with np.errstate(invalid="ignore", divide="ignore"):
        part = people[piece] * area / whole[piece]
    # a parcel on a border is of the municipality that holds most of it: rows by parcel and owner
    key = parcel * (len(run.municipalities) + 1) + owner[piece] + 1
    kept, group = np.unique(key, return_inverse=True)
    held = np.bincount(group, part, minlength=len(kept))
    bare = whole == 0
    run.note(
        "parcels",
        "noted",
        int(bare.sum()),
        _("cells with residents but no parcel that may be built up: measured as cells"),
    )
    return Units(
        np.concatenate([built[kept // (len(run.municipalities) + 1)], shapes[bare]]),
        np.concatenate([kept % (len(run.municipalities) + 1) - 1, owner[bare]]),
        np.concatenate([held, people[bare]]),
        np.concatenate([np.ones(len(kept), bool), np.zeros(int(bare.sum()), bool)]),
    )


class CapacityUnits(NamedTuple):
    """Parcels or cells that hold capacity.

    Attributes
    ----------
    shapes : array of Polygon (n,)
    owner : ndarray of int (n,)
    cells : ndarray of int (cells,)
        Positions of the cells of dwelling land that hold capacity.
    unit : ndarray of int (cells,)
        Unit of each of them.
    """

    shapes: Array
    owner: Ints
    cells: Ints
    unit: Ints


def capacity_units(run: Run, capacity: Capacity | None, parcels: Any) -> CapacityUnits:
    """Return the parcels that hold capacity, and cells where there are none."""
    if capacity is None:
        none = np.zeros(0, np.int64)
        return CapacityUnits(np.zeros(0, object), none, none, none)
    land, size = capacity.land, float(run.parameters.unit_size)
    some = np.flatnonzero(capacity.before > 0)
    xy = middles(land.grid, (land.rows[some], land.columns[some]))
    owner = land.owner[some]
    at = np.full(len(some), -1, np.int64)
    plots = np.zeros(0, object)
    if parcels is not None and len(parcels) and len(some):
        plots = parcels.geometry.to_numpy()
        points = np.asarray(shapely.points(xy), dtype=object)
        plot, point = shapely.STRtree(points).query(plots, predicate="intersects")
        at[point] = plot
    column, row = np.floor(xy / size).astype(np.int64).T.reshape(2, len(some))
    # one row a unit and municipality: parcel, or column and row of the cell
    loose = at < 0
    column, row = np.where(loose, column, 0), np.where(loose, row, 0)
    key = np.zeros(len(some), np.int64)
    values = np.stack([owner, at, column, row]) if len(some) else np.zeros((4, 0), np.int64)
    if len(some):
        first = values.min(axis=1, keepdims=True)
        key = np.ravel_multi_index(
            tuple(values - first), tuple((values.max(axis=1) - first[:, 0] + 1).tolist())
        )
    _unused, one, unit = np.unique(key, return_index=True, return_inverse=True)
    units = values[:, one].T
    shapes = np.asarray(
        shapely.box(*(size * np.column_stack([units[:, 2:], units[:, 2:] + 1]).T)), dtype=object
    ).reshape(len(units))
    held = units[:, 1] >= 0
    if held.any():
        shapes[held] = plots[units[held, 1]]
    return CapacityUnits(shapes, units[:, 0].astype(np.int64), some, unit.ravel())
