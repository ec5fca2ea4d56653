"""The centre that each municipality leans on, by measured flows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metrogis.arrays import Array
from metrogis.population.flows import Flows


def main_centres(flows: Flows, names: Sequence[str]) -> Array:
    """Return the name of the main centre of each municipality.

    It is where the largest flow of a municipality goes, if that place draws more people than it
    does itself; else its own. Flows that are not published, or were lost, may be any within their
    bounds: where the answer hangs on them it is None.

    Parameters
    ----------
    flows : Flows
    names : sequence of str
        Of the municipalities, in the order of the flows.
    """
    n = len(names)
    low, high = flows.internal, flows.internal_max
    drawn_low, drawn_high = np.nansum(low, axis=0), np.nan_to_num(high, nan=np.inf).sum(axis=0)
    out = np.full(n, None, dtype=object)
    for i in range(n):
        others = np.arange(n) != i
        if not flows.present[i] or not others.any():
            continue
        most = np.nan_to_num(high[i], nan=np.inf)
        if not (most[others] > 0).any():
            out[i] = names[i]
            continue
        goal = int(np.argmax(np.where(others, np.nan_to_num(low[i]), -1.0)))
        rivals = others & (np.arange(n) != goal)
        # a draw is no answer
        if rivals.any() and not low[i, goal] > most[rivals].max():
            continue
        if drawn_low[goal] > drawn_high[i]:
            out[i] = names[goal]
        elif drawn_high[goal] <= drawn_low[i]:
            out[i] = names[i]
    return out
