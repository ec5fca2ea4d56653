"""Calls of trips at stops, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrogis.transit.columns import Mask

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class StopTimes:
    """One row per call of a trip at a stop, sorted by trip, then sequence.

    ``trip`` and ``stop`` are positions in the tables of trips and stops; ``arrival`` and
    ``departure`` seconds after midnight of the service day. ``last`` marks a trip's final call,
    ``first`` its first; ``pickup`` and ``drop_off`` are GTFS types; ``modelled`` marks times that
    were interpolated.
    """

    trip: Ints
    stop: Ints
    arrival: Ints
    departure: Ints
    sequence: Ints
    pickup: npt.NDArray[np.int8]
    drop_off: npt.NDArray[np.int8]
    first: Mask
    last: Mask
    modelled: Mask

    def __len__(self) -> int:
        return len(self.trip)

    def take(self, keep: Mask) -> StopTimes:
        """Return the rows where ``keep``."""
        if keep.all():
            return self
        return StopTimes(*(getattr(self, f)[keep] for f in self.__dataclass_fields__))

    def bounds(self, n_trips: int) -> npt.NDArray[np.int64]:
        """Return where the calls of each trip begin and end.

        Parameters
        ----------
        n_trips : int
            Rows of the table of trips; a trip without calls has an empty range.

        Returns
        -------
        ndarray of int64 (n_trips + 1,)
            Trip ``i`` has rows ``bounds[i]:bounds[i + 1]``, since rows are sorted by trip.
        """
        begin = np.flatnonzero(np.r_[True, self.trip[1:] != self.trip[:-1]][: len(self.trip)])
        bounds = np.zeros(n_trips + 1, np.int64)
        bounds[self.trip[begin] + 1] = np.diff(np.append(begin, len(self.trip)))
        return np.cumsum(bounds)
