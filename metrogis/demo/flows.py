"""Who commutes where: a gravity model between municipalities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrogis.demo.frame import Index, Streams
from metrogis.demo.settlements import Settled

SMALLEST = 10
"""Flows under this many people are not published, as in the census."""
LOST_FLOW_SHARE = 0.16
"""Share of workers of the isolated municipality who go to the city, without any transit; more
where another of its flows would be as large."""


def make_flows(settled: Settled, people: Index, streams: Streams) -> pd.DataFrame:
    """Return origin, destination, flow; rows under :data:`SMALLEST` are absent.

    ``people`` are the residents of each municipality.
    """
    rng = streams("flows")
    towns, places = settled.municipalities, settled.places
    seat = places.iloc[towns["seat"].to_numpy()][["x", "y"]].to_numpy()
    d = np.hypot(*(seat[:, None] - seat[None]).transpose(2, 0, 1)) / 1000
    workers = 0.41 * people
    jobs = people * np.where(towns["kind"] == 1, 1.0, 0.45)
    jobs = np.where(towns.index == 0, 1.6 * people, jobs)
    pull = jobs[None, :] * np.exp(-d / 11.0) * np.exp(0.25 * rng.standard_normal(d.shape))
    np.fill_diagonal(pull, pull.diagonal() * np.where(towns["kind"] == 1, 1.5, 2.2))
    flow = np.round(workers[:, None] * pull / pull.sum(axis=1, keepdims=True)).astype(np.int64)
    for i in towns.index[towns["role"] == "isolated"]:
        others = np.arange(len(towns)) != i
        most = max(flow[i, others].max(), flow[others, i].max())
        flow[i, 0] = max(round(LOST_FLOW_SHARE * workers[i]), round(1.3 * most))
    o, t = np.nonzero(flow >= SMALLEST)
    teryt = towns["teryt"].to_numpy()
    return pd.DataFrame({"origin": teryt[o], "destination": teryt[t], "flow": flow[o, t]})
