"""A PostgreSQL with PostGIS that the tests start for themselves, on loopback."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

PASSWORD = "tops3cret"


def programs() -> Path | None:
    """Return the folder of the server's programs; None where there is no PostGIS."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found or not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        return None
    return found[-1].parent


def _as_server() -> list[str]:
    """Return how a program is run: the server refuses to run as root."""
    if os.geteuid() != 0:
        return []
    return ["runuser", "-u", "postgres", "--"] if shutil.which("runuser") else []


def is_there() -> bool:
    """Whether a server can be started here."""
    if programs() is None:
        return False
    if os.geteuid() != 0:
        return True
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam("postgres")) and bool(_as_server())
    return False


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Run a server; give the connection of its owner."""
    bin_folder = programs()
    assert bin_folder is not None
    run = _as_server()
    folder = Path(tempfile.mkdtemp(prefix="metrogis-pg-", dir="/tmp"))
    try:
        if run:
            shutil.chown(folder, "postgres", "postgres")
        secret = folder / "pw"
        secret.write_text(PASSWORD)
        if run:
            shutil.chown(secret, "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data = folder / "data"
        subprocess.run(
            [*run, str(bin_folder / "initdb"), "-D", str(data), "-U", "owner", "-A",
             "scram-sha-256", f"--pwfile={secret}", "--no-sync", "-E", "UTF8", "--locale=C"],
            check=True, capture_output=True, cwd="/tmp",
        )  # fmt: skip
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
        subprocess.run(
            [*run, str(bin_folder / "pg_ctl"), "-D", str(data), "-w", "-o", options, "-l",
             str(folder / "log"), "start"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/tmp",
        )  # fmt: skip
        try:
            yield f"host=127.0.0.1 port={port} dbname=postgres user=owner password={PASSWORD}"
        finally:
            subprocess.run(
                [*run, str(bin_folder / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"],
                check=False, capture_output=True, cwd="/tmp",
            )  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)
