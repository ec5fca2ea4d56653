"""Reference dates of written feeds: alone and merged, however they are modelled, and the audit."""

from __future__ import annotations

import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrogis.errors import ParameterError
from metrogis.provenance import Audit
from metrogis.transit import DateRule, Feed, read_feed
from metrogis.transit.days import without_dates

WEEK = "monday,tuesday,wednesday,thursday,friday,saturday,sunday"


class Run(NamedTuple):
    """One run of a line: when it leaves, and on which dates."""

    line: str
    start: int  # minutes after midnight
    dates: frozenset[date]


def day(text: str) -> date:
    return date.fromisoformat(text)


def between(first: str, last: str, weekdays: Iterable[int] = range(7)) -> list[date]:
    n = (day(last) - day(first)).days + 1
    own = set(weekdays)
    all_days = [day(first) + timedelta(days=k) for k in range(n)]
    return [d for d in all_days if d.weekday() in own]


def runs(line: str, number: int, dates: Iterable[date], start: int = 300) -> list[Run]:
    """``number`` runs of a line, one a minute."""
    own = frozenset(dates)
    return [Run(line, start + k, own) for k in range(number)]


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"


def tables(
    all_runs: list[Run],
    *,
    span: tuple[str, str] | None = None,
    names: Callable[[], str] | None = None,
    by_date: bool = True,
) -> dict[str, list[str]]:
    """GTFS tables: one service for each set of dates; ``span`` adds an empty period."""
    names = names or map("s{}".format, count()).__next__
    service: dict[frozenset[date], str] = {}
    out: dict[str, list[str]] = {
        "stops": ["stop_id,stop_name,stop_lat,stop_lon", "A,A,54.4,18.5", "B,B,54.5,18.6"],
        "routes": ["route_id,route_short_name,route_type"],
        "trips": ["route_id,service_id,trip_id"],
        "stop_times": ["trip_id,arrival_time,departure_time,stop_id,stop_sequence"],
        "calendar": [f"service_id,{WEEK},start_date,end_date"],
        "calendar_dates": ["service_id,date,exception_type"],
    }
    for line in dict.fromkeys(r.line for r in all_runs):
        out["routes"].append(f"R{line},{line},3")
    for r in all_runs:
        if r.dates not in service:
            own = service[r.dates] = names()
            if span is not None:
                a, b = (x.replace("-", "") for x in span)
                out["calendar"].append(f"{own},0,0,0,0,0,0,0,{a},{b}")
            if by_date:
                out["calendar_dates"] += [f"{own},{d:%Y%m%d},1" for d in sorted(r.dates)]
            else:
                out["calendar"] += [f"{own},{_flags(d)},{d:%Y%m%d},{d:%Y%m%d}" for d in r.dates]
        trip = names()
        out["trips"].append(f"R{r.line},{service[r.dates]},{trip}")
        out["stop_times"] += [
            f"{trip},{clock(r.start)},{clock(r.start)},A,1",
            f"{trip},{clock(r.start + 20)},{clock(r.start + 20)},B,2",
        ]
    return out


def _flags(d: date) -> str:
    return ",".join("1" if k == d.weekday() else "0" for k in range(7))


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    numbers = count()

    def write(found: dict[str, list[str]], name: str = "feed") -> Path:
        path = tmp_path / str(next(numbers)) / name
        path.mkdir(parents=True)
        for table, rows in found.items():
            (path / f"{table}.txt").write_text("\n".join(rows) + "\n")
        return path

    return write


def says(feed: Feed) -> dict[str, Any]:
    """State, date and trips of each type."""
    return {
        key: (kind.state, kind.date, kind.trips if kind.date else None, kind.dates, kind.same)
        for key, kind in feed.day_types().items()
    }


def rows(audit: Audit, words: str) -> list[Any]:
    return [r for r in audit if r.layer.endswith("/day_types") and words in r.what.en]


# ---------------------------------------------------------------------------- kinds of calendars

ADDED = [
    *("2024-09-18", "2024-09-25", "2024-10-02", "2024-10-09", "2024-10-16", "2024-10-17"),
    *("2024-10-23", "2024-10-30", "2024-11-06", "2024-11-13", "2024-09-21", "2024-10-19"),
    *("2024-09-22", "2024-10-20"),
]


@pytest.mark.parametrize("anchor", ["2024-10-16", "2024-10-15", "2024-12-01", None])
def test_weekday_flags_of_zero_and_added_dates_are_service_on_the_added_dates(folder, anchor):
    """A period of three months without weekdays; trips run on 14 dates that it adds."""
    added = [day(d) for d in ADDED]
    found = tables(runs("7", 32, added), span=("2024-09-01", "2024-11-30"))
    feed = read_feed(folder(found), reference_date=anchor)
    kind = feed.day_types()["school_day"]
    assert kind.state == "known"
    assert kind.date in added
    assert kind.trips == feed.trips_on("school_day") == 32
    if anchor == "2024-10-16":
        assert kind.date == day("2024-10-16")
    for other in ("saturday", "sunday"):
        weekend = feed.day_types()[other]
        assert weekend.date is None or weekend.date in added
        assert feed.departures(other).shape[0] == 32
    # a day between, on which nothing runs, is a date like others
    assert feed.trips_on("2024-10-15") == 0


def test_a_line_of_working_days_is_certainly_absent_at_weekends(folder):
    found = tables(runs("7", 12, between("2024-10-01", "2024-12-31", range(5))))
    feed = read_feed(folder(found), reference_date="2024-10-16")
    for key in ("saturday", "sunday"):
        kind = feed.day_types()[key]
        assert (kind.state, kind.feeds["feed"].state, kind.trips) == ("known", "none", 0)
        table = feed.departures(key)
        assert table.empty
        assert table.attrs["unknown_feeds"] == []
        assert list(table.attrs["dates"]) == ["feed"]


@pytest.mark.parametrize("trust", [None, "the operator runs no weekends", {"feed": "so it is"}])
def test_a_city_without_weekends_is_unknown_then_unless_trusted(folder, trust):
    found = tables(runs("7", 1053, between("2024-10-01", "2024-12-31", range(5)), start=0))
    feed = read_feed(folder(found), reference_date="2024-10-16", trust=trust)
    for key in ("saturday", "sunday"):
        kind = feed.day_types()[key]
        assert kind.feeds["feed"].state == ("none" if trust else "unknown")
        assert (kind.date is None) is (trust is None)
        assert feed.unknown_feeds(key) == (() if trust else ("feed",))
        row = next(r for r in rows(feed.audit, kind.title.en))
        assert (row.action, row.count) == (
            "noted" if trust else "unknown",
            len(kind.feeds["feed"].dates),
        )
    if trust is None:
        with pytest.raises(ParameterError, match="trust"):
            feed.departures("saturday")


def test_trust_in_a_feed_that_is_not_there_is_refused(folder):
    found = tables(runs("7", 2, between("2024-10-01", "2024-10-31")))
    with pytest.raises(ParameterError, match="feeed"):
        read_feed(folder(found), trust={"feeed": "a slip of the pen"})


# ---------------------------------------------------------------------------- several feeds


def test_feeds_that_share_one_day_are_each_looked_at_on_a_usual_day(folder):
    """The one day they share is a holiday in one and the last day of the other."""
    old = tables(runs("1", 20, between("2024-06-01", "2024-10-31")))
    new_days = [*between("2024-11-02", "2024-12-31"), day("2024-10-31")]
    new = tables(runs("2", 30, new_days[:-1]) + runs("2", 1, new_days[-1:]))
    paths = [folder(old, "old"), folder(new, "new")]
    feed = read_feed(paths, reference_date="2024-10-31")
    kind = feed.day_types()["school_day"]
    assert {n: d.date for n, d in kind.feeds.items()} == {
        "old": day("2024-10-31"), "new": day("2024-11-04"),
    }  # fmt: skip
    assert kind.trips == 50
    assert kind.date == day("2024-11-04")  # of the feed with most trips
    assert feed.departures("school_day").attrs["dates"] == {
        "old": "2024-10-31",
        "new": "2024-11-04",
    }
    assert feed.describe().loc["school_day", ["trips", "median", "busiest"]].tolist() == [
        50,
        50,
        50,
    ]


@pytest.mark.parametrize("largest", ["old", "new"])
@pytest.mark.parametrize("anchor", ["2024-10-16", None])
def test_a_feed_that_ended_years_ago_serves_no_day(folder, largest, anchor):
    sizes = {"old": 5, "new": 4} if largest == "old" else {"old": 4, "new": 5}
    old = tables(runs("1", sizes["old"], between("2016-01-01", "2016-12-31")))
    new = tables(runs("2", sizes["new"], between("2024-09-01", "2024-12-31")))
    feed = read_feed([folder(old, "old"), folder(new, "new")], reference_date=anchor)
    lead = "new" if anchor else largest
    other = "old" if lead == "new" else "new"
    for key in ("school_day", "saturday", "sunday"):
        kind = feed.day_types()[key]
        assert kind.feeds[other].state == "unknown"
        assert kind.trips == sizes[lead]
        assert set(feed.departures(key)["feed"]) == {lead}
        assert feed.unknown_feeds(key) == (other,)
        assert rows(feed.audit, kind.title.en)[0].layer != rows(feed.audit, kind.title.en)[1].layer
    # on a date of its own it speaks
    assert feed.unknown_feeds("2016-05-05") == ("new",)
    assert set(feed.departures("2016-05-05")["feed"]) == {"old"}


def test_the_largest_feed_sets_the_anchor_of_types_it_does_not_know(folder):
    """It has weekdays only; the other is looked at near its weekdays on Saturdays, too."""
    large = tables(runs("1", 400, between("2024-12-02", "2024-12-20", range(5)), start=0))
    small = tables(runs("2", 3, between("2024-01-01", "2024-12-31")))
    feed = read_feed([folder(small, "small"), folder(large, "large")])
    assert feed.day_types()["school_day"].feeds["large"].date == day("2024-12-02")
    saturday = feed.day_types()["saturday"].feeds
    assert saturday["large"].state == "unknown"
    assert saturday["small"].date in (day("2024-11-30"), day("2024-12-07"))


def test_dates_named_by_the_user(folder):
    one = tables(runs("1", 10, between("2024-10-01", "2024-12-31", range(5))))
    two = tables(runs("2", 8, between("2024-11-20", "2025-03-31")))
    paths = {"one": folder(one), "two": folder(two)}
    feed = read_feed(paths, dates={"school_day": "2024-11-06"}, reference_date="2025-01-15")
    kind = feed.day_types()["school_day"]
    assert kind.feeds["one"].date == day("2024-11-06")
    assert "named by the user" in kind.feeds["one"].why.en
    # the other does not reach it, and is looked at near it
    assert kind.feeds["two"].date == day("2024-11-20")
    # types that are not named keep the anchor
    assert feed.day_types()["saturday"].feeds["two"].date == day("2025-01-18")
    with pytest.raises(ParameterError, match="validity"):
        read_feed(paths, dates={"school_day": "2026-11-06"}).day_types()


def test_a_date_the_user_names_beyond_a_fall_is_looked_at_and_not_complete(folder):
    whole, rest = between("2024-09-02", "2024-12-13"), between("2024-12-14", "2025-02-28")
    found = tables(runs("1", 20, [*whole, *rest]) + runs("2", 30, whole))
    path = folder(found)
    feed = read_feed(path, dates={"school_day": "2025-01-15", "saturday": "2024-10-12"})
    day_type = feed.day_types()["school_day"]
    assert (day_type.state, day_type.trips, day_type.date) == ("known", 20, day("2025-01-15"))
    assert day_type.feeds["feed"].state == "unknown"
    table = feed.departures("school_day")
    assert len(table) == 20
    assert table.attrs["unknown_feeds"] == ["feed"]
    assert feed.departures("saturday").attrs["unknown_feeds"] == []
    assert feed.departures("2025-01-15").attrs["unknown_feeds"] == ["feed"]
    assert feed.departures("2024-10-16").attrs["unknown_feeds"] == []


@pytest.mark.parametrize("named", ["2024-10-19", "2024-10-16"])
def test_a_date_the_user_names_without_trips_is_none_only_where_that_is_certain(folder, named):
    found = tables(runs("1", 12, between("2024-10-01", "2024-11-30", range(5))))
    rest = [d for d in between("2024-10-01", "2024-11-30", range(5)) if d != day("2024-10-16")]
    gap = tables(runs("1", 12, rest))
    for tables_, kind in ((found, "saturday"), (gap, "school_day")):
        feed = read_feed(folder(tables_), dates={kind: named})
        own = feed.day_types()[kind].feeds["feed"]
        if kind == "saturday" and named == "2024-10-19":
            assert (own.state, own.date, own.trips) == ("none", day(named), 0)
        elif kind == "school_day":
            assert (own.state, own.date) == ("unknown", None)
            assert feed.day_types()[kind].state == "unknown"
        else:  # a working day named as the Saturday
            assert (own.state, own.trips) == ("service", 12)
            assert "another kind of day" in own.why.en


# ---------------------------------------------------------------------------- the audit


def test_the_audit_tells_of_dates_falls_events_and_special_days(folder):
    whole, rest = between("2024-09-02", "2024-12-13"), between("2024-12-14", "2025-02-28")
    event, eve = day("2024-10-12"), day("2024-10-31")
    usual = [d for d in whole if d not in (event, eve)]
    found = tables(
        runs("1", 58, [*usual, event, *rest]) + runs("2", 42, usual) + runs("3", 200, [event])
        + runs("4", 30, [eve])
    )  # fmt: skip
    feed = read_feed(folder(found), reference_date="2024-10")
    (fall,) = rows(feed.audit, "falls after")
    assert "2024-12-13: from 100 to 58 trips" in fall.what.en
    assert "(42% fewer)" in fall.what.en
    assert fall.count == 51  # school-day weekdays from 16 December on
    (events,) = rows(feed.audit, "far above")
    assert (events.count, events.examples) == (1, "2024-10-12 (258)")
    (special,) = rows(feed.audit, "less than 75%")
    assert (special.count, special.examples) == (1, "2024-10-31 (30)")
    (school,) = rows(feed.audit, "school-day weekday: reference")
    assert "2024-10-01; trips: 100, median 100, busiest 100" in school.what.en
    assert (school.action, school.count) == ("noted", 73)
    assert not rows(feed.audit, "weeks without")
    assert all(r.what.pl != r.what.en for r in feed.audit)


def test_the_audit_tells_of_weeks_left_out_and_holidays_that_run_as_working_days(folder):
    full = between("2024-10-07", "2024-11-17")
    thin = between("2024-11-18", "2024-12-15")
    weekend = [d for d in full if d.weekday() > 4]
    work = [d for d in full if d.weekday() < 5]  # 11 November among them
    found = tables(runs("1", 40, work) + runs("2", 10, weekend) + runs("3", 1, thin))
    feed = read_feed(folder(found), reference_date="2024-10-16")
    (left_out,) = rows(feed.audit, "weeks without most")
    assert left_out.count == 28
    assert left_out.examples.startswith("2024-11-18 (1)")
    (holidays,) = rows(feed.audit, "run as working days")
    assert holidays.examples == "2024-11-01 (40), 2024-11-11 (40)"
    assert feed.day_types()["sunday"].trips == 10
    table = feed.trips_by_date()
    assert table["valid"].sum() == 42
    assert table.loc[table["date"] == day("2024-11-11"), ["day_type", "trips"]].values.tolist() == [
        ["sunday", 40]
    ]


def test_thresholds_are_changed_in_one_place_and_the_audit_follows(folder):
    found = tables(runs("1", 12, between("2024-10-01", "2024-12-31", range(5))))
    feed = read_feed(folder(found), reference_date="2024-10-16")
    strict = feed.with_date_rule(DateRule(weekday_trips=12))
    assert feed.day_types()["saturday"].state == "known"
    assert strict.day_types()["saturday"].state == "unknown"
    assert len(strict.audit) == len(feed.audit)
    assert without_dates(strict.audit) == without_dates(feed.audit)
    assert [r.action for r in rows(strict.audit, "Saturday: ")] == ["unknown"]
    assert strict.with_date_rule(DateRule()).audit == feed.audit


def test_the_table_tells_why_in_both_languages(folder):
    found = tables(runs("1", 12, between("2024-10-01", "2024-12-31", range(5))))
    feed = read_feed(folder(found), reference_date="2024-10-16")
    english, polish = feed.describe(), feed.describe("pl")
    assert english.loc["saturday", "why"].startswith("nothing runs on such days: 13 of 13")
    assert polish.loc["saturday", "why"].startswith("w takie dni nic nie kursuje: 13 z 13")
    assert english.loc["holiday_weekday", "unknown_feeds"] == "feed"
    assert english.loc["school_day", ["state", "trips", "median", "busiest"]].tolist() == [
        "known", 12, 12, 12,
    ]  # fmt: skip


# ---------------------------------------------------------------------------- properties

FIRST = day("2024-09-02")


@st.composite
def timetables(draw: st.DrawFn) -> list[Run]:
    """Runs of a few weeks: a plan for each weekday, then single dates changed."""
    n = draw(st.integers(7, 60))
    size = st.sampled_from([0, 1, 3, 4, 6, 8])
    plan = draw(st.lists(size, min_size=7, max_size=7).filter(any))
    special = draw(st.dictionaries(st.integers(0, n - 1), size, max_size=4))
    # every other timetable of the same size leaves a minute later
    late = draw(st.sets(st.integers(0, n - 1), max_size=n // 2))
    on: dict[tuple[str, int], set[date]] = defaultdict(set)
    for k in range(n):
        own = FIRST + timedelta(days=k)
        for j in range(special.get(k, plan[own.weekday()])):
            on[str(j % 3), 300 + 10 * j + (k in late)].add(own)
    return [Run(line, start, frozenset(dates)) for (line, start), dates in on.items()]


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Path]]:
    numbers = count()
    base = tmp_path_factory.mktemp("timetables")

    def to_folder(found: dict[str, list[str]], name: str = "feed") -> Path:
        path = base / str(next(numbers)) / name
        path.mkdir(parents=True)
        for table, lines in found.items():
            (path / f"{table}.txt").write_text("\n".join(lines) + "\n")
        return path

    yield to_folder
    shutil.rmtree(base)


def split_services(all_runs: list[Run], draw: random.Random) -> list[Run]:
    """Each run as two of the same line and times, on a part of its dates each."""
    out = []
    for r in all_runs:
        part = frozenset(d for d in r.dates if draw.random() < 0.5)
        out += [Run(r.line, r.start, dates) for dates in (part, r.dates - part) if dates]
    return out


@pytest.mark.long
@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    all_runs=timetables(),
    seed=st.integers(0, 10),
    anchor=st.sampled_from([None, "2024-09", "2024-10-16", "2024-12-05"]),
)
def test_modelling_changes_nothing(write, all_runs, seed, anchor):
    """Order of rows, ids, split services, periods or added dates, runs listed twice."""
    draw = random.Random(seed)
    plain = tables(all_runs)
    mixed = {}
    for table, (head, *lines) in plain.items():
        if table != "stop_times":
            draw.shuffle(lines)
        mixed[table] = [head, *lines]
    ids = map("id{}".format, draw.sample(range(10_000), 2_000))
    others = {
        "rows in another order": mixed,
        "other ids": tables(all_runs, names=ids.__next__),
        "services split by dates": tables(split_services(all_runs, draw)),
        "a period for each date": tables(all_runs, by_date=False),
        "runs listed twice": tables([*all_runs, *all_runs[::2]]),
    }
    want = says(read_feed(write(plain), reference_date=anchor))
    for what, found in others.items():
        assert says(read_feed(write(found), reference_date=anchor)) == want, what


@pytest.mark.long
@settings(
    max_examples=30, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(all_runs=timetables(), anchor=st.sampled_from([None, "2024-09", "2024-10-16"]))
def test_two_feeds_of_one_span_are_looked_at_like_one(write, all_runs, anchor):
    """Lines are doubled, and the copies stand in a feed of their own."""
    copies = [r._replace(line=r.line + "b") for r in all_runs]
    # twice the trips: the limits of trips are beyond reach here
    whole = says(read_feed(write(tables([*all_runs, *copies])), reference_date=anchor))
    paths = [write(tables(all_runs), "one"), write(tables(copies), "two")]
    parts = read_feed(paths, reference_date=anchor)
    assert says(parts) == whole
    assert says(read_feed(paths[::-1], reference_date=anchor)) == whole


@settings(
    max_examples=30, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(all_runs=timetables())
def test_trips_by_date_are_those_of_each_date(write, all_runs):
    want: Counter[date] = Counter()
    for r in all_runs:
        want.update(r.dates)
    feed = read_feed(write(tables(all_runs)))
    table = feed.trips_by_date()
    assert dict(zip(table["date"], table["trips"], strict=True)) == {
        d: want[d] for d in table["date"]
    }
    assert table["date"].is_monotonic_increasing
    assert table["trips"].sum() == sum(want.values())
    for own in table.sample(3, random_state=1, replace=True).itertuples():
        assert feed.trips_on(own.date) == own.trips


@pytest.mark.parametrize("limit", [100, 10_000])
def test_headways_count_as_runs_on_every_date(folder, limit):
    found = tables(runs("1", 1, between("2024-10-01", "2024-10-31")))
    found["frequencies"] = [
        "trip_id,start_time,end_time,headway_secs",
        f"{found['trips'][1].split(',')[2]},06:00:00,08:00:00,600",
        f"{found['trips'][1].split(',')[2]},07:00:00,09:00:00,600",
    ]
    feed = read_feed(folder(found), max_runs=limit, reference_date="2024-10-16")
    # 6:00 to 8:50 every ten minutes, what two periods name once
    assert feed.day_types()["school_day"].trips == feed.trips_on("2024-10-16") == 18
    assert set(feed.trips_by_date()["trips"]) == {18}


@pytest.mark.parametrize("equal", [True, False])
def test_a_run_that_two_feeds_list_is_one_trip_of_the_day_type(folder, equal):
    dates = between("2024-10-01", "2024-10-31")
    other = runs("1", 3, dates) if equal else runs("1", 3, dates, start=900)
    paths = [folder(tables(runs("1", 5, dates)), "one"), folder(tables(other), "two")]
    feed = read_feed(paths, reference_date="2024-10-16")
    kind = feed.day_types()["school_day"]
    assert [d.trips for d in kind.feeds.values()] == [5, 3]
    assert kind.trips == feed.trips_on("school_day") == (5 if equal else 8)
