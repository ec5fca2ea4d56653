"""The boundary of readers: whatever a library raises becomes one error that a user can act on.

Files are read by a dozen libraries, each with errors of its own, in English, often without a file
name. :func:`reading` (a context) and :func:`reader` (the same as a decorator) turn all of them into
a :class:`~metrogis.errors.SourceError` with layer, place and remedy; :func:`why` words the kind of
fault in both languages. What the library said stays in ``__cause__``, which ``--debug`` shows, and
never stands in a message: it is in one language, and names internals.
"""

from __future__ import annotations

import errno
import functools
import inspect
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from metrogis.errors import MetrogisError, SourceError
from metrogis.texts import Text

P = ParamSpec("P")
T = TypeVar("T")

WHOLE_FILE = Text(
    "sprawdź, czy plik jest cały i w zapowiedzianym formacie",
    "check that the file is whole and of the announced format",
)

_ERRNO = {
    errno.ENOENT: Text("nie ma takiego pliku", "there is no such file"),
    errno.EACCES: Text("brak uprawnień do pliku lub folderu", "no permission for file or folder"),
    errno.EPERM: Text("brak uprawnień do pliku lub folderu", "no permission for file or folder"),
    errno.EROFS: Text("dysk jest tylko do odczytu", "the disk is read-only"),
    errno.EEXIST: Text("taki plik już jest", "there is such a file already"),
    errno.EXDEV: Text("to inny dysk", "this is another disk"),
    errno.EBUSY: Text("plik jest w użyciu", "the file is in use"),
    errno.EISDIR: Text("to jest folder, a nie plik", "this is a folder, not a file"),
    errno.ENOTDIR: Text("część ścieżki nie jest folderem", "a part of the path is no folder"),
    errno.ELOOP: Text("dowiązania prowadzą w kółko", "links lead in a circle"),
    errno.ENAMETOOLONG: Text("nazwa pliku jest zbyt długa", "the file name is too long"),
    errno.ENOSPC: Text("na dysku brak miejsca", "the disk is full"),
    errno.EMFILE: Text("otwarto zbyt wiele plików", "too many files are open"),
    errno.EIO: Text("dysk lub sieć zgłasza błąd", "disk or network report a fault"),
    errno.EINVAL: Text("nazwy ani treści pliku nie da się użyć", "name or content cannot be used"),
}

_DAMAGED = Text("plik jest ucięty lub uszkodzony", "the file is cut or damaged")
_LOCKED = Text(
    "archiwum jest szyfrowane lub spakowane nieznaną metodą",
    "the archive is encrypted, or packed by an unknown method",
)
_BY_LIBRARY = {
    "zipfile": Text("to nie jest całe archiwum zip", "this is no whole zip archive"),
    "zlib": _DAMAGED,
    "zlib_ng": _DAMAGED,
    "lzma": _DAMAGED,
    "struct": _DAMAGED,
    "gzip": _DAMAGED,
    "pickle": _DAMAGED,
    "pyexpat": Text("XML jest uszkodzony", "the XML is damaged"),
    "sqlite3": Text("baza SQLite jest uszkodzona", "the SQLite database is damaged"),
    "pyogrio": Text("GDAL nie odczytuje tej zawartości", "GDAL cannot read this content"),
    "rasterio": Text("GDAL nie odczytuje tej zawartości", "GDAL cannot read this content"),
    "fiona": Text("GDAL nie odczytuje tej zawartości", "GDAL cannot read this content"),
    "shapely": Text("geometria jest uszkodzona", "a geometry is damaged"),
    "pyproj": Text("układ współrzędnych jest nieznany", "the CRS is not known"),
    "pyarrow": Text("zawartość Parquet jest uszkodzona", "the Parquet content is damaged"),
    "python_calamine": Text("arkusz jest uszkodzony", "the spreadsheet is damaged"),
    "osmium": Text("dane OSM są uszkodzone", "the OSM data are damaged"),
}
_LINE = re.compile(r"\bline (\d+)")


def why(error: BaseException) -> Text:
    """Return the kind of fault in both languages, without the words of the library.

    Parameters
    ----------
    error : BaseException
        As caught; of a :class:`~metrogis.errors.MetrogisError` the message itself is returned.

    Examples
    --------
    >>> why(FileNotFoundError(2, "No such file or directory")).pl
    'nie ma takiego pliku'
    >>> why(UnicodeDecodeError("utf-8", b"a\\xff", 1, 2, "invalid start byte")).en
    'byte 1 is no text in utf-8'
    """
    if isinstance(error, MetrogisError):
        return error.message
    named = _of_text(error) or _of_machine(error)
    if named is not None:
        return named
    for kind in type(error).__mro__:
        library = kind.__module__.split(".")[0].lstrip("_")
        if library in _BY_LIBRARY:
            return _with_line(_BY_LIBRARY[library], error)
        if library == "lxml":
            return _with_line(Text("XML jest uszkodzony", "the XML is damaged"), error)
    if isinstance(error, EOFError):
        return _DAMAGED
    if isinstance(error, NotImplementedError) or "encrypted" in str(error):
        return _LOCKED
    name = type(error).__name__
    return Text(
        f"zawartość jest inna niż w tym formacie ({name})",
        f"the content is not as this format has it ({name})",
    )


def _of_text(error: BaseException) -> Text | None:
    """Word faults of texts: encoding, JSON, TOML."""
    if isinstance(error, UnicodeDecodeError):
        return Text(
            f"bajt {error.start} nie jest tekstem w {error.encoding}",
            f"byte {error.start} is no text in {error.encoding}",
        )
    if isinstance(error, UnicodeError):
        return Text("tekstu nie da się zapisać", "a text cannot be encoded")
    if isinstance(error, LookupError) and "unknown encoding" in str(error):
        return Text("nieznane kodowanie", "the encoding is not known")
    if isinstance(error, json.JSONDecodeError):
        return Text(
            f"to nie jest JSON od wiersza {error.lineno}, znaku {error.colno}",
            f"this is not JSON from line {error.lineno}, column {error.colno} on",
        )
    if isinstance(error, tomllib.TOMLDecodeError):
        return _with_line(Text("to nie jest TOML", "this is not TOML"), error)
    return None


def _of_machine(error: BaseException) -> Text | None:
    """Word faults of the machine: memory, depth, disk."""
    if isinstance(error, MemoryError):
        return Text("plik żąda więcej pamięci, niż jest", "the file asks for too much memory")
    if isinstance(error, RecursionError):
        return Text("zagnieżdżenie jest zbyt głębokie", "it is nested too deeply")
    # errors of GDAL are OSErrors too, without a number
    if isinstance(error, OSError) and error.errno is not None:
        return _ERRNO.get(
            error.errno, Text(f"błąd systemu {error.errno}", f"system error {error.errno}")
        )
    return None


def _with_line(what: Text, error: BaseException) -> Text:
    """Add the line that an error names, if it does."""
    own = getattr(error, "lineno", None)
    named = _LINE.search(str(error))
    line = own if isinstance(own, int) else int(named[1]) if named else None
    return Text(f"{what.pl}, wiersz {line}", f"{what.en}, line {line}") if line else what


@contextmanager
def reading(
    what: Text, *, layer: str | None, place: str | None = None, remedy: Text = WHOLE_FILE
) -> Iterator[None]:
    """Turn whatever is raised inside into one error; add what a known error does not say.

    Parameters
    ----------
    what : Text
        What cannot be done: "the table cannot be read".
    layer, place : str, optional
        As of :class:`~metrogis.errors.MetrogisError`.
    remedy : Text

    Raises
    ------
    SourceError
        Of the kind of fault, the original as its ``__cause__``.
    MetrogisError
        As raised inside, with layer, place and remedy where it lacked them.

    Examples
    --------
    >>> with reading(Text("tabeli nie da się odczytać", "the table cannot be read"),
    ...              layer="jobs", place="jobs.csv"):
    ...     b"\\xff".decode("utf-8")
    Traceback (most recent call last):
    ...
    metrogis.errors.SourceError: layer 'jobs', jobs.csv: the table cannot be read: byte 0 is no ...
    """
    try:
        yield
    except MetrogisError as error:
        error.complete(layer=layer, place=place, remedy=remedy)
        raise
    except Warning:  # raised only where somebody asked for it
        raise
    except Exception as error:
        kind = why(error)
        raise SourceError(
            Text(f"{what.pl}: {kind.pl}", f"{what.en}: {kind.en}"),
            layer=layer,
            place=place,
            remedy=remedy,
        ) from error


def reader(
    what: Text, *, remedy: Text = WHOLE_FILE, layer: str | None = None
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a function that reads files with :func:`reading`.

    Its first argument is the path, or a list of them; its argument ``layer``, if it has one, names
    the layer, else ``layer`` of the decorator.
    """

    def decorated(function: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(function)
        first = next(iter(signature.parameters))

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            named = bound.arguments.get("layer", layer)
            place = place_of(bound.arguments[first])
            with reading(what, layer=named, place=place, remedy=remedy):
                return function(*args, **kwargs)

        return run

    return decorated


def place_of(paths: Any) -> str | None:
    """Return the names of files as errors give them: without the analyst's folders.

    >>> place_of(["/home/anna/a.zip", "b.zip"])
    'a.zip, b.zip'
    """
    if isinstance(paths, str | os.PathLike):
        return Path(paths).name or str(paths)
    if isinstance(paths, Sequence):
        names = [place_of(path) for path in paths[:5]]
        return ", ".join(name for name in names if name) or None
    return None
