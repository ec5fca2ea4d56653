"""Access to rail on drawn scenes: every edge on purpose, feeders against a plain count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import Scene

import metrogis as mg
from metrogis.checks.registry import get
from metrogis.errors import MissingLayerError, ParameterError

CALM = "highway=residential maxspeed=30 lanes=2"
BUSY = "highway=primary maxspeed=90 lanes=4"
ALL = "covered bus rail tram cableway metro ferry"
TOWN = "town 2215031 -9000 -9000 9000 9000"
RAIL = """
    stop P p "Halt"
    stop Q 8000 -3000 "City"
    line R rail P 5:00 Q 5:10 every 30 until 22:00 back
"""


def ask(text: str, folder: Path, **more: Any) -> mg.Result:
    layers = Scene(text).layers(folder)
    own = {k: more.pop(k) for k in list(more) if k in layers}
    return mg.rail_access(**{**layers, **own}, **more)


def cell(result: mg.Result, people: float) -> Any:
    cells = result.features["cells"]
    return cells[cells["population"] == people].iloc[0]


def station(result: mg.Result, name: str) -> Any:
    table = result.features["stations"]
    return table[table["name"] == name].iloc[0]


STREET = f"""
    {TOWN}
    {ALL}
    junction p 0 0
    junction a 1199 0
    junction b 1202 0
    junction c 3749 0
    junction d 3752 0
    way p a b c d {CALM}
    {RAIL}
    home a 1
    home b 2
    home c 4
    home d 8
"""


def test_a_limit_holds_as_far_as_it_says(tmp_path: Path) -> None:
    found = ask(STREET, tmp_path)
    assert [cell(found, n)["easiest"] for n in (1, 2, 4, 8)] == [
        "walk", "bike_low", "bike_low", "none",
    ]  # fmt: skip
    table = found.municipalities.iloc[0]
    assert (table["by_walk"], table["by_bike"], table["none"]) == (1, 7, 8)
    assert table["bike_multiplier"] == 7
    assert station(found, "Halt")["residents"] == 7
    assert found.figures["reached"] == 7


@pytest.mark.parametrize(
    ("parameter", "value", "people", "way"),
    [("walk_limit", 1210, 2, "walk"), ("bike_limit", 3760, 8, "bike_low"),
     ("stress_limit", 1, 2, "bike")],
)  # fmt: skip
def test_limits_are_parameters(
    tmp_path: Path, parameter: str, value: float, people: float, way: str
) -> None:
    text = STREET.replace(CALM, "highway=residential maxspeed=50 lanes=2")
    assert cell(ask(text, tmp_path / "a"), people)["easiest"] != way
    assert cell(ask(text, tmp_path / "b", **{parameter: value}), people)["easiest"] == way


def test_traffic_makes_a_ride_possible_but_not_calm(tmp_path: Path) -> None:
    found = cell(ask(STREET.replace(CALM, BUSY), tmp_path), 4)
    assert (found["bike"], found["bike_low"], found["easiest"]) == ("yes", "no", "bike")


# --------------------------------------------------------------------------- useful stations


@pytest.mark.parametrize(("until", "trains", "state"), [("12:30", 16, "yes"), ("12:00", 15, "no")])
def test_sixteen_trains_in_one_direction_make_a_station_useful(
    tmp_path: Path, until: str, trains: int, state: str
) -> None:
    found = ask(STREET.replace("until 22:00", f"until {until}"), tmp_path)
    halt = station(found, "Halt")
    assert (halt["trains"], halt["state"]) == (trains, state)
    assert cell(found, 1)["walk"] == state


def test_directions_are_not_added_and_lines_only_to_a_core_city(tmp_path: Path) -> None:
    text = STREET.replace("every 30 until 22:00 back", "every 60 until 12:00 back")
    text += """
        stop X 20000 -3000 "Beyond"
        line S rail X 4:40 P 5:15 Q 5:25 every 60 until 11:55
        town 2262011 7000 -9000 9500 9000
    """
    text = text.replace("-9000 -9000 9000 9000", "-9000 -9000 7000 9000")
    assert station(ask(text, tmp_path / "a"), "Halt")["state"] == "no"
    found = ask(text, tmp_path / "b", core=["2262011"])
    halt = station(found, "Halt")
    assert (halt["trains"], halt["trains_core"], halt["state"]) == (8, 16, "yes")
    # trains that come from the core city do not lead there
    assert station(found, "City")["trains_core"] == 0


def test_a_station_without_a_timetable_is_unknown_or_without_trains(tmp_path: Path) -> None:
    import geopandas as gpd
    import shapely
    from scenes import EAST, NORTH

    layer = gpd.GeoDataFrame(
        {"name": ["Other", "Halt"]},
        geometry=[shapely.Point(EAST - 5000, NORTH), shapely.Point(EAST + 300, NORTH)], crs=2180,
    )  # fmt: skip
    text = STREET + "junction z -5000 0\nway p z\nhome z 16\n"
    found = ask(text, tmp_path / "a", rail_stations=layer)
    assert len(found.features["stations"]) == 3  # the halt of the layer is that of the timetable
    assert station(found, "Other")["state"] == "no"
    text = text.replace("covered bus rail", "covered bus")
    found = ask(text, tmp_path / "b", rail_stations=layer)
    assert station(found, "Other")["state"] == "unknown"
    assert cell(found, 16)["easiest"] == "unknown"


# --------------------------------------------------------------------------- three states


def test_no_needs_timetables_and_streets(tmp_path: Path) -> None:
    complete = ask(STREET, tmp_path / "a")
    assert cell(complete, 8)["easiest"] == "none"
    for k, less in enumerate((ALL.replace("rail ", ""), ALL.replace("bus ", ""), "")):
        found = ask(STREET.replace(ALL, less), tmp_path / str(k))
        assert cell(found, 8)["easiest"] == "unknown"
        assert cell(found, 1)["easiest"] == "walk"  # one certain case is enough
        assert found.municipalities["none"].tolist() == [0]
    # the halt is known, but not that nothing else leaves it
    feeder_only = ask(STREET.replace(ALL, ALL.replace("bus ", "")), tmp_path / "f")
    assert cell(feeder_only, 8)[["walk", "bike", "feeder"]].tolist() == ["no", "no", "unknown"]


def test_without_streets_lines_are_straight_and_stress_is_unknown(tmp_path: Path) -> None:
    found = ask(STREET, tmp_path, streets=None)
    at = cell(found, 2)  # 1202 m straight, 1563 m as people walk
    assert at[["walk", "bike_low", "bike"]].tolist() == ["no", "unknown", "yes"]
    assert np.isnan(station(found, "Halt")["by_bike_low"])
    assert np.isnan(station(found, "Halt")["barred"])
    assert "no street network" in found.audit.to_frame().to_string()
    assert any("1.3" in s for s in found.sentences("en"))


def test_a_home_off_the_streets_is_unknown(tmp_path: Path) -> None:
    found = ask(STREET + "home 600 400 16\n", tmp_path)
    assert cell(found, 16)["easiest"] == "unknown"


def test_without_a_timetable_nothing_is_certain(tmp_path: Path) -> None:
    found = ask(STREET, tmp_path, timetable=None)
    assert set(found.features["cells"]["easiest"]) == {"unknown"}
    assert found.findings[0].unknown
    with pytest.raises(MissingLayerError, match="population"):
        ask(STREET, tmp_path, population=None)


def test_a_day_the_timetable_does_not_know_is_unknown(tmp_path: Path) -> None:
    found = ask(STREET, tmp_path, day_type="sunday")
    assert set(found.features["cells"]["easiest"]) == {"unknown"}
    assert set(found.features["stations"]["state"]) == {"unknown"}
    assert found.features["stations"]["trains"].isna().all()


@pytest.mark.parametrize(
    "wrong",
    [{"morning_window": (9, 6)}, {"afternoon_window": (8, 10)}, {"walk_limit": 0},
     {"feeder_share": 0}, {"core": ["Gdynia"]}],
    ids=str,
)  # fmt: skip
def test_bad_parameters_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        ask(STREET, tmp_path, **wrong)


# --------------------------------------------------------------------------- barriers, entrances

RIVER = f"""
    {TOWN}
    {ALL}
    junction p 0 0
    junction q 0 2000
    junction r 300 2000
    junction h 300 0
    way p q r h {BUSY}
    {RAIL}
    home h 100
    home p 10
"""


def test_what_is_near_by_a_straight_line_and_far_on_foot_is_a_barrier(tmp_path: Path) -> None:
    found = ask(RIVER, tmp_path / "a")
    assert cell(found, 100)["walk"] == "no"
    barrier = found.features["barriers"].iloc[0]
    assert (barrier["station"], barrier["residents"]) == ("Halt", 100)
    assert barrier["straight_m"] == pytest.approx(300, abs=1)
    assert found.figures["barrier_residents"] == 100
    # an entrance on their side takes it away, and those on the other side reach it no more
    gate = ask(RIVER + "entrance P 290 0\n", tmp_path / "b")
    assert cell(gate, 100)["walk"] == "yes"
    assert station(gate, "Halt")["entrances"] == 1
    assert cell(gate, 10)["walk"] == "no"


def test_an_entrance_of_another_name_far_off_belongs_to_no_station(tmp_path: Path) -> None:
    scene = Scene(RIVER + "entrance P 290 0\n").layers(tmp_path)
    gates = scene["interchange_entrances"].assign(interchange="Elsewhere")
    near = ask(RIVER, tmp_path, interchange_entrances=gates)
    assert station(near, "Halt")["entrances"] == 1  # beside it
    far = ask(RIVER, tmp_path, interchange_entrances=gates, layer_distance=200)
    assert station(far, "Halt")["entrances"] == 0


# --------------------------------------------------------------------------- feeders

FEEDER = f"""
    {TOWN}
    {ALL}
    junction p 0 0
    junction e 7000 0
    way p e {BUSY}
    {RAIL}
    stop E e "Village"
    stop A 100 0 "Halt, bus"
    home e 64
"""


def share_of(scene: Scene, walk: float, limit: float = 30, slack: float = 60) -> float:
    """The share of minutes in which a train is caught, counted minute by minute."""
    trains = sorted(
        time
        for line in scene.lines if line.mode == "rail"
        for way, calls in line.trips() if way == 0
        for stop, time in calls if stop == "P"
    )  # fmt: skip
    minutes = [*range(6 * 3600, 9 * 3600, 60), *range(15 * 3600, 18 * 3600, 60)]
    speed = 4.8 / 3.6
    good = 0
    for m in minutes:
        caught = []
        for line in scene.lines:
            for _, calls in line.trips() if line.mode == "bus" else ():
                for i, (stop, leaves) in enumerate(calls):
                    if stop != "E" or leaves < m + walk / speed + slack:
                        continue
                    for other, arrives in calls[i + 1 :]:
                        ready = arrives + 100 / speed + slack
                        if other == "A":
                            caught += [t for t in trains if t >= ready]
        good += bool(caught) and min(caught) - m <= limit * 60
    return good / len(minutes)


@pytest.mark.parametrize(("minutes", "every"), [("5:10", 30), ("5:14", 30), ("5:00", 10)])
def test_a_feeder_counts_whole_minutes(tmp_path: Path, minutes: str, every: int) -> None:
    hour, minute = minutes.split(":")
    until = f"{hour}:{int(minute) + 12:02}"
    text = FEEDER + f"line 1 bus E {minutes} A {until} every {every} until 22:00\n"
    found = ask(text, tmp_path)
    # coordinates of a feed are rounded to a tenth of a millimetre: one is never at the stop itself
    assert cell(found, 64)["feeder_share"] == pytest.approx(share_of(Scene(text), 0.01))


def test_eight_tenths_of_the_minutes_are_enough(tmp_path: Path) -> None:
    text = FEEDER.replace("every 30", "every 10") + "line 1 bus E 5:00 A 5:08 every 5 until 22:00\n"
    found = ask(text, tmp_path / "a")
    share = cell(found, 64)["feeder_share"]
    assert share == share_of(Scene(text), 0.01) == 1
    assert cell(found, 64)["easiest"] == "feeder"
    assert station(found, "Halt")["by_feeder"] == 64
    late = ask(text, tmp_path / "b", feeder_time=18)
    part = cell(late, 64)["feeder_share"]
    assert 0 < part < 1
    assert part == pytest.approx(share_of(Scene(text), 0.01, limit=18))
    for k, (least, state) in enumerate(((part, "yes"), (part + 1e-6, "no"))):
        at = ask(text, tmp_path / f"c{k}", feeder_time=18, feeder_share=least)
        assert cell(at, 64)["feeder"] == state


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("access_limit", 5), ("transfer_limit", 90), ("slack", 600), ("walk_speed", 0.5),
     ("morning_window", (0, 3))],
)  # fmt: skip
def test_what_a_feeder_rests_on_is_a_parameter(tmp_path: Path, parameter: str, value: Any) -> None:
    text = FEEDER.replace("stop E e", "stop E 6990 0")
    text = text.replace("every 30", "every 10") + "line 1 bus E 5:00 A 5:08 every 5 until 22:00\n"
    before = cell(ask(text, tmp_path / "a"), 64)["feeder_share"]
    assert cell(ask(text, tmp_path / "b", **{parameter: value}), 64)["feeder_share"] < before


LINES = st.lists(
    st.tuples(st.integers(300, 1080), st.integers(3, 25), st.sampled_from([0, 7, 20, 60])),
    min_size=1, max_size=4,
)  # fmt: skip


def written(lines: list[tuple[int, int, int]]) -> str:
    def at(minute: int) -> str:
        return f"{minute // 60}:{minute % 60:02}"

    return "".join(
        f"line {k} bus E {at(a)} A {at(a + ride)}" + (f" every {n} until 19:00\n" if n else "\n")
        for k, (a, ride, n) in enumerate(lines, 1)
    )


@settings(max_examples=4, deadline=None)
@given(lines=LINES, more=LINES)
def test_feeders_equal_a_plain_count_and_one_more_never_hurts(
    tmp_path_factory: pytest.TempPathFactory, lines: Any, more: Any
) -> None:
    one, two = FEEDER + written(lines), FEEDER + written([*lines, *more])
    found = [ask(t, tmp_path_factory.mktemp("feeder"), streets=None) for t in (one, two)]
    shares = [cell(r, 64)["feeder_share"] for r in found]
    # straight lines times 1.3: 130 m from the stop to the halt
    plain = [share_of_straight(Scene(t)) for t in (one, two)]
    assert shares == pytest.approx(plain)
    assert shares[1] >= shares[0]
    order = ["walk", "bike_low", "bike", "feeder", "none"]
    ways = [order.index(cell(r, 64)["easiest"].replace("unknown", "none")) for r in found]
    assert ways[1] <= ways[0]


def share_of_straight(scene: Scene) -> float:
    """The same where walks are straight lines times the detour."""
    scene.stops["A"] = (100 * 1.3, 0.0, "Halt, bus")
    return _share(scene, 130.0)


def _share(scene: Scene, walk_there: float) -> float:
    speed = 4.8 / 3.6
    trains = [t for line in scene.lines if line.mode == "rail"
              for way, calls in line.trips() if way == 0 for s, t in calls if s == "P"]  # fmt: skip
    rides = [(calls[0][1], calls[1][1]) for line in scene.lines if line.mode == "bus"
             for _, calls in line.trips()]  # fmt: skip
    good = 0
    minutes = [*range(6 * 3600, 9 * 3600, 60), *range(15 * 3600, 18 * 3600, 60)]
    for m in minutes:
        good += any(
            leaves >= m + 60.01 and t >= arrives + walk_there / speed + 60 and t - m <= 1800
            for leaves, arrives in rides for t in trains
        )  # fmt: skip
    return good / len(minutes)


# --------------------------------------------------------------------------- invariants


@settings(max_examples=5, deadline=None)
@given(
    homes=st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), min_size=2, max_size=6,
                   unique=True),
    cut=st.integers(0, 3),
)  # fmt: skip
def test_a_path_or_an_entrance_more_never_lowers_who_reaches(
    tmp_path_factory: pytest.TempPathFactory, homes: Any, cut: int
) -> None:
    names = [f"n{k}" for k in range(len(homes))]
    text = f"{TOWN}\n{ALL}\njunction p 0 10\n"
    text += "".join(
        f"junction {n} {100 * x} {100 * y}\n" for n, (x, y) in zip(names, homes, strict=True)
    )
    text += "".join(f"home {n} {2**k}\n" for k, n in enumerate(names))
    text += RAIL + f"way p {' '.join(names)} {BUSY}\n"
    folder = tmp_path_factory.mktemp("more")
    before = ask(text, folder / "a")
    path = ask(text + f"way p {names[-1]} {CALM}\n", folder / "b")
    gates = f"entrance P 0 10\nentrance P {100 * homes[cut % len(homes)][0]} "
    gates += f"{100 * homes[cut % len(homes)][1]}\n"
    gate = ask(text + gates, folder / "c")
    for more in (path, gate):
        for name in ("by_walk", "by_bike_low", "by_bike"):
            a, b = (r.municipalities[name].iloc[0] for r in (before, more))
            assert b >= a


def test_people_are_counted_once_and_every_number_adds_up(tmp_path: Path) -> None:
    found = ask(STREET, tmp_path)
    table, cells = found.municipalities.iloc[0], found.features["cells"]
    parts = [table[f"easiest_{m}"] for m in ("walk", "bike_low", "bike", "feeder")]
    assert sum(parts) == table["reached"]
    assert table["reached"] + table["none"] + table["unknown"] == cells["population"].sum()
    stations = found.features["stations"]
    assert stations["residents"].sum() == table["reached"]
    reach = found.features["reach"]
    assert reach["population"].sum() == cells["population"].sum()
    assert isinstance(found.features["catchments"], pd.DataFrame)
    assert set(found.features["catchments"]["mode"]) == {"walk", "bike_low", "bike"}


def test_unknown_people_are_in_no_sum(tmp_path: Path) -> None:
    layers = Scene(STREET).layers(tmp_path)
    layers["population"].loc[0, "population"] = np.nan
    found = mg.rail_access(**layers)
    assert found.municipalities["by_walk"].tolist() == [0]
    assert found.municipalities["population_known"].iloc[0] == pytest.approx(0.75)
    assert "unknown population" in found.audit.to_frame().to_string()


def test_it_is_a_check_like_the_others() -> None:
    check = get("rail_access")
    assert check.direction == "2.1.2"
    assert set(check.parameters.specs()) == set(check.parameters.model_fields)


@settings(max_examples=6, deadline=None)
@given(
    places=st.lists(st.tuples(st.integers(-30, 30), st.integers(-30, 30)), min_size=4, max_size=9,
                    unique=True),
    links=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=6),
)  # fmt: skip
def test_paths_equal_a_plain_shortest_path(
    tmp_path_factory: pytest.TempPathFactory, places: Any, links: Any
) -> None:
    """Homes at junctions, a ring and some chords: scipy's shortest paths say who reaches."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    n = len(places)
    # off the lattice: no street passes through the junction of others
    xy = 100.0 * np.array(places, float) + np.arange(n)[:, None] * [7.3, 3.1]
    pairs = {(k, (k + 1) % n) for k in range(n)}
    pairs |= {(a % n, b % n) for a, b in links if a % n != b % n}
    text = f"{TOWN}\n{ALL}\n"
    text += "".join(f"junction j{k} {x} {y}\n" for k, (x, y) in enumerate(xy.tolist()))
    text += "".join(f"way j{a} j{b} {CALM}\n" for a, b in sorted(pairs))
    text += "".join(f"home j{k} {2**k}\n" for k in range(n))
    text += RAIL.replace("stop P p", "stop P j0")
    found = ask(text, tmp_path_factory.mktemp("paths"))
    a, b = np.array(sorted(pairs)).T
    length = np.hypot(*(xy[a] - xy[b]).T)
    metres = dijkstra(csr_array((length, (a, b)), shape=(n, n)), directed=False, indices=0)
    for mode, limit in (("walk", 1200), ("bike", 3750), ("bike_low", 3750)):
        for k in range(n):
            if abs(metres[k] - limit) > 0.01:  # coordinates of OSM are rounded
                assert cell(found, 2**k)[mode] == ("yes" if metres[k] < limit else "no")


def test_a_trip_whose_route_is_lost_feeds_no_train_for_certain(tmp_path: Path) -> None:
    text = FEEDER.replace("every 30", "every 10") + "line 1 bus E 5:00 A 5:08 every 5 until 22:00\n"
    layers = Scene(text).layers(tmp_path)
    assert cell(mg.rail_access(**layers), 64)["feeder"] == "yes"
    table = tmp_path / "gtfs" / "trips.txt"
    table.write_text(table.read_text().replace("1,w,1-", "nowhere,w,1-"))
    layers["timetable"] = mg.read_feed(tmp_path / "gtfs", name="scene")
    found = cell(mg.rail_access(**layers), 64)
    assert (found["feeder"], found["feeder_share"]) == ("unknown", 0)


def test_desire_lines_lead_to_the_station_one_uses_else_to_the_nearest(tmp_path: Path) -> None:
    """Every resident is in one line; lines of those out of reach are apart."""
    found = ask(STREET, tmp_path)
    lines = found.features["desire_lines"]
    assert lines["residents"].sum() == 15
    by = lines.set_index("state")
    assert by.loc["yes", "residents"] == 1 + 2 + 4
    assert by.loc["no", "residents"] == 8
    assert set(lines["station"]) == {"Halt"}
    # 4 people at 3749 m, 2 at 1202, 1 at 1199: the line begins at their middle
    middle = (4 * 3749 + 2 * 1202 + 1199) / 7
    assert by.loc["yes", "km"] == pytest.approx(middle / 1000, rel=0.01)
    assert by.loc["yes", "geometry"].length == pytest.approx(middle, rel=0.01)
    assert lines["residents"].is_monotonic_decreasing


def test_without_a_useful_station_there_are_no_desire_lines(tmp_path: Path) -> None:
    found = ask(STREET, tmp_path, min_trains=10_000)
    assert found.features["desire_lines"].empty


def test_sentences_tell_nothing_of_nobody(tmp_path: Path) -> None:
    """What is zero is in the figures, and in no clause; what is all unknown is said once."""
    dark = ask(STREET, tmp_path / "a", timetable=None)
    said = dark.sentences("en")
    assert said[0] == ("Of 100% of residents it is unknown whether they reach a useful station.")
    assert dark.figures["reached"] == dark.figures["none"] == 0
    assert not any(" 0% " in s or "(0 " in s for s in said)
    far = ask(STREET, tmp_path / "b", min_trains=10_000)
    said = far.sentences("en")
    assert said[0].startswith("100% of residents (15 people) certainly reach no useful")
    assert "No resident is known" in said[1]
    assert far.figures["by_walk"] == 0
