"""``driver = "raster"``: a grid of classes or measures, or people per cell."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metrogis import crs as crs_rules
from metrogis import provenance, schemas
from metrogis.catalog import placing
from metrogis.catalog.models import RasterLayer
from metrogis.errors import MetrogisError
from metrogis.i18n import _
from metrogis.provenance import Source
from metrogis.sources import rasters
from metrogis.sources.rasters import Expected

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened


def read(metro: Opened, name: str, layer: RasterLayer, paths: list[Path], source: Source) -> Any:
    """Read one band of a raster.

    Returns
    -------
    Grid or GeoDataFrame
        A grid in the working CRS; cells with their population where the catalog gives the layer a
        schema of rows.
    """
    path = paths[0]
    if layer.schema_name == "Raster":
        return _grid(metro, name, layer, path, source)
    from metrogis import population

    frame = population.from_raster(
        path, band=layer.band, crs=layer.crs, nodata=layer.nodata, expected=_stated(layer),
        area=_area(metro, name), margin=placing.MARGIN, layer=name,
    )  # fmt: skip
    audit = provenance.audit_of(frame)
    frame = crs_rules.moved(frame, metro.crs)
    frame, found = schemas.conform(frame, layer.schema_name, layer=name)
    return provenance.attach(frame, source, audit + found)


def _area(metro: Opened, name: str) -> Any:
    """Return the municipalities, near which people are read; None where they cannot be had."""
    if name == "municipalities" or metro.is_being_read("municipalities"):
        return None
    try:
        return metro.get("municipalities")
    except MetrogisError:  # told as its own fault
        return None


def _stated(layer: RasterLayer) -> Expected | None:
    """Values the catalog says the layer has; None where it says nothing."""
    if layer.range is None and not layer.classes:
        return None
    low, high = layer.range if layer.range is not None else (-math.inf, math.inf)
    return Expected(low, high, classes=tuple(layer.classes) or None)


def _grid(metro: Opened, name: str, layer: RasterLayer, path: Path, source: Source) -> Any:
    """Read a raster of classes or measures, in the working CRS."""
    from metrogis.landscape import expected
    from metrogis.landscape import grid as grids

    # in cells: the CRS of the file need not be metric, the one it is brought into is
    raw = grids.read(
        path, layer=name, nodata=layer.nodata, crs=layer.crs, band=layer.band, in_cells=True,
        expected=_stated(layer),
    )  # fmt: skip
    if raw.transform is not None:
        rasters.require_projected(raw.crs, raw.transform, raw.shape, layer=name, metric=False)
    if layer.range is None and not layer.classes:
        # before cells are mixed: a fill that is not declared would spoil its neighbours
        assert raw.transform is not None
        usual = expected.of_layer(name, raw, abs(raw.transform.a * raw.transform.e))
        raw = raw if usual is None else grids.only_expected(raw, usual, layer=name)
    ready = grids.warp(raw, crs=metro.crs, resampling=layer.resampling, layer=name)
    audit = raw.audit
    if ready is raw:
        known = np.ma.array(raw.values, mask=~raw.valid)
        ready = grids.read(known, transform=raw.transform, crs=raw.crs, layer=name)
    else:
        audit = audit.add(
            name,
            "repaired",
            int(ready.valid.sum()),
            _("cells resampled from {name_of} ({resampling})").fill(
                name_of=crs_rules.name_of(raw.crs), resampling=layer.resampling
            ),
        )
    return replace(ready, source=source, audit=audit)
