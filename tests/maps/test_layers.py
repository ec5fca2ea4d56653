"""Classes of maps: nothing disappears, boundaries are half-open, colours depend on breaks alone."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from metrogis.checks.contract import Category, Column
from metrogis.errors import ParameterError, PublishError
from metrogis.maps import geometry, layers
from metrogis.maps.legend import legend_of
from metrogis.texts import Text, both

NUMBER = Column(both("a"))
SHARE = Column(both("a"), kind="share")


def labels(classes: list[layers.MapClass]) -> list[str]:
    return [c.label.en for c in classes]


def test_breaks_are_half_open_and_the_last_class_is_open():
    values = pd.Series([0, 7.999, 8, 23.9, 24, 1e9, np.inf, np.nan, None])
    codes, classes = layers.grade(values, (0, 8, 24), "viridis", NUMBER)
    assert labels(classes) == ["0 to <8", "8 to <24", "24 and more", "no data"]
    assert codes.tolist() == [0, 0, 1, 1, 2, 2, 2, 3, 3]


def test_a_share_closes_at_one_and_reads_as_per_cent():
    codes, classes = layers.grade(pd.Series([0.0, 0.1, 1.0]), (0, 0.1, 1), "viridis", SHARE)
    assert labels(classes) == ["0% to <10%", "10% to 100%", "no data"]
    assert [c.label.pl for c in classes][1] == "od 10\u00a0% do 100\u00a0%"
    assert codes.tolist() == [0, 1, 1]


def test_breaks_that_start_below_zero_open_a_class_below():
    codes, classes = layers.grade(pd.Series([-99, -10, 0, 10]), (-10, 0, 10), "PuOr", NUMBER)
    assert labels(classes) == ["below -10", "-10 to <0", "0 to <10", "10 and more", "no data"]
    assert codes.tolist() == [0, 1, 2, 3]


def test_values_outside_the_policy_range_get_a_class_of_their_own():
    codes, classes = layers.grade(pd.Series([-0.2, 0.5, 1.2]), (0, 0.5, 1), "viridis", SHARE)
    assert labels(classes) == ["0% to <50%", "50% to 100%", "other", "no data"]
    assert codes.tolist() == [2, 1, 2]


def test_colours_do_not_depend_on_the_values():
    one = layers.grade(pd.Series([1.0]), (0, 10, 20), "viridis", NUMBER)[1]
    other = layers.grade(pd.Series([15.0, 500.0]), (0, 10, 20), "viridis", NUMBER)[1]
    assert [c.colour for c in one] == [c.colour for c in other]


@given(
    st.lists(st.one_of(st.none(), st.floats(allow_nan=True)), max_size=40),
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6, unique=True),
)
def test_every_value_lies_in_the_class_it_is_given(values: list[Any], breaks: list[float]):
    series = pd.Series(values, dtype=float)
    codes, classes = layers.grade(series, breaks, "viridis", NUMBER)
    assert len(codes) == len(values)
    for value, code in zip(series, codes, strict=True):
        item = classes[code]
        if np.isnan(value):
            assert item.missing
        elif item.lower is None and item.upper is None:
            assert value < min(breaks)
        else:
            assert item.lower is None or value >= item.lower
            assert item.upper is None or value < item.upper


def test_unlisted_and_missing_codes_stay_on_the_map():
    categories = (Category("a", both("A"), "#111111"), Category("b", both("B"), "#222222"))
    codes, classes = layers.categorise(pd.Series(["b", "zzz", None, "a"]), categories)
    assert labels(classes) == ["A", "B", "other", "no data"]
    assert codes.tolist() == [1, 2, 3, 0]


def test_flags_are_read_in_any_spelling():
    categories = (
        Category("true", both("yes"), "#111111"),
        Category("false", both("no"), "#222222"),
        Category("unknown", both("unknown"), "#cccccc", hatch=True),
    )
    values = pd.Series([True, False, None, np.nan, "true"], dtype=object)
    codes, classes = layers.categorise(values, categories)
    assert codes.tolist() == [0, 1, 2, 2, 0]
    assert len(classes) == 3


def test_layers_of_a_result(synthetic: Any):
    made = layers.build(synthetic.result())
    assert [layer.view.table for layer in made] == ["municipalities", "cells", "links", "stops"]
    assert [layer.shape for layer in made] == ["polygon", "polygon", "line", "point"]
    for layer in made:
        assert sum(c.count for c in layer.classes) == len(layer.frame)
    stops = made[3]
    assert stops.unplaced == 1
    assert "1 row without a location" in legend_of(stops, "en").notes[0]
    assert legend_of(made[0], "pl").entries[-1].label == "brak danych"
    assert legend_of(made[0], "pl").entries[-1].count == "2"


def test_one_view_can_be_chosen_by_table_column_or_title(synthetic: Any):
    result = synthetic.result()
    for name in ("cells", "white_share", "Links", "Połączenia"):
        assert len(layers.build(result, view=name)) == 1
    with pytest.raises(ParameterError, match="there is no view 'nowhere'.*municipalities, cells"):
        layers.build(result, view="nowhere")


def test_a_view_of_a_column_that_is_not_there_is_an_error(synthetic: Any):
    result = synthetic.result()
    del result.municipalities["white_share"]
    with pytest.raises(PublishError, match="white_share"):
        layers.build(result)


def test_web_geometry_is_in_degrees_with_five_decimals(synthetic: Any):
    layer = layers.build(synthetic.result(), view="municipalities")[0]
    web = layers.web_layer(layer)
    assert len(web.shapes) == 12
    rings = np.array([json.loads(s)["coordinates"][0] for s in web.shapes])
    assert np.array_equal(rings, np.round(rings, 5))
    truth = layer.frame.to_crs("EPSG:4326").total_bounds
    assert np.allclose(web.bounds, truth, atol=1e-5)
    names = layer.frame["name"].iloc[web.rows[0]]
    centre = shapely.from_geojson(web.shapes[0]).centroid
    around = layer.frame[layer.frame["name"] == names].to_crs("EPSG:4326").geometry.iloc[0]
    assert around.contains(centre)


def test_too_many_features_are_joined_without_losing_area(synthetic: Any):
    layer = layers.build(synthetic.result(cells=80), view="cells")[0]
    assert layer.joined
    web = layers.web_layer(layer)
    assert len(web.shapes) == 3
    assert (web.rows == -1).all()
    areas = layer.frame.geometry.area.groupby(layer.codes).sum()
    for code, shape in zip(web.codes, web.metric, strict=True):
        assert shape.area == pytest.approx(areas[code], rel=0.02)
    assert "6,400 features" in legend_of(layer, "en").notes[0]


def test_simplified_neighbours_still_touch():
    rng = np.random.default_rng(3)
    y = np.linspace(0, 100_000, 20_000)
    border = np.column_stack([5_000 + rng.normal(0, 30, len(y)).cumsum() / 30, y])
    left = shapely.Polygon([(0, 0), *border, (0, 100_000)])
    right = shapely.Polygon([(90_000, 0), *border, (90_000, 100_000)])
    simple = layers.simplify(np.array([left, right]), 2_000)
    assert shapely.get_num_coordinates(simple).sum() <= 2_000
    assert simple[0].intersection(simple[1]).area == pytest.approx(0, abs=1e-6)
    assert shapely.union_all(simple).area == pytest.approx(simple[0].area + simple[1].area)


def test_labels_put_the_most_populous_first(synthetic: Any):
    places = layers.ground_of(synthetic.result()).places
    assert [p[2].pl for p in places[:2]] == ["Gdańsk", "Gdynia"]
    assert len(places) == 12
    assert all(53 < p[0] < 55 and 18 < p[1] < 19 for p in places)


def test_an_empty_table_says_so(synthetic: Any):
    result = synthetic.result()
    result.features["links"] = result.features["links"].iloc[:0]
    layer = layers.build(result, view="links")[0]
    assert [c.count for c in layer.classes] == [0]
    assert legend_of(layer, "en").notes == ("This layer has no features.",)
    assert layers.web_layer(layer).shapes == []


def test_unknown_palette_is_a_clear_error():
    with pytest.raises(ParameterError, match="(?i)unknown palette 'nope'"):
        layers.grade(pd.Series([1.0]), (0, 1), "nope", NUMBER)


def test_no_data_class_says_it_is_unknown():
    item = layers.MapClass(Text("nieznane", "unknown"), "#cccccc")
    assert layers.is_unknown(item)
    assert not layers.is_unknown(layers.MapClass(both("served"), "#009E73"))


def test_lines_are_simplified_one_by_one_and_none_vanishes():
    rng = np.random.default_rng(2)
    walk = shapely.LineString(np.cumsum(rng.normal(0, 3, (4000, 2)), axis=0))
    loop = shapely.LinearRing([(0, 0), (0.1, 0), (0.1, 0.1)])
    lines = np.array(
        [walk, shapely.LineString(loop), shapely.MultiLineString([walk, shapely.LineString(loop)])]
    )
    simple = geometry._simplified(lines, 5.0)
    assert shapely.get_num_geometries(simple).tolist() == [1, 1, 2]
    assert shapely.get_num_coordinates(simple[0]) < 2000
    assert (shapely.length(simple) > 0).all()
    assert shapely.hausdorff_distance(simple[0], walk) <= 5.0


def test_what_was_drawn_last_is_not_drawn_again(synthetic: Any):
    first, second = (layers.ground_of(synthetic.result()) for _ in range(2))
    assert first.metric is second.metric
    other = layers.drawn(first.metric[:1], synthetic.result().municipalities.crs, 8_000)
    assert len(other[0]) == len(other[1]) == 1
