"""What the tables of ``planned_links`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "links": Taken(rows=("investments", "cycle_routes")),
    "interchanges": Taken(rows=("interchanges",)),
}
