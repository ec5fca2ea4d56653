"""States do not depend on how a timetable is modelled: feeds, posts, ids, order of rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import box

from metrogis import read_feed, white_spots
from metrogis.checks.shared.service import Rule, read_service

CRS = "EPSG:2180"
X0, Y0 = 450_000.0, 740_000.0
TO_DEGREES = pyproj.Transformer.from_crs(2180, 4326, always_xy=True)
COMPLETE = pd.DataFrame({"feed": ["*"], "teryt": ["*"], "mode": ["all"], "state": ["complete"]})
GRID = {f"{x}{y}": (700.0 * x + 500, 700.0 * y + 500) for x in range(4) for y in range(3)}


@dataclass
class Model:
    """Runs (line, direction, type, hours of calls by stop), and how they are written.

    ``part`` gives the feed of each run; ``post`` the post of a stop a run calls at.
    """

    runs: list[tuple[str, int, int, list[tuple[str, float]]]]
    part: list[int]
    twice: list[int] = field(default_factory=list)
    post: dict[str, int] = field(default_factory=dict)
    directions: bool = True
    prefix: str = ""
    shuffle: int | None = None

    def write(self, folder: Path) -> Any:
        listed = [(i, self.part[i]) for i in range(len(self.runs))]
        listed += [(i, 1 - self.part[i]) for i in self.twice]
        paths = []
        for feed in sorted({f for _, f in listed}):
            paths.append(folder / f"feed{feed}")
            self._one(paths[-1], [i for i, f in listed if f == feed])
        return read_feed(paths if len(paths) > 1 else paths[0])

    def _name(self, stop: str, direction: int) -> str:
        """Several posts at one position: by direction, or the same for both."""
        return f"{self.prefix}{stop}" + (f".{direction}" if self.post.get(stop) else "")

    def _one(self, folder: Path, runs: list[int]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        stops, trips, times = {}, [], []
        for i in runs:
            line, direction, _, calls = self.runs[i]
            said = direction if self.directions else ""
            trips.append(f"{self.prefix}t{i},{self.prefix}r{line},w,{said}")
            for k, (stop, hour) in enumerate(calls):
                s = round(hour * 3600)
                clock = f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}"
                name = self._name(stop, direction)
                stops[name] = stop
                times.append(f"{self.prefix}t{i},{clock},{name},{k}")
        rows = []
        for name, stop in stops.items():
            lon, lat = TO_DEGREES.transform(*np.add((X0, Y0), GRID[stop]))
            rows.append(f"{name},Stop {stop},{lat!r},{lon!r}")
        kinds = {self.runs[i][0]: self.runs[i][2] for i in runs}
        tables = {
            "stops": ("stop_id,stop_name,stop_lat,stop_lon", rows),
            "routes": (
                "route_id,route_short_name,route_type",
                [f"{self.prefix}r{n},{n},{k}" for n, k in kinds.items()],
            ),
            "trips": ("trip_id,route_id,service_id,direction_id", trips),
            "stop_times": ("trip_id,departure_time,stop_id,stop_sequence", times),
            "calendar": (
                "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,"
                "end_date",
                ["w,1,1,1,1,1,1,1,20241001,20241031"],
            ),
        }
        rng = np.random.default_rng(self.shuffle)
        for table, (head, body) in tables.items():
            if self.shuffle is not None:
                body = [body[i] for i in rng.permutation(len(body))]
            (folder / f"{table}.txt").write_text("\n".join([head, *body]) + "\n")


def town() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": ["2215011"], "name": ["T"]}, geometry=[box(X0, Y0, X0 + 3200, Y0 + 2600)], crs=CRS
    )


def homes() -> gpd.GeoDataFrame:
    """A cell at each stop, and one between stops that trains alone may reach."""
    at = np.array([*GRID.values(), *(np.add(p, (350, 350)) for p in GRID.values())])
    shapes = [box(X0 + x - 50, Y0 + y - 50, X0 + x + 50, Y0 + y + 50) for x, y in at]
    return gpd.GeoDataFrame({"population": np.arange(1.0, len(at) + 1)}, geometry=shapes, crs=CRS)


def states(model: Model, folder: Path) -> pd.DataFrame:
    result = white_spots(
        town(), homes(), model.write(folder), coverage=COMPLETE, min_departures=4,
        day_types=("school_day",),
    )  # fmt: skip
    cells = result.features["cells"].sort_values("population", ignore_index=True)
    return cells[["state", "cause"]]


@st.composite
def timetables(draw: Any) -> list[tuple[str, int, int, list[tuple[str, float]]]]:
    """A few lines there and back, with runs at any time of the day and of the night."""
    runs = []
    for line in range(draw(st.integers(1, 3))):
        stops = draw(st.lists(st.sampled_from(sorted(GRID)), min_size=3, max_size=6, unique=True))
        kind = draw(st.sampled_from([3, 3, 2]))
        for direction in (0, 1):
            path = stops[:: 1 - 2 * direction]
            for hour in draw(st.lists(st.integers(10, 62), max_size=6, unique=True)):
                calls = [(s, hour / 2 + 0.07 * k) for k, s in enumerate(path)]
                runs.append((f"L{line}", direction, kind, calls))
    return runs


def variants(runs: Any, halves: list[int], twice: list[int], posts: dict[str, int]) -> list[Model]:
    """The same runs, modelled in other ways; the first is the plain one."""
    one = [0] * len(runs)
    return [
        Model(runs, one),
        Model(runs, halves),
        Model(runs, one, twice=twice),
        Model(runs, one, post=posts),
        Model(runs, one, prefix="zz", shuffle=7),
        Model(runs, one, directions=False),
        Model(runs, halves, twice, posts, False, "q", 3),
    ]


def departures(model: Model, folder: Path) -> dict[str, list[Any]]:
    """Departures of the place at each position, in the day and in the windows, by walk."""
    rule = Rule({"bus": 500.0, "rail": 1000.0})
    service = read_service(model.write(folder), CRS, rule, days=["school_day"])
    counts = service.counts["school_day"][:, :, service.place].transpose(2, 0, 1)
    at = np.round(service.xy - (X0, Y0)).astype(int)
    return {str(p): c for p, c in zip(at.tolist(), counts.tolist(), strict=True)}


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(runs=timetables().filter(bool), data=st.data())
def test_departures_do_not_depend_on_feeds_posts_ids_or_order(tmp_path_factory, runs, data):
    size = len(runs)
    halves = data.draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))
    twice = data.draw(st.lists(st.sampled_from(range(size)), unique=True))
    posts = {s: data.draw(st.integers(0, 1)) for s in GRID}
    base, *others = variants(runs, halves, twice, posts)
    expected = departures(base, tmp_path_factory.mktemp("base"))
    for other in others:
        assert departures(other, tmp_path_factory.mktemp("other")) == expected


def test_states_and_causes_do_not_depend_on_them_either(tmp_path):
    rng = np.random.default_rng(5)
    runs = []
    for line, kind in enumerate((3, 3, 2)):
        stops = list(rng.choice(sorted(GRID), 5, replace=False))
        for direction in (0, 1):
            path = stops[:: 1 - 2 * direction]
            for hour in rng.choice(np.arange(10, 60), rng.integers(2, 7), replace=False) / 2:
                runs.append((f"L{line}", direction, kind,
                             [(s, hour + 0.07 * k) for k, s in enumerate(path)]))  # fmt: skip
    halves = rng.integers(0, 2, len(runs)).tolist()
    found = [
        states(model, tmp_path / str(k))
        for k, model in enumerate(variants(runs, halves, [0, 3], dict.fromkeys(GRID, 1)))
    ]
    assert set(found[0]["state"]) == {"served", "white"}
    for other in found[1:]:
        pd.testing.assert_frame_equal(other, found[0])
