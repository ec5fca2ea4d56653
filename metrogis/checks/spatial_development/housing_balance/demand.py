"""Housing demand of municipalities: by statistics, a forecast and every variant of the rule."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from metrogis.arrays import Array, Floats
from metrogis.checks.contract import Run
from metrogis.i18n import _
from metrogis.planning import housing
from metrogis.planning.housing import VARIANTS, Variant
from metrogis.population.dwellings import read_dwellings, read_forecast

_AHEAD = 20


@dataclass(frozen=True)
class Demand:
    """Demand of each municipality, inhabitants; NaN is unknown.

    Attributes
    ----------
    year : int or None
        t0; None without statistics.
    chosen : ndarray (n,)
        By the chosen variant, with its floor where floors are on.
    unfloored : ndarray (n,)
        The same without floors: what a metropolis adds up.
    variants : dict of str to ndarray
        Without floors, by every variant.
    per_person : ndarray (n,)
        P20 of the chosen variant, m2.
    area_from : ndarray of str (n,)
        Key of :data:`metrogis.planning.housing.AREA_FROM`.
    published : ndarray (n,)
        What the municipality itself published.
    forecast : ndarray (n,)
        Residents forecast; NaN: none.
    metropolis : float
        Demand of the metropolis by its own forecast; NaN without one.
    """

    year: int | None
    chosen: Floats
    unfloored: Floats
    variants: dict[Variant, Floats]
    per_person: Floats
    area_from: Array
    published: Floats
    forecast: Floats
    metropolis: float = field(default=float("nan"))


def read_demand(
    run: Run, statistics: pd.DataFrame | None, forecasts: pd.DataFrame | None
) -> Demand:
    """Return the demand of each municipality; unknown without statistics."""
    municipalities, params = run.municipalities, run.parameters
    nothing = np.full(len(municipalities), np.nan)
    if statistics is None:
        run.note(
            "housing_statistics",
            "unknown",
            1,
            _("no statistics of dwellings and residents: demand is unknown"),
        )
        none: dict[Variant, Floats] = dict.fromkeys(VARIANTS, nothing)
        unknown = np.full(len(municipalities), "unknown", dtype=object)
        return Demand(None, nothing, nothing, none, nothing, unknown, nothing, nothing)
    losses = run.evidence["housing_statistics"].losses
    own = read_dwellings(municipalities, statistics, year=params.year, losses=losses)
    run.add(own.audit)
    later, published, metropolis, lost = nothing, nothing, float("nan"), own.lost
    if forecasts is not None:
        found = read_forecast(
            municipalities,
            forecasts,
            own.year + _AHEAD,
            losses=run.evidence["population_forecast"].losses,
        )
        run.add(found.audit)
        later, published, metropolis = found.people, found.published, found.metropolis
        # a forecast that was lost is not one that there is not
        lost = lost | (found.lost & np.isnan(later))
    bare = np.isnan(later) & np.isfinite(own.people)
    run.note(
        "population_forecast",
        "guessed",
        int(bare.sum()),
        _("no forecast: the residents of today are taken"),
        municipalities["name"][bare].astype(str),
    )
    variants, areas = {}, {}
    for variant in VARIANTS:
        area, source = housing.area_per_person(*own.per_person, variant, least=params.least_area)
        # past years that were lost are no missing data of the rule
        doubt = lost & (source == "no_data")
        area[doubt | np.isnan(own.floor_area)] = np.nan
        source[np.isnan(area)] = "unknown"
        value = housing.demand(
            own.people, later, own.floor_area, area, factor=params.forecast_factor
        )
        value[own.lost & np.isnan(own.per_person[0])] = np.nan
        value[lost & np.isnan(later)] = np.nan
        variants[variant], areas[variant] = value, (area, source)
    area, source = areas[params.variant]
    run.note(
        "housing_statistics",
        "guessed",
        int((source == "no_data").sum()),
        _("no past years: {area:0} m2 per inhabitant by the rule").fill(area=params.least_area),
        municipalities["name"][source == "no_data"].astype(str),
    )
    chosen = variants[params.variant]
    return Demand(
        own.year,
        housing.floored(chosen, own.people) if params.floors else chosen,
        chosen,
        variants,
        area,
        source,
        published,
        later,
        _metropolis(own.floor_area, area, metropolis, params.forecast_factor),
    )


def _metropolis(floor_area: Floats, area: Floats, forecast: float, factor: float) -> float:
    """Return the demand by the metropolis' own forecast: dwellings of all municipalities in it."""
    return factor * forecast - float((floor_area / area).sum())
