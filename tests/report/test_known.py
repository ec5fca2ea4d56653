"""What is known of the data, as pages and files tell it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from metrogis.checks import registry
from metrogis.errors import CheckError, SourceError
from metrogis.evidence import Evidence
from metrogis.evidence.losses import loss
from metrogis.maps import assets
from metrogis.report import known, site
from metrogis.texts import Text, both


@pytest.fixture(autouse=True)
def leaflet(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> None:
    """Leave Leaflet out: these tests read files, no browser runs."""

    def none(package: Any = None) -> Path:
        raise assets.AssetsError(both("not here"))

    monkeypatch.setattr(assets, "obtain", none)


def with_evidence(result: Any, **evidence: Evidence) -> Any:
    return replace(result, evidence=evidence)


def test_each_layer_has_its_state_share_and_losses(synthetic: Any):
    whole, cells = known.of_result(synthetic.result())
    assert (whole.layer, whole.state, whole.share, whole.lost) == (
        "municipalities", "complete", 1.0, 0,
    )  # fmt: skip
    assert (cells.state, cells.lost) == ("partial", 12)
    assert cells.shares.tolist() == [1, 1, 1, 0, *[1] * 5, 0, 0, 1]
    assert cells.share == pytest.approx(9 / 12)


def test_a_layer_that_is_not_there_knows_nothing(synthetic: Any):
    (item,) = known.of_result(with_evidence(synthetic.result(), streets=Evidence.absent("streets")))
    assert (item.state, item.share) == ("absent", 0.0)
    assert item.sentence("pl") == "brak warstwy"


def test_what_was_lost_without_a_place_leaves_nothing_known(synthetic: Any):
    lost = Evidence("cells", losses=(loss("row", both("?"), [1]),))
    (item,) = known.of_result(with_evidence(synthetic.result(), cells=lost))
    assert (item.state, item.share, item.lost) == ("partial", 0.0, 1)


def test_a_municipality_without_outline_has_no_share(synthetic: Any):
    result = synthetic.result()
    shapes = result.municipalities.geometry.to_numpy().copy()
    shapes[0], shapes[9] = shapely.Polygon(), None
    frame = result.municipalities.set_geometry(
        gpd.GeoSeries(shapes, result.municipalities.index, crs="EPSG:2180")
    )
    whole, cells = known.of_result(replace(result, municipalities=frame))
    assert np.flatnonzero(np.isnan(whole.shares)).tolist() == [0, 9]
    assert whole.share == 1.0
    assert cells.share == pytest.approx(8 / 10)


def test_a_layer_is_as_complete_as_the_check_that_asks_most_finds_it(synthetic: Any):
    result = synthetic.result()
    boxes = result.municipalities.geometry.to_numpy()
    other = replace(result.check, id="other")

    def unknown(*rows: int) -> Evidence:
        return Evidence("cells", unknown=boxes[list(rows)], crs="EPSG:2180")

    lost = loss("row", both("?"), [1, 2], where=boxes[5], crs="EPSG:2180")
    one = with_evidence(result, cells=unknown(0).losing([lost]), stops=Evidence("stops"))
    two = with_evidence(
        replace(result, check=other),
        cells=unknown(0, 1).losing([lost]).doubting(both("old")),
        stops=Evidence.absent("stops"),
    )
    results = [one, two]
    found = known.of_atlas(known.of_results(results), results)
    cells = found["cells"]
    assert cells.checks == ("test_check", "other")
    assert np.flatnonzero(cells.shares == 0).tolist() == [0, 1, 5]
    assert cells.lost == 2  # the same two, met by both
    assert [d.en for d in cells.doubts] == ["old"]
    assert found["stops"].state == "complete"  # a check without the layer says nothing of it


@pytest.mark.parametrize(
    ("states", "joined"),
    [
        (("complete", "complete"), "complete"),
        (("complete", "partial"), "partial"),
        (("partial", "absent"), "partial"),
        (("complete", "absent"), "complete"),
        (("absent", "absent"), "absent"),
    ],
)
def test_states_join(synthetic: Any, states: tuple[str, str], joined: str):
    result = synthetic.result()
    box = result.municipalities.geometry.to_numpy()[:1]
    made = {
        "absent": Evidence.absent("x"),
        "partial": Evidence("x", unknown=box, crs="EPSG:2180"),
        "complete": Evidence("x"),
    }
    for order in (states, states[::-1]):
        results = [
            with_evidence(replace(result, check=replace(result.check, id=f"c{i}")), x=made[s])
            for i, s in enumerate(order)
        ]
        found = known.of_atlas(known.of_results(results), results)
        assert found["x"].state == joined


def test_shares_near_all_and_nothing_are_not_written_as_such():
    for share in (0.9951, 0.99999, 0.0049, 0.00001):
        assert known.share_text(share, "en") not in ("0%", "100%", "0.0%", "100.0%")
    assert known.share_text(1.0, "pl") == "100\u00a0%"


def test_what_is_said_again_is_not_measured_again(synthetic: Any, monkeypatch: Any):
    result = synthetic.result()
    boxes = result.municipalities.geometry.to_numpy()
    asked = []
    measure = Evidence.known_share
    monkeypatch.setattr(
        Evidence, "known_share", lambda self, areas: asked.append(1) or measure(self, areas)
    )

    def unknown(*rows: int) -> Evidence:
        return Evidence("x", unknown=boxes[list(rows)], crs="EPSG:2180")

    lost = loss("row", both("?"), [1], where=boxes[5], crs="EPSG:2180")
    said = [unknown(0), unknown(0), unknown(1), unknown(0).losing([lost]), unknown(0).inside(boxes)]
    made = [
        with_evidence(replace(result, check=replace(result.check, id=f"c{i}")), x=e)
        for i, e in enumerate(said)
    ]
    found = known.of_results(made)
    assert len(asked) == 4
    for i, e in enumerate(said):
        assert found[f"c{i}"][0].shares.tolist() == measure(e, boxes).tolist()


# --------------------------------------------------------------------------- published


def text_of(path: Path) -> str:
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        text = ""

        def handle_data(self, data: str) -> None:
            self.text += data

    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return " ".join(reader.text.split())


def failing(synthetic: Any) -> Any:
    """Return an atlas in which one layer could not be read, and one check met a fault."""
    atlas = synthetic.atlas()
    atlas.failed = {
        "border_gaps": SourceError(
            Text("brak <img src=x onerror=1>", "missing <img src=x onerror=1>"),
            layer="bike_parking",
            place=synthetic.HOSTILE[1],
            remedy=Text("podaj --data", "give --data"),
        ),
        "white_spots": CheckError.of("white_spots", TypeError("a\ud800b </script>")),
    }
    return atlas


def test_every_check_without_an_answer_has_a_page_that_says_why(synthetic: Any, tmp_path: Path):
    site.publish(failing(synthetic), tmp_path / "a")
    for language, words in {
        "pl": ("Nie udało się policzyć", "podaj --data", "bike_parking", "brak <img src=x"),
        "en": ("Could not be computed", "give --data", "bike_parking", "missing <img src=x"),
    }.items():
        folder = tmp_path / "a" / language
        page = text_of(folder / "border_gaps.html")
        check = registry.get("border_gaps")
        for word in (*words, check.title.get(language), check.question.get(language)):
            assert " ".join(word.split()) in page
        assert " ".join(synthetic.HOSTILE[1].split()) in page
        assert "<img src=x" not in (folder / "border_gaps.html").read_text(encoding="utf-8")
        fault = text_of(folder / "white_spots.html")
        assert "TypeError" in fault
        assert "a?b </script>" in fault
        index = text_of(folder / "index.html")
        assert check.title.get(language) in index
        assert {"pl": "2 pytania bez odpowiedzi z powodu błędu", "en":
                "2 questions without an answer because of a fault"}[language] in index  # fmt: skip
    skipped = text_of(tmp_path / "a/pl/missing_check.html")
    assert "brak warstwy 'ulice': <b>nie ma jej</b>" in skipped
    assert "odpowiedź jest nieznana" in skipped


def test_the_manifest_holds_every_fault_whole(synthetic: Any, tmp_path: Path):
    site.publish(failing(synthetic), tmp_path / "a")
    manifest = json.loads((tmp_path / "a/atlas.json").read_text(encoding="utf-8"))
    fault = manifest["failed"]["border_gaps"]
    assert fault["error"] == "SourceError"
    assert fault["layer"] == "bike_parking"
    assert fault["place"] == synthetic.HOSTILE[1]
    assert fault["message"]["pl"] == "brak <img src=x onerror=1>"
    assert fault["remedy"] == {"pl": "podaj --data", "en": "give --data"}
    assert "Remedy: give --data." in fault["text"]["en"]
    assert manifest["failed"]["white_spots"]["error"] == "CheckError"
    cells = manifest["evidence"]["cells"]
    assert (cells["state"], cells["known_share"], cells["lost"]) == ("partial", 0.75, 12)
    assert cells["losses"][0]["examples"][0] == synthetic.HOSTILE[0]
    assert len(cells["losses"][0]["examples"]) == 10
    assert cells["losses"][0]["placed"] is True
    assert cells["doubts"][0]["pl"] == "mniej niż rok temu <script>"
    assert manifest["checks"]["test_check"]["known_share"] == pytest.approx(9.5 / 12)


def test_the_page_on_the_data_tells_what_is_known_and_lost(synthetic: Any, tmp_path: Path):
    site.publish(synthetic.atlas(), tmp_path / "a")
    page = text_of(tmp_path / "a/pl/data.html")
    for word in (
        "Co wiadomo o danych",
        "niepełna",
        "75 %",
        "bez <b>położenia</b>",
        synthetic.HOSTILE[0],
        "mniej niż rok temu <script>",
        "komórki",
    ):
        assert word.replace("\u00a0", " ") in page.replace("\u00a0", " ")
    rows = (tmp_path / "a/downloads/evidence.en.csv").read_text(encoding="utf-8-sig")
    table = list(csv.DictReader(io.StringIO(rows)))
    assert len(table) == 24
    assert {r["known_share"] for r in table if r["layer"] == "municipalities"} == {"1"}
    cells = [r for r in table if r["layer"] == "cells"]
    assert [float(r["known_share"]) for r in cells] == [1, 1, 1, 0, *[1] * 5, 0, 0, 1]
    whole = json.loads((tmp_path / "a/downloads/evidence.json").read_text(encoding="utf-8"))
    assert whole["cells"]["lost"] == 12
    check = text_of(tmp_path / "a/en/test_check.html")
    assert "12 lost items" in check


@pytest.mark.parametrize(("rows", "marked"), [(6, False), (7, True)])
def test_the_index_marks_an_answer_of_which_most_is_unknown(
    synthetic: Any, tmp_path: Path, rows: int, marked: bool
):
    atlas = synthetic.atlas()
    shares = np.ones(12)
    shares[:rows] = 0
    atlas.results["test_check"].municipalities["known_share"] = shares
    site.publish(atlas, tmp_path / "a", languages=("pl",))
    assert ("ponad połowa nieznana" in text_of(tmp_path / "a/pl/index.html")) is marked
    opened = "Mapa otwiera się na części" in text_of(tmp_path / "a/pl/test_check.html")
    assert opened is False  # what is known is as wide as the whole


def test_an_atlas_without_any_result_says_so(synthetic: Any, tmp_path: Path):
    atlas = failing(synthetic)
    atlas.results = {}
    site.publish(atlas, tmp_path / "a")
    assert (tmp_path / "a/pl/data.html").is_file()
    assert json.loads((tmp_path / "a/atlas.json").read_text(encoding="utf-8"))["evidence"] == {}


def test_the_health_of_each_feed_is_on_the_page_and_in_the_manifest(synthetic: Any, tmp_path: Path):
    atlas = synthetic.atlas()
    result = atlas.results["test_check"]
    audit = (
        result.audit.add("city/health", "noted", 3, Text("dni <b>bez</b> kursów", "idle dates"))
        .add("city/health", "unknown", 2, Text("utracone kursy", "trips lost"), ["t1", "t2"])
        .add("city/stops", "repaired", 9, both("not of health"))
    )
    atlas.results = {"test_check": replace(result, audit=audit)}
    site.publish(atlas, tmp_path / "a")
    page = text_of(tmp_path / "a/pl/data.html")
    assert "Stan rozkładów jazdy" in page
    assert page.index("utracone kursy") < page.index("dni <b>bez</b> kursów")  # doubts first
    assert "not of health" not in page
    manifest = json.loads((tmp_path / "a/atlas.json").read_text(encoding="utf-8"))
    rows = [(r["feed"], r["doubt"], r["count"]) for r in manifest["health"]]
    assert rows == [("city", True, 2), ("city", False, 3)]
