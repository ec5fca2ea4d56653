"""Features that come page by page: written as they come, with the proof that all of them did.

Servers cap pages, ignore where a page should start, repeat rows when they have no order, and count
wrongly. So nothing is taken on trust: rows are counted against what the server says there are, ids
are compared between pages, places against the box that was asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from metrogis import crs as crs_rules
from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.sources.services import parquet

ID = "source_id"
"""Column of the feature's id at the server."""
PARQUET = (".parquet", ".geoparquet")
"""Endings of files that are written as GeoParquet; all others are GeoPackages."""


@dataclass(frozen=True)
class Proof:
    """Whether all that was asked for has come.

    Attributes
    ----------
    rows : int
        Rows written.
    hits : int or None
        How many the server says there are; None where it does not say.
    pages : int
    repeated : int
        Rows that came again on a later page, and were left out.
    bounds : tuple of float or None
        West, south, east, north of what came, in its CRS.
    doubts : tuple of Text
        Why something may be missing; empty: complete.
    notes : tuple of Text
        What else is worth knowing of it: nothing is missing for these.
    """

    rows: int = 0
    hits: int | None = None
    pages: int = 1
    repeated: int = 0
    bounds: tuple[float, float, float, float] | None = None
    doubts: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing speaks against all having come."""
        return not self.doubts


@dataclass
class Collector:
    """Writes pages into one GeoPackage or GeoParquet; memory holds one page and the ids of all.

    Attributes
    ----------
    path : Path
        The file, which must not exist yet.
    crs : any
        CRS it is written in: that of the first page where None.
    layer : str
        Name used in messages, and of the table.
    box : west, south, east, north, optional
        What was asked for, in ``box_crs``.
    box_crs : any
    max_rows : int
    """

    path: Path
    layer: str
    crs: Any = None
    box: tuple[float, float, float, float] | None = None
    box_crs: Any = None
    max_rows: int = 20_000_000
    rows: int = 0
    pages: int = 0
    repeated: int = 0
    _seen: set[bytes] = field(default_factory=set)
    _columns: list[str] = field(default_factory=list)
    _new_columns: set[str] = field(default_factory=set)
    _box: list[float] | None = None
    _outside: int = 0
    _parquet: parquet.Writer | None = None

    def add(self, page: gpd.GeoDataFrame) -> int:
        """Write the rows of a page that did not come before; return how many these are.

        Attributes are written as texts, as the server wrote them: codes keep their leading zeros,
        and a column that is a number on one page and a word on the next stays one column.
        """
        self.pages += 1
        if self.crs is None:
            self.crs = page.crs
        elif page.crs is not None and not page.crs.equals(self.crs, ignore_axis_order=True):
            page = page.to_crs(self.crs)
        keys = _keys(page)
        new = np.array([key not in self._seen for key in keys], dtype=bool)
        new &= ~pd.Series(keys, dtype=object).duplicated().to_numpy()
        self.repeated += int((~new).sum())
        self._seen.update(key for key, is_new in zip(keys, new, strict=True) if is_new)
        page = page.loc[new]
        if page.empty:
            return 0
        self.rows += len(page)
        if self.rows > self.max_rows:
            raise SourceError(
                _("the service gives more than {max_rows} features").fill(max_rows=self.max_rows),
                layer=self.layer,
                remedy=_("narrow the filter of the source"),
            )
        table = _as_texts(page)
        if not self._columns:
            self._columns = list(table.columns)
        self._new_columns |= set(table.columns) - set(self._columns)
        for name in set(self._columns) - set(table.columns):
            table[name] = pd.Series([None] * len(table), dtype=object)  # a text, though blank
        page = gpd.GeoDataFrame(
            table[self._columns], geometry=page.geometry.to_numpy(), crs=self.crs
        )
        if self.box is not None:
            self._outside += _not_in(page, box_in(self.crs, self.box, self.box_crs))
        box = page.total_bounds
        if np.isfinite(box).all():
            old = self._box or [np.inf, np.inf, -np.inf, -np.inf]
            self._box = [*np.minimum(old[:2], box[:2]), *np.maximum(old[2:], box[2:])]
        self._write(page)
        return len(page)

    def expect(self, columns: Iterable[str]) -> None:
        """Set the columns before the first page, of services whose pages have different ones."""
        self._columns = list(dict.fromkeys([*columns, ID]))

    def _write(self, page: gpd.GeoDataFrame) -> None:
        if self.path.suffix.lower() in PARQUET:
            if self._parquet is None:
                self._parquet = parquet.Writer(self.path, self._columns, self.crs)
            self._parquet.add(page)
            return
        # the same features are the same bytes: no date of today
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
        pyogrio.write_dataframe(
            page,
            self.path,
            layer=self.layer,
            driver="GPKG",
            append=self.path.exists(),
            geometry_type="Unknown",
            promote_to_multi=False,
        )

    def proof(self, hits: int | None, doubts: list[Text]) -> Proof:
        """Return what speaks for and against all having come, when the last page is written.

        Parameters
        ----------
        hits : int or None
            What the server said.
        doubts : list of Text
            Known already.
        """
        if self._parquet is not None:
            self._parquet.close()
        doubts = list(doubts)
        if hits is not None and hits != self.rows:
            doubts.append(
                _("the service announces {hits} features, {rows} came").fill(
                    hits=hits, rows=self.rows
                )
            )
        if self.repeated and hits is None:
            doubts.append(
                _("{repeated} features came twice: the pages have no fixed order").fill(
                    repeated=self.repeated
                )
            )
        if self._new_columns:
            names = ", ".join(sorted(self._new_columns))
            doubts.append(
                _("columns that the first page did not have were left out: {names}").fill(
                    names=names
                )
            )
        if self._outside:
            doubts.append(
                _(
                    "{outside} features lie outside the box that was asked for: the "
                    "service does not heed it, or has other axes"
                ).fill(outside=self._outside)
            )
        bounds = None if self._box is None else tuple(float(v) for v in self._box)
        return Proof(self.rows, hits, self.pages, self.repeated, bounds, tuple(doubts))  # type: ignore[arg-type]


def write_none(path: Path) -> None:
    """Write a file of no features: that there are none is what the service answered."""
    none = gpd.GeoDataFrame({ID: pd.Series(dtype=object)}, geometry=[], crs=crs_rules.WORKING_CRS)
    path.unlink(missing_ok=True)
    if path.suffix.lower() in PARQUET:
        none.to_parquet(path)
    else:
        none.to_file(path, driver="GPKG", geometry_type="Unknown")


def _not_in(page: gpd.GeoDataFrame, box: tuple[float, ...]) -> int:
    """Count features of which nothing is in a box, a thousandth of its size beyond it allowed."""
    west, south, east, north = box
    slack = 1e-3 * max(east - west, north - south)
    a, b, c, d = shapely.bounds(page.geometry.to_numpy()).T
    out = (c < west - slack) | (a > east + slack) | (d < south - slack) | (b > north + slack)
    return int(out.sum())


def _keys(page: gpd.GeoDataFrame) -> list[bytes]:
    """Return what tells rows apart: their ids, or all they hold where ids are made up anew."""
    if ID in page.columns and page[ID].notna().all():
        ids = page[ID].astype(str)
        # without a key of its own GeoServer names a feature otherwise in every answer
        if not ids.str.contains(r"\.fid-|^fid-").any():
            return [text.encode() for text in ids]
    shapes = shapely.to_wkb(page.geometry.to_numpy())
    others = page.drop(columns=[page.geometry.name, *([ID] if ID in page.columns else [])])
    rows = others.astype(str).agg("\x1f".join, axis=1) if len(others.columns) else [""] * len(page)
    return [
        hashlib.sha256((shape or b"") + b"\x1f" + str(row).encode()).digest()
        for shape, row in zip(shapes, rows, strict=True)
    ]


def _as_texts(page: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the attributes as the server wrote them."""
    table = pd.DataFrame(page.drop(columns=page.geometry.name)).reset_index(drop=True)
    for name in table.columns:
        values = [None if _is_blank(value) else _text(value) for value in table[name].tolist()]
        table[name] = pd.Series(values, dtype=object)
    return table


def _is_blank(value: Any) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or value != value


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if (
        isinstance(value, float | np.floating)
        and float(value).is_integer()
        and abs(float(value)) < 1e15
    ):
        return str(int(value))
    if isinstance(value, pd.Timestamp):
        return str(value.isoformat())
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def box_in(crs: Any, box: tuple[float, float, float, float], of: Any) -> tuple[float, ...]:
    """Return a box in another CRS, wide enough to hold all of it (its edges are curves there)."""
    if crs_rules.parse(crs).equals(crs_rules.parse(of), ignore_axis_order=True):
        return box
    move = pyproj.Transformer.from_crs(of, crs, always_xy=True)
    return tuple(float(v) for v in move.transform_bounds(*box, densify_pts=21))


Progress = Callable[[int, int | None], None]
"""Told of rows so far, and of how many there will be (None: not known)."""
