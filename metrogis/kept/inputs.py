"""What an answer depends on, as hashes."""

from __future__ import annotations

import hashlib
import importlib.metadata
import inspect
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from metrogis import provenance
from metrogis.catalog import feeds, lock
from metrogis.catalog.models import MissingLayer
from metrogis.catalog.paths import resolved
from metrogis.checks.contract import Check
from metrogis.errors import MetrogisError
from metrogis.metro import Metro
from metrogis.sources import files

_PACKAGE = Path(__file__).resolve().parents[1]
_LIBRARIES = ("geopandas", "numpy", "osmium", "pandas", "pyarrow", "pyogrio", "pyproj", "rasterio",
              "scipy", "shapely")  # fmt: skip
"""Libraries whose versions may change a number."""

_OF_TIME = ("fetched", "etag", "modified", "software")
"""Of the lock: when and by what a file came says nothing of what is in it."""


@dataclass(frozen=True)
class Trace:
    """What an answer was computed from; equal traces, equal answers.

    Attributes
    ----------
    program : str
        Hash of this program, the check's own files and the versions of libraries.
    settings : str
        Hash of the ``[metro]`` table (but for names) and all parameters of the check.
    layers : mapping of str to str
        Layer -> hash, of each layer that was asked for, there or not.
    """

    program: str
    settings: str
    layers: Mapping[str, str]


class Hashes:
    """Hashes of a metropolis's layers, each taken once: files do not change during a run."""

    def __init__(self, metro: Metro) -> None:
        self._metro = metro
        self._layers: dict[str, str] = {}

    def layer(self, name: str) -> str:
        """Return the hash of what the catalog says of a layer, and of the bytes of its files."""
        if name not in self._layers:
            self._layers[name] = _of_layer(self._metro, name)
        return self._layers[name]

    def trace(self, check: Check, given: Mapping[str, Any], layers: Iterable[str]) -> Trace:
        """Return what an answer depends on, as it is now.

        Parameters
        ----------
        check : Check
        given : mapping
            Parameters that win over those of the catalog.
        layers : iterable of str

        Raises
        ------
        ParameterError
            For parameters that do not fit.
        """
        info = self._metro.info.model_dump(mode="json", exclude={"name", "note", "groups"})
        parameters = self._metro.parameters_of(check.id, given).model_dump(mode="json")
        return Trace(
            files.settings_key(_of_program(), _of_check(check)),
            files.settings_key(check.id, info, parameters),
            {name: self.layer(name) for name in sorted(layers)},
        )


def _of_layer(metro: Metro, name: str) -> str:
    declared = metro.catalog.layers.get(name)
    if declared is None:
        return "not in the catalog"
    says = [type(declared).__name__, declared.model_dump(mode="json")]
    if isinstance(declared, MissingLayer) or metro.reason(name) is not None:
        return files.settings_key(*says)
    try:
        says += [
            [path.name, provenance.file_hash(path)]
            for path in files.opened(resolved(metro, name, declared))
        ]
        # lists of feeds have files of their own; the lock says what may not have come
        says += [
            repr(feeds.listed(metro.directory, origin, layer=name))
            for origin in feeds.lists_of(declared)
        ]
        entries = lock.read(metro.directory).values()
        says += [
            {key: value for key, value in asdict(entry).items() if key not in _OF_TIME}
            for entry in entries
            if entry.layer == name
        ]
    except (MetrogisError, OSError) as error:
        says.append(f"unreadable: {error}")
    return files.settings_key(*says)


@cache
def _of_program() -> str:
    """Return the hash of this package's modules and of the versions of libraries."""
    digest = _digest(sorted(_PACKAGE.rglob("*.py")), _PACKAGE)
    return files.settings_key(digest, [importlib.metadata.version(name) for name in _LIBRARIES])


def _of_check(check: Check) -> str:
    """Return the hash of the modules that a check from outside is made of; empty for our own."""
    try:
        file = Path(inspect.getsourcefile(inspect.unwrap(check.function)) or "").resolve()
    except TypeError:
        return ""
    if not file.is_file() or file.is_relative_to(_PACKAGE):
        return ""
    top = file.parent
    if not (top / "__init__.py").is_file():
        return _digest([file], top)
    while (top.parent / "__init__.py").is_file():
        top = top.parent
    return _digest(sorted(top.rglob("*.py")), top)


def _digest(paths: Iterable[Path], base: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        head = json.dumps([path.relative_to(base).as_posix(), len(content)])
        digest.update(head.encode() + b"\n" + content)
    return digest.hexdigest()
