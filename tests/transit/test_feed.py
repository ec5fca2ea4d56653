"""Real timetables against a plain reader, and every feature on a small town."""

from __future__ import annotations

import csv
import io
import math
import pickle
import zipfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from metrogis.errors import CRSError, ParameterError
from metrogis.provenance import Source
from metrogis.transit import read_feed
from metrogis.transit.days import without_dates

MZK = "data/omggs/gtfs/mzk_wejherowo.zip"
REAL = {
    MZK: ("PL", date(2024, 10, 16)),
    "data/newport/gtfs.zip": ("GB-WLS", date(2023, 6, 14)),
    "data/sao_paulo/gtfs.zip": ("BR", date(2019, 10, 9)),
    "reference/gtfs/cairns_gtfs.zip": ("AU", date(2014, 6, 4)),
    "reference/gtfs/routing.zip": ("CH", date(2018, 10, 1)),
    "reference/gtfs/sample-feed-1.zip": ("US", date(2007, 1, 6)),
    "reference/gtfs/sample-feed-bom.zip": ("US", date(2007, 1, 6)),
    "reference/gtfs/sample-feed-calendar_dates.zip": ("US", date(2007, 6, 4)),
}


@pytest.fixture(scope="module")
def mzk(shared: Path):
    return read_feed(shared / MZK, reference_date="2024-10-16")


def plain_departures(path: Path, day: date) -> Counter[tuple[str, str, int]]:
    """Departures by the csv module and plain loops; calls without times are left out."""
    with zipfile.ZipFile(path) as z:

        def rows(name: str) -> list[dict[str, str]]:
            if f"{name}.txt" not in z.namelist():
                return []
            text = z.read(f"{name}.txt").decode("utf-8-sig")
            return [r for r in csv.DictReader(io.StringIO(text)) if any(r.values())]

        def seconds(text: str) -> int:
            h, m, s = text.split(":")
            return int(h) * 3600 + int(m) * 60 + int(s)

        stamp = f"{day:%Y%m%d}"
        on = {
            r["service_id"]
            for r in rows("calendar")
            if r[f"{day:%A}".lower()] == "1" and r["start_date"] <= stamp <= r["end_date"]
        }
        for r in rows("calendar_dates"):
            if r["date"] == stamp:
                (on.add if r["exception_type"] == "1" else on.discard)(r["service_id"])
        trips = {r["trip_id"] for r in rows("trips") if r["service_id"] in on}
        calls: dict[str, list[dict[str, str]]] = {}
        for r in rows("stop_times"):
            calls.setdefault(r["trip_id"], []).append(r)
        headways: dict[str, list[tuple[int, int, int]]] = {}
        for r in rows("frequencies"):
            span = (seconds(r["start_time"]), seconds(r["end_time"]), int(r["headway_secs"]))
            headways.setdefault(r["trip_id"], []).append(span)
    found: Counter[tuple[str, str, int]] = Counter()
    for trip in trips & calls.keys():
        order = sorted(calls[trip], key=lambda r: int(r["stop_sequence"]))
        first = seconds(order[0]["departure_time"])
        starts = sorted({t for a, b, h in headways.get(trip, []) for t in range(a, b, h)})
        shifts = [t - first for t in starts] if trip in headways else [0]
        for r in order[:-1]:
            if r.get("pickup_type") != "1" and r["departure_time"]:
                for shift in shifts:
                    found[trip, r["stop_id"], seconds(r["departure_time"]) + shift] += 1
    return found


@pytest.mark.parametrize("path", REAL)
def test_departures_equal_a_plain_reader(shared: Path, path: str):
    country, day = REAL[path]
    feed = read_feed(shared / path, country=country)
    ours = feed.departures(day)
    found = Counter(zip(ours["trip_id"], ours["stop_id"], ours["seconds"].tolist(), strict=True))
    want = plain_departures(shared / path, day)
    assert not want - found
    extra = found - want
    blank = feed.stop_times[feed.stop_times["modelled"]]
    modelled = set(zip(blank["trip_id"], blank["stop_id"], strict=True))
    assert all((trip, stop) in modelled for trip, stop, _ in extra)
    assert feed.departures_per_stop_hour(day).to_numpy().sum() == len(ours)


def test_mzk_as_known(mzk):
    assert (len(mzk.routes), len(mzk.stops), len(mzk.trips)) == (17, 359, 2405)
    assert len(mzk.stop_times) == 52971
    assert mzk.validity == (date(2024, 10, 5), date(2024, 12, 31))
    types = mzk.day_types()
    assert [t.state for t in types.values()] == ["known", "unknown", "known", "known"]
    weekdays = Counter(mzk.trips_on(d) for d in types["school_day"].dates)
    assert weekdays == {654: 53, 648: 5}
    late = [d for d in types["school_day"].dates if mzk.trips_on(d) == 648]
    assert min(late) == date(2024, 12, 23)
    assert max(late) == date(2024, 12, 31)
    holidays = [d for d in types["sunday"].dates if d.weekday() != 6]
    assert [mzk.trips_on(d) for d in holidays] == [336] * 4
    assert types["school_day"].date == date(2024, 10, 16)
    assert types["school_day"].trips == 654
    assert types["sunday"].date.weekday() == 6
    assert [(r.action, r.count, r.examples) for r in without_dates(mzk.audit)] == [
        ("noted", 1, "18_383411")
    ]


def test_mzk_with_school_holidays(shared: Path):
    off = pd.DataFrame({"start": ["2024-12-23"], "end": ["2024-12-31"]})
    types = read_feed(shared / MZK, school_holidays=off).day_types()
    assert types["school_day"].trips == 654
    assert len(types["school_day"].dates) == 53
    assert types["holiday_weekday"].trips == 648
    assert len(types["holiday_weekday"].dates) == 5
    assert types["holiday_weekday"].date == date(2024, 12, 23)


def test_szczecin_is_looked_at_before_its_services_end(shared: Path):
    """Many services end on 17 December, though the calendar goes on to March."""
    path = shared / "data/som/gtfs/zditm_2021-11.zip"
    off = [("2021-12-23", "2021-12-31"), ("2022-01-31", "2022-02-13")]
    feed = read_feed(path, reference_date="2021-12-01", school_holidays=off)
    types = feed.day_types()
    assert {k: t.date for k, t in types.items()} == {
        "school_day": date(2021, 12, 1),
        "holiday_weekday": None,
        "saturday": date(2021, 12, 4),
        "sunday": date(2021, 11, 28),
    }
    assert types["school_day"].trips == feed.trips_on("2021-12-01") == 7319
    assert types["holiday_weekday"].feeds["zditm_2021-11"].state == "unknown"
    assert "validity" in types["holiday_weekday"].why.en
    assert max(types["school_day"].dates) == date(2021, 12, 17)
    (fall,) = [r for r in feed.audit if "falls after" in r.what.en]
    assert "2021-12-17" in fall.what.en
    assert "(42% fewer)" in fall.what.en
    assert "mniej o 42\xa0%" in fall.what.pl
    # the poorer rest is still a timetable, but not a complete one
    assert feed.trips_on("2022-01-19") == 4273
    assert feed.departures("2022-01-19").attrs["unknown_feeds"] == ["zditm_2021-11"]
    # in January nothing is near enough to stand for a Wednesday of March
    late = read_feed(path, reference_date="2022-03-16").day_types()
    assert {t.state for t in late.values()} == {"unknown"}


def test_sao_paulo_counts_expanded_trips(shared: Path):
    feed = read_feed(shared / "data/sao_paulo/gtfs.zip", country="BR")
    hours = feed.frequencies
    line = hours[(hours["trip_id"] == "CPTM L07-0") & (hours["start_time"] == 4 * 3600)].iloc[0]
    assert (line["end_time"], line["headway_secs"]) == (4 * 3600 + 59 * 60, 720)
    day = feed.departures("2019-10-09")
    first = day[(day["trip_id"] == "CPTM L07-0") & day["first_stop"]]["seconds"]
    assert sorted(first[first < 5 * 3600] - 4 * 3600) == [0, 720, 1440, 2160, 2880]
    assert feed.trips_on("2019-10-09") == int(day["first_stop"].sum())


def test_cairns_blank_times_lie_between_their_neighbours(shared: Path):
    feed = read_feed(shared / "reference/gtfs/cairns_gtfs.zip", country="AU")
    calls = feed.stop_times
    modelled = calls["modelled"].to_numpy()
    assert modelled.sum() == 65
    t = calls["departure_time"].to_numpy()
    same = calls["trip_id"].to_numpy()
    for i in np.flatnonzero(modelled):
        assert same[i - 1] == same[i] == same[i + 1]
        assert t[i - 1] <= t[i] <= t[i + 1]
    assert {r.action for r in without_dates(feed.audit)} == {"modelled"}
    assert sum(r.count for r in without_dates(feed.audit)) == 65


def test_columns_of_departures(town, write):
    day = read_feed(write(town)).departures("2024-10-16")
    got = day[day["trip_id"] == "t1"]
    # C is not for boarding (pickup_type 1), D the last stop
    assert got["stop_id"].tolist() == ["A", "B"]
    assert got["seconds"].tolist() == [28800, 29160]
    row = got.iloc[0]
    assert (row["route_id"], row["route_short_name"], row["headsign"]) == ("R1", "1", "Las")
    assert (row["mode"], row["mode_group"], row["terminal_id"]) == ("bus", "bus", "D")
    assert (row["direction_id"], row["feed"], row["route_type"]) == (0, "town", 3)
    assert got["first_stop"].tolist() == [True, False]
    tram = day[day["trip_id"] == "t4"].iloc[0]
    assert (tram["mode"], tram["mode_group"]) == ("tram", "tram")
    assert day.attrs["dates"] == {"town": "2024-10-16"}


def test_past_midnight_counts_on_its_service_day_or_on_request_the_next(town, write):
    feed = read_feed(write(town))
    saturday = feed.departures("2024-10-19")
    assert saturday["seconds"].tolist() == [23 * 3600 + 3000, 24 * 3600 + 600]
    assert feed.departures_per_stop_hour("2024-10-19").shape[1] == 25
    sunday = feed.departures("2024-10-20")
    assert 600 not in sunday["seconds"].tolist()
    both = feed.departures("2024-10-20", include_previous_day=True)
    assert len(both) == len(sunday) + 1
    night = both[both["trip_id"] == "t3"]
    assert night["seconds"].tolist() == [600]
    assert night["stop_id"].tolist() == ["C"]


def test_frequencies(town, write):
    town["frequencies"] = (
        "trip_id,start_time,end_time,headway_secs,exact_times\n"
        "t1,06:00:00,07:00:00,1200,0\nt1,06:40:00,07:20:00,1200,1\n"
    )
    feed = read_feed(write(town))
    day = feed.departures("2024-10-16")
    at_a = day[(day["trip_id"] == "t1") & (day["stop_id"] == "A")]["seconds"]
    # 6:00 6:20 6:40 and 6:40 7:00: the run at 6:40 counts once, the timetabled 8:00 not at all
    assert (at_a / 60).tolist() == [360, 380, 400, 420]
    at_b = day[(day["trip_id"] == "t1") & (day["stop_id"] == "B")]["seconds"]
    assert (at_b - at_a.to_numpy()).tolist() == [360] * 4
    assert feed.trips_on("2024-10-16") == 4 + 2
    assert {r.action for r in without_dates(feed.audit)} == {"noted", "modelled"}


def test_blank_times_by_each_kind_of_distance(town, write):
    town["stop_times"] = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "t1,08:00:00,08:00:00,A,1\nt1,,,B,2\nt1,,,C,3\nt1,08:20:00,08:20:00,D,4\n"
        "t2,09:00:00,09:00:00,D,1\nt2,,,C,2\nt2,09:20:00,09:20:00,A,3\n"
    )

    def times(tables: dict) -> list[int]:
        calls = read_feed(write(tables)).stop_times
        return calls["departure_time"].tolist()

    # t1 along its shape, t2 (no shape) by stops: B, C, D lie at 1/4, 1/2, 1 of the line
    assert times(town) == [28800, 29100, 29400, 30000, 32400, 33000, 33600]
    feed = read_feed(write(town))
    assert [r.count for r in feed.audit if r.action == "modelled"] == [2, 1]
    town["stop_times"] = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled\n"
        "t1,08:00:00,08:00:00,A,1,0\nt1,,,B,2,9\nt1,,,C,3,9.5\nt1,08:20:00,08:20:00,D,4,10\n"
    )
    assert times(town) == [28800, 28800 + 1080, 28800 + 1140, 30000]
    # distances that go back are not used
    town["stop_times"] = str(town["stop_times"]).replace("9.5", "8.5")
    assert times(town) == [28800, 29100, 29400, 30000]


def test_winding_shape_decides_over_the_straight_line(town, write):
    town["shapes"] = (
        "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n"
        "S,54.600,18.230,1\nS,54.605,18.235,2\nS,54.590,18.400,3\nS,54.610,18.240,4\n"
        "S,54.620,18.250,5\n"
    )
    town["stop_times"] = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "t1,08:00:00,08:00:00,A,1\nt1,,,B,2\nt1,,,C,3\nt1,08:20:00,08:20:00,D,4\n"
    )
    t = read_feed(write(town)).stop_times["departure_time"].tolist()
    assert t[1] - t[0] < 60
    assert t[2] - t[1] > 1000


def test_stop_without_place_shares_the_time_evenly(town, write):
    town["stops"] = str(town["stops"]).replace("54.605,18.235", ",")
    town["trips"] = str(town["trips"]).replace(",S\n", ",\n")
    town["stop_times"] = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "t1,08:00:00,08:00:00,A,1\nt1,,,B,2\nt1,08:20:00,08:20:00,D,4\n"
    )
    feed = read_feed(write(town))
    assert feed.stop_times["departure_time"].tolist() == [28800, 29400, 30000]
    assert any(r.action == "unknown" and r.examples == "B" for r in feed.audit)


def test_clock_that_starts_again_after_midnight(town, write):
    town["stop_times"] = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "t3,23:50:00,23:50:00,A,1\nt3,23:59:00,00:01:00,B,2\nt3,00:10:00,00:10:00,C,3\n"
        "t3,01:10:00,01:10:00,D,4\n"
    )
    feed = read_feed(write(town))
    calls = feed.stop_times
    assert calls["arrival_time"].tolist() == [85800, 86340, 87000, 90600]
    assert calls["departure_time"].tolist() == [85800, 86460, 87000, 90600]
    assert [r.action for r in feed.audit if "stop_times" in r.layer] == ["repaired", "noted"]


def test_stations(town, write):
    feed = read_feed(write(town))
    stops = feed.stops.set_index("stop_id")
    assert stops.loc["A", "station"] == "ST"
    assert stops.loc["B", "station"] == "B"
    points = feed.stop_points("EPSG:2180").set_index("stop_id")
    assert "ST" not in points.index
    assert points.loc["A", "modes"] == "bus,rail,tram"
    assert points.loc["B", "mode_groups"] == "bus"
    assert points.crs.to_epsg() == 2180
    again = gpd.GeoSeries(points.geometry).to_crs(4326)
    assert again["A"].x == pytest.approx(18.23, abs=1e-7)
    assert again["A"].y == pytest.approx(54.60, abs=1e-7)


def test_stop_points_refuse_what_is_no_metric_crs(town, write):
    feed = read_feed(write(town))
    for crs in (4326, 3857, "nonsense"):
        with pytest.raises(CRSError):
            feed.stop_points(crs)
    with pytest.raises(CRSError, match="outside"):
        feed.stop_points("EPSG:27700")
    lines = [line.split(",") for line in str(town["stops"]).splitlines()]
    town["stops"] = "\n".join(",".join([*r[:2], r[3], r[2], *r[4:]]) for r in lines)
    town["stops"] = town["stops"].replace("stop_lon,stop_lat", "stop_lat,stop_lon")
    with pytest.raises(CRSError, match="swapped"):
        read_feed(write(town)).stop_points("EPSG:2180")


def test_dates_outside_the_validity_are_not_without_service(town, write):
    feed = read_feed(write(town), reference_date="2026-05-05")
    for day in ("2025-01-01", "2024-09-30", date(2030, 1, 1)):
        with pytest.raises(ParameterError, match="2024-10-01"):
            feed.departures(day)
    with pytest.raises(ParameterError, match="not a date"):
        feed.departures("soon")
    with pytest.raises(ParameterError, match="school"):
        feed.departures("holiday_weekday")
    assert any(r.action == "noted" and "2026-05-05" in r.examples for r in feed.audit)


def test_day_type_names_are_dates_too(town, write):
    feed = read_feed(write(town))
    kind = feed.day_types()["saturday"]
    pd.testing.assert_frame_equal(feed.departures("saturday"), feed.departures(kind.date))


def test_several_feeds_as_one(town, write):
    one = write(town, name="one.zip")
    town["calendar"] = str(town["calendar"]).replace("20241001", "20241101")
    town["feed_info"] = ""
    town["stops"] = str(town["stops"]).replace("54.6", "54.7")  # another town: no run twice
    two = write(town, name="two.zip")
    feed = read_feed([one, two])
    assert feed.feeds == ("one", "two")
    assert set(feed.stops["feed"]) == {"one", "two"}
    assert "two:ST" in set(feed.stops["station"])
    single = read_feed(one)
    day = feed.departures("2024-11-13")
    assert len(day) == 2 * len(single.departures("2024-11-13"))
    assert feed.trips_on("2024-11-13") == 2 * single.trips_on("2024-11-13")
    # before November only one of them speaks
    early = feed.departures("2024-10-16")
    assert early.attrs["unknown_feeds"] == ["two"]
    assert set(early["feed"]) == {"one"}
    # each feed has its own date, near that of the first (both are equally large)
    days = feed.day_types()["school_day"].feeds
    assert (days["one"].date, days["two"].date) == (date(2024, 10, 1), date(2024, 11, 4))
    near = read_feed([one, two], reference_date="2024-11-13").day_types()["school_day"]
    assert {d.date for d in near.feeds.values()} == {date(2024, 11, 13)}
    assert feed.validity == (date(2024, 10, 1), date(2024, 12, 31))
    assert set(feed.shapes["shape_id"]) == {"one:S", "two:S"}


@pytest.mark.parametrize(
    ("anchor", "known"), [(None, "old"), ("2024-11", "old"), ("2026-11-10", "new"), ("2024", "old")]
)
def test_feeds_without_a_common_period_are_not_both_known(town, write, anchor, known):
    one = write(town, name="one.zip")
    for table in ("calendar", "feed_info", "calendar_dates"):
        town[table] = str(town[table]).replace("2024", "2026")
    town["stops"] = str(town["stops"]).replace("54.6", "54.7")  # another town: no run twice
    two = write(town, name="two.zip")
    feed = read_feed({"old": one, "new": two}, reference_date=anchor)
    other = "new" if known == "old" else "old"
    for key in ("school_day", "saturday", "sunday"):
        day = feed.departures(key)
        assert set(day["feed"]) == {known}, key
        assert list(day.attrs["dates"]) == [known]
        assert day.attrs["unknown_feeds"] == [other]
        kind = feed.day_types()[key]
        assert kind.feeds[other].state == "unknown"
        assert "too far" in kind.feeds[other].why.en
    assert feed.day_types()["school_day"].trips == 3


def test_same_file_name_twice(town, write, tmp_path):
    (tmp_path / "x").mkdir()
    one = write(town)
    two = one.rename(tmp_path / "x" / "town.zip")
    one = write(town)
    assert read_feed([one, two]).feeds == ("town", "town_2")


def test_source_and_summary(town, write):
    feed = read_feed(write(town), name="MZK <b>")
    assert feed.source.origin == "town.zip"
    assert len(feed.source.sha256) == 64
    other = feed.with_source(Source("timetable", licence="CC0"))
    assert other.source.licence == "CC0"
    assert feed.source.licence == ""
    assert other.audit is feed.audit
    html = feed._repr_html_()
    assert "<b>" not in html
    assert "school_day" in html
    table = feed.describe()
    assert table.loc["school_day", "trips"] == 3
    assert table.loc["school_day", "departures"] == 5
    assert table.loc["school_day", "stops"] == 4
    assert math.isnan(table.loc["holiday_weekday", "trips"])


def test_a_feed_travels(town, write):
    feed = read_feed(write(town))
    again = pickle.loads(pickle.dumps(feed))
    pd.testing.assert_frame_equal(again.departures("saturday"), feed.departures("saturday"))


def test_folder_and_zip_tell_the_same(town, write, tmp_path):
    want = read_feed(write(town)).departures("2024-10-16")
    for folder in (tmp_path / "f", tmp_path / "g" / "inner"):
        folder.mkdir(parents=True)
        for table, text in town.items():
            (folder / f"{table}.txt").write_text(str(text), encoding="utf-8")
    for path in (tmp_path / "f", tmp_path / "g"):
        got = read_feed(path).departures("2024-10-16")
        pd.testing.assert_frame_equal(got.drop(columns="feed"), want.drop(columns="feed"))


def test_every_day_of_the_town_against_the_plain_reader(town, write):
    path = write(town)
    feed = read_feed(path)
    day, last = feed.validity
    while day <= last:
        ours = feed.departures(day)
        found = Counter(
            zip(ours["trip_id"], ours["stop_id"], ours["seconds"].tolist(), strict=True)
        )
        assert found == plain_departures(path, day)
        day += timedelta(days=1)


@pytest.mark.parametrize("given", [[], {}, 5, [5], None])
def test_no_path_is_one_error(given):
    with pytest.raises(ParameterError, match="no timetable"):
        read_feed(given)


def test_trust_is_stated_for_all_feeds_or_for_one(town, write):
    one, two = write(town, name="one.zip"), write(town, name="two.zip")
    assert read_feed([one, two]).options.trusted("one") is None
    for_all = read_feed([one, two], trust="confirmed by the operator").options
    assert for_all.trusted("one") == for_all.trusted("two") == "confirmed by the operator"
    for_one = read_feed([one, two], trust={"two": "no weekends"}).options
    assert (for_one.trusted("one"), for_one.trusted("two")) == (None, "no weekends")
