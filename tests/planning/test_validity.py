from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.planning.overlay import intersect, misfits, self_overlaps, union
from metrogis.planning.validity import LEVELS, find_faults, owners
from metrogis.planning.zones import ZONE_TYPES, SeverityTable, zone_table
from metrogis.sources.app_gml import read_app

FAULTY = {
    "LUKA": ["gap"],
    "NAKLADANIE": ["overlap"],
    "SAMOPRZECIECIE-PIERSCIENIA": ["invalid_ring"],
    "BLEDNE-OZNACZENIE": ["label_mismatch"],
    "BLEDNY-SYMBOL": ["label_mismatch"],
    "DUPLIKAT-LOKALNYID": ["duplicate_local_id"],
    "DUPLIKAT-OZNACZENIE": ["duplicate_label", "label_mismatch"],
    "DWA-MIEJSCA-INTENSYWNOSC": ["decimals"],
    "DWA-MIEJSCA-UDZIAL-BIO": ["decimals"],
    "DWA-MIEJSCA-UDZIAL-ZABUDOWY": ["decimals"],
    "DWA-MIEJSCA-WYS-ZABUDOWY": ["decimals"],
    "OK": [],
}
AREAS = {"LUKA": 442133.975, "NAKLADANIE": 447258.83}
DETAILS = {
    "DWA-MIEJSCA-INTENSYWNOSC": "maksNadziemnaIntensywnoscZabudowy: 0.95",
    "DWA-MIEJSCA-UDZIAL-BIO": "minUdzialPowierzchniBiologicznieCzynnej: 30.15",
    "DWA-MIEJSCA-UDZIAL-ZABUDOWY": "maksUdzialPowierzchniZabudowy: 30.15",
    "DWA-MIEJSCA-WYS-ZABUDOWY": "maksWysokoscZabudowy: 15.55",
    "BLEDNY-SYMBOL": "1SP / SZ",
    "BLEDNE-OZNACZENIE": "1BLAD / SP",
}


@pytest.mark.parametrize("name", FAULTY)
def test_each_faulty_file_yields_its_fault_and_what_follows(shared, name) -> None:
    folder = shared / "data/app_gml/plan_121201"
    files = ("AktPlanowaniaPrzestrzennego.gml", f"StrefaPlanistyczna_{name}.gml")
    faults = find_faults(read_app([folder / f for f in files]))
    assert sorted(faults["code"]) == FAULTY[name]
    if name in AREAS:
        assert faults["area_m2"].item() == pytest.approx(AREAS[name], abs=1e-3)
        assert faults.area.item() == pytest.approx(AREAS[name], abs=1e-3)
    if name in DETAILS:
        assert faults["detail"].item() == DETAILS[name]
    assert np.isfinite(faults[["x", "y"]].to_numpy()).all()


@pytest.mark.parametrize(("name", "gap"), [("", None), ("_bledna", 245.014)])
def test_the_ministrys_sample(shared, name, gap) -> None:
    folder = shared / "data/app_gml/sample_321202"
    files = ("AktPlanowaniaPrzestrzennego.gml", f"StrefaPlanistyczna{name}.gml")
    plan = read_app([folder / f for f in files], crs=2180)
    faults = find_faults(plan)
    if gap is None:
        assert faults.empty
    else:
        assert faults["code"].tolist() == ["gap"]
        assert faults["area_m2"].item() == pytest.approx(gap, abs=1e-3)  # own CRS, not 2180
        assert faults.area.item() != pytest.approx(gap, abs=1e-3)
        assert faults["other"].item() == "1SK, 1SZ"


def test_an_act_without_zones_and_a_zone_without_an_act(shared) -> None:
    gdansk = find_faults(read_app(shared / "data/omggs/planning/gdansk_pog_act.gml"))
    assert gdansk[["code", "level"]].values.tolist() == [["no_zones", "note"]]
    sopot = find_faults(read_app(shared / "data/omggs/planning/sopot_zone_100SU_app3.gml"))
    assert sopot["code"].tolist() == ["bio_below_minimum", "no_act"]
    assert set(sopot["level"]) == {"warning"}


@pytest.fixture
def plan_of(gml, tmp_path):
    def plan_of_(*features: str, version: str = "2.0"):
        path = tmp_path / "p.gml"
        path.write_text(gml.document(*features, version=version))
        return read_app(path)

    return plan_of_


def test_every_other_fault_is_found_where_it_is(gml, plan_of) -> None:
    box = gml.square
    bio = "<app:minUdzialPowierzchniBiologicznieCzynnej>{}</app:minUdzialPowierzchniBiologicznieCzynnej>".format  # noqa: E501
    plan = plan_of(
        gml.act(box(0, 0, 100, 100)),
        gml.zone(box(0, 0, 100, 20), "1XX"),
        gml.zone(box(0, 20, 100, 20), "1SN", values=bio("49.9")),
        gml.zone(box(0, 40, 100, 20), "2SN", values=bio("120")),
        gml.zone(box(0, 60, 100, 20), "1SU", valid_from="2025-05-01", valid_to="2025-01-01"),
        gml.zone(box(0, 80, 110, 20), "2SU", values=gml.mandatory("SU").replace(">12<", ">-3<")),
    )
    found = find_faults(plan)
    assert sorted(zip(found["label"], found["code"], strict=True)) == [
        ("1SN", "bio_below_minimum"),
        ("1SU", "date_order"),
        ("1XX", "unknown_symbol"),
        ("2SN", "out_of_range"),
        ("2SU", "out_of_range"),
        ("2SU", "outside_act"),
    ]
    outside = found.query("code == 'outside_act'").iloc[0]
    assert outside["area_m2"] == pytest.approx(200)
    assert outside.geometry.equals(box(100, 80, 10, 20))


def test_structure_is_checked_by_version(gml, plan_of) -> None:
    box = gml.square(0, 0, 10, 10)
    act = gml.act(box)
    twice = gml.zone(box).replace("<app:symbol>SO</app:symbol>", "<app:symbol>SO</app:symbol>" * 2)
    odd = gml.zone(box, values="<app:kolor>zielony</app:kolor>")
    moved = gml.zone(box, drop="status").replace(
        "<app:symbol>", gml.code("status", "legalForce") + "<app:symbol>"
    )

    def codes(zone: str, version: str = "2.0") -> list[tuple[str, str]]:
        frame = find_faults(plan_of(act, zone, version=version))
        return list(zip(frame["code"], frame["detail"], strict=True))

    assert codes(gml.zone(box)) == []
    assert codes(gml.zone(box, drop="status")) == [("missing_element", "status")]
    assert codes(gml.zone(box, drop="profilPodstawowy")) == [
        ("missing_element", "profilPodstawowy")
    ]
    assert codes(twice) == [("repeated_element", "symbol")]
    assert codes(odd) == [("unknown_element", "kolor")]
    assert codes(odd, "3.0") == []
    assert ("element_order", "symbol") in codes(moved)


def test_duplicates_are_looked_for_in_their_act_only(gml, plan_of) -> None:
    box = gml.square
    plan = plan_of(
        gml.act(box(0, 0, 10, 10)),
        gml.zone(box(0, 0, 10, 10), "1SO"),
        gml.act(box(10, 0, 10, 10), teryt="226201"),
        gml.zone(box(10, 0, 10, 10), "1SO", teryt="226201"),
    )
    assert find_faults(plan).empty
    assert owners(plan).tolist() == [0, 1]


def test_zones_in_another_crs_than_their_act(gml, plan_of) -> None:
    import geopandas as gpd

    box = gml.square(0, 0, 1000, 1000)
    there = gpd.GeoSeries([box], crs=2180).to_crs(2177).item()
    plan = plan_of(gml.act(box), gml.zone(there, epsg=2177))
    faults = find_faults(plan, min_area=1)
    assert faults["code"].tolist() == ["mixed_crs"]


@pytest.mark.parametrize(
    ("text", "bad"),
    [("0.9", False), ("30", False), ("30.10", False), ("1.25", True), ("5e-2", True)],
)
def test_decimals_are_counted_by_value(gml, plan_of, text, bad) -> None:
    value = f"<app:maksUdzialPowierzchniZabudowy>{text}</app:maksUdzialPowierzchniZabudowy>"
    box = gml.square(0, 0, 10, 10)
    found = find_faults(plan_of(gml.act(box), gml.zone(box, values=value)))
    assert found["code"].tolist() == (["decimals"] if bad else [])


# ------------------------------------------------------------------------- invariants

_CELL = 50.0


@st.composite
def _tilings(draw):
    """Zones on a grid: each cell covered 0, 1 or 2 times, by zones of random cells."""
    n = draw(st.integers(1, 4))
    counts = draw(st.lists(st.integers(0, 2), min_size=n * n, max_size=n * n))
    zones = []
    for at, count in enumerate(counts):
        zones += [(at % n, at // n)] * count
    return n, counts, zones


@settings(max_examples=60, deadline=None)
@given(_tilings(), st.floats(0, 3.1))
def test_zones_less_overlaps_plus_gaps_make_the_act(tiling, angle) -> None:
    n, counts, cells = tiling
    c, s = np.cos(angle), np.sin(angle)
    turn = lambda xy: xy @ np.array([[c, s], [-s, c]]) + [470_000, 720_000]  # noqa: E731
    boxes = [shapely.box(x * _CELL, y * _CELL, (x + 1) * _CELL, (y + 1) * _CELL) for x, y in cells]
    zones = np.asarray(shapely.transform(np.array(boxes, dtype=object), turn), dtype=object)
    act = shapely.transform(shapely.box(0, 0, n * _CELL, n * _CELL), turn)
    overlap = self_overlaps(zones, min_area=1e-3)
    assert len(overlap.left) == counts.count(2)
    assert overlap.area == pytest.approx(np.full(counts.count(2), _CELL**2), rel=1e-6)
    covered = union(zones)
    gap = shapely.difference(act, covered).area
    total = shapely.area(zones).sum() - overlap.area.sum() + gap
    assert total == pytest.approx(act.area, rel=1e-6)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(*[st.floats(0, 50)] * 2, *[st.floats(1, 30)] * 2), min_size=1, max_size=12),
    st.lists(st.tuples(*[st.floats(0, 50)] * 2, *[st.floats(1, 30)] * 2), min_size=1, max_size=12),
)
def test_overlays_equal_brute_force(left, right) -> None:
    a = np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in left], dtype=object)
    b = np.array([shapely.box(x, y, x + w, y + h) for x, y, w, h in right], dtype=object)
    areas = shapely.area(shapely.intersection(a[:, None], b[None, :]))
    found = intersect(a, b, min_area=1e-6)
    expected = np.argwhere(areas > 1e-6)
    assert np.column_stack([found.left, found.right]).tolist() == expected.tolist()
    assert found.area == pytest.approx(areas[areas > 1e-6], rel=1e-9)
    own = shapely.area(shapely.intersection(a[:, None], a[None, :]))
    pairs = self_overlaps(a, min_area=1e-6)
    upper = np.argwhere(np.triu(own, 1) > 1e-6)
    assert np.column_stack([pairs.left, pairs.right]).tolist() == upper.tolist()


def test_misfits_never_miss_a_zone_inside_another() -> None:
    zones = np.array([shapely.box(0, 0, 9, 9), shapely.box(3, 3, 5, 5)], dtype=object)
    assert misfits(zones).any()
    assert self_overlaps(zones).area.tolist() == [4.0]
    same = np.array([shapely.box(0, 0, 9, 9)] * 2, dtype=object)
    assert self_overlaps(same).area.tolist() == [81.0]


def test_many_pairs_are_cut_in_threads_as_in_one() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 1000, (2, 3000))
    zones = shapely.box(x, y, x + 30, y + 30)
    big = shapely.buffer(shapely.points(rng.uniform(0, 1000, (40, 2))), 120)
    one, two = intersect(big, zones, threads=1), intersect(big, zones, threads=3)
    assert len(one.left) > 5000
    assert one.area.tolist() == two.area.tolist()
    assert one.right.tolist() == two.right.tolist()


# ------------------------------------------------------------------------- rules


def test_thirteen_types_with_the_minimum_shares_of_the_annex() -> None:
    table = zone_table("pl").set_index("symbol")
    assert len(table) == 13
    least = dict.fromkeys(["SW", "SJ", "SZ", "SU", "SH", "SR", "SC"], 30.0)
    least |= {"SP": 20.0, "SI": 20.0, "SN": 50.0}
    assert table["min_bio_share"].dropna().to_dict() == least
    assert all(level in ("error", "warning", "note") for level in LEVELS.values())


def test_default_severity_is_the_rule_table_of_the_project(project) -> None:
    import pandas as pd

    table = pd.read_csv(project / "layers/common/corridor_severity.csv", dtype=str)
    assert (table["source"].str.len() > 3).all()
    rules = SeverityTable(table)
    for symbol, kind in ZONE_TYPES.items():
        assert rules.of(symbol, None) == rules.of(symbol, "any") == kind.severity
    zones = pd.read_csv(project / "layers/common/zone_types.csv", dtype=str).set_index("symbol")
    for symbol, kind in ZONE_TYPES.items():
        row = zones.loc[symbol]
        assert (row["name_pl"], row["name_en"]) == (kind.name.pl, kind.name.en)
        assert row["profile"].split() == list(kind.profile)
        assert row["additional"].split() == list(kind.additional)
        share = row["min_bio_share"]
        assert (None if pd.isna(share) else float(share)) == kind.min_bio_share
        assert len(row["source"]) > 3
