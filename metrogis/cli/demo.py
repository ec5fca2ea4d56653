"""``metrogis demo``: the synthetic metropolis as files."""

from __future__ import annotations

from typing import Annotated

import typer

from metrogis.cli.common import Debug, Out, app, errors, say
from metrogis.cli.guard import guarded


@app.command(
    help=say(
        "Tworzy sztuczną metropolię: dane w tych samych formatach co prawdziwe.",
        "Write the synthetic metropolis: data in the same formats as real ones.",
    )
)
@guarded
def demo(
    output: Out,
    size: Annotated[str, typer.Option("--size", help="S, M, L")] = "S",
    seed: Annotated[int, typer.Option("--seed", help=say("ziarno losowe", "random seed"))] = 1,
    debug: Debug = False,
) -> None:
    """Write the demo metropolis into a folder."""
    from metrogis import demo as demo_package

    with errors.status(say("tworzenie metropolii", "making the metropolis")):
        demo_package.build(output, size=size.upper(), seed=seed)  # type: ignore[arg-type]
    print(output)
