"""One file out of a zip that was fetched, by a pattern."""

from __future__ import annotations

import fnmatch
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from metrogis import boundary
from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.sources import gdal

_CHUNK = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)


def take(archive: Path, pattern: str, target: Path, *, layer: str, max_bytes: int) -> str:
    """Write the file of a zip that a pattern names, and return its name.

    Where ``target`` is a zip and the file is none, the files of the same name with other endings go
    along (a Shapefile is several files).

    Parameters
    ----------
    archive : Path
    pattern : str
        Name or path inside, ``*`` stands for anything; case does not matter.
    target : Path
        Must not exist yet.
    layer : str
        Name used in messages.
    max_bytes : int
        Most bytes that are unpacked.

    Raises
    ------
    SourceError
        For what is no zip, holds too much, or has no such file or several.
    """
    what = _("the archive cannot be opened")
    with boundary.reading(what, layer=layer), zipfile.ZipFile(archive) as opened:
        entries = [e for e in opened.infolist() if not e.is_dir() and gdal.stays_inside(e)]
        if len(entries) > gdal.MAX_ARCHIVE_FILES:
            raise _wrong(_("the archive holds too many files"), layer)
        found = _matching(entries, pattern)
        if len(found) != 1:
            shown = ", ".join(e.filename for e in (found or entries)[:12]) or "-"
            raise _wrong(
                _("{count} files of the archive fit member '{pattern}'; there are: {shown}").fill(
                    count=len(found), pattern=pattern, shown=shown
                ),
                layer,
            )
        chosen = found[0]
        if target.suffix.lower() == ".zip" and not chosen.filename.lower().endswith(".zip"):
            _repacked(opened, _beside(entries, chosen), target, layer, max_bytes)
        else:
            with target.open("wb") as out:
                for piece in _pieces(opened, chosen, layer, max_bytes):
                    out.write(piece)
    return chosen.filename


def _matching(entries: list[zipfile.ZipInfo], pattern: str) -> list[zipfile.ZipInfo]:
    """Return the entries whose path, else whose name, fits a pattern."""
    wanted = pattern.casefold()
    paths = [e for e in entries if fnmatch.fnmatchcase(e.filename.casefold(), wanted)]
    exact = [e for e in paths if e.filename.casefold() == wanted]
    names = [
        e for e in entries
        if fnmatch.fnmatchcase(PurePosixPath(e.filename).name.casefold(), wanted)
        and "__MACOSX" not in e.filename
    ]  # fmt: skip
    return exact or names or paths


def _beside(entries: list[zipfile.ZipInfo], chosen: zipfile.ZipInfo) -> list[zipfile.ZipInfo]:
    at = PurePosixPath(chosen.filename)
    return [
        e for e in entries
        if PurePosixPath(e.filename).parent == at.parent
        and PurePosixPath(e.filename).name.split(".")[0] == at.name.split(".")[0]
    ]  # fmt: skip


def _repacked(
    opened: zipfile.ZipFile,
    entries: list[zipfile.ZipInfo],
    target: Path,
    layer: str,
    max_bytes: int,
) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for entry in entries:
            # no date of today: the same content is the same bytes
            info = zipfile.ZipInfo(PurePosixPath(entry.filename).name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            with out.open(info, "w", force_zip64=True) as stream:
                for piece in _pieces(opened, entry, layer, max_bytes):
                    stream.write(piece)
                    max_bytes -= len(piece)


def _pieces(
    opened: zipfile.ZipFile, entry: zipfile.ZipInfo, layer: str, most: int
) -> Iterator[bytes]:
    """Give the bytes of an entry; more than allowed end it, whatever the archive says of itself."""
    size = 0
    with opened.open(entry) as source:
        while piece := source.read(_CHUNK):
            size += len(piece)
            if size > most:
                raise _wrong(
                    _("{name} exceeds {value} MB when unpacked").fill(
                        name=entry.filename, value=most >> 20
                    ),
                    layer,
                )
            yield piece


def _wrong(what: Text, layer: str) -> SourceError:
    return SourceError(what, layer=layer, remedy=_("fix member in the catalog, or raise max_mb"))
