"""What a method of service quality returns."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.arrays import Bools, Ints
from metrogis.provenance import Audit
from metrogis.transit.classes.reach import Walk
from metrogis.transit.classes.tables import NONE, UNKNOWN


@dataclass(frozen=True, eq=False)
class Classes:
    """Class of every point by one method, and what decided it.

    Attributes
    ----------
    method : str
    labels : tuple of str
        Classes, the best first.
    table : DataFrame
        One row per point, with the index of the points. ``class``: one of the labels, ``"none"``
        (no stop of the timetable gives a class) or ``"unknown"`` (the point is not on the
        network). Beside it what decided: ``stop``, ``line``, ``mode_group``, ``metres`` and the
        method's own numbers.
    stops : GeoDataFrame
        One row per place that counts as one stop, with its category and numbers.
    walk : {"network", "straight"}
        How walks were measured.
    audit : Audit
    """

    method: str
    labels: tuple[str, ...]
    table: pd.DataFrame
    stops: gpd.GeoDataFrame
    walk: Walk
    audit: Audit

    @property
    def code(self) -> Ints:
        """Class of each point as a number, for arrays and maps.

        Position in ``labels``; ``len(labels)`` for none, -1 for unknown.
        """
        position = {label: i for i, label in enumerate((*self.labels, NONE))} | {UNKNOWN: -1}
        codes, values = pd.factorize(self.table["class"])
        return np.array([position[v] for v in values], dtype=np.int64)[codes]


def label_points(rank: Ints, known: Bools, labels: tuple[str, ...]) -> np.ndarray:
    """Return the label of each rank.

    Parameters
    ----------
    rank : ndarray of int (points,)
        Position in ``labels``; ``len(labels)`` or more for no class.
    known : ndarray of bool (points,)
        Points whose walks are known; others are ``"unknown"`` whatever their rank.
    labels : tuple of str

    Returns
    -------
    ndarray of str (points,)

    Examples
    --------
    >>> label_points(np.array([0, 2, 0]), np.array([True, True, False]), ("A", "B")).tolist()
    ['A', 'none', 'unknown']
    """
    names = np.array([*labels, NONE, UNKNOWN], dtype=object)
    code = np.where(known, np.minimum(rank, len(labels)), len(labels) + 1)
    return names[code]


def index_of(points: object, count: int) -> pd.Index:
    """Return the index of points, or 0..n-1 for arrays."""
    found = getattr(points, "index", None)
    return found if isinstance(found, pd.Index) else pd.RangeIndex(count)
