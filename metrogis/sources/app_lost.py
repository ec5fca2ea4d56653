"""What a plan loses in reading: features whose land cannot be read, and where they may lie.

A zone that is lost lies in the box of the coordinates that can be read of it, else in the outline
of its act, else in the municipality its id names, else anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyproj
import shapely

from metrogis import crs as crs_rules
from metrogis.arrays import Array, Floats
from metrogis.errors import CRSError
from metrogis.evidence.losses import Loss, loss
from metrogis.i18n import Text, _, both
from metrogis.sources.app_curves import GeometryFault
from metrogis.sources.app_geometry import GeometryReader, local

REASONS: dict[str, Text] = {
    "unreadable_geometry": _("unreadable geometry of a zone"),
    "no_geometry": _("zone without geometry"),
    "open_ring": _("ring of a zone that does not close"),
}
"""Why a zone's land is not known, by the value of its column ``lost``."""

_CURVED = frozenset({"Arc", "ArcString", "Circle", "ArcByCenterPoint", "CircleByCenterPoint"})
_WAYS = (
    (["namespace", "local_id"], ["plan_namespace", "plan_id"]),
    (["namespace"], ["namespace"]),
    (["teryt6"], ["teryt6"]),
)


class Read(Protocol):
    """A plan as it was read: acts, zones, and their geometry in the CRS of each act (``own``)."""

    @property
    def acts(self) -> Any:
        """Acts, one a row."""

    @property
    def zones(self) -> Any:
        """Zones, one a row."""

    @property
    def own(self) -> Any:
        """Geometry by table, in the CRS of each act."""


def owners(plan: Read, table: str = "zones") -> Array:
    """Return for each row of a table the position of its act in ``plan.acts``, or -1.

    By the reference to the act; without one that leads anywhere, by namespace, then by
    municipality, where exactly one act answers.
    """
    acts, frame = plan.acts, getattr(plan, table)
    found = np.full(len(frame), -1)
    for ours, theirs in _WAYS:
        keys: dict[tuple[Any, ...], list[int]] = {}
        for at, key in enumerate(zip(*(acts[c].tolist() for c in ours), strict=True)):
            keys.setdefault(key, []).append(at)
        wanted = list(zip(*(frame[c].tolist() for c in theirs), strict=True))
        for row in np.flatnonzero(found < 0):
            hits = keys.get(wanted[row], [])
            if len(hits) == 1 and all(isinstance(k, str) for k in wanted[row]):
                found[row] = hits[0]
    return found


def losses_of_zones(plan: Read) -> tuple[Loss, ...]:
    """Return the losses of a plan's zones.

    Parameters
    ----------
    plan : Read

    Returns
    -------
    tuple of Loss
        One for each zone whose land could not be read, in the order of rows, with the land on which
        it may lie (see the module).
    """
    rows = np.flatnonzero(plan.zones["lost"].notna().to_numpy())
    if not len(rows):
        return ()
    owner = owners(plan)
    zones = plan.zones.iloc[rows]
    found = []
    for at, act in zip(range(len(rows)), owner[rows].tolist(), strict=True):
        zone = zones.iloc[at]
        found.append(_loss(plan, zone, act))
    return tuple(found)


def _loss(plan: Read, zone: pd.Series, act: int) -> Loss:
    where: Any = None
    crs: str | None = None
    codes: tuple[str, ...] = ()
    if isinstance(zone["lost_box"], str) and isinstance(zone["crs"], str):
        where, crs = shapely.from_wkt(zone["lost_box"]), zone["crs"]
    elif act >= 0 and isinstance(plan.acts["crs"].iloc[act], str):
        outline = plan.own["acts"][act]
        if outline is not None and not shapely.is_empty(outline):
            where = shapely.make_valid(outline, method="structure", keep_collapsed=False)
            crs = plan.acts["crs"].iloc[act]
    if where is None and isinstance(zone["teryt6"], str):
        codes = (zone["teryt6"],)
    name = zone["local_id"] or zone["label"] or f"{zone['file']}, {zone['line']}"
    return loss("zone", REASONS[zone["lost"]], [name], where=where, crs=crs, codes=codes)


def readable_box(
    reader: GeometryReader, holder: Any, srs: str | None = None
) -> tuple[str | None, pyproj.CRS | None]:
    """Return the box of the coordinates that can be read of a geometry that cannot.

    Returns
    -------
    WKT (easting first), CRS
        None where no box can be trusted: no CRS, a number too many or too few (what follows it may
        be either coordinate), curves that leave their points, or no area.
    """
    try:
        points, crs = _readable(reader, holder.iterchildren(), srs, None)
    except (GeometryFault, CRSError):
        return None, None
    points = points[~np.isnan(points).all(axis=1)]
    if len(points) < 3 or np.isnan(points).all(axis=0).any():
        return None, crs
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    if not (high > low).all():
        return None, crs
    return shapely.to_wkt(shapely.box(*low, *high), rounding_precision=3), crs


def _readable(
    reader: GeometryReader, elements: Iterable[Any], srs: str | None, dim: str | None
) -> tuple[Floats, pyproj.CRS | None]:
    """Collect points easting first, NaN where a number cannot be read."""
    chunks: list[Floats] = [np.empty((0, 2))]
    crs: pyproj.CRS | None = None
    found: pyproj.CRS | None
    for child in elements:
        name = local(child.tag)
        own = child.get("srsName") or srs
        size = child.get("srsDimension") or child.get("dimension") or dim
        if name in _CURVED:
            raise GeometryFault(both(name))
        if name in ("posList", "pos"):
            order = reader.order(own)
            width = int(size) if size and size.strip().isdigit() else 2
            values = np.array([_number(t) for t in (child.text or "").split()], dtype=np.float64)
            if order is None or width not in (2, 3) or len(values) % width:
                raise GeometryFault(both(name))
            xy = values.reshape(-1, width)[:, :2]
            chunks.append(xy[:, ::-1] if order.northing_first else xy)
            found = order.crs
        else:
            points, found = _readable(reader, child.iterchildren(), own, size)
            chunks.append(points)
        crs = crs or found
        if found is not None and found != crs:
            raise GeometryFault(both(crs_rules.name_of(found)))
    return np.vstack(chunks), crs


def _number(text: str) -> float:
    """Return a finite number, NaN for what is none."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
