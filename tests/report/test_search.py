"""What the search field finds, and how its index is written."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from metrogis.checks.contract import Listing, Reading
from metrogis.errors import ParameterError
from metrogis.i18n import both
from metrogis.report import pages, search, serving


@pytest.fixture
def result(synthetic: Any) -> Any:
    made = synthetic.result()
    lists = (
        Listing("stops", both("Stops"), ("name", "departures"), by="departures"),
        Listing("links", both("Links"), ("flow",)),
    )
    return replace(made, check=replace(made.check, reading=Reading(listings=lists)))


def test_municipalities_come_first_then_placed_places_once(result: Any, synthetic: Any):
    result.features["stops"].loc[3, "name"] = synthetic.HOSTILE[0]
    found = search.entries_of([result, result], "en")
    municipalities = [entry for entry in found if entry.kind == "municipality"]
    assert municipalities == found[:12]
    assert municipalities[9] == search.Entry(
        "Gdynia", "municipality", "en/municipalities/2200009.html"
    )
    places = found[12:]
    once = places[: len(places) // 2]
    assert len({entry.name for entry in once}) == len(once)
    assert len(once) == 7  # nine stops: one has no place, one repeats a name
    assert once[0].address == "en/test_check.html#layer=stops.departures&row=6"


def test_a_list_whose_first_column_is_no_name_is_not_found(result: Any):
    assert not any("layer=links" in entry.address for entry in search.entries_of([result], "pl"))


def test_the_index_is_a_script_that_no_name_can_leave(result: Any, synthetic: Any):
    text = search.script(search.entries_of([result], "pl"))
    assert "</script" not in text
    head = "window.metrogisSearch = "
    index = json.loads(text.removeprefix(head).rstrip(";\n"))
    assert {name for name, *_ in index["entries"]} >= {*synthetic.HOSTILE[:8]}
    assert all(0 <= kind < len(index["kinds"]) for _, kind, _ in index["entries"])


@pytest.mark.parametrize(
    "given", ["ftp://a.pl", "a.pl/atlas", "https://", "https://a.pl/?x", "https://a.pl/#x"]
)
def test_what_is_no_address_of_a_site_is_refused(given: str):
    with pytest.raises(ParameterError, match="https://example.org"):
        serving.address_of(given)


def test_pages_with_an_address_say_what_a_link_shows(synthetic: Any, tmp_path: Any):
    from metrogis.report import site

    site.publish(synthetic.atlas(), tmp_path / "a", site_url="https://a.pl/b", languages=["en"])
    page = (tmp_path / "a/en/test_check.html").read_text()
    assert '<meta property="og:url" content="https://a.pl/b/en/test_check.html">' in page
    assert '<meta property="og:image" content="https://a.pl/b/pictures/test_check.en.png">' in page
    town = (tmp_path / "a/en/municipalities/2200000.html").read_text()
    assert 'href="https://a.pl/b/en/municipalities/2200000.html"' in town
    assert "og:" not in pages.render(
        "index.html.j2", synthetic.atlas(), "en", file="index.html", title="t", sections=[],
        counts="", layers=[], municipalities=[], csv_suffix="", languages=["en"], policy="",
        basemap=None, package="", leaflet="",
    )  # fmt: skip
