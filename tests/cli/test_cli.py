from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from metrogis import open_metro
from metrogis.checks.registry import CHECKS
from metrogis.cli import app

CATALOG = """
[metro]
id = "small"
name = "Small"
[layers.municipalities]
driver = "vector"
path = "m.gpkg"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.od_flows]
driver = "table"
path = "od.csv"
licence = "CC0"
attribution = "me"
date = "2024"
set = { meaning = "commuting" }
"""


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    """One cache for all tests here: map assets are packed once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def invoke(monkeypatch, cache):
    monkeypatch.setenv("METROGIS_CACHE", str(cache))
    monkeypatch.delenv("METROGIS_DATA", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("METROGIS_LANG", raising=False)
    runner = CliRunner()

    def call(*arguments: object):
        return runner.invoke(app, [str(a) for a in arguments])

    return call


@pytest.fixture
def folder(tmp_path) -> Path:
    """Catalog and data of a metropolis of four towns with flows, nothing else."""
    data = tmp_path / "small"
    data.mkdir()
    codes = ["2261011", "2262011", "2264011", "2215031"]
    boxes = [shapely.box(470000 + 5000 * i, 720000, 475000 + 5000 * i, 725000) for i in range(4)]
    gpd.GeoDataFrame(
        {"teryt": codes, "name": ["Gdańsk", "Gdynia", "Sopot", "<img src=x onerror=alert(1)>"]},
        geometry=boxes,
        crs=2180,
    ).to_file(data / "m.gpkg")
    rows = ["origin,destination,flow"]
    rows += [
        f"{a},{b},{10 * (i + 1) + j}" for i, a in enumerate(codes) for j, b in enumerate(codes)
    ]
    (data / "od.csv").write_text("\n".join(rows) + "\n")
    (data / "catalog.toml").write_text(CATALOG)
    return data


def _spoil(folder: Path, old: str, new: str) -> None:
    text = (folder / "catalog.toml").read_text()
    assert old in text
    (folder / "catalog.toml").write_text(text.replace(old, new, 1))


def test_checks_lists_questions_layers_and_parameters(invoke) -> None:
    done = invoke("checks")
    assert done.exit_code == 0
    for check in CHECKS:
        assert check.id in done.output
        one = invoke("checks", check.id)
        assert one.exit_code == 0
        for name in check.parameters.model_fields:
            assert name in one.output
    everything = json.loads(invoke("checks", "--json").output)
    assert [c["id"] for c in everything] == [c.id for c in CHECKS]
    assert all(p["unit"] and p["source"] for c in everything for p in c["parameters"])


def test_layers_list_and_check(invoke, folder) -> None:
    assert invoke("layers", "list", folder, "--data", folder).exit_code == 0
    report = json.loads(invoke("layers", "check", folder, "--data", folder, "--json").output)
    assert [row["state"] for row in report["layers"]] == ["loaded", "loaded"]
    assert report["layers"][0]["rows"] == 4
    held = report["report"]
    assert [row["municipalities"] for row in held["layers"]] == [4, 4]
    assert all(set(row) >= {"runs", "unknown_low", "partly"} for row in held["checks"])
    text = invoke("layers", "check", folder, "--data", folder).output
    assert "4/4" in text
    assert "functional_links" in text
    (folder / "od.csv").write_text("origin,destination\n1,2\n")
    bad = invoke("layers", "check", folder, "--data", folder)
    assert bad.exit_code == 1
    assert "'flow'" in bad.output


def test_a_template_of_coverage_names_every_municipality_feed_and_mode(
    invoke, folder, demo_s, tmp_path
) -> None:
    bare = invoke("layers", "template", "coverage", folder, "--data", folder)
    assert bare.exit_code == 0, bare.output
    # no timetable is declared: buses may run anywhere
    assert [line.split(",")[0::3] for line in bare.stdout.splitlines()[1:]] == [["*", "bus"]] * 4
    file = tmp_path / "new" / "coverage.csv"
    done = invoke("layers", "template", "coverage", demo_s, "-o", file)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(file, dtype=str)
    municipalities = open_metro(demo_s).municipalities
    assert set(table["teryt"]) == set(municipalities["teryt"])
    assert set(table["state"]) == {"none"}
    pairs = set(zip(table["feed"], table["mode"], strict=True))
    assert len(table) == len(municipalities) * len(pairs)
    assert pairs == {
        ("city_bus", "bus"), ("city_bus", "trolleybus"), ("regional_bus", "bus"), ("rail", "rail"),
    }  # fmt: skip
    assert invoke("layers", "template", "nosuch", folder).exit_code == 1


def test_a_template_of_any_layer_is_never_written_over(invoke, tmp_path) -> None:
    file = tmp_path / "corridors.gpkg"
    assert invoke("layers", "template", "corridors", "-o", file).exit_code == 0
    before = file.read_bytes()
    again = invoke("layers", "template", "corridors", "-o", file)
    assert again.exit_code == 1
    assert file.read_bytes() == before


def test_run_without_output_prints_findings(invoke, folder) -> None:
    done = invoke("run", folder, "--data", folder, "--check", "functional_links", "--json")
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert content["index"] is None
    result = content["results"]["functional_links"]
    assert result["rows"]["municipalities"] == 4
    assert result["findings"][0]["pl"] != result["findings"][0]["en"]


def test_atlas_shows_what_it_could_not_do(invoke, folder, tmp_path) -> None:
    out = tmp_path / "public"
    done = invoke("atlas", folder, "--data", folder, "-o", out, "--json")
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert set(content["results"]) | set(content["skipped"]) == {c.id for c in CHECKS}
    assert content["skipped"]["white_spots"]["layer"] == "population"
    assert (out / "index.html").is_file()
    text = (out / "index.html").read_text(encoding="utf-8")
    assert "<img src=x" not in text


BAD = {
    "missing file": (lambda f: (f / "od.csv").unlink(), "od.csv: there is no such file"),
    "unknown key": (
        lambda f: _spoil(f, 'path = "od.csv"', 'path = "od.csv"\npth = 1'),
        "unknown key",
    ),
    "wrong crs": (
        lambda f: (
            gpd.read_file(f / "m.gpkg").set_crs(2177, allow_override=True).to_file(f / "m.gpkg")
        ),
        "EPSG:2177",
    ),
    "metro in degrees": (
        lambda f: _spoil(f, 'name = "Small"', 'name = "Small"\ncrs = "EPSG:4326"'),
        "EPSG:4326",
    ),
    "duplicate teryt": (
        lambda f: gpd.read_file(f / "m.gpkg").assign(teryt="2261011").to_file(f / "m.gpkg"),
        "duplicate values",
    ),
    "no teryt": (
        lambda f: gpd.read_file(f / "m.gpkg").drop(columns="teryt").to_file(f / "m.gpkg"),
        "column 'teryt'",
    ),
    "empty layer": (
        lambda f: (f / "od.csv").write_text("origin,destination,flow\n"),
        "the layer is empty",
    ),
    "broken file": (lambda f: (f / "m.gpkg").write_bytes(b"x" * 100), "cannot be read"),
    "not a table": (lambda f: (f / "od.csv").write_bytes(b"\0\0"), "not text"),
    "text for a number": (
        lambda f: (f / "od.csv").write_text("origin,destination,flow\n2261011,2262011,many\n"),
        "not a number",
    ),
    "path escape": (lambda f: _spoil(f, '"od.csv"', '"../od.csv"'), "leads out of"),
    "no catalog": (lambda f: (f / "catalog.toml").unlink(), "no such catalog"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error_and_nothing_is_written(
    invoke, folder, tmp_path, case
) -> None:
    spoil, message = BAD[case]
    spoil(folder)
    out = tmp_path / "public"
    done = invoke("atlas", folder, "--data", folder, "-o", out)
    assert done.exit_code == 1, done.output
    assert message in done.stderr
    assert done.stderr.count("Error:") == 1
    assert "Traceback" not in done.output
    assert not out.exists()
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".public")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "functional_links.cores=1"], "unknown parameter 'cores'"),
        (["--set", "nonsense"], "annot read --set"),
        (["--set", "no_check.x=1"], "here is no check 'no_check'"),
        (["--lang", "de"], "nknown language"),
        (["--direction", "9.9"], "here is no direction '9.9'"),
    ],
)
def test_bad_parameters(invoke, folder, tmp_path, arguments, message) -> None:
    done = invoke("atlas", folder, "--data", folder, "-o", tmp_path / "o", *arguments)
    assert done.exit_code == 1
    assert message in done.stderr
    assert not (tmp_path / "o").exists()


def test_a_former_atlas_survives_a_failed_run(invoke, folder, tmp_path) -> None:
    out = tmp_path / "public"
    assert invoke("atlas", folder, "--data", folder, "-o", out).exit_code == 0
    before = sorted(p.name for p in out.rglob("*"))
    (folder / "od.csv").unlink()
    assert invoke("atlas", folder, "--data", folder, "-o", out).exit_code == 1
    assert sorted(p.name for p in out.rglob("*")) == before


def test_a_folder_that_is_not_an_atlas_is_not_overwritten(invoke, folder, tmp_path) -> None:
    out = tmp_path / "precious"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    done = invoke("atlas", folder, "--data", folder, "-o", out)
    assert done.exit_code == 1
    assert [p.name for p in out.iterdir()] == ["thesis.txt"]


def test_usage_errors_exit_with_two(invoke) -> None:
    assert invoke("atlas").exit_code == 2
    assert invoke("atlas", "x", "--nonsense").exit_code == 2
    assert invoke("nonsense").exit_code == 2


def test_debug_shows_the_traceback_and_json_the_error(invoke, folder) -> None:
    (folder / "od.csv").unlink()
    done = invoke("atlas", folder, "--data", folder, "--debug")
    assert done.exit_code == 1
    assert "Traceback" in done.stderr
    done = invoke("atlas", folder, "--data", folder, "--json")
    assert json.loads(done.stdout)["error"] == "SourceError"


def test_messages_in_polish(invoke, folder, monkeypatch) -> None:
    monkeypatch.setenv("METROGIS_LANG", "pl")
    (folder / "od.csv").unlink()
    done = invoke("atlas", folder, "--data", folder)
    assert "warstwa 'od_flows', od.csv: nie ma takiego pliku" in done.stderr


def test_version(invoke) -> None:
    assert invoke("--version").output.startswith("metrogis 0.")


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        pytest.param("omggs", 58, marks=pytest.mark.long),
        pytest.param("som", 31, marks=pytest.mark.long),
    ],
)
def test_real_metropolises_become_an_atlas(invoke, shared, project, tmp_path, name, rows) -> None:
    out = tmp_path / "out"
    done = invoke(
        "atlas", project / "layers" / name, "--data", shared / "data" / name, "-o", out, "--json"
    )
    assert done.exit_code == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["results"]["functional_links"]["rows"]["municipalities"] == rows
    assert content["results"]["white_spots"]["rows"]["municipalities"] == rows
    missing = {s["layer"] for s in content["skipped"].values()}
    if name == "som":
        assert content["skipped"]["cycle_network"]["layer"] == "cycle_routes"
        assert "interchange_access" in content["results"]
    else:
        assert {"interchange_access", "cycle_network"} <= set(content["results"])
        assert "plan_validity" in content["results"]
        assert missing <= {
            "built_up", "corridors", "land_cover", "structure", "localities", "streets", "schools",
        }  # fmt: skip
    shutil.rmtree(out)


@pytest.mark.parametrize("module", ["metrogis", "metrogis.cli"])
def test_modules_run_as_the_command(module) -> None:
    done = subprocess.run([sys.executable, "-m", module, "--version"], capture_output=True,
                          text=True, check=True)  # fmt: skip
    assert done.stdout.startswith("metrogis ")
