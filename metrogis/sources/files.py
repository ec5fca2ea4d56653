"""Files on disk: found, named safely, written whole or not at all, cached by content."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs

from metrogis import boundary, scratch
from metrogis.errors import SourceError
from metrogis.i18n import _


def cache_directory() -> Path:
    """Return the cache folder: ``METROGIS_CACHE``, else the user's cache."""
    own = os.environ.get("METROGIS_CACHE")
    return Path(own) if own else Path(platformdirs.user_cache_dir("metrogis"))


def resolve(base: Path, relative: str, *, layer: str) -> Path:
    """Return ``base / relative``, which must exist and stay inside ``base``.

    Raises
    ------
    SourceError
        When the file is not there, or the path leads out of the folder.
    """
    path = base / relative
    if Path(relative).is_absolute() or ".." in Path(relative).parts:
        raise SourceError(
            _("the path leads out of the data folder"),
            layer=layer,
            place=relative,
            remedy=_("give a path relative to the data folder"),
        )
    what = _("the path cannot be used")
    with boundary.reading(what, layer=layer, place=relative[:80]):
        there = path.exists()
    if not there:
        raise SourceError(
            _("there is no such file"),
            layer=layer,
            place=relative,
            remedy=_(
                "name the data folder (--data or METROGIS_DATA), fix path in the "
                'catalog, or declare missing = "reason"'
            ),
        )
    return path


def require_plain(path: Path, *, layer: str) -> None:
    """Raise unless ``path`` is a regular file or a folder: a pipe or a device never ends.

    Raises
    ------
    SourceError
    """
    what = _("the file cannot be opened")
    with boundary.reading(what, layer=layer, place=path.name):
        mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise SourceError(
            _("this is neither a plain file nor a folder"),
            layer=layer,
            place=path.name,
            remedy=_("name a plain file (no pipe, no device)"),
        )


_BESIDE = (
    ".shx", ".dbf", ".prj", ".cpg", ".qpj", ".sbn", ".sbx", ".qix",  # Shapefile
    ".gfs", ".xsd",  # GML
    ".tfw", ".tifw", ".wld", ".aux.xml", ".ovr", ".msk", ".rrd",  # rasters
    "-wal", "-journal",  # GeoPackage
)  # fmt: skip


def opened(paths: Sequence[Path]) -> list[Path]:
    """Return every file that is read when ``paths`` are: the files themselves and those beside.

    A Shapefile is several files, a raster may have its projection, mask or statistics in others; a
    folder stands for all its files. In a fixed order.

    Examples
    --------
    >>> [str(p) for p in opened([Path("no-such-folder/a.gpkg")])]
    ['no-such-folder/a.gpkg']
    """
    found: dict[Path, None] = {}
    for path in paths:
        found[path] = None
        if path.is_dir():
            continue
        for suffix in _BESIDE:
            for name in (path.name + suffix, path.stem + suffix, path.stem + suffix.upper()):
                other = path.with_name(name)
                if other.is_file():
                    found[other] = None
    return list(found)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name beside ``path`` and rename it on success; leave nothing on failure.

    Works for a file or a folder, whichever the caller makes under the temporary name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with scratch.folder(f".{path.name}.", where=path.parent) as holder:
        temporary = holder / path.name
        yield temporary
        if temporary.is_dir() and path.is_dir():
            old = holder / "old"
            path.rename(old)
            try:
                temporary.rename(path)
            except OSError:
                old.rename(path)
                raise
        else:
            os.replace(temporary, path)


def umask() -> int:
    """Return the mask of rights that new files lack.

    Temporary files are made for their owner alone; a published one gets the rights of any new file.
    The mask can be read only by setting it, so not while another thread makes files.
    """
    mask = os.umask(0)
    os.umask(mask)
    return mask


def settings_key(*parts: Any) -> str:
    """Return a short hash of settings, the name of a cache entry.

    Parameters
    ----------
    *parts : object
        What JSON can write (all else by ``str``); the order of keys of a dict does not matter.

    Examples
    --------
    >>> settings_key({"a": 1, "b": 2}) == settings_key({"b": 2, "a": 1})
    True
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
