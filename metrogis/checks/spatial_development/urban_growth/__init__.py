"""How much land was built up between two dates, in what form, and where."""

from metrogis.checks.spatial_development.urban_growth.check import CHECK, urban_growth

__all__ = ["CHECK", "urban_growth"]
