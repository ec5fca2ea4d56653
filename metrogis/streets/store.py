"""A network kept in one file, so that a large OpenStreetMap file is read once.

Plain arrays (NumPy's ``.npz``) and JSON; nothing in it is executed when it is read.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from metrogis.errors import SourceError
from metrogis.evidence.losses import from_plain, to_plain
from metrogis.i18n import Text, _
from metrogis.provenance import Audit, AuditRow, Source
from metrogis.sources.files import replacing
from metrogis.streets.network_arrays import Arrays

_VERSION = 2
_ARRAYS = ("x", "y", "node_id", "signals", "edge_u", "edge_v", "edge_length", "edge_way", "coords",
           "coord_ptr", "indptr", "indices", "arc_edge", "arc_forward", "weights")  # fmt: skip


def save(network: Arrays, path: str | Path) -> Path:
    """Write a network; see :meth:`StreetNetwork.save`."""
    target = Path(path)
    arrays: dict[str, Any] = {name: getattr(network, name) for name in _ARRAYS}
    columns: list[list[Any]] = []
    for i, name in enumerate(network.ways):
        column = network.ways[name]
        if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            arrays[f"way{i}"] = column.to_numpy()
            columns.append([str(name), None])
        else:
            coded = column.astype("category").cat
            arrays[f"way{i}"] = coded.codes.to_numpy()
            columns.append([str(name), [str(v) for v in coded.categories]])
    about = {
        "version": _VERSION,
        "crs": network.crs.to_wkt(),
        "mode": network.mode,
        "unit": network.unit,
        "ways": columns,
        "source": asdict(network.source),
        "audit": [[r.layer, r.action, r.count, r.what.forms(), r.examples] for r in network.audit],
        "extent": None if network.extent is None else shapely.to_wkb(network.extent, hex=True),
        "losses": to_plain(network.losses),
    }
    arrays["about"] = np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), np.uint8)
    with replacing(target) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)
    return target


def fields_of(path: str | Path) -> dict[str, Any]:
    """Return the fields of a network written by :func:`save`.

    Raises
    ------
    SourceError
        When the file is missing, broken, or of another version.
    """
    file = Path(path)
    try:
        with np.load(file, allow_pickle=False) as kept:
            about = json.loads(bytes(kept["about"]).decode())
            if about["version"] != _VERSION:
                raise ValueError(f"version {about['version']}")
            arrays = {name: kept[name] for name in _ARRAYS}
            ways = {
                name: kept[f"way{i}"]
                if categories is None
                else pd.Categorical.from_codes(kept[f"way{i}"], categories)
                for i, (name, categories) in enumerate(about["ways"])
            }
            return dict(
                **arrays,
                crs=pyproj.CRS.from_wkt(about["crs"]),
                mode=about["mode"],
                unit=about["unit"],
                ways=pd.DataFrame(ways),
                source=Source(**about["source"]),
                extent=shapely.from_wkb(about["extent"]),
                losses=from_plain(about["losses"]),
                audit=Audit(
                    tuple(AuditRow(a, b, c, Text.of(w), e) for a, b, c, w, e in about["audit"])
                ),
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise SourceError(
            _("not a readable saved network"),
            layer="streets",
            place=file.name,
            remedy=_("build the network again"),
        ) from error
