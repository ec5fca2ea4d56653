"""Parameters of the check ``settlement_structure``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.i18n import _

_OWN = ours("39-settlement-structure")
_DEGURBA = citations.DEGURBA.at("39-settlement-structure")


class SettlementStructureParameters(Parameters):
    """Parameters of ``settlement_structure``."""

    centre_density: Annotated[
        float, Spec(_("an urban centre has at least, on land"), "people/km2", _DEGURBA), Field(gt=0)
    ] = 1500
    centre_people: Annotated[
        float, Spec(_("people of an urban centre, at least"), "people", _DEGURBA), Field(ge=0)
    ] = 50_000
    cluster_density: Annotated[
        float,
        Spec(_("an urban cluster has at least, on land"), "people/km2", _DEGURBA),
        Field(gt=0),
    ] = 300
    cluster_people: Annotated[
        float, Spec(_("people of an urban cluster, at least"), "people", _DEGURBA), Field(ge=0)
    ] = 5000
    hole: Annotated[
        float, Spec(_("holes of an urban centre are filled below"), "km2", _DEGURBA), Field(ge=0)
    ] = 15
    neighbours: Annotated[
        int,
        Spec(_("a cell with so many of 8 neighbours in a centre joins it"), "1", _DEGURBA),
        Field(ge=1, le=9),
    ] = 5
    coverage_share: Annotated[
        float,
        Spec(
            _("cells without a value at the outer rim are empty where the others have a share of"),
            "1",
            _OWN.saying(_("of the land; rasters never fit a coast to the cell")),
        ),
        Field(gt=0, le=1),
    ] = 0.95
    suppressed_below: Annotated[
        int,
        Spec(_("threshold of published counts"), "people", citations.GUS_MIGRATION),
        Field(ge=0, le=1000),
    ] = 3
    near_rail: Annotated[
        float,
        Spec(
            _("near a railway station: straight line up to"),
            "m",
            _OWN.saying(_("a walk of a quarter of an hour")),
            range=0.2,
        ),
        Field(gt=0),
    ] = 1000
    rail_bands: Annotated[
        tuple[float, ...],
        Spec(_("bounds of the bands of distance to a station"), "m", _OWN),
        Field(min_length=1),
    ] = (500, 1000, 2000, 5000)
