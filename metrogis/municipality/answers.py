"""What every check answers of one municipality, and where that stands among the others."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely

from metrogis.checks.contract import Check, Column, Listing, Result
from metrogis.checks.contract.reading import HALF, written
from metrogis.errors import ParameterError
from metrogis.i18n import Text, _, default_language
from metrogis.municipality.groups import Group, groups_of
from metrogis.municipality.naming import full_names

LONGEST = 12
"""Places listed of one municipality; how many there are in all is said."""

INSIDE = 1.0
"""Metres by which land is drawn in before places are looked for on it: what only touches the border
from outside is the neighbour's."""


@dataclass(frozen=True)
class Measure:
    """One headline number of a municipality.

    Attributes
    ----------
    name, column : str, Column
    value : float
        NaN is unknown.
    median, like_median : float
        Of all municipalities, and of those like it, of which at least half is known.
    rank, of : int
        1 is the best (the greatest, where neither way is better); of how many compared ones. 0
        where the value is unknown, or less than half of the municipality is known to the check.
    known : float
        How much (0-1) of the municipality is known to the check.
    """

    name: str
    column: Column
    value: float
    median: float
    like_median: float
    rank: int
    of: int
    known: float = 1.0

    def written(self, language: str) -> str:
        """Write the value, with its sign where not all of the municipality is known."""
        return written(self.value, self.column, language, self.known)

    def shown(self, value: float, language: str) -> str:
        """Write a number of this measure with its unit."""
        return written(value, self.column, language)


@dataclass(frozen=True)
class Places:
    """Places of one list that lie in a municipality: positions in their table, and how many."""

    listing: Listing
    rows: tuple[int, ...]
    total: int


@dataclass(frozen=True)
class Answer:
    """What one check answers of one municipality.

    Attributes
    ----------
    check : Check
    sentences : tuple of Text
    measures : tuple of Measure
        The headline columns, the leading one first.
    known : dict of str to float
        Layer -> share (0-1) of the municipality of which it is known, where that is not all.
    places : tuple of Places
    """

    check: Check
    sentences: tuple[Text, ...]
    measures: tuple[Measure, ...]
    known: Mapping[str, float]
    places: tuple[Places, ...]


@dataclass(frozen=True)
class Portrait:
    """All answers of one municipality.

    Attributes
    ----------
    teryt : str
    name : Text
        With the kind where another municipality has the same name.
    position : int
        Row of the municipal tables.
    group : Group
        The municipalities like it.
    answers : tuple of Answer
        In the order of the strategy.
    rows : dict of str to mapping
        Check id -> its row of the municipal table.
    results : dict of str to Result
    """

    teryt: str
    name: Text
    position: int
    group: Group
    answers: tuple[Answer, ...]
    rows: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict, repr=False)
    results: Mapping[str, Result] = field(default_factory=dict, repr=False)

    def __getitem__(self, check_id: str) -> Answer:
        for answer in self.answers:
            if answer.check.id == check_id:
                return answer
        raise KeyError(check_id)

    def places(self, check_id: str, table: str) -> pd.DataFrame:
        """Return the places of one list that lie in it, the most telling first.

        Raises
        ------
        KeyError
            If the check has no such list, or none of its places lies here.
        """
        for places in self[check_id].places:
            if places.listing.table == table:
                return self.results[check_id].tables[table].iloc[list(places.rows)]
        raise KeyError(table)

    def table(self, language: str = "en") -> pd.DataFrame:
        """Return all headline numbers: value, median, that of like ones, rank, of how many."""
        rows = [
            (a.check.id, a.check.title.get(language), m.name, m.column.label.get(language), m.value,
             m.median, m.like_median, m.rank or np.nan, m.of)
            for a in self.answers for m in a.measures
        ]  # fmt: skip
        heads = ["check", "title", "measure", "label", "value", "median", "like_median", "rank"]
        return pd.DataFrame(rows, columns=[*heads, "of"])

    def lines(self, language: str = "en") -> list[tuple[str, str]]:
        """Return title and sentences of each check."""
        return [
            (a.check.title.get(language), " ".join(s.get(language) for s in a.sentences))
            for a in self.answers
        ]

    def __repr__(self) -> str:
        language = default_language()
        head = f"<{self.name.get(language)} ({self.teryt}): {len(self.answers)} answers"
        return "\n  ".join([head, *(f"{t}: {s}" for t, s in self.lines(language))]) + ">"

    def _repr_html_(self) -> str:
        language = default_language()
        rows = "".join(
            f"<tr><th>{html.escape(title)}</th><td>{html.escape(said)}</td></tr>"
            for title, said in self.lines(language)
        )
        name = html.escape(f"{self.name.get(language)} ({self.teryt})")
        return f"<div><b>{name}</b><table>{rows}</table></div>"


class Portraits:
    """Answers of all municipalities of some results; medians and ranks are computed once.

    Parameters
    ----------
    results : iterable of Result
        Of one metropolis.
    named : mapping of str to Text, optional
        TERYT -> functional group (see :func:`groups_of`).
    known : mapping, optional
        Check id -> layer -> share (0-1) of each municipality that is known, where it has been
        measured already.
    """

    def __init__(
        self,
        results: Iterable[Result],
        named: Mapping[str, Text] | None = None,
        known: Mapping[str, Mapping[str, np.ndarray]] | None = None,
    ) -> None:
        self.results = tuple(results)
        self._named, self._known = named, known
        first = self.results[0].municipalities if self.results else pd.DataFrame()
        self.codes: list[str] = [str(code) for code in first["teryt"]] if len(first) else []
        given = first["name"] if "name" in first.columns else self.codes
        self.names = full_names(self.codes, [str(name) for name in given])
        self._standing = [_Standing(result) for result in self.results]
        self._by_id = {result.check.id: result for result in self.results}

    def __iter__(self) -> Any:
        return (self.of(code) for code in self.codes)

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def population(self) -> np.ndarray:
        """Residents of each municipality, from the result that knows most of them."""
        best = np.full(len(self.codes), np.nan)
        for result in self.results:
            if "population" in result.municipalities.columns:
                found = _numbers(result.municipalities["population"])
                if np.isnan(found).sum() < np.isnan(best).sum():
                    best = found
        return best

    @cached_property
    def groups(self) -> list[Group]:
        """Those like each municipality."""
        return groups_of(self.codes, self.population, self._named)

    def of(self, teryt: str) -> Portrait:
        """Return all answers of one municipality.

        Raises
        ------
        ParameterError
            For a code that is none of the area's; codes near it are named.
        """
        if teryt not in self.codes:
            near = [c for c in self.codes if c[:6] == teryt[:6]] or self.codes
            raise ParameterError(
                _("there is no municipality {code} here").fill(code=teryt),
                layer="municipalities",
                remedy=_("there are: {known}").fill(known=", ".join(near[:5])),
            )
        i = self.codes.index(teryt)
        group = self.groups[i]
        answers = tuple(self._answer(standing, i, group) for standing in self._standing)
        rows = {standing.result.check.id: standing.rows[i] for standing in self._standing}
        return Portrait(teryt, self.names[i], i, group, answers, rows, self._by_id)

    def _answer(self, standing: _Standing, i: int, group: Group) -> Answer:
        check = standing.result.check
        columns = check.columns["municipalities"]
        row = standing.rows[i]
        return Answer(
            check,
            check.reading.answer(row, columns),
            standing.measures(i, group.members),
            self._known_layers(standing.result, i),
            standing.places(i),
        )

    def _known_layers(self, result: Result, i: int) -> dict[str, float]:
        if self._known is not None:
            measured = self._known.get(result.check.id, {})
            shares = {name: float(values[i]) for name, values in measured.items()}
        else:
            shape = result.municipalities.geometry.iloc[i]
            shares = {
                name: float(evidence.known_share(np.array([shape], dtype=object))[0])
                for name, evidence in result.evidence.items()
                if evidence.given and shape is not None and not shape.is_empty
            }
        return {name: share for name, share in shares.items() if not share >= 1}


def _numbers(values: pd.Series) -> np.ndarray:
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


class _Standing:
    """What is computed once of a result: numbers, ranks, which places lie in which municipality."""

    def __init__(self, result: Result) -> None:
        self.result = result
        bare = pd.DataFrame(result.municipalities.drop(columns=result.municipalities.geometry.name))
        self.rows: list[dict[Any, Any]] = bare.to_dict("records")
        columns = result.check.columns["municipalities"]
        self.headlines = [
            (name, columns[name], _numbers(bare[name]))
            for name in result.check.headlines
            if name in bare.columns
        ]
        reading = result.check.reading
        self.known = reading.known_shares(bare, columns)
        # "none is known" and "1 % is known, and there none" are not ranked among the best
        self.compared = [
            np.where(self.known >= HALF, values, np.nan)
            for _name, _column, values in self.headlines
        ]
        self.ranks = [
            rank_of(values, column.good)
            for (_name, column, _all), values in zip(self.headlines, self.compared, strict=True)
        ]
        self.medians = [_median(values) for values in self.compared]

    def measures(self, i: int, like: Sequence[int]) -> tuple[Measure, ...]:
        return tuple(
            Measure(
                name,
                column,
                float(values[i]),
                median,
                _median(compared[list(like)]),
                int(ranks[i]),
                int((~np.isnan(compared)).sum()),
                float(self.known[i]),
            )
            for (name, column, values), compared, ranks, median in zip(
                self.headlines, self.compared, self.ranks, self.medians, strict=True
            )
        )

    @cached_property
    def _lying(self) -> list[tuple[Listing, dict[int, list[int]]]]:
        """Return, by list, the positions of its rows in each municipality, in order."""
        found = []
        for listing in self.result.check.reading.listings:
            table = self.result.tables.get(listing.table)
            if table is not None:
                found.append((listing, lying_in(self.result, listing)))
        return found

    def places(self, i: int) -> tuple[Places, ...]:
        made = []
        for listing, by_place in self._lying:
            rows = by_place.get(i, [])
            if rows:
                made.append(Places(listing, tuple(rows[:LONGEST]), len(rows)))
        return tuple(made)


def headline_numbers(result: Result) -> dict[str, np.ndarray]:
    """Return the headline numbers of municipalities of which at least half is known.

    Parameters
    ----------
    result : Result

    Returns
    -------
    dict of str to array of float (municipalities,)
        Headline column -> its values, in the order of the municipalities; NaN for the others.
    """
    standing = _Standing(result)
    names = [name for name, _column, _values in standing.headlines]
    return dict(zip(names, standing.compared, strict=True))


def _median(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")


def rank_of(values: np.ndarray, good: str) -> np.ndarray:
    """Return the rank of each value, 1 for the best; 0 where it is unknown.

    Parameters
    ----------
    values : array of float, shape (n,)
    good : {"up", "down", ""}
        With ``down`` the least is the best, else the greatest.

    Returns
    -------
    array of int, shape (n,)
        Equal values share the better rank.

    Examples
    --------
    >>> rank_of(np.array([0.5, 0.1, np.nan, 0.5]), "up").tolist()
    [1, 3, 0, 1]
    """
    ranks = pd.Series(values).rank(method="min", ascending=good == "down")
    return ranks.fillna(0).astype(int).to_numpy()


def lying_in(result: Result, listing: Listing) -> dict[int, list[int]]:
    """Return which rows of a list lie in which municipality.

    Parameters
    ----------
    result : Result
    listing : Listing
        By the codes its table holds (``of``), else by where the rows lie.

    Returns
    -------
    dict of int to list of int
        Position of the municipality -> positions of rows of the table, in the order of the list. A
        row may lie in several; what only touches a border from outside lies not in it.
    """
    table = result.tables[listing.table]
    order = listing.rows(pd.DataFrame(table)).to_numpy(dtype=np.int64)
    if not len(order):
        return {}
    named = [name for name in listing.of if name in table.columns]
    if named:
        codes = {str(c): i for i, c in enumerate(result.municipalities["teryt"])}
        pairs = [
            (codes[code], int(row))
            for row in order.tolist()
            for code in dict.fromkeys(str(table[name].iloc[row]) for name in named)
            if code in codes
        ]
    else:
        land = result.municipalities.geometry.to_numpy()
        inner = shapely.buffer(land, -INSIDE)
        shapes = table.geometry.to_numpy()[order]
        tree = shapely.STRtree(shapes)
        where, which = tree.query(inner, predicate="intersects")
        pairs = list(zip(where.tolist(), order[which].tolist(), strict=True))
    place = {row: k for k, row in enumerate(order.tolist())}
    found: dict[int, list[int]] = {}
    for where_, row in sorted(pairs, key=lambda pair: (pair[0], place[pair[1]])):
        found.setdefault(where_, []).append(row)
    return found
