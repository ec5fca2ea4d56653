"""Whether places have a school, green areas and other services within the walks that law asks for.

Walks run along streets from the border of a place to a school or the border of a green area; see
:mod:`metrogis.streets.borders`. *Yes* needs one walk that is short enough. *No* needs streets
known all around and a layer known as far as the standard; where not even a straight line is short
enough it is certain without streets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from metrogis import crs as crs_rules
from metrogis.arrays import Array, Bools, Floats, Ints
from metrogis.checks.contract import Run
from metrogis.checks.shared.exposure import State
from metrogis.checks.shared.standards import SERVICES, Standards, standards_of
from metrogis.evidence import Evidence
from metrogis.evidence.streets import streets_evidence
from metrogis.i18n import _
from metrogis.streets import borders
from metrogis.streets.layer import network_of
from metrogis.streets.network import StreetNetwork

_EXACT = 1e-6
_HECTARE = 1e4


class SocialLayers(NamedTuple):
    """Layers that say what can be walked to; each may be missing."""

    streets: Any = None
    schools: gpd.GeoDataFrame | None = None
    green_areas: gpd.GeoDataFrame | None = None
    services: gpd.GeoDataFrame | None = None
    plans: Any = None


@dataclass(frozen=True, eq=False)
class Access:
    """What places (n,) have within the standards.

    Attributes
    ----------
    school, green, services, all : State
    school_m : ndarray
        Walk to the nearest school (m), NaN where none was found within the longest standard.
    green_ha : ndarray
        Green areas in reach together, ha.
    large_green_m : ndarray
        Walk to the nearest large green area.
    standards : Standards
    """

    school: State
    green: State
    services: State
    all: State
    school_m: Floats
    green_ha: Floats
    large_green_m: Floats
    standards: Standards

    def __getitem__(self, rows: slice) -> Access:
        """Return some of the places."""
        s = self.standards
        own = {f.name: getattr(s, f.name) for f in fields(s)}
        own = {k: v[rows] for k, v in own.items() if k != "services"}
        asked = Standards(**own, services={k: v[rows] for k, v in s.services.items()})
        states = (self.school, self.green, self.services, self.all)
        parts = [State(one.yes[rows], one.known[rows]) for one in states]
        return Access(
            parts[0],
            parts[1],
            parts[2],
            parts[3],
            self.school_m[rows],
            self.green_ha[rows],
            self.large_green_m[rows],
            asked,
        )


class _Places(NamedTuple):
    """Places that walks begin at: joined to streets, and how far these are known around them."""

    shapes: Array
    network: StreetNetwork | None
    front: borders.Fronts | None
    clear: Floats
    join: Callable[[Array, str], borders.Fronts]

    def decided(self, limit: Floats) -> Bools:
        """Tell around which places all streets within a walk are known."""
        if self.front is None:
            return np.zeros(len(self.shapes), bool)
        return np.asarray(self.front.joined & (self.clear >= limit - _EXACT))


def access_of(run: Run, layers: SocialLayers, shapes: Array, owner: Ints) -> Access:
    """Return what places have within the standards that hold there.

    Parameters
    ----------
    run : Run
        Its parameters are :class:`metrogis.checks.shared.standards.SocialParameters`.
    layers : SocialLayers
        Validated.
    shapes : array of Polygon (n,)
    owner : ndarray of int (n,)
        Municipality of each.
    """
    asked = standards_of(run, layers.plans, shapes, owner)
    longest = [
        float(a.max(initial=0.0)) for a in (asked.school_high, asked.total_m, asked.single_m)
    ]
    longest += [float(np.nanmax(a, initial=0.0)) for a in asked.services.values()]
    places = _placed(run, layers.streets, shapes, max(longest))
    school, school_m = _school(run, layers.schools, places, asked)
    green, green_ha, large = _green(run, layers.green_areas, places, asked)
    services = _services(run, layers.services, places, asked)
    parts = [State(s.yes, s.known & asked.known) for s in (school, green, services)]
    first, second, third = parts
    return Access(first, second, third, _all(parts), school_m, green_ha, large, asked)


def _all(parts: list[State]) -> State:
    """Return whether all hold: one certain no is a no, whatever is not known of the others."""
    yes = np.logical_and.reduce([s.yes & s.known for s in parts])
    no = np.logical_or.reduce([~s.yes & s.known for s in parts])
    return State(yes, yes | no)


def _placed(run: Run, streets: Any, shapes: Array, longest: float) -> _Places:
    """Join places to the walking network."""
    params = run.parameters
    network = None if streets is None else network_of(streets, "walk")
    if network is None:
        run.note("streets", "unknown", 1, _("no streets: only what lies beyond a straight line is "
                                            "known not to be within a walk"))  # fmt: skip
        none: Any = None
        return _Places(shapes, None, None, np.zeros(len(shapes)), none)
    crs_rules.require_same(municipalities=run.crs, streets=network.crs)
    parts = network.components(strong=True).length
    part = min(float(params.street_part), float(parts[0])) if len(parts) else 0.0

    lines = network.lines(np.arange(network.n_edges))

    def join(what: Array, layer: str) -> borders.Fronts:
        return borders.fronts(
            network,
            what,
            step=params.border_step,
            limit=params.street_distance,
            part=part,
            layer=layer,
            lines=lines,
        )

    known = streets_evidence(network, run.crs, run.municipalities)
    front = join(shapes, "population")
    run.note(
        "streets",
        "unknown",
        int((~front.joined).sum()),
        _("places farther from every street than streets are known: walks there are unknown"),
    )
    return _Places(shapes, network, front, known.clearance(shapes, longest), join)


def _known(run: Run, layer: str, shapes: Array, limit: Floats) -> Bools:
    """Tell around which places a layer is known: only there is a no certain."""
    evidence: Evidence = run.evidence[layer]
    municipalities = run.municipalities.geometry.to_numpy()
    if run.parameters.data_margin > 0:
        municipalities = shapely.buffer(municipalities, run.parameters.data_margin)
    # facilities are gathered for the municipalities: beyond them is what nobody looked for
    return evidence.inside(municipalities[~shapely.is_empty(municipalities)]).known_near(
        shapes, limit
    )


def _walk(places: _Places, goals: borders.Fronts | None, limit: float) -> Floats:
    if places.network is None or goals is None or places.front is None:
        return np.full(len(places.shapes), np.inf)
    return borders.distances(places.network, places.front, goals, limit + _EXACT)


def _reach(
    run: Run, layer: str, shapes: Array, places: _Places, low: Floats, high: Floats
) -> tuple[State, Floats]:
    """Tell whether a goal lies within a walk of each place; return the walks, too.

    ``low`` is the walk up to which it does, ``high`` that beyond which it does not; NaN: the place
    does not ask for any, and is not known.
    """
    n = len(places.shapes)
    asking = np.isfinite(low)
    goals = None if places.network is None else places.join(shapes, layer)
    walk = _walk(places, goals, float(np.nanmax(high, initial=0.0)))
    yes = walk <= low + _EXACT
    rest = np.flatnonzero(~yes & asking)
    decided = places.decided(high)
    # a goal within a straight line that is on no street, or whose streets are not known, may be
    # near
    pair, goal = _pairs(places.shapes[rest], shapes, high[rest])
    open_ = np.zeros(n, bool)
    joined = np.zeros(len(shapes), bool) if goals is None else goals.joined
    open_[rest[pair[~decided[rest[pair]] | ~joined[goal]]]] = True
    open_ |= walk <= high + _EXACT
    known = yes.copy()
    known[rest] = ~open_[rest] & _known(run, layer, places.shapes[rest], high[rest])
    return State(yes, known & asking), np.where(np.isfinite(walk), walk, np.nan)


def _pairs(places: Array, goals: Array, limit: Floats) -> tuple[Ints, Ints]:
    """Return positions of places and goals that lie within a straight line of each other."""
    if not len(places) or not len(goals):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    place, goal = shapely.STRtree(goals).query(places, predicate="dwithin", distance=limit + _EXACT)
    return place, goal


def _absent(run: Run, layer: str, n: int) -> State:
    run.note(layer, "unknown", 1, _("no such layer: walks to what it holds are unknown"))
    return State(np.zeros(n, bool), np.zeros(n, bool))


def _of_kinds(frame: gpd.GeoDataFrame, kinds: tuple[str, ...]) -> Bools:
    """Tell which rows are of some kinds; rows of no kind are, and with no kinds all."""
    if not kinds or "kind" not in frame:
        return np.ones(len(frame), bool)
    wanted = {k.casefold().strip() for k in kinds}
    return np.array(
        [not isinstance(v, str) or not v.strip() or v.casefold().strip() in wanted
         for v in frame["kind"].tolist()], dtype=bool,
    )  # fmt: skip


def _school(
    run: Run, schools: gpd.GeoDataFrame | None, places: _Places, asked: Standards
) -> tuple[State, Floats]:
    n = len(places.shapes)
    if schools is None:
        return _absent(run, "schools", n), np.full(n, np.nan)
    kept = _of_kinds(schools, run.parameters.school_kinds)
    run.note("schools", "dropped", int((~kept).sum()), _("schools of other kinds: not counted"))
    shapes = schools.geometry.to_numpy()[kept]
    return _reach(run, "schools", shapes, places, asked.school_low, asked.school_high)


def _services(
    run: Run, services: gpd.GeoDataFrame | None, places: _Places, asked: Standards
) -> State:
    """Tell whether all other services that plans ask for are in reach; where none is asked: yes."""
    n = len(places.shapes)
    yes, known, no = np.ones(n, bool), np.ones(n, bool), np.zeros(n, bool)
    kinds = None if services is None else services["kind"].astype(str).str.casefold().str.strip()
    for name, limit in asked.services.items():
        wanted = np.isfinite(limit)
        rows = None if kinds is None else (kinds == name).to_numpy()
        if services is None or rows is None or not rows.any():
            # a layer without any of a kind was not made for it
            text = _("no {kind} in the layer: walks to one are unknown").fill(kind=SERVICES[name])
            run.note("services", "unknown", int(wanted.sum()), text)
            state = State(np.zeros(n, bool), np.zeros(n, bool))
        else:
            shapes = services.geometry.to_numpy()[rows]
            state, _walks = _reach(run, "services", shapes, places, limit, limit)
        yes &= ~wanted | state.yes
        known &= ~wanted | state.known
        no |= wanted & state.known & ~state.yes
    return State(yes & known, known | no)


# --------------------------------------------------------------------------- green areas


def _green(
    run: Run, green: gpd.GeoDataFrame | None, places: _Places, asked: Standards
) -> tuple[State, Floats, Floats]:
    """Tell whether green areas in reach are together large enough, and one of them is large."""
    n = len(places.shapes)
    if green is None:
        nothing = np.full(n, np.nan)
        return _absent(run, "green_areas", n), nothing, nothing
    shapes, whole, own = _green_areas(run, green)
    total, sums = _together(run, places, shapes, own, asked)
    single = State(np.zeros(n, bool), np.zeros(n, bool))
    large_m = np.full(n, np.nan)
    for least in np.unique(asked.single_ha).tolist():
        here = asked.single_ha == least
        # an area that is not known may be large enough: then a no is not certain
        sure = whole >= least - _EXACT
        state, walk = _reach(
            run, "green_areas", shapes[sure], places, asked.single_m, asked.single_m
        )
        known = state.known
        dim = np.isnan(whole)
        if dim.any():
            pair, _goal = _pairs(places.shapes, shapes[dim], asked.single_m)
            known = known & (state.yes | ~np.isin(np.arange(n), pair))
        single.yes[here], single.known[here] = state.yes[here], known[here]
        large_m[here] = walk[here]
    return _all([total, single]), sums, large_m


def _green_areas(run: Run, green: gpd.GeoDataFrame) -> tuple[Array, Floats, Floats]:
    """Return the public green areas that count: shapes, and their whole and own area, ha.

    Land of two areas counts once: it is the larger one's own.
    """
    params = run.parameters
    kept = _of_kinds(green, params.green_kinds)
    if "public" in green:
        kept &= ~(green["public"].astype("boolean") == False).fillna(False).to_numpy(bool)  # noqa: E712
    shapes = green.geometry.to_numpy()
    area = shapely.area(shapes) / _HECTARE
    areal = shapely.get_dimensions(shapes) == 2
    stated = green["area_ha"].to_numpy(float) if "area_ha" in green else np.full(len(green), np.nan)
    whole = np.where(areal, area, stated)
    small = whole < params.green_least - 1e-9
    run.note("green_areas", "dropped", int((~kept).sum()),
             _("green areas that are not public or of other kinds: not counted"))  # fmt: skip
    run.note("green_areas", "dropped", int((kept & small).sum()),
             _("green areas smaller than those that count"))  # fmt: skip
    run.note("green_areas", "unknown", int((kept & np.isnan(whole)).sum()),
             _("points of green areas of unknown area: they may be large enough"))  # fmt: skip
    rows = np.flatnonzero(kept & ~small)
    box = shapely.bounds(shapes[rows])
    order = np.lexsort((box[:, 1], box[:, 0], -np.nan_to_num(whole[rows])))
    shapes, whole = shapes[rows[order]], whole[rows[order]]
    return shapes, whole, _own_area(run, shapes, whole)


def _own_area(run: Run, shapes: Array, whole: Floats) -> Floats:
    """Return the area of each that none of those before it covers, ha."""
    own = whole.copy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    before = other < one
    one, other = one[before], other[before]
    over = shapely.area(shapely.intersection(shapes[one], shapes[other])) > _EXACT
    one, other = one[over], other[over]
    for i in np.unique(one).tolist():
        above = shapely.union_all(shapes[other[one == i]])
        own[i] = shapely.area(shapely.difference(shapes[i], above)) / _HECTARE
    run.note(
        "green_areas",
        "noted",
        len(np.unique(one)),
        _("green areas that overlap others: common land counts once"),
    )
    return own


def _together(
    run: Run, places: _Places, shapes: Array, own: Floats, asked: Standards
) -> tuple[State, Floats]:
    """Tell whether the green areas within a walk are together large enough."""
    n = len(places.shapes)
    sums = np.zeros(n)
    joined = np.zeros(len(shapes), bool)
    amount = np.nan_to_num(own)
    if places.network is not None and places.front is not None:
        goals = places.join(shapes, "green_areas")
        joined = goals.joined
        for limit in np.unique(asked.total_m).tolist():
            here = asked.total_m == limit
            found = borders.amounts(places.network, places.front, goals, amount, limit + _EXACT)
            sums[here] = found[here]
    yes = sums >= asked.total_ha - _EXACT
    rest = np.flatnonzero(~yes)
    pair, goal = _pairs(places.shapes[rest], shapes, asked.total_m[rest])
    decided = places.decided(asked.total_m)[rest]
    # what may be in reach: where streets are known what was found and what is on no street; else
    # all within a straight line
    loose = ~decided[pair] | ~joined[goal] | np.isnan(own[goal])
    extent = np.where(np.isnan(own), np.inf, own)
    held = np.bincount(pair[loose], extent[goal[loose]], minlength=len(rest))
    most = held + np.where(decided, sums[rest], 0.0)
    known = yes.copy()
    known[rest] = (most < asked.total_ha[rest] - _EXACT) & _known(
        run, "green_areas", places.shapes[rest], asked.total_m[rest]
    )
    seen = sums.copy()
    if places.network is None:
        seen[:] = np.nan
    return State(yes, known), seen
