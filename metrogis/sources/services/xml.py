"""XML that servers send, which may not define entities nor reach beyond itself."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from metrogis import boundary
from metrogis.errors import SourceError
from metrogis.i18n import _
from metrogis.sources.services import addresses
from metrogis.sources.services.client import Request


def parsed(body: bytes, request: Request) -> Any:
    """Return the root of an answer.

    Raises
    ------
    SourceError
        For what is no XML, or has a document type.
    """
    if re.search(rb"<!(DOCTYPE|ENTITY)", body[: 1 << 20], re.I):
        raise SourceError(
            _("the answer has a DOCTYPE: refused"),
            layer=request.layer or None,
            place=addresses.shown(request.address),
            remedy=_("check the address of the service"),
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
    )
    what = _("the service's answer cannot be read")
    with boundary.reading(
        what,
        layer=request.layer or None,
        place=addresses.shown(request.address),
        remedy=_("check the address of the service"),
    ):
        return etree.fromstring(body, parser)
