"""How a command ends: errors as one message and exit code 1, signals with nothing left behind."""

from __future__ import annotations

import functools
import os
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from metrogis import boundary
from metrogis.cli.common import errors, say
from metrogis.cli.terminal import as_json as to_json
from metrogis.errors import MetrogisError
from metrogis.i18n import _, default_language


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
            errors.print(say(_("interrupted")))
            number = stop.number if isinstance(stop, _Ended) else signal.SIGINT
            raise typer.Exit(128 + int(number)) from None
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except OSError as error:
            name = Path(error.filename).name if isinstance(error.filename, str) else ""
            told = boundary.why(error).get(default_language())
            _fail(f"{name}: {told}".lstrip(": "), error, debug, kwargs)
        except Exception as error:
            text = say(_("a fault of the program"))
            hint = say(
                _("--debug shows the traceback; please report it"),
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
    errors.print(f"[bold red]{say(_('Error'))}:[/] {escape(message)}")
    raise typer.Exit(1)
