"""Plain tables: CSV (any usual separator and encoding), spreadsheets, Parquet; points from x, y."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis import boundary
from metrogis import crs as crs_rules
from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.sources import sheets
from metrogis.sources.files import require_plain

_ENCODINGS = ("utf-8-sig", "cp1250")
_NOT_READ = _("the table cannot be read")
_REMEDY = _("check file, separator and encoding")


@boundary.reader(_NOT_READ, remedy=_REMEDY)
def read(
    path: Path,
    *,
    layer: str,
    encoding: str | None = None,
    separator: str | None = None,
    sheet: str | None = None,
    skip_rows: int = 0,
    header_rows: int | None = None,
) -> pd.DataFrame:
    """Read a table as it is written (types are the schema's matter).

    A byte-order mark is skipped; UTF-16 is read by its mark; without ``encoding`` a file that is
    not UTF-8 is taken as Windows-1250. The separator is found from the header unless given.
    ``skip_rows``: lines of the file, or rows of the sheet, before the header, blank ones counted.
    ``sheet`` and ``header_rows``: see :func:`metrogis.sources.sheets.read`.

    Raises
    ------
    SourceError
        When the file is empty, binary, has ragged rows, or lacks the sheet.
    """
    require_plain(path, layer=layer)
    if path.suffix.lower() in sheets.SUFFIXES:
        return sheets.read(
            path, layer=layer, sheet=sheet, skip_rows=skip_rows, header_rows=header_rows
        )
    if sheet is not None:
        kinds = ", ".join(sheets.SUFFIXES)
        raise _unreadable(path, layer, _("'sheet' is for {kinds}").fill(kinds=kinds))
    if path.suffix.lower() == ".parquet":
        return pd.read_parquet(path)
    if separator is not None and len(separator) != 1:
        raise _unreadable(
            path,
            layer,
            _("a separator is one character, not {separator}").fill(separator=repr(separator)),
        )  # fmt: skip
    lines = _decode(path, layer, encoding).splitlines()[skip_rows:]
    header = lines[0] if lines else ""
    if not header.strip():
        raise _unreadable(path, layer, _("the file is empty"))
    if separator is None:
        # ties go to the first: a header without any separator is one column
        separator = max(",;\t|", key=header.count)
    rows = csv.reader(lines, delimiter=separator)
    names: list[str] = []
    body = []
    try:
        names = [name.strip() for name in next(rows)]
        for line, row in enumerate(rows, start=skip_rows + 2):
            if not any(cell.strip() for cell in row):
                continue
            # a row of another length means that fields have slipped: guessing which would move
            # values to other columns
            if len(row) != len(names):
                raise _unreadable(
                    path,
                    layer,
                    _("line {line} has {count} values, the header {count2}").fill(
                        line=line, count=len(row), count2=len(names)
                    ),
                )
            body.append(row)
    except csv.Error as error:  # a field beyond the limit of the csv module
        line = rows.line_num + skip_rows
        raise _unreadable(
            path,
            layer,
            _("line {line} does not split into fields").fill(line=line),
        ) from error
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        shown = ", ".join(repr(name) for name in repeated[:5])
        raise _unreadable(
            path,
            layer,
            _("repeated column names: {shown}").fill(shown=shown),
        )
    frame = pd.DataFrame(body, columns=names, dtype="object")
    # an empty field is unknown, never 0
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
            _("columns are missing: {absent}").fill(absent=", ".join(absent)),
            layer=layer,
            place=place,
            remedy=_("fix x and y in the catalog"),
        )
    xs = pd.to_numeric(frame[x], errors="coerce")
    ys = pd.to_numeric(frame[y], errors="coerce")
    good = xs.notna() & ys.notna()
    if not good.any():
        raise _unreadable(
            Path(place),
            layer,
            _("no row has numbers in {x} and {y}").fill(x=x, y=y),
        )
    located = gpd.GeoDataFrame(
        frame[good].reset_index(drop=True),
        geometry=gpd.points_from_xy(xs[good], ys[good]),
        crs=crs_rules.parse(crs, layer=layer),
    )
    crs_rules.check_area_of_use(located, layer=layer, swap=crs_rules.swap_columns(x, y))
    return located, list(frame.index[~good])


def require_numbers(frame: pd.DataFrame, names: Sequence[str], *, layer: str, place: str) -> None:
    """Raise when a column of coordinates holds a text that is no number; blanks are allowed.

    Raises
    ------
    SourceError
        It lists the first values with their rows, and how many there are.
    """
    for name in names:
        if name not in frame.columns:
            continue
        column = frame[name]
        blank = column.isna() | (column.astype(str).str.strip() == "")
        # infinite counts as no number too
        bad = column[~blank & ~np.isfinite(pd.to_numeric(column, errors="coerce").fillna(np.nan))]
        if len(bad):
            shown = ", ".join(f"{i}: {str(v)[:40]!r}" for i, v in bad.head(5).items())
            raise SourceError(
                _("column '{name}': {count} values are not numbers (row: {shown})").fill(
                    name=name, count=len(bad), shown=shown
                ),
                layer=layer,
                place=place,
                remedy=_('set decimal = ",", thousands or na = ["-"], or fix the values'),
            )


_GROUPED = r"[+-]?\d{1,3}[.,]\d{3}"


def require_whole_people(
    frame: pd.DataFrame, names: Sequence[str], *, layer: str, place: str
) -> None:
    """Raise when every number of a column of people may be thousands or decimals: ``31.114``.

    Parameters
    ----------
    frame : DataFrame
        As read: numbers that a file of its own type holds are no texts, and stand.
    names : sequence of str
        Columns that count people.

    Raises
    ------
    SourceError
        With both ways to say in the catalog what the mark means.

    Examples
    --------
    >>> require_whole_people(pd.DataFrame({"population": ["31.5", "12.125"]}), ["population"],
    ...                      layer="population", place="people.csv")
    """
    for name in names:
        if name not in frame.columns:
            continue
        given = frame[name].astype("object")
        text = given[given.map(lambda v: isinstance(v, str)).astype(bool)].astype(str).str.strip()
        text = text[text != ""]
        # a 0 has no groups; it tells nothing
        told = text[text != "0"]
        if not len(told) or not told.str.fullmatch(_GROUPED).all():
            continue
        mark = "," if told.str.contains(",", regex=False).any() else "."
        first = told.iloc[0]
        raise SourceError(
            _(
                "column '{name}': every number has three digits after '{mark}' (e.g. "
                "{first}): thousands or decimals, it cannot be told"
            ).fill(name=name, mark=mark, first=first),
            layer=layer,
            place=place,
            remedy=_(
                'write thousands = "{mark}" in the catalog or, for decimals, decimal = "{mark}"'
            ).fill(mark=mark),
        )


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
                _("column '{name}' is missing").fill(name=name),
                layer=layer,
                remedy=_("fix locate in the catalog"),
            )
    # representative points lie on the feature, centroids may not
    spots = features.geometry.representative_point()
    named = pd.DataFrame({"name": features[match].to_numpy(), "x": spots.x, "y": spots.y})
    grouped = named.groupby("name")[["x", "y"]].agg(["mean", "size"])
    known = frame[column].isin(grouped.index)
    if not known.any():
        raise SourceError(
            _("no row could be placed"),
            layer=layer,
            remedy=_("compare the names in both layers"),
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
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError as error:
            raise _unreadable(path, layer, _("UTF-16, cut or damaged")) from error
    # no encoding read here but UTF-16 writes a zero byte
    if b"\0" in raw[:4096]:
        raise _unreadable(path, layer, _("the file is not text"))
    for name in (encoding,) if encoding else _ENCODINGS:
        try:
            return raw.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    tried = (encoding,) if encoding else _ENCODINGS
    raise _unreadable(
        path,
        layer,
        _("the encoding is none of: {tried}").fill(tried=", ".join(tried)),
    )


def _unreadable(path: Path, layer: str, reason: Text) -> SourceError:
    return SourceError(
        _("{not_read}: {reason}").fill(not_read=_NOT_READ, reason=reason),
        layer=layer,
        place=path.name,
        remedy=_REMEDY,
    )


def require_columns(frame: pd.DataFrame, names: Sequence[str], *, layer: str, place: str) -> None:
    """Check that a table has the columns that the catalog names.

    Parameters
    ----------
    frame : DataFrame
    names : sequence of str
    layer, place : str
        Of the message.

    Raises
    ------
    SourceError
        Says which are missing and which there are.
    """
    absent = [name for name in names if name not in frame.columns]
    if absent:
        have = ", ".join(str(c) for c in frame.columns[:15])
        raise SourceError(
            _("columns are missing: {absent}; there are: {have}").fill(
                absent=", ".join(absent), have=have
            ),
            layer=layer,
            place=place,
            remedy=_("fix the name in rename, keep, drop or map of the catalog"),
        )
