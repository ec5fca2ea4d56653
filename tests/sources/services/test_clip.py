"""Extracts of OpenStreetMap cut to a box."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrogis.errors import SourceError
from metrogis.sources.services.clip import clip

osmium = pytest.importorskip("osmium")


def _extract(path: Path) -> Path:
    """Write nodes 1..9 in a row, a degree of longitude apart, ways between them, relations."""
    from osmium.osm import mutable

    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for i in range(1, 10):
            writer.add_node(mutable.Node(id=i, location=(float(i), 50.0), tags={"n": str(i)}))
        for way, nodes in {11: [1, 2], 12: [2, 3, 4], 13: [4, 5, 6], 14: [7, 8, 9]}.items():
            writer.add_way(mutable.Way(id=way, nodes=nodes, tags={"highway": "path"}))
        for relation, members in {21: [("w", 12, ""), ("w", 14, "")], 22: [("w", 14, "")],
                                  23: [("n", 3, "")]}.items():  # fmt: skip
            writer.add_relation(mutable.Relation(id=relation, members=members))
    return path


def _ids(path: Path) -> dict[str, set[int]]:
    kinds = {"n": osmium.osm.NODE, "w": osmium.osm.WAY, "r": osmium.osm.RELATION}
    return {k: {e.id for e in osmium.FileProcessor(str(path), v)} for k, v in kinds.items()}


def test_ways_that_enter_the_box_are_whole(tmp_path: Path) -> None:
    source = _extract(tmp_path / "a.osm.pbf")
    ways = clip(source, tmp_path / "b.osm.pbf", (2.5, 49.0, 4.0, 51.0), layer="streets")
    # nodes 3 and 4 are inside, 4 on the edge: ways 12 and 13 enter it
    assert ways == 2
    assert _ids(tmp_path / "b.osm.pbf") == {"n": {2, 3, 4, 5, 6}, "w": {12, 13}, "r": {21, 23}}


def test_a_box_that_misses_everything_is_an_error(tmp_path: Path) -> None:
    source = _extract(tmp_path / "a.osm.pbf")
    with pytest.raises(SourceError, match="no way"):
        clip(source, tmp_path / "b.osm.pbf", (2.2, 49.0, 2.8, 51.0), layer="streets")


def test_a_file_that_is_cut_is_an_error(tmp_path: Path) -> None:
    source = _extract(tmp_path / "a.osm.pbf")
    source.write_bytes(source.read_bytes()[:-20])
    with pytest.raises(SourceError) as caught:
        clip(source, tmp_path / "b.osm.pbf", (0.0, 49.0, 9.0, 51.0), layer="streets")
    assert caught.value.layer == "streets"


def test_a_clip_states_its_box_as_far_as_its_source_does(tmp_path: Path) -> None:
    bare = _extract(tmp_path / "a.osm.pbf")
    header = osmium.io.Header()
    corners = osmium.osm.Location(0.0, 49.5), osmium.osm.Location(3.5, 50.5)
    header.add_box(osmium.osm.Box(*corners))
    stated = tmp_path / "s.osm.pbf"
    with osmium.SimpleWriter(str(stated), header=header) as writer:
        for entity in osmium.FileProcessor(str(bare)):
            writer.add(entity)

    def box_of(path: Path) -> object:
        with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
            box = reader.header().box()
        if not box.valid():
            return None
        low, high = box.bottom_left, box.top_right
        return pytest.approx((low.lon, low.lat, high.lon, high.lat), abs=1e-6)

    clip(bare, tmp_path / "b.osm.pbf", (2.5, 49.0, 4.0, 51.0), layer="streets")
    assert box_of(tmp_path / "b.osm.pbf") is None  # how far the source reaches nobody said
    clip(stated, tmp_path / "c.osm.pbf", (2.5, 49.0, 4.0, 51.0), layer="streets")
    assert box_of(tmp_path / "c.osm.pbf") == (2.5, 49.5, 3.5, 50.5)
