"""Plans with something taken away: near it less is known, far from it nothing changes.

What was "not known" never becomes "no" or 0, and no certain number becomes another. What is drawn
otherwise (order of rows, direction of rings, vertices, zones in two parts) changes nothing.
"""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrogis.checks.spatial_development.border_coherence.check import border_coherence
from metrogis.checks.spatial_development.corridor_conflicts.check import corridor_conflicts
from metrogis.checks.spatial_development.model_coherence.check import model_coherence
from metrogis.checks.spatial_development.plan_validity.check import plan_validity

CODES = ["226101", "226201", "226401"]
RULES = pd.DataFrame(
    {
        "class": ["green"] * 3,
        "symbol": ["*", "SO", "SR"],
        "compatibility": ["conflict", "compatible", "neutral"],
    }
)
SYMBOLS = ["SO", "SJ", "SR", "SN", "SO", "SO", "SU", "SO", "SO"]
"""Zones of each municipality: three rows of three, from the south west."""
SIZE = 1000


class World:
    """Three municipalities in a row, nine zones each; a corridor along the middle row."""

    def __init__(self, gml) -> None:
        self.gml = gml
        self.municipalities = gpd.GeoDataFrame(
            {"teryt": [f"{c}1" for c in CODES], "name": ["A", "B", "C"]},
            geometry=[gml.square(3 * SIZE * k, 0, 3 * SIZE, 3 * SIZE) for k in range(3)],
            crs=2180,
        )
        self.corridor = gpd.GeoDataFrame(
            {"name": ["K"], "rank": ["local"]},
            geometry=[gml.square(0, SIZE * 0.9, 9 * SIZE, SIZE * 1.2)],
            crs=2180,
        )
        self.houses = gpd.GeoDataFrame(geometry=[gml.square(10, 10, 10, 10)], crs=2180)

    def zones(self) -> list[tuple[str, str, shapely.Polygon]]:
        """Municipality, label and square of each zone."""
        found = []
        for k, code in enumerate(CODES):
            count: dict[str, int] = {}
            for at, symbol in enumerate(SYMBOLS):
                count[symbol] = count.get(symbol, 0) + 1
                square = self.gml.square(
                    3 * SIZE * k + SIZE * (at % 3), SIZE * (at // 3), SIZE, SIZE
                )
                found.append((code, f"{count[symbol]}{symbol}", square))
        return found

    def features(self) -> list[str]:
        acts = [
            self.gml.act(self.municipalities.geometry.iloc[k], teryt=code)
            for k, code in enumerate(CODES)
        ]
        return acts + [self.gml.zone(s, label, teryt=code) for code, label, s in self.zones()]

    def layer(self) -> gpd.GeoDataFrame:
        rows = self.zones()
        return gpd.GeoDataFrame(
            {"symbol": [re.sub(r"\d", "", label) for _, label, _ in rows],
             "teryt": [f"{code}1" for code, _, _ in rows]},
            geometry=[s for _, _, s in rows], crs=2180,
        )  # fmt: skip

    def run(self, plan=None, zones=None) -> dict[str, pd.DataFrame]:
        """Return the tables of the checks that say something of a place."""
        given_ = {"plans": plan, "planning_zones": zones}
        conflicts = corridor_conflicts(
            self.municipalities, self.corridor, **given_, buildings=self.houses, axis_step=60
        )
        borders = border_coherence(self.municipalities, **given_, corridors=self.corridor, step=50)
        areas = self.corridor.assign(**{"class": "green"})
        model = model_coherence(self.municipalities, areas, RULES, **given_)
        found = {
            "corridors": conflicts.features["corridors"],
            "conflict towns": conflicts.municipalities,
            "borders": borders.features["borders"],
            "border towns": borders.municipalities,
            "areas": model.features["areas"],
            "model towns": model.municipalities,
        }
        if plan is not None:
            found["validity"] = plan_validity(self.municipalities, plan).municipalities
        for name, result in (("c", conflicts), ("b", borders), ("m", model)):
            assert all("{" not in s for s in result.sentences("pl") + result.sentences("en")), name
        return {k: pd.DataFrame(t.drop(columns="geometry")) for k, t in found.items()}


@pytest.fixture(scope="module")
def world(gml) -> World:
    return World(gml)


@pytest.fixture
def read(gml, tmp_path):
    from metrogis.sources.app_gml import read_app

    def read_(features: list[str]):
        path = tmp_path / "plans.gml"
        path.write_text(gml.document(*features))
        return read_app(path)

    return read_


BOUNDS = {
    "corridors": (["barrier_ha", "filter_ha", "permeable_ha"], "unknown_ha"),
    "conflict towns": (["barrier_ha", "filter_ha", "permeable_ha"], "unknown_ha"),
    "borders": (["yes_m", "no_m"], "unknown_m"),
    "border towns": (["yes_m", "no_m"], "unknown_m"),
    "areas": (["compatible_ha", "neutral_ha", "conflict_ha"], "unknown_ha"),
    "model towns": (["compatible_ha", "neutral_ha", "conflict_ha"], "unknown_ha"),
}
STATES = {"corridors": ["cut", "state", "state_today"], "validity": ["valid"]}


def weaker(before: dict[str, pd.DataFrame], after: dict[str, pd.DataFrame]) -> None:
    """Hold that what is known after is known before, and that its bounds hold what was known."""
    for table, (columns, unknown) in BOUNDS.items():
        one, two = before[table], after[table]
        assert (two[unknown] >= one[unknown] - 1e-6).all(), table
        for column in columns:
            sure = two[column].fillna(0)
            most = sure + two[unknown]
            some = one[column].notna()
            assert (sure <= one[column].fillna(0) + 1e-6)[some].all(), (table, column)
            assert (most >= one[column].fillna(0) - 1e-6)[some].all(), (table, column)
            # 0 needs complete knowledge: where nothing is known any more the sum is not there
            nothing = two.get("known_m", two.get("known_share", 1 - two.get("unknown_share", 0)))
            assert two[column][(nothing <= 1e-9) & (two[unknown] > 0)].isna().all(), (table, column)
    for table, columns in STATES.items():
        for column in columns if table in before else []:
            changed = before[table][column].ne(after[table][column])
            allowed = {"unknown", "no"} if table == "validity" else {"unknown"}
            assert set(after[table][column][changed]) <= allowed, (table, column)


def same(one: dict[str, pd.DataFrame], two: dict[str, pd.DataFrame], rows=slice(None)) -> None:
    for table, frame in one.items():
        a, b = frame.iloc[rows], two[table].iloc[rows]
        numbers = a.select_dtypes("number").columns
        texts = [c for c in a.columns if c not in numbers]
        assert np.allclose(a[numbers], b[numbers], atol=1e-6, rtol=1e-3, equal_nan=True), table
        pd.testing.assert_frame_equal(a[texts].astype(str), b[texts].astype(str))


def damaged(kind: str, zone: str, gml, square) -> list[str]:
    """Return the features that stand in place of a zone's."""
    west, south, east, north = square.bounds
    points = [(south, west), (south, east), (north, east), (north, west), (south, west)]
    coordinates = " ".join(f"{a:.10g} {b:.10g}" for a, b in points)
    assert coordinates.split()[0] in zone
    pattern = re.compile(r"<gml:posList>[^<]*</gml:posList>")

    def rewritten(text: str) -> list[str]:
        return [pattern.sub(f"<gml:posList>{text}</gml:posList>", zone)]

    values = coordinates.split()
    if kind == "taken away":
        return []
    if kind == "no geometry":
        return [re.sub(r"<app:geometria>.*</app:geometria>", "", zone, flags=re.DOTALL)]
    if kind == "a letter in a number":
        return rewritten(" ".join([*values[:4], "abc", *values[5:]]))
    if kind == "a number missing":
        return rewritten(" ".join([*values[:4], *values[5:]]))
    if kind == "no coordinates":
        return rewritten("")
    if kind == "two points":
        return rewritten(" ".join([*values[:4], *values[:2]]))
    if kind == "a ring that does not close":
        return rewritten(" ".join(values[:-4]))
    if kind == "a ring that crosses itself":
        return rewritten(" ".join([*values[:2], *values[4:6], *values[2:4], *values[6:]]))
    if kind == "unknown symbol":
        return [re.sub(r"<app:symbol>\w+</app:symbol>", "<app:symbol>S?</app:symbol>", zone)]
    if kind == "no symbol":
        return [re.sub(r"<app:symbol>\w+</app:symbol>", "", zone)]
    if kind == "unknown srsName":
        return [zone.replace("http://www.opengis.net/def/crs/EPSG/0/2180", "PL-1992")]
    if kind == "twice, each time otherwise":
        return [zone, re.sub(r"<app:symbol>\w+</app:symbol>", "<app:symbol>SC</app:symbol>", zone)]
    raise AssertionError(kind)


KINDS = [
    "taken away", "no geometry", "a letter in a number", "a number missing", "no coordinates",
    "two points", "a ring that does not close", "a ring that crosses itself", "unknown symbol",
    "no symbol", "unknown srsName", "twice, each time otherwise",
]  # fmt: skip


@pytest.fixture(scope="module")
def whole(world, gml, tmp_path_factory) -> dict[str, pd.DataFrame]:
    from metrogis.sources.app_gml import read_app

    path = tmp_path_factory.mktemp("whole") / "plans.gml"
    path.write_text(gml.document(*world.features()))
    return world.run(read_app(path))


def test_a_whole_plan_is_known(whole) -> None:
    assert whole["corridors"]["unknown_ha"].item() == 0
    assert (whole["borders"]["unknown_m"] == 0).all()
    assert set(whole["validity"]["plan"]) == {"yes"}
    assert set(whole["validity"]["valid"]) == {"yes"}
    assert whole["corridors"]["state"].item() == "open"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", [3, 4])
def test_a_damaged_zone_leaves_its_land_unknown_and_the_rest_as_it_was(
    world, whole, gml, read, kind, at
) -> None:
    """Zones of A in the corridor: one on the outer border, one in the middle."""
    features = world.features()
    square = world.zones()[at][2]
    changed = [
        *features[: 3 + at],
        *damaged(kind, features[3 + at], gml, square),
        *features[4 + at :],
    ]
    plan = read(changed)
    found = world.run(plan)
    weaker(whole, found)
    corridor = found["corridors"]
    # the corridor takes 100 m above and below the zone's 1000 m: its own land at least is unknown
    assert corridor["unknown_ha"].item() >= (50 if "crosses" in kind else 100) - 1e-6
    for table in ("conflict towns", "border towns", "model towns", "validity"):
        a, b = whole[table], found[table]
        numbers = a.select_dtypes("number").columns.drop("border_m", errors="ignore")
        far = a["name"] == "C"
        assert np.allclose(a[far][numbers], b[far][numbers], equal_nan=True), table
        assert (a[far]["plan"] == b[far]["plan"]).all()
    assert found["validity"]["plan"].tolist() == ["partly", "yes", "yes"]
    # a gap is certain only where no zone was lost
    if kind not in ("taken away",):
        assert not (found["validity"]["gap_m2"] > 0).any()


@pytest.mark.parametrize("taken", ["zones", "act", "zones and act"])
def test_a_plan_that_is_taken_away_is_unknown(world, whole, gml, read, taken) -> None:
    features = world.features()
    act = features[:1] if taken == "zones" else []
    zones = features[3:12] if taken == "act" else []
    found = world.run(read([*act, *features[1:3], *zones, *features[12:]]))
    weaker(whole, found)
    state = {"zones": "outline", "act": "yes", "zones and act": "unknown"}[taken]
    for table in ("conflict towns", "border towns", "model towns", "validity"):
        assert found[table]["plan"].tolist() == [state, "yes", "yes"], table
    assert found["validity"]["valid"].tolist() == ["unknown", "yes", "yes"]
    for column in ("gap_m2", "errors"):
        assert found["validity"][column].isna().tolist() == [True, False, False]


def test_plain_polygons_answer_as_plans_do(world, whole) -> None:
    layer = world.layer()
    found = world.run(zones=layer)
    same({k: v for k, v in whole.items() if k != "validity"}, found)
    for change in ("dropped", "no geometry", "unknown symbol", "no symbol"):
        other = layer.copy()
        if change == "dropped":
            other = layer.drop(index=4)
        elif change == "no geometry":
            other.loc[4, "geometry"] = None
        else:
            other.loc[4, "symbol"] = "S?" if change == "unknown symbol" else None
        less = world.run(zones=other)
        weaker(found, less)
        assert less["corridors"]["unknown_ha"].item() >= 100, change
        far = {k: v[v["name"] == "C"] for k, v in found.items() if "name" in v and "towns" in k}
        same(far, {k: less[k][less[k]["name"] == "C"] for k in far})


def test_rows_of_the_structure_that_were_lost_leave_no_municipality_without(world) -> None:
    municipalities, layer = world.municipalities, world.layer()
    here = world.gml.square(0, 0, 1000, 1000)
    lost = gpd.GeoDataFrame({"class": ["green", "green"]}, geometry=[here, None], crs=2180)
    result = model_coherence(municipalities, lost, RULES, planning_zones=layer)
    table = result.municipalities.set_index("name")
    assert table.loc["A", "structure_ha"] == pytest.approx(100)
    assert table.loc["C", ["structure_ha", "conflict_ha"]].isna().all()
    assert result.figures["areas_lost"] == 1
    full = model_coherence(
        municipalities, lost.iloc[:1], RULES, planning_zones=layer
    ).municipalities
    assert full.set_index("name").loc["C", ["structure_ha", "conflict_ha"]].tolist() == [0, 0]


def test_corridors_that_were_lost_may_reach_any_border(world) -> None:
    layer = world.layer().assign(symbol="SJ")
    some = world.corridor.iloc[:1]
    lost = pd.concat(
        [some, gpd.GeoDataFrame({"name": ["?"]}, geometry=[None], crs=2180)], ignore_index=True
    )
    known = border_coherence(world.municipalities, planning_zones=layer, corridors=some)
    found = border_coherence(world.municipalities, planning_zones=layer, corridors=lost)
    a, b = known.features["borders"], found.features["borders"]
    assert (a["unknown_m"] == 0).all()
    assert b["no_m"].tolist() == pytest.approx(a["no_m"].tolist())
    assert (b["unknown_m"] + b["no_m"]).tolist() == pytest.approx(b["border_m"].tolist())


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_what_is_drawn_otherwise_changes_nothing(world, random) -> None:
    layer = world.layer()
    rows = []
    for symbol, code, shape in zip(layer["symbol"], layer["teryt"], layer.geometry, strict=True):
        parts = [shape]
        if random.random() < 0.4:  # a zone in two parts of equal symbol
            west, south, east, north = shape.bounds
            cut = random.choice([0.25, 0.5])
            parts = [
                shapely.box(west, south, west + cut * (east - west), north),
                shapely.box(west + cut * (east - west), south, east, north),
            ]
        for part in parts:
            part = shapely.segmentize(part, random.choice([90, 5000]))
            part = shapely.reverse(part) if random.random() < 0.5 else part
            rows.append((symbol, random.choice([code, None]), part))
    random.shuffle(rows)
    drawn = gpd.GeoDataFrame(
        {"symbol": [r[0] for r in rows], "teryt": [r[1] for r in rows]},
        geometry=[r[2] for r in rows],
        crs=2180,
    )
    if random.random() < 0.5:
        drawn = drawn.drop(columns="teryt")
    same(world.run(zones=layer), world.run(zones=drawn))


@pytest.mark.parametrize("blank", [None, "", "  ", "XX", np.nan])
@pytest.mark.parametrize("first", ["SO", None])
def test_land_whose_zones_have_no_symbol_is_planned_and_its_use_unknown(blank, first):
    """No reader is told that there is no plan: what the plan says is what is not known."""
    squares = [shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)]
    municipalities = gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]}, geometry=squares, crs="EPSG:2180"
    )
    halves = [shapely.box(0, 0, 500, 1000), shapely.box(500, 0, 1000, 1000)]
    zones = gpd.GeoDataFrame({"symbol": [first, blank]}, geometry=halves, crs="EPSG:2180")
    corridor = gpd.GeoDataFrame(
        {"name": ["K"]}, geometry=[shapely.box(0, 400, 2000, 600)], crs="EPSG:2180"
    )
    result = corridor_conflicts(
        municipalities=municipalities, corridors=corridor, planning_zones=zones
    )
    table = result.municipalities
    assert table["plan"].tolist() == ["partly", "unknown"]  # B has no zone at all
    assert table["unknown_ha"].tolist() == ([20.0, 20.0] if first is None else [10.0, 20.0])
    told = [f.text.get(lang) for f in result.findings for lang in ("pl", "en")]
    assert not any("no plan is in the data" in text for text in told)
    assert not any("planu nie ma w danych" in text for text in told)
    rows = [r for r in result.audit if "symbol" in r.what.en]
    assert sum(r.count for r in rows) == (2 if first is None else 1)
