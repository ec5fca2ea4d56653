"""Both calendar tables read into one, without a feed around them: every edge by itself."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from metrogis.errors import SchemaError
from metrogis.transit import calendar
from metrogis.transit.columns import Column
from metrogis.transit.tables import Table

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def table(names: str, *rows: str) -> Table:
    columns = {}
    cells = [row.split(",") for row in rows]
    for i, name in enumerate(names.split(",")):
        texts = [row[i] for row in cells]
        values = sorted(set(texts)) or [""]
        columns[name] = Column(np.array([values.index(t) for t in texts], np.int32), values)
    return Table("t.txt", len(rows), columns)


def periods(*rows: str) -> Table:
    """Rows of ``calendar.txt``: service, seven digits of a week, start, end."""
    split = [row.split() for row in rows]
    week = [f"{s},{','.join(d)},{a},{b}" for s, d, a, b in split]
    return table("service_id," + ",".join(DAYS) + ",start_date,end_date", *week)


def exceptions(*rows: str) -> Table:
    lines = [",".join(row.split(" ")) for row in rows]
    return table("service_id,date,exception_type", *lines)


def info(start: str, end: str) -> Table:
    return table("feed_start_date,feed_end_date", f"{start},{end}")


def build(
    rows: Table | None = None,
    extra: Table | None = None,
    about: Table | None = None,
    services: str = "A B",
    reference: date | None = None,
):
    trips = pd.DataFrame({"service_id": services.split()})
    nothing = Table("t.txt", 0, {})
    return calendar.build(
        rows or nothing, extra or nothing, about or nothing, trips, "f",
        reference_date=(reference, reference) if reference else None,
    )  # fmt: skip


def examples(audit: object, what: str) -> str:
    frame = audit.to_frame()  # type: ignore[attr-defined]
    return str(frame.loc[frame["what"] == what, "examples"].iloc[0])


def dates(made: calendar.Calendar, service: str) -> list[str]:
    k = made.services.index(service)
    on = np.flatnonzero(made.runs[:, k])
    return [str(np.datetime64(made.first) + int(d))[5:] for d in on]


def counts(audit: object) -> dict[str, int]:
    frame = audit.to_frame()  # type: ignore[attr-defined]
    return dict(zip(frame["what"], frame["count"], strict=True))


def test_a_period_runs_on_its_weekdays_from_the_first_to_the_last_date() -> None:
    # 2024-10-07 is a Monday
    made, _ = build(periods("A 1010001 20241007 20241014", "B 0100000 20241001 20241008"))
    assert dates(made, "A") == ["10-07", "10-09", "10-13", "10-14"]
    assert dates(made, "B") == ["10-01", "10-08"]
    assert (made.first, made.last) == (date(2024, 10, 1), date(2024, 10, 14))


def test_a_calendar_answers_within_its_dates_only() -> None:
    made, _ = build(periods("A 1111111 20241007 20241009", "B 1000000 20241007 20241009"))
    for day, runs in ((6, [0, 0]), (7, [1, 1]), (8, [1, 0]), (9, [1, 0]), (10, [0, 0])):
        assert made.on(date(2024, 10, day)).tolist() == [bool(r) for r in runs], day


def test_a_feed_runs_on_the_ends_of_its_validity_and_not_beyond() -> None:
    runs = np.ones((5, 3), bool)
    feeds = np.array(["f", "g", "f"], dtype=object)
    ends = {"f": (date(2024, 10, 2), date(2024, 10, 3)), "g": (date(2024, 9, 1), date(2025, 1, 1))}
    made = calendar.Calendar(("A", "B", "C"), date(2024, 10, 1), runs, feeds, ends)
    for day, own in ((1, False), (2, True), (3, True), (4, False)):
        assert made.on(date(2024, 10, day)).tolist() == [own, True, own], day


def test_exceptions_add_and_take_away_single_dates_also_at_the_ends() -> None:
    made, _ = build(
        periods("A 1111111 20241007 20241009"),
        exceptions("A 20241007 2", "A 20241010 1", "B 20241006 1", "A 20241012 2"),
    )
    assert dates(made, "A") == ["10-08", "10-09", "10-10"]
    assert dates(made, "B") == ["10-06"]
    assert (made.first, made.last) == (date(2024, 10, 6), date(2024, 10, 12))


def test_the_validity_is_the_stated_period_and_reaches_to_services_beyond_it() -> None:
    # the period starts and ends on days without service; an added date lies after it
    made, _ = build(
        periods("A 1000000 20241005 20241016"), exceptions("A 20241018 1", "A 20241001 2")
    )
    assert made.validity["f"] == (date(2024, 10, 5), date(2024, 10, 18))
    made, _ = build(periods("A 1000000 20241005 20241016"), exceptions("A 20241002 1"))
    assert made.validity["f"] == (date(2024, 10, 2), date(2024, 10, 16))
    # without a period: from the first to the last date with service
    made, _ = build(
        None, exceptions("A 20241001 2", "A 20241003 1", "A 20241005 1", "A 20241009 2")
    )
    assert made.validity["f"] == (date(2024, 10, 3), date(2024, 10, 5))


@pytest.mark.parametrize(
    ("start", "end", "expected", "note"),
    [
        ("", "", (7, 13), None),
        ("20241008", "20241012", (8, 12), "validity cut to that of feed_info"),
        ("20241001", "20241031", (7, 13), None),
        ("20241007", "20241013", (7, 13), None),
        ("", "20241010", (7, 10), "validity cut to that of feed_info"),
        ("20241013", "20241013", (13, 13), "validity cut to that of feed_info"),
        ("20241014", "", (7, 13), "nothing runs in the period of feed_info: calendar used"),
        ("", "20241006", (7, 13), "nothing runs in the period of feed_info: calendar used"),
    ],
)
def test_feed_info_narrows_the_validity_where_something_runs(start, end, expected, note) -> None:
    made, audit = build(periods("A 1111111 20241007 20241013"), about=info(start, end))
    assert tuple(d.day for d in made.validity["f"]) == expected
    told = {k for k in counts(audit) if "feed_info" in k}
    assert told == ({note} if note else set())


def test_what_is_wrong_with_a_period_is_counted() -> None:
    made, audit = build(
        periods(
            "A 1111111 20241007 20241009",
            "A 1111111 20241011 20241011",  # a second period of one day
            "B 1111111 20241009 20241008",  # ends before it starts
            "B 1111111 2024 20241008",
            "C 1111111 20241007 20241009",  # no trip
        ),
        exceptions("B 20241007 1"),
    )
    assert dates(made, "A") == ["10-07", "10-08", "10-09", "10-11"]
    found = counts(audit)
    assert found["service has several periods: joined"] == 1
    assert found["period ends before it starts"] == 1
    assert found["period with an unreadable date"] == 1
    assert found["rows of services without trips: left out"] == 1


def test_dates_beyond_1970_and_2100_are_cut_and_periods_outside_are_left_out() -> None:
    made, audit = build(
        periods(
            "A 1111111 19691231 19700102", "A 1111111 21001231 21010102",
            "B 1111111 19700101 19700101", "B 1111111 20991231 21001231",
            "B 1111111 19500101 19690101", "B 1111111 22000101 22010101",
        )
    )  # fmt: skip
    assert (made.first, made.last) == (date(1970, 1, 1), date(2100, 12, 31))
    assert dates(made, "A") == ["01-01", "01-02", "12-31"]
    assert len(dates(made, "B")) == 1 + 366
    assert counts(audit)["dates beyond 1970-2100: cut"] == 4


def test_weekdays_that_are_blank_or_odd_do_not_run_and_are_counted() -> None:
    names = "service_id," + ",".join(DAYS) + ",start_date,end_date"
    made, audit = build(table(names, "A,1,,2,0,1,1,1,20241007,20241013"))
    assert dates(made, "A") == ["10-07", "10-11", "10-12", "10-13"]
    found = counts(audit)
    assert found["tuesday blank: 0 taken"] == 1
    assert found["wednesday other than 0 and 1: 0 taken"] == 1
    assert "monday blank: 0 taken" not in found


def test_what_is_wrong_with_an_exception_is_counted() -> None:
    made, audit = build(
        None,
        exceptions(
            "A 20241001 1", "A 20241001 1",  # repeated
            "A 20241002 2", "A 20241002 1",  # contradicts: runs
            "A 20241003 ",  # blank: runs
            "A 20241004 3", "A 2024 1", "A 19691231 1", "A 21010101 1",
            "C 20241001 1",
        ),
    )  # fmt: skip
    assert dates(made, "A") == ["10-01", "10-02", "10-03"]
    found = counts(audit)
    assert found["exception repeated"] == 2
    assert found["service both added and removed on one date: taken as running"] == 1
    assert found["exception_type blank: taken as running"] == 1
    assert found["exception with an unreadable date or type"] == 4
    assert found["rows of services without trips: left out"] == 1


def test_trips_of_undated_and_of_idle_services_are_told_apart() -> None:
    _, audit = build(
        periods("A 1111111 20241007 20241013", "B 0000000 20241007 20241013"),
        exceptions("D 20241008 2"),
        services="A A B C C C D",
    )
    found = counts(audit)
    assert found["trips whose service has no dates"] == 4  # C has no row, D only days off
    assert found["services that run on no date"] == 1  # B
    assert "B" in examples(audit, "services that run on no date")


def test_without_idle_services_none_is_told_of() -> None:
    _, audit = build(periods("A 1000000 20241007 20241013", "B 0100000 20241007 20241013"))
    assert "services that run on no date" not in counts(audit)
    assert "service has several periods: joined" not in counts(audit)
    assert "period with an unreadable date" not in counts(audit)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("20241007 20241007",), ("10-07", "10-07")),
        (("20241007 20241010", "20241009 20241013"), ("10-07", "10-13")),
        (("20241009 20241013", "20241007 20241010"), ("10-07", "10-13")),  # in any order
        (("20241005 20241020", "20241007 20241010"), ("10-05", "10-20")),
    ],
)
def test_the_validity_spans_all_periods(rows, expected) -> None:
    # nothing runs at the ends: Thursdays only, and a Monday for the shortest
    made, _ = build(periods(*(f"A 1001000 {row}" for row in rows)))
    assert tuple(str(d)[5:] for d in made.validity["f"]) == expected


def test_dates_with_hyphens_in_either_column_are_counted() -> None:
    made, audit = build(
        periods(
            "A 1111111 2024-10-07 20241008", "B 1111111 20241007 2024-10-08",
            "B 1111111 2024-10-10 2024-10-10",
        ),
        about=info("2024-10-07", "x"),
    )  # fmt: skip
    frame = audit.to_frame()
    told = frame[frame["what"] == "date as YYYY-MM-DD instead of YYYYMMDD"]
    assert sorted(told["count"]) == [1, 3]
    assert counts(audit)["unreadable date of validity"] == 1
    assert "x" in examples(audit, "unreadable date of validity")
    assert made.validity["f"] == (date(2024, 10, 7), date(2024, 10, 10))


def test_exceptions_on_the_first_and_last_day_that_can_be_are_read() -> None:
    made, audit = build(None, exceptions("A 19700101 1"))
    assert (made.first, made.last) == (date(1970, 1, 1), date(1970, 1, 1))
    made, audit = build(None, exceptions("A 21001231 1"))
    assert made.last == date(2100, 12, 31)
    assert "exception with an unreadable date or type" not in counts(audit)


def test_the_same_exception_twice_is_no_contradiction() -> None:
    _, audit = build(None, exceptions("A 20241001 1", "A 20241001 1"))
    assert counts(audit) == {"exception repeated": 1, "trips whose service has no dates": 1}


def test_the_contradiction_that_is_named_is_the_one() -> None:
    _, audit = build(
        None, exceptions("A 20241001 1", "A 20241001 1", "A 20241002 2", "A 20241002 1")
    )
    named = examples(audit, "service both added and removed on one date: taken as running")
    assert "2024-10-02" in named
    assert "2024-10-01" not in named


@pytest.mark.parametrize(
    ("rows", "extra"),
    [
        (None, None),
        (periods("A 0000000 20241007 20241013"), None),
        (periods("A 1000000 20241008 20241013"), None),  # no Monday in it
        (None, exceptions("A 20241007 2")),
        (periods("C 1111111 20241007 20241013"), None),
    ],
)
def test_a_feed_in_which_nothing_ever_runs_is_refused(rows, extra) -> None:
    with pytest.raises(SchemaError):
        build(rows, extra)


def test_a_calendar_too_long_keeps_the_part_around_the_reference_date(monkeypatch) -> None:
    monkeypatch.setattr(calendar, "_MAX_CELLS", 800)  # of two services: 400 days
    longest = "A 1111111 20200101 20210203"  # 400 days: fits
    made, audit = build(periods(longest))
    assert len(made.runs) == 400
    assert "calendar too long: part kept" not in counts(audit)
    rows = periods("A 1111111 20200101 20210204", "B 1111111 20200101 20200101")
    made, audit = build(rows)
    assert (made.first, len(made.runs)) == (date(2020, 1, 1), 400)
    assert counts(audit)["calendar too long: part kept"] == 1
    made, _ = build(periods("A 1111111 20200101 20291231"), reference=date(2025, 6, 30))
    assert made.first == date(2024, 12, 12)  # 200 days before
    assert (made.last - made.first).days == 399
    made, _ = build(periods("A 1111111 20200101 20291231"), reference=date(2029, 12, 31))
    assert made.last == date(2029, 12, 31)
    # never less than a year, however many the services
    monkeypatch.setattr(calendar, "_MAX_CELLS", 2)
    made, _ = build(periods("A 1111111 20200101 20291231"))
    assert len(made.runs) == 366
