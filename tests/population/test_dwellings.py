"""Statistics of dwellings and forecasts: years, codes, repeated rows, what was lost."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from metrogis.evidence.losses import loss
from metrogis.population.dwellings import read_dwellings, read_forecast
from metrogis.texts import Text

TOWNS = gpd.GeoDataFrame({"teryt": ["2211011", "2211023"], "name": "AB"}, geometry=[None, None])


def rows(*given: tuple) -> pd.DataFrame:
    return pd.DataFrame(given, columns=["teryt", "year", "population", "dwelling_m2"])


def test_three_years_by_municipality() -> None:
    table = rows(
        ("2211011", 2024, 100.0, 3000.0), ("2211011", 2014, 100, 2800),
        ("2211011", 2004, 100, 2400), ("2211023", 2024, 50, 1500), ("2211023", 2013, 50, 1),
    )  # fmt: skip
    found = read_dwellings(TOWNS, table)
    assert found.year == 2024
    assert found.people.tolist() == [100, 50]
    assert [p[0] for p in found.per_person] == [30, 28, 24]
    assert np.isnan([found.per_person[1][1], found.per_person[2][1]]).all()
    assert read_dwellings(TOWNS, table, year=2014).floor_area[0] == 2800


def test_parts_stand_beside_their_sum_and_kinds_may_change() -> None:
    table = rows(("2211023", 2024, 50.0, 1500.0), ("2211024", 2024, 20, 900),
                 ("2211012", 2024, 7, 210))  # fmt: skip
    found = read_dwellings(TOWNS, table)
    assert found.people.tolist() == [7, 50]
    assert {(r.action, r.count) for r in found.audit} >= {("dropped", 1), ("guessed", 1)}


def test_rows_that_differ_make_the_value_unknown_and_alike_ones_count_once() -> None:
    table = rows(("2211011", 2024, 100.0, 3000.0), ("2211011", 2024, 100, 3100),
                 ("2211023", 2024, 50, 1500), ("2211023", 2024, 50, 1500))  # fmt: skip
    found = read_dwellings(TOWNS, table)
    assert found.people.tolist() == [100, 50]
    assert np.isnan(found.floor_area[0])
    assert found.floor_area[1] == 1500
    assert [r.count for r in found.audit if r.action == "unknown"] == [1]


@pytest.mark.parametrize(("codes", "lost"), [((), [True, True]), (("2211011",), [True, False])])
def test_rows_lost_may_be_of_any_municipality_unless_they_name_one(codes, lost) -> None:
    table = rows(("2211011", 2024, 100.0, 3000.0))
    gone = [loss("row", Text("x", "x"), count=1, codes=codes)]
    assert read_dwellings(TOWNS, table, losses=gone).lost.tolist() == lost
    assert read_dwellings(TOWNS, table).lost.tolist() == [False, False]


def test_forecast_between_its_years_and_beyond() -> None:
    table = pd.DataFrame(
        {
            "teryt": ["2211011", "2211011", "2211023", "*", "22", "2211"],
            "year": [2040, 2050, 2040, 2044, 2044, 2044],
            "population": [1000.0, 1100, 70, 9000, 1, 2],
            "published_demand": [np.nan, 30, np.nan, np.nan, np.nan, np.nan],
        }
    )
    found = read_forecast(TOWNS, table, 2044)
    assert found.people[0] == 1040
    assert np.isnan(found.people[1])  # its last year is earlier
    assert found.published[0] == 30
    assert found.metropolis == 9000
    counts = {(r.action, r.count) for r in found.audit}
    assert counts >= {("dropped", 2), ("guessed", 1)}
    assert np.isnan(read_forecast(TOWNS, table.iloc[:3], 2044).metropolis)


@pytest.mark.parametrize("old", ["2261012", "2261013"])
def test_a_municipality_whose_kind_changed_keeps_its_past(old) -> None:
    """A code of another last digit in one year is the same municipality, also in forecasts."""
    municipalities = gpd.GeoDataFrame({"teryt": ["2261011"]}, geometry=[None])
    table = pd.DataFrame(
        {"teryt": ["2261011", old, old], "year": [2024, 2014, 2004],
         "population": [100.0] * 3, "dwelling_m2": [3200.0, 2800, 2400]}
    )  # fmt: skip
    for order in ([0, 1, 2], [2, 0, 1]):
        found = read_dwellings(municipalities, table.iloc[order])
        assert [p.item() for p in found.per_person] == [32, 28, 24]
        assert [r.count for r in found.audit if r.action == "guessed"] == [1]
    ahead = pd.DataFrame({"teryt": [old, "2261011"], "year": [2040, 2050],
                          "population": [1000.0, 1100]})  # fmt: skip
    assert read_forecast(municipalities, ahead, 2044).people.item() == 1040
    # two codes in one year: the municipality's own is taken
    both = pd.concat([table, table.iloc[[0]].assign(teryt=old, population=7.0)])
    assert read_dwellings(municipalities, both).people.item() == 100


def test_today_is_the_newest_year_with_both_numbers() -> None:
    municipalities = gpd.GeoDataFrame({"teryt": ["2261011"]}, geometry=[None])
    table = pd.DataFrame({"teryt": ["2261011"] * 2, "year": [2025, 2024],
                          "population": [101.0, 100], "dwelling_m2": [np.nan, 3200]})  # fmt: skip
    assert read_dwellings(municipalities, table).year == 2024
    assert read_dwellings(municipalities, table, year=2025).year == 2025
    assert read_dwellings(municipalities, table.assign(dwelling_m2=np.nan)).year == 2025
