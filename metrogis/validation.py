"""What pydantic finds wrong, in words of both languages.

pydantic speaks English only, and of Python. Each kind of error has words here; a kind that has none
is "does not fit". What pydantic said stays in the ``__cause__`` of the error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metrogis.errors import MetrogisError
from metrogis.i18n import Text, _, join

_SHOWN = 60

_TABLE = _("should be a table: {{ key = value }}")
_KINDS: dict[str, Text] = {
    "missing": _("this key is missing"),
    "extra_forbidden": _("unknown key"),
    "frozen_instance": _("cannot be changed"),
    "string_type": _("should be a text in quotes"),
    "string_too_short": _("a text of at least {min_length} characters is needed"),
    "string_too_long": _("a text of at most {max_length} characters is allowed"),
    "string_pattern_mismatch": _("the text is not of the form that is needed"),
    "int_type": _("should be a whole number"),
    "int_parsing": _("should be a whole number"),
    "int_parsing_size": _("the number is too long"),
    "int_from_float": _("should be a whole number"),
    "float_type": _("should be a number"),
    "float_parsing": _("should be a number"),
    "finite_number": _("the number must be finite"),
    "bool_type": _("should be true or false"),
    "bool_parsing": _("should be true or false"),
    "list_type": _("should be a list: [...]"),
    "tuple_type": _("should be a list: [...]"),
    "set_type": _("should be a list: [...]"),
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "too_short": _("at least {min_length} values are needed (there are {actual_length})"),
    "too_long": _("at most {max_length} values are allowed (there are {actual_length})"),
    "greater_than": _("must be greater than {gt}"),
    "greater_than_equal": _("must be at least {ge}"),
    "less_than": _("must be less than {lt}"),
    "less_than_equal": _("must be at most {le}"),
    "multiple_of": _("must be a multiple of {multiple_of}"),
    "literal_error": _("must be one of: {expected}"),
    "enum": _("must be one of: {expected}"),
    "none_required": _("cannot have a value"),
    "date_type": _("should be a date YYYY-MM-DD"),
    "date_parsing": _("should be a date YYYY-MM-DD"),
    "date_from_datetime_parsing": _("should be a date YYYY-MM-DD"),
}  # fmt: skip
_SHAPES: dict[str, Text] = {
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": _KINDS["date_type"],
    r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$": _(
        "should be a date YYYY-MM-DD, a month YYYY-MM or a year YYYY"
    ),
    r"^\d{7}$": _("should be a TERYT code of 7 digits (2261011)"),
}
"""What a text should look like, by the pattern that it has to match: no analyst reads patterns."""
_OTHER = _("the value does not fit")


def problem_of(item: Mapping[str, Any]) -> Text:
    """Return what is wrong with one value, without saying which.

    Parameters
    ----------
    item : mapping
        One of ``ValidationError.errors()``.

    Examples
    --------
    >>> problem_of({"type": "greater_than_equal", "ctx": {"ge": 0}}).pl
    'musi być co najmniej 0'
    """
    context = dict(item.get("ctx") or {})
    shape = _SHAPES.get(str(context.get("pattern")))
    if shape is not None:
        return shape
    own = context.get("error")
    if isinstance(own, MetrogisError):  # raised by a rule of ours
        if own.remedy is None:
            return own.message
        message, remedy = own.message, own.remedy
        return _("{message} ({remedy})").fill(message=message, remedy=remedy)
    kind = str(item.get("type"))
    found = _KINDS.get(kind)
    if found is None:
        return _OTHER
    if "expected" in context:
        words = str(context["expected"])
        context["expected"] = words.replace(" or ", ", ")
    try:
        return found.fill(**context)
    except (KeyError, IndexError):  # a version of pydantic that tells less
        return _OTHER


def problem_at(item: Mapping[str, Any], prefix: str = "") -> Text:
    """Return what pydantic found wrong, and at which key.

    Parameters
    ----------
    item : mapping
        One of ``ValidationError.errors()``.
    prefix : str
        Of the key: where the validated part stands in the whole.

    Returns
    -------
    Text
        ``layers.stops.path: ...``; unknown and missing keys have sentences of their own.
    """
    where = ".".join(part for part in (prefix, *(str(p) for p in item["loc"])) if part)
    if item["type"] == "extra_forbidden":
        return _("unknown key {where}").fill(where=where)
    if item["type"] == "missing":
        return _("key {where} is missing").fill(where=where)
    what = problem_of(item)
    return _("{where}: {what}").fill(where=where, what=what)


def joined(lines: list[Text]) -> Text:
    """Return several problems as one text."""
    return join("; ", lines)


def shown(value: Any) -> str:
    """Return a value as messages show it: short, one line.

    >>> shown("a" * 100)[-4:], shown(-5)
    ('aaa…', '-5')
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
