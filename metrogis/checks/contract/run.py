"""One run of a check: layers and parameters validated, and the audit as it grows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import geopandas as gpd

from metrogis import crs as crs_rules
from metrogis import schemas
from metrogis.checks.contract import partition
from metrogis.checks.contract.declaration import Check
from metrogis.evidence import Evidence
from metrogis.evidence.rasters import evidence_of
from metrogis.i18n import Text
from metrogis.landscape.grid import Grid
from metrogis.provenance import Action, Audit, Source, audit_of, source_of

_WHOLE: ContextVar[bool] = ContextVar("whole", default=True)


@contextmanager
def municipalities_only() -> Iterator[None]:
    """Ask the checks within for their municipalities only: places and sentences may be left out.

    For whoever asks a check hundreds of times and reads nothing else of it.
    """
    token = _WHOLE.set(False)
    try:
        yield
    finally:
        _WHOLE.reset(token)


class Run:
    """One run of a check: its parameters, and the audit as it grows.

    ``evidence`` says of each input layer where it is known; a check narrows it where a coverage
    table or an extent says more (``run.evidence["routes"] = ...``), and the result keeps it.

    Attributes
    ----------
    check : Check
    parameters : Parameters
        Validated and frozen.
    layers : dict
        Validated layers by name, None where there is none; ``given``: as they were passed.
    crs : pyproj.CRS
        The one CRS of all layers, in metres.
    audit : Audit
    sources : tuple of Source
        One per layer that is there.
    evidence : dict of Evidence
    whole : bool
        Whether places and sentences are asked for beside the municipalities; see
        :func:`municipalities_only`.
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
        self.given = given
        self.layers = layers
        self.municipalities: gpd.GeoDataFrame = layers["municipalities"]
        self.crs = crs
        self.audit = audit
        self.sources = sources
        self.whole = _WHOLE.get()
        self.evidence: dict[str, Evidence] = {
            name: evidence_of(layer, name, crs, self.municipalities)
            for name, layer in layers.items()
        }

    def has(self, layer: str) -> bool:
        """Tell whether a layer is there."""
        return self.given.get(layer) is not None

    def note(
        self, layer: str, action: Action, count: int, what: Text, examples: Iterable[Any] | str = ""
    ) -> None:
        """Add a row to the audit (nothing for a count of 0)."""
        self.audit = self.audit.add(layer, action, count, what, examples)

    def add(self, audit: Audit) -> None:
        """Add the rows of another audit."""
        self.audit += audit


def begin(check: Check, parameters: Mapping[str, Any], layers: Mapping[str, Any]) -> Run:
    """Validate parameters and layers, and open a run.

    Parameters
    ----------
    check : Check
    parameters : mapping
        As the caller gave them.
    layers : mapping
        Every layer of the check by name; None where there is none.

    Raises
    ------
    ParameterError, MissingLayerError, CRSError, SchemaError
        Before anything is computed.
    """
    read = check.parameters.read(parameters, check=check.id)
    check.require(lambda name: layers.get(name) is not None)
    given = {name: layer for name, layer in layers.items() if layer is not None}
    spatial = {
        name: layer.crs if isinstance(layer, Grid) else layer
        for name, layer in given.items()
        if isinstance(layer, gpd.GeoDataFrame | Grid)
    }
    working = crs_rules.require_same(**spatial)
    audit = Audit()
    sources = []
    schema_of = {i.name: i.schema for i in check.inputs}
    ready: dict[str, Any] = dict.fromkeys(layers)
    for name, layer in given.items():
        audit += audit_of(layer)
        sources.append(source_of(layer, name))
        if schema_of.get(name):
            layer, found = schemas.conform(layer, schema_of[name], layer=name)
            audit += found
        ready[name] = layer
    if any(column.land for column in check.columns["municipalities"].values()):
        audit += partition.audit_of_partition(ready["municipalities"])
    return Run(check, read, dict(layers), ready, working, tuple(sources), audit)
