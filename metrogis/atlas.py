"""Which checks a metropolis allows, run in order, and their results together."""

from __future__ import annotations

import html
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from metrogis.checks import registry
from metrogis.checks.contract import DIRECTIONS, Check, Result
from metrogis.errors import MissingLayerError, ParameterError
from metrogis.metro import Metro
from metrogis.provenance import Audit
from metrogis.texts import Text, default_language

Progress = Callable[[str, Text], None]
"""Called with a check's id and what is being done to it."""

READING = Text("wczytywanie warstw", "reading layers")
COMPUTING = Text("obliczanie", "computing")
DONE = Text("gotowe", "done")
SKIPPED = Text("pominięto", "skipped")


@dataclass(frozen=True)
class Skipped:
    """A check that could not run, and the layer that is missing, with the reason."""

    check: Check
    layer: str
    reason: Text


@dataclass(frozen=True)
class Atlas:
    """Results of a metropolis.

    Attributes
    ----------
    metro : Metro
    results : dict
        Check id -> Result, in the strategy's order.
    skipped : tuple of Skipped
        Checks that could not run: shown on the pages, never left out in silence.
    """

    metro: Metro
    results: dict[str, Result]
    skipped: tuple[Skipped, ...] = ()
    created: str = field(default_factory=lambda: date.today().isoformat())

    @property
    def title(self) -> Text:
        """Name of the metropolis."""
        return self.metro.title

    @property
    def metro_name(self) -> str:
        """Identifier of the metropolis, fit for a file name."""
        return self.metro.info.id

    @property
    def layers(self) -> pd.DataFrame:
        """Table of the metropolis's layers (see :attr:`Metro.layers`)."""
        return self.metro.layers

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

    def __getitem__(self, check_id: str) -> Result:
        return self.results[check_id]

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results.values())

    def __len__(self) -> int:
        return len(self.results)

    def summary(self, language: str = "en") -> pd.DataFrame:
        """Return one row per check: direction, check, title, state, first finding or reason."""
        rows = []
        for result in self:
            sentences = result.sentences(language)
            rows.append((result.check, "done", sentences[0] if sentences else ""))
        rows += [(s.check, "skipped", f"{s.layer}: {s.reason.get(language)}") for s in self.skipped]
        order = {check.id: i for i, check in enumerate(registry.CHECKS)}
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
    ) -> Path:
        """Write the atlas as a site of static pages; return its index page.

        Written beside under a temporary name and renamed when whole.

        Raises
        ------
        PublishError
            When the directory holds something that is not a former atlas.
        """
        site = importlib.import_module("metrogis.report.site")
        return Path(
            site.publish(
                self, Path(directory), languages=languages, basemap=basemap, progress=progress
            )
        )

    def to_gpkg(self, path: str | Path) -> Path:
        """Write all tables of all results to one GeoPackage with QGIS styles."""
        module = importlib.import_module("metrogis.report.gpkg")
        return Path(module.write(list(self), Path(path)))

    def _repr_html_(self) -> str:
        table = self.summary(default_language()).to_html(escape=True, index=False)
        return f"<div><b>{html.escape(self.title.get(default_language()))}</b>{table}</div>"

    def __repr__(self) -> str:
        return f"<Atlas of {self.metro_name}: {len(self)} results, {len(self.skipped)} skipped>"


def run(
    metro: Metro,
    *,
    directions: Iterable[str] | None = None,
    checks: Iterable[str] | None = None,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    progress: Progress | None = None,
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

    Returns
    -------
    Atlas
        Checks that lack a layer are in ``skipped`` with the reason.

    Raises
    ------
    ParameterError
        For an unknown direction, check or parameter, before anything is computed.
    MetrogisError
        When a declared layer cannot be read: bad data is an error, not a skipped check.
    """
    parameters = parameters or {}
    chosen = _chosen(directions, checks)
    settings = {**metro.catalog.parameters, **parameters}
    for check_id in settings:
        check = registry.get(check_id)
        settings[check_id] = {
            **metro.catalog.parameters.get(check_id, {}),
            **parameters.get(check_id, {}),
        }
        check.parameters.read(settings[check_id], check=check.id)
    results: dict[str, Result] = {}
    skipped: list[Skipped] = []
    tell = progress or (lambda check_id, what: None)
    for check in chosen:
        lacking = [name for name in check.required if metro.reason(name) is not None]
        if lacking:
            reason = metro.reason(lacking[0])
            assert reason is not None
            skipped.append(Skipped(check, lacking[0], reason))
            tell(check.id, SKIPPED)
            continue
        tell(check.id, READING)
        layers = {item.name: metro.get(item.name) for item in check.inputs}
        tell(check.id, COMPUTING)
        try:
            results[check.id] = check.function(**layers, **settings.get(check.id, {}))
        except MissingLayerError as error:  # a check that needs one layer of several
            name = error.layer or "?"
            skipped.append(Skipped(check, name, metro.reason(name) or error.message))
            tell(check.id, SKIPPED)
            continue
        tell(check.id, DONE)
    return Atlas(metro, results, tuple(skipped))


def _chosen(directions: Iterable[str] | None, checks: Iterable[str] | None) -> list[Check]:
    wanted = list(registry.CHECKS)
    if directions is not None:
        names = list(directions)
        unknown = [d for d in names if d not in DIRECTIONS]
        if unknown:
            raise ParameterError(
                Text(f"nie ma kierunku '{unknown[0]}'", f"there is no direction '{unknown[0]}'"),
                remedy=Text(f"są: {', '.join(DIRECTIONS)}", f"there are: {', '.join(DIRECTIONS)}"),
            )
        wanted = [check for check in wanted if check.direction in names]
    if checks is not None:
        ids = {registry.get(check_id).id for check_id in checks}
        wanted = [check for check in wanted if check.id in ids]
    return wanted
