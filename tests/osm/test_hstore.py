from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.errors import MetrogisError, SourceError
from metrogis.osm import hstore


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(tags: dict[str, str], separator: str = ",", arrow: str = "=>") -> str:
    return separator.join(f"{quoted(k)}{arrow}{quoted(v)}" for k, v in tags.items())


@given(
    st.dictionaries(st.text(min_size=1), st.text(), max_size=6),
    st.sampled_from([",", ", ", " ,\n"]),
    st.sampled_from(["=>", " => "]),
)
def test_what_is_written_is_read_back(tags: dict[str, str], separator: str, arrow: str) -> None:
    assert hstore.parse(written(tags, separator, arrow)) == tags


@given(st.dictionaries(st.text(), st.text(), max_size=6))
def test_json_spelling(tags: dict[str, str]) -> None:
    assert hstore.parse(json.dumps(tags)) == tags


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    refused = None
    try:
        tags = hstore.parse(text)
    except MetrogisError as error:
        tags, refused = {}, error
    assert refused is None or refused.text.pl != refused.text.en
    assert all(isinstance(v, str) for v in tags.values())


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", {}),
        ("  \n", {}),
        ("k => v", {"k": "v"}),
        ("a=>1,a=>2", {"a": "1"}),
        ('"a"=>NULL,"b"=>"NULL",c=>null', {"b": "NULL"}),
        ('"a"=>"x=>y, z"', {"a": "x=>y, z"}),
        (r'"a"=>"\\\""', {"a": '\\"'}),
        ('"a"=>"1"', {"a": "1"}),
        ('"maxspeed:conditional"=>"30 @ (Mo-Fr 06:00-18:00)"', None),
        ("<img onerror=x>", "refused"),
        ('"a"=>"1",', "refused"),
        ('"a"=>"1" "b"=>"2"', "refused"),
        ('"a"', "refused"),
        ('"a"=>"1', "refused"),
        ('{"a": ', "refused"),
    ],
)
def test_spellings(text: str, tags: object) -> None:
    if tags == "refused":
        with pytest.raises(SourceError):
            hstore.parse(text)
    elif tags is None:
        assert len(hstore.parse(text)) == 1
    else:
        assert hstore.parse(text) == tags


def test_column_counts_what_cannot_be_read() -> None:
    column = pd.Series(['"a"=>"1"', float("nan"), '"a"=>', None], index=[7, 8, 9, 10])
    tags, audit = hstore.tags_of(column, layer="streets")
    assert tags.index.tolist() == [7, 8, 9, 10]
    assert tags.tolist() == [{"a": "1"}, {}, {}, {}]
    (row,) = audit
    assert (row.layer, row.action, row.count, row.examples) == ("streets", "unknown", 1, "9")
    assert hstore.values_of(tags, "a").tolist() == ["1", None, None, None]


def test_real_tags(shared) -> None:
    routes = gpd.read_file(shared / "data/omggs/cycle_routes.geojson", ignore_geometry=True)
    tags, audit = hstore.tags_of(routes["other_tags"], layer="cycle_routes")
    assert len(audit) == 0
    assert (hstore.values_of(tags, "bicycle") == "designated").sum() == 2637
    assert (tags.map(len) == 0).sum() == 373
    # as many pairs as there are arrows: none is lost in reading
    assert tags.map(len).sum() == routes["other_tags"].fillna("").str.count('"=>"').sum()
