"""Zone types of plans as classes of a map."""

from __future__ import annotations

from metrogis.checks.contract import Category
from metrogis.planning.zones import ZONE_TYPES
from metrogis.texts import Text

_OWN = Text("w układzie współrzędnych aktu", "in the act's own CRS")


ZONE_CATEGORIES = tuple(
    Category(s, Text(f"{s} – {z.name.pl}", f"{s} – {z.name.en}"), z.colour)
    for s, z in ZONE_TYPES.items()
)
