from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from metrogis.errors import CRSError, SourceError
from metrogis.sources import tables


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(tmp_path, encoding, separator) -> None:
    path = tmp_path / "a.csv"
    text = separator.join(["teryt", "name"]) + "\r\n" + separator.join(["0201011", "Łódź"]) + "\r\n"
    path.write_bytes(text.encode(encoding))
    out = tables.read(path, layer="l")
    assert out.values.tolist() == [["0201011", "Łódź"]]


def test_empty_cells_are_missing_and_blank_lines_skipped(tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,\n\n"x, y",2\n')
    out = tables.read(path, layer="l")
    assert out["b"].isna().tolist() == [True, False]
    assert out["a"].tolist() == ["1", "x, y"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"a,b\n1\n", "line 2 has 1 values, the header 2"),
        (b"a,a\n1,2\n", "repeated column names"),
        (b"\x00\x01\x02", "not text"),
    ],
)
def test_bad_tables(tmp_path, content, message) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=message):
        tables.read(path, layer="l")


def test_points(tmp_path) -> None:
    frame = pd.DataFrame(
        {"x": ["14.5", None, "14.6"], "y": ["53.4", "53.4", "?"], "n": list("abc")}
    )
    out, without = tables.points(frame, layer="l", x="x", y="y", crs="EPSG:4326")
    assert out["n"].tolist() == ["a"]
    assert without == [1, 2]
    with pytest.raises(SourceError, match="columns are missing: lon"):
        tables.points(frame, layer="l", x="lon", y="y", crs="EPSG:4326")
    with pytest.raises(CRSError, match="axes look swapped"):
        far = pd.DataFrame({"x": ["6020000"], "y": ["6540000"]})
        tables.points(far, layer="l", x="x", y="y", crs="EPSG:2177")


def test_locate_by_name() -> None:
    places = gpd.GeoDataFrame(
        {"name": ["A", "B", "B"]},
        geometry=[shapely.Point(0, 0), shapely.Point(2, 0), shapely.Point(4, 0)],
        crs=2180,
    )
    frame = pd.DataFrame({"station": ["B", "A", "Z"], "rank": ["1", "2", "3"]})
    out, lost, repeated = tables.locate(frame, places, column="station", match="name", layer="l")
    assert out["rank"].tolist() == ["1", "2"]
    assert out.geometry.x.tolist() == [3, 0]
    assert lost == ["Z"]
    assert repeated == ["B"]
    with pytest.raises(SourceError, match="no row could be placed"):
        tables.locate(frame.tail(1), places, column="station", match="name", layer="l")


def test_real_polish_table(shared) -> None:
    out = tables.read(shared / "data/omggs/population_municipal.csv", layer="p")
    assert len(out) == 3849
    assert out["teryt"].str.len().eq(7).all()
