"""``metrogis best``: which candidates a budget should be spent on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from metrogis.cli.common import AsJson, DataFolder, Debug, Metropolis, app, errors, output, say
from metrogis.cli.guard import guarded
from metrogis.cli.terminal import as_json as to_json
from metrogis.i18n import _, number, pgettext
from metrogis.texts import default_language, printable


@app.command(
    name="best",
    help=say(_("Spend a budget on the changes of a scenario that gain most.")),
)
@guarded
def best(
    layers: Metropolis,
    candidates: Annotated[
        Path,
        typer.Argument(
            metavar="CANDIDATES", help=say(_("TOML file of a scenario: each change has a cost"))
        ),
    ],
    budget: Annotated[float, typer.Option("--budget", help=say(_("in the unit of the costs")))],
    measure: Annotated[
        str,
        typer.Option(
            "--measure",
            metavar="CHECK.COLUMN",
            help=say(_("headline measure that adds up over municipalities")),
        ),
    ] = "white_spots.white_people",
    data: DataFolder = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Spend a budget on the changes of a scenario that gain most."""
    import metrogis as mg

    metro = mg.open_metro(layers, data=data)
    plan = mg.Scenario.from_toml(candidates)

    def tell(tried: int) -> None:
        if not as_json and errors.is_terminal:
            errors.print(say(_("sets tried: {n:0}").fill(n=tried)), end="\r")

    table = mg.best(metro, plan, measure, budget=budget, progress=tell)
    rows = table.to_dict("records")
    if as_json:
        print(to_json({**table.attrs, "steps": rows}))
        return
    if not rows:
        output.print(say(_("No candidate that the budget pays for gains anything.")))
        return
    language = default_language()
    shown = Table(title=escape(f"{measure}: {plan.name}"))
    for head in (
        _("step"), pgettext("scenario", "change"), _("cost"), _("gain"), _("cost so far"),
        _("gain so far"),
    ):  # fmt: skip
        shown.add_column(say(head))
    for row in rows:
        values = (number(row[k], language, 1) for k in ("cost", "gain", "total_cost", "total_gain"))
        shown.add_row(str(row["step"]), escape(printable(row["id"])), *values)
    output.print(shown)
    for name, why in table.attrs["unfit"].items():
        output.print(escape(printable(f"{name}: {why}")))
