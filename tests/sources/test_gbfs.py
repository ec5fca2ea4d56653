from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from metrogis import open_metro
from metrogis.errors import SourceError
from metrogis.provenance import audit_of
from metrogis.sources.gbfs import read_gbfs


def feed(folder, name, stations, version="2.3", **more):
    folder.mkdir(exist_ok=True)
    content = {"last_updated": 1, "ttl": 0, "version": version, "data": {"stations": stations}}
    path = folder / f"{name}.json"
    path.write_text(json.dumps({**content, **more}), encoding="utf-8")
    return path


def station(i, **more):
    return {"station_id": i, "name": f"S{i}", "lat": 54.4, "lon": 18.6, "capacity": 10, **more}


def told(frame):
    return {(r.action, r.what.en): r.count for r in audit_of(frame)}


def test_information_and_status_are_joined(tmp_path):
    feed(tmp_path, "station_information", [station("a"), station("b", capacity=4)])
    feed(
        tmp_path,
        "station_status",
        [
            {"station_id": "b", "num_bikes_available": 3, "num_docks_available": 1,
             "is_installed": True, "is_renting": False, "last_reported": 1731495590},
            {"station_id": "gone"},
        ],
    )  # fmt: skip
    found = read_gbfs(tmp_path)
    assert found.crs == "EPSG:4326"
    assert found["id"].tolist() == ["a", "b"]
    assert found["capacity"].tolist() == [10, 4]
    assert np.isnan(found["bikes"][0])
    assert found[["bikes", "docks"]].iloc[1].tolist() == [3, 1]
    assert found["installed"].isna().tolist() == [True, False]
    assert not found["renting"][1]
    assert found["reported"][1] == pd.Timestamp("2024-11-13T10:59:50Z")
    assert told(found) == {
        ("unknown", "stations without status"): 1,
        ("dropped", "status of stations that do not exist"): 1,
    }


def test_version_1_numbers_and_flags(tmp_path):
    path = feed(tmp_path, "x_station_information", [station(7, lat="54.4", lon="18.6")])
    feed(tmp_path, "x_station_status", [{"station_id": 7, "is_installed": 1, "is_renting": 0}])
    found = read_gbfs(path)
    assert found["id"].tolist() == ["7"]
    assert found.geometry[0].coords[0] == (18.6, 54.4)
    assert found["installed"].tolist() == [True]
    assert found["renting"].tolist() == [False]


def test_version_3_names_in_languages_and_vehicles(tmp_path):
    names = [{"text": "Pier", "language": "en"}, {"text": "Molo", "language": "pl"}]
    feed(tmp_path, "station_information", [station("a", name=names)], version="3.0")
    status = {"station_id": "a", "num_vehicles_available": 6,
              "last_reported": "2024-11-13T12:00:00+01:00"}  # fmt: skip
    feed(tmp_path, "station_status", [status], version="3.0")
    assert read_gbfs(tmp_path)["name"].tolist() == ["Molo"]
    assert read_gbfs(tmp_path, language="en")["name"].tolist() == ["Pier"]
    assert read_gbfs(tmp_path, language="de")["name"].tolist() == ["Pier"]
    assert read_gbfs(tmp_path)["bikes"].tolist() == [6]
    assert read_gbfs(tmp_path)["reported"][0] == pd.Timestamp("2024-11-13T11:00:00Z")


def test_what_is_dropped_or_unknown_is_told(tmp_path):
    rows = [
        station("a"),
        station("a"),
        station("b", lat=None),
        station("c", lat=0, lon=0),
        station("d", lon=200),
        station("e", capacity=-1),
        station("f"),
    ]
    feed(tmp_path, "station_information", rows)
    feed(tmp_path, "station_status", [{"station_id": "f", "is_installed": False}])
    found = read_gbfs(tmp_path)
    assert found["id"].tolist() == ["a", "e"]
    assert np.isnan(found["capacity"][1])
    counts = told(found)
    assert counts["dropped", "stations without a place"] == 3
    assert counts["dropped", "stations given a second time"] == 1
    assert counts["dropped", "stations not installed"] == 1
    assert counts["unknown", "stations of unknown capacity"] == 1
    assert read_gbfs(tmp_path, keep_uninstalled=True)["id"].tolist() == ["a", "e", "f"]


def test_without_status_all_of_it_is_unknown(tmp_path):
    feed(tmp_path, "station_information", [station("a")])
    found = read_gbfs(tmp_path)
    assert found[["bikes", "docks", "installed", "renting", "reported"]].isna().all(axis=None)
    assert ("unknown", "no station_status: what stands at the stations is unknown") in told(found)


def test_no_stations_is_an_empty_table(tmp_path):
    feed(tmp_path, "station_information", [])
    assert len(read_gbfs(tmp_path)) == 0


@pytest.mark.parametrize("text", ["", "[]", "{", '{"data": {"stations": 3}}', '{"data": []}'])
def test_broken_files_are_one_clear_error(tmp_path, text):
    path = tmp_path / "station_information.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match="station_information"):
        read_gbfs(path)


def test_missing_and_ambiguous_files_are_one_clear_error(tmp_path):
    with pytest.raises(SourceError, match="holds none"):
        read_gbfs(tmp_path)
    with pytest.raises(SourceError, match="no such file"):
        read_gbfs(tmp_path / "station_information.json")
    feed(tmp_path, "one_station_information", [])
    feed(tmp_path, "two_station_information", [])
    with pytest.raises(SourceError, match="several"):
        read_gbfs(tmp_path)


def test_real_feed_of_mevo(shared):
    found = read_gbfs(shared / "data/omggs/mevo2_gbfs_station_information_fixture.json")
    assert len(found) == 4
    assert found["capacity"].notna().all()
    assert found["bikes"].notna().all()
    assert found.geometry.x.between(18, 19).all()


def test_a_catalog_reads_it_by_its_driver(tmp_path):
    area = box(18.0, 54.0, 19.0, 55.0)
    gpd.GeoDataFrame({"teryt": ["2261011"], "name": ["A"]}, geometry=[area], crs=4326).to_crs(
        2180
    ).to_file(tmp_path / "municipalities.gpkg")
    feed(tmp_path / "gbfs", "station_information", [station("a"), station("b", lat=None)])
    about = 'licence = "x"\nattribution = "x"\ndate = "2024"\n'
    (tmp_path / "catalog.toml").write_text(
        '[metro]\nid = "t"\nname = "T"\ndata = "beside"\n'
        '[layers.municipalities]\ndriver = "vector"\npath = "municipalities.gpkg"\n' + about
        + '[layers.bike_share]\ndriver = "gbfs"\npath = "gbfs"\n' + about,
        encoding="utf-8",
    )  # fmt: skip
    stations = open_metro(tmp_path).bike_share
    assert stations.crs == "EPSG:2180"
    assert stations["name"].tolist() == ["Sa"]
    assert ("dropped", "stations without a place") in told(stations)
