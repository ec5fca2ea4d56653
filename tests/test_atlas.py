from __future__ import annotations

import sys

import geopandas as gpd
import pytest
import shapely

from metrogis import open_metro, parallel, run
from metrogis.errors import ParameterError

CATALOG = """
[metro]
id = "small"
name = "Small"
[parameters.functional_links]
core = ["2262011"]
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
missing = { pl = "nie mamy", en = "none at hand" }
"""


@pytest.fixture
def metro(tmp_path, monkeypatch):
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path / "cache"))
    codes = ["2261011", "2262011", "2264011"]
    boxes = [shapely.box(470000 + 5000 * i, 720000, 475000 + 5000 * i, 725000) for i in range(3)]
    gpd.GeoDataFrame({"teryt": codes, "name": ["A", "B", "C"]}, geometry=boxes, crs=2180).to_file(
        tmp_path / "m.gpkg"
    )
    rows = [f"{a},{b},{10 + i + 3 * j}" for i, a in enumerate(codes) for j, b in enumerate(codes)]
    (tmp_path / "od.csv").write_text("origin,destination,flow\n" + "\n".join(rows))
    (tmp_path / "catalog.toml").write_text(CATALOG)
    return open_metro(tmp_path, data=tmp_path)


def test_checks_without_layers_are_skipped_with_the_reason(metro) -> None:
    told: list[str] = []
    atlas = run(metro, progress=lambda check, what: told.append(f"{check} {what.en}"))
    assert list(atlas.results) == ["functional_links"]
    reasons = {s.check.id: (s.layer, s.reason.en) for s in atlas.skipped}
    assert reasons["cycle_network"] == ("cycle_routes", "none at hand")
    assert "functional_links done" in told
    summary = atlas.summary("pl")
    assert summary["state"].value_counts().to_dict()["done"] == 1
    assert "nie mamy" in summary.set_index("check").loc["cycle_network", "finding"]
    assert "functional_links" in atlas._repr_html_()


def test_the_catalogs_parameters_hold_unless_the_caller_says_otherwise(metro) -> None:
    result = run(metro)["functional_links"]
    assert result.parameters.core == ("2262011",)
    result = run(metro, parameters={"functional_links": {"core": ["2261011"]}})["functional_links"]
    assert result.parameters.core == ("2261011",)


def test_choice_of_directions_and_checks(metro) -> None:
    assert len(run(metro, directions=["2.1.2"])) == 0
    assert len(run(metro, checks=["functional_links"])) == 1
    for bad in ({"directions": ["3"]}, {"checks": ["x"]}, {"parameters": {"x": {}}}):
        with pytest.raises(ParameterError):
            run(metro, **bad)
    with pytest.raises(ParameterError, match="unknown parameter"):
        run(metro, parameters={"functional_links": {"nonsense": 1}})


def test_files_of_an_atlas(metro, tmp_path) -> None:
    atlas = run(metro)
    path = atlas.to_gpkg(tmp_path / "a.gpkg")
    assert len(gpd.read_file(path, layer="functional_links_municipalities")) == 3
    files = atlas["functional_links"].to_parquet(tmp_path / "tables")
    assert len(gpd.read_parquet(files[0])) == 3


@pytest.mark.long
def test_two_processes_give_the_same_atlas(demo_s, tmp_path, monkeypatch) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("forks on Linux only")
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("metrogis.atlas.processors", lambda: 2)
    monkeypatch.setattr(parallel, "processors", lambda: 2)
    monkeypatch.setattr("metrogis.report.site.processors", lambda: 2)
    checks = ["functional_links", "border_coherence", "cycle_network"]
    told: list[str] = []
    folders = {}
    for workers in (1, 2):
        metro = open_metro(demo_s)
        told.clear()
        atlas = run(metro, checks=checks, workers=workers, progress=lambda c, w: told.append(c))
        assert set(told) == set(checks)
        assert list(atlas.results) == checks
        folders[workers] = tmp_path / str(workers)
        atlas.publish(folders[workers], workers=workers)
        again = atlas["functional_links"].sensitivity(links=[20, 60])
        assert again["current"].tolist() == [False, True]
    files = {
        workers: {p.relative_to(root): p for p in root.rglob("*") if p.is_file()}
        for workers, root in folders.items()
    }
    assert set(files[1]) == set(files[2])
    for name, path in files[1].items():
        assert path.read_bytes() == files[2][name].read_bytes(), name
