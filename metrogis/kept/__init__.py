"""Answers that are kept on disk: what they depend on, where they lie, when they are used again.

An answer is used again when nothing it depends on has changed: the program, the check's parameters,
the ``[metro]`` table of the catalog, and each layer that was asked for when it was computed (what
the catalog says of it, and the bytes of its files). Layers ask for each other while they are read
(residents are compared with the municipal table, a timetable with its coverage): what was asked
for is noted, so that nothing has to be declared twice.
"""

from metrogis.kept.answering import Answer, Keeping, answer
from metrogis.kept.packed import Packed
from metrogis.kept.store import Store

__all__ = ["Answer", "Keeping", "Packed", "Store", "answer"]
