"""Cells of the European grid by their codes."""

from __future__ import annotations

import geopandas as gpd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from metrogis import open_metro
from metrogis.errors import CatalogError, SourceError
from metrogis.evidence.losses import losses_of
from metrogis.provenance import audit_of
from metrogis.sources import grid_cells


@given(
    st.sampled_from([100, 250, 500, 1000, 5000]), st.integers(10, 5000), st.integers(10, 5000),
    st.sampled_from(["CRS3035RES{side}mN{n}E{e}", "RES{side}mN{n}E{e}", "{s}mN{ns}E{es}"]),
)  # fmt: skip
def test_a_code_is_its_square(side: int, row: int, column: int, form: str) -> None:
    short = f"{side // 1000}k" if side % 1000 == 0 else str(side)
    n, e = row * side, column * side
    code = form.format(side=side, n=n, e=e, s=short, ns=row, es=column)
    (square,) = grid_cells.squares([code])
    if max(n, e) < 10_000_000:
        assert square.bounds == (e, n, e + side, n + side)
    else:
        assert square is None


@pytest.mark.parametrize(
    "code",
    ["", None, 5, "1kmN3468", "CRS3035RES1000mN3468500E4912000", "CRS2180RES1000mN3468000E4912000",
     "RES0mN0E0", "0kmN1E1", "1kmN3468E4912x", "1kmN-5E4912"],
)  # fmt: skip
def test_what_is_no_code_has_no_square(code: object) -> None:
    assert grid_cells.squares([code])[0] is None


LAYER = """[metro]
id = "x"
name = "X"
[layers.municipalities]
driver = "vector"
path = "m.gpkg"
licence = "CC0"
attribution = "me"
date = "2021"
[layers.population]
driver = "table"
path = "grid.csv"
schema = "PopulationCells"
cell = "CODE"
rename = {{ RES = "population" }}
licence = "CC0"
attribution = "me"
date = "2021"
{more}
"""


def _metro(folder, rows: str, more: str = ""):
    (folder / "catalog.toml").write_text(LAYER.format(more=more))
    town = gpd.GeoSeries([box(4_912_000, 3_468_000, 4_914_000, 3_470_000)], crs=3035).to_crs(2180)
    gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, geometry=town).to_file(
        folder / "m.gpkg"
    )
    (folder / "grid.csv").write_text("CODE,RES,RES_0_14\n" + rows)
    return open_metro(folder, data=folder)


def test_a_blank_is_unknown_a_zero_is_nobody_and_a_row_without_a_code_is_said(tmp_path) -> None:
    rows = (
        "CRS3035RES1000mN3468000E4912000,15,3\n"
        "CRS3035RES1000mN3468000E4913000,,\n"
        "CRS3035RES1000mN3469000E4912000,0,0\n"
        "unknown,7,\n"
    )
    cells = _metro(tmp_path, rows)["population"]
    assert cells["population"].fillna(-1).tolist() == [15, -1, 0]
    assert cells.crs.to_epsg() == 2180
    assert cells.geometry.area.between(0.97e6, 1.03e6).all()
    dropped = [row for row in audit_of(cells) if row.action == "dropped"]
    assert [(row.count, "unknown" in row.examples) for row in dropped] == [(1, True)]
    assert sum(loss.count for loss in losses_of(cells)) == 1


def test_a_table_without_codes_is_one_error(tmp_path) -> None:
    with pytest.raises(SourceError, match="grid cell"):
        _metro(tmp_path, "a,1,\n")["population"]
    with pytest.raises(CatalogError, match="cell"):
        _metro(tmp_path, "", 'x = "a"\ny = "b"\ncrs = "EPSG:2180"')
