"""What the tables of ``plan_validity`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "plan_cover": Taken(parts=("plans",)),
    "faults": Taken(parts=("plans", "local_plans")),
    "fault_areas": Taken(parts=("plans",)),
    "zones": Taken(rows=("plans",), parts=("local_plans",)),
}
