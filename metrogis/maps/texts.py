"""Words of maps and pages, in Polish and English."""

from __future__ import annotations

from metrogis.i18n import _

YES = _("yes")
NO = _("no")
OTHER = _("other")
BELOW = _("below {a}")
BETWEEN = _("{a} to <{b}")
BETWEEN_CLOSED = _("{a} to {b}")
ABOVE = _("{a} and more")

LEGEND = _("Legend and layers")
ZOOM_IN = _("Zoom in")
ZOOM_OUT = _("Zoom out")
ZOOM_HOME = _("Show the whole area")
MAP_OF = _("Map: {title}")
FEATURES = _("{n:0} {n:plural:feature|features}")
CLOSE = _("Close")
AGGREGATED = _(
    "The layer has {n:0} features; on the map they are joined by class, single "
    "features are in the downloads."
)
NOT_PLACED = _("{n:0} {n:plural:row|rows} without a location: in the table only.")
EVERY_CELL = _("The raster is large: every {n:0}th cell is drawn, areas are estimated from these.")
LAND_UNKNOWN = _("no data here")
LAND_PARTLY = _("data incomplete here")
OPENED = _("The map opens on the part that is known.")
EMPTY_LAYER = _("This layer has no features.")
OSM = _("© OpenStreetMap contributors (ODbL)")
"""What its licence asks for on every map that holds anything made of it."""
LOCATE = _("Show my place")
FULL_SCREEN = _("Full screen")
MUNICIPALITY_PAGE = _("Page of the municipality")
