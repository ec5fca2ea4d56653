from __future__ import annotations

import gzip
import math
import zipfile

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from metrogis.errors import CRSError, SourceError
from metrogis.sources import app_schema, app_xml
from metrogis.sources.app_geometry import _arc
from metrogis.sources.app_gml import read_app


@pytest.fixture
def write(tmp_path):
    def write_(text: str | bytes, name: str = "plan.gml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_


# ------------------------------------------------------------------------- real files


def test_sample_tiles_its_act_and_every_field_is_read(shared) -> None:
    folder = shared / "data/app_gml/sample_321202"
    names = ("AktPlanowaniaPrzestrzennego.gml", "StrefaPlanistyczna.gml")
    plan = read_app([folder / n for n in names])
    assert (len(plan.acts), len(plan.zones)) == (1, 28)
    assert plan.crs.to_epsg() == 2176
    assert plan.zones.area.sum() / 1e6 == pytest.approx(94.507588, abs=1e-6)
    zone = plan.zones.iloc[0]
    assert zone["namespace"] == "PL.ZIPPZP.11111/321202-POG"
    assert (zone["local_id"], zone["version_id"]) == ("1POG-1SZ", "20241204T095812")
    assert (zone["label"], zone["symbol"], zone["teryt6"]) == ("1SZ", "SZ", "321202")
    assert (zone["status"], zone["binding"]) == ("elaboration", "generallyBinding")
    assert str(zone["version_from"]) == "2024-12-04 09:58:12+00:00"
    assert str(zone["valid_from"].date()) == "2024-12-04"
    assert zone["profile_basic"] == "RZM;RZP;RA;K;ZP;ZD;I"
    assert zone["profile_additional"] == "L;W;ZN"
    assert zone["max_intensity"] == 0.8
    assert zone["max_height_text"] == "15.0"
    assert (plan.acts["title"].item(), plan.acts["kind"].item()) == (
        "Plan ogólny gminy ABC",
        "planOgolnyGminy",
    )
    assert plan.problems.empty


def test_act_of_gdansk_keeps_its_holes(shared) -> None:
    plan = read_app(shared / "data/omggs/planning/gdansk_pog_act.gml")
    assert plan.crs.to_epsg() == 2177
    shape = plan.acts.geometry.item()
    parts = shapely.get_parts(shape)
    assert shapely.get_num_interior_rings(parts).sum() == 16
    assert shape.area / 1e6 == pytest.approx(254.204105, abs=1e-6)
    outer = shapely.area(shapely.polygons(shapely.get_exterior_ring(parts))).sum()
    assert outer / 1e6 == pytest.approx(254.925, abs=5e-4)
    moved = plan.to_crs(2180)
    assert moved.acts.area.item() != pytest.approx(shape.area, rel=1e-6)  # why own CRS matters
    assert moved.in_own_crs("acts")["EPSG:2177"].area.item() == shape.area


def test_app_3_of_the_national_register(shared) -> None:
    data = shared / "data"
    plan = read_app(
        [
            data / "omggs/planning/sopot_zone_100SU_app3.gml",
            data / "app_gml/rejestr_urbanistyczny_osd_app3.gml",
        ]
    )
    assert plan.zones["app_version"].item() == "3.0"
    assert plan.zones["min_bio_share"].item() == 5.0
    assert 469_000 < plan.zones.geometry.item().centroid.x < 471_000
    area = plan.standards.iloc[0]
    assert (area["primary_school_m"], area["green_area_ha"]) == (3000.0, 20.0)
    assert area["farmstead_excluded"] is False or not area["farmstead_excluded"]
    assert math.isnan(area["pharmacy_m"])
    assert plan.problems.empty


def test_act_121201(shared) -> None:
    folder = shared / "data/app_gml/plan_121201"
    plan = read_app(folder / "AktPlanowaniaPrzestrzennego.gml")
    assert plan.acts.area.item() / 1e6 == pytest.approx(38.142697, abs=1e-6)


def test_schema_2_0_agrees_with_its_xsd(shared) -> None:
    from lxml import etree

    tree = etree.parse(str(shared / "data/app_gml/planowaniePrzestrzenne_2_0.xsd"))
    xs = {"x": "http://www.w3.org/2001/XMLSchema"}

    def elements(name: str) -> list[app_schema.Element]:
        kind = tree.xpath(f"//x:complexType[@name='{name}']", namespaces=xs)[0]
        base = kind.xpath("./x:complexContent/x:extension/@base", namespaces=xs)
        own = kind.xpath(
            "./x:complexContent/x:extension/x:sequence/x:element", namespaces=xs
        ) or kind.xpath("./x:sequence/x:element", namespaces=xs)
        before = elements(base[0].removeprefix("app:")) if base and "app:" in base[0] else []
        return before + [
            app_schema.Element(
                e.get("name"),
                int(e.get("minOccurs", 1)),
                app_schema.MANY if e.get("maxOccurs") == "unbounded" else 1,
            )
            for e in own
        ]

    for kind, rules in app_schema.VERSIONS["2.0"].items():
        assert elements(f"{kind}Type") == list(rules), kind


# ------------------------------------------------------------------------- forms


@pytest.mark.parametrize("form", ["uri", "urn", "xml", "short"])
@pytest.mark.parametrize("epsg", [2180, 2177])
def test_every_form_of_srsname_gives_the_same_place(gml, write, form, epsg) -> None:
    import geopandas as gpd

    square = gml.square(0, 0, 100, 50)
    there = gpd.GeoSeries([square], crs=2180).to_crs(epsg).item()
    plan = read_app(write(gml.document(gml.zone(there, form=form, epsg=epsg))), crs=2180)
    assert plan.zones.crs.to_epsg() == 2180
    assert shapely.hausdorff_distance(plan.zones.geometry.item(), square) < 1e-3


def test_versions_and_crss_mix_in_one_plan(gml, write) -> None:
    import geopandas as gpd

    there = gpd.GeoSeries([gml.square(100, 0, 100, 50)], crs=2180).to_crs(2177).item()
    a = write(gml.document(gml.zone(gml.square(0, 0, 100, 50)), version="1.0"), "a.gml")
    b = write(gml.document(gml.zone(there, "2SO", epsg=2177, form="urn"), version="3.0"), "b.gml")
    plan = read_app([a, b])
    assert plan.zones["app_version"].tolist() == ["1.0", "3.0"]
    assert plan.zones["crs"].tolist() == ["EPSG:2180", "EPSG:2177"]
    assert plan.crs.to_epsg() == 2180
    assert set(plan.in_own_crs("zones")) == {"EPSG:2180", "EPSG:2177"}
    assert any("several CRSs" in r.what.en for r in plan.audit)
    assert plan.zones.union_all().area == pytest.approx(10_000, rel=1e-3)


def test_gzip_zip_and_folder_are_read(gml, write, tmp_path) -> None:
    text = gml.document(gml.zone(gml.square(0, 0, 10, 10))).encode()
    packed = write(gzip.compress(text), "z.gml.gz")
    archive = tmp_path / "z.zip"
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("folder/z.gml", text)
        z.writestr("readme.txt", "hello")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "one.gml").write_bytes(text)
    for source in (packed, archive, folder):
        assert len(read_app(source).zones) == 1
    assert "folder/z.gml" in read_app(archive).zones["file"].item()


def test_utf16_with_bom_is_read(gml, write) -> None:
    text = gml.document(gml.zone(gml.square(0, 0, 10, 10))).replace("UTF-8", "UTF-16")
    assert len(read_app(write(text.encode("utf-16"))).zones) == 1


# ------------------------------------------------------------------------- geometry


def el(tag: str, *children: str, **attributes: str) -> str:
    given = "".join(f' {k}="{v}"' for k, v in attributes.items())
    return f"<gml:{tag}{given}>{''.join(children)}</gml:{tag}>"


def _srs(body: str, tag: str = "Surface") -> str:
    return el(tag, body, srsName="EPSG:2180")


def _ring(body: str, tag: str = "Ring") -> str:
    return el("exterior", el(tag, body))


def _curved(*segments: str) -> str:
    curve = el("curveMember", el("Curve", el("segments", *segments)))
    return _srs(el("patches", el("PolygonPatch", _ring(curve))))


X, Y = 470_000, 720_000
CORNERS = ((X, Y), (X + 10, Y), (X + 10, Y + 10), (X, Y + 10), (X, Y))
SQUARE = " ".join(f"{x} {y}" for x, y in CORNERS)
HIGH = " ".join(f"{x} {y} 7" for x, y in CORNERS)
COMMAS = " ".join(f"{x},{y}" for x, y in CORNERS)
FLAT = el("posList", SQUARE)
LINE = el("LineStringSegment", el("posList", f"{X} {Y} {X + 20} {Y}"))
ARC = el("Arc", el("posList", f"{X + 20} {Y} {X + 10} {Y + 10} {X} {Y}"))
CENTRE = el("CircleByCenterPoint", el("pos", f"{X} {Y}"), el("radius", "10", uom="m"))
CIRCLE = el("Circle", el("posList", f"{X} {Y} {X + 20} {Y} {X + 10} {Y + 10}"))
POLYGON = el("Polygon", _ring(FLAT, "LinearRing"))
COMPOSITE = el("CompositeSurface", el("surfaceMember", POLYGON))
OUTER = el("Polygon", el("outerBoundaryIs", el("LinearRing", FLAT)))

SURFACES = {
    "arc": (_curved(LINE, ARC), 50 * math.pi),
    "circle by centre": (_curved(CENTRE), 100 * math.pi),
    "circle": (_curved(CIRCLE), 100 * math.pi),
    "pos": (
        _srs(_ring("".join(el("pos", f"{x} {y}") for x, y in CORNERS), "LinearRing"), "Polygon"),
        100,
    ),
    "3d": (_srs(_ring(el("posList", HIGH, srsDimension="3"), "LinearRing"), "Polygon"), 100),
    "coordinates": (_srs(_ring(el("coordinates", COMMAS), "LinearRing"), "Polygon"), 100),
    "composite": (_srs(el("surfaceMember", COMPOSITE), "MultiSurface"), 100),
    "orientable": (_srs(el("baseSurface", POLYGON), "OrientableSurface"), 100),
    "gml2": (_srs(el("polygonMember", OUTER), "MultiPolygon"), 100),
}


@pytest.mark.parametrize("kind", SURFACES)
def test_every_kind_of_surface(gml, write, kind) -> None:
    body, area = SURFACES[kind]
    plan = read_app(write(gml.document(gml.zone(geometry=body))))
    shape = plan.zones.geometry.item()
    assert shape.is_valid
    assert shape.area == pytest.approx(area, rel=3e-3)
    assert not shape.has_z
    assert any(r.action == "modelled" for r in plan.audit) == (
        kind in ("arc", "circle by centre", "circle")
    )


@settings(max_examples=60, deadline=None)
@given(
    st.floats(1, 5000),
    st.floats(0, 6.28),
    st.floats(0.05, 3),
    st.floats(0.05, 3),
    st.booleans(),
)
def test_an_arc_stays_within_its_tolerance(radius, start, first, second, back) -> None:
    sign = -1 if back else 1
    angles = [start, start + sign * first, start + sign * (first + second)]
    centre = np.array([7_000_000.0, 6_000_000.0])
    points = [centre + radius * np.array([math.cos(a), math.sin(a)]) for a in angles]
    line = _arc(*points, 0.01)
    assert np.array_equal(line[0], points[0])
    assert np.array_equal(line[-1], points[2])
    assert (line == points[1]).all(axis=1).any()
    middles = (line[1:] + line[:-1]) / 2
    assert np.abs(np.hypot(*(middles - centre).T) - radius).max() < 0.0101
    length = float(np.hypot(*np.diff(line, axis=0).T).sum())
    assert length == pytest.approx(radius * (first + second), rel=2e-3)


def test_srs_is_inherited_from_the_envelope(gml, write) -> None:
    bare = f"<gml:Polygon>{_ring(FLAT, 'LinearRing')}</gml:Polygon>"
    text = gml.document(gml.zone(geometry=bare))
    with pytest.raises(SourceError, match="no srsName"):
        read_app(write(text))
    assert read_app(write(text), assume_crs=2180).zones.area.item() == 100
    envelope = '<gml:boundedBy><gml:Envelope srsName="EPSG:2180"/></gml:boundedBy>'
    whole = text.replace('numberReturned="7">\n', f'numberReturned="7">{envelope}')
    assert envelope in whole
    assert read_app(write(whole)).zones.area.item() == 100


@pytest.mark.parametrize("last", [False, True])
def test_the_envelope_of_a_feature_names_its_crs_and_takes_nothing_with_it(
    gml, write, last
) -> None:
    bare = f"<gml:Polygon>{_ring(FLAT, 'LinearRing')}</gml:Polygon>"
    text = gml.document(gml.zone(geometry=bare), gml.zone(geometry=bare))
    envelope = '<gml:boundedBy><gml:Envelope srsName="EPSG:2180"/></gml:boundedBy>'
    if last:
        text = text.replace("</app:StrefaPlanistyczna>", envelope + "</app:StrefaPlanistyczna>")
    else:
        text = text.replace("<app:idIIP>", envelope + "<app:idIIP>")
    assert text.count(envelope) == 2
    found = read_app(write(text), assume_crs=2180 if last else None)
    assert found.zones.area.tolist() == [100, 100]
    assert found.zones["symbol"].notna().all()
    assert found.zones["local_id"].notna().all()


def test_patches_that_meet_are_one_surface_and_overlapping_ones_stay_a_fault(gml, write) -> None:
    def patch(x0: float, x1: float) -> str:
        points = f"{x0} {Y} {x1} {Y} {x1} {Y + 10} {x0} {Y + 10} {x0} {Y}"
        return el("PolygonPatch", _ring(el("posList", points), "LinearRing"))

    def surface(*patches: str) -> str:
        return gml.zone(geometry=_srs(el("patches", "".join(patches)), "Surface"))

    whole = surface(patch(X, X + 10), patch(X + 10, X + 30))
    apart = surface(patch(X, X + 10), patch(X + 20, X + 30))
    faulty = surface(patch(X, X + 10), patch(X + 5, X + 30))
    one, two, three = read_app(write(gml.document(whole, apart, faulty))).zones.geometry
    assert (one.geom_type, one.is_valid, one.area) == ("Polygon", True, 300)
    assert (two.geom_type, two.is_valid, two.area) == ("MultiPolygon", True, 200)
    assert not three.is_valid


def test_invalid_open_and_short_rings_survive(gml, write) -> None:
    bow = f"{X} {Y} {X + 10} {Y + 10} {X + 10} {Y} {X} {Y + 10} {X} {Y}"
    bodies = [
        f"<gml:posList>{bow}</gml:posList>",
        f"<gml:posList>{SQUARE.rsplit(' ', 2)[0]}</gml:posList>",
        f"<gml:posList>{X} {Y} {X + 1} {Y} {X} {Y}</gml:posList>",
    ]
    zones = [
        gml.zone(label=f"{i}SO", geometry=_srs(_ring(b, "LinearRing"), "Polygon"))
        for i, b in enumerate(bodies, 1)
    ]
    plan = read_app(write(gml.document(*zones)))
    assert not plan.zones.geometry.iloc[0].is_valid
    assert plan.zones.geometry.iloc[1].area == 100
    assert plan.zones.geometry.iloc[2] is None
    found = plan.problems[["row", "code"]].values.tolist()
    assert found == [[1, "open_ring"], [2, "short_ring"], [2, "no_geometry"]]


# ------------------------------------------------------------------------- absent values


def test_absent_and_nil_are_unknown_not_zero(gml, write) -> None:
    nil = '<app:maksWysokoscZabudowy xsi:nil="true" uom="m"/>'
    name = "app:minUdzialPowierzchniBiologicznieCzynnej"
    odd = f"<{name}>dużo</{name}>"
    plan = read_app(write(gml.document(gml.zone(gml.square(0, 0, 1, 1), values=nil + odd))))
    zone = plan.zones.iloc[0]
    for column in ("max_intensity", "max_height", "min_bio_share"):
        assert math.isnan(zone[column]), column
    assert zone["min_bio_share_text"] == "dużo"
    assert plan.problems["code"].tolist() == ["bad_value"]


def test_height_in_another_unit_is_not_taken_for_metres(gml, write) -> None:
    text = '<app:maksWysokoscZabudowy uom="ft">40</app:maksWysokoscZabudowy>'
    plan = read_app(write(gml.document(gml.zone(gml.square(0, 0, 1, 1), values=text))))
    assert math.isnan(plan.zones["max_height"].item())
    assert plan.problems["code"].tolist() == ["bad_unit"]


# ------------------------------------------------------------------------- dates


def test_as_of_picks_what_is_in_force(gml, write) -> None:
    box = gml.square(0, 0, 10, 10)
    old = {"version": "1", "begin": "2024-01-01T10:00:00Z"}
    zones = [
        gml.zone(box, "1SO", end="2025-03-01T00:00:00Z", valid_from="2024-01-10", **old),
        gml.zone(box, "1SO", version="2", begin="2025-03-01T00:00:00Z", valid_from="2024-01-10"),
        gml.zone(box, "2SO", valid_from="2024-01-10", valid_to="2025-06-01", **old),
        gml.zone(box, "3SO", valid_from="2026-01-01", **old),
    ]
    path = write(gml.document(*zones))

    def held(day: str | None) -> list[tuple[str, str]]:
        plan = read_app(path, as_of=day)
        return list(zip(plan.zones["label"], plan.zones["version_id"], strict=True))

    assert held("2024-01-05") == []
    assert held("2024-06-01") == [("1SO", "1"), ("2SO", "1")]
    assert held("2025-05-31") == [("1SO", "2"), ("2SO", "1")]
    assert held("2025-06-01") == [("1SO", "2")]  # the day an act ceases it no longer holds
    assert held("2026-01-01") == [("1SO", "2"), ("3SO", "1")]
    assert held(None) == [("1SO", "2"), ("2SO", "1"), ("3SO", "1")]
    with pytest.raises(SourceError, match="not a date"):
        held("yesterday")


def test_problems_follow_their_rows_when_versions_are_dropped(gml, write) -> None:
    box = gml.square(0, 0, 10, 10)
    ended = gml.zone(box, "1SO", end="2025-03-01T00:00:00Z")
    bad = gml.zone(box, "2SO", drop="status")
    plan = read_app(write(gml.document(ended, bad)))
    assert plan.zones["label"].tolist() == ["2SO"]
    assert plan.problems[["row", "detail"]].values.tolist() == [[0, "status"]]
    assert [r.count for r in plan.audit if r.action == "dropped"] == [1]


# ------------------------------------------------------------------------- bad input


def test_broken_xml_names_file_and_line(gml, write) -> None:
    text = gml.document(gml.zone(gml.square(0, 0, 1, 1)))
    with pytest.raises(SourceError, match=r"layer 'plans', plan.gml, line \d+.*broken"):
        read_app(write(text[: len(text) // 2]))
    with pytest.raises(SourceError, match="broken"):
        read_app(write(""))


def test_doctype_and_entities_are_refused(gml, write, tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET")
    text = gml.document(gml.zone(gml.square(0, 0, 1, 1), "&e;", "SO"))
    start = '<?xml version="1.0" encoding="UTF-8"?>'
    external = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    lol = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY e '&a;&a;&a;&a;'>]>"
    for dtd in (external, lol, '<!DOCTYPE x SYSTEM "http://localhost:1/x.dtd">'):
        with pytest.raises(SourceError, match="DOCTYPE") as caught:
            read_app(write(text.replace(start, start + dtd)))
        assert "SECRET" not in str(caught.value)
    utf16 = text.replace("UTF-8", "UTF-16").replace("?>", "?>" + external, 1)
    with pytest.raises(SourceError, match="DOCTYPE"):
        read_app(write(utf16.encode("utf-16")))
    # an encoding the first look cannot read must not hide the document type from it
    for encoding in ("EUC-JP", "Shift_JIS"):
        odd = text.replace("UTF-8", encoding).replace("?>", "?>" + lol, 1)
        with pytest.raises(SourceError, match="DOCTYPE"):
            read_app(write(odd.replace('numberReturned="7"', 'numberReturned="&e;"')))


def test_a_packed_bomb_is_refused(write) -> None:
    head = b'<?xml version="1.0"?><wfs:FeatureCollection xmlns:wfs="w">'
    path = write(gzip.compress(head + b" " * (40 << 20)), "bomb.gml.gz")
    with pytest.raises(SourceError, match="refused"):
        read_app(path)
    with pytest.raises(SourceError, match="refused"):
        read_app(path, limits=app_xml.Limits(max_bytes=1 << 20))


def test_wrong_namespace_wrong_root_and_nothing_to_read(gml, write) -> None:
    text = gml.document(gml.zone(gml.square(0, 0, 1, 1)))
    with pytest.raises(SourceError, match="not APP's"):
        read_app(write(text.replace("schemas/app/2.0", "schemas/other")))
    with pytest.raises(SourceError, match="root element <html>"):
        read_app(write("<html><body/></html>"))
    with pytest.raises(SourceError, match="service's error message"):
        read_app(write("<ows:ExceptionReport xmlns:ows='o'/>"))
    other = "<wfs:member><app:DokumentFormalny/></wfs:member>"
    with pytest.raises(SourceError, match=r"there are: 1 × DokumentFormalny"):
        read_app(write(gml.document(other)))
    with pytest.raises(SourceError, match="no such file"):
        read_app("nowhere.gml")


def test_swapped_axes_name_the_feature(gml, write) -> None:
    shape = shapely.transform(gml.square(0, 0, 9, 9), lambda xy: xy[:, ::-1])
    fine = gml.zone(shapely.box(6_500_000, 6_000_000, 6_500_010, 6_000_010), "1SO", epsg=2177)
    swapped = gml.zone(shapely.box(6_000_000, 6_500_000, 6_000_010, 6_500_010), "2SO", epsg=2177)
    assert shape.area == 81
    with pytest.raises(CRSError, match=r"Z_226101_2SO: axes look swapped"):
        read_app(write(gml.document(fine, swapped)))


@pytest.mark.parametrize(
    ("ring", "message"),
    [
        ("470000 720000 470010 abc 470010 720010", "'abc'"),
        ("470000 720000 470010 720010 470010", "do not make points"),
        ("470000 720000 470010 NaN 470010 720010", "'NaN'"),
        ("", "empty"),
    ],
)
def test_unreadable_coordinates_are_located(gml, write, ring, message) -> None:
    body = _srs(_ring(f"<gml:posList>{ring}</gml:posList>", "LinearRing"), "Polygon")
    with pytest.raises(SourceError, match=rf"line \d+, Z_226101_1SO: .*{message}"):
        read_app(write(gml.document(gml.zone(geometry=body))))


def test_unknown_srsname_and_mixed_crs_in_one_geometry(gml, write) -> None:
    shape = gml.square(0, 0, 1, 1)
    text = gml.document(gml.zone(shape))
    with pytest.raises(CRSError, match="unknown form of srsName"):
        read_app(write(text.replace("http://www.opengis.net/def/crs/EPSG/0/2180", "PL-1992")))
    parts = [el("surfaceMember", gml.polygon(shape, epsg=e)) for e in (2180, 2177)]
    two = el("MultiSurface", *parts)
    with pytest.raises(SourceError, match="two CRSs"):
        read_app(write(gml.document(gml.zone(geometry=two))))


def test_users_text_stays_text(gml, write) -> None:
    text = gml.document(gml.zone(gml.square(0, 0, 1, 1), "&lt;img src=x onerror=a()&gt;", "SO"))
    assert read_app(write(text)).zones["label"].item() == "<img src=x onerror=a()>"
