"""Rasters and networks as electric circuits, with their focal places."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis import crs as crs_rules
from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.landscape import circuit as circuits
from metrogis.landscape import grid as grids
from metrogis.landscape.circuit import Circuit
from metrogis.landscape.grid import Grid, bad_parameter
from metrogis.provenance import Audit


@dataclass(frozen=True, eq=False)
class Task:
    """A circuit, its focal places as nodes, and how currents of nodes become a map."""

    circuit: Circuit
    places: dict[Hashable, np.ndarray]
    cell_node: np.ndarray | None
    nodes: pd.Index | None
    ends: tuple[str, str]
    audit: Audit

    def spread(self, nodes: np.ndarray) -> Any:
        """Return currents of nodes where a reader looks for them.

        Parameters
        ----------
        nodes : array of float (nodes,)
            Amperes.

        Returns
        -------
        ndarray (rows, columns) or Series
            A map of the raster, 0 on barriers; of a network a Series by node.
        """
        if self.cell_node is None:
            return pd.Series(nodes, index=self.nodes, name="current")
        # barriers are -1, which takes the 0 at the end: a map of barriers only has no node
        return np.append(nodes, 0.0)[self.cell_node]

    def branches(self, flows: np.ndarray) -> pd.DataFrame | None:
        """Return currents of branches as a table with the two ends; None for a raster.

        Parameters
        ----------
        flows : array of float (branches,)
            Amperes.
        """
        if self.nodes is None:
            return None
        one, two = self.nodes[self.circuit.u], self.nodes[self.circuit.v]
        return pd.DataFrame({self.ends[0]: one, self.ends[1]: two, "current": flows})


def read(
    habitat: Any,
    focal: Any,
    values: str,
    neighbours: int,
    average: str,
    polygons: Any,
    ends: tuple[str, str],
    id: str,
    reading: dict[str, Any],
) -> Task:
    """Read a habitat and its focal places as a circuit.

    Parameters
    ----------
    habitat : raster or DataFrame
        A surface of resistance, or the links of a network.
    focal : raster, GeoDataFrame or nodes
        Places between which current is sent.
    values : {"resistance", "conductance"}
        What the habitat holds.
    neighbours : {4, 8}
        Of a cell.
    average : {"resistance", "conductance"}
        What of two neighbouring cells is averaged for the branch between them.
    polygons : GeoDataFrame or None
        Places of no resistance, for a raster.
    ends : (str, str)
        Columns of a network's table.
    id : str
        Column that names focal places.
    reading : dict
        How to read the raster (band, nodata).

    Raises
    ------
    ParameterError
        For a value that is none of these, or polygons with a network.
    """
    for name, value in (("values", values), ("average", average)):
        if value not in ("resistance", "conductance"):
            raise bad_parameter(
                name,
                _("must be 'resistance' or 'conductance'"),
            )
    if neighbours not in (4, 8):
        raise bad_parameter("neighbours", _("must be 4 or 8"))
    if isinstance(habitat, pd.DataFrame):
        if polygons is not None:
            raise bad_parameter("polygons", _("for a raster only"))
        return _network(habitat, focal, values, ends)
    return _raster(habitat, focal, values, neighbours, average, polygons, id, reading)


def _conductance(values: np.ndarray, known: np.ndarray, stated: str, layer: str) -> np.ndarray:
    """Conductances; 0 = barrier."""
    numbers = values.astype(float)
    if (numbers[known] < 0).any():
        raise SchemaError(
            _("negative values"),
            layer=layer,
            place=stated,
            remedy=_("give nodata="),
        )
    if stated == "conductance":
        if np.isinf(numbers[known]).any():
            raise _short_circuit(layer)
        return np.where(known, numbers, 0.0)
    if (numbers[known] == 0).any():
        raise _short_circuit(layer)
    out = np.zeros(numbers.shape)
    np.divide(1.0, numbers, out=out, where=known)
    return out


def _short_circuit(layer: str) -> SchemaError:
    return SchemaError(
        _("a resistance of 0 is a short circuit"),
        layer=layer,
        remedy=_("give a small positive resistance, or name these cells in polygons"),
    )


def _network(table: pd.DataFrame, focal: Any, values: str, ends: tuple[str, str]) -> Task:
    missing = [c for c in (*ends, values) if c not in table.columns]
    if missing:
        shown = ", ".join(missing)
        raise SchemaError(_("columns are missing: {shown}").fill(shown=shown), layer="habitat")
    numbers = pd.to_numeric(table[values], errors="coerce").to_numpy(float, na_value=math.nan)
    if np.isnan(numbers).any() or table[list(ends)].isna().any(axis=None):
        raise SchemaError(_("a branch has missing values"), layer="habitat")
    g = _conductance(numbers, np.ones(len(numbers), bool), values, "habitat")
    stacked = pd.concat([table[ends[0]], table[ends[1]]], ignore_index=True)
    codes, labels = pd.factorize(stacked)
    order = np.argsort(labels, kind="stable") if labels.dtype.kind in "iuf" else None
    if order is not None:  # numbers in their order, names as they come
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        codes, labels = rank[codes], labels[order]
    nodes = pd.Index(labels)
    # the first half of the codes are starts, the second half ends
    u, v = codes[: len(table)], codes[len(table) :]
    used = (g > 0) & (u != v)
    frame = pd.DataFrame(
        {"low": np.minimum(u, v), "high": np.maximum(u, v), "g": g, "u": u, "v": v}
    )
    # parallel branches: their conductances add up
    joined = (
        frame[used]
        .groupby(["low", "high"], sort=False)
        .agg({"g": "sum", "u": "first", "v": "first"})
    )
    audit = Audit().add(
        "habitat",
        "noted",
        int(used.sum()) - len(joined),
        _("parallel branches were joined"),
    )
    audit = audit.add(
        "habitat",
        "dropped",
        int((~used).sum()),
        _("branches without conductance or to itself"),
    )
    made = circuits.build(
        len(nodes), joined["u"].to_numpy(), joined["v"].to_numpy(), joined["g"].to_numpy()
    )
    ids = pd.Index(pd.unique(pd.Series(list(focal))))
    if ids.empty:
        raise _no_focal()
    at = nodes.get_indexer(ids)
    audit = audit.add(
        "focal",
        "unknown",
        int((at < 0).sum()),
        _("nodes that are not in the network: resistance -1"),
        ids[at < 0],
    )
    places = {
        key: np.array([k] if k >= 0 else [], np.int64)
        for key, k in zip(ids.tolist(), at, strict=True)
    }
    return Task(made, places, None, nodes, ends, audit)


def _no_focal() -> SchemaError:
    return SchemaError(_("there are no focal places"), layer="focal")


def _raster(
    habitat: Any,
    focal: Any,
    values: str,
    neighbours: int,
    average: str,
    polygons: Any,
    id: str,
    reading: dict[str, Any],
) -> Task:
    grid = grids.read(habitat, layer="habitat", in_cells=True, **reading)
    if grid.transform is not None:
        width, height = abs(grid.transform.a), abs(grid.transform.e)
        # branches of a cell are weighted by 1 and 1 / sqrt 2, which holds for squares alone
        if abs(width - height) > 0.01 * max(width, height):
            raise SchemaError(
                _("cells are not square"),
                layer="habitat",
                remedy=_("resample the raster"),
            )
    g = _conductance(grid.values, grid.valid, values, "habitat")
    u, v, branch = circuits.grid_branches(g, neighbours=neighbours, average=average)
    size = g.size
    groups = list(_cells(polygons, grid, id, "polygons")[0].values())
    conducts = g.ravel() > 0
    # a polygon makes one node of its cells, also of those without data, if one of them conducts
    live = [cells for cells in groups if conducts[cells].any()]
    all_cells = circuits.Circuit(size, u, v, branch, np.empty(0))
    node = np.arange(size)
    if live:
        _unused, node = circuits.merge(all_cells, live)
        conducts = conducts.copy()
        conducts[np.concatenate(live)] = True
    # number[cell]: node of the circuit, -1 for a barrier
    number = np.full(size, -1, np.int64)
    kept, inverse = np.unique(node[conducts], return_inverse=True)
    number[conducts] = inverse
    made = circuits.build(len(kept), number[u], number[v], branch)
    found, audit = _cells(focal, grid, id, "focal")
    if not found:
        raise _no_focal()
    places = {}
    for key, cells in sorted(found.items(), key=lambda item: item[0]):
        at = np.unique(number[cells])
        places[key] = at[at >= 0]
    lost = [key for key, at in places.items() if not len(at)]
    audit = audit.add(
        "focal",
        "unknown",
        len(lost),
        _("places on NODATA: resistance -1"),
        lost,
    )
    return Task(made, places, number.reshape(g.shape), None, ("i", "j"), audit)


def _cells(source: Any, grid: Grid, id: str, layer: str) -> tuple[dict[Any, np.ndarray], Audit]:
    """Flat cells of each id of a raster, a table of cells, or geometries."""
    if source is None:
        return {}, Audit()
    if isinstance(source, gpd.GeoDataFrame):
        return _burned(source, grid, id, layer), Audit()
    if isinstance(source, pd.DataFrame):
        rows, columns = source["row"].to_numpy(), source["column"].to_numpy()
        inside = (rows >= 0) & (rows < grid.shape[0]) & (columns >= 0) & (columns < grid.shape[1])
        flat = np.where(inside, rows * grid.shape[1] + columns, -1)
        keys: Sequence[Any] = source[id].tolist()
        found: dict[Any, list[int]] = {}
        for key, cell in zip(keys, flat, strict=True):
            found.setdefault(key, []).extend([int(cell)] if cell >= 0 else [])
        return {key: np.array(cells, np.int64) for key, cells in found.items()}, Audit()
    other = grids.read(source, layer=layer, in_cells=True)
    grids.require_same_shape(grid.shape, other.shape, layer=layer)
    with np.errstate(invalid="ignore"):
        used = other.valid & (other.values > 0)
        negative = other.valid & (other.values < 0)
    flat = np.flatnonzero(used)
    ids, start = np.unique(other.values.ravel()[flat], return_inverse=True)
    order = np.argsort(start, kind="stable")
    # cells of one id together, ids in their order
    groups = np.split(flat[order], np.cumsum(np.bincount(start, minlength=len(ids)))[:-1])
    # -9999 is the usual NODATA: not worth a row
    odd = negative & (other.values != -9999)
    audit = Audit().add(
        layer,
        "dropped",
        int(odd.sum()),
        _("cells with a negative id"),
        np.unique(other.values[odd]),
    )
    numbers = [int(k) if float(k).is_integer() else float(k) for k in ids]
    return dict(zip(numbers, groups if len(ids) else [], strict=True)), audit


def _burned(frame: gpd.GeoDataFrame, grid: Grid, id: str, layer: str) -> dict[Any, np.ndarray]:
    from rasterio import features

    if grid.transform is None:
        raise bad_parameter(layer, _("the raster has no place on the map"))
    crs_rules.require_same(**{layer: frame, "habitat": grid.crs})
    keys = frame[id].tolist() if id in frame.columns else list(range(1, len(frame) + 1))
    found: dict[Any, np.ndarray] = {}
    for key, shape in zip(keys, frame.geometry, strict=True):
        cells = np.empty(0, np.int64)
        if shape is not None and not shape.is_empty:
            mask = features.rasterize(
                [shape], out_shape=grid.shape, transform=grid.transform, all_touched=True
            )
            cells = np.flatnonzero(mask)
        found[key] = np.union1d(found.get(key, np.empty(0, np.int64)), cells)
    return found
