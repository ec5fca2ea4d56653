"""Words of maps and pages, in Polish and English, and the units of columns."""

from __future__ import annotations

from metrogis.texts import Text, both

YES = Text("tak", "yes")
NO = Text("nie", "no")
OTHER = Text("inne", "other")
BELOW = Text("poniżej {a}", "below {a}")
BETWEEN = Text("od {a} do <{b}", "{a} to <{b}")
BETWEEN_CLOSED = Text("od {a} do {b}", "{a} to {b}")
ABOVE = Text("{a} i więcej", "{a} and more")

LEGEND = Text("Legenda i warstwy", "Legend and layers")
ZOOM_IN = Text("Przybliż", "Zoom in")
ZOOM_OUT = Text("Oddal", "Zoom out")
ZOOM_HOME = Text("Pokaż cały obszar", "Show the whole area")
MAP_OF = Text("Mapa: {title}", "Map: {title}")
FEATURES = Text("{n:0} {n:plural:obiekt|obiekty|obiektów}", "{n:0} {n:plural:feature|features}")
CLOSE = Text("Zamknij", "Close")
AGGREGATED = Text(
    "Warstwa ma {n:0} {n:plural:obiekt|obiekty|obiektów}; na mapie połączono je w klasy, "
    "pojedyncze obiekty są w plikach do pobrania.",
    "The layer has {n:0} features; on the map they are joined by class, single features are in "
    "the downloads.",
)
NOT_PLACED = Text(
    "{n:0} {n:plural:wiersz|wiersze|wierszy} bez położenia: tylko w tabeli.",
    "{n:0} {n:plural:row|rows} without a location: in the table only.",
)
EVERY_CELL = Text(
    "Raster jest duży: rysowana jest co {n:0}. komórka, powierzchnie są szacunkiem z nich.",
    "The raster is large: every {n:0}th cell is drawn, areas are estimated from these.",
)
LAND_UNKNOWN = Text("tu brak danych", "no data here")
LAND_PARTLY = Text("tu dane niepełne", "data incomplete here")
OPENED = Text(
    "Mapa otwiera się na części, o której są dane.", "The map opens on the part that is known."
)
EMPTY_LAYER = Text("Ta warstwa nie ma obiektów.", "This layer has no features.")

_UNITS: dict[str, Text] = {
    "1": both(""),
    "-": both(""),
    "": both(""),
    "people": Text("osób", "people"),
    "persons": Text("osób", "people"),
    "person": Text("osób", "people"),
    "inhabitants": Text("mieszkańców", "inhabitants"),
    "moves": Text("przemeldowań", "moves"),
    "people per 1000": Text("osób na 1000", "people per 1000"),
    "people/year": Text("osób/rok", "people/year"),
    "per year": Text("rocznie", "per year"),
    "trips": Text("kursów", "trips"),
    "trips/day": Text("kursów/dzień", "trips/day"),
    "departures": Text("odjazdów", "departures"),
    "departures/day": Text("odjazdów/dzień", "departures/day"),
    "departures per day": Text("odjazdów dziennie", "departures per day"),
    "departures per window": Text("odjazdów w oknie", "departures per window"),
    "cells": Text("komórek", "cells"),
    "stops": Text("przystanków", "stops"),
    "stations": Text("stacji", "stations"),
    "pairs": Text("par", "pairs"),
    "years": Text("lat", "years"),
    "year": Text("rok", "year"),
    "hour": Text("godz.", "h"),
    "hours": Text("godz.", "h"),
    "s": both("s"),
    "min": both("min"),
    "h": Text("godz.", "h"),
    "m2": both("m²"),
    "km2": both("km²"),
    "ha/year": Text("ha/rok", "ha/year"),
    "patches": Text("płatów", "patches"),
    "people/km2": Text("osób/km²", "people/km²"),
    "m2/person": Text("m²/osobę", "m²/person"),
    "date": Text("data", "date"),
}


def unit_text(unit: str) -> Text:
    """Return how a unit reads in both languages; an unlisted one reads as it is.

    >>> unit_text("km2").en, unit_text("people").pl
    ('km²', 'osób')
    """
    return _UNITS.get(unit, both(unit))
