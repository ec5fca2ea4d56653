"""A client that asks servers politely and believes little of what they answer.

One request has a limit of bytes (unpacked), of seconds (all tries of a body together with the
headers: a server that answers for ever is left) and of tries. Faults that pass (429, 5xx, cut
bodies, lost connections) are tried again, later each time and by chance; others end in one error.
Addresses are checked when the connection is made, so that neither a redirect nor a name that
changes its meaning leads into the local network.
"""

from __future__ import annotations

import contextlib
import email.utils
import random
import ssl
import threading
import time
import typing
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import httpcore

from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.sources.services import addresses
from metrogis.sources.services.connections import Clock, Host, Network, TooLongError, tls
from metrogis.sources.services.quota import Quota

USER_AGENT = "metrogis (spatial monitoring of metropolitan areas)"
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_REDIRECTS = (301, 302, 303, 307, 308)
_LONGEST_WAIT = 120.0


@dataclass(frozen=True)
class Limits:
    """What one request may take.

    Attributes
    ----------
    max_bytes : int
        Bytes of the body, unpacked.
    max_seconds : float
        Seconds from the request to the last byte, of one try.
    tries : int
        How often faults that pass are tried, the first time counted.
    redirects : int
        Longest chain of redirects.
    """

    max_bytes: int = 4 << 30
    max_seconds: float = 1800.0
    tries: int = 5
    redirects: int = 5


@dataclass(frozen=True)
class Manners:
    """How a server is treated.

    Attributes
    ----------
    at_once : int
        Requests to one host at the same time.
    pause : float
        Seconds between two requests to one host.
    wait : float
        Seconds before the second try; doubled each time, times a factor drawn between 0.5 and 1.5.
    connect_seconds, read_seconds : float
        Longest silence of a server.
    """

    at_once: int = 2
    pause: float = 0.2
    wait: float = 1.0
    connect_seconds: float = 15.0
    read_seconds: float = 60.0


@dataclass(frozen=True)
class Request:
    """One thing to ask for.

    Attributes
    ----------
    address : str
    query : mapping of str to str
        Added to the address, escaped.
    headers : mapping of str to str
        Sent to the server of ``address`` alone, never to one it redirects to: they may be secrets.
    layer : str
        Name used in messages.
    allow_local : bool
        Whether machines of the local network may be asked.
    legacy_tls : bool
        Whether a server that renegotiates in the old way may be asked; certificates are checked
        all the same.
    """

    address: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    layer: str = ""
    allow_local: bool = False
    legacy_tls: bool = False

    @property
    def whole(self) -> str:
        """The address with its query."""
        if not self.query:
            return self.address
        joint = "&" if "?" in self.address else "?"
        if self.address.endswith(("?", "&")):
            joint = ""
        return f"{self.address}{joint}{urlencode(self.query, safe=':,')}"


@dataclass
class Answer:
    """A server's answer, while its body is read."""

    status: int
    headers: dict[str, str]
    address: str
    body: Iterator[bytes]

    def read(self) -> bytes:
        """Return the whole body."""
        return b"".join(self.body)


class Passing(Exception):
    """A fault that may pass; ``after`` is how many seconds the server asks to wait."""

    def __init__(self, what: Text, after: float | None = None) -> None:
        self.what, self.after = what, after
        super().__init__(what.en)


class Client:
    """Asks servers, one request at a time in each thread.

    Parameters
    ----------
    limits : Limits
    manners : Manners
    sleep : callable
        Waits a number of seconds (tests put theirs in).
    chance : random.Random, optional

    Examples
    --------
    >>> with Client() as client:  # doctest: +SKIP
    ...     client.read(Request("https://sdi.gdos.gov.pl/wfs", {"service": "WFS"}))
    """

    def __init__(
        self,
        limits: Limits = Limits(),
        manners: Manners = Manners(),
        *,
        sleep: Callable[[float], None] = time.sleep,
        chance: random.Random | None = None,
    ) -> None:
        self.limits, self.manners = limits, manners
        self._sleep = sleep
        self._chance = chance or random.Random()
        self._hosts: dict[str, Host] = {}
        self._quotas: dict[str, Quota] = {}
        self._pools: dict[tuple[bool, bool], httpcore.ConnectionPool] = {}
        self._guard = threading.Lock()
        self._clock = Clock()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        with self._guard:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close()

    def read(self, request: Request, *, max_bytes: int = 256 << 20) -> bytes:
        """Return the body of an answer, whole; faults that pass are tried again.

        Parameters
        ----------
        request : Request
        max_bytes : int
            Longest body, unpacked.

        Raises
        ------
        SourceError
        """

        def once() -> bytes:
            with self.ask(request, max_bytes=max_bytes) as answer:
                return answer.read()

        return self.retried(request, once)

    def retried(
        self, request: Request, once: Callable[[], typing.Any], *, longest: float = _LONGEST_WAIT
    ) -> typing.Any:
        """Return what ``once`` returns, which is called again where a fault may pass.

        ``longest`` is the longest wait, seconds, that a server is granted (``Retry-After``).

        Raises
        ------
        SourceError
            Of the last fault, when all tries are used up.
        """
        wait = self.manners.wait
        for left in range(self.limits.tries - 1, -1, -1):
            try:
                return once()
            except Passing as fault:
                if not left or (fault.after or 0.0) > longest:
                    raise _given_up(request, fault, self.limits.tries - left) from fault
                drawn = wait * (0.5 + self._chance.random())
                self._sleep(max(drawn, fault.after or 0.0))
                wait *= 2
        raise AssertionError("no try was allowed")

    def quota(self, address: str, windows: Sequence[tuple[int, float]]) -> Quota:
        """Return the quota of a server, one for the life of the client.

        Parameters
        ----------
        address : str
            Of the server; what stands behind its host does not matter.
        windows : sequence of (int, float)
            Most requests in a number of seconds; those of the first call hold.
        """
        with self._guard:
            return self._quotas.setdefault(
                urlsplit(address).netloc, Quota(windows, sleep=self._sleep)
            )

    @contextlib.contextmanager
    def ask(
        self,
        request: Request,
        *,
        max_bytes: int | None = None,
        accept: Iterable[int] = (200,),
        extra: Mapping[str, str] | None = None,
    ) -> Iterator[Answer]:
        """Give the answer to a request: one try, redirects followed.

        Parameters
        ----------
        request : Request
        max_bytes : int, optional
            Of the body, unpacked; else the limit of the client.
        accept : iterable of int
            Statuses that are answers.
        extra : mapping, optional
            Headers sent wherever the request leads (ranges, conditions).

        Raises
        ------
        Passing
            For a fault that is worth another try.
        SourceError
            For one that is not.
        """
        address = addresses.checked(request.whole, layer=request.layer)
        start, headers = address, dict(request.headers)
        for _unused in range(self.limits.redirects + 1):
            if not addresses.same_server(start, address):
                headers = {}
            with self._one(request, address, {**headers, **(extra or {})}) as answer:
                if answer.status in _REDIRECTS:
                    aim = answer.headers.get("location")
                    if not aim:
                        raise _wrong(
                            _("a redirect to nowhere"),
                            request,
                            address,
                        )
                    address = addresses.after_redirect(address, aim, layer=request.layer)
                    continue
                self._require_status(request, answer, tuple(accept))
                most = max_bytes or self.limits.max_bytes
                answer.body = _limited(answer, answer.body, most, request, self._clock)
                yield answer
                return
        raise _wrong(
            _("more than {redirects} redirects").fill(redirects=self.limits.redirects),
            request,
            start,
        )

    def _require_status(self, request: Request, answer: Answer, accept: tuple[int, ...]) -> None:
        if answer.status in accept:
            return
        said = _("the server answers {status}").fill(status=answer.status)
        if answer.status in _PASSING:
            raise Passing(said, _seconds(answer.headers.get("retry-after")))
        remedy = None
        if answer.status in (401, 403):
            remedy = _("the server wants a key or a permission: check headers_env")
        elif answer.status in (404, 410):
            remedy = _("the address moved: fix it in the catalog")
        raise _wrong(said, request, answer.address, remedy)

    @contextlib.contextmanager
    def _one(self, request: Request, address: str, headers: Mapping[str, str]) -> Iterator[Answer]:
        """Ask one address once; the answer's body is not read yet."""
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = self._host(f"{parts.hostname}:{port}")
        sent = {
            "Host": parts.netloc,
            "User-Agent": USER_AGENT,
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
            **headers,
        }
        aim = parts.path or "/"
        if parts.query:
            aim += f"?{parts.query}"
        asked = httpcore.Request(
            "GET",
            httpcore.URL(
                scheme=parts.scheme.encode(),
                host=(parts.hostname or "").encode(),
                port=port,
                target=aim.encode(),
            ),
            headers=[(k.encode(), v.encode("latin-1")) for k, v in sent.items()],
            extensions={
                "timeout": {
                    "connect": self.manners.connect_seconds,
                    "read": self.manners.read_seconds,
                    "write": self.manners.read_seconds,
                    "pool": self.limits.max_seconds,
                }
            },
        )
        with host.turn(self.manners.pause, self._sleep), _faults(request, self._clock):
            self._clock.start(self.limits.max_seconds, request.layer)
            got = self._pool(request).handle_request(asked)
            try:
                yield Answer(
                    got.status,
                    {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in got.headers},
                    address,
                    got.iter_stream(),
                )
            finally:
                got.close()

    def _host(self, name: str) -> Host:
        with self._guard:
            return self._hosts.setdefault(name, Host(self.manners.at_once))

    def _pool(self, request: Request) -> httpcore.ConnectionPool:
        kind = (request.allow_local, request.legacy_tls)
        with self._guard:
            if kind not in self._pools:
                self._pools[kind] = httpcore.ConnectionPool(
                    ssl_context=tls(request.legacy_tls),
                    network_backend=Network(request.allow_local, self._clock),
                    keepalive_expiry=15,
                )
            return self._pools[kind]


@contextlib.contextmanager
def _faults(request: Request, clock: Clock) -> Iterator[None]:
    """Turn faults of the connection into those that may pass and those that do not."""
    try:
        yield
    except TooLongError:
        raise _too_long(request) from None
    except httpcore.ConnectError as error:
        cause = error.__cause__ or error.__context__
        if isinstance(cause, ssl.SSLError) or "certificate" in str(error).lower():
            raise _wrong(
                _("the server's certificate cannot be verified"),
                request,
                request.address,
                _(
                    "check address and clock; name a certificate of your own office by "
                    "SSL_CERT_FILE, admit an old server by legacy_tls = true"
                ),
            ) from error
        raise Passing(_("no connection to the server")) from error
    except addresses.UnknownHostError as error:
        raise Passing(_("the server is not known")) from error
    except (httpcore.TimeoutException, httpcore.NetworkError) as error:
        if clock.is_over:  # the last wait was as long as was left
            raise _too_long(request) from error
        raise Passing(_("the connection was lost")) from error
    except httpcore.ProtocolError as error:
        raise Passing(_("the server's answer is cut")) from error


def _limited(
    answer: Answer, body: Iterator[bytes], most: int, request: Request, clock: Clock
) -> Iterator[bytes]:
    """Give the body unpacked, as long as it keeps to the limits of bytes and time."""
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        parts: Iterable[bytes] = body
    elif encoding in ("gzip", "x-gzip"):
        parts = _unpacked(body)
    else:
        raise _wrong(
            _("unknown packing: {encoding}").fill(encoding=encoding[:20]),
            request,
            answer.address,
        )
    size = 0
    with _faults(request, clock):
        for part in parts:
            clock.left(None)
            size += len(part)
            if size > most:
                raise _wrong(
                    _("the answer exceeds {value} MB").fill(value=most >> 20),
                    request,
                    answer.address,
                    _("narrow the source, or raise max_mb"),
                )
            yield part


def _unpacked(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip in pieces of a megabyte: a bomb meets the limit before it fills the memory."""
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for part in parts:
            rest = part
            while rest:
                data = unpack.decompress(rest, 1 << 20)
                if data:
                    yield data
                rest = unpack.unconsumed_tail
    except zlib.error as error:
        raise Passing(_("the server's answer is cut")) from error
    if not unpack.eof:
        raise Passing(_("the server's answer is cut"))


def _seconds(header: str | None) -> float | None:
    """Read ``Retry-After``: seconds, or a day and time."""
    if not header:
        return None
    with contextlib.suppress(ValueError):
        return max(0.0, float(header))
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    return None


def _wrong(what: Text, request: Request, address: str, remedy: Text | None = None) -> SourceError:
    return SourceError(
        what,
        layer=request.layer or None,
        place=addresses.shown(address),
        remedy=remedy or _("check the address in a browser"),
    )


def _too_long(request: Request) -> SourceError:
    return _wrong(
        _("the server takes too long to answer"),
        request,
        request.address,
        _("try again later"),
    )


def _given_up(request: Request, fault: Passing, tries: int) -> SourceError:
    return SourceError(
        _("{what} (tries: {tries})").fill(what=fault.what, tries=tries),
        layer=request.layer or None,
        place=addresses.shown(request.address),
        remedy=_("try again later: what was fetched stays"),
    )
