"""Which addresses may be asked, and how they are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrogis.errors import SourceError
from metrogis.sources.services import addresses


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://a.pl/x",
        "gopher://a.pl/",
        "https://",
        "https:///x",
        "https://anna:h1dden@a.pl/",
        "https://a.pl:99999/",
        "https://a.pl/\nHost: b.pl",
        "https://a.pl\\@b.pl/",
        "/vsicurl/https://a.pl",
        "https://żółw.pl/",
        "",
    ],
)
def test_what_no_server_is_asked(address: str) -> None:
    with pytest.raises(SourceError) as caught:
        addresses.checked(address, layer="streets")
    assert "h1dden" not in str(caught.value)


def test_a_redirect_is_followed_by_the_rules_of_addresses() -> None:
    at = "https://a.pl/data/x"
    assert addresses.after_redirect(at, "../y", layer="l") == "https://a.pl/y"
    assert addresses.after_redirect(at, "https://b.pl/z", layer="l") == "https://b.pl/z"
    for aim in ("http://a.pl/x", "file:///etc/passwd", "https://u:p@b.pl/"):
        with pytest.raises(SourceError):
            addresses.after_redirect(at, aim, layer="l")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.8", "192.168.1.1", "169.254.169.254", "::1", "0.0.0.0",
     "::ffff:127.0.0.1", "fe80::1", "100.64.0.1", "224.0.0.1"],
)  # fmt: skip
def test_machines_nearby_are_asked_only_where_the_catalog_allows_it(host: str) -> None:
    with pytest.raises(SourceError, match="local network"):
        addresses.resolved(host, 80, allow_local=False, layer="l")
    assert addresses.resolved(host, 80, allow_local=True, layer="l")


@given(st.text(alphabet="abcXYZ019-_", min_size=8, max_size=20))
def test_no_secret_of_a_query_is_shown(secret: str) -> None:
    address = f"https://a.pl/wfs?service=WFS&apikey={secret}&token={secret}#{secret}"
    assert secret not in addresses.shown(address)
    assert "service=WFS" in addresses.shown(address)
