"""Units of parameters, columns and layers, and how they read: each declared once.

``"1"`` is a ratio, ``"-"`` a choice, ``""`` text. A unit that is not listed reads as it is.
"""

from __future__ import annotations

from metrogis.texts import Text, both

UNITS: dict[str, Text] = {
    "1": both(""),
    "-": both(""),
    "": both(""),
    "%": both("%"),
    "A": both("A"),
    "UPU/m2": both("UPU/m²"),
    "cells": Text("komórek", "cells"),
    "departures": Text("odjazdów", "departures"),
    "departures/day": Text("odjazdów/dzień", "departures/day"),
    "departures/h": Text("odjazdów/godz.", "departures/h"),
    "docks": Text("miejsc", "docks"),
    "h": Text("godz.", "h"),
    "ha": both("ha"),
    "ha/year": Text("ha/rok", "ha/year"),
    "jobs": Text("miejsc pracy", "jobs"),
    "km": both("km"),
    "km/h": both("km/h"),
    "km2": both("km²"),
    "level": Text("poziom", "level"),
    "m": both("m"),
    "m/ha": both("m/ha"),
    "m/min": both("m/min"),
    "m2": both("m²"),
    "m2/person": Text("m²/osobę", "m²/person"),
    "min": both("min"),
    "mln PLN": Text("mln zł", "mln PLN"),
    "mln PLN/km": Text("mln zł/km", "mln PLN/km"),
    "pairs": Text("par", "pairs"),
    "pairs/day": Text("par/dzień", "pairs/day"),
    "patches": Text("płatów", "patches"),
    "patches, links": Text("płatów, łączy", "patches, links"),
    "people": Text("osób", "people"),
    "people per 1000": Text("osób na 1000", "people per 1000"),
    "people/km2": Text("osób/km²", "people/km²"),
    "per year": Text("rocznie", "per year"),
    "resistance x m": Text("opór × m", "resistance × m"),
    "s": both("s"),
    "stands": Text("stojaków", "stands"),
    "stations": Text("stacji", "stations"),
    "transfers": Text("przesiadek", "transfers"),
    "year": Text("rok", "year"),
    "zones": Text("stref", "zones"),
}


def unit_text(unit: str) -> Text:
    """Return how a unit reads in both languages; an unlisted one reads as it is.

    Examples
    --------
    >>> unit_text("km2").en, unit_text("people").pl
    ('km²', 'osób')
    """
    return UNITS.get(unit, both(unit))
