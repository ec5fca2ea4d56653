"""A headless Chromium, a server of its own, and the synthetic result that pages are made of."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

NAME = "synthetic_atlas"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def synthetic() -> ModuleType:
    """Module ``tests/report/synthetic_atlas.py``."""
    if NAME not in sys.modules:
        path = Path(__file__).resolve().parents[1] / "report" / f"{NAME}.py"
        spec = importlib.util.spec_from_file_location(NAME, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[NAME] = module
        spec.loader.exec_module(module)
    return sys.modules[NAME]


@dataclass
class Visit:
    """A page with all it said and asked for."""

    page: Any
    faults: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(script)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium at hand")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        try:
            made = playwright.chromium.launch(executable_path=path, args=FLAGS)
        except api.Error as error:
            pytest.skip(f"Chromium does not start: {str(error).splitlines()[0]}")
        yield made
        made.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    contexts = []

    def go(address: str, **options: Any) -> Visit:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        made = Visit(page)
        page.on("console", lambda m: made.faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: made.faults.append(str(e)))
        page.on("request", lambda r: note(made, r.url))
        page.goto(address)
        return made

    def note(made: Visit, url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:", "http://127.0.0.1")):
            made.foreign.append(url)

    yield go
    for context in contexts:
        context.close()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Serve a folder on this machine; the address of its root."""
    servers = []

    def start(folder: Path) -> str:
        handler = functools.partial(QuietHandler, directory=os.fspath(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
