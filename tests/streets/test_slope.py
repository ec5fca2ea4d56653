from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator
from shapely import LineString

from metrogis.errors import ParameterError
from metrogis.streets import from_lines
from metrogis.streets.slope import flat_factor, gradients, heights, with_slope

TRANSFORM = (100.0, 0.0, 0.0, 0.0, -100.0, 1000.0)  # cells of 100 m, the top at y = 1000


def network(*lines: list) -> object:
    frame = gpd.GeoDataFrame(geometry=[LineString(c) for c in lines], crs="EPSG:2180")
    return from_lines(frame, mode="bike")


def test_heights_equal_a_peer_between_centres_of_cells() -> None:
    rng = np.random.default_rng(0)
    grid = rng.uniform(0, 50, (10, 10))
    points = rng.uniform(50, 950, (20, 2))
    streets = network(*[[tuple(a), tuple(b)] for a, b in zip(points[::2], points[1::2])])  # noqa: B905
    centres = np.arange(50, 1000, 100.0)
    peer = RegularGridInterpolator((centres, centres), grid[::-1])
    wanted = peer(np.column_stack([streets.y, streets.x]))
    assert np.allclose(heights(streets, grid, TRANSFORM), wanted)


def test_outside_and_beside_unknown_cells_heights_are_unknown() -> None:
    grid = np.full((10, 10), 5.0)
    grid[0, 0] = np.nan
    streets = network([(20, 20), (980, 980)], [(60, 940), (1001, 500)])
    found = dict(zip(streets.x.tolist(), heights(streets, grid, TRANSFORM), strict=True))
    assert found[20] == 5  # half a cell at the rim
    assert found[980] == 5
    assert np.isnan(found[60])
    assert np.isnan(found[1001])


def test_uphill_is_farther_than_downhill() -> None:
    grid = np.tile(np.arange(10) * 5.0, (10, 1))  # 5 per cent up to the east
    streets = network([(150, 500), (850, 500)])
    east = streets.x[streets.indices] > streets.x[streets.arc_tail]
    assert gradients(streets, heights(streets, grid, TRANSFORM))[east].tolist() == [
        pytest.approx(5)
    ]
    sloped = with_slope(streets, grid, TRANSFORM)
    assert sloped.weights[east].tolist() == [pytest.approx(700 * 21.6 / (21.6 - 7.2))]
    assert sloped.weights[~east].tolist() == [pytest.approx(700 * 21.6 / (21.6 + 4.3))]
    assert sloped.edge_length.tolist() == [700]


def test_unknown_heights_count_as_flat_and_are_told() -> None:
    streets = network([(150, 500), (2000, 500)])
    sloped = with_slope(streets, np.zeros((10, 10)), TRANSFORM)
    assert sloped.weights.tolist() == streets.weights.tolist()
    assert [(r.action, r.count) for r in sloped.audit][-1] == ("unknown", 1)


def test_factor_grows_with_the_gradient_and_is_bounded() -> None:
    steps = flat_factor(np.linspace(-40, 40, 81))
    assert (np.diff(steps) >= 0).all()
    assert steps[0] == flat_factor(-12)
    assert steps[-1] == flat_factor(12) == 21.6 / 4.8


def test_a_turned_raster_is_refused() -> None:
    with pytest.raises(ParameterError, match="elevation"):
        heights(network([(0, 0), (9, 9)]), np.zeros((2, 2)), (1, 0.5, 0, 0, -1, 0))
