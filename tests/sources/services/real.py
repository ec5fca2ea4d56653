"""Real servers for the tests: MapServer behind a small CGI, pygeoapi in a process of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.sources.services import servers

MAPSERVER = shutil.which("mapserv") or (
    "/usr/lib/cgi-bin/mapserv" if Path("/usr/lib/cgi-bin/mapserv").is_file() else None
)


def pygeoapi_python() -> str | None:
    """Return the Python that has pygeoapi: this one, or that of METROGIS_TEST_PYGEOAPI."""
    other = os.environ.get("METROGIS_TEST_PYGEOAPI")
    if other:
        return other
    return sys.executable if importlib.util.find_spec("pygeoapi") else None


MAPFILE = """MAP
  NAME "test"
  EXTENT 100000 100000 900000 900000
  PROJECTION "init=epsg:2180" END
  WEB METADATA
    "wfs_title" "test" "wfs_onlineresource" "{address}/wfs?" "wfs_srs" "EPSG:2180 EPSG:4326"
    "wfs_enable_request" "*" "wfs_maxfeatures" "{cap}"
  END END
  LAYER
    NAME "places"
    TYPE POLYGON
    STATUS ON
    CONNECTIONTYPE OGR
    CONNECTION "{file}"
    DATA "places"
    PROJECTION "init=epsg:2180" END
    METADATA
      "wfs_title" "places" "gml_include_items" "all" "gml_featureid" "kod" "gml_types" "auto"
    END
  END
END
"""


@contextlib.contextmanager
def mapserver(file: Path, folder: Path, *, cap: int = 10_000) -> Iterator[servers.Server]:
    """Run MapServer over a GeoPackage with a layer ``places`` of polygons in EPSG:2180."""
    mapfile = folder / "test.map"
    config = folder / "mapserver.conf"
    config.write_text('CONFIG\nENV\n  "MS_MAP_PATTERN" "."\nEND\nEND\n')

    def answer(call: servers.Call) -> None:
        environment = {
            **os.environ,
            "REQUEST_METHOD": "GET",
            "QUERY_STRING": call.http.path.partition("?")[2],
            "MS_MAPFILE": str(mapfile),
            "MAPSERVER_CONFIG_FILE": str(config),
            "SERVER_NAME": "127.0.0.1",
            "SCRIPT_NAME": "/wfs",
        }
        ran = subprocess.run([str(MAPSERVER)], env=environment, capture_output=True, check=False)
        head, _mark, body = ran.stdout.partition(b"\r\n\r\n")
        if not _mark:
            head, _mark, body = ran.stdout.partition(b"\n\n")
        kind = next((line.split(b":", 1)[1].strip().decode() for line in head.splitlines()
                     if line.lower().startswith(b"content-type")), "text/xml")  # fmt: skip
        call.send(body, headers={"Content-Type": kind})

    with servers.serving(answer) as server:
        mapfile.write_text(MAPFILE.format(address=server.address, file=file, cap=cap))
        yield server


PYGEOAPI = {
    "logging": {"level": "ERROR"},
    "metadata": {
        "identification": {
            "title": "t", "description": "t", "keywords": ["t"], "keywords_type": "theme",
            "terms_of_service": "https://a.pl", "url": "https://a.pl",
        },
        "license": {"name": "CC0", "url": "https://a.pl"},
        "provider": {"name": "t", "url": "https://a.pl"},
        "contact": {"name": "t", "position": "t", "address": "t", "city": "t",
                    "stateorprovince": "t", "postalcode": "t", "country": "t", "phone": "t",
                    "fax": "t", "email": "t@a.pl", "url": "https://a.pl", "hours": "t",
                    "instructions": "t", "role": "t"},
    },
}  # fmt: skip


@contextlib.contextmanager
def pygeoapi(file: Path, folder: Path, *, cap: int = 10_000) -> Iterator[str]:
    """Run pygeoapi over a GeoJSON in longitude and latitude, offered in EPSG:2180 as well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    crs84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    config = {
        **PYGEOAPI,
        "server": {
            "bind": {"host": "127.0.0.1", "port": port}, "url": address, "mimetype": "text/json",
            "encoding": "utf-8", "language": "en-US", "languages": ["en-US"],
            "limits": {"default_items": 10, "max_items": cap}, "gzip": False,
            "map": {"url": "https://a.pl", "attribution": "t"},
        },
        "resources": {"places": {
            "type": "collection", "title": "t", "description": "t", "keywords": ["t"],
            "links": [], "extents": {"spatial": {"bbox": [-180, -90, 180, 90], "crs": crs84}},
            "providers": [{
                "type": "feature", "name": "GeoJSON", "data": str(file), "id_field": "kod",
                "title_field": "kod", "storage_crs": crs84,
                "crs": [crs84, "http://www.opengis.net/def/crs/EPSG/0/2180"],
            }],
        }},
    }  # fmt: skip
    (folder / "config.yml").write_text(json.dumps(config))  # JSON is YAML
    environment = {
        **os.environ,
        "PYGEOAPI_CONFIG": str(folder / "config.yml"),
        "PYGEOAPI_OPENAPI": str(folder / "openapi.yml"),
        "PYTHONPATH": "",
    }
    python = str(pygeoapi_python())
    subprocess.run(
        [python, "-c", "from pygeoapi import cli; cli()", "openapi", "generate",
         str(folder / "config.yml"), "--output-file", str(folder / "openapi.yml")],
        env=environment, check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    code = f"from pygeoapi.flask_app import APP; APP.run(host='127.0.0.1', port={port})"
    process = subprocess.Popen(
        [python, "-c", code], env=environment, cwd=folder, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _turn in range(240):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/collections/places?f=json", timeout=5).close()
                break
            assert process.poll() is None, "pygeoapi ended"
            time.sleep(0.25)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)
