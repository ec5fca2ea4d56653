"""Is each interchange joined to a cycle network worth the name, and who lives near?"""

from metrogis.checks.active_mobility.interchange_access.check import CHECK, interchange_access

__all__ = ["CHECK", "interchange_access"]
