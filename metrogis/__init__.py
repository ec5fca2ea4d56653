"""Monitoring of space and mobility in a metropolitan area.

>>> import metrogis as mg
>>> metro = mg.open_metro("demo")  # doctest: +SKIP
>>> atlas = mg.run(metro)  # doctest: +SKIP
>>> atlas.publish("public/")  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from metrogis.bound import bind as _bind

__version__ = "0.1.0"

# Loaded on first use: `import metrogis` stays quick in scripts that need one part only.
_WHERE = {
    "open_metro": "metro",
    "Metro": "metro",
    "run": "atlas",
    "run_many": "many.running",
    "Atlas": "atlas",
    "best": "monitoring",
    "compare": "comparison",
    "Scenario": "scenario",
    "CHECKS": "checks.registry",
    "register": "checks.registry",
    "Check": "checks.contract",
    "Result": "checks.contract",
    "Finding": "checks.contract",
    "urban_growth": "checks.spatial_development.urban_growth",
    "urban_form": "checks.spatial_development.urban_form",
    "functional_links": "checks.spatial_development.functional_links",
    "plan_validity": "checks.spatial_development.plan_validity",
    "corridor_conflicts": "checks.spatial_development.corridor_conflicts",
    "corridor_connectivity": "checks.spatial_development.corridor_connectivity",
    "border_coherence": "checks.spatial_development.border_coherence",
    "model_coherence": "checks.spatial_development.model_coherence",
    "housing_balance": "checks.spatial_development.housing_balance",
    "infill_audit": "checks.spatial_development.infill_audit",
    "social_access": "checks.spatial_development.social_access",
    "settlement_structure": "checks.spatial_development.settlement_structure",
    "white_spots": "checks.transport_accessibility.white_spots",
    "service_quality": "checks.transport_accessibility.service_quality",
    "connections": "checks.transport_accessibility.connections",
    "rail_access": "checks.transport_accessibility.rail_access",
    "travel_time": "checks.transport_accessibility.travel_time",
    "feeder_coordination": "checks.transport_accessibility.feeder_coordination",
    "interchange_access": "checks.active_mobility.interchange_access",
    "cycle_network": "checks.active_mobility.cycle_network",
    "missing_links": "checks.active_mobility.missing_links",
    "border_gaps": "checks.active_mobility.border_gaps",
    "planned_links": "checks.active_mobility.planned_links",
    "travel_times": "transit.door_to_door",
    "journeys": "transit.itinerary",
    "read_feed": "transit",
    "read_app": "sources.app_gml",
    "Feed": "transit",
    "Audit": "provenance",
    "Source": "provenance",
    "Text": "texts",
    "MetrogisError": "errors",
    "CRSError": "errors",
    "SchemaError": "errors",
    "MissingLayerError": "errors",
    "SourceError": "errors",
    "CatalogError": "errors",
    "ParameterError": "errors",
    "PublishError": "errors",
    "ScenarioError": "errors",
    "CheckError": "errors",
}

__all__ = [
    "CHECKS",
    "Atlas",
    "Audit",
    "CRSError",
    "CatalogError",
    "Check",
    "CheckError",
    "Feed",
    "Finding",
    "Metro",
    "MetrogisError",
    "MissingLayerError",
    "ParameterError",
    "PublishError",
    "Result",
    "Scenario",
    "ScenarioError",
    "SchemaError",
    "Source",
    "SourceError",
    "Text",
    "__version__",
    "best",
    "border_coherence",
    "border_gaps",
    "compare",
    "connections",
    "corridor_conflicts",
    "corridor_connectivity",
    "cycle_network",
    "feeder_coordination",
    "functional_links",
    "housing_balance",
    "infill_audit",
    "interchange_access",
    "journeys",
    "missing_links",
    "model_coherence",
    "open_metro",
    "plan_validity",
    "planned_links",
    "rail_access",
    "read_app",
    "read_feed",
    "register",
    "run",
    "run_many",
    "service_quality",
    "settlement_structure",
    "social_access",
    "travel_time",
    "travel_times",
    "urban_form",
    "urban_growth",
    "white_spots",
]

if TYPE_CHECKING:
    from metrogis.atlas import Atlas, run
    from metrogis.checks.active_mobility.border_gaps.check import border_gaps
    from metrogis.checks.active_mobility.cycle_network.check import cycle_network
    from metrogis.checks.active_mobility.interchange_access.check import interchange_access
    from metrogis.checks.active_mobility.missing_links.check import missing_links
    from metrogis.checks.active_mobility.planned_links.check import planned_links
    from metrogis.checks.contract import Check, Finding, Result
    from metrogis.checks.registry import CHECKS, register
    from metrogis.checks.spatial_development.border_coherence.check import border_coherence
    from metrogis.checks.spatial_development.corridor_conflicts.check import corridor_conflicts
    from metrogis.checks.spatial_development.corridor_connectivity.check import (
        corridor_connectivity,
    )
    from metrogis.checks.spatial_development.functional_links.check import functional_links
    from metrogis.checks.spatial_development.housing_balance.check import housing_balance
    from metrogis.checks.spatial_development.infill_audit.check import infill_audit
    from metrogis.checks.spatial_development.model_coherence.check import model_coherence
    from metrogis.checks.spatial_development.plan_validity.check import plan_validity
    from metrogis.checks.spatial_development.settlement_structure.check import (
        settlement_structure,
    )
    from metrogis.checks.spatial_development.social_access.check import social_access
    from metrogis.checks.spatial_development.urban_form.check import urban_form
    from metrogis.checks.spatial_development.urban_growth.check import urban_growth
    from metrogis.checks.transport_accessibility.connections.check import connections
    from metrogis.checks.transport_accessibility.feeder_coordination.check import (
        feeder_coordination,
    )
    from metrogis.checks.transport_accessibility.rail_access.check import rail_access
    from metrogis.checks.transport_accessibility.service_quality.check import service_quality
    from metrogis.checks.transport_accessibility.travel_time.check import travel_time
    from metrogis.checks.transport_accessibility.white_spots.check import white_spots
    from metrogis.comparison import compare
    from metrogis.errors import (
        CatalogError,
        CheckError,
        CRSError,
        MetrogisError,
        MissingLayerError,
        ParameterError,
        PublishError,
        ScenarioError,
        SchemaError,
        SourceError,
    )
    from metrogis.many.running import run_many
    from metrogis.metro import Metro, open_metro
    from metrogis.monitoring import best
    from metrogis.provenance import Audit, Source
    from metrogis.scenario import Scenario
    from metrogis.sources.app_gml import read_app
    from metrogis.texts import Text
    from metrogis.transit import Feed, read_feed
    from metrogis.transit.door_to_door import travel_times
    from metrogis.transit.itinerary import journeys


# What results and atlases draw, write and publish with: bound here, where all rooms meet.
_BOUND = {
    "explore": ("maps", "explore"),
    "robustness": ("monitoring", "robustness"),
    "publish": ("report.site", "publish"),
    "publish_change": ("report.change", "publish"),
    "publish_start": ("report.start", "publish_start"),
    "summarise": ("report.start", "summary_of"),
    "plot": ("report.plotting", "plot"),
    "write_excel": ("report.workbook", "write"),
    "write_gpkg": ("report.gpkg", "write"),
    "write_parquet": ("report.tables", "write_parquet"),
    "write_geotiff": ("report.rasters", "write_geotiff"),
}


def _late(module: str, name: str) -> Callable[..., Any]:
    """Return a function that is looked up when it is called: maps and files are heavy to import."""

    def call(*args: Any, **options: Any) -> Any:
        return getattr(importlib.import_module(f"metrogis.{module}"), name)(*args, **options)

    return call


for _name, (_module, _function) in _BOUND.items():
    _bind(_name, _late(_module, _function))


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'metrogis' has no attribute '{name}'")
    value = getattr(importlib.import_module(f"metrogis.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
