"""Do corridors and open land go on across municipal borders, or meet building zones there?"""

from __future__ import annotations

from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pydantic import Field

from metrogis.checks.contract import Check, Finding, Input, Parameters, Result, Run, Spec
from metrogis.checks.spatial_development import border_coherence_texts as texts
from metrogis.checks.spatial_development.plan_inputs import PLANS, ZONES, zone_owners, zones_of
from metrogis.planning.borders import Border, across, nearest_of, shared_borders, side_state
from metrogis.planning.overlay import intersect
from metrogis.planning.zones import SeverityTable
from metrogis.texts import Text

Array = npt.NDArray[Any]

_OWN = "this project's choice"


class BorderCoherenceParameters(Parameters):
    """Parameters of ``border_coherence``."""

    tolerance: Annotated[
        float,
        Spec(
            Text("plany stykają się do", "plans meet within"),
            "m",
            "25 m: plans never share a border exactly",
        ),
        Field(gt=0),
    ] = 25
    step: Annotated[
        float,
        Spec(Text("długość odcinka granicy", "length of a piece of border"), "m", _OWN),
        Field(gt=0),
    ] = 10
    min_stretch: Annotated[
        float,
        Spec(
            Text("odcinek wymieniany od długości", "a stretch is listed from a length of"),
            "m",
            f"{_OWN}: shorter ones count in the sums",
        ),
        Field(ge=0),
    ] = 50


def border_coherence(
    municipalities: gpd.GeoDataFrame,
    plans: Any = None,
    planning_zones: gpd.GeoDataFrame | None = None,
    *,
    corridors: gpd.GeoDataFrame | None = None,
    corridor_severity: pd.DataFrame | None = None,
    **parameters: Any,
) -> Result:
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
    where no zone lies within the tolerance.

    Examples
    --------
    >>> from shapely import box
    >>> towns = gpd.GeoDataFrame({"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
    ...     geometry=[box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)], crs="EPSG:2180")
    >>> zones = gpd.GeoDataFrame({"symbol": ["SO", "SJ", "SN"]}, crs="EPSG:2180",
    ...     geometry=[box(0, 0, 990, 1000), box(1010, 0, 2000, 300), box(1000, 300, 2000, 600)])
    >>> result = border_coherence(towns, planning_zones=zones)
    >>> table = result.features["borders"]  # zones reach as far as the tolerance
    >>> table[["green_m", "yes_m", "no_m", "unknown_m"]].values.tolist()
    [[1000.0, 340.0, 290.0, 370.0]]
    """
    run = CHECK.begin(
        parameters,
        municipalities=municipalities,
        plans=plans,
        planning_zones=planning_zones,
        corridors=corridors,
        corridor_severity=corridor_severity,
    )
    p = run.parameters
    towns = run.layers["municipalities"]
    zones = zones_of(run, CHECK.id)
    severity = SeverityTable(run.layers["corridor_severity"], layer="corridor_severity")
    owner = zone_owners(run, zones, towns)
    border = shared_borders(towns.geometry.to_numpy(), tolerance=p.tolerance, step=p.step)
    sides = _sides(run, border, zones, owner, towns, severity)
    stretches = _stretches(run, border, sides, towns)
    pairs = _pairs(border, sides, towns, run)
    table = _municipal(towns, border, sides, owner)
    return run.result(
        municipalities=table,
        features={
            "stretches": stretches[stretches["length_m"] >= p.min_stretch].reset_index(drop=True),
            "borders": pairs,
        },
        findings=_findings(pairs, stretches, table),
    )


class _Sides:
    """What lies on both sides of each piece: columns ``a`` and ``b`` of each array."""

    def __init__(self, symbol: Array, corridor: Array, state: Array) -> None:
        self.symbol, self.corridor, self.state = symbol, corridor, state
        no = (state == "no").any(axis=1)
        unknown = (state == "unknown").any(axis=1)
        some = (state != None).any(axis=1)  # noqa: E711 - element by element
        self.whole = np.where(no, "no", np.where(unknown, "unknown", np.where(some, "yes", "")))


def _sides(
    run: Run,
    border: Border,
    zones: gpd.GeoDataFrame,
    owner: Array,
    towns: gpd.GeoDataFrame,
    severity: SeverityTable,
) -> _Sides:
    p, n = run.parameters, len(border.pieces)
    shapes, symbols = zones.geometry.to_numpy(), zones["symbol"].tolist()
    corridors = run.layers["corridors"]
    names: list[Any] = [] if corridors is None else corridors["name"].tolist()
    ranks: list[Any] = [None] * len(names)
    if corridors is not None and "rank" in corridors:
        ranks = corridors["rank"].tolist()
    zone = np.full((n, 2), -1, dtype=np.int64)
    corridor = np.full((n, 2), -1, dtype=np.int64)
    parts = None
    if corridors is not None:  # the part that lies on a side, not merely near the border
        parts = intersect(corridors.geometry.to_numpy(), towns.geometry.to_numpy(), min_area=1)
    for side, column in enumerate(("a", "b")):
        own = border.pieces[column].to_numpy()
        zone[:, side] = nearest_of(border.middles, own, shapes, owner, p.tolerance)
        if parts is not None:
            at = nearest_of(border.middles, own, parts.geometry, parts.right, p.tolerance)
            at = across(border, parts.geometry, at)
            corridor[:, side] = np.where(at >= 0, parts.left[at], -1) if len(parts.left) else -1
    rank = [ranks[c] if c >= 0 else None for c in corridor.max(axis=1)]
    symbol, effect = np.empty((n, 2), dtype=object), np.empty((n, 2), dtype=object)
    for side in (0, 1):
        symbol[:, side] = [symbols[z] if z >= 0 else None for z in zone[:, side]]
        effect[:, side] = severity.map(symbol[:, side], rank)
    state = np.empty((n, 2), dtype=object)
    for side in (0, 1):
        green = (corridor[:, side] >= 0) | (effect[:, side] == "permeable")
        state[:, side] = side_state(green, effect[:, 1 - side])
    return _Sides(symbol, corridor, state)


def _stretches(
    run: Run, border: Border, sides: _Sides, towns: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Join pieces that follow one another and say the same into lines, side by side."""
    name = towns["name"].to_numpy()
    corridors, symbols = run.layers["corridors"], sides.symbol
    rows: list[dict[str, Any]] = []
    lines: list[Any] = []
    pieces = border.pieces
    pair = pieces[["a", "b", "line"]].to_numpy()
    for side in (0, 1):
        key = pd.DataFrame(
            {
                "line": pair[:, 2],
                "corridor": sides.corridor[:, side],
                "here": symbols[:, side],
                "there": symbols[:, 1 - side],
                "state": sides.state[:, side],
            }
        ).astype(object)
        changed = (key != key.shift()) & ~(key.isna() & key.shift().isna())
        run_of = changed.any(axis=1).cumsum().to_numpy()
        for members in np.split(np.arange(len(key)), np.flatnonzero(np.diff(run_of)) + 1):
            if not len(members) or sides.state[members[0], side] is None:
                continue
            first = members[0]
            c = int(sides.corridor[first, side])
            ends = (int(pair[first, side]), int(pair[first, 1 - side]))
            rows.append(
                {
                    "from": name[ends[0]],
                    "to": name[ends[1]],
                    "kind": "corridor" if c >= 0 else "open_zone",
                    "corridor": corridors["name"].iloc[c] if c >= 0 else None,
                    "symbol_from": symbols[first, side],
                    "symbol_to": symbols[first, 1 - side],
                    "continues": sides.state[first, side],
                    "length_m": float(pieces["length"].to_numpy()[members].sum()),
                }
            )
            lines.append(shapely.line_merge(shapely.multilinestrings(border.shapes[members])))
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
    order = {"no": 0, "unknown": 1, "yes": 2}
    frame = frame.assign(_order=frame["continues"].map(order).astype(float))
    frame = frame.sort_values(["_order", "length_m"], ascending=[True, False], kind="stable")
    return frame.drop(columns="_order").reset_index(drop=True)


def _pairs(border: Border, sides: _Sides, towns: gpd.GeoDataFrame, run: Run) -> gpd.GeoDataFrame:
    """One row per pair of neighbours: length of the border by what happens there."""
    pieces, name = border.pieces, towns["name"].to_numpy()
    rows, lines = [], []
    for (a, b), members in pieces.groupby(["a", "b"]).indices.items():
        length = pieces["length"].to_numpy()[members]
        whole = sides.whole[members]
        row = {"a": name[a], "b": name[b], "border_m": float(length.sum())}
        row["green_m"] = float(length[whole != ""].sum())
        for state in ("yes", "no", "unknown"):
            row[f"{state}_m"] = float(length[whole == state].sum())
        known = row["yes_m"] + row["no_m"]
        row["no_share"] = row["no_m"] / known if known > 0 else np.nan
        rows.append(row)
        lines.append(shapely.line_merge(shapely.multilinestrings(border.shapes[members])))
    columns = ["a", "b", "border_m", "green_m", "yes_m", "no_m", "unknown_m", "no_share"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=lines, crs=run.crs)


def _municipal(
    towns: gpd.GeoDataFrame, border: Border, sides: _Sides, owner: Array
) -> gpd.GeoDataFrame:
    n, pieces = len(towns), border.pieces
    table = towns[["teryt", "name", "geometry"]].copy()
    has_plan = np.bincount(owner[owner >= 0], minlength=n) > 0
    table["plan"] = np.where(has_plan, "yes", "unknown")
    length = pieces["length"].to_numpy()

    def total(rows: Array) -> Array:
        both = [
            np.bincount(pieces[side].to_numpy()[rows], length[rows], minlength=n)
            for side in ("a", "b")
        ]
        return np.asarray(both[0] + both[1])

    table["border_m"] = total(np.ones(len(pieces), dtype=bool))
    table["green_m"] = total(sides.whole != "")
    for state in ("yes", "no", "unknown"):
        table[f"{state}_m"] = total(sides.whole == state)
    # without a plan of its own nothing is known of what a municipality does at its borders
    table.loc[~has_plan, ["green_m", "yes_m", "no_m"]] = np.nan
    known = table["yes_m"] + table["no_m"]
    table["no_share"] = (table["no_m"] / known).where(known > 0)
    return table


def _findings(
    pairs: gpd.GeoDataFrame, stretches: gpd.GeoDataFrame, table: gpd.GeoDataFrame
) -> list[Finding]:
    sums = {k: float(pairs[k].sum()) / 1000 for k in ("border_m", "green_m", "no_m", "unknown_m")}
    known = float((pairs["yes_m"] + pairs["no_m"]).sum()) / 1000
    bare = int((table["plan"] != "yes").sum())
    if bare and not sums["green_m"]:  # a length of 0 would tell that nothing is there
        found = [Finding(texts.DARK, {"border_km": sums["border_m"]})]
    else:
        values = {
            "border_km": sums["border_m"],
            "green_km": sums["green_m"],
            "no_km": sums["no_m"],
            "no_share": sums["no_m"] / known if known else float("nan"),
            "unknown_km": sums["unknown_m"],
        }
        found = [Finding(texts.LENGTHS, values)]
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
    if bare:
        found.append(Finding(texts.BARE, {"municipalities_without_plan": bare}))
    return found


CHECK = Check(
    id="border_coherence",
    direction="1.2.1",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    inputs=(
        Input("municipalities", Text("granice gmin", "municipal boundaries"), "Municipalities"),
        PLANS,
        ZONES,
        Input(
            "corridors",
            Text("korytarze ekologiczne", "ecological corridors"),
            "Corridors",
            required=False,
        ),
        Input(
            "corridor_severity",
            Text("tabela: strefa x ranga korytarza", "table: zone x corridor rank"),
            "Table",
            required=False,
        ),
    ),
    parameters=BorderCoherenceParameters,
    function=border_coherence,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
)
