from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from metrogis.provenance import Audit, Source, attach, audit_of, file_hash, source_of
from metrogis.texts import Text

WHAT = Text("bez współrzędnych", "without coordinates")


def test_audit_keeps_counts_and_a_few_examples() -> None:
    audit = Audit().add("stops", "dropped", 7, WHAT, range(7)).add("stops", "repaired", 0, WHAT)
    assert len(audit) == 1
    row = audit.rows[0]
    assert (row.count, row.examples) == (7, "0, 1, 2, 3, 4, ...")
    assert audit.to_frame("pl").loc[0, "action"] == "pominięto"


def test_the_same_row_is_not_added_twice() -> None:
    audit = Audit().add("stops", "dropped", 7, WHAT)
    assert len(audit + audit) == 1


def test_source_and_audit_travel_with_a_frame(tmp_path) -> None:
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0)], crs=2180)
    audit = Audit().add("stops", "guessed", 1, WHAT, ["x"])
    attach(frame, Source("stops", "stops.csv", "CC0", "me", "2024", "ab"), audit)
    moved = frame.copy().to_crs(2177)
    assert source_of(moved, "?").licence == "CC0"
    assert audit_of(moved) == audit
    moved.to_parquet(tmp_path / "a.parquet")  # attrs must not break writing


def test_a_layer_built_in_memory_has_only_a_name() -> None:
    frame = pd.DataFrame({"source": ["a column, not an origin"]})
    assert source_of(frame, "flows") == Source(layer="flows")
    assert len(audit_of(frame)) == 0


def test_html_of_an_audit_escapes_data() -> None:
    html = Audit().add("stops", "dropped", 1, WHAT, ["<img onerror=x>"])._repr_html_()
    assert "<img" not in html


def test_hash_of_a_folder_depends_on_names_and_contents(tmp_path) -> None:
    (tmp_path / "a").write_text("1")
    first = file_hash(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert file_hash(tmp_path) != first
