"""Stop places: which posts passengers take for one stop, whatever the feed makes of it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from metrogis.transit.stop_places import base_name, join_posts


def posts(*rows: tuple[float, float, str, str]) -> gpd.GeoDataFrame:
    """Posts as (x, y, name, station)."""
    return gpd.GeoDataFrame(
        {"name": [r[2] for r in rows], "station": [r[3] for r in rows]},
        geometry=[shapely.Point(450_000 + r[0], 740_000 + r[1]) for r in rows],
        crs="EPSG:2180",
    )


def parts(place: np.ndarray, labels: list[str]) -> set[frozenset[str]]:
    found: dict[int, set[str]] = {}
    for p, label in zip(place.tolist(), labels, strict=True):
        found.setdefault(p, set()).add(label)
    return {frozenset(v) for v in found.values()}


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("Reda Dworzec PKP 03", "reda dworzec pkp"),
        ("Reda Dworzec PKP", "reda dworzec pkp"),
        ("Orle Szkoła n/ż", "orle szkoła"),
        ("Orle Szkoła nż", "orle szkoła"),
        ("Orle Szkoła (NŻ) 02", "orle szkoła"),
        ("Orle Szkoła 01 n/ż", "orle szkoła"),
        ("Orle Szkoła [n/ż]", "orle szkoła"),
        ("Plac 3 Maja", "plac 3 maja"),
        ("3 Maja - 12", "3 maja"),
        ("Rondo 1000", "rondo 1000"),  # a year or a street's number is no post number
        ("12", "12"),
        ("Noż", "noż"),  # ends like the mark, but is a name
        ("  ", ""),
        (None, ""),
        ("Hałcnów, nż", "hałcnów"),
        ("Szkoła 1a", "szkoła"),
    ],
)
def test_names_are_compared_without_case_number_and_mark(name, base):
    assert base_name(name) == base


def test_names_are_compared_however_their_letters_are_composed():
    assert base_name("Łódź n/z\u0307 01") == base_name("ŁÓDŹ")


@pytest.mark.parametrize(("apart", "joined"), [(49.999, True), (50.0, True), (50.01, False)])
def test_posts_near_each_other_are_one_place_whatever_their_names(apart, joined):
    place = join_posts(posts((0, 0, "a", "1"), (apart, 0, "b", "2")))
    assert (place[0] == place[1]) == joined


@pytest.mark.parametrize(("apart", "joined"), [(149.999, True), (150.0, True), (150.01, False)])
def test_posts_of_one_name_are_one_place_within_150_m(apart, joined):
    place = join_posts(posts((0, 0, "Rynek 01", "1"), (0, apart, "rynek 02", "2")))
    assert (place[0] == place[1]) == joined
    other = join_posts(posts((0, 0, "Rynek", "1"), (0, apart, "Targ", "2")))
    assert other[0] != other[1]


def test_platforms_of_a_station_are_one_place_however_far():
    place = join_posts(posts((0, 0, "A", "s"), (400, 0, "B", "s"), (430, 0, "C", "c")))
    # the third is 30 m from a platform and 430 m from the other: no two posts over 150 m apart
    assert place[0] == place[1] != place[2]
    near = join_posts(posts((0, 0, "A", "s"), (120, 0, "B", "s"), (140, 0, "C", "c")))
    assert near[0] == near[1] == near[2]


def test_chains_along_a_street_stay_apart():
    rows = [(45.0 * i, 0.0, f"n{i}", f"{i}") for i in range(21)]
    place = join_posts(posts(*rows))
    for own in set(place.tolist()):
        x = [rows[i][0] for i in np.flatnonzero(place == own)]
        assert max(x) - min(x) <= 150
    assert len(set(place.tolist())) >= 6


def test_nearer_pairs_join_first():
    # 20 m join before 40 m; then the last would be 160 m from the first
    place = join_posts(
        posts((0, 0, "a", "1"), (120, 0, "a", "2"), (140, 0, "b", "3"), (160, 0, "a", "4"))
    )
    assert place.tolist() == [0, 1, 1, 1]


def test_nothing_joins_but_stations_when_both_distances_are_0():
    rows = posts((0, 0, "a", "s"), (10, 0, "b", "s"), (20, 0, "a", "t"))
    assert join_posts(rows, place_distance=0, name_distance=0).tolist() == [0, 0, 1]
    assert len(join_posts(rows.iloc[:0])) == 0


coordinates = st.integers(0, 12).map(lambda k: k * 25.0)
rows = st.lists(
    st.tuples(coordinates, coordinates, st.sampled_from(["A", "a 01", "B n/ż", "b", ""])),
    min_size=1,
    max_size=14,
)


@given(rows, st.data())
def test_the_order_of_rows_and_ids_change_nothing(table, data):
    labels = [f"{i}" for i in range(len(table))]
    stations = [str(data.draw(st.integers(0, 9))) if data.draw(st.booleans()) else f"own{i}"
               for i in range(len(table))]  # fmt: skip
    full = [(*row, s) for row, s in zip(table, stations, strict=True)]
    base = join_posts(posts(*full))
    order = data.draw(st.permutations(range(len(table))))
    moved = join_posts(posts(*[(*full[i][:3], f"x{full[i][3]}") for i in order]))
    assert parts(base, labels) == parts(moved, [labels[i] for i in order])


@given(rows)
def test_no_two_posts_of_a_place_are_over_the_span_and_a_copy_changes_nothing(table):
    full = [(*row, f"{i}") for i, row in enumerate(table)]
    place = join_posts(posts(*full))
    xy = np.array([r[:2] for r in table])
    for own in set(place.tolist()):
        at = xy[place == own]
        assert np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)).max() <= 150.001
    # every post listed again by another feed: the same places, each with both
    twice = join_posts(posts(*full, *[(*row, f"again{i}") for i, row in enumerate(table)]))
    assert (twice[: len(table)] == twice[len(table) :]).all()
    labels = [f"{i}" for i in range(len(table))]
    assert parts(twice[: len(table)], labels) == parts(place, labels)
