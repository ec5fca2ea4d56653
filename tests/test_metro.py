from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from metrogis import open_metro
from metrogis.errors import CatalogError, CRSError, MissingLayerError, SchemaError, SourceError
from metrogis.provenance import audit_of, source_of

HEAD = """
[metro]
id = "small"
name = { pl = "Mała", en = "Small" }
bbox = [18.0, 54.0, 19.0, 54.8]
"""
LAYER = """
[layers.%s]
licence = "CC0"
attribution = "me"
date = "2024"
"""


def _layer(name: str, **keys: str) -> str:
    return LAYER % name + "".join(f"{k} = {v}\n" for k, v in keys.items())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A small metropolis on disk: two municipalities and a table of stops."""
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("METROGIS_DATA", raising=False)
    data = tmp_path / "data"
    data.mkdir()
    gpd.GeoDataFrame(
        {"kod": ["2261011", "2262011"], "name": ["Gdańsk", "Gdynia"]},
        geometry=[
            shapely.box(470000, 720000, 480000, 730000),
            shapely.box(470000, 730000, 480000, 740000),
        ],
        crs=2180,
    ).to_file(data / "m.gpkg")
    (data / "stops.csv").write_text(
        "id,name,lon,lat,kind\n1,A,18.65,54.35,bus\n2,B,18.66,54.36,tram\n3,C,,,bus\n4,D,18.6,54.4,x\n"
    )
    municipalities = _layer(
        "municipalities", driver='"vector"', path='"m.gpkg"', rename='{ kod = "teryt" }'
    )
    stops = _layer(
        "stops",
        driver='"table"',
        path='"stops.csv"',
        schema='"Stops"',
        x='"lon"',
        y='"lat"',
        crs='"EPSG:4326"',
        rename='{ kind = "mode" }',
        drop='{ mode = ["x"] }',
    )

    def write(text: str = "") -> object:
        (tmp_path / "catalog.toml").write_text(HEAD + municipalities + stops + text)
        return open_metro(tmp_path, data=data)

    write.data = data  # type: ignore[attr-defined]
    write.path = tmp_path  # type: ignore[attr-defined]
    return write


def test_layers_load_lazily_in_the_working_crs(folder) -> None:
    metro = folder()
    assert metro.layers.set_index("layer")["state"].to_dict() == {
        "municipalities": "ready",
        "stops": "ready",
    }
    assert metro.stops.crs.to_epsg() == 2180
    assert metro.stops["mode"].tolist() == ["bus", "tram"]
    assert metro.stops is metro.stops
    assert metro.layers.set_index("layer").loc["stops", ["state", "rows"]].tolist() == ["loaded", 2]
    assert {(r.action, r.count) for r in audit_of(metro.stops)} == {("dropped", 1)}
    assert len(metro.audit) == 2
    assert source_of(metro.stops, "?").sha256
    assert "Mała" in repr(metro._repr_html_()) or "Small" in metro._repr_html_()


def test_missing_layers_are_none_or_an_error_with_the_reason(folder) -> None:
    metro = folder('[layers.corridors]\nmissing = "no copy"\n')
    assert metro.corridors is None
    assert metro.timetable is None  # known to checks, not in the catalog
    assert metro.get("corridors") is None
    with pytest.raises(MissingLayerError, match="layer 'corridors': no copy"):
        metro["corridors"]
    with pytest.raises(AttributeError, match="did you mean 'stops'"):
        metro.stop


def test_a_missing_file_names_layer_and_file(folder) -> None:
    metro = folder(_layer("rail_stations", driver='"vector"', path='"s.gpkg"'))
    assert metro.layers.set_index("layer").loc["rail_stations", "state"] == "absent"
    with pytest.raises(SourceError, match="layer 'rail_stations', s.gpkg: there is no such file"):
        metro.rail_stations
    assert list(metro.problems()) == ["rail_stations"]


def test_a_column_named_by_the_catalog_must_exist(folder) -> None:
    metro = folder(_layer("x", driver='"table"', path='"stops.csv"', rename='{ nazwa = "name" }'))
    with pytest.raises(SourceError, match="columns are missing: nazwa; there are: id, name"):
        metro["x"]


def test_schema_error_names_the_layer(folder) -> None:
    metro = folder(_layer("x", driver='"table"', path='"stops.csv"', schema='"Coverage"'))
    with pytest.raises(SchemaError, match="layer 'x'.*'feed'"):
        metro["x"]


def test_swapped_axes_that_still_fall_into_poland(folder) -> None:
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(725000, 475000)], crs=2180).to_file(
        folder.data / "s.gpkg"
    )
    metro = folder(
        _layer("rail_stations", driver='"vector"', path='"s.gpkg"')
        + _layer("swapped", driver='"vector"', path='"s.gpkg"', swap_axes="true", schema='"Stops"')
    )
    with pytest.raises(CRSError, match="axes look swapped.*outside the metropolis"):
        metro.rail_stations
    assert metro["swapped"].geometry.x.item() == 475000


def test_locate_and_inside(folder) -> None:
    (folder.path / "i.csv").write_text("name,station\nP,A\nQ,nowhere\n")
    metro = folder(
        _layer(
            "interchanges",
            driver='"table"',
            path='"i.csv"',
            base='"catalog"',
            locate='{ layer = "stops", column = "station", match = "name" }',
        )
        + _layer(
            "cut", driver='"vector"', path='"far.gpkg"', inside='"municipalities"', schema='"Stops"'
        )
    )
    assert metro.interchanges["name"].tolist() == ["P"]
    assert [(r.action, r.examples) for r in audit_of(metro.interchanges)] == [
        ("unknown", "nowhere")
    ]
    gpd.GeoDataFrame(
        {"name": ["in", "out"]},
        geometry=[shapely.Point(475000, 725000), shapely.Point(475000, 700000)],
        crs=2180,
    ).to_file(folder.data / "far.gpkg")
    assert metro["cut"]["name"].tolist() == ["in"]


def test_parsed_layers_are_cached_by_content(folder, monkeypatch) -> None:
    from metrogis.catalog.readers import columns

    monkeypatch.setattr(columns, "CACHE_FROM_BYTES", 0)
    first = folder().stops
    cached = list((folder.path / "cache" / "parsed").glob("stops-*.parquet"))
    assert len(cached) == 1
    again = folder().stops
    pd.testing.assert_frame_equal(pd.DataFrame(first), pd.DataFrame(again))
    assert again.crs == first.crs
    assert audit_of(again) == audit_of(first)
    assert source_of(again, "?") == source_of(first, "?")
    with (folder.data / "stops.csv").open("a") as stream:
        stream.write("5,E,18.61,54.41,bus\n")
    assert len(folder().stops) == 3  # another content, another entry
    cached[0].write_bytes(b"broken")
    text = (folder.data / "stops.csv").read_text().replace("5,E,18.61,54.41,bus\n", "")
    (folder.data / "stops.csv").write_text(text)
    assert len(folder().stops) == 2  # a broken entry is read anew


def test_open_by_name_or_path() -> None:
    assert open_metro("omggs").info.id == "omggs"
    with pytest.raises(CatalogError, match="no such catalog.*demo, omggs, som"):
        open_metro("warszawa")
    with pytest.raises(CatalogError, match="no such data folder"):
        open_metro("omggs", data="nowhere")


@pytest.mark.parametrize(("name", "rows"), [("omggs", 58), ("som", 31)])
def test_real_layers_all_load(shared, project, name, rows) -> None:
    metro = open_metro(project / "layers" / name, data=shared / "data" / name)
    assert metro.problems() == {}
    assert len(metro.municipalities) == rows
    assert metro.municipalities["teryt"].is_unique
    table = metro.layers.set_index("layer")
    assert set(table["state"]) == {"loaded", "missing"}
    assert metro.od_flows["meaning"].eq("migration").all()
    assert table.loc["od_flows", "rows"] == 32663


def test_a_real_broken_member_list_would_be_noticed(shared, project) -> None:
    """Every code of the small tables exists in the boundaries of its metropolis."""
    for name in ("omggs", "som"):
        metro = open_metro(project / "layers" / name, data=shared / "data" / name)
        known = set(metro.municipalities["teryt"])
        members = metro.members["teryt"]
        assert set(members[members.str.len() == 7]) <= known
        assert set(metro.coverage["teryt"]) <= known


def test_a_timetable_is_looked_at_near_the_date_of_its_layer(folder) -> None:
    gtfs = folder.data / "bus"
    gtfs.mkdir()
    for table, text in {
        "stops": "stop_id,stop_lat,stop_lon\nA,54.4,18.5\nB,54.5,18.6\n",
        "routes": "route_id,route_type\n7,3\n",
        "trips": "trip_id,route_id,service_id\n1,7,W\n",
        "stop_times": "trip_id,stop_id,departure_time\n1,A,8:00:00\n1,B,8:20:00\n",
        "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
        "start_date,end_date\nW,1,1,1,1,1,0,0,20230101,20251231\n",
    }.items():
        (gtfs / f"{table}.txt").write_text(text)

    def dates(**keys: str) -> list[object]:
        layer = _layer("timetable", driver='"gtfs"', path='"bus"', **keys)
        types = folder(layer.replace('date = "2024"', "", 1)).timetable.day_types()
        return [types["school_day"].date, types["saturday"].state]

    assert str(dates(date='"2024-10-16"')[0]) == "2024-10-16"
    assert str(dates(date='"2024-10"')[0]) == "2024-10-01"
    assert str(dates(date='"2024"')[0]) == "2024-01-02"
    assert dates(date='"2021"') == [None, "unknown"]
    near = dates(date='"2024-10"', dates='{ school_day = "2025-02-03" }')
    assert str(near[0]) == "2025-02-03"
    few = {"date": '"2024"', "date_rule": "{ weekday_trips = 1 }"}
    assert dates(date='"2024"')[1] == "known"
    assert dates(**few)[1] == "unknown"
    assert dates(**few, trust='"weekdays only, says the operator"')[1] == "known"
    with pytest.raises(CatalogError, match="date_rule"):
        folder(_layer("timetable", driver='"gtfs"', path='"bus"', date_rule="{ near = 1 }"))


def test_a_city_has_finer_population_cells_than_its_surroundings(folder) -> None:
    # Gdańsk is the lower square of 10 km, Gdynia the upper one
    gpd.GeoDataFrame(
        {"people": [900]}, geometry=[shapely.box(470000, 720000, 480000, 740000)], crs=2180
    ).to_file(folder.data / "coarse.gpkg")
    gpd.GeoDataFrame(
        {"population": [30, 40]},
        geometry=[
            shapely.box(470000, 720000, 475000, 730500),
            shapely.box(475000, 720000, 480000, 730000),
        ],
        crs=2180,
    ).to_file(folder.data / "fine.gpkg")
    fine = _layer("hexagons", driver='"vector"', path='"fine.gpkg"', schema='"PopulationCells"')
    keys = {"driver": '"vector"', "path": '"coarse.gpkg"', "rename": '{ people = "population" }'}
    coarse = _layer(
        "population", finer='[{ layer = "hexagons", municipalities = ["2261011"] }]', **keys
    )
    found = folder(fine + coarse.replace("CC0", "ODbL")).population
    assert found["population"].tolist() == [450, 30, 40]
    assert found.area.tolist() == pytest.approx([1e8, 5e7, 5e7])
    source = source_of(found, "?")
    assert (source.origin, source.licence) == ("coarse.gpkg; fine.gpkg", "ODbL; CC0")
    assert ("modelled", 1) in {(r.action, r.count) for r in audit_of(found)}
    with pytest.raises(CatalogError, match="9999999"):
        folder(fine + coarse.replace("2261011", "9999999")).population
    with pytest.raises(CatalogError, match="no layer 'hexagons'"):
        folder(coarse)


def test_the_real_catalogs_use_what_there_is(shared, project) -> None:
    som, omggs = (
        open_metro(project / "layers" / name, data=shared / "data" / name)
        for name in ("som", "omggs")
    )
    for metro, city, people, seats, feed in (
        (som, "3262011", 396_168 - 392, 30, "zditm_2021-11"),
        (omggs, "2261011", 486_022 - 12, 53, "mzk_wejherowo"),
    ):
        inside = metro.municipalities.set_index("teryt").geometry[city]
        cells = metro.population
        own = cells[cells.representative_point().within(inside)]
        # hexagons whose land lies beyond the border of 2015 have their people outside
        assert abs(own["population"].sum() - people) < 1
        # hexagons in the city, 5 km cells around it, nobody twice
        assert own.area.max() < 250_000
        assert cells.area.sum() == pytest.approx(shapely.union_all(cells.geometry).area)
        assert int(metro.localities["seat"].notna().sum()) == seats
        assert metro.timetable.feeds == (feed,)
    assert set(som.coverage["feed"]) == {"zditm_2021-11"}
    types = som.timetable.day_types()
    assert {k: str(t.date) for k, t in types.items()} == {
        "school_day": "2021-12-01", "holiday_weekday": "None",
        "saturday": "2021-12-04", "sunday": "2021-11-28",
    }  # fmt: skip
    assert {t.state for t in omggs.timetable.day_types().values()} == {"known"}
    # one property in two spellings: sizes of 249 stands, 213 as "access" and 36 as "DOSTEP"
    stands = omggs.bike_parking
    assert (len(stands), int(stands["size"].notna().sum())) == (258, 249)
    assert "access" not in stands
