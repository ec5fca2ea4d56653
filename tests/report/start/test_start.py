"""The start page: every metropolis is on it, unknown ones have no rank, names are only text."""

from __future__ import annotations

import re

import geopandas as gpd
import pytest
import shapely

from metrogis.checks import registry
from metrogis.many.manifest import Manifest
from metrogis.report.start import drawing
from metrogis.report.start.pages import median_of, publish_start, ranks_of, start_page
from metrogis.report.start.summary import outline_of

HOSTILE = "<img src=x onerror=alert(1)></script>${x}"


def _summary(median=0.5, known_share=1.0, known=3, place=0):
    west = 16.0 + place
    ring = [[west, 52.0], [west + 0.4, 52.0], [west + 0.4, 52.3], [west, 52.3], [west, 52.0]]
    measure = {"median": median, "low": 0.1, "high": 0.9, "known": known, "of": 3}
    return {
        "title": {"pl": "x", "en": "x"},
        "created": "2026-01-02",
        "municipalities": 3,
        "people": 30_000.0,
        "outline": [ring],
        "checks": {
            "white_spots": {
                "known_share": known_share,
                "sentence": None,
                "measures": dict.fromkeys(registry.get("white_spots").headlines, measure),
            }
        },
    }


@pytest.fixture
def manifest(tmp_path):
    made = Manifest(tmp_path / "manifest.json", "0.1.0")
    for name, title in {"a": "Alfa", "b": HOSTILE, "c": "Gama", "d": "Delta"}.items():
        made.metros[name] = {"title": {"pl": title, "en": title}, "state": "done"}
        made.tasks[name, "white_spots"] = {"state": "done"}
    return made


@pytest.fixture
def summaries():
    return {
        "a": _summary(0.4, place=0),
        "b": _summary(0.2, place=1),
        "c": _summary(0.1, known_share=0.4, place=2),
        "d": _summary(0.3, known=1, place=3),
    }


def test_less_than_half_known_is_no_number_and_no_rank(summaries) -> None:
    measure = registry.get("white_spots").headlines[0]
    medians = {n: median_of(s, "white_spots", measure) for n, s in summaries.items()}
    assert medians == {"a": 0.4, "b": 0.2, "c": None, "d": None}
    assert median_of(_summary(0.2, known_share=0.5), "white_spots", measure) == 0.2
    assert median_of(_summary(0.2), "another", measure) is None
    assert ranks_of(medians, "down") == {"a": 2, "b": 1}
    assert ranks_of(medians, "up") == {"a": 1, "b": 2}


@pytest.mark.parametrize("language", ["pl", "en"])
def test_the_page_shows_all_and_runs_nothing(manifest, summaries, language) -> None:
    page = start_page(manifest, summaries, language, ["pl", "en"], "../")
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "style=" not in page
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)
    for name in "abcd":
        assert f"../metros/{name}/{language}/index.html" in page
        assert f"../metros/{name}/{language}/white_spots.html" in page
    # those without a number come last, with how much is unknown
    ranking = page[page.index('id="white_spots"') :]
    order = re.findall(r"metros/(\w)/\w+/white_spots", ranking)[:4]
    assert order[:2] == ["b", "a"]
    assert re.search(r"60\s?%", ranking)
    assert "hatch" in ranking


def test_an_incomplete_run_says_so_first_and_names_what_is_missing(manifest, summaries) -> None:
    manifest.tasks["a", "white_spots"] = {"state": "failed", "error": {"pl": "źle", "en": "bad"}}
    manifest.metros["d"] = {
        "title": {"pl": "Delta", "en": "Delta"}, "state": "failed",
        "error": {"pl": "nie ma <b>", "en": "there is no <b>"},
    }  # fmt: skip
    del summaries["d"]
    page = start_page(manifest, summaries, "en", ["pl", "en"], "../")
    assert (
        "Not complete, 3 answers so far. 1 metropolis has no atlas. "
        "1 question could not be answered because of a fault.</p>"
    ) in page
    assert "there is no &lt;b&gt;" in page
    assert "metros/d/" not in page
    assert "Delta" in page


def test_no_metropolis_published_is_a_page_too(manifest, tmp_path) -> None:
    for record in manifest.metros.values():
        record["state"] = "pending"
    index = publish_start(manifest, {}, tmp_path / "out", ["pl", "en"])
    page = index.read_text(encoding="utf-8")
    assert "Alfa" in page
    assert (tmp_path / "out" / "assets" / "atlas.css").is_file()
    for address in re.findall(r'(?:href|src)="([^"#]+)"', page):
        if not address.startswith(("data:", "metros/")) and address != "manifest.json":
            assert (tmp_path / "out" / address).is_file(), address


def test_equal_numbers_have_one_colour_and_unknown_ones_none() -> None:
    found = drawing.colours_of({"a": 3.0, "b": 3.0, "c": None})
    assert found["a"] == found["b"] == drawing.COLOURS[-1]
    assert found["c"] is None


def test_a_tiny_metropolis_is_seen_beside_a_large_one() -> None:
    ring = [[16.0, 52.0], [16.001, 52.0], [16.001, 52.001], [16.0, 52.0]]
    ground = drawing.Ground({"a": [ring], "b": _summary(place=4)["outline"], "c": []})
    assert set(ground.shapes) == {"a", "b"}
    svg = str(drawing.small_map(ground, {"a": 1.0, "b": None}, "t", "d", "k"))
    assert svg.count("<circle") == 1
    assert "url(#k-hatch)" in svg


def test_outlines_leave_out_what_has_none() -> None:
    shapes = [shapely.box(470_000, 720_000, 480_000, 730_000), None, shapely.Polygon()]
    frame = gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapes, crs=2180))
    (ring,) = outline_of(frame)
    assert ring[0] == ring[-1]
    assert outline_of(frame.iloc[1:]) == []
