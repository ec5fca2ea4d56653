"""Servers on loopback that behave as others do, or misbehave on purpose."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from metrogis.sources.services.client import Client, Limits, Manners

Handler = Callable[["Call"], None]


@dataclass
class Call:
    """One request, and what the test answers it with."""

    http: BaseHTTPRequestHandler
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    number: int

    def send(
        self,
        body: bytes | str = b"",
        status: int = 200,
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        body = body.encode() if isinstance(body, str) else body
        self.http.send_response(status)
        sent = {"Content-Length": str(len(body) if length is None else length), **(headers or {})}
        for name, value in sent.items():
            self.http.send_header(name, value)
        self.http.end_headers()
        self.http.wfile.write(body)


@dataclass
class Server:
    """A server and what it was asked."""

    address: str
    calls: list[Call] = field(default_factory=list)

    def at(self, path: str) -> str:
        return self.address + path


@contextlib.contextmanager
def serving(answer: Handler) -> Iterator[Server]:
    """Run a server whose every request ``answer`` answers."""
    guard = threading.Lock()

    class _Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
            with guard:
                headers = {k.lower(): v for k, v in self.headers.items()}
                call = Call(self, parts.path, query, headers, len(server.calls))
                server.calls.append(call)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                answer(call)

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.daemon_threads = True
    server = Server(f"http://127.0.0.1:{httpd.server_address[1]}")
    thread = threading.Thread(
        target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()


def quick(**limits: object) -> Client:
    """Return a client that does not wait."""
    waited: list[float] = []
    client = Client(
        Limits(**limits),  # type: ignore[arg-type]
        Manners(pause=0, wait=0.01, connect_seconds=2, read_seconds=2),
        sleep=waited.append,
    )
    client.waited = waited  # type: ignore[attr-defined]
    return client


def files(content: dict[str, bytes], *, ranges: bool = True) -> Handler:
    """Answer with files, with their ETag, by range."""

    def answer(call: Call) -> None:
        body = content.get(call.path)
        if body is None:
            call.send("no", 404)
            return
        etag = f'"{abs(hash(body))}"'
        headers = {"ETag": etag}
        if call.headers.get("if-none-match") == etag:
            call.send(b"", 304, headers)
            return
        wanted = call.headers.get("range")
        if ranges and wanted and call.headers.get("if-range") == etag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            call.send(body[start:], 206, headers)
            return
        call.send(body, 200, headers)

    return answer


# --------------------------------------------------------------------------- services

GML = "http://www.opengis.net/gml/3.2"


def wfs(
    rows: list[tuple[str, str, float, float]],
    *,
    form: str = "urn:ogc:def:crs:EPSG::2180",
    cap: int = 10_000,
    says: int | str | None = None,
    turns: bool = True,
    sorts: bool = True,
    shuffled: bool = False,
    box: bool = True,
    says_form: str | None = None,
    gives_north: bool | None = None,
) -> Handler:
    """Answer as a WFS 2.0 of points (id, code, easting, northing) in EPSG:2180.

    ``form`` is the form of the name of its CRS, which tells the axes; ``cap`` the most features it
    gives at a time; ``says`` what it announces; ``turns`` whether it knows startIndex; ``sorts``
    whether it can sort; ``shuffled`` whether pages have another order each time without that;
    ``says_form`` another form of the name that its answers give; ``gives_north`` whether northing
    comes first in them, by default as ``form`` says.
    """
    north_first = form.startswith(("urn", "http://www.opengis.net/def"))

    def answer(call: Call) -> None:
        q = {k.lower(): v for k, v in call.query.items()}
        kind = q.get("request", "")
        if kind == "GetCapabilities":
            call.send(_capabilities(form), headers={"Content-Type": "text/xml"})
        elif kind == "DescribeFeatureType":
            call.send(
                '<schema xmlns="http://www.w3.org/2001/XMLSchema">'
                '<element name="kod" type="string"/>'
                '<element name="geom" type="gml:PointPropertyType"/></schema>'
            )
        elif "sortby" in q and not sorts:
            call.send(exception("sortBy is not supported"))
        else:
            found = rows
            if box and "bbox" in q:
                a, b, c, d = map(float, q["bbox"].split(",")[:4])
                west, south, east, north = (b, a, d, c) if north_first else (a, b, c, d)
                found = [r for r in rows if west <= r[2] <= east and south <= r[3] <= north]
            total = len(found) if says is None else says
            if q.get("resulttype") == "hits":
                call.send(f'<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" '
                          f'numberMatched="{total}" numberReturned="0"/>')  # fmt: skip
                return
            start = int(q.get("startindex", 0)) if turns else 0
            count = min(int(q.get("count", 10)), cap)
            if "sortby" in q:
                found = sorted(found, key=lambda r: r[1])
            elif shuffled:
                found = [*found[call.number % 7 :], *found[: call.number % 7]]
            shown = says_form or form
            north = north_first if gives_north is None else gives_north
            call.send(_features(found[start : start + count], shown, north, total))

    return answer


def _capabilities(form: str) -> str:
    return (
        '<wfs:WFS_Capabilities xmlns:wfs="http://www.opengis.net/wfs/2.0" version="2.0.0">'
        "<wfs:FeatureTypeList><wfs:FeatureType><wfs:Name>ms:places</wfs:Name>"
        f"<wfs:DefaultCRS>{form}</wfs:DefaultCRS></wfs:FeatureType></wfs:FeatureTypeList>"
        "</wfs:WFS_Capabilities>"
    )


def _features(
    rows: list[tuple[str, str, float, float]], form: str, north: bool, total: object
) -> str:
    members = "".join(
        f'<wfs:member><ms:places gml:id="{i}"><ms:kod>{code}</ms:kod><ms:geom>'
        f'<gml:Point gml:id="p{i}" srsName="{form}"><gml:pos>'
        f"{f'{y} {x}' if north else f'{x} {y}'}</gml:pos></gml:Point></ms:geom>"
        "</ms:places></wfs:member>"
        for i, code, x, y in rows
    )
    return (
        f'<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="{GML}" '
        f'xmlns:ms="http://mapserver.gis.umn.edu/mapserver" numberMatched="{total}" '
        f'numberReturned="{len(rows)}">{members}</wfs:FeatureCollection>'
    )


def exception(text: str) -> str:
    return (
        '<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1" version="2.0.0">'
        f"<ows:Exception exceptionCode='x'><ows:ExceptionText>{text}</ows:ExceptionText>"
        "</ows:Exception></ows:ExceptionReport>"
    )


def ogcapi(
    rows: list[tuple[str, str, float, float]], *, cap: int = 10_000, links: str = "good",
    says: int | None = None,
) -> Handler:  # fmt: skip
    """Answer as an OGC API of points (id, code, longitude, latitude).

    ``links``: ``good``, ``none``, ``same`` (leads back to itself), ``away`` (another host),
    ``ignored`` (offset is not looked at),
    ``forgets`` (the next page knows nothing of the box).
    """

    def answer(call: Call) -> None:
        if call.path == "/collections/places":
            call.send(
                json.dumps(
                    {"id": "places", "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]}
                )
            )
            return
        if call.path != "/collections/places/items":
            call.send("{}", 404)
            return
        found = rows
        if "bbox" in call.query:
            a, b, c, d = map(float, call.query["bbox"].split(","))
            found = [r for r in rows if a <= r[2] <= c and b <= r[3] <= d]
        start = 0 if links == "ignored" else int(call.query.get("offset", 0))
        count = min(int(call.query.get("limit", 10)), cap)
        page = found[start : start + count]
        host = f"http://{call.headers['host']}"
        nextt = int(call.query.get("offset", 0)) + count
        link = f"{host}/collections/places/items?limit={count}&offset={nextt}"
        if links != "forgets" and "bbox" in call.query:
            link += f"&bbox={call.query['bbox']}"
        if links == "same":
            link = f"{host}/collections/places/items?limit={count}&offset={start}"
        if links == "away":
            link = f"http://example.org/items?offset={nextt}"
        more = links in ("same", "away", "ignored") or (
            links in ("good", "forgets") and nextt < len(found)
        )
        content = {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "id": i, "properties": {"kod": code},
                 "geometry": {"type": "Point", "coordinates": [x, y]}}
                for i, code, x, y in page
            ],
            "links": [{"rel": "next", "href": link}] if more else [],
        }  # fmt: skip
        if says is not None:
            content["numberMatched"] = says
        call.send(json.dumps(content))

    return answer


def slowly(call: Call, body: bytes, seconds: float) -> None:
    """Send a body a byte at a time."""
    call.http.send_response(200)
    call.http.send_header("Content-Length", str(len(body)))
    call.http.end_headers()
    for i in range(len(body)):
        call.http.wfile.write(body[i : i + 1])
        call.http.wfile.flush()
        time.sleep(seconds)
