"""States side by side: verdicts, reasons, matching, publications. Results are drawn by hand."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hand_made import CODES, COLUMNS, CRS, outlines, result, verdicts
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import metrogis as mg
from metrogis.cli import app
from metrogis.comparison import VERDICTS, as_json, match, read, state_of
from metrogis.comparison.verdicts import tolerance
from metrogis.errors import ParameterError, SourceError
from metrogis.provenance import Source, attach


def test_the_columns_are_those_that_are_documented() -> None:
    table = mg.compare(result(), result()).table
    assert list(table.columns) == [
        "check", "teryt", "name", "measure", "unit", "old", "new", "change", "change_low",
        "change_high", "verdict", "reason", "detail", "due_parameter", "due_data",
    ]  # fmt: skip
    assert table["measure"].unique().tolist() == ["cut_off", "share", "form", "kind"]


@settings(max_examples=12)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e6) | st.just(float("nan")),
            st.floats(0, 1) | st.just(float("nan")),
            st.sampled_from([0.0, 0.25, 1.0]),
        ),
        min_size=3,
        max_size=3,
    )
)
def test_a_state_compared_with_itself_is_the_same_everywhere(rows: list[Any]) -> None:
    numbers = {"cut_off": [r[0] for r in rows], "share": [r[1] for r in rows],
               "unknown_share": [r[2] for r in rows]}  # fmt: skip
    one, other = result(**numbers), result(**numbers)  # equal content, not the same objects
    table = mg.compare(one, other).table
    assert set(table["verdict"]) == {"same"}
    assert set(table["reason"]) == {""}


@settings(max_examples=12)
@given(old=st.floats(0, 1e6), new=st.floats(0, 1e6))
def test_the_two_directions_of_a_comparison_are_opposite(old: float, new: float) -> None:
    a, b = result(cut_off=[old, 0, 0]), result(cut_off=[new, 0, 0])
    turned = {"improved": "worse", "worse": "improved", "same": "same"}
    assert verdicts(b, a, "cut_off")[0] == turned[verdicts(a, b, "cut_off")[0]]


def test_less_people_cut_off_is_better_and_a_form_is_better_up() -> None:
    old, new = result(), result(cut_off=[500.0, 1000.0, 2000.0], form=[0.9, 0.5, 0.1])
    assert verdicts(old, new, "cut_off") == ["improved", "same", "worse"]
    assert verdicts(old, new, "form") == ["improved", "same", "worse"]


def test_between_years_one_per_cent_and_at_most_a_hundred_people_are_no_change() -> None:
    old = result(cut_off=[1000.0, 50_000.0, 10.0])
    assert verdicts(old, result(cut_off=[1010.0, 50_100.0, 10.5]), "cut_off") == ["same"] * 3
    assert verdicts(old, result(cut_off=[1011.0, 50_101.0, 10.6]), "cut_off") == ["worse"] * 3


def test_of_a_scenario_only_rounding_is_no_change() -> None:
    column = COLUMNS["municipalities"]["cut_off"]
    numbers = np.array([1000.0, 50_000.0])
    assert tolerance(numbers, numbers, column, "scenario").tolist() == [0.5, 0.5]


def test_a_measure_without_a_good_direction_is_neither_better_nor_worse() -> None:
    table = mg.compare(result(), result(kind=[9.0, 3.0, 3.0])).table
    row = table[table["measure"] == "kind"].iloc[0]
    assert (row["verdict"], row["reason"], row["change"]) == ("unknown", "", 6.0)


def test_unknown_on_either_side_is_unknown() -> None:
    gone = result(form=[float("nan"), 0.5, 0.5])
    for old, new in ((result(), gone), (gone, result())):
        assert verdicts(old, new, "form") == ["unknown", "same", "same"]


def test_a_bound_is_better_only_if_its_worst_is_better_than_the_best_before() -> None:
    old = result(share=[0.5, 0.5, 0.5])
    # at least 10 %, and up to a half more: 0.1-0.6, 0.1-0.4, 0.1-0.9 (nearly nothing known)
    new = result(share=[0.1, 0.1, 0.1], unknown_share=[0.5, 0.3, 0.8])
    table = mg.compare(old, new).table
    rows = table[table["measure"] == "share"]
    assert rows["verdict"].tolist() == ["unknown", "improved", "unknown"]
    assert rows["reason"].tolist() == ["cover", "", "cover"]
    assert rows["change_low"].round(6).tolist() == [-0.4] * 3
    assert rows["change_high"].round(6).tolist() == [0.1, -0.1, 0.4]
    assert rows["change"].isna().all()


def test_people_of_unknown_state_follow_from_those_that_are_counted() -> None:
    new = result(cut_off=100.0, counted=8000.0, unknown_share=0.2)
    row = mg.compare(result(), new).table.iloc[0]
    assert (row["change_low"], row["change_high"]) == pytest.approx((-900.0, 1100.0))


def test_numbers_of_differing_known_parts_are_not_compared() -> None:
    half, most = result(unknown_share=0.5), result(unknown_share=0.1, form=0.9)
    table = mg.compare(half, most).table
    rows = table[table["measure"] == "form"]
    assert set(rows["verdict"]) == {"not_comparable"}
    assert set(rows["reason"]) == {"cover"}


def test_of_results_in_memory_a_changed_parameter_is_split_from_the_data() -> None:
    table = mg.compare(result(), result(cut_off=1500.0, factor=2.0)).table
    row = table[table["measure"] == "cut_off"].iloc[0]
    assert (row["old"], row["new"], row["change"]) == (1000.0, 3000.0, 2000.0)
    assert (row["due_parameter"], row["due_data"]) == (1000.0, 1000.0)
    assert (row["verdict"], row["reason"]) == ("worse", "parameter")
    only = mg.compare(result(), result(factor=2.0)).table
    assert set(only["verdict"]) == {"same"}
    assert "factor" in only["detail"].iloc[0].en


def test_of_publications_alone_a_changed_parameter_is_not_comparable(tmp_path: Path) -> None:
    old = result().to_gpkg(tmp_path / "old.gpkg")
    table = mg.compare(old, result(factor=2.0)).table
    assert set(table["verdict"]) == {"not_comparable"}
    assert set(table["reason"]) == {"parameter"}
    assert table["detail"].iloc[0].en == "factor is 1.0 before and 2.0 after"
    assert table["change"].isna().all()


def test_a_year_of_the_data_is_no_parameter() -> None:
    old, new = result(year_after=2024.0), result(year_after=2030.0)
    assert set(mg.compare(old, new).table["reason"]) == {""}


def test_another_version_of_the_method_is_not_comparable() -> None:
    old, new = (state_of([result()], name=n) for n in ("a", "b"))
    later = replace(new.checks["by_hand"], method_version=2, result=None)
    table = mg.compare(old, replace(new, checks={"by_hand": later})).table
    assert set(table["reason"]) == {"method"}
    assert set(table["verdict"]) == {"not_comparable"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, pd.DataFrame({"a": [1]})),
        (pd.DataFrame({"a": [1]}), None),
        (pd.DataFrame({"a": [1]}), gpd.GeoDataFrame(geometry=[shapely.Point(5e5, 6e5)], crs=CRS)),
    ],
)
def test_a_layer_there_in_one_state_only_or_of_another_form_is_not_comparable(
    old: Any, new: Any
) -> None:
    table = mg.compare(result(extra=old), result(extra=new)).table
    assert set(table["verdict"]) == {"not_comparable"}
    assert set(table["reason"]) == {"input"}
    assert "extra" in table["detail"].iloc[0].en


@pytest.mark.parametrize(
    ("old", "new", "alike"),
    [("GUS, 2021", "GUS, 2024", True), ("GUS", "GHSL", False), ("ZTM; ZKM", "ZKM", True)],
)
def test_makers_are_compared_without_years(old: str, new: str, alike: bool) -> None:
    layers = [
        attach(pd.DataFrame({"a": [1]}), Source("extra", attribution=maker)) for maker in (old, new)
    ]
    table = mg.compare(result(extra=layers[0]), result(extra=layers[1])).table
    assert (set(table["reason"]) == {""}) is alike


# --------------------------------------------------------------------------- municipalities


def test_a_municipality_that_became_a_town_is_the_same_one() -> None:
    new = ["2211023", *CODES[1:]]
    table = mg.compare(result(), result(new)).table
    assert set(table["verdict"]) == {"same"}
    assert table["teryt"].iloc[0] == "2211023"
    assert "2211021" in table["detail"].iloc[0].en


def test_a_code_is_matched_by_a_table_and_else_by_area() -> None:
    new = ["9999991", *CODES[1:]]
    old_land, new_land = outlines(CODES), outlines(new)
    states = [state_of([result(c, g)], name=c[0]) for c, g in ((CODES, old_land), (new, new_land))]
    assert [p.how for p in match(*states)] == ["area", "code", "code"]
    assert [p.how for p in match(*states, {"2211021": "9999991"})] == ["table", "code", "code"]


def test_codes_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("old;new;date\n2211021;9999991;2024-01-01\n", encoding="utf-8")
    table = mg.compare(result(), result(["9999991", *CODES[1:]]), codes=path).table
    assert "table" in table["detail"].iloc[0].en
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ParameterError, match="old"):
        mg.compare(result(), result(), codes=path)


def test_a_moved_boundary_is_not_comparable_and_so_is_what_has_no_counterpart() -> None:
    moved = outlines(CODES, [(0, 1200), (1200, 2000), (2000, 3000)])
    table = mg.compare(result(), result(land=moved)).table.set_index(["teryt", "measure"])
    assert table.loc[(CODES[0], "form"), "reason"] == "boundary"
    assert table.loc[(CODES[2], "form"), "verdict"] == "same"
    more = [*CODES, "2212011"]
    rows = mg.compare(result(), result(more)).table.set_index(["teryt", "measure"])
    assert rows.loc[("2212011", "form"), "verdict"] == "not_comparable"
    assert np.isnan(rows.loc[("2212011", "form"), "old"])


def test_a_split_municipality_is_compared_as_the_union_and_sums_alone() -> None:
    old = ["2211021", "2211032"]
    new = ["2213011", "2213022", "2211032"]
    cut = outlines(new, [(0, 400), (400, 1000), (1000, 2000)])
    table = mg.compare(
        result(old, cut_off=[1000.0, 5.0]), result(new, cut, cut_off=[300.0, 400.0, 5.0])
    ).table.set_index(["teryt", "measure"])
    union = table.loc[("2213011, 2213022", "cut_off")]
    assert (union["old"], union["new"], union["verdict"]) == (1000.0, 700.0, "improved")
    assert table.loc[("2213011, 2213022", "share"), "reason"] == "boundary"
    merged = mg.compare(result(new, cut), result(old)).table
    assert merged["teryt"].iloc[0] == "2211021"
    assert merged["old"].iloc[0] == 2000.0


@settings(max_examples=5)
@given(st.permutations(CODES))
def test_the_order_of_municipalities_does_not_matter(order: list[str]) -> None:
    land = outlines(CODES).set_index("teryt").loc[order].reset_index()
    table = mg.compare(result(), result(order, land, cut_off=2000.0)).table
    rows = table[table["measure"] == "cut_off"]
    assert rows["teryt"].tolist() == order
    assert set(rows["verdict"]) == {"worse"}


# --------------------------------------------------------------------------- totals, series


def test_a_total_is_of_what_is_known_in_both_and_needs_most_of_it() -> None:
    summary = mg.compare(result(), result(cut_off=[500.0, 900.0, 1300.0])).summary("en").iloc[0]
    assert (summary["old"], summary["new"], summary["change"]) == (3000.0, 2700.0, -300.0)
    assert (summary["gained"], summary["lost"], summary["verdict"]) == (300.0, 600.0, "improved")
    assert (summary["improved"], summary["worse"], summary["n"], summary["of"]) == (2, 1, 3, 3)
    lost = mg.compare(result(), result(cut_off=[500.0, 900.0, float("nan")])).summary("en").iloc[0]
    assert (lost["verdict"], lost["n"], lost["of"]) == ("not_comparable", 2, 3)


def test_three_states_are_a_series_of_neighbours_and_first_against_last() -> None:
    years = [result(cut_off=n) for n in (1000.0, 2000.0, 500.0)]
    found = mg.compare(*years)
    assert [s.table["verdict"].iloc[0] for s in found.steps] == ["worse", "improved"]
    assert found.table["verdict"].iloc[0] == "improved"
    assert found.values_over("by_hand", "cut_off", found.whole.pairs[0]) == [1000.0, 2000.0, 500.0]
    series = found.series[found.series["measure"] == "cut_off"]
    assert series.groupby("state", sort=False)["value"].first().tolist() == [1000.0, 2000.0, 500.0]


def test_one_state_is_not_enough_and_a_number_is_none() -> None:
    with pytest.raises(ParameterError):
        mg.compare(result())
    with pytest.raises(ParameterError, match="int"):
        mg.compare(result(), 3)


# --------------------------------------------------------------------------- publications


def test_a_state_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    numbers = {"cut_off": [1 / 3, float("nan"), 1e6], "unknown_share": [0.0, 0.3, 1.0]}
    own = result(**numbers)
    path = own.to_gpkg(tmp_path / "own.gpkg")
    here, there = state_of([own], name="own"), read(path)
    written = json.loads(json.dumps(as_json(here)))
    assert json.loads(json.dumps(as_json(there)))["checks"] == written["checks"]
    assert there.shapes is not None
    assert set(mg.compare(path, own).table["verdict"]) == {"same"}


def test_outlines_and_numbers_are_read_from_a_packed_file_too(tmp_path: Path) -> None:
    own = result()
    packed = tmp_path / "by_hand.gpkg.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(own.to_gpkg(tmp_path / "by_hand.gpkg"), "by_hand.gpkg")
    here = {"state": as_json(state_of([own], name="own"))}
    (tmp_path / "atlas.json").write_text(json.dumps(here), encoding="utf-8")
    (tmp_path / "downloads").mkdir()
    packed.rename(tmp_path / "downloads" / packed.name)
    for place in (tmp_path, tmp_path / "downloads" / packed.name):
        state = read(place)
        assert state.shapes is not None
        assert state.shapes.geom_equals(gpd.GeoSeries(own.municipalities.geometry)).all()
        assert set(mg.compare(place, own).table["verdict"]) == {"same"}


@pytest.mark.parametrize("content", ["{}", "no json", '{"state": {"schema": 99}}', '{"state": {}}'])
def test_a_publication_that_says_too_little_is_one_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "atlas.json").write_text(content, encoding="utf-8")
    with pytest.raises(SourceError) as error:
        read(tmp_path)
    assert error.value.remedy is not None
    with pytest.raises(SourceError):
        read(tmp_path / "nothing")


def test_pages_and_files_of_a_comparison(tmp_path: Path) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    land = outlines(CODES).assign(name=[hostile, "=1+1", "Jastarnia"])
    old, new = result(land=land), result(cut_off=[1.0, 9000.0, float("nan")], land=land)
    folder = tmp_path / "change"
    index = mg.compare(old, new).publish(folder)
    assert index == folder / "index.html"
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert {"compare.json", "change.csv", "change.pl.csv", "change.gpkg", "pl/by_hand.html",
            "en/by_hand.html", "pl/gminy/2211021.html", "pl/methods.html"} <= names  # fmt: skip
    for page in folder.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert hostile not in text
        assert 'http-equiv="Content-Security-Policy"' in text
        assert "style=" not in text
        assert 'src="http' not in text
    content = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
    assert sorted(names - {"compare.json"}) == content["files"]
    verdicts_there = [row["verdict"] for row in content["table"] if row["measure"] == "cut_off"]
    assert verdicts_there == ["improved", "worse", "unknown"]
    layer_there = gpd.read_file(folder / "change.gpkg", layer="change_by_hand")
    assert layer_there["cut_off_change"].iloc[0] == -999.0
    page = (folder / "en" / "by_hand.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 2
    assert "-unknown)" in page  # hatched, not drawn as no change
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    mg.compare(old, old).publish(folder)  # replaced; what the user put there stays
    assert (folder / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_verdicts_are_those_that_are_documented() -> None:
    assert VERDICTS == ("improved", "worse", "same", "unknown", "not_comparable")


def test_the_command_compares_publications(tmp_path: Path) -> None:
    paths = [str(result(cut_off=n).to_gpkg(tmp_path / f"{n:.0f}.gpkg")) for n in (1000.0, 100.0)]
    call = ["compare", *paths, "-o", str(tmp_path / "change"), "--json", "--lang", "en"]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["verdicts"]["improved"] == 3
    assert told["states"] == ["1000.gpkg", "100.gpkg"]
    assert (tmp_path / "change" / "index.html").is_file()
