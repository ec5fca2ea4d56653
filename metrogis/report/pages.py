"""What the pages show: results turned into plain texts, rows and legends, then into HTML.

Templates escape everything; nothing from the data is ever marked as safe.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Protocol

import jinja2
import pandas as pd

from metrogis.checks.contract import DIRECTIONS, Check, Column, Result
from metrogis.errors import MetrogisError
from metrogis.i18n import LANGUAGES, Text, _, both, is_missing, number
from metrogis.maps.images import ImageLayer
from metrogis.maps.layers import MapLayer
from metrogis.maps.legend import legend_of
from metrogis.maps.page_data import opening_of
from metrogis.maps.symbols import swatch_hatch
from metrogis.maps.values import column_of, each_once, flag, heading, shown, sort_key
from metrogis.provenance import ACTIONS, Source
from metrogis.report import charts, citing, licences, reading_table, words
from metrogis.report.known import ABSENT, Known, share_text
from metrogis.report.rasters import raster_name
from metrogis.report.tables import csv_name, table_name
from metrogis.units import unit_text

MAX_ROWS = 200
"""Rows of a table of places shown on a page (municipalities are always all shown)."""

MAX_CSV_ROWS = 20_000
"""Longer tables are offered in the GeoPackage only: as CSV they would outweigh the whole site."""

LONG_ROWS = 1_000
"""Longer tables (cells, stops, zones) are not read row by row: packed as CSV, not in the workbook,
which they would make ten times as large and as slow to write."""

MAX_CELLS = 1_500
"""Cells of a table of places shown on a page: there are fewer of wide rows, at least
:data:`MIN_ROWS`."""

MIN_ROWS = 25


class SkippedCheck(Protocol):
    """A check that could not run."""

    @property
    def check(self) -> Check:
        """The check."""

    @property
    def layer(self) -> str:
        """The layer it lacks."""

    @property
    def reason(self) -> Text:
        """Why the layer is missing."""


class Titled(Protocol):
    """What every page names."""

    @property
    def title(self) -> Text: ...  # noqa: D102
    @property
    def created(self) -> str: ...  # noqa: D102
    @property
    def version(self) -> str: ...  # noqa: D102


class AtlasLike(Protocol):
    """What a site needs of an atlas."""

    @property
    def title(self) -> Text: ...  # noqa: D102
    @property
    def metro_name(self) -> str: ...  # noqa: D102
    @property
    def results(self) -> dict[str, Result]: ...  # noqa: D102
    @property
    def skipped(self) -> Sequence[SkippedCheck]: ...  # noqa: D102
    @property
    def failed(self) -> dict[str, MetrogisError]: ...  # noqa: D102
    def without(self, checks: Collection[str]) -> AtlasLike: ...  # noqa: D102
    def with_results(self, results: dict[str, Result]) -> AtlasLike: ...  # noqa: D102
    @property
    def layers(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def holdings(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def created(self) -> str: ...  # noqa: D102
    @property
    def version(self) -> str: ...  # noqa: D102
    @property
    def computed(self) -> Mapping[str, str]: ...  # noqa: D102


Cell = tuple[str, str, str]
"""One cell: its text, the number it sorts by, its look. There are many: a tuple is quick."""

ROW_HEAD = "row"
"""Look of the cell that names its row."""


@dataclass(frozen=True)
class Head:
    """One column heading, and what the column means."""

    name: str
    text: str
    numeric: bool
    note: str


@dataclass(frozen=True)
class TableView:
    """One table of a page."""

    id: str
    title: str
    heads: list[Head]
    rows: list[tuple[Cell, ...]]
    total: str
    cut: str
    csv: str
    long: bool = False


def tables_of(result: Result, language: str, csv_suffix: str = "") -> list[TableView]:
    """Return the tables of a result as they stand on its page."""
    return [_table(result, name, language, csv_suffix) for name in result.tables]


def _table(result: Result, name: str, language: str, csv_suffix: str) -> TableView:
    frame = result.tables[name]
    declared = result.check.columns.get(name, {})
    names = [c for c in declared if c in frame.columns and c != frame.geometry.name]
    columns = [declared[c] for c in names]
    bare = pd.DataFrame(frame)  # columns of it are had ten times sooner
    most = min(MAX_ROWS, max(MIN_ROWS, MAX_CELLS // max(1, len(names))))
    part = bare if name == "municipalities" else bare.head(most)
    heads = [
        Head(
            c,
            _marked(column, language),
            column.kind in ("number", "share"),
            column.note.get(language) if column.note else "",
        )
        for c, column in zip(names, columns, strict=True)
    ]
    cells = [
        each_once(part[c], partial(_cell, column=column, language=language))
        for c, column in zip(names, columns, strict=True)
    ]
    cut = ""
    if len(part) < len(frame):
        said = words.CUT if len(frame) <= MAX_CSV_ROWS else words.CUT_LONG
        cut = said.fill(shown=len(part), n=len(frame)).get(language)
    texts = [i for i, column in enumerate(columns) if column.kind == "text"]
    named = [i for i in texts if names[i] == "name"]
    for i in (named or texts)[:1]:
        cells[i] = [(text, "", ROW_HEAD) for text, _, _ in cells[i]]
    return TableView(
        id=f"table-{re.sub('[^a-z0-9]+', '-', name.lower())}",
        title=_table_title(result.check, name).get(language),
        heads=heads,
        rows=list(zip(*cells, strict=True)),
        total=words.ROWS.fill(n=len(frame)).get(language),
        cut=cut,
        csv=csv_name(f"{table_name(result, name)}{csv_suffix}.csv", len(frame), LONG_ROWS)
        if len(frame) <= MAX_CSV_ROWS
        else "",
        long=len(frame) > LONG_ROWS,
    )


def _marked(column: Column, language: str) -> str:
    """Return a heading with a mark where the number is a bound, or speaks of what is known."""
    return heading(column, language) + words.BOUNDS[column.bound] + "*" * column.of_known


def _cell(value: Any, column: Column, language: str) -> Cell:
    text = shown(value, column, language)
    absent = flag(value) is None if column.kind == "flag" else is_missing(value)
    if column.kind in ("number", "share"):
        return text, sort_key(value, column), "num unknown" if absent else "num"
    look = f"{'unknown' if absent else ''} {'long' if len(text) > 40 else ''}".strip()
    return text, "", look


def csv_suffix(language: str, languages: Sequence[str]) -> str:
    """Return what :func:`metrogis.report.tables.write_csv` puts before ``.csv``."""
    return f".{language}" if len(languages) > 1 else ""


def _table_title(check: Check, table: str) -> Text:
    """Return the name of a table: of municipalities, else the title of its first view."""
    found = next((v.title for v in check.views if v.table == table), None)
    if table == "municipalities" or found is None:
        return words.TABLES.get(table) or both(table.replace("_", " "))
    return found


# --------------------------------------------------------------------------- page of one check


def check_page(
    atlas: AtlasLike,
    result: Result,
    layers: Sequence[MapLayer | ImageLayer],
    known: Sequence[Known],
    language: str,
    drawn: Sequence[charts.DrawnChart] | None = None,
    **shared: Any,
) -> str:
    """Return the HTML of a check's page.

    Parameters
    ----------
    atlas : AtlasLike
    result : Result
    layers : sequence of MapLayer or ImageLayer
        What the map draws; their legends stand on the page as HTML lists.
    known : sequence of Known
        What the check knows of each of its layers.
    language : str
    drawn : sequence of DrawnChart, optional
        Its charts, where they are drawn already (:func:`make_charts`).
    **shared
        What all pages of a site share; ``languages`` among it.
    """
    check = result.check
    legends = [legend_of(layer, language) for layer in layers]
    declared = {name: check.columns.get(name, {}) for name in result.tables}
    return render(
        "check.html.j2",
        atlas,
        language,
        file=f"{check.id}.html",
        embed=_embed(check, language, shared.get("site_url", "")),
        about=next(iter(result.sentences(language)), ""),
        image=f"pictures/{check.id}.{language}.png",
        check=check,
        title=check.title.get(language),
        direction_title=DIRECTIONS[check.direction].get(language),
        findings=result.sentences(language),
        computed=computed_line(atlas, check.id, language),
        part_note=note.get(language) if (note := getattr(atlas, "part_note", None)) else "",
        charts=make_charts(result, language) if drawn is None else drawn,
        reading=reading_table.municipality_table(
            result, words.WORDS["municipalities"].get(language), language
        ),
        places=[
            table
            for listing in check.reading.listings
            if (table := reading_table.place_table(result, listing, language)) is not None
        ],
        legends=legends,
        any_hatch=any(line.unknown for block in legends for line in block.lines),
        opens_on_part=opening_of(result) is not None,
        alt=_alt_text(result, language),
        rasters=[
            (raster_name(result, o.raster), o.title.get(language))
            for o in check.overlays
            if o.raster in result.rasters
        ],
        tables=tables_of(result, language, csv_suffix(language, shared["languages"])),
        parameters=_parameters(result, language),
        methods=citing.methods_link(check.section, language) if check.section else None,
        columns=_columns(result, language),
        sources=[_source(s, language) for s in result.provenance],
        kept_back=kept_back(result, language),
        knowledge=_knowledge(result, known, language),
        any_bound=any(c.bound or c.of_known for t in declared.values() for c in t.values()),
        audit=[
            (a.layer, ACTIONS[a.action].get(language), number(a.count, language),
             a.what.get(language), a.examples)
            for a in result.audit
        ],
        **shared,
    )  # fmt: skip


def computed_line(atlas: AtlasLike, check_id: str, language: str) -> str:
    """Return when an answer was computed, in a sentence; empty where answers are not kept."""
    day = atlas.computed.get(check_id, "")[:10]
    if not day:
        return ""
    template = words.COMPUTED_BEFORE if day < atlas.created else words.COMPUTED
    return template.fill(day=day).get(language)


def kept_back(result: Result, language: str) -> list[str]:
    """Return what is not published of a result, each with its reason."""
    titles = {o.raster: o.title for o in result.check.overlays}
    return [
        licences.sentence(
            item, titles.get(item.table) or _table_title(result.check, item.table)
        ).get(language)
        for item in result.kept_back
    ]


def make_charts(result: Result, language: str, key: str = "chart") -> list[charts.DrawnChart]:
    """Return the charts of a result; ``key`` begins the ids they have on their page."""
    made = []
    for place, chart in enumerate(result.check.reading.charts):
        data = charts.chart_data(result, chart, language)
        if data is not None:
            made.append(charts.draw(data, f"{key}-{place}", language))
    return made


def _embed(check: Check, language: str, site_url: str) -> str:
    """Return what is copied into another page to show the map there; empty without an address."""
    if not site_url:
        return ""
    address = html.escape(f"{site_url}{language}/{check.id}.html#embed=1")
    title = html.escape(check.title.get(language))
    return (
        f'<iframe src="{address}" title="{title}" width="800" height="600" loading="lazy"></iframe>'
    )


def _alt_text(result: Result, language: str) -> str:
    """Return what stands for the picture: the title and the first finding."""
    sentences = result.sentences(language)
    values = {"title": result.check.title, "finding": sentences[0] if sentences else ""}
    return words.ALT.fill(**values).get(language).strip()


def source_line(sources: Iterable[Source], language: str) -> str:
    """Return who made the data and when, in one line for beneath a picture.

    Parameters
    ----------
    sources : iterable of Source
        A maker is the attribution, else the origin, and stands once.
    language : str

    Returns
    -------
    str
        With one date or the first and the last; empty where no source names a maker.
    """
    known = [s for s in sources if s.attribution or s.origin]
    makers = dict.fromkeys(s.attribution or s.origin for s in known)
    dates = sorted({s.date for s in known if s.date})
    if not makers:
        return ""
    span = dates[0] if len(dates) == 1 else f"{dates[0]} – {dates[-1]}" if dates else "–"
    return words.SOURCE_LINE.fill(sources="; ".join(makers), date=span).get(language)


def _parameters(
    result: Result, language: str
) -> list[tuple[str, str, str, str, str, list[tuple[str, str]]]]:
    values = result.parameters.model_dump()
    return [
        (
            spec.label.get(language),
            name,
            _value(values[name], language),
            unit_text(spec.unit).get(language),
            spec.citation.text.get(language),
            citing.links(spec.citation, language),
        )
        for name, spec in result.parameters.specs().items()
    ]


def _value(value: Any, language: str) -> str:
    if isinstance(value, bool):
        return {True: _("yes"), False: _("no")}[value].get(language)
    if isinstance(value, int | float):
        digits = next((d for d in range(6) if abs(round(value, d) - value) < 1e-9), 6)
        return number(value, language, digits)
    if isinstance(value, dict):
        return "; ".join(f"{k}: {_value(v, language)}" for k, v in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return "; ".join(_value(v, language) for v in value)
    return str(value)


def _columns(result: Result, language: str) -> list[tuple[str, str, str, str]]:
    rows = []
    for table, frame in result.tables.items():
        title = _table_title(result.check, table).get(language)
        for name in result.check.columns.get(table, {}):
            if name in frame.columns:
                column = column_of(result.check, table, name)
                note = column.note.get(language) if column.note else ""
                if column.known:
                    of = words.WORDS["known_column"].get(language)
                    note = f"{note}. {of} {column.known}".removeprefix(". ")
                rows.append((title, name, _marked(column, language), note))
    return rows


def _knowledge(
    result: Result, known: Sequence[Known], language: str
) -> list[tuple[str, str, str, str, str]]:
    """Return rows: layer, its title, how complete it is, its known share, what was lost of it."""
    titles = {item.name: item.text for item in result.check.inputs}
    return [
        (
            item.layer,
            titles.get(item.layer, both(item.layer)).get(language),
            words.KNOWLEDGE[item.state].get(language),
            "" if item.state == ABSENT else share_text(item.share, language),
            words.LOST.fill(n=item.lost).get(language) if item.lost else "",
        )
        for item in known
    ]


def _source(source: Source, language: str) -> list[str]:
    unstated = words.WORDS["unstated"].get(language)
    return [
        source.layer,
        source.origin or unstated,
        source.attribution or unstated,
        source.licence or unstated,
        words.PASSING_ON[source.redistribute].get(language),
        source.date or unstated,
    ]


# --------------------------------------------------------------------------- rendering


def render(template: str, atlas: Titled, language: str, **values: Any) -> str:
    """Return a page from its template.

    Parameters
    ----------
    template : str
        File of ``metrogis/report/templates``.
    atlas : AtlasLike, or what has its title, day and version
    language : str
    **values
        What the template shows. It escapes all of them, and sees the fixed words of pages as ``w``.
        ``root``, the way to the folder of the site, is ``../`` unless given; ``addresses`` are
        those of the same page in each language, from there: ``<language>/<file>`` unless given.
    """
    values.setdefault("about", "")
    values.setdefault("image", "")
    values.setdefault("site_url", "")
    values.setdefault("pdf", False)
    w = {name: text.get(language) for name, text in words.WORDS.items()}
    values.setdefault("root", "../")
    values.setdefault("addresses", {code: f"{code}/{values['file']}" for code in LANGUAGES})
    return _environment().get_template(template).render(
        w=w,
        language=language,
        language_names=words.LANGUAGE_NAMES,
        metro=atlas.title.get(language),
        created=atlas.created,
        version=atlas.version,
        **values,
    )  # fmt: skip


def prepare() -> None:
    """Read the templates into the cache of the process.

    Called before the process is forked for the pages: each of the others then has them already.
    """
    for name in ("check", "data", "index", "methods", "municipality", "parts", "unanswered"):
        _environment().get_template(f"{name}.html.j2")


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("metrogis.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["languages"] = LANGUAGES
    made.globals["swatch_hatch"] = swatch_hatch
    return made
