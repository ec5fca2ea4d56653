"""How a check is read by those who do not read tables: headlines, sentences, lists, charts.

Data alone, like :mod:`metrogis.checks.contract.presentation`: pages are made of it elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from metrogis.checks.contract.presentation import Category, Column
from metrogis.i18n import NO_DATA, Text, _, both, is_missing, number, percent
from metrogis.units import unit_text

Good = Literal["", "up", "down"]
HALF = 0.5


@dataclass(frozen=True)
class Sentence:
    """What a check says of one municipality, from its row.

    Fields of ``text`` are columns of the municipal table; one whose field is missing is not said.
    ``where`` names a column that must be above zero. ``zero`` is said instead where it is zero, of
    what is known alone: absence of data is never told as absence.
    """

    text: Text
    where: str = ""
    zero: Text | None = None

    def write(
        self, row: Mapping[str, Any], columns: Mapping[str, Column], *, known: float = 1.0
    ) -> Text | None:
        """Return the sentence of a row; None where it has nothing to say.

        Parameters
        ----------
        row : mapping
            Column -> value.
        columns : mapping of str to Column
        known : float
            How much (0-1) of the municipality is known to the check. Of a zero it is then said that
            it holds for that part; below half nothing is.

        Examples
        --------
        >>> told = Sentence(Text("{a:0} osób", "{a:0} people"), where="a", zero=both("none"))
        >>> told.write({"a": 3}, {}).en, told.write({"a": 0}, {}).en
        ('3 people', 'none')
        >>> told.write({"a": 0}, {}, known=0.4), told.write({"a": None}, {})
        (None, None)
        """
        if self.where:
            value: Any = row.get(self.where)
            if is_missing(value):
                return None
            if not float(value) > 0:
                if self.zero is None or known >= 1:
                    return self.zero
                return WHERE_KNOWN.fill(said=self.zero) if known >= HALF else None
        values: dict[str, Any] = {}
        for name in self.text.open_fields():
            value = row.get(name)
            if value is None or is_missing(value) or value == "":
                return None
            values[name] = _readable(value, columns.get(name))
            column = columns.get(name)
            if column is not None and column.kind == "share" and column.of_knowledge:
                values[name] = rounded_up(float(value))
        return self.text.fill(**values)


def _readable(value: Any, column: Column | None) -> Any:
    """Return a value as a sentence takes it: codes by their label, numbers as they are."""
    if column is None or column.kind in ("number", "share"):
        return value
    if column.kind == "category":
        return column.categories.get(str(value), both(str(value)))
    return value if isinstance(value, Text) else str(value)


@dataclass(frozen=True)
class Listing:
    """Places or projects of a check, the most telling first.

    Attributes
    ----------
    table : str
        Table of features.
    title : Text
    columns : tuple of str
        At most seven; the first names the row.
    by : str
        Number by which rows are ranked; empty: the order of the table.
    down : bool
        Whether the greatest comes first.
    of : tuple of str
        Columns that hold the TERYT of a row's municipality; empty: the land it lies on.
    where : mapping of str to tuple of str
        Column -> values: only such rows.
    drawn : bool
        Whether the map of a municipality shows them: lines to far places would cover it.
    """

    table: str
    title: Text
    columns: tuple[str, ...]
    by: str = ""
    down: bool = True
    of: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drawn: bool = True

    def rows(self, table: pd.DataFrame) -> pd.Index:
        """Return positions of the rows that are listed, in their order.

        Rows of equal rank keep the order of the table; those without a rank come last.

        Examples
        --------
        >>> told = Listing("a", both("a"), ("n",), by="n", where={"s": ("x",)})
        >>> table = pd.DataFrame({"n": [1, None, 3, 9], "s": ["x", "x", "x", "y"]})
        >>> told.rows(table).tolist()
        [2, 0, 1]
        """
        chosen = pd.Series(True, index=range(len(table)))
        for name, values in self.where.items():
            if name in table.columns:
                chosen &= table[name].astype(str).isin(values).to_numpy()
        positions = pd.Index(chosen.index[chosen])
        if not self.by or self.by not in table.columns:
            return positions
        numbers = pd.to_numeric(table[self.by], errors="coerce").iloc[positions]
        numbers.index = positions
        order = numbers.sort_values(ascending=not self.down, kind="stable", na_position="last")
        return pd.Index(order.index)


@dataclass(frozen=True)
class Part:
    """One part of a stacked bar: a column (or a code of ``Chart.split``), its name and colour."""

    key: str
    label: Text
    colour: str
    unknown: bool = False

    @classmethod
    def of(cls, category: Category) -> Part:
        """Return the part that a class of a map is."""
        return cls(category.value, category.label, category.colour, category.hatch)


@dataclass(frozen=True)
class Chart:
    """A chart of a check.

    ``kind``:

    - ``stacked``: a bar a municipality, its ``parts``: columns of the municipal table, or, with
      ``split``, the codes of that column of ``table`` (which has ``teryt``), weighed by ``weight``;
    - ``bars``: a bar a municipality, as long as its ``column``;
    - ``dates``: two dots a municipality, ``column`` and then ``after``;
    - ``distribution``: how much ``weight`` of ``table`` falls between ``breaks`` of ``column``, or
      into the ``parts`` of ``split``;
    - ``ranking``: a bar a row of ``table`` named by ``name``, the greatest ``column`` first; with
      ``cost``, the column per unit of it.
    """

    kind: Literal["stacked", "bars", "dates", "distribution", "ranking"]
    title: Text
    table: str = "municipalities"
    column: str = ""
    after: str = ""
    parts: tuple[Part, ...] = ()
    split: str = ""
    weight: str = ""
    breaks: tuple[float, ...] = ()
    name: str = ""
    cost: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """How a check is read.

    Attributes
    ----------
    headlines : mapping of str to {"up", "down", ""}
        Columns of the municipal table that carry the answer, the first of them the measure by which
        municipalities are ranked, and which way is better; ``""`` where neither is.
    sentences : tuple of Sentence
        The answer for one municipality.
    unknown : Sentence or None
        What is said of its unknown part; ``where`` is how much that is.
    known : str
        Column that says how much of a municipality is known: a share (0-1) or a flag. Empty: what
        ``unknown.where`` leaves of 1. Where less than half is known the answer begins with that.
    listings : tuple of Listing
    charts : tuple of Chart
    """

    headlines: Mapping[str, Good] = field(default_factory=dict)
    sentences: tuple[Sentence, ...] = ()
    unknown: Sentence | None = None
    known: str = ""
    listings: tuple[Listing, ...] = ()
    charts: tuple[Chart, ...] = ()

    def mark(
        self, columns: Mapping[str, Mapping[str, Column]]
    ) -> Mapping[str, Mapping[str, Column]]:
        """Return the columns of a check with its headlines marked.

        Raises
        ------
        KeyError
            If a headline is no column of the municipal table.
        """
        if not self.headlines:
            return columns
        own = dict(columns["municipalities"])
        for name, good in self.headlines.items():
            own[name] = replace(own[name], headline=True, good=good)
        return {**columns, "municipalities": own}

    def answer(self, row: Mapping[str, Any], columns: Mapping[str, Column]) -> tuple[Text, ...]:
        """Return the sentences of one municipality, what is not known first where it is most.

        Parameters
        ----------
        row : mapping
            Row of the municipal table.
        columns : mapping of str to Column
            Of that table.
        """
        share = self.known_share(row, columns)
        said = [s.write(row, columns, known=share) for s in self.sentences]
        told = [text for text in said if text is not None]
        unknown = self.unknown.write(row, columns) if self.unknown else None
        if unknown is None and share < 1:
            part = 1.0 - rounded_up(1.0 - share)
            unknown = PARTLY_KNOWN.fill(known=part) if part > 0 else NOTHING_KNOWN
        if unknown is None:
            return tuple(told)
        return (unknown, *told) if share < HALF or not told else (*told, unknown)

    def known_share(self, row: Mapping[str, Any], columns: Mapping[str, Column]) -> float:
        """Return how much of a municipality is known, 0-1; 0 where the row does not say.

        >>> Reading(known="ok").known_share({"ok": False}, {"ok": Column(both("ok"), "flag")})
        0.0
        """
        name = self.known or (self.unknown.where if self.unknown else "")
        if not name:
            return 1.0
        value: Any = row.get(name)
        column = columns.get(name)
        if column is not None and column.kind == "flag":
            return float(not is_missing(value) and str(value).lower() in ("true", "1", "1.0"))
        if is_missing(value):
            return 0.0
        return float(value) if self.known else 1.0 - float(value)

    def known_shares(self, rows: pd.DataFrame, columns: Mapping[str, Column]) -> np.ndarray:
        """Return :meth:`known_share` of each row of a municipal table."""
        return np.array([self.known_share(row, columns) for row in rows.to_dict("records")])


def sign_of(column: Column, known: float) -> str:
    """Return how a number is marked where not all is known: ``≥``, ``≤``, ``*`` or nothing.

    >>> sign_of(Column(both("a"), bound="low"), 0.9), sign_of(Column(both("a"), bound="low"), 1.0)
    ('≥', '')
    """
    if known >= 1 or column.of_knowledge:
        return ""
    return {"low": "≥", "high": "≤"}.get(column.bound, "*" * column.of_known)


def tells_nothing(column: Column, known: float) -> bool:
    """Return whether a number is a bound, or of the known part, where nothing is known."""
    return known <= 0 and sign_of(column, known) != ""


def marked(text: str, column: Column, known: float) -> str:
    """Return a written number with its sign; ``*`` stands behind it.

    >>> marked("3", Column(both("a"), bound="high"), 0.5), marked("3", Column(both("a")), 0.5)
    ('≤ 3', '3')
    """
    sign = sign_of(column, known)
    return f"{text}*" if sign == "*" else f"{sign} {text}" if sign else text


def written(value: float, column: Column, language: str, known: float = 1.0) -> str:
    """Write a number with its unit, and its sign where not all is known.

    Parameters
    ----------
    value : float
        NaN is unknown.
    column : Column
        A number or a share.
    language : str
    known : float
        How much (0-1) is known. Where nothing is, a bound is no information: it is not written.

    Examples
    --------
    >>> share = Column(both("a"), "share", bound="low")
    >>> written(0.25, share, "en"), written(0.25, share, "en", 0.5), written(0.0, share, "en", 0.0)
    ('25%', '≥ 25%', 'no data')
    """
    if is_missing(value) or tells_nothing(column, known):
        return NO_DATA.get(language)
    if column.kind == "share":
        text = percent(value, language, column.digits)
    else:
        unit = unit_text(column.unit).get(language)
        text = number(value, language, column.digits)
        text = f"{text} {unit}" if unit and unit != "1" else text
    return marked(text, column, known)


def rounded_up(share: float) -> float:
    """Return an unknown share in whole per cent: only nothing is 0 %, and only all is 100 %.

    >>> [rounded_up(x) for x in (0.0, 0.001, 0.25, 0.999, 1.0)]
    [0.0, 0.01, 0.25, 0.99, 1.0]
    """
    if share in (0.0, 1.0):
        return share
    return min(max(math.ceil(100 * share - 1e-9), 1), 99) / 100


WHERE_KNOWN = _("Where it is known: {said}")
NOTHING_KNOWN = _("Data are incomplete here: the answer is unknown.")
PARTLY_KNOWN = _("Known for {known:%0} of it; the rest is unknown.")


def headlines_of(columns: Mapping[str, Column], first: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the headline columns: those of ``first``, then others marked as such."""
    marked = [name for name, column in columns.items() if column.headline]
    return tuple(dict.fromkeys([*(n for n in first if n in marked), *marked]))
