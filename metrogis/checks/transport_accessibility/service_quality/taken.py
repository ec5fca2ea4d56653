"""What the tables of ``service_quality`` repeat of layers, whose licences hold for them."""

from __future__ import annotations

from metrogis.checks.contract import Taken

TAKEN = {
    "municipalities": Taken(parts=("municipalities",)),
    "areas_are": Taken(parts=("population",)),
    "areas_austria": Taken(parts=("population",)),
    "areas_ptal": Taken(parts=("population",)),
    "areas_dg_regio": Taken(parts=("population",)),
    "areas_sdg": Taken(parts=("population",)),
    "areas_sdg_pl": Taken(parts=("population",)),
    "agreement": Taken(parts=("population",)),
    "stops": Taken(rows=("timetable", "stop_posts", "rail_stations")),
    "cells": Taken(
        rows=("population",),
        names={
            "are_stop": ("timetable", "rail_stations"),
            "are_line": ("timetable",),
            "austria_stop": ("timetable", "rail_stations"),
            "austria_line": ("timetable",),
            "ptal_stop": ("timetable", "rail_stations"),
            "ptal_line": ("timetable",),
            "dg_regio_stop": ("timetable", "rail_stations"),
            "dg_regio_line": ("timetable",),
            "sdg_stop": ("timetable", "rail_stations"),
            "sdg_line": ("timetable",),
            "sdg_pl_stop": ("timetable", "rail_stations"),
            "sdg_pl_line": ("timetable",),
        },
    ),
}
