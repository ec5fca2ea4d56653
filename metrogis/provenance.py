"""Where data came from, and what was done to it on the way.

A :class:`Source` says origin, licence, date and hash of one layer. An :class:`Audit` lists what was
dropped, repaired, guessed or modelled, with counts. Both travel with a layer in
``GeoDataFrame.attrs["metrogis"]`` as plain values, so that they survive copies and files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from metrogis.i18n import Text, _, pgettext

Action = Literal["dropped", "repaired", "guessed", "modelled", "unknown", "noted"]
ACTIONS: dict[Action, Text] = {
    "dropped": _("dropped"),
    "repaired": _("repaired"),
    "guessed": _("guessed"),
    "modelled": pgettext("action", "modelled"),
    "unknown": _("unknown"),
    "noted": _("noted"),
}
assert set(ACTIONS) == set(get_args(Action))

Redistribute = Literal["yes", "derived", "no"]
"""What may be passed on of a layer: its rows, results computed from it, or not even its shapes."""

_STRICTEST: tuple[Redistribute, ...] = ("no", "derived", "yes")

_OPEN = re.compile(
    r"\b(cc[ -]?(0|by)\b|public domain|odbl|odc|pddl|open data|otwarte dane|"
    r"(facts|mit|ogl|free)\b)",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    r"not (to be )?(passed on|redistribut)|no redistribution|tests only|confidential|poufn|"
    r"\b(nc|nd)\b|non-?commercial",
    re.IGNORECASE,
)
_OSM = re.compile(r"openstreetmap|\bosm\b|\bodbl\b", re.IGNORECASE)


def redistribution_of(licence: str) -> Redistribute:
    """Guess from a licence's text what may be passed on, where a catalog does not say it.

    A text that forbids it, or that is not known to allow it, errs on the side of keeping back.

    >>> [redistribution_of(x) for x in ("CC BY 4.0", "not stated: not to be passed on", "own")]
    ['yes', 'no', 'derived']
    """
    if _CLOSED.search(licence):
        return "no"
    return "yes" if _OPEN.search(licence) else "derived"


def strictest(rules: Iterable[str]) -> Redistribute:
    """Return the rule of data joined from several layers: that of the strictest one.

    >>> strictest(["yes", "derived"]), strictest([])
    ('derived', 'yes')
    """
    given = set(rules)
    return next((rule for rule in _STRICTEST if rule in given), "yes")


LAYER_ATTRS = "metrogis"
"""Key of ``attrs`` under which a table keeps its source, audit and losses."""


@dataclass(frozen=True)
class Source:
    """Origin of one layer.

    Attributes
    ----------
    layer : str
        Name of the layer in the catalog.
    origin : str
        File name or service address (never an absolute path of the analyst's machine).
    licence, attribution, date : str
        As the catalog states them; ``date`` is ISO (``2022-12-31``, ``2022-09`` or ``2023``).
    sha256 : str
        Hash of the file read; empty when the layer was built in memory.
    redistribute : {"yes", "derived", "no"}
        What a published atlas may hold of it (:mod:`metrogis.report.licences`). A layer built in
        memory is its maker's own.
    """

    layer: str
    origin: str = ""
    licence: str = ""
    attribution: str = ""
    date: str = ""
    sha256: str = ""
    redistribute: str = "yes"

    @property
    def of_osm(self) -> bool:
        """Whether OpenStreetMap must be named on a map of it."""
        return any(_OSM.search(text) for text in (self.licence, self.attribution))


@dataclass(frozen=True)
class AuditRow:
    """One thing done to the data: what, in which layer, how many times, with examples."""

    layer: str
    action: Action
    count: int
    what: Text
    examples: str = ""


@dataclass(frozen=True)
class Audit:
    """An immutable list of :class:`AuditRow`.

    >>> audit = Audit().add("stops", "dropped", 2, Text("bez współrzędnych", "without coordinates"))
    >>> audit.to_frame("en")[["layer", "action", "count"]].values.tolist()
    [['stops', 'dropped', 2]]
    """

    rows: tuple[AuditRow, ...] = ()

    def add(
        self,
        layer: str,
        action: Action,
        count: int,
        what: Text,
        examples: Iterable[Any] | str = "",
    ) -> Audit:
        """Return the audit with one more row.

        Parameters
        ----------
        layer : str
        action : str
            Key of :data:`ACTIONS`.
        count : int
            Nothing is added for 0.
        what : Text
        examples : iterable or str
            The first five are shown; a text stands as it is.

        Examples
        --------
        >>> what = Text("bez daty", "without a date")
        >>> Audit().add("trips", "dropped", 9, what, range(9)).rows[0].examples
        '0, 1, 2, 3, 4, ...'
        >>> len(Audit().add("trips", "dropped", 0, what))
        0
        """
        if count <= 0:
            return self
        if not isinstance(examples, str):
            shown = [str(e) for e, _ in zip(examples, range(6), strict=False)]
            examples = ", ".join(shown[:5]) + (", ..." if len(shown) > 5 else "")
        return Audit((*self.rows, AuditRow(layer, action, int(count), what, examples)))

    def __add__(self, other: Audit) -> Audit:
        seen = set(self.rows)
        return Audit((*self.rows, *(row for row in other.rows if row not in seen)))

    def __iter__(self) -> Iterator[AuditRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def to_frame(self, language: str = "en") -> pd.DataFrame:
        """Return the audit as a table: layer, action, count, what, examples."""
        return pd.DataFrame(
            [
                (
                    r.layer,
                    ACTIONS[r.action].get(language),
                    r.count,
                    r.what.get(language),
                    r.examples,
                )
                for r in self.rows
            ],
            columns=["layer", "action", "count", "what", "examples"],
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(escape=True, index=False))


def file_hash(path: Path) -> str:
    """SHA-256 of a file, or of all files of a folder (names and contents, in order)."""
    digest = hashlib.sha256()
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            digest.update(file.relative_to(path).as_posix().encode())
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def attach(frame: pd.DataFrame, source: Source, audit: Audit = Audit()) -> pd.DataFrame:
    """Write source and audit into ``frame.attrs`` (in place) and return the frame.

    Losses that the frame carries (:mod:`metrogis.evidence.losses`) stay.
    """
    frame.attrs[LAYER_ATTRS] = {
        **(frame.attrs.get(LAYER_ATTRS) or {}),
        "source": asdict(source),
        "audit": [[r.layer, r.action, r.count, r.what.forms(), r.examples] for r in audit.rows],
    }
    return frame


def source_of(layer: Any, name: str) -> Source:
    """Return the source of a layer; of one built in memory only its name is known.

    Tables carry it in ``attrs``; other layers (a timetable, a network) in an attribute ``source``.
    """
    own = getattr(layer, "source", None)
    if isinstance(own, Source):
        return own
    kept = getattr(layer, "attrs", {}).get(LAYER_ATTRS)
    return Source(**kept["source"]) if kept and "source" in kept else Source(layer=name)


def audit_of(layer: Any) -> Audit:
    """Return the audit that a layer carries.

    Parameters
    ----------
    layer : object
        With an attribute ``audit``, or a frame that has its rows in ``attrs``; anything else, None
        included, has an empty one.
    """
    own = getattr(layer, "audit", None)
    if isinstance(own, Audit):
        return own
    kept = getattr(layer, "attrs", {}).get(LAYER_ATTRS)
    if not kept:
        return Audit()
    return Audit(
        tuple(
            AuditRow(a, b, int(c), Text.of(what), e) for a, b, c, what, e in kept.get("audit", ())
        )
    )
