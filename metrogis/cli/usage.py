"""What typer says of a wrong call, and the headings of its help, in the language of the session.

typer speaks English only. For other languages each kind of its errors has a message here, and so
have its headings; what a command itself says is in every language already.
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
from metrogis.i18n import ENGLISH, Text, _, both, default_language, join
from metrogis.validation import problem_of

_HEADINGS = {
    "DEPRECATED_STRING": _("(deprecated) "),
    "DEFAULT_STRING": _("[default: {}]"),
    "ENVVAR_STRING": _("[env var: {}]"),
    "REQUIRED_LONG_STRING": _("[required]"),
    "ARGUMENTS_PANEL_TITLE": _("Arguments"),
    "OPTIONS_PANEL_TITLE": _("Options"),
    "COMMANDS_PANEL_TITLE": _("Commands"),
    "ERRORS_PANEL_TITLE": _("Error"),
    "ABORTED_TEXT": _("Aborted."),
    "RICH_HELP": _("Help: [blue]'{command_path} {help_option}'[/]"),
}
_USAGE = {
    "Usage: ": _("Usage: "),
    "[OPTIONS] COMMAND [ARGS]...": _("[OPTIONS] COMMAND [ARGS]..."),
    "[OPTIONS]": _("[OPTIONS]"),
}
"""Words of a line of usage, each looked for after those before it."""


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
        """Run a command; word what typer finds wrong, and exit with its code."""
        _in_language(self)
        if default_language() == ENGLISH or not standalone_mode:
            return super().main(
                args, prog_name, complete_var, standalone_mode, windows_expand_args, **extra
            )
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except typer.Abort:
            SafeConsole(stderr=True).print(str(_HEADINGS["ABORTED_TEXT"]))
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
    console.print(escape(str(_("Error: {problem}").fill(problem=words(error)))))
    if context is not None:
        console.print(escape(context.get_usage()))
        call = f"{context.command_path} {context.help_option_names[0]}"
        console.print(escape(str(_("Help: {call}").fill(call=call))))


def words(error: Any) -> Text:
    """Return what is wrong with a call.

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
        found = _("there is no option {option}").fill(option=error.option_name)
        return found + _("; similar: {options}").fill(options=near) if near else found
    if kind == "MissingParameter":
        option = getattr(param, "param_type_name", "") == "option"
        missing = _("missing option {name}") if option else _("missing argument {name}")
        return missing.fill(name=called).map(str.rstrip)
    if kind == "BadOptionUsage":
        return _("option {option} needs a value, or has too many").fill(option=error.option_name)
    if kind == "BadParameter":
        return _("bad value of {name}: {reason}").fill(name=called, reason=_reason(error))
    if kind == "FileError":
        return _("file {name} cannot be opened").fill(name=error.ui_filename)
    return _of_usage(error)


def _reason(error: Any) -> Text:
    """Return why a value is wrong: in words for what pydantic found, else as a command said it."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ValidationError):
        return join("; ", (problem_of(item) for item in cause.errors()))
    if cause is not None:
        return _("the value does not fit")
    return both(str(error.message))


def _of_usage(error: Any) -> Text:
    """Return the words for a wrong call that has no class of its own."""
    message, context = str(error.message), getattr(error, "ctx", None)
    named = message.split("'")
    have = ", ".join(getattr(getattr(context, "command", None), "commands", {}))
    if message.startswith("No such command") and len(named) > 2:
        return _("there is no command {name}; there are: {have}").fill(name=named[1], have=have)
    if message.startswith("Missing command"):
        return _("a command is missing; there are: {have}").fill(have=have)
    if message.startswith("Got unexpected extra argument"):
        extra = message.partition("(")[2].partition("(")[2].strip(")")
        return _("more arguments than needed: {extra}").fill(extra=extra)
    return _("the command is not called like that")


_ENGLISH = {name: getattr(rich_utils, name) for name in _HEADINGS if hasattr(rich_utils, name)}


def _in_language(command: Any) -> None:
    """Give typer's headings, and the help of every command, the words of the session's language."""
    language = default_language()
    for name, heading in _ENGLISH.items():
        words_of = heading if language == ENGLISH else _HEADINGS[name].get(language)
        setattr(rich_utils, name, words_of)
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
        for word, written in _USAGE.items():
            text = text.replace(word, str(written), 1)
        return text

    return usage


def _help_of(original: Any) -> Any:
    def option(context: Any) -> Any:
        found = original(context)
        if found is not None and default_language() != ENGLISH:
            found.help = str(_("Show this help."))
        return found

    return option
