"""Whatever a library raises while a layer is read is one error of that layer, in both languages."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import struct
import tomllib
import zipfile
import zlib

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import rasterio
import shapely

import metrogis as mg
from metrogis import boundary
from metrogis.catalog import read_catalog
from metrogis.errors import CRSError, MetrogisError, SourceError
from metrogis.sources import gdal, rasters, tables, vector
from metrogis.texts import Text

WHAT = Text("tego nie da się odczytać", "this cannot be read")


def raised(call):
    """Return what a library really raises."""
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def nested(depth=100_000):
    return raised(lambda: json.loads("[" * depth))


LIBRARIES = {
    "decode": lambda: raised(lambda: b"\xff".decode("utf-8")),
    "encoding": lambda: raised(lambda: b"a".decode("no-such")),
    "json": lambda: raised(lambda: json.loads("{]")),
    "toml": lambda: raised(lambda: tomllib.loads("a = [")),
    "depth": nested,
    "struct": lambda: raised(lambda: struct.unpack("<I", b"")),
    "zlib": lambda: raised(lambda: zlib.decompress(b"zz")),
    "zip": lambda: raised(lambda: zipfile.ZipFile(os.devnull)),
    "gzip": lambda: raised(lambda: gzip.decompress(b"xxxx")),
    "sqlite": lambda: raised(lambda: sqlite3.connect(":memory:").execute("SELECT")),
    "gdal": lambda: raised(lambda: pyogrio.read_info("no-such-file.gpkg")),
    "raster": lambda: raised(lambda: rasterio.open("no-such-file.tif")),
    "geos": lambda: raised(lambda: shapely.from_wkt("POLYGON ((0 0")),
    "proj": lambda: raised(lambda: pyproj.CRS.from_user_input("EPSG:nonsense")),
    "arrow": lambda: raised(lambda: pd.read_parquet(os.devnull)),
    "key": lambda: raised(lambda: {}["missing"]),
    "file": lambda: raised(lambda: open("/no/such/file")),  # noqa: SIM115
    "memory": lambda: raised(lambda: np.zeros(1 << 60, np.float64)),
}


@pytest.mark.parametrize("kind", LIBRARIES)
def test_what_a_library_raises_is_a_source_error_without_its_words(kind) -> None:
    error = LIBRARIES[kind]()
    with pytest.raises(SourceError) as caught, boundary.reading(WHAT, layer="l", place="a.b"):
        raise error
    found = caught.value
    assert found.__cause__ is error
    assert (found.layer, found.place) == ("l", "a.b")
    assert found.remedy is not None
    assert found.text.pl != found.text.en
    words = str(error.args[-1] if error.args else "")
    assert not words or len(words) < 8 or words not in found.text.pl + found.text.en
    assert "\n" not in found.text.pl


def test_our_own_errors_pass_and_are_completed() -> None:
    own = CRSError(Text("zły", "bad"))
    with pytest.raises(CRSError) as caught, boundary.reading(WHAT, layer="l", place="p"):
        raise own
    assert caught.value is own
    assert (own.layer, own.place) == ("l", "p")
    said = SourceError(Text("zły", "bad"), layer="other", place="row 3", remedy="do")
    with pytest.raises(SourceError), boundary.reading(WHAT, layer="l", place="p"):
        raise said
    assert (said.layer, said.place) == ("other", "row 3")
    assert (said.remedy.pl, said.remedy.en) == ("do", "do")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, DeprecationWarning])
def test_what_is_no_fault_of_a_file_passes(stop) -> None:
    with pytest.raises(stop), boundary.reading(WHAT, layer="l"):
        raise stop("x")


def test_a_wrong_call_of_a_reader_stays_a_type_error() -> None:
    with pytest.raises(TypeError):
        tables.read()
    with pytest.raises(TypeError):
        tables.read("a.csv", layer="l", colour="red")


# --------------------------------------------------------------------------- catalogs


HEAD = """
[metro]
id = "x"
name = "X"
bbox = [16.359, 54.140, 16.927, 54.453]
[layers.municipalities]
driver = "vector"
path = "municipalities.gpkg"
licence = "CC0"
attribution = "me"
date = "2024"
"""
LAYER = """
[layers.{name}]
licence = "CC0"
attribution = "me"
date = "2024-11-13"
{text}
"""


def refused(folder, data, text, name="tried"):
    """Read a layer that cannot be read; return its error."""
    folder.mkdir(exist_ok=True)
    (folder / "catalog.toml").write_text(HEAD + LAYER.format(name=name, text=text))
    metro = mg.open_metro(folder, data=data)
    with pytest.raises(MetrogisError) as caught:
        metro[name]
    error = caught.value
    assert error.layer == name
    assert error.place
    assert error.remedy is not None
    assert error.text.pl != error.text.en
    return error


DRIVERS = ("vector", "table", "raster", "gtfs", "app_gml", "osm", "gbfs")


@pytest.mark.long
def test_every_driver_reads_or_refuses_the_file_of_every_layer(demo_s, tmp_path) -> None:
    layers = read_catalog(demo_s / "catalog.toml").layers.values()
    own = {layer.path: layer.driver for layer in layers}
    tried = 0
    for path in own:
        for driver in DRIVERS:
            tried += 1
            text = f'driver = "{driver}"\npath = "{path}"'
            (tmp_path / "catalog.toml").write_text(HEAD + LAYER.format(name="tried", text=text))
            metro = mg.open_metro(tmp_path, data=demo_s)
            found = None
            try:
                layer = metro["tried"]
                if driver == "osm":
                    layer.walk  # read when it is asked for
            except MetrogisError as error:
                found = error
            assert found is None or (found.layer == "tried" and found.remedy is not None)
            assert found is None or driver != own[path], found
    assert tried > 200


@pytest.mark.parametrize("driver", DRIVERS)
def test_pipes_devices_and_folders_are_refused_at_once(tmp_path, demo_s, driver) -> None:
    data = tmp_path / "data"
    data.mkdir()
    os.mkfifo(data / "pipe.csv")
    (data / "zero.tif").symlink_to("/dev/zero")
    (data / "folder.gpkg").mkdir()
    for path in ("pipe.csv", "zero.tif"):
        error = refused(tmp_path / "c", data, f'driver = "{driver}"\npath = "{path}"')
        assert "neither a plain file nor a folder" in error.text.en
    refused(tmp_path / "c", data, f'driver = "{driver}"\npath = "folder.gpkg"')
    error = refused(tmp_path / "c", data, f'driver = "{driver}"\npath = "zero"\ndata = "/dev"')
    assert "neither" in error.text.en


# --------------------------------------------------------------------------- files


@pytest.mark.parametrize("cut", [1, 3])
def test_utf_16_cut_within_a_letter(tmp_path, cut) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("teryt,population\n2261011,5\n".encode("utf-16")[:-cut])
    with pytest.raises(SourceError, match="UTF-16"):
        tables.read(path, layer="l")


@pytest.mark.parametrize("encoding", ["hex", "no-such", "idna", "undefined", "utf-7"])
def test_an_encoding_that_is_none_is_refused(tmp_path, encoding) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n\xb1,2\n")
    with pytest.raises(SourceError) as caught:
        tables.read(path, layer="l", encoding=encoding)
    assert caught.value.remedy is not None


def test_a_flatgeobuf_without_layers(tmp_path) -> None:
    path = tmp_path / "a.fgb"
    path.write_bytes(b"fgb\x03fgb\x00" + bytes(40))
    with pytest.raises(SourceError, match=r"layer 'l', a\.fgb"):
        vector.read(path, layer="l")


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e400])
@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet"])
def test_rings_with_numbers_that_are_none(tmp_path, demo_s, bad, suffix) -> None:
    ring = shapely.from_wkb(
        struct.pack("<BIII", 1, 3, 1, 5)
        + struct.pack(
            "<10d", 470000, 720000, bad, 720000, 471000, 721000, 470000, 721000, 470000, 720000
        )
    )
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[ring], crs=2180)
    path = tmp_path / f"areas{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path, **({"SPATIAL_INDEX": "NO"} if suffix == ".fgb" else {}))
    refused(tmp_path / "c", tmp_path, f'driver = "vector"\npath = "{path.name}"\nschema = "Areas"')


@pytest.mark.parametrize(
    "transform",
    [(0, 0, 470000, 0, 0, 720000), (10, 10, 470000, 10, 10, 720000), (np.nan, 0, 0, 0, -10, 0)],
)
def test_singular_transforms(tmp_path, transform) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=2, height=2, count=1, dtype="uint8", crs="EPSG:2180",
        transform=rasterio.Affine(*transform),
    ) as out:  # fmt: skip
        out.write(np.ones((2, 2), np.uint8), 1)
    with pytest.raises(MetrogisError) as caught:
        rasters.read_band(path, layer="l")
    assert "degenerate" in caught.value.text.en


def test_a_band_that_is_not_there_says_how_many_there_are(tmp_path) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=2, height=2, count=2, dtype="uint8", crs="EPSG:2180",
        transform=rasterio.Affine(10, 0, 470000, 0, -10, 720000),
    ) as out:  # fmt: skip
        out.write(np.ones((2, 2, 2), np.uint8))
    with pytest.raises(SourceError, match="there are 2 bands, none is 3"):
        rasters.read_band(path, band=3, layer="l")


ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS fid FROM c"
HIDDEN = (  # its rows can be counted at once, and never be read
    "SELECT 1 AS fid, (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
    "SELECT count(*) FROM c) AS name"
)
HUGE = "SELECT 1 AS fid, zeroblob(900000000) AS name"


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("query", [ENDLESS, HIDDEN, HUGE], ids=["endless", "hidden", "huge"])
def test_a_view_cannot_run_for_ever_listed_or_not(tmp_path, monkeypatch, query, listed) -> None:
    monkeypatch.setattr(gdal, "_SQLITE_CALLS", 20)
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(18, 54)], crs=4326).to_file(path)
    with sqlite3.connect(path) as base:
        base.execute(f"CREATE VIEW trap AS {query}")
        if listed:
            base.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
                "VALUES ('trap', 'attributes', 'trap', 4326)"
            )
    base.close()
    with pytest.raises(SourceError, match="view 'trap'"):
        vector.read(path, layer="l", sublayer="a")
