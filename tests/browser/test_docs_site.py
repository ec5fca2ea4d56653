"""The documentation site in headless Chromium: it works, and it asks no other host."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

PAGES = ("index", "own-metropolis", "gallery", "metody", "api/metrogis.transit.intervals")


@pytest.fixture(scope="module")
def site(project: Path) -> Path:
    folder = Path(os.environ.get("METROGIS_DOCS") or project / "build" / "docs")
    if not (folder / "index.html").is_file():
        pytest.skip("no documentation site: make docs")
    return folder


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_without_error_or_foreign_request(site, visit, serve, name) -> None:
    seen = visit(f"{serve(site)}/{name}.html")
    seen.page.wait_for_load_state("networkidle")
    assert seen.faults == []
    assert seen.foreign == []
    assert seen.evaluate("document.querySelectorAll('h1').length") == 1
    # every picture of the gallery has arrived
    assert seen.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert (name != "gallery") or seen.evaluate("document.images.length") >= 16


def test_search_works_within_the_site(site, visit, serve) -> None:
    seen = visit(f"{serve(site)}/index.html")
    seen.page.fill(".md-search__input", "white spots")
    seen.page.wait_for_selector(".md-search-result__item")
    assert seen.faults == []
    assert seen.foreign == []


def test_the_browser_itself_refuses_another_host(site, visit, serve) -> None:
    """Whatever a script of the theme may ask for one day: the policy of the page says no."""
    seen: Any = visit(f"{serve(site)}/index.html")
    refused = seen.evaluate(
        "fetch('https://example.org/').then(() => 'sent', e => e.constructor.name)"
    )
    assert refused == "TypeError"
    assert any("Content Security Policy" in fault for fault in seen.faults)
    assert seen.foreign == []
