"""Rows of a real PostGIS: read only, names quoted, values bound, secrets nowhere."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest

from metrogis.catalog import fetching, lock
from metrogis.errors import CRSError, SourceError
from metrogis.metro import open_metro
from metrogis.sources import vector
from metrogis.sources.services import postgis
from metrogis.sources.services.store import Store
from tests.catalog.test_fetching import KEEP, _catalog
from tests.sources.services import databases, servers

pytestmark = pytest.mark.skipif(
    not databases.is_there() or importlib.util.find_spec("psycopg") is None,
    reason="needs PostgreSQL with PostGIS, and psycopg",
)

BOX = (18.2, 54.2, 18.9, 54.6)
TABLE = """
CREATE EXTENSION postgis;
CREATE SCHEMA plans;
CREATE TABLE plans.zones (id int PRIMARY KEY, kod text, area double precision, made date,
                          is_new boolean, size numeric(8,2), geom geometry(Polygon, 2180));
INSERT INTO plans.zones SELECT i, lpad(i::text, 7, '0'), i * 1.0, '2024-01-02', i % 2 = 0, 1.50,
  ST_MakeEnvelope(470000 + 100 * i, 720000, 470050 + 100 * i, 720050, 2180)
  FROM generate_series(50, 1, -1) i;
INSERT INTO plans.zones VALUES (99, NULL, NULL, NULL, NULL, NULL,
  ST_MakeEnvelope(200000, 500000, 200050, 500050, 2180)), (100, 'x', 1, NULL, NULL, NULL, NULL);
CREATE TABLE plans."odd ""name; DROP TABLE plans.zones" (geom geometry, "a;b" text, "per%cent" int);
INSERT INTO plans."odd ""name; DROP TABLE plans.zones"
  VALUES (ST_Point(470000, 720000, 2180), 'q', 5);
CREATE TABLE plans.flat (geom geometry);
INSERT INTO plans.flat VALUES (ST_Point(470000, 720000)), (ST_Point(470100, 720100));
CREATE TABLE plans.mixed (geom geometry);
INSERT INTO plans.mixed VALUES (ST_Point(470000, 720000, 2180)), (ST_Point(18.5, 54.4, 4326));
CREATE TABLE plans.turned (id int PRIMARY KEY, geom geometry);
INSERT INTO plans.turned VALUES (1, ST_Point(720000, 470000, 2180));
CREATE TABLE plans.twice (geom geometry, a text);
INSERT INTO plans.twice
  SELECT ST_Point(470000, 720000, 2180), 'a' FROM generate_series(1, 2);
CREATE FUNCTION plans.sneaky() RETURNS int AS $$ DELETE FROM plans.zones; SELECT 1 $$ LANGUAGE sql;
"""


@pytest.fixture(scope="module")
def dsn() -> Iterator[str]:
    import psycopg

    with databases.running() as found:
        with psycopg.connect(found, autocommit=True) as connection:
            connection.execute(TABLE)
        yield found


@pytest.fixture
def query(dsn: str) -> postgis.Query:
    return postgis.Query(dsn, "plans.zones", box=BOX, box_crs="OGC:CRS84", place="the database")


def read(query: postgis.Query, path: Path) -> gpd.GeoDataFrame:
    postgis.fetch(query, path, layer="zones")
    return vector.read(path, layer="zones")


def count(dsn: str) -> int:
    import psycopg

    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT count(*) FROM plans.zones").fetchone()[0]  # type: ignore[index]


@pytest.mark.parametrize("page", [7, 49, 50, 5000])
@pytest.mark.parametrize("name", ["a.gpkg", "a.parquet"])
def test_rows_of_the_box_come_whole_in_the_order_of_their_key(
    query: postgis.Query, tmp_path: Path, page: int, name: str
) -> None:
    proof = postgis.fetch(replace(query, page=page), tmp_path / name, layer="zones")
    assert (proof.rows, proof.hits, proof.complete) == (50, 50, True)
    frame = vector.read(tmp_path / name, layer="zones")
    assert list(frame["source_id"]) == [str(i) for i in range(1, 51)]
    assert frame["kod"].iloc[0] == "0000001"
    row = frame.iloc[1]
    assert (row["area"], row["made"], row["is_new"], row["size"]) == (
        "2", "2024-01-02", "true", "1.50"
    )  # fmt: skip
    assert frame.crs.to_epsg() == 2180
    assert tuple(frame.geometry.iloc[0].bounds) == (470100, 720000, 470150, 720050)


def test_without_a_box_all_rows_come_also_those_without_a_place(
    query: postgis.Query, tmp_path: Path
) -> None:
    frame = read(replace(query, box=None), tmp_path / "a.gpkg")
    assert len(frame) == 52
    assert frame.geometry.isna().sum() == 1
    assert frame["kod"].isna().sum() == 1


def test_names_are_never_sql(query: postgis.Query, dsn: str, tmp_path: Path) -> None:
    odd = replace(query, table='plans.odd "name; DROP TABLE plans.zones')
    frame = read(odd, tmp_path / "a.gpkg")
    assert list(frame["a;b"]) == ["q"]
    assert list(frame["per%cent"]) == ["5"]
    for table in (
        "plans.zones; DROP TABLE plans.zones",
        'plans.zones" --',
        "plans.zones q, plans.flat",
    ):
        with pytest.raises(SourceError, match="no such table"):
            read(replace(query, table=table), tmp_path / "b.gpkg")
    with pytest.raises(SourceError, match="no column"):
        read(replace(query, geometry='geom" FROM plans.zones; --'), tmp_path / "c.gpkg")
    assert count(dsn) == 52


def test_values_are_bound(query: postgis.Query, dsn: str, tmp_path: Path) -> None:
    sql = "SELECT * FROM plans.zones WHERE kod LIKE %(like)s AND id < %(most)s -- 100 % of them\n;"
    asked = replace(query, table=None, sql=sql, parameters={"like": "000000%", "most": 5})
    assert len(read(asked, tmp_path / "a.gpkg")) == 4
    evil = {"like": "'; DROP TABLE plans.zones; --", "most": 5}
    with pytest.raises(SourceError, match="no geometries"):
        read(replace(asked, parameters=evil), tmp_path / "b.gpkg")
    assert count(dsn) == 52
    for wrong in ({"like": "a"}, {"like": "a", "most": 1, "more": 2}):
        with pytest.raises(SourceError, match="parameters"):
            read(replace(asked, parameters=wrong), tmp_path / "c.gpkg")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM plans.zones; DELETE FROM plans.zones",
        "SELECT * FROM plans.zones) AS q; COMMIT; DELETE FROM plans.zones; SELECT * FROM (SELECT 1",
        "DELETE FROM plans.zones RETURNING *",
        "WITH gone AS (DELETE FROM plans.zones RETURNING *) SELECT * FROM gone",
        "SELECT *, plans.sneaky() FROM plans.zones",
        "SELECT *, set_config('transaction_read_only', 'off', false), plans.sneaky() "
        "FROM plans.zones",
        "CREATE TABLE plans.x (geom geometry)",
        "COMMIT",
    ],
)
def test_nothing_is_ever_written(query: postgis.Query, dsn: str, tmp_path: Path, sql: str) -> None:
    with pytest.raises(SourceError):
        read(replace(query, table=None, sql=sql), tmp_path / "a.gpkg")
    assert count(dsn) == 52


def test_a_query_has_an_end(query: postgis.Query, tmp_path: Path) -> None:
    slow = "SELECT *, pg_sleep(30)::text AS x FROM plans.zones"
    with pytest.raises(SourceError, match="takes too long"):
        read(replace(query, table=None, sql=slow, timeout=1), tmp_path / "a.gpkg")


def test_geometries_need_one_crs(query: postgis.Query, tmp_path: Path) -> None:
    flat = replace(query, table="plans.flat")
    with pytest.raises(CRSError, match="SRID 0"):
        read(flat, tmp_path / "a.gpkg")
    frame = read(replace(flat, crs="EPSG:2180"), tmp_path / "b.gpkg")
    assert list(frame["source_id"]) == ["1", "2"]
    assert frame.crs.to_epsg() == 2180
    with pytest.raises(CRSError, match="4326"):
        read(replace(query, table="plans.mixed", box=None), tmp_path / "c.gpkg")
    turned = replace(query, table="plans.turned")  # northing in x: elsewhere in the country
    assert postgis.fetch(turned, tmp_path / "d.gpkg", layer="x").rows == 0
    frame = read(replace(query, table="plans.turned", swap_axes=True), tmp_path / "e.gpkg")
    assert (frame.geometry.iloc[0].x, frame.geometry.iloc[0].y) == (470000, 720000)


def test_rows_that_are_alike_are_two_rows(query: postgis.Query, tmp_path: Path) -> None:
    proof = postgis.fetch(replace(query, table="plans.twice"), tmp_path / "a.gpkg", layer="x")
    assert (proof.rows, proof.complete) == (2, True)


def test_the_connection_stands_in_no_error(
    query: postgis.Query, dsn: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = [
        dsn.replace(databases.PASSWORD, "s3cond"),
        dsn.replace("user=owner", "user=s3cond"),
        f"no dsn at all {databases.PASSWORD}",
        f"postgresql://owner:{databases.PASSWORD}@127.0.0.1:1/postgres",
        dsn.replace("dbname=postgres", f"dbname={databases.PASSWORD}"),
    ]
    for given in wrong:
        with pytest.raises(SourceError) as caught:
            read(replace(query, dsn=given), tmp_path / "a.gpkg")
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        for secret in (databases.PASSWORD, "s3cond", "127.0.0.1"):
            assert secret not in caught.value.text.en + repr(query) + caplog.text


def test_a_layer_comes_from_the_database_with_a_lock(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = (
        '[layers.planning_zones]\ndriver = "vector"\npath = "zones.parquet"\n'
        'schema = "PlanningZones"\nrename = { kod = "symbol" }\n' + KEEP
        + 'fetch = { service = "postgis", dsn_env = "PLANNING_DSN", sql_file = "zones.sql", '
        'key = "id", parameters = { most = 9 } }\n'
    )  # fmt: skip
    metro = _catalog(tmp_path, "https://a.pl", more=more)
    sql = tmp_path / "zones.sql"
    sql.write_text("SELECT * FROM plans.zones WHERE id <= %(most)s")
    metro = open_metro(tmp_path, data=metro.data)

    def fetch() -> fetching.Outcome:
        with servers.quick() as client:
            return fetching.fetch(
                metro, only=["planning_zones"], client=client, store=Store(tmp_path / "store")
            )[0]

    failed = fetch()
    assert failed.state == "failed"
    assert "PLANNING_DSN" in str(failed.error)
    monkeypatch.setenv("PLANNING_DSN", dsn)
    found = fetch()
    assert found.state == "fetched", found.error
    assert len(metro["planning_zones"]) == 9
    entry = lock.read(tmp_path)["zones.parquet"]
    assert entry.address == "postgresql (PLANNING_DSN): zones.sql"
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert databases.PASSWORD.encode() not in path.read_bytes(), path
    assert databases.PASSWORD not in json.dumps(fetching.as_json([found]))
    # another query is another question
    sql.write_text("SELECT * FROM plans.zones WHERE id < %(most)s")
    assert fetching.fetch(metro, only=["planning_zones"], dry_run=True)[0].state == "planned"
