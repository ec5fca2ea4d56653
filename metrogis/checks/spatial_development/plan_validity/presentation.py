"""Texts, columns and map views of ``plan_validity``."""

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
from metrogis.texts import UNKNOWN, Text, both

TITLE = Text("Poprawność planów ogólnych", "Validity of general plans")
QUESTION = Text(
    "Czy strefy planistyczne pokrywają obszar planu bez luk i nakładek, a oznaczenia i wskaźniki "
    "są zgodne z przepisami?",
    "Do the planning zones cover their act without gaps and overlaps, and do labels and values "
    "keep to the rules?",
)
METHOD = Text(
    "Pliki APP GML są czytane tak, jak są zapisane. Luki (obszar aktu bez stref), nakładki stref i "
    "części stref poza granicą aktu liczone są w układzie współrzędnych aktu, przed jakimkolwiek "
    "przeliczeniem; pomijane są pola do 0,001 m² (zaokrąglenia). Sprawdzane są też: poprawność "
    "pierścieni, symbol, zgodność oznaczenia z symbolem, powtórzone identyfikatory i oznaczenia, "
    "dokładność do jednego miejsca po przecinku, kolejność i liczność elementów według XSD wersji "
    "pliku (dla APP 3.0 według reguł 2.0, niezweryfikowane). Udział powierzchni biologicznie "
    "czynnej poniżej minimum to ostrzeżenie: bywa dopuszczalny, gdy obowiązują plany miejscowe. "
    "Gmina bez planu w danych ma stan nieznany; obok strefy, której nie dało się odczytać, "
    "nieznane są też luki. Sprawdzenie nie ocenia zgodności ustaleń z prawem.",
    "APP GML files are read as they stand. Gaps (area of the act without zones), overlaps of zones "
    "and parts of zones outside the act are measured in the act's own coordinate system, before "
    "any reprojection; areas up to 0.001 m² (rounding) are left out. Also checked: rings, symbol, "
    "label against symbol, repeated identifiers and labels, one decimal at most, order and counts "
    "of elements by the XSD of the file's version (APP 3.0 by the rules of 2.0, unverified). A "
    "share of biologically active land under the minimum is a warning: it may be lawful where "
    "local plans are in force. A municipality without a plan in the data is unknown; beside a zone "
    "that could not be read, so are gaps. The check "
    "does not judge whether the provisions are lawful.",
)

READ = Text(
    "Wczytano {acts:0} {acts:plural:akt|akty|aktów} i {zones:0} "
    "{zones:plural:strefę|strefy|stref}; plan ma w danych, choćby w części, "
    "{municipalities_with_plan:0} {municipalities_with_plan:plural:gmina|gminy|gmin}.",
    "{acts:0} {acts:plural:act|acts} and {zones:0} {zones:plural:zone|zones} were read; "
    "{municipalities_with_plan:0} {municipalities_with_plan:plural:municipality has|municipalities "
    "have} a plan in the data, at least in part.",
)
_NOT_JUDGED = Text(
    "Żadnego planu nie ma w danych w całości: czy są poprawne, nie wiadomo",
    "No plan is in the data as a whole: whether they are valid is unknown",
)
_VALID = Text(
    "Gminy, których plan w danych nie ma błędów: {valid:0}",
    "Municipalities whose plan in the data has no error: {valid:0}",
)
_INVALID = Text("; gminy z błędami w planie: {invalid:0}", "; with errors: {invalid:0}")
_ERRORS = Text("; znalezione błędy: {errors:0}", "; errors found: {errors:0}")
_WARNINGS = Text("; ostrzeżenia: {warnings:0}", "; warnings: {warnings:0}")
_NO_FAULTS = Text(
    "Luk między strefami, nakładek i części stref poza aktem nie ma",
    "There are no gaps between zones, no overlaps, no parts of zones outside their act",
)
_TILING_UNKNOWN = Text(
    "Czy strefy pokrywają swoje akty bez luk, nie wiadomo",
    "Whether zones cover their acts without gaps is unknown",
)
_GAPS = Text(
    "luki między strefami: {gaps:0} ({gaps_m2:1} m²)",
    "gaps between zones: {gaps:0} ({gaps_m2:1} m²)",
)
_OVERLAPS = Text(
    "nakładki: {overlaps:0} ({overlaps_m2:1} m²)", "overlaps: {overlaps:0} ({overlaps_m2:1} m²)"
)
_OUTSIDE = Text(
    "części stref poza aktem: {outside:0} ({outside_m2:1} m²)",
    "parts of zones outside their act: {outside:0} ({outside_m2:1} m²)",
)
_STOP = Text(".", ".")
LOST = Text(
    "Położenia {lost_zones:0} {lost_zones:plural:strefy|stref|stref} nie dało się odczytać: w "
    "pobliżu luki są nieznane.",
    "The land of {lost_zones:0} {lost_zones:plural:zone|zones} could not be read: near "
    "{lost_zones:plural:it|them} gaps are unknown.",
)


def states(values: Mapping[str, float]) -> Text:
    """Return the sentence on valid plans; clauses that tell of zero are left out."""
    judged = values["valid"] + values["invalid"] > 0
    return sentence(
        _VALID if judged else _NOT_JUDGED,
        _INVALID if values["invalid"] else None,
        _ERRORS if values["errors"] > 0 else None,
        _WARNINGS if values["warnings"] > 0 else None,
        _STOP,
    )


def tiling(values: Mapping[str, float]) -> Text:
    """Return the sentence on gaps and overlaps; clauses that tell of zero are left out."""
    names = (("gaps", _GAPS), ("overlaps", _OVERLAPS), ("outside", _OUTSIDE))
    said = [text for name, text in names if values[name] > 0]
    if not said:
        known = all(values[name] == 0 for name, _ in names)
        return sentence(_NO_FAULTS if known else _TILING_UNKNOWN, _STOP)
    parts = Text("; ".join(t.pl for t in said), "; ".join(t.en for t in said))
    return sentence(Text(*(t[0].upper() + t[1:] for t in parts)), _STOP)


BIO = Text(
    "W {bio_below_minimum:0} {bio_below_minimum:plural:strefie|strefach|strefach} udział "
    "powierzchni biologicznie czynnej jest niższy niż minimum z rozporządzenia: do wyjaśnienia, bo "
    "prawo dopuszcza to tam, gdzie obowiązują plany miejscowe.",
    "In {bio_below_minimum:0} {bio_below_minimum:plural:zone|zones} the share of biologically "
    "active land is under the regulation's minimum: to be explained, for the law allows it where "
    "local plans are in force.",
)

CODES = {
    "gap": Text("luka między strefami", "gap between zones"),
    "overlap": Text("nakładanie się stref", "overlap of zones"),
    "outside_act": Text("strefa poza granicą aktu", "zone outside its act"),
    "invalid_ring": Text("niepoprawny pierścień", "invalid ring"),
    "open_ring": Text("niedomknięty pierścień", "ring not closed"),
    "short_ring": Text("pierścień o mniej niż 3 punktach", "ring of fewer than 3 points"),
    "no_geometry": Text("brak geometrii", "no geometry"),
    "unreadable_geometry": Text("nieczytelna geometria", "unreadable geometry"),
    "unknown_symbol": Text("nieznany symbol", "unknown symbol"),
    "label_mismatch": Text("oznaczenie niezgodne z symbolem", "label does not match its symbol"),
    "duplicate_local_id": Text("powtórzony identyfikator lokalny", "repeated local id"),
    "duplicate_label": Text("powtórzone oznaczenie", "repeated label"),
    "decimals": Text("więcej niż jedno miejsce po przecinku", "more than one decimal"),
    "out_of_range": Text("wartość spoza zakresu", "value out of range"),
    "bad_value": Text("wartość nie jest liczbą lub datą", "value is no number or date"),
    "bad_unit": Text("zła lub brakująca jednostka", "wrong or missing unit"),
    "date_order": Text("koniec przed początkiem", "end before beginning"),
    "missing_element": Text("brak obowiązkowego elementu", "mandatory element missing"),
    "repeated_element": Text("element powtórzony", "element repeated"),
    "unknown_element": Text("element spoza schematu", "element not in the schema"),
    "element_order": Text("zła kolejność elementów", "elements out of order"),
    "bio_below_minimum": Text(
        "powierzchnia biologicznie czynna poniżej minimum", "biologically active share too low"
    ),
    "profile_not_allowed": Text("profil spoza katalogu strefy", "profile not of this zone type"),
    "mixed_crs": Text("strefa w innym układzie niż akt", "zone in another CRS than its act"),
    "no_act": Text("strefy bez aktu", "zones without an act"),
    "no_zones": Text("akt bez stref", "act without zones"),
    "gap_unknown": Text(
        "brak strefy obok strefy nieodczytanej", "no zone, beside a zone that could not be read"
    ),
}
LEVELS = {
    "error": Text("błąd", "error"),
    "warning": Text("ostrzeżenie", "warning"),
    "note": Text("uwaga", "note"),
}
STATUSES = {
    "legalForce": Text("prawnie wiążący", "legal force"),
    "elaboration": Text("w opracowaniu", "being drafted"),
    "adoption": Text("w trakcie przyjmowania", "being adopted"),
    "obsolete": Text("nieaktualny", "obsolete"),
}
TABLES = {
    "acts": Text("akt", "act"),
    "zones": Text("strefa", "zone"),
    "ouz": Text("obszar uzupełnienia zabudowy", "infill area (OUZ)"),
    "downtown": Text("obszar zabudowy śródmiejskiej", "downtown area"),
    "standards": Text("obszar standardów dostępności", "standards area"),
}
VALID = (
    Category("yes", Text("bez błędów", "no error"), "#009E73"),
    Category("no", Text("z błędami", "with errors"), "#D55E00"),
    Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
)
_AREAS = (
    Category("gap", CODES["gap"], "#D55E00"),
    Category("gap_unknown", CODES["gap_unknown"], "#BBBBBB", hatch=True),
    Category("overlap", CODES["overlap"], "#0072B2"),
    Category("outside_act", CODES["outside_act"], "#CC79A7"),
)
_LEVELS = (
    Category("error", LEVELS["error"], "#D55E00"),
    Category("warning", LEVELS["warning"], "#E69F00"),
    Category("note", LEVELS["note"], "#56B4E9"),
)
_OWN = Text("w układzie współrzędnych aktu", "in the act's own CRS")


def _text(pl: str, en: str) -> Column:
    return Column(Text(pl, en), kind="text")


_FAULT = {
    "code": Column(Text("rodzaj", "kind"), kind="category", categories=CODES),
    "level": Column(Text("waga", "level"), kind="category", categories=LEVELS),
    "municipality": _text("gmina", "municipality"),
    "table": Column(Text("obiekt", "feature"), kind="category", categories=TABLES),
    "label": _text("oznaczenie lub tytuł", "label or title"),
    "other": _text("drugi obiekt", "other feature"),
    "detail": _text("szczegóły", "detail"),
    "area_m2": Column(Text("pole", "area"), unit="m2", digits=3, note=_OWN),
    "act": _text("akt", "act"),
    "teryt6": _text("TERYT (6 cyfr)", "TERYT (6 digits)"),
    "local_id": _text("identyfikator lokalny", "local id"),
    "file": _text("plik", "file"),
    "line": Column(Text("wiersz pliku", "line of the file")),
    "x": Column(both("x"), unit="m", digits=2, note=_OWN),
    "y": Column(both("y"), unit="m", digits=2, note=_OWN),
    "crs": _text("układ współrzędnych", "CRS"),
    "row": Column(Text("wiersz tabeli", "row of the table"), of_known=True),
}

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        **PLAN_COLUMNS,
        "valid": Column(
            Text("poprawność planu", "validity of the plan"),
            kind="category",
            categories={c.value: c.label for c in VALID},
        ),
        "acts": Column(Text("akty", "acts")),
        "zones": Column(Text("strefy", "zones")),
        "errors": Column(Text("błędy", "errors")),
        "warnings": Column(Text("ostrzeżenia", "warnings")),
        "gap_m2": Column(Text("luki", "gaps"), unit="m2", digits=1, note=_OWN, bound="low"),
        "gap_unknown_m2": Column(
            Text("luki nieznane", "gaps unknown"),
            unit="m2",
            digits=1,
            note=Text(
                "brak strefy obok strefy, której nie dało się odczytać",
                "no zone beside one that could not be read",
            ),
            of_knowledge=True,
        ),
        "overlap_m2": Column(Text("nakładki", "overlaps"), unit="m2", digits=1, note=_OWN),
        "outside_m2": Column(Text("poza aktem", "outside the act"), unit="m2", digits=1, note=_OWN),
    },
    GROUND_TABLE: GROUND_COLUMNS,
    "faults": _FAULT,
    "fault_areas": _FAULT,
    "zones": {
        "municipality": _text("gmina", "municipality"),
        "label": _text("oznaczenie", "label"),
        "symbol": Column(
            Text("rodzaj strefy", "zone type"),
            kind="category",
            categories={c.value: c.label for c in ZONE_CATEGORIES},
        ),
        "name": _text("nazwa", "name"),
        "max_intensity": Column(
            Text("maks. nadziemna intensywność zabudowy", "max. floor area ratio"), digits=1
        ),
        "max_built_share": Column(
            Text("maks. udział powierzchni zabudowy", "max. built-up share"), unit="%", digits=1
        ),
        "max_height": Column(Text("maks. wysokość zabudowy", "max. height"), unit="m", digits=1),
        "min_bio_share": Column(
            Text("min. udział powierzchni biologicznie czynnej", "min. biologically active share"),
            unit="%",
            digits=1,
        ),
        "valid_from": _text("obowiązuje od", "in force from"),
        "status": Column(Text("status", "status"), kind="category", categories=STATUSES),
        "faults": Column(Text("uwagi do strefy", "faults of the zone")),
    },
}

_POPUP = ("code", "level", "municipality", "label", "other", "detail", "area_m2", "file", "line")
VIEWS = (
    View(
        "zones",
        Text("Strefy planistyczne", "Planning zones"),
        column="symbol",
        categories=ZONE_CATEGORIES,
        popup=("municipality", "label", "name", "max_height", "min_bio_share", "faults"),
        weight=0.5,
        fill_opacity=0.75,
        ground=GROUND,
    ),
    View(
        "fault_areas",
        Text("Luki, nakładki, strefy poza aktem", "Gaps, overlaps, zones outside their act"),
        column="code",
        categories=_AREAS,
        popup=_POPUP,
        weight=2.0,
        fill_opacity=0.9,
        ground=GROUND,
    ),
    View(
        "faults",
        Text("Błędy i ostrzeżenia", "Errors and warnings"),
        column="level",
        categories=_LEVELS,
        popup=_POPUP,
        radius=5.0,
        fill_opacity=0.9,
        ground=GROUND,
    ),
    View(
        "municipalities",
        Text("Poprawność planu gminy", "Validity of the municipality's plan"),
        column="valid",
        categories=VALID,
        popup=("name", "plan", "valid", "errors", "warnings", "gap_m2", "overlap_m2"),
        shown=False,
    ),
)
