"""Words of maps and pages, in Polish and English."""

from __future__ import annotations

from metrogis.texts import Text

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
