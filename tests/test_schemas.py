from __future__ import annotations

import datetime
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from metrogis import schemas
from metrogis.errors import SchemaError
from metrogis.evidence import losses_of
from metrogis.schemas import limits, shapes
from metrogis.texts import Text


def _municipalities(**changes: object) -> gpd.GeoDataFrame:
    columns = {"teryt": ["2261011", "2262011"], "name": ["Gdańsk", "Gdynia"], **changes}
    return gpd.GeoDataFrame(
        columns, geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], crs=2180
    )


def test_every_schema_has_texts_in_both_languages() -> None:
    for schema in schemas.SCHEMAS.values():
        assert schema.text.pl
        assert schema.text.en
        for rule in schema.fields.values():
            assert rule.text.pl
            assert rule.text.en
            assert rule.kind != "number" or rule.unit, f"{schema.name}: a number without unit"


def test_a_good_layer_passes_unchanged() -> None:
    frame = _municipalities(extra=[1, 2])
    out, audit = schemas.conform(frame, "Municipalities", layer="municipalities")
    assert out["name"].tolist() == ["Gdańsk", "Gdynia"]
    assert out["extra"].tolist() == [1, 2]
    assert len(audit) == 0
    assert out.crs == frame.crs


def test_all_problems_come_in_one_error() -> None:
    frame = _municipalities(teryt=["2261011", "226"]).rename(columns={"name": "nazwa"})
    with pytest.raises(SchemaError) as caught:
        schemas.conform(frame, "Municipalities", layer="municipalities")
    text = str(caught.value)
    assert "'name'" in text
    assert "'226'" in text
    assert "layer 'municipalities'" in text
    assert "Remedy" in text


def test_missing_and_duplicate_teryt() -> None:
    with pytest.raises(SchemaError, match="column 'teryt'.*is missing"):
        schemas.conform(_municipalities().drop(columns="teryt"), "Municipalities", layer="m")
    with pytest.raises(SchemaError, match="column 'teryt'.*duplicate values"):
        schemas.conform(_municipalities(teryt=["2261011"] * 2), "Municipalities", layer="m")
    with pytest.raises(SchemaError, match="TERYT codes of 7 digits"):
        schemas.conform(_municipalities(teryt=["2261011", None]), "Municipalities", layer="m")


def test_a_lost_leading_zero_is_put_back_and_counted() -> None:
    table = pd.DataFrame({"teryt": [201011, 2261011], "population": ["37293", ""]})
    out, audit = schemas.conform(table, "MunicipalPopulation", layer="p")
    assert out["teryt"].tolist() == ["0201011", "2261011"]
    assert out["population"].isna().tolist() == [False, True]  # empty is unknown, not 0
    assert [r.count for r in audit] == [1]


def test_teryt_read_as_float_or_with_underscore() -> None:
    table = pd.DataFrame({"teryt": [2261011.0], "population": [1]})
    assert schemas.conform(table, "MunicipalPopulation", layer="p")[0]["teryt"].item() == "2261011"
    table = pd.DataFrame({"teryt": ["226101_1"], "population": [1]})
    assert schemas.conform(table, "MunicipalPopulation", layer="p")[0]["teryt"].item() == "2261011"


def test_values_out_of_range_name_the_row() -> None:
    table = pd.DataFrame({"teryt": ["2261011"], "population": [-5]})
    with pytest.raises(SchemaError, match=r"population.*0: '-5.0'"):
        schemas.conform(table, "MunicipalPopulation", layer="p")
    table = pd.DataFrame({"teryt": ["2261011"], "population": ["many"]})
    with pytest.raises(SchemaError, match="not a number.*'many'"):
        schemas.conform(table, "MunicipalPopulation", layer="p")
    table = pd.DataFrame({"feed": ["a"], "teryt": ["2261011"], "mode": ["bus"], "state": ["full"]})
    with pytest.raises(SchemaError, match="state"):
        schemas.conform(table, "Coverage", layer="coverage")


def test_empty_layer_is_an_error() -> None:
    with pytest.raises(SchemaError, match="empty"):
        schemas.conform(_municipalities().iloc[:0], "Municipalities", layer="m")


def test_invalid_geometry_is_repaired_and_audited() -> None:
    bowtie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    frame = _municipalities()
    frame.loc[0, "geometry"] = bowtie
    out, audit = schemas.conform(frame, "Municipalities", layer="m")
    assert out.geometry.is_valid.all()
    assert [(r.action, r.count) for r in audit] == [("repaired", 1)]
    assert frame.geometry.iloc[0].equals(bowtie)  # the caller's layer is not touched


_FLAT = shapely.Polygon([(0, 0), (1, 1), (0, 0), (0, 0)])  # nothing is left of it when repaired


@pytest.mark.parametrize("gone", [None, shapely.Polygon(), _FLAT])
def test_row_without_geometry_is_dropped_audited_and_lost(gone) -> None:
    frame = gpd.GeoDataFrame(
        {"name": ["a", "b"]}, geometry=[shapely.box(0, 0, 1, 1), gone], crs=2180
    )
    out, audit = schemas.conform(frame, "Areas", layer="areas")
    assert out["name"].tolist() == ["a"]
    assert ("dropped", 1) in [(r.action, r.count) for r in audit]
    (item,) = losses_of(out)
    assert item.count == 1
    if gone is _FLAT:  # where it was can still be read
        assert item.where.bounds == _FLAT.bounds
    else:
        assert item.where is None


@pytest.mark.parametrize("gone", [None, shapely.Polygon(), _FLAT])
def test_municipality_without_outline_keeps_its_row(gone) -> None:
    frame = _municipalities()
    frame.loc[1, "geometry"] = gone
    out, audit = schemas.conform(frame, "Municipalities", layer="m")
    assert out["teryt"].tolist() == frame["teryt"].tolist()
    assert out.geometry.iloc[1].is_empty
    assert out.geom_type.tolist() == ["Polygon", "Polygon"]
    unknown = [r for r in audit if r.action == "unknown"]
    assert [(r.count, r.examples) for r in unknown] == [(1, frame["name"].iloc[1])]
    assert not losses_of(out)


@pytest.mark.parametrize("value", ["many", -1, float("inf"), "-2"])
def test_count_that_cannot_be_used_is_unknown_and_lost(value) -> None:
    flows = pd.DataFrame(
        {
            "origin": ["2261011", "2262011"],
            "destination": ["2262011", "2261011"],
            "flow": pd.Series([5, value], dtype=object),
        }
    )
    out, audit = schemas.conform(flows, "ODFlows", layer="od_flows")
    assert out["flow"].iloc[0] == 5
    assert np.isnan(out["flow"].iloc[1])
    assert [(r.action, r.count) for r in audit] == [("unknown", 1)]
    assert [(item.count, item.codes) for item in losses_of(out)] == [(1, ("2262011",))]


@pytest.mark.parametrize("code", ["22610", "Gdynia", 3.5, "22610111"])
def test_code_that_cannot_be_read_is_unknown_and_lost(code) -> None:
    flows = pd.DataFrame(
        {
            "origin": ["2261011", "2262011"],
            "destination": pd.Series(["2262011", code], dtype=object),
            "flow": [5, 6],
        }
    )
    out, audit = schemas.conform(flows, "ODFlows", layer="od_flows")
    assert out["destination"].tolist() == ["2262011", None]
    assert [(r.action, r.count) for r in audit] == [("unknown", 1)]
    assert losses_of(out)[0].codes == ("2262011",)


def test_row_of_population_without_a_code_is_lost() -> None:
    table = pd.DataFrame({"teryt": ["2261011", "x", None], "population": [5, 6, 7]})
    out, audit = schemas.conform(table, "MunicipalPopulation", layer="p")
    assert out["teryt"].tolist() == ["2261011"]
    assert [(r.action, r.count) for r in audit] == [("dropped", 2)]
    assert [item.count for item in losses_of(out)] == [2]


def test_column_without_one_good_value_is_the_wrong_one() -> None:
    table = pd.DataFrame({"teryt": ["2261011", "2262011"], "population": ["a", "b"]})
    with pytest.raises(SchemaError, match="population"):
        schemas.conform(table, "MunicipalPopulation", layer="p")


def test_no_geometry_at_all_is_an_error() -> None:
    frame = _municipalities()
    frame["geometry"] = shapely.Polygon()
    with pytest.raises(SchemaError, match="every geometry is empty"):
        schemas.conform(frame, "Municipalities", layer="m")


def test_wrong_kind_of_geometry() -> None:
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=2180)
    with pytest.raises(SchemaError, match="geometry is Polygon.*must be Point"):
        schemas.conform(frame, "Stations", layer="stations")


def test_third_dimension_is_taken_off() -> None:
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(1, 2, 3)], crs=2180)
    out, _ = schemas.conform(frame, "Stations", layer="stations")
    assert not out.geometry.has_z.any()


def test_single_multipoints_become_points() -> None:
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.MultiPoint([(1, 2)])], crs=2180)
    out, _ = schemas.conform(frame, "Stations", layer="stations")
    assert out.geom_type.tolist() == ["Point"]


def test_names_are_normalised_but_stay_data() -> None:
    decomposed = "Gdan\u0301sk <b>"
    frame = _municipalities(name=[f" {decomposed} ", "Gdynia"])
    out, _ = schemas.conform(frame, "Municipalities", layer="m")
    assert out["name"].iloc[0] == "Gdańsk <b>"


def test_unknown_schema() -> None:
    with pytest.raises(SchemaError, match="Unknown schema.*Municipalities"):
        schemas.get("Gminy")


def test_dates() -> None:
    table = pd.DataFrame({"first": ["2024-12-23"], "last": ["2024-12-31"]})
    out, _ = schemas.conform(table, "SchoolHolidays", layer="h")
    assert out["last"].iloc[0] == pd.Timestamp("2024-12-31")
    with pytest.raises(SchemaError, match="not a date"):
        schemas.conform(table.assign(last="soon"), "SchoolHolidays", layer="h")


@given(
    corners=st.lists(
        st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=4, max_size=4, unique=True
    )
)
def test_four_corners_taken_as_convex_are_a_valid_polygon(
    corners: list[tuple[float, float]],
) -> None:
    shape = np.array([shapely.Polygon(corners)])
    if shapes.convex_quads(shape)[0]:
        assert shapely.is_valid(shape)[0]
        assert shapely.convex_hull(shape[0]).area == pytest.approx(shape[0].area)


def test_squares_are_told_to_be_convex_and_bows_are_not() -> None:
    square, bow = shapely.box(0, 0, 1, 1), shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    ring = shapely.box(0, 0, 9, 9) - shapely.box(1, 1, 2, 2)
    found = shapes.convex_quads(np.array([square, bow, ring, shapely.Point(0, 0)]))
    assert found.tolist() == [True, False, False, False]


@given(
    state=st.lists(st.sampled_from(["complete", "none", "full", None]), min_size=3, max_size=3),
    teryt=st.lists(st.sampled_from(["2261011", "2262011", None]), min_size=3, max_size=3),
    people=st.lists(st.sampled_from([-1.0, 0.0, 5.0, None]), min_size=3, max_size=3),
)
def test_limits_are_kept_row_by_row(
    state: list[str | None], teryt: list[str | None], people: list[float | None]
) -> None:
    fields = {
        "teryt": schemas.Field("teryt", Text("", ""), unique=True),
        "state": schemas.Field("text", Text("", ""), allowed=("complete", "none")),
        "people": schemas.Field("number", Text("", ""), "people", low=0, nullable=True),
    }
    frame = pd.DataFrame({"teryt": teryt, "state": state, "people": np.array(people, float)})
    rules = schemas.Schema("Any", Text("", ""), "", fields)
    expected = {
        "column 'teryt': {} x empty values": sum(t is None for t in teryt),
        "column 'teryt': {} x duplicate values": sum(teryt.count(t) > 1 for t in teryt),
        "column 'state': {} x empty values": sum(s is None for s in state),
        "column 'state': {} x a value that is none of: complete, none": state.count("full"),
        "column 'people': {} x a value below 0": people.count(-1.0),
    }
    found = {text.en.partition(" (")[0] for text in limits.broken(frame, rules)}
    assert found == {line.format(count) for line, count in expected.items() if count}


def test_a_value_that_is_no_number_is_in_no_range() -> None:
    fields = {"people": schemas.Field("number", Text("", ""), "people", low=0, high=9)}
    rules = schemas.Schema("Any", Text("", ""), "", fields)
    found = limits.broken(pd.DataFrame({"people": [1, "many", 9]}, dtype=object), rules)
    assert [text.en for text in found] == [
        "column 'people': 1 x a value below 0 (row: value: 1: 'many')",
        "column 'people': 1 x a value above 9 (row: value: 1: 'many')",
    ]


@pytest.mark.parametrize("wanted", ["Stops", "CycleRoutes", "Areas"])
def test_of_mixed_kinds_the_wanted_ones_are_taken_and_the_others_told(wanted) -> None:
    kinds = {
        "Stops": shapely.Point(5, 5),
        "CycleRoutes": shapely.LineString([(0, 0), (9, 9)]),
        "Areas": shapely.box(20, 0, 30, 10),
    }
    frame = gpd.GeoDataFrame(
        {"name": list(kinds), "highway": "cycleway"}, geometry=list(kinds.values()), crs=2180
    )
    out, audit = schemas.conform(frame, wanted, layer="l")
    assert out["name"].tolist() == [wanted]
    assert [(r.action, r.count) for r in audit] == [("dropped", 2)]
    (lost,) = losses_of(out)
    others = [shape for name, shape in kinds.items() if name != wanted]
    assert all(lost.where.distance(shape) == 0 for shape in others)
    assert not shapely.intersects(lost.where, kinds[wanted]) or wanted != "Areas"


def test_of_a_collection_the_wanted_parts_are_taken() -> None:
    both = shapely.GeometryCollection([shapely.Point(0, 0), shapely.box(0, 0, 1, 1)])
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[both], crs=2180)
    out, _ = schemas.conform(frame, "Areas", layer="l")
    assert out.geometry.iloc[0].equals(shapely.box(0, 0, 1, 1))


@pytest.mark.parametrize("value", ["inf", "-inf", "1e400", float("inf")])
def test_numbers_that_are_not_finite_are_unknown_or_refused_with_row_and_column(value) -> None:
    table = pd.DataFrame({"teryt": ["2261011", "2262011"], "population": ["5", value]})
    out, audit = schemas.conform(table, "MunicipalPopulation", layer="p")
    assert out["population"].isna().tolist() == [False, True]
    assert [(r.action, r.count, r.examples.split(":")[0]) for r in audit] == [("unknown", 1, "1")]
    table = table.iloc[[1]]
    with pytest.raises(SchemaError, match=r"'population': 1 values .*1: "):
        schemas.conform(table, "MunicipalPopulation", layer="p")


NUMERIC = [
    (schema.name, column)
    for schema in schemas.SCHEMAS.values()
    for column, rule in schema.fields.items()
    if rule.kind in ("number", "integer")
]
IMPOSSIBLE = ["inf", "-inf", "1e400", "-1", "-9999", "-32768", 3.4028235e38, -3.4e38, "2147483647",
              4294967295, np.inf, "nan people", "many"]  # fmt: skip


@pytest.mark.parametrize("value", IMPOSSIBLE)
@pytest.mark.parametrize(("schema", "column"), NUMERIC)
def test_no_numeric_column_of_any_schema_holds_what_cannot_be(schema, column, value) -> None:
    """The row that has it is unknown, the others stay; the audit names row and column."""
    rules = schemas.get(schema)
    assert rules.fields[column].low is not None
    assert rules.fields[column].high is not None
    words = {"teryt": "226101{}", "text": "a", "flag": "1", "number": "3", "date": "2024-01-01",
             "integer": "2024", "area": "226101{}"}  # fmt: skip
    data = {
        name: [words[rule.kind].format(i) for i in (1, 2)]
        for name, rule in rules.fields.items()
        if rule.required or name == column
    }
    good = max(5, int(rules.fields[column].low))
    frame = pd.DataFrame(data, index=[10, 20])
    frame[column] = pd.Series([str(good), value], dtype=object, index=[10, 20])
    if rules.geometry:
        shapes = {"point": shapely.Point(0, 0), "polygon": shapely.box(0, 0, 1, 1)}
        shapes["place"] = shapes["point"]
        frame = gpd.GeoDataFrame(frame, geometry=[shapes[rules.geometry]] * 2, crs=2180)
    out, audit = schemas.conform(frame, schema, layer="l")
    assert out[column].iloc[0] == good
    assert pd.isna(out[column].iloc[1])
    (row,) = [r for r in audit if r.action == "unknown"]
    assert row.count == 1
    assert row.examples.startswith("20: ")
    assert column in row.what.en
    with pytest.raises(SchemaError, match=column):
        schemas.conform(frame.iloc[[1]], schema, layer="l")


@pytest.mark.parametrize("value", ["2024.5", 2024.5, "1e300", 2.0**60])
def test_a_whole_number_that_is_none_is_unknown_or_one_clear_error(value) -> None:
    columns = {"teryt": ["2261011", "2262011"], "population": [1.0, 2.0], "dwelling_m2": [1.0, 2.0]}
    frame = pd.DataFrame({**columns, "year": pd.Series(["2024.0", value], dtype=object)})
    out, audit = schemas.conform(frame, "HousingStatistics", layer="l")
    assert out["year"].tolist() == [2024, pd.NA]
    assert [r.count for r in audit if r.action == "unknown"] == [1]
    with pytest.raises(SchemaError, match="'year'"):
        schemas.conform(frame.iloc[[1]], "HousingStatistics", layer="l")


@pytest.mark.parametrize(
    ("text", "flag"), [("1", True), ("1.0", True), ("tak", True), ("NO", False), ("", None)]
)
def test_flags_as_tables_write_them(text, flag) -> None:
    frame = gpd.GeoDataFrame(
        {"population": [1.0], "modelled": [text]}, geometry=[shapely.box(0, 0, 1, 1)], crs=2180
    )
    out, _ = schemas.conform(frame, "PopulationCells", layer="p")
    assert out["modelled"].iloc[0] is pd.NA if flag is None else out["modelled"].iloc[0] == flag
    frame["modelled"] = ["perhaps"]
    with pytest.raises(SchemaError, match="'modelled': 1 values are not yes or no"):
        schemas.conform(frame, "PopulationCells", layer="p")


@pytest.mark.parametrize(
    ("change", "polish", "english"),
    [
        ({"state": ["built", "open"]}, "wartość spoza listy (built, ", "none of: built, planned"),
        ({"people": [-1.0, 5.0]}, "wartość poniżej 0 ", "a value below 0 "),
        ({"people": [11.0, 5.0]}, "wartość powyżej 10 ", "a value above 10 "),
        ({"teryt": ["a", "a"]}, "powtórzone wartości", "duplicate values"),
        ({"teryt": ["a", None]}, "puste wartości", "empty values"),
    ],
)
def test_what_breaks_a_limit_is_told_in_both_languages(change, polish, english) -> None:
    fields = {
        "teryt": schemas.Field("text", Text("", ""), unique=True),
        "state": schemas.Field("text", Text("", ""), allowed=("built", "planned")),
        "people": schemas.Field("number", Text("", ""), "people", low=0, high=10, nullable=True),
    }
    good = {"teryt": ["a", "b"], "state": ["built", "planned"], "people": [1.0, 10.0]}
    rules = schemas.Schema("Any", Text("", ""), "", fields)
    assert limits.broken(pd.DataFrame(good), rules) == []
    (found,) = limits.broken(pd.DataFrame({**good, **change}), rules)
    assert polish in found.pl
    assert english in found.en
    assert "_" not in found.pl


@pytest.mark.parametrize("schema", ["PopulationCells", "Localities"])
def test_a_row_written_twice_counts_once(schema: str) -> None:
    """A copy of the file, or of rows; other vertices first; but not another value or place."""
    if schema == "PopulationCells":
        one, two = shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)
        turned = shapely.Polygon(np.roll(np.array(one.exterior.coords)[:-1], 2, axis=0))
        column, values = "population", [5.0, 5.0, 5.0, 6.0, 7.0, 7.0]
        shapes = [one, turned, two, one, two, two]
    else:
        one, two = shapely.Point(0, 0), shapely.Point(10, 0)
        column, values = "name", ["A", "A", "A", "B", "C", "C"]
        shapes = [one, one, two, one, two, two]
    frame = gpd.GeoDataFrame({column: values}, geometry=shapes, crs="EPSG:2180", index=[7] * 6)
    found, audit = schemas.conform(frame, schema, layer="l")
    assert found[column].tolist() == [values[i] for i in (0, 2, 3, 4)]
    (row,) = [r for r in audit if "repeated" in r.what.en]
    assert (row.action, row.count) == ("dropped", 2)
    told = [r for r in audit if "another value" in r.what.en]
    assert [r.count for r in told] == ([2] if schema == "PopulationCells" else [])


@pytest.mark.parametrize("kind", ["line", "polygon"])
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_vertex_that_is_no_place_is_a_loss_and_never_bridged(kind, odd, at):
    xy = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 50.0], [0.0, 50.0]])
    xy[at + (kind == "polygon"), at % 2] = odd  # a ring cannot begin at none
    whole = np.array([[200.0, 0.0], [300.0, 0.0], [300.0, 50.0], [200.0, 50.0]])
    make = shapely.LineString if kind == "line" else shapely.Polygon
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torn = make(xy) if kind == "line" else make([*xy, xy[0]])
    frame = gpd.GeoDataFrame({"name": ["torn", "whole"]}, geometry=[torn, make(whole)], crs=2180)
    out, audit = schemas.conform(frame, "Streets" if kind == "line" else "Areas", layer="l")
    assert out["name"].tolist() == ["whole"]
    (row,) = [r for r in audit if "vertex" in r.what.en]
    assert (row.action, row.count) == ("dropped", 1)
    (lost,) = losses_of(out)
    assert lost.where is not None  # near it nothing is certain; the box of what is left of it
    assert lost.where.within(shapely.box(-1, -1, 101, 51))


DATES = [
    ("2024-10-01", True), ("2024-10-01 00:00", True), ("01.10.2024", True), ("1/10/2024", True),
    ("20241001", True), (20241001, True), (45566, True), (45566.0, True),
    (pd.Timestamp("2024-10-01"), True), (datetime.date(2024, 10, 1), True),
    ("2024-13-01", False), ("31.02.2024", False), (7, False), (1e300, False), (-1, False),
    (np.inf, False), ("1e9", False), ("0024-10-01", False), (True, False), ("jutro", False),
]  # fmt: skip


@pytest.mark.parametrize(("value", "good"), DATES)
def test_dates_as_tables_write_them(value, good):
    frame = pd.DataFrame({"first": [value], "last": ["2024-10-09"]}, dtype="object")
    if not good:
        with pytest.raises(SchemaError, match="column 'first': 1 values are not a date"):
            schemas.conform(frame, "SchoolHolidays", layer="h")
        return
    out, _ = schemas.conform(frame, "SchoolHolidays", layer="h")
    assert out["first"].tolist() == [pd.Timestamp("2024-10-01")]


def test_every_number_of_every_schema_has_limits_that_hold():
    for schema in schemas.SCHEMAS.values():
        for name, rule in schema.fields.items():
            if rule.kind in ("number", "integer"):
                assert rule.low is not None, (schema.name, name)
                assert rule.high is not None, (schema.name, name)


@pytest.mark.parametrize(("last", "good"), [("2025-02-03", True), ("2025-02-02", False)])
def test_a_period_that_ends_before_it_starts_is_named_with_its_row(last, good):
    table = pd.DataFrame({"first": ["2024-12-23", "2025-02-03"], "last": ["2024-12-31", last]})
    if good:
        assert len(schemas.conform(table, "SchoolHolidays", layer="school_holidays")[0]) == 2
        return
    with pytest.raises(SchemaError, match=r"1: 2025-02-03\.\.2025-02-02") as error:
        schemas.conform(table, "SchoolHolidays", layer="school_holidays")
    assert error.value.layer == "school_holidays"
