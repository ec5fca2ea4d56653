"""What one answer stands on: how far a verdict hangs on thresholds, what a budget buys best.

Both ask a check again, under other parameters or after other scenarios, and read its headline
measures as comparisons do.
"""

from __future__ import annotations

from metrogis.monitoring.budget import best
from metrogis.monitoring.robustness import Robustness, robustness

__all__ = ["Robustness", "best", "robustness"]
