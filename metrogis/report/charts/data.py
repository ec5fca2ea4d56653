"""From a result and a declared chart to bars: what they are called, how long, in what order."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrogis.checks.contract import Chart, Part, Result
from metrogis.checks.contract.reading import tells_nothing, written
from metrogis.i18n import UNKNOWN, Text, _, both, number, percent
from metrogis.maps.geometry import placed
from metrogis.maps.layers import MAX_FEATURES
from metrogis.maps.naming import feature_names, municipality_names
from metrogis.maps.page_data import view_key
from metrogis.maps.values import column_of, shown
from metrogis.units import unit_text

COLOUR = "#0b4f8a"
SECOND = "#E69F00"
PALE = "#BBBBBB"

RANKED = 15
"""Bars of a ranking."""

MOST = 150
"""Bars of a chart of municipalities; a country has more than anybody reads."""

_BETWEEN = _("{a} to <{b}")
_ABOVE = _("{a} and more")
_PER = _("{what} per {unit}")
_THINGS = _("how many")


@dataclass(frozen=True)
class Piece:
    """One piece of a bar: where it starts and how long it is (0-1), and which part it shows."""

    start: float
    length: float
    part: int


@dataclass(frozen=True)
class Bar:
    """One row of a chart.

    Attributes
    ----------
    label, value : str
    pieces : tuple of Piece
        None where nothing is known.
    link : str
        What of the map it selects; empty: nothing.
    code : str
        TERYT of a municipality.
    cells : tuple of str
        Its numbers, as the table beside the chart writes them.
    """

    label: str
    value: str
    pieces: tuple[Piece, ...]
    link: str
    code: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class ChartData:
    """A chart in one language: its parts (legend), its bars, the headings of its table."""

    kind: str
    title: str
    parts: tuple[Part, ...]
    bars: tuple[Bar, ...]
    heads: tuple[str, ...]
    left_out: int = 0


def chart_data(result: Result, chart: Chart, language: str) -> ChartData | None:
    """Return a chart's data; None where the result has nothing to draw.

    Parameters
    ----------
    result : Result
    chart : Chart
    language : str
    """
    table = result.tables.get(chart.table)
    needed = {chart.column, chart.after, chart.split, chart.weight, chart.name, chart.cost} - {""}
    if table is None or table.empty or not needed <= set(table.columns):
        return None
    make = {
        "stacked": _stacked,
        "bars": _bars,
        "dates": _dates,
        "distribution": _distribution,
        "ranking": _ranking,
    }[chart.kind]
    made = make(result, chart, pd.DataFrame(table), language)
    if not any(bar.pieces for bar in made.bars):
        return None
    return made


def _numbers(values: pd.Series) -> np.ndarray:
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _of_municipalities(
    result: Result, bars: Sequence[Bar], order: np.ndarray
) -> tuple[tuple[Bar, ...], int]:
    """Return bars in order, those that are known first, and how many are left out."""
    known = [int(i) for i in order if bars[i].pieces]
    rest = [i for i in range(len(bars)) if not bars[i].pieces]
    chosen = [*known, *rest]
    return tuple(bars[i] for i in chosen[:MOST]), max(0, len(chosen) - MOST)


def _town(language: str) -> str:
    return _("municipality").get(language)


# --------------------------------------------------------------------------- by municipality


def _stacked(result: Result, chart: Chart, table: pd.DataFrame, language: str) -> ChartData:
    codes = [str(code) for code in result.municipalities["teryt"]]
    amounts = _amounts(result, chart, table, codes)
    total = np.nansum(amounts, axis=1)
    declared = result.check.columns[chart.table]
    shares = not chart.split and all(declared[p.key].kind == "share" for p in chart.parts)
    # shares are of a whole that is known; other amounts make up the whole together
    whole = np.maximum(total, 1.0) if shares else total
    names = municipality_names(result)
    bars = []
    for i, code in enumerate(codes):
        pieces: list[Piece] = []
        cells = []
        at = 0.0
        for k, amount in enumerate(amounts[i].tolist()):
            part = amount / whole[i] if whole[i] > 0 else float("nan")
            cells.append(percent(part, language, 1))
            if part > 0:
                pieces.append(Piece(at, part, k))
                at += part
        label = names[i].get(language)
        bars.append(Bar(label, cells[0], tuple(pieces), f"gmina={code}", code, tuple(cells)))
    with np.errstate(invalid="ignore", divide="ignore"):
        leading = np.nan_to_num(amounts[:, 0] / whole, nan=-1.0)
    made, left = _of_municipalities(result, bars, np.argsort(-leading, kind="stable"))
    heads = (_town(language), *(part.label.get(language) for part in chart.parts))
    return ChartData(chart.kind, chart.title.get(language), chart.parts, made, heads, left)


def _amounts(result: Result, chart: Chart, table: pd.DataFrame, codes: list[str]) -> np.ndarray:
    """Return how much of each part there is in each municipality, NaN where it is unknown."""
    if not chart.split:
        return np.column_stack([_numbers(table[part.key]) for part in chart.parts])
    weights = _numbers(table[chart.weight]) if chart.weight else np.ones(len(table))
    grouped = (
        pd.DataFrame(
            {"code": table["teryt"].astype(str), "key": table[chart.split].astype(str),
             "weight": weights}
        )
        .groupby(["code", "key"])["weight"]
        .sum()
    )  # fmt: skip
    return np.array(
        [[float(grouped.get((code, part.key), 0.0)) for part in chart.parts] for code in codes]
    ).reshape(len(codes), len(chart.parts))


def _bars(result: Result, chart: Chart, table: pd.DataFrame, language: str) -> ChartData:
    column = column_of(result.check, chart.table, chart.column)
    values = _numbers(table[chart.column])
    known = result.check.reading.known_shares(table, result.check.columns[chart.table])
    # a bound where nothing is known is no number: no bar is drawn
    values = np.where([tells_nothing(column, share) for share in known.tolist()], np.nan, values)
    most = np.nanmax(np.append(values, 0.0))
    names = municipality_names(result)
    codes = [str(code) for code in table["teryt"]]
    bars = []
    for i, value in enumerate(values.tolist()):
        text = written(value, column, language, known[i])
        length = max(value, 0.0) / most if most > 0 else 0.0
        pieces = () if np.isnan(value) else (Piece(0.0, length, 0),)
        bars.append(
            Bar(names[i].get(language), text, pieces, f"gmina={codes[i]}", codes[i], (text,))
        )
    made, left = _of_municipalities(result, bars, np.argsort(-np.nan_to_num(values, nan=-np.inf)))
    heads = (_town(language), column.label.get(language))
    part = Part(chart.column, column.label, COLOUR)
    return ChartData(chart.kind, chart.title.get(language), (part,), made, heads, left)


def _dates(result: Result, chart: Chart, table: pd.DataFrame, language: str) -> ChartData:
    first, second = (column_of(result.check, chart.table, n) for n in (chart.column, chart.after))
    before, after = _numbers(table[chart.column]), _numbers(table[chart.after])
    most = np.nanmax(np.concatenate([before, after, [0.0]]))
    names = municipality_names(result)
    codes = [str(code) for code in table["teryt"]]
    bars = []
    for i, (a, b) in enumerate(zip(before.tolist(), after.tolist(), strict=True)):
        known = most > 0 and not (np.isnan(a) or np.isnan(b))
        pieces = (Piece(a / most, 0.0, 0), Piece(b / most, 0.0, 1)) if known else ()
        cells = (written(a, first, language), written(b, second, language))
        text = f"{cells[0]} → {cells[1]}"
        bars.append(Bar(names[i].get(language), text, pieces, f"gmina={codes[i]}", codes[i], cells))
    grown = np.argsort(-np.nan_to_num(after - before, nan=-np.inf), kind="stable")
    made, left = _of_municipalities(result, bars, grown)
    heads = (_town(language), first.label.get(language), second.label.get(language))
    parts = (Part("before", first.label, SECOND), Part("after", second.label, COLOUR))
    return ChartData(chart.kind, chart.title.get(language), parts, made, heads, left)


# --------------------------------------------------------------------------- of places


def _distribution(result: Result, chart: Chart, table: pd.DataFrame, language: str) -> ChartData:
    weights = _numbers(table[chart.weight]) if chart.weight else np.ones(len(table))
    if chart.split:
        parts = chart.parts or _categories(result, chart)
        keys = table[chart.split].astype(str).to_numpy()
        sums = [float(np.nansum(weights[keys == part.key])) for part in parts]
    else:
        parts = _classes(result, chart)
        values = _numbers(table[chart.column])
        places = np.where(
            np.isnan(values), len(parts) - 1, np.digitize(values, chart.breaks[1:], right=False)
        )
        sums = [float(np.nansum(weights[places == k])) for k in range(len(parts))]
    column = column_of(result.check, chart.table, chart.weight) if chart.weight else None
    most, total = max([*sums, 0.0]), sum(sums)
    bars = []
    for k, (part, amount) in enumerate(zip(parts, sums, strict=True)):
        text = written(amount, column, language) if column else number(amount, language)
        share = percent(amount / total if total else 0.0, language, 1)
        pieces = (Piece(0.0, amount / most, k),) if most > 0 else ()
        bars.append(
            Bar(part.label.get(language), f"{text} ({share})", pieces, "", "", (text, share))
        )
    heads = (
        _("class").get(language),
        (column.label if column else _THINGS).get(language),
        _("share").get(language),
    )
    return ChartData(chart.kind, chart.title.get(language), tuple(parts), tuple(bars), heads)


def _categories(result: Result, chart: Chart) -> tuple[Part, ...]:
    """Return the classes of the view that shows the split column."""
    for view in result.check.views:
        if view.table == chart.table and view.column == chart.split:
            return tuple(Part.of(category) for category in view.categories)
    declared = column_of(result.check, chart.table, chart.split).categories
    return tuple(Part(key, label, COLOUR) for key, label in declared.items())


def _classes(result: Result, chart: Chart) -> tuple[Part, ...]:
    """Return classes between breaks: half-open, the last one open above; then what is unknown."""
    written = [both(f"{edge:g}") for edge in chart.breaks]
    made = [
        Part(str(k), _BETWEEN.fill(a=a, b=b), COLOUR)
        for k, (a, b) in enumerate(itertools.pairwise(written))
    ]
    last = Part(str(len(made)), _ABOVE.fill(a=written[-1]), COLOUR)
    return (*made, last, Part("unknown", UNKNOWN, PALE, unknown=True))


def _ranking(result: Result, chart: Chart, table: pd.DataFrame, language: str) -> ChartData:
    column = column_of(result.check, chart.table, chart.column)
    values = _numbers(table[chart.column])
    label: Text = column.label
    if chart.cost:
        cost = _numbers(table[chart.cost])
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.where(cost > 0, values / cost, np.nan)
        unit = unit_text(column_of(result.check, chart.table, chart.cost).unit)
        label = _PER.fill(what=column.label, unit=unit)
    chosen = ~np.isnan(values) & (values > 0)
    for name, kept in chart.where.items():
        if name in table.columns:
            chosen &= table[name].astype(str).isin(kept).to_numpy()
    order = np.flatnonzero(chosen)
    order = order[np.argsort(-values[order], kind="stable")][:RANKED]
    view = next((v for v in result.check.views if v.table == chart.table), None)
    names = (
        feature_names(result, view, table.iloc[order], language)
        if view is not None
        else [shown(x, column_of(result.check, chart.table, chart.name), language)
              for x in table[chart.name].iloc[order]]
    )  # fmt: skip
    there = placed(result.tables[chart.table].geometry)
    most = float(values[order].max()) if len(order) else 0.0
    digits = max(column.digits, 1 if most < 10 else 0)
    bars = []
    for name, row in zip(names, order.tolist(), strict=True):
        text = number(values[row], language, digits)
        linked = view is not None and there[row] and len(table) <= MAX_FEATURES
        link = f"layer={view_key(view)}&row={row}" if linked and view is not None else ""
        bars.append(Bar(name, text, (Piece(0.0, values[row] / most, 0),), link, "", (text,)))
    heads = (chart.title.get(language), label.get(language))
    part = Part(chart.column, label, COLOUR)
    left = int(chosen.sum()) - len(order)
    return ChartData(chart.kind, chart.title.get(language), (part,), tuple(bars), heads, left)
