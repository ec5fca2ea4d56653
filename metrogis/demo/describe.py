"""The demo's catalog."""

from __future__ import annotations

import json
from typing import Any

from metrogis.demo.frame import CRS

_COMMON = {
    "licence": "MIT",
    "attribution": "metrogis: invented data, no real place",
    "date": "2024-11-13",
    "redistribute": "yes",
}
PARAMETERS: dict[str, dict[str, Any]] = {
    # forests and waters of the demo's own classes of land cover
    "housing_balance": {"unbuildable_values": [7, 8, 9, 10]},
    "social_access": {"unbuildable_values": [7, 8, 9, 10]},
}
_NAME = {
    "pl": "Metropolia Zatoki Bursztynowej (wymyślona)",
    "en": "Amber Bay Metropolis (invented)",
}


def catalog(
    size: str, seed: int, bbox: tuple[float, float, float, float], layers: dict[str, dict[str, Any]]
) -> str:
    """Return the text of the demo's ``catalog.toml``.

    Parameters
    ----------
    size : str
    seed : int
    bbox : (float, float, float, float)
        West, south, east, north in degrees.
    layers : dict of dict
        Entries of each layer; what all share (licence, date) is added but for a layer that is
        ``missing`` on purpose.
    """
    note = {
        "pl": f"Dane wymyślone, rozmiar {size}, ziarno {seed}.",
        "en": f"Invented data, size {size}, seed {seed}.",
    }
    box = ", ".join(f"{v:.3f}" for v in bbox)
    lines = [
        "# An invented metropolis, written by `metrogis demo`. What is planted in it: truth.json.",
        "",
        "[metro]",
        'id = "demo"',
        f"name = {_value(_NAME)}",
        f'crs = "{CRS}"',
        'country = "PL"',
        f"bbox = [{box}]",
        'date = "2024-11-13"',
        'data = "beside"',
        f"note = {_value(note)}",
    ]
    for check, values in PARAMETERS.items():
        lines += ["", f"[parameters.{check}]"]
        lines += [f"{key} = {_value(value)}" for key, value in values.items()]
    for name, layer in layers.items():
        lines += ["", f"[layers.{name}]"]
        for key, value in (layer if "missing" in layer else {**_COMMON, **layer}).items():
            lines.append(f"{key} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
