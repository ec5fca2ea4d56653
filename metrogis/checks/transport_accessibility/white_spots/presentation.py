"""Texts of the check ``white_spots``: question, method, columns, views."""

from __future__ import annotations

from dataclasses import replace

from metrogis.checks.contract import Category, Column, Ground, View, municipality_columns
from metrogis.checks.shared.service_words import COVERAGE, DAYS, PEOPLE_FROM, PEOPLE_SHARED
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
    "path_departures": Text("dojście i dodatkowe odjazdy", "footpath and extra departures"),
    "none": Text("brak małej zmiany: potrzebna linia", "no small fix: a line is needed"),
}
WHY = {
    "coverage": Text("brak wszystkich rozkładów", "not all timetables"),
    "lost": Text("nieczytelna część rozkładu", "part of the timetable unreadable"),
    "streets": Text("brak danych o ulicach", "street data missing"),
    "population": Text("nie wiadomo, czy ktoś tam mieszka", "unknown whether anybody lives there"),
    "timetable": Text("brak rozkładu na taki dzień", "no timetable of such a day"),
}
SERVICE = {
    "sufficient": Text("wystarcza", "sufficient"),
    "insufficient": Text("nie wystarcza", "insufficient"),
    "unknown": Text("rozkład nieznany", "timetable unknown"),
}

_PEOPLE = Text("mieszkańcy", "residents")


def _people(label: Text) -> Column:
    return Column(label, unit="people", of_known=True)


def _share(label: Text, state: str) -> Column:
    """A share of residents in a state: at least, and of the people who are known."""
    unknown = state == "unknown"
    return Column(
        label, "share", digits=1, bound="" if unknown else "low", of_known=not unknown,
        of_knowledge=unknown,
    )  # fmt: skip


def _fix_columns() -> dict[str, Column]:
    return {
        "fix": Column(
            Text("najmniejsza zmiana", "smallest fix"),
            "category",
            note=Text(
                "rodzaj, którego potrzebuje najwięcej mieszkańców plamy; z takich zmian ta, która "
                "obsłuży ich najwięcej",
                "the kind that most residents of the spot need; of those the one that serves most",
            ),
            categories=FIXES,
        ),
        "fix_share": Column(
            Text("potrzebuje takiej zmiany", "need such a fix"),
            "share",
            note=Text("udział mieszkańców plamy", "share of the spot's residents"),
        ),
        "fix_size": Column(
            Text("wielkość zmiany", "size of the fix"),
            note=Text(
                "odjazdy w dobie, przystanki albo metry dojścia, zależnie od rodzaju zmiany "
                "(dojście i odjazdy: metry)",
                "departures per day, stops or metres of path, depending on the kind of fix (path "
                "and departures: metres)",
            ),
        ),
        "fix_departures": Column(
            Text("dodatkowe odjazdy", "extra departures"), unit="departures/day"
        ),
        "fix_place": Column(Text("gdzie", "where"), "text"),
        "fix_lines": Column(Text("linie", "lines"), "text"),
        "fix_people": Column(
            Text("zyskają", "people gained"),
            unit="people",
            note=Text(
                "mieszkańcy plamy, których zmiana obsłuży; o nieznanym stanie nie są liczeni",
                "residents of the spot whom it would serve; those of unknown state not counted",
            ),
            bound="low",
            of_known=True,
        ),
    }


_PEOPLE_KNOWN = Column(
    Text("znana ludność", "population known"),
    "share",
    note=Text("udział komórek o znanej ludności", "share of cells whose population is known"),
)


def _columns() -> dict[str, dict[str, Column]]:
    towns = municipality_columns()
    towns["population"] = Column(
        _PEOPLE, unit="people", note=PEOPLE_FROM, land=False, of_known=True
    )
    towns["population_known"] = _PEOPLE_KNOWN
    towns["coverage"] = Column(
        Text("pokrycie rozkładami", "timetable coverage"), "category", categories=COVERAGE,
        of_knowledge=True,
    )  # fmt: skip
    heads = {
        "served": Text("obsłużeni", "served"),
        "white": Text("w białych plamach", "in white spots"),
        "unknown": Text("stan nieznany", "unknown"),
    }
    for key, head in heads.items():
        towns[f"{key}_people"] = replace(
            _people(head),
            known="population_known" if key == "unknown" else "known_people",
            bound="" if key == "unknown" else "low",
            of_knowledge=key == "unknown",
        )
        towns[f"{key}_share"] = _share(Text(f"{head.pl}, udział", f"{head.en}, share"), key)
    towns["known_people"] = replace(
        _people(Text("stan znany", "state known")), known="population_known"
    )
    towns["timetable_known"] = Column(
        Text("rozkłady kompletne", "timetables complete"),
        "flag",
        note=Text(
            "wszystkie środki transportu, które mogłyby tam służyć; nic nie zginęło przy czytaniu",
            "of every mode that could serve; nothing was lost in reading",
        ),
    )
    for day, name in DAYS.items():
        for key, head in heads.items():
            towns[f"{key}_share_{day}"] = _share(
                Text(f"{head.pl}: {name.pl}", f"{head.en}: {name.en}"), key
            )
    state = Column(Text("stan", "state"), "category", categories=STATES)
    cause = Column(Text("przyczyna", "cause"), "category", categories=CAUSES)
    area = Column(Text("powierzchnia", "area"), unit="km2", digits=2)
    spot = Column(Text("nr plamy", "spot no."), of_known=True)
    stops = {
        "stop_id": Column(both("stop_id"), "text"),
        "name": Column(Text("przystanek", "stop"), "text"),
        "modes": Column(Text("środki transportu", "modes"), "text"),
        "service": Column(Text("obsługa", "service"), "category", categories=SERVICE),
    }
    cells = {
        "teryt": Column(both("TERYT"), "text"),
        "population": Column(_PEOPLE, unit="people", digits=1, note=PEOPLE_SHARED, of_known=True),
        "modelled": Column(Text("modelowane", "modelled"), "flag", of_knowledge=True),
        "state": state,
        "cause": cause,
        "unknown_why": Column(
            Text("dlaczego nieznane", "why unknown"), "category", categories=WHY, of_knowledge=True
        ),
    }
    for day, name in DAYS.items():
        stops[f"departures_{day}"] = Column(
            Text(f"odjazdy: {name.pl}", f"departures: {name.en}"),
            unit="departures/day",
            bound="low",
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
    people = Column(_PEOPLE, unit="people", known="population_known", of_known=True)
    place = {
        "spot": spot,
        "name": Column(Text("miejsce", "place"), "text", of_known=True),
        "municipality": towns["name"],
        "population": people,
        "population_known": _PEOPLE_KNOWN,
        "area_km2": area,
        "cells": Column(Text("komórki", "cells")),
    }
    fix = _fix_columns()
    proven = Column(
        Text("sprawdzone", "verified"),
        "flag",
        note=Text(
            "zmianę zastosowano i policzono ponownie: wystarcza, a mniejsza nie",
            "the fix was applied and computed again: it is enough, a smaller one is not",
        ),
        of_knowledge=True,
    )
    cells |= {name: fix[name] for name in ("fix", "fix_size", "fix_departures")}
    cells |= {"fix_verified": proven, "spot": spot}
    cells["nearest_stop_m"] = Column(
        Text("dojście do najbliższego przystanku", "walk to the nearest stop"),
        unit="m",
        bound="high",
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
            "known": Column(Text("stan znany", "state known"), "flag"),
            "population": people,
            "population_known": _PEOPLE_KNOWN,
            "area_km2": area,
        },
        "spots": {
            **place,
            "cause": cause,
            "cause_share": Column(
                Text("udział tej przyczyny", "share of this cause"),
                "share",
                note=Text("mieszkańców plamy", "of the spot's residents"),
            ),
            "causes": Column(Text("przyczyny", "causes")),
            **fix,
            "fix_verified": proven,
        },
        "spot_parts": {**place, "cause": cause, **fix, "fix_verified": proven},
        "fixes": {
            "spot": spot,
            "name": place["name"],
            **{name: column for name, column in fix.items() if name != "fix_share"},
        },
        "stops": stops,
        "cells": cells,
    }


COLUMNS = _columns()

# Okabe-Ito; unknown is hatched, never shown as a lack of service
_CAUSES = (
    Category("no_stop", CAUSES["no_stop"], "#D55E00"),
    Category("barrier", CAUSES["barrier"], "#CC79A7"),
    Category("too_few", CAUSES["too_few"], "#E69F00"),
    Category("wrong_hours", CAUSES["wrong_hours"], "#F0E442"),
    Category("other_days", CAUSES["other_days"], "#56B4E9"),
)
_SPOT = ("spot", "name", "municipality", "population", "area_km2", "cause")
_FIX = ("fix", "fix_size", "fix_departures", "fix_place", "fix_lines", "fix_people")
_POPULATED = Ground("known", "states")
"""Populated land whose state is known: a spot, or a fix, is only looked for there."""

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
        categories=_CAUSES,
        popup=(*_SPOT, "cause_share", *_FIX, "fix_verified"),
        ground=_POPULATED,
    ),
    View(
        "spot_parts",
        Text("Części białych plam", "Parts of white spots"),
        column="cause",
        categories=_CAUSES,
        popup=(*_SPOT, *_FIX),
        ground=_POPULATED,
        shown=False,
    ),
    View(
        "fixes",
        Text("Najmniejsze zmiany", "Smallest fixes"),
        column="fix",
        categories=(
            Category("departures", FIXES["departures"], "#E69F00"),
            Category("new_stop", FIXES["new_stop"], "#0072B2"),
            Category("path", FIXES["path"], "#CC79A7"),
            Category("path_departures", FIXES["path_departures"], "#009E73"),
        ),
        popup=("name", *_FIX),
        radius=6.0,
        shown=False,
        ground=_POPULATED,
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
        ground=Ground("timetable_known"),
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
)
