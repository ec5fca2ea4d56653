"""Can one still travel along each corridor: clear width today and under the plans, bottlenecks.

Land whose plan is not known is taken as free for the width (the most there can be) and as lost for
a second one: a cut is certain, or certainly none, only where the two agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.checks.contract import Run
from metrogis.checks.spatial_development.corridor_tables import Ready
from metrogis.planning.corridors import free_space
from metrogis.planning.passage import Passage, end_lines, passage, tips

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Passages:
    """Width table of corridors (index as theirs), and the places that narrow or cut them."""

    widths: pd.DataFrame
    bottlenecks: gpd.GeoDataFrame


@dataclass(frozen=True)
class _Land:
    """One corridor inside the metropolis, and what is taken from it."""

    shape: Any
    ends: list[Any]
    farthest: list[Any]
    step: float
    barriers: Array
    built: Array
    unknown: Any

    def measure(self, free: Any) -> Passage:
        return passage(free, self.shape, ends=self.ends, farthest=self.farthest, step=self.step)

    def free(self, *, plans: bool, unknown: bool = False) -> Any:
        barriers = self.barriers if plans else self.barriers[:0]
        return free_space(self.shape, barriers, self.built, self.unknown if unknown else None)


def passages(run: Run, ready: Ready) -> Passages:
    """Measure every corridor."""
    p = run.parameters
    rows: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    names = ready.corridors["name"].astype(object).to_numpy()
    for k, land in enumerate(_lands(run, ready)):
        if land is None:
            rows.append({"width_known": None, "cut": "unknown"})
            continue
        before = land.measure(land.free(plans=False))
        after = before
        if len(land.barriers):
            after = land.measure(land.free(plans=True))
        least = after
        if land.unknown is not None and after.width >= p.cut_width:
            least = land.measure(land.free(plans=True, unknown=True))
        cut = (
            "yes"
            if after.width < p.cut_width
            else "no"
            if least.width >= p.cut_width
            else "unknown"
        )
        known = cut == "yes" or abs(after.width - least.width) < 0.01 * after.width
        rows.append(
            {
                "clear_width_before_m": before.width,
                "clear_width_m": 0.0 if cut == "yes" else after.width,
                "width_known": known,
                "cut": cut,
                "strands": len([w for w in after.strands if w >= p.cut_width]),
            }
        )
        found = _cuts(run, land, before) if cut == "yes" else _narrow(after, p.bottleneck_width)
        places += [{"corridor": names[k], **f} for f in found]
    columns = ["clear_width_before_m", "clear_width_m", "width_known", "cut", "strands"]
    widths = pd.DataFrame(rows, columns=columns)
    frame = gpd.GeoDataFrame(
        pd.DataFrame(places, columns=["corridor", "kind", "width_m"]),
        geometry=[f["point"] for f in places],
        crs=run.crs,
    )
    frame.insert(2, "municipality", _municipality(ready, frame))
    order = frame["width_m"].argsort(kind="stable")
    return Passages(widths, frame.iloc[order].reset_index(drop=True))


def _municipality(ready: Ready, frame: gpd.GeoDataFrame) -> Array:
    names = ready.towns["name"].astype(object).to_numpy()
    out = np.full(len(frame), None, dtype=object)
    if len(frame):
        tree = shapely.STRtree(ready.towns.geometry.to_numpy())
        i, j = tree.query_nearest(frame.geometry.to_numpy(), all_matches=False)
        out[i] = names[j]
    return out


def _lands(run: Run, ready: Ready) -> list[_Land | None]:
    parts, conflicts = ready.pieces.parts, ready.pieces.conflicts
    cores = run.layers["core_areas"]
    core = None if cores is None else shapely.union_all(cores.geometry.to_numpy())
    study = shapely.union_all(ready.towns.geometry.to_numpy())
    built = shapely.STRtree(ready.built)
    bars = (conflicts["severity"] == "barrier").to_numpy()
    told = (conflicts["severity"] != "unknown").to_numpy()
    owner = conflicts["corridor"].to_numpy()
    lands: list[_Land | None] = []
    for k in range(len(ready.corridors)):
        mine = np.flatnonzero((parts["corridor"] == k).to_numpy())
        if not len(mine):
            lands.append(None)
            continue
        shape = shapely.union_all(ready.pieces.shapes[mine])
        own = owner == k
        ends = end_lines(shape, core, study)
        unknown = None
        if parts["unknown"].to_numpy()[mine].sum() > 0:
            rest = shapely.difference(
                shape, shapely.union_all(ready.pieces.conflict_shapes[own & told])
            )
            unknown = _broad(rest, run.parameters.tolerance)
        lands.append(
            _Land(
                shape,
                ends,
                [] if len(ends) > 1 else tips(shape, step=run.parameters.axis_step),
                run.parameters.axis_step,
                ready.pieces.conflict_shapes[own & bars],
                ready.built[built.query(shape, predicate="intersects")],
                unknown,
            )
        )
    return lands


def _broad(shape: Any, width: float) -> Any:
    """Leave out slivers: plans never meet exactly, and a slit between two is no unknown land."""
    kept = shapely.buffer(shapely.buffer(shape, -width / 2), width / 2)
    kept = shapely.intersection(kept, shape)
    return None if shapely.is_empty(kept) else kept


def _narrow(found: Passage, limit: float) -> list[dict[str, Any]]:
    return [
        {"kind": "bottleneck", "width_m": width, "point": point}
        for point, width in found.narrows
        if width < limit
    ]


def _cuts(run: Run, land: _Land, before: Passage) -> list[dict[str, Any]]:
    """Find what cuts a corridor: each body of barriers that does so alone, else all of them."""
    p = run.parameters
    gone = shapely.union_all(np.concatenate([land.barriers, land.built]))
    bodies = shapely.get_parts(shapely.get_parts(gone))
    way = before.path if before.path is not None else land.shape
    bodies = bodies[shapely.intersects(bodies, way)]
    alone = []
    for body in bodies:
        free = free_space(land.shape, np.array([body], dtype=object), land.built[:0])
        if land.measure(free).width < p.cut_width:
            alone.append(body)
    chosen = alone or list(bodies) or [land.shape]
    out = []
    for body in chosen:
        stretch = shapely.intersection(way, body)
        longest = shapely.get_parts(stretch)
        if len(longest) and shapely.length(longest).max() > 0:
            line = longest[int(np.argmax(shapely.length(longest)))]
            point = shapely.line_interpolate_point(line, 0.5, normalized=True)
        else:
            point = shapely.point_on_surface(body)
        out.append({"kind": "cut", "width_m": 0.0, "point": point})
    return out
