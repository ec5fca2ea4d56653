"""Days and periods as catalogs write them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, Field

from metrogis.errors import CatalogError
from metrogis.texts import Text


def _real_day(value: str) -> str:
    """Refuse dates that no calendar has."""
    parts = [int(part) for part in value.split("-")]
    try:
        dt.date(*[*parts, 1, 1][:3])
    except ValueError as error:
        raise CatalogError(
            Text(f"nie ma takiego dnia: {value}", f"there is no such day: {value}")
        ) from error
    return value


Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_real_day)]
Period = Annotated[
    str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"), AfterValidator(_real_day)
]
"""A day, a month or a year."""
