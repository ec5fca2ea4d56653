"""Fetched bytes, kept by their content; what is half there waits to be continued.

``blobs/<sha256>`` are whole answers, ``parts/<key>`` the beginning of one with what its server said
of it. A file is written whole under another name and renamed, so that a run that is killed at any
moment leaves either the old state or the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from metrogis.sources import files


@dataclass(frozen=True)
class Said:
    """What a server said of a file.

    Attributes
    ----------
    etag, modified : str
        Headers ``ETag`` and ``Last-Modified``; empty where it sent none.
    size : int or None
        Bytes of the whole file.
    """

    etag: str = ""
    modified: str = ""
    size: int | None = None

    @property
    def condition(self) -> str:
        """What ``If-Range`` takes: a strong ETag, else the date; empty where neither is there.

        >>> Said(etag='W/"1"', modified="Mon, 30 Nov 2026 10:00:00 GMT").condition
        'Mon, 30 Nov 2026 10:00:00 GMT'
        """
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified


class Store:
    """Fetched bytes under one folder.

    Parameters
    ----------
    folder : Path, optional
        Default: ``fetched`` in the cache folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder))
    ...     part = store.part("feed")
    ...     _ = part.write_bytes(b"abc")
    ...     digest = store.keep(part)
    ...     store.blob(digest).read_bytes()
    b'abc'
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or files.cache_directory() / "fetched"
        for name in ("blobs", "parts"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def blob(self, digest: str) -> Path:
        """Return where whole bytes of this hash are, or would be."""
        return self.folder / "blobs" / digest

    def has(self, digest: str) -> bool:
        """Tell whether bytes of this hash are there, and are what their name says."""
        path = self.blob(digest)
        return bool(digest) and path.is_file() and _digest(path) == digest

    def part(self, key: str) -> Path:
        """Return where the beginning of an answer is, or would be."""
        return self.folder / "parts" / files.settings_key(key)

    def said(self, key: str) -> Said | None:
        """Return what was said of the beginning that is there; None where it cannot be used."""
        note = self.part(key).with_suffix(".json")
        try:
            return Said(**json.loads(note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def note(self, key: str, said: Said) -> None:
        """Write down what a server said, before the first byte of its answer is kept."""
        write_text(self.part(key).with_suffix(".json"), json.dumps(asdict(said)))

    def forget(self, key: str) -> None:
        """Drop the beginning of an answer."""
        self.part(key).unlink(missing_ok=True)
        self.part(key).with_suffix(".json").unlink(missing_ok=True)

    def keep(self, part: Path) -> str:
        """Move whole bytes to their place, and return their hash."""
        digest = _digest(part)
        _flush(part)
        os.replace(part, self.blob(digest))
        part.with_suffix(".json").unlink(missing_ok=True)
        return digest

    def give(self, digest: str, target: Path) -> None:
        """Write whole bytes to a file, which appears at once or not at all."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(target) as temporary:
            with self.blob(digest).open("rb") as source, temporary.open("wb") as out:
                while chunk := source.read(1 << 20):
                    out.write(chunk)
            os.chmod(temporary, 0o666 & ~files.umask())
            _flush(temporary)


def write_text(path: Path, text: str) -> None:
    """Write a text whole or not at all."""
    with files.replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
        _flush(temporary)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
