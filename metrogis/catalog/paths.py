"""Where the files of a layer are: names of a catalog as paths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrogis import provenance
from metrogis.catalog import feeds
from metrogis.errors import MetrogisError, SourceError
from metrogis.i18n import _
from metrogis.sources import files

if TYPE_CHECKING:
    from metrogis.catalog.opened import Opened

_READ_FOLDERS = ("gtfs", "app_gml", "gbfs", "file")
"""Drivers whose path may be a folder."""


def paths_of(metro: Opened, layer: Any) -> list[Path]:
    """Return where the files of a layer should be."""
    base = base_of(metro, layer)
    try:
        return [base / p for p in _names(metro, layer.driver, layer)]
    except MetrogisError:  # of a list of feeds: told when the layer is read
        return [base / layer.path]


def _names(metro: Opened, name: str, layer: Any) -> tuple[str, ...]:
    """Return the files of a layer; of a list of timetables those that are there."""
    named = (layer.path, *getattr(layer, "more", ()))
    if layer.driver != "gtfs":
        return named
    return feeds.present(metro.directory, base_of(metro, layer), layer, name=name).files or named


def base_of(metro: Opened, layer: Any) -> Path:
    """Return the folder that the path of a layer starts from."""
    if layer.data is not None:
        return metro.directory / layer.data  # an absolute path stays what it is
    if layer.base == "catalog":
        return metro.directory
    return metro.data if layer.base == "data" else metro.data.resolve().parent


def resolved(metro: Opened, name: str, layer: Any) -> list[Path]:
    """Return the files of a layer, which must be there.

    Raises
    ------
    SourceError
        For a path that leads nowhere or out of its folder, a pipe or device, or a folder where the
        driver reads files.
    """
    base = base_of(metro, layer)
    paths = [files.resolve(base, p, layer=name) for p in _names(metro, name, layer)]
    folders = layer.driver in _READ_FOLDERS
    for path in paths:
        files.require_plain(path, layer=name)
        if path.is_dir() and not (folders or path.suffix.lower() == ".gdb"):
            raise SourceError(
                _("this is a folder, not a file"),
                layer=name,
                place=path.name,
                remedy=_("name one file with path, further ones with more"),
            )
    return paths


def content_hash(paths: list[Path]) -> str:
    """Return the hash of the bytes of files, and of those that are read beside them."""
    hashes = [provenance.file_hash(path) for path in files.opened(paths)]
    return hashes[0] if len(hashes) == 1 else files.settings_key(hashes)
