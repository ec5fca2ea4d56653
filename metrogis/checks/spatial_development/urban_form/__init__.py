"""The form of built-up land: how far it sprawls, how it is spread, how land cover is cut up."""

from metrogis.checks.spatial_development.urban_form.check import CHECK, urban_form

__all__ = ["CHECK", "urban_form"]
