"""OGC API Features along its links."""

from __future__ import annotations

from pathlib import Path

import pyogrio
import pytest

from metrogis.errors import SourceError
from metrogis.sources.services import ogcapi
from metrogis.sources.services.client import Request
from metrogis.sources.services.pages import Proof
from tests.sources.services.servers import ogcapi as service
from tests.sources.services.servers import quick, serving

ROWS = [(f"{i}", f"{i:04d}", 18.0 + i / 100, 54.0 + i / 200) for i in range(45)]


def _fetch(answer: object, folder: Path, **more: object) -> tuple[Proof, object]:
    with serving(answer) as server, quick() as client:  # type: ignore[arg-type]
        request = Request(server.address, layer="places", allow_local=True)
        query = ogcapi.Query(request, "places", **{"page": 10, **more})  # type: ignore[arg-type]
        proof = ogcapi.fetch(client, query, folder / "f.gpkg", layer="places")
    return proof, pyogrio.read_dataframe(folder / "f.gpkg")


@pytest.mark.parametrize(("cap", "says"), [(10, 45), (7, None), (100, 45), (45, None)])
def test_all_pages_come(tmp_path: Path, cap: int, says: int | None) -> None:
    proof, frame = _fetch(service(ROWS, cap=cap, says=says), tmp_path)
    assert proof.complete
    assert sorted(frame["kod"]) == [r[1] for r in ROWS]
    assert {(p.x, p.y) for p in frame.geometry} == {(r[2], r[3]) for r in ROWS}


def test_only_what_is_in_the_box_is_asked_for(tmp_path: Path) -> None:
    box = (18.05, 54.0, 18.2, 54.08)
    proof, frame = _fetch(service(ROWS), tmp_path, box=box, box_crs="OGC:CRS84")
    inside = [r for r in ROWS if 18.05 <= r[2] <= 18.2 and r[3] <= 54.08]
    assert proof.complete
    assert len(frame) == len(inside)


def test_a_next_page_that_forgets_the_box_is_noticed(tmp_path: Path) -> None:
    box = (18.05, 54.0, 18.2, 54.08)
    proof, _ = _fetch(service(ROWS, links="forgets"), tmp_path, box=box, box_crs="OGC:CRS84")
    assert any("outside" in doubt.en for doubt in proof.doubts)


@pytest.mark.parametrize("links", ["same", "ignored", "away"])
def test_links_that_lead_nowhere_leave_it_incomplete(tmp_path: Path, links: str) -> None:
    proof, frame = _fetch(service(ROWS, links=links), tmp_path)
    assert not proof.complete
    assert len(frame) == 10


def test_one_full_page_without_a_link_and_without_a_count_is_doubted(tmp_path: Path) -> None:
    proof, frame = _fetch(service(ROWS, links="none"), tmp_path)
    assert len(frame) == 10
    assert not proof.complete
    (tmp_path / "b").mkdir()
    proof, frame = _fetch(service(ROWS[:9], links="none"), tmp_path / "b")
    assert proof.complete


def test_a_count_that_is_not_reached_leaves_it_incomplete(tmp_path: Path) -> None:
    proof, _ = _fetch(service(ROWS, says=46), tmp_path)
    assert not proof.complete


@pytest.mark.parametrize("name", ["../items", "a/b", "a?b", ""])
def test_the_name_of_a_collection_is_no_path(tmp_path: Path, name: str) -> None:
    with serving(service(ROWS)) as server, quick() as client:
        request = Request(server.address, layer="places", allow_local=True)
        with pytest.raises(SourceError):
            ogcapi.fetch(client, ogcapi.Query(request, name), tmp_path / "f.gpkg", layer="places")
        assert not server.calls


def test_a_collection_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    with serving(lambda call: call.send("{}", 404)) as server, quick() as client:
        request = Request(server.address, layer="places", allow_local=True)
        with pytest.raises(SourceError, match="404"):
            ogcapi.fetch(client, ogcapi.Query(request, "x"), tmp_path / "f.gpkg", layer="places")
