"""What was planted, where, and what each check must therefore find.

Everything here comes from what the generator decided, never from a check.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from metrogis.demo.bikes import uncounted
from metrogis.demo.cycling import PIECE, Cycling
from metrogis.demo.frame import Array
from metrogis.demo.lines import Line
from metrogis.demo.meeting import FIXED, LATE
from metrogis.demo.people import People
from metrogis.demo.schedule import PLANTED, SLOW_RIDE, STEADY
from metrogis.demo.settlements import Settled
from metrogis.demo.terrain import Terrain

WHITE_CAUSE = {
    "no_stop": ("no_stop", "no stop within reach"),
    "barrier": ("barrier", "a stop near by air, beyond the river; the bridge is far"),
    "too_few": ("too_few", "three departures a day from its stop"),
    "wrong_hours": ("wrong_hours", "twelve departures, none in 05-09 or 13-17"),
    "sundays_only": ("other_days", "departures only on Sundays and public holidays"),
    "weekdays_only": ("other_days", "no departures on Saturdays, Sundays and public holidays"),
}


def make_truth(
    terrain: Terrain,
    settled: Settled,
    people: People,
    stops: pd.DataFrame,
    stations: pd.DataFrame,
    cycling: Cycling,
    flows: pd.DataFrame,
    lines: list[Line],
) -> list[dict[str, Any]]:
    """Return the planted truths of access, timetables, flows and interchanges.

    Each says what a check must find, from what the generator decided: none is computed by a check.

    Returns
    -------
    list of dict
        As :func:`item` makes them.
    """
    out = _white(settled, people) + _steady(settled, people)
    out += _unknown(terrain, settled, people, stops, stations)
    out += _flows(settled, flows)
    out += _interchanges(settled, people, cycling)
    out += _rail(terrain, settled, people, stations)
    out += _missed(settled, stations, lines) + _slow(settled, people, stops, lines)
    return out


def item(
    kind: str, check: str, settled: Settled, municipality: int, x: float, y: float, **more: Any
) -> dict[str, Any]:
    """Return one planted truth in its common form.

    Parameters
    ----------
    kind, check : str
        What is planted, and the id of the check that must find it.
    municipality : int
        Row.
    x, y : float
        EPSG:2180, written to 0.1 m.
    **more
        What the check must say of it.
    """
    town = settled.municipalities.loc[int(municipality)]
    return {
        "kind": kind,
        "check": check,
        "teryt": town["teryt"],
        "municipality": town["name"],
        "x": round(float(x), 1),
        "y": round(float(y), 1),
        **more,
    }


def _white(settled: Settled, people: People) -> list[dict[str, Any]]:
    places = settled.places
    out = []
    for i, p in places[places["plant"].isin(list(WHITE_CAUSE))].iterrows():
        mine = people.settlement == i
        cause, why = WHITE_CAUSE[p["plant"]]
        all_days = {"school_day", "holiday_weekday", "saturday", "sunday"}
        served = {"sundays_only": {"sunday"}, "weekdays_only": {"school_day", "holiday_weekday"}}
        good = served.get(p["plant"], set())
        out.append(
            item(
                f"white_{p['plant']}", "white_spots", settled, p["municipality"], p["x"], p["y"],
                name=p["name"], people=int(people.now[mine].sum()),
                cells=int((people.now[mine] > 0).sum()),
                needs_streets=p["plant"] == "barrier",
                **_undone(people, p["plant"]),
                expected={
                    "cause": cause,
                    "white_on": sorted(all_days - good),
                    "served_on": sorted(good),
                },
                why=why,
            )
        )  # fmt: skip
    return out


def _undone(people: People, plant: str) -> dict[str, Any]:
    """What would bring most of a village into reach of a stop."""
    if plant != "barrier" or people.footbridge is None:
        return {}
    return {"footbridge": [[round(v, 1) for v in end] for end in people.footbridge]}


def _unknown(
    terrain: Terrain,
    settled: Settled,
    people: People,
    stops: pd.DataFrame,
    stations: pd.DataFrame,
) -> list[dict[str, Any]]:
    towns = settled.municipalities
    out = []
    xx, yy = terrain.grid.centres()
    timed = stops[towns["role"].to_numpy()[stops["municipality"]] != "missing"]
    for m in towns.index[towns["role"] == "missing"]:
        mine = (settled.label == m) & (people.now > 0)
        xy = np.column_stack([xx[mine], yy[mine]])
        rail: Array = cKDTree(stations[["x", "y"]].to_numpy()).query(xy)[0]
        bus: Array = cKDTree(timed[["x", "y"]].to_numpy()).query(xy)[0]
        count = people.now[mine]
        beyond = (rail > 1050) & (bus > 550)
        seat = settled.places.iloc[int(towns["seat"][m])]
        out.append(
            item(
                "operator_missing", "white_spots", settled, m, seat["x"], seat["y"],
                people=int(count.sum()),
                expected={"white_people": 0, "unknown_people_at_least": int(count[beyond].sum())},
                why="no timetable of the town operator: beyond the trains service is unknown",
            )
        )  # fmt: skip
    return out


def _steady(settled: Settled, people: People) -> list[dict[str, Any]]:
    """A village whose stop has one even headway: a class of the Swiss method that follows from it.

    Departures leave in one direction only, so they are not halved; 20-39 min of a bus is category
    V, which gives class D within 300 m of the stop.
    """
    places = settled.places
    first, last = 6 * 60, 20 * 60
    count = sum(first <= t < last for t in PLANTED["steady"]["SZK"])
    out = []
    for i, p in places[places["plant"] == "steady"].iterrows():
        mine = people.settlement == i
        out.append(
            item(
                "known_headway", "service_quality", settled, p["municipality"], p["x"], p["y"],
                name=p["name"], people=int(people.now[mine].sum()), headway_min=STEADY,
                expected={
                    "departures_06_20": count, "interval_min": (last - first) / count,
                    "are_category": "V", "are_class_within_300_m": "D",
                },
                why="one bus line ends here, every so many minutes the whole day",
            )
        )  # fmt: skip
    return out


def _flows(settled: Settled, flows: pd.DataFrame) -> list[dict[str, Any]]:
    towns = settled.municipalities
    out = []
    for m in towns.index[towns["role"] == "isolated"]:
        code, city = towns["teryt"][m], towns["teryt"][0]
        mine = flows[(flows["origin"] == code) & (flows["destination"] == city)]
        seat = settled.places.iloc[int(towns["seat"][m])]
        out.append(
            item(
                "flow_without_connection", "connections", settled, m, seat["x"], seat["y"],
                origin=code, destination=city, flow=int(mine["flow"].iloc[0]),
                expected={"pairs": 0, "state": "not_enough", "largest_flow_of_its_origin": True},
                why="its buses run only between its own villages",
            )
        )  # fmt: skip
    return out


WALK, RIDE = 1200.0, 3750.0
"""Metres that people walk and ride to a train."""


def _rail(
    terrain: Terrain, settled: Settled, people: People, stations: pd.DataFrame
) -> list[dict[str, Any]]:
    """Return the halt whose housing lies behind the tracks, and what bicycles do for it.

    Nobody lives within a walk of it on the side of its only entrance: so nobody comes on foot. By
    bike the nearest crossing is in reach, unless it is too far from all housing.
    """
    places = settled.places
    halts = places.index[places["plant"] == "halt"]
    rows = stations[stations["place"].isin(halts)]
    if rows.empty:
        return []
    halt = rows.iloc[0]
    village = places.index[places["plant"] == "cut_off"][0]
    xx, yy = terrain.grid.centres()
    away = np.hypot(xx - halt["x"], yy - halt["y"])
    own = people.settlement == village
    near = away <= WALK
    behind = int(people.now[own & near].sum())
    others = int(people.now[~own & near].sum())
    within = int(people.now[away <= RIDE].sum())
    common = {"settled": settled, "municipality": halt["municipality"], "x": halt["x"],
              "y": halt["y"], "name": halt["name"]}  # fmt: skip
    out = [
        item(
            "rail_cut_off", "rail_access", **common,
            housing=[round(float(places[c][village]), 1) for c in "xy"],
            expected={"state": "yes", "barred_people": behind},
            why="the only entrance is on the far side of the tracks from its housing",
        )
    ]  # fmt: skip
    if others == 0:
        out.append(
            item(
                "rail_by_bike_only", "rail_access", **common,
                expected={"reached_by": "bike_only", "people_on_foot": 0,
                          "people_by_bike_at_most": within},
                why="all housing near is behind the tracks; a crossing is within a ride",
            )
        )  # fmt: skip
    return out


def _interchanges(settled: Settled, people: People, cycling: Cycling) -> list[dict[str, Any]]:
    out = []
    reasons = {
        "bare": "no cycle infrastructure within 1.5 km",
        "isolated": "joined to a piece that leads nowhere",
        "gap": "a network begins a few hundred metres away: one link would join it",
        "cut_off": "the only entrance is on the far side of the railway from its housing",
    }
    some = uncounted(cycling.interchanges)
    for row in cycling.interchanges.itertuples():
        if row.plant == "bare":
            expected: dict[str, Any] = {"joined": False, "nearest_infrastructure_over_m": 1000}
        elif row.plant == "isolated":
            expected = {"joined": False, "reached_length_under_m": PIECE * 2}
        elif row.plant == "gap":
            expected = {"joined": False, "missing_link": True}
        elif row.plant == "cut_off":
            village = settled.places[settled.places["plant"] == "cut_off"].iloc[0]
            expected = {
                "housing_people": int(people.now[people.settlement == village.name].sum()),
                "housing_x": round(float(village["x"]), 1),
                "housing_y": round(float(village["y"]), 1),
                "housing_within_800_m_by_air": True,
                "housing_within_10_min_on_foot": False,
            }
        else:
            expected = {"joined": True, "reached_length_over_m": 3000}
        expected["bike_stands"] = None if row.Index == some else int(row.bike_stands)
        out.append(
            item(
                f"interchange_{row.plant}" if row.plant else "interchange", "interchange_access",
                settled, row.municipality, row.x, row.y, id=row.id, name=row.name,
                expected=expected, why=reasons.get(row.plant, "an ordinary interchange"),
            )
        )  # fmt: skip
    return out


def _missed(settled: Settled, stations: pd.DataFrame, lines: list[Line]) -> list[dict[str, Any]]:
    """Return the line that comes too late for the trains, and what fixes it."""
    out = []
    for line in lines:
        if line.misses is None:
            continue
        station = stations.iloc[line.misses[0]]
        out.append(
            item(
                "line_misses_train", "feeder_coordination", settled, station["municipality"],
                station["x"], station["y"], name=station["name"], line=line.name,
                expected={
                    "missed_by_min": LATE,
                    "missed_at_least": len(line.times[0]["SZK"]) // 2,
                    # whole minutes: the walk to the platform is known to about one
                    "shift_between": [min(FIXED) - 1, max(FIXED) + 1],
                },
                why="each bus comes to the platform three minutes after the train has left",
            )
        )  # fmt: skip
    return out


def _slow(
    settled: Settled, people: People, stops: pd.DataFrame, lines: list[Line]
) -> list[dict[str, Any]]:
    """Return the village that is near by car, and far by its only bus.

    By bus: the wait from every minute of 7 to 9, boarding, the ride, and at most 25 minutes of
    walking and of going on in the city. By car: the road at 40 km/h at least, 90 in a straight line
    at most, and 5 minutes to park.
    """
    places = settled.places
    out = []
    for line in lines:
        if line.plant != "slow":
            continue
        village = int(stops["settlement"].iloc[line.stops[-1]])
        place = places.iloc[village]
        leaves = np.array(PLANTED["slow"]["SZK"])
        minute = np.arange(7 * 60, 9 * 60)
        due = leaves[np.searchsorted(leaves, minute + 1)]
        least = float(np.median(due - minute)) + SLOW_RIDE
        apart = float(np.hypot(place["x"] - places["x"].iloc[0], place["y"] - places["y"].iloc[0]))
        mine = people.settlement == village
        out.append(
            item(
                "near_by_car_far_by_bus", "travel_time", settled, place["municipality"],
                place["x"], place["y"], name=place["name"], line=line.name,
                people=int(people.now[mine].sum()),
                expected={
                    "minutes_between": [least, least + 25],
                    "car_minutes_between": [
                        round(5 + apart / 1500, 1), round(7 + float(line.metres.sum()) / 667, 1),
                    ],
                    "ratio_over": 2.0,
                },
                why="its only bus runs once an hour and takes a long way to the city",
            )
        )  # fmt: skip
    return out
