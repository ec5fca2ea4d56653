"""Texts, columns and map views of ``interchange_access``."""

from __future__ import annotations

from typing import Any

from metrogis.checks.active_mobility.interchange_access import street_presentation as streets
from metrogis.checks.active_mobility.interchange_access.views import KINDS, STATES
from metrogis.checks.contract import Column, municipality_columns
from metrogis.texts import UNKNOWN, Text

TITLE = Text("Dojazd rowerem do węzłów przesiadkowych", "Cycle routes to interchanges")
QUESTION = Text(
    "Czy węzły przesiadkowe i stacje są połączone ze spójną siecią dróg rowerowych i ilu ludzi "
    "mieszka w ich zasięgu?",
    "Are interchanges and stations joined to a connected cycle network, and how many people live "
    "within reach of them?",
)
METHOD = Text(
    "Węzeł jest połączony, gdy istniejąca infrastruktura rowerowa należąca do spójnej sieci co "
    "najmniej 3 km leży do 50 m od jego wejścia (bez znanych wejść: od punktu węzła). Linie łączą "
    "się we wspólnych wierzchołkach; dla porównania także przez przerwy do 10 i 20 m. Ludzie w "
    "zasięgu: linia prosta razy 1,3 zamiast sieci ulic, komórki siatki liczone udziałem "
    "powierzchni. Gdzie dane rowerowe nie sięgają, odpowiedź brzmi „nieznane”, nie „nie”. "
    "Liczone są tylko znane węzły i stacje: zero w gminie nie dowodzi, że przystanku kolei tam "
    "nie ma. Podane liczby to wartości domyślne parametrów." + streets.METHOD.pl,
    "An interchange is joined when built cycle infrastructure that belongs to a connected network "
    "of at least 3 km lies within 50 m of its entrance (where no entrance is known: of its point). "
    "Lines join at shared vertices; to compare, also across gaps of up to 10 and 20 m. People "
    "within reach: straight line times 1.3 in place of a street network, grid cells counted by "
    "share of area. Where the cycle data do not reach, the answer is “unknown”, not “no”. Only "
    "known interchanges and stations are counted: a zero in a municipality does not prove that "
    "there is no railway stop. The numbers given are the defaults of the parameters."
    + streets.METHOD.en,
)

# --------------------------------------------------------------------------- findings


def together(*parts: Text) -> Text:
    """Return texts one after the other."""
    return Text("".join(p.pl for p in parts), "".join(p.en for p in parts))


STOP = Text(".", ".")
_NETWORK = Text(
    "w odległości do {distance} m spójną sieć rowerową o długości co najmniej {length} km",
    "a connected cycle network of at least {length} km within {distance} m",
)
_SHARE = Text(
    "{joined:0} z {known:0} {known:plural:węzła lub stacji|węzłów i stacji|węzłów i stacji} "
    "({joined_share:%0}) ma " + _NETWORK.pl,
    "{joined:0} of {known:0} {known:plural:interchange or station|interchanges and stations} "
    "({joined_share:%0}) {joined:plural:has|have} " + _NETWORK.en,
)
JOINED = together(_SHARE, STOP)
JOINED_PARTLY = Text(
    "Spośród {places:0} węzłów i stacji o {unknown:0} nie wiadomo, czy są połączone z siecią "
    "rowerową; z pozostałych {joined:0} na {known:0} ({joined_share:%0}) ma " + _NETWORK.pl + ".",
    "Of {places:0} interchanges and stations it is unknown whether {unknown:0} "
    "{unknown:plural:is|are} joined to the cycle network; of the others {joined:0} of {known:0} "
    "({joined_share:%0}) {joined:plural:has|have} " + _NETWORK.en + ".",
)
JOINED_UNKNOWN = Text(
    "O {unknown:0} z {places:0} węzłów i stacji nie wiadomo, czy są połączone z siecią rowerową. "
    "Z pozostałych {joined:0} na {known:0} ({joined_share:%0}) ma " + _NETWORK.pl + ".",
    "Of {places:0} interchanges and stations it is unknown whether {unknown:0} are joined to the "
    "cycle network. Of the others {joined:0} of {known:0} ({joined_share:%0}) "
    "{joined:plural:has|have} " + _NETWORK.en + ".",
)
NOT_TOLD = Text(
    "O żadnym z {unknown:0} {unknown:plural:węzła lub stacji|węzłów i stacji|węzłów i stacji} nie "
    "wiadomo, czy jest połączony z siecią rowerową: brak pełnych danych o trasach w pobliżu.",
    "Of none of {unknown:0} {unknown:plural:interchange or station|interchanges and stations} is "
    "it known whether it is joined to the cycle network: data on routes near them are not "
    "complete.",
)
NO_PLACES = Text(
    "W danych nie ma węzłów ani stacji w tych gminach.",
    "The data have no interchanges or stations in these municipalities.",
)
LOST = Text(
    " W odczycie zgubiono {places_lost:0} "
    "{places_lost:plural:węzeł lub stację bez położenia|węzły lub stacje bez położenia|węzłów lub "
    "stacji bez położenia}: liczą się jako nieznane.",
    " {places_lost:0} {places_lost:plural:interchange or station has|interchanges and stations "
    "have} no usable position and {places_lost:plural:counts|count} as unknown.",
)
NOT_JOINED = Text("Bez połączenia: {not_joined:0}", "Not joined: {not_joined:0}")
TOO_FAR = Text(
    "; dalej niż {distance} m od infrastruktury: {too_far:0}",
    "; farther than {distance} m from infrastructure: {too_far:0}",
)
TOO_SHORT = Text(
    "; przy zbyt krótkim odcinku: {too_short:0}", "; at too short a stretch: {too_short:0}"
)
SMALL_GAPS = Text(
    " W {small_gaps:0} "
    "{small_gaps:plural:przypadku|przypadkach|przypadkach} do dużej sieci brakuje nie "
    "więcej niż {small} m (razem {small_gaps_km:1} km w linii prostej).",
    " In {small_gaps:0} {small_gaps:plural:case|cases} no more "
    "than {small} m to a large network {small_gaps:plural:is|are} missing "
    "(together {small_gaps_km:1} km in a straight line).",
)
DOUBTFUL = Text(
    "Spośród niepołączonych {doubtful:0} {doubtful:plural:leży|leżą|leży} do {limit} m od "
    "infrastruktury, licząc od punktu miejsca, bo wejść nie ma w danych: sprawdzić w terenie.",
    "Of those not joined {doubtful:0} {doubtful:plural:lies|lie} within {limit} m of "
    "infrastructure, measured from the place's point for want of entrances: check on site.",
)
NETWORK = Text(
    "Istniejąca infrastruktura rowerowa w danych: {network_km:1} km w {networks:0} "
    "{networks:plural:spójnej sieci|osobnych sieciach|osobnych sieciach}; najdłuższa ma "
    "{largest_km:1} km, czyli {largest_share:%1} długości.",
    "Built cycle infrastructure in the data: {network_km:1} km in {networks:0} "
    "{networks:plural:connected network|separate networks}; the longest has {largest_km:1} km, "
    "{largest_share:%1} of the length.",
)
NO_NETWORK = Text(
    "W danych nie ma istniejącej infrastruktury rowerowej.",
    "The data show no built cycle infrastructure.",
)
_NEAR = Text(
    "{share_near_bike:%0} mieszkańców, o których wiadomo, gdzie mieszkają ({people_near_bike:0} "
    "osób), ma do {limit} km drogi rowerem do znanego węzła lub stacji",
    "{share_near_bike:%0} of residents whose place is known ({people_near_bike:0} people) live "
    "within {limit} km by bike of a known interchange or station",
)
_LINE = Text(" (linia prosta x {detour}).", " (straight line x {detour}).")
PEOPLE = Text(_NEAR.pl + _LINE.pl, _NEAR.en + _LINE.en)
PEOPLE_JOINED = Text(
    _NEAR.pl + ", a {share_near_joined:%0} ({people_near_joined:0} osób) do połączonego z siecią "
    "rowerową" + _LINE.pl,
    _NEAR.en + ", {share_near_joined:%0} ({people_near_joined:0} people) of one joined to the "
    "cycle network" + _LINE.en,
)
PEOPLE_UNTOLD = Text(
    _NEAR.pl + ", a co najmniej {share_near_joined:%0} ({people_near_joined:0} osób) do "
    "połączonego z siecią rowerową; o dalszych {share_near_untold:%0} nie wiadomo" + _LINE.pl,
    _NEAR.en + ", at least {share_near_joined:%0} ({people_near_joined:0} people) of one joined "
    "to the cycle network; of a further {share_near_untold:%0} it is not known" + _LINE.en,
)
UNPLACED = Text(
    " O {people_unplaced:0} innych nie wiadomo, gdzie mieszkają.",
    " Where {people_unplaced:0} others live is unknown.",
)
UNPLACED_FIRST = Text(
    "O {people_unplaced:0} mieszkańcach nie wiadomo, gdzie mieszkają. ",
    "Where {people_unplaced:0} residents live is unknown. ",
)
PLANNED = Text(
    "Planowane i budowane odcinki ({planned_km:1} km w danych) połączyłyby z siecią dalsze węzły "
    "lub stacje: {planned_joins:0}.",
    "Stretches planned or being built ({planned_km:1} km in the data) would join {planned_joins:0} "
    "more {planned_joins:plural:interchange or station|interchanges and stations}.",
)
PLANNED_NONE = Text(
    "O żadnym dalszym węźle ani stacji nie widać, by połączyły je z siecią odcinki planowane i "
    "budowane ({planned_km:1} km w danych).",
    "The data show no further interchange or station that stretches planned or being built "
    "({planned_km:1} km in the data) would join.",
)
PER_HEAD = Text(
    "Na 10 tys. mieszkańców przypada w połowie gmin objętych danymi co najmniej "
    "{km_per_10k_median:1} km infrastruktury rowerowej, najwięcej w gminie {best} "
    "({km_per_10k_best:1} km)",
    "Half of the municipalities the data cover have at least {km_per_10k_median:1} km of cycle "
    "infrastructure per 10,000 residents, most has {best} ({km_per_10k_best:1} km)",
)
WITHOUT = Text(
    "; {municipalities_without_data:0} "
    "{municipalities_without_data:plural:gmina jest|gminy są|gmin jest} bez pełnych danych "
    "rowerowych.",
    "; {municipalities_without_data:0} "
    "{municipalities_without_data:plural:municipality has|municipalities have} no complete cycle "
    "data.",
)

# --------------------------------------------------------------------------- columns

REASONS = {
    "joined": Text("połączony", "joined"),
    "too_far": Text("infrastruktura zbyt daleko", "infrastructure too far"),
    "too_short": Text("osiągalna sieć zbyt krótka", "the network reached is too short"),
    "outside_data": Text("dane rowerowe tu nie sięgają", "cycle data do not reach here"),
    "leaves_data": Text("sieć wychodzi poza zasięg danych", "the network leaves the data's extent"),
    "entrance": Text(
        "wejście może być bliżej niż punkt", "an entrance may be nearer than the point"
    ),
    "line_state": Text("nie wiadomo, czy linia istnieje", "unknown whether the line is built"),
}
ORIGINS = {
    "interchange": Text("węzeł", "interchange"),
    "station": Text("stacja kolejowa", "railway station"),
    "both": Text("węzeł ze stacją", "interchange with station"),
}

_NAME = Column(Text("nazwa", "name"), kind="text")
_KNOWN = Text("liczone względem znanych węzłów i stacji", "of known interchanges and stations")
_MEASURED = Text(
    "od najbliższego wejścia; bez wejść od punktu; gdzie dane niepełne, najwyżej tyle",
    "from the nearest entrance, else the point; at most so much where data are not complete",
)
_LEAST = Text("co najmniej tyle", "at least so much")
_LAND = Text("udział lądu gminy", "of the land of the municipality")


def _km(pl: str, en: str, note: Text | None = None, **more: Any) -> Column:
    return Column(Text(pl, en), unit="km", digits=1, note=note, **more)


def _people(pl: str, en: str, note: Text | None = None, **more: Any) -> Column:
    return Column(Text(pl, en), unit="people", note=note, **more)


def _of_known(pl: str, en: str) -> Column:
    return Column(Text(pl, en), "share", note=_KNOWN, of_known=True)


COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "interchanges": Column(
            Text("znane węzły i stacje", "known interchanges and stations"), bound="low"
        ),
        "interchanges_joined": Column(Text("połączone", "joined"), bound="low"),
        "interchanges_not_joined": Column(Text("niepołączone", "not joined"), bound="low"),
        "interchanges_unknown": Column(UNKNOWN, of_known=True),
        "joined_share": Column(
            Text("udział połączonych", "share joined"),
            kind="share",
            note=Text("wśród rozstrzygniętych", "of those the data tell of"),
            of_known=True,
        ),
        "distance_median_m": Column(
            Text("mediana odległości do infrastruktury", "median distance to infrastructure"),
            unit="m",
            of_known=True,
        ),
        "cycle_data": Column(Text("objęta danymi rowerowymi", "covered by cycle data"), "flag"),
        "cycle_known_share": Column(
            Text("zasięg danych rowerowych", "extent of the cycle data"), "share", note=_LAND
        ),
        "cycle_km": _km("infrastruktura rowerowa", "cycle infrastructure"),
        "cycle_km_known": _km(
            "znana infrastruktura rowerowa",
            "cycle infrastructure that is known",
            _LEAST,
            bound="low",
            known="cycle_known_share",
        ),
        "population": _people("ludność", "population", of_known=True),
        "cycle_km_per_10k": _km(
            "km na 10 tys. mieszkańców", "km per 10,000 residents", of_known=True
        ),
        "people_placed": _people(
            "mieszkańcy, o których wiadomo, gdzie mieszkają",
            "residents whose place is known",
            of_known=True,
        ),
        "population_known_share": Column(
            Text("zasięg danych o ludności", "extent of the population data"), "share", note=_LAND
        ),
        "people_near_walk": _people(
            "ludzie w zasięgu pieszym", "people within walking reach", of_known=True
        ),
        "share_near_walk": _of_known("udział w zasięgu pieszym", "share within walking reach"),
        "people_near_bike": _people(
            "ludzie w zasięgu rowerowym", "people within cycling reach", of_known=True
        ),
        "people_near_bike_known": _people(
            "znani ludzie w zasięgu rowerowym",
            "known people within cycling reach",
            _LEAST,
            of_known=True,
            known="population_known_share",
        ),
        "share_near_bike": _of_known("udział w zasięgu rowerowym", "share within cycling reach"),
        "people_near_joined": _people(
            "ludzie w zasięgu rowerowym węzła połączonego z siecią",
            "people within cycling reach of a joined interchange",
            of_known=True,
        ),
        "people_near_joined_known": _people(
            "znani ludzie w zasięgu węzła połączonego z siecią",
            "known people within reach of a joined interchange",
            _LEAST,
            of_known=True,
            known="population_known_share",
        ),
        "share_near_joined": _of_known(
            "udział w zasięgu połączonego", "share within reach of a joined one"
        ),
        "people_near_untold": _people(
            "ludzie w zasięgu rowerowym tylko węzłów, o których nie wiadomo, czy są połączone",
            "people within cycling reach only of interchanges not known to be joined",
            of_known=True,
        ),
        "share_near_untold": _of_known(
            "udział w zasięgu nierozstrzygniętych", "share within reach of undecided ones"
        ),
        **streets.TOWN_COLUMNS,
    },
    "interchanges": {
        "name": _NAME,
        "teryt": Column(Text("TERYT", "TERYT"), kind="text"),
        "municipality": Column(Text("gmina", "municipality"), kind="text"),
        "origin": Column(
            Text("rodzaj", "kind"), kind="category", categories=ORIGINS, of_known=True
        ),
        "rank": Column(Text("ranga", "rank"), kind="text"),
        "ref": Column(Text("numer stacji", "station number"), kind="text"),
        "state": Column(
            Text("połączenie z siecią", "joined to a network"),
            kind="category",
            categories={c.value: c.label for c in STATES},
        ),
        "reason": Column(
            Text("dlaczego", "why"), kind="category", categories=REASONS, of_known=True
        ),
        "distance_m": Column(
            Text("odległość do infrastruktury", "distance to infrastructure"),
            unit="m",
            note=_MEASURED,
            bound="high",
        ),
        "network_km": _km(
            "długość osiąganej sieci", "length of the network reached", _LEAST, bound="low"
        ),
        "network_km_medium": _km(
            "długość sieci przy średniej przerwie", "length at the medium gap", bound="low"
        ),
        "network_km_wide": _km(
            "długość sieci przy szerokiej przerwie", "length at the wide gap", bound="low"
        ),
        "joined_medium": Column(
            Text("połączony przy średniej przerwie", "joined at the medium gap"), "flag"
        ),
        "joined_wide": Column(
            Text("połączony przy szerokiej przerwie", "joined at the wide gap"), "flag"
        ),
        "planned_m": Column(
            Text("odległość do planowanej", "distance to planned infrastructure"),
            unit="m",
            bound="high",
        ),
        "joined_if_planned": Column(
            Text("połączony po budowie planowanych", "joined once planned lines are built"), "flag"
        ),
        "people_walk": _people(
            "ludzie w zasięgu pieszym", "people within walking reach", of_known=True
        ),
        "people_walk_known": _people(
            "znani ludzie w zasięgu pieszym",
            "known people within walking reach",
            _LEAST,
            of_known=True,
        ),
        "people_bike": _people(
            "ludzie w zasięgu rowerowym", "people within cycling reach", of_known=True
        ),
        "people_bike_known": _people(
            "znani ludzie w zasięgu rowerowym",
            "known people within cycling reach",
            _LEAST,
            of_known=True,
        ),
        "people_modelled": Column(
            Text("ludzie: dane modelowane", "people: modelled"), "flag", of_known=True
        ),
        "bike_stands": Column(
            Text("stojaki rowerowe", "bicycle stands"),
            note=Text(
                "nieznane: brak danych lub stojak o nieznanej liczbie miejsc",
                "unknown: no data, or a rack of unknown capacity",
            ),
        ),
        "stands_known": Column(
            Text("w tym o znanej liczbie miejsc", "of known capacity"), bound="low"
        ),
        "racks_uncounted": Column(
            Text("stojaki o nieznanej liczbie miejsc", "racks of unknown capacity"), of_known=True
        ),
        "bike_share_m": Column(
            Text("do stacji roweru miejskiego", "to a bike-share station"), unit="m", bound="high"
        ),
        "bike_share_docks": Column(
            Text("miejsca na niej", "docks there"),
            note=Text("przy najbliższej", "at the nearest"),
            of_known=True,
        ),
        "entrances": Column(Text("znane wejścia", "known entrances"), bound="low"),
        **streets.HUB_COLUMNS,
    },
    "cycle_network": {
        "network": Column(Text("numer sieci", "number of the network"), of_known=True),
        "length_km": _km(
            "długość spójnej sieci", "length of the connected network", _LEAST, bound="low"
        ),
        "lines": Column(Text("linie", "lines"), of_known=True),
        "interchanges": Column(
            Text("węzły i stacje przy sieci", "interchanges at the network"), bound="low"
        ),
        "may_go_on": Column(
            Text("może sięgać poza dane", "may go on beyond the data"), kind="flag", of_known=True
        ),
    },
    "gaps_to_network": {
        "interchange": Column(Text("węzeł lub stacja", "interchange or station"), kind="text"),
        "teryt": Column(Text("TERYT", "TERYT"), kind="text"),
        "kind": Column(
            Text("brakujące połączenie", "what is missing"),
            kind="category",
            categories={c.value: c.label for c in KINDS},
            of_known=True,
        ),
        "length_m": Column(
            Text("długość w linii prostej", "straight-line length"), unit="m", bound="high"
        ),
        "network": Column(
            Text("numer sieci u celu", "number of the network it leads to"), of_known=True
        ),
        "network_km": _km(
            "długość sieci u celu", "length of the network it leads to", of_known=True
        ),
    },
    "planned": {
        "name": _NAME,
        "highway": Column(Text("rodzaj (OSM)", "kind (OSM)"), kind="text"),
        "length_km": Column(Text("długość", "length"), unit="km", digits=2),
    },
    **streets.FEATURE_COLUMNS,
}
