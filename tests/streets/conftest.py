"""Small street networks for tests: random ones, and ones written as OSM XML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from metrogis.streets import StreetNetwork, from_lines, read_osm


def _random_network(seed: int, *, nodes: int = 30, lines: int = 60) -> StreetNetwork:
    """Points on a coarse lattice, some lines one-way, some bent, some parallel or in a loop."""
    rng = np.random.default_rng(seed)
    places = rng.integers(0, 8, (nodes, 2)) * 100.0
    rows = []
    for _ in range(lines):
        a, b = rng.integers(0, nodes, 2)
        points = [places[a], places[b]]
        if rng.random() < 0.4:
            points.insert(1, rng.uniform(0, 800, 2))
        line = shapely.LineString(points)
        if line.length == 0:
            continue
        rows.append({"geometry": line, "highway": "residential",
                     "oneway": rng.choice(["no", "yes", "-1"], p=[0.5, 0.3, 0.2])})  # fmt: skip
    return from_lines(gpd.GeoDataFrame(rows, crs="EPSG:2180"), mode="bike")


@pytest.fixture(scope="session")
def random_network() -> Callable[..., StreetNetwork]:
    return _random_network


@pytest.fixture
def osm(tmp_path: Path) -> Callable[..., StreetNetwork]:
    """Read a network from ``{id: (x, y)}`` (hundreds of metres) and ``[(refs, tags), ...]``."""

    def read(
        nodes: dict[int, Any],
        ways: list[tuple[list[int], dict[str, str]]],
        tags: dict[int, dict[str, str]] | None = None,
        **options: Any,
    ) -> StreetNetwork:
        path = tmp_path / "mini.osm"
        path.write_text(osm_xml(nodes, ways, tags), encoding="utf-8")
        return read_osm(path, **options)

    return read


def osm_xml(
    nodes: dict[int, Any],
    ways: list[tuple[list[int], dict[str, str]]],
    tags: dict[int, dict[str, str]] | None = None,
) -> str:
    def tag(own: dict[str, str]) -> str:
        return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in own.items())

    parts = [
        f'<node id="{i}" version="1" lon="{18.5 + x * 0.001}" lat="{54.3 + y * 0.001}">'
        f"{tag((tags or {}).get(i, {}))}</node>"
        for i, (x, y) in nodes.items()
    ]
    for number, (refs, own) in enumerate(ways, 1):
        nds = "".join(f'<nd ref="{r}"/>' for r in refs)
        parts.append(f'<way id="{number}" version="1">{nds}{tag(own)}</way>')
    return f'<?xml version="1.0"?><osm version="0.6">{"".join(parts)}</osm>'
