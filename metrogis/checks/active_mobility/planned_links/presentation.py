"""Texts, parameters, columns and map views of ``planned_links``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metrogis.checks.contract import (
    Category,
    Column,
    Ground,
    Input,
    Spec,
    View,
    municipality_columns,
)
from metrogis.checks.contract.citations import ours
from metrogis.checks.contract.shared_types import (
    CoverageLength,
    CoverageShare,
    JoinDistance,
    MinNetwork,
)
from metrogis.checks.shared.reach import ReachParameters
from metrogis.texts import UNKNOWN, Text

_OWN = ours("68-planned-links")


class PlannedLinksParameters(ReachParameters):
    """Parameters of ``planned_links``."""

    budget: Annotated[
        float,
        Spec(Text("budżet długości odcinków", "budget of length of links"), "km", _OWN),
        Field(gt=0),
    ] = 10
    link_join: Annotated[
        float,
        Spec(Text("odcinek łączy się z ulicą do", "a link joins a street within"), "m", _OWN),
        Field(gt=0),
    ] = 20
    longest_link: Annotated[
        float,
        Spec(
            Text("stykające się linie to jeden odcinek do", "lines that touch are one link up to"),
            "km",
            _OWN.saying(
                "dłuższe trasy buduje się odcinkami", "longer routes are built line by line"
            ),
        ),
        Field(ge=0),
    ] = 3
    coverage_length: CoverageLength = 1
    coverage_share: CoverageShare = 0.95
    join_distance: JoinDistance = 50
    min_network: MinNetwork = 3


TITLE = Text("Planowane odcinki rowerowe: co otworzą", "Planned cycle links: what they open")
QUESTION = Text(
    "Ilu ludziom i które węzły przesiadkowe otworzą planowane odcinki rowerowe i w jakiej "
    "kolejności je budować?",
    "To how many people do planned cycle links open interchanges, which ones, and in which order "
    "should they be built?",
)
METHOD = Text(
    "Liczeni są ludzie, którzy w 3750 m (15 min, 15 km/h) dojeżdżają do węzła lub stacji ulicami "
    "o niskim stresie (LTS do 2), dziś i po budowie. Odcinek ma niski stres, jest dwukierunkowy i "
    "łączy się z ulicą o niskim stresie, która leży do 20 m od niego. Kolejność w budżecie "
    "długości: za każdym razem odcinek (lub para stykających się), który dodaje najwięcej ludzi "
    "na kilometr, z dokładnym przyrostem przy tym, co już zbudowano; przy równym przyroście "
    "decydują węzły połączone z siecią; sprawdzane są też wybór według samego przyrostu i start "
    "od najlepszego odcinka. To dobry plan, nie zawsze najlepszy. Bez ludności liczone są "
    "kilometry spokojnych ulic. Węzły połączone: infrastruktura do 50 m od wejścia należy do "
    "sieci co najmniej 3 km, z zaplanowanymi odcinkami włącznie. Nachylenia nie są liczone. "
    "Podane liczby to wartości domyślne parametrów.",
    "Counted are people who reach an interchange or station within 3750 m (15 min, 15 km/h) along "
    "low-stress streets (LTS up to 2), now and once links are built. A link is low-stress, "
    "two-way, and meets the low-stress streets within 20 m of it. The order within a budget of "
    "length: at each step the link (or pair of touching links) that adds most people per "
    "kilometre, with the exact gain given what is built already; at equal gain the interchanges "
    "it joins to a network decide; choosing by the gain alone and starting from the best link are "
    "tried as well. A good plan, not always the best one. Without population, km of calm street "
    "are counted. Joined interchanges: infrastructure within 50 m of the entrance belongs to a "
    "network of at least 3 km, planned links included. Gradients are not counted. The numbers "
    "given are the defaults of the parameters.",
)
INPUTS = (
    Input("municipalities"),
    Input("streets"),
    Input(
        "interchanges",
        Text("węzły przesiadkowe (one albo stacje)", "interchanges (these, or the stations)"),
        required=False,
    ),
    Input(
        "rail_stations",
        Text("stacje kolejowe (one albo węzły)", "railway stations (these, or interchanges)"),
        required=False,
    ),
    Input("interchange_entrances", required=False),
    Input(
        "cycle_routes",
        Text("infrastruktura rowerowa, też planowana", "cycle routes, planned ones too"),
        required=False,
    ),
    Input("investments", required=False),
    Input("population", Text("ludność w komórkach", "population by cell"), required=False),
    Input("population_municipal", required=False),
    Input(
        "cycle_coverage",
        Text("zasięg danych rowerowych", "extent of the cycle data"),
        required=False,
    ),
)

# --------------------------------------------------------------------------- findings


def together(*parts: Text) -> Text:
    """Return texts one after the other."""
    return Text("".join(p.pl for p in parts), "".join(p.en for p in parts))


TODAY = Text(
    "Dziś drogą o niskim stresie dojeżdża do węzła {reached_before:0} osób.",
    "Today {reached_before:0} people reach an interchange along a low-stress way.",
)
TODAY_KM = Text(
    "Dziś do węzła prowadzi {reached_before:1} km spokojnych ulic.",
    "Today {reached_before:1} km of calm street lead to an interchange.",
)
GAIN = Text(
    " W budżecie {budget} km najlepiej zbudować odcinki w liczbie {chosen:0} ({chosen_km:1} km): "
    "przybędzie {gain:0} osób; wszystkie planowane ({links:0}, razem "
    "{links_km:1} km) dodają {gain_all:0}.",
    " Within {budget} km it is best to build {chosen:0} {chosen:plural:link|links} ({chosen_km:1} "
    "km): {gain:0} more people; all that are planned ({links:0}, together {links_km:1} km) add "
    "{gain_all:0}.",
)
GAIN_KM = Text(
    " W budżecie {budget} km najlepiej zbudować odcinki w liczbie {chosen:0} ({chosen_km:1} km): "
    "przybędzie {gain:1} km; wszystkie planowane ({links:0}, razem {links_km:1} km) dodają "
    "{gain_all:1} km.",
    " Within {budget} km it is best to build {chosen:0} {chosen:plural:link|links} ({chosen_km:1} "
    "km): {gain:1} km more; all that are planned ({links:0}, together {links_km:1} km) add "
    "{gain_all:1} km.",
)
NO_GAIN = Text(
    " Żaden z planowanych odcinków ({links:0}, razem {links_km:1} km) nic do tego nie dodaje, o "
    "ile dane pozwalają to ocenić.",
    " As far as the data show, none of the planned links ({links:0}, together {links_km:1} km) "
    "adds to that.",
)
NO_PEOPLE = Text(" Ludności nie podano.", " No population is given.")
UNDECIDED = Text(
    " O {undecided:0} osobach w zasięgu w linii prostej nie wiadomo, czy dojeżdżają.",
    " Of {undecided:0} people within reach in a straight line it is unknown whether they do.",
)
UNDECIDED_FIRST = Text(
    "O {undecided:0} osobach w zasięgu węzłów w linii prostej "
    "nie wiadomo, czy dojeżdżają do nich drogą o niskim stresie. ",
    "Of {undecided:0} people within reach of interchanges in a straight "
    "line it is unknown whether they reach one along a low-stress way. ",
)
UNCOUNTED = Text(
    " W części miejsc w zasięgu liczba mieszkańców jest nieznana: osób może być więcej.",
    " In some places within reach the number of residents is unknown: there may be more people.",
)
UNCOUNTED_FIRST = Text(
    "W większości miejsc w zasięgu węzłów liczba mieszkańców jest nieznana. ",
    "In most places within reach of interchanges the number of residents is unknown. ",
)
FIRST = Text(
    "Pierwszy w kolejności: {name} ({first_km:1} km), {first_gain:0} osób.",
    "First in order: {name} ({first_km:1} km), {first_gain:0} people.",
)
FIRST_KM = Text(
    "Pierwszy w kolejności: {name} ({first_km:1} km), {first_gain:1} km spokojnych ulic.",
    "First in order: {name} ({first_km:1} km), {first_gain:1} km of calm street.",
)
JOINED = Text(
    "Z siecią rowerową połączonych jest węzłów i stacji: {joined_before:0}; po budowie wybranych "
    "{joined_after:0}, po budowie wszystkich {joined_all:0}.",
    "Interchanges and stations joined to a cycle network: {joined_before:0}; once the chosen links "
    "are built {joined_after:0}, once all are {joined_all:0}.",
)
JOINED_UNKNOWN = Text(" O {joined_unknown:0} nie wiadomo.", " Of {joined_unknown:0} it is unknown.")
LOOSE = Text(
    "Odcinki, w których pobliżu (do {join} m) dane nie pokazują spokojnej ulicy: {loose:0}; ich "
    "skutek jest nieznany.",
    "Links near which (within {join} m) the data show no calm street: {loose:0}; what they would "
    "open is unknown.",
)

# --------------------------------------------------------------------------- columns

STATES = (
    Category("joined", Text("łączy się z ulicami", "meets the streets"), "#009E73"),
    Category("unknown", UNKNOWN, "#999999", hatch=True),
)
_SOURCES = {
    "cycle_routes": Text("trasy rowerowe", "cycle routes"),
    "investments": Text("inwestycje", "investments"),
}


def _people(pl: str, en: str) -> Column:
    return Column(Text(pl, en), unit="people", of_known=True)


def _km(pl: str, en: str, *, of_known: bool = True) -> Column:
    return Column(Text(pl, en), unit="km", digits=2, of_known=of_known)


COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "links_km": _km("planowane odcinki", "planned links"),
        "people_before": _people("ludzie: dziś", "people: now"),
        "people_after": _people("ludzie: po budowie wybranych", "people: chosen links built"),
        "people_all": _people("ludzie: po budowie wszystkich", "people: all links built"),
        "people_gain": _people("przybędzie po budowie wybranych", "more once chosen are built"),
        "people_undecided": _people(
            "ludzie w zasięgu w linii prostej, o których nie wiadomo",
            "people within reach in a straight line of whom it is unknown",
        ),
        "people_decided": Column(
            Text("o wszystkich w zasięgu wiadomo", "known of all within reach"), kind="flag"
        ),
    },
    "links": {
        "name": Column(Text("odcinek", "link"), kind="text"),
        "source": Column(Text("źródło", "source"), kind="category", categories=_SOURCES),
        "length_km": _km("długość", "length"),
        "state": Column(
            Text("połączenie z ulicami", "meets streets"),
            kind="category",
            categories={c.value: c.label for c in STATES},
            of_known=True,
        ),
        "order": Column(
            Text("kolejność", "order"),
            note=Text("brak: poza budżetem lub nic nie dodaje", "none: not in budget, or no gain"),
            of_known=True,
        ),
        "people_alone": _people("ludzie: sam odcinek", "people: alone"),
        "people_added": _people("ludzie: przyrost w kolejności", "people: added in order"),
        "people_sum": _people("ludzie: przyrost razem", "people: added so far"),
        "street_km_alone": _km("spokojne ulice: sam odcinek", "calm street: alone"),
        "street_km_added": _km("spokojne ulice: przyrost w kolejności", "calm street: added"),
        "street_km_sum": _km("spokojne ulice: przyrost razem", "calm street: added so far"),
        "km_sum": _km("długość zbudowanych", "length built so far"),
        "joined_after": Column(
            Text("węzły połączone z siecią", "interchanges joined"), of_known=True
        ),
        "opens": Column(
            Text("sam łączy węzły", "alone joins interchanges"), kind="text", of_known=True
        ),
    },
    "interchanges": {
        "name": Column(Text("nazwa", "name"), kind="text"),
        "teryt": Column(Text("TERYT", "TERYT"), kind="text"),
        "municipality": Column(Text("gmina", "municipality"), kind="text"),
        "people_before": _people("ludzie: dziś", "people: now"),
        "people_after": _people("ludzie: po budowie wybranych", "people: chosen links built"),
        "people_all": _people("ludzie: po budowie wszystkich", "people: all links built"),
        "street_km_before": _km("spokojne ulice: dziś", "calm street: now"),
        "street_km_after": _km("spokojne ulice: po budowie wybranych", "calm street: chosen built"),
        "street_km_all": _km("spokojne ulice: po budowie wszystkich", "calm street: all built"),
        "joined_before": Column(Text("połączony dziś", "joined now"), kind="flag"),
        "joined_after": Column(
            Text("po budowie wybranych", "once chosen are built"), kind="flag", of_known=True
        ),
        "joined_all": Column(
            Text("po budowie wszystkich", "once all are built"), kind="flag", of_known=True
        ),
    },
}

_GROUND = Ground("people_decided")

VIEWS = (
    View(
        "links",
        Text("Planowane odcinki: ludzie, którym sam odcinek otwiera węzeł", "Planned links"),
        column="people_alone",
        breaks=(0, 1, 100, 500, 2000),
        popup=(
            "name",
            "order",
            "length_km",
            "people_alone",
            "people_added",
            "street_km_alone",
            "opens",
        ),
        weight=4.0,
        ground=_GROUND,
    ),
    View(
        "links",
        Text("Planowane odcinki: kolejność", "Planned links: order"),
        column="order",
        breaks=(1, 2, 4, 8),
        popup=("name", "order", "km_sum", "people_sum", "joined_after"),
        weight=4.0,
        ground=_GROUND,
        shown=False,
    ),
    View(
        "interchanges",
        Text("Węzły: ludzie po budowie wybranych", "Interchanges: people, chosen links built"),
        column="people_after",
        breaks=(0, 100, 1000, 5000, 20_000),
        popup=("name", "people_before", "people_after", "people_all", "joined_after"),
        radius=6.0,
        ground=_GROUND,
    ),
    View(
        "municipalities",
        Text("Ilu ludzi przybędzie", "How many more people"),
        column="people_gain",
        breaks=(0, 1, 100, 500, 2000),
        palette="cividis",
        popup=(
            "name",
            "links_km",
            "people_before",
            "people_after",
            "people_all",
            "people_undecided",
        ),
        shown=False,
        ground=_GROUND,
    ),
)
