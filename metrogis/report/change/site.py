"""A comparison as a site of static pages.

::

    index.html                 what changed, in the first language
    pl/  en/                   index, a page per check, a page per municipality
    change.csv  change.gpkg  compare.json
    assets/                    style and script
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files as packaged
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from metrogis import __version__, boundary
from metrogis.checks.contract import DIRECTIONS
from metrogis.comparison import Comparison
from metrogis.errors import ParameterError, PublishError
from metrogis.i18n import LANGUAGES, _
from metrogis.report import methods_page, pages, replacing, search, serving
from metrogis.report.change import files, plan, words
from metrogis.report.change.views import Views, verdict_heads
from metrogis.report.index_page import alphabetical
from metrogis.report.municipality.addresses import folder_of


def publish(
    comparison: Comparison,
    directory: Path,
    *,
    languages: Sequence[str] = ("pl", "en"),
    site_url: str | None = None,
) -> Path:
    """Write a comparison as a site; see :meth:`metrogis.comparison.Comparison.publish`."""
    target = Path(directory).resolve()
    chosen = [languages] if isinstance(languages, str) else list(dict.fromkeys(languages))
    wrong = [x for x in chosen if x not in LANGUAGES]
    if wrong or not chosen:
        raise ParameterError(
            _("unknown language '{wrong}'").fill(wrong=", ".join(wrong)),
            remedy=_("there are: pl, en"),
        )
    address = serving.address_of(site_url)
    try:
        with replacing.building(target, files.JSON) as made:
            _build(comparison, made, chosen, address)
    except OSError as error:
        raise PublishError(
            _("cannot be written: {why}").fill(why=boundary.why(error)),
            place=str(target),
            remedy=_("give a folder that can be written"),
        ) from error
    return Path(directory) / "index.html"


def _build(comparison: Comparison, folder: Path, languages: list[str], address: str) -> None:
    (folder / "assets").mkdir()
    for package, sub in (("metrogis.report", "assets"), ("metrogis.maps", "static")):
        for item in packaged(package).joinpath(sub).iterdir():
            if item.name in ("atlas.css", "atlas.js", "search.js"):
                (folder / "assets" / item.name).write_bytes(item.read_bytes())
    views = Views(comparison, files.outlines(comparison))
    content = files.as_json(comparison, languages, __version__)
    # what templates read of an atlas
    site = SimpleNamespace(
        title=comparison.whole.new.title, created=content["created"], version=__version__
    )
    csv = files.write_csv(comparison, folder, languages)
    files.write_gpkg(comparison, folder / files.GPKG, languages[0])
    files.write_effects(comparison, folder, languages[0])
    shared = {
        "languages": languages,
        "policy": serving.security_policy(None),
        "basemap": None,
        "site_url": address,
        "scenario": comparison.whole.mode == "scenario",
        "states": views.states,
    }
    for language in languages:
        (folder / folder_of(language)).mkdir(parents=True)
        _write_language(views, site, folder, language, csv, shared)
    first = languages[0]
    _write(folder / "index.html", _index(views, site, first, csv, {**shared, "root": ""}))
    content["files"] = sorted(
        p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()
    )
    text = json.dumps(content, ensure_ascii=False, indent=1)
    _write(folder / files.JSON, text + "\n")


def _write_language(
    views: Views, site: Any, folder: Path, language: str, csv: list[str], shared: dict[str, Any]
) -> None:
    place = folder / language
    titles = {str(direction): title for direction, title in DIRECTIONS.items()}
    _write(place / "index.html", _index(views, site, language, csv, shared))
    _write(place / methods_page.FILE, methods_page.methods_page(site, language, **shared))
    entries = [
        search.Entry(c.title.get(language), words.W["changes"].get(language),
                     f"{language}/{c.id}.html")
        for c in views.checks
    ]  # fmt: skip
    for check in views.checks:
        page = _render(
            "change_check.html.j2", site, language,
            file=f"{check.id}.html",
            title=check.title.get(language),
            direction_title=titles[check.direction].get(language),
            direction=check.direction,
            measures=views.measures(check.id, language),
            **shared,
        )  # fmt: skip
        _write(place / f"{check.id}.html", page)
    kind = words.W["municipality"].get(language)
    for i, pair in enumerate(views.step.pairs):
        address = views.address(pair, language)
        entries.append(search.Entry(views.name(pair), kind, address))
        page = _render(
            "change_municipality.html.j2", site, language,
            file="",
            root="../../",
            addresses={x: views.address(pair, x) for x in LANGUAGES},
            title=views.name(pair),
            teryt=views.code(pair),
            note=pair.note.get(language) if pair.note is not None else "",
            sections=views.of_municipality(i, language),
            **shared,
        )  # fmt: skip
        _write(folder / address, page)
    _write(folder / "assets" / search.file_of(language), search.script(entries))


def _index(views: Views, site: Any, language: str, csv: list[str], shared: dict[str, Any]) -> str:
    step = views.step
    own = f"change.{language}.csv"
    names = sorted(
        ((views.name(p), views.address(p, language)) for p in step.pairs),
        key=lambda pair: alphabetical(pair[0]),
    )
    return _render(
        "change_index.html.j2", site, language,
        file="index.html",
        title=words.W["changes"].get(language),
        between=words.FROM_TO.fill(old=views.states[0], new=views.states[-1]).get(language),
        headline=views.headline(language),
        heads=verdict_heads(language),
        sections=views.sections(language),
        obstacles=views.obstacles(language),
        matched=views.matched(language),
        described=[(s.name, s.created, s.version) for s in views.comparison.states],
        municipalities=names,
        effects=plan.shown(views.comparison.effects, language),
        csv=own if own in csv else files.CSV,
        **shared,
    )  # fmt: skip


def _render(template: str, site: Any, language: str, **values: Any) -> str:
    said = {name: text.get(language) for name, text in words.W.items()}
    return pages.render(template, site, language, c=said, **values)


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "replace"))
