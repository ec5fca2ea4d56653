"""Whether a layer that was read can be used: not empty, in its place, with numbers that can be."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from metrogis import provenance
from metrogis.catalog import placing
from metrogis.errors import MetrogisError, SchemaError
from metrogis.i18n import _
from metrogis.provenance import Audit

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened


def judged(metro: Opened, name: str, layer: Any) -> Any:
    """Return a layer with the audit of where it lies, and of numbers that are suspicious.

    Raises
    ------
    SchemaError
        When nothing of it can be used.
    CRSError
        When nothing of it lies where the metropolis does.
    """
    _require_content(layer, name)
    audit = placing.placed(metro, name, layer)
    return _with_audit(layer, audit + _plausible(metro, name, layer))


def _require_content(layer: Any, name: str) -> None:
    """Raise for a layer of which nothing can be used: no cell, no zone and no act."""
    valid = getattr(layer, "valid", None)
    tables_of = [getattr(layer, part, None) for part in ("zones", "acts")]
    empty = (isinstance(valid, np.ndarray) and not valid.any()) or (
        all(isinstance(part, pd.DataFrame) for part in tables_of)
        and not any(len(part) for part in tables_of if part is not None)
    )
    if empty:
        raise SchemaError(
            _("nothing in the layer can be used"),
            layer=name,
            remedy=_('check the file; where there is no data, declare missing = "reason"'),
        )


def _plausible(metro: Opened, name: str, layer: Any) -> Audit:
    """Compare residents with the municipal table and with densities that are known."""
    grid, table, before = "population", "population_municipal", "_before"
    if name.removesuffix(before) not in (grid, table) or metro.is_being_read("municipalities"):
        return Audit()
    from metrogis.population import plausible

    try:
        municipalities = metro["municipalities"]
    except MetrogisError:  # told as its own fault
        return Audit()
    if name.removesuffix(before) == table:
        densest = metro.info.densest or plausible.DENSEST
        return plausible.of_table(layer, municipalities, densest=densest, layer=name)
    other = None
    with contextlib.suppress(MetrogisError):
        other = metro.get(name.replace(grid, table))
    return plausible.of_cells(layer, municipalities, other, layer=name)


def _with_audit(layer: Any, audit: Audit) -> Any:
    """Add rows to the audit that a layer carries."""
    if not len(audit):
        return layer
    whole = provenance.audit_of(layer) + audit
    if isinstance(layer, pd.DataFrame):
        return provenance.attach(layer, provenance.source_of(layer, ""), whole)
    return replace(layer, audit=whole) if hasattr(layer, "audit") else layer
