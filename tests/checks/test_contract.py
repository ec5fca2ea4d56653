from __future__ import annotations

import inspect
import re
from typing import Annotated

import geopandas as gpd
import pytest
import shapely
from pydantic import Field

from metrogis.checks import contract as c
from metrogis.checks import registry as checks
from metrogis.errors import CRSError, MissingLayerError, ParameterError, SchemaError
from metrogis.provenance import Source, attach
from metrogis.texts import Text, both


class _Limits(c.Parameters):
    limit: Annotated[float, c.Spec(both("limit"), "m", "test"), Field(gt=0)] = 500.0
    modes: Annotated[tuple[str, ...], c.Spec(both("modes"), "-", "test")] = ("bus",)


def _near(municipalities, stops, *, extra=None, **parameters):
    run = CHECK.begin(parameters, municipalities=municipalities, stops=stops, extra=extra)
    p = run.parameters
    table = run.layers["municipalities"][["teryt", "name", "geometry"]].copy()
    buffers = table.geometry.buffer(p.limit)
    table["stops"] = [int(run.layers["stops"].intersects(b).sum()) for b in buffers]
    run.note("stops", "noted", 1, both("counted"))
    total = float(table["stops"].sum())
    finding = c.Finding(
        Text("{total:0} razy w {where}", "{total:0} times in {where}"),
        {"total": total},
        {"where": "<b>"},
    )
    return run.result(
        municipalities=table, features={"stops": run.layers["stops"]}, findings=[finding]
    )


CHECK = c.Check(
    id="near",
    direction="2.1.2",
    title=both("Near"),
    question=both("How many?"),
    method=both("Counting."),
    inputs=(
        c.Input("municipalities", both("m"), "Municipalities"),
        c.Input("stops", both("s"), "Stops"),
        c.Input("extra", both("e"), "", required=False),
    ),
    parameters=_Limits,
    function=_near,
    columns={"municipalities": {**c.municipality_columns(), "stops": c.Column(both("stops"))}},
    views=(c.View("municipalities", both("stops"), column="stops", breaks=(1.0, 2.0)),),
)


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


def test_losing_a_municipality_is_a_fault(municipalities, stops) -> None:
    run = CHECK.begin({}, municipalities=municipalities, stops=stops, extra=None)
    with pytest.raises(AssertionError, match="lost or reordered"):
        run.result(municipalities=municipalities.iloc[:1])


def test_function_signature_lists_parameters() -> None:
    signature = inspect.signature(_near)
    assert list(signature.parameters) == ["municipalities", "stops", "extra", "limit", "modes"]
    assert signature.parameters["limit"].default == 500.0


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
            # a required layer may stand behind one of two alternatives: then it is None as well
            assert default is None or (item.required and default is inspect.Parameter.empty)

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
