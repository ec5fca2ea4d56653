"""GeoParquet written page by page.

Source: GeoParquet 1.1.0, https://geoparquet.org/releases/v1.1.0/
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

GEOMETRY = "geometry"


class Writer:
    """Writes pages of features whose attributes are texts.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        Of the attributes.
    crs : any
    """

    def __init__(self, path: Path, columns: Sequence[str], crs: Any) -> None:
        self._columns = list(columns)
        about: dict[str, Any] = {"encoding": "WKB", "geometry_types": []}
        about["crs"] = None if crs is None else pyproj.CRS.from_user_input(crs).to_json_dict()
        geo = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: about}}
        self._schema = pa.schema(
            [*(pa.field(name, pa.string()) for name in self._columns),
             pa.field(GEOMETRY, pa.binary())],
            metadata={b"geo": json.dumps(geo).encode()},
        )  # fmt: skip
        self._out = pq.ParquetWriter(path, self._schema, compression="zstd")

    def add(self, page: gpd.GeoDataFrame) -> None:
        """Write the features of a page."""
        arrays = [pa.array(page[name].tolist(), pa.string()) for name in self._columns]
        shapes = shapely.to_wkb(page.geometry.to_numpy(), flavor="iso")
        arrays.append(pa.array(list(shapes), pa.binary()))
        self._out.write_table(pa.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the end of the file."""
        self._out.close()
