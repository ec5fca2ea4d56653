"""One fault costs its own checks only: the rest is computed, published, and the fault is told."""

from __future__ import annotations

import json
import pickle
import sqlite3
import sys

import geopandas as gpd
import pyogrio
import pytest
import shapely
from typer.testing import CliRunner

import metrogis as mg
from metrogis import parallel
from metrogis.checks import registry
from metrogis.cli import app
from metrogis.report import gpkg, site

CATALOG = """
[metro]
id = "small"
name = "Small"
{parameters}
[layers.municipalities]
driver = "vector"
path = "m.gpkg"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.od_flows]
driver = "table"
path = "od.csv"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.cycle_routes]
driver = "vector"
path = "routes.gpkg"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.bike_parking]
driver = "vector"
path = "stands.gpkg"
schema = "BikeParking"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.rail_stations]
driver = "vector"
path = "stations.gpkg"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.corridors]
missing = "none at hand"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "small"
    folder.mkdir()
    codes = ["2261011", "2262011", "2264011"]
    boxes = [shapely.box(470000 + 5000 * i, 720000, 475000 + 5000 * i, 725000) for i in range(3)]
    municipalities = gpd.GeoDataFrame(
        {"teryt": codes, "name": ["A", "B", "C"]}, geometry=boxes, crs=2180
    )
    municipalities.to_file(folder / "m.gpkg")
    rows = [f"{a},{b},{10 + i + 3 * j}" for i, a in enumerate(codes) for j, b in enumerate(codes)]
    (folder / "od.csv").write_text("origin,destination,flow\n" + "\n".join(rows))
    line = shapely.LineString([(470100, 722000), (484000, 722000)])
    gpd.GeoDataFrame({"infrastructure": ["track"]}, geometry=[line], crs=2180).to_file(
        folder / "routes.gpkg"
    )
    points = [shapely.Point(472000, 722010), shapely.Point(480000, 722010)]
    gpd.GeoDataFrame({"name": ["P", "Q"]}, geometry=points, crs=2180).to_file(
        folder / "stations.gpkg"
    )
    gpd.GeoDataFrame({"capacity": [4]}, geometry=points[:1], crs=2180).to_file(
        folder / "stands.gpkg"
    )
    (folder / "catalog.toml").write_text(CATALOG.format(parameters=""))
    return folder


def opened(folder):
    return mg.open_metro(folder, data=folder)


FINE = {"functional_links", "cycle_network"}


def test_without_a_fault_nothing_fails(folder) -> None:
    atlas = mg.run(opened(folder))
    assert not atlas.failed
    assert {"functional_links", "cycle_network", "interchange_access"} <= set(atlas.results)
    assert "corridor_conflicts" in {s.check.id for s in atlas.skipped}


def remove(path):
    path.unlink()


def garble(path):
    path.write_bytes(b"<html>404</html>" * 50)


def truncate(path):
    path.write_bytes(path.read_bytes()[:700])


@pytest.mark.parametrize(
    ("damage", "workers"),
    [
        (remove, 1),
        (truncate, 2),
        *(pytest.param(d, n, marks=pytest.mark.long)
          for d, n in ((remove, 2), (garble, 1), (garble, 2), (truncate, 1))),
    ],
)  # fmt: skip
def test_a_layer_that_cannot_be_read_costs_its_checks_only(
    folder, tmp_path, damage, workers, monkeypatch
) -> None:
    if workers > 1:
        if not sys.platform.startswith("linux"):
            pytest.skip("forks on Linux only")
        monkeypatch.setattr("metrogis.atlas.processors", lambda: 2)
        monkeypatch.setattr(parallel, "processors", lambda: 2)
    damage(folder / "stands.gpkg")
    metro = opened(folder)
    told: list[str] = []
    atlas = mg.run(metro, workers=workers, progress=lambda check, what: told.append(what.en))
    assert set(atlas.failed) == {"interchange_access"}
    assert set(atlas.results) >= FINE
    assert atlas.failed["interchange_access"].layer == "bike_parking"
    assert "failed" in told
    state = atlas.layers.set_index("layer").loc["bike_parking"]
    assert state["state"] == ("absent" if damage is remove else "unreadable")
    summary = atlas.summary("pl").set_index("check").loc["interchange_access"]
    assert summary["state"] == "failed"
    assert "bike_parking" in summary["finding"]
    index = atlas.publish(tmp_path / "out")
    assert index.is_file()
    with pytest.raises(mg.MetrogisError, match="bike_parking"):
        metro["bike_parking"]


def test_every_unreadable_layer_is_told_not_only_the_first(folder) -> None:
    for name in ("stands.gpkg", "stations.gpkg"):
        garble(folder / name)
    atlas = mg.run(opened(folder), checks=["interchange_access"])
    assert set(atlas.metro.unreadable) == {"bike_parking", "rail_stations"}


FAULTS = [
    KeyError("y"),
    MemoryError(),
    *(
        pytest.param(error, marks=pytest.mark.long)
        for error in (TypeError("x"), RecursionError("deep"), AssertionError())
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: type(f).__name__)
def test_a_check_that_raises_anything_costs_itself_only(folder, monkeypatch, fault) -> None:
    def broken(**layers):
        raise fault

    replace_function(monkeypatch, "cycle_network", broken)
    atlas = mg.run(opened(folder))
    assert isinstance(atlas.failed["cycle_network"], mg.CheckError)
    assert type(fault).__name__ in atlas.failed["cycle_network"].text.en
    assert atlas.failed["cycle_network"].__cause__ is fault
    assert "functional_links" in atlas.results
    again = pickle.loads(pickle.dumps(atlas.failed["cycle_network"]))
    assert again.text == atlas.failed["cycle_network"].text
    with pytest.raises(mg.CheckError):
        mg.run(opened(folder), strict=True)


def replace_function(monkeypatch, check_id, function) -> None:
    check = registry.get(check_id)
    copy = object.__new__(type(check))
    copy.__dict__.update({**check.__dict__, "function": function})
    checks = tuple(copy if c.id == check_id else c for c in registry.CHECKS)
    monkeypatch.setattr(registry, "CHECKS", checks)


@pytest.mark.parametrize("bad", ["lowest = 1", "links = -5", 'links = "many"'])
def test_an_unfit_parameter_of_the_catalog_costs_its_check_only(folder, bad) -> None:
    parameters = f"[parameters.functional_links]\n{bad}"
    (folder / "catalog.toml").write_text(CATALOG.format(parameters=parameters))
    atlas = mg.run(opened(folder))
    assert isinstance(atlas.failed["functional_links"], mg.ParameterError)
    assert {"cycle_network", "interchange_access"} <= set(atlas.results)


def test_an_unfit_parameter_of_the_call_is_an_error_before_anything_is_computed(folder) -> None:
    with pytest.raises(mg.ParameterError, match="links"):
        mg.run(opened(folder), parameters={"functional_links": {"links": -5}})


def test_where_nothing_could_be_computed_the_former_atlas_stays(folder, tmp_path) -> None:
    out = tmp_path / "out"
    mg.run(opened(folder)).publish(out)
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    garble(folder / "m.gpkg")
    atlas = mg.run(opened(folder))
    assert not atlas.results
    with pytest.raises(mg.PublishError, match="municipalities"):
        atlas.publish(out)
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
    run = CliRunner().invoke(app, ["atlas", str(folder), "--data", str(folder), "-o", str(out)])
    assert run.exit_code == 1
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before


def test_the_command_publishes_the_rest_and_ends_with_one(folder, tmp_path) -> None:
    garble(folder / "stands.gpkg")
    out = tmp_path / "out"
    command = ["atlas", str(folder), "--data", str(folder), "-o", str(out), "-j", "1"]
    run = CliRunner().invoke(app, [*command, "--json"])
    assert run.exit_code == 1
    answer = json.loads(run.stdout)
    assert answer["failed"]["interchange_access"]["layer"] == "bike_parking"
    assert set(answer["failed"]["interchange_access"]["text"]) == {"pl", "en"}
    assert set(answer["results"]) >= FINE
    assert (out / "index.html").is_file()
    strict = tmp_path / "strict"
    run = CliRunner().invoke(app, [*command[:5], str(strict), "--strict"])
    assert run.exit_code == 1
    assert not strict.exists()


def test_a_layer_declared_missing_is_no_fault(folder, tmp_path) -> None:
    out = tmp_path / "out"
    run = CliRunner().invoke(
        app, ["run", str(folder), "--data", str(folder), "--check", "corridor_conflicts"]
    )
    assert run.exit_code == 0, out


# --------------------------------------------------------------------------- one question


def test_one_question_has_one_answer_whichever_way_it_is_asked(folder) -> None:
    parameters = '[parameters.functional_links]\ncore = ["2262011"]'
    (folder / "catalog.toml").write_text(CATALOG.format(parameters=parameters))
    metro = opened(folder)
    asked = metro.check("functional_links")
    assert asked.parameters.core == ("2262011",)
    assert asked.figures == mg.run(metro)["functional_links"].figures
    command = ["run", str(folder), "--data", str(folder), "--check", "functional_links", "--json"]
    told = json.loads(CliRunner().invoke(app, command).stdout)["results"]["functional_links"]
    for name, value in asked.figures.items():
        assert told["figures"][name] == pytest.approx(value, nan_ok=True) or value != value
    other = metro.check("functional_links", core=["2261011"])
    assert other.parameters.core == ("2261011",)
    bare = CliRunner().invoke(app, [*command, "--set", 'core=["2261011"]'])
    assert json.loads(bare.stdout)["results"]["functional_links"]["parameters"]["core"] == [
        "2261011"
    ]


def test_a_check_that_lacks_a_layer_says_which_and_why(folder) -> None:
    with pytest.raises(mg.MissingLayerError, match="none at hand"):
        opened(folder).check("corridor_conflicts")
    with pytest.raises(mg.ParameterError, match="white_spot"):
        opened(folder).check("white_spot")
    with pytest.raises(mg.ParameterError, match="unknown parameter"):
        opened(folder).check("functional_links", nonsense=1)


@pytest.mark.parametrize(
    ("step", "workers"),
    [
        ("figures.pictures", 2),
        *(
            pytest.param(step, 1, marks=pytest.mark.long)
            for step in ("map_layers.build", "rasters.write_geotiff")
        ),
    ],
)
def test_a_result_that_cannot_be_drawn_costs_its_own_page_only(
    folder, tmp_path, monkeypatch, step, workers
) -> None:
    """Whatever drawing stops on: the page tells it, all other pages are there, nothing is left."""
    room, name = step.split(".")
    real = getattr(getattr(site, room), name)

    def fragile(first, *others, **options):
        result = first[0] if isinstance(first, list) else first
        if result.check.id == "cycle_network":
            raise ZeroDivisionError("drawn by nobody")
        return real(first, *others, **options)

    atlas = mg.run(opened(folder))
    wanted = set(atlas.results) - {"cycle_network"}
    monkeypatch.setattr(f"metrogis.report.site.{room}.{name}", fragile)
    out = tmp_path / "out"
    site.publish(atlas, out, workers=workers)
    told = atlas.failed["cycle_network"]
    assert "ZeroDivisionError" in told.text.en
    assert "narysować" in told.text.pl
    manifest = json.loads((out / "atlas.json").read_text(encoding="utf-8"))
    assert set(manifest["checks"]) == wanted
    assert "cycle_network" in manifest["failed"]
    assert "drawn by nobody" in (out / "en" / "cycle_network.html").read_text(encoding="utf-8")
    assert not list(out.rglob("cycle_network_*.csv"))
    assert not list((out / "maps").glob("cycle_network*"))
    for check in wanted:
        assert (out / "pl" / f"{check}.html").is_file()
    assert dict(atlas.summary().set_index("check")["state"])["cycle_network"] == "failed"


def unwritable(error):
    """A writer of the package that stops on one check, as a library does."""
    real = gpkg._write

    def fragile(results, *others):
        if any(r.check.id == "cycle_network" for r in results):
            raise error
        return real(results, *others)

    return fragile


@pytest.mark.parametrize(
    "error",
    [
        # a table of more columns than SQLite's
        pyogrio.errors.DataSourceError("held by nobody"),
        *(
            pytest.param(error, marks=pytest.mark.long)
            for error in (
                ZeroDivisionError("held by nobody"),
                pyogrio.errors.FieldError("held by nobody"),
                sqlite3.IntegrityError("held by nobody"),
            )
        ),
    ],
    ids=lambda e: type(e).__name__,
)
def test_a_result_that_the_package_cannot_hold_costs_its_own_page_only(
    folder, tmp_path, monkeypatch, error
) -> None:

    atlas = mg.run(opened(folder))
    monkeypatch.setattr(gpkg, "_write", unwritable(error))
    site.publish(atlas, tmp_path / "out")
    assert set(atlas.failed) == {"cycle_network"}
    package = tmp_path / "out" / "downloads" / f"{atlas.metro_name}.gpkg.zip"
    layers = pyogrio.list_layers(package)[:, 0]
    assert any(layer.startswith("functional_links") for layer in layers)
    assert not any(layer.startswith("cycle_network") for layer in layers)


def test_a_package_that_can_hold_nothing_is_the_fault_of_the_folder(
    folder, tmp_path, monkeypatch
) -> None:
    def full(*args):
        raise sqlite3.OperationalError("database or disk is full")

    atlas = mg.run(opened(folder))
    monkeypatch.setattr(gpkg, "_write", full)
    with pytest.raises(mg.PublishError):
        site.publish(atlas, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not atlas.failed
