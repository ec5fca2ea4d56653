"""Can one still travel along each corridor: clear width today and under the plans, bottlenecks.

Land whose plan is not known is taken as free for the width (the most there can be) and as lost for
a second one: a cut is certain, or certainly none, only where the two agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from metrogis.checks.contract import Run
from metrogis.checks.spatial_development.corridor_tables import Ready
from metrogis.landscape.width import ClearWidth, End, clear_width, complete_ends, ends_of
from metrogis.planning.corridors import free_space
from metrogis.texts import Text

Array = npt.NDArray[Any]

_FRAGMENT = 0.05
"""Parts of a corridor below this share of it are crumbs of its clipping (this project's choice)."""


@dataclass(frozen=True)
class Passages:
    """Width table of corridors (index as theirs), and the places that narrow or cut them."""

    widths: pd.DataFrame
    bottlenecks: gpd.GeoDataFrame


@dataclass(frozen=True)
class _Land:
    """One connected part of a corridor inside the metropolis, and what is taken from it."""

    corridor: int
    shape: Any
    ends: list[End]
    barriers: Array
    built: Array
    unknown: Any

    def measure(self, run: Run, free: Any) -> ClearWidth:
        p = run.parameters
        return clear_width(
            free,
            self.ends,
            corridor=self.shape,
            threshold=p.bottleneck_width,
            spacing=p.axis_step,
        )

    def free(self, *, plans: bool, unknown: bool = False) -> Any:
        barriers = self.barriers if plans else self.barriers[:0]
        return free_space(self.shape, barriers, self.built, self.unknown if unknown else None)


@dataclass(frozen=True)
class _State:
    """What is known of one part: width today, most and least width under the plans."""

    before: float
    most: ClearWidth
    least: float
    cut: str


def passages(run: Run, ready: Ready) -> Passages:
    """Measure every corridor."""
    p = run.parameters
    places: list[dict[str, Any]] = []
    names = ready.corridors["name"].astype(object).to_numpy()
    states: dict[int, list[_State]] = {k: [] for k in range(len(names))}
    for land in _lands(run, ready):
        state, found = _state(run, land)
        states[land.corridor].append(state)
        places += [{"corridor": names[land.corridor], **f} for f in found]
    columns = [
        "clear_width_before_m",
        "clear_width_m",
        "clear_width_least_m",
        "width_known",
        "cut",
        "strands",
    ]
    rows = [_row(found, p.cut_width) for found in states.values()]
    widths = pd.DataFrame(rows, columns=columns)
    frame = gpd.GeoDataFrame(
        pd.DataFrame(places, columns=["corridor", "kind", "width_m"]),
        geometry=[f["point"] for f in places],
        crs=run.crs,
    )
    frame.insert(2, "municipality", _municipality(ready, frame))
    order = frame["width_m"].argsort(kind="stable")
    return Passages(widths, frame.iloc[order].reset_index(drop=True))


def _state(run: Run, land: _Land) -> tuple[_State, list[dict[str, Any]]]:
    p = run.parameters
    before = land.measure(run, land.free(plans=False))
    after = before
    if len(land.barriers):
        after = land.measure(run, land.free(plans=True))
    least = after.width
    if land.unknown is not None and after.width >= p.cut_width:
        least = land.measure(run, land.free(plans=True, unknown=True)).width
    if after.width < p.cut_width:  # though all unknown land was taken as free: certain
        return _State(before.width, after, 0.0, "yes"), _cuts(run, land, before)
    cut = "no" if least >= p.cut_width else "unknown"
    least = least if cut == "no" else 0.0
    narrow = after.bottlenecks
    found = [
        {"kind": "bottleneck", "width_m": width, "point": point}
        for point, width in zip(narrow.geometry, narrow["width"].tolist(), strict=True)
    ]
    return _State(before.width, after, least, cut), found


def _row(parts: list[_State], cut_width: float) -> dict[str, Any]:
    """Return the figures of a corridor: of the worst of its parts."""
    if not parts:
        return {"width_known": None, "cut": "unknown"}
    cuts = {part.cut for part in parts}
    cut = next(state for state in ("yes", "unknown", "no") if state in cuts)
    worst = min(parts, key=lambda part: part.most.width)
    most = 0.0 if cut == "yes" else worst.most.width
    least = min(part.least for part in parts)
    return {
        "clear_width_before_m": min(part.before for part in parts),
        "clear_width_m": most,
        "clear_width_least_m": least,
        "width_known": cut == "yes" or most - least < 0.01 * most,
        "cut": cut,
        "strands": len([w for w in worst.most.strands if w >= cut_width]),
    }


def _municipality(ready: Ready, frame: gpd.GeoDataFrame) -> Array:
    names = ready.towns["name"].astype(object).to_numpy()
    out = np.full(len(frame), None, dtype=object)
    if len(frame):
        tree = shapely.STRtree(ready.towns.geometry.to_numpy())
        i, j = tree.query_nearest(frame.geometry.to_numpy(), all_matches=False)
        out[i] = names[j]
    return out


def _lands(run: Run, ready: Ready) -> Iterator[_Land]:
    """Give one part after the other: what was worked out to find its ends is still at hand."""
    p = run.parameters
    parts, conflicts = ready.pieces.parts, ready.pieces.conflicts
    cores = run.layers["core_areas"]
    core = None if cores is None else shapely.union_all(cores.geometry.to_numpy())
    study = _closed(shapely.union_all(ready.towns.geometry.to_numpy()), p.tolerance)
    shapely.prepare(study)
    built = shapely.STRtree(ready.built)
    bars = (conflicts["severity"] == "barrier").to_numpy()
    told = (conflicts["severity"] != "unknown").to_numpy()
    owner = conflicts["corridor"].to_numpy()
    known = np.bincount(parts["corridor"], minlength=len(ready.corridors))
    left = np.bincount(parts["corridor"], parts["unknown"], minlength=len(ready.corridors))
    crumbs = 0
    for k, corridor in enumerate(ready.corridors.geometry):
        if not known[k]:
            continue
        inside = corridor if study.contains(corridor) else shapely.intersection(corridor, study)
        own = owner == k
        barriers, known_land = (ready.pieces.conflict_shapes[own & which] for which in (bars, told))
        shapes = shapely.get_parts(inside)
        large = shapely.area(shapes) >= _FRAGMENT * inside.area
        crumbs += int((~large & (shapely.area(shapes) > p.tolerance**2)).sum())
        for shape in shapes[large]:
            ends = ends_of(shape, core, study)
            if len(ends) < 2:  # found once, used for every width of this corridor
                ends = complete_ends(ends, shape, spacing=p.axis_step)
            unknown = None
            if left[k] > 0:
                rest = shapely.difference(shape, shapely.union_all(known_land))
                unknown = _broad(rest, p.tolerance)
            houses = ready.built[built.query(shape, predicate="intersects")]
            near = barriers[shapely.intersects(barriers, shape)]
            yield _Land(k, shape, ends, near, houses, unknown)
    run.note(
        "corridors",
        "noted",
        crumbs,
        Text(
            "drobne odcięte części korytarzy: szerokości nie mierzono",
            "small parts of corridors cut off: their width was not measured",
        ),
    )


def _closed(study: Any, tolerance: float) -> Any:
    """Fill slits between municipalities: no corridor ends at them."""
    if tolerance <= 0:
        return study
    grown = shapely.buffer(study, tolerance / 2, join_style="mitre")
    return shapely.union(study, shapely.buffer(grown, -tolerance / 2, join_style="mitre"))


def _broad(shape: Any, width: float) -> Any:
    """Leave out slivers: plans never meet exactly, and a slit between two is no unknown land."""
    kept = shapely.buffer(shapely.buffer(shape, -width / 2), width / 2)
    kept = shapely.intersection(kept, shape)
    return None if shapely.is_empty(kept) else kept


def _cuts(run: Run, land: _Land, before: ClearWidth) -> list[dict[str, Any]]:
    """Find what cuts a corridor: each body of barriers that does so alone, else all of them."""
    p = run.parameters
    gone = shapely.union_all(np.concatenate([land.barriers, land.built]))
    bodies = shapely.get_parts(shapely.get_parts(gone))
    way = before.path if before.path is not None else land.shape
    bodies = bodies[shapely.intersects(bodies, way)]
    alone = []
    for body in bodies:
        free = free_space(land.shape, np.array([body], dtype=object), land.built[:0])
        if land.measure(run, free).width < p.cut_width:
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
