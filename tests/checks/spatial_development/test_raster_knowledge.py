"""Taking cells away from a raster never turns unknown into no, nor one certain number into another.

A number is certain unless its column says otherwise: a bound, a figure of what is known, or a sum
whose companion says how much it speaks of (:class:`metrogis.checks.contract.Column`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from metrogis import population
from metrogis.checks.contract import Result
from metrogis.checks.spatial_development.corridor_connectivity.check import corridor_connectivity
from metrogis.checks.spatial_development.urban_form.check import urban_form
from metrogis.checks.spatial_development.urban_growth.check import urban_growth
from metrogis.landscape import grid
from metrogis.landscape.grid import Grid

SIZE, SIDE = 100.0, 24
PLACE = Affine(SIZE, 0, 0, 0, -SIZE, SIZE * SIDE)
HORIZON = 500.0
STRICT = {"dis", "up", "wup"}
"""Of what is known beyond the municipalities; unknown, or the same, where cells of theirs go."""
YEARS = {"year_before": 2012, "year_after": 2022}


def municipalities() -> gpd.GeoDataFrame:
    """Four municipalities of 8 x 8 cells, with land of nobody around them."""
    corners = [(400, 400), (1200, 400), (400, 1200), (1200, 1200)]
    return gpd.GeoDataFrame(
        {"teryt": [f"22610{i}1" for i in range(4)], "name": list("ABCD")},
        geometry=[box(x, y, x + 800, y + 800) for x, y in corners],
        crs=2180,
    )


def raster(values: Any) -> Grid:
    return grid.read(np.asarray(values), transform=PLACE, crs=2180)


_rng = np.random.default_rng(5)
BEFORE = (_rng.random((SIDE, SIDE)) < 0.25).astype(np.uint8)
AFTER = np.maximum(BEFORE, _rng.random((SIDE, SIDE)) < 0.15).astype(np.uint8)
COVER = _rng.choice([211, 312, 112], (SIDE, SIDE), p=[0.5, 0.4, 0.1]).astype(np.int16)
PEOPLE = population.from_raster(
    np.repeat(_rng.integers(1, 30, (12, 12)), 1, axis=0).astype(float),
    transform=Affine(200, 0, 0, 0, -200, SIZE * SIDE), crs=2180,
)  # fmt: skip
PEOPLE_BEFORE = PEOPLE.assign(population=PEOPLE["population"] * 0.8)
ZONES = gpd.GeoDataFrame(
    {"symbol": ["SJ", "SO", "SO", "SO", "SO"], "label": list("12345")},
    geometry=[box(700, 400, 900, 1200), box(400, 400, 700, 1200), box(900, 400, 1200, 1200),
              box(1200, 400, 2000, 1200), box(400, 1200, 2000, 2000)],
    crs=2180,
)  # fmt: skip


def form(built: Grid, cover: Grid) -> Result:
    return urban_form(
        municipalities(), built, PEOPLE, land_cover=cover, horizon=HORIZON, edge_share=0.0
    )


def growth(built: Grid, cover: Grid) -> Result:
    return urban_growth(
        municipalities(), built, raster(BEFORE), PEOPLE, PEOPLE_BEFORE, planning_zones=ZONES,
        min_patch=0, edge_share=0.0, **YEARS,
    )  # fmt: skip


def nature(built: Grid, cover: Grid) -> Result:
    return corridor_connectivity(
        municipalities(),
        cover,
        planning_zones=ZONES,
        current_patches=0,
        cell_size=100,
        edge_share=0.0,
        max_cost=20_000,
    )


CHECKS = {"form": form, "growth": growth, "nature": nature}
WHOLE = {name: check(raster(AFTER), raster(COVER)) for name, check in CHECKS.items()}


def same(a: Any, b: Any) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return bool(a == b)
    return bool((pd.isna(a) and pd.isna(b)) or a == pytest.approx(b, rel=1e-9, abs=1e-12))


def breach(result: Result, table: str, before: pd.Series, after: pd.Series) -> list[str]:
    """Columns of one row that say something certain which is not what was certain before."""
    out = []
    for name, column in result.check.columns[table].items():
        a, b = before.get(name), after.get(name)
        if column.kind == "category":
            if not (same(a, b) or b == "unknown" or column.of_known):
                out.append(f"{name}: {a} -> {b}")
            continue
        loose = column.of_known and name not in STRICT
        if column.kind == "text" or loose or same(a, b) or pd.isna(b):
            continue
        if pd.isna(a):
            out.append(f"{name}: unknown -> {b}")
        elif column.bound:
            if (b > a) if column.bound == "low" else (b < a):
                out.append(f"{name}: {a} -> {b} is no {column.bound} bound")
        elif column.known:
            if not after[column.known] < before[column.known] and not pd.isna(after[column.known]):
                out.append(f"{name}: {a} -> {b}, all known")
        elif "unknown" not in name and not name.endswith(("known_share", "land_share")):
            out.append(f"{name}: {a} -> {b}")
    return out


def near(result: Result, hole: np.ndarray, reach: float) -> list[bool]:
    """Municipalities within reach of the hole."""
    rows, columns = np.nonzero(hole)
    x, y = (columns + 0.5) * SIZE, (SIDE - rows - 0.5) * SIZE
    places = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=2180).buffer(SIZE / 2, cap_style="square")
    return [bool((places.distance(g) <= reach).any()) for g in result.municipalities.geometry]


@st.composite
def missing(draw: st.DrawFn) -> np.ndarray:
    """Cells taken away: single ones, a rectangle, or all beyond a line."""
    out = np.zeros((SIDE, SIDE), bool)
    how = draw(st.sampled_from(["cells", "rectangle", "cut"]))
    if how == "cells":
        for _ in range(draw(st.integers(1, 4))):
            out[draw(st.integers(4, 19)), draw(st.integers(4, 19))] = True
    elif how == "rectangle":
        r, c = draw(st.integers(1, 18)), draw(st.integers(1, 18))
        out[r : r + draw(st.integers(1, 9)), c : c + draw(st.integers(1, 9))] = True
        # beyond the municipalities a raster may end anywhere: a hole has data all around it
        out[0] = out[-1] = out[:, 0] = out[:, -1] = False
    else:
        out[:, draw(st.integers(6, 19)) :] = True
    return out


def taken(values: np.ndarray, hole: np.ndarray, how: str) -> Grid:
    """The raster without some cells: a mask, a fill that is not declared, or a shorter raster."""
    if how == "fill":
        return raster(np.where(hole, 255 if values.dtype == np.uint8 else 32767, values))
    whole = raster(values)
    if how == "shorter" and hole.all(axis=0).any() and (hole.all(axis=0) == hole.any(axis=0)).all():
        left = int(np.argmax(hole.any(axis=0)))
        return raster(values[:, :left])
    return replace(whole, valid=whole.valid & ~hole)


@pytest.mark.long
@given(missing(), st.sampled_from(["mask", "fill", "shorter"]), st.sampled_from(sorted(CHECKS)))
@settings(max_examples=45)
def test_less_knowledge_never_says_more(hole, how, name):
    whole = WHOLE[name]
    less = CHECKS[name](taken(AFTER, hole, how), taken(COVER, hole, how))
    table = less.municipalities
    reach = near(whole, hole, HORIZON + SIZE if name == "form" else 2 * SIZE)
    for i in range(len(table)):
        before, after = whole.municipalities.iloc[i], table.iloc[i]
        assert breach(less, "municipalities", before, after) == []
        if not reach[i] and name != "nature":  # nature is one network: of what is known
            for column in less.check.columns["municipalities"]:
                assert same(before[column], after[column]), column
    for sentence in (*less.sentences("pl"), *less.sentences("en")):
        assert "{" not in sentence


@given(missing(), st.sampled_from(["mask", "shorter"]))
@settings(max_examples=12)
def test_bounds_of_proliferation_hold_whatever_the_unknown_land_is(hole, how):
    """The whole raster is one way in which the unknown land may be built up; so are these."""
    less = form(taken(AFTER, hole, how), raster(COVER)).municipalities
    for filled in (AFTER, np.where(hole, 0, AFTER), np.where(hole, 1, AFTER)):
        truth = urban_form(
            municipalities(), raster(filled), PEOPLE, horizon=HORIZON, edge_share=0.0
        )
        truth = truth.municipalities
        for name in ("dis", "wup"):
            low, high = less[f"{name}_low"], less[f"{name}_high"]
            inside = truth[name].isna() | low.isna() | (
                (low <= truth[name] + 1e-9) & (truth[name] <= high + 1e-9))  # fmt: skip
            assert inside.all(), name
            certain = less[name].notna()
            assert less[name][certain].to_numpy() == pytest.approx(
                truth[name][certain].to_numpy(), nan_ok=True
            )


@pytest.mark.long
@given(missing())
@settings(max_examples=12)
def test_states_of_links_hold_whatever_the_unknown_land_is(hole):
    """A link that is certain of what is known has that state in every completion it exists in."""
    less = nature(raster(AFTER), taken(COVER, hole, "mask")).features["patches"]
    beside = less[less["state"] == "kept"]
    inner = abs(np.arange(SIDE) - 11.5) < 8
    # cut: beyond the municipalities what the raster shows counts
    ends = hole & ~np.logical_and.outer(inner, inner) & hole[0].any()
    for filled in (COVER, np.where(hole, 312, COVER), np.where(hole, 112, COVER)):
        truth = nature(raster(AFTER), taken(filled, ends, "mask")).features["patches"]
        lost = truth[truth["state"].isin(["lost", "shrunk"])]
        # a patch kept for certain is not among those that the plans take from
        touching = lost.sindex.query(beside.representative_point(), predicate="intersects")
        assert touching.shape[1] == 0


def test_far_from_the_hole_the_raster_of_change_is_the_same():
    hole = np.zeros((SIDE, SIDE), bool)
    hole[6:9, 6:9] = True
    less = growth(taken(AFTER, hole, "mask"), raster(COVER))
    one, two = WHOLE["growth"].rasters["change"], less.rasters["change"]
    known = two.valid
    assert (one.values[known] == two.values[known]).all()
    assert not known[hole].any()
    changed = np.argwhere(~known & one.valid & ~hole)
    # beside the hole the form of a gained patch is not known
    assert set(one.values[tuple(changed.T)].tolist()) <= {2, 3, 4}
    patches = less.features["patches"]
    assert (patches["kind"] == "unknown").any()
    assert patches.loc[patches["kind"] == "unknown", "old_share"].isna().all()


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
def test_the_type_of_the_raster_changes_nothing(dtype):
    for name, check in CHECKS.items():
        found = check(raster(AFTER.astype(dtype)), raster(COVER.astype("int32")))
        for column in found.check.columns["municipalities"]:
            pairs = zip(WHOLE[name].municipalities[column], found.municipalities[column],
                        strict=True)  # fmt: skip
            assert all(same(a, b) for a, b in pairs)


def test_shares_per_cent_and_square_metres_say_the_same():
    """0.7 has no exact float32, nor has 70 x 0.01."""
    share = np.where(AFTER == 1, 0.7, 0.2)
    cell = SIZE * SIZE
    for values, least in (
        (share.astype("float32"), 0.7), (share * 100, 70), (share * cell, 0.7 * cell),
        (np.round(share * 100).astype("uint8") * 0.01, 0.7),
    ):  # fmt: skip
        found = urban_form(
            municipalities(),
            raster(values),
            PEOPLE,
            horizon=HORIZON,
            edge_share=0.0,
            built_up_value=least,
        ).municipalities
        expected = WHOLE["form"].municipalities
        assert found["built_ha"].tolist() == expected["built_ha"].tolist()
        assert found["unknown_ha"].tolist() == [0] * 4
        assert found["wup"].tolist() == pytest.approx(expected["wup"].tolist())
