"""OGC Web Feature Service 2.0 and 1.1, read page by page.

What the standard leaves open, and servers do otherwise, is settled by looking: a page may be
shorter than asked for and not the last; errors come with status 200; axes follow the *form* of the
name of the CRS; a count may be missing. The address of the catalog is asked, never the one that
the server announces of itself, which is often internal.

Sources: OGC 09-025r2 (WFS 2.0, ISO 19142), OGC 04-094 (WFS 1.1), OGC 05-103 (axis order).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import shapely

from metrogis import boundary, scratch
from metrogis import crs as crs_rules
from metrogis.errors import SourceError
from metrogis.i18n import Text, _
from metrogis.sources.services import addresses, xml
from metrogis.sources.services.client import Client, Request
from metrogis.sources.services.pages import ID, Collector, Progress, Proof, box_in

_UNIQUE = re.compile(
    r"(?i)^(.*[:.])?(jpt_kod_je|teryt|gml_?id|gid|fid|id|objectid|ogc_fid|uuid|lokalny_?id|kod)$"
)
_PAGE_BYTES = 512 << 20
_ONE_AT_A_TIME = threading.Lock()
"""That codes stay texts is an option of the whole process."""


@dataclass(frozen=True)
class Capabilities:
    """What a service says of itself and of one feature type.

    Attributes
    ----------
    version : str
        ``2.0.0`` or ``1.1.0``.
    name : str
        The feature type, as the service writes it.
    crs : str
        Name of its CRS, as the service writes it: axes follow the form of this name.
    """

    version: str
    name: str
    crs: str


@dataclass(frozen=True)
class Query:
    """What is asked of a service.

    Attributes
    ----------
    request : Request
        Its address, headers and rules.
    type_name : str
        Feature type, with or without its prefix.
    version : str, optional
        ``2.0.0`` or ``1.1.0``; default: the best that the service knows.
    box : west, south, east, north, optional
        Features that meet it, in ``box_crs``.
    box_crs : any
    cql_filter : str, optional
        Filter in CQL, of services that know it (GeoServer).
    sort_by : str, optional
        A column unique by feature: pages have a fixed order by it. Default: looked for.
    page : int
        Features asked for at a time.
    swap_axes : bool
        Set for a service whose axes are not as the form of the name says.
    """

    request: Request
    type_name: str
    version: str | None = None
    box: tuple[float, float, float, float] | None = None
    box_crs: Any = None
    cql_filter: str | None = None
    sort_by: str | None = None
    page: int = 1000
    swap_axes: bool = False


def fetch(
    client: Client, query: Query, path: Path, *, layer: str, told: Progress | None = None
) -> Proof:
    """Write the features of a service to a GeoPackage.

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
        Attributes are texts; ``source_id`` is the feature's id. Rows are in the CRS of the service.

    Raises
    ------
    SourceError
        When the service cannot be asked, does not know the type, or answers with an exception.
    """
    about = capabilities(client, query)
    keys = _sorting(client, query, about)
    hits = _hits(client, query, about)
    collector = Collector(path, layer, box=query.box, box_crs=query.box_crs)
    doubts: list[Text] = []
    start, sort = 0, keys[0] if keys else None
    while True:
        try:
            body, sort = _page(client, query, about, start, sort)
        except SourceError:
            if start and collector.rows == hits:  # some refuse a page behind the last
                break
            raise
        page = _read(body, layer, query, about)
        new = collector.add(page) if page is not None else 0
        if told is not None:
            told(collector.rows, hits)
        if page is None:
            break
        if not new:
            lacking = hits is None or collector.rows < hits
            if lacking and hits is not None and collector.pages == 2:
                asked = _at_once(client, query, about, hits, collector, layer)
                lacking = not asked or collector.rows < hits
            doubts += [_ignored()] * lacking
            break
        if hits is not None and collector.rows > hits:
            hits = None  # a count that is capped: what follows is read to its end
        start += len(page)  # not by what was asked: servers cap pages
    if sort is None and collector.pages > 2:
        doubts += _unsorted(collector, hits)
    return collector.proof(hits, doubts)


def _at_once(
    client: Client, query: Query, about: Capabilities, hits: int, collector: Collector, layer: str
) -> int:
    """Ask for everything in one page, of a service that does not turn pages."""
    body, _ = _page(client, replace(query, page=hits), about, 0, None)
    page = _read(body, layer, query, about)
    return 0 if page is None else collector.add(page)


def _ignored() -> Text:
    return _("the service does not turn pages: it gives the same features again")


def _unsorted(collector: Collector, hits: int | None) -> list[Text]:
    """Pages without an order may leave rows out; a count that fits speaks against it."""
    if hits is not None and not collector.repeated and collector.rows == hits:
        return []
    return [_("the service cannot sort: pages may have overlapped")]


# --------------------------------------------------------------------------- what is there


def capabilities(client: Client, query: Query) -> Capabilities:
    """Ask what the service is and whether it has the feature type.

    Raises
    ------
    SourceError
        With the names that there are.
    """
    asked = {"service": "WFS", "request": "GetCapabilities"}
    if query.version:
        asked["version"] = query.version
    root = _document(client, _with(query.request, asked), "WFS_Capabilities")
    version = query.version or str(root.get("version") or "")
    version = "2.0.0" if version.startswith("2.") else "1.1.0"
    names: dict[str, str] = {}
    for element in root.iterfind(".//{*}FeatureTypeList/{*}FeatureType"):
        name = (element.findtext("{*}Name") or "").strip()
        crs = element.findtext("{*}DefaultCRS") or element.findtext("{*}DefaultSRS") or ""
        names[name] = crs.strip()
    wanted = query.type_name
    alike = [n for n in names if n == wanted] or [
        n for n in names if n.rpartition(":")[2] == wanted.rpartition(":")[2]
    ]
    if len(alike) != 1:
        shown = ", ".join(sorted(names)[:20]) + (", ..." if len(names) > 20 else "")
        raise SourceError(
            _("the service has no feature type '{wanted}'; there are: {value}").fill(
                wanted=wanted, value=shown or "-"
            ),
            layer=query.request.layer or None,
            place=addresses.shown(query.request.address),
            remedy=_("fix type in the catalog"),
        )
    crs = names[alike[0]] or "urn:ogc:def:crs:EPSG::2180"
    return Capabilities(version, alike[0], crs)


def _sorting(client: Client, query: Query, about: Capabilities) -> list[str]:
    """Return columns by which pages may be sorted, the best first."""
    if query.sort_by:
        return [query.sort_by]
    asked = {"service": "WFS", "version": about.version, "request": "DescribeFeatureType",
             _types(about): about.name}  # fmt: skip
    try:
        root = _document(client, _with(query.request, asked), "schema")
    except SourceError:  # a convenience: pages come without it, and are then looked at harder
        return []
    names = [
        str(e.get("name")) for e in root.iter("{*}element")
        if e.get("name") and not str(e.get("type") or "").startswith("gml:")
    ]  # fmt: skip
    return [name for name in names if _UNIQUE.match(name)]


def _hits(client: Client, query: Query, about: Capabilities) -> int | None:
    """Ask how many features there are; None where the service does not say."""
    asked = {**_asked(query, about), "resultType": "hits"}
    try:
        root = _document(client, _with(query.request, asked), "FeatureCollection")
    except SourceError:
        return None
    said = root.get("numberMatched") or root.get("numberOfFeatures") or ""
    return int(said) if said.isdigit() else None


# --------------------------------------------------------------------------- pages


def _page(
    client: Client, query: Query, about: Capabilities, start: int, sort: str | None
) -> tuple[bytes, str | None]:
    """Return one page, and the column it is sorted by: none where the service refuses that."""
    asked = _asked(query, about)
    asked["count" if about.version == "2.0.0" else "maxFeatures"] = str(query.page)
    asked["startIndex"] = str(start)
    if sort is not None:
        request = _with(query.request, {**asked, "sortBy": sort})
        body: bytes = client.read(request, max_bytes=_PAGE_BYTES)
        said = _exception(body)
        if said is None:
            return body, sort
        if start:  # it sorted the pages before
            raise _refused(request, said)
    request = _with(query.request, asked)
    body = client.read(request, max_bytes=_PAGE_BYTES)
    said = _exception(body)
    if said is not None:
        raise _refused(request, said)
    return body, None


def _asked(query: Query, about: Capabilities) -> dict[str, str]:
    asked = {"service": "WFS", "version": about.version, "request": "GetFeature",
             _types(about): about.name, "srsName": about.crs}  # fmt: skip
    if query.cql_filter and query.box is None:
        asked["cql_filter"] = query.cql_filter
    if query.box is not None:
        order = crs_rules.axis_order(about.crs, layer=query.request.layer)
        west, south, east, north = box_in(order.crs, query.box, query.box_crs)
        northing_first = order.northing_first != query.swap_axes
        box = (south, west, north, east) if northing_first else (west, south, east, north)
        asked["bbox"] = ",".join(f"{v:.9g}" for v in box) + f",{about.crs}"
    return asked


def _read(body: bytes, layer: str, query: Query, about: Capabilities) -> gpd.GeoDataFrame | None:
    """Read a page; None for one without features."""
    root = xml.parsed(body, query.request)
    if next(_members(root), None) is None:
        return None
    with scratch.folder() as folder:
        file = folder / "page.gml"
        file.write_bytes(body)
        what = _("the page cannot be read")
        with _ONE_AT_A_TIME, boundary.reading(what, layer=layer):
            pyogrio.set_gdal_config_options({"GML_FIELDTYPES": "ALWAYS_STRING"})
            try:
                frame = pyogrio.read_dataframe(file, DOWNLOAD_SCHEMA="NO")
            finally:
                pyogrio.set_gdal_config_options({"GML_FIELDTYPES": None})
    if not isinstance(frame, gpd.GeoDataFrame):
        raise SourceError(_("the features have no geometry"), layer=layer)
    if frame.crs is None:
        frame = frame.set_crs(crs_rules.axis_order(about.crs, layer=layer).crs)
    if query.swap_axes or _is_turned(body, frame, query, about):
        turned = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
        frame = frame.set_geometry(gpd.GeoSeries(turned, index=frame.index, crs=frame.crs))
    crs_rules.check_area_of_use(frame, layer=layer)
    return frame.rename(columns={"gml_id": ID, "fid": ID} if "gml_id" in frame else {"fid": ID})


_SHORT = re.compile(rb"srsName\s*=\s*[\"']EPSG:[0-9]+[\"']")


def _is_turned(body: bytes, frame: gpd.GeoDataFrame, query: Query, about: Capabilities) -> bool:
    """Tell whether an answer has northing in x though its CRS has the name that says otherwise.

    Asked for ``urn:ogc:def:crs:EPSG::2180``, MapServer answers WFS 1.1 with the axes of that name
    and calls them ``EPSG:2180``, which a reader takes as easting first. Where features lie in the
    box that was asked for settles it; without a box the answer is taken to be what was asked for.
    """
    order = crs_rules.axis_order(about.crs, layer=query.request.layer)
    if not order.northing_first or _SHORT.search(body[:_HEAD]) is None:
        return False
    if query.box is None:
        return True
    a, b, c, d = shapely.bounds(frame.geometry.to_numpy()).T
    west, south, east, north = box_in(order.crs, query.box, query.box_crs)
    plain = (a <= east) & (c >= west) & (b <= north) & (d >= south)
    turned = (b <= east) & (d >= west) & (a <= north) & (c >= south)
    return bool(turned.sum() >= plain.sum())


_HEAD = 1 << 16
"""Bytes of an answer in which the name of its CRS is looked for."""


def _members(root: Any) -> Iterator[Any]:
    for element in root:
        name = str(element.tag).rpartition("}")[2]
        if name in ("member", "featureMember", "featureMembers"):
            yield from element


def _types(about: Capabilities) -> str:
    return "typeNames" if about.version == "2.0.0" else "typeName"


def _with(request: Request, query: dict[str, str]) -> Request:
    return replace(request, query={**request.query, **query})


# --------------------------------------------------------------------------- documents


def _document(client: Client, request: Request, root_name: str) -> Any:
    """Return the root of an XML answer of this name; an exception document is an error."""
    body = client.read(request, max_bytes=64 << 20)
    said = _exception(body)
    if said is not None:
        raise _refused(request, said)
    root = xml.parsed(body, request)
    if str(root.tag).rpartition("}")[2] != root_name:
        raise SourceError(
            _("this is no answer of a WFS"),
            layer=request.layer or None,
            place=addresses.shown(request.address),
            remedy=_("check the address of the service"),
        )
    return root


def _exception(body: bytes) -> str | None:
    """Return what a service says went wrong, whatever the status it says it with."""
    head = body[:4096]
    if not re.search(rb"<(\w+:)?(ExceptionReport|ServiceExceptionReport)[\s>]", head):
        return None
    text = re.sub(rb"<[^>]*>", b" ", body[:20_000]).decode("utf-8", "replace")
    return " ".join(text.split())[:200] or "?"


def _refused(request: Request, said: str) -> SourceError:
    return SourceError(
        _("the service refuses: {said}").fill(said=said),
        layer=request.layer or None,
        place=addresses.shown(request.address),
        remedy=_("fix type, version or filter in the catalog"),
    )
