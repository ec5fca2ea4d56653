"""What words of municipalities for states probably mean: advice for a catalog, never a decision.

A value that a column may not have is refused; the line that turns it into one that it may have is
proposed here, for the analyst to check and to write into the catalog.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import pandas as pd

_MEANT = {
    "built": ("czynn", "istniej", "wybudowan", "zrealizowan", "gotow", "ukończon", "oddan",
              "existing", "exist", "open", "active", "done", "tak", "1"),
    "planned": ("w budowie", "budow", "plan", "projekt", "realizac", "koncepc", "under constr",
                "construct", "propos", "nie", "0"),
    "complete": ("pełn", "komplet", "cał", "full", "all", "tak", "1"),
    "partial": ("częś", "niepeł", "part"),
    "none": ("brak", "nie ma", "żad", "no", "nie", "0"),
    "yes": ("tak", "człon", "y", "true", "1"),
    "no": ("nie", "n", "false", "0"),
}  # fmt: skip
"""Beginnings of words for each value; those that contradict another one stand before it."""
_FIRST = ("planned", "partial", "none", "no", "built", "complete", "yes")
_MOST = 12


def map_line(column: str, words: Iterable[object], allowed: tuple[str, ...]) -> str:
    """Return the line of a catalog that turns words into values that a column may have.

    Words whose meaning cannot be told get ``unknown``, or where the column has no such value the
    first one it may have, to be looked at.

    Examples
    --------
    >>> map_line("state", ["czynny", "w budowie"], ("built", "planned", "unknown"))
    'map = { state = { "czynny" = "built", "w budowie" = "planned" } }'
    """
    pairs = []
    for word in list(dict.fromkeys(str(w).strip() for w in words))[:_MOST]:
        meant = _guess(word, allowed)
        pairs.append(f"{json.dumps(word, ensure_ascii=False)} = {json.dumps(meant)}")
    return f"map = {{ {column} = {{ {', '.join(pairs)} }} }}"


def _guess(word: str, allowed: tuple[str, ...]) -> str:
    plain = word.casefold()
    for value in _FIRST:
        if value in allowed and plain.startswith(tuple(b for b in _MEANT[value] if len(b) > 3)):
            return value
    for value in _FIRST:
        if value in allowed and any(
            plain == b or (len(b) > 2 and plain.startswith(b)) for b in _MEANT[value]
        ):
            return value
    return "unknown" if "unknown" in allowed else allowed[0]


def foreign(column: pd.Series, allowed: tuple[str, ...]) -> list[str]:
    """Return the distinct values of a column that are none of those allowed.

    >>> foreign(pd.Series(["built", "czynny", None]), ("built", "planned"))
    ['czynny']
    """
    known = column.dropna().astype(str)
    return list(dict.fromkeys(known[~known.isin(allowed)]))
