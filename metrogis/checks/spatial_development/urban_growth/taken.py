"""What the tables of ``urban_growth`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "patches": Taken(parts=("built_up", "built_up_before")),
    "change": Taken(parts=("built_up", "built_up_before")),
}
