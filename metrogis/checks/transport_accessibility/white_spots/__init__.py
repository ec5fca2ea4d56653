"""White spots."""

from metrogis.checks.transport_accessibility.white_spots.check import CHECK, white_spots

__all__ = ["CHECK", "white_spots"]
