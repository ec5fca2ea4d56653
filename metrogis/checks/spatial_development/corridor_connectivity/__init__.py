"""What do the plans do to the connectivity of nature: today, with them built, after each fix?"""

from metrogis.checks.spatial_development.corridor_connectivity.check import (
    CHECK,
    corridor_connectivity,
)

__all__ = ["CHECK", "corridor_connectivity"]
