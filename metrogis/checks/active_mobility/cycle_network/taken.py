"""What the tables of ``cycle_network`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "networks": Taken(parts=("cycle_routes",)),
    "form": Taken(parts=("cycle_routes",)),
    "ends": Taken(parts=("cycle_routes",)),
    "differences": Taken(parts=("cycle_routes", "streets")),
    "stress": Taken(parts=("streets", "cycle_routes")),
}
