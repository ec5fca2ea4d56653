"""One municipality: its name, those like it, what every check answers of it.

Results are read here, nothing is computed anew and nothing is drawn.
"""

from metrogis.municipality.answers import (
    Answer,
    Measure,
    Places,
    Portrait,
    Portraits,
    headline_numbers,
)
from metrogis.municipality.groups import Group, groups_of
from metrogis.municipality.naming import full_names

__all__ = [
    "Answer",
    "Group",
    "Measure",
    "Places",
    "Portrait",
    "Portraits",
    "full_names",
    "groups_of",
    "headline_numbers",
]
