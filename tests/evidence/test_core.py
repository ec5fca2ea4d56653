"""Evidence: where a layer is known, near what was lost, in what share of an area."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from metrogis.evidence import Evidence, loss, losses_of, record
from metrogis.texts import Text, both

WHAT = both("lost")


def municipalities() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)],
        crs="EPSG:2180",
    )


def test_a_layer_that_is_not_there_is_known_nowhere():
    absent = Evidence.of(None, "routes", "EPSG:2180")
    assert not absent.given
    assert not absent.complete
    assert absent.known_near(np.array([[1.0, 1.0]]), 0).tolist() == [False]
    assert absent.known_share(municipalities()).tolist() == [0, 0]


def test_a_layer_without_losses_is_known_everywhere():
    whole = Evidence.of(municipalities(), "municipalities", "EPSG:2180")
    assert whole.complete
    assert whole.known_near(np.array([[1e6, 1e6]]), 1e5).tolist() == [True]


@pytest.mark.parametrize(("x", "sure"), [(499.0, True), (500.0, False), (501.0, False)])
def test_the_edge_of_an_unknown_municipality_is_within_the_limit(x, sure):
    evidence = Evidence.by_municipality("coverage", municipalities(), [True, False])
    assert evidence.known_near(np.array([[x, 500.0]]), 500.0).tolist() == [sure]


@pytest.mark.parametrize(("x", "sure"), [(99.0, False), (100.0, True), (101.0, True)])
def test_the_edge_of_an_extent_cuts_a_reach_that_crosses_it(x, sure):
    evidence = Evidence("streets").inside([shapely.box(0, 0, 1000, 1000)])
    assert evidence.known_near(np.array([[x, 500.0]]), 100.0).tolist() == [sure]


def test_what_was_lost_without_a_place_may_have_been_anywhere():
    evidence = Evidence("routes").losing([loss("row", WHAT, [3])])
    assert evidence.known_at(np.array([[0.0, 0.0]])).tolist() == [False]
    assert evidence.lost_near(np.array([[0.0, 0.0]]), 1.0).tolist() == [True]


def test_what_was_lost_at_a_place_takes_certainty_near_it_only():
    lost = loss("stop", WHAT, ["a"], where=shapely.Point(0, 0), crs="EPSG:2180")
    evidence = Evidence("timetable", crs="EPSG:2180").losing([lost])
    places = np.array([[500.0, 0], [500.5, 0]])
    assert evidence.known_near(places, 500.0).tolist() == [False, True]


def test_an_array_of_places_with_one_missing_is_no_place():
    assert loss("row", WHAT, [1, 2], where=[shapely.Point(0, 0), None]).where is None
    assert loss("row", WHAT, [1], where=shapely.Point(np.nan, 0)).where is None


def test_a_row_that_names_its_municipality_is_lost_there():
    frame = record(pd.DataFrame({"a": [1]}), [])
    record(frame, [replace(loss("row", WHAT, [0]), codes=("2262011",))])
    evidence = Evidence.of(frame, "routes", "EPSG:2180", municipalities())
    assert evidence.known_at(np.array([[500.0, 500], [1500, 500]])).tolist() == [True, False]
    unlisted = record(
        pd.DataFrame({"a": [1]}), [replace(loss("row", WHAT, [0]), codes=("9999999",))]
    )
    assert Evidence.of(unlisted, "routes", "EPSG:2180", municipalities()).lost_anywhere


def test_an_unknown_municipality_without_outline_may_begin_where_the_others_end():
    places = municipalities()
    places.loc[1, "geometry"] = shapely.Polygon()
    near_edge, deep = [950.0, 500.0], [500.0, 500.0]
    gone = Evidence.by_municipality("coverage", places, [True, False])
    assert gone.known_near(np.array([near_edge, deep]), 100.0).tolist() == [False, True]
    whole = Evidence.by_municipality("coverage", places, [True, True])
    assert whole.known_near(np.array([near_edge, deep]), 100.0).tolist() == [True, True]


def test_a_loss_in_a_municipality_without_outline_may_be_anywhere():
    places = municipalities()
    places.loc[1, "geometry"] = shapely.Polygon()
    frame = record(pd.DataFrame({"a": [1]}), [replace(loss("row", WHAT, [0]), codes=("2262011",))])
    assert Evidence.of(frame, "routes", "EPSG:2180", places).lost_anywhere


def test_losses_survive_copies_and_come_back_as_they_were():
    lost = loss(
        "zone", Text("a", "b"), ["z1"], where=shapely.box(0, 0, 1, 1), crs="EPSG:2180",
        groups=["bus"],
    )  # fmt: skip
    frame = record(municipalities(), [lost, lost])
    assert losses_of(frame.copy()) == (lost,)


def test_losses_move_with_the_crs():
    lost = loss("stop", WHAT, ["a"], where=shapely.Point(18.6, 54.35), crs="EPSG:4326")
    moved = lost.located("EPSG:2180")
    assert moved.where.distance(shapely.Point(474000, 720000)) < 10_000


def test_both_layers_must_be_known_for_a_ratio():
    a = Evidence("built_up").inside([shapely.box(0, 0, 1000, 1000)])
    b = Evidence("population").inside([shapely.box(500, 0, 2000, 1000)])
    assert (a & b).known_share(municipalities()).tolist() == [0.5, 0.0]
    assert not (a & Evidence.absent("x")).given


def test_evidence_travels_between_processes():
    evidence = Evidence.by_municipality("coverage", municipalities(), [True, False])
    evidence.known_at(np.array([[1.0, 1.0]]))
    again = pickle.loads(pickle.dumps(evidence))
    assert again.known_share(municipalities()).tolist() == [1.0, 0.0]


boxes = st.lists(
    st.tuples(*[st.integers(0, 40)] * 4).map(
        lambda v: shapely.box(
            min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]) + 1, max(v[1], v[3]) + 1
        )
    ),
    max_size=4,
)


@given(boxes, boxes, boxes, st.integers(0, 10), st.sampled_from([1, 60]))
def test_taking_knowledge_away_never_adds_certainty(known, unknown, lost, limit, copies):
    grid = [(x + 0.25, y + 0.25) for x in range(0, 42, 7) for y in range(0, 42, 7)]
    points = np.array(grid * copies)
    base = Evidence("layer", crs="EPSG:2180")
    steps = [base, base.inside([shapely.box(-20, -20, 60, 60)])]
    steps.append(steps[-1].without(unknown))
    steps.append(steps[-1].losing(loss("row", WHAT, ["x"], where=b, crs="EPSG:2180") for b in lost))
    if known:
        steps.append(steps[-1].inside(known))
    sure = [s.known_near(points, limit) for s in steps]
    for before, after in itertools.pairwise(sure):
        assert not (after & ~before).any()
    # brute force: no blank within the limit, and inside what is known by at least the limit
    last = steps[-1]
    shapes = shapely.points(points)
    expected = np.ones(len(points), bool)
    for b in [*unknown, *lost]:
        expected &= shapely.distance(shapes, b) > limit
    for area in ([shapely.box(-20, -20, 60, 60)], known or None):
        if area is not None:
            whole = shapely.union_all(area)
            expected &= shapely.covers(whole, shapes)
    edge = shapely.boundary(shapely.union_all(last.known))
    expected &= shapely.distance(shapes, edge) >= limit
    assert (sure[-1] == expected).all()
