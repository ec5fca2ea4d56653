"""Plain tables: CSV (any usual separator and encoding) and Parquet; points from x, y columns."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from metrogis import crs as crs_rules
from metrogis.errors import SourceError
from metrogis.texts import Text

_ENCODINGS = ("utf-8-sig", "cp1250")


def read(
    path: Path, *, layer: str, encoding: str | None = None, separator: str | None = None
) -> pd.DataFrame:
    """Read a table with every column as text (types are the schema's matter).

    A byte-order mark is skipped; UTF-16 is read by its mark; without ``encoding`` a file that is
    not UTF-8 is taken as Windows-1250. The separator is found from the header unless given.

    Raises
    ------
    SourceError
        When the file is empty, binary, or has ragged rows.
    """
    if path.suffix == ".parquet":
        try:
            return pd.read_parquet(path)
        except (ValueError, OSError) as error:
            raise _unreadable(path, layer, str(error)) from error
    text = _decode(path, layer, encoding)
    header = text.split("\n", 1)[0]
    if not header.strip():
        raise _unreadable(path, layer, "the file is empty")
    if separator is None:
        separator = max(",;\t|", key=header.count)
    rows = csv.reader(text.splitlines(), delimiter=separator)
    names = [name.strip() for name in next(rows)]
    if len(set(names)) != len(names):
        raise _unreadable(path, layer, f"repeated column names: {', '.join(names)}")
    body = []
    for line, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(names):
            raise _unreadable(
                path, layer, f"line {line} has {len(row)} values, the header {len(names)}"
            )
        body.append(row)
    frame = pd.DataFrame(body, columns=names, dtype="object")
    return frame.where(frame != "", None)


def points(
    frame: pd.DataFrame, *, layer: str, x: str, y: str, crs: str, place: str = ""
) -> tuple[gpd.GeoDataFrame, list[int]]:
    """Make points from two columns; return them and the rows without coordinates.

    Raises
    ------
    SourceError
        When a column is missing or no row has coordinates.
    CRSError
        When the points fall outside the area of use of ``crs``.
    """
    absent = [name for name in (x, y) if name not in frame.columns]
    if absent:
        raise SourceError(
            Text(f"brak kolumn: {', '.join(absent)}", f"columns are missing: {', '.join(absent)}"),
            layer=layer,
            place=place,
            remedy=Text("popraw x i y w katalogu", "mend x and y in the catalog"),
        )
    xs = pd.to_numeric(frame[x], errors="coerce")
    ys = pd.to_numeric(frame[y], errors="coerce")
    good = xs.notna() & ys.notna()
    if not good.any():
        raise _unreadable(Path(place), layer, f"no row has numbers in {x} and {y}")
    located = gpd.GeoDataFrame(
        frame[good].reset_index(drop=True),
        geometry=gpd.points_from_xy(xs[good], ys[good]),
        crs=crs_rules.parse(crs, layer=layer),
    )
    crs_rules.check_area_of_use(located, layer=layer)
    return located, list(frame.index[~good])


def locate(
    frame: pd.DataFrame, features: gpd.GeoDataFrame, *, column: str, match: str, layer: str
) -> tuple[gpd.GeoDataFrame, list[str], list[str]]:
    """Give rows the place of the feature whose ``match`` equals their ``column``.

    Returns
    -------
    located : GeoDataFrame
        Rows whose place is known (representative points; the mean point where a name repeats).
    unknown, repeated : list of str
        Names without a feature, and names that several features share.

    Raises
    ------
    SourceError
        When a column is missing or no row can be placed.
    """
    for name, table in ((column, frame), (match, features)):
        if name not in table.columns:
            raise SourceError(
                Text(f"brak kolumny '{name}'", f"column '{name}' is missing"),
                layer=layer,
                remedy=Text("popraw locate w katalogu", "mend locate in the catalog"),
            )
    spots = features.geometry.representative_point()
    named = pd.DataFrame({"name": features[match].to_numpy(), "x": spots.x, "y": spots.y})
    grouped = named.groupby("name")[["x", "y"]].agg(["mean", "size"])
    known = frame[column].isin(grouped.index)
    if not known.any():
        raise SourceError(
            Text("żadnego wiersza nie udało się umieścić", "no row could be placed"),
            layer=layer,
            remedy=Text("porównaj nazwy w obu warstwach", "compare the names in both layers"),
        )
    kept = frame[known].reset_index(drop=True)
    at = grouped.loc[kept[column]]
    located = gpd.GeoDataFrame(
        kept,
        geometry=gpd.points_from_xy(at[("x", "mean")], at[("y", "mean")]),
        crs=features.crs,
    )
    several = grouped.index[grouped[("x", "size")] > 1]
    return (
        located,
        frame.loc[~known, column].astype(str).tolist(),
        [str(n) for n in kept[column] if n in set(several)],
    )


def _decode(path: Path, layer: str, encoding: str | None) -> str:
    raw = path.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16")
    if b"\0" in raw[:4096]:
        raise _unreadable(path, layer, "the file is not text")
    for name in (encoding,) if encoding else _ENCODINGS:
        try:
            return raw.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    raise _unreadable(path, layer, f"the encoding is not {encoding or ' or '.join(_ENCODINGS)}")


def _unreadable(path: Path, layer: str, reason: str) -> SourceError:
    return SourceError(
        Text(f"tabeli nie da się odczytać ({reason})", f"the table cannot be read ({reason})"),
        layer=layer,
        place=path.name,
        remedy=Text("sprawdź plik, separator i kodowanie", "check file, separator and encoding"),
    )


def require_columns(frame: pd.DataFrame, names: Sequence[str], *, layer: str, place: str) -> None:
    """Raise when a column named by the catalog is not in the table."""
    absent = [name for name in names if name not in frame.columns]
    if absent:
        have = ", ".join(str(c) for c in frame.columns[:15])
        raise SourceError(
            Text(
                f"brak kolumn: {', '.join(absent)}; są: {have}",
                f"columns are missing: {', '.join(absent)}; there are: {have}",
            ),
            layer=layer,
            place=place,
            remedy=Text("popraw rename, keep lub drop", "mend rename, keep or drop"),
        )
