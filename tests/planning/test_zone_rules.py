"""What a zone must say by its type: each rule, its edge, and what leaves it unknown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.planning import zone_rules as rules
from metrogis.planning.validity import find_faults
from metrogis.planning.zones import ZONE_TYPES
from metrogis.sources.app_gml import read_app

FOUR = {"max_intensity", "max_built_share", "max_height", "min_bio_share"}
BIO = {"min_bio_share"}
NEEDED = (
    dict.fromkeys(("SW", "SJ", "SZ", "SU", "SH", "SP", "SR"), FOUR)
    | dict.fromkeys(("SI", "SN", "SC"), BIO)
    | dict.fromkeys(("SG", "SO", "SK"), frozenset())
)


@pytest.fixture
def codes(gml, tmp_path):
    def codes_(*features: str) -> list[tuple[str, str, str]]:
        path = tmp_path / "p.gml"
        path.write_text(gml.document(*features))
        found = find_faults(read_app(path))
        return list(zip(found["code"], found["label"], found["detail"], strict=True))

    return codes_


@pytest.mark.parametrize("symbol", sorted(ZONE_TYPES))
def test_each_type_demands_its_values_and_no_others(symbol) -> None:
    zones = pd.DataFrame({"label": [f"1{symbol}"], "symbol": [symbol]})
    for column in FOUR:
        zones[f"{column}_text"] = None
    assert {c for _, c in rules.missing_values(zones)} == NEEDED[symbol]
    for column in FOUR:
        assert {c for _, c in rules.missing_values(zones.assign(**{f"{column}_text": "0"}))} == (
            NEEDED[symbol] - {column}
        )


def test_no_value_is_missing_of_a_zone_whose_type_is_not_certain(gml, codes) -> None:
    box = gml.square(0, 0, 10, 10)
    assert codes(gml.act(box), gml.zone(box, "1SO", symbol="SU", values="", profile="L")) == [
        ("label_mismatch", "1SO", "1SO / SU")
    ]
    # a text that is no number is one fault, not two
    odd = gml.mandatory("SN").replace("50", "half")
    assert [c for c, *_ in codes(gml.act(box), gml.zone(box, "1SN", values=odd))] == ["bad_value"]


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (["1SU", "2SU", "3SU"], []),
        (["1SU", "3SU"], [("numbering_gap", "3SU", "SU: 2")]),
        (["2SU", "7SU"], [("numbering_gap", "7SU", "SU: 1, 3-6")]),
        (["1SU", "1SO", "2SO"], []),
    ],
)
def test_numbers_run_from_one_without_a_gap(gml, codes, labels, found) -> None:
    n = len(labels)
    zones = [gml.zone(gml.square(10 * k, 0, 10, 10), label) for k, label in enumerate(labels)]
    assert codes(gml.act(gml.square(0, 0, 10 * n, 10)), *zones) == found


def test_a_number_may_be_that_of_a_label_that_is_wrong(gml, codes) -> None:
    box = gml.square
    act = gml.act(box(0, 0, 30, 10))
    wrong = gml.zone(box(20, 0, 10, 10), "XSU", symbol="SU")
    two = gml.zone(box(0, 0, 10, 10), "1SU"), gml.zone(box(10, 0, 10, 10), "3SU")
    assert [c for c, *_ in codes(act, *two, wrong)] == ["label_mismatch", "numbering_unknown"]
    far = gml.zone(box(0, 0, 10, 10), "1SU"), gml.zone(box(10, 0, 10, 10), "4SU")
    assert [c for c, *_ in codes(act, *far, wrong)] == ["label_mismatch", "numbering_gap"]


def test_a_number_is_unique_however_it_is_written(gml, codes) -> None:
    box = gml.square
    zones = gml.zone(box(0, 0, 10, 10), "1SU"), gml.zone(box(10, 0, 10, 10), "01SU")
    found = codes(gml.act(box(0, 0, 20, 10)), *zones)
    assert [(c, label) for c, label, _ in found] == [("duplicate_label", "01SU")]


def test_zones_without_an_act_have_no_numbering(gml, codes) -> None:
    found = codes(gml.zone(gml.square(0, 0, 10, 10), "7SU"))
    assert [c for c, *_ in found] == ["no_act"]


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(1, 12), min_size=1))
def test_missing_numbers_are_those_of_brute_force(numbers) -> None:
    labels = [f"{n}SO" for n in numbers]
    found = rules.numbering(labels, ["SO"] * len(labels), range(len(labels)))
    expected = sorted(set(range(1, max(numbers) + 1)) - numbers)
    said = []
    for part in found[0].missing.split(", ") if found else []:
        first, _, last = part.partition("-")
        said += range(int(first), int(last or first) + 1)
    assert said == expected


def test_a_zone_is_one_continuous_area() -> None:
    box = shapely.box
    shapes = np.array(
        [
            box(0, 0, 1, 1),
            shapely.MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)]),
            shapely.MultiPolygon([box(0, 0, 1, 1), box(1, 0, 2, 1)]),  # share a side: one area
            shapely.MultiPolygon([box(0, 0, 1, 1), box(1, 1, 2, 2)]),  # touch in a point: two
            shapely.MultiPolygon([box(0, 0, 1, 1), box(5, 0, 5.01, 0.01)]),  # rounding
            None,
        ],
        dtype=object,
    )
    assert list(rules.several_parts(shapes, 0.001)) == [(1, 2), (3, 2)]


def test_a_zone_of_two_parts_is_a_fault(gml, codes) -> None:
    two = shapely.MultiPolygon([gml.square(0, 0, 10, 10), gml.square(20, 0, 10, 10)])
    found = codes(
        gml.act(gml.square(0, 0, 30, 10)),
        gml.zone(two, "1SO"),
        gml.zone(gml.square(10, 0, 10, 10), "1SK"),
    )
    assert found == [("several_parts", "1SO", "2")]


@pytest.mark.parametrize(
    ("began", "lacking"),
    [("2024-12-17", []), ("2024-12-18", ["ZD"]), (None, [])],
)
def test_allotments_joined_the_basic_profile_on_a_day(began, lacking) -> None:
    zones = pd.DataFrame({"label": ["1SI"], "symbol": ["SI"], "profile_basic": ["K;I"]})
    zones = zones.assign(version_from=began, profile_additional="ZD")
    assert [c for _, c in rules.missing_profiles(zones)] == ([lacking] if lacking else [])
    assert [c for _, c in rules.odd_profiles(zones)] == ([lacking] if lacking else [])
