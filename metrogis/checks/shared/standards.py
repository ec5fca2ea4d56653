"""Standards of access to schools and green areas: those of plans, else those of the planning act.

Art. 13f of the act gives standards; a plan may set its own in areas (OSD), and add other kinds of
services. What a plan leaves open is as the act says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import shapely
from pydantic import Field

from metrogis.arrays import Array, Bools, Floats, Ints
from metrogis.checks.contract import Parameters, Run, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.i18n import Text, _

_OWN = ours("38-access-to-schools-and-green")
_LAW = citations.PLANNING_ACT.at("38-access-to-schools-and-green").saying(_("art. 13f"))

SERVICES: dict[str, Text] = {
    "kindergarten": _("kindergarten"),
    "nursery": _("nursery"),
    "clinic": _("clinic"),
    "library": _("library"),
    "culture": _("house of culture"),
    "social_care": _("social care home"),
    "sports": _("sports ground"),
    "stop": _("public transport stop"),
    "post": _("post office"),
    "pharmacy": _("pharmacy"),
    "police": _("police station"),
    "fire": _("fire station"),
}
"""Kinds of services that a plan may set a distance to; the column of standards is ``<kind>_m``."""
_TOWN, _MIXED = "1489", "3"
"""Last digits of TERYT: towns, town parts and districts; municipalities of a town and villages."""


class SocialParameters(Parameters):
    """Standards of the act, and how walks are measured."""

    school_town: Annotated[
        float, Spec(_("walk to a primary school in towns"), "m", _LAW), Field(gt=0, le=20_000)
    ] = 1500
    school_rural: Annotated[
        float, Spec(_("walk to a primary school outside towns"), "m", _LAW), Field(gt=0, le=20_000)
    ] = 3000
    green_total: Annotated[
        float, Spec(_("public green areas in reach have together"), "ha", _LAW), Field(gt=0)
    ] = 3
    green_total_distance: Annotated[
        float,
        Spec(_("walk to the green areas that are added up"), "m", _LAW),
        Field(gt=0, le=20_000),
    ] = 1500
    green_single: Annotated[
        float, Spec(_("one public green area in reach has"), "ha", _LAW), Field(gt=0)
    ] = 20
    green_single_distance: Annotated[
        float, Spec(_("walk to the large green area"), "m", _LAW), Field(gt=0, le=20_000)
    ] = 3000
    green_least: Annotated[
        float, Spec(_("a public green area counts from"), "ha", _LAW), Field(ge=0)
    ] = 0.05
    school_kinds: Annotated[
        tuple[str, ...],
        Spec(
            _("kinds of schools that count; one of no kind counts, too"),
            "-",
            _OWN.saying(_("the standard is of primary schools")),
        ),
    ] = ("primary",)
    green_kinds: Annotated[
        tuple[str, ...],
        Spec(
            _("kinds of green areas that count (none: all)"),
            "-",
            _OWN.saying(_("the layer holds public ones")),
        ),
    ] = ()
    unit_size: Annotated[
        float,
        Spec(
            _("walks begin at the border of cells of"),
            "m",
            _OWN.saying(_("where there are no parcels")),
        ),
        Field(ge=25, le=1000),
    ] = 100
    border_step: Annotated[
        float,
        Spec(
            _("points of a border from which walks begin are at most apart"),
            "m",
            _OWN.saying(_("and where streets cross it")),
        ),
        Field(ge=1, le=500),
    ] = 25
    street_distance: Annotated[
        float,
        Spec(
            _("street data reach from a street as far as"),
            "m",
            _OWN.saying(_("what lies farther off is unknown")),
            range=0.2,
        ),
        Field(gt=0),
    ] = 250
    street_part: Annotated[
        float, Spec(_("loose parts of streets left out up to"), "m", _OWN), Field(ge=0)
    ] = 1000
    data_margin: Annotated[
        float,
        Spec(
            _("schools and green areas are in the data beyond the municipalities as far as"),
            "m",
            _OWN.saying(_("nearer to the edge of the data only a yes is certain")),
        ),
        Field(ge=0),
    ] = 0


@dataclass(frozen=True, eq=False)
class Standards:
    """Standards of places (n,).

    Attributes
    ----------
    school_low, school_high : ndarray
        Walk (m) up to which the standard is met, and beyond which it is not; they differ where it
        is not known whether a place lies in a town.
    total_m, total_ha, single_m, single_ha : ndarray
        Green areas together, and the large one.
    services : dict of str to ndarray
        Walk by kind; NaN where none is asked for.
    known : ndarray of bool
        False where a plan's own standards were lost in reading.
    of_plan : ndarray of bool
        Where a plan's own standards hold.
    """

    school_low: Floats
    school_high: Floats
    total_m: Floats
    total_ha: Floats
    single_m: Floats
    single_ha: Floats
    services: dict[str, Floats]
    known: Bools
    of_plan: Bools


def standards_of(run: Run, plans: Any, shapes: Array, owner: Ints) -> Standards:
    """Return the standards of places.

    Parameters
    ----------
    run : Run
        Its parameters are :class:`SocialParameters`.
    plans : Plan or None
    shapes : array of geometry (n,)
    owner : ndarray of int (n,)
        Municipality of each.
    """
    params, n = run.parameters, len(shapes)
    code = run.municipalities["teryt"].astype(str).str[-1].to_numpy()
    kind = code[owner] if n else np.zeros(0, object)
    town: Bools = np.isin(kind, list(_TOWN))
    mixed = kind == _MIXED
    low = np.where(town, params.school_town, params.school_rural).astype(float)
    high = low.copy()
    low[mixed] = min(params.school_town, params.school_rural)
    high[mixed] = max(params.school_town, params.school_rural)
    out = Standards(
        low,
        high,
        np.full(n, float(params.green_total_distance)),
        np.full(n, float(params.green_total)),
        np.full(n, float(params.green_single_distance)),
        np.full(n, float(params.green_single)),
        {},
        np.ones(n, bool),
        np.zeros(n, bool),
    )
    if plans is not None and n:
        _of_plans(run, plans.to_crs(run.crs), shapes, owner, out)
    return out


def _of_plans(run: Run, plans: Any, shapes: Array, owner: Ints, out: Standards) -> None:
    """Put the plans' own standards in place of the act's (in place)."""
    own = plans.standards
    if not len(own):
        return
    lost = own["lost"].notna().to_numpy()
    _forget(run, own[lost], owner, out)
    own = own[~lost & ~(own.geometry.isna() | own.geometry.is_empty).to_numpy()]
    points = np.asarray(shapely.point_on_surface(shapes), dtype=object)
    place, area = shapely.STRtree(points).query(own.geometry.to_numpy(), predicate="intersects")
    place, area = area, place
    farm = own["farmstead_excluded"].fillna(False).to_numpy(bool)
    if farm.any():
        farms = plans.zones[plans.zones["symbol"].astype(str) == "SZ"].geometry.to_numpy()
        on_farm = np.zeros(len(points), bool)
        on_farm[shapely.STRtree(points).query(farms, predicate="intersects")[1]] = True
        kept = ~(on_farm[place] & farm[area])
        place, area = place[kept], area[kept]
    out.of_plan[place] = True
    targets = {
        "primary_school_m": (out.school_low, out.school_high),
        "green_areas_m": (out.total_m,),
        "green_areas_ha": (out.total_ha,),
        "green_area_m": (out.single_m,),
        "green_area_ha": (out.single_ha,),
    }
    for name in SERVICES:
        if own[f"{name}_m"].notna().any():
            out.services[name] = np.full(len(points), np.nan)
            targets[f"{name}_m"] = (out.services[name],)
    for column, arrays in targets.items():
        # of two areas that overlap the stricter one holds: a shorter walk, a larger area
        value = own[column].to_numpy(float)[area]
        stricter = np.fmin if column.endswith("_m") else np.fmax
        asked = np.full(len(points), np.nan)
        stricter.at(asked, place, value)
        for array in arrays:
            array[np.isfinite(asked)] = asked[np.isfinite(asked)]


def _forget(run: Run, lost: gpd.GeoDataFrame, owner: Ints, out: Standards) -> None:
    """Mark the places whose plan's own standards were lost as unknown (in place)."""
    run.note(
        "plans",
        "unknown",
        len(lost),
        _("standards of access whose land could not be read: what holds there is unknown"),
    )
    code = run.municipalities["teryt"].astype(str).str[:6].to_numpy()
    for teryt in lost["teryt6"].tolist():
        here = code == teryt
        out.known[here[owner] if here.any() else slice(None)] = False
