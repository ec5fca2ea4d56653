"""What pydantic finds wrong, in words of both languages.

pydantic speaks English only, and of Python. Each kind of error has words here; a kind that has none
is "does not fit". What pydantic said stays in the ``__cause__`` of the error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metrogis.errors import MetrogisError
from metrogis.texts import Text

_SHOWN = 60

_TABLE = Text("powinna być tabela: {{ klucz = wartość }}", "should be a table: {{ key = value }}")
_KINDS: dict[str, Text] = {
    "missing": Text("brak tego klucza", "this key is missing"),
    "extra_forbidden": Text("nieznany klucz", "unknown key"),
    "frozen_instance": Text("nie można zmienić", "cannot be changed"),
    "string_type": Text("powinien być tekst w cudzysłowie", "should be a text in quotes"),
    "string_too_short": Text(
        "tekst ma mieć co najmniej {min_length} znaków",
        "a text of at least {min_length} characters is needed",
    ),
    "string_too_long": Text(
        "tekst może mieć najwyżej {max_length} znaków",
        "a text of at most {max_length} characters is allowed",
    ),
    "string_pattern_mismatch": Text(
        "tekst ma inną postać, niż trzeba", "the text is not of the form that is needed"
    ),
    "int_type": Text("powinna być liczba całkowita", "should be a whole number"),
    "int_parsing": Text("powinna być liczba całkowita", "should be a whole number"),
    "int_parsing_size": Text("liczba jest zbyt długa", "the number is too long"),
    "int_from_float": Text("powinna być liczba całkowita", "should be a whole number"),
    "float_type": Text("powinna być liczba", "should be a number"),
    "float_parsing": Text("powinna być liczba", "should be a number"),
    "finite_number": Text("liczba musi być skończona", "the number must be finite"),
    "bool_type": Text("powinno być true albo false", "should be true or false"),
    "bool_parsing": Text("powinno być true albo false", "should be true or false"),
    "list_type": Text("powinna być lista: [...]", "should be a list: [...]"),
    "tuple_type": Text("powinna być lista: [...]", "should be a list: [...]"),
    "set_type": Text("powinna być lista: [...]", "should be a list: [...]"),
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "too_short": Text(
        "potrzeba co najmniej {min_length} wartości (jest {actual_length})",
        "at least {min_length} values are needed (there are {actual_length})",
    ),
    "too_long": Text(
        "może być najwyżej {max_length} wartości (jest {actual_length})",
        "at most {max_length} values are allowed (there are {actual_length})",
    ),
    "greater_than": Text("musi być większe niż {gt}", "must be greater than {gt}"),
    "greater_than_equal": Text("musi być co najmniej {ge}", "must be at least {ge}"),
    "less_than": Text("musi być mniejsze niż {lt}", "must be less than {lt}"),
    "less_than_equal": Text("może być najwyżej {le}", "must be at most {le}"),
    "multiple_of": Text(
        "musi być wielokrotnością {multiple_of}", "must be a multiple of {multiple_of}"
    ),
    "literal_error": Text("musi być jednym z: {expected}", "must be one of: {expected}"),
    "enum": Text("musi być jednym z: {expected}", "must be one of: {expected}"),
    "none_required": Text("nie może mieć wartości", "cannot have a value"),
    "date_type": Text("powinna być data RRRR-MM-DD", "should be a date YYYY-MM-DD"),
    "date_parsing": Text("powinna być data RRRR-MM-DD", "should be a date YYYY-MM-DD"),
    "date_from_datetime_parsing": Text(
        "powinna być data RRRR-MM-DD", "should be a date YYYY-MM-DD"
    ),
}  # fmt: skip
_SHAPES: dict[str, Text] = {
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": _KINDS["date_type"],
    r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$": Text(
        "powinna być data RRRR-MM-DD, miesiąc RRRR-MM albo rok RRRR",
        "should be a date YYYY-MM-DD, a month YYYY-MM or a year YYYY",
    ),
    r"^\d{7}$": Text(
        "powinien być kod TERYT z 7 cyfr (2261011)", "should be a TERYT code of 7 digits (2261011)"
    ),
}
"""What a text should look like, by the pattern that it has to match: no analyst reads patterns."""
_OTHER = Text("wartość nie pasuje", "the value does not fit")


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
        return Text(f"{message.pl} ({remedy.pl})", f"{message.en} ({remedy.en})")
    kind = str(item.get("type"))
    found = _KINDS.get(kind)
    if found is None:
        return _OTHER
    if "expected" in context:
        words = str(context["expected"])
        context["expected"] = words.replace(" or ", ", ")
    try:
        return Text(found.pl.format(**context), found.en.format(**context))
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
        return Text(f"nieznany klucz {where}", f"unknown key {where}")
    if item["type"] == "missing":
        return Text(f"brak klucza {where}", f"key {where} is missing")
    what = problem_of(item)
    return Text(f"{where}: {what.pl}", f"{where}: {what.en}")


def joined(lines: list[Text]) -> Text:
    """Return several problems as one text."""
    return Text("; ".join(line.pl for line in lines), "; ".join(line.en for line in lines))


def shown(value: Any) -> str:
    """Return a value as messages show it: short, one line.

    >>> shown("a" * 100)[-4:], shown(-5)
    ('aaa…', '-5')
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
