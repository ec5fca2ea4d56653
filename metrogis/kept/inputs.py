"""What an answer depends on, as hashes."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import inspect
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from metrogis import provenance
from metrogis.catalog import feeds, lock
from metrogis.catalog.models import MissingLayer
from metrogis.catalog.paths import content_hash, resolved
from metrogis.checks.contract import Check
from metrogis.errors import MetrogisError, SourceError
from metrogis.i18n import _
from metrogis.metro import Metro
from metrogis.sources import files

_PACKAGE = Path(__file__).resolve().parents[1]
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_MADE = "__pycache__"
"""Folder of what is made of modules: it says nothing new."""

_OF_TIME = ("fetched", "etag", "modified", "software")
"""Of the lock: when and by what a file came says nothing of what is in it."""


@dataclass(frozen=True)
class Trace:
    """What an answer was computed from; equal traces, equal answers.

    Attributes
    ----------
    program : str
        Hash of this program, the check's own files and the versions of Python and libraries.
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
        self._contents: dict[str, str] = {}

    def layer(self, name: str) -> str:
        """Return the hash of what the catalog says of a layer, and of the bytes of its files."""
        if name not in self._layers:
            changes = self._metro.changes_of(name)
            own = self._of_layer(name)
            self._layers[name] = files.settings_key(own, changes) if changes else own
        return self._layers[name]

    def require_unchanged(self, names: Iterable[str]) -> None:
        """Raise when the files of a layer are not those that were read.

        Raises
        ------
        SourceError
        """
        for name in sorted(names):
            read = provenance.source_of(self._metro.root.loaded(name), name).sha256
            self.layer(name)
            if read and read != self._contents.get(name):
                raise SourceError(
                    _("the files changed after they were read"),
                    layer=name,
                    remedy=_("open the metropolis, and run it, again"),
                )

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
            files.settings_key(program(), _of_check(check)),
            files.settings_key(check.id, info, parameters),
            {name: self.layer(name) for name in sorted(layers)},
        )

    def _of_layer(self, name: str) -> str:
        metro = self._metro
        declared = metro.catalog.layers.get(name)
        if declared is None:
            return "not in the catalog"
        says = [type(declared).__name__, declared.model_dump(mode="json")]
        if isinstance(declared, MissingLayer) or metro.reason(name) is not None:
            return files.settings_key(*says)
        try:
            paths = resolved(metro, name, declared)
            self._contents[name] = content_hash(paths)
            says += [[path.name for path in files.opened(paths)], self._contents[name]]
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
def program() -> str:
    """Return the hash of this package's files and of the versions of what it computes with.

    All its files: tables of rules and translations are in answers as much as modules are.
    """
    return files.settings_key(_of_folder(_PACKAGE), sys.version_info[:3], _versions("metrogis"))


def _versions(distribution: str) -> list[str]:
    """Return the versions of the libraries that a distribution always needs, where installed."""
    try:
        requirements = importlib.metadata.requires(distribution) or []
    except importlib.metadata.PackageNotFoundError:  # run from its sources: of all there are
        return sorted(f"{one.name} {one.version}" for one in importlib.metadata.distributions())
    found = []
    for needed in requirements:
        name, optional = _NAME.match(needed), "extra ==" in needed
        if name is not None and not optional:
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                found.append(f"{name[0]} {importlib.metadata.version(name[0])}")
    return sorted(found)


def _of_check(check: Check) -> str:
    """Return the hash of the files that a check from outside is made of; empty for our own."""
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
    return _of_folder(top)


def _of_folder(folder: Path) -> str:
    found = (p for p in folder.rglob("*") if _MADE not in p.parts and p.is_file())
    return _digest(sorted(found), folder)


def _digest(paths: Iterable[Path], base: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        head = json.dumps([path.relative_to(base).as_posix(), len(content)])
        digest.update(head.encode() + b"\n" + content)
    return digest.hexdigest()
