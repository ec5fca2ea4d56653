"""Texts, columns and map views of ``corridor_conflicts``."""

from __future__ import annotations

from metrogis.checks.contract import Category, Column, View, municipality_columns
from metrogis.checks.spatial_development.plan_validity_texts import ZONE_CATEGORIES
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
    "najdalsze punkty osi. Zwężenie: lokalne minimum tej średnicy poniżej 500 m. Gdzie planu nie "
    "ma w danych, jego skutek jest nieznany: podana szerokość jest wtedy największą możliwą, a "
    "przecięcie rozstrzygane tylko, gdy wynik nie zależy od nieznanych planów. Wartości są "
    "domyślnymi wartościami parametrów. Sprawdzenie nie ocenia jakości siedlisk.",
    "Corridors are laid over planning zones; a table (zone type and corridor rank) says whether a "
    "zone is a barrier, a filter or permeable. The share lost is the area of barriers in the part "
    "of the corridor whose plan is known. Clear width is the diameter of the largest disc that can "
    "travel from one end of the corridor to the other through free space (without barrier zones "
    "and built-up land); ends are core areas or the border of the metropolis, else the two "
    "farthest points of the axis. A bottleneck is a local minimum of that diameter below 500 m. "
    "Where a plan is not in the data its effect is unknown: the width given is then the most "
    "there can be, and a cut is decided only where unknown plans do not matter. The numbers are "
    "the defaults of the parameters. The check does not judge the quality of habitats.",
)

LOST = Text(
    "{corridors:0} {corridors:plural:korytarz ma|korytarze mają|korytarzy ma} w gminach "
    "{corridor_ha:0} ha; plany przeznaczają na strefy-bariery {barrier_ha:0} ha "
    "({barrier_share:%1}), na filtry {filter_ha:0} ha; dla {unknown_ha:0} ha ({unknown_share:%1}) "
    "planu nie ma w danych.",
    "{corridors:0} {corridors:plural:corridor has|corridors have} {corridor_ha:0} ha in the "
    "municipalities; plans give {barrier_ha:0} ha ({barrier_share:%1}) to barrier zones and "
    "{filter_ha:0} ha to filters; for {unknown_ha:0} ha ({unknown_share:%1}) no plan is in the "
    "data.",
)
CUT = Text(
    "Przecięte korytarze: {cut:0}, drożne: {passable:0}, nierozstrzygnięte: {cut_unknown:0}. "
    "Zwężeń poniżej {width} m: {bottlenecks:0}.",
    "Corridors cut: {cut:0}, passable: {passable:0}, not decided: {cut_unknown:0}. Bottlenecks "
    "below {width} m: {bottlenecks:0}.",
)
NARROWEST = Text(
    "Najwęższe drożne przejście ma {narrowest_m:0} m: {narrowest}.",
    "The narrowest passage left is {narrowest_m:0} m wide: {narrowest}.",
)
BUILT = Text(
    "Zabudowane jest już {built_ha:0} ha korytarzy ({built_share:%1}).",
    "{built_ha:0} ha of the corridors ({built_share:%1}) are built up already.",
)
PROTECTED = Text(
    "Formami ochrony przyrody objęte jest {protected_ha:0} ha korytarzy ({protected_share:%1}); na "
    "obszarach chronionych plany wyznaczają {protected_barrier_ha:0} ha stref-barier.",
    "{protected_ha:0} ha of the corridors ({protected_share:%1}) lie in protected areas; inside "
    "protected areas plans set out {protected_barrier_ha:0} ha of barrier zones.",
)
BARE = Text(
    "W {municipalities_unknown:0} {municipalities_unknown:plural:gminie|gminach|gminach} z "
    "korytarzem planu nie ma w danych ({names}): skutek nieznany.",
    "In {municipalities_unknown:0} {municipalities_unknown:plural:municipality|municipalities} "
    "with a corridor no plan is in the data ({names}): effect unknown.",
)

CUTS = (
    Category("yes", Text("przecięty", "cut"), "#D55E00"),
    Category("no", Text("drożny", "passable"), "#009E73"),
    Category("unknown", UNKNOWN, "#BBBBBB", hatch=True),
)
SEVERITY = (
    Category("barrier", SEVERITIES["barrier"], "#D55E00"),
    Category("filter", SEVERITIES["filter"], "#E69F00"),
)
KINDS = (
    Category("cut", Text("przecięcie", "cut"), "#D55E00"),
    Category("bottleneck", Text("zwężenie", "bottleneck"), "#E69F00"),
)
_PLANNED = Text("wśród części ze znanym planem", "of the part whose plan is known")


def _ha(pl: str, en: str) -> Column:
    return Column(Text(pl, en), unit="ha", digits=1)


def _text(pl: str, en: str) -> Column:
    return Column(Text(pl, en), kind="text")


def _category(pl: str, en: str, categories: tuple[Category, ...]) -> Column:
    return Column(Text(pl, en), kind="category", categories={c.value: c.label for c in categories})


_EFFECTS = {
    "barrier_ha": _ha("strefy-bariery", "barrier zones"),
    "filter_ha": _ha("strefy-filtry", "filter zones"),
    "permeable_ha": _ha("strefy przepuszczalne", "permeable zones"),
    "unknown_ha": _ha("plan nieznany", "plan unknown"),
}
_SHARES = {
    "barrier_share": Column(
        Text("udział barier", "share of barriers"), "share", digits=1, note=_PLANNED
    ),
    "unknown_share": Column(Text("udział bez planu", "share without a plan"), "share", digits=1),
}
_SYMBOL = _category("rodzaj strefy", "zone type", ZONE_CATEGORIES)

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "plan": Column(Text("plan w danych", "plan in the data"), "flag"),
        "corridors": Column(Text("korytarze", "corridors")),
        "corridor_ha": _ha("pole korytarzy", "area of corridors"),
        **_EFFECTS,
        **_SHARES,
        "built_ha": _ha("zabudowa w korytarzach", "built-up land in corridors"),
        "protected_ha": _ha("obszary chronione", "protected areas"),
        "protected_barrier_ha": _ha(
            "strefy-bariery na obszarach chronionych", "barrier zones in protected areas"
        ),
        "bottlenecks": Column(Text("zwężenia", "bottlenecks")),
        "cuts": Column(Text("przecięcia", "cuts")),
    },
    "corridors": {
        "name": _text("korytarz", "corridor"),
        "rank": _text("ranga", "rank"),
        "municipalities": Column(Text("gminy", "municipalities")),
        "area_ha": _ha("pole", "area"),
        **_EFFECTS,
        **_SHARES,
        "built_ha": _ha("zabudowa", "built-up land"),
        "protected_share": Column(Text("udział chroniony", "share protected"), "share", digits=1),
        "clear_width_before_m": Column(
            Text("szerokość w świetle dziś", "clear width today"), unit="m"
        ),
        "clear_width_m": Column(
            Text("szerokość w świetle po realizacji planów", "clear width under the plans"),
            unit="m",
            note=Text(
                "największa możliwa, gdy części planów nie ma w danych",
                "the most there can be where some plans are not in the data",
            ),
        ),
        "clear_width_least_m": Column(
            Text("szerokość co najmniej", "clear width at least"),
            unit="m",
            note=Text(
                "grunty o nieznanym planie liczone jako utracone",
                "land whose plan is unknown counted as lost",
            ),
        ),
        "width_known": Column(Text("szerokość rozstrzygnięta", "width decided"), "flag"),
        "cut": _category("przecięcie", "cut", CUTS),
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
        "area_ha": _ha("pole", "area"),
        **_EFFECTS,
    },
}

VIEWS = (
    View(
        "corridors",
        Text("Korytarze: drożność po realizacji planów", "Corridors: passable under the plans?"),
        column="cut",
        categories=CUTS,
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
            "cut",
        ),
        fill_opacity=0.45,
    ),
    View(
        "conflicts",
        Text("Strefy w korytarzach", "Zones inside corridors"),
        column="severity",
        categories=SEVERITY,
        popup=("corridor", "municipality", "symbol", "label", "severity", "area_ha"),
        weight=0.5,
        fill_opacity=0.85,
    ),
    View(
        "bottlenecks",
        Text("Zwężenia i przecięcia", "Bottlenecks and cuts"),
        column="kind",
        categories=KINDS,
        popup=("corridor", "kind", "municipality", "width_m"),
        radius=7.0,
        fill_opacity=0.95,
    ),
    View(
        "protected",
        Text("Strefy-bariery na obszarach chronionych", "Barrier zones in protected areas"),
        column="barrier_ha",
        breaks=(0, 1, 10, 100),
        popup=("name", "form", "area_ha", "barrier_ha", "unknown_ha"),
        shown=False,
        fill_opacity=0.4,
    ),
    View(
        "municipalities",
        Text("Udział barier w korytarzach gminy", "Share of barriers in corridors"),
        column="barrier_share",
        breaks=(0, 0.01, 0.05, 0.1, 0.25, 1),
        palette="cividis",
        popup=("name", "plan", "corridor_ha", "barrier_ha", "barrier_share", "unknown_share"),
        shown=False,
    ),
)
