"""Routes drawn a second time change no length and no verdict of any check of cycling."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, Point, box

from metrogis.checks.active_mobility.border_gaps.check import border_gaps
from metrogis.checks.active_mobility.cycle_network.check import cycle_network
from metrogis.checks.active_mobility.interchange_access.check import interchange_access
from metrogis.checks.active_mobility.missing_links.check import missing_links
from metrogis.streets import from_lines
from metrogis.streets.cycleways import by_state

CRS = "EPSG:2180"
TOWNS = gpd.GeoDataFrame(
    {"teryt": ["2261011", "2261021"], "name": ["A", "B"]},
    geometry=[box(0, 0, 5000, 5000), box(5000, 0, 9000, 5000)],
    crs=CRS,
)
ROUTES = [
    LineString([(2000, 1000), (3600, 1000)]),  # 1.6 km: drawn twice it would be enough
    LineString([(3600, 1000), (3600, 1200)]),
    LineString([(5200, 3000), (7000, 3000)]),
]
HUBS = gpd.GeoDataFrame(
    {"name": ["H", "J"]}, geometry=[Point(2000, 1040), Point(6000, 3040)], crs=CRS
)


def off(line: LineString) -> LineString:
    return shapely.transform(line, lambda xy: xy + np.array([0.006, 0.008]))


def there_and_back(line: LineString) -> LineString:
    way = np.array(line.coords)
    return LineString(np.concatenate([way, (way + 0.01)[::-1]]))


SPELLINGS = {
    "vertex": [*ROUTES, *(shapely.segmentize(line, 333.0) for line in ROUTES)],
    "off": [*ROUTES, *map(off, ROUTES)],
    "reverse": [shapely.reverse(off(line)) for line in ROUTES] + ROUTES,
    "back": [there_and_back(line) for line in ROUTES],
}


def layer(lines: list[LineString], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(lines), crs=CRS)


def streets(lines: list[LineString]) -> gpd.GeoDataFrame:
    kinds = ["cycleway"] * len(lines) + ["tertiary"] * 3
    roads = [
        LineString([(2000, 1000), (3600, 1000), (3600, 3000)]),
        LineString([(3600, 3000), (5200, 3000)]),
        LineString([(3600, 1200), (3600, 3000)]),
    ]
    return layer([*lines, *roads], highway=kinds)


def figures(result: Any) -> dict[str, float]:
    return {k: round(float(v), 2) for k, v in result.figures.items() if v is not None}


@pytest.mark.parametrize("how", SPELLINGS)
def test_lengths_and_verdicts_of_lines(how: str) -> None:
    once, twice = layer(ROUTES), layer(SPELLINGS[how])
    one, two = cycle_network(TOWNS, once), cycle_network(TOWNS, twice)
    assert figures(two)["network_km"] == 3.6
    columns = ["cycle_km", "cycle_directed_km", "planned_km"]
    pd.testing.assert_frame_equal(
        one.municipalities[columns], two.municipalities[columns], atol=1e-4
    )
    assert figures(one)["networks"] == figures(two)["networks"] == 2
    one, two = (interchange_access(TOWNS, HUBS, lines) for lines in (once, twice))
    states = two.features["interchanges"]["state"].tolist()
    assert states == one.features["interchanges"]["state"].tolist() == ["no", "no"]
    km = two.features["interchanges"]["network_km"].round(2).tolist()
    assert km == [1.8, 1.8]
    # without the tolerance they would be joined to networks of twice the length
    loose = interchange_access(TOWNS, HUBS, twice, line_tolerance=0, tolerance=0.1)
    doubled = loose.features["interchanges"]["network_km"].round(1).tolist()
    assert doubled == ([1.8, 1.8] if how == "vertex" else [3.6, 3.6])


@pytest.mark.parametrize("how", SPELLINGS)
def test_verdicts_on_the_street_network(how: str) -> None:
    results = []
    for lines in (ROUTES, SPELLINGS[how]):
        network = from_lines(streets(lines), mode="bike")
        results.append(
            (
                border_gaps(TOWNS, network, gap_limit=3000, reach=2000),
                missing_links(TOWNS, network, interchanges=HUBS, benefit_min=0),
            )
        )
    for one, two in zip(*results, strict=True):
        for name in one.features:
            joins = [c for c in ("joins_km", "network_km", "opens_km") if c in one.features[name]]
            for column in joins:
                a, b = (np.sort(r.features[name][column].dropna()) for r in (one, two))
                np.testing.assert_allclose(np.unique(a.round(2)), np.unique(b.round(2)), atol=0.02)


@pytest.mark.parametrize("how", SPELLINGS)
def test_official_lines_beside_streets(how: str) -> None:
    network = from_lines(streets([]), mode="bike")
    found = [
        border_gaps(TOWNS, network, cycle_routes=layer(lines)).municipalities
        for lines in (ROUTES, SPELLINGS[how])
    ]
    pd.testing.assert_frame_equal(pd.DataFrame(found[0]), pd.DataFrame(found[1]))


def test_planned_lines_count_once_too() -> None:
    lines = layer([*ROUTES, *map(off, ROUTES)], state=["planned"] * 6)
    built = layer(ROUTES[:1], state=["built"])
    split = by_state(pd.concat([lines, built], ignore_index=True))
    # what is built already is not planned
    assert split.planned.length.sum() == pytest.approx(2000, abs=0.1)
    assert split.built.length.sum() == pytest.approx(1600, abs=0.1)
