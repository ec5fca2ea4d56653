"""Day types: public and school holidays, reference dates, states."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from metrogis.errors import ParameterError, SchemaError
from metrogis.transit import read_feed


def test_public_holidays_count_as_sundays(town, write):
    types = read_feed(write(town)).day_types()
    sundays = types["sunday"].dates
    # All Saints' is a Friday, Independence Day a Monday
    assert {date(2024, 11, 1), date(2024, 11, 11), date(2024, 12, 25)} <= set(sundays)
    assert date(2024, 11, 1) not in types["school_day"].dates
    assert sum(len(t.dates) for t in types.values()) == 92
    assert types["sunday"].date == date(2024, 10, 6)


def test_without_a_table_weekdays_are_one_type_and_holidays_unknown(town, write):
    types = read_feed(write(town)).day_types()
    assert types["school_day"].state == "known"
    kind = types["holiday_weekday"]
    assert (kind.state, kind.date, kind.dates) == ("unknown", None, ())
    assert "school holidays" in kind.why.en
    assert "ferii" in kind.why.pl


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"start": ["2024-10-14"], "end": ["2024-10-18"]}),
        pd.DataFrame({"date": pd.date_range("2024-10-14", "2024-10-18")}),
        [("2024-10-14", date(2024, 10, 18))],
    ],
)
def test_school_holidays(town, write, table):
    types = read_feed(write(town), school_holidays=table).day_types()
    assert [d.day for d in types["holiday_weekday"].dates] == [14, 15, 16, 17, 18]
    assert types["holiday_weekday"].date == date(2024, 10, 14)
    assert types["school_day"].date == date(2024, 10, 1)


def test_table_of_other_years_says_nothing(town, write):
    types = read_feed(write(town), school_holidays=[("2020-07-01", "2020-08-31")]).day_types()
    assert types["holiday_weekday"].state == "unknown"
    assert len(types["school_day"].dates) > 60


def test_table_that_covers_part_of_the_validity(town, write):
    town["calendar"] = str(town["calendar"]).replace("20241231", "20260630")
    town["feed_info"] = ""
    off = [("2024-12-23", "2024-12-31")]
    types = read_feed(write(town), school_holidays=off).day_types()
    assert max(types["school_day"].dates) == date(2025, 10, 27)


def test_table_without_holidays_in_the_validity(town, write):
    types = read_feed(write(town), school_holidays=[("2025-01-20", "2025-02-02")]).day_types()
    assert types["holiday_weekday"].state == "unknown"
    assert "no such day" in types["holiday_weekday"].why.en


@pytest.mark.parametrize(
    "table", [pd.DataFrame({"from": []}), [("2024-10-14", "2024-10-01")], ["x"], [None]]
)
def test_bad_school_holidays_are_one_error(town, write, table):
    with pytest.raises(ParameterError):
        read_feed(write(town), school_holidays=table)


def test_nearest_to_the_catalogs_date(town, write):
    types = read_feed(write(town), reference_date="2024-11-11").day_types()
    assert types["school_day"].date == date(2024, 11, 12)
    assert types["saturday"].date == date(2024, 11, 9)
    # the 11th is a public holiday on a Monday; Sundays stand for the type
    assert types["sunday"].date == date(2024, 11, 10)
    assert "2024-11-11" in types["school_day"].why.en


def test_services_without_trips_do_not_make_a_day_differ(town, write):
    town["calendar_dates"] = str(town["calendar_dates"]) + "".join(
        f"GHOST,202410{d:02d},1\n" for d in range(1, 32)
    )
    kind = read_feed(write(town)).day_types()["school_day"]
    assert len(kind.same) == len(kind.dates)


def test_user_names_dates(town, write):
    path = write(town)
    types = read_feed(path, dates={"school_day": "20241112"}).day_types()
    assert types["school_day"].date == date(2024, 11, 12)
    assert types["school_day"].trips == 3
    odd = read_feed(path, dates={"sunday": date(2024, 10, 16)}).day_types()["sunday"]
    assert "another kind of day" in odd.why.en
    given = read_feed(path, dates={"holiday_weekday": "2024-12-23"}).day_types()
    assert given["holiday_weekday"].state == "known"
    with pytest.raises(ParameterError, match="day type"):
        read_feed(path, dates={"monday": "2024-10-16"})
    with pytest.raises(ParameterError, match="validity"):
        read_feed(path, dates={"sunday": "2025-10-16"}).day_types()


def test_sundays_without_service_are_known(town, write):
    town["calendar"] = str(town["calendar"]).replace("SU,0,0,0,0,0,0,1", "SU,0,0,0,0,0,0,0")
    town["calendar_dates"] = ""
    feed = read_feed(write(town))
    kind = feed.day_types()["sunday"]
    assert (kind.state, kind.trips) == ("known", 0)
    assert kind.feeds["town"].state == "none"
    assert "13 of 13 dates of the timetable have no trips" in kind.why.en
    assert feed.departures("sunday").attrs["unknown_feeds"] == []
    assert feed.departures("sunday").empty


def test_days_the_feed_does_not_cover_are_unknown(town, write):
    town["feed_info"] = "feed_publisher_name,feed_start_date,feed_end_date\nMZK,20241007,20241011\n"
    feed = read_feed(write(town))
    assert feed.validity == (date(2024, 10, 7), date(2024, 10, 11))
    types = feed.day_types()
    assert types["school_day"].state == "known"
    assert types["saturday"].state == types["sunday"].state == "unknown"
    assert any("feed_info" in r.layer for r in feed.audit)


def test_feed_info_that_contradicts_the_calendar_is_left_aside(town, write):
    town["feed_info"] = "feed_publisher_name,feed_start_date,feed_end_date\nMZK,20200101,20201231\n"
    feed = read_feed(write(town))
    assert feed.validity == (date(2024, 10, 1), date(2024, 12, 31))
    assert any("feed_info" in r.layer for r in feed.audit)


def test_calendar_dates_alone(town, write):
    del town["calendar"]
    feed = read_feed(write(town))
    assert feed.validity == (date(2024, 11, 1), date(2024, 12, 26))
    assert feed.trips_on("2024-12-25") == 2
    assert feed.trips_on("2024-11-04") == 0
    assert any(r.action == "unknown" and r.count == 1 for r in feed.audit)  # t3: service SA


def test_calendar_alone(town, write):
    del town["calendar_dates"]
    assert read_feed(write(town)).trips_on("2024-12-25") == 3


def test_no_date_at_all_is_refused(town, write):
    town["calendar"] = str(town["calendar"]).splitlines()[0] + "\n"
    town["calendar_dates"] = ""
    with pytest.raises(SchemaError, match="calendar"):
        read_feed(write(town))


def test_endless_calendar_is_cut(town, write):
    town["calendar"] = str(town["calendar"]).replace("20241231", "99991231")
    town["feed_info"] = ""
    feed = read_feed(write(town))
    assert feed.validity[1] == date(2100, 12, 31)
    assert any("2100" in r.what.en for r in feed.audit)


def test_one_day_off_may_stand_alone(town, write):
    kinds = read_feed(write(town), school_holidays="2024-10-28").day_types()
    assert [d.isoformat() for d in kinds["holiday_weekday"].dates] == ["2024-10-28"]


def audit_of(feed, file):
    return {(r.action, r.count, r.what.en) for r in feed.audit if r.layer == f"town/{file}.txt"}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("base", [True, False])
def test_both_exceptions_on_one_date_run_whatever_their_order(town, write, turned, base):
    """A date that may run is not taken away; the audit says what was taken."""
    lines = ["WD,20241016,2", "WD,20241016,1"] if base else ["WD,20241019,1", "WD,20241019,2"]
    town["calendar_dates"] = str(town["calendar_dates"]) + "\n".join(lines[:: -1 if turned else 1])
    feed = read_feed(write(town))
    assert feed.trips_on(lines[0][3:11]) == (3 if base else 4)
    assert ("guessed", 1, "service both added and removed on one date: taken as running") in (
        audit_of(feed, "calendar_dates")
    )
    row = next(r for r in feed.audit if "both added" in r.what.en)
    assert row.examples == f"WD {'2024-10-16' if base else '2024-10-19'}"
    assert ("noted", 1, "exception repeated") in audit_of(feed, "calendar_dates")


def test_an_exception_repeated_is_no_contradiction(town, write):
    town["calendar_dates"] = str(town["calendar_dates"]) + "WD,20241101,2\nWD,20241101,2\n"
    feed = read_feed(write(town))
    assert audit_of(feed, "calendar_dates") == {("noted", 2, "exception repeated")}
    assert feed.trips_on("2024-11-01") == 2


def test_dates_with_hyphens_are_read_and_reported(town, write):
    plain = read_feed(write(town, name="plain.zip"))
    town["calendar"] = str(town["calendar"]).replace("20241231", "2024-12-31", 2)
    town["calendar_dates"] = str(town["calendar_dates"]).replace("20241101", "2024-11-01")
    town["feed_info"] = str(town["feed_info"]).replace("20241001", "2024-10-01")
    feed = read_feed(write(town))
    what = "date as YYYY-MM-DD instead of YYYYMMDD"
    for file, count in (("calendar", 2), ("calendar_dates", 2), ("feed_info", 1)):
        assert audit_of(feed, file) == {("repaired", count, what)}
    assert feed.validity == plain.validity
    assert feed.trips_by_date()["trips"].tolist() == plain.trips_by_date()["trips"].tolist()


def test_unreadable_dates_of_feed_info_are_reported(town, write):
    town["feed_info"] = str(town["feed_info"]).replace("20241001", "1 X 2024")
    feed = read_feed(write(town))
    assert audit_of(feed, "feed_info") == {("dropped", 1, "unreadable date of validity")}
    assert feed.validity == (date(2024, 10, 1), date(2024, 12, 31))


def test_services_without_trips_neither_widen_the_span_nor_pass_unseen(town, write):
    town["calendar"] = str(town["calendar"]) + "GHOST,1,1,1,1,1,1,1,20200101,20291231\n"
    town["calendar_dates"] = str(town["calendar_dates"]) + "GHOST,20190101,1\nGHOST,20190102,1\n"
    town["feed_info"] = ""
    feed = read_feed(write(town))
    assert feed.validity == (date(2024, 10, 1), date(2024, 12, 31))
    what = "rows of services without trips: left out"
    assert audit_of(feed, "calendar") == {("noted", 1, what)}
    assert audit_of(feed, "calendar_dates") == {("noted", 2, what)}
