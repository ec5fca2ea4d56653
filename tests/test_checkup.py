"""The report on the layers: ages, cover, joins, and how much checks will know at least."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import metrogis as mg
from metrogis import demo
from metrogis.checks.registry import get
from metrogis.checkup import Checkup, checkup, days_since
from metrogis.errors import MissingLayerError


@pytest.fixture(scope="module")
def report(demo_s: Path) -> Checkup:
    return checkup(mg.open_metro(demo_s), date(2025, 11, 13))


@pytest.mark.parametrize(
    ("text", "days"),
    [("2025-11-13", 0), ("2025-11", 0), ("2026", 0), ("2024", 317), ("2024-11-13", 365),
     ("2024-02", 623), ("", None), ("2024-13", None), ("2024-02-30", None), ("0000", None),
     ("2024-02-1", None), ("spring", None)],
)  # fmt: skip
def test_age_counts_from_the_last_day_that_a_date_names(text, days):
    assert days_since(text, date(2025, 11, 13)) == days


def test_a_year_to_the_day_is_not_old(demo_s: Path, report: Checkup):
    assert "population" not in report.old
    assert report.old[0].endswith("_before")
    later = checkup(mg.open_metro(demo_s), date(2025, 11, 14))
    assert "population" in later.old


def test_layers_are_told_by_source_cover_and_joins(report: Checkup):
    rows = report.layers.set_index("layer")
    assert (rows["state"] == "loaded").all()
    assert rows.loc["municipalities", "municipalities"] == 12
    # parts of three urban-rural municipalities stand beside their sums
    assert rows.loc["population_municipal", "elsewhere"] == 6
    assert rows.loc["coverage", "elsewhere"] == 0
    assert pd.isna(rows.loc["school_holidays", "municipalities"])
    assert rows.loc["plans", "known"] < 1
    assert rows.loc["cycle_routes", "known"] == 1
    assert len(report.cover) == 12
    assert (report.cover["population"] > 0).all()


def test_what_checks_cannot_know_is_a_range(report: Checkup):
    checks = report.checks.set_index("check")
    assert checks["runs"].all()
    assert (checks["unknown_low"] <= checks["unknown_high"]).all()
    plans = 1 - report.layers.set_index("layer").loc["plans", "known"]
    assert checks.loc["border_coherence", "unknown_low"] == pytest.approx(plans)
    assert checks.loc["functional_links", "unknown_high"] == 0
    assert "cycle_coverage" in checks.loc["cycle_network", "without"]


def test_the_answers_know_no_more_than_the_report_says(demo_s: Path, report: Checkup):
    """Land that the report calls unknown for sure is unknown in the check."""
    result = mg.open_metro(demo_s).check("border_coherence")
    evidence = result.evidence["plans"]
    shapes = np.asarray(result.municipalities.geometry)
    known = (evidence.known_share(shapes) * result.municipalities.area).sum()
    share = 1 - known / result.municipalities.area.sum()
    low = report.checks.set_index("check").loc["border_coherence", "unknown_low"]
    assert share >= low - 1e-9


def test_layers_that_do_not_fit_together_are_a_fault_of_the_checks_that_take_them(tmp_path: Path):
    folder = demo.build(tmp_path / "six", municipalities=6, people=60_000)
    table = pd.read_csv(folder / "coverage.csv", dtype=str)
    table.loc[0, "mode"] = "spaceship"
    table.to_csv(folder / "coverage.csv", index=False)
    found = checkup(mg.open_metro(folder))
    assert "spaceship" in found.faults["timetable"].text.en
    checks = found.checks.set_index("check")
    assert not checks.loc[["white_spots", "connections"], "runs"].any()
    assert "spaceship" in checks.loc["connections", "reason"].en
    assert np.isnan(checks.loc["connections", "unknown_high"])
    assert checks.loc["border_coherence", "runs"]


def test_a_check_that_needs_one_of_several_layers_says_so_before_anything_is_read(demo_s: Path):
    metro = mg.open_metro(demo_s)
    check = get("planned_links")
    with pytest.raises(MissingLayerError, match="needs cycle_routes, or investments"):
        check.require({"municipalities", "streets", "interchanges"}.__contains__)
    check.require({"municipalities", "streets", "rail_stations", "investments"}.__contains__)
    missing = {"plans", "planning_zones"}
    metro.reason = lambda name: mg.texts.both("none") if name in missing else None  # type: ignore[method-assign]
    assert metro.outlook()["border_coherence"] is not None
    missing.discard("planning_zones")
    assert metro.outlook()["border_coherence"] is None
