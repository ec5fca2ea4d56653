"""Memory of this process, as the system counts it."""

from __future__ import annotations

import contextlib
import re
import sys
from pathlib import Path

_MEGABYTE = 1024.0


class Peak:
    """The most memory that the process had since this was made.

    On Linux the system's mark is set back; elsewhere, and where that is not allowed, the number is
    that of the whole life of the process: an upper bound.
    """

    def __init__(self) -> None:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")

    def megabytes(self) -> float:
        """Return the peak in MB (1,048,576 bytes).

        Examples
        --------
        >>> peak = Peak()
        >>> block = bytearray(1 << 20)
        >>> peak.megabytes() > 1
        True
        """
        found = _of_status("VmHWM")
        return found if found is not None else _of_usage()


def resident() -> float:
    """Return the memory that the process has now, MB; its peak where only that is known."""
    found = _of_status("VmRSS")
    return found if found is not None else _of_usage()


def _of_status(key: str) -> float | None:
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return None
    match = re.search(rf"^{key}:\s+(\d+) kB", text, re.MULTILINE)
    return int(match[1]) / _MEGABYTE if match else None


def _of_usage() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    most = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return most / _MEGABYTE**2 if sys.platform == "darwin" else most / _MEGABYTE
