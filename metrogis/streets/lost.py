"""Streets that a file holds and that could not be read whole: what they were, and where.

A way some of whose nodes the file lacks is known up to there; a street stored as a relation is
known by its members. Near them paths may exist that the network does not have.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import shapely

from metrogis.arrays import Array
from metrogis.evidence.losses import Loss, loss
from metrogis.i18n import _
from metrogis.osm.lifecycle import value_state
from metrogis.streets.permissions import Mode, Permissions, Rules, Verdict

_GEOGRAPHIC = "EPSG:4326"

WHY = {
    "nodes": _("way some of whose nodes the file lacks"),
    "short": _("way without two nodes that have a place"),
    "tags": _("way whose tags cannot be read"),
    "value": _("way whose value of highway nobody lists"),
    "relation": _("street stored as a relation"),
}


class Lost(NamedTuple):
    """One street that was not read whole.

    ``why`` is a key of :data:`WHY`; ``tags`` are None where they cannot be read; ``where`` is in
    longitude and latitude, None where nothing of it has a place.
    """

    why: str
    id: int
    tags: dict[str, str] | None
    where: Any


def broken_ways(
    way_id: Array, tags: list[dict[str, str]], start: Array, lon: Array, lat: Array
) -> list[Lost]:
    """Return the ways that lack nodes, each where the missing ones leave a hole.

    Parameters
    ----------
    way_id, tags, start, lon, lat
        Ways and their vertices, as in :class:`metrogis.streets.osm.RawStreets`.

    Examples
    --------
    >>> lon = np.array([18.0, np.nan, 18.2, 18.3])
    >>> found = broken_ways(np.array([7]), [{}], np.array([0, 4]), lon, np.full(4, 54.0))
    >>> found[0].why, found[0].where.wkt
    ('nodes', 'GEOMETRYCOLLECTION (LINESTRING (18 54, 18.2 54))')
    """
    placed = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    count = np.diff(start)
    way = np.repeat(np.arange(len(count)), count)
    good = np.bincount(way[placed], minlength=len(count))
    out = []
    for i in np.flatnonzero((good < count) | (good < 2)).tolist():
        rows = np.arange(start[i], start[i + 1])
        out.append(Lost("short" if good[i] < 2 else "nodes", int(way_id[i]), tags[i],
                        _holes(lon[rows], lat[rows], placed[rows])))  # fmt: skip
    return out


def strange_ways(
    way_id: Array, tags: list[dict[str, str]], start: Array, lon: Array, lat: Array
) -> list[Lost]:
    """Return the ways whose ``highway`` nobody lists: whether they are streets is unknown.

    >>> lon, lat = np.array([18.0, 18.1, 18.0, 18.2]), np.full(4, 54.0)
    >>> tags = [{"highway": "path"}, {"highway": "pathh"}]
    >>> found = strange_ways(np.array([7, 8]), tags, np.array([0, 2, 4]), lon, lat)
    >>> [(item.why, item.id, item.where.wkt) for item in found]
    [('value', 8, 'GEOMETRYCOLLECTION (LINESTRING (18 54, 18.2 54))')]
    """
    out = []
    for i, own in enumerate(tags):
        value = own.get("highway")
        if value is None or value_state("highway", value) != "unknown":
            continue
        xy = np.column_stack([lon[start[i] : start[i + 1]], lat[start[i] : start[i + 1]]])
        xy = xy[np.isfinite(xy).all(axis=1)]
        where = shapely.geometrycollections([shapely.LineString(xy)]) if len(xy) > 1 else None
        out.append(Lost("value", int(way_id[i]), own, where))
    return out


def _holes(lon: Array, lat: Array, placed: Array) -> Any:
    """Return the line across each hole, and the last vertex before one at an end."""
    at = np.flatnonzero(placed)
    if len(at) == 0:
        return None
    xy = np.column_stack([lon, lat])
    inner = [shapely.LineString(xy[[a, b]]) for a, b in itertools.pairwise(at) if b - a > 1]
    ends = {int(at[0])} if at[0] > 0 or len(at) == 1 else set()
    if at[-1] < len(placed) - 1:
        ends.add(int(at[-1]))
    return shapely.geometrycollections([*inner, *map(shapely.Point, xy[sorted(ends)])])


def members_place(places: Iterable[tuple[float, float]]) -> Any:
    """Return the box of the places that are known; None where none is.

    >>> members_place([(18.0, 54.0), (np.nan, np.nan), (18.1, 54.2)]).bounds
    (18.0, 54.0, 18.1, 54.2)
    """
    xy = np.array(list(places), dtype=np.float64).reshape(-1, 2)
    xy = xy[np.isfinite(xy).all(axis=1) & (np.abs(xy) <= (180.0, 90.0)).all(axis=1)]
    if len(xy) == 0:
        return None
    return shapely.GeometryCollection([shapely.box(*xy.min(axis=0), *xy.max(axis=0))])


def losses_of_streets(
    found: Iterable[Lost], modes: Iterable[Mode], rules: Rules | None = None
) -> tuple[Loss, ...]:
    """Return the losses among streets that are open to one of the modes, one for each cause.

    Parameters
    ----------
    found : iterable of Lost
    modes : iterable of {"walk", "bike"}
    rules : Rules, optional
        Which doubtful ways are used.
    """
    allowed: list[Callable[..., Verdict]] = [Permissions(m, rules or Rules()) for m in modes]
    kept = [
        item
        for item in found
        if item.tags is None
        or item.why == "value"
        or any(not allow(item.tags).dropped for allow in allowed)
    ]
    out = []
    for why, text in WHY.items():
        mine = [item for item in kept if item.why == why]
        placed = [item for item in mine if item.where is not None]
        lost = [item for item in mine if item.where is None]
        if placed:
            parts = np.concatenate([shapely.get_parts(item.where) for item in placed])
            ids = [item.id for item in placed]
            out.append(loss("way", text, ids, where=parts, crs=_GEOGRAPHIC))
        if lost:
            out.append(loss("way", text, [item.id for item in lost]))
    return tuple(out)
