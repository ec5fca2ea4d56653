from __future__ import annotations

import itertools
import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import sparse

from metrogis.errors import MetrogisError, SchemaError
from metrogis.landscape import current
from metrogis.landscape.multigrid import Multigrid


def read_ascii(path: Path) -> np.ndarray:
    return np.loadtxt(path, skiprows=6)


def read_table(path: Path) -> pd.DataFrame:
    table = np.loadtxt(path)
    return pd.DataFrame(table[1:, 1:], index=table[1:, 0], columns=table[0, 1:])


def test_reference_raster(shared: Path) -> None:
    folder = shared / "reference" / "circuit" / "raster_pairwise_1"
    found = current.pairwise(
        read_ascii(folder / "cellmap.asc"),
        read_ascii(folder / "points.asc"),
        neighbours=4,
        average="resistance",
        polygons=read_ascii(folder / "polygons.asc"),
        nodata=-9999,
    )
    expected = read_table(folder / "sgVerify1_resistances.out")
    assert found.resistances.index.tolist() == expected.index.tolist()
    np.testing.assert_allclose(found.resistances, expected, rtol=0, atol=1e-8)
    np.testing.assert_allclose(
        found.cumulative, read_ascii(folder / "sgVerify1_cum_curmap.asc"), rtol=0, atol=2e-6
    )
    files = current.pairwise(
        folder / "cellmap.asc",
        folder / "points.asc",
        neighbours=4,
        polygons=folder / "polygons.tif",
    )
    np.testing.assert_allclose(files.cumulative, found.cumulative, atol=1e-9)
    kinds = {(row.layer, row.action, row.examples) for row in found.audit}
    assert ("focal", "dropped", "-9.0") in kinds
    assert ("focal", "unknown", "3, 6, 11, 51") in kinds or any(a == "unknown" for _, a, _ in kinds)


def test_reference_network(shared: Path) -> None:
    folder = shared / "reference" / "circuit" / "network_pairwise_1"
    name = "sgNetworkVerify1"
    edges = pd.DataFrame(
        np.loadtxt(folder / f"{name}_graph_conductances.txt"), columns=["i", "j", "conductance"]
    )
    found = current.pairwise(
        edges.astype({"i": int, "j": int}),
        np.loadtxt(folder / f"{name}_focal_nodes.txt").astype(int),
        values="conductance",
    )
    expected = read_table(folder / f"{name}_resistances.out")
    np.testing.assert_allclose(found.resistances, expected, rtol=0, atol=1e-8)
    nodes = np.loadtxt(folder / f"{name}_node_currents_cum.txt")
    np.testing.assert_allclose(found.cumulative.loc[nodes[:, 0]], nodes[:, 1], rtol=0, atol=2e-6)
    branches = np.loadtxt(folder / f"{name}_branch_currents_cum.txt")
    got = found.branches.set_index(["i", "j"])["current"]
    np.testing.assert_allclose(
        got.loc[[(a, b) for a, b, _ in branches]], branches[:, 2], rtol=0, atol=2e-6
    )


def brute(
    cells: np.ndarray, places: dict[int, list[int]], four: bool, conductances: bool,
    polygons: np.ndarray | None = None,
) -> tuple[dict[tuple[int, int], float], np.ndarray]:  # fmt: skip
    """Potentials by a dense pseudo-inverse, cell by cell, pair by pair."""
    h, w = cells.shape
    g_of = cells if conductances else np.where(cells > 0, 1 / np.where(cells > 0, cells, 1), 0)
    cumulative = np.zeros(h * w)
    resistance = {}
    for one, two in itertools.combinations(sorted(places), 2):
        merged = {k: k for k in range(h * w)}
        groups = [places[one], places[two]]
        groups = [[k for k in group if g_of.flat[k] > 0] for group in groups]
        if polygons is not None:
            groups += [np.flatnonzero(polygons == p).tolist() for p in np.unique(polygons) if p > 0]

        def root(k: int, merged: dict[int, int] = merged) -> int:
            while merged[k] != k:
                k = merged[k]
            return k

        for group in groups:
            for k in group[1:]:
                merged[root(k)] = root(group[0])
        branches = []
        for r, c in itertools.product(range(h), range(w)):
            steps = [(0, 1), (1, 0)] + ([] if four else [(1, 1), (1, -1)])
            for dr, dc in steps:
                if r + dr < h and 0 <= c + dc < w:
                    a, b = r * w + c, (r + dr) * w + c + dc
                    x, y = g_of.flat[a], g_of.flat[b]
                    if x > 0 and y > 0:
                        mean = (x + y) / 2 if conductances else 2 * x * y / (x + y)
                        branches.append((root(a), root(b), mean / math.hypot(dr, dc)))
        lap = np.zeros((h * w, h * w))
        for a, b, g in branches:
            lap[a, a] += g
            lap[b, b] += g
            lap[a, b] -= g
            lap[b, a] -= g
        if not groups[0] or not groups[1]:
            resistance[one, two] = -1
            continue
        s, t = root(groups[0][0]), root(groups[1][0])
        if s == t:
            resistance[one, two] = 0
            continue
        inject = np.zeros(h * w)
        inject[s], inject[t] = 1, -1
        x = np.linalg.pinv(lap, hermitian=True) @ inject
        if not np.allclose(lap @ x, inject, atol=1e-8):
            resistance[one, two] = -1
            continue
        resistance[one, two] = x[s] - x[t]
        node = np.abs(inject) / 2
        for a, b, g in branches:
            flow = abs(g * (x[a] - x[b])) if a != b else 0
            node[a] += flow / 2
            node[b] += flow / 2
        cumulative += np.array([node[root(k)] for k in range(h * w)])
    return resistance, cumulative.reshape(h, w)


def test_a_raster_of_barriers_only_carries_nothing() -> None:
    focal = np.zeros((3, 3), int)
    focal[0, 0], focal[1, 1] = 1, 2
    found = current.pairwise(np.full((3, 3), np.nan), focal)
    assert found.resistances.loc[1, 2] == -1
    assert (found.cumulative == 0).all()


@given(st.integers(0, 10_000), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
@example(9991, False, False, False)
def test_rasters_equal_brute_force(
    seed: int, four: bool, conductances: bool, with_polygons: bool
) -> None:
    rng = np.random.default_rng(seed)
    h, w = rng.integers(2, 6, 2)
    cells = rng.choice([0, 0, 1, 2, 5, 30], (h, w)).astype(float)
    focal = rng.choice([0, 0, 0, 1, 2, 3, 4], (h, w))
    focal.flat[0] = 1
    polygons = rng.choice([0, 0, 0, 7, 8], (h, w)) if with_polygons else None
    if polygons is not None:
        for p in (7, 8):  # a polygon without any habitat is no node
            if not (cells[polygons == p] > 0).any():
                polygons[polygons == p] = 0
    places = {
        int(k): [c for c in np.flatnonzero(focal == k)
                 if cells.flat[c] > 0 or (polygons is not None and polygons.flat[c] > 0)]
        for k in np.unique(focal) if k > 0
    }  # fmt: skip
    cells_in = cells if conductances else np.where(cells > 0, cells, np.nan)
    if polygons is not None:  # a bare cell of a polygon stands for the polygon
        first = {p: int(np.flatnonzero((polygons == p) & (cells > 0))[0])
                 for p in np.unique(polygons) if p > 0}  # fmt: skip
        grown = {
            k: [first[polygons.flat[c]] if cells.flat[c] == 0 else c for c in v]
            for k, v in places.items()
        }
    else:
        grown = places
    expected, cumulative = brute(cells, grown, four, conductances, polygons)
    found = current.pairwise(
        cells_in,
        focal,
        values="conductance" if conductances else "resistance",
        average="conductance" if conductances else "resistance",
        neighbours=4 if four else 8,
        polygons=polygons,
    )
    for (one, two), value in expected.items():
        assert found.resistances.loc[one, two] == pytest.approx(value, rel=1e-7, abs=1e-9)
        assert found.resistances.loc[two, one] == found.resistances.loc[one, two]
    np.testing.assert_allclose(found.cumulative, cumulative, rtol=1e-7, atol=1e-9)


def test_series_and_parallel() -> None:
    line = current.pairwise(np.array([[2.0, 4.0, 6.0]]), np.array([[1, 0, 2]]))
    assert line.resistances.loc[1, 2] == pytest.approx(3 + 5)
    assert line.cumulative.tolist() == [[1, 1, 1]]
    mean = current.pairwise(
        np.array([[2.0, 4.0, 6.0]]), np.array([[1, 0, 2]]), average="conductance"
    )
    assert mean.resistances.loc[1, 2] == pytest.approx(2 / (1 / 2 + 1 / 4) + 2 / (1 / 4 + 1 / 6))
    net = pd.DataFrame(
        {"i": ["a", "a", "a", "b"], "j": ["b", "b", "a", "c"], "resistance": [2.0, 2, 1, 3]}
    )
    found = current.pairwise(net, ["a", "c", "z", "a"])
    assert found.resistances.loc["a", "c"] == pytest.approx(4)
    assert found.resistances.loc["a", "z"] == -1
    assert found.branches["current"].tolist() == pytest.approx([1, 1])
    assert {r.action for r in found.audit} == {"noted", "dropped", "unknown"}


def test_maps_sum_to_the_cumulative_one() -> None:
    rng = np.random.default_rng(1)
    focal = np.zeros((12, 12), int)
    focal[1, 1], focal[10, 3], focal[5:7, 9] = 1, 2, 3
    found = current.pairwise(rng.random((12, 12)) + 0.1, focal, keep_maps=True)
    assert set(found.maps) == {(1, 2), (1, 3), (2, 3)}
    np.testing.assert_allclose(sum(found.maps.values()), found.cumulative)
    np.testing.assert_allclose(np.max(list(found.maps.values()), axis=0), found.maximum)
    some = current.pairwise(rng.random((12, 12)) + 0.1, focal, pairs=[(1, 3)])
    assert math.isnan(some.resistances.loc[1, 2])
    bare = current.pairwise(np.ones((12, 12)), focal, currents=False)
    assert bare.cumulative.sum() == 0


def test_one_to_all_on_a_star() -> None:
    net = pd.DataFrame({"i": [0, 0, 0], "j": [1, 2, 3], "resistance": [1.0, 2.0, 2.0]})
    found = current.one_to_all(net, [1, 2, 3])
    assert found.resistances.to_dict() == pytest.approx(
        {1: 1 + 1, 2: 2 + 1 / (1 + 0.5), 3: 2 + 1 / (1 + 0.5)}
    )
    assert found.cumulative[0] == pytest.approx(3)
    # each is source once (1 A), and ground for the shares of the other two
    assert found.cumulative[1] == pytest.approx(1 + 2 * (1 / 1.5))
    pair = current.one_to_all(np.ones((5, 5)), np.diag([1, 0, 0, 0, 2]))
    expected = current.pairwise(np.ones((5, 5)), np.diag([1, 0, 0, 0, 2]))
    assert pair.resistances[1] == pytest.approx(expected.resistances.loc[1, 2])
    np.testing.assert_allclose(pair.cumulative, 2 * expected.cumulative, rtol=1e-9)


def test_one_to_all_states() -> None:
    cells = np.array([[1.0, 1.0, np.nan, 1.0]])
    alone = current.one_to_all(cells, np.array([[1, 2, 3, 4]]))
    assert alone.resistances.tolist() == [1, 1, -1, -1]
    same = current.one_to_all(
        np.ones((1, 3)), np.array([[1, 2, 0]]), polygons=np.array([[5, 5, 0]])
    )
    assert same.resistances.tolist() == [0, 0]
    assert same.cumulative.sum() == 0
    region = current.one_to_all(np.ones((1, 4)), np.array([[1, 1, 0, 2]]))
    assert region.resistances.tolist() == pytest.approx([2, 2])
    np.testing.assert_allclose(region.cumulative, [[2, 2, 2, 2]])


def test_places_from_tables_and_geometries() -> None:
    transform = Affine(10, 0, 1000, 0, -10, 2000)
    cells = np.random.default_rng(3).random((8, 8)) + 0.5
    focal = np.zeros((8, 8), int)
    focal[1, 2], focal[6, 5] = 1, 2
    polygons = np.zeros((8, 8), int)
    polygons[3:5, 1:6] = 4
    expected = current.pairwise(cells, focal, polygons=polygons)
    table = pd.DataFrame({"id": [1, 2], "row": [1, 6], "column": [2, 5]})
    assert current.pairwise(cells, table, polygons=polygons).resistances.equals(
        expected.resistances
    )
    points = gpd.GeoDataFrame(
        {"id": [1, 2]}, geometry=gpd.points_from_xy([1025, 1055], [1985, 1935]), crs="EPSG:2180"
    )
    areas = gpd.GeoDataFrame(geometry=[shapely.box(1011, 1951, 1059, 1969)], crs="EPSG:2180")
    found = current.pairwise(
        (cells, transform), points, polygons=areas, crs="EPSG:2180"
    )  # fmt: skip
    np.testing.assert_allclose(found.cumulative, expected.cumulative)
    with pytest.raises(MetrogisError):
        current.pairwise(cells, points)
    with pytest.raises(MetrogisError):
        current.pairwise((cells, transform), points.to_crs("EPSG:2177"), crs="EPSG:2180")


@pytest.mark.parametrize(
    ("cells", "options"),
    [
        (np.array([[1.0, -1.0]]), {}),
        (np.array([[1.0, 0.0]]), {}),
        (np.array([[1.0, -1.0]]), {"values": "conductance"}),
        (np.ones((1, 3)), {}),
        (np.ones((1, 2)), {"neighbours": 6}),
        (np.ones((1, 2)), {"average": "mean"}),
        (np.ones((1, 2)), {"values": "cost"}),
        (np.ones((1, 2)), {"pairs": [(1, 9)]}),
        (np.ones((1, 2)), {"polygons": np.ones((3, 3))}),
        (np.ones((1, 2)), {"transform": Affine(10, 0, 0, 0, -20, 0), "crs": "EPSG:2180"}),
    ],
)
def test_bad_input(cells: np.ndarray, options: dict[str, object]) -> None:
    with pytest.raises(MetrogisError):
        current.pairwise(cells, np.array([[1, 2]]), **options)


def test_no_focal_places() -> None:
    with pytest.raises(SchemaError):
        current.pairwise(np.ones((2, 2)), np.zeros((2, 2)))
    with pytest.raises(SchemaError):
        current.pairwise(pd.DataFrame({"i": [1], "j": [2], "resistance": [1.0]}), [])
    with pytest.raises(SchemaError):
        current.pairwise(pd.DataFrame({"i": [1], "j": [2]}), [1])


@pytest.mark.parametrize("singular", [True, False])
@pytest.mark.parametrize("kind", ["smooth", "contrast", "holes", "network"])
def test_multigrid_equals_factorisation(kind: str, singular: bool) -> None:
    from metrogis.landscape import circuit

    rng = np.random.default_rng(7)
    cells = np.ones((70, 60))
    if kind == "contrast":
        cells = rng.choice([1.0, 1e-1, 1e-4], cells.shape)
    if kind == "holes":
        cells[rng.random(cells.shape) < 0.3] = 0
    u, v, g = circuit.grid_branches(cells, neighbours=4, average="resistance")
    if kind == "network":
        u, v = rng.integers(0, 3000, (2, 12_000))
        g = rng.lognormal(0, 2, 12_000)
    made = circuit.build(max(cells.size, 3000), u, v, g)
    largest = np.bincount(made.component).argmax()
    nodes = np.flatnonzero(made.component == largest)
    part = circuit.Part(made, int(largest), int(nodes[0]))
    matrix = part._matrix if singular else part._matrix[1:, 1:]
    b = rng.random(matrix.shape[0])
    b -= b.mean() if singular else 0
    solver = Multigrid(matrix, singular=singular, direct_nodes=50)
    x = solver.solve(b, tolerance=1e-10)
    exact = Multigrid(matrix, singular=singular).solve(b)
    if singular:
        x, exact = x - x[0], exact - exact[0]
    assert 0 < solver.iterations < 100
    np.testing.assert_allclose(x, exact, rtol=1e-6, atol=1e-7 * np.abs(exact).max())


def test_multigrid_says_when_it_fails() -> None:
    chain = sparse.diags_array([[-1.0] * 2999, [2.0] * 3000, [-1.0] * 2999], offsets=[-1, 0, 1])
    with pytest.raises(MetrogisError, match="converge"):
        Multigrid(chain, singular=False, direct_nodes=10).solve(
            np.random.default_rng(0).random(3000), max_iterations=1
        )


def test_text_nodes_parallel_branches_and_places_that_are_not_there() -> None:
    net = pd.DataFrame({"i": ["x", "y", "x"], "j": ["y", "x", "q"], "resistance": [1.0, 1.0, 3.0]})
    found = current.pairwise(net, ["q", "x", "y", "nowhere"])
    assert found.resistances.loc["q"].to_dict() == pytest.approx(
        {"q": 0, "x": 3, "y": 3.5, "nowhere": -1}
    )
    assert found.resistances.loc["x", "y"] == pytest.approx(0.5)
    # x ends two ways of 1 A each and is passed by the third
    assert found.cumulative.loc["x"] == pytest.approx(3)
    apart = current.pairwise(net.iloc[:0], ["x", "y"])
    assert apart.resistances.loc["x", "y"] == -1
