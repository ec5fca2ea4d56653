"""Downloads: whole, continued, and what they say they are."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from metrogis.errors import SourceError
from metrogis.sources.services.client import Request
from metrogis.sources.services.download import download
from metrogis.sources.services.store import Store
from tests.sources.services.servers import Call, files, quick, serving

ZIP = b"PK\x03\x04" + random.Random(1).randbytes(50_000)


def _ask(address: str) -> Request:
    return Request(address, layer="timetable", allow_local=True)


def _cut(content: bytes, at: list[int], *, etag: bool = True, ranges: bool = True):  # type: ignore[no-untyped-def]
    """Serve a file whose first answers end after so many bytes."""
    whole = files({"/f.zip": content}, ranges=ranges)

    def answer(call: Call) -> None:
        if call.number >= len(at):
            whole(call)
            return
        start = 0
        wanted = call.headers.get("range")
        headers = {"ETag": f'"{abs(hash(content))}"'} if etag else {}
        status = 200
        if wanted and ranges:
            start, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        body = content[start:]
        call.send(body[: at[call.number]], status, headers, length=len(body))
        call.http.wfile.flush()
        call.http.close_connection = True
        call.http.connection.close()

    return answer


def test_a_file_comes_whole(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with serving(files({"/f.zip": ZIP})) as server, quick() as client:
        got = download(client, store, _ask(server.at("/f.zip")), kind="zip")
    assert store.blob(got.sha256).read_bytes() == ZIP
    assert not list((tmp_path / "parts").iterdir())


def test_what_broke_off_is_continued_from_its_last_byte(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with serving(_cut(ZIP, [20_000, 15_000])) as server, quick() as client:
        got = download(client, store, _ask(server.at("/f.zip")), kind="zip")
    assert store.blob(got.sha256).read_bytes() == ZIP
    asked = [call.headers.get("range") for call in server.calls]
    assert asked == [None, "bytes=20000-", "bytes=35000-"]


@pytest.mark.parametrize(("etag", "ranges"), [(False, True), (True, False)])
def test_without_a_promise_that_it_is_the_same_file_it_is_fetched_anew(
    tmp_path: Path, etag: bool, ranges: bool
) -> None:
    store = Store(tmp_path)
    with serving(_cut(ZIP, [20_000], etag=etag, ranges=ranges)) as server, quick() as client:
        got = download(client, store, _ask(server.at("/f.zip")), kind="zip")
    assert store.blob(got.sha256).read_bytes() == ZIP


def test_a_file_that_changed_in_between_is_not_joined_of_two(tmp_path: Path) -> None:
    other = b"PK\x03\x04" + random.Random(2).randbytes(50_000)
    first = _cut(ZIP, [20_000])
    second = files({"/f.zip": other})
    store = Store(tmp_path)

    def answer(call: Call) -> None:
        (first if call.number == 0 else second)(call)

    with serving(answer) as server, quick() as client:
        got = download(client, store, _ask(server.at("/f.zip")), kind="zip")
    assert store.blob(got.sha256).read_bytes() == other


def test_a_range_that_starts_elsewhere_is_not_believed(tmp_path: Path) -> None:
    etag = f'"{abs(hash(ZIP))}"'

    def answer(call: Call) -> None:
        if call.number == 0:
            _cut(ZIP, [20_000])(call)
        elif call.number == 1:
            headers = {"ETag": etag, "Content-Range": f"bytes 10000-{len(ZIP) - 1}/{len(ZIP)}"}
            call.send(ZIP[10_000:], 206, headers)
        else:
            files({"/f.zip": ZIP})(call)

    store = Store(tmp_path)
    with serving(answer) as server, quick() as client:
        got = download(client, store, _ask(server.at("/f.zip")), kind="zip")
    assert store.blob(got.sha256).read_bytes() == ZIP


def test_what_did_not_change_is_not_sent_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with serving(files({"/f.zip": ZIP})) as server, quick() as client:
        first = download(client, store, _ask(server.at("/f.zip")), kind="zip")
        known = (first.sha256, first.said)
        again = download(client, store, _ask(server.at("/f.zip")), kind="zip", known=known)
        assert again.same
        assert again.sha256 == first.sha256
        store.blob(first.sha256).write_bytes(b"damaged")  # then what is known is of no use
        third = download(client, store, _ask(server.at("/f.zip")), kind="zip", known=known)
    assert not third.same
    assert store.blob(third.sha256).read_bytes() == ZIP


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<!DOCTYPE html><html>moved</html>", "any"),
        (b"\xef\xbb\xbf  <!-- x -->\n<HTML>moved</HTML>", "table"),
        (b"", "any"),
        (b"Not found", "zip"),
        (b"Not found", "pbf"),
        (b"{}", "xml"),
        (b"<a/>", "json"),
        (b"a;b\0", "table"),
        (ZIP, "gpkg"),
    ],
)
def test_a_file_that_is_something_else_is_not_kept(tmp_path: Path, body: bytes, kind: str) -> None:
    store = Store(tmp_path)
    with serving(files({"/f": body})) as server, quick() as client:
        with pytest.raises(SourceError) as caught:
            download(client, store, _ask(server.at("/f")), kind=kind)  # type: ignore[arg-type]
        assert len(server.calls) == 1
    assert caught.value.layer == "timetable"
    assert not list((tmp_path / "blobs").iterdir())
    assert not list((tmp_path / "parts").iterdir())


@pytest.mark.parametrize("seeds", [range(25), pytest.param(range(25, 225), marks=pytest.mark.long)])
def test_faults_end_in_the_file_or_in_one_error(tmp_path: Path, seeds: range) -> None:
    """Whatever a server does, the store holds the file whole or not at all."""
    for seed in seeds:
        chance = random.Random(seed)
        plan = [chance.choice(["ok", "cut", "500", "429", "close", "html", "short", "416", "empty"])
                for _ in range(6)]  # fmt: skip
        store = Store(tmp_path / str(seed))

        def answer(call: Call, plan: list[str] = plan, chance: random.Random = chance) -> None:
            what = plan[min(call.number, 5)]
            if what == "cut":
                _cut(ZIP, [chance.randrange(1, 40_000)] * 9)(call)
            elif what in ("500", "429", "416"):
                call.send("x", int(what))
            elif what == "close":
                call.http.close_connection = True
                call.http.connection.close()
            elif what == "html":
                call.send("<html>busy</html>")
            elif what == "short":
                call.send(ZIP[:100], headers={"ETag": '"other"'})
            elif what == "empty":
                call.send(b"")
            else:
                files({"/f.zip": ZIP})(call)

        with serving(answer) as server, quick() as client:
            got, fault = None, None
            try:
                got = download(client, store, _ask(server.at("/f.zip")), kind="zip")
            except SourceError as error:
                fault = error
            if got is None:
                assert fault is not None
                assert fault.layer == "timetable", plan
                assert fault.remedy is not None
                kept = list((tmp_path / str(seed) / "blobs").iterdir())
                assert not kept, plan
            else:
                content = store.blob(got.sha256).read_bytes()
                # the one other whole file that a server here sends by its own word
                assert content == ZIP or (content == ZIP[:100] and "short" in plan), plan
