"""OGC API Features, read along its ``next`` links.

Sources: OGC 17-069r4 (Part 1: Core), OGC 18-058r1 (Part 2: CRS by reference).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import geopandas as gpd
import pandas as pd
import shapely

from metrogis import boundary
from metrogis import crs as crs_rules
from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.sources.services import addresses
from metrogis.sources.services.client import Client, Request
from metrogis.sources.services.pages import ID, Collector, Progress, Proof, box_in

_PAGE_BYTES = 512 << 20


@dataclass(frozen=True)
class Query:
    """What is asked of a service.

    Attributes
    ----------
    request : Request
        Address of its landing page, headers, rules.
    collection : str
    box : west, south, east, north, optional
        Features that meet it, in ``box_crs``.
    box_crs : any
    page : int
        Features asked for at a time (servers give 10 where nothing is asked).
    crs : any, optional
        CRS to ask for, where the collection offers it; default: what is stored.
    """

    request: Request
    collection: str
    box: tuple[float, float, float, float] | None = None
    box_crs: Any = None
    page: int = 1000
    crs: Any = None


def fetch(
    client: Client, query: Query, path: Path, *, layer: str, told: Progress | None = None
) -> Proof:
    """Write the features of a collection to a GeoPackage.

    Parameters
    ----------
    client : Client
    query : Query
    path : Path
        A file that does not exist yet.
    layer : str
        Name used in messages, and of the table.
    told : callable, optional
        Hears of progress.

    Returns
    -------
    Proof
        Attributes are texts; ``source_id`` is the feature's id.

    Raises
    ------
    SourceError
        When the service cannot be asked, has no such collection, or leads elsewhere.
    """
    if not re.fullmatch(r"[\w.:\-]+", query.collection):
        raise _wrong(query.request, _("no name of a collection"))
    base = query.request.address.split("?")[0].rstrip("/")
    about = _json(client, replace(query.request, address=f"{base}/collections/{query.collection}"))
    system = _crs_of(about, query)
    asked = {"limit": str(query.page)}
    if system is not None:
        asked["crs"] = system
    if query.box is not None:
        # in longitude and latitude, which every service must take
        asked["bbox"] = ",".join(f"{v:.9g}" for v in box_in("OGC:CRS84", query.box, query.box_crs))
    place = f"{base}/collections/{query.collection}/items"
    request = replace(query.request, address=place, query={**query.request.query, **asked})
    collector = Collector(path, layer, box=query.box, box_crs=query.box_crs)
    doubts: list[Text] = []
    hits: int | None = None
    visited: set[str] = set()
    while True:
        visited.add(request.whole)
        page = _json(client, request)
        matched = page.get("numberMatched")
        if hits is None and isinstance(matched, int):
            hits = matched
        frame = _frame(page, system, layer)
        new = collector.add(frame) if frame is not None else 0
        if told is not None:
            told(collector.rows, hits)
        link = _next(page)
        if link is None:
            break
        address = addresses.checked(urljoin(request.whole, link), layer=layer)
        if not addresses.same_server(address, base):
            doubts.append(
                _("the next page is at another server: {address}").fill(
                    address=addresses.shown(address)
                )
            )
            break
        if address in visited or not new:
            if hits is None or collector.rows < hits:
                doubts.append(_("pages repeat: the service does not go on"))
            break
        request = replace(request, address=address, query={})
    if hits is None and collector.pages == 1 and collector.rows == query.page:
        doubts.append(_("one full page, and the service does not say how many features there are"))
    return collector.proof(hits, doubts)


def _crs_of(about: dict[str, Any], query: Query) -> str | None:
    """Return the name of the CRS to ask for; None: longitude and latitude."""
    offered = [str(c) for c in about.get("crs") or [] if isinstance(c, str)]
    if query.crs is not None:
        wanted = crs_rules.parse(query.crs)
        for name in offered:
            if not name.startswith("#") and _same(name, wanted):
                return name
    stored = about.get("storageCrs")
    return stored if isinstance(stored, str) and stored in offered else None


def _same(name: str, wanted: Any) -> bool:
    if "CRS84" in name:
        return False
    try:
        return bool(crs_rules.axis_order(name).crs.equals(wanted, ignore_axis_order=True))
    except ValueError:
        return False


def _frame(page: dict[str, Any], system: str | None, layer: str) -> gpd.GeoDataFrame | None:
    features = page.get("features")
    if not features:
        return None
    what = _("the page cannot be read")
    with boundary.reading(what, layer=layer):
        rows = [
            {
                **(f.get("properties") or {}),
                ID: None if f.get("id") is None else str(f["id"]),
            }
            for f in features
        ]
        shapes = shapely.from_geojson(
            [json.dumps(f["geometry"]) if f.get("geometry") else None for f in features]
        )
        crs, swap = crs_rules.parse("OGC:CRS84"), False
        if system is not None and "CRS84" not in system:
            order = crs_rules.axis_order(system, layer=layer)
            crs, swap = order.crs, order.northing_first
        if swap:  # a CRS that was asked for by name comes in the order of its authority
            shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
        frame = gpd.GeoDataFrame(pd.DataFrame(rows, dtype=object), geometry=shapes, crs=crs)
    crs_rules.check_area_of_use(frame, layer=layer)
    return frame


def _next(page: dict[str, Any]) -> str | None:
    for link in page.get("links") or []:
        if isinstance(link, dict) and link.get("rel") == "next" and link.get("href"):
            return str(link["href"])
    return None


def _json(client: Client, request: Request) -> dict[str, Any]:
    joint = request if "f" in request.query or "f=" in request.address else replace(
        request, query={**request.query, "f": "json"}
    )  # fmt: skip
    body = client.read(joint, max_bytes=_PAGE_BYTES)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _wrong(
            request,
            _("this is no answer of an OGC API (JSON)"),
        ) from error
    if not isinstance(found, dict):
        raise _wrong(request, _("this is no answer of an OGC API"))
    return found


def _wrong(request: Request, what: Text) -> SourceError:
    return SourceError(
        what,
        layer=request.layer or None,
        place=addresses.shown(request.address),
        remedy=_("check the address and the collection's name"),
    )
