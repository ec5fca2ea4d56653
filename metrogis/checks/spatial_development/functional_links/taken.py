"""What the tables of ``functional_links`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "links": Taken(rows=("od_flows",)),
    "hierarchy": Taken(parts=("od_flows",)),
    "core": Taken(parts=("od_flows",)),
    "regions": Taken(),
}
