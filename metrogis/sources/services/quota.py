"""Quotas of servers that count requests: so many in so many seconds, over a whole run."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence


class Quota:
    """Gives turns so that no window of time holds more of them than a server allows.

    Parameters
    ----------
    windows : sequence of (int, float)
        Most requests in a number of seconds, each window for itself.
    now : callable
        Seconds of a clock that never goes back.
    sleep : callable
        Waits a number of seconds.

    Examples
    --------
    >>> waited = []
    >>> quota = Quota([(2, 10.0)], now=lambda: 0.0, sleep=waited.append)
    >>> for _unused in range(5):
    ...     quota.take()
    >>> waited
    [10.0, 10.0, 20.0]
    """

    def __init__(
        self,
        windows: Sequence[tuple[int, float]],
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._windows = tuple(windows)
        self._now, self._sleep = now, sleep
        self._guard = threading.Lock()
        # turns given, the youngest last; as many as the widest window counts
        self._given: deque[float] = deque(maxlen=max(count for count, _seconds in self._windows))

    def take(self) -> None:
        """Wait until the next request may be made."""
        with self._guard:
            start = self._now()
            at = max(start, self._given[-1]) if self._given else start
            for count, seconds in self._windows:
                if len(self._given) >= count:
                    at = max(at, self._given[-count] + seconds)
            self._given.append(at)
        if at > start:
            self._sleep(at - start)
