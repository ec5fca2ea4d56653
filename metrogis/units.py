"""Units of parameters, columns and layers, and how they read: each declared once.

``"1"`` is a ratio, ``"-"`` a choice, ``""`` text. A unit that is not listed reads as it is.
"""

from __future__ import annotations

from metrogis.i18n import Text, _, both, pgettext

UNITS: dict[str, Text] = {
    "1": both(""),
    "-": both(""),
    "": both(""),
    "%": both("%"),
    "A": both("A"),
    "UPU/m2": both("UPU/m²"),
    "buildings": pgettext("unit", "buildings"),
    "cells": pgettext("unit", "cells"),
    "departures": _("departures"),
    "departures/day": _("departures/day"),
    "departures/h": _("departures/h"),
    "docks": pgettext("unit", "docks"),
    "h": _("h"),
    "ha": both("ha"),
    "ha/year": _("ha/year"),
    "jobs": pgettext("unit", "jobs"),
    "km": both("km"),
    "km/h": both("km/h"),
    "km2": both("km²"),
    "level": _("level"),
    "links": pgettext("unit", "links"),
    "m": both("m"),
    "m/ha": both("m/ha"),
    "m/min": both("m/min"),
    "m2": both("m²"),
    "m2/person": _("m²/person"),
    "min": both("min"),
    "mln PLN": _("mln PLN"),
    "mln PLN/km": _("mln PLN/km"),
    "pairs": pgettext("unit", "pairs"),
    "pairs/day": _("pairs/day"),
    "patches": _("patches"),
    "per day": pgettext("unit", "per day"),
    "patches, links": _("patches, links"),
    "people": pgettext("unit", "people"),
    "people/ha": _("people/ha"),
    "people per 1000": _("people per 1000"),
    "people/km2": _("people/km²"),
    "per year": _("per year"),
    "resistance x m": _("resistance × m"),
    "s": both("s"),
    "sites": pgettext("unit", "sites"),
    "stands": _("stands"),
    "stations": _("stations"),
    "transfers": _("transfers"),
    "year": _("year"),
    "zones": pgettext("unit", "zones"),
}


def unit_text(unit: str) -> Text:
    """Return how a unit reads in both languages; an unlisted one reads as it is.

    Examples
    --------
    >>> unit_text("km2").en, unit_text("people").pl
    ('km²', 'osób')
    """
    return UNITS.get(unit, both(unit))
