"""Texts, columns and map views of reach along streets."""

from __future__ import annotations

from metrogis.checks.contract import Category, Column, Ground, View
from metrogis.texts import Text

METHOD = Text(
    " Z warstwą ulic liczone są też drogi ulicami, zawsze w stronę węzła: od środka komórki "
    "ludności (bez ludności: od węzłów ulic) do najbliższego wejścia, z dojściem do ulicy. Pieszo "
    "800 m (10 min, 80 m/min), rowerem 3750 m (15 min, 15 km/h), przy dowolnym stresie i tylko "
    "ulicami o poziomie stresu do 2 (LTS, reguły Bike Ottawa). Droga o niskim stresie liczy się, "
    "gdy jest najwyżej 1,25 raza dłuższa od najkrótszej (BNA). Bariera: ludzie, którzy przy "
    "wydłużeniu 1,5 (CROW) byliby w zasięgu, a ulicami nie są. Wydłużenie: droga do linii prostej, "
    "od 200 m. Domy i wejścia dalej niż 250 m od ulic w danych są nieznane, nie odcięte. Poziom "
    "stresu bez otagowanej prędkości lub liczby pasów opiera się na wartościach domyślnych: ich "
    "udział jest podany. Potencjał B+R: ludzie w zasięgu, każdy przy najbliższym węźle, razy "
    "udział roweru według PCT ze średnim spadkiem drogi; stojaki z warstwy bike_parking do 100 m "
    "od wejścia, bez niej te, które podaje warstwa węzłów. Z rastrem wysokości drogi rowerem liczą "
    "się w metrach po płaskim (Parkin i Rotheram 2010: 21,6 km/h, o 1,44 mniej na każdy procent "
    "pod górę, o 0,86 więcej w dół); bez rastra teren liczony jest jak płaski.",
    " With a street layer, ways along streets are counted too, always towards the interchange: "
    "from the centre of a population cell (without population: from street nodes) to the nearest "
    "entrance, with the walk to the street. On foot 800 m (10 min, 80 m/min), by bike 3750 m (15 "
    "min, 15 km/h), at any stress and only along streets of stress level up to 2 (LTS, rules of "
    "Bike Ottawa). A low-stress way counts when it is at most 1.25 times the shortest (BNA). "
    "Barrier: people whom a detour of 1.5 (CROW) would leave in reach, and who are not. Detour: "
    "way over straight line, from 200 m. Homes and entrances farther than 250 m from streets in "
    "the data are unknown, not cut off. Stress without a tagged speed or number of lanes rests on "
    "defaults: their share is given. Bike-and-ride potential: people in reach, each at the nearest "
    "interchange, times the share of cycling by PCT with the mean gradient of the way; stands are "
    "those of the layer bike_parking within 100 m of an entrance, else those the layer of "
    "interchanges gives. With a raster of heights, ways by bike count in metres on the flat "
    "(Parkin and Rotheram 2010: 21.6 km/h, 1.44 less for each per cent uphill, 0.86 more "
    "downhill); without one the ground counts as flat.",
)

# --------------------------------------------------------------------------- findings

PEOPLE = Text(
    "Ulicami do znanego węzła lub stacji dochodzi w zasięgu pieszym {people_walk_streets:0} osób, "
    "a rowerem dojeżdża {people_bike_streets:0}; z nich {calm_share:%0} ma drogę o niskim stresie "
    "(poziom do {level}) najwyżej {ratio} raza dłuższą od najkrótszej.",
    "Along streets {people_walk_streets:0} people reach a known interchange or station on foot, "
    "and {people_bike_streets:0} by bike; {calm_share:%0} of the latter have a low-stress way "
    "(level up to {level}) at most {ratio} times as long as the shortest.",
)
BARRIER = Text(
    "Blisko w linii prostej, daleko ulicami: {barrier_walk:0} osób pieszo i {barrier_bike:0} "
    "rowerem nie ma w zasięgu żadnego węzła, choć przy wydłużeniu {limit} miałoby; najwięcej "
    "przy: {worst}.",
    "Near by air, far by street: {barrier_walk:0} people on foot and {barrier_bike:0} by bike have "
    "no interchange in reach, though at a detour of {limit} they would; most of them at: {worst}.",
)
DETOUR = Text(
    "Droga rowerem do połowy węzłów i stacji jest dla połowy ludzi dłuższa od linii prostej "
    "co najmniej {detour_median:2} raza; w {detour_over:0} miejscach dla ponad połowy "
    "przekracza {limit}.",
    "At half of the interchanges and stations the way by bike is, for half of the people, at least "
    "{detour_median:2} times the straight line; at {detour_over:0} it exceeds {limit} for most.",
)
STRESS = Text(
    "{stress_default_share:%0} długości ulic dostępnych dla rowerów ma poziom stresu oparty na "
    "wartościach domyślnych prędkości lub liczby pasów.",
    "{stress_default_share:%0} of the length of streets open to bicycles has a stress level that "
    "rests on a default speed or number of lanes.",
)
UNKNOWN_STREETS = Text(
    "Poza danymi o ulicach lub przy ich skraju: {off_streets_places:0} "
    "{off_streets_places:plural:węzeł lub stacja|węzły i stacje|węzłów i stacji} "
    "i {off_streets_people:0} osób w zasięgu w linii prostej; o nich nie wiadomo.",
    "Outside the street data or at their edge: {off_streets_places:0} "
    "{off_streets_places:plural:interchange or station|interchanges and stations} and "
    "{off_streets_people:0} people within reach in a straight "
    "line; of them it is unknown.",
)
SLOPE = Text(
    "Drogi rowerem do węzłów mają średni spadek {slope_median:1} % (mediana), najwięcej przy: "
    "{steepest} ({slope_worst:1} %).",
    "Ways by bike to interchanges have a mean gradient of {slope_median:1}% (median), the steepest "
    "at: {steepest} ({slope_worst:1}%).",
)
PARKING = Text(
    "Przy {parking_short:0} z {parking_told:0} węzłów o znanej liczbie stojaków jest ich mniej, "
    "niż wynosi potencjał rowerowy (PCT); brakuje razem {parking_missing:0}.",
    "{parking_short:0} of {parking_told:0} interchanges with known stands have fewer than the "
    "cycling potential (PCT); together {parking_missing:0} are missing.",
)

# --------------------------------------------------------------------------- columns

MODES = {
    "walk": Text("pieszo", "on foot"),
    "bike": Text("rowerem", "by bike"),
    "bike_calm": Text("rowerem, niski stres", "by bike, low stress"),
}
_KINDS = (
    Category("walk", MODES["walk"], "#E69F00"),
    Category("bike", MODES["bike"], "#56B4E9"),
    Category("bike_calm", MODES["bike_calm"], "#009E73"),
)
_BARRIERS = (
    Category("walk", MODES["walk"], "#D55E00"),
    Category("bike", MODES["bike"], "#CC79A7"),
)
_FLOOR = Text(
    "gdzie drogi nie znaleziono, liczone jest wydłużenie co najmniej takie, jak przeszukano",
    "where no way was found, the detour searched stands for it: at least that",
)


def _people(pl: str, en: str, note: Text | None = None) -> Column:
    return Column(Text(pl, en), unit="people", note=note, of_known=True)


def _share(pl: str, en: str, note: Text | None = None) -> Column:
    return Column(Text(pl, en), kind="share", note=note, of_known=True)


def _times(pl: str, en: str) -> Column:
    return Column(Text(pl, en), digits=2, note=_FLOOR, of_known=True)


HUB_COLUMNS = {
    "on_streets": Column(
        Text("wejście na sieci ulic", "entrance on the streets"),
        kind="flag",
        note=Text("nieznane: poza danymi o ulicach", "unknown: outside the street data"),
    ),
    "people_walk_streets": _people("ludzie: pieszo ulicami", "people: on foot along streets"),
    "people_bike_streets": _people("ludzie: rowerem ulicami", "people: by bike along streets"),
    "people_bike_calm": _people(
        "ludzie: rowerem w zasięgu tylko ulicami o niskim stresie",
        "people: by bike in reach along low-stress streets only",
    ),
    "people_bike_calm_maybe": _people(
        "dalsi, jeśli ulice bez oceny mają niski stres",
        "more of them, if unrated streets are low-stress",
    ),
    "people_bike_direct": _people(
        "ludzie: droga o niskim stresie niewiele dłuższa",
        "people: the low-stress way is little longer",
    ),
    "calm_share": _share("udział mających taką drogę", "share who have such a way"),
    "people_off_streets": _people(
        "ludzie w zasięgu w linii prostej, lecz poza danymi o ulicach",
        "people in reach by air, but outside the street data",
    ),
    "people_at_least": Column(
        Text("ludzi może być więcej", "there may be more people"),
        kind="flag",
        note=Text(
            "komórki o nieznanej ludności lub poza danymi o ulicach w zasięgu",
            "cells of unknown population, or outside the street data, in reach",
        ),
        of_known=True,
    ),
    "barrier_walk": _people("za barierą: pieszo", "behind a barrier: on foot"),
    "barrier_bike": _people("za barierą: rowerem", "behind a barrier: by bike"),
    "detour_walk": _times("wydłużenie drogi pieszo (mediana)", "detour on foot (median)"),
    "detour_bike": _times("wydłużenie drogi rowerem (mediana)", "detour by bike (median)"),
    "detour_bike_over": _share(
        "udział z wydłużeniem ponad dopuszczalne", "share whose detour is above the limit"
    ),
    "infrastructure_share": _share(
        "udział drogi po infrastrukturze rowerowej", "share of the way on cycle infrastructure"
    ),
    "longest_break_m": Column(
        Text("najdłuższa przerwa w infrastrukturze (mediana)", "longest break (median)"),
        unit="m",
        of_known=True,
    ),
    "stress_default_share": _share(
        "udział ulic ze stresem z wartości domyślnych", "share of streets rated by defaults"
    ),
    "potential_bikes": Column(
        Text("potencjał B+R dziś (PCT)", "bike-and-ride potential today (PCT)"),
        note=Text("osób dziennie; każdy przy najbliższym węźle", "people a day, each at one place"),
        of_known=True,
    ),
    "potential_bikes_dutch": Column(
        Text("potencjał B+R jak w Holandii (PCT)", "bike-and-ride potential, Go Dutch (PCT)"),
        of_known=True,
    ),
    "stands_missing": Column(Text("brakujące stojaki", "missing stands"), of_known=True),
    "people_bike_flat": _people(
        "ludzie: rowerem, gdyby było płasko",
        "people: by bike if it were flat",
        Text("tylko z rastrem wysokości", "with a raster of heights only"),
    ),
    "slope_percent": Column(
        Text("średni spadek drogi rowerem (mediana)", "mean gradient of ways by bike (median)"),
        unit="%",
        digits=1,
        of_known=True,
    ),
}

TOWN_COLUMNS = {
    "streets_known_share": _share(
        "udział lądu objęty danymi o ulicach", "share of land the street data cover"
    ),
    "people_walk_streets": _people("do węzła pieszo ulicami", "reach one on foot along streets"),
    "share_walk_streets": _share("udział: pieszo ulicami", "share: on foot along streets"),
    "people_bike_streets": _people("do węzła rowerem ulicami", "reach one by bike along streets"),
    "share_bike_streets": _share("udział: rowerem ulicami", "share: by bike along streets"),
    "people_bike_direct": _people(
        "do węzła rowerem przy niskim stresie", "reach one by bike at low stress"
    ),
    "calm_share": _share("udział z drogą o niskim stresie", "share with a low-stress way"),
    "people_walk_barrier": _people("za barierą: pieszo", "behind a barrier: on foot"),
    "people_bike_barrier": _people("za barierą: rowerem", "behind a barrier: by bike"),
    "people_off_streets": _people(
        "w zasięgu w linii prostej, lecz poza danymi o ulicach",
        "in reach by air, but outside the street data",
    ),
}

_PLACE = {
    "interchange": Column(Text("węzeł lub stacja", "interchange or station"), kind="text"),
    "teryt": Column(Text("TERYT", "TERYT"), kind="text"),
}
_MODE = Column(Text("jak", "mode"), kind="category", categories=MODES)
_HOMES = Column(
    Text("miejsca (komórki lub węzły ulic)", "places (cells or street nodes)"), of_known=True
)

FEATURE_COLUMNS = {
    "detours": {
        **_PLACE,
        "mode": _MODE,
        "homes": _HOMES,
        "people": _people("ludzie", "people"),
        "q05": _times("wydłużenie: 5%", "detour: 5%"),
        "q25": _times("25%", "25%"),
        "q50": _times("mediana", "median"),
        "q75": _times("75%", "75%"),
        "q90": _times("90%", "90%"),
        "q95": _times("95%", "95%"),
        "good_share": _share("udział z dobrym wydłużeniem", "share with a good detour"),
        "over_share": _share("udział ponad dopuszczalne", "share above the limit"),
    },
    "barriers": {
        **_PLACE,
        "mode": _MODE,
        "homes": _HOMES,
        "people": _people("ludzie", "people"),
        "air_m": Column(
            Text("w linii prostej (mediana)", "in a straight line (median)"),
            unit="m",
            of_known=True,
        ),
        "way_m": Column(
            Text("ulicami (mediana)", "by street (median)"),
            unit="m",
            note=Text("brak: nie znaleziono drogi", "none: no way was found"),
            of_known=True,
        ),
    },
    "catchments": {
        **_PLACE,
        "kind": _MODE,
        "street_km": Column(
            Text("ulice w zasięgu", "streets in reach"), unit="km", digits=1, bound="low"
        ),
    },
}

_STREETS = Ground("streets_known_share")

VIEWS = (
    View(
        "interchanges",
        Text("Udział mających drogę o niskim stresie", "Share who have a low-stress way"),
        column="calm_share",
        breaks=(0, 0.25, 0.5, 0.75, 1),
        palette="cividis",
        popup=(
            "name",
            "people_walk_streets",
            "people_bike_streets",
            "people_bike_direct",
            "calm_share",
            "detour_bike",
            "infrastructure_share",
            "longest_break_m",
            "stress_default_share",
        ),
        shown=False,
        radius=6.0,
        fill_opacity=0.9,
        ground=_STREETS,
    ),
    View(
        "catchments",
        Text("Zasięg ulicami do węzła", "Reach along streets to the interchange"),
        column="kind",
        categories=_KINDS,
        popup=("interchange", "kind", "street_km"),
        shown=False,
        fill_opacity=0.3,
        ground=_STREETS,
    ),
    View(
        "barriers",
        Text("Blisko w linii prostej, daleko ulicami", "Near by air, far by street"),
        column="mode",
        categories=_BARRIERS,
        popup=("interchange", "mode", "people", "homes", "air_m", "way_m"),
        shown=False,
        ground=_STREETS,
    ),
)
