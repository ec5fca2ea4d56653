"""What the tables of ``corridor_conflicts`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "plan_cover": Taken(parts=("plans", "planning_zones")),
    "corridors": Taken(rows=("corridors",), parts=("plans", "planning_zones", "protected_areas")),
    "conflicts": Taken(parts=("corridors", "plans", "planning_zones")),
    "bottlenecks": Taken(names={"corridor": ("corridors",)}),
    "protected": Taken(rows=("protected_areas",), parts=("corridors", "plans", "planning_zones")),
}
