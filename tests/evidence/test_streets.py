"""Evidence of streets: extent, municipalities without streets, paths that stay on known land."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from metrogis.evidence import Evidence, loss
from metrogis.evidence.streets import known_from, streets_evidence, surely_apart
from metrogis.texts import both

CRS = "EPSG:2180"
BOX = shapely.box(0, 0, 1000, 1000)


def network(extent=BOX, nodes=((10.0, 10.0),), losses=()):
    x, y = np.array(nodes).T
    return SimpleNamespace(extent=extent, losses=losses, x=x, y=y)


def municipalities() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
        geometry=[shapely.box(0, 0, 500, 1000), shapely.box(500, 0, 1000, 1000)],
        crs=CRS,
    )


def test_streets_that_are_not_there_are_known_nowhere():
    assert not streets_evidence(None, CRS, municipalities()).given


def test_without_an_extent_streets_are_known_everywhere():
    evidence = streets_evidence(network(extent=None), CRS)
    assert evidence.known_near(np.array([[1e6, 1e6]]), 1e5).all()


def test_beyond_the_extent_and_near_its_edge_a_path_is_unknown():
    evidence = streets_evidence(network(), CRS)
    places = np.array([[500.0, 500], [600, 500], [601, 500], [1100, 500]])
    assert evidence.known_near(places, 400).tolist() == [True, True, False, False]


@pytest.mark.parametrize(("x", "known"), [(499.0, False), (500.0, True), (501.0, True)])
def test_a_municipality_without_a_street_is_not_in_the_data(x, known):
    evidence = streets_evidence(network(extent=None, nodes=[(x, 5.0)]), CRS, municipalities())
    assert evidence.known_at(np.array([[750.0, 500]])).tolist() == [known]


def test_of_several_networks_all_must_be_known():
    some = (
        network(extent=shapely.box(0, 0, 600, 1000)),
        network(extent=shapely.box(400, 0, 1000, 9)),
    )
    evidence = streets_evidence(some, CRS)
    places = np.array([[500.0, 5], [300, 5], [700, 5]])
    assert evidence.known_at(places).tolist() == [True, False, False]
    assert evidence.layer == "streets"


def test_points_off_the_network_are_unknown():
    points = SimpleNamespace(
        point=np.array([[500.0, 500], [500, 500]]), known=np.array([True, False])
    )
    assert known_from(streets_evidence(network(), CRS), points, 100).tolist() == [True, False]


def test_clearance_is_the_way_to_what_is_not_known():
    lost = loss("way", both("lost"), [1], where=shapely.Point(500, 700), crs=CRS)
    evidence = streets_evidence(network(losses=(lost,)), CRS)
    places = np.array([[500.0, 690], [500, 100], [50, 500], [-5, 500], [500, 700]])
    assert evidence.clearance(places).tolist() == [10, 100, 50, 0, 0]
    assert evidence.clearance(places, 60).tolist() == [10, 60, 50, 0, 0]
    anywhere = evidence.losing([loss("way", both("lost"), [1])])
    assert anywhere.clearance(places).tolist() == [0] * 5
    assert Evidence("streets").clearance(places, 70).tolist() == [70] * 5
    assert np.isinf(Evidence("streets").clearance(places)).all()
    nowhere = Evidence("streets").inside([])
    assert nowhere.clearance(places).tolist() == [0] * 5


coordinate = st.integers(-20, 120)


@given(
    st.tuples(coordinate, coordinate),
    st.tuples(coordinate, coordinate),
    st.tuples(coordinate, coordinate),
    st.lists(st.tuples(coordinate, coordinate), max_size=3),
)
def test_a_path_over_unknown_land_is_at_least_as_long_as_both_clearances(a, b, via, lost):
    evidence = Evidence("streets", crs=CRS).inside([shapely.box(0, 0, 100, 100)])
    evidence = evidence.losing(
        [loss("way", both("x"), [1], where=shapely.Point(p), crs=CRS) for p in lost]
    )
    here, there = evidence.clearance(np.array([a, b], float))
    path = shapely.LineString([a, via, b])
    crosses = not evidence.known_at(np.array([path], dtype=object))[0]
    assert not (crosses and surely_apart(here, there, path.length + 1e-9))
    assert surely_apart(0.0, 10.0, 10.0).tolist() is False
