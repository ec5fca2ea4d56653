"""docs/adding-a-check.md, word by word: the example runs, and whatever a check can be, it is."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely import box
from typer.testing import CliRunner

import metrogis as mg
from metrogis import catalog
from metrogis.catalog.registry import LAYERS
from metrogis.checks import registry
from metrogis.cli import app

DOC = Path(__file__).parents[2] / "docs" / "adding-a-check.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOC.read_text(encoding="utf-8"), re.S)


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of the page, as a file that a user would save."""
    (tmp_path / "near_nature.py").write_text(blocks("python")[0], encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("near_nature", None)
    import near_nature  # type: ignore[import-not-found]

    yield near_nature
    registry.unregister("near_nature")
    registry._of_packages.cache_clear()
    sys.modules.pop("near_nature", None)


def layers() -> dict[str, gpd.GeoDataFrame]:
    crs = "EPSG:2180"
    municipalities = {"teryt": ["2261011", "2262011"], "name": ["A", "B"]}
    return {
        "municipalities": gpd.GeoDataFrame(
            municipalities, geometry=[box(0, 0, 2000, 1000), box(2000, 0, 4000, 1000)], crs=crs
        ),
        "population": gpd.GeoDataFrame(
            {"population": [100.0, 20.0, 7.0]},
            geometry=[box(x, 0, x + 500, 500) for x in (0, 1500, 3500)],
            crs=crs,
        ),
        "protected_areas": gpd.GeoDataFrame(
            {"name": ["P"], "form": ["park"]}, geometry=[box(0, 0, 900, 1000)], crs=crs
        ),
    }


def test_the_example_answers_in_three_states(example: ModuleType) -> None:
    given = layers()
    table = example.near_nature(**given, walk=900).municipalities
    assert table["near"].tolist() == [120, 0]
    assert table["near_share"].tolist() == [1, 0]
    given["protected_areas"].loc[1] = ["Q", "park", None]  # one whose place is not known
    lost = example.near_nature(**given, walk=900)
    assert lost.municipalities["near"].tolist() == [120, 0]
    assert lost.municipalities["unknown"].tolist() == [0, 7]
    assert np.isnan(lost.municipalities["near_share"].iloc[1])
    assert lost.features["cells"]["state"].tolist() == ["yes", "yes", "unknown"]


def test_the_example_counts_nobody_twice_and_no_unknown_people(example: ModuleType) -> None:
    given = layers()
    cells = given["population"]
    cells.loc[3] = [40.0, box(9000, 0, 9500, 500)]  # outside
    cells.loc[4] = [5.0, box(1750, 500, 2250, 1000)]  # its middle on the border
    result = example.near_nature(**given, walk=900)
    table = result.municipalities
    assert len(result.features["cells"]) == 4
    assert table["near"].sum() == 120
    assert result.figures["near"] == 120
    cells.loc[2, "population"] = None
    table = example.near_nature(**given, walk=900).municipalities
    assert np.isnan(table["near_share"].iloc[1])
    assert table["known_share"].iloc[1] == 0


def test_the_example_is_a_check_like_any_other(
    example: ModuleType, demo_s: Path, tmp_path: Path
) -> None:
    assert mg.register(example.near_nature) is example.near_nature.check
    assert mg.register(example.near_nature.check) is example.near_nature.check
    with pytest.raises(TypeError, match="no metrogis check"):
        mg.register(print)
    metro = mg.open_metro(demo_s)
    assert metro.check("near_nature", walk=500).figures["walk"] == 500
    atlas = mg.run(metro, checks=["near_nature", "functional_links"])
    assert list(atlas.results) == ["functional_links", "near_nature"]
    site = tmp_path / "public"
    atlas.publish(site, languages=("pl", "en"))
    for language, title in (("pl", "w zasięgu spaceru"), ("en", "within a walk")):
        assert title in (site / language / "near_nature.html").read_text(encoding="utf-8")
        assert "near_nature.html" in (site / language / "index.html").read_text(encoding="utf-8")
    assert "near_nature" in json.dumps(json.loads((site / "atlas.json").read_text("utf-8")))


def test_the_example_declares_its_layers_by_its_inputs(example: ModuleType) -> None:
    check = example.near_nature.check
    assert [f.name for f in fields(example.Inputs)] == [i.name for i in check.inputs]
    for given in check.inputs:  # titles and schemas stand in the registry alone
        assert given.text == LAYERS[given.name].title
        assert given.schema == LAYERS[given.name].conforms_to
    signature = inspect.signature(example.near_nature)
    assert list(signature.parameters) == [*(i.name for i in check.inputs), "walk"]
    with pytest.raises(mg.MissingLayerError, match="protected_areas"):
        example.near_nature(layers()["municipalities"], layers()["population"])


def test_the_command_line_knows_the_example(
    example: ModuleType, demo_s: Path, tmp_path: Path
) -> None:
    mg.register(example.near_nature)
    told = CliRunner().invoke(app, ["checks", "near_nature"])
    assert told.exit_code == 0
    for word in ("near_nature", "walk", "municipalities", "population", "protected_areas"):
        assert word in told.output
    out = tmp_path / "out"
    command = ["run", str(demo_s), "--check", "near_nature", "--set", "walk=400", "-o", str(out)]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert (out / "en" / "near_nature.html").is_file()


def test_the_catalog_lines_of_the_page_are_read(example: ModuleType, demo_s: Path) -> None:
    (table,) = [text for text in blocks("toml") if "walk" in text]
    given = tomllib.loads(table)
    mg.register(example.near_nature.check)
    metro = mg.open_metro(demo_s)
    content = tomllib.loads((demo_s / "catalog.toml").read_text(encoding="utf-8"))
    content["parameters"] = {**content.get("parameters", {}), **given.pop("parameters")}
    assert not given
    metro.catalog = catalog.of_content(content)
    assert metro.parameters_of("near_nature").walk == 500


def test_a_package_names_its_checks_and_a_broken_one_costs_itself(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = importlib.metadata.EntryPoint
    group = registry.ENTRY_POINT
    given = [
        point("near_nature", "near_nature:near_nature", group),
        point("gone", "no_such_module:CHECK", group),
        point("odd", "near_nature:STATES", group),
        point("twice", "near_nature:near_nature", group),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda **_: given)
    registry._of_packages.cache_clear()
    with pytest.warns(UserWarning, match="left out") as said:
        found = registry.checks()
    assert found[len(registry.CHECKS) :] == (example.near_nature.check,)
    assert {str(w.message).split("'")[1] for w in said} >= {"gone", "odd"}
    assert registry.get("near_nature") is example.near_nature.check


def test_a_name_belongs_to_one_check(example: ModuleType) -> None:
    from dataclasses import replace

    def named(check_id: Any) -> Any:
        return replace(example.near_nature.check, id=check_id)

    with pytest.raises(mg.ParameterError, match="already"):
        mg.register(named("white_spots"))
    for unfit in ("Near nature", "../near", "", "1st"):
        with pytest.raises(mg.ParameterError, match="cannot name"):
            mg.register(named(unfit))
    mg.register(example.near_nature.check)
    again = named("near_nature")  # a cell of a notebook run twice
    assert mg.register(again) is again
    assert registry.get("near_nature") is again
    with pytest.raises(mg.ParameterError, match="There is no check"):
        registry.get("near_natur_")
