from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from metrogis.errors import CRSError, ParameterError, SchemaError
from metrogis.planning.ouz import OuzParameters, _filled, compute


def houses(*corners, size: float = 10.0) -> gpd.GeoDataFrame:
    shapes = [box(x, y, x + size, y + size) for x, y in corners]
    return gpd.GeoDataFrame(geometry=shapes, crs=2180)


ROW = [(60.0 * i, 0.0) for i in range(5)]


def test_a_row_of_five_by_hand() -> None:
    found = compute(houses(*ROW), parameters=OuzParameters(quad_segs=200))
    # union of buffers of 50 m around boxes 50 m apart, checked by plain shapely
    grown = shapely.union_all([box(x, 0, x + 10, 10).buffer(50, quad_segs=200) for x, _ in ROW])
    assert found.before == pytest.approx(grown.area, rel=1e-9)
    assert found.after == pytest.approx(grown.buffer(-40, quad_segs=200).area, rel=1e-9)
    assert found.allowed == pytest.approx(0.25 * (found.before - found.after))
    assert len(found.areas) == 1
    assert found.areas["buildings"].item() == 5


def test_one_building_alone_grows_by_ten_metres() -> None:
    found = compute(houses((0, 0)), parameters=OuzParameters(least=1, quad_segs=400))
    assert found.before == pytest.approx(100 + 4 * 10 * 50 + math.pi * 2500, rel=1e-4)
    assert found.after == pytest.approx(100 + 4 * 10 * 10 + math.pi * 100, rel=2e-4)


def test_four_buildings_and_those_farther_than_100_m_are_left_out() -> None:
    four = compute(houses(*ROW[:4]))
    assert four.groups.tolist() == [-1] * 4
    assert (len(four.areas), four.before, four.allowed) == (0, 0.0, 0.0)
    assert [r.count for r in four.audit] == [4]
    exactly = compute(houses(*ROW, (250.0 + 100.0, 0.0)))  # 100 m from outline to outline
    assert exactly.groups.tolist() == [0] * 6
    beyond = compute(houses(*ROW, (250.0 + 100.01, 0.0)))
    assert beyond.groups.tolist() == [0] * 5 + [-1]


@pytest.mark.parametrize(("side", "filled"), [(150.0, True), (190.0, False)])
def test_small_holes_are_filled(side, filled) -> None:
    ring = [(x, y) for x in np.linspace(0, side, 5) for y in np.linspace(0, side, 5)]
    edge = [(x, y) for x, y in ring if x in (0, side) or y in (0, side)]
    found = compute(houses(*edge))
    grown = shapely.union_all([box(x, y, x + 10, y + 10).buffer(50) for x, y in edge])
    hole = shapely.Polygon(grown.interiors[0]).area
    assert (hole < 5000) == filled
    inner = [len(g.interiors) for g in found.areas.geometry]
    assert inner == ([0] if filled else [1])


def test_limits_hold_where_maps_are() -> None:
    """Exactly 100 m, exactly five: also with coordinates whose sums are not exact."""
    at = (471_234.1, 722_345.7)
    for gap, groups in ((100.0, [0] * 5), (100.001, [-1] * 5)):
        row = houses(*[(at[0] + (10 + gap) * i, at[1]) for i in range(5)])
        assert compute(row).groups.tolist() == groups
    four = houses(*[(at[0] + 110.0 * i, at[1]) for i in range(4)])
    assert compute(four).groups.tolist() == [-1] * 4


def test_farthest_of_one_group_still_make_areas_of_their_own() -> None:
    # 100 m apart, the buffers of 50 m only touch: after 40 m are taken back five areas are left
    found = compute(houses(*[(110.0 * i, 0.0) for i in range(5)]))
    assert found.groups.tolist() == [0] * 5
    assert len(found.areas) == 5
    assert found.areas["group"].tolist() == [0] * 5


@pytest.mark.parametrize(("width", "kept"), [(50.0, False), (49.999, False), (50.001, True)])
def test_a_hole_of_up_to_5000_m2_is_filled(width, kept) -> None:
    hole = box(1000.1, 2000.3, 1000.1 + width, 2100.3)
    ring = box(900, 1900, 1200, 2200).difference(hole)
    filled = _filled(ring, OuzParameters())
    assert (filled.area == pytest.approx(90_000 - 100 * width)) == kept
    assert (filled.area == pytest.approx(90_000)) != kept


def test_enlargement_is_a_quarter_of_what_is_taken_back() -> None:
    found = compute(houses(*ROW))
    grown = shapely.union_all(shapely.buffer(houses(*ROW).geometry.to_numpy(), 50, quad_segs=16))
    taken = grown.area - grown.buffer(-40, quad_segs=16).area
    assert found.allowed == pytest.approx(0.25 * taken, rel=1e-12)
    half = compute(houses(*ROW), parameters=OuzParameters(enlargement=0.5))
    assert half.allowed == pytest.approx(2 * found.allowed)


def test_public_names() -> None:
    from metrogis import planning

    assert planning.compute_ouz is compute
    for name in planning.__all__:
        assert getattr(planning, name) is not None
        assert name in dir(planning)
    with pytest.raises(AttributeError, match="no attribute 'ouzz'"):
        planning.ouzz


def test_it_is_cut_to_the_plan(gml, tmp_path) -> None:
    from metrogis.sources.app_gml import read_app

    layer = houses(*[(gml.X + x, gml.Y + y) for x, y in ROW])
    whole = compute(layer)
    path = tmp_path / "act.gml"
    path.write_text(gml.document(gml.act(gml.square(-100, -100, 200, 300))))
    cut = compute(layer, read_app(path))
    assert 0 < cut.after < whole.after
    assert cut.areas.total_bounds[2] <= gml.X + 100 + 1e-6
    same = compute(layer, gpd.GeoDataFrame(geometry=[gml.square(-100, -100, 200, 300)], crs=2180))
    assert same.after == cut.after
    assert compute(layer, gml.square(-100, -100, 200, 300)).after == cut.after


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1500), st.floats(0, 1500)), min_size=1, max_size=40))
def test_groups_equal_brute_force_and_areas_hold_their_houses(corners) -> None:
    layer = houses(*corners)
    found = compute(layer)
    shapes = layer.geometry.to_numpy()
    near = shapely.distance(shapes[:, None], shapes[None, :]) <= 100
    reach = np.linalg.matrix_power(near.astype(float), 1) > 0
    for _ in range(len(shapes)):
        reach = (reach.astype(int) @ near.astype(int)) > 0
    expected = reach.sum(axis=1) >= 5
    assert (found.groups >= 0).tolist() == expected.tolist()
    for a in range(len(shapes)):
        for b in range(len(shapes)):
            if expected[a] and expected[b]:
                assert (found.groups[a] == found.groups[b]) == reach[a, b]
    area = shapely.union_all(found.areas.geometry.to_numpy())
    inside = [area.buffer(1e-6).covers(s) for s, e in zip(shapes, expected, strict=True) if e]
    assert all(inside)
    assert found.after <= found.before + 1e-6
    assert found.areas["area_m2"].sum() == pytest.approx(found.after)


def test_bad_input() -> None:
    with pytest.raises(CRSError):
        compute(houses((0, 0)).set_crs(4326, allow_override=True))
    with pytest.raises(ParameterError):
        compute(houses((0, 0)), parameters=OuzParameters(distance=-1))
    with pytest.raises(SchemaError):
        compute(houses((0, 0)).drop(columns="geometry"))
    with pytest.raises(CRSError):
        compute(houses((0, 0)), gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs=2177))
    empty = gpd.GeoDataFrame(geometry=[shapely.Point(), None], crs=2180)
    found = compute(empty)
    assert (len(found.areas), found.groups.tolist()) == (0, [-1, -1])


# --------------------------------------------------------------------------- reference cases


def test_six_houses_in_a_row_by_the_reference() -> None:
    row = houses(*[(70.0 * i, 0.0) for i in range(6)])
    found = compute(row, parameters=OuzParameters(quad_segs=64))
    assert round(found.before) == 46_539
    assert round(found.after) == 7_660
    assert round(found.allowed) == 9_720
    assert found.shrunk.area == pytest.approx(found.after)
    assert found.grown.area == pytest.approx(found.before)


def test_two_houses_stay_one_area_up_to_a_gap_of_71_4_metres() -> None:
    for gap, parts in ((71.3, 1), (71.5, 2)):
        found = compute(
            houses((0, 0), (10 + gap, 0)), parameters=OuzParameters(least=1, quad_segs=64)
        )
        assert len(found.areas) == parts, gap


@pytest.mark.parametrize(("radius", "hole", "parts"), [(95.0, 4_900, 0), (100.0, 6_262, 1)])
def test_ring_of_twelve_houses_by_the_reference(radius, hole, parts) -> None:
    angle = np.arange(12) * np.pi / 6
    ring = houses(*np.column_stack([radius * np.cos(angle) - 5, radius * np.sin(angle) - 5]))
    grown = shapely.union_all(shapely.buffer(ring.geometry.to_numpy(), 50, quad_segs=64))
    assert shapely.Polygon(grown.interiors[0]).area == pytest.approx(hole, abs=1)
    found = compute(ring, parameters=OuzParameters(quad_segs=64))
    assert len(found.grown.interiors) == parts


def by_the_words(shapes, land, p) -> tuple[float, float, float]:
    """The regulation step by step, without trees, masks or matrices."""
    groups = [[shape] for shape in shapes]
    joined = True
    while joined:
        joined = False
        for i in range(len(groups)):
            for j in range(i + 1, len(groups)):
                if any(a.distance(b) <= p.distance for a in groups[i] for b in groups[j]):
                    groups[i] += groups.pop(j)
                    joined = True
                    break
            if joined:
                break
    grown = shapely.Polygon()
    for group in groups:
        if len(group) >= p.least:
            for shape in group:
                grown = grown.union(shape.buffer(p.outward, quad_segs=p.quad_segs))
    for part in list(shapely.get_parts(grown)):
        for ring in part.interiors:
            if shapely.Polygon(ring).area <= p.hole:
                grown = grown.union(shapely.Polygon(ring))
    shrunk = grown.buffer(-p.inward, quad_segs=p.quad_segs)
    before, after = grown.intersection(land).area, shrunk.intersection(land).area
    return before, after, p.enlargement * (before - after)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 100_000))
def test_equals_a_plain_implementation_on_random_layouts(seed) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 14))
    corners = random.uniform(0, random.choice([250, 450, 800]), (count, 2))
    sizes = random.uniform(4, 30, (count, 2))
    shapes = shapely.box(*corners.T, *(corners + sizes).T)
    p = OuzParameters(least=int(random.integers(1, 6)), hole=float(random.choice([500, 5000])),
                      quad_segs=8)  # fmt: skip
    land = box(*random.uniform(-50, 100, 2), *random.uniform(300, 900, 2))
    found = compute(gpd.GeoDataFrame(geometry=shapes, crs=2180), land, parameters=p)
    wanted = by_the_words(list(shapes), land, p)
    assert (found.before, found.after, found.allowed) == pytest.approx(wanted, abs=1e-3)
