"""Which addresses may be asked, and how they are shown.

A catalog is a text that somebody may have sent; a server may answer with a redirect to anywhere.
So only ``http`` and ``https`` are asked, no machine of the local network unless the catalog allows
it, and whatever may be a secret stands in no message.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from metrogis.errors import SourceError
from metrogis.i18n import Text, _

_PLAIN = ("http", "https")
_HARMLESS = re.compile(
    r"(?i)^(service|version|request|typenames?|srsname|count|maxfeatures|startindex|sortby|"
    r"outputformat|resulttype|bbox|bbox-crs|crs|limit|offset|f|format|page|page-size|year|lang)$"
)
"""Names of queries whose values may be shown: the words of the services asked here."""


def checked(address: str, *, layer: str) -> str:
    """Return an address that may be asked.

    Parameters
    ----------
    address : str
        As a catalog or a server gives it.
    layer : str
        Name used in messages.

    Raises
    ------
    SourceError
        For another scheme than http and https, names or passwords inside the address, no host, or
        characters that no address has.

    Examples
    --------
    >>> checked("https://sdi.gdos.gov.pl/wfs", layer="protected_areas")
    'https://sdi.gdos.gov.pl/wfs'
    >>> checked("file:///etc/passwd", layer="protected_areas")
    Traceback (most recent call last):
    ...
    metrogis.errors.SourceError: layer 'protected_areas', file: addresses of this kind are not ...
    """
    if not address.isascii() or re.search(r"[\x00-\x20\x7f\\]", address):
        raise _refused(
            _("the address has unfit characters"),
            layer, shown(address),
        )  # fmt: skip
    try:
        parts = urlsplit(address)
        _unused = parts.port
    except ValueError as error:
        raise _refused(_("this is no address"), layer, address[:60]) from error
    if parts.scheme.lower() not in _PLAIN:
        raise _refused(
            _("addresses of this kind are not opened (https and http only)"),
            layer,
            parts.scheme or address[:60],
        )
    if not parts.hostname:
        raise _refused(_("the address names no server"), layer, address[:60])
    if parts.username is not None or parts.password is not None:
        raise _refused(
            _("the address holds a name or a password"),
            layer,
            parts.hostname,
            _("give secrets in a header taken from the environment (headers_env)"),
        )
    return address


def after_redirect(address: str, target: str, *, layer: str) -> str:
    """Return where a redirect leads; from https never to http.

    Raises
    ------
    SourceError
    """
    there = checked(urljoin(address, target), layer=layer)
    if urlsplit(address).scheme == "https" and urlsplit(there).scheme != "https":
        raise _refused(
            _("the server redirects from https to http"),
            layer,
            shown(there),
        )
    return there


def same_server(one: str, other: str) -> bool:
    """Tell whether two addresses name the same scheme, host and port.

    >>> same_server("https://a.pl/x", "https://a.pl:443/y"), same_server("https://a.pl", "https://b.pl")
    (True, False)
    """
    a, b = urlsplit(one), urlsplit(other)
    usual = {"http": 80, "https": 443}
    return (a.scheme, a.hostname, a.port or usual.get(a.scheme)) == (
        b.scheme, b.hostname, b.port or usual.get(b.scheme)
    )  # fmt: skip


def shown(address: str) -> str:
    """Return an address as messages and locks may hold it: values of unknown queries left out.

    >>> shown("https://anna:x@a.pl/data?service=WFS&token=abc#part")
    'https://a.pl/data?service=WFS&token=...'
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        if parts.port is not None:
            host = f"{host}:{parts.port}"
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return "?"
    kept = [(name, value if _HARMLESS.match(name) else "...") for name, value in pairs]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(kept, safe=":,.+/"), ""))


def resolved(host: str, port: int, *, allow_local: bool, layer: str) -> list[str]:
    """Return the numeric addresses of a host, all of which may be asked.

    A name that means a machine of the local network as well as a public one is refused whole: which
    of the two is asked would be up to whoever answers for the name.

    Raises
    ------
    SourceError
        Where the host is not known, or one of its addresses is of this machine or a local network
        and the catalog does not allow that.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError(host) from error
    numeric = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allow_local:
        for one in numeric:
            if not _is_public(one):
                raise _refused(
                    _("an address of this machine or a local network"),
                    layer,
                    host,
                    _("if it is a server of your office, write allow_local = true at this source"),
                )
    return numeric


class UnknownHostError(OSError):
    """No address is known of a host: worth another try."""


def _is_public(numeric: str) -> bool:
    address = ipaddress.ip_address(numeric.split("%")[0])
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return address.is_global and not address.is_multicast and (inner is None or inner.is_global)


def _refused(what: Text, layer: str, place: str, remedy: Text | None = None) -> SourceError:
    return SourceError(
        what,
        layer=layer,
        place=place,
        remedy=remedy or _("fix the address in the catalog"),
    )
