"""Texts, columns and map views of ``cycle_network``."""

from __future__ import annotations

from typing import Any

from metrogis.checks.contract import Category, Column, Ground, View, municipality_columns
from metrogis.texts import UNKNOWN, Text

TITLE = Text("Sieć rowerowa: długość, spójność, jakość danych", "Cycle network: length, form, data")
QUESTION = Text(
    "Ile jest infrastruktury rowerowej, czy tworzy sieć i czy dane o niej są zgodne?",
    "How much cycle infrastructure is there, does it form a network, and do the data agree?",
)
METHOD = Text(
    "Długość istniejących linii: dwukierunkowa liczona raz, a osobno według kierunków. Linie łączą "
    "się we wspólnych wierzchołkach, dla porównania także przez przerwy do 10 i 20 m. Koniec luźny "
    "to wierzchołek, którego nie ma żadna inna linia; do 3 m od innej linii albo za skrzyżowaniem "
    "to zapewne błąd rysunku. Z danymi o ulicach (OSM): odcinki, których brakuje w jednym ze "
    "źródeł (dalej niż 15 m), i udział ulic o stresie 1 lub 2 według reguł Bike Ottawa. Linie "
    "narysowane obok siebie i przecięcia mogą ukryć brak. Gdzie dane nie sięgają, wynik brzmi "
    "„nieznane”. Każdy wynik ma ocenę danych: słabe, gdy ponad połowa długości ulic ma stres z "
    "wartości domyślnych. Podane liczby to wartości domyślne parametrów.",
    "Length of built lines: bidirectional counted once, and by direction apart. Lines join at "
    "shared vertices, to compare also across gaps of up to 10 and 20 m. A loose end is a vertex "
    "that no other line has; within 3 m of another line, or just past a junction, it is probably a "
    "drawing error. With street data (OSM): stretches that one of the sources lacks (farther than "
    "15 m), and the share of streets of stress 1 or 2 by the rules of Bike Ottawa. Lines drawn "
    "side by side and crossings may hide a lack. Where data do not reach, the result is "
    "“unknown”. Each result carries a judgement of the data: weak where the stress of more than "
    "half of the length of streets rests on defaults. The numbers given are the defaults of the "
    "parameters.",
)

# --------------------------------------------------------------------------- findings


def joined(*parts: Text) -> Text:
    """Return texts one after the other."""
    return Text("".join(p.pl for p in parts), "".join(p.en for p in parts))


_KM = Text(
    "{network_km:1} km istniejącej infrastruktury rowerowej (licząc każdy kierunek osobno: "
    "{directed_km:1} km)",
    "{network_km:1} km of built cycle infrastructure ({directed_km:1} km by direction)",
)
LENGTH = Text("W danych jest " + _KM.pl + ".", "The data show " + _KM.en + ".")
LENGTH_PARTLY = Text(
    LENGTH.pl + " Obejmują one {towns_with_data:0} "
    "{towns_with_data:plural:gminę|gminy|gmin} w całości; o {towns_without_data:0} "
    "{towns_without_data:plural:innej|innych|innych} nie wiadomo, ile jej jest.",
    LENGTH.en + " They cover {towns_with_data:0} "
    "{towns_with_data:plural:municipality|municipalities} whole; how much there is in "
    "{towns_without_data:0} {towns_without_data:plural:other|others} is unknown.",
)
LENGTH_UNKNOWN = Text(
    "O {towns_without_data:0} {towns_without_data:plural:gminie|gminach|gminach} nie wiadomo, ile "
    "mają infrastruktury rowerowej: dane obejmują w całości tylko {towns_with_data:0} "
    "{towns_with_data:plural:inną|inne|innych}. Znane jest " + _KM.pl + ".",
    "How much cycle infrastructure {towns_without_data:0} "
    "{towns_without_data:plural:municipality has|municipalities have} is unknown: the data cover "
    "only {towns_with_data:0} {towns_with_data:plural:other|others} whole. Known are "
    + _KM.en
    + ".",
)
LENGTH_NOWHERE = Text(
    "O żadnej gminie nie wiadomo na pewno, ile ma infrastruktury rowerowej. Znane jest "
    + _KM.pl
    + ".",
    "Of no municipality is it certain how much cycle infrastructure it has. Known are "
    + _KM.en
    + ".",
)
LOST = Text(
    " W odczycie zgubiono {routes_lost:0} {routes_lost:plural:linię|linie|linii}: może być jej "
    "więcej.",
    " {routes_lost:0} {routes_lost:plural:line was|lines were} lost in reading: there may be more.",
)
_NETWORKS = Text(
    "{networks:0} {networks:plural:spójną sieć|osobne sieci|osobnych sieci} "
    "({networks_medium:0} przy przerwach do {medium} m, {networks_wide:0} do {wide} m); w "
    "najdłuższej jest {largest_share:%1} długości (przy przerwach do {wide} m "
    "{largest_share_wide:%1}).",
    "{networks:0} {networks:plural:connected network|separate networks} "
    "({networks_medium:0} across gaps of up to {medium} m, {networks_wide:0} of up to {wide} m); "
    "the longest holds {largest_share:%1} of the length ({largest_share_wide:%1} across gaps of up "
    "to {wide} m).",
)
FORM = Text("Tworzy " + _NETWORKS.pl, "It forms " + _NETWORKS.en)
FORM_KNOWN = Text(
    "To, co jest znane, tworzy " + _NETWORKS.pl, "What is known forms " + _NETWORKS.en
)
ENDS = Text("Luźnych końców: {dangling_ends:0}", "Loose ends: {dangling_ends:0}")
ENDS_ERRORS = Text(
    "; prawdopodobnych błędów rysunku: {undershoots:0} "
    "{undershoots:plural:linia niedociągnięta|linie niedociągnięte|linii niedociągniętych} i "
    "{overshoots:0} {overshoots:plural:przeciągnięta|przeciągnięte|przeciągniętych}",
    "; probable drawing errors: {undershoots:0} "
    "{undershoots:plural:undershoot|undershoots} and {overshoots:0} "
    "{overshoots:plural:overshoot|overshoots}",
)
ENDS_UNKNOWN = Text(
    "; przy skraju danych {ends_unknown:0} "
    "{ends_unknown:plural:koniec|końce|końców}, za którymi trasa może biec dalej",
    "; at the edge of the data {ends_unknown:0} {ends_unknown:plural:end|ends} beyond which the "
    "route may go on",
)
STOP = Text(".", ".")
COMPARED = Text(
    "W OSM brakuje {missing_in_osm_km:1} km z warstwy gmin ({missing_in_osm:0} "
    "{missing_in_osm:plural:miejsce|miejsca|miejsc}), a w warstwie {missing_in_layer_km:1} km z "
    "OSM ({missing_in_layer:0} {missing_in_layer:plural:miejsce|miejsca|miejsc}).",
    "OSM lacks {missing_in_osm_km:1} km of the municipal layer ({missing_in_osm:0} "
    "{missing_in_osm:plural:place|places}), and the layer lacks {missing_in_layer_km:1} km of OSM "
    "({missing_in_layer:0} {missing_in_layer:plural:place|places}).",
)
COMPARED_LAYER = Text(
    "W OSM brakuje {missing_in_osm_km:1} km z warstwy gmin ({missing_in_osm:0} "
    "{missing_in_osm:plural:miejsce|miejsca|miejsc}); czego brakuje w warstwie, nie wiadomo.",
    "OSM lacks {missing_in_osm_km:1} km of the municipal layer ({missing_in_osm:0} "
    "{missing_in_osm:plural:place|places}); what the layer lacks is unknown.",
)
COMPARED_OSM = Text(
    "W warstwie gmin brakuje {missing_in_layer_km:1} km z OSM ({missing_in_layer:0} "
    "{missing_in_layer:plural:miejsce|miejsca|miejsc}); czego brakuje w OSM, nie wiadomo.",
    "The municipal layer lacks {missing_in_layer_km:1} km of OSM ({missing_in_layer:0} "
    "{missing_in_layer:plural:place|places}); what OSM lacks is unknown.",
)
NOT_COMPARED = Text(
    "Źródeł nie da się porównać: nigdzie nie są znane oba.",
    "The sources cannot be compared: nowhere are both of them known.",
)
WORST = Text(
    "Najdłuższy odcinek nieobecny w OSM: {longest_missing_in_osm_m:0} m, {place}.",
    "The longest stretch absent from OSM: {longest_missing_in_osm_m:0} m, {place}.",
)
STRESS = Text(
    "{low_stress_share:%0} długości ulic dostępnych dla rowerów ma stres do {limit}; najdłuższa "
    "spójna sieć takich ulic obejmuje {low_stress_largest_share:%0} ich długości. "
    "{defaults_share:%0} długości oceniono na podstawie wartości domyślnych.",
    "{low_stress_share:%0} of the length of streets open to bicycles has stress of at most "
    "{limit}; the longest connected network of such streets holds {low_stress_largest_share:%0} of "
    "their length. {defaults_share:%0} of the length is judged by defaults.",
)
NO_STREETS = Text(
    "Bez danych o ulicach nie wiadomo, czego brakuje w OSM ani ile ulic jest spokojnych.",
    "Without street data it is unknown what OSM lacks and how many streets are quiet.",
)

# --------------------------------------------------------------------------- columns

ENDS_KINDS = (
    Category("dangling", Text("luźny koniec", "dangling end"), "#0072B2"),
    Category("undershoot", Text("linia niedociągnięta", "undershoot"), "#D55E00"),
    Category("overshoot", Text("linia przeciągnięta", "overshoot"), "#E69F00"),
    Category("unknown", Text("może biec dalej", "may go on"), "#999999", hatch=True),
)
SOURCES = (
    Category("osm", Text("brakuje w OSM", "missing in OSM"), "#D55E00"),
    Category("layer", Text("brakuje w warstwie gmin", "missing in the layer"), "#0072B2"),
)
OTHER = {
    "absent": Text("nie ma jej tam wcale", "not there at all"),
    "planned": Text("jest tam jako planowana", "there as planned"),
}
LEVELS = (
    Category("1", Text("stres 1: dla dzieci", "stress 1: for children"), "#009E73"),
    Category("2", Text("stres 2: dla większości", "stress 2: for most"), "#56B4E9"),
    Category("3", Text("stres 3: dla pewnych siebie", "stress 3: for the confident"), "#E69F00"),
    Category("4", Text("stres 4: prawie dla nikogo", "stress 4: for hardly anyone"), "#D55E00"),
    Category("unknown", UNKNOWN, "#999999", hatch=True),
)
QUALITY = (
    Category("good", Text("dobre", "good"), "#009E73"),
    Category("weak", Text("słabe: przewaga domyślnych", "weak: mostly defaults"), "#E69F00"),
    Category("unknown", UNKNOWN, "#999999", hatch=True),
)

_NAME = Column(Text("nazwa", "name"), kind="text")
_TERYT = Column(Text("TERYT", "TERYT"), kind="text")
_TOWN = Column(Text("gmina", "municipality"), kind="text")


def _km(pl: str, en: str, note: Text | None = None, digits: int = 1, **more: Any) -> Column:
    return Column(Text(pl, en), unit="km", digits=digits, note=note, **more)


def _share(pl: str, en: str, note: Text | None = None, **more: Any) -> Column:
    return Column(Text(pl, en), kind="share", note=note, **more)


_KNOWN_LAND = Text("ile lądu gminy obejmują dane", "how much of its land the data cover")

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "cycle_data": Column(Text("objęta danymi rowerowymi", "covered by cycle data"), "flag"),
        "cycle_known_share": _share(
            "udział lądu objęty danymi rowerowymi",
            "share of land the cycle data cover",
            _KNOWN_LAND,
        ),
        "cycle_km": _km("infrastruktura rowerowa", "cycle infrastructure"),
        "cycle_km_known": _km(
            "znana infrastruktura rowerowa",
            "cycle infrastructure that is known",
            Text("co najmniej tyle", "at least so much"),
            bound="low",
            known="cycle_known_share",
        ),
        "cycle_directed_km": _km("infrastruktura według kierunków", "infrastructure by direction"),
        "planned_km": _km("planowana i w budowie", "planned or being built"),
        "population": Column(Text("ludność", "population"), unit="people", land=False),
        "cycle_km_per_10k": _km("km na 10 tys. mieszkańców", "km per 10,000 residents"),
        "dangling_ends": Column(Text("luźne końce", "dangling ends"), bound="low"),
        "undershoots": Column(Text("linie niedociągnięte", "undershoots"), bound="low"),
        "overshoots": Column(Text("linie przeciągnięte", "overshoots"), bound="low"),
        "ends_unknown": Column(
            Text("końce przy skraju danych", "ends at the edge of the data"), of_known=True
        ),
        "missing_in_osm_km": _km("brakuje w OSM", "missing in OSM", bound="low"),
        "missing_in_layer_km": _km("brakuje w warstwie", "missing in the layer", bound="low"),
        "streets_known_share": _share(
            "udział lądu objęty danymi o ulicach",
            "share of land the street data cover",
            _KNOWN_LAND,
        ),
        "streets_km": _km(
            "ulice dostępne dla rowerów",
            "streets open to bicycles",
            bound="low",
            known="streets_known_share",
        ),
        "low_stress_share": _share(
            "udział ulic o niskim stresie",
            "share of low-stress streets",
            Text("wśród ulic o znanym stresie", "of the streets whose stress is known"),
            of_known=True,
        ),
        "unknown_stress_share": _share(
            "udział o nieznanym stresie", "share of unknown stress", of_known=True
        ),
        "defaults_share": _share(
            "udział oceniony wartościami domyślnymi", "share judged by defaults", of_known=True
        ),
        "data_quality": Column(
            Text("jakość danych", "data quality"),
            kind="category",
            categories={c.value: c.label for c in QUALITY},
            of_known=True,
        ),
    },
    "networks": {
        "network": Column(Text("numer sieci", "number of the network"), of_known=True),
        "length_km": _km("długość spójnej sieci", "length of the connected network", bound="low"),
        "lines": Column(Text("linie", "lines"), of_known=True),
        "may_go_on": Column(
            Text("może sięgać poza dane", "may go on beyond the data"), kind="flag", of_known=True
        ),
    },
    "form": {
        "tolerance_m": Column(Text("przerwa uznana za połączenie", "gap that joins"), unit="m"),
        "networks": Column(Text("spójne sieci", "connected networks"), of_known=True),
        "length_km": _km("długość razem", "length in all", bound="low"),
        "largest_km": _km("najdłuższa sieć", "longest network", bound="low"),
        "largest_share": _share("udział najdłuższej", "share of the longest", of_known=True),
    },
    "ends": {
        "kind": Column(
            Text("rodzaj", "kind"),
            kind="category",
            categories={c.value: c.label for c in ENDS_KINDS},
        ),
        "name": _NAME,
        "gap_m": Column(Text("do innej linii", "to another line"), unit="m", digits=1),
        "spur_m": Column(Text("od skrzyżowania", "from the junction"), unit="m", digits=1),
        "teryt": _TERYT,
        "municipality": _TOWN,
    },
    "differences": {
        "rank": Column(Text("miejsce w rankingu", "rank"), of_known=True),
        "missing_in": Column(
            Text("gdzie brakuje", "where it is missing"),
            kind="category",
            categories={c.value: c.label for c in SOURCES},
        ),
        "length_m": Column(Text("długość", "length"), unit="m", bound="low"),
        "name": _NAME,
        "other": Column(
            Text("drugie źródło", "the other source"), "category", categories=OTHER, of_known=True
        ),
        "teryt": _TERYT,
        "municipality": _TOWN,
    },
    "stress": {
        "level": Column(
            Text("poziom stresu", "level of stress"),
            kind="category",
            categories={c.value: c.label for c in LEVELS},
        ),
        "length_km": _km("długość ulic", "length of streets", bound="low"),
    },
}

_ROUTES = Ground("cycle_data")
_STREETS = Ground("streets_known_share")

VIEWS = (
    View(
        "networks",
        Text("Spójne sieci rowerowe według długości", "Connected cycle networks by length"),
        column="length_km",
        breaks=(0, 1, 3, 10, 50),
        popup=("network", "length_km", "lines", "may_go_on"),
        weight=2.5,
        ground=_ROUTES,
    ),
    View(
        "ends",
        Text("Luźne końce i błędy rysunku", "Loose ends and drawing errors"),
        column="kind",
        categories=ENDS_KINDS,
        popup=("kind", "name", "gap_m", "spur_m", "municipality"),
        shown=False,
        radius=3.5,
        ground=_ROUTES,
    ),
    View(
        "differences",
        Text("Różnice między OSM a warstwą gmin", "Differences of OSM and the municipal layer"),
        column="missing_in",
        categories=SOURCES,
        popup=("rank", "missing_in", "length_m", "name", "other", "municipality"),
        weight=4.0,
        ground=_ROUTES,
    ),
    View(
        "stress",
        Text("Stres rowerzysty na ulicach", "Stress of cyclists on streets"),
        column="level",
        categories=LEVELS,
        popup=("level", "length_km"),
        shown=False,
        weight=1.2,
        ground=_STREETS,
    ),
    View(
        "municipalities",
        Text("Infrastruktura rowerowa na 10 tys. mieszkańców", "Cycle km per 10,000 residents"),
        column="cycle_km_per_10k",
        breaks=(0, 2, 5, 10, 20),
        palette="cividis",
        popup=(
            "name",
            "cycle_km",
            "cycle_km_known",
            "cycle_known_share",
            "cycle_km_per_10k",
            "data_quality",
        ),
        shown=False,
        ground=_ROUTES,
    ),
    View(
        "municipalities",
        Text("Udział ulic o niskim stresie", "Share of low-stress streets"),
        column="low_stress_share",
        breaks=(0, 0.25, 0.5, 0.75, 1),
        palette="cividis",
        popup=(
            "name",
            "streets_km",
            "streets_known_share",
            "low_stress_share",
            "defaults_share",
            "data_quality",
        ),
        shown=False,
        ground=_STREETS,
    ),
)
