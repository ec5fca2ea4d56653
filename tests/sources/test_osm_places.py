"""Stations and interchanges of an OpenStreetMap extract."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import osmium
import pytest
from osmium.osm import mutable
from shapely import box

from metrogis import open_metro
from metrogis.errors import SourceError
from metrogis.provenance import audit_of
from metrogis.sources import osm_places

NODES = {
    1: ((18.50, 54.40), {"railway": "station", "name": "Sopot", "uic_ref": "5100009"}),
    2: ((18.60, 54.40), {"railway": "halt", "name": "Sopot Wyścigi"}),
    3: ((18.61, 54.40), {"railway": "station", "station": "miniature", "name": "Toy"}),
    4: ((18.62, 54.40), {"disused:railway": "station", "name": "Gone"}),
    5: ((18.63, 54.40), {"railway": "station", "station": "subway", "name": "Metro"}),
    6: ((18.64, 54.40), {"railway": "tram_stop", "name": "Tram"}),
    7: ((18.65, 54.40), {"public_transport": "station", "train": "yes", "name": "By tag"}),
    8: ((18.66, 54.40), {"public_transport": "station", "bus": "yes", "name": "Bus station"}),
    9: ((18.67, 54.40), {"railway": "halt"}),
    10: ((18.505, 54.402), {"highway": "bus_stop", "name": "Sopot PKP"}),
    11: ((18.50, 54.41), {"railway": "halt", "name": "Sopot"}),  # of that name, 1.1 km away
    12: ((18.51, 54.402), {"highway": "bus_stop", "trolleybus": "yes"}),
    **{20 + i: (spot, {}) for i, spot in enumerate(
        [(18.501, 54.400), (18.503, 54.400), (18.503, 54.402), (18.501, 54.402)])},
    **{30 + i: (spot, {}) for i, spot in enumerate([(18.70, 54.5), (18.72, 54.5), (18.72, 54.52)])},
}  # fmt: skip
WAYS = {
    100: ([20, 21, 22, 23, 20], {"railway": "station", "name": "Sopot", "building": "yes"}),
    101: ([30, 31, 32, 30], {"railway": "station", "name": "Area alone", "railway:ref": "AA"}),
    102: ([20, 21], {"railway": "platform", "train": "yes"}),
}
STOP_AREA = {"type": "public_transport", "public_transport": "stop_area"}
RELATIONS = {
    200: ([("n", 1, ""), ("n", 10, ""), ("w", 102, "platform")], {**STOP_AREA, "name": "Sopot"}),
    201: ([("n", 10, ""), ("n", 12, "")], STOP_AREA),
    202: ([("n", 999, "")], {**STOP_AREA, "name": "Nowhere"}),
    203: ([("n", 2, "")], {"type": "site", "public_transport": "station"}),
    204: ([("n", 6, "")], {**STOP_AREA, "name": "Tram only"}),
}


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("osm") / "a.osm.pbf"
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for number, (spot, tags) in sorted(NODES.items()):
            writer.add_node(mutable.Node(id=number, location=spot, tags=tags))
        for number, (nodes, tags) in WAYS.items():
            writer.add_way(mutable.Way(id=number, nodes=nodes, tags=tags))
        for number, (members, tags) in RELATIONS.items():
            writer.add_relation(mutable.Relation(id=number, members=members, tags=tags))
    return path


def test_stations_and_halts_once_each_and_nothing_else(extract: Path) -> None:
    found = osm_places.read(extract, kind="stations", layer="rail_stations")
    names = dict(zip(found["source_id"], found["name"], strict=True))
    assert names == {"node/1": "Sopot", "node/2": "Sopot Wyścigi", "node/7": "By tag",
                     "node/9": "node/9", "node/11": "Sopot", "way/101": "Area alone"}  # fmt: skip
    refs = dict(zip(found["source_id"], found["ref"], strict=True))
    assert (refs["node/1"], refs["way/101"], refs["node/2"]) == ("5100009", "AA", None)
    assert set(found["mode"]) == {"rail"}
    area = found[found["source_id"] == "way/101"].geometry.iloc[0]
    assert (area.x, area.y) == pytest.approx((18.71, 54.51))
    counts = {row.action: row.count for row in audit_of(found)}
    assert counts == {"dropped": 1, "guessed": 1}


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        (1, {"relation/200": "bus, rail", "relation/201": "bus, trolleybus",
             "relation/204": "tram"}),
        (2, {"relation/200": "bus, rail", "relation/201": "bus, trolleybus"}),
    ],
)  # fmt: skip
def test_stop_areas_have_the_modes_of_their_members(
    extract: Path, modes: int, expected: dict[str, str]
) -> None:
    found = osm_places.read(extract, kind="stop_areas", layer="interchanges", modes=modes)
    assert dict(zip(found["source_id"], found["mode"], strict=True)) == expected
    dropped = sum(row.count for row in audit_of(found) if row.action == "dropped")
    assert dropped == 1 + (modes - 1)  # the one whose members are not there; one of a single mode


def test_what_has_none_or_is_cut_is_one_error(tmp_path: Path, extract: Path) -> None:
    empty = tmp_path / "b.osm.pbf"
    with osmium.SimpleWriter(str(empty), overwrite=True) as writer:
        writer.add_node(mutable.Node(id=1, location=(18.5, 54.4), tags={"highway": "bus_stop"}))
    for kind in ("stations", "stop_areas"):
        with pytest.raises(SourceError, match="has no sto|has no sta"):
            osm_places.read(empty, kind=kind, layer="x")  # type: ignore[arg-type]
    empty.write_bytes(extract.read_bytes()[:-20])
    with pytest.raises(SourceError):
        osm_places.read(empty, kind="stations", layer="x")


def test_a_catalog_takes_layers_from_an_extract(tmp_path: Path, extract: Path) -> None:
    keep = 'path = "a.osm.pbf"\nlicence = "ODbL 1.0"\nattribution = "OSM"\ndate = "2026"\n'
    (tmp_path / "catalog.toml").write_text(
        '[metro]\nid = "x"\nname = "X"\n[layers.municipalities]\ndriver = "vector"\n'
        + keep.replace("a.osm.pbf", "m.gpkg")
        + '[layers.rail_stations]\ndriver = "osm_places"\n' + keep
        + '[layers.interchanges]\ndriver = "osm_places"\ntake = "stop_areas"\nmodes = 2\n' + keep
    )  # fmt: skip
    (tmp_path / "a.osm.pbf").write_bytes(extract.read_bytes())
    town = gpd.GeoSeries([box(18.4, 54.3, 18.8, 54.6)], crs=4326).to_crs(2180)
    gpd.GeoDataFrame({"teryt": ["2264011"], "name": ["A"]}, geometry=town).to_file(
        tmp_path / "m.gpkg"
    )
    metro = open_metro(tmp_path, data=tmp_path)
    assert len(metro["rail_stations"]) == 6
    assert metro["rail_stations"].crs.to_epsg() == 2180
    assert list(metro["interchanges"]["name"]) == ["Sopot", "relation/201"]
