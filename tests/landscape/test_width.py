from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from shapely import LineString, Point, Polygon, affinity, box

from metrogis.errors import CRSError, ParameterError, SchemaError
from metrogis.landscape.width import clear_width

STRAIGHT = box(0, 0, 6000, 800)
GATES = [LineString([(0, 0), (0, 800)]), LineString([(6000, 0), (6000, 800)])]


@pytest.mark.parametrize("ends", [None, GATES])
def test_straight_corridor(ends: list[LineString] | None) -> None:
    found = clear_width(STRAIGHT, ends=ends)
    assert found.width == pytest.approx(800, rel=0.01)
    assert not found.cut
    assert found.bottlenecks.empty
    assert len(found.strands) >= 1


@pytest.mark.parametrize("ends", [None, GATES])
@pytest.mark.parametrize("gap", [3, 40, 120, 300, 450])
def test_barrier_leaves_a_gap(ends: list[LineString] | None, gap: float) -> None:
    found = clear_width(STRAIGHT, box(3000, 0, 3100, 800 - gap), ends=ends)
    assert found.width == pytest.approx(gap, rel=0.01)
    assert found.place.distance(box(3000, 800 - gap, 3100, 800)) < 1
    assert found.bottlenecks["width"].tolist() == pytest.approx([gap], rel=0.01)
    assert found.bottlenecks.geometry[0].length == pytest.approx(gap, rel=0.01)


def test_two_barriers_from_both_sides() -> None:
    barriers = shapely.union(box(2000, 0, 2100, 450), box(2320, 380, 2420, 800))
    found = clear_width(STRAIGHT, barriers, ends=GATES)
    assert found.width == pytest.approx(220, rel=0.01)  # between them
    assert found.bottlenecks["width"].iloc[0] == found.width
    apart = shapely.union(box(1000, 0, 1100, 600), box(4500, 300, 4600, 800))
    found = clear_width(STRAIGHT, apart, ends=GATES)
    assert found.bottlenecks["width"].tolist() == pytest.approx([200, 300], rel=0.01)
    low = clear_width(STRAIGHT, apart, ends=GATES, threshold=250)
    assert low.bottlenecks["width"].tolist() == pytest.approx([200], rel=0.01)


def test_slanted_gap_is_measured_across() -> None:
    one = Polygon([(2000, 0), (3000, 0), (2500, 500)])
    two = Polygon([(1900, 800), (3600, 800), (2800, 620)])
    found = clear_width(STRAIGHT, shapely.union(one, two), ends=GATES)
    assert found.width == pytest.approx(one.distance(two), rel=0.001)


def test_parallel_strands_are_listed_not_added() -> None:
    found = clear_width(STRAIGHT, box(2000, 300, 4000, 600), ends=GATES)
    assert found.width == pytest.approx(300, rel=0.01)
    assert found.strands["width"].tolist() == pytest.approx([300, 200], rel=0.01)
    assert found.strands.geometry[0].distance(Point(3000, 150)) < 5
    assert found.strands.geometry[1].distance(Point(3000, 700)) < 5


def test_cut_and_slivers() -> None:
    whole = clear_width(STRAIGHT, box(3000, 0, 3100, 800), ends=GATES)
    assert whole.cut
    assert whole.width == 0
    assert whole.place is None
    assert whole.strands.empty
    sliver = clear_width(STRAIGHT, box(3000, 0, 3100, 799.5), ends=GATES)
    assert sliver.cut
    assert not clear_width(
        STRAIGHT, box(3000, 0, 3100, 799.5), ends=GATES, min_width=0.2, spacing=5
    ).cut
    assert clear_width(STRAIGHT, STRAIGHT).cut
    assert clear_width(STRAIGHT, box(-10, -10, 3000, 900), ends=GATES).cut


def test_bend_fork_and_narrowing() -> None:
    bend = LineString([(0, 0), (3000, 0), (3000, 3000), (6000, 4000)]).buffer(
        200, cap_style="flat", join_style="mitre"
    )
    assert clear_width(bend).width == pytest.approx(400, rel=0.01)
    ring = Point(0, 0).buffer(2000, quad_segs=64).difference(Point(0, 0).buffer(1500, quad_segs=64))
    half = ring.intersection(box(-3000, 0, 3000, 3000))
    ends = [LineString([(-2000, 0), (-1500, 0)]), LineString([(2000, 0), (1500, 0)])]
    assert clear_width(half, ends=ends).width == pytest.approx(500, rel=0.01)
    narrow = Polygon([(0, 0), (3000, 200), (6000, 0), (6000, 800), (3000, 500), (0, 800)])
    found = clear_width(narrow, ends=GATES)
    assert found.width == pytest.approx(300, rel=0.01)
    assert found.place.distance(Point(3000, 350)) < 30
    fork = shapely.union_all(
        [
            LineString([(0, 0), (2000, 0)]).buffer(300, cap_style="flat"),
            LineString([(1900, 0), (4000, 1500)]).buffer(200, cap_style="flat"),
            LineString([(1900, 0), (4000, -1500)]).buffer(100, cap_style="flat"),
        ]
    )
    cores = [
        box(-500, -400, 0, 400),
        Point(4100, 1570).buffer(300),
        Point(4100, -1570).buffer(300),
        box(90000, 0, 90001, 1),  # not met
    ]
    found = clear_width(fork, ends=cores)
    assert len(found.ends) == 3
    widths = found.pairs.set_index(["one", "two"])["width"]
    assert widths[0, 1] == pytest.approx(400, rel=0.02)
    assert widths[0, 2] == pytest.approx(200, rel=0.02)
    assert found.width == pytest.approx(200, rel=0.02)


def test_hole_in_the_corridor_is_a_barrier() -> None:
    holed = STRAIGHT.difference(box(2900, 100, 3100, 500))
    found = clear_width(holed)
    assert found.width == pytest.approx(300, rel=0.01)
    assert found.strands["width"].tolist() == pytest.approx([300, 100], rel=0.01)


SIDES = [LineString([(0, y), (3000, y)]) for y in (0, 1000)]


def by_raster(barriers: list[Polygon], cell: float) -> float:
    """Clear width between left and right edge of a 3000 x 1000 field, by distance transform."""
    from rasterio import features
    from rasterio.transform import from_origin

    shape = (int(1000 / cell), int(3000 / cell))
    free = np.ones((shape[0] + 2, shape[1]), bool)
    free[[0, -1]] = False
    if barriers:
        free[1:-1] = ~features.rasterize(
            barriers, out_shape=shape, transform=from_origin(0, 1000, cell, cell)
        ).astype(bool)
    distance = ndimage.distance_transform_edt(free) * cell
    low, high = 0.0, 1000.0
    for _ in range(30):
        middle = (low + high) / 2
        labels, _ = ndimage.label(distance >= middle / 2, np.ones((3, 3)))
        joined = np.intersect1d(labels[:, 0], labels[:, -1])
        low, high = (middle, high) if (joined > 0).any() else (low, middle)
    return low


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_random_barriers_equal_a_distance_transform(seed: int) -> None:
    rng = np.random.default_rng(seed)
    barriers = []
    for x, y, w, h, turn in rng.random((rng.integers(0, 9), 5)):
        made = box(0, 0, 30 + 400 * w, 30 + 400 * h)
        made = shapely.affinity.rotate(made, 90 * turn)
        barriers.append(shapely.affinity.translate(made, 300 + 2000 * x, 900 * y - 100))
    barriers = [b.intersection(box(0, 0, 3000, 1000)) for b in barriers]
    barriers = [b for b in barriers if not b.is_empty]
    field = box(0, 0, 3000, 1000)
    gates = [LineString([(0, 0), (0, 1000)]), LineString([(3000, 0), (3000, 1000)])]
    found = clear_width(field, shapely.union_all(barriers), ends=gates, spacing=20)
    cell = 5.0
    expected = by_raster(barriers, cell)
    if expected < 4 * cell or found.width < 4 * cell:  # too narrow for the raster to tell
        assert found.width < 8 * cell
        assert expected < 8 * cell
        return
    assert found.width == pytest.approx(expected, abs=2 * 1.5 * cell + 0.01 * expected)
    for strand in found.strands.itertuples():
        wall = shapely.union_all([b.boundary for b in barriers] + SIDES)
        assert strand.geometry.distance(wall) >= strand.width / 2 * 0.98


def test_layers_with_a_crs() -> None:
    corridor = gpd.GeoSeries([box(0, 0, 3000, 800), box(3000, 0, 6000, 800)], crs="EPSG:2180")
    barrier = gpd.GeoDataFrame(geometry=[box(3000, 0, 3100, 600)], crs="EPSG:2180")
    found = clear_width(corridor, barrier)
    assert found.width == pytest.approx(200, rel=0.01)
    assert found.bottlenecks.crs == corridor.crs
    with pytest.raises(CRSError):
        clear_width(corridor.to_crs("EPSG:4326"))
    with pytest.raises(CRSError):
        clear_width(corridor, barrier.to_crs("EPSG:2177"))
    with pytest.raises(SchemaError):
        clear_width(Polygon())
    with pytest.raises(ParameterError):
        clear_width(STRAIGHT, threshold=-1)
    with pytest.raises(ParameterError):
        clear_width(STRAIGHT, spacing=0)


@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_the_passage_of_the_checks(seed: int) -> None:
    """Two ways to the same number: to half a metre, above the 10 m that count as a passage."""
    from metrogis.planning.passage import passage

    rng = np.random.default_rng(seed)
    x = np.linspace(0, 4000, 5)
    y = np.cumsum(rng.normal(0, 300, 5))
    axis = LineString(np.column_stack([x, y]))
    corridor = axis.buffer(rng.uniform(250, 500), cap_style="flat")
    barriers = []
    for _ in range(rng.integers(1, 5)):
        at = rng.uniform(600, 3400)
        side = np.interp(at, x, y) + rng.normal(0, 300)
        w, h = rng.uniform(80, 500, 2)
        block = box(at - w / 2, side - h / 2, at + w / 2, side + h / 2)
        barriers.append(affinity.rotate(block, rng.uniform(0, 90)))
    blocked = shapely.union_all(barriers)
    one = clear_width(corridor, blocked, spacing=10).width
    two = passage(shapely.difference(corridor, blocked), corridor, step=10).width
    assert max(one, two) < 10 or abs(one - two) < 0.5
