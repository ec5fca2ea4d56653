"""Housing demand of a general plan against the capacity of its undeveloped land, in inhabitants.

Pure functions of numbers and arrays. Source: art. 13d of the act on spatial planning and
development (upzp) in its wording of mid-2024, and section 3 of the regulation Dz.U. 2023 poz. 2758.
Later amendments of the act (2025) were not read. The formulas of the regulation are images that
were not seen: how floor area per inhabitant goes on is therefore one of :data:`VARIANTS`, none of
them the official one.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from metrogis.arrays import Array, Floats
from metrogis.i18n import Text, _

Variant = Literal["linear_20", "linear_10", "ratio", "squared"]
VARIANTS: dict[Variant, Text] = {
    "linear_20": _("straight line through today and 20 years ago"),
    "linear_10": _("straight line through today and 10 years ago"),
    "ratio": _("the ratio of the last 20 years once more"),
    "squared": _("the ratio of the last 10 years twice more"),
}
BANDS: dict[str, Text] = {
    "below": _("too little land"),
    "within": _("within the band"),
    "above": _("too much land"),
    "unknown": _("unknown"),
}
AREA_FROM: dict[str, Text] = {
    "trend": _("the trend of past years"),
    "present": _("today's area (the trend falls)"),
    "least": _("the least area of the rule"),
    "no_data": _("the least area of the rule (no past years in the data)"),
    "unknown": _("unknown"),
}
FLOORS = ((5000.0, 1000.0), (2000.0, 500.0), (0.0, 300.0))
"""Population at t0 from which a floor of demand holds, and that floor, inhabitants."""
_TINY = 1e-9


def area_per_person(
    now: npt.ArrayLike,
    ten: npt.ArrayLike,
    twenty: npt.ArrayLike,
    variant: Variant = "linear_20",
    *,
    least: float = 40.0,
) -> tuple[Floats, Array]:
    """Return the floor area of dwellings per inhabitant expected in 20 years, P20.

    Parameters
    ----------
    now, ten, twenty : array_like (n,)
        Floor area per inhabitant at t0, 10 and 20 years before, m2; NaN: no data.
    variant : str
        ``linear_20``: 2 P0 - P-20; ``linear_10``: 3 P0 - 2 P-10; ``ratio``: P0^2 / P-20;
        ``squared``: P0 (P0 / P-10)^2.
    least : float
        P20 is no less than this, m2; without data it is this.

    Returns
    -------
    area : ndarray (n,)
        m2 per inhabitant. P20 under P0 is P0; under ``least``, or without data, ``least``.
    source : ndarray of str (n,)
        Key of :data:`AREA_FROM`.

    Examples
    --------
    >>> area, source = area_per_person([32, 28], [28, 28], [24, 28])
    >>> area.tolist(), source.tolist()
    ([40.0, 40.0], ['trend', 'least'])
    >>> [round(float(area_per_person(32, 28, 24, v)[0]), 2) for v in VARIANTS]
    [40.0, 40.0, 42.67, 41.8]
    """
    p0, p10, p20 = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (now, ten, twenty)))
    with np.errstate(invalid="ignore", divide="ignore"):
        trend = {
            "linear_20": 2 * p0 - p20,
            "linear_10": 3 * p0 - 2 * p10,
            "ratio": p0**2 / p20,
            "squared": p0 * (p0 / p10) ** 2,
        }[variant]
        known = np.isfinite(trend)
        area = np.where(known, np.maximum(trend, p0), least)
        source = np.where(trend < p0 - _TINY, "present", "trend").astype(object)
        source[area < least - _TINY] = "least"
    source[~known] = "no_data"
    return np.maximum(area, least), source


def demand(
    people: npt.ArrayLike,
    forecast: npt.ArrayLike,
    floor_area: npt.ArrayLike,
    per_person: npt.ArrayLike,
    *,
    factor: float = 1.05,
) -> Floats:
    """Return the demand for new housing ZAP = M20 - PUM0 / P20, inhabitants.

    Parameters
    ----------
    people : array_like (n,)
        Residents at t0: M20 is taken from them where there is no forecast.
    forecast : array_like (n,)
        Residents in 20 years; NaN: no forecast.
    floor_area : array_like (n,)
        Usable floor area of dwellings PUM0, m2.
    per_person : array_like (n,)
        P20 of :func:`area_per_person`, m2.
    factor : float
        M20 is the forecast times this.

    Returns
    -------
    ndarray (n,)
        Negative where the dwellings of today hold more than will live there; NaN where people or
        floor area are not known.

    Examples
    --------
    >>> float(demand(20_000, 21_000, 640_000, 40)), round(float(demand(4000, 3000, 160_000, 48)))
    (6050.0, -183)
    """
    now, later = np.asarray(people, dtype=float), np.asarray(forecast, dtype=float)
    m20 = factor * np.where(np.isfinite(later), later, now)
    return np.asarray(m20 - np.asarray(floor_area, dtype=float) / np.asarray(per_person))


def floored(zap: npt.ArrayLike, people: npt.ArrayLike) -> Floats:
    """Return demand that is at least the floor for the municipality's population at t0.

    >>> floored([-183.0, 700.0, 1200.0], [4000, 4999, 5000]).tolist()
    [500.0, 700.0, 1200.0]
    """
    value, now = np.asarray(zap, dtype=float), np.asarray(people, dtype=float)
    floor = np.select([now >= least for least, _unused in FLOORS], [f for _unused, f in FLOORS])
    return np.where(np.isfinite(now), np.maximum(value, floor), np.nan)


def capacity_by_intensity(
    hectares: npt.ArrayLike,
    intensity: npt.ArrayLike,
    per_person: npt.ArrayLike,
    *,
    used: float = 0.9,
    usable: float = 0.75,
    housing: float = 1.0,
) -> Floats:
    """Return inhabitants that undeveloped land holds by its greatest intensity (a cross-check).

    Parameters
    ----------
    hectares : array_like (n,)
    intensity : array_like (n,)
        Greatest floor area ratio of the zone; NaN: unknown.
    per_person : array_like (n,)
        m2 of dwellings per inhabitant in 20 years.
    used, usable, housing : float
        Share of the greatest intensity that is used, of gross area that is usable, of housing.

    Examples
    --------
    >>> round(float(capacity_by_intensity(95, 0.3, 40)))
    4809
    """
    area = 1e4 * np.asarray(hectares, dtype=float) * np.asarray(intensity, dtype=float)
    return np.asarray(area * used * housing * usable / np.asarray(per_person, dtype=float))


def band(
    zap: npt.ArrayLike,
    least: npt.ArrayLike,
    most: npt.ArrayLike,
    *,
    low: float = 0.7,
    high: float = 1.3,
) -> Array:
    """Return where capacity lies against demand: below, within, above; unknown where bounds differ.

    Parameters
    ----------
    zap : array_like (n,)
        Demand; NaN: unknown.
    least, most : array_like (n,)
        Bounds of capacity: what is known, and with all that is not known; NaN: unknown.
    low, high : float
        Capacity is within from ``low`` to ``high`` times demand, both included.

    Returns
    -------
    ndarray of str (n,)
        Where demand is not above 0, any capacity is ``above``, none is ``within``.

    Examples
    --------
    >>> least, most = [69, 70, 131, 1, 0, 60], [69, 130, 131, 1, 0, 80]
    >>> band([100, 100, 100, 0, -5, 100], least, most).tolist()
    ['below', 'within', 'above', 'above', 'within', 'unknown']
    """
    z, a, b = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (zap, least, most)))

    def state(capacity: Floats) -> Array:
        out = np.where(capacity < low * z - _TINY, "below", "within").astype(object)
        out[capacity > high * z + _TINY] = "above"
        out[(z <= 0) & (capacity <= 0)] = "within"
        out[~(np.isfinite(z) & ~np.isnan(capacity))] = "unknown"
        return out

    one, two = state(a), state(b)
    return np.where(one == two, one, "unknown")


def order_kept(
    zap: npt.ArrayLike,
    inside: tuple[npt.ArrayLike, npt.ArrayLike],
    total: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    high: float = 1.3,
) -> Array:
    """Return whether land inside local plans and infill areas is used first (art. 13d).

    If the capacity inside alone is above ``high`` times demand there is none outside; else capacity
    outside is at most what is left of ``high`` times demand. Both forbid the same: land outside
    where all land together is above the limit.

    Parameters
    ----------
    zap : array_like (n,)
    inside : (array_like, array_like)
        Capacity inside local plans in force and infill areas, of known land: the part that
        certainly lies inside, and all that may.
    total : (array_like, array_like)
        Capacity of known land, and the most it can be with what is not known.

    Returns
    -------
    ndarray of {"yes", "no", "unknown"} (n,)

    Examples
    --------
    >>> inside, total = np.array([5200.0, 5200, 7900]), np.array([7865.0, 7866, 7900])
    >>> order_kept([6050] * 3, (inside, inside), (total, total)).tolist()
    ['yes', 'no', 'yes']
    """
    given = (zap, *inside, *total)
    z, sure, may, least, most = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in given))
    limit = high * np.maximum(z, 0.0) + _TINY
    out = np.where((least > limit) & (least - may > _TINY), "no", "unknown").astype(object)
    out[(most <= limit) | ((most - least <= _TINY) & (least - sure <= _TINY))] = "yes"
    out[~(np.isfinite(z) & np.isfinite(least))] = "unknown"
    return out
