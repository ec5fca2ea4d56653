"""What the tables of ``border_gaps`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "crossings": Taken(parts=("streets", "cycle_routes")),
    "borders": Taken(parts=("municipalities",)),
}
