"""Days, periods and codes as catalogs write them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, Field

from metrogis.errors import CatalogError
from metrogis.i18n import _
from metrogis.sources.values import clashing_codes


def _real_day(value: str) -> str:
    """Refuse dates that no calendar has."""
    parts = [int(part) for part in value.split("-")]
    try:
        dt.date(*[*parts, 1, 1][:3])
    except ValueError as error:
        raise CatalogError(_("there is no such day: {value}").fill(value=value)) from error
    return value


Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_real_day)]
Period = Annotated[
    str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"), AfterValidator(_real_day)
]
"""A day, a month or a year."""


Value = str | float | bool


def _one_meaning_each(value: dict[str, Value]) -> dict[str, Value]:
    """Refuse codes that are read alike (case, ``1`` and ``1.0``) and mean different things."""
    found = ", ".join(f"{a!r} / {b!r}" for a, b in clashing_codes(value))
    if found:
        raise CatalogError(
            _("these codes are read alike but mean different things: {found}").fill(found=found)
        )
    return value


Codes = Annotated[dict[str, Value], AfterValidator(_one_meaning_each)]
"""Code as it stands in the data -> value as checks know it."""
