"""Sentences of ``rail_access``: what a planner quotes; the unknown first where it is most."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from metrogis.checks.contract import Finding, Run
from metrogis.checks.contract.knowledge import HALF
from metrogis.checks.transport_accessibility.rail_access.reach import YES
from metrogis.checks.transport_accessibility.rail_access.tables import Answer
from metrogis.i18n import Text, _, both, join


def findings(
    run: Run,
    municipalities: gpd.GeoDataFrame,
    features: dict[str, gpd.GeoDataFrame],
    answer: Answer,
    streets: bool,
    timetable: bool,
) -> list[Finding]:
    """Return the sentences a planner quotes, the answer first.

    Parameters
    ----------
    run : Run
    municipalities : GeoDataFrame
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
                _(
                    "There is no timetable: it is unknown which stations are useful; "
                    "the gap is in the data, not in the service."
                )
            )
        )
    elif not streets:
        out.append(
            Finding(
                _(
                    "Paths are straight lines times {detour:1}, as the data have no "
                    "street network: barriers are not seen, and nothing is known of "
                    "low-stress cycling."
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
            _("The data have no known population: how many residents reach a station is unknown."),
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
    yes = _(
        "at least {reached_share:%0} of residents ({reached:0} "
        "{reached:plural:person|people}) reach a useful railway station on foot, by "
        "bike or by feeder"
    )
    no = _("{none_share:%0} ({none:0}) certainly do not")
    # a clause that tells of nobody is left out
    said = [text for text, heads in ((yes, reached), (no, none)) if heads > 0]
    if unknown / everyone > 1 - HALF:
        text = _(
            "Of {unknown_share:%0} of residents it is unknown whether they reach a useful station"
        )
        if none > 0 and not reached:
            said = [_("{none_share:%0} ({none:0}) certainly do not reach one")]
        return Finding(join("; ", (text, *said)) + both("."), values, unknown=True)
    if not reached:
        no = _(
            "{none_share:%0} of residents ({none:0} {none:plural:person|people}) certainly "
            "reach no useful railway station on foot, by bike or by feeder"
        )
        said = [no]
    # less than half a per cent would read as none
    few = unknown / everyone < 0.005
    tail = both("") if few else _("; of {unknown_share:%0} it is not known")
    return Finding(
        join(", ", (said[0].capitalized(), *said[1:])) + tail + both("."),
        values,
    )


def _by_mode(answer: Answer) -> Finding:
    values = {
        f"by_{name}": float(answer.people[state == YES].sum())
        for name, state in answer.states.items()
    }
    if not any(values.values()):
        return Finding(
            _(
                "No resident is known to have a useful station within walking or cycling reach, "
                "or a bus or tram to one."
            ),
            values,
        )
    text = _(
        "At least {by_walk:0} residents have a station within walking reach, "
        "{by_bike:0} within cycling reach ({by_bike_low:0} along low-stress streets), "
        "{by_feeder:0} get to a train by bus or tram."
    )
    if values["by_walk"] > 0:
        values["bike_multiplier"] = values["by_bike"] / values["by_walk"]
        text = _(
            "{text} For each resident within walking reach there are "
            "{bike_multiplier:1} within cycling reach."
        ).bind(text=text)
    return Finding(text, values)


def _stations(run: Run, stations: gpd.GeoDataFrame) -> Finding:
    state = stations["state"]
    values = {
        "stations": float((state == "yes").sum()),
        "stations_all": float(len(stations)),
        "stations_unknown": float((state == "unknown").sum()),
        "min_trains": float(run.parameters.min_trains),
    }
    text = _(
        "{stations:0} of {stations_all:0} {stations_all:plural:station|stations} in "
        "the data {stations:plural:has|have} at least {min_trains:0} trains a day in "
        "one direction of a line, or direct to a core city"
    )
    if 0 < values["stations_unknown"] == values["stations_all"]:
        text = _(
            "Of {stations_all:0} {stations_all:plural:station|stations} in the data it is unknown "
            "whether {min_trains:0} trains a day leave in one direction of a line, or direct to a "
            "core city"
        )
    elif values["stations_unknown"]:
        text = _("{text}; of {stations_unknown:0} it is unknown").bind(text=text)
    first = stations[(state == "yes") & (stations["residents"] > 0)]
    places = {}
    if len(first):
        values["first_residents"] = float(first["residents"].iloc[0])
        places["first"] = str(first["name"].iloc[0])
        text = _("{text}. For most residents ({first_residents:0}) the nearest is {first}").bind(
            text=text
        )
    return Finding(_("{text}.").fill(text=text), values, places)


def _barrier(barriers: gpd.GeoDataFrame) -> list[Finding]:
    some = barriers[barriers["residents"] > 0]
    if some.empty:
        return []
    first = some.iloc[0]
    return [
        Finding(
            _(
                "The known barrier that cuts off most people: station "
                "{barrier_station}, {barrier_residents:0} "
                "{barrier_residents:plural:resident|residents} near it in a straight "
                "line ({barrier_straight:0} m on average) and too far along known "
                "streets to walk."
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
    "path": _(
        "a path of {path_size:0} m at {path_station} brings {path_gained:0} people within a walk"
    ),
    "entrance": _(
        "a new entrance of {entrance_station}, {entrance_size:0} m from a known one, "
        "brings {entrance_gained:0} people within a walk"
    ),
    "headway": _(
        "{headway_size:0} more {headway_size:plural:departure|departures} of line "
        "{headway_line} to {headway_station} give {headway_gained:0} people a feeder"
    ),
    "low_stress": _(
        "{low_stress_size:0} m of calmed street at {low_stress_station} give "
        "{low_stress_gained:0} people a low-stress ride"
    ),
}


def _measures(measures: gpd.GeoDataFrame) -> list[Finding]:
    """Return one sentence on the measures that gain most people, one of each kind."""
    parts: list[Text] = []
    values: dict[str, float] = {}
    places: dict[str, str | Text] = {}
    sure = measures[measures["verified"].eq(True)]
    for kind, text in _GAIN.items():
        own = sure[sure["kind"] == kind]
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
            _(
                "What would help most of the people who are known not to get there today: "
                "{changes}."
            ).bind(changes=join("; ", parts)),
            values,
            places,
        )
    ]
