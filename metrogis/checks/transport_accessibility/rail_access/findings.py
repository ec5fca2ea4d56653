"""Sentences of ``rail_access``: what a planner quotes; the unknown first where it is most."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.checks.contract import Finding, Run
from metrogis.checks.contract.knowledge import HALF
from metrogis.checks.transport_accessibility.rail_access.reach import YES
from metrogis.checks.transport_accessibility.rail_access.tables import Answer
from metrogis.texts import Text


def findings(
    run: Run,
    towns: gpd.GeoDataFrame,
    features: dict[str, gpd.GeoDataFrame],
    answer: Answer,
    streets: bool,
    timetable: bool,
) -> list[Finding]:
    """Return the sentences a planner quotes, the answer first.

    Parameters
    ----------
    run : Run
    towns : GeoDataFrame
        One row per municipality.
    features : dict of GeoDataFrame
        ``stations``, ``barriers``, ``measures``.
    answer : Answer
    streets, timetable : bool
        Whether these are in the data; what their absence means is said last.
    """
    stations = features["stations"]
    out = [_reach(answer)]
    if timetable:
        out.append(_by_mode(answer))
    out.append(_stations(run, stations))
    out += _barrier(features["barriers"])
    out += _measures(features["measures"])
    if not timetable:
        out.append(
            Finding(
                Text(
                    "Brak rozkładu jazdy: nie wiadomo, które stacje są użyteczne; to luka w "
                    "danych, nie w obsłudze.",
                    "There is no timetable: it is unknown which stations are useful; the gap is "
                    "in the data, not in the service.",
                )
            )
        )
    elif not streets:
        out.append(
            Finding(
                Text(
                    "Drogi policzono w linii prostej × {detour:1}, bo w danych nie ma sieci "
                    "ulic: barier nie widać, o spokojnych trasach rowerowych nic nie wiadomo.",
                    "Paths are straight lines times {detour:1}, as the data have no street "
                    "network: barriers are not seen, and nothing is known of low-stress cycling.",
                ),
                {"detour": float(run.parameters.detour)},
            )
        )
    return out


def _reach(answer: Answer) -> Finding:
    people = answer.people
    everyone = float(people.sum())
    reached, none, unknown = (
        float(people[rows].sum())
        for rows in (answer.reached, answer.way == "none", answer.way == "unknown")
    )
    if everyone == 0:
        return Finding(
            Text(
                "W danych nie ma znanej ludności: nie wiadomo, ilu mieszkańców dociera do stacji.",
                "The data have no known population: how many residents reach a station is unknown.",
            ),
            unknown=True,
        )
    values = {
        "reached": reached,
        "reached_share": reached / everyone,
        "none": none,
        "none_share": none / everyone,
        "unknown": unknown,
        "unknown_share": unknown / everyone,
    }
    yes = Text(
        "do użytecznej stacji kolejowej dociera pieszo, rowerem lub dowozem co najmniej "
        "{reached_share:%0} mieszkańców ({reached:0} {reached:plural:osoba|osoby|osób})",
        "at least {reached_share:%0} of residents ({reached:0} {reached:plural:person|people}) "
        "reach a useful railway station on foot, by bike or by feeder",
    )
    no = Text(
        "na pewno nie dociera {none_share:%0} ({none:0})",
        "{none_share:%0} ({none:0}) certainly do not",
    )
    if unknown / everyone > 1 - HALF:
        return Finding(
            Text(
                "O {unknown_share:%0} mieszkańców nie wiadomo, czy docierają do użytecznej stacji; "
                + yes.pl + ", " + no.pl + ".",
                "Of {unknown_share:%0} of residents it is unknown whether they reach a useful "
                "station; " + yes.en + ", " + no.en + ".",
            ),
            values,
            unknown=True,
        )  # fmt: skip
    tail = Text(
        "; o {unknown_share:%0} nie wiadomo", "; of {unknown_share:%0} it is not known"
    ) if unknown else Text("", "")  # fmt: skip
    return Finding(
        Text(
            yes.pl[0].upper() + yes.pl[1:] + ", " + no.pl + tail.pl + ".",
            yes.en[0].upper() + yes.en[1:] + ", " + no.en + tail.en + ".",
        ),
        values,
    )


def _by_mode(answer: Answer) -> Finding:
    values = {
        f"by_{name}": float(answer.people[state == YES].sum())
        for name, state in answer.states.items()
    }
    text = Text(
        "Co najmniej {by_walk:0} mieszkańców ma stację w zasięgu dojścia, {by_bike:0} w zasięgu "
        "roweru ({by_bike_low:0} spokojnymi ulicami), {by_feeder:0} dojeżdża do pociągu autobusem "
        "lub tramwajem.",
        "At least {by_walk:0} residents have a station within walking reach, {by_bike:0} within "
        "cycling reach ({by_bike_low:0} along low-stress streets), {by_feeder:0} get to a train by "
        "bus or tram.",
    )
    if values["by_walk"] > 0:
        values["bike_multiplier"] = values["by_bike"] / values["by_walk"]
        text = Text(
            text.pl + " Na jednego mieszkańca w zasięgu pieszym przypada {bike_multiplier:1} w "
            "zasięgu roweru.",
            text.en
            + " For each resident within walking reach there are {bike_multiplier:1} within "
            "cycling reach.",
        )
    return Finding(text, values)


def _stations(run: Run, stations: gpd.GeoDataFrame) -> Finding:
    state = stations["state"]
    values = {
        "stations": float((state == "yes").sum()),
        "stations_all": float(len(stations)),
        "stations_unknown": float((state == "unknown").sum()),
        "min_trains": float(run.parameters.min_trains),
    }
    text = Text(
        "Co najmniej {min_trains:0} pociągów na dobę w jedną stronę linii albo wprost do miasta "
        "rdzenia ma {stations:0} z {stations_all:0} {stations_all:plural:stacji|stacji|stacji} w "
        "danych",
        "{stations:0} of {stations_all:0} {stations_all:plural:station|stations} in the data "
        "{stations:plural:has|have} at least {min_trains:0} trains a day in one direction of a "
        "line, or direct to a core city",
    )
    if values["stations_unknown"]:
        text = Text(
            text.pl + "; o {stations_unknown:0} nie wiadomo",
            text.en + "; of {stations_unknown:0} it is unknown",
        )
    first = stations[(state == "yes") & (stations["residents"] > 0)]
    places = {}
    if len(first):
        values["first_residents"] = float(first["residents"].iloc[0])
        places["first"] = str(first["name"].iloc[0])
        text = Text(
            text.pl
            + ". Najwięcej mieszkańców ({first_residents:0}) ma najbliżej do stacji {first}",
            text.en + ". For most residents ({first_residents:0}) the nearest is {first}",
        )
    return Finding(Text(text.pl + ".", text.en + "."), values, places)


def _barrier(barriers: gpd.GeoDataFrame) -> list[Finding]:
    some = barriers[barriers["residents"] > 0]
    if some.empty:
        return []
    first = some.iloc[0]
    return [
        Finding(
            Text(
                "Znana bariera, która odcina najwięcej osób: stacja {barrier_station}, "
                "{barrier_residents:0} {barrier_residents:plural:mieszkaniec|mieszkańców|"
                "mieszkańców} w linii prostej do niej blisko (średnio {barrier_straight:0} m), a "
                "po znanych ulicach za daleko na dojście.",
                "The known barrier that cuts off most people: station {barrier_station}, "
                "{barrier_residents:0} {barrier_residents:plural:resident|residents} near it in a "
                "straight line ({barrier_straight:0} m on average) and too far along known streets "
                "to walk.",
            ),
            {
                "barrier_residents": float(first["residents"]),
                "barrier_straight": float(first["straight_m"]),
                "barred": float(np.nansum(some["residents"])),
            },
            {"barrier_station": str(first["station"])},
        )
    ]


_GAIN = {
    "path": Text(
        "ścieżka {path_size:0} m przy stacji {path_station} da dojście {path_gained:0} osobom",
        "a path of {path_size:0} m at {path_station} brings {path_gained:0} people within a walk",
    ),
    "entrance": Text(
        "nowe wejście na stację {entrance_station}, {entrance_size:0} m od znanego, da dojście "
        "{entrance_gained:0} osobom",
        "a new entrance of {entrance_station}, {entrance_size:0} m from a known one, brings "
        "{entrance_gained:0} people within a walk",
    ),
    "headway": Text(
        "{headway_size:0} {headway_size:plural:dodatkowy kurs|dodatkowe kursy|dodatkowych kursów} "
        "linii {headway_line} do stacji {headway_station} da dowóz {headway_gained:0} osobom",
        "{headway_size:0} more {headway_size:plural:departure|departures} of line {headway_line} "
        "to {headway_station} give {headway_gained:0} people a feeder",
    ),
    "low_stress": Text(
        "{low_stress_size:0} m uspokojonej ulicy przy stacji {low_stress_station} da spokojny "
        "dojazd rowerem {low_stress_gained:0} osobom",
        "{low_stress_size:0} m of calmed street at {low_stress_station} give {low_stress_gained:0} "
        "people a low-stress ride",
    ),
}


def _measures(measures: gpd.GeoDataFrame) -> list[Finding]:
    """Return one sentence on the measures that gain most people, one of each kind."""
    parts: list[Text] = []
    values: dict[str, float] = {}
    places: dict[str, str | Text] = {}
    for kind, text in _GAIN.items():
        own = measures[measures["kind"] == kind]
        if own.empty:
            continue
        first = own.iloc[0]
        parts.append(text)
        values |= {f"{kind}_{n}": float(first[n]) for n in ("size", "gained")}
        places |= {f"{kind}_station": str(first["station"]), f"{kind}_line": str(first["line"])}
    if not parts:
        return []
    return [
        Finding(
            Text(
                "Co pomogłoby najwięcej osobom, o których dziś wiadomo, że nie docierają: "
                + "; ".join(p.pl for p in parts) + ".",
                "What would help most of the people who are known not to get there today: "
                + "; ".join(p.en for p in parts) + ".",
            ),
            values,
            places,
        )
    ]  # fmt: skip
