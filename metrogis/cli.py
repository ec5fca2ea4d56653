"""Command line: ``metrogis atlas | run | layers | checks | demo``.

Exit codes: 0 done; 1 the input or the data is wrong (all that could be done is done and published,
each fault is one clear message, ``--debug`` shows the traceback); 2 the command was called wrongly;
130, 143, 129 interrupted (SIGINT, SIGTERM, SIGHUP), with nothing left behind. Progress goes to
standard error, results to standard output; ``--json`` writes results for a program to read.
"""

from __future__ import annotations

import functools
import json
import math
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from metrogis import boundary
from metrogis.errors import MetrogisError, ParameterError
from metrogis.terminal import SafeConsole
from metrogis.terminal import as_json as to_json
from metrogis.texts import LANGUAGES, Text, default_language, printable
from metrogis.usage import Commands


def _say(pl: str, en: str) -> str:
    return Text(pl, en).get(default_language())


app = typer.Typer(
    name="metrogis",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help=_say(
        "Sprawdza przestrzeń i mobilność metropolii i publikuje mapy.",
        "Check the space and mobility of a metropolis and publish maps.",
    ),
)
layers_app = typer.Typer(
    no_args_is_help=True,
    help=_say(
        "Warstwy katalogu: co jest, co jest nie tak.", "Layers: what is there, what is wrong."
    ),
)
app.add_typer(layers_app, name="layers")

errors = SafeConsole(stderr=True, soft_wrap=True, highlight=False)
output = SafeConsole(soft_wrap=True, highlight=False)

Metropolis = Annotated[
    str,
    typer.Argument(
        metavar="LAYERS",
        help=_say(
            "folder z catalog.toml albo nazwa: demo, omggs, som",
            "folder with a catalog.toml, or a name: demo, omggs, som",
        ),
    ),
]
DataFolder = Annotated[
    Path | None,
    typer.Option(
        "--data", help=_say("folder danych (też METROGIS_DATA)", "data folder (also METROGIS_DATA)")
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help=_say("wynik jako JSON", "results as JSON"))]
Debug = Annotated[
    bool, typer.Option("--debug", help=_say("pełny ślad błędu", "full traceback of an error"))
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help=_say(
            "zatrzymaj się na pierwszym błędzie i nie publikuj nic",
            "stop at the first fault and publish nothing",
        ),
    ),
]
Out = Annotated[
    Path, typer.Option("-o", "--output", help=_say("folder wyniku", "folder of the result"))
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="[CHECK.]PARAMETER=VALUE",
        help=_say("wartość parametru; można powtarzać", "a parameter's value; may be repeated"),
    ),
]
Languages = Annotated[
    str, typer.Option("--lang", help=_say("języki stron, np. pl,en", "languages, e.g. pl,en"))
]


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Turn errors into one message and exit code 1; ``--debug`` shows the traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        debug = bool(kwargs.get("debug"))
        try:
            with warnings.catch_warnings(), _ended_by_signals():
                if not debug:  # libraries' remarks are not for the analyst; audits are
                    warnings.simplefilter("ignore")
                command(*args, **kwargs)
        except MetrogisError as error:
            _fail(error.text.get(default_language()), error, debug, kwargs)
        except KeyboardInterrupt as stop:
            errors.print(_say("przerwano", "interrupted"))
            number = stop.number if isinstance(stop, _Ended) else signal.SIGINT
            raise typer.Exit(128 + int(number)) from None
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except OSError as error:
            name = Path(error.filename).name if isinstance(error.filename, str) else ""
            told = boundary.why(error).get(default_language())
            _fail(f"{name}: {told}".lstrip(": "), error, debug, kwargs)
        except Exception as error:
            text = _say("błąd programu", "a fault of the program")
            hint = _say(
                "--debug pokaże ślad; prosimy o zgłoszenie",
                "--debug shows the traceback; please report it",
            )
            _fail(f"{text}: {type(error).__name__}: {error} ({hint})", error, debug, kwargs)

    return run


class _Ended(KeyboardInterrupt):
    """The process was asked to end: it cleans up as after Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an exception, so that workers and temporary files go."""
    here = os.getpid()

    def end(number: int, frame: Any) -> None:
        if os.getpid() != here:  # a worker: what it had is done again, or not wanted any more
            os._exit(128 + number)
        raise _Ended(number)

    before: dict[int, Any] = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is None or signal.getsignal(number) == signal.SIG_IGN:  # nohup stays nohup
            continue
        try:
            before[number] = signal.signal(number, end)
        except ValueError:  # not in the main thread: whoever called us has its own way
            break
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _fail(message: str, error: Exception, debug: bool, kwargs: dict[str, Any]) -> None:
    if debug:
        errors.print(escape("".join(traceback.format_exception(error))))
    if kwargs.get("as_json"):
        print(to_json({"error": type(error).__name__, "message": message}))
    errors.print(f"[bold red]{_say('Błąd', 'Error')}:[/] {escape(message)}")
    raise typer.Exit(1)


@contextmanager
def _progress(quiet: bool, total: int) -> Iterator[Callable[[str, Text], None]]:
    """Give a function that shows what is being done to which check."""
    from metrogis import atlas

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, disable=quiet, transient=True) as bar:
        task = bar.add_task("", total=total)

        def tell(name: str, what: Text) -> None:
            shown = printable(f"{name}: {what.get(default_language())}")
            bar.update(task, description=escape(shown))
            if what in (atlas.DONE, atlas.SKIPPED, atlas.FAILED):
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
                Text(f"nie rozumiem --set {pair}", f"cannot read --set {pair}"),
                remedy=Text(
                    "napisz --set sprawdzenie.parametr=wartość", "write --set check.parameter=value"
                ),
            )
        found.setdefault(check, {})[parameter] = value.strip()
    return found


def _languages(text: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not chosen or any(part not in LANGUAGES for part in chosen):
        raise ParameterError(
            Text(f"nieznany język: {text}", f"unknown language: {text}"),
            remedy=Text("użyj pl, en lub pl,en", "use pl, en or pl,en"),
        )
    return chosen


def _plain(value: Any) -> Any:
    """Make a value fit for JSON: a missing number is null, never 0."""
    if isinstance(value, Text):
        return {"pl": value.pl, "en": value.en}
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _atlas_as_json(atlas: Any, index: Path | None, seconds: float) -> dict[str, Any]:
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
                "title": _plain(result.check.title),
                "findings": [_plain(finding.render()) for finding in result.findings],
                "figures": {name: _plain(v) for name, v in result.figures.items()},
                "parameters": json.loads(result.parameters.model_dump_json()),
                "rows": {name: len(table) for name, table in result.tables.items()},
                "audit": [
                    {
                        "layer": r.layer,
                        "action": r.action,
                        "count": r.count,
                        "what": _plain(r.what),
                        "examples": r.examples,
                    }
                    for r in result.audit
                ],
            }
            for check_id, result in atlas.results.items()
        },
        "skipped": {
            s.check.id: {"layer": s.layer, "reason": _plain(s.reason)} for s in atlas.skipped
        },
        "failed": {
            check_id: {
                "error": type(error).__name__,
                "layer": error.layer,
                "place": error.place,
                "message": _plain(error.message),
                "remedy": _plain(error.remedy) if error.remedy else None,
                "text": _plain(error.text),
            }
            for check_id, error in atlas.failed.items()
        },
    }


def _show(atlas: Any, index: Path | None, seconds: float) -> None:
    language = default_language()
    table = Table(title=escape(atlas.title.get(language)), title_justify="left")
    for heading in (
        _say("kierunek", "direction"),
        _say("sprawdzenie", "check"),
        _say("wynik", "result"),
    ):
        table.add_column(heading, overflow="fold")
    for row in atlas.summary(language).itertuples():
        mark, text = "", row.finding
        if row.state == "skipped":
            mark = "[yellow]"
            text = f"{_say('pominięto, brak warstwy', 'skipped, layer missing')} {text}"
        elif row.state == "failed":
            mark, text = "[red]", f"{_say('błąd', 'failed')}: {text}"
        table.add_row(escape(row.direction), escape(row.check), f"{mark}{escape(text)}")
    output.print(table)
    if len(atlas.audit):
        output.print(
            _say(
                "Audyt: {} wpisów (na stronach i w --json).",
                "Audit: {} rows (on the pages and in --json).",
            ).format(len(atlas.audit))
        )
    if index is not None:
        output.print(f"{_say('Atlas', 'Atlas')}: {escape(str(index))}  ({seconds:.1f} s)")


def _run(
    layers: str,
    data: Path | None,
    out: Path | None,
    checks: list[str] | None,
    directions: list[str] | None,
    settings: list[str] | None,
    languages: str,
    as_json: bool,
    jobs: int = 1,
    strict: bool = False,
    debug: bool = False,
    replace: bool = True,
) -> None:
    from metrogis import atlas as atlases
    from metrogis.checks import registry
    from metrogis.metro import open_metro

    start = time.perf_counter()
    chosen = _languages(languages)
    parameters = _settings(settings, checks)
    metro = open_metro(layers, data=data)
    total = len(registry.checks()) + 1
    with _progress(as_json, total) as tell:
        atlas = atlases.run(
            metro,
            directions=directions,
            checks=checks,
            parameters=parameters,
            progress=tell,
            workers=jobs,
            strict=strict,
        )
        index = None
        if out is not None and (atlas.results or not atlas.failed):
            index = atlas.publish(
                out, languages=chosen, progress=tell, workers=jobs, replace=replace
            )
    seconds = time.perf_counter() - start
    if as_json:
        print(to_json(_atlas_as_json(atlas, index, seconds), indent=1))
    else:
        _show(atlas, index, seconds)
    if atlas.failed:
        _tell_failed(atlas, out is not None and index is None, debug)
        raise typer.Exit(1)


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
        errors.print(f"[bold red]{_say('Błąd', 'Error')}:[/] {escape(text + names)}")
    if unpublished:
        errors.print(
            _say(
                "Nic nie opublikowano: żadnego sprawdzenia nie dało się policzyć.",
                "Nothing was published: no check could be computed.",
            )
        )


@app.command(
    help=_say(
        "Czyta warstwy, liczy wszystkie sprawdzenia i publikuje atlas.",
        "Read the layers, run every check they allow, publish the atlas.",
    )
)
@guarded
def atlas(
    layers: Metropolis,
    output: Out = Path("public"),
    data: DataFolder = None,
    direction: Annotated[
        list[str] | None,
        typer.Option(
            "--direction",
            help=_say("tylko ten kierunek, np. 2.1.2", "only this direction, e.g. 2.1.2"),
        ),
    ] = None,
    settings: Settings = None,
    lang: Languages = "pl,en",
    jobs: Annotated[
        int,
        typer.Option(
            "-j",
            "--jobs",
            min=1,
            max=64,
            help=_say(
                "ile procesów naraz (Linux); 1 zużywa najmniej pamięci",
                "processes at a time (Linux); 1 uses the least memory",
            ),
        ),
    ] = 2,
    strict: Strict = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Publish the atlas of a metropolis."""
    jobs = 1 if debug else jobs  # the trace of a fault stays in the process that met it
    _run(layers, data, output, None, direction, settings, lang, as_json, jobs, strict, debug)


@app.command(
    name="run",
    help=_say(
        "Liczy wybrane sprawdzenia; z -o publikuje ich strony.",
        "Run chosen checks; with -o publish their pages.",
    ),
)
@guarded
def run_checks(
    layers: Metropolis,
    check: Annotated[
        list[str],
        typer.Option(
            "--check", help=_say("sprawdzenie; można powtarzać", "a check; may be repeated")
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help=_say("folder wyniku", "output folder"))
    ] = None,
    data: DataFolder = None,
    settings: Settings = None,
    lang: Languages = "pl,en",
    strict: Strict = False,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help=_say(
                "zastąp w folderze wyniku także atlas o większej liczbie sprawdzeń",
                "replace an atlas of more checks in the output folder, too",
            ),
        ),
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Run chosen checks of a metropolis."""
    _run(layers, data, output, check, None, settings, lang, as_json, 1, strict, debug, replace)


@layers_app.command(
    name="list", help=_say("Spis warstw katalogu.", "List the layers of a catalog.")
)
@guarded
def list_layers(
    layers: Metropolis, data: DataFolder = None, as_json: AsJson = False, debug: Debug = False
) -> None:
    """List layers without reading them."""
    from metrogis.metro import open_metro

    _layer_table(open_metro(layers, data=data), {}, as_json)


@layers_app.command(
    name="check",
    help=_say(
        "Wczytuje każdą warstwę i mówi, co jest nie tak.", "Read every layer and say what is wrong."
    ),
)
@guarded
def check_layers(
    layers: Metropolis, data: DataFolder = None, as_json: AsJson = False, debug: Debug = False
) -> None:
    """Read and validate every layer; exit with 1 when one is wrong."""
    from metrogis.metro import open_metro

    metro = open_metro(layers, data=data)
    with errors.status(_say("wczytywanie warstw", "reading layers")):
        problems = metro.problems()
    _layer_table(metro, problems, as_json, outlook=metro.outlook(), health=_health(metro))
    if problems:
        raise typer.Exit(1)


@layers_app.command(
    name="schema",
    help=_say(
        "Kolumny warstw: rodzaj, jednostka, wartości, czy wymagana, znaczenie.",
        "Columns of layers: type, unit, allowed values, required, meaning.",
    ),
)
@guarded
def layer_schema(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help=_say("warstwa", "a layer"))
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show what a layer must contain; without a name, which layers there are."""
    from metrogis import layer_registry, layer_tables

    chosen = [layer_registry.get(name)] if name else list(layer_registry.LAYERS.values())
    if as_json:
        print(to_json(layer_registry.described(layer.name for layer in chosen), indent=1))
        return
    language = default_language()
    for layer in chosen:
        output.print(f"[bold]{layer.name}[/]: {escape(layer.title.get(language))}")
        output.print(escape(layer_tables.summary(layer, language)))
        rows = layer_tables.rows(layer, language)
        if rows:
            table = Table()
            for i, head in enumerate(layer_tables.HEADS):
                table.add_column(head.get(language), no_wrap=i == 0, overflow="fold")
            for row in rows:
                table.add_row(*map(escape, row))
            output.print(table)


@layers_app.command(
    name="template",
    help=_say(
        "Tabela do wypełnienia: coverage (gminy x środki transportu x rozkłady).",
        "A table to fill in: coverage (municipalities x modes x feeds).",
    ),
)
@guarded
def layer_template(
    layer: Annotated[
        str, typer.Argument(metavar="LAYER", help=_say("warstwa: coverage", "layer: coverage"))
    ],
    layers: Metropolis,
    output_file: Annotated[
        Path | None,
        typer.Option("-o", "--output", help=_say("plik CSV", "CSV file")),
    ] = None,
    data: DataFolder = None,
    debug: Debug = False,
) -> None:
    """Write a table of a layer to fill in, to a file or to standard output."""
    from metrogis.evidence.coverage import template_of
    from metrogis.metro import open_metro

    if layer != "coverage":
        raise typer.BadParameter(
            _say("wzór jest tylko dla warstwy coverage", "only coverage has a template"),
            param_hint="LAYER",
        )
    text = template_of(open_metro(layers, data=data)).to_csv(index=False, lineterminator="\n")
    if output_file is None:
        sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
        return
    output_file.parent.mkdir(parents=True, exist_ok=True)
    output_file.write_text(text, encoding="utf-8")
    errors.print(escape(str(output_file)))


def _health(metro: Any) -> tuple[Any, ...]:
    """Return the health of the timetable, if there is one that could be read."""
    from metrogis.transit import health_of

    frame = metro.layers
    loaded = set(frame["layer"][frame["state"] == "loaded"])
    if "timetable" not in loaded:
        return ()
    area = metro["municipalities"] if "municipalities" in loaded else None
    return health_of(metro["timetable"], area=area)


def _layer_table(
    metro: Any,
    problems: dict[str, MetrogisError],
    as_json: bool,
    outlook: dict[str, Text | None] | None = None,
    health: tuple[Any, ...] = (),
) -> None:
    language = default_language()
    frame = metro.layers
    if as_json:
        rows = [
            {key: None if _blank(value) else _plain(value) for key, value in row.items()}
            for row in frame.to_dict("records")
        ]
        for row in rows:
            error = problems.get(str(row["layer"]))
            row["error"] = _plain(error.text) if error else None
        audit = [
            {"layer": r.layer, "action": r.action, "count": r.count, "what": _plain(r.what)}
            for r in metro.audit
        ]
        content = {"metro": metro.info.id, "layers": rows, "audit": audit}
        if health:
            content["health"] = [
                {name: _plain(value) for name, value in vars(row).items()} for row in health
            ]
        if outlook is not None:
            content["checks"] = {
                check: {"runs": why is None, "reason": _plain(why) if why else None}
                for check, why in outlook.items()
            }
        print(to_json(content, indent=1))
        return
    words = {
        "loaded": _say("wczytana", "loaded"),
        "ready": _say("jest", "ready"),
        "absent": _say("brak pliku", "no file"),
        "missing": _say("brak", "missing"),
        "unreadable": _say("błąd", "error"),
    }
    table = Table(title=escape(metro.title.get(language)), title_justify="left")
    for heading in (
        _say("warstwa", "layer"),
        _say("stan", "state"),
        _say("wiersze", "rows"),
        "CRS",
        _say("data", "date"),
        _say("licencja / uwagi", "licence / remarks"),
    ):
        table.add_column(heading, overflow="fold")
    for row in frame.to_dict("records"):
        error = problems.get(row["layer"])
        state = f"[red]{_say('błąd', 'error')}" if error else words[row["state"]]
        remark = row["licence"]
        if error is not None:
            remark = error.text.get(language)
        elif isinstance(row["reason"], Text):
            remark = row["reason"].get(language)
        told = [None if _blank(row[c]) else escape(str(row[c])) for c in ("rows", "crs", "date")]
        cells = [escape(row["layer"]), state, *told]
        table.add_row(
            *("" if _blank(cell) else cell for cell in cells),
            escape("" if _blank(remark) else remark),
        )
    output.print(table)
    for row in metro.audit.to_frame(language).itertuples():
        output.print(escape(f"{row.layer}: {row.action} {row.count}: {row.what} {row.examples}"))
    if health:
        from metrogis.transit import health_lines

        for line in health_lines(health, language):
            output.print(escape(line))
    if outlook is not None:
        ready = [check for check, why in outlook.items() if why is None]
        output.print(f"{_say('Będą policzone', 'Checks that will run')}: {', '.join(ready) or '-'}")
        for check, why in outlook.items():
            if why is not None:
                text = f"{_say('Nie będzie', 'Will not run')}: {check} ({why.get(language)})"
                output.print(escape(text))


def _blank(value: Any) -> bool:
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:
        return True


@app.command(
    name="checks",
    help=_say(
        "Spis sprawdzeń, albo jedno: pytanie, warstwy, parametry.",
        "List the checks, or show one: question, layers, parameters.",
    ),
)
@guarded
def list_checks(
    check: Annotated[
        str | None, typer.Argument(metavar="[CHECK]", help=_say("sprawdzenie", "a check"))
    ] = None,
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
        table.add_column(_say("kierunek", "direction"), no_wrap=True)
        table.add_column(_say("sprawdzenie", "check"), no_wrap=True)
        for heading in (
            _say("pytanie", "question"),
            _say("warstwy", "layers"),
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
        need = _say("wymagana", "required") if item.required else _say("opcjonalna", "optional")
        output.print(f"- {item.name} ({need}): {escape(item.text.get(language))}")
    table = Table()
    # names are typed back on the command line: they are never broken over lines
    table.add_column(_say("parametr", "parameter"), no_wrap=True)
    for heading in (
        _say("znaczenie", "meaning"),
        _say("domyślnie", "default"),
        _say("jednostka", "unit"),
        _say("źródło", "source"),
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
        "title": _plain(check.title),
        "question": _plain(check.question),
        "method": _plain(check.method),
        "inputs": [
            {"name": i.name, "required": i.required, "schema": i.schema, "text": _plain(i.text)}
            for i in check.inputs
        ],
        "parameters": [
            {
                "name": name,
                "default": defaults[name],
                "unit": spec.unit,
                "source": spec.source,
                "label": _plain(spec.label),
            }
            for name, spec in check.parameters.specs().items()
        ],
    }


@app.command(
    help=_say(
        "Tworzy sztuczną metropolię: dane w tych samych formatach co prawdziwe.",
        "Write the synthetic metropolis: data in the same formats as real ones.",
    )
)
@guarded
def demo(
    output: Out,
    size: Annotated[str, typer.Option("--size", help="S, M, L")] = "S",
    seed: Annotated[int, typer.Option("--seed", help=_say("ziarno losowe", "random seed"))] = 1,
    debug: Debug = False,
) -> None:
    """Write the demo metropolis into a folder."""
    from metrogis import demo as demo_package

    with errors.status(_say("tworzenie metropolii", "making the metropolis")):
        demo_package.build(output, size=size.upper(), seed=seed)  # type: ignore[arg-type]
    print(output)


def _version(value: bool) -> None:
    if value:
        from metrogis import __version__

        print(f"metrogis {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help=_say("wersja", "version")),
    ] = False,
) -> None:
    """Entry point."""


if __name__ == "__main__":
    sys.exit(app())
