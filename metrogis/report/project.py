"""A QGIS project over the GeoPackage: groups by direction and check, drawn as on the pages.

The project holds no data. It names the package beside it by a relative path, so that the two may be
moved together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np

from metrogis.checks.contract import DIRECTIONS, Result
from metrogis.i18n import _
from metrogis.maps.layers import MapLayer, build
from metrogis.report import gpkg, packing, qgis, words
from metrogis.report.rasters import raster_name
from metrogis.report.svg import xml_text
from metrogis.report.tables import replace_file, table_name

VERSION = "3.22.0"
"""Of QGIS: the oldest that reads a packed GeoPackage by a relative path."""

GEOMETRY = {"polygon": "Polygon", "line": "Line", "point": "Point"}
RASTERS = _("rasters")


def project_name(package: str, language: str) -> str:
    """Return the name of the project beside a package.

    >>> project_name("bay.gpkg.zip", "pl")
    'bay.pl.qgz'
    """
    return f"{package.removesuffix('.gpkg.zip')}.{language}.qgz"


def write(
    results: Sequence[Result], folder: Path, package: str, titles: dict[str, str]
) -> list[Path]:
    """Write a project in each language; return their paths.

    Parameters
    ----------
    results : sequence of Result
        Those of the package, as they are published.
    folder : Path
        That holds the package, and the rasters as GeoTIFF.
    package : str
        Name of the packed GeoPackage (``bay.gpkg.zip``).
    titles : dict of str to str
        Language -> title of the project.

    Raises
    ------
    PublishError
        When it cannot be written.
    """
    layers = {result.check.id: build(result) for result in results}
    written = []
    for language, title in titles.items():
        path = folder / project_name(package, language)
        text = document(results, layers, package, language, title)
        # QGIS takes the first file of that ending for the project
        inner = f"{path.stem}.qgs"
        put = partial(packing.pack, name=inner, content=text.encode())
        written.append(replace_file(path, put))
    return written


def document(
    results: Iterable[Result],
    layers: Mapping[str, Sequence[MapLayer]],
    package: str,
    language: str,
    title: str,
) -> str:
    """Return the project as QGIS reads it (``.qgs``).

    Parameters
    ----------
    results : iterable of Result
    layers : dict
        Check id -> its map layers.
    package : str
        Name of the packed GeoPackage.
    language : str
        Of titles and legends.
    title : str
    """
    results = list(results)
    root = ET.Element("qgis", projectname=xml_text(title), version=VERSION)
    ET.SubElement(root, "title").text = xml_text(title)
    if results:
        crs = results[0].municipalities.crs
        _crs(ET.SubElement(root, "projectCrs"), crs)
        _canvas(ET.SubElement(root, "mapcanvas", name="theMapCanvas"), results)
    tree = ET.SubElement(root, "layer-tree-group")
    table = ET.SubElement(root, "projectlayers")
    source = f"/vsizip/./{package}/{package.removesuffix('.zip')}"
    opened = False
    for direction, name in DIRECTIONS.items():
        own = [r for r in results if r.check.direction == direction]
        if not own:
            continue
        group = _group(tree, f"{direction} {name.get(language)}", shown=not opened)
        for result in own:
            inner = _group(group, result.check.title.get(language), shown=not opened)
            _add_check(inner, table, result, layers[result.check.id], source, language)
            opened = True
    if results:
        first = results[0]
        _vector(
            table,
            _leaf(tree, "municipalities", words.TABLES["municipalities"].get(language), shown=True),
            f"{source}|layername={table_name(first, 'municipalities')}",
            qgis.outline_style(),
            "Polygon",
            first.municipalities.crs,
        )
    # without these QGIS passes the CRS over, and would save paths of one machine
    properties = ET.SubElement(root, "properties")
    system = ET.SubElement(properties, "SpatialRefSys")
    ET.SubElement(system, "ProjectionsEnabled", type="int").text = "1"
    ET.SubElement(ET.SubElement(properties, "Paths"), "Absolute", type="bool").text = "false"
    body = ET.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{body}\n"


def _add_check(
    group: ET.Element,
    table: ET.Element,
    result: Result,
    layers: Sequence[MapLayer],
    source: str,
    language: str,
) -> None:
    """Add the layers of a check: its views, the ground of which they do not know, rasters."""
    check, crs = result.check, result.municipalities.crs
    for number, layer in enumerate(layers):
        title = layer.view.title.get(language)
        _vector(
            table,
            _leaf(group, f"{check.id}_{number}", title, shown=number == 0),
            f"{source}|layername={table_name(result, layer.view.table)}",
            qgis.style(layer, language),
            GEOMETRY[layer.shape],
            crs,
        )
    for land in dict.fromkeys(layer.land for layer in layers):
        if land is None:
            continue
        name = gpkg.land_name(result, land)
        # beneath the others: what is drawn first in the tree is drawn on top
        _vector(
            table,
            _leaf(group, name, gpkg.LAND_TITLE.get(language), shown=True),
            f"{source}|layername={name}",
            qgis.land_style(language),
            "Polygon",
            crs,
        )
    titles = {o.raster: o.title.get(language) for o in check.overlays}
    if result.rasters:
        inner = _group(group, RASTERS.get(language), shown=False)
        for raster in result.rasters:
            leaf = _leaf(inner, f"{check.id}_{raster}", titles.get(raster, raster), shown=True)
            item = ET.SubElement(table, "maplayer", type="raster")
            _named(item, leaf, f"./{raster_name(result, raster)}")
            ET.SubElement(item, "provider").text = "gdal"
            _crs(ET.SubElement(item, "srs"), result.rasters[raster].crs)


def _vector(
    table: ET.Element, leaf: ET.Element, source: str, style: str, geometry: str, crs: Any
) -> None:
    item = ET.SubElement(
        table, "maplayer", type="vector", geometry=geometry, styleCategories="AllStyleCategories"
    )
    _named(item, leaf, source)
    ET.SubElement(item, "provider", encoding="UTF-8").text = "ogr"
    _crs(ET.SubElement(item, "srs"), crs)
    # of our own making: nothing in it refers to anything outside
    item.extend(ET.fromstring(style.split("\n", 1)[1]))


def _named(item: ET.Element, leaf: ET.Element, source: str) -> None:
    leaf.set("source", source)
    ET.SubElement(item, "id").text = leaf.get("id")
    ET.SubElement(item, "datasource").text = source
    ET.SubElement(item, "layername").text = leaf.get("name")


def _leaf(group: ET.Element, identity: str, name: str, *, shown: bool) -> ET.Element:
    return ET.SubElement(
        group,
        "layer-tree-layer",
        id=identity,
        name=xml_text(name),
        checked="Qt::Checked" if shown else "Qt::Unchecked",
        expanded="0",
    )


def _group(parent: ET.Element, name: str, *, shown: bool) -> ET.Element:
    return ET.SubElement(
        parent,
        "layer-tree-group",
        name=xml_text(name),
        checked="Qt::Checked" if shown else "Qt::Unchecked",
        expanded="1" if shown else "0",
    )


def _crs(parent: ET.Element, crs: Any) -> None:
    """Write a CRS by its code, else by its text."""
    if crs is None:
        return
    system = ET.SubElement(parent, "spatialrefsys", nativeFormat="Wkt")
    ET.SubElement(system, "wkt").text = crs.to_wkt()
    code = crs.to_epsg()
    if code:
        # QGIS asks for the code only where there is a row of its own table, whichever it is
        ET.SubElement(system, "srsid").text = "1"
        ET.SubElement(system, "authid").text = f"EPSG:{code}"


def _canvas(canvas: ET.Element, results: Sequence[Result]) -> None:
    """Open the map on the metropolis."""
    bounds = np.array([result.municipalities.total_bounds for result in results])
    if np.isnan(bounds).all():
        return
    box = [*np.nanmin(bounds[:, :2], axis=0), *np.nanmax(bounds[:, 2:], axis=0)]
    crs = results[0].municipalities.crs
    ET.SubElement(canvas, "units").text = "meters"
    extent = ET.SubElement(canvas, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True):
        ET.SubElement(extent, name).text = repr(float(value))
    _crs(ET.SubElement(canvas, "destinationsrs"), crs)
