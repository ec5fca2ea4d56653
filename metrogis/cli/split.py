"""``metrogis layers split``: the catalog of a country cut into catalogs of its units."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from metrogis.cli.common import (
    DataFolder,
    Debug,
    Metropolis,
    Out,
    errors,
    layers_app,
    output,
    say,
)
from metrogis.cli.guard import guarded
from metrogis.i18n import _, default_language


@layers_app.command(
    name="split",
    help=say(_("Cut the catalog of a country into catalogs of its voivodeships or counties.")),
)
@guarded
def split_layers(
    country: Metropolis,
    out: Out,
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="UNIT",
            help=say(_("voivodeship, county, or a column of the boundaries")),
        ),
    ],
    buffer: Annotated[
        float | None,
        typer.Option(
            "--buffer", metavar="M",
            help=say(_("metres around a part whose municipalities are read with it; default: the "
                       "largest reach of any result column")),
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help=say(_("replace folders of parts that are there"))),
    ] = False,
    data: DataFolder = None,
    debug: Debug = False,
) -> None:  # fmt: skip
    """Write a folder with a catalog for each part; all of them or none."""
    from metrogis.metro import open_metro
    from metrogis.parts import split

    parts = split(open_metro(country, data=data), by, out, buffer=buffer, force=force)
    language = default_language()
    for part in parts:
        line = say(_("{title}: municipalities: {inner}, around them: {around}")).format(
            title=part.title.get(language), inner=len(part.inner), around=len(part.around)
        )
        output.print(escape(f"{out / part.id}  {line}"))
    errors.print(escape(say(_("Next: metrogis atlas --all {folder} -o public/")).format(
        folder=out)))  # fmt: skip
