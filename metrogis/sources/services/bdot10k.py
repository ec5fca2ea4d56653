"""Topographic objects (BDOT10k) from packages that hold one county each.

A package is a zip with a file for each class of objects (Shapefile, GML, GeoParquet), or one
GeoPackage with a table for each. Objects of the classes asked for are written one county after
another, page by page.

Source: https://www.geoportal.gov.pl/en/data/topographic-objects-database-bdot10k/
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import geopandas as gpd
import pyogrio

from metrogis import boundary
from metrogis.errors import SourceError
from metrogis.i18n import _
from metrogis.sources import gdal, vector
from metrogis.sources.services.pages import ID, Collector

_PAGE = 20_000
_IDS = ("lokalnyid", "lokalny_id", "idiip_bt_identyfikator_lokalnyid", "gml_id", "idiip")
"""Columns that hold an object's id, the best first."""


def address_of(template: str, county: str, kind: str) -> str:
    """Return the address of a county's package.

    >>> address_of("https://a.pl/{format}/{voivodeship}/{county}_{format}.zip", "2261", "SHP")
    'https://a.pl/SHP/22/2261_SHP.zip'
    """
    return (
        template.replace("{voivodeship}", county[:2])
        .replace("{county}", county)
        .replace("{format}", kind)
    )


def add(package: Path, classes: Sequence[str], collector: Collector, *, county: str) -> int:
    """Write the objects of some classes; return how many there are.

    Parameters
    ----------
    package : Path
        Zip whose name ends so.
    classes : sequence of str
        Words in the names of files or tables.
    collector : Collector
        Objects get ``source_id``, ``class`` and ``county``.
    county : str
        TERYT code of 4 digits.

    Raises
    ------
    SourceError
        When the package cannot be read.
    """
    count = 0
    for member in _members(package, classes, collector.layer):
        with gdal.unpacked(package, layer=collector.layer, kind="vector", member=member) as file:
            for name, page in _pages(file, classes, collector.layer):
                page[ID] = _ids(page)
                page["class"], page["county"] = name, county
                count += collector.add(page)
    return count


def columns_of(package: Path, classes: Sequence[str], layer: str) -> list[str]:
    """Return the columns of some classes in a package; they differ between classes.

    Raises
    ------
    SourceError
        When the package cannot be read, or has none of the classes.
    """
    found: dict[str, None] = {}
    for member in _members(package, classes, layer):
        with gdal.unpacked(package, layer=layer, kind="vector", member=member) as file:
            for _name, page in _pages(file, classes, layer, most=1):
                found |= dict.fromkeys(str(c) for c in page.columns if c != page.geometry.name)
    if not found:
        raise SourceError(
            _("the package has none of the classes {classes}").fill(classes=", ".join(classes)),
            layer=layer,
            remedy=_("fix classes in the catalog"),
        )
    return list(found)


def _members(package: Path, classes: Sequence[str], layer: str) -> list[str]:
    """Return the files of a package that hold the classes; a GeoPackage may hold all of them."""
    what = _("the archive cannot be opened")
    with boundary.reading(what, layer=layer), zipfile.ZipFile(package) as archive:
        names = [e.filename for e in archive.infolist() if not e.is_dir()]
    files = [
        n for n in names
        if PurePosixPath(n).suffix.lower() in gdal.FORMATS
        and gdal.FORMATS[PurePosixPath(n).suffix.lower()].kind == "vector"
    ]  # fmt: skip
    own = [n for n in files if _class_of(PurePosixPath(n).stem, classes) is not None]
    whole = [n for n in files if n.lower().endswith(".gpkg")]
    return sorted(own or whole)


def _class_of(name: str, classes: Sequence[str]) -> str | None:
    """Return the class whose name stands in a text as a word of its own.

    >>> _class_of("PL.PZGiK.332.2261__OT_BUBD_A", ["SKDR", "BUBD"])
    'BUBD'
    >>> _class_of("OT_BUBDX_A", ["BUBD"]) is None
    True
    """
    for wanted in classes:
        if re.search(rf"(?i)(^|[^A-Za-z0-9]){re.escape(wanted)}($|[^A-Za-z0-9])", name):
            return wanted
    return None


def _pages(
    file: Path, classes: Sequence[str], layer: str, *, most: int | None = None
) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """Yield class and objects of a file, so many at a time; ``most``: the first of each table."""
    allowed = gdal.require_allowed(file, layer=layer, kind="vector")
    by_file = _class_of(file.stem, classes)
    if not allowed.drivers:  # GeoParquet
        yield by_file or classes[0], vector.read(file, layer=layer)
        return
    what = _("the file cannot be read")
    with boundary.reading(what, layer=layer, place=file.name):
        tables = [str(name) for name in pyogrio.list_layers(file)[:, 0]]
        for table in tables:
            name = _class_of(table, classes) or (by_file if len(tables) == 1 else None)
            if name is None:
                continue
            about = pyogrio.read_info(file, layer=table, force_feature_count=True)
            count = int(about["features"]) if most is None else most
            for start in range(0, max(1, count), _PAGE):
                page: Any = pyogrio.read_dataframe(
                    file, layer=table, skip_features=start, max_features=most or _PAGE
                )
                if isinstance(page, gpd.GeoDataFrame) and len(page):
                    yield name, page


def _ids(page: gpd.GeoDataFrame) -> Any:
    folded = {str(c).lower(): c for c in page.columns}
    for name in _IDS:
        if name in folded and page[folded[name]].is_unique:
            return page[folded[name]].astype(str)
    return None
