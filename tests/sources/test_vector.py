from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from metrogis.errors import CRSError, SourceError
from metrogis.sources import vector


@pytest.fixture
def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"a": ["ł"]}, geometry=[shapely.Point(470000, 720000)], crs=2180)


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "parquet", "shp"])
def test_usual_formats(tmp_path, frame, suffix) -> None:
    path = tmp_path / f"a.{suffix}"
    frame = frame.to_crs(4326) if suffix == "geojson" else frame
    frame.to_parquet(path) if suffix == "parquet" else frame.to_file(path, encoding="utf-8")
    out = vector.read(path, layer="l")
    assert out["a"].tolist() == ["ł"]
    assert out.to_crs(2180).geometry.iloc[0].distance(shapely.Point(470000, 720000)) < 0.1


def test_a_file_that_is_not_vector(tmp_path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_bytes(b"not a geopackage")
    with pytest.raises(SourceError, match=r"layer 'l', a.gpkg: the file cannot be read") as caught:
        vector.read(path, layer="l")
    assert str(tmp_path) not in str(caught.value)


def test_several_layers_must_be_named(tmp_path, frame) -> None:
    path = tmp_path / "a.gpkg"
    frame.to_file(path, layer="one")
    frame.to_file(path, layer="two")
    with pytest.raises(SourceError, match="several layers: one, two"):
        vector.read(path, layer="l")
    with pytest.raises(SourceError, match="no layer 'three'"):
        vector.read(path, layer="l", sublayer="three")
    assert len(vector.read(path, layer="l", sublayer="two")) == 1


def test_stated_crs_must_not_contradict_the_file(tmp_path, frame) -> None:
    path = tmp_path / "a.gpkg"
    frame.to_file(path)
    assert vector.read(path, layer="l", crs="EPSG:2180").crs.to_epsg() == 2180
    with pytest.raises(CRSError, match=r"EPSG:2180.*EPSG:2177"):
        vector.read(path, layer="l", crs="EPSG:2177")


def test_a_file_without_crs_needs_one(tmp_path, frame) -> None:
    path = tmp_path / "a.gpkg"
    frame.set_crs(None, allow_override=True).to_file(path)
    with pytest.raises(CRSError, match="no CRS"):
        vector.read(path, layer="l")
    assert vector.read(path, layer="l", crs="EPSG:2180").crs.to_epsg() == 2180


def test_swapped_axes_are_mended_on_request(tmp_path) -> None:
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.Point(6020000, 6540000)], crs=2177).to_file(path)
    with pytest.raises(CRSError, match="axes look swapped"):
        vector.read(path, layer="l")
    out = vector.read(path, layer="l", swap_axes=True)
    assert (out.geometry.x.item(), out.geometry.y.item()) == (6540000, 6020000)


def test_real_gml_of_precincts_has_easting_first(shared) -> None:
    out = vector.read(shared / "data/omggs/cadastral_precincts.gml", layer="precincts")
    assert len(out) == 251
    west, south, _, _ = out.total_bounds
    assert (round(west), round(south)) == (458428, 712373)
