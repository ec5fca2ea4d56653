"""Rows of a PostGIS database: a table, or a query, read in one read-only transaction.

Names are quoted, values bound, and every statement goes by the extended protocol, which takes one
statement at a time: neither a name nor a value becomes SQL. Rows come by a cursor of the server,
so many at a time. What the driver says of a failure may hold parts of the connection: errors give
the kind of the failure (SQLSTATE) alone.

psycopg by itself: nothing here needs the models or dialects that SQLAlchemy would add.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from metrogis import crs as crs_rules
from metrogis.errors import CRSError, SourceError
from metrogis.i18n import Text, _
from metrogis.sources.services.pages import ID, Collector, Progress, Proof, box_in

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_OWN = ("_mg_wkb", "_mg_srid")
_CONNECT_SECONDS = 15


@dataclass(frozen=True)
class Query:
    """What is asked of a database.

    Attributes
    ----------
    dsn : str
        Connection, as libpq writes it. A secret.
    table : str, optional
        ``schema.table``, or a table on the search path.
    sql : str, optional
        One SELECT, with ``%(name)s`` where a parameter stands.
    geometry : str
        Column of the geometry.
    key : str, optional
        Unique column; default: the primary key of a table, where that is one column.
    parameters : mapping
        Values of the query.
    box : west, south, east, north, optional
        Rows whose extent meets it, in ``box_crs``.
    box_crs : any
    crs : any, optional
        Stands in for an SRID of 0.
    swap_axes : bool
        Set where northing stands in x.
    page : int
        Rows at a time.
    timeout : int
        Longest time of one statement, seconds.
    place : str
        How messages name the source: the variable and the table.
    """

    dsn: str = field(repr=False)
    table: str | None = None
    sql: str | None = None
    geometry: str = "geom"
    key: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    box: tuple[float, float, float, float] | None = None
    box_crs: Any = None
    crs: Any = None
    swap_axes: bool = False
    page: int = 5000
    timeout: int = 600
    place: str = ""


def fetch(query: Query, path: Path, *, layer: str, told: Progress | None = None) -> Proof:
    """Write rows to a file; memory holds one page of them.

    Parameters
    ----------
    query : Query
    path : Path
        GeoPackage or GeoParquet that does not exist yet.
    layer : str
        Name used in messages, and of the table.
    told : callable, optional
        Hears of progress.

    Returns
    -------
    Proof
        Attributes are texts; ``source_id`` is the key, else the number of the row.

    Raises
    ------
    SourceError
        When the extra ``postgis`` is not installed, the database cannot be asked, or refuses.
    CRSError
        For geometries without a CRS, or of several.
    """
    try:
        import psycopg
    except ImportError as error:
        raise SourceError(
            _("databases need the extra 'postgis'"),
            layer=layer,
            remedy=_("pip install 'metrogis[postgis]'"),
        ) from error
    try:
        with psycopg.connect(query.dsn, connect_timeout=_CONNECT_SECONDS) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            return _Reading(connection, query, path, layer, told).run()
    except psycopg.Error as error:
        # the driver's words may hold the connection: they stand in no message and no cause
        raise _failed(error, query, layer) from None


class _Reading:
    """One read-only transaction."""

    def __init__(
        self, connection: Any, query: Query, path: Path, layer: str, told: Progress | None
    ) -> None:
        self.connection, self.query, self.layer, self.told = connection, query, layer, told
        self.path = path

    def run(self) -> Proof:
        from psycopg import sql

        query = self.query
        milliseconds = str(query.timeout * 1000)
        for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
            self.rows("SELECT set_config(%(name)s, %(value)s, true)",
                      {"name": setting, "value": milliseconds})  # fmt: skip
        source, values = self.source()
        columns = self.columns(source, values)
        key = self.key(columns)
        srid, crs = self.crs(source, values)
        where: Any = sql.SQL("%(_mg_always)s::bool")
        values["_mg_always"] = True
        if query.box is not None:
            box = box_in(crs, query.box, query.box_crs)
            if query.swap_axes:
                box = (box[1], box[0], box[3], box[2])
            values |= dict(zip(("_mg_w", "_mg_s", "_mg_e", "_mg_n"), box, strict=True))
            values["_mg_srid_asked"] = srid
            where = sql.SQL(
                "{geometry} && ST_MakeEnvelope(%(_mg_w)s, %(_mg_s)s, %(_mg_e)s, %(_mg_n)s, "
                "%(_mg_srid_asked)s)"
            ).format(geometry=_quoted("q", query.geometry))
        (hits,) = self.rows(
            sql.SQL("SELECT count(*) FROM {source} AS q WHERE {where}").format(
                source=source, where=where
            ),
            values,
        )[0]
        plain = [name for name in columns if name != query.geometry]
        asked = sql.SQL(
            "SELECT {columns} ST_AsBinary({geometry}) AS {wkb}, ST_SRID({geometry}) AS {srid} "
            "FROM {source} AS q WHERE {where} {order}"
        ).format(
            columns=sql.SQL("").join(sql.SQL("{}, ").format(_quoted("q", name)) for name in plain),
            geometry=_quoted("q", query.geometry),
            wkb=_quoted(_OWN[0]),
            srid=_quoted(_OWN[1]),
            source=source,
            where=where,
            order=sql.SQL("ORDER BY {}").format(_quoted("q", key)) if key else sql.SQL(""),
        )
        collector = Collector(self.path, self.layer, crs=crs, box=query.box, box_crs=query.box_crs)
        with self.connection.cursor(name="metrogis") as cursor:
            cursor.execute(asked, values)
            while rows := cursor.fetchmany(query.page):
                collector.add(self.page(rows, plain, key, srid, crs, collector.rows))
                if self.told is not None:
                    self.told(collector.rows, hits)
        return collector.proof(hits, [])

    def rows(self, asked: Any, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(asked, dict(values))
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def source(self) -> tuple[Any, dict[str, Any]]:
        """Return what rows are selected from, and the values that are bound."""
        from psycopg import sql

        query = self.query
        if query.table is not None:
            return _quoted(*query.table.split(".", 1)), {}
        text = str(query.sql).strip().rstrip(";")
        named = set(_PLACEHOLDER.findall(text))
        if named != set(query.parameters) or any(name.startswith("_mg_") for name in named):
            lacking = ", ".join(sorted(named ^ set(query.parameters))) or "_mg_"
            raise self.wrong(
                _("parameters of the query and of the catalog differ: {names}").fill(names=lacking),
                _("name the same ones in %(name)s and in parameters"),
            )
        # a per cent sign that starts no placeholder is meant as one
        text = re.sub(r"%(?!\(\w+\)s)", "%%", text)
        return sql.SQL("(\n{}\n)").format(sql.SQL(text)), dict(query.parameters)

    def columns(self, source: Any, values: Mapping[str, Any]) -> list[str]:
        from psycopg import sql

        with self.connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("SELECT * FROM {} AS q WHERE NOT %(_mg_always)s::bool").format(source),
                {**values, "_mg_always": True},
            )
            found = [str(column.name) for column in cursor.description]
        if self.query.geometry not in found:
            raise self.wrong(
                _("there is no column '{name}'; there are: {shown}").fill(
                    name=self.query.geometry, shown=", ".join(found[:20])
                ),
                _("name the column with geometry"),
            )
        return found

    def key(self, columns: list[str]) -> str | None:
        """Return the column that tells rows apart."""
        if self.query.key is not None:
            if self.query.key not in columns:
                raise self.wrong(
                    _("there is no column '{name}'; there are: {shown}").fill(
                        name=self.query.key, shown=", ".join(columns[:20])
                    ),
                    _("fix key in the catalog"),
                )
            return self.query.key
        if self.query.table is None:
            return None
        from psycopg import sql

        name = sql.Identifier(*self.query.table.split(".", 1)).as_string(self.connection)  # a value
        found = self.rows(
            "SELECT a.attname FROM pg_index i JOIN pg_attribute a "
            "ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) "
            "WHERE i.indrelid = to_regclass(%(table)s) AND i.indisprimary",
            {"table": name},
        )
        return str(found[0][0]) if len(found) == 1 else None

    def crs(self, source: Any, values: Mapping[str, Any]) -> tuple[int, Any]:
        """Return the SRID of the geometries and its CRS."""
        from psycopg import sql

        geometry = _quoted("q", self.query.geometry)
        found = self.rows(
            sql.SQL(
                "SELECT ST_SRID({g}) FROM {source} AS q "
                "WHERE {g} IS NOT NULL AND %(_mg_always)s::bool LIMIT 1"
            ).format(g=geometry, source=source),
            {**values, "_mg_always": True},
        )
        if not found:
            raise self.wrong(_("the table has no geometries"), _("check table and geometry"))
        srid = int(found[0][0])
        if srid == 0:
            if self.query.crs is None:
                raise CRSError(
                    _("the geometries have no CRS (SRID 0)"),
                    layer=self.layer,
                    place=self.query.place,
                    remedy=_("name it with crs in the catalog"),
                )
            return 0, crs_rules.parse(self.query.crs, layer=self.layer)
        known = self.rows(
            "SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = %(srid)s",
            {"srid": srid},
        )
        # databases may have numbers of their own
        for name in [f"{known[0][0]}:{known[0][1]}", known[0][2]] if known else [f"EPSG:{srid}"]:
            try:
                return srid, pyproj.CRS.from_user_input(name)
            except pyproj.exceptions.CRSError:
                continue
        raise CRSError(
            _("the CRS of SRID {srid} is not known").fill(srid=srid),
            layer=self.layer,
            place=self.query.place,
        )

    def page(
        self, rows: list[tuple[Any, ...]], names: list[str], key: str | None, srid: int, crs: Any,
        before: int,
    ) -> gpd.GeoDataFrame:  # fmt: skip
        columns = list(zip(*rows, strict=True))
        shapes = shapely.from_wkb(
            np.array([None if w is None else bytes(w) for w in columns[-2]], dtype=object)
        )
        others = {int(s) for s in columns[-1] if s is not None and int(s) != srid}
        if others:
            raise CRSError(
                _("geometries of several CRSs: SRID {names}").fill(
                    names=", ".join(map(str, sorted({srid, *others})))
                ),
                layer=self.layer,
                place=self.query.place,
                remedy=_("turn them into one with ST_Transform (sql_file)"),
            )
        table = pd.DataFrame(
            {name: pd.Series(list(column), dtype=object)
             for name, column in zip(names, columns, strict=False) if name != ID}
        )  # fmt: skip
        if key is not None:
            at = names.index(key)
            table[ID] = [str(value) for value in columns[at]]
        else:
            table[ID] = [str(before + i + 1) for i in range(len(rows))]
        if self.query.swap_axes:
            shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
        frame = gpd.GeoDataFrame(table, geometry=shapes, crs=crs)
        crs_rules.check_area_of_use(frame, layer=self.layer)
        return frame

    def wrong(self, what: Text, remedy: Text) -> SourceError:
        return SourceError(what, layer=self.layer, place=self.query.place, remedy=remedy)


def _quoted(*names: str) -> Any:
    """Return names as SQL; all statements bind values, so a per cent sign is written twice."""
    from psycopg import sql

    return sql.Identifier(*(name.replace("%", "%%") for name in names))


_STATES: Mapping[str, tuple[Text, Text]] = {
    "57014": (_("the query takes too long"), _("narrow it, or raise timeout")),
    "42P01": (_("there is no such table"), _("fix table in the catalog")),
    "3F000": (_("there is no such schema"), _("fix table in the catalog")),
    "42703": (_("there is no such column"), _("fix geometry, key or the query")),
    "42883": (
        _("there is no such function: PostGIS may be missing"),
        _("check the database and the query"),
    ),
    "42501": (_("the user may not read this"), _("ask for SELECT on it")),
    "25006": (_("the query wants to write: refused"), _("give a SELECT")),
    "42601": (
        _("the query has a fault, or is more than one statement"),
        _("give one SELECT"),
    ),
}
_CLASSES: Mapping[str, tuple[Text, Text]] = {
    "28": (_("the database does not know user or password"), _("check the connection")),
    "08": (_("no connection to the database"), _("check the connection")),
    "42": (_("the query has a fault, or is more than one statement"), _("give one SELECT")),
    "22": (_("a value does not fit the query"), _("check parameters")),
}


def _failed(error: Any, query: Query, layer: str) -> SourceError:
    """Return an error that tells the kind of a failure and none of the driver's words."""
    state = str(getattr(error, "sqlstate", None) or "")
    connecting = _CLASSES["08" if type(error).__name__ == "OperationalError" else "42"]
    what, remedy = _STATES.get(state) or _CLASSES.get(state[:2]) or (
        (_("the database refuses (SQLSTATE {state})").fill(state=state), _("check the query"))
        if state
        else connecting
    )  # fmt: skip
    return SourceError(what, layer=layer, place=query.place, remedy=remedy)
