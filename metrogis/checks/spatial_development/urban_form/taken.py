"""What the tables of ``urban_form`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "zones": Taken(rows=("urban_zones",)),
    "permeation": Taken(parts=("built_up",)),
}
