"""Where people live in cities, in towns and suburbs, in the country; how near to rail."""

from metrogis.checks.spatial_development.settlement_structure.check import (
    CHECK,
    settlement_structure,
)

__all__ = ["CHECK", "settlement_structure"]
