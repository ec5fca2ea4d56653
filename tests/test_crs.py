from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from metrogis import crs
from metrogis.errors import CRSError


@pytest.mark.parametrize("code", [2180, 2176, 2177, 2178, 2179, 2056, 27700, 32633, 3035])
def test_projected_metre_crs_pass(code: int) -> None:
    assert crs.require_metric(f"EPSG:{code}", layer="x").to_epsg() == code


@pytest.mark.parametrize(
    "value",
    [
        "EPSG:4326",
        "EPSG:3857",
        "EPSG:2263",
        "OGC:CRS84",
        "EPSG:4258",
        "ESRI:102100",
        "+proj=merc +a=6378137 +b=6378137 +units=m +nadgrids=@null",
    ],
)
def test_degrees_feet_and_web_mercator_are_refused(value: str) -> None:
    with pytest.raises(CRSError, match="layer 'stops'.*distances"):
        crs.require_metric(value, layer="stops")


def test_a_layer_without_crs_is_refused_but_a_raster_of_cells_passes() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)])
    with pytest.raises(CRSError, match="no CRS"):
        crs.require_metric(frame, layer="stops")
    assert crs.require_metric_or_cells(None, layer="raster") is None
    with pytest.raises(CRSError):
        crs.require_metric_or_cells("EPSG:4326", layer="raster")


def test_two_crs_are_an_error_that_names_both() -> None:
    a = gpd.GeoDataFrame(geometry=[shapely.Point(470000, 720000)], crs=2180)
    b = a.to_crs(2177)
    with pytest.raises(CRSError, match=r"layer 'b'.*EPSG:2177.*'a'.*EPSG:2180"):
        crs.require_same(a=a, b=b)
    assert crs.require_same(a=a, c=a).to_epsg() == 2180


@pytest.mark.parametrize(
    ("name", "code", "northing_first"),
    [
        ("http://www.opengis.net/def/crs/EPSG/0/2180", 2180, True),
        ("https://www.opengis.net/def/crs/EPSG/0/2177", 2177, True),
        ("http://www.opengis.net/def/crs/EPSG/0/2176/", 2176, True),
        ("urn:ogc:def:crs:EPSG::2178", 2178, True),
        ("urn:ogc:def:crs:EPSG:6.9:2179", 2179, True),
        ("urn:x-ogc:def:crs:EPSG:2180", 2180, True),
        ("http://www.opengis.net/gml/srs/epsg.xml#2180", 2180, False),
        ("EPSG:2180", 2180, False),
        ("epsg:2177", 2177, False),
        (" EPSG:2180 ", 2180, False),
        ("urn:ogc:def:crs:EPSG::4326", 4326, True),
        ("EPSG:4326", 4326, False),
        ("urn:ogc:def:crs:EPSG::32633", 32633, False),
        ("urn:ogc:def:crs:EPSG::3035", 3035, True),
    ],
)
def test_axis_order_is_decided_by_the_form(name: str, code: int, northing_first: bool) -> None:
    found = crs.axis_order(name)
    assert found.crs.to_epsg() == code
    assert found.northing_first is northing_first


@pytest.mark.parametrize(
    "name", ["", "2180", "PL-1992", "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:999999"]
)
def test_an_unknown_srs_name_is_an_error(name: str) -> None:
    with pytest.raises(CRSError):
        crs.axis_order(name, layer="act")


def test_swapped_axes_are_recognised() -> None:
    # zone 6 of PL-2000: easting 6.5 million, northing 6.0 million
    right = gpd.GeoDataFrame(geometry=[shapely.Point(6540000, 6020000)], crs=2177)
    crs.check_area_of_use(right, layer="act")
    swapped = gpd.GeoDataFrame(geometry=[shapely.Point(6020000, 6540000)], crs=2177)
    with pytest.raises(CRSError, match="axes look swapped"):
        crs.check_area_of_use(swapped, layer="act")
    lonlat = gpd.GeoDataFrame(geometry=[shapely.Point(54.4, 18.6)], crs=2180)
    with pytest.raises(CRSError, match="outside the area of use"):
        crs.check_area_of_use(lonlat, layer="act")


def test_real_boundaries_lie_in_the_area_of_use(shared) -> None:
    for metro in ("omggs", "som"):
        frame = gpd.read_file(shared / "data" / metro / "municipalities.gpkg")
        crs.check_area_of_use(frame, layer="municipalities")
