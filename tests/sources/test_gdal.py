"""Only files whose content is what their extension promises reach GDAL, and nothing beyond them."""

from __future__ import annotations

import os
import sqlite3
import struct
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from metrogis.errors import SourceError
from metrogis.sources import gdal, vector

PLACES = [shapely.Point(18.6, 54.3), shapely.Point(18.7, 54.4)]
POINTS = gpd.GeoDataFrame({"name": ["Łódź", "B"]}, geometry=PLACES, crs=4326)
VRT = b"""<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>%s</SrcDataSource>
</OGRVRTLayer></OGRVRTDataSource>"""
VRT_RASTER = b"""<VRTDataset rasterXSize="1" rasterYSize="1">
<VRTRasterBand dataType="Byte" band="1">
<SimpleSource><SourceFilename>%s</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"""


def secret(tmp_path):
    path = tmp_path / "outside" / "secret.csv"
    path.parent.mkdir()
    path.write_text("x,y\n18,54\n")
    return str(path).encode()


@pytest.mark.parametrize("suffix", [s for s, f in gdal.FORMATS.items() if f.kind == "vector"])
@pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf", b'<?xml version="1.0"?>\n<!-- gml -->\n'])
def test_a_virtual_data_set_is_refused_under_any_name(tmp_path, suffix, head) -> None:
    path = tmp_path / f"municipalities{suffix}"
    path.write_bytes(head + VRT % secret(tmp_path) + b"<!-- http://www.opengis.net/gml kml gpx -->")
    with pytest.raises(SourceError, match="promises|cannot be read") as caught:
        vector.read(path, layer="municipalities")
    assert caught.value.layer == "municipalities"


@pytest.mark.parametrize("suffix", [".tif", ".tiff", ".asc"])
def test_a_virtual_raster_is_refused_under_any_name(tmp_path, suffix) -> None:
    path = tmp_path / f"land{suffix}"
    path.write_bytes(VRT_RASTER % secret(tmp_path))
    with pytest.raises(SourceError), gdal.open_raster(path, layer="land"):
        pass


@pytest.mark.parametrize("name", ["a.vrt", "a.csv", "a.dxf", "a", "a.sqlite", "a.xml", "a.pdf"])
def test_other_formats_are_refused_with_the_list_of_those_read(tmp_path, name) -> None:
    path = tmp_path / name
    path.write_bytes(b"id\n1\n")
    with pytest.raises(SourceError, match=r"\.gpkg, \.geojson"):
        vector.read(path, layer="l")


WRITTEN = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".shp": "ESRI Shapefile",
    ".fgb": "FlatGeobuf",
    ".gml": "GML",
    ".kml": "KML",
    ".gdb": "OpenFileGDB",
}


@pytest.mark.parametrize("suffix", [*WRITTEN, ".gpx", ".parquet", ".geoparquet"])
@pytest.mark.parametrize("packed", [False, True])
def test_allowed_formats_are_read_alone_and_in_an_archive(tmp_path, suffix, packed) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / f"points{suffix}"
    if "parquet" in suffix:
        POINTS.to_parquet(path)
    elif suffix == ".gpx":
        POINTS[["geometry"]].to_file(path, driver="GPX", layer="waypoints")
    else:
        POINTS.to_file(path, driver=WRITTEN[suffix])
    sublayer = "waypoints" if suffix == ".gpx" else None
    if packed:
        archive = tmp_path / "points.zip"
        with zipfile.ZipFile(archive, "w") as out:
            for file in folder.rglob("*"):
                if file.is_file():
                    out.write(file, file.relative_to(folder).as_posix())
        path = archive
    frame = vector.read(path, layer="l", sublayer=sublayer)
    assert len(frame) == 2
    assert sorted(frame.geometry.x) == pytest.approx([18.6, 18.7])


def test_an_archive_with_several_files_lists_them(tmp_path) -> None:
    archive = tmp_path / "a.zip"
    POINTS.to_file(tmp_path / "b.geojson")
    with zipfile.ZipFile(archive, "w") as out:
        for name in ("one.geojson", "sub/two.geojson"):
            out.write(tmp_path / "b.geojson", name)
    with pytest.raises(SourceError, match=r"one\.geojson, sub/two\.geojson"):
        vector.read(archive, layer="l")
    with pytest.raises(SourceError, match=r"no 'three'; there are: one"):
        vector.read(archive, layer="l", member="three")
    assert len(vector.read(archive, layer="l", member="sub/two.geojson")) == 2


@pytest.mark.parametrize(
    "name", ["../evil.geojson", "/evil.geojson", "C:/evil.geojson", "a/../../e.geojson"]
)
def test_an_archive_does_not_lead_out_of_its_folder(tmp_path, name) -> None:
    archive = tmp_path / "a.zip"
    POINTS.to_file(tmp_path / "b.geojson")
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr(zipfile.ZipInfo(name), (tmp_path / "b.geojson").read_bytes())
    with pytest.raises(SourceError):
        vector.read(archive, layer="l")


def test_a_link_in_an_archive_is_not_followed(tmp_path) -> None:
    archive = tmp_path / "a.zip"
    entry = zipfile.ZipInfo("a.geojson")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr(entry, str(tmp_path / "b.geojson"))
    with pytest.raises(SourceError):
        vector.read(archive, layer="l")


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(gdal, "MAX_ARCHIVE_BYTES", 1000)
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a.geojson", b"{" + b" " * 100_000)
    with pytest.raises(SourceError, match="unpacks to more"):
        vector.read(archive, layer="l")


@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_a_pipe_or_a_device_is_refused_at_once(tmp_path, kind) -> None:
    path = tmp_path / "a.gpkg"
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(SourceError, match="plain file"):
        vector.read(path, layer="l")


COUNTING = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
ENDLESS = f"{COUNTING} SELECT i AS fid, NULL AS geom FROM n"


def test_a_view_that_never_ends_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(gdal, "_SQLITE_CALLS", 5)
    path = tmp_path / "a.gpkg"
    POINTS.to_file(path, layer="points")
    with sqlite3.connect(path) as base:
        base.execute(f"CREATE VIEW trap AS {ENDLESS}")
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            "VALUES ('trap', 'features', 'trap', 4326)"
        )
    with pytest.raises(SourceError, match="'trap': its query takes too long"):
        vector.read(path, layer="l", sublayer="points")


def test_a_plain_view_is_read(tmp_path) -> None:
    path = tmp_path / "a.gpkg"
    POINTS.to_file(path, layer="points")
    with sqlite3.connect(path) as base:
        base.execute("CREATE VIEW some AS SELECT fid AS OGC_FID, geom, name FROM points")
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            "VALUES ('some', 'features', 'some', 4326)"
        )
        base.execute(
            "INSERT INTO gpkg_geometry_columns VALUES ('some', 'geom', 'POINT', 4326, 0, 0)"
        )
    assert len(vector.read(path, layer="l", sublayer="some")) == 2


def test_a_virtual_table_is_refused(tmp_path) -> None:
    path = tmp_path / "a.gpkg"
    POINTS.to_file(path, layer="points")
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA writable_schema = 1")
        base.execute(
            "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES "
            "('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v USING VirtualOGR(''/etc/passwd'')')"
        )
    with pytest.raises(SourceError, match="virtual table 'v'|damaged"):
        vector.read(path, layer="l")


@pytest.mark.parametrize(
    "what",
    [
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        b"<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/x'>",
    ],
)
def test_external_entities_are_refused(tmp_path, what) -> None:
    POINTS.to_file(tmp_path / "b.gml", driver="GML")
    text = (tmp_path / "b.gml").read_bytes()
    head, rest = text.split(b"?>", 1)
    (tmp_path / "a.gml").write_bytes(head + b"?>" + what + rest)
    with pytest.raises(SourceError):
        vector.read(tmp_path / "a.gml", layer="l")


def test_a_sparse_raster_that_unpacks_to_gigabytes_is_refused_before_it_is_read(tmp_path) -> None:
    path = tmp_path / "sparse.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=60_000, height=60_000, count=1, dtype="float32",
        sparse_ok=True, tiled=True, crs="EPSG:2180", compress="deflate",
        transform=rasterio.transform.from_origin(400_000, 800_000, 1, 1),
    ):  # fmt: skip
        pass
    assert path.stat().st_size < 2_000_000
    with pytest.raises(SourceError, match="GiB"), gdal.open_raster(path, layer="land"):
        pass


def test_a_layer_of_too_many_features_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(gdal, "MAX_FEATURES", 1)
    POINTS.to_file(tmp_path / "a.gpkg")
    with pytest.raises(SourceError, match="2 features"):
        vector.read(tmp_path / "a.gpkg", layer="l")


def test_a_shapefile_without_cpg_takes_the_stated_encoding(tmp_path) -> None:
    path = tmp_path / "a.shp"
    POINTS.to_file(path, encoding="cp1250")
    (tmp_path / "a.cpg").unlink(missing_ok=True)
    raw = (tmp_path / "a.dbf").read_bytes()
    (tmp_path / "a.dbf").write_bytes(raw[:29] + b"\0" + raw[30:])  # no language id either
    assert vector.read(path, layer="l", encoding="cp1250")["name"].tolist() == ["Łódź", "B"]
    with pytest.raises(SourceError):
        vector.read(path, layer="l", encoding="no-such-encoding")


def test_a_stated_crs_beats_the_default_of_geojson_but_not_what_a_file_says(tmp_path) -> None:
    metric = POINTS.to_crs(2180)
    plain = metric.set_crs(4326, allow_override=True)
    (tmp_path / "a.geojson").write_text(plain.to_json(drop_id=True))
    read = vector.read(tmp_path / "a.geojson", layer="l", crs="EPSG:2180")
    assert read.crs.to_epsg() == 2180
    assert read.geometry.x.tolist() == pytest.approx(metric.geometry.x.tolist())
    metric.to_file(tmp_path / "b.geojson", driver="GeoJSON")
    assert '"crs"' in (tmp_path / "b.geojson").read_text()
    assert vector.read(tmp_path / "b.geojson", layer="l").crs.to_epsg() == 2180


def test_folders_of_a_kml_are_read_together(tmp_path) -> None:
    point = "<Point><coordinates>18.{0},54.3</coordinates></Point>"
    place = f"<Placemark><name>{{0}}</name>{point}</Placemark>"
    folders = "".join(
        f"<Folder><name>f{i}</name>{place.format(i)}{place.format(i + 3)}</Folder>" for i in (1, 2)
    )
    (tmp_path / "a.kml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document>{folders}</Document></kml>"
    )
    read = vector.read(tmp_path / "a.kml", layer="l")
    assert len(read) == 4
    assert sorted(set(read["folder"])) == ["f1", "f2"]
    assert len(vector.read(tmp_path / "a.kml", layer="l", sublayer="f1")) == 2


def test_whatever_a_library_raises_becomes_one_error(tmp_path) -> None:
    POINTS.to_file(tmp_path / "a.fgb", driver="FlatGeobuf")
    whole = (tmp_path / "a.fgb").read_bytes()
    for cut in (4, 8, 20, 100, len(whole) // 2):
        (tmp_path / "b.fgb").write_bytes(whole[:cut])
        with pytest.raises(SourceError):
            vector.read(tmp_path / "b.fgb", layer="l")
    (tmp_path / "c.shp").write_bytes(struct.pack(">i", 9994) + bytes(96))
    with pytest.raises(SourceError):
        vector.read(tmp_path / "c.shp", layer="l")


def test_an_ascii_grid_is_read(tmp_path) -> None:
    path = tmp_path / "a.asc"
    path.write_text(
        "ncols 2\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 10\nNODATA_value -9\n1 2\n"
    )
    with gdal.open_raster(path, layer="land") as data:
        assert np.array_equal(data.read(1), [[1, 2]])
