"""What the first atlas would wait for, done once at set-up: ``python -m metrogis.warmup``.

Numba compiles a kernel when it is first called and keeps the result beside the source: this runs
every check on a very small metropolis, two directions at a time. Meanwhile the scripts of the maps
are fetched into the user's cache; without a network they are not, and set-up goes on. The modules
are compiled, too.
"""

from __future__ import annotations

import compileall
import subprocess
import sys
import tempfile
from pathlib import Path

PARTS = (("2.1.3",), ("2.1.2", "1.2.1"))
"""Directions whose kernels take about equally long."""


def compile_kernels() -> None:
    """Run all checks on a small demo in as many processes as there are :data:`PARTS`.

    The scripts of the maps are fetched at the same time.

    Raises
    ------
    RuntimeError
        When one of them fails.
    """
    from metrogis.demo import build

    # where Python itself is told to keep no compiled modules, each start would compile them
    compileall.compile_dir(Path(__file__).parent, quiet=2)
    with tempfile.TemporaryDirectory(prefix="metrogis-") as folder:
        build(folder, municipalities=6, people=60_000, seed=1)
        running = [
            subprocess.Popen([sys.executable, "-m", "metrogis.warmup", folder, *part])
            for part in PARTS
        ]
        fetch_scripts()
        ended = [process.wait() for process in running]  # all of them, before the folder goes
        if any(ended):
            raise RuntimeError("the kernels could not be compiled")


def fetch_scripts() -> bool:
    """Fetch what :mod:`metrogis.maps.assets` needs; tell whether it is there now.

    Where it cannot be had a line on stderr says why: maps will then be static pictures.
    """
    from metrogis.maps import assets

    try:
        assets.obtain()
    except assets.AssetsError as error:
        print(error.reason, file=sys.stderr)
        return False
    return True


def _run(folder: str, directions: list[str]) -> None:
    from metrogis import open_metro, run

    run(open_metro(Path(folder)), directions=directions)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _run(sys.argv[1], sys.argv[2:])
    else:
        compile_kernels()
