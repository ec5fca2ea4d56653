"""Year against year, parameter against parameter, plan against today.

States are made of results in memory or read from publications; their municipalities are matched,
and every headline measure gets a verdict with its reason. Nothing is drawn here.
"""

from metrogis.comparison.comparison import Comparison, Step, compare
from metrogis.comparison.matching import Pair, match
from metrogis.comparison.published import as_json, read
from metrogis.comparison.state import CheckState, InputState, State, state_of
from metrogis.comparison.stated import of_atlas
from metrogis.comparison.verdicts import VERDICTS, is_changed

__all__ = [
    "VERDICTS",
    "CheckState",
    "Comparison",
    "InputState",
    "Pair",
    "State",
    "Step",
    "as_json",
    "compare",
    "is_changed",
    "match",
    "of_atlas",
    "read",
    "state_of",
]
