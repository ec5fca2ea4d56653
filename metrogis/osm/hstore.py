"""Tags of OpenStreetMap kept in one text column (``other_tags``), as GDAL writes them.

Two spellings exist: PostgreSQL's hstore text (``"bicycle"=>"designated","lit"=>"yes"``) and, since
GDAL 3.7 with ``TAGS_FORMAT=JSON``, a JSON object. Both are read; nothing else is guessed at.

>>> parse('"bicycle"=>"designated","lit"=>"yes"')
{'bicycle': 'designated', 'lit': 'yes'}
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pandas as pd

from metrogis.errors import SourceError
from metrogis.i18n import _, is_missing
from metrogis.provenance import Audit

# Alternatives start with different characters: the pattern cannot backtrack into slowness.
_TOKEN = r'(?:"((?:[^"\\]|\\.)*)"|([^\s"\\,=>]+))'
_PAIR = re.compile(rf"\s*{_TOKEN}\s*=>\s*{_TOKEN}\s*(,|\Z)", re.S)
_ESCAPE = re.compile(r"\\(.)", re.S)
_PLAIN = re.compile(r'"([^"\\]*)"=>"([^"\\]*)"(?:,(?=")|\Z)')


def parse(text: str) -> dict[str, str]:
    r"""Read the tags of one feature.

    Parameters
    ----------
    text : str
        hstore text or a JSON object. Keys and values may hold ``,``, ``=>``, line breaks, and
        (escaped by a backslash) quotes and backslashes. A ``NULL`` value is a tag without a
        value, so it is left out. Of a repeated key the first value counts.

    Returns
    -------
    dict
        Key -> value, in the order of the text.

    Raises
    ------
    SourceError
        When the text is neither; the message names the place where reading stopped.

    Examples
    --------
    >>> parse(r'"name"=>"Trasa \"Żółta\"", width=>"2,5", "lit"=>NULL')
    {'name': 'Trasa "Żółta"', 'width': '2,5'}
    >>> parse('{"bicycle": "yes"}')
    {'bicycle': 'yes'}
    >>> parse("")
    {}
    """
    if text.lstrip()[:1] == "{":
        return _parse_json(text)
    tags: dict[str, str] = {}
    end = 0
    for match in _PLAIN.finditer(text):  # the usual spelling, without escapes
        if match.start() != end:
            break
        tags.setdefault(match[1], match[2])
        end = match.end()
    if end == len(text):
        return tags
    tags, end = {}, 0
    more = bool(text.strip())
    while more:
        pair = _PAIR.match(text, end)
        if pair is None:
            raise _unreadable(text, end)
        key, bare_key, value, bare_value, comma = pair.groups()
        name = bare_key if key is None else _ESCAPE.sub(r"\1", key)
        if value is not None:
            tags.setdefault(name, _ESCAPE.sub(r"\1", value))
        elif bare_value.upper() != "NULL":
            tags.setdefault(name, bare_value)
        end = pair.end()
        more = comma == ","
    return tags


def _parse_json(text: str) -> dict[str, str]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        raise _unreadable(text, 0) from None
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in read.items() if v is not None}


def _unreadable(text: str, place: int) -> SourceError:
    shown = text[place : place + 40]
    return SourceError(
        _("tags cannot be read from character {place}: {shown}").fill(
            place=place, shown=repr(shown)
        ),
        remedy=_('expected form: "key"=>"value", the next after a comma'),
    )


def tags_of(column: pd.Series, *, layer: str) -> tuple[pd.Series, Audit]:
    """Read a column of tags.

    Parameters
    ----------
    column : Series of str
        Missing values are features without tags.
    layer : str
        Named in the audit.

    Returns
    -------
    tags : Series of dict
        Index of ``column``; an empty dict where there are no tags or the text cannot be read.
    audit : Audit
        The texts that cannot be read, counted (their tags are unknown, not absent).

    Examples
    --------
    >>> tags, audit = tags_of(pd.Series(['"lit"=>"yes"', None, '"lit"=>']), layer="streets")
    >>> tags.tolist(), len(audit)
    ([{'lit': 'yes'}, {}, {}], 1)
    """
    read: list[dict[str, str]] = []
    broken: list[Any] = []
    for place, text in zip(column.index, column.to_numpy(dtype=object), strict=True):
        if is_missing(text):
            read.append({})
            continue
        try:
            read.append(parse(str(text)))
        except SourceError:
            read.append({})
            broken.append(place)
    audit = Audit().add(
        layer,
        "unknown",
        len(broken),
        _("tags that cannot be read"),
        broken,
    )
    values = np.empty(len(read), dtype=object)
    values[:] = read
    return pd.Series(values, index=column.index, name=column.name, dtype=object), audit


def values_of(tags: pd.Series, key: str) -> pd.Series:
    """Return the value of one key of each feature, ``None`` where it is not tagged.

    >>> values_of(pd.Series([{"lit": "yes"}, {}]), "lit").tolist()
    ['yes', None]
    """
    return pd.Series([t.get(key) for t in tags], index=tags.index, name=key, dtype=object)
