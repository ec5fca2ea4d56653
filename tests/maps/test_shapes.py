"""Shapes written short are the shapes that were given, to the last decimal."""

from __future__ import annotations

import json
from typing import Any

import shapely
from hypothesis import given
from hypothesis import strategies as st

from metrogis.maps.shapes import KINDS, UNITS, Shapes

DEGREES = st.integers(-180 * UNITS, 180 * UNITS).map(lambda n: n / UNITS)
CORNERS = st.tuples(DEGREES, DEGREES).map(list)
LINE = st.lists(CORNERS, min_size=2, max_size=5)
RING = st.lists(CORNERS, min_size=3, max_size=5).map(lambda corners: [*corners, corners[0]])
POLYGON = st.lists(RING, min_size=1, max_size=3)


def some(kind: str, parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return parts.map(lambda coordinates: {"type": kind, "coordinates": coordinates})


def lists(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(parts, min_size=1, max_size=3)


SHAPE = st.one_of(
    some("Point", CORNERS),
    some("MultiPoint", lists(CORNERS)),
    some("LineString", LINE),
    some("MultiLineString", lists(LINE)),
    some("Polygon", POLYGON),
    some("MultiPolygon", lists(POLYGON)),
    # what has no corners, or is of another kind, stays as it is
    some("Polygon", st.just([])),
    some("MultiPolygon", st.just([[[]]])),
    st.just({"type": "GeometryCollection", "geometries": []}),
)


def unfolded(written: str) -> list[Any]:
    """Read shapes as ``unfold`` of the map's script does."""
    start = (0, 0)

    def stroke(numbers: list[int], ring: bool) -> list[list[float]]:
        nonlocal start
        corners, (x, y) = [], start
        for i in range(0, len(numbers), 2):
            x, y = x + numbers[i], y + numbers[i + 1]
            if i == 0:
                start = x, y
            corners.append([x / UNITS, y / UNITS])
        return [*corners, corners[0]] if ring else corners

    made = []
    for shape in json.loads(written):
        if isinstance(shape, dict):
            made.append(shape)
            continue
        kind, parts = KINDS[shape[0]], shape[1:]
        if kind == "MultiPolygon":
            coordinates: Any = [[stroke(ring, True) for ring in part] for part in parts]
        elif kind in ("MultiLineString", "Polygon"):
            coordinates = [stroke(part, kind == "Polygon") for part in parts]
        else:
            coordinates = stroke(parts[0], False)
        made.append(
            {"type": kind, "coordinates": coordinates[0] if kind == "Point" else coordinates}
        )
    return made


@given(st.lists(SHAPE, max_size=6))
def test_shapes_come_back_to_the_last_decimal_and_each_is_written_once(given_shapes: list[Any]):
    shapes = Shapes()
    texts = [json.dumps(shape) for shape in given_shapes]
    places = [shapes.add(text) for text in texts]
    again = [shapes.add(text) for text in texts]
    assert places == again
    back = unfolded(shapes.json())
    assert len(back) == len(set(texts))
    assert [back[place] for place in places] == given_shapes


def test_cells_side_by_side_take_less_than_half_of_their_geojson():
    cells = (
        shapely.box(18.5, 54.3, 18.50385, 54.30225),
        shapely.box(18.50385, 54.3, 18.5077, 54.30225),
    )
    shapes = Shapes()
    texts = [shapely.to_geojson(shapely.transform(cell, lambda xy: xy.round(5))) for cell in cells]
    for text in texts:
        shapes.add(text)
    assert len(shapes.json()) < sum(map(len, texts)) / 2
