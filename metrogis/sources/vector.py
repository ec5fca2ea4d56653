"""Vector files: GeoPackage, GeoJSON, GML, Shapefile, FlatGeobuf, GeoParquet."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import pyogrio
import pyogrio.errors
import shapely

from metrogis import crs as crs_rules
from metrogis.errors import SourceError
from metrogis.texts import Text


def read(
    path: Path,
    *,
    layer: str,
    sublayer: str | None = None,
    crs: str | None = None,
    swap_axes: bool = False,
) -> gpd.GeoDataFrame:
    """Read one vector layer as it stands.

    Parameters
    ----------
    path : Path
        File readable by GDAL, or GeoParquet (``.parquet``).
    layer : str
        Name used in messages.
    sublayer : str, optional
        Layer inside the file; needed when the file holds several.
    crs : str, optional
        Stands in where the file says nothing; contradicting the file is an error.
    swap_axes : bool
        Swap x and y after reading.

    Returns
    -------
    GeoDataFrame
        In the file's CRS, whose area of use holds all coordinates.

    Raises
    ------
    SourceError
        When the file cannot be read, or holds several layers and none is named.
    CRSError
        When the file has no CRS and none is given, the two differ, or axes look swapped.
    """
    frame = _parquet(path, layer) if path.suffix == ".parquet" else _ogr(path, layer, sublayer)
    if crs is not None:
        stated = crs_rules.parse(crs, layer=layer)
        if frame.crs is None:
            frame = frame.set_crs(stated)
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


def _parquet(path: Path, layer: str) -> gpd.GeoDataFrame:
    try:
        return gpd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise _unreadable(path, layer, error) from error


def _ogr(path: Path, layer: str, sublayer: str | None) -> gpd.GeoDataFrame:
    try:
        names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise _unreadable(path, layer, error) from error
    if sublayer is None and len(names) > 1:
        shown = ", ".join(names)
        raise SourceError(
            Text(f"plik ma kilka warstw: {shown}", f"the file holds several layers: {shown}"),
            layer=layer,
            place=path.name,
            remedy=Text("nazwij jedną w polu sublayer", "name one with the key sublayer"),
        )
    if sublayer is not None and sublayer not in names:
        shown = ", ".join(names)
        raise SourceError(
            Text(
                f"w pliku nie ma warstwy '{sublayer}'; są: {shown}",
                f"the file has no layer '{sublayer}'; there are: {shown}",
            ),
            layer=layer,
            place=path.name,
            remedy=Text("popraw sublayer w katalogu", "mend sublayer in the catalog"),
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # mixed time zones and the like: not our concern here
            frame = pyogrio.read_dataframe(path, layer=sublayer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise _unreadable(path, layer, error) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise SourceError(
            Text("warstwa w pliku nie ma geometrii", "the layer in the file has no geometry"),
            layer=layer,
            place=path.name,
            remedy=Text('użyj driver = "table"', 'use driver = "table"'),
        )
    return frame


def _unreadable(path: Path, layer: str, error: Exception) -> SourceError:
    reason = str(error).splitlines()[0].replace(str(path), path.name)[:200]
    return SourceError(
        Text(f"pliku nie da się odczytać ({reason})", f"the file cannot be read ({reason})"),
        layer=layer,
        place=path.name,
        remedy=Text(
            "sprawdź, czy plik jest cały i w zapowiedzianym formacie",
            "check that the file is whole and of the announced format",
        ),
    )
