"""How a result reads and is drawn: columns, views and the ground beneath them, findings.

Data alone: maps, tables and pages are made elsewhere from these declarations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.checks.contract import knowledge
from metrogis.i18n import UNKNOWN, Text, _, both


@dataclass(frozen=True)
class Column:
    """How a column of a result table reads: heading, unit, digits, meaning.

    ``kind``: ``number``, ``share`` (0-1, shown as per cent), ``text`` (data, never translated),
    ``category`` (a code, shown by ``categories``), ``flag`` (yes / no / unknown). ``known`` names
    the companion column of an additive one: how much of the whole its number speaks of. ``land``
    is False for what does not hang on a municipality's outline (people and flows by code): it
    stays known where the outline is not. ``bound``: the number is a lower or an upper bound, as far
    as less is known. ``of_known``: a rank, region or share that speaks of what is known, and may
    differ when more is. ``of_knowledge``: the column measures what is known, or names why it is not
    (companions of other columns, and grounds of views, need not be marked). ``headline``: carries
    the answer of the check for a municipality; ``good`` says which way it is better: ``up``,
    ``down``, or neither. ``adds``: False for people or land that is no sum (a mean, a mesh size).
    ``reach``: how far from a row's place the layers matter for it, metres, or ``global`` where all
    of the metropolis does (ranks, regions, orders, shares of the whole); None: as the check says.
    """

    label: Text
    kind: Literal["number", "share", "text", "category", "flag"] = "number"
    unit: str = ""
    digits: int = 0
    note: Text | None = None
    categories: Mapping[str, Text] = field(default_factory=dict)
    known: str = ""
    land: bool = True
    bound: Literal["", "low", "high"] = ""
    of_known: bool = False
    of_knowledge: bool = False
    headline: bool = False
    good: Literal["", "up", "down"] = ""
    adds: bool = True
    reach: float | Literal["global"] | None = None


@dataclass(frozen=True)
class Category:
    """One class of a categorical view. ``hatch`` marks states that are not known."""

    value: str
    label: Text
    colour: str
    hatch: bool = False


@dataclass(frozen=True)
class Ground:
    """Where a view knows what it shows: polygons of ``table``, by its ``column``.

    The column is a flag (known: True) or a known share (0-1). Land of a polygon whose flag is not
    True, or whose share is below 1, is hatched beneath the view on web map, legend, picture and in
    QGIS alike: absence of data is never drawn as absence.
    """

    column: str
    table: str = "municipalities"

    def shares(
        self,
        tables: Mapping[str, gpd.GeoDataFrame],
        columns: Mapping[str, Mapping[str, Column]],
    ) -> Any:
        """Return the known share (0-1) of each polygon; None where a result lacks the column.

        ``columns`` are those of the check: a declared flag is read as one, whatever its spelling.
        """
        table = tables.get(self.table)
        if table is None or self.column not in table.columns:
            return None
        declared = columns.get(self.table, {}).get(self.column)
        flag = declared is not None and declared.kind == "flag"
        return knowledge.known_shares(table[self.column], flag=flag)


@dataclass(frozen=True)
class View:
    """One layer of the check's map, from one table of the result.

    Give ``categories`` (a column of codes), or ``breaks`` (a column of numbers; fixed policy
    breaks, so that years compare; classes are half-open ``[b_i, b_i+1)``), or neither (one colour).
    ``popup`` names the columns shown on a click; missing values are drawn as "no data". ``ground``
    says where the view knows what it shows. ``size`` names a number by which areas have a symbol
    too, as large as its root: a spot of a few houses is seen on the map of a metropolis.
    """

    table: str
    title: Text
    column: str | None = None
    breaks: tuple[float, ...] = ()
    palette: str = "viridis"
    categories: tuple[Category, ...] = ()
    colour: str = "#0072B2"
    popup: tuple[str, ...] = ()
    shown: bool = True
    radius: float = 5.0
    weight: float = 1.5
    fill_opacity: float = 0.9
    ground: Ground | None = None
    size: str = ""

    def known_rows(self, table: pd.DataFrame) -> Any:
        """Return which rows of the view's table have a value.

        Parameters
        ----------
        table : DataFrame
            The view's table.

        Returns
        -------
        ndarray of bool (rows,)
            False for missing values and for codes that stand for unknown; all True for a view of no
            column.
        """
        if self.column is None or self.column not in table.columns:
            return np.ones(len(table), dtype=bool)
        codes = {c.value for c in self.categories if c.hatch or c.label == UNKNOWN}
        return knowledge.known_values(table[self.column], codes)


@dataclass(frozen=True)
class Overlay:
    """One raster of the result as an image on the check's map and as a GeoTIFF to download.

    ``raster`` names an entry of :attr:`Result.rasters`. Give ``breaks`` (half-open classes
    ``[b_i, b_i+1)``; values below the first one are not drawn) or ``categories`` (values written
    as text; those in ``hidden`` are not drawn). Cells that are not known are hatched like any
    unknown place.
    """

    raster: str
    title: Text
    breaks: tuple[float, ...] = ()
    categories: tuple[Category, ...] = ()
    palette: str = "viridis"
    unit: str = ""
    digits: int = 0
    opacity: float = 0.75
    shown: bool = True
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """A sentence a planner quotes, and its numbers.

    ``text`` is a template (see :class:`metrogis.texts.Text`); ``values`` fills it. Every value
    also appears in :attr:`Result.figures`; ``places`` holds the texts (names) it needs beside.
    ``unknown`` marks a sentence that begins with what is not known.
    """

    text: Text
    values: Mapping[str, float] = field(default_factory=dict)
    places: Mapping[str, str | Text] = field(default_factory=dict)
    unknown: bool = False

    def render(self) -> Text:
        """Return the sentence in both languages."""
        return self.text.fill(**self.values, **self.places)


MOSTLY_UNKNOWN = _(
    "Unknown for {unknown_part:%0} of the map “{layer}”: data are missing, and the "
    "numbers below speak of the rest only."
)


def unknown_first(
    findings: tuple[Finding, ...], unknown_part: float, layer: Text
) -> tuple[Finding, ...]:
    """Begin with what is not known: the check's own sentence about it, else a plain one.

    Parameters
    ----------
    findings : tuple of Finding
    unknown_part : float
        Share (0-1) of the map of which nothing is known.
    layer : Text
        Title of that map.
    """
    own = [f for f in findings if f.unknown][:1]
    # nearly all is not all: what is known follows in the next sentence
    part = unknown_part if unknown_part == 1 else math.floor(100 * unknown_part + 1e-9) / 100
    plain = Finding(MOSTLY_UNKNOWN, {"unknown_part": part}, {"layer": layer}, unknown=True)
    first = own or [plain]
    return (*first, *(f for f in findings if f is not first[0]))


def municipality_columns() -> dict[str, Column]:
    """Return the two columns that every municipal table starts with: ``teryt`` and ``name``."""
    return {
        "teryt": Column(both("TERYT"), kind="text", land=False, reach=0.0),
        "name": Column(_("municipality"), kind="text", land=False, reach=0.0),
    }
