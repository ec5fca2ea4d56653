from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

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


# ------------------------------------------------------------------- the ten of the methods

CELL = (20.0, 30.0)


def flood(mask: np.ndarray, steps: list[tuple[int, int]]) -> list[int]:
    """Sizes of the patches of a mask, by walking through each."""
    left, sizes = {tuple(rc) for rc in np.argwhere(mask).tolist()}, []
    while left:
        stack, size = [left.pop()], 0
        while stack:
            r, c = stack.pop()
            size += 1
            for a, b in steps:
                if (r + a, c + b) in left:
                    left.remove((r + a, c + b))
                    stack.append((r + a, c + b))
        sizes.append(size)
    return sizes


def brute(values: np.ndarray, connectivity: int) -> tuple[dict[str, float], dict[int, dict]]:
    """The metrics by their definitions; NaN is outside."""
    steps = [(0, 1), (1, 0), (0, -1), (-1, 0)]
    if connectivity == 8:
        steps += [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    ha = CELL[0] * CELL[1] / 1e4
    known = ~np.isnan(values)
    total = known.sum() * ha
    classes: dict[int, dict] = {}
    every: list[float] = []
    lengths = 0.0
    for k in np.unique(values[known]):
        areas = np.array(flood(values == k, steps)) * ha
        every += areas.tolist()
        edge = 0.0
        for a, b, side in ((0, 1, CELL[1]), (1, 0, CELL[0])):
            one = values[: values.shape[0] - a, : values.shape[1] - b]
            two = values[a:, b:]
            other = ~np.isnan(one) & ~np.isnan(two) & (one != two)
            edge += side * (other & ((one == k) | (two == k))).sum()
        lengths += edge
        share = areas.sum() / total
        classes[int(k)] = {
            "CA": areas.sum(), "PLAND": 100 * share, "NP": len(areas),
            "LPI": 100 * areas.max() / total, "TE": edge, "ED": edge / total,
            "DIVISION": 1 - ((areas / total) ** 2).sum(),
            "SPLIT": total**2 / (areas**2).sum(), "MESH": (areas**2).sum() / total,
        }  # fmt: skip
    p = np.array([c["PLAND"] / 100 for c in classes.values()])
    all_areas = np.array(every)
    out = {
        "TA": total, "NP": len(every), "LPI": 100 * max(every) / total, "TE": lengths / 2,
        "ED": lengths / 2 / total, "PR": len(p), "SHDI": -(p * np.log(p)).sum(),
        "SHEI": -(p * np.log(p)).sum() / math.log(len(p)) if len(p) > 1 else math.nan,
        "DIVISION": 1 - ((all_areas / total) ** 2).sum(),
        "SPLIT": total**2 / (all_areas**2).sum(), "MESH": (all_areas**2).sum() / total,
    }  # fmt: skip
    return out, classes


def agree(found: pd.Series, expected: dict[str, float]) -> None:
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-12, abs=1e-12, nan_ok=True), name


@given(st.integers(0, 100_000), st.sampled_from([4, 8]))
@settings(max_examples=40)
def test_landscape_and_units_equal_the_definitions(seed: int, connectivity: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 14, 2)
    values = rng.choice([2.0, 5.0, 7.0, np.nan], (rows, columns), p=[0.5, 0.3, 0.15, 0.05])
    unit = np.repeat(rng.integers(0, 4, columns)[None], rows, axis=0)
    unit[rng.random(unit.shape) < 0.1] = 1
    reading = {"cell_size": CELL, "connectivity": connectivity}
    if not np.isnan(values).all():
        whole = metrics.landscape(values, **reading)
        expected, classes = brute(values, connectivity)
        agree(whole.landscape, expected)
        for k, row in classes.items():
            agree(whole.classes.loc[k], row)
    found = metrics.by_unit(values, unit, 4, **reading)
    assert found.units.index.tolist() == [1, 2, 3, 4]
    for n in range(1, 5):
        own = np.where(unit == n, values, np.nan)
        if np.isnan(own).all():
            assert found.units.loc[n].isna().all()
            assert n not in found.classes.index.get_level_values("unit")
            continue
        expected, classes = brute(own, connectivity)
        agree(found.units.loc[n], expected)
        assert found.classes.loc[n].index.tolist() == list(classes)
        for k, row in classes.items():
            agree(found.classes.loc[(n, k)], row)


def test_units_of_the_reference_landscape(shared: Path, found: metrics.Metrics) -> None:
    path = shared / "reference" / "landscape_metrics" / "landscape.tif"
    one = metrics.by_unit(path, np.ones((30, 30), int), 1)
    row = one.units.loc[1]
    assert row["NP"] == 28
    assert [round(row[n], 4) for n in ("SHDI", "SHEI", "DIVISION", "SPLIT", "MESH")] == [
        1.0092, 0.9186, 0.8958, 9.5926, 0.0094,
    ]  # fmt: skip
    assert (row["TE"], round(row["ED"], 2)) == (340, 3777.78)
    first = one.classes.loc[(1, 1)]
    assert first["NP"] == 9
    assert [round(first[n], 4) for n in ("PLAND", "LPI")] == [20.4444, 8.8889]
    np.testing.assert_allclose(one.classes.loc[1]["MESH"], found.classes["MESH"], rtol=1e-12)


def test_units_take_every_kind_of_raster() -> None:
    unit = np.ones((2, 2), int)
    for values in (np.eye(2, dtype=bool), np.eye(2, dtype=np.uint8), np.eye(2, dtype=np.int16)):
        assert metrics.by_unit(values, unit, 1).classes["NP"].tolist() == [1, 1]
    with pytest.raises(SchemaError):
        metrics.by_unit(np.eye(3), unit, 1)
    with pytest.raises(ParameterError):
        metrics.by_unit(np.eye(2), unit, 1, connectivity=6)
