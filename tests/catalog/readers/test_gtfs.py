"""A timetable and the table of school holidays it names: what a fault of the latter costs."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

import metrogis as mg

CATALOG = """
[metro]
id = "x"
name = "X"
[layers.municipalities]
driver = "vector"
path = "m.gpkg"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.holidays]
driver = "table"
path = "holidays.csv"
schema = "SchoolHolidays"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.timetable]
driver = "gtfs"
path = "feed"
school_holidays = "holidays"
licence = "CC0"
attribution = "me"
date = "2024"
"""
STOPS = [("A", 54.60), ("B", 54.61)]


@pytest.fixture
def folder(tmp_path):
    town = gpd.GeoSeries([shapely.box(18.2, 54.5, 18.3, 54.7)], crs=4326).to_crs(2180)
    gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, geometry=town).to_file(
        tmp_path / "m.gpkg"
    )
    feed = tmp_path / "feed"
    feed.mkdir()
    tables = {
        "stops": "stop_id,stop_name,stop_lat,stop_lon\n"
        + "".join(f"{s},{s},{lat},18.25\n" for s, lat in STOPS),
        "routes": "route_id,route_short_name,route_type\nR,1,3\n",
        "trips": "route_id,service_id,trip_id\nR,W,t\n",
        "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "t,08:00:00,08:00:00,A,1\nt,08:05:00,08:05:00,B,2\n",
        "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
        "start_date,end_date\nW,1,1,1,1,1,0,0,20241001,20241231\n",
    }
    for name, text in tables.items():
        (feed / f"{name}.txt").write_text(text)
    (tmp_path / "holidays.csv").write_text("first,last\n2024-12-23,2024-12-31\n")
    (tmp_path / "catalog.toml").write_text(CATALOG)
    return tmp_path


def state(folder):
    metro = mg.open_metro(folder, data=folder)
    return metro, {str(k): v.state for k, v in metro["timetable"].day_types().items()}


def test_with_its_table_both_kinds_of_weekday_are_known(folder) -> None:
    _, states = state(folder)
    assert states["school_day"] == states["holiday_weekday"] == "known"


@pytest.mark.parametrize(
    "text",
    [None, "first,last\n", "first,last\n2024-12-31,2024-12-23\n", "x\n1\n", "first,last\n?,?\n"],
)
def test_a_table_that_cannot_be_read_costs_the_day_type_that_needs_it(folder, text) -> None:
    path = folder / "holidays.csv"
    path.unlink() if text is None else path.write_text(text)
    metro, states = state(folder)
    assert states["school_day"] == "known"
    assert states["holiday_weekday"] == "unknown"
    told = [row for row in metro["timetable"].audit if row.layer == "holidays"]
    assert [row.action for row in told] == ["unknown"]
    assert "holidays" in told[0].what.en
    assert "holidays" in told[0].what.pl
    assert set(metro.problems()) == {"holidays"}
