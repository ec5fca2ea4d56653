"""Verdicts under drawn thresholds: what holds of every answer, and the edges drawn on purpose."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hand_made import result
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.checks.registry import CHECKS, get
from metrogis.errors import ParameterError
from metrogis.monitoring import draws


def firm(given: Any, n: int = 40, **options: Any) -> pd.DataFrame:
    return given.robustness(n, 1, **options).table


def test_a_range_of_one_value_changes_nothing() -> None:
    own = result(cut_off=[100.0, 200.0, 300.0])
    table = firm(own, ranges={"factor": (1.0, 1.0)})
    assert table["verdict_share"].tolist() == [1, 1, 1]
    assert table["rank_share"].tolist() == [1, 1, 1]
    assert table["low"].tolist() == table["high"].tolist() == [100, 200, 300]
    assert table["certain"].tolist() == [True, True, True]


def test_the_same_seed_draws_the_same_and_another_one_does_not() -> None:
    own = result()
    one, two, three = (own.robustness(30, s, ranges={"factor": 0.2}).draws for s in (3, 3, 4))
    assert one.equals(two)
    assert not one.equals(three)
    assert one["factor"].between(0.8, 1.2).all()


@pytest.mark.parametrize(("edge", "share"), [(0.0, 1.0), (0.5, 1.0), (0.75, 0.5), (1.0, 0.0)])
def test_a_verdict_holds_in_the_draws_that_leave_it_in_its_class(edge: float, share: float) -> None:
    """A share of 0.5 is on the edge of a class of the map, and belongs to the upper one."""
    own = result(share=[0.5, 0.1, 0.9])
    steps = np.linspace(edge, 1.0, 5) if edge else np.ones(5)
    table = pd.DataFrame({"factor": steps})
    found = own.robustness(table=table, measure="share").table
    # the factor is of people alone: the shares stay, and so do their classes
    assert found["verdict"].tolist() == [">= 0.5", "0 - 0.5", ">= 0.5"]
    assert found["verdict_share"].tolist() == [1, 1, 1]
    people = result(cut_off=[50.0, 100.0, 150.0])
    drawn = pd.DataFrame({"factor": [1.0] * round(10 * share) + [9.0] * (10 - round(10 * share))})
    found = people.robustness(table=drawn).table
    # in tenfold units all are in the highest third of the present answer
    assert found["verdict_share"].tolist() == pytest.approx([share, share, 1.0])
    assert found["rank_share"].tolist() == [1, 1, 1]


def test_what_is_unknown_is_no_verdict_and_its_ends_are_no_draws() -> None:
    own = result(share=[0.45, 0.1, np.nan], unknown_share=[0.2, 0.0, 1.0])
    table = firm(own, ranges={"factor": (1, 1)}, measure="share")
    assert table["verdict"].tolist()[:2] == ["0 - 0.5", "0 - 0.5"]
    assert table["certain"].tolist()[:2] == [False, True]
    assert table.loc[2, ["verdict", "certain"]].isna().all()
    assert table["low"].tolist()[:2] == pytest.approx([0.45, 0.1])
    assert table["high"].tolist()[:2] == pytest.approx([0.65, 0.1])
    assert table.loc[2, ["verdict_share", "rank_share", "low", "high"]].isna().all()
    assert table["draws"].tolist() == [40, 40, 0]


def test_what_was_drawn_and_what_was_not_is_listed() -> None:
    own = result()
    nothing = own.robustness(5)
    assert [row.count for row in nothing.audit] == [1]  # this check declares no range
    assert not nothing.ranges["drawn"].any()
    found = own.robustness(5, ranges={"factor": (0.5, 2)})
    assert found.ranges.set_index("parameter").loc["factor", ["low", "high"]].tolist() == [0.5, 2]
    assert len(found.audit) == 0
    assert "5 draws" in found.sentence("en")
    assert "5" in found.sentence("pl")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"ranges": {"nothing": 0.1}}, "unknown parameters: nothing"),
        ({"ranges": {"factor": (2, 1)}}, "a lowest and a highest"),
        ({"ranges": {"factor": "wide"}}, "a lowest and a highest"),
        ({"ranges": {"factor": (-2, -1)}}, "no value of the range"),
        ({"ranges": {"factor": float("nan")}}, "a lowest and a highest"),
        ({"ranges": {"year_after": 0.1}}, "only numbers"),
        ({"n": 0}, "number of draws"),
        ({"n": 2.5}, "number of draws"),
        ({"measure": "no_such"}, "no such measure"),
        ({"table": pd.DataFrame({"factor": []})}, "no rows"),
        ({"table": pd.DataFrame({"factor": [-1.0]})}, "factor"),
        ({"table": pd.DataFrame({"factor": [1.0]}), "ranges": {}}, "not both"),
    ],
)
def test_what_cannot_be_drawn_is_one_clear_error(options: dict[str, Any], match: str) -> None:
    with pytest.raises(ParameterError, match=f"(?i){match}"):
        result().robustness(**options)


@settings(max_examples=40)
@given(
    values=st.lists(st.one_of(st.floats(0, 1e6), st.just(np.nan)), min_size=3, max_size=3),
    room=st.floats(0, 0.9),
    seed=st.integers(0, 99),
)
def test_shares_are_shares_and_ends_hold_the_value(values: Any, room: float, seed: int) -> None:
    table = result(cut_off=values).robustness(7, seed, ranges={"factor": room}).table
    for name in ("verdict_share", "rank_share"):
        assert table[name].dropna().between(0, 1).all()
    known = table["value"].notna()
    assert (table["low"] <= table["value"])[known].all()
    assert (table["value"] <= table["high"])[known].all()
    assert table["verdict"].notna().tolist() == known.tolist()


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.id)
def test_every_check_declares_ranges_that_its_rules_allow(check: Any) -> None:
    parameters = check.parameters()
    among = draws.spans(check, parameters, None)
    assert among
    for name, span in among.items():
        assert span.low <= getattr(parameters, name) <= span.high
        if span.whole:
            assert span.high - span.low >= 1
    drawn, _refused = draws.draw(check, parameters.model_dump(), among, 20, 0)
    for row in drawn.to_dict("records"):
        assert draws.allowed(check, parameters.model_dump(), row)


@pytest.mark.parametrize(("value", "low", "high"), [(1, 1, 2), (8, 6, 10), (2, 1, 3)])
def test_whole_numbers_go_one_up_and_one_down_inside_their_bounds(value, low, high) -> None:
    check = get("white_spots")
    span = draws.spans(check, check.parameters(min_departures=value), {"min_departures": 0.25})
    assert (span["min_departures"].low, span["min_departures"].high) == (low, high)


@pytest.mark.long
def test_white_spots_of_the_demo_by_many_thresholds(demo_s) -> None:
    import metrogis as mg

    found = mg.open_metro(demo_s).check("white_spots").robustness(12, 0)
    table = found.table
    assert table["verdict"].notna().any()
    assert table["verdict_share"].dropna().between(0, 1).all()
    assert (table["low"] <= table["high"])[table["low"].notna()].all()
    assert found.ranges["drawn"].sum() >= 7
