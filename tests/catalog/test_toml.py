from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.catalog import MissingLayer, of_content, read_catalog
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
    assert (corridors.reason.pl, corridors.reason.en) == ("brak", "none")


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
        ('path = "m.gpkg"', 'path = "m.gpkg"\nschema = "Gminy"', "unknown schema 'Gminy'"),
        ('name = "X"', 'name = "X"\ncrs = "EPSG:4326"', "distances cannot be computed"),
        ('name = "X"', 'name = "X"\ncolour = "red"', "unknown key metro.colour"),
        (
            'path = "m.gpkg"',
            'path = "m.gpkg"\nmap = { kind = { TAK = "a", tak = "b" } }',
            "read alike but mean different things: 'TAK' / 'tak'",
        ),
        ("[metro]", "[metro", "not valid TOML"),
        ("layers.municipalities", "layers.gminy", "needs the layer 'municipalities'"),
        ('driver = "vector"', "driver = []", "layers.municipalities.driver: []"),
        ('driver = "vector"', "driver = { a = 1 }", "layers.municipalities.driver: {'a': 1}"),
        ('name = "X"', 'name = "X"\nbbox = [nan, 54, 19, 55]', "west < east"),
        ('name = "X"', 'name = "X"\nbbox = [54, 17, 55, 190]', "in degrees"),
        ('name = "X"', 'name = "X"\ndate = "2024-02-30"', "no such day: 2024-02-30"),
        ('date = "2024"', "date = 2024-01-01", "should be a text in quotes"),
        ('date = "2024"', 'date = "2024-13"', "no such day: 2024-13"),
        ('path = "m.gpkg"', 'path = ""', "a text of at least 1 characters"),
        ('path = "m.gpkg"', 'path = "m.gpkg"\nmore = ["./m.gpkg"]', "'m.gpkg' is listed twice"),
        ('path = "m.gpkg"', 'path = "m.gpkg"\ninside = "municipalities"', "in a circle"),
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


TABLE = """
[layers.{name}]
driver = "table"
path = "{name}.csv"
licence = "CC0"
attribution = "me"
date = "2024"
{more}
"""


def _locate(name, other):
    place = f'locate = {{ layer = "{other}", column = "a", match = "b" }}'
    return TABLE.format(name=name, more=place)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_locate("a", "a"), "in a circle: a -> a"),
        (_locate("a", "b") + _locate("b", "a"), "in a circle: a -> b -> a"),
        (_locate("a", "b") + _locate("b", "c") + _locate("c", "b"), "circle: b -> c -> b"),
        (_locate("a", "municipality"), "no layer 'municipality' (is 'municipalities' meant?)"),
        (TABLE.format(name="t", more='separator = ";;"'), "at most 1 characters"),
        (TABLE.format(name="t", more="separator = '\"'"), "cannot be a quote"),
        (TABLE.format(name="t", more='x = "lon"'), "x, y and crs belong together"),
        (TABLE.format(name="t", more='decimal = ","\nthousands = ","'), "must differ"),
        (TABLE.format(name="t", more="skip_rows = -1"), "must be at least 0"),
        (TABLE.format(name="t", more="skip_rows = 1.5"), "should be a whole number"),
        (TABLE.format(name="t", more="na = '-'"), "should be a list"),
    ],
)
def test_problems_of_layers_are_told_in_both_languages(tmp_path, text, message) -> None:
    with pytest.raises(CatalogError) as caught:
        read_catalog(_write(tmp_path, GOOD + text))
    assert message in caught.value.text.en
    polish = caught.value.message.pl
    for english in (
        " should ",
        " must ",
        " least ",
        "Input",
        "Value error",
        "characters",
        " layer ",
    ):
        assert english not in polish.replace("layers.", "").replace(".layer", "")


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe[\x00m\x00",
        b"a = " + b"[" * 100_000,
        b"a = " + b"9" * 5_000,
        b'a = "\x00"',
        b"\xb1 = 1",
        b"[metro]\nid = 1\n[metro]\n",
    ],
    ids=["UTF-16", "depth", "digits", "NUL", "cp1250", "twice"],
)
def test_what_is_no_toml_is_one_error(tmp_path, content) -> None:
    path = tmp_path / "catalog.toml"
    path.write_bytes(content)
    with pytest.raises(CatalogError, match="not valid TOML") as caught:
        read_catalog(path)
    assert caught.value.remedy is not None
    assert "Invalid" not in caught.value.text.pl


_LEAVES = st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates()
_KEYS = ("driver", "path", "date", "rename", "locate", "more", "crs", "separator", "skip_rows",
         "finer", "range", "schema", "map", "missing", "title")  # fmt: skip


@given(
    value=st.recursive(
        _LEAVES,
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=6), x, max_size=3),
        max_leaves=6,
    ),
    key=st.sampled_from(_KEYS),
)
def test_any_value_under_any_key_is_read_or_refused(value, key) -> None:
    layer = {"driver": "table", "path": "a.csv", "licence": "x", "attribution": "y", "date": "2024"}
    content = {
        "metro": {"id": "x", "name": "X"},
        "layers": {
            "municipalities": {**layer, "driver": "vector", "path": "m"},
            "t": {**layer, key: value},
        },
    }
    try:
        found = of_content(content)
    except CatalogError as error:
        refusal = error
    else:
        assert "t" in found.layers
        return
    assert refusal.text.pl
    assert refusal.remedy is not None
