"""Which layers of a result to draw: a view of its check, or a column that none of them shows."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.colors import to_hex

from metrogis.checks.contract import Category, Column, Result, View
from metrogis.errors import ParameterError
from metrogis.i18n import _, both
from metrogis.maps.layers import MapLayer, build
from metrogis.maps.values import column_of, flag

CLASSES = 5
"""Classes of a column of numbers that no view has breaks for, by quantiles of its values."""

MOST_VALUES = 12
"""Values of a column of texts that get a colour of their own; the rest is "other"."""

SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_COLOURS = "tab20"


def layers_of(
    result: Result, *, view: str | None = None, column: str | None = None
) -> tuple[MapLayer, ...]:
    """Return the classified layers of a view, of a column, or of all views.

    Parameters
    ----------
    result : Result
    view : str, optional
        Table, column or title of a view of the check.
    column : str, optional
        A column of a table of the result. A view of the check that shows it is taken, with the
        check's own classes; else classes are made: fifths of the values for numbers, one a value
        for words.

    Raises
    ------
    ParameterError
        When there is no such view or column, or both are given.
    """
    if column is None:
        return build(result, view=view)
    if view is not None:
        raise ParameterError(_("give view or column, not both"), layer=result.check.id)
    shown = [v for v in result.check.views if v.column == column and v.table in result.tables]
    if shown:
        return build(_with_views(result, shown[0]))
    tables = [n for n, t in result.tables.items() if column in t.columns and column != "geometry"]
    if not tables:
        raise ParameterError(
            _("there is no column '{column}'").fill(column=column),
            layer=result.check.id,
            remedy=_("there are: {known}").fill(known=", ".join(_columns(result))),
        )
    made = view_of(result.tables[tables[0]], tables[0], column, result)
    return build(_with_views(result, made))


def _columns(result: Result) -> list[str]:
    names = [c for t in result.tables.values() for c in t.columns if c != t.geometry.name]
    return list(dict.fromkeys(map(str, names)))


def _with_views(result: Result, view: View) -> Result:
    check = replace(result.check, views=(replace(view, shown=True),))
    return replace(result, check=check)


def view_of(table: gpd.GeoDataFrame, name: str, column: str, result: Result) -> View:
    """Return a view of a column that the check has none for."""
    declared = column_of(result.check, name, column)
    values = table[column]
    labels = [c for c in ("name", "teryt", column) if c in table.columns]
    popup = tuple(dict.fromkeys(labels))
    made = View(name, declared.label, column=column, popup=popup)
    if declared.kind == "flag" or values.dtype == bool or str(values.dtype) == "boolean":
        return replace(made, categories=_flags())
    if pd.api.types.is_numeric_dtype(values.dtype) or _numbers(values):
        return replace(made, breaks=breaks_of(values, declared))
    return replace(made, categories=_words(values, declared))


def _numbers(values: pd.Series) -> bool:
    there = values.dropna()
    return len(there) > 0 and all(isinstance(v, int | float | np.number) for v in there.tolist())


def _flags() -> tuple[Category, ...]:
    return (
        Category("true", _("yes"), "#0072B2"),
        Category("false", _("no"), "#E69F00"),
        Category("unknown", _("unknown"), "#bbbbbb", hatch=True),
    )


def _words(values: pd.Series, declared: Column) -> tuple[Category, ...]:
    counts = values.dropna().astype(str).value_counts()
    order = [k for k in declared.categories if k in counts.index] or sorted(
        counts.index[:MOST_VALUES]
    )
    colours = colormaps[_COLOURS]
    return tuple(
        Category(
            key,
            declared.categories.get(key) or both(key),
            to_hex(colours(i % 20)),
            hatch=flag(key) is None and key == "unknown",
        )
        for i, key in enumerate(order)
    )


def breaks_of(values: pd.Series, declared: Column) -> tuple[float, ...]:
    """Return bounds of classes for numbers: fifths of a share, else of the values there are.

    Examples
    --------
    >>> breaks_of(pd.Series([1.0, 2, 3, 4, 5]), Column(both("a")))
    (1.0, 1.8, 2.6, 3.4, 4.2)
    """
    if declared.kind == "share":
        return SHARES
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return (0.0,)
    at = np.quantile(numbers, np.arange(CLASSES) / CLASSES)
    # short numbers in the legend; the lowest is rounded down so that no value is below it
    size = 10.0 ** (np.floor(np.log10(max(np.abs(numbers).max(), 1e-9))) - 2)
    rounded = np.round(at / size) * size
    rounded[0] = np.floor(numbers.min() / size) * size
    return tuple(float(x) for x in dict.fromkeys(np.round(rounded, 10).tolist()))
