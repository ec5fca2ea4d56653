"""Do the plans protect ecological corridors as one system: what is lost, narrowed, cut?"""

from metrogis.checks.spatial_development.corridor_conflicts.check import CHECK, corridor_conflicts

__all__ = ["CHECK", "corridor_conflicts"]
