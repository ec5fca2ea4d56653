"""Do the infill areas (OUZ) that plans draw keep to what the regulation gives?"""

from metrogis.checks.spatial_development.infill_audit.check import CHECK, infill_audit

__all__ = ["CHECK", "infill_audit"]
