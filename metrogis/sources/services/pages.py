"""Features that come page by page: written as they come, with the proof that all of them did.

Servers cap pages, ignore where a page should start, repeat rows when they have no order, and count
wrongly. So nothing is taken on trust: rows are counted against what the server says there are, ids
are compared between pages, places against the box that was asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from metrogis import crs as crs_rules
from metrogis.errors import SourceError
from metrogis.texts import Text

ID = "source_id"
"""Column of the feature's id at the server."""


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
    """

    rows: int = 0
    hits: int | None = None
    pages: int = 1
    repeated: int = 0
    bounds: tuple[float, float, float, float] | None = None
    doubts: tuple[Text, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing speaks against all having come."""
        return not self.doubts


@dataclass
class Collector:
    """Writes pages into one GeoPackage; memory holds one page and the ids of all.

    Attributes
    ----------
    path : Path
        The file, which must not exist yet.
    crs : any
        CRS it is written in: that of the first page where None.
    layer : str
        Name used in messages, and of the table.
    max_rows : int
    """

    path: Path
    layer: str
    crs: Any = None
    max_rows: int = 20_000_000
    rows: int = 0
    pages: int = 0
    repeated: int = 0
    _seen: set[bytes] = field(default_factory=set)
    _columns: list[str] = field(default_factory=list)
    _new_columns: set[str] = field(default_factory=set)
    _box: list[float] | None = None

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
                Text(
                    f"usługa daje ponad {self.max_rows} obiektów",
                    f"the service gives more than {self.max_rows} features",
                ),
                layer=self.layer,
                remedy=Text("zawęź filtr źródła", "narrow the filter of the source"),
            )
        page = _as_texts(page)
        if not self._columns:
            self._columns = [c for c in page.columns if c != page.geometry.name]
        self._new_columns |= {str(c) for c in page.columns} - {*self._columns, page.geometry.name}
        page = page.rename_geometry("geometry").reindex(columns=[*self._columns, "geometry"])
        page = gpd.GeoDataFrame(page, geometry="geometry", crs=self.crs)
        box = page.total_bounds
        if np.isfinite(box).all():
            old = self._box or [np.inf, np.inf, -np.inf, -np.inf]
            self._box = [*np.minimum(old[:2], box[:2]), *np.maximum(old[2:], box[2:])]
        pyogrio.write_dataframe(
            page,
            self.path,
            layer=self.layer,
            driver="GPKG",
            append=self.path.exists(),
            geometry_type="Unknown",
            promote_to_multi=False,
        )
        return len(page)

    def proof(self, hits: int | None, box: Iterable[float] | None, doubts: list[Text]) -> Proof:
        """Return what speaks for and against all having come.

        Parameters
        ----------
        hits : int or None
            What the server said.
        box : west, south, east, north, or None
            What was asked for, in the CRS of the rows.
        doubts : list of Text
            Known already.
        """
        doubts = list(doubts)
        if hits is not None and hits != self.rows:
            doubts.append(
                Text(
                    f"usługa zapowiada {hits} obiektów, przyszło {self.rows}",
                    f"the service announces {hits} features, {self.rows} came",
                )
            )
        if self.repeated and hits is None:
            doubts.append(
                Text(
                    f"{self.repeated} obiektów przyszło dwa razy: strony nie mają stałej kolejności",
                    f"{self.repeated} features came twice: the pages have no fixed order",
                )
            )
        if self._new_columns:
            names = ", ".join(sorted(self._new_columns))
            doubts.append(
                Text(
                    f"kolumny, których pierwsza strona nie miała, pominięto: {names}",
                    f"columns that the first page did not have were left out: {names}",
                )
            )
        if box is not None and self._box is not None:
            west, south, east, north = box
            a, b, c, d = self._box
            if c < west or a > east or d < south or b > north:
                doubts.append(
                    Text(
                        "nic nie leży w obszarze, o który pytano",
                        "nothing lies in the box that was asked for",
                    )
                )
        bounds = None if self._box is None else tuple(float(v) for v in self._box)
        return Proof(self.rows, hits, self.pages, self.repeated, bounds, tuple(doubts))  # type: ignore[arg-type]


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


def _as_texts(page: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    out = page.copy()
    for name in page.columns:
        if name == page.geometry.name:
            continue
        values = page[name].astype(object)
        out[name] = [None if _is_blank(value) else _text(value) for value in values]
        out[name] = out[name].astype(object)
    return out


def _is_blank(value: Any) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or value != value


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, pd.Timestamp):
        return str(value.isoformat())
    if isinstance(value, list | dict):
        import json

        return json.dumps(value, ensure_ascii=False)
    return str(value)


def box_in(crs: Any, box: tuple[float, float, float, float], of: Any) -> tuple[float, ...]:
    """Return a box in another CRS, wide enough to hold all of it (its edges are curves there)."""
    import pyproj

    if crs_rules.parse(crs).equals(crs_rules.parse(of), ignore_axis_order=True):
        return box
    move = pyproj.Transformer.from_crs(of, crs, always_xy=True)
    return tuple(float(v) for v in move.transform_bounds(*box, densify_pts=21))


Progress = Callable[[int, int | None], None]
"""Told of rows so far, and of how many there will be (None: not known)."""
