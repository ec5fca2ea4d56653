"""Drawn infill areas against statutory ones: states at their edges, farmland, what is not known."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from metrogis.checks.spatial_development.infill_audit.check import infill_audit
from metrogis.evidence.losses import loss, record
from metrogis.planning.ouz import KST, compute
from metrogis.sources.app_gml import Plan, read_app
from metrogis.texts import Text

CRS = "EPSG:2180"
X, Y = 470_000.0, 720_000.0
NAMESPACE = "https://www.gov.pl/static/zagospodarowanieprzestrzenne/schemas/app/3.0"


def at(x0: float, y0: float, x1: float, y1: float) -> Any:
    return shapely.box(X + x0, Y + y0, X + x1, Y + y1)


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def municipalities(kind: int = 2) -> gpd.GeoDataFrame:
    return frame([at(0, 0, 2000, 2000)], teryt=[f"226101{kind}"], name=["A"])


HOUSES = [at(70 * i + 500, 500, 70 * i + 510, 510) for i in range(6)]
"""The reference row: Pb 46,539, Pu 7,660, Pp 9,720 m2 (with 64 segments a quarter)."""
STATUTORY = compute(frame(HOUSES)).shrunk
ALLOWED = compute(frame(HOUSES)).allowed


def houses(**columns: Any) -> gpd.GeoDataFrame:
    return frame(HOUSES, **{"kst": ["110"] * 6, **columns})


def ring(shape: Any, name: str) -> str:
    def line(coordinates: Any) -> str:
        text = " ".join(f"{v:.6f}" for xy in coordinates for v in xy)
        return f"<g:LinearRing><g:posList>{text}</g:posList></g:LinearRing>"

    inner = "".join(f"<g:interior>{line(r.coords)}</g:interior>" for r in shape.interiors)
    outer = f"<g:exterior>{line(shape.exterior.coords)}</g:exterior>"
    return f'<a:{name}><g:Polygon srsName="EPSG:2180">{outer}{inner}</g:Polygon></a:{name}>'


def plan(folder: Path, *areas: Any, width: float = 2000) -> Plan:
    """One zone over the municipality, and infill areas."""
    iip = ("<a:idIIP><a:Identyfikator><a:przestrzenNazw>PL.ZIPPZP.1/226101-POG</a:przestrzenNazw>"
           "<a:lokalnyId>{id}</a:lokalnyId></a:Identyfikator></a:idIIP>")  # fmt: skip
    land = at(0, 0, width, 2000)
    members = [
        f"<a:AktPlanowaniaPrzestrzennego>{iip.format(id='1POG')}"
        f"{ring(land, 'zasiegPrzestrzenny')}</a:AktPlanowaniaPrzestrzennego>",
        f"<a:StrefaPlanistyczna>{iip.format(id='1SO')}<a:oznaczenie>1SO</a:oznaczenie>"
        f"<a:symbol>SO</a:symbol>{ring(land, 'geometria')}</a:StrefaPlanistyczna>",
    ]
    for k, area in enumerate(areas, start=1):
        members.append(
            f"<a:ObszarUzupelnieniaZabudowy>{iip.format(id=f'{k}OUZ')}"
            f"<a:oznaczenie>{k}OUZ</a:oznaczenie><a:symbol>OUZ</a:symbol>"
            f"{ring(area, 'geometria')}</a:ObszarUzupelnieniaZabudowy>"
        )
    text = "".join(f"<member>{m}</member>" for m in members)
    file = folder / "plan.gml"
    file.write_text(
        f'<FeatureCollection xmlns="w" xmlns:a="{NAMESPACE}" xmlns:g="http://www.opengis.net/gml">'
        f"{text}</FeatureCollection>"
    )
    return read_app(file)


def parts(shape: Any) -> list[Any]:
    return list(shapely.get_parts(shape))


def row(plans: Plan, kind: int = 1, **layers: Any) -> Any:
    given = {"buildings": houses(), **layers}
    result = infill_audit(municipalities(kind), plans, **given)
    return result.municipalities.iloc[0]


def test_drawn_as_the_regulation_gives(tmp_path: Path) -> None:
    town = row(plan(tmp_path, *parts(STATUTORY)))
    assert town["state"] == "within"
    assert town["statutory_ha"] == pytest.approx(STATUTORY.area / 1e4)
    assert town["drawn_ha"] == pytest.approx(STATUTORY.area / 1e4, rel=1e-6)
    assert town["pp_m2"] == pytest.approx(ALLOWED)
    assert (town["excess_m2"], town["pp_spent_share"], town["unused_ha"]) == (0, 0, 0)


@pytest.mark.parametrize(("spent", "state"), [(0.99, "within"), (1.01, "exceeds")])
def test_an_enlargement_up_to_what_is_allowed(tmp_path: Path, spent: float, state: str) -> None:
    side = math.sqrt(spent * ALLOWED)
    town = row(plan(tmp_path, *parts(STATUTORY), at(1000, 1000, 1000 + side, 1000 + side)))
    assert town["state"] == state
    assert town["pp_spent_share"] == pytest.approx(spent, rel=1e-3)
    # counted in total: two blocks of a half each are one enlargement
    half = side / math.sqrt(2)
    two = [at(x, 1000, x + half, 1000 + half) for x in (1000, 1500)]
    assert row(plan(tmp_path, *parts(STATUTORY), *two))["state"] == state


def test_less_than_statutory_is_lawful_and_slivers_are_nothing(tmp_path: Path) -> None:
    town = row(plan(tmp_path, parts(STATUTORY)[0].buffer(0.2)))
    assert town["state"] == "within"
    assert town["excess_m2"] == 0
    assert town["unused_ha"] == pytest.approx(
        (STATUTORY.area - parts(STATUTORY)[0].area) / 1e4, rel=0.02
    )
    assert row(plan(tmp_path, parts(STATUTORY)[0].buffer(0.2)), sliver=0)["excess_m2"] > 1


def test_no_areas_drawn_is_nothing_to_audit(tmp_path: Path) -> None:
    town = row(plan(tmp_path))
    assert town["state"] == "none"
    assert (town["drawn_ha"], town["excess_m2"], town["farmland_breach_m2"]) == (0, 0, 0)
    assert math.isnan(town["statutory_ha"])
    asked = row(plan(tmp_path), everywhere=True)
    assert asked["state"] == "within"
    assert asked["unused_ha"] == pytest.approx(STATUTORY.area / 1e4)


@pytest.mark.parametrize("kst", [*KST, "1100", " 110 "])
def test_kinds_that_count(tmp_path: Path, kst: str) -> None:
    town = row(plan(tmp_path, *parts(STATUTORY)), buildings=houses(kst=[kst] * 6))
    assert town["state"] == "within"


def test_kinds_that_do_not_count_and_unknown_ones(tmp_path: Path) -> None:
    drawn = plan(tmp_path, *parts(STATUTORY))
    barns = houses(kst=["110"] * 4 + ["108"] * 2)  # four left: no group
    assert row(drawn, buildings=barns)["state"] == "exceeds"
    # two of unknown kind may count or not: neither state is certain
    unknown = row(drawn, buildings=houses(kst=["110"] * 4 + [None] * 2))
    assert unknown["state"] == "unknown"
    assert math.isnan(unknown["statutory_ha"])
    assert math.isnan(unknown["pp_m2"])
    # and where both ways agree it is said
    block = at(1000, 1000, 1400, 1400)
    more = plan(tmp_path, *parts(STATUTORY), block)
    assert row(more, buildings=houses(kst=[None] * 6))["state"] == "exceeds"
    assert row(drawn, buildings=barns.drop(columns="kst"))["state"] == "unknown"


@pytest.mark.parametrize(
    ("kind", "soil", "road", "state"),
    [
        (2, "RIIIa", True, "within"),
        (2, "RIIIa", False, "farmland"),
        (2, "RIVa", False, "within"),
        (1, "RIIIa", False, "within"),  # the rule does not hold in towns
        (3, "RIIIa", False, "unknown"),  # the outline of the town is not in the data
        (2, None, False, "unknown"),
    ],
)
def test_farmland_outside_towns(tmp_path: Path, kind, soil, road, state) -> None:
    """The land added lies between the houses: inside the area before 40 m are taken back."""
    gap = at(500, 515, 860, 530).difference(STATUTORY)
    drawn = plan(tmp_path, *parts(STATUTORY), *parts(gap))
    line = shapely.LineString(
        [(X + 400, Y + 600 if not road else Y + 540), (X + 950, Y + 600 if not road else Y + 540)]
    )
    layers: dict[str, Any] = {"roads": frame([line], highway=["x"], name=["x"])}
    if soil is not None:
        layers["soil_classes"] = frame([at(0, 0, 2000, 2000)], **{"class": [soil]})
    town = row(drawn, kind, **layers)
    assert town["state"] == state
    if state == "farmland":
        assert town["farmland_breach_m2"] == pytest.approx(town["excess_m2"], rel=0.05)
    if state == "unknown":
        assert math.isnan(town["farmland_breach_m2"])
    if soil == "RIIIa" and kind == 2:
        assert math.isnan(
            row(drawn, kind, soil_classes=layers["soil_classes"])["farmland_breach_m2"]
        )


@pytest.mark.parametrize(("kind", "state"), [(4, "within"), (8, "within"), (5, "farmland")])
def test_parts_of_municipalities_are_town_or_not(tmp_path: Path, kind, state) -> None:
    gap = at(500, 515, 860, 530).difference(STATUTORY)
    layers = {"roads": road(900), "soil_classes": SOIL}
    assert row(plan(tmp_path, *parts(STATUTORY), *parts(gap)), kind, **layers)["state"] == state


def road(y: float) -> gpd.GeoDataFrame:
    line = shapely.LineString([(X + 400, Y + y), (X + 950, Y + y)])
    return frame([line], highway=["x"], name=["x"])


SOIL = frame([at(0, 0, 2000, 2000)], **{"class": ["RIIIa"]})


def test_farmland_that_is_lawful_in_villages_is_lawful_beside_a_town(tmp_path: Path) -> None:
    """Of town and villages (kind 3): land near a road breaks the rule in neither."""
    gap = at(500, 515, 860, 530).difference(STATUTORY)
    drawn = plan(tmp_path, *parts(STATUTORY), *parts(gap))
    town = row(drawn, 3, roads=road(540), soil_classes=SOIL)
    assert (town["state"], town["farmland_breach_m2"]) == ("within", 0)
    assert row(drawn, 3, roads=road(900), soil_classes=SOIL)["state"] == "unknown"


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, "within"),
        ({"road_distance": 5}, "farmland"),
        ({"road_width": 60, "road_distance": 5}, "within"),
    ],
)
def test_belt_of_a_road_is_its_width_and_the_distance(tmp_path: Path, changed, state) -> None:
    """A road 15 to 30 m from the land added: 6 m of its belt and 50 m reach over all of it."""
    gap = at(500, 515, 860, 530).difference(STATUTORY)
    drawn = plan(tmp_path, *parts(STATUTORY), *parts(gap))
    assert row(drawn, 2, roads=road(545), soil_classes=SOIL, **changed)["state"] == state


def test_near_a_road_that_was_lost_a_breach_is_not_certain(tmp_path: Path) -> None:
    gap = at(500, 515, 860, 530).difference(STATUTORY)
    drawn = plan(tmp_path, *parts(STATUTORY), *parts(gap))
    for where, state in ((None, "unknown"), (at(600, 540, 700, 560), "unknown"),
                         (at(1800, 1800, 1900, 1900), "farmland")):  # fmt: skip
        lost = loss("road", Text("x", "x"), count=1, where=where, crs=CRS)
        town = row(drawn, 2, roads=record(road(900), [lost]), soil_classes=SOIL)
        assert town["state"] == state, where
        assert math.isnan(town["farmland_breach_m2"]) == (state == "unknown")


@pytest.mark.parametrize("kst", ["m", "dom", "1110", "1220", "11", "999", "-"])
def test_kinds_of_other_classifications_are_unknown_kinds(tmp_path: Path, kst: str) -> None:
    found = infill_audit(
        municipalities(1), plan(tmp_path, *parts(STATUTORY)), houses(kst=[kst] * 6)
    )
    assert found.municipalities["state"].item() == "unknown"
    assert [r.count for r in found.audit if "no KST kind" in r.what.en] == [6]
    assert not [r for r in found.audit if r.layer == "buildings" and r.action == "dropped"]


@pytest.mark.parametrize("kst", [110, 110.0, "110 - budynki mieszkalne", "110;mieszkalny"])
def test_kinds_as_numbers_and_with_names(tmp_path: Path, kst: Any) -> None:
    drawn = plan(tmp_path, *parts(STATUTORY))
    assert row(drawn, buildings=houses(kst=[kst] * 6))["state"] == "within"


def test_states_hold_for_every_choice_of_buildings_that_may_count(tmp_path: Path) -> None:
    """A fifth house of a row gives more to add, one in a ring less: the ends are no bounds of Pp.

    With both or neither the block is too large; with the row alone it is not.
    """
    angles = [2 * math.pi * k / 12 for k in range(12)]
    middle = (1400.0, 1400.0)
    circle = [(middle[0] + 100 * math.cos(a), middle[1] + 100 * math.sin(a)) for a in angles]
    fifth, inner = (580.0, 300.0), middle
    sure = [(300.0 + 70 * k, 300.0) for k in range(4)] + circle

    def built(*more: tuple[float, float]) -> gpd.GeoDataFrame:
        shapes = [at(x - 5, y - 5, x + 5, y + 5) for x, y in [*sure, *more]]
        return frame(shapes, kst=["110"] * len(shapes))

    alone, both = compute(built(fifth)), compute(built(fifth, inner))
    ends = max(compute(built()).allowed, both.allowed)
    assert alone.allowed > ends + 500
    side = math.sqrt((alone.allowed + ends) / 2)
    block = at(200, 1600, 200 + side, 1600 + side)
    drawn = plan(tmp_path, *parts(alone.shrunk), block)
    choices = {name: row(drawn, buildings=built(*more)) for name, more in
               (("alone", (fifth,)), ("both", (fifth, inner)))}  # fmt: skip
    assert choices["alone"]["state"] == "within"
    assert choices["both"]["state"] == "exceeds"
    open_kind = built(fifth, inner)
    open_kind.loc[open_kind.index[-2:], "kst"] = None
    assert row(drawn, buildings=open_kind)["state"] == "unknown"


def test_farmland_is_asked_of_the_most_that_a_plan_may_add(tmp_path: Path) -> None:
    """A seventh house of unknown kind: without it the plan adds farmland away from roads."""
    seven = frame([*HOUSES, at(920, 500, 930, 510)], kst=["110"] * 7)
    drawn = plan(tmp_path, *parts(compute(seven).shrunk))
    layers = {"roads": road(900), "soil_classes": SOIL}
    assert row(drawn, 2, buildings=seven, **layers)["state"] == "within"
    assert row(drawn, 2, buildings=seven.iloc[:6], **layers)["state"] == "farmland"
    seven.loc[6, "kst"] = None
    town = row(drawn, 2, buildings=seven, **layers)
    assert town["state"] == "unknown"
    assert math.isnan(town["excess_m2"])  # 0 with the house, more without it
    assert row(drawn, 1, buildings=seven)["state"] == "within"  # a town: either way lawful


def test_a_group_beyond_the_border_counts_whole(tmp_path: Path) -> None:
    """One house here and four beyond, 95 m apart: the farthest is 400 m from the border."""
    five = frame([at(500 + 105 * k, 500, 510 + 105 * k, 510) for k in range(5)], kst=["110"] * 5)
    both = frame([at(0, 0, 550, 2000), at(550, 0, 2000, 2000)],
                 teryt=["2261011", "2262011"], name=["A", "B"])  # fmt: skip
    own = frame([at(0, 0, 550, 2000)], teryt=["2261011"], name=["A"])
    want = compute(five).shrunk.intersection(own.geometry[0]).area
    drawn = plan(tmp_path, at(500, 500, 505, 505), width=550)
    for buildings, area in ((five, want), (five.iloc[:4], 0)):
        found = infill_audit(both, drawn, buildings, neighbours=True)
        assert found.municipalities["statutory_ha"].iloc[0] * 1e4 == pytest.approx(area)


def test_buildings_of_neighbours_only_on_request(tmp_path: Path) -> None:
    both = frame([at(0, 0, 640, 2000), at(640, 0, 2000, 2000)],
                 teryt=["2261011", "2262011"], name=["A", "B"])  # fmt: skip
    drawn = plan(tmp_path, *parts(STATUTORY))
    own, joined = (
        infill_audit(both, drawn, houses(), neighbours=n).municipalities.iloc[0]
        for n in (False, True)
    )
    # three of the six houses are the municipality's: too few for a group
    assert own["pp_m2"] == 0
    assert joined["statutory_ha"] > 0


def test_without_buildings_or_a_plan_nothing_is_said(tmp_path: Path) -> None:
    drawn = plan(tmp_path, *parts(STATUTORY))
    found = infill_audit(municipalities(), drawn)
    town = found.municipalities.iloc[0]
    assert town["state"] == "unknown"
    assert math.isnan(town["excess_m2"])
    assert any(f.unknown for f in found.findings)
    elsewhere = municipalities().assign(teryt="2262011", geometry=[at(5000, 0, 7000, 2000)])
    assert infill_audit(elsewhere, drawn, houses()).municipalities["state"].item() == "unknown"


def test_a_building_lost_in_reading_leaves_an_excess_unknown(tmp_path: Path) -> None:
    more = plan(tmp_path, *parts(STATUTORY), at(1000, 1000, 1400, 1400))
    lost = houses()
    lost.loc[6] = ["110", None]
    town = row(more, buildings=gpd.GeoDataFrame(lost, geometry="geometry", crs=CRS))
    assert town["state"] == "unknown"
    assert math.isnan(town["excess_m2"])
    kept = row(plan(tmp_path, *parts(STATUTORY)), buildings=lost)
    assert kept["state"] == "within"  # with more buildings it could only be more


def test_real_plans_are_read_with_what_is_not_known(shared: Path) -> None:
    """The shipped plans come without buildings: only reading, and stated unknowns."""
    file = next((shared / "data/app_gml/sample_321202").glob("*.gml"))
    act = read_app(file).to_crs(CRS)
    land = act.acts if len(act.acts) else act.zones
    own = frame([land.geometry.union_all()], teryt=["3212021"], name=["x"])
    found = infill_audit(own, act)
    assert found.municipalities["state"].item() in ("none", "unknown")
