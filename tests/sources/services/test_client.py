"""The client against servers that misbehave."""

from __future__ import annotations

import gzip
import ssl
import subprocess
import zlib
from pathlib import Path

import pytest

from metrogis.errors import SourceError
from metrogis.sources.services.client import Request
from tests.sources.services.servers import Call, quick, serving, slowly


def _ask(address: str, **more: object) -> Request:
    return Request(address, layer="streets", allow_local=True, **more)  # type: ignore[arg-type]


def test_faults_that_pass_are_tried_again_later_each_time() -> None:
    def answer(call: Call) -> None:
        if call.number < 3:
            call.send("busy", (503, 429, 500)[call.number])
        else:
            call.send("done")

    with serving(answer) as server, quick() as client:
        assert client.read(_ask(server.address)) == b"done"
    waited = client.waited  # type: ignore[attr-defined]
    assert len(waited) == 3
    assert [0.5, 1.0, 2.0] < [w / 0.01 for w in waited] < [1.5, 3.0, 6.0]


def test_a_server_that_asks_to_wait_is_waited_for() -> None:
    def answer(call: Call) -> None:
        call.send("later", 429, {"Retry-After": "7"}) if call.number == 0 else call.send("done")

    with serving(answer) as server, quick() as client:
        assert client.read(_ask(server.address)) == b"done"
    assert client.waited == [7.0]  # type: ignore[attr-defined]


@pytest.mark.parametrize("after", ["999999", "Mon, 30 Nov 2099 10:00:00 GMT"])
def test_nobody_waits_for_days(after: str) -> None:
    with (
        serving(lambda call: call.send("", 503, {"Retry-After": after})) as server,
        quick() as client,
        pytest.raises(SourceError, match="503"),
    ):
        client.read(_ask(server.address))
    assert len(server.calls) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_faults_that_stay_are_one_clear_error_at_once(status: int) -> None:
    with serving(lambda call: call.send("x", status)) as server, quick() as client:
        with pytest.raises(SourceError, match=f"answers {status}") as caught:
            client.read(_ask(server.at("/x?token=hidden")))
        assert len(server.calls) == 1
    assert caught.value.layer == "streets"
    assert caught.value.remedy is not None
    assert "hidden" not in str(caught.value)


def test_a_body_shorter_than_announced_is_no_answer() -> None:
    def answer(call: Call) -> None:
        if call.number < 2:
            call.send("ha", length=10)
            call.http.close_connection = True
            call.http.connection.close()
        else:
            call.send("whole")

    with serving(answer) as server, quick() as client:
        assert client.read(_ask(server.address)) == b"whole"
        assert len(server.calls) == 3


def test_a_packed_body_that_is_cut_is_no_answer() -> None:
    packed = gzip.compress(b"some text " * 1000)

    def answer(call: Call) -> None:
        body = packed[:-20] if call.number == 0 else packed
        call.send(body, headers={"Content-Encoding": "gzip"})

    with serving(answer) as server, quick() as client:
        assert client.read(_ask(server.address)) == b"some text " * 1000
        assert len(server.calls) == 2


def test_a_gzip_bomb_stops_at_the_limit() -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    body = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(64)) + bomb.flush()
    assert len(body) < 1 << 17
    with (
        serving(lambda call: call.send(body, headers={"Content-Encoding": "gzip"})) as server,
        quick() as client,
        pytest.raises(SourceError, match="exceeds 8 MB"),
    ):
        client.read(_ask(server.address), max_bytes=8 << 20)


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
def test_the_limit_of_bytes_is_the_last_size_that_fits(size: int, fits: bool) -> None:
    with serving(lambda call: call.send(bytes(size))) as server, quick() as client:
        if fits:
            assert len(client.read(_ask(server.address), max_bytes=1000)) == size
        else:
            with pytest.raises(SourceError, match="exceeds"):
                client.read(_ask(server.address), max_bytes=1000)


def test_a_server_that_answers_for_ever_is_left() -> None:
    with (
        serving(lambda call: slowly(call, bytes(10_000), 0.05)) as server,
        quick(max_seconds=0.5) as client,
        pytest.raises(SourceError, match="too long"),
    ):
        client.read(_ask(server.address))


def test_a_server_whose_headers_never_end_is_left() -> None:
    def answer(call: Call) -> None:
        import time

        call.http.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(100):
            call.http.wfile.write(b"x")
            time.sleep(0.05)

    with (
        serving(answer) as server,
        quick(max_seconds=0.5) as client,
        pytest.raises(SourceError, match="too long"),
    ):
        client.read(_ask(server.address))


def test_a_circle_of_redirects_ends() -> None:
    with (
        serving(lambda call: call.send("", 302, {"Location": "/again"})) as server,
        quick() as client,
        pytest.raises(SourceError, match="redirects"),
    ):
        client.read(_ask(server.address))
    assert len(server.calls) == 6


@pytest.mark.parametrize(
    "aim", ["file:///etc/passwd", "ftp://a.pl/x", "http://u:p@127.0.0.1/", "gopher://127.0.0.1:70/"]
)
def test_a_redirect_leads_to_no_other_kind_of_address(aim: str) -> None:
    with (
        serving(lambda call: call.send("", 302, {"Location": aim})) as server,
        quick() as client,
        pytest.raises(SourceError),
    ):
        client.read(_ask(server.address))


def test_machines_of_the_local_network_are_asked_only_where_the_catalog_says_so() -> None:
    with serving(lambda call: call.send("secret of the house")) as server, quick() as client:
        with pytest.raises(SourceError, match="local network"):
            client.read(Request(server.address, layer="streets"))
        assert not server.calls
        assert client.read(_ask(server.address))


def test_a_key_is_sent_to_its_server_alone() -> None:
    seen: list[str | None] = []

    def other(call: Call) -> None:
        seen.append(call.headers.get("x-clientid"))
        call.send("there")

    with serving(other) as second:

        def first(call: Call) -> None:
            seen.append(call.headers.get("x-clientid"))
            call.send("", 302, {"Location": second.at("/x")})

        with serving(first) as server, quick() as client:
            request = _ask(server.address, headers={"X-ClientId": "hidden"})
            assert client.read(request) == b"there"
            assert "hidden" not in repr(request)
    assert seen == ["hidden", None]


def test_a_certificate_that_cannot_be_verified_is_not_accepted(tmp_path: Path) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=localhost", "-keyout", key, "-out", cert],
        capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("openssl is not installed: no certificate can be made")
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    httpd.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    httpd.socket = context.wrap_socket(
        httpd.socket,
        server_side=True,
        do_handshake_on_connect=False,  # in the thread of the call
    )
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    try:
        for legacy in (False, True):
            with quick() as client, pytest.raises(SourceError, match="certificate"):
                client.read(
                    _ask(f"https://127.0.0.1:{httpd.server_address[1]}/", legacy_tls=legacy)
                )
    finally:
        httpd.shutdown()
        httpd.server_close()


def test_a_server_that_is_not_there_is_tried_and_told() -> None:
    with serving(lambda call: call.send("x")) as server:
        gone = server.address
    with quick(tries=3) as client, pytest.raises(SourceError, match=r"tries: 3"):
        client.read(_ask(gone))
    assert len(client.waited) == 2  # type: ignore[attr-defined]
