"""The report at the end of ``metrogis layers check``, as tables and as values for JSON."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from metrogis.checkup import Checkup
from metrogis.cli.common import blank, output, plain, say
from metrogis.i18n import _
from metrogis.report.known import share_text
from metrogis.texts import Text, number


def as_values(report: Checkup) -> dict[str, Any]:
    """Return the report as plain values."""
    return {
        "layers": [_plain(row) for row in report.layers.to_dict("records")],
        "cover": [_plain(row) for row in report.cover.to_dict("records")],
        "checks": [_plain(row) for row in report.checks.to_dict("records")],
        "old": report.old,
        "undated": report.undated,
    }


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        str(key): value
        if isinstance(value, dict | list)
        else None
        if blank(value)
        else plain(value)
        for key, value in row.items()
    }


def show(report: Checkup, language: str) -> None:
    """Print what the layers hold, how much checks will know, and what is old."""
    output.print(_layers(report, language))
    output.print(_checks(report, language))
    for row in report.checks[~report.checks["runs"].astype(bool)].to_dict("records"):
        reason = row["reason"].get(language) if isinstance(row["reason"], Text) else ""
        output.print(escape(f"{say(_('Will not run'))}: {row['check']} ({reason})"))
    for title, names in (
        (say(_("Older than a year, the oldest first")), report.old),
        (say(_("Without a date")), report.undated),
    ):
        if names:
            output.print(escape(f"{title}: {', '.join(names)}"))


def _layers(report: Checkup, language: str) -> Table:
    table = _table(
        say(_("What the layers hold")),
        [
            (say(_("layer")), False),
            (say(_("age, days")), True),
            (say(_("municipalities")), True),
            (say(_("rows elsewhere")), True),
            (say(_("repeated rows")), True),
            (say(_("remarks")), True),
            (say(_("known land")), True),
        ],
    )
    of = len(report.cover)
    for row in report.layers[report.layers["state"] == "loaded"].to_dict("records"):
        counts = [
            "" if blank(row[c]) else number(int(row[c]), language)
            for c in ("elsewhere", "duplicates", "remarks")
        ]
        there = "" if blank(row["municipalities"]) else f"{row['municipalities']}/{of}"
        age = "" if blank(row["days"]) else number(int(row["days"]), language)
        table.add_row(
            escape(row["layer"]),
            age,
            there,
            *counts,
            _share(row["known"], language),
        )
    return table


def _checks(report: Checkup, language: str) -> Table:
    table = _table(
        say(_("Checks that will run")),
        [
            (say(_("check")), False),
            (say(_("unknown land")), True),
            (say(_("layers known in part")), False),
            (say(_("goes without")), False),
        ],
    )
    for row in report.checks[report.checks["runs"].astype(bool)].to_dict("records"):
        low, high = (_share(row[c], language) for c in ("unknown_low", "unknown_high"))
        part = [f"{name} {_share(share, language)}" for name, share in row["partly"].items()]
        table.add_row(
            escape(row["check"]),
            low if low == high else f"{low} – {high}",
            escape(", ".join(part)),
            escape(", ".join(row["without"])),
        )
    return table


def _share(share: Any, language: str) -> str:
    return "" if blank(share) else share_text(float(share), language)


def _table(title: str, heads: list[tuple[str, bool]]) -> Table:
    table = Table(title=escape(title), title_justify="left")
    for i, (head, numeric) in enumerate(heads):
        table.add_column(
            head, justify="right" if numeric else "left", no_wrap=i == 0, overflow="fold"
        )
    return table
