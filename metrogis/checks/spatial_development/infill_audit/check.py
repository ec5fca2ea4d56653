"""Do the infill areas (OUZ) that plans draw keep to what the regulation gives?

The statutory area is computed from buildings, municipality by municipality, and laid over the areas
that the plan draws. Without buildings, or with buildings lost, only what holds whatever is missing
is said.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from metrogis.checks.contract import Outcome, Run, check
from metrogis.checks.shared.plan_ground import GROUND_TABLE, add_plan, plan_land
from metrogis.checks.shared.plans import acts_by_municipality, read_plans, require_plan
from metrogis.checks.spatial_development.infill_audit import presentation as texts
from metrogis.checks.spatial_development.infill_audit.areas import (
    Audited,
    Buildings,
    Ground,
    audit_of,
    read_buildings,
    read_ground,
)
from metrogis.checks.spatial_development.infill_audit.findings import findings
from metrogis.checks.spatial_development.infill_audit.inputs import Inputs
from metrogis.checks.spatial_development.infill_audit.parameters import InfillAuditParameters
from metrogis.checks.spatial_development.infill_audit.reading import READING
from metrogis.checks.spatial_development.infill_audit.taken import TAKEN
from metrogis.i18n import _
from metrogis.planning.overlay import polygonal, valid

_HECTARE = 1e4


@check(
    id="infill_audit",
    direction="1.2.1",
    reach=1_000.0,
    section="36-infill-areas",
    title=texts.TITLE,
    question=texts.QUESTION,
    method=texts.METHOD,
    columns=texts.COLUMNS,
    views=texts.VIEWS,
    reading=READING,
    taken=TAKEN,
)
def infill_audit(inputs: Inputs, params: InfillAuditParameters, run: Run) -> Outcome:
    """Compare drawn infill areas with those that the regulation gives.

    Parameters
    ----------
    municipalities : GeoDataFrame
        Schema ``Municipalities``, projected CRS in metres.
    plans : Plan
        From :func:`metrogis.read_app`: acts and infill areas.
    buildings : GeoDataFrame, optional
        Outlines; ``kst`` is their kind. Without the layer the statutory area is unknown.
    roads, soil_classes : GeoDataFrame, optional
        For enlargements on farmland of class I to III.
    **parameters
        See :class:`InfillAuditParameters`.

    Returns
    -------
    Result
        Municipalities: ``statutory_ha``, ``drawn_ha``, ``excess_m2`` (drawn beyond the statutory
        area), ``pp_m2`` (allowed in total), ``pp_spent_share``, ``farmland_breach_m2``,
        ``unused_ha``, ``state``. Features ``areas``: kept, added, unused, and in breach.

    Notes
    -----
    See :func:`metrogis.planning.ouz.compute`. Buildings of unknown kind may count or not: a state
    is said where both ways give it. Source: regulation Dz.U. 2024 poz. 729.

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
    ... <member><a:StrefaPlanistyczna><a:oznaczenie>1SJ</a:oznaczenie><a:symbol>SJ</a:symbol>
    ... <a:geometria><g:Polygon srsName="EPSG:2180"><g:exterior><g:LinearRing>
    ... <g:posList>{ring}</g:posList></g:LinearRing></g:exterior></g:Polygon></a:geometria>
    ... </a:StrefaPlanistyczna></member></FeatureCollection>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "zones.gml")
    ...     _ = file.write_text(gml)
    ...     result = infill_audit(municipalities, read_app(file))
    >>> result.municipalities["state"].item()
    'none'
    """
    municipalities = inputs.municipalities
    plan = require_plan(inputs.plans)
    cover = read_plans(run, plan, None, tolerance=params.tolerance, note=False).cover
    places = acts_by_municipality(run, plan, municipalities)
    moved = plan.to_crs(run.crs)
    lost = moved.ouz["lost"].notna().to_numpy()
    drawn = _joined(moved.ouz[~lost], places["ouz"][~lost], len(municipalities))
    outline = _joined(moved.acts, places["acts"], len(municipalities))
    run.note("plans", "unknown", int(lost.sum()), _("infill areas whose land could not be read"))
    doubtful = np.zeros(len(municipalities), bool)
    home = places["ouz"][lost]
    doubtful[home[home >= 0]] = True
    doubtful |= bool((home < 0).any())
    houses = read_buildings(run, inputs.buildings)
    ground = read_ground(run, inputs.roads, inputs.soil_classes)
    found = [
        _of_municipality(run, i, drawn[i], outline[i], bool(doubtful[i]), cover, houses, ground)
        for i in range(len(municipalities))
    ]
    table = _municipal(municipalities, found)
    table = add_plan(table, cover)[[*texts.COLUMNS["municipalities"], "geometry"]]
    return Outcome(
        municipalities=table,
        features={"areas": _areas(run, found), GROUND_TABLE: plan_land(municipalities, cover)},
        findings=findings(run, table, cover, buildings=inputs.buildings is not None),
    )


CHECK = infill_audit.check


def _joined(frame: gpd.GeoDataFrame, home: Any, municipalities: int) -> list[Any]:
    """Return the union of the features of each municipality; empty where it has none."""
    shapes = valid(frame.geometry.to_numpy())
    gone = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return [shapely.union_all(shapes[(home == i) & ~gone]) for i in range(municipalities)]


def _of_municipality(
    run: Run,
    row: int,
    drawn: Any,
    outline: Any,
    doubtful: bool,
    cover: Any,
    houses: Buildings | None,
    ground: Ground,
) -> Audited:
    """Return what the plan of one municipality draws, against what it may."""
    town = run.municipalities.geometry.iloc[row]
    known = cover.state[row] != "unknown" and town is not None and not doubtful
    if not known:
        return Audited("unknown", drawn if not drawn.is_empty else None)
    if drawn.is_empty and not run.parameters.everywhere:
        # what is not drawn adds nothing, whatever the statutory area is
        nothing = shapely.Polygon()
        return Audited("none", drawn, {"excess": nothing, "farmland_breach": nothing})
    land = outline if not outline.is_empty else town
    return audit_of(run, row, drawn, land, houses, ground)


def _municipal(municipalities: gpd.GeoDataFrame, found: list[Audited]) -> gpd.GeoDataFrame:
    table = municipalities[["teryt", "name", "geometry"]].copy()
    for name, unit in (
        ("statutory_ha", _HECTARE),
        ("drawn_ha", _HECTARE),
        ("excess_m2", 1.0),
        ("pp_m2", 1.0),
        ("farmland_breach_m2", 1.0),
        ("unused_ha", _HECTARE),
    ):
        table[name] = [item.area(name.rsplit("_", 1)[0]) / unit for item in found]
    allowed = table["pp_m2"].to_numpy(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        table["pp_spent_share"] = np.where(
            allowed > 0, table["excess_m2"].to_numpy(float) / allowed, np.nan
        )
    table["state"] = [item.state for item in found]
    return table


def _areas(run: Run, found: list[Audited]) -> gpd.GeoDataFrame:
    """Return what is kept of the statutory areas, added, in breach, and not used."""
    municipalities = run.municipalities
    rows: list[dict[str, Any]] = []
    for i, item in enumerate(found):
        for kind in texts.KINDS:
            shape = item.shape(kind)
            if shape is None or shape.is_empty or shape.area < 1:
                continue
            rows.append(
                {
                    "teryt": municipalities["teryt"].iloc[i],
                    "municipality": municipalities["name"].iloc[i],
                    "kind": kind,
                    "area_ha": shape.area / _HECTARE,
                    "geometry": polygonal(np.array([shape], dtype=object))[0],
                }
            )
    names = ["teryt", "municipality", "kind", "area_ha", "geometry"]
    return gpd.GeoDataFrame(rows, columns=names, geometry="geometry", crs=run.crs)
