"""Service quality: classes by six methods, three states, disagreement, real data."""

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
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import box

from metrogis import open_metro
from metrogis.checks.transport_accessibility.service_quality.check import CHECK, service_quality
from metrogis.checks.transport_accessibility.service_quality.methods import LABELS, agreement
from metrogis.checks.transport_accessibility.service_quality.parameters import EVERY_METHOD
from metrogis.errors import CRSError, MissingLayerError, ParameterError
from metrogis.evidence import loss
from metrogis.streets import from_lines, read_osm
from metrogis.texts import both
from metrogis.transit import read_feed

CRS = "EPSG:2180"
X0, Y0 = 450_000.0, 740_000.0
TO_DEGREES = pyproj.Transformer.from_crs(2180, 4326, always_xy=True)


def write_feed(folder, stops, runs, names=None):
    """A timetable. Stops: id -> (x, y); runs: (route type, stop, minutes between, direction)."""
    folder.mkdir(parents=True, exist_ok=True)
    where = {"far": (30_000, 0), **stops}
    lon, lat = TO_DEGREES.transform(*np.add(list(where.values()), (X0, Y0)).T)
    pd.DataFrame(
        {"stop_id": list(where), "stop_lat": lat,
         "stop_name": [(names or {}).get(s, f"Stop {s}") for s in where],
         "stop_lon": lon}
    ).to_csv(folder / "stops.txt", index=False)  # fmt: skip
    kinds = sorted({r[0] for r in runs})
    pd.DataFrame(
        {"route_id": [f"r{k}" for k in kinds], "route_short_name": [f"L{k}" for k in kinds],
         "route_type": kinds}
    ).to_csv(folder / "routes.txt", index=False)  # fmt: skip
    trips, times, often = [], [], []
    for i, (kind, stop, minutes, direction) in enumerate(runs):
        trips.append((f"t{i}", f"r{kind}", "week", direction))
        times += [(f"t{i}", "6:00:00", stop, 1), (f"t{i}", "6:30:00", "far", 2)]
        often.append((f"t{i}", "06:00:00", "20:00:00", minutes * 60))
    for name, rows, columns in (
        ("trips", trips, ["trip_id", "route_id", "service_id", "direction_id"]),
        ("stop_times", times, ["trip_id", "departure_time", "stop_id", "stop_sequence"]),
        ("frequencies", often, ["trip_id", "start_time", "end_time", "headway_secs"]),
    ):
        pd.DataFrame(rows, columns=columns).to_csv(folder / f"{name}.txt", index=False)
    week = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    pd.DataFrame(
        [("week", *[1] * 5, 0, 0, 20241001, 20241031)],
        columns=["service_id", *week, "start_date", "end_date"],
    ).to_csv(folder / "calendar.txt", index=False)
    return read_feed(folder)


def municipalities(count=1, side=6000):
    return gpd.GeoDataFrame(
        {"teryt": [f"22150{i + 1}1" for i in range(count)],
         "name": [f"Town {i + 1}" for i in range(count)]},
        geometry=[box(X0 + i * side, Y0, X0 + (i + 1) * side, Y0 + side) for i in range(count)],
        crs=CRS,
    )  # fmt: skip


def cells(*centres, people=100.0):
    return gpd.GeoDataFrame(
        {"population": np.broadcast_to(np.asarray(people, float), len(centres)).copy()},
        geometry=[box(X0 + x - 50, Y0 + y - 50, X0 + x + 50, Y0 + y + 50) for x, y in centres],
        crs=CRS,
    )


def complete(*codes, mode="all", state="complete"):
    return pd.DataFrame(
        {"feed": "*", "teryt": list(codes or ["2215011"]), "mode": mode, "state": state}
    )


@pytest.fixture
def bus(tmp_path):
    """One post with a bus every ten minutes, 1 km into the town."""
    return write_feed(tmp_path / "bus", {"A": (1000, 1000)}, [(3, "A", 10, 0)])


ONE_DAY = {"second_day_type": "school_day"}
"""The Austrian method by one day: the timetables of these tests know no school holidays."""

CENTRES = [(1000, 1000), (1390, 1000), (1490, 1000), (2100, 1000), (4000, 4000)]


def test_classes_of_a_single_bus_stop(bus) -> None:
    result = service_quality(municipalities(), cells(*CENTRES), bus, coverage=complete(), **ONE_DAY)
    table = result.features["cells"]
    # category IV: C within 300 m, D to 500; walks of the others are 1.3 times the line
    assert table["are"].tolist() == ["C", "D", "D", "none", "none"]
    assert table["austria"].tolist() == ["C", "E", "E", "none", "none"]
    assert table["ptal"].tolist() == ["1b", "1a", "1a", "none", "none"]
    assert table["dg_regio"].tolist() == ["medium", "none", "none", "none", "none"]
    assert table["sdg"].tolist() == ["yes", "none", "none", "none", "none"]
    assert table["sdg_pl"].tolist() == ["yes", "yes", "none", "none", "none"]
    assert not table["lower_bound"].any()
    for method in EVERY_METHOD:
        given = ~table[method].isin(["none", "unknown"])
        assert not table.loc[given, f"{method}_at_least"].any()
        assert table.loc[~given, f"{method}_at_least"].isna().all()
    assert result.municipalities["are_exact_share"].tolist() == [1.0]
    assert table["served_by"].tolist() == [6, 4, 3, 0, 0]
    assert table["told_by"].tolist() == [6] * 5


def test_what_decided_is_told(bus) -> None:
    row = service_quality(municipalities(), cells((1000, 1080)), bus).features["cells"].iloc[0]
    shown = row[["are_category", "are_interval_min", "are_line", "are_stop", "are_metres"]]
    assert shown.tolist() == ["IV", 10.0, "L3", "Stop A", 80.0]
    assert row[["ptal_line", "ptal_stop", "ptal_mode_group"]].tolist() == ["L3", "Stop A", "bus"]
    wt, swt = 80 * 1.3 / 80, 5.0
    expected = [wt, swt, swt + 2, wt + swt + 2, 30 / (wt + swt + 2), 30 / (wt + swt + 2)]
    terms = row[[f"ptal_{t}_bus" for t in ("wt", "swt", "awt", "tat", "edf", "ai")]]
    assert terms.astype(float).tolist() == pytest.approx(expected, abs=5e-4)
    assert row["dg_regio_per_hour"] == 6.0
    assert row["sdg_line"] == "L3"


@pytest.mark.parametrize("table", [None, "partial", "none"])
def test_without_complete_coverage_no_class_is_unknown(bus, table) -> None:
    coverage = None if table is None else complete(state=table)
    result = service_quality(municipalities(), cells(*CENTRES), bus, coverage=coverage, **ONE_DAY)
    found = result.features["cells"]
    for method in EVERY_METHOD:
        assert "none" not in set(found[method]), method
        assert result.municipalities[f"{method}_none_share"].tolist() == [0.0]
    # what the one timetable gives is certain, and a lower bound
    assert found["are"].tolist() == ["C", "D", "D", "unknown", "unknown"]
    assert found["lower_bound"].all()
    assert found["are_at_least"].tolist() == [True, True, True, pd.NA, pd.NA]
    # the only class of SDG cannot be better: it is exact
    assert found["sdg_at_least"].tolist() == [False, *[pd.NA] * 4]
    areas = result.features["areas_are"].set_index("class")
    assert areas["certainty"].to_dict() == {
        "C": "at_least", "D": "at_least", "unknown": "unknown",
    }  # fmt: skip
    assert areas["known_share"].to_dict() == {"C": 0.5, "D": 0.5, "unknown": 0.0}
    assert result.figures["are_unknown_share"] == pytest.approx(0.4)
    assert result.figures["are_at_least_share"] == pytest.approx(0.6)
    assert result.municipalities["are_exact_share"].tolist() == [0.0]
    # a class that may be better agrees with nothing for certain
    assert set(found["agreement"]) == {"unknown"}


def test_a_mode_that_is_not_covered_keeps_no_class_unknown(bus) -> None:
    only_bus = complete(mode="bus")
    station = gpd.GeoDataFrame(
        {"name": ["Dworzec"]}, geometry=[shapely.Point(X0 + 5900, Y0 + 5900)], crs=CRS
    )
    sure = service_quality(municipalities(), cells(*CENTRES), bus, coverage=only_bus)
    assert sure.features["cells"]["sdg"].tolist()[-1] == "none"
    unsure = service_quality(
        municipalities(), cells(*CENTRES), bus, coverage=only_bus, rail_stations=station
    )
    assert unsure.features["cells"]["sdg"].tolist()[-1] == "unknown"


def test_neighbours_without_coverage_reach_over_the_border_by_each_methods_distance(bus) -> None:
    # 600 m and 1100 m from the border with a town whose timetables are not at hand
    at = [(5400, 5000), (4900, 5000)]
    layers = {"municipalities": municipalities(2), "population": cells(*at), "timetable": bus,
              "coverage": complete(), "detour": 1.0, **ONE_DAY}  # fmt: skip
    found = service_quality(**layers).features["cells"].iloc[:2]
    assert found["are"].tolist() == ["unknown", "none"]
    assert found["austria"].tolist() == ["unknown", "unknown"]
    assert found["sdg_pl"].tolist() == ["unknown", "none"]
    assert found["dg_regio"].tolist() == ["unknown", "none"]  # ten minutes reach a train there
    lone = service_quality(**layers, neighbours_complete=False).features["cells"].iloc[:2]
    assert set(lone["austria"]) == {"none"}


def test_a_feed_silent_on_the_day_is_not_complete(bus, tmp_path) -> None:
    saturday = service_quality(
        municipalities(),
        cells(*CENTRES),
        bus,
        coverage=complete(),
        day_type="saturday",
        methods=["are"],
    )
    # the timetable covers Saturdays: nothing runs then
    assert set(saturday.features["cells"]["are"]) == {"none"}
    holiday = service_quality(
        municipalities(), cells(*CENTRES), bus, coverage=complete(), day_type="holiday_weekday"
    )
    # no table of school holidays: which days they are is not known
    for method in EVERY_METHOD:
        assert set(holiday.features["cells"][method]) == {"unknown"}
    assert any(row.action == "unknown" and "day type" in row.what.en for row in holiday.audit)
    assert holiday.sentences("en")[0].endswith("the class of 100.0% of residents is unknown.")


def test_austrian_class_of_one_known_day(bus) -> None:
    layers = {"municipalities": municipalities(), "population": cells(*CENTRES), "timetable": bus,
              "coverage": complete(), "methods": ["austria"]}  # fmt: skip
    result = service_quality(**layers)
    # where the known day has no class the worse of two has none, whatever the other is
    assert result.features["cells"]["austria"].tolist() == [*["unknown"] * 3, "none", "none"]
    said = [r for r in result.audit if "Austrian" in r.what.en and r.action == "unknown"]
    assert len(said) == 1
    one = service_quality(**layers, **ONE_DAY)
    assert one.features["cells"]["austria"].tolist() == ["C", "E", "E", "none", "none"]
    assert not any("Austrian" in r.what.en for r in one.audit)
    off = service_quality(**layers, second_day_type="saturday")  # known, and nothing runs
    assert set(off.features["cells"]["austria"]) == {"none"}
    unsure = service_quality(**{**layers, "coverage": None})
    assert set(unsure.features["cells"]["austria"]) == {"unknown"}


def test_streets_bend_the_walk(bus) -> None:
    # the only street goes round: 1000 -> 1400 m east is 1200 m on foot
    line = [(1000, 1000), (1000, 1400), (1400, 1400), (1400, 1000)]
    street = from_lines(
        gpd.GeoDataFrame(geometry=[shapely.LineString(np.add(line, [X0, Y0]))], crs=CRS),
        mode="walk",
    )
    layers = {"municipalities": municipalities(), "population": cells((1400, 1000), (4000, 4000)),
              "timetable": bus, "coverage": complete(), **ONE_DAY}  # fmt: skip
    found = service_quality(**layers, streets=street).features["cells"]
    assert found["are"].tolist() == ["D", "none"]  # straight by its own definition
    assert found["austria"].tolist() == ["G", "unknown"]  # the second is off every street
    assert found["ptal"].tolist() == ["none", "unknown"]
    assert found["sdg_pl"].tolist() == ["none", "unknown"]  # no street there that could be reached
    assert found["austria_metres"].iloc[0] == pytest.approx(1200, abs=0.1)
    straight = service_quality(**layers)
    assert any("straight lines" in s for s in straight.sentences("en"))


def test_levels_and_agreement() -> None:
    graded = np.array([[2, 2, 1, 0, -1, 2], [2, 1, 1, 0, -1, 0], [2, 2, 1, 0, 1, -1]])
    expected = ["same", "differ", "same", "same", "unknown", "opposite"]
    assert agreement(graded).tolist() == expected


def test_people_by_class_and_municipality_add_up(bus) -> None:
    people = [10.0, 20, 30, 40, 50]
    result = service_quality(
        municipalities(), cells(*CENTRES, people=people), bus, coverage=complete(), **ONE_DAY
    )  # fmt: skip
    for method in EVERY_METHOD:
        areas = result.features[f"areas_{method}"]
        assert areas["population"].sum() == pytest.approx(150)
        assert areas["area_km2"].sum() == pytest.approx(0.05)
        assert areas["population_km2"].sum() == pytest.approx(0.05)
        assert set(areas["class"]) <= {*LABELS[method], "none", "unknown"}
        row = result.municipalities.iloc[0]
        kept = row[f"{method}_served_share"] + row[f"{method}_none_share"]
        assert kept + row[f"{method}_unknown_share"] == pytest.approx(1)
    are = result.features["areas_are"].set_index("class")["population"]
    assert are.to_dict() == {"C": 10, "D": 50, "none": 90}
    assert result.figures["are_D_share"] == pytest.approx(50 / 150)


def test_every_municipality_is_a_row_also_without_people(bus) -> None:
    result = service_quality(municipalities(3), cells(*CENTRES), bus)
    assert result.municipalities["teryt"].tolist() == ["2215011", "2215021", "2215031"]
    assert result.municipalities["are_good_share"].isna().tolist() == [False, True, True]


def test_unknown_population_gives_no_figures_of_people(bus) -> None:
    result = service_quality(municipalities(side=2500), None, bus, methods=["are", "sdg"])
    assert result.municipalities["population"].isna().all()
    assert result.features["areas_are"]["population"].isna().all()
    assert 0 < result.figures["are_C_share"] < 1
    assert any("population unknown" in row.what.en for row in result.audit)


def test_methods_and_thresholds_are_parameters(bus) -> None:
    result = service_quality(
        municipalities(), cells(*CENTRES), bus, methods=["are"], coverage=complete()
    )
    assert set(result.features) == {"areas_are", "agreement", "stops", "cells"}
    table = result.sensitivity(are_distances=[(300, 500, 750, 1000), (100, 200, 300, 400)])
    assert table["are_D_share"].tolist() == [0.4, 0.0]
    for bad in (
        {"methods": []},
        {"methods": ["are", "are"]},
        {"day_window": (9, 9)},
        {"are_distances": (500, 300, 750, 1000)},
        {"dg_medium": 12},
        {"speed": 3},
    ):
        with pytest.raises(ParameterError):
            service_quality(municipalities(), cells(*CENTRES), bus, **bad)


def test_bad_layers(bus) -> None:
    with pytest.raises(MissingLayerError, match="timetable"):
        service_quality(municipalities(), cells(*CENTRES))
    with pytest.raises(CRSError):
        service_quality(municipalities(), cells(*CENTRES).to_crs(2177), bus)
    with pytest.raises(ParameterError, match="streets"):
        service_quality(municipalities(), cells(*CENTRES), bus, streets="walk.pbf")


def test_registration_is_ready() -> None:
    names = [i.name for i in CHECK.inputs]
    assert CHECK.required == ("municipalities", "timetable")
    assert names[:3] == ["municipalities", "population", "timetable"]
    assert all(spec.unit and spec.source for spec in CHECK.parameters.specs().values())
    for view in CHECK.views:
        for column in (view.column, *view.popup):
            assert column in CHECK.columns[view.table], (view.table, column)


# --------------------------------------------------------------------------- what was lost


def losing(feed, *lost):
    """The timetable with something lost in reading."""
    out = copy.copy(feed)
    object.__setattr__(out, "losses", lost)
    return out


def lost_at(kind, x, y, **more):
    return loss(kind, both("lost"), ["?"], where=shapely.Point(X0 + x, Y0 + y), crs=CRS, **more)


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_lost_stop_makes_its_surroundings_unknown_and_nothing_else(bus, method) -> None:
    at = [(1000, 1000), (1120, 1000), (4000, 4000), (4100, 4000), (1000, 5800)]
    layers = {"municipalities": municipalities(), "population": cells(*at), "coverage": complete(),
              "methods": [method], "modes_required": ["bus"], **ONE_DAY}  # fmt: skip
    before = service_quality(timetable=bus, **layers).features["cells"]
    gone = losing(bus, lost_at("stop", 4000, 4000, groups=["bus"]))
    after = service_quality(timetable=gone, **layers).features["cells"]
    assert before[method].tolist()[2:] == ["none"] * 3
    assert after[method].tolist()[2:4] == ["unknown"] * 2
    far = [0, 1, 4]
    for column in (method, f"{method}_at_least"):
        assert after[column].iloc[far].equals(before[column].iloc[far])


def test_lost_stop_near_a_class_makes_it_a_lower_bound(bus) -> None:
    layers = {"municipalities": municipalities(), "population": cells((1000, 1000)),
              "coverage": complete(), **ONE_DAY}  # fmt: skip
    gone = losing(bus, lost_at("stop", 1300, 1000))
    found = service_quality(timetable=gone, **layers).features["cells"].iloc[0]
    assert found["are"] == "C"
    for method in ("are", "austria", "ptal", "dg_regio"):
        assert found[f"{method}_at_least"], method
    assert not found["sdg_at_least"]  # access is access


def test_where_trips_may_be_missing_half_of_the_departures_are_certain(tmp_path) -> None:
    # every five minutes from a terminus is category III; were it a stop on the way, IV
    feed = write_feed(tmp_path / "way", {"A": (1000, 1000)}, [(3, "A", 5, 0)])
    layers = {"municipalities": municipalities(), "population": cells((1000, 1000)),
              "coverage": complete(), "methods": ["are"]}  # fmt: skip
    whole = service_quality(timetable=feed, **layers)
    assert whole.features["cells"]["are"].tolist() == ["B"]
    for kind, there in (("trip", (1000, 1000)), ("trip", (1300, 1000))):
        gone = losing(feed, lost_at(kind, *there))
        cell = service_quality(timetable=gone, **layers).features["cells"].iloc[0]
        assert cell["are"] == ("C" if there == (1000, 1000) else "B")
        assert cell["are_at_least"]


def test_what_was_lost_anywhere_leaves_only_what_is_found(bus) -> None:
    gone = losing(bus, loss("trip", both("lost"), ["t9"]))
    found = service_quality(
        municipalities(), cells(*CENTRES), gone, coverage=complete(), **ONE_DAY
    ).features["cells"]  # fmt: skip
    for method in EVERY_METHOD:
        assert "none" not in set(found[method])
        given = ~found[method].isin(["unknown"])
        best = found[method] == LABELS[method][0]
        assert found.loc[given & ~best, f"{method}_at_least"].all()


def straight_street(*points):
    lines = [shapely.LineString(np.add(p, [X0, Y0])) for p in points]
    return from_lines(gpd.GeoDataFrame(geometry=lines, crs=CRS), mode="walk")


def test_stop_off_the_streets_keeps_its_surroundings_unknown(bus) -> None:
    # a grid of streets; a second stop 300 m from any of them
    street = straight_street(
        [(0, 1000), (6000, 1000)], [(0, 4000), (6000, 4000)], [(0, 1000), (0, 4000)]
    )
    layers = {
        "municipalities": municipalities(),
        "coverage": complete(),
        "streets": street,
        "population": cells((1000, 1000), (3000, 4000), (5900, 4000)),
        **ONE_DAY,
    }
    feed = write_feed(bus_folder(bus), {"A": (1000, 1000), "B": (3000, 3690)},
                      [(3, "A", 10, 0), (3, "B", 10, 0)])  # fmt: skip
    found = service_quality(timetable=feed, **layers, snap_limit=300).features["cells"]
    reached = service_quality(timetable=feed, **layers, snap_limit=320).features["cells"]
    for method in ("austria", "ptal", "dg_regio", "sdg"):
        assert found[method].iloc[1] == "unknown", method
        assert found[method].iloc[0] not in ("none", "unknown")
    assert reached["sdg"].iloc[1] == "yes"  # 310 m to the street, and on it
    assert found["are"].iloc[1] == "D"  # in a straight line
    assert found["sdg"].iloc[2] == "none"  # far from it nothing changes
    audit = service_quality(timetable=feed, **layers, snap_limit=300).audit
    assert [r.count for r in audit if r.layer == "stops" and r.action == "unknown"] == [2]


def bus_folder(bus):
    return Path(tempfile.mkdtemp()) / "two"


def test_polish_variant_is_unknown_where_there_are_no_street_data(bus) -> None:
    street = straight_street([(900, 1000), (2500, 1000)])
    at = [(1000, 1000), (2300, 1000), (2400, 1240), (2400, 1260), (5000, 5000)]
    found = service_quality(
        municipalities(), cells(*at), bus, coverage=complete(), streets=street, methods=["sdg_pl"]
    ).features["cells"]  # fmt: skip
    assert found["sdg_pl"].tolist() == ["yes", "none", "none", "unknown", "unknown"]


# --------------------------------------------------------------------------- properties


@st.composite
def small_towns(draw):
    """Stops with runs, cells, and how the coverage is stated."""
    count = draw(st.integers(1, 4))
    stops = {f"S{i}": draw(st.tuples(*[st.integers(4, 20).map(lambda v: v * 100)] * 2))
             for i in range(count)}  # fmt: skip
    runs = draw(
        st.lists(
            st.tuples(st.sampled_from([3, 0, 2]), st.sampled_from(sorted(stops)),
                      st.sampled_from([5, 10, 20, 60]), st.integers(0, 1)),
            min_size=1, max_size=5,
        )
    )  # fmt: skip
    at = draw(st.lists(st.tuples(*[st.integers(2, 24).map(lambda v: v * 100 + 3)] * 2),
                       min_size=1, max_size=6, unique=True))  # fmt: skip
    return stops, runs, at


RANK = {m: {c: k for k, c in enumerate((*LABELS[m], "none"))} for m in EVERY_METHOD}


def never_worse_informed(before, after):
    """What may be said with less knowledge: no more than with more of it."""
    for method in EVERY_METHOD:
        for was, is_, bound_was, bound in zip(
            before[method], after[method], before[f"{method}_at_least"],
            after[f"{method}_at_least"], strict=True,
        ):  # fmt: skip
            if is_ == "unknown":
                continue
            assert was != "unknown", (method, "an answer out of nothing")
            if is_ == "none":
                assert was == "none", method
                continue
            assert RANK[method][is_] >= RANK[method][was], (method, was, is_)  # no better
            if not bound:  # exact: then it was exact, and the same
                assert (was, bool(bound_was)) == (is_, False), method


@pytest.mark.long
@settings(max_examples=15, deadline=None)
@given(small_towns(), st.sampled_from(["coverage", "mode", "stop", "trip", "anywhere", "streets"]),
       st.integers(0, 3))  # fmt: skip
def test_less_knowledge_never_says_more(town, how, which) -> None:
    stops, runs, at = town
    with tempfile.TemporaryDirectory() as folder:
        feed = write_feed(Path(folder) / "town", stops, runs)
    layers = {"municipalities": municipalities(), "population": cells(*at), "timetable": feed,
              "coverage": complete(), "streets": None, **ONE_DAY}  # fmt: skip
    mesh = [[(i * 300, 0), (i * 300, 2700)] for i in range(10)]
    mesh += [[(0, i * 300), (2700, i * 300)] for i in range(10)]
    if how == "streets":
        layers["streets"] = straight_street(*mesh)
    before = service_quality(**layers).features["cells"]
    x, y = list(stops.values())[which % len(stops)]
    if how == "coverage":
        layers["coverage"] = None
    elif how == "mode":
        layers["coverage"] = complete(mode="bus")
    elif how in ("stop", "trip"):
        layers["timetable"] = losing(feed, lost_at(how, x + 100 * (how == "stop"), y))
    elif how == "anywhere":
        layers["timetable"] = losing(feed, loss("trip", both("lost"), ["t9"]))
    else:  # a way that could not be read
        layers["streets"] = losing(layers["streets"], lost_at("way", x + 100, y))
    after = service_quality(**layers).features["cells"]
    never_worse_informed(before, after)


@pytest.mark.long
@settings(max_examples=12, deadline=None)
# equal runs of two stated directions: which of them counts may not hang on the order of rows
@example(({"S0": (1200, 1900)}, [(2, "S0", 5, 0), (2, "S0", 10, 1)], [(803, 1603)]), "order")
@given(small_towns(), st.sampled_from(["feeds", "posts", "order", "ids"]))
def test_how_a_timetable_is_modelled_changes_nothing(town, how) -> None:
    stops, runs, at = town
    layers = {"municipalities": municipalities(), "population": cells(*at), "coverage": complete(),
              **ONE_DAY}  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = write_feed(folder / "one", stops, runs)
        if how == "feeds":  # every second run in another file
            parts = [p for p in (runs[::2], runs[1::2]) if p]
            paths = []
            for k, part in enumerate(parts):
                write_feed(folder / f"part{k}", stops, part)
                paths.append(folder / f"part{k}")
            other = read_feed(paths)
        elif how == "posts":  # a post for each direction of what was one
            twice = {f"{s}{d}": xy for s, xy in stops.items() for d in "01"}
            other = write_feed(
                folder / "two", twice, [(k, f"{s}{d}", n, d) for k, s, n, d in runs],
                names={f"{s}{d}": f"Stop {s}" for s in stops for d in "01"},
            )  # fmt: skip
        elif how == "order":
            other = write_feed(folder / "turned", dict(reversed(stops.items())), runs[::-1])
        else:
            renamed = {f"Z{len(stops) - i}": s for i, s in enumerate(stops)}
            back = {s: z for z, s in renamed.items()}
            other = write_feed(
                folder / "ids", {z: stops[s] for z, s in renamed.items()},
                [(k, back[s], n, d) for k, s, n, d in runs],
                names={z: f"Stop {s}" for z, s in renamed.items()},
            )  # fmt: skip
    first, second = (service_quality(timetable=f, **layers).features["cells"] for f in (one, other))
    columns = [c for m in EVERY_METHOD for c in (m, f"{m}_at_least")]
    if how == "posts":  # which posts make a station is not the timetable's: it counts each route
        columns = [c for c in columns if not c.startswith("ptal")]  # at its best post
    pd.testing.assert_frame_equal(
        pd.DataFrame(first[[*columns, "agreement"]]), pd.DataFrame(second[[*columns, "agreement"]])
    )


# --------------------------------------------------------------------------- real data


@pytest.fixture(scope="module")
def demo_result(transport_demo):
    m = transport_demo
    return service_quality(
        m.municipalities, m.population, m.timetable, coverage=m.coverage,
        population_municipal=m.population_municipal, stop_posts=m.get("stop_posts"),
        rail_stations=m.rail_stations,
        streets=read_osm(m.streets.path, crs=m.crs, mode="walk"),
    )  # fmt: skip


def test_the_demo(demo_result) -> None:
    result = demo_result
    cells = result.features["cells"]
    described = {c for c in cells.columns if c != "geometry"}
    assert described <= set(CHECK.columns["cells"])
    for name, table in result.tables.items():
        assert set(table.columns) - {"geometry"} <= set(CHECK.columns[name]), name
        assert table.crs == result.municipalities.crs
    for method in EVERY_METHOD:
        shares = [result.figures[f"{method}_{c}_share"] for c in (*LABELS[method], "none",
                                                                  "unknown")]  # fmt: skip
        assert sum(shares) == pytest.approx(1)
    # only where the coverage table is not complete is no class unknown (or off every street)
    municipalities = result.municipalities.set_index("teryt")
    assert municipalities["are_unknown_share"].idxmax() == "9801021"
    assert municipalities.loc["9801021", "are_none_share"] == 0
    served = cells[cells["are"].isin(["A", "B", "C", "D"])]
    assert (served["are_stop"] != "").all()
    assert served["are_metres"].max() <= 1000
    for sentence in (*result.sentences("pl"), *result.sentences("en")):
        assert "{" not in sentence


def test_the_demos_white_spots_have_no_class(demo_result, transport_demo) -> None:
    truth = json.loads((transport_demo.streets.path.parent / "truth.json").read_text("utf-8"))
    spots = [t for t in truth["planted"] if t["kind"] == "white_no_stop"]
    assert spots
    cells = demo_result.features["cells"]
    peopled = cells[cells["population"] > 0]
    for spot in spots:
        near = peopled[peopled.distance(shapely.Point(spot["x"], spot["y"])) < 300]
        assert len(near)
        assert set(near["sdg"]) == {"none"}


def test_one_operator_of_omggs_only_certainties(shared) -> None:
    metro = open_metro("layers/omggs", data=shared / "data/omggs")
    result = service_quality(
        metro.municipalities, metro.population, metro.timetable, coverage=metro.coverage,
        population_municipal=metro.population_municipal, stop_posts=metro.stop_posts,
        rail_stations=metro.rail_stations, cell_size=500,
    )  # fmt: skip
    for method in EVERY_METHOD:
        assert "none" not in set(result.features["cells"][method])
        assert result.figures[f"{method}_unknown_share"] > 0.9
    served = result.municipalities.set_index("name")["sdg_served_share"]
    assert served.idxmax() == "Wejherowo"


def test_newport_has_streets_but_no_people(shared) -> None:
    folder = shared / "data/newport"
    feed = read_feed(folder / "gtfs.zip", country="GB-WLS")
    streets = read_osm(folder / "streets.osm.pbf", crs=27700, mode="walk")
    middle = shapely.Point(np.median(streets.x), np.median(streets.y))
    town = gpd.GeoDataFrame(
        {"teryt": ["9999011"], "name": ["Newport"]}, geometry=[middle.buffer(1500)], crs=27700
    )
    result = service_quality(town, None, feed, streets=streets, coverage=complete("9999011"))
    assert result.municipalities["population"].isna().all()
    assert any("street node" in row.what.en for row in result.audit)
    row = result.municipalities.iloc[0]
    assert 0.3 < row["sdg_served_share"] <= 1
    assert row["ptal_served_share"] >= row["sdg_served_share"] - 0.2


def test_sao_paulo_by_headways_with_people(shared, tmp_path) -> None:
    folder = shared / "data/sao_paulo"
    feed = read_feed(folder / "gtfs.zip", country="BR")
    hexagons = gpd.read_file(f"/vsizip/{folder / 'population_hexgrid.gpkg.zip'}")
    column = next(c for c in hexagons.columns if c.lower() == "population")
    people = hexagons.to_crs(32723)[[column, "geometry"]].rename(columns={column: "population"})
    town = gpd.GeoDataFrame(
        {"teryt": ["9999011"], "name": ["São Paulo"]}, geometry=[people.union_all()], crs=32723
    )
    result = service_quality(town, people, feed, coverage=complete("9999011"))
    assert result.municipalities["population"].iloc[0] == pytest.approx(517_570, abs=1)
    assert result.figures["sdg_yes_share"] > 0.8
    assert result.figures["dg_regio_high_share"] > 0.6
    assert dataclasses.is_dataclass(result)


def test_where_nobody_lives_there_is_no_class(tmp_path):
    feed = write_feed(tmp_path / "f", {"a": (2000, 2000)}, [(3, "a", 10, 0), (3, "a", 10, 1)])
    empty = cells((2000, 2000), (4000, 4000), people=0.0)
    result = service_quality(municipalities(), empty, feed)
    assert len(result.municipalities) == 1
    assert not any("nan" in text for text in result.sentences("en"))


def test_a_timetable_none_of_whose_stops_has_a_place_leaves_all_unknown(tmp_path):
    feed = write_feed(tmp_path / "f", {"a": (2000, 2000)}, [(3, "a", 10, 0), (3, "a", 10, 1)])
    table = pd.read_csv(tmp_path / "f" / "stops.txt")
    table.drop(columns=["stop_lat", "stop_lon"]).to_csv(tmp_path / "f" / "stops.txt", index=False)
    del feed
    lost = read_feed(tmp_path / "f")
    result = service_quality(municipalities(), cells((2000, 2000)), lost)
    found = result.features["cells"][list(EVERY_METHOD)]
    assert (found == "unknown").all(axis=None)
