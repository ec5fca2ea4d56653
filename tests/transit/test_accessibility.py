"""Accessibility tables: equal to plain loops; edges of limits; what is unknown stays unknown."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.errors import ParameterError, SchemaError
from metrogis.transit.accessibility import cumulative, performance, two_step

IDS = list("abcde")


def table(draw, column, values):
    pairs = draw(st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), unique=True))
    cost = [draw(st.sampled_from(values)) for _ in pairs]
    frame = pd.DataFrame(pairs, columns=["origin", "target"])
    return frame.assign(**{column: np.array(cost, float)})


def numbers(draw, low=0):
    return pd.Series({i: float(draw(st.integers(low, 9))) for i in IDS})


# the limit, a step to either side, nothing, far, never
MINUTES = [0.0, 29.999, 30.0, 30.001, 90.0, np.inf]


@given(st.data())
def test_cumulative_equals_a_loop(data) -> None:
    costs = table(data.draw, "minutes", MINUTES)
    jobs = numbers(data.draw)
    found = cumulative(costs, jobs, 30)
    assert list(found.index) == list(dict.fromkeys(costs["origin"]))
    for origin, value in found.items():
        own = costs[costs["origin"] == origin]
        assert value == sum(jobs[t] for t, m in zip(own["target"], own["minutes"], strict=True)
                            if m <= 30)  # fmt: skip


@given(st.data(), st.booleans())
def test_two_step_equals_a_loop(data, decays) -> None:
    costs = table(data.draw, "minutes", MINUTES)
    supply, people = numbers(data.draw), numbers(data.draw)
    weight = (lambda m: np.exp(-np.asarray(m) / 20)) if decays else None
    found = two_step(costs, supply, people, 30, decay=weight)
    near = {(o, t): float(weight(m)) if decays else 1.0
            for o, t, m in costs.itertuples(index=False) if m <= 30}  # fmt: skip
    ratio = {}
    for t in IDS:
        load = sum(near.get((o, t), 0) * people[o] for o in IDS)
        ratio[t] = supply[t] / load if load > 0 else 0
    for o in IDS:
        assert found[o] == pytest.approx(sum(near.get((o, t), 0) * ratio[t] for t in IDS))
    # what is supplied where somebody lives in reach is shared out, no more and no less
    served = sum(supply[t] for t in IDS if any(near.get((o, t)) and people[o] for o in IDS))
    assert (found * people).sum() == pytest.approx(served)


@given(st.data(), st.booleans())
def test_performance_equals_a_loop(data, beyond) -> None:
    costs = table(data.draw, "minutes", MINUTES)
    near = table(data.draw, "metres", [0.0, 999.999, 1000.0, 1000.001, np.inf])
    people = numbers(data.draw)
    found = performance(costs, people, near, 30, 1000, beyond=beyond)
    minutes = {(o, t): m for o, t, m in costs.itertuples(index=False)}
    metres = {(o, t): m for o, t, m in near.itertuples(index=False)}
    for i in IDS:
        for pairs in (minutes, metres):
            pairs.setdefault((i, i), 0.0)
    for i in IDS:
        for column, step in (("as_origin", 1), ("as_target", -1)):
            close = {j for j in IDS if metres.get((i, j)[::step], np.inf) <= 1000}
            got = {j for j in IDS if minutes.get((i, j)[::step], np.inf) <= 30}
            around = sum(people[j] for j in close)
            if not around:
                assert np.isnan(found.loc[i, column])
                continue
            reached = sum(people[j] for j in (got if beyond else got & close))
            assert found.loc[i, column] == pytest.approx(100 * reached / around)
    if not beyond:
        assert (found.fillna(0) <= 100 + 1e-9).all(axis=None)


def test_unknown_minutes_make_unknown_answers_where_they_matter() -> None:
    costs = pd.DataFrame({"origin": ["a", "b"], "target": ["x", "x"], "minutes": [np.nan, 5.0]})
    assert cumulative(costs, pd.Series({"x": 3}), 30).isna().tolist() == [True, False]
    assert cumulative(costs, pd.Series({"x": 0}), 30).tolist() == [0, 0]
    assert cumulative(costs, pd.Series({"x": np.nan}), 30).isna().all()
    far = costs.assign(minutes=[31.0, 31.0])
    assert cumulative(far, pd.Series({"x": np.nan}), 30).tolist() == [0, 0]
    # a's minutes are unknown: who shares x with b is, too; nobody lives at a: all is known
    assert two_step(costs, pd.Series({"x": 8}), pd.Series({"a": 1, "b": 4}), 30).isna().all()
    known = two_step(costs, pd.Series({"x": 8}), pd.Series({"a": 0, "b": 4}), 30)
    assert known.isna().tolist() == [True, False]
    assert known["b"] == 2
    near = pd.DataFrame({"origin": ["a"], "target": ["b"], "metres": [900.0]})
    people = pd.Series({"a": 1.0, "b": 1.0})
    both = pd.DataFrame({"origin": ["a"], "target": ["b"], "minutes": [np.nan]})
    found = performance(both, people, near)
    assert found["as_origin"].isna().tolist() == [True, False]
    assert performance(both, people, near.assign(metres=20_000.0)).loc["a", "as_origin"] == 100


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda c, s, n: cumulative(c, s, -1), ParameterError),
        (lambda c, s, n: cumulative(c.drop(columns="minutes"), s, 30), SchemaError),
        (lambda c, s, n: cumulative(pd.concat([c, c]), s, 30), SchemaError),
        (lambda c, s, n: cumulative(c.assign(minutes=-1.0), s, 30), SchemaError),
        (lambda c, s, n: cumulative(c, pd.concat([s, s]), 30), SchemaError),
        (lambda c, s, n: two_step(c, -s, s, 30), SchemaError),
        (lambda c, s, n: two_step(c, s, s, 30, decay=lambda m: m - 100), ParameterError),
        (lambda c, s, n: two_step(c, s, [1], 30), SchemaError),
        (lambda c, s, n: performance(c, s.drop("b"), n), SchemaError),
        (lambda c, s, n: performance(c, s, n, np.nan), ParameterError),
    ],
)
def test_bad_tables_are_one_clear_error(call, error) -> None:
    costs = pd.DataFrame({"origin": ["a"], "target": ["b"], "minutes": [9.0]})
    near = pd.DataFrame({"origin": ["a"], "target": ["b"], "metres": [9.0]})
    with pytest.raises(error):
        call(costs, pd.Series({"a": 1.0, "b": 2.0}), near)
