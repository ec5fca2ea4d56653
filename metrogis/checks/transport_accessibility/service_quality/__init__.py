"""Service quality: the class of every populated place by six methods, on one timetable."""

from metrogis.checks.transport_accessibility.service_quality.check import CHECK, service_quality

__all__ = ["CHECK", "service_quality"]
