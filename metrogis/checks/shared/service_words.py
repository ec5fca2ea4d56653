"""Words of the checks of transport accessibility: layers, day types, coverage."""

from __future__ import annotations

from metrogis.checks.contract import Input
from metrogis.texts import Text

SERVICE_LAYERS: tuple[Input, ...] = (
    Input("municipalities"),
    Input("population", required=False),
    Input("timetable", required=False),
    Input("coverage", required=False),
    Input("streets", required=False),
    Input("population_municipal", required=False),
    Input("built_up", Text("zabudowa (wagi)", "built-up land (weights)"), required=False),
    Input("stop_posts", required=False),
    Input("rail_stations", required=False),
    Input("localities", required=False),
)


DAYS = {
    "school_day": Text("dzień szkolny", "school day"),
    "holiday_weekday": Text("dzień roboczy w ferie", "weekday in school holidays"),
    "saturday": Text("sobota", "Saturday"),
    "sunday": Text("niedziela i święto", "Sunday and public holiday"),
}


# "in a school day", for sentences
ON_DAY = {
    "school_day": Text("w dni szkolne", "on school days"),
    "holiday_weekday": Text("w dni robocze ferii", "on weekdays of school holidays"),
    "saturday": Text("w soboty", "on Saturdays"),
    "sunday": Text("w niedziele i święta", "on Sundays and public holidays"),
}


COVERAGE = {
    "complete": Text("pełne", "complete"),
    "partial": Text("częściowe", "partial"),
    "none": Text("brak", "none"),
}


PEOPLE_FROM = Text(
    "z tabeli ludności gmin, a bez niej z komórek o znanej ludności",
    "of the table of municipalities; without it, of cells whose population is known",
)


PEOPLE_SHARED = Text(
    "ludność gminy rozłożona na komórki według tego, co o nich wiadomo",
    "people of the municipality, shared out to cells by what is known of them",
)
