"""The documentation site: what its checks find, what its pages promise."""

from __future__ import annotations

import importlib
import importlib.util
import re
import tomllib
import typing
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

import metrogis
from metrogis.catalog import asking, fetching, origins
from metrogis.catalog.registry import LAYERS
from metrogis.cli import app


def script(project: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, project / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GOOD = """<html><head><link rel="stylesheet" href="a.css"><link rel="canonical" href="https://x.org">
<style>p { background: url("a.png") }</style></head><body id="top">
<a href="https://example.org/">out</a> <a href="#top">up</a> <a href="sub/b.html#here">b</a>
<a href="mailto:a@b.org">m</a> <a href="sub/">folder</a> <img src="data:image/png;base64,AA==">
<img srcset="a.png 1x, a.png 2x"> <a href="#__search">theme</a></body></html>"""


@pytest.fixture
def site(tmp_path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(GOOD)
    (tmp_path / "a.css").write_text("p { background: url(a.png) }")
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "sub" / "b.html").write_text(
        '<h2 id="here">B</h2><a href="/a.png">root</a><p id="map-panel">'
        '<a href="#layer=spots.cause&row=1">spot</a>'
    )
    (tmp_path / "sub" / "index.html").write_text("<p>")
    return tmp_path


def test_a_sound_site_has_no_fault(project, site) -> None:
    assert list(script(project, "check_site").faults(site)) == []


@pytest.mark.parametrize(
    "bad",
    [
        '<a href="c.html">',
        '<a href="#nowhere">',
        '<a href="#layer=spots.cause">',
        '<p id="map-panel"><a href="#spot=1">',
        '<a href="sub/b.html#there">',
        '<a href="../outside.html">',
        '<a href="javascript:alert(1)">',
        '<img src="b.png">',
        '<script src="https://cdn.example.org/x.js"></script>',
        '<script src="//cdn.example.org/x.js"></script>',
        '<link rel="preconnect" href="https://fonts.gstatic.com">',
        '<link rel="stylesheet" href="https://fonts.googleapis.com/css">',
        '<img srcset="../a.png 1x, https://example.org/b.png 2x">',
        '<p style="background: url(https://example.org/b.png)">',
        "<style>@import 'https://example.org/b.css';</style>",
        '<iframe src="HTTPS://example.org/"></iframe>',
        '<meta http-equiv="refresh" content="0; url=https://example.org/">',
        '<object data="https://example.org/"></object>',
        '<form action="https://example.org/"></form>',
    ],
)
def test_each_kind_of_fault_is_named_with_its_page(project, site, bad) -> None:
    (site / "sub" / "index.html").write_text(bad)
    found = list(script(project, "check_site").faults(site))
    assert len(found) == 1
    assert found[0].startswith("sub/index.html: ")


def test_a_style_sheet_that_asks_another_host_is_named(project, site) -> None:
    (site / "a.css").write_text("@font-face { src: url('https://fonts.gstatic.com/a.woff2') }")
    assert [f.split(":")[0] for f in script(project, "check_site").faults(site)] == ["a.css"]


def test_an_empty_site_is_a_fault(project, tmp_path) -> None:
    assert list(script(project, "check_site").faults(tmp_path))


def test_doctests_become_code_wherever_they_stand(project) -> None:
    pytest.importorskip("griffe")
    readable = script(project, "docs_examples").readable
    assert readable("A.\n\n>>> f([1])\n[1]") == "A.\n\n```pycon\n>>> f([1])\n[1]\n```"
    with_heading = "A.\n\nReturns\n-------\nint\n\nExamples\n--------\n>>> f(1)\n2"
    assert readable(with_heading).count("Examples") == 1
    assert readable("See :func:`~metrogis.run`.") == "See `metrogis.run`."


def test_every_page_of_the_menu_is_there_or_made(project) -> None:
    text = (project / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r": ([\w-]+\.md)$", text, re.M))
    made = {"index.md", "contributing.md", "gallery.md"}
    assert named - made == {path.name for path in (project / "docs").glob("*.md")}
    assert "font: false" in text  # else the theme asks for fonts of another host


def test_architecture_names_every_room_and_no_other(project) -> None:
    text = (project / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = set(re.findall(r"^\| `(metrogis[\w.]*)` \|", text, re.M))
    for name in re.findall(r"`(metrogis\.[a-z_.]+)`", text):
        importlib.import_module(name)
    folders = Path(metrogis.__file__).parent.glob("*/__init__.py")
    rooms = {f"metrogis.{path.parent.name}" for path in folders}
    # commands and texts are not rooms that data flow through
    assert rooms - {"metrogis.scripts"} <= table


def test_the_page_of_fetching_says_what_a_catalog_may(project, tmp_path) -> None:
    text = (project / "docs" / "fetching.md").read_text(encoding="utf-8")
    example = re.findall(r"```toml\n(.*?)```", text, re.S)[0]
    head = (
        '[metro]\nid = "poznan"\nname = "Poznań"\nbbox = [16.5, 52.1, 17.4, 52.7]\n'
        'date = "2026-01-01"\n[layers.municipalities]\ndriver = "vector"\npath = "a.gpkg"\n'
        'licence = "x"\nattribution = "y"\ndate = "2026"\n'
    )
    (tmp_path / "catalog.toml").write_text(head + example, encoding="utf-8")
    metro = metrogis.open_metro(tmp_path, data=tmp_path)
    assert [task.file for task in fetching.tasks(metro)] == [
        "protected_areas.gpkg", "streets.osm.pbf", "gtfs/city.zip", "gtfs/rail.zip"
    ]  # fmt: skip
    rows = dict(re.findall(r"^\| `(\w+)` \|.*?\| (.*?) \|$", text, re.M))
    union = typing.get_args(typing.get_args(origins.Origin)[0])
    kinds = {typing.get_args(k.model_fields["service"].annotation)[0]: k for k in union}
    assert set(rows) == set(kinds) == set(asking.SERVICES)
    shared = {"service", "url", *origins._Asked.model_fields}
    for name, kind in kinds.items():
        own = set(kind.model_fields) - shared
        assert own == set(re.findall(r"`(\w+)(?: = \S+)?`", rows[name])), name


@pytest.fixture
def page(project) -> str:
    return (project / "docs" / "own-metropolis.md").read_text(encoding="utf-8")


def test_the_table_of_layers_names_drivers_that_read_them(page) -> None:
    rows = re.findall(r"^\| (`\w+`.*?) \| (`.*?) \|", page, re.M)
    assert len(rows) == 8
    for layers, drivers in rows:
        for name in re.findall(r"\w+", layers):
            assert set(re.findall(r"`(\w+)`", drivers)) & set(LAYERS[name].drivers), name
    for name in re.findall(r"layers schema (\w+)`", page):
        assert name in LAYERS


def test_the_walk_through_works_as_it_stands(page, tmp_path, monkeypatch, capsys) -> None:
    """The files it names, its catalog, its commands, its lines of Python."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("METROGIS_DATA", raising=False)
    (tmp_path / "poznan").mkdir()
    (tmp_path / "data").mkdir()
    codes = ["3064011", "3021011", "3021022", "3021034"]
    gpd.GeoDataFrame(
        {"JPT_KOD_JE": codes, "JPT_NAZWA_": ["Poznań", "Luboń", "Puszczykowo", "Buk"]},
        geometry=[
            shapely.box(350000 + 9000 * i, 500000, 359000 + 9000 * i, 509000) for i in range(4)
        ],
        crs=2180,
    ).to_file(tmp_path / "data" / "gminy.gpkg")
    rows = [(a, b, 10 * (i + 1)) for i, a in enumerate(codes) for b in codes if a != b]
    pd.DataFrame(rows, columns=["skad", "dokad", "liczba"]).to_csv(
        tmp_path / "data" / "dojazdy.csv", index=False
    )
    catalog, *more = re.findall(r"```toml\n(.*?)```", page, re.S)
    assert set(tomllib.loads(catalog)["layers"]) == {"municipalities", "od_flows", "corridors"}
    (tmp_path / "poznan" / "catalog.toml").write_text("\n".join([catalog, *more]), encoding="utf-8")
    runner = CliRunner()
    for command in re.findall(r"```sh\nmetrogis (.*?)\n```", page):
        done = runner.invoke(app, command.split())
        assert done.exit_code == 0, (command, done.output)
    assert (tmp_path / "public" / "en" / "functional_links.html").is_file()
    assert len(pd.read_csv(tmp_path / "coverage.csv")) >= len(codes)
    exec(compile(re.search(r"```python\n(.*?)```", page, re.S)[1], "own-metropolis.md", "exec"), {})
    assert "Poznań" in capsys.readouterr().out
