"""Land that joins two woods when it is restored is found; without the works there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio.features
import rasterio.windows
import shapely
from rasterio.windows import Window

from metrogis import open_metro
from metrogis.checks.contract import Result
from metrogis.checks.spatial_development.corridor_connectivity.check import corridor_connectivity

Item = dict[str, Any]


@pytest.fixture(scope="module")
def metro(folder: Path) -> Any:
    return open_metro(folder)


def test_a_restored_site_joins_two_woods_and_undone(metro: Any, planted: dict[str, Item]) -> None:
    """Asked of the window alone, where no other link matters more."""
    item = planted["restoration_joins"]
    cover = metro.land_cover
    x0, y0, x1, y1 = item["window"]
    left, top = (round(v / 20) for v in (x0 - cover.transform.c, cover.transform.f - y1))
    rows, columns = round((y1 - y0) / 20), round((x1 - x0) / 20)
    part = (slice(top, top + rows), slice(left, left + columns))
    shifted = rasterio.windows.transform(Window(left, top, columns, rows), cover.transform)
    works = shapely.box(*item["works"])
    own = metro.municipalities[metro.municipalities["teryt"] == item["teryt"]]

    def asked(works_become: int | None) -> Result:
        values = cover.values[part].copy()
        if works_become is not None:
            inside = rasterio.features.rasterize([works], values.shape, transform=shifted) == 1
            assert set(np.unique(values[inside])) == {3}
            values[inside] = works_become
        grid = replace(cover, values=values, valid=cover.valid[part], transform=shifted)
        return corridor_connectivity(
            own, grid, land_cover_classes=metro.land_cover_classes, cell_size=20,
            current_patches=0, fixes=0,
        )  # fmt: skip

    found = asked(None).features
    assert found["patches"].area.to_numpy() == pytest.approx(
        [p["area_m2"] for p in item["patches"]]
    )
    best = found["restorations"].iloc[0]
    expected = item["expected"]
    assert best["cost"] >= expected["cost_at_least"] > 10 * expected["restored_at_most"]
    assert best["cost_after"] <= expected["restored_at_most"]
    assert best["municipality"] == item["municipality"]
    assert best.geometry.centroid.distance(works) < 1
    # undone: over fields the woods are near each other, and where a wood grows they are one
    fields = asked(5).features["restorations"].iloc[0]
    assert fields["cost"] == pytest.approx(10 * item["gap_m"], rel=0.05)
    assert fields["spared_per_ha"] < best["spared_per_ha"] / 3
    values = asked(7).features
    assert values["restorations"]["cost"].max() < expected["cost_at_least"] / 10


def test_the_window_holds_no_other_habitat(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["restoration_joins"]
    cover = metro.land_cover
    habitat = np.isin(cover.values, item["habitat"])
    box = shapely.box(*item["window"]).buffer(-1)
    inside = rasterio.features.rasterize([box], habitat.shape, transform=cover.transform) == 1
    area = sum(p["area_m2"] for p in item["patches"])
    assert (habitat & inside).sum() * 400 == pytest.approx(area)
    works = shapely.box(*item["works"])
    for wood in item["patches"]:
        assert works.distance(shapely.Point(wood["x"], wood["y"])) > 40


@pytest.mark.long
def test_the_site_stands_among_those_of_the_metropolis(
    metro: Any, planted: dict[str, Item]
) -> None:
    item = planted["restoration_joins"]
    found = metro.check("corridor_connectivity", barrier_links=1000, restorations=100, fixes=0)
    sites = found.features["restorations"]
    works = shapely.box(*item["works"])
    near = sites[sites.intersects(works)]
    assert len(near)
    assert near["cost_after"].min() < 0.1 * near["cost"].max()
