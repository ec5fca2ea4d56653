"""What the tables of ``rail_access`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "stations": Taken(rows=("rail_stations", "timetable")),
    "reach": Taken(parts=("population",)),
    "barriers": Taken(parts=("population",), names={"station": ("rail_stations", "timetable")}),
    "measures": Taken(
        parts=("rail_stations", "interchange_entrances"),
        names={"station": ("rail_stations", "timetable"), "line": ("timetable",)},
    ),
    "catchments": Taken(parts=("streets",), names={"station": ("rail_stations", "timetable")}),
    "desire_lines": Taken(
        parts=("population", "rail_stations", "timetable"),
        names={"station": ("rail_stations", "timetable")},
    ),
    "cells": Taken(rows=("population",)),
}
