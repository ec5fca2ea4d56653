"""Files of a comparison: ``change.csv``, ``change.gpkg``, and what ``compare.json`` holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from metrogis.comparison import Comparison
from metrogis.comparison.effects import plain_rows
from metrogis.i18n import is_missing
from metrogis.report.tables import csv_texts

SCHEMA = 1
CSV, GPKG, JSON = "change.csv", "change.gpkg", "compare.json"


def outlines(comparison: Comparison) -> gpd.GeoSeries | None:
    """Return the outline of each pair of municipalities; None where no state has any."""
    step = comparison.whole
    made: list[Any] = []
    crs = step.new.crs() or step.old.crs()
    for pair in step.pairs:
        state, group = (step.new, pair.new) if pair.new else (step.old, pair.old)
        if state.shapes is None and pair.old and step.old.shapes is not None:
            state, group = step.old, pair.old
        if state.shapes is None:
            made.append(None)
            continue
        shapes = (
            state.shapes if state.shapes.crs == crs or crs is None else state.shapes.to_crs(crs)
        )
        parts = [s for s in shapes.iloc[list(group)] if s is not None]
        made.append(shapely.union_all(parts) if len(parts) > 1 else parts[0] if parts else None)
    if not any(shape is not None and not shape.is_empty for shape in made):
        return None
    return gpd.GeoSeries(made, crs=crs)


def plain_table(comparison: Comparison, language: str) -> pd.DataFrame:
    """Return the table with its details as text of one language, limits without end as missing."""
    table = comparison.table.copy()
    table["detail"] = [text.get(language) for text in table["detail"]]
    for name in ("change_low", "change_high"):
        values = table[name].to_numpy(dtype=float)
        table[name] = np.where(np.isfinite(values), values, np.nan)
    return table


def write_csv(comparison: Comparison, folder: Path, languages: Sequence[str]) -> list[str]:
    """Write ``change.csv`` (commas, decimal points) and, in Polish, ``change.pl.csv``."""
    names = {"en": CSV}
    if "pl" in languages:
        names["pl"] = CSV.replace(".csv", ".pl.csv")
    for language, name in names.items():
        text = csv_texts(plain_table(comparison, language), [language])[0]
        (folder / name).write_bytes(text.encode("utf-8-sig", "replace"))
    return list(names.values())


def write_gpkg(comparison: Comparison, path: Path, language: str) -> None:
    """Write a layer a check, a row a municipality: old, new, change, verdict, reason by measure.

    The table ``change`` beside them has every row of the comparison's table. Without outlines the
    layers are tables.
    """
    table = plain_table(comparison, language)
    shapes = outlines(comparison)
    pyogrio.write_dataframe(table, path, layer="change", driver="GPKG")
    for check_id, rows in table.groupby("check", sort=False):
        wide: dict[str, Any] = {}
        for measure, part in rows.groupby("measure", sort=False):
            wide.setdefault("teryt", part["teryt"].to_numpy())
            wide.setdefault("name", part["name"].to_numpy())
            for name in ("old", "new", "change", "verdict", "reason", "detail"):
                wide[f"{measure}_{name}"] = part[name].to_numpy()
        frame: Any = pd.DataFrame(wide)
        options: dict[str, Any] = {}
        if shapes is not None:
            frame = gpd.GeoDataFrame(frame, geometry=_multi(shapes), crs=shapes.crs)
            options = {"geometry_type": "MultiPolygon"}
        pyogrio.write_dataframe(
            frame, path, layer=f"change_{check_id}", driver="GPKG", append=True, **options
        )


def _multi(shapes: gpd.GeoSeries) -> np.ndarray:
    made = np.full(len(shapes), None, dtype=object)
    for i, shape in enumerate(shapes):
        if shape is not None and not shape.is_empty:
            polygons = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
            made[i] = shapely.MultiPolygon(polygons)
    return made


def as_json(comparison: Comparison, languages: Sequence[str], version: str) -> dict[str, Any]:
    """Return all of a comparison as plain values; ``files`` is added when all are written."""
    step = comparison.whole
    return {
        "generator": "metrogis",
        "schema": SCHEMA,
        "version": version,
        "created": date.today().isoformat(),
        "title": step.new.title.forms(),
        "languages": list(languages),
        "mode": step.mode,
        "states": [
            {
                "name": state.name,
                "title": state.title.forms(),
                "created": state.created,
                "version": state.version,
                "scenario": dict(state.scenario),
            }
            for state in comparison.states
        ],
        "municipalities": [
            {
                "old": [step.old.codes[k] for k in pair.old],
                "new": [step.new.codes[k] for k in pair.new],
                "matched": pair.how,
                "note": pair.note.forms() if pair.note is not None else None,
            }
            for pair in step.pairs
        ],
        "summary": [_row(row) for row in comparison.summary("en").to_dict("records")],
        "table": [_row(row) for row in comparison.table.to_dict("records")],
        **effects_as_json(comparison),
    }


def effects_as_json(comparison: Comparison) -> dict[str, Any]:
    """Return what a scenario changes, costs and does to lines; empty for none."""
    found = comparison.effects
    if found is None:
        return {}
    tables = {"changes": found.changes, "lines": found.lines, "winners": found.winners}
    rows = {k: [_row(row) for row in t.to_dict("records")] for k, t in tables.items()}
    return {"scenario": {"name": found.name, "cost": found.cost, **rows}}


def write_effects(comparison: Comparison, folder: Path, language: str) -> list[str]:
    """Write ``lines.csv`` and ``winners.csv`` of a scenario; return their names."""
    found = comparison.effects
    if found is None:
        return []
    for name, table in (("lines.csv", found.lines), ("winners.csv", found.winners)):
        frame = pd.DataFrame(list(plain_rows(table, language)), columns=table.columns)
        text = csv_texts(frame, ["en"])[0]
        (folder / name).write_bytes(text.encode("utf-8-sig", "replace"))
    return ["lines.csv", "winners.csv"]


def _row(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): _plain(value) for key, value in row.items()}


def _plain(value: Any) -> Any:
    if hasattr(value, "forms"):
        return value.forms()
    if isinstance(value, float | np.floating):
        if is_missing(value):
            return None
        return float(value) if abs(float(value)) != float("inf") else str(float(value))
    return value.item() if hasattr(value, "item") else value
