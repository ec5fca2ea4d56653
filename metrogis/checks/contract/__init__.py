"""What a check is made of, and what it answers with.

A check is a function of its layers and parameters, bound by :func:`check`; it declares its columns
and views, and returns an :class:`Outcome`, of which a :class:`Result` is made.
"""

from metrogis.checks.contract.check import CheckFunction, check
from metrogis.checks.contract.declaration import DIRECTIONS, Check, Direction, Input, layer
from metrogis.checks.contract.parameters import Parameters, Spec
from metrogis.checks.contract.presentation import (
    Category,
    Column,
    Finding,
    Ground,
    Overlay,
    View,
    municipality_columns,
)
from metrogis.checks.contract.reading import Chart, Listing, Part, Reading, Sentence
from metrogis.checks.contract.result import Outcome, Result
from metrogis.checks.contract.run import Run
from metrogis.checks.contract.taken import KeptBack, Taken

__all__ = [
    "DIRECTIONS",
    "Category",
    "Chart",
    "Check",
    "CheckFunction",
    "Column",
    "Direction",
    "Finding",
    "Ground",
    "Input",
    "KeptBack",
    "Listing",
    "Outcome",
    "Overlay",
    "Parameters",
    "Part",
    "Reading",
    "Result",
    "Run",
    "Sentence",
    "Spec",
    "Taken",
    "View",
    "check",
    "layer",
    "municipality_columns",
]
