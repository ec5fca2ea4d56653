from __future__ import annotations

import pytest

from metrogis.catalog import MissingLayer, read_catalog
from metrogis.errors import CatalogError

GOOD = """
[metro]
id = "x"
name = "X"
[layers.municipalities]
driver = "vector"
path = "m.gpkg"
licence = "CC0"
attribution = "me"
date = "2024"
[layers.corridors]
missing = { pl = "brak", en = "none" }
"""


def _write(tmp_path, text):
    path = tmp_path / "catalog.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_catalog(tmp_path) -> None:
    catalog = read_catalog(_write(tmp_path, GOOD))
    assert catalog.metro.crs == "EPSG:2180"
    corridors = catalog.layers["corridors"]
    assert isinstance(corridors, MissingLayer)
    assert corridors.reason == ("brak", "none")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'path = "m.gpkg"',
            'path = "m.gpkg"\npaht = "y"',
            "unknown key layers.municipalities.paht",
        ),
        ('licence = "CC0"\n', "", "key layers.municipalities.licence is missing"),
        ('attribution = "me"\n', "", "key layers.municipalities.attribution is missing"),
        ('date = "2024"\n', "", "key layers.municipalities.date is missing"),
        ('date = "2024"', 'date = "yesterday"', "layers.municipalities.date"),
        ('driver = "vector"', 'driver = "excel"', "must be one of: vector, table"),
        ('driver = "vector"\n', "", "layers.municipalities.driver: None"),
        ('path = "m.gpkg"', 'path = "m.gpkg"\nschema = "Gminy"', "Unknown schema 'Gminy'"),
        ('name = "X"', 'name = "X"\ncrs = "EPSG:4326"', "distances cannot be computed"),
        ('name = "X"', 'name = "X"\ncolour = "red"', "unknown key metro.colour"),
        ("[metro]", "[metro", "not valid TOML"),
        ("layers.municipalities", "layers.gminy", "needs the layer 'municipalities'"),
        (
            "[layers.corridors]",
            "[layers.corridors]\npath = 'x'",
            "unknown key layers.corridors.path",
        ),
    ],
)
def test_bad_catalogs_name_the_key(tmp_path, old, new, message) -> None:
    assert old in GOOD
    with pytest.raises(CatalogError) as caught:
        read_catalog(_write(tmp_path, GOOD.replace(old, new, 1)))
    assert message in str(caught.value)


def test_all_problems_come_at_once(tmp_path) -> None:
    text = GOOD.replace('licence = "CC0"\n', "").replace('date = "2024"\n', "typo = 1\n")
    with pytest.raises(CatalogError) as caught:
        read_catalog(_write(tmp_path, text))
    for part in ("licence", "date", "typo"):
        assert part in str(caught.value)


def test_no_catalog(tmp_path) -> None:
    with pytest.raises(CatalogError, match="no catalog file"):
        read_catalog(tmp_path / "catalog.toml")


@pytest.mark.parametrize("metro", ["omggs", "som"])
def test_shipped_catalogs_are_valid_and_name_sources(project, metro) -> None:
    catalog = read_catalog(project / "layers" / metro / "catalog.toml")
    assert catalog.metro.id == metro
    for name, layer in catalog.layers.items():
        if isinstance(layer, MissingLayer):
            assert layer.reason.pl != layer.reason.en, name
            assert layer.official is not None, name
        if layer.official is not None:
            assert layer.official.tested is False, name
