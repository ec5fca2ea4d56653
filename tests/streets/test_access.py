from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from metrogis.streets import access
from metrogis.streets.permissions import decide

_NUMBER = st.integers(0, 12).map(float)
_POINT = st.tuples(_NUMBER, _NUMBER)
_LINE = st.tuples(_POINT, _POINT).filter(lambda p: p[0] != p[1])
_BOX = st.tuples(_NUMBER, _NUMBER, st.integers(1, 9), st.integers(1, 9)).map(
    lambda b: box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)


def array(shapes: list) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(_POINT, st.integers(0, 3)), min_size=1, max_size=8),
    st.lists(st.tuples(_LINE, st.integers(0, 2)), max_size=8),
    st.sampled_from([0.0, 1.0, 2.5]),
)
def test_nearest_and_reach_equal_plain_search(spots: list, drawn: list, distance: float) -> None:
    points = shapely.points([p for p, _ in spots])
    owner = np.array([k for _, k in spots])
    lines = array([LineString(p) for p, _ in drawn])
    labels = np.array([k for _, k in drawn], dtype=np.int64)
    lengths = np.bincount(labels, weights=shapely.length(lines), minlength=3)
    near = access.nearest_line(points, owner, 4, lines)
    found = access.networks_reached(points, owner, 4, lines, labels, lengths, distance=distance)
    touched = access.touched_networks(points, owner, lines, labels, distance=distance)
    for place in range(4):
        own = points[owner == place]
        apart = np.array([[p.distance(s) for s in lines] for p in own])
        apart = apart.reshape(len(own), len(lines))
        reached = {labels[j] for j in np.flatnonzero((apart <= distance).any(axis=0))}
        assert set(touched[touched[:, 0] == place, 1]) == reached
        assert found.length[place] == max((lengths[k] for k in reached), default=0)
        assert (found.label[place] == -1) == (not reached)
        if apart.size == 0:
            assert np.isnan(near.distance[place])
            assert near.line[place] == -1
        else:
            assert near.distance[place] == apart.min()
            i, j = near.point[place], near.line[place]
            assert owner[i] == place
            assert points[i].distance(lines[j]) == apart.min()


@settings(max_examples=80, deadline=None)
@given(st.lists(_BOX, min_size=1, max_size=6), st.lists(_BOX, min_size=1, max_size=6))
def test_shares_equal_plain_intersection(zones: list, cells: list) -> None:
    i, j, share = access.shares(array(zones), array(cells))
    ours = np.zeros((len(zones), len(cells)))
    ours[i, j] = share
    plain = [[z.intersection(c).area / c.area for c in cells] for z in zones]
    np.testing.assert_allclose(ours, plain, atol=1e-12)
    people = np.arange(len(cells)) + 1.0
    total = access.people_in(array(zones), array(cells), people)
    np.testing.assert_allclose(np.nan_to_num(total), plain @ people, atol=1e-9)
    assert (np.isnan(total) == (np.array(plain).sum(axis=1) == 0)).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(_LINE, min_size=1, max_size=8))
def test_length_by_zone_keeps_the_whole(drawn: list) -> None:
    lines = array([LineString(p) for p in drawn])
    halves = array([box(-1, -1, 6, 20), box(6, -1, 20, 20)])  # some lines run on the border
    found = access.length_in(lines, halves)
    assert found.sum() == pytest.approx(shapely.length(lines).sum())
    clear = ~(shapely.length(shapely.intersection(lines, LineString([(6, -9), (6, 30)]))) > 0)
    plain = shapely.length(shapely.intersection(lines[clear], halves[0])).sum()
    on_border = shapely.length(lines[~clear]).sum()
    assert found[0] == pytest.approx(plain + on_border / 2)


def test_around_joins_discs_of_one_place() -> None:
    points = shapely.points([(0, 0), (100, 0), (1, 0)])
    discs = access.around(points, np.array([1, 0, 1]), 2, radius=10)
    assert discs[0].area == pytest.approx(np.pi * 100, rel=2e-3)
    assert discs[0].area < discs[1].area < 1.2 * discs[0].area
    assert len(access.around(points[:0], np.zeros(0, dtype=int), 0, radius=5)) == 0


def test_lines_by_group_merges_ends() -> None:
    lines = array([LineString([(0, 0), (1, 0)]), LineString([(9, 9), (8, 8)])])
    more = array([LineString([(1, 0), (1, 5)])])
    merged = access.lines_by_group(np.concatenate([lines, more]), np.array([0, 1, 0]), 2)
    assert [g.geom_type for g in merged] == ["LineString", "LineString"]
    assert merged[0].length == 6


@pytest.mark.parametrize(
    ("mode", "keys"),
    [
        ("bike", ("bicycle", "vehicle", "access")),
        ("walk", ("foot", "access")),
        ("car", ("motorcar", "motor_vehicle", "vehicle", "access")),
    ],
)
@pytest.mark.parametrize("value", ["yes", "no"])
def test_the_key_nearest_to_the_mode_decides_whatever_the_others_say(mode, keys, value) -> None:
    other = {"yes": "no", "no": "yes"}[value]
    for k, key in enumerate(keys):
        # those before it are not tagged, all after it say the opposite
        pairs = [
            ("highway", "residential"),
            (key, value),
            *((later, other) for later in keys[k + 1 :]),
        ]
        for written in (pairs, pairs[::-1]):
            assert decide(dict(written), mode)[:2] == (value == "yes",) * 2, written
