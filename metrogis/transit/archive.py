"""The files of a timetable: a zip, a folder, or one of these inside a zip; nothing is unpacked.

Only the tables named by GTFS are read, into memory and within limits, so neither a path that climbs
out of the archive nor a zip bomb can do harm; both are refused.
"""

from __future__ import annotations

import io
import os
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from zlib_ng import zlib_ng

from metrogis import boundary
from metrogis.errors import SourceError
from metrogis.i18n import _
from metrogis.provenance import Audit, file_hash

TABLES = (
    "agency",
    "stops",
    "routes",
    "trips",
    "stop_times",
    "calendar",
    "calendar_dates",
    "frequencies",
    "shapes",
    "transfers",
    "feed_info",
    "booking_rules",
    "location_groups",
    "location_group_stops",
    "locations",
)
_SUFFIX = {"locations": ".geojson"}
_CORE = frozenset({"stops", "trips", "stop_times"})
_GIVE = _("give a GTFS zip or folder with stops.txt, trips.txt, stop_times.txt")


@dataclass(frozen=True)
class Limits:
    """What a timetable archive may hold; beyond it the archive is refused.

    Attributes
    ----------
    max_bytes : int
        Bytes of all tables read, inflated.
    max_files : int
        Number of entries.
    max_ratio : float
        Inflated over packed size of one entry of more than ``ratio_from`` bytes (timetables pack
        10 to 60 times; a bomb about 1000 times).
    ratio_from : int
        Bytes from which the ratio is looked at.
    """

    max_bytes: int = 4 << 30
    max_files: int = 10_000
    max_ratio: float = 300.0
    ratio_from: int = 10 << 20


@dataclass
class Archive:
    """Tables of one feed by GTFS name, each read on demand.

    Use :func:`open_archive`. ``entries`` maps a table to the name of its file inside.
    """

    path: Path
    layer: str
    limits: Limits
    entries: dict[str, str]
    inner: bytes | None = None
    audit: Audit = field(default_factory=Audit)
    used: int = 0

    def read(self, table: str) -> bytes | None:
        """Return the bytes of a table, or None where the feed has no such file.

        Raises
        ------
        SourceError
            If the entry is broken, encrypted or beyond the limits.
        """
        entry = self.entries.get(table)
        if entry is None:
            return None
        try:
            if self.path.is_dir():
                table_file = self.path / entry
                self._spend(table_file.stat().st_size)
                return table_file.read_bytes()
            with (
                self.path.open("rb") if self.inner is None else io.BytesIO(self.inner) as file,
                zipfile.ZipFile(file) as z,
            ):
                info = z.getinfo(entry)
                _check_ratio(info, self.limits, self.layer)
                self._spend(info.file_size)
                return _inflated(z, info, file) or z.read(info)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise _broken(self.layer, entry, error) from error
        except (RuntimeError, NotImplementedError) as error:  # encrypted, or a method unknown here
            raise SourceError(
                _("the entry cannot be unpacked (encrypted, or an unknown method)"),
                layer=self.layer,
                place=entry,
            ) from error
        except (OSError, KeyError) as error:
            raise _broken(self.layer, entry, error) from error

    def size(self, table: str) -> int:
        """Return the bytes of a table when unpacked, as the directory of the zip states them.

        Nothing is unpacked: feeds are ordered by the size of ``stop_times`` before any is read.

        Returns
        -------
        int
            0 where the feed has no such table or the file cannot be opened; :meth:`read` raises
            then.
        """
        entry = self.entries.get(table, "")
        try:
            if self.path.is_dir():
                return (self.path / entry).stat().st_size
            with zipfile.ZipFile(self.path if self.inner is None else io.BytesIO(self.inner)) as z:
                return z.getinfo(entry).file_size
        except (OSError, KeyError, zipfile.BadZipFile):
            return 0  # reading it will tell why

    def sha256(self) -> str:
        """Return the SHA-256 of the file or folder, for the record of sources.

        Raises
        ------
        SourceError
            If the file cannot be read.
        """
        try:
            return file_hash(self.path)
        except OSError as error:
            raise _broken(self.layer, self.path.name, error) from error

    def _spend(self, size: int) -> None:
        self.used += size
        if self.used > self.limits.max_bytes:
            raise SourceError(
                _("the tables hold more than {limit:0} bytes when unpacked").fill(
                    limit=self.limits.max_bytes
                ),
                layer=self.layer,
                place=self.path.name,
                remedy=_(
                    "cut the timetable to the metropolis; in Python: read_feed(max_bytes=...)"
                ),
            )


def open_archive(path: str | os.PathLike[str], *, layer: str, limits: Limits) -> Archive:
    """Find the GTFS tables in a zip or folder, at the top or one level below.

    Raises
    ------
    SourceError
        If there is no such file, no timetable in it, more than one, or if it is unsafe.
    """
    root = Path(path)
    if not root.exists():
        raise SourceError(
            _("there is no such file"),
            layer=layer,
            place=root.name,
            remedy=_GIVE,
        )
    try:
        return _folder(root, layer, limits) if root.is_dir() else _zip(root, layer, limits)
    except OSError as error:
        raise _broken(layer, root.name, error) from error


def _folder(root: Path, layer: str, limits: Limits) -> Archive:
    names = [p.name for p in root.iterdir() if p.is_file()]
    names += [
        f"{d.name}/{p.name}" for d in root.iterdir() if d.is_dir() for p in d.iterdir()
        if p.is_file()
    ]  # fmt: skip
    if len(names) > limits.max_files:
        raise _too_many(layer, root.name, limits)
    home = root.resolve()
    for name in names:
        if _table_of(name) and not (root / name).resolve().is_relative_to(home):
            raise _escape(layer, name)
    found = _choose(names, layer)
    if found is None:
        inner = [n for n in names if n.lower().endswith(".zip")]
        if len(inner) != 1:
            raise _several(layer, inner) if inner else _no_timetable(layer, root.name)
        if not (root / inner[0]).resolve().is_relative_to(home):
            raise _escape(layer, inner[0])
        archive = _zip(root / inner[0], layer, limits)
        what = _("the timetable is a zip in the folder")
        archive.audit = archive.audit.add(layer, "noted", 1, what, inner)
        return archive
    entries, audit = found
    return Archive(root, layer, limits, entries, audit=audit)


def _zip(root: Path, layer: str, limits: Limits) -> Archive:
    try:
        with zipfile.ZipFile(root) as z:
            names = _safe_names(z, layer, limits)
            found = _choose(names, layer)
            if found is not None:
                return Archive(root, layer, limits, found[0], audit=found[1])
            inner = [n for n in names if n.lower().endswith(".zip")]
            if len(inner) != 1:
                raise _no_timetable(layer, root.name) if not inner else _several(layer, inner)
            info = z.getinfo(inner[0])
            _check_ratio(info, limits, layer)
            if info.file_size > limits.max_bytes:
                raise _too_many(layer, inner[0], limits)
            data = z.read(info)
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            found = _choose(_safe_names(z, layer, limits), layer)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        if isinstance(error, SourceError):
            raise
        raise _broken(layer, root.name, error) from error
    except RuntimeError as error:
        raise _broken(layer, root.name, error) from error
    if found is None:
        raise _no_timetable(layer, f"{root.name}/{inner[0]}")
    audit = found[1].add(
        layer, "noted", 1,
        _("the timetable is a zip inside a zip"),
        inner,
    )  # fmt: skip
    return Archive(root, layer, limits, found[0], inner=data, audit=audit)


def _safe_names(z: zipfile.ZipFile, layer: str, limits: Limits) -> list[str]:
    infos = z.infolist()
    if len(infos) > limits.max_files:
        raise _too_many(layer, Path(z.filename or "zip").name, limits)
    for info in infos:
        name = info.filename.replace("\\", "/")
        if name.startswith("/") or re.match(r"^[A-Za-z]:", name) or ".." in name.split("/"):
            raise _escape(layer, info.filename)
    return [i.filename for i in infos if not i.is_dir()]


def _table_of(name: str) -> str | None:
    base = name.rsplit("/", 1)[-1].lower().strip()
    table, dot, suffix = base.rpartition(".")
    return table if table in TABLES and dot + suffix == _SUFFIX.get(table, ".txt") else None


def _choose(names: list[str], layer: str) -> tuple[dict[str, str], Audit] | None:
    """Pick the folder that holds the timetable: the top, else the only one that has its tables."""
    by_folder: dict[str, dict[str, str]] = {}
    twice: list[str] = []
    renamed: list[str] = []
    for name in names:
        folder, _unused, base = name.replace("\\", "/").rpartition("/")
        table = _table_of(base)
        if table is None or folder.startswith("__MACOSX") or folder.count("/") > 1:
            continue
        tables = by_folder.setdefault(folder, {})
        if table in tables:
            twice.append(name)
        if base != table + _SUFFIX.get(table, ".txt"):
            renamed.append(name)
        tables[table] = name
    whole = [f for f, tables in by_folder.items() if tables.keys() >= _CORE]
    if not whole:
        # the fullest folder, so that the error names the table that is missing
        partly = sorted(by_folder, key=lambda f: (-len(by_folder[f]), f))
        whole = [f for f in partly if by_folder[f].keys() & _CORE][:1]
    if not whole:
        return None
    if "" in whole:
        whole = [""]
    if len(whole) > 1:
        raise _several(layer, whole)
    audit = Audit()
    audit = audit.add(
        layer, "noted", int(whole[0] != ""),
        _("the timetable lies in a folder inside"), whole,
    )  # fmt: skip
    audit = audit.add(
        layer, "dropped", len(twice),
        _("file twice in the zip: last used"),
        twice,
    )  # fmt: skip
    audit = audit.add(
        layer, "noted", len(renamed),
        _("file name not as GTFS writes it"), renamed,
    )  # fmt: skip
    return by_folder[whole[0]], audit


def _inflated(z: zipfile.ZipFile, info: zipfile.ZipInfo, file: IO[bytes]) -> bytes | None:
    """Return an ordinary entry inflated by zlib-ng; None leaves it, and its errors, to zipfile."""
    if info.compress_type != zipfile.ZIP_DEFLATED or info.file_size < _WORTH:
        return None
    z.open(info).close()  # looks whether the entry's own header is in order
    file.seek(info.header_offset)
    header = file.read(30)
    file.seek(sum(struct.unpack("<HH", header[26:])), io.SEEK_CUR)
    engine = zlib_ng.decompressobj(-zlib_ng.MAX_WBITS)
    try:
        data = engine.decompress(file.read(info.compress_size), info.file_size)
    except (zlib_ng.error, EOFError):  # type: ignore[misc]  # made by the C part
        return None
    whole = len(data) == info.file_size and zlib_ng.crc32(data) == info.CRC
    return data if whole else None


_WORTH = 1 << 16
"""Bytes; smaller entries are as quickly read by zipfile."""


def _check_ratio(info: zipfile.ZipInfo, limits: Limits, layer: str) -> None:
    big = info.file_size > limits.ratio_from
    if big and info.file_size > limits.max_ratio * max(info.compress_size, 1):
        raise SourceError(
            _("the entry unpacks to more than {ratio:0} times its size (a zip bomb)").fill(
                ratio=limits.max_ratio
            ),
            layer=layer,
            place=info.filename,
            remedy=_("check the origin; unpack a file that you trust, and name the folder"),
        )


def _broken(layer: str, place: str, error: Exception) -> SourceError:
    return SourceError(
        _("cannot be read: {why}").fill(why=boundary.why(error)),
        layer=layer,
        place=place,
        remedy=_GIVE,
    )


def _no_timetable(layer: str, place: str) -> SourceError:
    return SourceError(
        _("there is no GTFS timetable here"),
        layer=layer,
        place=place,
        remedy=_GIVE,
    )


def _several(layer: str, found: list[str]) -> SourceError:
    return SourceError(
        _("there is more than one timetable here"),
        layer=layer,
        place=", ".join(sorted(found)[:5]),
        remedy=_("unpack them and give a list of paths"),
    )


def _escape(layer: str, place: str) -> SourceError:
    return SourceError(
        _("the path leads out of the archive"),
        layer=layer,
        place=place,
        remedy=_("do not trust this file"),
    )


def _too_many(layer: str, place: str, limits: Limits) -> SourceError:
    return SourceError(
        _("the archive is beyond the limits ({files:0} files, {size:0} bytes)").fill(
            files=limits.max_files, size=limits.max_bytes
        ),
        layer=layer,
        place=place,
    )
