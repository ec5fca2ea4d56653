from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from metrogis.checks.spatial_development.model_coherence.check import model_coherence
from metrogis.errors import MissingLayerError, SchemaError
from metrogis.planning.compatibility import CompatibilityTable


@pytest.fixture
def municipalities() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
        geometry=[box(0, 0, 2000, 1000), box(2000, 0, 4000, 1000)],
        crs=2180,
    )


@pytest.fixture
def structure() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"class": ["green_ring", "green_ring", "port"], "name": ["R1", "R2", "P"]},
        geometry=[box(0, 0, 3000, 500), box(500, 0, 1000, 500), box(0, 500, 1000, 1000)],
        crs=2180,
    )


@pytest.fixture
def zones() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"symbol": ["SW", "SO", "S?"]},
        geometry=[box(0, 0, 1000, 1000), box(1000, 0, 1500, 1000), box(1500, 0, 2000, 1000)],
        crs=2180,
    )


RULES = pd.DataFrame(
    {
        "class": ["green_ring", "green_ring"],
        "symbol": ["*", "SO"],
        "compatibility": ["conflict", "compatible"],
    }
)


def test_areas_add_up_and_what_no_rule_covers_is_unknown(municipalities, structure, zones) -> None:
    result = model_coherence(municipalities, structure, RULES, planning_zones=zones)
    areas = result.features["areas"].set_index("name")
    states = ["compatible_ha", "neutral_ha", "conflict_ha", "unknown_ha"]
    assert areas.loc["R1", states].tolist() == [25, 0, 50, 75]
    assert areas.loc["R2", states].tolist() == [0, 0, 25, 0]
    # the table has no rule for ports: nothing is known of them, and 0 ha would tell that all is
    assert areas.loc["P", states[:3]].isna().all()
    assert areas.loc["P", ["unknown_ha", "known_share"]].tolist() == [50, 0]
    assert areas[states].sum(axis=1).to_numpy() == pytest.approx(areas["area_ha"].to_numpy())
    table = result.municipalities.set_index("name")
    # R2 lies inside R1: one class, counted once
    assert table.loc["A", ["structure_ha", "conflict_ha", "unknown_ha"]].tolist() == [150, 50, 75]
    assert table.loc["A", "conflict_share"] == pytest.approx(50 / 75)
    assert table["plan"].tolist() == ["partly", "unknown"]
    assert np.isnan(table.loc["B", "conflict_ha"])
    assert np.isnan(table.loc["B", "conflict_share"])
    assert table.loc["B", "unknown_ha"] == 50
    conflicts = result.features["conflicts"]
    assert conflicts[["name", "symbol", "area_ha"]].values.tolist() == [
        ["R1", "SW", 50.0],
        ["R2", "SW", 25.0],
    ]
    assert result.figures["conflict_ha"] == 50
    assert any("does not know" in r.what.en for r in result.audit)


def test_the_template_table_of_the_project_is_valid(project) -> None:
    table = pd.read_csv(project / "layers/common/model_compatibility.csv", dtype=str)
    rules = CompatibilityTable(table)
    assert rules.classes == {"strategic_area", "growth_pole", "green_ring"}
    assert rules.of("green_ring", "SW") == "conflict"
    assert rules.of("strategic_area", "SO") == "neutral"
    assert (table["source"].str.len() > 3).all()


def test_bad_input(municipalities, structure, zones) -> None:
    with pytest.raises(MissingLayerError):
        model_coherence(municipalities, structure, RULES)
    with pytest.raises(SchemaError, match="'klasa' is missing"):
        model_coherence(
            municipalities, structure, RULES, planning_zones=zones, class_column="klasa"
        )
    for column, value in (("symbol", "XX"), ("compatibility", "good")):
        bad = RULES.assign(**{column: [value, "SO" if column == "symbol" else "conflict"]})
        with pytest.raises(SchemaError, match="bad rows: 0"):
            model_coherence(municipalities, structure, bad, planning_zones=zones)
    twice = pd.concat([RULES, RULES.assign(compatibility="neutral")], ignore_index=True)
    with pytest.raises(SchemaError, match="bad rows: 2"):
        CompatibilityTable(twice)
    with pytest.raises(SchemaError, match="columns missing: class"):
        CompatibilityTable(RULES.drop(columns="class"))
