"""Feeder coordination: do buses and trams meet the trains, and which shift of a line would help."""

from metrogis.checks.transport_accessibility.feeder_coordination.check import (
    CHECK,
    feeder_coordination,
)

__all__ = ["CHECK", "feeder_coordination"]
