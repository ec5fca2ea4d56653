"""Service-quality classes of stops and places, by six methods on one timetable (methods, 5.3).

One function per method: departures of a day, stops and points go in, the class of each point comes
out with what decided it. All of them can walk on a street network.
"""

from metrogis.transit.classes.are import ARE_GROUPS, are
from metrogis.transit.classes.austria import AUSTRIA_GROUPS, austria
from metrogis.transit.classes.dg_regio import DG_GROUPS, dg_regio
from metrogis.transit.classes.ptal import (
    PTAL_GROUPS,
    PTAL_RULES,
    PtalClasses,
    PtalMode,
    ptal,
    ptal_band,
)
from metrogis.transit.classes.result import Classes
from metrogis.transit.classes.sdg import HIGH_CAPACITY, LOW_CAPACITY, sdg_11_2_1, sdg_11_2_1_pl

__all__ = [
    "ARE_GROUPS",
    "AUSTRIA_GROUPS",
    "DG_GROUPS",
    "HIGH_CAPACITY",
    "LOW_CAPACITY",
    "PTAL_GROUPS",
    "PTAL_RULES",
    "Classes",
    "PtalClasses",
    "PtalMode",
    "are",
    "austria",
    "dg_regio",
    "ptal",
    "ptal_band",
    "sdg_11_2_1",
    "sdg_11_2_1_pl",
]
