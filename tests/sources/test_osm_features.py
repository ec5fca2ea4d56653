"""Features of OpenStreetMap chosen by tags."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from metrogis.errors import SourceError
from metrogis.osm import hstore
from metrogis.sources import osm_features

OSM = """<osm version="0.6">
<node id="1" version="1" lat="54.0" lon="18.0"><tag k="railway" v="station"/>
  <tag k="name" v="A &quot;b&quot; \\ c"/><tag k="ref" v="7"/></node>
<node id="2" version="1" lat="54.0" lon="18.1"><tag k="railway" v="station"/>
  <tag k="station" v="subway"/></node>
<node id="3" version="1" lat="54.1" lon="18.1"><tag k="place" v="town"/><tag k="name" v="T"/></node>
<node id="4" version="1" lat="54.1" lon="18.0"/>
<node id="5" version="1" lat="54.05" lon="18.05"><tag k="amenity" v="cafe;hospital"/></node>
<way id="10" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="cycleway"/></way>
<way id="11" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
  <tag k="amenity" v="hospital"/><tag k="name" v="H"/></way>
<way id="12" version="1"><nd ref="1"/><nd ref="99"/><tag k="highway" v="cycleway"/></way>
<relation id="20" version="1"><member type="node" ref="3" role="admin_centre"/>
  <tag k="boundary" v="administrative"/><tag k="admin_level" v="6"/></relation>
<relation id="21" version="1"><member type="node" ref="3" role="admin_centre"/>
  <tag k="boundary" v="administrative"/><tag k="admin_level" v="7"/></relation>
<relation id="22" version="1"><member type="node" ref="1" role="label"/>
  <tag k="boundary" v="administrative"/><tag k="admin_level" v="7"/></relation>
</osm>"""


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    path = tmp_path / "a.osm"
    path.write_text(OSM)
    return path


def test_points_come_from_nodes_and_from_the_inside_of_areas(extract: Path) -> None:
    found = osm_features.read(
        extract, layer="services", geometry="point", select={"amenity": ["hospital"]},
        columns={"name": "name", "kind": "amenity"},
    )  # fmt: skip
    assert found["osm_id"].tolist() == ["n5", "w11"]
    assert found["kind"].tolist() == ["cafe;hospital", "hospital"]
    assert set(found.geom_type) == {"Point"}
    assert shapely.box(18, 54, 18.1, 54.1).contains(found.geometry.iloc[1])
    areas = osm_features.read(
        extract, layer="buildings", geometry="area", select={"amenity": ["*"]}
    )
    assert areas["osm_id"].tolist() == ["w11"]
    assert areas.geom_type.tolist() == ["MultiPolygon"]


def test_what_is_left_out_and_what_tags_remain(extract: Path) -> None:
    found = osm_features.read(
        extract, layer="rail_stations", geometry="point",
        select={"railway": ["station", "halt"]}, without={"station": ["subway"]},
        columns={"name": "name"},
    )  # fmt: skip
    assert found["name"].tolist() == ['A "b" \\ c']
    assert hstore.parse(found["other_tags"].iloc[0]) == {"railway": "station", "ref": "7"}
    every = osm_features.read(extract, layer="s", geometry="point", select={"railway": ["station"]})
    assert len(every) == 2
    assert hstore.parse(every["other_tags"].iloc[0])["name"] == 'A "b" \\ c'


def test_lines_of_which_a_node_is_not_there_have_no_place(extract: Path) -> None:
    found = osm_features.read(
        extract, layer="cycle_routes", geometry="line", select={"highway": ["cycleway"]}
    )
    assert found["osm_id"].tolist() == ["w10", "w12"]
    assert found.geometry.iloc[0].length == pytest.approx(0.1)
    assert found.geometry.iloc[1] is None


def test_seats_are_centres_of_boundaries(extract: Path) -> None:
    found = osm_features.read(
        extract, layer="localities", geometry="point", select={"place": ["town"]},
        columns={"name": "name"}, seats=True,
    )  # fmt: skip
    assert found["seat"].tolist() == ["county, municipality"]


def test_nothing_chosen_is_an_empty_frame(extract: Path) -> None:
    for geometry in ("point", "line", "area"):
        found = osm_features.read(
            extract, layer="x", geometry=geometry, select={"shop": ["*"]}, columns={"name": "name"},
        )  # fmt: skip
        assert len(found) == 0
        assert {"osm_id", "name", "other_tags", "geometry"} == set(found.columns)


@pytest.mark.parametrize(("name", "text"), [("a.txt", OSM), ("a.osm", "<osm"), ("a.pbf", "x")])
def test_what_is_no_extract_is_one_error(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SourceError) as caught:
        osm_features.read(tmp_path / name, layer="x", geometry="point", select={"a": ["b"]})
    assert caught.value.layer == "x"
