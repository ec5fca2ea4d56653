"""Housing demand, its floors, the band and the order of art. 13d: reference cases and edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.planning.housing import (
    VARIANTS,
    area_per_person,
    band,
    capacity_by_intensity,
    demand,
    floored,
    order_kept,
)


@pytest.mark.parametrize(
    ("variant", "area", "zap"),
    [("linear_20", 40, 6050), ("linear_10", 40, 6050), ("ratio", 42.67, 7050),
     ("squared", 41.80, 6737.5)],
)  # fmt: skip
def test_demand_of_the_reference_town_by_variant(variant, area, zap) -> None:
    per_person, source = area_per_person(32, 28, 24, variant)
    assert float(per_person) == pytest.approx(area, abs=0.005)
    assert str(source) == "trend"
    assert float(demand(20_000, 21_000, 640_000, per_person)) == pytest.approx(zap, abs=0.5)


def test_area_that_does_not_grow_is_the_least_of_the_rule() -> None:
    per_person, source = area_per_person(28, 28, 28)
    assert (float(per_person), str(source)) == (40, "least")
    zap = demand(100_000, 100_000, 28 * 100_000, per_person)
    assert float(zap) == pytest.approx(35_000)


@pytest.mark.parametrize("variant", list(VARIANTS))
def test_area_of_the_rule_at_its_edges(variant) -> None:
    nan = math.nan
    area, source = area_per_person(
        [50, 45, 39, nan, 45], [55, 45, 39, nan, nan], [60, 45, 39, nan, nan], variant
    )
    # a trend that falls gives today's area; today's under the least gives the least; no data too
    assert area.tolist() == [50, 45, 40, 40, 40]
    assert source.tolist() == ["present", "trend", "least", "no_data", "no_data"]
    assert area_per_person(45, 45, 45, variant, least=48)[0] == 48


def test_demand_without_forecast_takes_today() -> None:
    assert float(demand(1000, np.nan, 40_000, 40)) == pytest.approx(50)
    assert float(demand(1000, np.nan, 40_000, 40, factor=1)) == 0
    assert math.isnan(float(demand(np.nan, np.nan, 40_000, 40)))
    assert math.isnan(float(demand(1000, 1000, np.nan, 40)))


def test_floors_by_population() -> None:
    assert round(float(demand(4000, 3000, 160_000, 48))) == -183
    people = [1999, 2000, 4999, 5000, 5000, math.nan]
    zap = [-183, -183, -183, 999, 1000.5, 700]
    assert floored(zap, people).tolist()[:5] == [300, 500, 500, 1000, 1000.5]
    assert math.isnan(floored(zap, people)[5])


def test_capacity_by_intensity_of_the_reference() -> None:
    assert round(float(capacity_by_intensity(95, 0.30, 40))) == 4809
    assert math.isnan(float(capacity_by_intensity(95, math.nan, 40)))
    half = capacity_by_intensity(95, 0.30, 40, used=0.45, usable=0.75)
    assert float(half) == pytest.approx(4809.375 / 2)


@pytest.mark.parametrize(
    ("zap", "capacity", "state"),
    [
        (6050, 4235, "within"), (6050, 4234.9, "below"), (6050, 7865, "within"),
        (6050, 7865.1, "above"), (0, 0, "within"), (0, 0.1, "above"), (-10, 0, "within"),
        (-10, 1, "above"), (math.nan, 5, "unknown"), (6050, math.nan, "unknown"),
    ],
)  # fmt: skip
def test_band_at_its_edges(zap, capacity, state) -> None:
    assert band([zap], [capacity], [capacity]).tolist() == [state]


@given(
    st.floats(-1e4, 1e4),
    st.floats(0, 1e5),
    st.lists(st.floats(0, 1e5), min_size=2, max_size=2),
    st.floats(0, 1),
)
def test_a_band_that_is_said_holds_for_every_capacity_between_its_bounds(
    zap, least, more, part
) -> None:
    most = least + sum(more)
    said = band([zap], [least], [most]).item()
    between = least + part * (most - least)
    if said != "unknown":
        assert band([zap], [between], [between]).item() == said
    # less knowledge: wider bounds never give another band
    wider = band([zap], [least], [most + more[0]]).item()
    assert wider in (said, "unknown")


def test_order_of_the_reference() -> None:
    """C1 5,200 of the limit 7,865: at most 2,665 outside."""

    def kept(inside, outside, may=0.0, dark=0.0):
        total = np.array([inside + outside])
        certain = np.array([inside])
        return order_kept([6050], (certain, certain + may), (total, total + dark)).item()

    assert kept(5200, 2665) == "yes"
    assert kept(5200, 2665.1) == "no"
    # inside alone above the limit: none outside
    assert kept(7900, 0) == "yes"
    assert kept(7900, 1) == "no"
    # land of which it is not known whether it lies inside, and what is not known at all
    assert kept(5200, 2700, may=2700) == "unknown"
    assert kept(5200, 2700, may=100) == "no"
    assert kept(5200, 2665, dark=1) == "unknown"
    assert kept(7900, 0, dark=1) == "unknown"
    assert order_kept([math.nan], ([1], [1]), ([1], [1])).item() == "unknown"


@given(st.floats(-1e4, 1e4), st.floats(0, 1e4), st.floats(0, 1e4))
def test_order_equals_the_words_of_the_act(zap, inside, outside) -> None:
    said = order_kept([zap], ([inside], [inside]), ([inside + outside], [inside + outside])).item()
    limit = 1.3 * max(zap, 0)
    slack = 1e-6 * (1 + limit)
    if abs(inside + outside - limit) < slack or abs(inside - limit) < slack or outside < slack:
        return  # rounding decides at the very edge
    allowed = outside == 0 if inside > limit else outside <= limit - inside
    assert said == ("yes" if allowed else "no")
