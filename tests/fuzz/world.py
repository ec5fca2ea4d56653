"""A small metropolis with one layer for every driver and format: what the fuzz job starts from."""

from __future__ import annotations

import importlib.util
import json
import warnings
import zipfile
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import rasterio
import shapely

CODES = ("2261011", "2262011", "2264011", "2205011")
WEST, SOUTH, SIDE = 470_000.0, 720_000.0, 3_000.0

HEAD = """[metro]
id = "fuzz"
name = {{ pl = "Próba", en = "Trial" }}
crs = "EPSG:2180"
{box}date = "2024-10-16"
"""
LAYER = """
[layers.{name}]
licence = "CC0"
attribution = "nobody"
date = "2024-10-16"
{text}
"""
DECLARED: dict[str, str] = {
    # vectors, a format each
    "municipalities": 'driver = "vector"\npath = "municipalities.gpkg"',
    "rail_stations": 'driver = "vector"\npath = "stations.shp"\nencoding = "cp1250"',
    "localities": 'driver = "vector"\npath = "localities.geojson"',
    "corridors": 'driver = "vector"\npath = "corridors.fgb"\ncrs = "EPSG:2180"',
    "protected_areas": 'driver = "vector"\npath = "protected.gml"\ncrs = "EPSG:2180"',
    "structure": 'driver = "vector"\npath = "areas.kml"',
    "interchanges": 'driver = "vector"\npath = "nodes.gpx"\nsublayer = "waypoints"',
    "rail_lines": 'driver = "vector"\npath = "rail.gdb"',
    "buildings": 'driver = "vector"\npath = "buildings.parquet"\ninside = "municipalities"',
    "cycle_routes": 'driver = "vector"\npath = "routes.zip"\nmore = ["routes.geojson"]',
    "planning_zones": 'driver = "vector"\npath = "zones.json"\nrename = { s = "symbol" }',
    "population": (
        'driver = "vector"\npath = "cells.gpkg"\n'
        'finer = [{ layer = "population_fine", municipalities = ["2261011"] }]'
    ),
    "population_fine": 'driver = "vector"\npath = "fine.gpkg"\nschema = "PopulationCells"',
    # tables
    "population_municipal": 'driver = "table"\npath = "people.csv"\nna = ["-"]\nthousands = " "',
    "od_flows": 'driver = "table"\npath = "flows.xlsx"\nsheet = "dane"\nskip_rows = 1',
    "coverage": 'driver = "table"\npath = "coverage.csv"',
    "school_holidays": 'driver = "table"\npath = "holidays.parquet"',
    "jobs": 'driver = "table"\npath = "jobs.zip"\ndecimal = ","\nseparator = ";"',
    "bike_parking": (
        'driver = "table"\npath = "stands.csv"\nx = "lon"\ny = "lat"\ncrs = "EPSG:4326"\n'
        'encoding = "cp1250"\nmap = { kind = { "1" = "a", "2" = "b" } }'
    ),
    "stop_posts": (
        'driver = "table"\npath = "posts.txt"\n'
        'locate = { layer = "localities", column = "place", match = "name" }'
    ),
    # rasters
    "built_up": 'driver = "raster"\npath = "built.tif"\nrange = [0, 1]',
    "land_cover": 'driver = "raster"\npath = "cover.tif"\nclasses = [1, 2, 3]',
    "elevation": 'driver = "raster"\npath = "height.asc"\ncrs = "EPSG:2180"',
    "population_before": 'driver = "raster"\npath = "people.tif"\nschema = "PopulationCells"',
    # the rest
    "timetable": (
        'driver = "gtfs"\npath = "bus.zip"\nmore = ["rail"]\nschool_holidays = "school_holidays"'
    ),
    "plans": 'driver = "app_gml"\npath = "plans"',
    "streets": 'driver = "osm"\npath = "streets.osm"',
    "streets_pbf": 'driver = "osm"\npath = "streets.osm.pbf"',
    "streets_json": 'driver = "osm"\npath = "streets.json"',
    "bike_share": 'driver = "gbfs"\npath = "gbfs"',
}


def catalog_text(*, box: bool) -> str:
    """Return the catalog; with ``box`` the place of every layer is judged without the others."""
    head = HEAD.format(box="bbox = [18.0, 53.5, 19.5, 55.5]\n" if box else "")
    return head + "".join(LAYER.format(name=n, text=t) for n, t in DECLARED.items())


def write(folder: Path) -> None:
    """Write all files of the metropolis."""
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _vectors(folder)
        _tables(folder)
        _rasters(folder)
        _timetable(folder)
        _plans(folder)
        _streets(folder)
        _gbfs(folder)
    (folder / "catalog.toml").write_text(catalog_text(box=False), encoding="utf-8")


def _frame(shapes: list[shapely.Geometry], **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=2180)


def _squares(count: int, side: float = SIDE, step: float = SIDE) -> list[shapely.Geometry]:
    return [
        shapely.box(
            WEST + step * (i % 2), SOUTH + step * (i // 2),
            WEST + step * (i % 2) + side, SOUTH + step * (i // 2) + side,
        )
        for i in range(count)
    ]  # fmt: skip


def _points(count: int) -> list[shapely.Geometry]:
    return [shapely.Point(WEST + 400 * i + 300, SOUTH + 700 * i + 200) for i in range(count)]


def _lines(count: int) -> list[shapely.Geometry]:
    return [
        shapely.LineString([(WEST, SOUTH + 500 * i), (WEST + 2500, SOUTH + 500 * i + 900)])
        for i in range(count)
    ]


def _vectors(folder: Path) -> None:
    names = ["Gdańsk", "Gdynia", "Sopot", "Łeba"]
    _frame(_squares(4), teryt=list(CODES), name=names).to_file(folder / "municipalities.gpkg")
    _frame(_points(5), name=["Główna", "b", "c", "d", "e"], ref=list("12345")).to_file(
        folder / "stations.shp", encoding="cp1250"
    )
    (folder / "stations.cpg").unlink(missing_ok=True)
    places = _frame(
        _points(4), name=["Oliwa", "Zaspa", "Orłowo", "Kamienny Potok"], seat=list("1000")
    )
    places.to_crs(4326).to_file(folder / "localities.geojson")
    areas = _frame(_squares(3), name=["k", "l", "m"], rank=["1", "2", "3"], form=["a", "b", "c"])
    areas.drop(columns="form").to_file(folder / "corridors.fgb")
    areas.drop(columns="rank").to_file(folder / "protected.gml", driver="GML")
    areas[["name", "geometry"]].to_crs(4326).to_file(folder / "areas.kml", driver="KML")
    nodes = _frame(_points(3), name=["Wrzeszcz", "Port", "Osowa"]).to_crs(4326)
    nodes.to_file(folder / "nodes.gpx", driver="GPX", layer="waypoints")
    _frame(_lines(2), name=["201", "202"]).to_file(folder / "rail.gdb", driver="OpenFileGDB")
    _frame(_squares(4, 40.0, 300.0), name=list("abcd")).to_parquet(folder / "buildings.parquet")
    routes = _frame(_lines(3), name=list("abc"), highway=["cycleway"] * 3, state=["built"] * 3)
    routes.to_crs(4326).to_file(folder / "routes.geojson")
    with zipfile.ZipFile(folder / "routes.zip", "w", zipfile.ZIP_DEFLATED) as out:
        routes.to_file(folder / "inner.shp")
        for part in sorted(folder.glob("inner.*")):
            out.write(part, f"drogi/{part.name}")
            part.unlink()
    _frame(_squares(3), s=["SW", "SU", None]).to_crs(4326).to_file(
        folder / "zones.json", driver="GeoJSON"
    )
    _frame(_squares(4), population=[100.0, 2.5, 0.0, 70.0]).to_file(folder / "cells.gpkg")
    _frame(_squares(4, 700.0, 700.0), population=[10.0, 20.0, 5.0, 7.0]).to_file(
        folder / "fine.gpkg"
    )


def _tables(folder: Path) -> None:
    rows = "\n".join(f"{c},Gmina {i},{i + 1} 000,{9 + i}.5" for i, c in enumerate(CODES))
    (folder / "people.csv").write_text(f"teryt,name,population,area_km2\n{rows}\n")
    pairs = [(a, b, 10 * i + j) for i, a in enumerate(CODES) for j, b in enumerate(CODES)]
    flows = pd.DataFrame(pairs, columns=["origin", "destination", "flow"])
    with pd.ExcelWriter(folder / "flows.xlsx", engine="openpyxl") as out:
        flows.to_excel(out, sheet_name="dane", startrow=1, index=False)
        pd.DataFrame({"opis": ["x"]}).to_excel(out, sheet_name="opis", index=False)
    (folder / "coverage.csv").write_bytes(
        "feed;teryt;mode;state\n*;2261011;bus;complete\nbus;22;rail;partial\n".encode("utf-16")
    )
    pd.DataFrame({"first": ["2024-12-20"], "last": ["2025-01-02"]}).to_parquet(
        folder / "holidays.parquet"
    )
    with zipfile.ZipFile(folder / "jobs.zip", "w", zipfile.ZIP_DEFLATED) as out:
        text = "teryt;jobs\n" + "".join(f"{c};{i},5\n" for i, c in enumerate(CODES))
        out.writestr("jobs.csv", text)
    spots = _frame(_points(4)).to_crs(4326).geometry
    stands = "".join(f"Łąka {i},{p.x:.6f},{p.y:.6f},{i},1\n" for i, p in enumerate(spots))
    (folder / "stands.csv").write_bytes(("name,lon,lat,capacity,kind\n" + stands).encode("cp1250"))
    (folder / "posts.txt").write_text("name|place|mode\na|Oliwa|bus\nb|Zaspa|tram\nc|Nikąd|bus\n")


def _rasters(folder: Path) -> None:
    rng = np.random.default_rng(1)
    place = {"transform": rasterio.Affine(100, 0, WEST, 0, -100, SOUTH + 6000), "crs": "EPSG:2180"}

    def raster(name: str, values: np.ndarray, **more: object) -> None:
        with rasterio.open(
            folder / name, "w", driver="GTiff", width=values.shape[1], height=values.shape[0],
            count=1, dtype=values.dtype, **{**place, **more},
        ) as out:  # fmt: skip
            out.write(values, 1)

    raster("built.tif", rng.integers(0, 2, (60, 60)).astype(np.uint8), nodata=255, compress="lzw")
    degrees = rasterio.transform.from_origin(18.52, 54.40, 0.0015, 0.001)
    raster("cover.tif", rng.integers(1, 4, (70, 70)).astype(np.int16), nodata=-1, tiled=True,
           blockxsize=16, blockysize=16, compress="deflate", crs="EPSG:4326",
           transform=degrees)  # fmt: skip
    raster("people.tif", rng.gamma(1.0, 5.0, (30, 30)).astype(np.float32), nodata=-9999.0,
           predictor=3, compress="deflate")  # fmt: skip
    heights = "\n".join(" ".join(f"{v:.1f}" for v in row) for row in rng.normal(50, 9, (12, 12)))
    (folder / "height.asc").write_text(
        f"ncols 12\nnrows 12\nxllcorner {WEST}\nyllcorner {SOUTH}\ncellsize 500\n"
        f"NODATA_value -9999\n{heights}\n"
    )


def _timetable(folder: Path) -> None:
    spots = list(_frame(_points(4)).to_crs(4326).geometry)
    stops = "".join(f"s{i},Przystanek {i},{p.y:.6f},{p.x:.6f}\n" for i, p in enumerate(spots))
    trips = [f"t{i}" for i in range(6)]
    times = "".join(
        f"{t},{6 + i}:{10 * k:02d}:00,{6 + i}:{10 * k:02d}:30,s{k},{k}\n"
        for i, t in enumerate(trips)
        for k in range(4)
    )
    tables = {
        "agency": "agency_id,agency_name,agency_url,agency_timezone\nA,ZTM,http://a,Europe/Warsaw\n",
        "stops": "stop_id,stop_name,stop_lat,stop_lon\n" + stops,
        "routes": "route_id,agency_id,route_short_name,route_type\nr1,A,112,3\nr2,A,SKM,2\n",
        "trips": "route_id,service_id,trip_id,direction_id,shape_id\n"
        + "".join(f"r{1 + i % 2},w,{t},{i % 2},h\n" for i, t in enumerate(trips)),
        "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n" + times,
        "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
        "start_date,end_date\nw,1,1,1,1,1,0,0,20240901,20241231\n",
        "calendar_dates": "service_id,date,exception_type\nw,20241101,2\n",
        "frequencies": "trip_id,start_time,end_time,headway_secs\nt0,06:00:00,08:00:00,600\n",
        "shapes": "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n"
        + "".join(f"h,{p.y:.6f},{p.x:.6f},{i}\n" for i, p in enumerate(spots)),
        "feed_info": "feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date,"
        "feed_end_date\nZTM,http://a,pl,20240901,20241231\n",
    }
    with zipfile.ZipFile(folder / "bus.zip", "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in tables.items():
            out.writestr(f"{name}.txt", text)
    (folder / "rail").mkdir(exist_ok=True)
    for name, text in tables.items():
        if name not in ("frequencies", "shapes"):
            (folder / "rail" / f"{name}.txt").write_text(text.replace("112", "220"))


def _builder() -> ModuleType:
    path = Path(__file__).parents[1] / "planning" / "gml_builder.py"
    spec = importlib.util.spec_from_file_location("gml_builder", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _plans(folder: Path) -> None:
    gml = _builder()
    (folder / "plans").mkdir(exist_ok=True)
    for i, code in enumerate(CODES[:2]):
        square = _squares(2)[i]
        half = shapely.box(*square.bounds[:2], square.bounds[0] + SIDE / 2, square.bounds[3])
        text = gml.document(
            gml.act(square, teryt=code[:6]),
            gml.zone(half, teryt=code[:6], local_id="1SW"),
        )
        (folder / "plans" / f"{code}.gml").write_text(text, encoding="utf-8")


def _streets(folder: Path) -> None:
    spots = list(_frame([shapely.Point(WEST + 500 * (i % 4), SOUTH + 500 * (i // 4))
                         for i in range(16)]).to_crs(4326).geometry)  # fmt: skip
    ways = [[4 * r + c + 1 for c in range(4)] for r in range(4)]
    ways += [[4 * r + c + 1 for r in range(4)] for c in range(4)]
    kinds = [
        {"highway": "residential", "name": "Długa", "maxspeed": "30"},
        {"highway": "cycleway", "oneway": "yes"},
        {"highway": "primary", "maxspeed": "50", "lanes": "2", "cycleway:left": "lane"},
        {"highway": "footway", "bicycle": "no"},
    ]
    with osmium.SimpleWriter(str(folder / "streets.osm"), overwrite=True) as xml:
        for number, spot in enumerate(spots, 1):
            xml.add_node(osmium.osm.mutable.Node(id=number, location=(spot.x, spot.y), version=1))
        for i, nodes in enumerate(ways):
            xml.add_way(
                osmium.osm.mutable.Way(id=100 + i, nodes=nodes, tags=kinds[i % 4], version=1)
            )
    with osmium.SimpleWriter(str(folder / "streets.osm.pbf"), overwrite=True) as pbf:
        for thing in osmium.FileProcessor(str(folder / "streets.osm")):
            pbf.add(thing)
    elements: list[dict[str, object]] = [
        {"type": "node", "id": n, "lon": p.x, "lat": p.y} for n, p in enumerate(spots, 1)
    ]
    elements += [
        {"type": "way", "id": 100 + i, "nodes": nodes, "tags": kinds[i % 4]}
        for i, nodes in enumerate(ways)
    ]
    elements.append(
        {"type": "relation", "id": 7, "tags": {"highway": "pedestrian"},
         "members": [{"type": "way", "ref": 100, "role": "outer"}]}
    )  # fmt: skip
    (folder / "streets.json").write_text(json.dumps({"version": 0.6, "elements": elements}))


def _gbfs(folder: Path) -> None:
    (folder / "gbfs").mkdir(exist_ok=True)
    spots = list(_frame(_points(3)).to_crs(4326).geometry)
    stations = [
        {"station_id": str(i), "name": f"Stacja {i}", "lon": p.x, "lat": p.y, "capacity": 10}
        for i, p in enumerate(spots)
    ]
    states = [
        {"station_id": str(i), "num_bikes_available": 3, "num_docks_available": 7,
         "is_installed": 1, "is_renting": 1, "last_reported": 1729000000}
        for i in range(3)
    ]  # fmt: skip
    for name, content in (("station_information", stations), ("station_status", states)):
        (folder / "gbfs" / f"{name}.json").write_text(
            json.dumps({"last_updated": 1729000000, "ttl": 60, "data": {"stations": content}})
        )
