"""Texts, columns and map views of ``model_coherence``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from metrogis.checks.contract import Column, View, municipality_columns
from metrogis.checks.shared.plan_ground import (
    GROUND,
    GROUND_COLUMNS,
    GROUND_TABLE,
    PLAN_COLUMNS,
    sentence,
)
from metrogis.checks.shared.zone_categories import ZONE_CATEGORIES
from metrogis.planning.compatibility import PARTS
from metrogis.texts import UNKNOWN, Text

_ALL = Text(
    "Struktura metropolii obejmuje {structure_ha:0} ha; plany są z nią sprzeczne na "
    "{conflict_ha:0} ha ({conflict_share:%1} części rozstrzygniętej)",
    "The metropolitan structure covers {structure_ha:0} ha; plans are in conflict with it on "
    "{conflict_ha:0} ha ({conflict_share:%1} of what is known)",
)
_NONE = Text(
    "Struktura metropolii obejmuje {structure_ha:0} ha; gdzie to wiadomo, plany są z nią zgodne",
    "The metropolitan structure covers {structure_ha:0} ha; where it is known, plans are not in "
    "conflict with it",
)
_UNKNOWN = Text(
    ", a na {unknown_ha:0} ha nic nie wiadomo (brak planu, nieznane przeznaczenie albo brak "
    "reguły)",
    ", and on {unknown_ha:0} ha nothing is known (no plan, no known use, or no rule)",
)
_MOSTLY = Text(
    "Na {unknown_ha:0} ha z {structure_ha:0} ha struktury metropolii nic nie wiadomo (brak "
    "planu, nieznane przeznaczenie albo brak reguły)",
    "On {unknown_ha:0} ha of {structure_ha:0} ha of the metropolitan structure nothing is known "
    "(no plan, no known use, or no rule)",
)
_MOSTLY_CONFLICT = Text(
    "; plany są z nią sprzeczne na {conflict_ha:0} ha ({conflict_share:%1} części rozstrzygniętej)",
    "; plans are in conflict with it on {conflict_ha:0} ha ({conflict_share:%1} of what is known)",
)
_STOP = Text(".", ".")
_SHOWN = 0.5


def conflict(values: Mapping[str, float]) -> Text:
    """Return the sentence on conflicts: what is not known first where it is most."""
    some = values["conflict_ha"] >= _SHOWN
    if values["unknown_ha"] > 0.5 * values["structure_ha"]:
        return sentence(_MOSTLY, _MOSTLY_CONFLICT if some else None, _STOP)
    unknown = _UNKNOWN if values["unknown_ha"] >= _SHOWN else None
    return sentence(_ALL if some else _NONE, unknown, _STOP)


WORST = Text(
    "Najwięcej sprzecznych stref ma {area}: {worst_ha:0} ha.",
    "Most zones in conflict lie in {area}: {worst_ha:0} ha.",
)
PARTS_MISSING = Text(
    "Części modelu, o których struktura w danych nic nie mówi: {parts}.",
    "Parts of the model of which the structure in the data says nothing: {parts}.",
)
LOST = Text(
    "{areas_lost:0} {areas_lost:plural:obszaru|obszarów|obszarów} struktury nie dało się odczytać: "
    "sumy dotyczą pozostałych.",
    "{areas_lost:0} {areas_lost:plural:area|areas} of the structure could not be read: sums are of "
    "the others.",
)
PARTS_SHOWN = {**PARTS, "none": Text("bez części", "no part stated")}


def _ha(pl: str, en: str) -> Column:
    return Column(Text(pl, en), unit="ha", digits=1)


def _known_ha(pl: str, en: str) -> Column:
    return Column(Text(pl, en), unit="ha", digits=1, known="known_share", bound="low")


def _text(pl: str, en: str) -> Column:
    return Column(Text(pl, en), kind="text")


_HECTARES = {
    "compatible_ha": _known_ha("zgodne", "compatible"),
    "neutral_ha": _known_ha("obojętne", "neutral"),
    "conflict_ha": _known_ha("sprzeczne", "in conflict"),
    "unknown_ha": Column(
        UNKNOWN,
        unit="ha",
        digits=1,
        note=Text(
            "brak planu, nieznane przeznaczenie albo brak reguły",
            "no plan, no known use, or no rule",
        ),
        of_knowledge=True,
    ),
    "known_share": Column(Text("udział rozstrzygnięty", "share known"), "share", digits=1),
    "conflict_share": Column(
        Text("udział sprzecznych", "share in conflict"),
        "share",
        digits=1,
        note=Text("wśród rozstrzygniętych", "of what is known"),
        of_known=True,
    ),
}
COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        **PLAN_COLUMNS,
        "structure_ha": replace(_ha("pole struktury", "area of the structure"), bound="low"),
        **_HECTARES,
    },
    "areas": {
        "name": _text("obszar", "area"),
        "class": _text("klasa", "class"),
        "area_ha": replace(_ha("pole", "area"), bound="low"),
        **_HECTARES,
    },
    "parts": {
        "part": Column(
            Text("część modelu", "part of the model"), "category", categories=PARTS_SHOWN
        ),
        "classes": replace(_text("klasy", "classes"), of_known=True),
        "area_ha": replace(_ha("pole", "area"), bound="low"),
        **_HECTARES,
    },
    GROUND_TABLE: GROUND_COLUMNS,
    "conflicts": {
        "name": _text("obszar struktury", "area of the structure"),
        "class": _text("klasa", "class"),
        "municipality": _text("gmina", "municipality"),
        "symbol": Column(
            Text("rodzaj strefy", "zone type"),
            "category",
            categories={c.value: c.label for c in ZONE_CATEGORIES},
        ),
        "label": _text("oznaczenie strefy", "label of the zone"),
        "area_ha": Column(Text("pole sprzeczności", "area of conflict"), unit="ha", digits=2),
    },
}
VIEWS = (
    View(
        "areas",
        Text("Udział stref sprzecznych ze strukturą", "Share of zones in conflict"),
        column="conflict_share",
        breaks=(0, 0.01, 0.05, 0.1, 0.25, 1),
        palette="cividis",
        popup=("name", "class", "area_ha", "compatible_ha", "conflict_ha", "unknown_ha"),
        fill_opacity=0.5,
        ground=GROUND,
    ),
    View(
        "conflicts",
        Text("Strefy sprzeczne ze strukturą", "Zones in conflict with the structure"),
        column="symbol",
        categories=ZONE_CATEGORIES,
        popup=("name", "class", "municipality", "symbol", "label", "area_ha"),
        weight=0.5,
        fill_opacity=0.85,
        ground=GROUND,
    ),
    View(
        "municipalities",
        Text("Udział stref sprzecznych w gminie", "Share in conflict by municipality"),
        column="conflict_share",
        breaks=(0, 0.01, 0.05, 0.1, 0.25, 1),
        palette="cividis",
        popup=("name", "plan", "structure_ha", "conflict_ha", "unknown_ha"),
        shown=False,
        ground=GROUND,
    ),
)
