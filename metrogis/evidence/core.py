"""What is known of a layer, and where: the one place that decides certainty.

Three things take certainty away: the layer is not known there (no timetable of that operator, a
raster that ends, a plan that is not in the data), something was lost there in reading, or a doubt
stands against it. Checks ask :class:`Evidence`; none decides for itself.

"No", "white", "0" and "none" need :meth:`Evidence.known_near` (nothing missing as far as it could
matter); "yes" and "served" need one certain case and no evidence.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from metrogis.arrays import Bools, Floats, Geometries
from metrogis.evidence.losses import Loss, losses_of
from metrogis.texts import Text, default_language

TOLERANCE = 1e-6
"""Metres: a distance of exactly the limit is within it, whatever the last bit of a float says."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Where a layer is known, what of it was lost, what doubts stand against it.

    Attributes
    ----------
    layer : str
        Name of the layer.
    known : array of geometries or None
        Known only inside these; None: known everywhere but inside ``unknown``.
    unknown : array of geometries
        Not known inside these, whatever ``known`` says.
    losses : tuple of Loss
        What existed and could not be used; places in ``crs``.
    doubts : tuple of Text
        Why the layer may be incomplete although it says otherwise.
    crs : CRS or None
        CRS of all places here, metres.
    given : bool
        False where the layer is not there at all: nothing is known anywhere.
    """

    layer: str
    known: Geometries | None = None
    unknown: Geometries = None  # type: ignore[assignment]
    losses: tuple[Loss, ...] = ()
    doubts: tuple[Text, ...] = ()
    crs: Any = None
    given: bool = True

    def __post_init__(self) -> None:
        """Fill in the default: nothing is unknown."""
        if self.unknown is None:
            object.__setattr__(self, "unknown", np.zeros(0, dtype=object))

    # ------------------------------------------------------------------ made from

    @classmethod
    def absent(cls, layer: str) -> Evidence:
        """Return the evidence of a layer that is not there."""
        return cls(layer, known=np.zeros(0, dtype=object), given=False)

    @classmethod
    def of(
        cls, layer: Any, name: str, crs: Any, municipalities: gpd.GeoDataFrame | None = None
    ) -> Evidence:
        """Return the evidence a layer carries: its losses, its extent; else it is known everywhere.

        ``None`` is a layer that is not there. ``municipalities`` place losses that name one. A
        layer whose attribute ``extent`` is a geometry (in ``crs``) is known inside it only.
        """
        if layer is None:
            return cls.absent(name)
        losses = [item.located(crs) for item in losses_of(layer)]
        if municipalities is not None:
            losses = [_placed(item, municipalities) for item in losses]
        found = cls(name, losses=tuple(losses), crs=crs)
        extent = getattr(layer, "extent", None)
        return found.inside([extent]) if isinstance(extent, shapely.Geometry) else found

    @classmethod
    def by_municipality(
        cls, layer: str, municipalities: gpd.GeoDataFrame, known: npt.ArrayLike
    ) -> Evidence:
        """Return evidence that holds in some municipalities and not in the others.

        Parameters
        ----------
        municipalities : GeoDataFrame
        known : array of bool (municipalities,)
            Where the layer is complete. Land outside all municipalities is not asked of, unless
            one that is not known has no outline: its land may then begin where theirs ends.
        """
        mask = np.asarray(known, dtype=bool)
        shapes = np.asarray(municipalities.geometry.to_numpy(), dtype=object)
        there = _present(shapes[~mask])
        found = cls(layer, unknown=there, crs=municipalities.crs)
        return found if len(there) == (~mask).sum() else found.inside(shapes[mask])

    def inside(self, areas: Iterable[Any]) -> Evidence:
        """Return the evidence known only inside some areas.

        Parameters
        ----------
        areas : iterable of geometry
            An extent, or land with a plan; in ``crs``. What was known inside a part before stays
            known only in the intersection. No areas: known nowhere.

        Examples
        --------
        >>> here = Evidence("x").inside([shapely.box(0, 0, 10, 10)])
        >>> here = here.inside([shapely.box(5, 0, 20, 10)])
        >>> here.known_at([shapely.Point(2, 5), shapely.Point(7, 5)]).tolist()
        [False, True]
        """
        shapes = _present(np.asarray(list(areas), dtype=object))
        if self.known is not None:
            both = shapely.intersection(shapely.union_all(self.known), shapely.union_all(shapes))
            shapes = _present(np.asarray([both], dtype=object))
        return replace(self, known=shapes)

    def without(self, areas: Iterable[Any]) -> Evidence:
        """Return the evidence not known inside some areas, whatever ``known`` says.

        Parameters
        ----------
        areas : iterable of geometry
            In ``crs``; missing and empty ones are skipped. They add to those given before.
        """
        more = _present(np.asarray(list(areas), dtype=object))
        return replace(self, unknown=np.concatenate([self.unknown, more]))

    def losing(self, losses: Iterable[Loss]) -> Evidence:
        """Return the evidence with further losses.

        Parameters
        ----------
        losses : iterable of Loss
            Their places are moved into the CRS of the evidence, when it has one.
        """
        more = tuple(item.located(self.crs) if self.crs is not None else item for item in losses)
        return replace(self, losses=(*self.losses, *more))

    def doubting(self, *doubts: Text) -> Evidence:
        """Return the evidence with further doubts."""
        return replace(self, doubts=(*self.doubts, *doubts))

    def __and__(self, other: Evidence) -> Evidence:
        """Return evidence for what needs both layers (a ratio, one layer inside another)."""
        joined = self if other.known is None else self.inside(other.known)
        return replace(
            joined,
            layer=f"{self.layer} & {other.layer}",
            unknown=np.concatenate([self.unknown, other.unknown]),
            losses=(*self.losses, *other.losses),
            doubts=(*self.doubts, *other.doubts),
            given=self.given and other.given,
            crs=self.crs if self.crs is not None else other.crs,
        )

    # ------------------------------------------------------------------ asked

    @property
    def complete(self) -> bool:
        """Whether the layer is known everywhere and nothing of it was lost."""
        return self.given and self.known is None and not len(self.unknown) and not self.losses

    @cached_property
    def lost_anywhere(self) -> bool:
        """Whether something was lost that may have been anywhere."""
        return any(item.where is None for item in self.losses)

    @cached_property
    def _lost(self) -> Geometries:
        shapes = [item.where for item in self.losses if item.where is not None]
        return _parts(np.asarray(shapes, dtype=object))

    @cached_property
    def _blank(self) -> shapely.STRtree:
        """Everything inside which nothing is certain: not known, or lost."""
        return shapely.STRtree(np.concatenate([_parts(self.unknown), self._lost]))

    @cached_property
    def _lost_tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._lost)

    @cached_property
    def _whole(self) -> Any:
        assert self.known is not None
        area = shapely.union_all(self.known)
        shapely.prepare(area)
        return area

    @cached_property
    def _edge(self) -> Any:
        edge = shapely.boundary(self._whole)
        shapely.prepare(edge)
        return edge

    @cached_property
    def _edge_tree(self) -> shapely.STRtree:
        """Pieces of the edge: their boxes are thin, so that most places are near none."""
        return shapely.STRtree(_pieces(np.asarray([self._edge], dtype=object)))

    def known_at(self, places: Any) -> Bools:
        """Tell at which places the layer is known (see :meth:`known_near` with a limit of 0)."""
        return self.known_near(places, 0.0)

    def known_near(self, places: Any, limit: float | npt.ArrayLike) -> Bools:
        """Tell for which places all within ``limit`` is known: only there is a "no" certain.

        Parameters
        ----------
        places : ndarray (n, 2) or array of geometries (n,)
        limit : float or ndarray (n,)
            Metres: as far as something of the layer could matter.

        Returns
        -------
        ndarray of bool (n,)

        Examples
        --------
        >>> here = Evidence("routes", unknown=np.array([shapely.box(0, 0, 10, 10)], dtype=object))
        >>> here.known_near(np.array([[5.0, 5], [15, 5], [25, 5]]), 8).tolist()
        [False, False, True]
        """
        shapes = _shapes(places)
        if not self.given or self.lost_anywhere:
            return np.zeros(len(shapes), bool)
        limits = np.broadcast_to(np.asarray(limit, dtype="float64"), shapes.shape)
        sure = ~_near(self._blank, shapes, limits)
        if self.known is not None:
            sure &= shapely.covers(self._whole, shapes)
            # a place whose reach crosses the edge of what is known may be served from beyond it
            cut = np.flatnonzero(sure & (limits > 0))
            close = np.nextafter(limits[cut] - TOLERANCE, -np.inf)
            row, _ = self._edge_tree.query(shapes[cut], predicate="dwithin", distance=close)
            sure[cut[row]] = False
        return sure

    def clearance(self, places: Any, most: float = np.inf) -> Floats:
        """Return the distance (m) from each place to the nearest land where nothing is certain.

        0 where the layer is not known, or something was lost; ``most`` where nothing is nearer.
        What runs between two places and is no longer than the sum of their clearances runs over
        known land: a path that long which is not in the layer is nowhere.

        Parameters
        ----------
        places : ndarray (n, 2) or array of geometries (n,)
        most : float
            Metres; farther is not searched.

        Examples
        --------
        >>> here = Evidence("streets").inside([shapely.box(0, 0, 100, 100)])
        >>> here.clearance(np.array([[50.0, 20], [50, -20]])).tolist()
        [20.0, 0.0]
        """
        shapes = _shapes(places)
        if not self.given or self.lost_anywhere:
            return np.zeros(len(shapes))
        out = np.full(len(shapes), float(most))
        if len(self._rim.geometries) and len(shapes):
            (i, _), near = self._rim.query_nearest(
                shapes,
                max_distance=most if np.isfinite(most) else None,
                all_matches=False,
                return_distance=True,
            )
            out[i] = np.minimum(out[i], near)
        out[~self.known_near(shapes, 0.0)] = 0.0
        return out

    @cached_property
    def _rim(self) -> shapely.STRtree:
        """Pieces of the edge of everything that is not known: small boxes to search among."""
        shapes = [self._blank.geometries]
        if self.known is not None:
            shapes.append(np.asarray([self._edge], dtype=object))
        return shapely.STRtree(_pieces(np.concatenate(shapes)))

    def lost_near(self, places: Any, limit: float | npt.ArrayLike) -> Bools:
        """Return a mask of places near which something was lost.

        Parameters
        ----------
        places : array of points (n, 2) or of geometry (n,)
            In ``crs``.
        limit : float or array (n,)
            Metres, the distance itself included.

        Returns
        -------
        ndarray of bool (n,)
            All True where a loss has no place: it may have been anywhere.
        """
        shapes = _shapes(places)
        if self.lost_anywhere:
            return np.ones(len(shapes), bool)
        limits = np.broadcast_to(np.asarray(limit, dtype="float64"), shapes.shape)
        return _near(self._lost_tree, shapes, limits)

    def known_part(self, areas: Any) -> Geometries:
        """Return the part of each area in which the layer is known; empty where nothing is.

        Lost things take their own land away; what was lost without a place takes all of it.
        """
        shapes = _shapes(areas)
        if not self.given or self.lost_anywhere:
            return np.full(len(shapes), shapely.Polygon(), dtype=object)
        part = shapes if self.known is None else shapely.intersection(shapes, self._whole)
        part = np.asarray(part, dtype=object).copy()
        blank = np.asarray(self._blank.geometries, dtype=object)
        if len(blank):
            row, hit = self._blank.query(part, predicate="intersects")
            for i in np.unique(row).tolist():
                taken = shapely.union_all(blank[hit[row == i]])
                part[i] = shapely.difference(part[i], taken)
        return part

    def known_share(self, areas: Any) -> Floats:
        """Return the share (0-1) of each area's land in which the layer is known.

        Examples
        --------
        >>> here = Evidence("plans").inside([shapely.box(0, 0, 10, 10)])
        >>> here.known_share(np.array([shapely.box(5, 0, 15, 10)], dtype=object)).tolist()
        [0.5]
        """
        shapes = _shapes(areas)
        whole = shapely.area(shapes)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.clip(shapely.area(self.known_part(shapes)) / whole, 0.0, 1.0)

    def known_within(self, areas: Any, margin: float = 0.0) -> Bools:
        """Return a mask of areas of which every part is known.

        Parameters
        ----------
        areas : array of geometry (n,)
            In ``crs``.
        margin : float
            Metres around each area that must be known as well: what lies just outside may act
            inside.
        """
        return self.known_near(areas, margin)

    def __getstate__(self) -> dict[str, Any]:
        # what is cached is made again where it is needed: results travel between processes
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __repr__(self) -> str:
        state = "absent" if not self.given else "complete" if self.complete else "partial"
        lost = sum(item.count for item in self.losses)
        return f"<Evidence of {self.layer}: {state}; {lost} lost; {len(self.doubts)} doubts>"

    def _repr_html_(self) -> str:
        language = default_language()
        items = [f"{item.count} × {item.kind}: {item.what.get(language)}" for item in self.losses]
        items += [doubt.get(language) for doubt in self.doubts]
        lines = "".join(f"<li>{html.escape(item)}</li>" for item in items)
        return f"<div><b>{html.escape(repr(self)[1:-1])}</b><ul>{lines}</ul></div>"


def _placed(item: Loss, municipalities: gpd.GeoDataFrame) -> Loss:
    """Give a loss that only names its municipalities their land; others stay as they are."""
    if item.where is not None or not item.codes:
        return item
    there = municipalities["teryt"].isin(item.codes).to_numpy()
    shapes = municipalities.geometry.to_numpy()[there]
    if set(item.codes) - set(municipalities["teryt"]) or len(_present(shapes)) < len(shapes):
        return item  # an old code, or a municipality without an outline: it may be anywhere
    return replace(item, where=shapely.union_all(shapes))


def _near(tree: shapely.STRtree, shapes: Geometries, limits: Floats) -> Bools:
    """Tell which shapes have something of the tree within their limit."""
    found = np.zeros(len(shapes), bool)
    if not len(tree.geometries) or not len(shapes):
        return found
    distances = np.unique(limits)
    if len(distances) * len(tree.geometries) > len(shapes):
        row, _ = tree.query(shapes, predicate="dwithin", distance=limits + TOLERANCE)
        found[row] = True
        return found
    # few large polygons, many points: GEOS prepares what it queries with, so ask the other way
    for distance in distances.tolist():
        index = np.flatnonzero(limits == distance)
        _, hit = shapely.STRtree(shapes[index]).query(
            tree.geometries, predicate="dwithin", distance=distance + TOLERANCE
        )
        found[index[hit]] = True
    return found


def _shapes(places: Any) -> Geometries:
    """Geometries of places given as coordinates, a GeoSeries, a GeoDataFrame or geometries."""
    if isinstance(places, gpd.GeoDataFrame | gpd.GeoSeries):
        return np.asarray(places.geometry.to_numpy(), dtype=object)
    values = np.asarray(places)
    if values.dtype != object and values.ndim == 2:
        return np.asarray(shapely.points(values), dtype=object)
    return np.atleast_1d(np.asarray(places, dtype=object))


def _present(shapes: Geometries) -> Geometries:
    gone = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return np.asarray(shapes[~gone], dtype=object)


def _parts(shapes: Geometries) -> Geometries:
    """Single geometries of several: a tree of small boxes answers faster."""
    return np.asarray(shapely.get_parts(shapes), dtype=object) if len(shapes) else shapes


def _pieces(shapes: Geometries) -> Geometries:
    """Straight pieces of outlines and lines, and points."""
    flat = _parts(shapes)
    while np.isin(shapely.get_type_id(flat), (4, 5, 6, 7)).any():
        flat = _parts(flat)
    flat = flat[~shapely.is_empty(flat)]
    points = shapely.get_type_id(flat) == 0
    area = shapely.get_type_id(flat) == 3
    rings = shapely.get_rings(flat[area])
    lines = np.concatenate([rings, flat[~points & ~area]])
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    same = np.flatnonzero(owner[1:] == owner[:-1])
    pieces = shapely.linestrings(np.stack([xy[same], xy[same + 1]], axis=1))
    return np.concatenate([flat[points], np.asarray(pieces, dtype=object)])
