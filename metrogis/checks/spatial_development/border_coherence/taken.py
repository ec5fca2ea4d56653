"""What the tables of ``border_coherence`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "stretches": Taken(parts=("plans", "planning_zones"), names={"corridor": ("corridors",)}),
    "borders": Taken(parts=("municipalities", "plans", "planning_zones")),
    "plan_cover": Taken(parts=("plans", "planning_zones")),
}
