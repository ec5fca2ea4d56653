"""Taking knowledge away from the checks of active mobility, through files and their readers.

A small metropolis of four municipalities is written to disk (GeoJSON, GeoPackage, CSV, Overpass
JSON), spoiled in one way, and read by the catalog. Whatever is taken: nothing that was unknown
becomes certain, and no certain value becomes another one.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from metrogis import open_metro
from metrogis.checks import registry

CRS = "EPSG:2180"
X0, Y0 = 470_000.0, 720_000.0
SIDE, STEP, COUNT = 6000.0, 500.0, 4
CODES = ["2201011", "2201022", "2202011", "2203011"]
CHECKS = ("interchange_access", "cycle_network", "missing_links", "border_gaps", "planned_links")

# --------------------------------------------------------------------------- the metropolis


def _lines() -> list[tuple[str, str, list[tuple[float, float]]]]:
    """Routes: id, highway, points in metres from the corner; all on the lattice of streets."""
    return [
        ("long", "cycleway", [(500, 3000), (2500, 3000), (5000, 3000), (6000, 3000), (7000, 3000)]),
        ("spur", "cycleway", [(2500, 3000), (2500, 4500)]),
        ("apart", "cycleway", [(7500, 1500), (10_500, 1500)]),
        ("short", "cycleway", [(8000, 4500), (9500, 4500)]),
        ("plan", "proposed", [(9500, 4500), (10_500, 4500), (10_500, 1500)]),
        ("over", "cycleway", [(11_000, 3000), (12_000, 3000), (14_000, 3000)]),
        ("south", "cycleway", [(13_000, 500), (17_500, 500)]),
        ("east", "cycleway", [(18_500, 2000), (22_000, 2000), (22_000, 5000)]),
        ("end", "cycleway", [(20_000, 5500), (21_500, 5500)]),
    ]


def _routes() -> gpd.GeoDataFrame:
    rows = _lines()
    return gpd.GeoDataFrame(
        {"osm_id": [r[0] for r in rows], "highway": [r[1] for r in rows]},
        geometry=[LineString([(X0 + x, Y0 + y) for x, y in r[2]]) for r in rows],
        crs=CRS,
    )


def _streets() -> dict[str, Any]:
    """A lattice as Overpass JSON; every third street is calm, the others are not."""
    columns, rows = int(COUNT * SIDE / STEP) + 1, int(SIDE / STEP) + 1
    x, y = np.meshgrid(X0 + STEP * np.arange(columns), Y0 + STEP * np.arange(rows))
    places = gpd.GeoSeries(gpd.points_from_xy(x.ravel(), y.ravel()), crs=CRS).to_crs(4326)
    nodes = [{"type": "node", "id": i + 1, "lon": p.x, "lat": p.y} for i, p in enumerate(places)]
    at = np.arange(rows * columns).reshape(rows, columns) + 1
    ways = []
    for k, refs in enumerate([*at, *at.T]):
        calm = k % 3 == 0
        tags = {"highway": "residential" if calm else "tertiary", "name": f"Street {k}"}
        tags |= {"maxspeed": "30" if calm else "50", "lanes": "2"}
        # in pieces of six nodes: a way lost is not the street lost
        for start in range(0, len(refs) - 1, 5):
            part = refs[start : start + 6].tolist()
            ways.append({"type": "way", "id": len(ways) + 1, "nodes": part, "tags": tags})
    low = [float(places.x.min()) - 0.2, float(places.y.min()) - 0.2]
    high = [float(places.x.max()) + 0.2, float(places.y.max()) + 0.2]
    bounds = dict(zip(("minlon", "minlat", "maxlon", "maxlat"), [*low, *high], strict=True))
    return {"elements": [*nodes, *ways], "bounds": bounds}


CATALOG = """
[metro]
id = "mini"
name = "Mini"
crs = "EPSG:2180"
data = "beside"
"""
LAYERS = {
    "municipalities": ("vector", "municipalities.gpkg"),
    "cycle_routes": ("vector", "cycle_routes.geojson"),
    "cycle_coverage": ("table", "cycle_coverage.csv"),
    "rail_stations": ("vector", "rail_stations.geojson"),
    "population": ("vector", "population.gpkg"),
    "bike_parking": ("vector", "bike_parking.geojson"),
    "streets": ("osm", "streets.json"),
}


def _write(folder: Path) -> Path:
    folder.mkdir(parents=True)
    municipalities = gpd.GeoDataFrame(
        {"teryt": CODES, "name": list("ABCD")},
        geometry=[box(X0 + SIDE * i, Y0, X0 + SIDE * (i + 1), Y0 + SIDE) for i in range(COUNT)],
        crs=CRS,
    )
    municipalities.to_file(folder / "municipalities.gpkg")
    _routes().to_file(folder / "cycle_routes.geojson", engine="pyogrio")
    pd.DataFrame({"teryt": CODES, "state": "complete"}).to_csv(
        folder / "cycle_coverage.csv", index=False
    )
    spots = [(2500, 3020), (5500, 700), (8800, 4520), (10_400, 1480), (13_000, 3030),
             (17_400, 480), (20_100, 5480), (22_020, 3500)]  # fmt: skip
    gpd.GeoDataFrame(
        {"name": [f"Station {i}" for i in range(len(spots))]},
        geometry=[Point(X0 + x, Y0 + y) for x, y in spots],
        crs=CRS,
    ).to_file(folder / "rail_stations.geojson", engine="pyogrio")
    gpd.GeoDataFrame(
        {"capacity": ["10", "20", "5", "7"]},
        geometry=[Point(X0 + x, Y0 + y)
                  for x, y in ((2510, 3000), (8800, 4500), (13_010, 3040), (22_000, 3500))],
        crs=CRS,
    ).to_file(folder / "bike_parking.geojson", engine="pyogrio")  # fmt: skip
    rng = np.random.default_rng(7)
    cells = [
        box(X0 + x, Y0 + y, X0 + x + STEP, Y0 + y + STEP)
        for x in np.arange(0, COUNT * SIDE, STEP)
        for y in np.arange(0, SIDE, STEP)
    ]
    people = rng.integers(0, 60, len(cells)).astype(float)
    gpd.GeoDataFrame({"population": people}, geometry=cells, crs=CRS).to_file(
        folder / "population.gpkg"
    )
    (folder / "streets.json").write_text(json.dumps(_streets()), encoding="utf-8")
    text = CATALOG
    for name, (driver, path) in LAYERS.items():
        text += f'\n[layers.{name}]\ndriver = "{driver}"\npath = "{path}"\n'
        text += 'licence = "none"\nattribution = "invented"\ndate = "2024"\n'
    (folder / "catalog.toml").write_text(text, encoding="utf-8")
    return folder


def run(folder: Path) -> dict[str, Any]:
    metro = open_metro(folder)
    return {name: metro.check(name) for name in CHECKS}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write(tmp_path_factory.mktemp("mini") / "whole")


@pytest.fixture(scope="module")
def before(whole: Path) -> dict[str, Any]:
    return run(whole)


# an example takes seconds: none is made smaller
FEW = settings(
    max_examples=1,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

# --------------------------------------------------------------------------- comparison

KEYS = {
    "municipalities": ["teryt"],
    "interchanges": ["name"],
    "borders": ["teryt_a", "teryt_b"],
}


def changes(check: Any, before: Any, after: Any) -> list[str]:
    """Return what became certain, or another certain value, where less is known."""
    out = []
    for table, keys in KEYS.items():
        if table not in before.tables:
            continue
        old = before.tables[table].set_index(keys)
        new = after.tables[table].set_index(keys)
        both = old.index.intersection(new.index)
        for name, column in check.columns[table].items():
            if column.kind == "text" or column.of_known or name not in old.columns:
                continue
            for key in both:
                one, two = old.at[key, name], new.at[key, name]
                if not _allowed(one, two, column, name):
                    out.append(f"{check.id}.{table}.{name} of {key}: {one} -> {two}")
    return out


def _unknown(value: Any) -> bool:
    return bool(pd.isna(value)) or value == "unknown"


def _allowed(old: Any, new: Any, column: Any, name: str) -> bool:
    if _unknown(new):
        return True
    if _unknown(old):
        return False
    if column.kind in ("category", "flag"):
        return bool(old == new)
    slack = 1e-6 * max(1.0, abs(float(old)))
    if column.bound == "low" or name.endswith("known_share"):
        return bool(new <= old + slack)
    if column.bound == "high":
        return bool(new >= old - slack)
    return bool(abs(new - old) <= slack)


def less(before: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run the checks on the spoiled files; nothing may have become certain."""
    after = run(folder)
    found = [
        line for name in CHECKS for line in changes(registry.get(name), before[name], after[name])
    ]
    assert not found, "\n".join(found[:20])
    for result in after.values():
        for language in ("pl", "en"):
            assert not [s for s in result.sentences(language) if re.search(r"[{}]|\bnan\b", s)]
    return after


def spoil(whole: Path, target: Path, change: Callable[[Path], None]) -> Path:
    shutil.copytree(whole, target)
    change(target)
    return target


def edit_json(path: Path, change: Callable[[Any], None]) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def town(i: int) -> Any:
    return box(X0 + SIDE * i, Y0, X0 + SIDE * (i + 1), Y0 + SIDE)


# --------------------------------------------------------------------------- taking away


def cut_routes(folder: Path, i: int) -> None:
    path = folder / "cycle_routes.geojson"
    frame = gpd.read_file(path).to_crs(CRS)
    frame.geometry = frame.geometry.difference(town(i))
    frame[~frame.is_empty].to_file(path, engine="pyogrio")
    table = pd.read_csv(folder / "cycle_coverage.csv", dtype=str)
    table[table["teryt"] != CODES[i]].to_csv(folder / "cycle_coverage.csv", index=False)


def cut_coverage(folder: Path, i: int) -> None:
    table = pd.read_csv(folder / "cycle_coverage.csv", dtype=str)
    table.loc[i, "state"] = "partial"
    table.to_csv(folder / "cycle_coverage.csv", index=False)


def cut_population(folder: Path, i: int) -> None:
    frame = gpd.read_file(folder / "population.gpkg")
    frame = frame[~frame.within(town(i))]
    (folder / "population.gpkg").unlink()
    frame.to_file(folder / "population.gpkg")


def cut_streets(folder: Path, i: int) -> None:
    """Crop the extract to what is west, or east, of a municipality; the file says so."""
    west = i > 1
    edge = X0 + SIDE * i if west else X0 + SIDE * (i + 1)
    lon = gpd.GeoSeries([Point(edge, Y0 + SIDE / 2)], crs=CRS).to_crs(4326).x.item()

    def crop(data: Any) -> None:
        kept = {
            e["id"]
            for e in data["elements"]
            if e["type"] == "node" and (e["lon"] <= lon if west else e["lon"] >= lon)
        }
        data["elements"] = [
            e
            for e in data["elements"]
            if (e["id"] in kept if e["type"] == "node" else kept.intersection(e["nodes"]))
        ]
        data["bounds"]["maxlon" if west else "minlon"] = lon

    edit_json(folder / "streets.json", crop)


def cut_stations(folder: Path, i: int) -> None:
    lose_features(folder / "rail_stations.geojson", [2 * i, 2 * i + 1])


CUTS = {
    "routes": cut_routes,
    "coverage": cut_coverage,
    "population": cut_population,
    "streets": cut_streets,
    "stations": cut_stations,
}


@pytest.mark.parametrize(
    "i", [pytest.param(i, marks=[pytest.mark.long] if i != 1 else []) for i in range(COUNT)]
)
@pytest.mark.parametrize("layer", CUTS)
def test_a_municipality_cut_out_of_a_layer(
    whole: Path, before: dict[str, Any], tmp_path: Path, layer: str, i: int
) -> None:
    after = less(before, spoil(whole, tmp_path / "cut", lambda folder: CUTS[layer](folder, i)))
    far = [k for k in range(COUNT) if abs(k - i) > 1]
    if layer in ("routes", "coverage"):
        for name in ("cycle_network", "interchange_access"):
            table = after[name].municipalities
            assert pd.isna(table["cycle_data"].iloc[i])
            assert np.isnan(table["cycle_km"].iloc[i])
            # two municipalities away nothing changes
            old = before[name].municipalities.iloc[far]
            columns = [c for c, v in registry.get(name).columns["municipalities"].items()
                       if not v.of_known and c in table]  # fmt: skip
            pd.testing.assert_frame_equal(
                pd.DataFrame(old[columns]), pd.DataFrame(table.iloc[far][columns])
            )
    if layer == "streets":
        borders = after["border_gaps"].municipalities.iloc[i]
        assert np.isnan(borders["gaps"])
        # a route that crosses a border is certain whatever the streets are
        assert np.isnan(borders["continuous"]) or borders["continuous"] > 0
        assert pd.isna(after["planned_links"].municipalities["people_decided"].iloc[i])
    if layer == "population":
        people = after["planned_links"].municipalities["people_before"]
        assert np.isnan(people.iloc[i]) or people.iloc[i] > 0
        assert np.isnan(after["interchange_access"].municipalities["people_near_bike"].iloc[i])
    if layer == "stations":
        figures = after["interchange_access"].figures
        assert figures["places"] == before["interchange_access"].figures["places"]
        assert figures["places_lost"] == 2


# --------------------------------------------------------------------------- rows lost


def lose_features(path: Path, rows: list[int]) -> None:
    """Take the geometry of some features away."""

    def change(data: Any) -> None:
        for row in rows:
            data["features"][row]["geometry"] = None

    edit_json(path, change)


def lose_routes(folder: Path, rng: np.random.Generator) -> None:
    lose_features(folder / "cycle_routes.geojson", rng.choice(9, 2, replace=False).tolist())


def lose_racks(folder: Path, rng: np.random.Generator) -> None:
    lose_features(folder / "bike_parking.geojson", [int(rng.integers(4))])


def lose_stations(folder: Path, rng: np.random.Generator) -> None:
    lose_features(folder / "rail_stations.geojson", [int(rng.integers(8))])


def lose_states(folder: Path, rng: np.random.Generator) -> None:
    table = pd.read_csv(folder / "cycle_coverage.csv", dtype=str)
    table.loc[int(rng.integers(COUNT)), str(rng.choice(["teryt", "state"]))] = None
    table.to_csv(folder / "cycle_coverage.csv", index=False)


def lose_people(folder: Path, rng: np.random.Generator) -> None:
    frame = gpd.read_file(folder / "population.gpkg")
    frame.loc[rng.choice(len(frame), 25, replace=False), "population"] = np.nan
    (folder / "population.gpkg").unlink()
    frame.to_file(folder / "population.gpkg")


def lose_nodes(folder: Path, rng: np.random.Generator) -> None:
    def change(data: Any) -> None:
        nodes = [e for e in data["elements"] if e["type"] == "node"]
        gone = {int(i) for i in rng.choice([e["id"] for e in nodes], 3, replace=False)}
        data["elements"] = [
            e for e in data["elements"] if e["type"] != "node" or e["id"] not in gone
        ]

    edit_json(folder / "streets.json", change)


def lose_places(folder: Path, rng: np.random.Generator) -> None:
    def change(data: Any) -> None:
        for k in rng.choice(100, 2, replace=False).tolist():
            data["elements"][k]["lat"] = "north"

    edit_json(folder / "streets.json", change)


def lose_tags(folder: Path, rng: np.random.Generator) -> None:
    def change(data: Any) -> None:
        ways = [e for e in data["elements"] if e["type"] == "way"]
        for k in rng.choice(len(ways), 2, replace=False).tolist():
            ways[k]["tags"] = "highway=residential"

    edit_json(folder / "streets.json", change)


def lose_ways_to_relations(folder: Path, rng: np.random.Generator) -> None:
    """A street becomes a relation: its way carries no tags of its own any more."""

    def change(data: Any) -> None:
        ways = [e for e in data["elements"] if e["type"] == "way"]
        way = ways[int(rng.integers(len(ways)))]
        member = {"type": "way", "ref": way["id"], "role": ""}
        data["elements"].append(
            {"type": "relation", "id": 1, "tags": way.pop("tags"), "members": [member]}
        )

    edit_json(folder / "streets.json", change)


LOSSES = (
    lose_routes, lose_racks, lose_stations, lose_states, lose_people, lose_nodes, lose_places,
    lose_tags, lose_ways_to_relations,
)  # fmt: skip
ALWAYS = (lose_routes, lose_people, lose_tags)
"""Of each driver one: the others are long tests."""


@pytest.mark.parametrize(
    "lose",
    [
        pytest.param(f, id=f.__name__, marks=[] if f in ALWAYS else [pytest.mark.long])
        for f in LOSSES
    ],
)
@FEW
@given(seed=st.integers(0, 2**16))
def test_rows_lost_in_reading(
    whole: Path,
    before: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
    lose: Callable[..., None],
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("lost") / "spoiled"
    less(before, spoil(whole, folder, lambda f: lose(f, np.random.default_rng(seed))))


@pytest.mark.parametrize("named", [True, False])
def test_a_lost_station_makes_those_unsure_that_it_may_belong_to(
    whole: Path, before: dict[str, Any], tmp_path: Path, named: bool
) -> None:
    """Of another name it is a place of its own; without a name it may be an entrance of any."""

    def change(folder: Path) -> None:
        path = folder / "rail_stations.geojson"
        lose_features(path, [0])
        if not named:
            edit_json(path, lambda data: data["features"][0]["properties"].update(name=None))

    old = before["interchange_access"].features["interchanges"].set_index("name")["state"]
    assert (old == "no").any()
    after = run(spoil(whole, tmp_path / "lost", change))["interchange_access"]
    new = after.features["interchanges"].set_index("name")["state"]
    assert after.figures["places_lost"] == 1
    if named:
        assert new.equals(old.drop("Station 0"))
    else:
        assert set(new) == {"yes", "unknown"}


def test_a_lost_route_leaves_no_certain_no(
    whole: Path, before: dict[str, Any], tmp_path: Path
) -> None:
    assert (before["interchange_access"].features["interchanges"]["state"] == "no").any()
    change = lambda f: lose_features(f / "cycle_routes.geojson", [3])  # noqa: E731
    after = less(before, spoil(whole, tmp_path / "lost", change))
    state = after["interchange_access"].features["interchanges"]["state"]
    assert set(state) == {"yes", "unknown"}
    assert after["cycle_network"].figures["routes_lost"] == 1
    assert after["cycle_network"].municipalities["cycle_km"].isna().all()
    assert (after["cycle_network"].municipalities["cycle_km_known"] > 0).all()
    assert "1 line was lost in reading" in " ".join(after["cycle_network"].sentences("en"))


@pytest.mark.parametrize("value", ["xyz", "ścieżka rowerowa"])
def test_lines_of_which_it_is_not_known_what_they_are_leave_the_sum_unknown(
    whole: Path, before: dict[str, Any], tmp_path: Path, value: str
) -> None:
    def change(data: Any) -> None:
        for feature in data["features"]:
            if feature["properties"]["osm_id"] == "south":
                feature["properties"]["highway"] = value

    spoiled = spoil(
        whole, tmp_path / "odd", lambda f: edit_json(f / "cycle_routes.geojson", change)
    )
    after = less(before, spoiled)
    for name in ("cycle_network", "interchange_access"):
        km = after[name].municipalities["cycle_km"]
        old = before[name].municipalities["cycle_km"]
        assert np.isnan(km[2])
        assert km.drop(2).tolist() == pytest.approx(old.drop(2).tolist())
        assert after[name].municipalities["cycle_km_known"][2] < old[2]


def test_more_than_half_unknown_comes_first(whole: Path, tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        pd.DataFrame({"teryt": ["2201011"], "state": ["complete"]}).to_csv(
            folder / "cycle_coverage.csv", index=False
        )

    after = run(spoil(whole, tmp_path / "few", change))
    says = {
        "cycle_network": "How much cycle infrastructure 3 municipalities have is unknown",
        "interchange_access": "Of 8 interchanges and stations it is unknown whether",
        "missing_links": "What is missing in 3 of 4 municipalities is unknown",
        "border_gaps": "of 1 it is unknown",
    }
    for name, words in says.items():
        sentences = after[name].sentences("en")
        assert "nknown" in sentences[0]
        assert words in " ".join(sentences[:2])
    for name in says:
        ground = {view.ground for view in registry.get(name).views}
        assert None not in ground


# --------------------------------------------------------------------------- modelled otherwise


def redraw_routes(folder: Path, rng: np.random.Generator) -> None:
    """Other rows, ids, vertices, directions; lines split at vertices, one drawn twice."""
    path = folder / "cycle_routes.geojson"
    frame = gpd.read_file(path).to_crs(CRS)
    rows = []
    for highway, shape in zip(frame["highway"], frame.geometry, strict=True):
        xy = list(shape.coords)
        cut = int(rng.integers(1, len(xy))) if len(xy) > 2 else len(xy)
        parts = [xy[: cut + 1], xy[cut:]] if cut < len(xy) - 1 else [xy]
        for part in parts:
            line = LineString(part)
            if rng.random() < 0.5:
                line = line.reverse()
            if rng.random() < 0.5:
                line = shapely.segmentize(line, 130.0)
            rows.append((highway, line))
            if rng.random() < 0.3:
                rows.append((highway, line.reverse()))
    order = rng.permutation(len(rows))
    gpd.GeoDataFrame(
        {
            "osm_id": [f"new {i}" for i in order],
            "highway": [rows[i][0] for i in order],
        },
        geometry=[rows[i][1] for i in order],
        crs=CRS,
    ).to_file(path, engine="pyogrio")


def redraw_streets(folder: Path, rng: np.random.Generator) -> None:
    """Ways split at nodes and turned round, elements and ids in another order."""

    def change(data: Any) -> None:
        new = {e["id"]: int(n) for e, n in zip(
            [e for e in data["elements"] if e["type"] == "node"],
            rng.permutation(10_000), strict=False)}  # fmt: skip
        out = []
        for e in data["elements"]:
            if e["type"] == "node":
                out.append(e | {"id": new[e["id"]]})
                continue
            refs = [new[r] for r in e["nodes"]]
            cut = int(rng.integers(1, len(refs) - 1)) if len(refs) > 2 else 0
            for part in [refs[: cut + 1], refs[cut:]] if cut else [refs]:
                turned = part[::-1] if rng.random() < 0.5 else part
                out.append(e | {"id": len(out) + 50_000, "nodes": turned})
        data["elements"] = [out[i] for i in rng.permutation(len(out))]

    edit_json(folder / "streets.json", change)


def reorder(folder: Path, rng: np.random.Generator) -> None:
    """Rows of municipalities, stations and cells in another order."""
    for name in ("rail_stations.geojson", "bike_parking.geojson"):
        edit_json(folder / name, lambda data: rng.shuffle(data["features"]))
    for name in ("municipalities.gpkg", "population.gpkg"):
        frame = gpd.read_file(folder / name)
        (folder / name).unlink()
        frame.iloc[rng.permutation(len(frame))].to_file(folder / name)


FREE = {"name", "reason", "lines", "network", "data_quality", "road", "rank"}
"""Columns that name things as the source does, or number what is equally good."""


@pytest.mark.parametrize("redraw", [redraw_routes, redraw_streets, reorder])
@FEW
@given(seed=st.integers(0, 2**16))
def test_what_is_modelled_differently_changes_nothing(
    whole: Path,
    before: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
    redraw: Callable[..., None],
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("drawn") / "other"
    after = run(spoil(whole, folder, lambda f: redraw(f, np.random.default_rng(seed))))
    for name in CHECKS:
        for table, keys in KEYS.items():
            if table not in before[name].tables:
                continue
            old = before[name].tables[table].set_index(keys).sort_index()
            new = after[name].tables[table].set_index(keys).sort_index()
            assert old.index.tolist() == new.index.tolist()
            for column, about in registry.get(name).columns[table].items():
                if column in keys or column in FREE or column not in old:
                    continue
                one, two = old[column], new[column]
                if about.kind in ("number", "share"):
                    np.testing.assert_allclose(
                        one.astype(float), two.astype(float), rtol=1e-6, atol=1e-6,
                        err_msg=f"{name}.{table}.{column}",
                    )  # fmt: skip
                else:
                    same = (one == two) | (one.isna() & two.isna())
                    assert same.fillna(False).all(), f"{name}.{table}.{column}"
        figures = [before[name].figures, after[name].figures]
        assert figures[0].keys() == figures[1].keys()
        for key, value in figures[0].items():
            assert figures[1][key] == pytest.approx(value, rel=1e-6, abs=1e-6, nan_ok=True), key


# --------------------------------------------------------------------------- parameters


def add_layer(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    """Add a layer of points, at metres from the corner, to the catalog of a folder."""
    places = [Point(X0 + row.pop("x"), Y0 + row.pop("y")) for row in rows]
    gpd.GeoDataFrame(rows, geometry=places, crs=CRS).to_file(folder / f"{name}.gpkg")
    with (folder / "catalog.toml").open("a", encoding="utf-8") as catalog:
        catalog.write(f'\n[layers.{name}]\ndriver = "vector"\npath = "{name}.gpkg"\n')
        catalog.write('licence = "none"\nattribution = "invented"\ndate = "2024"\n')


def with_hubs(folder: Path) -> None:
    """Hubs 150 m from a station, and 400 m from the station they are called like."""
    hubs = [
        {"name": "Hub", "x": 2500, "y": 3170},
        {"name": "Station 4", "x": 13_400, "y": 3030},
        {"name": "Hub 2", "x": 8800, "y": 4670},
        {"name": "Station 3", "x": 10_400, "y": 1880},
        {"name": "Station 6", "x": 20_100, "y": 5080},
    ]
    add_layer(folder, "interchanges", hubs)


def with_entrances(folder: Path) -> None:
    """Entrances 800 m from their stations."""
    entrances = [
        {"interchange": "Station 1", "x": 5500, "y": 1500},
        {"interchange": "Station 2", "x": 8800, "y": 3720},
    ]
    add_layer(folder, "interchange_entrances", entrances)


def with_hole(folder: Path) -> None:
    """No street within a kilometre of a route, in the middle of the data."""
    lon, lat = (
        gpd.GeoSeries([Point(X0 + x, Y0 + y) for x, y in ((1000, 3500), (5000, 5900))], crs=CRS)
        .to_crs(4326)
        .pipe(lambda s: (s.x.tolist(), s.y.tolist()))
    )

    def change(data: Any) -> None:
        kept = {
            e["id"]
            for e in data["elements"]
            if e["type"] == "node"
            and not (lon[0] < e["lon"] < lon[1] and lat[0] < e["lat"] < lat[1])
        }
        data["elements"] = [
            e
            for e in data["elements"]
            if (e["id"] in kept if e["type"] == "node" else kept.issuperset(e["nodes"]))
        ]

    edit_json(folder / "streets.json", change)
    path = folder / "cycle_routes.geojson"
    frame = gpd.read_file(path).to_crs(CRS)
    line = LineString([(X0 + 2700, Y0 + 4700), (X0 + 3400, Y0 + 4700)])
    more = gpd.GeoDataFrame({"osm_id": ["lone"], "highway": ["cycleway"]}, geometry=[line], crs=CRS)
    pd.concat([frame, more]).to_file(path, engine="pyogrio")


def with_streets_short(folder: Path) -> None:
    """The street extract ends a tenth of a municipality before its border."""
    edge = X0 + SIDE * (COUNT - 1) + 0.9 * SIDE
    lon = gpd.GeoSeries([Point(edge, Y0)], crs=CRS).to_crs(4326).x.item()

    def change(data: Any) -> None:
        data["bounds"]["maxlon"] = lon

    edit_json(folder / "streets.json", change)


def with_lanes(folder: Path) -> None:
    """Streets that are not calm have a lane on their right."""

    def change(data: Any) -> None:
        for e in data["elements"]:
            if e["type"] == "way" and e["tags"]["highway"] == "tertiary":
                e["tags"]["cycleway:right"] = "lane"

    edit_json(folder / "streets.json", change)


def with_tracks(folder: Path) -> None:
    """Fast streets have a track on their right: calm one way, not the other."""

    def change(data: Any) -> None:
        for e in data["elements"]:
            if e["type"] == "way" and e["tags"]["highway"] == "tertiary":
                e["tags"] |= {"cycleway:right": "track", "maxspeed": "70", "lanes": "4"}

    edit_json(folder / "streets.json", change)


def with_island(folder: Path) -> None:
    """A street of 300 m that leads nowhere, beside a station."""
    ends = gpd.GeoSeries([Point(X0 + 2520, Y0 + y) for y in (3020, 3320)], crs=CRS).to_crs(4326)

    def change(data: Any) -> None:
        nodes = [
            {"type": "node", "id": 90_000 + i, "lon": p.x, "lat": p.y} for i, p in enumerate(ends)
        ]
        way = {"type": "way", "id": 90_000, "nodes": [90_000, 90_001]}
        data["elements"] += [*nodes, way | {"tags": {"highway": "residential"}}]

    edit_json(folder / "streets.json", change)


def with_coverage_short(folder: Path) -> None:
    """The cycle data cover nine tenths of a municipality."""
    areas = [*map(town, range(COUNT - 1)), box(X0 + 3 * SIDE, Y0, X0 + 3.9 * SIDE, Y0 + SIDE)]
    gpd.GeoDataFrame(geometry=areas, crs=CRS).to_file(folder / "cycle_coverage.gpkg")
    path = folder / "catalog.toml"
    text = path.read_text(encoding="utf-8")
    old = '"table"\npath = "cycle_coverage.csv"'
    assert old in text
    path.write_text(text.replace(old, '"vector"\npath = "cycle_coverage.gpkg"'), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "check", "parameter", "value"),
    [
        pytest.param(
            with_hubs, "interchange_access", "merge_distance", 100, marks=pytest.mark.long
        ),
        pytest.param(
            with_hubs, "interchange_access", "same_name_distance", 300, marks=pytest.mark.long
        ),
        pytest.param(
            with_entrances, "interchange_access", "entrance_distance", 500, marks=pytest.mark.long
        ),
        pytest.param(with_hubs, "missing_links", "merge_distance", 100, marks=pytest.mark.long),
        pytest.param(with_hubs, "missing_links", "same_name_distance", 300, marks=pytest.mark.long),
        pytest.param(
            with_entrances, "missing_links", "entrance_distance", 500, marks=pytest.mark.long
        ),
        (with_hubs, "planned_links", "merge_distance", 100),
        (with_hubs, "planned_links", "same_name_distance", 300),
        (with_entrances, "planned_links", "entrance_distance", 500),
        (with_hole, "cycle_network", "compare_reach", 5000),
        (with_lanes, "border_gaps", "lanes", False),
        (with_lanes, "missing_links", "lanes", False),
        (with_tracks, "interchange_access", "driving_side", "left"),
        (with_tracks, "planned_links", "driving_side", "left"),
        (with_tracks, "rail_access", "driving_side", "left"),
        pytest.param(with_island, "interchange_access", "street_part", 0, marks=pytest.mark.long),
        (with_island, "planned_links", "street_part", 0),
        (with_island, "rail_access", "street_part", 0),
        (with_streets_short, "cycle_network", "coverage_share", 0.8),
        pytest.param(
            with_streets_short, "missing_links", "coverage_share", 0.8, marks=pytest.mark.long
        ),
        (with_streets_short, "border_gaps", "coverage_share", 0.8),
        (with_coverage_short, "planned_links", "coverage_share", 0.8),
        pytest.param(
            with_coverage_short, "interchange_access", "coverage_share", 0.8, marks=pytest.mark.long
        ),
    ],
)
def test_parameters_that_need_a_place_drawn_for_them(
    whole: Path, tmp_path: Path, change: Any, check: str, parameter: str, value: Any
) -> None:
    metro = open_metro(spoil(whole, tmp_path / "drawn", change))
    one, two = metro.check(check), metro.check(check, **{parameter: value})
    same = one.figures.keys() == two.figures.keys() and all(
        one.figures[k] == pytest.approx(two.figures[k], nan_ok=True) for k in one.figures
    )
    tables = one.tables.keys() == two.tables.keys() and all(
        one.tables[k].drop(columns="geometry").equals(two.tables[k].drop(columns="geometry"))
        for k in one.tables
    )
    assert not (same and tables and one.audit.rows == two.audit.rows)
