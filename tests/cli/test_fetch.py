"""``metrogis layers fetch`` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from metrogis.cli import app
from tests.catalog.test_fetching import TABLE, _catalog, _server
from tests.sources.services import servers


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path / "cache"))


def _run(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["layers", "fetch", *arguments])
    return found.exit_code, found.output


def test_fetch_writes_files_and_says_what_it_did(tmp_path: Path) -> None:
    folder = tmp_path / "metro"
    with servers.serving(_server()) as server:
        _catalog(folder, server.address)
        code, text = _run(str(folder), "--data", str(folder / "data"), "--dry-run")
        assert code == 0
        assert "to be fetched" in text
        assert not server.calls
        code, text = _run(str(folder), "--data", str(folder / "data"), "--json")
        assert code == 0
    states = {row["layer"]: row["state"] for row in json.loads(text)["files"]}
    assert states == {"population_municipal": "fetched", "rail_stations": "fetched"}
    assert (folder / "data/tables/people.csv").read_text() == TABLE


def test_fetch_tells_by_its_exit_code_what_is_not_whole(tmp_path: Path) -> None:
    folder = tmp_path / "metro"
    with servers.serving(_server(says=34)) as server:
        _catalog(folder, server.address)
        code, text = _run(str(folder), "--data", str(folder / "data"))
    assert code == 1
    assert "INCOMPLETE" in text
    assert (folder / "data/stations.gpkg").is_file()


def test_fetch_of_an_unknown_layer_is_one_error(tmp_path: Path) -> None:
    folder = tmp_path / "metro"
    _catalog(folder, "https://a.pl")
    code, text = _run(str(folder), "--data", str(folder / "data"), "--only", "streets")
    assert code == 1
    assert "streets" in text
    assert "Traceback" not in text


def test_an_update_that_is_not_accepted_waits(tmp_path: Path) -> None:
    folder = tmp_path / "metro"
    tables = {"/people.csv": TABLE}
    with servers.serving(lambda call: _server(tables)(call)) as server:
        _catalog(folder, server.address)
        call = (str(folder), "--data", str(folder / "data"))
        assert _run(*call)[0] == 0
        tables["/people.csv"] = TABLE.replace("244104", "240000")
        code, text = _run(*call, "--update")
        assert code == 1
        assert "changed 1" in text
        assert (folder / "data/tables/people.csv").read_text() == TABLE
        assert _run(*call, "--update", "--accept")[0] == 0
    assert (folder / "data/tables/people.csv").read_text() == tables["/people.csv"]
