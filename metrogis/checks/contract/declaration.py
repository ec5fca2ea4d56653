"""What a check declares: its question, layers, parameters, columns and views.

Command line, documentation, validation, legend and page all come from that one object.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal

from metrogis.catalog.registry import LAYERS
from metrogis.checks.contract.parameters import Parameters
from metrogis.checks.contract.presentation import Column, Overlay, View
from metrogis.checks.contract.reading import Reading, headlines_of
from metrogis.checks.contract.taken import Taken, of_all
from metrogis.errors import MissingLayerError
from metrogis.i18n import Text, _, both

Direction = Literal["1.2.1", "2.1.2", "2.1.3"]

DIRECTIONS: dict[Direction, Text] = {
    "1.2.1": _("Monitoring of spatial development and ecological corridors"),
    "2.1.2": _("Transport accessibility: removing white spots, access to rail"),
    "2.1.3": _("Active mobility: cycling and walking routes to interchanges"),
}


_NO_TEXT = both("")


@dataclass(frozen=True)
class Input:
    """A layer a check takes. ``name`` is the function's argument and the catalog's layer name.

    Title and schema are those of :data:`metrogis.catalog.registry.LAYERS` unless given: ``text``
    says what the layer is in this check, ``schema`` (an entry of :data:`metrogis.schemas.SCHEMAS`)
    is for layers that the registry does not have. Without one a layer validates itself (a
    timetable, a street network, a grid).
    """

    name: str
    text: Text = _NO_TEXT
    schema: str = ""
    required: bool = True

    def __post_init__(self) -> None:
        """Take from the registry what is not given."""
        known = LAYERS.get(self.name)
        if not self.text.en:
            object.__setattr__(self, "text", known.title if known else both(self.name))
        if not self.schema and known:
            object.__setattr__(self, "schema", known.conforms_to)


def layer(text: Text = _NO_TEXT, *, schema: str = "", required: bool = False) -> Any:
    """Say of a field of ``Inputs`` what the registry of layers cannot know.

    Parameters
    ----------
    text : Text, optional
        What the layer is in this check, where its title in the registry says too little.
    schema : str, optional
        Of a layer that the registry does not have; one of :data:`metrogis.schemas.SCHEMAS`.
    required : bool
        Whether the check cannot run without it, though it has a default: a layer that stands
        behind an optional one, or has a text of its own.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Inputs:
    ...     municipalities: object
    ...     built_up: object = layer(Text("wagi", "weights"))
    >>> [(given.name, given.text.en, given.required) for given in inputs_of(Inputs)]
    [('municipalities', 'municipal boundaries', True), ('built_up', 'weights', False)]
    """
    return field(default=None, metadata={"text": text, "schema": schema, "required": required})


def inputs_of(model: type) -> tuple[Input, ...]:
    """Return the layers that a frozen dataclass names, one a field.

    A field without a default is a layer that the check needs.

    Raises
    ------
    TypeError
        If it is no frozen dataclass, or has no field ``municipalities``.
    """
    if not is_dataclass(model) or not vars(model)["__dataclass_params__"].frozen:
        raise TypeError(f"{model.__name__} is no frozen dataclass")
    given = tuple(
        Input(
            item.name,
            item.metadata.get("text", _NO_TEXT),
            item.metadata.get("schema", ""),
            required=item.metadata.get("required", item.default is MISSING),
        )
        for item in fields(model)
    )
    if "municipalities" not in (item.name for item in given):
        raise TypeError(f"{model.__name__} has no municipalities")
    return given


def with_reach(
    columns: Mapping[str, Mapping[str, Column]],
    reach: float | Literal["global"],
    of_all: Mapping[str, tuple[str, ...]],
) -> dict[str, dict[str, Column]]:
    """Return columns each of which says how far layers matter for it.

    Parameters
    ----------
    columns : mapping
        Table name -> column name -> Column.
    reach : float or "global"
        Of those that do not say.
    of_all : mapping
        Table name -> columns for which all of the metropolis matters.

    Raises
    ------
    KeyError
        For a column that is not declared.
    """
    out = {
        table: {
            name: column if column.reach is not None else replace(column, reach=reach)
            for name, column in those.items()
        }
        for table, those in columns.items()
    }
    for table, names in of_all.items():
        for name in names:
            out[table][name] = replace(out[table][name], reach="global")
    return out


@dataclass(frozen=True)
class Check:
    """A question tied to a direction of the strategy, with all that is needed to answer it.

    Attributes
    ----------
    id, direction : str
        Stable identifier (the function's name) and the strategy's direction.
    title, question, method : Text
        ``method`` says in a few sentences how the answer is computed and what it does not say.
    inputs : tuple of Input
        Layers, in the order of the function's arguments.
    parameters : type of Parameters
        The parameter model.
    function : callable
        ``function(**layers, **parameters) -> Result``.
    columns : mapping
        Table name -> column name -> :class:`Column`; ``"municipalities"`` is always there.
    views : tuple of View
        Layers of the map, drawn in this order; the first one is the main one.
    overlays : tuple of Overlay
        Rasters of the map, drawn beneath the views.
    section : str
        Anchor of the section of ``docs/methods.md`` on the check; empty for checks from outside.
    reading : Reading
        Headlines, sentences of a municipality, lists of places, charts.
    taken : mapping
        Table or raster -> :class:`Taken`: which layers it repeats, so that their licences hold for
        it. One that is not named counts as rows of every layer of the check.
    one_of : tuple of tuple of str
        Groups of optional layers, of each of which the check needs one.
    reach : float or "global"
        How far, m, from a place layers matter for what its columns say, where a column says
        nothing else; ``global``: all of the metropolis matters. A part of a country is read with a
        buffer of the largest one.
    of_all : mapping
        Table name -> columns for which all of it matters whatever ``reach`` is: ranks, orders,
        numbers of networks.
    method_version : int
        Raised by one whenever the same layers and parameters may get another answer: answers of two
        versions are not compared.
    """

    id: str
    direction: Direction
    title: Text
    question: Text
    method: Text
    inputs: tuple[Input, ...]
    parameters: type[Parameters]
    function: Callable[..., Any]
    columns: Mapping[str, Mapping[str, Column]]
    views: tuple[View, ...]
    overlays: tuple[Overlay, ...] = ()
    section: str = ""
    reading: Reading = field(default_factory=Reading)
    taken: Mapping[str, Taken] = field(default_factory=dict)
    one_of: tuple[tuple[str, ...], ...] = ()
    method_version: int = 1
    reach: float | Literal["global"] = "global"
    of_all: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Mark headlines and reach; list the parameters in the function's signature, for help()."""
        marked = self.reading.mark(self.columns)
        object.__setattr__(self, "columns", with_reach(marked, self.reach, self.of_all))
        own = inspect.signature(self.function, follow_wrapped=False)
        kept = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
        listed = {p.name for p in kept}
        extra = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=info.default,
                annotation=info.annotation,
            )
            for name, info in self.parameters.model_fields.items()
            if name not in listed  # a second Check of the same function finds them there already
        ]
        signature = own.replace(parameters=[*kept, *extra])
        self.function.__signature__ = signature  # type: ignore[attr-defined]

    def taken_by(self, table: str) -> Taken:
        """Return what a table or a raster repeats of the layers."""
        if table in self.taken:
            return self.taken[table]
        if table == "municipalities":
            return Taken(parts=("municipalities",))
        return of_all([item.name for item in self.inputs if item.name != "municipalities"])

    @property
    def headlines(self) -> tuple[str, ...]:
        """Columns of the municipal table that carry the answer, the leading one first."""
        return headlines_of(self.columns["municipalities"], tuple(self.reading.headlines))

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the layers without which the check cannot run."""
        return tuple(i.name for i in self.inputs if i.required)

    def require(self, given: Callable[[str], bool]) -> None:
        """Raise where a layer is not given without which the check cannot run.

        Parameters
        ----------
        given : callable
            Name of a layer -> whether there is one.

        Raises
        ------
        MissingLayerError
            Names the layer, or the layers of which one is enough.
        """
        for name in self.required:
            if not given(name):
                raise MissingLayerError(
                    _("check {id} needs it").fill(id=self.id),
                    layer=name,
                    remedy=_("pass the layer, or declare it in the catalog"),
                )
        for names in self.one_of:
            if not any(map(given, names)):
                *rest, last = names
                raise MissingLayerError(
                    _("check {id} needs {names}, or {last}").fill(
                        id=self.id, names=", ".join(rest), last=last
                    ),
                    layer=names[0],
                    remedy=_("pass one of these layers, or declare it in the catalog"),
                )
