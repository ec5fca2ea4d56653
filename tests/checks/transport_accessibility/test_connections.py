"""Connections between seats: pairs, three states, seats, real data."""

import copy
import dataclasses
import json
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching
from shapely import box

from metrogis.checks.transport_accessibility.connections.check import CHECK, connections
from metrogis.checks.transport_accessibility.connections.places import pair_up
from metrogis.errors import MissingLayerError, ParameterError, SchemaError
from metrogis.evidence import loss
from metrogis.streets import from_lines
from metrogis.texts import both
from metrogis.transit import read_feed

CRS = "EPSG:2180"
X0, Y0 = 450_000.0, 700_000.0
TO_DEGREES = pyproj.Transformer.from_crs(2180, 4326, always_xy=True)
HOUR = 3600
SIDE = 10_000
# city (voivodeship), county town, two rural gminas of its county
CODES = ("2261011", "2204011", "2204022", "2204032")
NAMES = ("City", "County", "Rural", "Far")


def municipalities(count=4):
    return gpd.GeoDataFrame(
        {"teryt": list(CODES[:count]), "name": list(NAMES[:count])},
        geometry=[box(X0 + i * SIDE, Y0, X0 + (i + 1) * SIDE, Y0 + SIDE) for i in range(count)],
        crs=CRS,
    )


def seats(*more, levels=("voivodeship", "county", "municipality", "municipality")):
    """Seats in the middle of their towns, and other localities: (name, x, y)."""
    own = enumerate(zip(NAMES, levels, strict=False))
    rows = [(n, (i + 0.5) * SIDE, 0.5 * SIDE, level) for i, (n, level) in own]
    rows += [(n, x, y, None) for n, x, y in more]
    return gpd.GeoDataFrame(
        {"name": [r[0] for r in rows], "seat": [r[3] for r in rows]},
        geometry=[shapely.Point(X0 + r[1], Y0 + r[2]) for r in rows],
        crs=CRS,
    )


STOPS = {n: ((i + 0.5) * SIDE + 100, 0.5 * SIDE) for i, n in enumerate(NAMES)}


def write_feed(folder, trips, stops=STOPS):
    """Trips: (service, [(stop, hours), ...]); services week, sat, sun."""
    folder.mkdir(parents=True, exist_ok=True)
    lon, lat = TO_DEGREES.transform(*np.add(list(stops.values()), (X0, Y0)).T)
    pd.DataFrame(
        {"stop_id": list(stops), "stop_name": list(stops), "stop_lat": lat, "stop_lon": lon}
    ).to_csv(folder / "stops.txt", index=False)
    rows, times = [], []
    for i, (service, calls) in enumerate(trips):
        rows.append((f"t{i}", f"r{calls[0][0]}", service))
        for order, (stop, hours) in enumerate(calls):
            s = round(hours * HOUR)
            times.append((f"t{i}", f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}", stop, order))
    routes = sorted({r[1] for r in rows})
    pd.DataFrame({"route_id": routes, "route_type": 3}).to_csv(folder / "routes.txt", index=False)
    for name, table, columns in (
        ("trips", rows, ["trip_id", "route_id", "service_id"]),
        ("stop_times", times, ["trip_id", "departure_time", "stop_id", "stop_sequence"]),
    ):
        pd.DataFrame(table, columns=columns).to_csv(folder / f"{name}.txt", index=False)
    week = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    runs = {"week": [1] * 5 + [0, 0], "sat": [0] * 5 + [1, 0], "sun": [0] * 6 + [1]}
    pd.DataFrame(
        [(s, *flags, 20241001, 20241031) for s, flags in runs.items()],
        columns=["service_id", *week, "start_date", "end_date"],
    ).to_csv(folder / "calendar.txt", index=False)
    holidays = pd.DataFrame({"start": ["2024-10-28"], "end": ["2024-10-31"]})
    return read_feed(folder, school_holidays=holidays)


def shuttle(a, b, out, back, services=("week", "sat", "sun"), ride=0.5):
    trips = []
    for service in services:
        trips += [(service, [(a, h), (b, h + ride)]) for h in out]
        trips += [(service, [(b, h), (a, h + ride)]) for h in back]
    return trips


def complete(*codes, state="complete"):
    return pd.DataFrame({"feed": "*", "teryt": list(codes or CODES), "mode": "all", "state": state})


def relation(result, start="County", end="City"):
    table = result.features["relations"]
    found = table[(table["name_from"] == start) & (table["name_to"] == end)]
    assert len(found) == 1
    return found.iloc[0]


FOUR = [6, 8, 12, 16]
HOME = [7, 13, 15, 18]


@pytest.mark.parametrize(
    ("out", "back", "pairs", "state"),
    [
        (FOUR, HOME, 4, "enough"),
        (FOUR, HOME[:3], 3, "not_enough"),
        (FOUR[:3], HOME, 3, "not_enough"),
        ([*FOUR, 20, 21], HOME, 4, "enough"),
        ([], HOME, 0, "not_enough"),
    ],
)
def test_pairs_on_working_days(tmp_path, out, back, pairs, state) -> None:
    trips = shuttle("County", "City", out, back, ["week"])
    trips += shuttle("County", "City", [8, 16], [10, 18], ["sat", "sun"])
    result = connections(
        municipalities(2), seats()[:2], write_feed(tmp_path, trips), coverage=complete()
    )
    row = relation(result)
    assert row["kind"] == "county_voivodeship"
    assert row["pairs_school_day"] == row["pairs_holiday_weekday"] == pairs
    assert row["pairs_saturday"] == row["pairs_sunday"] == 2
    assert row[["state_working", "state_off", "state"]].tolist() == [state, "enough", state]
    assert row[["out_school_day", "back_school_day"]].tolist() == [len(out), len(back)]


@pytest.mark.parametrize(("sunday", "state"), [(2, "enough"), (1, "not_enough"), (0, "not_enough")])
def test_days_off_need_two_pairs(tmp_path, sunday, state) -> None:
    trips = shuttle("County", "City", FOUR, HOME, ["week", "sat"])
    trips += shuttle("County", "City", FOUR[:sunday], HOME[:sunday], ["sun"])
    feed = write_feed(tmp_path, trips)
    result = connections(municipalities(2), seats()[:2], feed, coverage=complete())
    row = relation(result)
    assert row[["state_working", "state_off", "state"]].tolist() == ["enough", state, state]
    assert row["state_earlier"] == "not_enough"  # three pairs every day
    assert result.figures["relations_enough"] == (state == "enough")


def test_the_earlier_draft(tmp_path) -> None:
    trips = shuttle("County", "City", FOUR[:3], HOME[:3])
    feed = write_feed(tmp_path, trips)
    row = relation(connections(municipalities(2), seats()[:2], feed, coverage=complete()))
    assert row[["state", "state_earlier"]].tolist() == ["not_enough", "enough"]


def test_too_few_is_certain_only_with_complete_coverage_of_both_ends(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR[:1], HOME[:1]))
    layers = municipalities(2), seats()[:2], feed
    for coverage in (None, complete("2261011"), complete("2204011"), complete(state="partial")):
        row = relation(connections(*layers, coverage=coverage))
        assert row["state"] == "unknown"
        assert row["pairs_working"] == 1
    assert relation(connections(*layers, coverage=complete()))["state"] == "not_enough"
    # enough is certain whatever the coverage
    some = write_feed(tmp_path / "b", shuttle("County", "City", FOUR, HOME))
    assert relation(connections(municipalities(2), seats()[:2], some))["state"] == "enough"


def test_a_neighbour_without_coverage_near_the_seat(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR[:1], HOME[:1]))
    near = seats()[:2].copy()
    near.loc[1, "geometry"] = shapely.Point(X0 + 2 * SIDE - 1500, Y0 + 5000)
    result = connections(municipalities(3), near, feed, coverage=complete(*CODES[:2]))
    assert relation(result)["state"] == "unknown"  # the next town's stops could be the seat's too


def losing(feed, *lost):
    """The timetable with something lost in reading."""
    out = copy.copy(feed)
    object.__setattr__(out, "losses", lost)
    return out


def lost_at(kind, x, y):
    return loss(kind, both("lost"), ["?"], where=shapely.Point(X0 + x, Y0 + y), crs=CRS)


@pytest.mark.parametrize("kind", ["stop", "trip"])
@pytest.mark.parametrize(
    ("x", "y", "state"),
    [
        (15_100, 5_000, "unknown"),  # at the lower seat
        (5_500, 5_000, "unknown"),  # near the higher one
        (25_000, 5_000, "not_enough"),  # in another town
        (5_000, 500, "not_enough"),  # in the city, far from its seat
    ],
)
def test_what_was_lost_near_a_seat_leaves_too_few_unknown(tmp_path, kind, x, y, state) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR[:1], HOME[:1]))
    layers = {"municipalities": municipalities(), "localities": seats()[:2], "coverage": complete()}
    row = relation(connections(timetable=losing(feed, lost_at(kind, x, y)), **layers))
    assert row["state"] == state
    assert row["why"] == ("lost" if state == "unknown" else "none")
    some = write_feed(tmp_path / "b", shuttle("County", "City", FOUR, HOME))
    row = relation(connections(timetable=losing(some, lost_at(kind, x, y)), **layers))
    assert row["state"] == "enough"  # what is found is certain


def test_a_lost_stop_on_the_way_at_which_one_could_change(tmp_path) -> None:
    # buses of both ends pass by a stop in the middle; somebody's stop beside it was lost
    stops = {**STOPS, "Mid": (10_500, 4_000), "Off": (30_500, 4_000)}
    trips = [("week", [("County", 6), ("Mid", 6.5), ("Off", 8)])]
    trips += [("week", [("Off", 5), ("Mid", 7), ("City", 8)])]
    feed = write_feed(tmp_path, trips, stops)
    layers = {"municipalities": municipalities(), "localities": seats()[:2], "coverage": complete(),
              "day_types": ["school_day"]}  # fmt: skip
    assert relation(connections(timetable=feed, **layers))["state"] == "not_enough"
    beside = losing(feed, lost_at("stop", 10_600, 4_000))
    row = relation(connections(timetable=beside, **layers))
    assert row[["state", "why"]].tolist() == ["unknown", "lost"]
    direct = relation(connections(timetable=beside, **layers, max_transfers=0))
    assert direct["state"] == "not_enough"  # nobody changes
    away = losing(feed, lost_at("stop", 10_500, 9_000))  # no vehicle of an end calls near it
    assert relation(connections(timetable=away, **layers))["state"] == "not_enough"
    anywhere = losing(feed, loss("stop", both("lost"), ["?"]))
    assert relation(connections(timetable=anywhere, **layers))["state"] == "unknown"


def test_walks_that_cannot_be_computed_leave_too_few_unknown(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR[:1], HOME[:1]))
    layers = {"municipalities": municipalities(2), "localities": seats()[:2], "timetable": feed,
              "coverage": complete()}  # fmt: skip

    def network(*line):
        street = shapely.LineString(np.add(line, [X0, Y0]))
        return from_lines(gpd.GeoDataFrame(geometry=[street], crs=CRS), mode="walk")

    whole = network((4_900, 5_000), (15_300, 5_000))
    row = relation(connections(**layers, streets=whole))
    assert row[["state", "why", "pairs_working"]].tolist() == ["not_enough", "none", 1]
    # the county's stop, 100 m from its seat, has no street near
    row = relation(connections(**layers, streets=network((4_900, 5_000), (14_700, 5_000))))
    assert row[["state", "why", "pairs_working"]].tolist() == ["unknown", "streets", 0]


def test_a_day_that_is_not_known_leaves_the_whole_unknown(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR, HOME))
    layers = {
        "municipalities": municipalities(2),
        "localities": seats()[:2],
        "coverage": complete(),
    }
    assert relation(connections(timetable=feed, **layers))["state"] == "enough"
    blind = copy.copy(feed)
    kinds = dict(feed.day_types())
    kinds["sunday"] = dataclasses.replace(kinds["sunday"], date=None, state="unknown")
    object.__setattr__(blind, "day_types", lambda: kinds)
    row = relation(connections(timetable=blind, **layers))
    assert row[["state_working", "state_off", "state"]].tolist() == [
        "enough", "unknown", "unknown",
    ]  # fmt: skip
    assert row["why"] == "day"
    assert np.isnan(row["pairs_sunday"])
    asked = relation(connections(timetable=blind, **layers, day_types=["school_day", "saturday"]))
    assert asked["state"] == "enough"  # that day is not asked for


def test_why_a_state_is_unknown_is_told(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR, HOME))
    away = seats(levels=("voivodeship", "county", "municipality", None))
    result = connections(municipalities(), away, feed, coverage=complete(*CODES[:2]))
    table = result.municipalities.set_index("name")
    assert table["why"].to_dict() == {
        "City": "none", "County": "none", "Rural": "coverage", "Far": "seat",
    }  # fmt: skip
    assert table["timetable_known"].tolist() == [True, True, False, False]
    table = flows((CODES[3], CODES[2], 70), (CODES[1], CODES[2], 60))
    pairs = connections(municipalities(), away, feed, od_flows=table).features["flow_pairs"]
    assert pairs["why"].tolist() == ["seat", "coverage"]
    two = connections(municipalities(), away, feed, coverage=complete(*CODES[:3]), max_transfers=2)
    assert relation(two, "Rural", "County")["why"] == "everywhere"


def test_first_sentence_begins_with_what_is_not_known(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR[:1], HOME[:1]))
    result = connections(municipalities(), seats(), feed)
    assert result.sentences("pl")[0].startswith("O 3 z 3 relacji między siedzibami nic pewnego")
    assert result.sentences("en")[0].startswith("Nothing certain is known of 3 of 3 relations")


def test_flows_of_which_rows_were_lost_are_ranked_as_far_as_known(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR, HOME))
    table = flows((CODES[3], CODES[2], None), (CODES[1], CODES[2], 60))
    result = connections(municipalities(), seats(), feed, od_flows=table)
    assert result.features["flow_pairs"]["flow"].tolist() == [60]
    assert any(r.layer == "od_flows" and r.action == "unknown" for r in result.audit)


rides = st.lists(
    st.tuples(
        st.sampled_from(["County", "City", "Rural", "Far"]),
        st.sampled_from(["County", "City", "Rural", "Far"]),
        st.integers(12, 40),
    ).filter(lambda r: r[0] != r[1]),
    min_size=1, max_size=14,
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(rides, st.sampled_from(["coverage", "one town", "stop", "trip", "anywhere"]),
       st.integers(0, 3))  # fmt: skip
def test_less_knowledge_never_says_more(found, how, at) -> None:
    trips = [("week", [(a, h / 2), (b, h / 2 + 0.5)]) for a, b, h in found]
    with tempfile.TemporaryDirectory() as folder:
        feed = write_feed(Path(folder) / "t", trips)
    layers = {"municipalities": municipalities(), "localities": seats(), "timetable": feed,
              "coverage": complete(), "pairs_off": 0, "pairs_working": 2}  # fmt: skip
    before = connections(**layers)
    x, y = list(STOPS.values())[at]
    if how == "coverage":
        layers["coverage"] = None
    elif how == "one town":
        layers["coverage"] = complete(*[c for k, c in enumerate(CODES) if k != at])
    elif how == "anywhere":
        layers["timetable"] = losing(feed, loss("trip", both("lost"), ["t9"]))
    else:
        layers["timetable"] = losing(feed, lost_at(how, x + 300, y))
    after = connections(**layers)
    for column in ("state", "state_working", "state_earlier"):
        for table in ("municipalities", "relations", "flow_pairs"):
            if table == "flow_pairs" and after.features[table].empty:
                continue
            was, is_ = (r.tables[table][column] for r in (before, after))
            changed = was != is_
            assert (is_[changed] == "unknown").all(), (table, column)
    far = after.features["relations"]
    if how in ("stop", "trip"):
        ends = far["name_from"].isin([NAMES[at]]) | far["name_to"].isin([NAMES[at]])
        if how == "trip":  # a lost stop may also have been a place to change
            same = far["state"] == before.features["relations"]["state"]
            assert same[~ends].all()


@settings(max_examples=10, deadline=None)
@given(rides, st.sampled_from(["feeds", "posts", "order", "ids"]))
def test_how_a_timetable_is_modelled_changes_nothing(found, how) -> None:
    trips = [("week", [(a, h / 2), (b, h / 2 + 0.5)]) for a, b, h in found]
    layers = {"municipalities": municipalities(), "localities": seats(), "coverage": complete()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = write_feed(folder / "one", trips)
        if how == "feeds":
            parts = [p for p in (trips[::2], trips[1::2]) if p]
            for k, part in enumerate(parts):
                write_feed(folder / f"part{k}", part)
            holidays = pd.DataFrame({"start": ["2024-10-28"], "end": ["2024-10-31"]})
            paths = [folder / f"part{k}" for k in range(len(parts))]
            other = read_feed(paths, school_holidays=holidays)
        elif how == "posts":  # a post to get off, another to get on
            stops = {f"{n}{d}": xy for n, xy in STOPS.items() for d in "ab"}
            other = write_feed(
                folder / "two",
                [(s, [(f"{a}a", x), (f"{b}b", z)]) for s, ((a, x), (b, z)) in trips], stops,
            )  # fmt: skip
        elif how == "order":
            other = write_feed(folder / "turned", trips[::-1], dict(reversed(STOPS.items())))
        else:
            other = write_feed(
                folder / "ids",
                [(s, [(f"z{n}", h) for n, h in calls]) for s, calls in trips],
                {f"z{n}": xy for n, xy in STOPS.items()},
            )
    first, second = (connections(timetable=f, **layers) for f in (one, other))
    for table in ("relations", "municipalities"):
        pd.testing.assert_frame_equal(
            pd.DataFrame(first.tables[table].drop(columns="geometry")),
            pd.DataFrame(second.tables[table].drop(columns="geometry")),
        )


def test_with_two_transfers_every_municipality_must_be_covered(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR[:1], HOME[:1]))
    two = complete(*CODES[:2])
    layers = municipalities(), seats(), feed
    assert relation(connections(*layers, coverage=two))["state"] == "not_enough"
    assert relation(connections(*layers, coverage=two, max_transfers=2))["state"] == "unknown"
    assert (
        relation(connections(*layers, coverage=complete(), max_transfers=2))["state"]
        == "not_enough"
    )


def test_relations_of_the_law(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR, HOME))
    result = connections(municipalities(), seats(("Village", 25_000, 2_000)), feed)
    found = result.features["relations"][["name_from", "name_to", "kind"]].values.tolist()
    assert found == [
        ["County", "City", "county_voivodeship"],
        ["Rural", "County", "municipality_county"],
        ["Far", "County", "municipality_county"],
        ["Village", "Rural", "locality_municipality"],
    ]
    table = result.municipalities.set_index("name")
    assert table.loc["City", "state"] == "city"
    assert table.loc["County", ["name_to", "state"]].tolist() == ["City", "enough"]
    assert table.loc["Rural", ["seat", "name_to", "localities"]].tolist() == ["Rural", "County", 1]
    assert (
        len(
            connections(municipalities(), seats(), feed, all_localities=False).features["relations"]
        )
        == 3
    )


def test_a_county_seat_that_is_not_marked(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR, HOME))
    plain = seats(levels=("city", "gmina", "gmina", None))
    result = connections(municipalities(), plain, feed)
    table = result.features["relations"]
    assert table["kind"].tolist() == ["municipality_city", "municipality_city"]
    assert result.municipalities.set_index("name").loc["Far", "state"] == "unknown"
    assert any("without a marked seat" in row.what.en for row in result.audit)
    assert any("whose seat is not among" in row.what.en for row in result.audit)
    named = connections(municipalities(), plain, feed, seats={"2204": "County", "2204032": "Far"})
    kinds = named.features["relations"][["name_from", "kind"]].values.tolist()
    assert kinds == [["County", "county_voivodeship"], ["Rural", "municipality_county"],
                     ["Far", "municipality_county"]]  # fmt: skip


def test_a_seat_whose_relation_is_not_known_is_unknown(tmp_path) -> None:
    """The county seat may be the locality that lost its place: no seat needs no relation then."""
    feed = write_feed(tmp_path, shuttle("Rural", "County", FOUR, HOME))
    whole = seats().set_index("name", drop=False)
    asked = connections(municipalities(), whole, feed, all_localities=False).features["places"]
    state = asked.set_index("name")["state"]
    assert state["City"] == "none"
    assert state["Rural"] != "unknown"
    lost = whole.copy()
    lost.loc["County", "geometry"] = None
    found = connections(municipalities(), lost, feed, all_localities=False).features["places"]
    assert found.set_index("name")["state"].drop("City").unique().tolist() == ["unknown"]


def test_transfers_are_a_parameter(tmp_path) -> None:
    trips = shuttle("Rural", "County", [5.75, 7.75, 11.75, 15.75], [7.75, 13.75, 15.75, 18.75],
                    ride=0.2)  # fmt: skip
    trips += shuttle("County", "City", FOUR, [7, 13, 15, 18])
    feed = write_feed(tmp_path, trips)
    plain = seats(levels=("city", None, "gmina", None))
    for most, pairs in ((0, 0), (1, 4)):
        result = connections(municipalities(3), plain[:3], feed, max_transfers=most)
        assert relation(result, "Rural")["pairs_working"] == pairs
    first = result.features["pairs"].iloc[0]
    assert first[["out_departure", "out_arrival", "out_transfers"]].tolist() == [
        "05:45",
        "06:30",
        1,
    ]
    assert first["out_lines"] == "rRural > rCounty"
    assert (
        relation(connections(municipalities(3), plain[:3], feed, transfer_minutes=4), "Rural")[
            "pairs_working"
        ]
        == 0
    )  # three minutes between
    assert relation(
        connections(municipalities(3), plain[:3], feed, max_minutes=44), "Rural"
    )["pairs_working"] == 0  # fmt: skip


def test_pairs_are_listed(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR, HOME, ["week"]))
    result = connections(municipalities(2), seats()[:2], feed)
    pairs = result.features["pairs"]
    assert set(pairs["day_type"]) == {"school_day", "holiday_weekday"}
    own = pairs[pairs["day_type"] == "school_day"]
    assert own["pair"].tolist() == [1, 2, 3, 4]
    assert own["out_departure"].tolist() == ["06:00", "08:00", "12:00", "16:00"]
    assert own["back_departure"].tolist() == ["13:00", "15:00", "18:00", "07:00"]
    assert own["returns"].tolist() == [True, True, True, False]
    assert relation(result)["round_trips_school_day"] == 3
    rule = connections(
        municipalities(2), seats()[:2], feed, pairing="round_trip", coverage=complete()
    )
    assert relation(rule)[["pairs_working", "state_working"]].tolist() == [3, "not_enough"]
    short = connections(municipalities(2), seats()[:2], feed, pairing="round_trip", min_stay=30)
    assert relation(short)["pairs_working"] == 4


def test_an_unbeaten_journey_counts_once(tmp_path) -> None:
    # the slow bus leaves earlier and arrives later than the fast one
    trips = shuttle("County", "City", FOUR, HOME)
    trips += [("week", [("County", h - 0.25), ("City", h + 0.75)]) for h in FOUR]
    row = relation(connections(municipalities(2), seats()[:2], write_feed(tmp_path, trips)))
    assert row["out_school_day"] == 4


def test_past_midnight_belongs_to_the_day_it_started(tmp_path) -> None:
    trips = shuttle("County", "City", [*FOUR[:3], 24.5], [*HOME[:3], 25.5])
    row = relation(connections(municipalities(2), seats()[:2], write_feed(tmp_path, trips)))
    assert row["pairs_working"] == 4
    day = connections(municipalities(2), seats()[:2], write_feed(tmp_path, trips), hours=(0, 24))
    assert relation(day)["pairs_working"] == 3


def test_stops_near_both_places_are_the_nearer_ones(tmp_path) -> None:
    stops = {"Middle": (14_000, 5_000), "Village": (13_100, 5_000), "County": (15_100, 5_000)}
    trips = shuttle("Village", "County", FOUR, HOME)
    feed = write_feed(tmp_path, trips, {**STOPS, **stops})
    where = seats(("Village", 13_000, 5_000), ("Hamlet", 14_600, 5_000))
    result = connections(municipalities(), where, feed, locality_distance=1500)
    assert relation(result, "Village", "County")["pairs_working"] == 4
    # 400 m from the seat: one walks
    hamlet = relation(result, "Hamlet", "County")
    assert hamlet[["state", "state_working"]].tolist() == ["walk", "walk"]


def test_a_place_without_stops(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR, HOME))
    result = connections(municipalities(), seats(("Lone", 25_000, 500)), feed, coverage=complete())
    assert relation(result, "Lone", "Rural")["state"] == "not_enough"
    places = result.features["places"].set_index("name")
    assert places.loc["Lone", ["stops", "state"]].tolist() == [0, "not_enough"]
    assert result.figures["localities_not_enough"] == 1


def test_no_school_holidays_no_verdict_on_them(tmp_path) -> None:
    feed = read_feed(write_feed(tmp_path, shuttle("County", "City", FOUR, HOME)) and tmp_path)
    row = relation(connections(municipalities(2), seats()[:2], feed))
    assert np.isnan(row["pairs_holiday_weekday"])
    assert row["state"] == "enough"  # every weekday is a working day there
    only = connections(municipalities(2), seats()[:2], feed, day_types=["holiday_weekday"])
    assert relation(only)["state"] == "unknown"


def test_bad_input(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR, HOME))
    with pytest.raises(MissingLayerError, match="localities"):
        connections(municipalities(), None, feed)
    with pytest.raises(SchemaError, match="unknown seat 'capitol'"):
        connections(municipalities(), seats(levels=("capitol", "county", None, None)), feed)
    for bad in (
        {"seats": {"22": "City"}},
        {"seats": {"2204": "Nowhere"}},
        {"hours": (5, 5)},
        {"max_transfers": -1},
        {"pairing": "any"},
    ):
        with pytest.raises(ParameterError):
            connections(municipalities(), seats(), feed, **bad)


def test_localities_outside_are_left_out_and_told(tmp_path) -> None:
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR, HOME))
    result = connections(
        municipalities(2), seats(("Abroad", -5000, 0))[[True, True, False, False, True]], feed
    )
    assert "Abroad" not in set(result.features["places"]["name"])
    assert any(row.action == "dropped" and row.layer == "localities" for row in result.audit)


times = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6)), max_size=7)


@given(times, times, st.integers(0, 10))
def test_round_trips_are_a_largest_matching(out, back, stay) -> None:
    arrays = []
    for table in (out, back):
        leave = np.array([a for a, _ in table], np.int32)
        arrays.append((leave, leave + np.array([b for _, b in table], np.int32)))
    first, second, returns = pair_up(arrays[0], arrays[1], stay)
    assert len(first) == min(len(out), len(back))
    assert len(set(first.tolist())) == len(set(second.tolist())) == len(first)
    good = arrays[0][1][first] + stay <= arrays[1][0][second]
    assert good[returns].all()
    possible = arrays[0][1][:, None] + stay <= arrays[1][0][None]
    best = maximum_bipartite_matching(coo_matrix(possible).tocsr()) if possible.size else []
    assert returns.sum() == sum(m >= 0 for m in best)


def flows(*rows):
    return pd.DataFrame(rows, columns=["origin", "destination", "flow"])


def test_strong_flows_are_checked_beside_the_law(tmp_path) -> None:
    """Rural - Far is no relation of the law; County - City is one already."""
    trips = shuttle("County", "City", FOUR, HOME) + shuttle("Rural", "Far", [8], [16])
    table = flows(
        (CODES[3], CODES[2], 70), (CODES[2], CODES[3], 20),
        (CODES[1], CODES[0], 500), (CODES[3], CODES[0], 9), ("9999011", CODES[0], 900),
    )  # fmt: skip
    result = connections(
        municipalities(), seats(), write_feed(tmp_path, trips), coverage=complete(), od_flows=table
    )
    found = result.features["flow_pairs"]
    columns = ["rank", "name_from", "name_to", "flow", "pairs_working", "state"]
    assert found[columns].values.tolist() == [
        [1, "County", "City", 500.0, 4.0, "enough"],
        [2, "Far", "Rural", 90.0, 1.0, "not_enough"],
    ]
    assert result.figures["flow_worst"] == 90
    assert result.figures["flow_worst_rank"] == 2
    # what the law says of a municipality does not change
    plain = connections(municipalities(), seats(), write_feed(tmp_path, trips), coverage=complete())
    pd.testing.assert_frame_equal(plain.municipalities, result.municipalities)
    assert plain.features["flow_pairs"].empty
    laws = result.features["relations"]["kind"] != "flow"
    pd.testing.assert_frame_equal(
        plain.features["relations"], result.features["relations"][laws].reset_index(drop=True)
    )
    assert {k: v for k, v in result.figures.items() if not k.startswith("flow")} == plain.figures


def test_strong_flows_without_certainty_are_unknown(tmp_path) -> None:
    trips = shuttle("County", "City", FOUR, HOME)
    table = flows((CODES[3], CODES[2], 70), (CODES[1], CODES[2], 60))
    feed = write_feed(tmp_path, trips)
    unsure = connections(municipalities(), seats(), feed, od_flows=table)
    assert unsure.features["flow_pairs"]["state"].tolist() == ["unknown", "unknown"]
    # a municipality whose seat nobody named
    lost = connections(municipalities(), seats()[:3], feed, coverage=complete(), od_flows=table)
    assert lost.features["flow_pairs"]["state"].tolist() == ["unknown", "not_enough"]
    assert np.isnan(lost.features["flow_pairs"]["pairs_working"].iloc[0])
    assert any("strong flows" in row.what.en for row in lost.audit)


@pytest.mark.parametrize(
    ("asked", "least", "left"), [(1, 0, 1), (60, 65, 1), (0, 0, 0), (60, 0, 2)]
)
def test_number_of_strong_flows(tmp_path, asked, least, left) -> None:
    table = flows((CODES[3], CODES[2], 70), (CODES[1], CODES[2], 60))
    feed = write_feed(tmp_path, shuttle("County", "City", FOUR, HOME))
    result = connections(
        municipalities(), seats(), feed, od_flows=table, flow_pairs=asked, flow_min=least
    )
    assert len(result.features["flow_pairs"]) == left


# --------------------------------------------------------------------------- real data


def test_the_demo_has_a_strong_flow_without_a_connection(transport_demo, demo_s) -> None:
    m = transport_demo
    result = connections(
        m.municipalities, m.localities, m.timetable, coverage=m.coverage,
        stop_posts=m.get("stop_posts"), rail_stations=m.rail_stations, od_flows=m.od_flows,
    )  # fmt: skip
    truth = json.loads((demo_s / "truth.json").read_text(encoding="utf-8"))
    (item,) = (i for i in truth["planted"] if i["kind"] == "flow_without_connection")
    table = result.municipalities.set_index("teryt")
    assert table.loc[item["origin"], ["pairs_working", "pairs_off"]].tolist() == [0, 0]
    assert table.loc[item["origin"], "state"] == "not_enough"
    flows = result.features["flow_pairs"]
    worst = flows[flows["state"] == "not_enough"].iloc[0]
    assert {worst["teryt_from"], worst["teryt_to"]} == {item["origin"], item["destination"]}
    assert worst["flow"] >= item["flow"]
    assert result.figures["flow_worst"] == worst["flow"]
    for name, frame in result.tables.items():
        assert set(frame.columns) - {"geometry"} <= set(CHECK.columns[name]), name
    for sentence in (*result.sentences("pl"), *result.sentences("en")):
        assert "{" not in sentence
    pairs = result.features["pairs"]
    assert (pairs["out_transfers"] <= 1).all()
    assert (pairs["out_lines"].str.count(">") == pairs["out_transfers"]).all()
    assert pairs["out_min"].max() <= 120
    unknown = result.features["relations"]
    unknown = unknown[(unknown["state"] == "unknown")]
    touches = (unknown[["teryt_from", "teryt_to"]] == "9801021").any(axis=1)
    # the municipality whose operator is missing, or a village whose people could walk into it
    without = m.municipalities.set_index("teryt").geometry["9801021"]
    reach = result.parameters.locality_distance
    villages = m.localities.set_index("name").geometry
    near = unknown["name_from"].map(lambda name: villages[name].distance(without) <= reach)
    assert (touches | near).all()
    assert touches.any()


def test_registration_is_ready() -> None:
    assert CHECK.required == ("municipalities", "localities", "timetable")
    assert all(spec.unit and spec.source for spec in CHECK.parameters.specs().values())
    for view in CHECK.views:
        for column in (view.column, *view.popup):
            assert column in CHECK.columns[view.table], (view.table, column)
