"""What the page of a municipality shows, as plain texts and rows, and the pages themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metrogis.checks.contract import DIRECTIONS, Column, Listing
from metrogis.i18n import _, both, is_missing
from metrogis.maps.values import column_of, heading, shown
from metrogis.municipality import Answer, Measure, Places, Portrait, Portraits
from metrogis.report.cells import cell
from metrogis.report.known import share_text
from metrogis.report.municipality.addresses import folder_of, page_of, pdf_of
from metrogis.report.municipality.local_map import Ground, LocalMap, local_map
from metrogis.report.pages import AtlasLike, render

RANK = _("{rank:0} of {of:0}")
SHOWN_OF = _("{shown:0} of {n:0} are shown; all are on the page of the check.")
WHY = _("{layer}: known on {share} of the municipality")
RESIDENTS = _("{n:0} {n:plural:resident|residents}")
LIKE = _("Compared with like ones: {label} ({n:0}).")
ALONE = _("No other municipality here is like it: {label}.")


@dataclass(frozen=True)
class MeasureRow:
    """One headline number as it stands on the page."""

    label: str
    value: str
    median: str
    like: str
    rank: str
    note: str


@dataclass(frozen=True)
class PlaceTable:
    """A list of places: headings (text, numeric), rows of cells, and what is left out."""

    title: str
    id: str
    heads: list[tuple[str, bool]]
    rows: list[list[str]]
    cut: str


@dataclass(frozen=True)
class AnswerView:
    """The answer of one check as it stands on the page."""

    id: str
    title: str
    question: str
    sentences: list[str]
    measures: list[MeasureRow]
    places: list[PlaceTable]
    why: list[str]


@dataclass(frozen=True)
class Section:
    """Answers of one direction."""

    direction: str
    title: str
    answers: list[AnswerView]


def write_pages(
    atlas: AtlasLike,
    known: Mapping[str, Sequence[Any]],
    folder: Path,
    languages: Sequence[str],
    shared: Mapping[str, Any],
) -> int:
    """Write a page of each municipality in each language.

    Parameters
    ----------
    atlas : AtlasLike
    known : mapping of str to sequence of Known
        By check id: what each check knows of each of its layers.
    folder : Path
        Of the site.
    languages : sequence of str
    shared : mapping
        What all pages of a site share.

    Returns
    -------
    int
        How many municipalities there are; 0 where no check has a result.
    """
    if not atlas.results:
        return 0
    portraits = portraits_of(atlas, known)
    ground, cells = Ground(portraits), Cells(portraits)
    for language in languages:
        (folder / folder_of(language)).mkdir(parents=True, exist_ok=True)
    for portrait in portraits:
        for language in languages:
            page = municipality_page(atlas, portrait, portraits, ground, cells, language, **shared)
            address = folder / page_of(portrait.teryt, language)
            address.write_bytes(page.encode("utf-8", "replace"))
    return len(portraits)


def portraits_of(atlas: AtlasLike, known: Mapping[str, Sequence[Any]]) -> Portraits:
    """Return the portraits of an atlas; what is known of each municipality is not measured anew."""
    shares: dict[str, dict[str, np.ndarray]] = {
        check_id: {k.layer: k.shares for k in layers if k.state != "absent"}
        for check_id, layers in known.items()
    }
    return Portraits(atlas.results.values(), getattr(atlas, "groups", None), shares)


def municipality_page(
    atlas: AtlasLike,
    portrait: Portrait,
    portraits: Portraits,
    ground: Ground,
    cells: Cells,
    language: str,
    **shared: Any,
) -> str:
    """Return the HTML of one municipality's page.

    Parameters
    ----------
    atlas : AtlasLike
    portrait : Portrait
    portraits : Portraits
    ground : Ground
    cells : Cells
    language : str
    **shared
        What all pages of a site share.
    """
    sections = []
    for direction, title in DIRECTIONS.items():
        answers = [
            _view(answer, portrait, cells, language)
            for answer in portrait.answers
            if answer.check.direction == direction
        ]
        if answers:
            sections.append(Section(direction, title.get(language), answers))
    people = portraits.population[portrait.position]
    like, count = portrait.group.label, len(portrait.group.members)
    name = portrait.name.get(language)
    drawn: LocalMap = local_map(portrait, ground, language)
    return render(
        "municipality.html.j2",
        atlas,
        language,
        root="../../",
        file="",
        addresses={x: page_of(portrait.teryt, x) for x in shared["languages"]},
        title=name,
        teryt=portrait.teryt,
        pdf_file=pdf_of(portrait.teryt, language),
        people="" if is_missing(people) else RESIDENTS.fill(n=float(people)).get(language),
        group=(LIKE if count > 1 else ALONE).fill(label=like, n=count).get(language),
        sections=sections,
        drawn=drawn,
        **shared,
    )


def _view(answer: Answer, portrait: Portrait, cells: Cells, language: str) -> AnswerView:
    check = answer.check
    titles = {item.name: item.text for item in check.inputs}
    why = [
        WHY.fill(layer=titles.get(layer, both(layer)), share=both(share_text(share, language))).get(
            language
        )
        for layer, share in answer.known.items()
        if not is_missing(share)
    ]
    row = portrait.rows[check.id]
    for name, column in check.columns["municipalities"].items():
        state = column.kind == "category" and (column.of_knowledge or name == "why")
        if state and name in row and not is_missing(row[name]) and row[name] != "":
            why.append(f"{column.label.get(language)}: {shown(row[name], column, language)}")
    return AnswerView(
        check.id,
        check.title.get(language),
        check.question.get(language),
        [text.get(language) for text in answer.sentences],
        [_measure(measure, language) for measure in answer.measures],
        [_places(check.id, places, cells, language) for places in answer.places],
        list(dict.fromkeys(why)),
    )


def _measure(measure: Measure, language: str) -> MeasureRow:
    def write(value: float) -> str:
        return "–" if is_missing(value) else measure.shown(value, language)

    column = measure.column
    return MeasureRow(
        column.label.get(language),
        measure.written(language),
        write(measure.median),
        write(measure.like_median),
        RANK.fill(rank=measure.rank, of=measure.of).get(language) if measure.rank else "–",
        column.note.get(language) if column.note else "",
    )


class Cells:
    """Rows of places as they are written: each once, however many municipalities it lies in."""

    def __init__(self, portraits: Portraits) -> None:
        self._results = {result.check.id: result for result in portraits.results}
        self._columns: dict[tuple[str, str], list[tuple[Column, list[Any]]]] = {}
        self._rows: dict[tuple[str, str, int, str], list[str]] = {}

    def columns(self, check_id: str, listing: Listing) -> list[tuple[Column, list[Any]]]:
        """Return the columns of a list with all their values."""
        key = check_id, listing.table
        if key not in self._columns:
            result = self._results[check_id]
            bare = pd.DataFrame(result.tables[listing.table])
            self._columns[key] = [
                (column_of(result.check, listing.table, name), bare[name].tolist())
                for name in listing.columns
                if name in bare.columns
            ]
        return self._columns[key]

    def row(self, check_id: str, listing: Listing, row: int, language: str) -> list[str]:
        """Return one row of a list."""
        key = check_id, listing.table, row, language
        if key not in self._rows:
            self._rows[key] = [
                cell(values[row], column, language)
                for column, values in self.columns(check_id, listing)
            ]
        return self._rows[key]


def _places(check_id: str, places: Places, cells: Cells, language: str) -> PlaceTable:
    listing = places.listing
    heads = [
        (heading(column, language), column.kind in ("number", "share"))
        for column, _values in cells.columns(check_id, listing)
    ]
    cut = ""
    if places.total > len(places.rows):
        cut = SHOWN_OF.fill(shown=len(places.rows), n=places.total).get(language)
    return PlaceTable(
        listing.title.get(language),
        f"{check_id}-{listing.table}".replace("_", "-"),
        heads,
        [cells.row(check_id, listing, row, language) for row in places.rows],
        cut,
    )
