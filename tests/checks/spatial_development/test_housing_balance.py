"""Demand against capacity on drawn plans: reference numbers, order, unknowns, what is taken off."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.checks.shared.lattice import burnt, home_of
from metrogis.checks.spatial_development.housing_balance.check import housing_balance
from metrogis.errors import MissingLayerError
from metrogis.evidence.losses import loss, record
from metrogis.landscape.grid import Grid
from metrogis.planning.soil import soil_class
from metrogis.texts import Text

CRS = "EPSG:2180"
X, Y = 470_000.0, 720_000.0
ZONES = {
    "1SW": ("SW", (0, 0, 400, 400), 1.2),
    "1SJ": ("SJ", (0, 1000, 1000, 2000), 0.3),
    "1SZ": ("SZ", (0, 2000, 800, 2800), 0.3),
}
BUILT = {"1SW": ((0, 0, 400, 100), 440), "1SJ": ((0, 1000, 1000, 1050), 140),
         "1SZ": ((0, 2000, 800, 2050), 36)}  # fmt: skip
"""Built-up strips of 4, 5 and 4 ha, at 110, 28 and 9 people per ha."""
EXPECTED = {"1SW": 12 * 110, "1SJ": 95 * 28, "1SZ": 60 * 9}


def at(x0: float, y0: float, x1: float, y1: float) -> Any:
    return shapely.box(X + x0, Y + y0, X + x1, Y + y1)


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def municipalities() -> gpd.GeoDataFrame:
    return frame([at(0, 0, 3000, 3000)], teryt=["2261011"], name=["A"])


def zones(**moved: tuple[str, Any, float]) -> gpd.GeoDataFrame:
    chosen = {**ZONES, **moved}
    shapes = [at(*box) for _, box, _ in chosen.values()]
    rest = shapely.difference(at(0, 0, 3000, 3000), shapely.union_all(shapes))
    return frame(
        [*shapes, rest],
        symbol=[s for s, _, _ in chosen.values()] + ["SO"],
        label=[*chosen, "1SO"],
        teryt=["2261011"] * (len(shapes) + 1),
        max_intensity=[i for *_, i in chosen.values()] + [np.nan],
    )


def built_up(hole: Any = None) -> Grid:
    transform = Affine(10, 0, X, 0, -10, Y + 3000)
    grid = Grid(np.zeros((300, 300), np.uint8), np.ones((300, 300), bool), transform, CRS, (10, 10))
    grid.values[burnt(np.array([at(*box) for box, _ in BUILT.values()]), grid)] = 1
    if hole is not None:
        grid.valid[burnt(np.array([hole]), grid)] = False
    return grid


def people() -> gpd.GeoDataFrame:
    return frame([at(*box) for box, _ in BUILT.values()],
                 population=[float(p) for _, p in BUILT.values()])  # fmt: skip


def statistics(**changed: Any) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "teryt": ["2261011"] * 3,
            "year": [2024, 2014, 2004],
            "population": [20000.0, 1000, 1000],
            "dwelling_m2": [640_000.0, 28_000, 24_000],
        }
    )
    return table.assign(**changed)


FORECAST = pd.DataFrame({"teryt": ["2261011"], "year": [2044], "population": [21000.0]})


def answer(**changed: Any) -> Any:
    layers: dict[str, Any] = {
        "planning_zones": zones(),
        "housing_statistics": statistics(),
        "population_forecast": FORECAST,
        "population": people(),
        "built_up": built_up(),
        "cell": 10,
        **changed,
    }
    return housing_balance(municipalities(), **{k: v for k, v in layers.items() if v is not None})


def row(**changed: Any) -> Any:
    return answer(**changed).municipalities.iloc[0]


def test_reference_capacity_and_demand() -> None:
    found = answer()
    town = found.municipalities.iloc[0]
    assert town["demand"] == pytest.approx(6050)
    assert town["capacity"] == pytest.approx(4520)
    assert town["ratio"] == pytest.approx(0.747, abs=5e-4)
    assert town["band"] == "within"
    assert (town["unknown_ha"], town["known_share"]) == (0, 1)
    listed = found.features["zones"].set_index("label")
    assert listed["capacity"].to_dict() == pytest.approx(EXPECTED)
    assert listed["undeveloped_ha"].to_dict() == pytest.approx({"1SW": 12, "1SJ": 95, "1SZ": 60})
    assert listed["cross_check"]["1SJ"] == pytest.approx(4809.375)
    assert [town[f"demand_{v}"] for v in ("linear_20", "linear_10", "ratio", "squared")] == (
        pytest.approx([6050, 6050, 7050, 6737.5])
    )


def test_each_zone_says_what_leaving_it_out_would_do() -> None:
    listed = answer().features["zones"].set_index("label")
    assert listed["ratio_without"].to_dict() == pytest.approx(
        {label: (4520 - own) / 6050 for label, own in EXPECTED.items()}
    )
    assert listed["band_without"].to_dict() == {"1SW": "below", "1SJ": "below", "1SZ": "below"}
    # with more room left, the smallest may go
    more = answer(band_low=0.65).features["zones"].set_index("label")
    assert more["band_without"]["1SZ"] == "within"


@pytest.mark.parametrize(
    ("parameters", "band"),
    [
        ({"band_low": 0.75}, "below"),
        ({"variant": "ratio"}, "below"),
        ({"housing_share": 0.5}, "below"),
        ({"forecast_factor": 0.9}, "above"),
    ],
)
def test_parameters_move_the_band(parameters, band) -> None:
    assert row(**parameters)["band"] == band


def test_floors_are_of_the_municipality_and_not_of_the_sum() -> None:
    shrinking = FORECAST.assign(population=14000.0)
    free, floored = (answer(population_forecast=shrinking, floors=f) for f in (False, True))
    assert free.municipalities["demand"].item() == pytest.approx(-1300)
    assert free.municipalities["band"].item() == "above"
    assert math.isnan(free.municipalities["ratio"].item())
    assert floored.municipalities["demand"].item() == 1000
    assert free.figures["demand"] == floored.figures["demand"] == pytest.approx(-1300)


def test_metropolis_is_compared_with_its_own_forecast_only() -> None:
    assert "metropolis_demand" not in answer().figures
    own = pd.concat([FORECAST, FORECAST.assign(teryt="*", population=30000.0)])
    own["published_demand"] = [5000.0, np.nan]
    found = answer(population_forecast=own)
    assert found.figures["metropolis_demand"] == pytest.approx(1.05 * 30000 - 16000)
    assert found.municipalities["published_demand"].item() == 5000


# --------------------------------------------------------------------------- order, whereabouts


def test_order_is_unknown_without_local_plans_and_without_infill_areas() -> None:
    assert row()["order_ok"] == "unknown"
    everything = frame([at(0, 0, 3000, 3000)])
    assert row(local_plans=everything)["order_ok"] == "yes"
    # planning zones name no infill areas: what is outside local plans may be inside one
    part = frame([at(0, 0, 400, 400)])
    assert row(local_plans=part, forecast_factor=0.9)["order_ok"] == "unknown"
    # under the limit the order is kept wherever the land lies
    assert row(local_plans=part)["order_ok"] == "yes"


def test_where_the_capacity_lies() -> None:
    half = frame([at(0, 0, 3000, 1525)], name=["x"])  # all of SW, and half of free SJ
    inside = (EXPECTED["1SW"] + EXPECTED["1SJ"] * (1525 - 1050) / 950) / 4520
    town = row(
        corridors=half,
        soil_classes=half.assign(**{"class": "RIIIb"}),
        flood_hazard=half.assign(probability=0.2),
        protected_areas=half.assign(form="park"),
    )
    # 1525 is the middle of a row of cells: the row counts, its middle lies on the edge or beyond
    row_of_cells = EXPECTED["1SJ"] / 95 / 4520
    for name in ("corridor_share", "farmland_share", "protected_share"):
        assert town[name] == pytest.approx(inside, abs=row_of_cells), name
    assert town["flood_share"] == 0  # under the probability that counts
    assert math.isnan(town["outside_transit_share"])
    assert math.isnan(row()["corridor_share"])
    good = row(soil_classes=half.assign(**{"class": ["RIVa"]}))
    assert good["farmland_share"] == 0


def test_soil_whose_class_cannot_be_read_is_unknown() -> None:
    two = frame([at(0, 0, 3000, 500), at(0, 500, 3000, 3000)], **{"class": ["dr", "II"]})
    found = answer(soil_classes=two)
    assert found.municipalities["farmland_share"].item() == 1  # of what is known
    assert [r.count for r in found.audit if r.layer == "soil_classes"] == [1]
    texts = ["I", "RIIIa", "ŁIV", "PsV", "Lz-VI", "RVIz", "W", "", None]
    assert [soil_class(t) for t in texts] == pytest.approx(
        [1, 3, 4, 5, 6, 6, math.nan, math.nan, math.nan], nan_ok=True
    )


@pytest.mark.parametrize(
    ("layer", "areas", "left"),
    [
        ("protected_areas", {"form": ["Rezerwat przyrody "]}, True),
        ("protected_areas", {"form": ["park krajobrazowy"]}, False),
        ("flood_hazard", {"probability": [1.0]}, True),
        ("flood_hazard", {"probability": [np.nan]}, True),
        ("flood_hazard", {"probability": [0.99]}, False),
    ],
)
def test_legal_exclusions_are_taken_off_and_reported_before_and_after(layer, areas, left) -> None:
    town = row(**{layer: frame([at(0, 0, 400, 400)], name=["x"], **areas)})
    assert town["capacity_before"] == pytest.approx(4520)
    assert town["capacity"] == pytest.approx(4520 - left * EXPECTED["1SW"])


def test_roads_waters_and_forests_are_no_land_for_dwellings() -> None:
    line = shapely.LineString([(X + 200, Y + 100), (X + 200, Y + 400)])
    road = frame([line], highway=["x"], name=["x"])
    town = row(roads=road, road_width=40)
    assert town["undeveloped_ha"] == pytest.approx(167 - 40 * 300 / 1e4)
    cover = replace(built_up(), values=np.full((300, 300), 211, np.int16))
    cover.values[burnt(np.array([at(0, 1050, 1000, 1550)]), cover)] = 312
    assert row(land_cover=cover)["undeveloped_ha"] == pytest.approx(167 - 50)
    assert row(land_cover=cover, unbuildable_values=(512,))["undeveloped_ha"] == pytest.approx(167)


# --------------------------------------------------------------------------- what is built up


def test_built_up_from_buildings_and_parcels() -> None:
    houses = frame([at(0, 0, 400, 100), at(0, 1000, 1000, 1050), at(0, 2000, 800, 2050)])
    by_houses = row(built_up=None, buildings=houses, plot_margin=0)
    assert by_houses["capacity"] == pytest.approx(4520)
    wider = row(built_up=None, buildings=houses, plot_margin=50)
    assert wider["undeveloped_ha"] < by_houses["undeveloped_ha"]
    plots = frame([at(0, 0, 400, 200), at(0, 200, 400, 400)], built=[True, False])
    town = row(built_up=None, parcels=plots)
    assert town["undeveloped_ha"] == pytest.approx(8 + 100 + 64)
    # a parcel that does not say so is built up where a house stands on it
    silent = plots.assign(built=[None, None])
    assert row(built_up=None, parcels=silent, buildings=houses)["undeveloped_ha"] == (
        pytest.approx(172)
    )
    shed = frame([at(0, 0, 5, 6)])
    assert row(built_up=None, parcels=silent, buildings=shed)["undeveloped_ha"] == (
        pytest.approx(180)
    )
    assert row(built_up=None, parcels=silent, buildings=shed, building_area=30)[
        "undeveloped_ha"
    ] == pytest.approx(172)
    # and without houses in the data nobody knows; nothing built says at what density
    assert row(built_up=None, parcels=silent)["unknown_ha"] == pytest.approx(180)
    assert row(parcels=plots, built_from="built_up")["capacity"] == pytest.approx(4520)


def test_density_of_a_type_that_is_not_built_here_is_that_of_others() -> None:
    """Of a zone whose type is built nowhere capacity is unknown, not 0."""
    alone = answer(planning_zones=zones(**{"2SW": ("SW", (2000, 0, 2400, 400), 3.0)}))
    listed = alone.features["zones"].set_index("label")
    assert listed["density"]["2SW"] == pytest.approx(110)  # of its type, another class
    far = answer(
        planning_zones=zones(**{"1SJ": ("SO", (0, 1000, 1000, 2000), 0.3),
                                "2SJ": ("SJ", (2000, 0, 2400, 400), 0.3)})
    )  # fmt: skip
    town = far.municipalities.iloc[0]
    assert town["unknown_ha"] == pytest.approx(16)
    assert town["capacity"] == pytest.approx(12 * 110 + 60 * 9)
    # even at the greatest density that is known it could not hold enough
    assert town["band"] == "below"


# --------------------------------------------------------------------------- what is not known


@pytest.mark.parametrize(
    ("layer", "unknown"),
    [
        ("housing_statistics", ("demand", "ratio")),
        ("planning_zones", ("capacity", "ratio")),
        ("population", ("capacity", "ratio")),
        ("built_up", ("capacity", "ratio")),
    ],
)
def test_a_layer_that_is_missing_makes_the_band_unknown(layer, unknown) -> None:
    found = answer(**{layer: None})
    town = found.municipalities.iloc[0]
    assert town["band"] == "unknown"
    for name in unknown:
        assert math.isnan(town[name]), name
    assert any(f.unknown for f in found.findings)
    assert any(r.action == "unknown" for r in found.audit)


def test_without_plans_and_statistics_there_is_nothing_to_weigh() -> None:
    with pytest.raises(MissingLayerError, match="planning_zones, or housing_statistics"):
        housing_balance(municipalities(), population=people(), built_up=built_up())


def test_without_a_plan_everything_but_demand_is_unknown() -> None:
    found = housing_balance(municipalities(), housing_statistics=statistics())
    town = found.municipalities.iloc[0]
    assert town["band"] == town["order_ok"] == "unknown"
    assert town["unknown_ha"] == 900
    assert found.features["zones"].empty


def test_a_hole_in_what_is_known_gives_bounds_and_no_band_that_it_could_change() -> None:
    hole = at(0, 1400, 1000, 2000)  # 60 ha of free SJ
    town = row(built_up=built_up(hole))
    assert town["unknown_ha"] == pytest.approx(160 - 0, abs=101)
    assert math.isnan(town["ratio"]) or town["capacity"] < 4520
    assert town["band"] == "unknown"


def test_a_plan_lost_in_part_says_only_what_holds_whatever_was_lost() -> None:
    part = zones().iloc[:3]  # the rest of the municipality has no zone in the data
    town = row(planning_zones=part)
    assert town["plan"] == "partly"
    assert town["capacity"] == pytest.approx(4520)
    assert town["unknown_ha"] == pytest.approx(900 - 180)
    assert town["band"] == "unknown"
    assert row(planning_zones=part, forecast_factor=0.9)["band"] == "above"


def test_past_years_lost_are_not_the_missing_data_of_the_rule() -> None:
    now = statistics().iloc[:1]
    town = row(housing_statistics=now)
    assert (town["area_per_person"], town["area_from"]) == (40, "no_data")
    gone = record(now.copy(), [loss("row", Text("x", "x"), count=1, codes=["2261011"])])
    town = row(housing_statistics=gone)
    assert math.isnan(town["demand"])
    assert town["band"] == "unknown"


def test_forecast_lost_is_not_the_forecast_of_today() -> None:
    other = FORECAST.assign(teryt="2262011")
    assert row(population_forecast=other)["demand"] == pytest.approx(5000)
    gone = record(other, [loss("row", Text("x", "x"), count=1)])
    assert math.isnan(row(population_forecast=gone)["demand"])


# --------------------------------------------------------------------------- modelling


def test_order_of_rows_and_grid_of_people_change_nothing() -> None:
    shuffled = zones().iloc[[3, 1, 2, 0]].reset_index(drop=True)
    cells = []
    for box, number in BUILT.values():
        x0, y0, x1, y1 = box
        xs, ys = np.meshgrid(np.arange(x0, x1, 50), np.arange(y0, y1, 50))
        many = shapely.box(X + xs.ravel(), Y + ys.ravel(), X + xs.ravel() + 50, Y + ys.ravel() + 50)
        cells.append(frame(list(many), population=np.full(len(many), number / len(many))))
    fine = gpd.GeoDataFrame(pd.concat(cells, ignore_index=True), crs=CRS)
    other = row(planning_zones=shuffled, population=fine)
    assert other["capacity"] == pytest.approx(4520)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from([50.0, 100.0, 250.0]))
def test_home_of_a_cell_equals_brute_force(seed, size) -> None:
    random = np.random.default_rng(seed)
    keys = np.unique(random.integers(-4, 5, (12, 2)), axis=0)
    random.shuffle(keys)
    corner = keys * size + np.array([X + 7, Y + 3])
    shapes = shapely.box(*corner.T, *(corner + size).T)
    transform = Affine(40, 0, X - 1500, 0, -40, Y + 1500)
    none = np.zeros((80, 80), bool)
    grid = Grid(none, ~none, transform, CRS, (40, 40))
    rows, columns = random.integers(0, 80, (2, 60))
    points = shapely.points(np.column_stack(grid.xy(rows, columns)))
    # hexagons and other shapes take the general way
    for moved in (0, -1):
        polygons = shapely.buffer(shapes, moved, join_style="mitre")
        polygons[:1] = shapely.buffer(polygons[:1], moved)
        inside = shapely.contains(polygons[None, :], points[:, None])
        wanted = np.where(inside.any(axis=1), inside.argmax(axis=1), -1)
        cells = frame(list(polygons), population=np.ones(len(polygons)))
        assert (home_of(cells, grid, rows, columns) == wanted).all()


# --------------------------------------------------------------------------- once, and bounds


@pytest.mark.parametrize("symbol", ["XX", None])
def test_land_of_an_unknown_zone_over_another_is_unknown_once(symbol) -> None:
    over = frame([at(0, 1000, 1000, 2000)], symbol=[symbol], label=["1XX"], teryt=["2261011"],
                 max_intensity=[1.0])  # fmt: skip
    town = row(planning_zones=pd.concat([zones(), over], ignore_index=True))
    assert town["unknown_ha"] == pytest.approx(100)
    assert town["known_share"] == pytest.approx(1 - 100 / 900)
    assert town["band"] == "unknown"


def test_a_zone_lost_anywhere_makes_no_more_land_unknown_than_there_is() -> None:
    town = row(planning_zones=record(zones(), [loss("zone", Text("x", "x"), count=1)]))
    assert (town["unknown_ha"], town["known_share"]) == (pytest.approx(900), 0)


@pytest.mark.parametrize("wide", [4.0, 20.0, 300.0])
def test_land_that_two_zones_of_one_type_share_counts_once(wide) -> None:
    """Strips narrower than a cell count once like wide ones; so does a zone drawn twice."""
    drawn = zones(**{"1SZ": ("SJ", (0, 2000 - wide, 800, 2800), 0.3)})
    free = 12 + (1000 * 1000 + 800 * 800) / 1e4 - 5 - 4
    assert row(planning_zones=drawn)["undeveloped_ha"] == pytest.approx(free, rel=2e-4)
    twice = pd.concat([zones(), zones().iloc[[1]].assign(label="2SJ")], ignore_index=True)
    found = answer(planning_zones=twice)
    assert found.municipalities["undeveloped_ha"].item() == pytest.approx(167)
    assert not [r for r in found.audit if r.layer == "planning_zones" and r.action == "dropped"]


@pytest.mark.parametrize("symbol", ["SO", "SW"])
def test_land_under_a_zone_of_another_type_is_unknown(symbol) -> None:
    """Which of the two holds cannot be told: neither order of rows nor size decides."""
    over = zones().iloc[[1]].assign(label="2X", symbol=symbol)
    both = pd.concat([zones(), over], ignore_index=True)
    for table in (both, both.iloc[::-1].reset_index(drop=True)):
        found = answer(planning_zones=table)
        town = found.municipalities.iloc[0]
        assert town["unknown_ha"] == pytest.approx(95)  # what is built up holds no more
        assert town["capacity"] == pytest.approx(12 * 110 + 60 * 9)
        assert town["band"] == "unknown"
        assert any("another type" in r.what.en for r in found.audit if r.action == "unknown")


def test_one_zone_as_two_and_more_vertices_change_nothing() -> None:
    """Cut where no cell's edge is, and with a vertex every metre."""
    whole = zones()
    shape = whole.geometry[1]
    halves = [shape & at(0, 0, 503, 3000), shape & at(503, 0, 3000, 3000)]
    cut = pd.concat(
        [whole.drop(index=1), *(whole.iloc[[1]].assign(geometry=[h]) for h in halves)],
        ignore_index=True,
    )
    dense = whole.assign(geometry=shapely.segmentize(whole.geometry.to_numpy(), 1.0))
    want = row()
    for table in (cut, dense):
        town = row(planning_zones=table)
        for name in ("capacity", "undeveloped_ha", "cross_check", "ratio"):
            assert town[name] == pytest.approx(want[name], rel=1e-6), name
        assert town["band"] == want["band"]


def test_unknown_land_of_a_denser_type_has_no_bound_by_a_thinner_one() -> None:
    """64 ha for blocks of flats of unknown density: at that of farmsteads they would be too few."""
    gone = {"1SJ": ("SO", ZONES["1SJ"][1], 0.3), "1SW": ("SO", ZONES["1SW"][1], 1.2)}
    flats = zones(**gone, **{"2SW": ("SW", (2000, 0, 2800, 800), 1.2)})
    found = answer(planning_zones=flats)
    town = found.municipalities.iloc[0]
    assert (town["unknown_ha"], town["band"]) == (pytest.approx(64), "unknown")
    assert town["capacity"] == pytest.approx(60 * 9)
    assert math.isnan(town["ratio"])  # part of the capacity against all of the demand
    assert "capacity_ratio" not in found.figures
    # and the zone is listed as unknown, not left out as one without capacity
    listed = found.features["zones"].set_index("label")
    assert math.isnan(listed["capacity"]["2SW"])
    assert listed["unknown_ha"]["2SW"] == pytest.approx(64)
    # a thinner type of unknown density holds no more than the denser one
    farms = zones(**{"1SZ": ("SO", ZONES["1SZ"][1], 0.3),
                     "2SZ": ("SZ", (2000, 0, 2100, 100), 0.3)})  # fmt: skip
    assert row(planning_zones=farms)["band"] == "below"
    assert row(planning_zones=farms, band_low=0.65)["band"] == "within"
    # and land without any zone may be of the densest
    bare = zones(**gone).drop(index=3)
    assert row(planning_zones=bare[bare["symbol"] == "SZ"])["band"] == "unknown"


@pytest.mark.parametrize(("form", "known"), [("park krajobrazowy", True), (None, False)])
def test_a_protected_area_of_unknown_form_may_forbid_housing(form, known) -> None:
    park = frame([at(0, 0, 400, 400)], name=["x"], form=[form])
    for layer in (park, park.drop(columns="form")) if form is None else (park,):
        town = row(protected_areas=layer)
        assert town["unknown_ha"] == pytest.approx(0 if known else 12)
        assert town["capacity"] == pytest.approx(4520 if known else 3200)
        assert town["band"] == ("within" if known else "unknown")


# --------------------------------------------------------------------------- every parameter


def test_parameters_for_which_the_demo_has_no_place() -> None:
    """Each of them changes a number that can be worked out."""
    houses = frame([at(0, 0, 400, 100), at(0, 1000, 1000, 1050), at(0, 2000, 800, 2050)])
    bare: dict[str, Any] = {"built_up": None, "buildings": houses}
    ten = [row(**bare, plot_margin=m)["undeveloped_ha"] for m in (0, 10)]
    # 10 m beside strips of 400, 1000 and twice 800 m, and a corner
    assert ten == pytest.approx([167, 167 - 3.01])

    plots = frame([at(0, 0, 400, 200), at(0, 200, 400, 400)], built=[None, None])
    shed: dict[str, Any] = {"built_up": None, "parcels": plots,
                            "buildings": frame([at(0, 0, 5, 6)])}  # fmt: skip
    areas = [row(**shed, building_area=a)["undeveloped_ha"] for a in (30, 31)]
    assert areas == pytest.approx([172, 180])

    line = shapely.LineString([(X + 200, Y + 100), (X + 200, Y + 400)])
    lane = frame([line], highway=["x"], name=["x"])
    widths = [row(roads=lane, road_width=w)["undeveloped_ha"] for w in (40, 80)]
    assert widths == pytest.approx([167 - 1.2, 167 - 2.4])

    park = frame([at(0, 0, 400, 400)], name=["x"], form=["park krajobrazowy"])
    kept, lost = (
        row(protected_areas=park, excluded_forms=f)["capacity"]
        for f in (("rezerwat",), ("Park krajobrazowy",))
    )
    assert (kept, lost) == (pytest.approx(4520), pytest.approx(4520 - EXPECTED["1SW"]))

    # 16 ha more for flats, all built up by 3,200 people: with a break between 1.2 and 3.0 a class
    # of its own, without it of one with the others
    tall = zones(**{"2SW": ("SW", (2000, 0, 2400, 400), 3.0)})
    full = built_up()
    full.values[burnt(np.array([at(2000, 0, 2400, 400)]), full)] = 1
    more = pd.concat([people(), frame([at(2000, 0, 2400, 400)], population=[3200.0])])
    density = [
        answer(planning_zones=tall, built_up=full, population=more, intensity_breaks=b)
        .features["zones"].set_index("label")["density"]["1SW"]
        for b in ((0.4, 2.0), (0.4,))
    ]  # fmt: skip
    assert density == pytest.approx([110, (440 + 3200) / (4 + 16)])

    now, before = (row(year=y, population_forecast=None)["demand"] for y in (2024, 2014))
    assert (now, before) == (pytest.approx(21000 - 16000), pytest.approx(1050 - 28_000 / 40))
    small = FORECAST.assign(population=15500.0)
    free, floored = (row(population_forecast=small, floors=f)["demand"] for f in (False, True))
    assert (free, floored) == (pytest.approx(275), 1000)


# --------------------------------------------------------------------------- schools and green


def test_capacity_farther_than_the_standards_from_school_and_green() -> None:
    """A town of 3 km without streets: what no straight line reaches is certainly too far."""
    assert np.isnan(row()["beyond_standards_share"])
    for layer in ("schools", "green_areas"):
        gone = row(**{layer: frame([at(90_000, 0, 90_100, 100)])}, data_margin=100_000)
        assert gone["beyond_standards_share"] == 1, layer
    # in reach by a straight line it may be near: without streets nobody knows
    school = frame([at(100, 100, 200, 200)])
    near = row(schools=school, data_margin=100_000, school_town=9000)
    assert np.isnan(near["beyond_standards_share"])
