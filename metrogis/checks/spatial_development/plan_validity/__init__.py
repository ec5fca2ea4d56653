"""Are the planning acts sound: do zones tile their act, are labels, values and structure right?"""

from metrogis.checks.spatial_development.plan_validity.check import CHECK, plan_validity

__all__ = ["CHECK", "plan_validity"]
