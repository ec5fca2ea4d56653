"""Where a site is served, and what its pages may load there."""

from __future__ import annotations

from urllib.parse import urlsplit

from metrogis.errors import ParameterError
from metrogis.i18n import _
from metrogis.maps.page_data import Basemap


def security_policy(basemap: Basemap | None) -> str:
    """Return the content security policy: own files only, no inline script or style.

    ``file:`` stands beside ``'self'`` for pages opened from a disk, where browsers differ on what
    "self" is; a page from a server can load nothing by it.
    """
    pictures = "'self' file: data:" + (f" {basemap.host}" if basemap else "")
    return (
        "default-src 'none'; script-src 'self' file:; style-src 'self' file:; "
        f"img-src {pictures}; base-uri 'none'; form-action 'none'"
    )


def address_of(site_url: str | None) -> str:
    """Return the address a site is published at, with a slash at its end; empty for none.

    Raises
    ------
    ParameterError
        For what is no web address.

    Examples
    --------
    >>> address_of("https://example.org/atlas"), address_of(None)
    ('https://example.org/atlas/', '')
    """
    if not site_url:
        return ""
    parts = urlsplit(site_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ParameterError(
            _("no address of a site: {given}").fill(given=site_url),
            layer="site_url",
            remedy=_("for example https://example.org/atlas/"),
        )
    return site_url.rstrip("/") + "/"
