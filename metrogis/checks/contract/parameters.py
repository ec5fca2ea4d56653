"""Parameters of checks: models with unit, bounds and source, read with one error for all faults."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from metrogis.checks.contract.citations import Citation
from metrogis.errors import ParameterError
from metrogis.i18n import Text, _, both, join
from metrogis.validation import problem_of, shown


@dataclass(frozen=True)
class Spec:
    """What a parameter means: label, unit, and the source of its default.

    Put into ``Annotated``: ``limit: Annotated[float, Spec(...), Field(gt=0)] = 500``. ``unit`` is
    ``"1"`` for a ratio and ``"-"`` for a choice. ``origin`` is a
    :class:`~metrogis.checks.contract.citations.Citation`; checks from outside may give plain text.
    ``range`` says within what else the value might have been chosen: a share of it up and down, or
    its lowest and highest value. A number that a law sets has none.
    """

    label: Text
    unit: str
    origin: Citation | str
    range: float | tuple[float, float] | None = None

    @property
    def citation(self) -> Citation:
        """Where the default comes from."""
        given = self.origin
        return given if isinstance(given, Citation) else Citation(both(given))

    @property
    def source(self) -> str:
        """Where the default comes from, in one line of English."""
        return self.citation.source


class Parameters(BaseModel):
    """Base of every check's parameter model: frozen, unknown names refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def specs(cls) -> dict[str, Spec]:
        """Return the :class:`Spec` of each parameter, in order.

        Raises
        ------
        TypeError
            If a parameter has none: no number is without unit and source.
        """
        found = {}
        for name, info in cls.model_fields.items():
            spec = next((m for m in info.metadata if isinstance(m, Spec)), None)
            if spec is None:
                raise TypeError(f"{cls.__name__}.{name} has no Spec (unit and source)")
            found[name] = spec
        return found

    @classmethod
    def read(cls: type[P], values: Mapping[str, Any], *, check: str) -> P:
        """Validate ``values`` (strings from a command line are parsed).

        Raises
        ------
        ParameterError
            One error that lists every unknown name and every value out of range.
        """
        parsed = {name: _from_text(value) for name, value in values.items()}
        try:
            return cls.model_validate(parsed)
        except ValidationError as error:
            raise _parameter_error(cls, check, error) from error


P = TypeVar("P", bound=Parameters)


def _from_text(value: Any) -> Any:
    """Read lists, numbers and booleans written as text; leave other text as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _parameter_error(model: type[Parameters], check: str, error: ValidationError) -> ParameterError:
    problems = []
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"]) or check
        if item["type"] == "extra_forbidden":
            near = difflib.get_close_matches(name, model.model_fields, n=1)
            problem = _("unknown parameter '{name}'").fill(name=name)
            if near:
                problem += _(" (did you mean '{near}'?)").fill(near=near[0])
        else:
            problem = _("bad value {name} = {value}: {problem}").fill(
                name=name, value=shown(item["input"]), problem=problem_of(item)
            )
        problems.append(problem)
    return ParameterError(
        join("; ", problems),
        layer=check,
        remedy=_("see: metrogis checks {check}").fill(check=check),
    )
