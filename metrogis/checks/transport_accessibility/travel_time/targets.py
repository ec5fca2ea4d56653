"""Where people want to get to: the core city, county seats, services of the kinds asked for."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.checks.contract import Run
from metrogis.checks.shared.seats import seat_levels
from metrogis.checks.transport_accessibility.travel_time.inputs import Inputs
from metrogis.errors import ParameterError
from metrogis.i18n import _

CORE, COUNTY = "core", "county"
"""Kinds of targets beside those of services."""


def read_targets(run: Run, inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the targets: ``name``, ``kind``, ``capacity``, points; one row each.

    Raises
    ------
    MissingLayerError
        Without localities and services.
    ParameterError
        Where neither names one.
    """
    rows: list[dict[str, Any]] = []
    localities, services = inputs.localities, inputs.services
    if localities is not None:
        seat = localities["seat"] if "seat" in localities.columns else [None] * len(localities)
        for name, word, point, row in zip(
            localities["name"], seat, localities.geometry, localities.index, strict=True
        ):
            levels = seat_levels(word, row)
            for level, kind in (("voivodeship", CORE), ("county", COUNTY)):
                if level in levels:  # a city that is both is one target
                    rows.append({"name": str(name), "kind": kind, "geometry": point})
                    break
    if services is not None:
        wanted = services["kind"].isin(run.parameters.kinds)
        run.note(
            "services",
            "noted",
            int((~wanted).sum()),
            _("services of other kinds: no targets"),
            sorted(set(services["kind"][~wanted].astype(str))),
        )
        capacity = (
            services["capacity"] if "capacity" in services.columns
            else pd.Series(np.nan, services.index)
        )  # fmt: skip
        own = services[wanted]
        rows += [
            {"name": str(n), "kind": str(k), "capacity": float(c), "geometry": g}
            for n, k, c, g in zip(
                own["name"], own["kind"], capacity[wanted].astype(float), own.geometry, strict=True
            )
        ]
    placed = [r for r in rows if r["geometry"] is not None and not r["geometry"].is_empty]
    if not placed:
        raise ParameterError(
            _(
                "there is nowhere to travel to: no locality is the seat of a "
                "voivodeship or county, and there are no services of these kinds"
            ),
            layer="travel_time",
            place="localities, services",
            remedy=_("give seat in the layer localities, or a layer services (and kinds)"),
        )
    frame = gpd.GeoDataFrame(placed, geometry="geometry", crs=run.crs)
    if "capacity" not in frame:
        frame["capacity"] = np.nan
    order = {CORE: 0, COUNTY: 1} | {k: 2 + i for i, k in enumerate(run.parameters.kinds)}
    frame = frame.sort_values(
        ["kind", "name"], key=lambda c: c.map(order) if c.name == "kind" else c, kind="stable"
    )
    return frame.reset_index(drop=True)


def lost_kinds(run: Run, kinds: tuple[str, ...]) -> set[str]:
    """Return the kinds of which some target may be lost: the nearest may be nearer."""
    out: set[str] = set()
    if _lost(run, "localities"):
        out |= {CORE, COUNTY}
    if _lost(run, "services"):
        out |= set(kinds)
    return out


def _lost(run: Run, layer: str) -> bool:
    return run.has(layer) and bool(run.evidence[layer].losses)
