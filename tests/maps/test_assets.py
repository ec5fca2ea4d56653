"""Third-party scripts: verified, cached, asked for once."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from metrogis.maps import assets

CONTENT = b"window.L = {};"


def package(**changes: Any) -> assets.Package:
    packed = pack({"package/dist/x.js": CONTENT, "package/../../evil.js": b"evil"})
    values = {
        "name": "x",
        "version": "1.0.0",
        "integrity": f"sha512-{assets.sha512(packed)}",
        "files": {"dist/x.js": assets.sha512(CONTENT)},
    }
    return assets.Package(**{**values, **changes})


def pack(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    data = bytearray(stream.getvalue())
    data[4:8] = b"\0\0\0\0"  # the time in the gzip header
    return bytes(data)


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("METROGIS_CACHE", str(tmp_path))
    monkeypatch.delenv("METROGIS_OFFLINE", raising=False)
    monkeypatch.setattr(assets, "_FAILED", {})
    monkeypatch.setattr(assets.shutil, "which", lambda name: "/usr/bin/npm")
    return tmp_path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand in for npm and for the CDN."""
    made: list[str] = []
    packed = pack({"package/dist/x.js": CONTENT, "package/../../evil.js": b"evil"})

    def npm(command: list[str], *, cwd: str, **options: Any) -> None:
        made.append(" ".join(command[1:3]))
        (Path(cwd) / "x-1.0.0.tgz").write_bytes(packed)

    def cdn(address: str, timeout: float) -> Any:
        made.append(address)
        return io.BytesIO(CONTENT)

    monkeypatch.setattr(subprocess, "run", npm)
    monkeypatch.setattr(assets.urllib.request, "urlopen", cdn)
    return made


def test_npm_is_asked_once_then_the_cache(calls: list[str], place: Path):
    folder = assets.obtain(package())
    assert (folder / "dist/x.js").read_bytes() == CONTENT
    assert assets.obtain(package()) == folder
    assert calls == ["pack x@1.0.0"]
    assert not list(place.rglob("evil.js"))


def test_a_changed_file_in_the_cache_is_fetched_again(calls: list[str]):
    folder = assets.obtain(package())
    (folder / "dist/x.js").write_bytes(b"changed")
    assert (assets.obtain(package()) / "dist/x.js").read_bytes() == CONTENT
    assert len(calls) == 2


def test_the_cdn_is_the_last_resort(calls: list[str]):
    changed = package(integrity="sha512-other")
    assert (assets.obtain(changed) / "dist/x.js").read_bytes() == CONTENT
    assert calls[-1] == f"{assets.CDN}/x@1.0.0/dist/x.js"


def test_content_that_differs_from_its_hash_is_refused_once(calls: list[str]):
    wrong = package(files={"dist/x.js": assets.sha512(b"something else")})
    with pytest.raises(assets.AssetsError, match="differs from its pinned hash"):
        assets.obtain(wrong)
    before = len(calls)
    with pytest.raises(assets.AssetsError):
        assets.obtain(wrong)
    assert len(calls) == before


def test_offline_uses_the_cache_alone(calls: list[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("METROGIS_OFFLINE", "1")
    with pytest.raises(assets.AssetsError, match="offline") as caught:
        assets.obtain(package())
    assert "bez sieci" in caught.value.reason.pl
    assert calls == []


def test_leaflet_links_carry_integrity():
    links = assets.cdn_links()
    assert [address.rsplit("/", 1)[1] for address, _ in links] == ["leaflet.js", "leaflet.css"]
    assert all(digest.startswith("sha512-") for _, digest in links)
