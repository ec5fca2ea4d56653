"""White spots: three states, causes, verified fixes, spots, invariants, real data."""

import itertools
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from metrogis import open_metro
from metrogis.checks.shared.dissolving import dissolve
from metrogis.checks.shared.service import (
    Pairs,
    Rule,
    StraightLine,
    read_service,
    served,
)
from metrogis.checks.transport_accessibility.white_spots.check import CHECK, white_spots
from metrogis.checks.transport_accessibility.white_spots.spots import join
from metrogis.errors import CRSError, ParameterError, SchemaError
from metrogis.transit import read_feed

CRS = "EPSG:2180"
X0, Y0 = 450_000.0, 740_000.0
FAR = (30_000.0, 0.0)
TO_DEGREES = pyproj.Transformer.from_crs(2180, 4326, always_xy=True)
DAYS = ("school_day", "holiday_weekday", "saturday", "sunday")
HOUR = 3600
ENOUGH = (5.5, 6, 7, 10, 13, 14, 15, 20)  # 8 departures, some in each commuting window


def write_feed(folder, stops, trips, shapes=None):
    """Write a GTFS folder. Stops: id -> (x, y[, parent]); trips: (type, service, calls)."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, (x, y, *parent) in {"far": FAR, **stops}.items():
        lon, lat = TO_DEGREES.transform(X0 + x, Y0 + y)
        kind = 1 if name.startswith("station") else 0
        rows.append((name, f"Stop {name}", repr(lat), repr(lon), kind, parent[0] if parent else ""))
    columns = ["stop_id", "stop_name", "stop_lat", "stop_lon", "location_type", "parent_station"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "stops.txt", index=False)
    kinds = sorted({t[0] for t in trips})
    pd.DataFrame(
        {"route_id": [f"r{k}" for k in kinds], "route_short_name": kinds, "route_type": kinds}
    ).to_csv(folder / "routes.txt", index=False)
    table, times = [], []
    for i, (kind, service, calls) in enumerate(trips):
        table.append((f"t{i}", f"r{kind}", service, "s" if shapes else ""))
        for order, (stop, hours) in enumerate(calls):
            s = round(hours * HOUR)
            clock = f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}"
            times.append((f"t{i}", clock, clock, stop, order))
    columns = ["trip_id", "route_id", "service_id", "shape_id"]
    pd.DataFrame(table, columns=columns).to_csv(folder / "trips.txt", index=False)
    columns = ["trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"]
    pd.DataFrame(times, columns=columns).to_csv(folder / "stop_times.txt", index=False)
    if shapes:
        lon, lat = TO_DEGREES.transform(*np.add(shapes, [X0, Y0]).T)
        pd.DataFrame(
            {"shape_id": "s", "shape_pt_lat": lat, "shape_pt_lon": lon,
             "shape_pt_sequence": range(len(lat))}
        ).to_csv(folder / "shapes.txt", index=False)  # fmt: skip
    week = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    runs = {"week": [1] * 5 + [0, 0], "sat": [0] * 5 + [1, 0], "sun": [0] * 6 + [1]}
    pd.DataFrame(
        [(s, *flags, 20241001, 20241031) for s, flags in runs.items()],
        columns=["service_id", *week, "start_date", "end_date"],
    ).to_csv(folder / "calendar.txt", index=False)
    holidays = pd.DataFrame({"start": ["2024-10-28"], "end": ["2024-10-31"]})
    return read_feed(folder, school_holidays=holidays)


def runs(stop, hours, kind=3, services=("week", "sat", "sun")):
    """Trips from a stop to one far away; those of one hour follow each other by the minute."""
    times = list(hours)
    own = [h + times[:i].count(h) / 60 for i, h in enumerate(times)]
    return [(kind, s, [(stop, h), ("far", h + 0.5)]) for s in services for h in own]


def municipalities(count=1, side=4000):
    return gpd.GeoDataFrame(
        {
            "teryt": [f"22150{i + 1}1" for i in range(count)],
            "name": [f"Town {i + 1}" for i in range(count)],
        },
        geometry=[box(X0 + i * side, Y0, X0 + (i + 1) * side, Y0 + side) for i in range(count)],
        crs=CRS,
    )


def cells(*centres, people=100.0, side=200):
    h = side / 2
    return gpd.GeoDataFrame(
        {"population": np.broadcast_to(np.asarray(people, float), len(centres)).copy()},
        geometry=[box(X0 + x - h, Y0 + y - h, X0 + x + h, Y0 + y + h) for x, y in centres],
        crs=CRS,
    )


def complete(*codes, mode="all"):
    return pd.DataFrame(
        {"feed": "*", "teryt": list(codes or ["2215011"]), "mode": mode, "state": "complete"}
    )


def state_of(result, day="school_day"):
    return result.features["cells"][f"state_{day}"].tolist()


def cause_of(result, day="school_day"):
    return result.features["cells"][f"cause_{day}"].tolist()


# ------------------------------------------------------------------ the rule at its boundaries


@pytest.mark.parametrize(
    ("distance", "expected"), [(500.0, "served"), (500.001, "white"), (0.0, "served")]
)
def test_exactly_the_walk_limit_is_within_it(tmp_path, distance, expected):
    feed = write_feed(tmp_path / "f", {"a": (1000 + distance, 2000)}, runs("a", ENOUGH))
    result = white_spots(
        municipalities(), cells((1000, 2000)), feed, coverage=complete(), detour=1.0
    )
    assert state_of(result) == [expected]


def test_straight_line_is_lengthened_by_the_detour(tmp_path):
    feed = write_feed(tmp_path / "f", {"a": (1000, 2000)}, runs("a", ENOUGH))
    near, far = (1000 + 500 / 1.3, 2000), (1000, 2000 + 500 / 1.3 + 0.01)
    result = white_spots(municipalities(), cells(near, far), feed, coverage=complete())
    assert state_of(result) == ["served", "white"]
    assert any(row.layer == "streets" and row.action == "modelled" for row in result.audit)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (ENOUGH, "served"),
        (ENOUGH[1:], "white"),  # seven departures
        ((9, 10, 11, 12, 13, 14, 15, 16, 17), "white"),  # 9:00 is past the morning window
        ((5, 10, 11, 12, 13, 18, 19, 20), "served"),  # 5:00 and 13:00 are inside
        ((6, 7, 8, 17, 18, 19, 20, 21, 22), "white"),  # 17:00 is past the afternoon window
        ((6, 13, 18, 19, 20, 21, 22, 24.5), "served"),  # after midnight counts in the day
    ],
)
def test_minimum_service_at_its_boundaries(tmp_path, hours, expected):
    feed = write_feed(tmp_path / "f", {"a": (1000, 2000)}, runs("a", hours))
    assert state_of(
        white_spots(municipalities(), cells((1000, 2000)), feed, coverage=complete())
    ) == [expected]


def test_trains_are_walked_to_from_farther_than_buses(tmp_path):
    for kind, expected in ((2, "served"), (1, "served"), (4, "served"), (3, "white"), (0, "white")):
        feed = write_feed(tmp_path / str(kind), {"a": (1700, 2000)}, runs("a", ENOUGH, kind))
        result = white_spots(municipalities(), cells((1000, 2000)), feed, coverage=complete())
        assert state_of(result) == [expected], kind


def test_a_bus_at_the_station_does_not_count_from_afar(tmp_path):
    stops = {"station": (1700, 2000), "p1": (1700, 2000, "station"), "p2": (1700, 2000, "station")}
    trips = runs("p1", ENOUGH[:4], 2) + runs("p2", ENOUGH[4:], 3)
    feed = write_feed(tmp_path / "f", stops, trips)
    result = white_spots(
        municipalities(), cells((1000, 2000), (1600, 2000)), feed, coverage=complete()
    )
    # platforms of one station count together, but only what people walk that far to
    assert state_of(result) == ["white", "served"]
    assert cause_of(result)[0] == "too_few"


@pytest.mark.parametrize(
    ("apart", "names", "options", "expected"),
    [
        (50.0, ("Rynek", "Szkoła"), {}, "served"),
        (50.01, ("Rynek", "Szkoła"), {}, "white"),
        (50.0, ("Rynek", "Szkoła"), {"place_distance": 49.9}, "white"),
        (150.0, ("Rynek 01", "RYNEK 02 n/ż"), {}, "served"),
        (150.01, ("Rynek 01", "RYNEK 02 n/ż"), {}, "white"),
        (150.0, ("Rynek 01", "RYNEK 02 n/ż"), {"merge_distance": 149.9}, "white"),
        (150.0, ("Rynek", "Ryneczek"), {}, "white"),
        (150.0, ("", ""), {}, "white"),
    ],
)
def test_posts_form_one_place_by_distance_and_name(tmp_path, apart, names, options, expected):
    stops = {"a": (1000, 2000), "b": (1000, 2000 + apart)}
    feed = write_feed(tmp_path / "f", stops, runs("a", ENOUGH[:4]) + runs("b", ENOUGH[4:]))
    for stop, name in zip(("a", "b"), names, strict=True):
        feed.stops.loc[feed.stops["stop_id"] == stop, "stop_name"] = name
    found = white_spots(municipalities(), cells((1000, 2000)), feed, coverage=complete(), **options)
    assert state_of(found) == [expected]


def test_windows_may_be_left_out_on_days_off(tmp_path):
    late = (9, 10, 11, 12, 18, 19, 20, 21)
    feed = write_feed(tmp_path / "f", {"a": (1000, 2000)}, runs("a", late))
    args = (municipalities(), cells((1000, 2000)), feed)
    strict = white_spots(*args, coverage=complete())
    assert [state_of(strict, d)[0] for d in DAYS] == ["white"] * 4
    mild = white_spots(*args, coverage=complete(), windows_on_days_off=False)
    assert [state_of(mild, d)[0] for d in DAYS] == ["white", "white", "served", "served"]


# ------------------------------------------------------------------ three states


def two_towns(tmp_path):
    feed = write_feed(tmp_path / "f", {"a": (1000, 2000)}, runs("a", ENOUGH))
    places = cells((1000, 2000), (2000, 2000), (3900, 2000), (6000, 2000))
    return feed, places


def test_white_only_where_coverage_is_complete(tmp_path):
    feed, places = two_towns(tmp_path)
    nothing = white_spots(municipalities(2), places, feed)
    assert state_of(nothing) == ["served", "unknown", "unknown", "unknown"]
    assert "none of the 2 municipalities" in " ".join(nothing.sentences("en"))
    one = white_spots(municipalities(2), places, feed, coverage=complete("2215011"))
    # 3900 is 100 m from the second town, whose stops may serve it
    assert state_of(one) == ["served", "white", "unknown", "unknown"]
    loose = white_spots(
        municipalities(2), places, feed, coverage=complete("2215011"), neighbours_complete=False
    )
    assert state_of(loose) == ["served", "white", "white", "unknown"]
    both = white_spots(municipalities(2), places, feed, coverage=complete("2215011", "2215021"))
    assert state_of(both) == ["served", "white", "white", "white"]


@pytest.mark.parametrize(
    ("rows", "white"),
    [
        ([("bus", "complete")], True),
        ([("bus", "partial")], False),
        ([("bus", "none")], False),
        ([("rail", "complete")], False),  # buses may run anywhere
        ([("bus", "complete"), ("rail", "none")], False),
        ([("bus", "complete"), ("rail", "complete")], True),
        ([("bus", "complete"), ("bus", "none")], False),  # another operator's is not at hand
        ([("bus", "complete"), ("trolleybus", "partial")], False),
    ],
)
def test_every_mode_and_operator_must_be_complete(tmp_path, rows, white):
    feed, places = two_towns(tmp_path)
    table = pd.DataFrame(
        [("f", "2215011", mode, state) for mode, state in rows],
        columns=["feed", "teryt", "mode", "state"],
    )
    result = white_spots(municipalities(), places.iloc[:2], feed, coverage=table)
    assert state_of(result) == ["served", "white" if white else "unknown"]


def test_a_station_without_coverage_of_rail_blocks_white(tmp_path):
    feed, places = two_towns(tmp_path)
    station = gpd.GeoDataFrame(
        {"name": ["Halt"]}, geometry=[shapely.Point(X0 + 500, Y0 + 500)], crs=CRS
    )
    args = (municipalities(), places.iloc[:2], feed)
    table = complete(mode="bus")
    assert state_of(white_spots(*args, coverage=table)) == ["served", "white"]
    blocked = white_spots(*args, coverage=table, rail_stations=station)
    assert state_of(blocked) == ["served", "unknown"]
    trams = gpd.GeoDataFrame({"name": ["T"], "mode": ["tram"]}, geometry=station.geometry, crs=CRS)
    assert state_of(white_spots(*args, coverage=table, stop_posts=trams)) == ["served", "unknown"]
    buses = trams.assign(mode="bus")
    assert state_of(white_spots(*args, coverage=table, stop_posts=buses)) == ["served", "white"]


def test_codes_of_the_coverage_table_are_matched_and_audited(tmp_path):
    feed, places = two_towns(tmp_path)
    table = complete("2215013", "9999011")
    result = white_spots(municipalities(), places.iloc[:2], feed, coverage=table)
    assert state_of(result) == ["served", "white"]
    rows = {(r.layer, r.action): r.examples for r in result.audit}
    assert rows["coverage", "guessed"] == "2215011 = 2215013"
    assert rows["coverage", "dropped"] == "9999011"


def test_without_a_timetable_all_is_unknown_even_with_coverage():
    posts = gpd.GeoDataFrame({"name": ["P"]}, geometry=[shapely.Point(X0 + 5, Y0 + 5)], crs=CRS)
    result = white_spots(
        municipalities(), cells((1000, 2000)), coverage=complete(), stop_posts=posts
    )
    assert [state_of(result, d) for d in DAYS] == [["unknown"]] * 4
    assert result.features["stops"]["service"].tolist() == ["unknown"]
    assert result.figures["white_people"] == 0
    assert "luka w danych" in " ".join(result.sentences("pl"))


def test_a_day_type_the_timetable_does_not_know_is_unknown(tmp_path):
    write_feed(tmp_path / "f", {"a": (1000, 2000)}, runs("a", ENOUGH))
    feed = read_feed(tmp_path / "f")  # no school holidays
    result = white_spots(
        municipalities(), cells((1000, 2000), (3000, 2000)), feed, coverage=complete()
    )
    assert state_of(result, "holiday_weekday") == ["unknown", "unknown"]
    assert state_of(result, "school_day") == ["served", "white"]
    row = result.municipalities.iloc[0]
    assert row["unknown_share_holiday_weekday"] == 1
    assert row["white_share_school_day"] == row["white_share"] == 0.5


def test_unknown_and_absent_people(tmp_path):
    feed, _ = two_towns(tmp_path)
    places = cells(
        (1000, 2000), (2000, 2000), (2000, 3000), (3000, 3000), people=[np.nan, 30, 0, np.nan]
    )
    result = white_spots(municipalities(2), places, feed, coverage=complete("2215011"))
    first, second = (row for _, row in result.municipalities.iterrows())
    assert (first["population"], first["white_people"], first["served_people"]) == (30, 30, 0)
    assert first["white_share"] == 1
    assert second[["population", "white_share", "unknown_share"]].isna().all()
    # nobody lives in the third cell; perhaps nobody in the fourth: neither is a white spot
    at = result.features["cells"].set_index("cell")["state"]
    assert at[[0, 1, 3]].tolist() == ["served", "white", "unknown"]
    assert 2 not in at.index
    assert result.features["spots"]["population"].tolist() == [30]
    empty = white_spots(municipalities(), cells((1000, 2000), people=0), feed).municipalities.iloc[
        0
    ]
    assert (empty["population"], empty["served_people"]) == (0, 0)
    assert np.isnan(empty["served_share"])


def test_without_population_no_people_are_shown(tmp_path):
    feed, _ = two_towns(tmp_path)
    result = white_spots(municipalities(), None, feed, coverage=complete())
    assert result.municipalities["white_share"].isna().all()
    assert result.figures["served_km2"] == pytest.approx(4 * 0.0625)
    total = sum(result.figures[f"{s}_km2"] for s in ("served", "white", "unknown"))
    assert total == pytest.approx(16)


def test_a_coarse_cell_is_not_decided_by_its_centre(tmp_path):
    feed = write_feed(tmp_path / "f", {"a": (300, 300)}, runs("a", ENOUGH))
    coarse = cells((2000, 2000), people=1600.0, side=4000)
    result = white_spots(municipalities(), coarse, feed, coverage=complete())
    share = result.municipalities["served_share"].iloc[0]
    centres = np.arange(125, 4000, 250)
    x, y = np.meshgrid(centres, centres)
    assert share == pytest.approx((np.hypot(x - 300, y - 300) * 1.3 <= 500).mean(), rel=1e-6)
    assert 0 < share < 0.1
    assert result.features["cells"]["modelled"].all()


def test_cells_are_split_to_half_the_shortest_walk(tmp_path):
    feed, _ = two_towns(tmp_path)
    coarse = cells((2000, 2000), side=1200)
    result = white_spots(municipalities(), coarse, feed, bus_walk_limit=300)
    assert len(result.features["cells"]) == 64  # 150 m


def test_municipal_totals_scale_the_cells(tmp_path):
    feed, places = two_towns(tmp_path)
    table = pd.DataFrame({"teryt": ["2215013", "2215014", "2215021"], "population": [900, 5, 50]})
    result = white_spots(municipalities(2), places, feed, population_municipal=table)
    assert result.municipalities["population"].tolist() == [900, 50]
    assert result.municipalities["served_people"].tolist() == pytest.approx([300, 0])
    assert any("2215011 = 2215013" in row.examples for row in result.audit)


# ------------------------------------------------------------------ causes, fixes, spots


def test_causes(tmp_path):
    stops = {"few": (500, 500), "hours": (500, 1800), "days": (500, 3100), "none": (2500, 500)}
    trips = (
        runs("few", (6, 14))
        + runs("hours", range(9, 24))
        + runs("days", ENOUGH, services=("sat",))
        + runs("none", (), services=())
    )
    feed = write_feed(tmp_path / "f", stops, trips)
    places = cells((500, 500), (500, 1800), (500, 3100), (2500, 500))
    result = white_spots(municipalities(), places, feed, coverage=complete())
    # a stop that no trip ever calls at is no stop
    expected = ["too_few", "wrong_hours", "other_days", "no_stop"]
    assert cause_of(result) == expected
    assert cause_of(result, "saturday")[2] == ""
    assert state_of(result, "saturday")[2] == "served"


class Fence:
    """A walk network with a fence: nobody crosses x = 1500."""

    def walk_pairs(self, origins, targets, *, limit):
        found = StraightLine(1.0).walk_pairs(origins, targets, limit=limit)
        same = (origins[found.origin, 0] < X0 + 1500) == (targets[found.target, 0] < X0 + 1500)
        return Pairs(found.origin[same], found.target[same], found.metres[same])


def test_barrier_needs_a_network_and_asks_for_a_path(tmp_path):
    feed = write_feed(tmp_path / "f", {"a": (1400, 2000)}, runs("a", ENOUGH))
    result = white_spots(
        municipalities(),
        cells((1300, 2000), (1700, 2000)),
        feed,
        coverage=complete(),
        streets=Fence(),
    )
    assert state_of(result) == ["served", "white"]
    assert cause_of(result) == ["", "barrier"]
    row = result.features["cells"].iloc[1]
    assert (row["fix"], row["fix_size"]) == ("path", pytest.approx(300, abs=1e-3))
    with pytest.raises(ParameterError):
        white_spots(municipalities(), cells((1300, 2000)), feed, streets="roads")


@pytest.mark.parametrize(
    "hours", [(), (6,), (6, 7, 14), (6, 9, 10, 11, 12, 18, 19, 20), (10, 11), (14,) * 7]
)
def test_the_smallest_fix_is_verified_by_running_the_check_again(tmp_path, hours):
    trips = runs("a", hours, services=("week",)) + runs("a", (6,), services=("sun",))
    feed = write_feed(tmp_path / "now", {"a": (1000, 2000)}, trips)
    result = white_spots(municipalities(), cells((1100, 2000)), feed, coverage=complete())
    row = result.features["cells"].iloc[0]
    size = int(row["fix_size"])
    assert (row["fix"], row["fix_verified"]) == ("departures", True)
    spot = result.features["spots"].iloc[0]
    assert (spot["fix_size"], spot["fix_place"]) == (size, "Stop a")
    assert (spot["fix_people"], spot["fix_verified"]) == (100, True)

    # every way to add so many departures, and one fewer, each at a stop of its own
    ways = [
        extra
        for n in (size, size - 1)
        for extra in itertools.combinations_with_replacement((7.25, 15.25, 22.25), n)
    ]
    stops = {f"a{i}": (1000 + i % 10 * 2000, 2000 + i // 10 * 2000) for i in range(len(ways))}
    trips = []
    for name, extra in zip(stops, ways, strict=True):
        trips += runs(name, (*hours, *extra), services=("week",))
    again = write_feed(tmp_path / "then", stops, trips)
    homes = cells(*((x + 100, y) for x, y in stops.values()))
    states = state_of(white_spots(municipalities(side=25_000), homes, again, coverage=complete()))
    served = {len(extra) for extra, state in zip(ways, states, strict=True) if state == "served"}
    assert served == {size}


def test_a_new_stop_where_a_line_passes(tmp_path):
    stops = {"a": (200, 2000), "b": (3800, 2000)}
    trips = [(3, "week", [("a", h), ("b", h + 0.2)]) for h in ENOUGH]
    shape = [(200, 2000), (2000, 2600), (3800, 2000)]
    places = cells((2000, 2700), (2000, 3200), (2000, 2000))
    feed = write_feed(tmp_path / "f", stops, trips, shape)
    result = white_spots(municipalities(), places, feed, coverage=complete())
    table = result.features["cells"]
    # the second is 600 m from the line on foot times 1.3; the third as well
    assert table["fix"].tolist() == ["new_stop", "none", "none"]
    spot = result.features["spots"].set_index("name", drop=False)
    best = spot[spot["fix"] == "new_stop"].iloc[0]
    assert (best["fix_place"], best["fix_lines"]) == ("Stop a – Stop b", "3")
    assert best["fix_verified"]
    point = result.features["fixes"].geometry.iloc[0]
    assert point.distance(shapely.Point(X0 + 2000, Y0 + 2600)) < 40

    # applied: the trips call there, and the cell is served
    x, y = point.x - X0, point.y - Y0
    trips = [(3, "week", [("a", h), ("new", h + 0.1), ("b", h + 0.2)]) for h in ENOUGH]
    again = write_feed(tmp_path / "g", {**stops, "new": (x, y)}, trips)
    assert (
        state_of(white_spots(municipalities(), places, again, coverage=complete()))[0] == "served"
    )
    # without a shape the straight line is all that is known: 700 m away
    bare = write_feed(
        tmp_path / "h", stops, [(3, "week", [("a", h), ("b", h + 0.2)]) for h in ENOUGH]
    )
    assert white_spots(municipalities(), places, bare, coverage=complete()).features["cells"][
        "fix"
    ].tolist() == ["none", "none", "new_stop"]


def test_spots_are_contiguous_named_and_ranked(tmp_path):
    feed = write_feed(tmp_path / "f", {"a": (3500, 3500)}, runs("a", ENOUGH))
    # two that touch at a corner, one apart, one served
    places = cells((500, 500), (700, 700), (2500, 500), (3500, 3500), people=[10, 20, 50, 5])
    names = gpd.GeoDataFrame(
        {"name": ["<b>West</b>", "East"]},
        geometry=[shapely.Point(X0 + 600, Y0 + 300), shapely.Point(X0 + 2500, Y0 + 600)],
        crs=CRS,
    )
    result = white_spots(municipalities(), places, feed, coverage=complete(), localities=names)
    spots = result.features["spots"]
    assert spots["name"].tolist() == ["East", "<b>West</b>"]
    assert spots["population"].tolist() == [50, 30]
    assert spots["cells"].tolist() == [1, 2]
    assert spots.area.tolist() == pytest.approx([40_000, 80_000])
    assert spots["cause"].tolist() == ["no_stop"] * 2
    assert result.features["cells"]["spot"].fillna(0).tolist() == [2, 2, 1, 0]
    by_stop = white_spots(municipalities(), places, feed, coverage=complete())
    assert by_stop.features["spots"]["name"].tolist() == ["Stop a", "Stop a"]


def test_spots_may_be_divided_by_borders(tmp_path):
    feed = write_feed(tmp_path / "f", {"a": (500, 500)}, runs("a", ENOUGH))
    places = cells((3900, 2000), (4100, 2000))
    table = complete("2215011", "2215021")
    assert len(white_spots(municipalities(2), places, feed, coverage=table).features["spots"]) == 1
    result = white_spots(
        municipalities(2), places, feed, coverage=table, split_by_municipality=True
    )
    assert result.features["spots"]["municipality"].tolist() == ["Town 1", "Town 2"]


def test_join_agrees_with_brute_force():
    rng = np.random.default_rng(4)
    grid = rng.choice(400, 150, replace=False)
    x, y = grid % 20 * 100.0, grid // 20 * 100.0
    label = join(shapely.box(x, y, x + 100, y + 100))
    expected = np.arange(150)
    for _ in range(150):
        for i in range(150):
            near = (np.abs(x - x[i]) <= 100) & (np.abs(y - y[i]) <= 100)
            expected[near] = expected[near].min()
    assert len(set(zip(label, expected, strict=True))) == len(set(label)) == len(set(expected))


def test_dissolve_of_overlapping_cells_counts_land_once():
    shapes = np.array([box(0, 0, 2, 2), box(1, 0, 3, 2), box(9, 9, 10, 10)], dtype=object)
    assert shapely.area(dissolve(shapes, np.array([0, 0, 1]), 2)).tolist() == [6, 1]


# ------------------------------------------------------------------ invariants


def _random_metropolis(rng, folder):
    places = [tuple(rng.uniform(0, 4000, 2)) for _ in range(12)]
    stops = {f"s{i}": p for i, p in enumerate(places)}
    trips = []
    for name in stops:
        hours = rng.uniform(4, 25, rng.integers(0, 14))
        service = tuple(rng.choice(["week", "sat", "sun"], 2, replace=False))
        trips += runs(name, np.sort(hours.round(3)), int(rng.choice([0, 2, 3])), service)
    homes = cells(*rng.uniform(150, 3850, (60, 2)), people=rng.integers(1, 500, 60))
    return stops, trips, homes


@pytest.mark.parametrize("seed", range(4))
def test_states_agree_with_brute_force(tmp_path, seed):
    rng = np.random.default_rng(seed)
    stops, trips, homes = _random_metropolis(rng, tmp_path)
    feed = write_feed(tmp_path / "f", stops, trips)
    result = white_spots(municipalities(), homes, feed, coverage=complete())
    limit = {0: 500, 2: 1000, 3: 500}
    service = {"school_day": "week", "saturday": "sat", "sunday": "sun"}
    centres = [(g.centroid.x - X0, g.centroid.y - Y0) for g in homes.geometry]
    for day, runs_on in service.items():
        expected = []
        for cx, cy in centres:
            good = False
            for name, (x, y) in stops.items():
                walk = np.hypot(cx - x, cy - y) * 1.3
                times = [
                    c[0][1] for k, s, c in trips if c[0][0] == name and s == runs_on
                    if walk <= limit[k]
                ]  # fmt: skip
                good |= (
                    len(times) >= 8
                    and any(5 <= t < 9 for t in times)
                    and any(13 <= t < 17 for t in times)
                )
            expected.append("served" if good else "white")
        assert state_of(result, day) == expected
    table = result.municipalities.iloc[0]
    for day in DAYS:
        shares = [table[f"{s}_share_{day}"] for s in ("served", "white", "unknown")]
        assert sum(shares) == pytest.approx(1)
        people = homes["population"].to_numpy()
        white = people[np.array(state_of(result, day)) == "white"].sum() / people.sum()
        assert shares[1] == pytest.approx(white)
    assert result.features["cells"].loc[lambda t: t["fix"] == "departures", "fix_verified"].all()


@settings(max_examples=60, deadline=None)
@given(
    seconds=st.lists(st.integers(0, 26 * HOUR), max_size=14),
    more=st.lists(st.integers(0, 26 * HOUR), min_size=1, max_size=3),
    limits=st.lists(st.sampled_from([500.0, 1000.0]), min_size=17, max_size=17),
)
def test_a_departure_more_never_shortens_the_reach(seconds, more, limits):
    rule = Rule({"bus": 500, "rail": 1000})

    def reach(times):
        n = len(times)
        counts = rule.count(np.zeros(n, int), np.array(limits[:n]), np.array(times, float), 1)
        enough = rule.suffices(counts)
        lacking = rule.lacking(counts)
        assert ((lacking.sum(axis=0) == 0) == enough).all()
        return np.where(enough, rule.levels[:, None], 0).max()

    assert reach(seconds + more) >= reach(seconds)


@settings(max_examples=40, deadline=None)
@given(
    metres=st.lists(st.floats(0, 1500), min_size=6, max_size=6),
    reach=st.lists(st.sampled_from([0.0, 500.0, 1000.0]), min_size=3, max_size=3),
    longer=st.integers(0, 2),
)
def test_a_better_place_never_unserves(metres, reach, longer):
    near = Pairs(np.arange(6), np.arange(6) % 3, np.array(metres))
    place = np.arange(3)
    before = served(near, np.array(reach), place, 6)
    after = served(near, np.array(reach) + 500 * (place == longer), place, 6)
    assert (after >= before).all()


@pytest.fixture(scope="module")
def metropolis(tmp_path_factory):
    rng = np.random.default_rng(9)
    stops, trips, homes = _random_metropolis(rng, None)
    homes.geometry = homes.geometry.translate(2000, 0)
    return write_feed(tmp_path_factory.mktemp("gtfs") / "f", stops, trips), homes


@settings(max_examples=15, deadline=None)
@given(
    states=st.lists(st.sampled_from(["complete", "partial", "none"]), min_size=6, max_size=6),
    lost=st.integers(0, 5),
)
def test_less_coverage_never_means_more_white(metropolis, states, lost):
    feed, homes = metropolis
    table = pd.DataFrame(
        {"feed": "f", "teryt": ["2215011", "2215021"] * 3,
         "mode": ["bus", "bus", "rail", "rail", "tram", "tram"], "state": states}
    )  # fmt: skip
    less = table.copy()
    less.loc[lost, "state"] = "none"
    before = white_spots(municipalities(2), homes, feed, coverage=table)
    after = white_spots(municipalities(2), homes, feed, coverage=less)
    for day in DAYS:
        old, new = np.array(state_of(before, day)), np.array(state_of(after, day))
        assert ((new == "white") <= (old == "white")).all()
        assert ((new == "served") == (old == "served")).all()


# ------------------------------------------------------------------ contract and bad input


def test_every_column_of_the_result_is_declared(tmp_path):
    feed, places = two_towns(tmp_path)
    result = white_spots(municipalities(2), places, feed, coverage=complete("2215011"))
    for name, table in result.tables.items():
        columns = set(table.columns) - {"geometry"}
        assert columns <= set(CHECK.columns[name]) | {"cell"}, name
    for view in CHECK.views:
        shown = {*view.popup, *([view.column] if view.column else [])}
        assert shown <= set(CHECK.columns[view.table])
        assert shown <= set(result.tables[view.table].columns)
    assert CHECK.parameters.specs()
    for language in ("pl", "en"):
        assert all("{" not in s for s in result.sentences(language))


def test_figures_do_not_depend_on_coverage_so_sensitivity_has_one_shape(tmp_path):
    feed, places = two_towns(tmp_path)
    result = white_spots(municipalities(2), places, feed, coverage=complete("2215011"))
    table = result.sensitivity(bus_walk_limit=[400, 500, 1400])
    assert table["current"].tolist() == [False, True, False]
    assert table["white_people"].tolist() == [100, 100, 0]
    assert table["served_people"].tolist() == [100, 100, 200]


def test_bad_input_is_one_clear_error(tmp_path):
    feed, places = two_towns(tmp_path)
    bad = complete(mode="tramwaj")
    with pytest.raises(SchemaError, match="tramwaj"):
        white_spots(municipalities(), places, feed, coverage=bad)
    with pytest.raises(ParameterError, match="bus_walk_limt"):
        white_spots(municipalities(), places, feed, bus_walk_limt=400)
    with pytest.raises(ParameterError, match="morning_window"):
        white_spots(municipalities(), places, feed, morning_window=(9, 5))
    with pytest.raises(ParameterError, match="main_day_type"):
        white_spots(municipalities(), places, feed, day_types=("sunday",))
    with pytest.raises(ParameterError, match="hovercraft|modes_required"):
        white_spots(municipalities(), places, feed, modes_required=("other",))
    with pytest.raises(CRSError):
        white_spots(municipalities(), places.to_crs(4326), feed)
    with pytest.raises(CRSError):
        white_spots(municipalities(), places.to_crs(2177), feed)
    with pytest.raises(SchemaError):
        white_spots(pd.concat([municipalities(), municipalities()]), places, feed)


def test_posts_keep_their_own_position_in_a_station(tmp_path):
    stops = {"station": (0, 0), "p1": (1000, 2000, "station"), "p2": (1600, 2000, "station")}
    feed = write_feed(tmp_path / "f", stops, runs("p1", ENOUGH[:4]) + runs("p2", ENOUGH[4:]))
    rule = Rule({"bus": 500})
    service = read_service(feed, CRS, rule, days=["school_day"])
    posts = service.posts["stop_id"].tolist()
    assert service.place[posts.index("p1")] == service.place[posts.index("p2")]
    assert service.xy[posts.index("p2"), 0] == pytest.approx(X0 + 1600, abs=1e-3)
    assert service.reach("school_day")[service.place[posts.index("p1")]] == 500


# ------------------------------------------------------------------ the demo's planted truths


def test_planted_white_spots_of_the_demo_are_found_and_no_other(demo_s):
    truths = json.loads((demo_s / "truth.json").read_text(encoding="utf-8"))["planted"]
    metro = open_metro(demo_s)
    names = [i.name for i in CHECK.inputs if i.name in metro and i.name != "streets"]
    result = white_spots(**{name: metro.get(name) for name in names})
    table = result.features["cells"]
    x, y = table.geometry.centroid.x, table.geometry.centroid.y
    planted = np.zeros(len(table), bool)
    for truth in truths:
        if truth["check"] != "white_spots" or "white_on" not in truth["expected"]:
            continue
        mine = (np.hypot(x - truth["x"], y - truth["y"]) < 700).to_numpy()
        planted |= mine
        if truth["needs_streets"]:
            continue
        here = table[mine & table["population"].notna()]
        assert here["population"].sum() == pytest.approx(truth["people"], rel=0.02), truth["kind"]
        for day in truth["expected"]["white_on"]:
            assert set(here[f"state_{day}"]) == {"white"}, truth["kind"]
            assert set(here[f"cause_{day}"]) == {truth["expected"]["cause"]}, truth["kind"]
        for day in truth["expected"]["served_on"]:
            assert set(here[f"state_{day}"]) == {"served"}, truth["kind"]
    for day in DAYS:
        assert not ((table[f"state_{day}"] == "white") & ~planted).any()
    assert result.features["spots"].loc[lambda t: t["fix"] != "none", "fix_verified"].all()


# ------------------------------------------------------------------ real data


@pytest.fixture(scope="module")
def omggs(shared):
    folder = shared / "data/omggs"
    table = pd.read_csv(folder / "population_municipal.csv", dtype={"teryt": str})
    posts = gpd.read_file(folder / "stop_posts.geojson").to_crs(CRS)
    return {
        "municipalities": gpd.read_file(folder / "municipalities.gpkg"),
        "population": gpd.read_file(folder / "population_grid_5km.gpkg"),
        "timetable": read_feed(folder / "gtfs/mzk_wejherowo.zip"),
        "population_municipal": table.rename(columns={"pop": "population"}),
        "stop_posts": posts[["name", "mode", "geometry"]],
    }


def test_omggs_only_served_is_certain(omggs):
    result = white_spots(**omggs)
    figures = result.figures
    assert figures["white_people"] == 0
    assert figures["spots"] == 0
    assert figures["served_people"] == pytest.approx(53_784, rel=0.01)
    assert figures["unknown_share_holiday_weekday"] == 1
    towns_of = result.municipalities.set_index("teryt")
    assert len(towns_of) == 58
    assert 0.6 < towns_of.loc["2215031", "served_share"] < 0.7  # Wejherowo
    assert towns_of.loc["2261011", "unknown_share"] == 1  # Gdańsk: posts, but no times
    assert towns_of.loc["2211021", "population"] == pytest.approx(3_800, abs=400)  # Jastarnia
    # coarse cells without a stop of any layer within 5 km are unknown, not white
    stops = shapely.STRtree(result.features["stops"].geometry.to_numpy())
    coarse = omggs["population"].geometry.to_numpy()
    border = shapely.STRtree(omggs["municipalities"].geometry.to_numpy())
    used = np.unique(border.query(coarse, "intersects")[0])
    centres = shapely.centroid(coarse[used])
    far = np.setdiff1d(np.arange(len(used)), stops.query(centres, "dwithin", distance=5000)[0])
    assert (len(used), len(far)) == (332, 263)
    table = result.features["cells"]
    inside = table["cell"].isin(used[far])
    assert table.loc[inside, "cell"].nunique() == 261  # nobody lives in two of them
    assert set(table.loc[inside, "state"]) == {"unknown"}


def test_omggs_white_spots_appear_where_coverage_is_complete(omggs):
    wejherowo = pd.DataFrame(
        {"feed": "mzk_wejherowo", "teryt": "2215031", "mode": ["bus", "rail"], "state": "complete"}
    )
    before = white_spots(**omggs)
    after = white_spots(**omggs, coverage=wejherowo)
    old, new = before.features["cells"], after.features["cells"]
    white = new["state"] == "white"
    assert white.any()
    assert set(new.loc[white, "teryt"]) == {"2215031"}
    assert ((old["state"] == "served") == (new["state"] == "served")).all()
    spots = after.features["spots"]
    assert spots["population"].sum() == pytest.approx(new.loc[white, "population"].sum())
    assert spots["population"].is_monotonic_decreasing
    assert spots.loc[spots["fix"] != "none", "fix_verified"].all()
    row = after.municipalities.set_index("teryt").loc["2215031"]
    assert row["served_share"] + row["white_share"] + row["unknown_share"] == pytest.approx(1)
    assert row["coverage"] == "complete"
