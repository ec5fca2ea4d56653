"""``metrogis atlas`` and ``metrogis run``: checks of a metropolis, shown and published."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from metrogis.cli.common import (
    AsJson,
    DataFolder,
    Debug,
    Languages,
    Metropolis,
    Out,
    Settings,
    Strict,
    Work,
    app,
    errors,
    output,
    plain,
    say,
)
from metrogis.cli.guard import guarded
from metrogis.cli.many import publish_all
from metrogis.cli.scenario import ScenarioFile
from metrogis.cli.terminal import as_json as to_json
from metrogis.errors import ParameterError
from metrogis.i18n import _, pgettext
from metrogis.texts import LANGUAGES, Text, default_language, printable

Every = Annotated[
    Path | None,
    typer.Option(
        "--all",
        metavar="DIR",
        help=say(_("every metropolis of a folder, with a start page over all")),
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, max=256, help=say(_("with --all: processes of one thread each"))
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help=say(_("with --all: a Dask cluster in place of processes")),
    ),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help=say(_("with --all: compute everything again")))
]
Directions = Annotated[
    list[str] | None,
    typer.Option(
        "--direction",
        help=say(_("only this direction, e.g. 2.1.2")),
    ),
]
Jobs = Annotated[
    int,
    typer.Option(
        "-j",
        "--jobs",
        min=1,
        max=64,
        help=say(
            _("processes at a time (Linux); 1 uses the least memory"),
        ),
    ),
]
SiteUrl = Annotated[
    str | None,
    typer.Option("--site-url", help=say(_("where the folder will be published, e.g. https://..."))),
]
Pdf = Annotated[
    bool,
    typer.Option(
        "--pdf",
        help=say(_("print the report and each municipality, too (with Chromium or WeasyPrint)")),
    ),
]
OnlyChanged = Annotated[
    bool,
    typer.Option(
        "--only-changed",
        help=say(
            _(
                "keep answers; do not compute again those whose data, parameters and program "
                "have not changed"
            )
        ),
    ),
]


@app.command(
    help=say(
        _("Read the layers, run every check they allow, publish the atlas."),
    )
)
@guarded
def atlas(
    layers: Annotated[
        str | None,
        typer.Argument(
            metavar="[LAYERS]",
            help=say(_("folder with a catalog.toml, or a name: demo, omggs, som")),
        ),
    ] = None,
    output: Out = Path("public"),
    data: DataFolder = None,
    many: Every = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    fresh: Fresh = False,
    direction: Directions = None,
    settings: Settings = None,
    lang: Languages = "pl,en",
    jobs: Jobs = 2,
    site_url: SiteUrl = None,
    pdf: Pdf = False,
    only_changed: OnlyChanged = False,
    scenario: ScenarioFile = None,
    work: Work = None,
    strict: Strict = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Publish the atlas of a metropolis, or of every one of a folder."""
    if (layers is None) == (many is None):
        raise typer.BadParameter(say(_("name one metropolis, or a folder of many with --all")))
    if many is not None:
        clash = {
            "--direction": direction, "--strict": strict, "--data": data, "--scenario": scenario,
            "--pdf": pdf,
        }  # fmt: skip
        for option, given in clash.items():
            if given:
                raise typer.BadParameter(
                    say(_("{option} is for one metropolis")).format(option=option)
                )
        publish_all(
            many,
            output,
            _settings(settings, None),
            languages_of(lang),
            workers=workers,
            scheduler=scheduler,
            work=work,
            fresh=fresh,
            site_url=site_url,
            as_json=as_json,
        )
        return
    assert layers is not None
    jobs = 1 if debug else jobs  # the trace of a fault stays in the process that met it
    kept = _store(work) if only_changed else None
    _run(
        _Order(
            layers, data, output, None, direction, settings, lang, as_json, jobs, strict, debug,
            site_url=site_url, store=kept, scenario=scenario, pdf=pdf,
        )
    )  # fmt: skip


@app.command(
    name="run",
    help=say(
        _("Run chosen checks; with -o publish their pages."),
    ),
)
@guarded
def run_checks(
    layers: Metropolis,
    check: Annotated[
        list[str],
        typer.Option("--check", help=say(_("a check; may be repeated"))),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help=say(_("output folder")))
    ] = None,
    data: DataFolder = None,
    settings: Settings = None,
    lang: Languages = "pl,en",
    strict: Strict = False,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help=say(
                _("replace an atlas of more checks in the output folder, too"),
            ),
        ),
    ] = False,
    scenario: ScenarioFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Run chosen checks of a metropolis."""
    _run(
        _Order(
            layers, data, output, check, None, settings, lang, as_json, 1, strict, debug, replace,
            scenario=scenario,
        )
    )  # fmt: skip


@dataclass(frozen=True)
class _Order:
    """What a command was asked for."""

    layers: str
    data: Path | None
    out: Path | None
    checks: list[str] | None
    directions: list[str] | None
    settings: list[str] | None
    languages: str
    as_json: bool
    jobs: int = 1
    strict: bool = False
    debug: bool = False
    replace: bool = True
    site_url: str | None = None
    store: Any = None
    scenario: Path | None = None
    pdf: bool = False


def _run(order: _Order) -> None:
    from metrogis import atlas as atlases
    from metrogis.checks import registry
    from metrogis.cli import scenario as scenarios
    from metrogis.metro import open_metro

    start = time.perf_counter()
    chosen = languages_of(order.languages)
    if order.pdf:
        from metrogis.report.pdf import find_printer

        find_printer()  # a program that is not there is told before hours of work
    parameters = _settings(order.settings, order.checks)
    metro = open_metro(order.layers, data=order.data)
    total = (len(registry.checks()) + 1) * (1 if order.scenario is None else 2)
    index: Any = None
    with progress(order.as_json, total) as tell:
        how: dict[str, Any] = {
            "directions": order.directions, "checks": order.checks, "parameters": parameters,
            "progress": tell, "workers": order.jobs, "strict": order.strict, "store": order.store,
        }  # fmt: skip
        pages: dict[str, Any] = {
            "languages": chosen, "progress": tell, "workers": order.jobs, "replace": order.replace,
            "site_url": order.site_url, "pdf": order.pdf,
        }  # fmt: skip
        if order.scenario is not None:
            before, atlas, change, indices = scenarios.both(
                metro, order.scenario, order.out, run=how, publish=pages
            )
            index = indices.get("after")
        else:
            atlas = atlases.run(metro, **how)
            if order.out is not None and (atlas.results or not atlas.failed):
                index = atlas.publish(order.out, **pages)
    seconds = time.perf_counter() - start
    if order.scenario is not None and order.as_json:
        states = {"before": before, "after": atlas}
        found = {
            name: _atlas_as_json(one, indices.get(name), seconds) for name, one in states.items()
        }
        print(scenarios.as_json(found, change, indices, seconds))
    elif order.as_json:
        print(to_json(_atlas_as_json(atlas, index, seconds), indent=1))
    elif order.scenario is not None:
        scenarios.show(change, indices, seconds)
    else:
        _show(atlas, index, seconds)
    if atlas.failed:
        _tell_failed(atlas, order.out is not None and index is None, order.debug)
        raise typer.Exit(1)


def _store(work: Path | None) -> Any:
    from metrogis.kept import Store

    return Store(work)


def _tell_failed(atlas: Any, unpublished: bool, debug: bool) -> None:
    """Write each fault once, with the checks it cost."""
    language = default_language()
    checks: dict[str, list[str]] = {}
    for check_id, error in atlas.failed.items():
        checks.setdefault(error.text.get(language), []).append(check_id)
        if debug:
            errors.print(escape("".join(traceback.format_exception(error))))
    for error in atlas.metro.unreadable.values():  # a check may lack two layers
        checks.setdefault(error.text.get(language), [])
    for text, cost in checks.items():
        names = f" ({', '.join(cost)})" if cost else ""
        errors.print(f"[bold red]{say(_('Error'))}:[/] {escape(text + names)}")
    if unpublished:
        errors.print(
            say(
                _("Nothing was published: no check could be computed."),
            )
        )


@contextmanager
def progress(quiet: bool, total: int) -> Iterator[Callable[[str, Text], None]]:
    """Give a function that shows what is being done to which check."""
    from metrogis.kept.answering import ENDS

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, disable=quiet, transient=True) as bar:
        task = bar.add_task("", total=total)

        def tell(name: str, what: Text) -> None:
            shown = printable(f"{name}: {what.get(default_language())}")
            bar.update(task, description=escape(shown))
            if what in ENDS:
                bar.advance(task)

        yield tell


def _settings(pairs: list[str] | None, checks: list[str] | None) -> dict[str, dict[str, Any]]:
    """Read ``check.parameter=value`` pairs; of one check alone, ``parameter=value`` will do."""
    found: dict[str, dict[str, Any]] = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if "." not in name and len(set(checks or ())) == 1:
            name = f"{(checks or [])[0]}.{name.strip()}"
        check, dot, parameter = name.strip().partition(".")
        if not equals or not dot or not parameter:
            raise ParameterError(
                _("cannot read --set {pair}").fill(pair=pair),
                remedy=_("write --set check.parameter=value"),
            )
        found.setdefault(check, {})[parameter] = value.strip()
    return found


def languages_of(text: str) -> tuple[str, ...]:
    """Read a list of languages (``pl,en``)."""
    chosen = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not chosen or any(part not in LANGUAGES for part in chosen):
        raise ParameterError(
            _("unknown language: {text}").fill(text=text),
            remedy=_("use pl, en or pl,en"),
        )
    return chosen


def _atlas_as_json(atlas: Any, index: Path | str | None, seconds: float) -> dict[str, Any]:
    first = next(iter(atlas.failed.values()), None)
    fault = {"error": type(first).__name__, "message": str(first)} if first else {}
    return {
        **fault,
        "metro": atlas.metro_name,
        "index": str(index) if index else None,
        "seconds": round(seconds, 2),
        "results": {
            check_id: {
                "direction": result.check.direction,
                "title": plain(result.check.title),
                "findings": [plain(finding.render()) for finding in result.findings],
                "figures": {name: plain(v) for name, v in result.figures.items()},
                "parameters": json.loads(result.parameters.model_dump_json()),
                "computed": atlas.computed.get(check_id),
                "rows": {name: len(table) for name, table in result.tables.items()},
                "audit": [
                    {
                        "layer": r.layer,
                        "action": r.action,
                        "count": r.count,
                        "what": plain(r.what),
                        "examples": r.examples,
                    }
                    for r in result.audit
                ],
            }
            for check_id, result in atlas.results.items()
        },
        "skipped": {
            s.check.id: {"layer": s.layer, "reason": plain(s.reason)} for s in atlas.skipped
        },
        "failed": {
            check_id: {
                "error": type(error).__name__,
                "layer": error.layer,
                "place": error.place,
                "message": plain(error.message),
                "remedy": plain(error.remedy) if error.remedy else None,
                "text": plain(error.text),
            }
            for check_id, error in atlas.failed.items()
        },
    }


def _show(atlas: Any, index: Path | None, seconds: float) -> None:
    language = default_language()
    table = Table(title=escape(atlas.title.get(language)), title_justify="left")
    for heading in (
        say(_("direction")),
        say(_("check")),
        say(_("result")),
    ):
        table.add_column(heading, overflow="fold")
    for row in atlas.summary(language).itertuples():
        mark, text = "", row.finding
        if row.state == "skipped":
            mark = "[yellow]"
            text = f"{say(_('skipped, layer missing'))} {text}"
        elif row.state == "failed":
            mark, text = "[red]", f"{say(pgettext('state', 'failed'))}: {text}"
        table.add_row(escape(row.direction), escape(row.check), f"{mark}{escape(text)}")
    output.print(table)
    if len(atlas.audit):
        output.print(
            say(
                _("Audit: {} rows (on the pages and in --json)."),
            ).format(len(atlas.audit))
        )
    if index is not None:
        output.print(f"Atlas: {escape(str(index))}  ({seconds:.1f} s)")
