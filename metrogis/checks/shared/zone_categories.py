"""Zone types of plans as classes of a map."""

from __future__ import annotations

from metrogis.checks.contract import Category
from metrogis.i18n import _
from metrogis.planning.zones import ZONE_TYPES

_OWN = _("in the act's own CRS")


ZONE_CATEGORIES = tuple(
    Category(s, _("{s} – {name}").fill(s=s, name=z.name), z.colour) for s, z in ZONE_TYPES.items()
)
