"""What a check and its result are.

A check is defined once: a module in ``checks/`` holds a parameter model, one plain function, and a
:class:`Check` that ties them to texts, columns and views. Command line, documentation, validation,
legend and page all come from that one object.

The function reads like this::

    def my_check(municipalities, stations, *, stops=None, **parameters):
        run = CHECK.begin(parameters, municipalities=municipalities, stations=stations, stops=stops)
        p = run.parameters                      # validated, frozen
        stations = run.layers["stations"]       # validated, in the one metric CRS of all layers
        run.note("stations", "dropped", 2, Text("...", "..."))
        return run.result(municipalities=table, features={"stations": points}, findings=[...])

    CHECK = Check(id="my_check", ..., function=my_check)
"""

from __future__ import annotations

import html
import inspect
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from metrogis import crs as crs_rules
from metrogis import schemas
from metrogis.bound import bound
from metrogis.catalog.registry import LAYERS
from metrogis.checks.contract import knowledge, outlines, partition
from metrogis.checks.contract.parameters import Parameters, Spec
from metrogis.checks.contract.presentation import (
    Category,
    Column,
    Finding,
    Ground,
    Overlay,
    View,
    municipality_columns,
    unknown_first,
)
from metrogis.errors import MissingLayerError, ParameterError, SchemaError
from metrogis.evidence import Evidence
from metrogis.evidence.rasters import evidence_of
from metrogis.landscape.grid import Grid
from metrogis.provenance import Action, Audit, Source, audit_of, source_of
from metrogis.texts import Text, both, default_language

Direction = Literal["1.2.1", "2.1.2", "2.1.3"]

DIRECTIONS: dict[Direction, Text] = {
    "1.2.1": Text(
        "Monitorowanie rozwoju przestrzennego i korytarzy ekologicznych",
        "Monitoring of spatial development and ecological corridors",
    ),
    "2.1.2": Text(
        "Dostępność transportowa: likwidacja białych plam i dostęp do kolei",
        "Transport accessibility: removing white spots, access to rail",
    ),
    "2.1.3": Text(
        "Mobilność aktywna: drogi rowerowe i piesze do węzłów przesiadkowych",
        "Active mobility: cycling and walking routes to interchanges",
    ),
}


__all__ = [
    "DIRECTIONS",
    "Category",
    "Check",
    "Column",
    "Direction",
    "Finding",
    "Ground",
    "Input",
    "Overlay",
    "Parameters",
    "Result",
    "Run",
    "Spec",
    "View",
    "municipality_columns",
    "require_unique",
]


# --------------------------------------------------------------------------- declarations


_NO_TEXT = Text("", "")


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
    """

    id: str
    direction: Direction
    title: Text
    question: Text
    method: Text
    inputs: tuple[Input, ...]
    parameters: type[Parameters]
    function: Callable[..., Result]
    columns: Mapping[str, Mapping[str, Column]]
    views: tuple[View, ...]
    overlays: tuple[Overlay, ...] = ()
    section: str = ""

    def __post_init__(self) -> None:
        """Give the function a signature that lists its parameters, for help() and editors."""
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

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the layers without which the check cannot run."""
        return tuple(i.name for i in self.inputs if i.required)

    def begin(self, parameters: Mapping[str, Any], **layers: Any) -> Run:
        """Validate parameters and layers, and open a run.

        Raises
        ------
        ParameterError, MissingLayerError, CRSError, SchemaError
            Before anything is computed.
        """
        read = self.parameters.read(parameters, check=self.id)
        for name in self.required:
            if layers.get(name) is None:
                raise MissingLayerError(
                    Text(f"sprawdzenie {self.id} jej wymaga", f"check {self.id} needs it"),
                    layer=name,
                    remedy=Text(
                        "podaj warstwę lub wpisz ją do katalogu",
                        "pass the layer, or declare it in the catalog",
                    ),
                )
        given = {name: layer for name, layer in layers.items() if layer is not None}
        spatial = {
            name: layer.crs if isinstance(layer, Grid) else layer
            for name, layer in given.items()
            if isinstance(layer, gpd.GeoDataFrame | Grid)
        }
        working = crs_rules.require_same(**spatial)
        audit = Audit()
        sources = []
        schema_of = {i.name: i.schema for i in self.inputs}
        ready: dict[str, Any] = dict.fromkeys(layers)
        for name, layer in given.items():
            audit += audit_of(layer)
            sources.append(source_of(layer, name))
            if schema_of.get(name):
                layer, found = schemas.conform(layer, schema_of[name], layer=name)
                audit += found
            ready[name] = layer
        if any(column.land for column in self.columns["municipalities"].values()):
            audit += partition.audit_of_partition(ready["municipalities"])
        return Run(self, read, dict(layers), ready, working, tuple(sources), audit)


class Run:
    """One run of a check: validated layers and parameters, and the audit as it grows.

    ``evidence`` says of each input layer where it is known; a check narrows it where a coverage
    table or an extent says more (``run.evidence["routes"] = ...``), and the result keeps it.
    """

    def __init__(
        self,
        check: Check,
        parameters: Any,
        given: dict[str, Any],
        layers: dict[str, Any],
        crs: Any,
        sources: tuple[Source, ...],
        audit: Audit,
    ) -> None:
        self.check = check
        self.parameters = parameters
        self.layers = layers
        self.crs = crs
        self.audit = audit
        self.evidence: dict[str, Evidence] = {
            name: evidence_of(layer, name, crs, layers["municipalities"])
            for name, layer in layers.items()
        }
        self._given = given
        self._sources = sources

    def note(
        self, layer: str, action: Action, count: int, what: Text, examples: Iterable[Any] | str = ""
    ) -> None:
        """Add a row to the audit (nothing for a count of 0)."""
        self.audit = self.audit.add(layer, action, count, what, examples)

    def add(self, audit: Audit) -> None:
        """Add the rows of another audit."""
        self.audit += audit

    def result(
        self,
        *,
        municipalities: gpd.GeoDataFrame,
        features: Mapping[str, gpd.GeoDataFrame] | None = None,
        findings: Sequence[Finding] = (),
        rasters: Mapping[str, Grid] | None = None,
    ) -> Result:
        """Assemble the result; every municipality of the input must be a row of it, in order.

        Of one without an outline all that is measured on land becomes unknown, and a finding says
        that it is in no sum.
        """
        given = self.layers["municipalities"]
        if municipalities["teryt"].tolist() != given["teryt"].tolist():
            raise AssertionError(f"{self.check.id}: result lost or reordered municipalities")
        gone = outlines.without_outline(given)
        columns = self.check.columns["municipalities"]
        if gone.any() and any(column.land for column in columns.values()):
            municipalities = outlines.unknown_land(municipalities, columns, gone)
            findings = [_no_outline(given["name"][gone].astype(str).tolist()), *findings]
        made = Result(
            check=self.check,
            municipalities=municipalities,
            features=dict(features or {}),
            rasters=dict(rasters or {}),
            findings=tuple(findings),
            parameters=self.parameters,
            provenance=self._sources,
            audit=self.audit,
            inputs=self._given,
            evidence=dict(self.evidence),
        )
        if made.mostly_unknown:
            title = made.main_view.title if made.main_view else self.check.title
            said = unknown_first(made.findings, 1.0 - made.known_share, title)
            made = replace(made, findings=said)
        return made


def _no_outline(names: Sequence[str]) -> Finding:
    """Return the sentence on municipalities whose land is in no sum."""
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return Finding(
        Text(
            "Bez granic w danych: {no_outline:0} {no_outline:plural:gmina|gminy|gmin} ({which}); "
            "{no_outline:plural:jej|ich|ich} obszar jest nieznany i nie ma go w sumach.",
            "No outline in the data: {no_outline:0} {no_outline:plural:municipality|"
            "municipalities} ({which}); {no_outline:plural:its|their} land is unknown and in no "
            "sum.",
        ),
        {"no_outline": float(len(names))},
        {"which": shown},
    )


# --------------------------------------------------------------------------- result


@dataclass(frozen=True)
class Result:
    """Answer of a check.

    Attributes
    ----------
    check : Check
    municipalities : GeoDataFrame
        One row per municipality of the input, in its order; working CRS. NaN is "unknown".
    features : dict of GeoDataFrame
        Named tables of places: cells, spots, links, stations.
    findings : tuple of Finding
        Sentences with numbers, Polish and English.
    parameters : Parameters
    provenance : tuple of Source
        One per input layer.
    audit : Audit
        What was dropped, repaired, guessed or modelled.
    rasters : dict of Grid
        Named planes of cells (a current map), in the working CRS.
    evidence : dict of Evidence
        By input layer: where it is known, what of it was lost.
    """

    check: Check
    municipalities: gpd.GeoDataFrame
    features: dict[str, gpd.GeoDataFrame]
    findings: tuple[Finding, ...]
    parameters: Any
    provenance: tuple[Source, ...]
    audit: Audit
    inputs: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    rasters: dict[str, Grid] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict, repr=False, compare=False)

    @property
    def tables(self) -> dict[str, gpd.GeoDataFrame]:
        """All tables: ``municipalities`` first, then the features."""
        return {"municipalities": self.municipalities, **self.features}

    @cached_property
    def figures(self) -> dict[str, float]:
        """The headline numbers: the values of all findings by name."""
        return {name: value for f in self.findings for name, value in f.values.items()}

    @property
    def main_view(self) -> View | None:
        """The view that tells how much is known: the first with a ground, else the first."""
        there = [v for v in self.check.views if v.table in self.tables]
        grounded = (
            v
            for v in there
            if v.ground and v.ground.shares(self.tables, self.check.columns) is not None
        )
        return next(grounded, there[0] if there else None)

    @cached_property
    def known_share(self) -> float:
        """Share (0-1) of the main view that is known: of the land of its ground, else of its rows.

        Maps open on the known part, and findings begin with what is not known, where it is less
        than half (:attr:`mostly_unknown`).
        """
        view = self.main_view
        if view is None:
            return 1.0
        shares = view.ground.shares(self.tables, self.check.columns) if view.ground else None
        if view.ground is not None and shares is not None:
            return knowledge.weighted_share(self.tables[view.ground.table], shares)
        table = self.tables[view.table]
        return knowledge.weighted_share(table, view.known_rows(table))

    @property
    def mostly_unknown(self) -> bool:
        """Whether more than half of what the check maps is not known."""
        return self.known_share < knowledge.HALF

    def sentences(self, language: str = "en") -> list[str]:
        """Return the findings as sentences in ``pl`` or ``en``."""
        return [f.render().get(language) for f in self.findings]

    def sensitivity(self, **ranges: Iterable[Any]) -> pd.DataFrame:
        """Return the headline figures over a range of parameters (all combinations).

        Parameters
        ----------
        **ranges : iterables
            Parameter name -> values, e.g. ``bus_walk_limit=[300, 400, 500]``.

        Returns
        -------
        DataFrame
            One row per combination: the parameters, then every figure. The row that stands for
            the present parameters has ``current`` = True.

        Raises
        ------
        ParameterError
            For an unknown parameter, or none.
        """
        if not ranges:
            raise ParameterError(
                Text("podaj parametr i jego wartości", "give a parameter and its values"),
                layer=self.check.id,
            )
        present = self.parameters.model_dump()
        names = list(ranges)
        combinations = list(itertools.product(*(list(ranges[n]) for n in names)))
        for values in combinations:  # all are checked before any is run
            self.check.parameters.read(
                {**present, **dict(zip(names, values, strict=True))}, check=self.check.id
            )
        rows = []
        for values in combinations:
            chosen = dict(zip(names, values, strict=True))
            same = all(present[n] == v for n, v in chosen.items())
            result = self if same else self.check.function(**self.inputs, **{**present, **chosen})
            rows.append({**chosen, "current": same, **result.figures})
        return pd.DataFrame(rows)

    # Drawing and writing are bound by the front of the package: checks stay free of both.

    def explore(self, *, language: str | None = None, view: str | None = None) -> Any:
        """Return the result as a ``folium.Map`` with safe texts and an honest legend."""
        return bound("explore")(self, language=language or default_language(), view=view)

    def to_gpkg(self, path: str | Path) -> Path:
        """Write all tables to one GeoPackage with QGIS styles; return its path."""
        return Path(bound("write_gpkg")([self], Path(path)))

    def to_parquet(self, directory: str | Path) -> list[Path]:
        """Write each table to ``directory/<check>_<table>.parquet``; return the paths."""
        return list(bound("write_parquet")([self], Path(directory)))

    def to_geotiff(self, directory: str | Path) -> list[Path]:
        """Write each raster to ``directory/<check>_<raster>.tif``; return the paths."""
        return list(bound("write_geotiff")([self], Path(directory)))

    def _repr_html_(self) -> str:
        language = default_language()
        lines = "".join(f"<li>{html.escape(s)}</li>" for s in self.sentences(language))
        title = html.escape(self.check.title.get(language))
        parts = ", ".join(f"{name} ({len(table)})" for name, table in self.tables.items())
        return (
            f"<div><b>{self.check.direction} {title}</b><ul>{lines}</ul>"
            f"<small>{html.escape(parts)}; audit: {len(self.audit)}</small></div>"
        )

    def __repr__(self) -> str:
        shape = ", ".join(f"{name}: {len(table)} rows" for name, table in self.tables.items())
        return f"<Result of {self.check.id}: {shape}; {len(self.findings)} findings>"


def require_unique(frame: pd.DataFrame, column: str, *, layer: str) -> None:
    """Raise a :class:`SchemaError` when a key column repeats."""
    repeated = frame[column][frame[column].duplicated()].unique().tolist()
    if repeated:
        shown = ", ".join(map(str, repeated[:5]))
        raise SchemaError(
            Text(f"powtórzone {column}: {shown}", f"repeated {column}: {shown}"),
            layer=layer,
            place=column,
            remedy=Text("połącz lub usuń powtórzone wiersze", "merge or remove the repeated rows"),
        )
