"""People on pieces are kept by the content of the layers, never by their looks."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from metrogis.checks.shared import settled
from metrogis.landscape.grid import Grid
from metrogis.provenance import Audit

TOWNS = gpd.GeoDataFrame(
    {"teryt": ["2215011"], "name": ["Town"]}, geometry=[shapely.box(0, 0, 1000, 1000)], crs=2180
)


class FakeRun:
    def __init__(self) -> None:
        self.audit = Audit()

    def add(self, audit: Audit) -> None:
        self.audit += audit


def settle(run, population, size, municipalities=TOWNS):
    return settled.settle(
        run, municipalities, cells=population, totals=None, weights=None, size=size
    )


def cells(people=100.0):
    return gpd.GeoDataFrame(
        {"population": [people]}, geometry=[shapely.box(0, 0, 1000, 1000)], crs=2180
    )


def test_the_same_layers_are_settled_once_and_handed_out_apart(monkeypatch) -> None:
    asked = []
    real = settled.people_of.settle
    fake = SimpleNamespace(settle=lambda *a, **k: asked.append(k) or real(*a, **k))
    monkeypatch.setattr(settled, "people_of", fake)
    runs = [FakeRun() for _ in range(2)]
    first = settle(runs[0], cells(), 250.0)
    first["population"] = -1.0  # what one check does to its pieces is not seen by another
    again = settle(runs[1], cells(), 250.0, TOWNS.copy())
    assert len(asked) == 1
    assert again["population"].sum() == pytest.approx(100)
    assert list(runs[0].audit) == list(runs[1].audit)
    assert settle(FakeRun(), cells(7.0), 250.0)["population"].sum() == 7
    assert len(settle(FakeRun(), cells(7.0), 500.0)) == 4
    assert len(asked) == 3


def test_any_difference_is_seen() -> None:
    values = np.arange(6.0).reshape(2, 3)
    grid = Grid(values, values > 0, None, None, (1, 1))
    other = Grid(values + 1, values > 0, None, None, (1, 1))
    moved = cells()
    moved.geometry = moved.translate(1, 0)
    hole = cells()
    hole.geometry = [shapely.box(0, 0, 1000, 1000).difference(shapely.box(1, 1, 2, 2))]
    table = pd.DataFrame({"teryt": ["2215011"], "population": [5]})
    things = [
        (TOWNS, cells(), None), (TOWNS, cells(8.0), None), (TOWNS, moved, None),
        (TOWNS, hole, None), (TOWNS, cells(), table), (TOWNS, cells(), table * 2),
        (TOWNS, cells(), grid), (TOWNS, cells(), other), (TOWNS, cells(), None, 1.0),
        (TOWNS, cells().set_crs(2177, allow_override=True), None),
    ]  # fmt: skip
    keys = [settled.fingerprint(*t) for t in things]
    assert len(set(keys)) == len(keys)
    assert keys == [settled.fingerprint(*t) for t in things]
    assert settled.fingerprint(TOWNS, object()) is None
