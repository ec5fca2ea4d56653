from __future__ import annotations

import inspect
import pickle
import re
from dataclasses import KW_ONLY, dataclass, fields
from typing import Annotated, get_type_hints

import geopandas as gpd
import pytest
import shapely
from pydantic import Field

from metrogis.catalog.registry import LAYERS
from metrogis.checks import contract as c
from metrogis.checks import registry as checks
from metrogis.errors import CRSError, MissingLayerError, ParameterError, SchemaError
from metrogis.provenance import Source, attach
from metrogis.texts import Text, both


class _Limits(c.Parameters):
    limit: Annotated[float, c.Spec(both("limit"), "m", "test"), Field(gt=0)] = 500.0
    modes: Annotated[tuple[str, ...], c.Spec(both("modes"), "-", "test")] = ("bus",)


@dataclass(frozen=True)
class _Inputs:
    municipalities: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame = c.layer(both("s"), schema="Stops", required=True)
    _: KW_ONLY
    extra: object | None = None


@c.check(
    id="near",
    direction="2.1.2",
    title=both("Near"),
    question=both("How many?"),
    method=both("Counting."),
    columns={"municipalities": {**c.municipality_columns(), "stops": c.Column(both("stops"))}},
    views=(c.View("municipalities", both("stops"), column="stops", breaks=(1.0, 2.0)),),
)
def _near(inputs: _Inputs, params: _Limits, run: c.Run) -> c.Outcome:
    """Count stops."""
    table = inputs.municipalities[["teryt", "name", "geometry"]].copy()
    buffers = table.geometry.buffer(params.limit)
    table["stops"] = [int(inputs.stops.intersects(b).sum()) for b in buffers]
    run.note("stops", "noted", 1, both("counted"))
    total = float(table["stops"].sum())
    finding = c.Finding(
        Text("{total:0} razy w {where}", "{total:0} times in {where}"),
        {"total": total},
        {"where": "<b>"},
    )
    return c.Outcome(municipalities=table, features={"stops": inputs.stops}, findings=[finding])


@pytest.fixture
def municipalities() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"teryt": ["2261011", "2262011"], "name": ["A", "B"]},
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)],
        crs=2180,
    )


@pytest.fixture
def stops() -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame({"name": ["x"]}, geometry=[shapely.Point(2200, 500)], crs=2180)
    return attach(frame, Source("stops", licence="CC0"))


def test_a_run_end_to_end(municipalities, stops) -> None:
    result = _near(municipalities, stops)
    assert result.municipalities["stops"].tolist() == [0, 1]
    assert result.figures == {"total": 1.0}
    assert result.sentences("pl") == ["1 razy w <b>"]
    assert [s.layer for s in result.provenance] == ["municipalities", "stops"]
    assert result.provenance[1].licence == "CC0"
    assert len(result.audit) == 1
    assert list(result.tables) == ["municipalities", "stops"]
    assert "<b>" not in result._repr_html_().replace("<b>2.1.2 Near</b>", "")


def test_sensitivity_runs_all_combinations(municipalities, stops) -> None:
    table = _near(municipalities, stops).sensitivity(limit=[100, 500.0, 1300])
    assert table["total"].tolist() == [0, 1, 2]
    assert table["current"].tolist() == [False, True, False]


def test_sensitivity_checks_every_value_before_running(municipalities, stops) -> None:
    result = _near(municipalities, stops)
    with pytest.raises(ParameterError, match="limit"):
        result.sensitivity(limit=[100, -1])
    with pytest.raises(ParameterError, match="unknown parameter 'limits'.*did you mean 'limit'"):
        result.sensitivity(limits=[1])
    with pytest.raises(ParameterError):
        result.sensitivity()


def test_parameters_are_validated_once_with_all_problems(municipalities, stops) -> None:
    with pytest.raises(ParameterError) as caught:
        _near(municipalities, stops, limit=-1, mode="bus")
    assert "'mode'" in str(caught.value)
    assert "limit" in str(caught.value)


def test_parameters_from_a_command_line() -> None:
    assert _Limits.read({"limit": "300", "modes": '["bus", "tram"]'}, check="near") == _Limits(
        limit=300, modes=("bus", "tram")
    )
    with pytest.raises(ParameterError):
        _Limits.read({"limit": "far"}, check="near")


def test_parameters_are_frozen() -> None:
    with pytest.raises(ValueError):
        _Limits().limit = 3  # type: ignore[misc]


def test_a_parameter_without_unit_and_source_is_refused() -> None:
    class Bare(c.Parameters):
        limit: float = 1.0

    with pytest.raises(TypeError, match="no Spec"):
        Bare.specs()


def test_missing_layer_wrong_crs_and_schema(municipalities, stops) -> None:
    with pytest.raises(MissingLayerError, match="layer 'stops'"):
        _near(municipalities, None)
    with pytest.raises(CRSError, match="layer 'stops'"):
        _near(municipalities, stops.to_crs(4326))
    with pytest.raises(SchemaError, match="'teryt'"):
        _near(municipalities.drop(columns="teryt"), stops)


def _declared(function, **more):
    """Bind a function with the least that a check declares."""
    columns = {"municipalities": c.municipality_columns()}
    declared = {"title": both("t"), "question": both("q"), "method": both("m"), "views": ()}
    return c.check(id="near", direction="2.1.2", columns=columns, **declared, **more)(function)


def test_losing_a_municipality_is_a_fault(municipalities, stops) -> None:
    def first(inputs: _Inputs) -> c.Outcome:
        return c.Outcome(municipalities=inputs.municipalities.iloc[:1])

    def turned(inputs: _Inputs) -> c.Outcome:
        return c.Outcome(municipalities=inputs.municipalities.iloc[::-1])

    for function in (first, turned):
        with pytest.raises(AssertionError, match="lost or reordered"):
            _declared(function)(municipalities, stops)


def test_function_signature_lists_layers_and_parameters() -> None:
    signature = inspect.signature(_near)
    assert list(signature.parameters) == ["municipalities", "stops", "extra", "limit", "modes"]
    assert signature.parameters["limit"].default == 500.0
    assert signature.parameters["extra"].kind is inspect.Parameter.KEYWORD_ONLY
    assert signature.parameters["municipalities"].default is inspect.Parameter.empty
    assert _near.__doc__ == "Count stops."
    assert pickle.loads(pickle.dumps(_near)) is _near


def test_layers_are_declared_by_the_fields_of_inputs() -> None:
    declared = _near.check.inputs
    assert [(i.name, i.required, i.schema) for i in declared] == [
        ("municipalities", True, "Municipalities"),  # title and schema of the registry
        ("stops", True, "Stops"),
        ("extra", False, ""),
    ]
    assert declared[0].text.en == "municipal boundaries"
    assert declared[1].text.en == "s"


def test_layers_are_passed_by_place_or_by_name(municipalities, stops) -> None:
    by_name = _near(stops=stops, municipalities=municipalities, limit=1300)
    by_place = _near(municipalities, stops, limit=1300)
    assert by_name.figures == by_place.figures == {"total": 2.0}
    with pytest.raises(TypeError, match="too many positional"):
        _near(municipalities, stops, stops)
    with pytest.raises(TypeError, match="multiple values"):
        _near(municipalities, stops, stops=stops)
    with pytest.raises(MissingLayerError, match="layer 'stops'"):
        _near(municipalities)
    with pytest.raises(MissingLayerError, match="layer 'municipalities'"):
        _near()


def test_a_function_gets_what_it_asks_for_in_its_order(municipalities, stops) -> None:
    seen = []

    def asks(run: c.Run, inputs: _Inputs) -> c.Outcome:
        seen.append((run, inputs))
        return c.Outcome(municipalities=inputs.municipalities)

    plain = _declared(asks)
    plain(municipalities, stops)
    (run, inputs) = seen[0]
    assert isinstance(run, c.Run)
    assert isinstance(inputs, _Inputs)
    assert inputs.extra is None
    assert run.has("stops")
    assert not run.has("extra")
    with pytest.raises(ParameterError, match="limit"):  # it has no parameters
        plain(municipalities, stops, limit=3)


def test_what_cannot_be_bound_is_refused_at_once() -> None:
    @dataclass
    class Thawed:
        municipalities: gpd.GeoDataFrame

    @dataclass(frozen=True)
    class Nowhere:
        stops: gpd.GeoDataFrame

    def thawed(inputs: Thawed) -> c.Outcome: ...
    def nowhere(inputs: Nowhere) -> c.Outcome: ...
    def strange(inputs: _Inputs, audit: object) -> c.Outcome: ...
    def blind(params: _Limits) -> c.Outcome: ...
    def loose(inputs: _Inputs, params: dict) -> c.Outcome: ...

    thawed.__annotations__["inputs"] = Thawed
    nowhere.__annotations__["inputs"] = Nowhere
    for function, why in (
        (thawed, "no frozen dataclass"),
        (nowhere, "no municipalities"),
        (strange, "may ask for"),
        (blind, "inputs always"),
        (loose, "no Parameters model"),
    ):
        with pytest.raises(TypeError, match=why):
            _declared(function)


# ------------------------------------------------------------- every check that is registered


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.id)
class TestRegistered:
    def test_texts_are_there_in_both_languages(self, check) -> None:
        for text in (check.title, check.question, check.method):
            assert len(text.pl) > 3
            assert len(text.en) > 3
            assert text.pl != text.en

    def test_parameters_carry_unit_and_source(self, check) -> None:
        for name, spec in check.parameters.specs().items():
            assert spec.unit, name
            assert len(spec.source) > 3, name
            assert spec.label.pl != spec.label.en or len(spec.label.pl) < 12, name

    def test_defaults_are_valid(self, check) -> None:
        check.parameters.read(check.parameters().model_dump(), check=check.id)

    def test_function_is_public_under_its_id(self, check) -> None:
        import metrogis

        assert getattr(metrogis, check.id) is check.function
        assert checks.get(check.id) is check

    def test_function_arguments_are_the_inputs(self, check) -> None:
        arguments = inspect.signature(check.function).parameters
        layers = [n for n in arguments if n not in check.parameters.model_fields]
        assert layers == [i.name for i in check.inputs]
        for item in check.inputs:
            default = arguments[item.name].default
            # a required layer may stand behind an optional one: then it is None as well
            assert default is None or (item.required and default is inspect.Parameter.empty)

    def test_inputs_have_one_typed_field_a_layer(self, check) -> None:
        asked = inspect.signature(check.function.__wrapped__).parameters
        model = get_type_hints(check.function.__wrapped__)["inputs"]
        assert [f.name for f in fields(model)] == [i.name for i in check.inputs]
        assert set(asked) <= {"inputs", "params", "run"}
        optional = {f.name for f in fields(model) if "None" in str(f.type)}
        assert optional == {i.name for i in check.inputs if not i.required}
        # the registry knows every layer: nothing is declared twice
        assert {i.name for i in check.inputs} <= set(LAYERS)

    def test_docstring_has_an_example_and_a_source(self, check) -> None:
        text = check.function.__doc__ or ""
        assert ">>>" in text
        assert "Returns" in text

    def test_views_name_columns_that_have_a_heading(self, check) -> None:
        for view in check.views:
            assert view.table in check.columns, view.table
            for column in (view.column, *view.popup):
                assert column is None or column in check.columns[view.table], (view.table, column)
            assert sorted(view.breaks) == list(view.breaks)
            for category in view.categories:
                assert re.fullmatch(r"#[0-9A-Fa-f]{6}", category.colour)


def test_unknown_check_suggests_a_name() -> None:
    with pytest.raises(ParameterError, match="did you mean 'white_spots'"):
        checks.get("white_spot")


def test_directions_come_in_the_strategys_order() -> None:
    order = [list(c.DIRECTIONS).index(check.direction) for check in checks.CHECKS]
    assert order == sorted(order)
    assert len({check.id for check in checks.CHECKS}) == len(checks.CHECKS)
