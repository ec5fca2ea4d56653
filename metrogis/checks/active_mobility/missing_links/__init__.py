"""Which stretches of street, given infrastructure, would join the cycle network, and for whom?"""

from metrogis.checks.active_mobility.missing_links.check import CHECK, missing_links

__all__ = ["CHECK", "missing_links"]
