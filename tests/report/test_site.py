"""The published site: whole or not at all, in both languages, nothing hidden, nothing executed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from metrogis.checks.contract import Column
from metrogis.errors import ParameterError, PublishError
from metrogis.i18n import both
from metrogis.maps import assets
from metrogis.report import packages, packing, pages, site


@pytest.fixture(autouse=True)
def leaflet(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> Path:
    """Stand in for Leaflet: these tests read files, no browser runs."""
    folder = tmp_path_factory.mktemp("leaflet")
    for name in assets.LEAFLET.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("// stand-in\n//# sourceMappingURL=leaflet.js.map\n", encoding="utf-8")
    monkeypatch.setattr(assets, "obtain", lambda package=assets.LEAFLET: folder)
    return folder


@pytest.fixture(scope="module")
def published(synthetic: Any, tmp_path_factory: Any) -> Path:
    folder = tmp_path_factory.mktemp("site") / "public"
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("leaflet-module")
        for name in assets.LEAFLET.files:
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text("//", encoding="utf-8")
        patch.setattr(assets, "obtain", lambda package=assets.LEAFLET: place)
        assert site.publish(synthetic.atlas(), folder) == folder / "index.html"
    return folder


class Reader(HTMLParser):
    """Collects tags, attributes and text of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def all_pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


def test_every_link_leads_to_a_place_of_the_site_or_to_a_publication(published: Path):
    """What a page loads is its own; only a cited publication or law is a link to elsewhere."""
    checked = cited = 0
    read = {path: Reader(path).tags for path in all_pages(published)}
    codes = {path.stem for path in (published / "pl/gminy").iterdir()}
    ids = {path: {a["id"] for _, a in tags if "id" in a} for path, tags in read.items()}
    for path, tags in read.items():
        for tag, attributes in tags:
            for key in ("href", "src"):
                target = attributes.get(key)
                if not target or target == "data:,":
                    continue
                if re.match(r"[a-z]+:|//", target):
                    assert (tag, key) == ("a", "href"), target
                    assert target.startswith("https://"), target
                    assert attributes.get("rel") == "external noreferrer", target
                    cited += 1
                    continue
                name, _, fragment = target.partition("#")
                leads_to = (path.parent / name).resolve() if name else path
                assert leads_to.is_file(), target
                if fragment.startswith("gmina="):  # what the map selects
                    assert fragment.removeprefix("gmina=") in codes, target
                elif fragment:
                    assert fragment in ids[leads_to], target
                checked += 1
    assert checked > 40
    assert cited > 20
    assert len(codes) == 12


def test_no_inline_script_style_or_handler(published: Path):
    for path in all_pages(published):
        html = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\ssrc=)", html)
        reader = Reader(path)
        for tag, attributes in reader.tags:
            assert tag != "style"
            assert not any(name == "style" or name.startswith("on") for name in attributes)
        policy = next(a for t, a in reader.tags if a.get("http-equiv"))["content"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy


def test_hostile_names_are_text_everywhere(published: Path, synthetic: Any):
    for path in all_pages(published):
        reader = Reader(path)
        assert not [t for t, a in reader.tags if "onerror" in a or "onload" in a]
    page = Reader(published / "en/test_check.html")
    for name in synthetic.HOSTILE:
        assert name in page.text


def test_pages_have_what_a_reader_needs(published: Path):
    for language, words in {
        "pl": ["Odpowiedź", "Co jeszcze ustalono", "brak danych", "nieznane", "Beim et al. 2019",
               "PZGiK", "pominięto", "bez <i>współrzędnych</i>", "12\u00a0345", "CSV: średniki"],
        "en": ["Answer", "What else was found", "no data", "unknown", "Beim et al. 2019",
               "PZGiK", "dropped", "without <i>coordinates</i>", "12,345", "walk limit"],
    }.items():  # fmt: skip
        path = published / language / "test_check.html"
        reader = Reader(path)
        for word in words:
            assert word in reader.text
        first = dict(reader.tags)
        assert first["html"]["lang"] == language
        assert "user-scalable" not in str(first["meta"])
        assert len([t for t, _ in reader.tags if t == "h1"]) == 1
        images = [a for t, a in reader.tags if t == "img"]
        assert all(a.get("alt") for a in images)
        table = [a for t, a in reader.tags if a.get("class") == "scroll"]
        assert all(a["tabindex"] == "0" and a["aria-label"] for a in table)


def test_index_shows_what_could_not_run_and_why(published: Path):
    page = Reader(published / "pl/index.html")
    for word in ("Brakujące łącza", "Nie można policzyć", "streets", "brak warstwy 'ulice'"):
        assert word in page.text
    assert "1 mapa; 1 pytanie bez odpowiedzi" in page.text
    assert Reader(published / "index.html").text == page.text


def test_table_of_places_says_what_it_leaves_out(synthetic: Any, tmp_path: Path):
    site.publish(synthetic.atlas(cells=20), tmp_path / "a", languages=("en",))
    page = Reader(tmp_path / "a/en/test_check.html")
    assert "The first 200 of 400 rows are shown" in page.text
    lines = (tmp_path / "a/downloads/test_check_cells.csv").read_text(encoding="utf-8-sig")
    assert len(lines.splitlines()) == 401


def test_a_long_table_is_packed_and_the_page_says_so(
    synthetic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pages, "LONG_ROWS", 100)
    site.publish(synthetic.atlas(cells=11), tmp_path / "a")  # 121 cells, 12 municipalities
    downloads = tmp_path / "a/downloads"
    for language in ("pl", "en"):
        packed = packing.unpacked(downloads / f"test_check_cells.{language}.csv.zip")
        assert len(packed.decode("utf-8-sig").splitlines()) == 122
        assert not (downloads / f"test_check_cells.{language}.csv").exists()
        assert (downloads / f"test_check_municipalities.{language}.csv").is_file()
    sheets = openpyxl.load_workbook(downloads / "test_check.xlsx", read_only=True).sheetnames
    assert "cells" not in sheets
    assert "municipalities" in sheets
    page = Reader(tmp_path / "a/en/test_check.html")
    assert re.search(r"are not in the workbook: [^;.]+ \(121 rows\)\.", page.text)
    links = {a.get("href") for tag, a in page.tags if tag == "a"}
    assert "../downloads/test_check_cells.en.csv.zip" in links
    assert "../downloads/test_check_municipalities.en.csv" in links


@pytest.mark.parametrize(("columns", "shown"), [(3, 200), (7, 200), (8, 187), (200, 25)])
def test_wide_tables_show_fewer_rows(synthetic: Any, columns: int, shown: int):
    names = [f"n{i}" for i in range(columns)]
    result = synthetic.result(cells=20)
    cells = result.tables["cells"][["geometry"]].assign(**dict.fromkeys(names, 1.0))
    declared = {name: Column(both(name)) for name in names}
    check = replace(result.check, columns=dict(result.check.columns) | {"cells": declared})
    (table,) = (
        t
        for t in pages.tables_of(
            replace(result, check=check, features=dict(result.features) | {"cells": cells}), "en"
        )
        if t.id == "table-cells"
    )
    assert len(table.rows) == shown
    assert table.cut == f"The first {shown} of 400 rows are shown; all are in the CSV file."


def test_manifest_lists_findings_figures_and_files(published: Path):
    manifest = json.loads((published / site.MARKER).read_text(encoding="utf-8"))
    assert manifest["generator"] == "metrogis"
    assert manifest["checks"]["test_check"]["figures"]["share"] == 0.1234
    assert manifest["skipped"]["missing_check"]["layer"] == "streets"
    there = {p.relative_to(published).as_posix() for p in published.rglob("*") if p.is_file()}
    assert set(manifest["files"]) | {site.MARKER} == there


def test_publishing_twice_gives_the_same_files(published: Path, synthetic: Any, tmp_path: Path):
    again = tmp_path / "again"
    site.publish(synthetic.atlas(), again)
    compared = 0
    for path in again.rglob("*"):
        if path.suffix in (".html", ".csv", ".png", ".json") or path.name.startswith("test_check."):
            assert path.read_bytes() == (published / path.relative_to(again)).read_bytes(), path
            compared += 1
    assert compared > 15


def test_a_former_atlas_is_replaced_and_foreign_files_stay(synthetic: Any, tmp_path: Path):
    target = tmp_path / "public"
    site.publish(synthetic.atlas(), target)
    (target / "CNAME").write_text("atlas.example\n", encoding="utf-8")
    (target / "en" / "note.txt").write_text("mine\n", encoding="utf-8")
    site.publish(synthetic.atlas(), target, languages=("pl",))
    assert (target / "CNAME").read_text(encoding="utf-8") == "atlas.example\n"
    assert (target / "en" / "note.txt").is_file()
    assert not (target / "en" / "index.html").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["public"]


def test_a_folder_that_is_no_atlas_is_left_alone(synthetic: Any, tmp_path: Path):
    target = tmp_path / "thesis"
    target.mkdir()
    (target / "chapter.txt").write_text("years of work", encoding="utf-8")
    (target / "atlas.json").write_text('{"generator": "other", "files": []}', encoding="utf-8")
    with pytest.raises(PublishError, match="neither empty nor a former atlas"):
        site.publish(synthetic.atlas(), target)
    assert (target / "chapter.txt").read_text(encoding="utf-8") == "years of work"
    # neither does an atlas take the place of a comparison
    former = {"generator": "metrogis", "files": ["chapter.txt"]}
    (target / "atlas.json").unlink()
    (target / "compare.json").write_text(json.dumps(former), encoding="utf-8")
    with pytest.raises(PublishError, match="neither empty nor a former atlas"):
        site.publish(synthetic.atlas(), target)
    assert (target / "chapter.txt").read_text(encoding="utf-8") == "years of work"
    with pytest.raises(PublishError, match="not a folder"):
        site.publish(synthetic.atlas(), target / "chapter.txt")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["thesis"]


def test_nothing_half_written_when_a_check_fails(
    synthetic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    target = tmp_path / "public"
    site.publish(synthetic.atlas(), target)
    before = (target / "pl/test_check.html").read_bytes()
    monkeypatch.setattr(
        packages.gpkg, "write", lambda *a, **k: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    with pytest.raises(PublishError, match="the disk is full"):
        site.publish(synthetic.atlas(), target)
    assert (target / "pl/test_check.html").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["public"]


def test_an_empty_folder_and_missing_parents_are_fine(synthetic: Any, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    atlas = synthetic.atlas()
    atlas.results = {}
    assert site.publish(atlas, tmp_path / "empty").is_file()
    assert site.publish(atlas, tmp_path / "a" / "b" / "c").is_file()
    page = Reader(tmp_path / "empty" / "en" / "index.html")
    assert "Could not be computed" in page.text


def test_without_leaflet_the_page_says_why_and_keeps_picture_and_table(
    synthetic: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from metrogis.texts import Text

    def fail(package: Any = None) -> Path:
        raise assets.AssetsError(Text("nie ma sieci", "there is no network"))

    monkeypatch.setattr(assets, "obtain", fail)
    site.publish(synthetic.atlas(), tmp_path / "a")
    page = Reader(tmp_path / "a/pl/test_check.html")
    assert "Mapa interaktywna jest niedostępna: nie ma sieci." in page.text
    assert "Gdynia" in page.text
    scripts = [a["src"] for t, a in page.tags if t == "script"]
    assert scripts == ["../assets/atlas.js", "../assets/search.js"]
    assert (tmp_path / "a/pictures/test_check.pl.png").stat().st_size > 10_000
    assert not list((tmp_path / "a/maps").iterdir())


def test_basemap_is_named_and_allowed_by_the_policy(synthetic: Any, tmp_path: Path):
    site.publish(synthetic.atlas(), tmp_path / "a", languages=("en",), basemap="osm")
    page = Reader(tmp_path / "a/en/test_check.html")
    assert "OpenStreetMap contributors" in page.text
    assert "tile.openstreetmap.org, which learns the reader's IP address" in page.text
    policy = next(a for _, a in page.tags if a.get("http-equiv"))["content"]
    assert "img-src 'self' file: data: https://tile.openstreetmap.org;" in policy


def test_unknown_language_or_basemap_is_refused_before_anything_is_written(
    synthetic: Any, tmp_path: Path
):
    with pytest.raises(ParameterError, match="(?i)unknown language 'de'"):
        site.publish(synthetic.atlas(), tmp_path / "a", languages=("pl", "de"))
    with pytest.raises(ParameterError, match="unknown basemap"):
        site.publish(synthetic.atlas(), tmp_path / "a", basemap="x")
    assert list(tmp_path.iterdir()) == []


def test_progress_names_each_check(synthetic: Any, tmp_path: Path):
    told: list[tuple[str, str]] = []
    site.publish(
        synthetic.atlas(),
        tmp_path / "a",
        progress=lambda check, what: told.append((check, what.en)),
    )
    assert told == [
        ("test_check", "maps and pages"),
        ("", "downloads"),
        ("", "pages of municipalities"),
    ]
