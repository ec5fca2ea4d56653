"""What a check is made of, and what it answers with.

A check declares its parameters, layers, columns and views; :meth:`Check.begin` validates what it is
given, and :meth:`Run.result` makes the result.
"""

from metrogis.checks.contract.check import DIRECTIONS, Check, Input, Result, Run
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

__all__ = [
    "DIRECTIONS",
    "Category",
    "Check",
    "Column",
    "Finding",
    "Ground",
    "Input",
    "Overlay",
    "Parameters",
    "Result",
    "Run",
    "Spec",
    "View",
    "municipality_columns",
]
