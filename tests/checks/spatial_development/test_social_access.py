"""Schools and green areas within a walk: reference walks, kinds of municipalities, unknowns."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, Point

from metrogis.checks.shared.standards import SERVICES, SocialParameters, standards_of
from metrogis.checks.spatial_development.social_access.check import social_access
from metrogis.errors import MissingLayerError
from metrogis.evidence.losses import loss, record
from metrogis.streets import StreetNetwork, from_lines
from metrogis.texts import Text

CRS = "EPSG:2180"
X, Y = 470_000.0, 720_000.0
GREENS = ((1.8, 600.0), (1.4, 1300.0), (24.0, 2900.0))


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def box(x0: float, y0: float, x1: float, y1: float) -> Any:
    return shapely.box(X + x0, Y + y0, X + x1, Y + y1)


def town(kind: int = 1, wide: float = 6000.0) -> gpd.GeoDataFrame:
    return frame([box(-wide, -wide, wide, wide)], teryt=[f"226101{kind}"], name=["A"])


def homes(people: float = 100.0) -> gpd.GeoDataFrame:
    """A cell whose corner lies on the street: walks along it begin at x = 0."""
    return frame([box(-100, 0, 0, 100)], population=[people])


def street(*lines: Any) -> StreetNetwork:
    shapes = [LineString([(X - 4000, Y), (X + 700, Y), (X + 5000, Y)]), *lines]
    return from_lines(frame(shapes, highway=["residential"] * len(shapes)), mode="walk")


def school(metres: float, **columns: Any) -> gpd.GeoDataFrame:
    return frame([Point(X + metres, Y)], **columns)


def greens(*areas: tuple[float, float]) -> gpd.GeoDataFrame:
    return frame(
        [Point(X + metres, Y) for _, metres in areas], area_ha=[hectares for hectares, _ in areas]
    )


def cell(**changed: Any) -> Any:
    layers: dict[str, Any] = {
        "municipalities": town(),
        "population": homes(),
        "streets": street(),
        "schools": school(1420),
        "green_areas": greens(*GREENS),
        **changed,
    }
    found = social_access(**{k: v for k, v in layers.items() if v is not None})
    return found.features["cells"].iloc[0]


def test_reference_school_and_greens() -> None:
    found = cell()
    assert (found["school"], found["green"], found["all"]) == ("yes", "yes", "yes")
    assert found["school_m"] == pytest.approx(1420)
    assert found["green_ha"] == pytest.approx(3.2)
    assert found["large_green_m"] == pytest.approx(2900)
    moved = cell(green_areas=greens((1.8, 600), (1.4, 1520), (24, 2900)))
    assert (moved["school"], moved["green"], moved["all"]) == ("yes", "no", "no")


@pytest.mark.parametrize(("metres", "state"), [(1499, "yes"), (1500, "yes"), (1501, "no")])
def test_edge_of_the_walk_to_a_school(metres: float, state: str) -> None:
    assert cell(schools=school(metres))["school"] == state


@pytest.mark.parametrize(
    ("areas", "state"),
    [
        (((3.0, 1500), (20.0, 3000)), "yes"),
        (((3.0, 1501), (20.0, 3000)), "no"),
        (((2.99, 1500), (20.0, 3000)), "no"),
        (((3.0, 1500), (19.99, 3000)), "no"),
        (((3.0, 1500), (20.0, 3001)), "no"),
        (((20.0, 1500),), "yes"),  # a large area counts in the sum as well
        (((20.0, 3000),), "no"),
        ((*[(0.05, 10.0 * k + 20) for k in range(60)], (20.0, 3000)), "yes"),
        ((*[(0.049, 10.0 * k + 20) for k in range(70)], (20.0, 3000)), "no"),
    ],
)
def test_edges_of_green_areas(areas: Any, state: str) -> None:
    assert cell(green_areas=greens(*areas))["green"] == state


@pytest.mark.parametrize(
    ("kind", "metres", "state"),
    [
        (1, 2000, "no"), (4, 2000, "no"), (8, 2000, "no"), (9, 2000, "no"),
        (2, 2000, "yes"), (5, 2000, "yes"), (2, 3001, "no"),
        (3, 1500, "yes"), (3, 1501, "unknown"), (3, 3000, "unknown"), (3, 3001, "no"),
    ],
)  # fmt: skip
def test_town_village_and_both(kind: int, metres: float, state: str) -> None:
    assert cell(municipalities=town(kind), schools=school(metres))["school"] == state


def test_walks_run_along_streets_not_straight() -> None:
    """The school is near in a straight line, and 100 m too far on foot."""
    up = [(X + 700, Y), (X + 700, Y + 450), (X + 250, Y + 450)]
    near = frame([Point(X + 250, Y + 450)])
    assert cell(streets=street(LineString(up)), schools=near, school_town=1600)["school"] == "yes"
    assert cell(streets=street(LineString(up)), schools=near, school_town=1599)["school"] == "no"


def test_walks_end_at_the_border_of_areas_and_cross_where_streets_do() -> None:
    park = frame([box(1480, -200, 1980, 300)])  # 25 ha; the street enters it at 1480
    found = cell(green_areas=park)
    assert found["green"] == "yes"
    assert found["large_green_m"] == pytest.approx(1480)
    building = frame([box(1500, -7, 1530, 7)])
    assert cell(schools=building)["school_m"] == pytest.approx(1500)


def test_overlapping_green_areas_count_once() -> None:
    twice = frame([box(100, -50, 300, 50), box(100, -50, 300, 50), box(300, -50, 340, 50)])
    assert cell(green_areas=twice)["green_ha"] == pytest.approx(2.4)


def test_kinds_and_private_green_do_not_count() -> None:
    assert cell(schools=school(500, kind=["secondary"]))["school"] == "no"
    assert cell(schools=school(500, kind=[None]))["school"] == "yes"
    other = {"schools": school(500, kind=["secondary"]), "school_kinds": ("secondary",)}
    assert cell(**other)["school"] == "yes"
    private = greens((24, 500)).assign(public=[False])
    assert cell(green_areas=private)["green"] == "no"
    assert cell(green_areas=greens((24, 500)).assign(public=[None]))["green"] == "yes"
    forest = greens((24, 500)).assign(kind=["forest"])
    assert cell(green_areas=forest, green_kinds=("park",))["green"] == "no"


# --------------------------------------------------------------------------- unknown


def test_missing_layers_are_unknown_and_one_of_two_is_needed() -> None:
    assert cell(schools=None)["school"] == "unknown"
    assert cell(green_areas=None)["green"] == "unknown"
    with pytest.raises(MissingLayerError):
        cell(schools=None, green_areas=None)


def test_without_streets_only_what_no_straight_line_reaches_is_known() -> None:
    assert cell(streets=None)["school"] == "unknown"
    assert cell(streets=None, schools=school(1501))["school"] == "no"


def test_near_the_edge_of_the_data_only_yes_is_certain() -> None:
    small = town(wide=1400)
    assert cell(municipalities=small)["school"] == "yes"
    assert cell(municipalities=small, schools=school(1600))["school"] == "unknown"
    assert cell(municipalities=small, schools=school(1600), data_margin=300)["school"] == "no"


def test_a_school_on_no_street_may_be_near() -> None:
    away = frame([Point(X + 500, Y + 900)])
    assert cell(schools=away)["school"] == "unknown"
    assert cell(schools=away, street_distance=1000)["school"] == "yes"


def test_a_school_on_a_loose_street_may_be_near() -> None:
    """Whether a short street of its own is joined to the others is not known."""
    loose = LineString([(X + 300, Y + 800), (X + 700, Y + 800)])
    there = {"streets": street(loose), "schools": frame([Point(X + 500, Y + 800)])}
    assert cell(**there)["school"] == "unknown"
    assert cell(**there, street_part=0)["school"] == "no"


def test_lost_schools_leave_no_unknown() -> None:
    lost = record(
        school(5000), [loss("row", Text("x", "x"), count=1, where=Point(X + 400, Y), crs=CRS)]
    )
    assert cell(schools=lost)["school"] == "unknown"


def test_points_of_green_without_area_may_be_large() -> None:
    assert cell(green_areas=greens((np.nan, 500)))["green"] == "unknown"
    assert cell(green_areas=greens((np.nan, 5000)))["green"] == "no"


def test_unknown_residents_are_in_no_share() -> None:
    both = frame([box(-100, 0, 0, 100), box(-300, 0, -200, 100)], population=[100.0, np.nan])
    row = social_access(town(), both, street(), school(1420), greens(*GREENS)).municipalities.iloc[
        0
    ]
    assert (row["residents"], row["all_yes_share"], row["unknown_share"]) == (100, 1, 0)


# --------------------------------------------------------------------------- parcels, capacity


def test_residents_are_shared_among_parcels_by_area() -> None:
    parcels = frame([box(-100, 0, -40, 50), box(-40, 0, 0, 100), box(-90, 60, -50, 90)],
                    built=[True, True, False])  # fmt: skip
    found = social_access(
        town(), homes(), street(), school(1420), greens(*GREENS), parcels=parcels
    ).features["cells"]
    assert found["unit"].tolist() == ["parcel", "parcel"]
    assert sorted(found["residents"]) == pytest.approx([100 * 3 / 7, 100 * 4 / 7])
    assert sorted(found["school_m"]) == pytest.approx([1420, 1460])


def test_capacity_within_the_standards() -> None:
    """Of two zones alike one has all in reach, the other only a school too far."""
    zones = frame(
        [box(-300, 0, 0, 200), box(-4000, 0, -3700, 200)],
        symbol=["SJ", "SJ"], label=["1SJ", "2SJ"], teryt=["2261011"] * 2, max_intensity=[0.3, 0.3],
    )  # fmt: skip
    built = frame([box(-100, 0, 0, 200)])
    row = social_access(
        town(wide=8000), frame([box(-100, 0, 0, 200)], population=[60.0]), street(), school(1200),
        greens((1.8, 600), (1.4, 1200), (24, 2500)), planning_zones=zones, buildings=built,
        cell=20, plot_margin=0, least_built=0,
    ).municipalities.iloc[0]  # fmt: skip
    # 4 ha near and 6 ha far, at 30 residents per ha
    assert row["capacity"] == pytest.approx(300)
    assert row["capacity_all_yes_share"] == pytest.approx(0.4)


@pytest.mark.parametrize(("tolerance", "hectares"), [(25, 4.0), (100, 4.8)])
def test_a_strip_of_a_zone_beyond_the_border_is_its_own_within_the_tolerance(
    tolerance: float, hectares: float
) -> None:
    """A zone of 340 m by 200 m, 40 m of it beyond; 2 ha are built up."""
    two = frame([box(-8000, -8000, 0, 8000), box(0, -8000, 8000, 8000)],
                teryt=["2261011", "2262011"], name=["A", "B"])  # fmt: skip
    zones = frame([box(-300, 0, 40, 200)], symbol=["SJ"], label=["1SJ"], max_intensity=[0.3])
    row = social_access(
        two, frame([box(-100, 0, 0, 200)], population=[60.0]), street(), school(1200),
        greens((1.8, 600)), planning_zones=zones, buildings=frame([box(-100, 0, 0, 200)]),
        cell=20, plot_margin=0, least_built=0, tolerance=tolerance,
    ).municipalities.iloc[0]  # fmt: skip
    assert row["capacity"] == pytest.approx(30 * hectares)


# --------------------------------------------------------------------------- standards of plans


def plan(*areas: dict[str, Any], zones: Any = None) -> Any:
    names = ["primary_school_m", "green_areas_m", "green_areas_ha", "green_area_m",
             "green_area_ha", *(f"{k}_m" for k in SERVICES)]  # fmt: skip
    table = frame([a["land"] for a in areas], **{
        n: np.array([a.get(n, np.nan) for a in areas], dtype=float) for n in names
    })  # fmt: skip
    table["lost"] = [a.get("lost") for a in areas]
    table["teryt6"] = ["226101"] * len(areas)
    table["farmstead_excluded"] = np.array([a.get("farm", False) for a in areas], dtype=bool)
    own = SimpleNamespace(standards=table, zones=zones)
    own.to_crs = lambda crs: own
    return own


def asked(own: Any) -> Any:
    notes: list[Any] = []
    run: Any = SimpleNamespace(
        parameters=SocialParameters(), municipalities=town(), crs=CRS,
        note=lambda *row, **more: notes.append(row),
    )  # fmt: skip
    return standards_of(run, own, np.array([box(-100, 0, 0, 100)]), np.zeros(1, np.int64))


def test_standards_of_a_plan_go_before_those_of_the_act() -> None:
    whole = box(-500, -500, 500, 500)
    found = asked(plan({"land": whole, "primary_school_m": 900.0, "library_m": 2000.0}))
    assert (found.school_low[0], found.total_m[0], found.of_plan[0]) == (900, 1500, True)
    assert found.services["library"].tolist() == [2000]
    away = asked(plan({"land": box(600, 600, 900, 900), "primary_school_m": 900.0}))
    assert (away.school_low[0], away.of_plan[0]) == (1500, False)
    both = plan({"land": whole, "green_area_ha": 10.0}, {"land": whole, "green_area_ha": 15.0})
    assert asked(both).single_ha[0] == 15


def test_lost_standards_are_unknown_and_farmsteads_may_be_left_out() -> None:
    lost = asked(plan({"land": shapely.Point(), "lost": "geometry"}))
    assert lost.known.tolist() == [False]
    farms = frame([box(-200, -200, 200, 200)], symbol=["SZ"])
    own = {"land": box(-500, -500, 500, 500), "primary_school_m": 900.0}
    assert asked(plan({**own, "farm": True}, zones=farms)).school_low[0] == 1500
    assert asked(plan(own, zones=farms)).school_low[0] == 900
