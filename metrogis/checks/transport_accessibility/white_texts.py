"""Texts of the check ``white_spots``: question, method, columns, views, findings."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.checks.contract import Category, Column, Finding, View, municipality_columns
from metrogis.checks.transport_accessibility.share_weights import Basis, Weights
from metrogis.texts import Text, both

TITLE = Text("Białe plamy transportu publicznego", "White spots of public transport")
QUESTION = Text(
    "Gdzie mieszkają ludzie bez użytecznego transportu publicznego, w jakie dni, dlaczego i jaka "
    "najmniejsza zmiana by im pomogła?",
    "Where do people live without usable public transport, on which days, why, and what is the "
    "smallest change that would help?",
)
METHOD = Text(
    "Każda zamieszkana komórka (najwyżej 250 m) jest w danym rodzaju dnia obsłużona, biała "
    "albo nieznana. Obsłużona: w zasięgu dojścia jest przystanek z dość częstą obsługą "
    "(odjazdy w dobie i w porach dojazdów). Biała: nie ma takiego przystanku, a rozkłady "
    "wszystkich środków transportu, które mogłyby tam służyć, są kompletne. W pozostałych "
    "miejscach stan jest nieznany: brak rozkładu w danych nie znaczy, że nic nie kursuje. To "
    "samo dotyczy okolicy przystanków i kursów, których nie dało się odczytać. Odjazdy "
    "liczone są dla miejsc: słupków wszystkich przewoźników, które należą do jednej stacji, "
    "leżą blisko siebie albo mają jedną nazwę; każdy kurs raz, z każdej linii kierunek z "
    "większą liczbą odjazdów. Ludność podzielonych komórek jest modelowana; położenie ludzi w "
    "komórce 250 m znane jest z dokładnością do 177 m. Bez sieci ulic dojście to linia prosta "
    "razy współczynnik. Przystanki poza granicami metropolii liczą się tylko wtedy, gdy są w "
    "rozkładzie. Wynik nie mówi o cenach, dostępności dla osób z niepełnosprawnościami ani o "
    "tym, dokąd można dojechać.",
    "Each populated cell (at most 250 m) is served, white or unknown on each day type. "
    "Served: a stop within the walk limit has enough service (departures per day and in the "
    "commuting windows). White: it has none, and the timetables of every mode that could "
    "serve are complete there. Elsewhere the state is unknown: a timetable that is not in the "
    "data does not mean that nothing runs. So it is near stops and trips that could not be "
    "read. Departures are counted for stop places: posts of all operators that belong to one "
    "station, lie near each other or bear one name; each run once, of each line the busier "
    "direction. People of split cells are modelled; where they live in a 250 m cell is known "
    "to 177 m. Without a street network a walk is the straight line times a factor. Stops "
    "beyond the metropolis count only when the timetable holds them. It says nothing of "
    "fares, of access for people with disabilities, or of where one can travel.",
)

INPUTS: tuple[tuple[str, Text, str, bool], ...] = (
    ("municipalities", Text("granice gmin", "municipal boundaries"), "Municipalities", True),
    ("population", Text("ludność w siatce", "population grid"), "PopulationCells", False),
    ("timetable", Text("rozkład jazdy (GTFS)", "timetable (GTFS)"), "", False),
    ("coverage", Text("pokrycie rozkładami", "timetable coverage"), "Coverage", False),
    ("streets", Text("sieć ulic", "street network"), "", False),
    (
        "population_municipal",
        Text("ludność gmin", "population by municipality"),
        "MunicipalPopulation",
        False,
    ),
    ("built_up", Text("zabudowa (wagi)", "built-up land (weights)"), "", False),
    ("stop_posts", Text("słupki bez rozkładu", "stop posts without times"), "Stops", False),
    ("rail_stations", Text("stacje kolejowe", "railway stations"), "Stations", False),
    ("localities", Text("miejscowości", "localities"), "Localities", False),
)

DAYS = {
    "school_day": Text("dzień szkolny", "school day"),
    "holiday_weekday": Text("dzień roboczy w ferie", "weekday in school holidays"),
    "saturday": Text("sobota", "Saturday"),
    "sunday": Text("niedziela i święto", "Sunday and public holiday"),
}
# "in a school day", for sentences
ON_DAY = {
    "school_day": Text("w dni szkolne", "on school days"),
    "holiday_weekday": Text("w dni robocze ferii", "on weekdays of school holidays"),
    "saturday": Text("w soboty", "on Saturdays"),
    "sunday": Text("w niedziele i święta", "on Sundays and public holidays"),
}
STATES = {
    "served": Text("obsłużone", "served"),
    "white": Text("biała plama", "white spot"),
    "unknown": Text("nieznane", "unknown"),
}
CAUSES = {
    "no_stop": Text("brak przystanku w zasięgu", "no stop within reach"),
    "barrier": Text("przystanek blisko, dojście daleko", "stop near by, far on foot"),
    "too_few": Text("za mało odjazdów", "too few departures"),
    "wrong_hours": Text("niewłaściwe godziny", "wrong hours"),
    "other_days": Text("tylko w inne dni", "only on other day types"),
}
FIXES = {
    "departures": Text("dodatkowe odjazdy", "extra departures"),
    "new_stop": Text("nowy przystanek na istniejącej linii", "new stop on an existing line"),
    "path": Text("dojście piesze do zbudowania", "footpath to build"),
    "none": Text("brak małej zmiany: potrzebna linia", "no small fix: a line is needed"),
}
COVERAGE = {
    "complete": Text("pełne", "complete"),
    "partial": Text("częściowe", "partial"),
    "none": Text("brak", "none"),
}
SERVICE = {
    "sufficient": Text("wystarcza", "sufficient"),
    "insufficient": Text("nie wystarcza", "insufficient"),
    "unknown": Text("rozkład nieznany", "timetable unknown"),
}

_PEOPLE = Text("mieszkańcy", "residents")


def _people(label: Text) -> Column:
    return Column(label, unit="people")


def _fix_columns() -> dict[str, Column]:
    return {
        "fix": Column(
            Text("najmniejsza zmiana", "smallest fix"),
            "category",
            note=Text(
                "z najmniejszych zmian poszczególnych komórek ta, która obsłuży najwięcej osób",
                "of the smallest fixes of the single cells the one that serves most people",
            ),
            categories=FIXES,
        ),
        "fix_size": Column(
            Text("wielkość zmiany", "size of the fix"),
            note=Text(
                "odjazdy w dobie, przystanki albo metry dojścia, zależnie od rodzaju zmiany",
                "departures per day, stops or metres of path, depending on the kind of fix",
            ),
        ),
        "fix_place": Column(Text("gdzie", "where"), "text"),
        "fix_lines": Column(Text("linie", "lines"), "text"),
        "fix_people": Column(
            Text("zyskają", "people gained"),
            unit="people",
            note=Text(
                "mieszkańcy plamy, których zmiana obsłuży", "people of the spot the fix would serve"
            ),
        ),
    }


def _columns() -> dict[str, dict[str, Column]]:
    towns = municipality_columns()
    towns["population"] = Column(_PEOPLE, unit="people")
    towns["coverage"] = Column(
        Text("pokrycie rozkładami", "timetable coverage"), "category", categories=COVERAGE
    )
    heads = {
        "served": Text("obsłużeni", "served"),
        "white": Text("w białych plamach", "in white spots"),
        "unknown": Text("stan nieznany", "unknown"),
    }
    for key, head in heads.items():
        towns[f"{key}_people"] = _people(head)
        towns[f"{key}_share"] = Column(
            Text(f"{head.pl}, udział", f"{head.en}, share"), "share", digits=1
        )
    for day, name in DAYS.items():
        for key, head in heads.items():
            towns[f"{key}_share_{day}"] = Column(
                Text(f"{head.pl}: {name.pl}", f"{head.en}: {name.en}"), "share", digits=1
            )
    state = Column(Text("stan", "state"), "category", categories=STATES)
    cause = Column(Text("przyczyna", "cause"), "category", categories=CAUSES)
    area = Column(Text("powierzchnia", "area"), unit="km2", digits=2)
    spot = Column(Text("nr plamy", "spot no."))
    stops = {
        "stop_id": Column(both("stop_id"), "text"),
        "name": Column(Text("przystanek", "stop"), "text"),
        "modes": Column(Text("środki transportu", "modes"), "text"),
        "service": Column(Text("obsługa", "service"), "category", categories=SERVICE),
    }
    cells = {
        "teryt": Column(both("TERYT"), "text"),
        "population": Column(_PEOPLE, unit="people", digits=1),
        "modelled": Column(Text("modelowane", "modelled"), "flag"),
        "state": state,
        "cause": cause,
    }
    for day, name in DAYS.items():
        stops[f"departures_{day}"] = Column(
            Text(f"odjazdy: {name.pl}", f"departures: {name.en}"),
            unit="departures/day",
            note=Text(
                "całego miejsca, każdy kurs raz, z każdej linii kierunek z większą liczbą odjazdów",
                "of the whole stop place, each run once, of each line the busier direction",
            ),
        )
        cells[f"state_{day}"] = Column(
            Text(f"stan: {name.pl}", f"state: {name.en}"), "category", categories=STATES
        )
        cells[f"cause_{day}"] = Column(
            Text(f"przyczyna: {name.pl}", f"cause: {name.en}"), "category", categories=CAUSES
        )
    fix = _fix_columns()
    proven = Column(
        Text("sprawdzone", "verified"),
        "flag",
        note=Text(
            "zmianę zastosowano i policzono ponownie: wystarcza, a mniejsza nie",
            "the fix was applied and computed again: it is enough, a smaller one is not",
        ),
    )
    cells |= {"fix": fix["fix"], "fix_size": fix["fix_size"], "fix_verified": proven, "spot": spot}
    cells["nearest_stop_m"] = Column(
        Text("dojście do najbliższego przystanku", "walk to the nearest stop"),
        unit="m",
        note=Text(
            "puste: żadnego przystanku z rozkładu w zasięgu najdłuższego dojścia",
            "empty: no stop of the timetable within the longest walk",
        ),
    )
    return {
        "municipalities": towns,
        "states": {
            "teryt": towns["teryt"],
            "name": towns["name"],
            "state": state,
            "population": towns["population"],
            "area_km2": area,
        },
        "spots": {
            "spot": spot,
            "name": Column(Text("miejsce", "place"), "text"),
            "municipality": towns["name"],
            "population": towns["population"],
            "area_km2": area,
            "cells": Column(Text("komórki", "cells")),
            "cause": cause,
            **fix,
            "fix_verified": proven,
        },
        "fixes": {"spot": spot, "name": Column(Text("plama", "spot"), "text"), **fix},
        "stops": stops,
        "cells": cells,
    }


COLUMNS = _columns()

# Okabe-Ito; unknown is hatched, never shown as a lack of service
VIEWS = (
    View(
        "states",
        Text("Obsługa zamieszkanych miejsc", "Service of populated places"),
        column="state",
        categories=(
            Category("served", STATES["served"], "#009E73"),
            Category("white", STATES["white"], "#D55E00"),
            Category("unknown", STATES["unknown"], "#BBBBBB", hatch=True),
        ),
        popup=("name", "state", "population", "area_km2"),
        weight=0.3,
    ),
    View(
        "spots",
        Text("Białe plamy", "White spots"),
        column="cause",
        categories=(
            Category("no_stop", CAUSES["no_stop"], "#D55E00"),
            Category("barrier", CAUSES["barrier"], "#CC79A7"),
            Category("too_few", CAUSES["too_few"], "#E69F00"),
            Category("wrong_hours", CAUSES["wrong_hours"], "#F0E442"),
            Category("other_days", CAUSES["other_days"], "#56B4E9"),
        ),
        popup=(
            "spot", "name", "municipality", "population", "area_km2", "cause", "fix", "fix_size",
            "fix_place", "fix_lines", "fix_people", "fix_verified",
        ),
    ),
    View(
        "fixes",
        Text("Najmniejsze zmiany", "Smallest fixes"),
        column="fix",
        categories=(
            Category("departures", FIXES["departures"], "#E69F00"),
            Category("new_stop", FIXES["new_stop"], "#0072B2"),
            Category("path", FIXES["path"], "#CC79A7"),
        ),
        popup=("name", "fix", "fix_size", "fix_place", "fix_lines", "fix_people"),
        radius=6.0,
        shown=False,
    ),
    View(
        "stops",
        Text("Przystanki", "Stops"),
        column="service",
        categories=(
            Category("sufficient", SERVICE["sufficient"], "#0072B2"),
            Category("insufficient", SERVICE["insufficient"], "#E69F00"),
            Category("unknown", SERVICE["unknown"], "#999999", hatch=True),
        ),
        popup=("name", "modes", "service", *(f"departures_{day}" for day in DAYS)),
        radius=3.0,
        shown=False,
    ),
    View(
        "municipalities",
        Text("Udział mieszkańców o nieznanym stanie", "Share of residents whose state is unknown"),
        column="unknown_share",
        breaks=(0.0, 0.1, 0.25, 0.5, 0.75, 1.0),
        palette="cividis",
        popup=("name", "population", "coverage", "served_share", "white_share", "unknown_share"),
        shown=False,
    ),
)  # fmt: skip


# --------------------------------------------------------------------------- findings


def findings(
    towns: gpd.GeoDataFrame,
    features: dict[str, gpd.GeoDataFrame],
    parameters: Any,
    timetable: Any,
    straight: bool,
    weights: Weights,
) -> list[Finding]:
    """Return the sentences a planner quotes; without population none tells a number of people."""
    day = ON_DAY[parameters.main_day_type]
    cells, spots = features["cells"], features["spots"]
    numbered = weights.basis == "people"
    lacking = bool((towns["coverage"] != "complete").any())
    out = [_states_by(cells, weights, day, lacking)]
    out.append(_white(towns, spots, numbered, day))
    out.append(_by_day(cells, weights.values, parameters))
    if len(spots):
        out.append(_first(spots.iloc[0], numbered))
    if timetable is None:
        posts = len(features["stops"])
        out.append(
            Finding(
                Text(
                    "Brak rozkładu jazdy: wszystko jest nieznane ({stops_without_times:0} "
                    "przystanków bez odjazdów); to luka w danych, nie w obsłudze.",
                    "No timetable is at hand: everything is unknown ({stops_without_times:0} stops "
                    "without times); the gap is in the data, not in the service.",
                ),
                {"stops_without_times": float(posts)},
            )
        )
    if straight and timetable is not None:
        out.append(
            Finding(
                Text(
                    "Dojścia policzono w linii prostej × {detour:1}, bo nie ma sieci ulic; barier "
                    "(tory, rzeki, ogrodzenia) nie widać.",
                    "Walks are straight lines times {detour:1}, for there is no street network; "
                    "barriers (tracks, rivers, fences) are not seen.",
                ),
                {"detour": float(parameters.detour)},
            )
        )
    return out


_SUMS: dict[Basis, tuple[str, float, Text]] = {
    "people": ("people", 1.0, Text("mieszkańców", "residents")),
    "nodes": ("nodes", 1.0, Text("węzłów sieci ulic", "street nodes")),
    "land": ("km2", 1e-6, Text("km² obszaru", "km² of land")),
}


def _states_by(cells: gpd.GeoDataFrame, weights: Weights, day: Text, lacking: bool) -> Finding:
    because = Text(", bo nie ma wszystkich rozkładów", ", for not all timetables are at hand")
    why = because if lacking else Text("", "")
    state = cells["state"].to_numpy(dtype=object)
    unit, scale, what = _SUMS[weights.basis]
    weight = weights.values * scale
    total = float(weight.sum())
    sums = {s: float(weight[state == s].sum()) for s in STATES}
    values = {f"{s}_{unit}": v for s, v in sums.items()}
    values |= {f"{s}_share": v / total if total else np.nan for s, v in sums.items()}
    return Finding(
        Text(
            "Na pewno obsłużonych jest {day} {served_UNIT:0} {what} ({served_share:%1}); "
            "w białych plamach jest {white_UNIT:0} ({white_share:%1}); o {unknown_UNIT:0} "
            "({unknown_share:%1}) nic pewnego nie wiadomo{why}.".replace("UNIT", unit),
            "{served_UNIT:0} {what} ({served_share:%1}) are certainly served {day}; "
            "{white_UNIT:0} ({white_share:%1}) are in white spots; nothing certain is known of "
            "{unknown_UNIT:0} ({unknown_share:%1}){why}.".replace("UNIT", unit),
        ),
        values,
        {"day": day, "what": what, "why": why},
    )


def _white(towns: gpd.GeoDataFrame, spots: gpd.GeoDataFrame, numbered: bool, day: Text) -> Finding:
    complete = int((towns["coverage"] == "complete").sum())
    values = {
        "municipalities_complete": float(complete),
        "municipalities": float(len(towns)),
        "spots": float(len(spots)),
    }
    if numbered:
        values["spots_people"] = float(spots["population"].sum())
    if not complete:
        return Finding(
            Text(
                "Żadnego miejsca nie nazwano białą plamą: w żadnej z {municipalities:0} gmin nie "
                "ma kompletu rozkładów, a brak rozkładu to nie brak obsługi.",
                "No place is called a white spot: none of the {municipalities:0} municipalities "
                "has all timetables, and a missing timetable is not a missing service.",
            ),
            values,
        )
    return Finding(
        Text(
            "Komplet rozkładów ma {municipalities_complete:0} z {municipalities:0} gmin; {day} "
            "{spots:plural:jest|są|jest} tam {spots:0} {spots:plural:biała plama|białe plamy|"
            "białych plam}" + (", mieszka w nich {spots_people:0} osób." if numbered else "."),
            "{municipalities_complete:0} of {municipalities:0} municipalities "
            "{municipalities_complete:plural:has|have} all timetables; "
            "{day} there {spots:plural:is|are} {spots:0} {spots:plural:white spot|white spots}"
            + (" with {spots_people:0} residents." if numbered else "."),
        ),
        values,
        {"day": day},
    )


def _by_day(cells: gpd.GeoDataFrame, weight: np.ndarray, parameters: Any) -> Finding:
    total = float(weight.sum())
    values: dict[str, float] = {}
    pl, en = [], []
    for day in parameters.day_types:
        state = cells[f"state_{day}"].to_numpy(dtype=object)
        for name in STATES:
            own = float(weight[state == name].sum())
            values[f"{name}_share_{day}"] = own / total if total else np.nan
        mark = f"{{served_share_{day}:%1}} / {{white_share_{day}:%1}} / {{unknown_share_{day}:%1}}"
        pl.append(f"{ON_DAY[day].pl} {mark}")
        en.append(f"{ON_DAY[day].en} {mark}")
    return Finding(
        Text(
            "Obsłużone / białe / nieznane: " + "; ".join(pl) + ".",
            "Served / white / unknown: " + "; ".join(en) + ".",
        ),
        values,
    )


def _first(spot: pd.Series, numbered: bool) -> Finding:
    fix = str(spot["fix"])
    what = {
        "departures": Text(
            "najmniejsza zmiana: {first_fix_size:0} {first_fix_size:plural:odjazd|odjazdy|odjazdów}"
            " więcej na przystanku {stop}",
            "smallest fix: {first_fix_size:0} more {first_fix_size:plural:departure|departures} "
            "at {stop}",
        ),
        "new_stop": Text(
            "najmniejsza zmiana: nowy przystanek między {stop} (linie {lines})",
            "smallest fix: a new stop between {stop} (lines {lines})",
        ),
        "path": Text(
            "najmniejsza zmiana: {first_fix_size:0} m dojścia do przystanku {stop}",
            "smallest fix: {first_fix_size:0} m of path to {stop}",
        ),
        "none": Text(
            "żadna mała zmiana nie wystarczy: potrzebna jest linia",
            "no small fix will do: a line is needed",
        ),
    }[fix]
    gain = Text("", "")
    who = Text("", "")
    if numbered:
        who = Text("{first_people:0} mieszkańców, ", "{first_people:0} residents, ")
    if numbered and fix != "none":
        gain = Text(
            ", zyska {first_fix_people:0} mieszkańców", ", {first_fix_people:0} people gain"
        )
    values = {"first_fix_size": float(spot["fix_size"])}
    if numbered:
        values |= {
            "first_people": float(spot["population"]),
            "first_fix_people": float(spot["fix_people"]),
        }
    return Finding(
        Text(
            "Największa biała plama to {place}: " + who.pl + "{cause}; " + what.pl + gain.pl + ".",
            "The largest white spot is {place}: " + who.en + "{cause}; " + what.en + gain.en + ".",
        ),
        values,
        {
            "place": str(spot["name"]),
            "cause": CAUSES[str(spot["cause"])],
            "stop": str(spot["fix_place"]) or both("?"),
            "lines": str(spot["fix_lines"]) or both("?"),
        },
    )
