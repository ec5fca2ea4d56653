"""Values of layers whose catalog does not say which there are."""

from __future__ import annotations

import numpy as np
import pytest

from metrogis.landscape import grid
from metrogis.landscape.expected import CLASSES, HEIGHTS, built_up, of_layer


def high(values: list[float], dtype: str, cell_area: float = 400.0) -> float:
    return built_up(grid.read(np.array([values], dtype)), cell_area).high


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64", "int32"])
def test_the_unit_of_built_up_land_does_not_hang_on_the_type(dtype):
    assert high([0, 1, 1, 255], dtype) == 1
    assert high([0, 3, 100, 255], dtype) == 100
    assert high([0] * 9 + [255], dtype) == 1
    if dtype != "uint8":
        assert high([0, 250, 399, 400], dtype) == 400
        assert high([0, 250, 399, 401], dtype) == 400  # no cell holds more than its area
        assert high([0, 1, 9999], dtype) == 1


def test_a_stray_value_does_not_change_the_unit():
    shares = [0.3] * 200
    assert high([*shares, 1.02], "float32") == 1
    assert high([*shares, 40, 60, 80], "float64") == 100
    assert high([1] * 200 + [7], "uint8") == 1


def test_floats_that_miss_one_by_a_bit_are_shares():
    assert high([0.2, float(np.float32(1.0000001))], "float32") == 1


def test_codes_of_built_up_classes_are_no_fills():
    raster = grid.read(np.array([[1, 255, 9999]], np.int16))
    assert built_up(raster, 400, (1,)).holds(raster.values).tolist() == [[True, False, False]]
    assert built_up(raster, 400, (1, 255)).holds(raster.values).tolist() == [[True, True, False]]
    assert not built_up(raster, 400, (1,)).holds(np.array([-1])).any()


def test_layers_by_name():
    mask = grid.read(np.array([[0, 1]], np.uint8))
    assert of_layer("built_up_before", mask, 400).high == 1
    assert of_layer("elevation", mask, 400) == HEIGHTS
    assert of_layer("land_cover_before", mask, 400) == CLASSES
    assert of_layer("noise", mask, 400) is None
    assert HEIGHTS.holds(np.array([-9999.0, -430, 8849, 32767])).tolist() == [
        False, True, True, False,
    ]  # fmt: skip
