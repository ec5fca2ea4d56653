"""Population cells: splitting, weights, cutting by municipalities, scaling to totals."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity, box

from metrogis import population as pop
from metrogis.errors import CRSError, ParameterError, SchemaError, SourceError
from metrogis.landscape import grid as grids
from metrogis.population import pixels, weights
from metrogis.provenance import audit_of

CRS = "EPSG:2180"


def cells_of(shapes, people, crs=CRS, **columns):
    return gpd.GeoDataFrame({"population": people, **columns}, geometry=shapes, crs=crs)


def towns_of(shapes, codes):
    return gpd.GeoDataFrame({"teryt": codes}, geometry=shapes, crs=CRS)


# ------------------------------------------------------------------ readers


def test_grid_negative_people_are_unknown():
    cells = pop.from_grid(cells_of([box(0, 0, 1, 1)] * 3, [3, -200, None]))
    assert cells["population"].tolist()[0] == 3
    assert cells["population"].isna().tolist() == [False, True, True]
    assert [(r.action, r.count) for r in audit_of(cells)] == [("unknown", 1)]


def test_grid_needs_metres_and_the_column():
    with pytest.raises(CRSError):
        pop.from_grid(cells_of([box(0, 0, 1, 1)], [1], crs="EPSG:4326"))
    with pytest.raises(SchemaError, match="people"):
        pop.from_grid(cells_of([box(0, 0, 1, 1)], [1]), column="people")


def test_raster_nodata_is_unknown_and_zero_is_left_out(tmp_path):
    import rasterio

    values = np.array([[5, 0, 7], [-9999, 2, 0]], "float32")
    transform = Affine(100, 0, 470000, 0, -100, 740000)
    path = tmp_path / "people.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=2, width=3, count=1, dtype="float32", crs=CRS,
        transform=transform, nodata=-9999,
    ) as out:  # fmt: skip
        out.write(values, 1)
    cells = pop.from_raster(path)
    assert cells["population"].fillna(-1).tolist() == [5, 7, -1, 2]
    assert cells.geometry.iloc[0].bounds == (470000, 739900, 470100, 740000)
    assert audit_of(cells).rows[0].count == 1
    same = pop.from_raster(values, transform=transform, crs=CRS, nodata=-9999)
    assert same.geometry.geom_equals(cells.geometry).all()


def test_raster_bad_input(tmp_path):
    with pytest.raises(SourceError, match=r"none\.tif"):
        pop.from_raster(tmp_path / "none.tif")
    with pytest.raises(ParameterError):
        pop.from_raster(np.ones((2, 2)), crs=CRS)
    with pytest.raises(CRSError):
        pop.from_raster(np.ones((2, 2)), crs="EPSG:4326", transform=Affine.identity())


# ------------------------------------------------------------------ splitting


@pytest.mark.parametrize("angle", [0, 7.2, 45])
def test_squares_are_divided_along_their_sides(angle):
    cell = affinity.rotate(box(0, 0, 5000, 5000), angle)
    pieces, audit = pop.split_cells(cells_of([cell], [800.0]), max_size=250)
    assert len(pieces) == 400
    assert pop.cell_width(pieces.geometry.to_numpy()).max() <= 250 * 1.01
    # corners lie on whole millimetres: areas, and so people, differ by a few in a million
    assert pieces["population"].to_numpy() == pytest.approx(2.0, rel=1e-5)
    assert pieces["population"].sum() == pytest.approx(800, rel=1e-12)
    assert pieces.area.sum() == pytest.approx(cell.area, rel=1e-6)
    assert pieces["modelled"].all()
    assert audit.rows[0].action == "modelled"


def test_neighbouring_askew_squares_leave_no_gap():
    left, right = box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)
    turned = [affinity.rotate(s, 7.2, origin=(0, 0)) for s in (left, right)]
    pieces, _ = pop.split_cells(cells_of(turned, [1.0, 2.0]), max_size=250)
    whole = shapely.coverage_union_all(pieces.geometry.to_numpy())
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert shapely.coverage_is_valid(pieces.geometry.to_numpy())


def test_other_shapes_are_cut_by_a_mesh():
    hexagon = shapely.Point(1000, 1000).buffer(900, quad_segs=2)
    pieces, _ = pop.split_cells(cells_of([hexagon], [100.0]), max_size=250)
    assert pop.cell_width(pieces.geometry.to_numpy()).max() <= 250 * 1.01
    assert pieces.area.sum() == pytest.approx(hexagon.area)
    # people in proportion to area
    assert (pieces["population"] / pieces.area).to_numpy() == pytest.approx(100 / hexagon.area)


def test_narrow_cells_stay_and_unknown_stays_unknown():
    cells = cells_of([box(0, 0, 250, 250), box(250, 0, 1250, 1000)], [9.0, np.nan])
    pieces, _ = pop.split_cells(cells)
    assert pieces["modelled"].tolist() == [False] + [True] * 16
    assert pieces.loc[pieces["cell"] == 0, "population"].tolist() == [9.0]
    assert pieces.loc[pieces["cell"] == 1, "population"].isna().all()
    assert (pieces["cell"] == 1).sum() == 16


def test_split_refuses_absurd_requests():
    with pytest.raises(ParameterError):
        pop.split_cells(cells_of([box(0, 0, 1e6, 1e6)], [1.0]), max_size=1)
    with pytest.raises(ParameterError):
        pop.split_cells(cells_of([box(0, 0, 1, 1)], [1.0]), max_size=0)


# ------------------------------------------------------------------ weights


def test_weights_by_kind_of_layer():
    pieces = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10)], crs=CRS)

    def weight(shapes, **columns):
        return pop.weigh(pieces, gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS))[0].tolist()

    assert weight([shapely.Point(1, 1), shapely.Point(10, 5)]) == [2, 0]  # on the border: once
    assert weight([shapely.Point(1, 1), shapely.Point(15, 5)], weight=[3, 4]) == [3, 4]
    assert weight([shapely.LineString([(5, 5), (18, 5)])]) == [5, 8]
    assert weight([box(8, 0, 11, 10)], weight=[2]) == [40, 20]
    raster = np.array([[1.0, 2.0], [np.nan, -3.0]])
    grid = Affine(10, 0, 0, 0, -5, 10)
    assert pop.weigh(pieces, (raster, grid))[0].tolist() == [1, 2]
    assert pop.weigh(pieces)[0].tolist() == [100, 100]
    with pytest.raises(ParameterError):
        pop.weigh(pieces, np.array([1.0, -1.0]))
    with pytest.raises(CRSError):
        pop.weigh(pieces, gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs="EPSG:2177"))


def test_people_follow_the_weights_and_zero_weights_fall_back():
    cells = cells_of([box(0, 0, 500, 250), box(500, 0, 1000, 250)], [100.0, 60.0])
    houses = gpd.GeoDataFrame(geometry=[box(0, 0, 50, 50)], crs=CRS)
    pieces, audit = pop.split_cells(cells, weights=houses)
    by_x = pieces["population"].to_numpy()[np.argsort(pieces.bounds["minx"])]
    assert by_x.tolist() == [100.0, 0.0, 30.0, 30.0]
    assert [(r.action, r.count) for r in audit] == [("guessed", 1), ("modelled", 2)]


# ------------------------------------------------------------------ municipalities


def test_cells_are_cut_by_borders_and_the_sea():
    cells = cells_of([box(0, 0, 100, 100)], [10.0], modelled=[False])
    municipalities = towns_of([box(0, 0, 40, 100), box(40, 0, 90, 100)], ["2211011", "2211022"])
    pieces, audit = pop.cut_by_municipalities(cells, municipalities)
    assert pieces["teryt"].tolist() == ["2211011", "2211022"]
    assert pieces["population"].tolist() == [4.0, 5.0]
    assert pieces["modelled"].all()
    assert (audit.rows[0].action, audit.rows[0].count) == ("noted", 1)


def test_a_whole_piece_is_not_cut_by_a_neighbour_that_touches_it():
    cells = cells_of([box(0, 0, 10, 10)], [10.0], modelled=[False])
    municipalities = towns_of([box(0, 0, 10, 10), box(10, 0, 20, 10)], ["2211011", "2211022"])
    pieces, _ = pop.cut_by_municipalities(cells, municipalities)
    assert len(pieces) == 1
    assert not pieces["modelled"].any()


def test_the_coast_is_repaired_by_the_total():
    municipalities = towns_of([box(0, 0, 500, 1000)], ["2211011"])
    cells = cells_of([box(0, 0, 1000, 1000)], [100.0])  # half of the cell is sea
    pieces, audit = pop.settle(
        municipalities,
        cells=cells,
        totals=pd.DataFrame({"teryt": ["2211011"], "population": [100]}),
    )
    assert pieces["population"].sum() == pytest.approx(100)
    assert any(r.action == "modelled" and "x 2.00" in r.examples for r in audit)


def test_totals_of_changed_and_missing_codes():
    municipalities = towns_of([box(0, 0, 1, 1), box(1, 0, 2, 1)], ["2211021", "2299011"])
    table = pd.DataFrame(
        {"teryt": ["2211023", "2211024", "2211025"], "population": [3800, 2700, 1100]}
    )
    totals, audit = pop.municipal_totals(municipalities, table)
    assert totals[0] == 3800
    assert np.isnan(totals[1])
    assert {r.action for r in audit} == {"dropped", "guessed", "unknown"}
    with pytest.raises(SchemaError, match="2211023"):
        pop.municipal_totals(municipalities, pd.concat([table, table.iloc[:1]]))


def test_unknown_pieces_and_unknown_totals_stay_unknown():
    municipalities = towns_of([box(0, 0, 2, 1), box(2, 0, 4, 1)], ["2211011", "2211022"])
    shapes = [box(0, 0, 1, 1), box(1, 0, 2, 1), box(2, 0, 3, 1)]
    pieces = cells_of(shapes, [1.0, np.nan, 5.0], teryt=["2211011", "2211011", "2211022"])
    out, _ = pop.scale_to_municipal(pieces, municipalities, np.array([8.0, np.nan]))
    assert out["population"].fillna(-1).tolist() == [8.0, -1.0, 5.0]
    assert out["modelled"].tolist() == [True, True, False]


def test_total_without_people_in_cells_is_spread():
    municipalities = towns_of([box(0, 0, 2, 1)], ["2211011"])
    pieces = cells_of([box(0, 0, 1, 1), box(1, 0, 2, 1)], [0.0, 0.0], teryt=["2211011"] * 2)
    out, audit = pop.scale_to_municipal(pieces, municipalities, {"2211011": 10})
    assert out["population"].tolist() == [5.0, 5.0]
    assert any(r.count == 1 and r.action == "modelled" for r in audit)
    empty, _ = pop.scale_to_municipal(
        pieces.assign(population=np.nan), municipalities, {"2211011": 0}
    )
    assert empty["population"].tolist() == [0.0, 0.0]


def test_municipality_outside_the_grid_gets_pieces_of_its_land():
    municipalities = towns_of(
        [box(0, 0, 250, 250), box(9000, 0, 9250, 250)], ["2211011", "2211022"]
    )
    cells = cells_of([box(0, 0, 250, 250)], [4.0])
    table = pd.DataFrame({"teryt": ["2211011", "2211022"], "population": [4, 9]})
    pieces, _ = pop.settle(municipalities, cells=cells, totals=table)
    assert pieces.groupby("teryt")["population"].sum().tolist() == [4.0, 9.0]
    unknown, _ = pop.settle(municipalities, cells=cells)
    assert unknown.loc[unknown["teryt"] == "2211022", "population"].isna().all()


def test_from_municipal_follows_weights():
    municipalities = towns_of([box(0, 0, 500, 250)], ["2211011"])
    weights = gpd.GeoDataFrame(geometry=[shapely.Point(300, 100)], crs=CRS)
    pieces, _ = pop.from_municipal(municipalities, {"2211011": 50}, weights=weights)
    by_x = pieces["population"].to_numpy()[np.argsort(pieces.bounds["minx"])]
    assert by_x.tolist() == [0.0, 50.0]
    assert pieces["modelled"].all()


@settings(max_examples=40, deadline=None)
@given(
    people=st.lists(st.floats(0, 1e5), min_size=9, max_size=9),
    border=st.floats(120, 2900),
    totals=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
    angle=st.floats(0, 90),
)
def test_mass_is_kept_in_every_municipality(people, border, totals, angle):
    squares = [box(x, y, x + 1000, y + 1000) for x in (0, 1000, 2000) for y in (0, 1000, 2000)]
    turned = [affinity.rotate(s, angle, origin=(1500, 1500)) for s in squares]
    municipalities = towns_of(
        [
            box(500, 500, border + 0, 2500) if border > 500 else box(0, 0, border, 500),
            box(max(border, 500), 500, 3000, 2500),
        ],
        ["2211011", "2211022"],
    )
    table = pd.DataFrame({"teryt": municipalities["teryt"], "population": totals})
    pieces, _ = pop.settle(
        municipalities, cells=cells_of(turned, people), totals=table, max_size=400
    )
    # beyond a grid that lists empty cells nobody knows who lives: its total is not pressed in
    open_ = pieces[pieces["population"].isna()]["teryt"].unique()
    got = pieces.groupby("teryt")["population"].sum().reindex(municipalities["teryt"]).to_numpy()
    whole = ~municipalities["teryt"].isin(open_).to_numpy()
    assert got[whole] == pytest.approx(np.array(totals, float)[whole], rel=1e-12, abs=1e-9)
    assert whole.all() or sum(p == 0 for p in people) > 0
    assert (pieces["population"].dropna() >= 0).all()


@settings(max_examples=40, deadline=None)
@given(people=st.lists(st.floats(0, 1e6), min_size=3, max_size=3), size=st.floats(60, 700))
def test_splitting_keeps_each_cell(people, size):
    shapes = [box(0, 0, 900, 700), shapely.Point(2000, 0).buffer(400), box(0, 900, 50, 950)]
    pieces, _ = pop.split_cells(cells_of(shapes, people), max_size=size)
    assert pieces.groupby("cell")["population"].sum().to_numpy() == pytest.approx(
        np.array(people), rel=1e-12, abs=1e-9
    )
    assert pop.cell_width(pieces.geometry.to_numpy()).max() <= max(size * 1.02, 50)


def test_omggs_keeps_every_municipal_total(shared):
    folder = shared / "data/omggs"
    municipalities = gpd.read_file(folder / "municipalities.gpkg")
    cells = gpd.read_file(folder / "population_grid_5km.gpkg")
    table = pd.read_csv(folder / "population_municipal.csv", dtype={"teryt": str})
    table = table.rename(columns={"pop": "population"})
    pieces, audit = pop.settle(municipalities, cells=cells, totals=table, max_size=500)
    totals, _ = pop.municipal_totals(municipalities, table)
    got = pieces.groupby("teryt")["population"].sum().reindex(municipalities["teryt"]).to_numpy()
    assert np.isfinite(totals).all()
    assert totals.sum() == 1632242
    assert got == pytest.approx(totals, rel=1e-12)
    assert any("2211021 = 2211023" in r.examples for r in audit)


def test_a_grid_weighs_like_its_file(tmp_path: Path):
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    values[0, 3] = -1
    path = tmp_path / "w.tif"
    where = Affine(10, 0, 500_000, 0, -10, 500_030)
    with rasterio.open(
        path, "w", driver="GTiff", width=4, height=3, count=1, dtype="float32",
        crs="EPSG:2180", transform=where, nodata=11,
    ) as out:  # fmt: skip
        out.write(values, 1)
    pieces = gpd.GeoDataFrame(
        geometry=[
            shapely.box(500_000, 500_000, 500_020, 500_030),
            shapely.box(500_020, 500_000, 500_040, 500_030),
        ],
        crs="EPSG:2180",
    )
    from_file = weights.weigh(pieces, path)[0]
    from_grid = weights.weigh(pieces, grids.read(path))[0]
    assert from_file.tolist() == from_grid.tolist() == [0 + 1 + 4 + 5 + 8 + 9, 2 + 6 + 7 + 10]


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    size=st.sampled_from([10.0, 25.0, 33.3]),
    pixel=st.sampled_from([5.0, 10.0, 7.3]),
    askew=st.booleans(),
    kind=st.sampled_from(["squares", "turned", "discs", "crosses"]),
)
def test_cells_of_a_raster_are_held_as_a_tree_says(seed, size, pixel, askew, kind):
    """Borders of squares run through centres of cells here: those are the hard ones."""
    random = np.random.default_rng(seed)
    x, y = random.integers(0, 15, (2, 40)) * size
    shapes = box(x, y, x + size, y + size)
    if kind == "turned":
        shapes = shapely.transform(shapes, lambda c: c @ np.array([[0.99, 0.1], [-0.1, 0.99]]))
    elif kind == "discs":
        shapes[::3] = shapely.buffer(shapely.points(x, y), size / 2)[::3]
    elif kind == "crosses":
        shapes = shapely.union(shapes, box(x, y, x + 2 * size, y + size / 2))
    shapes = shapely.transform(shapes, lambda c: c + 500_000)
    values = random.integers(0, 4, (40, 40)).astype(float)
    turn = (1.0, 0.5) if askew else (0.0, 0.0)
    transform = Affine(pixel, turn[0], 500_000, turn[1], -pixel, 500_000 + 40 * pixel)
    row, column = np.nonzero(values)
    x = transform.a * (column + 0.5) + transform.b * (row + 0.5) + transform.c
    y = transform.d * (column + 0.5) + transform.e * (row + 0.5) + transform.f
    places = shapely.points(x, y)
    centre, shape = shapely.STRtree(shapes).query(places, predicate="intersects")
    _, first = np.unique(centre, return_index=True)
    expected = np.bincount(shape[first], values[row, column][centre[first]], minlength=40)
    assert pixels.sums(shapes, values, values > 0, transform).tolist() == expected.tolist()


def test_width_of_a_cell_is_that_of_its_smallest_rectangle():
    square = box(0, 0, 30, 40)
    disc, line = shapely.Point(0, 0).buffer(5), shapely.LineString([(0, 0), (3, 4)])
    shapes = np.array([square, affinity.rotate(square, 25), line])
    assert pop.cell_width(shapes) == pytest.approx([40, 40, 4])
    assert pop.cell_width(np.array([disc])) == pytest.approx([10], rel=0.01)
