from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.errors import ParameterError, SchemaError, SourceError
from metrogis.provenance import audit_of
from metrogis.streets.permissions import decide
from metrogis.streets.speeds import parse_speed, speed_limit
from metrogis.streets.stress import default_share, level_of_traffic_stress, node_maximum, stress
from metrogis.streets.stress_rules import Facts, parse_rules, rule_set


def lts(rules="bike_ottawa", direction=None, **tags):
    named = {key.replace("__", ":"): value for key, value in tags.items()}
    return level_of_traffic_stress(named, rules=rules, direction=direction)


@pytest.fixture
def vectors(shared):
    return json.loads((shared / "reference/lts/lts_test_vectors.json").read_text("utf-8"))


def test_every_published_vector(vectors):
    got = [level_of_traffic_stress(v["tags"]) for v in vectors]
    assert got == [(v["lts"], v["rule"]) for v in vectors]
    assert len(got) == 91


def test_both_directions_equal_the_table_on_undirected_tags(vectors):
    sided = (":left", ":right")
    plain = [v for v in vectors if not any(key.endswith(sided) for key in v["tags"])]
    assert len(plain) == 86
    # by direction the table of access decides who may ride, not the published rules of permission
    shut = [decide(v["tags"], "bike").dropped for v in plain]
    other = [v for v, why in zip(plain, shut, strict=True) if bool(why) != (v["lts"] == 0)]
    assert [v["rule"] for v in other] == ["p6", "s2", "s4", "s5", "s6", "m1", "m13", "m14"]
    asked = [level_of_traffic_stress(v["tags"], direction="forward").rule for v in other]
    assert asked == ["m5", *["closed"] * 7]
    plain = [v for v in plain if v not in other]
    table = stress(pd.DataFrame({"tags": [v["tags"] for v in plain]}))
    for direction in ("forward", "backward"):
        assert table[f"{direction}_rule"].tolist() == [v["rule"] for v in plain]
        level = table[f"{direction}_level"].fillna(0).tolist()
        assert level == [v["lts"] for v in plain]
        forbidden = (table[f"{direction}_state"] == "forbidden").tolist()
        assert forbidden == [v["lts"] == 0 for v in plain]


VALUES = {
    "highway": ["residential", "tertiary", "primary", "service", "path", "footway", "steps",
                "motorway", "living_street", "construction", "track", "pedestrian"],
    "maxspeed": ["20", "30", "40", "41", "50", "51", "64", "65", "90", "national", "x", "30 mph"],
    "lanes": ["1", "2", "3", "4", "5", "6", "1;2", "2;x", "two"],
    "cycleway": ["lane", "track", "no", "opposite_lane", "yes", "shared_lane", "opposite_track"],
    "cycleway:right": ["lane", "track", "no", "separate"],
    "parking:lane:both": ["parallel", "no_parking", "marked"],
    "parking": ["yes", "surface"], "service": ["alley", "driveway", "parking_aisle"],
    "footway": ["sidewalk", "crossing"], "bicycle": ["yes", "no"], "access": ["no", "yes"],
    "motor_vehicle": ["no"], "shoulder:access:bicycle": ["yes"],
    "construction": ["path", "cycleway"], "cycleway:width": ["1.5", "2 m"],
    "lts": ["1", "2.0", "5", "high"], "oneway": ["yes", "-1", "no"],
}  # fmt: skip
tag_sets = st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in VALUES.items()})


def by_hand(t):
    """The table of RULES.md once more, as plain conditions."""
    hw = t.get("highway")
    if hw is None and "bicycle" not in t:
        return 0, "p1"
    for key, value, rule in (("bicycle", "no", "p2"), ("access", "no", "p6"),
                             ("highway", "motorway", "p3")):  # fmt: skip
        if t.get(key) == value:
            return 0, rule
    if t.get("footway") == "sidewalk" and hw in ("footway", "path") and t.get("bicycle") != "yes":
        return 0, "p5"
    if hw == "path":
        return 1, "s1"
    if hw == "footway" and t.get("footway") != "crossing":
        return 1, "s2"
    if hw == "construction" and "construction" in t:
        return 1, {"path": "s4", "cycleway": "s6"}[t["construction"]]
    ways = {v for k, v in t.items() if k.startswith("cycleway")}
    if "track" in ways:
        return 1, "s7"
    if "opposite_track" in ways:
        return 1, "s8"
    speed = {"national": 40, "x": 50, "30 mph": 48.3}.get(t.get("maxspeed", ""))
    if speed is None:
        speed = int(t["maxspeed"]) if "maxspeed" in t else 80 if hw == "primary" else 50
    lanes = {"1;2": 3, "2;x": 2, "two": 2}.get(t.get("lanes", "2")) or int(t.get("lanes", "2"))
    home = hw == "residential"
    if ways & {"lane", "opposite_lane", "yes"} or "shoulder:access:bicycle" in t:
        level, rule = 1, ""
        parked = t.get("parking") == "yes" or t.get("parking:lane:both") in ("parallel", "marked")
        steps = [(3, "b2" if parked else "c3", lanes >= 3)]
        if not parked:
            steps.append((2, "c4", t.get("cycleway:width") == "1.5"))
            steps += [(3, "c5", 50 < speed < 65), (4, "c6", speed >= 65), (3, "c7", not home)]
        else:
            steps += [(2, "b6", 40 < speed <= 50), (3, "b7", 50 < speed < 65)]
            steps += [(4, "b8", speed >= 65), (3, "b9", not home)]
        for to, name, holds in steps:
            if holds and level < to:
                level, rule = to, name
        return level, rule or ("b1" if parked else "c1")
    if t.get("motor_vehicle") == "no":
        return 1, "m17"
    for value, level, rule in (("steps", 1, "m1"), ("pedestrian", 1, "m13"),
                               ("footway", 2, "m14")):  # fmt: skip
        if hw == value:
            return level, rule
    if hw == "service" and t.get("service") == "alley":
        return 2, "m2"
    if hw == "track":
        return 2, "m15"
    if hw == "service" and speed <= 50:
        if t.get("service") in ("parking_aisle", "driveway"):
            return 2, "m3" if t["service"] == "parking_aisle" else "m4"
        if speed < 35:
            return 2, "m16"
    if speed <= 40:
        if lanes <= 3:
            return (2, "m5") if home else (3, "m6")
        return (3, "m7") if lanes <= 5 else (4, "m8")
    if speed <= 50:
        if home and lanes <= 2:
            return 2, "m9"
        return (3, "m10") if lanes <= 3 else (4, "m11")
    return 4, "m12"


@settings(max_examples=600)
@given(tag_sets)
def test_bike_ottawa_against_plain_conditions(tags):
    assert level_of_traffic_stress(tags) == by_hand(tags)


@settings(max_examples=60, deadline=None)
@given(st.lists(tag_sets, min_size=1, max_size=6), st.sampled_from(["bike_ottawa", "r5"]))
def test_table_equals_one_by_one(sets, rules):
    wide = stress(pd.DataFrame([{"highway": None, **t} for t in sets]), rules=rules)
    deep = stress(pd.DataFrame({"tags": sets}), rules=rules)
    pd.testing.assert_frame_equal(wide, deep)
    for d in ("forward", "backward"):
        for row, tags in enumerate(sets):
            level, rule = level_of_traffic_stress(tags, rules=rules, direction=d)
            state = {None: "unknown", 0: "forbidden"}.get(level, "rated")
            assert (deep[f"{d}_state"][row], deep[f"{d}_rule"][row]) == (state, rule)
            assert deep[f"{d}_level"].fillna(-1)[row] == (level if state == "rated" else -1)


@pytest.mark.parametrize(
    ("tags", "forward", "backward"),
    [
        ({"cycleway:right": "lane"}, "c7", "m10"),
        ({"cycleway:left": "track"}, "m10", "s7"),
        ({"cycleway:both": "lane"}, "c7", "c7"),
        ({"oneway": "yes"}, "m10", "oneway"),
        ({"oneway": "-1"}, "oneway", "m10"),
        ({"oneway": "yes", "oneway:bicycle": "no"}, "m10", "m10"),
        ({"oneway": "yes", "cycleway": "opposite_lane"}, "m10", "c7"),
        ({"oneway": "yes", "cycleway:left": "opposite_track"}, "m10", "s8"),
        ({"oneway": "yes", "cycleway:left": "lane"}, "c7", "oneway"),
        ({"oneway": "yes", "cycleway:left": "lane", "cycleway:left:oneway": "-1"}, "m10", "c7"),
        ({"oneway": "yes", "cycleway:left": "track", "cycleway:left:oneway": "no"}, "s7", "s7"),
        ({"oneway": "yes", "oneway:bicycle": "no", "cycleway:left": "lane"}, "m10", "c7"),
        ({"oneway": "yes", "cycleway": "lane"}, "c7", "oneway"),
        ({"junction": "roundabout"}, "m10", "oneway"),
        ({"junction": "roundabout", "oneway": "no"}, "m10", "m10"),
        ({"oneway:bicycle": "yes"}, "m10", "oneway"),
        ({"bicycle:backward": "no"}, "m10", "oneway"),
        ({"vehicle:forward": "no", "bicycle:forward": "yes"}, "m10", "m10"),
        ({"cycleway:right": "track", "cycleway:right:oneway": "no"}, "s7", "s7"),
        ({"cycleway:right": "separate", "cycleway:right:oneway": "yes"}, "m10", "m10"),
        ({"maxspeed": "50", "maxspeed:backward": "70"}, "m10", "m12"),
        ({"lanes:forward": "2", "lanes:backward": "2"}, "m11", "m11"),
        ({"bicycle": "no", "oneway": "yes"}, "p2", "p2"),
    ],
)
def test_directions(tags, forward, backward):
    tags = {"highway": "tertiary", **tags}
    assert level_of_traffic_stress(tags, direction="forward").rule == forward
    assert level_of_traffic_stress(tags, direction="backward").rule == backward


def test_left_hand_traffic_mirrors_the_sides():
    tags = {"highway": "tertiary", "cycleway:left": "track"}
    table = stress(pd.DataFrame({"tags": [tags]}), driving_side="left")
    assert table[["forward_rule", "backward_rule"]].values.tolist() == [["s7", "m10"]]


@pytest.mark.parametrize(
    ("tags", "level"),
    [
        ({"highway": "primary", "lts": "2"}, 2),
        ({"highway": "primary", "lts": "3.0"}, 3),
        ({"highway": "service", "lts": "1"}, 1),
        ({"highway": "primary", "lts": "9"}, 4),
        ({"highway": "cycleway"}, 1),
        ({"highway": "primary", "motor_vehicle": "no"}, 1),
        ({"highway": "path", "motorcar": "yes"}, 4),
        ({"highway": "service"}, None),
        ({"highway": "service", "motor_vehicle": "no"}, 1),
        ({"highway": "residential", "maxspeed": "90"}, 1),
        ({"highway": "living_street"}, 1),
        ({"highway": "tertiary"}, 3),
        ({"highway": "tertiary_link", "cycleway": "lane"}, 2),
        ({"highway": "unclassified", "lanes": "3"}, 2),
        ({"highway": "unclassified", "lanes": "4"}, 3),
        ({"highway": "tertiary", "lanes": "2", "maxspeed": "50"}, 3),
        ({"highway": "tertiary", "maxspeed": "25 mph"}, 2),
        ({"highway": "tertiary", "maxspeed": "40"}, 2),
        ({"highway": "tertiary", "maxspeed": "41", "lanes": "2"}, 3),
        ({"highway": "tertiary", "maxspeed": "30", "lanes": "4"}, 3),
        ({"highway": "secondary", "maxspeed": "30", "lanes": "2"}, 4),
        ({"highway": "secondary", "cycleway": "lane"}, 3),
        ({"highway": "secondary", "cycleway": "lane", "maxspeed": "40", "lanes": "2"}, 2),
        ({"highway": "secondary", "cycleway": "lane", "maxspeed": "40", "lanes": "4"}, 3),
        ({"highway": "primary", "cycleway": "lane", "maxspeed": "40"}, 2),
        ({"highway": "primary", "cycleway:right": "lane"}, 4),
        ({"highway": "primary", "cycleway:right": "lane", "oneway": "yes"}, 3),
        ({"highway": "primary", "cycleway:both": "lane"}, 3),
        ({"highway": "motorway"}, 0),
        ({"highway": "primary", "bicycle": "no"}, 0),
        ({"highway": "tertiary", "lanes": "2", "maxspeed": "fast"}, 2),
    ],
)
def test_r5(tags, level):
    assert level_of_traffic_stress(tags, rules="r5").level == level


def test_r5_lanes_by_direction():
    tags = {"highway": "tertiary", "cycleway:right": "lane", "maxspeed": "60"}
    levels = [
        level_of_traffic_stress(tags, "r5", direction=d).level for d in ("forward", "backward")
    ]
    assert levels == [2, 3]


def test_node_rule():
    edges = pd.DataFrame(
        {
            "u": ["a", "b", "c", "d", "b", "x"],
            "v": ["b", "c", "d", "e", "f", "y"],
            "highway": [
                "residential",
                "primary",
                "residential",
                "residential",
                "service",
                "service",
            ],
            "lts": [None, None, None, None, None, None],
        }
    )
    plain = stress(edges, rules="r5", node_rule=False)
    assert plain["forward_level"].fillna(0).tolist() == [1, 4, 1, 1, 0, 0]
    ruled = stress(edges, rules="r5")
    assert ruled["forward_level"].fillna(0).tolist() == [4, 4, 4, 1, 4, 0]
    assert ruled["forward_rule"].tolist() == ["n3+node", "o1", "n3+node", "n3", "n2+node", "n2"]
    assert ruled["forward_state"].tolist()[-2:] == ["rated", "unknown"]
    lit = stress(edges, rules="r5", signals=["b"])
    assert lit["forward_level"].fillna(0).tolist() == [1, 4, 4, 1, 0, 0]
    own = stress(edges.assign(lts=["1", None, None, None, None, None]), rules="r5")
    assert own["forward_level"].fillna(0).tolist() == [1, 4, 4, 1, 4, 0]
    # Bike Ottawa has no such rule, unless asked
    assert stress(edges)["forward_level"].tolist() == [2, 4, 2, 2, 3, 3]
    assert stress(edges, node_rule=True)["forward_level"].tolist() == [4, 4, 4, 2, 4, 3]


def test_a_forbidden_road_still_makes_its_crossings_stressful():
    edges = pd.DataFrame({"u": [1, 2], "v": [2, 3], "highway": ["residential", "primary"],
                          "bicycle": [None, "no"]})  # fmt: skip
    ruled = stress(edges, rules="r5")
    assert ruled["forward_state"].tolist() == ["rated", "forbidden"]
    assert ruled["forward_level"][0] == 4
    assert pd.isna(ruled["forward_level"][1])


def test_node_rule_needs_nodes():
    ways = pd.DataFrame({"highway": ["residential"]})
    with pytest.raises(ParameterError, match="columns u and v"):
        stress(ways, node_rule=True)
    assert any("level of nodes" in row.what.en for row in audit_of(stress(ways, rules="r5")))


LEVELS = st.sampled_from([1, 2, 3, 4, np.nan])
EDGES = st.tuples(st.integers(0, 6), st.integers(0, 6), LEVELS, st.booleans())


@settings(max_examples=60)
@given(st.lists(EDGES, min_size=1, max_size=12))
def test_node_maximum_against_loops(rows):
    u, v, level, own = (np.array(x) for x in zip(*rows, strict=True))
    got, _ = node_maximum(u, v, level, level, explicit=own, signals=[3])
    for i in range(len(rows)):
        want = [level[i]]
        for j in range(len(rows)):
            meet = ({u[i], v[i]} & {u[j], v[j]}) - {3}
            if meet and not own[i]:
                want.append(level[j])
        known = [x for x in want if x == x]
        np.testing.assert_equal(got[i], max(known) if known else np.nan)


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50), (" 50 ", 50), ("50 km/h", 50), ("50kmh", 50), ("20 mph", 32.18688),
        ("20mph", 32.18688), ("10 knots", 18.52), ("PL:urban", 50), ("pl:zone40", 40),
        ("PL:zone:30", 30), ("PL:rural", 90), ("PL:living_street", 20), ("DE:walk", 5),
        ("GB:nsl_single", 96.56064), ("UK:nsl_dual", 112.65408), ("GB:zone20", 32.18688),
        ("walk", 5), ("50;30", 50), ("30;50", 50), ("30|50|none", np.inf), ("none", np.inf),
        ("30; 50 @ (22:00-06:00)", 30), ("50 @ (Mo-Fr 07:00-17:00; Sa 08:00-12:00); 40", 40),
        ("5.5", 5.5), ("national", np.nan), ("signals", np.nan), ("", np.nan), ("-30", np.nan),
        ("0", np.nan), ("XX:urban", np.nan), ("1e3", np.nan), ("30 @ wet", np.nan), (";;", np.nan),
        ("50" * 40, np.nan), ("nan", np.nan),
    ],
)  # fmt: skip
def test_speeds(text, kmh):
    np.testing.assert_allclose(parse_speed(text), kmh)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader_of_speeds(text):
    assert not parse_speed(text) <= 0
    assert speed_limit({"maxspeed": text, "maxspeed:conditional": text}).how != "missing"
    assert level_of_traffic_stress({"highway": "primary", "maxspeed": text, "lanes": text})[0] in (
        3,
        4,
    )


@pytest.mark.parametrize(
    ("tags", "kmh", "how"),
    [
        ({}, np.nan, "missing"),
        ({"source:maxspeed": "sign"}, np.nan, "missing"),
        ({"source:maxspeed": "PL:rural"}, 90, "implicit"),
        ({"maxspeed": "50", "source:maxspeed": "PL:rural"}, 50, "tag"),
        ({"maxspeed": "x", "maxspeed:type": "PL:urban"}, 50, "implicit"),
        ({"maxspeed": "national", "maxspeed:type": "GB:nsl_single"}, np.nan, "national"),
        ({"zone:maxspeed": "30"}, 30, "implicit"),
        ({"zone:maxspeed": "PL:30"}, 30, "implicit"),
        ({"maxspeed:forward": "30", "maxspeed:backward": "70"}, 70, "tag"),
        ({"maxspeed": "50", "maxspeed:conditional": "30 @ (22:00-06:00)"}, 50, "tag"),
        ({"maxspeed:conditional": "30 @ (22:00-06:00); 20 @ snow"}, 30, "conditional"),
        ({"maxspeed": "30 @ (22:00-06:00)"}, 30, "conditional"),
    ],
)
def test_limits_of_ways(tags, kmh, how):
    found = speed_limit(tags)
    np.testing.assert_allclose(found.kmh, kmh)
    assert found.how == how


def test_a_limit_at_times_is_never_below_the_default():
    assert lts(highway="primary", maxspeed__conditional="30 @ (22:00-06:00)").rule == "m12"
    assert lts(highway="residential", maxspeed__conditional="70 @ (22:00-06:00)").rule == "m12"


def test_widths_and_medians_count_only_where_known():
    street = {"highway": "residential", "maxspeed": "30", "lanes": "1"}
    lane = {**street, "cycleway": "lane"}
    assert level_of_traffic_stress({**lane, "cycleway:lane:width": "1,7 m"}) == (2, "c4")
    parked = {**lane, "parking": "yes", "cycleway:width": "1.6"}
    for width, rule in (("2.5", "b3"), ("2.6", "b4"), ("2.8", "b5"), ("2.9", "b1"), ("?", "b1")):
        assert level_of_traffic_stress({**parked, "parking:lane:width": width}).rule == rule
    assert level_of_traffic_stress({**lane, "lanes": "3", "dual_carriageway": "yes"}) == (2, "c2")
    assert level_of_traffic_stress({**lane, "lanes": "4", "dual_carriageway": "yes"}) == (3, "c3")


def test_every_default_used_is_counted_and_none_other():
    ways = pd.DataFrame(
        {
            "highway": [
                "residential",
                "residential",
                "primary",
                "cycleway",
                "tertiary",
                "tertiary",
            ],
            "maxspeed": [None, "30", None, None, "fast", "national"],
            "lanes": [None, "2", None, None, "2", "x"],
        }
    )
    table = stress(ways)
    used = ["lanes+maxspeed", "", "maxspeed", "", "maxspeed", "lanes+maxspeed"]
    assert table["forward_defaults"].tolist() == used
    rows = {row.what.en: (row.count, row.examples) for row in audit_of(table)}
    assert rows["no tag maxspeed: default"] == (2, "")
    assert rows["no tag lanes: default"] == (1, "")
    assert rows["tag maxspeed cannot be read: default"] == (1, "fast")
    assert rows["maxspeed=national: default"] == (1, "national")
    assert rows["tag lanes cannot be read: default"] == (1, "x")
    share = default_share(table, [100, 100, 200, 100, 50, 50])
    assert share.loc["all", "length"] == 1200
    assert share.loc["all", "on_defaults"] == pytest.approx(800 / 1200)
    assert share.loc["level 4", ["share", "on_maxspeed", "on_lanes"]].tolist() == pytest.approx(
        [400 / 1200, 1, 0]
    )
    assert np.isnan(share.loc["unknown", "on_defaults"])
    with pytest.raises(ParameterError):
        default_share(table, [1, 2])


def test_tags_from_every_kind_of_column_and_in_what_order():
    ways = pd.DataFrame(
        {
            "other_tags": ['"maxspeed"=>"30","lanes"=>"6"', None, "broken"],
            "tags": [{"lanes": "2"}, {"maxspeed": 90}, None],
            "highway": ["residential"] * 3,
            "name": ["a", "b", "c"],
        },
        index=[5, 6, 7],
    )
    table = stress(ways, layer="ulice")
    assert table.index.tolist() == [5, 6, 7]
    assert table["forward_rule"].tolist() == ["m5", "m12", "m9"]
    assert any(row.action == "unknown" and row.count == 1 for row in audit_of(table))
    assert len(stress(ways.iloc[:0])) == 0
    with pytest.raises(SchemaError, match="ulice"):
        stress(pd.DataFrame({"name": ["a"]}), layer="ulice")


def test_real_city(shared):
    path = shared / "data/walbrzych/streets_overpass.json"
    read = json.loads(path.read_text(encoding="utf-8"))["elements"]
    tags = [e["tags"] for e in read if e["type"] == "way"]
    table = stress(pd.DataFrame({"tags": tags}))
    got = [level_of_traffic_stress(t, direction="forward") for t in tags]
    assert table["forward_rule"].tolist() == [g.rule for g in got]
    assert table["forward_rule"].value_counts()[["m9", "m10", "m12", "p2"]].tolist() == [
        936, 710, 123, 74
    ]  # fmt: skip
    rows = {row.what.en: row for row in audit_of(table)}
    assert rows["no tag lanes: default"].count == 1310
    assert rows["no tag maxspeed: default"].count == 1210
    assert rows["speed by a named limit (like PL:urban)"].examples == "PL:urban"


def test_rules_of_ones_own(tmp_path):
    table = tmp_path / "own.csv"
    table.write_text(
        "rule,effect,level,when\nx1,set,3,surface=cobblestone|sett\nx2,set,1,always\n", "utf-8"
    )
    ways = pd.DataFrame({"highway": ["path", "path"], "surface": ["sett", None]})
    assert stress(ways, rules=table)["forward_rule"].tolist() == ["x1", "x2"]
    with pytest.raises(SourceError, match="line 2"):
        parse_rules("rule,effect,level,when\nx1,set,3,speeed<40")
    with pytest.raises(SourceError, match="line 2"):
        parse_rules("rule,effect,level,when\nx1,set,7,always")
    with pytest.raises(SourceError):
        rule_set(tmp_path / "none.csv")


def test_bad_arguments():
    with pytest.raises(ParameterError, match="bike_ottawa"):
        lts(rules="ottawa", highway="path")
    with pytest.raises(ParameterError, match="forward"):
        lts(direction="up", highway="path")
    with pytest.raises(ParameterError, match="right"):
        stress(pd.DataFrame({"highway": ["path"]}), driving_side="middle")


def test_every_rule_says_what_it_means_in_both_languages():
    for name in ("bike_ottawa", "r5"):
        rules = rule_set(name)
        assert all(
            r.text.pl and r.text.en and r.text.pl != r.text.en and r.source for r in rules.rules
        )


@pytest.mark.parametrize(
    ("tags", "metres"),
    [
        ({"cycleway:left:width": "2", "cycleway:right:width": "1,5 m"}, 1.5),  # the narrower counts
        ({"cycleway:left:width": "1.4", "cycleway:right:width": "1,5 m"}, 1.4),
        ({"cycleway:width": "3", "cycleway:both:lane:width": "2.25m"}, 2.25),
        ({"cycleway:width": "wide", "cycleway:lane:width": "1"}, 1.0),  # one that says nothing
        ({"cycleway:width": "wide"}, math.nan),
        ({"cycleway:width": "100"}, math.nan),  # no lane is so wide
    ],
)
def test_of_two_widths_the_narrower_counts(tags, metres) -> None:
    assert Facts(tags).number("bike_lane_width") == pytest.approx(metres, nan_ok=True)
    parked = Facts({**tags, "parking:left:width": "2.5", "parking:lane:right:width": "2"})
    assert parked.number("lane_and_parking_width") == pytest.approx(metres + 2, nan_ok=True)
