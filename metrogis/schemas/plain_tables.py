"""Columns of plain tables that a check reads and validates itself: for documentation."""

from __future__ import annotations

from metrogis.schemas.kinds import Field
from metrogis.texts import Text

_TERYT = Field("teryt", Text("kod TERYT gminy", "TERYT code of the municipality"))
_RESISTANCE = Field(
    "number",
    Text("opór (ponad 0; inf: bariera)", "resistance (above 0; inf: a barrier)"),
    "1",
    low=0,
)
_SYMBOL = Field("text", Text("symbol strefy (SW ... SK)", "zone symbol (SW ... SK)"))
JOBS = {
    "teryt": _TERYT,
    "jobs": Field("number", Text("liczba miejsc pracy", "jobs"), "jobs", nullable=True, low=0),
}
CLASSES = {
    "code": Field("integer", Text("kod klasy", "code of the class"), unique=True),
    "habitat": Field("number", Text("wartość siedliska", "habitat value"), "1", low=0, high=1),
    "resistance": _RESISTANCE,
}
ZONES = {"symbol": _SYMBOL, "resistance": _RESISTANCE}
ROADS = {
    "highway": Field("text", Text("klasa drogi (OSM)", "class of road (OSM)")),
    "resistance": _RESISTANCE,
}
SEVERITY = {
    "symbol": _SYMBOL,
    "rank": Field(
        "text",
        Text("ranga korytarza (puste albo *: każda)", "rank of the corridor (empty or *: any)"),
        nullable=True,
    ),
    "severity": Field(
        "text",
        Text("wpływ na korytarz", "effect on the corridor"),
        allowed=("barrier", "filter", "permeable"),
    ),
}
COMPATIBILITY = {
    "class": Field("text", Text("klasa struktury", "class of the structure")),
    "symbol": Field("text", Text("symbol strefy (*: każda inna)", "zone symbol (*: any other)")),
    "compatibility": Field(
        "text", Text("zgodność", "compatibility"), allowed=("compatible", "neutral", "conflict")
    ),
    "part": Field(
        "text",
        Text("część modelu", "part of the model"),
        required=False,
        nullable=True,
        allowed=("settlement", "nature", "transport", "infrastructure"),
    ),
}
