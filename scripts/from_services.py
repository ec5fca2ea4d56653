"""From an empty folder to an atlas: the demo's layers served in official form, fetched, compared.

python scripts/from_services.py FOLDER [--municipalities N --people N] [--layers-only]

Starts a server on loopback that answers as the official services do: a WFS of boundaries and one of
ecological corridors (GML, northing first, paged), the Local Data Bank, an OGC API, lists of
timetables, GBFS, an extract of OpenStreetMap, downloads. Then runs the commands that a planner
would, from an empty folder:

    metrogis layers new bay --teryt 3201,3202,3261 --sources mirror.toml
    metrogis layers fetch layers/bay --data data --sources mirror.toml
    metrogis atlas layers/bay --data data -o fetched

and compares the atlas with that of the same layers read from files. Exits with 1 and lists what
differs. The demo's invented voivodeship 98 becomes 32, in which it would lie.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from compare_atlases import differences  # noqa: E402

from metrogis import demo  # noqa: E402
from metrogis.catalog.new import value_of  # noqa: E402
from tests.sources.services import servers  # noqa: E402

CODES = re.compile(r"98(?=(?:61|01|02)\d{2,3}(?!\d))")
"""The demo's municipalities, wherever a text names them."""
REAL = "32"
TITLE = "Bay"
SERVED = ("municipalities", "corridors", "population_municipal", "streets", "timetable")
"""Layers that come as the official table says; of the others the mirror has its own services."""
COLLECTIONS = ("rail_stations", "interchanges")
"""Layers that come from an OGC API."""
SURE = {"metro", "layers", "catalog", "parameters_of_catalog", "audit", "licences", "data"}
"""Keys of atlas.json that tell of files and catalogs, not of results."""
OF_FILES = re.compile(r"atlas\.json: state: checks: \w+: inputs: ")
"""Of which files, from whom and of when a result is: these do differ."""


def copy_of_demo(folder: Path, **size: Any) -> Path:
    """Write a demo whose codes are those of a real voivodeship; return its folder."""
    target = demo.build(folder / "copy", **size)
    for path in sorted(target.rglob("*")):
        if path.suffix in (".csv", ".gml", ".geojson", ".json") and path.is_file():
            text = path.read_text(encoding="utf-8")
            path.write_text(CODES.sub(REAL, text), encoding="utf-8")
    for path in sorted((target / "plans").glob("98*.gml")):
        path.rename(path.with_name(REAL + path.name[2:]))
    shapes = gpd.read_file(target / "municipalities.gpkg")
    shapes["teryt"] = shapes["teryt"].str.replace(CODES, REAL, regex=True)
    shapes.to_file(target / "municipalities.gpkg", layer="municipalities")
    catalog = target / "catalog.toml"
    # as the new catalog: the city with county rights is the core, the title is given
    core = '\n[parameters.functional_links]\ncore = ["3261011"]\n[parameters.rail_access]\n'
    text = re.sub(r"(?m)^bbox = .*\n", "", catalog.read_text(encoding="utf-8"))
    text = re.sub(r"(?m)^note = .*\n", "", text)
    # classes of the demo's own land cover: a new catalog has those of CORINE
    text = re.sub(r"(?m)^\[parameters\.\w+\]\nunbuildable_values = .*\n\n?", "", text)
    text = re.sub(r"(?m)^name = .*$", f'name = "{TITLE}"', text, count=1)
    catalog.write_text(text + core + 'core = ["3261011"]\n', encoding="utf-8")
    return target


def units_of(copy: Path) -> list[str]:
    """Return the counties of the copy."""
    return sorted({code[:4] for code in gpd.read_file(copy / "municipalities.gpkg")["teryt"]})


# --------------------------------------------------------------------------- services


def wfs(kind: str, frame: gpd.GeoDataFrame) -> servers.Handler:
    """Answer as a WFS 2.0 of areas whose coordinates have the northing first."""
    crs = "urn:ogc:def:crs:EPSG::2180"
    columns = [c for c in frame.columns if c != frame.geometry.name]

    def answer(call: servers.Call) -> None:
        q = {k.lower(): v for k, v in call.query.items()}
        asked = q.get("request", "")
        if asked == "GetCapabilities":
            call.send(servers._capabilities(crs).replace("ms:places", kind))
        elif asked == "DescribeFeatureType":
            rows = "".join(f'<element name="{c}" type="string"/>' for c in columns)
            call.send(f'<schema xmlns="http://www.w3.org/2001/XMLSchema">{rows}</schema>')
        else:
            found = frame
            if "bbox" in q:
                south, west, north, east = map(float, q["bbox"].split(",")[:4])
                found = frame[frame.intersects(shapely.box(west, south, east, north))]
            start, count = int(q.get("startindex", 0)), int(q.get("count", 10))
            page = found.iloc[start : start + min(count, 5)]  # a server that caps its pages
            if q.get("resulttype") == "hits":
                page = found.iloc[:0]
            call.send(_collection(kind, page, columns, len(found), crs))

    return answer


def _collection(
    kind: str, page: gpd.GeoDataFrame, columns: list[str], total: int, crs: str
) -> str:  # fmt: skip
    prefix, name = kind.split(":")
    members = []
    for i, row in page.iterrows():
        fields = "".join(
            f"<{prefix}:{c}>{_escaped(row[c])}</{prefix}:{c}>"
            for c in columns
            if row[c] is not None
        )
        members.append(
            f'<wfs:member><{kind} gml:id="{name}.{i}">{fields}<{prefix}:geom>'
            f"{_surface(row[page.geometry.name], crs, f's{i}')}</{prefix}:geom></{kind}>"
            "</wfs:member>"
        )
    return (
        f'<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" '
        f'xmlns:gml="{servers.GML}" xmlns:{prefix}="http://example.org/{prefix}" '
        f'numberMatched="{total}" numberReturned="{len(page)}">{"".join(members)}'
        "</wfs:FeatureCollection>"
    )


def _escaped(value: Any) -> str:
    return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _surface(shape: Any, crs: str, name: str) -> str:
    parts = shapely.get_parts(shape)
    rings = []
    for k, part in enumerate(parts):
        outer = f"<gml:exterior>{_ring(part.exterior)}</gml:exterior>"
        inner = "".join(f"<gml:interior>{_ring(r)}</gml:interior>" for r in part.interiors)
        rings.append(
            f'<gml:surfaceMember><gml:Polygon gml:id="{name}.{k}">{outer}{inner}</gml:Polygon>'
            "</gml:surfaceMember>"
        )
    return f'<gml:MultiSurface gml:id="{name}" srsName="{crs}">{"".join(rings)}</gml:MultiSurface>'


def _ring(ring: Any) -> str:
    places = " ".join(f"{y!r} {x!r}" for x, y in ring.coords)
    return f"<gml:LinearRing><gml:posList>{places}</gml:posList></gml:LinearRing>"


def bank(people: pd.DataFrame) -> servers.Handler:
    """Answer as the Local Data Bank does for one variable."""
    whole = people[people["teryt"].str[-1].isin(list("123"))]

    def unit(code: str) -> str:
        return f"04{code[:2]}145{code[2:7]}"  # a region, voivodeship, subregion, county, kind

    def answer(call: servers.Call) -> None:
        q = call.query
        if call.path.endswith("/units"):
            rows = [{"id": f"04{REAL}00000000", "name": "ZACHODNIOPOMORSKIE"}]
            call.send(json.dumps({"results": rows, "totalRecords": 1}))
        elif call.path.endswith("/attributes"):
            call.send(json.dumps({"results": [{"id": 1, "symbol": ""}]}))
        elif call.path.endswith("/variables/72305"):
            years = list(range(1995, time.localtime().tm_year))
            call.send(json.dumps({"id": 72305, "level": 6, "years": years}))
        else:
            page, size = int(q["page"]), int(q["page-size"])
            part = whole.iloc[page * size : (page + 1) * size]
            rows = [
                {"id": unit(r.teryt), "name": r.name_,
                 "values": [{"year": q["year"], "val": int(r.pop_), "attrId": 1}]}
                for r in part.rename(columns={"name": "name_", "pop": "pop_"}).itertuples()
            ]  # fmt: skip
            content: dict[str, Any] = {"totalRecords": len(whole), "results": rows}
            if (page + 1) * size < len(whole):
                content["links"] = {"next": f"http://inner:80/x?page={page + 1}"}
            call.send(json.dumps(content))

    return answer


def features(collections: dict[str, dict[str, Any]]) -> servers.Handler:
    """Answer as an OGC API with several collections, by pages of ten."""

    def answer(call: servers.Call) -> None:
        name = call.path.split("/collections/")[1].split("/")[0]
        rows = collections[name]["features"]
        if not call.path.endswith("/items"):
            call.send(
                json.dumps({"id": name, "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]})
            )
            return
        start = int(call.query.get("offset", 0))
        count = min(int(call.query.get("limit", 10)), 10)
        page = [
            {**row, "id": f"{name}.{start + i}"}
            for i, row in enumerate(rows[start : start + count])
        ]
        link = f"http://{call.headers['host']}{call.path}?limit={count}&offset={start + count}"
        links = [{"rel": "next", "href": link}] if start + count < len(rows) else []
        call.send(json.dumps({"type": "FeatureCollection", "features": page, "links": links,
                              "numberMatched": len(rows)}))  # fmt: skip

    return answer


def handler(copy: Path) -> servers.Handler:
    """Answer as all services of the demo's layers."""
    shapes = gpd.read_file(copy / "municipalities.gpkg")
    prg = shapes.rename(columns={"teryt": "JPT_KOD_JE", "name": "JPT_NAZWA_"})
    # a neighbour that is no part of the metropolis comes with the others
    away = prg.iloc[[0]].assign(JPT_KOD_JE="3208011", JPT_NAZWA_="Away")
    away.geometry = away.geometry.translate(40_000, 0)
    prg = gpd.GeoDataFrame(pd.concat([prg, away], ignore_index=True), crs=prg.crs)
    gdos = gpd.read_file(copy / "corridors.gpkg").rename(columns={"name": "nazwa"})
    routes: dict[str, servers.Handler] = {
        "/geoportal/wss/service/PZGIK/PRG/WFS/": wfs("ms:A03_Granice_gmin", prg),
        "/gdos/": wfs("GDOS:korytarzeEkologiczne", gdos),
        "/bdl/": bank(pd.read_csv(copy / "population_municipal.csv", dtype={"teryt": str})),
        "/api/": features(
            {
                name: json.loads((copy / f"{name}.geojson").read_text(encoding="utf-8"))
                for name in COLLECTIONS
            }
        ),
    }
    plain = {
        f"/files/{path.relative_to(copy).as_posix()}": path.read_bytes()
        for path in copy.rglob("*")
        if path.is_file()
    }
    plain["/osm/europe/poland/zachodniopomorskie-latest.osm.pbf"] = plain["/files/streets.osm.pbf"]
    files = servers.files(plain)

    def answer(call: servers.Call) -> None:
        if call.path == "/files/gbfs/gbfs.json":
            here = f"http://{call.headers['host']}/files/gbfs"
            names = ("station_information", "station_status")
            feeds = [{"name": name, "url": f"{here}/{name}.json"} for name in names]
            call.send(json.dumps({"version": "2.3", "data": {"pl": {"feeds": feeds}}}))
            return
        for start, route in routes.items():
            if call.path.startswith(start):
                route(call)
                return
        files(call)

    return answer


# --------------------------------------------------------------------------- the mirror


def mirror(copy: Path, address: str) -> str:
    """Return the file of sources that leads to the server, as an office with a mirror has it."""
    content = tomllib.loads((copy / "catalog.toml").read_text(encoding="utf-8"))
    layers = content["layers"]
    lines = ["allow_local = true", f"only = {value_of([*layers, 'members'])}", "[addresses]"]
    moved = {
        "https://mapy.geoportal.gov.pl/": f"{address}/geoportal/",
        "https://sdi.gdos.gov.pl/": f"{address}/gdos/",
        "https://bdl.stat.gov.pl/": f"{address}/bdl/",
        "https://download.geofabrik.de/": f"{address}/osm/",
    }
    lines += [f"{value_of(old)} = {value_of(new)}" for old, new in moved.items()]
    for name, layer in layers.items():
        if name not in SERVED:
            made = {**layer, "fetch": _origins(copy, name, layer, address)}
            if name in COLLECTIONS:
                made["path"] = f"{name}.gpkg"
            lines += [f"[layers.{name}]", 'countries = ["*"]', f"catalog = {value_of(made)}"]
    timetable = layers["timetable"]
    for path in [timetable["path"], *timetable["more"]]:
        row = {"name": Path(path).stem, "operator": "operator", "areas": units_of(copy),
               "url": f"{address}/files/{path}", "licence": timetable["licence"],
               "attribution": timetable["attribution"], "redistribute": "yes"}  # fmt: skip
        lines += ["[[feeds]]", *(f"{key} = {value_of(value)}" for key, value in row.items())]
    return "\n".join(lines) + "\n"


def _origins(copy: Path, name: str, layer: dict[str, Any], address: str) -> Any:
    """Return where a layer of the mirror is fetched from."""
    if name in COLLECTIONS:
        return {"service": "ogcapi", "url": f"{address}/api", "collection": name}
    if layer["driver"] == "gbfs":
        return {"service": "gbfs", "url": f"{address}/files/gbfs/gbfs.json"}
    path = copy / layer["path"]
    if path.is_dir():
        return [
            {"service": "download", "url": f"{address}/files/{layer['path']}/{file.name}",
             "to": f"{layer['path']}/{file.name}"}
            for file in sorted(path.iterdir())
        ]  # fmt: skip
    return {"service": "download", "url": f"{address}/files/{layer['path']}"}


# --------------------------------------------------------------------------- commands


def run(*words: str, where: Path) -> None:
    """Run a command as a planner would; stop where it fails."""
    print("$ metrogis", " ".join(words), flush=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "METROGIS_CACHE": str(where / "cache"),
                   "METROGIS_LANG": "en"}  # fmt: skip
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "metrogis", *words], cwd=where, env=environment,
                          capture_output=True, text=True, check=False)  # fmt: skip
    print(f"  {time.monotonic() - start:.0f} s", flush=True)
    if done.returncode:
        raise SystemExit(f"{done.stdout}{done.stderr}exit code {done.returncode}")


def of_the_year(catalog: Path, copy: Path) -> None:
    """Let a catalog be made on the day the demo's timetables are of, and not years after them."""
    layers = tomllib.loads((copy / "catalog.toml").read_text(encoding="utf-8"))["layers"]
    day = str(layers["timetable"]["date"])
    text = catalog.read_text(encoding="utf-8")
    catalog.write_text(text.replace(date.today().isoformat(), day), encoding="utf-8")


def fetched(folder: Path, copy: Path) -> Path:
    """Make a catalog and fetch its layers from an empty folder; return the catalog's folder."""
    with servers.serving(handler(copy)) as server:
        sources = folder / "mirror.toml"
        sources.write_text(mirror(copy, server.address), encoding="utf-8")
        named = ["--sources", sources.name]
        run("layers", "new", "bay", "--teryt", ",".join(units_of(copy)), "--title", TITLE,
            *named, where=folder)  # fmt: skip
        of_the_year(folder / "layers/bay/catalog.toml", copy)
        run("layers", "fetch", "layers/bay", "--data", "data", *named, where=folder)
    return folder / "layers/bay"


def same_rows(folder: Path, line: str) -> bool:
    """Tell whether a table that differs has the same rows: stops come in the order of feeds."""
    name = line.split(":", 1)[0]
    if not name.endswith(".csv"):
        return False
    texts = [(folder / one / name).read_text(encoding="utf-8") for one in ("files", "fetched")]
    return sorted(texts[0].splitlines()) == sorted(texts[1].splitlines())


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--municipalities", type=int)
    parser.add_argument("--people", type=int)
    parser.add_argument("--layers-only", action="store_true", help="fetch, and publish nothing")
    options = parser.parse_args()
    folder = options.folder.resolve()
    if folder.exists() and any(folder.iterdir()):
        raise SystemExit(f"{folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    size = {"municipalities": options.municipalities, "people": options.people}
    copy = copy_of_demo(folder, **size)
    fetched(folder, copy)
    if options.layers_only:
        return 0
    shutil.rmtree(folder / "cache", ignore_errors=True)
    run("atlas", "layers/bay", "--data", "data", "-o", "fetched", where=folder)
    run("atlas", "copy", "-o", "files", where=folder)
    found = [line for line in differences(folder / "files", folder / "fetched", 1e-9)
             if not any(line.startswith(f"atlas.json: {key}") for key in SURE)
             and not OF_FILES.match(line) and not same_rows(folder, line)]  # fmt: skip
    print("\n".join(found) if found else "the same numbers")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
