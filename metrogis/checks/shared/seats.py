"""What a locality is the seat of: words of the column ``seat``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from metrogis.errors import SchemaError
from metrogis.i18n import _, both

Level = Literal["voivodeship", "county", "municipality"]

WORDS: Mapping[str, Level] = {
    "voivodeship": "voivodeship", "province": "voivodeship", "województwo": "voivodeship",
    "miasto wojewódzkie": "voivodeship", "wojewódzkie": "voivodeship", "city": "voivodeship",
    "county": "county", "powiat": "county", "miasto powiatowe": "county", "powiatowe": "county",
    "municipality": "municipality", "gmina": "municipality", "commune": "municipality",
    "gminne": "municipality",
}  # fmt: skip
"""Words of the column ``seat``; several may stand together with commas between."""


def seat_levels(value: Any, row: Any) -> set[str]:
    """Return the levels that a value of ``seat`` names; ``row`` is named in the error.

    Raises
    ------
    SchemaError
        For a word that is not known.

    Examples
    --------
    >>> sorted(seat_levels("Powiat + gmina", 0)), seat_levels(None, 1)
    (['county', 'municipality'], set())
    """
    if not isinstance(value, str) or not value.strip():
        return set()
    found: set[str] = set()
    for part in value.replace(";", ",").replace("+", ",").split(","):
        word = part.strip().casefold()
        if word in ("", "no", "none", "nie"):
            continue
        if word not in WORDS:
            raise SchemaError(
                _("unknown seat '{strip}'").fill(strip=part.strip()),
                layer="localities",
                place=f"seat, row {row}",
                remedy=both(", ".join(sorted(WORDS))),
            )
        found.add(WORDS[word])
    return found
