"""Where the pages of municipalities lie: ``pl/gminy/<teryt>.html``, by their codes alone."""

from __future__ import annotations

import re

FOLDERS = {"pl": "gminy", "en": "municipalities"}
"""Folder within that of the language; a language without a word of its own uses the English one."""


def folder_of(language: str) -> str:
    """Return the folder of municipality pages, from the root of the site.

    >>> folder_of("pl"), folder_of("en")
    ('pl/gminy', 'en/municipalities')
    """
    return f"{language}/{FOLDERS.get(language, FOLDERS['en'])}"


def pdf_of(code: str, language: str) -> str:
    """Return the name of a municipality's PDF among the downloads.

    >>> pdf_of("2215031", "pl")
    '2215031.pl.pdf'
    """
    return f"{page_of(code, language).rpartition('/')[2].removesuffix('.html')}.{language}.pdf"


def page_of(code: str, language: str) -> str:
    """Return the address of a municipality's page, from the root of the site.

    Parameters
    ----------
    code : str
        TERYT; anything that is no letter or digit is replaced, so that data are never a path.
    language : str

    Examples
    --------
    >>> page_of("2215031", "pl"), page_of("../a", "en")
    ('pl/gminy/2215031.html', 'en/municipalities/---a.html')
    """
    return f"{folder_of(language)}/{re.sub(r'[^0-9A-Za-z]', '-', code)}.html"
