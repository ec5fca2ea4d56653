from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from metrogis.checks.spatial_development.plan_validity.check import plan_validity
from metrogis.errors import MissingLayerError, ParameterError, SchemaError
from metrogis.sources.app_gml import read_app


@pytest.fixture
def municipalities(gml) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011", "2264011"], "name": ["A", "B <b>", "C"]},
        geometry=[gml.square(i * 1000, 0, 1000, 1000) for i in range(3)],
        crs=2180,
    )


@pytest.fixture
def plan(gml, plan_of):
    box = gml.square
    return plan_of(
        gml.act(box(0, 0, 1000, 1000)),
        gml.zone(box(0, 0, 1000, 490), "1SU"),
        gml.zone(box(0, 500, 1000, 500), "1SO"),
        gml.zone(box(500, 480, 100, 10), "2SO"),
        gml.act(box(1000, 0, 1000, 1000), teryt="226201"),
        gml.zone(box(1000, 0, 1000, 1000), "1SN", teryt="226201"),
    )


def test_each_municipality_has_a_state_and_no_plan_is_unknown(municipalities, plan) -> None:
    result = plan_validity(municipalities, plan)
    table = result.municipalities.set_index("name")
    assert table["valid"].to_dict() == {"A": "no", "B <b>": "yes", "C": "unknown"}
    assert table.loc["A", ["gap_m2", "overlap_m2", "outside_m2"]].tolist() == [10_000, 1000, 0]
    assert table.loc["B <b>", ["errors", "gap_m2"]].tolist() == [0, 0]
    assert table.loc["C", ["acts", "zones", "errors", "gap_m2"]].isna().all()
    areas = result.features["fault_areas"]
    assert sorted(areas["code"]) == ["gap", "overlap"]
    assert set(areas["municipality"]) == {"A"}
    assert result.figures["gaps_m2"] == pytest.approx(10_000)
    assert result.figures["overlaps_m2"] == pytest.approx(1000)
    assert result.figures["municipalities_without_plan"] == 1
    assert (result.features["faults"].geom_type == "Point").all()
    assert len(result.features["zones"]) == 4


def test_areas_hold_in_the_acts_own_crs(shared, municipalities) -> None:
    folder = shared / "data/app_gml/plan_121201"
    files = ("AktPlanowaniaPrzestrzennego.gml", "StrefaPlanistyczna_LUKA.gml")
    plan = read_app([folder / f for f in files])
    town = gpd.GeoDataFrame(
        {"teryt": ["1212011"], "name": ["X"]}, geometry=plan.acts.to_crs(2180).geometry, crs=2180
    )
    result = plan_validity(town, plan)
    assert result.municipalities["gap_m2"].item() == pytest.approx(442133.975, abs=1e-3)
    area = result.features["fault_areas"]
    assert area.crs.to_epsg() == 2180
    assert area.area.item() != pytest.approx(442133.975, abs=1)


def test_no_zones_means_unknown_not_valid(gml, plan_of, municipalities) -> None:
    result = plan_validity(municipalities, plan_of(gml.act(gml.square(0, 0, 1000, 1000))))
    table = result.municipalities
    assert table["valid"].tolist() == ["unknown"] * 3
    assert np.isnan(table["gap_m2"].iloc[0])
    assert result.features["faults"]["code"].tolist() == ["no_zones"]
    assert result.features["fault_areas"].empty


def test_a_plan_is_placed_by_location_where_its_code_fits_none(
    gml, plan_of, municipalities
) -> None:
    box = gml.square(1000, 0, 1000, 1000)
    plan = plan_of(gml.act(box, teryt="999901"), gml.zone(box, teryt="999901"))
    result = plan_validity(municipalities, plan)
    assert result.municipalities["plan"].tolist() == ["unknown", "yes", "unknown"]
    assert any(r.action == "guessed" for r in result.audit)


def test_profiles_are_checked_unless_told_not_to(gml, plan_of, municipalities) -> None:
    box = gml.square(0, 0, 1000, 1000)
    plan = plan_of(gml.act(box), gml.zone(box, "1SU", profile="U K ZP ZD L"))  # L is additional
    found = plan_validity(municipalities, plan).features["faults"]
    assert found[["code", "detail"]].values.tolist() == [
        ["profile_missing", "I"],
        ["profile_not_allowed", "L"],
    ]
    assert plan_validity(municipalities, plan, check_profiles=False).features["faults"].empty


_SHARE = "minUdzialPowierzchniBiologicznieCzynnej"
BIO = f"<app:{_SHARE}>{{}}</app:{_SHARE}>"


@pytest.mark.parametrize(
    ("share", "local", "code"),
    [
        ("30", [(2000, 2500, 20.0)], None),
        ("29.9", [(2000, 2500, 20.0)], "bio_without_local"),
        ("29.9", None, "bio_below_minimum"),
        ("20", [(0, 500, 20.0), (300, 900, 10.0)], None),
        ("19.9", [(0, 500, 20.0), (300, 900, 10.0)], "bio_below_local"),
        ("19.9", [(0, 500, 20.0), (300, 900, None)], "bio_below_local"),
        ("25", [(0, 500, 20.0), (300, 900, None)], "bio_below_minimum"),
        # a plan beside the zone, or one that reaches over its edge by no more than plans are exact
        ("25", [(1000, 1500, 20.0)], "bio_without_local"),
        ("25", [(975, 1500, 20.0)], "bio_without_local"),
        ("25", [(974, 1500, 20.0)], None),
    ],
)
def test_a_smaller_share_is_lawful_only_by_local_plans(
    gml, plan_of, municipalities, share, local, code
) -> None:
    box = gml.square(0, 0, 1000, 1000)
    values = gml.mandatory("SU", "min_bio_share") + BIO.format(share)
    plan = plan_of(gml.act(box), gml.zone(box, "1SU", values=values))
    layer = None
    if local is not None:
        layer = gpd.GeoDataFrame(
            {"min_bio_share": [float("nan") if v is None else v for *_, v in local]},
            geometry=[gml.square(a, 0, b - a, 1000) for a, b, _ in local],
            crs=2180,
        )
    result = plan_validity(municipalities, plan, local_plans=layer)
    assert result.features["faults"]["code"].tolist() == ([] if code is None else [code])
    assert any(r.layer == "local_plans" for r in result.audit) == (local is None)


def test_a_zone_says_which_mandatory_values_it_lacks(gml, plan_of, municipalities) -> None:
    box = gml.square
    plan = plan_of(
        gml.act(box(0, 0, 1000, 1000)),
        gml.zone(box(0, 0, 1000, 500), "1SU", values=gml.mandatory("SU", "max_height")),
        gml.zone(box(0, 500, 1000, 500), "1SK", values=""),
    )
    result = plan_validity(municipalities, plan)
    zones = result.features["zones"]
    assert zones["missing"].fillna("").tolist() == ["maksWysokoscZabudowy", ""]
    assert zones["colour"].tolist() == ["#FF6C69", "#F2F2F2"]
    assert zones["area_ha"].tolist() == pytest.approx([50, 50])
    assert result.figures["missing_value"] == 1
    assert result.municipalities["errors"].iloc[0] == 1


def test_small_slivers_follow_the_parameter(gml, plan_of, municipalities) -> None:
    box = gml.square
    plan = plan_of(
        gml.act(box(0, 0, 1000, 1000)),
        gml.zone(box(0, 0, 1000, 499.99), "1SU"),
        gml.zone(box(0, 500, 1000, 500), "1SO"),
    )
    table = plan_validity(municipalities, plan).sensitivity(min_area=[0.001, 5, 20])
    assert table["gaps"].tolist() == [1, 1, 0]


def test_bad_input_is_one_clear_error(municipalities, plan) -> None:
    with pytest.raises(MissingLayerError, match="plans"):
        plan_validity(municipalities, None)
    with pytest.raises(SchemaError, match="no plan but GeoDataFrame"):
        plan_validity(municipalities, municipalities)
    with pytest.raises(ParameterError):
        plan_validity(municipalities, plan, min_area=-1)


def test_the_result_can_be_drawn_and_written(municipalities, plan, tmp_path) -> None:
    result = plan_validity(municipalities, plan)
    page = result.explore(language="pl").get_root().render()
    assert "B <b>" not in page
    assert result.to_gpkg(tmp_path / "r.gpkg").exists()
    assert all("{" not in s for s in result.sentences("pl") + result.sentences("en"))
