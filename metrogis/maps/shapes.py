"""Shapes of a map, each once for all its views and languages, written short.

A GeoJSON polygon of five decimals takes about twenty letters a corner. Here a corner is its way
from the one before in units of the last decimal: about seven, and no precision is lost. The script
of the map (``unfold`` in ``static/map.js``) makes GeoJSON of it again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

UNITS = 100_000
"""Units a degree: shapes have five decimals."""

KINDS = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
"""What the first number of a written shape stands for."""

_NESTED = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2,
           "MultiPolygon": 3}  # fmt: skip


class Shapes:
    """Shapes of one map in the order in which they were first asked for.

    Examples
    --------
    >>> shapes = Shapes()
    >>> square = '{"type":"Polygon","coordinates":[[[1,2],[1.5,2],[1.5,3],[1,2]]]}'
    >>> point = '{"type":"Point","coordinates":[1.00001,2]}'
    >>> shapes.add(square), shapes.add(point), shapes.add(square)
    (0, 1, 0)
    >>> shapes.json()
    '[[4,[100000,200000,50000,0,0,100000]],[0,[1,0]]]'
    """

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._written: list[str] = []
        # the first corner of the stroke before: strokes lie near each other as corners do
        self._last = (0, 0)

    def add(self, text: str) -> int:
        """Return the place of a shape (a GeoJSON text), which is written where it is new."""
        if text not in self._places:
            self._places[text] = len(self._written)
            self._written.append(self._write(text))
        return self._places[text]

    def json(self) -> str:
        """Return all shapes as one JSON text of numbers.

        A shape is ``[kind, stroke, ...]`` (of a MultiPolygon, lists of strokes), a stroke
        ``[x, y, dx, dy, ...]``: its first corner from that of the stroke before, whatever shape
        that was of, then the way from each corner to the next. The last corner of a ring, which is
        its first, is left out. A shape of another kind, or without corners, is GeoJSON as it was.
        """
        return f"[{','.join(self._written)}]"

    def _write(self, text: str) -> str:
        shape = json.loads(text)
        kind = shape["type"]
        if kind not in _NESTED or not _whole(shape["coordinates"], _NESTED[kind]):
            return text
        depth, parts = _NESTED[kind], shape["coordinates"]
        if depth < 2:
            made = [self._stroke([parts] if depth == 0 else parts)]
        elif depth == 2:
            made = [self._stroke(part, ring=kind == "Polygon") for part in parts]
        else:
            made = [f"[{','.join(self._stroke(r, ring=True) for r in part)}]" for part in parts]
        return f"[{KINDS.index(kind)},{','.join(made)}]"

    def _stroke(self, corners: Sequence[Sequence[float]], *, ring: bool = False) -> str:
        units = [(round(c[0] * UNITS), round(c[1] * UNITS)) for c in corners]
        before, self._last = self._last, units[0]
        numbers = []
        for x, y in units[:-1] if ring else units:
            numbers += [x - before[0], y - before[1]]
            before = x, y
        return f"[{','.join(map(str, numbers))}]"


def _whole(parts: Any, depth: int) -> bool:
    """Tell whether coordinates have a corner in every stroke."""
    return bool(parts) and (depth < 2 or all(_whole(part, depth - 1) for part in parts))
