"""What is known of the data behind an atlas: for pages, for ``atlas.json`` and as files.

Each check says of each of its layers where that is known and what of it was lost
(:attr:`Result.evidence`). Here these statements stand side by side: a layer is as complete as the
check that asks most of it finds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.checks.contract import Result
from metrogis.checks.contract.knowledge import WHOLE, weighted_share
from metrogis.evidence import Evidence
from metrogis.evidence.losses import Loss
from metrogis.provenance import AuditRow
from metrogis.report import words
from metrogis.texts import Text, percent

ABSENT, PARTIAL, COMPLETE = "absent", "partial", "complete"

EXAMPLES = 10
"""Ids of lost things shown; their count is given whole."""


@dataclass(frozen=True)
class Known:
    """What one check knows of one layer, or what all know together.

    Attributes
    ----------
    layer : str
    checks : tuple of str
        Ids of the checks.
    state : str
        ``absent`` (no such layer), ``partial`` (not known somewhere, or something of it lost),
        ``complete``.
    shares : array of float (municipalities,)
        Known share (0-1) of each municipality's land; NaN where it has no outline.
    share : float
        Of all land together.
    losses : tuple of Loss
    doubts : tuple of Text
    """

    layer: str
    checks: tuple[str, ...]
    state: str
    shares: np.ndarray
    share: float
    losses: tuple[Loss, ...]
    doubts: tuple[Text, ...]

    @property
    def lost(self) -> int:
        """How many things were lost."""
        return sum(item.count for item in self.losses)

    def sentence(self, language: str) -> str:
        """Write the state, the known part of the land and what was lost in one line."""
        parts = [words.KNOWLEDGE[self.state].get(language)]
        if self.state != ABSENT:
            known = words.WORDS["known_land"].get(language)
            parts.append(f"{known} {share_text(self.share, language)}")
        if self.lost:
            parts.append(words.LOST.fill(n=self.lost).get(language))
        return "; ".join(parts)


def share_text(share: float, language: str) -> str:
    """Write a known share so that only all is 100 % and only nothing is 0 %.

    >>> [share_text(x, "en") for x in (1.0, 0.9999, 0.5, 0.0001, 0.0)]
    ['100%', '99.9%', '50%', '0.1%', '0%']
    """
    if share in (0.0, 1.0) or 0.01 <= share <= 0.99:
        return percent(share, language, 0)
    return percent(min(max(share, 0.001), 0.999), language, 1)


Results = Mapping[str, list[Known]]
"""Check id -> what that check knows of each of its layers."""


def of_results(results: Iterable[Result]) -> dict[str, list[Known]]:
    """Return what each check knows of each of its layers, in the order of its inputs.

    Most checks say the same of a layer: what is said again is not measured again.
    """
    measured: dict[bytes, np.ndarray] = {}
    return {result.check.id: _of_result(result, measured) for result in results}


def of_result(result: Result) -> list[Known]:
    """Return what one check knows of each of its layers; see :func:`of_results`."""
    return _of_result(result, {})


def _of_result(result: Result, measured: dict[bytes, np.ndarray]) -> list[Known]:
    land = result.municipalities
    shapes = np.asarray(land.geometry.to_numpy(), dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    made = []
    for name, evidence in result.evidence.items():
        shares = np.full(len(land), np.nan)
        if evidence.complete:
            shares[there] = 1.0
        elif there.any():
            key = _key(evidence, shapes)
            if key not in measured:
                measured[key] = np.nan_to_num(evidence.known_share(shapes[there]), nan=0.0)
            shares[there] = measured[key]
        shares[shares > 1 - WHOLE] = 1.0
        whole = evidence.complete or (there.any() and bool((shares[there] == 1).all()))
        state = (
            ABSENT if not evidence.given else COMPLETE if whole and not evidence.losses else PARTIAL
        )
        share = weighted_share(land, np.nan_to_num(shares)) if evidence.given else 0.0
        checks = (result.check.id,)
        made.append(Known(name, checks, state, shares, share, evidence.losses, evidence.doubts))
    return made


def _key(evidence: Evidence, land: np.ndarray) -> bytes:
    """Return a mark that two statements share only when they know the same of the same land."""
    digest = hashlib.blake2b(repr((evidence.given, evidence.lost_anywhere)).encode())
    where = [loss.where for loss in evidence.losses if loss.where is not None]
    for shapes in (land, evidence.known, evidence.unknown, np.array(where, dtype=object)):
        digest.update(b"|" if shapes is None else b"".join(_bytes(shapes)))
        digest.update(b";")
    for mask in getattr(evidence, "masks", ()):
        digest.update(np.packbits(mask.valid).tobytes() + repr((mask.transform, mask.crs)).encode())
    return digest.digest()


def _bytes(shapes: np.ndarray) -> list[bytes]:
    return [b if b is not None else b"-" for b in shapely.to_wkb(shapes).tolist()]


def of_atlas(known: Results, results: Iterable[Result]) -> dict[str, Known]:
    """Return what is known of each layer over all checks.

    Parameters
    ----------
    known : dict of str to list of Known
        By check id, from :func:`of_results`.
    results : iterable of Result
        Those whose layers are asked for.

    Returns
    -------
    dict of str to Known
        By layer. A municipality's share is the least that any check found (one may ask for more
        than another: a longer walk, two dates), a loss or doubt that several found stands once.
    """
    found: dict[str, list[Known]] = {}
    land: dict[str, gpd.GeoDataFrame] = {}
    for result in results:
        for item in known[result.check.id]:
            found.setdefault(item.layer, []).append(item)
            land.setdefault(item.layer, result.municipalities)
    return {name: _joined(items, land[name]) for name, items in found.items()}


def _joined(items: list[Known], land: gpd.GeoDataFrame) -> Known:
    # a check that was not given the layer says nothing of it
    given = [item for item in items if item.state != ABSENT] or items
    states = {item.state for item in given}
    state = states.pop() if len(states) == 1 else PARTIAL
    losses: dict[Any, Loss] = {}
    for item in given:
        for loss in item.losses:
            losses.setdefault((loss.kind, loss.what, loss.count, loss.ids), loss)
    alike = [item for item in given if len(item.shares) == len(land)]
    shares = np.min([item.shares for item in alike], axis=0)
    share = weighted_share(land, np.nan_to_num(shares)) if state != ABSENT else 0.0
    doubts = dict.fromkeys(doubt for item in given for doubt in item.doubts)
    checks = tuple(item.checks[0] for item in items)
    return Known(items[0].layer, checks, state, shares, share, tuple(losses.values()), (*doubts,))


HEALTH = "/health"
"""How the audit names the layer of a row on the health of a timetable feed: ``<feed>/health``."""


def health(results: Iterable[Result]) -> list[AuditRow]:
    """Return the audit rows on the health of timetable feeds.

    Parameters
    ----------
    results : iterable of Result
        Several of them audit the same feed.

    Returns
    -------
    list of AuditRow
        Each once, by feed; within a feed doubts (action ``unknown``) come before plain facts.
    """
    told = (row for result in results for row in result.audit if row.layer.endswith(HEALTH))
    return sorted(dict.fromkeys(told), key=lambda row: (row.layer, row.action != "unknown"))


def health_json(rows: Iterable[AuditRow]) -> list[dict[str, Any]]:
    """Return rows of :func:`health` as plain values for ``atlas.json``.

    Each is a dict of ``feed``, ``doubt`` (bool), ``what`` (text by language), ``count`` and
    ``examples``.
    """
    return [
        {
            "feed": row.layer.removesuffix(HEALTH),
            "doubt": row.action == "unknown",
            "what": row.what.forms(),
            "count": row.count,
            "examples": row.examples,
        }
        for row in rows
    ]


# --------------------------------------------------------------------------- for machines


def as_json(known: Mapping[str, Known]) -> dict[str, Any]:
    """Return what is known of each layer as plain values for ``atlas.json``.

    Parameters
    ----------
    known : mapping of str to Known
        By layer, from :func:`of_atlas`.

    Returns
    -------
    dict
        By layer: ``state``, ``known_share`` (0-1, 6 decimals), ``checks``, ``lost`` (number of
        things), ``losses`` (``placed`` is False for one that may have been anywhere), ``doubts``.
    """
    return {
        name: {
            "state": item.state,
            "known_share": round(item.share, 6),
            "checks": list(item.checks),
            "lost": item.lost,
            "losses": [
                {
                    "kind": loss.kind,
                    "what": loss.what.forms(),
                    "count": loss.count,
                    "examples": list(loss.ids[:EXAMPLES]),
                    "placed": loss.where is not None,
                }
                for loss in item.losses
            ],
            "doubts": [doubt.forms() for doubt in item.doubts],
        }
        for name, item in known.items()
    }


def table(known: Mapping[str, Known], municipalities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return how much of each municipality's land is known, a row for each layer and municipality.

    Parameters
    ----------
    known : mapping of str to Known
        By layer; layers whose shares belong to other municipalities are left out.
    municipalities : GeoDataFrame

    Returns
    -------
    DataFrame
        ``layer``, ``teryt`` and ``name`` where there are such columns, ``state`` of the whole
        layer, ``known_share`` (0-1; 0 for an absent layer, NaN for a municipality without outline).
    """
    kept = [c for c in ("teryt", "name") if c in municipalities.columns]
    shown = [item for item in known.values() if len(item.shares) == len(municipalities)]
    size = len(municipalities)
    columns: dict[str, Any] = {"layer": np.repeat([item.layer for item in shown], size)}
    for name in kept:
        columns[name] = np.tile(municipalities[name].to_numpy(dtype=object), len(shown))
    columns["state"] = np.repeat([item.state for item in shown], size)
    shares = [item.shares if item.state != ABSENT else np.zeros(size) for item in shown]
    columns["known_share"] = np.concatenate(shares) if shares else np.zeros(0)
    return pd.DataFrame(columns)
