"""Of the boundaries of a country or a voivodeship: the municipalities of the metropolis."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from metrogis.errors import SchemaError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.teryt import match_codes

LAYER = "municipalities"
_EXAMPLES = 6


def chosen(frame: Any, codes: Iterable[str], audit: Audit) -> tuple[Any, Audit]:
    """Return the rows of the units that a metropolis is made of.

    Parameters
    ----------
    frame : DataFrame
        Boundaries, with a column ``teryt`` as the file has it.
    codes : iterable of str
        2, 4 or 7 digits; a municipality whose kind changed (its seventh digit) is found all the
        same, and noted.
    audit : Audit

    Returns
    -------
    frame, audit
        The others are counted as dropped.

    Raises
    ------
    SchemaError
        For units of which no row speaks: the metropolis would be smaller in silence.
    """
    if "teryt" not in frame.columns:
        return frame, audit  # told by the schema
    text = frame["teryt"].astype("string").fillna("").str.strip().str.replace("_", "")
    wanted = tuple(codes)
    exact = [code for code in wanted if len(code) == 7]
    match = match_codes(exact, [code for code in text if len(code) == 7])
    starts = tuple(code for code in wanted if len(code) < 7)
    inside = text.isin(list(match.mapping.values()))
    if starts:
        inside |= text.str.startswith(starts)
    lost = [code for code in starts if not text.str.startswith(code).any()]
    lost += list(match.unmatched)
    if lost:
        shown = ", ".join(sorted(lost)[:_EXAMPLES]) + (" ..." if len(lost) > _EXAMPLES else "")
        raise SchemaError(
            _("the boundaries have no municipality with these codes: {shown}").fill(shown=shown),
            layer=LAYER,
            place="teryt",
            remedy=_("fix teryt in [metro], or take boundaries that hold these units"),
        )
    audit += match.audit(LAYER)
    audit = audit.add(
        LAYER,
        "dropped",
        int((~inside).sum()),
        _("municipalities outside the units of the metropolis (teryt in [metro])"),
        text[~inside].head(_EXAMPLES),
    )
    return frame.loc[inside.to_numpy(dtype=bool)].copy(), audit
