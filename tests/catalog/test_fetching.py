"""From the services a catalog names to its layers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import box

from metrogis.catalog import fetching, lock
from metrogis.errors import CatalogError, SourceError
from metrogis.metro import Metro, open_metro
from metrogis.provenance import audit_of
from metrogis.sources.services.store import Store
from tests.sources.services import servers

TABLE = "teryt,population\n2261011,486022\n2262011,244104\n"
PLACES = [(f"places.{i}", f"{i:07d}", 470_000.0 + 40 * i, 720_000.0 + 30 * i) for i in range(30)]
KEEP = 'licence = "CC0"\nattribution = "somebody"\ndate = "2024"\n'


def _server(tables: dict[str, str] | None = None, **wfs: object) -> servers.Handler:
    features = servers.wfs(PLACES, **wfs)  # type: ignore[arg-type]
    plain = servers.files(
        {k: v.encode() for k, v in ({"/people.csv": TABLE} if tables is None else tables).items()}
    )

    def answer(call: servers.Call) -> None:
        (features if call.path == "/wfs" else plain)(call)

    return answer


def _catalog(folder: Path, address: str, *, more: str = "", allow: str = "true") -> Metro:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "catalog.toml").write_text(
        f"""[metro]
id = "test"
name = "Test"
crs = "EPSG:2180"
bbox = [18.2, 54.2, 18.9, 54.6]
date = "2024-01-01"

[layers.municipalities]
driver = "vector"
path = "municipalities.geojson"
{KEEP}
[layers.population_municipal]
driver = "table"
path = "tables/people.csv"
schema = "MunicipalPopulation"
{KEEP}fetch = {{ service = "download", url = "{address}/people.csv", allow_local = {allow} }}

[layers.rail_stations]
driver = "vector"
path = "stations.gpkg"
schema = "Stations"
rename = {{ kod = "name" }}
{KEEP}fetch.service = "wfs"
fetch.url = "{address}/wfs"
fetch.type = "places"
fetch.page = 7
fetch.allow_local = true
{more}
""",
        encoding="utf-8",
    )
    data = folder / "data"
    data.mkdir(exist_ok=True)
    gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
        geometry=[box(460_000, 710_000, 472_000, 730_000), box(472_000, 710_000, 490_000, 730_000)],
        crs="EPSG:2180",
    ).to_file(data / "municipalities.geojson")
    return open_metro(folder, data=data)


def _fetch(metro: Metro, folder: Path, **more: object) -> dict[str, fetching.Outcome]:
    with servers.quick() as client:
        found = fetching.fetch(
            metro,
            client=client,
            store=Store(folder / "store"),
            **more,  # type: ignore[arg-type]
        )
    return {outcome.task.layer: outcome for outcome in found}


def test_layers_come_from_their_services_with_a_lock(tmp_path: Path) -> None:
    with servers.serving(_server()) as server:
        metro = _catalog(tmp_path, server.address)
        found = _fetch(metro, tmp_path)
        asked = len(server.calls)
        again = _fetch(metro, tmp_path)
        assert len(server.calls) == asked  # what is there is not asked for again
    assert {o.state for o in found.values()} == {"fetched"}
    assert {o.state for o in again.values()} == {"kept"}
    people = metro["population_municipal"]
    assert people["population"].sum() == 730_126
    stations = metro["rail_stations"]
    assert sorted(stations["name"]) == [row[1] for row in PLACES]
    assert {(p.x, p.y) for p in stations.geometry} == {row[2:] for row in PLACES}
    entry = lock.read(tmp_path)["stations.gpkg"]
    assert (entry.rows, entry.hits, entry.complete) == (30, 30, True)
    assert entry.licence == "CC0"
    assert entry.software.startswith("metrogis ")


def test_what_fails_costs_its_own_file(tmp_path: Path) -> None:
    with servers.serving(_server({})) as server:
        metro = _catalog(tmp_path, server.address)
        found = _fetch(metro, tmp_path)
    assert found["rail_stations"].state == "fetched"
    lost = found["population_municipal"]
    assert lost.state == "failed"
    assert lost.error is not None
    assert lost.error.layer == "population_municipal"
    assert "404" in lost.error.text.en
    assert lost.error.remedy is not None
    assert not (tmp_path / "data/tables/people.csv").exists()
    assert list(lock.read(tmp_path)) == ["stations.gpkg"]


def test_a_server_of_the_house_needs_leave_of_the_catalog(tmp_path: Path) -> None:
    with servers.serving(_server()) as server:
        metro = _catalog(tmp_path, server.address, allow="false")
        found = _fetch(metro, tmp_path, only=["population_municipal"])
        assert not server.calls
    assert found["population_municipal"].state == "failed"


def test_a_file_of_the_analyst_is_not_overwritten(tmp_path: Path) -> None:
    with servers.serving(_server()) as server:
        metro = _catalog(tmp_path, server.address)
        own = tmp_path / "data/tables/people.csv"
        own.parent.mkdir()
        own.write_text("mine")
        assert _fetch(metro, tmp_path)["population_municipal"].state == "failed"
        assert own.read_text() == "mine"
        assert _fetch(metro, tmp_path, update=True)["population_municipal"].state == "waiting"
        assert own.read_text() == "mine"
        got = _fetch(metro, tmp_path, update=True, accept=lambda *_: True)
    assert got["population_municipal"].state == "changed"
    assert own.read_text() == TABLE


def test_an_update_says_what_differs_before_it_is_taken(tmp_path: Path) -> None:
    tables = {"/people.csv": TABLE}
    seen = []

    def accept(task: fetching.Task, change: object) -> bool:
        seen.append((task.layer, change))
        return True

    with servers.serving(lambda call: _server(tables)(call)) as server:
        metro = _catalog(tmp_path, server.address)
        _fetch(metro, tmp_path)
        same = _fetch(metro, tmp_path, update=True, accept=accept)
        assert {o.state for o in same.values()} == {"same"}
        assert not seen
        tables["/people.csv"] = TABLE.replace("244104", "243000") + "2264011,32000\n"
        found = _fetch(metro, tmp_path, update=True, accept=accept)
    assert found["population_municipal"].state == "changed"
    (layer, change), = seen  # fmt: skip
    assert layer == "population_municipal"
    assert (change.added, change.removed, change.changed) == (1, 0, 1)
    assert (tmp_path / "data/tables/people.csv").read_text() == tables["/people.csv"]


def test_without_network_files_come_from_what_was_fetched(tmp_path: Path) -> None:
    with servers.serving(_server()) as server:
        metro = _catalog(tmp_path, server.address)
        _fetch(metro, tmp_path)
    (tmp_path / "data/tables/people.csv").unlink()
    found = _fetch(metro, tmp_path, offline=True)
    assert found["population_municipal"].state == "fetched"
    assert (tmp_path / "data/tables/people.csv").read_text() == TABLE
    found = _fetch(metro, tmp_path / "other", offline=True)
    assert found["population_municipal"].state == "kept"
    (tmp_path / "data/tables/people.csv").unlink()
    found = _fetch(metro, tmp_path / "other", offline=True)
    assert found["population_municipal"].state == "failed"


def test_another_question_needs_another_answer(tmp_path: Path) -> None:
    with servers.serving(_server()) as server:
        _fetch(_catalog(tmp_path, server.address), tmp_path)
        text = (tmp_path / "catalog.toml").read_text()
        (tmp_path / "catalog.toml").write_text(text.replace("54.6]", "54.5]"))
        metro = open_metro(tmp_path, data=tmp_path / "data")
        plan = {o.task.layer: o.state for o in fetching.fetch(metro, dry_run=True)}
    assert plan == {"population_municipal": "kept", "rail_stations": "planned"}


def test_a_layer_that_may_not_be_whole_is_known_only_in_part(tmp_path: Path) -> None:
    with servers.serving(_server(says=34)) as server:
        metro = _catalog(tmp_path, server.address)
        found = _fetch(metro, tmp_path)
    assert found["rail_stations"].entry is not None
    assert not found["rail_stations"].entry.complete
    stations = metro["rail_stations"]
    losses = stations.attrs["metrogis"]["losses"]
    assert len(losses) == 1
    rows = [row for row in audit_of(stations) if row.action == "unknown"]
    assert [row.count for row in rows] == [4]
    # a file put there by hand is not what the lock speaks of
    path = tmp_path / "data/stations.gpkg"
    path.write_bytes(path.read_bytes() + b"\0")
    fresh = open_metro(tmp_path, data=tmp_path / "data")["rail_stations"]
    assert "losses" not in fresh.attrs["metrogis"]


@pytest.mark.parametrize("to", ["../x.csv", "/etc/x.csv", "a/../../x.csv", "C:/x.csv", "..\\x.csv"])
def test_no_file_is_written_outside_the_data_folder(tmp_path: Path, to: str) -> None:
    more = (
        '[layers.coverage]\ndriver = "table"\npath = "coverage.csv"\n' + KEEP
        + f"fetch = {{ service = 'download', url = 'https://a.pl/x', to = '{to}' }}\n"
    )  # fmt: skip
    with pytest.raises(CatalogError):
        _catalog(tmp_path, "https://a.pl", more=more)


@pytest.mark.parametrize(
    "line",
    [
        "path = '../x.csv'",
        "path = '/etc/x.csv'",
        "path = 'x.csv'\nbase = 'parent'",
        "path = 'x.csv'\ndata = '/etc'",
    ],
)
def test_a_layer_kept_elsewhere_is_not_fetched(tmp_path: Path, line: str) -> None:
    more = (
        f'[layers.coverage]\ndriver = "table"\n{line}\n' + KEEP
        + "fetch = { service = 'download', url = 'https://a.pl/x' }\n"
    )  # fmt: skip
    with pytest.raises((CatalogError, SourceError)):
        fetching.tasks(_catalog(tmp_path, "https://a.pl", more=more))


def test_secrets_come_from_the_environment_and_stand_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = (
        '[layers.coverage]\ndriver = "table"\npath = "coverage.csv"\nschema = "Coverage"\n' + KEEP
        + "fetch = { service = 'download', url = '%s/c.csv?key=inaddress', allow_local = true, "
        "headers_env = { X-ClientId = 'TEST_KEY' } }\n"
    )  # fmt: skip
    with servers.serving(_server({"/c.csv": "teryt,mode,complete\n"})) as server:
        metro = _catalog(tmp_path, server.address, more=more % server.address)
        found = _fetch(metro, tmp_path, only=["coverage"])
        assert found["coverage"].error is not None
        assert "TEST_KEY" in found["coverage"].error.text.en
        monkeypatch.setenv("TEST_KEY", "tops3cret")
        found = _fetch(metro, tmp_path, only=["coverage"])
        assert found["coverage"].state == "fetched"
        assert server.calls[-1].headers["x-clientid"] == "tops3cret"
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != "catalog.toml":
            assert b"tops3cret" not in path.read_bytes(), path
            assert b"inaddress" not in path.read_bytes(), path
        assert "tops3cret" not in path.name
    assert "inaddress" not in json.dumps(fetching.as_json(found.values()))


def test_a_layer_without_an_origin_is_named(tmp_path: Path) -> None:
    metro = _catalog(tmp_path, "https://a.pl")
    with pytest.raises(SourceError, match="streets"):
        fetching.tasks(metro, ["streets"])


def test_a_lock_that_is_damaged_is_not_overwritten(tmp_path: Path) -> None:
    metro = _catalog(tmp_path, "https://a.pl")
    (tmp_path / lock.NAME).write_text("{")
    with pytest.raises(CatalogError, match="lock"):
        _fetch(metro, tmp_path)
    assert (tmp_path / lock.NAME).read_text() == "{"


def test_one_run_at_a_time_fetches_into_a_folder(tmp_path: Path) -> None:
    metro = _catalog(tmp_path, "https://a.pl")
    with fetching._alone(metro.data):
        code = (
            "import sys; from pathlib import Path; from metrogis.catalog import fetching\n"
            "with fetching._alone(Path(sys.argv[1])): print('both')"
        )
        ran = subprocess.run(
            [sys.executable, "-c", code, str(metro.data)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert "both" not in ran.stdout
    assert "another run" in ran.stderr


@pytest.mark.long
def test_a_run_that_is_killed_at_any_moment_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    big = "teryt,population\n" + "".join(f"{i:07d},{i}\n" for i in range(200_000))

    def slow(call: servers.Call) -> None:
        time.sleep(0.05)
        _server({"/people.csv": big})(call)

    with servers.serving(slow) as server:
        metro = _catalog(tmp_path / "whole", server.address)
        _fetch(metro, tmp_path / "whole")
        expected = {
            p.name: p.read_bytes() for p in (tmp_path / "whole/data").rglob("*.*") if p.is_file()
        }
        folder = tmp_path / "killed"
        _catalog(folder, server.address)
        command = [sys.executable, "-m", "metrogis", "layers", "fetch", str(folder), "--data",
                   str(folder / "data"), "--accept"]  # fmt: skip
        environment = {**os.environ, "METROGIS_CACHE": str(folder / "cache")}
        for kill in range(30):
            process = subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(0.8 + kill * 0.11)
            process.send_signal(signal.SIGKILL)
            process.wait()
            lock.read(folder)  # whole, or not there yet
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found = {p.name: p.read_bytes() for p in (folder / "data").rglob("*.*") if p.is_file()}
    assert found == expected


def test_nothing_in_the_area_is_an_answer_where_the_catalog_says_so(tmp_path: Path) -> None:
    away = [(f"places.{i}", f"{i:07d}", 400_000.0 + i, 600_000.0) for i in range(3)]
    with servers.serving(servers.wfs(away)) as server:
        metro = _catalog(tmp_path, server.address)
        assert _fetch(metro, tmp_path, only=["rail_stations"])["rail_stations"].state == "failed"
        path = tmp_path / "catalog.toml"
        path.write_text(path.read_text() + "fetch.may_be_empty = true\n")
        metro = open_metro(tmp_path, data=tmp_path / "data")
        found = _fetch(metro, tmp_path, only=["rail_stations"])["rail_stations"]
        assert found.state == "fetched", found.error
    assert len(gpd.read_file(tmp_path / "data/stations.gpkg")) == 0
