from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from metrogis.errors import SourceError
from metrogis.sources import app_cache, app_gml
from metrogis.sources.app_gml import TABLES, Plan


@pytest.fixture
def cached(tmp_path, monkeypatch):
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(app_cache, "_WORTH", 0)
    return tmp_path / "cache"


def same(one: Plan, two: Plan) -> None:
    for name in TABLES:
        a, b = getattr(one, name), getattr(two, name)
        assert a.crs == b.crs
        assert_frame_equal(pd.DataFrame(a.drop(columns="geometry")),
                           pd.DataFrame(b.drop(columns="geometry")))  # fmt: skip
        assert np.array_equal(shapely.to_wkb(a.geometry.to_numpy()),
                              shapely.to_wkb(b.geometry.to_numpy()))  # fmt: skip
        assert np.array_equal(shapely.to_wkb(one.own[name]), shapely.to_wkb(two.own[name]))
    assert_frame_equal(one.problems, two.problems)
    assert one.audit == two.audit
    assert one.source == two.source


def unreadable(*_, **__):
    raise AssertionError("the files were read again")


def test_a_kept_plan_is_the_plan(gml, tmp_path, cached, monkeypatch) -> None:
    bow = "<gml:posList>470000 720000 470010 720010 470010 720000 470000 720010 470000 720000"
    ring = f"<gml:exterior><gml:LinearRing>{bow}</gml:posList></gml:LinearRing></gml:exterior>"
    broken = f'<gml:Polygon srsName="EPSG:2180">{ring}</gml:Polygon>'
    path = tmp_path / "plan.gml"
    square = gml.square(0, 0, 10, 10)
    path.write_text(gml.document(gml.act(square), gml.zone(square), gml.zone(geometry=broken)))
    whole = app_gml.read_app([path], crs=2177)
    first = app_cache.read([path], crs=2177)
    monkeypatch.setattr(app_gml, "read_app", unreadable)
    again = app_cache.read([path], crs=2177)
    same(whole, first)
    same(whole, again)
    assert not again.own["zones"][1].is_valid
    with pytest.raises(AssertionError):  # another CRS is another plan
        app_cache.read([path], crs=2180)
    with pytest.raises(AssertionError):
        app_cache.read([path], crs=2177, as_of="2025-01-01")
    path.write_text(path.read_text() + "\n")
    with pytest.raises(AssertionError):
        app_cache.read([path], crs=2177)


@pytest.mark.parametrize("folder", ["plan_121201", "sample_321202"])
def test_real_plans_come_back(shared, cached, monkeypatch, folder) -> None:
    paths = [shared / "data/app_gml" / folder]
    if folder == "plan_121201":
        paths = [paths[0] / n for n in ("AktPlanowaniaPrzestrzennego.gml",
                                        "StrefaPlanistyczna_NAKLADANIE.gml")]  # fmt: skip
    whole = app_cache.read(paths, crs=2180)
    monkeypatch.setattr(app_gml, "read_app", unreadable)
    same(whole, app_cache.read(paths, crs=2180))


def test_a_damaged_cache_is_read_anew_and_errors_are_not_kept(gml, tmp_path, cached) -> None:
    path = tmp_path / "plan.gml"
    path.write_text(gml.document(gml.zone(gml.square(0, 0, 10, 10))))
    whole = app_cache.read([path], crs=2180)
    (folder,) = (cached / "parsed").glob("*.app")
    (folder / "zones.parquet").write_bytes(b"PAR1")
    same(whole, app_cache.read([path], crs=2180))
    kept = folder / "plan.json"
    kept.write_text(json.dumps({"source": {}}))
    same(whole, app_cache.read([path], crs=2180))
    path.write_text("<html/>")
    for _ in range(2):
        with pytest.raises(SourceError):
            app_cache.read([path], crs=2180)
