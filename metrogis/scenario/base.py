"""What changes of a layer are applied with: its neighbours, and notes of the audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from metrogis import provenance
from metrogis.errors import ScenarioError
from metrogis.i18n import Text, _
from metrogis.provenance import Audit, Source
from metrogis.scenario.change import Change

APPLIED = _("scenario: {what} ({id})")
NOTHING = _("scenario: {what} ({id}) changes nothing: {why}")


@dataclass
class Base:
    """Layers that are read beside the one that is changed, and what was done.

    Attributes
    ----------
    crs : CRS
        The working CRS.
    get : callable
        ``get(layer)``: a layer as it was before the scenario; None where there is none.
    plan : str
        Name of the scenario.
    audit : Audit
        What the changes did; each has a row.
    """

    crs: pyproj.CRS
    get: Callable[[str], Any]
    plan: str
    audit: Audit = field(default_factory=Audit)

    @cached_property
    def municipalities(self) -> gpd.GeoDataFrame:
        """Municipal boundaries."""
        return self.get("municipalities")

    def note(self, layer: str, change: Change, examples: Any = "") -> None:
        """Add to the audit that a change was applied."""
        what = APPLIED.fill(what=change.word.text, id=change.id)
        self.audit = self.audit.add(layer, "modelled", 1, what, examples)

    def note_nothing(self, layer: str, change: Change, why: Text) -> None:
        """Add to the audit that a change changes nothing, and why."""
        what = NOTHING.fill(what=change.word.text, id=change.id, why=why)
        self.audit = self.audit.add(layer, "noted", 1, what)

    def municipality_at(self, change: Change, shape: Any) -> int:
        """Return the row of the municipality in which a place lies.

        Raises
        ------
        ScenarioError
            When it lies in none.
        """
        point = shape if shape.geom_type == "Point" else shapely.point_on_surface(shape)
        inside = shapely.intersects(np.asarray(self.municipalities.geometry, dtype=object), point)
        if not inside.any():
            raise outside(change, point)
        return int(np.flatnonzero(inside)[0])


def outside(change: Change, point: Any) -> ScenarioError:
    """Return the error for a place outside the metropolis."""
    return change.wrong(
        _("the place is outside the municipalities"),
        place=f"{point.x:.0f} {point.y:.0f}",
        remedy=_("check the order of the coordinates (easting before northing) and the crs"),
    )


def is_in(base: Base, change: Change, shape: Any) -> Any:
    """Return a geometry that touches the municipalities.

    Raises
    ------
    ScenarioError
        For one that does not.
    """
    if not shapely.intersects(np.asarray(base.municipalities.geometry, dtype=object), shape).any():
        raise outside(change, shapely.point_on_surface(shape))
    return shape


def as_planned(layer: Any, name: str, digest: str, audit: Audit) -> Any:
    """Return a changed layer with the source of the base, its own mark, and its audit.

    Parameters
    ----------
    layer : object
        A table, whose ``attrs`` are written, or a frozen dataclass with ``source`` and ``audit``.
    name : str
    digest : str
        Mark of the content; empty: the content is that of the base.
    audit : Audit
        Rows to add.
    """
    source = provenance.source_of(layer, name)
    source = replace(source, sha256=digest) if digest else source
    whole = provenance.audit_of(layer) + audit
    if hasattr(layer, "attrs"):
        return provenance.attach(layer, source, whole)
    return with_audit(layer, source, whole)


def with_audit(layer: Any, source: Source, audit: Audit) -> Any:
    """Return a layer that is no table with another source and audit."""
    made = replace(layer, source=source, audit=audit)
    return made.keeping(layer) if hasattr(made, "keeping") else made
