"""Do the plans protect ecological corridors as one system: what is lost, narrowed, cut?

Where a municipality's plan is not in the data, what it does to the corridor is *unknown*.
"""

from __future__ import annotations

from typing import Annotated, Any

import geopandas as gpd
import pandas as pd
from pydantic import Field

from metrogis.checks.contract import Check, Finding, Input, Parameters, Result, Run, Spec
from metrogis.checks.spatial_development import corridor_conflicts_texts as texts
from metrogis.checks.spatial_development.corridor_passage import Passages, passages
from metrogis.checks.spatial_development.corridor_tables import (
    conflict_table,
    corridor_table,
    municipal_table,
    prepare,
    protected_table,
)
from metrogis.checks.spatial_development.plan_inputs import PLANS, ZONES
from metrogis.texts import Text, number

_OWN = "this project's choice"


class CorridorConflictsParameters(Parameters):
    """Parameters of ``corridor_conflicts``."""

    bottleneck_width: Annotated[
        float,
        Spec(
            Text("zwężenie poniżej szerokości", "a bottleneck below a width of"),
            "m",
            f"{_OWN}: 500 m of clear width",
        ),
        Field(ge=0),
    ] = 500
    cut_width: Annotated[
        float,
        Spec(
            Text("przejście od szerokości", "a passage from a width of"),
            "m",
            f"{_OWN}: narrower ones are slits where plans do not meet exactly",
        ),
        Field(gt=0),
    ] = 10
    axis_step: Annotated[
        float,
        Spec(
            Text("odstęp punktów obrysu dla osi", "distance of outline points for the axis"),
            "m",
            f"{_OWN}: the width is then good to a few decimetres",
        ),
        Field(gt=0),
    ] = 10
    tolerance: Annotated[
        float,
        Spec(
            Text("plany stykają się do", "plans meet within"),
            "m",
            "25 m: narrower strips without a plan are no unknown land",
        ),
        Field(ge=0),
    ] = 25
    min_conflict: Annotated[
        float,
        Spec(
            Text("konflikt wymieniany od pola", "a conflict is listed from an area of"),
            "m2",
            f"{_OWN}: smaller ones are edges that do not match; they count in the sums",
        ),
        Field(ge=0),
    ] = 100
    built_up_value: Annotated[
        float,
        Spec(
            Text("komórka zabudowana od wartości", "a cell is built-up from a value of"),
            "-",
            f"{_OWN}: 1 in a raster of 0 and 1; state a share for a raster of shares",
        ),
    ] = 1


def corridor_conflicts(
    municipalities: gpd.GeoDataFrame,
    corridors: gpd.GeoDataFrame,
    plans: Any = None,
    planning_zones: gpd.GeoDataFrame | None = None,
    *,
    protected_areas: gpd.GeoDataFrame | None = None,
    built_up: Any = None,
    buildings: gpd.GeoDataFrame | None = None,
    core_areas: gpd.GeoDataFrame | None = None,
    corridor_severity: pd.DataFrame | None = None,
    **parameters: Any,
) -> Result:
    """Find what the plans do to ecological corridors and protected areas.

    Parameters
    ----------
    municipalities, corridors : GeoDataFrame
        Schemas ``Municipalities`` and ``Corridors`` (``name``, ``rank``), one projected CRS.
    plans : Plan, optional
        From :func:`metrogis.sources.app_gml.read_app`, any CRS; or
    planning_zones : GeoDataFrame, optional
        Schema ``PlanningZones``; at least one of the two.
    protected_areas : GeoDataFrame, optional
        Schema ``ProtectedAreas``.
    built_up : raster layer or GeoDataFrame, optional
        Built-up land: cells of at least ``built_up_value``, or polygons.
    buildings : GeoDataFrame, optional
        Outlines, taken as built-up beside ``built_up``.
    core_areas : GeoDataFrame, optional
        Areas the corridors join: where a corridor meets them it ends.
    corridor_severity : DataFrame, optional
        ``symbol``, ``rank``, ``severity``: overrules the default table.
    **parameters
        See :class:`CorridorConflictsParameters`.

    Returns
    -------
    Result
        Features ``corridors`` (areas in ha by effect, clear width in m before and under the
        plans, the least it can be where a plan is unknown, ``cut`` yes / no / unknown),
        ``conflicts`` (corridor x zone), ``bottlenecks``, ``protected``.

    Notes
    -----
    Clear width is the diameter of the largest disc that can travel from one end of the corridor
    to the other through its free space (corridor less barrier zones and built-up land).

    Examples
    --------
    >>> from shapely import box
    >>> towns = gpd.GeoDataFrame({"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
    ...     geometry=[box(0, 0, 5000, 4000), box(5000, 0, 9000, 4000)], crs="EPSG:2180")
    >>> green = gpd.GeoDataFrame({"name": ["K"], "rank": ["national"]},
    ...     geometry=[box(0, 1000, 9000, 2000)], crs="EPSG:2180")
    >>> zones = gpd.GeoDataFrame({"symbol": ["SU", "SO"]}, crs="EPSG:2180",
    ...     geometry=[box(2000, 0, 3000, 1700), box(3000, 0, 5000, 4000)])
    >>> result = corridor_conflicts(towns, green, planning_zones=zones)
    >>> result.municipalities[["name", "corridor_ha", "barrier_ha", "unknown_ha"]].values.tolist()
    [['A', 500.0, 70.0, 230.0], ['B', 400.0, nan, 400.0]]
    """
    run = CHECK.begin(
        parameters,
        municipalities=municipalities,
        corridors=corridors,
        plans=plans,
        planning_zones=planning_zones,
        protected_areas=protected_areas,
        built_up=built_up,
        buildings=buildings,
        core_areas=core_areas,
        corridor_severity=corridor_severity,
    )
    ready = prepare(run)
    found = passages(run, ready)
    table = corridor_table(run, ready, found)
    protected = protected_table(run, ready)
    conflicts = conflict_table(run, ready)
    towns = municipal_table(run, ready, protected, found)
    return run.result(
        municipalities=towns,
        features={
            "corridors": table,
            "conflicts": conflicts,
            "bottlenecks": found.bottlenecks,
            "protected": protected.frame,
        },
        findings=_findings(run, table, towns, found),
    )


def _findings(
    run: Run, table: gpd.GeoDataFrame, towns: gpd.GeoDataFrame, found: Passages
) -> list[Finding]:
    total = float(table["area_ha"].sum())
    sums = {k: float(table[f"{k}_ha"].sum()) for k in ("barrier", "filter", "unknown")}
    out = [
        Finding(
            texts.LOST,
            {
                "corridors": len(table),
                "corridor_ha": total,
                "barrier_ha": sums["barrier"],
                "barrier_share": sums["barrier"] / total if total else float("nan"),
                "filter_ha": sums["filter"],
                "unknown_ha": sums["unknown"],
                "unknown_share": sums["unknown"] / total if total else float("nan"),
            },
        )
    ]
    cut = table["cut"].to_numpy()
    out.append(
        Finding(
            texts.CUT,
            {
                "cut": int((cut == "yes").sum()),
                "passable": int((cut == "no").sum()),
                "cut_unknown": int((cut == "unknown").sum()),
                "bottlenecks": int((found.bottlenecks["kind"] == "bottleneck").sum()),
            },
            {
                "width": Text(
                    number(run.parameters.bottleneck_width, "pl"),
                    number(run.parameters.bottleneck_width, "en"),
                )
            },
        )
    )
    worst = table[(table["cut"] != "yes") & table["clear_width_m"].notna()]
    if len(worst):
        row = worst.loc[worst["clear_width_m"].idxmin()]
        out.append(
            Finding(
                texts.NARROWEST,
                {"narrowest_m": float(row["clear_width_m"])},
                {"narrowest": str(row["name"])},
            )
        )
    built = table["built_ha"]
    if built.notna().any():
        share = float(built.sum()) / total if total else float("nan")
        out.append(Finding(texts.BUILT, {"built_ha": float(built.sum()), "built_share": share}))
    guarded = table["protected_share"]
    if guarded.notna().any():
        inside = float((guarded * table["area_ha"]).sum())
        out.append(
            Finding(
                texts.PROTECTED,
                {
                    "protected_ha": inside,
                    "protected_share": inside / total if total else float("nan"),
                    "protected_barrier_ha": float(towns["protected_barrier_ha"].sum()),
                },
            )
        )
    bare = towns[(towns["corridor_ha"] > 0) & (towns["plan"] != "yes")]
    if len(bare):
        out.append(
            Finding(
                texts.BARE,
                {"municipalities_unknown": len(bare)},
                {"names": ", ".join(bare["name"].astype(str).head(6))},
            )
        )
    return out


CHECK = Check(
    id="corridor_conflicts",
    direction="1.2.1",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    inputs=(
        Input("municipalities", Text("granice gmin", "municipal boundaries"), "Municipalities"),
        Input("corridors", Text("korytarze ekologiczne", "ecological corridors"), "Corridors"),
        PLANS,
        ZONES,
        Input(
            "protected_areas",
            Text("obszary chronione", "protected areas"),
            "ProtectedAreas",
            required=False,
        ),
        Input("built_up", Text("zabudowa", "built-up area"), required=False),
        Input("buildings", Text("obrysy budynków", "building outlines"), "Areas", required=False),
        Input(
            "core_areas",
            Text("obszary węzłowe łączone korytarzami", "core areas the corridors join"),
            "Areas",
            required=False,
        ),
        Input(
            "corridor_severity",
            Text("tabela: strefa x ranga korytarza", "table: zone x corridor rank"),
            "Table",
            required=False,
        ),
    ),
    parameters=CorridorConflictsParameters,
    function=corridor_conflicts,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
)
