"""Texts, columns and map views of ``border_gaps``."""

from __future__ import annotations

from metrogis.checks.contract import Category, Column, Ground, View, municipality_columns
from metrogis.texts import UNKNOWN, Text

TITLE = Text("Przerwy tras rowerowych na granicach gmin", "Cycle routes broken at borders")
QUESTION = Text(
    "Gdzie trasa rowerowa kończy się przed granicą gminy i ile brakuje do trasy po drugiej "
    "stronie?",
    "Where does a cycle route end at a municipal border, and how much is missing to the route "
    "beyond it?",
)
METHOD = Text(
    "Dla każdej pary sąsiednich gmin: końce infrastruktury do 500 m od wspólnej granicy i "
    "najkrótsza droga ulicami do infrastruktury po drugiej stronie, najwyżej 1500 m. Droga biegnie "
    "ulicami otwartymi dla rowerów bez infrastruktury, w obie strony, także pod prąd ulic "
    "jednokierunkowych. Gdy objazd infrastrukturą jest krótszy niż 1,5 długości przerwy, przerwy "
    "nie ma. Infrastruktura pochodzi z tagów OSM i z warstwy gmin; różnica źródeł może dać przerwę "
    "pozorną. Przejście przez granicę jest ciągłe, gdy infrastruktura ją przecina. Gdzie sąsiad "
    "nie ma w danych infrastruktury, "
    "wynik brzmi „nieznane”. Kolejność: ile kilometrów sieci po słabszej stronie dołącza metr "
    "przerwy. Podane liczby to wartości domyślne parametrów.",
    "For each pair of neighbouring municipalities: ends of infrastructure within 500 m of their "
    "border, and the shortest way by street to infrastructure on the other side, at most 1500 m. "
    "The way runs along streets open to bicycles that have no infrastructure, in both directions, "
    "also against one-way streets. Where the way round over infrastructure is shorter than 1.5 "
    "times the gap there is no gap. Infrastructure comes from OSM tags and the municipal layer; "
    "where they differ a gap may be only apparent. A crossing is continuous where infrastructure "
    "crosses the border. Where the data show no infrastructure of the neighbour the result is "
    "“unknown”. Order: km of network on the weaker side joined per metre of gap. The numbers "
    "given are the defaults of the parameters.",
)

# --------------------------------------------------------------------------- findings


def joined(*parts: Text) -> Text:
    """Return texts one after the other."""
    return Text("".join(p.pl for p in parts), "".join(p.en for p in parts))


def lowered(text: Text) -> Text:
    """Return a text that goes on within a sentence."""
    return Text(text.pl[0].lower() + text.pl[1:], text.en[0].lower() + text.en[1:])


_STATES = Text(
    "{pairs_continuous:0} {pairs_continuous:plural:ma|mają|ma} ciągłą trasę rowerową, "
    "{pairs_gap:0} {pairs_gap:plural:ma|mają|ma} tylko przerwy, przy {pairs_none:0} nie ma trasy w "
    "pobliżu",
    "{pairs_continuous:0} {pairs_continuous:plural:has|have} a continuous cycle route, "
    "{pairs_gap:0} only gaps, {pairs_none:0} no route near",
)
_OF = Text(
    "Z {pairs:0} {pairs:plural:granicy|granic|granic} między gminami ",
    "Of {pairs:0} {pairs:plural:border|borders} between municipalities ",
)
PAIRS = joined(_OF, _STATES, Text(".", "."))
PAIRS_PARTLY = joined(
    _OF,
    _STATES,
    Text(
        "; o {pairs_unknown:0} nie wiadomo.",
        "; of {pairs_unknown:0} it is unknown.",
    ),
)
PAIRS_UNKNOWN = joined(
    Text(
        "O {pairs_unknown:0} z {pairs:0} granic między gminami nie wiadomo, czy przecina je trasa "
        "rowerowa. Z pozostałych ",
        "Of {pairs_unknown:0} of {pairs:0} borders between municipalities it is unknown whether a "
        "cycle route crosses them. Of the others ",
    ),
    _STATES,
    Text(".", "."),
)
PAIRS_NOTHING = Text(
    "O żadnej z {pairs:0} {pairs:plural:granicy|granic|granic} między gminami nie wiadomo, czy "
    "przecina ją trasa rowerowa: danych jest za mało.",
    "Of none of {pairs:0} {pairs:plural:border|borders} between municipalities is it known whether "
    "a cycle route crosses it: there are too few data.",
)
NO_BORDERS = Text(
    "Gminy nie mają wspólnych granic.", "The municipalities have no borders with each other."
)
GAPS = Text(
    "Przerw na granicach: {gaps:0}, razem {gaps_km:1} km ulic; mediana długości "
    "{gap_median_m:0} m.",
    "Gaps at borders: {gaps:0}, together {gaps_km:1} km of streets; median length "
    "{gap_median_m:0} m.",
)
NO_GAPS = Text("Przerw na granicach: {gaps:0}.", "Gaps at borders: {gaps:0}.")
OF_KNOWN = Text("Tam, gdzie dane wystarczają, ", "Where the data suffice, ")
BEYOND = Text(
    " Bez dalszego ciągu u sąsiada: {nothing_beyond:0}.",
    " With nothing beyond the border: {nothing_beyond:0}.",
)
MAYBE = Text(
    " O dalszych {gaps_uncertain:0} nie wiadomo, czy nie domyka ich trasa, której nie ma w danych.",
    " Of {gaps_uncertain:0} more it is unknown whether a route that the data lack closes them.",
)
FIRST = Text(
    "Najpilniejsza: {first_gap_m:0} m między gminami {a} i {b}{road}; połączyłaby sieci, z których "
    "mniejsza ma {first_joins_km:1} km.",
    "The most urgent: {first_gap_m:0} m between {a} and {b}{road}; it would join networks of which "
    "the smaller has {first_joins_km:1} km.",
)

# --------------------------------------------------------------------------- columns

STATES = (
    Category("gap", Text("przerwa", "gap"), "#D55E00"),
    Category("continuous", Text("ciągła", "continuous"), "#009E73"),
    Category("unknown", UNKNOWN, "#999999", hatch=True),
)
PAIR_STATES = (
    *STATES[:2],
    Category("none", Text("brak tras w pobliżu", "no route near"), "#56B4E9"),
    STATES[2],
)
REASONS = {
    "missing_between": Text("brakuje odcinka przy granicy", "a stretch at the border is missing"),
    "nothing_beyond": Text("za granicą nie ma dalszego ciągu", "nothing goes on beyond"),
    "crosses": Text("trasa przecina granicę", "the route crosses the border"),
    "no_data": Text("brak danych po drugiej stronie", "no data on the other side"),
    "may_be_closed": Text(
        "w pobliżu dane są niepełne: trasa może iść dalej",
        "the data near it are not complete: the route may go on",
    ),
}

_NAME_A = Column(Text("gmina", "municipality"), kind="text")
_NAME_B = Column(Text("sąsiad", "neighbour"), kind="text")
_TERYT_A = Column(Text("TERYT", "TERYT"), kind="text")
_TERYT_B = Column(Text("TERYT sąsiada", "TERYT of the neighbour"), kind="text")


_BESIDE = Text("obok granic, o których nie wiadomo", "beside borders that are unknown")


def _states(categories: tuple[Category, ...]) -> Column:
    return Column(
        Text("stan", "state"),
        kind="category",
        categories={c.value: c.label for c in categories},
    )


COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "cycle_data": Column(Text("objęta danymi rowerowymi", "covered by cycle data"), "flag"),
        "neighbours": Column(Text("sąsiednie gminy", "neighbours"), bound="low"),
        "continuous": Column(
            Text("granice z ciągłą trasą", "borders with a continuous route"),
            note=_BESIDE,
            bound="low",
            known="decided_share",
        ),
        "gaps": Column(
            Text("przerwy na granicach", "gaps at borders"),
            note=_BESIDE,
            bound="low",
            known="decided_share",
        ),
        "gaps_km": Column(
            Text("długość przerw", "length of gaps"),
            unit="km",
            digits=1,
            bound="low",
            known="decided_share",
        ),
        "shortest_gap_m": Column(
            Text("najkrótsza przerwa", "shortest gap"), unit="m", of_known=True
        ),
        "unknown": Column(Text("granice nieznane", "borders unknown"), of_known=True),
        "decided_share": Column(
            Text("udział granic rozstrzygniętych", "share of borders decided"),
            kind="share",
            of_known=True,
        ),
    },
    "crossings": {
        "rank": Column(Text("miejsce w rankingu", "rank"), of_known=True),
        "teryt_a": _TERYT_A,
        "teryt_b": _TERYT_B,
        "name_a": _NAME_A,
        "name_b": _NAME_B,
        "state": _states(STATES),
        "reason": Column(Text("dlaczego", "why"), kind="category", categories=REASONS),
        "length_m": Column(Text("długość przerwy", "length of the gap"), unit="m", bound="high"),
        "detour": Column(
            Text("wydłużenie", "detour"),
            unit="1",
            digits=2,
            note=Text("droga ulicami / linia prosta", "way by street / straight line"),
            of_known=True,
        ),
        "around_m": Column(
            Text("objazd infrastrukturą", "way round over infrastructure"),
            unit="m",
            note=Text("puste: nie ma objazdu", "missing: there is none"),
            of_known=True,
        ),
        "stress": Column(Text("najwyższy stres", "highest stress"), unit="level", of_known=True),
        "low_stress_share": Column(
            Text("udział o niskim stresie", "share of low stress"), "share", of_known=True
        ),
        "road": Column(Text("ulica", "road"), kind="text"),
        "joins_km": Column(
            Text("dołączana sieć", "network joined"),
            unit="km",
            digits=1,
            note=Text(
                "mniejsza z dwóch sieci; 0: jedna sieć", "the smaller of two; 0: one network"
            ),
            of_known=True,
        ),
    },
    "borders": {
        "teryt_a": _TERYT_A,
        "teryt_b": _TERYT_B,
        "name_a": _NAME_A,
        "name_b": _NAME_B,
        "border_km": Column(Text("długość granicy", "length of the border"), unit="km", digits=1),
        "state": _states(PAIR_STATES),
        "continuous": Column(Text("ciągłe przejścia", "continuous crossings"), bound="low"),
        "gaps": Column(Text("przerwy", "gaps"), bound="low"),
    },
}

_GROUND = Ground("cycle_data")

VIEWS = (
    View(
        "crossings",
        Text("Trasy rowerowe na granicach gmin", "Cycle routes at municipal borders"),
        column="state",
        categories=STATES,
        popup=(
            "rank",
            "name_a",
            "name_b",
            "state",
            "reason",
            "length_m",
            "detour",
            "stress",
            "road",
            "joins_km",
        ),
        weight=5.0,
        ground=_GROUND,
    ),
    View(
        "borders",
        Text("Granice gmin", "Municipal borders"),
        column="state",
        categories=PAIR_STATES,
        popup=("name_a", "name_b", "state", "continuous", "gaps"),
        weight=2.5,
        ground=_GROUND,
    ),
    View(
        "municipalities",
        Text("Przerwy na granicach gminy", "Gaps at the municipality's borders"),
        column="gaps",
        breaks=(0, 1, 3, 6),
        palette="cividis",
        popup=("name", "neighbours", "continuous", "gaps", "shortest_gap_m", "unknown"),
        shown=False,
        ground=Ground("decided_share"),
    ),
)
