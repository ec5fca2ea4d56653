"""What GDAL may open: a few formats, each known by extension and content, nothing beyond the file.

GDAL recognises a format by what is in a file, whatever its name: a text that describes a virtual
data set, named ``municipalities.gpkg``, would be followed to files outside the data folder or to
the network. So a file reaches GDAL only when its first bytes are those of the format its extension
promises; the two GDAL libraries here (pyogrio's and rasterio's) are guarded alike.
"""

from __future__ import annotations

import re
import sqlite3
import stat
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from metrogis import boundary, scratch
from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.sources.files import require_plain

HEAD = 65_536
"""Bytes looked at to recognise a format."""
MAX_RASTER_BYTES = 4 << 30
"""Largest band that is read, uncompressed: 4 GiB hold 32,768 x 32,768 cells of 4 bytes."""
MAX_FEATURES = 20_000_000
"""Most features of one layer: Poland has 15 million buildings."""
MAX_ARCHIVE_BYTES = 8 << 30
"""Most bytes that an archive may unpack to."""
MAX_ARCHIVE_FILES = 10_000
_SQLITE_STEPS = 100_000
_SQLITE_CALLS = 10_000
"""A view of a GeoPackage may take a thousand million steps of SQLite (some ten seconds)."""
_SQLITE_LONGEST = 100_000_000
"""Most bytes of a value that a view computes."""


@dataclass(frozen=True)
class Format:
    """A file format that may be opened: its drivers in GDAL, and how it is recognised."""

    kind: Literal["vector", "raster"]
    drivers: tuple[str, ...]
    magic: tuple[bytes, ...] = ()
    text: Literal["", "json", "xml", "grid"] = ""


_TIFF = Format("raster", ("GTiff",), (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"))
_JSON = Format("vector", ("GeoJSON", "GeoJSONSeq", "TopoJSON", "ESRIJSON", "JSONFG"), text="json")
FORMATS: dict[str, Format] = {
    ".gpkg": Format("vector", ("GPKG",), (b"SQLite format 3\0",)),
    ".geojson": _JSON,
    ".json": _JSON,
    ".shp": Format("vector", ("ESRI Shapefile",), (b"\x00\x00\x27\x0a",)),
    ".fgb": Format("vector", ("FlatGeobuf",), (b"fgb",)),
    ".gml": Format("vector", ("GML",), text="xml"),
    ".kml": Format("vector", ("KML", "LIBKML"), text="xml"),
    ".gpx": Format("vector", ("GPX",), text="xml"),
    ".gdb": Format("vector", ("OpenFileGDB",)),
    ".parquet": Format("vector", (), (b"PAR1",)),
    ".geoparquet": Format("vector", (), (b"PAR1",)),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".asc": Format("raster", ("AAIGrid",), text="grid"),
}

_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".parquet")

_PROMISED = {
    ".gml": re.compile(rb"opengis\.net/gml"),
    ".kml": re.compile(rb"<(\w+:)?kml[\s>]"),
    ".gpx": re.compile(rb"<(\w+:)?gpx[\s>]"),
}
_DECLARATIONS = re.compile(rb"<!(DOCTYPE|ENTITY)", re.I)
_FOREIGN_ROOT = re.compile(
    rb"<\s*(OGRVRT\w*|VRT\w*|GDAL_\w*|WMS_\w*|WCS_\w*|OGRWFS\w*|CSW\w*)[\s>/]", re.I
)


def require_allowed(path: Path, *, layer: str, kind: Literal["vector", "raster"]) -> Format:
    """Return the format of a file that GDAL may open.

    Parameters
    ----------
    path : Path
        A file, or a folder for ``.gdb``.
    layer : str
        Name used in messages.
    kind : {"vector", "raster"}

    Raises
    ------
    SourceError
        When the extension is not of an allowed format of that kind, or the content is not what
        the extension promises.
    """
    require_plain(path, layer=layer)
    found = FORMATS.get(path.suffix.lower())
    if found is None or found.kind != kind:
        allowed = ", ".join(ext for ext, f in FORMATS.items() if f.kind == kind)
        raise _refused(
            path,
            layer,
            _("format '{suffix}' is not opened").fill(suffix=path.suffix),
            remedy=_("convert the file; read are: {allowed} (also inside .zip)").fill(
                allowed=allowed
            ),
        )
    # a geodatabase is a folder; every other format is one file
    if path.suffix.lower() == ".gdb":
        if not path.is_dir() or not any(path.glob("*.gdbtable")):
            raise _not_what_it_says(path, layer)
        return found
    if path.is_dir():
        raise _not_what_it_says(path, layer)
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if not _recognised(head, path.suffix.lower(), found):
        raise _not_what_it_says(path, layer)
    if path.suffix.lower() == ".gpkg":
        _require_plain_geopackage(path, layer)
    return found


def _recognised(head: bytes, suffix: str, found: Format) -> bool:
    if found.magic:
        return head.startswith(found.magic)
    # formats of text have no magic number: what the file begins with must be of its kind
    body = _as_utf8(head).lstrip()
    if found.text == "json":
        return body[:1] in (b"{", b"[")
    if found.text == "grid":
        return re.match(rb"(ncols|nrows|xll\w+|yll\w+|cellsize|dx|dy)\s", body, re.I) is not None
    return (
        body.startswith(b"<")
        and _DECLARATIONS.search(body) is None
        and _FOREIGN_ROOT.search(body) is None
        and _PROMISED[suffix].search(body) is not None
    )


def _as_utf8(head: bytes) -> bytes:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"),
                           (b"\xfe\xff", "utf-16-be")):  # fmt: skip
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "replace").encode("utf-8", "replace")
    return head


def _require_plain_geopackage(path: Path, layer: str) -> None:
    """Refuse virtual tables, which may lead elsewhere, and views that take too long."""
    # immutable: neither locks nor a journal are made beside the user's file
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as base:
            rows = base.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            for kind, name, sql in rows:
                words = " ".join(str(sql or "").split()).lower()
                if words.startswith("create virtual table") and " using rtree" not in words:
                    raise _refused(
                        path,
                        layer,
                        _("virtual table '{name}'").fill(name=name),
                        remedy=_("save it as a plain table"),
                    )
                if kind == "view":
                    _require_quick_view(base, path, str(name), layer)
    except sqlite3.Error as error:
        raise _refused(
            path,
            layer,
            _("the GeoPackage is damaged"),
        ) from error


def _require_quick_view(base: sqlite3.Connection, path: Path, name: str, layer: str) -> None:
    """Run a view whole, listed or not: GDAL may offer both, and reads every column of each row."""
    calls = 0

    def stop() -> bool:
        nonlocal calls
        calls += 1
        return calls > _SQLITE_CALLS

    # SQLite asks every so many steps whether to go on: a query without end is stopped by number,
    # not by time, so that the verdict is the same on every machine
    base.set_progress_handler(stop, _SQLITE_STEPS)
    base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _SQLITE_LONGEST)
    quoted = name.replace('"', '""')
    try:
        for _unused in base.execute(f'SELECT * FROM "{quoted}"'):
            pass
    except (sqlite3.Error, OverflowError, UnicodeError, MemoryError) as error:
        if "no such function" in str(error):  # of GDAL or SpatiaLite: read by them, or not at all
            return
        why = (
            _("its query takes too long") if calls > _SQLITE_CALLS else _("its query cannot be run")
        )
        raise _refused(
            path,
            layer,
            _("view '{name}': {why}").fill(name=name, why=why),
            remedy=_("save the view as a table"),
        ) from error
    finally:
        base.set_progress_handler(None, 0)


# --------------------------------------------------------------------------- archives


@contextmanager
def unpacked(
    path: Path, *, layer: str, kind: Literal["vector", "raster", "table"], member: str | None = None
) -> Iterator[Path]:
    """Give the file that a path stands for: itself, or the one inside a ``.zip``.

    Parameters
    ----------
    path : Path
    layer : str
    kind : {"vector", "raster", "table"}
        Which formats are looked for in an archive.
    member : str, optional
        File inside the archive; needed when it holds several.

    Raises
    ------
    SourceError
        When the archive is damaged, unpacks to too much, leads out of its folder, or does not
        hold the file: the message lists what it holds.
    """
    require_plain(path, layer=layer)
    if path.suffix.lower() != ".zip":
        if member is not None:
            raise _refused(
                path,
                layer,
                _("'member' is for .zip archives"),
            )
        yield path
        return
    what = _("the archive cannot be opened")
    with scratch.folder() as folder:
        with boundary.reading(what, layer=layer, place=path.name):
            file = _extract(path, folder, layer, kind, member)
        yield file


def _member(
    path: Path, layer: str, safe: Mapping[str, Any], offered: Sequence[str], member: str | None
) -> str:
    """Return the member to read: the one that is named, else the only one there is."""
    chosen = member if member is not None else (offered[0] if len(offered) == 1 else None)
    if chosen is not None and (chosen in offered or chosen in safe):
        return chosen
    shown = ", ".join(offered[:12]) or "-"
    if member is not None:
        what = _("the archive has no '{member}'; there are: {shown}").fill(
            member=member, shown=shown
        )
    elif offered:
        what = _("the archive holds several files: {shown}").fill(shown=shown)
    else:
        what = _("the archive holds no file that is read")
    raise _refused(path, layer, what, remedy=_("name one with member"))


def _extract(path: Path, folder: Path, layer: str, kind: str, member: str | None) -> Path:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise _refused(path, layer, _("the archive is damaged")) from error
    with archive:
        entries = [e for e in archive.infolist() if not e.is_dir()]
        # sizes as the archive states them; _copy_out holds the copy itself to them
        if (
            len(entries) > MAX_ARCHIVE_FILES
            or sum(e.file_size for e in entries) > MAX_ARCHIVE_BYTES
        ):
            raise _refused(
                path,
                layer,
                _("the archive unpacks to more than {value} GiB or {max_archive_files} files").fill(
                    value=MAX_ARCHIVE_BYTES >> 30, max_archive_files=MAX_ARCHIVE_FILES
                ),
            )
        safe = {e.filename: e for e in entries if stays_inside(e)}
        wanted = PurePosixPath(_member(path, layer, safe, _offered(safe, kind), member))
        for name, entry in safe.items():
            at = PurePosixPath(name)
            # a Shapefile is several files of one name
            beside = (
                at.parent == wanted.parent and at.name.split(".")[0] == wanted.name.split(".")[0]
            )
            inside = wanted.suffix.lower() == ".gdb" and wanted in at.parents
            if beside or inside:
                target = folder.joinpath(*at.parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                _copy_out(archive, entry, target, path, layer)
    return folder.joinpath(*wanted.parts)


def stays_inside(entry: zipfile.ZipInfo) -> bool:
    """Tell whether an entry of an archive is a plain file that lands below the folder."""
    at = PurePosixPath(entry.filename.replace("\\", "/"))
    # the upper half of the attributes is the mode that Unix gave the entry
    link = stat.S_ISLNK(entry.external_attr >> 16)
    drive = ":" in at.parts[0] if at.parts else True
    return not (at.is_absolute() or ".." in at.parts or link or drive)


def _offered(names: dict[str, Any], kind: str) -> list[str]:
    """Files of an archive that can be read, geodatabase folders among them."""
    found: dict[str, None] = {}
    for name in names:
        at = PurePosixPath(name)
        # files inside a geodatabase are parts of it, not layers of their own
        base = next((p for p in at.parents if p.suffix.lower() == ".gdb"), None)
        known = FORMATS.get(at.suffix.lower())
        hidden = at.name.startswith(".") or "__MACOSX" in at.parts
        if kind == "table" and at.suffix.lower() in _TABLES and not hidden:
            found[name] = None
        if base is not None and kind == "vector":
            found[str(base)] = None
        elif base is None and known is not None and known.kind == kind and not hidden:
            found[name] = None
    return list(found)


def _copy_out(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, path: Path, layer: str
) -> None:
    left = MAX_ARCHIVE_BYTES
    try:
        with archive.open(entry) as source, target.open("wb") as out:
            while chunk := source.read(1 << 20):
                left -= len(chunk)
                if left < 0:
                    raise zipfile.BadZipFile("larger than it says")
                out.write(chunk)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise _refused(
            path,
            layer,
            _("the archive is damaged at {filename}: {why}").fill(
                filename=entry.filename, why=boundary.why(error)
            ),
        ) from error


# --------------------------------------------------------------------------- rasters


@contextmanager
def open_raster(path: Path, *, layer: str, member: str | None = None) -> Iterator[Any]:
    """Open a raster with rasterio: an allowed format by its own driver, no larger than it may be.

    Raises
    ------
    SourceError
        As :func:`require_allowed`, :func:`unpacked`; when the file cannot be opened, or a band
        would take more than :data:`MAX_RASTER_BYTES`.
    """
    import numpy as np
    import rasterio

    with unpacked(path, layer=layer, kind="raster", member=member) as file:
        found = require_allowed(file, layer=layer, kind="raster")
        what = _("the raster cannot be opened")
        with boundary.reading(what, layer=layer, place=path.name):
            data = rasterio.open(file, driver=found.drivers[0])
        with data:
            size = max((np.dtype(kind).itemsize for kind in data.dtypes), default=1)
            if data.width * data.height * size > MAX_RASTER_BYTES:
                raise _refused(
                    path,
                    layer,
                    _(
                        "a raster of {width} x {height} would take more than {value} GiB of memory"
                    ).fill(width=data.width, height=data.height, value=MAX_RASTER_BYTES >> 30),
                    remedy=_("clip the raster to the metropolitan area (gdalwarp -te ...)"),
                )
            yield data


def _not_what_it_says(path: Path, layer: str) -> SourceError:
    return _refused(
        path,
        layer,
        _("the file cannot be read: its content is not what '{suffix}' promises").fill(
            suffix=path.suffix
        ),
        remedy=_("check that it is no error page, virtual or truncated file; save it anew"),
    )


def _refused(path: Path, layer: str, what: Text, *, remedy: Text | None = None) -> SourceError:
    return SourceError(
        what,
        layer=layer,
        place=path.name,
        remedy=remedy or boundary.WHOLE_FILE,
    )
