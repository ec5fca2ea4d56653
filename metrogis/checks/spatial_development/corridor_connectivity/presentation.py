"""Texts, columns and map layers of ``corridor_connectivity``."""

from __future__ import annotations

from typing import Any

from metrogis.checks.contract import Category, Column, Ground, Overlay, View, municipality_columns
from metrogis.checks.shared.zone_categories import ZONE_CATEGORIES
from metrogis.evidence.plans import PLAN_STATES
from metrogis.texts import UNKNOWN, Text

TITLE = Text("Łączność ekologiczna a plany", "Ecological connectivity and the plans")
QUESTION = Text(
    "Co plany gmin robią z łącznością przyrody: dziś, po zabudowaniu wyznaczonych stref i po "
    "każdej poprawce; które płaty i łącza znaczą najwięcej?",
    "What do the municipal plans do to the connectivity of nature: today, with the planned zones "
    "built, and after each fix; which patches and links matter most?",
)
METHOD = Text(
    "Pokrycie terenu zebrane w bloki daje siedliska (udział w bloku) i opór (średnia; tabela "
    "klas, drogi). Płat to stykające się bloki siedlisk, łącze to najtańsza ścieżka między "
    "sąsiednimi płatami. Łącze o koszcie d jest używane z prawdopodobieństwem p = "
    "exp(ln(p0)/d0·d). Spójne siedlisko równoważne ECA = pierwiastek z sumy a_i·a_j·p*_ij: pole "
    "jednego płatu, który łączyłby tyle samo. dPC to strata PC po usunięciu płatu lub łącza, w "
    "częściach: wnętrze, wymiana, pośrednictwo. Po realizacji planów strefy-bariery zabierają "
    "siedliska, bariery i filtry podnoszą opór; poprawka to pozostawienie jednej strefy-bariery "
    "w stanie dzisiejszym, liczona od nowa dla stref o największym oszacowaniu (reszta ma tylko "
    "oszacowanie). Gdzie planu nie ma w danych, teren pozostaje jak dziś, a wynik jest granicą: "
    "strata może być większa. Ląd o nieznanym pokryciu nie jest ani siedliskiem, ani przejściem; "
    "płaty, które się z nim stykają, i łącza, które mogłyby przez niego prowadzić, mają stan "
    "nieznany. Ziemia poza gminami się nie zmienia. Mapa prądu: suma prądów o natężeniu 1 A "
    "między parami największych płatów. Opory są porównawcze: wynik służy do porównania stanów, "
    "nie opisuje jednego gatunku.",
    "Land cover gathered in blocks gives habitat (share of a block) and resistance (mean; table "
    "of classes, roads). A patch is a body of touching habitat blocks, a link the cheapest path "
    "between neighbouring patches. A link of cost d is used with probability p = "
    "exp(ln(p0)/d0·d). Equivalent connected area ECA = square root of the sum of a_i·a_j·p*_ij: "
    "the one patch that would connect as much. dPC is the loss of PC when a patch or link goes, "
    "in parts: intra, flux, connector. With the plans built, barrier zones take habitat, "
    "barriers and filters raise resistance; a fix leaves one barrier zone as it is today, "
    "computed anew for the zones with the largest estimate (the others have the estimate only). "
    "Where a plan is not in the data land stays as today and the result is a bound: the loss may "
    "be larger. Land of unknown cover is neither habitat nor a way through; the state of patches "
    "beside it, and of links that might lead through it, is unknown. Land outside the "
    "municipalities does not change. Current map: sum of currents of 1 A between pairs of the "
    "largest patches. Resistances are relative: the result compares states, and describes no one "
    "species.",
)

TODAY = Text(
    "Siedliska w analizowanym obszarze: {patches:0} {patches:plural:płat|płaty|płatów} o łącznym "
    "polu {habitat_ha:0} ha, {links:0} {links:plural:łącze|łącza|łączy}. Spójne siedlisko "
    "równoważne (ECA) dziś: {eca_today_ha:0} ha, czyli {coherence:%0} pola.",
    "Habitat in the area of analysis: {patches:0} {patches:plural:patch|patches} of "
    "{habitat_ha:0} ha together, {links:0} {links:plural:link|links}. Equivalent connected area "
    "(ECA) today: {eca_today_ha:0} ha, {coherence:%0} of that area.",
)
PLAN = Text(
    "Po realizacji planów ECA wynosi {eca_plan_ha:0} ha (zmiana {eca_change:%1}); ubywa "
    "{lost_ha:0} ha siedlisk. Płaty utracone: {patches_lost:0}, łącza przerwane: {links_cut:0}, "
    "wydłużone: {links_longer:0}.",
    "With the plans built ECA is {eca_plan_ha:0} ha (change {eca_change:%1}); {lost_ha:0} ha of "
    "habitat go. Patches lost: {patches_lost:0}, links cut: {links_cut:0}, lengthened: "
    "{links_longer:0}.",
)
PLAN_BOUND = Text(
    "Po realizacji znanych planów ECA wynosi najwyżej {eca_plan_ha:0} ha (zmiana co najmniej "
    "{eca_change:%1}); ubywa co najmniej {lost_ha:0} ha siedlisk. Płaty utracone: "
    "{patches_lost:0}, łącza przerwane: {links_cut:0}, wydłużone: {links_longer:0}. Plan "
    "{unknown_ha:0} ha siedlisk jest nieznany.",
    "With the known plans built ECA is at most {eca_plan_ha:0} ha (change at least "
    "{eca_change:%1}); at least {lost_ha:0} ha of habitat go. Patches lost: {patches_lost:0}, "
    "links cut: {links_cut:0}, lengthened: {links_longer:0}. The plan of {unknown_ha:0} ha of "
    "habitat is not known.",
)
NO_PLAN = Text(
    "Żadnego planu nie ma w danych: łączność po realizacji planów jest nieznana.",
    "No plan is in the data: connectivity under the plans is unknown.",
)
FIX = Text(
    "Najwięcej przywraca pozostawienie otwartej strefy {zone} w gminie {town}: {fix_ha:1} ha ECA "
    "({fix_share:%0} straty).",
    "The fix that keeps most is to leave zone {zone} in {town} open: {fix_ha:1} ha of ECA "
    "({fix_share:%0} of the loss).",
)
ALL_FIXES = Text(
    "Konfliktów (stref-barier na siedliskach lub łączach): {conflicts:0}. Pozostawienie otwartych "
    "wszystkich przywraca {all_fixes_ha:0} ha ECA ({all_fixes_share:%0} straty).",
    "Conflicts (barrier zones on habitat or links): {conflicts:0}. Leaving all of them open keeps "
    "{all_fixes_ha:0} ha of ECA ({all_fixes_share:%0} of the loss).",
)
TOP_PATCH = Text(
    "Najważniejszy płat: nr {patch} ({place}), dPC {patch_dpc:1} %; najważniejsze łącze: "
    "{link} (dPC {link_dpc:2} %).",
    "The patch that matters most: no {patch} ({place}), dPC {patch_dpc:1} %; the link that matters "
    "most: {link} (dPC {link_dpc:2} %).",
)
BARE = Text(
    "Bez planu w danych: {municipalities_unknown:0} "
    "{municipalities_unknown:plural:gmina|gminy|gmin} ({names}): skutek nieznany.",
    "Without a plan in the data: {municipalities_unknown:0} "
    "{municipalities_unknown:plural:municipality|municipalities} ({names}): effect unknown.",
)

PARTLY = Text(
    "Plan znany tylko w części: {municipalities_partly:0} "
    "{municipalities_partly:plural:gmina|gminy|gmin} ({names}); poza nią skutek nieznany.",
    "Only part of the plan is known: {municipalities_partly:0} "
    "{municipalities_partly:plural:municipality|municipalities} ({names}); elsewhere its effect is "
    "unknown.",
)
OF_KNOWN = Text(
    "Pokrycie {cover_unknown_ha:1} ha lądu ({cover_unknown_share:%1}; {names}) jest nieznane: "
    "liczby niżej, ECA, dPC i kolejność dotyczą tego, co wiadomo; siedlisk, łączy i ECA dziś może "
    "być więcej.",
    "The cover of {cover_unknown_ha:1} ha of land ({cover_unknown_share:%1}; {names}) is not "
    "known: the figures below, ECA, dPC and the order are of what is known; there may be more "
    "habitat, links and ECA today.",
)

OUTSIDE = Text("poza gminami", "outside the municipalities")

PATCH_STATES = (
    Category("lost", Text("utracony", "lost"), "#D55E00"),
    Category("shrunk", Text("zmniejszony lub podzielony", "shrunk or split"), "#E69F00"),
    Category("kept", Text("zachowany", "kept"), "#009E73"),
    Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
)
LINK_STATES = (
    Category("cut", Text("przerwane", "cut"), "#D55E00"),
    Category("lengthened", Text("wydłużone", "lengthened"), "#E69F00"),
    Category("kept", Text("zachowane", "kept"), "#0072B2"),
    Category("unknown", UNKNOWN, "#999999", hatch=True),
)


def _ha(pl: str, en: str, digits: int = 1, note: Text | None = None, **more: Any) -> Column:
    return Column(Text(pl, en), unit="ha", digits=digits, note=note, **more)


def _dpc(pl: str, en: str) -> Column:
    return Column(Text(pl, en), unit="%", digits=3, of_known=True)


def _category(pl: str, en: str, categories: tuple[Category, ...]) -> Column:
    return Column(Text(pl, en), kind="category", categories={c.value: c.label for c in categories})


_TOWN = Column(Text("gmina", "municipality"), kind="text")
_RANK = Column(Text("miejsce wg dPC", "rank by dPC"), of_known=True)
_COVERED: dict[str, Any] = {"known": "land_share"}
_PLANNED: dict[str, Any] = {"known": "planned_ha"}

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "plan": Column(
            Text("plan w danych", "plan in the data"),
            "category",
            categories=PLAN_STATES,
            of_knowledge=True,
        ),
        "plan_share": Column(
            Text("udział lądu o znanym planie", "share of land whose plan is known"),
            "share",
            of_knowledge=True,
        ),
        "known_share": Column(
            Text("udział lądu o znanym planie i pokryciu", "share of land of known plan and cover"),
            "share",
        ),
        "land_share": Column(
            Text("udział lądu o znanym pokryciu", "share of land whose cover is known"), "share"
        ),
        "cover_unknown_ha": _ha(
            "ląd o nieznanym pokryciu", "land whose cover is not known", of_knowledge=True
        ),
        "habitat_ha": _ha("siedliska dziś", "habitat today", **_COVERED),
        "habitat_share": Column(
            Text("udział siedlisk", "share of habitat"), "share", digits=1, of_known=True
        ),
        "planned_ha": _ha("siedliska o znanym planie", "habitat whose plan is known", bound="low"),
        "lost_ha": _ha("ubywa po realizacji planu", "lost under the plan", **_PLANNED),
        "lost_share": Column(
            Text("udział utracony", "share lost"),
            "share",
            digits=1,
            note=Text("siedlisk ze znanym planem", "of habitat whose plan is known"),
            of_known=True,
        ),
        "unknown_ha": _ha(
            "siedliska bez planu", "habitat without a plan", of_knowledge=True, **_COVERED
        ),
        "dPC": _dpc("wkład płatów gminy (dPC)", "contribution of its patches (dPC)"),
        "links_hit": Column(
            Text("łącza przerwane lub wydłużone", "links cut or lengthened by its zones"),
            of_known=True,
        ),
        "conflicts": Column(Text("strefy w konflikcie", "zones in conflict"), of_known=True),
    },
    "patches": {
        "patch": Column(Text("płat", "patch"), of_known=True),
        "municipality": _TOWN,
        "habitat_ha": _ha("siedlisko", "habitat", bound="low"),
        "dPC": _dpc("dPC", "dPC"),
        "dPC_intra": _dpc("dPC: wnętrze", "dPC: intra"),
        "dPC_flux": _dpc("dPC: wymiana", "dPC: flux"),
        "dPC_connector": _dpc("dPC: pośrednictwo", "dPC: connector"),
        "rank": _RANK,
        "protected_share": Column(
            Text("udział chroniony", "share protected"), "share", digits=1, of_known=True
        ),
        "lost_ha": _ha("ubywa po realizacji planów", "lost under the plans", bound="low"),
        "unknown_ha": _ha("bez planu", "without a plan", of_knowledge=True),
        "pieces": Column(
            Text("części po realizacji planów", "pieces under the plans"), of_known=True
        ),
        "state": _category("stan po realizacji planów", "state under the plans", PATCH_STATES),
    },
    "links": {
        "link": Column(Text("łącze", "link"), of_known=True),
        "i": Column(Text("od płatu", "from patch"), of_known=True),
        "j": Column(Text("do płatu", "to patch"), of_known=True),
        "length_m": Column(Text("długość", "length"), unit="m", of_known=True),
        "cost": Column(
            Text("koszt", "cost"),
            note=Text("opór x metry", "resistance x metres"),
            bound="high",
        ),
        "probability": Column(Text("prawdopodobieństwo", "probability"), digits=3, bound="low"),
        "dPC": _dpc("dPC", "dPC"),
        "rank": _RANK,
        "corridor_share": Column(
            Text("udział w korytarzach", "share inside corridors"),
            "share",
            digits=0,
            of_known=True,
        ),
        "plan_cost": Column(
            Text("koszt po realizacji planów", "cost under the plans"), of_known=True
        ),
        "state": _category("stan po realizacji planów", "state under the plans", LINK_STATES),
    },
    "conflicts": {
        "municipality": _TOWN,
        "symbol": _category("rodzaj strefy", "zone type", ZONE_CATEGORIES),
        "label": Column(Text("oznaczenie strefy", "label of the zone"), kind="text"),
        "zone_ha": _ha("pole strefy", "area of the zone"),
        "habitat_ha": _ha("siedlisko w strefie", "habitat in the zone", bound="low"),
        "links": Column(Text("łącza", "links"), of_known=True),
        "protected_ha": _ha("na obszarze chronionym", "in protected areas", bound="low"),
        "estimate_ha": _ha(
            "oszacowanie straty ECA",
            "estimated loss of ECA",
            2,
            Text("pierwszego rzędu", "of first order"),
            of_known=True,
        ),
        "gain_ha": _ha(
            "ECA zachowane, gdy otwarta",
            "ECA kept if left open",
            2,
            Text(
                "liczone od nowa; puste: tylko oszacowanie", "computed anew; empty: estimate only"
            ),
            of_known=True,
        ),
        "gain_share": Column(
            Text("udział straty", "share of the loss"), "share", digits=1, of_known=True
        ),
        "rank": Column(Text("miejsce", "rank"), of_known=True),
    },
}

_PLAN = Ground("known_share")
VIEWS = (
    View(
        "patches",
        Text("Płaty siedlisk po realizacji planów", "Habitat patches under the plans"),
        column="state",
        categories=PATCH_STATES,
        popup=("patch", "municipality", "habitat_ha", "dPC", "dPC_intra", "dPC_flux",
               "dPC_connector", "rank", "lost_ha", "pieces", "state"),
        weight=0.5,
        fill_opacity=0.5,
        ground=_PLAN,
    ),
    View(
        "links",
        Text("Łącza po realizacji planów", "Links under the plans"),
        column="state",
        categories=LINK_STATES,
        popup=("link", "i", "j", "length_m", "cost", "dPC", "rank", "corridor_share",
               "plan_cost", "state"),
        weight=3.0,
        ground=_PLAN,
    ),
    View(
        "conflicts",
        Text("Strefy w konflikcie: ECA zachowane, gdy otwarte", "Conflicts: ECA kept if open"),
        column="gain_ha",
        breaks=(0, 1, 5, 20, 100),
        palette="cividis",
        popup=("municipality", "symbol", "label", "habitat_ha", "links", "estimate_ha", "gain_ha",
               "rank"),
        weight=0.5,
        fill_opacity=0.8,
        ground=_PLAN,
    ),
    View(
        "patches",
        Text("Znaczenie płatów (dPC)", "Importance of patches (dPC)"),
        column="dPC",
        breaks=(0, 0.01, 0.1, 1, 10, 100),
        popup=("patch", "municipality", "habitat_ha", "dPC", "rank"),
        shown=False,
        weight=0.5,
        ground=Ground("land_share"),
    ),
    View(
        "municipalities",
        Text("Udział siedlisk utracony po realizacji planu", "Share of habitat lost"),
        column="lost_share",
        breaks=(0, 0.01, 0.05, 0.1, 0.25, 1),
        palette="cividis",
        popup=("name", "plan", "habitat_ha", "lost_ha", "lost_share", "unknown_ha", "dPC",
               "links_hit", "conflicts"),
        shown=False,
        ground=_PLAN,
    ),
)  # fmt: skip

_BREAKS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
OVERLAYS = (
    Overlay(
        "current_today",
        Text("Przepływ (prąd) dziś", "Current flow today"),
        breaks=_BREAKS,
        palette="viridis",
        unit="A",
        digits=2,
        shown=False,
    ),
    Overlay(
        "current_plan",
        Text("Przepływ (prąd) po realizacji planów", "Current flow under the plans"),
        breaks=_BREAKS,
        palette="viridis",
        unit="A",
        digits=2,
        shown=False,
    ),
    Overlay(
        "resistance",
        Text("Opór dziś", "Resistance today"),
        breaks=(1, 2, 5, 10, 20, 50, 100),
        palette="cividis",
        shown=False,
    ),
)
