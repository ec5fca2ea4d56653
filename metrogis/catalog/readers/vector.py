"""``driver = "vector"``: anything GDAL reads, and GeoParquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrogis.catalog.models import VectorLayer
from metrogis.catalog.readers import columns, finer
from metrogis.provenance import Source
from metrogis.sources import vector

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened


def read(metro: Opened, name: str, layer: VectorLayer, paths: list[Path], source: Source) -> Any:
    """Read features of one file, or of several one after another.

    Cells of population for which the catalog names finer ones are refined by these.
    """

    def features() -> Any:
        return vector.joined(
            [
                vector.read(
                    path,
                    layer=name,
                    sublayer=layer.sublayer,
                    crs=layer.crs,
                    swap_axes=layer.swap_axes,
                    encoding=layer.encoding,
                    member=layer.member,
                )
                for path in paths
            ]
        )

    frame = columns.read(metro, name, layer, paths, source, features)
    return finer.refined(metro, name, layer, frame) if layer.finer else frame
