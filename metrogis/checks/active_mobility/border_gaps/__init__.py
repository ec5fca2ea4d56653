"""Where does a cycle route end at a municipal border, and what is missing to the route beyond?"""

from metrogis.checks.active_mobility.border_gaps.check import CHECK, border_gaps

__all__ = ["CHECK", "border_gaps"]
