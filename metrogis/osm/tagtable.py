"""Tags of many ways: the distinct sets of them that matter, each worked out once.

A city has thousands of streets and hundreds of ways to tag them, so what depends on tags alone is
computed per distinct set and handed out by index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from metrogis.arrays import Array
from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.osm import hstore
from metrogis.osm.values import clean, plain_key
from metrogis.provenance import Audit


class TagSets(NamedTuple):
    """Distinct sets of tags, which of them each way has, and texts that could not be read."""

    sets: list[dict[str, str]]
    which: Array
    audit: Audit


class _Known(dict[str, bool]):
    """Whether a key matters in its plain spelling, worked out once per key."""

    def __init__(self, matters: Callable[[str], bool]) -> None:
        super().__init__()
        self.matters = matters

    def __missing__(self, key: str) -> bool:
        answer = self[key] = isinstance(key, str) and self.matters(plain_key(key))
        return answer


def distinct_tags(ways: pd.DataFrame, matters: Callable[[str], bool], *, layer: str) -> TagSets:
    """Return the distinct sets of tags of a table of ways, in plain spelling.

    Parameters
    ----------
    ways : DataFrame
        Tags in a column ``tags`` (mappings or text), ``other_tags`` (hstore or JSON text), or in a
        column per key, which goes before the others (also as exports spell it: ``@highway``,
        ``cycleway_left``). Missing and blank values are no tags.
    matters : callable
        Tells of a key in plain spelling whether it matters; other keys are left out.
    layer : str
        Named by the audit and by errors.

    Raises
    ------
    SchemaError
        When no column holds tags.

    Examples
    --------
    >>> ways = pd.DataFrame({"highway": ["path", "track", "path"], "name": ["a", "b", "c"]})
    >>> found = distinct_tags(ways, lambda key: key == "highway", layer="streets")
    >>> found.sets, found.which.tolist()
    ([{'highway': 'path'}, {'highway': 'track'}], [0, 1, 0])
    """
    known = _Known(matters)
    columns = [c for c in ways.columns if known[c]]
    columns.sort(key=lambda c: plain_key(c) == c)  # the plain spelling of a key goes last: it wins
    audit = Audit()
    coded: list[tuple[Array, list[dict[str, str]]]] = []
    for column in ("other_tags", "tags"):
        if column not in ways.columns:
            continue
        if any(isinstance(value, Mapping) for value in ways[column]):
            coded.append(_of_mappings(ways[column].to_numpy(object), known))
            continue
        texts, first = _factorize(ways[column])
        read, unread = hstore.tags_of(pd.Series(first, dtype=object), layer=layer)
        audit += unread
        coded.append((texts, [_clean(tags, known) for tags in read] or [{}]))
    for column in columns:
        codes, values = _factorize(ways[column])
        coded.append((codes, [clean({column: v}) for v in values]))
    if not coded:
        raise SchemaError(
            _("no column holds OSM tags"),
            layer=layer,
            remedy=_("a column tags (mappings), other_tags, or highway, maxspeed, ..."),
        )
    which = np.zeros(len(ways), np.int64)
    for codes, sets in coded:
        which = pd.factorize(which * max(len(sets), 1) + codes)[0]
    _unused, rows = np.unique(which, return_index=True)
    merged: list[dict[str, str]] = []
    for row in rows.tolist():
        tags: dict[str, str] = {}
        for codes, sets in coded:
            tags.update(sets[codes[row]])
        merged.append(tags)
    return TagSets(merged, which, audit)


def _factorize(column: pd.Series) -> tuple[Array, list[Any]]:
    codes, values = pd.factorize(column.to_numpy(object), use_na_sentinel=False)
    return codes, list(values)


def _of_mappings(column: Array, known: _Known) -> tuple[Array, list[dict[str, str]]]:
    seen: dict[tuple[tuple[str, Any], ...], int] = {}
    which = np.empty(len(column), np.int64)
    for row, tags in enumerate(column):
        items = tags.items() if isinstance(tags, Mapping) else ()
        key = tuple([item for item in items if known[item[0]]])
        which[row] = seen.setdefault(key, len(seen))
    return which, [_clean(dict(key), known) for key in seen]


def _clean(tags: Mapping[str, Any], known: _Known) -> dict[str, str]:
    return clean({k: v for k, v in tags.items() if known[k]})
