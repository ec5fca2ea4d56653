"""All tables of results in one GeoPackage that QGIS opens styled."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pyogrio.raw
import shapely

from metrogis import __version__, boundary
from metrogis.checks.contract import Column, Result
from metrogis.checks.contract.knowledge import WHOLE
from metrogis.comparison import as_json, state_of
from metrogis.comparison.published import TABLE
from metrogis.errors import PublishError
from metrogis.i18n import _
from metrogis.maps.ground import UnknownLand
from metrogis.maps.layers import MapLayer, build
from metrogis.report import aliases, qgis
from metrogis.report.known import PARTIAL, Results, of_results
from metrogis.report.tables import attributes, table_name
from metrogis.sources import files

ABOUT = "about"
_ABOUT = ["check", "kind", "item", "pl", "en"]
GEOMETRY = "geom"
LAND_TITLE = _("No data here")
_SINGLE = {0: "Point", 1: "LineString", 3: "Polygon", 4: "Point", 5: "LineString", 6: "Polygon"}

INDEXED = 5000
"""Rows from which a layer gets a spatial index: a shorter one is read whole sooner than its index,
and each index makes the file larger and opening it for the next layer slower."""

LONG = 500
"""Rows from which a table is written sparingly: columns without any value are left out (and named
in ``about``), and a table of the very shapes of an earlier one refers to them."""

SHAPES_OF = "_values"
"""End of the name of a plain table whose layer takes its shapes from another one."""

_WRITING = threading.Lock()

_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
)
"""


def write(
    results: Iterable[Result], path: Path, *, language: str = "pl", known: Results | None = None
) -> Path:
    """Write one layer per table, the QGIS styles, and a table ``about``.

    Parameters
    ----------
    results : iterable of Result
    path : Path
        Replaced when it exists; nothing half-written is left when writing fails.
    language : {"pl", "en"}
        Of the style names and legends in QGIS.
    known : mapping, optional
        What each check knows of its layers, where that has been found already.

    Returns
    -------
    Path
        ``path``. Layers are called ``<check>_<table>``, land of which a view does not know
        ``<check>_no_data_<column>``; ``about`` lists findings, parameters,
        sources, what is known of them, and the audit of each check.

    Raises
    ------
    PublishError
        When the file cannot be written, or two results share a name.
    """
    path = Path(path)
    results = list(results)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".gpkg-", dir=path.parent) as folder:
            made = Path(folder) / "new.gpkg"
            with _unhurried():
                _write(results, known or of_results(results), made, language)
            made.chmod(0o666 & ~files.umask())
            made.replace(path)
    except (OSError, sqlite3.Error, pyogrio.errors.DataSourceError) as error:
        why = boundary.why(error)
        raise PublishError(
            _("the GeoPackage cannot be written: {why}").fill(why=why),
            place=path.name,
            remedy=_("give a folder that can be written; close the file in QGIS"),
        ) from error
    return path


@contextmanager
def _unhurried() -> Iterator[None]:
    """Let the disk take its time: a file that is renamed when whole needs no sync, no journal.

    These settings are of the whole process: one file at a time, or a thread that is done would take
    them away from another that still writes.
    """
    options = {
        "OGR_SQLITE_SYNCHRONOUS": "OFF",
        "OGR_SQLITE_JOURNAL": "OFF",
        "OGR_SQLITE_PRAGMA": "locking_mode=EXCLUSIVE,temp_store=MEMORY",
        "OGR_CURRENT_DATE": _today(),
    }
    with _WRITING:
        before = {name: pyogrio.get_gdal_config_option(name) for name in options}
        pyogrio.set_gdal_config_options(options)
        try:
            yield
        finally:
            pyogrio.set_gdal_config_options(before)


def _today() -> str:
    """Return the time of writing to the day: the same atlas gives the same file."""
    return f"{date.today().isoformat()}T00:00:00.000Z"


def _write(results: Sequence[Result], known: Results, path: Path, language: str) -> None:
    names: set[str] = set()
    shapes: dict[bytes, str] = {}  # of long tables: mark of their shapes -> layer that holds them
    shared: list[Shared] = []
    empty: list[tuple[str, str, str, str, str]] = []
    for result in results:
        for table in result.tables:
            name = table_name(result, table)
            if name in names:
                raise PublishError(_("two results are called {name}").fill(name=name))
            names.add(name)
            columns, gone = _columns(result, table)
            if gone:
                listed = ", ".join(gone)
                empty.append((result.check.id, "empty columns", table, listed, listed))
            mark = _mark(result.tables[table])
            if mark and mark in shapes:
                _write_values(columns, path, f"{name}{SHAPES_OF}")
                shared.append(Shared(name, shapes[mark], [_stored(c) for c in columns]))
            else:
                _write_layer(result, table, columns, path, name)
                if mark:
                    shapes[mark] = name
    left_out = pd.DataFrame(empty, columns=_ABOUT, dtype=object)
    said = pd.concat([about(results), _evidence(known), left_out], ignore_index=True)
    pyogrio.write_dataframe(said, path, layer=ABOUT, driver="GPKG", append=path.exists())
    rows, views = [], []
    for result in results:
        seen: set[str] = set()
        layers = build(result)
        for layer in layers:
            # the style of a table's first view is the one that QGIS opens it with
            first = layer.view.table not in seen
            seen.add(layer.view.table)
            rows.append(_style_row(result, layer, first, language))
        for land in dict.fromkeys(layer.land for layer in layers):
            if land is not None:
                views.append((result, land))
                title = LAND_TITLE.get(language)
                style = qgis.land_style(language)
                rows.append((land_name(result, land), title[:30], style, 1, title))
    # styles and views are plain SQL: GDAL has no way to write them
    with closing(sqlite3.connect(path)) as connection, connection:
        for item in shared:
            _add_shared(connection, item)
        for result, land in views:
            _add_land(connection, result, land)
        aliases.write(connection, results, language)
        _write_state(connection, results, known, path)
        connection.execute(_STYLES)
        connection.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
            "update_time) VALUES ('', '', ?, 'geom', ?, ?, '', ?, ?, '', ?)",
            [(*row, _today()) for row in rows],
        )
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
            (_today(),),
        )


def _write_state(
    connection: sqlite3.Connection, results: Sequence[Result], known: Results, path: Path
) -> None:
    """Write what the file is compared by with another one: :mod:`metrogis.comparison`."""
    cover = {
        name: {k.layer: k.shares for k in layers if k.state == PARTIAL}
        for name, layers in known.items()
    }
    today = date.today().isoformat()
    state = state_of(results, name=path.stem, created=today, version=__version__, cover=cover)
    numbers = json.dumps(as_json(state), ensure_ascii=False, separators=(",", ":"), default=str)
    connection.execute(f"CREATE TABLE {TABLE} (id INTEGER PRIMARY KEY NOT NULL, json TEXT)")
    connection.execute(f"INSERT INTO {TABLE} (id, json) VALUES (1, ?)", (numbers,))
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) "
        f"VALUES ('{TABLE}', 'attributes', '{TABLE}', ?)",
        (_today(),),
    )


@dataclass(frozen=True)
class Shared:
    """A layer whose shapes are those of another, row by row."""

    name: str
    shapes_of: str
    columns: list[str]


def _columns(result: Result, table: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the columns of a table as they are written, and the names of those left out.

    A long table loses columns that hold no value at all, unless a view or a ground asks for them.
    """
    columns = attributes(result, table)
    if len(columns) < LONG:
        return columns, []
    asked = {v.column for v in result.check.views if v.table == table}
    asked |= {v.ground.column for v in result.check.views if v.ground and v.ground.table == table}
    gone = [c for c in columns if c not in asked and columns[c].isna().all()]
    return columns.drop(columns=gone), gone


def _mark(frame: gpd.GeoDataFrame) -> bytes:
    """Return a mark that two long tables share only with the same shapes in the same order."""
    if len(frame) < LONG:
        return b""
    digest = hashlib.blake2b(str(_system(frame.crs)).encode())
    for shape in shapely.to_wkb(frame.geometry.to_numpy()).tolist():
        digest.update(shape or b"-")
    return digest.digest()


def _write_values(columns: pd.DataFrame, path: Path, name: str) -> None:
    """Append a table without shapes; rows are numbered as those of the layer it belongs to."""
    pyogrio.raw.write_arrow(
        _arrow(columns), path, layer=name, driver="GPKG", append=path.exists(), geometry_type=None
    )


def _add_shared(connection: sqlite3.Connection, item: Shared) -> None:
    """Add a layer as a view: the values of its own table, the shapes of another."""
    values, shapes = _quoted(f"{item.name}{SHAPES_OF}"), _quoted(item.shapes_of)
    chosen = ", ".join(f"v.{_quoted(c)} AS {_quoted(c)}" for c in item.columns)
    connection.execute(
        f"CREATE VIEW {_quoted(item.name)} AS SELECT v.fid AS OGC_FID, s.{_quoted(GEOMETRY)} AS "
        f"{_quoted(GEOMETRY)}{', ' if chosen else ''}{chosen} FROM {values} v "
        f"JOIN {shapes} s ON s.fid = v.fid"
    )
    # the plain table stands in the file for the view alone: programs list the layer, not it
    connection.execute(
        "DELETE FROM gpkg_contents WHERE table_name = ?", (f"{item.name}{SHAPES_OF}",)
    )
    connection.execute(
        "DELETE FROM gpkg_ogr_contents WHERE table_name = ?", (f"{item.name}{SHAPES_OF}",)
    )
    _register(connection, item.name, item.shapes_of)


def _register(connection: sqlite3.Connection, name: str, base: str) -> None:
    """Name a view among the layers, with extent and geometry of the table it is made of."""
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, "
        "min_x, min_y, max_x, max_y, srs_id) SELECT ?, data_type, ?, description, last_change, "
        "min_x, min_y, max_x, max_y, srs_id FROM gpkg_contents WHERE table_name = ?",
        (name, name, base),
    )
    connection.execute(
        "INSERT INTO gpkg_geometry_columns SELECT ?, column_name, geometry_type_name, srs_id, z, m "
        "FROM gpkg_geometry_columns WHERE table_name = ?",
        (name, base),
    )


def _arrow(columns: pd.DataFrame) -> pa.Table:
    """Return columns as GDAL can write them."""
    for column, values in columns.items():
        if isinstance(values.dtype, pd.DatetimeTZDtype):  # GDAL knows offsets, not zones
            columns = columns.assign(**{str(column): values.dt.tz_convert("UTC")})
    made = pa.Table.from_pandas(columns.rename(columns=_stored), preserve_index=False)
    for i, column in enumerate(made.schema):
        # a column without a single value has no type that GDAL could write
        if pa.types.is_null(column.type):
            made = made.set_column(i, column.name, made[i].cast(pa.string()))
    return made


def _write_layer(result: Result, table: str, columns: pd.DataFrame, path: Path, name: str) -> None:
    """Append a table to the file, by way of Arrow: half of the time of a data frame's way."""
    frame = result.tables[table]
    shapes = frame.geometry.to_numpy()
    types = np.unique(shapely.get_type_id(shapes[~shapely.is_missing(shapes)]))
    single = {_SINGLE.get(int(t)) for t in types}
    geometry = "Unknown"
    # GeoPackage wants one type a layer; of mixed dimensions "Unknown", which QGIS opens as several
    if len(single) == 1 and None not in single:
        geometry = str(single.pop())
        if types[-1] > 3:  # some are multi: then all are
            shapes = _multiplied(shapes)
            geometry = f"Multi{geometry}"
    written = pa.array(shapely.to_wkb(shapes, flavor="iso"), type=pa.binary())
    pyogrio.raw.write_arrow(
        _arrow(columns).append_column(GEOMETRY, written),
        path,
        layer=name,
        driver="GPKG",
        geometry_name=GEOMETRY,
        geometry_type=geometry,
        crs=_system(frame.crs),
        append=path.exists(),
        layer_options={
            "GEOMETRY_NAME": GEOMETRY,
            "DESCRIPTION": result.check.title.en,
            "SPATIAL_INDEX": "YES" if len(frame) >= INDEXED else "NO",
        },
    )


def _stored(column: str) -> str:
    """Return the name of a column in the file: two names are taken."""
    return f"{column}_" if column.lower() in ("fid", GEOMETRY) else column


def land_name(result: Result, land: UnknownLand) -> str:
    """Return the name of the layer of land that is not known: ``<check>_no_data_<column>``."""
    table, column = land.declared.table, land.declared.column
    part = column if table == "municipalities" else f"{table}_{column}"
    return f"{result.check.id}_no_data_{part}"


def _add_land(connection: sqlite3.Connection, result: Result, land: UnknownLand) -> None:
    """Add land that is not known as a view of its table: no geometry is written twice.

    Its column ``state`` is ``none`` (nothing is known there) or ``part``; ``known`` is the flag or
    the share that says so.
    """
    base, name = table_name(result, land.declared.table), land_name(result, land)
    values = attributes(result, land.declared.table)
    column = land.declared.column
    declared = result.check.columns.get(land.declared.table, {}).get(column)
    known = _quoted(_stored(column))
    if _is_share(values[column], declared):
        share = f"COALESCE(CAST({known} AS REAL), 0)"
        whole, none = f"{share} >= {1 - WHOLE!r}", f"{share} <= {WHOLE!r}"
    else:
        whole = f"COALESCE(lower(CAST({known} AS TEXT)) IN ('true', '1', '1.0', 'yes'), 0)"
        none = "1"
    kept = [_quoted(c) for c in ("teryt", "name") if c in values.columns and c != column]
    chosen = ", ".join(["fid AS OGC_FID", _quoted(GEOMETRY), *kept, f"{known} AS known"])
    connection.execute(
        f"CREATE VIEW {_quoted(name)} AS SELECT {chosen}, CASE WHEN {none} THEN 'none' "
        f"ELSE 'part' END AS state FROM {_quoted(base)} "
        f"WHERE NOT {whole} AND {_quoted(GEOMETRY)} IS NOT NULL"
    )
    _register(connection, name, base)


def _is_share(values: pd.Series, declared: Column | None) -> bool:
    flag = declared is not None and declared.kind == "flag"
    dtype = values.dtype
    return not flag and pd.api.types.is_numeric_dtype(dtype) and str(dtype) != "boolean"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _multiplied(shapes: np.ndarray) -> np.ndarray:
    """Make one-part collections of single shapes."""
    made = shapes.copy()
    kinds = shapely.get_type_id(shapes)
    for kind, collect in ((0, shapely.multipoints), (1, shapely.multilinestrings),
                  (3, shapely.multipolygons)):  # fmt: skip
        at = np.flatnonzero(kinds == kind)
        if len(at):
            made[at] = collect(shapes[at], indices=np.arange(len(at)))
    return made


@lru_cache(maxsize=4)
def _system(crs: Any) -> str | None:
    """Return a CRS as GDAL reads it; its code is looked for once."""
    if crs is None:
        return None
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt("WKT1_GDAL"))


def _style_row(
    result: Result, layer: MapLayer, first: bool, language: str
) -> tuple[str, str, str, int, str]:
    title = layer.view.title.get(language)
    return (
        table_name(result, layer.view.table),
        title[:30],
        qgis.style(layer, language),
        int(first),
        title,
    )


def about(results: Sequence[Result]) -> pd.DataFrame:
    """Return what stands on the pages beside the tables, for the layer ``about`` of the GeoPackage.

    Parameters
    ----------
    results : sequence of Result

    Returns
    -------
    DataFrame
        A row for each title, finding, parameter, source and audit row, all as text: ``check`` (id),
        ``kind``, ``item`` (number of the finding, name of the parameter or layer), ``pl`` and
        ``en``.
    """
    rows: list[tuple[str, str, str, str, str]] = []
    for r in results:
        rows.append((r.check.id, "title", "", r.check.title.pl, r.check.title.en))
        rows += [
            (r.check.id, "finding", str(i + 1), text.pl, text.en)
            for i, text in enumerate(f.render() for f in r.findings)
        ]
        values = r.parameters.model_dump()
        for name, spec in r.parameters.specs().items():
            value = f"{values[name]} {spec.unit}"
            pl, en = (
                f"{spec.label.get(x)}: {value} ({spec.citation.line(x)})" for x in ("pl", "en")
            )
            rows.append((r.check.id, "parameter", name, pl, en))
        for s in r.provenance:
            text = "; ".join(t for t in (s.origin, s.attribution, s.licence, s.date) if t)
            rows.append((r.check.id, "source", s.layer, text, text))
        for a in r.audit:
            rows.append(
                (r.check.id, f"audit: {a.action}", a.layer, f"{a.count}: {a.what.pl}",
                 f"{a.count}: {a.what.en}")
            )  # fmt: skip
    return pd.DataFrame(rows, columns=_ABOUT)


def _evidence(known: Results) -> pd.DataFrame:
    """Return what is known of each layer of each check as rows of :func:`about`."""
    rows = [
        (check, "evidence", item.layer, item.sentence("pl"), item.sentence("en"))
        for check, items in known.items()
        for item in items
    ]
    return pd.DataFrame(rows, columns=_ABOUT, dtype=object)
