"""When more than half is unknown, the answer begins with what is not known: over all checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine

from metrogis import open_metro
from metrogis.checks import registry
from metrogis.checks.contract import Finding, Result
from metrogis.checks.contract.presentation import unknown_first
from metrogis.errors import MetrogisError
from metrogis.landscape.grid import Grid
from metrogis.texts import Text, both

SAYS_UNKNOWN = {
    "pl": re.compile(r"nie wiadomo|nieznan|brak danych|bez danych|nie ma danych|nie ma ich w dan"
                     r"|nie ma planu w danych", re.I),
    "en": re.compile(r"unknown|not known|is known of|no data|without data|data are missing"
                     r"|(?:not|no plan) in the data", re.I),
}  # fmt: skip

AREAS = {"coverage": "municipality", "cycle_coverage": "teryt"}


def strip(municipalities: gpd.GeoDataFrame) -> Any:
    """Return the western fifth of the area: all that stays known of layers with places."""
    west, south, east, north = municipalities.total_bounds
    return shapely.box(west - 1, south - 1, west + (east - west) / 5, north + 1)


def cut(name: str, layer: Any, known: Any) -> Any:
    """Take a layer away outside ``known``: rows, cells, statements of coverage."""
    if name == "municipalities" or layer is None:
        return layer
    if isinstance(layer, Grid) and layer.transform is not None:
        rows, columns = np.indices(layer.valid.shape)
        t: Affine = layer.transform
        x = t.c + t.a * (columns + 0.5) + t.b * (rows + 0.5)
        return replace(layer, valid=layer.valid & (x < known.bounds[2]))
    if name in AREAS:
        column = next((c for c in (AREAS[name], "teryt", "municipality") if c in layer), None)
        return layer if column is None else layer[layer[column] == layer[column].iloc[0]]
    return layer


@pytest.fixture(scope="module")
def metro(demo_s: Path) -> Iterator[Any]:
    yield open_metro(demo_s)
    ask.cache_clear()


@cache
def ask(metro: Any, check_id: str, cut_away: bool) -> Result | None:
    """Return the answer of a check, with knowledge taken away or not; asked once for all tests."""
    check = registry.get(check_id)
    known = strip(metro.municipalities)
    try:
        layers = {i.name: metro.get(i.name) for i in check.inputs}
        if cut_away:
            layers = {name: cut(name, layer, known) for name, layer in layers.items()}
        settings = metro.catalog.parameters.get(check.id, {})
        return check.function(**layers, **settings)
    except MetrogisError:
        return None


def require_rule(result: Result) -> None:
    if not result.mostly_unknown:
        return
    assert result.findings[0].unknown, result.sentences("en")[0]
    for language, words in SAYS_UNKNOWN.items():
        assert words.search(result.sentences(language)[0]), result.sentences(language)[0]


LONG = {"travel_time", "rail_access", "service_quality", "white_spots", "corridor_connectivity"}
"""Checks that take seconds each time: with the other long tests."""


@pytest.mark.parametrize(
    "check_id",
    [pytest.param(c.id, marks=[pytest.mark.long] if c.id in LONG else []) for c in registry.CHECKS],
)
def test_findings_begin_with_what_is_not_known(metro: Any, check_id: str):
    for cut_away in (False, True):
        result = ask(metro, check_id, cut_away)
        if result is not None:
            require_rule(result)


def test_taking_knowledge_away_leaves_most_unknown_in_some_checks(metro: Any):
    # else the test above would hold of nothing
    asked = ("urban_growth", "urban_form", "white_spots", "service_quality", "cycle_network")
    results = [ask(metro, i, True) for i in asked]
    assert sum(r is not None and r.mostly_unknown for r in results) >= 2


def finding(text: str, *, unknown: bool = False) -> Finding:
    return Finding(both(text), {}, unknown=unknown)


def test_a_checks_own_sentence_comes_first_and_none_is_lost():
    title = Text("Warstwa", "Layer")
    answer, own = finding("7 people."), finding("Of 9 nothing is known.", unknown=True)
    assert unknown_first((answer, own), 0.9, title) == (own, answer)
    assert unknown_first((own, answer), 0.9, title) == (own, answer)
    plain, kept = unknown_first((answer,), 0.9, title)
    assert kept is answer
    assert plain.unknown
    assert plain.values == {"unknown_part": 0.9}
    assert "90%" in plain.render().en
    assert "„Warstwa”" in plain.render().pl
