"""Third-party scripts of the maps: pinned, verified, kept in the user's cache, never committed.

Looked for in this order: the cache, ``npm pack`` where npm is, the CDN. Everything is checked
against a pinned SHA-512 before use. ``METROGIS_CACHE`` moves the cache; ``METROGIS_OFFLINE=1``
allows the cache alone.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import platformdirs

from metrogis import scratch
from metrogis.i18n import Text, _

CDN = "https://cdn.jsdelivr.net/npm"
_SECONDS = {"npm": 60, "cdn": 15}
_LARGEST = 20_000_000


@dataclass(frozen=True)
class Package:
    """A pinned npm package and the files of it that are used, each with its SHA-512 (base64)."""

    name: str
    version: str
    integrity: str
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Name of its folder in the cache and beside the pages: ``leaflet-1.9.4``."""
        return f"{self.name.replace('/', '-').lstrip('@')}-{self.version}"


LEAFLET = Package(
    name="leaflet",
    version="1.9.4",
    integrity="sha512-nxS1ynzJOmOlHp+iL3FyWqK89GtNL8U8rvlMOsQdTTssxZwCXh8N2NB3GDQOL+YR3XnWyZAxwQixURb"
    "+FA74PA==",
    files={
        "dist/leaflet.js": "BwHfrr4c9kmRkLw6iXFdzcdWV/PGkVgiIyIWLLlTSXzWQzxuSg4DiQUCpauz/EWj"
        "gk5TYQqX/kvn9pG1NpYfqg==",
        "dist/leaflet.css": "Zcn6bjR/8RZbLEpLIeOwNtzREBAJnUKESxces60Mpoj+2okopSAcSUIUOseddDm0"
        "cxnGQzxIR7vJgsLZbdLE3w==",
        "LICENSE": "G3N/mOg+bPJcU0CVvrABZQ91nP8TuJt2H2rMC25Ek0ytQss50qHZRE3Rxe+0acZj"
        "7H4QXCPRtepcYwd9cN8PDQ==",
    },
)


class AssetsError(Exception):
    """A package could not be had; ``reason`` says why, in both languages."""

    def __init__(self, reason: Text) -> None:
        self.reason = reason
        super().__init__(reason.en)


def _cache_folder() -> Path:
    """Folder of the cache: ``METROGIS_CACHE``, else the user's cache folder."""
    own = os.environ.get("METROGIS_CACHE")
    return Path(own) if own else Path(platformdirs.user_cache_dir("metrogis"))


_FAILED: dict[str, Text] = {}


def obtain(package: Package = LEAFLET) -> Path:
    """Return the folder that holds the verified files of a package.

    Raises
    ------
    AssetsError
        When neither cache nor npm nor the CDN gives them. A failure is remembered for the life of
        the process, so that a batch of pages asks once.
    """
    target = _cache_folder() / "assets" / package.folder
    if _complete(target, package):
        return target
    if os.environ.get("METROGIS_OFFLINE", "") not in ("", "0"):
        raise AssetsError(
            _("{name} {version}: not in the cache, and working offline").fill(
                name=package.name, version=package.version
            )
        )
    known = _FAILED.get(str(target))
    if known:
        raise AssetsError(known)
    tried = []
    for how in (_from_npm, _from_cdn):
        try:
            files = how(package)
            _store(files, package, target)
            return target
        except (OSError, ValueError, subprocess.SubprocessError, tarfile.TarError) as error:
            tried.append(f"{how.__name__[6:]}: {str(error).splitlines()[0] if str(error) else '?'}")
    reason = _("{name} {version} could not be fetched ({tried})").fill(
        name=package.name, version=package.version, tried="; ".join(tried)
    )
    _FAILED[str(target)] = reason
    raise AssetsError(reason)


def sha512(content: bytes) -> str:
    """Return the SHA-512 of ``content`` in base64, as integrity attributes write it.

    Examples
    --------
    >>> sha512(b"metrogis")[:12], len(sha512(b""))
    ('CvQ8J1dnr0P5', 88)
    """
    return base64.b64encode(hashlib.sha512(content).digest()).decode()


def _complete(folder: Path, package: Package) -> bool:
    try:
        return all(sha512((folder / f).read_bytes()) == h for f, h in package.files.items())
    except OSError:
        return False


def _store(files: Mapping[str, bytes], package: Package, target: Path) -> None:
    for name, expected in package.files.items():
        if sha512(files[name]) != expected:
            raise ValueError(f"{name} differs from its pinned hash")
    target.parent.mkdir(parents=True, exist_ok=True)
    with scratch.folder(".new-", where=target.parent) as holder:
        made = holder / "files"
        try:
            for name in package.files:
                path = made / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(files[name])
            if target.exists():  # incomplete or changed since
                shutil.rmtree(target)
            made.rename(target)
        except OSError:
            if not _complete(target, package):  # else another process was faster
                raise


def _from_npm(package: Package) -> dict[str, bytes]:
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("npm is not installed")
    with tempfile.TemporaryDirectory() as place:
        command = [npm, "pack", f"{package.name}@{package.version}", "--ignore-scripts", "--silent"]
        subprocess.run(
            [*command, "--pack-destination", place],
            cwd=place,
            check=True,
            capture_output=True,
            timeout=_SECONDS["npm"],
        )
        packed = next(Path(place).glob("*.tgz")).read_bytes()
    if f"sha512-{sha512(packed)}" != package.integrity:
        raise ValueError("the package differs from its pinned integrity")
    found = {}
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        for member in archive:
            name = str(PurePosixPath(*PurePosixPath(member.name).parts[1:]))
            if name in package.files and member.isfile() and member.size < _LARGEST:
                stream = archive.extractfile(member)
                found[name] = stream.read() if stream else b""
    missing = set(package.files) - set(found)
    if missing:
        raise ValueError(f"the package lacks {sorted(missing)[0]}")
    return found


def _from_cdn(package: Package) -> dict[str, bytes]:
    found = {}
    for name in package.files:
        address = f"{CDN}/{package.name}@{package.version}/{name}"
        with urllib.request.urlopen(address, timeout=_SECONDS["cdn"]) as answer:
            found[name] = answer.read(_LARGEST)
    return found


def cdn_links(package: Package = LEAFLET) -> list[tuple[str, str]]:
    """Return where a page without its own copy loads a package from.

    Parameters
    ----------
    package : Package
        Its pinned files; those that are neither a script nor a style (licences) are left out.

    Returns
    -------
    list of (str, str)
        Address at the CDN, and the value of the ``integrity`` attribute by which the browser
        refuses a file that differs.

    Examples
    --------
    >>> [address.rpartition("/")[2] for address, _ in cdn_links(LEAFLET)]
    ['leaflet.js', 'leaflet.css']
    """
    return [
        (f"{CDN}/{package.name}@{package.version}/{name}", f"sha512-{digest}")
        for name, digest in package.files.items()
        if name.endswith((".js", ".css"))
    ]
