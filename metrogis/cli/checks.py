"""``metrogis checks``: what the checks ask, which layers and parameters they take."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from metrogis.cli.common import AsJson, Debug, app, output, plain, say
from metrogis.cli.guard import guarded
from metrogis.cli.terminal import as_json as to_json
from metrogis.i18n import _, default_language


@app.command(
    name="checks",
    help=say(
        _("List the checks, or show one: question, layers, parameters."),
    ),
)
@guarded
def list_checks(
    check: Annotated[str | None, typer.Argument(metavar="[CHECK]", help=say(_("a check")))] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show what the checks ask and which parameters they take."""
    from metrogis.checks import registry

    chosen = [registry.get(check)] if check else list(registry.checks())
    if as_json:
        print(to_json([_check_as_json(c) for c in chosen], indent=1))
        return
    language = default_language()
    if check is None:
        table = Table()
        table.add_column(say(_("direction")), no_wrap=True)
        table.add_column(say(_("check")), no_wrap=True)
        for heading in (
            say(_("question")),
            say(_("layers")),
        ):
            table.add_column(heading, overflow="fold")
        for c in chosen:
            names = ", ".join(i.name if i.required else f"({i.name})" for i in c.inputs)
            table.add_row(c.direction, c.id, escape(c.question.get(language)), names)
        output.print(table)
        return
    one = chosen[0]
    output.print(f"[bold]{one.direction} {escape(one.title.get(language))}[/] ({one.id})")
    output.print(escape(one.question.get(language)))
    output.print(escape(one.method.get(language)) + "\n")
    for item in one.inputs:
        need = say(_("required")) if item.required else say(_("optional"))
        output.print(f"- {item.name} ({need}): {escape(item.text.get(language))}")
    table = Table()
    # names are typed back on the command line: they are never broken over lines
    table.add_column(say(_("parameter")), no_wrap=True)
    for heading in (
        say(_("meaning")),
        say(_("default")),
        say(_("unit")),
        say(_("source")),
    ):
        table.add_column(heading, overflow="fold")
    for name, spec in one.parameters.specs().items():
        default = one.parameters.model_fields[name].default
        table.add_row(
            name,
            escape(spec.label.get(language)),
            escape(str(default)),
            spec.unit,
            escape(spec.citation.line(language)),
        )
    output.print(table)


def _check_as_json(check: Any) -> dict[str, Any]:
    defaults = json.loads(check.parameters().model_dump_json())
    return {
        "id": check.id,
        "direction": check.direction,
        "title": plain(check.title),
        "question": plain(check.question),
        "method": plain(check.method),
        "inputs": [
            {"name": i.name, "required": i.required, "schema": i.schema, "text": plain(i.text)}
            for i in check.inputs
        ],
        "parameters": [
            {
                "name": name,
                "default": defaults[name],
                "unit": spec.unit,
                "source": spec.source,
                "label": plain(spec.label),
            }
            for name, spec in check.parameters.specs().items()
        ],
    }
