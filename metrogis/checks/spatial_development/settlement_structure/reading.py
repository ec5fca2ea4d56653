"""How settlement structure is read: the answer of a municipality, bands, charts."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Part, Reading, Sentence
from metrogis.checks.spatial_development.settlement_structure.presentation import KINDS
from metrogis.i18n import _

_COLUMNS = ("centre_people", "cluster_people", "rural_people")

READING = Reading(
    headlines={"near_rail_share": "up", "centre_people": ""},
    sentences=(
        Sentence(_("Degree of urbanisation: {degurba}.")),
        Sentence(_("By flows its main centre is {main_centre}.")),
        Sentence(_("{near_rail_share:%0} of residents live near a railway station.")),
    ),
    known="known_share",
    listings=(
        Listing(
            "rail_distance",
            _("Residents and density by distance to a station"),
            ("band", "residents", "area_km2", "density"),
            drawn=False,
        ),
    ),
    charts=(
        Chart(
            "stacked",
            _("Residents in urban centres, urban clusters and rural cells"),
            parts=tuple(
                Part(column, kind.label, kind.colour)
                for column, kind in zip(_COLUMNS, KINDS, strict=False)
            ),
        ),
        Chart(
            "bars",
            _("Share of residents near a railway station"),
            column="near_rail_share",
        ),
    ),
)
