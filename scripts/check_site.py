"""Check a built documentation site: every link leads somewhere, and no other host is asked.

python scripts/check_site.py build/docs      # exits with 1 and a line per fault
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# attributes that a browser fetches by itself; an `a` is followed only by a reader
_FETCHED = {"src", "srcset", "poster", "data", "action", "formaction", "background"}
_FETCHED_LINKS = {"stylesheet", "preconnect", "dns-prefetch", "preload", "prefetch", "icon"}
_CSS_ADDRESS = re.compile(r"""(?:url\(\s*|@import\s+)["']?([^"')\s;]+)""")
_FOREIGN = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)

_OF_MAP = {"layer", "gmina", "row", "embed"}  # keys of addresses that a map of an atlas reads


class _Page(HTMLParser):
    """What one page is: its anchors, its links and what it makes a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._style = tag == "style"
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        rel = set(values.get("rel", "").split())
        if "href" in values:
            by_itself = tag == "use" or (tag == "link" and rel & _FETCHED_LINKS)
            (self.fetched if by_itself else self.links).append(values["href"])
        for name in _FETCHED & values.keys():
            many = values[name].split(",") if name == "srcset" else [values[name]]
            self.fetched += [entry.split()[0] for entry in many if entry.strip()]
        self.fetched += _CSS_ADDRESS.findall(values.get("style", ""))
        if values.get("http-equiv", "").lower() == "refresh":
            self.fetched += re.findall(r"url=(.+)", values.get("content", ""), re.IGNORECASE)

    def handle_data(self, data: str) -> None:
        if self._style:
            self.fetched += _CSS_ADDRESS.findall(data)

    def handle_endtag(self, tag: str) -> None:
        self._style = False


def faults(site: Path) -> Iterator[str]:
    """Yield a line for each link that leads nowhere and each address on another host."""
    pages = {path: _read(path) for path in sorted(site.rglob("*.html"))}
    if not pages:
        yield f"{site}: no page"
    for path, page in pages.items():
        place = path.relative_to(site).as_posix()
        for address in page.fetched:
            if _FOREIGN.match(address):
                yield f"{place}: fetches {address}"
            elif not _led(address, path, site, pages):
                yield f"{place}: no file {address}"
        for address in page.links:
            if not (_FOREIGN.match(address) or _led(address, path, site, pages)):
                yield f"{place}: leads nowhere: {address}"
    for path in sorted(site.rglob("*.css")):
        for address in _CSS_ADDRESS.findall(path.read_text(encoding="utf-8")):
            if _FOREIGN.match(address):
                yield f"{path.relative_to(site).as_posix()}: fetches {address}"


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    return page


def _led(address: str, path: Path, site: Path, pages: dict[Path, _Page]) -> bool:
    """Tell whether an address within the site leads to a file, and to an anchor of it."""
    parts = urlsplit(address)
    if parts.scheme:
        return parts.scheme in ("data", "mailto")
    aim = path
    if parts.path:
        # 404.html is shown at any address: it names pages from the root of the site
        base = site if parts.path.startswith("/") else path.parent
        aim = (base / unquote(parts.path).lstrip("/")).resolve()
    if aim.is_dir():
        aim /= "index.html"
    if not aim.is_file() or not aim.is_relative_to(site):
        return False
    anchor = unquote(parts.fragment)
    # "#__" are the theme's own: places that its script makes
    if not anchor or anchor.startswith("__") or aim not in pages:
        return True
    if "=" in anchor:
        # what the map of a page is to show; its own script reads it
        keys = {part.partition("=")[0] for part in anchor.split("&")}
        return keys <= _OF_MAP and "map-panel" in pages[aim].anchors
    return anchor in pages[aim].anchors


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("site", type=Path)
    found = list(faults(parser.parse_args().site.resolve()))
    print("\n".join(found[:100] or ["every link leads somewhere, no other host is asked"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
