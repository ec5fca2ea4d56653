"""What pages link: sections of the methods, publications and laws."""

from __future__ import annotations

from metrogis.checks.contract.citations import Citation, section_number
from metrogis.report import words


def methods_link(section: str, language: str) -> tuple[str, str]:
    """Return address and words of a section of the methods.

    Parameters
    ----------
    section : str
        Anchor in ``docs/methods.md``.
    language : str
        The address is relative, and leads to the page of the same language.

    Returns
    -------
    (str, str)
        Address, and what the link says.
    """
    number = section_number(section)
    return f"methods.html#{section}", words.SECTION_OF.fill(number=number).get(language)


def links(cited: Citation, language: str) -> list[tuple[str, str]]:
    """Return the links of a citation.

    Parameters
    ----------
    cited : Citation
        Of a publication or law (``url``), of a section of the methods, of both or of none.
    language : str

    Returns
    -------
    list of (str, str)
        Address and words: ``doi:...`` for a DOI, the host for other addresses, then the section.
    """
    found = []
    if cited.url:
        host = cited.url.partition("://")[2]
        found.append((cited.url, host.replace("doi.org/", "doi:") if "doi.org" in host
                      else host.partition("/")[0]))  # fmt: skip
    if cited.section:
        found.append(methods_link(cited.section, language))
    return found
