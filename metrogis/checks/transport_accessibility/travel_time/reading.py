"""How travel time is read: the answer of a municipality, targets, people by minutes."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Part, Reading, Sentence
from metrogis.checks.transport_accessibility.travel_time.presentation import VIEWS
from metrogis.i18n import _

_BANDS = tuple(Part.of(category) for category in VIEWS[0].categories)

READING = Reading(
    headlines={"within_middle": "up", "minutes": "down"},
    sentences=(
        Sentence(
            _(
                "Half of the residents whose time is known reach the city within {minutes:0} min, "
                "door to door."
            )
        ),
        Sentence(_("{beyond_share:%1} of residents cannot reach it at all."), where="beyond_share"),
        Sentence(
            _("By car it takes {car_minutes:0} min; by public transport {ratio:1} times as long."),
            where="ratio",
        ),
    ),
    unknown=Sentence(
        _("Of {unknown_share:%0} of residents the time is unknown."), where="unknown_share"
    ),
    listings=(
        Listing(
            "relations",
            _("Times to targets"),
            ("target", "name", "kind", "minutes", "minutes_late", "car_minutes", "band"),
            by="minutes",
            of=("teryt",),
            drawn=False,
        ),
    ),
    charts=(
        Chart(
            "distribution",
            _("Residents by door-to-door time to the city"),
            table="bands",
            split="band",
            weight="population",
            parts=_BANDS,
        ),
        Chart(
            "stacked",
            _("Residents of municipalities by time to the city"),
            table="bands",
            split="band",
            weight="population",
            parts=_BANDS,
        ),
    ),
)
