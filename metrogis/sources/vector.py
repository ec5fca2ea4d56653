"""Vector files that GDAL reads (GeoPackage, GeoJSON, GML, Shapefile ...), and GeoParquet."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from metrogis import boundary
from metrogis import crs as crs_rules
from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.sources import dbf, gdal

_PARQUET = (".parquet", ".geoparquet")
_FOLDERS = (".kml",)
"""Formats whose layers are folders of one drawing: read together."""
_NOT_READ = _("the file cannot be read")


@boundary.reader(_NOT_READ)
def read(
    path: Path,
    *,
    layer: str,
    sublayer: str | None = None,
    crs: str | None = None,
    swap_axes: bool = False,
    encoding: str | None = None,
    member: str | None = None,
) -> gpd.GeoDataFrame:
    """Read one vector layer as it stands.

    Parameters
    ----------
    path : Path
        File of a format in :data:`metrogis.sources.gdal.FORMATS`, or a ``.zip`` that holds one.
    layer : str
        Name used in messages.
    sublayer : str, optional
        Layer inside the file; needed when the file holds several (folders of a KML are read
        together unless one is named).
    crs : str, optional
        Stands in where the file says nothing, for GeoJSON without a ``crs`` of its own, and where
        coordinates in metres are labelled as degrees; contradicting what else the file says is an
        error.
    swap_axes : bool
        Swap x and y after reading.
    encoding : str, optional
        Encoding of texts, for a Shapefile without ``.cpg`` (``cp1250``).
    member : str, optional
        File inside a ``.zip``; needed when the archive holds several.

    Returns
    -------
    GeoDataFrame
        In the file's CRS, whose area of use holds all coordinates.

    Raises
    ------
    SourceError
        When the file cannot be read, is not of an allowed format, or holds several layers and none
        is named.
    CRSError
        When the file has no CRS and none is given, the two differ, or axes look swapped.
    """
    with gdal.unpacked(path, layer=layer, kind="vector", member=member) as file:
        found = gdal.require_allowed(file, layer=layer, kind="vector")
        silent = file.suffix.lower() in (".geojson", ".json") and not _states_crs(file)
        if file.suffix.lower() in _PARQUET:
            frame = gpd.read_parquet(file)
        else:
            if encoding is None and file.suffix.lower() == ".shp":
                encoding = dbf.encoding_of(file, layer=layer)
            frame = _ogr(file, layer, sublayer, encoding, found.drivers)
    if crs is not None:
        stated = crs_rules.parse(crs, layer=layer)
        bounds = frame.geometry.total_bounds
        if frame.crs is None or silent or crs_rules.mislabelled(bounds, frame.crs):
            frame = frame.set_crs(stated, allow_override=True)
        else:
            crs_rules.require_same_as_stated(frame.crs, stated, layer=layer)
    if frame.crs is None:
        crs_rules.require_metric(None, layer=layer)
    if swap_axes:
        frame = frame.set_geometry(
            gpd.GeoSeries(
                shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1]),
                index=frame.index,
                crs=frame.crs,
            )
        )
    crs_rules.check_area_of_use(frame, layer=layer)
    return frame


def _states_crs(file: Path) -> bool:
    """Tell whether a GeoJSON names its CRS: GDAL takes WGS 84 for granted."""
    with file.open("rb") as stream:
        head = stream.read(gdal.HEAD)
        stream.seek(max(0, file.stat().st_size - 4096))
        tail = stream.read()
    named = re.compile(rb'"crs"\s*:\s*\{')
    return named.search(head) is not None or named.search(tail) is not None


def _ogr(
    path: Path, layer: str, sublayer: str | None, encoding: str | None, drivers: tuple[str, ...]
) -> gpd.GeoDataFrame:
    options: dict[str, Any] = {"DOWNLOAD_SCHEMA": "NO"} if "GML" in drivers else {}
    names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    if not names:
        raise _unreadable(path, layer, _("it holds no layers"))
    if sublayer is not None and sublayer not in names:
        shown = ", ".join(names)
        raise SourceError(
            _("the file has no layer '{sublayer}'; there are: {shown}").fill(
                sublayer=sublayer, shown=shown
            ),
            layer=layer,
            place=path.name,
            remedy=_("fix sublayer in the catalog"),
        )
    together = sublayer is None and path.suffix.lower() in _FOLDERS
    if sublayer is None and len(names) > 1 and not together:
        shown = ", ".join(names)
        raise SourceError(
            _("the file holds several layers: {shown}").fill(shown=shown),
            layer=layer,
            place=path.name,
            remedy=_("name one with the key sublayer"),
        )
    parts = []
    for name in names if together else [sublayer or names[0]]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # mixed time zones and the like: not our concern
            about = pyogrio.read_info(path, layer=name, encoding=encoding, **options)
            _require_sensible(about, path, layer, drivers)
            part = _decoded(path, layer, name, encoding, options)
        if together and isinstance(part, gpd.GeoDataFrame):
            part["folder"] = name
        parts.append(part)
    placed = [part for part in parts if isinstance(part, gpd.GeoDataFrame)]
    if not placed:
        raise SourceError(
            _("the layer in the file has no geometry"),
            layer=layer,
            place=path.name,
            remedy=_('use driver = "table"'),
        )
    return joined(placed)


def _decoded(
    path: Path, layer: str, name: str, encoding: str | None, options: dict[str, Any]
) -> Any:
    """Read one layer of a file; texts in another encoding than it has are one error."""
    try:
        return pyogrio.read_dataframe(path, layer=name, encoding=encoding, **options)
    except UnicodeDecodeError as error:
        raise SourceError(
            _("texts are not in {encoding}").fill(encoding=error.encoding),
            layer=layer,
            place=path.name,
            remedy=dbf.CHOOSE,
        ) from error


def joined(parts: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Put layers one after another.

    Parameters
    ----------
    parts : list of GeoDataFrame
        At least one.

    Returns
    -------
    GeoDataFrame
        In the CRS of the first; rows numbered from 0. Columns that some lack are missing there.
    """
    if len(parts) == 1:
        return parts[0]
    crs = parts[0].crs
    # a part without a CRS cannot be moved: it is taken to be in that of the first
    same = [p if p.crs == crs or p.crs is None or crs is None else p.to_crs(crs) for p in parts]
    geometry = np.concatenate([p.geometry.to_numpy() for p in same])
    columns = [pd.DataFrame(p.drop(columns=p.geometry.name)) for p in same]
    table = pd.concat(columns, ignore_index=True)
    return gpd.GeoDataFrame(table, geometry=geometry, crs=crs)


def _require_sensible(
    about: dict[str, Any], path: Path, layer: str, drivers: tuple[str, ...]
) -> None:
    """Refuse a file that another driver took, and a layer too large to be read."""
    driver = about.get("driver")
    if driver is not None and driver not in drivers:
        raise _unreadable(
            path,
            layer,
            _("its content is of format {driver}").fill(driver=driver),
        )
    count = int(about.get("features") or 0)
    if count > gdal.MAX_FEATURES:
        raise SourceError(
            _("the layer has {count} features; at most {max_features} are read").fill(
                count=count, max_features=gdal.MAX_FEATURES
            ),
            layer=layer,
            place=path.name,
            remedy=_("clip it to the area"),
        )


def _unreadable(path: Path, layer: str, reason: Text) -> SourceError:
    return SourceError(
        _("{not_read}: {reason}").fill(not_read=_NOT_READ, reason=reason),
        layer=layer,
        place=path.name,
        remedy=boundary.WHOLE_FILE,
    )
