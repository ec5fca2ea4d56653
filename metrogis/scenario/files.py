"""Scenarios as files: TOML read and written, GeoPackages read."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from metrogis import boundary
from metrogis.errors import MetrogisError, ScenarioError
from metrogis.i18n import _
from metrogis.scenario.change import Change, of_content

_MOST_BYTES = 50_000_000


def write_toml(name: str, changes: Iterable[Change]) -> str:
    """Return a scenario as TOML: ``[scenario]``, then one ``[[change]]`` each, in their order."""
    lines = ["[scenario]", f"name = {_text(name)}"]
    for change in changes:
        lines += ["", "[[change]]"]
        lines += [f"{key} = {_value(value)}" for key, value in change.content().items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_text(k)} = {_value(v)}" for k, v in value.items()) + " }"
    return "[" + ", ".join(_value(item) for item in value) + "]"


def _text(text: str) -> str:
    """Return a basic string of TOML: its escapes are those of JSON, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def read_toml(source: str | Path) -> tuple[str, list[Change]]:
    """Return name and changes of a scenario in TOML.

    Parameters
    ----------
    source : Path or str
        A text with an end of line is TOML itself, any other the path of a file.

    Raises
    ------
    ScenarioError
    """
    place = "TOML"
    try:
        if isinstance(source, str) and "\n" in source:
            text = source
        else:
            path = Path(source)
            place = path.name
            if not path.is_file():
                raise ScenarioError(
                    _("there is no such file"), layer="scenario", place=str(path),
                    remedy=_("name a TOML file with [scenario] and [[change]]"),
                )  # fmt: skip
            if path.stat().st_size > _MOST_BYTES:
                raise ScenarioError(_("the file is too large"), layer="scenario", place=place)
            text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
    except MetrogisError:
        raise
    except Exception as error:  # of TOML, of the encoding, of depth and of the disk
        raise ScenarioError(
            _("this is not valid TOML: {kind}").fill(kind=boundary.why(error)),
            layer="scenario",
            place=place,
            remedy=_("fix that line; texts stand in quotes, the file is in UTF-8"),
        ) from error
    return _of_content(content, place)


def _of_content(content: Mapping[str, Any], place: str) -> tuple[str, list[Change]]:
    head = content.get("scenario")
    if not isinstance(head, Mapping) or not isinstance(head.get("name"), str):
        raise ScenarioError(
            _("the table [scenario] with its name is missing"), layer="scenario", place=place,
            remedy=_('begin the file with [scenario] and name = "..."'),
        )  # fmt: skip
    for key in (*(k for k in content if k not in ("scenario", "change")),
                *(f"scenario.{k}" for k in head if k != "name")):  # fmt: skip
        raise ScenarioError(
            _("unknown key"), layer="scenario", place=f"{place}, {key}",
            remedy=_("there are [scenario] with name, and [[change]]"),
        )  # fmt: skip
    rows = content.get("change", [])
    if not isinstance(rows, list):
        raise ScenarioError(
            _("should be a list of tables: [[change]]"), layer="scenario", place=f"{place}, change"
        )
    return head["name"], [of_content(row, f"[[change]] {i}") for i, row in enumerate(rows, 1)]


def read_gpkg(path: Path) -> list[Change]:
    """Return the changes that the layers of a GeoPackage draw; see :meth:`Scenario.from_gpkg`.

    Raises
    ------
    ScenarioError
    """
    import pyogrio

    from metrogis.sources import vector

    if not path.is_file():
        raise ScenarioError(_("there is no such file"), layer="scenario", place=str(path))
    rows: list[tuple[float, dict[str, Any]]] = []
    with boundary.reading(
        _("the file cannot be read"), layer="scenario", place=path.name,
        remedy=_("give a GeoPackage with the columns id and do"),
    ):  # fmt: skip
        for name in pyogrio.list_layers(path)[:, 0]:
            frame = vector.read(path, layer="scenario", sublayer=str(name))
            crs = "" if getattr(frame, "crs", None) is None else frame.crs.to_string()
            for row in frame.to_dict("records"):
                rows.append(_row(row, crs, len(rows)))
    rows.sort(key=lambda pair: pair[0])  # stable: ties keep the order of the file
    return [of_content(row, f"feature {i}") for i, (_order, row) in enumerate(rows, 1)]


def _row(row: Mapping[str, Any], crs: str, number: int) -> tuple[float, dict[str, Any]]:
    given = {k: v for k, v in row.items() if not _missing(v)}
    order = float(given.pop("order", number))
    geometry = given.pop("geometry", None)
    values: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for key, value in given.items():
        if key in ("id", "do", "layer", "target"):
            found[key] = str(value)
        elif key == "cost":
            found[key] = value
        elif key == "values":
            try:
                values |= json.loads(value)
            except (TypeError, ValueError) as error:
                raise ScenarioError(
                    _("values should be a JSON table"), layer="scenario",
                    place=str(given.get("id") or number + 1),
                ) from error  # fmt: skip
        else:
            values[key] = value
    if geometry is not None and not geometry.is_empty:
        parts = getattr(geometry, "geoms", [geometry])
        found["wkt"] = (parts[0] if len(parts) == 1 else geometry).wkt
        if crs:
            found["crs"] = crs
    return order, {**found, "values": values}


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or value == ""
