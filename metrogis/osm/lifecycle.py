"""What stands, what is planned and what is gone, by OpenStreetMap's tags.

A thing is what its main tag says (``highway=cycleway``). Where that tag holds a word of the
lifecycle (``highway=construction``, ``railway=disused``), or stands behind a prefix only
(``proposed:highway=cycleway``), it is not built; nor where a flag says so (``disused=yes``).
A value that nobody lists says nothing: whether the thing is built is unknown.

Source: the wiki's pages on lifecycle prefixes and on ``highway``, ``railway``,
``public_transport`` and ``amenity``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from metrogis.arrays import Array
from metrogis.osm.tagtable import distinct_tags
from metrogis.osm.values import GONE, PLANNED, clean, kind_of, listed, plain_key
from metrogis.provenance import Audit

State = Literal["built", "planned", "gone", "unknown", ""]
"""Empty: the tags do not say."""

_MAIN = ("highway", "railway", "public_transport", "amenity", "route", "building", "landuse",
         "man_made", "aeroway", "waterway", "leisure", "shop", "cycleway")  # fmt: skip
_ONLY_FLAG = frozenset({"yes", "true", "1"})
# nobody writes no=yes; historic=yes and was=yes say nothing of use
_FLAGS_GONE = GONE - {"no", "not", "was", "old", "historic", "former", "vacant", "closed"}


class Standing(NamedTuple):
    """State of a thing, and the tag that decided (empty where none did)."""

    state: State
    tag: str


def value_state(key: str, value: str) -> State:
    """Return what the value of a main key says.

    >>> value_state("highway", "cycleway"), value_state("highway", "proposed")
    ('built', 'planned')
    >>> value_state("railway", "razed"), value_state("highway", "zzz")
    ('gone', 'unknown')
    """
    if value in PLANNED:
        return "planned"
    if value in GONE:
        return "gone"
    return "built" if listed(key, value) else "unknown"


def standing(tags: Mapping[str, Any], role: Sequence[str] = ("highway",)) -> Standing:
    """Return whether a thing is built, planned or gone, and the tag that says so.

    Parameters
    ----------
    tags : mapping
        In any spelling (:func:`metrogis.osm.values.clean`).
    role : sequence of str
        Keys that make a thing what the layer holds: ``railway`` for stations. One of them that is
        built is enough; other keys (a ``building`` that outlived its station) do not count.

    Examples
    --------
    >>> standing({"proposed:highway": "cycleway", "name": "A"})
    Standing(state='planned', tag='proposed:highway=cycleway')
    >>> standing({"highway": "cycleway", "proposed:surface": "asphalt"}).state
    'built'
    >>> standing({"disused:railway": "station", "building": "yes"}, ("railway",)).state
    'gone'
    >>> standing({"name": "A"}).state
    ''
    """
    known = clean(tags)
    own = [(value_state(key, known[key]), f"{key}={known[key]}") for key in role if key in known]
    for wanted in ("built", "planned", "gone", "unknown"):
        for state, tag in own:
            if state == wanted:
                flag = _flag(known) if state == "built" else None
                return flag or Standing(state, tag)
    flag = _flag(known)
    return flag or _prefixed(known, role) or Standing("", "")


def _flag(tags: Mapping[str, str]) -> Standing | None:
    for words, state in ((PLANNED, "planned"), (_FLAGS_GONE, "gone")):
        for word in sorted(words & tags.keys()):
            if tags[word] in _ONLY_FLAG:
                return Standing(state, f"{word}={tags[word]}")  # type: ignore[arg-type]
    return None


def _prefixed(tags: Mapping[str, str], role: Sequence[str]) -> Standing | None:
    """Return what prefixed keys say of a thing without a key of its role."""
    found: dict[str, Standing] = {}
    outlived = any(key in tags for key in _MAIN)
    for key, value in tags.items():
        word, _, base = key.partition(":")
        state: State = "planned" if word in PLANNED else "gone" if word in GONE else ""
        if not state or value == "no":
            continue
        if base in role or (base in _MAIN and not outlived):
            found.setdefault(state, Standing(state, f"{key}={value}"))
    return found.get("planned") or found.get("gone")


class States(NamedTuple):
    """States of the rows of a table; the tag that decided each; texts that could not be read."""

    state: Array
    tag: Array
    audit: Audit

    def counted(self, state: State) -> list[str]:
        """Return the tags that gave a state, with their counts, the most frequent first.

        >>> table = pd.DataFrame({"highway": ["zzz", "path", "zzz"]})
        >>> states_of(table, ("highway",), layer="routes").counted("unknown")
        ['highway=zzz (2)']
        """
        seen = Counter(tag for tag, own in zip(self.tag, self.state, strict=True) if own == state)
        return [f"{tag} ({n})" for tag, n in seen.most_common()]


def concerns(key: str) -> bool:
    """Tell whether a key (in plain spelling) may say whether a thing stands."""
    return key in _MAIN or key.partition(":")[0] in PLANNED | GONE


def states_of(table: pd.DataFrame, role: Sequence[str], *, layer: str) -> States:
    """Return the state of every row of a table whose tags stand in columns.

    Parameters
    ----------
    table : DataFrame
        Tags in columns of their own, in ``tags`` (mappings) or in ``other_tags`` (hstore or JSON);
        a table without any has no states.
    role : sequence of str
        See :func:`standing`.
    layer : str
        Named in the audit.
    """
    columns = [c for c in table.columns if isinstance(c, str)]
    if not any(has_tags(c) for c in columns):
        nothing = np.full(len(table), "", dtype=object)
        return States(nothing, nothing.copy(), Audit())
    found = distinct_tags(table[columns], concerns, layer=layer)
    each = [standing(tags, role) for tags in found.sets]
    state = np.array([s.state for s in each] or [""], dtype=object)
    tag = np.array([s.tag for s in each] or [""], dtype=object)
    return States(state[found.which], tag[found.which], found.audit)


def has_tags(column: str) -> bool:
    """Tell whether a column holds tags that may say whether a thing stands."""
    key = plain_key(column)
    named = key in ("other_tags", "tags") or key in _MAIN
    return named or (concerns(key) and kind_of(key) != "")
