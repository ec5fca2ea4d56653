"""Texts, columns and map views of ``border_coherence``."""

from __future__ import annotations

from metrogis.checks.contract import Category, Column, View, municipality_columns
from metrogis.checks.spatial_development.plan_validity_texts import ZONE_CATEGORIES
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
    "ma”, brak planu – „nieznane”. Wartości są domyślnymi wartościami parametrów. Sprawdzenie nie "
    "mówi, czy styk jest błędem planu: wskazuje miejsca do uzgodnienia między gminami.",
    "Every border of two municipalities is cut into pieces of up to 10 m. On each side the nearest "
    "zone of that side's plan within 25 m counts, for plans never meet exactly. Where a corridor "
    "or an open zone (SN, SO, SC) lies on one side, the zone on the other side is looked at: "
    "permeable or a filter (SR) - it goes on; to be built on - it does not; no plan - unknown. The "
    "numbers are the defaults of the parameters. The check does not say that a plan is wrong: it "
    "shows places for neighbours to agree on.",
)

LENGTHS = Text(
    "Wspólne granice mają {border_km:1} km; na {green_km:1} km dochodzi do nich korytarz lub teren "
    "otwarty. Na {no_km:1} km ({no_share:%0} rozstrzygniętych) styka się on z terenem do zabudowy, "
    "na {unknown_km:1} km nie wiadomo.",
    "Shared borders are {border_km:1} km long; a corridor or open land reaches them along "
    "{green_km:1} km. Along {no_km:1} km ({no_share:%0} of what is known) it meets land to be "
    "built on, along {unknown_km:1} km nothing is known.",
)
DARK = Text(
    "Wspólne granice mają {border_km:1} km. Czy są spójne, nie wiadomo: żaden korytarz ani teren "
    "otwarty, który jest w danych, do nich nie dochodzi, a nie wszystkie gminy mają plan w danych.",
    "Shared borders are {border_km:1} km long. Whether they are coherent is unknown: no corridor "
    "or open land in the data reaches them, and not all municipalities have a plan in the data.",
)
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
BARE = Text(
    "{municipalities_without_plan:0} {municipalities_without_plan:plural:gmina nie ma|gminy nie "
    "mają|gmin nie ma} planu w danych: po tamtej stronie granicy nic nie wiadomo.",
    "{municipalities_without_plan:0} {municipalities_without_plan:plural:municipality has|"
    "municipalities have} no plan in the data: nothing is known on that side of the border.",
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


_LENGTHS = {
    "border_m": _m("wspólna granica", "shared border"),
    "green_m": _m("dochodzi korytarz lub teren otwarty", "corridor or open land reaches it"),
    "yes_m": _m("ma ciąg dalszy", "goes on"),
    "no_m": _m("styk z terenem do zabudowy", "meets land to be built on"),
    "unknown_m": _m("nieznane", "unknown"),
    "no_share": Column(
        Text("udział niespójnych", "share incoherent"),
        "share",
        note=Text("wśród rozstrzygniętych", "of what is known"),
    ),
}

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "plan": Column(Text("plan w danych", "plan in the data"), "flag"),
        **_LENGTHS,
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
        **_LENGTHS,
    },
}

VIEWS = (
    View(
        "stretches",
        Text("Ciąg dalszy po drugiej stronie granicy", "Does it go on across the border?"),
        column="continues",
        categories=STATES,
        popup=("from", "to", "kind", "corridor", "symbol_from", "symbol_to", "length_m"),
        weight=4.0,
    ),
    View(
        "borders",
        Text("Niespójny styk według par gmin", "Incoherent length by pair of neighbours"),
        column="no_m",
        breaks=(0, 100, 500, 1000, 5000),
        popup=("a", "b", "border_m", "green_m", "yes_m", "no_m", "unknown_m"),
        weight=2.0,
        shown=False,
    ),
    View(
        "municipalities",
        Text("Udział niespójnych styków", "Share of incoherent border"),
        column="no_share",
        breaks=(0, 0.1, 0.25, 0.5, 1),
        palette="cividis",
        popup=("name", "plan", "border_m", "green_m", "yes_m", "no_m", "unknown_m"),
        shown=False,
    ),
)
