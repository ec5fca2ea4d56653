"""Do residents, and those whom plans make room for, have a school and green areas within a walk?"""

from metrogis.checks.spatial_development.social_access.check import CHECK, social_access

__all__ = ["CHECK", "social_access"]
