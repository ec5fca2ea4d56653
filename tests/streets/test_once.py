"""Lines drawn again: every metre once, and what met still meets."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from metrogis.streets.connection import component_lengths, components
from metrogis.streets.cycleways import by_state, has_ids, met
from metrogis.streets.once import drawn_once

CRS = "EPSG:2180"


def array(*lines: object) -> np.ndarray:
    return np.array([LineString(line) for line in lines], dtype=object)  # type: ignore[arg-type]


def again(line: LineString, how: str) -> list[LineString]:
    """Draw a line a second time, as registers and editors do."""
    off = shapely.transform(line, lambda xy: xy + np.array([0.006, 0.008]))  # 1 cm
    if how == "vertex":
        return [shapely.segmentize(line, line.length / 3)]
    if how == "off":
        return [off]
    if how == "back":
        return [shapely.reverse(shapely.segmentize(off, 70.0))]
    if how == "parts":
        cuts = np.linspace(0, 1, 8)
        return [
            shapely.ops.substring(off, a, b, normalized=True) for a, b in itertools.pairwise(cuts)
        ]
    raise AssertionError(how)


HOW = ["vertex", "off", "back", "parts"]
# a net of streets 100 m apart: lines meet at vertices, and none is near another but there
_STEP = st.sampled_from([(1, 0), (0, 1), (-1, 0), (0, -1)])


@st.composite
def nets(draw: st.DrawFn) -> list[LineString]:
    taken: set[frozenset[tuple[int, int]]] = set()
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
        xy = [at]
        for dx, dy in draw(st.lists(_STEP, min_size=1, max_size=5)):
            new = (xy[-1][0] + dx, xy[-1][1] + dy)
            edge = frozenset([xy[-1], new])
            if edge in taken:
                break
            taken.add(edge)
            xy.append(new)
        if len(xy) > 1:
            lines.append(LineString(np.array(xy) * 100.0))
    return lines or [LineString([(0, 0), (100, 0)])]


@settings(max_examples=60, deadline=None)
@given(nets(), st.data())
def test_what_is_drawn_again_changes_neither_length_nor_connection(
    lines: list[LineString], data: st.DataObject
) -> None:
    copies = [
        copy
        for line in lines
        for how in data.draw(st.lists(st.sampled_from(HOW), max_size=2, unique=True))
        for copy in again(line, how)
    ]
    drawn = [*lines, *copies]
    order = data.draw(st.permutations(range(len(drawn))))
    found = drawn_once(np.array([drawn[k] for k in order], dtype=object), 1.0)
    want = gpd.GeoSeries(lines, crs=CRS)
    got = gpd.GeoSeries(found.line, crs=CRS)
    expected = np.sort(component_lengths(want, components(want)))
    lengths = np.sort(component_lengths(got, components(got)))
    assert len(lengths) == len(expected)
    np.testing.assert_allclose(lengths, expected, atol=0.5)
    assert np.isin(found.row, np.arange(len(drawn))).all()
    total = shapely.length(np.array(drawn, dtype=object)).sum()
    assert found.metres.sum() == pytest.approx(total - lengths.sum(), abs=0.5)


@settings(max_examples=40, deadline=None)
@given(nets())
def test_lines_that_only_meet_stay_as_they_are(lines: list[LineString]) -> None:
    given_lines = np.array(lines, dtype=object)
    found = drawn_once(given_lines, 1.0)
    assert found.line is given_lines or shapely.equals_exact(found.line, given_lines).all()
    assert (found.metres == 0).all()


@pytest.mark.parametrize("apart", [0.0, 0.01, 0.5, 0.99])
def test_there_and_back_in_one_line(apart: float) -> None:
    back = array([(0, 0), (400, 0), (800, 0), (800, apart), (300, apart), (0, apart)])
    found = drawn_once(back, 1.0)
    assert shapely.length(found.line).sum() == pytest.approx(800, abs=1.1)
    # a roundabout and a street with two carriageways are no such lines
    ring = np.array([shapely.Point(0, 0).buffer(12).exterior], dtype=object)
    assert drawn_once(ring, 1.0).line is ring
    wide = array([(0, 0), (800, 0), (800, 1.0), (0, 1.0)])
    assert drawn_once(wide, 1.0).line is wide


@pytest.mark.parametrize(("apart", "length"), [(0.99, 800.0), (1.0, 1600.0), (1.01, 1600.0)])
def test_the_tolerance_is_the_edge(apart: float, length: float) -> None:
    lines = array([(0, 0), (800, 0)], [(0, apart), (800, apart)])
    assert shapely.length(drawn_once(lines, 1.0).line).sum() == pytest.approx(length)
    assert shapely.length(drawn_once(lines, 0.0).line).sum() == 1600


def test_a_line_that_leaves_another_keeps_its_own_part_and_hangs_on_it() -> None:
    lines = array(
        [(0, 0), (1000, 0)],
        [(200, 0.01), (500, 0.01), (500, 300)],
        [(350, 0.01), (350, -90)],  # meets the copy
        [(700, 80), (700, 0.01), (700, -80)],  # crosses both, without a vertex of either
    )
    lines[1] = LineString([(200, 0.01), (350, 0.01), (500, 0.01), (500, 300)])
    found = drawn_once(lines, 1.0)
    assert found.cut.tolist() == [1]
    assert shapely.length(found.line).sum() == pytest.approx(1000 + 300 + 90 + 160, abs=0.1)
    assert components(gpd.GeoSeries(found.line, crs=CRS)).tolist() == [0, 0, 0, 1]


def test_a_planned_line_goes_as_a_whole_only() -> None:
    lines = array([(0, 0), (1000, 0)], [(500, 0.5), (1500, 0.5)], [(100, 0.5), (900, 0.5)])
    found = drawn_once(lines, 1.0, rank=np.array([0, 2, 2]))
    assert found.dropped.tolist() == [2]
    assert shapely.length(found.line).tolist() == [1000, 1000]


# --------------------------------------------------------------------------- the layer of routes


@pytest.mark.parametrize("how", HOW)
def test_routes_drawn_twice_are_built_once(how: str) -> None:
    line = LineString([(0, 0), (700, 300), (1600, 300)])
    rows = [line, *again(line, how)]
    split = by_state(gpd.GeoDataFrame(geometry=rows, crs=CRS))
    assert split.built.length.sum() == pytest.approx(line.length, abs=0.1)
    assert sum(r.count for r in split.audit if r.action == "dropped") >= 1
    loose = by_state(gpd.GeoDataFrame(geometry=rows, crs=CRS), line_tolerance=0)
    assert (loose.built.length.sum() > 1.9 * line.length) == (how != "vertex")


@pytest.mark.parametrize(
    ("gap", "parts"),
    [(0.0, 1), (0.5, 1), (1.0, 1), (1.01, 2)],
)
def test_ends_of_municipal_lines_meet_within_the_tolerance(gap: float, parts: int) -> None:
    lines = array([(0, 0), (500, 0)], [(500 + gap, 0), (900, 0)], [(250, gap), (250, 90)])
    routes = gpd.GeoDataFrame(geometry=lines, crs=CRS)
    split = by_state(routes)
    labels = components(split.built, meets=split.meets)
    assert len(set(labels.tolist())) == (1 if parts == 1 else 3)
    rows = [(r.action, r.count) for r in met(split)]
    assert rows == ([("repaired", 1 if gap == 0 else 2)] if parts == 1 else [])
    # lines of OpenStreetMap share a node where they meet
    osm = by_state(routes.assign(osm_id=["1", "2", "3"]))
    assert (osm.meets, len(met(osm))) == (0.0, 0)


def test_crossing_lines_do_not_meet() -> None:
    lines = array([(0, 0), (500, 0)], [(250, -90), (250, 90)])
    split = by_state(gpd.GeoDataFrame(geometry=lines, crs=CRS))
    assert components(split.built, meets=split.meets).tolist() == [0, 1]


def test_where_ids_come_from() -> None:
    line = array([(0, 0), (500, 0)])
    for columns in ({"@id": ["way/1"]}, {"id": ["way/12"]}, {"other_tags": ['"a"=>"b"']}):
        assert has_ids(gpd.GeoDataFrame(columns, geometry=line, crs=CRS))
    for columns in ({"id": ["12"]}, {"osm_id": [None]}, {"NAZWA": ["a"]}):
        assert not has_ids(gpd.GeoDataFrame(columns, geometry=line, crs=CRS))
