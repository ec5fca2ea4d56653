"""The parameter that every check of cycle lines has."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from metrogis.checks.contract import Spec
from metrogis.texts import Text

LineTolerance: TypeAlias = Annotated[
    float,
    Spec(
        Text(
            "linie bliżej niż to są jedną linią, a bez węzłów OSM także się łączą",
            "lines nearer than this are one line; without OSM nodes they meet, too",
        ),
        "m",
        "this project's choice: 1 m, the drawing accuracy of municipal registers",
    ),
    Field(ge=0, le=10),
]
