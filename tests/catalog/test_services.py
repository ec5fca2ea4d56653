"""Services whose files are made of what several addresses give."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile
from shapely import box

from metrogis.catalog import fetching, lock
from metrogis.errors import CatalogError
from metrogis.metro import Metro, open_metro
from metrogis.provenance import audit_of
from metrogis.sources.services import ghsl
from metrogis.sources.services.store import Store
from tests.catalog.test_feeds import KEEP
from tests.sources.services import servers


def opened(folder: Path, layers: str, *, bbox: str = "[18.2, 54.2, 18.9, 54.6]") -> Metro:
    """Open a metropolis of two municipalities and the layers given."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "catalog.toml").write_text(
        f"""[metro]
id = "test"
name = "Test"
date = "2024-01-01"
bbox = {bbox}

[layers.municipalities]
driver = "vector"
path = "municipalities.geojson"
{KEEP}
{layers}""",
        encoding="utf-8",
    )
    (folder / "data").mkdir(exist_ok=True)
    gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
        geometry=[box(460_000, 710_000, 472_000, 730_000), box(472_000, 710_000, 490_000, 730_000)],
        crs="EPSG:2180",
    ).to_file(folder / "data/municipalities.geojson")
    return open_metro(folder, data=folder / "data")


def fetched(metro: Metro, **more: object) -> list[fetching.Outcome]:
    with servers.quick() as client:
        return fetching.fetch(
            metro, client=client, store=Store(metro.directory / "store"), **more  # type: ignore[arg-type]
        )  # fmt: skip


def zipped(content: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return out.getvalue()


def layer(name: str, path: str, fetch: str, *, driver: str = "table", more: str = "") -> str:
    return (
        f'[layers.{name}]\ndriver = "{driver}"\npath = "{path}"\n{KEEP}{more}fetch = {{ {fetch}, '
        "allow_local = true }\n"
    )


# --------------------------------------------------------------------------- members

TABLE = b"teryt,population\n2261011,5\n2262011,6\n"


@pytest.mark.parametrize(
    ("content", "member", "ok"),
    [
        ({"a/POP.csv": TABLE, "readme.txt": b"x"}, "*.csv", True),
        ({"a/POP.csv": TABLE, "b/other.csv": b"y"}, "a/pop.csv", True),
        ({"a/POP.csv": TABLE, "b/other.csv": b"y"}, "*.csv", False),  # two
        ({"POP.csv": TABLE}, "*.tif", False),  # none
        ({"../POP.csv": TABLE}, "*.csv", False),  # leads out
        ({"/etc/POP.csv": TABLE}, "*.csv", False),
        ({"POP.csv": b"<html>sorry</html>"}, "*.csv", False),
        ({"POP.csv": b"0" * (2 << 20)}, "*.csv", False),  # larger than allowed
    ],
)
def test_a_member_of_an_archive_is_the_layer(
    tmp_path: Path, content: dict[str, bytes], member: str, ok: bool
) -> None:
    with servers.serving(servers.files({"/a.zip": zipped(content)})) as server:
        metro = opened(tmp_path, layer(
            "population_municipal", "people.csv",
            f'service = "download", url = "{server.address}/a.zip", member = "{member}", '
            "max_mb = 1",
        ))  # fmt: skip
        found, = fetched(metro)  # fmt: skip
        asked = len(server.calls)
        if ok:
            assert found.state == "fetched", found.error
            assert metro["population_municipal"]["population"].sum() == 11
            again, = fetched(metro, update=True)  # fmt: skip
            assert again.state == "same"
            assert server.calls[asked].headers.get("if-none-match")  # not fetched a second time
        else:
            assert found.state == "failed"
            assert found.error is not None
            assert found.error.layer == "population_municipal"
            assert not (tmp_path / "data/people.csv").exists()


def test_a_shapefile_is_taken_with_the_files_beside_it(tmp_path: Path) -> None:
    gpd.GeoDataFrame({"name": ["S"]}, geometry=gpd.points_from_xy([470_000], [720_000]),
                     crs="EPSG:2180").to_file(tmp_path / "st.shp")  # fmt: skip
    content = {f"deep/{p.name}": p.read_bytes() for p in tmp_path.glob("st.*")}
    content["deep/other.shp"] = b"x"
    with servers.serving(servers.files({"/a.zip": zipped(content)})) as server:
        metro = opened(tmp_path, layer(
            "rail_stations", "stations.zip",
            f'service = "download", url = "{server.address}/a.zip", member = "st.shp"',
            driver="vector",
        ))  # fmt: skip
        found, = fetched(metro)  # fmt: skip
    assert found.state == "fetched", found.error
    assert list(metro["rail_stations"]["name"]) == ["S"]


# --------------------------------------------------------------------------- Atom

FEED = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" {base}><title>PD</title>
<link rel="self" href="x"/>
<entry><title>Siatka NSP 2021</title><id>urn:grid</id>
  <link rel="describedby" href="meta.xml"/><link rel="alternate" type="text/html" href="a.html"/>
  {links}</entry>
<entry><title>Siatka NSP 2011</title><id>urn:old</id><link href="old.zip"/></entry>
</feed>"""


@pytest.mark.parametrize(
    ("links", "base", "more", "says"),
    [
        ('<link href="files/grid.zip"/>', "", "", None),
        (
            '<link rel="enclosure" href="/atom/files/grid.zip"/><link href="other.zip"/>',
            "",
            "",
            None,
        ),
        ('<link href="grid.zip"/>', 'xml:base="files/"', "", None),
        ('<link href="files/grid.zip"/><link href="b.zip"/>', "", ', link = "grid.*"', None),
        ('<link href="files/grid.zip"/><link href="b.zip"/>', "", "", "several files"),
        ("", "", "", "no file"),
        ('<link type="application/atom+xml" href="inner.xml"/>', "", "", None),
        ('<link href="file:///etc/passwd"/>', "", "", "of this kind"),
    ],
)
def test_an_entry_of_a_feed_leads_to_its_file(
    tmp_path: Path, links: str, base: str, more: str, says: str | None
) -> None:
    inner = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>f</title>' \
            '<link rel="section" href="files/grid.zip"/></entry></feed>'  # fmt: skip
    content = {
        "/atom/PD": FEED.format(links=links, base=base).encode(),
        "/atom/inner.xml": inner.encode(),
        "/atom/files/grid.zip": zipped({"GRID/a.csv": TABLE}),
    }
    with servers.serving(servers.files(content)) as server:
        metro = opened(tmp_path, layer(
            "population_municipal", "people.csv",
            f'service = "atom", url = "{server.address}/atom/PD", entry = "nsp 2021", '
            f'member = "*.csv"{more}',
        ))  # fmt: skip
        found, = fetched(metro)  # fmt: skip
    if says is None:
        assert found.state == "fetched", found.error
        assert (tmp_path / "data/people.csv").read_bytes() == TABLE
    else:
        assert found.state == "failed"
        assert says in str(found.error)


@pytest.mark.parametrize(
    ("body", "entry", "says"),
    [
        (FEED, "NSP", "2 entries"),
        (FEED, "2002", "0 entries"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><feed>&b;</feed>', "a", "DOCTYPE"),
        ("<html/>", "a", "no Atom feed"),
        ("<feed", "a", "cannot be read"),
    ],
)
def test_a_feed_that_does_not_say_which_file_is_one_error(
    tmp_path: Path, body: str, entry: str, says: str
) -> None:
    text = body.format(links="", base="") if "{links}" in body else body
    with servers.serving(servers.files({"/atom/PD": text.encode()})) as server:
        metro = opened(tmp_path, layer(
            "population_municipal", "people.csv",
            f'service = "atom", url = "{server.address}/atom/PD", entry = "{entry}"',
        ))  # fmt: skip
        found, = fetched(metro)  # fmt: skip
    assert says in str(found.error)


def test_keys_go_to_the_server_of_the_catalog_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATOM_KEY", "tops3cret")
    with servers.serving(servers.files({"/a.csv": TABLE})) as other:
        feed = FEED.format(links=f'<link href="{other.address}/a.csv"/>', base="").encode()
        with servers.serving(servers.files({"/atom": feed})) as server:
            metro = opened(tmp_path, layer(
                "population_municipal", "people.csv",
                f'service = "atom", url = "{server.address}/atom", entry = "urn:grid", '
                'headers_env = { X-Key = "ATOM_KEY" }',
            ))  # fmt: skip
            found, = fetched(metro)  # fmt: skip
            assert found.state == "fetched", found.error
            assert server.calls[0].headers["x-key"] == "tops3cret"
        assert "x-key" not in other.calls[0].headers


# --------------------------------------------------------------------------- GHSL


def tile(
    name: str, *, crs: str = ghsl.CRS, shift: float = 0.0, value: float | None = None
) -> bytes:
    """Return a tile of 1 km cells, each with the number of its column in the whole grid."""
    row, column = (int(part[1:]) - 1 for part in name.split("_"))
    west, north = -18_041_000 + column * 1e6 + shift, 9_000_000 - row * 1e6
    cells = np.tile(np.arange(1000, dtype=np.float32) + column * 1000, (1000, 1))
    if value is not None:
        cells[:] = value
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", width=1000, height=1000, count=1, dtype="float32", crs=crs,
                         nodata=-200, transform=rasterio.Affine(1000, 0, west, 0, -1000, north),
                         compress="deflate") as out:  # fmt: skip
            out.write(cells, 1)
        return zipped({f"GHS/{name}.tif": memory.read(), "readme.pdf": b"x"})


def address(name: str) -> str:
    return ghsl.address_of("", "POP", 2025, 1000, name, release="R2023A", version="V1-0")


def ghsl_layer(server: servers.Server) -> str:
    return layer(
        "population_cells", "pop.tif",
        f'service = "ghsl", product = "POP", year = 2025, resolution = 1000, buffer = 3000, '
        f'url = "{server.address}"',
        driver="raster", more='schema = "PopulationCells"\n',
    )  # fmt: skip


def test_one_tile_is_clipped_to_the_area(tmp_path: Path) -> None:
    with servers.serving(servers.files({address("R3_C20"): tile("R3_C20")})) as server:
        found, = fetched(opened(tmp_path, ghsl_layer(server)))  # fmt: skip
    assert found.state == "fetched", found.error
    with rasterio.open(tmp_path / "data/pop.tif") as data:
        cells, bounds = data.read(1), data.bounds
        assert data.crs.to_authority() == ("ESRI", "54009")
        assert data.nodata == -200
    assert cells.shape[0] < 100
    # every cell stands where it stood in the grid
    columns = np.round((bounds.left + 18_041_000) / 1000) + np.arange(cells.shape[1])
    assert np.array_equal(cells, np.tile(columns, (cells.shape[0], 1)).astype(np.float32))
    entry = lock.read(tmp_path)["pop.tif"]
    assert entry.complete
    assert entry.bounds == list(bounds)


# the edge between C19 and C20 lies at x = 959 km: about 13.5 degrees east in Pomerania
EDGE = "[13.3, 54.2, 13.9, 54.6]"


def test_an_area_across_an_edge_is_put_together_from_its_tiles(tmp_path: Path) -> None:
    names = ghsl.tiles_of(ghsl.area_of((13.3, 54.2, 13.9, 54.6), buffer=3000, resolution=1000))
    assert names == ["R3_C19", "R3_C20"]
    content = {address(name): tile(name) for name in names}
    with servers.serving(servers.files(content)) as server:
        found, = fetched(opened(tmp_path, ghsl_layer(server), bbox=EDGE))  # fmt: skip
    assert found.state == "fetched", found.error
    with rasterio.open(tmp_path / "data/pop.tif") as data:
        cells = data.read(1)
    assert np.all(np.diff(cells, axis=1) == 1)  # no seam
    assert {int(v) // 1000 for v in np.unique(cells)} == {18, 19}


def test_a_tile_that_is_not_there_is_a_doubt_and_its_cells_are_unknown(tmp_path: Path) -> None:
    with servers.serving(servers.files({address("R3_C20"): tile("R3_C20")})) as server:
        found, = fetched(opened(tmp_path, ghsl_layer(server), bbox=EDGE))  # fmt: skip
    assert found.entry is not None
    assert not found.entry.complete
    assert "R3_C19" in found.entry.doubts[0]["en"]
    with rasterio.open(tmp_path / "data/pop.tif") as data:
        cells = data.read(1, masked=True)
    assert 0 < cells.mask.mean() < 1
    assert cells.min() >= 19_000


@pytest.mark.parametrize("wrong", [{"crs": "EPSG:3857"}, {"shift": 300.0}])
def test_a_tile_on_another_grid_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    content = {address("R3_C20"): tile("R3_C20", **wrong)}  # type: ignore[arg-type]
    with servers.serving(servers.files(content)) as server:
        found, = fetched(opened(tmp_path, ghsl_layer(server)))  # fmt: skip
    assert "grid" in str(found.error)


def test_an_area_that_ends_on_an_edge_needs_no_further_tile() -> None:
    area = ghsl.Area(959_000.0, 6_100_000.0, 1_959_000.0, 6_200_000.0, 100)
    assert ghsl.tiles_of(area) == ["R3_C20"]
    wider = ghsl.Area(958_900.0, 6_000_000.0, 1_959_100.0, 7_000_100.0, 100)
    assert ghsl.tiles_of(wider) == [f"R{r}_C{c}" for r in (2, 3) for c in (19, 20, 21)]


# --------------------------------------------------------------------------- BDOT10k


def package(folder: Path, county: str, kind: str, *, lacking: str = "") -> bytes:
    """Return a county's package: buildings with a number of floors, roads with a class."""
    x = 465_000 + (int(county) - 2261) * 10_000
    buildings = gpd.GeoDataFrame(
        {"lokalnyId": [f"{county}-b{i}" for i in range(3)],
         "liczbaKondygnacji": ["01", "02", None]},
        geometry=[box(x + 20 * i, 720_000, x + 20 * i + 10, 720_010) for i in range(3)],
        crs="EPSG:2180",
    )  # fmt: skip
    roads = gpd.GeoDataFrame(
        {"lokalnyId": [f"{county}-r"], "klasaDrogi": ["G"]},
        geometry=gpd.GeoSeries.from_wkt([f"LINESTRING ({x} 720000, {x + 9} 720000)"]),
        crs="EPSG:2180",
    )
    content = {}
    frames = {"OT_BUBD_A": buildings, "OT_SKDR_L": roads, "OT_BUBDX_A": buildings}
    frames = {k: v for k, v in frames.items() if not lacking or lacking not in k}
    place = folder / f"{county}{kind}{lacking}"
    place.mkdir()
    if kind == "GPKG":
        for name, frame in frames.items():
            frame.to_file(place / "all.gpkg", layer=name)
    for name, frame in frames.items():
        if kind == "GPKG split":
            frame.to_file(place / f"PL.PZGiK.332.{county}__{name}.gpkg")
        if kind == "SHP":
            frame.rename(columns=lambda c: c[:10]).to_file(place / f"{county}__{name}.shp")
    for path in sorted(place.iterdir()):
        content[f"{county}/{path.name}"] = path.read_bytes()
    return zipped(content)


def bdot(server: servers.Server, classes: str = '["BUBD"]', form: str = "GPKG") -> str:
    return layer(
        "topography", "topography.gpkg",
        f'service = "bdot10k", url = "{server.address}/{{format}}/{{voivodeship}}/{{county}}.zip", '
        f'counties = ["2261", "2262"], classes = {classes}, format = "{form}"',
        driver="vector",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["GPKG", "GPKG split", "SHP"])
def test_classes_of_several_counties_are_one_layer(tmp_path: Path, kind: str) -> None:
    form = kind.split()[0]
    content = {f"/{form}/22/{c}.zip": package(tmp_path, c, kind) for c in ("2261", "2262")}
    with servers.serving(servers.files(content)) as server:
        metro = opened(tmp_path, bdot(server, '["BUBD", "SKDR"]', form))
        found, = fetched(metro)  # fmt: skip
    assert found.state == "fetched", found.error
    frame = metro["topography"]
    counts = frame.groupby(["county", "class"]).size().to_dict()
    assert counts == {("2261", "BUBD"): 3, ("2261", "SKDR"): 1,
                      ("2262", "BUBD"): 3, ("2262", "SKDR"): 1}  # fmt: skip
    floors = "liczbaKondygnacji"[: 10 if form == "SHP" else None]
    assert list(frame[frame["class"] == "BUBD"][floors].fillna("?")) == ["01", "02", "?"] * 2
    assert frame["source_id"].is_unique
    assert frame[frame["class"] == "SKDR"]["klasaDrogi"].tolist() == ["G", "G"]
    assert found.entry is not None
    assert found.entry.complete


@pytest.mark.parametrize("fault", ["missing", "html", "no class"])
def test_a_county_that_fails_costs_itself_and_is_said(tmp_path: Path, fault: str) -> None:
    content = {"/GPKG/22/2261.zip": package(tmp_path, "2261", "GPKG")}
    if fault == "html":
        content["/GPKG/22/2262.zip"] = b"<html>not found</html>"
    if fault == "no class":
        content["/GPKG/22/2262.zip"] = package(tmp_path, "2262", "GPKG", lacking="BUBD")
    with servers.serving(servers.files(content)) as server:
        metro = opened(tmp_path, bdot(server))
        found, = fetched(metro)  # fmt: skip
    assert found.state == "fetched", found.error
    assert found.entry is not None
    assert not found.entry.complete
    assert "2262" in found.entry.doubts[0]["en"]
    assert len(metro["topography"]) == 3
    assert any(row.action == "unknown" for row in audit_of(metro["topography"]))


def test_counties_that_all_fail_are_an_error(tmp_path: Path) -> None:
    with servers.serving(servers.files({})) as server:
        found, = fetched(opened(tmp_path, bdot(server)))  # fmt: skip
    assert found.state == "failed"
    assert "404" in str(found.error)
    with pytest.raises(CatalogError, match="county"):
        opened(tmp_path, bdot(server).replace("{county}", "x"))


# --------------------------------------------------------------------------- GBFS

STATIONS = {"data": {"stations": [
    {"station_id": "1", "name": "A", "lat": 54.4, "lon": 18.5, "capacity": 10},
    {"station_id": "2", "name": "B", "lat": 54.41, "lon": 18.6, "capacity": 4},
]}}  # fmt: skip
STATUS = {"data": {"stations": [
    {"station_id": "1", "num_bikes_available": 3, "is_installed": 1, "is_renting": 1},
    {"station_id": "2", "num_bikes_available": 0, "is_installed": 1, "is_renting": 1},
]}}  # fmt: skip


def discovery(host: str, version: str, *, status: bool = True) -> bytes:
    names = ["system_information", "station_information", *(["station_status"] if status else [])]
    rows = [{"name": n, "url": f"{host}/{n}.json"} for n in names]
    wrong = [{"name": n, "url": f"{host}/elsewhere/{n}.json"} for n in names]
    data: dict[str, object] = {
        "1": {"en": {"feeds": rows}},
        "2 pl": {"en": {"feeds": wrong}, "pl": {"feeds": rows}},
        "2 pl-PL": {"en": {"feeds": wrong}, "pl-PL": {"feeds": rows}},
        "2 nb": {"nb": {"feeds": rows}, "xx": {"feeds": wrong}},
        "3": {"feeds": rows},
    }[version]
    return json.dumps({"version": version, "data": data}).encode()


@pytest.mark.parametrize("version", ["1", "2 pl", "2 pl-PL", "2 nb", "3"])
@pytest.mark.parametrize("path", ["mevo", "mevo/station_information.json"])
def test_a_bike_share_system_comes_by_its_list_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, path: str
) -> None:
    monkeypatch.setenv("CLIENT", "office-monitoring")
    content: dict[str, bytes] = {
        "/station_information.json": json.dumps(STATIONS).encode(),
        "/station_status.json": json.dumps(STATUS).encode(),
    }

    def answer(call: servers.Call) -> None:
        if call.headers.get("client-identifier") != "office-monitoring":
            call.send("who are you", 403)
            return
        if call.path == "/gbfs.json":
            content["/gbfs.json"] = discovery(f"http://{call.headers['host']}", version)
        servers.files(content)(call)

    with servers.serving(answer) as server:
        metro = opened(tmp_path, layer(
            "bike_share", path,
            f'service = "gbfs", url = "{server.address}/gbfs.json", '
            'headers_env = { Client-Identifier = "CLIENT" }',
            driver="gbfs",
        ))  # fmt: skip
        found = fetched(metro)
    assert [o.state for o in found] == ["fetched", "fetched"], [str(o.error) for o in found]
    frame = metro["bike_share"]
    assert list(frame["capacity"]) == [10, 4]
    assert list(frame["bikes"]) == [3, 0]


def test_a_system_without_a_status_keeps_its_stations(tmp_path: Path) -> None:
    content = {"/station_information.json": json.dumps(STATIONS).encode()}

    def answer(call: servers.Call) -> None:
        host = f"http://{call.headers['host']}"
        servers.files({**content, "/gbfs.json": discovery(host, "3", status=False)})(call)

    with servers.serving(answer) as server:
        metro = opened(tmp_path, layer(
            "bike_share", "mevo", f'service = "gbfs", url = "{server.address}/gbfs.json"',
            driver="gbfs",
        ))  # fmt: skip
        found = fetched(metro)
        assert [o.state for o in found] == ["fetched", "failed"]
        assert "station_status" in str(found[1].error)
        assert len(metro["bike_share"]) == 2
        assert metro["bike_share"]["bikes"].isna().all()
        content["/station_information.json"] = b'{"data": {"stations": []}}'
        found = fetched(metro, update=True, only=["bike_share"])
        assert "no stations" in str(found[0].error)
