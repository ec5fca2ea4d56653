"""What tables repeat of layers is declared, and rules of licences keep all of it back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import metrogis as mg
from metrogis import demo
from metrogis.checks.contract import Check, Result, Taken
from metrogis.checks.registry import CHECKS
from metrogis.report.licences import publishable
from metrogis.transit.points import stop_points


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.id)
def test_every_table_and_raster_says_what_it_repeats(check: Check) -> None:
    """One that says nothing would be kept back with any layer of the check."""
    assert set(check.taken) == set(check.columns) | {o.raster for o in check.overlays}
    layers = {item.name for item in check.inputs}
    for table, taken in check.taken.items():
        named = {*taken.rows, *taken.parts, *(x for some in taken.names.values() for x in some)}
        assert named <= layers, (table, named - layers)
        assert set(taken.names) <= set(check.columns.get(table, {})), table


@pytest.mark.parametrize(
    ("rule", "rows", "parts", "names"),
    [("yes", False, False, False), ("derived", True, False, False), ("no", True, True, True)],
)
def test_each_rule_keeps_back_what_it_says(rule: str, rows: bool, parts: bool, names: bool) -> None:
    rules = {"stops": rule}
    assert bool(Taken(rows=("stops",)).kept_back_by(rules)) is rows
    assert bool(Taken(parts=("stops",)).kept_back_by(rules)) is parts
    assert bool(Taken(names={"nearest": ("stops",)}).blank(rules)) is names
    other = Taken(rows=("zones",), parts=("zones",), names={"nearest": ("zones",)})
    assert not other.kept_back_by(rules)
    assert not other.blank(rules)


# --------------------------------------------------------------------------- on all checks


def frames(layer: Any) -> list[pd.DataFrame]:
    """Tables with the rows of a layer."""
    if isinstance(layer, pd.DataFrame):
        return [layer]
    if isinstance(layer, mg.Feed):
        return [stop_points(layer, "EPSG:2180")]
    return [
        f for f in (getattr(layer, "zones", None), getattr(layer, "acts", None)) if f is not None
    ]


def vertices(shapes: np.ndarray) -> set[tuple[float, float]]:
    there = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    xy = np.round(shapely.get_coordinates(shapely.force_2d(there)), 3)
    return set(map(tuple, np.unique(xy, axis=0).tolist())) if len(xy) else set()


def words(table: pd.DataFrame) -> set[str]:
    """Names in a table: texts of more than a code's length."""
    found: set[str] = set()
    for _name, values in pd.DataFrame(table).items():
        if values.dtype == object or isinstance(values.dtype, pd.StringDtype):
            found |= {x for x in values.dropna().tolist() if isinstance(x, str) and len(x) > 6}
    return found


def only_here(found: dict[str, set[Any]]) -> dict[str, set[Any]]:
    """Of each layer what no other layer has: where it turns up, it was taken from there."""
    return {
        name: own - set().union(*(other for key, other in found.items() if key != name))
        for name, own in found.items()
    }


GRIDS = ("population", "population_before")
"""Cells of a grid: their corners are those of rasters and of each other."""


@pytest.mark.long
def test_nothing_of_a_layer_that_may_not_be_passed_on_is_in_any_table(tmp_path: Path) -> None:
    """All checks x layers: names and places that only that layer has are in no published table."""
    folder = demo.build(tmp_path / "demo", municipalities=6, people=80_000)
    atlas = mg.run(mg.open_metro(folder))
    assert not atlas.failed
    layers: dict[str, Any] = {}
    for result in atlas:
        layers |= {n: layer for n, layer in result.inputs.items() if layer is not None}
    tables = {name: frames(layer) for name, layer in layers.items()}
    places = only_here(
        {
            name: set().union(
                *(vertices(f.geometry.to_numpy()) for f in some if isinstance(f, gpd.GeoDataFrame))
            )
            for name, some in tables.items()
        }
    )
    names = only_here({n: set().union(*(words(f) for f in some)) for n, some in tables.items()})
    found, tried = [], 0
    for result in atlas:
        for layer in result.inputs:
            if layers.get(layer) is None or layer == "municipalities":
                continue
            published = publishable(marked(result, layer, "no"))
            for table, frame in published.features.items():
                tried += 1
                shared = vertices(frame.geometry.to_numpy()) & places[layer]
                # a corner may be there by chance; what is cut from a layer has many
                if len(shared) > 2 and layer not in GRIDS:
                    found.append((result.check.id, table, layer, len(shared)))
                if words(frame) & names[layer]:
                    found.append(
                        (result.check.id, table, layer, sorted(words(frame) & names[layer])[:3])
                    )
            examples = " ".join(row.examples for row in published.audit if row.layer == layer)
            assert not examples.strip(), (result.check.id, layer)
    assert not found
    assert tried > 200


def marked(result: Result, layer: str, rule: str) -> Result:
    """A result one of whose layers has a rule."""
    sources = tuple(
        replace(s, redistribute=rule) if s.layer == layer else s for s in result.provenance
    )
    return replace(result, provenance=sources)
