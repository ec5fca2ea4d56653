"""The rules of verdicts at their edges, and what is never said of what is not known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hand_made import CODES, CRS, outlines, result

import metrogis as mg
from metrogis.checks.contract import Column
from metrogis.comparison import match, state_of
from metrogis.comparison.verdicts import judge
from metrogis.i18n import both
from metrogis.report.change.views import Views, counts_of


def rows(old: Any, new: Any, measure: str) -> pd.DataFrame:
    table = mg.compare(old, new).table
    return table[table["measure"] == measure].reset_index(drop=True)


@pytest.mark.parametrize(
    ("before", "after", "compared"),
    [(1.0, 0.95, True), (0.95, 1.0, True), (0.9, 0.85, True), (1.0, 0.949, False)],
)
def test_known_shares_may_differ_by_five_points_and_no_more(
    before: float, after: float, compared: bool
) -> None:
    old, new = result(unknown_share=1 - before), result(unknown_share=1 - after)
    said = rows(old, new, "form")
    assert set(said["verdict"]) == {"same" if compared else "not_comparable"}


@pytest.mark.parametrize("base", [0.001, 0.01, 0.03, 0.04])
def test_half_of_the_last_digit_shown_is_no_change(base: float) -> None:
    table = rows(result(share=base), result(share=base + 0.0005), "share")
    assert set(table["verdict"]) == {"same"}
    assert set(rows(result(share=base), result(share=base + 0.00051), "share")["verdict"]) == {
        "worse"
    }


def test_what_cannot_be_compared_has_no_change_under_another_rule_either() -> None:
    moved = outlines(CODES, [(0, 1200), (1200, 2000), (2000, 3000)])
    table = rows(result(), result(land=moved, factor=2.0), "cut_off")
    assert table["verdict"].tolist() == ["not_comparable", "not_comparable", "same"]
    for name in ("change", "change_low", "change_high", "due_parameter", "due_data"):
        assert table[name].notna().tolist() == [False, False, True], name
    bounds = rows(result(), result(factor=2.0, unknown_share=0.2), "cut_off")
    assert bounds["change"].isna().all()
    assert (bounds["change_low"] < bounds["change_high"]).all()


def test_a_change_without_a_good_direction_is_one_under_another_rule_too(tmp_path: Path) -> None:
    table = rows(result(), result(factor=2.0, kind=[9.0, 1.0, 3.0]), "kind")
    assert table["reason"].tolist() == ["parameter"] * 3
    counts = counts_of(table)
    assert (counts["changed"], counts["unknown"], counts["same"]) == (2, 0, 1)
    made = mg.compare(result(), result(factor=2.0, kind=[9.0, 1.0, 3.0]))
    views = Views(made, None)
    assert [views.row("by_hand", "kind", i, "en").word for i in range(3)] == [
        "changed", "changed", "no change",
    ]  # fmt: skip
    assert "2 answers have changed" in views.headline("en")
    labels = [row.label for section in views.sections("en") for row in section.rows]
    assert "kind (changed in 2: neither direction is better)" in labels


def test_two_numbers_without_limit_are_the_same() -> None:
    old, new = result(kind=[np.inf, np.inf, 1.0]), result(kind=[np.inf, 1.0, np.inf])
    assert rows(old, new, "kind")["change"].tolist() == [0.0, -np.inf, np.inf]
    assert rows(old, new, "kind")["verdict"].iloc[0] == "same"
    drawn = Views(mg.compare(old, new), None).measures("by_hand", "en")[-1].slopes
    assert "nan" not in str(drawn).casefold()


def test_a_total_of_bounds_is_no_number() -> None:
    new = result(cut_off=500.0, counted=8000.0, unknown_share=0.2)
    made = mg.compare(result(), new)
    summary = made.summary("en").iloc[0]
    assert np.isnan(summary["change"])
    assert summary["verdict"] == "unknown"
    assert (summary["change_low"], summary["change_high"]) == pytest.approx((-1500.0, 4500.0))
    text = Views(made, None).total("by_hand", "cut_off", "en")
    assert "3,000" in text
    assert "≥ 1,500" in text
    assert "between" in text
    assert "gained" not in text


def test_a_total_has_the_tolerance_of_one_number() -> None:
    for grown, said in ((30.0, "same"), (31.0, "worse"), (-31.0, "improved")):  # 1% of 3,030: 30.3
        new = result(cut_off=[1000.0 + grown, 1000.0, 1000.0])
        assert mg.compare(result(), new).summary("en")["verdict"].iloc[0] == said


def test_a_mean_is_never_added_whatever_its_unit() -> None:
    old_codes, new_codes = ["2211021", "2211032"], ["2213011", "2213022", "2211032"]
    cut = outlines(new_codes, [(0, 400), (400, 1000), (1000, 2000)])
    states = [state_of([r], name=n) for n, r in (
        ("a", result(old_codes)), ("b", result(new_codes, cut)))]  # fmt: skip
    pairs = match(*states)
    checks = [state.checks["by_hand"] for state in states]
    for adds, found in ((True, 2000.0), (False, None)):
        column = Column(both("mesh"), unit="ha", adds=adds, good="up")
        old, new = (replace(c, columns={"cut_off": column}) for c in checks)
        said = judge(old, new, "cut_off", pairs)
        union = [p.how for p in pairs].index("union")
        if found is None:
            assert said.verdict[union] == "not_comparable"
            assert np.isnan(said.new[union])
        else:
            assert said.new[union] == found


def points(n: int) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.Point(5e5, 6e5)] * n, crs=CRS)


def test_a_layer_without_rows_has_the_form_of_the_other() -> None:
    for old, new in ((points(0), points(2)), (points(2), points(0))):
        assert set(mg.compare(result(extra=old), result(extra=new)).table["verdict"]) == {"same"}
    raster_like = pd.DataFrame({"a": [1]})
    table = mg.compare(result(extra=points(0)), result(extra=raster_like)).table
    assert set(table["reason"]) == {"input"}


def test_a_measure_of_one_state_only_is_unknown_or_of_another_method(tmp_path: Path) -> None:
    old, new = (state_of([result()], name=n) for n in ("a", "b"))
    check = new.checks["by_hand"]
    rest = {name: column for name, column in check.columns.items() if name != "form"}
    less = replace(check, columns=rest, result=None)
    for version, verdict, reason in ((1, "unknown", "input"), (2, "not_comparable", "method")):
        state = replace(new, checks={"by_hand": replace(less, method_version=version)})
        for one, other in ((old, state), (state, old)):
            said = rows(one, other, "form")
            assert said["verdict"].tolist() == [verdict] * 3
            assert said["reason"].tolist() == [reason] * 3
            assert said["change"].isna().all()
            assert mg.compare(one, other).publish(tmp_path / "change").is_file()
