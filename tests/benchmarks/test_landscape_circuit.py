"""One circuit solve on 1000x1000 cells against pyamg's smoothed aggregation."""

from __future__ import annotations

import time

import numpy as np
import pytest

from metrogis.landscape import circuit
from metrogis.landscape.multigrid import Multigrid

pyamg = pytest.importorskip("pyamg")
SIDE = 1000


@pytest.mark.parametrize("kind", ["uniform", "land cover", "contrast"])
@pytest.mark.parametrize("neighbours", [4, 8])
def test_solve(kind: str, neighbours: int) -> None:
    rng = np.random.default_rng(0)
    cells = np.ones((SIDE, SIDE))
    if kind == "land cover":  # patches of 20 cells
        cells = np.kron(rng.choice([1, 5, 20, 100, 1000.0], (SIDE // 20,) * 2), np.ones((20, 20)))
    if kind == "contrast":  # every cell its own
        cells = rng.choice([1, 5, 20, 100, 1000.0], (SIDE, SIDE))
    u, v, g = circuit.grid_branches(1 / cells, neighbours=neighbours, average="resistance")
    part = circuit.Part(circuit.build(cells.size, u, v, g), 0, 0)
    matrix = part._matrix
    b = np.zeros(cells.size)
    one, two = SIDE * SIDE // 3 + SIDE // 3, 2 * SIDE * SIDE // 3 + SIDE // 2
    b[one], b[two] = 1, -1
    Multigrid(matrix[:9, :9], singular=False, direct_nodes=3).solve(np.ones(9))  # compile
    start = time.process_time()
    x = Multigrid(matrix, singular=True).solve(b)
    ours = time.process_time() - start
    inner = matrix[1:, 1:].tocsr()
    start = time.process_time()
    # a tolerance that gives the same digits of the resistance
    y = pyamg.smoothed_aggregation_solver(inner).solve(b[1:], tol=1e-8, accel="cg")
    peer = time.process_time() - start
    y = np.concatenate([[0.0], y])
    resistance, expected = x[one] - x[two], y[one] - y[two]
    print(
        f"\n{kind}, {neighbours} neighbours: {ours:.1f} s, pyamg {peer:.1f} s,"
        f" ratio {ours / peer:.2f}; residuals {np.linalg.norm(b - matrix @ x):.0e},"
        f" {np.linalg.norm(b - matrix @ y):.0e}; R differs by {resistance / expected - 1:.0e}"
    )
    assert resistance == pytest.approx(expected, rel=1e-8)
