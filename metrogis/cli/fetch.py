"""``metrogis layers fetch``: from the services a catalog names to the files of its layers."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from metrogis.cli.common import (
    AsJson,
    DataFolder,
    Debug,
    Metropolis,
    Sources,
    errors,
    layers_app,
    output,
    say,
)
from metrogis.cli.guard import guarded
from metrogis.cli.terminal import as_json as to_json
from metrogis.i18n import _, default_language


@layers_app.command(
    name="fetch",
    help=say(
        _(
            "Fetch the files of layers from the services a catalog names (fetch); write "
            "layers.lock."
        ),
    ),
)
@guarded
def fetch_layers(
    layers: Metropolis,
    data: DataFolder = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="LAYER", help=say(_("this layer only; may be repeated")),
        ),
    ] = None,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            help=say(_("without network: from what was fetched before")),
        ),
    ] = False,
    update: Annotated[
        bool,
        typer.Option(
            "--update",
            help=say(_("ask the services again, and show what differs before anything is "
"replaced")),
        ),
    ] = False,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept", help=say(_("replace without asking")),
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help=say(_("only say what would be fetched")),
        ),
    ] = False,
    sources: Sources = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:  # fmt: skip
    """Fetch files; exit with 1 when one failed, may be incomplete, or waits to be accepted."""
    from metrogis.catalog import fetching
    from metrogis.metro import open_metro

    if data is not None and not data.exists() and not dry_run:
        data.mkdir(parents=True)
    # a folder that is not there yet is no fault of a dry run, which makes none
    given = data if data is None or data.exists() else Path(os.devnull).parent
    metro = fetching.with_sources(open_metro(layers, data=given), sources)
    heard = _Progress()

    def accepted(task: Any, change: Any) -> bool:
        errors.print(escape(_change(task, change)))
        if accept:
            return True
        return sys.stdin.isatty() and typer.confirm(say(_("Replace?")), err=True)

    found = fetching.fetch(
        metro, only=only or (), offline=offline, update=update, dry_run=dry_run,
        accept=accepted, told=heard,
    )  # fmt: skip
    if as_json:
        print(to_json({"metro": metro.info.id, "files": fetching.as_json(found)}, indent=1))
    else:
        _show(found)
    whole = all(
        o.state not in ("failed", "waiting") and (o.entry is None or o.entry.complete)
        for o in found
    )
    if not whole:
        raise typer.Exit(1)


class _Progress:
    """A line for each file every few seconds: also read in a log."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def __call__(self, task: Any, rows: int, hits: int | None) -> None:
        step = max(10_000, (hits or 0) // 5)
        if rows - self._last.get(task.file, 0) < step:
            return
        self._last[task.file] = rows
        of = "" if hits is None else f" / {hits}"
        errors.print(escape(f"{task.layer}: {task.file}: {rows}{of}"))


def _change(task: Any, change: Any) -> str:
    if change.rows_before is None:
        return f"{task.layer}: {task.file}: {change.size_before} -> {change.size_after} B"
    text = say(
        _("rows {a} -> {b}: added {c}, removed {d}, changed {e}"),
    ).format(
        a=change.rows_before, b=change.rows_after, c=change.added, d=change.removed,
        e=change.changed,
    )  # fmt: skip
    if change.area_change:
        text += say(_("; area ")) + f"{change.area_change:+.6g} m²"
    elif change.length_change:
        text += say(_("; length ")) + f"{change.length_change:+.6g} m"
    if change.examples:
        text += f" ({', '.join(e[:40] for e in change.examples[:5])})"
    return f"{task.layer}: {task.file}: {text}"


def _show(found: list[Any]) -> None:
    language = default_language()
    states = {
        "kept": say(_("there")),
        "fetched": say(_("fetched")),
        "changed": say(_("replaced")),
        "same": say(_("unchanged")),
        "waiting": say(_("changed, to be accepted (--accept)")),
        "planned": say(_("to be fetched")),
        "failed": say(_("error")),
        "skipped": say(_("left out")),
    }
    if not found:
        output.print(say(_("The catalog has no fetch at all.")))
        return
    table = Table()
    for heading in (
        say(_("layer")), say(_("file")), say(_("state")),
        say(_("rows")), say(_("remarks")),
    ):  # fmt: skip
        table.add_column(heading, overflow="fold")
    for o in found:
        rows = "" if o.entry is None or o.entry.rows is None else str(o.entry.rows)
        remarks = ""
        if o.error is not None:
            remarks = o.error.text.get(language)
        elif o.state == "skipped":
            remarks = o.task.skip
        elif o.entry is not None and not o.entry.complete:
            doubts = "; ".join(d[language] for d in o.entry.doubts)
            remarks = say(_("INCOMPLETE: ")) + doubts
        elif o.entry is not None:
            remarks = "; ".join(n[language] for n in o.entry.notes)
        color = "[red]" if o.state in ("failed", "waiting") else ""
        table.add_row(
            escape(o.task.layer), escape(o.task.file), color + states[o.state], rows,
            escape(remarks),
        )  # fmt: skip
    output.print(table)
