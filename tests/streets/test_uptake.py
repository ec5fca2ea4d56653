from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.errors import ParameterError
from metrogis.streets.uptake import bike_share, potential_cyclists


def test_published_values():
    assert f"{float(bike_share(1, 1)):.8f}" == "0.04768831"
    assert f"{float(bike_share(15, 2, scenario='go_dutch')):.8f}" == "0.04132445"


@given(st.floats(0.5, 30), st.floats(0, 15), st.booleans())
def test_formula_by_hand(d, g, dutch):
    root = math.sqrt(d)
    logit = -3.959 - 0.5963 * d + 1.866 * root + 0.00805 * d * d
    logit += -0.271 * g + 0.009394 * d * g - 0.05135 * g * root
    if dutch:
        logit += 2.523 - 0.07626 * d
    share = bike_share(d, g, scenario="go_dutch" if dutch else "today")
    assert float(share) == pytest.approx(1 / (1 + math.exp(-logit)), rel=1e-12)


def test_domain():
    shares = bike_share([0.0, 0.2, 0.5, 30.0, 30.001, np.inf, np.nan])
    assert shares[0] == shares[1] == shares[2] > 0
    assert shares[3] > 0
    assert shares[4] == shares[5] == 0
    assert np.isnan(shares[6])
    assert np.isnan(bike_share(1.0, np.nan))
    assert bike_share(0.5, distance_min=2.0) == bike_share(2.0)
    assert bike_share(12.0, distance_max=10.0) == 0


def test_people_times_share():
    trips = potential_cyclists([[100.0], [np.nan]], [1.0, 31.0], 1.0, trips=2)
    np.testing.assert_allclose(trips[0], [200 * 0.04768831, 0], rtol=1e-6)
    assert np.isnan(trips[1]).all()


@pytest.mark.parametrize(
    "options",
    [
        {"scenario": "ebike"},
        {"distance": -1},
        {"slope": -2},
        {"distance_min": 5, "distance_max": 1},
        {"distance_min": -1},
    ],
)
def test_bad_arguments(options):
    with pytest.raises(ParameterError):
        bike_share(**{"distance": 1.0, "slope": 0.0, **options})
    with pytest.raises(ParameterError):
        potential_cyclists(1, 1, trips=-1)
