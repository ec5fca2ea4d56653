"""Texts, columns and map views of ``border_coherence``."""

from __future__ import annotations

from collections.abc import Mapping

from metrogis.checks.contract import Category, Column, View, municipality_columns
from metrogis.checks.shared.plan_ground import (
    GROUND,
    GROUND_COLUMNS,
    GROUND_TABLE,
    PLAN_COLUMNS,
    sentence,
)
from metrogis.checks.shared.zone_categories import ZONE_CATEGORIES
from metrogis.texts import UNKNOWN, Text

TITLE = Text("Spójność planów na granicach gmin", "Coherence of plans at municipal borders")
QUESTION = Text(
    "Czy korytarze i tereny otwarte mają po drugiej stronie granicy gminy swój ciąg dalszy, czy "
    "stykają się z terenami do zabudowy?",
    "Do corridors and open land go on across the municipal border, or do they meet land to be "
    "built on?",
)
METHOD = Text(
    "Każda wspólna granica dwóch gmin jest dzielona na odcinki do 10 m. Po każdej stronie liczy "
    "się najbliższa strefa planu tej gminy w odległości do 25 m, bo plany nie stykają się "
    "dokładnie. Gdzie po jednej stronie leży korytarz albo strefa otwarta (SN, SO, SC), sprawdzana "
    "jest strefa po drugiej: przepuszczalna lub filtr (SR) – „ma ciąg dalszy”, do zabudowy – „nie "
    "ma”, brak planu – „nieznane”. Gdzie strona nie ma w danych ani planu, ani korytarza, nie "
    "wiadomo, czy coś dochodzi tam do granicy; długości są sumami tego, co wiadomo. Wartości są "
    "domyślnymi wartościami parametrów. Sprawdzenie nie mówi, czy styk jest błędem planu: wskazuje "
    "miejsca do uzgodnienia między gminami.",
    "Every border of two municipalities is cut into pieces of up to 10 m. On each side the nearest "
    "zone of that side's plan within 25 m counts, for plans never meet exactly. Where a corridor "
    "or an open zone (SN, SO, SC) lies on one side, the zone on the other side is looked at: "
    "permeable or a filter (SR) - it goes on; to be built on - it does not; no plan - unknown. "
    "Where a side has neither a plan nor a corridor in the data, whether anything reaches the "
    "border there is unknown; lengths are sums of what is known. The numbers are the defaults of "
    "the parameters. The check does not say that a plan is wrong: it shows places for neighbours "
    "to agree on.",
)

BREAKS = (0, 100, 500, 1000, 5000)
"""Classes of the incoherent length of a border, m."""

_BORDER = Text(
    "Wspólne granice mają {border_km:1} km; na {green_km:1} km dochodzi do nich korytarz lub teren "
    "otwarty. ",
    "Shared borders are {border_km:1} km long; a corridor or open land reaches them along "
    "{green_km:1} km. ",
)
_NO = Text(
    "Na {no_km:1} km ({no_share:%0} rozstrzygniętych) styka się on z terenem do zabudowy",
    "Along {no_km:1} km ({no_share:%0} of what is known) it meets land to be built on",
)
_NOWHERE = Text(
    "Nigdzie, gdzie to wiadomo, nie styka się on z terenem do zabudowy",
    "Nowhere where it is known does it meet land to be built on",
)
_UNKNOWN = Text(", na {unknown_km:1} km nie wiadomo", ", along {unknown_km:1} km nothing is known")
_MOSTLY = Text(
    "Na {unknown_km:1} km z {border_km:1} km wspólnych granic nie wiadomo, czy plany są spójne. "
    "Korytarz lub teren otwarty na pewno dochodzi do granic na {green_km:1} km",
    "Along {unknown_km:1} km of {border_km:1} km of shared borders it is unknown whether plans are "
    "coherent. A corridor or open land reaches the borders for certain along {green_km:1} km",
)
_MOSTLY_NO = Text(
    "; na {no_km:1} km ({no_share:%0} rozstrzygniętych) styka się z terenem do zabudowy",
    "; along {no_km:1} km ({no_share:%0} of what is known) it meets land to be built on",
)
_STOP = Text(".", ".")
DARK = Text(
    "Czy plany są spójne na {border_km:1} km wspólnych granic, nie wiadomo: planów po obu stronach "
    "granicy nie ma w danych, a żaden korytarz ani teren otwarty, który jest w danych, do nich nie "
    "dochodzi.",
    "Whether plans are coherent along {border_km:1} km of shared borders is unknown: plans of both "
    "sides are not in the data, and no corridor or open land in the data reaches them.",
)


def lengths(values: Mapping[str, float]) -> Text:
    """Return the sentence on lengths: what is not known first where it is more than half."""
    unknown, no = values["unknown_km"], values["no_km"]
    if unknown > 0.5 * values["border_km"]:
        return sentence(_MOSTLY, _MOSTLY_NO if no > 0 else None, _STOP)
    last = _UNKNOWN if round(unknown, 1) > 0 else None
    return sentence(_BORDER, _NO if no > 0 else _NOWHERE, last, _STOP)


CORRIDOR = Text(
    "Korytarze kończą się na terenach do zabudowy sąsiada na {corridor_no_km:1} km granic; "
    "najdłużej {corridor} na styku {here} i {there} ({corridor_worst_m:0} m).",
    "Corridors end at a neighbour's land to be built on along {corridor_no_km:1} km of borders; "
    "the longest is {corridor} between {here} and {there} ({corridor_worst_m:0} m).",
)
WORST = Text(
    "Najdłuższy niespójny styk mają {a} i {b}: {worst_km:1} km.",
    "The longest incoherent border is that of {a} and {b}: {worst_km:1} km.",
)
STATES = (
    Category("no", Text("nie: teren do zabudowy", "no: land to be built on"), "#D55E00"),
    Category("unknown", UNKNOWN, "#999999", hatch=True),
    Category("yes", Text("tak", "yes"), "#009E73"),
)
KINDS = {
    "corridor": Text("korytarz", "corridor"),
    "open_zone": Text("strefa otwarta", "open zone"),
}
_ZONES = {c.value: c.label for c in ZONE_CATEGORIES}


def _text(pl: str, en: str) -> Column:
    return Column(Text(pl, en), kind="text")


def _m(pl: str, en: str) -> Column:
    return Column(Text(pl, en), unit="m")


LENGTHS: dict[str, Column] = {
    "border_m": Column(Text("wspólna granica", "shared border"), unit="m", bound="low"),
    "green_m": Column(
        Text("dochodzi korytarz lub teren otwarty", "corridor or open land reaches it"),
        unit="m",
        known="known_m",
        bound="low",
    ),
    "yes_m": Column(Text("ma ciąg dalszy", "goes on"), unit="m", known="known_m", bound="low"),
    "no_m": Column(
        Text("styk z terenem do zabudowy", "meets land to be built on"),
        unit="m",
        known="known_m",
        bound="low",
    ),
    "unknown_m": Column(
        UNKNOWN,
        unit="m",
        note=Text(
            "nie wiadomo, co dochodzi do granicy albo co leży po drugiej stronie",
            "what reaches the border, or what lies across, is not known",
        ),
        of_knowledge=True,
    ),
    "known_m": Column(
        Text("granica, o której wiadomo", "border of which it is known"),
        unit="m",
        note=Text(
            "wiadomo, czy coś do niej dochodzi i czy ma ciąg dalszy",
            "whether something reaches it, and whether that goes on, is known",
        ),
    ),
    "known_share": Column(
        Text("udział znanych granic", "share of border known"), "share", of_knowledge=True
    ),
    "no_share": Column(
        Text("udział niespójnych", "share incoherent"),
        "share",
        note=Text("wśród rozstrzygniętych", "of what is known"),
        of_known=True,
    ),
    "no_class_m": Column(
        Text("styk z terenem do zabudowy, gdy pewny", "meets land to be built on, where certain"),
        unit="m",
        note=Text(
            "gdy nieznana część granicy nie zmienia klasy na mapie",
            "where what is not known of the border does not change its class on the map",
        ),
        bound="low",
    ),
}

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        **PLAN_COLUMNS,
        **LENGTHS,
    },
    "stretches": {
        "from": _text("gmina", "municipality"),
        "to": _text("sąsiad", "neighbour"),
        "kind": Column(
            Text("co dochodzi do granicy", "what reaches the border"), "category", categories=KINDS
        ),
        "corridor": _text("korytarz", "corridor"),
        "symbol_from": Column(Text("strefa", "zone"), "category", categories=_ZONES),
        "symbol_to": Column(
            Text("strefa sąsiada", "neighbour's zone"), "category", categories=_ZONES
        ),
        "continues": Column(
            Text("ciąg dalszy po drugiej stronie", "goes on across the border"),
            "category",
            categories={c.value: c.label for c in STATES},
        ),
        "length_m": _m("długość", "length"),
    },
    "borders": {
        "a": _text("gmina", "municipality"),
        "b": _text("sąsiad", "neighbour"),
        **LENGTHS,
    },
    GROUND_TABLE: GROUND_COLUMNS,
}

VIEWS = (
    View(
        "stretches",
        Text("Ciąg dalszy po drugiej stronie granicy", "Does it go on across the border?"),
        column="continues",
        categories=STATES,
        popup=("from", "to", "kind", "corridor", "symbol_from", "symbol_to", "length_m"),
        weight=4.0,
        ground=GROUND,
    ),
    View(
        "borders",
        Text("Niespójny styk według par gmin", "Incoherent length by pair of neighbours"),
        column="no_class_m",
        breaks=BREAKS,
        popup=("a", "b", "border_m", "known_m", "green_m", "yes_m", "no_m", "unknown_m"),
        weight=2.0,
        shown=False,
        ground=GROUND,
    ),
    View(
        "municipalities",
        Text("Udział niespójnych styków", "Share of incoherent border"),
        column="no_share",
        breaks=(0, 0.1, 0.25, 0.5, 1),
        palette="cividis",
        popup=("name", "plan", "border_m", "known_m", "green_m", "yes_m", "no_m", "unknown_m"),
        shown=False,
        ground=GROUND,
    ),
)
