"""What a file that was fetched again holds otherwise than the one before."""

from __future__ import annotations

import csv
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from metrogis.sources.services.pages import ID, PARQUET

_SHOWN = 20


@dataclass(frozen=True)
class Change:
    """What differs between two states of a file.

    Attributes
    ----------
    size_before, size_after : int
        Bytes.
    rows_before, rows_after : int or None
        Features, or lines of a table; None for files of another kind.
    added, removed, changed : int or None
        Rows that only the new one has, only the old one has, and that are otherwise in the new one;
        ``changed`` is 0 where rows have no key.
    area_change, length_change : float or None
        Sum over features, new minus old, in units of their CRS (m2, m).
    examples : tuple of str
        Keys of the first rows concerned, or names of members of an archive.
    """

    size_before: int
    size_after: int
    rows_before: int | None = None
    rows_after: int | None = None
    added: int | None = None
    removed: int | None = None
    changed: int | None = None
    area_change: float | None = None
    length_change: float | None = None
    examples: tuple[str, ...] = ()


def between(old: Path, new: Path, layer: str) -> Change:
    """Compare two states of a file: by feature, by line, by member, or by size alone.

    Parameters
    ----------
    old, new : Path
        The name of ``old`` tells what both are.
    layer : str
        Name of the table in a GeoPackage.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     a, b = Path(folder, "a.csv"), Path(folder, "b.csv")
    ...     _ = a.write_text("teryt,people\\n2261011,5\\n")
    ...     _ = b.write_text("teryt,people\\n2261011,6\\n")
    ...     found = between(a, b, "population_municipal")
    >>> found.rows_after, found.added, found.removed, found.changed
    (1, 0, 0, 1)
    """
    sizes = old.stat().st_size, new.stat().st_size
    suffix = old.suffix.lower()
    try:
        if suffix in PARQUET:
            return _of_features(gpd.read_parquet(old), gpd.read_parquet(new), sizes)
        if suffix == ".gpkg":
            return _of_features(_features(old, layer), _features(new, layer), sizes)
        if suffix == ".csv":
            return _of_rows(_lines(old), _lines(new), sizes)
        if suffix == ".zip":
            return _of_rows(_members(old), _members(new), sizes)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, pyogrio.errors.DataSourceError):
        pass  # the file before may be anything: then sizes must do
    return Change(*sizes)


def _of_rows(before: dict[str, str], after: dict[str, str], sizes: tuple[int, int]) -> Change:
    added = [key for key in after if key not in before]
    removed = [key for key in before if key not in after]
    changed = [key for key in after if key in before and after[key] != before[key]]
    return Change(
        *sizes,
        len(before),
        len(after),
        len(added),
        len(removed),
        len(changed),
        examples=tuple([*added, *removed, *changed][:_SHOWN]),
    )


def _of_features(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, sizes: tuple[int, int]) -> Change:
    found = _of_rows(_keyed(old), _keyed(new), sizes)
    return replace(
        found,
        area_change=float(new.geometry.area.sum() - old.geometry.area.sum()),
        length_change=float(new.geometry.length.sum() - old.geometry.length.sum()),
    )


def _features(path: Path, layer: str) -> gpd.GeoDataFrame:
    # a blob has no ending: GDAL is told the driver
    frame: Any = pyogrio.read_dataframe(f"GPKG:{path}" if not path.suffix else path, layer=layer)
    return frame


def _keyed(frame: gpd.GeoDataFrame) -> dict[str, str]:
    """Return what each row holds by its key: id, else code, else all of it."""
    shapes = [shape.hex() if shape else "" for shape in shapely.to_wkb(frame.geometry.to_numpy())]
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name)).astype(str)
    rows = table.agg("\x1f".join, axis=1) if len(table.columns) else pd.Series([""] * len(frame))
    content = [f"{row}\x1f{shape}" for row, shape in zip(rows, shapes, strict=True)]
    for name in (ID, "JPT_KOD_JE", "teryt"):
        if name in table.columns and table[name].is_unique:
            return dict(zip(table[name], content, strict=True))
    return dict.fromkeys(content, "")


def _lines(path: Path) -> dict[str, str]:
    """Return the lines of a table by their first column, or whole where that repeats."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        head = stream.readline()
        mark = max(",;\t", key=head.count)
        rows = [row for row in csv.reader(stream, delimiter=mark) if row]
    keys = [row[0] for row in rows]
    if len(set(keys)) == len(keys):
        return {row[0]: mark.join(row[1:]) for row in rows}
    return {mark.join(row): "" for row in rows}


def _members(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: f"{info.file_size}:{info.CRC}" for info in archive.infolist()}
