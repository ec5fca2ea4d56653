from __future__ import annotations

import itertools

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString

from metrogis.errors import CRSError, ParameterError
from metrogis.streets import cycleways

CRS = "EPSG:2180"


def frame(lines: list, **columns: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=lines, crs=CRS)


# A coarse grid of coordinates: shared vertices, crossings and touching lines are then common.
_POINT = st.tuples(st.integers(0, 9), st.integers(0, 9))
_LINE = st.lists(_POINT, min_size=2, max_size=5).filter(lambda p: len(set(p)) > 1)
_LINES = st.lists(_LINE, min_size=1, max_size=12)
_TOLERANCE = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0])


def slow_labels(lines: list[LineString], tolerance: float) -> list[set[int]]:
    graph = nx.Graph()
    graph.add_nodes_from(range(len(lines)))
    for i, a in enumerate(lines):
        for j, b in enumerate(lines[:i]):
            shared = set(a.coords) & set(b.coords)
            if shared or (tolerance > 0 and a.distance(b) <= tolerance):
                graph.add_edge(i, j)
    return list(nx.connected_components(graph))


@given(_LINES, _TOLERANCE)
def test_components_equal_pairwise_search(points: list, tolerance: float) -> None:
    lines = [LineString(p) for p in points]
    labels = cycleways.components(frame(lines), tolerance=tolerance)
    ours = {frozenset(np.flatnonzero(labels == k).tolist()) for k in set(labels.tolist())}
    assert ours == {frozenset(c) for c in slow_labels(lines, tolerance)}
    first = [int(np.flatnonzero(labels == k)[0]) for k in range(labels.max() + 1)]
    assert first == sorted(first)


@given(_LINES, st.randoms(use_true_random=False))
def test_wider_tolerance_never_parts_and_order_does_not_matter(points: list, random) -> None:
    lines = frame([LineString(p) for p in points])
    form = cycleways.network_form(lines, tolerances=(0, 0.5, 1, 2, 4))
    assert (form["components"].diff().dropna() <= 0).all()
    assert (form["largest_km"].diff().dropna() >= -1e-12).all()
    order = list(range(len(lines)))
    random.shuffle(order)
    shuffled = cycleways.network_form(lines.iloc[order], tolerances=(0, 0.5, 1, 2, 4))
    pd.testing.assert_frame_equal(form, shuffled)


@given(_LINES, st.sampled_from([0.0, 2.0]))
def test_lines_cut_at_their_vertices_are_the_same_network(points: list, tolerance: float) -> None:
    whole = frame([LineString(p) for p in points])
    pieces = frame([LineString([a, b]) for p in points for a, b in itertools.pairwise(p) if a != b])
    columns = ["length_km", "components", "largest_km"]
    pd.testing.assert_frame_equal(
        cycleways.network_form(whole, tolerances=(tolerance,))[columns],
        cycleways.network_form(pieces, tolerances=(tolerance,))[columns],
    )


def test_reference_network(shared) -> None:
    routes = gpd.read_file(shared / "data/omggs/cycle_routes.geojson")
    lines, audit = cycleways.built(routes)
    # 12 of 3980 that stand are closed by their tags: 8 with access=no, 3 stairs, a rest area
    assert len(lines) == 3968
    assert {(r.action, r.count) for r in audit} == {("noted", 26), ("guessed", 1), ("dropped", 12)}
    metric = lines.to_crs(CRS)
    form = cycleways.network_form(metric)
    assert form["length_km"].round(3).unique().tolist() == [700.963]
    assert form["components"].tolist() == [368, 334, 294]
    share = 100 * form["largest_share"]
    assert round(share[0], 3) == 16.774
    assert share.round(2).tolist()[1:] == [16.89, 17.03]
    # shared vertices are the same before and after reprojection
    a, b = cycleways._shared_vertices(lines.geometry.to_numpy())
    assert cycleways.group_labels(a, b, len(lines)).tolist() == (
        cycleways.components(metric).tolist()
    )


def test_crossing_without_vertex_is_a_bridge() -> None:
    lines = frame([LineString([(0, 0), (10, 10)]), LineString([(0, 10), (10, 0)])])
    assert cycleways.components(lines).tolist() == [0, 1]
    assert cycleways.components(lines, tolerance=0.01).tolist() == [0, 0]


def test_joint_at_inner_vertex_and_tolerance_is_inclusive() -> None:
    lines = frame(
        [
            LineString([(0, 0), (5, 0), (10, 0)]),
            LineString([(5, 9), (5, 0)]),
            LineString([(0, 20), (10, 20)]),
            LineString([(-0.0, 40), (0.0, 50)]),
            LineString([(0.0, 40), (7, 40)]),
        ]
    )
    assert cycleways.components(lines).tolist() == [0, 0, 1, 2, 2]
    assert cycleways.components(lines, tolerance=11).tolist() == [0, 0, 0, 1, 1]
    assert cycleways.components(lines, tolerance=10.999).tolist() == [0, 0, 1, 2, 2]


def test_lengths_and_empty_network() -> None:
    none = frame([])
    assert cycleways.components(none).tolist() == []
    form = cycleways.network_form(none)
    assert form["components"].tolist() == [0, 0, 0]
    assert form["largest_share"].isna().all()
    assert len(cycleways.line_ends(none)) == 0


def test_refused_input() -> None:
    lines = frame([LineString([(0, 0), (1, 0)])])
    with pytest.raises(CRSError):
        cycleways.components(lines.set_crs(4326, allow_override=True))
    for bad in (-1, float("nan"), float("inf")):
        with pytest.raises(ParameterError):
            cycleways.components(lines, tolerance=bad)


# --------------------------------------------------------------------------- states


def test_states() -> None:
    line = [LineString([(0, i), (9, i)]) for i in range(8)]
    routes = frame(
        line,
        osm_id=list("abcdefgh"),
        highway=["cycleway", "proposed", "construction", "disused", None, None, "path", "proposed"],
        other_tags=[None, None, None, None, '"construction"=>"path"', None, None, None],
        state=[None, None, None, None, None, None, "unknown", "built"],
    )
    split = cycleways.by_state(routes)
    assert split.built["osm_id"].tolist() == ["a", "e", "f", "h"]
    assert split.planned["osm_id"].tolist() == ["b", "c"]
    assert split.unknown["osm_id"].tolist() == ["g"]
    rows = {r.action: (r.count, r.examples) for r in split.audit}
    assert rows == {
        "guessed": (1, "e"),
        "noted": (2, "b, c"),
        "unknown": (1, "g"),
        "dropped": (1, "d"),
    }


def test_without_columns_all_are_built_and_it_is_said() -> None:
    split = cycleways.by_state(frame([LineString([(0, 0), (9, 0)])]))
    assert len(split.built) == 1
    assert [(r.action, r.count) for r in split.audit] == [("guessed", 1)]


def test_lines_drawn_twice_count_once() -> None:
    routes = frame(
        [
            LineString([(0, 0), (9, 0)]),
            LineString([(9, 0), (0, 0)]),
            LineString([(0, 5), (9, 5)]),
            LineString([(0, 5), (9, 5)]),
            None,
        ],
        highway=["path", "path", "proposed", "cycleway", "path"],
    ).set_index(pd.Index([10, 11, 12, 13, 14]))
    split = cycleways.by_state(routes)
    assert split.built.index.tolist() == [10, 13]  # built wins over planned
    assert len(split.planned) == 0
    assert split.built.length.sum() == 18
    assert {(r.what.en, r.count) for r in split.audit if r.action == "dropped"} == {
        ("lines drawn a second time", 2),
        ("lines without geometry", 1),
    }


def test_lines_that_lie_on_another_in_part_are_told() -> None:
    lines = [[(0, 0), (9, 0)], [(5, 0), (9, 0), (9, 9)], [(2, 0), (3, 0)], [(0, -1), (0, 5)]]
    split = cycleways.by_state(frame([LineString(xy) for xy in lines], highway=["path"] * 4))
    noted = [row for row in split.audit if row.action == "noted"]
    assert [(row.count, row.examples) for row in noted] == [(3, "0, 1, 2")]
    rows = [LineString(lines[0]), LineString(lines[3])]
    apart = cycleways.by_state(frame(rows, highway=["path"] * 2))
    assert len(apart.audit.rows) == 0


def test_parts_of_a_line_need_not_touch() -> None:
    routes = frame(
        [MultiLineString([[(0, 0), (1, 0)], [(50, 0), (51, 0)]]), LineString([(1, 0), (2, 0)])],
        highway=["path", "path"],
    )
    lines, audit = cycleways.built(routes)
    assert lines.index.tolist() == [0, 0, 1]
    assert cycleways.components(lines).tolist() == [0, 1, 0]
    assert [r.count for r in audit if r.action == "repaired"] == [1]


@pytest.mark.parametrize(
    ("highway", "tags", "count"),
    [
        ("cycleway", "", 2),
        ("cycleway", '"oneway"=>"yes"', 1),
        ("cycleway", '"oneway"=>"-1"', 1),
        ("cycleway", '"oneway"=>"no"', 2),
        ("cycleway", '"oneway"=>"yes","oneway:bicycle"=>"no"', 2),
        ("residential", '"oneway"=>"yes","cycleway"=>"opposite_lane"', 2),
        ("path", '"oneway:bicycle"=>"yes"', 1),
        ("tertiary", '"cycleway:right"=>"lane"', 1),
        ("tertiary", '"cycleway:right"=>"lane","cycleway:left"=>"lane"', 2),
        ("tertiary", '"cycleway:both"=>"lane"', 2),
        ("path", '"cycleway:right"=>"lane"', 2),
    ],
)
def test_directions(highway: str, tags: str, count: int) -> None:
    routes = frame([LineString([(0, 0), (9, 0)])], highway=[highway], other_tags=[tags])
    assert cycleways.directions(routes)[0].tolist() == [count]


def test_directions_of_tags_in_columns_and_of_real_tags(shared) -> None:
    routes = frame([LineString([(0, 0), (9, 0)])] * 2, oneway=["yes", None])
    found, audit = cycleways.directions(routes)
    assert found.tolist() == [1, 2]
    assert [r.count for r in audit] == [1]
    real = gpd.read_file(shared / "data/omggs/cycle_routes.geojson", ignore_geometry=True)
    text = real["other_tags"].fillna("")
    own = text.str.contains('"oneway:bicycle"=>"yes"', regex=False)
    freed = text.str.contains('"oneway:bicycle"=>"no"|"cycleway[^"]*"=>"opposite', regex=True)
    oneway = text.str.contains('"oneway"=>"yes"', regex=False)
    lane = (real["highway"] == "primary_link") & text.str.contains("cycleway:right", regex=False)
    ring = text.str.contains('"junction"=>"roundabout"', regex=False)
    expected = own | (~freed & (oneway | lane | ring))
    assert expected.sum() == 117
    found, audit = cycleways.directions(real)
    assert ((found == 1) == expected).all()
    # closed by the table that the network is built by: planned, stairs, access=no, no street
    shut = real[found == 0]["highway"].value_counts().to_dict()
    assert shut == {"proposed": 20, "cycleway": 8, "construction": 6, "steps": 3, "rest_area": 1}
    assert [r.count for r in audit if r.action == "noted"] == [38]


# --------------------------------------------------------------------------- ends


@settings(max_examples=60)
@given(_LINES, st.sampled_from([0.5, 1.0, 2.0]))
def test_dangling_ends_equal_plain_search(points: list, tolerance: float) -> None:
    lines = [LineString(p) for p in points]
    ends = cycleways.line_ends(frame(lines), tolerance=tolerance)
    plain = []
    for k, p in enumerate(points):
        own = [c for c, before in zip(p, [None, *p[:-1]], strict=True) if c != before]
        others = {c for j, q in enumerate(points) if j != k for c in q}
        junctions = [i for i, c in enumerate(own) if c in others or own.count(c) > 1]
        for at in (0, len(own) - 1):
            if at in junctions:
                continue
            spur = min(
                (LineString(own[min(at, i) : max(at, i) + 1]).length for i in junctions),
                default=np.inf,
            )
            gap = min(
                (lines[j].distance(shapely.Point(own[at])) for j in range(len(lines)) if j != k),
                default=np.inf,
            )
            kind = "overshoot" if spur <= tolerance else "undershoot" if gap <= tolerance else ""
            plain.append((k, own[at], kind or "dangling", round(spur, 9)))
    ours = [
        (k, (g.x, g.y), kind, round(spur, 9))
        for k, g, kind, spur in zip(
            ends["line"], ends.geometry, ends["kind"], ends["spur_m"], strict=True
        )
    ]
    assert sorted(ours) == sorted(plain)
    assert (ends["gap_m"].notna() == (ends["kind"] == "undershoot")).all()


def test_real_ends(shared) -> None:
    lines, _ = cycleways.built(gpd.read_file(shared / "data/omggs/cycle_routes.geojson"))
    kinds = cycleways.line_ends(lines.to_crs(CRS))["kind"].value_counts()
    assert kinds.to_dict() == {"dangling": 1254, "undershoot": 27, "overshoot": 13}


@pytest.mark.parametrize(
    ("tags", "state"),
    [
        ('"proposed:cycleway"=>"track"', "planned"),
        ('"Planned:cycleway:right"=>"lane"', "planned"),
        ('"cycleway:right"=>"proposed"', "planned"),
        ('"cycleway"=>"construction"', "planned"),
        ('"disused:cycleway"=>"track"', "gone"),
        ('"cycleway:left"=>"track","proposed:cycleway:right"=>"track"', "built"),
        ('"cycleway:left"=>"lane"', "built"),
        ('"surface"=>"asphalt"', "built"),  # a row of a layer of routes that says no more
    ],
)
@pytest.mark.parametrize("highway", ["residential", "secondary_link"])
def test_a_route_along_a_street_is_what_its_cycleway_tags_say(
    tags: str, state: str, highway: str
) -> None:
    """The street stands; whether the cycleway does is another question."""
    lines = gpd.GeoDataFrame(
        {"highway": [highway], "other_tags": [tags]},
        geometry=[shapely.LineString([(0, 0), (100, 0)])],
        crs="EPSG:2180",
    )
    split = cycleways.by_state(lines)
    counts = {"built": len(split.built), "planned": len(split.planned)}
    assert counts == {"built": int(state == "built"), "planned": int(state == "planned")}
