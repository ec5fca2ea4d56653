"""All answers of one municipality: ranks, medians, like ones, places, words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from metrogis.checks import registry
from metrogis.checks.contract import Column, Listing, Reading, Sentence
from metrogis.checks.contract.reading import rounded_up
from metrogis.errors import ParameterError
from metrogis.i18n import LANGUAGES, Text, both
from metrogis.municipality import Portraits, full_names, groups_of
from metrogis.municipality.answers import lying_in, rank_of
from metrogis.municipality.groups import FEWEST, SIZES


@pytest.fixture
def result(synthetic: Any) -> Any:
    made = synthetic.result()
    reading = Reading(
        headlines={"white_share": "down"},
        sentences=(
            Sentence(
                Text("{white_share:%0} białych", "{white_share:%0} white"),
                where="white_share",
                zero=both("none white"),
            ),
        ),
        known="known_share",
        listings=(Listing("stops", both("Stops"), ("name", "departures"), by="departures"),),
    )
    return replace(made, check=replace(made.check, reading=reading))


# --------------------------------------------------------------------------- ranks and groups


@given(
    st.lists(st.one_of(st.just(float("nan")), st.integers(-3, 3).map(float)), max_size=12),
    st.sampled_from(["up", "down", ""]),
)
def test_a_rank_counts_those_that_are_better(values: list[float], good: str):
    numbers = np.array(values, dtype=float)
    ranks = rank_of(numbers, good)
    for value, rank in zip(numbers, ranks, strict=True):
        if np.isnan(value):
            assert rank == 0
        else:
            better = numbers < value if good == "down" else numbers > value
            assert rank == 1 + better.sum()


@pytest.mark.parametrize("top", SIZES)
def test_the_size_that_ends_a_class_belongs_to_the_next(top: int):
    codes = ["2204032"] * (2 * FEWEST)
    people = np.array([top - 1.0] * FEWEST + [float(top)] * FEWEST)
    made = groups_of(codes, people)
    assert made[0].members == tuple(range(FEWEST))
    assert made[-1].members == tuple(range(FEWEST, 2 * FEWEST))


def test_a_small_group_widens_to_its_kind_and_people_unknown_too():
    codes = ["2204032"] * 4
    made = groups_of(codes, np.array([5e3, 5e3, 5e4, np.nan]))
    assert {group.members for group in made} == {(0, 1, 2, 3)}
    assert made[0].label.en == "rural municipalities"


def test_groups_of_the_catalog_replace_kind_and_size():
    codes = ["2204032", "2261011", "2204011"]
    named = {"2204032": Text("rdzeń", "core"), "2261011": Text("rdzeń", "core")}
    made = groups_of(codes, np.array([5e3, 5e5, 5e3]), named)
    assert made[0].members == made[1].members == (0, 1)
    assert made[0].label.pl == "rdzeń"
    assert made[2].members == (2,)


def test_a_city_with_county_rights_is_no_other_town():
    made = groups_of(["2260011", "2261011"], np.array([2e5, 2e5]))
    assert [group.label.en.split(",")[0] for group in made] == [
        "urban municipalities",
        "cities with county rights",
    ]


def test_a_municipality_stands_in_one_group_of_a_catalog():
    from metrogis.catalog.models import MetroInfo

    groups = [{"name": "a", "municipalities": ["2204032"]}] * 2
    with pytest.raises(ValueError, match="2204032"):
        MetroInfo(id="m", name="M", groups=groups)
    made = MetroInfo(id="m", name="M", groups=groups[:1])
    assert made.group_of["2204032"].en == "a"


def test_names_that_repeat_say_the_kind_in_both_languages():
    made = full_names(
        ["2204011", "2204032", "2204052", "2204063"], ["Puck", "Puck", "Luzino", "Reda {n:0}"]
    )
    assert [name.pl for name in made] == [
        "Puck (miasto)",
        "Puck (gmina wiejska)",
        "Luzino",
        "Reda {n:0}",
    ]
    same = full_names(["2204032", "2204042"], ["Puck", "Puck"])
    assert [name.en for name in same] == ["Puck (2204032)", "Puck (2204042)"]


# --------------------------------------------------------------------------- sentences


COLUMNS = {
    "share": Column(both("s"), "share"),
    "gone": Column(both("g"), "share", of_knowledge=True),
}


@pytest.mark.parametrize(
    ("share", "gone", "said"),
    [
        (0.3, 0.0, ["30% white"]),
        (0.0, 0.0, ["none"]),
        (0.0, 0.001, ["Where it is known: none", "1% gone"]),
        (0.0, 0.5, ["Where it is known: none", "50% gone"]),
        (0.0, 0.51, ["51% gone"]),
        (0.3, 0.51, ["51% gone", "30% white"]),
        (None, 1.0, ["100% gone"]),
        (0.3, None, ["Data are incomplete here: the answer is unknown.", "30% white"]),
    ],
)
def test_a_zero_is_said_of_what_is_known_and_the_unknown_first_where_it_is_most(
    share: Any, gone: Any, said: list[str]
):
    reading = Reading(
        sentences=(Sentence(Text("-", "{share:%0} white"), where="share", zero=Text("-", "none")),),
        unknown=Sentence(Text("-", "{gone:%0} gone"), where="gone"),
    )
    told = reading.answer({"share": share, "gone": gone}, COLUMNS)
    assert [text.en for text in told] == said


@given(st.floats(0, 1))
def test_an_unknown_share_is_rounded_so_that_only_nothing_is_nothing(share: float):
    shown = rounded_up(share)
    assert (shown == 0) == (share == 0)
    assert (shown == 1) == (share == 1)
    assert abs(shown - share) <= 0.0100001


# --------------------------------------------------------------------------- portraits


def test_a_portrait_has_an_answer_of_every_check_with_rank_and_medians(result: Any):
    portraits = Portraits([result])
    seventh = portraits.of("2200007")
    measure = seventh["test_check"].measures[0]
    table = result.municipalities
    known = np.array([result.check.reading.known_share(row, result.check.columns["municipalities"])
                      for row in table.to_dict("records")])  # fmt: skip
    values = np.where(known >= 0.5, table["white_share"].to_numpy(), np.nan)
    assert 0 < (known < 0.5).sum() < len(known)
    assert measure.value == values[7] == 0.03
    assert measure.rank == 1 + np.nansum(values < 0.03)
    assert measure.of == np.isfinite(values).sum()
    assert measure.median == np.nanmedian(values)
    assert seventh["test_check"].sentences[0].en == "3% white"
    sixth = portraits.of("2200006")["test_check"]
    assert (sixth.measures[0].rank, sixth.measures[0].shown(sixth.measures[0].value, "en")) == (
        0,
        "no data",
    )
    assert seventh.table().loc[0, "rank"] == measure.rank
    assert "3% white" in repr(seventh)
    assert "<img" not in portraits.of("2200000")._repr_html_()


def test_an_unknown_code_names_those_there_are(result: Any):
    with pytest.raises(ParameterError, match="9999999") as caught:
        Portraits([result]).of("9999999")
    assert "2200000" in str(caught.value)


def test_what_is_known_of_layers_is_measured_or_taken(result: Any):
    measured = Portraits([result]).of("2200009")["test_check"].known
    assert measured == {"cells": pytest.approx(0.0)}
    given_ = {"test_check": {"cells": np.array([1.0] * 9 + [0.25] * 3)}}
    assert Portraits([result], known=given_).of("2200009")["test_check"].known == {"cells": 0.25}


def test_places_lie_on_their_land_in_order_and_a_touch_is_not_enough(result: Any):
    land = result.municipalities.geometry.iloc[0]
    right = land.bounds[2]
    stops = result.features["stops"].iloc[:4].copy()
    stops["departures"] = [5.0, np.nan, 9.0, 7.0]
    inside = land.centroid
    border = shapely.Point(right, inside.y)
    beyond = shapely.box(right, land.bounds[1], right + 10, land.bounds[3])
    across = shapely.LineString([(right - 50, inside.y), (right + 50, inside.y)])
    stops.geometry = [inside, inside, across, beyond]
    made = replace(result, features={**result.features, "stops": stops})
    found = lying_in(made, made.check.reading.listings[0])
    assert found[0] == [2, 0, 1]  # by departures, unknown last; what only touches is next door
    assert found[1] == [2, 3]
    assert shapely.distance(border, land) == 0


def test_places_of_codes_go_by_codes_whatever_their_place(result: Any):
    listing = Listing("stops", both("a"), ("name",), of=("one", "two"))
    stops = result.features["stops"].assign(one="2200003", two=["2200003", "2200004"] + [None] * 7)
    made = replace(result, features={**result.features, "stops": stops})
    found = lying_in(made, listing)
    assert found == {3: list(range(9)), 4: [1]}


# --------------------------------------------------------------------------- what checks declare


@pytest.mark.parametrize("check", registry.CHECKS, ids=lambda check: check.id)
def test_what_a_check_declares_of_its_reading_exists(check: Any):
    columns = check.columns["municipalities"]
    reading = check.reading
    assert check.headlines
    assert check.headlines[0] == next(iter(reading.headlines))
    assert reading.sentences
    sentences = [*reading.sentences, *([reading.unknown] if reading.unknown else [])]
    for sentence in sentences:
        assert {*sentence.text.open_fields()} <= {*columns}
        assert sentence.where in {"", *columns}
    assert reading.known in {"", *columns}
    for listing in reading.listings:
        table = check.columns[listing.table]
        assert 1 <= len(listing.columns) <= 7
        assert {*listing.columns, *listing.of, *listing.where} <= {*table}
        assert listing.by in {"", *table}
    for chart in reading.charts:
        table = check.columns[chart.table]
        named = {chart.column, chart.after, chart.split, chart.weight, chart.name, chart.cost}
        assert named <= {"", *table}
        if not chart.split:
            assert {part.key for part in chart.parts} <= {*table}


@pytest.mark.parametrize("check", registry.CHECKS, ids=lambda check: check.id)
def test_an_answer_reads_in_every_language_with_any_number(check: Any):
    columns = check.columns["municipalities"]
    for value in (0, 1, 2, 5, 12, 22, 103):
        row = {
            name: ("x" if c.kind in ("text", "category") else value) for name, c in columns.items()
        }
        for text in check.reading.answer(row, columns):
            for language in LANGUAGES:
                assert "{" not in text.get(language)


def test_a_headline_that_is_no_column_is_refused(synthetic: Any):
    with pytest.raises(KeyError):
        replace(synthetic.CHECK, reading=Reading(headlines={"nothing": "up"}))


@pytest.mark.parametrize(
    ("unknown", "rank", "written"),
    [
        (0.0, 1, "0.0%"),
        (0.01, 1, "≥ 0.0%"),
        (0.5, 1, "≥ 0.0%"),
        (0.51, 0, "≥ 0.0%"),
        (1.0, 0, "no data"),
    ],
)
def test_what_is_mostly_unknown_has_no_rank_and_no_part_in_the_median(
    result: Any, unknown: float, rank: int, written: str
):
    """The best number is that of a municipality of which a share is not known."""
    table = result.municipalities.copy()
    share = np.linspace(0.1, 0.5, len(table))
    share[3] = 0.0
    gone = np.zeros(len(table))
    gone[3] = unknown
    table["white_share"], table["gone"] = share, gone
    columns = dict(result.check.columns["municipalities"])
    columns["white_share"] = replace(columns["white_share"], bound="low", good="down")
    columns["gone"] = Column(both("gone"), "share", of_knowledge=True)
    reading = replace(
        result.check.reading, known="", unknown=Sentence(both("{gone:%0}"), where="gone")
    )
    check = replace(
        result.check, columns={**result.check.columns, "municipalities": columns}, reading=reading
    )
    portraits = Portraits([replace(result, municipalities=table, check=check)])
    measure = portraits.of(str(table["teryt"].iloc[3]))["test_check"].measures[0]
    assert measure.rank == rank
    assert measure.written("en") == written
    others = np.delete(share, 3)
    assert measure.median == np.median(share if rank else others)
    assert measure.of == len(share) - (rank == 0)
