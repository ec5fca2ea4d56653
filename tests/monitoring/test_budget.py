"""What a budget buys best, against all sets tried by hand."""

from __future__ import annotations

import math
from itertools import chain, combinations
from typing import Any

import numpy as np
import pytest
from hand_made import CODES, result
from hypothesis import given, settings
from hypothesis import strategies as st

import metrogis as mg
from metrogis.checks import registry
from metrogis.errors import ParameterError, ScenarioError
from metrogis.monitoring import budget as budgeting

EVERYBODY = 30
"""People of each municipality, numbered; all are cut off at first."""


class Covering:
    """A metropolis in which each candidate serves some people; whom two serve they serve once."""

    def __init__(self, serves: dict[str, set[int]], ids: tuple[str, ...] = (), alone=()) -> None:
        self.serves, self.ids, self.alone = serves, ids, set(alone)

    def parameters_of(self, check_id: str) -> None:
        return None

    def dependent(self, plan: Any) -> tuple[str, ...]:
        return ("by_hand",)

    def with_scenario(self, plan: mg.Scenario) -> Covering:
        if len(plan.ids) == 1 and plan.ids[0] in self.alone:
            raise ScenarioError("calls at a stop that is not there", layer="timetable")
        return Covering(self.serves, plan.ids, self.alone)

    def check(self, check_id: str) -> Any:
        served = set().union(*(self.serves[i] for i in self.ids))
        left = [EVERYBODY - sum(p // EVERYBODY == k for p in served) for k in range(len(CODES))]
        return result(cut_off=[float(n) for n in left])


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    check = result().check
    monkeypatch.setattr(registry, "get", lambda name: check)


def plan(**costs: float) -> mg.Scenario:
    made = mg.Scenario("candidates")
    for name, cost in costs.items():
        made = made.add_stop(name, at=(1, 2), cost=cost)
    return made


def gain_of(serves: dict[str, set[int]], ids: Any) -> int:
    return len(set().union(*(serves[i] for i in ids)))


def sets_within(costs: dict[str, float], budget: float) -> list[tuple[str, ...]]:
    names = list(costs)
    every = chain.from_iterable(combinations(names, k) for k in range(len(names) + 1))
    return [s for s in every if math.fsum(costs[n] for n in s) <= budget * (1 + 1e-9)]


def spend(serves: dict[str, set[int]], costs: dict[str, float], budget: float, **more: Any) -> Any:
    metro = Covering(serves, alone=more.pop("alone", ()))
    return mg.best(metro, plan(**costs), "by_hand.cut_off", budget=budget, **more)


def test_columns_and_sums() -> None:
    serves = {"a": {0, 1, 2, 3}, "b": {2, 3, 4}, "c": {60}}
    table = spend(serves, {"a": 2.0, "b": 2.0, "c": 1.0}, 4.0)
    assert list(table.columns) == ["step", "id", "cost", "gain", "total_cost", "total_gain"]
    # a and b serve 5, a and c 5 as well for less; a gains 2 for each unit, c 1
    assert table.values.tolist() == [[1, "a", 2, 4, 2, 4], [2, "c", 1, 1, 3, 5]]
    assert table.attrs["way"] == "exhaustive"
    assert table.attrs["before"] == 3 * EVERYBODY


@settings(max_examples=60)
@given(
    serves=st.lists(st.sets(st.integers(0, 89), max_size=12), min_size=1, max_size=6),
    costs=st.lists(st.sampled_from([0.5, 1.0, 1.5, 3.0, 7.0]), min_size=6, max_size=6),
    budget=st.sampled_from([0.4, 0.5, 1.0, 3.0, 4.5, 30.0]),
)
@pytest.mark.parametrize("most", [256, 0])
def test_against_all_sets(most: int, serves: Any, costs: Any, budget: float) -> None:
    names = "abcdef"[: len(serves)]
    by_name, price = dict(zip(names, serves, strict=True)), dict(zip(names, costs, strict=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budgeting, "MOST_SETS", most)
        table = spend(by_name, price, budget)
    most_gained = max(gain_of(by_name, s) for s in sets_within(price, budget))
    total = table["total_gain"].iloc[-1] if len(table) else 0.0
    if most and most_gained:
        assert total == most_gained
        assert table.attrs["way"] == "exhaustive"
    assert total >= most_gained * (1 - 1 / math.e) / 2
    # every line says what the set so far gains, by brute force
    for k in range(len(table)):
        assert table["total_gain"].iloc[k] == gain_of(by_name, table["id"].iloc[: k + 1])
    assert table["total_cost"].tolist() == pytest.approx(table["cost"].cumsum().tolist())
    assert (table["total_cost"] <= budget * (1 + 1e-9)).all()
    assert table["gain"].cumsum().tolist() == pytest.approx(table["total_gain"].tolist())


def test_one_large_candidate_wins_over_what_is_greedy(monkeypatch) -> None:
    monkeypatch.setattr(budgeting, "MOST_SETS", 0)
    table = spend({"small": {0}, "large": set(range(1, 40))}, {"small": 0.01, "large": 10.0}, 10.0)
    assert table["id"].tolist() == ["large"]
    assert table.attrs["way"] == "single set"


def test_two_that_help_each_other_are_tried_as_a_pair(monkeypatch) -> None:
    monkeypatch.setattr(budgeting, "MOST_SETS", 0)
    table = spend({"line": {1, 2, 3}, "stop": set()}, {"line": 1.0, "stop": 1.0}, 2.0,
                  alone=("line",))  # fmt: skip
    assert set(table["id"]) == {"line", "stop"}
    assert table["total_gain"].iloc[-1] == 3
    assert table.attrs["way"] == "pairs"
    assert list(table.attrs["unfit"]) == ["line"]


@pytest.mark.parametrize(("budget", "rows"), [(1.0, 1), (0.999, 0), (math.nextafter(1, 0), 1)])
def test_the_last_part_of_a_budget_may_be_spent(budget: float, rows: int) -> None:
    assert len(spend({"a": {1}}, {"a": 1.0}, budget)) == rows


def test_whole_scenarios_are_candidates_by_their_names() -> None:
    serves = {"a": {1}, "b": {2}, "c": {3}}
    two = plan(a=1.0, b=1.0)
    plans = [mg.Scenario("both", two.changes), mg.Scenario("one", plan(c=1.0).changes)]
    table = mg.best(Covering(serves), plans, "by_hand.cut_off", budget=2)
    assert table[["id", "cost", "gain"]].values.tolist() == [["both", 2, 2]]
    with pytest.raises(ScenarioError, match="(?i)two candidates"):
        mg.best(Covering(serves), [plans[0], plans[0]], "by_hand.cut_off", budget=2)


def test_municipalities_that_are_not_known_gain_nothing() -> None:
    class Unknown(Covering):
        def with_scenario(self, plan: mg.Scenario) -> Covering:
            return Unknown(self.serves, plan.ids)

        def check(self, check_id: str) -> Any:
            n = 10.0 if self.ids else 30.0
            return result(cut_off=[n, np.nan, n], unknown_share=[0.0, 1.0, 0.0])

    table = mg.best(Unknown({"a": {1}}), plan(a=1.0), "by_hand.cut_off", budget=1)
    assert table["gain"].tolist() == [40]
    assert table.attrs["unknown"] == 1


@pytest.mark.parametrize(
    ("measure", "options", "match"),
    [
        ("by_hand.share", {}, "no sum over municipalities"),
        ("by_hand.kind", {}, "no sum over municipalities"),
        ("by_hand", {}, "check.column"),
        ("by_hand.nothing", {"good": "up"}, "no such measure"),
        ("by_hand.nothing", {}, "which way is better"),
        ("by_hand.cut_off", {"budget": 0}, "budget"),
        ("by_hand.cut_off", {"budget": float("inf")}, "budget"),
    ],
)
def test_what_cannot_be_asked_is_one_clear_error(measure, options, match) -> None:
    asked = {"budget": 1, **options}
    with pytest.raises(ParameterError, match=f"(?i){match}"):
        mg.best(Covering({"a": {1}}), plan(a=1.0), measure, **asked)


def test_costs_and_candidates_that_are_none() -> None:
    metro = Covering({"a": {1}})
    free = mg.Scenario("x").add_stop("a", at=(1, 2))
    with pytest.raises(ParameterError, match="(?i)cost above 0"):
        mg.best(metro, free, "by_hand.cut_off", budget=1)
    with pytest.raises(ScenarioError, match="(?i)no candidates"):
        mg.best(metro, mg.Scenario("x"), "by_hand.cut_off", budget=1)
    with pytest.raises(ScenarioError, match="(?i)not there"):
        spend({"a": {1}}, {"a": 1.0}, 1.0, alone=("a",))
