"""Farmland of class I to III in a layer of soil, and land whose class cannot be read."""

from __future__ import annotations

import geopandas as gpd

from metrogis.checks.contract import Run
from metrogis.i18n import _
from metrogis.planning.soil import soil_class

GOOD = 3
"""Classes I to III are protected (planning acts, farmland act)."""


def good_soil(run: Run, soil: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the rows of class I to III, and those whose class says nothing: there it is unknown.

    Parameters
    ----------
    run : Run
        Its audit gets the classes that cannot be read.
    soil : GeoDataFrame
        Schema ``SoilClasses``.
    """
    number = soil["class"].map(soil_class).astype(float).to_numpy()
    odd = number != number
    run.note(
        "soil_classes",
        "unknown",
        int(odd.sum()),
        _("class of soil that cannot be read: the land there is unknown"),
        soil["class"][odd].astype(str),
    )
    return soil[number <= GOOD], soil[odd]
