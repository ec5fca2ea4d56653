"""All tables of results in one GeoPackage that QGIS opens styled."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from metrogis.checks.contract import Result
from metrogis.errors import PublishError
from metrogis.maps.layers import MapLayer, build
from metrogis.report import qgis
from metrogis.report.tables import _umask, plain, table_name
from metrogis.texts import Text

ABOUT = "about"

_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
)
"""


def write(results: Iterable[Result], path: Path, *, language: str = "pl") -> Path:
    """Write one layer per table, the QGIS styles, and a table ``about``.

    Parameters
    ----------
    results : iterable of Result
    path : Path
        Replaced when it exists; nothing half-written is left when writing fails.
    language : {"pl", "en"}
        Of the style names and legends in QGIS.

    Returns
    -------
    Path
        ``path``. Layers are called ``<check>_<table>``; ``about`` lists findings, parameters,
        sources and the audit of each check.

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
                _write(results, made, language)
            made.chmod(0o666 & ~_umask())
            made.replace(path)
    except (OSError, sqlite3.Error, pyogrio.errors.DataSourceError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise PublishError(
            Text(
                f"nie można zapisać GeoPackage: {why}", f"the GeoPackage cannot be written: {why}"
            ),
            place=path.name,
            remedy=Text(
                "podaj folder, w którym można pisać; zamknij plik w QGIS",
                "give a folder that can be written; close the file in QGIS",
            ),
        ) from error
    return path


@contextmanager
def _unhurried() -> Iterator[None]:
    """Let the disk take its time: a file that is renamed when whole needs no sync per layer."""
    name = "OGR_SQLITE_SYNCHRONOUS"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: "OFF"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def _write(results: Sequence[Result], path: Path, language: str) -> None:
    names: set[str] = set()
    for result in results:
        for table in result.tables:
            name = table_name(result, table)
            if name in names:
                raise PublishError(
                    Text(f"dwa wyniki o nazwie {name}", f"two results are called {name}")
                )
            names.add(name)
            _write_layer(plain(result, table), path, name, result)
    pyogrio.write_dataframe(about(results), path, layer=ABOUT, driver="GPKG", append=path.exists())
    rows = []
    for result in results:
        seen: set[str] = set()
        for layer in build(result):
            first = layer.view.table not in seen
            seen.add(layer.view.table)
            rows.append(_style_row(result, layer, first, language))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(_STYLES)
        connection.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner) "
            "VALUES ('', '', ?, 'geom', ?, ?, '', ?, ?, '')",
            rows,
        )
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles')"
        )


def _write_layer(frame: gpd.GeoDataFrame, path: Path, name: str, result: Result) -> None:
    kinds = set(frame.geometry.geom_type.dropna())
    single = {k.replace("Multi", "") for k in kinds}
    geometry = "Unknown"
    if len(single) == 1 and "GeometryCollection" not in single:
        geometry = f"Multi{single.pop()}" if len(kinds) > 1 else next(iter(kinds))
    taken = {c: f"{c}_" for c in frame.columns if c.lower() in ("fid", "geom")}
    pyogrio.write_dataframe(
        frame.rename(columns=taken),
        path,
        layer=name,
        driver="GPKG",
        geometry_type=geometry,
        promote_to_multi=geometry.startswith("Multi"),
        append=path.exists(),
        use_arrow=True,
        layer_options={"GEOMETRY_NAME": "geom", "DESCRIPTION": result.check.title.en},
    )


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
    """Return findings, parameters, sources and audits as rows: check, kind, item, pl, en."""
    rows: list[tuple[str, str, str, str, str]] = []
    for r in results:
        rows.append((r.check.id, "title", "", r.check.title.pl, r.check.title.en))
        rows += [
            (r.check.id, "finding", str(i + 1), text.pl, text.en)
            for i, text in enumerate(f.render() for f in r.findings)
        ]
        values = r.parameters.model_dump()
        for name, spec in r.parameters.specs().items():
            value = f"{values[name]} {spec.unit} ({spec.source})"
            rows.append(
                (r.check.id, "parameter", name, f"{spec.label.pl}: {value}",
                 f"{spec.label.en}: {value}")
            )  # fmt: skip
        for s in r.provenance:
            text = "; ".join(t for t in (s.origin, s.attribution, s.licence, s.date) if t)
            rows.append((r.check.id, "source", s.layer, text, text))
        for a in r.audit:
            rows.append(
                (r.check.id, f"audit: {a.action}", a.layer, f"{a.count}: {a.what.pl}",
                 f"{a.count}: {a.what.en}")
            )  # fmt: skip
    return pd.DataFrame(rows, columns=["check", "kind", "item", "pl", "en"])
