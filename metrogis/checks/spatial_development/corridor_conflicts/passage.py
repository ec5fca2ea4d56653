"""Can one still travel along each corridor: clear width today and under the plans, bottlenecks.

Land whose plan, or whose building, is not known is taken as free for the width (the most there can
be) and as lost for a second one: a cut is certain, or certainly none, only where the two agree.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.checks.contract import Run
from metrogis.checks.contract.layers import Areas
from metrogis.checks.spatial_development.corridor_conflicts.land import Ready
from metrogis.i18n import _
from metrogis.landscape.width import ClearWidth, End, clear_width, complete_ends, ends_of
from metrogis.planning.corridors import free_space
from metrogis.planning.overlay import polygonal

_FRAGMENT = 0.05
"""Parts of a corridor below this share of it are crumbs of its clipping (this project's choice)."""
_SLIVER = 0.5
"""Metres: land of unknown building narrower than this is rounding of overlays."""
_BODIES = 12
"""Bodies of barriers, the largest ones, that are tried one by one for whether they cut."""
_NOTHING = ClearWidth(0.0)

WIDTHS = (
    "clear_width_before_m",
    "clear_width_before_least_m",
    "clear_width_m",
    "clear_width_least_m",
    "width_known",
    "state_today",
    "cut",
    "state",
    "strands",
)
"""Columns of the width table."""


@dataclass(frozen=True)
class Passages:
    """Width table of corridors (index as theirs), and the places that narrow or cut them.

    ``municipalities`` holds the row of the municipality of each place.
    """

    widths: pd.DataFrame
    bottlenecks: gpd.GeoDataFrame
    municipalities: Array


@dataclass(frozen=True, eq=False)
class _Land:
    """One connected part of a corridor inside the metropolis, and what is taken from it.

    Attributes
    ----------
    corridor : int
    shape : Polygon
    ends : list of End
    ends_known : str
        ``all``; ``some`` where a core area was lost but two ends are known; ``none``.
    barriers, built : array of geometry
        Barrier zones of the plans, built-up land.
    plan_dark, built_dark : geometry or None
        Land whose plan, or whose building, is not known.
    """

    run: Run
    corridor: int
    shape: Any
    ends: list[End]
    ends_known: str
    barriers: Array
    built: Array
    plan_dark: Any
    built_dark: Any

    def measure(self, *gone: Any) -> ClearWidth:
        """Return the clear width of the land without some geometries."""
        p = self.run.parameters
        taken = np.array([g for g in gone if g is not None], dtype=object)
        free = free_space(self.shape, taken, taken[:0])
        # where no disc fits at all there is no axis to look for
        if shapely.is_empty(shapely.buffer(free, -0.49 * p.cut_width)):
            return _NOTHING
        return clear_width(
            free,
            self.ends,
            corridor=self.shape,
            threshold=p.bottleneck_width,
            min_width=p.cut_width,
            spacing=p.axis_step,
        )

    @cached_property
    def bare(self) -> ClearWidth:
        """Clear width with nothing taken away."""
        return self.measure()

    @cached_property
    def today(self) -> ClearWidth:
        """The most there can be today."""
        return self.measure(*self.built) if len(self.built) else self.bare

    @cached_property
    def today_least(self) -> float:
        """The least there can be today."""
        if self.built_dark is None:
            return self.today.width
        return self.measure(*self.built, self.built_dark).width

    @cached_property
    def planned(self) -> ClearWidth:
        """The most there can be under the plans."""
        if not len(self.barriers):
            return self.today
        return self.measure(*self.built, *self.barriers)

    @cached_property
    def planned_least(self) -> float:
        """The least there can be under the plans."""
        if self.plan_dark is None and not len(self.barriers):
            return self.today_least
        if self.plan_dark is None and self.built_dark is None:
            return self.planned.width
        return self.measure(*self.built, *self.barriers, self.plan_dark, self.built_dark).width


@dataclass(frozen=True)
class _State:
    """What is known of one part: widths today and under the plans, most and least; the verdicts.

    A part that cannot be judged, for it is drawn narrower than the least passage, has an infinite
    width as the most: it is not what makes the others narrow.
    """

    today: float
    today_least: float
    planned: ClearWidth
    planned_least: float
    state_today: str
    state: str


def passages(run: Run, core_areas: Areas | None, ready: Ready) -> Passages:
    """Measure the clear width of every corridor today and under the plans.

    Connected parts of a corridor are judged apart, and the corridor is as its worst part. Parts
    whose outline itself is narrower than ``cut_width`` are not judged: the drawing, not the land,
    is narrow.

    Parameters
    ----------
    run : Run
    ready : Ready

    Returns
    -------
    Passages
        Bottlenecks with the narrowest first.
    """
    params = run.parameters
    places: list[dict[str, Any]] = []
    names = ready.corridors["name"].astype(object).to_numpy()
    states: dict[int, list[_State]] = {k: [] for k in range(len(names))}
    narrow = 0
    for land in _lands(run, core_areas, ready):
        state = _doubted(land, _state(land, params.cut_width))
        states[land.corridor].append(state)
        narrow += land.today.width < params.cut_width and land.bare.width < params.cut_width
        places += [{"corridor": names[land.corridor], **f} for f in _places(land, state)]
    run.note(
        "corridors",
        "unknown",
        narrow,
        _("corridors drawn narrower than the least passage: whether they are open is not judged"),
    )
    rows = [_row(found, params.cut_width) for found in states.values()]
    frame = gpd.GeoDataFrame(
        pd.DataFrame(places, columns=["corridor", "kind", "width_m"]),
        geometry=[f["point"] for f in places],
        crs=run.crs,
    )
    municipalities = _towns(ready, frame)
    order = np.argsort(frame["width_m"].to_numpy(), kind="stable")
    name = np.array([*ready.municipalities["name"], None], dtype=object)
    frame.insert(2, "municipality", name[municipalities])
    bottlenecks = frame.iloc[order].reset_index(drop=True)
    # the row of a place after sorting by width, as the municipality is
    return Passages(pd.DataFrame(rows, columns=[*WIDTHS]), bottlenecks, municipalities[order])


def _state(land: _Land, cut_width: float) -> _State:
    """Judge one part: today, and under the plans.

    Its widths are measured only as far as the verdict needs them: where it is cut though all that
    is not known was taken as free, it is cut.
    """

    # most: what is not known is free; least: what is not known is taken
    def verdict(most: float, least: float) -> str:
        return "cut" if most < cut_width else "open" if least >= cut_width else "unknown"

    today = land.today.width
    if today < cut_width and land.bare.width < cut_width:  # as drawn: nothing cuts it
        return _State(math.inf, 0.0, ClearWidth(math.inf), 0.0, "unknown", "unknown")
    if today < cut_width:
        return _State(0.0, 0.0, _NOTHING, 0.0, "cut", "cut_today")
    today_least = land.today_least
    state_today = verdict(today, today_least)
    if land.planned.width < cut_width:
        return _State(today, today_least, _NOTHING, 0.0, state_today, "cut_by_plan")
    least = land.planned_least
    state = verdict(land.planned.width, least)
    least = least if state == "open" else 0.0
    today_least = today_least if state_today == "open" else 0.0
    return _State(today, today_least, land.planned, least, state_today, state)


def _doubted(land: _Land, state: _State) -> _State:
    """Weaken the verdicts on a part near which a core area was lost: one more end may be there.

    More ends leave no more width: a cut between ends that are known stays; nothing else is sure.
    """
    if land.ends_known == "all":
        return state
    today, plan = state.state_today, state.state
    sure = land.ends_known == "some"
    return _State(
        state.today,
        0.0,
        state.planned,
        0.0,
        today if sure and today == "cut" else "unknown",
        plan if sure and plan.startswith("cut") else "unknown",
    )


def _places(land: _Land, state: _State) -> list[dict[str, Any]]:
    """Return the places that cut a part, else those that narrow it."""
    if state.state == "cut_today":
        return [{"kind": "cut_today", **f} for f in _cuts(land, land.built, land.bare)]
    if state.state == "cut_by_plan":
        # built-up land under the barriers: a place that neither cuts alone may be cut by both
        gone = np.concatenate([land.barriers, land.built])
        return [{"kind": "cut", **f} for f in _cuts(land, gone, land.today)]
    narrow = state.planned.bottlenecks
    return [
        {"kind": "bottleneck", "width_m": width, "point": point}
        for point, width in zip(narrow.geometry, narrow["width"].tolist(), strict=True)
    ]


def _worst(states: list[str], order: tuple[str, ...]) -> str:
    return next(state for state in order if state in states)


def _row(parts: list[_State], cut_width: float) -> dict[str, Any]:
    """Return the figures of a corridor: of the worst of its parts."""
    if not parts:
        return {"width_known": None, "state_today": "unknown", "cut": "unknown", "state": "unknown"}
    state = _worst([p.state for p in parts], ("cut_today", "cut_by_plan", "unknown", "open"))
    worst = min(parts, key=lambda part: part.planned.width)
    most, least = worst.planned.width, min(part.planned_least for part in parts)
    before = min(part.today for part in parts)
    cut = {"cut_today": "yes", "cut_by_plan": "yes", "unknown": "unknown", "open": "no"}[state]
    return {
        "clear_width_before_m": before if math.isfinite(before) else math.nan,
        "clear_width_before_least_m": min(part.today_least for part in parts),
        "clear_width_m": most if math.isfinite(most) else math.nan,
        "clear_width_least_m": least,
        "width_known": cut == "yes" or bool(most - least < 0.01 * most),
        "state_today": _worst([p.state_today for p in parts], ("cut", "unknown", "open")),
        "cut": cut,
        "state": state,
        "strands": len([w for w in worst.planned.strands if w >= cut_width]),
    }


def _towns(ready: Ready, frame: gpd.GeoDataFrame) -> Array:
    """Row of the municipality of each place, -1 where there is none."""
    out = np.full(len(frame), -1, dtype=np.int64)
    if len(frame):
        tree = shapely.STRtree(ready.municipalities.geometry.to_numpy())
        i, j = tree.query_nearest(frame.geometry.to_numpy(), all_matches=False)
        out[i] = j
    return out


def _lands(run: Run, core_areas: Areas | None, ready: Ready) -> Iterator[_Land]:
    """Give one part after the other: what was worked out to find its ends is still at hand."""
    params = run.parameters
    parts, conflicts = ready.pieces.parts, ready.pieces.conflicts
    core = None if core_areas is None else shapely.union_all(core_areas.geometry.to_numpy())
    study = _closed(shapely.union_all(ready.municipalities.geometry.to_numpy()), params.tolerance)
    shapely.prepare(study)
    built = shapely.STRtree(ready.built)
    bars = (conflicts["severity"] == "barrier").to_numpy()
    told = (conflicts["severity"] != "unknown").to_numpy()
    owner = conflicts["corridor"].to_numpy()
    known = np.bincount(parts["corridor"], minlength=len(ready.corridors))
    left = np.bincount(parts["corridor"], parts["unknown"], minlength=len(ready.corridors))
    crumbs = 0
    for k, corridor in enumerate(ready.corridors.geometry):
        if not known[k] or ready.leads_on[k]:
            continue
        inside = corridor if study.contains(corridor) else shapely.intersection(corridor, study)
        own = owner == k
        barriers, known_land = (ready.pieces.conflict_shapes[own & which] for which in (bars, told))
        shapes = shapely.get_parts(inside)
        large = shapely.area(shapes) >= _FRAGMENT * inside.area
        crumbs += int((~large & (shapely.area(shapes) > params.tolerance**2)).sum())
        for shape in shapes[large]:
            ends = ends_of(shape, core, study)
            sure = "all"
            if core is not None and not run.evidence["core_areas"].known_near([shape], 1.0)[0]:
                sure = "some" if len(ends) >= 2 else "none"
            if len(ends) < 2:  # found once, used for every width of this corridor
                ends = complete_ends(ends, shape, spacing=params.axis_step, least=params.cut_width)
            plan_dark = None
            if left[k] > 0:
                rest = shapely.difference(shape, shapely.union_all(known_land))
                plan_dark = _broad(rest, params.tolerance)
            houses = ready.built[built.query(shape, predicate="intersects")]
            near = barriers[shapely.intersects(barriers, shape)]
            dark = shape
            if ready.built_known.given:
                dark = shapely.difference(shape, ready.built_known.known_part([shape])[0])
                dark = _broad(dark, _SLIVER)
            yield _Land(run, k, shape, ends, sure, near, houses, plan_dark, dark)
    run.note(
        "corridors",
        "noted",
        crumbs,
        _("small parts of corridors cut off: their width was not measured"),
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
    kept = polygonal(np.array([shapely.intersection(kept, shape)], dtype=object))[0]
    return None if shapely.is_empty(kept) else kept


def _cuts(land: _Land, gone: Array, before: ClearWidth) -> list[dict[str, Any]]:
    """Find what cuts a part: each body that does so alone, else all that lie in the way.

    Bodies nearer to one another than the least passage are one: nothing passes between them.

    Parameters
    ----------
    land : _Land
    gone : array of geometry
        What is taken away.
    before : ClearWidth
        Of the part before: its path is the way that is cut.
    """
    width = land.run.parameters.cut_width
    inside = shapely.intersection(shapely.union_all(gone), land.shape)
    joined = shapely.buffer(inside, 0.499 * width)
    bodies = [shapely.intersection(inside, part) for part in shapely.get_parts(joined)]
    way = before.path if before.path is not None else land.shape
    bodies = [b for b in bodies if not shapely.is_empty(b)]
    # a body that leaves no passage beside it is about as long as the corridor is wide
    sizes = [float(np.hypot(b[2] - b[0], b[3] - b[1])) for b in map(shapely.bounds, bodies)]
    wide = [b for b, s in zip(bodies, sizes, strict=True) if s >= before.width - 2 * width]
    wide.sort(key=lambda b: (-b.area, b.bounds))
    alone = [b for b in wide[:_BODIES] if land.measure(b).width < width]
    passed = [b for b in wide or bodies if shapely.intersects(b, way)]
    chosen = alone or (passed or bodies)[:_BODIES] or [land.shape]
    return [{"width_m": 0.0, "point": _middle_of(way, body)} for body in chosen]


def _middle_of(way: Any, body: Any) -> Any:
    """Return the middle of the longest stretch of a way inside a body, else a point of the body."""
    parts = shapely.get_parts(shapely.get_parts(shapely.intersection(way, body)))
    lines = parts[(shapely.get_dimensions(parts) == 1) & (shapely.length(parts) > 0)]
    if not len(lines):
        return shapely.point_on_surface(body)
    line = lines[int(np.argmax(shapely.length(lines)))]
    return shapely.line_interpolate_point(line, 0.5, normalized=True)
