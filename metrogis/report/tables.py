"""Result tables as files: GeoParquet for machines, CSV for spreadsheets.

Two ways of writing CSV, because a double click must open it rightly: ``pl`` for Excel with Polish
settings (semicolons, decimal commas), ``en`` for everything else (commas, decimal points). Both
are UTF-8 with a byte order mark, without which Excel reads Polish letters wrongly. Text that a
spreadsheet would run as a formula gets an apostrophe in front.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from metrogis import boundary
from metrogis.checks.contract import Column, Result
from metrogis.checks.contract.knowledge import WHOLE
from metrogis.errors import PublishError
from metrogis.i18n import Text, _, is_missing
from metrogis.maps.values import flag
from metrogis.report.packing import pack
from metrogis.sources import files


def table_name(result: Result, table: str) -> str:
    """Return the name of a table in files: ``white_spots_municipalities``."""
    return f"{result.check.id}_{table}"


def write_parquet(results: Iterable[Result], directory: Path) -> list[Path]:
    """Write every table to ``<check>_<table>.parquet`` (GeoParquet, working CRS).

    Raises
    ------
    PublishError
        When the folder cannot be written to.
    """
    return [
        replace_file(directory / f"{table_name(r, name)}.parquet", frame.to_parquet)
        for r in results
        for name, frame in ((n, plain(r, n)) for n in r.tables)
    ]


def write_csv(
    results: Iterable[Result],
    directory: Path,
    *,
    languages: Sequence[str] = ("en",),
    max_rows: int | None = None,
    packed_from: int | None = None,
    short: bool = False,
) -> list[Path]:
    """Write every table to ``<check>_<table>.csv``, without geometry.

    Parameters
    ----------
    results : iterable of Result
    directory : Path
    languages : sequence of {"en", "pl"}
        Ways of writing, see the module's text. Column names are the same in both. For more than
        one the files are called ``<check>_<table>.<language>.csv``.
    max_rows : int, optional
        Longer tables are left out (a site offers them in its GeoPackage only).
    packed_from : int, optional
        Longer tables are packed: ``<check>_<table>.csv.zip``.
    short : bool
        Write numbers no longer than their declared digits deserve, see :func:`shortened`.

    Raises
    ------
    PublishError
        When the folder cannot be written to.
    """
    written = []
    for result in results:
        for name, table in result.tables.items():
            if max_rows is not None and len(table) > max_rows:
                continue
            frame = attributes(result, name)
            if short:
                frame = shortened(frame, result.check.columns.get(name, {}))
            written_as = csv_texts(frame, languages)
            for language, text in zip(languages, written_as, strict=True):
                suffix = f".{language}" if len(languages) > 1 else ""
                content = text.encode("utf-8-sig", "replace")
                plain = f"{table_name(result, name)}{suffix}.csv"
                path = directory / csv_name(plain, len(table), packed_from)
                write: Callable[[Path], Any] = partial(Path.write_bytes, data=content)
                if path.name != plain:
                    write = partial(pack, name=plain, content=content)
                written.append(replace_file(path, write))
    return written


def csv_name(plain: str, rows: int, packed_from: int | None) -> str:
    """Return what the file of a table is called: with ``.zip`` where it is packed."""
    return f"{plain}.zip" if packed_from is not None and rows > packed_from else plain


SIGNIFICANT = 4
"""Digits that a short number keeps at least: a small one does not become zero."""


def shortened(frame: pd.DataFrame, columns: Mapping[str, Column]) -> pd.DataFrame:
    """Return a table with numbers as long as their digits deserve.

    Parameters
    ----------
    frame : DataFrame
    columns : mapping of str to Column
        Those declared; numbers of others stay as they are.

    Returns
    -------
    DataFrame
        A number has one decimal more than is shown of it (a metre has one), a share at least four;
        each keeps :data:`SIGNIFICANT` significant digits, and only all of something is 1.

    Examples
    --------
    >>> from metrogis.i18n import both
    >>> frame = pd.DataFrame({"m": [1234.5678, 0.00012345], "share": [1 / 3, 0.99999]})
    >>> columns = {"m": Column(both("m")), "share": Column(both("share"), kind="share")}
    >>> shortened(frame, columns).to_dict("list")
    {'m': [1234.6, 0.0001234], 'share': [0.3333, 0.99999]}
    """
    made = {}
    for name, column in columns.items():
        if name not in frame.columns or column.kind not in ("number", "share"):
            continue
        values = frame[name]
        if not pd.api.types.is_float_dtype(values.dtype) or not _is_numpy(values):
            continue
        shown = max(4, column.digits + 3) if column.kind == "share" else column.digits + 1
        exact = values.to_numpy(dtype=float)
        made[name] = _rounded(exact, shown)
        if column.kind == "share":
            # what is nearly all is not all, as what is nearly none is not none
            short = np.flatnonzero((made[name] == 1) & (np.abs(exact - 1) > WHOLE))
            made[name][short] = 1 - _rounded(1 - exact[short], shown)
    return frame.assign(**made) if made else frame


def _rounded(values: np.ndarray, decimals: int) -> np.ndarray:
    """Round to decimals, small numbers to :data:`SIGNIFICANT` digits."""
    done = np.round(values, decimals)
    small = np.abs(values) < 10.0 ** (SIGNIFICANT - 1 - decimals)
    for i in np.flatnonzero(small & (values != done)).tolist():
        done[i] = float(f"{values[i]:.{SIGNIFICANT}g}")
    return done


def csv_text(frame: pd.DataFrame, language: str) -> str:
    r"""Return a table as CSV (column by column in Arrow: pandas takes ten times longer).

    >>> csv_text(pd.DataFrame({"name": ["=1+1", "a;b"], "x": [0.5, None]}), "pl")
    'name;x\r\n\'=1+1;0,5\r\n"a;b";\r\n'
    """
    return csv_texts(frame, [language])[0]


def csv_texts(frame: pd.DataFrame, languages: Sequence[str]) -> list[str]:
    r"""Return a table as CSV, once for each language.

    Parameters
    ----------
    frame : DataFrame
        Without geometry.
    languages : sequence of str
        ``pl`` writes semicolons and decimal commas, every other one commas and decimal points.

    Returns
    -------
    list of str
        In the order of ``languages``, lines ended by CRLF, the last one too. What the languages
        share (numbers and dates as text) is made once: that is most of the time for large tables.

    Examples
    --------
    >>> csv_texts(pd.DataFrame({"a": [1.5], "b": ["x;y"]}), ["pl", "en"])
    ['a;b\r\n1,5;"x;y"\r\n', 'a,b\r\n1.5,x;y\r\n']
    """
    heads = _guarded(pa.array([str(c) for c in frame.columns], type=pa.string()))
    columns = [_text_of(values) for _, values in frame.items()] if len(frame) else []
    made = []
    for language in languages:
        separator, decimal = (";", ",") if language == "pl" else (",", ".")
        lines = [separator.join(_quoted(heads, separator).to_pylist())]
        if columns:
            texts = [_finished(text, kind, separator, decimal) for text, kind in columns]
            lines += pc.binary_join_element_wise(*texts, separator).to_pylist()
        made.append("\r\n".join(lines) + "\r\n")
    return made


def _text_of(values: pd.Series) -> tuple[pa.Array, str]:
    """Return a column as text without nulls, and what is still to be done: see _finished."""
    read = pa.array(values, from_pandas=True)
    if isinstance(read, pa.ChunkedArray):
        read = read.combine_chunks()
    kind = read.type
    text = pc.cast(read, pa.string())
    if text.null_count:
        text = pc.fill_null(text, "")
    if pa.types.is_floating(kind):
        return text, "decimal"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        text = _guarded(text)
        return text, "quotes" if _any(pc.match_substring_regex(text, '[;,"\r\n]')) else ""
    return text, ""


def _finished(text: pa.Array, kind: str, separator: str, decimal: str) -> pa.Array:
    if kind == "quotes":
        return _quoted(text, separator)
    if kind == "decimal" and decimal != ".":
        return pc.replace_substring(text, ".", decimal)
    return text


def _any(flags: pa.Array) -> bool:
    return bool(pc.any(flags, min_count=0).as_py())


def _guarded(text: pa.Array) -> pa.Array:
    risky = pc.match_substring_regex(text, r"^[=+\-@\t\r\n＝＋－＠]")
    if not _any(risky):
        return text
    return pc.if_else(risky, pc.binary_join_element_wise("'", text, ""), text)


def _quoted(text: pa.Array, separator: str) -> pa.Array:
    needed = pc.match_substring_regex(text, f'[{separator}"\r\n]')
    inner = pc.replace_substring(text, '"', '""')
    return pc.if_else(needed, pc.binary_join_element_wise('"', inner, '"', ""), text)


def plain(result: Result, table: str) -> gpd.GeoDataFrame:
    """Return a table with columns that every file format holds.

    Flags become nullable booleans, lists and texts become text, further geometries are left out.
    """
    frame = result.tables[table]
    return gpd.GeoDataFrame(
        attributes(result, table), geometry=frame.geometry.to_numpy(), crs=frame.crs
    )


def attributes(result: Result, table: str) -> pd.DataFrame:
    """Return the columns of a result's table as files hold them, without its geometries.

    Parameters
    ----------
    result : Result
    table : str

    Returns
    -------
    DataFrame
        Flags as nullable booleans (missing is unknown), objects and categories as plain values (see
        :func:`plain`), all else as it is; rows are numbered from 0.
    """
    frame = result.tables[table]
    declared = result.check.columns.get(table, {})
    kept = {}
    for name, values in pd.DataFrame(frame).items():
        if isinstance(values.dtype, gpd.array.GeometryDtype):
            continue
        column = declared.get(str(name))
        if values.dtype == bool:
            kept[str(name)] = pd.array(values, dtype="boolean")
        elif column is not None and column.kind == "flag":
            kept[str(name)] = pd.array([flag(v) for v in values.tolist()], dtype="boolean")
        elif values.dtype == object or isinstance(values.dtype, pd.CategoricalDtype):
            kept[str(name)] = _plain_objects(values)
        else:
            kept[str(name)] = values.to_numpy() if _is_numpy(values) else values.array
    return pd.DataFrame(kept, index=range(len(frame)))


def _is_numpy(values: pd.Series) -> bool:
    return isinstance(values.dtype, np.dtype)


def _plain_objects(values: pd.Series) -> Any:
    items = values.tolist()
    present = [v for v in items if not is_missing(v)]
    if present and all(isinstance(v, bool | np.bool_) for v in present):
        return pd.array([None if is_missing(v) else bool(v) for v in items], dtype="boolean")
    if present and all(isinstance(v, int | float | np.number) for v in present):
        return np.array([np.nan if is_missing(v) else float(v) for v in items])
    return pd.array([None if is_missing(v) else _as_text(v) for v in items], dtype="string")


def _as_text(value: Any) -> str:
    if isinstance(value, Text):
        return value.en
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(str, value))
    return str(value).encode("utf-8", "replace").decode("utf-8")


def replace_file(path: Path, write: Callable[[Path], Any]) -> Path:
    """Write a file so that a reader never meets half of it.

    Parameters
    ----------
    path : Path
        Its folder is made where it does not exist.
    write : callable
        Writes to the path that it is given: a temporary name in the same folder, with the same
        suffix (drivers go by it), which is renamed when all is written.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    PublishError
        When the folder or the file cannot be written; the former file is then still there.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        # mkstemp makes files that only their owner may read; a site is read by a web server
        temporary.chmod(0o666 & ~files.umask())
        temporary.replace(path)
        temporary = None
    except OSError as error:
        raise PublishError(
            _("cannot be written: {why}").fill(why=boundary.why(error)),
            place=str(path),
            remedy=_("give a folder that can be written"),
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path
