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
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from metrogis.i18n import _
from metrogis.landscape import circuit as circuits
from metrogis.landscape import circuit_input
from metrogis.landscape.circuit import Flow, Part
from metrogis.landscape.circuit_input import Task
from metrogis.landscape.grid import bad_parameter
from metrogis.provenance import Audit

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


class _Sum:
    """Adds up currents over the runs."""

    def __init__(self, task: Task, keep: bool) -> None:
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
    task = circuit_input.read(
        habitat, focal, values, neighbours, average, polygons, ends, id, reading
    )
    ids = list(task.places)
    wanted = _wanted(pairs, ids)
    square = np.full((len(ids), len(ids)), math.nan)
    np.fill_diagonal(square, 0.0)
    at = {place: k for k, place in enumerate(ids)}
    total = _Sum(task, keep_maps)
    # one factorisation for each connected part serves all its pairs
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
    task = circuit_input.read(
        habitat, focal, values, neighbours, average, polygons, ends, id, reading
    )
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
    task: Task,
    parts: dict[int, Part],
    one: np.ndarray,
    two: np.ndarray,
    tolerance: float,
    currents: bool,
) -> Flow:
    if not len(one) or not len(two):
        return _NOWHERE
    # places that share a cell are one conductor: no resistance, no current
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
    # places of several nodes are shorted for this pair alone: each pair is another circuit
    merged, new = circuits.merge(circuit, [one, two])
    source, ground = int(new[one[0]]), int(new[two[0]])
    component = int(merged.component[source])
    if component != merged.component[ground]:
        return _NOWHERE
    part = Part(merged, component, ground, tolerance=tolerance)
    return _unmerge(part.flow(source, ground, currents=currents), new)


def _unmerge(flow: Flow, new: np.ndarray) -> Flow:
    return Flow(flow.resistance, None if flow.nodes is None else flow.nodes[new], None)


def _to_all(task: Task, source: Hashable, nodes: np.ndarray, tolerance: float) -> Flow:
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
        raise bad_parameter("pairs", _("unknown ids {shown}").fill(shown=shown))
    return found
