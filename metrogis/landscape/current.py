"""Current flow through a landscape: effective resistances and where movement concentrates.

The landscape is an electric circuit (McRae et al. 2008): cells of a raster, or nodes of a network,
are joined by resistors. One ampere is sent between each pair of focal places.

Conventions:

- A branch between two cells has the mean of their resistances (or of their conductances); diagonal
  branches are sqrt(2) times as long.
- Cells of one polygon are one node (a short circuit); every cell of it carries that node's current.
- Current of a node = half the sum of |branch current| plus half the current that enters or leaves
  there from outside (0.5 at source and ground).
- Two places in one polygon or cell: resistance 0, nothing added. A place on NODATA, or two that are
  not joined: resistance -1, nothing added. The cumulative map is the sum over all other pairs.
- A focal place of several cells is a short circuit while it is source or ground, and only then.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis import crs as crs_rules
from metrogis.errors import SchemaError
from metrogis.landscape import circuit as circuits
from metrogis.landscape import grid as grids
from metrogis.landscape.circuit import Circuit, Flow, Part
from metrogis.landscape.grid import Grid, bad_parameter
from metrogis.provenance import Audit
from metrogis.texts import Text

Values = Literal["resistance", "conductance"]
NOT_JOINED = -1.0


@dataclass(frozen=True, eq=False)
class Currents:
    """Current flow between focal places.

    Attributes
    ----------
    resistances : DataFrame or Series
        Pairwise: a square table by id; one to all: by id. -1 = not joined, or no data there.
    cumulative, maximum : ndarray or Series
        Sum and largest of the currents (A) over all pairs: of each cell of a raster (0 where there
        is no data: nothing flows), or of each node of a network.
    branches : DataFrame or None
        Of a network: its two ends and the cumulative ``current``.
    maps : dict
        Currents of each pair, when asked for.
    audit : Audit
    """

    resistances: Any
    cumulative: Any
    maximum: Any
    branches: pd.DataFrame | None = None
    maps: dict[Any, Any] = field(default_factory=dict)
    audit: Audit = field(default_factory=Audit)


@dataclass(frozen=True, eq=False)
class _Task:
    """A circuit, its focal places as nodes, and how currents of nodes become a map."""

    circuit: Circuit
    places: dict[Hashable, np.ndarray]
    cell_node: np.ndarray | None
    nodes: pd.Index | None
    ends: tuple[str, str]
    audit: Audit

    def spread(self, nodes: np.ndarray) -> Any:
        if self.cell_node is None:
            return pd.Series(nodes, index=self.nodes, name="current")
        return np.where(self.cell_node >= 0, nodes[self.cell_node], 0.0)

    def branches(self, flows: np.ndarray) -> pd.DataFrame | None:
        if self.nodes is None:
            return None
        one, two = self.nodes[self.circuit.u], self.nodes[self.circuit.v]
        return pd.DataFrame({self.ends[0]: one, self.ends[1]: two, "current": flows})


class _Sum:
    """Adds up currents over the runs."""

    def __init__(self, task: _Task, keep: bool) -> None:
        self.task, self.keep = task, keep
        self.nodes = np.zeros(task.circuit.size)
        self.top = np.zeros(task.circuit.size)
        self.branches = np.zeros(len(task.circuit.u))
        self.maps: dict[Any, Any] = {}

    def add(self, key: Any, flow: Flow) -> None:
        if flow.nodes is None:
            return
        self.nodes += flow.nodes
        np.maximum(self.top, flow.nodes, out=self.top)
        if flow.branches is not None:
            self.branches += flow.branches
        if self.keep:
            self.maps[key] = self.task.spread(flow.nodes)

    def result(self, resistances: Any) -> Currents:
        task = self.task
        return Currents(
            resistances,
            task.spread(self.nodes),
            task.spread(self.top),
            task.branches(self.branches),
            self.maps,
            task.audit,
        )


def pairwise(
    habitat: Any,
    focal: Any,
    *,
    values: Values = "resistance",
    neighbours: Literal[4, 8] = 8,
    average: Values = "resistance",
    polygons: Any = None,
    pairs: Iterable[tuple[Hashable, Hashable]] | None = None,
    ends: tuple[str, str] = ("i", "j"),
    id: str = "id",
    tolerance: float = 1e-9,
    currents: bool = True,
    keep_maps: bool = False,
    **reading: Any,
) -> Currents:
    """Send 1 A between each pair of focal places of a raster or a network.

    Parameters
    ----------
    habitat : ndarray, path, Grid; or DataFrame
        Raster of resistances or conductances; NODATA, an infinite resistance and a conductance of
        0 are barriers. Or a network: a table with two columns of node ids (``ends``) and one named
        as ``values``; repeated branches are parallel.
    focal : raster, DataFrame or GeoDataFrame; or sequence of node ids
        For a raster: a raster of ids (whole numbers above 0), a table ``id``, ``row``, ``column``,
        or points or polygons with ``id`` in the raster's CRS.
    values : ``"resistance"`` or ``"conductance"``
        What the habitat states.
    neighbours : 4 or 8
    average : ``"resistance"`` or ``"conductance"``
        How the two cells of a branch are averaged.
    polygons : raster or GeoDataFrame, optional
        Short circuits: a raster of ids (above 0), or polygons.
    pairs : pairs of focal ids, optional
        Only these.
    tolerance : float
        Relative error, in energy, of the iterative solver, used above 20,000 nodes. Resistances
        are closer than that, currents about as close.
    currents : bool
        Work out current maps, not the resistances alone.
    keep_maps : bool
        Keep the map of every pair.
    **reading
        ``nodata``, ``band``, ``transform``, ``crs``: see :func:`metrogis.landscape.grid.read`.

    Returns
    -------
    Currents

    Raises
    ------
    SchemaError
        Negative values, a resistance of 0 (use polygons), rasters of different shape, cells that
        are not square, no focal place.
    ParameterError, CRSError

    Examples
    --------
    >>> net = pd.DataFrame({"i": [1, 1, 2], "j": [2, 3, 3], "resistance": [1.0, 1.0, 1.0]})
    >>> found = pairwise(net, [1, 3])
    >>> round(float(found.resistances.loc[1, 3]), 9), found.cumulative.round(6).to_dict()
    (0.666666667, {1: 1.0, 2: 0.333333, 3: 1.0})
    >>> focal = np.array([[1, 0, 2]])
    >>> float(pairwise(np.ones((1, 3)), focal).resistances.loc[1, 2].round(9))
    2.0
    """
    task = _task(habitat, focal, values, neighbours, average, polygons, ends, id, reading)
    ids = list(task.places)
    wanted = _wanted(pairs, ids)
    square = np.full((len(ids), len(ids)), math.nan)
    np.fill_diagonal(square, 0.0)
    at = {place: k for k, place in enumerate(ids)}
    total = _Sum(task, keep_maps)
    parts: dict[int, Part] = {}
    for one, two in wanted:
        flow = _between(task, parts, task.places[one], task.places[two], tolerance, currents)
        value = NOT_JOINED if math.isinf(flow.resistance) else flow.resistance
        square[at[one], at[two]] = square[at[two], at[one]] = value
        total.add((one, two), flow)
    return total.result(pd.DataFrame(square, index=ids, columns=ids))


def one_to_all(
    habitat: Any,
    focal: Any,
    *,
    values: Values = "resistance",
    neighbours: Literal[4, 8] = 8,
    average: Values = "resistance",
    polygons: Any = None,
    ends: tuple[str, str] = ("i", "j"),
    id: str = "id",
    tolerance: float = 1e-9,
    keep_maps: bool = False,
    **reading: Any,
) -> Currents:
    """Send 1 A from each focal place in turn to all the others, held at potential 0.

    Parameters, conventions and errors as for :func:`pairwise`. ``resistances`` is a Series: the
    potential of each source. A place that shares a
    node with the source is no ground then.

    Examples
    --------
    >>> found = one_to_all(np.ones((1, 3)), np.array([[1, 2, 3]]))
    >>> found.resistances.round(9).to_dict()
    {1: 1.0, 2: 0.5, 3: 1.0}
    """
    task = _task(habitat, focal, values, neighbours, average, polygons, ends, id, reading)
    total = _Sum(task, keep_maps)
    found = {}
    for source, nodes in task.places.items():
        flow = _to_all(task, source, nodes, tolerance)
        found[source] = NOT_JOINED if math.isinf(flow.resistance) else flow.resistance
        total.add(source, flow)
    return total.result(pd.Series(found, name="resistance"))


_NOWHERE = Flow(math.inf, None, None)
_SAME = Flow(0.0, None, None)


def _between(
    task: _Task,
    parts: dict[int, Part],
    one: np.ndarray,
    two: np.ndarray,
    tolerance: float,
    currents: bool,
) -> Flow:
    if not len(one) or not len(two):
        return _NOWHERE
    if np.intersect1d(one, two).size:
        return _SAME
    circuit = task.circuit
    if len(one) == len(two) == 1:
        component = int(circuit.component[one[0]])
        if component != circuit.component[two[0]]:
            return _NOWHERE
        if component not in parts:
            parts[component] = Part(circuit, component, int(one[0]), tolerance=tolerance)
        return parts[component].flow(int(one[0]), int(two[0]), currents=currents)
    merged, new = circuits.merge(circuit, [one, two])
    source, ground = int(new[one[0]]), int(new[two[0]])
    component = int(merged.component[source])
    if component != merged.component[ground]:
        return _NOWHERE
    part = Part(merged, component, ground, tolerance=tolerance)
    return _unmerge(part.flow(source, ground, currents=currents), new)


def _unmerge(flow: Flow, new: np.ndarray) -> Flow:
    return Flow(flow.resistance, None if flow.nodes is None else flow.nodes[new], None)


def _to_all(task: _Task, source: Hashable, nodes: np.ndarray, tolerance: float) -> Flow:
    if not len(nodes):
        return _NOWHERE
    others = [place for key, place in task.places.items() if key != source and len(place)]
    apart = [place for place in others if not np.intersect1d(place, nodes).size]
    if others and not apart:
        return _SAME
    merged, new = circuits.merge(task.circuit, [nodes, *apart])
    start = int(new[nodes[0]])
    component = int(merged.component[start])
    grounds = np.array([new[place[0]] for place in apart], np.int64)
    grounds = np.unique(grounds[merged.component[grounds] == component])
    if not len(grounds):
        return _NOWHERE
    part = Part(merged, component, start, tolerance=tolerance)
    flow = part.to_grounds(start, grounds)
    return flow if merged is task.circuit else _unmerge(flow, new)


# --------------------------------------------------------------------------- input


def _wanted(pairs: Any, ids: list[Hashable]) -> list[tuple[Hashable, Hashable]]:
    if pairs is None:
        return list(itertools.combinations(ids, 2))
    found = [(one, two) for one, two in pairs if one != two]
    strange = {place for pair in found for place in pair} - set(ids)
    if strange:
        shown = ", ".join(map(str, sorted(strange, key=str)[:5]))
        raise bad_parameter("pairs", f"nieznane id {shown}", f"unknown ids {shown}")
    return found


def _task(
    habitat: Any,
    focal: Any,
    values: str,
    neighbours: int,
    average: str,
    polygons: Any,
    ends: tuple[str, str],
    id: str,
    reading: dict[str, Any],
) -> _Task:
    for name, value in (("values", values), ("average", average)):
        if value not in ("resistance", "conductance"):
            raise bad_parameter(
                name,
                "musi być 'resistance' albo 'conductance'",
                "must be 'resistance' or 'conductance'",
            )
    if neighbours not in (4, 8):
        raise bad_parameter("neighbours", "musi być 4 albo 8", "must be 4 or 8")
    if isinstance(habitat, pd.DataFrame):
        if polygons is not None:
            raise bad_parameter("polygons", "tylko dla rastra", "for a raster only")
        return _network(habitat, focal, values, ends)
    return _raster(habitat, focal, values, neighbours, average, polygons, id, reading)


def _conductance(values: np.ndarray, known: np.ndarray, stated: str, layer: str) -> np.ndarray:
    """Conductances; 0 = barrier."""
    numbers = values.astype(float)
    if (numbers[known] < 0).any():
        raise SchemaError(
            Text("ujemne wartości", "negative values"),
            layer=layer,
            place=stated,
            remedy=Text("podaj nodata=", "give nodata="),
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
        Text("opór 0 to zwarcie", "a resistance of 0 is a short circuit"),
        layer=layer,
        remedy=Text(
            "daj mały dodatni opór albo wskaż te komórki w polygons",
            "give a small positive resistance, or name these cells in polygons",
        ),
    )


def _network(table: pd.DataFrame, focal: Any, values: str, ends: tuple[str, str]) -> _Task:
    missing = [c for c in (*ends, values) if c not in table.columns]
    if missing:
        shown = ", ".join(missing)
        raise SchemaError(
            Text(f"brak kolumn: {shown}", f"columns are missing: {shown}"), layer="habitat"
        )
    numbers = pd.to_numeric(table[values], errors="coerce").to_numpy(float, na_value=math.nan)
    if np.isnan(numbers).any() or table[list(ends)].isna().any(axis=None):
        raise SchemaError(
            Text("puste wartości gałęzi", "a branch has missing values"), layer="habitat"
        )
    g = _conductance(numbers, np.ones(len(numbers), bool), values, "habitat")
    stacked = pd.concat([table[ends[0]], table[ends[1]]], ignore_index=True)
    codes, labels = pd.factorize(stacked)
    order = np.argsort(labels, kind="stable") if labels.dtype.kind in "iuf" else None
    if order is not None:  # numbers in their order, names as they come
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        codes, labels = rank[codes], labels[order]
    nodes = pd.Index(labels)
    u, v = codes[: len(table)], codes[len(table) :]
    used = (g > 0) & (u != v)
    frame = pd.DataFrame(
        {"low": np.minimum(u, v), "high": np.maximum(u, v), "g": g, "u": u, "v": v}
    )
    joined = (
        frame[used]
        .groupby(["low", "high"], sort=False)
        .agg({"g": "sum", "u": "first", "v": "first"})
    )
    audit = Audit().add(
        "habitat",
        "noted",
        int(used.sum()) - len(joined),
        Text("gałęzie równoległe połączono", "parallel branches were joined"),
    )
    audit = audit.add(
        "habitat",
        "dropped",
        int((~used).sum()),
        Text("gałęzie bez przewodności lub do siebie", "branches without conductance or to itself"),
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
        Text("węzły spoza sieci: opór -1", "nodes that are not in the network: resistance -1"),
        ids[at < 0],
    )
    places = {
        key: np.array([k] if k >= 0 else [], np.int64)
        for key, k in zip(ids.tolist(), at, strict=True)
    }
    return _Task(made, places, None, nodes, ends, audit)


def _no_focal() -> SchemaError:
    return SchemaError(Text("brak miejsc", "there are no focal places"), layer="focal")


def _raster(
    habitat: Any,
    focal: Any,
    values: str,
    neighbours: int,
    average: str,
    polygons: Any,
    id: str,
    reading: dict[str, Any],
) -> _Task:
    grid = grids.read(habitat, layer="habitat", in_cells=True, **reading)
    if grid.transform is not None:
        width, height = abs(grid.transform.a), abs(grid.transform.e)
        if abs(width - height) > 0.01 * max(width, height):
            raise SchemaError(
                Text("komórki nie są kwadratowe", "cells are not square"),
                layer="habitat",
                remedy=Text("przepróbkuj raster", "resample the raster"),
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
        _, node = circuits.merge(all_cells, live)
        conducts = conducts.copy()
        conducts[np.concatenate(live)] = True
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
        Text("miejsca na komórkach bez danych: opór -1", "places on NODATA: resistance -1"),
        lost,
    )
    return _Task(made, places, number.reshape(g.shape), None, ("i", "j"), audit)


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
    groups = np.split(flat[order], np.cumsum(np.bincount(start, minlength=len(ids)))[:-1])
    # -9999 is the usual NODATA: not worth a row
    odd = negative & (other.values != -9999)
    audit = Audit().add(
        layer,
        "dropped",
        int(odd.sum()),
        Text("komórki o ujemnym id", "cells with a negative id"),
        np.unique(other.values[odd]),
    )
    numbers = [int(k) if float(k).is_integer() else float(k) for k in ids]
    return dict(zip(numbers, groups if len(ids) else [], strict=True)), audit


def _burned(frame: gpd.GeoDataFrame, grid: Grid, id: str, layer: str) -> dict[Any, np.ndarray]:
    from rasterio import features

    if grid.transform is None:
        raise bad_parameter(layer, "raster nie ma położenia", "the raster has no place on the map")
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
