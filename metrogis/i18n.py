"""Messages: English in the code, other languages in ``locale/<language>/LC_MESSAGES/metrogis.po``.

A message is written in English, marked with :func:`_` (or :func:`pgettext` where one English text
needs two translations) and translated when it is read, so that each result, error and page answers
in every language at once. The languages are those that have a catalog, and English. Numbers are
grouped and plural classes chosen by the rules of CLDR (Babel): how many forms a noun has is a
matter of the language alone.

A text of two given forms, ``Text("po polsku", "in English")``, needs no catalog: checks from
outside this package bring their own texts that way.

>>> text = Text("{n:0} {n:plural:gmina|gminy|gmin}", "{n:0} {n:plural:zone|zones}")
>>> text.fill(n=2).en, text.fill(n=22).pl
('2 zones', '22 gminy')
>>> number(1234567.891, "en", 1)
'1,234,567.9'
"""

from __future__ import annotations

import gettext
import io
import math
import os
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

LOCALE = Path(__file__).with_name("locale")
DOMAIN = "metrogis"

ENGLISH = "en"
"""Language of the code."""

Language = str
LANGUAGES: tuple[Language, ...] = (
    *sorted({path.parents[1].name for path in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.[pm]o")}),
    ENGLISH,
)
"""Languages that texts answer in: those with a catalog, then English."""


def default_language() -> Language:
    """Language of messages: ``METROGIS_LANG``, else ``LANG`` (``pl_PL.UTF-8``), else English."""
    given = os.environ.get("METROGIS_LANG") or os.environ.get("LANG") or ENGLISH
    code = given.lower().replace("-", "_").partition(".")[0].partition("_")[0]
    return code if code in LANGUAGES else ENGLISH


class Text:
    """A text in every language. ``{name:spec}`` fields are filled by :meth:`fill`.

    ``Text(pl, en)`` is a text of two given forms; :func:`_` makes one from a message of the
    catalogs. Specs: ``0``, ``1``, ``2`` ... digits after the decimal mark; ``%0``, ``%1`` a share
    (0-1) as per cent; ``plural:a|b|c`` the form of a noun (as many as integers have plural classes
    in the language: Polish three, English two); empty for text. A missing number (``None``, NaN)
    reads "no data", never 0; an infinite one "no limit". A field may hold another text, which is
    written in the same language, its own open fields filled from the same values.

    Texts are equal when they read the same in every language.

    >>> (Text("{n:0} gmin", "{n:0} gminas").fill(n=1500) + both("!")).pl
    '1\\xa0500 gmin!'
    """

    __slots__ = ("_forms", "_values")

    def __init__(self, pl: str, en: str) -> None:
        self._forms: Mapping[Language, str] = {"pl": pl, ENGLISH: en}
        self._values: dict[str, Any] | None = None

    @classmethod
    def of(cls, forms: Mapping[Language, str] | Sequence[str]) -> Text:
        """Return the text of given forms, as :meth:`forms` wrote them.

        A list of two holds Polish and English: so former versions kept texts in files.
        """
        if not isinstance(forms, Mapping):
            return Text(*forms)
        text = Text("", forms[ENGLISH])
        text._forms = dict(forms)
        return text

    # ------------------------------------------------------------------ reading

    def get(self, language: Language) -> str:
        """Return the text in ``language``; in English where there is no translation."""
        return self._write(language, {})

    @property
    def pl(self) -> str:
        """The text in Polish."""
        return self.get("pl")

    @property
    def en(self) -> str:
        """The text in English."""
        return self.get(ENGLISH)

    def forms(self) -> dict[Language, str]:
        """Return the text of each language, as JSON holds it."""
        return {language: self.get(language) for language in LANGUAGES}

    def __str__(self) -> str:
        return self.get(default_language())

    def __repr__(self) -> str:
        return f"{type(self).__name__.lstrip('_')}({self.forms()})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self.forms() == other.forms()

    def __hash__(self) -> int:
        return hash(tuple(self.forms().values()))

    # ------------------------------------------------------------------ making

    def fill(self, **values: Any) -> Text:
        """Return the text with its fields filled.

        Raises
        ------
        KeyError
            A field has no value.
        """
        filled = self.bind(**values)
        for name in _fields(filled._template(ENGLISH)):
            if name not in (filled._values or {}):
                raise KeyError(name)
        return filled

    def bind(self, **values: Any) -> Text:
        """Return the text with some fields filled; the others stay open.

        Messages within the text are filled from the same values: ``values`` reach them too.
        """
        text = self._copy()
        text._values = {**(self._values or {}), **{k: _kept(v) for k, v in values.items()}}
        return text

    def open_fields(self) -> list[str]:
        """Return the fields that still need a value, those of messages within it included."""
        values = self._values or {}
        found = [name for name in _fields(self._template(ENGLISH)) if name not in values]
        for value in values.values():
            if isinstance(value, _Message | _Joined | _Changed):
                found += [name for name in value.open_fields() if name not in values]
        return list(dict.fromkeys(found))

    def __add__(self, other: Text) -> Text:
        return join("", (self, other)) if isinstance(other, Text) else NotImplemented

    def map(self, change: Callable[[str], str]) -> Text:
        """Return the text changed by a function of strings, in whatever language it is read.

        >>> Text("gmina", "zone").map(str.upper).pl
        'GMINA'
        """
        return _Changed(self, change)

    def capitalized(self) -> Text:
        """Return the text with its first letter in upper case, as a sentence begins."""
        return self.map(_capitalized)

    # ------------------------------------------------------------------ inside

    def _template(self, language: Language) -> str:
        return self._forms.get(language, self._forms[ENGLISH])

    def _copy(self) -> Text:
        text = type(self).__new__(type(self))
        for name in (*Text.__slots__, *type(self).__slots__):
            if hasattr(self, name):
                setattr(text, name, getattr(self, name))
        return text

    def _write(self, language: Language, around: Mapping[str, Any]) -> str:
        """Write the text; ``around`` are the values of a text that holds this one."""
        template = self._template(language)
        if self._values is None and not around:
            return template  # a template nobody has filled
        values = {**around, **(self._values or {})}
        return _Formatter(language, values).format(template)


class _Message(Text):
    """A message of the catalogs: its English text is its name."""

    __slots__ = ("_context", "_id")

    def __init__(self, message: str, context: str = "") -> None:
        self._id, self._context = message, context
        self._values = None

    def _template(self, language: Language) -> str:
        if language == ENGLISH:
            return self._id
        catalog = _catalog(language)
        if self._context:
            return catalog.pgettext(self._context, self._id)
        return catalog.gettext(self._id) if self._id else ""


class _Verbatim(Text):
    """A name or code, the same in every language; braces in it mean nothing."""

    __slots__ = ()

    def _template(self, language: Language) -> str:
        return self._forms[ENGLISH]

    def _write(self, language: Language, around: Mapping[str, Any]) -> str:
        return self._forms[ENGLISH]

    def bind(self, **values: Any) -> Text:
        """Return the text as it is."""
        return self

    fill = bind

    def open_fields(self) -> list[str]:
        return []


class _Joined(Text):
    """Several texts, one after another."""

    __slots__ = ("_between", "_parts")

    def fill(self, **values: Any) -> Text:
        """Return the text with the fields of its parts filled."""
        filled = self.bind(**values)
        for name in filled.open_fields():
            raise KeyError(name)
        return filled

    def __init__(self, between: str, parts: tuple[Text, ...]) -> None:
        self._between, self._parts = between, parts
        self._values = None

    def open_fields(self) -> list[str]:
        values = self._values or {}
        found = [name for part in self._parts for name in part.open_fields()]
        return [name for name in dict.fromkeys(found) if name not in values]

    def _write(self, language: Language, around: Mapping[str, Any]) -> str:
        values = {**around, **(self._values or {})}
        return self._between.join(part._write(language, values) for part in self._parts)


class _Changed(Text):
    """A text changed by a function of strings."""

    __slots__ = ("_change", "_text")

    fill = _Joined.fill

    def __init__(self, text: Text, change: Callable[[str], str]) -> None:
        self._text, self._change = text, change
        self._values = None

    def open_fields(self) -> list[str]:
        return [name for name in self._text.open_fields() if name not in (self._values or {})]

    def _write(self, language: Language, around: Mapping[str, Any]) -> str:
        return self._change(self._text._write(language, {**around, **(self._values or {})}))


def _(message: str) -> Text:
    """Return the text of an English message; catalogs hold it in other languages."""
    return _Message(message)


def pgettext(context: str, message: str) -> Text:
    """Return the text of a message that reads the same in English as another one does.

    ``context`` tells translators (and the catalogs) which of them it is.
    """
    return _Message(message, context)


def both(text: str) -> Text:
    """Return a text that reads the same in every language (a name, a code)."""
    named = _Verbatim.__new__(_Verbatim)
    named._forms, named._values = {ENGLISH: text}, None
    return named


def join(between: str, parts: Iterable[Text]) -> Text:
    """Return texts as one, with ``between`` (a mark that every language uses) between them.

    >>> join(", ", [Text("rower", "bicycle"), Text("kolej", "rail")]).pl
    'rower, kolej'
    """
    return _Joined(between, tuple(parts))


@lru_cache
def _catalog(language: Language) -> gettext.NullTranslations:
    """Return the translations into a language: compiled in an installed package, else from .po."""
    folder = LOCALE / language / "LC_MESSAGES"
    source, compiled = folder / f"{DOMAIN}.po", folder / f"{DOMAIN}.mo"
    if source.is_file():  # a source tree; a compiled catalog beside it may be stale
        from babel.messages import mofile, pofile

        with source.open("rb") as stream:
            catalog = pofile.read_po(stream, locale=language, domain=DOMAIN)
        binary = io.BytesIO()
        mofile.write_mo(binary, catalog)
        binary.seek(0)
        return gettext.GNUTranslations(binary)
    if compiled.is_file():
        with compiled.open("rb") as stream:
            return gettext.GNUTranslations(stream)
    return gettext.NullTranslations()


# ---------------------------------------------------------------------- values

NO_DATA = _("no data")
UNKNOWN = _("unknown")
NO_LIMIT = _("no limit")
_PERCENT = _("{number}%")


def is_missing(value: Any) -> bool:
    """Tell whether a scalar is missing (None, NaN, NA, NaT)."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # pandas.NA refuses a truth value
        return True


@lru_cache
def _marks(language: Language) -> tuple[str, str]:
    """Return the marks between groups of three digits and before decimals (CLDR)."""
    from babel import Locale
    from babel.numbers import get_decimal_symbol, get_group_symbol

    locale = Locale(language)
    if locale.decimal_formats[None].grouping != (3, 3):
        return "", get_decimal_symbol(locale)  # groups of other sizes: better none than wrong ones
    return get_group_symbol(locale), get_decimal_symbol(locale)


def number(value: Any, language: Language, digits: int = 0) -> str:
    """Write a number with ``digits`` decimals as ``language`` writes it.

    >>> number(-0.04, "pl", 1)
    '0,0'
    """
    if is_missing(value):
        return NO_DATA.get(language)
    if math.isinf(value):
        return NO_LIMIT.get(language)
    text = f"{round(float(value), digits) + 0.0:,.{digits}f}"  # + 0.0: never minus zero
    group, point = _marks(language)
    return text.replace(",", "\0").replace(".", point).replace("\0", group)


def plain_number(value: float, language: Language) -> str:
    """Write a number of our own (a limit, a size) with the digits it has, without groups.

    >>> plain_number(2.5, "pl"), plain_number(1200, "pl")
    ('2,5', '1200')
    """
    return f"{value:g}".replace(".", _marks(language)[1])


def percent(share: Any, language: Language, digits: int = 1) -> str:
    """Write a share (0-1) as per cent.

    >>> percent(0.1234, "en"), percent(0.5, "pl", 0)
    ('12.3%', '50\\xa0%')
    """
    if is_missing(share):
        return NO_DATA.get(language)
    return _PERCENT.get(language).replace("{number}", number(100 * share, language, digits))


_CLASSES = ("zero", "one", "two", "few", "many", "other")


@lru_cache
def _plural_classes(language: Language) -> tuple[Any, tuple[str, ...]]:
    """Return the plural rule of a language and the classes that integers fall into, in order."""
    from babel import Locale

    rule = Locale(language).plural_form
    met = {rule(n) for n in (*range(201), 1000, 10**6)}
    return rule, tuple(name for name in _CLASSES if name in met)


def plural(count: Any, forms: list[str], language: Language) -> str:
    """Pick the form of a noun for ``count``.

    ``forms`` are those of the classes of integers in the order of CLDR: [one, few, many] in Polish,
    [one, other] in English. A fraction whose class no integer has takes the form of two.

    >>> plural(22, ["gmina", "gminy", "gmin"], "pl"), plural(22, ["zone", "zones"], "en")
    ('gminy', 'zones')
    """
    rule, classes = _plural_classes(language)
    n = abs(count) if not is_missing(count) else 0
    found = rule(int(n) if n == int(n) else float(n))
    if found not in classes:
        found = rule(2)
    return forms[min(classes.index(found), len(forms) - 1)]


def _kept(value: Any) -> Any:
    """Return a value as a text keeps it: what is neither number nor text is written at once."""
    if value is None or isinstance(value, str | int | float | Text) or is_missing(value):
        return value
    return value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else str(value)


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=4096)
def _parsed(template: str) -> tuple[tuple[str, str | None, str], ...]:
    """Return the parts of a template: what stands before a field, its name and spec.

    Braces around anything but a name are text, and so is all where they make no fields.
    """
    parts: list[tuple[str, str | None, str]] = []
    try:
        for before, name, spec, conversion in string.Formatter().parse(template):
            if name is None or name[:1].isidentifier():
                parts.append((before, name, spec or ""))
            else:
                mark = (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
                parts.append((f"{before}{{{name}{mark}}}", None, ""))
    except ValueError:
        return ((template, None, ""),)
    return tuple(parts)


def _fields(template: str) -> Iterator[str]:
    return (name for _before, name, _spec in _parsed(template) if name is not None)


class _Formatter:
    """Writes a template in one language; names are plain, and fields without a value stay open."""

    def __init__(self, language: Language, values: Mapping[str, Any]) -> None:
        self.language = language
        self.values = values

    def format(self, template: str) -> str:
        written = []
        parts = list(_parsed(template))
        # a noun agrees with the number that is read, not with the digits behind it
        digits = {name: int(spec) for _before, name, spec in parts if name and spec.isdigit()}
        for before, name, spec in parts:
            written.append(before)
            if name is None:
                continue
            if name in self.values:
                written.append(self._field(self.values[name], spec, digits.get(name)))
            else:
                written.append("{" + name + (f":{spec}" if spec else "") + "}")
        return "".join(written)

    def _field(self, value: Any, spec: str, digits: int | None = None) -> str:
        if isinstance(value, Text):
            around = {k: v for k, v in self.values.items() if v is not value}
            return value._write(self.language, around)
        if spec.startswith("plural:"):
            if digits is not None and isinstance(value, float) and math.isfinite(value):
                value = round(value, digits)
            return plural(value, spec[7:].split("|"), self.language)
        if spec.startswith("%"):
            return percent(value, self.language, int(spec[1:] or 1))
        if spec.isdigit():
            return number(value, self.language, int(spec))
        return str(value)
