"""Connections to checked addresses, whose silence ends with the time of their request.

The address is checked where the connection is made: a name that meant a public machine when it was
looked at, and means one of the local network when it is asked, is refused all the same.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
import typing
from collections.abc import Callable, Iterator

import httpcore

from metrogis.sources.services import addresses


class Host:
    """Turns at one server: so many at once, so far apart."""

    def __init__(self, at_once: int) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._guard = threading.Lock()
        self._next = 0.0

    @contextlib.contextmanager
    def turn(self, pause: float, sleep: Callable[[float], None]) -> Iterator[None]:
        """Hold a turn, which begins at least ``pause`` seconds after the one before."""
        with self._free:
            with self._guard:
                now = time.monotonic()
                wait = max(0.0, self._next - now)
                self._next = now + wait + pause
            if wait:
                sleep(wait)
            yield


class Clock(threading.local):
    """When the request that runs in this thread must have ended, and for whom it is made."""

    until: float = float("inf")
    layer: str = ""

    def start(self, seconds: float, layer: str) -> None:
        """Begin a request of this thread."""
        self.until = time.monotonic() + seconds
        self.layer = layer

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self.until

    def left(self, most: float | None) -> float:
        """Return the seconds left, at most ``most``; raise when there are none."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TooLongError
        return left if most is None else min(left, most)


class TooLongError(Exception):
    """The time of a request is over."""


class Network(httpcore.NetworkBackend):
    """Connections to checked numeric addresses, none of which outlasts its request's time."""

    def __init__(self, allow_local: bool, clock: Clock) -> None:
        self._allow_local, self._clock = allow_local, clock
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: typing.Iterable[typing.Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the checked numeric addresses that answers."""
        found = addresses.resolved(
            host, port, allow_local=self._allow_local, layer=self._clock.layer
        )
        for i, numeric in enumerate(found):
            try:
                stream = self._plain.connect_tcp(
                    numeric, port, self._clock.left(timeout), local_address, socket_options
                )
                return _Stream(stream, self._clock)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if i == len(found) - 1:
                    raise
        raise httpcore.ConnectError("no address")

    def sleep(self, seconds: float) -> None:
        """Wait, as the pool asks."""
        time.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    """A connection that is silent no longer than its request may last."""

    def __init__(self, stream: httpcore.NetworkStream, clock: Clock) -> None:
        self._stream, self._clock = stream, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._clock.left(timeout))
        return _Stream(secured, self._clock)

    def get_extra_info(self, info: str) -> typing.Any:
        return self._stream.get_extra_info(info)


def tls(legacy: bool) -> ssl.SSLContext:
    """Return how servers are verified; ``legacy`` allows their old way to renegotiate."""
    context = ssl.create_default_context()
    if legacy:
        context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
    return context
