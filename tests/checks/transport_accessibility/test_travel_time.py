"""Times of residents: by hand, by plain loops, and what is not known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import metrogis as mg
from metrogis.checks.transport_accessibility.travel_time.tables import bands, middle_of
from metrogis.checks.transport_accessibility.travel_time.times import Times, of_kind
from metrogis.errors import MetrogisError, MissingLayerError, ParameterError
from metrogis.transit import read_feed

ROOT = Path(__file__).parents[3]
EVERY = pd.DataFrame({"feed": ["*"], "teryt": ["*"], "mode": ["all"], "state": ["complete"]})


def feed_of(folder: Path, calls: str, stops: str, zone: str = "Europe/Warsaw") -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    trips = dict.fromkeys(row.split(",")[0] for row in calls.split("|"))
    tables = {
        "agency": f"agency_id,agency_name,agency_url,agency_timezone|a,A,https://a.pl,{zone}",
        "stops": f"stop_id,stop_lat,stop_lon|{stops}",
        "routes": "route_id,route_type|7,3",
        "trips": "trip_id,route_id,service_id|" + "|".join(f"{t},7,W" for t in trips),
        "stop_times": f"trip_id,stop_id,departure_time|{calls}",
        "calendar_dates": "service_id,date,exception_type|W,20241016,1",
    }
    for table, text in tables.items():
        (folder / f"{table}.txt").write_text(text.replace("|", "\n"))
    return read_feed(folder)


@pytest.fixture
def world(tmp_path: Path) -> dict[str, Any]:
    """A bus every 20 minutes from A to B, 30 minutes; homes at A and far from it, the city at B."""
    calls = "|".join(
        f"{k},A,{6 + k // 3}:{k % 3 * 20:02d}:00|{k},B,{6 + (k * 20 + 30) // 60}:"
        f"{(k * 20 + 30) % 60:02d}:00"
        for k in range(15)
    )
    feed = feed_of(tmp_path / "feed", calls, "A,54.4,18.0|B,54.4,18.3")
    a, b = feed.stop_points("EPSG:2180").geometry
    homes = [a.buffer(50), shapely.affinity.translate(a, 0, 9000).buffer(50)]
    municipalities = gpd.GeoDataFrame(
        {"teryt": ["2215031", "2261011"], "name": ["Village", "City"]}, crs="EPSG:2180",
        geometry=[a.buffer(10_000), b.buffer(3000)],
    )  # fmt: skip
    cells = gpd.GeoDataFrame({"population": [300.0, 100.0]}, geometry=homes, crs=2180)
    city = gpd.GeoDataFrame({"name": ["City"], "seat": ["city"]}, geometry=[b], crs=2180)
    return {
        "municipalities": municipalities,
        "localities": city,
        "timetable": feed,
        "population": cells,
        "coverage": EVERY,
    }


def lived(found: Any) -> Any:
    """Cells of which people are known, the larger first; the other land has no residents listed."""
    cells = found.features["cells"]
    return cells[cells["population"].notna()].sort_values("population", ascending=False)


def test_by_hand(world: dict[str, Any]) -> None:
    """Leaving at minute m of 20 one waits, rides 30 minutes; 59 s too late is too late."""
    found = mg.travel_time(**world)
    row = found.municipalities.set_index("name").loc["Village"]
    # boarding needs a minute: leaving at :19 of each 20 reaches the bus; waits of 1 to 20 minutes
    assert row["minutes"] == pytest.approx(30 + 10)
    assert row["minutes_late"] == pytest.approx(30 + 18)
    assert row["within_middle"] == pytest.approx(300 / 400)
    assert row["beyond_share"] == pytest.approx(100 / 400)  # 9 km on foot take 146 minutes
    assert row["unknown_share"] == 0
    assert row["exact_share"] == 1
    assert row["share_middle"] == pytest.approx(300 / 400 * 15 / 20)
    assert np.isnan(found.municipalities.set_index("name").loc["City", "within_middle"])  # nobody
    assert lived(found)["band"].tolist() == ["30-45", "beyond"]
    assert found.features["relations"].set_index("name").loc["Village", "target"] == "City"


@pytest.mark.parametrize(("minutes", "state"), [(145, "beyond"), (148, "90-")])
def test_on_foot_the_whole_way_counts(world: dict[str, Any], minutes: int, state: str) -> None:
    """9 km times 1.3 at 4.8 km/h to a target: 146.25 minutes."""
    a = world["population"].geometry.centroid.iloc[0]
    city = world["localities"].set_geometry([a])
    found = mg.travel_time(**world | {"localities": city}, max_minutes=minutes)
    assert lived(found)["band"].tolist() == ["0-15", state]


def test_what_is_not_known_is_not_out_of_reach(world: dict[str, Any]) -> None:
    for rows in (None, EVERY.assign(teryt="2215031")):
        found = mg.travel_time(**world | {"coverage": rows})
        assert lived(found)["band"].tolist() == ["30-45", "unknown"]
        assert not lived(found)["exact"].any()
        assert found.municipalities["beyond_share"].iloc[0] == 0
        assert found.municipalities["unknown_share"].iloc[0] == pytest.approx(100 / 400)
        assert found.municipalities["minutes"].iloc[0] == pytest.approx(40)  # at most


def test_far_unknown_land_does_not_matter(world: dict[str, Any]) -> None:
    """Land of which nothing is known is 40 km off: at 100 km/h 48 minutes there and back."""
    municipalities = world["municipalities"]
    b = municipalities.geometry.centroid.iloc[1]
    dark = shapely.box(b.x - 1000, b.y + 40_000, b.x + 1000, b.y + 41_000)
    more = gpd.GeoDataFrame(
        {"teryt": ["2204011"], "name": ["Dark"]}, geometry=[dark], crs=municipalities.crs
    )
    rows = pd.concat([EVERY.assign(teryt=t) for t in municipalities["teryt"]])
    own = world | {
        "municipalities": pd.concat([municipalities, more], ignore_index=True),
        "coverage": rows,
    }
    slow = lived(mg.travel_time(**own, top_speed=100))
    assert slow["exact"].tolist() == [True, False]  # two lines of 40 km and more
    assert slow["band"].tolist() == ["30-45", "unknown"]
    fast = lived(mg.travel_time(**own, top_speed=200))
    assert fast["exact"].tolist() == [False, False]
    crawling = lived(mg.travel_time(**own, top_speed=30))
    assert crawling["band"].tolist() == ["30-45", "beyond"]
    assert crawling["exact"].tolist() == [True, True]


def test_an_unknown_day_tells_nothing(world: dict[str, Any]) -> None:
    found = mg.travel_time(**world, day_type="sunday")
    assert lived(found)["band"].tolist() == ["unknown"] * 2
    assert found.municipalities["performance"].isna().all()
    assert found.findings[0].unknown


def test_a_window_without_service_leaves_walking(world: dict[str, Any]) -> None:
    found = lived(mg.travel_time(**world, hours=(2, 3)))
    assert found["band"].tolist() == ["beyond"] * 2


@pytest.mark.parametrize("limit", ["access_limit", "transfer_limit", "slack", "max_transfers"])
def test_limits_of_zero(world: dict[str, Any], limit: str) -> None:
    """Nobody walks to a stop: only a home at the very stop is served; the rest is no error."""
    found = lived(mg.travel_time(**world, **{limit: 0}))
    assert found["band"].tolist() == ["30-45", "beyond"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"localities": None}, MissingLayerError),
        ({"timetable": None}, MissingLayerError),
        ({"hours": (9, 7)}, ParameterError),
        ({"limits": (30, 45, 400)}, ParameterError),
        ({"limits": (45, 30, 60)}, ParameterError),
        ({"limits": (0, 30, 60)}, ParameterError),
        ({"access_limit": -1}, ParameterError),
    ],
)
def test_bad_input_is_one_clear_error(
    world: dict[str, Any], change: dict[str, Any], error: type[MetrogisError]
) -> None:
    with pytest.raises(error):
        mg.travel_time(**world | change)


def test_feeds_on_two_clocks_are_an_error(tmp_path: Path, world: dict[str, Any]) -> None:
    feed_of(tmp_path / "one", "1,A,7:00:00|1,B,7:30:00", "A,54.4,18.0|B,54.4,18.3")
    feed_of(tmp_path / "two", "1,A,7:00:00|1,B,7:30:00", "A,54.4,18.0|B,54.4,18.3", "Europe/London")
    both = read_feed([tmp_path / "one", tmp_path / "two"])
    with pytest.raises(ParameterError, match="time zones"):
        mg.travel_time(**world | {"timetable": both})


def test_targets_outside_all_municipalities_are_targets(world: dict[str, Any]) -> None:
    own = world | {"municipalities": world["municipalities"].iloc[:1]}
    assert lived(mg.travel_time(**own))["band"].iloc[0] == "30-45"


def test_services_are_targets_and_have_places(world: dict[str, Any]) -> None:
    a, b = world["timetable"].stop_points("EPSG:2180").geometry
    services = gpd.GeoDataFrame(
        {"name": ["H", "U", "S"], "kind": ["hospital", "university", "school"],
         "capacity": [30.0, np.nan, 1.0]},
        geometry=[b, a, a], crs=2180,
    )  # fmt: skip
    found = mg.travel_time(**world, services=services)
    assert set(found.features["targets"]["name"]) == {"City", "H", "U"}
    supply = found.features["supply"].set_index(["kind", "name"])
    # 30 places for the 300 people within 45 minutes, nothing for the others: 100 a thousand
    assert supply.loc[("hospital", "Village"), "per_1000"] == pytest.approx(100 * 300 / 400)
    assert supply.loc[("hospital", "City"), "places"] == 30
    assert np.isnan(supply.loc[("university", "Village"), "per_1000"])
    assert supply.loc[("university", "Village"), "reach_share"] == pytest.approx(300 / 400)
    only = mg.travel_time(**world, services=services, kinds=("school",))
    assert set(only.features["targets"]["name"]) == {"City", "S"}
    # of a smaller catchment nobody known is in reach of the places
    near = mg.travel_time(**world, services=services, catchment=20)
    rows = near.features["supply"].set_index(["kind", "name"])
    assert not rows.loc[("hospital", "Village"), "per_1000"] > 0


def test_jobs_lie_where_people_live(world: dict[str, Any]) -> None:
    jobs = pd.DataFrame({"teryt": ["2215031"], "jobs": [40]})
    row = mg.travel_time(**world, jobs=jobs).municipalities.iloc[0]
    assert row["jobs_reached"] == pytest.approx(row["people_reached"] / 10)


def test_performance_is_that_of_plain_loops(transport_demo: Any) -> None:
    """Squares by squares, each pair asked of ``travel_times``."""
    metro = transport_demo
    result = metro.check("travel_time", performance_cell=4000, performance_minutes=40)
    squares = result.features["performance"]
    cells = result.features["cells"]
    cells = cells[cells["population"].notna()]
    centre = cells.geometry.centroid
    middle = []
    for square in squares.geometry:
        inside = centre.intersects(square)
        middle.append(
            np.average(
                centre[inside].get_coordinates(), axis=0, weights=cells["population"][inside]
            )
        )
    middle = np.array(middle)
    points = gpd.GeoDataFrame(geometry=shapely.points(middle), crs=squares.crs)
    table = mg.travel_times(
        metro.timetable, points, points, date="school_day", percentiles=[50],
        streets=metro.streets, max_time=40,
    )  # fmt: skip
    minutes = table["p50"].to_numpy().reshape(len(points), -1)
    for k in range(0, len(points), max(1, len(points) // 12)):
        reached = near = 0.0
        for other in range(len(points)):
            people = squares["population"].iloc[other]
            if np.hypot(*(middle[k] - middle[other])) <= 10_000:
                near += people
                reached += people if other == k or minutes[k, other] <= 40 else 0
        assert squares["as_origin"].iloc[k] == pytest.approx(100 * reached / near, abs=1e-6)
    assert squares["as_origin"].between(0, 100).all()
    assert (squares["people_reached"] <= squares["population"].sum() + 1e-6).all()


def test_more_time_reaches_more(transport_demo: Any) -> None:
    """Isochrones are nested, and a longer ride never loses a resident."""
    table = transport_demo.check("travel_time").municipalities
    for short, longer in (("short", "middle"), ("middle", "long")):
        assert (table[f"within_{short}"] <= table[f"within_{longer}"] + 1e-12).all()
        assert (table[f"share_{short}"] <= table[f"share_{longer}"] + 1e-12).all()
    known = table[["minutes", "minutes_late"]].dropna()
    assert (known["minutes"] <= known["minutes_late"]).all()


values = st.lists(
    st.tuples(
        st.sampled_from([1.0, 2.0, 3.0, np.inf, np.nan]), st.integers(0, 3), st.integers(0, 1)
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(values)
def test_median_of_residents_by_counting_heads(rows: list[tuple[float, int, int]]) -> None:
    time, heads, unit = (np.array(column) for column in zip(*rows, strict=True))
    found = middle_of(time.astype(float), heads.astype(float), unit, 2)
    for k in (0, 1):
        line = sorted(
            np.inf if np.isnan(t) else t
            for t, n, u in zip(time, heads, unit, strict=True) if u == k for _ in range(int(n))
        )  # fmt: skip
        want = line[(len(line) + 1) // 2 - 1] if line else np.nan
        want = want if np.isfinite(want) else np.nan
        assert np.array_equal(found[k], want, equal_nan=True)


def test_edges_of_bands() -> None:
    edge = [15.0, np.nextafter(15, 99), 30.0, 45.0, 60.0, 90.0, np.nextafter(90, 99)]
    assert bands(np.array(edge)).tolist() == [
        "0-15", "15-30", "15-30", "30-45", "45-60", "60-90", "90-",
    ]  # fmt: skip


def test_the_quickest_of_a_kind_and_when_it_is_exact() -> None:
    middle = np.array([[10.0, 20.0], [np.inf, np.nan], [np.inf, np.inf], [40.0, np.inf]])
    times = Times(middle, middle, np.zeros((4, 2, 3)), middle, np.full((4, 2), 20.0))
    found = of_kind(times, np.array([0, 1]), True, 15.0)
    assert np.array_equal(found.middle, [10.0, np.nan, np.inf, 40.0], equal_nan=True)
    assert found.exact.tolist() == [True, False, True, True]
    assert not of_kind(times, np.array([0, 1]), False, 15.0).exact.any()
    assert of_kind(times, np.array([0]), True, 60.0).exact.tolist() == [True, False, False, False]


@pytest.mark.long
def test_real_szczecin_without_streets(shared: Path) -> None:
    """The city operator's complete timetable; nothing is said of cars, and the page says so."""
    metro = mg.open_metro(ROOT / "layers" / "som", data=shared / "data" / "som")
    result = metro.check("travel_time", performance_cell=2000)
    city = result.municipalities.set_index("teryt").loc["3262011"]
    assert 20 < city["minutes"] < 60
    assert result.municipalities["car_minutes"].isna().all()
    assert any("straight lines" in s for s in result.sentences("en"))
    # rail and regional buses are in no timetable: outside the city nothing is out of reach
    assert (result.municipalities["beyond_share"].fillna(0) == 0).all()


def test_without_a_layer_of_targets_the_check_lacks_a_layer(world: dict[str, Any]) -> None:
    """An atlas skips the check then; layers without a target in them are an error."""
    world.pop("localities")
    with pytest.raises(MissingLayerError, match="localities"):
        mg.travel_time(**world)
