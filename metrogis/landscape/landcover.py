"""What classes of land cover, planning zones and roads mean to nature: habitat and resistance.

Resistances are relative costs per metre: 1 is the best habitat of forest mammals, 100 dense urban
land. No table of one truth exists: these are this project's round numbers in the order that expert
tables share (Zeller et al. 2012, doi:10.1007/s10980-012-9737-0: a review); bring your own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metrogis.errors import SchemaError
from metrogis.i18n import Text, _
from metrogis.landscape.grid import Grid
from metrogis.provenance import Audit

_SLACK = 1e-6
"""Share of a code by which a float may miss it."""


@dataclass(frozen=True)
class LandClass:
    """One class of land cover.

    Attributes
    ----------
    habitat : float
        Share of its area that is habitat, 0-1.
    resistance : float
        Cost per metre, above 0; infinite = barrier.
    """

    habitat: float
    resistance: float


# CORINE Land Cover: code of level 3, number in the raster files, habitat, resistance
_CORINE = """
111 1 0 100; 112 2 0 50; 121 3 0 100; 122 4 0 100; 123 5 0 100; 124 6 0 100; 131 7 0 50
132 8 0 50; 133 9 0 50; 141 10 0 10; 142 11 0 20; 211 12 0 10; 212 13 0 10; 213 14 0 10
221 15 0 10; 222 16 0 5; 223 17 0 5; 231 18 0 3; 241 19 0 10; 242 20 0 10; 243 21 0 5
244 22 0 3; 311 23 1 1; 312 24 1 1; 313 25 1 1; 321 26 1 2; 322 27 1 2; 323 28 1 2
324 29 1 1; 331 30 0 5; 332 31 0 20; 333 32 0 5; 334 33 0 5; 335 34 0 100; 411 35 1 2
412 36 1 2; 421 37 1 2; 422 38 0 50; 423 39 0 20; 511 40 0 30; 512 41 0 50; 521 42 0 50
522 43 0 200; 523 44 0 200
"""


def _corine() -> dict[int, LandClass]:
    out: dict[int, LandClass] = {}
    for row in _CORINE.replace("\n", ";").split(";"):
        if row.strip():
            code, number, habitat, resistance = row.split()
            found = LandClass(float(habitat), float(resistance))
            out[int(code)] = out[int(number)] = found
    return out


CORINE: Mapping[int, LandClass] = _corine()
"""By code (111-523) and by the number the raster files use (1-44): they cannot be confused."""

ZONE_RESISTANCE: Mapping[str, float] = {
    "SW": 100, "SJ": 50, "SZ": 30, "SU": 100, "SH": 100, "SP": 100, "SR": 20, "SI": 100,
    "SN": 1, "SC": 1, "SG": 100, "SO": 1, "SK": 100,
}  # fmt: skip
"""Least resistance of a built zone; land that resists more today goes on doing so."""

ROAD_RESISTANCE: Mapping[str, float] = {
    "motorway": 300, "trunk": 200, "primary": 100, "secondary": 50, "tertiary": 20,
}  # fmt: skip
"""By OSM ``highway`` (links as their road); other ways are left out."""


def class_table(
    table: pd.DataFrame | None = None, *, layer: str = "land_cover_classes"
) -> dict[int, LandClass]:
    """Read a table of classes, or take CORINE Land Cover's.

    Parameters
    ----------
    table : DataFrame, optional
        ``code`` (whole number, once each), ``habitat`` (0-1), ``resistance`` (above 0; ``inf`` =
        barrier); ``number``: another code of the class, where rasters use one. Other columns are
        for the reader.

    Raises
    ------
    SchemaError
        Columns missing, codes repeated, values out of range: all bad rows in one message.

    Examples
    --------
    >>> class_table()[312]
    LandClass(habitat=1.0, resistance=1.0)
    >>> own = pd.DataFrame({"code": ["7"], "habitat": ["1"], "resistance": ["2.5"]})
    >>> class_table(own)
    {7: LandClass(habitat=1.0, resistance=2.5)}
    """
    if table is None:
        return dict(CORINE)
    _require(table, ("code", "habitat", "resistance"), layer)
    numbers = {c: pd.to_numeric(table[c], errors="coerce").to_numpy(float) for c in
               ("code", "habitat", "resistance")}  # fmt: skip
    code, habitat, resistance = numbers["code"], numbers["habitat"], numbers["resistance"]
    good = np.isfinite(code) & (code == np.round(code)) & (habitat >= 0) & (habitat <= 1)
    good &= resistance > 0
    good &= ~pd.Series(code).duplicated(keep=False).to_numpy()
    if not good.all():
        raise _bad_rows(
            table["code"].astype(str)[~good].tolist(),
            layer,
            _("code: a whole number, once; habitat: 0-1; resistance: above 0 (inf = barrier)"),
        )
    if not len(table):
        raise SchemaError(_("the table of classes is empty"), layer=layer)
    found = [LandClass(float(h), float(r)) for h, r in zip(habitat, resistance, strict=True)]
    out = {int(c): one for c, one in zip(code, found, strict=True)}
    if "number" in table:
        second = pd.to_numeric(table["number"], errors="coerce").to_numpy(float)
        for c, one in zip(second, found, strict=True):
            if np.isfinite(c) and out.setdefault(int(c), one) != one:
                raise _bad_rows(
                    [f"number {c:g}"],
                    layer,
                    _("number: other than every code"),
                )
    return out


def resistance_table(
    table: pd.DataFrame | None,
    key: str,
    defaults: Mapping[str, float],
    *,
    layer: str,
    known: bool = False,
) -> dict[str, float]:
    """Resistance by zone symbol or road class: the defaults, overruled by a table.

    Parameters
    ----------
    table : DataFrame, optional
        Columns ``key`` and ``resistance`` (above 0, finite).
    known : bool
        Refuse keys the defaults do not have (the zone types are a closed list).

    Examples
    --------
    >>> own = pd.DataFrame({"symbol": ["SJ"], "resistance": [80]})
    >>> resistance_table(own, "symbol", ZONE_RESISTANCE, layer="t", known=True)["SJ"]
    80.0
    """
    out = {k: float(v) for k, v in defaults.items()}
    if table is None:
        return out
    _require(table, (key, "resistance"), layer)
    names = table[key].astype(str).str.strip()
    values = pd.to_numeric(table["resistance"], errors="coerce").to_numpy(float)
    good = (values > 0) & np.isfinite(values) & ~names.duplicated(keep=False).to_numpy()
    if known:
        good &= names.isin(list(defaults)).to_numpy()
    if not good.all():
        raise _bad_rows(names[~good].tolist(), layer, (
            _("{key}: once, one of {classes}; resistance: above 0")
            if known
            else _("{key}: once; resistance: above 0")
        ).bind(key=key, classes=", ".join(defaults)))  # fmt: skip
    return out | dict(zip(names, values.tolist(), strict=True))


def _require(table: pd.DataFrame, columns: tuple[str, ...], layer: str) -> None:
    missing = [c for c in columns if c not in table]
    if missing:
        shown = ", ".join(missing)
        raise SchemaError(_("columns are missing: {shown}").fill(shown=shown), layer=layer)


def _bad_rows(shown: list[str], layer: str, remedy: Text) -> SchemaError:
    text = ", ".join(shown[:8])
    return SchemaError(_("bad rows: {text}").fill(text=text), layer=layer,
                       remedy=remedy)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Lookup:
    """Habitat and resistance by class number: ``codes`` of a raster point into the two arrays.

    Class 0 is "not known": no habitat, NaN resistance.
    """

    codes: np.ndarray
    habitat: np.ndarray
    resistance: np.ndarray
    audit: Audit


def look_up(cover: Grid, classes: Mapping[int, LandClass], *, layer: str = "land_cover") -> Lookup:
    """Number the classes of a raster.

    Examples
    --------
    >>> from metrogis.landscape.grid import read
    >>> found = look_up(read(np.array([[311, 999]])), class_table())
    >>> found.habitat[found.codes].tolist(), found.resistance[found.codes].tolist()
    ([[1.0, 0.0]], [[1.0, nan]])
    """
    values = cover.values
    if values.dtype.kind == "f":
        whole = np.where(cover.valid, values, 0)
        near = np.round(whole)  # whole numbers stored as a scaled float may miss by a last bit
        near = np.where(np.abs(whole - near) <= _SLACK * np.maximum(1.0, np.abs(near)), near, whole)
        whole = near
        if (whole != np.round(whole)).any():
            raise SchemaError(
                _("classes must be whole numbers"),
                layer=layer,
            )
        values = whole.astype(np.int64)
    # from 0 where nothing is below it: the values are then indices as they are
    low, high = (min(int(values.min()), 0), int(values.max())) if values.size else (0, 0)
    number = {code: i for i, code in enumerate(sorted(classes), start=1)}
    habitat = np.array([0.0, *(classes[c].habitat for c in number)])
    resistance = np.array([math.nan, *(classes[c].resistance for c in number)])
    if high - low < 1 << 20:
        table = np.zeros(high - low + 1, np.uint16)
        for code, i in number.items():
            if low <= code <= high:
                table[code - low] = i
        codes = table[values.astype(np.int64) - low] if low else table[values]
        there = np.unique(values[cover.valid]) if values.size < 1 << 16 else _present(values, cover)
    else:
        there, back = np.unique(values, return_inverse=True)
        codes = np.array([number.get(int(v), 0) for v in there], np.uint16)[back]
        codes = codes.reshape(values.shape)
    codes[~cover.valid] = 0
    strange = [int(v) for v in there if int(v) not in number]
    lost = int(((codes == 0) & cover.valid).sum()) if strange else 0
    audit = Audit().add(
        layer,
        "unknown",
        lost,
        _("cells of classes the table does not name: habitat and resistance unknown"),
        [f"{v} ({int(((values == v) & cover.valid).sum())}x)" for v in strange[:6]],
    )
    return Lookup(codes, habitat, resistance, audit)


def _present(values: np.ndarray, cover: Grid) -> np.ndarray:
    low = min(int(values.min()), 0)
    seen = np.zeros(int(values.max()) - low + 1, bool)
    for one, valid in zip(values, cover.valid, strict=True):  # row by row: no copy of the raster
        seen[one[valid].astype(np.int64) - low if low else one[valid]] = True
    return np.flatnonzero(seen) + low


def zone_resistances(table: Any = None) -> dict[str, float]:
    """Resistance by zone symbol.

    >>> zone_resistances()["SW"]
    100.0
    """
    return resistance_table(table, "symbol", ZONE_RESISTANCE, layer="zone_resistance", known=True)
