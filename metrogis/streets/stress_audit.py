"""What of the stress of streets rests on defaults: rows of the audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from metrogis.arrays import Array
from metrogis.i18n import _
from metrogis.provenance import Audit
from metrogis.streets.directions import DIRECTIONS
from metrogis.streets.speeds import Direction, speed_limit
from metrogis.streets.stress_rules import Default, lts_tag


class Verdict(NamedTuple):
    """Stress of one direction (None: unknown or closed), the rule that gave it, its defaults."""

    level: int | None
    rule: str
    rests_on: tuple[Default, ...]
    traffic: int | None
    """Level of the traffic, permitted or not; None where not rated."""

    def closed(self, rule: str) -> Verdict:
        """Return the verdict of a direction in which one may not ride."""
        return Verdict(0, rule, (), self.traffic)


_REASONS = {
    ("lanes", "missing"): _("no tag lanes: default"),
    ("lanes", "unreadable"): _("tag lanes cannot be read: default"),
    ("maxspeed", "missing"): _("no tag maxspeed: default"),
    ("maxspeed", "unreadable"): _("tag maxspeed cannot be read: default"),
    ("maxspeed", "national"): _("maxspeed=national: default"),
    ("maxspeed", "conditional"): _("maxspeed holds at times only: not less than the default"),
}


def audit_of_defaults(
    verdicts: Mapping[Direction, list[Verdict]], which: Array, layer: str
) -> Audit:
    """Return how many ways rest on each kind of default.

    Parameters
    ----------
    verdicts : mapping of direction to list of Verdict
        One for each kind of way (set of tags).
    which : array of int (ways,)
        Kind of each way.
    layer : str

    Returns
    -------
    Audit
        A row ("guessed") for each tag and reason. A way counts once where either direction rests on
        the default.
    """
    count = np.bincount(which, minlength=len(verdicts["forward"]))
    ways: dict[tuple[str, str], int] = {}
    shown: dict[tuple[str, str], set[str]] = {}
    for kind, n in enumerate(count):
        used = {(x.tag, x.reason): x.shown for d in DIRECTIONS for x in verdicts[d][kind].rests_on}
        for key, text in used.items():
            ways[key] = ways.get(key, 0) + int(n)
            if text:
                shown.setdefault(key, set()).add(text)
    audit = Audit()
    for key, what in _REASONS.items():
        audit = audit.add(layer, "guessed", ways.get(key, 0), what, sorted(shown.get(key, ())))
    return audit


def audit_of_speeds(kinds: list[dict[str, str]], which: Array, layer: str) -> Audit:
    """Return how many speeds are read from a named limit, and how many ``lts`` tags cannot be used.

    Parameters
    ----------
    kinds : list of dict
        Tags of each kind of way.
    which : array of int (ways,)
        Kind of each way.
    layer : str
    """
    count = np.bincount(which, minlength=len(kinds))
    named, bad = 0, 0
    names: set[str] = set()
    bad_names: set[str] = set()
    for tags, n in zip(kinds, count, strict=True):
        found = speed_limit(tags)
        if found.how == "implicit":
            named += int(n)
            names.add(tags[found.key])
        if "lts" in tags and lts_tag(tags) is None:
            bad += int(n)
            bad_names.add(tags["lts"])
    what = _("speed by a named limit (like PL:urban)")
    audit = Audit().add(layer, "noted", named, what, sorted(names))
    return audit.add(
        layer,
        "dropped",
        bad,
        _("tag lts outside 1-4"),
        sorted(bad_names),
    )
