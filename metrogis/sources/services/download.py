"""One file from one address: whole, continued where it broke off, and what it says it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.sources.services import addresses
from metrogis.sources.services.client import Answer, Client, Passing, Request
from metrogis.sources.services.store import Said, Store

Kind = Literal["zip", "pbf", "gpkg", "xml", "json", "table", "raster", "parquet", "any"]

_MAGIC: dict[str, tuple[bytes, ...]] = {
    "zip": (b"PK\x03\x04", b"PK\x05\x06"),
    "gpkg": (b"SQLite format 3\0",),
    "raster": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "parquet": (b"PAR1",),
}
_KIND_OF = {
    ".zip": "zip", ".pbf": "pbf", ".gpkg": "gpkg", ".gml": "xml", ".xml": "xml", ".json": "json",
    ".geojson": "json", ".csv": "table", ".xlsx": "zip", ".ods": "zip", ".tif": "raster",
    ".tiff": "raster", ".parquet": "parquet", ".geoparquet": "parquet",
}  # fmt: skip
_PAGE = re.compile(rb"^(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)*<(!doctype\s+html|html)", re.I | re.S)


@dataclass(frozen=True)
class Fetched:
    """Bytes that were fetched.

    Attributes
    ----------
    sha256 : str
        Their hash, under which the store has them.
    size : int
        Bytes.
    said : Said
        What the server said of them.
    address : str
        As it may be shown.
    same : bool
        Whether the server said that nothing changed since ``known``.
    """

    sha256: str
    size: int
    said: Said
    address: str
    same: bool = False


def kind_of(name: str) -> Kind:
    """Return what a file of this name is.

    >>> kind_of("pomorskie-latest.osm.pbf"), kind_of("notes")
    ('pbf', 'any')
    """
    return _KIND_OF.get(Path(name).suffix.lower(), "any")  # type: ignore[return-value]


def download(
    client: Client,
    store: Store,
    request: Request,
    *,
    kind: Kind = "any",
    known: tuple[str, Said] | None = None,
    max_bytes: int | None = None,
) -> Fetched:
    """Fetch one file into the store.

    What broke off is continued from its last byte when the server vouches (``ETag`` or
    ``Last-Modified``) that the file is still the same; else it is fetched anew.

    Parameters
    ----------
    client : Client
    store : Store
    request : Request
    kind : str
        What the file must be by its first bytes; an HTML page is never a file.
    known : (sha256, Said), optional
        What the store has of an earlier time: fetched again only if the server says it changed.
    max_bytes : int, optional
        Largest file; else the limit of the client.

    Returns
    -------
    Fetched

    Raises
    ------
    SourceError
        When the server cannot be asked, answers something else, or more than the limits allow.
    """
    key = request.whole
    shown = addresses.shown(request.address)
    if known is not None and not store.has(known[0]):
        known = None

    def once() -> Fetched:
        part, said = store.part(key), store.said(key)
        have = part.stat().st_size if part.is_file() else 0
        go_on = have > 0 and said is not None and bool(said.condition)
        extra = _condition(have, said if go_on else None, None if known is None else known[1])
        with client.ask(
            request, accept=(200, 206, 304, 416), extra=extra, max_bytes=max_bytes
        ) as answer:
            if answer.status == 304 and known is not None and not go_on:
                size = store.blob(known[0]).stat().st_size
                return Fetched(known[0], size, known[1], shown, same=True)
            if answer.status in (304, 416):  # the beginning is of no use
                store.forget(key)
                raise Passing(_("the server does not go on with it"))
            fresh = _said(answer)
            if answer.status == 206 and not _continues(answer, have, said):
                store.forget(key)
                raise Passing(_("the server does not go on with it"))
            if answer.status == 200:
                have = 0
                store.forget(key)
                store.note(key, fresh)
            _write(part, answer, have)
            whole = fresh.size if answer.status == 200 else (said.size if said else None)
        got = part.stat().st_size
        _require_whole(got, whole, lambda: store.forget(key))
        try:
            require_kind(part, kind, request)
        except SourceError:
            store.forget(key)
            raise
        kept = fresh if answer.status == 200 or said is None else said
        return Fetched(store.keep(part), got, kept, shown)

    found: Fetched = client.retried(request, once)
    return found


def _condition(have: int, said: Said | None, known: Said | None) -> dict[str, str]:
    """Return the headers that ask for the rest of a file (``said``), or for one that changed."""
    extra = {"Accept-Encoding": "identity"}  # ranges count bytes as they are sent
    if said is not None:
        return extra | {"Range": f"bytes={have}-", "If-Range": said.condition}
    if known is None:
        return extra
    stated = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
    return extra | {name: value for name, value in stated.items() if value}


def _require_whole(got: int, whole: int | None, forget: Callable[[], object]) -> None:
    """Raise for a file of another size than was said; of a longer one nothing is of use."""
    if whole is None or got == whole:
        return
    if got > whole:
        forget()
    raise Passing(_("the file is cut ({got} of {whole} B)").fill(got=got, whole=whole))


def _write(part: Path, answer: Answer, have: int) -> None:
    with part.open("r+b" if have else "wb") as out:
        out.seek(have)
        out.truncate()
        for piece in answer.body:
            out.write(piece)


def _said(answer: Answer) -> Said:
    headers = answer.headers
    packed = headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")
    length = headers.get("content-length", "")
    if packed:  # the length is of the packed bytes, and a range of them is of no use
        return Said()
    return Said(
        headers.get("etag", ""),
        headers.get("last-modified", ""),
        int(length) if length.isdigit() else None,
    )


def _continues(answer: Answer, have: int, said: Said | None) -> bool:
    """Tell whether a part starts where the last one ended, of the file that was begun."""
    found = re.match(r"bytes (\d+)-\d+/(\d+|\*)$", answer.headers.get("content-range", ""))
    if found is None or int(found[1]) != have or said is None:
        return False
    if said.size is not None and found[2] != "*" and int(found[2]) != said.size:
        return False
    etag = answer.headers.get("etag", "")
    return not (etag and said.etag and etag != said.etag)


def require_kind(path: Path, kind: Kind, request: Request) -> None:
    """Raise where the first bytes are not what was asked for.

    Raises
    ------
    SourceError
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not head:
        raise _other(_("the server sent an empty file"), request)
    if _PAGE.match(head):
        raise _other(
            _("the server sent an HTML page instead of the file"),
            request,
        )
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    good = (
        head.startswith(_MAGIC[kind])
        if kind in _MAGIC
        else b"OSMHeader" in head[:64]
        if kind == "pbf"
        else start[:1] == b"<"
        if kind == "xml"
        else start[:1] in (b"{", b"[")
        if kind == "json"
        else b"\0" not in head
        if kind == "table"
        else True
    )
    if not good:
        raise _other(
            _("the file is not what it was to be ({kind})").fill(kind=kind),
            request,
        )


def _other(what: Text, request: Request) -> SourceError:
    return SourceError(
        what,
        layer=request.layer or None,
        place=addresses.shown(request.address),
        remedy=_("open the address in a browser: the file may have moved"),
    )
