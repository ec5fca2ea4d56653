"""Layers that are exports of OpenStreetMap, through the readers that checks and catalogs use."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from metrogis import schemas
from metrogis.errors import SchemaError
from metrogis.evidence.losses import losses_of
from metrogis.osm.editor import deleted_in_editor
from metrogis.sources import vector
from metrogis.streets.cycleways import by_state

KINDS = {
    # what a layer of stations holds, and what becomes of it
    "open": ({"railway": "Station"}, "kept"),
    "no_tags": ({}, "kept"),
    "planned": ({"railway": "proposed", "proposed": "station"}, "planned"),
    "prefixed": ({"construction:railway": "station"}, "planned"),
    "disused": ({"disused:railway": "station", "building": "yes"}, "gone"),
    "razed": ({"railway": "razed"}, "gone"),
    "strange": ({"railway": "sttation"}, "unknown"),
    "hidden": ({"railway": "station", "@visible": "false"}, "deleted"),
    "erased": ({"railway": "station", "@action": "delete"}, "deleted"),
}


def as_columns(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows)


def as_hstore(rows: list[dict]) -> pd.DataFrame:
    texts = [",".join(f'"{k}"=>"{v}"' for k, v in r.items() if k[0] != "@") for r in rows]
    meta = [{k: v for k, v in r.items() if k[0] == "@"} for r in rows]
    return pd.DataFrame(meta).assign(other_tags=texts)


def as_json(rows: list[dict]) -> pd.DataFrame:
    return as_hstore(rows).assign(
        other_tags=[
            "{" + ",".join(f'"{k}":"{v}"' for k, v in r.items() if k[0] != "@") + "}" for r in rows
        ]
    )


def as_laundered(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame([{k.replace(":", "_"): v for k, v in r.items()} for r in rows])


@pytest.mark.parametrize("form", [as_columns, as_hstore, as_json, as_laundered])
@pytest.mark.parametrize("suffix", [".geojson", ".gpkg"])
def test_stations_of_every_kind_in_every_form(tmp_path: Path, form, suffix: str) -> None:
    table = form([tags for tags, _ in KINDS.values()]).assign(name=list(KINDS))
    points = shapely.points([(18 + i / 100, 54) for i in range(len(KINDS))])
    file = tmp_path / f"stations{suffix}"
    gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4326").to_file(file)
    frame, audit = schemas.conform(
        vector.read(file, layer="rail_stations").to_crs(2180), "Stations", layer="rail_stations"
    )
    assert frame["name"].tolist() == [k for k, (_, fate) in KINDS.items() if fate == "kept"]
    counts = {r.what.en: (r.action, r.count, r.examples) for r in audit}
    assert counts["planned or under construction"][:2] == ("dropped", 2)
    assert counts["out of use, or gone"][:2] == ("dropped", 2)
    assert counts["things deleted in an editor"][:2] == ("dropped", 2)
    strange = counts["unknown value of a tag: whether the thing stands is unknown"]
    assert strange == ("unknown", 1, "railway=sttation (1)")
    # near the one of unknown state nothing is certain
    lost = losses_of(frame)
    assert [item.count for item in lost] == [1]
    assert shapely.get_num_geometries(lost[0].where) == 1
    # a second reading of what was read finds nothing more
    again, more = schemas.conform(frame, "Stations", layer="rail_stations")
    assert len(again) == len(frame)
    assert len(more) == 0


def test_a_layer_of_which_nothing_stands_is_refused() -> None:
    gone = gpd.GeoDataFrame(
        {"name": ["A"], "railway": ["disused"]}, geometry=[shapely.Point(0, 0)], crs=2180
    )
    with pytest.raises(SchemaError, match="nothing of the layer stands"):
        schemas.conform(gone, "Stations", layer="rail_stations")


LINES = {
    "cycleway": ({"highway": "cycleway"}, "built"),
    "spelled": ({"highway": " Cycleway;path"}, "built"),
    "proposed": ({"proposed:highway": "cycleway"}, "planned"),
    "site": ({"highway": "construction", "construction": "cycleway"}, "planned"),
    "abandoned": ({"abandoned:highway": "cycleway"}, "gone"),
    "historic": ({"historic:highway": "cycleway"}, "gone"),
    "typo": ({"highway": "cyclewy"}, "unknown"),
    "typo2": ({"highway": "cyclewy"}, "unknown"),
}


@pytest.mark.parametrize("form", [as_columns, as_hstore, as_json, as_laundered])
def test_cycle_routes_of_every_kind_in_every_form(form) -> None:
    table = form([tags for tags, _ in LINES.values()]).assign(name=list(LINES))
    lines = [shapely.LineString([(0, 50 * i), (900, 50 * i)]) for i in range(len(LINES))]
    split = by_state(gpd.GeoDataFrame(table, geometry=lines, crs=2180))
    for state in ("built", "planned", "unknown"):
        names = getattr(split, state)["name"].tolist()
        assert names == [k for k, (_, fate) in LINES.items() if fate == state]
    rows = {r.what.en: (r.action, r.count, r.examples) for r in split.audit}
    assert rows["values that no list has: whether the lines stand is unknown"] == (
        "unknown", 2, "highway=cyclewy (2)",
    )  # fmt: skip
    assert rows["lines that are gone"][:2] == ("dropped", 2)
    assert rows["lines planned or being built"][:2] == ("noted", 2)


def test_a_column_of_states_may_be_written_in_any_case_and_others_are_unknown() -> None:
    states = ["Built", " planned", "UNKNOWN", "proposed", "gone?", None]
    lines = [shapely.LineString([(0, 50 * i), (900, 50 * i)]) for i in range(len(states))]
    split = by_state(gpd.GeoDataFrame({"state": states}, geometry=lines, crs=2180))
    assert [len(s) for s in (split.built, split.planned, split.unknown)] == [2, 2, 2]
    assert "state=gone? (1)" in {r.examples for r in split.audit}


XML = """<?xml version='1.0'?>
<osm version='0.6' generator='JOSM'>
<node id='1' lat='54' lon='18'/><node id='2' lat='54.01' lon='18'/>
<way id='4' action='modify'><nd ref='1'/><nd ref='2'/></way>
<way user='a>b' action="delete" id='5' visible='true'><nd ref='1'/><nd ref='2'/></way>
<node action = 'delete' id='-7' lat='1' lon='1'><tag k='action' v='delete'/></node>
<relation id='9' action='delete'/>
</osm>
"""


def test_what_josm_deleted_wherever_a_chunk_ends(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "a.osm"
    file.write_text(XML)
    expected = {("w", 5), ("n", -7), ("r", 9)}
    for size in (64, 81, 200, 1 << 20):
        monkeypatch.setattr("metrogis.osm.editor._CHUNK", size)
        assert deleted_in_editor(file) == expected
    (tmp_path / "b.osm.gz").write_bytes(b"\x1f\x8b broken")
    assert deleted_in_editor(tmp_path / "b.osm.gz") == frozenset()
