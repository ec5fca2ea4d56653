"""A municipality without an outline: its row stays, its land is unknown, no check breaks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from metrogis import open_metro
from metrogis.checks import registry
from metrogis.checks.contract import Column, outlines
from metrogis.texts import both

GONE = 2
"""Position of the municipality whose outline is taken away: one with neighbours and a seat."""


@pytest.fixture(scope="module")
def metro(demo_s) -> Any:
    return open_metro(demo_s)


@pytest.fixture(scope="module")
def bare(metro) -> Any:
    municipalities = metro.municipalities.copy()
    municipalities.loc[GONE, "geometry"] = None
    return municipalities


# those that compute most take a minute together
LONG = {
    "connections",
    "missing_links",
    "white_spots",
    "corridor_connectivity",
    "travel_time",
    "rail_access",
    "service_quality",
}


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(c, id=c.id, marks=[pytest.mark.long] if c.id in LONG else [])
        for c in registry.CHECKS
    ],
)
def test_every_check_keeps_the_row_and_knows_nothing_of_its_land(metro, bare, check):
    layers = {i.name: metro.get(i.name) for i in check.inputs} | {"municipalities": bare}
    options = metro.catalog.parameters.get(check.id, {})
    result = check.function(**layers, **options)
    table = result.municipalities
    assert table["teryt"].tolist() == bare["teryt"].tolist()
    assert table.geometry.iloc[GONE].is_empty
    row = table.iloc[GONE]
    columns = check.columns["municipalities"]
    for name, column in columns.items():
        if column.land and column.kind != "text" and name in table.columns:
            assert pd.isna(row[name]) or row[name] == "unknown" or (
                column.kind == "category" and "unknown" not in column.categories
            ), name  # fmt: skip
    unknown = [r for r in result.audit if r.layer == "municipalities" and r.action == "unknown"]
    assert [r.count for r in unknown] == [1]
    on_land = any(column.land for column in columns.values())
    assert result.figures.get("no_outline", 0) == int(on_land)
    if on_land:
        assert any(str(row["name"]) in text for text in result.sentences("pl")[:2])
    assert result.explore() is not None


def test_tables_of_results_without_outline_are_written(metro, bare, tmp_path):
    check = registry.get("functional_links")
    layers = {i.name: metro.get(i.name) for i in check.inputs} | {"municipalities": bare}
    result = check.function(**layers)
    assert result.to_gpkg(tmp_path / "links.gpkg").is_file()
    assert len(result.to_parquet(tmp_path)) == len(result.tables)
    empty = result.features["core"].geometry.is_empty
    origin = result.features["core"]["origin"] == bare["teryt"].iloc[GONE]
    goal = result.features["core"]["core"] == bare["teryt"].iloc[GONE]
    assert empty.tolist() == (origin | goal).tolist()


def test_states_of_every_kind_become_unknown():
    frame = outlines.gpd.GeoDataFrame(
        {
            "ha": [1.0, 0.0],
            "n": [3, 0],
            "told": ["yes", "no"],
            "flag": [True, False],
            "state": ["white", "served"],
            "kind": ["a", "b"],
            "text": ["x", "y"],
            "people": [10.0, 20.0],
        },
        geometry=[shapely.box(0, 0, 1, 1), shapely.Polygon()],
    )
    states = {"white": both("w"), "served": both("s"), "unknown": both("u")}
    columns = {
        "ha": Column(both("ha")),
        "n": Column(both("n")),
        "told": Column(both("t"), "flag"),
        "flag": Column(both("f"), "flag"),
        "state": Column(both("s"), "category", categories=states),
        "kind": Column(both("k"), "category", categories={"a": both("a"), "b": both("b")}),
        "text": Column(both("x"), "text"),
        "people": Column(both("p"), land=False),
    }
    out = outlines.unknown_land(frame, columns, outlines.without_outline(frame))
    assert out["ha"].tolist()[0] == 1
    assert np.isnan(out["ha"].iloc[1])
    assert np.isnan(out["n"].iloc[1])
    assert out["told"].tolist() == ["yes", "unknown"]
    assert out["flag"].iloc[0]
    assert pd.isna(out["flag"].iloc[1])
    assert out["state"].tolist() == ["white", "unknown"]
    assert out["kind"].tolist() == ["a", "b"]
    assert out["text"].tolist() == ["x", "y"]
    assert out["people"].tolist() == [10, 20]
    assert frame["ha"].tolist() == [1, 0]  # the caller's table is not touched
