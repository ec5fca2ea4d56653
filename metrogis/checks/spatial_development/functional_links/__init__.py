"""Functional-spatial links: who is tied to whom, and to which core city."""

from metrogis.checks.spatial_development.functional_links.check import CHECK, functional_links

__all__ = ["CHECK", "functional_links"]
