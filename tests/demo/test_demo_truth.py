"""Checks find what truth.json says; undoing a plant changes the answer."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import rasterio.features
import shapely
from scipy.spatial import cKDTree

from metrogis import open_metro
from metrogis.checks.active_mobility.border_gaps.check import border_gaps
from metrogis.checks.active_mobility.cycle_network.check import cycle_network
from metrogis.checks.active_mobility.interchange_access.check import interchange_access
from metrogis.checks.active_mobility.missing_links.check import missing_links
from metrogis.checks.active_mobility.planned_links.check import planned_links
from metrogis.checks.contract import Result
from metrogis.checks.spatial_development.border_coherence.check import border_coherence
from metrogis.checks.spatial_development.corridor_conflicts.check import corridor_conflicts
from metrogis.checks.spatial_development.corridor_connectivity.check import corridor_connectivity
from metrogis.checks.spatial_development.functional_links.check import functional_links
from metrogis.checks.spatial_development.model_coherence.check import model_coherence
from metrogis.checks.spatial_development.plan_validity.check import plan_validity
from metrogis.checks.spatial_development.urban_growth.check import urban_growth
from metrogis.checks.transport_accessibility.connections.check import connections
from metrogis.checks.transport_accessibility.service_quality.check import service_quality
from metrogis.checks.transport_accessibility.white_spots.check import white_spots
from metrogis.landscape import connectivity, growth, patches
from metrogis.streets.lines import from_lines
from metrogis.transit import read_feed

Item = dict[str, Any]
Tables = dict[str, pd.DataFrame]
DAYS = ("school_day", "holiday_weekday", "saturday", "sunday")
VILLAGES = (
    "white_no_stop",
    "white_barrier",
    "white_too_few",
    "white_wrong_hours",
    "white_sundays_only",
    "white_weekdays_only",
)


@pytest.fixture(scope="module")
def metro(folder: Path) -> Any:
    return open_metro(folder)


def of_check(truth: dict[str, Any], check: str) -> list[Item]:
    return [i for i in truth["planted"] if i["check"] == check]


def here(item: Item) -> shapely.Point:
    return shapely.Point(item["x"], item["y"])


def around(layer: gpd.GeoDataFrame, item: Item, metres: float) -> gpd.GeoDataFrame:
    return layer[layer.distance(here(item)) < metres]


def with_row(layer: gpd.GeoDataFrame, **row: Any) -> gpd.GeoDataFrame:
    more = gpd.GeoDataFrame([row], crs=layer.crs)
    return gpd.GeoDataFrame(pd.concat([layer, more], ignore_index=True), crs=layer.crs)


# --------------------------------------------------------------------------- white spots


def white(metro: Any, cells: gpd.GeoDataFrame, **changed: Any) -> Result:
    # without municipal totals people stay the whole numbers of the raster
    layers = {
        "timetable": metro.timetable,
        "coverage": metro.coverage,
        "streets": metro.streets,
        **changed,
    }
    return white_spots(metro.municipalities, cells, localities=metro.localities, **layers)


@pytest.fixture(scope="module")
def spots(metro: Any) -> Result:
    return white(metro, metro.population)


def village(cells: gpd.GeoDataFrame, item: Item) -> gpd.GeoDataFrame:
    """The item's own cells: those nearest its middle."""
    away = cells.centroid.distance(here(item)).to_numpy()
    return cells.iloc[np.argsort(away, kind="stable")[: item["cells"]]]


@pytest.mark.parametrize("kind", VILLAGES)
def test_white_village_is_found(spots: Result, planted: dict[str, Item], kind: str) -> None:
    item = planted[kind]
    expected = item["expected"]
    cells = village(spots.features["cells"], item)
    assert cells["population"].sum() == pytest.approx(item["people"], abs=0.5)
    for day in DAYS:
        state = "white" if day in expected["white_on"] else "served"
        assert set(cells[f"state_{day}"]) == {state}, day
        if state == "white":
            assert set(cells[f"cause_{day}"]) == {expected["cause"]}, day
    if "school_day" in expected["white_on"]:
        table = spots.features["spots"]
        row = table[table.distance(here(item)) < 420].iloc[0]
        assert row["name"] == item["name"]
        assert row["municipality"] == item["municipality"]
        assert row["cause"] == expected["cause"]
        assert row["population"] == pytest.approx(item["people"], abs=0.5)
        assert row["cells"] == item["cells"]


def test_nobody_else_is_white(spots: Result, truth: dict[str, Any]) -> None:
    cells = spots.features["cells"]
    villages = [i for i in of_check(truth, "white_spots") if i["kind"] in VILLAGES]
    assert len(villages) == len(VILLAGES)
    for day in DAYS:
        people = sum(i["people"] for i in villages if day in i["expected"]["white_on"])
        found = cells.loc[cells[f"state_{day}"] == "white", "population"].sum()
        assert found == pytest.approx(people, abs=0.5), day
    ranked = [i["name"] for i in sorted(villages, key=lambda i: -i["people"])
              if "school_day" in i["expected"]["white_on"]]  # fmt: skip
    assert spots.features["spots"]["name"].tolist() == ranked


def copied(tables: Tables, trips: pd.Index, shift: int = 0, service: str | None = None) -> None:
    """Add the trips once more, by so many minutes later, or on another service."""
    name = f"+{shift}{service or ''}"
    more = tables["trips"][tables["trips"]["trip_id"].isin(trips)].copy()
    more["trip_id"] += name
    if service:
        more["service_id"] = service
    calls = tables["stop_times"][tables["stop_times"]["trip_id"].isin(trips)].copy()
    calls["trip_id"] += name
    later(calls, shift)
    tables["trips"] = pd.concat([tables["trips"], more], ignore_index=True)
    tables["stop_times"] = pd.concat([tables["stop_times"], calls], ignore_index=True)


def later(calls: pd.DataFrame, minutes: int) -> None:
    for column in ("arrival_time", "departure_time"):
        known = calls[column] != ""
        h, m, s = (calls.loc[known, column].str.split(":").str[k].astype(int) for k in range(3))
        total = h * 60 + m + minutes
        assert (total >= 0).all()
        calls.loc[known, column] = [
            f"{t // 60:02}:{t % 60:02}:{sec:02}" for t, sec in zip(total, s, strict=True)
        ]


def trips_at(tables: Tables, item: Item) -> pd.DataFrame:
    """Trips that call at the village's own stop."""
    stops = tables["stops"]
    mine = stops.loc[stops["stop_name"].str.startswith(item["name"] + " "), "stop_id"]
    assert len(mine)
    calls = tables["stop_times"]
    ids = calls.loc[calls["stop_id"].isin(mine), "trip_id"]
    return tables["trips"][tables["trips"]["trip_id"].isin(ids)]


def more_departures(tables: Tables, item: Item) -> None:
    trips = trips_at(tables, item)["trip_id"]
    for minutes in (20, 40, 60):
        copied(tables, pd.Index(trips), minutes)


def better_hours(tables: Tables, item: Item) -> None:
    calls = tables["stop_times"]
    mine = calls["trip_id"].isin(trips_at(tables, item)["trip_id"])
    moved = calls[mine].copy()
    later(moved, -180)
    tables["stop_times"] = pd.concat([calls[~mine], moved], ignore_index=True)


def all_days(tables: Tables, item: Item) -> None:
    trips = trips_at(tables, item)
    services = set(trips["service_id"])
    source = sorted(services)[0]
    ids = pd.Index(trips.loc[trips["service_id"] == source, "trip_id"])
    for service in {"SZK", "FER", "SOB", "NIE"} - services:
        copied(tables, ids, 0, service)


def new_stop(tables: Tables, item: Item) -> None:
    move = pyproj.Transformer.from_crs(2180, 4326, always_xy=True)
    lon, lat = move.transform(item["x"], item["y"])
    old = tables["stops"].iloc[0]
    stop = {**dict.fromkeys(tables["stops"].columns, ""), "stop_id": "NEW", "stop_name": "Nowy",
            "stop_lat": f"{lat:.6f}", "stop_lon": f"{lon:.6f}"}  # fmt: skip
    trips, calls = [], []
    for service in ("SZK", "FER", "SOB", "NIE"):
        for hour in range(5, 20):
            trip = f"NEW_{service}_{hour}"
            trips.append({"trip_id": trip, "route_id": tables["trips"]["route_id"].iloc[0],
                          "service_id": service})  # fmt: skip
            for k, (at, where) in enumerate(((f"{hour:02}:00:00", "NEW"),
                                             (f"{hour:02}:30:00", old["stop_id"]))):  # fmt: skip
                calls.append({"trip_id": trip, "arrival_time": at, "departure_time": at,
                              "stop_id": where, "stop_sequence": str(k + 1)})  # fmt: skip
    for name, rows in (("stops", [stop]), ("trips", trips), ("stop_times", calls)):
        tables[name] = pd.concat([tables[name], pd.DataFrame(rows)], ignore_index=True).fillna("")


TIMETABLES: dict[str, Callable[[Tables, Item], None]] = {
    "white_no_stop": new_stop,
    "white_too_few": more_departures,
    "white_wrong_hours": better_hours,
    "white_sundays_only": all_days,
    "white_weekdays_only": all_days,
}


def edited_timetable(
    metro: Any, folder: Path, tmp_path: Path, edit: Callable[[Tables], None]
) -> Any:
    """The three feeds, the regional one with its tables edited and written anew."""
    path = tmp_path / "regional_bus.zip"
    names = ("stops", "trips", "stop_times")
    with zipfile.ZipFile(folder / "gtfs" / path.name) as old, zipfile.ZipFile(path, "w") as new:
        tables = {
            n: pd.read_csv(io.BytesIO(old.read(f"{n}.txt")), dtype=str, keep_default_na=False)
            for n in names
        }
        edit(tables)
        for name in old.namelist():
            table = tables.get(name.removesuffix(".txt"))
            new.writestr(name, old.read(name) if table is None else table.to_csv(index=False))
    options = metro.timetable.options
    paths = [folder / "gtfs" / "city_bus.zip", path, folder / "gtfs" / "rail.zip"]
    return read_feed(
        paths,
        school_holidays=pd.DataFrame(options.school, columns=["start", "end"]),
        reference_date=options.reference_date,
    )


@pytest.mark.parametrize(
    "kind",
    [pytest.param(k, marks=[pytest.mark.long] if n else []) for n, k in enumerate(TIMETABLES)],
)
def test_white_village_undone(
    metro: Any, folder: Path, tmp_path: Path, planted: dict[str, Item], kind: str
) -> None:
    item = planted[kind]
    cells = around(metro.population, item, 1000)
    timetable = edited_timetable(metro, folder, tmp_path, lambda t: TIMETABLES[kind](t, item))
    result = white(metro, cells, timetable=timetable)
    mine = village(result.features["cells"], item)
    assert mine["population"].sum() == pytest.approx(item["people"], abs=0.5)
    for day in DAYS:
        assert set(mine[f"state_{day}"]) == {"served"}, day


def test_barrier_undone(metro: Any, planted: dict[str, Item]) -> None:
    """A footbridge from the village to the stop beyond the river."""
    item = planted["white_barrier"]
    cells = around(metro.population, item, 600)
    # wide enough for the way round: without it the village would be a loose part, left out
    lines = around(metro.streets.walk.edges, item, 9000)[["geometry"]]
    ends = np.unique(shapely.get_coordinates(lines.geometry.to_numpy()), axis=0)
    bridge = shapely.LineString(
        [ends[np.argmin(np.hypot(*(ends - end).T))] for end in item["footbridge"]]
    )
    people = {}
    for built in (False, True):
        streets = from_lines(
            with_row(lines, geometry=bridge) if built else lines, mode="walk", simplify=False
        )
        found = white(metro, cells, streets=streets).features["cells"]
        mine = village(found, item)
        people[built] = mine.loc[mine["state_school_day"] == "served", "population"].sum()
    assert people[False] == 0
    assert people[True] > 0.5 * item["people"]


def test_missing_operator_is_unknown(spots: Result, planted: dict[str, Item]) -> None:
    item = planted["operator_missing"]
    row = spots.municipalities.set_index("teryt").loc[item["teryt"]]
    assert row["coverage"] == "partial"
    assert row["white_people"] == item["expected"]["white_people"] == 0
    assert row["unknown_people"] >= item["expected"]["unknown_people_at_least"]
    # cells on the border count on each side by land
    whole = row[["served_people", "unknown_people"]].sum()
    assert whole == pytest.approx(item["people"], rel=1e-3)
    others = spots.municipalities.set_index("teryt").drop(item["teryt"])
    assert others["unknown_people"].sum() == 0


def test_missing_operator_undone(metro: Any, planted: dict[str, Item]) -> None:
    """No operator missing: what nothing serves is then white, not unknown.

    Words do not do it: the missing operator's timetable declared complete is still not loaded.
    """
    item = planted["operator_missing"]
    town = metro.municipalities.set_index("teryt").geometry[item["teryt"]]
    cells = metro.population[metro.population.intersects(town)]
    words = metro.coverage.assign(state="complete")
    claimed = white(metro, cells, coverage=words)
    row = claimed.municipalities.set_index("teryt").loc[item["teryt"]]
    assert (row["coverage"], row["white_people"]) == ("partial", 0)
    assert any(r.layer == "coverage" and r.examples == "town_bus" for r in claimed.audit)
    result = white(metro, cells, coverage=words[words["feed"].isin(metro.timetable.feeds)])
    row = result.municipalities.set_index("teryt").loc[item["teryt"]]
    assert row["coverage"] == "complete"
    assert row["unknown_people"] == 0
    assert row["white_people"] >= item["expected"]["unknown_people_at_least"]


# --------------------------------------------------------------------------- flows


def test_flow_is_in_the_links_and_gone_when_undone(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["flow_without_connection"]
    pair = {"origin": item["origin"], "core": item["destination"]}

    def flow(table: pd.DataFrame) -> pd.DataFrame:
        core = functional_links(metro.municipalities, table).features["core"]
        return core[(core["origin"] == pair["origin"]) & (core["core"] == pair["core"])]

    assert flow(metro.od_flows)["flow"].tolist() == [item["flow"]]
    od = metro.od_flows
    mine = (od["origin"] == item["origin"]) & (od["destination"] == item["destination"])
    assert flow(od[~mine])["flow"].fillna(0).sum() == 0
    elsewhere = od[(od["origin"] == item["origin"]) & (od["destination"] != item["origin"]) & ~mine]
    assert item["expected"]["largest_flow_of_its_origin"]
    assert item["flow"] > elsewhere["flow"].max()


def relation(metro: Any, timetable: Any, item: Item) -> pd.Series:
    result = connections(metro.municipalities, metro.localities, timetable, coverage=metro.coverage)
    names = metro.municipalities.set_index("teryt")["name"]
    table = result.features["relations"].set_index(["name_from", "name_to"])
    return table.loc[(names[item["origin"]], names[item["destination"]])]


def line_between(tables: Tables, item: Item, seats: gpd.GeoDataFrame) -> None:
    """A bus line of six pairs a day between the two seats."""
    move = pyproj.Transformer.from_crs(2180, 4326, always_xy=True)
    stops = []
    for k, point in enumerate(seats.geometry):
        lon, lat = move.transform(point.x, point.y)
        stops.append({**dict.fromkeys(tables["stops"].columns, ""), "stop_id": f"NEW{k}",
                      "stop_name": f"Nowy {k}", "stop_lat": f"{lat:.6f}",
                      "stop_lon": f"{lon:.6f}"})  # fmt: skip
    trips, calls = [], []
    for service in ("SZK", "FER", "SOB", "NIE"):
        for hour in range(6, 18, 2):
            for way in (0, 1):
                trip = f"NEW_{service}_{hour}_{way}"
                trips.append({"trip_id": trip, "route_id": tables["trips"]["route_id"].iloc[0],
                              "service_id": service})  # fmt: skip
                for k, at in enumerate((f"{hour:02}:00:00", f"{hour:02}:50:00")):
                    calls.append({"trip_id": trip, "arrival_time": at, "departure_time": at,
                                  "stop_id": f"NEW{k ^ way}",
                                  "stop_sequence": str(k + 1)})  # fmt: skip
    for name, rows in (("stops", stops), ("trips", trips), ("stop_times", calls)):
        tables[name] = pd.concat([tables[name], pd.DataFrame(rows)], ignore_index=True).fillna("")


def test_flow_has_no_connection_and_undone(
    metro: Any, folder: Path, tmp_path: Path, planted: dict[str, Item]
) -> None:
    """No pair of journeys between the seats; with a bus line between them there are enough."""
    item = planted["flow_without_connection"]
    row = relation(metro, metro.timetable, item)
    days = [f"pairs_{day}" for day in DAYS]
    assert row[days].tolist() == [item["expected"]["pairs"]] * len(DAYS)
    assert row["state"] == item["expected"]["state"]
    towns = metro.municipalities.set_index("teryt")["name"]
    names = [towns[item["origin"]], towns[item["destination"]]]
    seats = metro.localities.set_index("name").loc[names]
    timetable = edited_timetable(metro, folder, tmp_path, lambda t: line_between(t, item, seats))
    again = relation(metro, timetable, item)
    assert (again[days] >= 4).all()
    assert again["state"] == "enough"


# --------------------------------------------------------------------------- service quality


def classes(metro: Any, item: Item, timetable: Any) -> tuple[pd.Series, pd.Series]:
    """Swiss classes of the village's cells near its stop, and the row of that stop."""
    cells = around(metro.population, item, 600)
    found = service_quality(
        metro.municipalities, cells, timetable, coverage=metro.coverage, methods=["are"]
    ).features
    stops = found["stops"]
    row = stops[stops["name"].str.startswith(item["name"] + " ")].iloc[0]
    mine = found["cells"]
    return mine.loc[mine.centroid.distance(row.geometry) < 290, "are"], row


def test_class_follows_from_the_headway_and_undone(
    metro: Any, folder: Path, tmp_path: Path, planted: dict[str, Item]
) -> None:
    item = planted["known_headway"]
    expected = item["expected"]
    near, stop = classes(metro, item, metro.timetable)
    assert len(near) >= 3
    assert set(near) == {expected["are_class_within_300_m"]}
    assert stop["category"] == expected["are_category"]
    assert stop["interval_min"] == pytest.approx(expected["interval_min"])

    def thinned(tables: Tables) -> None:
        trips = trips_at(tables, item)
        gone = pd.concat(
            [t.iloc[[k for k in range(len(t)) if k % 4]] for _, t in
             trips.groupby(["service_id", "direction_id"])]
        )["trip_id"]  # fmt: skip
        for name in ("trips", "stop_times"):
            tables[name] = tables[name][~tables[name]["trip_id"].isin(gone)]

    near, _ = classes(metro, item, edited_timetable(metro, folder, tmp_path, thinned))
    assert set(near) == {"none"}


# --------------------------------------------------------------------------- interchanges


def hubs(metro: Any, routes: gpd.GeoDataFrame, **more: Any) -> gpd.GeoDataFrame:
    found = interchange_access(
        metro.municipalities,
        metro.interchanges,
        routes,
        interchange_entrances=metro.interchange_entrances,
        **more,
    )
    return found.features["interchanges"].set_index("name")


def test_interchanges_are_joined_or_not(metro: Any, truth: dict[str, Any]) -> None:
    result = interchange_access(
        metro.municipalities,
        metro.interchanges,
        metro.cycle_routes,
        interchange_entrances=metro.interchange_entrances,
    )
    table = result.features["interchanges"].set_index("name")
    gaps = result.features["gaps_to_network"]
    items = [i for i in of_check(truth, "interchange_access") if "joined" in i["expected"]]
    assert len(items) == len(table) - 1  # the one that is cut off has a truth of its own
    for item in items:
        row, expected = table.loc[item["name"]], item["expected"]
        assert row["state"] == ("yes" if expected["joined"] else "no"), item["name"]
        assert row["teryt"] == item["teryt"]
        if "reached_length_over_m" in expected:
            assert row["network_km"] * 1000 > expected["reached_length_over_m"]
        if "reached_length_under_m" in expected:
            assert 0 < row["network_km"] * 1000 < expected["reached_length_under_m"]
        if "nearest_infrastructure_over_m" in expected:
            assert row["reason"] == "too_far"
            assert row["distance_m"] > expected["nearest_infrastructure_over_m"]
        if "missing_link" in expected:
            mine = gaps[gaps["interchange"] == item["name"]]
            assert mine["kind"].tolist() == ["fragment_to_network"]
            link = next(i for i in truth["planted"] if i["kind"] == "missing_link")
            assert mine["length_m"].max() < 1.01 * link["length_m"]


@pytest.mark.parametrize(
    ("kind", "gap"),
    [
        ("interchange_gap", "fragment_to_network"),
        ("interchange_bare", "to_network"),
        ("interchange_isolated", "fragment_to_network"),
    ],
)
def test_interchange_undone(metro: Any, planted: dict[str, Item], kind: str, gap: str) -> None:
    """The way that is missing is built."""
    item = planted[kind]
    if kind == "interchange_gap":
        plans = metro.investments
        line = plans.geometry[plans["name"] == "Łącznik do węzła"].item()
    else:
        routes = metro.cycle_routes
        gaps = interchange_access(
            metro.municipalities,
            metro.interchanges,
            routes,
            interchange_entrances=metro.interchange_entrances,
        ).features["gaps_to_network"]
        mine = (gaps["interchange"] == item["name"]) & (gaps["kind"] == gap)
        start, end = shapely.get_coordinates(gaps.geometry[mine].item())[[0, -1]]
        lines = routes.geometry[routes["state"] == "built"]
        ends = shapely.get_coordinates(lines.to_numpy())  # lines of one network share vertices
        ends = ends[np.hypot(*(ends - start).T) > 100]
        line = shapely.LineString([start, ends[np.argmin(np.hypot(*(ends - end).T))]])
    built = with_row(metro.cycle_routes, osm_id=1, highway="cycleway", state="built", geometry=line)
    row = hubs(metro, built).loc[item["name"]]
    assert row["state"] == "yes"
    assert row["network_km"] > 3


def test_ordinary_interchange_undone(metro: Any, truth: dict[str, Any]) -> None:
    """Without infrastructure around them no ordinary interchange is joined."""
    items = [i for i in of_check(truth, "interchange_access") if i["kind"] == "interchange"]
    near = shapely.union_all([here(i).buffer(400) for i in items])
    # whole routes gone could leave a municipality that nobody has mapped: unknown, not "no"
    routes = metro.cycle_routes.set_geometry(metro.cycle_routes.difference(near))
    table = hubs(metro, routes[~routes.is_empty])
    assert set(table.loc[[i["name"] for i in items], "state"]) == {"no"}


def test_stands_are_counted_as_planted_and_undone(metro: Any, truth: dict[str, Any]) -> None:
    def stands(racks: gpd.GeoDataFrame | None) -> pd.Series:
        return interchange_access(
            metro.municipalities,
            metro.interchanges,
            metro.cycle_routes,
            interchange_entrances=metro.interchange_entrances,
            bike_parking=racks,
        ).features["interchanges"].set_index("name")["bike_stands"]  # fmt: skip

    expected = {
        i["name"]: i["expected"]["bike_stands"] for i in of_check(truth, "interchange_access")
    }
    racks = metro.bike_parking
    found = stands(racks)
    unknown = [name for name, number in expected.items() if number is None]
    assert len(unknown) == 1
    assert found.drop(unknown).to_dict() == {
        name: number for name, number in expected.items() if number is not None
    }
    assert found[unknown].isna().all()  # stands of unknown capacity: not 0
    assert {"Point", "Polygon"} == set(racks.geom_type)
    # only what says its number: as the interchange's own layer has it
    given = metro.interchanges.set_index("name")["bike_stands"]
    told = racks[racks["capacity"].notna()]
    assert stands(told)[unknown].tolist() == given[unknown].tolist()
    assert stands(None).to_dict() == given.to_dict()


def test_cut_off_housing_has_its_people(metro: Any, planted: dict[str, Item]) -> None:
    expected = planted["interchange_cut_off"]["expected"]
    housing = shapely.Point(expected["housing_x"], expected["housing_y"])
    cells = metro.population[metro.population.distance(housing) < 700]
    assert cells["population"].sum() == expected["housing_people"]
    assert metro.buildings.distance(housing).lt(400).sum() > 20
    names = metro.localities.set_index("name")["people"]
    assert names["Podtorze"] == expected["housing_people"]


def test_every_settlement_has_its_people_and_streets(metro: Any) -> None:
    nodes = np.unique(shapely.get_coordinates(metro.streets.walk.edges.geometry), axis=0)
    places = shapely.get_coordinates(metro.localities.geometry)
    assert (cKDTree(nodes).query(places)[0] < 200).all()
    assert metro.localities["people"].sum() == metro.population["population"].sum()
    assert (metro.localities["people"] > 0).all()


def test_station_behind_the_railway_and_undone(metro: Any, planted: dict[str, Item]) -> None:
    """The housing is near by air and far on foot; a crossing brings it into reach."""
    item = planted["interchange_cut_off"]
    expected = item["expected"]
    housing = shapely.Point(expected["housing_x"], expected["housing_y"])
    door = metro.interchange_entrances
    door = door[door["interchange"] == item["id"]]
    assert door.distance(housing).max() < 800
    lines = around(metro.streets.walk.edges, item, 6000)[["geometry"]].reset_index(drop=True)
    homes = metro.population[metro.population.distance(housing) < 700]

    def run(streets: gpd.GeoDataFrame) -> tuple[pd.Series, gpd.GeoDataFrame]:
        found = interchange_access(
            metro.municipalities[metro.municipalities["teryt"] == item["teryt"]],
            metro.interchanges[metro.interchanges["id"] == item["id"]],
            metro.cycle_routes,
            interchange_entrances=door,
            population=homes,
            streets=from_lines(streets, mode="walk"),
        ).features
        return found["interchanges"].iloc[0], found["barriers"]

    row, barriers = run(lines)
    assert row["people_walk_streets"] == 0
    assert row["barrier_walk"] > 0.2 * expected["housing_people"]
    walled = barriers[barriers["mode"] == "walk"].iloc[0]
    assert walled["people"] == pytest.approx(row["barrier_walk"])
    assert walled["air_m"] < 800
    assert not walled["way_m"] < 3 * walled["air_m"]
    ends = np.unique(shapely.get_coordinates(lines.geometry.to_numpy()), axis=0)
    crossing = shapely.LineString(
        [ends[np.argmin(np.hypot(*(ends - (p.x, p.y)).T))] for p in (housing, door.geometry.item())]
    )
    row, _ = run(with_row(lines, geometry=crossing))
    # one crossing serves those who live along it; the lanes of the village wind on
    assert row["people_walk_streets"] > 0.3 * expected["housing_people"]
    assert row["barrier_walk"] < 0.7 * walled["people"]


# --------------------------------------------------------------------------- links and breaks


def links(metro: Any, routes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return missing_links(
        metro.municipalities,
        metro.streets.bike,
        interchanges=metro.interchanges,
        interchange_entrances=metro.interchange_entrances,
        cycle_routes=routes,
    ).features["links"]


def planned(metro: Any, name: str) -> Any:
    return metro.investments.geometry[metro.investments["name"] == name].item()


def test_missing_link_and_undone(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["missing_link"]
    found = links(metro, metro.cycle_routes)
    first = found[found["rank"] == 1].iloc[0]
    assert first["length_m"] == pytest.approx(item["expected"]["length_m"], rel=0.05)
    assert first["interchanges"] == item["name"]
    assert first["reason"] == "opens_interchange"
    assert first["teryt"] == item["teryt"]
    assert first.geometry.distance(here(item)) < 50
    line = planned(metro, "Łącznik do węzła")
    routes = with_row(
        metro.cycle_routes, osm_id=1, highway="cycleway", state="built", geometry=line
    )
    again = links(metro, routes)
    assert not (again["interchanges"] == item["name"]).any()


def test_planned_link_opens_the_interchange(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["missing_link"]

    def joined(investments: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return planned_links(
            metro.municipalities,
            metro.streets.bike,
            metro.interchanges,
            interchange_entrances=metro.interchange_entrances,
            cycle_routes=metro.cycle_routes,
            investments=investments,
            population=around(metro.population, item, 1000),
        ).features["interchanges"].set_index("name").loc[item["name"]]  # fmt: skip

    row = joined(metro.investments)
    assert not row["joined_before"]
    assert row["joined_all"]
    without = metro.investments[metro.investments["name"] != "Łącznik do węzła"]
    assert not joined(without)["joined_all"]


def test_border_break_and_undone(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["border_break"]
    pair = set(item["expected"]["between"])
    towns = metro.municipalities[metro.municipalities["teryt"].isin(pair)]

    def gaps(routes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        table = border_gaps(towns, metro.streets, cycle_routes=routes).features["crossings"]
        return table[(table["state"] == "gap") & (table["reason"] == "missing_between")]

    first = gaps(metro.cycle_routes).iloc[0]
    assert {first["teryt_a"], first["teryt_b"]} == pair
    assert first["rank"] == 1
    assert first["length_m"] == pytest.approx(item["expected"]["length_m"], rel=0.05)
    assert first.geometry.distance(here(item)) < 50
    line = planned(metro, "Łącznik przy granicy gmin")
    routes = with_row(
        metro.cycle_routes, osm_id=1, highway="cycleway", state="built", geometry=line
    )
    again = gaps(routes)
    assert not (again.distance(here(item)) < 300).any()


def differences(metro: Any, routes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    result = cycle_network(metro.municipalities, routes, streets=metro.streets)
    return result.features["differences"].set_index("missing_in")


def test_sources_differ_as_planted_and_undone(metro: Any, planted: dict[str, Item]) -> None:
    routes = metro.cycle_routes
    found = differences(metro, routes)
    official, osm = planted["official_absent_from_osm"], planted["osm_absent_from_official"]
    assert sorted(found.index) == ["layer", "osm"]
    for name, item in (("osm", official), ("layer", osm)):
        row = found.loc[name]
        assert row["length_m"] == pytest.approx(item["expected"]["length_m"], rel=0.05)
        assert row["teryt"] == item["teryt"]
        assert row.geometry.distance(shapely.box(*item["bounds"])) < 5
    # the official route struck out, and the one of OSM entered
    left = routes.set_geometry(routes.difference(found.geometry["osm"].buffer(1)))
    assert routes.length.sum() - left.length.sum() == pytest.approx(official["length_m"], rel=0.05)
    assert "osm" not in differences(metro, left[~left.is_empty]).index
    line = found.geometry["layer"]
    more = with_row(routes, osm_id=1, highway="cycleway", state="built", geometry=line)
    assert "layer" not in differences(metro, more).index


# --------------------------------------------------------------------------- plans


def faults(metro: Any, plan: Any) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    result = plan_validity(metro.municipalities, plan)
    return result.features["faults"], result.municipalities.set_index("teryt")


def with_zone(plan: Any, row: int, shape: Any) -> Any:
    own = dict(plan.own)
    own["zones"] = own["zones"].copy()
    own["zones"][row] = shape
    return replace(plan, own=own).to_crs(plan.crs)


def test_plan_faults_are_found(metro: Any, planted: dict[str, Item]) -> None:
    found, towns = faults(metro, metro.plans)
    assert sorted(found["code"]) == ["gap", "missing_value", "overlap"]
    for code in ("gap", "overlap"):
        item = planted[f"plan_{code}"]
        row = found[found["code"] == code].iloc[0]
        assert row["area_m2"] == pytest.approx(item["expected"]["area_m2"], abs=0.05)
        assert row["municipality"] == item["municipality"]
        assert row["file"] == Path(item["file"]).name
        assert row.geometry.distance(here(item)) < 300
    assert towns.loc[planted["plan_gap"]["teryt"], "valid"] == "no"
    bare = planted["no_plan"]
    assert towns.loc[bare["teryt"], "valid"] == bare["expected"]["state"] == "unknown"
    rest = towns.drop([planted["plan_gap"]["teryt"], bare["teryt"]])
    assert set(rest["valid"]) == {"yes"}


@pytest.mark.parametrize("code", ["gap", "overlap"])
def test_plan_fault_undone(metro: Any, planted: dict[str, Item], code: str) -> None:
    plan = metro.plans
    file = Path(planted[f"plan_{code}"]["file"]).name
    rows = np.flatnonzero((plan.zones["file"] == file).to_numpy())
    shapes = plan.own["zones"][rows]
    if code == "gap":
        act = plan.own["acts"][np.flatnonzero((plan.acts["file"] == file).to_numpy())[0]]
        hole = shapely.difference(act, shapely.union_all(shapes))
        at = int(np.argmax(shapely.length(shapely.intersection(shapes, hole))))
        changed = with_zone(plan, int(rows[at]), shapely.union(shapes[at], hole))
    else:
        a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        area = np.where(a == b, 0, shapely.area(shapely.intersection(shapes[a], shapes[b])))
        i, j = int(a[area.argmax()]), int(b[area.argmax()])
        changed = with_zone(plan, int(rows[i]), shapely.difference(shapes[i], shapes[j]))
    found, _ = faults(metro, changed)
    assert code not in set(found["code"])
    assert {"gap", "overlap"} - {code} <= set(found["code"])


def test_a_missing_value_is_found_and_undone(metro: Any, planted: dict[str, Item]) -> None:
    item, plan = planted["zone_without_value"], metro.plans
    found, _ = faults(metro, plan)
    row = found[found["code"] == "missing_value"].squeeze()
    expected = item["expected"]
    assert (row["label"], row["detail"]) == (expected["label"], expected["element"])
    assert row["municipality"] == item["municipality"]
    assert plan.zones.geometry[row["row"]].contains(here(item))
    zones = plan.zones.copy()
    zones.loc[row["row"], ["max_height", "max_height_text"]] = [9.0, "9.0"]
    found, _ = faults(metro, replace(plan, zones=zones))
    assert sorted(found["code"]) == ["gap", "overlap"]


def test_no_plan_undone(metro: Any, planted: dict[str, Item]) -> None:
    """An act with one zone for the whole municipality makes its state known."""
    item, plan = planted["no_plan"], metro.plans
    town = metro.municipalities.set_index("teryt").geometry[item["teryt"]]
    tables, own = {}, dict(plan.own)
    for table in ("acts", "zones"):
        frame = getattr(plan, table)
        new = frame[frame["crs"] == "EPSG:2180"].iloc[[0]].assign(
            teryt6=item["teryt"][:6], local_id=f"NEW-{table}", namespace="PL.NEW",
            gml_id=f"new-{table}")  # fmt: skip
        if table == "zones":
            new = new.assign(plan_namespace="PL.NEW", plan_id="NEW-acts")
        new = new.set_geometry([town])
        tables[table] = pd.concat([frame, new], ignore_index=True)
        own[table] = np.append(own[table], np.array([town], dtype=object))
    _, towns = faults(metro, replace(plan, **tables, own=own))
    assert towns.loc[item["teryt"], "valid"] == "yes"


def test_corridor_ends_at_border_and_undone(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["corridor_ends_at_border"]
    towns = metro.municipalities
    towns = towns[towns["teryt"].isin(item["expected"]["between"])]
    codes = metro.corridors["id"] == item["expected"]["corridor"]
    name = metro.corridors.loc[codes, "name"].item()
    zones = metro.plans.zones.rename(columns={"teryt6": "teryt"})
    zones = zones[zones["teryt"].isin([t[:6] for t in item["expected"]["between"]])]

    def stretches(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        table = border_coherence(
            towns, planning_zones=frame[["symbol", "label", "geometry"]], corridors=metro.corridors
        ).features["stretches"]
        return table[(table["corridor"] == name) & (table["to"] == item["municipality"])]

    found = stretches(zones)
    assert found["continues"].iloc[0] == "no"
    assert found["symbol_to"].iloc[0] == item["expected"]["zone"]
    broken = found.loc[found["continues"] == "no", "length_m"].sum()
    assert broken == pytest.approx(item["border_length_m"], rel=0.05)
    line = found.geometry.iloc[0]
    wall = (zones["teryt"] == item["teryt"][:6]) & (zones["symbol"] == item["expected"]["zone"])
    opened = zones.assign(symbol=zones["symbol"].mask(wall & (zones.distance(line) < 30), "SO"))
    again = stretches(opened)
    assert again.loc[again["continues"] == "no", "length_m"].sum() < 0.05 * broken
    assert again.loc[again["continues"] == "yes", "length_m"].sum() > 0.9 * broken


@pytest.mark.parametrize(
    "kind", ["corridor_bottleneck", pytest.param("corridor_cut", marks=pytest.mark.long)]
)
def test_corridor_passage_and_undone(metro: Any, planted: dict[str, Item], kind: str) -> None:
    item = planted[kind]
    expected = item["expected"]
    corridor = metro.corridors[metro.corridors["id"] == expected["corridor"]]
    zones = metro.plans.zones[["symbol", "label", "geometry"]]
    zones = zones[zones.intersects(corridor.geometry.item())].reset_index(drop=True)

    def run(frame: gpd.GeoDataFrame) -> tuple[pd.Series, gpd.GeoDataFrame]:
        found = corridor_conflicts(
            metro.municipalities, corridor, planning_zones=frame, buildings=metro.buildings
        ).features
        return found["corridors"].iloc[0], found["bottlenecks"]

    row, places = run(zones)
    assert row["cut"] == ("yes" if expected["cut"] else "no")
    assert row["clear_width_m"] == pytest.approx(expected["clear_width_m"], rel=0.05)
    place = places.iloc[0]
    assert place["kind"] == ("cut" if expected["cut"] else "bottleneck")
    assert place["municipality"] == item["municipality"]
    assert place.geometry.distance(here(item)) < 300
    planned_ = (zones["symbol"] == expected["zone"]) & (zones.distance(here(item)) < 130)
    row, _ = run(zones.assign(symbol=zones["symbol"].mask(planned_, "SO")))
    assert row["cut"] == "no"
    assert row["clear_width_m"] > expected["clear_width_m"] + 40


def test_nothing_unplanned_cuts_a_corridor(metro: Any, truth: dict[str, Any]) -> None:
    """As drawn, corridors are hundreds of metres wide; only the planted zones cut or narrow one."""
    found = corridor_conflicts(metro.municipalities, metro.corridors, metro.plans).features
    table = found["corridors"].set_axis(metro.corridors["id"])
    assert (table["clear_width_before_m"] > 400).all()
    items = of_check(truth, "corridor_conflicts")
    cut = {i["expected"]["corridor"] for i in items if i["expected"]["cut"]}
    narrow = {i["expected"]["corridor"] for i in items if not i["expected"]["cut"]}
    assert set(table.index[table["cut"] == "yes"]) == cut
    rest = table.drop([*cut, *narrow])
    assert (rest["clear_width_m"] > 0.95 * rest["clear_width_before_m"]).all()


def test_zone_in_the_green_ring_and_undone(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["zone_in_green_ring"]
    expected = item["expected"]
    zones = metro.plans.zones[["symbol", "label", "geometry"]]

    def conflicts(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        table = model_coherence(
            metro.municipalities, metro.structure, metro.model_compatibility, planning_zones=frame
        ).features["conflicts"]
        return table[table.distance(here(item)) < 50]

    row = conflicts(zones).iloc[0]
    assert row["class"] == expected["class"]
    assert row["symbol"] == expected["symbol"]
    assert row["label"] == item["zone"]
    assert row["municipality"] == item["municipality"]
    assert row["area_ha"] * 1e4 == pytest.approx(expected["area_m2"], rel=1e-3)
    planned_ = zones.contains(here(item))
    assert planned_.sum() == 1
    assert conflicts(zones.assign(symbol=zones["symbol"].mask(planned_, "SO"))).empty


# --------------------------------------------------------------------------- land


def test_leapfrog_settlement_and_undone(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["leapfrog"]
    before, now = metro.built_up_before, metro.built_up
    area = item["expected"]["area_ha"] * 1e4

    def patch(values: np.ndarray) -> Any:
        found = growth.new_patches(before.values, values, built_up=1, transform=now.transform,
                                   crs=now.crs, nodata=255)  # fmt: skip
        row, col = (int(v) for v in rasterio.transform.rowcol(now.transform, item["x"], item["y"]))
        number = found.labels[row, col]
        return found.table.set_index("id").loc[number] if number else None

    row = patch(now.values)
    assert row["kind"] == item["expected"]["type"] == "leapfrog"
    assert row["area"] == pytest.approx(area, abs=1.0)
    inside = rasterio.features.rasterize(
        [here(item).buffer(400)], now.values.shape, transform=now.transform
    ).astype(bool)
    undone = np.where(inside & (before.values == 0), 0, now.values)
    assert patch(undone) is None


def test_leapfrog_in_the_check_and_undone(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["leapfrog"]

    def nearest(now: Any) -> pd.Series:
        table = urban_growth(
            metro.municipalities, now, metro.built_up_before, year_before=2014, year_after=2024
        ).features["patches"]
        return table.iloc[int(table.distance(here(item)).to_numpy().argmin())]

    row = nearest(metro.built_up)
    assert row["kind"] == item["expected"]["type"]
    assert row["area_ha"] == pytest.approx(item["expected"]["area_ha"], abs=0.04)
    assert row["municipality"] == item["municipality"]
    values = metro.built_up.values.copy()
    x, y = metro.built_up.transform.c, metro.built_up.transform.f
    col, r = int((item["x"] - x) // 20), int((y - item["y"]) // 20)
    values[r - 20 : r + 21, col - 20 : col + 21] = 0
    again = nearest(replace(metro.built_up, values=values))
    assert again.geometry.distance(here(item)) > 300


def test_lost_patch_in_the_check_and_undone(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["lost_patch"]
    zones = metro.plans.zones
    zones = zones[zones["teryt6"] == item["teryt"][:6]][["symbol", "label", "geometry"]]

    def run(frame: gpd.GeoDataFrame) -> tuple[pd.Series, gpd.GeoDataFrame]:
        found = corridor_connectivity(
            metro.municipalities, metro.land_cover, planning_zones=frame,
            land_cover_classes=metro.land_cover_classes, current_patches=0, fixes=0,
        ).features  # fmt: skip
        woods = found["patches"]
        costs = found["conflicts"]
        return woods[woods.distance(here(item)) < 30].iloc[0], costs[costs["label"] == item["zone"]]

    patch, conflict = run(zones)
    assert patch["state"] == "lost"
    assert patch["municipality"] == item["municipality"]
    assert conflict["habitat_ha"].item() == pytest.approx(item["area_m2"] / 1e4, abs=0.01)
    assert conflict["links"].item() >= 1
    undone = zones.assign(symbol=zones["symbol"].mask(zones["label"] == item["zone"], "SO"))
    patch, conflict = run(undone)
    assert patch["state"] != "lost"
    assert patch["lost_ha"] == 0
    assert conflict.empty


def test_lost_patch_and_undone(metro: Any, planted: dict[str, Item]) -> None:
    """Connectivity of the three woods falls as truth.json says, where the zone is built."""
    item = planted["lost_patch"]
    expected = item["expected"]
    cover = metro.land_cover
    zones = metro.plans.zones
    zone = zones[zones.contains(here(item))]
    assert zone["label"].tolist() == [item["zone"]]
    x0, y0, x1, y1 = item["window"]
    inside = rasterio.features.rasterize(
        [shapely.box(x0, y0, x1, y1)], cover.values.shape, transform=cover.transform
    ).astype(bool)
    habitat = np.isin(cover.values, item["habitat"]) & inside

    def eca(lost: gpd.GeoDataFrame) -> tuple[float, float]:
        left = habitat
        if len(lost):
            built = rasterio.features.rasterize(
                lost.geometry, cover.values.shape, transform=cover.transform
            )
            left = habitat & (built == 0)
        woods = patches.from_raster(left, transform=cover.transform, crs=cover.crs).table
        i, j = np.triu_indices(len(woods), 1)
        gap = shapely.distance(woods.geometry.to_numpy()[i], woods.geometry.to_numpy()[j])
        links = pd.DataFrame({"i": woods["id"].to_numpy()[i], "j": woods["id"].to_numpy()[j],
                              "cost": gap})  # fmt: skip
        found = connectivity.indices(
            woods, links, distance=expected["distance_m"], probability=expected["probability"]
        )
        return found.ECA, woods["attribute"].sum()

    before, area = eca(zone.iloc[:0])
    after, rest = eca(zone)
    assert before == pytest.approx(expected["eca_before_m2"], rel=1e-6)
    assert after == pytest.approx(expected["eca_after_m2"], rel=1e-6)
    assert area - rest == pytest.approx(expected["lost_area_m2"])
    assert after < 0.9 * before
    corridor = metro.corridors.set_index("id").geometry[item["corridor"]]
    assert corridor.contains(shapely.MultiPoint([(p["x"], p["y"]) for p in item["patches"]]))
