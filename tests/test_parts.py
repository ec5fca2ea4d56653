"""A country cut into parts: nobody is lost at a border, and no name becomes a path."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from metrogis.atlas import Atlas
from metrogis.catalog import fetching, parts
from metrogis.catalog.parts import parts_of
from metrogis.checks import registry
from metrogis.checks.contract.parts import of_part
from metrogis.cli import app
from metrogis.errors import CatalogError, ParameterError, SchemaError
from metrogis.kept.packed import Packed
from metrogis.metro import open_metro
from metrogis.parts import largest_reach, split
from metrogis.report.start import summary_of

CODES = ("2201011", "2201022", "2202011", "3201011")


def country(**columns: Any) -> gpd.GeoDataFrame:
    """Four squares of 1 km in a row, with a gap of 2 km before the last."""
    return gpd.GeoDataFrame(
        {"teryt": CODES, "name": list("abcd"), **columns},
        geometry=shapely.box([0, 1e3, 2e3, 5e3], 0, [1e3, 2e3, 3e3, 6e3], 1e3),
        crs="EPSG:2180",
    )


def test_units_are_the_beginnings_of_codes():
    assert [(p.id, p.inner) for p in parts_of(country(), "county", 0)] == [
        ("2201", CODES[:2]), ("2202", CODES[2:3]), ("3201", CODES[3:]),
    ]  # fmt: skip
    by_voivodeship = parts_of(country(), "voivodeship", 0)
    assert [p.id for p in by_voivodeship] == ["22", "32"]
    assert by_voivodeship[0].title.get("pl") == "pomorskie"


@pytest.mark.parametrize(
    ("buffer", "around"),
    [(0.0, CODES[1:2]), (999.0, CODES[1:2]), (1000.0, CODES[:2]), (1999.0, CODES[:2]),
     (2000.0, (*CODES[:2], CODES[3]))],
)  # fmt: skip
def test_neighbours_within_the_buffer_are_read_with_a_part_its_edge_included(buffer, around):
    found = {p.id: p for p in parts_of(country(), "county", buffer)}
    assert found["2202"].around == around


HOSTILE = ["../../etc", "a/b", "..", "/", "\\\\host\\x", "con", "C:", "\u202egnp",
           "<img onerror=x>", "x\x00y", "A", "a", "\u0141\u00f3d\u017a", " ", "\u4e2d\u6587",
           "y" * 10_000, "'; --"]  # fmt: skip


@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=12), min_size=4, max_size=4))
def test_no_name_of_a_column_becomes_a_path_and_no_two_parts_share_a_folder(names):
    municipalities = country(region=names)
    if any(not name.strip() for name in names):
        with pytest.raises(SchemaError, match="without a value"):
            parts_of(municipalities, "region", 0)
        return
    found = parts_of(municipalities, "region", 0)
    ids = [part.id for part in found]
    assert len(set(ids)) == len({name.strip() for name in names})
    assert all(set(i) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") and 0 < len(i) <= 49
               for i in ids)  # fmt: skip
    assert sorted(code for part in found for code in part.inner) == sorted(CODES)


def test_what_cannot_be_is_refused():
    for buffer in (-1.0, np.nan, np.inf):
        with pytest.raises(ParameterError, match="buffer"):
            parts_of(country(), "county", buffer)
    with pytest.raises(ParameterError, match=r"no column.*region") as wrong:
        parts_of(country(), "region", 0)
    assert "name" in str(wrong.value.place)
    with pytest.raises(SchemaError, match="2202011"):
        parts_of(country(region=["x", "x", None, "y"]), "region", 0)


def test_every_column_of_every_check_says_how_far_layers_matter_for_it():
    for check in registry.CHECKS:
        for table, columns in check.columns.items():
            for name, column in columns.items():
                assert column.reach == "global" or column.reach >= 0, (check.id, table, name)
    assert largest_reach() == 20_000
    rank = registry.get("missing_links").columns["municipalities"]["best_rank"]
    assert rank.reach == "global"


@pytest.fixture
def demo_parts(demo_s, tmp_path) -> Path:
    split(open_metro(demo_s), "county", tmp_path / "layers", buffer=5_000)
    return tmp_path / "layers"


def test_parts_open_read_the_files_of_the_whole_and_are_not_fetched(
    demo_s, demo_parts, monkeypatch, tmp_path
):
    monkeypatch.setenv("METROGIS_DATA", str(tmp_path))  # the files are named, whatever it says
    whole = open_metro(demo_s)
    codes = set(whole["municipalities"]["teryt"])
    inner = []
    for folder in sorted(demo_parts.iterdir()):
        part = open_metro(folder)
        own = part.info.part
        assert sorted(part["municipalities"]["teryt"]) == sorted((*own.inner, *own.around))
        assert len(part["coverage"]) == len(whole["coverage"])
        inner += own.inner
        with pytest.raises(CatalogError, match="part of a country"):
            fetching.fetch(part)
    assert sorted(inner) == sorted(codes)
    assert not [p for p in demo_parts.iterdir() if p.name.startswith(".")]


def test_parts_are_written_all_or_none(demo_s, tmp_path, monkeypatch):
    out = tmp_path / "layers"
    (out / "9802").mkdir(parents=True)
    (out / "9802" / "mine.txt").write_text("mine")
    metro = open_metro(demo_s)
    with pytest.raises(CatalogError, match="9802"):
        split(metro, "county", out)
    assert [p.name for p in out.iterdir()] == ["9802"]

    rename, calls = Path.rename, []

    def fails(self: Path, target: Path) -> Path:
        calls.append(self)
        if self.name == "9861":
            raise OSError("the disk is full")
        return rename(self, target)

    monkeypatch.setattr(parts.Path, "rename", fails)
    with pytest.raises(OSError, match="disk"):
        split(metro, "county", out, force=True)
    monkeypatch.undo()
    assert [p.name for p in out.iterdir()] == ["9802"]
    assert (out / "9802" / "mine.txt").read_text() == "mine"
    split(metro, "county", out, force=True)
    assert sorted(p.name for p in out.iterdir()) == ["9801", "9802", "9861"]
    assert not (out / "9802" / "mine.txt").exists()


def test_parameters_and_groups_name_only_municipalities_that_are_read(demo_s, tmp_path):
    folder = tmp_path / "country"
    shutil.copytree(demo_s, folder)
    catalog = folder / "catalog.toml"
    text = catalog.read_text(encoding="utf-8")
    more = '[parameters.functional_links]\ncore = ["9861011", "9801011"]\n' \
           '[parameters.rail_access]\ncore = ["9801011"]\n'  # fmt: skip
    catalog.write_text(text + "\n" + more, encoding="utf-8")
    split(open_metro(folder), "county", tmp_path / "layers", buffer=0)
    east = open_metro(tmp_path / "layers" / "9861").catalog.parameters
    west = open_metro(tmp_path / "layers" / "9801").catalog.parameters
    assert set(east["functional_links"]["core"]) == {"9861011", "9801011"}
    assert west["functional_links"]["core"] == ["9861011", "9801011"]
    split(open_metro(folder), "name", tmp_path / "single", buffer=0)
    for part in (tmp_path / "single").iterdir():
        codes = set(open_metro(part).info.units)
        for values in open_metro(part).catalog.parameters.values():
            assert set(values.get("core", ())) <= codes


def equal(one: pd.Series, two: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(one) and pd.api.types.is_numeric_dtype(two):
        return np.isclose(one.astype(float), two.astype(float), rtol=1e-9, equal_nan=True)
    return np.array([a == b or (a is b) or bool(pd.isna(a) and pd.isna(b))
                     for a, b in zip(one, two, strict=True)])  # fmt: skip


def compare(check_id: str, whole: Any, part: Any) -> int:
    """Hold the local columns of a part's own municipalities against the undivided run."""
    inner, buffer = part.info.part.inner, part.info.part.buffer
    one, two = (m.check(check_id) for m in (whole, part))
    tables = [r.municipalities.set_index("teryt") for r in (one, two)]
    compared = 0
    for name, column in registry.get(check_id).columns["municipalities"].items():
        if name == "teryt" or column.reach == "global" or column.reach > buffer:
            continue
        if name in tables[0].columns:
            same = equal(tables[0].loc[inner, name], tables[1].loc[inner, name])
            assert same.all(), (check_id, name, part.info.id)
            compared += 1
    return compared


@pytest.mark.parametrize(
    "check_id", ["urban_form", pytest.param("border_coherence", marks=pytest.mark.long)]
)
def test_local_columns_of_inner_municipalities_are_those_of_the_undivided_run(
    check_id, demo_s, demo_parts
):
    whole = open_metro(demo_s)
    assert compare(check_id, whole, open_metro(demo_parts / "9802")) > 4


@pytest.mark.long
@pytest.mark.parametrize("unit", ["9801", "9802", "9861"])
def test_all_checks_of_parts_agree_with_the_undivided_run(unit, demo_s, tmp_path):
    whole, compared = open_metro(demo_s), 0
    for buffer in (5_000, largest_reach()):
        split(open_metro(demo_s), "county", tmp_path / f"{buffer:.0f}", buffer=buffer)
        part = open_metro(tmp_path / f"{buffer:.0f}" / unit)
        compared += sum(compare(check.id, whole, part) for check in registry.CHECKS)
    assert compared > 400


def test_global_columns_are_labelled_in_a_part_alone(demo_s, demo_parts):
    part, whole = open_metro(demo_parts / "9861"), open_metro(demo_s)
    result = part.check("border_gaps")
    crossings = result.check.columns["crossings"]
    assert crossings["rank"].label.en.endswith("(of this metro)")
    assert crossings["rank"].label.pl.endswith("(tej metropolii)")
    again = Packed.of(result).unpack(part)
    assert again.check.columns["crossings"]["rank"].label == crossings["rank"].label
    plain = whole.labelled(result.check.__class__ and registry.get("border_gaps"))
    assert "metro)" not in plain.columns["crossings"]["rank"].label.en
    assert of_part(plain).headlines == plain.headlines


def test_an_atlas_of_a_part_says_so(demo_s, demo_parts):
    part = Atlas(open_metro(demo_parts / "9861"), {})
    assert part.part_note.en.startswith("A part of: Amber Bay Metropolis (invented).")
    assert "5 km" in part.part_note.pl
    assert Atlas(open_metro(demo_s), {}).part_note is None


def test_a_start_page_counts_each_municipality_of_a_country_once(demo_parts):
    seen = 0
    for unit in ("9801", "9861"):
        part = open_metro(demo_parts / unit)
        atlas = Atlas(part, {"border_gaps": part.check("border_gaps")})
        shown = summary_of(atlas)
        own = len(part.info.part.inner)
        measures = shown["checks"]["border_gaps"]["measures"]
        assert shown["municipalities"] == own
        assert [m["of"] for m in measures.values()] == [own] * len(measures)
        seen += own
    assert seen == 8


@pytest.mark.long
def test_pages_of_a_part_say_so(demo_parts, tmp_path):
    import metrogis as mg

    atlas = mg.run(open_metro(demo_parts / "9861"), checks=["border_gaps"])
    atlas.publish(tmp_path / "public", languages=("pl", "en"))
    page = (tmp_path / "public" / "en" / "border_gaps.html").read_text(encoding="utf-8")
    assert "A part of: Amber Bay Metropolis (invented)" in page
    assert "(of this metro)" in page
    polish = (tmp_path / "public" / "pl" / "border_gaps.html").read_text(encoding="utf-8")
    assert "(tej metropolii)" in polish


def test_the_command_writes_parts_and_lists_them(demo_s, tmp_path, monkeypatch):
    monkeypatch.setenv("METROGIS_LANG", "en")
    arguments = ["layers", "split", str(demo_s), "--by", "county", "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert sorted(os.listdir(tmp_path / "out")) == ["9801", "9802", "9861"]
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 1
    wrong = CliRunner().invoke(app, [*arguments[:4], "nothing", *arguments[5:], "--force"])
    assert wrong.exit_code == 1
    assert json.loads(json.dumps(sorted(os.listdir(tmp_path / "out")))) == ["9801", "9802", "9861"]
