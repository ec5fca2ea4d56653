"""One table of direction and access: the network, the stress and the lengths say the same.

What is expected is worked out here a second time, plainly, tag by tag.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metrogis.streets import cycleways, from_lines
from metrogis.streets.permissions import DROPPED, Rules, decide
from metrogis.streets.stress import level_of_traffic_stress, stress

OPEN = {"yes", "designated", "permissive"}
SHUT = {"no", "private", "use_sidepath", "dismount"}
HEADINGS = ("forward", "backward")
PLAIN = {"residential", "tertiary", "primary", "service", "path", "cycleway", "track",
         "living_street", "busway"}  # fmt: skip
BY_TAG = {"footway", "pedestrian", "bridleway"}
LANES = {"lane", "track", "shared_lane"}


def own_value(tags: dict[str, str], key: str, heading: str) -> str:
    for ending in (f":{heading}", ":both", ""):
        if key + ending in tags:
            return tags[key + ending]
    return ""


def expected(tags: dict[str, str]) -> tuple[bool, bool]:
    """Say where a bicycle may be ridden, by the words of the rules."""
    highway = tags.get("highway")
    oneway = {"1": "yes", "true": "yes", "Yes": "yes", "reverse": "-1", "0": "no"}.get(
        tags.get("oneway", ""), tags.get("oneway", "")
    )
    if oneway == "" and tags.get("junction") in ("roundabout", "circular"):
        oneway = "yes"
    out = []
    for heading in HEADINGS:
        # access: the bicycle's own word, then that of vehicles, then that of everybody
        bicycle = own_value(tags, "bicycle", heading)
        wider = own_value(tags, "vehicle", heading) or own_value(tags, "access", heading)
        word = bicycle or wider
        welcome = bicycle in OPEN
        if (
            highway in ("motorway", "steps", "construction", "proposed", "razed", None)
            or word in SHUT
        ):
            allowed = False
        elif highway == "trunk" and not welcome:
            sides = {v for k, v in tags.items() if k.startswith("cycleway") and "one" not in k}
            allowed = bool(sides - {"no", "separate"}) and tags.get("motorroad") != "yes"
        elif tags.get("motorroad") == "yes" and not welcome:
            allowed = False
        else:
            allowed = highway in PLAIN or highway == "trunk" or welcome
        # direction: the rule of the street, what frees bicycles, what runs against it
        ways = {"yes": {"forward"}, "-1": {"backward"}}.get(oneway, set(HEADINGS))
        freed = tags.get("oneway:bicycle", "")
        if freed == "no":
            ways = set(HEADINGS)
        elif freed == "-1":
            ways = {"backward"}
        elif freed == "yes":
            ways = {"forward"} if len(ways) == 2 else ways
        else:
            ways = set(ways)
            for side in ("left", "right"):
                kind = tags.get(f"cycleway:{side}", tags.get("cycleway:both", tags.get("cycleway")))
                runs = tags.get(
                    f"cycleway:{side}:oneway",
                    tags.get("cycleway:both:oneway", tags.get("cycleway:oneway")),
                )
                if (kind or "").startswith("opposite") or (kind in LANES and runs == "no"):
                    ways = set(HEADINGS)
                elif kind in LANES and runs in ("-1", "yes"):
                    ways.add("backward" if runs == "-1" else "forward")
        headed = tags.get(f"bicycle:{heading}", tags.get("bicycle:both", ""))
        out.append(allowed and (heading in ways or headed in OPEN))
    return out[0], out[1]


TAGS: dict[str, list[str]] = {
    "oneway": ["yes", "no", "-1", "1", "true", "Yes", "reverse", "0"],
    "junction": ["roundabout", "circular", "yes"],
    "oneway:bicycle": ["yes", "no", "-1"],
    "bicycle": ["yes", "no", "designated", "dismount", "use_sidepath", "private"],
    "bicycle:forward": ["yes", "no", "use_sidepath", "dismount", "designated"],
    "bicycle:backward": ["yes", "no", "use_sidepath", "dismount", "permissive"],
    "bicycle:both": ["yes", "no", "use_sidepath"],
    "vehicle": ["no", "yes", "private"],
    "vehicle:forward": ["no", "yes"],
    "vehicle:backward": ["no", "yes"],
    "access": ["no", "yes", "private"],
    "access:backward": ["no"],
    "motorroad": ["yes", "no"],
    "cycleway": ["lane", "track", "no", "opposite_lane", "opposite"],
    "cycleway:left": ["lane", "track", "no", "separate", "opposite_track"],
    "cycleway:right": ["lane", "track", "no", "separate", "shared_lane"],
    "cycleway:both": ["lane", "track", "no"],
    "cycleway:left:oneway": ["no", "-1", "yes"],
    "cycleway:right:oneway": ["no", "-1", "yes"],
    "cycleway:both:oneway": ["no", "-1"],
    "cycleway:oneway": ["no"],
}
HIGHWAYS = [*sorted(PLAIN), *sorted(BY_TAG), "trunk", "motorway", "steps", "construction"]
TAG_SETS = st.fixed_dictionaries(
    {"highway": st.sampled_from(HIGHWAYS)},
    optional={key: st.sampled_from(words) for key, words in TAGS.items()},
)


def network_says(tags: dict[str, str]) -> tuple[bool, bool]:
    """Return the directions of the arcs that a line with these tags becomes."""
    # a second line, so that there is a network without the first one, too
    frame = gpd.GeoDataFrame(
        [tags, {"highway": "residential"}],
        geometry=[shapely.LineString([(0, 0), (9, 0)]), shapely.LineString([(50, 0), (59, 0)])],
        crs="EPSG:2180",
    )
    net = from_lines(frame, mode="bike")
    way = net.edge_way[net.arc_edge]
    mine = net.ways["highway"].astype(object).to_numpy()
    first = 0 if net.n_edges == 2 else -1
    assert len(mine) == net.n_edges
    along = net.arc_forward[way == first]
    return bool(along.any()), bool((~along).any())


def one_side_only(tags: dict[str, str]) -> bool:
    sides = [
        tags.get(f"cycleway:{s}", tags.get("cycleway:both", tags.get("cycleway", "")))
        for s in ("left", "right")
    ]
    if any(kind.startswith("opposite") for kind in sides):
        return False
    ringed = "oneway" not in tags and tags.get("junction") in ("roundabout", "circular")
    two_way = tags.get("oneway", "no") in ("no", "0") and not ringed
    off_road = tags["highway"] in {"path", "cycleway", "track", "steps", *BY_TAG}
    return two_way and not off_road and (sides[0] in LANES) != (sides[1] in LANES)


@settings(max_examples=120, deadline=None)
@given(TAG_SETS)
@example({"highway": "residential", "access": "no", "bicycle": "yes"})
@example({"highway": "primary", "motorroad": "yes", "oneway": "Yes"})
@example({"highway": "tertiary", "junction": "roundabout", "bicycle:backward": "yes"})
@example({"highway": "footway", "bicycle:forward": "designated"})
@example({"highway": "secondary", "oneway": "yes", "bicycle": "no", "bicycle:backward": "yes"})
def test_network_stress_and_length_agree(tags: dict[str, str]) -> None:
    if tags["highway"] == "secondary":
        tags = {**tags, "highway": "tertiary"}
    want = expected(tags)
    assert decide(tags, "bike")[:2] == want
    assert network_says(tags) == want
    for rules in ("bike_ottawa", "r5"):
        table = stress(pd.DataFrame([tags]), rules=rules)
        rated = tuple(table[f"{h}_state"][0] != "forbidden" for h in HEADINGS)
        assert rated == want
        single = [level_of_traffic_stress(tags, rules, direction=h).level != 0 for h in HEADINGS]
        assert tuple(single) == want
    frame = gpd.GeoDataFrame([tags], geometry=[shapely.LineString([(0, 0), (9, 0)])], crs=2180)
    count = int(cycleways.directions(frame)[0][0])
    assert (count <= sum(want)) if one_side_only(tags) else (count == sum(want))


@settings(max_examples=25, deadline=None)
@given(st.lists(TAG_SETS, min_size=1, max_size=8), st.booleans())
@example([{"highway": "path", "bicycle": "no"}, {"highway": "cycleway"}], False)
@example([{"highway": "footway"}, {"highway": "steps", "bicycle": "designated"}], True)
def test_what_no_direction_is_open_on_is_no_built_length(
    sets: list[dict[str, str]], told: bool
) -> None:
    """Of any class: a metre counts as built where, and only where, a bicycle may be ridden."""
    lines = [shapely.LineString([(0, 50 * i), (9, 50 * i)]) for i in range(len(sets))]
    frame = gpd.GeoDataFrame(sets, geometry=lines, crs=2180)
    if told:  # a column of states says that all of it stands; the tags say who may use it
        frame["state"] = "built"
    split = cycleways.by_state(frame)
    counts = cycleways.directions(frame)[0]
    assert set(split.built.index) <= set(np.flatnonzero(counts > 0))
    if told:  # all stands: what is not built length is closed, and is counted so
        assert sorted(split.built.index) == np.flatnonzero(counts > 0).tolist()
        (shut,) = [r.count for r in split.audit if "close" in r.what.en] or [0]
        assert shut == int((counts == 0).sum())
    if len(split.built):
        assert (cycleways.directions(split.built)[0] > 0).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(TAG_SETS, min_size=1, max_size=8))
def test_a_table_of_ways_is_its_rows_one_by_one(sets: list[dict[str, str]]) -> None:
    lines = [shapely.LineString([(0, 50 * i), (9, 50 * i)]) for i in range(len(sets))]
    frame = gpd.GeoDataFrame(sets, geometry=lines, crs=2180)
    each = [cycleways.directions(frame.iloc[[i]])[0][0] for i in range(len(sets))]
    assert cycleways.directions(frame)[0].tolist() == each
    # in one text column just the same
    texts = [",".join(f'"{k}"=>"{v}"' for k, v in own.items()) for own in sets]
    packed = gpd.GeoDataFrame({"other_tags": texts}, geometry=lines, crs=2180)
    assert cycleways.directions(packed)[0].tolist() == each
    apart, whole = stress(pd.DataFrame(sets)), stress(pd.DataFrame({"other_tags": texts}))
    pd.testing.assert_frame_equal(apart, whole)


@pytest.mark.parametrize(
    ("tags", "count"),
    [
        ({"highway": "tertiary", "cycleway:right": "track"}, 1),
        ({"highway": "tertiary", "cycleway:right": "track", "cycleway:right:oneway": "no"}, 2),
        ({"highway": "tertiary", "cycleway:left": "lane", "bicycle:backward": "no"}, 0),
        ({"highway": "residential", "oneway": "yes", "cycleway:left": "lane",
          "cycleway:left:oneway": "-1"}, 2),
        ({"highway": "cycleway", "junction": "roundabout"}, 1),
        ({"highway": "path", "bicycle:forward": "no"}, 1),
        ({"highway": "cycleway", "access": "no"}, 0),
        ({"highway": "trunk", "motorroad": "yes", "cycleway": "lane"}, 0),
        ({"oneway": "TRUE"}, 1),
        ({"bicycle": "no"}, 0),
        ({"name": "A"}, 2),
    ],
)  # fmt: skip
def test_lengths_by_direction(tags: dict[str, str], count: int) -> None:
    frame = gpd.GeoDataFrame([tags], geometry=[shapely.LineString([(0, 0), (9, 0)])], crs=2180)
    found, audit = cycleways.directions(frame)
    assert found.tolist() == [count]
    closed = [r.count for r in audit if "close" in r.what.en]
    assert closed == ([1] if count == 0 else [])


@pytest.mark.parametrize(
    ("tags", "walk", "bike"),
    [
        ({"highway": "residential", "motorroad": "yes"}, "motorroad", "motorroad"),
        ({"highway": "tertiary", "motorroad": "Yes", "bicycle": "yes", "foot": "yes"}, "", ""),
        ({"highway": "tertiary", "motorroad": "yes", "access": "yes"}, "motorroad", "motorroad"),
        ({"highway": "path", "footway": "sidewalk"}, "", "footway"),
        ({"highway": "path", "footway": "sidewalk", "bicycle": "yes"}, "", ""),
        ({"highway": "path", "footway": "crossing"}, "", ""),
    ],
)
def test_roads_for_motor_vehicles_and_sidewalks(tags: Any, walk: str, bike: str) -> None:
    assert (decide(tags, "walk").dropped, decide(tags, "bike").dropped) == (walk, bike)
    assert {walk, bike} <= {"", *DROPPED}


@pytest.mark.parametrize(
    ("tags", "rules"),
    [
        ({"highway": "steps"}, Rules(stairs=True)),
        ({"highway": "service", "access": "private"}, Rules(private=True)),
        ({"highway": "trunk"}, Rules(trunk=True)),
        ({"highway": "residential", "bicycle:forward": "dismount", "oneway": "-1"},
         Rules(dismount=True)),
    ],
)  # fmt: skip
def test_stress_uses_the_choices_of_the_network(tags: dict[str, str], rules: Rules) -> None:
    for choice in (Rules(), rules):
        open_ = decide(tags, "bike", choice)[:2]
        table = stress(pd.DataFrame([tags]), access=choice)
        assert tuple(table[f"{h}_state"][0] != "forbidden" for h in HEADINGS) == open_
    assert all(decide(tags, "bike", rules)[:2])
    assert not all(decide(tags, "bike")[:2])


@settings(max_examples=100, deadline=None)
@given(TAG_SETS, st.integers(0, 3))
def test_spelling_does_not_matter(tags: dict[str, str], how: int) -> None:
    spell = [str.upper, str.title, lambda w: f" {w} ", lambda w: f"{w};{w}"][how]
    written = {key: spell(word) for key, word in tags.items()}
    assert decide(written, "bike") == decide(tags, "bike")
    assert decide(written, "walk") == decide(tags, "walk")
    pd.testing.assert_frame_equal(stress(pd.DataFrame([written])), stress(pd.DataFrame([tags])))
