"""Pages of the documentation site that come from the code, and the demo's atlas within it.

A hook of mkdocs (``mkdocs.yml`` names it): the home page is the README, the gallery shows the
maps of a published atlas (``METROGIS_ATLAS``), and every public module of the rooms below has a
page with its docstrings. Nothing of this is committed; docstrings are read, not imported.
"""

from __future__ import annotations

import ast
import html
import json
import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

from metrogis.checks.contract import DIRECTIONS
from metrogis.documents import anchor_of

ROOT = Path(__file__).resolve().parent.parent
# rooms whose functions are called from scripts and notebooks, with what each knows
ROOMS = {
    "checks/spatial_development": "Checks of 1.2.1",
    "checks/transport_accessibility": "Checks of 2.1.2",
    "checks/active_mobility": "Checks of 2.1.3",
    "checks/contract": "What a check is made of",
    "transit": "Timetables",
    "streets": "Streets",
    "landscape": "Landscape",
    "planning": "Planning acts",
    "population": "Population",
    "evidence": "What is known where",
    "sources": "Sources",
}
FRONT = (
    "metro",
    "atlas",
    "checks.registry",
    "provenance",
    "texts",
    "errors",
)
_TARGET = re.compile(r"(!?\[[^\]]*\]\()([^)\s]+)(\))")


def on_config(config: Any) -> Any:
    """Give headings the anchors that the code cites, and put the reference into the menu."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = lambda text, _: anchor_of(text)
    sections = [{title: _pages(names)} for title, names in _sections().items()]
    config.nav = [*config.nav, {"Reference": ["api/index.md", *sections]}]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that are written here."""
    made = {
        "index.md": _moved(ROOT / "README.md"),
        "contributing.md": _moved(ROOT / "CONTRIBUTING.md"),
        "gallery.md": gallery(_atlas()),
        "api/index.md": _summary(),
    }
    for names in _sections().values():
        made |= {f"api/{name}.md": f"::: {name}\n" for name in names}
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    for path in (ROOT / "layers").glob("*/picture.png"):
        name = path.relative_to(ROOT).as_posix()
        files.append(File.generated(config, name, abs_src_path=os.fspath(path)))
    for path in sorted((_atlas() / "pictures").glob("*.en.png")):
        name = f"gallery/{path.name}"
        files.append(File.generated(config, name, abs_src_path=os.fspath(path)))
    return files


def on_post_build(config: Any) -> None:
    """Put the atlas itself into the site: the gallery leads to its interactive maps."""
    shutil.copytree(_atlas(), Path(config.site_dir) / "atlas", dirs_exist_ok=True)


def _atlas() -> Path:
    folder = Path(os.environ.get("METROGIS_ATLAS") or ROOT / "public")
    if not (folder / "atlas.json").is_file():
        raise PluginError(f"no atlas in {folder}: `make atlas`, or METROGIS_ATLAS=FOLDER")
    return folder


def gallery(folder: Path) -> str:
    """Return the page that shows each map of an atlas with what was found."""
    content = json.loads((folder / "atlas.json").read_text(encoding="utf-8"))
    parts = [
        "# Gallery\n\nMaps of the generated *demo* metropolis, as `make atlas` publishes them. "
        "Each leads to the interactive map, its tables and its audit.\n"
    ]
    for direction, name in DIRECTIONS.items():
        parts.append(f"\n## {direction} {name.en}\n")
        for check, result in content["checks"].items():
            if result["direction"] == direction:
                parts.append(_shown(check, result))
    return "".join(parts)


def _shown(check: str, result: dict[str, Any]) -> str:
    title = html.escape(result["title"]["en"])
    told = "".join(f"<p>{html.escape(found['en'])}</p>\n" for found in result["findings"][:1])
    return (
        f"\n### {title}\n\n[![{title}](gallery/{check}.en.png)](gallery/{check}.en.png)\n\n{told}\n"
        f'<p><a href="atlas/en/{check}.html">Interactive map</a> '
        f'(<a href="atlas/pl/{check}.html">po polsku</a>)</p>\n'
    )


def _moved(path: Path) -> str:
    """Return a document of the root with its links as they are from ``docs/``.

    What the site does not hold (scripts, tests, catalogs) is named, not linked.
    """

    def lead(match: re.Match[str]) -> str:
        target = match[2]
        if target.startswith(("https://", "#")):
            return match[0]
        if target.startswith("docs/"):
            return f"{match[1]}{target.removeprefix('docs/')}{match[3]}"
        if target.endswith(".png"):
            return match[0]
        return match[1].strip("![](")

    return _TARGET.sub(lead, path.read_text(encoding="utf-8"))


@cache
def _sections() -> dict[str, list[str]]:
    """Return the modules of the reference by section: those that define something public."""
    made = {"metrogis": [f"metrogis.{name}" for name in FRONT]}
    for room, title in ROOMS.items():
        found = [_name(path) for path in _modules(ROOT / "metrogis" / room)]
        made[title] = sorted(found)
    return made


def _modules(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*.py"):
        # of a check its question and its parameters: the rest of its package serves only these
        inner = folder.parent.name == "checks" and folder.name != "contract"
        if _public(path) and (not inner or path.stem in ("check", "parameters")):
            yield path


def _public(path: Path) -> bool:
    """Tell whether a module defines a function or class of a public name, with a docstring."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return any(
        isinstance(node, kinds) and not node.name.startswith("_") and ast.get_docstring(node)
        for node in body
    )


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _pages(names: list[str]) -> list[dict[str, str]]:
    return [{name.removeprefix("metrogis."): f"api/{name}.md"} for name in names]


def _summary() -> str:
    """Return the list of modules, each with the first sentence of its docstring."""
    lines = ["# Reference\n\nPublic functions and classes, from their docstrings.\n"]
    for title, names in _sections().items():
        lines.append(f"\n## {title}\n\n| module | what it holds |\n| --- | --- |\n")
        for name in names:
            text = (ROOT / Path(*name.split("."))).with_suffix(".py").read_text(encoding="utf-8")
            first = (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0]
            told = " ".join(first.split()).replace("|", "\\|")
            lines.append(f"| [{name}]({name}.md) | {_plain(told)} |\n")
    return "".join(lines)


def _plain(text: str) -> str:
    """Return a docstring's sentence as Markdown: roles and double ticks become code."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text)
    return text.replace("``", "`")
