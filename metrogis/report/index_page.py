"""The index of an atlas: checks by direction with a first finding, those without one, layers.

A check without an answer has a page of its own that says why, so that no address of the site is
dead.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

import pandas as pd

from metrogis.checks import registry
from metrogis.checks.contract import DIRECTIONS, Check
from metrogis.municipality import full_names
from metrogis.report import citing, words
from metrogis.report.municipality.addresses import page_of
from metrogis.report.pages import AtlasLike, computed_line, csv_suffix, render
from metrogis.texts import Text, both, is_missing, number


@dataclass(frozen=True)
class Card:
    """A check that was computed, on the index page."""

    check: Check
    finding: str
    mostly_unknown: bool
    computed: str = ""


@dataclass(frozen=True)
class Unanswered:
    """A check without an answer: which layer it lacks, or the fault it met."""

    check: Check
    failed: bool
    layer: str
    reason: Text
    place: str = ""
    remedy: Text | None = None


@dataclass(frozen=True)
class Section:
    """One direction of the strategy on the index page."""

    direction: str
    title: str
    done: list[Card]
    failed: list[Unanswered]
    skipped: list[Unanswered]


def unanswered(atlas: AtlasLike) -> list[Unanswered]:
    """Return the checks without an answer.

    Parameters
    ----------
    atlas : AtlasLike

    Returns
    -------
    list of Unanswered
        First those that failed (a reader must act), then those skipped for want of a layer; each
        group in the order of the atlas.
    """
    found = []
    for check_id, error in atlas.failed.items():
        found.append(
            Unanswered(
                registry.get(check_id),
                True,
                error.layer or "",
                error.message,
                error.place or "",
                error.remedy,
            )
        )
    return found + [Unanswered(s.check, False, s.layer, s.reason) for s in atlas.skipped]


def unanswered_page(atlas: AtlasLike, item: Unanswered, language: str, **shared: Any) -> str:
    """Return the HTML of the page of a check without an answer: why there is none, and what to do.

    Parameters
    ----------
    atlas : AtlasLike
    item : Unanswered
    language : str
    **shared
        What all pages of a site share.
    """
    check = item.check
    return render(
        "unanswered.html.j2",
        atlas,
        language,
        file=f"{check.id}.html",
        check=check,
        item=item,
        methods=citing.methods_link(check.section, language) if check.section else None,
        title=check.title.get(language),
        direction_title=DIRECTIONS[check.direction].get(language),
        **shared,
    )


def index_page(atlas: AtlasLike, language: str, *, root: str, **shared: Any) -> str:
    """Return the HTML of the index: a section for each direction, then the table of layers.

    Parameters
    ----------
    atlas : AtlasLike
    language : str
    root : str
        Relative address of the site's folder from this page (``../``).
    **shared
        What all pages of a site share; ``languages`` among it.
    """
    sections = []
    without = unanswered(atlas)
    for direction, title in DIRECTIONS.items():
        done = [
            Card(
                r.check,
                next(iter(r.sentences(language)), ""),
                r.mostly_unknown,
                computed_line(atlas, r.check.id, language),
            )
            for r in atlas.results.values()
            if r.check.direction == direction
        ]
        here = [item for item in without if item.check.direction == direction]
        failed, skipped = ([i for i in here if i.failed is state] for state in (True, False))
        if done or here:
            sections.append(Section(direction, title.get(language), done, failed, skipped))
    template = words.COUNTS_SKIPPED if atlas.skipped else words.COUNTS
    counts = [template.fill(done=len(atlas.results), skipped=len(atlas.skipped)).get(language)]
    if atlas.failed:
        counts.append(words.COUNTS_FAILED.fill(failed=len(atlas.failed)).get(language))
    return render(
        "index.html.j2",
        atlas,
        language,
        file="index.html",
        root=root,
        title=atlas.title.get(language),
        sections=sections,
        counts=" ".join(counts),
        layers=layer_rows(atlas.layers, language),
        municipalities=municipalities_of(atlas, language),
        csv_suffix=csv_suffix(language, shared["languages"]),
        **shared,
    )


def municipalities_of(atlas: AtlasLike, language: str) -> list[tuple[str, str]]:
    """Return name and address (from the root of the site) of each municipality page, by name."""
    first = next(iter(atlas.results.values()), None)
    if first is None:
        return []
    codes = [str(code) for code in first.municipalities["teryt"]]
    names = full_names(codes, [str(name) for name in first.municipalities["name"]])
    pairs = [(n.get(language), page_of(c, language)) for c, n in zip(codes, names, strict=True)]
    return sorted(pairs, key=lambda pair: alphabetical(pair[0]))


UNDECOMPOSED = {0x142: "l", 0xF8: "o", 0x111: "d", 0xDF: "ss"}
"""Letters whose marks are no characters of their own (l and d with a stroke, and their like)."""


def alphabetical(text: str) -> str:
    r"""Return what names are sorted by: letters without their marks, in lower case.

    >>> alphabetical("\u0141eba \u017bar")
    'leba zar'
    """
    plain = unicodedata.normalize("NFD", text.casefold().translate(UNDECOMPOSED))
    return "".join(c for c in plain if not unicodedata.combining(c))


def layer_rows(table: pd.DataFrame, language: str) -> list[dict[str, Any]]:
    """Return the table of layers as the index shows it.

    Parameters
    ----------
    table : DataFrame
        ``Atlas.layers``: a row a layer.
    language : str

    Returns
    -------
    list of dict
        Texts by name, empty where nothing is said; ``missing`` (bool) marks a layer that could not
        be used, ``key`` is the number of rows to sort by, ``source`` the reason where there is one.
    """
    rows = []
    for item in table.to_dict("records"):

        def text(key: str, item: dict[Any, Any] = item) -> str:
            value = item.get(key)
            if isinstance(value, Text):
                return value.get(language)
            return "" if is_missing(value) else str(value)

        state = text("state")
        count = item.get("rows")
        rows.append(
            {
                "title": text("title") or text("layer"),
                "layer": text("layer"),
                "state": words.STATES.get(state, both(state)).get(language),
                "missing": state in ("missing", "absent", "unreadable"),
                "rows": "" if is_missing(count) else number(count, language),
                "key": "" if is_missing(count) else repr(float(count)),
                "crs": text("crs"),
                "licence": text("licence"),
                "attribution": text("attribution"),
                "date": text("date"),
                "source": text("reason") or text("source"),
            }
        )
    return rows
