"""PDF made by a real Chromium: tagged, readable, a summary of one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import metrogis as mg
from metrogis.errors import PublishError
from metrogis.report import pdf

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def printed(tmp_path_factory: Any) -> Path:
    try:
        pdf.find_printer()
    except PublishError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("pdf") / "public"
    metro = mg.open_metro("demo")
    atlas = mg.run(metro, checks=["functional_links", "plan_validity", "connections"])
    atlas.publish(folder, languages=["pl"], pdf=True, workers=2)
    return folder / "downloads"


def test_pdf_is_tagged_and_holds_polish_text(printed: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    assert len(list(printed.glob("98*.pl.pdf"))) == 12
    for path in (printed / "report.pl.pdf", printed / "9861011.pl.pdf"):
        book = pypdf.PdfReader(path)
        root = book.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"], path.name
        assert root["/Lang"] == "pl"
        text = " ".join(page.extract_text() for page in book.pages)
        assert "Śniadno" in text, path.name
        assert "Poprawność planów" in text, path.name
        # whoever opens it is not led to the folder it was made in
        assert b"file:///" not in path.read_bytes()


def test_report_names_each_answer_on_its_first_page(printed: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    first = pypdf.PdfReader(printed / "report.pl.pdf").pages[0].extract_text()
    for title in ("Powiązania funkcjonalne gmin", "Połączenia między siedzibami"):
        assert title in first


def test_summary_of_a_municipality_is_one_page(printed: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(printed / "9861011.pl.pdf").pages
    # its note stands beneath the last answer; what follows begins with a direction
    assert "tego, co wiadomo" in " ".join(pages[0].extract_text().split())
    assert "1.2.1" in pages[1].extract_text()[:200]
