"""White spots of two cities: streets without population, population without a timetable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from metrogis import white_spots
from metrogis.streets import read_osm
from metrogis.transit import read_feed

CODE = "9999011"
COMPLETE = pd.DataFrame({"feed": ["gtfs"], "teryt": [CODE], "mode": ["all"], "state": ["complete"]})


def town(shape: Any, crs: int) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"teryt": [CODE], "name": ["City"]}, geometry=[shape], crs=crs)


@pytest.fixture(scope="module")
def newport(shared: Path) -> dict[str, Any]:
    folder = shared / "data/newport"
    streets = read_osm(folder / "streets.osm.pbf", crs=27700, mode="walk")
    middle = shapely.Point(np.median(streets.x), np.median(streets.y))
    return {
        "municipalities": town(middle.buffer(2000), 27700),
        "population": None,
        "timetable": read_feed(folder / "gtfs.zip", country="GB-WLS"),
        "streets": streets,
    }


@pytest.fixture(scope="module")
def sao_paulo(shared: Path) -> dict[str, Any]:
    folder = shared / "data/sao_paulo"
    hexagons = gpd.read_file(f"/vsizip/{folder / 'population_hexgrid.gpkg.zip'}")
    column = next(c for c in hexagons.columns if c.lower() == "population")
    people = hexagons.to_crs(32723)[[column, "geometry"]].rename(columns={column: "population"})
    return {
        "municipalities": town(people.union_all(), 32723),
        "population": people,
        "timetable": read_feed(folder / "gtfs.zip", country="BR"),
        "streets": read_osm(folder / "streets.osm.pbf", crs=32723, mode="walk"),
    }


def test_newport_tells_no_people(newport: dict[str, Any]) -> None:
    result = white_spots(**newport, coverage=COMPLETE)
    row = result.municipalities.iloc[0]
    assert np.isnan(row[["population", "served_people", "white_people"]].astype(float)).all()
    shares = row[["served_share", "white_share", "unknown_share"]].astype(float)
    assert shares.sum() == pytest.approx(1)
    assert shares.min() > 0
    assert not any("people" in name for name in result.figures)
    for language, words in (("pl", ("mieszka", "osób")), ("en", ("resident", "people"))):
        for sentence in result.sentences(language):
            assert not any(word in sentence for word in words), sentence
            assert "brak danych" not in sentence
            assert "no data" not in sentence
    assert result.features["spots"]["fix_people"].isna().all()
    assert any("every street node weighs the same" in row.what.en for row in result.audit)


def test_newport_shares_are_of_street_nodes(newport: dict[str, Any]) -> None:
    result = white_spots(**newport, coverage=COMPLETE)
    streets, cells = newport["streets"], result.features["cells"]
    area = newport["municipalities"].geometry.iloc[0]
    inside = shapely.contains_xy(area, streets.x, streets.y)
    nodes = shapely.points(streets.x[inside], streets.y[inside])
    node, cell = shapely.STRtree(cells.geometry.to_numpy()).query(nodes, predicate="within")
    served = cells["state"].to_numpy()[cell] == "served"
    assert len(np.unique(node)) > 0.99 * len(nodes)
    assert result.figures["served_share"] == pytest.approx(served.mean(), abs=0.01)


def test_nothing_is_white_without_coverage(newport: dict[str, Any]) -> None:
    result = white_spots(**newport)
    assert result.figures["white_share"] == 0
    assert result.figures["served_share"] > 0
    assert result.features["spots"].empty


def test_sao_paulo_walks_are_those_of_the_street_graph(sao_paulo: dict[str, Any]) -> None:
    """No stop that suffices is within the limit of a white cell, by scipy's own search."""
    result = white_spots(**sao_paulo, coverage=COMPLETE)
    assert result.municipalities["population"].iloc[0] == pytest.approx(517_570, abs=1)
    sums = result.municipalities[["served_people", "white_people", "unknown_people"]].sum(axis=1)
    assert sums.iloc[0] == pytest.approx(517_570, abs=1)
    streets, cells = sao_paulo["streets"], result.features["cells"]
    stops = result.features["stops"]
    good = stops[(stops["service"] == "sufficient") & (stops["modes"] == "bus")]
    white, served = (cells[cells["state"] == state] for state in ("white", "served"))
    assert min(len(good), len(white), len(served)) > 100

    def ends(points: gpd.GeoSeries) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Both ends of the street a point lies on, the walk to each."""
        at = streets.snap(np.column_stack([points.x, points.y]), limit=500)
        known = at.edge >= 0
        edge, offset = at.edge[known], at.offset[known]
        walk = np.column_stack([offset, streets.edge_length[edge] - offset])
        nodes = np.column_stack([streets.edge_u[edge], streets.edge_v[edge]])
        return nodes, walk + at.distance[known, None], edge

    # one more node, joined to both ends of the street of every good stop
    nodes, walk, _ = ends(good.geometry)
    best = pd.Series(walk.ravel()).groupby(nodes.ravel()).min()
    n = streets.n_nodes
    graph = sparse.lil_array((n + 1, n + 1))
    graph[:n, :n] = streets.matrix()
    graph[n, best.index.to_numpy()] = np.maximum(best.to_numpy(), 1e-9)
    distance = dijkstra(graph.tocsr(), directed=True, indices=n)[:n]
    nodes, walk, edge = ends(white.geometry.centroid)
    metres = (distance[nodes] + walk).min(axis=1)
    with_stop = np.isin(edge, streets.snap(np.column_stack([good.geometry.x, good.geometry.y]),
                                           limit=500).edge)  # fmt: skip
    assert (metres > result.parameters.bus_walk_limit - 1e-6)[~with_stop].all()
    assert (~with_stop).sum() > 100
