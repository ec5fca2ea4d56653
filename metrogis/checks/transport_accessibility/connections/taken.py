"""What the tables of ``connections`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "relations": Taken(
        parts=("localities",), names={"name_from": ("localities",), "name_to": ("localities",)}
    ),
    "places": Taken(rows=("localities",)),
    "pairs": Taken(
        parts=("localities",), names={"out_lines": ("timetable",), "back_lines": ("timetable",)}
    ),
    "flow_pairs": Taken(rows=("od_flows",), parts=("localities",)),
}
