"""dPC of every patch of a planar network of 2,000 against remove-and-recompute with scipy."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Delaunay

from metrogis.landscape import connectivity

N, REMOVED, DISTANCE, PROBABILITY = 2000, 4, 3000.0, 0.5


def planar_network(n: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    xy = rng.random((n, 2)) * 50_000
    corners = Delaunay(xy).simplices
    edges = np.unique(
        np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1),
        axis=0,
    )
    length = np.hypot(*(xy[edges[:, 0]] - xy[edges[:, 1]]).T)
    return (
        pd.DataFrame({"id": np.arange(n), "attribute": rng.lognormal(2, 1.5, n)}),
        pd.DataFrame(
            {"i": edges[:, 0], "j": edges[:, 1], "cost": length * rng.uniform(1, 10, len(edges))}
        ),
    )


def test_dpc() -> None:
    patches, links = planar_network(N)
    options = {"distance": DISTANCE, "probability": PROBABILITY}
    small_patches, small_links = planar_network(10)
    connectivity.indices(small_patches, small_links, **options)  # compile

    start = time.process_time()
    found = connectivity.indices(patches, links, **options)
    both = time.process_time() - start
    start = time.process_time()
    alone = connectivity.indices(patches, links, **options, dpc="patches")
    own = time.process_time() - start
    np.testing.assert_allclose(alone.patches["dPC"], found.patches["dPC"], rtol=1e-12)
    start = time.process_time()
    connectivity.indices(patches, links, **options, top=500)
    top = time.process_time() - start

    a = patches["attribute"].to_numpy()
    graph = csr_array((links["cost"], (links["i"], links["j"])), shape=(N, N))
    decay = -np.log(PROBABILITY) / DISTANCE

    def recompute(keep: np.ndarray) -> np.ndarray:
        return np.exp(-decay * dijkstra(graph[keep][:, keep], directed=False))

    whole = recompute(np.arange(N))
    total = a @ whole @ a
    errors, spent = [], 0.0
    for k in np.random.default_rng(3).choice(N, REMOVED, replace=False):
        keep = np.delete(np.arange(N), k)
        start = time.process_time()
        rest = recompute(keep)
        rest_total = a[keep] @ rest @ a[keep]
        spent += time.process_time() - start
        # the plain difference of totals loses the digits asked for: subtract element by element
        lost = a[keep] @ (whole[np.ix_(keep, keep)] - rest) @ a[keep]
        exact = lost + a[k] * (a[k] + 2 * (whole[k, keep] @ a[keep]))
        assert np.isclose(exact, total - rest_total, rtol=1e-8)
        errors.append(abs(found.patches["dPC"].iloc[k] / (100 * exact / total) - 1))
    naive = spent / REMOVED * N
    print(
        f"\ndPC n={N}: {len(links)} links; patches {own:.1f} s, and links {both:.1f} s, top 500"
        f" of both {top:.1f} s; remove and recompute, patches only, {naive:.0f} s (extrapolated);"
        f" ratio {naive / own:.0f} x; largest relative difference {max(errors):.1e}"
    )
    assert max(errors) <= 1e-12
