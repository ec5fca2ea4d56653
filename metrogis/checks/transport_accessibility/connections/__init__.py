"""Connections between seats: pairs of journeys out and back on one day, as the draft law counts."""

from metrogis.checks.transport_accessibility.connections.check import CHECK, connections

__all__ = ["CHECK", "connections"]
