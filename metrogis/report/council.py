"""The report of a metropolis for its council: all answers on paper, and the PDFs of an atlas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metrogis.checks.contract import DIRECTIONS, Check, Result
from metrogis.i18n import Text, _
from metrogis.report import charts, packages, pdf, words
from metrogis.report.municipality.addresses import page_of, pdf_of
from metrogis.report.pages import AtlasLike, kept_back, make_charts, render, source_line
from metrogis.report.reading_table import ReadingTable, municipality_table, place_table

MOST_PLACES = 10
"""Rows of a list of places in the report; the site has all of them."""

NOT_PRINTED = _("{n:plural:PDF|PDFs} not made: {n:0}; the first: {name}: {why}")
_PAGE = ".report"


@dataclass(frozen=True)
class Answer:
    """What the report says of one check."""

    check: Check
    findings: list[str]
    charts: list[charts.DrawnChart]
    reading: ReadingTable
    places: list[ReadingTable]
    kept_back: list[str]
    sources: str


@dataclass(frozen=True)
class Section:
    """Answers of one direction, and the checks without one."""

    direction: str
    title: str
    answers: list[Answer]
    without: list[tuple[str, str]]


def report_name(language: str) -> str:
    """Return the name of the metropolis' report in the folder of downloads."""
    return f"report.{language}.pdf"


def report_page(atlas: AtlasLike, language: str, **shared: Any) -> str:
    """Return the HTML of the report: for each check its answer, picture, charts and main tables.

    Parameters
    ----------
    atlas : AtlasLike
    language : str
    **shared
        What all pages of a site share.
    """
    sections = []
    for direction, title in DIRECTIONS.items():
        own = [r for r in atlas.results.values() if r.check.direction == direction]
        without = [
            (registered.title.get(language), reason.get(language))
            for registered, reason in _without(atlas)
            if registered.direction == direction
        ]
        if own or without:
            answers = [_answer(result, language) for result in own]
            sections.append(Section(direction, title.get(language), answers, without))
    return render(
        "report.html.j2",
        atlas,
        language,
        file="",
        title=words.WORDS["report"].get(language),
        sections=sections,
        most=MOST_PLACES,
        **shared,
    )


def write_pdfs(
    atlas: AtlasLike,
    teryts: Sequence[str],
    folder: Path,
    languages: Sequence[str],
    printer: pdf.Printer,
    shared: Mapping[str, Any],
    *,
    workers: int = 1,
) -> Text | None:
    """Print the report and the page of each municipality; return what could not be printed.

    Parameters
    ----------
    atlas : AtlasLike
    teryts : sequence of str
        Municipalities that have a page.
    folder : Path
        Of the site, all pages written.
    languages : sequence of {"pl", "en"}
    printer : Printer
    shared : mapping
        What all pages of a site share.
    workers : int
        Programs at a time.
    """
    downloads, site = folder / "downloads", shared.get("site_url", "")
    reports, sheets, offered = [], [], {}
    for language in languages:
        page = folder / language / f"{_PAGE}.html"
        page.write_bytes(report_page(atlas, language, **shared).encode("utf-8", "replace"))
        reports.append(page)
        target = downloads / report_name(language)
        index = folder / language / "index.html"
        sheets.append(pdf.Sheet(page, target, f"{site}{language}/index.html" if site else ""))
        offered[index] = target, language
        for teryt in teryts:
            address = page_of(teryt, language)
            own = downloads / pdf_of(teryt, language)
            sheets.append(pdf.Sheet(folder / address, own, f"{site}{address}" if site else ""))
            offered[folder / address] = own, language
    # the start page is that of the first language
    offered[folder / "index.html"] = offered[folder / languages[0] / "index.html"]
    try:
        lacking = pdf.print_all(sheets, printer, workers=workers)
    finally:
        for page in reports:
            page.unlink(missing_ok=True)
    for page, (target, language) in offered.items():
        size = packages.size_text(target.stat().st_size, language) if target.exists() else ""
        pdf.offer(page, target, size)
    if not lacking:
        return None
    first = next(iter(lacking))
    return NOT_PRINTED.fill(n=len(lacking), name=first.name, why=lacking[first])


def _without(atlas: AtlasLike) -> list[tuple[Check, Text]]:
    from metrogis.checks import registry

    failed = [(registry.get(name), error.message) for name, error in atlas.failed.items()]
    return failed + [(item.check, item.reason) for item in atlas.skipped]


def _answer(result: Result, language: str) -> Answer:
    title = words.WORDS["municipalities"].get(language)
    places = [
        table
        for listing in result.check.reading.listings
        if (table := place_table(result, listing, language)) is not None
    ]
    return Answer(
        result.check,
        result.sentences(language),
        make_charts(result, language, key=result.check.id),
        municipality_table(result, title, language),
        places,
        kept_back(result, language),
        source_line(result.provenance, language),
    )
