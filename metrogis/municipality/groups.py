"""Which municipalities are like one: of the same kind and size, or of a group the catalog names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metrogis.i18n import Text, _, both, join

KINDS = {
    "city": _("cities with county rights"),
    "urban": _("urban municipalities"),
    "mixed": _("urban-rural municipalities"),
    "rural": _("rural municipalities"),
}
_BY_DIGIT = {"1": "urban", "2": "rural", "3": "mixed"}

CITY_COUNTIES = 61
"""Counties of this number and above are cities with county rights (GUS, TERYT register)."""

SIZES = (10_000, 20_000, 50_000, 100_000)
"""Residents that part classes of size: those GUS publishes for towns, from 10,000 on."""

FEWEST = 3
"""A group of fewer, itself counted, is widened to all municipalities of the kind."""

_BELOW = _("below {top:0} residents")
_BETWEEN = _("{low:0} to {top:0} residents")
_ABOVE = _("{low:0} residents and more")


@dataclass(frozen=True)
class Group:
    """Municipalities that are like one of them.

    Attributes
    ----------
    label : Text
    members : tuple of int
        Positions among the municipalities, itself among them.
    """

    label: Text
    members: tuple[int, ...]


def kind_of(code: str) -> str:
    """Return the kind of a municipality by its TERYT code; empty where the code has none.

    >>> [kind_of(c) for c in ("2261011", "2204011", "2204032", "2215031", "2205023", "0201999")]
    ['city', 'urban', 'rural', 'urban', 'mixed', '']
    """
    kind = _BY_DIGIT.get(code[6:7], "") if len(code) == 7 and code.isdigit() else ""
    return "city" if kind == "urban" and int(code[2:4]) >= CITY_COUNTIES else kind


def groups_of(
    codes: Sequence[str],
    population: np.ndarray,
    named: Mapping[str, Text] | None = None,
) -> list[Group]:
    """Return, for each municipality, those like it.

    Parameters
    ----------
    codes : sequence of str
        TERYT codes.
    population : array of float, shape (municipalities,)
        NaN where it is unknown: such a municipality is compared with its kind alone.
    named : mapping of str to Text, optional
        TERYT -> functional group, from the catalog; it replaces kind and size.

    Returns
    -------
    list of Group
        Of the same kind and size class; of the kind where that has fewer than :data:`FEWEST`.

    Examples
    --------
    >>> made = groups_of(["2204032"] * 3 + ["2204011"], np.array([5e3, 6e3, 9e3, 2e4]))
    >>> made[0].label.en, made[0].members, made[3].members
    ('rural municipalities, below 10,000 residents', (0, 1, 2), (3,))
    """
    named = named or {}
    kinds = [kind_of(code) for code in codes]
    sizes = [
        -1 if np.isnan(people) else int(np.searchsorted(SIZES, people, side="right"))
        for people in population
    ]
    functional: dict[str, list[int]] = {}
    by_kind: dict[str, list[int]] = {}
    by_size: dict[tuple[str, int], list[int]] = {}
    for i, code in enumerate(codes):
        if code in named:
            functional.setdefault(named[code].en, []).append(i)
        by_kind.setdefault(kinds[i], []).append(i)
        by_size.setdefault((kinds[i], sizes[i]), []).append(i)
    made = []
    for i, code in enumerate(codes):
        same = by_size[kinds[i], sizes[i]]
        if code in named:
            made.append(Group(named[code], tuple(functional[named[code].en])))
        elif sizes[i] >= 0 and len(same) >= FEWEST:
            label = join(", ", (_kind(kinds[i]), size_label(sizes[i])))
            made.append(Group(label, tuple(same)))
        else:
            made.append(Group(_kind(kinds[i]), tuple(by_kind[kinds[i]])))
    return made


def _kind(kind: str) -> Text:
    return KINDS.get(kind, both("?"))


def size_label(place: int) -> Text:
    """Return the words of a class of size, by its place.

    >>> [size_label(i).en for i in (0, 1, 4)]
    ['below 10,000 residents', '10,000 to 20,000 residents', '100,000 residents and more']
    """
    if place == 0:
        return _BELOW.fill(top=SIZES[0])
    if place == len(SIZES):
        return _ABOVE.fill(low=SIZES[-1])
    return _BETWEEN.fill(low=SIZES[place - 1], top=SIZES[place])
