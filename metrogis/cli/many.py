"""``metrogis atlas --all``: every metropolis of a folder, told a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from metrogis.cli.common import errors, output, plain, say
from metrogis.cli.terminal import as_json as to_json
from metrogis.i18n import Text, _, default_language
from metrogis.texts import printable

WHOLE = _("Complete: {done:0} {done:plural:answer|answers}, {skipped:0} without data.")
PARTLY = _(
    "Not complete: {done:0} {done:plural:answer|answers}, {skipped:0} without data, {failed:0} "
    "failed, {pending:0} not begun; manifest.json lists them."
)

FORMER = _(
    "The folder metros/ holds atlases of former runs that this one knows nothing of: {names}. "
    "Delete those that are not to be published."
)


def publish_all(
    folder: Path,
    target: Path,
    parameters: Mapping[str, Mapping[str, Any]],
    languages: Sequence[str],
    *,
    workers: int | None,
    scheduler: str | None,
    work: Path | None,
    fresh: bool,
    site_url: str | None,
    as_json: bool,
) -> None:
    """Publish the atlases of all metropolises of a folder, and a start page over them.

    Parameters
    ----------
    folder : Path
        Its folders with a ``catalog.toml`` are the metropolises.
    target : Path
        Where to.
    parameters, languages, workers, work, fresh, site_url
        As :func:`metrogis.run_many` takes them.
    scheduler : str or None
        Address of a Dask scheduler.
    as_json : bool
        Write the manifest to standard output, and no progress.
    """
    from metrogis.many import on_dask
    from metrogis.many.running import catalogs_in, run_many

    if scheduler is not None and workers is not None:
        raise typer.BadParameter(say(_("give --workers or --scheduler, not both")))
    metros = catalogs_in(folder)
    client = on_dask.connect(scheduler) if scheduler is not None else None
    told = 0

    def tell(metro: str, what: Text) -> None:
        nonlocal told
        told += 1
        if not as_json:
            line = f"[{told}/{len(metros)}] {metro}: {what.get(default_language())}"
            errors.print(escape(printable(line)))

    try:
        done = run_many(
            metros, output=target, client=client, workers=workers, parameters=parameters,
            languages=languages, site_url=site_url, work=work, fresh=fresh, progress=tell,
        )  # fmt: skip
    finally:
        if client is not None:
            client.close()
    if as_json:
        print(to_json(plain(done.content()), indent=1))
    else:
        counts = done.counts()
        output.print(say((WHOLE if done.complete else PARTLY).fill(**counts)))
        if done.former:
            # a name of a folder is data
            output.print(escape(printable(say(FORMER.fill(names=", ".join(done.former))))))
        output.print(escape(f"Atlas: {target / 'index.html'}"))
    if not done.complete:
        raise typer.Exit(1)
