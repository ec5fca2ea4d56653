"""How long, how connected and how well recorded is the cycle network?"""

from metrogis.checks.active_mobility.cycle_network.check import CHECK, cycle_network

__all__ = ["CHECK", "cycle_network"]
