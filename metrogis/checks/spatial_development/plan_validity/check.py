"""Are the planning acts sound: do zones tile their act, are labels, values and structure right?

Each fault is located, with its area in the act's own CRS. A municipality without a plan is
*unknown*, not faultless.
"""

from __future__ import annotations

from typing import Annotated, Any

import geopandas as gpd
import numpy as np
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
    citations,
)
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import PlansMeet
from metrogis.checks.shared.plan_ground import (
    GROUND_TABLE,
    add_plan,
    plan_findings,
    plan_land,
)
from metrogis.checks.shared.plans import (
    acts_by_municipality,
    read_plans,
    require_plan,
)
from metrogis.checks.spatial_development.plan_validity import presentation as texts
from metrogis.checks.spatial_development.plan_validity.inputs import Inputs
from metrogis.checks.spatial_development.plan_validity.reading import READING
from metrogis.checks.spatial_development.plan_validity.taken import TAKEN
from metrogis.evidence.plans import TOLERANCE, PlanCover
from metrogis.i18n import _
from metrogis.planning.validity import find_faults
from metrogis.planning.zone_rules import LocalPlans
from metrogis.planning.zones import ZONE_TYPES

_OWN = ours("31-validity-of-general-plans")


class PlanValidityParameters(Parameters):
    """Parameters of ``plan_validity``."""

    min_area: Annotated[
        float,
        Spec(
            _("a gap or overlap from an area of"),
            "m2",
            _OWN.saying(
                _("rounding of coordinates given to 0.01 m stays below"),
            ),
            range=0.2,
        ),
        Field(ge=0),
    ] = 0.001
    tolerance: PlansMeet = TOLERANCE
    check_profiles: Annotated[
        bool,
        Spec(
            _("check functional profiles"),
            "-",
            citations.GENERAL_PLANS.saying(
                _("annex 1: basic profiles must all stand, additional ones may be chosen")
            ),
        ),
    ] = True


@check(
    id="plan_validity",
    direction="1.2.1",
    reach=1_000.0,
    section="31-validity-of-general-plans",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def plan_validity(inputs: Inputs, params: PlanValidityParameters, run: Run) -> Outcome:
    """Find the faults of planning acts.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, projected CRS in metres.
    plans : Plan
        From :func:`metrogis.sources.app_gml.read_app`: acts and zones in any CRS.
    local_plans : GeoDataFrame, optional
        Schema ``LocalPlans``: local plans in force, which may allow less biologically active land.
    **parameters
        See :class:`PlanValidityParameters`.

    Returns
    -------
    Result
        Municipalities: ``plan`` and ``plan_share`` (what of it is in the data), ``valid`` (yes / no
        / unknown), errors, warnings, areas (m2, own CRS of the act). Features ``faults`` (points),
        ``fault_areas`` (gaps, overlaps, parts outside), ``zones``.

    Notes
    -----
    Faults: gaps and overlaps of zones, zones outside their act, invalid rings, unknown symbol,
    label that does not match its symbol, repeated local id or label, more than one decimal,
    value out of range, dates in wrong order, and elements missing, repeated or out of order by
    the XSD of the file's version; a value that art. 13e of the planning act demands of the type of
    zone and that is missing, a zone of several parts, numbers of labels with a gap, a basic profile
    that is not complete; a biologically active share under the annex's minimum where no local plan
    is in force, or under the highest minimum of those that are. Where local plans are not known
    such a share is a warning, as are zones without an act. A gap is certain where all zones
    of its act near it were read; where one was lost it is unknown, and so is a count of 0. Source:
    planowaniePrzestrzenne
    XSD 1.0 and 2.0; regulation Dz.U. 2023 poz. 2758.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from shapely import box
    >>> from metrogis.sources.app_gml import read_app
    >>> municipalities = gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, crs="EPSG:2180",
    ...                          geometry=[box(470000, 720000, 471000, 721000)])
    >>> ns = "https://www.gov.pl/static/zagospodarowanieprzestrzenne/schemas/app/3.0"
    >>> ring = "470000 720000 470100 720000 470100 720100 470000 720000"
    >>> gml = f'''<FeatureCollection xmlns="w" xmlns:a="{ns}" xmlns:g="http://www.opengis.net/gml">
    ... <member><a:StrefaPlanistyczna><a:oznaczenie>1SP</a:oznaczenie><a:symbol>SU</a:symbol>
    ... <a:geometria><g:Polygon srsName="EPSG:2180"><g:exterior><g:LinearRing>
    ... <g:posList>{ring}</g:posList></g:LinearRing></g:exterior></g:Polygon></a:geometria>
    ... </a:StrefaPlanistyczna></member></FeatureCollection>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "zones.gml")
    ...     _ = file.write_text(gml)
    ...     result = plan_validity(municipalities, read_app(file))
    >>> result.features["faults"].query("code == 'label_mismatch'")["detail"].item()
    '1SP / SU'
    """
    municipalities = inputs.municipalities
    plan = require_plan(inputs.plans)
    faults = find_faults(
        plan,
        min_area=params.min_area,
        check_profiles=params.check_profiles,
        local_plans=_local_plans(run, inputs, plan),
        tolerance=params.tolerance,
    )
    faults = faults.to_crs(run.crs)
    places = acts_by_municipality(run, plan, municipalities)
    where = np.array(
        [places[t][r] for t, r in zip(faults["table"], faults["row"], strict=True)], dtype=np.int64
    )
    names = np.array([*municipalities["name"], None], dtype=object)
    faults["municipality"] = names[where]
    cover = read_plans(run, inputs.plans, None, tolerance=params.tolerance, note=False).cover
    complete = _complete(plan, places, municipalities)
    table = _municipal(municipalities, places, faults, where, complete)
    table = add_plan(table, cover)[[*texts.COLUMNS["municipalities"], "geometry"]]
    surfaces = faults[faults["area_m2"].notna()].reset_index(drop=True)
    points = faults.set_geometry(_points(faults))
    zones = _zones(plan.to_crs(run.crs).zones, faults, names[places["zones"]])
    return Outcome(
        municipalities=table,
        features={
            "fault_areas": surfaces,
            "faults": points,
            "zones": zones,
            GROUND_TABLE: plan_land(municipalities, cover),
        },
        findings=_findings(plan, faults, table, municipalities, cover),
    )


CHECK = plan_validity.check


def _local_plans(run: Run, inputs: Inputs, plan: Any) -> LocalPlans | None:
    """Return the local plans in the CRS of the plan, None where the layer is not in the data."""
    given = inputs.local_plans
    if given is None:
        run.note(
            "local_plans",
            "unknown",
            1,
            _("no local plans: whether a smaller biologically active share is lawful is unknown"),
        )
        return None
    share = pd.to_numeric(given["min_bio_share"]) if "min_bio_share" in given else np.nan
    floors = np.broadcast_to(np.asarray(share, dtype=float), len(given))
    least = plan.zones["symbol"].map({s: z.min_bio_share for s, z in ZONE_TYPES.items()})
    # only these are judged by local plans: few of many zones
    rows = np.flatnonzero((plan.zones["min_bio_share"] < least.astype(float)).to_numpy())
    known = np.zeros(len(plan.zones), dtype=bool)
    if len(rows):
        zones = plan.zones.geometry.iloc[rows].to_crs(run.crs)
        known[rows] = run.evidence["local_plans"].known_within(zones)
    shapes = given.geometry.to_crs(plan.crs).to_numpy()
    return LocalPlans(shapes, floors, known)


def _points(faults: gpd.GeoDataFrame) -> gpd.GeoSeries:
    shapes = faults.geometry.to_numpy()
    points = np.empty(len(shapes), dtype=object)
    some = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    fixed = shapely.make_valid(shapes[some])
    points[some] = shapely.point_on_surface(fixed)
    return gpd.GeoSeries(points, index=faults.index, crs=faults.crs)


def _zones(
    zones: gpd.GeoDataFrame, faults: gpd.GeoDataFrame, municipality: Any
) -> gpd.GeoDataFrame:
    kept = [
        "label",
        "symbol",
        "name",
        "max_intensity",
        "max_built_share",
        "max_height",
        "min_bio_share",
        "valid_from",
        "status",
    ]
    out = zones[[*kept, "geometry"]].copy()
    out.insert(0, "municipality", municipality)
    counts = faults[faults["table"] == "zones"]["row"].value_counts()
    out["area_ha"] = zones.area.to_numpy() / 1e4
    out["colour"] = zones["symbol"].map({s: z.colour for s, z in ZONE_TYPES.items()}).to_numpy()
    lacking = faults[faults["code"] == "missing_value"].groupby("row")["detail"].agg(", ".join)
    out["missing"] = pd.Series(out.index).map(lacking).to_numpy(dtype=object)
    out["faults"] = pd.Series(out.index).map(counts).fillna(0).astype(int).to_numpy()
    return out


def _complete(plan: Any, places: dict[str, Any], municipalities: gpd.GeoDataFrame) -> Any:
    """Tell of which municipalities an act and zones were read, and no zone was lost.

    A zone lost without a municipality may be of any that the box of its coordinates meets.
    """
    n = len(municipalities)
    acts, zones = (np.bincount(p[p >= 0], minlength=n) for p in (places["acts"], places["zones"]))
    lost = np.zeros(n, bool)
    rows = np.flatnonzero(plan.zones["lost"].notna().to_numpy())
    for row, item in zip(rows, plan.losses, strict=True):
        if places["zones"][row] >= 0:
            lost[places["zones"][row]] = True
            continue
        where = item.located(municipalities.crs).where
        lost |= (
            True if where is None else shapely.intersects(municipalities.geometry.to_numpy(), where)
        )
    return (acts > 0) & (zones > 0) & ~lost


def _municipal(
    municipalities: gpd.GeoDataFrame,
    places: dict[str, Any],
    faults: gpd.GeoDataFrame,
    where: Any,
    complete: Any,
) -> gpd.GeoDataFrame:
    table = municipalities[["teryt", "name", "geometry"]].copy()
    n = len(municipalities)
    acts, zones = (np.bincount(p[p >= 0], minlength=n) for p in (places["acts"], places["zones"]))
    level, code = faults["level"].to_numpy(), faults["code"].to_numpy()
    area = faults["area_m2"].fillna(0).to_numpy()

    def total(rows: Any, values: Any = None) -> Any:
        at = rows & (where >= 0)
        weights = None if values is None else values[at]
        return np.bincount(where[at], weights, minlength=n)

    def known(values: Any, sure: Any) -> Any:
        """Return a sum that is 0 only where nothing could be missing from it."""
        return np.where(sure | (values > 0), values, np.nan)

    unsure = total(code == "gap_unknown", area)
    table["acts"] = known(acts, (acts + zones) > 0)
    table["zones"] = known(zones, complete)
    table["errors"] = known(total(level == "error"), complete)
    table["warnings"] = known(total(level == "warning"), complete)
    table["gap_m2"] = known(total(code == "gap", area), complete & (unsure == 0))
    table["gap_unknown_m2"] = np.where((acts > 0) & (zones > 0), unsure, np.nan)
    table["overlap_m2"] = known(total(code == "overlap", area), complete)
    table["outside_m2"] = known(total(code == "outside_act", area), complete)
    faulty = table["errors"].to_numpy() > 0
    table["valid"] = np.where(faulty, "no", np.where(complete, "yes", "unknown"))
    return table


def _findings(
    plan: Any,
    faults: gpd.GeoDataFrame,
    table: gpd.GeoDataFrame,
    municipalities: gpd.GeoDataFrame,
    cover: PlanCover,
) -> list[Finding]:
    without = int((cover.state == "unknown").sum())
    read = Finding(
        texts.READ,
        {
            "acts": len(plan.acts),
            "zones": len(plan.zones),
            "municipalities_with_plan": len(municipalities) - without,
            "municipalities_without_plan": without,
        },
    )
    missing = plan_findings(municipalities, cover)
    state = table["valid"].to_numpy()
    judged = bool(table["errors"].notna().any())
    states = {
        "valid": int((state == "yes").sum()),
        "invalid": int((state == "no").sum()),
        **{f"{level}s": _count(faults["level"] == level, judged) for level in ("error", "warning")},
    }
    lost = int(plan.zones["lost"].notna().sum())
    tiled = bool(table["gap_unknown_m2"].notna().any())
    area = faults.groupby("code")["area_m2"].agg(["size", "sum"])
    values: dict[str, float] = {}
    for code, name in (("gap", "gaps"), ("overlap", "overlaps"), ("outside_act", "outside")):
        there = code in area.index
        sure = there or (tiled and not lost)  # none found tells that there is none
        values[name] = int(area.loc[code, "size"]) if there else 0 if sure else float("nan")
        values[f"{name}_m2"] = float(area.loc[code, "sum"]) if there else 0.0 if sure else np.nan
    found = [read, *missing]
    found.append(Finding(texts.states(states), states))
    found.append(Finding(texts.tiling(values), values))
    if lost:
        found.append(Finding(texts.LOST, {"lost_zones": lost}))
    for code, text in texts.RULES.items():
        many = int((faults["code"] == code).sum())
        if many:
            found.append(Finding(text, {code: many}))
    return found


def _count(rows: Any, judged: bool) -> float:
    """Count faults; none found where no plan could be judged is not none."""
    count = int(rows.sum())
    return count if count or judged else float("nan")
