"""Dates as texts, and which dates are of which day type."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from metrogis.errors import ParameterError
from metrogis.transit.daytypes import as_date, as_interval, kinds_of_dates, public_holidays


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


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2024", (2024, 1, 1), (2024, 12, 31)),
        ("2023-02", (2023, 2, 1), (2023, 2, 28)),
        ("2024-12", (2024, 12, 1), (2024, 12, 31)),
        ("2024-10-16", (2024, 10, 16), (2024, 10, 16)),
        ("20241016", (2024, 10, 16), (2024, 10, 16)),
        (date(2024, 10, 16), (2024, 10, 16), (2024, 10, 16)),
        (("2024-10-01", date(2024, 10, 16)), (2024, 10, 1), (2024, 10, 16)),
    ],
)
def test_a_month_and_a_year_are_intervals(value, first, last):
    assert as_interval(value) == (date(*first), date(*last))


@pytest.mark.parametrize("value", ["2024-13", "2024-00", "0000", "24", "", 2024, None, ("2024",)])
def test_other_texts_are_no_interval(value):
    with pytest.raises(ParameterError, match="not a date"):
        as_interval(value)


def test_an_interval_does_not_end_before_it_starts():
    with pytest.raises(ParameterError, match="ends before"):
        as_interval(("2024-10-16", "2024-10-15"))


def test_countries():
    assert date(2024, 11, 11) in public_holidays("PL", [2024])
    assert date(2024, 3, 1) not in public_holidays("GB-WLS", [2024])
    for unknown in ("Pomorskie", "XX", "PL-XX", ""):
        with pytest.raises(ParameterError, match="country"):
            public_holidays(unknown, [2024])


def test_kinds_of_dates_and_the_reach_of_the_table():
    # All Saints' is a Friday; the last Monday and Tuesday are school holidays
    off = [(date(2024, 11, 4), date(2024, 11, 5))]
    kind, table = kinds_of_dates(date(2024, 10, 31), date(2024, 11, 6), "PL", off)
    assert (kind.tolist(), table) == ([0, 3, 2, 3, 1, 1, 0], True)
    assert kinds_of_dates(date(2024, 10, 31), date(2024, 11, 6), "PL", None)[1] is False
    # a public holiday in school holidays stays a holiday
    both = [(date(2024, 10, 31), date(2024, 11, 1))]
    assert kinds_of_dates(date(2024, 10, 31), date(2024, 11, 1), "PL", both)[0].tolist() == [1, 3]
    # two days of reach: Thursday is too far from Monday, Wednesday is not too far from Tuesday
    near, table = kinds_of_dates(date(2024, 10, 31), date(2024, 11, 8), "PL", off, reach=2)
    assert (near.tolist(), table) == ([-1, 3, 2, 3, 1, 1, 0, 0, -1], True)
    far, table = kinds_of_dates(date(2020, 1, 7), date(2020, 1, 8), "PL", off)
    assert (far.tolist(), table) == ([0, 0], False)
