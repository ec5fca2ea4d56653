"""What existed in a source and could not be used: how many, which, and where it may have been.

Readers record a :class:`Loss` beside the row of the audit; :class:`metrogis.evidence.Evidence`
turns losses into places where nothing is certain. A table carries its losses in ``attrs`` as
plain values (they survive copies and files), other layers in an attribute ``losses``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyproj
import shapely

from metrogis.provenance import LAYER_ATTRS
from metrogis.texts import Text

_SHOWN_IDS = 100
"""Ids kept with a loss; its count tells how many there are."""


@dataclass(frozen=True)
class Loss:
    """Things of one kind that existed in a source and could not be used.

    Attributes
    ----------
    kind : str
        What a lost thing is: ``stop``, ``trip``, ``row``, ``cell``, ``zone``, ``way`` ...
    what : Text
        Why it could not be used.
    count : int
        How many were lost.
    ids : tuple of str
        Ids, or row numbers, as the source names them (the first hundred).
    where : geometry or None
        Where they may have been, in ``crs``: near it nothing is certain. None: anywhere the
        layer reaches.
    crs : str
        CRS of ``where``, as pyproj reads it; empty for None.
    groups : tuple of str
        Mode groups concerned, for timetables; empty: any.
    codes : tuple of str
        TERYT codes of the municipalities it was in, where the row names them.
    names : tuple of str
        What the lost things are called, where that is known of every one of them; else empty.
    anywhere : bool
        ``where`` is only what is known of the source: it may have been wherever that serves.
    """

    kind: str
    what: Text
    count: int = 1
    ids: tuple[str, ...] = ()
    where: Any = None
    crs: str = ""
    groups: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    anywhere: bool = False

    def located(self, crs: Any) -> Loss:
        """Return the loss with its place in another CRS.

        Parameters
        ----------
        crs : CRS
            Anything that pyproj reads. A loss without a place, or of an unknown CRS, is returned as
            it is; so is one already there, whatever the order of its axes.
        """
        if self.where is None or not self.crs:
            return self
        target = pyproj.CRS.from_user_input(crs)
        source = pyproj.CRS.from_user_input(self.crs)
        if source.equals(target, ignore_axis_order=True):
            return self
        move = pyproj.Transformer.from_crs(source, target, always_xy=True)

        def moved(points: np.ndarray) -> np.ndarray:
            return np.column_stack(move.transform(points[:, 0], points[:, 1]))

        return replace(self, where=shapely.transform(self.where, moved), crs=target.to_string())


def loss(
    kind: str,
    what: Text,
    ids: Iterable[Any] = (),
    *,
    count: int | None = None,
    where: Any = None,
    crs: Any = None,
    groups: Iterable[str] = (),
    codes: Iterable[str] = (),
) -> Loss:
    """Return a :class:`Loss`; ``where`` may be an array of geometries.

    A place that is not finite is no place: the loss may then be anywhere.

    Examples
    --------
    >>> from metrogis.texts import Text
    >>> found = loss("row", Text("bez geometrii", "without geometry"), [4, 7])
    >>> found.count, found.ids, found.where
    (2, ('4', '7'), None)
    """
    names = [str(i) for i in ids]
    shape = where
    if where is not None and not isinstance(where, shapely.Geometry):
        parts = np.asarray(where, dtype=object).ravel()
        if any(g is None or shapely.is_empty(g) for g in parts):
            shape = None  # one of them has no place: they may be anywhere
        else:
            shape = shapely.geometrycollections(parts) if len(parts) else None
    if shape is not None and not np.isfinite(shapely.bounds(shape)).all():
        shape = None
    return Loss(
        kind,
        what,
        len(names) if count is None else int(count),
        tuple(names[:_SHOWN_IDS]),
        shape,
        pyproj.CRS.from_user_input(crs).to_string() if shape is not None and crs else "",
        tuple(groups),
        tuple(codes),
    )


def losses_of(layer: Any) -> tuple[Loss, ...]:
    """Return the losses that a layer carries.

    Parameters
    ----------
    layer : object
        A layer with an attribute ``losses`` (timetable, raster, plans), or a frame that has them in
        ``attrs``; anything else, None included, carries none.
    """
    own = getattr(layer, "losses", None)
    if isinstance(own, tuple):
        return own
    kept = getattr(layer, "attrs", {}).get(LAYER_ATTRS) or {}
    return from_plain(kept.get("losses", ()))


def to_plain(losses: Iterable[Loss]) -> list[list[Any]]:
    """Return losses as lists, numbers and strings, which ``attrs`` and files hold without loss.

    Places are hexadecimal WKB. Whether a loss was ``anywhere`` is not kept: only timetables say
    that, and they carry their losses as they are.

    Examples
    --------
    >>> here = {"where": shapely.Point(1, 2), "crs": "EPSG:2180"}
    >>> loss = Loss("stop", Text("poza krajem", "abroad"), 2, **here)
    >>> from_plain(to_plain([loss])) == (loss,)
    True
    """
    return [
        [
            item.kind,
            item.what.forms(),
            item.count,
            list(item.ids),
            shapely.to_wkb(item.where, hex=True) if item.where is not None else "",
            item.crs,
            list(item.groups),
            list(item.codes),
            list(item.names),
        ]
        for item in losses
    ]


def from_plain(rows: Iterable[Iterable[Any]]) -> tuple[Loss, ...]:
    """Return the losses that :func:`to_plain` wrote, one a row.

    Rows of eight values, which caches of former versions hold, have no names.
    """
    return tuple(
        Loss(
            kind,
            Text.of(what),
            int(count),
            tuple(ids),
            shapely.from_wkb(where) if where else None,
            crs,
            tuple(groups),
            tuple(codes),
            tuple(names[0]) if names else (),  # a copy kept by a former version has none
        )
        for kind, what, count, ids, where, crs, groups, codes, *names in rows
    )


def record(frame: Any, found: Iterable[Loss]) -> Any:
    """Add losses to those that a table carries, and return the table.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Changed in place: its ``attrs``, which survive copies and files.
    found : iterable of Loss
        Those of a count of 0 are skipped, and those it carries already are not repeated.

    Examples
    --------
    >>> import pandas as pd
    >>> loss = Loss("row", Text("brak daty", "no date"))
    >>> table = record(record(pd.DataFrame(), [loss]), [loss])
    >>> len(losses_of(table))
    1
    """
    rows = to_plain(item for item in found if item.count > 0)
    if rows:
        kept = dict(frame.attrs.get(LAYER_ATTRS) or {})
        known = list(kept.get("losses", ()))
        for row in rows:
            if row not in known:
                known.append(row)
        kept["losses"] = known
        frame.attrs[LAYER_ATTRS] = kept
    return frame
