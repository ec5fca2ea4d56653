"""Evidence of a timetable: coverage rows by what they name, stops seen, losses near and far."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.errors import ParameterError, SchemaError
from metrogis.evidence import loss
from metrogis.evidence.coverage import coverage_template, loaded
from metrogis.evidence.seen import seen_groups
from metrogis.evidence.timetable import evidence
from metrogis.schemas import conform
from metrogis.texts import both
from metrogis.transit import read_feed

CRS = "EPSG:2180"
X0, Y0 = 450_000.0, 740_000.0
TO_DEGREES = pyproj.Transformer.from_crs(2180, 4326, always_xy=True)
GROUPS = ("bus", "rail")
REACH = {"bus": 500.0, "rail": 1000.0}
SIDE = 4000


def municipalities(codes: tuple[str, ...] = ("2215011", "2215021")) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": list(codes), "name": [f"Town {c}" for c in codes]},
        geometry=[
            shapely.box(X0 + i * SIDE, Y0, X0 + (i + 1) * SIDE, Y0 + SIDE)
            for i in range(len(codes))
        ],
        crs=CRS,
    )


def write(folder: Path, routes: list[tuple[str, str, int, float]]) -> Path:
    """A feed of lines (id, agency, route type, x of its first stop) of one trip each."""
    folder.mkdir(parents=True, exist_ok=True)
    agencies = dict.fromkeys(a for _, a, _, _ in routes)
    lines = {
        "agency": ["agency_id,agency_name"] + [f"{a},Operator {a}" for a in agencies],
        "routes": ["route_id,agency_id,route_type"] + [f"{r},{a},{k}" for r, a, k, _ in routes],
        "trips": ["trip_id,route_id,service_id"] + [f"t{r},{r},w" for r, *_ in routes],
        "calendar": [
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
            "w,1,1,1,1,1,1,1,20241001,20241031",
        ],
        "stops": ["stop_id,stop_name,stop_lat,stop_lon"],
        "stop_times": ["trip_id,departure_time,stop_id,stop_sequence"],
    }
    for r, _, _, x in routes:
        for k, at in enumerate((x, x + 100)):
            lon, lat = TO_DEGREES.transform(X0 + at, Y0 + 2000)
            lines["stops"].append(f"{r}{k},Stop {r}{k},{lat!r},{lon!r}")
            lines["stop_times"].append(f"t{r},{8 + k}:00:00,{r}{k},{k}")
    for name, rows in lines.items():
        (folder / f"{name}.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def two_feeds(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """``city`` with agencies a and b in the first town; ``trains`` with rail in both."""
    folder = tmp_path_factory.mktemp("gtfs")
    city = write(folder / "city", [("1", "a", 3, 1000), ("2", "b", 3, 2000)])
    trains = write(folder / "trains", [("9", "r", 2, 3000), ("8", "r", 2, 5000)])
    return read_feed([city, trains])


def rows(*table: tuple[str, str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(list(table), columns=["feed", "teryt", "mode", "state"])
    return conform(frame, "Coverage", layer="coverage")[0]


@cache
def stops_of(feed: Any) -> Any:
    return feed.stop_points(CRS)


def ask(feed: Any, table: pd.DataFrame | None, **options: Any) -> Any:
    stops = stops_of(feed)
    options = {"groups": GROUPS, "required": ["bus"], **options}
    return evidence(municipalities(), table, feed, stops=stops, **options)


ALL = ("*", "*", "all", "complete")


@pytest.mark.parametrize(
    ("table", "bus", "rail"),
    [
        ([ALL], 1, 1),
        ([("city", "2215011", "bus", "complete")], 1, -1),
        ([("CITY.zip ", "2215011", "bus", "complete")], 1, -1),
        ([("a", "2215011", "bus", "complete")], -1, -1),  # b calls there, and no row speaks of it
        ([("a", "2215011", "bus", "complete"), ("Operator b", "*", "bus", "complete")], 1, -1),
        ([("city:a", "2215", "*", "complete"), ("b", "22", "bus", "complete")], 1, -1),
        ([ALL, ("b", "2215011", "bus", "partial")], -1, 1),  # every row that applies must agree
        ([ALL, ("ztm", "2215011", "bus", "none")], -1, 1),  # an operator that is not at hand
        ([ALL, ("ztm", "*", "rail", "complete")], 1, -1),  # names nothing loaded
        ([ALL, ("*", "2215011", "rail", "partial")], 1, -1),  # the more exact row holds ...
        ([("*", "*", "all", "none"), ("*", "2215011", "bus", "complete")], 1, -1),  # ... both ways
        ([("*", "*", "bus", "none"), ("*", "2215", "bus", "complete")], 1, -1),
        ([("*", "22", "all", "partial"), ("*", "2215", "all", "complete")], 1, 1),
        ([("*", "2215011", "all", "none"), ("*", "2215011", "bus", "complete")], 1, -1),
        ([("city", "2215011", "bus", "complete"), ("city", "2215011", "coach", "none")], -1, -1),
        ([("trains", "*", "rail", "complete"), ("city", "*", "bus", "complete")], 1, 1),
        ([("*", "2215021", "all", "complete")], -1, -1),
        ([("*", "3262011", "all", "complete")], -1, -1),
        (None, -1, -1),
    ],
)
def test_rows_complete_what_they_name(two_feeds, table, bus, rail):
    found = ask(two_feeds, None if table is None else rows(*table))
    assert found.state[0].tolist() == [bus, rail]
    assert found.complete[0] == (bus == rail == 1)


@pytest.mark.parametrize("name", ["city_bus", "b2", "Operator c", ""])
@pytest.mark.parametrize("state", ["complete", "partial", "none"])
def test_a_row_that_names_nothing_loaded_completes_nothing_and_is_in_the_audit(
    two_feeds, name, state
):
    before = ask(two_feeds, rows(ALL))
    after = ask(two_feeds, rows(ALL, (name, "2215011", "bus", state)))
    assert before.complete.tolist() == [True, True]
    assert after.complete.tolist() == [False, True]
    told = [r for r in after.audit if "no loaded feed or agency" in r.what.en]
    # an operator known to be missing is stated so on purpose
    assert [r.count for r in told] == ([] if state == "none" else [1])
    for row in told:
        assert row.examples == name
        assert "city, trains, Operator a, Operator b, Operator r" in row.what.en


def test_a_renamed_feed_never_makes_more_complete(tmp_path):
    table = rows(("city", "*", "bus", "complete"), ("trains", "*", "rail", "complete"))
    lines = [("1", "a", 3, 1000.0)], [("9", "r", 2, 3000.0)]
    feeds = {
        name: read_feed([write(tmp_path / name, lines[0]), write(tmp_path / "trains", lines[1])])
        for name in ("city", "renamed")
    }
    assert ask(feeds["city"], table).complete.tolist() == [True, True]
    renamed = ask(feeds["renamed"], table)
    assert renamed.complete.tolist() == [False, False]
    assert renamed.state[:, 1].tolist() == [1, 1]
    assert any(row.examples == "city" for row in renamed.audit)


def test_a_loaded_operator_of_which_no_row_speaks_is_not_complete(two_feeds):
    found = ask(two_feeds, rows(("trains", "*", "all", "complete")))
    # the buses of the city call in the first town, and none in the second
    assert found.state.tolist() == [[-1, 1], [1, 1]]
    assert any("says nothing" in row.what.en and row.count == 1 for row in found.audit)


def test_rows_of_places_that_are_not_here_are_in_the_audit(two_feeds):
    table = rows(ALL, ("*", "9999011", "bus", "none"), ("*", "3262", "bus", "none"))
    found = ask(two_feeds, table)
    assert found.complete.all()
    dropped = [r for r in found.audit if r.action == "dropped"]
    assert [(r.count, r.examples) for r in dropped] == [(2, "9999011, 3262")]
    guessed = ask(two_feeds, rows(("*", "2215013", "all", "complete")))
    assert guessed.complete.tolist() == [True, False]
    assert [r.examples for r in guessed.audit if r.action == "guessed"] == ["2215011 = 2215013"]


def test_feeds_silent_that_day_are_not_complete_where_they_serve(two_feeds):
    stated = rows(("city", "*", "bus", "complete"), ("trains", "*", "rail", "complete"))
    for table in (rows(ALL), stated):
        quiet = ask(two_feeds, table, silent=["trains"])
        assert quiet.state[:, 1].tolist() == [-1, -1]
        assert quiet.state[0, 0] == 1
    assert (
        not ask(two_feeds, rows(ALL), day_known=False)
        .known_near(np.array([[X0 + 2000, Y0 + 2000]]), REACH)
        .any()
    )


def test_requirements_and_stops_seen(two_feeds):
    assert ask(two_feeds, None).state.tolist() == [[-1, -1], [-1, -1]]
    nothing = evidence(municipalities(), None, two_feeds, groups=GROUPS)
    assert nothing.state.tolist() == [[0, 0], [0, 0]]
    assert not nothing.complete.any()  # where no row speaks, nothing is known
    assert nothing.blocked.all()
    with pytest.raises(ParameterError, match="tram"):
        ask(two_feeds, None, required=["tram"])
    with pytest.raises(SchemaError, match="tramwaj"):
        ask(two_feeds, rows(("*", "*", "tramwaj", "complete")))
    posts = gpd.GeoDataFrame(
        {"name": ["P", "Q"], "mode": ["tram; bus", None]},
        geometry=[shapely.Point(X0 + 5, Y0 + 5), shapely.Point(X0 + 5000, Y0 + 5)],
        crs=CRS,
    )
    seen = seen_groups(
        municipalities(), ("bus", "tram", "rail"), stop_posts=posts, rail_stations=posts.iloc[1:]
    )
    assert seen.tolist() == [[True, True, False], [True, False, True]]


# ------------------------------------------------------------------ near and far


@pytest.mark.parametrize(
    ("x", "groups", "sure"),
    [(3499.9, ("bus",), True), (3500.0, ("bus",), False), (3499.9, ("bus", "rail"), False)],
)
def test_a_neighbour_without_coverage_blocks_within_each_modes_limit(two_feeds, x, groups, sure):
    table = rows(("*", "2215011", "all", "complete"))
    point = np.array([[X0 + x, Y0 + 1000.0]])
    limits = {g: REACH[g] for g in groups}
    assert ask(two_feeds, table).known_near(point, limits).tolist() == [sure]
    assert ask(two_feeds, table, neighbours=False).known_near(point, REACH).tolist() == [True]


def test_outside_all_municipalities_nothing_is_known(two_feeds):
    found = ask(two_feeds, rows(ALL))
    point = np.array([[X0 - 1.0, Y0 + 100], [X0 + 1.0, Y0 + 100]])
    assert found.known_near(point, REACH).tolist() == [False, True]
    assert found.known_groups(point, REACH)["bus"].tolist() == [False, True]


def losing(feed: Any, **options: Any) -> Any:
    """The feed with one loss; ``losses`` is what readers fill in."""

    class Lossy:
        losses = (loss(options.pop("kind", "trip"), both("lost"), ["1"], **options),)

        def __getattr__(self, name: str) -> Any:
            return getattr(feed, name)

    return Lossy()


@pytest.mark.parametrize("kind", ["stop", "trip"])
@pytest.mark.parametrize(("metres", "sure"), [(0.0, False), (500.0, False), (500.1, True)])
def test_what_was_lost_takes_certainty_within_the_walk_of_where_it_may_be(
    two_feeds, kind, metres, sure
):
    lon, lat = TO_DEGREES.transform(X0 + 2000, Y0 + 2000)
    feed = losing(
        two_feeds, kind=kind, where=shapely.Point(lon, lat), crs="EPSG:4326", groups=["bus"]
    )
    found = ask(feed, rows(ALL))
    point = np.array([[X0 + 2000, Y0 + 2000 - metres + (0.001 if not sure else -0.001)]])
    assert found.known_near(point, REACH).tolist() == [sure]
    assert found.lost_near(point, REACH).tolist() == [not sure]
    assert found.known_groups(point, REACH)["rail"].tolist() == [True]
    # the municipality is no longer complete, though what is far from the loss stays certain
    assert found.level.tolist() == ["partial", "complete"]
    assert found.complete.all()
    assert not found.complete_everywhere
    assert found.known_near(np.array([[X0 + 6000, Y0 + 2000]]), REACH).all()


@pytest.mark.parametrize(("operator", "sure"), [("city", False), ("trains", True)])
def test_a_line_of_which_no_stop_is_known_may_be_wherever_the_table_says_its_feed_serves(
    tmp_path, operator, sure
):
    """The stops that are left lie in the first town; the line lost with its stops in the second."""
    city = write(tmp_path / "city", [("1", "a", 3, 1000), ("2", "a", 3, 6500)])
    trains = write(tmp_path / "trains", [("9", "r", 2, 3000), ("8", "r", 2, 5000)])
    stops = city / "stops.txt"
    kept = [line for line in stops.read_text().splitlines() if not line.startswith("2")]
    stops.write_text("\n".join(kept) + "\n")
    table = rows(
        ("city", "2215011", "bus", "complete"),
        (operator, "2215021", "bus", "complete"),
        ("trains", "*", "rail", "complete"),
    )
    found = ask(read_feed([city, trains]), table)
    there = np.array([[X0 + 6500, Y0 + 2000]])
    assert found.known_groups(there, REACH)["bus"].tolist() == [sure]
    assert found.known_groups(there, REACH)["rail"].tolist() == [True]
    assert not found.known_groups(np.array([[X0 + 1000, Y0 + 100]]), REACH)["bus"].any()


@pytest.mark.parametrize(("groups", "sure"), [((), False), (("rail",), False), (("ferry",), True)])
def test_what_was_lost_without_a_place_may_be_anywhere_for_its_modes(two_feeds, groups, sure):
    found = ask(losing(two_feeds, groups=groups), rows(ALL))
    point = np.array([[X0 + 100, Y0 + 100]])
    assert found.known_near(point, REACH).tolist() == [sure]
    assert found.complete_everywhere == sure
    assert found.known_near(point, {"bus": 500.0}).tolist() == [groups != ()]


codes = st.sampled_from(["*", "22", "2215", "2215011", "2215021"])
tables = st.lists(
    st.tuples(
        st.sampled_from(["*", "city", "trains", "a", "b", "gone"]),
        codes,
        st.sampled_from(["all", "bus", "rail", "coach"]),
        st.sampled_from(["complete", "partial", "none"]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40)
@given(tables, st.data())
def test_a_row_that_says_less_never_makes_more_known(two_feeds, table, data):
    k = data.draw(st.integers(0, len(table) - 1))
    less = [*table]
    less[k] = (*table[k][:3], data.draw(st.sampled_from(["partial", "none"])))
    more = [*table, ("gone", data.draw(codes), "all", "complete")]
    grid = np.array([(X0 + x, Y0 + 2000) for x in range(100, 8000, 600)], dtype="float64")
    base = ask(two_feeds, rows(*table))
    for worse in (
        ask(two_feeds, rows(*less)),
        ask(two_feeds, rows(*more)),
        ask(two_feeds, rows(*table), silent=["trains"]),
        replace(base, losses=(loss("trip", both("x"), where=shapely.Point(X0, Y0), crs=CRS),)),
    ):
        assert not (worse.complete & ~base.complete).any()
        assert not (worse.known_near(grid, REACH) & ~base.known_near(grid, REACH)).any()
    order = data.draw(st.permutations(table))
    assert (ask(two_feeds, rows(*order)).state == base.state).all()


# ------------------------------------------------------------------ names, template


def test_an_agency_may_be_named_by_id_or_name_and_a_feed_by_its_file(tmp_path):
    one = read_feed(write(tmp_path / "stem", [("1", "a", 3, 0)]), name="shown")
    parts = loaded(one)
    assert all(parts.named(n) == (0,) for n in ("stem", "shown", "a", "operator A", " SHOWN "))
    assert parts.named("other") == ()
    assert loaded(None).named("*") == ()
    # an object that does not say what it was made of cannot be checked against
    assert loaded(object()).named("anything") == (0,)


def test_the_template_has_every_municipality_feed_and_mode(two_feeds):
    table = coverage_template(municipalities(), two_feeds, more=["tram", "rail"])
    assert table[["feed", "mode"]].drop_duplicates().values.tolist() == [
        ["city", "bus"], ["trains", "rail"], ["*", "tram"],
    ]  # fmt: skip
    assert len(table) == 2 * 3
    assert set(table["state"]) == {"none"}
    found = ask(two_feeds, conform(table, "Coverage", layer="coverage")[0])
    assert (found.state == -1).all()
    table["state"] = "complete"
    assert ask(two_feeds, conform(table, "Coverage", layer="coverage")[0]).complete.all()


@pytest.mark.parametrize(
    ("value", "code"),
    [(2215011, "2215011"), ("215011", "0215011"), (2215, "2215"), ("215", "0215"), (22, "22"),
     (2, "02"), ("*", "*"), (" 2215 ", "2215")],
)  # fmt: skip
def test_codes_of_areas_and_the_star_pass_the_schema(value, code):
    table = pd.DataFrame({"feed": ["a"], "teryt": [value], "mode": ["bus"], "state": ["none"]})
    assert conform(table, "Coverage", layer="coverage")[0]["teryt"].tolist() == [code]


@pytest.mark.parametrize("value", ["22150", "abc", "**", ""])
def test_other_codes_are_one_clear_error(value):
    table = pd.DataFrame({"feed": ["a"], "teryt": [value], "mode": ["bus"], "state": ["none"]})
    with pytest.raises(SchemaError, match="teryt"):
        conform(table, "Coverage", layer="coverage")


def test_a_municipality_without_outline_may_begin_where_the_others_end():
    places = gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
        geometry=[shapely.box(0, 0, 2000, 2000), shapely.Polygon()],
        crs="EPSG:2180",
    )
    rows = pd.DataFrame({"feed": "*", "teryt": ["2261011"], "mode": "all", "state": "complete"})
    points = np.array([[1000.0, 1000.0], [1700.0, 1000.0]])
    found = evidence(places, rows, SimpleNamespace(), groups=("bus",), required=["bus"])
    assert found.known_near(points, {"bus": 500.0}).tolist() == [True, False]
