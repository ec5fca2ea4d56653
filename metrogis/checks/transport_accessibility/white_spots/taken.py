"""What the tables of ``white_spots`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "states": Taken(parts=("population",)),
    "spots": Taken(
        parts=("population",),
        names={
            "name": ("localities",),
            "fix_place": ("timetable", "localities"),
            "fix_lines": ("timetable",),
        },
    ),
    "spot_parts": Taken(
        parts=("population",),
        names={
            "name": ("localities",),
            "fix_place": ("timetable", "localities"),
            "fix_lines": ("timetable",),
        },
    ),
    "fixes": Taken(
        parts=("timetable",),
        names={
            "name": ("localities",),
            "fix_place": ("timetable", "localities"),
            "fix_lines": ("timetable",),
        },
    ),
    "stops": Taken(rows=("timetable", "stop_posts", "rail_stations")),
    "cells": Taken(rows=("population",)),
}
