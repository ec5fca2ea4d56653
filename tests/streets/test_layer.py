"""Street layers: read once for both modes, kept in the cache, read anew when it is broken."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from metrogis.provenance import Source
from metrogis.streets import layer, read_osm
from metrogis.streets.layer import Streets, network_of


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(layer, "_CACHE_FROM_BYTES", 0)
    return write(tmp_path / "streets.json", "residential")


def write(path: Path, highway: str) -> Path:
    nodes = [{"type": "node", "id": i, "lon": 18.5 + i / 1000, "lat": 54.3} for i in range(4)]
    ways = [
        {"type": "way", "id": 1, "nodes": [0, 1, 2], "tags": {"highway": highway}},
        {"type": "way", "id": 2, "nodes": [2, 3], "tags": {"highway": "footway"}},
    ]
    path.write_text(json.dumps({"elements": nodes + ways}), encoding="utf-8")
    return path


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").rglob("*.npz"))


def test_a_kept_network_is_the_same(file: Path, tmp_path: Path, monkeypatch) -> None:
    source = Source("streets", "streets.json", "ODbL", "OSM", "2024")
    first = Streets(file, "EPSG:2180", source)
    wanted = read_osm(file, mode="walk", crs="EPSG:2180", source=source)
    assert first.walk.n_edges == wanted.n_edges
    assert len(kept(tmp_path)) == 1
    monkeypatch.setattr(layer, "read_raw", None)  # reading again would fail
    again = Streets(file, "EPSG:2180", Source("streets", "other", "ODbL", "OSM", "2025"))
    assert again.walk.source.date == "2025"
    for name in ("x", "y", "edge_u", "edge_v", "edge_length", "indices", "weights"):
        np.testing.assert_array_equal(getattr(again.walk, name), getattr(wanted, name))
    assert again.walk.ways.astype(str).equals(wanted.ways.astype(str))
    assert again.walk.audit == wanted.audit


def test_both_modes_come_from_one_reading(file: Path, monkeypatch) -> None:
    calls = []
    real = layer.read_raw
    monkeypatch.setattr(layer, "read_raw", lambda *a, **k: calls.append(1) or real(*a, **k))
    streets = Streets(file, "EPSG:2180")
    assert streets.walk.mode == "walk"
    assert streets.bike.mode == "bike"
    assert len(calls) == 1
    assert network_of(streets, "bike") is streets.bike


def test_another_file_is_another_entry_and_a_broken_one_is_read_anew(
    file: Path, tmp_path: Path
) -> None:
    before = Streets(file, "EPSG:2180").walk.ways["highway"].astype(str).tolist()
    (entry,) = kept(tmp_path)
    entry.write_bytes(b"broken")
    assert Streets(file, "EPSG:2180").walk.ways["highway"].astype(str).tolist() == before
    write(file, "tertiary")
    after = Streets(file, "EPSG:2180").walk.ways["highway"].astype(str).tolist()
    assert "tertiary" in after
    assert len(kept(tmp_path)) == 2


def test_small_files_are_not_kept(file: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(layer, "_CACHE_FROM_BYTES", 10**9)
    assert Streets(file, "EPSG:2180").walk.n_edges
    assert kept(tmp_path) == []
