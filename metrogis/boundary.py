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
from metrogis.i18n import Text, _

P = ParamSpec("P")
T = TypeVar("T")

WHOLE_FILE = _("check that the file is whole and of the announced format")

_ERRNO = {
    errno.ENOENT: _("there is no such file"),
    errno.EACCES: _("no permission for file or folder"),
    errno.EPERM: _("no permission for file or folder"),
    errno.EROFS: _("the disk is read-only"),
    errno.EEXIST: _("there is such a file already"),
    errno.EXDEV: _("this is another disk"),
    errno.EBUSY: _("the file is in use"),
    errno.EISDIR: _("this is a folder, not a file"),
    errno.ENOTDIR: _("a part of the path is no folder"),
    errno.ELOOP: _("links lead in a circle"),
    errno.ENAMETOOLONG: _("the file name is too long"),
    errno.ENOSPC: _("the disk is full"),
    errno.EMFILE: _("too many files are open"),
    errno.EIO: _("disk or network report a fault"),
    errno.EINVAL: _("name or content cannot be used"),
}

_DAMAGED = _("the file is cut or damaged")
_LOCKED = _("the archive is encrypted, or packed by an unknown method")
_BY_LIBRARY = {
    "zipfile": _("this is no whole zip archive"),
    "zlib": _DAMAGED,
    "zlib_ng": _DAMAGED,
    "lzma": _DAMAGED,
    "struct": _DAMAGED,
    "gzip": _DAMAGED,
    "pickle": _DAMAGED,
    "pyexpat": _("the XML is damaged"),
    "sqlite3": _("the SQLite database is damaged"),
    "pyogrio": _("GDAL cannot read this content"),
    "rasterio": _("GDAL cannot read this content"),
    "fiona": _("GDAL cannot read this content"),
    "shapely": _("a geometry is damaged"),
    "pyproj": _("the CRS is not known"),
    "pyarrow": _("the Parquet content is damaged"),
    "python_calamine": _("the spreadsheet is damaged"),
    "osmium": _("the OSM data are damaged"),
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
            return _with_line(_("the XML is damaged"), error)
    if isinstance(error, EOFError):
        return _DAMAGED
    if isinstance(error, NotImplementedError) or "encrypted" in str(error):
        return _LOCKED
    name = type(error).__name__
    return _("the content is not as this format has it ({name})").fill(name=name)


def _of_text(error: BaseException) -> Text | None:
    """Word faults of texts: encoding, JSON, TOML."""
    if isinstance(error, UnicodeDecodeError):
        return _("byte {start} is no text in {encoding}").fill(
            start=error.start, encoding=error.encoding
        )
    if isinstance(error, UnicodeError):
        return _("a text cannot be encoded")
    if isinstance(error, LookupError) and "unknown encoding" in str(error):
        return _("the encoding is not known")
    if isinstance(error, json.JSONDecodeError):
        return _("this is not JSON from line {lineno}, column {colno} on").fill(
            lineno=error.lineno, colno=error.colno
        )
    if isinstance(error, tomllib.TOMLDecodeError):
        return _with_line(_("this is not TOML"), error)
    return None


def _of_machine(error: BaseException) -> Text | None:
    """Word faults of the machine: memory, depth, disk."""
    if isinstance(error, MemoryError):
        return _("the file asks for too much memory")
    if isinstance(error, RecursionError):
        return _("it is nested too deeply")
    # errors of GDAL are OSErrors too, without a number
    if isinstance(error, OSError) and error.errno is not None:
        return _ERRNO.get(error.errno, _("system error {errno}").fill(errno=error.errno))
    return None


def _with_line(what: Text, error: BaseException) -> Text:
    """Add the line that an error names, if it does."""
    own = getattr(error, "lineno", None)
    named = _LINE.search(str(error))
    line = own if isinstance(own, int) else int(named[1]) if named else None
    return _("{what}, line {line}").fill(what=what, line=line) if line else what


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
            _("{what}: {kind}").fill(what=what, kind=kind),
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
