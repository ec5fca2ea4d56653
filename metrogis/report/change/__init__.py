"""Pages and files of a comparison: what changed, where, and what cannot be compared."""

from metrogis.report.change.site import publish

__all__ = ["publish"]
