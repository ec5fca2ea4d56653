"""``metrogis layers new``: a catalog of a metropolis from its TERYT codes, without network."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from metrogis.cli.common import DataFolder, Debug, Sources, errors, layers_app, output, say
from metrogis.cli.guard import guarded
from metrogis.i18n import _


@layers_app.command(
    name="new",
    help=say(_("Make a catalog of a metropolis with official sources, by TERYT codes.")),
)
@guarded
def new_metropolis(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help=say(_("its name in small letters (in the folder layers), or a folder")),
        ),
    ],
    teryt: Annotated[
        str | None,
        typer.Option(
            "--teryt",
            metavar="CODES",
            help=say(_("codes with commas: 2 digits a voivodeship, 4 a county, 7 a municipality")),
        ),
    ] = None,
    members: Annotated[
        Path | None,
        typer.Option(
            "--members",
            metavar="FILE",
            help=say(_("table of members: teryt or name, and member (yes, no, unknown)")),
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", help=say(_("title on the pages"))),
    ] = None,
    country: Annotated[
        str,
        typer.Option("--country", metavar="XX", help=say(_("another country: general sources"))),
    ] = "PL",
    bbox: Annotated[
        str | None,
        typer.Option(
            "--bbox",
            metavar="W,S,E,N",
            help=say(_("extent in degrees; default: that of the boundaries")),
        ),
    ] = None,
    crs: Annotated[
        str | None,
        typer.Option("--crs", help=say(_("working CRS in metres; default EPSG:2180, abroad UTM"))),
    ] = None,
    boundaries: Annotated[
        Path | None,
        typer.Option(
            "--boundaries", metavar="FILE", help=say(_("boundaries in which names are looked up")),
        ),
    ] = None,
    sources: Sources = None,
    across: Annotated[
        bool,
        typer.Option("--across", help=say(_("the metropolis lies in several voivodeships"))),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help=say(_("replace a catalog that is there"))),
    ] = False,
    data: DataFolder = None,
    debug: Debug = False,
) -> None:  # fmt: skip
    """Write the folder of a new catalog."""
    from metrogis.catalog import asked, new
    from metrogis.catalog.official import read_table

    folder = Path(name) if len(Path(name).parts) > 1 else Path("layers") / name
    wish = asked.wish(
        folder.name, teryt=teryt, members=members, title=title, country=country, bbox=bbox,
        crs=crs, boundaries=boundaries or asked.boundaries_in(data), across=across,
    )  # fmt: skip
    made = new.write(folder, wish, read_table(sources), dt.date.today(), force=force)
    _show(made, wish)


def _show(folder: Path, wish: Any) -> None:
    output.print(escape(str(folder)))
    from metrogis.metro import open_metro

    layers = open_metro(folder).catalog.layers.values()
    fetched = sum(getattr(layer, "fetch", None) is not None for layer in layers)
    waits = sum(getattr(layer, "until_filled", None) is not None for layer in layers)
    errors.print(
        say(_("{all} layers: {fetched} fetched, {waits} waiting for a file of yours (README.md)"))
        .format(all=len(layers), fetched=fetched, waits=waits)
    )  # fmt: skip
    errors.print(escape(say(_("Next: metrogis layers fetch {folder} --data DATA")).format(
        folder=folder)))  # fmt: skip
