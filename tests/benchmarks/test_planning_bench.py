"""Plans: overlay against geopandas, reading APP GML against the bare parser.

Ratios of the least times of interleaved repeats; both answers must agree.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from lxml import etree

from metrogis.planning.overlay import intersect
from metrogis.sources.app_gml import read_app

SIDE, STEP = 316, 220.0


def race(repeats: int, *runs: Callable[[], Any]) -> list[tuple[float, Any]]:
    """Run all in turn, again and again; return the least time and the last answer of each."""
    best = [(np.inf, None)] * len(runs)
    for _ in range(repeats):
        for i, run in enumerate(runs):
            start = time.perf_counter()
            answer = run()
            best[i] = (min(best[i][0], time.perf_counter() - start), answer)
    return best


@pytest.fixture(scope="module")
def zones() -> np.ndarray:
    """100k zones: a jittered grid whose neighbours share their corners."""
    rng = np.random.default_rng(0)
    i, j = np.meshgrid(np.arange(SIDE + 1), np.arange(SIDE + 1), indexing="ij")
    corner = np.stack([j, i], axis=-1) * STEP + rng.uniform(-60, 60, (SIDE + 1, SIDE + 1, 2))
    corner += [400_000, 600_000]
    quads = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=2)
    return np.asarray(shapely.segmentize(shapely.polygons(quads.reshape(-1, 4, 2)), 40.0))


def test_overlay_of_2000_corridors_and_100k_zones(zones: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    start = rng.uniform(0, SIDE * STEP, (2000, 2)) + np.array([400_000, 600_000])
    angle, length = rng.uniform(0, np.pi, 2000), rng.uniform(1000, 6000, 2000)
    end = start + np.column_stack([np.cos(angle), np.sin(angle)]) * length[:, None]
    axes = shapely.linestrings(np.stack([start, end], axis=1))
    corridors = shapely.segmentize(shapely.buffer(axes, rng.uniform(150, 500, 2000)), 50)
    a = gpd.GeoDataFrame({"a": np.arange(2000)}, geometry=corridors, crs=2180)
    b = gpd.GeoDataFrame({"b": np.arange(len(zones))}, geometry=zones, crs=2180)
    (peer, theirs), (ours, found) = race(
        3, lambda: gpd.overlay(a, b, how="intersection"), lambda: intersect(corridors, zones)
    )
    print(f"\noverlay: ours {ours:.2f} s, geopandas {peer:.2f} s, ratio {ours / peer:.2f}")
    assert len(theirs) == len(found.left)
    assert found.area.sum() == pytest.approx(theirs.area.sum(), rel=1e-9)


def test_reading_app_gml(zones: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "plan.gml"
    ns = "https://www.gov.pl/static/zagospodarowanieprzestrzenne/schemas/app/2.0"
    with path.open("w") as file:
        file.write(
            f'<FeatureCollection xmlns="w" xmlns:app="{ns}" xmlns:gml="http://www.opengis.net/'
            'gml/3.2" xmlns:xlink="http://www.w3.org/1999/xlink">\n'
        )
        for i, shape in enumerate(shapely.segmentize(zones[:20_000], 4.0)):
            xy = shapely.get_coordinates(shape)[:, ::-1]
            text = " ".join(f"{v:.2f}" for v in xy.ravel())
            file.write(
                f"<member><app:StrefaPlanistyczna><app:oznaczenie>{i}SO</app:oznaczenie>"
                f"<app:symbol>SO</app:symbol><app:geometria><gml:Polygon srsName="
                f'"http://www.opengis.net/def/crs/EPSG/0/2180"><gml:exterior><gml:LinearRing>'
                f"<gml:posList>{text}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
                f"</app:geometria></app:StrefaPlanistyczna></member>\n"
            )
        file.write("</FeatureCollection>")
    size = path.stat().st_size / 1e6
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3

    def bare() -> int:
        count = 0
        tag = f"{{{ns}}}StrefaPlanistyczna"
        for _, element in etree.iterparse(str(path), events=("end",), tag=tag, huge_tree=True):
            count += 1
            element.clear()
        return count

    (floor, count), (ours, plan) = race(2, bare, lambda: read_app(path))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3 - before
    print(
        f"\n{size:.0f} MB of GML: ours {ours:.1f} s = {size / ours:.1f} MB/s, bare parser "
        f"{floor:.1f} s, ratio {ours / floor:.1f}; memory + {grown:.0f} MB"
    )
    assert len(plan.zones) == count == 20_000
