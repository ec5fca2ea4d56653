"""One registry of layers: what checks, catalogs, command line and documents say is the same."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from metrogis import schemas
from metrogis.catalog import document
from metrogis.catalog import registry as layer_registry
from metrogis.checks import registry
from metrogis.checks.contract import Input
from metrogis.cli import app
from metrogis.errors import ParameterError
from metrogis.texts import Text

LAYERS = layer_registry.LAYERS


@pytest.mark.parametrize("layer", LAYERS.values(), ids=lambda layer: layer.name)
def test_a_layer_is_described_whole(layer: layer_registry.Layer) -> None:
    for text in (layer.title, layer.about):
        assert text.pl
        assert text.en
    assert layer.drivers
    assert layer.schema in ("", layer_registry.RASTER) or layer.schema in schemas.SCHEMAS
    # a plain table says its columns here, for its schema has none
    assert bool(layer.fields) or layer.geometry or not layer.conforms_to
    for column in layer.fields.values():
        assert column.text.pl
        assert column.text.en
        assert column.kind in document.KINDS
        assert column.kind != "number" or column.unit


def test_checks_take_title_and_schema_from_the_registry() -> None:
    for check in registry.CHECKS:
        for given in check.inputs:
            assert given.name in LAYERS, f"{check.id}: {given.name}"
            assert given.schema == LAYERS[given.name].conforms_to
    assert Input("coverage").text == LAYERS["coverage"].title
    own = Input("ponds", Text("stawy", "ponds"), "Areas", required=False)
    assert (own.text.en, own.schema) == ("ponds", "Areas")  # layers of checks from outside


def test_catalogs_read_layers_by_the_drivers_of_the_registry(project: Path) -> None:
    seen = 0
    for path in (project / "layers").glob("*/catalog.toml"):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        for name, layer in content.get("layers", {}).items():
            if name in LAYERS and "driver" in layer:
                assert layer["driver"] in LAYERS[name].drivers, f"{path}: {name}"
                seen += 1
    assert seen > 20


def test_schema_of_one_layer_on_the_command_line() -> None:
    runner = CliRunner()
    shown = runner.invoke(app, ["layers", "schema", "coverage"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    # however wide the console is
    assert all(word in shown.output for word in ("complete", "partial", "none"))
    polish = runner.invoke(app, ["layers", "schema", "coverage", "--json"])
    (row,) = json.loads(polish.output)
    assert [c["name"] for c in row["columns"]] == list(schemas.get("Coverage").fields)
    assert row["columns"][3]["allowed"] == ["complete", "partial", "none"]
    assert row["title"] == LAYERS["coverage"].title.forms()


def test_schema_of_all_layers_and_of_none() -> None:
    runner = CliRunner()
    every = json.loads(runner.invoke(app, ["layers", "schema", "--json"]).output)
    assert [row["layer"] for row in every] == list(LAYERS)
    wrong = runner.invoke(app, ["layers", "schema", "covrage"])
    assert wrong.exit_code == 1
    with pytest.raises(ParameterError, match="did you mean 'coverage'"):
        layer_registry.get("covrage")


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(None, None, ""), (0, None, ">= 0"), (None, 1, "<= 1"), (0, 30_000, "0 ... 30,000")],
)
def test_limits_in_words(low: float | None, high: float | None, words: str) -> None:
    field = schemas.Field("number", Text("a", "b"), "m", low=low, high=high)
    layer = layer_registry.Layer(
        "x", Text("a", "b"), "Table", ("table",), Text("a", "b"), {"n": field}
    )
    assert document.rows(layer, "en")[0][3] == words


def test_required_empty_and_unique_are_told_in_both_languages() -> None:
    def told(language: str, **options: bool) -> str:
        field = schemas.Field("text", Text("a", "b"), **options)  # type: ignore[arg-type]
        layer = layer_registry.Layer(
            "x", Text("a", "b"), "Table", ("table",), Text("a", "b"), {"n": field}
        )
        return document.rows(layer, language)[0][4]

    assert told("en") == "yes"
    assert told("en", unique=True) == "yes, unique"
    assert told("pl", nullable=True) == "tak, może być pusta"
    assert told("pl", required=False) == "nie"
