"""One function a driver: what a catalog may name can be read, and nothing else."""

from __future__ import annotations

import inspect
from typing import get_args

from metrogis.catalog.models import Catalog, MissingLayer
from metrogis.catalog.readers import READERS
from metrogis.catalog.registry import LAYERS


def drivers() -> set[str]:
    (of_layers,) = [f for n, f in Catalog.model_fields.items() if n == "layers"]
    driven, missing = get_args(get_args(of_layers.annotation)[1])
    assert missing is MissingLayer
    models = get_args(get_args(driven)[0])
    return {name for model in models for name in get_args(model.model_fields["driver"].annotation)}


def test_each_driver_of_a_catalog_has_one_reader() -> None:
    assert set(READERS) == drivers()
    assert len(set(READERS.values())) == len(READERS)


def test_readers_are_of_one_form() -> None:
    for reader in READERS.values():
        assert list(inspect.signature(reader).parameters) == [
            "metro", "name", "layer", "paths", "source",
        ]  # fmt: skip


def test_drivers_of_registered_layers_are_drivers_of_catalogs() -> None:
    assert {driver for layer in LAYERS.values() for driver in layer.drivers} <= drivers()
