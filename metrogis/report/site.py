"""The atlas as a site of static pages that any server, or a disk, can hold.

::

    index.html                 the index in the first language
    pl/  en/                   index, a page on the data, and one page per check
    maps/                      scripts of the maps, their shapes once, their texts by language
    pictures/                  static pictures
    downloads/                 GeoPackages with QGIS styles (packed), CSV tables, workbooks
    assets/                    style, script, Leaflet
    atlas.json                 what is published, for machines; marks the folder as an atlas
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

from metrogis import boundary
from metrogis.checks.contract import Result
from metrogis.comparison import State, as_json, of_atlas
from metrogis.errors import MetrogisError, ParameterError, PublishError
from metrogis.i18n import LANGUAGES, Text, _
from metrogis.maps import assets
from metrogis.maps import images as map_images
from metrogis.maps import layers as map_layers
from metrogis.maps import page as map_page
from metrogis.maps.page_data import Basemap, map_data
from metrogis.maps.shapes import Shapes
from metrogis.parallel import processors, share_out
from metrogis.report import (
    council,
    data_page,
    figures,
    index_page,
    methods_page,
    packages,
    pages,
    project,
    rasters,
    replacing,
    search,
    serving,
    tables,
)
from metrogis.report import known as evidence
from metrogis.report.charts.standalone import standalone
from metrogis.report.licences import publishable
from metrogis.report.municipality import pages as of_municipality
from metrogis.report.municipality.addresses import FOLDERS
from metrogis.report.pdf import Printer, find_printer
from metrogis.report.replacing import GENERATOR, MARKER
from metrogis.report.together import faults_of, write_package

Progress = Callable[[str, Text], None]
DRAWING = _("maps and pages")
WRITING = _("downloads")
OF_MUNICIPALITIES = _("pages of municipalities")
PRINTING = _("printing PDF")


def publish(
    atlas: pages.AtlasLike,
    directory: str | Path,
    *,
    languages: Sequence[str] = LANGUAGES,
    basemap: str | None = None,
    progress: Progress | None = None,
    workers: int = 1,
    replace: bool = True,
    site_url: str | None = None,
    pdf: bool = False,
) -> Path:
    """Write the atlas to ``directory``.

    Parameters
    ----------
    atlas : Atlas
    directory : path
        New, empty, or a former atlas, which is replaced (:mod:`metrogis.report.replacing`); files
        in it that no atlas wrote are kept.
    languages : sequence of {"pl", "en"}
        The first is that of ``index.html``.
    basemap : str, optional
        See :data:`metrogis.maps.page.BASEMAPS`. None by default: then the pages request nothing
        from any other server.
    progress : callable, optional
        ``progress(check_id, what)``.
    workers : int
        Processes that draw maps and pages at a time (on Linux).
    replace : bool
        False: an atlas of more checks is not replaced.
    site_url : str, optional
        Where the folder will be published (``https://...``): pages then say what a link to them
        shows (``og:`` tags), and maps how they are embedded.
    pdf : bool
        Print the report of the metropolis and the page of each municipality, too
        (:mod:`metrogis.report.pdf`).

    Returns
    -------
    Path
        The index page.

    Raises
    ------
    ParameterError
        For an unknown language or basemap.
    PublishError
        When the folder holds something else, or cannot be written: it is then left as it was. With
        ``pdf``, where no program prints, before anything is written; of pages that could not be
        printed, when the rest is published.
    """
    printer = find_printer() if pdf else None
    target = Path(directory).resolve()
    chosen = _languages(languages)
    background = map_page.basemap_of(basemap)
    address = serving.address_of(site_url)
    if not replace:
        _require_no_more_checks(atlas, target)
    tell = progress or (lambda check_id, what: None)
    try:
        with replacing.building(target) as made:
            lacking = _build(atlas, made, chosen, background, tell, workers, address, printer)
    except OSError as error:
        raise _cannot_write(target, error) from error
    if lacking is not None:
        raise PublishError(
            lacking,
            place=str(target),
            remedy=_("the pages are published without them; try again, or print them yourself"),
        )
    return Path(directory) / "index.html"


def _require_no_more_checks(atlas: pages.AtlasLike, target: Path) -> None:
    """Raise where the folder holds an atlas with checks that this one does not have."""
    more = sorted(replacing.former_checks(target) - set(atlas.results))
    if more:
        raise PublishError(
            _("the folder holds an atlas with further checks: {more}").fill(more=", ".join(more)),
            place=str(target),
            remedy=_("give another folder (-o), run atlas, or add --replace (replace=True)"),
        )


def _languages(languages: Sequence[str]) -> list[str]:
    chosen = [languages] if isinstance(languages, str) else list(dict.fromkeys(languages))
    wrong = [x for x in chosen if x not in LANGUAGES]
    if wrong or not chosen:
        raise ParameterError(
            _("unknown language '{wrong}'").fill(wrong=wrong[0])
            if wrong
            else _("no language given"),
            remedy=_("there are: pl, en"),
        )
    return chosen


# --------------------------------------------------------------------------- building


def _build(
    atlas: pages.AtlasLike,
    folder: Path,
    languages: list[str],
    basemap: Basemap | None,
    tell: Progress,
    workers: int,
    site_url: str,
    printer: Printer | None,
) -> Text | None:
    for name in ("assets", "maps", "pictures", "downloads", *languages):
        (folder / name).mkdir()
    # before anything is drawn or written: no file can hold what is not to be passed on
    atlas = atlas.with_results({k: publishable(r) for k, r in atlas.results.items()})
    problem = _copy_assets(folder / "assets")
    package = packages.package_name(_slug(atlas.metro_name))
    shared: dict[str, Any] = {
        "languages": languages,
        "policy": serving.security_policy(basemap),
        "basemap": basemap,
        "package": package,
        "projects": {x: project.project_name(package, x) for x in languages},
        "site_url": site_url,
        "pdf": printer is not None,
        "leaflet": f"assets/{assets.LEAFLET.folder}/dist",
    }
    here = os.getpid()
    # the longest first: no worker is left alone with a long one at the end
    results = sorted(atlas.results.values(), key=_weight, reverse=True)
    downloads = folder / "downloads"
    known = evidence.of_results(atlas.results.values())

    def draw(result: Result) -> None:
        name = result.check.id
        # files first: the page says how large they are
        packages.write_files(result, downloads, languages, known)
        rasters.write_geotiff([result], downloads)
        _write_check(atlas, result, known[name], folder, languages, basemap, problem, shared)

    def work(result: Result | None) -> dict[str, MetrogisError]:
        """Write one check, or (None) the package; a fault costs its own check only."""
        if result is None:
            return write_package(atlas, known, downloads / package, languages)
        if os.getpid() == here:
            tell(result.check.id, DRAWING)
        return faults_of(result.check.id, lambda: draw(result))

    pages.prepare()
    if min(workers, processors()) > 1:
        faults = share_out(work, [None, *results], workers=workers)
    else:
        # writing waits for the disk while pictures keep the processor busy
        with ThreadPoolExecutor(1) as second:
            written = second.submit(work, None)
            faults = [work(result) for result in results]
            tell("", WRITING)
            faults.append(written.result())
    undrawn = {name: fault for some in faults for name, fault in some.items()}
    # before the pages that name all checks are written: those must not link what is not there
    if undrawn:
        atlas = _without(atlas, undrawn, folder)
        known = {name: item for name, item in known.items() if name not in undrawn}
    tell("", OF_MUNICIPALITIES)
    of_municipality.write_pages(atlas, known, folder, languages, shared)
    together = _write_frame(atlas, known, folder, languages, shared)
    lacking = None
    if printer is not None:
        tell("", PRINTING)
        first = next(iter(atlas.results.values()), None)
        codes = [] if first is None else first.municipalities["teryt"].tolist()
        lacking = council.write_pdfs(
            atlas, codes, folder, languages, printer, shared, workers=workers
        )
    # the marker last: a folder with one is a whole atlas
    cover = {
        name: {k.layer: k.shares for k in layers if k.state == evidence.PARTIAL}
        for name, layers in known.items()
    }
    state = of_atlas(atlas, cover)
    _write(folder / MARKER, _manifest(atlas, together, languages, folder, state))
    return lacking


def _without(
    atlas: pages.AtlasLike, undrawn: Mapping[str, MetrogisError], folder: Path
) -> pages.AtlasLike:
    """Take away what was written of checks that could not be drawn; the atlas says they failed."""
    for name in undrawn:
        for path in [*folder.rglob(f"{name}.*"), *(folder / "downloads").glob(f"{name}_*")]:
            path.unlink()
    atlas.failed.update(undrawn)
    return atlas.without(undrawn)


def _weight(result: Result) -> float:
    """Return about how long a result takes to draw: those that take longest come first."""
    rows = sum(len(table) for table in result.tables.values())
    return rows + sum(grid.values.size for grid in result.rasters.values()) / 50


def _write_frame(
    atlas: pages.AtlasLike,
    known: evidence.Results,
    folder: Path,
    languages: list[str],
    shared: dict[str, Any],
) -> Mapping[str, evidence.Known]:
    """Write the pages that name all checks; return what is known of all layers together."""
    for language in languages:
        entries = search.entries_of(atlas.results.values(), language)
        _write(folder / "assets" / search.file_of(language), search.script(entries))
    together = evidence.of_atlas(known, atlas.results.values())
    _write_evidence(atlas, together, folder / "downloads", languages)
    for language in languages:
        _write(
            folder / language / data_page.FILE,
            data_page.data_page(atlas, together, language, **shared),
        )
        _write(
            folder / language / methods_page.FILE,
            methods_page.methods_page(atlas, language, **shared),
        )
        for item in index_page.unanswered(atlas):
            html = index_page.unanswered_page(atlas, item, language, **shared)
            _write(folder / language / f"{item.check.id}.html", html)
        index = index_page.index_page(atlas, language, root="../", **shared)
        _write(folder / language / "index.html", index)
    _write(folder / "index.html", index_page.index_page(atlas, languages[0], root="", **shared))
    return together


def _write_evidence(
    atlas: pages.AtlasLike,
    known: Mapping[str, evidence.Known],
    folder: Path,
    languages: list[str],
) -> None:
    """Write what is known of the data: by municipality as CSV, whole as JSON."""
    _write(folder / "evidence.json", _json(evidence.as_json(known)))
    first = next(iter(atlas.results.values()), None)
    if first is None:
        return
    rows = evidence.table(known, first.municipalities)
    for language, text in zip(languages, tables.csv_texts(rows, languages), strict=True):
        name = f"evidence{pages.csv_suffix(language, languages)}.csv"
        (folder / name).write_bytes(text.encode("utf-8-sig", "replace"))


def _write_check(
    atlas: pages.AtlasLike,
    result: Result,
    known: list[evidence.Known],
    folder: Path,
    languages: list[str],
    basemap: Basemap | None,
    problem: Text | None,
    shared: dict[str, Any],
) -> None:
    name = result.check.id
    layers = map_layers.build(result)
    web = [map_layers.web_layer(layer) for layer in layers]
    ground = map_layers.ground_of(result)
    pictures = map_images.build(result)
    images = {}
    for image in map(map_images.web_image, pictures):
        address = f"maps/{name}.{image.layer.overlay.raster}.png"
        if problem is None:
            (folder / address).write_bytes(image.png)
        images[f"../{address}"] = image
    small = figures.thumbnail(web, ground, pictures)
    (folder / "pictures" / f"{name}.small.png").write_bytes(small)
    lines = {x: pages.source_line(result.provenance, x) for x in languages}
    for language, drawn in figures.pictures(result, web, ground, lines, images=pictures).items():
        (folder / "pictures" / f"{name}.{language}.png").write_bytes(drawn)
    # no word of the map is in its script: it is the same in every language
    made = map_page.build_map(
        result, web, ground, languages[0], basemap=basemap, key=name, images=[*images.values()]
    )
    body, script = map_page.take_apart(made)
    has_map = problem is None and bool(layers or pictures)
    shapes = Shapes()  # those of all views, in the data of every language by number
    for language in languages:
        data = map_data(
            result,
            web,
            ground,
            language,
            page=True,
            basemap=basemap,
            images=images,
            pages=f"{FOLDERS.get(language, FOLDERS['en'])}/",
            shapes=shapes,
        )
        if has_map:
            _write(folder / "maps" / f"{name}.{language}.data.js", map_page.data_script(name, data))
        bars = pages.make_charts(result, language)
        address = f"{shared['site_url']}{language}/{name}.html" if shared["site_url"] else ""
        for chart in bars:
            alone = standalone(chart, lines[language], address)
            (folder / "pictures" / f"{name}.{language}.{chart.key}.svg").write_bytes(alone)
        html = pages.check_page(
            atlas,
            result,
            [*layers, *pictures],
            known,
            language,
            bars,
            map_body=body,
            map_problem=problem.get(language) if problem else "",
            sizes=packages.sizes(folder, name, language),
            **shared,
        )
        _write(folder / language / f"{name}.html", html)
    if has_map:
        _write(folder / "maps" / f"{name}.js", script)
        _write(folder / "maps" / f"{name}.shapes.js", map_page.shapes_script(name, shapes))


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "replace"))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:60] or "atlas"


def _copy_assets(folder: Path) -> Text | None:
    """Put style, scripts and Leaflet beside the pages; return why Leaflet is not there."""
    for package, sub in (("metrogis.report", "assets"), ("metrogis.maps", "static")):
        for item in files(package).joinpath(sub).iterdir():
            if item.name.endswith((".css", ".js")):
                (folder / item.name).write_bytes(item.read_bytes())
    try:
        source = assets.obtain()
    except assets.AssetsError as error:
        return error.reason
    for name in assets.LEAFLET.files:
        copy = folder / assets.LEAFLET.folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        content = (source / name).read_bytes()
        if name.endswith(".js"):  # the map of the source is not published: no request for it
            content = re.sub(rb"//# sourceMappingURL=\S+\s*", b"", content)
        copy.write_bytes(content)
    return None


def _manifest(
    atlas: pages.AtlasLike,
    known: Mapping[str, evidence.Known],
    languages: list[str],
    folder: Path,
    state: State,
) -> str:
    content = {
        "generator": GENERATOR,
        "version": atlas.version,
        "created": atlas.created,
        "title": atlas.title.forms(),
        "metro": atlas.metro_name,
        "languages": languages,
        "checks": {
            r.check.id: {
                "direction": r.check.direction,
                "title": r.check.title.forms(),
                "findings": [f.render().forms() for f in r.findings],
                "figures": {k: _number(v) for k, v in r.figures.items()},
                "parameters": r.parameters.model_dump(mode="json"),
                "known_share": round(r.known_share, 6),
                "computed": atlas.computed.get(r.check.id),
                "headlines": {
                    name: r.check.columns["municipalities"][name].good for name in r.check.headlines
                },
            }
            for r in atlas.results.values()
        },
        "skipped": {
            s.check.id: {"layer": s.layer, "reason": s.reason.forms()} for s in atlas.skipped
        },
        "failed": {
            check_id: {
                "error": type(error).__name__,
                "layer": error.layer,
                "place": error.place,
                "message": error.message.forms(),
                "remedy": error.remedy.forms() if error.remedy else None,
                "text": error.text.forms(),
            }
            for check_id, error in atlas.failed.items()
        },
        "evidence": evidence.as_json(known),
        "health": evidence.health_json(evidence.health(atlas.results.values())),
        "files": sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()),
    }
    # what another publication is compared with: many numbers, not for reading
    numbers = json.dumps(as_json(state), ensure_ascii=False, separators=(",", ":"), default=str)
    return f'{_json(content).rstrip().removesuffix("}").rstrip()},\n "state": {numbers}\n}}\n'


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n"


def _number(value: Any) -> float | None:
    number = float(value)
    return number if abs(number) < float("inf") else None


def _cannot_write(target: Path, error: OSError) -> PublishError:
    why = boundary.why(error)
    return PublishError(
        _("cannot be written: {why}").fill(why=why),
        place=str(target),
        remedy=_("give a folder that can be written"),
    )
