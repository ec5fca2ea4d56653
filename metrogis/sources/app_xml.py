"""Large XML files feature by feature, without the dangers of XML.

A document type is refused before the parser sees it (so neither entities that grow nor entities
that fetch can do harm), nothing is loaded from the network, and packed files may not grow beyond a
limit. Memory holds one feature at a time.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from lxml import etree

from metrogis import boundary
from metrogis.errors import SourceError
from metrogis.i18n import Text, _

_CHUNK = 1 << 16
_PROLOG = 1 << 20  # a prolog longer than this holds something other than a plan


@dataclass(frozen=True)
class Limits:
    """How large a file may be.

    Attributes
    ----------
    max_bytes : int
        Bytes of XML, unpacked (default 4 GB; a large city's plan has about 25 MB).
    max_ratio : float
        Unpacked over packed size, looked at from ``ratio_from`` bytes on (plans pack 5 to 20
        times, a bomb about 1000 times).
    max_members : int
        Entries of a zip.
    """

    max_bytes: int = 4 << 30
    max_ratio: float = 200.0
    ratio_from: int = 32 << 20
    max_members: int = 10_000


class _Guarded:
    """A stream that refuses to give more than the limits allow, after a prefix already read."""

    def __init__(self, stream: IO[bytes], name: str, packed: int | None, limits: Limits) -> None:
        self._stream, self._name, self._packed, self._limits = stream, name, packed, limits
        self._prefix = b""
        self._given = 0

    def push(self, data: bytes) -> None:
        self._prefix = data + self._prefix
        self._given -= len(data)

    def read(self, size: int = -1) -> bytes:
        size = _CHUNK if size is None or size < 0 else size
        if self._prefix:
            data, self._prefix = self._prefix[:size], self._prefix[size:]
        else:
            try:
                data = self._stream.read(size)
            except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
                raise _broken(self._name, boundary.why(error)) from error
        self._given += len(data)
        limits = self._limits
        too_large = self._given > limits.max_bytes
        if self._packed and self._given > limits.ratio_from:
            too_large |= self._given > limits.max_ratio * self._packed
        if too_large:
            raise SourceError(
                _("unpacked, the file exceeds {value} MB and grows: refused").fill(
                    value=self._given >> 20
                ),
                place=self._name,
                remedy=_(
                    "check the origin; unpack a file that you trust, and name the .gml itself"
                ),
            )
        return data


def _broken(name: str, reason: Text) -> SourceError:
    return SourceError(
        _("cannot be read: {reason}").fill(reason=reason),
        place=name,
        remedy=_("download the file again"),
    )


@contextmanager
def open_documents(path: Path, limits: Limits) -> Iterator[Iterator[tuple[str, _Guarded]]]:
    """Give the XML documents of a file: itself, unpacked where it is GZip, or the members of a zip.

    Yields
    ------
    iterator of (name, stream)
        One at a time; the stream of one is closed before the next.

    Raises
    ------
    SourceError
        When the file cannot be opened, or a zip holds no ``.gml`` or ``.xml``.
    """
    try:
        with path.open("rb") as raw:
            head = raw.read(4)
    except OSError as error:
        raise _broken(path.name, boundary.why(error)) from error

    def documents() -> Iterator[tuple[str, _Guarded]]:
        if head[:4] == b"PK\x03\x04":
            yield from _zipped(path, limits)
            return
        packed = path.stat().st_size if head[:2] == b"\x1f\x8b" else None
        with gzip.open(path, "rb") if packed is not None else path.open("rb") as stream:
            yield path.name, _Guarded(stream, path.name, packed, limits)  # type: ignore[arg-type]

    yield documents()


def _zipped(path: Path, limits: Limits) -> Iterator[tuple[str, _Guarded]]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if len(infos) > limits.max_members:
                count = len(infos)
                raise _broken(path.name, _("it holds {count} files").fill(count=count))
            wanted = [i for i in infos if i.filename.lower().endswith((".gml", ".xml", ".gml.gz"))]
            if not wanted:
                raise SourceError(
                    _("the archive holds no .gml file"),
                    place=path.name,
                    remedy=_("give an APP GML file"),
                )
            for info in wanted:
                name = f"{path.name}/{info.filename}"
                with archive.open(info) as member:
                    inner: IO[bytes] = member
                    if info.filename.lower().endswith(".gz"):
                        inner = gzip.GzipFile(fileobj=member)  # type: ignore[assignment]
                    yield name, _Guarded(inner, name, max(info.compress_size, 1), limits)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error) as error:
        raise _broken(path.name, boundary.why(error)) from error


class _Doctype(Exception):
    pass


class _Root(Exception):
    pass


def _check_prolog(stream: _Guarded, name: str, tags: list[str]) -> None:
    """Read up to the first element with a parser of its own; refuse a DOCTYPE, a strange root."""
    found: list[str] = []

    def doctype(*_: Any) -> None:
        raise _Doctype

    def root(tag: str, *_: Any) -> None:
        found.append(tag.rpartition(":")[2])
        raise _Root

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = root
    seen = io.BytesIO()
    try:
        while seen.tell() < _PROLOG:
            chunk = stream.read(_CHUNK)
            if not chunk:
                break
            seen.write(chunk)
            parser.Parse(chunk, False)
        else:
            raise _broken(name, _("there is no element in the first MB"))
    except _Root:
        pass
    except _Doctype:
        raise _forbidden(name) from None
    except (expat.ExpatError, LookupError, ValueError):
        # not well-formed, or an encoding unknown here: the main parser says it better, but it
        # must not be the first to see entities
        if b"<!DOCTYPE" in seen.getvalue():
            raise _forbidden(name) from None
    stream.push(seen.getvalue())
    if found and not found[0].endswith(("Collection", "DataSet", "Bag")) and found[0] not in tags:
        raise _strange(name, found[0])


def _strange(name: str, root: str) -> SourceError:
    if "Exception" in root:
        return SourceError(
            _("the file is a service's error message (<{root}>), not data").fill(root=root),
            place=name,
            remedy=_("download the data again"),
        )
    return SourceError(
        _("the root element <{root}> is no GML feature collection").fill(root=root),
        place=name,
        remedy=_("give an APP GML file (wfs:FeatureCollection of APP features)"),
    )


def _forbidden(name: str) -> SourceError:
    return SourceError(
        _("the file has a DOCTYPE (entity definitions): refused for safety"),
        place=name,
        remedy=_("remove the DOCTYPE declaration; APP GML files have none"),
    )


def _of_collection(element: Any) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag.rpartition("}")[2].endswith("Collection")


def iterate(stream: _Guarded, name: str, tags: list[str]) -> Iterator[Any]:
    """Yield each element whose local name is in ``tags``, whole; then forget it.

    The root element comes first (childless as yet), so that callers can judge the document.

    Raises
    ------
    SourceError
        For a DOCTYPE, a root that is no collection, or XML not well-formed: with the line.
    """
    _check_prolog(stream, name, tags)
    patterns = [f"{{*}}{tag}" for tag in tags]
    context = etree.iterparse(
        stream,
        events=("start", "end"),
        tag=["{*}FeatureCollection", *patterns],
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=True,  # one ring may exceed 10 MB of text; our own limits hold instead
        remove_comments=True,
        remove_pis=True,
    )
    first = True
    wanted = set(tags)
    try:
        for event, element in context:
            if first:
                tree = element.getroottree()
                if tree.docinfo.internalDTD is not None or tree.docinfo.doctype:
                    raise _forbidden(name)  # the two parsers disagreed: believe the stricter
                first = False
                yield tree.getroot()
            kind = element.tag.rpartition("}")[2]
            if event == "start" or kind not in wanted:
                continue
            if kind == "boundedBy" and not _of_collection(element):
                continue  # a part of its feature: forgotten with it, not before
            yield element
            element.clear(keep_tail=False)
            while element.getprevious() is not None:
                del element.getparent()[0]
        if first:
            yield context.root
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        raise SourceError(
            _("the XML is broken"),
            place=f"{name}, line {line}" if line else name,
            remedy=_("download the file again; files cut short end inside an element"),
        ) from error
