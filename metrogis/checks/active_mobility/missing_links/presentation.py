"""Texts, columns and map views of ``missing_links``."""

from __future__ import annotations

from metrogis.checks.contract import Category, Column, Ground, View, municipality_columns
from metrogis.texts import Text

TITLE = Text("Brakujące odcinki sieci rowerowej", "Missing links of the cycle network")
QUESTION = Text(
    "Jakie krótkie odcinki ulic, gdyby dostały infrastrukturę, połączyłyby sieć, i dla kogo?",
    "Which short stretches of street, given infrastructure, would join the network, and for whom?",
)
METHOD = Text(
    "Procedura IPDC (Vybornova i in. 2023) na grafie ulic otwartych dla rowerów: brakujący odcinek "
    "to najkrótsza droga między dwoma miejscami sieci, cała ulicami bez infrastruktury, której "
    "objazd siecią jest co najmniej 1,5 raza dłuższy (drogi ponad 2,5 km to już nowe trasy); "
    "korzyść to pośrednictwo krawędzi do 2500 m; "
    "odcinki, które się pokrywają, rozdzielono, a część, której własny objazd jest krótki, jest na "
    "końcu. Najkrótszy łącznik, który otwiera węzeł, nie ginie w dłuższym: jest osobno. "
    "Sieć to infrastruktura z tagów OSM i z warstwy "
    "gmin, a na życzenie także ulice o niskim stresie. Dla każdego odcinka: które węzły łączy z "
    "siecią co najmniej 3 km i ilu ludzi więcej dojedzie infrastrukturą do węzła w 3,75 km. "
    "Kolejność: łączone węzły (dłuższa droga do węzła po krótszej), ludzie na kilometr, korzyść. "
    "Błędy danych (linia niedociągnięta, "
    "przejazd przez ulicę, brak tagu, droga rowerowa narysowana obok) są oddzielone tam, gdzie "
    "pokazują to linie lub tagi. Koszt to długość razy stawka. Metoda nie mówi, czy odcinek da się "
    "zbudować; węzły i ludzie spoza danych są nieznani. Podane liczby to wartości domyślne "
    "parametrów.",
    "The IPDC procedure (Vybornova et al. 2023) on the graph of streets open to bicycles: a "
    "missing link is the shortest way between two places of the network, all along streets without "
    "infrastructure, whose way round over the network is at least 1.5 times as long "
    "(ways above 2.5 km are new routes); its benefit "
    "is edge betweenness within 2500 m; links that overlap are parted, and a part whose own way "
    "round is short comes last. The shortest link that opens an interchange is kept apart from "
    "longer ones. The network is the infrastructure of OSM tags and of the municipal "
    "layer, and if asked for also streets of low stress. For each link: which interchanges it "
    "joins to a network of at least 3 km, and how many more people reach an interchange over "
    "infrastructure within 3.75 km. Order: interchanges joined (a longer way to an "
    "interchange after the shorter), people per kilometre, benefit. "
    "Errors of the data (a line drawn too short, a crossing, a missing tag, a cycleway drawn "
    "beside) are told apart where lines or tags show them. Cost is length "
    "times a rate. The method does not say whether a link can be built; interchanges and people "
    "that the data lack are unknown. The numbers given are the defaults of the parameters.",
)

# --------------------------------------------------------------------------- findings


def joined(*parts: Text) -> Text:
    """Return texts one after the other."""
    return Text("".join(p.pl for p in parts), "".join(p.en for p in parts))


LINKS = Text(
    "{links:0} {links:plural:brakujący odcinek|brakujące odcinki|brakujących odcinków}, razem "
    "{links_km:1} km (koszt około {cost_mln:1} mln zł przy {rate} mln zł/km)",
    "{links:0} missing {links:plural:link|links}, together {links_km:1} km (cost about "
    "{cost_mln:1} million PLN at {rate} million PLN/km)",
)
ERRORS = Text(
    ", i {errors:0} {errors:plural:prawdopodobny błąd|prawdopodobne błędy|prawdopodobnych błędów} "
    "danych",
    ", and {errors:0} probable {errors:plural:error|errors} of the data",
)
UNCERTAIN = Text(
    " W pobliżu {links_uncertain:0} z nich dane są niepełne: trasa może tam już być.",
    " Near {links_uncertain:0} of them the data are not complete: a route may be there already.",
)
_IN_THEM = "{towns_without_data:plural:w niej|w nich|w nich}"
UNKNOWN_FIRST = Text(
    "O {towns_without_data:0} z {towns:0} gmin nie wiadomo, czego " + _IN_THEM + " brakuje: nie ma "
    "pełnych danych o trasach lub ulicach. W tym, co znane: ",
    "What is missing in {towns_without_data:0} of {towns:0} municipalities is unknown: data on "
    "routes or streets are not complete. In what is known: ",
)
UNKNOWN_LAST = Text(
    " O {towns_without_data:0} z {towns:0} gmin nie wiadomo, czego " + _IN_THEM + " brakuje.",
    " What is missing in {towns_without_data:0} of {towns:0} municipalities is unknown.",
)
LOST_PLACES = Text(
    " W odczycie zgubiono {places_lost:0} "
    "{places_lost:plural:węzeł lub stację|węzły lub stacje|węzłów lub stacji}.",
    " {places_lost:0} {places_lost:plural:interchange or station was|interchanges and stations "
    "were} lost in reading.",
)
OPENS = Text(
    "{opening:0} z nich {opening:plural:łączy|łączą|łączy} z siecią węzły przesiadkowe (razem "
    "{opened:0}), długość {opening_km:1} km.",
    "{opening:0} of them {opening:plural:joins|join} interchanges to the network ({opened:0} in "
    "all), length {opening_km:1} km.",
)
FIRST = Text(
    "Pierwszy: {first_m:0} m{road}, {town}; łączy węzły: {hubs}.",
    "The first: {first_m:0} m{road}, {town}; joins interchanges: {hubs}.",
)
PEOPLE = Text(
    "Pierwszy odcinek otwiera dojazd infrastrukturą do węzła dla {first_people:0} osób; mediana "
    "wszystkich: {people_median:0}.",
    "The first link opens the way to an interchange over infrastructure for {first_people:0} "
    "people; the median of all is {people_median:0}.",
)
NO_WEIGHTS = Text(
    "Bez węzłów lub ludności nie wiadomo, dla kogo odcinki coś otwierają: kolejność według "
    "pośrednictwa.",
    "Without interchanges or population it is unknown for whom links open anything: the order is "
    "that of betweenness.",
)

# --------------------------------------------------------------------------- columns

STATES = (
    Category("missing_link", Text("brakujący odcinek", "missing link"), "#D55E00"),
    Category("data_error", Text("błąd danych", "error of the data"), "#CC79A7"),
)
REASONS = {
    "opens_interchange": Text("łączy węzeł z siecią", "joins an interchange to the network"),
    "joins_networks": Text("łączy osobne sieci", "joins separate networks"),
    "shortens": Text("skraca objazd w jednej sieci", "shortens a way round in one network"),
    "part": Text("część dłuższej przerwy, objazd krótki", "part of a longer gap, short way round"),
    "short": Text("linia niedociągnięta", "line drawn too short"),
    "crossing": Text("przejazd przez ulicę bez tagu", "crossing of a street without a tag"),
    "tag_missing": Text("droga wspólna bez tagu", "shared way without a tag"),
    "parallel": Text("droga rowerowa narysowana obok", "cycleway drawn beside"),
}

_TERYT = Column(Text("TERYT", "TERYT"), kind="text")
_TOWN = Column(Text("gmina", "municipality"), kind="text")
_RANK = Column(Text("miejsce w rankingu", "rank"), of_known=True)
_LENGTH = Column(Text("długość", "length"), unit="m", of_known=True)

COLUMNS = {
    "municipalities": {
        **municipality_columns(),
        "cycle_data": Column(Text("objęta danymi rowerowymi", "covered by cycle data"), "flag"),
        "links": Column(Text("brakujące odcinki", "missing links"), of_known=True),
        "links_km": Column(Text("ich długość", "their length"), unit="km", digits=1, of_known=True),
        "opening": Column(Text("łączące węzły", "that join interchanges"), of_known=True),
        "best_rank": Column(Text("najwyższe miejsce", "best rank"), of_known=True),
        "errors": Column(Text("błędy danych", "errors of the data"), of_known=True),
    },
    "links": {
        "rank": _RANK,
        "state": Column(
            Text("rodzaj", "kind"),
            kind="category",
            categories={c.value: c.label for c in STATES},
        ),
        "reason": Column(
            Text("dlaczego", "why"), kind="category", categories=REASONS, of_known=True
        ),
        "certain": Column(
            Text("pewny: dane wokół pełne", "certain: data around it complete"), kind="flag"
        ),
        "length_m": _LENGTH,
        "detour": Column(
            Text("objazd / długość", "way round / length"),
            unit="1",
            digits=1,
            note=Text("bez granicy: nie ma objazdu", "no limit: there is no way round"),
            of_known=True,
        ),
        "detour_m": Column(
            Text("objazd siecią", "way round over the network"), unit="m", of_known=True
        ),
        "benefit": Column(
            Text("korzyść", "benefit"),
            unit="1",
            note=Text(
                "pośrednictwo lub ludzie, średnia ważona długością",
                "betweenness or people, mean by length",
            ),
            of_known=True,
        ),
        "opens": Column(Text("łączone węzły", "interchanges joined"), of_known=True),
        "interchanges": Column(Text("nazwy węzłów", "names of interchanges"), kind="text"),
        "people_gain": Column(
            Text("ludzie, którzy zyskują", "people who gain"), unit="people", of_known=True
        ),
        "joins_km": Column(
            Text("dołączana sieć", "network joined"),
            unit="km",
            digits=1,
            note=Text("mniejsza z dwóch; 0: jedna sieć", "the smaller of two; 0: one network"),
            of_known=True,
        ),
        "stress": Column(Text("najwyższy stres", "highest stress"), unit="level", of_known=True),
        "road": Column(Text("ulica", "road"), kind="text"),
        "planned_share": Column(
            Text("udział już planowany", "share already planned"), "share", of_known=True
        ),
        "cost_mln": Column(Text("koszt", "cost"), unit="mln PLN", digits=2, of_known=True),
        "teryt": _TERYT,
        "municipality": _TOWN,
    },
    "ways_round": {
        "rank": _RANK,
        "length_m": _LENGTH,
    },
}

_GROUND = Ground("cycle_data")

VIEWS = (
    View(
        "links",
        Text("Brakujące odcinki i błędy danych", "Missing links and errors of the data"),
        column="state",
        categories=STATES,
        popup=(
            "rank",
            "reason",
            "length_m",
            "detour",
            "interchanges",
            "people_gain",
            "joins_km",
            "road",
            "cost_mln",
            "municipality",
            "certain",
        ),
        weight=5.0,
        ground=_GROUND,
    ),
    View(
        "ways_round",
        Text("Objazdy siecią", "Ways round over the network"),
        colour="#0072B2",
        popup=("rank", "length_m"),
        shown=False,
        weight=1.5,
        ground=_GROUND,
    ),
    View(
        "links",
        Text("Ludzie, którzy zyskują dojazd do węzła", "People who gain access to interchanges"),
        column="people_gain",
        breaks=(0, 100, 500, 2000, 5000),
        popup=("rank", "people_gain", "interchanges", "length_m"),
        shown=False,
        weight=5.0,
        ground=_GROUND,
    ),
    View(
        "municipalities",
        Text("Brakujące odcinki w gminie", "Missing links in the municipality"),
        column="links",
        breaks=(0, 1, 5, 20, 50),
        palette="cividis",
        popup=("name", "links", "links_km", "opening", "best_rank", "errors"),
        shown=False,
        ground=_GROUND,
    ),
)
