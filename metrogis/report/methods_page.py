"""The page on the methods: ``docs/methods.md`` (``metody.md``) as a page, with its anchors."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from markupsafe import Markup

from metrogis import documents
from metrogis.checks.contract.citations import section_number
from metrogis.report import pages, words

FILE = "methods.html"

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)


def methods_page(atlas: pages.AtlasLike, language: str, **shared: Any) -> str:
    """Return the HTML of the page on the methods.

    Parameters
    ----------
    atlas : AtlasLike
    language : str
        Decides which of the two texts is shown; sections have the same anchors in both.
    **shared
        What all pages of a site share: languages, assets, links.
    """
    return pages.render(
        "methods.html.j2",
        atlas,
        language,
        file=FILE,
        title=words.WORDS["methods_page"].get(language),
        headings=_headings(language),
        body=article(language),
        **shared,
    )


def _document(language: str) -> str:
    return documents.read(documents.POLISH if language == "pl" else documents.FILE)


def _headings(language: str) -> list[documents.Heading]:
    """Return the headings of a language, with the anchors that the code cites."""
    cited = {h.number: h.anchor for h in documents.headings(documents.read(documents.FILE))}
    found = documents.headings(_document(language))
    return [heading._replace(anchor=cited[heading.number]) for heading in found]


@cache
def article(language: str) -> Markup:
    """Return the methods as HTML without their title: anchors as in the file, wide parts scroll.

    The documents are the project's own and hold no HTML; whatever they hold of it is escaped.
    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(_COMMENT.sub("", _document(language)))
    first = next(i for i, token in enumerate(tokens) if token.type == "heading_close") + 1
    tokens = tokens[first:]
    anchors = {section_number(h.anchor): h.anchor for h in _headings(language)}
    for token, following in itertools.pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchors[following.content.partition(" ")[0]])
        for child in following.children or ():
            if child.type == "link_open":
                _lead(child, anchors)
    for kind, rule in _RULES.items():
        markdown.add_render_rule(kind, rule)
    env = {"table": words.WORDS["table"].get(language)}
    return Markup(markdown.renderer.render(tokens, markdown.options, env))


def _lead(link: Token, anchors: Mapping[str, str]) -> None:
    """Mark a link that leaves the site; let one to a section lead to its anchor on the page."""
    address = str(link.attrGet("href"))
    if address.startswith("https://"):
        link.attrSet("rel", "external noreferrer")
    elif address.startswith("#"):
        link.attrSet("href", f"#{anchors[section_number(address[1:])]}")


def _table_open(renderer: Any, tokens: Any, index: int, options: Any, env: dict[str, Any]) -> str:
    env["tables"] = env.get("tables", 0) + 1  # places on a page are told apart by their names
    label = escapeHtml(f"{env['table']} {env['tables']}")
    return f'<div class="scroll" role="region" aria-label="{label}" tabindex="0">\n<table>\n'


def _table_close(renderer: Any, *_: Any) -> str:
    return "</table>\n</div>\n"


def _code(renderer: Any, tokens: list[Token], index: int, *_: Any) -> str:
    shown = escapeHtml(tokens[index].content.strip("\n"))
    return f'<pre tabindex="0"><code>{shown}</code></pre>\n'


_RULES = {
    "table_open": _table_open,
    "table_close": _table_close,
    "fence": _code,
    "code_block": _code,
}
