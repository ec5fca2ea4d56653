"""Cells of the European grid by their codes.

A code names the CRS (or none: ETRS89-LAEA), the side of the square and its lower left corner:
``CRS3035RES1000mN3468000E4912000``, or, in units of the side, ``1kmN3468E4912``.

Source: INSPIRE data specification on geographical grid systems, D2.8.I.2, 4.2.1.
"""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis import crs as crs_rules
from metrogis.errors import SourceError
from metrogis.i18n import _

CRS = "EPSG:3035"
_LONG = r"(?:CRS3035)?RES(?P<side>[0-9]{1,7})(?P<kilo>k?)mN(?P<north>[0-9]+)E(?P<east>[0-9]+)"
_SHORT = r"(?P<side>[0-9]{1,4})(?P<kilo>k?)mN(?P<north>[0-9]+)E(?P<east>[0-9]+)"
_FARTHEST = 10_000_000


def squares(codes: Iterable[object]) -> np.ndarray:
    """Return the square of each code, in EPSG:3035; None where a code is none.

    Examples
    --------
    >>> [s.bounds if s else None for s in squares(["1kmN3468E4912", "?"])]
    [(4912000.0, 3468000.0, 4913000.0, 3469000.0), None]
    >>> squares(["CRS3035RES1000mN3468000E4912000"])[0].bounds
    (4912000.0, 3468000.0, 4913000.0, 3469000.0)
    """
    text = pd.Series(list(codes), dtype="string").str.strip()
    long, short = (text.str.extract(f"^{form}$") for form in (_LONG, _SHORT))
    parts = long.where(long["side"].notna(), short)
    numbers = parts[["side", "north", "east"]].apply(pd.to_numeric, errors="coerce").astype(float)
    side = numbers["side"] * np.where(parts["kilo"].fillna("") == "k", 1000.0, 1.0)
    # the short form counts in units of the side: 3468 squares of 1 km
    unit = np.where(long["side"].notna(), 1.0, side)
    east, north = numbers["east"] * unit, numbers["north"] * unit
    good = (side > 0) & (east < _FARTHEST) & (north < _FARTHEST)
    good &= (east % side == 0) & (north % side == 0)  # a corner lies on the grid
    found = np.full(len(text), None, dtype=object)
    at = good.fillna(False).to_numpy(bool)
    x, y, s = east[at].to_numpy(), north[at].to_numpy(), side[at].to_numpy()
    found[at] = shapely.box(x, y, x + s, y + s)
    return found


def placed(
    frame: pd.DataFrame, *, layer: str, column: str, place: str = ""
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Make squares from a column of codes; return them and the codes that are none.

    Raises
    ------
    SourceError
        When the column is missing, or none of its values is a code.
    """
    if column not in frame.columns:
        raise SourceError(
            _("columns are missing: {absent}").fill(absent=column),
            layer=layer,
            place=place,
            remedy=_("fix cell in the catalog"),
        )
    shapes = squares(frame[column])
    good = np.array([shape is not None for shape in shapes], dtype=bool)
    if not good.any():
        raise SourceError(
            _("no row has the code of a grid cell in {column}").fill(column=column),
            layer=layer,
            place=place,
            remedy=_("codes are like CRS3035RES1000mN3468000E4912000 or 1kmN3468E4912"),
        )
    located = gpd.GeoDataFrame(
        frame[good].reset_index(drop=True), geometry=shapes[good], crs=crs_rules.parse(CRS)
    )
    crs_rules.check_area_of_use(located, layer=layer)
    return located, [str(code) for code in frame[column][~good]]
