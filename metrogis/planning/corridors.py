"""What plans leave of corridors: areas by effect, corridor and municipality; the free space."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from metrogis.arrays import Array
from metrogis.planning.overlay import intersect, polygonal
from metrogis.planning.zones import SeverityTable

EFFECTS = ("barrier", "filter", "permeable", "unknown")


class Pieces(NamedTuple):
    """Corridors cut by municipality, and by zone.

    Attributes
    ----------
    parts : DataFrame
        One row per corridor and municipality: ``corridor``, ``town`` (positions), ``area``, and
        one column per effect (m2): they add up to ``area``.
    shapes : ndarray
        Geometry of each row of ``parts``.
    conflicts : DataFrame
        One row per corridor, municipality and zone: ``corridor``, ``town``, ``zone``, ``part``
        (row of ``parts``), ``severity``, ``area``.
    conflict_shapes : ndarray
    """

    parts: pd.DataFrame
    shapes: Array
    conflicts: pd.DataFrame
    conflict_shapes: Array


TOUCH = 1.0
"""m2: what shares no more with a corridor only meets it, a municipality or another corridor: where
both follow one line, rounding at their vertices leaves slivers."""


def cut_corridors(
    corridors: Any,
    ranks: Any,
    municipalities: Any,
    zones: Any,
    symbols: Any,
    severity: SeverityTable,
    *,
    min_area: float = 0.0,
) -> Pieces:
    """Cut corridors by municipalities and planning zones.

    Parameters
    ----------
    corridors, municipalities, zones : array of Polygon or MultiPolygon
        Valid, one projected CRS; zones without overlaps (see ``without_overlaps``).
    ranks, symbols : sequence
        Rank of each corridor (None: none), symbol of each zone (None: unknown).
    severity : SeverityTable
    min_area : float
        Shared areas of no more than this are left out, m2 (they count as unknown).

    Returns
    -------
    Pieces
        What no zone covers, or a zone of unknown symbol, is ``unknown``.

    Examples
    --------
    >>> from shapely import box
    >>> cut = cut_corridors([box(0, 0, 10, 2)], [None], [box(0, 0, 10, 10)],
    ...                     [box(0, 0, 4, 9), box(4, 0, 8, 9)], ["SU", "SO"], SeverityTable())
    >>> cut.parts[["area", "barrier", "permeable", "unknown"]].values.tolist()
    [[20.0, 8.0, 8.0, 4.0]]
    """
    # first by municipality, then the parts by zone: `part` of a conflict is its row in parts
    home = intersect(corridors, municipalities, min_area=max(min_area, TOUCH))
    over = intersect(home.geometry, zones, min_area=min_area)
    corridor = home.left[over.left]
    effect = severity.map([symbols[z] for z in over.right], [ranks[c] for c in corridor])
    conflicts = pd.DataFrame(
        {
            "corridor": corridor,
            "town": home.right[over.left],
            "zone": over.right,
            "part": over.left,
            "severity": [e or "unknown" for e in effect],
            "area": over.area,
        }
    )
    parts = pd.DataFrame({"corridor": home.left, "town": home.right, "area": home.area})
    for name in EFFECTS[:3]:
        rows = (conflicts["severity"] == name).to_numpy()
        parts[name] = np.bincount(over.left[rows], over.area[rows], minlength=len(parts))
    known = parts[list(EFFECTS[:3])].sum(axis=1)
    rest = (parts["area"] - known).to_numpy()
    # subtraction leaves rounding: what is smaller than it is nothing
    parts["unknown"] = np.where(rest > 1e-9 * parts["area"].to_numpy() + min_area, rest, 0.0)
    return Pieces(parts, home.geometry, conflicts, over.geometry)


def withhold(pieces: Pieces, kept: Array, taken: Array) -> Pieces:
    """Return pieces of which some land is unknown after all.

    Parameters
    ----------
    pieces : Pieces
    kept : array of geometry
        What stays certain of each of ``conflict_shapes``.
    taken : array of float
        Area taken from each, m2.
    """
    if not (taken > 0).any():
        return pieces
    parts, conflicts = pieces.parts.copy(), pieces.conflicts.copy()
    part = conflicts["part"].to_numpy()
    # what is taken from an effect is added to the unknown: the sum of a part stays its area
    for name in EFFECTS[:3]:
        rows = (conflicts["severity"] == name).to_numpy()
        less = np.bincount(part[rows], taken[rows], minlength=len(parts))
        parts[name] = np.maximum(parts[name] - less, 0.0)
        parts["unknown"] += less
    conflicts["area"] = np.maximum(conflicts["area"] - taken, 0.0)
    return Pieces(parts, pieces.shapes, conflicts, kept)


def free_space(corridor: Any, barriers: Array, built: Array, unknown_as: Any = None) -> Any:
    """Return what is left of a corridor without barrier zones and built-up land.

    ``unknown_as`` is taken away as well, where given: the land whose plan is not known.
    """
    gone = [g for g in (*barriers, *built, unknown_as) if g is not None and not g.is_empty]
    if not gone:
        return corridor
    left = np.array([shapely.difference(corridor, shapely.union_all(gone))], dtype=object)
    return polygonal(left)[0]
