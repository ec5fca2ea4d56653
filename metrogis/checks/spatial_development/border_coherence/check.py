"""Do corridors and open land go on across municipal borders, or meet building zones there?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pydantic import Field

from metrogis.checks.contract import (
    Finding,
    Outcome,
    Parameters,
    Run,
    Spec,
    check,
)
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.layers import Corridors
from metrogis.checks.contract.outlines import free_edge
from metrogis.checks.contract.shared_types import PlansMeet
from metrogis.checks.shared.plan_ground import (
    GROUND_TABLE,
    add_plan,
    known_sum,
    plan_findings,
    plan_land,
)
from metrogis.checks.shared.plans import (
    Plans,
    read_plans,
    zones_by_owner,
)
from metrogis.checks.spatial_development.border_coherence import presentation as texts
from metrogis.checks.spatial_development.border_coherence.inputs import Inputs
from metrogis.checks.spatial_development.border_coherence.reading import READING
from metrogis.checks.spatial_development.border_coherence.taken import TAKEN
from metrogis.evidence.plans import PlanCover
from metrogis.i18n import _
from metrogis.planning.borders import Border, across, nearest_of, shared_borders, side_state
from metrogis.planning.overlay import intersect, ranked
from metrogis.planning.zones import SeverityTable

_OWN = ours("34-coherence-at-borders")

Array = npt.NDArray[Any]


class BorderCoherenceParameters(Parameters):
    """Parameters of ``border_coherence``."""

    tolerance: Annotated[PlansMeet, Field(gt=0)] = 25
    step: Annotated[
        float,
        Spec(_("length of a piece of border"), "m", _OWN),
        Field(gt=0),
    ] = 10
    min_stretch: Annotated[
        float,
        Spec(
            _("a stretch is listed from a length of"),
            "m",
            _OWN.saying(_("shorter ones count in the sums")),
            range=0.2,
        ),
        Field(ge=0),
    ] = 50


@check(
    id="border_coherence",
    direction="1.2.1",
    reach=5_000.0,
    one_of=(("plans", "planning_zones"),),
    section="34-coherence-at-borders",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def border_coherence(inputs: Inputs, params: BorderCoherenceParameters, run: Run) -> Outcome:
    """Compare both sides of every border that two municipalities share.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, projected CRS in metres.
    plans : Plan, optional
        From :func:`metrogis.sources.app_gml.read_app`; or
    planning_zones : GeoDataFrame, optional
        Schema ``PlanningZones``; at least one of the two. Zones belong to the municipality of
        their ``teryt``, else to the one that holds most of them.
    corridors : GeoDataFrame, optional
        Schema ``Corridors``.
    corridor_severity : DataFrame, optional
        ``symbol``, ``rank``, ``severity``: overrules the default table (SR is a filter).
    **parameters
        See :class:`BorderCoherenceParameters`.

    Returns
    -------
    Result
        Features ``stretches`` (lines where a corridor or an open zone reaches a border, with what
        lies across and ``continues`` yes / no / unknown) and ``borders`` (one per pair).

    Notes
    -----
    A border is cut into pieces; what lies on a side is the nearest zone of that side's plan within
    ``tolerance``. Green land (corridor, or a zone that the table calls permeable) goes on where
    the other side's zone is permeable or a filter, does not where it is a barrier, and is unknown
    where no zone lies within the tolerance. Where a side has neither a known plan nor a corridor,
    whether green land reaches the border there is unknown, and so is what happens. Sums are of
    what is known (``known_m``), NaN where nothing is.

    Examples
    --------
    >>> from shapely import box
    >>> municipalities = gpd.GeoDataFrame({"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
    ...     geometry=[box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)], crs="EPSG:2180")
    >>> zones = gpd.GeoDataFrame({"symbol": ["SO", "SJ", "SN"]}, crs="EPSG:2180",
    ...     geometry=[box(0, 0, 990, 1000), box(1010, 0, 2000, 300), box(1000, 300, 2000, 600)])
    >>> result = border_coherence(municipalities, planning_zones=zones)
    >>> table = result.features["borders"]  # zones reach as far as the tolerance
    >>> table[["green_m", "yes_m", "no_m", "unknown_m"]].values.tolist()
    [[1000.0, 310.0, 290.0, 400.0]]
    """
    municipalities = inputs.municipalities
    plans = read_plans(run, inputs.plans, inputs.planning_zones, tolerance=params.tolerance)
    severity = SeverityTable(inputs.corridor_severity, layer="corridor_severity")
    border = shared_borders(
        municipalities.geometry.to_numpy(), tolerance=params.tolerance, step=params.step
    )
    sides = _sides(run, inputs.corridors, border, plans, municipalities, severity)
    stretches = _stretches(run, inputs, border, sides, municipalities)
    pairs = _pairs(border, sides, municipalities, run)
    table = _municipal(municipalities, border, sides, plans.cover, params.tolerance)
    return Outcome(
        municipalities=table,
        features={
            "stretches": stretches[stretches["length_m"] >= params.min_stretch].reset_index(
                drop=True
            ),
            "borders": pairs,
            GROUND_TABLE: plan_land(municipalities, plans.cover),
        },
        findings=_findings(pairs, stretches, municipalities, plans.cover),
    )


CHECK = border_coherence.check


class _Sides:
    """What lies on both sides of each piece: columns ``a`` and ``b`` of each array."""

    def __init__(self, symbol: Array, corridor: Array, green: Array, state: Array) -> None:
        self.symbol, self.corridor, self.green, self.state = symbol, corridor, green, state
        no = (state == "no").any(axis=1)
        unknown = (state == "unknown").any(axis=1)
        some = (state != None).any(axis=1)  # noqa: E711 - element by element
        self.whole = np.where(no, "no", np.where(unknown, "unknown", np.where(some, "yes", "")))


def _sides(
    run: Run,
    corridors: Corridors | None,
    border: Border,
    plans: Plans,
    municipalities: gpd.GeoDataFrame,
    severity: SeverityTable,
) -> _Sides:
    params, n = run.parameters, len(border.pieces)
    zone = _zones_beside(run, border, plans, municipalities, severity)
    corridor = _corridors_beside(run, corridors, border, municipalities)
    symbols = np.array([*plans.zones["symbol"], None], dtype=object)
    symbol = symbols[zone]  # -1: the None at the end
    ranks: list[Any] = [None] * (0 if corridors is None else len(corridors))
    if corridors is not None and "rank" in corridors:
        ranks = corridors["rank"].tolist()
    # rows of the corridors that could not be read may have lain here
    all_corridors = np.ones(n, bool)
    if corridors is not None:
        all_corridors = run.evidence["corridors"].known_near(border.middles, params.tolerance)
    green, state = np.zeros((n, 2), bool), np.empty((n, 2), dtype=object)
    for side in (0, 1):
        here, there = corridor[:, side], corridor[:, 1 - side]
        # a corridor on one side asks the same of both: what its rank makes of the zones
        own = np.where(here >= 0, here, there)
        rank = [ranks[c] if c >= 0 else None for c in own.tolist()]
        effect = np.array(severity.map(symbol[:, side], rank), dtype=object)
        across_it = np.array(severity.map(symbol[:, 1 - side], rank), dtype=object)
        green[:, side] = (here >= 0) | (effect == "permeable")
        sure = (effect != None) & all_corridors  # noqa: E711 - element by element
        state[:, side] = side_state(green[:, side], across_it, sure)
    return _Sides(symbol, corridor, green, state)


def _zones_beside(
    run: Run,
    border: Border,
    plans: Plans,
    municipalities: gpd.GeoDataFrame,
    severity: SeverityTable,
) -> Array:
    """Zone on either side of each piece (row of the zones), -1 where it is not known."""
    tolerance = run.parameters.tolerance
    shapes, zone, owner = zones_by_owner(run, plans.zones, municipalities, tolerance)
    symbols = plans.zones["symbol"].to_numpy()[zone]
    harm = {"barrier": 0, "filter": 1, "permeable": 2, None: 3}
    effect = severity.map(symbols, [None] * len(symbols))
    # where zones overlap at the border the one that harms most is what one meets
    order = ranked(shapes, [harm[found] for found in effect], symbols)
    found = np.full((len(border.pieces), 2), -1, dtype=np.int64)
    lost = plans.evidence.lost_near(border.middles, tolerance)
    for side, column in enumerate(("a", "b")):
        own = border.pieces[column].to_numpy()
        at = nearest_of(border.middles, own, shapes, owner, tolerance, rank=order)
        at[lost] = -1
        # a zone beside land without a plan does not tell what is planned on that land
        some = np.flatnonzero(at >= 0)
        gap = shapely.distance(border.middles[some], shapes[at[some]])
        away = np.flatnonzero(gap > 0)
        bare = shapely.distance(border.middles[some[away]], plans.cover.unknown[own[some[away]]])
        at[some[away[bare < gap[away]]]] = -1
        found[:, side] = np.where(at >= 0, zone[at], -1) if len(zone) else -1
    return found


def _corridors_beside(
    run: Run, corridors: Corridors | None, border: Border, municipalities: gpd.GeoDataFrame
) -> Array:
    """Corridor on either side of each piece (row of the corridors), -1 where there is none."""
    layer, tolerance = corridors, run.parameters.tolerance
    found = np.full((len(border.pieces), 2), -1, dtype=np.int64)
    if layer is None:
        return found
    # the part that lies on a side, not merely near the border
    parts = intersect(layer.geometry.to_numpy(), municipalities.geometry.to_numpy(), min_area=1)
    if not len(parts.left):
        return found
    order = ranked(parts.geometry, layer["name"].to_numpy(object)[parts.left])
    for side, column in enumerate(("a", "b")):
        own = border.pieces[column].to_numpy()
        at = nearest_of(border.middles, own, parts.geometry, parts.right, tolerance, rank=order)
        at = across(border, parts.geometry, at)
        found[:, side] = np.where(at >= 0, parts.left[at], -1)
    return found


def _stretches(
    run: Run, inputs: Inputs, border: Border, sides: _Sides, municipalities: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Join pieces that follow one another and say the same into lines, side by side."""
    name = municipalities["name"].to_numpy()
    corridors, symbols = inputs.corridors, sides.symbol
    called = None if corridors is None else corridors["name"].to_numpy(object)
    rows: list[dict[str, Any]] = []
    parts: list[Array] = []
    pieces = border.pieces
    length = pieces["length"].to_numpy()
    pair = pieces[["a", "b", "line"]].to_numpy()
    for side in (0, 1):
        key = pd.DataFrame(
            {
                "line": pair[:, 2],
                "corridor": sides.corridor[:, side],
                "here": symbols[:, side],
                "there": symbols[:, 1 - side],
                "green": sides.green[:, side],
                "state": sides.state[:, side],
            }
        ).astype(object)
        # a new stretch begins where any of the six changes; two missing values are no change
        changed = (key != key.shift()) & ~(key.isna() & key.shift().isna())
        run_of = changed.any(axis=1).cumsum().to_numpy()
        for members in np.split(np.arange(len(key)), np.flatnonzero(np.diff(run_of)) + 1):
            if not len(members) or not sides.green[members[0], side]:
                continue
            first = members[0]
            c = int(sides.corridor[first, side])
            ends = (int(pair[first, side]), int(pair[first, 1 - side]))
            rows.append(
                {
                    "from": name[ends[0]],
                    "to": name[ends[1]],
                    "kind": "corridor" if c >= 0 else "open_zone",
                    "corridor": called[c] if c >= 0 and called is not None else None,
                    "symbol_from": symbols[first, side],
                    "symbol_to": symbols[first, 1 - side],
                    "continues": sides.state[first, side],
                    "length_m": float(length[members].sum()),
                }
            )
            parts.append(members)
    of_line = np.repeat(np.arange(len(parts)), [len(members) for members in parts])
    shapes = border.shapes[np.concatenate(parts) if parts else np.zeros(0, np.int64)]
    lines = shapely.line_merge(shapely.multilinestrings(shapes, indices=of_line))
    columns = [
        "from",
        "to",
        "kind",
        "corridor",
        "symbol_from",
        "symbol_to",
        "continues",
        "length_m",
    ]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=lines, crs=run.crs)
    # what is broken first, the longest first
    order = {"no": 0, "unknown": 1, "yes": 2}
    frame = frame.assign(_order=frame["continues"].map(order).astype(float))
    frame = frame.sort_values(["_order", "length_m"], ascending=[True, False], kind="stable")
    return frame.drop(columns="_order").reset_index(drop=True)


def _lengths(
    length: Array, sides: _Sides, sums: Callable[[Array], Array], beside: Any = 0.0
) -> dict[str, Array]:
    """Lengths by what happens there; NaN where no piece is known, for 0 would tell that all is.

    Parameters
    ----------
    length : array of float (pieces,)
    sides : _Sides
    sums : callable
        Sum lengths of pieces (0 for the others) by border or municipality.
    beside : array of float
        Length of the outline beside which a municipality without an outline may lie.
    """
    found = {"border_m": sums(length)}
    for state in ("yes", "no", "unknown"):
        found[f"{state}_m"] = sums(np.where(sides.whole == state, length, 0.0))
    found["green_m"] = sums(np.where(sides.green.any(axis=1), length, 0.0))
    found["known_m"] = sums(np.where(sides.whole != "unknown", length, 0.0))
    some = (found["known_m"] > 0) | ((found["border_m"] <= 0) & (beside <= 0))
    for name in ("green_m", "yes_m", "no_m"):
        found[name] = known_sum(found[name], some)
    decided = found["yes_m"] + found["no_m"]
    with np.errstate(invalid="ignore", divide="ignore"):
        found["no_share"] = np.where(decided > 0, found["no_m"] / decided, np.nan)
        found["known_share"] = found["known_m"] / found["border_m"]
    # a class of the map is certain where what is not known could not change it
    low, high = (np.searchsorted(texts.BREAKS, v, side="right") for v in (
        found["no_m"], found["no_m"] + found["unknown_m"] + beside))  # fmt: skip
    found["no_class_m"] = np.where(low == high, found["no_m"], np.nan)
    return {name: found[name] for name in texts.LENGTHS}


def _pairs(
    border: Border, sides: _Sides, municipalities: gpd.GeoDataFrame, run: Run
) -> gpd.GeoDataFrame:
    """One row per pair of neighbours: length of the border by what happens there."""
    pieces, name = border.pieces, municipalities["name"].to_numpy()
    groups = pieces.groupby(["a", "b"]).indices
    which = np.zeros(len(pieces), np.int64)
    lines = []
    for k, members in enumerate(groups.values()):
        which[members] = k
        lines.append(shapely.line_merge(shapely.multilinestrings(border.shapes[members])))

    def sums(values: Array) -> Array:
        return np.bincount(which, values, minlength=len(groups))

    ends = np.array([*groups], dtype=np.int64).reshape(-1, 2)
    columns = {"a": name[ends[:, 0]], "b": name[ends[:, 1]]}
    columns |= _lengths(pieces["length"].to_numpy(), sides, sums)
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=lines, crs=run.crs)


def _municipal(
    municipalities: gpd.GeoDataFrame,
    border: Border,
    sides: _Sides,
    cover: PlanCover,
    tolerance: float,
) -> gpd.GeoDataFrame:
    n, pieces = len(municipalities), border.pieces
    table = add_plan(municipalities[["teryt", "name", "geometry"]].copy(), cover)

    def sums(values: Array) -> Array:
        # a border counts for both of its municipalities
        both = (np.bincount(pieces[s].to_numpy(), values, minlength=n) for s in ("a", "b"))
        return np.asarray(sum(both))

    beside = free_edge(municipalities, tolerance)
    for column, values in _lengths(pieces["length"].to_numpy(), sides, sums, beside).items():
        table[column] = values
    return table


def _findings(
    pairs: gpd.GeoDataFrame,
    stretches: gpd.GeoDataFrame,
    municipalities: gpd.GeoDataFrame,
    cover: PlanCover,
) -> list[Finding]:
    names = ("border_m", "green_m", "yes_m", "no_m", "unknown_m")
    border, green, yes, no, unknown = (float(pairs[k].sum()) / 1000 for k in names)
    if border and unknown >= border - 1e-9 and not green:
        found = [Finding(texts.DARK, {"border_km": border}, unknown=True)]
    else:
        known = yes + no
        values = {
            "border_km": border,
            "green_km": green,
            "no_km": no if known or not unknown else float("nan"),
            "no_share": no / known if known else float("nan"),
            "unknown_km": unknown,
        }
        found = [Finding(texts.lengths(values), values, unknown=unknown > 0.5 * border)]
    broken = stretches[(stretches["kind"] == "corridor") & (stretches["continues"] == "no")]
    if len(broken):
        worst = broken.iloc[0]
        found.append(
            Finding(
                texts.CORRIDOR,
                {
                    "corridor_no_km": float(broken["length_m"].sum()) / 1000,
                    "corridor_worst_m": float(worst["length_m"]),
                },
                {
                    "corridor": str(worst["corridor"]),
                    "here": str(worst["from"]),
                    "there": str(worst["to"]),
                },
            )
        )
    if len(pairs) and pairs["no_m"].max() > 0:
        worst = pairs.loc[pairs["no_m"].idxmax()]
        found.append(
            Finding(
                texts.WORST,
                {"worst_km": float(worst["no_m"]) / 1000},
                {"a": str(worst["a"]), "b": str(worst["b"])},
            )
        )
    return found + plan_findings(municipalities, cover)
