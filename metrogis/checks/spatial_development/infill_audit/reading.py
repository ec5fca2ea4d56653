"""How infill areas are read: the answer of a municipality, areas, a chart."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"excess_m2": "", "pp_spent_share": ""},
    sentences=(
        Sentence(_("Infill areas of the plan: {state}.")),
        Sentence(
            _(
                "The plan adds {excess_m2:0} m² to the statutory infill areas; {pp_m2:0} m² are "
                "allowed."
            ),
            where="excess_m2",
        ),
        Sentence(
            _("{farmland_breach_m2:0} m² of it are farmland of class I-III away from roads."),
            where="farmland_breach_m2",
        ),
    ),
    known="plan_share",
    listings=(
        Listing(
            "areas",
            _("Land drawn beyond the statutory infill areas"),
            ("municipality", "kind", "area_ha"),
            by="area_ha",
            of=("teryt",),
            where={"kind": ("excess", "farmland_breach")},
        ),
    ),
    charts=(
        Chart(
            "bars",
            _("Infill areas that plans draw, ha"),
            column="drawn_ha",
        ),
    ),
)
