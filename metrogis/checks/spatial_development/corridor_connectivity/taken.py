"""What the tables of ``corridor_connectivity`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "patches": Taken(parts=("land_cover", "protected_areas", "plans", "planning_zones")),
    "links": Taken(),
    "conflicts": Taken(parts=("plans", "planning_zones", "land_cover", "corridors")),
    "restorations": Taken(parts=("land_cover", "roads")),
    "barriers": Taken(parts=("land_cover", "roads")),
    "current_today": Taken(),
    "current_plan": Taken(),
    "resistance": Taken(parts=("land_cover", "roads", "plans", "planning_zones")),
}
