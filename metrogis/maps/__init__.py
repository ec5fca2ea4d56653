"""Results as interactive maps: Folium, with texts that cannot execute and honest legends."""

from __future__ import annotations

from metrogis.maps.page import explore

__all__ = ["explore"]
