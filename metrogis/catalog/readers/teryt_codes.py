"""Codes of municipalities without the digit of their kind, completed by those of the metropolis.

TERC lists write ``226101`` and the kind ``1`` in columns of their own. A code of six digits may
also have lost the zero in front in a spreadsheet (``201011`` is ``0201011``): which of the two a
column has is decided by the municipalities that are here, for the column as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from metrogis import schemas
from metrogis.errors import MetrogisError
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.teryt import is_part

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened

UNKNOWN_KIND = "0"
"""Stands for the kind of a municipality that is not in the metropolis: no kind of TERYT has it."""


def completed(metro: Opened, name: str, schema: str, frame: Any) -> tuple[Any, Audit]:
    """Complete the codes of a layer that lack the digit of the kind.

    Returns
    -------
    frame : as given
        Changed only where more codes of a column are municipalities here without their kind than
        with a zero in front.
    audit : Audit
    """
    audit = Audit()
    fields = schemas.get(schema).fields
    columns = [c for c, rule in fields.items() if rule.kind in ("teryt", "area") and c in frame]
    if not columns or name == "municipalities" or metro.is_being_read("municipalities"):
        return frame, audit
    texts = {column: _texts(frame[column]) for column in columns}
    six = {column: text.str.fullmatch(r"[0-9]{6}") for column, text in texts.items()}
    if not any(mask.any() for mask in six.values()):
        return frame, audit
    try:
        here = [str(code) for code in metro["municipalities"]["teryt"]]
    except MetrogisError:  # told as its own fault
        return frame, audit
    # of a municipality and its parts the whole one is meant
    by_six = {code[:6]: code for code in sorted(here, key=is_part, reverse=True)}
    for column in columns:
        mask, text = six[column], texts[column]
        as_kind = text[mask].isin(list(by_six)).sum()
        as_zero = ("0" + text[mask]).isin(here).sum()
        if as_kind <= as_zero:
            continue
        whole = text[mask].map(lambda code: by_six.get(code, code + UNKNOWN_KIND))
        frame = frame.copy()
        frame[column] = frame[column].astype(object)
        frame.loc[mask, column] = whole
        audit = audit.add(
            name,
            "repaired",
            int(mask.sum()),
            _(
                "{column}: TERYT codes without the digit of the kind, completed by the "
                "municipalities"
            ).fill(column=column),
            text[mask],
        )
    return frame, audit


def _texts(column: pd.Series) -> pd.Series:
    """Return codes as texts: of numbers without their ``.0``, blank ones empty."""
    text = column.astype("string").fillna("").str.strip().str.replace("_", "", regex=False)
    return text.str.replace(r"\.0+$", "", regex=True)
