"""What the tables of ``missing_links`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "links": Taken(parts=("streets", "cycle_routes"), names={"interchanges": ("interchanges",)}),
    "ways_round": Taken(parts=("streets", "cycle_routes")),
}
