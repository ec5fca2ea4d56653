"""Parameters of ``corridor_connectivity``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metrogis.checks.contract import Parameters, Spec, citations
from metrogis.checks.contract.citations import ours
from metrogis.checks.shared.known_land import EdgeShare
from metrogis.i18n import _

_OWN = ours("4-ecological-connectivity")


class CorridorConnectivityParameters(Parameters):
    """Parameters of ``corridor_connectivity``."""

    distance: Annotated[
        float,
        Spec(
            _("cost d0"),
            "resistance x m",
            _OWN.saying(
                _("5 km through the best habitat, 500 m of arable land"),
            ),
            range=0.2,
        ),
        Field(gt=0),
    ] = 5000
    probability: Annotated[
        float,
        Spec(
            _("probability p0 at cost d0"),
            "1",
            citations.CONNECTIVITY.saying(
                _("p0 = 0.5 at the median dispersal distance"),
            ),
            range=0.1,
        ),
        Field(gt=0, lt=1),
    ] = 0.5
    max_cost: Annotated[
        float,
        Spec(
            _("greatest cost of a link"),
            "resistance x m",
            _OWN.saying(_("six times d0, where p = 0.016")),
            range=0.2,
        ),
        Field(gt=0),
    ] = 30_000
    min_patch: Annotated[
        float,
        Spec(
            _("least patch"),
            "ha",
            _OWN.saying(
                _("smaller ones are no stepping stones for forest animals"),
            ),
            range=0.2,
        ),
        Field(ge=0),
    ] = 1
    cell_size: Annotated[
        float,
        Spec(
            _("side of a block of analysis, at most"),
            "m",
            _OWN.saying(
                _("a whole number of land-cover cells, at least one"),
            ),
        ),
        Field(gt=0),
    ] = 60
    habitat_share: Annotated[
        float,
        Spec(
            _("a block belongs to a patch from a share of habitat of"),
            "1",
            _OWN.saying(_("more than half")),
        ),
        Field(gt=0, le=1),
    ] = 0.5
    barrier_keeps: Annotated[
        float,
        Spec(
            _("share of habitat a barrier zone keeps"),
            "1",
            _OWN.saying(
                _("none; parks of a built-up zone are no wild land"),
            ),
        ),
        Field(ge=0, lt=1),
    ] = 0
    min_conflict: Annotated[
        float,
        Spec(
            _("a conflict from habitat of"),
            "m2",
            _OWN.saying(_("less is an edge that does not match")),
            range=0.2,
        ),
        Field(ge=0),
    ] = 1000
    longer_share: Annotated[
        float,
        Spec(
            _("a link is lengthened from a rise in cost of"),
            "1",
            _OWN,
            range=0.2,
        ),
        Field(ge=0),
    ] = 0.01
    unknown_share: Annotated[
        float,
        Spec(
            _("the plan of a patch is unknown from a share without a plan of"),
            "1",
            _OWN.saying(
                _("slits between plans are no unknown land"),
            ),
        ),
        Field(ge=0, le=1),
    ] = 0.02
    edge_share: EdgeShare = 0.02
    margin: Annotated[
        float,
        Spec(
            _("margin around the municipalities"),
            "m",
            _OWN.saying(_("nature does not end at the border")),
        ),
        Field(ge=0),
    ] = 5000
    top: Annotated[
        int,
        Spec(
            _("dPC of the largest"),
            "patches, links",
            _OWN.saying(
                _("cost of computing; the others are empty, not 0"),
            ),
        ),
        Field(ge=1),
    ] = 500
    fixes: Annotated[
        int,
        Spec(
            _("fixes computed anew"),
            "zones",
            _OWN.saying(
                _("cost of computing; the others keep their estimate"),
            ),
        ),
        Field(ge=0),
    ] = 100
    current_patches: Annotated[
        int,
        Spec(
            _("patches of the current map"),
            "patches",
            _OWN.saying(_("the largest; 0 = no map")),
        ),
        Field(ge=0),
    ] = 8
    current_cell: Annotated[
        float,
        Spec(
            _("cell of the current map, at most"),
            "m",
            _OWN.saying(
                _("a whole number of blocks, at least one"),
            ),
        ),
        Field(gt=0),
    ] = 300
    barrier_diameter: Annotated[
        float,
        Spec(
            _("diameter of a site to restore"),
            "m",
            citations.BARRIERS.saying(_("moving window; the size is this project's choice")),
        ),
        Field(gt=0),
    ] = 300
    barrier_links: Annotated[
        int,
        Spec(
            _("links whose barriers are mapped"),
            "links",
            _OWN.saying(_("cost of computing; those with the largest dPC, 0 = no map")),
        ),
        Field(ge=0),
    ] = 30
    restored_resistance: Annotated[
        float,
        Spec(
            _("resistance of restored land"),
            "1",
            citations.BARRIERS.saying(_("as the best habitat")),
        ),
        Field(ge=0),
    ] = 1
    restorations: Annotated[
        int,
        Spec(
            _("sites to restore that are verified"),
            "sites",
            _OWN.saying(_("cost of computing; the best by estimate")),
        ),
        Field(ge=0),
    ] = 20
