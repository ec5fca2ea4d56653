"""A state as a publication holds it: written into ``atlas.json`` and GeoPackages, read back.

``atlas.json`` has under ``state`` all that two publications need to be compared: headline numbers
in full, between which two numbers each lies, known shares, versions of methods, parameters, and
form, maker, date and hash of each layer. Outlines are read from the GeoPackage beside it.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Container, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from metrogis.arrays import Floats
from metrogis.checks.contract import DIRECTIONS, Column
from metrogis.comparison.state import SCHEMA, CheckState, InputState, State
from metrogis.errors import MetrogisError, SourceError
from metrogis.i18n import Text, _
from metrogis.sources import gdal, vector

MANIFEST = "atlas.json"
TABLE = "metrogis_state"
"""Table of a GeoPackage with one row, the state as JSON."""

TRIED = 3
"""Checks whose packages are opened for outlines: all have the same, or none may pass them on."""

MOST_DIGITS = 9
"""More digits after the decimal mark are no number of this package."""

NO_STATE = _("the publication does not say by which rules and from which data it was computed")
AGAIN = _("publish it again with this version of metrogis")


# --------------------------------------------------------------------------- writing


def as_json(state: State) -> dict[str, Any]:
    """Return a state as plain values: no number is rounded, a missing one is null."""
    return {
        "schema": SCHEMA,
        "title": state.title.forms(),
        "created": state.created,
        "version": state.version,
        "scenario": dict(state.scenario),
        "municipalities": [
            {"teryt": code, "name": name}
            for code, name in zip(state.codes, state.names, strict=True)
        ],
        "checks": {name: _check_json(check) for name, check in state.checks.items()},
        "absent": {name: why.forms() for name, why in state.absent.items()},
    }


def _check_json(check: CheckState) -> dict[str, Any]:
    measures = {}
    for name, column in check.columns.items():
        value = check.values[name]
        made: dict[str, Any] = {
            "label": column.label.forms(),
            "kind": column.kind,
            "unit": column.unit,
            "digits": column.digits,
            "good": column.good,
            "bound": column.bound,
            "adds": column.adds,
            "of_known": column.of_known,
            "of_knowledge": column.of_knowledge,
            "values": _plain(value),
        }
        for key, limit in (("low", check.low[name]), ("high", check.high[name])):
            if not np.array_equal(limit, value, equal_nan=True):
                made[key] = _plain(limit)
        measures[name] = made
    return {
        "direction": check.direction,
        "title": check.title.forms(),
        "method_version": check.method_version,
        "parameters": dict(check.parameters),
        "dates": dict(check.dates),
        "inputs": {
            name: {
                "given": item.given,
                "form": item.form,
                "hash": item.mark,
                "maker": item.maker,
                "date": item.date,
            }
            for name, item in check.inputs.items()
        },
        "known": _plain(check.known),
        "cover": {name: _plain(shares) for name, shares in check.cover.items()},
        "measures": measures,
    }


def _plain(values: Floats) -> list[Any]:
    """Return numbers as JSON holds them: null for unknown, a word for no limit."""
    return [
        None if np.isnan(v) else "inf" if v == np.inf else "-inf" if v == -np.inf else v
        for v in np.asarray(values, dtype=float).tolist()
    ]


# --------------------------------------------------------------------------- reading


def read(path: str | Path) -> State:
    """Return the state that a published folder or a GeoPackage holds.

    Parameters
    ----------
    path : str or Path
        A folder with ``atlas.json``, that file, or a GeoPackage of results.

    Raises
    ------
    SourceError
        When there is no such publication, or it does not hold a state.
    """
    place = Path(path)
    if place.is_file() and place.name.lower().endswith((".gpkg", ".gpkg.zip")):
        with gdal.unpacked(place, layer="state", kind="vector") as plain:
            return _from_json(_of_package(plain), place.name, lambda _check: plain)
    manifest = place / MANIFEST if place.is_dir() else place
    if manifest.name != MANIFEST or not manifest.is_file():
        raise SourceError(
            _("this is neither a published atlas nor a GeoPackage of one"),
            place=str(path),
            remedy=_("give a folder with atlas.json, or a .gpkg file that metrogis wrote"),
        )
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(
            _("atlas.json cannot be read"), place=str(manifest), remedy=AGAIN
        ) from error
    state = content.get("state") if isinstance(content, dict) else None
    if not isinstance(state, dict):
        raise SourceError(NO_STATE, place=str(manifest), remedy=AGAIN)
    downloads = manifest.parent / "downloads"

    def packages(check: str) -> Path:
        return downloads / f"{check}.gpkg.zip"

    return _from_json(state, _folder_name(manifest.parent), packages)


def _folder_name(path: Path) -> str:
    return path.resolve().name or str(path)


def _of_package(path: Path) -> dict[str, Any]:
    try:
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            row = connection.execute(f"SELECT json FROM {TABLE}").fetchone()
        found = json.loads(row[0])
    except (sqlite3.Error, ValueError, TypeError, IndexError, RecursionError) as error:
        raise SourceError(NO_STATE, place=str(path), remedy=AGAIN) from error
    if not isinstance(found, dict):
        raise SourceError(NO_STATE, place=str(path), remedy=AGAIN)
    return found


def _from_json(content: Mapping[str, Any], name: str, package_of: Callable[[str], Path]) -> State:
    """Return the state of what a file says; ``package_of`` a check is where its tables may be.

    The file may be anybody's: what pages, tables and files are made of is required to be what this
    package writes.
    """
    try:
        if content["schema"] != SCHEMA:
            raise SourceError(NO_STATE, place=name, remedy=AGAIN)
        json.dumps(content, ensure_ascii=False).encode()  # half a character cannot be written
        codes = tuple(str(row["teryt"]) for row in content["municipalities"])
        if len(set(codes)) < len(codes):
            raise ValueError("a municipality stands twice")
        checks = {
            _name(key): _check_of(key, value, len(codes))
            for key, value in content["checks"].items()
        }
        packages = {key: package_of(key) for key in checks if package_of(key).is_file()}
        return State(
            name,
            _text(content["title"]),
            str(content["created"]),
            str(content["version"]),
            codes,
            tuple(str(row["name"]) for row in content["municipalities"]),
            checks,
            {_name(key): _text(why) for key, why in content["absent"].items()},
            _outlines(packages, codes),
            {str(k): str(v) for k, v in content["scenario"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(NO_STATE, place=name, remedy=AGAIN) from error


def _check_of(check_id: str, content: Mapping[str, Any], count: int) -> CheckState:
    columns, values, low, high = {}, {}, {}, {}
    for name, item in content["measures"].items():
        columns[_name(name)] = Column(
            _text(item["label"]),
            _one_of(item["kind"], ("number", "share")),
            str(item["unit"]),
            _one_of(item["digits"], range(MOST_DIGITS + 1)),
            good=_one_of(item["good"], ("", "up", "down")),
            bound=_one_of(item["bound"], ("", "low", "high")),
            of_known=bool(item["of_known"]),
            of_knowledge=bool(item["of_knowledge"]),
            headline=True,
            adds=bool(item.get("adds", True)),
        )
        values[name] = _numbers(item["values"], count)
        low[name] = _numbers(item.get("low", item["values"]), count)
        high[name] = _numbers(item.get("high", item["values"]), count)
    return CheckState(
        check_id,
        _one_of(content["direction"], [str(direction) for direction in DIRECTIONS]),
        _text(content["title"]),
        int(content["method_version"]),
        dict(content["parameters"]),
        dict(content["dates"]),
        {
            name: InputState(
                bool(i["given"]), str(i["form"]), str(i["hash"]), str(i["maker"]), str(i["date"])
            )
            for name, i in content["inputs"].items()
        },
        columns,
        values,
        low,
        high,
        np.nan_to_num(_numbers(content["known"], count), nan=0.0),
        {name: _numbers(shares, count) for name, shares in content["cover"].items()},
    )


def _name(text: Any) -> str:
    """Return the name of a check or measure; it becomes a file, so nothing else may be in it."""
    if not isinstance(text, str) or not re.fullmatch(r"[A-Za-z0-9_]+", text):
        raise ValueError("no name of a check or measure")
    return text


def _text(forms: Any) -> Text:
    text = Text.of(forms)
    if not all(isinstance(form, str) for form in text.forms().values()):
        raise TypeError("a text that is none")
    return text


def _one_of(value: Any, allowed: Container[Any]) -> Any:
    if isinstance(value, bool) or value not in allowed:
        raise ValueError("a value that is none of those allowed")
    return value


def _numbers(values: list[Any], count: int) -> Floats:
    made = np.array([np.nan if v is None else float(v) for v in values], dtype=np.float64)
    if made.shape != (count,):
        raise ValueError("as many numbers as municipalities")
    return made


def _outlines(packages: Mapping[str, Path], codes: tuple[str, ...]) -> gpd.GeoSeries | None:
    """Return outlines from the municipal table of a check; None where none of the first has any.

    Parameters
    ----------
    packages : mapping of str to Path
        Check -> file that holds its tables.
    codes : tuple of str
    """
    for check_id, package in list(packages.items())[:TRIED]:
        try:
            sublayer = f"{check_id}_municipalities"
            table = vector.read(package, layer="municipalities", sublayer=sublayer)
        except MetrogisError:
            continue
        if "teryt" not in table.columns or not isinstance(table, gpd.GeoDataFrame):
            continue
        shapes = table.set_index(table["teryt"].astype(str)).geometry
        shapes = shapes[~shapes.index.duplicated()].reindex(list(codes))
        if any(s is not None and not s.is_empty for s in shapes):
            return gpd.GeoSeries(shapes.to_numpy(), crs=shapes.crs)
    return None
