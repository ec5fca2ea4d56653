"""What all commands share: the application, its options, consoles, values for JSON."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from metrogis.cli.terminal import SafeConsole
from metrogis.cli.usage import Commands
from metrogis.i18n import Text, _, default_language


def say(text: Text) -> str:
    """Return a text in the language of the session."""
    return text.get(default_language())


app = typer.Typer(
    name="metrogis",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help=say(
        _("Check the space and mobility of a metropolis and publish maps."),
    ),
)
layers_app = typer.Typer(
    no_args_is_help=True,
    help=say(_("Layers: what is there, what is wrong.")),
)
app.add_typer(layers_app, name="layers")

errors = SafeConsole(stderr=True, soft_wrap=True, highlight=False)
output = SafeConsole(soft_wrap=True, highlight=False)

Metropolis = Annotated[
    str,
    typer.Argument(
        metavar="LAYERS",
        help=say(
            _("folder with a catalog.toml, or a name: demo, omggs, som"),
        ),
    ),
]
DataFolder = Annotated[
    Path | None,
    typer.Option("--data", help=say(_("data folder (also METROGIS_DATA)"))),
]
Sources = Annotated[
    Path | None,
    typer.Option(
        "--sources",
        metavar="FILE",
        help=say(_("addresses in place of the official ones, a mirror (also METROGIS_SOURCES)")),
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help=say(_("results as JSON")))]
Debug = Annotated[bool, typer.Option("--debug", help=say(_("full traceback of an error")))]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help=say(
            _("stop at the first fault and publish nothing"),
        ),
    ),
]
Work = Annotated[
    Path | None,
    typer.Option(
        "--work",
        metavar="DIR",
        help=say(_("where answers are kept (by default in the cache folder)")),
    ),
]
Out = Annotated[Path, typer.Option("-o", "--output", help=say(_("folder of the result")))]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="[CHECK.]PARAMETER=VALUE",
        help=say(_("a parameter's value; may be repeated")),
    ),
]
Languages = Annotated[str, typer.Option("--lang", help=say(_("languages, e.g. pl,en")))]


def plain(value: Any) -> Any:
    """Make a value fit for JSON: a missing number is null, never 0."""
    if isinstance(value, Text):
        return value.forms()
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def blank(value: Any) -> bool:
    """Tell whether a value of a table is missing."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:
        return True
