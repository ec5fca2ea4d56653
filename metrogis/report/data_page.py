"""The page on the data: which layers there are, what is known of each, what was lost in reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrogis.checks.contract import Check
from metrogis.checkup import YEAR
from metrogis.report import index_page, pages, words
from metrogis.report.known import ABSENT, EXAMPLES, HEALTH, Known, health, share_text
from metrogis.texts import Text, both, is_missing, number

FILE = "data.html"


@dataclass(frozen=True)
class LayerRow:
    """What is known of one layer, in one language."""

    layer: str
    title: str
    state: str
    share: str
    lost: str
    checks: list[tuple[str, str]]


def data_page(
    atlas: pages.AtlasLike,
    known: Mapping[str, Known],
    language: str,
    **shared: Any,
) -> str:
    """Return the HTML of the page on the data.

    Parameters
    ----------
    atlas : AtlasLike
    known : mapping
        Layer -> what all checks together know of it, see :func:`metrogis.report.known.of_atlas`.
    """
    titles = _layer_titles(atlas)
    return pages.render(
        "data.html.j2",
        atlas,
        language,
        file=FILE,
        title=words.WORDS["data_page"].get(language),
        layers=index_page.layer_rows(atlas.layers, language),
        knowledge=[_row(item, atlas, titles, language) for item in known.values()],
        losses=_losses(known, titles, language),
        doubts=[
            (_title(item.layer, titles, language), doubt.get(language))
            for item in known.values()
            for doubt in item.doubts
        ],
        health=[
            (
                row.layer.removesuffix(HEALTH),
                words.WORDS["doubt" if row.action == "unknown" else "noted"].get(language),
                row.what.get(language),
                number(row.count, language),
                row.examples,
            )
            for row in health(atlas.results.values())
        ],
        coverage=_coverage(atlas, known, titles, language),
        holdings=_holdings(atlas, language),
        evidence_csv=f"evidence{pages.csv_suffix(language, shared['languages'])}.csv",
        **shared,
    )


@dataclass(frozen=True)
class Holding:
    """What one layer that was read holds, in one language; texts are empty where not counted."""

    title: str
    layer: str
    address: str
    date: str
    old: bool
    counts: list[tuple[str, str]]


def _holdings(atlas: pages.AtlasLike, language: str) -> list[Holding]:
    """Return a row a layer that was read, as :attr:`metrogis.checkup.Checkup.layers` has them."""
    table = atlas.holdings
    rows = []
    for item in table[table["state"] == "loaded"].to_dict("records"):
        title = item["title"] if isinstance(item["title"], Text) else both(str(item["layer"]))
        counts = [
            ("", "")
            if is_missing(item[name])
            else (number(int(item[name]), language), str(item[name]))
            for name in ("municipalities", "elsewhere", "guessed", "duplicates")
        ]
        rows.append(
            Holding(
                title.get(language),
                str(item["layer"]),
                str(item["address"]),
                str(item["date"] or item["fetched"]),
                not is_missing(item["days"]) and int(item["days"]) > YEAR,
                counts,
            )
        )
    return rows


def _layer_titles(atlas: pages.AtlasLike) -> dict[str, Any]:
    """Return what layers are called: as the checks name them, else as the catalog does."""
    found: dict[str, Any] = {}
    for item in atlas.layers.to_dict("records"):
        title = item.get("title")
        if not is_missing(title) and title:
            found[str(item["layer"])] = title if hasattr(title, "pl") else both(str(title))
    for result in atlas.results.values():
        for given in result.check.inputs:
            found[given.name] = given.text
    return found


def _title(layer: str, titles: Mapping[str, Any], language: str) -> str:
    return str(titles.get(layer, both(layer)).get(language))


def _row(item: Known, atlas: pages.AtlasLike, titles: Mapping[str, Any], language: str) -> LayerRow:
    used: list[Check] = [atlas.results[i].check for i in item.checks if i in atlas.results]
    return LayerRow(
        layer=item.layer,
        title=_title(item.layer, titles, language),
        state=words.KNOWLEDGE[item.state].get(language),
        share="" if item.state == ABSENT else share_text(item.share, language),
        lost=number(item.lost, language) if item.lost else "",
        checks=[(check.id, check.title.get(language)) for check in used],
    )


def _losses(
    known: Mapping[str, Known], titles: Mapping[str, Any], language: str
) -> list[tuple[str, str, str, str, str]]:
    """Return rows: layer, kind, count, why, examples."""
    return [
        (
            _title(item.layer, titles, language),
            words.KINDS.get(loss.kind, both(loss.kind.replace("_", " "))).get(language),
            number(loss.count, language),
            loss.what.get(language),
            ", ".join(loss.ids[:EXAMPLES]) + (" …" if len(loss.ids) > EXAMPLES else ""),
        )
        for item in known.values()
        for loss in item.losses
    ]


@dataclass(frozen=True)
class Coverage:
    """A table of municipalities and layers: how much of the land of each is known."""

    heads: list[str]
    rows: list[tuple[str, list[pages.Cell]]]


def _coverage(
    atlas: pages.AtlasLike, known: Mapping[str, Known], titles: Mapping[str, Any], language: str
) -> Coverage | None:
    results = list(atlas.results.values())
    if not results or "name" not in results[0].municipalities.columns:
        return None
    names = [str(n) for n in results[0].municipalities["name"]]
    shown = [
        item
        for item in known.values()
        if item.state != ABSENT
        and len(item.shares) == len(names)
        and (np.nan_to_num(item.shares, nan=0.0) < 1).any()
    ]
    if not shown:
        return None
    rows = []
    for i, name in enumerate(names):
        cells: list[pages.Cell] = []
        for item in shown:
            share = float(item.shares[i])
            if np.isnan(share):
                cells.append((words.WORDS["unstated"].get(language), "", "num unknown"))
            else:
                look = "num" if share == 1 else "num unknown"
                cells.append((share_text(share, language), repr(share), look))
        rows.append((name, cells))
    return Coverage([_title(item.layer, titles, language) for item in shown], rows)
