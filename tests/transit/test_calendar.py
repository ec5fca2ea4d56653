"""Day types: public and school holidays, reference dates, states."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from metrogis.errors import ParameterError, SchemaError
from metrogis.transit import read_feed
from metrogis.transit.calendar import as_date, choose, public_holidays


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


def test_most_frequent_set_then_nearest_then_earliest():
    days = [date(2024, 1, d) for d in range(1, 8)]
    sets = dict(zip(days, [b"x", b"a", b"a", b"b", b"b", b"a", b"b"], strict=True))
    assert choose(days, sets, None)[0] == date(2024, 1, 2)
    assert choose(days, sets, date(2024, 1, 5))[0] == date(2024, 1, 5)
    # 4 and 6 are equally near to the 5th when it is not there: the earlier
    del sets[date(2024, 1, 5)]
    days.remove(date(2024, 1, 5))
    assert choose(days, sets, date(2024, 1, 5)) == (
        date(2024, 1, 6), (date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 6)),
    )  # fmt: skip


def test_nearest_to_the_catalogs_date(town, write):
    types = read_feed(write(town), reference_date="2024-11-11").day_types()
    assert types["school_day"].date == date(2024, 11, 12)
    assert types["saturday"].date == date(2024, 11, 9)
    assert types["sunday"].date == date(2024, 11, 11)
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
    assert "nothing runs on 13 dates" in kind.why.en
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


def test_dates():
    assert as_date("20241016") == as_date("2024-10-16") == as_date(pd.Timestamp("2024-10-16 08:00"))
    for bad in (
        "2024-13-01",
        "16.10.2024",
        20241016,
        None,
        "2024-10",
        pd.NaT,
        np.datetime64("NaT"),
    ):
        with pytest.raises(ParameterError):
            as_date(bad)


def test_countries():
    assert date(2024, 11, 11) in public_holidays("PL", [2024])
    assert date(2024, 3, 1) not in public_holidays("GB-WLS", [2024])
    for unknown in ("Pomorskie", "XX", "PL-XX", ""):
        with pytest.raises(ParameterError, match="country"):
            public_holidays(unknown, [2024])


def test_one_day_off_may_stand_alone(town, write):
    kinds = read_feed(write(town), school_holidays="2024-10-28").day_types()
    assert [d.isoformat() for d in kinds["holiday_weekday"].dates] == ["2024-10-28"]
