"""The start page over many metropolises: what is shown of each, and how they compare."""

from metrogis.report.start.pages import publish_start
from metrogis.report.start.summary import summary_of

__all__ = ["publish_start", "summary_of"]
