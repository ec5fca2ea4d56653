from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.osm import values
from metrogis.osm.lifecycle import standing
from metrogis.osm.tagtable import distinct_tags

KEYS = ["highway", "railway", "bicycle", "access", "oneway", "cycleway:left", "motorroad",
        "cycleway:left:oneway", "bicycle:backward", "oneway:bicycle",
        "proposed:highway"]  # fmt: skip
WORDS = ["cycleway", "footway", "yes", "no", "designated", "-1", "lane", "track", "use_sidepath",
         "construction", "disused", "station", "private", "zzz"]  # fmt: skip


def spelled(word: str, how: int) -> str:
    """Write a word as somebody else would."""
    return [word, word.upper(), f"  {word} ", word.title(), word.replace("_", " "), f"{word};"][how]


@given(st.sampled_from(KEYS), st.sampled_from(WORDS), st.integers(0, 5))
def test_spelling_changes_nothing(key: str, word: str, how: int) -> None:
    plain = values.plain_value(key, word)
    assert values.plain_value(key, spelled(word, how)) == plain
    assert values.plain_value(key, plain) == plain


@given(st.sampled_from(KEYS), st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))
def test_a_list_is_its_best_member_in_any_order(key: str, words: list[str]) -> None:
    found = {
        values.plain_value(key, ";".join(order)) for order in itertools.permutations(set(words))
    }
    ranked = {values.plain_value(key, w) for w in words}
    assert found <= ranked
    some = [w for w in ranked if values.listed(key, w)]
    if some:
        assert len(found) == 1
        assert values.listed(key, found.pop())


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("bicycle", "no;yes", "yes"),
        ("bicycle", "use_sidepath;dismount", "dismount"),
        ("bicycle", "private;no", "private"),
        ("cycleway:right", "lane;track", "track"),
        ("cycleway", "no;shared_lane", "shared_lane"),
        ("highway", "footway;cycleway", "cycleway"),
        ("highway", "proposed;cycleway", "cycleway"),
        ("highway", "zzz;proposed", "proposed"),
        ("oneway", "yes;no", "no"),
        ("oneway", "True", "yes"),
        ("oneway", "1.0", "yes"),
        ("oneway", "-1.0", "-1"),
        ("oneway", "reverse", "-1"),
        ("oneway", "0", "no"),
        ("motorroad", "YES", "yes"),
        ("bicycle", ";", ""),
        ("highway", " ", ""),
        ("name", "Trasa A; B ", "Trasa A; B "),
        ("maxspeed", "PL:urban", "PL:urban"),
        ("width", "1,5;2", "1,5;2"),
    ],
)
def test_values(key: str, text: str, expected: str) -> None:
    assert values.plain_value(key, text) == expected


def test_keys_as_exports_write_them() -> None:
    for prefix in ("proposed", "construction", "disused", "razed"):
        for spelling in (f"{prefix}:highway", f"{prefix}_highway", f"@{prefix}:Highway"):
            assert values.plain_key(spelling) == f"{prefix}:highway"
    assert values.plain_key("disused_public_transport") == "disused:public_transport"
    assert values.plain_key("oneway_bicycle") == "oneway:bicycle"
    # keys that are something else stay
    for key in (
        "bicycle_road",
        "bicycle_parking",
        "@id",
        "Rodzaj",
        "old_name",
        "construction_date",
    ):
        assert values.plain_key(key) == key


def test_of_two_spellings_of_a_key_the_plain_one_counts() -> None:
    for pairs in itertools.permutations({"highway": "path", "@highway": "steps"}.items()):
        assert values.clean(dict(pairs)) == {"highway": "path"}
    table = pd.DataFrame({"highway": ["path", None], "@highway": ["steps", "steps"]})
    found = distinct_tags(table, lambda key: key == "highway", layer="x")
    assert [found.sets[k]["highway"] for k in found.which] == ["path", "steps"]


# --------------------------------------------------------------------------- lifecycle

PREFIXES = sorted(values.PLANNED | values.GONE)


@pytest.mark.parametrize("word", PREFIXES)
@pytest.mark.parametrize("how", range(3))
def test_nothing_behind_a_prefix_or_of_a_lifecycle_value_is_built(word: str, how: int) -> None:
    expected = "planned" if word in values.PLANNED else "gone"
    for key, value in (("highway", "cycleway"), ("railway", "station"), ("amenity", "x")):
        assert standing({f"{word}:{key}": value, "name": "A"}, (key,)).state == expected
        assert standing({key: spelled(word, how)}, (key,)).state == expected
        companion = {key: spelled(word, how), word: value}
        assert standing(companion, (key,)).state == expected


@given(
    st.dictionaries(
        st.sampled_from(["highway", *(f"{p}:highway" for p in PREFIXES), "name", "building"]),
        st.sampled_from(["cycleway", "proposed", "razed", "zzz", "no", "yes", " Path "]),
    )
)
def test_built_needs_a_listed_value_of_its_own(tags: dict[str, str]) -> None:
    state = standing(tags).state
    own = tags.get("highway", "").strip().lower()
    if state == "built":
        assert own in ("cycleway", "path", "yes")
    if own == "zzz":
        assert state == "unknown"
    if not own and "building" not in tags:
        prefixed = {k: v for k, v in tags.items() if k.endswith(":highway") and v != "no"}
        assert (state != "") == bool(prefixed)


@pytest.mark.parametrize(
    ("tags", "role", "state"),
    [
        ({"highway": "cycleway", "proposed:highway": "primary"}, ("highway",), "built"),
        ({"highway": "cycleway", "disused": "yes"}, ("highway",), "gone"),
        ({"highway": "cycleway", "construction": "yes"}, ("highway",), "planned"),
        ({"highway": "primary", "construction": "minor"}, ("highway",), "built"),
        ({"highway": "cycleway", "railway": "abandoned"}, ("highway",), "built"),
        ({"abandoned:railway": "rail"}, ("highway",), "gone"),
        ({"disused:railway": "rail", "proposed:highway": "cycleway"}, ("highway",), "planned"),
        ({"disused:railway": "station", "building": "train_station"}, ("railway",), "gone"),
        ({"disused:railway": "station", "public_transport": "station"},
         ("railway", "public_transport"), "built"),
        ({"proposed:highway": "no"}, ("highway",), ""),
        ({"proposed:lanes": "2"}, ("highway",), ""),
        ({"highway": None, "name": "A"}, ("highway",), ""),
        ({"highway": float("nan"), "razed:highway": "path"}, ("highway",), "gone"),
        ({"highway": "rest_area"}, ("highway",), "built"),
        ({"highway": "cycleawy"}, ("highway",), "unknown"),
    ],
)  # fmt: skip
def test_standing(tags: dict, role: tuple[str, ...], state: str) -> None:
    assert standing(tags, role).state == state


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_breaks_the_reader(key: str, value: str) -> None:
    cleaned = values.clean({key: value, "highway": value, "oneway": np.nan})
    assert values.clean(cleaned) == cleaned
    assert standing(cleaned).state in ("built", "planned", "gone", "unknown", "")
