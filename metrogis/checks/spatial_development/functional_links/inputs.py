"""Layers of the check ``functional_links``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from metrogis.checks.contract.layers import (
    Flows,
    Municipalities,
    MunicipalPopulation,
)


@dataclass(frozen=True)
class Inputs:
    """Layers of ``functional_links``; those with a default may be missing."""

    municipalities: Municipalities
    od_flows: Flows
    _: KW_ONLY
    population_municipal: MunicipalPopulation | None = None
