"""Command line: ``metrogis atlas | run | compare | best | layers | checks | demo``.

Exit codes: 0 done; 1 the input or the data is wrong (all that could be done is done and published,
each fault is one clear message, ``--debug`` shows the traceback); 2 the command was called wrongly;
130, 143, 129 interrupted (SIGINT, SIGTERM, SIGHUP), with nothing left behind. Progress goes to
standard error, results to standard output; ``--json`` writes results for a program to read.
"""

from __future__ import annotations

from typing import Annotated

import typer

# each adds its commands to the application, in the order in which help lists them
from metrogis.cli import atlas, best, checks, compare, demo, fetch, layers, new, split
from metrogis.cli.common import app, say
from metrogis.i18n import _

__all__ = [
    "app",
    "atlas",
    "best",
    "checks",
    "compare",
    "demo",
    "fetch",
    "layers",
    "main",
    "new",
    "split",
]


def _version(value: bool) -> None:
    if value:
        from metrogis import __version__

        print(f"metrogis {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help=say(_("version"))),
    ] = False,
) -> None:
    """Entry point."""
