"""What each layer must contain: columns, types, units, geometry.

:func:`conform` brings a layer into its schema's shape: it casts, repairs invalid geometry, reports
every repair in an audit, and collects all that is wrong into one error. The schemas stand in
:mod:`.declared`, what a schema is in :mod:`.kinds`.
"""

from __future__ import annotations

from metrogis.schemas.conforming import conform
from metrogis.schemas.declared import (
    MOST_DOCKS,
    MOST_KM2,
    MOST_PEOPLE,
    MOST_STANDS,
    SCHEMAS,
    get,
)
from metrogis.schemas.kinds import Field, Kind, Schema

__all__ = [
    "MOST_DOCKS",
    "MOST_KM2",
    "MOST_PEOPLE",
    "MOST_STANDS",
    "SCHEMAS",
    "Field",
    "Kind",
    "Schema",
    "conform",
    "get",
]
