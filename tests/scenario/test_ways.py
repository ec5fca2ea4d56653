"""Paths and cycle links of a scenario on the street networks."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import metrogis as mg
from metrogis.streets import from_lines
from metrogis.streets.added import NewPath, with_paths


def _grid() -> Any:
    lines = [shapely.LineString([(0, y), (100, y), (200, y)]) for y in (0, 100)]
    lines.append(shapely.LineString([(0, 0), (0, 100)]))
    streets = gpd.GeoDataFrame({"highway": ["residential"] * 3}, geometry=lines, crs="EPSG:2180")
    return from_lines(streets, mode="walk")


def _metres(network: Any, a: tuple[float, float], b: tuple[float, float]) -> float:
    ends = [network.snap(np.array([p], float), component=None) for p in (a, b)]
    return float(network.distances(*ends)[0, 0])


@settings(max_examples=25)
@given(st.floats(1, 199), st.floats(1, 199))
def test_a_path_joins_the_streets_where_it_ends(x: float, to: float) -> None:
    network = _grid()
    line = shapely.LineString([(x, 0), (to, 100)])
    made, left = with_paths(network, [NewPath(line, {"highway": "path"}, -7)])
    assert not left
    assert _metres(made, (x, 0), (to, 100)) == pytest.approx(
        min(line.length, _metres(network, (x, 0), (to, 100))), abs=0.05
    )
    # nothing else is longer, shorter or gone
    assert made.edge_length.sum() == pytest.approx(network.edge_length.sum() + line.length, abs=0.1)
    assert _metres(made, (200, 0), (0, 0)) == pytest.approx(200, abs=0.05)
    assert len(np.unique(made.node_id)) == made.n_nodes
    assert len(made.ways) == len(network.ways) + 1
    assert made.ways["highway"].iloc[-1] == "path"


def test_a_path_crosses_streets_that_none_of_its_points_is_on() -> None:
    network = _grid()
    over = shapely.LineString([(100, 50), (100, 150)])
    _made, left = with_paths(network, [NewPath(over, {}, -1)])
    assert len(left) == 1
    on = shapely.LineString([(100, 50), (100, 100), (100, 150)])
    made, left = with_paths(network, [NewPath(on, {}, -1)])
    assert not left
    assert made.n_edges == network.n_edges + 3
    near = shapely.LineString([(100, 24), (100, 60)])  # led on to the street 24 m away
    made, left = with_paths(network, [NewPath(near, {}, -1)])
    assert not left
    assert made.edge_length.sum() == pytest.approx(network.edge_length.sum() + 60)
    _made, left = with_paths(network, [NewPath(shapely.LineString([(100, 26), (100, 60)]), {}, -1)])
    assert len(left) == 1


def test_a_path_may_join_another_whatever_their_order() -> None:
    network = _grid()
    first = NewPath(shapely.LineString([(50, 0), (50, 40)]), {}, -1)
    second = NewPath(shapely.LineString([(50, 40), (50, 100)]), {}, -2)
    far = NewPath(shapely.LineString([(900, 900), (950, 900)]), {}, -3)
    for paths in ([first, second, far], [second, far, first]):
        made, left = with_paths(network, paths)
        assert left == [far]
        assert _metres(made, (50, 0), (50, 100)) == pytest.approx(100, abs=0.05)


def test_a_cycle_link_is_in_the_routes_and_for_its_modes_only(metro: mg.Metro) -> None:
    edges = metro.streets.bike.edges
    a = edges.geometry.iloc[100].interpolate(0.4, normalized=True)
    apart = edges.geometry.distance(a)
    b = edges.geometry[apart.between(100, 300)].iloc[0].interpolate(0.5, normalized=True)
    plan = mg.Scenario("x").add_cycle_link("c", path=[(a.x, a.y), (b.x, b.y)], protection="track")
    after = metro.with_scenario(plan)
    gain = after.streets.bike.edge_length.sum() - metro.streets.bike.edge_length.sum()
    assert gain == pytest.approx(a.distance(b), abs=0.1)
    assert after.streets.walk.n_edges == metro.streets.walk.n_edges
    assert after.streets.extent is metro.streets.extent
    row = after.cycle_routes.iloc[-1]
    assert row["state"] == "built"
    assert row["highway"] == "cycleway"
    assert row["osm_id"] == str(after.streets.bike.ways["osm_id"].iloc[-1])
    assert [r.what.en for r in after.streets.bike.audit][-1] == "scenario: a new cycle link (c)"
    sea = metro.municipalities.total_bounds
    with pytest.raises(mg.ScenarioError, match="outside"):
        metro.with_scenario(mg.Scenario("x").add_path("p", path=[sea[:2] - 900, sea[:2] - 800]))
