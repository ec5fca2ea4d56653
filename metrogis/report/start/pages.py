"""The start page over many metropolises: a list with a map, and how they compare.

Metropolises are compared by the headline measures of each check: the median of their
municipalities, with how much is unknown beside it. One of which more than half is unknown has no
rank, as a municipality has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

from markupsafe import Markup

from metrogis.checks import registry
from metrogis.checks.contract import DIRECTIONS, Check, Column
from metrogis.checks.contract.reading import HALF, rounded_up, written
from metrogis.i18n import LANGUAGES, NO_DATA, Text, _, both, number, percent
from metrogis.many.manifest import FOLDER, NAME, Manifest, unwritable
from metrogis.many.worker import DONE, FAILED, PENDING, SKIPPED
from metrogis.report import pages, serving, words
from metrogis.report.start import drawing
from metrogis.sources import files

TITLE = _("Metropolises")
COMPLETE = _(
    "{n:0} {n:plural:metropolis|metropolises}, {done:0} {done:plural:answer|answers}; "
    "{skipped:0} {skipped:plural:question|questions} without an answer for lack of data."
)
INCOMPLETE = _("Not complete, {done:0} {done:plural:answer|answers} so far.")
NO_ATLAS = _(" {without:0} {without:plural:metropolis has|metropolises have} no atlas.")
NOT_COMPUTED = _(
    " {failed:0} {failed:plural:question|questions} could not be answered because of a fault."
)
NOT_BEGUN = _(" {pending:0} {pending:plural:question has|questions have} not been dealt with yet.")
STATE = _("{done:0} of {all:0} answered")
STATES = {
    FAILED: _("the atlas could not be made"),
    PENDING: _("not begun"),
}
ABOUT = _("Metropolises coloured by: {measure}.")

RANGE = _("{low} to {high}")


@dataclass(frozen=True)
class Listed:
    """One metropolis in the list."""

    place: str
    name: str
    link: str
    people: str
    municipalities: str
    state: str
    reason: str
    failed: bool


@dataclass(frozen=True)
class Ranked:
    """One metropolis in the ranking by a measure; ``rank`` and ``bar`` are empty where unknown."""

    rank: str
    name: str
    link: str
    value: str
    bar: str
    range: str
    unknown: str
    judged: bool


@dataclass(frozen=True)
class Ranking:
    """All metropolises by one measure."""

    id: str
    label: str
    rows: tuple[Ranked, ...]
    map: Markup
    better: str


@dataclass(frozen=True)
class Section:
    """One check: its question, and a ranking for each headline measure."""

    check: Check
    title: str
    question: str
    rankings: tuple[Ranking, ...]


@dataclass(frozen=True)
class _Front:
    """What templates need of an atlas."""

    title: Text
    created: str
    version: str


def publish_start(
    manifest: Manifest,
    summaries: Mapping[str, Any],
    folder: Path,
    languages: Sequence[str],
    site_url: str = "",
) -> Path:
    """Write the start page in each language, and what it needs beside it.

    Parameters
    ----------
    manifest : Manifest
    summaries : mapping
        Id -> :func:`metrogis.report.start.summary.summary_of` of its atlas, of those published.
    folder : Path
    languages : sequence of str
        The first is that of ``index.html``.
    site_url : str

    Returns
    -------
    Path
        ``index.html``.

    Raises
    ------
    PublishError
        When a file cannot be written.
    """
    try:
        for item in resources("metrogis.report").joinpath("assets").iterdir():
            if item.name in ("atlas.css", "atlas.js"):
                _write(folder / "assets" / item.name, item.read_bytes())
        for language in languages:
            made = start_page(manifest, summaries, language, languages, "../", site_url)
            _write(folder / language / "index.html", made.encode("utf-8", "replace"))
        for language in set(LANGUAGES) - set(languages):  # of a former run
            (folder / language / "index.html").unlink(missing_ok=True)
        made = start_page(manifest, summaries, languages[0], languages, "", site_url)
        _write(folder / "index.html", made.encode("utf-8", "replace"))
    except OSError as error:
        raise unwritable(folder, error) from error
    return folder / "index.html"


def _write(path: Path, content: bytes) -> None:
    with files.replacing(path) as temporary:
        temporary.write_bytes(content)


def start_page(
    manifest: Manifest,
    summaries: Mapping[str, Any],
    language: str,
    languages: Sequence[str],
    root: str,
    site_url: str = "",
) -> str:
    """Return the HTML of the start page in one language."""
    metros = sorted(manifest.metros, key=lambda name: _alphabetical(manifest, name, language))
    links = {n: f"{root}{FOLDER}/{n}/{language}/index.html" for n in metros if n in summaries}
    names = {n: Text.of(manifest.metros[n]["title"]).get(language) for n in metros}
    ground = drawing.Ground({n: summaries[n]["outline"] for n in metros if n in summaries})
    # those on the map have a number, in the order of the list
    places = {n: str(i) for i, n in enumerate((n for n in metros if n in ground.shapes), 1)}
    counts = manifest.counts()
    said = _said(manifest, counts).get(language)
    compared = {name: summaries[name] for name in metros if name in summaries}
    front = _Front(TITLE, _created(summaries), manifest.version)
    return pages.render(
        "start.html.j2",
        front,
        language,
        file="index.html",
        root=root,
        policy=serving.security_policy(None),
        basemap=None,
        site_url=f"{site_url}/" if site_url else "",
        languages=list(languages),
        title=TITLE.get(language),
        complete=manifest.complete,
        said=said,
        listed=[_listed(manifest, summaries, n, places.get(n, ""), links, language)
                for n in metros],
        map=drawing.draw(ground, places, names, links, language) if ground.shapes else "",
        directions=_directions(compared, names, links, ground, language),
        manifest=f"{root}{NAME}",
        methods=next(iter(links.values()), "").replace("index.html", "methods.html"),
    )  # fmt: skip


def _said(manifest: Manifest, counts: Mapping[str, int]) -> Text:
    """Return how far the run came, in sentences; none tells of nothing."""
    if manifest.complete:
        return COMPLETE.fill(n=len(manifest.metros), done=counts[DONE], skipped=counts[SKIPPED])
    said = INCOMPLETE.fill(done=counts[DONE])
    without = sum(record["state"] != DONE for record in manifest.metros.values())
    for template, count in (
        (NO_ATLAS, {"without": without}),
        (NOT_COMPUTED, {"failed": counts[FAILED]}),
        (NOT_BEGUN, {"pending": counts[PENDING]}),
    ):
        if any(count.values()):
            said += template.fill(**count)
    return said


def _created(summaries: Mapping[str, Any]) -> str:
    return max((s["created"] for s in summaries.values()), default=date.today().isoformat())


def _alphabetical(manifest: Manifest, name: str, language: str) -> tuple[str, str]:
    from metrogis.report.index_page import alphabetical

    return alphabetical(Text.of(manifest.metros[name]["title"]).get(language)), name


def _listed(
    manifest: Manifest, summaries: Mapping[str, Any], name: str, place: str,
    links: Mapping[str, str], language: str,
) -> Listed:  # fmt: skip
    record, summary = manifest.metros[name], summaries.get(name)
    counts = manifest.counts(name)
    state = STATE.fill(done=counts[DONE], all=sum(counts.values()))
    if record["state"] != DONE:
        state = STATES[record["state"]]
    people = summary["people"] if summary else None
    return Listed(
        place,
        Text.of(record["title"]).get(language),
        links.get(name, ""),
        number(people, language) if people is not None else NO_DATA.get(language),
        number(summary["municipalities"], language) if summary else NO_DATA.get(language),
        state.get(language),
        Text.of(record["error"]).get(language) if "error" in record else "",
        record["state"] == FAILED or counts[FAILED] > 0,
    )


# --------------------------------------------------------------------------- comparison


def _directions(
    compared: Mapping[str, Any], names: Mapping[str, str], links: Mapping[str, str],
    ground: drawing.Ground, language: str,
) -> list[tuple[str, str, list[Section]]]:  # fmt: skip
    found: list[tuple[str, str, list[Section]]] = []
    for direction, title in DIRECTIONS.items():
        sections = []
        for check in registry.checks():
            if check.direction == direction and any(
                check.id in s["checks"] for s in compared.values()
            ):
                sections.append(_section(check, compared, names, links, ground, language))
        if sections:
            found.append((direction, title.get(language), sections))
    return found


def _section(
    check: Check, compared: Mapping[str, Any], names: Mapping[str, str],
    links: Mapping[str, str], ground: drawing.Ground, language: str,
) -> Section:  # fmt: skip
    rankings = []
    for place, name in enumerate(check.headlines):
        column = check.columns["municipalities"][name]
        if column.kind not in ("number", "share"):
            continue
        # one map a check: that of its leading measure
        drawn = ground if place == 0 else None
        rankings.append(_ranking(check, name, column, compared, names, links, drawn, language))
    return Section(check, check.title.get(language), check.question.get(language), tuple(rankings))


def _ranking(
    check: Check, measure: str, column: Column, compared: Mapping[str, Any],
    names: Mapping[str, str], links: Mapping[str, str], ground: drawing.Ground | None,
    language: str,
) -> Ranking:  # fmt: skip
    medians = {name: median_of(summary, check.id, measure) for name, summary in compared.items()}
    ranks = ranks_of(medians, column.good)
    most = max((v for v in medians.values() if v is not None), default=0.0)
    sign = -1.0 if column.good != "down" else 1.0
    order = sorted(
        compared, key=lambda n: (medians[n] is None, sign * (medians[n] or 0.0), names[n])
    )
    rows = []
    for name in order:
        value, said = medians[name], compared[name]["checks"].get(check.id)
        numbers = said["measures"].get(measure) if said else None
        unknown = None if said is None else 1.0 - said["known_share"]
        rows.append(
            Ranked(
                str(ranks[name]) if value is not None else "–",
                names[name],
                links[name].replace("index.html", f"{check.id}.html"),
                NO_DATA.get(language) if value is None else written(value, column, language),
                f"{100 * max(value, 0.0) / most:.1f}" if value is not None and most > 0 else "",
                _range(numbers, column, language) if value is not None else "",
                percent(1.0 if unknown is None else rounded_up(unknown), language, 0),
                value is not None,
            )
        )
    label = column.label.get(language)
    svg: Markup = Markup("")
    if ground is not None and ground.shapes:
        key = f"map-{check.id}".replace("_", "-")
        svg = drawing.small_map(
            ground, medians, label, ABOUT.fill(measure=column.label).get(language), key
        )
    better = {"up": words.BETTER_UP, "down": words.BETTER_DOWN, "": both("")}[column.good]
    return Ranking(
        f"{check.id}-{measure}".replace("_", "-"), label, tuple(rows), svg, better.get(language)
    )


def median_of(summary: Mapping[str, Any], check_id: str, measure: str) -> float | None:
    """Return the number by which a metropolis is compared; None where less than half is known.

    Half of what the check maps, and of the municipalities.
    """
    said = summary["checks"].get(check_id)
    numbers = said["measures"].get(measure) if said else None
    if not numbers or said["known_share"] < HALF or numbers["known"] < HALF * numbers["of"]:
        return None
    median: float | None = numbers["median"]
    return median


def ranks_of(values: Mapping[str, float | None], good: str) -> dict[str, int]:
    """Return the rank of each known value: 1 the best, or the greatest; equal ones share it.

    >>> ranks_of({"a": 2.0, "b": None, "c": 1.0, "d": 2.0}, "down")
    {'a': 2, 'c': 1, 'd': 2}
    """
    known = {name: value for name, value in values.items() if value is not None}
    sign = 1.0 if good == "down" else -1.0
    return {
        name: 1 + sum(sign * other < sign * value for other in known.values())
        for name, value in known.items()
    }


def _range(numbers: Mapping[str, Any] | None, column: Column, language: str) -> str:
    if not numbers or numbers["low"] is None or numbers["high"] is None:
        return ""
    low, high = (written(numbers[end], column, language) for end in ("low", "high"))
    return RANGE.fill(low=low, high=high).get(language)
