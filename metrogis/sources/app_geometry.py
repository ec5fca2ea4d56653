"""Surfaces of GML 3.2 (and what older files use) as polygons, ring by ring as they stand.

Nothing is repaired: a ring that crosses itself stays so, because a plan's faults must survive
until they are reported. Arcs become chords that leave the arc by at most ``arc_tolerance``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyproj
import shapely

from metrogis import crs as crs_rules
from metrogis.arrays import Floats
from metrogis.i18n import _
from metrogis.sources.app_curves import GeometryFault, circle, joined, steps
from metrogis.sources.app_curves import arc as _arc

_CLOSE = 1e-9  # degrees or metres: ends nearer than this are one point


@dataclass
class Surface:
    """One feature's surface.

    Attributes
    ----------
    geometry : Polygon, MultiPolygon or None
        Easting (longitude) first, 2D, in ``crs``; rings exactly as in the file.
    crs : pyproj.CRS or None
    problems : list of (code, detail, x, y)
        ``open_ring``, ``short_ring``, ``no_geometry``.
    open_by : float
        Widest gap between the two ends of a ring, m.
    curves, heights, guessed_dimension : int
        Arcs drawn as chords, rings whose height was left out, rings whose dimension was guessed.
    """

    geometry: Any
    crs: pyproj.CRS | None
    problems: list[tuple[str, str, float, float]] = field(default_factory=list)
    open_by: float = 0.0
    curves: int = 0
    heights: int = 0
    guessed_dimension: int = 0


def local(tag: Any) -> str:
    """Return a tag's name without its namespace (empty for comments and instructions)."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _children(element: Any) -> Iterator[tuple[str, Any]]:
    for child in element:
        name = local(child.tag)
        if name:
            yield name, child


class GeometryReader:
    """Reads surfaces of one file. ``assumed`` is the CRS of geometries that name none."""

    def __init__(
        self, *, assumed: pyproj.CRS | None = None, arc_tolerance: float = 0.01, layer: str
    ) -> None:
        self.assumed = assumed
        self.arc_tolerance = arc_tolerance
        self.layer = layer
        self.inherited: str | None = None  # srsName of the collection's envelope
        self._orders: dict[str, crs_rules.AxisOrder] = {}
        self._names: dict[int, str] = {}
        self._out = Surface(None, None)

    def order(self, srs: str | None) -> crs_rules.AxisOrder | None:
        """Return the CRS of a ``srsName`` and the order of its axes.

        Parameters
        ----------
        srs : str or None
            None: that of the collection's envelope, else the CRS assumed for the file.

        Returns
        -------
        AxisOrder or None
            None where nothing names one.
        """
        srs = srs or self.inherited
        if not srs:
            return crs_rules.AxisOrder(self.assumed, False) if self.assumed is not None else None
        if srs not in self._orders:
            self._orders[srs] = crs_rules.axis_order(srs, layer=self.layer)
        return self._orders[srs]

    def name(self, crs: pyproj.CRS) -> str:
        """Return the short name of a CRS this reader gave (asking PROJ each time is slow)."""
        if id(crs) not in self._names:
            self._names[id(crs)] = crs_rules.name_of(crs)
        return self._names[id(crs)]

    def read(self, holder: Any, *, srs: str | None = None) -> Surface:
        """Read the surface inside a property element (``geometria``, ``zasiegPrzestrzenny``).

        Raises
        ------
        GeometryFault
            For coordinates that are no numbers, curves that cannot be drawn, mixed CRSs.
        CRSError
            For a srsName of unknown form.
        """
        self._out = Surface(None, None)
        polygons: list[Any] = []
        for name, child in _children(holder):
            polygons += self._surface(name, child, srs, None)
        if not polygons:
            self._out.problems.append(("no_geometry", "", math.nan, math.nan))
            return self._out
        geometry = polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)
        self._out.geometry = geometry
        return self._out

    # ------------------------------------------------------------------ surfaces

    def _surface(self, name: str, element: Any, srs: str | None, dim: str | None) -> list[Any]:
        srs, dim = element.get("srsName") or srs, _dimension(element) or dim
        if name in _POLYGONS:
            polygon = self._polygon(element, srs, dim)
            return [] if polygon is None else [polygon]
        if name not in _CONTAINERS:
            raise GeometryFault(_("<{name}> is not a surface").fill(name=name))
        found: list[Any] = []
        for inner_name, inner in _children(element):
            if inner_name in _CONTAINERS and inner_name in _PROPERTIES and len(inner) == 0:
                raise GeometryFault(
                    _("a geometry given by reference (xlink:href) is not supported")
                )
            if inner_name not in _IGNORED:
                found += self._surface(inner_name, inner, srs, dim)
        return _one_surface(found) if name in _PATCHED and len(found) > 1 else found

    def _polygon(self, element: Any, srs: str | None, dim: str | None) -> Any:
        shell: Any = None
        holes: list[Any] = []
        for name, child in _children(element):
            if name in _IGNORED:
                continue
            for ring_name, ring in _children(child):
                coordinates = self._closed(self._ring(ring_name, ring, srs, dim))
                if coordinates is None:
                    continue
                if name in ("exterior", "outerBoundaryIs"):
                    shell = coordinates
                else:
                    holes.append(coordinates)
        if shell is None:
            return None
        return shapely.polygons(
            shapely.linearrings(shell), [shapely.linearrings(h) for h in holes] or None
        )

    def _closed(self, xy: Floats) -> Floats | None:
        """Close an open ring (said so); leave out one of fewer than three points (said so)."""
        if len(xy) and not np.array_equal(xy[0], xy[-1]):
            gap = float(np.hypot(*(xy[0] - xy[-1])))
            if gap > _CLOSE:
                x, y = map(float, xy[-1])
                self._out.problems.append(("open_ring", f"{gap:.3f} m", x, y))
                self._out.open_by = max(self._out.open_by, gap)
            xy = np.vstack([xy, xy[:1]])
        if len(xy) < 4:
            x, y = map(float, xy[0]) if len(xy) else (math.nan, math.nan)
            self._out.problems.append(("short_ring", str(max(len(xy) - 1, 0)), x, y))
            return None
        return xy

    # ------------------------------------------------------------------ rings and curves

    def _ring(self, name: str, element: Any, srs: str | None, dim: str | None) -> Floats:
        srs, dim = element.get("srsName") or srs, _dimension(element) or dim
        if name == "LinearRing":
            return self._points(element, srs, dim)
        if name == "Ring":
            return joined([self._curve(n, c, srs, dim) for n, c in self._members(element)])
        raise GeometryFault(_("<{name}> is not a ring").fill(name=name))

    @staticmethod
    def _members(element: Any) -> Iterator[tuple[str, Any]]:
        for name, member in _children(element):
            if name in ("curveMember", "baseCurve"):
                if len(member) == 0:
                    raise GeometryFault(
                        _("a curve given by reference (xlink:href) is not supported")
                    )
                yield from _children(member)

    def _curve(self, name: str, element: Any, srs: str | None, dim: str | None) -> Floats:
        srs, dim = element.get("srsName") or srs, _dimension(element) or dim
        if name == "LineString":
            return self._points(element, srs, dim)
        if name in ("CompositeCurve", "OrientableCurve"):
            points = joined([self._curve(n, c, srs, dim) for n, c in self._members(element)])
            return points[::-1] if element.get("orientation") == "-" else points
        if name == "Curve":
            parts = [
                self._segment(n, s, srs, dim)
                for holder_name, holder in _children(element)
                if holder_name == "segments"
                for n, s in _children(holder)
            ]
            return joined(parts)
        raise GeometryFault(_("unknown curve <{name}>").fill(name=name))

    def _segment(self, name: str, element: Any, srs: str | None, dim: str | None) -> Floats:
        if name in ("LineStringSegment", "GeodesicString", "Geodesic"):
            return self._points(element, srs, dim)
        if name in ("Arc", "ArcString", "Circle"):
            points = self._points(element, srs, dim)
            if len(points) < 3 or len(points) % 2 == 0:
                raise GeometryFault(
                    _("<{name}> has {count} points").fill(name=name, count=len(points))
                )
            self._out.curves += 1
            if name == "Circle":
                return circle(points, self.arc_tolerance)
            arcs = [
                _arc(points[i], points[i + 1], points[i + 2], self.arc_tolerance)
                for i in range(0, len(points) - 2, 2)
            ]
            return joined(arcs)
        if name in ("ArcByCenterPoint", "CircleByCenterPoint"):
            return self._centred(name, element, srs, dim)
        raise GeometryFault(_("unsupported curve segment <{name}>").fill(name=name))

    def _centred(self, name: str, element: Any, srs: str | None, dim: str | None) -> Floats:
        centre = self._points(element, srs, dim)
        parts = dict(_children(element))
        if len(centre) != 1 or "radius" not in parts:
            raise GeometryFault(_("<{name}> lacks centre or radius").fill(name=name))
        if parts["radius"].get("uom", "m") not in ("m", "urn:ogc:def:uom:EPSG::9001", "#m"):
            raise GeometryFault(_("radius of <{name}> is not in metres").fill(name=name))
        radius = float(_numbers(parts["radius"].text, name)[0])
        self._out.curves += 1
        start, end = 0.0, 360.0
        if name == "ArcByCenterPoint":
            start = float(_numbers(getattr(parts.get("startAngle"), "text", None), name)[0])
            end = float(_numbers(getattr(parts.get("endAngle"), "text", None), name)[0])
        order = self.order(srs)
        if order is not None and order.northing_first:  # angles count from the first axis
            start, end = 90 - start, 90 - end
        a, b = math.radians(start), math.radians(end)
        angles = np.linspace(a, b, steps(radius, abs(b - a), self.arc_tolerance) + 1)
        ring = centre[0] + radius * np.column_stack([np.cos(angles), np.sin(angles)])
        if name == "CircleByCenterPoint":
            ring[-1] = ring[0]
        return ring

    # ------------------------------------------------------------------ coordinates

    def _points(self, element: Any, srs: str | None, dim: str | None) -> Floats:
        """Coordinates of a ring or curve, easting first."""
        chunks: list[Floats] = []
        for name, child in _children(element):
            srs = child.get("srsName") or srs
            size = _dimension(child) or dim
            if name == "posList":
                chunks.append(self._shaped(_numbers(child.text, name), size))
            elif name == "pos":
                values = _numbers(child.text, name)
                chunks.append(self._shaped(values, size or str(len(values))))
            elif name == "coordinates":
                chunks.append(self._shaped(*_coordinates(child)))
            elif name in ("pointProperty", "pointRep"):
                for _unused, point in _children(child):
                    chunks.append(self._raw_points(point, size))
        if not chunks:
            return np.empty((0, 2))
        xy = chunks[0] if len(chunks) == 1 else np.vstack(chunks)
        order = self.order(srs)
        if order is None:
            raise GeometryFault(_("the geometry has no srsName: CRS unknown (give assume_crs)"))
        if self._out.crs is None:
            self._out.crs = order.crs
        elif self._out.crs is not order.crs and self._out.crs != order.crs:
            a, b = crs_rules.name_of(self._out.crs), crs_rules.name_of(order.crs)
            raise GeometryFault(_("one geometry in two CRSs: {a} and {b}").fill(a=a, b=b))
        return xy[:, ::-1] if order.northing_first else xy

    def _raw_points(self, element: Any, dim: str | None) -> Floats:
        for name, child in _children(element):
            if name == "pos":
                values = _numbers(child.text, name)
                return self._shaped(values, _dimension(child) or dim or str(len(values)))
        return np.empty((0, 2))

    def _shaped(self, values: Floats, dim: str | None) -> Floats:
        size = int(dim) if dim and dim.isdigit() else 0
        if size == 0:
            size = 2
            if len(values) % 2 and len(values) % 3 == 0:
                size = 3
                self._out.guessed_dimension += 1
        if size not in (2, 3) or len(values) % size:
            raise GeometryFault(
                _("{count} numbers do not make points of dimension {size}").fill(
                    count=len(values), size=size
                )
            )
        if size == 3:
            self._out.heights += 1
        return values.reshape(-1, size)[:, :2]


_POLYGONS = frozenset({"Polygon", "PolygonPatch", "Rectangle", "Triangle"})
_PROPERTIES = frozenset(
    {"surfaceMember", "surfaceMembers", "polygonMember", "geometryMember", "baseSurface"}
)
_CONTAINERS = _PROPERTIES | frozenset(
    {
        "Surface",
        "patches",
        "polygonPatches",
        "trianglePatches",
        "MultiSurface",
        "MultiPolygon",
        "CompositeSurface",
        "OrientableSurface",
        "PolyhedralSurface",
        "TriangulatedSurface",
        "MultiGeometry",
        "geometryMembers",
    }
)
_PATCHED = frozenset({"Surface", "CompositeSurface", "PolyhedralSurface", "TriangulatedSurface"})
_IGNORED = frozenset(
    {"metaDataProperty", "description", "descriptionReference", "identifier", "name", "boundedBy"}
)


def _one_surface(patches: list[Any]) -> list[Any]:
    """Join the patches of one surface along their edges; faulty patches stay as they are."""
    if not shapely.is_valid(patches).all():
        return patches
    whole = shapely.union_all(patches)
    total = float(shapely.area(patches).sum())
    if abs(whole.area - total) > 1e-9 * total:  # they overlap: a fault to be reported
        return patches
    return [p for p in shapely.get_parts(whole) if p.geom_type == "Polygon"]


def _dimension(element: Any) -> str | None:
    value = element.get("srsDimension") or element.get("dimension")
    return str(value).strip() if value else None


def _bad_number(text: str, name: str) -> GeometryFault:
    bad = next((t for t in text.split() if not _is_number(t)), text[:30])
    return GeometryFault(_("<{name}> holds {bad}, no number").fill(name=name, bad=repr(bad[:30])))


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


@contextmanager
def strict_numbers() -> Iterator[None]:
    """Make text that is no number an error; set once per document, for it is slow to set."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=DeprecationWarning)
        yield


def _numbers(text: str | None, name: str) -> Floats:
    text = text or ""
    if not text.strip():
        raise GeometryFault(_("<{name}> is empty").fill(name=name))
    try:  # numpy warns, newer ones raise, where text is no number: see strict_numbers
        values = np.fromstring(text, dtype=np.float64, sep=" ")
    except (DeprecationWarning, ValueError):
        raise _bad_number(text, name) from None
    if not np.isfinite(values).all():
        raise _bad_number(text, name)
    return values


def _coordinates(element: Any) -> tuple[Floats, str]:
    """Read the ``coordinates`` element of GML 2: tuples apart by space, values by comma."""
    decimal, cs, ts = element.get("decimal", "."), element.get("cs", ","), element.get("ts", " ")
    tuples = (element.text or "").strip()
    parts = [p for p in (tuples.split() if ts.isspace() else tuples.split(ts)) if p.strip()]
    if not parts:
        raise GeometryFault(_("<coordinates> is empty"))
    size = len(parts[0].strip().split(cs))
    text = " ".join(p.replace(cs, " ") for p in parts)
    return _numbers(text.replace(decimal, ".") if decimal != "." else text, "coordinates"), str(
        size
    )


__all__ = ["GeometryFault", "GeometryReader", "Surface", "local", "strict_numbers"]
