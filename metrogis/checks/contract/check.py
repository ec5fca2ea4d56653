"""How a function becomes a check.

A check is written as a function of its layers and parameters::

    @dataclass(frozen=True)
    class Inputs:
        municipalities: Municipalities
        rail_stations: Stations
        _: KW_ONLY
        population: PopulationCells | None = None

    @check(id="my_check", title=..., direction="2.1.2", columns=..., views=...)
    def my_check(inputs: Inputs, params: MyParameters, run: Run) -> Outcome:
        stations = inputs.rail_stations         # validated, in the one metric CRS of all layers
        run.note("rail_stations", "dropped", 2, Text("...", "..."))
        return Outcome(municipalities=table, features={"stations": points}, findings=[...])

What the module then holds under that name is the public function,
``my_check(municipalities, rail_stations, *, population=None, limit=500)``, which returns a
:class:`Result`; ``my_check.check`` is its :class:`Check`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, get_type_hints

from metrogis.checks.contract.declaration import Check, Direction, inputs_of
from metrogis.checks.contract.parameters import Parameters
from metrogis.checks.contract.presentation import Column, Overlay, View
from metrogis.checks.contract.reading import Reading
from metrogis.checks.contract.result import Outcome, Result, finish
from metrogis.checks.contract.run import begin
from metrogis.checks.contract.taken import Taken
from metrogis.texts import Text

_MAY_ASK = ("inputs", "params", "run")


class CheckFunction(Protocol):
    """The public function of a check: layers, then parameters by name."""

    check: Check
    __name__: str
    __doc__: str | None

    def __call__(self, *layers: Any, **layers_and_parameters: Any) -> Result:
        """Answer the question of the check."""


def check(
    *,
    id: str,
    direction: Direction,
    title: Text,
    question: Text,
    method: Text,
    columns: Mapping[str, Mapping[str, Column]],
    views: tuple[View, ...],
    taken: Mapping[str, Taken] | None = None,
    overlays: tuple[Overlay, ...] = (),
    section: str = "",
    reading: Reading | None = None,
    one_of: tuple[tuple[str, ...], ...] = (),
    method_version: int = 1,
    reach: float | Literal["global"] = "global",
    of_all: Mapping[str, tuple[str, ...]] | None = None,
) -> Callable[[Callable[..., Outcome]], CheckFunction]:
    """Make a check of a function; see :class:`Check` for what is declared.

    The function asks for what it needs by the names of its arguments: ``inputs``, annotated with
    a frozen dataclass whose fields are the layers (a field without a default is required);
    ``params``, annotated with the :class:`Parameters` of the check; ``run``, the audit as it
    grows, the evidence of each layer and the common CRS.

    Returns
    -------
    callable
        Makes the public function: its arguments are the fields of ``inputs``, then the
        parameters by name. It validates layers and parameters, opens the audit, runs the
        function and makes a :class:`Result` of its :class:`Outcome`.

    Raises
    ------
    TypeError
        When the function asks for anything else, or ``inputs`` or ``params`` are not annotated
        so. The public function raises ParameterError, MissingLayerError, CRSError and SchemaError
        before anything is computed.
    """

    def public(body: Callable[..., Outcome]) -> CheckFunction:
        asked = _asked(body)
        hints = get_type_hints(body)
        model = hints["inputs"]
        given = inputs_of(model)
        parameters = hints.get("params", Parameters)
        if not (isinstance(parameters, type) and issubclass(parameters, Parameters)):
            raise TypeError(f"{id}: params is no Parameters model")
        signature = inspect.signature(model)
        names = [item.name for item in given]

        def function(*args: Any, **kwargs: Any) -> Result:
            layers = {name: kwargs.pop(name) for name in names if name in kwargs}
            passed = signature.bind_partial(*args, **layers).arguments
            run = begin(declared, kwargs, {name: passed.get(name) for name in names})
            offered = {"inputs": model(**run.layers), "params": run.parameters, "run": run}
            return finish(run, body(**{name: offered[name] for name in asked}))

        kept = ("__module__", "__name__", "__qualname__", "__doc__")
        functools.update_wrapper(function, body, assigned=kept)
        function.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[
                *signature.parameters.values(),
                inspect.Parameter("parameters", inspect.Parameter.VAR_KEYWORD),
            ],
            return_annotation=Result,
        )
        declared = Check(
            id=id,
            direction=direction,
            title=title,
            question=question,
            method=method,
            inputs=given,
            parameters=parameters,
            function=function,
            columns=columns,
            views=views,
            taken=taken or {},
            overlays=overlays,
            section=section,
            reading=reading or Reading(),
            method_version=method_version,
            reach=reach,
            of_all=of_all or {},
            one_of=one_of,
        )
        function.check = declared  # type: ignore[attr-defined]
        return function  # type: ignore[return-value]

    return public


def _asked(body: Callable[..., Any]) -> tuple[str, ...]:
    """Return what a function asks for.

    Raises
    ------
    TypeError
        If it asks for what there is not, or does not ask for its layers.
    """
    asked = tuple(inspect.signature(body).parameters)
    strange = [name for name in asked if name not in _MAY_ASK]
    if strange or "inputs" not in asked:
        offered = ", ".join(_MAY_ASK)
        raise TypeError(f"{body.__name__}{asked}: a check may ask for {offered}; inputs always")
    return asked
