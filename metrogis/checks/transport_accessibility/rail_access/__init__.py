"""Access to rail."""

from metrogis.checks.transport_accessibility.rail_access.check import CHECK, rail_access

__all__ = ["CHECK", "rail_access"]
