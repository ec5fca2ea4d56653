"""Plans: structure as in the XSD, zones that tile, the planted faults and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from lxml import etree

from metrogis.crs import axis_order
from metrogis.demo.app_gml import ZONE_TYPES

XS = "{http://www.w3.org/2001/XMLSchema}"
ONE_DECIMAL = re.compile(r"^\d+(\.\d)?$")


def ring(element: Any, swap: bool) -> np.ndarray:
    xy = np.array(element.findtext(".//{*}posList").split(), float).reshape(-1, 2)
    return xy[:, ::-1] if swap else xy


def polygon(element: Any, swap: bool) -> shapely.Polygon:
    outer = ring(element.find("{*}exterior"), swap)
    return shapely.Polygon(outer, [ring(i, swap) for i in element.findall("{*}interior")])


def read(path: Path) -> dict[str, Any]:
    root = etree.parse(path).getroot()
    act = root.find(".//{*}AktPlanowaniaPrzestrzennego")
    srs = act.find(".//{*}MultiSurface").get("srsName")
    order = axis_order(srs)
    zones = root.findall(".//{*}StrefaPlanistyczna")
    shapes = []
    for zone in zones:
        shape = zone.find("{*}geometria/{*}Polygon")
        assert shape.get("srsName") == srs
        shapes.append(polygon(shape, order.northing_first))
    return {
        "root": root,
        "act": act,
        "zones": zones,
        "shapes": np.array(shapes),
        "crs": order.crs,
        "srs": srs,
        "outline": shapely.union_all(
            [polygon(p, order.northing_first) for p in act.iter("{*}Polygon")]
        ),
    }


@pytest.fixture(scope="module")
def plans(folder: Path) -> dict[str, dict[str, Any]]:
    return {p.stem: read(p) for p in sorted((folder / "plans").glob("*.gml"))}


def sequence(schema: Any, name: str) -> list[tuple[str, int, float]]:
    """Elements of a type and of those it extends: name, least and most occurrences."""
    kind = next(t for t in schema.getroot().findall(XS + "complexType") if t.get("name") == name)
    out: list[tuple[str, int, float]] = []
    for base in kind.iter(XS + "extension"):
        if base.get("base").startswith("app:"):
            out += sequence(schema, base.get("base")[4:])
            break
    body = kind.find(f".//{XS}sequence")
    for e in body.findall(XS + "element"):
        most = e.get("maxOccurs", "1")
        least = int(e.get("minOccurs", "1"))
        out.append((e.get("name"), least, np.inf if most == "unbounded" else int(most)))
    return out


def test_structure_is_that_of_the_schema(plans: dict, shared: Path) -> None:
    schema = etree.parse(shared / "data" / "app_gml" / "planowaniePrzestrzenne_2_0.xsd")
    for kind in ("AktPlanowaniaPrzestrzennego", "StrefaPlanistyczna"):
        rules = sequence(schema, f"{kind}Type")
        assert len(rules) > 10
        position = {name: k for k, (name, _, _) in enumerate(rules)}
        for plan in plans.values():
            for feature in plan["root"].iter("{*}" + kind):
                names = [etree.QName(e).localname for e in feature]
                assert names.pop(0) == "identifier"
                order = [position[n] for n in names]
                assert order == sorted(order)
                for name, least, most in rules:
                    assert least <= names.count(name) <= most, name
            for key in plan["root"].iter("{*}Identyfikator"):
                assert [etree.QName(e).localname for e in key] == [
                    "przestrzenNazw", "lokalnyId", "wersjaId"
                ]  # fmt: skip


def test_both_versions_and_every_form_of_srs_name(plans: dict) -> None:
    spaces = {etree.QName(p["act"]).namespace[-3:] for p in plans.values()}
    assert spaces == {"2.0", "3.0"}
    forms = {re.sub(r"\d{4}$", "", p["srs"]) for p in plans.values()}
    assert len(forms) == 3
    assert {p["crs"].to_epsg() for p in plans.values()} == {2176, 2177, 2180}


def test_zones_tile_their_municipality(folder: Path, plans: dict, planted: dict) -> None:
    towns = gpd.read_file(folder / "municipalities.gpkg").set_index("teryt")
    faulty = planted["plan_gap"]["teryt"]
    assert set(towns.index) - set(plans) == {planted["no_plan"]["teryt"]}
    for teryt, plan in plans.items():
        own = towns.loc[[teryt]].to_crs(plan["crs"]).geometry.iloc[0]
        assert plan["outline"].symmetric_difference(own).area < 1e-4 * own.area
        assert shapely.is_valid(plan["shapes"]).all()
        if teryt == faulty:
            continue
        assert shapely.coverage_is_valid(plan["shapes"])
        assert abs(shapely.area(plan["shapes"]).sum() - plan["outline"].area) < 0.01


def test_planted_gap_and_overlap(plans: dict, planted: dict) -> None:
    gap, overlap = planted["plan_gap"], planted["plan_overlap"]
    plan = plans[gap["teryt"]]
    assert plan["crs"].to_epsg() == gap["epsg"]
    whole = shapely.union_all(plan["shapes"])
    missing = plan["outline"].area - whole.area
    twice = shapely.area(plan["shapes"]).sum() - whole.area
    assert missing == pytest.approx(gap["expected"]["area_m2"], abs=0.05)
    assert twice == pytest.approx(overlap["expected"]["area_m2"], abs=0.05)
    hole = gpd.GeoSeries([plan["outline"].difference(whole).buffer(-1)], crs=plan["crs"])
    assert hole.to_crs(2180).distance(shapely.Point(gap["x"], gap["y"])).item() < 1


def test_labels_symbols_and_values(plans: dict) -> None:
    seen: set[str] = set()
    for plan in plans.values():
        ids = [z.findtext(".//{*}lokalnyId") for z in plan["zones"]]
        labels = [z.findtext("{*}oznaczenie") for z in plan["zones"]]
        assert len(set(ids)) == len(ids)
        assert len(set(labels)) == len(labels)
        for zone, label in zip(plan["zones"], labels, strict=True):
            symbol = zone.findtext("{*}symbol")
            seen.add(symbol)
            assert symbol in ZONE_TYPES
            assert re.fullmatch(rf"\d+{symbol}", label)
            for e in zone:
                if etree.QName(e).localname.startswith(("maks", "min")):
                    assert ONE_DECIMAL.match(e.text)
    assert len(ZONE_TYPES) == 13
    assert len(seen) >= 12


def test_zone_types_match_real_acts(shared: Path) -> None:
    real = shared / "data" / "app_gml" / "sample_321202" / "StrefaPlanistyczna.gml"
    href = "{http://www.w3.org/1999/xlink}href"
    compared = 0
    for zone in etree.parse(real).getroot().iter("{*}StrefaPlanistyczna"):
        code, title, basic, _ = ZONE_TYPES[zone.findtext("{*}symbol")]
        assert zone.find("{*}nazwa").get(href).endswith("/" + code)
        assert zone.find("{*}nazwa").get("{http://www.w3.org/1999/xlink}title") == title
        profiles = [p.get(href).split("MPZP-")[1] for p in zone.findall("{*}profilPodstawowy")]
        assert set(basic.split()) <= set(profiles)
        compared += 1
    assert compared == 28
