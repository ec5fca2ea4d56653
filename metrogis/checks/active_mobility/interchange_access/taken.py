"""What the tables of ``interchange_access`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "interchanges": Taken(rows=("interchanges",)),
    "cycle_network": Taken(parts=("cycle_routes",)),
    "gaps_to_network": Taken(parts=("cycle_routes", "interchanges", "interchange_entrances")),
    "planned": Taken(rows=("cycle_routes",)),
    "detours": Taken(parts=("interchanges",)),
    "barriers": Taken(parts=("interchanges", "population")),
    "catchments": Taken(parts=("streets",), names={"interchange": ("interchanges",)}),
}
