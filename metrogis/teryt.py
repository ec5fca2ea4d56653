"""TERYT codes of municipalities: kinds, parts that stand beside their sum, codes that changed.

The seventh digit is the kind: 1 town, 2 rural, 3 town and rural part together, 4 town part and 5
rural part of a 3, 8 district of Warsaw, 9 delegation of another city. A municipality that becomes
a town keeps its first six digits and changes the seventh. Source: GUS, TERYT register (TERC).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from metrogis.i18n import _
from metrogis.provenance import Audit

WHOLE_KINDS = "123"
PART_KINDS = "4589"

Reason = Literal["absent", "ambiguous"]


def is_part(code: str) -> bool:
    """Tell whether a code is a part (town part, rural part, district) of another unit.

    >>> is_part("2205024"), is_part("2205023")
    (True, False)
    """
    return code[-1:] in PART_KINDS


@dataclass(frozen=True)
class CodeMatch:
    """Which available code answers each wanted one.

    Attributes
    ----------
    mapping : dict
        Wanted code -> available code; codes without an answer are not in it.
    guessed : tuple of (str, str)
        Pairs matched by their first six digits only.
    unmatched : dict
        Wanted code -> why there is no answer: ``"absent"``, or ``"ambiguous"`` where several codes
        share the six digits.
    """

    mapping: dict[str, str] = field(default_factory=dict)
    guessed: tuple[tuple[str, str], ...] = ()
    unmatched: dict[str, Reason] = field(default_factory=dict)

    def audit(self, layer: str) -> Audit:
        """Return the audit rows of a match: codes guessed, and codes left unknown.

        Parameters
        ----------
        layer : str
            The table whose codes were available. A municipality that is not in it has an unknown
            value, never 0.
        """
        return (
            Audit()
            .add(
                layer,
                "guessed",
                len(self.guessed),
                _(
                    "TERYT differs in its last digit (the kind of municipality "
                    "changed): taken as the same municipality"
                ),
                [f"{wanted} = {found}" for wanted, found in self.guessed],
            )
            .add(
                layer,
                "unknown",
                len(self.unmatched),
                _("TERYT is not in the table: value unknown (not 0)"),
                self.unmatched,
            )
        )


def match_codes(wanted: Iterable[str], available: Iterable[str]) -> CodeMatch:
    """Match codes of one layer to those of a table, exactly or by the first six digits.

    A code without an exact answer takes the one available code of kind 1-3 with the same first six
    digits, when nothing else claims that code. Every such match is a guess to be audited
    (:meth:`CodeMatch.audit`). No answer means unknown, never 0.

    Parameters
    ----------
    wanted : iterable of str
        TERYT codes of 7 digits, for example of the boundaries.
    available : iterable of str
        TERYT codes of the table. Parts (kinds 4, 5, 8, 9) only ever match exactly.

    Returns
    -------
    CodeMatch

    Examples
    --------
    >>> found = match_codes(["2211021", "2211011"], ["2211023", "2211024", "2211011"])
    >>> found.mapping
    {'2211021': '2211023', '2211011': '2211011'}
    >>> found.guessed
    (('2211021', '2211023'),)
    """
    asked = list(dict.fromkeys(wanted))
    have = list(dict.fromkeys(available))
    exact = set(asked) & set(have)
    free: dict[str, list[str]] = {}
    for code in have:
        if code not in exact and not is_part(code):
            free.setdefault(code[:6], []).append(code)
    claims: dict[str, int] = {}
    for code in asked:
        if code not in exact:
            claims[code[:6]] = claims.get(code[:6], 0) + 1

    mapping: dict[str, str] = {}
    guessed: list[tuple[str, str]] = []
    unmatched: dict[str, Reason] = {}
    for code in asked:
        candidates = [] if is_part(code) else free.get(code[:6], [])
        if code in exact:
            mapping[code] = code
        elif len(candidates) == 1 and claims[code[:6]] == 1:
            mapping[code] = candidates[0]
            guessed.append((code, candidates[0]))
        else:
            unmatched[code] = "ambiguous" if candidates else "absent"
    return CodeMatch(mapping, tuple(guessed), unmatched)


def drop_parts(
    frame: pd.DataFrame, column: str = "teryt", *, layer: str = "population_municipal"
) -> tuple[pd.DataFrame, Audit]:
    """Drop rows of town parts, rural parts and districts, which stand beside their sum.

    Parameters
    ----------
    frame : DataFrame
        Not changed.
    column : str
        Column of TERYT codes (text, 7 digits).
    layer : str
        Name of the table in the audit.

    Returns
    -------
    frame, audit
        Rows of kinds 1-3. Parts whose sum is not in the table are dropped as well, for one part is
        not the municipality: the audit lists them as unknown.

    Examples
    --------
    >>> table = pd.DataFrame({"teryt": ["2205023", "2205024", "2205025"], "population": [3, 1, 2]})
    >>> drop_parts(table)[0]["population"].tolist()
    [3]
    """
    codes = frame[column].astype("object")
    part = codes.map(lambda c: isinstance(c, str) and is_part(c)).astype(bool)
    whole = set(codes[~part])
    # the sum of districts is the city, whose code shares only the county's four digits
    cities = {c[:4] for c in whole if isinstance(c, str) and c[-1:] == "1"}
    orphans = [
        c for c in codes[part] if not ((c[:6] + "3") in whole if c[-1] in "45" else c[:4] in cities)
    ]
    audit = (
        Audit()
        .add(
            layer,
            "dropped",
            int(part.sum()) - len(orphans),
            _(
                "rows of town parts, rural parts and districts (TERYT ends in 4, 5, 8, "
                "9): the municipality's sum already holds them"
            ),
        )
        .add(
            layer,
            "unknown",
            len(orphans),
            _(
                "part of a municipality whose sum is not in the table was dropped: the "
                "municipality is unknown"
            ),
            orphans,
        )
    )
    return frame.loc[~part], audit
