"""Which planned cycle links open interchanges to most people, and in which order to build them."""

from metrogis.checks.active_mobility.planned_links.check import CHECK, planned_links

__all__ = ["CHECK", "planned_links"]
