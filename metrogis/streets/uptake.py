"""Share of trips by bike from distance and slope: Propensity to Cycle Tool.

Logit formulas of the Propensity to Cycle Tool (PCT, commuting in England; Lovelace et al. 2017):
today's share, and "Go Dutch" (as likely to cycle as the Dutch, given the same distance and slope).

What it does not say: PCT was fitted to commuting between home and work in England. Elsewhere it
ranks places; its level is an assumption.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from metrogis.errors import ParameterError
from metrogis.i18n import _

Array = npt.NDArray[np.float64]
Scenario = Literal["today", "go_dutch"]

SCENARIOS: tuple[Scenario, ...] = ("today", "go_dutch")
DISTANCE_MIN = 0.5
"""Distances below this are not extrapolated, km (PCT)."""
DISTANCE_MAX = 30.0
"""Nobody is taken to cycle farther, km (PCT)."""

_TODAY = (-3.959, -0.5963, 1.866, 0.00805, -0.271, 0.009394, -0.05135)
_DUTCH = (2.523, -0.07626)


def bike_share(
    distance: Any,
    slope: Any = 0.0,
    *,
    scenario: Scenario = "today",
    distance_min: float = DISTANCE_MIN,
    distance_max: float = DISTANCE_MAX,
) -> Array:
    """Return the share of trips made by bike.

    Logistic function of -3.959 - 0.5963 d + 1.866 sqrt(d) + 0.00805 d^2 - 0.271 g + 0.009394 d g
    - 0.05135 g sqrt(d); "Go Dutch" adds 2.523 - 0.07626 d.

    Parameters
    ----------
    distance : array-like of float
        Length of the way, km. Below ``distance_min`` its value holds; above ``distance_max`` the
        share is 0; NaN (no way, not known) stays NaN, an infinite distance is a share of 0.
    slope : array-like of float
        Mean slope of the way, per cent.
    scenario : {"today", "go_dutch"}
        Which formula.
    distance_min, distance_max : float
        Domain, km.

    Returns
    -------
    array of float
        0-1, in the shape the arguments broadcast to.

    Raises
    ------
    ParameterError
        For an unknown scenario, a negative distance or slope, or an empty domain.

    Notes
    -----
    Source: Lovelace et al. (2017), The Propensity to Cycle Tool, Journal of Transport and Land Use
    10(1); coefficients of the R package pct.

    Examples
    --------
    >>> float(bike_share(1, 1).round(8)), float(bike_share(15, 2, scenario="go_dutch").round(8))
    (0.04768831, 0.04132445)
    """
    if scenario not in SCENARIOS:
        raise ParameterError(
            _("unknown scenario {scenario}").fill(scenario=repr(scenario)),
            remedy=_("give one of: {scenarios}").fill(scenarios=", ".join(SCENARIOS)),
        )
    if not 0 <= distance_min <= distance_max:
        raise ParameterError(
            _("the range of distances {distance_min}-{distance_max} km is empty").fill(
                distance_min=distance_min, distance_max=distance_max
            )
        )
    d, g = np.broadcast_arrays(np.asarray(distance, float), np.asarray(slope, float))
    if (d < 0).any() or (g < 0).any():
        raise ParameterError(
            _("a distance or slope is below 0"),
            remedy=_("distance in km, mean slope without sign in per cent"),
        )
    near = np.clip(d, distance_min, distance_max)
    root = np.sqrt(near)
    a, b, c, e, h, i, j = _TODAY
    logit = a + b * near + c * root + e * near**2 + h * g + i * near * g + j * g * root
    if scenario == "go_dutch":
        logit = logit + _DUTCH[0] + _DUTCH[1] * near
    share = 1 / (1 + np.exp(-logit))
    return np.asarray(np.where(d > distance_max, 0.0, share))


def potential_cyclists(
    people: Any,
    distance: Any,
    slope: Any = 0.0,
    *,
    scenario: Scenario = "today",
    trips: float = 1.0,
    distance_min: float = DISTANCE_MIN,
    distance_max: float = DISTANCE_MAX,
) -> Array:
    """Return bike trips a day in each direction: people x share x trips.

    Parameters
    ----------
    people : array-like of float
        People at each place.
    distance, slope, scenario, distance_min, distance_max
        As for `bike_share`.
    trips : float
        Trips a person makes that way a day.

    Returns
    -------
    array of float
        NaN where people or distance are not known.

    Examples
    --------
    >>> potential_cyclists([1000, 200], [1.0, 40.0], 1.0).round(2).tolist()
    [47.69, 0.0]
    """
    if not trips >= 0:
        raise ParameterError(_("parameter trips is {trips}").fill(trips=trips))
    share = bike_share(
        distance, slope, scenario=scenario, distance_min=distance_min, distance_max=distance_max
    )
    return np.asarray(np.asarray(people, float) * share * trips)
