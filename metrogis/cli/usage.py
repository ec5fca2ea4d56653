"""The command line in Polish: what typer says of a wrong call, and the headings of its help.

typer speaks English only. In Polish each kind of its errors has words here, and so have its
headings; what a command itself says is in both languages already.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer
from pydantic import ValidationError
from rich.markup import escape
from typer import rich_utils
from typer.core import TyperGroup

from metrogis.cli.terminal import SafeConsole
from metrogis.texts import default_language
from metrogis.validation import problem_of

_HEADINGS = {
    "DEPRECATED_STRING": "(wycofane) ",
    "DEFAULT_STRING": "[domyślnie: {}]",
    "ENVVAR_STRING": "[zmienna środowiska: {}]",
    "REQUIRED_LONG_STRING": "[wymagane]",
    "ARGUMENTS_PANEL_TITLE": "Argumenty",
    "OPTIONS_PANEL_TITLE": "Opcje",
    "COMMANDS_PANEL_TITLE": "Polecenia",
    "ERRORS_PANEL_TITLE": "Błąd",
    "ABORTED_TEXT": "Przerwano.",
    "RICH_HELP": "Pomoc: [blue]'{command_path} {help_option}'[/]",
}
_METAVARS = ("[OPTIONS] COMMAND [ARGS]...", "[OPCJE] POLECENIE [ARGUMENTY]...")


class Commands(TyperGroup):
    """The commands, which say in the language of the session what is wrong with a call."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command; in Polish, word what typer finds wrong, and exit with its code."""
        polish = default_language() == "pl"
        _in_language(self)
        if not (polish and standalone_mode):
            return super().main(
                args, prog_name, complete_var, standalone_mode, windows_expand_args, **extra
            )
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except typer.Abort:
            SafeConsole(stderr=True).print("Przerwano.")
            sys.exit(1)
        except Exception as error:
            if not hasattr(error, "format_message") or not hasattr(error, "exit_code"):
                raise
            _show(error)
            sys.exit(error.exit_code)
        sys.exit(code if isinstance(code, int) else 0)


def _show(error: Any) -> None:
    """Print a wrong call: how the command is called, what is wrong, where help is."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return  # the help has been printed
    console = SafeConsole(stderr=True, soft_wrap=True, highlight=False)
    context = getattr(error, "ctx", None)
    console.print(f"Błąd: {escape(words(error))}")
    if context is not None:
        console.print(escape(context.get_usage()))
        console.print(escape(f"Pomoc: {context.command_path} {context.help_option_names[0]}"))


def words(error: Any) -> str:
    """Return in Polish what is wrong with a call.

    Parameters
    ----------
    error : exception of typer or click
        Told apart by class name: typer has taken its classes from click.
    """
    kind = type(error).__name__
    param = getattr(error, "param", None)
    hint = getattr(error, "param_hint", None) or (param.get_error_hint() if param else "")
    called = " / ".join(hint) if isinstance(hint, list | tuple) else str(hint)
    called = called.replace("'", "")
    if kind == "NoSuchOption":
        near = ", ".join(sorted(error.possibilities or ()))
        return f"nie ma opcji {error.option_name}" + (f"; podobne: {near}" if near else "")
    if kind == "MissingParameter":
        what = "opcji" if getattr(param, "param_type_name", "") == "option" else "argumentu"
        return f"brak {what} {called}".rstrip()
    if kind == "BadOptionUsage":
        return f"opcja {error.option_name} wymaga wartości albo ma ich za dużo"
    if kind == "BadParameter":
        return f"zła wartość {called}: {_reason(error)}"
    if kind == "FileError":
        return f"pliku {error.ui_filename} nie da się otworzyć"
    return _of_usage(error)


def _reason(error: Any) -> str:
    """Return why a value is wrong: in words for what pydantic found, else as a command said it."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ValidationError):
        return "; ".join(problem_of(item).pl for item in cause.errors())
    if cause is not None:
        return "wartość nie pasuje"
    return str(error.message)


def _of_usage(error: Any) -> str:
    """Return the words for a wrong call that has no class of its own."""
    message, context = str(error.message), getattr(error, "ctx", None)
    named = message.split("'")
    have = ", ".join(getattr(getattr(context, "command", None), "commands", {}))
    if message.startswith("No such command") and len(named) > 2:
        return f"nie ma polecenia {named[1]}; są: {have}"
    if message.startswith("Missing command"):
        return f"brak polecenia; są: {have}"
    if message.startswith("Got unexpected extra argument"):
        return f"argumenty ponad potrzebę: {message.partition('(')[2].partition('(')[2].strip(')')}"
    return "tak się tego polecenia nie wywołuje"


_ENGLISH = {name: getattr(rich_utils, name) for name in _HEADINGS if hasattr(rich_utils, name)}


def _in_language(command: Any) -> None:
    """Give typer's headings, and the help of every command, the words of the session's language."""
    words_of = _HEADINGS if default_language() == "pl" else _ENGLISH
    for name in _ENGLISH:
        setattr(rich_utils, name, words_of[name])
    for one in (command, *_below(command)):
        if getattr(one, "_worded", False):
            continue
        one._worded = True
        one.get_usage = _usage_of(one.get_usage)
        one.get_help_option = _help_of(one.get_help_option)


def _below(command: Any) -> list[Any]:
    found = list(getattr(command, "commands", {}).values())
    return found + [deep for one in found for deep in _below(one)]


def _usage_of(original: Any) -> Any:
    def usage(context: Any) -> str:
        text = str(original(context))
        if default_language() != "pl":
            return text
        text = text.replace("Usage: ", "Użycie: ", 1)
        return text.replace(*_METAVARS).replace("[OPTIONS]", "[OPCJE]")

    return usage


def _help_of(original: Any) -> Any:
    def option(context: Any) -> Any:
        found = original(context)
        if found is not None and default_language() == "pl":
            found.help = "Pokazuje tę pomoc."
        return found

    return option
