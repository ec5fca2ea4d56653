"""Method and columns of the functional links, in Polish and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from metrogis.checks.contract import Category, Column, municipality_columns
from metrogis.texts import UNKNOWN, Text

KINDS: dict[str, Text] = {
    "1": Text("miasto", "town"),
    "2": Text("gmina wiejska", "rural municipality"),
    "3": Text("gmina miejsko-wiejska", "urban-rural municipality"),
}
"""Kind of a municipality by the last digit of TERYT, for names that repeat."""

METHOD = Text(
    "Z tabeli przepływów między gminami sumujemy napływ i odpływ, osobno wewnątrz obszaru i przez "
    "jego granicę. Gmina jest podporządkowana, gdy jej największy odpływ idzie do gminy większej, "
    "czyli o większym napływie (Nystuen i Dacey 1961); regiony funkcjonalne dają największą "
    "modularność. Małych liczebności nie publikuje się, więc brak wiersza nie oznacza zera: sumy "
    "są dolnymi granicami, a obok stoją górne; wiersze, których nie da się użyć, odbierają górne "
    "granice. Miasta rdzenia, hierarchia, miejsca i regiony wynikają z tego, co wiadomo, a obok "
    "zaznaczono, gdzie więcej wiedzy mogłoby je zmienić. Migracje są tylko zastępczą miarą "
    "dojazdów: płyną też z miast na przedmieścia, więc gmina podmiejska bywa tu większa od swojego "
    "miasta (wielkość można mierzyć ludnością), i nie mówią, kto zostaje w gminie: "
    "samowystarczalność jest wtedy nieznana.",
    "From a table of flows between municipalities we sum flows in and out, within the area and "
    "across its border. A municipality is subordinate when its largest outflow goes to a larger "
    "one, that is one of larger inflow (Nystuen & Dacey 1961); functional regions are those of "
    "highest modularity. Small counts are not published, so no row does not mean zero: sums are "
    "lower bounds, with upper bounds beside them; rows that cannot be used take the upper bounds "
    "away. Core cities, the hierarchy, ranks and regions are of what is known, and flags tell "
    "where more knowledge could change them. Migration is only a proxy for commuting: it also "
    "runs from cities to suburbs, so that a suburb may rank above its town (size can be measured "
    "by population instead), and it does not tell who stays: self-containment is then unknown.",
)

DOMINANCE: dict[str, Text] = {
    "terminal": Text("ośrodek dominujący", "terminal (dominant) centre"),
    "subordinate": Text("podporządkowana", "subordinate"),
    "none": Text("bez przepływu dominującego", "no dominant flow"),
    "unknown": UNKNOWN,
}

DOMINANCE_CLASSES = (
    Category("terminal", DOMINANCE["terminal"], "#D55E00"),
    Category("subordinate", DOMINANCE["subordinate"], "#56B4E9"),
    Category("none", DOMINANCE["none"], "#F0E442"),
    Category("unknown", DOMINANCE["unknown"], "#d9d9d9", hatch=True),
)

# --------------------------------------------------------------------------- columns

_MAX = Text(
    "gdy każdy niepublikowany wiersz ma największą możliwą wartość; brak danych, gdy wiersza nie "
    "da się użyć albo tabela nie zna gminy",
    "if every unpublished record has its largest possible value; no data where a row cannot be "
    "used, or the table does not hold a municipality",
)
_SHARE_BASE = Text(
    "w zapisanym odpływie gminy, bez przepływów w niej samej; w odpływie wewnątrz obszaru, gdy tak "
    "ustawiono lub tabela nie sięga poza obszar",
    "of the municipality's recorded outflow, without flows that stay; of the outflow within the "
    "area where so set, or where the table does not reach beyond it",
)
_OF_KNOWN = Text(
    "nie: regiony są z tego, co zapisano; przepływy, których tabela nie podaje, mogłyby je zmienić",
    "no: regions are of what is recorded; flows that the table does not tell could change them",
)

_CORE_MAX = Text(
    "granice obejmują też każdy możliwy wybór miast rdzenia, gdy nie są pewne",
    "the bounds hold for every possible choice of core cities where these are not certain",
)
_RECORDED = Text(
    "suma zapisanych wierszy, dolna granica; brak danych, gdy nie zapisano żadnego",
    "sum of the recorded rows, a lower bound; no data where none is recorded",
)


Bound = Literal["", "low", "high"]


def _people(pl: str, en: str, note: Text | None = None, bound: Bound = "") -> Column:
    return Column(Text(pl, en), unit="people", note=note, bound=bound)


def _share(pl: str, en: str, note: Text | None = None, bound: Bound = "") -> Column:
    """Share of what is recorded, or one of its bounds."""
    return Column(Text(pl, en), kind="share", digits=1, note=note, bound=bound, of_known=not bound)


def _text(pl: str, en: str, note: Text | None = None) -> Column:
    return Column(Text(pl, en), kind="text", note=note)


def _flag(pl: str, en: str, note: Text | None = None) -> Column:
    return Column(Text(pl, en), kind="flag", note=note)


def _certain(pl: str, en: str, note: Text | None = None) -> Column:
    return replace(_flag(pl, en, note), of_knowledge=True)


def _municipal_columns() -> dict[str, Column]:
    columns = municipality_columns()
    columns["population"] = _people("ludność", "population")
    columns |= {
        "flows_known": _flag(
            "przepływy znane",
            "flows are known",
            Text(
                "tabela zna gminę i żaden jej wiersz nie przepadł; brakuje najwyżej małych "
                "liczebności, których się nie publikuje",
                "the table holds the municipality and none of its rows was lost; at most small "
                "counts are missing, which are not published",
            ),
        ),
        "rows_lost": Column(
            Text("wiersze, których nie da się użyć", "rows that cannot be used"),
            note=Text("bez liczby albo z kodem, który donikąd nie prowadzi",
                      "without a count, or with a code that leads nowhere"),
            bound="low",
            of_knowledge=True,
        ),
        "core": replace(_flag("miasto rdzenia", "core city"), of_known=True),
        "core_certain": _certain(
            "miasta rdzenia pewne",
            "core cities are certain",
            Text(
                "nie: brak ludności (lub napływu) gminy, która mogłaby być miastem rdzenia",
                "no: the population (or inflow) of one that could be a core city is not known",
            ),
        ),
    }  # fmt: skip
    for key, pl, en in (("inflow", "napływ", "inflow"), ("outflow", "odpływ", "outflow")):
        for part, pl_part, en_part in (
            ("", "", ""),
            ("_internal", " wewnątrz obszaru", " within the area"),
            ("_external", " przez granicę obszaru", " across the area's border"),
        ):
            columns[key + part] = replace(
                _people(pl + pl_part, en + en_part, _RECORDED, "low"), known="flows_known"
            )
            columns[key + part + "_max"] = _people(
                f"{pl}{pl_part}, najwyżej", f"{en}{en_part}, at most", _MAX, "high"
            )
    columns |= _balance_columns() | _share_columns() | _structure_columns()
    # flows go by code: they hang on no outline
    return {name: replace(column, land=False) for name, column in columns.items()}


def _balance_columns() -> dict[str, Column]:
    note = Text("napływ minus odpływ, z zapisanych wierszy",
                "inflow less outflow, of the recorded rows")  # fmt: skip
    balance = replace(_people("saldo", "balance", note), of_known=True)
    return {
        "balance": balance,
        "balance_low": _people("saldo, co najmniej", "balance, at least", _MAX, "low"),
        "balance_high": _people("saldo, najwyżej", "balance, at most", _MAX, "high"),
        "balance_internal": replace(
            balance, label=Text("saldo wewnątrz obszaru", "balance within the area")
        ),
        "balance_per_1000": Column(
            Text("saldo na 1000 mieszkańców", "balance per 1000 residents"),
            unit="people per 1000",
            digits=1,
            of_known=True,
        ),
    }


def _share_columns() -> dict[str, Column]:
    return {
        "border_in": _share("napływ spoza obszaru", "inflow from outside the area"),
        "border_in_low": _share(
            "napływ spoza obszaru, co najmniej", "from outside, at least", bound="low"
        ),
        "border_in_high": _share(
            "napływ spoza obszaru, najwyżej", "from outside, at most", bound="high"
        ),
        "border_out": _share("odpływ poza obszar", "outflow to outside the area"),
        "border_out_low": _share(
            "odpływ poza obszar, co najmniej", "to outside, at least", bound="low"
        ),
        "border_out_high": _share(
            "odpływ poza obszar, najwyżej", "to outside, at most", bound="high"
        ),
        "flow_to_core": replace(
            _people("przepływ do miast rdzenia", "flow to core cities", _RECORDED), of_known=True
        ),
        "flow_from_core": replace(
            _people("przepływ z miast rdzenia", "flow from core cities", _RECORDED), of_known=True
        ),
        "share_to_core": _share(
            "udział odpływu do miast rdzenia", "share of outflow to core cities", _SHARE_BASE
        ),
        "share_to_core_low": replace(
            _share("do miast rdzenia, co najmniej", "to core, at least", _CORE_MAX, "low"),
            of_known=True,
        ),
        "share_to_core_high": replace(
            _share("do miast rdzenia, najwyżej", "to core, at most", _CORE_MAX, "high"),
            of_known=True,
        ),
        "share_from_core": _share(
            "udział napływu z miast rdzenia", "share of inflow from core cities"
        ),
        "main_destination": replace(_text("główny kierunek", "main destination"), of_known=True),
        "main_destination_code": replace(
            _text("główny kierunek, TERYT", "main destination, TERYT"), of_known=True
        ),
        "main_destination_flow": _people(
            "przepływ w głównym kierunku", "flow to main destination", bound="low"
        ),
        "main_destination_share": _share(
            "udział głównego kierunku", "share of main destination", _SHARE_BASE
        ),
        "main_destination_certain": _certain(
            "główny kierunek pewny",
            "main destination is certain",
            Text(
                "żaden inny przepływ, którego tabela nie podaje, nie może być większy",
                "no other flow, which the table does not tell, can be larger",
            ),
        ),
        "own_flow": _people(
            "przepływ w samej gminie",
            "flow that stays",
            Text(
                "migracje: tylko przeprowadzki między miastem a częścią wiejską lub dzielnicami",
                "migration: only moves between town and rural part, or between districts",
            ),
            "low",
        ),
        "self_containment": _share(
            "samowystarczalność (mieszkańcy)",
            "self-containment (residents)",
            Text(
                "zostający / (zostający + odpływ); nieznana dla migracji",
                "staying / (staying + outflow); unknown for migration",
            ),
        ),
        "job_self_containment": _share(
            "samowystarczalność (miejsca pracy)",
            "self-containment (jobs)",
            Text(
                "zostający / (zostający + napływ); nieznana dla migracji",
                "staying / (staying + inflow); unknown for migration",
            ),
        ),
        "pairs_without_row": Column(
            Text("pary w obszarze bez wiersza", "pairs within the area without a row"),
            note=Text(
                "oba kierunki; przepływ poniżej progu publikacji, nie zero",
                "both directions; a flow under the threshold of publication, not zero",
            ),
            of_known=True,
        ),
    }


def _structure_columns() -> dict[str, Column]:
    return {
        "dominance": Column(
            Text("miejsce w hierarchii", "place in the hierarchy"),
            kind="category",
            categories=DOMINANCE,
            of_known=True,
        ),
        "dominant": replace(_text("ośrodek nadrzędny", "dominant centre"), of_known=True),
        "dominant_flow": _people(
            "największy odpływ w obszarze", "largest outflow in the area", bound="low"
        ),
        "dominant_share": _share(
            "udział w odpływie wewnątrz obszaru", "share of outflow within the area"
        ),
        "nodal_centre": replace(
            _text("ośrodek regionu węzłowego", "centre of the nodal region"), of_known=True
        ),
        "hierarchy_level": Column(
            Text("poziom hierarchii", "level of the hierarchy"), of_known=True
        ),
        "hierarchy_certain": _certain(
            "miejsce w hierarchii pewne",
            "place in the hierarchy is certain",
            Text(
                "nie zmieniłoby go nic, czego tabela nie podaje",
                "nothing that the table does not tell could change it",
            ),
        ),
        "region": replace(
            _text(
                "region funkcjonalny",
                "functional region",
                Text(
                    "nazwa jego największej gminy (o znanej ludności, bez niej – o największym "
                    "napływie)",
                    "named after its largest municipality (of known population; without it, of "
                    "the largest inflow)",
                ),
            ),
            of_known=True,
        ),
        "region_code": replace(
            _text("region funkcjonalny, TERYT", "functional region, TERYT"), of_known=True
        ),
        "region_stability": _share(
            "stałość przynależności do regionu",
            "stability of the region",
            Text(
                "udział przebiegów, w których gmina jest w regionie tego samego ośrodka",
                "share of runs that put the municipality with the same centre",
            ),
        ),
        "region_certain": _certain(
            "region ze wszystkich przepływów", "region of all flows", _OF_KNOWN
        ),
    }


_ENDS = {
    "origin": _text("początek, TERYT", "origin, TERYT"),
    "origin_name": _text("początek", "origin"),
    "destination": _text("cel, TERYT", "destination, TERYT"),
    "destination_name": _text("cel", "destination"),
}

COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "municipalities": _municipal_columns(),
    "links": {
        "rank": Column(Text("miejsce", "rank"), of_known=True),
        **_ENDS,
        "flow": _people("przepływ tam", "flow there", bound="low"),
        "flow_back": _people("przepływ z powrotem", "flow back", bound="low"),
        "flow_both": _people("przepływ w obu kierunkach", "flow in both directions", bound="low"),
        "flow_both_max": _people(
            "w obu kierunkach, najwyżej", "both directions, at most", _MAX, "high"
        ),
        "certain": _certain(
            "miejsce pewne",
            "rank is certain",
            Text(
                "nie zmieniłby go żaden przepływ, którego tabela nie podaje",
                "no flow that the table does not tell could change it",
            ),
        ),
        "share": _share("udział w przepływach obszaru", "share of flows within the area"),
    },
    "hierarchy": {
        **_ENDS,
        "flow": _people("przepływ dominujący", "dominant flow", bound="low"),
        "share": _share("udział w odpływie wewnątrz obszaru", "share of outflow within the area"),
        "level": Column(Text("poziom hierarchii", "level of the hierarchy"), of_known=True),
        "certain": _certain("pewne", "certain"),
    },
    "core": {
        "origin": _ENDS["origin"],
        "origin_name": _ENDS["origin_name"],
        "core": _text("miasto rdzenia, TERYT", "core city, TERYT"),
        "core_name": _text("miasto rdzenia", "core city"),
        "flow": _people("przepływ do miasta", "flow to the city", bound="low"),
        "flow_max": _people("do miasta, najwyżej", "to the city, at most", _MAX, "high"),
        "share": _share("udział w odpływie", "share of outflow", _SHARE_BASE),
        "share_low": _share("udział, co najmniej", "share, at least", _MAX, "low"),
        "share_high": _share("udział, najwyżej", "share, at most", _MAX, "high"),
        "flow_back": _people("przepływ z miasta", "flow from the city", bound="low"),
        "flow_back_max": _people("z miasta, najwyżej", "from the city, at most", _MAX, "high"),
    },
    "regions": {
        "region_code": replace(_text("ośrodek, TERYT", "centre, TERYT"), of_known=True),
        "region": replace(_text("ośrodek", "centre"), of_known=True),
        "municipalities": Column(Text("gminy", "municipalities"), of_known=True),
        "population": _people("ludność", "population"),
        "flow_within": _people(
            "przepływy wewnątrz regionu", "flows within the region", bound="low"
        ),
        "flow_leaving": _people(
            "odpływ do innych regionów", "outflow to other regions", bound="low"
        ),
        "share_within": _share("udział pozostający w regionie", "share that stays in the region"),
        "stability": _share("stałość regionu", "stability of the region"),
        "certain": _certain("region ze wszystkich przepływów", "region of all flows", _OF_KNOWN),
    },
}
