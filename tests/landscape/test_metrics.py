from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from affine import Affine

from metrogis.errors import CRSError, ParameterError, SchemaError
from metrogis.landscape import metrics


def table(path: Path) -> pd.DataFrame:
    out = pd.read_csv(path, skipinitialspace=True)
    out.columns = out.columns.str.strip()
    for column in out.columns:
        if column not in ("LID", "TYPE"):
            out[column] = pd.to_numeric(out[column], errors="coerce")
    if "TYPE" in out:
        out["TYPE"] = out["TYPE"].str.strip().str.removeprefix("cls_").astype(int)
    return out


@pytest.fixture(scope="module")
def found(shared: Path) -> metrics.Metrics:
    return metrics.landscape(shared / "reference" / "landscape_metrics" / "landscape.tif")


# FRAGSTATS rounds the centroid (one cell: 0.5); ours follows the definition, tested by itself
OWN = {"GYRATE", "GYRATE_MN", "GYRATE_SD", "GYRATE_CV"}


def same(name: str, got: float, expected: float) -> bool:
    if math.isnan(expected):
        return math.isnan(got)
    # the file's circles have four digits before they are averaged
    digits = 1e-4 * max(1, abs(expected)) if name.startswith("CIRCLE") else 5.1e-5
    return got == pytest.approx(expected, abs=digits)


def test_every_landscape_metric(shared: Path, found: metrics.Metrics) -> None:
    expected = table(shared / "reference" / "landscape_metrics" / "landscape.land").iloc[0]
    wrong = {
        name: (found[name], value)
        for name, value in expected.drop("LID").items()
        if name not in OWN and not same(name, found[name], value)
    }
    assert wrong == {}
    assert set(found.landscape.index) == set(expected.index) - {"LID"}


def test_every_class_metric(shared: Path, found: metrics.Metrics) -> None:
    expected = table(shared / "reference" / "landscape_metrics" / "landscape.class")
    expected = expected.set_index("TYPE").drop(columns="LID")
    wrong = {
        (k, name): (found.classes.loc[k, name], value)
        for name, column in expected.items()
        for k, value in column.items()
        if name not in OWN and not same(name, found.classes.loc[k, name], value)
    }
    assert wrong == {}
    assert set(found.classes.columns) == set(expected.columns)


def test_every_patch_metric(shared: Path, found: metrics.Metrics) -> None:
    expected = table(shared / "reference" / "landscape_metrics" / "landscape.patch")
    names = [c for c in expected.columns if c not in ("LID", "PID", "TYPE", *OWN)]
    by = ["class", *names]
    left = expected.rename(columns={"TYPE": "class"}).sort_values(by)
    right = found.patch.round(4).sort_values(by)
    np.testing.assert_allclose(right[names], left[names], rtol=0, atol=1.01e-4)


def test_gyration_by_its_definition(found: metrics.Metrics) -> None:
    for row in found.patch.itertuples():
        cells = np.argwhere(found.labels == row.id)
        expected = np.hypot(*(cells - cells.mean(axis=0)).T).mean()
        assert pytest.approx(expected, abs=1e-12) == row.GYRATE


def test_single_class_and_no_data() -> None:
    whole = metrics.landscape(np.ones((3, 4)))
    assert whole["NP"] == 1
    assert whole["TE"] == 0
    assert whole["SHDI"] == 0
    assert math.isnan(whole["SHEI"])
    assert math.isnan(whole.classes.loc[1, "CLUMPY"])
    holes = metrics.landscape(np.array([[1, 1, 0, 2], [1, 1, 0, 2]]), nodata=0)
    assert holes["TE"] == 0  # classes meet nowhere
    assert holes["TA"] == pytest.approx(6e-4)
    assert [r.count for r in holes.audit] == [2]
    assert (holes.labels == 0).sum() == 2


def test_connectivity_and_cells_that_are_not_square() -> None:
    diagonal = np.array([[1, 2], [2, 1]])
    assert metrics.landscape(diagonal)["NP"] == 2
    assert metrics.landscape(diagonal, connectivity=4)["NP"] == 4
    wide = metrics.landscape((np.array([[1, 2]]), Affine(30, 0, 0, 0, -10, 0)), crs="EPSG:2180")
    assert wide["TE"] == 10
    assert wide.patch["PERIM"].tolist() == [80, 80]
    assert wide.patch["AREA"].tolist() == [0.03, 0.03]


def test_edge_depth() -> None:
    values = np.ones((7, 7))
    assert metrics.landscape(values, edge_depth=2)["TCA"] == pytest.approx(9e-4)
    assert metrics.landscape(values, edge_depth=0)["TCA"] == pytest.approx(49e-4)


@pytest.mark.parametrize(("side", "share"), [(25, 0.15), (250, 0.00015)])
def test_nearest_neighbour_equals_brute_force(side: int, share: float) -> None:
    rng = np.random.default_rng(6)
    values = rng.choice([1, 2], (side, side), p=[share, 1 - share])
    found = metrics.landscape(values)
    assert (found.patch["class"] == 1).sum() > 4
    for row in found.patch[found.patch["class"] == 1].itertuples():
        mine = np.argwhere(found.labels == row.id)
        others = np.argwhere((values == 1) & (found.labels != row.id))
        best = np.hypot(*(mine[:, None] - others[None]).transpose(2, 0, 1)).min()
        assert pytest.approx(best) == row.ENN


def test_bad_input() -> None:
    with pytest.raises(SchemaError):
        metrics.landscape(np.full((2, 2), np.nan))
    with pytest.raises(SchemaError):
        metrics.landscape(np.arange(1600.0).reshape(40, 40))
    with pytest.raises(ParameterError):
        metrics.landscape(np.ones((2, 2)), edge_depth=-1)
    with pytest.raises(CRSError):
        metrics.landscape(np.ones((2, 2)), crs="EPSG:4326")
