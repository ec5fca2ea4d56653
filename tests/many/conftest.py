"""Tiny metropolises: three municipalities and a table of flows, so that one check can be run."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

CODES = ["2261011", "2262011", "2264011"]
CATALOG = """
[metro]
id = "{name}"
name = {{ pl = "Metropolia {name}", en = "Metropolis {name}" }}
data = "beside"
[parameters.functional_links]
core = ["2262011"]
[layers.municipalities]
driver = "vector"
path = "m.gpkg"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.od_flows]
driver = "table"
path = "od.csv"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.cycle_routes]
missing = "none at hand"
"""


def make_metro(folder, number):
    """Write one metropolis, 100 km south of the one before."""
    folder.mkdir(parents=True)
    south = 720_000 - 100_000 * number
    boxes = [
        shapely.box(470_000 + 5_000 * i, south, 475_000 + 5_000 * i, south + 5_000)
        for i in range(3)
    ]
    gpd.GeoDataFrame({"teryt": CODES, "name": ["A", "B", "C"]}, geometry=boxes, crs=2180).to_file(
        folder / "m.gpkg"
    )
    rows = [
        f"{a},{b},{10 + i + 3 * j + 5 * number}"
        for i, a in enumerate(CODES)
        for j, b in enumerate(CODES)
    ]
    (folder / "od.csv").write_text("origin,destination,flow\n" + "\n".join(rows))
    (folder / "catalog.toml").write_text(CATALOG.format(name=folder.name))
    return folder


@pytest.fixture
def layers(tmp_path, monkeypatch):
    """Return a folder of three metropolises."""
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path / "cache"))
    for number in range(3):
        make_metro(tmp_path / "layers" / f"m{number}", number)
    return tmp_path / "layers"
