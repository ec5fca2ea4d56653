"""One check of one metropolis: computed, or taken from what is kept, or why there is no answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from metrogis.checks.contract import Check, Result
from metrogis.errors import CheckError, MetrogisError, MissingLayerError, SourceError
from metrogis.i18n import Text, _
from metrogis.kept.inputs import Hashes
from metrogis.kept.memory import Peak
from metrogis.kept.packed import Packed
from metrogis.kept.store import Entry, Store
from metrogis.metro import Metro

READING = _("reading layers")
COMPUTING = _("computing")
DONE = _("done")
UNCHANGED = _("unchanged, not computed again")
SKIPPED = _("skipped")
FAILED = _("failed")
ENDS = (DONE, UNCHANGED, SKIPPED, FAILED)


@dataclass(frozen=True)
class Answer:
    """What came of a check: a result, a layer that it lacks, or an error.

    Attributes
    ----------
    check : Check
    result : Result or None
    lacking : (str, Text) or None
        The layer that is missing, and why.
    error : MetrogisError or None
    entry : Entry or None
        What the result was computed from, where it is kept.
    reused : bool
        Whether it was not computed again.
    """

    check: Check
    result: Result | None = None
    lacking: tuple[str, Text] | None = None
    error: MetrogisError | None = None
    entry: Entry | None = None
    reused: bool = False

    @property
    def state(self) -> Text:
        """How it ended, in a word."""
        if self.result is not None:
            return UNCHANGED if self.reused else DONE
        return FAILED if self.error is not None else SKIPPED


class Keeping:
    """Answers of one metropolis that are kept and used again."""

    def __init__(self, metro: Metro, store: Store) -> None:
        self.metro = metro
        self.store = store
        self.hashes = Hashes(metro)

    def unchanged(self, check: Check, given: Mapping[str, Any]) -> Entry | None:
        """Return what is said of a kept answer whose inputs are what they were; None for none."""
        entry = self.store.entry(self.metro, check.id)
        if entry is None:
            return None
        now = self.hashes.trace(check, given, entry.trace.layers)
        return entry if now == entry.trace else None

    def find(self, check: Check, given: Mapping[str, Any]) -> Answer | None:
        """Return the kept answer of a check, if its inputs are what they were."""
        if self.unchanged(check, given) is None:
            return None
        kept = self.store.load(self.metro, check.id)
        if kept is None:
            return None
        entry, packed, facts = kept
        self.metro.tell_facts(facts)
        return Answer(check, packed.unpack(self.metro), entry=entry, reused=True)

    def keep(
        self, result: Result, given: Mapping[str, Any], seconds: float, peak_mb: float
    ) -> Entry:
        """Keep a result that was computed just now; return what is said of it.

        Raises
        ------
        SourceError
            When files changed after they were read: it is not known what the result stands on.
        PublishError
            When it cannot be written.
        """
        check, metro = result.check, self.metro
        asked = metro.read_with(item.name for item in check.inputs)
        self.hashes.require_unchanged(asked)
        facts = {name: fact for name, fact in metro.facts().items() if name in asked}
        entry = Entry(
            self.hashes.trace(check, given, asked),
            datetime.now(UTC).isoformat(timespec="seconds"),
            round(seconds, 3),
            round(peak_mb, 1),
            sum(facts[i.name].rows or 0 for i in check.inputs if i.name in facts),
            sum(len(table) for table in result.tables.values()),
        )
        self.store.keep(metro, Packed.of(result), facts, entry)
        return entry


def answer(
    metro: Metro,
    check: Check,
    given: Mapping[str, Any],
    *,
    tell: Callable[[str, Text], None],
    strict: bool = False,
    keeping: Keeping | None = None,
) -> Answer:
    """Answer one check; what is wrong with it is part of the answer.

    Parameters
    ----------
    metro : Metro
    check : Check
    given : mapping
        Parameters that win over those of the catalog.
    tell : callable
        ``tell(check_id, what)``.
    strict : bool
        Raise an error instead.
    keeping : Keeping, optional
        Where answers are kept: an unchanged one is not computed again.

    Raises
    ------
    PublishError
        When an answer cannot be kept.
    MetrogisError
        With ``strict``, the check's.
    """
    try:
        # layers declared missing are no fault: the check is skipped with the catalog's reason
        for name in check.required:
            reason = metro.reason(name)
            if reason is not None:
                return Answer(check, lacking=(name, reason))
        metro.parameters_of(check.id, given)  # before layers are read for nothing
        found = keeping.find(check, given) if keeping else None
        if found is not None:
            return found
        tell(check.id, READING)
        start, peak = time.perf_counter(), Peak()
        _read_layers(metro, check)
        tell(check.id, COMPUTING)
        result = metro.check(check.id, **given)
        seconds = time.perf_counter() - start
    except MissingLayerError as error:  # a check that needs one layer of several
        name = error.layer or "?"
        return Answer(check, lacking=(name, metro.reason(name) or error.message))
    except MetrogisError as error:
        if strict:
            raise
        return Answer(check, error=error)
    except Exception as error:
        fault = CheckError.of(check.id, error)
        if strict:
            raise fault from error
        return Answer(check, error=fault)
    try:
        entry = keeping.keep(result, given, seconds, peak.megabytes()) if keeping else None
    except SourceError as error:
        if strict:
            raise
        return Answer(check, error=error)
    # any other error: what cannot be kept is no fault of the check
    return Answer(check, result, entry=entry)


def _read_layers(metro: Metro, check: Check) -> None:
    """Read the layers of a check, all of them, before the error of the first unreadable one."""
    first: MetrogisError | None = None
    for item in check.inputs:
        try:
            metro.get(item.name)
        except MetrogisError as error:
            first = first or error
    if first is not None:
        raise first
