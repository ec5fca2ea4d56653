"""Which municipality of the old state is which of the new one: by code, by a table, by area.

A municipality that becomes a town changes the last digit of its code, one that is moved to another
county all of it; borders move, municipalities split and merge. What is matched by anything but an
equal code and an equal outline is said so.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from metrogis.comparison.state import State
from metrogis.errors import ParameterError
from metrogis.i18n import Text, _
from metrogis.teryt import match_codes

SAME_AREA = 0.95
"""Of two outlines each must hold this much of the other to be one municipality."""

How = Literal["code", "table", "kind", "area", "union", "boundary", "alone"]
"""``boundary``: one municipality whose outline is another; ``alone``: without a counterpart."""

CHANGED_CODE = _("code changed from {old} to {new}, matched {how}")
BY: dict[str, Text] = {
    "table": _("by the table of codes"),
    "kind": _("by the first six digits (its kind changed)"),
    "area": _("by area"),
}
MOVED = _("the boundary changed: {share:%1} of the area is the same")
UNION = _("compared as the union of what was split or merged: {old} -> {new}")
GONE = _("no municipality of the new state is on its land")
NEW = _("no municipality of the old state was on its land")
NO_CODE = _("the other state has no such code, and outlines to match it by are not at hand")


@dataclass(frozen=True)
class Pair:
    """One municipality, or a union of some, in both states.

    Attributes
    ----------
    old, new : tuple of int
        Positions in the two states; empty where there is no counterpart.
    how : str
    note : Text or None
    """

    old: tuple[int, ...]
    new: tuple[int, ...]
    how: How
    note: Text | None = None


Codes: TypeAlias = pd.DataFrame | str | Path | Mapping[str, str] | Iterable[tuple[str, str]] | None


def read_codes(codes: Codes) -> list[tuple[str, str]]:
    """Return pairs of old and new codes.

    Parameters
    ----------
    codes : DataFrame, path of a CSV file, mapping or iterable of pairs, optional
        A table has columns ``old`` and ``new`` (and may have ``date``); a code may stand in several
        rows: it was split, or merged.

    Raises
    ------
    ParameterError
        For a table without these columns, or a file that cannot be read.

    Examples
    --------
    >>> read_codes({"2211021": "2211023"})
    [('2211021', '2211023')]
    """
    if codes is None:
        return []
    table: Any = codes
    if isinstance(codes, str | Path):
        try:
            table = pd.read_csv(codes, dtype=str, sep=None, engine="python", encoding="utf-8-sig")
        except (OSError, ValueError, csv.Error) as error:
            raise ParameterError(
                _("the table of codes cannot be read"),
                layer="codes",
                place=str(codes),
                remedy=_("give a CSV file with the columns old, new and date"),
            ) from error
    if isinstance(table, pd.DataFrame):
        if not {"old", "new"} <= set(table.columns):
            raise ParameterError(
                _("the table of codes lacks the columns old and new"),
                layer="codes",
                remedy=_("give a CSV file with the columns old, new and date"),
            )
        rows = table.dropna(subset=["old", "new"])
        pairs: Iterable[Any] = zip(rows["old"], rows["new"], strict=True)
    elif isinstance(table, Mapping):
        pairs = table.items()
    else:
        pairs = table
    return [(str(old).strip(), str(new).strip()) for old, new in pairs]


def match(old: State, new: State, codes: Codes = None) -> list[Pair]:
    """Match the municipalities of two states.

    Parameters
    ----------
    old, new : State
    codes : see :func:`read_codes`

    Returns
    -------
    list of Pair
        In the order of the new state, then those of the old one that are gone. Each municipality of
        both states stands in exactly one.
    """
    links, how = _links(old, new, read_codes(codes))
    areas = _Areas(old, new)
    for i, j in areas.same(_free(len(old.codes), links, 0), _free(len(new.codes), links, 1)):
        links.append((i, j))
        how[i, j] = "area"
    links += areas.parts(_free(len(old.codes), links, 0), _free(len(new.codes), links, 1))
    pairs = [_pair(old, new, o, n, how, areas) for o, n in _groups(old, new, links)]
    return sorted(pairs, key=lambda p: (not p.new, p.new or p.old))


def _links(
    old: State, new: State, table: list[tuple[str, str]]
) -> tuple[list[tuple[int, int]], dict[tuple[int, int], How]]:
    """Return links by code: of the table first, then equal ones, then those of another kind."""
    here = {code: i for i, code in enumerate(old.codes)}
    there = {code: j for j, code in enumerate(new.codes)}
    how: dict[tuple[int, int], How] = {}
    for a, b in table:
        if a in here and b in there:
            how[here[a], there[b]] = "code" if a == b else "table"
    used_old, used_new = {i for i, _j in how}, {j for _i, j in how}
    found = match_codes(
        [c for i, c in enumerate(old.codes) if i not in used_old],
        [c for j, c in enumerate(new.codes) if j not in used_new],
    )
    for a, b in found.mapping.items():
        how[here[a], there[b]] = "code" if a == b else "kind"
    return list(how), how


def _free(count: int, links: list[tuple[int, int]], side: int) -> list[int]:
    used = {link[side] for link in links}
    return [i for i in range(count) if i not in used]


def _groups(
    old: State, new: State, links: list[tuple[int, int]]
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return what hangs together by links: of a split or a merge all parts at once."""
    parent = list(range(len(old.codes) + len(new.codes)))

    def root(k: int) -> int:
        while parent[k] != k:
            k = parent[k]
        return k

    shift = len(old.codes)
    for i, j in links:
        parent[root(i)] = root(shift + j)
    groups: dict[int, tuple[list[int], list[int]]] = {}
    for k in range(len(parent)):
        here = groups.setdefault(root(k), ([], []))
        here[int(k >= shift)].append(k if k < shift else k - shift)
    return [(tuple(o), tuple(n)) for o, n in groups.values()]


def _pair(
    old: State,
    new: State,
    o: tuple[int, ...],
    n: tuple[int, ...],
    how: Mapping[tuple[int, int], How],
    areas: _Areas,
) -> Pair:
    if not n or not o:
        note = (GONE if o else NEW) if areas.known(o, n) else NO_CODE
        return Pair(o, n, "alone", note)
    listed = [", ".join(s.codes[k] for k in ks) for s, ks in ((old, o), (new, n))]
    if len(o) > 1 or len(n) > 1:
        if areas.overlap(o, n) < SAME_AREA:
            return Pair(o, n, "boundary", MOVED.fill(share=areas.overlap(o, n)))
        return Pair(o, n, "union", UNION.fill(old=listed[0], new=listed[1]))
    kind: How = how.get((o[0], n[0]), "area")
    share = areas.overlap(o, n)
    if share < SAME_AREA:
        return Pair(o, n, "boundary", MOVED.fill(share=share))
    if kind == "code":
        return Pair(o, n, kind)
    return Pair(o, n, kind, CHANGED_CODE.fill(old=listed[0], new=listed[1], how=BY[kind]))


class _Areas:
    """Outlines of both states in one CRS; without them nothing is said of areas."""

    def __init__(self, old: State, new: State) -> None:
        self.old = self.new = None
        if old.shapes is None or new.shapes is None:
            return
        before = old.shapes
        if before.crs is not None and new.shapes.crs is not None and before.crs != new.shapes.crs:
            before = before.to_crs(new.shapes.crs)
        self.old, self.new = _valid(before), _valid(new.shapes)

    def overlap(self, o: tuple[int, ...], n: tuple[int, ...]) -> float:
        """Return how much each side holds of the other, the lesser share; 1 where unknown."""
        if self.old is None or self.new is None:
            return 1.0
        a, b = self.old[list(o)], self.new[list(n)]
        if any(s is None or shapely.is_empty(s) for s in (*a, *b)):
            return 1.0
        one, other = shapely.union_all(a), shapely.union_all(b)
        if shapely.equals_exact(one, other):
            return 1.0
        common = shapely.area(shapely.intersection(one, other))
        return float(common / max(shapely.area(one), shapely.area(other), 1e-9))

    def known(self, o: tuple[int, ...], n: tuple[int, ...]) -> bool:
        """Tell whether the land of some municipalities, and of the other state, is known."""
        if self.old is None or self.new is None:
            return False
        own = [*self.old[list(o)], *self.new[list(n)]]
        other = self.new if o else self.old
        return not any(s is None or shapely.is_empty(s) for s in (*own, *other))

    def same(self, free_old: list[int], free_new: list[int]) -> list[tuple[int, int]]:
        """Return pairs of free municipalities that have the same outline."""
        if self.old is None or self.new is None or not free_old or not free_new:
            return []
        tree = shapely.STRtree(self.new[free_new])
        found = []
        for i in free_old:
            for k in tree.query(self.old[i]).tolist() if self.old[i] is not None else []:
                if self.overlap((i,), (free_new[k],)) >= SAME_AREA:
                    found.append((i, free_new[k]))
        return found

    def parts(self, free_old: list[int], free_new: list[int]) -> list[tuple[int, int]]:
        """Return links of free municipalities to those of the other state that they lie in.

        A part lies in a whole by the share of its own area: so are splits and merges seen, also
        where a part has kept the code of the whole.
        """
        if self.old is None or self.new is None:
            return []
        found = []
        for free, shapes, others, turned in (
            (free_old, self.old, self.new, False),
            (free_new, self.new, self.old, True),
        ):
            if not free:
                continue
            tree = shapely.STRtree(others)
            for i in free:
                if shapes[i] is None or shapely.is_empty(shapes[i]):
                    continue
                for k in tree.query(shapes[i]).tolist():
                    common = shapely.area(shapely.intersection(shapes[i], others[k]))
                    if common >= SAME_AREA * shapely.area(shapes[i]):
                        found.append((k, i) if turned else (i, k))
        return found


def _valid(shapes: gpd.GeoSeries) -> np.ndarray:
    made = np.asarray(shapes.to_numpy(), dtype=object).copy()
    there = ~shapely.is_missing(made)
    made[there] = shapely.make_valid(made[there])
    return made
