"""Bring the catalogs of messages up to date with the code: new ones in, unused ones out.

python scripts/messages.py [LANGUAGE ...]

Babel extracts what ``_("...")`` and ``pgettext("context", "...")`` mark. Translations that are
there stay; a new message is written without one, to be translated by hand. Without arguments every
catalog is brought up to date; a language that has none gets an empty one. Exits with 1 while
messages are not translated, and lists them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "metrogis"
KEYWORDS = {"_": None, "pgettext": ((1, "c"), 2)}


def catalog_file(language: str) -> Path:
    """Return the file of a language's messages."""
    return PACKAGE / "locale" / language / "LC_MESSAGES" / "metrogis.po"


def in_code() -> Catalog:
    """Return the messages that the code holds, with the files that use them."""
    catalog = Catalog(project="metrogis", charset="utf-8")
    for name, _line, message, comments, context in extract_from_dir(
        PACKAGE, [("**.py", "python")], keywords=KEYWORDS, comment_tags=("translators:",)
    ):
        place = ((Path("metrogis") / name).as_posix(), None)
        catalog.add(message, locations=[place], auto_comments=comments, context=context)
    return catalog


def read(language: str) -> Catalog:
    """Return the catalog of a language, an empty one where there is none."""
    path = catalog_file(language)
    if not path.is_file():
        return Catalog(locale=language, project="metrogis", charset="utf-8")
    with path.open("rb") as stream:
        return read_po(stream, locale=language, domain="metrogis")


def updated(catalog: Catalog, code: Catalog) -> Catalog:
    """Return the messages of the code, in order of files, with the translations of a catalog."""
    fresh = Catalog(
        locale=catalog.locale, project="metrogis", charset="utf-8", fuzzy=False,
        copyright_holder="The metrogis authors", header_comment="# Messages of metrogis.",
        revision_date=catalog.revision_date, creation_date=catalog.creation_date,
    )  # fmt: skip
    for message in code:
        if not message.id:
            continue
        old = catalog.get(message.id, message.context)
        places = sorted({(name, None) for name, _line in message.locations})
        fresh.add(
            message.id, old.string if old else "", locations=places,
            auto_comments=message.auto_comments, context=message.context,
            user_comments=old.user_comments if old else (),
        )  # fmt: skip
    return fresh


def write(catalog: Catalog, path: Path) -> None:
    """Write a catalog without dates and line numbers: it changes where messages do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = (
        f'# Messages of metrogis.\nmsgid ""\nmsgstr ""\n"Language: {catalog.locale}\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )
    with path.open("wb") as stream:
        stream.write(head.encode())
        write_po(stream, catalog, width=100, omit_header=True, sort_by_file=True)


def main(arguments: list[str] | None = None) -> int:
    """Bring catalogs up to date; tell what is not translated."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("languages", nargs="*")
    have = sorted(p.parents[1].name for p in PACKAGE.glob("locale/*/LC_MESSAGES/metrogis.po"))
    code, open_ = in_code(), 0
    for language in parser.parse_args(arguments).languages or have:
        catalog = updated(read(language), code)
        write(catalog, catalog_file(language))
        for message in catalog:
            if message.id and not message.string:
                open_ += 1
                print(f"{language}: not translated: {message.id}")
    return 1 if open_ else 0


if __name__ == "__main__":
    sys.exit(main())
