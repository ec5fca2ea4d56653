"""One measure at a station, and whom it was promised to and does bring there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from metrogis.arrays import Ints


@dataclass(frozen=True, eq=False)
class Measure:
    """One measure at a station.

    Attributes
    ----------
    station : int
    kind : str
        ``path``, ``entrance``, ``low_stress``, ``headway``.
    size : float
        m, or departures added.
    promised : ndarray of int
        Homes that the search for measures found to gain.
    gained : ndarray of int
        Homes that gain once the measure is applied and all is searched again.
    place : geometry
    line : str
    every : float
        Minutes between runs of the line; NaN for what is built.
    """

    station: int
    kind: str
    size: float
    promised: Ints
    gained: Ints
    place: Any
    line: str = ""
    every: float = np.nan

    @property
    def verified(self) -> bool:
        """Whether all who were promised to gain do, once the measure is applied.

        Examples
        --------
        >>> one = Measure(0, "path", 120.0, np.array([3]), np.array([3, 4]), None)
        >>> one.verified, Measure(0, "path", 120.0, np.array([3, 5]), one.gained, None).verified
        (True, False)
        """
        return bool(np.isin(self.promised, self.gained).all())
