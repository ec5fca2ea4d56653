"""How a layer of a catalog is read: one function a driver, all of one form.

A reader takes the open metropolis, the layer's name, what the catalog declares of it, its files and
their source. It returns the layer validated, in the working CRS, with its audit; :func:`load` then
judges whether it can be used. A new driver is a model in :mod:`metrogis.catalog.models`, a module
here, and a row in :data:`READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrogis import boundary, provenance
from metrogis.catalog import feeds, judging, licences
from metrogis.catalog.models import MissingLayer
from metrogis.catalog.paths import content_hash, resolved
from metrogis.catalog.readers import (
    app_gml,
    fetched,
    file,
    gbfs,
    gtfs,
    osm,
    osm_features,
    osm_places,
    raster,
    table,
    vector,
)
from metrogis.errors import MetrogisError
from metrogis.i18n import _
from metrogis.provenance import Source

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened

Reader = Callable[["Opened", str, Any, list[Path], Source], Any]

READERS: Mapping[str, Reader] = {
    "vector": vector.read,
    "table": table.read,
    "raster": raster.read,
    "gtfs": gtfs.read,
    "app_gml": app_gml.read,
    "osm": osm.read,
    "osm_places": osm_places.read,
    "osm_features": osm_features.read,
    "gbfs": gbfs.read,
    "file": file.read,
}
"""Driver -> how its layers are read."""


def load(metro: Opened, name: str) -> Any:
    """Read a layer by its driver, validate it, bring it into the working CRS.

    Raises
    ------
    MetrogisError
        Whatever a reader or a library raised: one error that names the layer and its file.
    """
    declared = metro.catalog.layers[name]
    try:
        with boundary.reading(
            _("the layer cannot be read"),
            layer=name,
            place=boundary.place_of(getattr(declared, "path", None)),
            remedy=_("check that the file is whole and fits the driver that the catalog names"),
        ):
            layer = _read(metro, name)
            return judging.judged(metro, name, fetched.doubted(metro, name, layer))
    except MetrogisError as error:
        if error.layer not in metro.catalog.layers:  # a feed, a table of the feed, a parameter
            parts = [error.layer, *(error.place or "").split(", ")]
            error.place = ", ".join(dict.fromkeys(part for part in parts if part)) or None
            error.layer = name
        raise


def _read(metro: Opened, name: str) -> Any:
    """Read a layer by its driver; where it comes from is noted from the bytes of all its files."""
    layer = metro.catalog.layers[name]
    assert not isinstance(layer, MissingLayer)
    paths = resolved(metro, name, layer)
    source = Source(
        layer=name,
        origin=", ".join(p for p in (layer.path, *getattr(layer, "more", ()))),
        licence=layer.licence,
        attribution=layer.attribution,
        date=layer.date,
        sha256=content_hash(paths),
        redistribute=provenance.strictest(
            [
                licences.of_layer(metro.catalog, name),
                *feeds.passed_on(metro.directory, layer, name=name),
            ]
        ),
    )
    return READERS[layer.driver](metro, name, layer, paths, source)
