"""Do the plans hold neither too few nor too many people: housing demand against capacity."""

from metrogis.checks.spatial_development.housing_balance.check import CHECK, housing_balance

__all__ = ["CHECK", "housing_balance"]
