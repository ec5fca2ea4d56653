"""What the tables of ``feeder_coordination`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "stations": Taken(rows=("rail_stations", "timetable")),
    "waits": Taken(rows=("rail_stations", "timetable")),
    "connections": Taken(parts=("rail_stations", "timetable")),
    "shifts": Taken(
        parts=("rail_stations",), names={"line": ("timetable",), "station": ("timetable",)}
    ),
}
