"""Which checks a metropolis allows, run in order, and their results together."""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from metrogis.bound import bound
from metrogis.catalog.facts import Facts
from metrogis.checks import registry
from metrogis.checks.contract import Check, Result
from metrogis.checkup import layer_table
from metrogis.errors import (
    MetrogisError,
    ParameterError,
    PublishError,
)
from metrogis.i18n import Text, _, default_language
from metrogis.kept import Keeping, Packed, Store, answer
from metrogis.kept.answering import DONE, FAILED, SKIPPED, UNCHANGED
from metrogis.metro import Metro
from metrogis.municipality import Portrait, Portraits
from metrogis.parallel import processors, side_by_side
from metrogis.provenance import Audit

Progress = Callable[[str, Text], None]
"""Called with a check's id and what is being done to it."""


@dataclass(frozen=True)
class Skipped:
    """A check that could not run, and the layer that is missing, with the reason."""

    check: Check
    layer: str
    reason: Text


_PART = _(
    "A part of: {whole}. Columns “of this metro” (ranks, regions, orders) speak of the part alone. "
    "Municipalities within {km:0} km of it, read with it so that nothing is lost at its border: "
    "{around}; their own answers may lack what lies further away."
)


@dataclass(frozen=True)
class Atlas:
    """Results of a metropolis.

    Attributes
    ----------
    metro : Metro
    results : dict
        Check id -> Result, in the strategy's order.
    skipped : tuple of Skipped
        Checks that could not run for want of a layer: shown on the pages, never left out in
        silence.
    failed : dict
        Check id -> MetrogisError of each check that met a fault: a layer that cannot be read, a
        parameter of the catalog that does not fit, a fault of the program.
    computed : dict of str to str
        Check id -> day and time (UTC, ISO) when its answer was computed, where answers are kept.
    """

    metro: Metro
    results: dict[str, Result]
    skipped: tuple[Skipped, ...] = ()
    created: str = field(default_factory=lambda: date.today().isoformat())
    failed: dict[str, MetrogisError] = field(default_factory=dict)
    computed: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> Text:
        """Name of the metropolis."""
        return self.metro.title

    @property
    def metro_name(self) -> str:
        """Identifier of the metropolis, fit for a file name."""
        return self.metro.info.id

    @property
    def part_note(self) -> Text | None:
        """What its pages say of a part of a country; None of a whole metropolis."""
        part = self.metro.info.part
        if part is None:
            return None
        return _PART.fill(whole=part.whole, around=len(part.around), km=part.buffer / 1000)

    @property
    def layers(self) -> pd.DataFrame:
        """Table of the metropolis's layers (see :attr:`Metro.layers`)."""
        return self.metro.layers

    @property
    def holdings(self) -> pd.DataFrame:
        """What the layers hold, with their age on the day ``created``; see :class:`Checkup`."""
        return layer_table(self.metro, self.metro.facts(), date.fromisoformat(self.created))

    @property
    def version(self) -> str:
        """Version of metrogis that computed it."""
        from metrogis import __version__

        return __version__

    @property
    def audit(self) -> Audit:
        """Audits of all results together."""
        audit = Audit()
        for result in self.results.values():
            audit += result.audit
        return audit

    @property
    def groups(self) -> dict[str, Text]:
        """Functional group of municipalities by TERYT, as far as the catalog names any."""
        return self.metro.info.group_of

    def municipality(self, teryt: str) -> Portrait:
        """Return all answers of one municipality: sentences, ranks, places, what is unknown.

        Parameters
        ----------
        teryt : str
            Its code of seven digits.

        Raises
        ------
        ParameterError
            For a code that is none of the area's.

        Examples
        --------
        >>> import metrogis as mg
        >>> atlas = mg.run(mg.open_metro("demo"))  # doctest: +SKIP
        >>> atlas.municipality("2201011")["white_spots"].sentences  # doctest: +SKIP
        """
        return Portraits(self.results.values(), self.groups).of(teryt)

    def __getitem__(self, check_id: str) -> Result:
        return self.results[check_id]

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results.values())

    def __len__(self) -> int:
        return len(self.results)

    def without(self, checks: Collection[str]) -> Atlas:
        """Return the atlas without the results of some checks (those that cannot be drawn)."""
        return replace(self, results={i: r for i, r in self.results.items() if i not in checks})

    def with_results(self, results: dict[str, Result]) -> Atlas:
        """Return the atlas with other results for its checks."""
        return replace(self, results=results)

    def summary(self, language: str = "en") -> pd.DataFrame:
        """Return the state of every check as a table.

        Parameters
        ----------
        language : {"en", "pl"}

        Returns
        -------
        DataFrame
            In the strategy's order: ``direction``, ``check`` (id), ``title``, ``state`` (``done``,
            ``skipped``, ``failed``), ``finding`` (the first one, or why there is none).
        """
        rows = []
        for result in self.without(self.failed):
            sentences = result.sentences(language)
            rows.append((result.check, "done", sentences[0] if sentences else ""))
        rows += [(s.check, "skipped", f"{s.layer}: {s.reason.get(language)}") for s in self.skipped]
        rows += [
            (registry.get(check_id), "failed", error.text.get(language))
            for check_id, error in self.failed.items()
        ]
        order = {check.id: i for i, check in enumerate(registry.checks())}
        rows.sort(key=lambda row: order[row[0].id])
        return pd.DataFrame(
            [(c.direction, c.id, c.title.get(language), state, text) for c, state, text in rows],
            columns=["direction", "check", "title", "state", "finding"],
        )

    def publish(
        self,
        directory: str | Path,
        *,
        languages: Sequence[str] = ("pl", "en"),
        basemap: str | None = None,
        progress: Progress | None = None,
        workers: int = 1,
        replace: bool = True,
        site_url: str | None = None,
        pdf: bool = False,
    ) -> Path:
        """Write the atlas as a site of static pages; return its index page.

        Written beside under a temporary name and put in place when whole; files in the directory
        that no atlas wrote stay. ``workers``: processes that draw at a time. ``replace=False``
        never replaces an atlas of more checks. ``site_url``: where the folder will be published;
        links to its pages then have a title and a picture, and maps can be embedded. ``pdf``: print
        the report of the metropolis and the page of each municipality, with Chromium or WeasyPrint.

        Raises
        ------
        PublishError
            When the directory holds something that is not a former atlas, or a file of the user's
            where the atlas has its own; when no check could be computed at all; with
            ``replace=False``, when the atlas there has checks that this one has not; with ``pdf``,
            when nothing prints.
        """
        if self.failed and not self.results:
            first = next(iter(self.failed.values()))
            raise PublishError(
                _("no check could be computed; the first error: {text}").fill(text=first.text),
                remedy=_(
                    "metrogis layers check lists all errors; a former atlas is left as it was"
                ),
            )
        return Path(
            bound("publish")(
                self,
                Path(directory),
                languages=languages,
                basemap=basemap,
                progress=progress,
                workers=workers,
                replace=replace,
                site_url=site_url,
                pdf=pdf,
            )
        )

    def to_gpkg(self, path: str | Path) -> Path:
        """Write all tables of all results to one GeoPackage with QGIS styles.

        Parameters
        ----------
        path : str or Path
            A file that exists is replaced.

        Returns
        -------
        Path

        Raises
        ------
        PublishError
            When it cannot be written.
        """
        return Path(bound("write_gpkg")(list(self), Path(path)))

    def to_excel(self, path: str | Path) -> Path:
        """Write all tables of all results to one XLSX file; return its path.

        Sheets are called ``<check>_<table>``, shortened to the 31 letters that the format allows.
        """
        return Path(bound("write_excel")(list(self), Path(path)))

    def _repr_html_(self) -> str:
        table = self.summary(default_language()).to_html(escape=True, index=False)
        return f"<div><b>{html.escape(self.title.get(default_language()))}</b>{table}</div>"

    def __repr__(self) -> str:
        more = f", {len(self.failed)} failed" if self.failed else ""
        return (
            f"<Atlas of {self.metro_name}: {len(self)} results, {len(self.skipped)} skipped{more}>"
        )


def run(
    metro: Metro,
    *,
    directions: Iterable[str] | None = None,
    checks: Iterable[str] | None = None,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    progress: Progress | None = None,
    workers: int = 1,
    strict: bool = False,
    store: Store | None = None,
    before: Atlas | None = None,
) -> Atlas:
    """Run every check whose layers the metropolis has.

    Parameters
    ----------
    metro : Metro
    directions, checks : iterables of str, optional
        Only these directions (``"2.1.2"``) or check ids. Default: all.
    parameters : mapping, optional
        Check id -> {parameter: value}; they win over those the catalog sets.
    progress : callable, optional
        ``progress(check_id, what)``, called as the work goes on.
    workers : int
        Processes: with more than one the directions are computed side by side (on Linux; each
        loads the layers it needs, so more memory is used).
    strict : bool
        Stop at the first fault instead of going on with the other checks.
    store : Store, optional
        Keep answers there (:mod:`metrogis.kept`), and take those whose data, parameters and program
        are what they were, instead of computing them again.

    Returns
    -------
    Atlas
        Checks that lack a layer are in ``skipped`` with the reason; those that met a fault (a
        declared layer that cannot be read, an unfit parameter of the catalog, a fault of the
        program) in ``failed`` with the error. A fault costs its own checks only.

    Raises
    ------
    ParameterError
        For an unknown direction or check, or an unfit parameter among ``parameters``, before
        anything is computed.
    MetrogisError
        With ``strict``, the first fault.
    """
    parameters = parameters or {}
    chosen = registry.chosen_checks(directions, checks)
    for check_id in (*metro.catalog.parameters, *parameters):
        registry.get(check_id)  # an unknown check is an error, wherever it is named
    for check_id, values in parameters.items():
        registry.get(check_id).parameters.read(values, check=check_id)
    tell = progress or (lambda check_id, what: None)
    same = _unaffected(metro, before, chosen, parameters)
    parts = _parts([check for check in chosen if check.id not in same], workers)
    here = os.getpid()

    def work(part: list[Check]) -> Done:
        # in a process of its own nothing can be told to the user, and only plain values can be sent
        quiet = os.getpid() != here
        show = (lambda check_id, what: None) if quiet else tell
        done = _run(metro, part, parameters, show, strict=strict, store=store)
        return done if not quiet else done.bare()

    together = _together(metro, side_by_side(work, parts), tell)
    results, skipped, failed = together.results, together.skipped, together.failed
    order = [check.id for check in chosen]
    if before is not None and same:
        _take_over(metro, before, same, together, tell)
    skipped.sort(key=lambda item: order.index(item.check.id))
    return Atlas(
        metro,
        {i: results[i] for i in order if i in results},
        tuple(skipped),
        failed={i: failed[i] for i in order if i in failed},
        computed=together.computed,
    )


def _take_over(
    metro: Metro, before: Atlas, same: Collection[str], into: Done, tell: Progress
) -> None:
    """Add what the atlas before says of checks that a scenario leaves as they are."""
    metro.tell_facts({k: v for k, v in before.metro.facts().items() if not metro.changes_of(k)})
    into.results |= {i: before.results[i] for i in same if i in before.results}
    into.failed |= {i: before.failed[i] for i in same if i in before.failed}
    into.skipped += [item for item in before.skipped if item.check.id in same]
    for check_id in same:
        tell(check_id, UNCHANGED)


def _together(metro: Metro, found: Iterable[Done], tell: Progress) -> Done:
    """Return what all processes did; of what others did the user hears here."""
    out = Done({}, [], {})
    found = list(found)
    for done in found:
        metro.tell_facts(done.facts)
        metro.tell_unreadable(done.unreadable)
        out.results |= done.results
        out.skipped += done.skipped
        out.failed |= done.failed
        out.computed |= done.computed
    for done in found:
        for bare in done.packed:
            out.results[bare.check] = bare.unpack(metro)
            tell(bare.check, DONE)
        for check_id, layer, reason in done.lacking:
            out.skipped.append(Skipped(registry.get(check_id), layer, reason))
            tell(check_id, SKIPPED)
        for check_id in () if done.here else done.failed:
            tell(check_id, FAILED)
    return out


def _unaffected(
    metro: Metro,
    before: Atlas | None,
    chosen: list[Check],
    parameters: Mapping[str, Mapping[str, Any]],
) -> frozenset[str]:
    """Return the checks whose answers a scenario leaves as they are in the atlas of its base."""
    if before is None:
        return frozenset()
    if metro.plan is None or metro.base is not before.metro:
        raise ParameterError(
            _("the atlas before is not that of the metropolis the scenario was applied to"),
            layer="before",
            remedy=_("run the base, then metro.with_scenario(plan) with before=..."),
        )
    touched = set(metro.dependent(metro.plan))
    answered = {*before.results, *before.failed, *(item.check.id for item in before.skipped)}
    ids = {check.id for check in chosen if check.id in answered and check.id not in touched}
    for check_id in list(ids):
        own = metro.parameters_of(check_id, parameters.get(check_id))
        if check_id in before.results and before.results[check_id].parameters != own:
            ids.discard(check_id)
    return frozenset(ids)


def _parts(chosen: list[Check], workers: int) -> list[list[Check]]:
    """Checks by direction, as many parts as there are workers; the longest first."""
    if workers < 2 or processors() < 2:
        return [chosen]
    groups = [[c for c in chosen if c.direction == d] for d in ("2.1.3", "2.1.2", "1.2.1")]
    groups = [group for group in groups if group]
    while len(groups) > workers:
        groups[:2] = [groups[0] + groups[1]]
    # the strategy's order within a part: the answers do not depend on it, their audits may
    return [[c for c in chosen if c in group] for group in groups] or [chosen]


@dataclass
class Done:
    """What one process did."""

    results: dict[str, Result]
    skipped: list[Skipped]
    facts: dict[str, Facts]
    failed: dict[str, MetrogisError] = field(default_factory=dict)
    unreadable: dict[str, MetrogisError] = field(default_factory=dict)
    here: bool = True
    packed: list[Packed] = field(default_factory=list)
    lacking: list[tuple[str, str, Text]] = field(default_factory=list)
    computed: dict[str, str] = field(default_factory=dict)

    def bare(self) -> Done:
        """Return what another process needs of it, in a form that can be sent.

        Checks and layers stay behind: they hold functions and open files, and the other process has
        its own.
        """
        packed = [Packed.of(result) for result in self.results.values()]
        lacking = [(s.check.id, s.layer, s.reason) for s in self.skipped]
        return Done({}, [], self.facts, self.failed, self.unreadable, False, packed, lacking)


def _run(
    metro: Metro,
    chosen: list[Check],
    parameters: Mapping[str, Mapping[str, Any]],
    tell: Progress,
    *,
    strict: bool,
    store: Store | None,
) -> Done:
    """Run checks one after the other; a fault of one costs that one only."""
    done = Done({}, [], {})
    keeping = Keeping(metro, store) if store is not None else None
    for check in chosen:
        given = parameters.get(check.id, {})
        found = answer(metro, check, given, tell=tell, strict=strict, keeping=keeping)
        if found.result is not None:
            done.results[check.id] = found.result
            if found.entry is not None:
                done.computed[check.id] = found.entry.computed
        elif found.lacking is not None:
            done.skipped.append(Skipped(check, *found.lacking))
        elif found.error is not None:
            done.failed[check.id] = found.error
        tell(check.id, found.state)
    done.facts, done.unreadable = metro.facts(), metro.unreadable
    return done
