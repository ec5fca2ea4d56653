"""Which coordinate reference system we compute in, guards, and axis order.

Distances and areas are computed only in a projected CRS in metres, never in degrees and never in
Web Mercator (EPSG:3857), whose lengths in Poland are 1.7 times too long.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pyproj

from metrogis.errors import CRSError
from metrogis.i18n import Text, _

WORKING_CRS = "EPSG:2180"
"""Default working CRS: PL-1992, metres, national grid of Poland."""

GEOGRAPHIC_CRS = "EPSG:4326"

_NORTHING_FIRST = {2176, 2177, 2178, 2179, 2180}
_TRANSFORM_MARGIN = 0.5  # degrees kept around an area of use: borders and sea areas lie outside it


def parse(crs: Any, *, layer: str | None = None) -> pyproj.CRS:
    """Return a pyproj CRS for anything that names one.

    Raises
    ------
    CRSError
        When it names none.

    Examples
    --------
    >>> parse("EPSG:2180").to_epsg()
    2180
    """
    try:
        return pyproj.CRS.from_user_input(crs)
    except Exception as error:  # PROJ, or pyproj on what it was never meant for
        named = " ".join(repr(crs).split())[:80]
        raise CRSError(
            _("unknown CRS {named}").fill(named=named),
            layer=layer,
            remedy=_("give an EPSG code, for example EPSG:2180"),
        ) from error


def name_of(crs: Any) -> str:
    """Return a short name of a CRS for messages: ``EPSG:2180``, else its own name, else ``none``.

    >>> name_of(2180), name_of(None)
    ('EPSG:2180', 'none')
    """
    if crs is None:
        return "none"
    parsed = parse(crs)
    authority = parsed.to_authority(min_confidence=70)
    return ":".join(authority) if authority else parsed.name


def is_metric(crs: Any) -> bool:
    """Tell whether lengths may be computed in ``crs``: projected, metres, not Web Mercator.

    >>> is_metric("EPSG:2180"), is_metric("EPSG:4326"), is_metric("EPSG:3857")
    (True, False, False)
    """
    parsed = parse(crs)
    if not parsed.is_projected:
        return False
    horizontal = parsed.sub_crs_list[0] if parsed.is_compound else parsed
    if horizontal.is_bound and horizontal.source_crs is not None:
        horizontal = horizontal.source_crs
    if any(axis.unit_conversion_factor != 1.0 for axis in horizontal.axis_info[:2]):
        return False
    operation = horizontal.coordinate_operation
    method = operation.method_name.lower() if operation else ""
    # cylindrical Mercator stretches lengths by 1/cos(latitude); the transverse one does not
    upright = "mercator" in method and "transverse" not in method and "oblique" not in method
    return not upright and horizontal.to_epsg() != 3857


def require_metric(crs: Any, *, layer: str) -> pyproj.CRS:
    """Return ``crs`` when lengths and areas may be computed in it.

    Parameters
    ----------
    crs : any
        A CRS, or anything with an attribute ``crs`` (a GeoDataFrame).
    layer : str
        Named by the error.

    Raises
    ------
    CRSError
        When the CRS is missing, geographic, Web Mercator, or not in metres.

    Examples
    --------
    >>> require_metric("EPSG:4326", layer="stops")
    Traceback (most recent call last):
    ...
    metrogis.errors.CRSError: layer 'stops': distances cannot be computed in EPSG:4326. Remedy: ...
    """
    value = getattr(crs, "crs", crs)
    if value is None:
        raise CRSError(
            _("the layer has no CRS"),
            layer=layer,
            remedy=_("set one: gdf.set_crs('EPSG:2180'), or the key crs in the catalog"),
        )
    parsed = parse(value, layer=layer)
    if not is_metric(parsed):
        name = name_of(parsed)
        raise CRSError(
            _("distances cannot be computed in {name}").fill(name=name),
            layer=layer,
            remedy=_("reproject: gdf.to_crs('EPSG:2180') or another projected CRS in metres"),
        )
    return parsed


def require_metric_or_cells(crs: Any, *, layer: str) -> pyproj.CRS | None:
    """Return the CRS of a raster when it is projected in metres, None when it has none.

    A raster without CRS is measured in cells.

    Raises
    ------
    CRSError
        As :func:`require_metric`.
    """
    if getattr(crs, "crs", crs) is None:
        return None
    return require_metric(crs, layer=layer)


def require_same(**layers: Any) -> pyproj.CRS:
    """Return the one CRS that all named layers share.

    Raises
    ------
    CRSError
        When one is not metric, or two differ: never a silent reprojection.
    """
    found: pyproj.CRS | None = None
    first = ""
    for name, layer in layers.items():
        crs = require_metric(layer, layer=name)
        if found is None:
            found, first = crs, name
        elif not found.equals(crs, ignore_axis_order=True):
            raise CRSError(
                _("CRS is {name_of} but layer '{first}' has {name_of2}").fill(
                    name_of=name_of(crs), first=first, name_of2=name_of(found)
                ),
                layer=name,
                remedy=_("reproject to one CRS"),
            )
    assert found is not None, "require_same needs a layer"
    return found


def require_same_as_stated(found: Any, stated: Any, *, layer: str) -> None:
    """Check that a file has the CRS that the catalog states for it.

    Parameters
    ----------
    found, stated : CRS
        Anything that pyproj reads; the order of axes does not matter.
    layer : str

    Raises
    ------
    CRSError
        When they differ: one of the two is wrong, and which one cannot be known here.
    """
    if parse(found, layer=layer).equals(parse(stated, layer=layer), ignore_axis_order=True):
        return
    raise CRSError(
        _("the file has CRS {name_of} but the catalog states {name_of2}").fill(
            name_of=name_of(found), name_of2=name_of(stated)
        ),
        layer=layer,
        remedy=_("fix crs in the catalog, or remove it"),
    )


class AxisOrder(NamedTuple):
    """A CRS and whether coordinates stand northing (or latitude) first in the text."""

    crs: pyproj.CRS
    northing_first: bool


_SRS_FORMS: tuple[tuple[re.Pattern[str], bool], ...] = (
    # OGC urn and http identifiers: axes as the authority defines them
    (re.compile(r"^urn:(?:x-)?ogc:def:crs:EPSG:(?:[\d.]*:)?(\d+)$", re.I), True),
    (re.compile(r"^https?://www\.opengis\.net/def/crs/EPSG/[\d.]+/(\d+)/?$", re.I), True),
    # older and short forms: always easting (longitude) first
    (re.compile(r"^https?://www\.opengis\.net/gml/srs/epsg\.xml#(\d+)$", re.I), False),
    (re.compile(r"^EPSG:{1,2}(\d+)$", re.I), False),
)


def axis_order(srs_name: str, *, layer: str | None = None) -> AxisOrder:
    """Tell CRS and axis order from the *form* of a GML ``srsName``.

    ``.../def/crs/EPSG/0/2180`` and ``urn:ogc:def:crs:EPSG::2180`` follow the authority (northing
    first for EPSG:2176-2180, latitude first for EPSG:4326); ``.../gml/srs/epsg.xml#2180`` and
    ``EPSG:2180`` are easting first.

    Raises
    ------
    CRSError
        For a form that is not known.

    Examples
    --------
    >>> axis_order("urn:ogc:def:crs:EPSG::2180").northing_first
    True
    >>> axis_order("http://www.opengis.net/gml/srs/epsg.xml#2180").northing_first
    False
    """
    text = srs_name.strip()
    for pattern, by_authority in _SRS_FORMS:
        match = pattern.match(text)
        if not match:
            continue
        code = int(match.group(1))
        crs = parse(f"EPSG:{code}", layer=layer)
        if not by_authority:
            return AxisOrder(crs, False)
        if code in _NORTHING_FIRST:
            return AxisOrder(crs, True)
        directions = [axis.direction.lower() for axis in crs.axis_info[:2]]
        return AxisOrder(crs, bool(directions) and directions[0] in ("north", "south"))
    raise CRSError(
        _("unknown form of srsName {text}").fill(text=repr(text[:80])),
        layer=layer,
        remedy=_("use urn:ogc:def:crs:EPSG::2180 or http://www.opengis.net/def/crs/EPSG/0/2180"),
    )


SWAP = _("swap the axes in the source, or set swap_axes = true in the catalog")
"""Remedy for swapped axes of a vector layer; readers of other files have others."""


def swap_columns(x: str, y: str) -> Text:
    """Return the remedy for swapped axes of a table whose coordinates stand in two columns."""
    return _('swap them in the catalog: x = "{y}", y = "{x}"').fill(y=y, x=x)


def mislabelled(bounds: Any, crs: Any) -> bool:
    """Tell whether coordinates cannot be degrees although their CRS says so: metres, mostly.

    >>> mislabelled([471000, 720000, 472000, 721000], "EPSG:4326"), mislabelled([0, 0, 9, 9], 2180)
    (True, False)
    """
    box = np.abs(np.asarray(bounds, float))
    # 360: longitudes may run from 0; no latitude and no longitude is beyond it
    return bool(crs is not None and parse(crs).is_geographic and np.isfinite(box).all()
                and box.max(initial=0.0) > 360.0)  # fmt: skip


def require_degrees(bounds: Any, crs: Any, *, layer: str) -> None:
    """Raise where coordinates in metres are labelled as degrees.

    Raises
    ------
    CRSError
        It says how the catalog states the true CRS.
    """
    if not mislabelled(bounds, crs):
        return
    shown, name = ", ".join(f"{v:.6g}" for v in bounds), name_of(parse(crs))
    raise CRSError(
        _("coordinates ({shown}) are no degrees, although the file says {name}").fill(
            shown=shown, name=name
        ),
        layer=layer,
        remedy=_('state the true CRS in the catalog: crs = "EPSG:2180" (or 2176-2179)'),
    )


def check_area_of_use(frame: gpd.GeoDataFrame, *, layer: str, swap: Text = SWAP) -> None:
    """Raise when coordinates fall outside the area where the CRS holds.

    Swapped axes are the usual cause: the error says so when swapping them back would help, and
    ``swap`` how.
    """
    crs = parse(frame.crs, layer=layer)
    area = crs.area_of_use
    if area is None or frame.empty:
        return
    bounds = frame.geometry.total_bounds
    if not np.isfinite(bounds).all():
        return
    require_degrees(bounds, crs, layer=layer)
    if _inside(bounds, crs, area):
        return
    swapped = bounds[[1, 0, 3, 2]]
    name = name_of(crs)
    shown = ", ".join(f"{v:.6g}" for v in bounds)
    if _inside(swapped, crs, area):
        raise CRSError(
            _("axes look swapped: extent ({shown}) lies outside the area of use of {name}").fill(
                shown=shown, name=name
            ),
            layer=layer,
            remedy=swap,
        )
    raise CRSError(
        _("extent ({shown}) lies outside the area of use of {name}").fill(shown=shown, name=name),
        layer=layer,
        remedy=_("check that the CRS is the right one"),
    )


def _inside(bounds: np.ndarray, crs: pyproj.CRS, area: Any) -> bool:
    """Tell whether the corners and middles of a box lie in an area of use (with a margin)."""
    grid = np.meshgrid(np.linspace(bounds[0], bounds[2], 3), np.linspace(bounds[1], bounds[3], 3))
    xs, ys = grid[0].ravel(), grid[1].ravel()
    if crs.is_geographic:
        lon, lat = xs, ys
    else:
        to_geographic = pyproj.Transformer.from_crs(crs, GEOGRAPHIC_CRS, always_xy=True)
        lon, lat = to_geographic.transform(xs, ys)
    west, south, east, north = area.bounds
    if west > east:  # crosses the date line
        return True
    m = _TRANSFORM_MARGIN
    with np.errstate(invalid="ignore"):
        ok = (lon >= west - m) & (lon <= east + m) & (lat >= south - m) & (lat <= north + m)
    return bool(ok.all())


def moved(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Bring a layer into ``crs``; where that is only another way to write its own, name it so."""
    if frame.crs is not None and frame.crs.equals(crs, ignore_axis_order=True):
        return frame.set_crs(crs, allow_override=True)
    return frame.to_crs(crs)
