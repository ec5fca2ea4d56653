"""Texts, columns and map views of ``urban_growth``."""

from __future__ import annotations

from dataclasses import replace

from metrogis.checks.contract import Category, Column, Ground, Overlay, View, municipality_columns
from metrogis.texts import UNKNOWN, Text

TITLE = Text("Przyrost zabudowy", "Growth of built-up land")
QUESTION = Text(
    "Ile terenu zabudowano między dwiema datami, w jakiej formie i gdzie: w korytarzach, na "
    "obszarach chronionych, w zasięgu transportu, w strefach pod zabudowę?",
    "How much land was built up between two dates, in what form, and where: in corridors, in "
    "protected areas, near transit, in zones planned for building?",
)
METHOD = Text(
    "Porównywane są komórki dwóch rastrów zabudowy na jednej siatce (różne siatki są do niej "
    "sprowadzane, co odnotowuje audyt). Ląd gminy, którego raster nie obejmuje lub w którym brak "
    "danych w jednej z dat, jest nieznany i nie ma go w sumach; udziały i wskaźniki na mieszkańca "
    "dotyczą lądu znanego i mieszkających na nim ludzi. Morze w granicach gmin wskazują kody "
    "pokrycia terenu. Forma płatu, który styka się z nieznanym lądem, jest niepewna. Nowy płat (8 "
    "sąsiadów) to wypełnienie, gdy ze starą zabudową dzieli ponad 50 % obwodu, rozrost brzegu, gdy "
    "mniej, i zabudowa oderwana, gdy nic. Wskaźnik SDG 11.3.1: LCR = (A2-A1)/A1/T, PGR = "
    "ln(P2/P1)/T, LCRPGR = LCR/PGR. Udziały przyrostu w korytarzach, na obszarach chronionych, w "
    "zasięgu transportu i w strefach pod zabudowę liczone są z części rozstrzygniętej; brak "
    "warstwy, planu lub pełnego pokrycia rozkładami to stan nieznany. Plany i rozkłady są "
    "dzisiejsze: nie mówią, co obowiązywało, gdy budowano. Raster udziałów jest dzielony progiem: "
    "powierzchnie to wtedy całe komórki.",
    "The cells of two rasters of built-up land are compared on one grid (different grids are "
    "brought to it, which the audit says). Land beyond the raster, or without data at one of the "
    "dates, is not known and in no sum; shares and figures per inhabitant are of the land that is "
    "known and the people who live on it. Sea inside the municipalities is named by codes of land "
    "cover. The form of a patch beside unknown land is uncertain. A new patch (8 neighbours) is "
    "infill when it shares more than 50 % of its perimeter with old "
    "built-up land, edge expansion when it shares less, leapfrog when it shares none. SDG 11.3.1: "
    "LCR = (A2-A1)/A1/T, PGR = ln(P2/P1)/T, LCRPGR = LCR/PGR. Shares of the gain in corridors, "
    "protected areas, the service area of transit and zones planned for building are of the part "
    "that is known; a missing layer, plan or complete timetable coverage is unknown. Plans and "
    "timetables are today's: they do not say what was in force when building began. A raster of "
    "shares is cut by a threshold: areas are then whole cells.",
)

GROWTH = Text(
    "Zabudowa zajmowała {before_ha:0} ha, zajmuje {after_ha:0} ha: przybyło {gained_ha:0} ha, "
    "ubyło {lost_ha:0} ha (saldo {net_ha:0} ha, {net_share:%2} lądu).",
    "Built-up land covered {before_ha:0} ha and covers {after_ha:0} ha: {gained_ha:0} ha gained, "
    "{lost_ha:0} ha lost (net {net_ha:0} ha, {net_share:%2} of the land).",
)
SHIFTED = Text(
    "Obie daty pochodzą z różnych siatek: {edge_gained_ha:0} ha przyrostu i {edge_lost_ha:0} ha "
    "ubytku leży o komórkę od zabudowy, która trwa, i może być tylko ich przesunięciem; pewniejsze "
    "jest saldo.",
    "The two dates come from different grids: {edge_gained_ha:0} ha of the gain and "
    "{edge_lost_ha:0} ha of the loss lie within a cell of built-up land that stayed and may be "
    "only their shift; the net figure is surer.",
)
YEARS = Text(
    "W ciągu {years:1} lat to {gained_ha_year:1} ha nowej zabudowy na rok.",
    "Over {years:1} years this is {gained_ha_year:1} ha of new built-up land per year.",
)
FORM = Text(
    "Przyrost to w {infill_share:%0} wypełnienie, w {edge_share:%0} rozrost brzegu, w "
    "{leapfrog_share:%0} zabudowa oderwana ({leapfrog_patches:0} "
    "{leapfrog_patches:plural:płat|płaty|płatów}).",
    "Of the gain {infill_share:%0} is infill, {edge_share:%0} edge expansion and "
    "{leapfrog_share:%0} leapfrog ({leapfrog_patches:0} {leapfrog_patches:plural:patch|patches}).",
)
FARTHEST = Text(
    "Największy oderwany płat ma {largest_leapfrog_ha:1} ha: {municipality}.",
    "The largest leapfrog patch has {largest_leapfrog_ha:1} ha: {municipality}.",
)
UNKNOWN_LAND = Text(
    "Nie wiadomo, co działo się na {land_unknown_ha:1} ha lądu ({land_unknown_share:%1}) w "
    "{municipalities_unknown:0} {municipalities_unknown:plural:gminie|gminach|gminach} ({names}): "
    "nie ma go w żadnej liczbie.",
    "What happened on {land_unknown_ha:1} ha of land ({land_unknown_share:%1}) in "
    "{municipalities_unknown:0} {municipalities_unknown:plural:municipality|municipalities} "
    "({names}) is not known: it is in no figure.",
)
FORM_KNOWN = Text(
    "Według tego, co wiadomo, przyrost to w {infill_share:%0} wypełnienie, w {edge_share:%0} "
    "rozrost brzegu, w {leapfrog_share:%0} zabudowa oderwana ({leapfrog_patches:0} "
    "{leapfrog_patches:plural:pewny płat|pewne płaty|pewnych płatów}); forma {form_unknown_ha:1} "
    "ha, które stykają się z nieznanym lądem, jest niepewna.",
    "By what is known {infill_share:%0} of the gain is infill, {edge_share:%0} edge expansion and "
    "{leapfrog_share:%0} leapfrog ({leapfrog_patches:0} certain "
    "{leapfrog_patches:plural:patch|patches}); the form of {form_unknown_ha:1} ha beside unknown "
    "land is uncertain.",
)
PEOPLE_PART = Text(
    "Na lądzie znanym w obu datach mieszkało {people_before:0} osób, mieszka {people_after:0}: na "
    "nowego mieszkańca przypada {m2_per_new:0} m² nowej zabudowy; LCRPGR (SDG 11.3.1): {lcrpgr:2}.",
    "On the land known at both dates there were {people_before:0} people and are "
    "{people_after:0}: {m2_per_new:0} m² of new built-up land per new inhabitant; LCRPGR (SDG "
    "11.3.1): {lcrpgr:2}.",
)
PEOPLE_CELLS = Text(
    "W komórkach o znanej ludności mieszkało {people_before:0} osób, mieszka {people_after:0} "
    "(co najmniej): na nowego mieszkańca przypada {m2_per_new:0} m² nowej zabudowy; LCRPGR (SDG "
    "11.3.1): {lcrpgr:2}.",
    "In the cells whose population is known there were {people_before:0} people and are "
    "{people_after:0} (at least): {m2_per_new:0} m² of new built-up land per new inhabitant; "
    "LCRPGR (SDG 11.3.1): {lcrpgr:2}.",
)
PEOPLE_KNOWN = Text(
    "Tam, gdzie znane są zabudowa i ludność, mieszkało {people_before:0} osób, mieszka "
    "{people_after:0}: na nowego mieszkańca przypada {m2_per_new:0} m² nowej zabudowy; LCRPGR (SDG "
    "11.3.1): {lcrpgr:2}. Nie wiadomo tego o {people_unknown:0} "
    "{people_unknown:plural:gminie|gminach|gminach} ({names}).",
    "Where both built-up land and people are known there were {people_before:0} people and are "
    "{people_after:0}: {m2_per_new:0} m² of new built-up land per new inhabitant; LCRPGR (SDG "
    "11.3.1): {lcrpgr:2}. This is not known of {people_unknown:0} "
    "{people_unknown:plural:municipality|municipalities} ({names}).",
)
PEOPLE = Text(
    "Ludności było {people_before:0}, jest {people_after:0}: na nowego mieszkańca przypada "
    "{m2_per_new:0} m² nowej zabudowy; LCRPGR (SDG 11.3.1): {lcrpgr:2}.",
    "There were {people_before:0} people and are {people_after:0}: {m2_per_new:0} m² of new "
    "built-up land per new inhabitant; LCRPGR (SDG 11.3.1): {lcrpgr:2}.",
)
EXPOSED = {
    "corridor": Text(
        "W korytarzach ekologicznych leży {corridor_ha:1} ha przyrostu ({corridor_share:%1}).",
        "{corridor_ha:1} ha of the gain ({corridor_share:%1}) lies in ecological corridors.",
    ),
    "protected": Text(
        "Na obszarach chronionych leży {protected_ha:1} ha przyrostu ({protected_share:%1}).",
        "{protected_ha:1} ha of the gain ({protected_share:%1}) lies in protected areas.",
    ),
    "served": Text(
        "W zasięgu transportu zbiorowego leży {served_ha:0} ha przyrostu ({served_share:%0} "
        "części rozstrzygniętej; {served_unknown_ha:0} ha nieznane).",
        "{served_ha:0} ha of the gain lies in the service area of transit ({served_share:%0} of "
        "what is known; {served_unknown_ha:0} ha unknown).",
    ),
    "planned": Text(
        "W strefach pod zabudowę leży {planned_ha:0} ha przyrostu ({planned_share:%0} części "
        "rozstrzygniętej; {planned_unknown_ha:0} ha bez planu w danych).",
        "{planned_ha:0} ha of the gain lies in zones planned for building ({planned_share:%0} of "
        "what is known; {planned_unknown_ha:0} ha without a plan in the data).",
    ),
}

EXPOSED_KNOWN = {
    "corridor": Text(
        "W korytarzach ekologicznych leży co najmniej {corridor_ha:1} ha przyrostu "
        "({corridor_share:%1} części rozstrzygniętej; {corridor_unknown_ha:1} ha nieznane).",
        "At least {corridor_ha:1} ha of the gain lies in ecological corridors "
        "({corridor_share:%1} of what is known; {corridor_unknown_ha:1} ha unknown).",
    ),
    "protected": Text(
        "Na obszarach chronionych leży co najmniej {protected_ha:1} ha przyrostu "
        "({protected_share:%1} części rozstrzygniętej; {protected_unknown_ha:1} ha nieznane).",
        "At least {protected_ha:1} ha of the gain lies in protected areas "
        "({protected_share:%1} of what is known; {protected_unknown_ha:1} ha unknown).",
    ),
    "served": EXPOSED["served"],
    "planned": EXPOSED["planned"],
}

_KINDS = (
    Category("infill", Text("wypełnienie", "infill"), "#009E73"),
    Category("edge", Text("rozrost brzegu", "edge expansion"), "#E69F00"),
    Category("leapfrog", Text("zabudowa oderwana", "leapfrog"), "#D55E00"),
)
KIND_CATEGORIES = (*_KINDS, Category("unknown", UNKNOWN, "#BBBBBB", hatch=True))
CHANGE_CATEGORIES = (
    Category("1", Text("zabudowane wcześniej", "built-up before"), "#8C8C8C"),
    *(Category(str(i + 2), c.label, c.colour) for i, c in enumerate(_KINDS)),
    Category("5", Text("ubytek zabudowy", "lost"), "#56B4E9"),
)


_LAND_KNOWN, _FORM_KNOWN = "known_share", "form_known_ha"


def _ha(pl: str, en: str, digits: int = 1, known: str = _LAND_KNOWN) -> Column:
    return Column(Text(pl, en), unit="ha", digits=digits, known=known)


def _known(pl: str, en: str) -> Column:
    return Column(Text(pl, en), unit="ha", digits=1, bound="low")


def _year(pl: str, en: str) -> Column:
    return Column(Text(pl, en), unit="ha/year", digits=2, known=_LAND_KNOWN)


def _share(pl: str, en: str, note: Text | None = None, digits: int = 1) -> Column:
    return Column(Text(pl, en), "share", digits=digits, note=note, of_known=True)


def _people(pl: str, en: str, note: Text | None = None) -> Column:
    return Column(Text(pl, en), note=note, known=_LAND_KNOWN, bound="low")


_LAND = Text("lądu znanego w obu datach", "of land known at both dates")
_GAIN = Text("przyrostu", "of the gain")
_KNOWN = Text("rozstrzygniętej części przyrostu", "of the part of the gain that is known")
_HERE = Text("na lądzie znanym w obu datach", "on land known at both dates")
_PLACES = {
    "corridor": Text("przyrost w korytarzach", "gain in corridors"),
    "protected": Text("przyrost na obszarach chronionych", "gain in protected areas"),
    "served": Text("przyrost w zasięgu transportu", "gain near transit"),
    "planned": Text("przyrost w strefach pod zabudowę", "gain in building zones"),
}
_EXPOSURE = {}
_SHARES = {}
for _name, _text in _PLACES.items():
    _EXPOSURE[f"{_name}_ha"] = _ha(_text.pl, _text.en, known=f"{_name}_known_ha")
    _SHARES[f"{_name}_share"] = _share(f"{_text.pl}: udział", f"{_text.en}: share", _KNOWN)
    _EXPOSURE[f"{_name}_share"] = _SHARES[f"{_name}_share"]
    for _kind, _pl, _en in (
        ("known", "rozstrzygnięte", "known"),
        ("unknown", "nieznane", "unknown"),
    ):
        _EXPOSURE[f"{_name}_{_kind}_ha"] = replace(
            _ha(f"{_text.pl}: {_pl}", f"{_text.en}: {_en}"), of_knowledge=True
        )

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "land_ha": _ha("ląd znany w obu datach", "land known at both dates", 0),
        "before_ha": _ha("zabudowa wcześniej", "built-up before"),
        "after_ha": _ha("zabudowa później", "built-up after"),
        "gained_ha": _ha("przyrost", "gained"),
        "lost_ha": _ha("ubytek", "lost"),
        "net_ha": _ha("saldo", "net"),
        "gained_ha_year": _year("przyrost na rok", "gained per year"),
        "lost_ha_year": _year("ubytek na rok", "lost per year"),
        "net_ha_year": _year("saldo na rok", "net per year"),
        "gained_share": _share("przyrost: udział lądu", "gained: share of land", _LAND, 2),
        "lost_share": _share("ubytek: udział lądu", "lost: share of land", _LAND, 2),
        "net_share": _share("saldo: udział lądu", "net: share of land", _LAND, 2),
        "people_before": Column(Text("ludność wcześniej", "people before"), bound="low"),
        "people_after": Column(Text("ludność później", "people after"), bound="low"),
        "people_before_known": _people(
            "ludność wcześniej na znanym lądzie", "people before on known land", _HERE
        ),
        "people_after_known": _people(
            "ludność później na znanym lądzie", "people after on known land", _HERE
        ),
        "m2_per_new": Column(
            Text("przyrost na nowego mieszkańca", "gained per new inhabitant"),
            unit="m2/person",
            note=Text(
                "na znanym lądzie; brak, gdy ludności nie przybyło",
                "on known land; no data where the population did not grow",
            ),
            of_known=True,
        ),
        "net_m2_per_new": Column(
            Text("saldo na nowego mieszkańca", "net per new inhabitant"),
            unit="m2/person",
            of_known=True,
        ),
        "infill_ha": _ha("wypełnienie", "infill", known=_FORM_KNOWN),
        "infill_share": _share("wypełnienie: udział", "infill: share", _GAIN),
        "edge_ha": _ha("rozrost brzegu", "edge expansion", known=_FORM_KNOWN),
        "edge_share": _share("rozrost brzegu: udział", "edge expansion: share", _GAIN),
        "leapfrog_ha": _ha("zabudowa oderwana", "leapfrog", known=_FORM_KNOWN),
        "leapfrog_share": _share("zabudowa oderwana: udział", "leapfrog: share", _GAIN),
        "form_known_ha": _known("przyrost o znanej formie", "gain whose form is known"),
        **_EXPOSURE,
        "lcr": Column(
            Text("LCR: tempo zajmowania terenu", "LCR: land consumption rate"),
            unit="per year",
            digits=4,
            note=Text("SDG 11.3.1", "SDG indicator 11.3.1"),
            of_known=True,
        ),
        "pgr": Column(
            Text("PGR: tempo przyrostu ludności", "PGR: population growth rate"),
            unit="per year",
            digits=4,
            note=Text("SDG 11.3.1", "SDG indicator 11.3.1"),
            of_known=True,
        ),
        "lcrpgr": Column(
            Text("LCRPGR", "LCRPGR (SDG 11.3.1)"),
            digits=2,
            note=Text(
                "powyżej 1 teren zajmowany jest szybciej, niż przybywa ludności",
                "above 1 land is taken faster than people come",
            ),
            of_known=True,
        ),
        "unknown_ha": Column(
            Text("ląd nieznany w jednej z dat", "land not known at one of the dates"),
            unit="ha",
            digits=1,
            of_knowledge=True,
        ),
        "known_share": Column(
            Text("udział lądu znanego", "share of land known"),
            "share",
            note=Text(
                "bez nieznanych komórek, które są tylko brzegiem gmin",
                "apart from unknown cells that are only the edge of the municipalities",
            ),
        ),
    },
    "patches": {
        "kind": Column(
            Text("forma", "form"),
            "category",
            categories={c.value: c.label for c in KIND_CATEGORIES},
        ),
        "municipality": Column(Text("gmina", "municipality"), kind="text"),
        "area_ha": Column(Text("pole", "area"), unit="ha", digits=2, bound="low"),
        "perimeter_m": Column(Text("obwód", "perimeter"), unit="m", of_known=True),
        "old_share": _share(
            "obwód wspólny ze starą zabudową", "perimeter shared with old built-up land"
        ),
        **_SHARES,
    },
}

GROUND = Ground("known_share")

VIEWS = (
    View(
        "municipalities",
        Text("Przyrost zabudowy: udział lądu gminy", "Growth: share of the municipality's land"),
        column="gained_share",
        breaks=(0, 0.0025, 0.005, 0.01, 0.02, 0.05, 1),
        palette="cividis",
        popup=(
            "name",
            "gained_ha",
            "lost_ha",
            "gained_ha_year",
            "gained_share",
            "leapfrog_share",
            "m2_per_new",
            "lcrpgr",
            "unknown_ha",
        ),
        shown=False,
        ground=GROUND,
    ),
    View(
        "patches",
        Text("Nowe płaty według formy", "New patches by form"),
        column="kind",
        categories=KIND_CATEGORIES,
        popup=("kind", "municipality", "area_ha", "old_share", *_SHARES),
        weight=1,
        fill_opacity=0.8,
        ground=GROUND,
    ),
    View(
        "municipalities",
        Text("Udział zabudowy oderwanej w przyroście", "Share of leapfrog in the gain"),
        column="leapfrog_share",
        breaks=(0, 0.05, 0.1, 0.25, 0.5, 1),
        palette="cividis",
        popup=("name", "gained_ha", "infill_share", "edge_share", "leapfrog_share"),
        shown=False,
        ground=GROUND,
    ),
)
OVERLAYS = (
    Overlay(
        "change",
        Text("Zmiana zabudowy", "Change of built-up land"),
        categories=CHANGE_CATEGORIES,
        hidden=("0",),
    ),
)
