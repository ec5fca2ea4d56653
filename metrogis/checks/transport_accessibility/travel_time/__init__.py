"""Travel time: door to door by transit to city, county seats and services, against the car."""

from metrogis.checks.transport_accessibility.travel_time.check import CHECK, travel_time

__all__ = ["CHECK", "travel_time"]
