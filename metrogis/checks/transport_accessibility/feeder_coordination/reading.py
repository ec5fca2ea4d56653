"""How meetings of buses and trains are read: the answer of a municipality, shifts, a chart."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Listing, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"kept_share": "up", "missed": "down"},
    sentences=(
        Sentence(
            _(
                "{kept_share:%0} of changes between buses or trams and trains are kept; "
                "{missed:0} {missed:plural:change|changes} a day {missed:plural:is|are} just "
                "missed."
            ),
            where="meetings",
        ),
        Sentence(
            _("{stations:0} {stations:plural:station|stations} with trains in the timetables."),
            where="stations",
            zero=_("There is no station with trains in the municipality."),
        ),
    ),
    known="known",
    listings=(
        Listing(
            "shifts",
            _("Lines that a shift would help, by connections gained"),
            ("line", "station", "shift", "gained", "kept", "kept_after"),
            by="gained",
        ),
        Listing(
            "stations",
            _("Stations by connections just missed"),
            ("name", "missed", "kept_share", "to_train_wait", "from_train_wait", "last"),
            by="missed",
        ),
    ),
    charts=(
        Chart(
            "bars",
            _("Share of connections kept at stations of municipalities"),
            column="kept_share",
        ),
        Chart(
            "ranking",
            _("Connections a day that a shift of a line would gain"),
            table="shifts",
            column="gained",
            name="line",
        ),
    ),
)
