"""Matching TERYT codes, dropping parts."""

import pandas as pd

from metrogis.teryt import drop_parts, is_part, match_codes


def test_exact_code_wins_over_a_guess():
    found = match_codes(["2205023"], ["2205023", "2205021"])
    assert found.mapping == {"2205023": "2205023"}
    assert not found.guessed
    assert not found.unmatched


def test_changed_kind_is_a_guess_and_audited():
    found = match_codes(["2211021"], ["2211023", "2211024", "2211025"])
    assert found.mapping == {"2211021": "2211023"}
    rows = found.audit("population_municipal").rows
    assert [(r.action, r.count, r.examples) for r in rows] == [("guessed", 1, "2211021 = 2211023")]


def test_no_answer_is_unknown_not_guessed():
    found = match_codes(["2299011"], ["2211011"])
    assert found.mapping == {}
    assert found.unmatched == {"2299011": "absent"}
    assert found.audit("t").rows[0].action == "unknown"


def test_several_candidates_are_ambiguous():
    assert match_codes(["2211021"], ["2211022", "2211023"]).unmatched == {"2211021": "ambiguous"}
    # two wanted codes may not share one answer
    assert match_codes(["2211021", "2211022"], ["2211023"]).mapping == {}


def test_a_code_taken_exactly_is_not_given_twice():
    found = match_codes(["2211021", "2211023"], ["2211023"])
    assert found.mapping == {"2211023": "2211023"}


def test_parts_match_only_exactly():
    assert match_codes(["2205024"], ["2205023"]).mapping == {}
    assert match_codes(["2205024"], ["2205024"]).mapping == {"2205024": "2205024"}
    assert match_codes(["2205023"], ["2205024", "2205025"]).mapping == {}


def test_drop_parts_keeps_each_person_once():
    table = pd.DataFrame(
        {
            "teryt": ["2205023", "2205024", "2205025", "1465011", "1465028", "1061029"],
            "population": [30, 10, 20, 100, 40, 7],
        }
    )
    kept, audit = drop_parts(table)
    assert kept["teryt"].tolist() == ["2205023", "1465011"]
    actions = {(r.action, r.count) for r in audit}
    # the delegation of Łódź has no sum here: dropped, and said to be unknown
    assert actions == {("dropped", 3), ("unknown", 1)}


def test_real_tables(shared):
    table = pd.read_csv(shared / "data/omggs/population_municipal.csv", dtype={"teryt": str})
    kept, audit = drop_parts(table)
    assert not kept["teryt"].map(is_part).any()
    assert len(kept) == 2477  # gminas of Poland, 2022
    assert not [r for r in audit if r.action == "unknown"]
    assert kept["pop"].sum() == 37766327
