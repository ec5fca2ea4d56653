"""Origin-destination tables: codes, parts beside sums, and what small counts may hide."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from metrogis.errors import SchemaError
from metrogis.population.flows import place_codes, read_flows, sum_code

GDANSK, GDYNIA, KARTUZY = "2261011", "2262011", "2205023"


def table(*rows):
    return pd.DataFrame(rows, columns=["origin", "destination", "flow"])


def read(od, places, below=0, **options):
    return read_flows(od, places, {}, suppressed_below=below, **options)


def actions(audit):
    return [(row.action, row.count) for row in audit]


def test_sum_code():
    codes = ["2205024", "2205025", "1465038", "1061059", "2205023", "2205042", "2261011"]
    assert [sum_code(c) for c in codes] == [
        "2205023",
        "2205023",
        "1465011",
        "1061011",
        "2205023",
        "2205042",
        "2261011",
    ]


def test_repeated_rows_are_summed_and_own_flows_kept_apart():
    od = table(
        (KARTUZY, GDANSK, 3), (KARTUZY, GDANSK, 4), (KARTUZY, KARTUZY, 5), (GDANSK, KARTUZY, 6)
    )
    flows, audit = read(od, [GDANSK, KARTUZY])
    assert flows.internal.tolist() == [[0, 6], [7, 0]]
    assert np.isnan(flows.own[0])
    assert flows.own[1] == 5
    assert ("noted", 1) in actions(audit)


def test_parts_beside_their_sum_are_dropped():
    od = table(
        (KARTUZY, GDANSK, 10), ("2205024", GDANSK, 6), ("2205025", GDANSK, 4),
        (GDANSK, KARTUZY, 8), (GDANSK, "2205024", 8),
    )  # fmt: skip
    flows, audit = read(od, [GDANSK, KARTUZY])
    assert flows.internal.tolist() == [[0, 8], [10, 0]]
    assert ("dropped", 3) in actions(audit)


def test_parts_alone_are_summed():
    od = table(("2205024", GDANSK, 6), ("2205025", GDANSK, 4), ("2205024", "2205025", 2))
    flows, _ = read(od, [GDANSK, KARTUZY])
    assert flows.internal.tolist() == [[0, 0], [10, 0]]
    assert flows.own.tolist()[1] == 2


def test_parts_of_both_ends_are_counted_once():
    other = "2214023"
    od = table(
        (KARTUZY, "2214024", 5), (KARTUZY, "2214025", 3),  # sum at one end
        ("2205024", other, 6), ("2205025", other, 2),  # sum at the other end
        ("2205024", "2214024", 8),  # parts at both
    )  # fmt: skip
    flows, _ = read(od, [KARTUZY, other])
    assert flows.internal[0, 1] == 8


def test_districts_stand_for_their_city():
    warsaw = "1465011"
    od = table(("1465028", GDANSK, 4), ("1465038", GDANSK, 6), (GDANSK, "1465188", 7),
               ("1465028", "1465038", 50))  # fmt: skip
    flows, _ = read(od, [GDANSK, warsaw])
    assert flows.internal.tolist() == [[0, 7], [10, 0]]
    assert flows.own[1] == 50
    outside, _ = read(od, [GDANSK])
    assert outside.main_outside.tolist() == [warsaw]
    assert outside.inward.tolist() == [10]
    both, audit = read(pd.concat([od, table((warsaw, GDANSK, 11))]), [GDANSK, warsaw])
    assert both.internal.tolist() == [[0, 7], [11, 0]]
    assert ("dropped", 2) in actions(audit)


def test_code_of_another_kind_is_guessed_by_six_digits():
    od = table(("2211023", GDANSK, 9), (GDANSK, "2211023", 4))
    flows, audit = read_flows(od, ["2211021", GDANSK], {"2211021": "Jastarnia"}, suppressed_below=0)
    assert flows.internal.tolist() == [[0, 9], [4, 0]]
    guess = next(row for row in audit if row.action == "guessed")
    assert guess.examples == "Jastarnia 2211021 = 2211023"


def test_own_code_wins_over_another_kind():
    od = table(("2211021", GDANSK, 9), ("2211023", GDANSK, 9), ("2211023", GDYNIA, 2))
    flows, _ = read(od, ["2211021", GDANSK, GDYNIA])
    assert flows.internal[0].tolist() == [0, 9, 2]


def test_area_of_parts_does_not_count_the_whole_gmina():
    od = table(("2205023", GDANSK, 10), ("2205024", GDANSK, 6), ("2205025", GDANSK, 4))
    flows, audit = read(od, ["2205024", "2205025", GDANSK])
    assert flows.internal[:, 2].tolist() == [6, 4, 0]
    assert ("dropped", 1) in actions(audit)
    matched = place_codes(["2205023"], ["2205024", "2205025"])
    assert matched.loc["2205023", "overlaps"]


def test_municipality_not_in_the_table_is_unknown():
    flows, audit = read(table((GDANSK, "3262011", 5), ("3262011", GDANSK, 4)), [GDANSK, GDYNIA])
    assert flows.present.tolist() == [True, False]
    assert np.isnan(flows.outward[1])
    assert ("unknown", 1) in actions(audit)


def test_table_without_the_outside_does_not_say_zero():
    flows, audit = read(table((GDANSK, GDYNIA, 5)), [GDANSK, GDYNIA])
    assert np.isnan(flows.outward).all()
    assert np.isnan(flows.inward).all()
    assert not flows.outside_known
    assert actions(audit).count(("unknown", 2)) == 2


@pytest.mark.parametrize("below", [0, 3])
def test_row_without_a_count_may_be_any_number(below):
    od = table((GDANSK, GDYNIA, None), (GDYNIA, GDANSK, 5), (GDANSK, "3262011", None))
    flows, audit = read(od, [GDANSK, GDYNIA], below=below)
    assert flows.internal.tolist() == [[0, 0], [5, 0]]
    assert flows.internal_max.tolist() == [[0, np.inf], [5, 0]]
    assert flows.lost.tolist() == [2, 1]
    assert flows.rows_lost == 2
    assert not flows.exact
    assert ("unknown", 2) in actions(audit)


def test_row_without_a_count_may_be_declared_suppressed():
    od = table((GDANSK, GDYNIA, None), (GDYNIA, GDANSK, 5))
    flows, audit = read(od, [GDANSK, GDYNIA], below=3, blank="suppressed")
    assert flows.internal_max.tolist() == [[0, 2], [5, 0]]
    assert flows.lost.tolist() == [0, 0]
    assert ("unknown", 1) in actions(audit)
    complete, _ = read(od, [GDANSK, GDYNIA], below=0, blank="suppressed")
    assert np.isinf(complete.internal_max[0, 1])  # nothing is suppressed in a complete table


def test_row_of_a_code_that_leads_nowhere_may_be_of_any_municipality():
    od = table(
        (GDANSK, None, 7), (GDANSK, GDYNIA, 4), (GDYNIA, GDANSK, 5), (KARTUZY, GDANSK, 6),
        (GDANSK, KARTUZY, 1), (GDANSK, "3262011", 2), ("3262011", GDANSK, 3),
    )  # fmt: skip
    places = [GDANSK, GDYNIA, KARTUZY]
    flows, audit = read(od, places)
    assert flows.internal.tolist() == [[0, 4, 1], [5, 0, 0], [6, 0, 0]]
    assert flows.internal_max.tolist() == [[0, np.inf, np.inf], [5, 0, 0], [6, 0, 0]]
    assert flows.outward_max.tolist() == [np.inf, 0, 0]
    assert flows.lost.tolist() == [1, 0, 0]
    assert ("unknown", 1) in actions(audit)


@pytest.mark.parametrize(("code", "lost"), [("2205992", 1), ("3262011", 0), ("2205024", 0)])
def test_code_that_its_county_does_not_list_leads_nowhere(code, lost):
    od = table((GDANSK, KARTUZY, 4), (KARTUZY, GDANSK, 5), (code, GDANSK, 3))
    flows, _ = read(od, [GDANSK, KARTUZY], universe=[GDANSK, KARTUZY, "2205032"])
    assert flows.rows_lost == lost
    assert np.isinf(flows.internal_max[1, 0]) == bool(lost)
    alone, _ = read(od, [GDANSK, KARTUZY])  # nothing says what the county has
    assert alone.rows_lost == 0


def test_what_ties_a_municipality_to_one_that_the_table_does_not_hold_is_unknown():
    flows, _ = read(table((GDANSK, GDYNIA, 5)), [GDANSK, GDYNIA, KARTUZY])
    assert flows.internal_max.tolist() == [[0, 5, np.inf], [0, 0, np.inf], [np.inf, np.inf, 0]]


def test_table_of_another_place():
    with pytest.raises(SchemaError, match="no row starts or ends"):
        read(table(("3262011", "3262011", 5)), [GDANSK])


def test_upper_bounds_count_missing_records():
    # Kartuzy is listed twice, as town and rural part: one of two, one of one, none of two
    od = table(
        (KARTUZY, GDANSK, 5), (KARTUZY, GDYNIA, 4), (KARTUZY, GDYNIA, 3), (GDANSK, GDYNIA, 9)
    )
    flows, _ = read(od, [GDANSK, GDYNIA, KARTUZY], below=3)
    assert flows.internal_max.tolist() == [[0, 9, 4], [2, 0, 4], [7, 7, 0]]
    complete, _ = read(od, [GDANSK, GDYNIA, KARTUZY], below=1)
    assert (complete.internal_max == complete.internal).all()


def test_universe_adds_places_the_table_does_not_name():
    od = table((GDANSK, "3262011", 5), ("3262011", GDANSK, 5))
    near, _ = read(od, [GDANSK], below=3)
    wide, _ = read(od, [GDANSK], below=3, universe=["3262011", "3263011", GDANSK])
    assert near.outward_max.tolist() == [5]
    assert wide.outward_max.tolist() == [7]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), st.sampled_from(["codes", "repeats"]))
def test_truth_lies_between_the_bounds(seed, below, how):
    """Publish a known matrix with small counts left out: the bounds must hold the truth."""
    rng = np.random.default_rng(seed)
    places = [GDANSK, GDYNIA, KARTUZY, "2214023", "3262011", "3204023"]
    inside = places[:4]
    truth = np.zeros((6, 6))
    rows = []
    for i, o in enumerate(places):
        for j, d in enumerate(places):
            for o_part in "45" if o.endswith("3") else "":
                for d_part in "45" if d.endswith("3") else "":
                    rows.append((i, j, o[:6] + o_part, d[:6] + d_part))
            if not o.endswith("3"):
                rows += [(i, j, o, d[:6] + part) for part in ("45" if d.endswith("3") else d[6])]
            elif not d.endswith("3"):
                rows += [(i, j, o[:6] + part, d) for part in "45"]
    published = []
    for i, j, o, d in rows:
        count = int(rng.integers(0, 7))
        truth[i, j] += count
        if count >= below:
            published.append((o, d, count) if how == "codes" else (places[i], places[j], count))
    od = table(*published)
    listed = set(od["origin"]) | set(od["destination"])
    assume(listed >= {c for row in rows for c in row[2:]} or how == "repeats")
    assume(listed >= set(places) or how == "codes")
    assume(how == "codes" or od.duplicated(["origin", "destination"]).any())
    flows, _ = read(od, inside, below=below)
    off = ~np.eye(4, dtype=bool)
    assert (flows.internal <= truth[:4, :4])[off].all()
    assert (truth[:4, :4] <= flows.internal_max)[off].all()
    for low, high, whole in (
        (flows.outward, flows.outward_max, truth[:4, 4:].sum(axis=1)),
        (flows.inward, flows.inward_max, truth[4:, :4].sum(axis=0)),
    ):
        assert (low <= whole).all()
        assert (whole <= high).all()


def test_rows_split_by_something_else_keep_a_valid_bound():
    # every pair twice (say, by sex): a pair without a row may hide two small counts
    od = table((GDANSK, GDYNIA, 5), (GDANSK, GDYNIA, 4), (GDYNIA, GDANSK, 3))
    flows, _ = read(od, [GDANSK, GDYNIA], below=3)
    assert flows.internal_max.tolist() == [[0, 9], [5, 0]]
