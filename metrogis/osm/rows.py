"""Rows of a layer that came from OpenStreetMap: what an editor deleted, what does not stand.

A layer of stations, stops or stands may be an export in which some things are planned, disused or
gone, or deleted in an editor and not yet uploaded. They are left out, and the audit says so.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from metrogis.arrays import Array
from metrogis.evidence.losses import Loss, loss
from metrogis.i18n import Text, _
from metrogis.osm.lifecycle import states_of
from metrogis.provenance import Action, Audit

ROLES: Mapping[str, tuple[str, ...]] = {
    "Stations": ("railway", "public_transport"),
    "RailLines": ("railway",),
    "Stops": ("highway", "railway", "public_transport", "amenity"),
    "Interchanges": ("railway", "public_transport", "amenity", "highway"),
    "BikeParking": ("amenity",),
    "BikeShare": ("amenity",),
}
"""By schema: the keys that make a thing what the layer holds."""
EDITED = (*ROLES, "CycleRoutes", "Streets", "Entrances", "Localities")
"""Schemas of layers that may be exports of OpenStreetMap."""

_DELETED = _("things deleted in an editor")
_FALSE = frozenset({"false", "0", "0.0", "no", "f"})
_TRUE = frozenset({"true", "1", "1.0", "yes", "t"})


def deleted(table: pd.DataFrame) -> Array:
    """Tell which rows an editor deleted: ``visible=false``, ``action=delete``, ``deleted=true``.

    >>> deleted(pd.DataFrame({"@visible": ["true", False, None], "action": [None, "x", "delete"]}))
    array([False,  True,  True])
    """
    out = np.zeros(len(table), dtype=bool)
    for column in table.columns:
        if not isinstance(column, str):
            continue
        key = column.strip().lower().removeprefix("@")
        words = {"visible": _FALSE, "action": {"delete"}, "deleted": _TRUE}.get(key)
        if words is not None:
            texts = table[column].astype(object).map(lambda v: str(v).strip().lower())
            out |= texts.isin(words).to_numpy(bool)
    return out


def in_use(
    frame: gpd.GeoDataFrame, schema: str, *, layer: str
) -> tuple[gpd.GeoDataFrame, Audit, list[Loss]]:
    """Return the rows of a layer that stand and are in use.

    Parameters
    ----------
    frame : GeoDataFrame
        With tags in columns, or without any: then every row stays.
    schema : str
        Name of the layer's schema; those not in :data:`EDITED` stay as they are.
    layer : str
        Named in the audit.

    Returns
    -------
    frame : GeoDataFrame
    audit : Audit
        Planned and vanished things are dropped; values that nobody lists are unknown.
    losses : list of Loss
        Where things of unknown state are: they may be in use.

    Examples
    --------
    >>> import shapely
    >>> stations = gpd.GeoDataFrame({"railway": ["station", "disused"]}, crs="EPSG:2180",
    ...                             geometry=shapely.points([(0, 0), (9, 9)]))
    >>> kept, audit, losses = in_use(stations, "Stations", layer="stations")
    >>> len(kept), audit.rows[0].examples
    (1, 'railway=disused (1)')
    """
    audit = Audit()
    if schema not in EDITED:
        return frame, audit, []
    gone = deleted(frame)
    audit = audit.add(layer, "dropped", int(gone.sum()), _DELETED, frame.index[gone])
    frame = frame.loc[~gone] if gone.any() else frame
    role = ROLES.get(schema)
    if role is None:
        return frame, audit, []
    found = states_of(pd.DataFrame(frame.drop(columns=frame.geometry.name)), role, layer=layer)
    audit += found.audit
    notes: tuple[tuple[str, Action, Text], ...] = (
        ("planned", "dropped", _("planned or under construction")),
        ("gone", "dropped", _("out of use, or gone")),
        (
            "unknown",
            "unknown",
            _("unknown value of a tag: whether the thing stands is unknown"),
        ),
    )
    for state, action, what in notes:
        count = int((found.state == state).sum())
        audit = audit.add(layer, action, count, what, found.counted(state))  # type: ignore[arg-type]
    stays = np.isin(found.state, ("", "built"))
    if stays.all():
        return frame, audit, []
    unsure = found.state == "unknown"
    rows = frame.loc[unsure]
    losses = []
    if unsure.any():
        where = rows.geometry.to_numpy()
        losses = [loss("row", notes[2][2], rows.index, where=where, crs=rows.crs)]
    return frame.loc[stays], audit, losses
