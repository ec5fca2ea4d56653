"""What municipalities are called where a name stands twice: a town and the land around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from metrogis.i18n import Text, _, both, pgettext

KIND_IN_NAME = {
    "1": pgettext("beside a name", "town"),
    "2": pgettext("beside a name", "rural municipality"),
    "3": pgettext("beside a name", "urban-rural municipality"),
}
_NAMED = _("{name} ({kind})")


def full_names(codes: Sequence[str], names: Sequence[str]) -> list[Text]:
    """Return the names of municipalities, with the kind where another one has the same name.

    Parameters
    ----------
    codes : sequence of str
        TERYT codes; the seventh digit is the kind.
    names : sequence of str
        Data: they are never read as templates.

    Returns
    -------
    list of Text
        Names that the kind does not part, or of an unknown kind, get the code instead.

    Examples
    --------
    >>> towns = full_names(["2204011", "2204032", "2204043"], ["Pruszcz", "Pruszcz", "Reda"])
    >>> [town.en for town in towns]
    ['Pruszcz (town)', 'Pruszcz (rural municipality)', 'Reda']
    """
    count = Counter(names)
    pairs = Counter((name, code[-1:]) for name, code in zip(names, codes, strict=True))
    made = []
    for code, name in zip(codes, names, strict=True):
        if count[name] == 1:
            made.append(both(name))
            continue
        kind = KIND_IN_NAME.get(code[-1:]) if pairs[name, code[-1:]] == 1 else None
        made.append(_NAMED.fill(name=both(name), kind=kind or both(code)))
    return made
