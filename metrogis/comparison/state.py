"""One of the states that are compared: headline numbers of municipalities, and what made them.

A state is made of results in memory, or read from what a published folder or GeoPackage says of
itself (:mod:`metrogis.comparison.published`). It holds all that decides whether two numbers can be
compared: version of the method, parameters, form, maker and content of each layer, how much of each
municipality is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from metrogis.arrays import Floats
from metrogis.checks.contract import Column, Result
from metrogis.checks.contract.knowledge import WHOLE
from metrogis.checks.contract.reading import sign_of, tells_nothing
from metrogis.fingerprint import fingerprint
from metrogis.i18n import Text, both
from metrogis.provenance import Source

SCHEMA = 1
"""Version of how a state is written in ``atlas.json``."""

VECTOR = ("points", "lines", "polygons")
EMPTY = "shapes"
"""Form of a layer without rows: none of the forms is another one."""

DATE_UNIT = "year"
"""Parameters in this unit say when the data are of: they differ between years by their nature."""


@dataclass(frozen=True)
class InputState:
    """A layer as a check had it.

    Attributes
    ----------
    given : bool
    form : str
        ``points``, ``lines``, ``polygons``, ``table``, ``raster 100 m``, ``timetable`` ...
    mark : str
        Hash of its content; empty where it is not known.
    maker, date : str
        As the catalog states them.
    """

    given: bool
    form: str = ""
    mark: str = ""
    maker: str = ""
    date: str = ""

    def alike(self, other: InputState) -> bool:
        """Tell whether two layers are of one kind: the same form, of makers who may be the same.

        >>> InputState(True, "points", maker="GUS 2021").alike(InputState(True, "points"))
        True
        >>> InputState(True, "points").alike(InputState(True, "raster 100 m"))
        False
        """
        if self.form != other.form and not _nested(self.form, other.form):
            return False
        own, theirs = _makers(self.maker), _makers(other.maker)
        return not own or not theirs or bool(own & theirs)

    def same(self, other: InputState) -> bool:
        """Tell whether two layers are certain to hold the same."""
        if not self.given and not other.given:
            return True
        return self.given == other.given and bool(self.mark) and self.mark == other.mark


def _nested(form: str, other: str) -> bool:
    """Tell whether one layer has shapes of the other's kinds only; one without rows has none.

    >>> _nested("shapes", "points"), _nested("points", "lines")
    (True, False)
    >>> _nested("lines", "lines and points")
    True
    >>> _nested("shapes", "raster 100 m")
    False
    """
    own, theirs = (set(text.split(" and ")) for text in (form, other))
    if not (own | theirs) <= {*VECTOR, EMPTY}:
        return False
    return own - {EMPTY} <= theirs - {EMPTY} or theirs - {EMPTY} <= own - {EMPTY}


def _makers(text: str) -> set[str]:
    """Return the makers that an attribution names, without years and signs."""
    parts = (re.sub(r"[\d\W_]+", "", part.casefold()) for part in re.split(r"[;,|]", text))
    return {part for part in parts if part}


@dataclass(frozen=True)
class CheckState:
    """What one check says of each municipality, and by which rules.

    Attributes
    ----------
    id, direction : str
    title : Text
    method_version : int
    parameters : mapping
        Plain values, as JSON holds them, without ``dates``.
    dates : mapping
        Parameters that say when the data are of.
    inputs : mapping of str to InputState
    columns : mapping of str to Column
        The headline columns, the leading one first.
    values, low, high : mapping of str to array of float (municipalities,)
        The number, and between which two the truth lies; NaN is unknown, infinite is no limit.
    known : array of float (municipalities,)
        How much (0-1) of each municipality is known to the check.
    cover : mapping of str to array of float (municipalities,)
        Known share of each layer that is not known everywhere.
    result : Result or None
        Where it is at hand: its layers can then be run under other parameters.
    """

    id: str
    direction: str
    title: Text
    method_version: int
    parameters: Mapping[str, Any]
    dates: Mapping[str, Any]
    inputs: Mapping[str, InputState]
    columns: Mapping[str, Column]
    values: Mapping[str, Floats]
    low: Mapping[str, Floats]
    high: Mapping[str, Floats]
    known: Floats
    cover: Mapping[str, Floats]
    result: Result | None = field(default=None, repr=False, compare=False)

    def same_rule(self, other: CheckState) -> bool:
        """Tell whether both were computed by the same method and parameters."""
        return self.method_version == other.method_version and self.parameters == other.parameters

    def same_data(self, other: CheckState) -> bool:
        """Tell whether both are certain to rest on the same layers, of the same dates."""
        if self is other or (self.result is not None and self.result is other.result):
            return True
        if self.dates != other.dates or self.inputs.keys() != other.inputs.keys():
            return False
        return all(item.same(other.inputs[name]) for name, item in self.inputs.items())


@dataclass(frozen=True)
class State:
    """A state of a metropolis: a year, a set of parameters, a scenario.

    Attributes
    ----------
    name : str
        How it is called in tables and on pages.
    title : Text
        Of the metropolis.
    created, version : str
    codes, names : tuple of str
        Municipalities in the order of all arrays.
    checks : mapping of str to CheckState
    absent : mapping of str to Text
        Checks without an answer -> why.
    shapes : GeoSeries or None
        Outlines; None where they are not at hand or may not be passed on.
    scenario : mapping
        ``name``, ``base`` (mark of what it was applied to); empty for no scenario.
    """

    name: str
    title: Text
    created: str
    version: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    checks: Mapping[str, CheckState]
    absent: Mapping[str, Text] = field(default_factory=dict)
    shapes: gpd.GeoSeries | None = field(default=None, repr=False, compare=False)
    scenario: Mapping[str, str] = field(default_factory=dict)

    def crs(self) -> pyproj.CRS | None:
        """Return the CRS of the outlines."""
        return None if self.shapes is None else self.shapes.crs


# --------------------------------------------------------------------------- of results


def form_of(layer: Any) -> str:
    """Return the form of a layer in a word; see :class:`InputState`.

    >>> import shapely
    >>> form_of(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)])), form_of(None)
    ('points', '')
    """
    if layer is None:
        return ""
    if isinstance(layer, gpd.GeoDataFrame):
        kinds = sorted(set(layer.geom_type.dropna().str.removeprefix("Multi")))
        words = dict(zip(("Point", "LineString", "Polygon"), VECTOR, strict=True))
        return " and ".join(words.get(kind, kind.lower()) for kind in kinds) or EMPTY
    if isinstance(layer, pd.DataFrame):
        return "table"
    cell = getattr(layer, "cell", None)
    if isinstance(cell, tuple) and len(cell) == 2:
        return f"raster {abs(float(cell[0])):g} m"
    return type(layer).__name__.lower()


def input_of(layer: Any, source: Source | None) -> InputState:
    """Return what is compared of a layer."""
    if layer is None:
        return InputState(False)
    mark = source.sha256 if source and source.sha256 else fingerprint(layer)
    maker = source.attribution if source else ""
    return InputState(True, form_of(layer), mark, maker, source.date if source else "")


def state_of(
    results: Iterable[Result],
    *,
    name: str,
    title: Text | None = None,
    created: str = "",
    version: str = "",
    absent: Mapping[str, Text] | None = None,
    scenario: Mapping[str, str] | None = None,
    cover: Mapping[str, Mapping[str, Floats]] | None = None,
) -> State:
    """Return the state that results make.

    Parameters
    ----------
    results : iterable of Result
        Of one metropolis.
    name, created, version : str
    title : Text, optional
    absent : mapping, optional
        Checks without an answer -> why.
    scenario : mapping, optional
    cover : mapping, optional
        Check -> layer -> known share of each municipality, where it has been measured already.
    """
    given = list(results)
    first = given[0].municipalities if given else gpd.GeoDataFrame({"teryt": [], "name": []})
    codes = tuple(str(code) for code in first["teryt"])
    names = first["name"] if "name" in first.columns else first["teryt"]
    outlines = None
    if given and any(s is not None and not s.is_empty for s in first.geometry):
        outlines = gpd.GeoSeries(first.geometry.to_numpy(), crs=first.crs)
    measured = cover or {}
    marks: dict[int, InputState] = {}
    checks = {
        result.check.id: _check_of(result, measured.get(result.check.id), marks) for result in given
    }
    return State(
        name,
        title or both(name),
        created,
        version,
        codes,
        tuple("" if value is None else str(value) for value in names),
        checks,
        absent or {},
        outlines,
        scenario or {},
    )


def _check_of(
    result: Result, cover: Mapping[str, Floats] | None, marks: dict[int, InputState]
) -> CheckState:
    check = result.check
    specs = result.parameters.specs()
    plain = result.parameters.model_dump(mode="json")
    dates = {n: v for n, v in plain.items() if specs[n].unit == DATE_UNIT}
    frame = pd.DataFrame(result.municipalities.drop(columns=result.municipalities.geometry.name))
    columns = check.columns["municipalities"]
    known = np.asarray(check.reading.known_shares(frame, columns), dtype=float)
    heads = {n: columns[n] for n in check.headlines if n in frame.columns}
    values, low, high = {}, {}, {}
    for name, column in heads.items():
        values[name], low[name], high[name] = _headline(frame, name, column, known)
    return CheckState(
        check.id,
        check.direction,
        check.title,
        check.method_version,
        {n: v for n, v in plain.items() if n not in dates},
        dates,
        _inputs_of(result, marks),
        heads,
        values,
        low,
        high,
        known,
        cover_of(result) if cover is None else cover,
        result,
    )


def _headline(
    frame: pd.DataFrame, name: str, column: Column, known: Floats
) -> tuple[Floats, Floats, Floats]:
    given = numbers(frame[name])
    given = np.where([tells_nothing(column, k) for k in known.tolist()], np.nan, given)
    return given, *limits(given, column, known, _whole(frame, column))


def headline_of(result: Result, name: str) -> tuple[Floats, Floats, Floats]:
    """Return a headline measure of a result, and between which two numbers it lies.

    Parameters
    ----------
    result : Result
    name : str
        One of the check's headline columns that the result has.

    Returns
    -------
    values, low, high : array of float (municipalities,)
        NaN is unknown; the ends are equal where nothing is in doubt.
    """
    frame = pd.DataFrame(result.municipalities.drop(columns=result.municipalities.geometry.name))
    columns = result.check.columns["municipalities"]
    known = np.asarray(result.check.reading.known_shares(frame, columns), dtype=float)
    return _headline(frame, name, columns[name], known)


def _inputs_of(result: Result, marks: dict[int, InputState]) -> dict[str, InputState]:
    """Return the layers of a result; one that several checks use is marked once."""
    sources = {source.layer: source for source in result.provenance}
    found = {}
    for item in result.check.inputs:
        layer = result.inputs.get(item.name) if item.name in result.inputs else None
        source = sources.get(item.name)
        if layer is None and source is None:
            found[item.name] = InputState(False)
            continue
        if id(layer) not in marks:
            marks[id(layer)] = input_of(layer, source)
        found[item.name] = marks[id(layer)]
    return found


def numbers(values: pd.Series) -> Floats:
    """Return a column as numbers; what is none is NaN."""
    made = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(made, dtype=np.float64)


def _whole(frame: pd.DataFrame, column: Column) -> Floats | None:
    """Return of how many people the state is known, where a column names that companion."""
    if column.unit != "people" or column.known not in frame.columns:
        return None
    return numbers(frame[column.known])


def limits(
    values: Floats, column: Column, known: Floats, spoken_of: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return between which two numbers the truth lies.

    Parameters
    ----------
    values : array of float (municipalities,)
    column : Column
        Its ``bound`` says whether the number can only grow or shrink when more is known. A share is
        one of the whole: the unknown part can add, or take, no more than itself.
    known : array of float (municipalities,)
        Known share, 0-1.
    spoken_of : array of float, optional
        How many people the number speaks of: the unknown ones then follow from ``known``.

    Returns
    -------
    low, high : array of float (municipalities,)
        Equal where nothing is in doubt.

    Examples
    --------
    >>> share = Column(both("a"), "share", bound="low")
    >>> [x.round(2).tolist() for x in limits(np.array([0.3, 0.3]), share, np.array([1.0, 0.9]))]
    [[0.3, 0.3], [0.3, 0.4]]
    """
    low, high = values.copy(), values.copy()
    signs = np.array([sign_of(column, k) for k in known.tolist()], dtype=object)
    doubtful = np.isin(signs, ["≥", "≤"]) & ~np.isnan(values)
    if not doubtful.any():
        return low, high
    if column.kind == "share":
        room = np.where(known < 1 - WHOLE, 1 - known, 0.0)
    else:
        room = np.full(len(values), np.inf)
        if spoken_of is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                others = spoken_of * (1 - known) / known
            room = np.where(np.isnan(others), np.inf, others)
    top = 1.0 if column.kind == "share" else np.inf
    if column.bound == "low":
        high[doubtful] = np.minimum(values[doubtful] + room[doubtful], top)
    else:
        low[doubtful] = np.maximum(values[doubtful] - room[doubtful], 0.0)
    return low, high


def cover_of(result: Result) -> dict[str, Floats]:
    """Return the known share of each municipality by layer, where it is not all."""
    shapes = np.asarray(result.municipalities.geometry.to_numpy(), dtype=object)
    there = np.array([s is not None and not s.is_empty for s in shapes], dtype=bool)
    found = {}
    for name, evidence in result.evidence.items():
        if not evidence.given or evidence.complete or not there.any():
            continue
        shares = np.full(len(shapes), np.nan)
        shares[there] = np.nan_to_num(evidence.known_share(shapes[there]), nan=0.0)
        shares[shares > 1 - WHOLE] = 1.0
        if bool((shares[there] < 1).any()):
            found[name] = shares
    return found
