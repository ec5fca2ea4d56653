"""The table of official sources, and files that replace what it says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from metrogis.catalog.models import MissingLayer
from metrogis.catalog.new import Wish, content_of, text_of
from metrogis.catalog.official import read_table, sources, units
from metrogis.catalog.official.sources import Feed
from metrogis.catalog.registry import LAYERS
from metrogis.catalog.toml import of_content, read_catalog
from metrogis.errors import CatalogError

TODAY = dt.date(2026, 11, 30)


@pytest.mark.parametrize("code", list(units.voivodeships()))
def test_every_voivodeship_has_a_catalog_that_opens_as_it_is_written(
    code: str, tmp_path: Path
) -> None:
    content = content_of(Wish("x", 'A "b" \\ c', codes=(code,)), read_table(), TODAY)
    (tmp_path / "catalog.toml").write_text(text_of(content), encoding="utf-8")
    catalog = read_catalog(tmp_path / "catalog.toml")
    assert catalog == of_content(content)
    assert set(catalog.layers) <= set(LAYERS)
    streets = catalog.layers["streets"]
    assert not isinstance(streets, MissingLayer)
    assert units.voivodeships()[code].extract in streets.fetch.url  # type: ignore[union-attr]


def test_no_official_address_passes_as_tested() -> None:
    for name, row in read_table().layers.items():
        asked = row["catalog"].get("fetch", [])
        for origin in asked if isinstance(asked, list) else [asked]:
            assert origin.get("tested", origin["service"] != "gtfs") is False, name
            assert origin.get("url", "https://").startswith(("https://", "http://"))
        assert asked or "until_filled" in row["catalog"] or "select" in row["catalog"], name


def test_every_layer_of_the_table_says_what_it_is_in_both_languages() -> None:
    for name, row in read_table().layers.items():
        assert set(row["about"]) == {"pl", "en"}, name
        assert row["countries"] in (["PL"], ["*"])


def test_years_are_counted_from_the_day_of_the_catalog() -> None:
    layers = {
        "a": {
            "countries": ["*"],
            "catalog": {"x": "{year-2}-12-31", "y": "{year-10}#", "z": "{today}"},
        }
    }
    place = sources.place_of("DE", (), TODAY)
    made = sources.layers_for(sources.Table(layers, ()), place)["a"]
    assert made == {"x": "2024-12-31", "y": 2016, "z": "2026-11-30"}


def test_a_word_that_nothing_fills_in_is_an_error() -> None:
    layers = {"a": {"countries": ["*"], "catalog": {"path": "{town}.gpkg"}}}
    with pytest.raises(CatalogError, match="town"):
        sources.require_valid(sources.Table(layers, ()), sources.place_of("DE", (), TODAY))


@pytest.mark.parametrize(
    ("areas", "codes", "there"),
    [(["2261"], ["2261"], True), (["2261"], ["2261011"], True), (["2261011"], ["2261"], True),
     (["22"], ["2261"], True), (["2261"], ["22"], True), (["2261"], ["2262"], False),
     (["*"], ["3064"], True), (["226"], ["2361"], False)],
)  # fmt: skip
def test_a_feed_serves_what_it_shares_an_area_with(
    areas: list[str], codes: list[str], there: bool
) -> None:
    assert Feed("a", "A", tuple(areas), "u", "l", "a").serves(codes) is there


def test_a_file_of_ones_own_replaces_addresses_layers_and_feeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'allow_local = true\n'
        '[addresses]\n"https://sdi.gdos.gov.pl/" = "http://localhost:1/gdos/"\n'
        '"https://sdi.gdos.gov.pl/wfs" = "http://localhost:2/wfs"\n'
        '[layers.structure]\ncountries = ["*"]\n'
        'catalog = { driver = "vector", path = "s.gpkg", licence = "a", attribution = "b", '
        'date = "2024" }\n'
        '[[feeds]]\nname = "ztm_poznan"\noperator = "o"\nareas = ["3064"]\nurl = "http://h/z.zip"\n'
        'licence = "l"\nattribution = "a"\n'
    )  # fmt: skip
    monkeypatch.setenv("METROGIS_SOURCES", str(own))
    content = content_of(Wish("x", "X", codes=("3064",)), read_table(), TODAY)
    corridors = content["layers"]["corridors"]["fetch"]
    assert corridors["url"] == "http://localhost:2/wfs"  # the longest beginning
    assert corridors["allow_local"] is True
    assert content["layers"]["structure"]["path"] == "s.gpkg"
    assert "http://h/z.zip" in repr(content["layers"]["timetable"]["fetch"])
    monkeypatch.delenv("METROGIS_SOURCES")
    assert "localhost" not in repr(content_of(Wish("x", "X", codes=("3064",)), read_table(), TODAY))


@pytest.mark.parametrize(
    "text",
    ["x = [", "[metro]\na = 1", "[layers.a]\npath = 'x'", "[layers.a]\ncatalog = {}\nnote = 1",
     "addresses = 1", "[addresses]\na = 1", "[[feeds]]\nname = 'a'"],
)  # fmt: skip
def test_a_file_of_sources_that_means_nothing_is_one_error(text: str, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text)
    with pytest.raises(CatalogError) as caught:
        read_table(own)
    assert caught.value.place == "own.toml"
    assert caught.value.remedy is not None
    with pytest.raises(CatalogError):
        read_table(tmp_path / "none.toml")
