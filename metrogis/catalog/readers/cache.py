"""Layers that were read and validated, kept as GeoParquet: a large GML is parsed once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from metrogis.sources import files


def keep(frame: Any, path: Path) -> None:
    """Keep a parsed layer as GeoParquet, with what Parquet loses in a JSON file beside it.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Its ``attrs`` (source, audit, losses) and its columns of type object are kept apart.
    path : Path
        A cache that cannot be written is no reason to fail.
    """
    attrs, frame.attrs = frame.attrs, {}
    try:
        with files.replacing(path) as temporary:
            frame.to_parquet(temporary)
        with files.replacing(path.with_suffix(".json")) as temporary:
            objects = [str(c) for c in frame.columns if frame[c].dtype == object]
            kept = {"attrs": attrs, "objects": objects}
            temporary.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    except OSError:
        pass
    finally:
        frame.attrs = attrs


def load(path: Path) -> Any:
    """Return a kept layer.

    Returns
    -------
    DataFrame, GeoDataFrame or None
        As it was kept, with its ``attrs``; None where a file is missing or damaged.
    """
    try:
        kept = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        try:
            frame = gpd.read_parquet(path)
        except ValueError:  # a table without geometry
            frame = pd.read_parquet(path)
        for column in kept["objects"]:  # Parquet gives text another dtype than was put in
            values = frame[column]
            frame[column] = values.astype("object").where(values.notna(), None)
        frame.attrs = kept["attrs"]
    except (OSError, ValueError, KeyError):
        return None
    return frame
