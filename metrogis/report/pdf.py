"""Pages printed as PDF by a browser: the report of the metropolis, and each municipality's page.

Chromium writes tagged PDF of the pages as they are printed; where there is none, WeasyPrint does.
Either runs as a program of its own, without network, on a copy of a page without scripts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from metrogis.errors import PublishError
from metrogis.i18n import _
from metrogis.texts import Text, both

PROGRAM = "METROGIS_CHROMIUM"
"""Environment variable with the path of a Chromium, Chrome or Edge that is in none of the usual
places."""

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
PATIENCE = 120.0
"""Seconds that one page may take."""

SIZE = "<!-- size of the PDF -->"
"""Where a page says how large its PDF is, once that is known."""
_LINK = re.compile(r'(<a\b[^>]*?) href="([^"#][^"]*)"')
_SCRIPT = re.compile(r"<script\b[^>]*></script>")
_OFFER = re.compile(r'<p class="pdf">.*?</p>\n?', re.DOTALL)
_COPY = ".print-"


@dataclass(frozen=True)
class Printer:
    """A program that prints pages.

    Attributes
    ----------
    kind : {"chromium", "weasyprint"}
    program : str
        Its path.
    """

    kind: str
    program: str


@dataclass(frozen=True)
class Sheet:
    """One page to print.

    Attributes
    ----------
    page : Path
        HTML in the folder of the site.
    target : Path
        The PDF.
    address : str
        Where the page is published, for its links; empty: links to other pages are left out.
    """

    page: Path
    target: Path
    address: str = ""


def find_printer() -> Printer:
    """Return the program that prints: Chromium, else WeasyPrint.

    Raises
    ------
    PublishError
        Where there is neither, before anything is computed.
    """
    stated = os.environ.get(PROGRAM, "").strip()
    if stated:
        found = shutil.which(stated)
        if found is None:
            raise PublishError(
                _("{variable} names no program").fill(variable=both(PROGRAM)),
                place=stated,
                remedy=_("give the path of Chromium, Chrome or Edge"),
            )
        return Printer("chromium", found)
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return Printer("chromium", found)
    found = shutil.which("weasyprint")
    if found is not None:
        return Printer("weasyprint", found)
    raise PublishError(
        _("PDF needs Chromium (Chrome, Edge) or WeasyPrint, and neither is installed"),
        remedy=_("install one of them, or publish without --pdf"),
    )


def print_all(sheets: Sequence[Sheet], printer: Printer, *, workers: int = 1) -> dict[Path, Text]:
    """Print pages; return why each of those that could not be printed was not.

    A PDF is there whole or not at all.

    Parameters
    ----------
    sheets : sequence of Sheet
    printer : Printer
    workers : int
        Programs that run at a time.

    Returns
    -------
    dict
        By target.
    """
    with tempfile.TemporaryDirectory(prefix="metrogis-print-") as scratch:

        def work(item: tuple[int, Sheet]) -> Text | None:
            number, sheet = item
            own = Path(scratch) / str(number)
            own.mkdir()
            try:
                return _print(sheet, printer, own)
            finally:
                shutil.rmtree(own, ignore_errors=True)

        with ThreadPoolExecutor(max(1, workers)) as several:
            found = list(several.map(work, enumerate(sheets)))
    return {s.target: why for s, why in zip(sheets, found, strict=True) if why is not None}


def offer(page: Path, pdf: Path, size: str) -> None:
    """Say on a page how large its PDF is; where it could not be made, take the link away."""
    text = page.read_text(encoding="utf-8", errors="replace")
    text = text.replace(SIZE, size) if pdf.exists() else _OFFER.sub("", text)
    page.write_bytes(text.encode("utf-8", "replace"))


def printable(html: str, address: str = "") -> str:
    """Return a page as it is printed: no scripts, and no link that leads into a folder of ours.

    Links become those of the published site where its address is known, else plain text: a PDF
    that leaves the folder would carry the path it was made in.

    Examples
    --------
    >>> printable('<a class="x" href="index.html">A</a><a href="#b">B</a><script src="x"></script>')
    '<a class="x">A</a><a href="#b">B</a>'
    >>> printable('<a href="../index.html">A</a>', "https://example.org/pl/gminy/2215031.html")
    '<a href="https://example.org/pl/index.html">A</a>'
    """

    def link(found: re.Match[str]) -> str:
        if urlsplit(found[2]).scheme in ("http", "https"):
            return found[0]
        return f'{found[1]} href="{urljoin(address, found[2])}"' if address else found[1]

    return _LINK.sub(link, _OFFER.sub("", _SCRIPT.sub("", html)))


def _print(sheet: Sheet, printer: Printer, scratch: Path) -> Text | None:
    """Print one page; return why it could not be."""
    # beside the page: its styles and pictures have relative addresses
    copy = sheet.page.with_name(f"{_COPY}{sheet.target.stem}.html")
    made = scratch / "page.pdf"
    try:
        html = sheet.page.read_text(encoding="utf-8", errors="replace")
        copy.write_bytes(printable(html, sheet.address).encode("utf-8", "replace"))
        ended = subprocess.run(
            _command(printer, copy, made, scratch),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            cwd=scratch,
            # settings, sockets and caches of the program go with the folder
            env={**os.environ, "HOME": str(scratch), "XDG_RUNTIME_DIR": str(scratch)},
        )
    except subprocess.TimeoutExpired:
        return _("it took longer than {n} s").fill(n=round(PATIENCE))
    except OSError as error:
        return both(error.strerror or type(error).__name__)
    finally:
        copy.unlink(missing_ok=True)
    if not made.exists() or made.read_bytes()[:5] != b"%PDF-":
        return _("the program ended with {code} and wrote no PDF").fill(code=ended.returncode)
    whole = sheet.target.with_name(f".{sheet.target.name}")
    shutil.copyfile(made, whole)
    whole.replace(sheet.target)
    return None


def _command(printer: Printer, page: Path, made: Path, scratch: Path) -> list[str]:
    if printer.kind == "weasyprint":
        return [printer.program, "--pdf-variant", "pdf/ua-1", str(page), str(made)]
    # as root, as in a container, Chromium runs only without its sandbox; the page is our own
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [
        printer.program,
        "--headless",
        *root,
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-extensions",
        "--disable-sync",
        "--disable-dev-shm-usage",
        # a page asks for nothing from anywhere; if it did, no name would be found
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={scratch / 'profile'}",
        "--no-pdf-header-footer",
        "--generate-pdf-document-outline",
        f"--print-to-pdf={made}",
        page.as_uri(),
    ]
