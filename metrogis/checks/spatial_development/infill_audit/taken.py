"""What the tables of ``infill_audit`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "areas": Taken(parts=("plans", "buildings", "soil_classes")),
    "plan_cover": Taken(parts=("plans",)),
}
