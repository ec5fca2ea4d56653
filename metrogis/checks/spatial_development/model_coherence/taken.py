"""What the tables of ``model_coherence`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "areas": Taken(rows=("structure",)),
    "parts": Taken(parts=("structure",)),
    "plan_cover": Taken(parts=("plans", "planning_zones")),
    "conflicts": Taken(parts=("structure", "plans", "planning_zones")),
}
