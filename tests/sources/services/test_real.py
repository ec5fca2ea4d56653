"""The same layer by file, WFS 2.0 and 1.1, OGC API and PostGIS, from servers that offices run."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from metrogis.sources import vector
from metrogis.sources.services import ogcapi, postgis, wfs
from metrogis.sources.services.client import Client, Manners, Request
from tests.sources.services import databases, real, servers

BOX = (18.2, 54.2, 18.9, 54.6)


def patient() -> Client:
    """Return a client that waits for servers that have to start a program."""
    return Client(manners=Manners(pause=0, wait=0.01))


def places(count: int = 130) -> gpd.GeoDataFrame:
    """Return squares with holes in a metropolis; codes with zeros in front, Polish letters."""
    x = 470_000.0 + 137 * (np.arange(count) % 50)
    y = 720_000.0 + 151 * (np.arange(count) // 50)
    outer = shapely.box(x, y, x + 100, y + 100)
    inner = shapely.box(x + 40, y + 40, x + 60, y + 60)
    return gpd.GeoDataFrame(
        {
            "kod": [f"{i:07d}" for i in range(count)],
            "nazwa": ["Żółć & <b>Gdańsk</b>", "Sopot", None] * (count // 3) + ["x"] * (count % 3),
            "liczba": np.arange(count),
        },
        geometry=shapely.difference(outer, inner),
        crs="EPSG:2180",
    )


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[gpd.GeoDataFrame, Path]:
    folder = tmp_path_factory.mktemp("given")
    frame = places()
    frame.to_file(folder / "places.gpkg", layer="places")
    frame.to_crs("EPSG:4326").to_file(folder / "places.geojson", COORDINATE_PRECISION=12)
    return vector.read(folder / "places.gpkg", layer="places"), folder


def require_same(found: gpd.GeoDataFrame, expected: gpd.GeoDataFrame, within: float) -> None:
    """Raise unless attributes are equal as texts and vertices no farther off than ``within``, m."""
    assert len(found) == len(expected)
    found = found.to_crs("EPSG:2180").sort_values("kod").reset_index(drop=True)
    for name in ("kod", "nazwa", "liczba"):
        texts = [None if v is None or v != v else str(v) for v in expected[name]]
        came = [None if v is None or v != v or v == "" else str(v) for v in found[name]]
        assert came == texts, name
    one, other = found.geometry.to_numpy(), expected.geometry.to_numpy()
    # services may make a polygon a multipolygon, and start rings anywhere
    assert (shapely.get_num_coordinates(one) == shapely.get_num_coordinates(other)).all()
    assert (shapely.hausdorff_distance(one, other) <= within).all()
    assert np.allclose(shapely.area(one), shapely.area(other), rtol=1e-5)


@pytest.mark.skipif(real.MAPSERVER is None, reason="needs MapServer (cgi-mapserver)")
@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_mapserver_gives_what_the_file_has(
    given: tuple[gpd.GeoDataFrame, Path], tmp_path: Path, version: str
) -> None:
    expected, folder = given
    # the server gives no more than 50 at a time, whatever is asked for
    with (
        real.mapserver(folder / "places.gpkg", tmp_path, cap=50) as server,
        patient() as client,
    ):
        request = Request(server.at("/wfs"), allow_local=True, layer="x")
        query = wfs.Query(request, "places", version=version, box=BOX, box_crs="OGC:CRS84",
                          page=60)  # fmt: skip
        proof = wfs.fetch(client, query, tmp_path / "a.gpkg", layer="x")
        nowhere = replace(query, box=(14.0, 50.0, 14.5, 50.5))
        assert wfs.fetch(client, nowhere, tmp_path / "b.gpkg", layer="x").rows == 0
    assert proof.rows == 130
    require_same(vector.read(tmp_path / "a.gpkg", layer="x"), expected, 1e-3)


@pytest.mark.skipif(real.pygeoapi_python() is None, reason="needs pygeoapi")
@pytest.mark.parametrize("crs", [None, "EPSG:2180"])
def test_pygeoapi_gives_what_the_file_has(
    given: tuple[gpd.GeoDataFrame, Path], tmp_path: Path, crs: str | None
) -> None:
    expected, folder = given
    with (
        real.pygeoapi(folder / "places.geojson", tmp_path, cap=50) as address,
        patient() as client,
    ):
        request = Request(address, allow_local=True, layer="x")
        query = ogcapi.Query(request, "places", box=BOX, box_crs="OGC:CRS84", page=60, crs=crs)
        proof = ogcapi.fetch(client, query, tmp_path / "a.gpkg", layer="x")
    assert (proof.rows, proof.complete) == (130, True)
    frame = vector.read(tmp_path / "a.gpkg", layer="x")
    assert (frame.crs.to_epsg() == 2180) is (crs is not None)
    require_same(frame, expected, 1e-2)


@pytest.mark.skipif(
    not databases.is_there() or importlib.util.find_spec("psycopg") is None,
    reason="needs PostgreSQL with PostGIS, and psycopg",
)
@pytest.mark.parametrize("name", ["a.gpkg", "a.parquet"])
def test_postgis_gives_what_the_file_has(
    given: tuple[gpd.GeoDataFrame, Path], tmp_path: Path, name: str
) -> None:
    import psycopg

    expected, _folder = given
    with databases.running() as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION postgis")
            connection.execute(
                "CREATE TABLE places (kod text PRIMARY KEY, nazwa text, liczba int, geom geometry)"
            )
            names = [None if v != v else v for v in expected["nazwa"]]
            rows = zip(expected["kod"], names, map(int, expected["liczba"]),
                       expected.geometry.to_wkb(), strict=True)  # fmt: skip
            connection.cursor().executemany(
                "INSERT INTO places VALUES (%s, %s, %s, ST_GeomFromWKB(%s, 2180))", list(rows)
            )
        query = postgis.Query(dsn, "places", box=BOX, box_crs="OGC:CRS84", page=60)
        proof = postgis.fetch(query, tmp_path / name, layer="x")
    assert (proof.rows, proof.complete) == (130, True)
    require_same(vector.read(tmp_path / name, layer="x"), expected, 0.0)


@pytest.mark.long
def test_memory_is_bounded_by_a_page(tmp_path: Path) -> None:
    """Ten times the features take little more memory: a page, and the ids of all."""
    rows = [(f"places.{i}", f"{i:07d}", 470_000.0 + i % 500, 700_000.0 + i // 500)
            for i in range(200_000)]  # fmt: skip
    code = (
        "import resource, sys\nfrom pathlib import Path\n"
        "from metrogis.sources.services import wfs\n"
        "from metrogis.sources.services.client import Client, Manners, Request\n"
        "query = wfs.Query(Request(sys.argv[1], allow_local=True), 'places', page=5000)\n"
        "with Client(manners=Manners(pause=0)) as client:\n"
        "    proof = wfs.fetch(client, query, Path(sys.argv[2]), layer='x')\n"
        "print(proof.rows, proof.complete, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    peaks = {}
    for count in (20_000, 200_000):
        with servers.serving(servers.wfs(rows[:count])) as server:
            ran = subprocess.run(
                [sys.executable, "-c", code, server.at("/wfs"), str(tmp_path / f"{count}.gpkg")],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
        came, complete, peak = ran.stdout.split()
        assert (int(came), complete) == (count, "True")
        peaks[count] = int(peak) / 1024
    assert peaks[200_000] - peaks[20_000] < 120, peaks  # MB
