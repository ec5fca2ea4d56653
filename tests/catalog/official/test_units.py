"""Codes of units of Poland's division."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.catalog.official import units
from metrogis.errors import ParameterError

SHARED = Path(os.environ.get("METROGIS_SHARED", "../shared"))
KNOWN = [county for v in units.voivodeships().values() for county in v.counties]


def test_every_county_of_the_register_is_known_and_no_other() -> None:
    path = SHARED / "data/omggs/population_municipal.csv"
    if not path.is_file():
        pytest.skip("no shared data")
    codes = pd.read_csv(path, dtype=str)["teryt"]
    assert set(codes.str[:4]) == set(KNOWN)
    assert len(set(KNOWN)) == 380


@pytest.mark.parametrize(("metro", "code"), [("omggs", "22"), ("som", "32")])
def test_the_box_of_a_voivodeship_holds_its_municipalities(metro: str, code: str) -> None:
    path = SHARED / f"data/{metro}/municipalities.gpkg"
    if not path.is_file():
        pytest.skip("no shared data")
    west, south, east, north = gpd.read_file(path).to_crs(4326).total_bounds
    box = units.box_of([code])
    assert box[0] <= west < east <= box[2]
    assert box[1] <= south < north <= box[3]


@pytest.mark.parametrize(
    ("code", "word"),
    [("2", "digits"), ("226", "digits"), ("22620", "digits"), ("226201", "seventh"),
     ("22620111", "digits"), ("22x2", "digits"), ("\u0662\u0662", "digits"), ("99", "voivodeship"),
     ("03", "voivodeship"), ("2217", "county"), ("2260", "county"), ("2265", "county"),
     ("1431", "county"), ("2262014", "last digit"), ("2262018", "last digit"),
     ("2262010", "last digit")],
)  # fmt: skip
def test_what_is_no_unit_is_named_with_the_reason(code: str, word: str) -> None:
    with pytest.raises(ParameterError) as caught:
        units.checked(["2261", code])
    assert code in caught.value.text.en
    assert word in caught.value.text.en
    assert "2261:" not in caught.value.text.en
    assert caught.value.remedy is not None


def test_all_wrong_codes_are_one_error() -> None:
    with pytest.raises(ParameterError) as caught:
        units.checked(["9901", "2261", "22611"])
    assert "9901" in caught.value.text.en
    assert "22611" in caught.value.text.en


@given(st.lists(st.sampled_from(KNOWN), min_size=1, max_size=8))
def test_units_are_kept_each_once_and_lie_in_their_counties(codes: list[str]) -> None:
    found = units.checked([*codes, *codes])
    assert set(found) == set(codes)
    assert units.counties_of(found) == tuple(sorted(set(codes)))
    assert {v.code for v in units.voivodeships_of(found)} == {c[:2] for c in codes}
    whole = units.checked([*codes, *(c[:2] for c in codes)])
    assert set(whole) == {c[:2] for c in codes}
    assert set(units.counties_of(whole)) >= set(codes)


def test_a_city_is_its_county() -> None:
    assert units.cities_of(["1465", "3021"]) == ("1465011",)
    assert units.cities_of(["2262011"]) == ("2262011",)
    assert units.cities_of(["2211"]) == ()
    assert set(units.cities_of(["22"])) == {"2261011", "2262011", "2263011", "2264011"}
