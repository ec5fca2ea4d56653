"""Shapes of trips, read from an archive when somebody asks for them."""

from __future__ import annotations

import pandas as pd

from metrogis.errors import SchemaError
from metrogis.transit import clean
from metrogis.transit.archive import Archive
from metrogis.transit.tables import empty_table, read_table
from metrogis.transit.values import decimal, integer


def read_shapes(archive: Archive) -> pd.DataFrame:
    """Return the shapes of one archive.

    Parameters
    ----------
    archive : Archive

    Returns
    -------
    DataFrame
        One row per point, by shape and sequence: ``shape_id``, ``shape_pt_lat``, ``shape_pt_lon``
        (degrees, WGS 84), ``shape_pt_sequence``. Points that cannot be read are left out; a table
        that cannot be read is empty, for no check needs shapes.
    """
    table = empty_table("shapes.txt")
    data = archive.read("shapes")
    if data is not None and data.strip():
        try:
            table, _ = read_table(
                data, "shapes.txt", wanted=clean.WANTED["shapes"], layer=archive.layer
            )
        except SchemaError:
            table = empty_table("shapes.txt")
    sequence, _ = integer(table["shape_pt_sequence"], 0)
    frame = pd.DataFrame(
        {
            "shape_id": table["shape_id"].text(),
            "shape_pt_lat": decimal(table["shape_pt_lat"]),
            "shape_pt_lon": decimal(table["shape_pt_lon"]),
            "shape_pt_sequence": sequence,
        }
    )
    frame = frame.dropna(subset=["shape_pt_lat", "shape_pt_lon"])
    frame["shape_id"] = frame["shape_id"].astype(str)
    return frame.sort_values(["shape_id", "shape_pt_sequence"], kind="stable", ignore_index=True)
