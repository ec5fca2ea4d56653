"""Files of a bike-share system by the address of its ``gbfs.json``.

Source: General Bikeshare Feed Specification (MobilityData), 1.0 to 3.0. Up to 2.3 the feeds are
listed by language, from 3.0 on once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.sources.services import addresses
from metrogis.sources.services.client import Client, Request


def find(
    client: Client,
    request: Callable[[str], Request],
    address: str,
    name: str,
    *,
    language: str,
    layer: str,
) -> str:
    """Return the address of a file that a system lists.

    Parameters
    ----------
    client : Client
    request : callable
        Returns how an address is asked.
    address : str
        Of ``gbfs.json``.
    name : str
        ``station_information`` or ``station_status``.
    language : str
        Preferred where the system lists its files by language; else English, else the first.
    layer : str
        Name used in messages.

    Raises
    ------
    SourceError
        When the answer is no list of feeds, or has none of that name.
    """
    asked = request(address)
    content = _json(client.read(asked, max_bytes=16 << 20))
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict):
        raise _wrong(_("this is no gbfs.json"), layer, address)
    lists = {k.lower(): v for k, v in data.items() if isinstance(v, dict)}
    if isinstance(data.get("feeds"), list):
        rows = data["feeds"]
    else:
        own = [k for k in lists if k == language.lower() or k.startswith(f"{language.lower()}-")]
        chosen = next((k for k in (*own, "en", *lists) if k in lists), None)
        rows = lists[chosen].get("feeds") if chosen is not None else None
    found = [
        row["url"] for row in rows or []
        if isinstance(row, dict) and row.get("name") == name and isinstance(row.get("url"), str)
    ]  # fmt: skip
    if not found:
        raise _wrong(_("the system has no {name}").fill(name=name), layer, address)
    return addresses.checked(urljoin(address, found[0]), layer=layer)


def require_stations(path: Path, *, layer: str, address: str) -> int:
    """Return how many stations a file has.

    Raises
    ------
    SourceError
        When it is no file of stations.
    """
    content = _json(path.read_bytes())
    data = content.get("data") if isinstance(content, dict) else None
    rows = data.get("stations") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not rows:
        raise _wrong(_("the file holds no stations"), layer, address)
    return len(rows)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _wrong(what: Text, layer: str, address: str) -> SourceError:
    return SourceError(
        what,
        layer=layer,
        place=addresses.shown(address),
        remedy=_("check the address of gbfs.json and its headers (Client-Identifier)"),
    )
