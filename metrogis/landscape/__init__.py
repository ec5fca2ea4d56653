"""Land: patches, metrics, resistance, least-cost ways, connectivity, current, width, growth.

Pure functions of rasters, geometries and tables. Modules load when first asked for:

>>> import metrogis.landscape as land
>>> nodes = {"id": ["a", "b"], "attribute": [3.0, 4.0]}
>>> links = {"i": ["a"], "j": ["b"], "cost": [100.0]}
>>> import pandas as pd
>>> found = land.connectivity.indices(
...     pd.DataFrame(nodes), pd.DataFrame(links), distance=100, probability=0.5)
>>> found.PC_numerator
37.0
"""

from __future__ import annotations

import importlib
from types import ModuleType

__all__ = [
    "connectivity",
    "current",
    "growth",
    "landcover",
    "leastcost",
    "metrics",
    "openings",
    "patches",
    "resistance",
    "sprawl",
    "width",
]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
