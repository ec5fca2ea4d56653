"""Texts, columns and map views of ``corridor_conflicts``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from metrogis.checks.contract import Category, Column, View, municipality_columns
from metrogis.checks.shared.plan_ground import (
    GROUND,
    GROUND_COLUMNS,
    GROUND_TABLE,
    PLAN_COLUMNS,
    sentence,
)
from metrogis.checks.shared.zone_categories import ZONE_CATEGORIES
from metrogis.planning.zones import SEVERITIES
from metrogis.texts import UNKNOWN, Text

TITLE = Text("Korytarze ekologiczne a plany ogólne", "Ecological corridors against plans")
QUESTION = Text(
    "Czy plany gmin chronią korytarze ekologiczne jako jeden system: gdzie korytarz jest "
    "przecięty, zwężony lub niechroniony?",
    "Do the municipal plans protect the ecological corridors as one system: where is a corridor "
    "cut, narrowed or left unprotected?",
)
METHOD = Text(
    "Korytarze nakładane są na strefy planistyczne; tabela (rodzaj strefy i ranga korytarza) mówi, "
    "czy strefa jest barierą, filtrem czy jest przepuszczalna. Udział utracony to pole barier w "
    "części korytarza, dla której plan jest znany. Szerokość w świetle to średnica największego "
    "koła, które przejdzie od jednego końca korytarza do drugiego przez wolną przestrzeń (bez "
    "stref-barier i zabudowy); końce: obszary węzłowe lub granica metropolii, a bez nich dwa "
    "najdalsze punkty osi. Zwężenie: lokalne minimum tej średnicy poniżej 500 m. Korytarz bywa "
    "przecięty już dziś (zabudową) albo dopiero planami. Gdzie planu lub zabudowy nie ma w danych, "
    "podana szerokość jest największą możliwą, a „drożny” i „przecięty” rozstrzygane są tylko, gdy "
    "wynik nie zależy od tego, czego nie wiadomo. Wartości są domyślnymi wartościami parametrów. "
    "Sprawdzenie nie ocenia jakości siedlisk.",
    "Corridors are laid over planning zones; a table (zone type and corridor rank) says whether a "
    "zone is a barrier, a filter or permeable. The share lost is the area of barriers in the part "
    "of the corridor whose plan is known. Clear width is the diameter of the largest disc that can "
    "travel from one end of the corridor to the other through free space (without barrier zones "
    "and built-up land); ends are core areas or the border of the metropolis, else the two "
    "farthest points of the axis. A bottleneck is a local minimum of that diameter below 500 m. A "
    "corridor may be cut already today (by building), or by the plans. Where a plan or building is "
    "not in the data the width given is the most there can be, and open or cut is decided only "
    "where what is not known does not matter. The numbers are the defaults of the parameters. The "
    "check does not judge the quality of habitats.",
)

_LOST = Text(
    "{corridors:0} {corridors:plural:korytarz ma|korytarze mają|korytarzy ma} w gminach "
    "{corridor_ha:0} ha; plany przeznaczają na strefy-bariery {barrier_ha:0} ha "
    "({barrier_share:%1} części o znanym planie)",
    "{corridors:0} {corridors:plural:corridor has|corridors have} {corridor_ha:0} ha in the "
    "municipalities; plans give {barrier_ha:0} ha ({barrier_share:%1} of what is known) to barrier "
    "zones",
)
_FILTERS = Text(", na filtry {filter_ha:0} ha", ", {filter_ha:0} ha to filters")
_UNPLANNED = Text(
    "; dla {unknown_ha:0} ha ({unknown_share:%1}) nie ma w danych planu albo nie wiadomo, "
    "co na tym terenie przewiduje",
    "; for {unknown_ha:0} ha ({unknown_share:%1}) no plan, or no use that is known, is in the data",
)
_MOSTLY = Text(
    "Dla {unknown_ha:0} ha ({unknown_share:%1}) z {corridor_ha:0} ha korytarzy nie ma w "
    "danych planu albo nie wiadomo, co przewiduje",
    "For {unknown_ha:0} ha ({unknown_share:%1}) of {corridor_ha:0} ha of corridors no plan, or no "
    "use that is known, is in the data",
)
_MOSTLY_LOST = Text(
    "; na pozostałych plany przeznaczają {barrier_ha:0} ha ({barrier_share:%1}) na strefy-bariery",
    "; of the rest plans give {barrier_ha:0} ha ({barrier_share:%1}) to barrier zones",
)
_STOP = Text(".", ".")


def lost(values: Mapping[str, float]) -> Text:
    """Return the sentence on what plans take: what is not known first where it is most."""
    filters = _FILTERS if values["filter_ha"] >= _SHOWN else None
    if values["unknown_ha"] > 0.5 * values["corridor_ha"]:
        known = values["barrier_share"] == values["barrier_share"]
        return sentence(_MOSTLY, _MOSTLY_LOST if known else None, filters, _STOP)
    unplanned = _UNPLANNED if values["unknown_ha"] >= _SHOWN else None
    return sentence(_LOST, filters, unplanned, _STOP)


_SHOWN = 0.5
"""Amounts that would be written as 0 are left out."""
_CUT_CLAUSES = (
    ("cut_unknown", Text("nierozstrzygnięte: {cut_unknown:0}", "not decided: {cut_unknown:0}")),
    ("cut", Text("przecięte: {cut:0}", "cut: {cut:0}")),
    ("cut_today", Text("w tym już dziś: {cut_today:0}", "of these already today: {cut_today:0}")),
    ("passable", Text("drożne: {passable:0}", "passable: {passable:0}")),
)
_BOTTLENECKS = Text(
    " Zwężeń poniżej {width} m: {bottlenecks:0}.", " Bottlenecks below {width} m: {bottlenecks:0}."
)


def cut(values: Mapping[str, float]) -> Text:
    """Return the sentence on the state of corridors; clauses that tell of zero are left out."""
    said = [text for name, text in _CUT_CLAUSES if values[name]]
    count = values["cut_unknown"]
    if count and count <= values["cut"] + values["passable"]:  # what is known is more: it leads
        said = [*said[1:], said[0]]
    pl, en = ("; ".join(t.pl for t in said), "; ".join(t.en for t in said))
    first = Text(f"Korytarze {pl}.", f"Corridors {en}.")
    return sentence(first, _BOTTLENECKS if values["bottlenecks"] else None)


NARROWEST = Text(
    "Najwęższe drożne przejście ma {narrowest_m:0} m: {narrowest}.",
    "The narrowest passage left is {narrowest_m:0} m wide: {narrowest}.",
)
NARROWEST_AT_MOST = Text(
    "Najwęższe przejście ma co najwyżej {narrowest_m:0} m: {narrowest}.",
    "The narrowest passage is at most {narrowest_m:0} m wide: {narrowest}.",
)
NO_BUILT = Text(
    "Zabudowy nie ma w danych: które korytarze są drożne, nie wiadomo, a szerokości są największe "
    "możliwe.",
    "Built-up land is not in the data: which corridors are open is unknown, and widths are the "
    "most there can be.",
)
_BUILT = Text(
    "Zabudowane jest już {built_ha:0} ha korytarzy ({built_share:%1})",
    "{built_ha:0} ha of the corridors ({built_share:%1}) are built up already",
)
_NOT_BUILT = Text(
    "Zabudowy w korytarzach, gdzie to wiadomo, nie ma",
    "Where it is known, nothing is built in the corridors",
)
_BUILT_DARK = Text(
    "; o {built_unknown_ha:0} ha nie wiadomo", "; of {built_unknown_ha:0} ha it is unknown"
)


def built(values: Mapping[str, float]) -> Text:
    """Return the sentence on built-up land in the corridors."""
    dark = _BUILT_DARK if values["built_unknown_ha"] >= _SHOWN else None
    return sentence(_BUILT if values["built_ha"] >= _SHOWN else _NOT_BUILT, dark, _STOP)


_PROTECTED = Text(
    "Formami ochrony przyrody objęte jest {protected_ha:0} ha korytarzy ({protected_share:%1})",
    "{protected_ha:0} ha of the corridors ({protected_share:%1}) lie in protected areas",
)
_PROTECTED_LOST = Text(
    "; na obszarach chronionych plany wyznaczają {protected_barrier_ha:0} ha stref-barier",
    "; inside protected areas plans set out {protected_barrier_ha:0} ha of barrier zones",
)
_PROTECTED_DARK = Text(
    "; planu {protected_unknown_ha:0} ha obszarów chronionych nie ma w danych",
    "; the plan of {protected_unknown_ha:0} ha of protected areas is not in the data",
)


def protected(values: Mapping[str, float]) -> Text:
    """Return the sentence on protected areas; clauses that tell of zero are left out."""
    return sentence(
        _PROTECTED,
        _PROTECTED_LOST if values["protected_barrier_ha"] >= _SHOWN else None,
        _PROTECTED_DARK if values["protected_unknown_ha"] >= _SHOWN else None,
        _STOP,
    )


BARE = Text(
    "W {municipalities_unknown:0} {municipalities_unknown:plural:gminie|gminach|gminach} z "
    "korytarzem nie ma w danych planu albo nie wiadomo, co przewiduje ({names}): skutek nieznany.",
    "In {municipalities_unknown:0} {municipalities_unknown:plural:municipality|municipalities} "
    "with a corridor no plan, or no use that is known, is in the data ({names}): effect unknown.",
)
CORRIDORS_LOST = Text(
    "{corridors_lost:0} {corridors_lost:plural:korytarza|korytarzy|korytarzy} z danych nie dało "
    "się odczytać: sumy dotyczą pozostałych.",
    "{corridors_lost:0} {corridors_lost:plural:corridor|corridors} of the data could not be read: "
    "sums are of the others.",
)

_UNDECIDED = Category("unknown", UNKNOWN, "#BBBBBB", hatch=True)
CUTS = (
    Category("yes", Text("przecięty", "cut"), "#D55E00"),
    Category("no", Text("drożny", "passable"), "#009E73"),
    _UNDECIDED,
)
STATES = (
    Category("cut_by_plan", Text("przecięty planami", "cut by plans"), "#D55E00"),
    Category("cut_today", Text("przecięty już dziś", "cut already today"), "#7B3294"),
    Category("open", Text("drożny", "open"), "#009E73"),
    _UNDECIDED,
)
TODAY = (
    Category("cut", Text("przecięty", "cut"), "#7B3294"),
    Category("open", Text("drożny", "open"), "#009E73"),
    _UNDECIDED,
)
SEVERITY = (
    Category("barrier", SEVERITIES["barrier"], "#D55E00"),
    Category("filter", SEVERITIES["filter"], "#E69F00"),
)
KINDS = (
    Category("cut", Text("przecięcie planami", "cut by plans"), "#D55E00"),
    Category("cut_today", Text("przecięcie już dziś", "cut already today"), "#7B3294"),
    Category("bottleneck", Text("zwężenie", "bottleneck"), "#E69F00"),
)
_MOST = Text(
    "największa możliwa, gdy części planów lub zabudowy nie ma w danych",
    "the most there can be where some plans or building are not in the data",
)
_LEAST = Text(
    "grunty o nieznanym planie lub zabudowie liczone jako utracone",
    "land whose plan or building is unknown counted as lost",
)
_PLANNED = Text("wśród części ze znanym planem", "of the part whose plan is known")


def _ha(pl: str, en: str) -> Column:
    return Column(Text(pl, en), unit="ha", digits=1)


def _text(pl: str, en: str) -> Column:
    return Column(Text(pl, en), kind="text")


def _category(pl: str, en: str, categories: tuple[Category, ...]) -> Column:
    return Column(Text(pl, en), kind="category", categories={c.value: c.label for c in categories})


def _known_ha(pl: str, en: str, known: str) -> Column:
    return Column(Text(pl, en), unit="ha", digits=1, known=known, bound="low")


_EFFECTS = {
    "barrier_ha": _known_ha("strefy-bariery", "barrier zones", "unknown_ha"),
    "filter_ha": _known_ha("strefy-filtry", "filter zones", "unknown_ha"),
    "permeable_ha": _known_ha("strefy przepuszczalne", "permeable zones", "unknown_ha"),
    "unknown_ha": _ha("plan nieznany", "plan unknown"),
}
_BUILT_COLUMNS = {
    "built_ha": _known_ha(
        "zabudowa w korytarzach", "built-up land in corridors", "built_unknown_ha"
    ),
    "built_unknown_ha": _ha("zabudowa nieznana", "building unknown"),
}
_SHARES = {
    "barrier_share": Column(
        Text("udział barier", "share of barriers"),
        "share",
        digits=1,
        note=_PLANNED,
        of_known=True,
    ),
    "unknown_share": Column(
        Text("udział bez planu", "share without a plan"), "share", digits=1, of_knowledge=True
    ),
}
_SYMBOL = _category("rodzaj strefy", "zone type", ZONE_CATEGORIES)

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        **PLAN_COLUMNS,
        "corridors": Column(Text("korytarze", "corridors"), bound="low"),
        "corridor_ha": replace(_ha("pole korytarzy", "area of corridors"), bound="low"),
        **_EFFECTS,
        **_SHARES,
        **_BUILT_COLUMNS,
        "protected_ha": replace(_ha("obszary chronione", "protected areas"), bound="low"),
        "protected_barrier_ha": _known_ha(
            "strefy-bariery na obszarach chronionych",
            "barrier zones in protected areas",
            "protected_unknown_ha",
        ),
        "protected_unknown_ha": _ha(
            "obszary chronione o nieznanym planie", "protected areas whose plan is unknown"
        ),
        "bottlenecks": Column(Text("zwężenia", "bottlenecks"), bound="low"),
        "cuts": Column(Text("przecięcia planami", "cuts by plans"), bound="low"),
        "cuts_today": Column(Text("przecięcia już dziś", "cuts already today"), bound="low"),
    },
    GROUND_TABLE: GROUND_COLUMNS,
    "corridors": {
        "name": _text("korytarz", "corridor"),
        "rank": _text("ranga", "rank"),
        "municipalities": Column(Text("gminy", "municipalities"), bound="low"),
        "area_ha": replace(_ha("pole", "area"), bound="low"),
        **_EFFECTS,
        **_SHARES,
        **_BUILT_COLUMNS,
        "protected_ha": _known_ha("obszary chronione", "protected areas", "protected_unknown_ha"),
        "protected_unknown_ha": _ha("ochrona nieznana", "protection unknown"),
        "protected_share": Column(
            Text("udział chroniony", "share protected"), "share", digits=1, of_known=True
        ),
        "clear_width_before_m": Column(
            Text("szerokość w świetle dziś", "clear width today"),
            unit="m",
            note=_MOST,
            bound="high",
        ),
        "clear_width_before_least_m": Column(
            Text("szerokość dziś co najmniej", "width today at least"),
            unit="m",
            note=_LEAST,
            bound="low",
        ),
        "clear_width_m": Column(
            Text("szerokość w świetle po realizacji planów", "clear width under the plans"),
            unit="m",
            note=_MOST,
            bound="high",
        ),
        "clear_width_least_m": Column(
            Text("szerokość co najmniej", "clear width at least"),
            unit="m",
            note=_LEAST,
            bound="low",
        ),
        "width_known": Column(
            Text("szerokość rozstrzygnięta", "width decided"), "flag", of_knowledge=True
        ),
        "state_today": _category("stan dziś", "state today", TODAY),
        "cut": _category("przecięcie", "cut", CUTS),
        "state": _category("stan po realizacji planów", "state under the plans", STATES),
        "strands": Column(Text("równoległe przejścia", "parallel strands")),
    },
    "conflicts": {
        "corridor": _text("korytarz", "corridor"),
        "rank": _text("ranga", "rank"),
        "municipality": _text("gmina", "municipality"),
        "symbol": _SYMBOL,
        "label": _text("oznaczenie strefy", "label of the zone"),
        "severity": _category("skutek", "effect", SEVERITY),
        "area_ha": Column(Text("pole konfliktu", "area of conflict"), unit="ha", digits=2),
        "corridor_share": Column(
            Text("udział w korytarzu", "share of the corridor"), "share", digits=2
        ),
    },
    "bottlenecks": {
        "corridor": _text("korytarz", "corridor"),
        "kind": _category("rodzaj", "kind", KINDS),
        "municipality": _text("gmina", "municipality"),
        "width_m": Column(Text("szerokość w świetle", "clear width"), unit="m"),
    },
    "protected": {
        "name": _text("obszar chroniony", "protected area"),
        "form": _text("forma ochrony", "form of protection"),
        "area_ha": replace(_ha("pole", "area"), bound="low"),
        **_EFFECTS,
    },
}

VIEWS = (
    View(
        "corridors",
        Text("Korytarze: drożność po realizacji planów", "Corridors: passable under the plans?"),
        column="state",
        categories=STATES,
        popup=(
            "name",
            "rank",
            "area_ha",
            "barrier_ha",
            "barrier_share",
            "unknown_share",
            "clear_width_before_m",
            "clear_width_m",
            "clear_width_least_m",
            "state_today",
            "state",
        ),
        fill_opacity=0.45,
        ground=GROUND,
    ),
    View(
        "conflicts",
        Text("Strefy w korytarzach", "Zones inside corridors"),
        column="severity",
        categories=SEVERITY,
        popup=("corridor", "municipality", "symbol", "label", "severity", "area_ha"),
        weight=0.5,
        fill_opacity=0.85,
        ground=GROUND,
    ),
    View(
        "bottlenecks",
        Text("Zwężenia i przecięcia", "Bottlenecks and cuts"),
        column="kind",
        categories=KINDS,
        popup=("corridor", "kind", "municipality", "width_m"),
        radius=7.0,
        fill_opacity=0.95,
        ground=GROUND,
    ),
    View(
        "protected",
        Text("Strefy-bariery na obszarach chronionych", "Barrier zones in protected areas"),
        column="barrier_ha",
        breaks=(0, 1, 10, 100),
        popup=("name", "form", "area_ha", "barrier_ha", "unknown_ha"),
        shown=False,
        fill_opacity=0.4,
        ground=GROUND,
    ),
    View(
        "municipalities",
        Text("Udział barier w korytarzach gminy", "Share of barriers in corridors"),
        column="barrier_share",
        breaks=(0, 0.01, 0.05, 0.1, 0.25, 1),
        palette="cividis",
        popup=("name", "plan", "corridor_ha", "barrier_ha", "barrier_share", "unknown_share"),
        shown=False,
        ground=GROUND,
    ),
)
