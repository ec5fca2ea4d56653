"""Files that Atom feeds link to, as the download services of INSPIRE publish them.

A feed of data sets links to feeds of files; both have entries with links of several kinds. Links
may be relative, to the feed or to an ``xml:base``.

Sources: RFC 4287 (Atom); INSPIRE Technical Guidance for Download Services, 3.1.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.sources.services import addresses, xml
from metrogis.sources.services.client import Client, Request

_ABOUT = frozenset(
    {"self", "up", "search", "describedby", "license", "edit", "next", "prev", "previous", "first",
     "last", "hub", "author", "help", "related", "via"}
)  # fmt: skip
"""Links that lead to no data."""
_DEEPEST = 3
_BASE = "{http://www.w3.org/XML/1998/namespace}base"


@dataclass(frozen=True)
class Link:
    """A link of an entry: its absolute address, and what it says it leads to."""

    address: str
    rel: str
    kind: str

    @property
    def leads_on(self) -> bool:
        """Whether it leads to another feed."""
        return "atom" in self.kind or urlsplit(self.address).path.lower().endswith(".atom")


def find(
    client: Client,
    request: Callable[[str], Request],
    address: str,
    entry: str,
    *,
    layer: str,
    link: str | None = None,
) -> str:
    """Return the address of the file that an entry links to.

    Parameters
    ----------
    client : Client
    request : callable
        Returns how an address is asked.
    address : str
        Of the feed.
    entry : str
        Title or id, or a part or pattern (``*``) that one entry alone has.
    layer : str
        Name used in messages.
    link : str, optional
        Pattern of the address, or of its last part, where an entry links to several files.

    Raises
    ------
    SourceError
        When the feed cannot be read, has no such entry or several, or the entry no link or several.
    """
    for depth in range(_DEEPEST):
        asked = request(address)
        root = xml.parsed(client.read(asked, max_bytes=64 << 20), asked)
        if _local(root) != "feed":
            raise _wrong(_("this is no Atom feed"), asked)
        items = [e for e in root if _local(e) == "entry"]
        chosen = _chosen(items, entry, asked, alone=depth > 0)
        links = [one for e in chosen for one in _links(e, address, layer)]
        files = [one for one in links if not one.leads_on]
        if link is not None:
            files = [one for one in files if _fits(one.address, link)]
        places = list(dict.fromkeys(one.address for one in _best(files)))
        if len(places) == 1:
            return places[0]
        if places:
            shown = ", ".join(addresses.shown(p) for p in places[:8])
            raise _wrong(
                _("the entry links to several files: {shown}").fill(shown=shown),
                asked,
                _("name one with link"),
            )
        onward = list(dict.fromkeys(one.address for one in links if one.leads_on))
        if len(onward) != 1 or onward[0] == address:
            raise _wrong(_("the entry links to no file"), asked)
        address = onward[0]
    raise _wrong(_("feeds lead to feeds, and to no file"), request(address))


def _chosen(items: list[Any], wanted: str, asked: Request, *, alone: bool) -> list[Any]:
    """Return the entry that is meant; of the feed behind an entry all where none is called so."""
    names = [[_said(e, "title"), _said(e, "id"), _said(e, "spatial_dataset_identifier_code")]
             for e in items]  # fmt: skip
    folded = wanted.casefold()
    exact = [e for e, own in zip(items, names, strict=True)
             if folded in (n.casefold() for n in own)]  # fmt: skip
    parts = [e for e, own in zip(items, names, strict=True)
             if any(fnmatch.fnmatchcase(n.casefold(), f"*{folded}*") for n in own)]  # fmt: skip
    found = exact or parts
    if len(found) == 1:
        return found
    if alone:  # the feed is of that entry: its own entries are the files
        return found or items
    shown = ", ".join(own[0] for own in names[:12]) or "-"
    raise _wrong(
        _("{count} entries of the feed are called '{wanted}'; there are: {shown}").fill(
            count=len(found), wanted=wanted, shown=shown
        ),
        asked,
        _("fix entry in the catalog"),
    )


def _links(entry: Any, feed: str, layer: str) -> list[Link]:
    base = feed
    for element in [*reversed(list(entry.iterancestors())), entry]:
        base = urljoin(base, element.get(_BASE) or "")
    found = []
    for element in entry:
        href, rel = str(element.get("href") or "").strip(), str(element.get("rel") or "alternate")
        if _local(element) != "link" or not href or rel in _ABOUT:
            continue
        kind = str(element.get("type") or "")
        if kind.startswith("text/html"):
            continue
        found.append(Link(addresses.checked(urljoin(base, href), layer=layer), rel, kind))
    return found


def _best(links: list[Link]) -> list[Link]:
    """Return the links to a file proper where there are any, else all."""
    for rel in ("enclosure", "section"):
        found = [link for link in links if link.rel == rel]
        if found:
            return found
    return links


def _fits(address: str, pattern: str) -> bool:
    name = unquote(urlsplit(address).path).rpartition("/")[2].casefold()
    wanted = pattern.casefold()
    return fnmatch.fnmatchcase(name, wanted) or fnmatch.fnmatchcase(address.casefold(), wanted)


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _said(entry: Any, name: str) -> str:
    for element in entry:
        if _local(element) == name:
            return " ".join("".join(element.itertext()).split())
    return ""


def _wrong(what: Text, asked: Request, remedy: Text | None = None) -> SourceError:
    return SourceError(
        what,
        layer=asked.layer or None,
        place=addresses.shown(asked.address),
        remedy=remedy or _("check the address of the feed"),
    )
