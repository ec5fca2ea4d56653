"""What a schema is: columns with meaning, unit and limits, geometry, and what becomes of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from metrogis.texts import Text

Kind = Literal["text", "teryt", "area", "number", "integer", "flag", "date"]
"""``teryt`` is a municipality (7 digits); ``area`` also a county (4), voivodeship (2), or ``*``."""

GEOMETRIES = {
    "polygon": ("Polygon", "MultiPolygon"),
    "line": ("LineString", "MultiLineString"),
    "point": ("Point",),
    "place": ("Point", "Polygon", "MultiPolygon"),
}


@dataclass(frozen=True)
class Field:
    """One column: its meaning, unit and limits. ``unique`` columns are keys, never empty.

    ``bad`` says what becomes of values that cannot be read or break the limits, as long as others
    are good: ``error``; ``empty``: they are empty from now on, which says it all; ``unknown``: the
    same, and their rows are losses, for sums lack them; ``lost``: the rows are dropped, and losses.
    """

    kind: Kind
    text: Text
    unit: str = ""
    required: bool = True
    nullable: bool = False
    unique: bool = False
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()
    bad: Literal["error", "empty", "unknown", "lost"] = "error"


@dataclass(frozen=True)
class Schema:
    """What a layer must contain. ``geometry`` is empty for a plain table.

    A row without geometry is dropped and recorded as a loss; of a layer that ``keeps_rows`` it
    stays with an empty geometry: the thing is known to exist, its place is not. Rows of one shape
    that agree in the columns of ``counts_once`` are one thing written twice. ``in_order`` names two
    columns, start and end: a row that ends before it starts is an error.
    """

    name: str
    text: Text
    geometry: Literal["", "polygon", "line", "point", "place"]
    fields: Mapping[str, Field] = field(default_factory=dict)
    keeps_rows: bool = False
    counts_once: tuple[str, ...] = ()
    in_order: tuple[str, str] | None = None
