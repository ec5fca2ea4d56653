"""The QGIS project: groups, titles and styles of the pages; and what a real QGIS makes of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import metrogis as mg
from metrogis.checks.contract import DIRECTIONS
from metrogis.maps.layers import build
from metrogis.report import gpkg, packages, project, rasters

PACKAGE = "bay.gpkg.zip"
SCRIPT = Path(__file__).with_name("qgis_project.py")


def root_of(path: Path) -> ET.Element:
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
        assert name.endswith(".qgs")
        return ET.fromstring(archive.read(name))


def test_groups_layers_and_sources(synthetic: Any, tmp_path: Path) -> None:
    result = synthetic.result()
    paths = project.write([result], tmp_path, PACKAGE, {"pl": "Zatoka", "en": "Bay"})
    assert [path.name for path in paths] == ["bay.pl.qgz", "bay.en.qgz"]
    root = root_of(paths[1])
    assert root.find("title").text == "Bay"
    group = root.find("layer-tree-group/layer-tree-group")
    check = result.check
    assert group.get("name") == f"{check.direction} {DIRECTIONS[check.direction].en}"
    assert group.find("layer-tree-group").get("name") == check.title.en
    leaves = root.findall(".//layer-tree-layer")
    layers = {item.find("id").text: item for item in root.findall("projectlayers/maplayer")}
    assert sorted(leaf.get("id") for leaf in leaves) == sorted(layers)
    titles = [leaf.get("name") for leaf in leaves]
    assert [view.view.title.en for view in build(result)] == titles[: len(build(result))]
    assert leaves[-1].get("id") == "municipalities"
    for item in layers.values():
        source = item.find("datasource").text
        if item.get("type") == "vector":
            assert source.startswith(f"/vsizip/./{PACKAGE}/bay.gpkg|layername={check.id}_")
            assert item.find("renderer-v2") is not None
        else:
            assert source.startswith("./")


def test_names_of_users_are_data(synthetic: Any, tmp_path: Path) -> None:
    hostile = "<b>&\"'\x00\ud800]]>"
    (path,) = project.write([synthetic.result()], tmp_path, PACKAGE, {"en": hostile})
    assert root_of(path).find("title").text == "<b>&\"'\ufffd\ufffd]]>"


def test_same_atlas_gives_same_bytes(synthetic: Any, tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (path,) = project.write([synthetic.result()], tmp_path / name, PACKAGE, {"pl": "A"})
        made.append(path.read_bytes())
    assert made[0] == made[1]


# --------------------------------------------------------------------------- a real QGIS


def python_of_qgis() -> str:
    """Return a Python that can import QGIS; skip where there is none."""
    stated = os.environ.get("METROGIS_QGIS_PYTHON")
    for name in (stated, "/usr/bin/python3"):
        if name and shutil.which(name):
            asked = subprocess.run(
                [name, "-c", "import qgis.core"], capture_output=True, check=False, env=clean()
            )
            if asked.returncode == 0:
                return name
    pytest.skip("no QGIS at hand (python3-qgis; METROGIS_QGIS_PYTHON names its Python)")


def clean() -> dict[str, str]:
    """Return the environment without what points a Python at our packages."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "GDAL", "PROJ"))}
    return {**kept, "QT_QPA_PLATFORM": "offscreen"}


def test_real_qgis_opens_and_draws_every_layer_in_the_colours_of_the_page(tmp_path: Path) -> None:
    python = python_of_qgis()
    metro = mg.open_metro("demo")
    checks = [
        "functional_links",
        "corridor_conflicts",
        "connections",
        "border_gaps",
        "urban_growth",
    ]
    results = list(mg.run(metro, checks=checks).results.values())
    packages.write_package(results, tmp_path / PACKAGE, "pl", None)
    rasters.write_geotiff(results, tmp_path)
    (path,) = project.write(results, tmp_path, PACKAGE, {"pl": "Zatoka"})
    # both are moved: the project finds its data by a relative path
    moved = tmp_path.with_name("moved")
    shutil.move(tmp_path, moved)
    said = subprocess.run(
        [python, str(SCRIPT), str(moved / path.name)], capture_output=True, text=True, check=False,
        timeout=300, env={**clean(), "HOME": str(moved)},
    )  # fmt: skip
    line = next((x for x in said.stdout.splitlines() if x.startswith("FOUND ")), None)
    assert line is not None, said.stderr[-2000:]
    found = json.loads(line.removeprefix("FOUND "))
    assert found["opened"]
    assert found["title"] == "Zatoka"
    assert found["crs"] == f"EPSG:{metro.crs.to_epsg()}"
    drawn = {item["id"]: item for item in found["layers"]}
    wanted = {f"{r.check.id}_{n}": (r, v) for r in results for n, v in enumerate(build(r))}
    assert set(wanted) <= set(drawn)
    assert [item["id"] for item in drawn.values() if not item["valid"]] == []
    solid = 0
    for key, (result, layer) in wanted.items():
        item = drawn[key]
        assert item["path"][1:] == [result.check.title.pl, layer.view.title.pl]
        assert item["rows"] == len(result.tables[layer.view.table]), key
        legend = {label for label, _colour in item["legend"]}
        if layer.view.column is None:  # one symbol, which QGIS does not name
            legend |= {layer.classes[0].label.pl}
        assert {c.label.pl for c in layer.classes} <= legend | {"", *_halves(legend)}, key
        # what most rows are must be there to see, in the colour of the page
        main = layer.classes[int(layer.codes[layer.codes >= 0][0])] if len(layer.codes) else None
        seen = set(item["colours"]) - {"#ffffff"}
        assert seen or main is None, key
        # areas that are large enough have the very colours of the legend
        whole = layer.view.table == "municipalities"  # small patches are all outline
        if main is not None and layer.shape == "polygon" and whole and not main.hatch:
            shown = [layer.symbol(c) for c in layer.classes if not c.hatch]
            assert any(close(on_white(s), colour) for s in shown for colour in seen), key
            solid += 1
    assert solid > 3
    land = [item for key, item in drawn.items() if "_no_data_" in key]
    assert land
    assert gpkg.LAND_TITLE.pl in {item["name"] for item in land}


def on_white(symbol: Any) -> tuple[float, ...]:
    """Return the colour of an area as it looks on white paper."""
    parts = (int(symbol.fill[i : i + 2], 16) for i in (1, 3, 5))
    return tuple(255 - symbol.fill_opacity * (255 - part) for part in parts)


def close(wanted: tuple[float, ...], seen: str) -> bool:
    """Tell whether two colours differ by rounding only."""
    return all(
        abs(a - int(seen[i : i + 2], 16)) <= 2 for a, i in zip(wanted, (1, 3, 5), strict=True)
    )


def _halves(labels: set[str]) -> set[str]:
    """Return the parts of labels that stand for several classes."""
    return {part for label in labels for part in label.split(" / ")}
