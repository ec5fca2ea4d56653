"""Do the plans protect ecological corridors as one system: what is lost, narrowed, cut?

Where a municipality's plan is not in the data, what it does to the corridor is *unknown*.
"""

from __future__ import annotations

from typing import Annotated

import geopandas as gpd
import pandas as pd
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
from metrogis.checks.contract.layers import ProtectedAreas
from metrogis.checks.contract.shared_types import BuiltUpValue, MinConflict, PlansMeet
from metrogis.checks.shared.plan_ground import GROUND_TABLE, listed, plan_land
from metrogis.checks.spatial_development.corridor_conflicts import presentation as texts
from metrogis.checks.spatial_development.corridor_conflicts.inputs import Inputs
from metrogis.checks.spatial_development.corridor_conflicts.land import Ready, prepare
from metrogis.checks.spatial_development.corridor_conflicts.passage import Passages, passages
from metrogis.checks.spatial_development.corridor_conflicts.ranks import (
    least_widths,
    wide_enough,
)
from metrogis.checks.spatial_development.corridor_conflicts.reading import READING
from metrogis.checks.spatial_development.corridor_conflicts.tables import (
    conflict_table,
    corridor_table,
    municipal_table,
    protected_table,
    totals,
)
from metrogis.checks.spatial_development.corridor_conflicts.taken import TAKEN
from metrogis.i18n import LANGUAGES, Text, _, number

_OWN = ours("32-plans-in-ecological-corridors")


class CorridorConflictsParameters(Parameters):
    """Parameters of ``corridor_conflicts``."""

    bottleneck_width: Annotated[
        float,
        Spec(
            _("a bottleneck below a width of"),
            "m",
            _OWN.saying(_("500 m of clear width")),
            range=0.2,
        ),
        Field(ge=0),
    ] = 500
    main_width: Annotated[
        float,
        Spec(
            _("least width of main corridors"),
            "m",
            _OWN.saying(_("no act sets a width; main ones are kilometres wide")),
        ),
        Field(ge=0),
    ] = 1000
    regional_width: Annotated[
        float,
        Spec(
            _("least width of regional corridors"),
            "m",
            _OWN.saying(_("no act sets a width; 500 m of clear width")),
        ),
        Field(ge=0),
    ] = 500
    local_width: Annotated[
        float,
        Spec(
            _("least width of local corridors"),
            "m",
            _OWN.saying(_("no act sets a width; a strip with some inner land")),
        ),
        Field(ge=0),
    ] = 200
    cut_width: Annotated[
        float,
        Spec(
            _("a passage from a width of"),
            "m",
            _OWN.saying(
                _("narrower ones are slits where plans do not meet exactly"),
            ),
            range=0.2,
        ),
        Field(gt=0),
    ] = 10
    axis_step: Annotated[
        float,
        Spec(
            _("distance of outline points for the axis"),
            "m",
            _OWN.saying(
                _("the width is then good to a few decimetres"),
            ),
        ),
        Field(gt=0),
    ] = 10
    tolerance: PlansMeet = 25
    min_conflict: MinConflict = 100
    built_up_value: BuiltUpValue = 1


@check(
    id="corridor_conflicts",
    direction="1.2.1",
    reach=20_000.0,
    one_of=(("plans", "planning_zones"),),
    section="32-plans-in-ecological-corridors",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def corridor_conflicts(inputs: Inputs, params: CorridorConflictsParameters, run: Run) -> Outcome:
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
        Features ``corridors`` (areas in ha by effect; clear width in m today and under the plans,
        the most and the least it can be; ``cut`` yes / no / unknown; ``state_today`` open / cut /
        unknown; ``state`` open / cut_today / cut_by_plan / unknown; ``min_width_m`` of its rank and
        ``wide_enough`` yes / no / unknown), ``conflicts`` (corridor x
        zone), ``bottlenecks`` (and places that cut), ``protected``, ``plan_cover``.

    Notes
    -----
    Clear width is the diameter of the largest disc that can travel from one end of the corridor
    to the other through its free space (corridor less barrier zones and built-up land). A corridor
    is cut where no such disc is left though all land whose plan or building is not known was taken
    as free; open where one is left though all of it was taken as lost; else it is unknown. Without
    a layer of built-up land nothing is known of building, so no corridor is certainly open.

    Examples
    --------
    >>> from shapely import box
    >>> municipalities = gpd.GeoDataFrame({"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
    ...     geometry=[box(0, 0, 5000, 4000), box(5000, 0, 9000, 4000)], crs="EPSG:2180")
    >>> green = gpd.GeoDataFrame({"name": ["K"], "rank": ["national"]},
    ...     geometry=[box(0, 1000, 9000, 2000)], crs="EPSG:2180")
    >>> zones = gpd.GeoDataFrame({"symbol": ["SU", "SO"]}, crs="EPSG:2180",
    ...     geometry=[box(2000, 0, 3000, 1700), box(3000, 0, 5000, 4000)])
    >>> result = corridor_conflicts(municipalities, green, planning_zones=zones)
    >>> result.municipalities[["name", "corridor_ha", "barrier_ha", "unknown_ha"]].values.tolist()
    [['A', 500.0, 70.0, 230.0], ['B', 400.0, nan, 400.0]]
    """
    ready = prepare(run, inputs)
    found = passages(run, inputs.core_areas, ready)
    table = corridor_table(run, inputs.protected_areas, ready, found)
    table["min_width_m"] = least_widths(
        table["rank"].to_numpy(), params.main_width, params.regional_width, params.local_width
    )
    table["wide_enough"] = wide_enough(table, table["min_width_m"].to_numpy())
    protected = protected_table(run, inputs.protected_areas, ready)
    conflicts = conflict_table(run, ready)
    municipalities = municipal_table(run, ready, protected, found)
    return Outcome(
        municipalities=municipalities,
        features={
            "corridors": table,
            "conflicts": conflicts,
            "bottlenecks": found.bottlenecks,
            "protected": protected.frame,
            GROUND_TABLE: plan_land(ready.municipalities, ready.plans.cover),
        },
        findings=_findings(run, inputs.protected_areas, ready, table, municipalities, found),
    )


CHECK = corridor_conflicts.check


def _findings(
    run: Run,
    protected_areas: ProtectedAreas | None,
    ready: Ready,
    table: gpd.GeoDataFrame,
    municipalities: gpd.GeoDataFrame,
    found: Passages,
) -> list[Finding]:
    land = totals(run, protected_areas, ready)
    out = [*_not_read(run), _lost(land), _cut(run, table, found)]
    worst = table[(table["cut"] != "yes") & table["clear_width_m"].notna()]
    if len(worst):
        row = worst.loc[worst["clear_width_m"].idxmin()]
        text = texts.NARROWEST if row["width_known"] else texts.NARROWEST_AT_MOST
        out.append(
            Finding(
                text,
                {"narrowest_m": float(row["clear_width_m"])},
                {"narrowest": str(row["name"])},
            )
        )
    if table["min_width_m"].notna().any():
        # a corridor whose rank is not known is one of the unknown, not of none
        verdict = table["wide_enough"]
        values = {k: int((verdict == v).sum()) for k, v in texts.ENOUGH_COUNTS.items()}
        out.append(Finding(texts.enough(values), values))
    out += _land(run, ready, land, municipalities)
    bare = municipalities[(municipalities["corridor_ha"] > 0) & ~ready.plans.cover.known]
    if len(bare):
        out.append(
            Finding(
                texts.BARE,
                {"municipalities_unknown": len(bare)},
                {"names": listed(bare["name"].astype(str).tolist())},
                unknown=True,
            )
        )
    return out


def _lost(table: pd.DataFrame) -> Finding:
    """Return the sentence on what plans take of the corridors."""
    total, unknown = (float(table[c].sum()) for c in ("area_ha", "unknown_ha"))
    known = total - unknown
    some = known > 1e-6 * total
    barrier, filters = (
        float(table[f"{k}_ha"].sum()) if some or not total else float("nan")
        for k in ("barrier", "filter")
    )
    values = {
        "corridors": len(table),
        "corridor_ha": total,
        "barrier_ha": barrier,
        "barrier_share": barrier / known if some else float("nan"),
        "filter_ha": filters,
        "unknown_ha": unknown,
        "unknown_share": unknown / total if total else float("nan"),
    }
    return Finding(texts.lost(values), values, unknown=unknown > 0.5 * total)


def _cut(run: Run, table: gpd.GeoDataFrame, found: Passages) -> Finding:
    """Return the sentence on corridors that are cut, open, or not known to be either."""
    cut, state = table["cut"].to_numpy(), table["state"].to_numpy()
    values = {
        "cut": int((cut == "yes").sum()),
        "cut_today": int((state == "cut_today").sum()),
        "passable": int((cut == "no").sum()),
        "cut_unknown": int((cut == "unknown").sum()),
        "bottlenecks": int((found.bottlenecks["kind"] == "bottleneck").sum()),
    }
    width = run.parameters.bottleneck_width
    places = {"width": Text.of({x: number(width, x) for x in LANGUAGES})}
    return Finding(texts.cut(values), values, places)


def _land(
    run: Run, ready: Ready, table: pd.DataFrame, municipalities: gpd.GeoDataFrame
) -> list[Finding]:
    """Return the sentences on built-up and protected land."""
    out = []
    total = float(table["area_ha"].sum())
    if ready.built_known.given:
        built, dark = (float(table[c].sum()) for c in ("built_ha", "built_unknown_ha"))
        known = total - dark
        values = {
            "built_ha": built if known > 1e-6 * total else float("nan"),
            "built_share": built / known if known > 1e-6 * total else float("nan"),
            "built_unknown_ha": dark,
        }
        out.append(Finding(texts.built(values), values))
    else:
        out.append(Finding(texts.NO_BUILT))
    guarded = table[table["area_ha"] - table["protected_unknown_ha"] > 1e-9]
    if len(guarded):
        inside = float(guarded["protected_ha"].sum())
        known = float((guarded["area_ha"] - guarded["protected_unknown_ha"]).sum())
        barrier = municipalities["protected_barrier_ha"]
        values = {
            "protected_ha": inside,
            "protected_share": inside / known,
            "protected_barrier_ha": float(barrier.sum()) if barrier.notna().any() else float("nan"),
            "protected_unknown_ha": float(municipalities["protected_unknown_ha"].sum()),
        }
        out.append(Finding(texts.protected(values), values))
    return out


def _not_read(run: Run) -> list[Finding]:
    """Return the sentence on corridors that could not be read, none where all were."""
    lost = sum(item.count for item in run.evidence["corridors"].losses)
    if not lost:
        return []
    return [Finding(texts.CORRIDORS_LOST, {"corridors_lost": lost}, unknown=True)]
