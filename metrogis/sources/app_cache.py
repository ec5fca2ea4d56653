"""Plans read once: the tables of APP GML files kept as Parquet, by the hash of files and settings.

A metropolis's plans are hundreds of megabytes of GML; their tables load in a tenth of the time.
Nothing that runs is kept, only tables, geometry (WKB) and JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from metrogis import crs as crs_rules
from metrogis.provenance import Audit, AuditRow, Source, file_hash
from metrogis.sources import app_gml, files
from metrogis.sources.app_gml import TABLES, Plan
from metrogis.texts import Text

VERSION = 2
"""Raise when reading changes what a plan holds."""
_WORTH = 2_000_000
_OWN = "own"


def read(paths: Sequence[str | Path], *, crs: Any, layer: str = "plans", **options: Any) -> Plan:
    """Read APP GML files as :func:`metrogis.sources.app_gml.read_app`, from the cache if known.

    Parameters
    ----------
    paths : sequence of paths
    crs : any
        CRS of the tables.
    layer : str
    **options
        ``as_of``, ``assume_crs``, ``arc_tolerance``: as for ``read_app``.

    Raises
    ------
    SourceError, CRSError
        As ``read_app``; files with faults that stop it are not kept.
    """
    given = [Path(p) for p in paths]
    found = [f for p in given for f in (p.rglob("*") if p.is_dir() else [p]) if f.is_file()]
    if sum(f.stat().st_size for f in found) < _WORTH:
        return app_gml.read_app(given, crs=crs, layer=layer, **options)
    # names count: rows and messages hold them
    content = [(p.name, file_hash(p)) for p in given]
    settings = {name: str(value) for name, value in options.items()}
    key = files.settings_key(
        VERSION, content, crs_rules.parse(crs).to_wkt(), layer, sorted(settings.items())
    )
    folder = files.cache_directory() / "parsed" / f"{layer}-{key}.app"
    plan = load(folder, crs=crs)
    if plan is None:
        plan = app_gml.read_app(given, crs=crs, layer=layer, **options)
        keep(plan, folder)
    return plan


def keep(plan: Plan, folder: Path) -> None:
    """Write a plan into the cache.

    Parameters
    ----------
    plan : Plan
    folder : Path
        Of this entry; it appears whole or not at all. A cache that cannot be written is no reason
        to fail.
    """
    kept: dict[str, Any] = {
        "source": asdict(plan.source),
        "audit": [
            {**asdict(row), "what": row.what.forms()}  # in the order they were noted
            for row in plan.audit
        ],
    }
    try:
        with files.replacing(folder) as temporary:
            temporary.mkdir()
            for name in TABLES:
                frame = pd.DataFrame(getattr(plan, name).drop(columns="geometry"))
                kept[name] = {c: str(t) for c, t in frame.dtypes.items()}
                frame = frame.assign(**{_OWN: shapely.to_wkb(plan.own[name])})
                frame.to_parquet(temporary / f"{name}.parquet", index=False)
            kept["problems"] = {c: str(t) for c, t in plan.problems.dtypes.items()}
            plan.problems.to_parquet(temporary / "problems.parquet", index=False)
            text = json.dumps(kept, ensure_ascii=False)
            (temporary / "plan.json").write_text(text, encoding="utf-8")
    except OSError:
        pass


def load(folder: Path, *, crs: Any) -> Plan | None:
    """Return a plan that was kept.

    Parameters
    ----------
    folder : Path
    crs : CRS
        Of the tables; the geometry in its own CRS is kept, so that one entry serves all.

    Returns
    -------
    Plan or None
        None where there is none, not all of it, or one of another form: it is then read anew.
    """
    try:
        kept = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        target = crs_rules.parse(crs)
        frames, own = {}, {}
        for name in TABLES:
            frame = pd.read_parquet(folder / f"{name}.parquet")
            shapes = np.empty(len(frame), dtype=object)
            shapes[:] = shapely.from_wkb(frame.pop(_OWN).to_numpy(dtype=object))
            own[name] = shapes
            frames[name] = app_gml._common(_typed(frame, kept[name]), shapes, target)
        problems = _typed(pd.read_parquet(folder / "problems.parquet"), kept["problems"])
        audit = Audit(
            tuple(AuditRow(**{**row, "what": Text.of(row["what"])}) for row in kept["audit"])
        )
        source = Source(**kept["source"])
    except (OSError, ValueError, KeyError, TypeError, shapely.errors.GEOSException):
        return None
    return Plan(**frames, problems=problems, own=own, audit=audit, source=source)


def _typed(frame: pd.DataFrame, types: dict[str, str]) -> pd.DataFrame:
    """Give columns the types they had: Parquet gives text another one than was put in."""
    for column, kind in types.items():
        values = frame[column]
        if kind == "object":
            frame[column] = values.astype("object").where(values.notna(), None)
        elif str(values.dtype) != kind:
            frame[column] = values.astype(kind)
    return frame
