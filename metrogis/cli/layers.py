"""``metrogis layers``: what is in a catalog, what is wrong with it, what a layer must contain."""

from __future__ import annotations

import sys
from collections.abc import Mapping
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
    blank,
    errors,
    layers_app,
    output,
    plain,
    say,
)
from metrogis.cli.guard import guarded
from metrogis.cli.terminal import as_json as to_json
from metrogis.errors import MetrogisError, ParameterError
from metrogis.i18n import _
from metrogis.texts import Text, default_language, printable


@layers_app.command(name="list", help=say(_("List the layers of a catalog.")))
@guarded
def list_layers(
    layers: Metropolis, data: DataFolder = None, as_json: AsJson = False, debug: Debug = False
) -> None:
    """List layers without reading them."""
    from metrogis.metro import open_metro

    metro = open_metro(layers, data=data)
    if as_json:
        print(to_json(_as_json(metro, {}), indent=1))
    else:
        _show(metro, {})


@layers_app.command(
    name="check",
    help=say(_("Read every layer and say what is wrong.")),
)
@guarded
def check_layers(
    layers: Metropolis, data: DataFolder = None, as_json: AsJson = False, debug: Debug = False
) -> None:
    """Read and validate every layer; exit with 1 when one is wrong."""
    from metrogis.checkup import checkup
    from metrogis.cli import layer_report
    from metrogis.metro import open_metro

    metro = open_metro(layers, data=data)
    with errors.status(say(_("reading layers"))):
        problems = metro.problems()
    report, health = checkup(metro), _health(metro)
    problems = {**report.faults, **problems}
    if as_json:
        content = _as_json(metro, problems, metro.outlook(), health)
        print(to_json({**content, "report": layer_report.as_values(report)}, indent=1))
    else:
        _show(metro, problems, health)
        layer_report.show(report, default_language())
    if problems:
        raise typer.Exit(1)


@layers_app.command(
    name="schema",
    help=say(
        _("Columns of layers: type, unit, allowed values, required, meaning."),
    ),
)
@guarded
def layer_schema(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help=say(_("a layer")))] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show what a layer must contain; without a name, which layers there are."""
    from metrogis.catalog import document, registry

    chosen = [registry.get(name)] if name else list(registry.LAYERS.values())
    if as_json:
        print(to_json(registry.described(layer.name for layer in chosen), indent=1))
        return
    language = default_language()
    for layer in chosen:
        output.print(f"[bold]{layer.name}[/]: {escape(layer.title.get(language))}")
        output.print(escape(document.summary(layer, language)))
        rows = document.rows(layer, language)
        if rows:
            table = Table()
            for i, head in enumerate(document.HEADS):
                table.add_column(head.get(language), no_wrap=i == 0, overflow="fold")
            for row in rows:
                table.add_row(*map(escape, row))
            output.print(table)


@layers_app.command(
    name="template",
    help=say(
        _(
            "An empty table of a layer with its columns; coverage: municipalities x modes x feeds; "
            "with --from-feeds as the timetables have it (coverage, school_holidays)."
        ),
    ),
)
@guarded
def layer_template(
    layer: Annotated[str, typer.Argument(metavar="LAYER", help=say(_("a layer")))],
    layers: Annotated[
        str | None,
        typer.Argument(metavar="[LAYERS]", help=say(_("catalog: for coverage and --from-feeds"))),
    ] = None,
    output_file: Annotated[
        Path | None,
        typer.Option("-o", "--output", help=say(_("file: .csv, .xlsx or .gpkg"))),
    ] = None,
    from_feeds: Annotated[
        bool,
        typer.Option(
            "--from-feeds",
            help=say(_("propose what the timetables let one see, to be confirmed by hand")),
        ),
    ] = False,
    data: DataFolder = None,
    debug: Debug = False,
) -> None:
    """Write a table of a layer to fill in, to a file or (rows, as CSV) to standard output."""
    from metrogis.catalog import registry

    known = registry.get(layer)
    if from_feeds and (layer not in ("coverage", "school_holidays") or layers is None):
        raise typer.BadParameter(
            say(_("--from-feeds is for coverage and school_holidays of a catalog")),
            param_hint="LAYER",
        )
    if layers is None or not (layer == "coverage" or from_feeds):
        _empty_table(known, output_file)
        return
    from metrogis.evidence import proposals
    from metrogis.evidence.coverage import template_of
    from metrogis.metro import open_metro

    metro = open_metro(layers, data=data)
    if layer == "school_holidays":
        table = proposals.school_holidays(metro["timetable"], country=metro.info.country)
    elif from_feeds:
        table = proposals.coverage(metro, _absent_feeds(metro))
    else:
        table = template_of(metro)
    text = table.to_csv(index=False, lineterminator="\n")
    if output_file is None:
        sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
        return
    output_file.parent.mkdir(parents=True, exist_ok=True)
    output_file.write_text(text, encoding="utf-8")
    errors.print(escape(str(output_file)))


def _absent_feeds(metro: Any) -> tuple[str, ...]:
    """Return the feeds of the timetable's list that are not in the data folder."""
    from metrogis.catalog import feeds
    from metrogis.catalog.paths import base_of

    layer = metro.catalog.layers.get("timetable")
    if getattr(layer, "driver", None) != "gtfs":
        return ()
    return feeds.present(metro.directory, base_of(metro, layer), layer, name="timetable").absent


def _empty_table(layer: Any, output_file: Path | None) -> None:
    """Write an empty table of a layer; never over a file that is there."""
    from metrogis.catalog import templates

    able = templates.formats(layer)
    path = output_file or Path(layer.name + (able[0] if able else ""))
    if path.exists():
        raise ParameterError(
            _("the file is there already"),
            layer=layer.name,
            place=str(path),
            remedy=_("name another file (-o)"),
        )
    for made in templates.write(layer.name, path):
        errors.print(escape(str(made)))


def _health(metro: Any) -> tuple[Any, ...]:
    """Return the health of the timetable, if there is one that could be read."""
    from metrogis.transit import health_of

    frame = metro.layers
    loaded = set(frame["layer"][frame["state"] == "loaded"])
    if "timetable" not in loaded:
        return ()
    area = metro["municipalities"] if "municipalities" in loaded else None
    return health_of(metro["timetable"], area=area)


def _as_json(
    metro: Any,
    problems: Mapping[str, MetrogisError],
    outlook: Mapping[str, Text | None] | None = None,
    health: tuple[Any, ...] = (),
) -> dict[str, Any]:
    """Return what is known of each layer as values for JSON."""
    rows = [
        {key: None if blank(value) else plain(value) for key, value in row.items()}
        for row in metro.layers.to_dict("records")
    ]
    for row in rows:
        error = problems.get(str(row["layer"]))
        row["error"] = plain(error.text) if error else None
    audit = [
        {"layer": r.layer, "action": r.action, "count": r.count, "what": plain(r.what)}
        for r in metro.audit
    ]
    content = {"metro": metro.info.id, "layers": rows, "audit": audit}
    if health:
        content["health"] = [
            {name: plain(value) for name, value in vars(row).items()} for row in health
        ]
    if outlook is not None:
        content["checks"] = {
            check: {"runs": why is None, "reason": plain(why) if why else None}
            for check, why in outlook.items()
        }
    return content


def _show(
    metro: Any,
    problems: Mapping[str, MetrogisError],
    health: tuple[Any, ...] = (),
) -> None:
    """Print the layers, their audit and the health of the timetable."""
    language = default_language()
    output.print(_table(metro, problems, language))
    for row in metro.audit.to_frame(language).itertuples():
        output.print(escape(f"{row.layer}: {row.action} {row.count}: {row.what} {row.examples}"))
    if health:
        from metrogis.transit import health_lines

        for line in health_lines(health, language):
            output.print(escape(line))


def _table(metro: Any, problems: Mapping[str, MetrogisError], language: str) -> Table:
    states = {
        "loaded": say(_("loaded")),
        "ready": say(_("ready")),
        "absent": say(_("no file")),
        "missing": say(_("missing")),
        "unreadable": say(_("error")),
    }
    table = Table(title=escape(metro.title.get(language)), title_justify="left")
    for heading in (
        say(_("layer")),
        say(_("state")),
        say(_("rows")),
        "CRS",
        say(_("date")),
        say(_("licence / remarks")),
    ):
        table.add_column(heading, overflow="fold")
    for row in metro.layers.to_dict("records"):
        error = problems.get(row["layer"])
        state = f"[red]{say(_('error'))}" if error else states[row["state"]]
        remark = row["licence"]
        if error is not None:
            remark = error.text.get(language)
        elif isinstance(row["reason"], Text):
            remark = row["reason"].get(language)
        facts = ["" if blank(row[c]) else escape(str(row[c])) for c in ("rows", "crs", "date")]
        table.add_row(escape(row["layer"]), state, *facts, escape("" if blank(remark) else remark))
    return table
