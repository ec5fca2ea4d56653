"""Cost distances and links between patches on 5000x5000 cells against scikit-image."""

from __future__ import annotations

import os
import time

import numpy as np
import psutil
import pytest

from metrogis.landscape import leastcost

SIDE, PATCHES = 5000, 2000


def surface(side: int, patches: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    cell = 10
    coarse = rng.choice([1, 3, 10, 30, 100], (side // cell,) * 2, p=[0.3, 0.3, 0.2, 0.1, 0.1])
    cost = np.kron(coarse, np.ones((cell, cell))).astype(np.float32)
    cost += rng.random(cost.shape, dtype=np.float32)
    labels = np.zeros(cost.shape, np.int32)
    rows, columns = rng.integers(0, side - 12, (2, patches))
    for k, (r, c) in enumerate(zip(rows, columns, strict=True), start=1):
        labels[r : r + 12, c : c + 12] = k
    return cost, labels


def test_links() -> None:
    graph = pytest.importorskip("skimage.graph")
    leastcost.links(*surface(100, 5))  # compile
    cost, labels = surface(SIDE, PATCHES)
    me = psutil.Process(os.getpid())
    before = me.memory_info().rss
    start = time.process_time()
    table = leastcost.links(cost, labels)
    ours = time.process_time() - start
    start = time.process_time()
    found = leastcost.distance(cost, labels)
    alone = time.process_time() - start
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    start = time.process_time()
    mcp = graph.MCP_Geometric(cost)
    expected, _ = mcp.find_costs(np.argwhere(labels > 0))
    peer = time.process_time() - start
    print(
        f"\n{SIDE}x{SIDE}, {PATCHES} patches: distances {alone:.1f} s, with {len(table)} links"
        f" and paths {ours:.1f} s, +{peak / 1e9:.2f} GB; scikit-image distances {peer:.1f} s;"
        f" ratio {ours / peer:.2f} with links, {alone / peer:.2f} without;"
        f" largest relative difference"
        f" {np.nanmax(np.abs(found.distance - expected) / np.maximum(expected, 1)):.0e}"
    )
    np.testing.assert_allclose(found.distance, expected, rtol=1e-9, atol=1e-6)
