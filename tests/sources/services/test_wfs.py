"""WFS page by page, against services that do what the standard leaves open otherwise."""

from __future__ import annotations

import random
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest

from metrogis.errors import SourceError
from metrogis.sources.services import wfs
from metrogis.sources.services.client import Request
from metrogis.sources.services.pages import Proof
from tests.sources.services.servers import Call, exception, quick, serving
from tests.sources.services.servers import wfs as service

_CHANCE = random.Random(5)
# codes with a leading zero: a reader that takes them for numbers loses it
ROWS = [(f"places.{i}", f"{i:07d}", 470_000.0 + _CHANCE.randrange(90_000),
         700_000.0 + _CHANCE.randrange(60_000)) for i in range(57)]  # fmt: skip


def _fetch(answer: object, folder: Path, **more: object) -> tuple[Proof, gpd.GeoDataFrame, int]:
    with serving(answer) as server, quick() as client:  # type: ignore[arg-type]
        request = Request(server.at("/wfs"), layer="places", allow_local=True)
        query = wfs.Query(request, "ms:places", **{"page": 10, **more})  # type: ignore[arg-type]
        proof = wfs.fetch(client, query, folder / "f.gpkg", layer="places")
        calls = len(server.calls)
    return proof, pyogrio.read_dataframe(folder / "f.gpkg"), calls


def _is_whole(frame: gpd.GeoDataFrame, rows: list[tuple[str, str, float, float]] = ROWS) -> bool:
    got = {(r.source_id, r.kod, r.geometry.x, r.geometry.y) for r in frame.itertuples()}
    return len(frame) == len(rows) and got == set(rows)


@pytest.mark.parametrize(
    "form",
    [
        "urn:ogc:def:crs:EPSG::2180",
        "http://www.opengis.net/def/crs/EPSG/0/2180",
        "http://www.opengis.net/gml/srs/epsg.xml#2180",
        "EPSG:2180",
    ],
)
def test_axes_follow_the_form_of_the_name(tmp_path: Path, form: str) -> None:
    proof, frame, _ = _fetch(service(ROWS, form=form), tmp_path)
    assert proof.complete
    assert _is_whole(frame)
    assert frame.crs == "EPSG:2180"


@pytest.mark.parametrize(
    ("gives_north", "box"),
    [(True, None), (True, (470_000.0, 700_000.0, 560_000.0, 760_000.0)),
     (False, (470_000.0, 700_000.0, 560_000.0, 760_000.0))],
)  # fmt: skip
def test_a_short_name_where_the_long_one_was_asked_for_is_settled_by_the_box(
    tmp_path: Path, gives_north: bool, box: tuple[float, ...] | None
) -> None:
    """MapServer answers WFS 1.1 in the axes of the long name, under the short one."""
    answer = service(ROWS, says_form="EPSG:2180", gives_north=gives_north)
    proof, frame, _ = _fetch(answer, tmp_path, box=box, box_crs="EPSG:2180")
    assert _is_whole(frame)
    assert proof.complete


@pytest.mark.parametrize("cap", [3, 9, 10, 57, 58, 10_000])
def test_a_short_page_is_not_the_last(tmp_path: Path, cap: int) -> None:
    proof, frame, _ = _fetch(service(ROWS, cap=cap), tmp_path)
    assert proof.complete
    assert _is_whole(frame)
    assert (proof.rows, proof.hits) == (57, 57)


@pytest.mark.parametrize("says", ["unknown", 20, 50])
def test_a_count_that_is_missing_or_capped_loses_nothing(tmp_path: Path, says: int | str) -> None:
    proof, frame, _ = _fetch(service(ROWS, says=says), tmp_path)
    assert _is_whole(frame)
    assert proof.hits is None
    assert proof.complete


def test_more_announced_than_given_is_incomplete(tmp_path: Path) -> None:
    proof, _, _ = _fetch(service(ROWS, says=60), tmp_path)
    assert not proof.complete
    assert "60" in proof.doubts[0].en


def test_a_service_that_does_not_turn_pages_is_asked_for_all_at_once(tmp_path: Path) -> None:
    proof, frame, _ = _fetch(service(ROWS, turns=False), tmp_path)
    assert _is_whole(frame)
    assert proof.complete


def test_a_service_that_neither_turns_pages_nor_gives_more_is_incomplete(tmp_path: Path) -> None:
    proof, frame, _ = _fetch(service(ROWS, turns=False, cap=10), tmp_path)
    assert len(frame) == 10
    assert not proof.complete


def test_pages_without_order_are_noticed(tmp_path: Path) -> None:
    proof, frame, _ = _fetch(service(ROWS, sorts=False, shuffled=True), tmp_path)
    assert frame["source_id"].is_unique
    assert proof.complete == _is_whole(frame)


def test_pages_are_sorted_where_the_service_can(tmp_path: Path) -> None:
    proof, frame, _ = _fetch(service(ROWS, shuffled=True), tmp_path)
    assert proof.complete
    assert _is_whole(frame)


@pytest.mark.parametrize("form", ["urn:ogc:def:crs:EPSG::2180", "EPSG:2180"])
def test_the_box_is_asked_in_the_axes_of_the_service(tmp_path: Path, form: str) -> None:
    box = (480_000.0, 710_000.0, 520_000.0, 740_000.0)
    inside = [r for r in ROWS if box[0] <= r[2] <= box[2] and box[1] <= r[3] <= box[3]]
    assert 0 < len(inside) < len(ROWS)
    proof, frame, _ = _fetch(service(ROWS, form=form), tmp_path, box=box, box_crs="EPSG:2180")
    assert proof.complete
    assert _is_whole(frame, inside)


def test_a_box_that_the_service_ignores_is_noticed(tmp_path: Path) -> None:
    box = (300_000.0, 300_000.0, 310_000.0, 310_000.0)
    proof, _, _ = _fetch(service(ROWS, box=False), tmp_path, box=box, box_crs="EPSG:2180")
    assert not proof.complete


def test_the_same_features_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        _fetch(service(ROWS), tmp_path / name)
    assert (tmp_path / "a/f.gpkg").read_bytes() == (tmp_path / "b/f.gpkg").read_bytes()


@pytest.mark.parametrize("status", [200, 400])
def test_an_exception_document_is_an_error_whatever_its_status(tmp_path: Path, status: int) -> None:
    whole = service(ROWS)

    def answer(call: Call) -> None:
        if call.query.get("request") == "GetFeature":
            call.send(exception("layer is <b>closed</b>"), status)
        else:
            whole(call)

    with pytest.raises(SourceError, match="closed" if status == 200 else "400") as caught:
        _fetch(answer, tmp_path)
    assert caught.value.layer == "places"
    assert not (tmp_path / "f.gpkg").exists()


def test_a_feature_type_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with serving(service(ROWS)) as server, quick() as client:
        request = Request(server.at("/wfs"), layer="places", allow_local=True)
        with pytest.raises(SourceError, match="ms:places"):
            wfs.fetch(client, wfs.Query(request, "zones"), tmp_path / "f.gpkg", layer="places")
        assert wfs.capabilities(client, wfs.Query(request, "places")).name == "ms:places"


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "<html><body>login</body></html>",
        "<wfs:WFS_Capabilities",
        "",
        "{}",
    ],
)
def test_what_is_no_service_is_one_clear_error(tmp_path: Path, body: str) -> None:
    with pytest.raises(SourceError) as caught:
        _fetch(lambda call: call.send(body), tmp_path)
    assert caught.value.layer == "places"
    assert "root:" not in str(caught.value)


def test_types_that_change_from_page_to_page_stay_texts(tmp_path: Path) -> None:
    rows = [(f"p.{i}", code, 480_000.0 + i, 720_000.0) for i, code in
            enumerate(["0011", "12", "3.50", "abc", "0", "-7"])]  # fmt: skip
    _, frame, _ = _fetch(service(rows), tmp_path, page=2)
    assert sorted(frame["kod"]) == sorted(r[1] for r in rows)
