"""How sprawl is read: the answer of a municipality, a chart."""

from __future__ import annotations

from metrogis.checks.contract import Chart, Reading, Sentence
from metrogis.i18n import _

READING = Reading(
    headlines={"wup": "down", "pba": "", "cover_mesh": "up"},
    sentences=(
        Sentence(_("{pba:%1} of known land is built up.")),
        Sentence(
            _("Its sprawl, weighted urban proliferation, is {wup:2} UPU/m² (more means sprawl).")
        ),
    ),
    known="known_share",
    charts=(
        Chart("bars", _("Weighted urban proliferation (WUP) of municipalities"), column="wup"),
    ),
)
