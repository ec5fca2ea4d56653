"""Every unit is declared once, with words in both languages."""

from __future__ import annotations

from metrogis.catalog.registry import LAYERS
from metrogis.checks import registry
from metrogis.i18n import Text, both
from metrogis.units import UNITS, unit_text


def test_every_unit_that_is_used_is_declared() -> None:
    used: dict[str, str] = {}
    for check in registry.CHECKS:
        for name, spec in check.parameters.specs().items():
            used[spec.unit] = f"{check.id}: {name}"
        for table in check.columns.values():
            for name, column in table.items():
                used[column.unit] = f"{check.id}: {name}"
        for overlay in check.overlays:
            used[overlay.unit] = f"{check.id}: {overlay.raster}"
    for layer in LAYERS.values():
        for name, field in layer.fields.items():
            used[field.unit] = f"{layer.name}: {name}"
    assert {unit: place for unit, place in used.items() if unit not in UNITS} == {}


def test_words_for_things_are_polish_in_polish() -> None:
    assert unit_text("pairs/day").pl == "par/dzień"
    assert unit_text("transfers") == Text("przesiadek", "transfers")
    assert unit_text("furlongs") == both("furlongs")  # of a check from outside
