"""The planted school is too far on foot; undoing it brings it into reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely

from metrogis import open_metro
from metrogis.checks.spatial_development.social_access.check import social_access

Item = dict[str, Any]


@pytest.fixture(scope="module")
def metro(folder: Path) -> Any:
    return open_metro(folder)


def state(metro: Any, item: Item, schools: Any) -> Any:
    """What the home's cell says, asked as if nobody lived elsewhere."""
    home = shapely.Point(item["x"], item["y"])
    cells = metro.population.copy()
    cells.loc[~cells.contains(home), "population"] = 0.0
    found = social_access(metro.municipalities, cells, metro.streets, schools)
    return found.features["cells"].iloc[0]


def test_school_too_far(metro: Any, planted: dict[str, Item]) -> None:
    item = planted["school_too_far"]
    assert item["straight_m"] < item["standard_m"] < item["least_walk_m"]
    schools = metro.schools
    assert state(metro, item, schools)["school"] == item["expected"]["school"]
    # undone: the same school in a straight line from the home's street
    moved = schools.copy()
    own = moved["name"] == item["school"]
    moved.loc[own, "geometry"] = shapely.Point(item["x"] + 200, item["y"])
    assert state(metro, item, moved)["school"] == "yes"
