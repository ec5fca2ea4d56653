"""Every layer of every driver must lie where the metropolis does; the error names the layer."""

from __future__ import annotations

import json
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from typer.testing import CliRunner

import metrogis as mg
from metrogis.catalog.placing import MARGIN
from metrogis.cli import app

ABOUT = 'licence = "CC0"\nattribution = "me"\ndate = "2024"\n'
HERE = (470_000.0, 720_000.0)


def catalog(folder, layers: dict[str, str], metro: str = "") -> None:
    text = f'[metro]\nid = "small"\nname = "Small"\n{metro}\n'
    for name, body in layers.items():
        text += f"[layers.{name}]\n{body}\n{ABOUT}\n"
    (folder / "catalog.toml").write_text(text)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path / "cache"))
    x, y = HERE
    boxes = [shapely.box(x + 5000 * i, y, x + 5000 * (i + 1), y + 5000) for i in range(2)]
    gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]}, geometry=boxes, crs=2180
    ).to_file(tmp_path / "m.gpkg")
    return tmp_path


MUNICIPALITIES = 'driver = "vector"\npath = "m.gpkg"'


def feed(path, lat: float, lon: float) -> None:
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(
            "agency.txt", "agency_id,agency_name,agency_url,agency_timezone\na,A,x,Europe/Warsaw\n"
        )
        out.writestr(
            "stops.txt",
            f"stop_id,stop_name,stop_lat,stop_lon\ns,S,{lat},{lon}\nt,T,{lat + 0.01},{lon}\n",
        )
        out.writestr("routes.txt", "route_id,agency_id,route_short_name,route_type\nr,a,1,3\n")
        out.writestr("trips.txt", "route_id,service_id,trip_id\nr,d,t1\n")
        out.writestr(
            "stop_times.txt",
            "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
            "t1,08:00:00,08:00:00,s,1\nt1,08:05:00,08:05:00,t,2\n",
        )
        out.writestr(
            "calendar.txt",
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
            "start_date,end_date\n"
            "d,1,1,1,1,1,1,1,20240101,20241231\n",
        )


def layer_at(folder, kind: str, x: float, y: float) -> str:
    """Write a layer of some driver around a place (EPSG:2180); return its catalog entry."""
    point = gpd.GeoSeries([shapely.Point(x, y)], crs=2180).to_crs(4326)[0]
    if kind == "vector":
        gpd.GeoDataFrame({"name": ["s"]}, geometry=[shapely.Point(x, y)], crs=2180).to_file(
            folder / "s.gpkg"
        )
        return 'driver = "vector"\npath = "s.gpkg"\nschema = "Stations"'
    if kind == "table":
        (folder / "s.csv").write_text(f"name,x,y\ns,{x},{y}\n")
        columns = 'x = "x"\ny = "y"\ncrs = "EPSG:2180"'
        return f'driver = "table"\npath = "s.csv"\nschema = "Stops"\n{columns}'
    if kind == "raster":
        with rasterio.open(
            folder / "r.tif", "w", driver="GTiff", width=4, height=4, count=1, dtype="uint8",
            crs="EPSG:2180", transform=rasterio.transform.from_origin(x, y, 100, 100),
        ) as out:  # fmt: skip
            out.write(np.ones((1, 4, 4), np.uint8))
        return 'driver = "raster"\npath = "r.tif"'
    if kind == "gtfs":
        feed(folder / "g.zip", point.y, point.x)
        return 'driver = "gtfs"\npath = "g.zip"'
    assert kind == "osm"
    nodes = [{"type": "node", "id": i, "lat": point.y + i / 1e4, "lon": point.x} for i in (1, 2, 3)]
    way = {"type": "way", "id": 9, "nodes": [1, 2, 3], "tags": {"highway": "residential"}}
    (folder / "o.json").write_text(json.dumps({"version": 0.6, "elements": [*nodes, way]}))
    return 'driver = "osm"\npath = "o.json"'


NAMES = {
    "vector": "rail_stations",
    "table": "stop_posts",
    "raster": "built_up",
    "gtfs": "timetable",
    "osm": "streets",
}
ELSEWHERE = {
    "200 km away": (HERE[0] - 200_000, HERE[1] - 200_000),
    "beyond the margin": (HERE[0] - MARGIN - 3_000, HERE[1] + 100),
}


@pytest.mark.parametrize("kind", list(NAMES))
@pytest.mark.parametrize("where", list(ELSEWHERE))
@pytest.mark.parametrize("bbox", ["", "bbox = [18.4, 54.2, 19.0, 54.5]"])
def test_a_layer_elsewhere_is_refused_and_named(folder, kind, where, bbox) -> None:
    name = NAMES[kind]
    body = layer_at(folder, kind, *ELSEWHERE[where])
    catalog(folder, {"municipalities": MUNICIPALITIES, name: body}, bbox)
    metro = mg.open_metro(folder, data=folder)
    with pytest.raises(mg.CRSError, match="outside the metropolis") as caught:
        metro[name]
    assert caught.value.layer == name
    assert len(metro.municipalities) == 2


@pytest.mark.parametrize("kind", list(NAMES))
def test_a_layer_within_the_margin_is_read(folder, kind) -> None:
    name = NAMES[kind]
    body = layer_at(folder, kind, HERE[0] - MARGIN + 3_000, HERE[1] + 100)
    catalog(folder, {"municipalities": MUNICIPALITIES, name: body})
    assert mg.open_metro(folder, data=folder)[name] is not None


def test_swapped_axes_are_told(folder) -> None:
    body = layer_at(folder, "vector", HERE[1], HERE[0])
    catalog(folder, {"municipalities": MUNICIPALITIES, "rail_stations": body})
    with pytest.raises(mg.CRSError, match="axes look swapped"):
        mg.open_metro(folder, data=folder)["rail_stations"]


def test_what_lies_partly_outside_is_counted(folder) -> None:
    spots = [shapely.Point(*HERE), shapely.Point(HERE[0] - 100_000, HERE[1])]
    gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=spots, crs=2180).to_file(folder / "s.gpkg")
    body = 'driver = "vector"\npath = "s.gpkg"\nschema = "Stations"'
    catalog(folder, {"municipalities": MUNICIPALITIES, "rail_stations": body})
    metro = mg.open_metro(folder, data=folder)
    assert len(metro.rail_stations) == 2
    assert [(r.layer, r.action, r.count) for r in metro.audit] == [("rail_stations", "noted", 1)]


def test_a_table_of_other_municipalities_is_refused(folder) -> None:
    (folder / "p.csv").write_text("teryt,population\n0201011,5\n0201022,6\n")
    body = 'driver = "table"\npath = "p.csv"'
    catalog(folder, {"municipalities": MUNICIPALITIES, "population_municipal": body})
    with pytest.raises(mg.SchemaError, match="no row speaks of a municipality") as caught:
        mg.open_metro(folder, data=folder)["population_municipal"]
    assert caught.value.layer == "population_municipal"


def test_a_raster_without_a_valid_cell_is_an_error_of_its_layer(folder) -> None:
    body = layer_at(folder, "raster", *HERE) + "\nnodata = [1]"
    catalog(folder, {"municipalities": MUNICIPALITIES, "built_up": body})
    with pytest.raises(mg.SchemaError, match="nothing in the layer can be used"):
        mg.open_metro(folder, data=folder)["built_up"]


def test_layers_check_goes_on_and_says_which_checks_will_run(folder) -> None:
    body = layer_at(folder, "gtfs", *ELSEWHERE["200 km away"])
    (folder / "streets.osm.pbf").write_bytes(b"<html>404 Not Found</html>" * 40)
    catalog(
        folder,
        {
            "municipalities": MUNICIPALITIES,
            "timetable": body,
            "streets": 'driver = "osm"\npath = "streets.osm.pbf"',
            "rail_station": layer_at(folder, "vector", *HERE),
        },
    )
    command = ["layers", "check", str(folder), "--data", str(folder), "--json"]
    run = CliRunner().invoke(app, command)
    assert run.exit_code == 1
    told = json.loads(run.stdout)
    errors = {row["layer"]: row["error"] for row in told["layers"]}
    assert "outside the metropolis" in errors["timetable"]["en"]
    assert errors["streets"] is not None
    assert errors["municipalities"] is None
    assert not told["checks"]["connections"]["runs"]
    assert not told["checks"]["missing_links"]["runs"]
    hints = [row["what"]["en"] for row in told["audit"] if row["layer"] == "rail_station"]
    assert any("rail_stations" in text for text in hints)
    assert CliRunner().invoke(app, command[:-1]).exit_code == 1


@pytest.mark.parametrize("level", ["metro", "layer"])
def test_a_catalog_may_name_an_absolute_folder(folder, tmp_path_factory, level) -> None:
    drive = tmp_path_factory.mktemp("drive")
    (folder / "m.gpkg").rename(drive / "m.gpkg")
    named = f'data = "{drive.as_posix()}"'
    body = MUNICIPALITIES + (f"\n{named}" if level == "layer" else "")
    catalog(folder, {"municipalities": body}, named if level == "metro" else "")
    assert len(mg.open_metro(folder).municipalities) == 2


def test_only_the_table_beside_a_shapefile_changes_and_is_read_anew(folder, monkeypatch) -> None:
    monkeypatch.setattr("metrogis.catalog.readers.columns.CACHE_FROM_BYTES", 0)
    frame = gpd.read_file(folder / "m.gpkg")
    frame.to_file(folder / "m.shp")
    catalog(folder, {"municipalities": 'driver = "vector"\npath = "m.shp"'})
    assert mg.open_metro(folder, data=folder).municipalities["name"].tolist() == ["A", "B"]
    other = folder / "other"
    other.mkdir()
    frame.assign(name=["X", "Y"]).to_file(other / "m.shp")
    (other / "m.dbf").rename(folder / "m.dbf")
    assert mg.open_metro(folder, data=folder).municipalities["name"].tolist() == ["X", "Y"]
