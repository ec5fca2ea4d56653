"""Words of the checks of transport accessibility: day types, coverage."""

from __future__ import annotations

from metrogis.i18n import _

DAYS = {
    "school_day": _("school day"),
    "holiday_weekday": _("weekday in school holidays"),
    "saturday": _("Saturday"),
    "sunday": _("Sunday and public holiday"),
}


# "in a school day", for sentences
ON_DAY = {
    "school_day": _("on school days"),
    "holiday_weekday": _("on weekdays of school holidays"),
    "saturday": _("on Saturdays"),
    "sunday": _("on Sundays and public holidays"),
}


COVERAGE = {
    "complete": _("complete"),
    "partial": _("partial"),
    "none": _("none"),
}


PEOPLE_FROM = _("of the table of municipalities; without it, of cells whose population is known")


PEOPLE_SHARED = _("people of the municipality, shared out to cells by what is known of them")
