"""A new catalog: from codes to a folder, and from services to layers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from metrogis.catalog import asked, extent, fetching, new
from metrogis.catalog.official import read_table
from metrogis.errors import CatalogError, MissingLayerError, ParameterError, SchemaError
from metrogis.metro import Metro, open_metro
from metrogis.provenance import audit_of
from metrogis.sources.services.store import Store
from tests.sources.services import servers

TODAY = dt.date(2026, 11, 30)
ROWS = [
    ("3214011", "Stargard", 260), ("3214102", "Stargard", 270), ("3262011", "Szczecin", 210),
    ("3211011", "Nowe Warpno", 200), ("2262011", "Gdynia", 470),
]  # fmt: skip


def _boundaries(path: Path, rows: list[tuple[str, str, int]] = ROWS) -> Path:
    gpd.GeoDataFrame(
        {"JPT_KOD_JE": [r[0] for r in rows], "JPT_NAZWA_": [r[1] for r in rows]},
        geometry=[box(x * 1000, 600_000, x * 1000 + 9000, 609_000) for _a, _b, x in rows],
        crs="EPSG:2180",
    ).to_file(path)
    return path


def _wish(name: str = "x", **given: Any) -> new.Wish:
    empty = dict.fromkeys(("teryt", "members", "title", "bbox", "crs", "boundaries"))
    return asked.wish(name, **{**empty, "country": "PL", "across": False, **given})


def _made(folder: Path, **given: Any) -> Metro:
    new.write(folder, _wish(**given), read_table(), TODAY, force=False)
    return open_metro(folder, data=folder)


def test_a_catalog_opens_before_anything_is_fetched(tmp_path: Path) -> None:
    metro = _made(tmp_path / "x", teryt="3214, 3262011")
    states = metro.layers.set_index("layer")["state"]
    assert states["municipalities"] == "absent"
    assert states["od_flows"] == "missing"
    assert metro.info.teryt == ("3214", "3262011")
    assert metro.catalog.parameters["functional_links"]["core"] == ["3262011"]
    assert metro["members"]["teryt"].tolist() == ["3214", "3262011"]
    with pytest.raises(MissingLayerError, match="od_flows"):
        metro["od_flows"]
    assert "od_flows" not in metro.problems()


def test_a_layer_waits_until_somebody_fills_its_table(tmp_path: Path) -> None:
    metro = _made(tmp_path / "x", teryt="3214")
    table = tmp_path / "x/school_holidays.csv"
    assert table.read_text() == "first,last\n"
    assert metro.school_holidays is None
    table.write_text("first,last\n2026-02-02,2026-02-15\n")
    fresh = open_metro(tmp_path / "x", data=tmp_path)
    assert fresh.reason("school_holidays") is None
    assert len(fresh["school_holidays"]) == 1


@pytest.mark.parametrize(
    "given",
    [{"teryt": "3262,2262"}, {"teryt": "Stargard"}, {"teryt": ""}, {}, {"teryt": "32x"},
     {"country": "DEU"}, {"country": "DE"}, {"country": "DE", "bbox": "1,2,3"},
     {"country": "DE", "bbox": "3,2,1,4"}, {"country": "DE", "bbox": "nan,2,3,4"},
     {"country": "DE", "bbox": "1,2,3,4", "teryt": "32"}, {"teryt": "3262", "bbox": "a"},
     {"name": "Big City", "teryt": "3262"}],
)  # fmt: skip
def test_what_cannot_be_meant_is_one_error_with_a_remedy_and_no_folder(
    given: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(ParameterError) as caught:
        _made(tmp_path / "x", **given)
    assert caught.value.remedy is not None
    assert not (tmp_path / "x").exists()


def test_two_voivodeships_need_to_be_meant(tmp_path: Path) -> None:
    metro = _made(tmp_path / "x", teryt="3262,2262", across=True)
    assert metro.catalog.layers["streets"].fetch.url.endswith("/poland-latest.osm.pbf")


def test_a_folder_is_never_overwritten_but_by_force_and_then_not_what_was_filled(
    tmp_path: Path,
) -> None:
    _made(tmp_path / "x", teryt="3262")
    before = (tmp_path / "x/catalog.toml").read_bytes()
    with pytest.raises(CatalogError) as caught:
        _made(tmp_path / "x", teryt="3214")
    assert "--force" in str(caught.value.remedy)
    assert (tmp_path / "x/catalog.toml").read_bytes() == before
    (tmp_path / "x/coverage.csv").write_text("mine")
    new.write(tmp_path / "x", _wish(teryt="3214"), read_table(), TODAY, force=True)
    assert b'teryt = ["3214"]' in (tmp_path / "x/catalog.toml").read_bytes()
    assert (tmp_path / "x/coverage.csv").read_text() == "mine"


def test_names_are_looked_up_in_boundaries(tmp_path: Path) -> None:
    known = _boundaries(tmp_path / "g.gpkg")
    assert _wish(teryt="nowe  warpno,3262011", boundaries=known).codes == ("3211011", "3262011")
    with pytest.raises(ParameterError) as caught:
        _wish(teryt="Stargard,Atlantis", boundaries=known)
    assert "3214011, 3214102" in caught.value.text.en
    assert "Atlantis" in caught.value.text.en
    with pytest.raises(ParameterError, match="3207"):
        _wish(teryt="3262,3207", boundaries=known)


def test_members_are_the_units_where_none_are_given(tmp_path: Path) -> None:
    table = tmp_path / "m.csv"
    table.write_text(
        "teryt,name,member,source\n3262011,Szczecin,yes,a\n3214011,Stargard,no,b\n,,,\n"
    )
    wish = _wish(members=table)
    assert wish.codes == ("3262011",)
    assert wish.members is not None
    assert wish.members["teryt"].tolist() == ["3262011", "3214011"]
    table.write_text("name\nSzczecin\n")
    named = _wish(members=table, boundaries=_boundaries(tmp_path / "g.gpkg"))
    assert named.codes == ("3262011",)
    table.write_text("teryt,member\n3262011,maybe\n")
    with pytest.raises(ParameterError, match="maybe"):
        _wish(members=table)


def test_abroad_there_is_what_is_general(tmp_path: Path) -> None:
    metro = _made(tmp_path / "x", country="de", bbox="9.7,53.3,10.4,53.8")
    assert metro.info.crs == "EPSG:32632"
    assert metro.catalog.layers["streets"].fetch.url.endswith("europe/germany-latest.osm.pbf")
    assert "corridors" not in metro.catalog.layers
    assert metro.info.teryt == ()


# --------------------------------------------------------------------------- fetched


def test_of_the_boundaries_only_the_units_are_read(tmp_path: Path) -> None:
    metro = _made(tmp_path / "x", teryt="3214,3262011,3211013")
    _boundaries(tmp_path / "x/municipalities.gpkg")
    found = metro["municipalities"]
    assert metro["members"]["teryt"].tolist() == ["3214", "3262011", "3211013"]
    # a municipality whose kind changed is the same one, and noted
    assert sorted(found["teryt"]) == ["3211011", "3214011", "3214102", "3262011"]
    actions = {(row.action, row.count) for row in audit_of(found)}
    assert ("dropped", 1) in actions
    assert ("guessed", 1) in actions


def test_a_unit_without_a_municipality_is_an_error(tmp_path: Path) -> None:
    metro = _made(tmp_path / "x", teryt="3214,3207,3206012")
    _boundaries(tmp_path / "x/municipalities.gpkg")
    with pytest.raises(SchemaError) as caught:
        metro["municipalities"]
    assert "3206012, 3207" in caught.value.text.en


def test_boundaries_come_first_and_say_what_is_asked_for(tmp_path: Path) -> None:
    rows = [("g.1", "3262011", 205_000.0, 635_000.0)]
    with servers.serving(servers.wfs(rows)) as server:
        own = tmp_path / "own.toml"
        own.write_text(
            f'allow_local = true\n[addresses]\n"https://" = "{server.address}/"\n'
            '[layers.corridors]\ncountries = ["*"]\ncatalog = { driver = "vector", '
            'path = "c.gpkg", licence = "a", attribution = "b", date = "2024", '
            'fetch = { service = "wfs", url = "https://c/wfs", type = "ms:places" } }\n'
        )
        new.write(tmp_path / "x", _wish(teryt="3262"), read_table(own), TODAY, force=False)
        metro = open_metro(tmp_path / "x", data=tmp_path)
        assert extent.asked(metro, "corridors") is None
        assert extent.asked(metro, "municipalities") == (14.0, 52.55, 17.1, 54.65)
        with servers.quick() as client:
            store = Store(tmp_path / "store")
            found = fetching.fetch(metro, only=["corridors"], client=client, store=store)
            assert found[0].error is not None
            assert "boundaries" in found[0].error.text.en
            assert not server.calls
            _boundaries(tmp_path / "municipalities.gpkg", [("3262011", "Szczecin", 200)])
            shape = gpd.read_file(tmp_path / "municipalities.gpkg")
            shape.geometry = [box(200_000, 630_000, 210_000, 640_000)]
            shape.to_file(tmp_path / "municipalities.gpkg")
            found = fetching.fetch(metro, only=["corridors"], client=client, store=store)
        assert found[0].state == "fetched"
        west, south, east, north = extent.asked(metro, "corridors") or (0, 0, 0, 0)
    inner = shape.to_crs(4326).total_bounds
    assert west < inner[0] - 0.1
    assert south < inner[1] - 0.05
    assert east > inner[2] + 0.1
    assert north > inner[3] + 0.05
    assert east - west < 0.7


@pytest.mark.parametrize(
    ("asked_for", "mirrored", "local"),
    [("https://a.example/wfs", "http://m/wfs", True), ("https://b.example/wfs", None, False)],
)
def test_a_mirror_is_asked_in_place_of_the_catalogs_addresses(
    asked_for: str, mirrored: str | None, local: bool, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    own.write_text('allow_local = true\n[addresses]\n"https://a.example/" = "http://m/"\n')
    _made(tmp_path / "x", teryt="3262")
    path = tmp_path / "x/catalog.toml"
    path.write_text(path.read_text().replace("https://sdi.gdos.gov.pl/wfs", asked_for))
    metro = fetching.with_sources(open_metro(tmp_path / "x", data=tmp_path), own)
    origin = metro.catalog.layers["corridors"].fetch
    assert origin.url == (mirrored or asked_for)
    assert origin.allow_local is local
    assert fetching.with_sources(metro, None) is metro


def test_codes_are_found_with_underscores(tmp_path: Path) -> None:
    table = pd.DataFrame({"teryt": ["3262_011"], "name": ["Szczecin"]})
    table.to_csv(tmp_path / "t.csv", index=False)
    from metrogis.catalog.readers.members import chosen
    from metrogis.provenance import Audit

    found, audit = chosen(pd.read_csv(tmp_path / "t.csv"), ["3262"], Audit())
    assert len(found) == 1
    assert not len(audit)


def test_members_may_be_counties_alone(tmp_path: Path) -> None:
    metro = _made(tmp_path / "x", teryt="3214")
    _boundaries(tmp_path / "x/municipalities.gpkg")
    assert metro["members"]["teryt"].tolist() == ["3214"]
