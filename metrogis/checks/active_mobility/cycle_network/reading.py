"""How the cycle network is read: the answer of a municipality, differences, charts."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"cycle_km_per_10k": "up", "low_stress_share": "up", "cycle_km": "up"},
    sentences=(
        Sentence(
            _(
                "There are {cycle_km:1} km of cycle infrastructure, {cycle_km_per_10k:1} km per "
                "10,000 residents."
            ),
            where="cycle_km",
            zero=_("There is no cycle infrastructure."),
        ),
        Sentence(
            _("{low_stress_share:%0} of streets open to bicycles are of low stress."),
            where="low_stress_share",
        ),
        Sentence(_("{planned_km:1} km are planned or being built."), where="planned_km"),
    ),
    known="cycle_known_share",
    listings=(
        Listing(
            "differences",
            _("Where the sources differ, the longest first"),
            ("name", "municipality", "missing_in", "length_m", "other"),
            by="length_m",
        ),
    ),
    charts=(
        Chart(
            "bars",
            _("Kilometres of cycle infrastructure per 10,000 residents"),
            column="cycle_km_per_10k",
        ),
        Chart(
            "distribution",
            _("Streets open to bicycles by stress, km"),
            table="stress",
            split="level",
            weight="length_km",
        ),
    ),
)
