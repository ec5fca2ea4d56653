"""A plan for the invented metropolis, with effects that are true by construction.

It undoes some of what is planted, and does one harm: a footbridge to the village behind the river,
a line to the village without a stop, enough departures for the village with too few; and the only
line of the village that is served on working days alone is given up.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from metrogis.demo.frame import CRS
from metrogis.demo.world import World

FILE = "plan.toml"
NAME = "Plan transportowy"

_MORE = ("06:10", "07:10", "08:10", "10:10", "12:10", "14:10", "15:10", "16:10", "18:10", "20:10")
"""Departures that serve any village: ten a day, some in the morning and some in the afternoon."""


def write_plan(world: World, folder: Path, truth: list[dict[str, Any]]) -> dict[str, Any]:
    """Write ``plan.toml``; return its effects, as they stand in ``truth.json``.

    Returns
    -------
    dict
        ``file``, ``name``, ``cost``, and ``effects``: one entry a change, with ``id``, ``check``,
        the village's ``teryt``, ``x``, ``y`` and ``people``, and the ``state`` of its residents on
        school days ``before`` and ``after``.
    """
    changes, effects = [], []
    for found in truth:
        change = _change(world, found)
        if change is None:
            continue
        changes.append(change)
        worse = change["do"] == "remove_line"
        effects.append(
            {
                "id": change["id"], "check": "white_spots", "teryt": found["teryt"],
                "x": found["x"], "y": found["y"], "people": found["people"],
                "before": "served" if worse else "white", "after": "white" if worse else "served",
            }
        )  # fmt: skip
    lines = ["# What a plan would change in the invented metropolis; its effects: truth.json.",
             "", "[scenario]", f'name = "{NAME}"']  # fmt: skip
    for change in changes:
        lines += ["", "[[change]]", *(f"{k} = {_toml(v)}" for k, v in change.items())]
    (folder / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    cost = float(sum(change["cost"] for change in changes))
    return {"file": FILE, "name": NAME, "cost": cost, "effects": effects}


def _change(world: World, found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the change that undoes a plant, or does the harm; None for other plants."""
    kind, x, y = found["kind"], found["x"], found["y"]
    if kind == "white_barrier" and "footbridge" in found:
        return {
            "id": "footbridge", "do": "add_path", "path": found["footbridge"], "crs": CRS,
            "values": {"name": "Kładka", "modes": ["walk", "bike"]}, "cost": 6.0,
        }  # fmt: skip
    if kind == "white_no_stop":
        return {
            "id": "line-920", "do": "add_line", "path": [[x, y], _seat(world, found)], "crs": CRS,
            "values": {
                "name": "920", "mode": "bus", "spacing": 600, "speed": 24, "headway": 30,
                "start": "05:00", "end": "22:00",
            },
            "cost": 2.4,
        }  # fmt: skip
    if kind == "white_too_few":
        return {
            "id": "line-921", "do": "add_line", "path": [[x, y], _seat(world, found)], "crs": CRS,
            "values": {"name": "921", "spacing": 900, "departures": list(_MORE)}, "cost": 0.9,
        }  # fmt: skip
    if kind == "white_weekdays_only":
        line = next(line for line in world.lines if line.plant == "weekdays_only")
        return {"id": "given-up", "do": "remove_line", "target": line.name, "cost": 0.0}
    return None


def _seat(world: World, found: Mapping[str, Any]) -> list[float]:
    """Return the seat of the municipality, where a line ends."""
    towns = world.settled.municipalities
    row = int(np.flatnonzero(towns["teryt"].to_numpy() == found["teryt"])[0])
    seat = world.settled.places.iloc[int(towns["seat"].iloc[row])]
    return [round(float(seat["x"]), 1), round(float(seat["y"]), 1)]


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return str(value)
