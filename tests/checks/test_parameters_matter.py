"""Every parameter of every check changes something: none is read and forgotten.

Values are tried on the demo, one parameter at a time, until the result differs. To see all of it::

    pytest tests/checks/test_parameters_matter.py -m "long or not long"
"""

from __future__ import annotations

import shutil
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from scipy.ndimage import binary_dilation

import metrogis as mg
from metrogis.checks.contract import Check, Result
from metrogis.checks.registry import CHECKS
from metrogis.errors import MetrogisError, MissingLayerError, ParameterError

QUICK = ("model_coherence",)
"""Checks that take so little time that they are tried in every run."""

VALUES: dict[str, list[Any]] = {
    "sea_values": [(1,), (0,), (5,)],
    "built_up_values": [(0,), (2,)],
    "year_before": [1990],
    "year_after": [2050],
    "modes_required": [("bus", "rail"), ("rail",), ()],
    "class_column": ["name"],
    "driving_side": ["left"],
    "region_seed": [*range(1, 12)],
    "barrier_keeps": [0.3],
    "tolerance": [8.0],
    "slowest_speed": [12.0, 20.0],
}
"""What to try where a number times two, or the other choice, says nothing."""


@pytest.fixture(scope="module")
def metro(demo_s, tmp_path_factory) -> Any:
    """The demo with a gap in a plan, blank flows, flows from beyond, half of the heights.

    Its cycle routes are drawn twice, 1.5 m apart.
    """
    folder = tmp_path_factory.mktemp("parameters") / "demo"
    shutil.copytree(demo_s, folder)
    plan = next((folder / "plans").glob("9802022.gml"))
    lines = plan.read_text(encoding="utf-8").split("<wfs:member>")
    zone = min(i for i, line in enumerate(lines) if line.startswith("<app:StrefaPlanistyczna"))
    plan.write_text("<wfs:member>".join(lines[:zone] + lines[zone + 1 :]), encoding="utf-8")
    with rasterio.open(folder / "elevation.tif", "r+") as raster:
        values = raster.read(1)
        values[:, raster.width // 2 :] = raster.nodata
        raster.write(values, 1)
    flows = pd.read_csv(folder / "od_flows.csv", dtype=str)
    flows.loc[flows.index[1:6], "flow"] = None
    codes = flows["origin"].unique()
    beyond = pd.DataFrame({"origin": codes, "destination": "1465011", "flow": "500"})
    back = beyond.rename(columns={"origin": "destination", "destination": "origin"})
    pd.concat([flows, beyond, back]).to_csv(folder / "od_flows.csv", index=False)
    path = folder / "cycle_routes.geojson"
    routes = gpd.read_file(path)
    again = routes.to_crs(2180).translate(0, 1.5).to_crs(routes.crs)  # another survey of them all
    pd.concat([routes, routes.set_geometry(again)]).to_file(path, driver="GeoJSON")
    return mg.open_metro(folder)


@pytest.fixture(scope="module")
def bare(demo_s, tmp_path_factory) -> Any:
    """The demo without streets, with a timetable of buses only, and land cover short of a cell."""
    folder = tmp_path_factory.mktemp("parameters") / "bare"
    shutil.copytree(demo_s, folder)
    catalog = (folder / "catalog.toml").read_text(encoding="utf-8")
    first, *parts = catalog.split("\n[")
    kept = [part for part in parts if not part.startswith("layers.streets]")]
    (folder / "catalog.toml").write_text("\n[".join([first, *kept]), encoding="utf-8")
    table = pd.read_csv(folder / "coverage.csv", dtype=str)
    table[table["mode"] != "rail"].to_csv(folder / "coverage.csv", index=False)
    with rasterio.open(folder / "land_cover_2024.tif", "r+") as raster:
        values = raster.read(1)
        values[binary_dilation(values == values[0, 0])] = raster.nodata  # beyond all municipalities
        raster.write(values, 1)
    return mg.open_metro(folder)


def candidates(check: Check, name: str, metro: Any) -> Iterator[Any]:
    """Give values of a parameter that differ from the one in use."""
    field = check.parameters.model_fields[name]
    used = getattr(metro.parameters_of(check.id), name)
    yield from VALUES.get(name, ())
    if name == "seats":
        municipalities = metro.municipalities["teryt"].tolist()
        yield {municipalities[0]: str(metro.get("localities")["name"].iloc[-1])}
    elif name == "core":
        yield tuple(metro.municipalities["teryt"].tolist()[2:3])
    elif isinstance(used, bool):
        yield not used
    elif typing.get_origin(field.annotation) is typing.Literal:
        yield from (v for v in typing.get_args(field.annotation) if v != used)
    elif isinstance(used, int | float):
        exact = int if field.annotation is int else float
        yield from (exact(v) for v in (used * 2, used / 2, used * 10, used / 10, 0, used + 1, 1))
        yield from (
            exact(v)
            for v in (used * 100, used / 100, used * 1e4, used + 50, used + 1000, used + 1e5)
        )
    elif isinstance(used, tuple) and used and isinstance(used[0], str):
        yield used[:-1]
        yield used[1:]
    elif isinstance(used, tuple):
        yield from (tuple(factor * v for v in used) for factor in (0.5, 0.8, 1.2, 2))


def differ(one: Result, two: Result) -> bool:
    """Tell whether sentences, figures, rows, values or shapes of two results differ."""
    if one.tables.keys() != two.tables.keys() or one.figures.keys() != two.figures.keys():
        return True
    if one.sentences("en") != two.sentences("en"):
        return True
    if not all(same(one.figures[k], two.figures[k]) for k in one.figures):
        return True
    if any(differ_in_rows(one.tables[k], two.tables[k]) for k in one.tables):
        return True
    return any(
        not np.array_equal(one.rasters[k].values, two.rasters[k].values, equal_nan=True)
        for k in one.rasters.keys() & two.rasters.keys()
    )


def same(a: Any, b: Any) -> bool:
    return bool(a == b) or (a != a and b != b)


def differ_in_rows(one: Any, two: Any) -> bool:
    if one.shape != two.shape or list(one.columns) != list(two.columns):
        return True
    if isinstance(one, gpd.GeoDataFrame):
        shapes = (f.geometry.to_wkb().to_numpy(object) for f in (one, two))
        if not np.array_equal(*shapes):
            return True
        one, two = one.drop(columns=one.geometry.name), two.drop(columns=two.geometry.name)
    return (
        not one.astype(object)
        .reset_index(drop=True)
        .equals(two.astype(object).reset_index(drop=True))
    )


_MANY_SPOTS = {"min_departures": 60}
BESIDE: dict[str | tuple[str, str], dict[str, Any]] = {
    "region_seed": {"region_runs": 1},
    "metres_per_departure": _MANY_SPOTS,
    "split_by_municipality": _MANY_SPOTS,
    ("missing_links", "stress_limit"): {"network": "low_stress"},
}
"""What must be given beside: of thirty runs the best is the same whatever the seed; the demo has
few white spots, and each in one municipality."""


_DRAWN = "active_mobility/test_knowledge.py::test_parameters_that_need_a_place_drawn_for_them"
ELSEWHERE: dict[tuple[str, str], str] = {
    ("white_spots", "merge_distance"): "transport_accessibility/test_white_spots.py"
    "::test_posts_form_one_place_by_distance_and_name",
    ("white_spots", "metres_per_departure"): "transport_accessibility/test_white_spots_fixes.py"
    "::test_the_cheapest_pair_is_taken",
    ("missing_links", "crossing_length"): "active_mobility/test_missing_links_check.py"
    "::test_a_crossing_is_short",
    ("border_gaps", "line_tolerance"): "active_mobility/test_border_gaps.py"
    "::test_what_is_drawn_twice_counts_once",
    ("interchange_access", "entrance_offset"): "active_mobility/test_interchange_access.py"
    "::test_unknown_entrance_may_leave_the_answer_open",
    **{
        ("housing_balance", parameter): "spatial_development/test_housing_balance.py"
        "::test_parameters_for_which_the_demo_has_no_place"
        for parameter in (
            "plot_margin",
            "building_area",
            "road_width",
            "excluded_forms",
            "intensity_breaks",
            "year",
            "floors",
        )
    },
    **{
        ("social_access", parameter): "spatial_development/test_housing_balance.py"
        "::test_parameters_for_which_the_demo_has_no_place"
        for parameter in (
            "plot_margin",
            "building_area",
            "road_width",
            "excluded_forms",
            "intensity_breaks",
        )
    },
    **{
        ("social_access", parameter): "spatial_development/test_social_access.py"
        "::test_kinds_and_private_green_do_not_count"
        for parameter in ("school_kinds", "green_kinds")
    },
    ("plan_validity", "check_profiles"): "spatial_development/test_plan_validity.py"
    "::test_profiles_are_checked_unless_told_not_to",
    ("social_access", "tolerance"): "spatial_development/test_social_access.py"
    "::test_a_strip_of_a_zone_beyond_the_border_is_its_own_within_the_tolerance",
    ("settlement_structure", "suppressed_below"): "spatial_development/test_settlement_structure.py"
    "::test_flows_that_hang_on_what_is_not_published_are_unknown",
    **{
        ("housing_balance", parameter): "spatial_development/test_social_access.py"
        "::test_kinds_and_private_green_do_not_count"
        for parameter in ("school_kinds", "green_kinds")
    },
    ("housing_balance", "street_part"): "spatial_development/test_social_access.py"
    "::test_a_school_on_a_loose_street_may_be_near",
    ("social_access", "street_part"): "spatial_development/test_social_access.py"
    "::test_a_school_on_a_loose_street_may_be_near",
    ("settlement_structure", "coverage_share"): "spatial_development/test_settlement_structure.py"
    "::test_cells_without_a_value_at_a_coast_are_empty",
    **{
        ("settlement_structure", parameter): "../population/test_urbanisation.py"
        "::test_equals_a_plain_implementation"
        for parameter in ("hole", "neighbours")
    },
    **{
        ("infill_audit", parameter): "spatial_development/test_infill_audit.py"
        "::test_belt_of_a_road_is_its_width_and_the_distance"
        for parameter in ("road_width", "road_distance")
    },
    **{
        ("travel_time", parameter): "transport_accessibility/test_travel_time.py"
        "::test_services_are_targets_and_have_places"
        for parameter in ("kinds", "catchment")
    },
}
"""Parameters for which the demo has no place: the test that shows what they change."""
ELSEWHERE |= {
    (check, parameter): _DRAWN
    for check, parameters in {
        "interchange_access": (
            "merge_distance", "same_name_distance", "entrance_distance", "coverage_share",
            "driving_side", "street_part",
        ),
        "planned_links": (
            "merge_distance", "same_name_distance", "entrance_distance", "coverage_share",
            "driving_side", "street_part",
        ),
        "missing_links": (
            "merge_distance", "same_name_distance", "entrance_distance", "coverage_share", "lanes",
        ),
        "cycle_network": ("compare_reach", "coverage_share"),
        "border_gaps": ("coverage_share", "lanes"),
        "rail_access": ("driving_side", "street_part"),
    }.items()
    for parameter in parameters
}  # fmt: skip


@pytest.mark.parametrize(("key", "where"), ELSEWHERE.items(), ids=lambda v: str(v)[:60])
def test_what_is_shown_elsewhere_is_shown_there(key: tuple[str, str], where: str) -> None:
    path, name = where.split("::")
    text = (Path(__file__).parent / path).read_text(encoding="utf-8")
    # the test with the values it is tried on, which stand above it
    head, body = text.split(f"def {name}(")
    case = head.rsplit("\n\n\n", 1)[-1] + body.split("\n\n\n", 1)[0]
    assert key[1] in case
    assert key[0] in case or where != _DRAWN


def matters(check: Check, name: str, before: Result, metro: Any) -> bool:
    beside = BESIDE.get(name, BESIDE.get((check.id, name), {}))
    if beside:
        before = metro.check(check.id, **beside)
    for value in candidates(check, name, metro):
        try:
            after = metro.check(check.id, **beside, **{name: value})
        except ParameterError:
            continue  # not a value of this parameter
        except MetrogisError:
            return True  # with this value nothing is left to answer of
        if differ(before, after):
            return True
    return False


@pytest.mark.parametrize(
    "check",
    [pytest.param(c, id=c.id, marks=[] if c.id in QUICK else [pytest.mark.long]) for c in CHECKS],
)
def test_every_parameter_changes_something(check: Check, metro: Any, bare: Any) -> None:
    before, less = metro.check(check.id), None
    assert not differ(before, metro.check(check.id)), "the same parameters, another result"
    idle = []
    for name in check.parameters.model_fields:
        if (check.id, name) in ELSEWHERE or matters(check, name, before, metro):
            continue
        if less is None:
            try:
                less = bare.check(check.id)
            except MissingLayerError:
                less = False
        if not less or not matters(check, name, less, bare):
            idle.append(name)
    assert ", ".join(idle) == ""
