"""The rule of reference dates: against plain loops over dates, and every edge drawn on purpose."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.errors import ParameterError
from metrogis.transit.counts import Counts
from metrogis.transit.daytypes import DAY_TYPES, kinds_of_dates, public_holidays
from metrogis.transit.options import DateRule
from metrogis.transit.reference import FeedDates, busy_trips, choose, examine

# ------------------------------------------------ the rule by plain loops, from its text alone

Runs = dict[date, Counter[Any]]
TYPES = ("school_day", "holiday_weekday", "saturday", "sunday")


class Answer(NamedTuple):
    state: str  # service, none, unknown
    date: date | None


def trips(runs: Counter[Any]) -> int:
    return sum(runs.values())


def kth_busiest(numbers: list[int]) -> int:
    if not numbers:
        return 0
    k = -(-3 * len(numbers) // 100)
    k = min(len(numbers), 10, max(2, k))
    return sorted(numbers, reverse=True)[k - 1]


def type_of(day: date, public: set[date], school: list[tuple[date, date]]) -> str:
    if day in public or day.isoweekday() == 7:
        return "sunday"
    if day.isoweekday() == 6:
        return "saturday"
    return "holiday_weekday" if any(a <= day <= b for a, b in school) else "school_day"


def gap(day: date, anchor: tuple[date, date] | None) -> int:
    if anchor is None or anchor[0] <= day <= anchor[1]:
        return 0
    return min(abs((day - end).days) for end in anchor)


def validity(runs: Runs, kind: dict[date, str]) -> tuple[set[date], int]:
    """Dates of which the feed speaks, and the usual trips of a school-day weekday."""
    busy = kth_busiest([trips(r) for r in runs.values()])
    weeks = {d.isocalendar()[:2] for d, r in runs.items() if trips(r) > 0 and 4 * trips(r) >= busy}
    active = {d for d in runs if d.isocalendar()[:2] in weeks}
    school = sorted(d for d in active if kind[d] == "school_day")
    usual = kth_busiest([trips(runs[d]) for d in school])

    def low(day: date) -> bool:
        return 4 * trips(runs[day]) < 3 * usual

    valid = set(active)
    for way in (school, school[::-1]):
        tail = 0
        while tail < len(way) and low(way[len(way) - 1 - tail]):
            tail += 1
        if tail >= 5:
            edge = way[len(way) - 1 - tail]
            valid = {d for d in valid if (d <= edge if way is school else d >= edge)}
    return valid, usual


def plain_dates(
    runs: Runs,
    public: set[date],
    school: list[tuple[date, date]],
    anchor: tuple[date, date] | None,
    *,
    trusted: bool = False,
) -> dict[str, Answer]:
    kind = {d: type_of(d, public, school) for d in runs}
    valid, usual_school = validity(runs, kind)
    mine: dict[str, list[date]] = {}
    usual: dict[str, int] = {}
    for key in TYPES:
        days = sorted(d for d in valid if kind[d] == key)
        if key == "sunday" and any(d.isoweekday() == 7 for d in days):
            days = [d for d in days if d.isoweekday() == 7]
        mine[key] = days
        usual[key] = kth_busiest([trips(runs[d]) for d in days])
    usual["school_day"] = usual_school
    top = max(trips(r) for r in runs.values())
    out = {}
    for key, days in mine.items():
        m = usual[key]
        if m > 0:
            fit = [d for d in days if Fraction(trips(runs[d]), m) >= Fraction(3, 4)]
        else:
            fit = [d for d in days if trips(runs[d]) == 0]
        fit = [d for d in fit if gap(d, anchor) <= 62]
        if not fit:
            out[key] = Answer("unknown", None)
            continue
        often = Counter(frozenset(runs[d].items()) for d in fit)
        best = min(fit, key=lambda d: (-often[frozenset(runs[d].items())], gap(d, anchor), d))
        if m > 0:
            out[key] = Answer("service", best)
            continue
        same_type = [d for d in runs if kind[d] == key]
        if key == "sunday" and any(d.isoweekday() == 7 for d in same_type):
            same_type = [d for d in same_type if d.isoweekday() == 7]
        sure = len(days) >= 4
        sure &= not any(4 * trips(runs[d]) >= top for d in {*days, *same_type})
        week = max(usual["school_day"], usual["holiday_weekday"])
        if key in ("saturday", "sunday") and week >= 300 and not trusted:
            sure &= bool(usual["saturday"] or usual["sunday"])
        out[key] = Answer("none", best) if sure else Answer("unknown", None)
    return out


def days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(days=k) for k in range(count)]


# ---------------------------------------------------------------------------- the code under test


def looked_at(
    runs: Runs, school: list[tuple[date, date]] | None = None, rule: DateRule | None = None
) -> FeedDates:
    """The feed's dates, from the runs of each."""
    first, n = min(runs), len(runs)
    trips = np.array([trips_of(r) for r in runs.values()], np.int64)
    codes: dict[Any, int] = {}
    timetable = [codes.setdefault(frozenset(r.items()), len(codes)) for r in runs.values()]
    counts = Counts(first, trips, np.array(timetable, np.uint64))
    kind, table = kinds_of_dates(first, first + timedelta(days=n - 1), "PL", school)
    return examine("feed", counts, kind, table, rule or DateRule())


trips_of = trips
KEYS = list(DAY_TYPES)


def answers(
    dates: FeedDates, anchor: tuple[date, date] | None, trusted: str | None = None
) -> dict[str, Answer]:
    found = {key: choose(dates, k, anchor, trusted) for k, key in enumerate(KEYS)}
    return {key: Answer(day.state, day.date) for key, day in found.items()}


def week(*sizes: int) -> list[Counter[Any]]:
    """Runs of seven days from Monday: ``n`` trips of a timetable named after ``n``."""
    return [Counter({("line", n): n}) if n else Counter() for n in sizes]


def weeks(*parts: tuple[int, tuple[int, ...]], first: date = date(2024, 9, 2)) -> Runs:
    """Weeks of runs one after another: how many, and the trips of their seven days."""
    flat = [day for count, sizes in parts for _ in range(count) for day in week(*sizes)]
    return dict(zip(days_from(first, len(flat)), flat, strict=True))


def on(day: date) -> tuple[date, date]:
    return day, day


USUAL = (100, 100, 100, 100, 100, 60, 40)

# sizes at the edges of 0.75 and of a quarter, and around the 300 trips of a city
SIZES = (0, 1, 2, 3, 4, 29, 30, 31, 39, 40, 41, 74, 75, 76, 99, 100, 299, 300, 400)


@st.composite
def calendars(draw: st.DrawFn) -> Runs:
    """Weeks of one to three timetables, with special dates, from a Monday or not."""
    first = date(2024, 8, 26) + timedelta(days=draw(st.integers(0, 90)))
    n = draw(st.integers(1, 140))
    size = st.sampled_from(SIZES)
    plans = draw(st.lists(st.lists(size, min_size=7, max_size=7), min_size=1, max_size=3))
    cuts = sorted(draw(st.lists(st.integers(0, n), min_size=2, max_size=2)))
    variant = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    special = draw(st.dictionaries(st.integers(0, n - 1), size, max_size=8))
    runs: Runs = {}
    for k, day in enumerate(days_from(first, n)):
        plan = plans[sum(k >= cut for cut in cuts) % len(plans)]
        trips = special.get(k, plan[day.weekday()])
        # two timetables of equal size differ in one run
        runs[day] = Counter({"all": trips - 1, ("last", variant[k]): 1}) if trips else Counter()
        runs[day] = +runs[day]
    return runs


@st.composite
def anchors(draw: st.DrawFn) -> tuple[date, date] | None:
    if draw(st.booleans()):
        return None
    first = date(2024, 6, 1) + timedelta(days=draw(st.integers(0, 300)))
    return first, first + timedelta(days=draw(st.sampled_from([0, 0, 29, 364])))


BREAK = (date(2024, 12, 23), date(2024, 12, 31))
PUBLIC = set(public_holidays("PL", range(2024, 2027)))


@given(
    runs=calendars(),
    anchor=anchors(),
    school=st.sampled_from([None, [BREAK], [BREAK, (date(2024, 10, 7), date(2024, 10, 20))]]),
    trusted=st.booleans(),
)
def test_every_answer_is_that_of_plain_loops(runs, anchor, school, trusted):
    want = plain_dates(runs, PUBLIC, school or [], anchor, trusted=trusted)
    found = answers(looked_at(runs, school), anchor, "stated" if trusted else None)
    assert found == want


@given(runs=calendars(), anchor=anchors())
def test_a_date_chosen_is_valid_near_and_full(runs, anchor):
    dates = looked_at(runs)
    for code, key in enumerate(KEYS):
        day = choose(dates, code, anchor, None)
        if day.state == "unknown":
            assert day.date is None
            assert day.why.pl != day.why.en
            continue
        assert day.date in day.dates
        assert day.date in day.same
        assert dates.says(day.date)
        assert gap(day.date, anchor) <= 62
        trips = trips_of(runs[day.date])
        assert trips == day.trips <= day.busiest
        if day.state == "service":
            assert trips > 0
            assert trips >= 0.75 * dates.usual[code]
        else:
            assert trips == 0, key


@given(runs=calendars(), anchor=anchors(), again=st.integers(1, 3))
def test_only_multisets_of_runs_count(runs, anchor, again):
    """Other names of runs, and every run several times, choose the same dates."""
    # few trips: the limit of 300 is a number of trips, not a share
    small = {d: Counter(r) for d, r in runs.items()}
    other = {
        d: Counter({("x", *map(str, [k])): again * n for k, n in r.items()})
        for d, r in runs.items()
    }
    for a, b in zip(
        answers(looked_at(small), anchor, "t").values(),
        answers(looked_at(other), anchor, "t").values(),
        strict=True,
    ):
        assert a == b


# ---------------------------------------------------------------------------- edges of the rule


@pytest.mark.parametrize(
    ("dates", "k"),
    [(1, 1), (2, 2), (3, 2), (66, 2), (67, 3), (100, 3), (101, 4), (333, 10), (334, 10), (900, 10)],
)
def test_which_date_is_the_kth_busiest(dates, k):
    trips = np.arange(dates, 0, -1)
    np.random.default_rng(1).shuffle(trips)
    assert busy_trips(trips, DateRule()) == dates - k + 1
    assert busy_trips(trips[:0], DateRule()) == 0


@pytest.mark.parametrize(("late", "valid"), [(24, False), (25, True), (26, True)])
def test_a_week_is_active_from_a_quarter_of_the_busy_date(late, valid):
    # a line that runs Saturdays only cannot fall
    runs = weeks((6, (0, 0, 0, 0, 0, 100, 0)), (3, (0, 0, 0, 0, 0, late, 0)))
    dates = looked_at(runs)
    assert dates.says(max(runs)) is valid
    assert dates.says(min(runs))


def test_a_week_of_data_and_christmas_eve_do_not_describe_three_months():
    runs = weeks((1, USUAL), (16, (0,) * 7))
    runs[date(2024, 12, 24)] = Counter({"event": 100})
    dates = looked_at(runs)
    valid = {d for d in runs if dates.says(d)}
    assert valid == set(days_from(date(2024, 9, 2), 7)) | set(days_from(date(2024, 12, 23), 7))
    near = answers(dates, on(date(2024, 9, 4)))
    assert near["school_day"] == ("service", date(2024, 9, 4))
    # one Saturday with trips and one without: too few for either
    assert (near["saturday"].state, near["sunday"].state) == ("unknown", "unknown")
    without = runs | {date(2024, 12, 24): Counter()}
    for anchor in (date(2024, 11, 10), date(2025, 1, 10)):
        assert {a.state for a in answers(looked_at(without), on(anchor)).values()} == {"unknown"}


@pytest.mark.parametrize(("size", "chosen"), [(74, False), (75, True)])
def test_a_date_may_stand_from_three_quarters(size, chosen):
    # the poorer Saturdays are the more frequent ones
    runs = weeks((4, USUAL), (8, (100, 100, 100, 100, 100, size, 40)))
    for d in list(runs)[: 4 * 7]:
        if d.weekday() == 5:
            runs[d] = Counter({"rich": 100})
    day = answers(looked_at(runs), None)["saturday"].date
    assert (trips_of(runs[day]) == size) is chosen
    stricter = looked_at(runs, rule=DateRule(least_share=0.76))
    assert trips_of(runs[answers(stricter, None)["saturday"].date]) == 100


@pytest.mark.parametrize(("days", "state"), [(61, "service"), (62, "service"), (63, "unknown")])
def test_within_62_days_of_the_anchor(days, state):
    runs = weeks((4, USUAL))
    last = max(d for d in runs if d.weekday() == 4)
    late, early = last + timedelta(days=days), min(runs) - timedelta(days=days)
    assert answers(looked_at(runs), on(late))["school_day"].state == state
    assert answers(looked_at(runs), on(early))["school_day"].state == state
    interval = (late, late + timedelta(days=30))
    assert answers(looked_at(runs), interval)["school_day"].state == state
    # the Saturday after is a day nearer, the one before a day further: each type by itself
    far = looked_at(runs, rule=DateRule(within_days=days - 1))
    assert answers(far, on(late))["school_day"].state == "unknown"


def test_most_frequent_then_nearest_then_earliest():
    runs = weeks((4, USUAL))
    days = [d for d in runs if d.weekday() < 5]
    # 12 of A, 8 of B: B is nearer to the anchor, A more frequent
    for k, d in enumerate(days):
        runs[d] = Counter({"A" if k < 12 else "B": 100})
    dates = looked_at(runs)
    assert answers(dates, on(days[14]))["school_day"].date == days[11]
    assert answers(dates, None)["school_day"].date == days[0]
    assert answers(dates, on(days[5]))["school_day"].date == days[5]
    # Friday and Monday are equally near to a Saturday and a half
    between = (days[4] + timedelta(days=1), days[5] - timedelta(days=1))
    assert answers(dates, between)["school_day"].date == days[4]
    for k, d in enumerate(days):
        runs[d] = Counter({"A" if k < 10 else "B": 100})
    assert answers(looked_at(runs), on(days[14]))["school_day"].date == days[14]


@pytest.mark.parametrize(("weekdays", "falls"), [(4, False), (5, True)])
@pytest.mark.parametrize("after", [True, False])
def test_a_fall_needs_five_school_day_weekdays(weekdays, falls, after):
    runs = weeks((8, USUAL))
    days = [d for d in runs if d.weekday() < 5]
    for d in days[-weekdays:] if after else days[:weekdays]:
        runs[d] = Counter({"rest": 74})
    dates = looked_at(runs)
    assert len(dates.falls) == falls
    if falls:
        (fall,) = dates.falls
        edge = days[-weekdays - 1] if after else days[weekdays]
        assert (fall.date, fall.after, fall.weekdays) == (edge, after, weekdays)
        assert (fall.usual, fall.beyond, fall.share) == (100, 74, pytest.approx(0.26))
        # dates beyond are outside, of every type
        beyond = [d for d in runs if (d > edge if after else d < edge)]
        assert not any(dates.says(d) for d in beyond)
        assert sum(d.weekday() > 4 for d in beyond) >= 2
    assert len(looked_at(runs, rule=DateRule(fall_weekdays=4)).falls) == 1
    assert not looked_at(runs, rule=DateRule(fall_weekdays=4, least_share=0.74)).falls


def test_a_reduced_month_between_full_ones_is_no_fall():
    runs = weeks((4, USUAL), (4, (50, 50, 50, 50, 50, 60, 40)), (2, USUAL))
    assert not looked_at(runs).falls
    # school holidays are no school days: their timetable does not make a fall
    ends = weeks((8, USUAL), (2, (50, 50, 50, 50, 50, 60, 40)))
    tail = max(ends) - timedelta(days=13), max(ends)
    assert looked_at(ends).falls
    dates = looked_at(ends, [tail])
    assert not dates.falls
    assert answers(dates, None)["holiday_weekday"] == ("service", tail[0])


@pytest.mark.parametrize(("dates", "state"), [(3, "unknown"), (4, "none")])
def test_nothing_runs_needs_four_dates(dates, state):
    runs = weeks((dates, (10, 10, 10, 10, 10, 0, 0)))
    found = answers(looked_at(runs), None)
    assert (found["saturday"].state, found["sunday"].state) == (state, state)
    assert found["school_day"].state == "service"
    assert answers(looked_at(runs, rule=DateRule(none_dates=3)), None)["sunday"].state == "none"


@pytest.mark.parametrize(("trips", "state"), [(9, "none"), (10, "unknown")])
def test_one_saturday_of_a_quarter_leaves_the_saturday_open(trips, state):
    runs = weeks((13, (40, 40, 40, 40, 40, 0, 20)))
    event = next(d for d in runs if d.weekday() == 5)
    runs[event] = Counter({"event": trips})
    found = answers(looked_at(runs), None)["saturday"]
    assert found.state == state
    assert found.date != event
    looser = looked_at(runs, rule=DateRule(none_share=0.26))
    assert answers(looser, None)["saturday"].state == "none"


@pytest.mark.parametrize(
    ("sizes", "trusted", "saturday", "sunday"),
    [
        ((299, 0, 0), None, "none", "none"),
        ((300, 0, 0), None, "unknown", "unknown"),
        ((1053, 0, 0), None, "unknown", "unknown"),
        ((1053, 0, 0), "no weekend service, says the operator", "none", "none"),
        ((1053, 1, 0), None, "service", "none"),
        ((1053, 0, 1), None, "none", "service"),
    ],
)
def test_a_city_feed_cut_to_weekdays_says_nothing_of_weekends(sizes, trusted, saturday, sunday):
    weekday, sat, sun = sizes
    dates = looked_at(weeks((13, (weekday,) * 5 + (sat, sun))))
    found = {k: choose(dates, KEYS.index(k), None, trusted) for k in ("saturday", "sunday")}
    assert (found["saturday"].state, found["sunday"].state) == (saturday, sunday)
    if trusted:
        assert trusted in found["saturday"].why.pl
    if saturday == "unknown":
        assert "trust" in found["saturday"].why.en
    higher = looked_at(weeks((13, (weekday,) * 5 + (0, 0))), rule=DateRule(weekday_trips=2000))
    assert choose(higher, 2, None, None).state == "none"


def test_an_event_is_not_the_saturday():
    runs = weeks((13, USUAL))
    event = next(d for d in runs if d.weekday() == 5)
    runs[event] = Counter({"event": 600})
    day = answers(looked_at(runs), on(event))["saturday"]
    assert day.state == "service"
    assert trips_of(runs[day.date]) == 60


def test_a_night_bus_that_outlives_the_rest_does_not_stand_for_the_type():
    """Few trips on most dates, many on some: the many are the type, and where they run is known."""
    runs = weeks((4, (100, 100, 100, 100, 100, 60, 40)), (20, (2, 2, 2, 2, 2, 2, 2)))
    dates = looked_at(runs)
    found = answers(dates, on(date(2024, 9, 20)))
    assert [trips_of(runs[found[k].date]) for k in ("school_day", "saturday", "sunday")] == [
        100,
        60,
        40,
    ]
    assert {a.state for a in answers(dates, on(date(2025, 1, 15))).values()} == {"unknown"}
    assert not dates.says(date(2024, 10, 7))


def test_sundays_stand_before_holidays_and_holidays_where_there_is_no_sunday():
    runs = weeks((10, USUAL), first=date(2024, 10, 7))
    holiday = date(2024, 11, 11)
    runs[holiday] = Counter({"working day": 100})
    sunday = choose(looked_at(runs), 3, on(holiday), None)
    assert sunday.date == date(2024, 11, 10)
    assert holiday in sunday.dates
    assert (sunday.median, sunday.busiest) == (40, 40)
    alone = {d: r for d, r in runs.items() if date(2024, 11, 11) <= d <= date(2024, 11, 15)}
    stands = choose(looked_at(alone), 3, None, None)
    assert (stands.state, stands.date) == ("service", holiday)
    assert "no Sunday" in stands.why.en


@pytest.mark.parametrize(
    "wrong",
    [{"least_share": 0}, {"least_share": 1.5}, {"within_days": 0}, {"none_dates": 2.5}],
)
def test_thresholds_out_of_range_are_refused(wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        DateRule(**wrong)
