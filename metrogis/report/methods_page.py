"""The page on the methods: ``docs/methods.md`` as a page of the atlas, with the same anchors."""

from __future__ import annotations

import itertools
import re
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from markupsafe import Markup

from metrogis import documents
from metrogis.report import pages, words

FILE = "methods.html"

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)


def methods_page(atlas: pages.AtlasLike, language: str, **shared: Any) -> str:
    """Return the HTML of the page on the methods; the text itself is in English."""
    body = article()
    return pages.render(
        "methods.html.j2",
        atlas,
        language,
        file=FILE,
        title=words.WORDS["methods_page"].get(language),
        headings=documents.headings(documents.read(documents.FILE)),
        body=body,
        **shared,
    )


@cache
def article() -> Markup:
    """Return the methods as HTML without their title: anchors as in the file, wide parts scroll.

    The document is the project's own and holds no HTML; whatever it holds of it is escaped.
    """
    text = _COMMENT.sub("", documents.read(documents.FILE))
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    first = next(i for i, token in enumerate(tokens) if token.type == "heading_close") + 1
    tokens = tokens[first:]
    for token, following in itertools.pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", documents.anchor_of(following.content))
        for child in following.children or ():
            if child.type == "link_open" and str(child.attrGet("href")).startswith("https://"):
                child.attrSet("rel", "external noreferrer")
    markdown.add_render_rule("table_open", _table_open)
    markdown.add_render_rule("table_close", _table_close)
    markdown.add_render_rule("fence", _code)
    markdown.add_render_rule("code_block", _code)
    return Markup(markdown.renderer.render(tokens, markdown.options, {}))


def _table_open(renderer: Any, *_: Any) -> str:
    return '<div class="scroll" role="region" aria-label="Table" tabindex="0">\n<table>\n'


def _table_close(renderer: Any, *_: Any) -> str:
    return "</table>\n</div>\n"


def _code(renderer: Any, tokens: list[Token], index: int, *_: Any) -> str:
    shown = escapeHtml(tokens[index].content.strip("\n"))
    return f'<pre tabindex="0"><code>{shown}</code></pre>\n'
