"""Scenarios: a plan as changes of layers, applied in memory.

:class:`Scenario` is what a user writes, :class:`Change` one of its items; :mod:`.applied` gives the
layers after them. Files are never changed. Which checks exist is not known here.
"""

from __future__ import annotations

from metrogis.scenario.change import Change
from metrogis.scenario.scenario import Scenario

__all__ = ["Change", "Scenario"]
