"""Readable names of columns in a GeoPackage: QGIS shows them instead of ``white_share``.

They stand where the format has a place for them, in ``gpkg_data_columns`` (its Schema extension);
the columns keep their names, so that scripts read every language's file alike.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from metrogis.checks.contract import Result
from metrogis.maps.values import heading
from metrogis.report.tables import table_name

_TABLE = """
CREATE TABLE IF NOT EXISTS gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name)
)
"""
_EXTENSIONS = """
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
)
"""
_DEFINITION = "http://www.geopackage.org/spec121/#extension_schema"


def write(connection: sqlite3.Connection, results: Iterable[Result], language: str) -> None:
    """Write the heading and the note of each declared column that a layer has.

    Parameters
    ----------
    connection : sqlite3.Connection
        To a GeoPackage with the layers of the results.
    results : iterable of Result
    language : {"pl", "en"}
    """
    rows = []
    for result in results:
        for table in result.tables:
            name = table_name(result, table)
            there = {row[1] for row in connection.execute(f'PRAGMA table_info("{name}")')}
            used: set[str] = set()
            for column, declared in result.check.columns.get(table, {}).items():
                if column not in there:
                    continue
                alias = heading(declared, language)
                # two columns may read alike; the format wants names that differ
                alias = alias if alias not in used else f"{alias} ({column})"
                used.add(alias)
                note = declared.note.get(language) if declared.note else None
                rows.append((name, column, alias, alias, note))
    connection.execute(_TABLE)
    connection.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description) "
        "VALUES (?, ?, ?, ?, ?)",
        rows,
    )
    connection.execute(_EXTENSIONS)
    connection.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
        [(name, _DEFINITION) for name in ("gpkg_data_columns", "gpkg_data_column_constraints")][:1],
    )
