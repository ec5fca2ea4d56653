"""What a planning zone must say by its type: values, profiles, one part, numbers of labels.

Rules of the planning act (art. 13e) and of the regulation of 8 December 2023 (Dz.U. 2023 poz. 2758,
with the change of 2024 poz. 1775). A rule that depends on the type of a zone is applied where the
type is certain: a zone whose label names another type than its symbol is not judged by either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.planning.overlay import parts_above
from metrogis.planning.zones import ZONE_TYPES

_ALL = ("max_intensity", "max_built_share", "max_height", "min_bio_share")
MANDATORY: dict[str, tuple[str, ...]] = (
    dict.fromkeys(("SW", "SJ", "SZ", "SU", "SH", "SP", "SR"), _ALL)
    | dict.fromkeys(("SI", "SN", "SC"), ("min_bio_share",))
    | dict.fromkeys(("SG", "SO", "SK"), ())
)
"""Type of zone -> columns of the values a plan must set (art. 13e of the planning act)."""

ZD_BASIC_FROM = "2024-12-18"
"""Day from which allotment gardens (ZD) are in the basic profile of every type (2024 poz. 1775)."""

_LABEL = re.compile(r"(\d+)([^\W\d_]+)")


def type_of(label: object, symbol: object) -> str | None:
    """Return the type of a zone, None where its label contradicts its symbol or it has no type.

    >>> type_of("3SJ", "SJ"), type_of(None, "SJ"), type_of("3SJ", "SU"), type_of("1XX", "XX")
    ('SJ', 'SJ', None, None)
    """
    if not isinstance(symbol, str) or symbol not in ZONE_TYPES:
        return None
    if isinstance(label, str):
        number = label.removesuffix(symbol)
        # digits, then the symbol, and nothing else
        if len(number) == len(label) or not number.isdecimal():
            return None
    return symbol


def missing_values(zones: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """Yield row and column of each mandatory value that a zone does not state.

    Parameters
    ----------
    zones : DataFrame
        ``label``, ``symbol``, and for each value of :data:`MANDATORY` the text of the file
        (``max_height_text``). A text that is no number is a fault of its own, and not missing.

    Examples
    --------
    >>> zones = pd.DataFrame({"label": ["1SN", "1SK"], "symbol": ["SN", "SK"]})
    >>> list(missing_values(zones.assign(min_bio_share_text=None)))
    [(0, 'min_bio_share')]
    """
    texts = {c: zones[f"{c}_text"] for c in _ALL if f"{c}_text" in zones}
    stated = {c: [isinstance(v, str) for v in text] for c, text in texts.items()}
    for row, (label, symbol) in enumerate(zip(zones["label"], zones["symbol"], strict=True)):
        kind = type_of(label, symbol)
        for column in MANDATORY[kind] if kind else ():
            if not stated[column][row]:
                yield row, column


def missing_profiles(zones: pd.DataFrame) -> Iterator[tuple[int, list[str]]]:
    """Yield row and codes of the basic profile that a zone lacks.

    Parameters
    ----------
    zones : DataFrame
        ``label``, ``symbol``, ``profile_basic`` (codes with ``;`` between), ``version_from``. A
        zone without any profile is not judged: the schema counts that as a missing element. ZD
        may lack in a version that began before :data:`ZD_BASIC_FROM`, or at a time not stated.

    Examples
    --------
    >>> zones = pd.DataFrame({"label": ["1SI"], "symbol": ["SI"], "profile_basic": ["I"]})
    >>> list(missing_profiles(zones.assign(version_from="2025-01-01")))
    [(0, ['K', 'ZD'])]
    """
    columns = (zones[c] for c in ("label", "symbol", "profile_basic"))
    earlier = _before_change(zones["version_from"])
    for row, (label, symbol, text, before) in enumerate(zip(*columns, earlier, strict=True)):
        kind = type_of(label, symbol)
        if kind is None or not isinstance(text, str) or not text:
            continue
        lacking = _lacking(kind, text, before)
        if lacking:
            yield row, list(lacking)


def odd_profiles(zones: pd.DataFrame) -> Iterator[tuple[int, list[str]]]:
    """Yield row and codes of the profiles that annex 1 does not give to the type of a zone.

    Parameters
    ----------
    zones : DataFrame
        ``label``, ``symbol``, ``profile_basic``, ``profile_additional`` (codes with ``;`` between),
        ``version_from``. Before :data:`ZD_BASIC_FROM` ZD was an additional profile.

    Examples
    --------
    >>> zones = pd.DataFrame({"label": ["1SI"], "symbol": ["SI"], "profile_basic": ["I;K;ZD;L"]})
    >>> list(odd_profiles(zones.assign(profile_additional="P", version_from="2025-01-01")))
    [(0, ['L'])]
    """
    columns = (zones[c] for c in ("label", "symbol", "profile_basic", "profile_additional"))
    earlier = _before_change(zones["version_from"])
    for row, (label, symbol, *texts, before) in enumerate(zip(*columns, earlier, strict=True)):
        kind = type_of(label, symbol)
        if kind is None:
            continue
        for text, basic in zip(texts, (True, False), strict=True):
            odd = _odd(kind, text, basic, before) if isinstance(text, str) else ()
            if odd:
                yield row, list(odd)


# a plan has thousands of zones and few combinations of type and profiles
@lru_cache(maxsize=4096)
def _lacking(kind: str, text: str, before: bool) -> tuple[str, ...]:
    """Return the codes of a type's basic profile that are not among some."""
    there = {*text.split(";"), *(("ZD",) if before else ())}
    return tuple(c for c in ZONE_TYPES[kind].profile if c not in there)


@lru_cache(maxsize=4096)
def _odd(kind: str, text: str, basic: bool, before: bool) -> tuple[str, ...]:
    """Return those of some codes that a type's basic or additional profile does not have."""
    rule = ZONE_TYPES[kind]
    allowed = rule.profile if basic else (*rule.additional, *(("ZD",) if before else ()))
    return tuple(c for c in text.split(";") if c and c not in allowed)


def _before_change(began: pd.Series) -> list[bool]:
    """Tell which versions began before the change of profiles, or at a time not stated."""
    number, days = pd.factorize(began)
    # a day not stated has the number -1: the last of the answers
    early = [str(day)[:10] < ZD_BASIC_FROM for day in days] + [True]
    return [early[i] for i in number]


def several_parts(shapes: Array, min_area: float) -> Iterator[tuple[int, int]]:
    """Yield row and number of parts of each zone that is not one continuous area.

    Parameters
    ----------
    shapes : ndarray of geometry
        Metres. An invalid one is not judged: which area it bounds is not certain.
    min_area : float
        Parts of no more than this are rounding, m2.

    Notes
    -----
    Parts that share a side are one area; parts that touch in a point are not.

    Examples
    --------
    >>> two = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 0, 6, 1)])
    >>> list(several_parts(np.array([two, shapely.box(0, 0, 1, 1)]), 0.0))
    [(0, 2)]
    """
    many = shapely.get_num_geometries(shapes) > 1
    for row in np.flatnonzero(many):
        # parts side by side make a collection invalid though each of them is an area
        own = shapely.get_parts(shapes[row])
        if not shapely.is_valid(own).all():
            continue
        parts = parts_above(shapely.union_all(own), min_area)
        if len(parts) > 1:
            yield int(row), len(parts)


@dataclass(frozen=True)
class Numbering:
    """Numbers that no label of an act and type has.

    Attributes
    ----------
    symbol : str
    row : int
        Of the object with the highest number.
    missing : str
        Numbers, ranges joined by a hyphen: ``2, 5-7``.
    certain : bool
        False where objects whose label is lost or wrong may have the missing numbers.
    """

    symbol: str
    row: int
    missing: str
    certain: bool


def numbering(
    labels: Iterable[object], symbols: Iterable[object], rows: Iterable[int]
) -> list[Numbering]:
    """Return the gaps in the numbers of the labels of one act.

    Parameters
    ----------
    labels, symbols : iterable
        Of all objects of the act of one kind (zones; infill areas; ...).
    rows : iterable of int
        Row of each, as the answer gives it.

    Returns
    -------
    list of Numbering
        Numbers of a type run from 1 without a gap; one item for each type that breaks this.

    Examples
    --------
    >>> gaps = numbering(["1SU", "4SU", "1SO"], ["SU", "SU", "SO"], range(3))
    >>> [(g.symbol, g.missing) for g in gaps]
    [('SU', '2-3')]
    """
    numbers: dict[str, dict[int, int]] = {}
    doubtful: dict[str, int] = {}
    anywhere = 0
    for label, symbol, row in zip(labels, symbols, rows, strict=True):
        found = _LABEL.fullmatch(label) if isinstance(label, str) else None
        if found is not None:
            # the label counts where it stands, whatever the symbol beside it
            numbers.setdefault(found[2], {})[int(found[1])] = row
        if found is None or found[2] != symbol:
            if isinstance(symbol, str):
                doubtful[symbol] = doubtful.get(symbol, 0) + 1
            else:
                anywhere += 1
    out = []
    for symbol, known in sorted(numbers.items()):
        gaps = list(_gaps(known))
        lacking = sum(last - first + 1 for first, last in gaps)
        if not lacking:
            continue
        text = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in gaps)
        certain = lacking > doubtful.get(symbol, 0) + anywhere
        out.append(Numbering(symbol, known[max(known)], text, certain))
    return out


def _gaps(known: Mapping[int, Any]) -> Iterator[tuple[int, int]]:
    """Yield first and last number of each stretch from 1 to the highest that is not known."""
    before = 0
    for number in sorted(known):
        if number > before + 1:
            yield before + 1, number - 1
        before = number


@dataclass(frozen=True, eq=False)
class LocalPlans:
    """Local plans in force, and where it is known that there are none.

    Attributes
    ----------
    geometry : ndarray of geometry
        In the CRS of the plan that is judged.
    min_bio_share : ndarray of float
        Least biologically active share that each sets, %; NaN unknown.
    known : ndarray of bool, by zone
        Whether all local plans on the zone are in the data.
    """

    geometry: Array
    min_bio_share: Array
    known: Array


def share_verdict(
    share: float, zone: Any, row: int, local: LocalPlans | None, tolerance: float
) -> tuple[str | None, str]:
    """Judge a share of biologically active land below the minimum of the type of zone.

    Local plans in force in the zone allow a lower share, but none below the highest minimum of
    those plans (§ 2(3) of the regulation).

    Parameters
    ----------
    share : float
        Of the zone, %.
    zone : geometry
        In the CRS of ``local``.
    row : int
        Of the zone, in ``local.known``.
    local : LocalPlans or None
        None: not in the data.
    tolerance : float
        A local plan lies in a zone where it reaches further than this from its edge, m.

    Returns
    -------
    code, detail
        ``bio_below_minimum`` (not known whether it is lawful), ``bio_below_local`` (below the
        minimum of a local plan), ``bio_without_local`` (no local plan there), or None: lawful.

    Examples
    --------
    >>> plan = LocalPlans(np.array([shapely.box(0, 0, 9, 9)]), np.array([20.0]), np.array([True]))
    >>> [share_verdict(s, shapely.box(0, 0, 9, 9), 0, plan, 1.0)[0] for s in (19.9, 20.0)]
    ['bio_below_local', None]
    """
    if local is None or zone is None or shapely.is_empty(zone):
        return "bio_below_minimum", ""
    inner = shapely.buffer(zone, -tolerance)
    if shapely.is_empty(inner):
        inner = zone  # a strip narrower than twice the tolerance: whatever lies in it counts
    inside = np.asarray(shapely.intersects(local.geometry, inner))
    # a plan that only touches is beside it
    inside[inside] = shapely.area(shapely.intersection(local.geometry[inside], inner)) > 0
    floors = local.min_bio_share[inside]
    stated = floors[~np.isnan(floors)]
    if len(stated) and share < stated.max():
        return "bio_below_local", f"< {stated.max():g} %"
    if not local.known[row] or np.isnan(floors).any():
        return "bio_below_minimum", ""
    return (None, "") if inside.any() else ("bio_without_local", "")
