"""What the search field of every page finds: municipalities, and places of checks by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from metrogis.checks.contract import Listing, Result
from metrogis.i18n import is_missing
from metrogis.maps.geometry import placed
from metrogis.maps.layers import MAX_FEATURES
from metrogis.maps.naming import municipality_names
from metrogis.maps.page_data import safe_json, view_key
from metrogis.report import words
from metrogis.report.municipality.addresses import page_of

NAMED = ("name", "station", "interchange")
"""Columns by which places are found: lists whose first column is another have no names."""

MOST = 1500
"""Places of one list that are found, its first ones."""


@dataclass(frozen=True)
class Entry:
    """One thing that is found: its name, what it is, its address from the root of the site."""

    name: str
    kind: str
    address: str


def entries_of(results: Iterable[Result], language: str) -> list[Entry]:
    """Return what is found, municipalities first, then places in the order of their checks.

    Parameters
    ----------
    results : iterable of Result
    language : str
    """
    results = tuple(results)
    if not results:
        return []
    first = results[0]
    kind = words.WORDS["municipality"].get(language)
    codes = [str(code) for code in first.municipalities["teryt"]]
    made = [
        Entry(name.get(language), kind, page_of(code, language))
        for code, name in zip(codes, municipality_names(first), strict=True)
    ]
    for result in results:
        seen: set[str] = set()
        for listing in result.check.reading.listings:
            made += _places(result, listing, language, seen)
    return made


def _places(result: Result, listing: Listing, language: str, seen: set[str]) -> list[Entry]:
    table = result.tables.get(listing.table)
    name = listing.columns[0]
    view = next((v for v in result.check.views if v.table == listing.table), None)
    if table is None or view is None or name not in NAMED or len(table) > MAX_FEATURES:
        return []
    there = placed(table.geometry)
    names = pd.DataFrame(table)[name].tolist()
    made: list[Entry] = []
    for row in listing.rows(pd.DataFrame(table)).tolist():
        called = names[row]
        if not there[row] or is_missing(called) or not str(called).strip() or called in seen:
            continue
        seen.add(called)
        address = f"{language}/{result.check.id}.html#layer={view_key(view)}&row={row}"
        made.append(Entry(str(called), result.check.title.get(language), address))
        if len(made) == MOST:
            break
    return made


def file_of(language: str) -> str:
    """Return the name of the index's file."""
    return f"search.{language}.js"


def script(entries: Iterable[Entry]) -> str:
    r"""Return the index as a script: a page opened from a disk may load one, but fetch nothing.

    Each kind is written once, and referred to by its place.

    >>> print(script([Entry("a</script>", "spot", "en/x.html")]), end="")
    window.metrogisSearch = {"kinds":["spot"],"entries":[["a\u003c/script\u003e",0,"en/x.html"]]};
    """
    entries = list(entries)
    kinds = {kind: i for i, kind in enumerate(dict.fromkeys(entry.kind for entry in entries))}
    rows = [(entry.name, kinds[entry.kind], entry.address) for entry in entries]
    return f"window.metrogisSearch = {safe_json({'kinds': list(kinds), 'entries': rows})};\n"
