"""Columns of a part of a country: which of them speak of the part alone."""

from __future__ import annotations

from dataclasses import replace

from metrogis.checks.contract.declaration import Check
from metrogis.checks.contract.presentation import Column
from metrogis.i18n import _

_OF_THIS = _("{label} (of this metro)")


def of_part(check: Check) -> Check:
    """Return a check whose headings say which columns would differ in the undivided catalog.

    Ranks, regions, orders and shares of the whole (:attr:`Column.reach` is ``global``) are those of
    the part; all other columns have, for its own municipalities, the value of the whole.

    Examples
    --------
    >>> from metrogis.checks import registry
    >>> columns = of_part(registry.get("missing_links")).columns["municipalities"]
    >>> columns["best_rank"].label.en, columns["name"].label.en
    ('best rank (of this metro)', 'municipality')
    """
    columns = {
        table: {name: _labelled(column) for name, column in those.items()}
        for table, those in check.columns.items()
    }
    return replace(check, columns=columns)


def _labelled(column: Column) -> Column:
    if column.reach != "global":
        return column
    return replace(column, label=_OF_THIS.fill(label=column.label))
