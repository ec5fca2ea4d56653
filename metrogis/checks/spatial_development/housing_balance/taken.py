"""What the tables of ``housing_balance`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "zones": Taken(rows=("plans", "planning_zones")),
    "plan_cover": Taken(parts=("plans", "planning_zones")),
}
