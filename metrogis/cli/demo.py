"""``metrogis demo``: the synthetic metropolis as files."""

from __future__ import annotations

from typing import Annotated

import typer

from metrogis.cli.common import Debug, Out, app, errors, say
from metrogis.cli.guard import guarded
from metrogis.i18n import _


@app.command(
    help=say(
        _("Write the synthetic metropolis: data in the same formats as real ones."),
    )
)
@guarded
def demo(
    output: Out,
    size: Annotated[str, typer.Option("--size", help="S, M, L, XL")] = "S",
    seed: Annotated[int, typer.Option("--seed", help=say(_("random seed")))] = 1,
    debug: Debug = False,
) -> None:
    """Write the demo metropolis into a folder."""
    from metrogis import demo as demo_package

    with errors.status(say(_("making the metropolis"))):
        demo_package.build(output, size=size.upper(), seed=seed)  # type: ignore[arg-type]
    print(output)
