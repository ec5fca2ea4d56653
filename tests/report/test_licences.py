"""Licences are rules: no file of an atlas holds what may not be passed on, its pages say why."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.checks.contract import Result, Taken
from metrogis.maps import assets
from metrogis.provenance import Source, redistribution_of
from metrogis.report import site
from metrogis.report.licences import publishable
from metrogis.texts import Text

CANARY = "Kanarkowa-7f3a"
RULES = ("yes", "derived", "no")


def told(synthetic: Any, rule: str, taken: dict[str, Taken], **more: Any) -> Result:
    """The synthetic result, whose stops have a name that is nowhere else."""
    result = synthetic.result()
    stops = result.features["stops"].copy()
    stops["name"] = CANARY
    check = replace(result.check, taken=taken)
    sources = (result.provenance[0], Source("cells", licence="own <b>", redistribute=rule))
    audit = result.audit.add("cells", "dropped", 1, Text("a", "a"), [CANARY])
    return replace(
        result,
        check=check,
        features={**result.features, "stops": stops},
        provenance=sources,
        audit=audit,
        **more,
    )


@pytest.fixture
def no_leaflet(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("leaflet")
    for name in assets.LEAFLET.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("//", encoding="utf-8")
    monkeypatch.setattr(assets, "obtain", lambda package=assets.LEAFLET: folder)


def everything(folder: Path) -> dict[str, bytes]:
    """Every file of an atlas, those inside archives too."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    found |= {f"{path.name}/{n}": archive.read(n) for n in archive.namelist()}
    return found


@pytest.mark.usefixtures("no_leaflet")
@pytest.mark.parametrize(
    ("rule", "as_what"),
    [
        ("derived", "rows"),
        ("derived", "names"),
        ("no", "parts"),
        ("no", "names"),
        ("no", "undeclared"),
    ],
)
def test_no_file_holds_what_may_not_be_passed_on(
    synthetic: Any, tmp_path: Path, rule: str, as_what: str
) -> None:
    free = {name: Taken() for name in ("cells", "links", "current")}
    declared = {
        "rows": Taken(rows=("cells",)),
        "parts": Taken(parts=("cells",)),
        "names": Taken(names={"name": ("cells",)}),
    }
    taken = {**free, "stops": declared[as_what]} if as_what in declared else {}
    made = synthetic.atlas()
    made.results = {"test_check": told(synthetic, rule, taken)}
    site.publish(made, tmp_path / "out", languages=["en"])
    files = everything(tmp_path / "out")
    holding = sorted(name for name, content in files.items() if CANARY.encode() in content)
    kept = rule == "no" or (rule == "derived" and as_what in ("rows", "undeclared"))
    if rule == "no":
        assert not holding
    elif kept:
        # the counts of the audit keep their examples where results may be passed on
        assert not [n for n in holding if n.endswith((".csv", ".js", ".tif")) or "stops" in n]
    else:
        assert any(name.endswith(".csv") for name in holding)
    page = (tmp_path / "out/en/test_check.html").read_text(encoding="utf-8")
    assert ('id="kept-back"' in page) is kept
    if kept:  # the reason names layer and licence, as text
        part = page[page.index('id="kept-back"') :].split("</ul>")[0]
        assert "layer cells" in part
        assert "own &lt;b&gt;" in part
        assert 'href="#kept-back"' in page.split('id="kept-back"')[0]


def test_outlines_of_municipalities_that_may_not_be_passed_on_are_not_drawn(synthetic: Any) -> None:
    result = synthetic.result()
    sources = (replace(result.provenance[0], redistribute="no"), *result.provenance[1:])
    made = publishable(replace(result, provenance=sources))
    assert made.municipalities.geometry.isna().all()
    assert made.municipalities["teryt"].tolist() == result.municipalities["teryt"].tolist()
    assert [k.table for k in made.kept_back] == ["municipalities"]


@given(rules=st.tuples(*[st.sampled_from(RULES)] * 3))
@settings(max_examples=30, deadline=None)
def test_a_stricter_rule_never_publishes_more(synthetic: Any, rules: tuple[str, ...]) -> None:
    taken = {
        "stops": Taken(rows=("a",), names={"name": ("c",)}),
        "links": Taken(parts=("b",), rows=("c",)),
        "cells": Taken(names={"state": ("a",)}),
        "current": Taken(parts=("a",)),
    }

    def shown(some: tuple[str, ...]) -> set[tuple[str, str]]:
        result = synthetic.result()
        sources = tuple(Source(n, redistribute=r) for n, r in zip("abc", some, strict=True))
        check = replace(result.check, taken=taken)
        made = publishable(replace(result, check=check, provenance=sources))
        cells = {
            (name, column)
            for name, table in made.tables.items()
            for column in table.columns
            if table[column].notna().any()
        }
        return cells | {("raster", name) for name in made.rasters}

    now = shown(rules)
    for i, rule in enumerate(rules):
        for stricter in RULES[RULES.index(rule) :]:
            assert shown((*rules[:i], stricter, *rules[i + 1 :])) <= now
    if set(rules) == {"yes"}:
        assert publishable(synthetic.result()).kept_back == ()


@pytest.mark.parametrize(
    ("licence", "rule"),
    [
        ("CC BY 4.0", "yes"),
        ("ODbL 1.0", "yes"),
        ("PRG: open data", "yes"),
        ("CC BY-NC 4.0", "no"),
        ("CC BY (ZTM Gdansk), ODbL (OSM): not to be passed on", "no"),
        ("permit 12/2024", "derived"),
    ],
)
def test_a_licence_whose_rule_is_not_said_is_read_carefully(licence: str, rule: str) -> None:
    assert redistribution_of(licence) == rule


@pytest.mark.usefixtures("no_leaflet")
@pytest.mark.parametrize("licence", ["ODbL 1.0", "MIT"])
def test_openstreetmap_is_named_on_a_map_that_holds_it(
    synthetic: Any, tmp_path: Path, licence: str
) -> None:
    made = synthetic.atlas()
    result = made.results["test_check"]
    sources = (result.provenance[0], Source("cells", licence=licence))
    made.results = {"test_check": replace(result, provenance=sources)}
    site.publish(made, tmp_path / "out", languages=["en"])
    texts = b"".join(c for n, c in everything(tmp_path / "out").items() if re.match("maps/.*js", n))
    assert (b"OpenStreetMap" in texts) is (licence != "MIT")
